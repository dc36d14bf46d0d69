/* harness/tests/contracts_test.c - the contracts of endpoint.h and driver.h, proven on toys: the
 * same endpoint over any stack and in either driver, a socket a client, pacing, repeatability,
 * layers. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "harness/core/capture.h"
#include "harness/core/test.h"
#include "harness/drivers/live.h"
#include "harness/drivers/sim.h"
#include "harness/endpoints/echo/echo.h"
#include "harness/endpoints/tls/tls.h"

enum { WAIT_US = 10000000, EVENTS = 20000, PARTIES = 8, DATA = 40 };

/* ---- an endpoint that does what its configuration says and reports all that it is given ---- */

enum mode { REPORT, ECHO, ABORT, CLOSE, SHUT, FLOOD, AGAIN, TELL };
struct any_config {
    enum mode mode;
    struct flow_spec open;
    const char *say; /* sent as soon as the flow is asked for, before it is open */
    flow_id last;    /* AGAIN: the flow after which no other is opened */
};
struct any {
    struct env env;
    struct any_config c;
};

static void any_open(const struct any *a, flow_id flow, struct outq *q)
{
    out_put(q, OUT_OPEN, flow)->open = a->c.open;
    if (a->c.say)
        out_send(q, flow, span_of(a->c.say), NULL);
}

static void any_bytes(const struct any *a, const struct input *in, struct outq *q)
{
    struct output *o;

    switch (a->c.mode) {
    case ECHO:
        out_send(q, in->flow, in->data, &(struct pkt){.remote = in->pkt.remote});
        break;
    case ABORT:
        out_put(q, OUT_CLOSE, in->flow)->abort = true;
        break;
    case CLOSE:
        out_put(q, OUT_CLOSE, in->flow);
        break;
    case SHUT:
        out_put(q, OUT_SHUTDOWN, in->flow);
        break;
    case AGAIN: /* one connection after the other, the first stays */
        if (in->flow > 1)
            out_put(q, OUT_CLOSE, in->flow);
        if (in->flow < a->c.last)
            any_open(a, in->flow + 1, q);
        break;
    case TELL: /* the sender, as if the datagram had not arrived */
        o = out_put(q, OUT_ICMP, in->flow);
        o->pkt.remote = in->pkt.remote;
        o->icmp = 3 << 8 | 1;
        break;
    case FLOOD:
        for (size_t i = 0; i <= STACK_OUTPUTS; i++)
            out_send(q, in->flow, span_of("x"), NULL);
        break;
    default:
        break;
    }
}

static void any_input(void *self, const struct input *in, struct outq *q)
{
    static const char *const names[] = {"start", "opened",   "bytes",    "eof",   "closed", "icmp",
                                        "full",  "writable", "resolved", "timer", "command"};
    struct any *a = self;
    struct echo_event *e;

    if (in->kind == IN_START) {
        a->c = *(const struct any_config *)in->rec;
        any_open(a, 1, q);
        return;
    }
    if (in->kind == IN_EOF)
        out_put(q, a->c.mode == SHUT ? OUT_SHUTDOWN : OUT_CLOSE, in->flow);
    if (in->kind == IN_BYTES)
        any_bytes(a, in, q);
    e = echo_report(q, names[in->kind], 0, in);
    if (!e)
        return;
    e->data = arena_copy(&q->mem, in->data);
    e->why = in->kind == IN_CLOSED ? close_name(in->why) : NULL;
}
static const struct endpoint_class any_class = {
    .name = "test.any", .size = sizeof(struct any), .input = any_input};

/* ---- a world that keeps what its parties report ---- */

struct seen {
    const struct party *who;
    char name[12], why[24];
    uint64_t time_us, now_us;
    struct addr local, remote;
    size_t n;
    uint8_t data[DATA];
    uint32_t sum; /* of all the data */
};
struct world {
    struct driver *d;
    struct seen v[EVENTS];
    size_t n;
    const struct party *of; /* run ends with the `times`th event `until` of this party */
    const char *until;
    size_t times;
};

