/* harness/endpoints/ws/ws_open_test.c - the opening handshake of the layer "ws", both sides, octet by octet too. */
#include "harness/core/test.h"
#include "harness/tests/ws_rig.h"

#define REMOTE "192.0.2.1:80"
#define GET "GET /chat?a=b HTTP/1.1\r\n"
#define HOST "Host: server.example.com\r\n"
#define UP "Upgrade: websocket\r\n"
#define CON "Connection: Upgrade\r\n"
#define KEY "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
#define VER "Sec-WebSocket-Version: 13\r\n"
#define END "\r\n"
#define GOOD GET HOST UP CON KEY VER END
#define HELLO "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58" /* RFC 6455 section 5.7 */

static const struct ws_options lists = {.paths = SPAN("/, /chat"),
                                        .hosts = SPAN("server.example.com, [::1], b:8080"),
                                        .origins = SPAN("http://example.com"),
                                        .protocols = SPAN("sip, chat")};

static const struct request {
    const char *text;
    unsigned status;
    const char *why; /* part of the sentence; NULL: it is open */
    const char *protocol;
} requests[] = {
    {GOOD, 101, NULL, ""}, /* WS-01 */
    {GET HOST "Upgrade: WebSocket\r\nConnection: keep-alive, Upgrade\r\n" KEY VER END, 101, NULL,
     ""},
    {GET HOST "UPGRADE: WEBSOCKET\r\nconnection: keep-alive,\r\n upgrade\r\n" KEY VER END, 101,
     NULL, ""}, /* WS-05: folded */
    {GET HOST UP "Connection: keep-alive\r\nConnection: Upgrade\r\n" KEY VER END, 101, NULL, ""},
    {"\r\n" GOOD, 101, NULL, ""},
    {"GET http://server.example.com/chat HTTP/1.1\r\n" HOST UP CON KEY VER END, 101, NULL, ""},
    {"GET / HTTP/1.1\r\nHost: [::1]:8080\r\n" UP CON KEY VER END, 101, NULL, ""},
    {"GET / HTTP/1.1\r\nHost: B:8080\r\n" UP CON KEY VER END, 101, NULL, ""},
    {GET HOST UP CON KEY VER "Origin: http://example.com\r\n" END, 101, NULL, ""},
    {GET HOST UP CON KEY VER "Sec-WebSocket-Protocol: x, chat, sip\r\n" END, 101, NULL, "chat"},
    {GET HOST UP CON KEY VER "Sec-WebSocket-Protocol: x\r\nSec-WebSocket-Protocol: sip\r\n" END,
     101, NULL, "sip"}, /* WS-04, WS-05: split */
    {GET HOST UP CON KEY VER "Sec-WebSocket-Protocol: Sip\r\n" END, 101, NULL, ""},
    {GET HOST UP CON KEY VER "Sec-WebSocket-Extensions: permessage-deflate\r\n" END, 101, NULL, ""},
    {GET HOST UP CON KEY VER "Content-Length: 3\r\n\r\nabc", 101, NULL, ""},
    /* WS-02, WS-03, ws-6 */
    {"POST /chat HTTP/1.1\r\n" HOST UP CON KEY VER END, 405, "the method is not GET", ""},
    {"GET /chat HTTP/1.0\r\n" HOST UP CON KEY VER END, 400, "below HTTP/1.1", ""},
    {"GET /chat HTTP/2.0\r\n" HOST UP CON KEY VER END, 505, "no handshake of WebSocket", ""},
    {GET UP CON KEY VER END, 400, "there is no Host", ""},
    {GET HOST HOST UP CON KEY VER END, 400, "several Host", ""},
    {GET HOST CON KEY VER END, 400, "no Upgrade", ""},
    {GET HOST UP KEY VER END, 400, "no Connection", ""},
    {GET HOST UP CON VER END, 400, "no Sec-WebSocket-Key", ""},
    {GET HOST UP CON "Sec-WebSocket-Key: c2hvcnQ=\r\n" VER END, 400, "16 octets", ""},
    {GET HOST UP CON KEY END, 400, "no Sec-WebSocket-Version", ""},
    {GET HOST UP CON KEY "Sec-WebSocket-Version: 8\r\n" END, 426, "is not 13", ""},
    {GET HOST UP CON KEY "Sec-WebSocket-Version: 12\r\n" END, 426, "is not 13", ""},
    {"GET /other HTTP/1.1\r\n" HOST UP CON KEY VER END, 404, "the path is none", ""},
    {"GET /chat/ HTTP/1.1\r\n" HOST UP CON KEY VER END, 404, "the path is none", ""},
    {GET "Host: other\r\n" UP CON KEY VER END, 403, "the host is another", ""},
    {GET "Host: b\r\n" UP CON KEY VER END, 403, "the host is another", ""},
    {GET HOST UP CON KEY VER "Origin: http://evil.example\r\n" END, 403, "may not ask", ""},
    {"GET /other HTTP/1.1\r\n" HOST UP CON KEY VER "Sec-WebSocket-Protocol: sip\r\n" END, 404,
     "the path is none", ""},
    {"HTTP/1.1 200 OK\r\n\r\n", 400, "no handshake of WebSocket", ""},
    {"\x16\x03\x01\r\n\r\n", 400, "no HTTP", ""},
};

