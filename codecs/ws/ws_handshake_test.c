/* codecs/ws/ws_handshake_test.c - the opening handshake: each rule with a message that breaks it. */
#include "codecs/ws/ws_handshake.h"
#include "harness/core/test.h"

static uint8_t memory[1 << 16];

static bool decode(const char *text, struct http_msg *m)
{
    struct arena mem = arena_of(memory, sizeof memory);
    struct findings none = {0};
    return http_decode(span_of(text), HTTP_ASK_OTHER, &mem, m, &none) == STEP_ITEM;
}

/* The finding of a check is the one of `clause`; NULL: there is none. */
static bool only(const struct findings *fs, const char *clause)
{
    return clause ? fs->n == 1 && strcmp(fs->v[0].clause, clause) == 0 : fs->n == 0;
}

#define GET "GET /chat HTTP/1.1\r\n"
#define HOST "Host: server.example.com\r\n"
#define UP "Upgrade: websocket\r\n"
#define CON "Connection: Upgrade\r\n"
#define KEY "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
#define VER "Sec-WebSocket-Version: 13\r\n"
#define END "\r\n"

struct row {
    const char *text;
    unsigned result; /* a request's status; a response's: whether it is open */
    const char *clause;
};

static void requests(void)
{
    static const struct row rows[] = {
        {GET HOST UP CON KEY VER END, 101, NULL},
        {GET HOST UP CON KEY "Origin: http://example.com\r\n"
                             "Sec-WebSocket-Protocol: chat, superchat\r\n" VER END,
         101, NULL}, /* section 1.2 */
        {"GET http://server.example.com/chat HTTP/1.1\r\n" HOST UP CON KEY VER END, 101, NULL},
        {GET HOST "UPGRADE: foo, WebSocket\r\nConnection: keep-alive, upgrade\r\n" KEY VER END, 101,
         NULL},
        {"POST /chat HTTP/1.1\r\n" HOST UP CON KEY VER END, 405, "RFC6455:4.1#19"},
        {"GET /chat HTTP/1.0\r\n" HOST UP CON KEY VER END, 400, "RFC6455:4.1#19"},
        {"GET /chat HTTP/1.2\r\n" HOST UP CON KEY VER END, 101, NULL},
        {"GET /chat HTTP/0.9\r\n" HOST UP CON KEY VER END, 505, "RFC6455:4.1#19"},
        {"GET /chat HTTP/2.0\r\n" HOST UP CON KEY VER END, 505, NULL},
        {"GET ws://a/chat HTTP/1.1\r\n" HOST UP CON KEY VER END, 400, "RFC6455:4.1#20"},
        {"GET chat HTTP/1.1\r\n" HOST UP CON KEY VER END, 400, "RFC6455:4.1#20"},
        {GET UP CON KEY VER END, 400, "RFC6455:4.1#21"},
        {GET HOST CON KEY VER END, 400, "RFC6455:4.1#22"},
        {GET HOST "Upgrade: websockets\r\n" CON KEY VER END, 400, "RFC6455:4.1#22"},
        {GET HOST UP KEY VER END, 400, "RFC6455:4.1#23"},
        {GET HOST UP "Connection: close\r\n" KEY VER END, 400, "RFC6455:4.1#23"},
        {GET HOST UP CON VER END, 400, "RFC6455:4.1#24"},
        {GET HOST UP CON "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ\r\n" VER END, 400,
         "RFC6455:4.1#25a"},
        {GET HOST UP CON "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25j\r\n" VER END, 400,
         "RFC6455:4.1#25a"},
        {GET HOST UP CON "Sec-WebSocket-Key: AQIDBAUGBwgJCgsMDQ4PEC==\r\n" VER END, 101,
         NULL}, /* section 4.1 */
        {GET HOST UP CON "Sec-WebSocket-Key: AQIDBAUGBwgJCgsMDQ4PEA==\r\n" VER END, 101, NULL},
        {GET HOST UP CON "Sec-WebSocket-Key: AQIDBAUGBwgJCgsMDQ4PE-==\r\n" VER END, 400,
         "RFC6455:4.1#25a"},
        {GET HOST UP CON "Sec-WebSocket-Key: AQIDBAUGBwgJCgsMDQ4PECA=\r\n" VER END, 400,
         "RFC6455:4.1#25a"},
        {GET HOST UP CON KEY KEY VER END, 400, "RFC6455:11.3.1#1"},
        {GET HOST UP CON KEY END, 400, "RFC6455:4.1#29"},
        {GET HOST UP CON KEY "Sec-WebSocket-Version: 8\r\n" END, 426, "RFC6455:4.1#30"},
        {GET HOST UP CON KEY "Sec-WebSocket-Version: 255\r\n" END, 426, "RFC6455:4.1#30"},
        {GET HOST UP CON KEY "Sec-WebSocket-Version: 256\r\n" END, 400, "RFC6455:4.3#a4"},
        {GET HOST UP CON KEY "Sec-WebSocket-Version: 013\r\n" END, 400, "RFC6455:4.3#a4"},
        {GET HOST UP CON KEY "Sec-WebSocket-Version: 13, 8\r\n" END, 400, "RFC6455:4.3#a4"},
        {GET HOST UP CON KEY VER VER END, 400, "RFC6455:11.3.5#2"},
        {GET HOST UP CON KEY VER "Sec-WebSocket-Protocol: a b\r\n" END, 400, "RFC6455:4.1#32a"},
        {GET HOST UP CON KEY VER "Sec-WebSocket-Protocol:\r\n" END, 400, "RFC6455:4.1#32a"},
        {GET HOST UP CON KEY VER "Sec-WebSocket-Protocol: a, b, a\r\n" END, 400, "RFC6455:4.1#32b"},
        {GET HOST UP CON KEY VER "Sec-WebSocket-Protocol: a, A\r\n" END, 101, NULL},
        {GET HOST UP CON KEY VER
         "Sec-WebSocket-Protocol: a\r\nSec-WebSocket-Protocol: b, a\r\n" END,
         400, "RFC6455:4.1#32b"},
        {GET HOST UP CON KEY VER "Sec-WebSocket-Protocol: a\r\nSec-WebSocket-Protocol: b\r\n" END,
         101, NULL},
        {GET HOST UP CON KEY VER "Sec-WebSocket-Extensions: a; b=\"c\"; d, e;f=g\r\n" END, 101,
         NULL},
        {GET HOST UP CON KEY VER "Sec-WebSocket-Extensions: a;;b\r\n" END, 400, "RFC6455:9.1#1"},
        {GET HOST UP CON KEY VER "Sec-WebSocket-Extensions: a b\r\n" END, 400, "RFC6455:9.1#1"},
        {GET HOST UP CON KEY VER "Sec-WebSocket-Extensions: ;a=b\r\n" END, 400, "RFC6455:9.1#1"},
        {GET HOST UP CON KEY VER "Sec-WebSocket-Extensions: a; b=\r\n" END, 400, "RFC6455:9.1#1"},
        {GET HOST UP CON KEY VER "Sec-WebSocket-Extensions: a; b=\"c\r\n" END, 400,
         "RFC6455:9.1#1"},
        {GET HOST UP CON KEY VER "Sec-WebSocket-Extensions: a; b=\"\\c\\d\"\r\n" END, 101, NULL},
        {GET HOST UP CON KEY VER "Sec-WebSocket-Extensions: a; b=\"c\\\"\"\r\n" END, 400,
         "RFC6455:4.3#1"},
        {GET HOST UP CON KEY VER "Sec-WebSocket-Extensions: ,\r\n" END, 400, "RFC6455:9.1#1"},
        {GET HOST UP CON KEY VER "Sec-WebSocket-Extensions: a; b=\"c d\"\r\n" END, 400,
         "RFC6455:4.3#1"},
        {GET HOST UP CON KEY VER "Sec-WebSocket-Extensions: a; b=\"\"\r\n" END, 400,
         "RFC6455:4.3#1"},
        {GET HOST UP CON KEY VER "Sec-WebSocket-Accept: x\r\n" END, 101, "RFC6455:11.3.3#a1"},
        {"HTTP/1.1 200 OK\r\n\r\n", 400, NULL},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct http_msg m;
        struct finding found[8];
        struct findings fs = {.v = found, .cap = COUNT(found)};
        CU_ASSERT_TRUE_FATAL(decode(rows[i].text, &m));
        unsigned status = ws_check_request(&m, &fs);
        if (status != rows[i].result || !only(&fs, rows[i].clause))
            printf("\nrequest %zu: %u, %zu findings\n", i, status, fs.n);
        CU_ASSERT_EQUAL(status, rows[i].result);
        CU_ASSERT_TRUE(only(&fs, rows[i].clause));
    }
}

