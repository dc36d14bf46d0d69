/* codecs/auth/auth_answer.c - names, Basic, and answering a challenge. */
#include "codecs/base/base64.h"
#include "codecs/auth/auth_parts.h"

/* ---- texts ---- */

/* Whether a quoted string can hold it: all but control characters, HTAB aside (RFC 9110 section 5.6.4). */
static bool quotable(struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        if (lex_is(s.p[i], LEX_CTL) && s.p[i] != '\t')
            return false;
    return true;
}

static bool ascii(struct span s)
{
    return lex_until(s, 0, LEX_HIGH) == s.n;
}

/* A quoted string of what is read; `s` is all octets of it, or some more. */
static struct span quote(struct arena *mem, struct auth_unq u)
{
    struct auth_unq again = u;
    size_t size = 2;
    uint8_t c;

    while (auth_unq_next(&again, &c))
        size += c == '"' || c == '\\' ? 2 : 1;
    struct wr w = {quotable(u.s) ? arena_take(mem, size) : NULL, size, 0, false};
    if (!w.p)
        return (struct span){NULL, 0};
    wr_u8(&w, '"');
    while (auth_unq_next(&u, &c)) {
        if (c == '"' || c == '\\')
            wr_u8(&w, '\\');
        wr_u8(&w, c);
    }
    wr_u8(&w, '"');
    return wr_span(&w);
}

struct span auth_quoted(struct arena *mem, struct span text)
{
    return quote(mem, (struct auth_unq){text, 0, false});
}

/* A value that came as a quoted string without backslashes stays as it is; another is quoted anew. */
static struct span requoted(struct arena *mem, struct span value)
{
    if (auth_is_quoted(value) && quotable(value) && lex_find(value, 0, '\\') == value.n)
        return value;
    return quote(mem, auth_unq_of(value));
}

/* attr-char of RFC 8187 section 3.2.1: a token of HTTP without "*", "'" and "%". */
static bool attr_char(uint8_t c)
{
    return lex_is(c, LEX_TCHAR) && c != '*' && c != '\'' && c != '%';
}

void auth_put_ext(struct wr *w, struct span text)
{
    static const char digits[] = "0123456789ABCDEF";

    wr_text(w, "UTF-8''");
    for (size_t i = 0; i < text.n; i++) {
        uint8_t c = text.p[i];
        uint8_t escape[3] = {'%', (uint8_t)digits[c >> 4], (uint8_t)digits[c & 15]};
        /* what SIP does not have in a token is escaped too */
        wr_put(w, attr_char(c) && lex_is(c, LEX_TOKEN) ? (struct span){&c, 1}
                                                       : (struct span){escape, 3});
    }
}

static uint8_t hex_digit(uint8_t c)
{
    return (uint8_t)(lex_is(c, LEX_DIGIT) ? c - '0' : lex_lower(c) - 'a' + 10);
}

bool auth_get_ext(struct wr *w, struct span value)
{
    struct wr before = *w;
    size_t at = lex_find(value, 0, '\''), to = lex_find(value, at + 1, '\'');
    bool good = to < value.n && lex_like(span_cut(value, 0, at), "UTF-8");

    for (size_t i = at + 1; good && i < to; i++) /* a language is for whom the text is shown to */
        good = lex_is(value.p[i], LEX_ALPHA | LEX_DIGIT) || value.p[i] == '-';
    for (size_t i = to + 1; good && i < value.n; i++) {
        uint8_t c = value.p[i];
        if (c == '%' && value.n - i > 2 && lex_is(value.p[i + 1], LEX_HEX) &&
            lex_is(value.p[i + 2], LEX_HEX)) {
            wr_u8(w, (uint8_t)(hex_digit(value.p[i + 1]) << 4 | hex_digit(value.p[i + 2])));
            i += 2;
        } else {
            good = attr_char(c);
            wr_u8(w, c);
        }
    }
    if (!good)
        *w = before;
    return good;
}

/* ---- names ---- */

bool auth_name(struct wr *w, const struct auth_credentials *c)
{
    if (c->username.p) {
        lex_unquote(w, c->username);
        return true;
    }
    return c->username_ext.p && auth_get_ext(w, c->username_ext);
}

