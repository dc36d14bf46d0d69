/* harness/tests/ws_test.c - the layer "ws" in its stacks, the same in the simulator and on the loopback: messages of all sizes,
 * what each side is told, deviations, and more messages at once than a queue takes. */
#include <stdio.h>
#include <stdlib.h>
#include "harness/core/test.h"
#include "harness/core/tls.h"
#include "harness/drivers/live.h"
#include "harness/drivers/sim.h"
#include "harness/endpoints/echo/echo.h"
#include "harness/endpoints/ws/ws.h"
#include "harness/tests/ws_rig.h"

enum { WAIT_US = 20000000 };

/* ---- an endpoint that says what its configuration has, and keeps what it is told ---- */

struct heard {
    char text[2048];
    size_t messages, octets;
    uint32_t sum;
    bool closed;
};
struct say {
    uint8_t kind;
    struct span data;
};
struct talk_config {
    struct flow_spec open;
    const struct say *says; /* at once */
    size_t n_says;
    size_t closes; /* after so many messages; 0: never */
    size_t pauses; /* likewise, until a command */
    struct ws_close close;
    struct heard *heard;
};
struct talk {
    struct env env;
    struct talk_config c;
};

static void note(struct heard *h, const char *text)
{
    strncat(h->text, text, sizeof h->text - strlen(h->text) - 1);
}

static struct span fact(const struct input *in, const char *name)
{
    const struct flow_spec said = {.desc = in->desc, .options = in->rec};
    return flow_option_text(&said, name);
}

static void opened(struct heard *h, const struct input *in)
{
    struct span protocol = fact(in, "protocol"), path = fact(in, "path");
    char text[256];

    if (!in->rec)
        return; /* a listener */
    snprintf(text, sizeof text, "[open %.*s %.*s]", (int)path.n, (const char *)path.p,
             (int)protocol.n, (const char *)protocol.p);
    note(h, text);
}

static void closed(struct heard *h, const struct input *in)
{
    const struct flow_spec said = {.desc = in->desc, .options = in->rec};
    struct span reason = fact(in, "reason");
    char text[512];

    h->closed = true;
    snprintf(text, sizeof text, "[closed %s %u%s%.*s%s%s]", close_name(in->why),
             (unsigned)flow_option(&said, "code").u, reason.n ? " " : "", (int)reason.n,
             (const char *)reason.p, in->detail ? ": " : "", in->detail ? in->detail : "");
    note(h, text);
}

static void message(struct talk *t, const struct input *in, struct outq *q)
{
    struct heard *h = t->c.heard;
    struct output *o;

    h->messages++;
    h->octets += in->data.n;
    h->sum = fnv32(h->sum, in->data) + in->pkt.kind;
    if (h->messages == t->c.pauses)
        out_put(q, OUT_PAUSE, in->flow);
    if (h->messages != t->c.closes)
        return;
    o = out_put(q, OUT_CLOSE, in->flow);
    o->desc = &ws_close_desc;
    o->rec = &t->c.close;
}

static void talk_input(void *self, const struct input *in, struct outq *q)
{
    struct talk *t = self;

    switch (in->kind) {
    case IN_START:
        t->c = *(const struct talk_config *)in->rec;
        out_put(q, OUT_OPEN, 1)->open = t->c.open;
        for (size_t i = 0; i < t->c.n_says; i++)
            out_send(q, 1, t->c.says[i].data, &(struct pkt){.kind = t->c.says[i].kind});
        break;
    case IN_OPENED:
        opened(t->c.heard, in);
        break;
    case IN_BYTES:
        message(t, in, q);
        break;
    case IN_CLOSED:
        closed(t->c.heard, in);
        break;
    case IN_COMMAND:
        out_put(q, OUT_RESUME, FLOW_ACCEPTED);
        break;
    default:
        break;
    }
    echo_report(q, "talk", 0, in);
}

static const struct desc no_args = {.name = "none"};
static const struct verb verbs[] = {{"resume", &no_args, false}};
static const struct endpoint_class talk_class = {.name = "test.talk",
                                                 .size = sizeof(struct talk),
                                                 .verbs = verbs,
                                                 .n_verbs = COUNT(verbs),
                                                 .input = talk_input};

