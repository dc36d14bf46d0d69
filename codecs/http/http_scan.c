/* codecs/http/http_scan.c - start line, fields, body and chunks of a message. */
#include "codecs/base/startline.h"
#include "codecs/http/http_parts.h"

struct scan {
    struct span in;
    struct findings *fs;
    struct http_said said;
};

static void broke_arg(struct scan *s, int rule, size_t off, size_t len, uint64_t arg)
{
    http_broke_once(&s->said, s->fs, rule, off, len, arg);
}

static void broke(struct scan *s, int rule, size_t off, size_t len)
{
    broke_arg(s, rule, off, len, 0);
}

static size_t offset(const struct scan *s, struct span part)
{
    return (size_t)(part.p - s->in.p);
}

/* ---- the start line ---- */

bool http_version_like(struct span s)
{
    return s.n >= 5 && lex_like(span_cut(s, 0, 5), "HTTP/");
}

/* "HTTP/1.1 200 OK": text without the line end. False: it is none. */
static bool status_line(struct scan *s, struct http_msg *m, struct span text)
{
    struct start_status r;

    if (!start_status(text, &r))
        return false;
    m->version = r.version;
    m->status = r.status;
    m->reason = r.reason;
    m->cut |= !r.number || !span_is(r.before, " ") || !span_is(r.behind, " ");
    if (r.number && (r.status < 100 || r.status > 599))
        broke_arg(s, RULE_STATUS_RANGE, offset(s, r.code), r.code.n, r.status);
    if (!r.number)
        broke(s, RULE_STATUS_DIGITS, offset(s, r.code), r.code.n);
    if (!span_is(r.before, " "))
        broke(s, RULE_STATUS_SPACES, offset(s, r.before), r.before.n);
    if (!span_is(r.behind, " "))
        broke(s, RULE_STATUS_NO_SPACE, offset(s, r.behind), r.behind.n);
    return true;
}

/* "GET /index.html HTTP/1.1". False: it is none. */
static bool request_line(struct scan *s, struct http_msg *m, struct span line)
{
    struct start_request r;

    if (!start_request(line, &r) || !http_version_like(r.version))
        return false;
    m->request = true;
    m->method = r.method;
    m->version = r.version;
    m->target = r.target;
    m->form = http_form_of(m->target, m->method);
    m->cut |= !r.single || r.text.n != line.n;
    if (r.text.n != line.n)
        broke(s, RULE_REQUEST_EDGES, offset(s, line), line.n);
    if (!r.single)
        broke(s, RULE_REQUEST_SPACES, offset(s, r.text), r.text.n);
    return true;
}

bool http_has_version(struct span line)
{
    for (size_t at = 0; at < line.n; at++)
        if (http_version_like(span_cut(line, at, line.n)))
            return true;
    return false;
}

/* "GET /index.html" and nothing behind it, as HTTP/0.9 had it: a method of RFC 9110 and a path, or a URI of HTTP. Less
 * than that may be of any protocol. No guess is made by it: only framing brings such a line here, between messages. */
static bool is_old(struct span method, struct span target)
{
    static const char *const methods[] = {"GET",    "HEAD",    "POST", "PUT",
                                          "DELETE", "OPTIONS", "TRACE"};
    struct span authority;
    bool known = false;

    for (size_t i = 0; i < COUNT(methods); i++)
        known |= span_is(method, methods[i]);
    return known && lex_until(target, 0, LEX_BLANK) == target.n &&
           ((target.n && target.p[0] == '/') || http_authority(target, &authority));
}

/* A line that has a version in it, and not as the last of three words: "GET / HTTP/1.1 x"; or none, and is a request
 * all the same. False: it is no such line. */
static bool broken_line(struct scan *s, struct http_msg *m, struct span line)
{
    struct span text = lex_trim(line, LEX_BLANK);
    size_t end = lex_until(text, 0, LEX_BLANK);
    struct span method = span_cut(text, 0, end),
                target = lex_trim(span_cut(text, end, text.n), LEX_BLANK);
    bool old = !http_has_version(text);

    if (old && !is_old(method, target))
        return false;
    m->request = m->cut = true;
    m->method = method;
    m->target = target;
    m->form = old ? http_form_of(target, method) : HTTP_NONE;
    broke(s, RULE_REQUEST_PARTS, offset(s, line), line.n);
    return true;
}

