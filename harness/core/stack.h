/* harness/core/stack.h - one party of a driver: a top endpoint and the layers between it and the
 * flows that the driver knows ("udp", "tcp"). Neither layer nor endpoint includes the other: they
 * are joined here by flow ids, the same in live, sim and replay.
 *
 * The driver gives inputs with *its* flow ids and takes outputs with its flow ids; the stack
 * renames them, makes a layer instance for each word after the first of an opened stack, and one
 * for each connection that a listener accepts.
 *
 * Beyond what endpoint.h says:
 * - A flow is forgotten when its user closes it or its provider says that it is closed, a layer
 * when none of its flows is left: what a party holds is bounded by its live flows, and no id comes
 *   again.
 * - IN_CLOSE tells a layer how: why is CLOSE_RESET where the user asked to abort, else CLOSE_DONE.
 * - A layer learns its side from IN_OPENED of LAYER_LOWER: parent is 0 where the party opened the
 *   flow, not 0 where a listener accepted it.
 * - flow_spec.options of a listener are borrowed until the listener is closed, its name is not
 * kept. What they have no field for is looked for in party_spec.layer_options.
 * - A connection that arrives when its listener is closed already is reset.
 * - What is sent on a layer's flow with not_before_us is kept here until then: a layer sees sends in
 *   the order in which they are due.
 * - Layers resolve names, too; who asked gets the answer with the token that it gave. */
#ifndef HARNESS_CORE_STACK_H
#define HARNESS_CORE_STACK_H
#include "harness/core/driver.h"

enum {
    STACK_LAYERS = 6,          /* layers over one flow */
    STACK_OUTPUTS = 4096,      /* outputs that one input may cause at the driver */
    STACK_ARENA = 8 << 20,     /* octets of all that one input causes: a message of 1 MiB, its echo,
                                  and what each layer makes of that */
    STACK_FLOWS_MAX = 1 << 17, /* flows of one party; more are refused with CLOSE_QUOTA */
    /* connections of one listener whose lowest layer has not provided its flow yet: one more ends the
     * oldest with CLOSE_QUOTA */
    STACK_HALF_OPEN = 512,
    STACK_HELD = 4096, /* sends on flows of layers that wait for not_before_us; more is a driver
                             error */
    STACK_ASKED = 64,  /* names that one party looks up at once; one more does not resolve */
};
struct edge;  /* a flow between who provides it and who uses it */
struct part { /* an endpoint in the stack: the top, or a layer */
    struct env *self;
    const struct endpoint_class *cls;
    uint32_t serial; /* within its party: the top is 1 */
    uint32_t next_accepted;
    /* of a layer: */
    uint32_t ends;     /* flows that it uses or provides; at 0 it is dead and will be freed */
    struct part *user; /* who uses what it provides, */
    flow_id user_id;   /* and the first of that by its user's id */
    uint64_t due_us;   /* its deadline as of its last call */
    size_t slot;       /* its place among those with deadlines, from 1; 0: it has none */
    struct part *prev, *next;
};
struct party {
    struct driver *driver;
    void *owner;
    char name[48];
    struct addr addr;
    uint32_t applied; /* of the top's active faults and variants: how often one had an effect */
    struct part top;
    struct part *layers, *dead_layers; /* alive; to be freed when the next input begins */
    struct edge *edges, *dead_edges;
    struct edge *half_first, *half_last; /* half open, the oldest first */
    struct held *held;                   /* by time */
    size_t n_held, n_asked;
    struct asked_name {
        uint32_t token, by, theirs; /* the driver's; serial of the part, and its own */
    } asked[STACK_ASKED];
    uint32_t last_asked;
    const struct desc *layer_desc; /* as in party_spec */
    const struct party_via *via;
    const void *layer_options;
    const char *const *layer_faults, *const *layer_variants; /* others are the top's */
    size_t n_edges;                                          /* alive */
    struct edge **by_below, **by_above; /* open-addressed indices by (part, id) of either end */
    size_t cap_index;
    struct part **due; /* heap of the layers with deadlines */
    size_t n_due, cap_due;
    uint32_t last_serial;
    flow_id next_flow; /* driver's ids of flows that we open: 1, 2, ... below FLOW_ACCEPTED */
    uint64_t layer_seed[2];
    struct outq q;   /* what an endpoint puts while it is called */
    struct outq out; /* what the driver takes: OPEN, SEND, SHUTDOWN, CLOSE, RESOLVE */
    struct work *first, *last;
    bool busy;          /* inside party_input or party_timers */
    struct party *next; /* the driver's list */
    void *transport;    /* the driver's own state of this party */
    uint64_t due_us;    /* the earliest deadline of all parts, as of the last call */
};

/* Make the party of `spec` (no input is given yet). NULL: `err` says why. */
struct party *party_new(struct driver *d, const struct party_spec *spec, const char **err);
void party_free(struct party *p);
/* Give one input to the top (IN_START, IN_COMMAND) or, by in->flow, to whoever uses that flow of
 * the driver's, and run everything that it causes inside. Then p->out holds what the driver is to
 * do, in order; events have been given to driver->on_event. The driver must take p->out before the
 * next call. Sets driver->error where a queue ran over, and where an event handler gives an input
 * to the very party whose event it handles: that waits until the driver's run returns. */
void party_input(struct party *p, const struct input *in);
/* Close each flow of the top's that a layer provides, as its user would: for a driver that removes the
 * party and has not closed the flows below yet. */
void party_close(struct party *p, uint64_t now_us);
/* By the driver, as octets of a party leave: tell driver->on_packet, with the number of the frame
 * that they are in (the last of a stream's), 0 where the capture has none yet. */
void party_sent(struct party *p, const struct addr *remote, struct span data, uint32_t frame);
/* Give IN_TIMER to each part whose deadline is not after `now_us`. */
void party_timers(struct party *p, uint64_t now_us);
#endif
