/* harness/endpoints/http/http_conn_test.c - messages out of octets, however these are split; what is refused, and each
 * limit on both sides. */
#include <stdio.h>
#include <stdlib.h>
#include "harness/core/test.h"
#include "harness/endpoints/http/http.h"

enum { SCRATCH = 1 << 20, TRACE = 4096 };
static uint8_t window[HTTP_WINDOW], scratch[SCRATCH];

struct trace {
    char text[TRACE];
    size_t n;
};

static void say(struct trace *t, const char *text, struct span s)
{
    t->n +=
        (size_t)snprintf(t->text + t->n, TRACE - t->n, "%s%.*s", text, (int)s.n, (const char *)s.p);
    CU_ASSERT_FATAL(t->n < TRACE);
}

static void item(struct trace *t, enum http_got got, const struct http_item *it)
{
    uint8_t room[SCRATCH];
    struct arena mem = arena_of(room, sizeof room);
    char number[64];

    switch (got) {
    case HTTP_GOT_HEAD:
        say(t, "head ", (struct span){NULL, 0});
        break;
    case HTTP_GOT_MESSAGE:
        say(t, "<", span_cut(it->octets, 0, lex_find(it->octets, 0, ' ')));
        say(t, "|", http_content_of(it->octets, it->ask, &mem));
        say(t, it->close ? "> close " : "> ", (struct span){NULL, 0});
        break;
    case HTTP_GOT_OCTETS:
        say(t, "", it->octets);
        break;
    case HTTP_GOT_FAULT:
        snprintf(number, sizeof number, "[%u%s]", it->status, it->head ? " head" : "");
        say(t, number, (struct span){NULL, 0});
        break;
    case HTTP_GOT_NOTHING:
        break;
    }
}

static void give(struct http_conn *c, struct trace *t, struct span in)
{
    struct http_item it;
    enum http_got got;

    do {
        struct arena mem = arena_of(scratch, sizeof scratch);
        got = http_conn_take(c, &in, &mem, &it);
        item(t, got, &it);
    } while (got != HTTP_GOT_NOTHING);
    CU_ASSERT_EQUAL(in.n, 0);
}

struct row {
    const char *asks; /* of a client: methods with blanks between; NULL: a server */
    const char *in, *trace;
    struct http_limits most;
    bool end; /* the other side sends no more */
};

static void begin(struct http_conn *c, const struct row *r)
{
    struct span asks = span_of(r->asks);

    http_conn_init(c, !r->asks, &r->most, window);
    for (size_t at = 0, to; at < asks.n; at = to + 1) {
        to = lex_find(asks, at, ' ');
        CU_ASSERT_TRUE(http_conn_asked(c, span_cut(asks, at, to)));
    }
}

static void end(struct http_conn *c, struct trace *t)
{
    struct http_item it;
    enum http_got got = http_conn_end(c, &it);

    item(t, got, &it);
    if (got != HTTP_GOT_NOTHING)
        CU_ASSERT_EQUAL(http_conn_end(c, &it), HTTP_GOT_NOTHING);
}

static void same(const struct row *r, const struct trace *t, const char *how, size_t n)
{
    if (strcmp(t->text, r->trace) != 0)
        printf("\n%s, %s %zu: %s, not %s\n", r->in, how, n, t->text, r->trace);
    CU_ASSERT_STRING_EQUAL(t->text, r->trace);
}

/* In pieces of each size, and cut once at each octet. */
static void splits(const struct row *rows, size_t n_rows)
{
    for (size_t i = 0; i < n_rows; i++) {
        struct span in = span_of(rows[i].in);
        for (size_t n = 1; n <= in.n; n++) {
            struct http_conn c;
            struct trace pieces = {.n = 0}, cut = {.n = 0};
            begin(&c, &rows[i]);
            for (size_t at = 0; at < in.n; at += n)
                give(&c, &pieces, span_cut(in, at, at + n));
            if (rows[i].end)
                end(&c, &pieces);
            same(&rows[i], &pieces, "pieces of", n);
            begin(&c, &rows[i]);
            give(&c, &cut, span_cut(in, 0, n));
            give(&c, &cut, span_cut(in, n, in.n));
            if (rows[i].end)
                end(&c, &cut);
            same(&rows[i], &cut, "cut at", n);
        }
    }
}

