/* harness/watch/ws/ws_watch_test.c - connections, each rule on both of its sides. */
#include "harness/core/registry.h"
#include "harness/tests/watch_found.h"
#include "harness/watch/ws/ws_watch.h"

extern const struct watcher_class ws_watch;
static const struct addr client = {.family = 4, .ip = {192, 0, 2, 1}, .port = 5000},
                         server = {.family = 4, .ip = {192, 0, 2, 2}, .port = 80};
static struct watch *w;
static uint32_t frame_number;
static uint64_t flow;
static bool missing; /* something of the stream is */

/* ---- what passes ---- */

static void begin(const struct watch_options *o, size_t limit)
{
    watch_free(w);
    w = watch_new(&ws_watch, limit, o);
    CU_ASSERT_PTR_NOT_NULL_FATAL(w);
    memset(sums, 0, sizeof sums);
    n_found = 0;
    frame_number = 0;
    flow = 1;
    missing = false;
}

static void pass(bool by_client, struct span s)
{
    frame_number++;
    watch_octets(w,
                 &(struct watch_seen){.now_us = frame_number * 1000u,
                                      .flow = flow,
                                      .from = by_client ? client : server,
                                      .to = by_client ? server : client,
                                      .stream = true,
                                      .whole = !missing,
                                      .octets = s,
                                      .frame = frame_number},
                 &sink);
}

#define ASK_HEAD                                                                                   \
    "GET /chat HTTP/1.1\r\nHost: a.example.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"   \
    "Sec-WebSocket-Version: 13\r\n"
#define ASK_KEY "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
#define ANSWER_HEAD                                                                                \
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
#define ANSWER_KEY "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"

static void ask(const char *fields)
{
    pass(true, span_of(fields));
}
static void answer(const char *fields)
{
    pass(false, span_of(fields));
}
static void open_link(void)
{
    ask(ASK_HEAD ASK_KEY "\r\n");
    answer(ANSWER_HEAD ANSWER_KEY "\r\n");
}

static uint8_t masking[4] = {1, 2, 3, 4};
/* A frame; `mask` NULL: none. `bits` are set in its first octet too. */
static void put(bool by_client, unsigned first, const uint8_t *mask, struct span payload)
{
    uint8_t room[256];
    struct wr r = {room, sizeof room, 0, false};

    ws_put(&r, (enum ws_opcode)(first & 15), false, mask, payload);
    CU_ASSERT_FALSE_FATAL(r.full);
    room[0] = (uint8_t)first;
    pass(by_client, wr_span(&r));
}
/* As each side has to: `first` is the first octet. */
static void up(unsigned first, const char *payload)
{
    masking[0] = (uint8_t)(masking[0] * 5 + 3);
    put(true, first, masking, span_of(payload));
}
static void down(unsigned first, const char *payload)
{
    put(false, first, NULL, span_of(payload));
}

enum { FIN = 0x80, RSV1 = 0x40 };

/* Only this is said, of the frame that passed last; NULL: nothing is. */
static void only(const char *clause)
{
    CU_ASSERT_EQUAL(n_found, clause != NULL);
    if (clause && n_found) {
        CU_ASSERT_STRING_EQUAL(found[0].f.clause, clause);
        CU_ASSERT_EQUAL(found[0].frame, frame_number);
    }
}

/* ---- frames ---- */

