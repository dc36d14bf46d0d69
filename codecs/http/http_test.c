/* codecs/http/http_test.c - what vectors cannot say: what a response answers, connections, the chunked coding in
 * pieces, limits. */
#include <stdlib.h>
#include "codecs/http/http.h"
#include "harness/core/test.h"

static uint8_t memory[1 << 16];

static void decode(const char *text, enum http_ask ask, struct http_msg *m, struct findings *fs)
{
    struct arena mem = arena_of(memory, sizeof memory);
    CU_ASSERT_EQUAL_FATAL(http_decode(span_of(text), ask, &mem, m, fs), STEP_ITEM);
    http_lint(m, fs);
}

#define OK "HTTP/1.1 200 OK\r\n"
#define FIVE "Content-Length: 5\r\n"

static void asks(void)
{
    static const struct {
        const char *text;
        enum http_ask ask;
        enum http_how how;
        const char *clause;
    } rows[] = {
        {OK FIVE "\r\n", HTTP_ASK_HEAD, HTTP_NO_BODY, NULL},
        {OK "Transfer-Encoding: chunked\r\n\r\n", HTTP_ASK_HEAD, HTTP_NO_BODY, NULL},
        {OK "Content-Length: 18446744073709551616\r\n\r\n", HTTP_ASK_HEAD, HTTP_NO_BODY, NULL},
        {OK "Content-Length: x\r\n\r\n", HTTP_ASK_HEAD, HTTP_NO_BODY, "RFC9112:6.2#a1"},
        {OK FIVE "Content-Length: 6\r\n\r\n", HTTP_ASK_HEAD, HTTP_NO_BODY, "RFC9112:6.2#a1"},
        {OK "\r\n", HTTP_ASK_CONNECT, HTTP_TUNNEL, NULL},
        {OK FIVE "\r\n", HTTP_ASK_CONNECT, HTTP_TUNNEL, "RFC9110:8.6#6"},
        {OK "Transfer-Encoding: chunked\r\n\r\n", HTTP_ASK_CONNECT, HTTP_TUNNEL, "RFC9112:6.1#8"},
        {"HTTP/1.1 502 Bad\r\nContent-Length: 0\r\n\r\n", HTTP_ASK_CONNECT, HTTP_LENGTH, NULL},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct finding found[4];
        struct findings fs = {.v = found, .cap = COUNT(found)};
        struct http_msg m;
        decode(rows[i].text, rows[i].ask, &m, &fs);
        CU_ASSERT_EQUAL(m.how, rows[i].how);
        CU_ASSERT_EQUAL(fs.n, rows[i].clause != NULL);
        if (rows[i].clause && fs.n)
            CU_ASSERT_STRING_EQUAL(found[0].clause, rows[i].clause);
    }
    struct http_dec d = {.ask = HTTP_ASK_HEAD}; /* the next response begins behind the head */
    size_t used;
    struct findings none = {0};
    CU_ASSERT_EQUAL(http_next(&d, span_of(OK FIVE "\r\n" OK), &used, &none), STEP_ITEM);
    CU_ASSERT_EQUAL(used, strlen(OK FIVE "\r\n"));
}

static void persists(void)
{
    static const struct {
        const char *text;
        bool persists;
    } rows[] = {
        {"GET / HTTP/1.1\r\n\r\n", true},
        {"GET / HTTP/1.1\r\nConnection: foo, Close\r\n\r\n", false},
        {"GET / HTTP/1.0\r\n\r\n", false},
        {"GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", true},
        {OK "\r\n", false},
        {OK "Content-Length: 0\r\n\r\n", true},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct findings none = {0};
        struct http_msg m;
        decode(rows[i].text, HTTP_ASK_OTHER, &m, &none);
        CU_ASSERT_EQUAL(http_persists(&m), rows[i].persists);
    }
}

/* The coding comes off alike in pieces of any size. */
static void pieces(void)
{
    static const char body[] = "4;a=\"b\"\r\nWiki\r\n00B\npedia in ch\r\n0\r\nX: y\r\n\r\nGET /";

    for (size_t step = 1; step <= sizeof body; step++) {
        struct http_chunked c = {0};
        struct findings fs = {0};
        uint8_t out[64];
        struct wr w = {out, sizeof out, 0, false};
        size_t at = 0, used;
        while (!c.done && at < sizeof body - 1) {
            struct span data, in = span_cut(span_of(body), at, at + step);
            CU_ASSERT_NOT_EQUAL_FATAL(http_chunked_next(&c, in, &used, &data, &fs), STEP_FAIL);
            at += used;
            wr_put(&w, data);
        }
        CU_ASSERT_TRUE(c.done && at == sizeof body - 1 - 5);
        CU_ASSERT_TRUE(span_is(wr_span(&w), "Wikipedia in ch"));
    }
}

