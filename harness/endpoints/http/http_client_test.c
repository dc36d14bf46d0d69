/* harness/endpoints/http/http_client_test.c - the client by itself: what it sends, over which connection, and what it
 * makes of what comes back. */
#include "harness/endpoints/http/http_client.h"
#include "harness/tests/http_rig.h"

#define OK "HTTP/1.1 200 OK\r\n"
#define FIVE "Content-Length: 5\r\n\r\nhello"
#define TYPE "Content-Type: application/octet-stream\r\n"
#define HEADS " HTTP/1.1\r\nHost: a.example\r\nUser-Agent: rtclab/0.1\r\n"

static struct solo *client(const struct http_client_config *more)
{
    struct http_client_config c = {.server = {4, {192, 0, 2, 9}, 80}, .host = SPAN("a.example")};

    if (more) {
        c.username = more->username;
        c.password = more->password;
        c.most = more->most;
        c.timeout_us = more->timeout_us;
    }
    return solo_new(&http_client_class, &c, NULL, NULL);
}

static uint32_t token;

/* `what`: the method, a blank, the target; `body` NULL: none. */
static void ask(struct solo *s, const char *verb, struct http_args a, const char *what,
                const char *body)
{
    static _Alignas(16) uint8_t memory[8192];
    struct arena mem = arena_of(memory, sizeof memory);
    struct draft dr;
    struct span line = span_of(what);
    size_t blank = lex_find(line, 0, ' ');

    http_draft_request(&dr, &mem, span_cut(line, 0, blank), span_cut(line, blank + 1, line.n));
    if (body)
        http_body(&dr, span_of(body));
    a.message = &dr;
    solo_command(s, verb, &a, ++token);
}

static void fetch(struct solo *s, const char *what)
{
    ask(s, "fetch", (struct http_args){.flow = 0}, what, NULL);
}

/* The n-th connection, from 1. */
static struct solo_flow *flow(struct solo *s, flow_id n)
{
    struct solo_flow *f = solo_flow(s, n);

    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    if (!f->opened)
        solo_give(s, (struct input){.kind = IN_OPENED, .flow = n});
    f->opened = true;
    return f;
}

static void requests(void)
{
    static const struct {
        const char *what, *body, *sent;
        struct http_args a;
    } rows[] = {
        {"GET /", NULL, "GET /" HEADS "\r\n", {.flow = 0}},
        {"POST /x", "hello", "POST /x" HEADS TYPE "Content-Length: 5\r\n\r\nhello", {.flow = 0}},
        {"POST /x",
         "hello",
         "POST /x" HEADS TYPE "Transfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n",
         {.chunk = 3}},
        {"GET /", NULL, "GET /" HEADS "Connection: close\r\n\r\n", {.close = true}},
        {"GET /", NULL, "GET / HTTP/1.1\r\n\r\n", {.as_is = true}},
        {"GET /",
         NULL,
         "GET / HTTP/1.1\r\nHost: b\r\nUser-Agent: rtclab/0.1\r\n\r\n",
         {.host = SPAN("b")}},
        {"GET /", NULL, "what?", {.octets = SPAN("what?")}},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct solo *s = client(NULL);
        ask(s, "request", rows[i].a, rows[i].what, rows[i].body);
        SOLO_IS(solo_sent(flow(s, 1)), rows[i].sent);
        SOLO_IS(solo_told(s), "opened;");
        solo_free(s);
    }
    struct http_client_config c = {.server = {4, {192, 0, 2, 9}, 8080}};
    struct solo *s = solo_new(&http_client_class, &c, NULL, NULL);
    fetch(s, "GET /");
    CU_ASSERT_STRING_EQUAL(solo_field(solo_sent(flow(s, 1)), "Host"), "192.0.2.9:8080");
    solo_free(s);
}

/* Responses to pipelined requests, in pieces of each size and cut at each octet. */
/* TLS is told the server's name, or its address, without the port. */
static void names(void)
{
    static const struct {
        struct span host;
        const char *name;
    } rows[] = {{SPAN("a.example"), "a.example"},
                {SPAN("a.example:8080"), "a.example"},
                {SPAN("[2001:db8::1]"), "[2001:db8::1]"},
                {SPAN("[2001:db8::1]:443"), "[2001:db8::1]"},
                {SPAN(""), ""}};

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct http_client_config c = {.server = {4, {192, 0, 2, 9}, 80}, .host = rows[i].host};
        struct solo *s = solo_new(&http_client_class, &c, NULL, NULL);
        fetch(s, "GET /");
        SOLO_IS(flow(s, 1)->name, rows[i].name);
        solo_free(s);
    }
}