/* Whether an ext-value means `name`: compared as it would be written, but for the case of escapes and charset, and
 * for the language. So nothing has to be stored. */
static bool ext_is(struct span value, struct span name)
{
    size_t at = lex_find(value, lex_find(value, 0, '\'') + 1, '\'') + 1, n = 0;

    if (at > value.n || !auth_get_ext(&(struct wr){NULL, 0, 0, false}, value))
        return false;
    for (; at < value.n; at++, n++) {
        uint8_t c = value.p[at];
        if (c == '%') { /* with two digits behind it, or auth_get_ext had refused it */
            c = (uint8_t)(hex_digit(value.p[at + 1]) << 4 | hex_digit(value.p[at + 2]));
            at += 2;
        }
        if (n >= name.n || name.p[n] != c)
            return false;
    }
    return n == name.n;
}

bool auth_is_user(const struct auth_credentials *c, struct span name)
{
    uint8_t hex[AUTH_HEX];
    struct auth_unq u;
    uint8_t octet;
    size_t n = 0;

    if (!c->username.p)
        return c->username_ext.p && ext_is(c->username_ext, name);
    if (auth_flag_of(c->userhash) == AUTH_TRUE) {
        struct span want = auth_userhash(auth_algorithm_of(c->algorithm), name, c->realm, hex);
        return want.p && auth_same(c->username, want);
    }
    for (u = auth_unq_of(c->username); auth_unq_next(&u, &octet); n++)
        if (n >= name.n || name.p[n] != octet)
            return false;
    return n == name.n;
}

/* ---- Basic ---- */

bool auth_put_basic(struct wr *w, struct span name, struct span password)
{
    struct span parts[] = {name, SPAN(":"), password};
    uint8_t three[3];
    size_t n = 0;

    if (lex_find(name, 0, ':') < name.n || lex_until(name, 0, LEX_CTL) < name.n ||
        lex_until(password, 0, LEX_CTL) < password.n)
        return false;
    for (size_t i = 0; i < COUNT(parts); i++)
        for (size_t k = 0; k < parts[i].n; k++) {
            three[n++] = parts[i].p[k];
            if (n == 3) {
                base64_put(w, (struct span){three, n});
                n = 0;
            }
        }
    base64_put(w, (struct span){three, n});
    return true;
}

bool auth_get_basic(struct wr *w, struct span token68, struct auth_user *u)
{
    size_t from = w->n;

    *u = (struct auth_user){0};
    if (!base64_get(w, token68) || w->full)
        return false;
    struct span all = span_cut(wr_span(w), from, w->n);
    size_t colon = lex_find(all, 0, ':');
    if (colon == all.n)
        return false;
    *u = (struct auth_user){span_cut(all, 0, colon), span_cut(all, colon + 1, all.n)};
    return true;
}

/* ---- choosing ---- */

bool auth_can_answer(const struct auth_challenge *c, unsigned how)
{
    enum auth_scheme scheme = auth_scheme_of(c->list.scheme);
    enum auth_algorithm algorithm = auth_algorithm_of(c->algorithm);

    if (scheme == AUTH_BASIC)
        return how & AUTH_BASIC_TOO && c->realm.p;
    if (scheme != AUTH_DIGEST || algorithm == AUTH_UNKNOWN || !c->realm.p || !c->nonce.p)
        return false;
    if (!c->qop.p)
        return !auth_hashes[algorithm]
                    .session; /* a session needs a cnonce, that needs qop (RFC3261:22.4#a5) */
    return auth_qop_of(c->qop) & (AUTH_QOP_AUTH | AUTH_QOP_INT);
}

static unsigned strength(const struct auth_challenge *c, unsigned how)
{
    if (auth_scheme_of(c->list.scheme) == AUTH_BASIC)
        return 1; /* the weakest, however one chooses: RFC7616:5.6#2 */
    return how & AUTH_STRONGEST ? 2u + auth_hashes[auth_algorithm_of(c->algorithm)].strength : 2;
}

const struct auth_challenge *auth_choose(const struct auth_challenge *v, size_t n,
                                         struct span realm, unsigned how)
{
    const struct auth_challenge *best = NULL;

    for (size_t i = 0; i < n; i++)
        if (auth_can_answer(&v[i], how) && (!realm.p || auth_same(v[i].realm, realm)) &&
            (!best || strength(&v[i], how) > strength(best, how)))
            best = &v[i];
    return best;
}

