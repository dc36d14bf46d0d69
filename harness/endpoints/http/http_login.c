/* harness/endpoints/http/http_login.c - a client's answer to a challenge: RFC 7616, RFC 7617. */
#include "harness/endpoints/http/http.h"

enum { CHALLENGES = 16 }; /* of one response that are looked at */

static const struct name verified_v[] = {
    {HTTP_VERIFIED_ABSENT, "absent"}, {HTTP_VERIFIED_GOOD, "good"}, {HTTP_VERIFIED_BAD, "bad"}};
const struct names http_verifieds = {verified_v, COUNT(verified_v)};

/* ---- challenges ---- */

struct offered {
    struct auth_challenge v[CHALLENGES];
    struct span text[CHALLENGES]; /* of each, as it stands in its header field */
    size_t n;
};

static void offers_of(const struct http_msg *m, struct arena *mem, struct offered *o)
{
    struct auth_list list;

    o->n = 0;
    for (const struct http_header *h = http_header(m, HTTP_WWW_AUTHENTICATE); h;
         h = http_header_next(m, h)) {
        size_t at = 0, from = 0;
        for (; o->n < CHALLENGES && auth_next(h->value, &at, mem, &list); from = at) {
            o->text[o->n] = span_cut(h->value, from, at);
            auth_challenge_of(&list, &o->v[o->n++]);
        }
    }
}

/* The one challenge of a text. */
static void challenge_of(struct span text, struct arena *mem, struct auth_challenge *c)
{
    struct auth_list list;
    size_t at = 0;

    *c = (struct auth_challenge){0};
    if (auth_next(text, &at, mem, &list))
        auth_challenge_of(&list, c);
}

/* The part of a target that shares its protection space with others, under Basic: up to the last slash of its path. */
static struct span scope_of(struct span target)
{
    size_t n = lex_find(target, 0, '?');

    while (n && target.p[n - 1] != '/')
        n--;
    return span_cut(target, 0, n);
}

bool http_login_fits(const struct http_login *l, struct span target)
{
    struct span scope = {l->scope, l->scope_n};

    return l->challenged &&
           (!l->basic || (scope.n && span_eq(span_cut(scope_of(target), 0, scope.n), scope)));
}

enum http_challenge http_login_keep(struct http_login *l, const struct env *env,
                                    const struct http_msg *m, struct span target, struct arena *mem)
{
    unsigned how = AUTH_BASIC_TOO | (env_flag(env, "strongest-first") ? AUTH_STRONGEST : 0u);
    struct offered o;
    struct auth_challenge before;

    offers_of(m, mem, &o);
    const struct auth_challenge *c = auth_choose(o.v, o.n, (struct span){NULL, 0}, how);
    if (env_flag(env, "basic-preferred"))
        for (size_t i = 0; i < o.n; i++)
            if (auth_scheme_of(o.v[i].list.scheme) == AUTH_BASIC)
                c = &o.v[i];
    if (!c || o.text[c - o.v].n > sizeof l->challenge)
        return HTTP_CHALLENGE_NONE;
    challenge_of((struct span){l->challenge, l->n}, mem, &before);
    bool same = l->challenged && l->signed_ && before.realm.p &&
                auth_same(before.realm, c->realm) && lex_same(before.list.scheme, c->list.scheme);
    bool stale = auth_flag_of(c->stale) == AUTH_TRUE;
    if (same && stale && env_flag(env, "stale-nonce-kept"))
        return HTTP_CHALLENGE_STALE;
    struct span text = o.text[c - o.v];
    bool basic = auth_scheme_of(c->list.scheme) == AUTH_BASIC;
    *l = (struct http_login){.challenged = true, .basic = basic, .n = (uint16_t)text.n};
    memcpy(l->challenge, text.p, text.n);
    struct span scope = scope_of(target);
    if (basic && scope.n && scope.n <= sizeof l->scope) {
        memcpy(l->scope, scope.p, scope.n);
        l->scope_n = (uint16_t)scope.n;
    }
    return !same ? HTTP_CHALLENGE_NEW : stale ? HTTP_CHALLENGE_STALE : HTTP_CHALLENGE_SAME;
}

/* ---- credentials ---- */

