/* harness/replay/flows.c - finding, making and forgetting flows. */
#include <sys/mman.h>
#include "harness/replay/flows.h"

/* Places behind the last one, so that reaching needs no modulo. */
static size_t octets(const struct flows *t)
{
    return ((size_t)t->mask + 1 + FLOWS_REACH) * sizeof *t->v;
}

bool flows_init(struct flows *t, size_t places)
{
    *t = (struct flows){.mask = (uint32_t)(places - 1)};
    void *p = mmap(NULL, octets(t), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED)
        return false;
    t->v = p; /* zero, and only what is used takes memory */
    return true;
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
    if (madvise(t->v, octets(t), MADV_DONTNEED) != 0)
        memset(t->v, 0, octets(t));
    t->made = t->evicted = 0;
    t->now = 0;
}

void flows_free(struct flows *t)
{
    if (!t->v)
        return;
    flows_reset(t);
    munmap(t->v, octets(t));
    t->v = NULL;
}

static inline uint8_t bits_of(const struct packet *k)
{
    return (uint8_t)(FLOW_USED | (k->flags & PACKET_TCP ? FLOW_TCP : 0) |
                     (k->flags & PACKET_SIX ? FLOW_SIX : 0));
}

static inline bool same(const struct flow *f, const struct packet *k, uint8_t bits, unsigned side)
{
    if ((f->bits & (FLOW_USED | FLOW_TCP | FLOW_SIX)) != bits || f->port[side] != k->sport ||
        f->port[!side] != k->dport)
        return false;
    size_t n = bits & FLOW_SIX ? 16 : 4;
    return memcmp(f->ips + n * side, k->ips, n) == 0 &&
           memcmp(f->ips + n * !side, k->ips + n, n) == 0;
}

bool flow_is(const struct flow *f, const struct packet *k)
{
    return same(f, k, bits_of(k), (k->flags & PACKET_SWAPPED) != 0);
}

struct flow *flows_find(const struct flows *t, const struct packet *k)
{
    struct flow *at = &t->v[k->hash & t->mask];
    uint8_t bits = bits_of(k);
    unsigned side = (k->flags & PACKET_SWAPPED) != 0;

    for (unsigned i = 0; i < FLOWS_REACH && at[i].bits; i++)
        if (same(&at[i], k, bits, side))
            return &at[i];
    return NULL;
}

static struct flow *make(struct flows *t, struct flow *at, const struct packet *k)
{
    struct flow *f = at;
    unsigned side = (k->flags & PACKET_SWAPPED) != 0;
    size_t n = k->flags & PACKET_SIX ? 16 : 4;

    for (unsigned i = 0; i < FLOWS_REACH; i++) {
        if (!at[i].bits) {
            f = &at[i];
            break;
        }
        if ((uint16_t)(t->now - at[i].seen) > (uint16_t)(t->now - f->seen))
            f = &at[i];
    }
    if (f->bits) {
        drop(t, f);
        t->evicted++;
    }
    *f = (struct flow){.bits = bits_of(k), .seen = t->now};
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
        return make(t, &t->v[k->hash & t->mask], k);
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
