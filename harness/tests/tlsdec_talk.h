/* harness/tests/tlsdec_talk.h - for tests: OpenSSL's client and server in memory, and all that passes between them. */
#ifndef HARNESS_TESTS_TLSDEC_TALK_H
#define HARNESS_TESTS_TLSDEC_TALK_H
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include "harness/core/test.h"
#include "harness/drivers/tls_cert.h"

enum { ROOM = 1 << 20, FLIGHTS = 4096 };

/* ---- a connection between two ends of OpenSSL's ---- */

static struct talk { /* what has passed */
    uint8_t octets[ROOM];
    size_t n;
    struct flight {
        unsigned side;
        size_t at, n;
    } flights[FLIGHTS];
    size_t n_flights;
    uint8_t said[2][ROOM]; /* what each side gave to its TLS */
    size_t n_said[2];
    char keys[16384];
} talk;
static SSL_CTX *ctx[2]; /* client, server */
static SSL *ssl[2];
static SSL_SESSION *session;
static uint8_t memory[1 << 16];

static inline void keylog(const SSL *s, const char *line)
{
    size_t n = strlen(talk.keys);
    (void)s;
    CU_ASSERT_FATAL(n + strlen(line) + 2 < sizeof talk.keys);
    snprintf(talk.keys + n, sizeof talk.keys - n, "%s\n", line);
}

static inline int choose(SSL *s, const unsigned char **out, unsigned char *n,
                         const unsigned char *in, unsigned in_n, void *arg)
{
    (void)s;
    (void)arg;
    return SSL_select_next_proto((unsigned char **)(uintptr_t)out, n,
                                 (const unsigned char *)"\4xmpp", 5, in,
                                 in_n) == OPENSSL_NPN_NEGOTIATED
               ? SSL_TLSEXT_ERR_OK
               : SSL_TLSEXT_ERR_NOACK;
}

static inline int keep(SSL *s, SSL_SESSION *got)
{
    (void)s;
    SSL_SESSION_free(session);
    session = got;
    return 1;
}

static inline void certificate(bool rsa)
{
    static struct span cert[2], key[2];
    static struct arena mem;
    const char *err = "";

    if (!mem.p)
        mem = arena_of(memory, sizeof memory);
    if (!cert[rsa].n) {
        const struct tls_cert_spec spec = {.rsa = rsa};
        CU_ASSERT_TRUE_FATAL(tls_cert_make(&spec, &mem, &cert[rsa], &key[rsa], &err));
    }
    BIO *b = BIO_new_mem_buf(cert[rsa].p, (int)cert[rsa].n);
    X509 *x = PEM_read_bio_X509(b, NULL, NULL, NULL);
    CU_ASSERT_EQUAL(SSL_CTX_use_certificate(ctx[1], x), 1);
    X509_free(x);
    BIO_free(b);
    b = BIO_new_mem_buf(key[rsa].p, (int)key[rsa].n);
    EVP_PKEY *k = PEM_read_bio_PrivateKey(b, NULL, NULL, NULL);
    CU_ASSERT_EQUAL(SSL_CTX_use_PrivateKey(ctx[1], k), 1);
    EVP_PKEY_free(k);
    BIO_free(b);
}