static void lawful(void)
{
    begin(&passing, 0);
    open_link();
    up(FIN | WS_TEXT, "hello");
    down(WS_TEXT, "h\xc3");
    down(FIN | WS_PING, "x");
    up(FIN | WS_PONG, "x");
    down(WS_CONTINUATION, "\xa9");
    down(FIN | WS_CONTINUATION, "");
    down(FIN | WS_BINARY, "\xff");
    up(FIN | WS_CLOSE, "\x03\xe8");
    down(FIN | WS_TEXT, "still"); /* before its own Close */
    down(FIN | WS_CLOSE, "\x03\xe8");
    down(FIN | WS_PONG, "");
    only(NULL);
    CU_ASSERT_EQUAL(sums[WS_F_HANDSHAKES].total, 1);
    CU_ASSERT_EQUAL(sums[WS_F_ACCEPTED].total, 1);
    CU_ASSERT_EQUAL(sums[WS_F_MESSAGES].total, 4);
    CU_ASSERT_EQUAL(sums[WS_F_OCTETS].total, 5 + 3 + 1 + 5);
    CU_ASSERT_EQUAL(sums[WS_F_FRAGMENTED].total, 1);
    CU_ASSERT_EQUAL(sums[WS_F_PINGS].total, 1);
    CU_ASSERT_EQUAL(sums[WS_F_PONGS].total, 2);
    CU_ASSERT_EQUAL(sums[WS_F_CLOSES].total, 2);
}

static void masks(void)
{
    begin(&passing, 0);
    open_link();
    put(true, FIN | WS_TEXT, NULL, span_of("a"));
    only("RFC6455:5.1#1");
    CU_ASSERT_EQUAL(found[0].n_related, 2);
    CU_ASSERT_EQUAL(found[0].related[0], 1);
    CU_ASSERT_EQUAL(found[0].related[1], 2);
    put(true, FIN | WS_TEXT, NULL, span_of("b")); /* it was said */
    CU_ASSERT_EQUAL(n_found, 1);
    put(false, FIN | WS_TEXT, masking, span_of("a")); /* the other side, too */
    CU_ASSERT_EQUAL(n_found, 2);
    CU_ASSERT_STRING_EQUAL(found[1].f.clause, "RFC6455:5.1#4");
}

static void keys(void)
{
    static const uint8_t next[4] = {9, 9, 9, 10}, other[4] = {9, 9, 9, 12}, first[4] = {9, 9, 9, 9};

    begin(&passing, 0);
    open_link();
    put(true, FIN | WS_TEXT, first, span_of("a"));
    put(true, FIN | WS_TEXT, other, span_of("a"));
    put(true, FIN | WS_TEXT, first, span_of("a"));
    only(NULL);
    put(true, FIN | WS_TEXT, first, span_of("a"));
    only("RFC6455:5.3#2");
    n_found = 0;
    put(true, FIN | WS_TEXT, next, span_of("a"));
    only("RFC6455:5.3#3b");
}

static void places(void)
{
    begin(&passing, 0);
    open_link();
    up(FIN | WS_CONTINUATION, "a");
    only("RFC6455:5.4#a3");

    begin(&passing, 0);
    open_link();
    down(WS_TEXT, "a");
    up(FIN | WS_TEXT, "b"); /* the other direction */
    only(NULL);
    down(FIN | WS_TEXT, "c");
    only("RFC6455:5.4#4");

    begin(&passing, 0);
    open_link();
    up(FIN | WS_CLOSE, "");
    up(FIN | WS_TEXT, "a");
    only("RFC6455:5.5.1#5");
}

static void characters(void)
{
    begin(&passing, 0);
    open_link();
    up(WS_TEXT, "a\xe2\x82");
    up(FIN | WS_CONTINUATION, "b");
    only("RFC6455:5.6#1");

    begin(&passing, 0);
    open_link();
    up(WS_TEXT, "a");
    up(FIN | WS_CONTINUATION, "b\xe2");
    only("RFC6455:5.6#1");
}

static void extensions(void)
{
    begin(&passing, 0);
    open_link();
    up(FIN | RSV1 | WS_TEXT, "a");
    only("RFC6455:5.2#2");

    begin(&passing, 0);
    ask(ASK_HEAD ASK_KEY "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n");
    answer(ANSWER_HEAD ANSWER_KEY "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n");
    up(FIN | RSV1 | WS_TEXT, "\xff");
    down(FIN | RSV1 | WS_TEXT, "\xff");
    only(NULL);

    begin(&passing, 0); /* asked for, and not agreed on */
    ask(ASK_HEAD ASK_KEY "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n");
    answer(ANSWER_HEAD ANSWER_KEY "\r\n");
    down(FIN | RSV1 | WS_TEXT, "a");
    only("RFC6455:5.2#2");
}

