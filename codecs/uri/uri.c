/* codecs/uri/uri.c - taking a URI apart at its delimiters. */
#include "codecs/base/word.h"
#include "codecs/uri/uri.h"

/* A parameter of a URI: no white space is left out, none may stand there. */
static struct param param_exact(struct span text)
{
    size_t eq = lex_find(text, 0, '=');
    struct param p = {.text = text, .name = span_cut(text, 0, eq)};
    if (eq < text.n)
        p.value = span_cut(text, eq + 1, text.n);
    return p;
}

/* The text of a sip: URI in the text that `marks` is over. */
struct sip_text {
    struct marks *marks;
    const uint8_t *p; /* that text */
    size_t end;       /* where the URI ends */
};

/* From `at` on, the first of the octets that MARKS_HOST has and that is one of two. */
static inline size_t until(const struct sip_text *t, size_t at, size_t end, uint8_t one,
                           uint8_t two)
{
    do
        at = marks_next(t->marks, MARKS_HOST, at, end);
    while (at < end && t->p[at] != one && t->p[at] != two && ++at);
    return at;
}

static inline struct span part(const struct sip_text *t, size_t from, size_t to)
{
    return (struct span){t->p + from, to - from};
}

/* Parameters behind ";" from `at` on, up to "?". Returns where they end. */
static size_t sip_params(const struct sip_text *t, size_t at, struct arena *mem, struct uri *u)
{
    struct arena_run run = arena_run(mem, sizeof *u->params);
    struct param *p = run.p;

    do {
        size_t from = at + 1, equal;
        at = until(t, from, t->end, ';', '?');
        equal = marks_next(t->marks, MARKS_EQUAL, from, at);
        if (u->params_n < run.room)
            p[u->params_n++] = (struct param){
                .text = part(t, from, at),
                .name = part(t, from, equal),
                .value = equal < at ? part(t, equal + 1, at) : (struct span){NULL, 0},
            };
        else
            mem->full = true;
    } while (at < t->end && t->p[at] == ';');
    arena_run_end(mem, run, u->params_n, sizeof *u->params);
    u->params = u->params_n ? p : NULL;
    return at;
}

/* Header fields behind "?" and "&". */
static SELDOM void sip_headers(struct span s, struct arena *mem, struct uri *u)
{
    struct arena_list l = {0};

    for (size_t at = 0; at < s.n;) {
        size_t end = lex_find(s, at + 1, '&');
        struct param *p = arena_push(mem, &l, sizeof *p);
        if (p)
            *p = param_exact(span_cut(s, at + 1, end));
        at = end;
    }
    u->headers = l.p;
    u->headers_n = l.n;
    u->usual = false;
}

bool uri_is_port(struct span s, const uint8_t *end)
{
    static const uint8_t most[8] = {'6', '5', '5', '3', '5'};
    uint8_t copy[8];

    if (RARELY(s.n - 1 > 4))
        return false;
    const uint8_t *p = OFTEN(end - s.p >= 8) ? s.p : memcpy(copy, s.p, s.n);
    uint64_t word = lex_word(p);
    bool below = word_big(word) >> 24 <= word_big(lex_word(most)) >> 24;
    return word_digits(word, s.n) && (s.n < 5 || below);
}

static void parse_sip(const struct sip_text *t, size_t at, struct arena *mem, struct uri *u)
{
    size_t user = marks_next(t->marks, MARKS_AT, at, t->end), from;

    if (user < t->end) {
        size_t colon = until(t, at, user, ':', ':');
        u->user = part(t, at, colon);
        if (RARELY(colon < user)) {
            u->password = part(t, colon + 1, user);
            u->usual = false;
        }
        at = user + 1;
    }
    from = at;
    if (at < t->end && t->p[at] == '[') /* colons in brackets are the literal's own */
        at = lex_find(part(t, 0, t->end), at, ']');
    at = marks_next(t->marks, MARKS_HOST, at, t->end);
    u->host = part(t, from, at);
    if (at < t->end && t->p[at] == ':') {
        from = at + 1;
        at = until(t, from, t->end, ';', '?');
        u->port = part(t, from, at);
        u->port_fits = uri_is_port(u->port, t->p + t->marks->text.n);
    }
    if (at < t->end && t->p[at] == ';')
        at = sip_params(t, at, mem, u);
    if (at < t->end)
        sip_headers(part(t, at, t->end), mem, u);
}

static SELDOM void parse_tel(struct uri *u, size_t at, struct arena *mem)
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
static SELDOM void parse_other(struct uri *u, size_t at)
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

/* Where the scheme ends, at its colon; text.n: it has none. */
static SELDOM size_t scheme_end(struct span text)
{
    size_t at = 0;

    if (text.n == 0 || !lex_is(text.p[0], LEX_ALPHA))
        return text.n;
    while (at < text.n && (lex_is(text.p[at], LEX_ALPHA | LEX_DIGIT) || text.p[at] == '+' ||
                           text.p[at] == '-' || text.p[at] == '.'))
        at++;
    return at < text.n && text.p[at] == ':' ? at : text.n;
}

bool uri_parse_at(struct marks *marks, size_t from, size_t to, struct arena *mem, struct uri *u)
{
    static const uint8_t usual[4] = {'s', 'i', 'p', ':'};
    struct sip_text t = {marks, marks->text.p, to};
    struct span text = part(&t, from, to);
    bool sip = text.n >= 4 && lex_half(text.p) == lex_half(usual);
    size_t at = sip ? 3 : scheme_end(text);

    uri_clear(u);
    u->text = text;
    if (at == text.n)
        return false;
    u->scheme = span_cut(text, 0, at);
    const struct uri_scheme *known = sip ? NULL : uri_scheme_of(u->scheme);
    u->kind = sip ? URI_SIP : known ? known->kind : URI_OTHER;
    u->usual = sip;
    if (u->kind == URI_SIP || u->kind == URI_SIPS)
        parse_sip(&t, from + at + 1, mem, u);
    else if (u->kind == URI_TEL)
        parse_tel(u, at + 1, mem);
    else
        parse_other(u, at + 1);
    return true;
}

bool uri_parse(struct span text, struct arena *mem, struct uri *u)
{
    struct marks marks;

    if (text.n == 0) { /* there may be no octets to point to */
        uri_clear(u);
        u->text = text;
        return false;
    }
    marks_init(&marks, text);
    return uri_parse_at(&marks, 0, text.n, mem, u);
}
