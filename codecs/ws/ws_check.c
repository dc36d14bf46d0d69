/* codecs/ws/ws_check.c - the opening handshake: what is checked. */
#include "codecs/ws/ws_handshake.h"
#include "codecs/ws/ws_rule.h"

struct check {
    const struct http_msg *m;
    struct findings *fs;
    bool bad;
    uint64_t
        said[RULE_WORDS(RULES)]; /* a bit each rule: a finding is said once, where it shows first */
};

static void say(struct check *c, int rule, struct span at)
{
    if (rule_first(c->said, (size_t)rule))
        ws_broke(c->fs, rule, at.p ? (size_t)(at.p - c->m->head.p) : 0, at.n, 0);
    c->bad = true;
}

static const struct http_header *get(const struct check *c, enum http_type type)
{
    return http_header(c->m, type);
}

/* A field that stands once at most. */
static void once(struct check *c, const struct http_header *h, int rule)
{
    const struct http_header *second = h ? http_header_next(c->m, h) : NULL;
    if (second)
        say(c, rule, second->line);
}

/* A number from 0 to 255 without leading zeros (section 4.3). */
static bool is_version(struct span s)
{
    uint64_t v;
    return s.n <= 3 && lex_number(s, &v) && v < 256 && (s.n == 1 || s.p[0] != '0');
}

static bool version_below(struct span v, const char *least)
{
    return v.n != 8 || memcmp(v.p, "HTTP/", 5) != 0 || memcmp(v.p + 5, least, 3) < 0;
}

/* Whether an element of a list, over all fields of a type, is this one. */
static bool has_element(const struct check *c, enum http_type type, const char *want)
{
    struct span e;
    for (const struct http_header *h = get(c, type); h; h = http_header_next(c->m, h))
        for (size_t at = 0; http_element(h->value, &at, &e);)
            if (lex_like(e, want))
                return true;
    return false;
}

/* ---- extensions (section 9.1) ---- */

static size_t blanks(struct span s, size_t at)
{
    return lex_while(s, at, LEX_LWS);
}

/* Whether a quoted parameter stands for a token; the quotes are there. */
static bool quoted_token(struct span s)
{
    size_t n = 0;
    for (size_t i = 1; i + 1 < s.n; i++, n++) {
        if (s.p[i] == '\\')
            i++;
        if (i + 1 >= s.n || !lex_is(s.p[i], LEX_TCHAR))
            return false;
    }
    return n > 0;
}

/* "token *(; token [= (token / quoted)])". False: it is none; *quoted: a quoted parameter is no token. */
static bool is_extension(struct span s, bool *quoted)
{
    size_t at = lex_while(s, 0, LEX_TCHAR);

    if (at == 0)
        return false;
    while ((at = blanks(s, at)) < s.n) {
        if (s.p[at] != ';')
            return false;
        size_t name = blanks(s, at + 1);
        at = lex_while(s, name, LEX_TCHAR);
        if (at == name)
            return false;
        size_t eq = blanks(s, at);
        if (eq == s.n || s.p[eq] != '=')
            continue;
        size_t value = blanks(s, eq + 1);
        bool quotes = value < s.n && s.p[value] == '"';
        at = quotes ? lex_quoted(s, value) : lex_while(s, value, LEX_TCHAR);
        if (at <= value)
            return false;
        *quoted |= quotes && !quoted_token(span_cut(s, value, at));
    }
    return true;
}

/* The extensions of all fields: a list of at least one element each. */
static void extensions(struct check *c, int form)
{
    struct span e;

    for (const struct http_header *h = get(c, HTTP_WS_EXTENSIONS); h;
         h = http_header_next(c->m, h)) {
        bool quoted = false, good = true, any = false;
        for (size_t at = 0; good && http_element(h->value, &at, &e); any |= e.n > 0)
            good = e.n == 0 || is_extension(e, &quoted); /* empty ones do not count: section 4.3 */
        if (!good || !any)
            say(c, form, h->line);
        else if (quoted)
            say(c, RULE_EXTENSION_QUOTED, h->line);
    }
}

/* ---- a client's request ---- */

struct place { /* in a list over several fields */
    const struct http_header *h;
    size_t at;
};
static bool next_element(const struct check *c, struct place *p, struct span *e)
{
    for (; p->h; p->h = http_header_next(c->m, p->h), p->at = 0)
        if (http_element(p->h->value, &p->at, e))
            return true;
    return false;
}

