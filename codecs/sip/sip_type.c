/* codecs/sip/sip_type.c - the values of header fields, by their forms. */
#include "codecs/base/word.h"
#include "codecs/sip/sip_cursor.h"

/* What a quoted string hides is no "=" of the parameter. */
static inline void param_at(struct cursor *c, struct param *p, size_t from, size_t to)
{
    while (from < to && c->p[from] <= ' ' && lex_is(c->p[from], LEX_LWS))
        from++;
    while (from < to && c->p[to - 1] <= ' ' && lex_is(c->p[to - 1], LEX_LWS))
        to--;
    size_t equal = marks_next(c->marks, MARKS_EQUAL, from, to);

    p->text = cut(c, from, to);
    if (equal == to) {
        p->name = p->text;
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
        at = stop(c, from, ';', c->kind.sep);
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
static SELDOM void sent_by(struct sip_via *v, struct span head)
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
    v->port_fits = !v->port.p || uri_is_port(v->port, head.p + head.n);
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
    v->port_fits = colon >= end || uri_is_port(v->port, c->p + c->marks->text.n);
    return true;
}

void sip_read_via(struct cursor *c, struct sip_via *v)
{
    size_t from = c->at, end = stop(c, from, ';', c->kind.sep);

    v->usual = usual_sent_by(c, v, from, end);
    if (RARELY(!v->usual))
        sent_by(v, cut_trim(c, from, end));
    c->at = end;
    params(c, &v->params, &v->params_n);
    v->text = cut_trim(c, from, c->at);
}

static void via(struct cursor *c, void *item)
{
    sip_read_via(c, item);
}

static void address(struct cursor *c, void *item)
{
    struct sip_address *a = item;
    const struct span none = {NULL, 0};
    size_t from = c->at, at = address_open(c, from);

    a->display = none;
    a->gap = none;
    a->bare = at == c->end || c->p[at] != '<';
    a->closed = false;
    if (!a->bare) {
        size_t close = marks_next(c->marks, MARKS_CLOSE, at, c->end);
        if (at > from) {
            struct span before = cut(c, from, at);
            a->display = lex_trim(before, LEX_LWS);
            a->gap = span_cut(before, a->display.n, before.n);
        }
        uri_parse_at(c->marks, at + 1, close, c->mem, &a->uri);
        c->at = stop(c, close < c->end ? close + 1 : c->end, ';', c->kind.sep);
        a->closed = c->at == close + 1;
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
    size_t from = c->at, end = c->kind.raw ? stop_raw(c, from, ';', c->kind.sep)
                                           : stop(c, from, ';', c->kind.sep);
    struct span text = cut_trim(c, from, end);

    v->value = text;
    c->at = end;
    params(c, &v->params, &v->params_n);
    v->text = v->params_n ? cut_trim(c, from, c->at) : text;
}

/* A number from `*at` on; sets where it ends. False: there is none, or it is too large. */
static __attribute__((noinline)) bool number_at(const struct cursor *c, size_t *at, uint64_t *v)
{
    size_t i = *at, from = i;
    uint64_t sum = 0;

    if (i < c->end && i + sizeof sum <= c->marks->text.n) {
        uint64_t word = lex_word(c->p + i);
        size_t n = word_leading_digits(word);
        if (n < sizeof sum && n <= c->end - i) { /* and no digit stands behind it */
            *at = i + n;
            *v = n ? word_number(word, n) : 0;
            return n > 0;
        }
    }
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

static void length(struct cursor *c, void *item)
{
    struct sip_number *v = item;

    number(c, item);
    v->body = v->fits && v->number == c->body;
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
void sip_read_cseq(struct cursor *c, struct sip_number *v)
{
    with_method(c, v, false);
}
static void cseq(struct cursor *c, void *item)
{
    sip_read_cseq(c, item);
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

/* ---- header fields ---- */

#define INLINE static inline __attribute__((always_inline)) /* so that the form is known */

/* Go over empty elements of a list behind one that is empty too: there may be a million. False: no other one
 * follows. */
static __attribute__((noinline)) bool skip_empty(struct cursor *c)
{
    while (c->at < c->end && c->p[c->at] == ',')
        c->at = skip_lws(c, c->at + 1);
    return c->at < c->end;
}

/* All values from c->at on, of which `l` has some already. */
INLINE void values_from(struct cursor *c, struct sip_header *h, struct arena_list l, size_t size,
                        void (*read)(struct cursor *c, void *item))
{
    void *item = l.n == 0          ? arena_new(c->mem, size)
                 : c->at <= c->end ? arena_push(c->mem, &l, size)
                                   : NULL;

    if (l.n == 0)
        l = (struct arena_list){item, item != NULL, item != NULL};
    while (item) { /* which stands behind no white space: what is before it is none of the value */
        read(c, item);
        const struct span *text = item; /* the first member of each */
        item = NULL;
        if (c->at++ < c->end) {
            bool empty = text->n == 0;
            c->at = skip_lws(c, c->at);
            if (!empty || skip_empty(c))
                item = arena_push(c->mem, &l, size);
        }
    }
    h->values = l.n ? l.p : NULL;
    h->values_n = l.n;
}

/* Values without parameters and quotes, up to the first that has some or to the end: most lists have no others. */
INLINE struct arena_list plain_values(struct cursor *c)
{
    struct arena_run run = arena_run(c->mem, sizeof(struct sip_value));
    struct sip_value *v = run.p;
    size_t n = 0;

    while (n < run.room && c->at <= c->end) {
        size_t end = marks_next(c->marks, MARKS_STOP, c->at, c->end);
        if (end < c->end && (c->p[end] != ',' || c->kind.sep != ','))
            break;
        struct span text = cut_trim(c, c->at, end);
        v[n++] = (struct sip_value){text, text, NULL, 0};
        c->at = skip_lws(c, end + 1);
        if (text.n == 0 && end < c->end && !skip_empty(c))
            c->at = c->end + 1;
    }
    arena_run_end(c->mem, run, n, sizeof *v);
    return (struct arena_list){run.p, n, n};
}

static void text_field(struct cursor *c, struct sip_header *h)
{
    (void)c;
    (void)h;
}
static void value_field(struct cursor *c, struct sip_header *h)
{
    values_from(c, h, plain_values(c), sizeof(struct sip_value), value);
}
#define FORM(form, T)                                                                              \
    static void form##_field(struct cursor *c, struct sip_header *h)                               \
    {                                                                                              \
        values_from(c, h, (struct arena_list){0}, sizeof(struct T), form);                         \
    }
FORM(via, sip_via)
FORM(address, sip_address)
/* The same of a form that takes all there is for one value. */
#define ONE(form, T)                                                                               \
    static void form##_field(struct cursor *c, struct sip_header *h)                               \
    {                                                                                              \
        struct T *v = arena_new(c->mem, sizeof *v);                                                \
        if (v)                                                                                     \
            form(c, v);                                                                            \
        h->values = v;                                                                             \
        h->values_n = v != NULL;                                                                   \
    }
ONE(number, sip_number)
ONE(length, sip_number)
ONE(cseq, sip_number)
ONE(rack, sip_number)
ONE(auth, sip_auth)
ONE(info, sip_auth)

static void (*const forms[SIP_FORMS])(struct cursor *c, struct sip_header *h) = {
    [SIP_TEXT] = text_field,    [SIP_VIAS] = via_field,       [SIP_ADDRESSES] = address_field,
    [SIP_VALUES] = value_field, [SIP_NUMBERS] = number_field, [SIP_LENGTH] = length_field,
    [SIP_CSEQS] = cseq_field,   [SIP_RACKS] = rack_field,     [SIP_AUTHS] = auth_field,
    [SIP_INFOS] = info_field,
};

/* How a header field is read: a Call-ID is word ["@" word] of RFC 3261 section 25.1, as is what the RFCs 3891, 3911 and
 * 4538 put parameters behind. */
static const struct kind kinds[SIP_TYPES] = {
#define RAW(id)                                                                                    \
    (SIP_##id == SIP_CALL_ID || SIP_##id == SIP_IN_REPLY_TO || SIP_##id == SIP_REPLACES ||         \
     SIP_##id == SIP_JOIN || SIP_##id == SIP_TARGET_DIALOG)
#define SIP_HEADER(id, name, compact, form, list)                                                  \
    [SIP_##id] = {form, (list) ? ',' : ';', RAW(id), SIP_##id == SIP_IDENTITY},
#include "codecs/sip/sip_headers.def"
#undef SIP_HEADER
#undef RAW
};

/* The values of a header field whose value stands at `from` in the text of c->marks. */
static inline void type(struct cursor *c, struct sip_header *h, size_t from)
{
    c->at = from;
    c->end = from + h->value.n;
    c->kind = kinds[h->type];
    forms[c->kind.form](c, h);
}

static struct cursor cursor_of(struct marks *marks, struct span text, size_t body,
                               struct arena *mem)
{
    marks_init(marks, text);
    return (struct cursor){.marks = marks, .p = text.p, .body = body, .mem = mem};
}

void sip_type(struct sip_header *h, size_t body, struct arena *mem)
{
    struct marks marks;
    struct cursor c = cursor_of(&marks, h->value, body, mem);

    type(&c, h, 0);
}

/* By the first and the third letter of a name, in which no two are alike; sip_test.c asks for each. */
static const struct {
    char name[10]; /* with zeros behind */
    uint8_t n;
    uint8_t kind;
} methods[32] = {
#define METHOD(first, third, id) [(first * 17 + third) % 32] = {#id, sizeof #id - 1, SIP_M_##id}
    METHOD('A', 'K', ACK),       METHOD('B', 'E', BYE),     METHOD('C', 'N', CANCEL),
    METHOD('I', 'F', INFO),      METHOD('I', 'V', INVITE),  METHOD('M', 'S', MESSAGE),
    METHOD('N', 'T', NOTIFY),    METHOD('O', 'T', OPTIONS), METHOD('P', 'A', PRACK),
    METHOD('P', 'B', PUBLISH),   METHOD('R', 'F', REFER),   METHOD('R', 'G', REGISTER),
    METHOD('S', 'B', SUBSCRIBE), METHOD('U', 'D', UPDATE),
};

/* The method of a name that stands in a text with that end. */
static enum sip_method method_of(struct span name, const uint8_t *end)
{
    uint8_t copy[8];

    if (name.n < 3)
        return SIP_M_OTHER;
    size_t i = (name.p[0] * 17u + name.p[2]) % COUNT(methods), n = methods[i].n;
    if (n != name.n)
        return SIP_M_OTHER;
    const uint8_t *p = name.p, *known = (const uint8_t *)methods[i].name;
    if (RARELY(end - p < 8))
        p = memcpy(copy, p, (size_t)(end - p));
    uint64_t differ = word_little(lex_word(p) ^ lex_word(known));
    bool same = !(n < 8 ? differ << (64 - 8 * n) : differ) && name.p[n - 1] == known[n - 1];
    return same ? (enum sip_method)methods[i].kind : SIP_M_OTHER;
}

void sip_kind(struct sip_msg *m)
{
    const struct sip_number *cseq = m->request ? NULL : sip_first(m, SIP_CSEQ);
    struct span name = m->request ? m->method : cseq ? cseq->method : (struct span){NULL, 0};

    m->kind = (uint8_t)method_of(name, m->head.p + m->head.n);
}

enum step sip_decode(struct span in, struct arena *mem, struct sip_msg *m, struct findings *fs)
{
    enum step step = sip_scan(in, mem, m, fs);
    struct marks marks;

    if (step != STEP_ITEM)
        return step;
    struct cursor c = cursor_of(&marks, m->head, m->body.n, mem);
    if (m->request) {
        size_t at = (size_t)(m->uri.text.p - m->head.p);
        uri_parse_at(&marks, at, at + m->uri.text.n, mem, &m->uri);
    }
    for (size_t i = 0; i < m->headers_n; i++) {
        struct sip_header *h = &m->headers[i];
        type(&c, h, (size_t)(h->value.p - m->head.p));
    }
    sip_kind(m);
    m->parts = NULL;
    m->parts_n = 0;
    if (m->body.n)
        sip_parts(m, mem);
    m->full = mem->full;
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
