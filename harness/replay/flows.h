/* harness/replay/flows.h - the table of flows: two transport addresses and a protocol, 64 octets each.
 *
 * Open addressing: a flow stands in one of FLOWS_REACH places behind the one that its hash names. Where all of
 * them are taken the table doubles, and once it is as large as it may be, the one of them that was idle longest
 * gives way. A small table stays in the cache. */
#ifndef HARNESS_REPLAY_FLOWS_H
#define HARNESS_REPLAY_FLOWS_H
#include "codecs/base/codec.h"
#include "harness/core/watch.h"
#include "harness/replay/packet.h"

enum {
    FLOWS_REACH = 16,
    FLOWS_FIRST = 8192 /* places to begin with: what a large page takes at least */,
    FLOWS_CLASSES = 6,
    FLOWS_DENIED_MAX = 15
};
enum flow_bit { /* of flow.bits */
                FLOW_USED = 1,
                FLOW_TCP = 2,
                FLOW_SIX = 4,
                FLOW_DATA = 8,    /* TCP: octets have come */
                FLOW_OVER = 16,   /* TCP: FIN or RST has come */
                FLOW_LOOKED = 32, /* TCP: what it carries has been looked for long enough */
                FLOW_DENIED =
                    8, /* UDP: four bits that count how often datagrams did not go on from one another */
                FLOW_PLACED = 128, /* UDP: dir has places in place of memos */
};
struct flow {          /* a cache line; all zero is a free place */
    uint8_t ips[32];   /* of the lower and the upper side, IPv4: of 4 octets each */
    uint16_t port[2];  /* of the lower and the upper side */
    uint8_t bits;      /* enum flow_bit */
    uint8_t candidate; /* UDP: the protocol on probation */
    uint8_t
        followed[2]; /* a direction: datagrams that have borne it out; TCP: segments looked at */
    uint8_t known[FLOWS_CLASSES]; /* UDP: the protocol of each class of RFC 7983; TCP: known[0] */
    uint16_t seen;                /* the window in which it was seen last, modulo 2^16 */
    union {                       /* of a direction, from the lower side first */
        struct codec_memo memo;   /* UDP: the candidate's */
        struct watch_place place; /* UDP: of the watcher of known[] that has a quick way */
        void *stream;             /* TCP: whoever puts its octets in order; freed by flows.drop */
    } dir[2];
};
static inline unsigned flow_denied(const struct flow *f)
{
    return f->bits / FLOW_DENIED & FLOWS_DENIED_MAX;
}
_Static_assert(sizeof(struct flow) == 64, "a flow is a cache line");

struct flows {
    struct flow *v;
    uint32_t mask, most; /* places there are, and may be, less one */
    uint16_t now;        /* window */
    uint64_t made, evicted;
    void (*drop)(void *ctx,
                 struct flow *f); /* before a flow is forgotten that has a stream; NULL: nothing */
    void *ctx;
};
/* `places` is a power of two, at least FLOWS_REACH. False: no memory. */
bool flows_init(struct flows *t, size_t places);
void flows_free(struct flows *t);
/* Forget all. */
void flows_reset(struct flows *t);
/* The flow of a packet, made where there is none; never NULL. It stays where it is until the next call. */
struct flow *flows_of(struct flows *t, const struct packet *k);
/* The same, NULL where there is none. */
struct flow *flows_find(const struct flows *t, const struct packet *k);
static inline uint8_t flow_bits(const struct packet *k)
{
    return (uint8_t)(FLOW_USED | (k->flags & PACKET_TCP ? FLOW_TCP : 0) |
                     (k->flags & PACKET_SIX ? FLOW_SIX : 0));
}
/* Whether `f` is the flow of `k`. */
static inline bool flow_is(const struct flow *f, const struct packet *k)
{
    unsigned side = (k->flags & PACKET_SWAPPED) != 0;
    uint64_t is, of;

    if ((f->bits & (FLOW_USED | FLOW_TCP | FLOW_SIX)) != flow_bits(k) ||
        f->port[side] != k->sport || f->port[!side] != k->dport)
        return false;
    if (k->flags & PACKET_SIX)
        return memcmp(f->ips + 16 * side, k->ips, 16) == 0 &&
               memcmp(f->ips + 16 * !side, k->ips + 16, 16) == 0;
    memcpy(&is, f->ips, 8);
    memcpy(&of, k->ips, 8);
    return is == (side ? of << 32 | of >> 32 : of);
}
/* The flow at place `at` of the table if it is that of `k`, else NULL: it has moved, or was forgotten. */
static inline struct flow *flows_at(const struct flows *t, uint32_t at, const struct packet *k)
{
    struct flow *f = at < t->mask + FLOWS_REACH ? &t->v[at] : NULL;
    return f && flow_is(f, k) ? f : NULL;
}
/* Begin a flow anew in its place, as the 4-tuple is used again. */
void flows_renew(struct flows *t, struct flow *f);
/* Ask for the place of a packet's flow to be in the cache soon. */
static inline void flows_prefetch(const struct flows *t, const struct packet *k)
{
    __builtin_prefetch(&t->v[k->hash & t->mask]);
}
#endif
