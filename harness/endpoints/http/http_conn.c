/* harness/endpoints/http/http_conn.c - one side of a connection: messages out of the octets of a stream, and what is
 * refused of them (RFC 9112).
 *
 * Whatever is judged, is judged at the first octet that shows it, and in the order of the octets: so the split of the
 * stream makes no difference. */
#include "harness/endpoints/http/http.h"

enum { FINDINGS = 3 * HTTP_FIELDS_MOST }; /* of one request that are looked at */

/* ---- what a server refuses ---- */

/* What decode and lint find in a request that gets 400, by the clause of the finding: where a recipient has to
 * refuse, and where it may and to be lenient would let two readers of the same octets differ (RFC 9112 sections 11.1,
 * 11.2). Not here: a lone LF behind a line (2.2#2) and an empty line before the request (2.2#7), which are to be
 * taken. */
static const struct {
    const char *clause, *cause; /* cause: a word for tables of deviations */
} refusals[] = {
    {"RFC9112:2.1#a2", "line"},   {"RFC9112:2.2#3", "octet"},    {"RFC9112:2.2#8", "space-first"},
    {"RFC9112:2.3#a1", "line"},   {"RFC9112:3#a1", "line"},      {"RFC9112:3.1#a1", "line"},
    {"RFC9112:3.2#3", "host"},    {"RFC9112:3.2#6", "host"},     {"RFC9112:3.2#a1", "line"},
    {"RFC9112:3.2#a2", "line"},   {"RFC9112:3.2.1#2", "line"},   {"RFC9112:3.2.3#1", "line"},
    {"RFC9112:3.2.3#a1", "line"}, {"RFC9112:3.2.3#a2", "line"},  {"RFC9112:3.2.4#a1", "line"},
    {"RFC9112:5#a1", "field"},    {"RFC9112:5#a2", "field"},     {"RFC9112:5.1#a1", "colon"},
    {"RFC9112:5.2#1", "fold"},    {"RFC9112:6.1#2", "coding"},   {"RFC9112:6.1#3", "coding"},
    {"RFC9112:6.1#14", "coding"}, {"RFC9112:6.1#a1", "coding"},  {"RFC9112:6.2#1", "both"},
    {"RFC9112:6.3#4a", "length"}, {"RFC9112:7.1#4", "coding"},   {"RFC9112:7.1#a1", "chunk"},
    {"RFC9112:7.1#a2", "chunk"},  {"RFC9112:7.1.1#a1", "chunk"}, {"RFC9110:4.2.4#1", "line"},
    {"RFC9110:5.5#a1", "octet"},  {"RFC9110:7.2#a1", "host"},    {"RFC3986:2#a1", "line"},
    {"RFC3986:2.1#a1", "line"},   {"RFC9110:4.2.1#1", "host"},   {"RFC9110:4.2.1#a1", "host"},
    {"RFC9110:4.2.2#1", "host"},  {"RFC9110:4.2.2#a1", "host"},
};

static bool taken(const struct http_conn *c, const char *clause)
{
    if (c->lenient)
        return true;
    for (size_t i = 0; i < COUNT(c->takes); i++)
        if (c->takes[i] && strcmp(c->takes[i], clause) == 0)
            return true;
    return false;
}

static const struct finding *refused(const struct http_conn *c, const struct findings *fs,
                                     const char **cause)
{
    for (size_t i = 0; i < findings_kept(fs); i++)
        for (size_t k = 0; k < COUNT(refusals); k++)
            if (strcmp(fs->v[i].clause, refusals[k].clause) == 0 && !taken(c, fs->v[i].clause)) {
                *cause = refusals[k].cause;
                return &fs->v[i];
            }
    return NULL;
}

/* ---- faults ---- */

static struct span window_of(const struct http_conn *c)
{
    return (struct span){c->window + c->from, c->n - c->from};
}

