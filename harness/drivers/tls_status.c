/* harness/drivers/tls_status.c - whether a certificate is revoked, as an OCSP response says it that the
 * server sends along: RFC 6066 section 8, RFC 6960. */
#include <stdio.h>
#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/tls1.h>
#include "harness/drivers/tls_impl.h"

enum { DAY = 86400 };

/* ---- server ---- */

static bool fill(OCSP_BASICRESP *basic, OCSP_CERTID *id, X509 *issuer, EVP_PKEY *key)
{
    ASN1_TIME *now = X509_gmtime_adj(NULL, -60), *then = X509_gmtime_adj(NULL, DAY);
    bool good = now && then &&
                OCSP_basic_add1_status(basic, id, V_OCSP_CERTSTATUS_REVOKED,
                                       OCSP_REVOKED_STATUS_KEYCOMPROMISE, now, now, then) &&
                OCSP_basic_sign(basic, issuer, key, EVP_sha256(), NULL, OCSP_NOCERTS);

    ASN1_TIME_free(now);
    ASN1_TIME_free(then);
    return good;
}

/* The response in octets; false: it is too long, or cannot be made. */
static bool keep(struct tls_core *core, OCSP_BASICRESP *basic)
{
    OCSP_RESPONSE *r = OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic);
    int n = r ? i2d_OCSP_RESPONSE(r, NULL) : -1;
    uint8_t *p = core->status;

    if (n > 0 && (size_t)n <= sizeof core->status)
        core->n_status = (size_t)i2d_OCSP_RESPONSE(r, &p);
    OCSP_RESPONSE_free(r);
    return core->n_status > 0;
}

/* Staple it, for a client that asks. OpenSSL frees what it is given. */
static int on_asked(SSL *ssl, void *arg)
{
    const struct tls_core *core = arg;
    uint8_t *copy = core->n_status ? OPENSSL_memdup(core->status, core->n_status) : NULL;

    if (!copy)
        return SSL_TLSEXT_ERR_NOACK;
    SSL_set_tlsext_status_ocsp_resp(ssl, copy, (long)core->n_status);
    return SSL_TLSEXT_ERR_OK;
}

bool tls_status_revoke(struct tls_core *core, struct span cert, struct span issuer,
                       struct span issuer_key)
{
    X509 *x = tls_read_cert(cert), *by = tls_read_cert(issuer);
    EVP_PKEY *key = tls_read_key(issuer_key);
    OCSP_BASICRESP *basic = OCSP_BASICRESP_new();
    OCSP_CERTID *id = x && by ? OCSP_cert_to_id(EVP_sha1(), x, by) : NULL;
    bool good = id && key && basic && fill(basic, id, by, key) && keep(core, basic);

    if (good) {
        SSL_CTX_set_tlsext_status_cb(core->ctx, on_asked);
        SSL_CTX_set_tlsext_status_arg(core->ctx, core);
    }
    OCSP_CERTID_free(id);
    OCSP_BASICRESP_free(basic);
    EVP_PKEY_free(key);
    X509_free(by);
    X509_free(x);
    ERR_clear_error();
    return good;
}

/* ---- client ---- */

/* Whether the response, signed by who issued the certificate, says that it is revoked. What cannot be
 * verified, is about another certificate or says "unknown" proves nothing: it is as if none had come. */
static bool revoked(SSL *ssl, OCSP_BASICRESP *basic)
{
    STACK_OF(X509) *chain = SSL_get0_verified_chain(ssl);
    X509_STORE *store = SSL_CTX_get_cert_store(SSL_get_SSL_CTX(ssl));
    int status = V_OCSP_CERTSTATUS_UNKNOWN;

    if (sk_X509_num(chain) < 2 || OCSP_basic_verify(basic, chain, store, OCSP_PARTIAL_CHAIN) != 1)
        return false;
    X509 *x = sk_X509_value(chain, 0), *issuer = sk_X509_value(chain, 1);
    for (int i = 0; i < OCSP_resp_count(basic); i++) {
        OCSP_SINGLERESP *one = OCSP_resp_get0(basic, i);
        const OCSP_CERTID *id = OCSP_SINGLERESP_get0_id(one);
        ASN1_OBJECT *digest = NULL;
        OCSP_id_get0_info(NULL, &digest, NULL, NULL, (OCSP_CERTID *)(uintptr_t)id);
        const EVP_MD *md = digest ? EVP_get_digestbyobj(digest) : NULL;
        OCSP_CERTID *ours = md ? OCSP_cert_to_id(md, x, issuer) : NULL;
        if (ours && OCSP_id_cmp(ours, id) == 0)
            status = OCSP_single_get0_status(one, NULL, NULL, NULL, NULL);
        OCSP_CERTID_free(ours);
    }
    return status == V_OCSP_CERTSTATUS_REVOKED;
}

static int on_answer(SSL *ssl, void *arg)
{
    struct tls_core *core = arg;
    struct tls_conn *c = SSL_get_app_data(ssl);
    const unsigned char *p = NULL;
    long n = SSL_get_tlsext_status_ocsp_resp(ssl, &p);
    OCSP_RESPONSE *r = p && n > 0 ? d2i_OCSP_RESPONSE(NULL, &p, n) : NULL;
    OCSP_BASICRESP *basic = r ? OCSP_response_get1_basic(r) : NULL;
    bool bad = basic && revoked(ssl, basic) && !env_flag(core->env, "revoked-taken") &&
               !env_flag(core->env, "certificate-unread");

    if (bad && !c->why[0])
        snprintf(c->why, sizeof c->why, "the certificate is revoked");
    OCSP_BASICRESP_free(basic);
    OCSP_RESPONSE_free(r);
    ERR_clear_error();
    return !bad || core->insecure; /* 0: bad_certificate_status_response */
}

void tls_status_ask(struct tls_core *core)
{
    if (core->pinned[0])
        return;
    SSL_CTX_set_tlsext_status_type(core->ctx, TLSEXT_STATUSTYPE_ocsp);
    SSL_CTX_set_tlsext_status_cb(core->ctx, on_answer);
    SSL_CTX_set_tlsext_status_arg(core->ctx, core);
}