static size_t count(const struct world *w, const struct party *who, const char *name)
{
    size_t n = 0;
    for (size_t i = 0; i < w->n; i++)
        n += (!who || w->v[i].who == who) && strcmp(w->v[i].name, name) == 0;
    return n;
}

static const struct seen *event(const struct world *w, const struct party *who, const char *name,
                                size_t i)
{
    static const struct seen none;
    for (size_t at = 0; at < w->n; at++)
        if ((!who || w->v[at].who == who) && strcmp(w->v[at].name, name) == 0 && i-- == 0)
            return &w->v[at];
    return &none;
}

static void on_event(void *ctx, const struct event *ev)
{
    struct world *w = ctx;
    const struct echo_event *e = ev->rec;

    if (ev->layer)
        return; /* what TLS tells beside */

    CU_ASSERT_FATAL(w->n < EVENTS);
    struct seen *s = &w->v[w->n++];
    *s = (struct seen){.who = ev->party,
                       .time_us = e->time_us,
                       .now_us = ev->now_us,
                       .local = e->local,
                       .remote = e->remote,
                       .n = e->data.n};
    snprintf(s->name, sizeof s->name, "%s", ev->name);
    snprintf(s->why, sizeof s->why, "%s", e->why ? e->why : "");
    for (size_t i = 0; i < e->data.n; i++) {
        if (i < DATA)
            s->data[i] = e->data.p[i];
        s->sum = s->sum * 31 + e->data.p[i];
    }
    if (w->until && strcmp(w->until, ev->name) == 0 && (!w->of || w->of == ev->party) &&
        --w->times == 0) {
        w->until = NULL;
        driver_break(w->d);
    }
}

static struct world *world(bool sim, uint64_t seed, struct capture *capture)
{
    struct world *w = calloc(1, sizeof *w);
    const char *err = "out of memory";

    if (!w)
        abort();
    w->d =
        sim ? sim_new(seed, capture) : live_new(&(struct live_options){.capture = capture}, &err);
    if (!w->d) {
        printf("\n%s\n", err);
        abort();
    }
    w->d->on_event = on_event;
    w->d->ctx = w;
    return w;
}

static void world_end(struct world *w)
{
    w->d->cls->destroy(w->d);
    free(w);
}