bool http_conn_for_head(const struct http_conn *c)
{
    struct span in = window_of(c), line = span_cut(in, lex_while(in, 0, LEX_EOL), in.n);
    size_t n = lex_until(line, 0, LEX_BLANK | LEX_EOL);

    return n < line.n && span_is(span_cut(line, 0, n), "HEAD");
}

static enum http_got fault(struct http_conn *c, struct http_item *it, uint16_t status,
                           const char *cause, const char *why)
{
    it->octets = window_of(c);
    it->status = c->server ? status : 0;
    it->cause = cause;
    it->why = why;
    it->head = http_conn_for_head(c);
    c->over = true;
    return HTTP_GOT_FAULT;
}

/* Framing is lost: a limit of ours, or what `fs` says. */
static enum http_got lost(struct http_conn *c, struct http_item *it, const struct findings *fs)
{
    switch (c->dec.over) {
    case HTTP_OVER_HEAD:
        return fault(c, it, 431, "large", "the header, or the trailer section, is too large");
    case HTTP_OVER_BODY:
        return fault(c, it, 413, "large", "the content is too large");
    case HTTP_OVER_LINE:
        return fault(c, it, 400, "chunk",
                     "the line before a chunk is too long"); /* RFC9112:7.1.1#a2 */
    case HTTP_OVER_NOTHING:
        break;
    }
    return fault(c, it, 400,
                 c->dec.in_body        ? "chunk"
                 : c->dec.frame.coding ? "coding"
                                       : "length",
                 findings_kept(fs) ? fs->v[0].what : "this is no message");
}

/* ---- the start line ---- */

/* False: it is refused. *more: its end is not there yet. */
static bool request_line(struct http_conn *c, struct http_item *it, struct arena *mem, bool *more)
{
    struct span in = span_cut(window_of(c), 0, c->most.head); /* beyond it is another refusal */
    size_t from = lex_while(in, 0, LEX_EOL);
    struct span line = span_cut(in, from, in.n);
    size_t method = lex_until(line, 0, LEX_BLANK | LEX_EOL);
    size_t end = lex_until(line, method + 1, LEX_BLANK | LEX_EOL);
    struct findings none = {0};
    struct http_msg m;

    *more = false;
    if (method > HTTP_METHOD_MOST)
        return fault(c, it, 501, "method", "the method is longer than any that is known"), false;
    if (method < line.n && lex_is(line.p[method], LEX_BLANK) && end - (method + 1) > c->most.target)
        return fault(c, it, 414, "large", "the request target is too long"), false;
    if (c->line_seen < from)
        c->line_seen = from;
    size_t lf = lex_find(in, c->line_seen, '\n');
    c->line_seen = lf;
    if (lf - from > HTTP_LINE_MOST)
        return fault(c, it, 400, "line", "the request line is too long"), false;
    if (lf == in.n) {
        *more = true;
        return true;
    }
    if (http_decode(span_cut(in, 0, lf + 1), HTTP_ASK_OTHER, mem, &m, &none) != STEP_ITEM ||
        !m.request || !http_has_version(m.start)) /* RFC9112:2.1#a3, 3.2#1 */
        return fault(c, it, 400, "line", "this is no request"), false;
    struct span number = span_cut(m.version, 5, m.version.n);
    if (number.n == 3 && lex_is(number.p[0], LEX_DIGIT) && number.p[1] == '.' &&
        lex_is(number.p[2], LEX_DIGIT) && number.p[0] != '1' && !c->lenient)
        return fault(c, it, 505, "version", "this version is not served"), false;
    c->started = true;
    return true;
}

/* Of a response: that the octets could still be one. */
static bool status_line(struct http_conn *c, struct http_item *it)
{
    struct span in = span_cut(window_of(c), 0, c->most.head); /* beyond it is another fault */
    struct span line = span_cut(in, lex_while(in, 0, LEX_EOL), in.n);
    char begin[] = "HTTP/1.";

    begin[line.n < sizeof begin - 1 ? line.n : sizeof begin - 1] = '\0';
    if (!span_is(span_cut(line, 0, sizeof begin - 1), begin))
        return fault(c, it, 0, "line", "this is no response of HTTP/1"), false;
    c->started = line.n >= sizeof begin - 1;
    return true;
}