/* ---- handshakes ---- */

static void requests(void)
{
    begin(&passing, 0);
    ask(ASK_HEAD "\r\n");
    only("RFC6455:4.1#24");
    CU_ASSERT_EQUAL(found[0].n_related, 0);

    begin(&passing, 0); /* nobody asks for WebSocket */
    ask("GET / HTTP/1.1\r\nHost: a\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n");
    ask("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    only(NULL);
    CU_ASSERT_EQUAL(sums[WS_F_HANDSHAKES].total, 0);
}

static void answers(void)
{
    static const struct {
        const char *ask, *answer, *clause;
    } of[] = {
        {"", "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOp=\r\n", "RFC6455:4.1#39"},
        {"", "", "RFC6455:4.2.2#a4"},
        {"", ANSWER_KEY "Sec-WebSocket-Protocol: chat\r\n", "RFC6455:4.2.2#8"},
        {"Sec-WebSocket-Protocol: talk\r\nSec-WebSocket-Protocol: chat\r\n",
         ANSWER_KEY "Sec-WebSocket-Protocol: chat\r\n", NULL},
        {"Sec-WebSocket-Extensions: x-a\r\n", ANSWER_KEY "Sec-WebSocket-Extensions: x-b\r\n",
         "RFC6455:4.2.2#10"},
        {"Sec-WebSocket-Protocol: chat\r\nSec-WebSocket-Extensions: x-a, x-b\r\n",
         ANSWER_KEY "Sec-WebSocket-Extensions: x-b\r\n", NULL},
    };
    char text[1024];

    for (size_t i = 0; i < COUNT(of); i++) {
        begin(&passing, 0);
        snprintf(text, sizeof text, ASK_HEAD ASK_KEY "%s\r\n", of[i].ask);
        ask(text);
        answer("HTTP/1.1 103 Early Hints\r\n\r\n"); /* not the answer yet */
        snprintf(text, sizeof text, ANSWER_HEAD "%s\r\n", of[i].answer);
        answer(text);
        only(of[i].clause);
    }
}

/* The key as it was sent counts: this one and that of ASK_KEY decode alike. */
static void odd_key(void)
{
    begin(&passing, 0);
    ask(ASK_HEAD "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZR==\r\n\r\n");
    answer(ANSWER_HEAD "Sec-WebSocket-Accept: Zgw8jYXtqX5qJr7MJ1Q/MqzeSRI=\r\n\r\n");
    size_t as_sent = n_found;
    begin(&passing, 0);
    ask(ASK_HEAD "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZR==\r\n\r\n");
    answer(ANSWER_HEAD ANSWER_KEY "\r\n");
    CU_ASSERT_EQUAL(as_sent, 0);
    only("RFC6455:4.1#39");
}

/* SIP asks for its subprotocol (RFC 7118 section 4.1). */
static void subprotocols(void)
{
    static const char message[] = "BYE sip:b@example.com SIP/2.0\r\n\r\n";
    static const struct {
        const char *asked, *answered, *client, *server;
    } of[] = {
        {"", "", "RFC7118:4.1#1", NULL},
        {"Sec-WebSocket-Protocol: sip\r\n", "", NULL, "RFC7118:4.1#2"},
        {"Sec-WebSocket-Protocol: sip\r\n", "Sec-WebSocket-Protocol: sip\r\n", NULL, NULL},
        {"Sec-WebSocket-Protocol: own\r\n", "Sec-WebSocket-Protocol: own\r\n", NULL, NULL},
    };
    char text[1024];

    for (size_t i = 0; i < COUNT(of); i++) {
        begin(&passing, 0);
        snprintf(text, sizeof text, ASK_HEAD ASK_KEY "%s\r\n", of[i].asked);
        ask(text);
        snprintf(text, sizeof text, ANSWER_HEAD ANSWER_KEY "%s\r\n", of[i].answered);
        answer(text);
        up(FIN | WS_TEXT, "no SIP");
        only(NULL);
        up(FIN | WS_TEXT, message);
        only(of[i].client);
        up(FIN | WS_BINARY, message); /* once */
        CU_ASSERT_EQUAL(n_found, of[i].client != NULL);
        n_found = 0;
        down(FIN | WS_TEXT, message);
        only(of[i].server);
    }
}

static void refused(void)
{
    begin(&passing, 0);
    ask(ASK_HEAD ASK_KEY "\r\n");
    pass(true, span_of(ANSWER_HEAD ANSWER_KEY "\r\n")); /* nobody answers himself */
    CU_ASSERT_EQUAL(sums[WS_F_ACCEPTED].total, 0);

    begin(&passing, 0);
    ask(ASK_HEAD ASK_KEY "\r\n");
    answer("HTTP/1.1 426 Upgrade Required\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
           "Content-Length: 0\r\n\r\n");
    only("RFC6455:4.4#1");
    CU_ASSERT_EQUAL(sums[WS_F_REFUSED].total, 1);
    n_found = 0;
    put(true, FIN | WS_TEXT, NULL, span_of("a")); /* no WebSocket */
    only(NULL);
}

/* ---- what nobody can know ---- */

static void unknown(void)
{
    begin(&passing, 0); /* a connection that was there before */
    put(true, FIN | WS_TEXT, NULL, span_of("a"));
    put(false, FIN | WS_CONTINUATION, masking, span_of("a"));
    only(NULL);

    begin(&passing, 0);
    open_link();
    up(WS_TEXT, "a");
    missing = true;
    up(FIN | WS_TEXT, "a");
    missing = false;
    put(true, FIN | WS_TEXT, NULL, span_of("a"));
    only(NULL);

    begin(&passing, 0); /* not in the order in which it was sent */
    ask(ASK_HEAD ASK_KEY "\r\n");
    up(WS_TEXT, "a");
    answer(ANSWER_HEAD ANSWER_KEY "\r\n");
    up(FIN | WS_CONTINUATION, "b");
    only(NULL);

    begin(&passing, 0); /* an answer to a request that is too long to be kept */
    char text[2048];
    snprintf(text, sizeof text, ASK_HEAD ASK_KEY "Sec-WebSocket-Protocol: %0*d\r\n\r\n",
             WS_WATCH_TEXT, 1);
    ask(text);
    answer(ANSWER_HEAD ANSWER_KEY "Sec-WebSocket-Protocol: chat\r\n\r\n");
    only(NULL);
    put(true, FIN | WS_TEXT, NULL, span_of("a")); /* which says who has to mask all the same */
    only("RFC6455:5.1#1");
}

/* One connection after the other between the same addresses, and more than there is room for. */
static void several(void)
{
    begin(&passing, 0);
    open_link();
    up(WS_TEXT, "a");
    open_link();
    up(FIN | WS_TEXT, "a");
    only(NULL);

    begin(&passing, 4 * WS_WATCH_LINKS);
    for (flow = 1; flow <= 5; flow++)
        open_link();
    CU_ASSERT_EQUAL(sums[WS_F_EVICTED].total, 1);
    flow = 1; /* forgotten */
    put(true, FIN | WS_TEXT, NULL, span_of("a"));
    only(NULL);
    flow = 2;
    put(true, FIN | WS_TEXT, NULL, span_of("a"));
    only("RFC6455:5.1#1");
}

static void listed(void)
{
    CU_ASSERT_PTR_EQUAL(watcher_of(&ws_codec, 0), &ws_watch);
    CU_ASSERT_PTR_EQUAL(watcher_of(&http_codec, 0), &ws_watch);
    CU_ASSERT_TRUE(ws_watch.n_facts <= WATCH_FACTS_MAX);
    watch_free(w);
    w = NULL;
}

TESTS({"lawful", lawful}, {"masks", masks}, {"keys", keys}, {"places", places},
      {"characters", characters}, {"extensions", extensions}, {"requests", requests},
      {"answers", answers}, {"odd key", odd_key}, {"subprotocols", subprotocols},
      {"refused", refused}, {"unknown", unknown}, {"several", several}, {"listed", listed})