/* The kept challenge, with the nonce that was told last. */
static void kept(const struct http_login *l, struct arena *mem, struct auth_challenge *c)
{
    challenge_of((struct span){l->challenge, l->n}, mem, c);
    if (l->nonce_n)
        c->nonce = (struct span){l->nonce, l->nonce_n};
}

/* What deviations make of credentials before they are written. */
static void deviate(const struct env *env, struct auth_credentials *c)
{
    if (env_flag(env, "opaque-left-out"))
        c->opaque = (struct span){NULL, 0};
    if (env_flag(env, "cnonce-left-out"))
        c->cnonce = (struct span){NULL, 0};
    if (env_flag(env, "nc-quoted") && c->nc.p)
        c->nc = span_of("\"00000001\"");
    if (env_flag(env, "qop-of-its-own") && c->qop.p)
        c->qop = span_of("auth-conf");
    if (env_flag(env, "response-of-its-own") && c->response.p)
        c->response = span_of("\"00000000000000000000000000000000\"");
}

struct span http_login_sign(struct http_login *l, const struct env *env,
                            const struct http_account *a, const struct auth_request *r,
                            struct span target, uint64_t rng[2], struct arena *mem)
{
    struct auth_user user = {a->username, a->password};
    struct auth_credentials out;
    struct auth_challenge c;
    uint8_t octets[8], hex[16];
    struct wr h = {hex, sizeof hex, 0, false};

    if (!l->challenged)
        return (struct span){NULL, 0};
    rng_fill(rng, octets, sizeof octets);
    wr_hex_octets(&h, (struct span){octets, sizeof octets});
    kept(l, mem, &c);
    if (!l->nc || !env_flag(env, "nc-not-raised"))
        l->nc++;
    struct auth_ask ask = {.method = r->method,
                           .uri = env_flag(env, "uri-of-its-own") ? span_of("/other") : target,
                           .body = r->body,
                           .cnonce = wr_span(&h),
                           .nc = l->nc,
                           .integrity = env_flag(env, "integrity-where-offered")};
    if (!auth_answer(&c, &user, &ask, mem, &out))
        return (struct span){NULL, 0};
    deviate(env, &out);
    l->signed_ = true;
    size_t cap = l->n + target.n + 3 * a->username.n + 4 * a->password.n + 1024;
    struct wr w = {arena_new(mem, cap), cap, 0, false};
    if (!w.p)
        return (struct span){NULL, 0};
    auth_put_credentials(&w, &out);
    return w.full ? (struct span){NULL, 0} : wr_span(&w);
}

/* ---- Authentication-Info ---- */

static struct span header_named(const struct http_msg *m, const char *name)
{
    for (size_t i = 0; i < m->headers_n; i++)
        if (lex_like(m->headers[i].name, name))
            return m->headers[i].value;
    return (struct span){NULL, 0};
}

enum http_verified http_login_info(struct http_login *l, const struct env *env,
                                   const struct http_account *a, struct span authorization,
                                   const struct http_msg *m, struct span content, struct arena *mem)
{
    struct span value = header_named(m, "Authentication-Info");
    struct auth_list list;
    struct auth_credentials by;
    struct auth_info i;
    struct auth_key k;

    if (!value.p || !authorization.p)
        return HTTP_VERIFIED_ABSENT;
    auth_split(authorization, mem, &list);
    auth_credentials_of(&list, &by);
    auth_split_info(value, mem, &list);
    auth_info_of(&list, &i);
    if (i.nextnonce.p && i.nextnonce.n <= sizeof l->nonce && !env_flag(env, "nextnonce-ignored")) {
        memcpy(l->nonce, i.nextnonce.p, i.nextnonce.n); /* RFC7616:3.5#4 */
        l->nonce_n = (uint16_t)i.nextnonce.n;
        l->nc = 0;
    }
    if (!i.rspauth.p)
        return HTTP_VERIFIED_ABSENT;
    auth_key_init(&k, auth_algorithm_of(by.algorithm), a->username, by.realm, a->password);
    auth_key_session(&k, by.nonce, by.cnonce);
    return auth_verify_info(&k, &by, &i, content) == AUTH_GOOD ? HTTP_VERIFIED_GOOD
                                                               : HTTP_VERIFIED_BAD;
}
