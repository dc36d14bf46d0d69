/* harness/replay/tlsdec_impl.h - what the parts of TLS decryption share.
 *
 *   tlsdec_keys.c    the store of secrets              tlsdec_crypt.c  secrets to keys, records to plaintext
 *   tlsdec_hello.c   what stands in hellos, names      tlsdec.c        records, states, whom to wait for */
#ifndef HARNESS_REPLAY_TLSDEC_IMPL_H
#define HARNESS_REPLAY_TLSDEC_IMPL_H
#include <openssl/evp.h>
#include "harness/replay/tlsdec.h"

enum { TLS_12 = 0x0303, TLS_13 = 0x0304, TLSDEC_RANDOM = 32, TLSDEC_SECRET = 48 };

/* ---- keys ---- */

enum tlskeys_label { /* the secrets that are of use */
                     KEY_MASTER,
                     KEY_HANDSHAKE, /* the client's, then the server's */
                     KEY_TRAFFIC = KEY_HANDSHAKE + 2,
                     KEY_LABELS = KEY_TRAFFIC + 2,
};
struct tlskeys_secret {
    uint32_t frame; /* from which on it is known */
    uint8_t n;      /* 0: it is not */
    uint8_t octets[TLSDEC_SECRET];
};
/* The secret of a client random, as known in `frame`. */
bool tlskeys_find(struct tlskeys *k, const uint8_t random[TLSDEC_RANDOM], enum tlskeys_label label,
                  uint32_t frame, struct tlskeys_secret *out);
/* Rises with each secret that is added. */
uint64_t tlskeys_serial(struct tlskeys *k);
/* Ask to hold `n` octets more; give them back with tlskeys_unhold. */
bool tlskeys_hold(struct tlskeys *k, size_t n);
void tlskeys_unhold(struct tlskeys *k, size_t n);

/* ---- ciphers ---- */

enum suite_cipher { SUITE_NONE, SUITE_AES128_GCM, SUITE_AES256_GCM, SUITE_CHACHA };
struct suite {
    uint16_t id;
    uint16_t version; /* TLS_12 or TLS_13 */
    uint8_t cipher;   /* SUITE_NONE: it is not decrypted */
    bool sha384;      /* else SHA-256 */
    const char *name;
};
const struct suite *suite_find(uint16_t id); /* NULL: not known */

struct protection { /* of a direction; all zero: none */
    EVP_CIPHER_CTX *ctx;
    const struct suite *suite;
    uint64_t seq;
    uint8_t iv[12], secret[TLSDEC_SECRET]; /* secret: TLS 1.3 */
};
/* False: OpenSSL cannot, or the secret has a wrong length. */
bool protect_13(struct protection *p, const struct suite *s, const struct tlskeys_secret *secret);
bool protect_12(struct protection *p, const struct suite *s, const struct tlskeys_secret *master,
                const uint8_t client[TLSDEC_RANDOM], const uint8_t server[TLSDEC_RANDOM],
                bool of_client);
/* The next generation of a TLS 1.3 secret, RFC 8446 section 7.2. */
bool protect_update(struct protection *p);
/* Open the fragment of a record, header apart; `out` has room for TLSDEC_RECORD_MAX octets. False: the tag does not fit,
 * and the state is as before. */
bool protect_open(struct protection *p, const uint8_t header[5], struct span fragment, uint8_t *out,
                  size_t *n);
void protect_drop(struct protection *p);

/* ---- hellos; false: damaged, though what was read is kept ---- */

struct server_hello {
    uint16_t version, suite;
    bool retry; /* a HelloRetryRequest */
    uint8_t compression;
    uint8_t random[TLSDEC_RANDOM];
};
bool hello_client(struct span body, struct tlsdec_facts *f);
bool hello_server(struct span body, struct server_hello *h, struct tlsdec_facts *f);
/* EncryptedExtensions, RFC 8446 section 4.3.1. */
bool hello_extensions(struct span body, struct tlsdec_facts *f);
#endif