/* From `at` on the start line; sets where it ends. False: it is none. */
static bool start_line(struct scan *s, struct http_msg *m, size_t *at)
{
    size_t from = lex_while(s->in, 0, LEX_EOL), lf = lex_find(s->in, from, '\n');
    bool cr = lf > from && lf < s->in.n && s->in.p[lf - 1] == '\r';
    struct span text = span_cut(s->in, from, cr ? lf - 1 : lf);

    *at = lf < s->in.n ? lf + 1 : lf;
    m->start = span_cut(s->in, 0, *at);
    m->cut = from > 0 || !cr;
    if (!(http_version_like(text) ? status_line(s, m, text)
                                  : request_line(s, m, text) || broken_line(s, m, text)))
        return false;
    if (from)
        broke(s, m->request ? RULE_EMPTY_BEFORE : RULE_EMPTY_BEFORE_STATUS, 0, from);
    if (lf < s->in.n && !cr)
        broke(s, RULE_START_LF, lf, 1);
    size_t bare = lex_find(text, 0, '\r');
    if (bare < text.n)
        broke(s, RULE_START_CR, offset(s, text) + bare, 1);
    return true;
}

/* ---- fields ---- */

size_t http_field_end(struct span in, size_t at, bool *fold)
{
    for (*fold = false;; *fold = true) {
        at = lex_find(in, at, '\n') + 1;
        if (at >= in.n)
            return in.n;
        if (!lex_is(in.p[at], LEX_BLANK))
            return at;
    }
}

/* The first LF of a field without CR before it, the first CR that is none of a line end. */
static void line_ends(struct scan *s, const struct http_header *h)
{
    struct span line = h->line;
    size_t bare_lf = 0, bare_cr = 0;

    for (size_t i = lex_until(line, 0, LEX_EOL); i < line.n; i = lex_until(line, i + 1, LEX_EOL)) {
        if (line.p[i] == '\n')
            bare_lf = bare_lf ? bare_lf : i + 1;
        else if (i + 1 < line.n && line.p[i + 1] == '\n')
            i++;
        else
            bare_cr = bare_cr ? bare_cr : i + 1;
    }
    if (bare_lf)
        broke(s, RULE_FIELD_LF, offset(s, line) + bare_lf - 1, 1);
    if (bare_cr)
        broke(s, RULE_FIELD_CR, offset(s, line) + bare_cr - 1, 1);
}

/* `space`: the rule about white space before the line, as no field stands before it; RULES: one does. */
static void field_line(struct scan *s, struct http_header *h, int space)
{
    struct span line = h->line;
    bool lf = line.p[line.n - 1] == '\n', crlf = lf && line.n >= 2 && line.p[line.n - 2] == '\r';
    struct span text = span_cut(line, 0, line.n - (crlf ? 2 : lf ? 1 : 0));
    size_t colon = lex_find(text, 0, ':');
    size_t blank = space != RULES ? lex_while(line, 0, LEX_BLANK) : 0;

    if (blank)
        broke(s, space, offset(s, line), blank);
    if (colon == text.n) {
        h->cut = true;
        h->value = text;
        broke(s, RULE_NO_COLON, offset(s, line), text.n);
    } else {
        struct span name = span_cut(text, 0, colon);
        h->name = name.n ? lex_trim(name, LEX_LWS) : name;
        h->value = lex_trim(span_cut(text, colon + 1, text.n), LEX_LWS);
        if (!blank) /* such a line is dropped: RFC 9112 section 2.2 */
            h->type = http_type_of(h->name);
        if (name.n && lex_is(name.p[name.n - 1], LEX_LWS))
            broke(s, RULE_SPACE_COLON, offset(s, name) + name.n - 1, 1);
        h->cut = !crlf || h->name.n != colon || h->value.n + colon + 2 != text.n ||
                 text.p[colon + 1] != ' ';
    }
    if (h->fold)
        broke(s, RULE_FOLD, offset(s, line), line.n);
    if (!crlf || h->fold || lex_find(text, 0, '\r') < text.n)
        line_ends(s, h);
}

struct section { /* of fields */
    struct arena_list list;
    struct span blank;
    uint16_t *first; /* NULL: nobody asks */
    int no_blank, blank_lf, space;
};

