/* harness/core/endpoint.h - the sans-IO contract: inputs come in as calls, outputs go to a queue.
 *
 * An endpoint knows no socket, clock or random source. Same inputs and seed: same outputs, octet for
 * octet. A *layer* is an endpoint that also provides flows: it is given one flow (LAYER_LOWER) and
 * delivers others; harness/core/stack joins them. Drivers know UDP, TCP and time, nothing more. */
#ifndef HARNESS_CORE_ENDPOINT_H
#define HARNESS_CORE_ENDPOINT_H
#include "codecs/base/codec.h"

/* A flow is a datagram binding (one local address, any number of remotes), one stream connection,
 * or what a layer provides over another flow. Ids are an endpoint's own: those that it opens it
 * numbers below FLOW_ACCEPTED, so that it may send before IN_OPENED; those that a peer opened are
 * numbered from there up. Never used twice. */
typedef uint32_t flow_id;
#define FLOW_ACCEPTED 0x80000000u
#define LAYER_LOWER 1u /* a layer's view of the flow it was given */
#define LAYER_UPPER 2u /* and of the first flow that it provides */

struct flow_spec {
    const char *stack; /* "udp", "tcp", "tcp/tls": drivers know the first word, layers the rest */
    /* streams: accept; each connection arrives as IN_OPENED with its parent. Datagrams: the layers take the server's
     * side, the binding is one flow as ever */
    bool listen;
    struct addr local, remote; /* family 0: any; port 0: the driver's choice, told by IN_OPENED */
    struct span name;          /* host as the URL named it: server name, certificate check */
    const struct desc *desc;   /* options of the layers: a record and its table */
    const void *options;
    /* What the party was told (party_spec.layer_desc), for fields that `desc` does not have. The stack
     * fills them in. */
    const struct desc *party_desc;
    const void *party_options;
};
/* One option of a flow's layers, by the name of its field; absent where no record has such a field. */
struct val flow_option(const struct flow_spec *spec, const char *name);
bool flow_option_on(const struct flow_spec *spec, const char *name);
struct span flow_option_text(const struct flow_spec *spec, const char *name);
struct pkt { /* what travels beside a datagram; addresses also for streams */
    struct addr remote,
        local;        /* remote: whom from or to; local: address it arrived at, or leave by */
    uint8_t ttl, tos; /* 0: not known, the driver's default; tos is DSCP and ECN */
    bool dont_fragment;
    uint8_t kind;   /* of message, in the words of the layer that carries it; 0: not said */
    uint32_t frame; /* number of the frame in the capture that the driver writes; 0: none */
};

enum in_kind {
    IN_START,    /* rec: configuration, described by class->config */
    IN_OPENED,   /* pkt.local and pkt.remote as bound; parent: the listener that accepted, or 0 */
    IN_BYTES,    /* data: a datagram, or the next octets of a stream */
    IN_EOF,      /* the peer sends no more */
    IN_CLOSED,   /* gone, why says how; the id is dead */
    IN_ICMP,     /* a datagram was refused: icmp, pkt.remote it went to, data: what is quoted */
    IN_FULL,     /* a stream's backlog went over the driver's mark; all the same it was taken */
    IN_WRITABLE, /* and fell below the mark again */
    IN_RESOLVED, /* found, or srv: what there is for a name asked with OUT_RESOLVE; nothing: none;
                    why CLOSE_RESOLVE: it could not be looked up, which is no answer */
    IN_TIMER,    /* the deadline has passed */
    IN_COMMAND,  /* verb, rec: its arguments, token */
    /* to a layer, from above, on a flow that it provides (or is to provide: IN_OPEN) */
    IN_OPEN,
    IN_SEND,
    IN_SHUTDOWN,
    IN_CLOSE,
};
enum close_why {
    CLOSE_DONE,
    CLOSE_RESET,
    CLOSE_REFUSED,
    CLOSE_TIMEOUT,
    CLOSE_TLS,
    CLOSE_RESOLVE,
    CLOSE_QUOTA,
    CLOSE_LOCAL,       /* bind or route: the local side's own trouble */
    CLOSE_UNREACHABLE, /* no route, or ICMP said so */
    CLOSE_PROTOCOL, /* the other side broke the protocol of a layer, or ended it as that does not allow */
};
const char *close_name(enum close_why why);

