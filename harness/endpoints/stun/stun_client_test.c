/* harness/endpoints/stun/stun_client_test.c - where a URI leads the client, in the simulator: what
 * cases cannot say, since it takes many seeds or a zone that is odd. */
#include <stdio.h>
#include "harness/core/test.h"
#include "harness/drivers/sim.h"
#include "harness/endpoints/stun/stun_endpoint.h"

enum { SERVERS = 3 };
struct said { /* what the client told last */
    size_t n;
    uint8_t kind;
    struct addr from;
    char why[80];
};

static void on_event(void *ctx, const struct event *ev)
{
    struct said *s = ctx;
    const struct stun_event *e = ev->rec;

    if (strcmp(ev->name, "response") != 0)
        return;
    s->n++;
    s->kind = e->kind;
    s->from = e->from;
    snprintf(s->why, sizeof s->why, "%s", e->why ? e->why : "");
}

static const struct verb *verb_named(const char *name)
{
    for (size_t i = 0; i < stun_client_class.n_verbs; i++)
        if (strcmp(stun_client_class.verbs[i].name, name) == 0)
            return &stun_client_class.verbs[i];
    return NULL;
}

/* The arguments of `binding` with a URI, through the field table: they are no public struct. */
static void ask(struct driver *d, struct party *client, const char *uri)
{
    const struct verb *v = verb_named("binding");
    _Alignas(16) uint8_t rec[1024] = {0};
    struct span text = span_of(uri);

    CU_ASSERT_TRUE_FATAL(v && v->args->size <= sizeof rec);
    memcpy(rec + field_find(v->args, "uri")->off, &text, sizeof text);
    d->cls->command(client, v, rec, 1);
    d->cls->run(d, d->now_us + 1000000000);
}

struct net {
    struct driver *d;
    struct party *servers[SERVERS], *client;
    struct said said;
};

/* Servers s0, s1, s2 of ports 4000, 4001, 4002, and a client. */
static void open_net(struct net *n, uint64_t seed)
{
    static const struct stun_client_config none;
    const char *err = "";
    char name[16];

    memset(n, 0, sizeof *n);
    n->d = sim_new(seed, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(n->d);
    if (!n->d)
        return; /* FATAL has left already */
    n->d->on_event = on_event;
    n->d->ctx = &n->said;
    for (size_t i = 0; i < SERVERS; i++) {
        struct stun_server_config c = {.listen = {.family = 4, .port = (uint16_t)(4000 + i)}};
        n->servers[i] = n->d->cls->add(
            n->d, &(struct party_spec){.cls = &stun_server_class, .config = &c}, &err);
        struct addr at = party_addr(n->servers[i]);
        snprintf(name, sizeof name, "s%zu.test", i);
        CU_ASSERT_TRUE(sim_name(n->d, name, &at));
    }
    n->client = n->d->cls->add(
        n->d, &(struct party_spec){.cls = &stun_client_class, .config = &none, .seed = seed}, &err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(n->client);
}

static void service(struct net *n, uint16_t priority, uint16_t weight, unsigned server,
                    const char *target)
{
    char name[16];
    snprintf(name, sizeof name, "s%u.test", server);
    CU_ASSERT_TRUE(sim_service(
        n->d, "_stun._udp.example.test",
        &(struct srv){priority, weight, (uint16_t)(4000 + server), target ? target : name}));
}

/* Of 200 clients, those that a server of weight 0, 10 and 30 of one priority gets first: RFC2782 has
 * them drawn in proportion, and one of weight 0 with a very small chance. */
static void weights(void)
{
    size_t got[SERVERS] = {0};

    for (uint64_t seed = 1; seed <= 200; seed++) {
        struct net n;
        open_net(&n, seed);
        service(&n, 5, 30, 2, NULL);
        service(&n, 5, 0, 0, NULL);
        service(&n, 5, 10, 1, NULL);
        service(&n, 9, 60000, 0, NULL); /* another priority is no rival */
        ask(n.d, n.client, "stun:example.test");
        CU_ASSERT_EQUAL(n.said.kind, STUN_R_SUCCESS);
        if (n.said.from.port >= 4000 && n.said.from.port < 4000 + SERVERS)
            got[n.said.from.port - 4000]++;
        n.d->cls->destroy(n.d);
    }
    CU_ASSERT_EQUAL(got[0] + got[1] + got[2], 200);
    CU_ASSERT_TRUE(got[0] < 20);                /* 1 in 41 */
    CU_ASSERT_TRUE(got[1] > 30 && got[1] < 70); /* a quarter */
    CU_ASSERT_TRUE(got[2] > 120 && got[2] < 170);
}

static void ends(const char *uri, const char *why)
{
    struct net n;

    open_net(&n, 1);
    CU_ASSERT_TRUE(sim_service(n.d, "_stun._udp.closed.test", &(struct srv){0, 0, 0, "."}));
    for (int i = 0; i < 40; i++) /* more than there is room for, and names that are not there */
        CU_ASSERT_TRUE(sim_service(n.d, "_stun._udp.many.test",
                                   &(struct srv){(uint16_t)(40 - i), 0, 4000, "nobody.test"}));
    ask(n.d, n.client, uri);
    CU_ASSERT_EQUAL(n.said.n, 1);
    CU_ASSERT_EQUAL(n.said.kind, why ? STUN_R_FAILED : STUN_R_SUCCESS);
    CHECK_TEXT(span_of(n.said.why), why ? why : "");
    CU_ASSERT_PTR_NULL(n.d->error);
    n.d->cls->destroy(n.d);
}

static void odd_uris(void)
{
    ends("stun:s0.test:4000", NULL);
    ends("stun:closed.test", "the domain offers no such service");
    ends("stun:nobody.test", "the name does not resolve");
    ends("stun:many.test", "the name does not resolve");
    ends("stuns:10.0.0.1", "not a URI of STUN, or stuns with an IP address");
    ends("turn:s0.test", "not a URI of STUN, or stuns with an IP address");
    ends("http://s0.test", "not a URI of STUN, or stuns with an IP address");
    ends("s", "not a URI of STUN, or stuns with an IP address");
}

TESTS({"weights", weights}, {"odd_uris", odd_uris})
