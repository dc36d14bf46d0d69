/* harness/tests/nat_rig.h - a STUN server with two addresses and stun.discovery in the simulated network. */
#ifndef HARNESS_TESTS_NAT_RIG_H
#define HARNESS_TESTS_NAT_RIG_H
#include <stdio.h>
#include "harness/core/test.h"
#include "harness/drivers/sim.h"
#include "harness/endpoints/stun/stun_discovery.h"
#include "harness/endpoints/stun/stun_endpoint.h"

enum { SECOND = 1000000, HOUR = 3600 };

static struct net {
    struct driver *d;
    struct party *server, *client;
    struct stun_found found;
    bool done;
    size_t tested;
} net;

static inline struct addr at(const char *text)
{
    struct addr a = {0};
    CU_ASSERT_TRUE(addr_parse(span_of(text), &a));
    return a;
}

static inline void on_event(void *ctx, const struct event *ev)
{
    (void)ctx;
    net.tested += strcmp(ev->name, "tested") == 0;
    if (strcmp(ev->name, "found") != 0)
        return;
    net.found = *(const struct stun_found *)ev->rec;
    net.done = true;
    driver_break(net.d);
}

/* A server with two addresses, and a client; `one`: with one. */
static inline void begin(bool one)
{
    struct stun_server_config server = {.listen = at("10.0.0.1:3478"), .classic = true};
    struct stun_discovery_config client = {.server = server.listen};
    const char *err = NULL;

    net = (struct net){.d = sim_new(1, NULL)};
    net.d->on_event = on_event;
    server.other = at("10.0.1.1:3480");
    server.nat = one;
    if (one)
        server.other = (struct addr){0};
    net.server = net.d->cls->add(net.d,
                                 &(struct party_spec){.cls = &stun_server_class,
                                                      .config = &server,
                                                      .name = "server",
                                                      .host = at("10.0.0.1:0"),
                                                      .second = at("10.0.1.1:0"),
                                                      .seed = 1},
                                 &err);
    net.client = net.d->cls->add(net.d,
                                 &(struct party_spec){.cls = &stun_discovery_class,
                                                      .config = &client,
                                                      .name = "client",
                                                      .host = at("10.0.0.2:0"),
                                                      .seed = 2},
                                 &err);
    CU_ASSERT_FATAL(net.server && net.client);
}

static inline const struct stun_found *discover(uint64_t lifetime_s, bool classic)
{
    const struct verb *v = &stun_discovery_class.verbs[0];
    struct stun_discover_args args = {.classic = classic, .lifetime_us = lifetime_s * SECOND};

    net.done = false;
    net.d->cls->command(net.client, v, &args, 1);
    net.d->cls->run(net.d, net.d->now_us + 100ull * HOUR * SECOND);
    CU_ASSERT_TRUE(net.done);
    if (net.d->error)
        printf("\n%s", net.d->error);
    CU_ASSERT_PTR_NULL(net.d->error);
    return &net.found;
}

static inline void end(void)
{
    net.d->cls->destroy(net.d);
}

#endif