static struct party *add(struct world *w, const struct endpoint_class *cls, const void *config)
{
    const char *err = "";
    struct party *p =
        w->d->cls->add(w->d, &(struct party_spec){.cls = cls, .config = config, .seed = 7}, &err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(p);
    return p;
}

static struct party *add_any(struct world *w, enum mode mode, struct flow_spec open,
                             const char *say)
{
    return add(w, &any_class, &(struct any_config){mode, open, say, 0});
}

/* Run until the party (NULL: any) has reported `name` so often in all; false: it never does. */
static bool run_until(struct world *w, const struct party *of, const char *name, size_t times)
{
    size_t had = count(w, of, name);

    if (had >= times)
        return true;
    w->of = of;
    w->until = name;
    w->times = times - had;
    w->d->cls->run(w->d, w->d->now_us + WAIT_US);
    w->until = NULL;
    if (w->d->error)
        printf("\n%s\n", w->d->error);
    return count(w, of, name) >= times;
}

static void run_for(struct world *w, uint64_t us)
{
    w->d->cls->run(w->d, w->d->now_us + us);
}

/* An address to bind to, a port of the driver's choice. */
static struct addr here(bool sim)
{
    struct addr a = {.family = 4};
    if (!sim) {
        a.ip[0] = 127;
        a.ip[3] = 1;
    }
    return a;
}

static struct addr listening(struct world *w, const struct party *p, const char *name)
{
    CU_ASSERT_TRUE_FATAL(run_until(w, p, name, 1));
    return event(w, p, name, 0)->local;
}

static void echo(struct world *w, struct party *p, const char *text, size_t n)
{
    uint8_t data[ECHO_MAX];
    size_t len = strlen(text);

    for (size_t i = 0; i < n; i++)
        data[i] = (uint8_t)text[i % len];
    w->d->cls->command(p, &echo_client_verbs[0], &(struct echo_args){{data, n}}, 1);
}

/* What one party, or all, reported: names and data, a line each. */
struct list {
    char text[1 << 16];
};
static void list_of(const struct world *w, const struct party *who, struct list *l)
{
    struct wr out = {(uint8_t *)l->text, sizeof l->text - 1, 0, false};

    for (size_t i = 0; i < w->n; i++) {
        const struct seen *s = &w->v[i];
        if (who && s->who != who)
            continue;
        wr_text(&out, s->name);
        wr_text(&out, " ");
        wr_text(&out, s->why);
        wr_dec(&out, s->n);
        wr_text(&out, " ");
        wr_hex_octets(&out, (struct span){s->data, s->n < DATA ? s->n : DATA});
        wr_hex(&out, s->sum, 8);
        wr_text(&out, "\n");
    }
    CU_ASSERT_FALSE(out.full);
    l->text[out.n] = '\0';
}

/* ---- (a) one echo endpoint over every stack, in either driver ---- */

struct lists {
    struct list client, server;
};

static void echo_over(bool sim, const char *stack, uint32_t segment, struct lists *out)
{
    struct world *w = world(sim, 1, NULL);
    bool udp = strcmp(stack, "udp") == 0;
    struct echo_config c = {.listen = here(sim), .stack = span_of(stack)};

    if (sim)
        sim_network(w->d)->segment = segment;
    struct party *server = add(w, &echo_server_class, &c);
    c.to = listening(w, server, "listening");
    struct party *client = add(w, &echo_client_class, &c);
    echo(w, client, "early", 5); /* before it is open */
    CU_ASSERT_TRUE(run_until(w, client, "echo", 1));
    echo(w, client, "one", 3);
    echo(w, client, "second", 6);
    echo(w, client, "0123456789", 1400);
    CU_ASSERT_TRUE(run_until(w, client, "echo", 4));
    echo(w, client, "none", 0);
    w->d->cls->command(client, &echo_client_verbs[1], NULL, 2);
    echo(w, client, "late", 4);
    CU_ASSERT_TRUE(udp || run_until(w, server, "ended", 1));
    CU_ASSERT_PTR_NULL(w->d->error);
    list_of(w, client, &out->client);
    list_of(w, server, &out->server);
    world_end(w);
}

/* A name, why or the number of octets, the first octets, a sum of all. */
static const char all_echoes[] =
    "opened 0 00000000\n"
    "echo 5 6561726c7905bd1763\n"
    "echo 3 6f6e650001ae66\n"
    "echo 6 7365636f6e64c9fb4474\n"
    "echo 1400 "
    "303132333435363738393031323334353637383930313233343536373839303132333435363738391b8f863c"
    "\n"
    "echo no octets0 00000000\n"
    "closed closed here0 00000000\n"
    "echo the flow is closed0 00000000\n";

static void same_events_everywhere(void)
{
    static const struct {
        const char *stack;
        bool live;
        uint32_t segment; /* sim */
    } rows[] = {{"udp", true, 0},          {"tcp", true, 0},
                {"tcp/lines", true, 0},    {"tcp/tls", false, 0},
                {"tcp", false, 1},         {"tcp/lines", false, 1},
                {"tcp/tls", false, 1},     {"tcp/tls/lines", false, 3},
                {"tcp/tls/tls", false, 7}, {"tcp/lines/lines", true, 5},
                {"tcp/ws", true, 0},       {"tcp/ws", false, 1},
                {"tcp/tls/ws", false, 3},  {"tcp/ws/lines", true, 2},
                {"tcp/ws/ws", true, 0}};
    static struct lists first, sim, live;

    echo_over(true, "udp", 0, &first);
    CHECK_TEXT(span_of(first.client.text), all_echoes);
    for (size_t i = 0; i < COUNT(rows); i++) {
        echo_over(true, rows[i].stack, rows[i].segment, &sim);
        CHECK_TEXT(span_of(sim.client.text), first.client.text);
        if (!rows[i].live)
            continue;
        echo_over(false, rows[i].stack, 0, &live);
        CHECK_TEXT(span_of(live.client.text), sim.client.text);
        CHECK_TEXT(span_of(live.server.text), sim.server.text);
    }
}

/* ---- (b) a relay: a socket a client ---- */

static void relayed(bool sim)
{
    static const char *const texts[] = {"alpha", "beta", "gamma"};
    struct world *w = world(sim, 1, NULL);
    struct party *clients[3];
    uint16_t ports[3] = {0};

    struct party *peer =
        add_any(w, ECHO, (struct flow_spec){.stack = "udp", .local = here(sim)}, NULL);
    struct relay_config c = {.listen = here(sim), .to = listening(w, peer, "opened")};
    struct party *relay = add(w, &echo_relay_class, &c);
    struct echo_config e = {.to = listening(w, relay, "listening")};
    for (size_t i = 0; i < 3; i++)
        clients[i] = add(w, &echo_client_class, &e);
    for (size_t round = 0; round < 2; round++)
        for (size_t i = 0; i < 3; i++)
            echo(w, clients[i], texts[i], strlen(texts[i]) + round);
    for (size_t i = 0; i < 3; i++) {
        CU_ASSERT_TRUE(run_until(w, clients[i], "echo", 2));
        for (size_t round = 0; round < 2; round++) {
            const struct seen *s = event(w, clients[i], "echo", round);
            CU_ASSERT_TRUE(s->n == strlen(texts[i]) + round &&
                           memcmp(s->data, texts[i], strlen(texts[i])) == 0);
        }
        CU_ASSERT_EQUAL(count(w, clients[i], "stray"), 0);
    }
    CU_ASSERT_EQUAL(count(w, peer, "bytes"), 6);
    CU_ASSERT_EQUAL(count(w, relay, "client"), 3);
    for (size_t i = 0; i < 6; i++) { /* all of one client come from one port */
        const struct seen *s = event(w, peer, "bytes", i);
        size_t who = s->data[0] == 'a' ? 0 : s->data[0] == 'b' ? 1 : 2;
        if (!ports[who])
            ports[who] = s->remote.port;
        CU_ASSERT_EQUAL(ports[who], s->remote.port);
        for (size_t k = 0; k < 3; k++)
            CU_ASSERT_FALSE(addr_eq(&s->remote, &event(w, clients[k], "opened", 0)->local));
    }
    CU_ASSERT_TRUE(ports[0] != ports[1] && ports[1] != ports[2] && ports[0] != ports[2]);
    CU_ASSERT_PTR_NULL(w->d->error);
    world_end(w);
}

static void relay_in_sim(void)
{
    relayed(true);
}
static void relay_live(void)
{
    relayed(false);
}

/* Clients that come and go do not fill the relay: what is idle makes room, and is forgotten. */
static void relay_forgets(void)
{
    struct world *w = world(true, 1, NULL);
    struct party *peer =
        add_any(w, ECHO, (struct flow_spec){.stack = "udp", .local = here(true)}, NULL);
    struct relay_config c = {here(true), listening(w, peer, "opened"), 1000000};
    struct party *relay = add(w, &echo_relay_class, &c);
    struct echo_config e = {.to = listening(w, relay, "listening")};

    for (size_t round = 0; round < 3; round++) {
        for (size_t i = 0; i <= RELAY_CLIENTS; i++)
            echo(w, add(w, &echo_client_class, &e), "x", 1);
        run_for(w, 500000);
        CU_ASSERT_EQUAL(relay->n_edges, 1 + RELAY_CLIENTS);
        CU_ASSERT_EQUAL(count(w, relay, "quota"), round + 1);
        run_for(w, 2000000);
        CU_ASSERT_EQUAL(relay->n_edges, 1);
    }
    CU_ASSERT_EQUAL(count(w, NULL, "echo"), 3 * RELAY_CLIENTS);
    CU_ASSERT_EQUAL(count(w, relay, "gone"), 3 * RELAY_CLIENTS);
    world_end(w);
}

/* ---- (c) a grid of time ---- */

static void paced(struct pace_config c, uint64_t want, uint64_t size)
{
    struct world *w = world(true, 1, NULL);
    struct party *sink =
        add_any(w, REPORT, (struct flow_spec){.stack = "udp", .local = here(true)}, NULL);
    uint64_t step = c.interval_us ? c.interval_us : 20000, begin, off = 0;

    c.to = listening(w, sink, "opened");
    run_for(w, 12345);
    struct party *sender = add(w, &pace_sender_class, &c);
    CU_ASSERT_TRUE(run_until(w, sink, "bytes", want));
    begin = event(w, sender, "opened", 0)->time_us;
    for (uint64_t i = 0; i < want; i++) {
        const struct seen *s = event(w, sink, "bytes", i);
        off += s->time_us != begin + i * step + 1000; /* the network's delay */
        off += s->n != size || get_u32(s->data) != i || get_u64(s->data + 4) != begin + i * step;
    }
    CU_ASSERT_EQUAL(off, 0);
    if (c.count) {
        run_for(w, 10000000);
        CU_ASSERT_EQUAL(count(w, sink, "bytes"), want);
        CU_ASSERT_EQUAL(event(w, sender, "done", 0)->time_us, begin + (want - 1) * step);
    }
    world_end(w);
}

static void paced_exactly(void)
{
    paced((struct pace_config){.count = 50}, 50, 172);
    paced((struct pace_config){.count = 1}, 1, 172);
    paced((struct pace_config){.count = 333, .interval_us = 777, .size = 20}, 333, 20);
    paced((struct pace_config){.size = 5000}, 400, PACE_SIZE_MAX);
}

/* ---- (d) the same seed, the same run ---- */

struct outcome {
    struct list list;
    uint8_t *pcap;
    size_t pcap_n;
};

static void read_back(const char *path, struct outcome *o)
{
    FILE *f = fopen(path, "rb");

    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    o->pcap = malloc(1 << 20);
    o->pcap_n = fread(o->pcap, 1, 1 << 20, f);
    CU_ASSERT_TRUE(o->pcap_n > 0 && o->pcap_n < 1 << 20);
    fclose(f);
}

static void rough_run(uint64_t seed, struct outcome *o)
{
    static const struct impair_spec rough = {.delay_us = 2000,
                                             .jitter_us = 700,
                                             .loss_ppm = 100000,
                                             .duplicate_ppm = 100000,
                                             .reorder_ppm = 100000,
                                             .corrupt_ppm = 50000,
                                             .reorder_us = 3000};
    const char *folder = getenv("TMPDIR"), *err;
    char path[4096];

    snprintf(path, sizeof path, "%s/rtclab-XXXXXX", folder ? folder : P_tmpdir);
    int fd = mkstemp(path);
    CU_ASSERT_TRUE_FATAL(fd >= 0);
    close(fd);
    struct capture *capture = capture_open(path, "sim", 0, &err);
    struct world *w = world(true, seed, capture);
    struct echo_config c = {.listen = here(true)},
                       t = {.listen = here(true), .stack = SPAN("tcp/tls")};
    struct party *udp = add(w, &echo_server_class, &c), *tcp = add(w, &echo_server_class, &t);
    c.to = listening(w, udp, "listening");
    t.to = listening(w, tcp, "listening");
    *sim_network(w->d) = rough;
    struct party *a = add(w, &echo_client_class, &c), *b = add(w, &echo_client_class, &t);
    for (size_t i = 0; i < 100; i++) {
        echo(w, a, "datagram", 4 + i);
        echo(w, b, "stream", 4 + i);
        run_for(w, 1500);
    }
    run_for(w, 1000000);
    CU_ASSERT_TRUE(count(w, a, "stray") > 0);
    CU_ASSERT_EQUAL(count(w, b, "echo"), 100);
    list_of(w, NULL, &o->list);
    world_end(w);
    CU_ASSERT_TRUE(capture_close(capture, &err));
    read_back(path, o);
    unlink(path);
}

static void same_seed_same_run(void)
{
    static struct outcome a, b, c;

    rough_run(1, &a);
    rough_run(1, &b);
    rough_run(2, &c);
    CU_ASSERT_TRUE(strcmp(a.list.text, b.list.text) == 0);
    CU_ASSERT_TRUE(a.pcap_n == b.pcap_n && memcmp(a.pcap, b.pcap, a.pcap_n) == 0);
    CU_ASSERT_FALSE(strcmp(a.list.text, c.list.text) == 0);
    CU_ASSERT_FALSE(a.pcap_n == c.pcap_n && memcmp(a.pcap, c.pcap, a.pcap_n) == 0);
    free(a.pcap);
    free(b.pcap);
    free(c.pcap);
}

/* How many of 40 datagrams arrive over this network. */
static size_t arriving(struct impair_spec net)
{
    struct world *w = world(true, 3, NULL);
    struct pace_config c = {.count = 40};
    struct party *sink =
        add_any(w, REPORT, (struct flow_spec){.stack = "udp", .local = here(true)}, NULL);

    c.to = listening(w, sink, "opened");
    *sim_network(w->d) = net;
    add(w, &pace_sender_class, &c);
    run_for(w, 5000000);
    size_t n = count(w, sink, "bytes");
    world_end(w);
    return n;
}

static void what_the_network_does(void)
{
    CU_ASSERT_EQUAL(arriving((struct impair_spec){.delay_us = 5}), 40);
    CU_ASSERT_EQUAL(arriving((struct impair_spec){.loss_ppm = 1000000}), 0);
    CU_ASSERT_EQUAL(arriving((struct impair_spec){.duplicate_ppm = 1000000}), 80);
    size_t half = arriving((struct impair_spec){.loss_ppm = 500000});
    CU_ASSERT_TRUE(half > 8 && half < 32);
}

/* ---- (e) streams: acceptance, ends, layers ---- */

static void no_such_layer(bool sim)
{
    struct world *w = world(sim, 1, NULL);
    struct addr to = {4, {127, 0, 0, 1}, 9};
    struct party *a =
        add_any(w, REPORT, (struct flow_spec){.stack = "tcp/none", .remote = to}, "lost");
    struct party *b =
        add_any(w, REPORT,
                (struct flow_spec){.stack = "tcp/none", .listen = true, .local = here(sim)}, NULL);

    CHECK_TEXT(span_of(event(w, a, "closed", 0)->why), "local");
    CHECK_TEXT(span_of(event(w, b, "closed", 0)->why), "local");
    CU_ASSERT_TRUE(count(w, NULL, "closed") == 2 && !w->d->error);
    world_end(w);
}

static void unknown_layers(void)
{
    no_such_layer(true);
    no_such_layer(false);
}

/* A listener has many connections at once, and keeps nothing of those that ended. */
static void many_accepted(bool sim, const char *stack, size_t n)
{
    struct world *w = world(sim, 1, NULL);
    struct echo_config c = {.listen = here(sim), .stack = span_of(stack)};
    struct party *server = add(w, &echo_server_class, &c), *first = NULL;

    c.to = listening(w, server, "listening");
    for (size_t i = 0; i < n; i++) {
        struct party *p = add(w, &echo_client_class, &c);
        first = first ? first : p;
        echo(w, p, "hello", 5 + i);
    }
    CU_ASSERT_TRUE(run_until(w, NULL, "echo", n));
    CU_ASSERT_EQUAL(count(w, server, "accepted"), n);
    CU_ASSERT_TRUE(server->n_edges > n);
    for (size_t i = 0; i < w->n; i++)
        if (strcmp(w->v[i].name, "echo") == 0)
            w->d->cls->remove((struct party *)(uintptr_t)w->v[i].who);
    CU_ASSERT_TRUE(run_until(w, server, "ended", n));
    CU_ASSERT_EQUAL(server->n_edges, 1);
    CU_ASSERT_PTR_NULL(server->layers);
    CU_ASSERT_PTR_NULL(w->d->error);
    world_end(w);
}

static void listeners(void)
{
    many_accepted(true, "tcp", 300);
    many_accepted(true, "tcp/tls/lines", 300);
    many_accepted(false, "tcp", 50);
    many_accepted(false, "tcp/lines", 50);
}

/* The client says "hello", the server does `mode`; returns why the client's flow was closed. */
static void ending(bool sim, const char *stack, enum mode mode, const char *why, bool eof)
{
    struct world *w = world(sim, 1, NULL);
    struct party *server = add_any(
        w, mode, (struct flow_spec){.stack = stack, .listen = true, .local = here(sim)}, NULL);
    struct addr to = listening(w, server, "opened");
    struct party *client =
        add_any(w, SHUT, (struct flow_spec){.stack = stack, .remote = to}, "hello");

    CU_ASSERT_TRUE(run_until(w, client, "closed", 1));
    CHECK_TEXT(span_of(event(w, client, "closed", 0)->why), why);
    CU_ASSERT_EQUAL(count(w, client, "eof"), eof);
    run_for(w, 50000);
    CU_ASSERT_EQUAL(count(w, client, "closed"), 1);
    if (mode == SHUT) /* both directions have ended: told at both ends, in both drivers */
        CHECK_TEXT(span_of(event(w, server, "closed", 0)->why), "done");
    CU_ASSERT_TRUE(client->n_edges == 0 && server->n_edges == 1);
    world_end(w);
}

static void ends(void)
{
    static const char *const stacks[] = {"tcp", "tcp/lines", "tcp/tls", "tcp/tls/lines"};

    for (size_t i = 0; i < COUNT(stacks); i++)
        for (int sim = i < 2 ? 0 : 1; sim < 2; sim++) {
            ending(sim, stacks[i], ABORT, "reset", false);
            ending(sim, stacks[i], CLOSE, "done", true);
            ending(sim, stacks[i], SHUT, "done", true);
        }
}

static void refusals(void)
{
    static const char *const stacks[] = {"tcp", "tcp/lines", "tcp/tls", "tcp/tls/lines"};

    for (size_t i = 0; i < COUNT(stacks); i++)
        for (int sim = i < 2 ? 0 : 1; sim < 2; sim++) {
            struct world *w = world(sim, 1, NULL);
            struct addr to = {4, {127, 0, 0, 1}, 1};
            struct party *other =
                add_any(w, REPORT, (struct flow_spec){.stack = "udp", .local = here(sim)}, NULL);
            if (sim)
                memcpy(to.ip, party_addr(other).ip, sizeof to.ip);
            struct party *p =
                add_any(w, REPORT, (struct flow_spec){.stack = stacks[i], .remote = to}, "x");
            CU_ASSERT_TRUE(run_until(w, p, "closed", 1));
            CHECK_TEXT(span_of(event(w, p, "closed", 0)->why), "refused");
            CU_ASSERT_TRUE(count(w, p, "opened") == 0 && p->n_edges == 0);
            world_end(w);
        }
}

/* ---- (f) never silently ---- */

static void flood(bool sim)
{
    struct world *w = world(sim, 1, NULL);
    struct party *server =
        add_any(w, FLOOD, (struct flow_spec){.stack = "udp", .local = here(sim)}, NULL);
    struct addr to = listening(w, server, "opened");

    add_any(w, REPORT, (struct flow_spec){.stack = "udp", .remote = to}, "go");
    run_until(w, server, "bytes", 2);
    CU_ASSERT_TRUE(w->d->error && strstr(w->d->error, "the output queue of test.any ran over"));
    world_end(w);
}

static void overrun(void)
{
    flood(true);
    flood(false);
}

static struct party *removed;

static void remove_it(void *ctx, const struct event *ev)
{
    struct world *w = ctx;
    if (strcmp(ev->name, "bytes") == 0 && !removed) {
        removed = ev->party;
        w->d->cls->remove(ev->party);
    } else {
        on_event(ctx, ev);
    }
}

/* A handler may remove the party whose event it handles; its connections are then gone. */
static void removed_from_inside(void)
{
    for (int sim = 0; sim < 2; sim++) {
        struct world *w = world(sim, 1, NULL);
        struct party *server = add_any(
            w, ECHO, (struct flow_spec){.stack = "tcp", .listen = true, .local = here(sim)}, NULL);
        struct addr to = listening(w, server, "opened");
        struct party *client =
            add_any(w, SHUT, (struct flow_spec){.stack = "tcp", .remote = to}, "x");
        removed = NULL;
        w->d->on_event = remove_it;
        CU_ASSERT_TRUE(run_until(w, client, "closed", 1));
        CU_ASSERT_PTR_EQUAL(removed, server);
        CU_ASSERT_EQUAL(count(w, client, "bytes"), 0);
        world_end(w);
    }
}

/* ---- cost: what connections that are over have left behind does not slow down the next ---- */

static void connections_are_forgotten(void)
{
    enum { MANY = 20000, BATCH = 2000 }; /* more than the simulator has ports */
    struct world *w = world(true, 1, NULL);
    struct party *server = add_any(
        w, ECHO, (struct flow_spec){.stack = "tcp", .listen = true, .local = here(true)}, NULL);
    struct any_config c = {AGAIN, {.stack = "tcp"}, "x", MANY};
    struct addr first = {0};
    size_t same = 0;

    c.open.remote = listening(w, server, "opened");
    struct party *client = add(w, &any_class, &c);
    for (size_t at = 0; at < MANY; at += BATCH) {
        w->n = 1; /* the server's "opened" */
        CU_ASSERT_TRUE(run_until(w, client, "bytes", BATCH));
        CU_ASSERT_TRUE(server->n_edges <= 4 && client->n_edges <= 3);
        if (at == 0)
            first = event(w, client, "opened", 0)->local;
        for (size_t i = at == 0 ? 1 : 0; i < count(w, client, "opened"); i++)
            same += addr_eq(&first, &event(w, client, "opened", i)->local);
    }
    CU_ASSERT_EQUAL(same, 0); /* the port of one that lives is not given again */
    w->n = 1;
    w->d->cls->run(w->d, NO_DEADLINE);
    CU_ASSERT_TRUE(server->n_edges == 2 && client->n_edges == 1 && server->cap_index <= 64);
    CU_ASSERT_PTR_NULL(w->d->error);
    world_end(w);
}

/* ---- ICMP that a party makes ---- */

static void told_by_icmp(void)
{
    struct world *w = world(true, 1, NULL);
    struct party *teller =
        add_any(w, TELL, (struct flow_spec){.stack = "udp", .local = here(true)}, NULL);
    struct addr at = listening(w, teller, "opened");
    struct party *sender =
        add_any(w, REPORT, (struct flow_spec){.stack = "udp", .remote = at}, "x");

    CU_ASSERT_TRUE(run_until(w, sender, "icmp", 1));
    CU_ASSERT_TRUE(addr_eq(&event(w, sender, "icmp", 0)->remote, &at));
    CU_ASSERT_EQUAL(count(w, teller, "icmp"), 0);
    world_end(w);
}

TESTS({"same_events_everywhere", same_events_everywhere}, {"relay_in_sim", relay_in_sim},
      {"relay_live", relay_live}, {"relay_forgets", relay_forgets},
      {"paced_exactly", paced_exactly}, {"same_seed_same_run", same_seed_same_run},
      {"what_the_network_does", what_the_network_does}, {"unknown_layers", unknown_layers},
      {"listeners", listeners}, {"ends", ends}, {"refusals", refusals}, {"overrun", overrun},
      {"removed_from_inside", removed_from_inside},
      {"connections_are_forgotten", connections_are_forgotten}, {"told_by_icmp", told_by_icmp})
