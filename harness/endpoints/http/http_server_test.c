/* harness/endpoints/http/http_server_test.c - the server by itself: what it answers, in which order, and what becomes
 * of its connections. */
#include "harness/tests/http_rig.h"

#define HOST " HTTP/1.1\r\nHost: a\r\n"
#define GET(path) "GET " path HOST "\r\n"
#define SERVER "Server: rtclab/0.1\r\n"
#define TEXT "Content-Type: text/plain\r\n"
#define HELLO "HTTP/1.1 200 OK\r\n" TEXT SERVER "Content-Length: 18\r\n\r\nhello from rtclab\n"

static struct solo *server(const struct http_server_config *c)
{
    struct solo *s = solo_new(&http_origin_class, c, NULL, NULL);

    CU_ASSERT_PTR_NOT_NULL_FATAL(solo_flow(s, 1));
    solo_give(s, (struct input){.kind = IN_OPENED, .flow = 1});
    SOLO_IS(solo_told(s), "listening;");
    return s;
}

/* What one connection gets for these octets. */
static const char *answer(struct solo *s, const char *octets)
{
    struct solo_flow *f = solo_accept(s);
    const char *sent;

    solo_text(s, f, octets);
    sent = solo_sent(f);
    if (!f->closed)
        solo_give(s, (struct input){.kind = IN_CLOSED, .flow = f->id, .why = CLOSE_RESET});
    f->id = 0;
    return sent;
}

