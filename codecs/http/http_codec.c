/* codecs/http/http_codec.c - what is asked of a message, and the descriptor that the registry lists. */
#include "codecs/http/http_parts.h"

/* The first of a type from UINT16_MAX - 1 on; NULL: there is none. */
static SELDOM const struct http_header *far_header(const struct http_msg *m, enum http_type type)
{
    const struct http_header *v = m->headers;

    for (size_t i = UINT16_MAX - 1; v && i < m->headers_n; i++)
        if (v[i].type == type)
            return &v[i];
    return NULL;
}

const struct http_header *http_header(const struct http_msg *m, enum http_type type)
{
    size_t i = m->first[type];

    if (i == 0)
        return NULL;
    return i < UINT16_MAX ? &m->headers[i - 1] : far_header(m, type);
}

const struct http_header *http_header_next(const struct http_msg *m, const struct http_header *h)
{
    enum http_type type = h->type;

    for (const struct http_header *end = m->headers + m->headers_n; ++h < end;)
        if (h->type == type)
            return h;
    return NULL;
}

bool http_has_token(const struct http_msg *m, enum http_type type, const char *token)
{
    struct span e;

    for (const struct http_header *h = http_header(m, type); h; h = http_header_next(m, h))
        for (size_t at = 0; http_element(h->value, &at, &e);)
            if (lex_like(span_cut(e, 0, lex_while(e, 0, LEX_TCHAR)), token))
                return true;
    return false;
}

enum http_ask http_ask_of(struct span method)
{
    return span_is(method, "HEAD")      ? HTTP_ASK_HEAD
           : span_is(method, "CONNECT") ? HTTP_ASK_CONNECT
                                        : HTTP_ASK_OTHER;
}

bool http_persists(const struct http_msg *m)
{
    if (m->how == HTTP_CLOSE || m->how == HTTP_TUNNEL || m->how == HTTP_BROKEN ||
        http_has_token(m, HTTP_CONNECTION, "close"))
        return false;
    return !span_is(m->version, "HTTP/1.0") || http_has_token(m, HTTP_CONNECTION, "keep-alive");
}

void http_content(struct wr *w, const struct http_msg *m)
{
    wr_put(w, m->body);
    for (size_t i = 0; i < m->chunks_n; i++)
        wr_put(w, m->chunks[i].data);
}

unsigned http_guess(struct span in, uint16_t port)
{
    size_t at = lex_while(in, 0, LEX_EOL);
    struct span head = span_cut(in, at, at + 8192);
    size_t lf = lex_find(head, 0, '\n');
    struct span line = lex_trim(span_cut(head, 0, lf), LEX_LWS);

    if (http_version_like(line)) /* a status line: "HTTP/1.1 200" */
        return line.n >= 12 && line.p[5] == '1' && line.p[6] == '.' &&
                       lex_is(line.p[8], LEX_BLANK) && lex_is(line.p[9], LEX_DIGIT)
                   ? port == HTTP_PORT ? 97 : 95
                   : 0;
    if (lf == head.n || lex_while(line, 0, LEX_TCHAR) == 0)
        return 0;
    size_t last = line.n;
    while (last > 0 && !lex_is(line.p[last - 1], LEX_BLANK))
        last--;
    struct span version = span_cut(line, last, line.n);
    bool one = last > 0 && http_version_like(version) && version.n >= 6 && version.p[5] == '1';
    return one ? port == HTTP_PORT ? 97 : 95 : 0;
}

static enum step next(struct span in, size_t *used, struct findings *fs)
{
    struct http_dec d = {0};
    return http_next(&d, in, used, fs);
}

static enum step decode_as(struct span in, enum http_ask ask, struct arena *mem, const void **view,
                           struct findings *fs)
{
    struct http_msg *m = arena_take(mem, sizeof *m);

    *view = NULL;
    if (!m)
        return STEP_MORE;
    enum step s = http_decode(in, ask, mem, m, fs);
    if (s == STEP_ITEM)
        *view = m;
    return s;
}
static enum step decode(struct span in, struct arena *mem, const void **view, struct findings *fs)
{
    return decode_as(in, HTTP_ASK_OTHER, mem, view, fs);
}
static enum step decode_head(struct span in, struct arena *mem, const void **view,
                             struct findings *fs)
{
    return decode_as(in, HTTP_ASK_HEAD, mem, view, fs);
}
static enum step decode_connect(struct span in, struct arena *mem, const void **view,
                                struct findings *fs)
{
    return decode_as(in, HTTP_ASK_CONNECT, mem, view, fs);
}

static void lint(const void *view, struct findings *fs)
{
    http_lint(view, fs);
}

/* "GET /index.html", "200 OK". */
static void brief(struct wr *w, const void *view)
{
    const struct http_msg *m = view;

    if (m->request) {
        wr_put(w, m->method);
        wr_u8(w, ' ');
        wr_put(w, m->target);
        return;
    }
    wr_dec(w, m->status);
    wr_u8(w, ' ');
    wr_put(w, m->reason);
}

/* Tokens for a dictionary: names with their colons, and words that parsers look for. */
static bool token(size_t i, struct wr *w, const char **name)
{
    static const char *const words[][2] = {
        {"version", " HTTP/1.1\r\n"},
        {"version-10", " HTTP/1.0\r\n"},
        {"get", "GET / HTTP/1.1"},
        {"post", "POST /"},
        {"head", "HEAD "},
        {"connect", "CONNECT a:80"},
        {"options", "OPTIONS *"},
        {"trace", "TRACE "},
        {"ok", "HTTP/1.1 200 OK"},
        {"switching", "HTTP/1.1 101 "},
        {"no-content", "HTTP/1.1 204 "},
        {"not-modified", "HTTP/1.1 304 "},
        {"fold", "\r\n "},
        {"end", "\r\n\r\n"},
        {"chunked", "Transfer-Encoding: chunked\r\n\r\n"},
        {"chunk", "5\r\nhello\r\n"},
        {"last-chunk", "0\r\n\r\n"},
        {"chunk-ext", ";a=\"b\""},
        {"gzip", "gzip, "},
        {"close", "close"},
        {"keep-alive", "keep-alive"},
        {"websocket", "websocket"},
        {"date", "Sun, 06 Nov 1994 08:49:37 GMT"},
        {"http", "http://"},
        {"continue", "100-continue"},
        {"trailers", "trailers;q=0.5"},
    };

    if (i < COUNT(words)) {
        *name = words[i][0];
        wr_text(w, words[i][1]);
        return true;
    }
    i -= COUNT(words) - 1;
    if (i >= HTTP_TYPES)
        return false;
    *name = http_names[i].name;
    wr_text(w, http_names[i].name);
    wr_u8(w, ':');
    return true;
}

const struct codec http_codec = {
    .name = "http",
    .framing = FRAMING_STREAM,
    .port = HTTP_PORT,
    .port_secure = HTTP_PORT_TLS,
    .view = &http_msg_desc,
    .guess = http_guess,
    .decode = decode,
    .next = next,
    .pairs = &http_pairs,
    .lint = lint,
    .encode = http_encode,
    .brief = brief,
    .token = token,
};
const struct codec http_head_codec = {
    .name = "http_head",
    .view = &http_msg_desc,
    .decode = decode_head,
    .lint = lint,
    .encode = http_encode,
    .brief = brief,
};
const struct codec http_connect_codec = {
    .name = "http_connect",
    .view = &http_msg_desc,
    .decode = decode_connect,
    .lint = lint,
    .encode = http_encode,
    .brief = brief,
};