static void splits(void)
{
    static const char in[] =
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hm\r\nA: b\r\n\r\n" OK FIVE OK
        "Content-Length: 5\r\n\r\n" OK
        "Transfer-Encoding: chunked\r\n\r\n3;x\r\nabc\r\n0\r\nT: u\r\n\r\n"
        "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\nHTTP/1.1 404 No\r\n" FIVE OK
        "\r\nto the end";
    static const char *const asked[] = {"GET /1", "HEAD /2", "GET /3",
                                        "GET /4", "GET /5",  "GET /6"};
    size_t n = sizeof in - 1;

    struct solo *s = client(NULL);
    for (size_t k = 1; k < 2 * n; k++) {
        for (size_t i = 0; i < COUNT(asked); i++)
            ask(s, "request", (struct http_args){.pipeline = true}, asked[i], NULL);
        struct solo_flow *f = flow(s, (flow_id)k);
        if (k < n) {
            solo_bytes(s, f, (struct span){(const uint8_t *)in, n}, k);
        } else {
            solo_bytes(s, f, (struct span){(const uint8_t *)in, k - n + 1}, 0);
            solo_bytes(s, f, (struct span){(const uint8_t *)in + k - n + 1, 2 * n - k - 1}, 0);
        }
        CU_ASSERT_FALSE(f->closed);
        solo_eof(s, f);
        CU_ASSERT_TRUE(f->closed);
        SOLO_IS(solo_told(s), "opened;interim 100;interim 103;response 200|hello;response 200;"
                              "response 200|abc;response 304;response 404|hello;"
                              "response 200|to the end;");
        CU_ASSERT_PTR_NULL(solo_flow(s, (flow_id)k + 1));
        f->id = 0;
    }
    solo_free(s);
}

/* RFC 9112 sections 9.3, 9.6: which connection a request goes over. */
static void reuse(void)
{
    struct solo *s = client(NULL);

    fetch(s, "GET /1");
    struct solo_flow *f = flow(s, 1);
    solo_text(s, f, OK FIVE);
    fetch(s, "GET /2"); /* over the same */
    SOLO_IS(solo_sent(f), "GET /1" HEADS "\r\nGET /2" HEADS "\r\n");
    fetch(s, "GET /3"); /* that one is busy */
    SOLO_IS(solo_sent(flow(s, 2)), "GET /3" HEADS "\r\n");
    solo_text(s, f, OK "Connection: close\r\n" FIVE);
    CU_ASSERT_TRUE(f->closed && !f->aborted);
    solo_text(s, flow(s, 2), "HTTP/1.0 200 OK\r\n" FIVE); /* which does not say keep-alive */
    CU_ASSERT_TRUE(flow(s, 2)->closed);
    fetch(s, "GET /4");
    f = flow(s, 3);
    solo_text(s, f, "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n" FIVE);
    ask(s, "fetch", (struct http_args){.close = true}, "GET /5", NULL);
    solo_sent(f);
    fetch(s, "GET /6"); /* nothing behind a request with close */
    SOLO_IS(solo_sent(flow(s, 4)), "GET /6" HEADS "\r\n");
    solo_text(s, f, OK FIVE);
    CU_ASSERT_TRUE(f->closed);
    ask(s, "fetch", (struct http_args){.fresh = true}, "GET /7", NULL);
    CU_ASSERT_PTR_NOT_NULL(flow(s, 5));
    ask(s, "fetch", (struct http_args){.to = {4, {192, 0, 2, 10}, 80}}, "GET /8", NULL);
    CU_ASSERT_EQUAL(flow(s, 6)->remote.ip[3], 10);
    solo_text(s, flow(s, 4), OK FIVE);
    solo_told(s);
    solo_eof(s, flow(s, 4)); /* the server ends an idle one */
    SOLO_IS(solo_told(s), "ended end of stream;");
    CU_ASSERT_TRUE(flow(s, 4)->closed);
    solo_free(s);
}

