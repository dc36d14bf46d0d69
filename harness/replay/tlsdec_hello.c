/* harness/replay/tlsdec_hello.c - what hellos say: RFC 8446 sections 4.1.2, 4.1.3 and 4.2, RFC 5246 section 7.4.1;
 * server names: RFC 6066 section 3, application protocols: RFC 7301 section 3.1. */
#include "harness/replay/tlsdec_impl.h"

enum { EXT_NAME = 0, EXT_ALPN = 16, EXT_EARLY = 42, EXT_VERSIONS = 43 };

static const struct suite suites[] = {
    {0x1301, TLS_13, SUITE_AES128_GCM, false, "TLS_AES_128_GCM_SHA256"},
    {0x1302, TLS_13, SUITE_AES256_GCM, true, "TLS_AES_256_GCM_SHA384"},
    {0x1303, TLS_13, SUITE_CHACHA, false, "TLS_CHACHA20_POLY1305_SHA256"},
    {0x1304, TLS_13, SUITE_NONE, false, "TLS_AES_128_CCM_SHA256"},
    {0x1305, TLS_13, SUITE_NONE, false, "TLS_AES_128_CCM_8_SHA256"},
    {0xc02b, TLS_12, SUITE_AES128_GCM, false, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"},
    {0xc02c, TLS_12, SUITE_AES256_GCM, true, "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"},
    {0xc02f, TLS_12, SUITE_AES128_GCM, false, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"},
    {0xc030, TLS_12, SUITE_AES256_GCM, true, "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"},
    {0xcca8, TLS_12, SUITE_CHACHA, false, "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"},
    {0xcca9, TLS_12, SUITE_CHACHA, false, "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"},
    {0xccaa, TLS_12, SUITE_CHACHA, false, "TLS_DHE_RSA_WITH_CHACHA20_POLY1305_SHA256"},
    {0x009c, TLS_12, SUITE_AES128_GCM, false, "TLS_RSA_WITH_AES_128_GCM_SHA256"},
    {0x009d, TLS_12, SUITE_AES256_GCM, true, "TLS_RSA_WITH_AES_256_GCM_SHA384"},
    {0x009e, TLS_12, SUITE_AES128_GCM, false, "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256"},
    {0x009f, TLS_12, SUITE_AES256_GCM, true, "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384"},
    {0x00a8, TLS_12, SUITE_AES128_GCM, false, "TLS_PSK_WITH_AES_128_GCM_SHA256"},
    {0x00a9, TLS_12, SUITE_AES256_GCM, true, "TLS_PSK_WITH_AES_256_GCM_SHA384"},
    {0x002f, TLS_12, SUITE_NONE, false, "TLS_RSA_WITH_AES_128_CBC_SHA"},
    {0x0035, TLS_12, SUITE_NONE, false, "TLS_RSA_WITH_AES_256_CBC_SHA"},
    {0x003c, TLS_12, SUITE_NONE, false, "TLS_RSA_WITH_AES_128_CBC_SHA256"},
    {0x003d, TLS_12, SUITE_NONE, false, "TLS_RSA_WITH_AES_256_CBC_SHA256"},
    {0xc009, TLS_12, SUITE_NONE, false, "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA"},
    {0xc00a, TLS_12, SUITE_NONE, false, "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA"},
    {0xc013, TLS_12, SUITE_NONE, false, "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA"},
    {0xc014, TLS_12, SUITE_NONE, false, "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA"},
    {0xc023, TLS_12, SUITE_NONE, false, "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256"},
    {0xc024, TLS_12, SUITE_NONE, true, "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384"},
    {0xc027, TLS_12, SUITE_NONE, false, "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256"},
    {0xc028, TLS_12, SUITE_NONE, true, "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384"},
};

/* The random of a HelloRetryRequest, RFC 8446 section 4.1.3. */
static const uint8_t retry[TLSDEC_RANDOM] = {
    0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
    0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c};

const struct suite *suite_find(uint16_t id)
{
    for (size_t i = 0; i < COUNT(suites); i++)
        if (suites[i].id == id)
            return &suites[i];
    return NULL;
}

const char *tlsdec_suite_name(uint16_t suite)
{
    const struct suite *s = suite_find(suite);
    return s ? s->name : NULL;
}

const char *tlsdec_version_name(uint16_t version)
{
    static const char *const names[] = {"SSLv3", "TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3"};
    return version >= 0x0300 && version - 0x0300u < COUNT(names) ? names[version - 0x0300] : NULL;
}

/* A vector behind its length of 1 or 2 octets. */
static bool vector(struct rd *r, unsigned octets, struct span *out)
{
    uint8_t one = 0;
    uint16_t two = 0;
    bool there = octets == 1 ? rd_u8(r, &one) : rd_u16(r, &two);
    return there && rd_take(r, octets == 1 ? one : two, out);
}

/* Append a name; what is not printable, and a comma, becomes "?". False: it does not fit. */
static bool put_name(char *out, struct span name, bool more)
{
    size_t n = strlen(out);

    if (name.n == 0 || n + name.n + (more && n) > TLSDEC_NAME_MAX)
        return false;
    if (more && n)
        out[n++] = ',';
    for (size_t i = 0; i < name.n; i++)
        out[n++] = (char)(name.p[i] > ' ' && name.p[i] < 127 && name.p[i] != ',' ? name.p[i] : '?');
    out[n] = '\0';
    return true;
}

static bool server_name(struct span body, struct tlsdec_facts *f)
{
    struct rd all = rd_of(body);
    struct span list, name;
    uint8_t kind;

    if (body.n == 0) /* a server's answer */
        return true;
    if (!vector(&all, 2, &list))
        return false;
    struct rd r = rd_of(list);
    if (!rd_u8(&r, &kind) || !vector(&r, 2, &name))
        return false;
    f->sni[0] = '\0';
    return kind != 0 || put_name(f->sni, name, false);
}

static bool protocols(struct span body, char *out)
{
    struct rd all = rd_of(body);
    struct span list, name;

    if (!vector(&all, 2, &list))
        return false;
    out[0] = '\0';
    for (struct rd r = rd_of(list); rd_left(&r);)
        if (!vector(&r, 1, &name))
            return false;
        else
            put_name(out, name, true);
    return true;
}

/* The highest version that is offered, but for those that are no versions (RFC 8701). */
static bool versions(struct span body, struct tlsdec_facts *f)
{
    struct rd all = rd_of(body);
    struct span list;
    uint16_t v;

    if (!vector(&all, 1, &list))
        return false;
    for (struct rd r = rd_of(list); rd_u16(&r, &v);)
        if (tlsdec_version_name(v) && v > f->version)
            f->version = v;
    return true;
}

static bool client_extension(uint16_t type, struct span body, struct tlsdec_facts *f)
{
    switch (type) {
    case EXT_NAME:
        return server_name(body, f);
    case EXT_ALPN:
        return protocols(body, f->offers);
    case EXT_EARLY:
        f->early_data = true;
        return true;
    case EXT_VERSIONS:
        return versions(body, f);
    default:
        return true;
    }
}

/* Random and session, which both hellos begin with. */
static bool front(struct rd *r, uint16_t *version, uint8_t random[TLSDEC_RANDOM])
{
    struct span octets, session;

    if (!rd_u16(r, version) || !rd_take(r, TLSDEC_RANDOM, &octets))
        return false;
    memcpy(random, octets.p, TLSDEC_RANDOM);
    return vector(r, 1, &session);
}

bool hello_client(struct span body, struct tlsdec_facts *f)
{
    struct rd r = rd_of(body), x;
    struct span list, one;
    uint16_t type;

    if (!front(&r, &f->version, f->client_random) || !vector(&r, 2, &list) || !vector(&r, 1, &one))
        return false;
    if (rd_left(&r) == 0)
        return true; /* no extensions, RFC 5246 section 7.4.1.2 */
    if (!vector(&r, 2, &list))
        return false;
    for (x = rd_of(list); rd_left(&x);)
        if (!rd_u16(&x, &type) || !vector(&x, 2, &one) || !client_extension(type, one, f))
            return false;
    return true;
}

bool hello_server(struct span body, struct server_hello *h, struct tlsdec_facts *f)
{
    struct rd r = rd_of(body), x;
    struct span list, one;
    uint16_t type;

    *h = (struct server_hello){0};
    if (!front(&r, &h->version, h->random) || !rd_u16(&r, &h->suite) || !rd_u8(&r, &h->compression))
        return false;
    h->retry = memcmp(h->random, retry, sizeof retry) == 0;
    if (rd_left(&r) == 0)
        return true;
    if (!vector(&r, 2, &list))
        return false;
    for (x = rd_of(list); rd_left(&x);) {
        if (!rd_u16(&x, &type) || !vector(&x, 2, &one))
            return false;
        if (type == EXT_VERSIONS && one.n == 2)
            h->version = get_u16(one.p);
        else if (type == EXT_ALPN && !protocols(one, f->alpn))
            return false;
    }
    return true;
}

bool hello_extensions(struct span body, struct tlsdec_facts *f)
{
    struct rd r = rd_of(body), x;
    struct span list, one;
    uint16_t type;

    if (!vector(&r, 2, &list))
        return false;
    for (x = rd_of(list); rd_left(&x);) {
        if (!rd_u16(&x, &type) || !vector(&x, 2, &one))
            return false;
        if (type == EXT_ALPN)
            return protocols(one, f->alpn);
    }
    return true;
}
