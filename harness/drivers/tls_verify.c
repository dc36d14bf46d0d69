/* harness/drivers/tls_verify.c - whether a client trusts a certificate: RFC 8489 section 6.2.3, RFC
 * 6125, and the words for what is wrong with it. */
#include <stdio.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include "harness/drivers/tls_impl.h"

static void fingerprint_of(const X509 *x, char out[65])
{
    uint8_t md[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    struct wr w = {(uint8_t *)out, 64, 0, false};

    if (X509_digest(x, EVP_sha256(), md, &n) && n == 32)
        wr_hex_octets(&w, (struct span){md, 32});
    out[w.n] = '\0';
}

static void time_text(const ASN1_TIME *t, char *out, size_t cap)
{
    struct tm tm;

    if (!ASN1_TIME_to_tm(t, &tm) || !strftime(out, cap, "%Y-%m-%d %H:%M:%S UTC", &tm))
        snprintf(out, cap, "an unreadable time");
}

static void name_text(const X509_NAME *n, char *out, size_t cap)
{
    BIO *b = BIO_new(BIO_s_mem());
    char *p = NULL;
    long len = b && X509_NAME_print_ex(b, n, 0, XN_FLAG_RFC2253) >= 0 ? BIO_get_mem_data(b, &p) : 0;

    snprintf(out, cap, "%.*s", len > 0 ? (int)len : 0, p ? p : "");
    BIO_free(b);
}

/* The names that a certificate has, for the sentence that says that ours is not among them. */
static void alt_names(const X509 *x, char *out, size_t cap)
{
    GENERAL_NAMES *names = X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL);
    struct wr w = {(uint8_t *)out, cap - 1, 0, false};

    for (int i = 0; names && i < sk_GENERAL_NAME_num(names); i++) {
        const GENERAL_NAME *g = sk_GENERAL_NAME_value(names, i);
        if (w.n)
            wr_text(&w, ", ");
        if (g->type == GEN_DNS) {
            wr_put(&w, (struct span){ASN1_STRING_get0_data(g->d.dNSName),
                                     (size_t)ASN1_STRING_length(g->d.dNSName)});
        } else if (g->type == GEN_IPADD) {
            const ASN1_OCTET_STRING *o = g->d.iPAddress;
            struct addr a = {.family = ASN1_STRING_length(o) == 16 ? 6 : 4};
            uint8_t text[64];
            struct wr t = {text, sizeof text, 0, false};
            memcpy(a.ip, ASN1_STRING_get0_data(o), a.family == 6 ? 16 : 4);
            addr_text(&t, &a);
            while (t.n && text[t.n - 1] != ':')
                t.n--;
            wr_put(&w, span_cut(wr_span(&t), 0, t.n ? t.n - 1 : 0));
        } else {
            wr_text(&w, "a name of another kind");
        }
    }
    GENERAL_NAMES_free(names);
    if (!w.n)
        wr_text(&w, "nobody in particular");
    out[w.n] = '\0';
}

static void say_mismatch(struct tls_conn *c, const X509 *x)
{
    char names[160], host[TLS_HOST];
    struct wr h = {(uint8_t *)host, sizeof host - 1, 0, false};

    alt_names(x, names, sizeof names);
    if (c->core->host[0])
        wr_text(&h, c->core->host);
    else
        addr_text(&h, &c->pkt.remote);
    host[h.n] = '\0';
    snprintf(c->why, sizeof c->why, "the certificate is for %.130s, not for %.130s", names, host);
}