/* Both sides of each limit. */
static void limits(void)
{
    static uint8_t big[HTTP_HEAD_MAX + 64];
    static const char line[] = "GET / HTTP/1.1\r\n",
                      chunked[] = OK "Transfer-Encoding: chunked\r\n\r\n";
    static const char end[] = {'\r', '\n', '\r', '\n'}, last[] = {'0', '\r', '\n'};
    char text[128];

    for (size_t over = 0; over < 2; over++) {
        struct http_dec d = {0}, e = {0}, f = {0};
        struct findings none = {0};
        size_t used, n = HTTP_HEAD_MAX + over;
        memset(big, 'x', sizeof big);
        memcpy(big, line, sizeof line - 1);
        memcpy(big + n - sizeof end, end, sizeof end);
        CU_ASSERT_EQUAL(http_next(&d, (struct span){big, n}, &used, &none),
                        over ? STEP_FAIL : STEP_ITEM);
        snprintf(text, sizeof text, OK "Content-Length: %u\r\n\r\n",
                 HTTP_BODY_MAX + (unsigned)over);
        CU_ASSERT_EQUAL(http_next(&e, span_of(text), &used, &none), over ? STEP_FAIL : STEP_MORE);
        snprintf(text, sizeof text, "%s%x\r\n", chunked, HTTP_BODY_MAX + (unsigned)over);
        CU_ASSERT_EQUAL(http_next(&f, span_of(text), &used, &none), over ? STEP_FAIL : STEP_MORE);
        memset(big, 'x', sizeof big);
        big[0] = '1';
        big[1] = ';';
        struct http_chunked c = {0};
        struct span data;
        CU_ASSERT_EQUAL(
            http_chunked_next(&c, (struct span){big, HTTP_LINE_MAX + over}, &used, &data, &none),
            over ? STEP_FAIL : STEP_MORE);
        memcpy(big, last, sizeof last);
        c = (struct http_chunked){0};
        CU_ASSERT_EQUAL(http_chunked_next(&c, (struct span){big, 3 + HTTP_HEAD_MAX + over}, &used,
                                          &data, &none),
                        over ? STEP_FAIL : STEP_MORE);
        CU_ASSERT_EQUAL(none.n, over ? 5 : 0);
    }
}

/* Limits of the caller's: the same in one piece and octet by octet, and which one it was. */
static void limits_told(void)
{
    static const struct {
        const char *text;
        size_t head;
        uint64_t body;
        enum step step;
        enum http_over over;
    } rows[] = {
        {"GET / HTTP/1.1\r\nA: b\r\n\r\n", 24, 1, STEP_ITEM, HTTP_OVER_NOTHING},
        {"GET / HTTP/1.1\r\nA: b\r\n\r\n", 23, 1, STEP_FAIL, HTTP_OVER_HEAD},
        {OK FIVE "\r\nhello", 99, 5, STEP_ITEM, HTTP_OVER_NOTHING},
        {OK FIVE "\r\nhello", 99, 4, STEP_FAIL, HTTP_OVER_BODY},
        {OK "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", 99, 5, STEP_ITEM,
         HTTP_OVER_NOTHING},
        {OK "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", 99, 4, STEP_FAIL,
         HTTP_OVER_BODY},
        {OK "Transfer-Encoding: chunked\r\n\r\n3\r\nabcd", 99, 9, STEP_FAIL, HTTP_OVER_NOTHING},
        {OK "Transfer-Encoding: chunked\r\n\r\n10000000000000000\r\n", 99, UINT64_MAX, STEP_FAIL,
         HTTP_OVER_BODY},
        {OK "Content-Length: x\r\n\r\n", 99, 9, STEP_FAIL, HTTP_OVER_NOTHING},
        {OK "Content-Length: 18446744073709551616\r\n\r\n", 99, UINT64_MAX, STEP_FAIL,
         HTTP_OVER_BODY},
    };

    for (size_t i = 0; i < COUNT(rows); i++)
        for (size_t each = 1; each < 256; each += 254) {
            struct http_dec d = {.head_most = rows[i].head, .body_most = rows[i].body};
            struct span in = span_of(rows[i].text);
            struct findings none = {0};
            enum step s = STEP_MORE;
            size_t used = 0;
            for (size_t n = 0; s == STEP_MORE && n < in.n; n += each) {
                if (!d.in_body) {
                    enum step h = http_next_head(&d, span_cut(in, 0, n + each), &none);
                    CU_ASSERT_TRUE(h != STEP_ITEM || (d.in_body && d.head > 0));
                    s = h == STEP_FAIL ? h : s;
                }
                if (d.in_body)
                    s = http_next(&d, span_cut(in, 0, n + each), &used, &none);
            }
            CU_ASSERT_EQUAL(s, rows[i].step);
            CU_ASSERT_EQUAL(d.over, rows[i].over);
            CU_ASSERT_EQUAL(none.n, s == STEP_FAIL); /* however often it was looked at */
            CU_ASSERT_TRUE(s != STEP_ITEM || (used == in.n && d.head_most == rows[i].head &&
                                              d.body_most == rows[i].body && !d.in_body));
        }
}