static void one_request(const struct request *r, struct span in, size_t chunk)
{
    struct rig_end *e = rig_new(true, &lists, "", REMOTE, NULL);
    static struct rig_said said;
    char want[64];

    rig_bytes(e, in, chunk);
    snprintf(want, sizeof want, "%u", r->status);
    rig_said(e, &said);
    bool open = r->status == 101;
    bool good = strcmp(said.text, want) == 0 && said.n_found == 0 &&
                strcmp(e->above, open ? "[open]text(Hello)" : "[closed protocol 0]") == 0 &&
                e->end.status == r->status && strcmp(e->protocol, r->protocol) == 0 &&
                (open || strstr(e->why, r->why)) && e->shut == !open;
    if (!good)
        printf("\nrequest %td in %zu: %s, %s, %s, %s, %zu findings\n", r - requests, chunk,
               said.text, e->above, e->why, e->protocol, said.n_found);
    CU_ASSERT_TRUE(good);
    rig_free(e);
}

/* ws-6 and ws-7: each request, with a frame behind it, in one piece and in pieces of all sizes. */
static void server(void)
{
    for (size_t i = 0; i < COUNT(requests); i++) {
        uint8_t text[1024];
        struct wr w = {text, sizeof text, 0, false};
        wr_text(&w, requests[i].text);
        wr_put(&w, (struct span)SPAN(HELLO));
        for (size_t chunk = w.n; chunk; chunk--)
            one_request(&requests[i], wr_span(&w), chunk);
    }
}

/* ws-1: the example of the standard. What is refused says what there is. */
static void answers(void)
{
    struct rig_end *e = rig_new(true, NULL, "", REMOTE, NULL);

    rig_bytes(e, span_of(GOOD), 4096);
    CHECK_TEXT(((struct span){e->wire, e->n_wire}),
               "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
               "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n");
    CU_ASSERT_STRING_EQUAL(e->path, "/chat?a=b");
    CU_ASSERT_STRING_EQUAL(e->events, "opened ");
    rig_free(e);
    e = rig_new(true, NULL, "", REMOTE, NULL);
    rig_bytes(e, span_of(GET HOST UP CON KEY "Sec-WebSocket-Version: 8\r\n" END), 4096);
    e->wire[e->n_wire] = '\0';
    CU_ASSERT_PTR_NOT_NULL(strstr((char *)e->wire, "\r\nSec-WebSocket-Version: 13\r\n"));
    CU_ASSERT_STRING_EQUAL(e->events, "refused ");
    CU_ASSERT_TRUE(e->shut &&
                   !e->closed); /* what comes is dropped until the client has ended, too */
    rig_bytes(e, span_of(GOOD), 7);
    rig_give(e, (struct input){.kind = IN_EOF, .flow = LAYER_LOWER});
    CU_ASSERT_TRUE(e->closed && !e->aborted);
    CU_ASSERT_STRING_EQUAL(e->above, "[closed protocol 0]");
    rig_free(e);
}

/* ---- the client ---- */