/* ---- the head ---- */

/* RFC9112:6.1#9: a coding that is not known. */
static bool other_coding(const struct http_msg *m)
{
    struct span e;

    for (const struct http_header *h = http_header(m, HTTP_TRANSFER_ENCODING); h;
         h = http_header_next(m, h))
        for (size_t at = 0; http_element(h->value, &at, &e);)
            if (e.n && !lex_like(span_cut(e, 0, lex_while(e, 0, LEX_TCHAR)), "chunked"))
                return true;
    return false;
}

/* Host names none, and the target none in its place: an http or https URI without host is refused (RFC9110:4.2.1#2,
 * 4.2.2#2). For one whose authority is empty as a whole a server may have a default (RFC 9112 section 3.3); ours has
 * it only where there is no Host, in a request of HTTP/1.0. */
static bool no_host(const struct http_msg *m, const struct http_header *host)
{
    return host && m->form != HTTP_ABSOLUTE && m->form != HTTP_AUTHORITY &&
           http_without_port(host->value).n == 0;
}

/* A request's head, or the whole of it; HTTP_GOT_NOTHING: it is not refused. */
static enum http_got judge(struct http_conn *c, struct http_item *it, struct span octets,
                           struct arena mem)
{
    struct findings fs = {.v = arena_new(&mem, FINDINGS * sizeof *fs.v)};
    const char *cause = NULL;
    struct http_msg m;

    fs.cap = fs.v ? FINDINGS : 0;
    if (http_decode(octets, HTTP_ASK_OTHER, &mem, &m, &fs) != STEP_ITEM)
        return fault(c, it, 400, "line", "this is no request");
    if (m.headers_n > c->most.fields)
        return fault(c, it, 431, "large", "there are too many header fields");
    http_lint(&m, &fs);
    const struct finding *f = refused(c, &fs, &cause);
    if (f)
        return fault(c, it, 400, cause, f->what);
    const struct http_header *host = http_header(&m, HTTP_HOST);
    if (host && lex_find(host->value, 0, '@') < host->value.n && !c->lenient)
        return fault(c, it, 400, "host", "Host has user information"); /* RFC9112:3.2#6 */
    if (no_host(&m, host) && !c->lenient)
        return fault(c, it, 400, "host", "Host names no host");
    if (other_coding(&m) && !c->lenient)
        return fault(c, it, 501, "coding", "a transfer coding is not known");
    return HTTP_GOT_NOTHING;
}

static enum http_got head(struct http_conn *c, struct http_item *it, struct arena *mem)
{
    struct span in = window_of(c);
    struct findings fs = {0};
    struct arena scratch = *mem;
    bool more = false;

    if (!c->started && !(c->server ? request_line(c, it, &scratch, &more) : status_line(c, it)))
        return HTTP_GOT_FAULT;
    if (!c->server)
        c->dec.ask = (enum http_ask)c->asks[0];
    struct finding first;
    fs = (struct findings){.v = &first, .cap = 1};
    enum step s = http_next_head(&c->dec, in, &fs);
    if (s == STEP_FAIL)
        return lost(c, it, &fs);
    if (s == STEP_MORE)
        return HTTP_GOT_NOTHING;
    if (!c->server)
        return HTTP_GOT_NOTHING;
    enum http_got got = judge(c, it, span_cut(in, 0, c->dec.head), scratch);
    if (got != HTTP_GOT_NOTHING)
        return got;
    it->octets = span_cut(in, 0, c->dec.head);
    it->close = c->dec.frame.both.n > 0;
    c->told = c->dec.frame.how == HTTP_CHUNKED ||
              (c->dec.frame.how == HTTP_LENGTH && c->dec.frame.length > 0);
    return c->told ? HTTP_GOT_HEAD : HTTP_GOT_NOTHING;
}

