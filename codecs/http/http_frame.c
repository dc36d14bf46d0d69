/* codecs/http/http_frame.c - where messages of a stream end (RFC 9112 sections 6.3 and 7.1). */
#include "codecs/http/http_parts.h"

/* ---- body length ---- */

struct codings {
    bool any, last; /* the last one is chunked */
    struct span line;
};

/* The elements of one Transfer-Encoding. */
static void coding_list(struct codings *c, struct span value)
{
    struct span e;

    for (size_t at = 0; http_element(value, &at, &e);) {
        struct span name = lex_trim(span_cut(e, 0, lex_find(e, 0, ';')), LEX_LWS);
        if (e.n) /* a recipient passes over empty elements: RFC 9110 section 5.6.1.2 */
            c->last = lex_like(name, "chunked");
    }
    c->any = true;
}

struct lengths {
    bool any, bad, large;
    uint64_t v;
    struct span digits; /* of the first number, without zeros before it */
    struct span line;
};

/* A decimal number without the zeros before it, of no octets for zero. False: it is none. */
static bool digits_of(struct span s, struct span *digits)
{
    size_t zeros = 0;

    while (zeros < s.n && s.p[zeros] == '0')
        zeros++;
    *digits = span_cut(s, zeros, s.n);
    return lex_all(s, LEX_DIGIT);
}

/* The elements of one Content-Length: numbers, all the same. */
static void length_list(struct lengths *l, struct span value, struct span line)
{
    struct span e, digits;
    bool first = !l->any;
    size_t n = 0;

    l->any = true;
    for (size_t at = 0; http_element(value, &at, &e); n++) {
        bool good = digits_of(e, &digits) && (first || span_eq(digits, l->digits));
        if (!good && !l->bad) {
            l->bad = true;
            l->line = line;
        }
        if (good && first) {
            l->digits = digits;
            l->large = digits.n && !lex_number(digits, &l->v);
        }
        first = false;
    }
    if (n == 0 && !l->bad) {
        l->bad = true;
        l->line = line;
    }
    if (!l->line.n)
        l->line = line;
}

unsigned http_status_of(struct span head, size_t *behind)
{
    size_t from = lex_while(head, 0, LEX_EOL), lf = lex_find(head, from, '\n');
    struct span text = lex_trim(span_cut(head, from, lf), LEX_EOL);
    uint64_t v;

    *behind = lf < head.n ? lf + 1 : lf;
    if (!http_version_like(text))
        return 0;
    size_t at = lex_while(text, lex_until(text, 0, LEX_BLANK), LEX_BLANK);
    struct span code = span_cut(text, at, lex_until(text, at, LEX_BLANK));
    return code.n == 3 && lex_number(code, &v) && v ? (unsigned)v
                                                    : 999; /* no response without status */
}

static void field(struct span line, struct codings *c, struct lengths *l)
{
    size_t colon = lex_find(line, 0, ':');
    struct span name = lex_trim(span_cut(line, 0, colon), LEX_LWS);
    struct span value = lex_trim(span_cut(line, colon + 1, line.n), LEX_LWS);

    if (colon == line.n || (name.n != 17 && name.n != 14))
        return;
    if (lex_like(name, "Transfer-Encoding")) {
        coding_list(c, value);
        c->line = line;
    } else if (lex_like(name, "Content-Length")) {
        length_list(l, value, line);
    }
}

static bool blank_line(struct span in, size_t at)
{
    return in.p[at] == '\n' || (in.p[at] == '\r' && (at + 1 == in.n || in.p[at + 1] == '\n'));
}

struct http_frame http_frame_of(struct span head, enum http_ask ask)
{
    struct codings c = {0};
    struct lengths l = {0};
    struct http_frame f = {0};
    size_t at;
    unsigned status = http_status_of(head, &at);

