/* harness/endpoints/http/http_realm.c - who asks, and whether that is so: RFC 7616, RFC 7617. */
#include "harness/core/prep.h"
#include "harness/endpoints/http/http.h"

static const uint64_t nonce_default_us = 300000000;

static const struct name auth_v[] = {{HTTP_AUTH_NONE, "none"},
                                     {HTTP_AUTH_BASIC, "basic"},
                                     {HTTP_AUTH_DIGEST, "digest"},
                                     {HTTP_AUTH_BOTH, "both"}};
const struct names http_auths = {auth_v, COUNT(auth_v)};

struct span http_prepare(struct arena *mem, struct span s)
{
    struct span out;
    return prep_opaque(mem, s, &out) == PREP_OK ? out : arena_copy(mem, s);
}

void http_realm_init(struct http_realm *r, const struct http_user *users, size_t n,
                     struct arena *mem, uint64_t rng[2])
{
    static const struct http_user alice = {SPAN("alice"), SPAN("alice-secret")};
    uint8_t secret[32];

    if (!r->nonce_us)
        r->nonce_us = nonce_default_us;
    r->n_users = n > HTTP_USERS ? HTTP_USERS : n ? n : 1;
    for (size_t i = 0; i < r->n_users; i++) {
        const struct http_user *u = n ? &users[i] : &alice;
        r->users[i].username = http_prepare(mem, u->username);
        r->users[i].password = http_prepare(mem, u->password);
    }
    rng_fill(rng, secret, sizeof secret);
    hmac_key_init(&r->nonce_key, DIGEST_SHA256, (struct span){secret, sizeof secret});
    rng_fill(rng, secret, 8);
    struct wr w = {r->opaque, sizeof r->opaque, 0, false};
    wr_hex_octets(&w, (struct span){secret, 8});
}

/* ---- nonces: a serial number, when it was issued, and an HMAC of both, in hexadecimal ---- */

static void make_nonce(const struct http_realm *r, uint32_t serial, uint64_t issued,
                       uint8_t out[HTTP_NONCE])
{
    struct wr w = {out, HTTP_NONCE, 0, false};
    uint8_t mac[DIGEST_MAX];
    struct digest d;

    wr_hex(&w, serial, 8);
    wr_hex(&w, issued, 16);
    hmac_start(&d, &r->nonce_key);
    digest_add(&d, wr_span(&w));
    hmac_end(&d, &r->nonce_key, mac);
    wr_hex_octets(&w, (struct span){mac, 8});
}

static bool nonce_good(const struct http_realm *r, struct span nonce, uint64_t now_us,
                       uint32_t *serial)
{
    uint8_t text[HTTP_NONCE], want[HTTP_NONCE], b[12];
    struct wr w = {text, sizeof text, 0, false}, u = {b, sizeof b, 0, false};

    lex_unquote(&w, nonce);
    if (w.full || w.n != HTTP_NONCE || !wr_unhex(&u, (struct span){text, 24}) || u.n != sizeof b)
        return false;
    *serial = get_u32(b);
    uint64_t issued = get_u64(b + 4);
    make_nonce(r, *serial, issued, want);
    if (!span_eq_ct((struct span){text, HTTP_NONCE}, (struct span){want, HTTP_NONCE}))
        return false;
    return (issued <= now_us && now_us - issued < r->nonce_us) ||
           env_flag(r->env, "nonce-never-stale");
}

/* What is counted of a nonce. Where there is no room the one that was used longest ago gives way, and it and all older
 * ones are good no more: NULL, since nobody could tell a replay. */
static struct http_nonce *counted(struct http_realm *r, uint32_t serial, uint64_t now_us)
{
    struct http_nonce *oldest = &r->nonces[0];

    for (size_t i = 0; i < HTTP_NONCES; i++) {
        struct http_nonce *n = &r->nonces[i];
        if (n->serial == serial) {
            n->used_us = now_us;
            return n;
        }
        if (oldest->serial && (!n->serial || n->used_us < oldest->used_us))
            oldest = n;
    }
    if (serial <= r->forgotten)
        return NULL;
    if (oldest->serial > r->forgotten)
        r->forgotten = oldest->serial;
    *oldest = (struct http_nonce){.serial = serial, .used_us = now_us};
    return oldest;
}

/* ---- the challenge ---- */

static struct span text_of(struct draft *dr, const struct wr *w)
{
    struct span s = arena_copy(dr->mem, wr_span(w));
    return s.p ? s : (struct span){(const uint8_t *)"", 0};
}

