/* codecs/auth/auth.c - values of header fields: parameters into structs and back. */
#include "codecs/auth/auth_parts.h"

/* ---- what is known ---- */

#define IN_CHALLENGE(member) offsetof(struct auth_challenge, member)
#define IN_CREDENTIALS(member) offsetof(struct auth_credentials, member)
#define IN_INFO(member) offsetof(struct auth_info, member)

/* In the order in which they are written. */
static const struct auth_param of_challenge[] = {
    {"realm", IN_CHALLENGE(realm), AUTH_AS_QUOTED, "RFC7616:3.3#13", MUST, "RFC3261:25.1#a151",
     STMT},
    {"domain", IN_CHALLENGE(domain), AUTH_AS_QUOTED, "RFC7616:3.3#13", MUST, "RFC3261:25.1#a152",
     STMT},
    {"qop", IN_CHALLENGE(qop), AUTH_AS_QUOTED, "RFC7616:3.3#13", MUST, "RFC3261:25.1#a158", STMT},
    {"algorithm", IN_CHALLENGE(algorithm), AUTH_AS_TOKEN, "RFC7616:3.3#14", MUST, "RFC8760:2.7#a3",
     STMT},
    {"nonce", IN_CHALLENGE(nonce), AUTH_AS_QUOTED, "RFC7616:3.3#13", MUST, "RFC3261:25.1#a154",
     STMT},
    {"opaque", IN_CHALLENGE(opaque), AUTH_AS_QUOTED, "RFC7616:3.3#13", MUST, "RFC3261:25.1#a155",
     STMT},
    {"stale", IN_CHALLENGE(stale), AUTH_AS_TOKEN, "RFC7616:3.3#14", MUST, "RFC3261:25.1#a156",
     STMT},
    {"charset", IN_CHALLENGE(charset), AUTH_AS_ANY, NULL, STMT, NULL, STMT},
    {"userhash", IN_CHALLENGE(userhash), AUTH_AS_ANY, NULL, STMT, NULL, STMT},
};
static const struct auth_param of_credentials[] = {
    {"username", IN_CREDENTIALS(username), AUTH_AS_QUOTED, "RFC7616:3.4#6", MUST,
     "RFC3261:25.1#a96", STMT},
    {"username*", IN_CREDENTIALS(username_ext), AUTH_AS_ANY, NULL, STMT, NULL, STMT},
    {"realm", IN_CREDENTIALS(realm), AUTH_AS_QUOTED, "RFC7616:3.4#6", MUST, "RFC3261:25.1#a151",
     STMT},
    {"uri", IN_CREDENTIALS(uri), AUTH_AS_QUOTED, "RFC7616:3.4#6", MUST, "RFC8760:2.6#2", MUST},
    {"algorithm", IN_CREDENTIALS(algorithm), AUTH_AS_TOKEN, "RFC7616:3.4#7", MUST, "RFC8760:2.7#a3",
     STMT},
    {"nonce", IN_CREDENTIALS(nonce), AUTH_AS_QUOTED, "RFC7616:3.4#6", MUST, "RFC3261:25.1#a154",
     STMT},
    {"nc", IN_CREDENTIALS(nc), AUTH_AS_TOKEN, "RFC7616:3.4#7", MUST, "RFC3261:25.1#a100", STMT},
    {"cnonce", IN_CREDENTIALS(cnonce), AUTH_AS_QUOTED, "RFC7616:3.4#6", MUST, "RFC3261:25.1#a99",
     STMT},
    {"qop", IN_CREDENTIALS(qop), AUTH_AS_TOKEN, "RFC7616:3.4#7", MUST, "RFC3261:25.1#a98", STMT},
    {"response", IN_CREDENTIALS(response), AUTH_AS_QUOTED, "RFC7616:3.4#6", MUST, "RFC8760:2.7#a1",
     STMT},
    {"opaque", IN_CREDENTIALS(opaque), AUTH_AS_QUOTED, "RFC7616:3.4#6", MUST, "RFC3261:25.1#a155",
     STMT},
    {"userhash", IN_CREDENTIALS(userhash), AUTH_AS_ANY, NULL, STMT, NULL, STMT},
};
static const struct auth_param of_info[] = {
    {"nextnonce", IN_INFO(nextnonce), AUTH_AS_QUOTED, "RFC7616:3.5#11", MUST, "RFC3261:25.1#a105",
     STMT},
    {"qop", IN_INFO(qop), AUTH_AS_TOKEN, "RFC7616:3.5#12", MUST, "RFC3261:25.1#a98", STMT},
    {"rspauth", IN_INFO(rspauth), AUTH_AS_QUOTED, "RFC7616:3.5#11", MUST, "RFC3261:25.1#a106",
     STMT},
    {"cnonce", IN_INFO(cnonce), AUTH_AS_QUOTED, "RFC7616:3.5#11", MUST, "RFC3261:25.1#a99", STMT},
    {"nc", IN_INFO(nc), AUTH_AS_TOKEN, "RFC7616:3.5#12", MUST, "RFC3261:25.1#a100", STMT},
};
const struct auth_table auth_of_challenge = {of_challenge, COUNT(of_challenge)},
                        auth_of_credentials = {of_credentials, COUNT(of_credentials)},
                        auth_of_info = {of_info, COUNT(of_info)};