static void resources(void)
{
    static const struct {
        const char *in, *out;
    } rows[] = {
        {GET("/"), HELLO},
        {GET("http://a/?x"), HELLO},
        {GET("/empty"), "HTTP/1.1 204 No Content\r\n" SERVER "\r\n"},
        {"HEAD /" HOST "\r\n", "HTTP/1.1 200 OK\r\n" TEXT SERVER "Content-Length: 18\r\n\r\n"},
        {"HEAD /chunked" HOST "\r\n",
         "HTTP/1.1 200 OK\r\n" TEXT SERVER "Transfer-Encoding: chunked\r\n\r\n"},
        {GET("/chunked"),
         "HTTP/1.1 200 OK\r\n" TEXT SERVER
         "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n5\r\n in c\r\n5\r\n"
         "hunks\r\n5\r\n of f\r\n5\r\nive o\r\n5\r\nctets\r\n1\r\n\n\r\n0\r\n\r\n"},
        {GET("/close"),
         "HTTP/1.1 200 OK\r\n" TEXT SERVER "Connection: close\r\n\r\nhello until the end\n"},
        {"GET /chunked HTTP/1.0\r\n\r\n",
         "HTTP/1.1 200 OK\r\n" TEXT SERVER
         "Connection: close\r\n\r\nhello in chunks of five octets\n"},
        {"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
         "HTTP/1.1 200 OK\r\n" TEXT SERVER
         "Content-Length: 18\r\nConnection: keep-alive\r\n\r\nhello from rtclab\n"},
        {"POST /echo" HOST "Content-Type: a/b\r\nContent-Length: 5\r\n\r\nhello",
         "HTTP/1.1 200 OK\r\nContent-Type: a/b\r\n" SERVER "Content-Length: 5\r\n\r\nhello"},
        {"PUT /echo" HOST
         "Transfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\nX: y\r\n\r\n",
         "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\n" SERVER
         "Content-Length: 5\r\n\r\nhello"},
        {"PUT /echo" HOST "Content-Type: : a\r\nContent-Length: 1\r\n\r\nx",
         "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\n" SERVER
         "Content-Length: 1\r\n\r\nx"},
        {"POST /echo" HOST "Content-Length: 0\r\n\r\n",
         "HTTP/1.1 200 OK\r\n" SERVER "Content-Length: 0\r\n\r\n"},
        {"OPTIONS *" HOST "\r\n",
         "HTTP/1.1 200 OK\r\nAllow: GET, HEAD, POST, PUT, DELETE, OPTIONS\r\n" SERVER
         "Content-Length: 0\r\n\r\n"},
        {"OPTIONS /" HOST "\r\n",
         "HTTP/1.1 200 OK\r\nAllow: GET, HEAD, OPTIONS\r\n" SERVER "Content-Length: 0\r\n\r\n"},
        {"DELETE /" HOST "\r\n",
         "HTTP/1.1 405 Method Not Allowed\r\nAllow: GET, HEAD, OPTIONS\r\n" TEXT SERVER
         "Content-Length: 23\r\n\r\n405 Method Not Allowed\n"},
        {GET("/nowhere"),
         "HTTP/1.1 404 Not Found\r\n" TEXT SERVER "Content-Length: 14\r\n\r\n404 Not Found\n"},
        {"HEAD /nowhere" HOST "\r\n",
         "HTTP/1.1 404 Not Found\r\n" TEXT SERVER "Content-Length: 14\r\n\r\n"},
        {"TRACE /" HOST "\r\n", "HTTP/1.1 501 Not Implemented\r\n" TEXT SERVER
                                "Content-Length: 20\r\n\r\n501 Not Implemented\n"},
        {"CONNECT a:1" HOST "\r\n", "HTTP/1.1 501 Not Implemented\r\n"},
        {"GET /" HOST "Expect: more\r\n\r\n", "HTTP/1.1 417 Expectation Failed\r\n"},
        {"GET / HTTP/2.0\r\n\r\n", "HTTP/1.1 505 HTTP Version Not Supported\r\n" TEXT SERVER
                                   "Content-Length: 51\r\nConnection: close\r\n\r\n"
                                   "505 HTTP Version Not Supported: HTTP/1.1 is served\n"},
        {"GET / HTTP/1.1\r\nHost:\r\n\r\n",
         "HTTP/1.1 400 Bad Request\r\n" TEXT SERVER
         "Content-Length: 16\r\nConnection: close\r\n\r\n400 Bad Request\n"},
        {"GET http://:80/ HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 400 Bad Request\r\n"},
        {GET("http://a/"), HELLO},
        {"POST /echo" HOST "Transfer-Encoding: chunked\r\n\r\n10000000000000000\r\n",
         "HTTP/1.1 413 Content Too Large\r\n" TEXT SERVER
         "Content-Length: 22\r\nConnection: close\r\n\r\n413 Content Too Large\n"},
        {"HEAD / HTTP/1.1\r\n\r\n", "HTTP/1.1 400 Bad Request\r\n" TEXT SERVER
                                    "Content-Length: 16\r\nConnection: close\r\n\r\n"},
    };
    struct solo *s = server(NULL);

    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *got = answer(s, rows[i].in);
        if (strstr(rows[i].out, "\r\n\r\n"))
            SOLO_IS(got, rows[i].out);
        else
            SOLO_BEGINS(got, rows[i].out);
    }
    solo_free(s);
}

