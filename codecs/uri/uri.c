/* codecs/uri/uri.c - taking a URI apart at its delimiters. */
#include "codecs/uri/uri.h"

/* Octets at which the parts of a sip: URI end. */
enum { AT_USER = 1, AT_HOST = 2, AT_PARAM = 4, AT_HEADER = 8 };
static const uint8_t ends[256] = {
    ['@'] = AT_USER,   [':'] = AT_HOST, [';'] = AT_HOST | AT_PARAM, ['?'] = AT_HOST | AT_PARAM,
    ['&'] = AT_HEADER,
};

static size_t until(struct span s, size_t at, uint8_t what)
{
    while (at < s.n && !(ends[s.p[at]] & what))
        at++;
    return at;
}

/* A parameter of a URI: no white space is left out, none may stand there. */
static struct param param_exact(struct span text)
{
    size_t eq = lex_find(text, 0, '=');
    struct param p = {.text = text, .name = span_cut(text, 0, eq)};
    if (eq < text.n)
        p.value = span_cut(text, eq + 1, text.n);
    return p;
}

/* Parameters from `at` on, each behind one octet: of those `what` ends. Returns where they end. */
static size_t list(struct span s, size_t at, uint8_t what, struct arena *mem,
                   const struct param **v, size_t *n)
{
    struct arena_list l = {0};
    uint8_t last = what == AT_PARAM ? '?' : 0;

    do {
        size_t end = until(s, at + 1, what);
        struct param *p = arena_push(mem, &l, sizeof *p);
        if (p)
            *p = param_exact(span_cut(s, at + 1, end));
        at = end;
    } while (at < s.n && s.p[at] != last);
    *v = l.p;
    *n = l.n;
    return at;
}

static void parse_sip(struct uri *u, size_t at, struct arena *mem)
{
    struct span s = u->text;
    size_t user = until(s, at, AT_USER);

    if (user < s.n) {
        struct span info = span_cut(s, at, user);
        size_t colon = lex_find(info, 0, ':');
        u->user = span_cut(info, 0, colon);
        if (colon < info.n)
            u->password = span_cut(info, colon + 1, info.n);
        at = user + 1;
    }
    size_t from = at;
    if (at < s.n && s.p[at] == '[') /* colons in brackets are the literal's own */
        at = lex_find(s, at, ']');
    at = until(s, at, AT_HOST);
    u->host = span_cut(s, from, at);
    if (at < s.n && s.p[at] == ':') {
        from = at + 1;
        at = until(s, from, AT_PARAM);
        u->port = span_cut(s, from, at);
    }
    if (at < s.n && s.p[at] == ';')
        at = list(s, at, AT_PARAM, mem, &u->params, &u->params_n);
    if (at < s.n)
        list(s, at, AT_HEADER, mem, &u->headers, &u->headers_n);
}

static void parse_tel(struct uri *u, size_t at, struct arena *mem)
{
    size_t end = lex_find(u->text, at, ';');
    u->path = span_cut(u->text, at, end);
    if (end < u->text.n) {
        struct arena_list l = {0};
        while (end < u->text.n) {
            size_t next = lex_find(u->text, end + 1, ';');
            struct param *p = arena_push(mem, &l, sizeof *p);
            if (p)
                *p = param_exact(span_cut(u->text, end + 1, next));
            end = next;
        }
        u->params = l.p;
        u->params_n = l.n;
    }
}

static void parse_authority(struct uri *u, struct span s)
{
    size_t at = lex_find(s, 0, '@');
    if (at < s.n) {
        u->user = span_cut(s, 0, at);
        s = span_cut(s, at + 1, s.n);
    }
    size_t colon = s.n && s.p[0] == '[' ? lex_find(s, 0, ']') : 0;
    colon = lex_find(s, colon, ':');
    u->host = span_cut(s, 0, colon);
    if (colon < s.n)
        u->port = span_cut(s, colon + 1, s.n);
}

/* RFC 3986 appendix B. */
static void parse_other(struct uri *u, size_t at)
{
    struct span s = u->text;
    size_t hash = lex_find(s, at, '#');
    if (hash < s.n)
        u->fragment = span_cut(s, hash + 1, s.n);
    s.n = hash;
    size_t ask = lex_find(s, at, '?');
    if (ask < s.n)
        u->query = span_cut(s, ask + 1, s.n);
    s.n = ask;
    if (s.n - at >= 2 && s.p[at] == '/' && s.p[at + 1] == '/') {
        size_t path = lex_find(s, at + 2, '/');
        parse_authority(u, span_cut(s, at + 2, path));
        at = path;
    }
    u->path = span_cut(s, at, s.n);
}

bool uri_parse(struct span text, struct arena *mem, struct uri *u)
{
    size_t at = 0;

    *u = (struct uri){.text = text};
    if (text.n == 0 || !lex_is(text.p[0], LEX_ALPHA))
        return false;
    while (at < text.n && (lex_is(text.p[at], LEX_ALPHA | LEX_DIGIT) || text.p[at] == '+' ||
                           text.p[at] == '-' || text.p[at] == '.'))
        at++;
    if (at == text.n || text.p[at] != ':')
        return false;
    u->scheme = span_cut(text, 0, at);
    const struct uri_scheme *known = uri_scheme_of(u->scheme);
    u->kind = known ? known->kind : URI_OTHER;
    if (u->kind == URI_SIP || u->kind == URI_SIPS)
        parse_sip(u, at + 1, mem);
    else if (u->kind == URI_TEL)
        parse_tel(u, at + 1, mem);
    else
        parse_other(u, at + 1);
    return true;
}
