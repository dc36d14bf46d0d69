/* codecs/sip/sip_type.c - the values of header fields, by their forms. */
#include "codecs/base/marks.h"
#include "codecs/sip/sip_parts.h"

struct cursor {
    struct marks *marks; /* over the text that `at` counts from */
    const uint8_t *p;    /* that text */
    size_t at, end;      /* where reading is; where the value of the header field ends */
    uint8_t sep;         /* a comma where it ends a value, else an octet that is no delimiter */
    struct arena *mem;
};

static inline struct span cut(const struct cursor *c, size_t from, size_t to)
{
    return (struct span){c->p + from, to - from};
}

/* The same without white space around. */
static inline struct span cut_trim(const struct cursor *c, size_t from, size_t to)
{
    if (from < to && c->p[from] > ' ' && c->p[to - 1] > ' ') /* as most */
        return cut(c, from, to);
    return lex_trim_ends(cut(c, from, to), LEX_LWS);
}

static inline size_t skip_lws(const struct cursor *c, size_t at)
{
    while (at < c->end && lex_is(c->p[at], LEX_LWS))
        at++;
    return at;
}

/* The offset behind the quoted string that begins at `at`; c->end: it has no end. */
static size_t behind_quoted(const struct cursor *c, size_t at)
{
    for (at++;; at += 2) { /* behind a backslash, and what it takes along */
        at = marks_next(c->marks, MARKS_QUOTE, at, c->end);
        if (at >= c->end)
            return c->end;
        if (c->p[at] == '"')
            return at + 1;
    }
}

/* From `at` on, the first `one` or `two`, of the octets that MARKS_STOP has; quoted strings are passed over (one without
 * end goes to the end). */
static inline size_t stop(const struct cursor *c, size_t at, uint8_t one, uint8_t two)
{
    for (;;) {
        at = marks_next(c->marks, MARKS_STOP, at, c->end);
        if (at == c->end || c->p[at] == one || c->p[at] == two)
            return at;
        at = c->p[at] == '"' ? behind_quoted(c, at) : at + 1;
    }
}

/* What a quoted string hides is no "=" of the parameter. */
static inline void param_at(struct cursor *c, struct param *p, size_t from, size_t to)
{
    p->text = cut_trim(c, from, to);
    from = (size_t)(p->text.p - c->p);
    to = from + p->text.n;
    size_t equal = marks_next(c->marks, MARKS_EQUAL, from, to);

    if (equal == to) {
        p->name = p->text;
        p->value = (struct span){NULL, 0};
    } else {
        p->name = cut_trim(c, from, equal);
        p->value = cut_trim(c, equal + 1, to);
    }
}

static void params(struct cursor *c, const struct param **v, size_t *n)
{
    struct arena_run run;
    size_t count = 0;

    *v = NULL;
    *n = 0;
    if (c->at >= c->end || c->p[c->at] != ';')
        return;
    run = arena_run(c->mem, sizeof **v);
    do {
        size_t end = stop(c, c->at + 1, ';', c->sep);
        if (count < run.room)
            param_at(c, (struct param *)run.p + count++, c->at + 1, end);
        else
            c->mem->full = true;
        c->at = end;
    } while (c->at < c->end && c->p[c->at] == ';');
    arena_run_end(c->mem, run, count, sizeof **v);
    *v = count ? run.p : NULL;
    *n = count;
}

/* ---- forms ---- */

/* "SIP/2.0/UDP example.com:5060", whatever white space there is. */
static void sent_by(struct sip_via *v, struct span head)
{
    size_t at = lex_find(head, 0, '/');

    v->protocol = lex_trim(span_cut(head, 0, at), LEX_LWS);
    size_t next = lex_find(head, at + 1, '/');
    v->version = lex_trim(span_cut(head, at + 1, next), LEX_LWS);
    at = lex_while(head, next + 1, LEX_LWS);
    next = lex_until(head, at, LEX_LWS);
    v->transport = span_cut(head, at, next);
    struct span by = span_cut(head, lex_while(head, next, LEX_LWS), head.n);
    size_t colon = lex_find(by, by.n && by.p[0] == '[' ? lex_find(by, 0, ']') : 0, ':');
    v->host = lex_trim(span_cut(by, 0, colon), LEX_LWS);
    v->port = (struct span){NULL, 0};
    if (colon < by.n)
        v->port = lex_trim(span_cut(by, colon + 1, by.n), LEX_LWS);
}