#define OK "HTTP/1.1 101 Switching Protocols\r\n"
#define FRAME "\x81\x05Hello"
static const struct response {
    const char *text; /* "Accept" becomes the right Sec-WebSocket-Accept */
    const char *above, *why, *protocol;
} responses[] = {
    {OK UP CON "Accept" END, "[open]text(Hello)", "", ""},
    {OK "Upgrade: WebSocket\r\nconnection: UPGRADE\r\n"
        "Accept" END,
     "[open]text(Hello)", "", ""},
    {OK UP CON "Accept"
               "Sec-WebSocket-Protocol: chat\r\n" END,
     "[open]text(Hello)", "", "chat"},
    {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\n" OK UP CON
     "Accept" END,
     "[open]text(Hello)", "", ""},
    {OK CON "Accept" END, "[closed protocol 0]", "no Upgrade with websocket", ""},
    {OK "Upgrade: other\r\n" CON "Accept" END, "[closed protocol 0]", "no Upgrade with websocket",
     ""},
    {OK UP "Accept" END, "[closed protocol 0]", "no Connection with Upgrade", ""},
    {OK UP CON END, "[closed protocol 0]", "there is no Sec-WebSocket-Accept", ""},
    {OK UP CON "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n" END, "[closed protocol 0]",
     "does not fit the key", ""},
    {OK UP CON "Accept"
               "Sec-WebSocket-Protocol: other\r\n" END,
     "[closed protocol 0]", "the subprotocol was not asked for", ""},
    {OK UP CON "Accept"
               "Sec-WebSocket-Extensions: permessage-deflate\r\n" END,
     "[closed protocol 0]", "an extension was not asked for", ""},
    {"HTTP/1.1 403 Forbidden\r\nContent-Length: 5\r\n\r\n", "[closed refused 0]",
     "the server refused the handshake: 403 Forbidden", ""},
    {"HTTP/1.1 200 OK\r\n\r\n", "[closed refused 0]", "the server refused the handshake: 200 OK",
     ""},
    {"HTTP/1.1 301 Moved\xff\r\nLocation: /\r\n\r\n", "[closed refused 0]",
     "the server refused the handshake: 301", ""},
    {GOOD, "[closed protocol 0]", "what the server answers is a request", ""},
    {"SIP/2.0 200 OK\r\n\r\n", "[closed protocol 0]", "no HTTP", ""},
};

static struct rig_end *client(struct rig_said *said)
{
    static const struct ws_options o = {.path = SPAN("/a?b"),
                                        .origin = SPAN("http://o"),
                                        .protocols = SPAN("sip, chat"),
                                        .fields = SPAN("Cookie: a=b\nX-Lab: 1\r\n")};
    struct rig_end *e = rig_new(false, &o, "example.com", "192.0.2.1:8080", NULL);

    if (said)
        rig_said(e, said);
    return e;
}

static void client_sides(void)
{
    static struct rig_said said;
    struct rig_end *first = client(NULL);
    static uint8_t request[2048];
    struct wr accept = {request, sizeof request, 0, false};
    struct arena mem = arena_of(first->q.mem.p, RIG_ARENA);
    struct findings none = {0};
    struct http_msg m;

    /* the seed is the same, so is the key */
    CU_ASSERT_EQUAL(
        http_decode((struct span){first->wire, first->n_wire}, HTTP_ASK_OTHER, &mem, &m, &none),
        STEP_ITEM);
    wr_text(&accept, "Sec-WebSocket-Accept: ");
    ws_accept_put(&accept, http_header(&m, HTTP_WS_KEY)->value);
    wr_text(&accept, "\r\n");
    for (size_t i = 0; i < COUNT(responses); i++) {
        const struct response *r = &responses[i];
        const char *mark = strstr(r->text, "Accept" END);
        uint8_t text[2048];
        struct wr w = {text, sizeof text, 0, false};
        mark = mark ? mark
                    : strstr(r->text, "Accept"
                                      "Sec-");
        wr_put(&w, (struct span){(const uint8_t *)r->text,
                                 mark ? (size_t)(mark - r->text) : strlen(r->text)});
        if (mark) {
            wr_put(&w, wr_span(&accept));
            wr_text(&w, mark + strlen("Accept"));
        }
        wr_text(&w, FRAME);
        for (size_t chunk = w.n; chunk; chunk--) {
            struct rig_end *e = client(&said);
            rig_bytes(e, wr_span(&w), chunk);
            bool open = r->above[1] == 'o';
            bool good = strcmp(e->above, r->above) == 0 && strstr(e->why, r->why) &&
                        strcmp(e->protocol, r->protocol) == 0 && e->closed == !open &&
                        e->n_wire == 0;
            if (!good)
                printf("\nresponse %zu in %zu: %s, %s\n", i, chunk, e->above, e->why);
            CU_ASSERT_TRUE(good);
            rig_free(e);
        }
    }
    rig_free(first);
}

