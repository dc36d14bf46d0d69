/* codecs/sip/sip_type.c - the values of header fields, by their forms. */
#include "codecs/base/marks.h"
#include "codecs/sip/sip_parts.h"

struct cursor {
    struct marks *marks; /* over the text that `at` counts from */
    const uint8_t *p;    /* that text */
    size_t at, end;      /* where reading is; where the value of the header field ends */
    uint8_t sep;         /* a comma where it ends a value, else an octet that is no delimiter */
    bool raw;            /* the value is a Call-ID, in which a quote is an octet as any other */
    struct arena *mem;
    bool angles; /* what stands between "<" and ">" is a URI, in parameters too */
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

/* The same of a URI in "<" and ">". */
static size_t behind_angle(const struct cursor *c, size_t at)
{
    at = marks_next(c->marks, MARKS_CLOSE, at, c->end);
    return at < c->end ? at + 1 : c->end;
}

/* From `at` on, where it is no `one` nor `two`: the first of them behind it. */
static size_t stop_behind(const struct cursor *c, size_t at, uint8_t one, uint8_t two)
{
    while (at < c->end && c->p[at] != one && c->p[at] != two) {
        at = c->p[at] == '"'                ? behind_quoted(c, at)
             : c->p[at] == '<' && c->angles ? behind_angle(c, at)
                                            : at + 1;
        at = marks_next(c->marks, MARKS_STOP, at, c->end);
    }
    return at;
}

/* From `at` on, the first `one` or `two`, of the octets that MARKS_STOP has; quoted strings are passed over (one without
 * end goes to the end). */
static inline size_t stop(const struct cursor *c, size_t at, uint8_t one, uint8_t two)
{
    at = marks_next(c->marks, MARKS_STOP, at, c->end);
    if (at == c->end || c->p[at] == one || c->p[at] == two)
        return at; /* most often it is the next one */
    return stop_behind(c, at, one, two);
}

/* The same where a quote is an octet as any other. */
static size_t stop_raw(const struct cursor *c, size_t at, uint8_t one, uint8_t two)
{
    at = marks_next(c->marks, MARKS_STOP, at, c->end);
    while (at < c->end && c->p[at] != one && c->p[at] != two)
        at = marks_next(c->marks, MARKS_STOP, at + 1, c->end);
    return at;
}

/* What a quoted string hides is no "=" of the parameter. */
static inline void param_at(struct cursor *c, struct param *p, size_t from, size_t to)
{
    struct span text = cut_trim(c, from, to);

    from = (size_t)(text.p - c->p);
    to = from + text.n;
    size_t equal = marks_next(c->marks, MARKS_EQUAL, from, to);

    p->text = text;
    if (equal == to) {
        p->name = text;
        p->value = (struct span){NULL, 0};
    } else {
        p->name = cut_trim(c, from, equal);
        p->value = cut_trim(c, equal + 1, to);
    }
}

static void some_params(struct cursor *c, const struct param **v, size_t *n)
{
    struct arena_run run;
    size_t count = 0;

    size_t at = c->at;

    run = arena_run(c->mem, sizeof **v);
    do {
        size_t from = at + 1;
        at = stop(c, from, ';', c->sep);
        if (count < run.room)
            param_at(c, (struct param *)run.p + count++, from, at);
        else
            c->mem->full = true;
    } while (at < c->end && c->p[at] == ';');
    c->at = at;
    arena_run_end(c->mem, run, count, sizeof **v);
    *v = count ? run.p : NULL;
    *n = count;
}

/* Parameters from c->at on, each behind a ";". */
static inline void params(struct cursor *c, const struct param **v, size_t *n)
{
    *v = NULL;
    *n = 0;
    if (c->at < c->end && c->p[c->at] == ';')
        some_params(c, v, n);
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
static inline bool usual_sent_by(const struct cursor *c, struct sip_via *v, size_t from, size_t end)
{
    static const uint8_t start[8] = {'S', 'I', 'P', '/', '2', '.', '0', '/'};

    if (end - from < 12 || !lex_equal(c->p + from, start, sizeof start))
        return false;
    size_t space = marks_next(c->marks, MARKS_SPACE, from + 8, end), host = space + 1;
    if (space == from + 8 || host >= end || c->p[space] != ' ' ||
        marks_next(c->marks, MARKS_SPACE, host, end) < end)
        return false;
    size_t colon = c->p[host] == '[' ? lex_find(cut(c, 0, end), host, ']') : host;
    do
        colon = marks_next(c->marks, MARKS_HOST, colon, end);
    while (colon < end && c->p[colon] != ':' && ++colon);
    v->protocol = cut(c, from, from + 3);
    v->version = cut(c, from + 4, from + 7);
    v->transport = cut(c, from + 8, space);
    v->host = cut(c, host, colon);
    v->port = colon < end ? cut(c, colon + 1, end) : (struct span){NULL, 0};
    return true;
}

static void via(struct cursor *c, void *item)
{
    struct sip_via *v = item;
    size_t from = c->at, end = stop(c, from, ';', c->sep);

    if (!usual_sent_by(c, v, from, end))
        sent_by(v, cut_trim(c, from, end));
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
    a->display = none;
    a->gap = none;
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
    size_t from = c->at, end = c->raw ? stop_raw(c, from, ';', c->sep) : stop(c, from, ';', c->sep);
    struct span text = cut_trim(c, from, end);

    v->value = text;
    c->at = end;
    params(c, &v->params, &v->params_n);
    v->text = v->params_n ? cut_trim(c, from, c->at) : text;
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
    v->method = none;
    v->comment = none;
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

/* word ["@" word] of RFC 3261 section 25.1, and what the RFCs 3891, 3911 and 4538 put parameters behind. */
static bool is_call_id(enum sip_type type)
{
    return type == SIP_CALL_ID || type == SIP_IN_REPLY_TO || type == SIP_REPLACES ||
           type == SIP_JOIN || type == SIP_TARGET_DIALOG;
}

/* The values of a header field whose value stands at `from` in the text of `marks`. */
static void type(struct sip_header *h, struct marks *marks, size_t from, size_t body,
                 struct arena *mem)
{
    const struct sip_name *name = &sip_names[h->type];
    enum sip_form form = name->form;
    size_t size = forms[form].size;

    if (!size)
        return;
    struct cursor c = {marks,
                       marks->text.p,
                       from,
                       from + h->value.n,
                       name->list ? ',' : ';',
                       is_call_id(h->type),
                       mem,
                       h->type == SIP_IDENTITY};
    void *item = arena_new(mem, size);
    struct arena_list l = {item, item != NULL, item != NULL}; /* of one: most are */
    while (item) {
        c.at = skip_lws(&c, c.at);
        forms[form].read(&c, item);
        item = c.at++ < c.end ? arena_push(mem, &l, size) : NULL;
    }
    h->values = l.p;
    h->values_n = l.n;
    struct sip_number *length = l.p;
    if (form == SIP_LENGTH && length) {
        length->body = length->fits && length->number == body;
    }
}

void sip_type(struct sip_header *h, size_t body, struct arena *mem)
{
    struct marks marks;

    marks_init(&marks, h->value);
    type(h, &marks, 0, body, mem);
}

enum step sip_peek(struct span in, const enum sip_type *types, size_t n, struct arena *mem,
                   struct sip_msg *m, struct findings *fs)
{
    enum step step = sip_scan_for(in, types, n, mem, m, fs);
    struct marks marks;

    if (step != STEP_ITEM)
        return step;
    marks_init(&marks, m->head);
    for (size_t i = 0; i < n; i++)
        if (m->first[types[i]]) {
            struct sip_header *h = &m->headers[m->first[types[i]] - 1];
            type(h, &marks, (size_t)(h->value.p - m->head.p), 0, mem);
        }
    return STEP_ITEM;
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
