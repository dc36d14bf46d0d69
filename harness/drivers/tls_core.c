/* harness/drivers/tls_core.c - contexts and connections of OpenSSL, as the layers for streams and for
 * datagrams both need them. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include "harness/drivers/tls_impl.h"

/* RFC8489:6.2.3#1a, #1b, #4, #5: forward secrecy and AEAD only, what the RFC names among them. */
#define CIPHERS "ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM:DHE+CHACHA20:!aNULL:!PSK:!SRP:!aDSS"
#define DEPRECATED "AES128-SHA" /* static RSA, CBC: TLS 1.3 has neither (RFC 8446 section 1.2) */
enum { FILE_MAX_OCTETS = 1 << 20 };

/* Deliberate violations by our own layers; `rtclab prove` runs them live. */
const struct deviation tls_live_faults[TLS_FAULTS + DTLS_FAULTS] = {
    {"certificate-unread", "RFC8489:6.2.3#8", "flag", DEV_FLAG, NULL, NULL, NULL},
    {"invalid-certificate-taken", "RFC8489:6.2.3#9a", "flag", DEV_FLAG, NULL, NULL, NULL},
    {"revoked-taken", "RFC8489:6.2.3#9b", "flag", DEV_FLAG, NULL, NULL, NULL},
    {"any-name-taken", "RFC8489:6.2.3#9c", "flag", DEV_FLAG, NULL, NULL, NULL},
    {"identity-unverified", "RFC8489:6.2.3#10", "flag", DEV_FLAG, NULL, NULL, NULL},
    {"srv-id-taken", "RFC8489:6.2.3#a1", "flag", DEV_FLAG, NULL, NULL, NULL},
    {"srv-id-of-domain-taken", "RFC8489:10#7", "flag", DEV_FLAG, NULL, NULL, NULL},
    {"weak-suites-offered", "RFC8489:6.2.3#5", "flag", DEV_FLAG, NULL, NULL, NULL},
    {"plain-rsa-first", "RFC8489:6.2.3#4", "flag", DEV_FLAG, NULL, NULL, NULL},
    {"client-chooses-suite", "RFC8489:6.2.3#4", "flag", DEV_FLAG, NULL, NULL, NULL},
    {"no-dhe-aes128", "RFC8489:6.2.3#1a", "flag", DEV_FLAG, NULL, NULL, NULL},
    {"no-ecdhe-aes128", "RFC8489:6.2.3#1b", "flag", DEV_FLAG, NULL, NULL, NULL},
    {"no-mandatory-suite-of-1.3", "RFC8489:6.2.3#3a", "flag", DEV_FLAG, NULL, NULL, NULL},
    {"deprecated-suites-kept", "RFC8489:6.2.3#3b", "flag", DEV_FLAG, NULL, NULL, NULL},
    {"deprecated-suite-chosen", "RFC8489:6.2.3#3b", "flag", DEV_FLAG, NULL, NULL, NULL},
    {"no-cookie", "RFC8489:13#a1", "flag", DEV_FLAG, NULL, NULL, NULL},
};

/* ---- the BIO: octets as they have come, and straight into the queue ---- */

static int bio_write(BIO *b, const char *p, int n)
{
    struct tls_conn *c = BIO_get_data(b);

    BIO_clear_retry_flags(b);
    if (n > 0)
        out_send(c->q, LAYER_LOWER, (struct span){(const uint8_t *)p, (size_t)n},
                 c->core->datagrams ? &c->pkt : NULL);
    return n;
}

static int bio_read(BIO *b, char *p, int n)
{
    struct tls_conn *c = BIO_get_data(b);
    struct span part = span_cut(c->in, 0, n > 0 ? (size_t)n : 0);

    BIO_clear_retry_flags(b);
    if (!part.n) {
        BIO_set_retry_read(b);
        return -1;
    }
    memcpy(p, part.p, part.n);
    c->in = c->core->datagrams ? (struct span){0} : span_cut(c->in, part.n, c->in.n);
    return (int)part.n;
}

static long bio_ctrl(BIO *b, int cmd, long num, void *p)
{
    (void)b;
    (void)num;
    (void)p;
    return cmd == BIO_CTRL_FLUSH || cmd == BIO_CTRL_DGRAM_SET_NEXT_TIMEOUT;
}

static int bio_create(BIO *b)
{
    BIO_set_init(b, 1);
    return 1;
}

