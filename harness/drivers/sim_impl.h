/* harness/drivers/sim_impl.h - the simulator's state, inside harness/drivers/sim*.c only. */
#ifndef HARNESS_DRIVERS_SIM_IMPL_H
#define HARNESS_DRIVERS_SIM_IMPL_H
#include "harness/core/capture.h"
#include "harness/drivers/sim.h"

enum { SIM_HOPS = 16 }; /* sites that one packet crosses at most */
struct host;
struct sim_path;
struct sock { /* a datagram binding, a listener, or one end of a stream */
    struct host *host;
    flow_id flow;
    struct addr local, remote;
    bool udp, listening, accepted, dead, eof_sent, eof_seen, ended;
    struct sock *peer;     /* streams: the other end; NULL while connecting */
    struct sim_path *path; /* streams that cross sites; of both ends. Else NULL */
    bool owns_path;
    uint64_t last_us; /* streams: when the last octets sent arrive; order is kept */
    size_t refs;      /* what is on its way to it, the peer that points to it, and being alive */
    struct sock *addr_next, *flow_next, *prev, *next; /* while alive: in hashes, in its host */
};
struct host {
    struct party *party; /* NULL: removed */
    uint32_t n;
    struct addr ip4, ip6, second;
    struct sim_site *site; /* NULL: it stands in the network itself */
    struct sock *socks;    /* alive, the newest first */
    struct host *next;
};
struct coming { /* something on its way to a socket */
    uint64_t at_us, seq;
    struct sock *to;
    struct party *party; /* of inputs without a socket */
    struct input in;
    uint8_t *data;        /* owned */
    struct output *paced; /* a send that was held back; owned */
};
enum { ADDR_BUCKETS = 4096, FLOW_BUCKETS_FIRST = 1024 };
struct sim {
    struct driver d;
    struct impair path;
    uint64_t seq;
    struct coming *heap;
    size_t n, cap;
    struct sock *by_addr[ADDR_BUCKETS], **by_flow;
    size_t n_by_flow, n_socks; /* buckets, a power of two; sockets alive */
    struct sock *spare;        /* nothing refers to them any more */
    struct host *hosts;
    struct sim_site *sites;
    struct zone *zone;
    struct party *parties, *graves; /* removed from inside one of their own events */
    uint32_t n_hosts;
    uint16_t next_port;
    flow_id next_accepted;
};

/* ---- sim.c ---- */

static inline bool sim_same_ip(const struct addr *a, const struct addr *b)
{
    return a->family == b->family && memcmp(a->ip, b->ip, a->family == 6 ? 16 : 4) == 0;
}

/* ---- sim_sites.c ---- */

struct sim_path {         /* how a packet goes */
    struct addr src, dst; /* as they are where it arrives */
    struct host *host;    /* that has dst; NULL: nobody */
    bool dropped;         /* by a NAT: no mapping, or a filter */
    struct {
        struct sim_site *site;
        bool out;
    } hops[SIM_HOPS];
    size_t n;
};
/* Where what `from` sends from `src` to `dst` arrives; NATs make and refresh mappings on the way. */
void sim_route(struct sim *s, const struct host *from, bool udp, const struct addr *src,
               const struct addr *dst, struct sim_path *out);
struct sim_fate { /* of one datagram on all links that it crosses */
    uint64_t at_us[4];
    size_t n;     /* copies that arrive; 0: it is lost */
    uint32_t mtu; /* 0, or of a link where it does not fit and may not be fragmented */
};
/* `at_us`: when it gets to the first of the links. Octets of `data` may be corrupted in place. */
void sim_cross(const struct sim_path *path, uint64_t at_us, struct span data, bool dont_fragment,
               struct sim_fate *fate);
/* What a stream takes on its way in addition, and whether a link of it is cut. */
uint64_t sim_path_delay(const struct sim_path *path);
bool sim_path_cut(const struct sim_path *path);
void sim_sites_free(struct sim *s);
#endif
