/* codecs/http/http_lint.c - what a message breaks beyond its framing: start line, each field, chunks. */
#include "codecs/http/http_lint.h"

void http_say_arg(struct lint *l, int rule, struct span at, uint64_t arg)
{
    size_t off = at.p ? (size_t)(at.p - l->m->head.p) : 0;
    http_broke_once(&l->said, l->fs, rule, off, at.n, arg);
}

void http_say(struct lint *l, int rule, struct span at)
{
    http_say_arg(l, rule, at, 0);
}

void http_say_date(struct lint *l, struct span value, int none)
{
    const int rules[] = {[HTTP_DATE_NONE] = none,
                         [HTTP_DATE_IMF] = RULES,
                         [HTTP_DATE_OBSOLETE] = RULE_DATE_FORM,
                         [HTTP_DATE_WRONG] = RULE_DATE_CALENDAR};
    int rule = rules[http_date_of(value)];

    if (rule != RULES)
        http_say(l, rule, value);
}

/* ---- the start line ---- */

static void target_octets(struct lint *l, struct span t)
{
    for (size_t i = 0; i < t.n; i++) {
        uint8_t c = t.p[i];
        bool known = lex_is(c, LEX_ALPHA | LEX_DIGIT | LEX_BLANK) ||
                     (c && strchr("-._~:/?#[]@!$&'()*+,;=%", c));
        bool digits = i + 2 < t.n && lex_is(t.p[i + 1], LEX_HEX) && lex_is(t.p[i + 2], LEX_HEX);
        if (!known)
            http_say(l, RULE_TARGET_OCTET, span_cut(t, i, i + 1));
        if (c == '%' && !digits)
            http_say(l, RULE_TARGET_PERCENT, span_cut(t, i, i + 1));
    }
}

/* Brackets stand in no path and no query: RFC 3986 sections 3.3 and 3.4. */
static void brackets(struct lint *l)
{
    const struct http_msg *m = l->m;
    struct span t = span_cut(m->target, 0, lex_find(m->target, 0, '#'));
    size_t colon = lex_find(t, 0, ':'), at = 0;
    bool in_query = false;

    if (m->form == HTTP_ABSOLUTE) {
        at = colon + 1;
        if (t.n >= at + 2 && t.p[at] == '/' && t.p[at + 1] == '/') /* an authority may have them */
            for (at += 2; at < t.n && t.p[at] != '/' && t.p[at] != '?';)
                at++;
    } else if (m->form != HTTP_ORIGIN) {
        return;
    }
    for (; at < t.n; at++) {
        if (t.p[at] == '[' || t.p[at] == ']')
            http_say(l, in_query ? RULE_TARGET_QUERY : RULE_TARGET_PATH, span_cut(t, at, at + 1));
        in_query |= t.p[at] == '?';
    }
}

/* What stands behind "http:" and "https:": two slashes and a host (RFC 9110 section 4.2). */
static void http_uri(struct lint *l)
{
    struct span t = l->m->target, authority;
    struct span scheme = span_cut(t, 0, lex_find(t, 0, ':'));
    bool tls = lex_like(scheme, "https");

    if (!tls && !lex_like(scheme, "http"))
        return;
    if (!http_authority(t, &authority)) {
        http_say(l, tls ? RULE_TARGET_NO_AUTHORITY_TLS : RULE_TARGET_NO_AUTHORITY, t);
        return;
    }
    if (http_has_user(authority))
        http_say(l, RULE_TARGET_USER, authority);
    size_t at = lex_find(authority, 0, '@');
    struct span host = at < authority.n ? span_cut(authority, at + 1, authority.n) : authority;
    if (!host.p || host.n == 0 || host.p[0] == ':')
        http_say(l, tls ? RULE_TARGET_NO_HOST_TLS : RULE_TARGET_NO_HOST, authority);
}

static void target(struct lint *l)
{
    const struct http_msg *m = l->m;
    struct span t = m->target;
    bool connect = span_is(m->method, "CONNECT");
    size_t blank = lex_until(t, 0, LEX_BLANK), hash = lex_find(t, 0, '#');

    if (blank < t.n)
        http_say(l, RULE_TARGET_SPACE, span_cut(t, blank, blank + 1));
    if (hash < t.n)
        http_say(l, RULE_TARGET_FRAGMENT, span_cut(t, hash, t.n));
    target_octets(l, t);
    if (connect && m->form != HTTP_AUTHORITY)
        http_say(l, RULE_CONNECT_FORM, t);
    else if (connect && !http_is_host(t, true))
        http_say(l, RULE_CONNECT_PORT, t);
    else if (m->form == HTTP_AUTHORITY && !connect)
        http_say(l, RULE_AUTHORITY_METHOD, t);
    else if (m->form == HTTP_ASTERISK && !span_is(m->method, "OPTIONS"))
        http_say(l, RULE_ASTERISK_METHOD, t);
    else if (m->form == HTTP_NONE)
        http_say(l, RULE_TARGET_FORM, t);
    if (t.n && t.p[0] == '?' && !connect)
        http_say(l, RULE_TARGET_EMPTY_PATH, span_cut(t, 0, 0));
    brackets(l);
    if (m->form == HTTP_ABSOLUTE)
        http_uri(l);
}