/* The same without white space but for the one space. False: there is some, or it is no SIP/2.0. */
static inline bool usual_sent_by(struct sip_via *v, struct span head)
{
    static const uint8_t start[8] = {'S', 'I', 'P', '/', '2', '.', '0', '/'};
    size_t at = 8, colon = head.n;

    if (head.n < 12 || !lex_equal(head.p, start, sizeof start))
        return false;
    while (at < head.n && head.p[at] > ' ')
        at++;
    if (at == 8 || at + 1 >= head.n || head.p[at] != ' ' || lex_is(head.p[at + 1], LEX_LWS))
        return false;
    size_t host = at + 1, i = head.p[host] == '[' ? lex_find(head, host, ']') : host;
    for (; i < head.n && head.p[i] != ':'; i++)
        if (head.p[i] <= ' ')
            return false;
    colon = i;
    if (colon < head.n && (colon + 1 == head.n || lex_is(head.p[colon + 1], LEX_LWS)))
        return false;
    v->protocol = (struct span){head.p, 3};
    v->version = (struct span){head.p + 4, 3};
    v->transport = (struct span){head.p + 8, at - 8};
    v->host = (struct span){head.p + host, colon - host};
    v->port = (struct span){NULL, 0};
    if (colon < head.n)
        v->port = (struct span){head.p + colon + 1, head.n - colon - 1};
    return true;
}

static void via(struct cursor *c, void *item)
{
    struct sip_via *v = item;
    size_t from = c->at, end = stop(c, from, ';', c->sep);
    struct span head = cut_trim(c, from, end);

    if (!usual_sent_by(v, head))
        sent_by(v, head);
    c->at = end;
    params(c, &v->params, &v->params_n);
    v->text = cut_trim(c, from, c->at);
}

static void address(struct cursor *c, void *item)
{
    struct sip_address *a = item;
    const struct span none = {NULL, 0};
    size_t from = skip_lws(c, c->at), at = from;

    for (;; at++) { /* to the URI, or behind one without angles */
        at = marks_next(c->marks, MARKS_STOP, at, c->end);
        if (at < c->end && c->p[at] == '"')
            at = behind_quoted(c, at) - 1;
        else if (at == c->end || c->p[at] != ',' || c->sep == ',')
            break;
    }
    a->display = a->gap = none;
    a->bare = at == c->end || c->p[at] != '<';
    if (!a->bare) {
        size_t close = marks_next(c->marks, MARKS_CLOSE, at, c->end);
        if (at > from) {
            struct span before = cut(c, from, at);
            a->display = lex_trim(before, LEX_LWS);
            a->gap = span_cut(before, a->display.n, before.n);
        }
        uri_parse_at(c->marks, at + 1 < close ? at + 1 : close, close, c->mem, &a->uri);
        c->at = stop(c, close < c->end ? close + 1 : c->end, ';', c->sep);
    } else {
        struct span bare = cut_trim(c, from, at);
        size_t start = (size_t)(bare.p - c->p);
        uri_parse_at(c->marks, start, start + bare.n, c->mem, &a->uri);
        c->at = at;
    }
    params(c, &a->params, &a->params_n);
    a->text = cut_trim(c, from, c->at);
}

static void value(struct cursor *c, void *item)
{
    struct sip_value *v = item;
    size_t from = c->at;

    c->at = stop(c, from, ';', c->sep);
    v->value = cut_trim(c, from, c->at);
    params(c, &v->params, &v->params_n);
    v->text = v->params_n || c->at == from ? cut_trim(c, from, c->at) : v->value;
}

/* A number from `*at` on; sets where it ends. False: there is none, or it is too large. */
static inline bool number_at(const struct cursor *c, size_t *at, uint64_t *v)
{
    size_t i = *at, from = i;
    uint64_t sum = 0;

    for (; i < c->end && lex_is(c->p[i], LEX_DIGIT); i++)
        sum = sum * 10 + (uint64_t)(c->p[i] - '0');
    *at = i;
    if (i - from > 19) /* it may be too large for 64 bits */
        return lex_number(cut(c, from, i), v);
    *v = sum;
    return i > from;
}