/* Fields from `at` up to the empty line; where that ends. */
static size_t fields(struct scan *s, struct section *x, size_t at, struct arena *mem)
{
    struct span in = s->in;

    for (;;) {
        size_t left = in.n - at;
        if (left >= 2 && in.p[at] == '\r' && in.p[at + 1] == '\n') {
            x->blank = span_cut(in, at, at + 2);
            return at + 2;
        }
        if (left >= 1 && in.p[at] == '\n') {
            x->blank = span_cut(in, at, at + 1);
            broke(s, x->blank_lf, at, 1);
            return at + 1;
        }
        if (!left || (left == 1 && in.p[at] == '\r')) { /* the octets end before it, or within it */
            x->blank = span_cut(in, at, in.n);
            broke(s, x->no_blank, at, left);
            return in.n;
        }
        bool fold;
        size_t end = http_field_end(in, at, &fold);
        struct http_header *h = arena_push(mem, &x->list, sizeof *h);
        if (h) {
            *h = (struct http_header){.fold = fold, .line = span_cut(in, at, end)};
            field_line(s, h, x->list.n == 1 ? x->space : RULES);
            if (x->first && x->first[h->type] == 0)
                x->first[h->type] = (uint16_t)(x->list.n < UINT16_MAX ? x->list.n : UINT16_MAX);
        }
        at = end;
    }
}

/* ---- chunks ---- */

bool http_hex(struct span s, uint64_t *out)
{
    uint64_t v = 0;

    for (size_t i = 0; i < s.n; i++) {
        if (!lex_is(s.p[i], LEX_HEX) || v >> 60)
            return false;
        uint8_t c = lex_lower(s.p[i]);
        v = v << 4 | (uint64_t)(c <= '9' ? c - '0' : c - 'a' + 10);
    }
    *out = v;
    return s.n > 0;
}

/* The line before a chunk. False: it has no size. */
static bool chunk_line(struct scan *s, struct http_chunk *c)
{
    struct span line = c->line;
    bool lf = line.p[line.n - 1] == '\n', crlf = lf && line.n >= 2 && line.p[line.n - 2] == '\r';
    struct span text = span_cut(line, 0, line.n - (crlf ? 2 : lf ? 1 : 0));
    size_t digits = lex_while(text, 0, LEX_HEX);
    uint8_t usual[20];
    struct wr w = {usual, sizeof usual, 0, false};

    c->ext = span_cut(text, digits, text.n);
    if (!http_hex(span_cut(text, 0, digits), &c->size)) {
        c->cut = true;
        if (lf)
            broke(s, digits ? RULE_CHUNK_LARGE : RULE_CHUNK_SIZE, offset(s, line), digits);
        return false;
    }
    unsigned n = 1;
    while (n < 16 && c->size >> (4 * n))
        n++;
    wr_hex(&w, c->size, n);
    c->cut = !crlf || !span_eq(wr_span(&w), span_cut(text, 0, digits));
    if (lf && !crlf)
        broke(s, RULE_CHUNK_LF, offset(s, line) + line.n - 1, 1);
    size_t bare = lex_find(text, 0, '\r');
    if (lf && bare < text.n)
        broke(s, RULE_CHUNK_CR, offset(s, text) + bare, 1);
    return lf;
}

/* What stands behind the data of a chunk. False: no line end. */
static bool chunk_end(struct scan *s, struct http_chunk *c, size_t at)
{
    struct span left = span_cut(s->in, at, s->in.n);

    if (left.n >= 2 && left.p[0] == '\r' && left.p[1] == '\n') {
        c->end = span_cut(left, 0, 2);
        return true;
    }
    if (left.n >= 1 && left.p[0] == '\n') {
        c->end = span_cut(left, 0, 1);
        broke(s, RULE_CHUNK_END_LF, at, 1);
        return true;
    }
    c->end = span_cut(left, 0, 0);
    if (left.n == 0 || (left.n == 1 && left.p[0] == '\r'))
        broke(s, RULE_CHUNK_SHORT, s->in.n, 0);
    else
        broke(s, RULE_CHUNK_END, at, 1);
    return false;
}