static void pipelines(void)
{
    static const struct http_args p = {.pipeline = true};
    struct solo *s = client(NULL);

    ask(s, "fetch", p, "GET /1", NULL);
    ask(s, "fetch", p, "POST /2", "x"); /* behind one that may be asked again */
    ask(s, "fetch", p, "GET /3", NULL); /* not behind a POST: RFC9112:9.3.2#5 */
    SOLO_IS(solo_sent(flow(s, 1)),
            "GET /1" HEADS "\r\nPOST /2" HEADS TYPE "Content-Length: 1\r\n\r\nx");
    SOLO_IS(solo_sent(flow(s, 2)), "GET /3" HEADS "\r\n");
    ask(s, "fetch", p, "GET /4", NULL);
    SOLO_IS(solo_sent(flow(s, 2)), "GET /4" HEADS "\r\n");
    solo_told(s);
    /* the server ends after the first: what may be asked again is, and alone */
    solo_text(s, flow(s, 2), OK "Connection: close\r\n" FIVE);
    SOLO_IS(solo_sent(flow(s, 3)), "GET /4" HEADS "\r\n");
    solo_text(s, flow(s, 1), OK "Connection: close\r\n" FIVE);
    SOLO_IS(solo_told(s), "response 200|hello;opened;response 200|hello;"
                          "response the server ended the connection;");
    ask(s, "fetch", p, "GET /5", NULL); /* not pipelined so soon: RFC9112:9.3.2#4 */
    SOLO_IS(solo_sent(flow(s, 4)), "GET /5" HEADS "\r\n");
    solo_free(s);
    /* what stands behind the last response of a connection is not the beginning of another */
    s = client(NULL);
    ask(s, "fetch", p, "GET /1", NULL);
    ask(s, "fetch", p, "GET /2", NULL);
    solo_text(s, flow(s, 1), OK "Connection: close\r\n" FIVE "HTTP/1.1 200 O");
    SOLO_IS(solo_sent(flow(s, 2)), "GET /2" HEADS "\r\n");
    solo_free(s);
}

/* A connection that goes: before it has served, before and within a response. */
static void gone(void)
{
    struct solo *s = client(NULL);

    fetch(s, "GET /1");
    struct solo_flow *f = flow(s, 1);
    solo_told(s);
    solo_give(s, (struct input){.kind = IN_CLOSED, .flow = 1, .why = CLOSE_REFUSED});
    SOLO_IS(solo_told(s), "response refused;");
    fetch(s, "GET /2");
    f = flow(s, 2);
    solo_text(s, f, OK FIVE);
    fetch(s, "GET /3");
    solo_eof(s, f); /* as the request was sent: it is asked again */
    SOLO_IS(solo_sent(flow(s, 3)), "GET /3" HEADS "\r\n");
    solo_eof(s, flow(s, 3)); /* once */
    SOLO_IS(solo_told(s), "opened;response 200|hello;opened;"
                          "response the connection ends without a response;");
    fetch(s, "GET /4");
    solo_text(s, flow(s, 4), OK FIVE);
    ask(s, "fetch", (struct http_args){.flow = 0}, "POST /5", "x");
    solo_eof(s, flow(s, 4)); /* what may do harm is not */
    fetch(s, "GET /6");
    solo_text(s, flow(s, 5), OK FIVE);
    fetch(s, "GET /7");
    solo_text(s, flow(s, 5), OK "Content-Length: 6\r\n\r\nhello");
    solo_eof(s, flow(s, 5)); /* nor what was answered in part */
    SOLO_IS(solo_told(s), "opened;response 200|hello;"
                          "response the connection ends without a response;opened;"
                          "response 200|hello;response the connection ends within a message;");
    solo_free(s);
}