/* ---- messages ---- */

/* A response has come: whose it was, and what the connection is behind it. */
static void responded(struct http_conn *c, struct http_item *it, struct arena *mem)
{
    struct arena scratch = *mem;
    struct findings none = {0};
    struct http_msg m;

    it->ask = (enum http_ask)c->asks[0];
    http_decode(it->octets, it->ask, &scratch, &m, &none);
    it->final = m.status / 100 != 1 || m.status == 101;
    c->tunnel = m.status == 101 || m.how == HTTP_TUNNEL;
    if (it->final) {
        c->n_asks--;
        memmove(c->asks, c->asks + 1, c->n_asks);
    }
}

static enum http_got whole(struct http_conn *c, struct http_item *it, size_t n, bool both,
                           struct arena *mem)
{
    it->octets = span_cut(window_of(c), 0, n);
    it->close = both;
    if (c->server) {
        enum http_got got = judge(c, it, it->octets, *mem);
        if (got != HTTP_GOT_NOTHING)
            return got;
    } else {
        responded(c, it, mem);
    }
    c->done = n;
    c->started = c->told = false;
    c->line_seen = 0;
    return HTTP_GOT_MESSAGE;
}

/* What the octets that are there make. */
static enum http_got look(struct http_conn *c, struct http_item *it, struct arena *mem)
{
    struct span in = window_of(c);
    struct finding first;
    struct findings fs = {.v = &first, .cap = 1};
    size_t used;

    if (!c->server && c->n_asks == 0) { /* RFC9112:9.2#2a, #2b */
        if (lex_while(in, 0, LEX_EOL) < in.n)
            return fault(c, it, 0, "stray", "octets come that no request was sent for");
        c->from = c->n;
        return HTTP_GOT_NOTHING;
    }
    if (!c->dec.in_body) {
        enum http_got got = head(c, it, mem);
        if (got != HTTP_GOT_NOTHING || !c->dec.in_body)
            return got;
    }
    bool both = c->dec.frame.both.n > 0;
    enum step s = http_next(&c->dec, in, &used, &fs);
    if (s == STEP_FAIL)
        return lost(c, it, &fs);
    return s == STEP_ITEM ? whole(c, it, used, both, mem) : HTTP_GOT_NOTHING;
}

/* Make room, and take what fits. */
static void fill(struct http_conn *c, struct span *in)
{
    if (c->from && (c->from == c->n || HTTP_WINDOW - c->n < in->n)) {
        memmove(c->window, c->window + c->from, c->n - c->from);
        c->n -= c->from;
        c->from = 0;
    }
    struct span part = span_cut(*in, 0, HTTP_WINDOW - c->n);
    if (part.n)
        memcpy(c->window + c->n, part.p, part.n);
    c->n += part.n;
    *in = span_cut(*in, part.n, in->n);
}

static enum http_got pass(struct http_conn *c, struct span *in, struct http_item *it)
{
    it->octets = window_of(c);
    if (it->octets.n) {
        c->done = it->octets.n;
    } else {
        it->octets = *in;
        *in = span_cut(*in, in->n, in->n);
    }
    return it->octets.n ? HTTP_GOT_OCTETS : HTTP_GOT_NOTHING;
}

enum http_got http_conn_take(struct http_conn *c, struct span *in, struct arena *mem,
                             struct http_item *it)
{
    *it = (struct http_item){0};
    c->from += c->done;
    c->done = 0;
    for (;;) {
        if (c->over) {
            *in = span_cut(*in, in->n, in->n);
            return HTTP_GOT_NOTHING;
        }
        if (c->tunnel && !c->held)
            return pass(c, in, it);
        enum http_got got = c->held || c->from == c->n ? HTTP_GOT_NOTHING : look(c, it, mem);
        if (got != HTTP_GOT_NOTHING)
            return got;
        if (in->n == 0)
            return HTTP_GOT_NOTHING;
        size_t before = in->n;
        fill(c, in);
        if (in->n == before)
            return c->held ? HTTP_GOT_NOTHING
                           : fault(c, it, 413, "large", "the request is too large");
    }
}