#define GET "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
#define POST "POST / HTTP/1.1\r\nHost: a\r\n"
#define FIVE "Content-Length: 5\r\n\r\nhello"
#define CHUNKED "Transfer-Encoding: chunked\r\n\r\n"
#define OK "HTTP/1.1 200 OK\r\n"

static void requests(void)
{
    static const struct row rows[] = {
        {NULL, GET, "<GET|> ", {0}, false},
        {NULL, GET GET "\r\n" GET, "<GET|> <GET|> <\r\nGET|> ", {0}, false},
        {NULL, POST FIVE GET, "head <POST|hello> <GET|> ", {0}, false},
        {NULL,
         POST CHUNKED "3\r\nabc\r\n2;x=\"y\"\r\nde\r\n0\r\nA: b\r\n\r\n" GET,
         "head <POST|abcde> <GET|> ",
         {0},
         false},
        {NULL, POST CHUNKED "0\r\n\r\n" GET, "head <POST|> <GET|> ", {0}, false},
        {NULL, POST "Content-Length: 0\r\n\r\n" GET, "<POST|> <GET|> ", {0}, false},
        {NULL,
         POST "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
         "head <POST|hello> ",
         {0},
         false},
        {NULL, "GET / HTTP/1.0\n\nGET / HTTP/1.1\nHost: a\n\n", "<GET|> <GET|> ", {0}, false},
        {NULL, "GET http://a/ HTTP/1.1\r\nHost: b\r\n\r\n", "<GET|> ", {0}, false},
        /* RFC 9112 section 6.3, 11.2: what smuggles */
        {NULL, POST "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello", "[400]", {0}, false},
        {NULL, POST "Content-Length: +5\r\n\r\nhello", "[400]", {0}, false},
        {NULL, POST "Content-Length: 5\r\n" CHUNKED "0\r\n\r\n", "[400]", {0}, false},
        {NULL, POST "Transfer-Encoding: chunked, gzip\r\n\r\n", "[400]", {0}, false},
        {NULL, POST "Transfer-Encoding: chunked, chunked\r\n\r\n", "[400]", {0}, false},
        {NULL, POST "Transfer-Encoding: gzip, chunked\r\n\r\n", "[501]", {0}, false},
        {NULL, POST "Transfer-Encoding: chunked;q=1\r\n\r\n", "[400]", {0}, false},
        {NULL, "POST / HTTP/1.0\r\n" CHUNKED, "[400]", {0}, false},
        {NULL, POST "Transfer-Encoding : chunked\r\n\r\n", "[400]", {0}, false},
        {NULL, POST " Transfer-Encoding: chunked\r\n\r\n", "[400]", {0}, false},
        {NULL, "GET / HTTP/1.1\r\n Host: a\r\n\r\n", "[400]", {0}, false},
        {NULL, "GET / HTTP/1.1\r\nHost: a\r\nX: b\rc\r\n\r\n", "[400]", {0}, false},
        {NULL, "GET / HTTP/1.1\r\nHost: a\r\nX\r\n\r\n", "[400]", {0}, false},
        {NULL, "GET / HTTP/1.1\r\nHost: a\r\nX: b\r\n c\r\n\r\n", "[400]", {0}, false},
        {NULL, POST CHUNKED "5\nhello\r\n0\r\n\r\n", "head [400]", {0}, false},
        {NULL, POST CHUNKED "5\r\nhelloX", "head [400]", {0}, false},
        {NULL, POST CHUNKED "fffffffffffffffff\r\n", "head [413]", {0}, false},
        {NULL, POST CHUNKED "10000000000000000", "head [413]", {0}, false},
        {NULL, POST CHUNKED "1000000000000000\r\n", "head [413]", {0}, false},
        {NULL, POST CHUNKED "1000000000000000g\r\n", "head [413]", {0}, false},
        {NULL, POST CHUNKED "g0000000000000000\r\n", "head [400]", {0}, false},
        {NULL, POST CHUNKED "00000000000000000\r\n\r\n" GET, "head <POST|> <GET|> ", {0}, false},
        {NULL, POST CHUNKED "-5\r\n", "head [400]", {0}, false},
        /* start lines, Host */
        {NULL, "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", "[400]", {0}, false},
        {NULL, "GET / HTTP/1.1\r\n\r\n", "[400]", {0}, false},
        {NULL, "HEAD / HTTP/1.1\r\n\r\n", "[400 head]", {0}, false},
        {NULL, "HEAD /x\r\n", "[400 head]", {0}, false},
        {NULL, "HEAD / HTTP/\xff\r\n\r\n", "[400 head]", {0}, false},
        {NULL, "HEADS / HTTP\r\n", "[400]", {0}, false},
        {NULL, "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", "[400]", {0}, false},
        /* two limits, and no request at all: whichever shows first */
        {NULL, "GET / HTP 123456789012345678901234567890\r\n", "[431]", {.head = 30}, false},
        {NULL, "GET / HTP 12345678901234567\r\n", "[400]", {.head = 30}, false},
        {NULL, "GET /123456789012345678901234567890 H\r\n", "[431]", {.head = 30}, false},
        {NULL, "GET(/\n1234567890 HTTP/1.1\r\n", "[400]", {.target = 8}, false},
        {NULL, "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", "[400]", {0}, false},
        {NULL, "GET a HTTP/1.1\r\nHost: a\r\n\r\n", "[400]", {0}, false},
        {NULL, "G(T / HTTP/1.1\r\nHost: a\r\n\r\n", "[400]", {0}, false},
        {NULL, "GET /\r\n\r\n", "[400]", {0}, false},
        {NULL, "GET /\r\n", "[400]", {0}, false}, /* at once: no header has to follow */
        {NULL, OK "\r\n", "[400]", {0}, false},
        {NULL, "GET / HTTP/2.0\r\nHost: a\r\n\r\n", "[505]", {0}, false},
        {NULL, "GET / HTTP/0.9\r\n\r\n", "[505]", {0}, false},
        {NULL, "GET / HTTP/1.2\r\nHost: a\r\n\r\n", "<GET|> ", {0}, false},
        {NULL, "GET / http/1.1\r\nHost: a\r\n\r\n", "[400]", {0}, false},
        {NULL, "CONNECT a HTTP/1.1\r\nHost: a\r\n\r\n", "[400]", {0}, false},
        /* the end */
        {NULL, GET, "<GET|> ", {0}, true},
        {NULL, GET "GE", "<GET|> [400]", {0}, true},
        {NULL, POST "Content-Length: 6\r\n\r\nhello", "head [400]", {0}, true},
    };
    splits(rows, COUNT(rows));
}