/* ---- a world ---- */

static struct world {
    struct driver *d;
    struct addr listening;
    bool (*done)(void);
} w;
static struct heard client, server;
static struct party *parties[3];

static void on_event(void *ctx, const struct event *ev)
{
    (void)ctx;
    if (ev->desc == &echo_event_desc) {
        const struct echo_event *e = ev->rec;
        if (!w.listening.family && e->local.family)
            w.listening = e->local;
    }
    if (w.done && w.done())
        driver_break(w.d);
}

static void begin(bool sim)
{
    const char *err = "";

    memset(&client, 0, sizeof client);
    memset(&server, 0, sizeof server);
    w = (struct world){.d = sim ? sim_new(1, NULL) : live_new(&(struct live_options){0}, &err)};
    CU_ASSERT_PTR_NOT_NULL_FATAL(w.d);
    w.d->on_event = on_event;
}

static bool run(bool (*done)(void))
{
    uint64_t until = w.d->now_us + WAIT_US;

    w.done = done;
    while (!done() && w.d->now_us < until && !w.d->error) /* flows that are over tell nobody */
        w.d->cls->run(w.d, w.d->now_us + 10000);
    w.done = NULL;
    if (w.d->error)
        printf("\n%s\n", w.d->error);
    CU_ASSERT_PTR_NULL(w.d->error);
    return done();
}

static void end(void)
{
    w.d->cls->destroy(w.d);
}

static struct party *add(const struct endpoint_class *cls, const void *config,
                         const char *const *rows, const char **err)
{
    static const struct tls_options tls = {.insecure = true};
    const char *none;
    /* a fault or a variant, as it is called */
    const char *const *v = rows && strcmp(rows[0], "w-fragments") == 0 ? rows : NULL;
    return w.d->cls->add(w.d,
                         &(struct party_spec){.cls = cls,
                                              .config = config,
                                              .seed = 5,
                                              .faults = v ? NULL : rows,
                                              .variants = v,
                                              .layer_desc = &tls_options_desc,
                                              .layer_options = &tls},
                         err ? err : &none);
}

static bool is_listening(void)
{
    return w.listening.port != 0;
}

static struct addr here(bool sim)
{
    return sim ? (struct addr){.family = 4} : (struct addr){4, {127, 0, 0, 1}, 0};
}

/* An echo server over `stack`; it listens. */
static void serve_echo(bool sim, const char *stack, const char *const *rows)
{
    struct echo_config c = {.listen = here(sim), .stack = span_of(stack)};

    parties[0] = add(&echo_server_class, &c, rows, NULL);
    CU_ASSERT_TRUE_FATAL(parties[0] && run(is_listening));
}

/* A talker that listens. */
static void serve_talk(bool sim, const char *stack, struct talk_config *c)
{
    c->heard = &server;
    c->open.stack = stack;
    c->open.listen = true;
    c->open.local = here(sim);
    parties[0] = add(&talk_class, c, NULL, NULL);
    CU_ASSERT_TRUE_FATAL(parties[0] && run(is_listening));
}