struct srv { /* RFC2782: where a service is; a target of "." says that it is not to be had */
    uint16_t priority, weight, port;
    const char *target; /* without a dot at its end */
};
enum { RR_ANY_ADDR = 0, RR_A = 1, RR_AAAA = 28, RR_SRV = 33 }; /* of DNS; 0: A and AAAA */

struct input {
    enum in_kind kind;
    uint64_t now_us; /* since the run began, never less than before; every input carries it */
    flow_id flow, parent;
    struct span data; /* lives until the call returns */
    struct pkt pkt;
    enum close_why why;
    uint16_t icmp; /* type << 8 | code */
    uint32_t mtu;  /* IN_ICMP that says "too big": what the next hop takes; 0: not said */
    /* IN_START, IN_COMMAND. IN_OPENED, IN_CLOSED: what a layer knows of the flow beside, described by
     * `desc`; NULL: nothing. IN_CLOSE: what the user would have the layer say at the end, or NULL. */
    const void *rec;
    const struct desc *desc;
    const struct verb *verb;      /* IN_COMMAND */
    const struct flow_spec *open; /* IN_OPEN */
    const char *detail; /* IN_CLOSED: why in one sentence, where a layer knows more than `why` says;
                           NULL: it does not. Lives until the call returns */
    const struct addr *found; /* IN_RESOLVED: n_found addresses, in order of preference */
    size_t n_found;
    const struct srv *srv; /* IN_RESOLVED: n_srv services, in the order in which they came */
    size_t n_srv;
    uint32_t token; /* of the command or request; given back in each event that answers it */
};

enum out_kind {
    OUT_OPEN,
    OUT_SEND,
    OUT_SHUTDOWN, /* send no more */
    OUT_CLOSE,    /* streams: abort says whether by RST */
    /* Streams, through all layers: take nothing more from the peer, and go on. A wish: what has been
     * read already still comes. */
    OUT_PAUSE,
    OUT_RESUME,
    OUT_RESOLVE,
    /* Tell the datagram flow at pkt.remote by ICMP that what it sent to pkt.local (family 0: to this
     * flow) was refused: `icmp`, `mtu`, data[0] is quoted. In sim alone: live it takes privileges. */
    OUT_ICMP,
    OUT_EVENT,
    /* by a layer, about a flow that it provides, to whoever is above */
    OUT_PROVIDE, /* the flow is ready (IN_OPENED above) */
    OUT_DELIVER, /* data, to IN_BYTES above */
    OUT_EOF,
    OUT_CLOSED,   /* why, detail */
    OUT_FULL,     /* IN_FULL above */
    OUT_WRITABLE, /* IN_WRITABLE above */
    /* by a layer: a line of a TLS key log in data[0], for the capture of the run */
    OUT_SECRET,
};
struct output {
    enum out_kind kind;
    flow_id flow;
    struct flow_spec open;
    /* OUT_SEND, OUT_DELIVER: slices, joined on the wire into one datagram */
    const struct span *data;
    size_t n_data;
    struct pkt pkt;
    uint64_t not_before_us; /* OUT_SEND: pacing; 0: at once */
    enum close_why why;     /* OUT_CLOSED */
    const char *detail; /* OUT_CLOSED: in one sentence, static or in the queue's arena; or NULL */
    bool abort;         /* OUT_CLOSE */
    const char *name;   /* OUT_EVENT: static; OUT_RESOLVE: the name to look up */
    const struct desc *desc;
    /* Record in the queue's arena: OUT_EVENT; OUT_PROVIDE, OUT_CLOSED, OUT_CLOSE: as in the input that it
     * becomes, or NULL */
    const void *rec;
    uint16_t rr_type; /* OUT_RESOLVE: RR_SRV, RR_A, RR_AAAA, RR_ANY_ADDR */
    uint16_t icmp;    /* OUT_ICMP: type << 8 | code, and what the next hop takes */
    uint32_t mtu;
    uint32_t token;
};
/* The caller's; taken whole after one input or a batch, before what it causes. Slices that are put
 * may point into memory that lives as long as the endpoint (a frame stored once for many flows) or
 * into `mem`. `full`: an output did not fit; the driver ends the run with `error`, never silently. */
struct outq {
    struct output *v; /* room for cap + 1: the last is scratch when the queue is full */
    size_t n, cap;
    struct arena mem;
    bool full;
};
/* The next output, zeroed but for its kind and flow. Where the queue is full a scratch one that
 * nobody reads, with `full` set; so callers need no check. */