/* No host, where the URI of http needs one; Host does not count where the target has the authority. */
static void hosts(void)
{
    static const struct row rows[] = {
        {NULL, "GET / HTTP/1.1\r\nHost:\r\n\r\n", "[400]", {0}, false},
        {NULL, "GET / HTTP/1.1\r\nHost: :80\r\n\r\n", "[400]", {0}, false},
        {NULL, "GET / HTTP/1.0\r\nHost: \r\n\r\n", "[400]", {0}, false},
        {NULL, "OPTIONS * HTTP/1.1\r\nHost:\r\n\r\n", "[400]", {0}, false},
        {NULL, "GET http:///x HTTP/1.1\r\nHost: a\r\n\r\n", "[400]", {0}, false},
        {NULL, "GET HTTPS://:443/ HTTP/1.1\r\nHost: a\r\n\r\n", "[400]", {0}, false},
        {NULL, "GET http:/x HTTP/1.1\r\nHost: a\r\n\r\n", "[400]", {0}, false},
        {NULL, "GET / HTTP/1.0\r\n\r\n", "<GET|> ", {0}, false},
        {NULL, "GET http://a/ HTTP/1.1\r\nHost:\r\n\r\n", "<GET|> ", {0}, false},
        {NULL, "GET urn:x HTTP/1.1\r\nHost:\r\n\r\n", "<GET|> ", {0}, false},
        {NULL, "CONNECT a:1 HTTP/1.1\r\nHost:\r\n\r\n", "<CONNECT|> ", {0}, false},
    };
    splits(rows, COUNT(rows));
}

