/* codecs/auth/auth_digest.c - values of Digest, and what a response is. */
#include "codecs/base/base64.h"
#include "codecs/auth/auth_parts.h"

const struct auth_hash auth_hashes[AUTH_ALGORITHMS] = {
    [AUTH_UNKNOWN] = {"", DIGEST_MD5, false, 0, 0},
    [AUTH_MD5] = {"MD5", DIGEST_MD5, false, 32, 1},
    [AUTH_MD5_SESS] = {"MD5-sess", DIGEST_MD5, true, 32, 1},
    [AUTH_SHA256] = {"SHA-256", DIGEST_SHA256, false, 64, 2},
    [AUTH_SHA256_SESS] = {"SHA-256-sess", DIGEST_SHA256, true, 64, 2},
    [AUTH_SHA512_256] = {"SHA-512-256", DIGEST_SHA512_256, false, 64, 3},
    [AUTH_SHA512_256_SESS] = {"SHA-512-256-sess", DIGEST_SHA512_256, true, 64, 3},
};

enum auth_algorithm auth_algorithm_of(struct span value)
{
    if (!value.p)
        return AUTH_MD5;
    for (int i = AUTH_MD5; i < AUTH_ALGORITHMS; i++)
        if (auth_like(value, auth_hashes[i].name))
            return (enum auth_algorithm)i;
    return AUTH_UNKNOWN;
}

/* ---- lists and flags ---- */

static unsigned option(struct span s)
{
    s = lex_trim(s, LEX_LWS);
    return s.n == 0                  ? 0
           : lex_like(s, "auth")     ? AUTH_QOP_AUTH
           : lex_like(s, "auth-int") ? AUTH_QOP_INT
                                     : AUTH_QOP_OTHER;
}

unsigned auth_qop_of(struct span value)
{
    enum {
        LONGEST = 32
    }; /* octets that are kept of an option with white space around it; a longer one is another */
    struct auth_unq u = auth_unq_of(value);
    uint8_t item[LONGEST], c;
    unsigned found = 0;
    size_t n = 0;

    for (;;) {
        bool more = auth_unq_next(&u, &c);
        if (more && c != ',') {
            if (n == 0 && lex_is(c, LEX_LWS))
                continue;
            if (n < LONGEST)
                item[n] = c;
            n += n <= LONGEST;
            continue;
        }
        found |= n > LONGEST ? (unsigned)AUTH_QOP_OTHER : option((struct span){item, n});
        n = 0;
        if (!more)
            return found;
    }
}

enum auth_flag auth_flag_of(struct span value)
{
    if (!value.p || auth_like(value, "false"))
        return AUTH_FALSE;
    return auth_like(value, "true") ? AUTH_TRUE : AUTH_NEITHER;
}

/* ---- digests ---- */

static const struct span colon = SPAN(":");

/* Hash the octets that a value means, from backslash to backslash. */
static void add_unq(struct digest *d, struct span value)
{
    if (!auth_is_quoted(value)) {
        digest_add(d, value);
        return;
    }
    struct span s = span_cut(value, 1, value.n - 1);
    for (size_t at = 0; at < s.n;) {
        size_t slash = lex_find(s, at, '\\');
        digest_add(d, span_cut(s, at, slash));
        if (slash >= s.n)
            break;
        digest_add(d, span_cut(s, slash + 1, slash + 2)); /* whatever it is, a backslash too */
        at = slash + 2;
    }
}

static void add_colon(struct digest *d, struct span value)
{
    digest_add(d, colon);
    add_unq(d, value);
}

/* A digest as RFC 7616 section 3.2 writes it. */
static struct span end_hex(struct digest *d, uint8_t out[AUTH_HEX])
{
    static const char digits[] = "0123456789abcdef";
    uint8_t sum[DIGEST_MAX];
    size_t n = digest_end(d, sum);

    for (size_t i = 0; i < n; i++) {
        out[2 * i] = (uint8_t)digits[sum[i] >> 4];
        out[2 * i + 1] = (uint8_t)digits[sum[i] & 15];
    }
    return (struct span){out, 2 * n};
}