/* What a client asks for, octet for octet. */
static void asks(void)
{
    static const struct {
        struct ws_options o;
        const char *name, *remote, *want; /* in the request */
    } rows[] = {
        {{.path = {0}}, "", "192.0.2.1:80", "GET / HTTP/1.1\r\nHost: 192.0.2.1\r\nUpgrade"},
        {{.path = {0}}, "", "[2001:db8::1]:8080", "\r\nHost: [2001:db8::1]:8080\r\n"},
        {{.path = {0}}, "a.example", "192.0.2.1:80", "\r\nHost: a.example\r\n"},
        {{.path = {0}}, "a.example", "192.0.2.1:81", "\r\nHost: a.example:81\r\n"},
        {{.host = SPAN("other")}, "a.example", "192.0.2.1:81", "\r\nHost: other\r\n"},
        {{.path = SPAN("/x?y=z")}, "", REMOTE, "GET /x?y=z HTTP/1.1\r\n"},
        {{.origin = SPAN("http://o")}, "", REMOTE, "\r\nOrigin: http://o\r\n"},
        {{.protocols = SPAN("a, b")}, "", REMOTE, "\r\nSec-WebSocket-Protocol: a, b\r\n"},
        {{.fields = SPAN("A: b\n\nC: d")}, "", REMOTE, "\r\nA: b\r\nC: d\r\nSec-WebSocket-Version"},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct rig_end *e = rig_new(false, &rows[i].o, rows[i].name, rows[i].remote, NULL);
        static struct rig_said said;
        e->wire[e->n_wire] = '\0';
        if (!strstr((char *)e->wire, rows[i].want))
            printf("\n%s", (char *)e->wire);
        CU_ASSERT_PTR_NOT_NULL(strstr((char *)e->wire, rows[i].want));
        rig_said(e, &said);
        CU_ASSERT_EQUAL(said.n_found, 0);
        CU_ASSERT_STRING_EQUAL(said.text, "GET");
        rig_free(e);
    }
}

/* Another seed, another key; the same seed, the same. */
static void keys(void)
{
    struct rig_end *a = rig_new(false, NULL, "", REMOTE, NULL),
                   *b = rig_new(false, NULL, "", REMOTE, NULL);
    rig_seed = 7;
    struct rig_end *c = rig_new(false, NULL, "", REMOTE, NULL);
    rig_seed = 0;
    CU_ASSERT_TRUE(a->n_wire == b->n_wire && memcmp(a->wire, b->wire, a->n_wire) == 0);
    CU_ASSERT_TRUE(a->n_wire == c->n_wire && memcmp(a->wire, c->wire, a->n_wire) != 0);
    rig_free(a);
    rig_free(b);
    rig_free(c);
}

/* Two ends of ours, with all that they say of it. */
static void both(void)
{
    static const struct ws_options c = {.path = SPAN("/chat"), .protocols = SPAN("x, chat")};
    static const struct ws_options s = {.paths = SPAN("/chat"), .protocols = SPAN("chat")};

    for (size_t chunk = 1; chunk < 1000; chunk = chunk < 9 ? chunk + 1 : chunk * 3) {
        struct rig_end *a = rig_new(false, &c, "a", REMOTE, NULL),
                       *b = rig_new(true, &s, "", REMOTE, NULL);
        rig_send(a, WS_BINARY, span_of("early"));
        rig_send(a, 0, span_of(""));
        rig_carry(a, b, chunk);
        rig_send(b, WS_TEXT, span_of("answer"));
        rig_carry(a, b, chunk);
        CU_ASSERT_STRING_EQUAL(a->above, "[open]text(answer)");
        CU_ASSERT_STRING_EQUAL(b->above, "[open]binary(early)text()");
        CU_ASSERT_STRING_EQUAL(a->protocol, "chat");
        CU_ASSERT_STRING_EQUAL(b->protocol, "chat");
        CU_ASSERT_TRUE(b->end.server && !a->end.server && a->end.status == 101);
        rig_close(a, 1000, "bye");
        rig_carry(a, b, chunk);
        CU_ASSERT_STRING_EQUAL(a->events, "opened closed ");
        CU_ASSERT_STRING_EQUAL(b->events, "opened closed ");
        CU_ASSERT_STRING_EQUAL(b->above, "[open]binary(early)text()[closed done 1000]");
        CU_ASSERT_STRING_EQUAL(b->reason, "bye");
        CU_ASSERT_TRUE(a->closed && !a->aborted && b->shut && !a->shut);
        rig_free(a);
        rig_free(b);
    }
}

/* ---- limits ---- */