static void responses(void)
{
    static const struct row rows[] = {
        {"GET", OK FIVE, "<HTTP/1.1|hello> ", {0}, false},
        {"GET GET", OK FIVE OK FIVE, "<HTTP/1.1|hello> <HTTP/1.1|hello> ", {0}, false},
        {"GET", OK CHUNKED "5\r\nhello\r\n0\r\n\r\n", "<HTTP/1.1|hello> ", {0}, false},
        {"GET", OK "\r\nhello", "<HTTP/1.1|hello> close ", {0}, true},
        {"GET", OK "Transfer-Encoding: gzip\r\n\r\nhello", "<HTTP/1.1|hello> close ", {0}, true},
        {"GET", OK "\r\n", "<HTTP/1.1|> close ", {0}, true},
        {"HEAD GET",
         OK "Content-Length: 5\r\n\r\n" OK FIVE,
         "<HTTP/1.1|> <HTTP/1.1|hello> ",
         {0},
         false},
        {"HEAD GET", OK CHUNKED OK FIVE, "<HTTP/1.1|> <HTTP/1.1|hello> ", {0}, false},
        {"GET GET", "HTTP/1.1 204 No\r\n\r\n" OK FIVE, "<HTTP/1.1|> <HTTP/1.1|hello> ", {0}, false},
        {"GET GET",
         "HTTP/1.1 304 No\r\nContent-Length: 9\r\n\r\n" OK FIVE,
         "<HTTP/1.1|> <HTTP/1.1|hello> ",
         {0},
         false},
        {"POST",
         "HTTP/1.1 100 Go\r\n\r\nHTTP/1.1 103 Hm\r\n\r\n" OK FIVE,
         "<HTTP/1.1|> <HTTP/1.1|> <HTTP/1.1|hello> ",
         {0},
         false},
        {"CONNECT", OK "Content-Length: 5\r\n\r\nhello", "<HTTP/1.1|> hello", {0}, false},
        {"CONNECT",
         "HTTP/1.1 502 No\r\nContent-Length: 5\r\n\r\nhello",
         "<HTTP/1.1|hello> ",
         {0},
         false},
        {"GET",
         "HTTP/1.1 101 Go\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nhello",
         "<HTTP/1.1|> hello",
         {0},
         false},
        {"GET",
         OK "Content-Length: 9\r\n" CHUNKED "5\r\nhello\r\n0\r\n\r\n",
         "<HTTP/1.1|hello> close ",
         {0},
         false},
        /* what is none */
        {"GET", "hello", "[0]", {0}, false},
        {"GET", "HTTP/2 200\r\n\r\n", "[0]", {0}, false},
        {"GET", OK "Content-Length: x\r\n\r\n", "[0]", {0}, false},
        {"GET", OK FIVE "x", "<HTTP/1.1|hello> [0]", {0}, false},
        {"GET", OK FIVE "\r\n\r\n", "<HTTP/1.1|hello> ", {0}, true},
        {"GET", OK "Content-Length: 6\r\n\r\nhello", "[0]", {0}, true},
        {"GET", OK CHUNKED "5\r\nhello\r\n", "[0]", {0}, true},
        {"GET", OK, "[0]", {0}, true},
        {"GET GET", OK FIVE, "<HTTP/1.1|hello> [0]", {0}, true},
        {"", "x", "[0]", {0}, false},
    };
    splits(rows, COUNT(rows));
}