/* The codecs that know what a response answers. */
static void codecs(void)
{
    static const struct {
        const struct codec *codec;
        size_t findings;
    } rows[] = {{&http_codec, 1}, {&http_head_codec, 0}, {&http_connect_codec, 1}};

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct finding found[4];
        struct findings fs = {.v = found, .cap = COUNT(found)};
        struct arena mem = arena_of(memory, sizeof memory);
        const void *view;
        CU_ASSERT_EQUAL_FATAL(rows[i].codec->decode(span_of(OK FIVE "\r\n"), &mem, &view, &fs),
                              STEP_ITEM);
        rows[i].codec->lint(view, &fs);
        CU_ASSERT_EQUAL(fs.n, rows[i].findings);
    }
}

static void ports(void)
{
    static const char *const rows[][2] = {
        {"a", "a"},   {"a:80", "a"}, {"a:", "a"}, {"[::1]", "[::1]"}, {"[::1]:80", "[::1]"},
        {"80", "80"}, {"", ""}};

    for (size_t i = 0; i < COUNT(rows); i++)
        CHECK_TEXT(http_without_port(span_of(rows[i][0])), rows[i][1]);
}

/* What a draft says is written, lawful or not; the rest is derived. */
static void drafts(void)
{
    static const struct {
        const char *path, *value, *want;
    } rows[] = {
        {"headers/HOST/value", "b", "Host: b\r\n"}, /* names count without their case */
        {"headers/last/name", "Content-Length", "Content-Length: chunked\r\n"},
        {"chunks/0/size", "6", "6;x\r\nhello\r\n"},
        {"chunks/0/size", "0xffffffffffffffff", "ffffffffffffffff;x\r\nhello\r\n"},
        {"chunks/0/size", "raw:2d31", "-1;x\r\nhello\r\n"},
        {"chunks/0/ext", "raw:", "5\r\nhello\r\n"},
        {"chunks/0/data", "hi", "2;x\r\nhi\r\n"},
        {"chunks/0/end", "\n", "5;x\r\nhello\n"},
        {"chunks/0/line", "raw:7a0a", "z\nhello\r\n"},
        {"chunks", "raw:7a", "\r\n\r\nz\r\n"},
        {"start", "raw:7a0a", "z\nHost: a\r\n"},
        {"method", "raw:", " /a HTTP/1.1\r\n"},
        {"status", "7", "HTTP/1.1 007 \r\n"}, /* three digits */
        {"status", "raw:37", "HTTP/1.1 7 \r\n"},
    };
    static const char text[] =
        "PUT /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5;x\r\nhello\r\n0\r\n\r\n";
    uint8_t out[256];
    struct draft dr;
    struct http_msg m;

    for (size_t i = 0; i < COUNT(rows); i++) {
        static uint8_t nodes[1 << 14];
        struct arena mem = arena_of(nodes, sizeof nodes);
        struct findings none = {0};
        struct wr w = {out, sizeof out - 1, 0, false};
        decode(text, HTTP_ASK_OTHER, &m, &none);
        draft_of(&dr, &http_msg_desc, &m, &mem);
        CU_ASSERT_EQUAL(draft_edit(&dr, DRAFT_SET, rows[i].path, rows[i].value), 1);
        http_encode(&w, &dr);
        out[w.n] = '\0';
        if (!strstr((char *)out, rows[i].want))
            printf("\n%s = %s: %s", rows[i].path, rows[i].value, (char *)out);
        CU_ASSERT_PTR_NOT_NULL(strstr((char *)out, rows[i].want));
    }
    struct arena mem = arena_of(memory, sizeof memory);
    struct wr w = {out, sizeof out, 0, false};
    dr = (struct draft){&mem, {.form = FORM_RAW, .s = SPAN("hello")}};
    http_encode(&w, &dr); /* octets in the place of all of it */
    CHECK_TEXT(wr_span(&w), "hello");
}