#define OK "HTTP/1.1 101 Switching Protocols\r\n"
#define ACC "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"

static void responses(void)
{
    static const struct row rows[] = {
        {OK UP CON ACC END, true, NULL},
        {OK UP CON ACC "Sec-WebSocket-Protocol: chat\r\n" END, true, NULL}, /* section 1.2 */
        {OK UP CON ACC "Sec-WebSocket-Extensions: permessage-deflate; a=1\r\n" END, true, NULL},
        {OK "Upgrade: WebSocket\r\nConnection: upgrade\r\n" ACC END, true, NULL},
        {"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", false, NULL},
        {"HTTP/1.0 101 Switching\r\n" UP CON ACC END, false, "RFC6455:4.2.2#a1"},
        {OK CON ACC END, false, "RFC6455:4.2.2#a2"},
        {OK "Upgrade: websocket, other\r\n" CON ACC END, false, "RFC6455:4.2.2#a2"},
        {OK UP ACC END, false, "RFC6455:4.2.2#a3"},
        {OK UP CON END, false, "RFC6455:4.2.2#a4"},
        {OK UP CON "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOp=\r\n" END, false,
         "RFC6455:4.1#39"},
        {OK UP CON ACC ACC END, false, "RFC6455:11.3.3#1"},
        {OK UP CON ACC "Sec-WebSocket-Extensions: other\r\n" END, false, "RFC6455:4.2.2#10"},
        {OK UP CON ACC "Sec-WebSocket-Extensions: a b\r\n" END, false, "RFC6455:9.1#1"},
        {OK UP CON ACC "Sec-WebSocket-Extensions: permessage-deflate\r\n"
                       "Sec-WebSocket-Extensions: permessage-deflate\r\n" END,
         false, "RFC6455:11.3.2#2"},
        {OK UP CON ACC "Sec-WebSocket-Protocol: other\r\n" END, false, "RFC6455:4.2.2#8"},
        {OK UP CON ACC "Sec-WebSocket-Protocol: Chat\r\n" END, false, "RFC6455:4.2.2#8"},
        {OK UP CON ACC "Sec-WebSocket-Protocol: chat, superchat\r\n" END, false,
         "RFC6455:4.2.2#a5"},
        {OK UP CON ACC "Sec-WebSocket-Protocol:\r\n" END, false, "RFC6455:4.2.2#a5"},
        {OK UP CON ACC "Sec-WebSocket-Protocol: chat\r\nSec-WebSocket-Protocol: chat\r\n" END,
         false, "RFC6455:11.3.4#2"},
        {OK UP CON ACC KEY END, true, "RFC6455:11.3.1#a1"},
        {"HTTP/1.1 426 Upgrade Required\r\n" UP CON END, false, "RFC6455:4.4#1"},
        {"HTTP/1.1 426 Upgrade Required\r\n" UP CON "Sec-WebSocket-Version: 13, 8\r\n" END, false,
         NULL},
        {"HTTP/1.1 426 Upgrade Required\r\n" UP CON "Sec-WebSocket-Version: 013\r\n" END, false,
         "RFC6455:4.3#a5"},
        {"HTTP/1.1 426 Upgrade Required\r\n" UP CON "Sec-WebSocket-Version: ,\r\n" END, false,
         "RFC6455:4.3#a5"},
        {"HTTP/1.1 426 Upgrade Required\r\n" UP CON "Sec-WebSocket-Version: , 13\r\n" END, false,
         NULL},
        {GET HOST END, false, NULL},
    };
    struct ws_offer o = {.protocols = span_of("chat, superchat"),
                         .extensions = span_of("permessage-deflate; client_max_window_bits")};

    memcpy(o.nonce, "the sample nonce", 16);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct http_msg m;
        struct finding found[8];
        struct findings fs = {.v = found, .cap = COUNT(found)};
        CU_ASSERT_TRUE_FATAL(decode(rows[i].text, &m));
        bool open = ws_check_response(&m, &o, &fs);
        if (open != rows[i].result || !only(&fs, rows[i].clause))
            printf("\nresponse %zu: %d, %zu findings\n", i, open, fs.n);
        CU_ASSERT_EQUAL(open, rows[i].result);
        CU_ASSERT_TRUE(only(&fs, rows[i].clause));
    }
}