static struct span key_hex(const struct auth_key *k)
{
    return (struct span){k->hex, auth_hashes[k->algorithm].hex};
}

void auth_key_init(struct auth_key *k, enum auth_algorithm algorithm, struct span name,
                   struct span realm, struct span password)
{
    struct digest d;

    *k = (struct auth_key){.algorithm = algorithm};
    if (algorithm == AUTH_UNKNOWN)
        return;
    digest_init(&d, auth_hashes[algorithm].kind);
    digest_add(&d, name);
    add_colon(&d, realm);
    digest_add(&d, colon);
    digest_add(&d, password);
    end_hex(&d, k->hex);
}

void auth_key_session(struct auth_key *k, struct span nonce, struct span cnonce)
{
    struct digest d;

    if (!auth_hashes[k->algorithm].session)
        return;
    digest_init(&d, auth_hashes[k->algorithm].kind);
    digest_add(&d, key_hex(k));
    add_colon(&d, nonce);
    add_colon(&d, cnonce);
    end_hex(&d, k->hex);
}

/* H(A2), RFC 7616 section 3.4.3. */
static struct span hash_a2(enum digest_kind kind, struct span method, struct span uri,
                           const struct span *body, uint8_t out[AUTH_HEX])
{
    struct digest d;
    uint8_t hex[AUTH_HEX];

    digest_init(&d, kind);
    digest_add(&d, method);
    add_colon(&d, uri);
    if (body) {
        struct digest b;
        digest_init(&b, kind);
        digest_add(&b, *body);
        digest_add(&d, colon);
        digest_add(&d, end_hex(&b, hex));
    }
    return end_hex(&d, out);
}

struct span auth_response(const struct auth_key *k, const struct auth_credentials *c,
                          const struct auth_request *r, uint8_t out[AUTH_HEX])
{
    enum digest_kind kind = auth_hashes[k->algorithm].kind;
    unsigned qop = auth_qop_of(c->qop);
    struct digest d;
    uint8_t a2[AUTH_HEX];

    if (k->algorithm == AUTH_UNKNOWN || (c->qop.p && qop != AUTH_QOP_AUTH && qop != AUTH_QOP_INT))
        return (struct span){NULL, 0};
    digest_init(&d, kind);
    digest_add(&d, key_hex(k));
    add_colon(&d, c->nonce);
    if (c->qop.p) {
        add_colon(&d, c->nc);
        add_colon(&d, c->cnonce);
        add_colon(&d, c->qop);
    }
    digest_add(&d, colon);
    digest_add(&d, hash_a2(kind, r->method, c->uri, qop == AUTH_QOP_INT ? &r->body : NULL, a2));
    return end_hex(&d, out);
}

struct span auth_rspauth(const struct auth_key *k, const struct auth_credentials *c,
                         struct span body, uint8_t out[AUTH_HEX])
{
    return auth_response(k, c, &(struct auth_request){.body = body}, out);
}

struct span auth_userhash(enum auth_algorithm algorithm, struct span name, struct span realm,
                          uint8_t out[AUTH_HEX])
{
    struct digest d;

    if (algorithm == AUTH_UNKNOWN)
        return (struct span){NULL, 0};
    digest_init(&d, auth_hashes[algorithm].kind);
    digest_add(&d, name);
    add_colon(&d, realm);
    return end_hex(&d, out);
}

/* ---- verifying ---- */

static enum auth_check compare(struct span want, struct span value)
{
    uint8_t b[AUTH_HEX];
    struct wr w = {b, sizeof b, 0, false};

    if (!want.p || !value.p)
        return AUTH_CANNOT;
    lex_unquote(&w, value);
    return !w.full && span_eq_ct(want, wr_span(&w)) ? AUTH_GOOD : AUTH_BAD;
}

