/* harness/endpoints/http/http_talk_test.c - client and server in the simulator: exchanges of every kind over streams
 * that are cut into segments of each size, over TLS too; always the same comes of them. */
#include "harness/drivers/sim.h"
#include "harness/tests/http_talk.h"

static void begin(struct talk *t, const char *stack, size_t segment)
{
    static const struct http_resource more[] = {
        {.path = SPAN("/"), .body = SPAN("root")},
        {.path = SPAN("/chunked"), .body = SPAN("0123456789"), .chunk = 3},
        {.path = SPAN("/close"), .body = SPAN("closing"), .until_close = true},
        {.path = SPAN("/empty"), .status = 204},
        {.path = SPAN("/echo"), .does = HTTP_DOES_ECHO},
        {.path = SPAN("/ask"), .does = HTTP_DOES_ASK},
        {.path = SPAN("/basic"), .auth = HTTP_AUTH_BASIC, .body = SPAN("basic")},
        {.path = SPAN("/digest"), .auth = HTTP_AUTH_DIGEST, .does = HTTP_DOES_ECHO},
    };
    bool tls = strstr(stack, "tls") != NULL;
    struct http_server_config s = {.resources = (struct http_resource *)(uintptr_t)more,
                                   .n_resources = COUNT(more),
                                   .nonce_us = 3000000};
    struct http_client_config c = {.transport = span_of(stack),
                                   .host = SPAN("a.example"),
                                   .username = SPAN("alice"),
                                   .password = SPAN("alice-secret")};

    talk_begin(t, sim_new(1, NULL));
    sim_network(t->d)->segment = (uint32_t)segment;
    if (tls)
        s.listen_tls = (struct addr){.family = 4};
    t->server = talk_add(t, &http_origin_class, &s);
    c.server = party_addr(t->server);
    c.server.port = tls ? 443 : 80;
    t->client = talk_add(t, &http_client_class, &c);
}

/* One after the other, and many at once. */
static void script(struct talk *t)
{
    static const struct {
        const char *method, *target, *body;
        struct http_args a;
    } rows[] = {
        {"GET", "/", NULL, {.flow = 0}},
        {"HEAD", "/", NULL, {.flow = 0}},
        {"HEAD", "/chunked", NULL, {.flow = 0}},
        {"GET", "/chunked", NULL, {.flow = 0}},
        {"GET", "/empty", NULL, {.flow = 0}},
        {"POST", "/echo", "with a length", {.flow = 0}},
        {"POST", "/echo", "in chunks", {.chunk = 2}},
        {"POST", "/echo", "after 100", {.expect = true}},
        {"POST", "/echo", "chunks after 100", {.expect = true, .chunk = 4}},
        {"PUT", "/ask", "somebody", {.flow = 0}},
        {"GET", "/close", NULL, {.flow = 0}},
        {"GET", "/", NULL, {.close = true}},
        {"GET", "/basic", NULL, {.flow = 0}},
        {"POST", "/digest", "a secret", {.flow = 0}},
        {"POST", "/digest", "another", {.expect = true}},
        {"GET", "/nowhere", NULL, {.flow = 0}},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        talk_fetch(t, rows[i].a, rows[i].method, rows[i].target, rows[i].body);
        talk_run(t);
    }
    t->d->cls->run(t->d, t->d->now_us + 5000000); /* the nonce is stale then */
    talk_fetch(t, (struct http_args){.flow = 0}, "POST", "/digest", "stale");
    talk_run(t);
    CU_ASSERT_EQUAL(t->tries, 2);
    for (size_t i = 0; i < 8; i++)
        talk_fetch(t, (struct http_args){.pipeline = true}, i & 1 ? "HEAD" : "GET", "/chunked",
                   NULL);
    talk_run(t);
}

static const char want[] =
    "1:200 root;2:200 ;3:200 ;4:200 0123456789;5:204 ;6:200 with a length;7:200 in chunks;"
    "8:200 after 100;9:200 chunks after 100;10:202 asked;11:200 closing;12:200 root;13:200 basic;"
    "14:200 a secret verified;15:200 another verified;16:404 404 Not Found\n;"
    "17:200 stale verified;18:200 0123456789;19:200 ;20:200 0123456789;21:200 ;"
    "22:200 0123456789;23:200 ;24:200 0123456789;25:200 ;";

static void segments(void)
{
    for (size_t segment = 0; segment < 64; segment += segment < 16 ? 1 : 7) {
        struct talk t;
        begin(&t, "tcp", segment);
        script(&t);
        SOLO_IS(t.told, want);
        /* "close", a request with close, and Basic's new realm: the rest goes over three connections */
        CU_ASSERT_EQUAL(__builtin_popcountll(t.flows), 3);
        t.d->cls->destroy(t.d);
    }
}

static void over_tls(void)
{
    struct talk t;

    begin(&t, "tcp/tls", 0);
    script(&t);
    SOLO_IS(t.told, want);
    t.d->cls->destroy(t.d);
}

/* Bodies as large as may be, both ways. */
static void largest(void)
{
    static char body[HTTP_CONTENT_MOST + 2];
    static char got[64];

    memset(body, 'x', sizeof body - 1);
    for (size_t over = 0; over < 2; over++)
        for (size_t chunk = 0; chunk <= 100000; chunk += 100000) {
            struct talk t;
            begin(&t, "tcp", 0);
            body[HTTP_CONTENT_MOST + over] = '\0';
            talk_fetch(&t, (struct http_args){.chunk = chunk}, "POST", over ? "/nowhere" : "/ask",
                       body);
            talk_run(&t);
            snprintf(got, sizeof got, "%.40s", t.told);
            SOLO_BEGINS(got, over ? "1:413 " : "1:202 asked;");
            t.d->cls->destroy(t.d);
            body[HTTP_CONTENT_MOST + over] = 'x';
        }
}

TESTS({"segments", segments}, {"over TLS", over_tls}, {"largest", largest})
