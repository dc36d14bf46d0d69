/* harness/watch/stun/stun_watch_ends_test.c - our own client and server under the watcher, in the
 * simulator: no variant of theirs is condemned, faults over time are found. */
#include <stdio.h>
#include "harness/core/stack.h"
#include "harness/core/test.h"
#include "harness/core/watch.h"
#include "harness/drivers/sim.h"
#include "harness/endpoints/stun/stun_endpoint.h"

extern const struct watcher_class stun_watch;
enum { CLIENT = 1, SERVER };

static struct {
    struct watch *w;
    struct party *watched; /* whose flows are seen */
    size_t n;
    char clause[64];
    uint8_t by;
    struct watch_sum sums[WATCH_FACTS_MAX];
} seen;

static void on_finding(void *ctx, const struct watch_finding *f)
{
    (void)ctx;
    if (seen.n++ == 0)
        snprintf(seen.clause, sizeof seen.clause, "%s", f->f.clause);
    seen.by = f->by;
}

static void on_fact(void *ctx, const struct watch_fact *f)
{
    (void)ctx;
    watch_add(seen.sums, f);
}

static void on_flow(void *ctx, const struct packet *pk)
{
    struct watch_seen s = {.now_us = pk->now_us,
                           .flow = pk->flow,
                           .stream = pk->stream,
                           .octets = pk->data,
                           .by = pk->out ? SERVER : CLIENT};
    (void)ctx;
    if (pk->party != seen.watched)
        return;
    if (!pk->stream)
        *(pk->out ? &s.to : &s.from) = *pk->remote;
    else
        (pk->out ? &s.to : &s.from)->port = 1;
    watch_octets(seen.w, &s, &(struct watch_sink){on_finding, on_fact, NULL});
}

static void on_event(void *ctx, const struct event *ev)
{
    (void)ctx;
    (void)ev;
}

struct scene {
    const char *transport;
    bool silent; /* the server answers nothing */
    uint8_t auth;
    const char *client_fault, *client_variant, *client_variant2, *server_fault, *server_variant;
};