struct output *out_put(struct outq *q, enum out_kind kind, flow_id flow);
/* Open a flow at a local address; `stack` lives until the queue is emptied. */
struct output *out_open(struct outq *q, flow_id flow, const char *stack, bool listen,
                        const struct addr *local);
/* Send one slice, which is copied into the queue. */
struct output *out_send(struct outq *q, flow_id flow, struct span data, const struct pkt *pkt);
/* An event with a record of `desc->size` octets in the queue's arena, which the caller fills;
 * NULL where there is no room. */
void *out_event(struct outq *q, const char *name, const struct desc *desc, uint32_t token);

struct verb { /* what a script can ask of the endpoint: the table is its whole Lua surface */
    const char *name;
    const struct desc *args;
    bool answered; /* an event with the command's token follows; a script waits for it */
};

/* A row of a fault or variant table: applied as a draft or a timer leaves the endpoint. A fault
 * breaks its clause; a variant stays lawful. */
enum dev_op {          /* the first six are those of enum draft_op, in its order */
              DEV_SET, /* draft_edit DRAFT_SET field value, and so on */
              DEV_DROP,
              DEV_DOUBLE,
              DEV_FIRST,
              DEV_LAST,
              DEV_ADD,
              DEV_SILENT, /* the message is not sent at all */
              DEV_REPEAT, /* sent twice */
              DEV_DELAY,  /* value: microseconds later */
              DEV_SCALE,  /* a timer: value in percent of what it would be */
              DEV_FLAG,   /* about state: the code asks for it by name */
};
struct deviation {
    const char *name, *clause;
    const char *where; /* point where it applies: "success", "error/420", "timer/rto", "flag" */
    enum dev_op op;
    const char *field, *value;
    const char *needs; /* of the configuration, such as "auth=long"; NULL: none */
};
enum { DEV_WORDS = 5 }; /* 320 rows a table */
struct env {         /* first member of every endpoint's state; set by the driver before IN_START */
    uint64_t rng[2]; /* seeded; the only source of chance */
    uint64_t faults[DEV_WORDS], variants[DEV_WORDS];
    uint32_t *applied; /* counts how often an active row had an effect; NULL: nobody counts */
    const struct endpoint_class *cls;
};
struct endpoint_class {
    const char *name; /* stun.server */
    size_t size;      /* the driver allocates it, 16-aligned, and zeroes it */
    size_t clear;     /* only so many octets at its front are zeroed, which is cheaper; 0: all */
    bool sparse;      /* it is large, and a run touches it here and there: in pages of its own */
    const struct verb *verbs;
    size_t n_verbs;
    const struct deviation *faults, *variants;
    size_t n_faults, n_variants;
    const struct desc *config; /* IN_START's record: addresses, credentials, pool sizes, limits */
    void (*input)(void *self, const struct input *in, struct outq *out);
    uint64_t (*deadline)(const void *self); /* us when IN_TIMER is due; UINT64_MAX: none.
                                              NULL: it never has one */
    const char *layer; /* the word in a stack that names it, where it is a layer; else NULL */
    bool datagrams;    /* what it provides are datagrams, or messages, whatever stands below */
    /* Free what it holds beside its own memory, before that is freed: of layers in
     * harness/drivers, which stand on libraries that allocate. NULL: nothing. */
    void (*end)(void *self);
};
#define NO_DEADLINE UINT64_MAX

/* Chance: the next number of a seeded generator (xoroshiro128+), and its seeding (splitmix64). */
uint64_t rng_next(uint64_t rng[2]);
void rng_seed(uint64_t rng[2], uint64_t seed);
void rng_fill(uint64_t rng[2], uint8_t *p, size_t n);

/* Set or clear the row called `name` in env->faults (or, `variant`, env->variants); false: no such
 * row. */
bool env_deviate(struct env *env, bool variant, const char *name, bool on);
/* Whether any row is on. */
bool env_any(const struct env *env);
/* Whether the DEV_FLAG row called `name`, fault or variant, is on. */
bool env_flag(const struct env *env, const char *name);

/* What applying the active rows to one message gave. */
struct deviated {
    bool silent, repeat;
    uint64_t delay_us;
    size_t edits; /* nodes of the draft that changed */
};
/* Apply every active row whose `where` is `where`, or a prefix of it up to a '/', to a draft. */
struct deviated env_apply(const struct env *env, const char *where, struct draft *dr);
/* The value of a timer under the active DEV_SCALE rows for `where`, in the same unit. */
uint64_t env_timer(const struct env *env, const char *where, uint64_t value);
#endif
