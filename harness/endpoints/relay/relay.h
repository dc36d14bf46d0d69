/* harness/endpoints/relay/relay.h - relay.impair: stands between two parties and does to what passes
 * what a bad network would (harness/core/impair.h). It knows no protocol.
 *
 * Datagrams: each client gets a socket of its own towards `to`; what comes back there goes to it.
 * Streams: each connection gets one towards `to`; ends, resets and refusals are passed on. A reader
 * that is slow, or a rate, holds the writer back.
 *
 * `up` is towards `to`, `down` towards the client. Of a specification, streams take delay, rate and
 * split (a segment is one delivery where the driver can keep them apart); loss and corruption, which a
 * stream's transport would mend, are for datagrams.
 *
 *   verb `statistics`, answered by the event of that name
 *   events: `listening`, `client` (a new one), `gone` (why: idle, evicted, closed),
 *   `refused` (the other side was not there: why, or ICMP), `closed` (it could not listen)
 *
 * An ICMP error about a datagram cannot be passed on without privileges: it is told as `refused`. */
#ifndef HARNESS_ENDPOINTS_RELAY_RELAY_H
#define HARNESS_ENDPOINTS_RELAY_RELAY_H
#include "harness/core/impair.h"

enum {
    RELAY_CLIENTS_MAX =
        4096, /* clients at once; of datagrams the one idle longest goes for a new one,
                                 of streams the new one is reset */
    RELAY_IDLE_US = 60000000, /* until a silent client of datagrams is forgotten, unless told */
    RELAY_HELD_MAX = 65536,   /* datagrams of one direction that are on their way; more are lost */
    RELAY_STREAM_HELD = 256 << 10, /* octets of one direction of a connection that are on their way,
                                      and */
    RELAY_STREAM_PIECES = 4096,    /* their segments: at either the sender is held back */
    RELAY_SPECS = 512,             /* octets of a specification */
};
enum relay_way { RELAY_UP, RELAY_DOWN };

/* What passes, as a hook sees it before chance does. */
struct relay_message {
    enum relay_way way;
    bool stream;
    uint64_t now_us, number; /* of its direction, from 1 */
    uint32_t client;         /* from 1, in order of their coming */
    struct span data;
};
struct relay_ruling {        /* all zero: it goes on as the specification has it */
    bool drop, twice, reset; /* reset: streams, both sides */
    uint64_t delay_us;       /* beside the specification's */
    struct span data; /* replaces the octets where p is not NULL; lives until the next call */
};
struct relay_hook { /* lives as long as the endpoint */
    void (*rule)(void *ctx, const struct relay_message *m, struct relay_ruling *r);
    void *ctx;
};
struct relay_config {
    struct addr listen, to;
    bool stream;                   /* TCP; else UDP */
    struct impair_spec up, down;   /* what passes is impaired by */
    uint64_t idle_us;              /* 0: RELAY_IDLE_US */
    uint32_t clients;              /* at once; 0, or more than there can be: RELAY_CLIENTS_MAX */
    const struct relay_hook *hook; /* NULL: none */
};
struct relay_counts { /* of one direction */
    uint64_t passed,
        octets; /* datagrams, or what a stream was read in; their octets, as they came */
    uint64_t dropped, lost, too_large, queue_full; /* by number or hook, chance, mtu, rate */
    uint64_t held_full;                            /* over RELAY_HELD_MAX */
    uint64_t doubled, reordered, corrupted, changed;
};
struct relay_statistics {
    struct relay_counts up, down;
    uint64_t clients, now, evicted, refused; /* seen, there now; streams over the limit too */
};
struct relay_event {
    struct addr local, remote, towards; /* towards: the socket towards `to`, where it is known */
    const char *why;                    /* NULL: all is well */
    uint64_t time_us;
    uint32_t client;
    uint16_t icmp;
};
extern const struct desc relay_event_desc, relay_statistics_desc, relay_impair_config_desc;
extern const struct endpoint_class relay_impair_class;

/* ---- inside harness/endpoints/relay ---- */

enum { RELAY_LISTENER = 1, HELD_SLOTS = 32 };
struct held { /* what is on its way, in the order in which it leaves; the last slot is shared */
    struct {
        uint64_t at_us;
        uint32_t octets, pieces;
    } slot[HELD_SLOTS];
    uint32_t first, n, octets, pieces;
};
void relay_hold(struct held *h, uint64_t at_us, size_t octets);
void relay_release(struct held *h, uint64_t now_us);

struct relay_half { /* one direction of a connection */
    struct impair line;
    struct held held;
    uint64_t end_us; /* when its end is passed on; 0: it has not come */
    bool paused, full, ended;
};
struct relay_client {
    uint32_t number;    /* 0: free */
    flow_id near, far;  /* streams: the client's connection; the flow towards `to` */
    struct pkt towards; /* datagrams: the client, and the address of ours that it knows */
    uint64_t seen_us;
    struct relay_half half[2];                       /* streams */
    struct relay_client *by_addr, *by_near, *by_far; /* next in the chain of each index */
    struct relay_client *older, *newer;              /* by seen_us */
};
enum { RELAY_BUCKETS = 4096 };
struct relay {
    struct env env;
    struct relay_config cfg;
    struct relay_statistics st;
    struct impair line[2]; /* datagrams */
    struct held held[2];
    flow_id last_flow;
    uint32_t last_client;
    uint64_t passed[2]; /* numbers of messages */
    struct relay_client *by_addr[RELAY_BUCKETS], *by_near[RELAY_BUCKETS], *by_far[RELAY_BUCKETS];
    struct relay_client *oldest, *newest, *spare;
    struct relay_client clients[RELAY_CLIENTS_MAX];
};
struct relay_counts *relay_count(struct relay *r, enum relay_way way);
/* A new client, the newest; NULL: there is no room, none is made. */
struct relay_client *relay_client_new(struct relay *r, uint64_t now_us);
void relay_client_free(struct relay *r, struct relay_client *c);
void relay_touch(struct relay *r, struct relay_client *c, uint64_t now_us);
void relay_index(struct relay *r, struct relay_client *c); /* under near and far */
struct relay_client *relay_by_near(struct relay *r, flow_id flow);
struct relay_client *relay_by_far(struct relay *r, flow_id flow);
struct relay_event *relay_report(struct outq *q, const char *name, const struct input *in,
                                 const struct relay_client *c);
struct relay_ruling relay_rule(struct relay *r, enum relay_way way, const struct relay_client *c,
                               const struct input *in);
void relay_datagram(struct relay *r, const struct input *in, struct outq *q);
void relay_stream(struct relay *r, const struct input *in, struct outq *q);
uint64_t relay_stream_due(const struct relay *r);
#endif
