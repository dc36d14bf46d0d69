/* harness/core/driver.h - what scripts, tests and apps see of a driver, `sim` and `live` alike. */
#ifndef HARNESS_CORE_DRIVER_H
#define HARNESS_CORE_DRIVER_H
#include "harness/core/endpoint.h"

struct party;  /* one endpoint with its layers in a driver */
struct driver; /* the world: any number of parties and time */

struct event {         /* what a party's OUT_EVENT becomes; lives until the handler returns */
    const char *layer; /* the word of the layer that put it; NULL: the endpoint itself */
    struct party *party;
    uint64_t now_us;
    const char *name;
    const struct desc *desc;
    const void *rec;
    uint32_t token;
};
struct party_via {     /* a relay: what a party opens as "udp" is opened so instead */
    const char *stack; /* its last layer provides datagrams: "udp/turn", "tcp/tls/turn" */
    /* where the flow below goes; the remote of the party's own flow is the peer */
    struct addr server;
    struct span name;        /* whom the server's certificate has to name; empty: its address */
    const struct desc *desc; /* options of the layers */
    const void *options;
};
struct party_spec {
    const struct endpoint_class *cls;
    const void *config; /* IN_START's record */
    const char *name;   /* in captures and ladders: "iut", "client" */
    struct addr host;   /* sim: the host's address, family 0: one is chosen; live: where it binds
                               when its own address says any */
    struct addr second; /* sim: a second address of the host, of either family; family 0: none */
    uint64_t seed;
    /* NULL-terminated names, NULL: none; of the endpoint, or of the layers of its flows. They live as
     * long as the party. */
    const char *const *faults, *const *variants;
    /* What layers are told of flows where the endpoint's own options have no such field; they live
     * as long as the party. NULL: nothing. */
    const struct desc *layer_desc;
    const void *layer_options;
    const struct party_via *via; /* NULL: no relay. Lives as long as the party */
    void *owner;                 /* the caller's, found again with party_owner */
};
struct driver_class {
    const char *name; /* "sim", "live" */
    /* NULL: no memory, or an unknown fault or variant; `err` says which in one sentence. */
    struct party *(*add)(struct driver *d, const struct party_spec *spec, const char **err);
    void (*command)(struct party *p, const struct verb *v, const void *args, uint32_t token);
    void (*remove)(struct party *p);
    /* Run until an event handler calls driver_break, `until_us` has passed, or, in sim, nothing is
     * left to happen before then. Returns the time now. */
    uint64_t (*run)(struct driver *d, uint64_t until_us);
    void (*destroy)(struct driver *d);
};
struct packet { /* what passed between a party and the driver's transports */
    struct party *party;
    bool out; /* the party sent it */
    uint64_t now_us;
    const struct addr *remote; /* family 0 in streams that the party opened */
    struct span data;
    uint32_t frame; /* 0: there is no capture, or it has the octets where they arrive */
    /* to on_flow only: */
    uint32_t flow; /* as the endpoint calls it */
    bool stream;   /* octets of a stream in pieces; else `data` is a datagram */
};
struct driver { /* first member of each driver's state */
    const struct driver_class *cls;
    uint64_t now_us;
    bool stop;         /* set by a handler: run returns soon */
    const char *error; /* the harness's own fault: an output queue that ran over, ... */
    void (*on_event)(void *ctx, const struct event *ev);
    void (*on_packet)(void *ctx, const struct packet *pk); /* NULL: nobody looks */
    /* The same above all layers: what a party's endpoint hears and says, in plaintext; NULL: nobody
     * looks. */
    void (*on_flow)(void *ctx, const struct packet *pk);
    void *ctx;
    struct capture *capture; /* pcapng writer, NULL: none */
    /* Layers of this driver, which stand before those of the registry with the same word;
     * NULL-terminated, NULL: none. */
    const struct endpoint_class *const *layers;
    char why[192]; /* room for a sentence in `error` */
};
static inline void driver_break(struct driver *d)
{
    d->stop = true;
}
struct endpoint_class;
const struct endpoint_class *party_class(const struct party *p);
void *party_owner(const struct party *p);
/* The address that a party was given (sim) or bound last (live); family 0: none yet. */
struct addr party_addr(const struct party *p);
const char *party_name(const struct party *p);
/* How often an active fault or variant of the party has had an effect. */
uint32_t party_applied(const struct party *p);
#endif