static void expects(void)
{
    static const struct http_args e = {.expect = true};
    struct solo *s = client(NULL);

    ask(s, "fetch", e, "POST /1", "hello");
    struct solo_flow *f = flow(s, 1);
    SOLO_IS(solo_sent(f),
            "POST /1" HEADS "Expect: 100-continue\r\n" TYPE "Content-Length: 5\r\n\r\n");
    solo_text(s, f, "HTTP/1.1 100 Continue\r\n\r\n");
    SOLO_IS(solo_sent(f), "hello");
    solo_text(s, f, OK FIVE);
    ask(s, "fetch", e, "POST /2", "hello"); /* it does not wait for ever: RFC9110:10.1.1#5 */
    solo_sent(f);
    solo_pass(s, 999999);
    SOLO_IS(solo_sent(f), "");
    solo_pass(s, 1);
    SOLO_IS(solo_sent(f), "hello");
    solo_text(s, f, OK FIVE);
    ask(s, "fetch", e, "POST /3", "hello"); /* refused: the body is not sent, the connection ends */
    solo_sent(f);
    solo_text(s, f, "HTTP/1.1 404 No\r\n" FIVE);
    SOLO_IS(solo_sent(f), "");
    CU_ASSERT_TRUE(f->closed);
    ask(s, "fetch", e, "POST /4", "hello");
    solo_text(s, flow(s, 2), "HTTP/1.1 417 No\r\nContent-Length: 0\r\n\r\n"); /* RFC9110:10.1.1#6 */
    SOLO_IS(solo_sent(flow(s, 3)), "POST /4" HEADS TYPE "Content-Length: 5\r\n\r\nhello");
    ask(s, "request", e, "GET /5", NULL); /* there is nothing to wait with: RFC9110:10.1.1#2 */
    SOLO_IS(solo_sent(flow(s, 4)), "GET /5" HEADS "\r\n");
    ask(s, "fetch", (struct http_args){.expect = true, .fresh = true}, "POST /6", "hello");
    solo_told(s);
    ask(s, "request", (struct http_args){.flow = 5}, "GET /7", NULL); /* not before that body */
    SOLO_IS(solo_told(s), "response what goes there now is no request;");
    ask(s, "request", (struct http_args){.expect = true, .stay = true, .fresh = true}, "POST /8",
        "hello");
    solo_text(s, flow(s, 6), "HTTP/1.1 404 No\r\n" FIVE); /* half a request is no place to stay */
    CU_ASSERT_TRUE(flow(s, 6)->closed);
    solo_free(s);
}

static void faults(void)
{
    static const struct {
        const char *in, *told;
    } rows[] = {
        {"hello", "response this is no response of HTTP/1|;"},
        {OK FIVE "x", "response 200|hello;stray octets come that no request was sent for;"},
        {OK FIVE "\r\n", "response 200|hello;"},
        {OK "Content-Length: 1, 2\r\n\r\nxy", "response 200 Content-Length is no number, or there "
                                              "are several that differ;"},
        {OK "Transfer-Encoding: chunked\r\n\r\nx",
         "response 200 the size of a chunk is no hexadecimal number;"},
        {OK "Content-Length: 6\r\n\r\n", "response 200 the content is too large;"},
        {OK "Connection: close\r\n" FIVE "x", "response 200|hello;"},
    };
    struct http_client_config c = {.most = {.content = 5}};

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct solo *s = client(&c);
        fetch(s, "GET /");
        struct solo_flow *f = flow(s, 1);
        solo_told(s);
        solo_text(s, f, rows[i].in);
        if (i == 0) {
            SOLO_BEGINS(solo_told(s), "response this is no response of HTTP/1");
        } else {
            SOLO_IS(solo_told(s), rows[i].told);
        }
        CU_ASSERT_EQUAL(f->closed, i != 2);
        CU_ASSERT_EQUAL(f->aborted, i != 2 && i != 6);
        solo_free(s);
    }
}

static void times(void)
{
    struct http_client_config c = {.timeout_us = 5000000};
    struct solo *s = client(&c);

    ask(s, "request", (struct http_args){.timeout_us = 1000000, .pipeline = true}, "GET /1", NULL);
    ask(s, "fetch", (struct http_args){.pipeline = true}, "GET /2", NULL);
    flow(s, 1);
    solo_told(s);
    solo_pass(s, 999999);
    SOLO_IS(solo_told(s), "");
    solo_pass(s, 1); /* both end: nobody could tell whose response comes next */
    SOLO_IS(solo_told(s), "response;response a request before has timed out;");
    CU_ASSERT_TRUE(flow(s, 1)->aborted);
    fetch(s, "GET /3");
    flow(s, 2);
    solo_told(s);
    solo_pass(s, 5000000);
    SOLO_IS(solo_told(s), "response;");
    CU_ASSERT_EQUAL(http_client_class.deadline(s->self), NO_DEADLINE);
    solo_free(s);
}