/* Two user's Bindings, one after the other, and what the watcher says beside the server. */
static void play(const struct scene *sc)
{
    const char *cf[] = {sc->client_fault, NULL}, *sf[] = {sc->server_fault, NULL},
               *cv[] = {sc->client_variant, sc->client_variant2, NULL},
               *sv[] = {sc->server_variant, NULL}, *err = NULL;
    struct stun_server_config server = {.manual = sc->silent, .auth = sc->auth};
    struct stun_client_config client = {.transport = span_of(sc->transport), .auth = sc->auth};
    struct driver *d = sim_new(1, NULL);
    const struct verb *binding = NULL;

    memset(&seen, 0, sizeof seen);
    seen.w = watch_new(&stun_watch, 64, &(struct watch_options){.origin = true, .beside = true});
    CU_ASSERT_PTR_NOT_NULL_FATAL(d);
    CU_ASSERT_PTR_NOT_NULL_FATAL(seen.w);
    if (!d)
        return; /* FATAL has left already */
    d->on_event = on_event;
    d->on_flow = on_flow;
    seen.watched = d->cls->add(d,
                               &(struct party_spec){.cls = &stun_server_class,
                                                    .config = &server,
                                                    .faults = sf[0] ? sf : NULL,
                                                    .variants = sv[0] ? sv : NULL},
                               &err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(seen.watched);
    client.server = party_addr(seen.watched);
    client.server.port = 3478;
    struct party *c = d->cls->add(d,
                                  &(struct party_spec){.cls = &stun_client_class,
                                                       .config = &client,
                                                       .faults = cf[0] ? cf : NULL,
                                                       .variants = cv[0] ? cv : NULL},
                                  &err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(c);
    for (size_t i = 0; i < stun_client_class.n_verbs; i++)
        if (strcmp(stun_client_class.verbs[i].name, "binding") == 0)
            binding = &stun_client_class.verbs[i];
    for (uint32_t i = 1; i <= 2; i++) {
        d->cls->command(c, binding, NULL, i);
        d->cls->run(d, d->now_us + 300000000);
    }
    CU_ASSERT_PTR_NULL(d->error);
    watch_end(seen.w, &(struct watch_sink){on_finding, on_fact, NULL});
    d->cls->destroy(d);
    watch_free(seen.w);
}

static void quiet(const struct scene *sc)
{
    play(sc);
    if (seen.n)
        printf("\n%s with %s, %s, %s over %s: %s\n", seen.clause, sc->client_variant,
               sc->client_variant2, sc->server_variant, sc->transport, seen.clause);
    CU_ASSERT_EQUAL(seen.n, 0);
}

static void lawful_clients(void)
{
    const struct deviation *v = stun_client_class.variants;
    size_t n = stun_client_class.n_variants;

    for (int silent = 0; silent < 2; silent++)
        for (size_t i = 0; i <= n; i++)
            for (size_t k = i; k <= n; k++) { /* each alone and with each other */
                const char *a = i < n ? v[i].name : NULL, *b = k < n && k != i ? v[k].name : NULL;
                quiet(&(struct scene){"udp", silent, .client_variant = a, .client_variant2 = b});
                quiet(&(struct scene){"tcp", silent, .client_variant = a, .client_variant2 = b});
            }
}

static void lawful_servers(void)
{
    for (int auth = STUN_AUTH_NONE; auth <= STUN_AUTH_LONG; auth++)
        for (size_t i = 0; i < stun_server_class.n_variants; i++) {
            const char *v = stun_server_class.variants[i].name;
            quiet(&(struct scene){"udp", .auth = (uint8_t)auth, .server_variant = v});
            quiet(&(struct scene){"tcp", .auth = (uint8_t)auth, .server_variant = v});
        }
}

/* What a fault breaks is what is found, and by whom; the clause is that of its row. */
static void caught(const struct scene *sc, const char *clause, uint8_t by)
{
    play(sc);
    CU_ASSERT_TRUE(seen.n > 0);
    CHECK_TEXT(span_of(seen.clause), clause);
    CU_ASSERT_EQUAL(seen.by, by);
}

static void faults(void)
{
    caught(&(struct scene){"udp", true, .client_fault = "rto-short"}, "RFC8489:6.2.1#2", CLIENT);
    caught(&(struct scene){"udp", true, .client_fault = "no-doubling"}, "RFC8489:6.2.1#1b", CLIENT);
    caught(&(struct scene){"tcp", true, .client_fault = "stream-repeated"}, "RFC8489:6.2.2#a3",
           CLIENT);
    caught(&(struct scene){"udp", .server_fault = "method-changed"}, "RFC8489:6.3.1.1#a2", SERVER);
    caught(&(struct scene){"tcp", .server_fault = "method-changed"}, "RFC8489:6.3.1.1#a2", SERVER);
    caught(&(struct scene){"udp", .server_fault = "transaction-changed"}, "RFC8489:5#6", SERVER);
    /* A flow shows nothing of these: fewer requests than usual, another id, giving up. */
    quiet(&(struct scene){"udp", true, .client_fault = "three-tries"});
    quiet(&(struct scene){"udp", true, .client_fault = "gives-up-early"});
}

/* What was measured: seven requests at a silent server, a round trip of 2 ms at one that answers. */
static void facts(void)
{
    play(&(struct scene){.transport = "udp", .silent = true});
    for (size_t i = 0; i < stun_watch.n_facts; i++) {
        const char *name = stun_watch.facts[i].name;
        if (strcmp(name, "retransmissions") == 0)
            CU_ASSERT_EQUAL(seen.sums[i].total, 12);
        if (strcmp(name, "unanswered") == 0)
            CU_ASSERT_EQUAL(seen.sums[i].total, 2);
    }
    play(&(struct scene){.transport = "udp"});
    for (size_t i = 0; i < stun_watch.n_facts; i++) {
        const char *name = stun_watch.facts[i].name;
        if (strcmp(name, "transactions") == 0)
            CU_ASSERT_EQUAL(seen.sums[i].total, 2);
        if (strcmp(name, "rtt_us") == 0)
            CU_ASSERT_EQUAL(seen.sums[i].n, 2);
    }
}

TESTS({"lawful clients", lawful_clients}, {"lawful servers", lawful_servers}, {"faults", faults},
      {"facts", facts})