/* Requests of all kinds behind each other, in pieces of each size and cut at each octet: always the same is sent. */
static void splits(void)
{
    static const char in[] = GET("/") "HEAD /chunked" HOST "\r\n" GET(
        "/chunked") "POST /echo" HOST "Expect: 100-continue\r\nContent-Length: 5\r\n\r\nhello"
                    "POST /echo" HOST
                    "Transfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n2\r\nab\r\n0\r\nT: "
                    "u\r\n\r\n" GET(
                        "/nowhere") "\r\n"
                                    "POST /nowhere" HOST
                                    "Expect: 100-continue\r\nContent-Length: 5\r\n\r\nhello" GET(
                                        "/");
    char whole[SOLO_SENT];
    struct solo *s = server(NULL);
    size_t n = sizeof in - 1;

    snprintf(whole, sizeof whole, "%s", answer(s, in));
    SOLO_BEGINS(whole, HELLO "HTTP/1.1 200 OK\r\n");
    CU_ASSERT_PTR_NOT_NULL(strstr(whole, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n"));
    /* the last is refused before its body, so that the connection ends */
    SOLO_BEGINS(strstr(whole, "Connection: close"), "Connection: close\r\n\r\n404 Not Found\n");
    for (size_t k = 1; k < n; k++) {
        struct solo_flow *a = solo_accept(s), *b = solo_accept(s);
        solo_bytes(s, a, (struct span){(const uint8_t *)in, n}, k);
        solo_bytes(s, b, (struct span){(const uint8_t *)in, k}, 0);
        solo_bytes(s, b, (struct span){(const uint8_t *)in + k, n - k}, 0);
        SOLO_IS(solo_sent(a), whole);
        SOLO_IS(solo_sent(b), whole);
        CU_ASSERT_TRUE(a->shut && b->shut);
        solo_eof(s, a);
        solo_eof(s, b);
        CU_ASSERT_TRUE(a->closed && b->closed);
        a->id = b->id = 0;
    }
    SOLO_IS(solo_told(s), "");
    solo_free(s);
}

/* RFC 9112 sections 9.3, 9.6. */
static void closes(void)
{
    struct solo *s = server(NULL);
    struct solo_flow *f = solo_accept(s), *g = solo_accept(s);

    solo_text(s, f, GET("/") "GET /" HOST "Connection: close\r\n\r\n" GET("/"));
    const char *sent = solo_sent(f);
    SOLO_BEGINS(sent, HELLO "HTTP/1.1 200 OK\r\n" TEXT SERVER
                            "Content-Length: 18\r\nConnection: close\r\n\r\nhello from rtclab\n");
    CU_ASSERT_EQUAL(strlen(sent), 2 * strlen(HELLO) + strlen("Connection: close\r\n"));
    CU_ASSERT_TRUE(f->shut && !f->closed);
    solo_text(s, f, GET("/")); /* in vain */
    SOLO_IS(solo_sent(f), "");
    solo_pass(s, 1999999);
    CU_ASSERT_FALSE(f->closed);
    solo_pass(s, 1);
    CU_ASSERT_TRUE(f->closed && !f->aborted);
    solo_text(s, g, "GET / HTTP/1.0\r\n\r\n");
    CU_ASSERT_TRUE(g->shut && !g->closed);
    solo_eof(s, g);
    CU_ASSERT_TRUE(g->closed && !g->aborted);
    /* a client that has sent all still gets its response */
    g = solo_accept(s);
    solo_text(s, g, GET("/"));
    solo_eof(s, g);
    CU_ASSERT_TRUE(g->closed && !g->shut);
    SOLO_IS(solo_sent(g), HELLO);
    solo_free(s);
}

/* RFC 9110 section 10.1.1. */
static void expects(void)
{
#define BODY "Content-Length: 5\r\n"
    struct solo *s = server(NULL);
    struct solo_flow *f = solo_accept(s);

    solo_text(s, f, "POST /echo" HOST "Expect: 100-Continue\r\n" BODY "\r\n");
    SOLO_IS(solo_sent(f), "HTTP/1.1 100 Continue\r\n\r\n");
    solo_text(s, f, "hello");
    SOLO_BEGINS(solo_sent(f), "HTTP/1.1 200 OK\r\n");
    solo_text(s, f,
              "POST /echo HTTP/1.0\r\nConnection: keep-alive\r\nExpect: 100-continue\r\n" BODY
              "\r\n");
    SOLO_IS(solo_sent(f), "");
    solo_text(s, f, "hello");
    SOLO_BEGINS(solo_sent(f), "HTTP/1.1 200 OK\r\n");
    solo_text(s, f, "POST /nowhere" HOST BODY "\r\n"); /* nothing is expected: the body is read */
    SOLO_IS(solo_sent(f), "");
    solo_text(s, f, "hello");
    SOLO_BEGINS(solo_sent(f), "HTTP/1.1 404 Not Found\r\n");
    CU_ASSERT_FALSE(f->shut);
    SOLO_BEGINS(answer(s, "POST /nowhere" HOST "Expect: 100-continue\r\n" BODY "\r\n"),
                "HTTP/1.1 404 Not Found\r\n");
    SOLO_BEGINS(answer(s, "POST /" HOST "Expect: 100-continue\r\n" BODY "\r\n"),
                "HTTP/1.1 405 Method Not Allowed\r\n");
    SOLO_BEGINS(answer(s, "POST /digest/echo" HOST "Expect: 100-continue\r\n" BODY "\r\n"),
                "HTTP/1.1 401 Unauthorized\r\n");
    SOLO_BEGINS(
        answer(s, "POST /echo" HOST "Expect: 100-continue\r\nContent-Length: 9999999\r\n\r\n"),
        "HTTP/1.1 413 Content Too Large\r\n");
    solo_free(s);
}

static struct draft *message(unsigned status, const char *body)
{
    static _Alignas(16) uint8_t memory[8192];
    static struct arena mem;
    static struct draft dr;

    mem = arena_of(memory, sizeof memory);
    http_draft_response(&dr, &mem, status);
    http_body(&dr, span_of(body));
    return &dr;
}

static void reply(struct solo *s, struct http_reply_args a, unsigned status, const char *body)
{
    a.message = message(status, body);
    solo_command(s, "reply", &a, 77);
    CU_ASSERT_EQUAL(s->token, 77);
}

/* Whoever drives the server answers, in any order; the responses leave in that of the requests. */
static void asks(void)
{
    static const struct http_resource r[] = {{.path = SPAN("/ask"), .does = HTTP_DOES_ASK},
                                             {.path = SPAN("/"), .body = SPAN("x")}};
    struct http_server_config c = {.resources = (struct http_resource *)(uintptr_t)r,
                                   .n_resources = 2};
    struct solo *s = server(&c);
    struct solo_flow *f = solo_accept(s);
    uint32_t id;

    solo_text(s, f, "PUT /ask" HOST "Content-Length: 2\r\n\r\nhi");
    SOLO_IS(solo_told(s), "request|hi;");
    id = s->id;
    solo_text(s, f, GET("/") GET("/ask") "HEAD /ask" HOST "\r\n");
    SOLO_IS(solo_told(s), "request;request;");
    SOLO_IS(solo_sent(f), ""); /* the second has its response, and waits */
    reply(s, (struct http_reply_args){.id = id + 2}, 404, "no");
    reply(s, (struct http_reply_args){.id = id + 2}, 404, "no");
    SOLO_IS(solo_told(s), "sent;error there is no such request;");
    SOLO_IS(solo_sent(f), "");
    reply(s, (struct http_reply_args){.id = id, .chunk = 1}, 201, "ok");
    SOLO_IS(solo_sent(f), "HTTP/1.1 201 Created\r\n" SERVER "Transfer-Encoding: chunked\r\n\r\n"
                          "1\r\no\r\n1\r\nk\r\n0\r\n\r\n"
                          "HTTP/1.1 200 OK\r\n" TEXT SERVER "Content-Length: 1\r\n\r\nx"
                          "HTTP/1.1 404 Not Found\r\n" SERVER "Content-Length: 2\r\n\r\nno");
    reply(s, (struct http_reply_args){.id = id + 3, .after_us = 5000}, 200, "body");
    SOLO_IS(solo_sent(f), "");
    solo_pass(s, 4999);
    SOLO_IS(solo_sent(f), "");
    solo_pass(s, 1);
    SOLO_IS(solo_sent(f), "HTTP/1.1 200 OK\r\n" SERVER "Content-Length: 4\r\n\r\n");
    solo_told(s);
    /* 1xx do not answer it */
    solo_text(s, f, GET("/ask"));
    reply(s, (struct http_reply_args){.id = s->id}, 103, "");
    SOLO_IS(solo_sent(f), "HTTP/1.1 103 Unknown\r\n\r\n");
    reply(s, (struct http_reply_args){.id = id + 4, .until_close = true}, 200, "end");
    SOLO_IS(solo_sent(f), "HTTP/1.1 200 OK\r\n" SERVER "Connection: close\r\n\r\nend");
    CU_ASSERT_TRUE(f->shut);
    solo_free(s);
}

/* One that ends the connection leaves before those that are unanswered: they are so for ever. */
static void abandoned(void)
{
    struct http_server_config c = {.manual = true};
    struct solo *s = server(&c);
    struct solo_flow *f = solo_accept(s);

    solo_text(s, f, GET("/") GET("/"));
    reply(s, (struct http_reply_args){.id = 2, .at_once = true, .close = true}, 204, "");
    CU_ASSERT_TRUE(f->shut);
    solo_told(s);
    reply(s, (struct http_reply_args){.id = 1}, 204, "");
    SOLO_IS(solo_told(s), "error there is no such request;");
    solo_pass(s, 2000000);
    CU_ASSERT_TRUE(f->closed);
    CU_ASSERT_EQUAL(http_origin_class.deadline(s->self), NO_DEADLINE);
    solo_free(s);
}

/* Requests beyond those that a connection may leave unanswered wait; nothing of them is lost. */
static void many(void)
{
    struct http_server_config c = {.manual = true};
    struct solo *s = server(&c);
    struct solo_flow *f = solo_accept(s);
    size_t told = 0;

    for (size_t i = 0; i < HTTP_OUTSTANDING + 3; i++)
        solo_text(s, f, GET("/"));
    for (const char *t = solo_told(s); (t = strstr(t, "request;")); t++)
        told++;
    CU_ASSERT_EQUAL(told, HTTP_OUTSTANDING);
    for (uint32_t id = 1; id <= HTTP_OUTSTANDING + 3; id++)
        reply(s, (struct http_reply_args){.id = id}, 204, "");
    const char *sent = solo_sent(f);
    for (told = 0; (sent = strstr(sent, "HTTP/1.1 204")); sent++)
        told++;
    CU_ASSERT_EQUAL(told, HTTP_OUTSTANDING + 3);
    solo_free(s);
}

/* Responses leave room behind them, though requests wait all the time; one that does not fit is not sent in part. */
static void kept(void)
{
    static char body[256 << 10];
    static uint8_t large[HTTP_WINDOW * 2];
    struct http_server_config c = {.manual = true};
    struct solo *s = server(&c);
    struct solo_flow *f = solo_accept(s);

    memset(body, 'x', sizeof body - 1);
    solo_text(s, f, GET("/"));
    for (uint32_t id = 1; id < 20; id++) {
        solo_text(s, f, GET("/"));
        solo_told(s);
        reply(s, (struct http_reply_args){.id = id}, 200, body);
        SOLO_IS(solo_told(s), "sent;");
        SOLO_BEGINS(solo_sent(f), "HTTP/1.1 200 OK\r\n");
        CU_ASSERT_FALSE_FATAL(f->closed);
    }
    reply(s, (struct http_reply_args){.id = 20, .octets = {large, sizeof large}}, 200, "");
    reply(s, (struct http_reply_args){.id = 20, .chunk = 1}, 200, body);
    SOLO_IS(solo_told(s), "error the response is too large;error the response is too large;");
    SOLO_IS(solo_sent(f), "");
    reply(s, (struct http_reply_args){.id = 20}, 204, "");
    SOLO_BEGINS(solo_sent(f), "HTTP/1.1 204 No Content\r\n");
    solo_free(s);
}

/* Another protocol, behind CONNECT and Upgrade; what came before the reply waits for it. */
static void tunnels(void)
{
    static const char *const in[] = {"CONNECT a:1" HOST "\r\nhello",
                                     "GET /" HOST "Connection: upgrade\r\nUpgrade: x\r\n\r\nhello"};
    struct http_server_config c = {.manual = true};
    struct solo *s = server(&c);

    for (size_t i = 0; i < 2; i++) {
        struct solo_flow *f = solo_accept(s);
        solo_text(s, f, in[i]);
        SOLO_IS(solo_told(s), "request;");
        reply(s, (struct http_reply_args){.id = s->id}, i ? 101 : 200, "");
        SOLO_IS(solo_told(s), "sent;data|hello;");
        SOLO_BEGINS(solo_sent(f), i ? "HTTP/1.1 101 Switching Protocols\r\n\r\n"
                                    : "HTTP/1.1 200 OK\r\n" SERVER "\r\n");
        solo_text(s, f, GET("/"));
        SOLO_BEGINS(solo_told(s), "data|GET / HTTP");
        solo_command(s, "send", &(struct http_reply_args){.flow = f->id, .octets = SPAN("you")}, 1);
        SOLO_IS(solo_sent(f), "you");
        /* one that is refused goes on as HTTP */
        f = solo_accept(s);
        solo_text(s, f, in[i]);
        reply(s, (struct http_reply_args){.id = s->id}, 404, "");
        SOLO_IS(solo_told(s), "sent;request;sent;");
        solo_text(s, f, GET("/"));
        SOLO_IS(solo_sent(f), "HTTP/1.1 404 Not Found\r\n" SERVER "Content-Length: 0\r\n\r\n");
        SOLO_IS(solo_told(s), "request;"); /* of the method "helloGET" */
    }
    solo_free(s);
}

static void times(void)
{
    struct http_server_config c = {.half_us = 1000000, .idle_us = 3000000};
    struct solo *s = server(&c);
    struct solo_flow *f = solo_accept(s), *idle = solo_accept(s);

    solo_text(s, f, "GET / HT");
    solo_pass(s, 900000);
    solo_text(s, f, "TP/1.1\r\n"); /* it does not help to go on slowly */
    solo_pass(s, 99999);
    SOLO_IS(solo_sent(f), "");
    solo_pass(s, 1);
    SOLO_BEGINS(solo_sent(f), "HTTP/1.1 408 Request Timeout\r\n");
    CU_ASSERT_TRUE(f->shut);
    f = solo_accept(s);
    solo_text(s, f, "HEAD / HTTP/1.1\r\nHo");
    solo_pass(s, 1000000);
    const char *sent = solo_sent(f);
    SOLO_BEGINS(sent, "HTTP/1.1 408 Request Timeout\r\n");
    CU_ASSERT_STRING_EQUAL(strstr(sent, "\r\n\r\n"), "\r\n\r\n"); /* and no body */
    solo_pass(s, 999999);
    CU_ASSERT_FALSE(idle->closed);
    solo_pass(s, 1);
    CU_ASSERT_TRUE(idle->closed && !idle->aborted && !idle->n);
    solo_pass(s, 1000000);
    CU_ASSERT_TRUE(f->closed);
    solo_free(s);
}

/* More connections than there is room for; those of one address; one that fails by injection. */
static void room(void)
{
    struct solo *s = server(NULL);
    struct solo_flow *first = solo_accept(s), *f = first;

    for (size_t i = 1; i < HTTP_CONNECTIONS; i++) {
        solo_pass(s, 1000);
        solo_accept(s);
    }
    solo_text(s, first, GET("/")); /* so that another has been idle longer */
    f = solo_accept(s);
    SOLO_IS(solo_told(s), "refused full;");
    CU_ASSERT_TRUE(!first->closed && solo_flow(s, FLOW_ACCEPTED + 1)->aborted && !f->closed);
    solo_text(s, f, GET("/"));
    SOLO_IS(solo_sent(f), HELLO);
    solo_free(s);

    struct http_server_config c = {.quota = 2, .fail_at = 5};
    s = server(&c);
    for (size_t i = 0; i < 3; i++)
        solo_accept(s);
    SOLO_IS(solo_told(s), "refused quota;");
    f = solo_accept(s); /* another address */
    SOLO_IS(solo_told(s), "refused injected;");
    CU_ASSERT_TRUE(f->aborted);
    solo_free(s);
}

/* A clock, limits, resources that are put there later. */
static void configured(void)
{
    struct http_server_config c = {.clock_s = 784111777,
                                   .software = SPAN("x"),
                                   .most = {.target = 9, .head = 60, .content = 3}};
    struct http_resource r = {.path = SPAN("/new"), .body = SPAN("abcd"), .type = SPAN("a/b")};
    struct solo *s = server(&c);

    solo_pass(s, 999000);
    SOLO_BEGINS(answer(s, GET("/new")), "HTTP/1.1 404 Not Found\r\n");
    solo_command(s, "resource", &r, 5);
    SOLO_IS(solo_told(s), "sent;");
    SOLO_IS(answer(s, GET("/new")),
            "HTTP/1.1 200 OK\r\nContent-Type: a/b\r\nDate: Sun, 06 Nov 1994 08:49:38 GMT\r\n"
            "Server: x\r\nContent-Length: 4\r\n\r\nabcd");
    r.body = span_of("e");
    solo_command(s, "resource", &r, 5);
    CU_ASSERT_PTR_NOT_NULL(strstr(answer(s, GET("/new")), "\r\n\r\ne"));
    SOLO_BEGINS(answer(s, GET("/123456789")), "HTTP/1.1 414 URI Too Long\r\n");
    SOLO_BEGINS(answer(s, "GET /" HOST "X: 1234567890123456789012345678901234567890\r\n\r\n"),
                "HTTP/1.1 431 Request Header Fields Too Large\r\n");
    SOLO_BEGINS(answer(s, "PUT /echo" HOST "Content-Length: 4\r\n\r\nabcd"),
                "HTTP/1.1 413 Content Too Large\r\n");
    for (size_t i = s->told[0] ? 0 : 10; i < HTTP_RESOURCES + 1; i++) {
        char path[16];
        snprintf(path, sizeof path, "/%zu", i);
        r.path = span_of(path);
        solo_command(s, "resource", &r, 5);
    }
    CU_ASSERT_PTR_NOT_NULL(strstr(solo_told(s), "error there is no room for one more;"));
    solo_free(s);
}

static void dates(void)
{
    static const struct {
        uint64_t at;
        const char *text;
    } rows[] = {{0, "Thu, 01 Jan 1970 00:00:00 GMT"},
                {784111777, "Sun, 06 Nov 1994 08:49:37 GMT"},
                {951782399, "Mon, 28 Feb 2000 23:59:59 GMT"},
                {951782400, "Tue, 29 Feb 2000 00:00:00 GMT"},
                {951868800, "Wed, 01 Mar 2000 00:00:00 GMT"},
                {1709164800, "Thu, 29 Feb 2024 00:00:00 GMT"},
                {4107542400, "Mon, 01 Mar 2100 00:00:00 GMT"},
                {4107542399, "Sun, 28 Feb 2100 23:59:59 GMT"}};

    for (size_t i = 0; i < COUNT(rows); i++) {
        uint8_t room_for[HTTP_DATE_OCTETS];
        struct wr w = {room_for, sizeof room_for, 0, false};
        http_put_date(&w, rows[i].at);
        CHECK_TEXT(wr_span(&w), rows[i].text);
    }
}

TESTS({"resources", resources}, {"splits", splits}, {"closes", closes}, {"expects", expects},
      {"asks", asks}, {"abandoned", abandoned}, {"many", many}, {"kept", kept},
      {"tunnels", tunnels}, {"times", times}, {"room", room}, {"configured", configured},
      {"dates", dates})