enum auth_check auth_verify(const struct auth_key *k, const struct auth_credentials *c,
                            const struct auth_request *r)
{
    uint8_t out[AUTH_HEX];
    enum auth_algorithm said = auth_algorithm_of(c->algorithm);

    if (said == AUTH_UNKNOWN || k->algorithm == AUTH_UNKNOWN)
        return AUTH_CANNOT;
    return said == k->algorithm ? compare(auth_response(k, c, r, out), c->response) : AUTH_BAD;
}

enum auth_check auth_verify_info(const struct auth_key *k, const struct auth_credentials *c,
                                 const struct auth_info *i, struct span body)
{
    uint8_t out[AUTH_HEX];
    return compare(auth_rspauth(k, c, body, out), i->rspauth);
}

/* Of a password that may be wrong no more is told than by the time of a digest over it. */
static enum auth_check verify_basic(const struct auth_credentials *c, const struct auth_user *u)
{
    uint8_t sums[2][DIGEST_MAX], four[4], three[3];
    struct span text = c->list.token68;
    struct digest got, want;

    if (!text.p || text.n % 4)
        return AUTH_CANNOT;
    digest_init(&got, DIGEST_SHA256);
    for (size_t i = 0; i < text.n; i += 4) { /* a group at a time: the text may have any length */
        struct wr w = {three, sizeof three, 0, false};
        memcpy(four, text.p + i, 4);
        if (!base64_get(&w, (struct span){four, 4}) || (w.n < 3 && i + 4 < text.n))
            return AUTH_CANNOT;
        digest_add(&got, wr_span(&w));
    }
    digest_end(&got, sums[0]);
    digest_init(&want, DIGEST_SHA256);
    digest_add(&want, u->name);
    digest_add(&want, colon);
    digest_add(&want, u->password);
    digest_end(&want, sums[1]);
    return lex_find(u->name, 0, ':') == u->name.n && span_eq_ct((struct span){sums[0], DIGEST_MAX},
                                                                (struct span){sums[1], DIGEST_MAX})
               ? AUTH_GOOD
               : AUTH_BAD;
}

enum auth_check auth_verify_user(const struct auth_credentials *c, const struct auth_user *u,
                                 const struct auth_request *r)
{
    struct auth_key k;

    if (auth_scheme_of(c->list.scheme) == AUTH_BASIC)
        return verify_basic(c, u);
    if (auth_scheme_of(c->list.scheme) != AUTH_DIGEST)
        return AUTH_CANNOT;
    auth_key_init(&k, auth_algorithm_of(c->algorithm), u->name, c->realm, u->password);
    auth_key_session(&k, c->nonce, c->cnonce);
    enum auth_check check = auth_verify(&k, c, r);
    return check == AUTH_GOOD && !auth_is_user(c, u->name) ? AUTH_BAD : check;
}

/* ---- nonce counts ---- */

/* Eight hexadecimal digits; 0: they are none. */
static uint32_t count_of(struct span nc)
{
    struct auth_unq u = auth_unq_of(nc);
    uint32_t v = 0;
    size_t n = 0;
    uint8_t c;

    for (; auth_unq_next(&u, &c); n++) {
        if (n == AUTH_NC || !lex_is(c, LEX_HEX))
            return 0;
        v = v << 4 | (lex_is(c, LEX_DIGIT) ? c - '0' + 0u : lex_lower(c) - 'a' + 10u);
    }
    return n == AUTH_NC ? v : 0;
}

enum auth_nc auth_count(struct auth_count *s, struct span nc)
{
    uint32_t v = count_of(nc);

    if (v == 0)
        return AUTH_NC_NONE;
    if (v > s->last) {
        uint32_t ahead = v - s->last;
        s->seen = (ahead < AUTH_WINDOW ? s->seen << ahead : 0) | 1;
        s->last = v;
        return ahead == 1 ? AUTH_NC_NEXT : AUTH_NC_AHEAD;
    }
    uint32_t below = s->last - v;
    if (below >= AUTH_WINDOW)
        return AUTH_NC_OLD;
    if (s->seen >> below & 1)
        return AUTH_NC_REPLAY;
    s->seen |= UINT64_C(1) << below;
    return AUTH_NC_LATE;
}