/* Two elements that are the same; several fields are one list (section 11.3.4). Pairs are compared within bounds. */
static void same_protocol(struct check *c)
{
    struct place first = {get(c, HTTP_WS_PROTOCOL), 0};
    struct span e, other;

    for (size_t n = 0; n < 64 && next_element(c, &first, &e); n++)
        for (struct place p = first; e.n && next_element(c, &p, &other);)
            if (span_eq(e, other)) {
                say(c, RULE_PROTOCOL_SAME, other);
                return;
            }
}

static void protocols(struct check *c)
{
    struct span e;

    for (const struct http_header *h = get(c, HTTP_WS_PROTOCOL); h; h = http_header_next(c->m, h)) {
        bool any = false;
        for (size_t at = 0; http_element(h->value, &at, &e);) {
            any |= e.n > 0;
            if (e.n && !lex_all(e, LEX_TCHAR))
                say(c, RULE_PROTOCOL, e);
        }
        if (!any)
            say(c, RULE_PROTOCOL, h->line);
    }
    same_protocol(c);
}

/* 16 octets in base64: 22 characters and two of padding. The four bits that the last character has too many are not
 * judged: those of the example in section 4.1 are not zero. */
static bool is_nonce(struct span s)
{
    size_t n = 0;

    while (n < s.n && (lex_is(s.p[n], LEX_ALPHA | LEX_DIGIT) || lex_among(s.p[n], "+/")))
        n++;
    return n == 22 && span_is(span_cut(s, n, s.n), "==");
}

static void key(struct check *c)
{
    const struct http_header *h = get(c, HTTP_WS_KEY);

    if (!h) {
        say(c, RULE_KEY, c->m->start);
        return;
    }
    once(c, h, RULE_KEY_TWICE);
    if (!is_nonce(h->value))
        say(c, RULE_KEY_VALUE, h->value);
}

/* True: another version than 13 is asked for, in the right form. */
static bool version(struct check *c)
{
    const struct http_header *h = get(c, HTTP_WS_VERSION);

    if (!h) {
        say(c, RULE_VERSION, c->m->start);
        return false;
    }
    once(c, h, RULE_VERSION_TWICE);
    if (!is_version(h->value)) {
        say(c, RULE_VERSION_FORM, h->value);
        return false;
    }
    if (span_is(h->value, "13"))
        return false;
    say(c, RULE_VERSION_13, h->value);
    return true;
}

static bool good_target(const struct http_msg *m)
{
    struct span scheme = span_cut(m->target, 0, lex_find(m->target, 0, ':'));
    if (m->form == HTTP_ABSOLUTE)
        return lex_like(scheme, "http") || lex_like(scheme, "https");
    return m->form == HTTP_ORIGIN;
}

unsigned ws_check_request(const struct http_msg *m, struct findings *fs)
{
    struct check c = {.m = m, .fs = fs};
    const struct http_header *accept = get(&c, HTTP_WS_ACCEPT);
    bool get_method = span_is(m->method, "GET");

    if (!m->request)
        return 400;
    if (!get_method)
        say(&c, RULE_METHOD, m->method);
    if (version_below(m->version, "1.1"))
        say(&c, RULE_HTTP_VERSION, m->version);
    if (!good_target(m))
        say(&c, RULE_TARGET, m->target);
    if (!get(&c, HTTP_HOST))
        say(&c, RULE_HOST, m->start);
    if (!has_element(&c, HTTP_UPGRADE, "websocket"))
        say(&c, RULE_UPGRADE, m->start);
    if (!has_element(&c, HTTP_CONNECTION, "Upgrade"))
        say(&c, RULE_CONNECTION, m->start);
    key(&c);
    bool rest = c.bad, other = version(&c);
    bool by_version = other && !rest;
    protocols(&c);
    extensions(&c, RULE_EXTENSION);
    if (accept) {
        bool bad = c.bad; /* what is not known is ignored: section 4.2.1 */
        say(&c, RULE_ACCEPT_ASKED, accept->line);
        c.bad = bad;
    }
    if (m->version.n == 8 && m->version.p[5] != '1')
        return 505;
    return !c.bad ? 101 : by_version ? 426 : !get_method ? 405 : 400;
}

struct span ws_choose(const struct http_msg *request, struct span ours)
{
    const struct check c = {.m = request};
    struct span e, own;