static void too_long(void)
{
    static const uint8_t blank[] = {'\r', '\n', '\r', '\n'};
    static uint8_t text[2 * WS_HANDSHAKE_MAX];
    struct wr w = {text, sizeof text, 0, false};
    static struct rig_said said;

    wr_text(&w, GET HOST UP CON KEY VER "X: ");
    memset(text + w.n, 'x', sizeof text - w.n);
    for (size_t n = WS_HANDSHAKE_MAX; n <= WS_HANDSHAKE_MAX + 1; n++) { /* both sides of it */
        struct rig_end *e = rig_new(true, NULL, "", REMOTE, NULL);
        memset(text + n - 5, 'x', 5);
        memcpy(text + n - sizeof blank, blank, sizeof blank);
        rig_bytes(e, (struct span){text, n}, 1000);
        rig_said(e, &said);
        CU_ASSERT_STRING_EQUAL(said.text, n == WS_HANDSHAKE_MAX ? "101" : "400");
        rig_free(e);
    }
    struct rig_end *c = rig_new(false, NULL, "", REMOTE, NULL);
    rig_bytes(c, (struct span){text + 1000, WS_HANDSHAKE_MAX - 1000}, 1000);
    rig_bytes(c, (struct span){text + 1000, 1000}, 1000);
    CU_ASSERT_STRING_EQUAL(c->above, "[closed protocol 0]");
    CU_ASSERT_STRING_EQUAL(c->why, "the handshake is too long");
    rig_free(c);
    c = rig_new(false, &(struct ws_options){.fields = {text, WS_OPTIONS_MAX}}, "", REMOTE, NULL);
    CU_ASSERT_STRING_EQUAL(c->above, "[closed local 0]");
    CU_ASSERT_TRUE(c->closed && c->n_wire == 0);
    rig_free(c);
}

static void too_slow(void)
{
    static const struct ws_options soon = {.open_us = 2000};

    for (unsigned row = 0; row < 4; row++) {
        struct rig_end *e = rig_new(row & 1, row & 2 ? &soon : NULL, "", REMOTE, NULL);
        uint64_t limit = row & 2 ? 2000 : WS_OPEN_US;
        rig_bytes(e, span_of(row & 1 ? GET HOST : "HTTP/1.1 101"), 4096); /* takes 1000 us */
        rig_pass(e, limit - 1001);
        CU_ASSERT_FALSE(e->closed);
        rig_pass(e, 1);
        CU_ASSERT_TRUE(e->closed && e->aborted);
        CU_ASSERT_STRING_EQUAL(e->above, "[closed timeout 0]");
        rig_free(e);
    }
}

static void early(void)
{
    static uint8_t big[WS_EARLY_MAX];
    struct rig_end *e = rig_new(false, NULL, "", REMOTE, NULL);

    rig_send(e, WS_TEXT, (struct span){big, WS_EARLY_MAX - 100});
    CU_ASSERT_STRING_EQUAL(e->above, "");
    rig_send(e, WS_TEXT, (struct span){big, 100});
    CU_ASSERT_STRING_EQUAL(e->above, "[closed quota 0]");
    CU_ASSERT_TRUE(e->aborted);
    rig_free(e);

    /* a user that has nothing more to say before it is open */
    struct rig_end *a = rig_new(false, NULL, "", REMOTE, NULL),
                   *b = rig_new(true, NULL, "", REMOTE, NULL);
    rig_send(a, WS_TEXT, span_of("all"));
    rig_give(a, (struct input){.kind = IN_SHUTDOWN, .flow = LAYER_UPPER});
    rig_send(a, WS_TEXT, span_of("never"));
    rig_carry(a, b, 4096);
    CU_ASSERT_STRING_EQUAL(b->above, "[open]text(all)[closed done 1000]");
    CU_ASSERT_STRING_EQUAL(a->above, "[open][closed done 1000]");
    CU_ASSERT_TRUE(a->closed);
    rig_free(a);
    rig_free(b);

    a = rig_new(false, NULL, "", REMOTE, NULL);
    rig_send(a, WS_TEXT, span_of("lost"));
    rig_close(a, 1000, "");
    CU_ASSERT_TRUE(a->closed && !a->aborted);
    CU_ASSERT_STRING_EQUAL(a->above, "");
    rig_free(a);
}

/* The stream ends, or is lost, in the handshake. */
static void cut(void)
{
    for (unsigned row = 0; row < 4; row++) {
        struct rig_end *e = rig_new(row & 1, NULL, "", REMOTE, NULL);
        rig_give(e, (struct input){.kind = row & 2 ? IN_EOF : IN_CLOSED,
                                   .flow = LAYER_LOWER,
                                   .why = CLOSE_RESET});
        CU_ASSERT_STRING_EQUAL(e->above, row & 2 ? "[closed protocol 0]" : "[closed reset 0]");
        CU_ASSERT_EQUAL(e->closed, (row & 2) != 0);
        CU_ASSERT_STRING_EQUAL(e->events, "refused ");
        rig_free(e);
    }
}

TESTS({"server", server}, {"answers", answers}, {"client", client_sides}, {"asks", asks},
      {"keys", keys}, {"both", both}, {"too_long", too_long}, {"too_slow", too_slow},
      {"early", early}, {"cut", cut})