/* Limits that an owner sets: both sides of each. */
static void limits(void)
{
    static const struct row rows[] = {
        {NULL, GET, "<GET|> ", {.target = 1}, false},
        {NULL, "GET /a HTTP/1.1\r\nHost: a\r\n\r\n", "[414]", {.target = 1}, false},
        {NULL, GET, "<GET|> ", {.head = 27}, false},
        {NULL, GET, "[431]", {.head = 26}, false},
        {NULL, GET, "<GET|> ", {.fields = 1}, false},
        {NULL, "GET / HTTP/1.1\r\nHost: a\r\nA: b\r\n\r\n", "[431]", {.fields = 1}, false},
        {NULL, POST FIVE, "head <POST|hello> ", {.content = 5}, false},
        {NULL, POST FIVE, "[413]", {.content = 4}, false},
        {NULL,
         POST CHUNKED "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
         "head <POST|abcde> ",
         {.content = 5},
         false},
        {NULL,
         POST CHUNKED "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
         "head [413]",
         {.content = 4},
         false},
        {"GET", OK FIVE, "<HTTP/1.1|hello> ", {.content = 5}, false},
        {"GET", OK FIVE, "[0]", {.content = 4}, false},
        {"GET", OK FIVE, "<HTTP/1.1|hello> ", {.head = 38}, false},
        {"GET", OK FIVE, "[0]", {.head = 37}, false},
        /* what comes first counts, wherever the octets were cut */
        {NULL, "GTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTT / HTTP/2.0\r\n\r\n", "[501]", {0}, false},
        {NULL, "GTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTT / HTTP/2.0\r\n\r\n", "[505]", {0}, false},
        {NULL, "GET /a HTTP/2.0\r\nContent-Length: x\r\n\r\n", "[414]", {.target = 1}, false},
        {NULL, "GET / HTTP/2.0\r\nContent-Length: x\r\n\r\n", "[505]", {0}, false},
        {NULL, "GET / HTTP/1.1\r\nA: b\r\nC: d\r\n\r\n", "[431]", {.fields = 1}, false},
        {NULL, POST "X : y\r\n" CHUNKED "x", "[400]", {0}, false},
    };
    splits(rows, COUNT(rows));
}

/* A message with `n` octets of one kind in it, in one piece and in pieces of 1000 octets; its last trace. */
static void large(const char *before, size_t n, uint8_t fill, const char *behind, const char *trace)
{
    struct span first = span_of(before), last = span_of(behind);
    size_t a = first.n, b = last.n;
    uint8_t *text = malloc(a + n + b);
    struct wr w = {.p = text, .cap = a + n + b};

    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    wr_put(&w, first);
    memset(text + a, fill, n);
    w.n += n;
    wr_put(&w, last);
    for (size_t each = 1000; each < (size_t)4 << 20; each = each == 1000 ? a + n + b : 8 << 20) {
        const struct row r = {.asks = NULL, .in = before, .trace = trace};
        struct trace t = {.n = 0};
        struct http_conn c;
        struct http_item it;
        http_conn_init(&c, true, NULL, window);
        for (size_t at = 0; at < a + n + b; at += each) {
            struct span in = span_cut((struct span){text, a + n + b}, at, at + each);
            enum http_got got;
            do {
                struct arena mem = arena_of(scratch, sizeof scratch);
                got = http_conn_take(&c, &in, &mem, &it);
                if (got == HTTP_GOT_FAULT)
                    item(&t, got, &it);
                else if (got == HTTP_GOT_MESSAGE)
                    say(&t, "message", (struct span){NULL, 0});
            } while (got != HTTP_GOT_NOTHING);
        }
        same(&r, &t, "pieces of", each);
    }
    free(text);
}