enum http_got http_conn_end(struct http_conn *c, struct http_item *it)
{
    struct span in;

    *it = (struct http_item){0};
    c->from += c->done;
    c->done = 0;
    in = window_of(c);
    if (c->over || c->tunnel || (c->n_asks == 0 && in.n == 0))
        return HTTP_GOT_NOTHING;
    if (!c->server && c->dec.in_body && c->dec.frame.how == HTTP_CLOSE) { /* RFC9112:6.3#a5, #a8 */
        it->octets = in;
        it->ask = (enum http_ask)c->asks[0];
        it->final = it->close = true;
        c->done = in.n;
        c->dec = (struct http_dec){.head_most = c->dec.head_most, .body_most = c->dec.body_most};
        c->n_asks--;
        memmove(c->asks, c->asks + 1, c->n_asks);
        return HTTP_GOT_MESSAGE;
    }
    return fault(c, it, 400, "end",
                 in.n ? "the connection ends within a message"
                      : "the connection ends without a response"); /* RFC9112:8#a1 */
}

/* ---- the rest ---- */

static uint32_t limit(uint32_t wish, uint32_t most)
{
    return wish && wish < most ? wish : most;
}

void http_conn_init(struct http_conn *c, bool server, const struct http_limits *most,
                    uint8_t *window)
{
    static const struct http_limits none;

    if (!most)
        most = &none;
    *c = (struct http_conn){.server = server, .window = window};
    c->most = (struct http_limits){.target = limit(most->target, HTTP_TARGET_MOST),
                                   .head = limit(most->head, HTTP_HEAD_MOST),
                                   .fields = limit(most->fields, HTTP_FIELDS_MOST),
                                   .content = limit(most->content, HTTP_CONTENT_MOST)};
    c->dec = (struct http_dec){.head_most = c->most.head, .body_most = c->most.content};
}

bool http_idempotent(struct span method)
{
    static const char *const v[] = {"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"};

    for (size_t i = 0; i < COUNT(v); i++)
        if (span_is(method, v[i]))
            return true;
    return false;
}

bool http_conn_asked(struct http_conn *c, struct span method)
{
    if (c->n_asks == HTTP_OUTSTANDING)
        return false;
    c->asks[c->n_asks++] = (uint8_t)http_ask_of(method);
    return true;
}

struct span http_content_of(struct span octets, enum http_ask ask, struct arena *mem)
{
    struct http_dec d = {.ask = ask};
    struct findings none = {0};
    struct span in, data;
    size_t used;

    if (http_next_head(&d, octets, &none) != STEP_ITEM || d.frame.how == HTTP_NO_BODY ||
        d.frame.how == HTTP_TUNNEL)
        return span_cut(octets, 0, 0);
    in = span_cut(octets, d.head, octets.n);
    if (d.frame.how != HTTP_CHUNKED)
        return d.frame.how == HTTP_LENGTH && d.frame.length < in.n
                   ? span_cut(in, 0, (size_t)d.frame.length)
                   : in;
    struct wr w = {arena_new(mem, in.n), in.n, 0, false};
    d.chunks.most = 0;
    for (size_t at = 0; w.p && at < in.n && !d.chunks.done; at += used) {
        if (http_chunked_next(&d.chunks, span_cut(in, at, in.n), &used, &data, &none) == STEP_FAIL)
            break;
        wr_put(&w, data);
    }
    return w.p ? wr_span(&w) : span_cut(octets, 0, 0);
}