static void challenge_digest(struct http_realm *r, enum auth_algorithm algorithm, bool stale,
                             uint64_t now_us, struct draft *dr)
{
    uint8_t nonce[HTTP_NONCE], room[1024];
    struct wr w = {room, sizeof room, 0, false};
    struct auth_challenge c = {.list.scheme = SPAN("Digest")};

    if (env_flag(r->env, "one-nonce-for-all"))
        make_nonce(r, 1, 0, nonce);
    else
        make_nonce(r, ++r->serial, now_us, nonce); /* RFC7616:3.3#a4 */
    c.realm = auth_quoted(dr->mem, r->name);
    c.qop = span_of("\"auth, auth-int\"");
    c.algorithm = span_of(auth_hashes[algorithm].name);
    c.nonce = auth_quoted(dr->mem, (struct span){nonce, sizeof nonce});
    c.opaque = auth_quoted(dr->mem, (struct span){r->opaque, sizeof r->opaque});
    c.charset = span_of("UTF-8"); /* RFC7616:4#1 */
    if (stale || env_flag(r->env, "stale-always-said"))
        c.stale = span_of("true");
    if (!r->no_userhash)
        c.userhash = span_of("true"); /* RFC7616:3.4.4#1 */
    auth_put_challenge(&w, &c);
    http_add(dr, "WWW-Authenticate", text_of(dr, &w));
}

void http_realm_challenge(struct http_realm *r, enum http_auth auth, bool stale, uint64_t now_us,
                          struct draft *dr)
{
    uint8_t room[1024];
    struct wr w = {room, sizeof room, 0, false};
    bool weak_first = env_flag(r->env, "md5-first");

    if (auth != HTTP_AUTH_BASIC && weak_first)
        challenge_digest(r, AUTH_MD5, stale, now_us, dr);
    if (auth != HTTP_AUTH_BASIC && !r->md5_alone) /* the preferred one first: RFC7616:3.7#2 */
        challenge_digest(r, AUTH_SHA256, stale, now_us, dr);
    if (auth != HTTP_AUTH_BASIC && !weak_first)
        challenge_digest(r, AUTH_MD5, stale, now_us, dr);
    if (auth == HTTP_AUTH_DIGEST)
        return;
    struct auth_challenge c = {.list.scheme = SPAN("Basic"),
                               .realm = auth_quoted(dr->mem, r->name),
                               .charset = SPAN("\"UTF-8\"")};
    auth_put_challenge(&w, &c);
    http_add(dr, "WWW-Authenticate", text_of(dr, &w));
}

/* ---- requests; each check returns 0 or the status that the request gets ---- */

static unsigned refuse(struct http_proof *p, unsigned status, const char *cause)
{
    p->cause = cause;
    return status;
}

static unsigned check_basic(const struct http_realm *r, struct http_proof *p)
{
    for (size_t i = 0; i < r->n_users; i++) {
        const struct http_user *u = &r->users[i];
        struct auth_user as = {u->username, u->password};
        enum auth_check got = auth_verify_user(&p->by, &as, &(struct auth_request){.body = {0}});
        if (got == AUTH_CANNOT)
            return refuse(p, 400, "malformed");
        if (got == AUTH_GOOD || env_flag(r->env, "any-password")) {
            p->user = u;
            return 0;
        }
    }
    return refuse(p, 401, "refused");
}

/* A request target as it compares: without scheme and authority (RFC7616:3.4.6#3a). */
static struct span target_part(struct span uri)
{
    size_t colon = lex_find(uri, 0, ':');

    if (!span_is(span_cut(uri, colon, colon + 3), "://") ||
        lex_while(uri, 0, LEX_ALPHA | LEX_DIGIT) != colon)
        return uri;
    size_t at = colon + 3;
    while (at < uri.n && uri.p[at] != '/' && uri.p[at] != '?')
        at++;
    return at == uri.n ? span_of("/") : span_cut(uri, at, uri.n);
}

static bool same_target(const struct auth_credentials *c, const struct http_msg *m,
                        struct arena *mem)
{
    struct wr w = {arena_new(mem, c->uri.n + 1), c->uri.n, 0, false};

    if (!w.p)
        return false;
    lex_unquote(&w, c->uri);
    return span_eq(target_part(wr_span(&w)), target_part(m->target));
}

/* RFC7616:3.4#a12, #1, #a10, 3.3#9: what has to be there, and once. */
static bool well_formed(const struct http_realm *r, const struct auth_credentials *c)
{
    const struct span *const needed[] = {&c->realm, &c->nonce,  &c->uri, &c->response,
                                         &c->nc,    &c->cnonce, &c->qop};

    for (size_t i = 0; i < COUNT(needed); i++)
        if (!needed[i]->p || needed[i]->n == 0)
            return false;
    if (auth_count(&(struct auth_count){.last = 0}, c->nc) == AUTH_NC_NONE)
        return false;
    if (c->username.p && c->username_ext.p)
        return env_flag(r->env, "both-names-taken");
    return c->username.p || c->username_ext.p;
}

static const struct http_user *user_of(const struct http_realm *r, const struct auth_credentials *c)
{
    for (size_t i = 0; i < r->n_users; i++)
        if (auth_is_user(c, r->users[i].username))
            return &r->users[i];
    return NULL;
}