size_t auth_known(const struct auth_table *t, struct span name)
{
    size_t i = 0;

    while (i < t->n && !lex_like(name, t->v[i].name))
        i++;
    return i;
}

bool auth_like(struct span value, const char *text)
{
    struct auth_unq u = auth_unq_of(value);
    uint8_t c;

    for (; auth_unq_next(&u, &c); text++)
        if (*text == 0 || lex_lower(c) != lex_lower((uint8_t)*text))
            return false;
    return *text == 0;
}

bool auth_same(struct span a, struct span b)
{
    struct auth_unq x = auth_unq_of(a), y = auth_unq_of(b);
    uint8_t c = 0, d = 0;

    for (;;) {
        bool more = auth_unq_next(&x, &c);
        if (more != auth_unq_next(&y, &d))
            return false;
        if (!more)
            return true;
        if (c != d)
            return false;
    }
}

enum auth_scheme auth_scheme_of(struct span name)
{
    return lex_like(name, "Digest")  ? AUTH_DIGEST
           : lex_like(name, "Basic") ? AUTH_BASIC
                                     : AUTH_OTHER;
}

/* ---- taking apart ---- */

bool auth_is_token68(struct span s)
{
    size_t at = 0;

    while (at < s.n && auth_among(s.p[at], "-._~+/"))
        at++;
    size_t end = at;
    while (end < s.n && s.p[end] == '=')
        end++;
    return at > 0 && end == s.n;
}

struct auth_list auth_list_of(struct span scheme, const struct param *params, size_t n)
{
    struct auth_list l = {.scheme = scheme, .params = params, .params_n = n};

    if (n == 1 && auth_is_token68(params[0].text))
        l.token68 = params[0].text;
    return l;
}

void auth_split(struct span value, struct arena *mem, struct auth_list *l)
{
    size_t n, end;

    value = lex_trim(value, LEX_LWS);
    end = lex_until(value, 0, LEX_LWS);
    const struct param *v =
        param_commas(span_cut(value, lex_while(value, end, LEX_LWS), value.n), mem, &n);
    *l = auth_list_of(span_cut(value, 0, end), v, n);
    l->text = value;
}

void auth_split_info(struct span value, struct arena *mem, struct auth_list *l)
{
    value = lex_trim(value, LEX_LWS);
    *l = (struct auth_list){.text = value};
    l->params = param_commas(value, mem, &l->params_n);
}