/* "HTTP/1.1" alone is no status line, and no message: RFC 9112 section 4. */
static void no_message(void)
{
    static const char *const texts[] = {"HTTP/1.1\r\n\r\n",
                                        "HTTP/1.1\r\nHost: a\r\n\r\n",
                                        "x\r\n",
                                        "GET a\r\n\r\n",
                                        "FOO /\r\n\r\n",
                                        "CONNECT a:1\r\n\r\n",
                                        "GET / b\r\n\r\n",
                                        "GET / RTSP/1.0\r\n\r\n",
                                        "200 OK\r\n\r\n"};

    for (size_t i = 0; i < COUNT(texts); i++) {
        struct arena mem = arena_of(memory, sizeof memory);
        struct findings none = {0};
        struct http_msg m;
        CU_ASSERT_EQUAL(http_decode(span_of(texts[i]), HTTP_ASK_OTHER, &mem, &m, &none), STEP_FAIL);
    }
}

static const struct codec *by(const struct codec_memo *asked, const char *octets)
{
    const struct codec *who;
    struct findings none = {0};
    size_t used;

    CU_ASSERT_EQUAL(http_codec.pairs->next(asked, span_of(octets), &used, &who, &none), STEP_ITEM);
    CU_ASSERT_EQUAL(used, strlen(octets));
    return who;
}

/* What requests say of responses: up to sixteen without one. */
static void pairs(void)
{
#define HEAD_REQUEST "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n"
    for (size_t n = 1; n <= 18; n++) {
        struct codec_memo client = {{0, 0}}, server = {{0, 0}};
        const struct codec_pairs *p = http_codec.pairs;
        for (size_t i = 1; i <= n; i++)
            p->came(&client, &server, span_of(i == n ? HEAD_REQUEST : "GET / HTTP/1.1\r\n\r\n"));
        for (size_t i = 1; i < n; i++) {
            CU_ASSERT_PTR_EQUAL(by(&client, OK "Content-Length: 0\r\n\r\n"), &http_codec);
            p->came(&server, &client, span_of(OK "\r\n"));
        }
        CU_ASSERT_PTR_EQUAL(by(&client, OK "Content-Length: 0\r\n\r\n"),
                            n <= 16 ? &http_head_codec : &http_codec);
        CU_ASSERT_PTR_EQUAL(by(&client, HEAD_REQUEST), &http_codec); /* whatever sends it */
        p->came(&server, &client, span_of("HTTP/1.1 101 Now\r\n\r\n"));
        CU_ASSERT_PTR_NULL(by(&client, "x"));
        CU_ASSERT_PTR_NULL(by(&server, "x"));
    }
}

/* `before`, `n` times `line`, `behind`, decoded and looked at: of each rule one finding. */
static void flood(const char *before, const char *line, size_t n, const char *behind,
                  const char *clause)
{
    size_t size = strlen(before) + n * strlen(line) + strlen(behind), room = (size_t)48 << 20;
    uint8_t *text = malloc(size), *nodes = malloc(room);
    struct wr w = {text, size, 0, false};
    struct arena mem = arena_of(nodes, room);
    struct finding found[4];
    struct findings fs = {.v = found, .cap = COUNT(found)};
    struct http_msg m;

    CU_ASSERT_TRUE_FATAL(text && nodes);
    wr_text(&w, before);
    for (size_t i = 0; i < n; i++)
        wr_text(&w, line);
    wr_text(&w, behind);
    CU_ASSERT_EQUAL(http_decode(wr_span(&w), HTTP_ASK_OTHER, &mem, &m, &fs), STEP_ITEM);
    CU_ASSERT_FALSE(mem.full);
    http_lint(&m, &fs);
    CU_ASSERT_EQUAL(fs.n, 1);
    if (fs.n)
        CU_ASSERT_STRING_EQUAL(found[0].clause, clause);
    free(text);
    free(nodes);
}

