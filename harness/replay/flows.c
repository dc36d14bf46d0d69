/* harness/replay/flows.c - finding, making and forgetting flows. */
#include "harness/core/pages.h"
#include "harness/replay/flows.h"

/* Places behind the last one, so that reaching needs no modulo. */
static size_t octets(uint32_t mask)
{
    return ((size_t)mask + 1 + FLOWS_REACH) * sizeof(struct flow);
}

bool flows_init(struct flows *t, size_t places)
{
    *t = (struct flows){.most = (uint32_t)(places - 1)};
    t->mask = (places < FLOWS_FIRST ? (uint32_t)places : FLOWS_FIRST) - 1;
    t->v = pages_new(octets(t->mask));
    return t->v != NULL;
}

static void drop(struct flows *t, struct flow *f)
{
    if (t->drop && (f->bits & FLOW_TCP) && (f->dir[0].stream || f->dir[1].stream))
        t->drop(t->ctx, f);
}

void flows_reset(struct flows *t)
{
    size_t n = (size_t)t->mask + 1 + FLOWS_REACH;

    if (t->made == 0)
        return;
    for (size_t i = 0; t->drop && i < n; i++)
        if (t->v[i].bits)
            drop(t, &t->v[i]);
    pages_clear(t->v, octets(t->mask));
    t->made = t->evicted = 0;
    t->now = 0;
}

void flows_free(struct flows *t)
{
    if (!t->v)
        return;
    flows_reset(t);
    pages_free(t->v, octets(t->mask));
    t->v = NULL;
}

struct flow *flows_find(const struct flows *t, const struct packet *k)
{
    struct flow *at = &t->v[k->hash & t->mask];

    for (unsigned i = 0; i < FLOWS_REACH && at[i].bits; i++)
        if (flow_is(&at[i], k))
            return &at[i];
    return NULL;
}

/* The hash of a flow that is there already. */
static uint32_t hash_of(const struct flow *f)
{
    struct packet k = {.ips = f->ips,
                       .sport = f->port[0],
                       .dport = f->port[1],
                       .flags = (uint8_t)((f->bits & FLOW_SIX ? PACKET_SIX : 0) |
                                          (f->bits & FLOW_TCP ? PACKET_TCP : 0))};
    packet_hash(&k);
    return k.hash;
}

/* A free place for a hash; NULL: there is none within reach. */
static struct flow *free_place(struct flow *v, uint32_t mask, uint32_t hash)
{
    struct flow *at = &v[hash & mask];
    for (unsigned i = 0; i < FLOWS_REACH; i++)
        if (!at[i].bits)
            return &at[i];
    return NULL;
}

/* Double the table until each flow, and one more of `hash`, has a place. False: it may not be larger. */
static bool grow(struct flows *t, uint32_t hash)
{
    for (uint32_t mask = t->mask; mask < t->most;) {
        mask = mask * 2 + 1;
        struct flow *v = pages_new(octets(mask)), *to;
        bool all = v != NULL;
        for (size_t i = 0; all && i < (size_t)t->mask + 1 + FLOWS_REACH; i++)
            if (t->v[i].bits && (all = (to = free_place(v, mask, hash_of(&t->v[i]))) != NULL))
                *to = t->v[i];
        if (all && free_place(v, mask, hash)) {
            pages_free(t->v, octets(t->mask));
            t->v = v;
            t->mask = mask;
            return true;
        }
        if (!v)
            return false;
        pages_free(v, octets(mask));
    }
    return false;
}

static struct flow *make(struct flows *t, const struct packet *k)
{
    struct flow *f = free_place(t->v, t->mask, k->hash);
    unsigned side = (k->flags & PACKET_SWAPPED) != 0;
    size_t n = k->flags & PACKET_SIX ? 16 : 4;

    if (!f && grow(t, k->hash))
        f = free_place(t->v, t->mask, k->hash);
    if (!f) {
        struct flow *at = f = &t->v[k->hash & t->mask];
        for (unsigned i = 1; i < FLOWS_REACH; i++)
            if ((uint16_t)(t->now - at[i].seen) > (uint16_t)(t->now - f->seen))
                f = &at[i];
        drop(t, f);
        t->evicted++;
    }
    *f = (struct flow){.bits = flow_bits(k), .seen = t->now};
    memcpy(f->ips + n * side, k->ips, n);
    memcpy(f->ips + n * !side, k->ips + n, n);
    f->port[side] = k->sport;
    f->port[!side] = k->dport;
    t->made++;
    return f;
}

struct flow *flows_of(struct flows *t, const struct packet *k)
{
    struct flow *f = flows_find(t, k);

    if (!f)
        return make(t, k);
    f->seen = t->now;
    return f;
}

void flows_renew(struct flows *t, struct flow *f)
{
    drop(t, f);
    struct flow anew = {.bits = f->bits & (FLOW_USED | FLOW_TCP | FLOW_SIX), .seen = t->now};
    memcpy(anew.ips, f->ips, sizeof anew.ips);
    memcpy(anew.port, f->port, sizeof anew.port);
    *f = anew;
    t->made++;
}