/* Whether an element of a list begins a challenge: a token alone, or one with something else than "=" behind it. */
static bool begins(struct span e)
{
    size_t end = lex_while(e, 0, LEX_TCHAR), next = lex_while(e, end, LEX_LWS);
    return end > 0 && (end == e.n || (next > end && e.p[next] != '='));
}

bool auth_next(struct span value, size_t *at, struct arena *mem, struct auth_list *l)
{
    size_t from = *at, end, to;

    while (from < value.n && (lex_is(value.p[from], LEX_LWS) || value.p[from] == ','))
        from++;
    for (to = end = from; end < value.n; end = to + 1) {
        size_t next = param_comma(value, end);
        if (end > from && begins(lex_trim(span_cut(value, end, next), LEX_LWS)))
            break;
        to = next;
    }
    *at = end < value.n ? end : value.n;
    if (from >= value.n)
        return false;
    auth_split(span_cut(value, from, to), mem, l);
    return true;
}

/* `rec` begins with its auth_list; its other members are texts that a table describes. */
static void take(const struct auth_list *l, const struct auth_table *t, void *rec)
{
    memcpy(rec, l, sizeof *l);
    for (size_t i = 0; i < l->params_n; i++) {
        size_t k = auth_known(t, l->params[i].name);
        if (k == t->n || !l->params[i].value.p)
            continue;
        struct span *to = (struct span *)(void *)((uint8_t *)rec + t->v[k].at);
        if (!to->p)
            *to = l->params[i].value;
    }
}

void auth_challenge_of(const struct auth_list *l, struct auth_challenge *c)
{
    *c = (struct auth_challenge){0};
    take(l, &auth_of_challenge, c);
}
void auth_credentials_of(const struct auth_list *l, struct auth_credentials *c)
{
    *c = (struct auth_credentials){0};
    take(l, &auth_of_credentials, c);
}
void auth_info_of(const struct auth_list *l, struct auth_info *i)
{
    *i = (struct auth_info){0};
    take(l, &auth_of_info, i);
}

/* ---- putting together ---- */

struct put {
    struct wr *w;
    bool some; /* something stands there that a separator has to follow */
    bool scheme;
};

static struct wr *next(struct put *p)
{
    if (p->some || p->scheme)
        wr_text(p->w, p->some ? ", " : " ");
    p->some = true;
    return p->w;
}

static void pair(struct put *p, struct span name, struct span value)
{
    struct wr *w = next(p);
    wr_put(w, name);
    wr_u8(w, '=');
    wr_put(w, value);
}

static void put(struct wr *w, const struct auth_list *l, const struct auth_table *t,
                const void *rec)
{
    struct put p = {.w = w, .scheme = l->scheme.n > 0};
    unsigned seen = 0; /* a bit a row of the table */

    wr_put(w, l->scheme);
    if (l->token68.p) {
        wr_put(next(&p), l->token68);
        return;
    }
    for (size_t i = 0; i < l->params_n; i++) {
        const struct param *a = &l->params[i];
        size_t k = a->value.p ? auth_known(t, a->name) : t->n;
        if (k < t->n && !(seen >> k & 1)) {
            seen |= 1u << k;
            if (auth_value(rec, &t->v[k])->p)
                pair(&p, a->name, *auth_value(rec, &t->v[k]));
        } else if (a->text.n) {
            wr_put(next(&p), a->text);
        }
    }
    for (size_t k = 0; k < t->n; k++)
        if (!(seen >> k & 1) && auth_value(rec, &t->v[k])->p)
            pair(&p, span_of(t->v[k].name), *auth_value(rec, &t->v[k]));
}

void auth_put_challenge(struct wr *w, const struct auth_challenge *c)
{
    put(w, &c->list, &auth_of_challenge, c);
}
void auth_put_credentials(struct wr *w, const struct auth_credentials *c)
{
    put(w, &c->list, &auth_of_credentials, c);
}
void auth_put_info(struct wr *w, const struct auth_info *i)
{
    put(w, &i->list, &auth_of_info, i);
}