static void start(struct lint *l)
{
    const struct http_msg *m = l->m;
    struct span v = m->version, number = span_cut(v, 5, v.n);

    if (m->request && !v.n) /* said when it was decoded: its parts are not known */
        return;
    if (!span_is(span_cut(v, 0, 5), "HTTP/"))
        http_say(l, RULE_VERSION_CASE, span_cut(v, 0, 5));
    if (number.n != 3 || !lex_is(number.p[0], LEX_DIGIT) || number.p[1] != '.' ||
        !lex_is(number.p[2], LEX_DIGIT))
        http_say(l, RULE_VERSION_FORM, number);
    if (m->request) {
        if (!lex_all(m->method, LEX_TCHAR))
            http_say(l, RULE_METHOD, m->method);
        target(l);
        return;
    }
    for (size_t i = 0; i < m->reason.n; i++)
        if (lex_is(m->reason.p[i], LEX_CTL) && m->reason.p[i] != '\t' && m->reason.p[i] != '\r') {
            http_say(l, RULE_REASON, span_cut(m->reason, i, i + 1));
            break;
        }
}

/* ---- fields ---- */

/* Octets that stand in no value; CR and LF are the decoder's. */
static void octets(struct lint *l, struct span v)
{
    for (size_t i = 0; i < v.n; i++) {
        uint8_t c = v.p[i];
        if (lex_is(c, LEX_CTL) && c != '\t' && c != '\r' && c != '\n')
            http_say(l, c ? RULE_VALUE_CTL : RULE_VALUE_NUL, span_cut(v, i, i + 1));
    }
}

static void list(struct lint *l, const struct http_header *h, unsigned flags)
{
    struct span e;

    if (h->value.n == 0) /* a list may be empty */
        return;
    for (size_t at = 0; http_element(h->value, &at, &e);) {
        if (e.n == 0) {
            http_say(l, RULE_LIST_EMPTY, h->value);
            break;
        }
        if ((flags & HTTP_TOKENS) && !lex_all(e, LEX_TCHAR)) {
            http_say(l, RULE_TOKEN_LIST, e);
            break;
        }
    }
}

static void field(struct lint *l, const struct http_header *h, bool trailer)
{
    unsigned flags = http_names[h->type].flags;
    bool line = h->line.n && lex_is(h->line.p[0], LEX_BLANK); /* dropped as a whole */

    if (line || lex_find(h->line, 0, ':') == h->line.n)
        return;
    if (!lex_all(h->name, LEX_TCHAR))
        http_say(l, RULE_NAME, h->name);
    size_t colon = lex_find(h->line, 0, ':');
    if (h->value.n &&
        (h->value.p - h->line.p != (ptrdiff_t)colon + 2 || h->line.p[colon + 1] != ' '))
        http_say(l, RULE_VALUE_SPACE, span_cut(h->line, colon, colon + 1));
    octets(l, h->value);
    if (flags & HTTP_LIST)
        list(l, h, flags);
    if (flags & HTTP_DATE_ONLY)
        http_say_date(l, h->value, RULE_DATE_BAD);
    if (trailer && (flags & HTTP_NO_TRAILER))
        http_say(l, RULE_TRAILER_FIELD, h->line);
}

/* A field that may stand once: said of the second. */
static void repeated(struct lint *l)
{
    uint8_t times[HTTP_TYPES] = {0};
    const struct http_msg *m = l->m;

    for (size_t i = 0; i < m->headers_n; i++) {
        enum http_type t = m->headers[i].type;
        if ((http_names[t].flags & HTTP_SINGLE) && times[t]++ == 1)
            http_say(l, RULE_REPEATED, m->headers[i].line);
        times[t] = times[t] > 2 ? 2 : times[t];
    }
}

/* ---- chunks ---- */

static void chunk_exts(struct lint *l)
{
    const struct http_msg *m = l->m;

    for (size_t i = 0; i < m->chunks_n; i++) {
        struct span e = m->chunks[i].ext;
        bool sized = m->chunks[i].line.n > e.n && e.p > m->chunks[i].line.p;
        if (!e.n || !sized || lex_find(e, 0, '\r') < e.n)
            continue;
        if (lex_trim(e, LEX_BLANK).n == 0 ||
            !http_is_params(e, HTTP_PARAMS_BWS | HTTP_PARAMS_BARE)) {
            http_say(l, RULE_EXT_FORM, e);
            continue;
        }
        bool blank = false;
        for (size_t k = 0; k < e.n && !blank;) {
            size_t end = e.p[k] == '"' ? lex_quoted(e, k) : 0;
            blank = lex_is(e.p[k], LEX_BLANK);
            k = end ? end : k + 1;
        }
        if (blank)
            http_say(l, RULE_EXT_SPACE, e);
        for (size_t k = 0; k < e.n; k++) /* nowhere else, as the form is right */
            if (lex_is(e.p[k], LEX_CTL) && e.p[k] != '\t')
                http_say(l, RULE_EXT_CTL, span_cut(e, k, k + 1));
    }
}

void http_lint(const struct http_msg *m, struct findings *fs)
{
    struct lint l = {.m = m, .fs = fs};

    start(&l);
    for (size_t i = 0; i < m->headers_n; i++)
        field(&l, &m->headers[i], false);
    for (size_t i = 0; i < m->trailers_n; i++)
        field(&l, &m->trailers[i], true);
    repeated(&l);
    chunk_exts(&l);
    if (m->trailers_n && !http_header(m, HTTP_TRAILER))
        http_say(&l, RULE_TRAILER_ANNOUNCED, m->trailers[0].line);
    if (m->request)
        http_lint_request(&l);
    else
        http_lint_response(&l);
    http_lint_fields(&l);
}
