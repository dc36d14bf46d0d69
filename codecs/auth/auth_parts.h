/* codecs/auth/auth_parts.h - what the files of this folder share; inside codecs/auth only. */
#ifndef CODECS_AUTH_AUTH_PARTS_H
#define CODECS_AUTH_AUTH_PARTS_H
#include "codecs/auth/auth.h"

enum auth_as {              /* how a value has to stand */
               AUTH_AS_ANY, /* token or quoted string, as RFC 9110 section 11.2 has it */
               AUTH_AS_QUOTED,
               AUTH_AS_TOKEN,
};
struct auth_param { /* a parameter that is known */
    const char *name;
    size_t at; /* of its value in the struct */
    enum auth_as as;
    const char *http; /* the clause that says how it stands; NULL: none does */
    enum level http_level;
    const char *sip;
    enum level sip_level;
};
struct auth_table {
    const struct auth_param *v;
    size_t n;
};
extern const struct auth_table auth_of_challenge, auth_of_credentials, auth_of_info;

static inline const struct span *auth_value(const void *rec, const struct auth_param *p)
{
    return (const struct span *)(const void *)((const uint8_t *)rec + p->at);
}
/* Whether an octet is a letter, a digit, or one of `others`. */
static inline bool auth_among(uint8_t c, const char *others)
{
    return lex_is(c, LEX_ALPHA | LEX_DIGIT) || (c && strchr(others, c));
}
/* Whether an octet stands bare in no URI, "#" among them, and in no path. */
static inline bool auth_odd(uint8_t c)
{
    switch (c) {
    case '"':
    case '#':
    case '<':
    case '>':
    case '\\':
    case '^':
    case '`':
    case '{':
    case '|':
    case '}':
        return true;
    default:
        return c <= ' ' || c > '~';
    }
}
/* The index of a parameter's name in a table; t->n: it is not known. */
size_t auth_known(const struct auth_table *t, struct span name);

/* Whether a value is a quoted string, from its first octet to its last. */
static inline bool auth_is_quoted(struct span v)
{
    return v.p && v.n >= 2 && v.p[0] == '"' && lex_quoted(v, 0) == v.n;
}
struct auth_unq { /* reads the octets that a value means */
    struct span s;
    size_t at;
    bool quoted;
};
static inline struct auth_unq auth_unq_of(struct span v)
{
    bool quoted = auth_is_quoted(v);
    return (struct auth_unq){quoted ? span_cut(v, 1, v.n - 1) : v, 0, quoted};
}
/* The next octet; false: no more. */
static inline bool auth_unq_next(struct auth_unq *u, uint8_t *c)
{
    if (u->quoted && u->at < u->s.n && u->s.p[u->at] == '\\')
        u->at++; /* a quoted string does not end behind a backslash */
    if (u->at >= u->s.n)
        return false;
    *c = u->s.p[u->at++];
    return true;
}
/* Whether a value means `text`, the case of letters aside. */
bool auth_like(struct span value, const char *text);
/* Whether `s` is the token68 of RFC 9110 section 11.2. */
bool auth_is_token68(struct span s);
#endif
