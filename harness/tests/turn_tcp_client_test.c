/* harness/tests/turn_tcp_client_test.c - a TCP allocation (RFC 6062) the whole way: turn.client, turn.server and whoever
 * is behind it, over TCP and TLS, in the simulated network. */
#include <stdio.h>
#include "harness/core/registry.h"
#include "harness/core/test.h"
#include "harness/drivers/sim.h"
#include "harness/endpoints/echo/echo.h"
#include "harness/endpoints/turn/turn_client.h"
#include "harness/endpoints/turn/turn_session.h"

enum {
    SECOND = 1000000,
    SERVER = 1, /* hosts: 10.0.0.N */
    PEER = 2,
    NOBODY = 9, /* a port where none listens */
    CHUNK = 4096,
    MUCH = 64 * CHUNK, /* octets: more than a client keeps for who receives late */
};

static struct seen {
    struct driver *d;
    struct party *client;
    uint32_t token; /* of the last command */
    struct turn_client_event answer;
    size_t answers, freed, echoed, wrong;
    uint8_t octets[1 << 17]; /* of the answer */
} seen;

static struct addr host(uint8_t n, uint16_t port)
{
    return (struct addr){.family = 4, .ip = {10, 0, 0, n}, .port = port};
}

static void on_event(void *ctx, const struct event *ev)
{
    (void)ctx;
    if (party_class(ev->party) == &turn_client_class) {
        const struct turn_client_event *e = ev->rec;
        if (ev->token != seen.token || seen.token == 0)
            return;
        seen.answers++;
        seen.answer = *e;
        if (e->data.n <= sizeof seen.octets && e->data.n)
            memcpy(seen.octets, e->data.p, e->data.n);
        seen.answer.data.p = seen.octets;
    }
    if (ev->desc == &turn_event_desc)
        seen.freed += strcmp(ev->name, "freed") == 0;
    if (ev->desc == &echo_event_desc && strcmp(ev->name, "echo") == 0) {
        const struct echo_event *e = ev->rec;
        seen.echoed++;
        seen.wrong += !span_is(e->data, "and back");
    }
}