static void talk(const char *stack, struct talk_config *c, const char *const *rows)
{
    c->heard = &client;
    c->open.stack = stack;
    c->open.remote = w.listening;
    parties[1] = add(&talk_class, c, rows, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(parties[1]);
}

static bool client_closed(void)
{
    return client.closed;
}
static bool both_closed(void)
{
    return client.closed && server.closed;
}
static bool all_forgotten(void)
{
    return parties[0]->n_edges == 1 && !parties[0]->layers && parties[1]->n_edges == 0;
}

/* ---- messages of all sizes ---- */

static void sizes_over(bool sim, const char *stack, uint32_t segment, const char *row)
{
    static const size_t sizes[] = {0, 1, 125, 126, 127, 65535, 65536, 1 << 20};
    static uint8_t data[1 << 20];
    struct say says[COUNT(sizes)];
    const char *rows[] = {row, NULL};
    uint32_t sum = 0;

    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)(i * 7 + (i >> 8));
    for (size_t i = 0; i < COUNT(sizes); i++)
        says[i] = (struct say){i & 1 ? WS_BINARY : 0, {data, sizes[i]}};
    says[0].kind = says[2].kind = WS_TEXT;
    says[2].data = (struct span)SPAN("t\xc3\xa9xt");
    /* what a server sends back is of the same kind */
    for (size_t i = 0; i < COUNT(sizes) - 1; i++)
        sum = fnv32(sum, says[i].data) + (i == 0 || i == 2 ? WS_TEXT : WS_BINARY);
    begin(sim);
    if (sim)
        sim_network(w.d)->segment = segment;
    serve_echo(sim, stack, row ? rows : NULL);
    /* those that wait for the handshake are 1 MiB at most: the largest is sent by itself */
    struct talk_config c = {.says = says, .n_says = COUNT(sizes) - 1, .closes = COUNT(sizes) - 1};
    talk(stack, &c, row ? rows : NULL);
    static struct heard *const h = &client;
    CU_ASSERT_TRUE(run(all_forgotten));
    CU_ASSERT_EQUAL(h->messages, COUNT(sizes) - 1);
    CU_ASSERT_EQUAL(h->sum, sum);
    CU_ASSERT_STRING_EQUAL(h->text, "[open / ]");
    end();
}

static void sizes(void)
{
    sizes_over(true, "tcp/ws", 0, NULL);
    sizes_over(true, "tcp/ws", 1000, NULL);
    sizes_over(true, "tcp/tls/ws", 1460, NULL);
    sizes_over(true, "tcp/ws", 0, "w-fragments");
    sizes_over(false, "tcp/ws", 0, NULL);
    sizes_over(false, "tcp/tls/ws", 0, NULL);
    sizes_over(false, "tcp/ws", 0, "w-fragments");
}

static bool one_came(void)
{
    return client.messages >= 1 || client.closed;
}

/* The largest there is, there and back, over TLS too: what one input may cause is enough for it. */
static void largest(void)
{
    static const char *const stacks[] = {"tcp/ws", "tcp/tls/ws"};
    static uint8_t data[WS_MESSAGE_MAX - 64]; /* it waits for the handshake, with a head */
    struct say say = {WS_BINARY, {data, sizeof data}};

    for (size_t i = 0; i < 4; i++) {
        struct talk_config c = {.says = &say, .n_says = 1};
        begin(i & 1);
        serve_echo(i & 1, stacks[i / 2], NULL);
        talk(stacks[i / 2], &c, NULL);
        CU_ASSERT_TRUE(run(one_came));
        CU_ASSERT_EQUAL(client.octets, sizeof data);
        end();
    }
}

/* ---- what each side is told ---- */

static void told(void)
{
    static const struct ws_options asks = {.path = SPAN("/chat?x"), .protocols = SPAN("sip, chat")};
    static const struct ws_options speaks = {.paths = SPAN("/chat"), .protocols = SPAN("chat")};
    struct say say = {WS_TEXT, SPAN("hello")};

    for (unsigned row = 0; row < 4; row++) {
        bool sim = row & 1, tls = row & 2;
        const char *stack = tls ? "tcp/tls/ws" : "tcp/ws";
        struct talk_config s = {.open = {.desc = &ws_options_desc, .options = &speaks},
                                .closes = 1,
                                .close = {4001, SPAN("enough")}};
        struct talk_config c = {
            .open = {.desc = &ws_options_desc, .options = &asks}, .says = &say, .n_says = 1};
        begin(sim);
        serve_talk(sim, stack, &s);
        talk(stack, &c, NULL); /* TLS is told by the party, ws by the flow */
        CU_ASSERT_TRUE(run(client_closed));
        CU_ASSERT_STRING_EQUAL(client.text, "[open /chat?x chat][closed done 4001 enough]");
        CU_ASSERT_STRING_EQUAL(server.text, "[open /chat?x chat]");
        CU_ASSERT_EQUAL(server.octets, 5);
        end();
    }
}