/* ---- answering ---- */

/* What a writer left in memory of `size` octets; p is NULL where it is not all. */
static struct span copy(struct arena *mem, struct span s)
{
    struct span t = arena_copy(mem, s);
    return t.n == s.n ? t : (struct span){NULL, 0};
}

static bool answer_basic(const struct auth_user *u, struct arena *mem, struct auth_credentials *out)
{
    size_t size = base64_size(u->name.n + 1 + u->password.n);
    struct wr w = {arena_take(mem, size), size, 0, false};

    if (!w.p || !auth_put_basic(&w, u->name, u->password))
        return false;
    out->list = (struct auth_list){.scheme = SPAN("Basic"), .token68 = wr_span(&w)};
    return true;
}

static bool answer_name(const struct auth_challenge *c, struct span name, struct arena *mem,
                        struct auth_credentials *out)
{
    uint8_t hex[AUTH_HEX];

    if (lex_find(name, 0, ':') < name.n) /* RFC7616:4#2 */
        return false;
    if (auth_flag_of(c->userhash) == AUTH_TRUE) {
        out->userhash = (struct span)SPAN("true");
        out->username =
            auth_quoted(mem, auth_userhash(auth_algorithm_of(c->algorithm), name, c->realm, hex));
        return out->username.p;
    }
    if ((ascii(name) && quotable(name)) || !span_utf8(name)) {
        out->username = auth_quoted(mem, name);
        return out->username.p;
    }
    size_t size = sizeof "UTF-8''" - 1 + 3 * name.n;
    struct wr w = {arena_take(mem, size), size, 0, false};
    if (!w.p)
        return false;
    auth_put_ext(&w, name);
    out->username_ext = wr_span(&w);
    return true;
}

/* qop, nc and cnonce; none of them where the challenge has no qop (RFC3261:22.4#5). */
static bool answer_qop(const struct auth_challenge *c, const struct auth_ask *ask,
                       struct arena *mem, struct auth_credentials *out)
{
    uint8_t digits[AUTH_NC];
    struct wr w = {digits, sizeof digits, 0, false};
    unsigned offered = auth_qop_of(c->qop);

    if (!c->qop.p)
        return true;
    wr_hex(&w, ask->nc, AUTH_NC);
    out->nc = copy(mem, wr_span(&w));
    out->cnonce = auth_quoted(mem, ask->cnonce);
    if (offered & AUTH_QOP_INT && (ask->integrity || !(offered & AUTH_QOP_AUTH)))
        out->qop = (struct span)SPAN("auth-int");
    else
        out->qop = (struct span)SPAN("auth");
    return out->nc.p && out->cnonce.p && ascii(ask->cnonce);
}

bool auth_answer(const struct auth_challenge *c, const struct auth_user *u,
                 const struct auth_ask *ask, struct arena *mem, struct auth_credentials *out)
{
    struct auth_key k;
    uint8_t hex[AUTH_HEX];

    *out = (struct auth_credentials){.list = {.scheme = SPAN("Digest")}};
    if (!auth_can_answer(c, AUTH_BASIC_TOO))
        return false;
    if (auth_scheme_of(c->list.scheme) == AUTH_BASIC)
        return answer_basic(u, mem, out);
    out->realm = requoted(mem, c->realm);
    out->nonce = requoted(mem, c->nonce);
    out->uri = auth_quoted(mem, ask->uri);
    if (c->opaque.p)
        out->opaque = requoted(mem, c->opaque);
    if (c->algorithm.p) /* the name in our own spelling, without quotes */
        out->algorithm = span_of(auth_hashes[auth_algorithm_of(c->algorithm)].name);
    if (!out->realm.p || !out->nonce.p || !out->uri.p || (c->opaque.p && !out->opaque.p) ||
        !answer_name(c, u->name, mem, out) || !answer_qop(c, ask, mem, out))
        return false;
    auth_key_init(&k, auth_algorithm_of(c->algorithm), u->name, out->realm, u->password);
    auth_key_session(&k, out->nonce, out->cnonce);
    out->response = auth_quoted(
        mem, auth_response(&k, out, &(struct auth_request){ask->method, ask->body}, hex));
    return out->response.p;
}
