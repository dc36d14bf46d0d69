/* harness/drivers/tls_impl.h - what the live TLS and DTLS layers share. */
#ifndef HARNESS_DRIVERS_TLS_IMPL_H
#define HARNESS_DRIVERS_TLS_IMPL_H
#include <openssl/bio.h>
#include <openssl/ssl.h>
#include "codecs/base/digest.h"
#include "harness/drivers/tls_cert.h"
#include "harness/drivers/tls_live.h"

enum { TLS_WHY = 320, TLS_HOST = 256, TLS_OFFERED = 2048, TLS_STATUS = 2048 };
struct tls_core { /* of a layer: the context, and what its callbacks want to know */
    const struct env *env;
    SSL_CTX *ctx;
    BIO_METHOD *bio;
    bool datagrams, server, insecure;
    char host[TLS_HOST]; /* whom the certificate has to name; empty: the remote address */
    char pinned[65];     /* the fingerprint that is trusted, empty: by authorities */
    uint8_t alpn[256];   /* as it stands on the wire */
    size_t n_alpn;
    uint32_t rto_us;
    uint8_t secret[32]; /* of cookies */
    size_t n_status;    /* server: 0: it staples nothing */
    uint8_t status[TLS_STATUS];
    char why[TLS_WHY]; /* why there is no context */
};
struct tls_conn { /* a connection or an association; NULL-safe nowhere */
    struct tls_core *core;
    SSL *ssl;
    struct span in;    /* what is left of the octets that have come */
    struct outq *q;    /* where what it writes goes: set for each call */
    struct pkt pkt;    /* remote and local */
    size_t handshake;  /* octets that have come for it */
    bool cookie;       /* an exchange of cookies was seen */
    bool status_asked; /* server: the client wants to know whether the certificate is revoked */
    uint8_t compressions;
    char why[TLS_WHY]; /* what is wrong with the certificate, or what the peer's alert says */
    char server_name[TLS_HOST], offered[TLS_OFFERED];
};

/* Make the context of a layer from a flow's options. False: core->why says why. */
bool tls_core_open(struct tls_core *core, const struct env *env, const struct flow_spec *spec,
                   bool datagrams, bool server);
void tls_core_close(struct tls_core *core);
/* A new connection to or from `pkt`; `listener`: one that only answers with cookies. False: no memory. */
bool tls_conn_open(struct tls_conn *c, struct tls_core *core, const struct pkt *pkt, bool listener);
void tls_conn_close(struct tls_conn *c);
/* The sentence for what the last call on the connection failed with; in the queue's arena. */
const char *tls_conn_why(struct tls_conn *c, int result);
/* Put the event about it. */
void tls_conn_tell(struct tls_conn *c, enum tls_kind kind, uint64_t now_us, const char *why);
/* tls_verify.c: the checks of a client. */
void tls_verify_set(struct tls_core *core);
bool tls_verify_host(struct tls_conn *c);
/* tls_cert.c: from PEM; NULL: it is none. The caller frees them. */
X509 *tls_read_cert(struct span pem);
EVP_PKEY *tls_read_key(struct span pem);
/* tls_status.c: a server staples an OCSP response that says that `cert` is revoked; false: it cannot be
 * made. A client asks for one and heeds it, unless it trusts one certificate whatever it says. */
bool tls_status_revoke(struct tls_core *core, struct span cert, struct span issuer,
                       struct span issuer_key);
void tls_status_ask(struct tls_core *core);

enum { TLS_FAULTS = 15, DTLS_FAULTS = 1 };
/* Those of both layers, then those of datagrams alone. */
extern const struct deviation tls_live_faults[TLS_FAULTS + DTLS_FAULTS];
#endif