/* Chunks from `at`; where they end. *whole: the last one is among them. */
static size_t chunks(struct scan *s, struct http_msg *m, size_t at, struct arena *mem, bool *whole)
{
    struct arena_list l = {0};
    bool go = true;

    for (*whole = false; go && at < s->in.n && !*whole;) {
        size_t lf = lex_find(s->in, at, '\n');
        struct http_chunk c = {.line = span_cut(s->in, at, lf < s->in.n ? lf + 1 : lf)};
        struct span left = span_cut(s->in, at + c.line.n, s->in.n);
        go = chunk_line(s, &c);
        if (go && c.size == 0) {
            *whole = true;
        } else if (go) {
            c.data = span_cut(left, 0, c.size < left.n ? (size_t)c.size : left.n);
            go = chunk_end(s, &c, at + c.line.n + c.data.n);
        } else if (lf == s->in.n) {
            broke(s, RULE_CHUNK_SHORT, s->in.n, 0);
        }
        at += c.line.n + c.data.n + c.end.n;
        struct http_chunk *put = arena_push(mem, &l, sizeof *put);
        if (put)
            *put = c;
    }
    if (go && !*whole)
        broke(s, RULE_CHUNK_NONE, s->in.n, 0);
    m->chunks = l.p;
    m->chunks_n = l.n;
    return at;
}

static void chunked_body(struct scan *s, struct http_msg *m, struct arena *mem)
{
    struct section trailer = {
        .no_blank = RULE_TRAILER_END, .blank_lf = RULE_TRAILER_LF, .space = RULE_TRAILER_SPACE};
    bool whole;
    size_t at = chunks(s, m, m->head.n, mem, &whole);

    m->end = span_cut(s->in, at, at);
    if (whole) {
        at = fields(s, &trailer, at, mem);
        m->end = trailer.blank;
        m->trailers = trailer.list.p;
        m->trailers_n = trailer.list.n;
    }
    m->rest = span_cut(s->in, at, s->in.n);
}

/* ---- the body ---- */

/* Whether Content-Length is what an encoder would write by itself. */
static void mark_lengths(struct http_msg *m)
{
    uint8_t digits[24];
    struct wr w = {digits, sizeof digits, 0, false};

    wr_dec(&w, m->body.n);
    const struct http_header *first = http_header(m, HTTP_CONTENT_LENGTH);
    for (size_t i = first ? (size_t)(first - m->headers) : m->headers_n; i < m->headers_n; i++)
        if (m->headers[i].type == HTTP_CONTENT_LENGTH)
            m->headers[i].body = span_eq(m->headers[i].value, wr_span(&w));
}

static void body(struct scan *s, struct http_msg *m, struct arena *mem)
{
    struct span all = span_cut(s->in, m->head.n, s->in.n);
    struct http_frame f = http_frame_of(m->head, m->ask);
    uint64_t n = 0;

    m->how = f.how;
    m->length = f.length;
    if (f.both.n)
        broke(s, RULE_LENGTH_BOTH, offset(s, f.both), f.both.n);
    if (f.how == HTTP_BROKEN)
        broke(s, f.coding ? RULE_CODING_LAST : RULE_LENGTH_BAD, offset(s, f.bad), f.bad.n);
    if (f.how == HTTP_CHUNKED) {
        chunked_body(s, m, mem);
        mark_lengths(m);
        return;
    }
    if (f.how == HTTP_LENGTH)
        n = f.length < all.n ? f.length : all.n;
    else if (f.how == HTTP_CLOSE || f.how == HTTP_BROKEN)
        n = all.n;
    if (f.large.n)
        broke(s, RULE_LENGTH_LARGE, offset(s, f.large), f.large.n);
    else if (f.how == HTTP_LENGTH && f.length > all.n && m->blank.n)
        broke_arg(s, RULE_BODY_SHORT, s->in.n, 0, f.length);
    m->body = span_cut(all, 0, (size_t)n);
    m->rest = span_cut(all, (size_t)n, all.n);
    mark_lengths(m);
}

enum step http_decode(struct span in, enum http_ask ask, struct arena *mem, struct http_msg *m,
                      struct findings *fs)
{
    struct scan s = {.in = in, .fs = fs};
    struct section x = {.no_blank = RULE_NO_BLANK,
                        .blank_lf = RULE_BLANK_LF,
                        .space = RULE_SPACE_FIRST,
                        .first = m->first};
    size_t at;

    memset(m, 0, sizeof *m);
    m->ask = ask;
    if (lex_find(in, lex_while(in, 0, LEX_EOL), '\n') == in.n)
        return STEP_MORE;
    if (!start_line(&s, m, &at))
        return STEP_FAIL;
    at = fields(&s, &x, at, mem);
    m->headers = x.list.p;
    m->headers_n = x.list.n;
    m->blank = x.blank;
    m->head = span_cut(in, 0, at);
    body(&s, m, mem);
    return STEP_ITEM;
}
