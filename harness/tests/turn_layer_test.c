/* harness/tests/turn_layer_test.c - an endpoint that knows nothing of TURN runs through a relay: the layer "turn" over UDP
 * and TCP, TLS and DTLS, in the simulated network. */
#include <stdio.h>
#include "harness/core/registry.h"
#include "harness/core/test.h"
#include "harness/drivers/sim.h"
#include "harness/endpoints/echo/echo.h"
#include "harness/endpoints/turn/turn.h"

enum { SECOND = 1000000, SERVER = 1, PEER = 2 }; /* hosts: 10.0.0.N */

static struct seen {
    struct driver *d;
    struct party *client, *peer;
    size_t echoed, strays, closed, allocated, freed, wrong;
    struct addr local, relayed;        /* of the client's flow; as the server has told */
    size_t from_relay, from_elsewhere; /* datagrams at the peer */
    const char *why;
    uint8_t sent[1500];
    size_t n_sent;
} seen;

static struct addr host(uint8_t n, uint16_t port)
{
    return (struct addr){.family = 4, .ip = {10, 0, 0, n}, .port = port};
}

static void on_event(void *ctx, const struct event *ev)
{
    (void)ctx;
    if (party_class(ev->party) == &echo_client_class && ev->desc == &echo_event_desc) {
        const struct echo_event *e = ev->rec;
        bool echo = strcmp(ev->name, "echo") == 0;
        seen.echoed += echo && !e->why;
        seen.wrong += echo && !span_eq(e->data, (struct span){seen.sent, seen.n_sent});
        seen.strays += strcmp(ev->name, "stray") == 0;
        seen.closed += strcmp(ev->name, "closed") == 0;
        if (strcmp(ev->name, "opened") == 0)
            seen.local = e->local;
        if (e->why)
            seen.why = e->why;
    }
    if (ev->desc == &turn_event_desc) {
        seen.allocated += strcmp(ev->name, "allocated") == 0;
        seen.freed += strcmp(ev->name, "freed") == 0;
        if (strcmp(ev->name, "allocated") == 0)
            seen.relayed = ((const struct turn_event *)ev->rec)->relayed;
    }
}

static void on_packet(void *ctx, const struct packet *pk)
{
    (void)ctx;
    if (pk->party != seen.peer || pk->out)
        return;
    bool relay = seen.relayed.family && addr_eq(pk->remote, &seen.relayed);
    seen.from_relay += relay;
    seen.from_elsewhere += !relay;
}

static struct party *add(const struct endpoint_class *cls, const void *config, uint8_t n,
                         const struct party_via *via)
{
    const char *err = NULL;
    struct party *p = seen.d->cls->add(seen.d,
                                       &(struct party_spec){.cls = cls,
                                                            .config = config,
                                                            .name = cls->name,
                                                            .host = host(n, 0),
                                                            .seed = n,
                                                            .via = via},
                                       &err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(p);
    return p;
}

static void run(uint64_t seconds)
{
    seen.d->cls->run(seen.d, seen.d->now_us + seconds * SECOND);
    if (seen.d->error)
        printf("\n%s", seen.d->error);
    CU_ASSERT_PTR_NULL(seen.d->error);
}

/* A TURN server, an echo server, and an echo client whose datagrams go by `via`. */
static void begin(const struct party_via *via)
{
    struct turn_server_config server = {.listen = host(SERVER, 3478),
                                        .listen_tls = host(SERVER, 5349)};
    struct echo_config echo = {.listen = host(PEER, 7), .to = host(PEER, 7)};

    seen = (struct seen){.d = sim_new(1, NULL)};
    seen.d->on_event = on_event;
    seen.d->on_packet = on_packet;
    add(&turn_server_class, &server, SERVER, NULL);
    seen.peer = add(&echo_server_class, &echo, PEER, NULL);
    seen.client = add(&echo_client_class, &echo, 3, via);
}

static void echo(size_t n)
{
    struct echo_args args = {.data = {seen.sent, n}};

    for (size_t i = 0; i < n; i++)
        seen.sent[i] = (uint8_t)(i * 7 + n);
    seen.n_sent = n;
    seen.d->cls->command(seen.client, &echo_client_verbs[0], &args, 1);
}

static void closes(void)
{
    seen.d->cls->command(seen.client, &echo_client_verbs[1], NULL, 2);
    run(2);
    CU_ASSERT_EQUAL(seen.freed, 1); /* the allocation is deleted */
    seen.d->cls->destroy(seen.d);
}

static const struct transport {
    const char *stack;
    uint16_t port;
} transports[] = {
    {"udp/turn", 3478}, {"tcp/turn", 3478}, {"tcp/tls/turn", 5349}, {"udp/dtls/turn", 5349}};

/* What is sent at once waits for the allocation; all sizes come back octet for octet, from the relayed address. */
static void transports_all(void)
{
    static const size_t sizes[] = {1, 2, 3, 4, 100, 172, 1200};
    for (size_t i = 0; i < COUNT(transports); i++) {
        struct party_via via = {.stack = transports[i].stack,
                                .server = host(SERVER, transports[i].port),
                                .desc = &turn_options_desc,
                                .options = &(struct turn_options){.send_only = i == 1}};
        begin(&via);
        for (size_t k = 0; k < COUNT(sizes); k++) {
            echo(sizes[k]);
            run(5);
            CU_ASSERT_EQUAL(seen.echoed, k + 1);
        }
        CU_ASSERT_EQUAL(seen.wrong, 0);
        CU_ASSERT_EQUAL(seen.allocated, 1);
        CU_ASSERT_TRUE(addr_eq(&seen.local, &seen.relayed)); /* the endpoint's own address */
        CU_ASSERT_EQUAL(seen.from_relay, COUNT(sizes));
        CU_ASSERT_EQUAL(seen.from_elsewhere, 0);
        closes();
    }
}

/* An hour, in which allocation, permission and channel are refreshed. */
static void hour(void)
{
    struct party_via via = {.stack = "udp/turn",
                            .server = host(SERVER, 3478),
                            .desc = &turn_options_desc,
                            .options = &(struct turn_options){.family = 4}};
    begin(&via);
    for (size_t i = 0; i < 36; i++) {
        echo(50);
        run(100);
    }
    CU_ASSERT_EQUAL(seen.echoed, 36);
    CU_ASSERT_EQUAL(seen.allocated, 1);
    closes();
}

static void refused(void)
{
    struct turn_options wrong = {.password = SPAN("not it")};
    struct party_via via = {.stack = "udp/turn",
                            .server = host(SERVER, 3478),
                            .desc = &turn_options_desc,
                            .options = &wrong};
    begin(&via);
    echo(10);
    run(60);
    CU_ASSERT_EQUAL(seen.echoed, 0);
    CU_ASSERT_EQUAL(seen.closed, 1);
    seen.d->cls->destroy(seen.d);
    via.server = host(77, 3478); /* nobody is there */
    begin(&via);
    echo(10);
    run(60);
    CU_ASSERT_EQUAL(seen.closed, 1);
    seen.d->cls->destroy(seen.d);
    via.stack = "udp/nothing"; /* no such layer */
    begin(&via);
    run(1);
    CU_ASSERT_EQUAL(seen.closed, 1);
    seen.d->cls->destroy(seen.d);
}

TESTS({"transports", transports_all}, {"hour", hour}, {"refused", refused})