static BIO_METHOD *make_bio(void)
{
    BIO_METHOD *m = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "rtclab");

    if (m && BIO_meth_set_write(m, bio_write) && BIO_meth_set_read(m, bio_read) &&
        BIO_meth_set_ctrl(m, bio_ctrl) && BIO_meth_set_create(m, bio_create))
        return m;
    BIO_meth_free(m);
    return NULL;
}

/* ---- files and texts ---- */

static bool fail(struct tls_core *core, const char *what, struct span name)
{
    bool pem = name.n > 64 || memchr(name.n ? (const void *)name.p : "", '\n', name.n);

    snprintf(core->why, sizeof core->why, "%s%s%.*s", what, pem || !name.n ? "" : ": ",
             pem ? 0 : (int)name.n, pem ? "" : (const char *)name.p);
    ERR_clear_error();
    return false;
}

/* PEM as it is given, or the file that is named. */
static BIO *open_pem(struct span s)
{
    char path[PATH_MAX];

    if (s.n > 10 && memcmp(s.p, "-----BEGIN", 10) == 0)
        return BIO_new_mem_buf(s.p, (int)s.n);
    if (s.n >= sizeof path || !s.n)
        return NULL;
    memcpy(path, s.p, s.n);
    path[s.n] = '\0';
    return BIO_new_file(path, "r");
}

static bool take_cert(struct tls_core *core, struct span cert, struct span key)
{
    BIO *c = open_pem(cert), *k = open_pem(key.n ? key : cert);
    X509 *x = c ? PEM_read_bio_X509(c, NULL, NULL, NULL) : NULL, *more;
    EVP_PKEY *p = k ? PEM_read_bio_PrivateKey(k, NULL, NULL, NULL) : NULL;
    bool good = x && p && SSL_CTX_use_certificate(core->ctx, x) == 1 &&
                SSL_CTX_use_PrivateKey(core->ctx, p) == 1 && SSL_CTX_check_private_key(core->ctx);

    while (good && (more = PEM_read_bio_X509(c, NULL, NULL, NULL)) != NULL)
        if (!SSL_CTX_add0_chain_cert(core->ctx, more))
            X509_free(more);
    if (!x)
        fail(core, "there is no certificate to read", cert);
    else if (!p)
        fail(core, "there is no key to read", key.n ? key : cert);
    else if (!good)
        fail(core, "the certificate and its key do not belong together", cert);
    X509_free(x);
    EVP_PKEY_free(p);
    BIO_free(c);
    BIO_free(k);
    ERR_clear_error();
    return good;
}

static bool take_authorities(struct tls_core *core, struct span ca)
{
    BIO *b = open_pem(ca);
    X509_STORE *store = SSL_CTX_get_cert_store(core->ctx);
    X509 *x;
    size_t n = 0;

    while (b && (x = PEM_read_bio_X509(b, NULL, NULL, NULL)) != NULL) {
        n += X509_STORE_add_cert(store, x) == 1;
        X509_free(x);
    }
    BIO_free(b);
    ERR_clear_error();
    return n > 0 || fail(core, "there is no authority's certificate to read", ca);
}

/* ---- what a server shows ---- */

static bool make_cert(struct tls_core *core, const struct flow_spec *spec)
{
    static const int64_t day = 86400;
    uint8_t memory[4 * TLS_CERT_PEM];
    struct arena mem = arena_of(memory, sizeof memory);
    struct tls_cert_spec s = {.names = flow_option_text(spec, "subject"),
                              .issuer = flow_option_text(spec, "issuer"),
                              .issuer_key = flow_option_text(spec, "issuer_key"),
                              .rsa = flow_option_on(spec, "rsa"),
                              .srv_id = flow_option_on(spec, "srv_id")};
    struct tls_cert_spec unknown = {.names = SPAN("unknown authority"), .ca = true};
    struct span cert, key;
    const char *err = "";

    if (flow_option_on(spec, "expired")) {
        s.from_s = -30 * day;
        s.until_s = -day;
    } else if (flow_option_on(spec, "not_yet")) {
        s.from_s = day;
        s.until_s = 30 * day;
    }
    if (flow_option_on(spec, "self_signed"))
        s.issuer = s.issuer_key = (struct span){0};
    else if (flow_option_on(spec, "invalid") &&
             !tls_cert_make(&unknown, &mem, &s.issuer, &s.issuer_key, &err))
        return fail(core, err, (struct span){0});
    if (!tls_cert_make(&s, &mem, &cert, &key, &err))
        return fail(core, err, (struct span){0});
    if (flow_option_on(spec, "revoked") &&
        !tls_status_revoke(core, cert, s.issuer.n ? s.issuer : cert,
                           s.issuer.n ? s.issuer_key : key))
        return fail(core, "there is no saying that the certificate is revoked", (struct span){0});
    return take_cert(core, cert, key);
}

