/* harness/drivers/tls_cert.h - certificates made on the spot. */
#ifndef HARNESS_DRIVERS_TLS_CERT_H
#define HARNESS_DRIVERS_TLS_CERT_H
#include "codecs/base/base.h"

enum { TLS_CERT_PEM = 8192 }; /* octets of a certificate or a key as PEM at most */
struct
    tls_cert_spec { /* all zero: self-signed, P-256, for localhost, from an hour ago to 30 days on */
    struct span
        names; /* DNS names and addresses, separated by commas; the first is the CN as well */
    struct span issuer, issuer_key; /* PEM of who signs; empty: it signs itself */
    int64_t from_s, until_s;        /* of its validity, relative to now; both 0: as above */
    bool ca;                        /* it may sign others; its CN is the first name, if any */
    bool rsa;                       /* 2048 bits, in place of P-256 */
    bool srv_id; /* the names stand as SRV-ID of the service stuns, not as DNS-ID */
};
/* Make it: PEM in `mem`, each with a NUL after it that does not count. False: `err` says why. */
bool tls_cert_make(const struct tls_cert_spec *spec, struct arena *mem, struct span *cert,
                   struct span *key, const char **err);
/* SHA-256 of the first certificate in a PEM text, in lower-case hexadecimal, with a NUL. */
bool tls_cert_fingerprint(struct span pem, char out[65]);
#endif