/* Another protocol; octets of a script's; closing. */
static void tunnels(void)
{
    struct solo *s = client(NULL);

    fetch(s, "CONNECT b:1");
    struct solo_flow *f = flow(s, 1);
    solo_told(s);
    solo_text(s, f, OK "Content-Length: 3\r\n\r\nhello");
    SOLO_IS(solo_told(s), "response 200;data|hello;");
    solo_sent(f);
    ask(s, "request", (struct http_args){.flow = 1}, "GET /", NULL);
    SOLO_IS(solo_told(s), "response what goes there now is no request;");
    solo_command(s, "send", &(struct http_args){.flow = 1, .octets = SPAN("you")}, 9);
    SOLO_IS(solo_sent(f), "you");
    fetch(s, "GET /");
    CU_ASSERT_PTR_NOT_NULL(flow(s, 2)); /* not through the tunnel */
    solo_told(s);
    solo_command(s, "close", &(struct http_args){.flow = 2}, 9);
    SOLO_IS(solo_told(s), "response closed here;sent;");
    solo_eof(s, f);
    SOLO_IS(solo_told(s), "ended end of stream;");
    solo_command(s, "send", &(struct http_args){.octets = SPAN("GE")}, 9);
    SOLO_IS(solo_sent(flow(s, 3)), "GE");
    for (size_t i = 0; i < HTTP_LINKS; i++)
        ask(s, "request", (struct http_args){.fresh = true}, "GET /", NULL);
    CU_ASSERT_PTR_NOT_NULL(strstr(solo_told(s), "response no connection is free;"));
    solo_free(s);
}

#define NONCE1 "\"n1\""
#define DIGEST(nonce, more)                                                                        \
    "HTTP/1.1 401 No\r\nWWW-Authenticate: Newest x=y\r\nWWW-Authenticate: Digest realm=\"r\", "    \
    "qop=\"auth, auth-int\", algorithm=SHA-256, nonce=" nonce more                                 \
    ", Digest realm=\"r\", qop=auth, nonce=\"m\", Basic realm=\"r\"\r\nContent-Length: 0\r\n\r\n"

/* The client's credentials, which break no rule, are right: what the server would calculate. */
static struct auth_credentials check(const char *sent, const char *method, const char *uri,
                                     const char *body)
{
    static _Alignas(16) uint8_t memory[8192];
    static char text[2048];
    struct arena mem = arena_of(memory, sizeof memory);
    struct auth_user u = {SPAN("alice"), SPAN("secret")};
    struct auth_request r = {span_of(method), span_of(body)};
    struct auth_list list;
    struct auth_credentials c;
    struct findings fs = {0};

    snprintf(text, sizeof text, "%s", solo_field(sent, "Authorization"));
    auth_split(span_of(text), &mem, &list);
    auth_credentials_of(&list, &c);
    auth_lint_credentials(&c, NULL, &(struct auth_where){.in = span_of(text)}, &fs);
    CU_ASSERT_EQUAL(fs.n, 0);
    CU_ASSERT_EQUAL(auth_verify_user(&c, &u, &r), AUTH_GOOD);
    if (auth_scheme_of(c.list.scheme) == AUTH_DIGEST) {
        char quoted[64];
        snprintf(quoted, sizeof quoted, "\"%s\"", uri);
        CHECK_TEXT(c.uri, quoted);
    }
    return c;
}

