/* harness/script/world_impair.c - a bad network between a case and its IUT: in sim that network
 * itself, live a relay in the same driver. */
#include "harness/drivers/sim.h"
#include "harness/endpoints/relay/relay.h"
#include "harness/script/world.h"

enum { LISTEN_US = 5000000 };

struct waiting {
    struct driver *d;
    struct addr at;
    bool failed;
};

static void heard(void *ctx, const struct event *ev)
{
    struct waiting *wait = ctx;

    if (ev->desc != &relay_event_desc)
        return; /* our own IUT, which listens too */
    if (strcmp(ev->name, "listening") == 0)
        wait->at = ((const struct relay_event *)ev->rec)->local;
    wait->failed |= strcmp(ev->name, "closed") == 0;
    if (wait->at.family || wait->failed)
        driver_break(wait->d);
}

/* The transports of cases: udp, tcp, and what runs over them. */
static bool datagrams(const char *transport)
{
    return strcmp(transport, "udp") == 0 || strcmp(transport, "dtls") == 0;
}

/* Whether the relay in front of `to` listens; where it does is the target from now on. */
static bool start_relay(struct world *w)
{
    struct driver *d = w->d;
    const char *err = NULL;
    struct waiting wait = {.d = d};
    struct relay_config cfg = {.listen = world_host_addr(w),
                               .to = w->target,
                               .stream = !datagrams(w->run->transport),
                               .up = *w->o->impair,
                               .down = *w->o->impair};
    void (*on_event)(void *ctx, const struct event *ev) = d->on_event;

    d->on_event = heard;
    d->ctx = &wait;
    w->relay = d->cls->add(d,
                           &(struct party_spec){.cls = &relay_impair_class,
                                                .config = &cfg,
                                                .name = "relay",
                                                .host = world_host_addr(w),
                                                .seed = w->run->seed ^ 0x72656c6179},
                           &err);
    if (!w->relay) {
        world_verdict(w, VERDICT_ERROR, err);
        return false;
    }
    if (!wait.at.family && !wait.failed)
        d->cls->run(d, d->now_us + LISTEN_US);
    d->on_event = on_event;
    d->ctx = w;
    w->target = wait.at;
    if (!wait.at.family)
        world_verdict(w, VERDICT_ERROR, "the relay of --impair cannot listen");
    return wait.at.family != 0;
}

static void counted(void *ctx, const struct event *ev)
{
    uint64_t *n = ctx;

    if (ev->desc != &relay_statistics_desc)
        return;
    const struct relay_statistics *s = ev->rec;
    const struct relay_counts *each[] = {&s->up, &s->down};
    for (size_t i = 0; i < COUNT(each); i++)
        *n += each[i]->dropped + each[i]->lost + each[i]->too_large + each[i]->queue_full +
              each[i]->held_full + each[i]->doubled + each[i]->reordered + each[i]->corrupted;
}

uint64_t world_disturbed(struct world *w)
{
    struct driver *d = w->d;
    uint64_t n = 0;

    if (!w->o->impair)
        return 0;
    if (w->sim)
        return sim_disturbed(d);
    void (*on_event)(void *ctx, const struct event *ev) = d->on_event;
    d->on_event = counted;
    d->ctx = &n;
    d->cls->command(w->relay, &relay_impair_class.verbs[0], NULL, 1);
    d->on_event = on_event;
    d->ctx = w;
    return n;
}

bool world_impair(struct world *w)
{
    if (!w->o->impair)
        return true;
    if (!w->sim)
        return start_relay(w);
    struct impair_spec *net = sim_network(w->d);
    uint64_t delay_us = net->delay_us;
    *net = *w->o->impair;
    if (!net->delay_us)
        net->delay_us = delay_us;
    return true;
}