/* A finding is said once a message, however often its rule is broken. */
static void once(void)
{
#define GET_A "GET / HTTP/1.1\r\nHost: a\r\n"
#define CHUNKS "POST / HTTP/1.1\r\nHost: a\r\nContent-Type: a/b\r\nTransfer-Encoding: chunked\r\n"
    static const struct {
        const char *before, *line, *behind, *clause;
    } rows[] = {
        {GET_A, "X@: a\r\n", "\r\n", "RFC9112:5#a2"},
        {GET_A, "x\r\n", "\r\n", "RFC9112:5#a1"},
        {GET_A, "A : b\r\n", "\r\n", "RFC9112:5.1#a1"},
        {GET_A, "A: b\n", "\r\n", "RFC9112:2.1#a1"},
        {GET_A, "A: b\rc\r\n", "\r\n", "RFC9112:2.2#3"},
        {GET_A, "A: b\x01\r\n", "\r\n", "RFC9110:5.5#a2"},
        {GET_A, "Allow: ,\r\n", "\r\n", "RFC9110:5.6.1.1#1"},
        {GET_A, "Allow: a b\r\n", "\r\n", "RFC9110:5.6.2#a1"},
        {GET_A "Connection: TE\r\n", "TE: chunked\r\n", "\r\n", "RFC9112:7.4#1"},
        {CHUNKS "\r\n", "1\na\r\n", "0\r\n\r\n", "RFC9112:7.1#a2"},
        {CHUNKS "\r\n", "1\r\na\n", "0\r\n\r\n", "RFC9112:7.1#a2"},
        {CHUNKS "\r\n", "1; a\r\na\r\n", "0\r\n\r\n", "RFC9112:7.1.1#a1"},
        {CHUNKS "Trailer: A\r\n\r\n0\r\n", "A: b\n", "\r\n", "RFC9112:2.1#a1"},
    };

    for (size_t i = 0; i < COUNT(rows); i++)
        flood(rows[i].before, rows[i].line, 3000, rows[i].behind, rows[i].clause);
    flood(CHUNKS "\r\n", "1\na\r\n", 100000, "0\r\n\r\n", "RFC9112:7.1#a2");
}

/* Header fields beyond those whose places are kept are found too. */
static void many_fields(void)
{
    static const char before[] = "GET / HTTP/1.1\r\n", usual[] = "Abcd: a\r\n",
                      host[] = "Host: a\r\n", from[] = "From: a\r\n";
    enum { FIELDS = 65600 };
    static const size_t places[] = {0, 65532, 65533, 65534, 65535, FIELDS - 2};
    size_t size = sizeof before + FIELDS * sizeof usual, room = (size_t)32 << 20;
    uint8_t *text = malloc(size), *nodes = malloc(room);

    CU_ASSERT_TRUE_FATAL(text && nodes);
    for (size_t i = 0; i < COUNT(places); i++) {
        struct wr w = {text, size, 0, false};
        struct arena mem = arena_of(nodes, room);
        struct findings fs = {0};
        struct http_msg m;
        wr_text(&w, before);
        for (size_t k = 0; k < FIELDS; k++)
            wr_text(&w, k == places[i] ? host : k == 1 || k == FIELDS - 1 ? from : usual);
        wr_text(&w, "\r\n");
        CU_ASSERT_EQUAL_FATAL(http_decode(wr_span(&w), HTTP_ASK_OTHER, &mem, &m, &fs), STEP_ITEM);
        CU_ASSERT_TRUE(!mem.full && m.headers_n == FIELDS && fs.n == 0);
        CU_ASSERT_PTR_EQUAL(http_header(&m, HTTP_HOST), &m.headers[places[i]]);
        CU_ASSERT_PTR_NULL(http_header_next(&m, &m.headers[places[i]]));
        CU_ASSERT_PTR_EQUAL(http_header(&m, HTTP_FROM), &m.headers[1]);
        CU_ASSERT_PTR_EQUAL(http_header_next(&m, &m.headers[1]), &m.headers[FIELDS - 1]);
        CU_ASSERT_PTR_NULL(http_header(&m, HTTP_EXPECT));
        http_lint(&m, &fs); /* From stands twice; Host is not the first field, but it is there */
        CU_ASSERT_EQUAL(fs.n, places[i] ? 2 : 1);
    }
    free(text);
    free(nodes);
}

TESTS({"once", once}, {"many fields", many_fields}, {"asks", asks}, {"persists", persists},
      {"pieces", pieces}, {"limits", limits}, {"limits told", limits_told}, {"codecs", codecs},
      {"ports", ports}, {"drafts", drafts}, {"no message", no_message}, {"pairs", pairs})
