/* harness/drivers/live_impl.h - what the files of the live driver share. */
#ifndef HARNESS_DRIVERS_LIVE_IMPL_H
#define HARNESS_DRIVERS_LIVE_IMPL_H
#include <netinet/in.h>
#include <sys/socket.h>
#include <uv.h>
#include "harness/core/capture.h"
#include "harness/drivers/live.h"

enum {
    LIVE_BATCH = 64,          /* datagrams in one system call */
    LIVE_STREAM_READ = 65536, /* octets read from a stream at once */
    LIVE_DGRAM_SMALL = 1792,  /* octets that a pooled datagram holds; larger ones are allocated */
    LIVE_STEPS = 4096, /* timers or queued inputs at once before sockets are looked at again */
};
union live_sa {
    struct sockaddr sa;
    struct sockaddr_in in;
    struct sockaddr_in6 in6;
};
struct timed { /* first member of what stands in the heap */
    uint64_t at_us, seq;
    size_t slot; /* its place in the heap, from 1; 0: not there */
    bool paced;  /* a struct dgram; else a struct link */
};
struct link {           /* a party's transport state */
    struct timed timer; /* at its due_us */
    struct live *l;
    struct party *party;
    struct addr host;
    struct link *prev, *next;
    struct flow *flows, **buckets, *last; /* last: the one found last */
    size_t n_flows, n_buckets;
    flow_id next_accepted;
    bool gone;
};
struct dgram { /* a datagram that waits for its time or its socket; of a stream: octets held back */
    struct timed timer;
    struct dgram *next;
    struct link *link; /* while it waits for its time */
    flow_id flow;
    struct pkt pkt; /* local: set only where it is not the socket's own */
    uint32_t n, cap;
    uint8_t data[];
};
enum flow_kind { FLOW_UDP, FLOW_TCP, FLOW_LISTENER };
struct flow {
    union {
        uv_handle_t handle;
        uv_poll_t poll;
        uv_tcp_t tcp;
    };
    struct live *l;
    struct link *link; /* NULL once the party has no part in it any more: only the socket is left */
    struct flow *prev, *next, *hash_next;
    flow_id id;
    enum flow_kind kind;
    struct addr local, remote;
    bool ours; /* TCP: the peer is a party of this driver, which captures what it receives */
    union {
        struct {
            int fd;
            bool v6, any, df, no_gso, blocked; /* any: bound to no one address */
            struct dgram *first, *last;
            size_t queued;
            bool dirty;
            struct flow *dirty_next;
        };
        struct {
            uv_connect_t connect;
            uv_shutdown_t shutdown;
            bool open, eof, shutting, shut, over_mark, lingering, started, paused;
        };
    };
};
struct later { /* an input that waits until the outputs at hand are taken */
    struct later *next;
    struct party *party; /* NULL: removed meanwhile */
    struct input in;
    uint8_t data[];
};
struct resolving {
    uv_getaddrinfo_t req;
    struct resolving *next;
    struct live *l;
    struct party *party;
    uint32_t token;
};
union live_control { /* room for PKTINFO, TTL, TOS and GRO */
    size_t align;    /* as struct cmsghdr wants it */
    uint8_t octets[160];
};
struct live_rx;
struct live_tx;
struct live {
    struct driver d;
    struct live_options opt;
    struct live_counts counts;
    uv_loop_t loop;
    uint64_t zero_ns, sent_us;
    /* timers */
    uv_poll_t clock;
    int clock_fd;
    uint64_t armed_us, seq;
    struct timed **heap;
    size_t n_heap, cap_heap;
    /* parties */
    struct link *links, *graves;
    unsigned depth; /* inside how many calls of party_input */
    struct later *first_later, *last_later;
    struct resolving *resolving;
    /* datagrams */
    struct live_rx *rx;
    struct live_tx *tx;
    struct dgram *spare;
    struct flow *dirty;
    struct addr asked; /* live_is_local's last question */
    bool was_local;
    uint8_t stream[LIVE_STREAM_READ];
};

/* live.c */
void live_tick(struct live *l);
void live_fail(struct live *l, const char *why); /* a static sentence */
/* Give an input now (`in->now_us` is filled in), take what it causes, then what that has queued. */
void live_give(struct live *l, struct party *p, struct input *in);
/* Give it after the outputs at hand; in->data is copied. */
void live_later(struct live *l, struct party *p, const struct input *in);
/* Take the outputs of `p` and note its next deadline. */
void live_take(struct live *l, struct party *p);
/* Give what waits, unless inside a call of party_input. */
void live_settle(struct live *l);
/* The name lookups of a party; without `out`: forget those under way. */
void live_resolve(struct live *l, struct party *p, const struct output *out);

/* live_flow.c */
struct flow *live_flow_new(struct link *k, flow_id id, enum flow_kind kind);
struct flow *live_flow_find(struct link *k, flow_id id);
/* Take the flow from its party; the memory is freed by live_flow_freed, a uv_close_cb. */
void live_flow_detach(struct flow *f);
void live_flow_freed(uv_handle_t *h);
/* Detach a flow and tell its party. Does not close the socket. */
void live_flow_lost(struct flow *f, enum close_why why);
void live_open_failed(struct link *k, flow_id id, enum close_why why);
enum close_why live_why(int uv_error);
socklen_t live_to_sa(const struct addr *a, union live_sa *sa);
struct addr live_of_sa(const union live_sa *sa);
struct addr live_bound(int fd);
bool live_same_ip(const struct addr *a, const struct addr *b);
bool live_is_any(const struct addr *a);
bool live_is_local(struct live *l, const struct addr *a);
struct addr live_bind_addr(const struct link *k, const struct flow_spec *spec);
/* The address that the system would send from to `to`; family 0: no route. Port 0. */
struct addr live_source(const struct addr *to);
/* Whether a party of this driver is bound to `to` (`kind`: FLOW_UDP or FLOW_LISTENER). */
bool live_has(struct live *l, enum flow_kind kind, const struct addr *to);

/* live_timers.c */
bool live_clock_init(struct live *l);
/* Put in the heap, or move within it; NO_DEADLINE takes it out. */
void live_set(struct live *l, struct timed *t, uint64_t at_us);
void live_forget_paced(struct live *l, const struct link *k);
/* Do what is due. */
void live_due(struct live *l);
void live_arm(struct live *l, uint64_t at_us);

/* live_udp.c */
bool live_udp_init(struct live *l);
void live_udp_open(struct link *k, const struct output *o);
void live_udp_close(struct flow *f);
void live_udp_poll(struct flow *f);

/* live_send.c */
bool live_send_init(struct live *l);
struct dgram *live_dgram(struct live *l, const struct output *o);
void live_dgram_free(struct live *l, struct dgram *g);
/* Queue a datagram for its socket, which then owns it; sent by live_flush, or at once where a batch
 * is full. */
void live_udp_send(struct flow *f, struct dgram *g);
void live_udp_flush(struct flow *f);
void live_udp_drop(struct flow *f);
void live_flush(struct live *l);

/* live_tcp.c */
void live_tcp_open(struct link *k, const struct output *o);
void live_tcp_send(struct flow *f, const struct span *data, size_t n);
void live_tcp_shutdown(struct flow *f);
void live_tcp_pause(struct flow *f, bool on);
void live_tcp_close(struct flow *f, bool by_reset);
#endif
