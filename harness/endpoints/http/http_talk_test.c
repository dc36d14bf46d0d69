/* harness/endpoints/http/http_talk_test.c - client and server in the simulator: exchanges of every kind over streams that
 * are cut into segments of each size, over TLS too; always the same comes of them. */
#include "harness/core/tls.h"
#include "harness/drivers/sim.h"
#include "harness/tests/http_rig.h"

enum { TOLD = 1 << 14 };
struct talk {
    struct driver *d;
    struct party *server, *client;
    char told[TOLD]; /* responses, in their order */
    size_t n;
    uint32_t asked, answered, tries,
        id; /* id: of a request that the server's driver is to answer */
    uint64_t flows;
};

static void on_event(void *ctx, const struct event *ev)
{
    struct talk *t = ctx;
    const struct http_event *e = ev->rec;

    if (ev->desc != &http_event_desc)
        return;
    if (ev->party == t->server && strcmp(ev->name, "request") == 0) {
        t->id = e->id; /* to be replied to outside of the handler */
        driver_break(t->d);
        return;
    }
    if (ev->party != t->client || strcmp(ev->name, "response") != 0)
        return;
    t->n += (size_t)snprintf(t->told + t->n, TOLD - t->n, "%u:%u %s%.*s%s;", ev->token, e->code,
                             e->why ? e->why : "", (int)e->content.n,
                             e->content.n ? (const char *)e->content.p : "",
                             e->verified == HTTP_VERIFIED_GOOD  ? " verified"
                             : e->verified == HTTP_VERIFIED_BAD ? " forged"
                                                                : "");
    CU_ASSERT_FATAL(t->n < TOLD);
    t->flows |= UINT64_C(1) << (e->flow & 63);
    t->tries = e->tries;
    if (++t->answered == t->asked)
        driver_break(t->d);
}

static void talk_begin(struct talk *t, const char *stack, size_t segment)
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
    struct tls_options options = {.server_name = SPAN("a.example")};
    const char *err = NULL;

    *t = (struct talk){.d = sim_new(1, NULL)};
    CU_ASSERT_PTR_NOT_NULL_FATAL(t->d);
    if (!t->d)
        return; /* FATAL has left already */
    sim_network(t->d)->segment = (uint32_t)segment;
    t->d->on_event = on_event;
    t->d->ctx = t;
    if (tls)
        s.listen_tls = (struct addr){.family = 4};
    t->server = t->d->cls->add(t->d,
                               &(struct party_spec){.cls = &http_server_class,
                                                    .config = &s,
                                                    .layer_desc = &tls_options_desc,
                                                    .layer_options = &options},
                               &err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(t->server);
    c.server = party_addr(t->server);
    c.server.port = tls ? 443 : 80;
    t->client = t->d->cls->add(t->d,
                               &(struct party_spec){.cls = &http_client_class,
                                                    .config = &c,
                                                    .layer_desc = &tls_options_desc,
                                                    .layer_options = &options},
                               &err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(t->client);
}

static void ask(struct talk *t, struct http_args a, const char *method, const char *target,
                const char *body)
{
    static _Alignas(16) uint8_t memory[4096];
    struct arena mem = arena_of(memory, sizeof memory);
    struct draft dr;

    http_draft_request(&dr, &mem, span_of(method), span_of(target));
    if (body)
        http_body(&dr, span_of(body));
    a.message = &dr;
    for (size_t i = 0; i < http_client_class.n_verbs; i++)
        if (strcmp(http_client_class.verbs[i].name, "fetch") == 0)
            t->d->cls->command(t->client, &http_client_class.verbs[i], &a, ++t->asked);
}

static void reply(struct talk *t)
{
    static _Alignas(16) uint8_t memory[4096];
    struct arena mem = arena_of(memory, sizeof memory);
    struct draft dr;
    struct http_reply_args a = {.id = t->id, .message = &dr};

    http_draft_response(&dr, &mem, 202);
    http_body(&dr, span_of("asked"));
    for (size_t i = 0; i < http_server_class.n_verbs; i++)
        if (strcmp(http_server_class.verbs[i].name, "reply") == 0)
            t->d->cls->command(t->server, &http_server_class.verbs[i], &a, 1);
    t->id = 0;
}

static void run(struct talk *t)
{
    uint64_t until = t->d->now_us + 20000000;

    while (t->answered < t->asked && t->d->now_us < until && !t->d->error) {
        t->d->cls->run(t->d, until);
        if (t->id)
            reply(t);
    }
    CU_ASSERT_PTR_NULL(t->d->error);
    CU_ASSERT_EQUAL(t->answered, t->asked);
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
        ask(t, rows[i].a, rows[i].method, rows[i].target, rows[i].body);
        run(t);
    }
    t->d->cls->run(t->d, t->d->now_us + 5000000); /* the nonce is stale then */
    ask(t, (struct http_args){.flow = 0}, "POST", "/digest", "stale");
    run(t);
    CU_ASSERT_EQUAL(t->tries, 2);
    for (size_t i = 0; i < 8; i++)
        ask(t, (struct http_args){.pipeline = true}, i & 1 ? "HEAD" : "GET", "/chunked", NULL);
    run(t);
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
        talk_begin(&t, "tcp", segment);
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

    talk_begin(&t, "tcp/tls", 0);
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
            talk_begin(&t, "tcp", 0);
            body[HTTP_CONTENT_MOST + over] = '\0';
            ask(&t, (struct http_args){.chunk = chunk}, "POST", over ? "/nowhere" : "/ask", body);
            run(&t);
            snprintf(got, sizeof got, "%.40s", t.told);
            SOLO_BEGINS(got, over ? "1:413 " : "1:202 asked;");
            t.d->cls->destroy(t.d);
            body[HTTP_CONTENT_MOST + over] = 'x';
        }
}

TESTS({"segments", segments}, {"over TLS", over_tls}, {"largest", largest})