    while (at < head.n && !blank_line(head, at)) {
        bool fold;
        size_t end = http_field_end(head, at, &fold);
        if (!lex_is(head.p[at], LEX_BLANK)) /* such a line is dropped: RFC 9112 section 2.2 */
            field(span_cut(head, at, end), &c, &l);
        at = end;
    }
    if (c.any && l.any)
        f.both = l.line;
    if (status && (ask == HTTP_ASK_HEAD || status / 100 == 1 || status == 204 || status == 304)) {
        f.how = HTTP_NO_BODY;
    } else if (status / 100 == 2 && ask == HTTP_ASK_CONNECT) {
        f.how = HTTP_TUNNEL;
    } else if (c.any) {
        f.how = c.last ? HTTP_CHUNKED : status ? HTTP_CLOSE : HTTP_BROKEN;
        f.bad = c.line;
        f.coding = true;
    } else if (l.any) {
        f.how = l.bad ? HTTP_BROKEN : HTTP_LENGTH;
        f.bad = l.line;
        f.length = l.bad ? 0 : l.large ? UINT64_MAX : l.v;
        f.large = span_cut(l.line, 0, l.large && !l.bad ? l.line.n : 0);
    } else {
        f.how = status ? HTTP_CLOSE : HTTP_NO_BODY;
    }
    return f;
}

/* ---- the chunked coding ---- */

enum state {
    SIZE,    /* digits: none yet where line is 0 */
    EXT,     /* up to the LF */
    DATA,    /* left octets */
    END,     /* behind the data */
    END_LF,  /* behind a CR there */
    TRAILER, /* at the beginning of a line */
    TRAILER_CR,
    TRAILER_LINE,
};

static enum step lost(struct findings *fs, int rule, size_t at)
{
    http_broke(fs, rule, at, 1, 0);
    return STEP_FAIL;
}

/* A limit of ours: the other side broke nothing. */
static enum step too_long(struct http_chunked *c, enum http_over over, struct findings *fs,
                          const char *what, size_t at, uint64_t limit)
{
    c->over = over;
    finding_add(
        fs, (struct finding){
                .clause = "RFC9112:7.1#3", .what = what, .level = MAY, .off = at, .arg = {limit}});
    return STEP_FAIL;
}

/* An octet of the line before a chunk. */
static enum step size_octet(struct http_chunked *c, uint8_t o, size_t at, struct findings *fs)
{
    bool digit = c->state == SIZE && lex_is(o, LEX_HEX);

    if (digit && c->left >> 60) { /* RFC9112:7.1#3: read no further, and for no other number */
        c->over = HTTP_OVER_BODY;
        return lost(fs, RULE_CHUNK_LARGE, at);
    }
    if (c->state == SIZE && !digit && c->line == 0)
        return lost(fs, RULE_CHUNK_SIZE, at);
    if (++c->line > HTTP_LINE_MAX)
        return too_long(c, HTTP_OVER_LINE, fs, "the line before a chunk is longer than %u octets",
                        at, HTTP_LINE_MAX);
    if (digit) {
        uint8_t v = lex_lower(o);
        c->left = c->left << 4 | (uint64_t)(v <= '9' ? v - '0' : v - 'a' + 10);
    } else if (o != '\n') {
        c->state = EXT;
    } else {
        uint64_t most = c->most ? c->most : HTTP_BODY_MAX;
        if (c->left > most - c->total)
            return too_long(c, HTTP_OVER_BODY, fs, "a chunked body is longer than %u octets", at,
                            most);
        c->state = c->left ? DATA : TRAILER;
        c->line = 0;
    }
    return STEP_MORE;
}

/* An octet of what stands behind data, or of the trailer section. */
static enum step other_octet(struct http_chunked *c, uint8_t o, size_t at, struct findings *fs)
{
    switch (c->state) {
    case END:
    case END_LF:
        if (o == '\n')
            c->state = SIZE;
        else if (o == '\r' && c->state == END)
            c->state = END_LF;
        else
            return lost(fs, RULE_CHUNK_END, at);
        return STEP_MORE;
    case TRAILER:
    case TRAILER_CR:
        if (o == '\n') {
            c->done = true;
            return STEP_ITEM;
        }
        c->state = o == '\r' && c->state == TRAILER ? TRAILER_CR : TRAILER_LINE;
        break;
    default:
        if (o == '\n')
            c->state = TRAILER;
        break;
    }
    size_t most = c->trailer_most ? c->trailer_most : HTTP_HEAD_MAX;
    if (++c->line > most)
        return too_long(c, HTTP_OVER_HEAD, fs, "a trailer section is longer than %u octets", at,
                        most);
    return STEP_MORE;
}