    for (const struct http_header *h = get(&c, HTTP_WS_PROTOCOL); h; h = http_header_next(c.m, h))
        for (size_t at = 0; http_element(h->value, &at, &e);)
            for (size_t k = 0; e.n && http_element(ours, &k, &own);)
                if (span_eq(e, own))
                    return e;
    return (struct span){NULL, 0};
}

/* ---- a server's response ---- */

static bool listed(struct span list, struct span want)
{
    struct span e;
    for (size_t at = 0; list.p && http_element(list, &at, &e);)
        if (span_eq(span_cut(e, 0, lex_while(e, 0, LEX_TCHAR)), want))
            return true;
    return false;
}

static void accept_value(struct check *c, const struct ws_offer *o)
{
    const struct http_header *h = get(c, HTTP_WS_ACCEPT);
    uint8_t text[WS_KEY_TEXT], want[WS_ACCEPT_TEXT];
    struct wr k = {text, sizeof text, 0, false}, w = {want, sizeof want, 0, false};

    if (!h) {
        say(c, RULE_ACCEPT, c->m->start);
        return;
    }
    once(c, h, RULE_ACCEPT_TWICE);
    ws_key_put(&k, o->nonce);
    ws_accept_put(&w, o->key.p ? o->key : wr_span(&k));
    if (!span_eq(wr_span(&w), h->value))
        say(c, RULE_ACCEPT_VALUE, h->value);
}

static void agreed(struct check *c, const struct ws_offer *o)
{
    const struct http_header *p = get(c, HTTP_WS_PROTOCOL), *x = get(c, HTTP_WS_EXTENSIONS);
    struct span e;

    once(c, p, RULE_ANSWER_PROTOCOL_TWICE);
    once(c, x, RULE_ANSWER_EXTENSION_TWICE);
    if (p && !lex_all(p->value, LEX_TCHAR))
        say(c, RULE_ANSWER_PROTOCOL_FORM, p->value);
    else if (p && !listed(o->protocols, p->value))
        say(c, RULE_ANSWER_PROTOCOL, p->value);
    bool before = c->bad;
    c->bad = false;
    extensions(c, RULE_ANSWER_EXTENSION_FORM);
    for (size_t at = 0; x && !c->bad && http_element(x->value, &at, &e);)
        if (e.n && !listed(o->extensions, span_cut(e, 0, lex_while(e, 0, LEX_TCHAR))))
            say(c, RULE_ANSWER_EXTENSION, e);
    c->bad |= before;
}

static void upgraded(struct check *c)
{
    const struct http_header *h = get(c, HTTP_UPGRADE);

    if (!has_element(c, HTTP_UPGRADE, "websocket"))
        say(c, RULE_UPGRADED, c->m->start);
    else if (!lex_like(h->value, "websocket") || http_header_next(c->m, h))
        say(c, RULE_UPGRADED_OTHER, h->value);
    if (!has_element(c, HTTP_CONNECTION, "Upgrade"))
        say(c, RULE_CONNECTED, c->m->start);
}

/* Versions that a server lists. */
static void versions(struct check *c)
{
    struct span e;

    for (const struct http_header *h = get(c, HTTP_WS_VERSION); h; h = http_header_next(c->m, h)) {
        bool good = true, any = false;
        for (size_t at = 0; good && http_element(h->value, &at, &e); any |= e.n > 0)
            good = e.n == 0 || is_version(e);
        if (!good || !any)
            say(c, RULE_ANSWER_VERSION_FORM, h->value);
    }
}

bool ws_check_response(const struct http_msg *m, const struct ws_offer *o, struct findings *fs)
{
    struct check c = {.m = m, .fs = fs};
    const struct http_header *asked = get(&c, HTTP_WS_KEY);

    if (m->request)
        return false;
    versions(&c);
    if (m->status == 426 && has_element(&c, HTTP_UPGRADE, "websocket") && !get(&c, HTTP_WS_VERSION))
        say(&c, RULE_ANSWER_VERSION, m->start);
    if (asked)
        say(&c, RULE_ANSWER_KEY, asked->line);
    if (m->status != 101)
        return false;
    c.bad = false; /* what was said so far is no reason to fail */
    if (version_below(m->version, "1.1"))
        say(&c, RULE_STATUS, m->version);
    upgraded(&c);
    accept_value(&c, o);
    agreed(&c, o);
    return !c.bad;
}