/* ---- callbacks ---- */

static void on_secret(const SSL *ssl, const char *line)
{
    struct tls_conn *c = SSL_get_app_data(ssl);
    struct span *slice = arena_take(&c->q->mem, sizeof *slice);
    struct output *o = out_put(c->q, OUT_SECRET, LAYER_LOWER);
    size_t n = strlen(line);
    uint8_t *copy = arena_take(&c->q->mem, n + 1);

    if (!slice || !copy)
        return;
    struct wr w = {copy, n + 1, 0, false};
    wr_text(&w, line);
    wr_u8(&w, '\n');
    *slice = (struct span){copy, n + 1};
    o->data = slice;
    o->n_data = 1;
}

static void on_info(const SSL *ssl, int where, int ret)
{
    struct tls_conn *c = SSL_get_app_data(ssl);

    if (c && where == SSL_CB_READ_ALERT && ret >> 8 == SSL3_AL_FATAL && !c->why[0])
        snprintf(c->why, sizeof c->why, "the peer refused: %s", SSL_alert_desc_string_long(ret));
}

static void on_message(int write, int version, int type, const void *buf, size_t n, SSL *ssl,
                       void *arg)
{
    struct tls_conn *c = SSL_get_app_data(ssl);

    (void)write;
    (void)version;
    (void)arg;
    if (c && type == SSL3_RT_HANDSHAKE && n &&
        *(const uint8_t *)buf == DTLS1_MT_HELLO_VERIFY_REQUEST)
        c->cookie = true;
}

static int on_hello(SSL *ssl, int *alert, void *arg)
{
    struct tls_conn *c = SSL_get_app_data(ssl);
    struct wr w = {(uint8_t *)c->offered, sizeof c->offered - 1, 0, false};
    const unsigned char *p;
    size_t n = SSL_client_hello_get0_ciphers(ssl, &p);

    (void)alert;
    (void)arg;
    for (size_t i = 0; i + 1 < n; i += 2) {
        const SSL_CIPHER *cipher = SSL_CIPHER_find(ssl, p + i);
        if (i)
            wr_u8(&w, ':');
        if (cipher) {
            wr_text(&w, SSL_CIPHER_get_name(cipher));
        } else {
            wr_text(&w, "0x");
            wr_hex(&w, get_u16(p + i), 4);
        }
    }
    c->offered[w.n] = '\0';
    if (strstr(c->offered, DEPRECATED) && env_flag(c->core->env, "deprecated-suite-chosen")) {
        SSL_set_cipher_list(ssl, DEPRECATED);
        SSL_set_max_proto_version(ssl, c->core->datagrams ? DTLS1_2_VERSION : TLS1_2_VERSION);
    }
    c->status_asked = SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_status_request, &p, &n) == 1;
    n = SSL_client_hello_get0_compression_methods(ssl, &p);
    for (size_t i = 0; i < n; i++)
        c->compressions = (uint8_t)(c->compressions + (p[i] != 0));
    return SSL_CLIENT_HELLO_SUCCESS;
}