/* One sentence for what X509_verify_cert found. */
static void say(struct tls_conn *c, const X509_STORE_CTX *store, const X509 *x)
{
    char text[160];
    int error = X509_STORE_CTX_get_error(store);

    switch (error) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
        time_text(X509_get0_notAfter(x), text, sizeof text);
        snprintf(c->why, sizeof c->why, "the certificate has expired: it was valid until %s", text);
        break;
    case X509_V_ERR_CERT_NOT_YET_VALID:
        time_text(X509_get0_notBefore(x), text, sizeof text);
        snprintf(c->why, sizeof c->why, "the certificate is not valid yet: it will be from %s",
                 text);
        break;
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
        say_mismatch(c, x);
        break;
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
        snprintf(c->why, sizeof c->why, "the certificate is self-signed, and not trusted");
        break;
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
        name_text(X509_get_issuer_name(x), text, sizeof text);
        snprintf(c->why, sizeof c->why, "the issuer of the certificate is not known: %.200s", text);
        break;
    case X509_V_ERR_CERT_REVOKED:
        snprintf(c->why, sizeof c->why, "the certificate is revoked");
        break;
    default:
        snprintf(c->why, sizeof c->why, "the certificate is not trusted: %s",
                 X509_verify_cert_error_string(error));
    }
}

static bool names_other_kinds(const X509 *x)
{
    GENERAL_NAMES *names = X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL);
    bool other = false;

    for (int i = 0; names && i < sk_GENERAL_NAME_num(names); i++)
        other |= sk_GENERAL_NAME_value(names, i)->type == GEN_OTHERNAME;
    GENERAL_NAMES_free(names);
    return other;
}

/* Faults: what our own client lets pass, though it should not. */
static bool lets_pass(const struct tls_core *core, int error, const X509 *x)
{
    bool name = error == X509_V_ERR_HOSTNAME_MISMATCH || error == X509_V_ERR_IP_ADDRESS_MISMATCH;

    return env_flag(core->env, "certificate-unread") ||
           (!name && env_flag(core->env, "invalid-certificate-taken")) ||
           (name && (env_flag(core->env, "any-name-taken") ||
                     env_flag(core->env, "identity-unverified"))) ||
           (name && names_other_kinds(x) &&
            (env_flag(core->env, "srv-id-taken") || env_flag(core->env, "srv-id-of-domain-taken")));
}

static int verify(X509_STORE_CTX *store, void *arg)
{
    struct tls_core *core = arg;
    const SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
    struct tls_conn *c = SSL_get_app_data(ssl);
    const X509 *leaf = X509_STORE_CTX_get0_cert(store);
    char mark[65];

    if (core->server) { /* what a client shows is told, not judged */
        X509_STORE_CTX_set_error(store, X509_V_OK);
        return 1;
    }
    if (core->pinned[0]) {
        fingerprint_of(leaf, mark);
        bool same = strcmp(mark, core->pinned) == 0;
        if (!same)
            snprintf(c->why, sizeof c->why,
                     "the certificate has the fingerprint %s, not the one that is trusted", mark);
        X509_STORE_CTX_set_error(store, same ? X509_V_OK : X509_V_ERR_CERT_UNTRUSTED);
        return same || core->insecure;
    }
    if (X509_verify_cert(store) == 1)
        return 1;
    const X509 *bad = X509_STORE_CTX_get_current_cert(store);
    say(c, store, bad ? bad : leaf);
    bool pass = lets_pass(core, X509_STORE_CTX_get_error(store), leaf);
    if (pass)
        X509_STORE_CTX_set_error(store, X509_V_OK);
    ERR_clear_error();
    return pass || core->insecure;
}

void tls_verify_set(struct tls_core *core)
{
    SSL_CTX_set_cert_verify_callback(core->ctx, verify, core);
    X509_VERIFY_PARAM *p = SSL_CTX_get0_param(core->ctx);
    /* whoever stands in `ca` is trusted, be it a root or not */
    X509_VERIFY_PARAM_set_flags(p, X509_V_FLAG_PARTIAL_CHAIN);
    X509_VERIFY_PARAM_set_hostflags(p, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
}

bool tls_verify_host(struct tls_conn *c)
{
    X509_VERIFY_PARAM *p = SSL_get0_param(c->ssl);
    struct addr a = c->pkt.remote;

    if (c->core->host[0] && !addr_parse(span_of(c->core->host), &a))
        return SSL_set_tlsext_host_name(c->ssl, c->core->host) &&
               X509_VERIFY_PARAM_set1_host(p, c->core->host, 0);
    return a.family == 0 || X509_VERIFY_PARAM_set1_ip(p, a.ip, a.family == 6 ? 16 : 4);
}