/* The nonce, and the count of requests with it, of a request that is right otherwise. */
static unsigned check_nonce(struct http_realm *r, uint64_t now_us, struct http_proof *p)
{
    uint32_t serial;

    bool good = nonce_good(r, p->by.nonce, now_us, &serial);
    struct http_nonce *n = good ? counted(r, serial, now_us) : NULL;
    if (!n) {
        p->stale = true; /* RFC7616:3.3#6 */
        return refuse(p, 401, "nonce");
    }
    enum auth_nc got = auth_count(&n->count, p->by.nc);
    if ((got == AUTH_NC_REPLAY || got == AUTH_NC_OLD) && !env_flag(r->env, "replay-taken")) {
        p->stale = true;
        return refuse(p, 401, "replay");
    }
    return 0;
}

static unsigned check_digest(struct http_realm *r, const struct http_msg *m, struct span content,
                             uint64_t now_us, struct arena *mem, struct http_proof *p)
{
    enum auth_algorithm algorithm = auth_algorithm_of(p->by.algorithm);
    struct wr realm = {arena_new(mem, p->by.realm.n + 1), p->by.realm.n, 0, false};

    if (!well_formed(r, &p->by) || !realm.p)
        return refuse(p, 400, "malformed");
    if (!same_target(&p->by, m, mem) && !env_flag(r->env, "any-uri"))
        return refuse(p, 400, "uri"); /* RFC7616:3.4.6#3b */
    lex_unquote(&realm, p->by.realm);
    p->user = user_of(r, &p->by);
    bool offered = algorithm == AUTH_MD5 || (algorithm == AUTH_SHA256 && !r->md5_alone);
    if (!span_eq(wr_span(&realm), r->name) || !offered || !p->user)
        return refuse(p, 401, "refused");
    struct auth_user as = {p->user->username, p->user->password};
    struct auth_request asked = {m->method, content};
    if (auth_verify_user(&p->by, &as, &asked) != AUTH_GOOD && !env_flag(r->env, "any-response"))
        return refuse(p, 401, "refused");
    p->digest = true;
    return check_nonce(r, now_us, p);
}

unsigned http_realm_check(struct http_realm *r, enum http_auth auth, const struct http_msg *m,
                          struct span content, uint64_t now_us, struct arena *mem,
                          struct http_proof *p)
{
    const struct http_header *h = http_header(m, HTTP_AUTHORIZATION);
    struct auth_list list;
    unsigned status = 401;

    *p = (struct http_proof){.method = m->method, .cause = "none"};
    if (!h)
        return 401;
    auth_split(h->value, mem, &list);
    auth_credentials_of(&list, &p->by);
    enum auth_scheme scheme = auth_scheme_of(list.scheme);
    if (scheme == AUTH_BASIC && auth != HTTP_AUTH_DIGEST)
        status = check_basic(r, p);
    else if (scheme == AUTH_DIGEST && auth != HTTP_AUTH_BASIC)
        status = check_digest(r, m, content, now_us, mem, p);
    else
        p->cause = "scheme";
    if (status) {
        p->user = NULL;
        p->digest = false;
    }
    return status;
}

/* What a value means, as a quoted string, or as a token. */
static struct span again(struct arena *mem, struct span value, bool quoted)
{
    struct wr w = {arena_new(mem, value.n + 1), value.n, 0, false};

    if (!w.p)
        return (struct span){NULL, 0};
    lex_unquote(&w, value);
    return quoted ? auth_quoted(mem, wr_span(&w)) : wr_span(&w);
}

void http_realm_info(struct http_realm *r, const struct http_proof *p, struct span body,
                     uint64_t now_us, struct draft *dr)
{
    uint8_t hex[AUTH_HEX], nonce[HTTP_NONCE], room[1024];
    struct wr w = {room, sizeof room, 0, false};
    struct auth_key k;

    if (!p->digest || !p->user)
        return;
    auth_key_init(&k, auth_algorithm_of(p->by.algorithm), p->user->username, p->by.realm,
                  p->user->password);
    struct auth_info i = {.qop = again(dr->mem, p->by.qop, false),
                          .cnonce = again(dr->mem, p->by.cnonce, true),
                          .nc = again(dr->mem, p->by.nc, false)};
    struct auth_request asked = {.method = p->method, .body = body};
    i.rspauth = auth_quoted(dr->mem, env_flag(r->env, "rspauth-with-method")
                                         ? auth_response(&k, &p->by, &asked, hex)
                                         : auth_rspauth(&k, &p->by, body, hex));
    if (env_flag(r->env, "nextnonce")) {
        make_nonce(r, ++r->serial, now_us, nonce);
        i.nextnonce = auth_quoted(dr->mem, (struct span){nonce, sizeof nonce});
    }
    auth_put_info(&w, &i);
    if (!w.full)
        http_add(dr, "Authentication-Info", text_of(dr, &w));
}