/* What we write, we take; the first of the client's list that we have is chosen. */
static void written(void)
{
    char text[1024], answer[1024];
    struct wr w = {(uint8_t *)text, sizeof text - 1, 0, false},
              a = {(uint8_t *)answer, sizeof answer - 1, 0, false};
    struct ws_offer o = {.host = span_of("a:8080"),
                         .origin = span_of("http://a"),
                         .protocols = span_of("x, chat, y"),
                         .extensions = span_of("permessage-deflate"),
                         .fields = span_of("Cookie: a=b\r\n")};
    struct findings fs = {0};
    struct http_msg m;

    memcpy(o.nonce, "the sample nonce", 16);
    ws_request_put(&w, &o);
    text[w.n] = '\0';
    CU_ASSERT_TRUE(strstr(text, "GET / HTTP/1.1\r\nHost: a:8080\r\n") == text);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, KEY));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "\r\nCookie: a=b\r\n"));
    CU_ASSERT_TRUE_FATAL(decode(text, &m));
    CU_ASSERT_EQUAL(ws_check_request(&m, &fs), 101);
    http_lint(&m, &fs);
    struct span chosen = ws_choose(&m, span_of("y, chat"));
    CU_ASSERT_TRUE(span_is(chosen, "chat"));
    CU_ASSERT_PTR_NULL(ws_choose(&m, span_of("z")).p);
    ws_response_put(&a, &m, chosen, span_of("permessage-deflate"));
    answer[a.n] = '\0';
    CU_ASSERT_PTR_NOT_NULL(strstr(answer, ACC));
    CU_ASSERT_TRUE_FATAL(decode(answer, &m));
    CU_ASSERT_TRUE(ws_check_response(&m, &o, &fs));
    http_lint(&m, &fs);
    CU_ASSERT_EQUAL(fs.n, 0);
    for (unsigned status = 400; status <= 426; status++) {
        a.n = 0;
        ws_refuse_put(&a, status);
        answer[a.n] = '\0';
        CU_ASSERT_TRUE_FATAL(decode(answer, &m));
        CU_ASSERT_EQUAL(m.status, status);
        CU_ASSERT_FALSE(ws_check_response(&m, &o, &fs));
        if (status != 401 && status != 407) /* which nobody asks for */
            http_lint(&m, &fs);
    }
    CU_ASSERT_EQUAL(fs.n, 0);
}