/* Both ends with one cipher suite; `suite` of TLS 1.3 begins with TLS_. */
static inline void contexts(const char *suite, bool rsa)
{
    bool v13 = strncmp(suite, "TLS_", 4) == 0;
    int version = v13 ? TLS1_3_VERSION : TLS1_2_VERSION;

    for (unsigned i = 0; i < 2; i++) {
        ctx[i] = SSL_CTX_new(i ? TLS_server_method() : TLS_client_method());
        CU_ASSERT_PTR_NOT_NULL_FATAL(ctx[i]);
        SSL_CTX_set_min_proto_version(ctx[i], version);
        SSL_CTX_set_max_proto_version(ctx[i], version);
        CU_ASSERT_EQUAL((v13 ? SSL_CTX_set_ciphersuites : SSL_CTX_set_cipher_list)(ctx[i], suite),
                        1);
        SSL_CTX_set_session_cache_mode(ctx[i],
                                       SSL_SESS_CACHE_BOTH | SSL_SESS_CACHE_NO_INTERNAL_STORE);
    }
    SSL_CTX_set_dh_auto(ctx[1], 1);
    SSL_CTX_set_keylog_callback(ctx[0], keylog);
    SSL_CTX_set_alpn_protos(ctx[0], (const unsigned char *)"\3sip\4xmpp", 9);
    SSL_CTX_set_alpn_select_cb(ctx[1], choose, NULL);
    SSL_CTX_sess_set_new_cb(ctx[0], keep);
    SSL_CTX_set_max_early_data(ctx[1], 16384);
    SSL_CTX_set_options(ctx[1], SSL_OP_NO_ANTI_REPLAY);
    certificate(rsa);
}

static inline void contexts_free(void)
{
    SSL_CTX_free(ctx[0]);
    SSL_CTX_free(ctx[1]);
    SSL_SESSION_free(session);
    session = NULL;
}

static inline void dial(void)
{
    memset(&talk, 0, sizeof talk);
    for (unsigned i = 0; i < 2; i++) {
        ssl[i] = SSL_new(ctx[i]);
        CU_ASSERT_PTR_NOT_NULL_FATAL(ssl[i]);
        SSL_set_bio(ssl[i], BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    }
    SSL_set_connect_state(ssl[0]);
    SSL_set_accept_state(ssl[1]);
    SSL_set_tlsext_host_name(ssl[0], "a.example");
    if (session)
        CU_ASSERT_EQUAL(SSL_set_session(ssl[0], session), 1);
}

static inline void hang_up(void)
{
    SSL_free(ssl[0]);
    SSL_free(ssl[1]);
}

/* Carry what `side` has to send to the other one, and keep it. */
static inline bool carry(unsigned side)
{
    uint8_t *to = talk.octets + talk.n;
    int n = BIO_read(SSL_get_wbio(ssl[side]), to, (int)(ROOM - talk.n));

    if (n <= 0)
        return false;
    CU_ASSERT_FATAL(talk.n_flights < FLIGHTS && talk.n + (size_t)n < ROOM);
    talk.flights[talk.n_flights++] = (struct flight){side, talk.n, (size_t)n};
    talk.n += (size_t)n;
    CU_ASSERT_EQUAL(BIO_write(SSL_get_rbio(ssl[!side]), to, n), n);
    return true;
}

static inline void pump(void)
{
    char sink[4096];
    bool more;

    do {
        more = false;
        for (unsigned side = 0; side < 2; side++) {
            if (SSL_in_init(ssl[side]))
                SSL_do_handshake(ssl[side]);
            while (SSL_read(ssl[side], sink, sizeof sink) > 0)
                ;
            more |= carry(side);
        }
    } while (more);
}

static inline void say(unsigned side, const void *p, size_t n)
{
    CU_ASSERT_EQUAL_FATAL(SSL_write(ssl[side], p, (int)n), (int)n);
    CU_ASSERT_FATAL(talk.n_said[side] + n <= ROOM);
    memcpy(talk.said[side] + talk.n_said[side], p, n);
    talk.n_said[side] += n;
    pump();
}

/* Words both ways, a long text, words again. */
static inline void chat(void)
{
    static uint8_t text[50000];

    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (uint8_t)(i * 31 + i / 253);
    say(0, "hello", 5);
    say(1, "good day", 8);
    say(0, text, sizeof text);
    say(1, text, 20000);
    say(1, "!", 1);
}

static inline void bye(void)
{
    SSL_shutdown(ssl[0]);
    SSL_shutdown(ssl[1]);
    pump();
}

static inline void plain_talk(const char *suite)
{
    contexts(suite, true);
    dial();
    pump();
    chat();
    bye();
    hang_up();
    contexts_free();
}

#endif
