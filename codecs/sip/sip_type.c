/* codecs/sip/sip_type.c - the values of header fields, by their forms. */
#include "codecs/sip/sip_parts.h"

/* Where reading a value stops. */
enum { AT_SEMI = 1, AT_COMMA = 2, AT_QUOTE = 4, AT_ANGLE = 8, UNQUOTED = 16 };
static const uint8_t stops[256] = {
    [';'] = AT_SEMI, [','] = AT_COMMA, ['"'] = AT_QUOTE, ['<'] = AT_ANGLE};

struct cursor {
    struct span s; /* the value of the header field */
    size_t at;
    uint8_t sep; /* AT_COMMA where a comma ends a value, 0 where it is an octet as any other */
    uint8_t
        raw; /* UNQUOTED where the value is a Call-ID, in which a quote is an octet as any other */
    struct arena *mem;
};

/* From `at` on, the first octet of `what`; a quoted string is passed over (one without end goes to the end), unless
 * `what` has UNQUOTED. */
static size_t stop(struct span s, size_t at, uint8_t what)
{
    uint8_t mask = what & UNQUOTED ? what : what | AT_QUOTE;

    for (; at < s.n; at++) {
        uint8_t is = stops[s.p[at]] & mask;
        if (is & what)
            return at;
        if (is) {
            size_t end = lex_quoted(s, at);
            if (!end)
                return s.n;
            at = end - 1;
        }
    }
    return s.n;
}

/* What a quoted string hides is no "=" of the parameter. */
static struct param param_at(struct span s, size_t from, size_t to)
{
    return param_of(lex_trim(span_cut(s, from, to), LEX_LWS));
}

static void params(struct cursor *c, const struct param **v, size_t *n)
{
    struct arena_list l = {0};

    while (c->at < c->s.n && c->s.p[c->at] == ';') {
        size_t end = stop(c->s, c->at + 1, AT_SEMI | c->sep);
        struct param *p = arena_push(c->mem, &l, sizeof *p);
        if (p)
            *p = param_at(c->s, c->at + 1, end);
        c->at = end;
    }
    *v = l.p;
    *n = l.n;
}

/* The text of the item that began at `from`, without white space around. */
static struct span item_text(const struct cursor *c, size_t from)
{
    return lex_trim(span_cut(c->s, from, c->at), LEX_LWS);
}

/* ---- forms ---- */

static void via(struct cursor *c, void *item)
{
    struct sip_via *v = item;
    struct span s = c->s;
    size_t from = c->at, end = stop(s, from, AT_SEMI | c->sep), at;

    *v = (struct sip_via){0};
    struct span head = lex_trim(span_cut(s, from, end), LEX_LWS);
    at = lex_find(head, 0, '/');
    v->protocol = lex_trim(span_cut(head, 0, at), LEX_LWS);
    size_t next = lex_find(head, at + 1, '/');
    v->version = lex_trim(span_cut(head, at + 1, next), LEX_LWS);
    at = lex_while(head, next + 1, LEX_LWS);
    next = lex_until(head, at, LEX_LWS);
    v->transport = span_cut(head, at, next);
    struct span by = span_cut(head, lex_while(head, next, LEX_LWS), head.n);
    size_t colon = lex_find(by, by.n && by.p[0] == '[' ? lex_find(by, 0, ']') : 0, ':');
    v->host = lex_trim(span_cut(by, 0, colon), LEX_LWS);
    if (colon < by.n)
        v->port = lex_trim(span_cut(by, colon + 1, by.n), LEX_LWS);
    c->at = end;
    params(c, &v->params, &v->params_n);
    v->text = item_text(c, from);
}

static void address(struct cursor *c, void *item)
{
    struct sip_address *a = item;
    struct span s = c->s;
    size_t from = lex_while(s, c->at, LEX_LWS), at = stop(s, from, AT_SEMI | AT_ANGLE | c->sep);

    memset(a, 0, offsetof(struct sip_address, uri));
    if (at < s.n && s.p[at] == '<') {
        size_t close = lex_find(s, at, '>');
        struct span before = span_cut(s, from, at);
        if (at > from) {
            a->display = lex_trim(before, LEX_LWS);
            a->gap = span_cut(before, a->display.n, before.n);
        }
        uri_parse(span_cut(s, at + 1, close), c->mem, &a->uri);
        c->at = stop(s, close < s.n ? close + 1 : s.n, AT_SEMI | c->sep);
    } else {
        a->bare = true;
        c->at = at;
        uri_parse(lex_trim(span_cut(s, from, at), LEX_LWS), c->mem, &a->uri);
    }
    params(c, &a->params, &a->params_n);
    a->text = item_text(c, from);
}

static void value(struct cursor *c, void *item)
{
    struct sip_value *v = item;
    size_t from = c->at;

    c->at = stop(c->s, from, AT_SEMI | c->sep | c->raw);
    v->value = item_text(c, from);
    params(c, &v->params, &v->params_n);
    v->text = item_text(c, from);
}

/* A number at the front of `s` from `at` on; sets where it ends. */
static bool number_at(struct span s, size_t *at, uint64_t *v)
{
    size_t end = lex_while(s, *at, LEX_DIGIT);
    bool fits = lex_number(span_cut(s, *at, end), v);
    *at = end;
    return fits;
}