static void number(struct cursor *c, void *item)
{
    struct sip_number *v = item;
    const struct span none = {NULL, 0};
    size_t from = c->at, at = from;

    v->number = v->second = 0;
    v->body = false;
    v->method = v->comment = none;
    v->text = cut(c, from, c->end); /* the value, which has no white space around */
    v->fits = number_at(c, &at, &v->number);
    at = skip_lws(c, at);
    if (at < c->end && c->p[at] == '(') {
        size_t end = lex_comment(cut(c, 0, c->end), at);
        v->comment = cut(c, at, end ? end : c->end);
        at = skip_lws(c, end ? end : c->end);
    }
    c->at = at == c->end ? at : stop(c, at, ';', ';');
    v->fits &= c->at == at;
    params(c, &v->params, &v->params_n);
    c->at = c->end;
}

/* "314159 INVITE"; "776656 1 INVITE". */
static void with_method(struct cursor *c, struct sip_number *v, bool two)
{
    size_t from = c->at, at = from;

    v->second = 0;
    v->number = 0;
    v->body = false;
    v->comment = (struct span){NULL, 0};
    v->params = NULL;
    v->params_n = 0;
    v->text = cut(c, from, c->end);
    v->fits = number_at(c, &at, &v->number);
    size_t next = skip_lws(c, at);
    v->fits &= next > at;
    if (two) {
        v->fits &= number_at(c, &next, &v->second);
        at = next;
        next = skip_lws(c, at);
        v->fits &= next > at;
    }
    v->method = cut(c, next, c->end);
    c->at = c->end;
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
static void auth_params(struct cursor *c, struct sip_auth *a, size_t from)
{
    struct arena_run run = arena_run(c->mem, sizeof *a->params);
    size_t count = 0;

    a->text = cut(c, from, c->end);
    while (c->at < c->end) {
        size_t end = stop(c, c->at, ',', ',');
        if (count < run.room)
            param_at(c, (struct param *)run.p + count++, c->at, end);
        else
            c->mem->full = true;
        c->at = end + 1;
    }
    c->at = c->end;
    arena_run_end(c->mem, run, count, sizeof *a->params);
    a->params = count ? run.p : NULL;
    a->params_n = count;
}
static void info(struct cursor *c, void *item)
{
    struct sip_auth *a = item;

    a->scheme = (struct span){NULL, 0};
    auth_params(c, a, c->at);
}
static void auth(struct cursor *c, void *item)
{
    struct sip_auth *a = item;
    size_t from = c->at, end = from;

    while (end < c->end && !lex_is(c->p[end], LEX_LWS))
        end++;
    a->scheme = cut(c, from, end);
    c->at = skip_lws(c, end);
    auth_params(c, a, from);
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

/* The values of a header field whose value stands at `from` in the text of `marks`. */
static void type(struct sip_header *h, struct marks *marks, size_t from, size_t body,
                 struct arena *mem)
{
    const struct sip_name *name = &sip_names[h->type];
    struct arena_list l = {0};
    struct cursor c = {marks, marks->text.p, from, from + h->value.n, name->list ? ',' : ';', mem};

    if (!forms[name->form].read)
        return;
    do {
        void *item = arena_push(mem, &l, forms[name->form].size);
        if (!item)
            break;
        c.at = skip_lws(&c, c.at);
        forms[name->form].read(&c, item);
        if (name->form == SIP_LENGTH) {
            struct sip_number *length = item;
            length->body = length->fits && length->number == body;
        }
    } while (c.at++ < c.end);
    h->values = l.p;
    h->values_n = l.n;
}

void sip_type(struct sip_header *h, size_t body, struct arena *mem)
{
    struct marks marks;

    marks_init(&marks, h->value);
    type(h, &marks, 0, body, mem);
}

void sip_type_some(struct sip_msg *m, const enum sip_type *types, size_t n, struct arena *mem)
{
    struct marks marks;

    marks_init(&marks, m->head);
    for (size_t i = 0; i < n; i++)
        if (m->first[types[i]]) {
            struct sip_header *h = &m->headers[m->first[types[i]] - 1];
            type(h, &marks, (size_t)(h->value.p - m->head.p), m->body.n, mem);
        }
}

enum step sip_decode(struct span in, struct arena *mem, struct sip_msg *m, struct findings *fs)
{
    enum step step = sip_scan(in, mem, m, fs);
    struct marks marks;

    if (step != STEP_ITEM)
        return step;
    marks_init(&marks, m->head);
    if (m->request) {
        size_t at = (size_t)(m->uri.text.p - m->head.p);
        uri_parse_at(&marks, at, at + m->uri.text.n, mem, &m->uri);
    }
    for (size_t i = 0; i < m->headers_n; i++) {
        struct sip_header *h = &m->headers[i];
        type(h, &marks, (size_t)(h->value.p - m->head.p), m->body.n, mem);
    }
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