/* A finding is said once a handshake, however often its rule is broken. */
static void once(void)
{
#define TWICE(line) line line
#define FLOOD(line) TWICE(TWICE(TWICE(TWICE(TWICE(line)))))
    static const struct {
        const char *text, *clause;
    } rows[] = {
        {GET HOST UP CON KEY VER FLOOD("Sec-WebSocket-Extensions: a b\r\n") END, "RFC6455:9.1#1"},
        {GET HOST UP CON KEY VER FLOOD("Sec-WebSocket-Extensions: a; b=\"c d\"\r\n") END,
         "RFC6455:4.3#1"},
        {GET HOST UP CON KEY VER FLOOD("Sec-WebSocket-Protocol: a b\r\n") END, "RFC6455:4.1#32a"},
        {"HTTP/1.1 426 No\r\n" FLOOD("Sec-WebSocket-Version: x\r\n") END, "RFC6455:4.3#a5"},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct finding found[8];
        struct findings fs = {.v = found, .cap = COUNT(found)};
        struct ws_offer offer = {.key = {NULL, 0}};
        struct http_msg m;
        size_t n = 0;
        CU_ASSERT_TRUE_FATAL(decode(rows[i].text, &m));
        if (m.request)
            ws_check_request(&m, &fs);
        else
            ws_check_response(&m, &offer, &fs);
        for (size_t k = 0; k < findings_kept(&fs); k++)
            n += strcmp(found[k].clause, rows[i].clause) == 0;
        CU_ASSERT_EQUAL(n, 1);
    }
}

TESTS({"once", once}, {"requests", requests}, {"responses", responses}, {"written", written})