static void refused(void)
{
    static const struct ws_options asks = {.path = SPAN("/other")}, has = {.paths = SPAN("/chat")};

    for (int sim = 0; sim < 2; sim++) {
        struct talk_config s = {.open = {.desc = &ws_options_desc, .options = &has}};
        struct talk_config c = {.open = {.desc = &ws_options_desc, .options = &asks}};
        begin(sim);
        serve_talk(sim, "tcp/ws", &s);
        talk("tcp/ws", &c, NULL);
        CU_ASSERT_TRUE(run(both_closed));
        CU_ASSERT_STRING_EQUAL(
            client.text, "[closed refused 0: the server refused the handshake: 404 Not Found]");
        CU_ASSERT_STRING_EQUAL(server.text, "[closed protocol 0: the path is none that there is]");
        CU_ASSERT_TRUE(run(all_forgotten));
        end();
    }
}

/* ---- deviations of the layer, by the party ---- */

static void deviations(void)
{
    static const char *const masked[] = {"w-masked", NULL}, *const none[] = {"w-nothing", NULL};
    struct say say = {WS_TEXT, SPAN("hello")};

    for (int sim = 0; sim < 2; sim++) {
        struct talk_config c = {.says = &say, .n_says = 1};
        const char *err = NULL;
        begin(sim);
        serve_echo(sim, "tcp/ws", masked);
        talk("tcp/ws", &c, NULL);
        CU_ASSERT_TRUE(run(client_closed));
        CU_ASSERT_STRING_EQUAL(client.text,
                               "[open / ][closed protocol 1006: a frame of a server is masked]");
        CU_ASSERT_TRUE(party_applied(parties[0]) > 0 && party_applied(parties[1]) == 0);
        CU_ASSERT_PTR_NULL(add(&talk_class, &c, none, &err));
        CU_ASSERT_PTR_NOT_NULL(strstr(err, "no fault or variant 'w-nothing'"));
        end();
    }
}

/* ---- more at once than a queue takes ---- */

enum { FLOOD = 20000 };
static uint8_t flood_octets[1 << 18];

/* A client's handshake and FLOOD frames of no octets, each third a Ping. */
static struct span flood(void)
{
    struct wr o = {flood_octets, sizeof flood_octets, 0, false};
    struct ws_offer offer = {.host = SPAN("a")};

    ws_request_put(&o, &offer);
    for (size_t i = 0; i < FLOOD; i++)
        rig_frame(&o, true, i % 3 ? WS_BINARY : WS_PING, true, (struct span){NULL, 0});
    return wr_span(&o);
}

static bool flood_back(void)
{
    return client.octets >= 129 + 2 * FLOOD || client.closed;
}

static void floods(void)
{
    for (int sim = 0; sim < 2; sim++) {
        struct say say = {0, flood()};
        struct talk_config c = {.says = &say, .n_says = 1};
        begin(sim);
        serve_echo(sim, "tcp/ws", NULL);
        talk("tcp", &c, NULL);
        CU_ASSERT_TRUE(run(flood_back));
        CU_ASSERT_EQUAL(client.octets, 129 + 2 * FLOOD);
        CU_ASSERT_FALSE(client.closed);
        end();
    }
}

static bool server_had_10(void)
{
    return server.messages >= 10;
}
static bool never(void)
{
    return false;
}

/* A user who has the stream wait is not overruled by the layer, which has it wait, too, and go on. */
static void pauses(void)
{
    struct say says[2] = {{0, flood()}, {0, SPAN("\x81\x80\1\2\3\4")}};
    struct talk_config s = {.pauses = 10}, c = {.says = says, .n_says = 2};

    begin(true);
    serve_talk(true, "tcp/ws", &s);
    talk("tcp", &c, NULL);
    CU_ASSERT_TRUE(run(server_had_10));
    run(never); /* what was read before comes; the second piece of the client's does not */
    CU_ASSERT_EQUAL(server.messages, FLOOD - (FLOOD + 2) / 3);
    w.d->cls->command(parties[0], &verbs[0], NULL, 0);
    run(never);
    CU_ASSERT_EQUAL(server.messages, FLOOD - (FLOOD + 2) / 3 + 1);
    end();
}

TESTS({"sizes", sizes}, {"largest", largest}, {"told", told}, {"refused", refused},
      {"deviations", deviations}, {"floods", floods}, {"pauses", pauses})
