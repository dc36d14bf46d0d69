/* harness/drivers/tls_cert.c - certificates made on the spot, over OpenSSL. */
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include "codecs/base/field.h"
#include "harness/drivers/tls_impl.h"

#define LOCAL "localhost,127.0.0.1,::1"
enum { HOUR = 3600, DAY = 86400 };

X509 *tls_read_cert(struct span pem)
{
    BIO *b = BIO_new_mem_buf(pem.p, (int)pem.n);
    X509 *x = b ? PEM_read_bio_X509(b, NULL, NULL, NULL) : NULL;

    BIO_free(b);
    return x;
}

EVP_PKEY *tls_read_key(struct span pem)
{
    BIO *b = BIO_new_mem_buf(pem.p, (int)pem.n);
    EVP_PKEY *k = b ? PEM_read_bio_PrivateKey(b, NULL, NULL, NULL) : NULL;

    BIO_free(b);
    return k;
}

static bool add_ext(X509 *x, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX ctx;

    X509V3_set_ctx_nodb(&ctx);
    X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
    X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
    bool good = e && X509_add_ext(x, e, -1);
    X509_EXTENSION_free(e);
    return good;
}

/* "DNS:a.example,IP:127.0.0.1" */
static void put_names(struct wr *w, struct span names, bool srv_id)
{
    for (size_t at = 0, n; at < names.n; at += n + 1) {
        struct addr a;
        for (n = 0; at + n < names.n && names.p[at + n] != ','; n++)
            ;
        struct span one = span_cut(names, at, at + n);
        if (at)
            wr_u8(w, ',');
        if (srv_id)
            wr_text(w, "otherName:1.3.6.1.5.5.7.8.7;IA5STRING:_stuns.");
        else
            wr_text(w, addr_parse(one, &a) ? "IP:" : "DNS:");
        wr_put(w, one);
    }
    wr_u8(w, '\0');
}

static bool set_subject(X509 *x, const struct tls_cert_spec *spec, struct span names)
{
    size_t n = 0;
    X509_NAME *name = X509_get_subject_name(x);
    struct span cn = span_of(spec->ca ? "rtclab authority" : "rtclab");

    while (n < names.n && names.p[n] != ',')
        n++;
    if (spec->ca ? spec->names.n > 0 : !spec->srv_id)
        cn = span_cut(names, 0, n < 64 ? n : 64);
    return X509_NAME_add_entry_by_txt(name, "O", MBSTRING_UTF8, (const uint8_t *)"rtclab", -1, -1,
                                      0) &&
           X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, cn.p, (int)cn.n, -1, 0);
}

static bool fill(X509 *x, X509 *issuer, EVP_PKEY *key, const struct tls_cert_spec *spec)
{
    char text[4096];
    struct wr w = {(uint8_t *)text, sizeof text, 0, false};
    struct span names = spec->names.n ? spec->names : span_of(LOCAL);
    bool usual = !spec->from_s && !spec->until_s;
    uint64_t serial = 0;

    put_names(&w, names, spec->srv_id);
    RAND_bytes((uint8_t *)&serial, sizeof serial);
    return !w.full && X509_set_version(x, X509_VERSION_3) &&
           ASN1_INTEGER_set_uint64(X509_get_serialNumber(x), serial >> 1 | 1) &&
           X509_gmtime_adj(X509_getm_notBefore(x), usual ? -HOUR : (long)spec->from_s) &&
           X509_gmtime_adj(X509_getm_notAfter(x), usual ? 30L * DAY : (long)spec->until_s) &&
           set_subject(x, spec, names) &&
           X509_set_issuer_name(x, X509_get_subject_name(issuer ? issuer : x)) &&
           X509_set_pubkey(x, key) &&
           add_ext(x, issuer ? issuer : x, NID_basic_constraints,
                   spec->ca ? "critical,CA:TRUE" : "critical,CA:FALSE") &&
           (spec->ca ||
            add_ext(x, issuer ? issuer : x, NID_ext_key_usage, "serverAuth,clientAuth")) &&
           (spec->ca || add_ext(x, issuer ? issuer : x, NID_subject_alt_name, text));
}

/* What was written to a memory BIO, in `mem` with a NUL after it. */
static bool taken(BIO *b, struct arena *mem, struct span *out)
{
    char *p;
    long n = BIO_get_mem_data(b, &p);
    const char *copy = arena_text(mem, (struct span){(const uint8_t *)p, n > 0 ? (size_t)n : 0});

    *out = (struct span){(const uint8_t *)copy, copy ? (size_t)n : 0};
    return copy && n > 0;
}

static bool write_pem(X509 *x, EVP_PKEY *key, struct arena *mem, struct span *cert,
                      struct span *key_out)
{
    BIO *c = BIO_new(BIO_s_mem()), *k = BIO_new(BIO_s_mem());
    bool good = c && k && PEM_write_bio_X509(c, x) &&
                PEM_write_bio_PrivateKey(k, key, NULL, NULL, 0, NULL, NULL) &&
                taken(c, mem, cert) && taken(k, mem, key_out);

    BIO_free(c);
    BIO_free(k);
    return good;
}

bool tls_cert_make(const struct tls_cert_spec *spec, struct arena *mem, struct span *cert,
                   struct span *key, const char **err)
{
    EVP_PKEY *own = spec->rsa ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256");
    X509 *issuer = spec->issuer.n ? tls_read_cert(spec->issuer) : NULL;
    EVP_PKEY *signer = spec->issuer.n ? tls_read_key(spec->issuer_key) : own;
    X509 *x = X509_new();
    bool known = !spec->issuer.n || (issuer && signer);
    bool good = own && x && known && fill(x, issuer, own, spec) &&
                X509_sign(x, signer, EVP_sha256()) && write_pem(x, own, mem, cert, key);

    if (!good)
        *err = !known      ? "the issuer of a certificate, or its key, is no PEM text"
               : mem->full ? "there is no room for a certificate"
                           : "a certificate cannot be made: its names are not good";
    if (signer != own)
        EVP_PKEY_free(signer);
    EVP_PKEY_free(own);
    X509_free(issuer);
    X509_free(x);
    ERR_clear_error();
    return good;
}

bool tls_cert_fingerprint(struct span pem, char out[65])
{
    uint8_t md[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    X509 *x = tls_read_cert(pem);
    bool good = x && X509_digest(x, EVP_sha256(), md, &n) && n == 32;
    struct wr w = {(uint8_t *)out, 64, 0, false};

    wr_hex_octets(&w, (struct span){md, good ? 32 : 0});
    out[w.n] = '\0';
    X509_free(x);
    ERR_clear_error();
    return good;
}