enum step http_chunked_next(struct http_chunked *c, struct span in, size_t *used, struct span *data,
                            struct findings *fs)
{
    *data = (struct span){NULL, 0};
    for (*used = 0; *used < in.n && !c->done;) {
        if (c->state == DATA) {
            size_t n = in.n - *used < c->left ? in.n - *used : (size_t)c->left;
            *data = span_cut(in, *used, *used + n);
            *used += n;
            c->left -= n;
            c->total += n;
            if (c->left == 0)
                c->state = END;
            return STEP_ITEM;
        }
        size_t at = (*used)++;
        enum step s =
            c->state <= EXT ? size_octet(c, in.p[at], at, fs) : other_octet(c, in.p[at], at, fs);
        if (s != STEP_MORE)
            return s;
    }
    return c->done ? STEP_ITEM : STEP_MORE;
}

/* ---- streams ---- */

static enum step limit(struct http_dec *d, enum http_over over, struct findings *fs,
                       const char *what, uint64_t max)
{
    d->over = over;
    finding_add(
        fs, (struct finding){.clause = "RFC9110:8.6#8", .what = what, .level = MAY, .arg = {max}});
    return STEP_FAIL;
}

enum step http_next_head(struct http_dec *d, struct span in, struct findings *fs)
{
    size_t most = d->head_most ? d->head_most : HTTP_HEAD_MAX;
    uint64_t body = d->body_most ? d->body_most : HTTP_BODY_MAX;

    d->from = lex_while(in, d->from, LEX_EOL);
    if (d->from == in.n)
        return in.n > most ? limit(d, HTTP_OVER_HEAD, fs, "no start line within %u octets", most)
                           : STEP_MORE;
    if (d->seen < d->from)
        d->seen = d->from;
    size_t n = lex_head(in, &d->seen);
    if (!n && in.n <= most)
        return STEP_MORE;
    if (!n || n > most)
        return limit(d, HTTP_OVER_HEAD, fs, "no empty line within %u octets", most);
    d->frame = http_frame_of(span_cut(in, 0, n), d->ask);
    if (d->frame.how == HTTP_BROKEN) {
        http_broke(fs, d->frame.coding ? RULE_CODING_LAST : RULE_LENGTH_BAD,
                   (size_t)(d->frame.bad.p - in.p), d->frame.bad.n, 0);
        return STEP_FAIL;
    }
    if (d->frame.large.n || (d->frame.how == HTTP_LENGTH && d->frame.length > body))
        return limit(d, HTTP_OVER_BODY, fs, "Content-Length is above %u", body);
    d->chunks.most = body;
    d->chunks.trailer_most = most;
    d->seen = d->head = n;
    d->in_body = true;
    return STEP_ITEM;
}

/* The chunks, as far as they are there. */
static enum step chunk_frames(struct http_dec *d, struct span in, struct findings *fs)
{
    enum step s = STEP_ITEM;

    while (s == STEP_ITEM && !d->chunks.done) {
        size_t took;
        struct span data;
        struct findings inner = *fs;
        inner.base += d->seen;
        s = http_chunked_next(&d->chunks, span_cut(in, d->seen, in.n), &took, &data, &inner);
        fs->n = inner.n;
        d->seen += took;
    }
    d->over = d->chunks.over;
    return s;
}

enum step http_next(struct http_dec *d, struct span in, size_t *used, struct findings *fs)
{
    enum step s = d->in_body ? STEP_ITEM : http_next_head(d, in, fs);
    size_t end = d->seen;

    *used = 0;
    if (s != STEP_ITEM)
        return s;
    switch (d->frame.how) {
    case HTTP_LENGTH:
        if (in.n < end || in.n - end < d->frame.length)
            return STEP_MORE;
        end += (size_t)d->frame.length;
        break;
    case HTTP_CHUNKED:
        s = chunk_frames(d, in, fs);
        end = d->seen;
        break;
    case HTTP_CLOSE:
        return STEP_MORE;
    default:
        break;
    }
    if (s != STEP_ITEM || in.n < end)
        return s == STEP_FAIL ? STEP_FAIL : STEP_MORE;
    *used = end;
    *d = (struct http_dec){.head_most = d->head_most, .body_most = d->body_most};
    return STEP_ITEM;
}