static struct party *add(const struct endpoint_class *cls, const void *config, uint8_t n)
{
    const char *err = NULL;
    struct party *p = seen.d->cls->add(
        seen.d,
        &(struct party_spec){
            .cls = cls, .config = config, .name = cls->name, .host = host(n, 0), .seed = n},
        &err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(p);
    return p;
}

static void run(uint64_t ms)
{
    seen.d->cls->run(seen.d, seen.d->now_us + ms * 1000);
    if (seen.d->error)
        printf("\n%s", seen.d->error);
    CU_ASSERT_PTR_NULL(seen.d->error);
}

/* A server with TCP allocations, which denies 10.0.0.9, an echo server behind it, and a client. */
static void begin(const char *stack)
{
    bool tls = strcmp(stack, "tcp") != 0;
    struct turn_server_config server = {.listen = host(SERVER, 3478),
                                        .listen_tls = host(SERVER, 5349),
                                        .tcp_relay = true,
                                        .deny = host(9, 0)};
    struct echo_config echo = {.listen = host(PEER, 7), .stack = span_of("tcp")};
    struct turn_client_config client = {.server = host(SERVER, tls ? 5349 : 3478),
                                        .transport = span_of(stack)};

    seen = (struct seen){.d = sim_new(1, NULL)};
    seen.d->on_event = on_event;
    add(&turn_server_class, &server, SERVER);
    add(&echo_server_class, &echo, PEER);
    seen.client = add(&turn_client_class, &client, 3);
    run(100);
}

/* Ask, and run until it is answered, for 60 s at most; what kind of answer, or 99: none. */
static unsigned asks(const char *verb, const struct turn_client_args *a)
{
    const struct verb *v = turn_client_class.verbs;
    size_t before = seen.answers;

    while (strcmp(v->name, verb) != 0)
        v++;
    seen.d->cls->command(seen.client, v, a, ++seen.token);
    for (size_t ms = 0; ms < 60000 && seen.answers == before; ms += 10)
        run(10);
    CU_ASSERT_EQUAL(seen.answers, before + 1);
    return seen.answers == before ? 99 : seen.answer.kind;
}

static unsigned connects(struct addr to)
{
    return asks("connect", &(struct turn_client_args){.peer = to});
}

static void allocates(void)
{
    CU_ASSERT_EQUAL(asks("allocate", &(struct turn_client_args){.tcp = true}), TURN_C_SUCCESS);
    CU_ASSERT_EQUAL(seen.answer.relayed.family, 4);
}

static void ends(void)
{
    CU_ASSERT_EQUAL(asks("release", &(struct turn_client_args){0}), TURN_C_SUCCESS);
    run(1000);
    CU_ASSERT_EQUAL(seen.freed, 1);
    seen.d->cls->destroy(seen.d);
}

static uint8_t octet(size_t i)
{
    return (uint8_t)(i * 7 + i / 251);
}

/* Receive all of it, in order; false: something else comes. */
static bool receives(uint32_t connection, size_t n)
{
    bool good = true;

    for (size_t have = 0; have < n && good;) {
        good = asks("receive", &(struct turn_client_args){0}) == TURN_C_SUCCESS &&
               seen.answer.connection == connection && seen.answer.data.n <= n - have;
        for (size_t i = 0; good && i < seen.answer.data.n; i++)
            good = seen.octets[i] == octet(have + i);
        have += good ? seen.answer.data.n : 0;
    }
    return good;
}

/* Octets there and back, more than the client holds at once; then the end, from either side. */
static void echoes(void)
{
    static const char *const stacks[] = {"tcp", "tcp/tls"};
    static uint8_t out[MUCH];

    for (size_t i = 0; i < sizeof out; i++)
        out[i] = octet(i);
    for (size_t k = 0; k < COUNT(stacks); k++) {
        begin(stacks[k]);
        allocates();
        CU_ASSERT_EQUAL(connects(host(PEER, 7)), TURN_C_SUCCESS);
        uint32_t connection = seen.answer.connection;
        CU_ASSERT_NOT_EQUAL(connection, 0);
        struct addr peer = host(PEER, 7);
        CU_ASSERT_TRUE(addr_eq(&seen.answer.peer, &peer));
        for (size_t at = 0; at < sizeof out; at += CHUNK) {
            struct turn_client_args a = {.connection = connection, .data = {out + at, CHUNK}};
            CU_ASSERT_EQUAL(asks("send", &a), TURN_C_SUCCESS);
        }
        run(5000);
        CU_ASSERT_TRUE(receives(connection, sizeof out));
        struct turn_client_args it = {.connection = connection, .data = span_of("x")};
        CU_ASSERT_EQUAL(asks("close", &it), TURN_C_SUCCESS);
        CU_ASSERT_EQUAL(asks("send", &it), TURN_C_FAILED);
        CU_ASSERT_EQUAL(asks("close", &it), TURN_C_FAILED);
        run(1000);
        CU_ASSERT_EQUAL(connects(host(PEER, 7)), TURN_C_SUCCESS); /* the server knows, too */
        ends();
    }
}

/* A peer connects, and leaves. */
static void accepts(void)
{
    begin("tcp");
    allocates();
    struct echo_config to = {.to = seen.answer.relayed, .stack = span_of("tcp")};
    CU_ASSERT_EQUAL(asks("permit", &(struct turn_client_args){.peer = host(4, 0)}), TURN_C_SUCCESS);
    struct party *peer = add(&echo_client_class, &to, 4);
    CU_ASSERT_EQUAL(asks("receive", &(struct turn_client_args){0}), TURN_C_ACCEPTED);
    uint32_t connection = seen.answer.connection;
    CU_ASSERT_EQUAL(seen.answer.peer.ip[3], 4);
    seen.d->cls->command(peer, &echo_client_verbs[0],
                         &(struct echo_args){.data = span_of("8 octets")}, 1);
    CU_ASSERT_EQUAL(asks("receive", &(struct turn_client_args){0}), TURN_C_SUCCESS);
    CU_ASSERT_EQUAL(seen.answer.connection, connection);
    CU_ASSERT_TRUE(span_is(seen.answer.data, "8 octets"));
    struct turn_client_args back = {.connection = connection, .data = span_of("and back")};
    CU_ASSERT_EQUAL(asks("send", &back), TURN_C_SUCCESS);
    run(1000);
    CU_ASSERT_EQUAL(seen.echoed, 1);
    CU_ASSERT_EQUAL(seen.wrong, 0);
    seen.d->cls->command(peer, &echo_client_verbs[1], NULL, 2);
    CU_ASSERT_EQUAL(asks("receive", &(struct turn_client_args){0}), TURN_C_ENDED);
    CU_ASSERT_EQUAL(seen.answer.connection, connection);
    CU_ASSERT_PTR_NOT_NULL(seen.answer.why);
    CU_ASSERT_EQUAL(asks("send", &back), TURN_C_FAILED);
    ends();
}

/* What is refused is told with its code; after 447 a peer is left alone for 10 s, and no other one is. */
static void refused(void)
{
    begin("tcp");
    allocates();
    CU_ASSERT_EQUAL(connects(host(9, 7)), TURN_C_ERROR); /* already its permission */
    CU_ASSERT_EQUAL(seen.answer.code, 403);
    CU_ASSERT_EQUAL(connects(host(PEER, NOBODY)), TURN_C_ERROR);
    CU_ASSERT_EQUAL(seen.answer.code, 447);
    uint64_t refused_us = seen.d->now_us;
    CU_ASSERT_EQUAL(connects(host(PEER, NOBODY)), TURN_C_FAILED);
    CU_ASSERT_EQUAL(connects(host(PEER, 7)), TURN_C_SUCCESS);
    CU_ASSERT_EQUAL(connects(host(PEER, 7)), TURN_C_ERROR);
    CU_ASSERT_EQUAL(seen.answer.code, 446);
    run((refused_us + 9900 * 1000 - seen.d->now_us) / 1000);
    CU_ASSERT_EQUAL(connects(host(PEER, NOBODY)), TURN_C_FAILED);
    run(200);
    CU_ASSERT_EQUAL(connects(host(PEER, NOBODY)), TURN_C_ERROR); /* asked again */
    CU_ASSERT_EQUAL(seen.answer.code, 447);
    ends();
    begin("udp"); /* RFC6062:4.1#a1 */
    CU_ASSERT_EQUAL(asks("allocate", &(struct turn_client_args){.tcp = true}), TURN_C_FAILED);
    seen.d->cls->destroy(seen.d);
    begin("tcp"); /* RFC6062:4.1#4 */
    CU_ASSERT_EQUAL(asks("allocate", &(struct turn_client_args){.tcp = true, .even_port = true}),
                    TURN_C_FAILED);
    CU_ASSERT_EQUAL(asks("allocate", &(struct turn_client_args){0}), TURN_C_SUCCESS);
    CU_ASSERT_EQUAL(connects(host(PEER, 7)), TURN_C_FAILED); /* one of UDP */
    seen.d->cls->destroy(seen.d);
}

/* As many connections as there are places; they end with the allocation. */
static void full(void)
{
    begin("tcp");
    for (int i = 0; i < TURN_SESSION_DATA; i++) {
        struct echo_config more = {.listen = host((uint8_t)(20 + i), 7), .stack = span_of("tcp")};
        add(&echo_server_class, &more, (uint8_t)(20 + i));
    }
    run(100);
    allocates();
    for (int i = 0; i < TURN_SESSION_DATA; i++)
        CU_ASSERT_EQUAL(connects(host((uint8_t)(20 + i), 7)), TURN_C_SUCCESS);
    uint32_t last = seen.answer.connection;
    CU_ASSERT_EQUAL(connects(host(PEER, 7)), TURN_C_FAILED);
    CU_ASSERT_EQUAL(asks("close", &(struct turn_client_args){.connection = last}), TURN_C_SUCCESS);
    CU_ASSERT_EQUAL(connects(host(PEER, 7)), TURN_C_SUCCESS);
    CU_ASSERT_NOT_EQUAL(seen.answer.connection, last); /* a number is never used again */
    ends();
}

TESTS({"echoes", echoes}, {"accepts", accepts}, {"refused", refused}, {"full", full})