static void number(struct cursor *c, void *item)
{
    struct sip_number *v = item;
    struct span s = c->s;
    size_t at = c->at;

    *v = (struct sip_number){0};
    v->fits = number_at(s, &at, &v->number);
    at = lex_while(s, at, LEX_LWS);
    if (at < s.n && s.p[at] == '(') {
        size_t end = lex_comment(s, at);
        v->comment = span_cut(s, at, end ? end : s.n);
        at = lex_while(s, end ? end : s.n, LEX_LWS);
    }
    c->at = stop(s, at, AT_SEMI);
    v->fits &= c->at == at;
    params(c, &v->params, &v->params_n);
    v->text = s;
    c->at = s.n;
}

/* "314159 INVITE"; "776656 1 INVITE". */
static void with_method(struct cursor *c, struct sip_number *v, bool two)
{
    struct span s = c->s;
    size_t at = c->at;

    *v = (struct sip_number){.text = s};
    v->fits = number_at(s, &at, &v->number);
    size_t next = lex_while(s, at, LEX_LWS);
    v->fits &= next > at;
    if (two) {
        v->fits &= number_at(s, &next, &v->second);
        at = next;
        next = lex_while(s, at, LEX_LWS);
        v->fits &= next > at;
    }
    v->method = span_cut(s, next, s.n);
    c->at = s.n;
}
static void cseq(struct cursor *c, void *item)
{
    with_method(c, item, false);
}
static void rack(struct cursor *c, void *item)
{
    with_method(c, item, true);
}

/* Parameters behind commas, to the end. */
static void auth_params(struct cursor *c, struct sip_auth *a)
{
    struct arena_list l = {0};
    struct span s = c->s;

    while (c->at < s.n) {
        size_t end = stop(s, c->at, AT_COMMA);
        struct param *p = arena_push(c->mem, &l, sizeof *p);
        if (p)
            *p = param_at(s, c->at, end);
        c->at = end + 1;
    }
    c->at = s.n;
    a->text = s;
    a->params = l.p;
    a->params_n = l.n;
}
static void info(struct cursor *c, void *item)
{
    struct sip_auth *a = item;

    a->scheme = (struct span){NULL, 0};
    auth_params(c, a);
}
static void auth(struct cursor *c, void *item)
{
    struct sip_auth *a = item;
    size_t end = lex_until(c->s, c->at, LEX_LWS);

    a->scheme = span_cut(c->s, c->at, end);
    c->at = lex_while(c->s, end, LEX_LWS);
    auth_params(c, a);
}

static const struct {
    size_t size;
    void (*read)(struct cursor *c, void *item);
} forms[SIP_FORMS] = {
    [SIP_VIAS] = {sizeof(struct sip_via), via},
    [SIP_ADDRESSES] = {sizeof(struct sip_address), address},
    [SIP_VALUES] = {sizeof(struct sip_value), value},
    [SIP_NUMBERS] = {sizeof(struct sip_number), number},
    [SIP_LENGTH] = {sizeof(struct sip_number), number},
    [SIP_CSEQS] = {sizeof(struct sip_number), cseq},
    [SIP_RACKS] = {sizeof(struct sip_number), rack},
    [SIP_AUTHS] = {sizeof(struct sip_auth), auth},
    [SIP_INFOS] = {sizeof(struct sip_auth), info},
};

/* word ["@" word] of RFC 3261 section 25.1, and what the RFCs 3891, 3911 and 4538 put parameters behind. */
static bool is_call_id(enum sip_type type)
{
    return type == SIP_CALL_ID || type == SIP_IN_REPLY_TO || type == SIP_REPLACES ||
           type == SIP_JOIN || type == SIP_TARGET_DIALOG;
}

void sip_type(struct sip_header *h, size_t body, struct arena *mem)
{
    const struct sip_name *name = &sip_names[h->type];
    struct arena_list l = {0};
    struct cursor c = {.s = h->value, .sep = name->list ? AT_COMMA : 0, .mem = mem};
    union {
        struct sip_via via;
        struct sip_address address;
        struct sip_value value;
        struct sip_number number;
        struct sip_auth auth;
    } item;

    if (!forms[name->form].read)
        return;
    c.raw = is_call_id(h->type) ? UNQUOTED : 0;
    do {
        c.at = lex_while(c.s, c.at, LEX_LWS);
        forms[name->form].read(&c, &item);
        if (name->form == SIP_LENGTH)
            item.number.body = item.number.fits && item.number.number == body;
        void *p = arena_push(mem, &l, forms[name->form].size);
        if (!p)
            break;
        memcpy(p, &item, forms[name->form].size);
    } while (c.at++ < c.s.n);
    h->values = l.p;
    h->values_n = l.n;
}

enum step sip_decode(struct span in, struct arena *mem, struct sip_msg *m, struct findings *fs)
{
    enum step step = sip_scan(in, mem, m, fs);

    if (step != STEP_ITEM)
        return step;
    if (m->request)
        uri_parse(m->uri.text, mem, &m->uri);
    for (size_t i = 0; i < m->headers_n; i++)
        sip_type(&m->headers[i], m->body.n, mem);
    m->parts = NULL;
    m->parts_n = 0;
    if (m->body.n)
        sip_parts(m, mem);
    return STEP_ITEM;
}

const void *sip_first(const struct sip_msg *m, enum sip_type type)
{
    const struct sip_header *h = sip_header(m, type);
    return h && h->values_n ? h->values : NULL;
}

struct span sip_tag(const struct sip_msg *m, enum sip_type type)
{
    const struct sip_address *a = sip_first(m, type);
    const struct param *p = a ? param_find(a->params, a->params_n, "tag") : NULL;
    return p ? p->value : (struct span){NULL, 0};
}