static void digests(void)
{
    struct http_client_config c = {.username = SPAN("alice"), .password = SPAN("secret")};
    struct solo *s = client(&c);

    fetch(s, "GET /a?b");
    struct solo_flow *f = flow(s, 1);
    CU_ASSERT_STRING_EQUAL(solo_field(solo_sent(f), "Authorization"), "");
    solo_text(s, f, DIGEST(NONCE1, ", opaque=\"o\""));
    struct auth_credentials by = check(solo_sent(f), "GET", "/a?b", NULL);
    CHECK_TEXT(by.nc, "00000001");
    CHECK_TEXT(by.nonce, NONCE1);
    CHECK_TEXT(by.opaque, "\"o\"");
    CHECK_TEXT(by.algorithm, "SHA-256");
    solo_text(s, f, OK FIVE);
    SOLO_IS(solo_told(s), "opened;response 200|hello;");
    CU_ASSERT_EQUAL(s->verified, HTTP_VERIFIED_ABSENT);
    fetch(s, "HEAD /"); /* without being asked again: RFC7616:3.6#3 */
    by = check(solo_sent(f), "HEAD", "/", NULL);
    CHECK_TEXT(by.nc, "00000002");
    solo_text(s, f, DIGEST("\"n2\"", ", stale=TRUE"));
    by = check(solo_sent(f), "HEAD", "/", NULL);
    CHECK_TEXT(by.nonce, "\"n2\"");
    CHECK_TEXT(by.nc, "00000001");
    solo_text(s, f, DIGEST("\"n3\"", "")); /* refused: RFC7616:3.3#7 */
    SOLO_IS(solo_told(s), "response 401;");
    ask(s, "fetch", (struct http_args){.flow = 0}, "POST /", "hello");
    solo_sent(f);
    solo_text(s, f,
              "HTTP/1.1 401 No\r\nWWW-Authenticate: Digest realm=\"r\", nonce=\"i\", "
              "qop=\"auth-int\", userhash=true\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    CU_ASSERT_TRUE(f->closed);
    by = check(solo_sent(flow(s, 2)), "POST", "/", "hello");
    CHECK_TEXT(by.qop, "auth-int");
    CHECK_TEXT(by.userhash, "true");
    solo_free(s);
}

/* RFC7617:2.2#a1: where credentials go unasked. */
static void scopes(void)
{
    static const struct {
        const char *what;
        bool sent;
    } rows[] = {{"GET /a/c/d", true}, {"GET /a/b?/", true}, {"GET /a", false}, {"GET /ab/", false}};
    struct http_client_config c = {.username = SPAN("alice"), .password = SPAN("secret")};
    struct solo *s = client(&c);

    fetch(s, "GET /a/b?c/d");
    struct solo_flow *f = flow(s, 1);
    solo_text(
        s, f,
        "HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm=\"r\"\r\nContent-Length: 0\r\n\r\n");
    solo_text(s, f, OK FIVE);
    for (size_t i = 0; i < COUNT(rows); i++) {
        solo_sent(f);
        fetch(s, rows[i].what);
        CU_ASSERT_EQUAL(solo_field(solo_sent(f), "Authorization")[0] != '\0', rows[i].sent);
        solo_text(s, f, OK FIVE);
    }
    solo_free(s);
}

static void basics(void)
{
    struct http_client_config c = {.username = SPAN("alice"), .password = SPAN("secret")};
    struct solo *s = client(&c);

    fetch(s, "GET /");
    struct solo_flow *f = flow(s, 1);
    solo_sent(f);
    solo_text(
        s, f,
        "HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm=\"r\"\r\nContent-Length: 0\r\n\r\n");
    check(solo_sent(f), "GET", "/", NULL);
    solo_text(
        s, f,
        "HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm=\"r\"\r\nContent-Length: 0\r\n\r\n");
    SOLO_IS(solo_told(s), "opened;response 401;");
    /* what cannot be answered, and who has no name */
    fetch(s, "GET /");
    solo_sent(f);
    solo_text(s, f, "HTTP/1.1 401 No\r\nWWW-Authenticate: Newest x=y\r\nContent-Length: 0\r\n\r\n");
    SOLO_IS(solo_sent(f), "");
    solo_free(s);
    s = client(NULL);
    fetch(s, "GET /");
    f = flow(s, 1);
    solo_sent(f);
    solo_text(s, f, DIGEST(NONCE1, ""));
    SOLO_IS(solo_sent(f), "");
    solo_told(s);
    ask(s, "request",
        (struct http_args){.login = true, .username = SPAN("alice"), .password = SPAN("secret")},
        "GET /", NULL);
    solo_sent(f);
    solo_text(s, f, DIGEST(NONCE1, ""));
    check(solo_sent(f), "GET", "/", NULL);
    solo_free(s);
}

TESTS({"requests", requests}, {"names", names}, {"splits", splits}, {"reuse", reuse},
      {"pipelines", pipelines}, {"gone", gone}, {"expects", expects}, {"faults", faults},
      {"times", times}, {"tunnels", tunnels}, {"digests", digests}, {"basics", basics},
      {"scopes", scopes})