static int on_alpn(SSL *ssl, const unsigned char **out, unsigned char *n, const unsigned char *in,
                   unsigned n_in, void *arg)
{
    const struct tls_core *core = arg;
    unsigned char *chosen;

    (void)ssl;
    if (!core->n_alpn)
        return SSL_TLSEXT_ERR_NOACK;
    if (SSL_select_next_proto(&chosen, n, core->alpn, (unsigned)core->n_alpn, in, n_in) !=
        OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_ALERT_FATAL; /* RFC 7301 section 3.2 */
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

/* A cookie is an HMAC of the client's address: nothing is kept of who has not returned it. */
static void cookie_of(const struct tls_conn *c, uint8_t out[DIGEST_MAX])
{
    uint8_t port[2];
    struct hmac_key key;
    struct digest d;

    hmac_key_init(&key, DIGEST_SHA256, (struct span){c->core->secret, sizeof c->core->secret});
    hmac_start(&d, &key);
    digest_add(&d, (struct span){c->pkt.remote.ip, 16});
    put_u16(port, c->pkt.remote.port);
    digest_add(&d, (struct span){port, 2});
    hmac_end(&d, &key, out);
}

static int on_cookie(SSL *ssl, unsigned char *cookie, unsigned *n)
{
    uint8_t mac[DIGEST_MAX];

    cookie_of(SSL_get_app_data(ssl), mac);
    memcpy(cookie, mac, 32);
    *n = 32;
    return 1;
}

static int on_cookie_back(SSL *ssl, const unsigned char *cookie, unsigned n)
{
    uint8_t mac[DIGEST_MAX];

    cookie_of(SSL_get_app_data(ssl), mac);
    return span_eq_ct((struct span){cookie, n}, (struct span){mac, 32});
}

static unsigned on_timer(SSL *ssl, unsigned us)
{
    const struct tls_conn *c = SSL_get_app_data(ssl);

    if (us == 0)
        return c->core->rto_us;
    return us >= 30000000 ? 60000000 : us * 2; /* RFC 6347 section 4.2.4.1 */
}

/* ---- contexts ---- */

static int version_of(const struct tls_core *core, struct span s)
{
    static const struct {
        const char *name;
        int tls, dtls;
    } rows[] = {{"1.0", TLS1_VERSION, DTLS1_VERSION},
                {"1.1", TLS1_1_VERSION, DTLS1_VERSION},
                {"1.2", TLS1_2_VERSION, DTLS1_2_VERSION},
                {"1.3", TLS1_3_VERSION, DTLS1_2_VERSION}};

    for (size_t i = 0; i < COUNT(rows); i++)
        if (span_is(s, rows[i].name))
            return core->datagrams ? rows[i].dtls : rows[i].tls;
    return 0;
}

static bool set_versions(struct tls_core *core, const struct flow_spec *spec)
{
    struct span min = flow_option_text(spec, "min"), max = flow_option_text(spec, "max");
    int low = version_of(core, min.n ? min : span_of("1.2"));
    int high = version_of(core, max.n ? max : span_of("1.3"));

    if (!low || !high)
        return fail(core, "a version is 1.0, 1.1, 1.2 or 1.3, not", low ? max : min);
    return SSL_CTX_set_min_proto_version(core->ctx, low) &&
           SSL_CTX_set_max_proto_version(core->ctx, high);
}

static const char *list_of(const struct tls_core *core)
{
    if (env_flag(core->env, "weak-suites-offered"))
        return CIPHERS ":eNULL:@SECLEVEL=0";
    if (env_flag(core->env, "deprecated-suites-kept"))
        return CIPHERS ":" DEPRECATED;
    if (env_flag(core->env, "plain-rsa-first"))
        return "AES128-GCM-SHA256:" CIPHERS;
    if (env_flag(core->env, "client-chooses-suite"))
        return CIPHERS ":AES128-GCM-SHA256";
    if (env_flag(core->env, "no-dhe-aes128"))
        return CIPHERS ":!DHE-RSA-AES128-GCM-SHA256";
    if (env_flag(core->env, "no-ecdhe-aes128"))
        return CIPHERS ":!ECDHE-RSA-AES128-GCM-SHA256";
    return CIPHERS;
}

static bool set_suites(struct tls_core *core, const struct flow_spec *spec)
{
    char text[1024];
    struct span list = flow_option_text(spec, "ciphers"), suites = flow_option_text(spec, "suites");

    snprintf(text, sizeof text, "%.*s", (int)list.n, list.n ? (const char *)list.p : "");
    if (!SSL_CTX_set_cipher_list(core->ctx, list.n ? text : list_of(core)))
        return fail(core, "none of these cipher suites is known", list);
    if (!suites.n && env_flag(core->env, "no-mandatory-suite-of-1.3"))
        suites = span_of("TLS_AES_256_GCM_SHA384");
    snprintf(text, sizeof text, "%.*s", (int)suites.n, suites.n ? (const char *)suites.p : "");
    if (suites.n && !SSL_CTX_set_ciphersuites(core->ctx, text))
        return fail(core, "none of these cipher suites is known", suites);
    return true;
}

/* "h2,http/1.1" as the extension has it. */
static bool set_alpn(struct tls_core *core, struct span list)
{
    struct wr w = {core->alpn, sizeof core->alpn, 0, false};

    for (size_t at = 0, n; at < list.n; at += n + 1) {
        for (n = 0; at + n < list.n && list.p[at + n] != ','; n++)
            ;
        if (n == 0 || n > 255)
            return fail(core, "a protocol's name has 1 to 255 octets", list);
        wr_u8(&w, (uint8_t)n);
        wr_put(&w, span_cut(list, at, at + n));
    }
    core->n_alpn = w.n;
    return !w.full || fail(core, "the protocols are more than 255 octets", list);
}

static void set_options(struct tls_core *core)
{
    SSL_CTX *ctx = core->ctx;
    uint64_t options =
        SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET | SSL_OP_NO_QUERY_MTU;

    if (!env_flag(core->env, "client-chooses-suite"))
        options |= SSL_OP_CIPHER_SERVER_PREFERENCE;
    SSL_CTX_set_options(ctx, options);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_num_tickets(ctx, 0);
    SSL_CTX_set_dh_auto(ctx, 1);
    SSL_CTX_set_keylog_callback(ctx, on_secret);
    SSL_CTX_set_info_callback(ctx, on_info);
    SSL_CTX_set_mode(ctx, SSL_MODE_AUTO_RETRY);
    if (core->server) {
        SSL_CTX_set_client_hello_cb(ctx, on_hello, core);
        SSL_CTX_set_alpn_select_cb(ctx, on_alpn, core);
    }
    if (core->datagrams) {
        SSL_CTX_set_msg_callback(ctx, on_message);
        SSL_CTX_set_cookie_generate_cb(ctx, on_cookie);
        SSL_CTX_set_cookie_verify_cb(ctx, on_cookie_back);
    }
    tls_verify_set(core);
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
}

static bool take_identity(struct tls_core *core, const struct flow_spec *spec)
{
    struct span cert = flow_option_text(spec, "cert"), ca = flow_option_text(spec, "ca");
    struct span pin = flow_option_text(spec, "fingerprint");

    if (core->server && !flow_option_on(spec, "ask_client"))
        SSL_CTX_set_verify(core->ctx, SSL_VERIFY_NONE, NULL);
    if (cert.n ? !take_cert(core, cert, flow_option_text(spec, "key"))
               : core->server && !make_cert(core, spec))
        return false;
    if (core->server)
        return true;
    if (pin.n && pin.n != 64)
        return fail(core, "a fingerprint is SHA-256 in 64 hexadecimal digits, not", pin);
    for (size_t i = 0; i < pin.n; i++)
        core->pinned[i] = (char)(pin.p[i] >= 'A' && pin.p[i] <= 'F' ? pin.p[i] | 0x20 : pin.p[i]);
    tls_status_ask(core);
    if (ca.n)
        return take_authorities(core, ca);
    SSL_CTX_set_default_verify_paths(core->ctx);
    ERR_clear_error();
    return true;
}

bool tls_core_open(struct tls_core *core, const struct env *env, const struct flow_spec *spec,
                   bool datagrams, bool server)
{
    struct span name = flow_option_text(spec, "server_name");
    uint64_t rto = flow_option(spec, "rto_us").u;

    *core = (struct tls_core){.env = env, .datagrams = datagrams, .server = server};
    name = name.n ? name : spec->name;
    core->insecure = flow_option_on(spec, "insecure");
    core->rto_us = rto && rto < 60000000 ? (uint32_t)rto : 1000000;
    if (name.n >= sizeof core->host)
        return fail(core, "the server's name is longer than 255 octets", (struct span){0});
    memcpy(core->host, name.n ? (const char *)name.p : "", name.n);
    core->bio = make_bio();
    core->ctx = SSL_CTX_new(datagrams ? DTLS_method() : TLS_method());
    if (!core->bio || !core->ctx || RAND_bytes(core->secret, sizeof core->secret) != 1)
        return fail(core, "OpenSSL gives no context", (struct span){0});
    set_options(core);
    return set_versions(core, spec) && set_suites(core, spec) &&
           set_alpn(core, flow_option_text(spec, "alpn")) && take_identity(core, spec);
}

void tls_core_close(struct tls_core *core)
{
    SSL_CTX_free(core->ctx);
    BIO_meth_free(core->bio);
    core->ctx = NULL;
    core->bio = NULL;
}

/* ---- connections ---- */

bool tls_conn_open(struct tls_conn *c, struct tls_core *core, const struct pkt *pkt, bool listener)
{
    BIO *b = BIO_new(core->bio);

    *c = (struct tls_conn){.core = core, .pkt = {.remote = pkt->remote, .local = pkt->local}};
    c->ssl = SSL_new(core->ctx);
    if (!c->ssl || !b) {
        BIO_free(b);
        SSL_free(c->ssl);
        c->ssl = NULL;
        return false;
    }
    SSL_set_app_data(c->ssl, c);
    BIO_set_data(b, c);
    SSL_set_bio(c->ssl, b, b);
    if (core->datagrams) {
        SSL_set_mtu(c->ssl, TLS_MTU);
        DTLS_set_timer_cb(c->ssl, on_timer);
    }
    if (core->server) {
        SSL_set_accept_state(c->ssl);
        if (listener)
            SSL_set_options(c->ssl, SSL_OP_COOKIE_EXCHANGE);
        return true;
    }
    SSL_set_connect_state(c->ssl);
    if (core->n_alpn)
        SSL_set_alpn_protos(c->ssl, core->alpn, (unsigned)core->n_alpn);
    return tls_verify_host(c);
}

void tls_conn_close(struct tls_conn *c)
{
    SSL_free(c->ssl);
    c->ssl = NULL;
    ERR_clear_error();
}

const char *tls_conn_why(struct tls_conn *c, int result)
{
    char text[TLS_WHY];
    int error = SSL_get_error(c->ssl, result);
    unsigned long e = ERR_peek_last_error();
    const char *reason = e ? ERR_reason_error_string(e) : NULL;

    if (c->why[0] && !(c->core->insecure && SSL_is_init_finished(c->ssl)))
        snprintf(text, sizeof text, "%s", c->why);
    else if (reason)
        snprintf(text, sizeof text, "TLS failed: %s", reason);
    else
        snprintf(text, sizeof text, "TLS failed with error %d", error);
    ERR_clear_error();
    return arena_text(&c->q->mem, span_of(text));
}

static const char *name_in(struct outq *q, const X509_NAME *n)
{
    BIO *b = BIO_new(BIO_s_mem());
    char *p = NULL;
    long len = b && X509_NAME_print_ex(b, n, 0, XN_FLAG_RFC2253) >= 0 ? BIO_get_mem_data(b, &p) : 0;
    const char *s =
        arena_text(&q->mem, (struct span){(const uint8_t *)p, len > 0 ? (size_t)len : 0});

    BIO_free(b);
    return s;
}

static void tell_certificate(struct tls_conn *c, struct tls_event *e)
{
    X509 *x = SSL_get1_peer_certificate(c->ssl);
    uint8_t md[EVP_MAX_MD_SIZE], hex[64];
    struct wr w = {hex, sizeof hex, 0, false};
    unsigned n = 0;
    char text[32] = "";
    struct tm tm;

    if (!x)
        return;
    e->subject = name_in(c->q, X509_get_subject_name(x));
    e->issuer = name_in(c->q, X509_get_issuer_name(x));
    if (ASN1_TIME_to_tm(X509_get0_notAfter(x), &tm))
        strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm);
    e->not_after = arena_text(&c->q->mem, span_of(text));
    if (X509_digest(x, EVP_sha256(), md, &n) && n == 32)
        wr_hex_octets(&w, (struct span){md, n});
    e->fingerprint = arena_text(&c->q->mem, wr_span(&w));
    e->trusted = !c->core->server && !c->why[0] && SSL_get_verify_result(c->ssl) == X509_V_OK;
    X509_free(x);
}

void tls_conn_tell(struct tls_conn *c, enum tls_kind kind, uint64_t now_us, const char *why)
{
    struct tls_event *e = tls_report(c->q, kind, c->core->server, &c->pkt, now_us);
    const unsigned char *alpn;
    unsigned n;

    if (!e)
        return;
    e->why = why;
    e->cookie = c->cookie;
    e->compressions = c->compressions;
    e->status_asked = c->status_asked;
    e->offered = c->offered[0] ? arena_text(&c->q->mem, span_of(c->offered)) : NULL;
    if (!c->ssl)
        return;
    const char *sni = SSL_get_servername(c->ssl, TLSEXT_NAMETYPE_host_name);
    e->server_name = sni ? arena_text(&c->q->mem, span_of(sni)) : NULL;
    if (kind == TLS_SECURED) {
        e->version = SSL_get_version(c->ssl);
        e->cipher = SSL_get_cipher_name(c->ssl);
    }
    SSL_get0_alpn_selected(c->ssl, &alpn, &n);
    e->alpn = n ? arena_text(&c->q->mem, (struct span){alpn, n}) : NULL;
    tell_certificate(c, e);
    if (!why && c->why[0] && c->core->insecure)
        e->why = arena_text(&c->q->mem, span_of(c->why));
}