/* The limits of ours, both sides of each. */
static void largest(void)
{
    static const char rest[] = " HTTP/1.1\r\nHost: a\r\n\r\n",
                      field[] = "GET / HTTP/1.1\r\nHost: a\r\nA: ";
    char post[128];
    size_t head = strlen(field) + 4;

    large("GET /", HTTP_TARGET_MOST - 1, 'a', rest, "message");
    large("GET /", HTTP_TARGET_MOST, 'a', rest, "[414]");
    large("", HTTP_METHOD_MOST, 'A', " / HTTP/1.1\r\nHost: a\r\n\r\n", "message");
    large("", HTTP_METHOD_MOST + 1, 'A', " / HTTP/1.1\r\nHost: a\r\n\r\n", "[501]");
    large("GET / ", HTTP_LINE_MOST, 'a', "\r\n", "[400]");
    large(field, HTTP_HEAD_MOST - head, 'a', "\r\n\r\n", "message");
    large(field, HTTP_HEAD_MOST - head + 1, 'a', "\r\n\r\n", "[431]");
    for (unsigned over = 0; over < 2; over++) {
        snprintf(post, sizeof post, POST "Content-Length: %u\r\n\r\n",
                 (unsigned)HTTP_CONTENT_MOST + over);
        large(post, HTTP_CONTENT_MOST + over, 'a', "", over ? "[413]" : "message");
        snprintf(post, sizeof post, POST CHUNKED "%x\r\n", (unsigned)HTTP_CONTENT_MOST + over);
        large(post, HTTP_CONTENT_MOST + over, 'a', "\r\n0\r\n\r\n", over ? "[413]" : "message");
    }
    large(POST CHUNKED "0\r\nA: ", HTTP_HEAD_MOST - 6, 'a', "\r\n\r\n", "message");
    large(POST CHUNKED "0\r\nA: ", HTTP_HEAD_MOST - 5, 'a', "\r\n\r\n", "[431]");
    large(POST CHUNKED "1;", 1 << 16, 'a', "\r\na\r\n0\r\n\r\n", "[400]");
}

/* Chunks of an octet each: more of their framing than there is room for, whatever the content. */
static void framing(void)
{
    static const uint8_t chunk[6] = {'1', '\r', '\n', 'a', '\r', '\n'};
    static const size_t n = HTTP_WINDOW / 6 + 8;
    char *text = malloc(n * 6 + 128);

    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    for (size_t chunks = 1000; chunks <= n; chunks += n - 1000) {
        size_t at = (size_t)snprintf(text, 128, POST CHUNKED);
        for (size_t i = 0; i < chunks; i++, at += 6)
            memcpy(text + at, chunk, sizeof chunk);
        snprintf(text + at, 6, "0\r\n\r\n");
        large(text, 0, 0, "", chunks == 1000 ? "message" : "[413]");
    }
    free(text);
}

/* Fields, each a line of its own: one more than are taken. */
static void fields(void)
{
    char text[8192];

    for (size_t n = HTTP_FIELDS_MOST - 1; n <= HTTP_FIELDS_MOST; n++) {
        size_t at = (size_t)snprintf(text, sizeof text, "GET / HTTP/1.1\r\nHost: a\r\n");
        for (size_t i = 0; i < n; i++)
            at += (size_t)snprintf(text + at, sizeof text - at, "A%zu: b\r\n", i);
        snprintf(text + at, sizeof text - at, "\r\n");
        large(text, 0, 0, "", n < HTTP_FIELDS_MOST ? "message" : "[431]");
    }
}

/* What is taken though it is usually refused, because its owner says so; and what is held, is not looked at. */
static void owner(void)
{
    struct http_conn c;
    struct trace t = {.n = 0};
    struct span in = span_of(POST "Content-Length: 5\r\n" CHUNKED "3\r\nabc\r\n0\r\n\r\n");
    struct arena mem = arena_of(scratch, sizeof scratch);
    struct http_item it;

    http_conn_init(&c, true, NULL, window);
    c.takes[1] = "RFC9112:6.2#1";
    give(&c, &t, in);
    CU_ASSERT_STRING_EQUAL(t.text, "head <POST|abc> close ");
    c.held = true;
    t.n = 0;
    give(&c, &t, span_of(GET "CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\nhello"));
    CU_ASSERT_EQUAL(t.n, 0);
    c.held = false;
    in = span_of(" you");
    CU_ASSERT_EQUAL(http_conn_take(&c, &in, &mem, &it), HTTP_GOT_MESSAGE);
    CU_ASSERT_EQUAL(http_conn_take(&c, &in, &mem, &it), HTTP_GOT_MESSAGE);
    CU_ASSERT_TRUE(http_conn_half(&c));
    c.tunnel = true;
    t.text[t.n = 0] = '\0';
    give(&c, &t, in);
    CU_ASSERT_STRING_EQUAL(t.text, "hello you");
}

TESTS({"requests", requests}, {"hosts", hosts}, {"responses", responses}, {"limits", limits},
      {"largest", largest}, {"framing", framing}, {"fields", fields}, {"owner", owner})
