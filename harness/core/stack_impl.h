/* harness/core/stack_impl.h - what the files of the stack share: parts, edges, deadlines. */
#ifndef HARNESS_CORE_STACK_IMPL_H
#define HARNESS_CORE_STACK_IMPL_H
#include "harness/core/stack.h"

enum { STACK_TEXT = 128 }; /* octets of a stack's words, with the NUL */

/* A flow: `below` provides it (NULL: the driver), `above` uses it (the top, or a layer). Each side
 * has its own name for it. A listener is an edge too; its chain tells what to build on acceptance.
 */
struct edge {
    struct part *below, *above; /* above NULL: not bound yet, in no index */
    flow_id id_below, id_above;
    flow_id parent; /* the listener or the first flow of a layer, by the user's id; 0: none */
    struct flow_spec spec; /* of listeners and of flows that were opened */
    char text[STACK_TEXT]; /* spec.stack */
    struct edge *prev, *next;
    bool dead;
    uint8_t paused; /* the driver's: 1 the top has it wait, 2 a layer */
    /* of a connection that a listener (by its driver's id) accepted: its layer is not ready yet */
    bool half;
    flow_id listener;
    struct edge *half_prev, *half_next;
    size_t n_held; /* sends on it that wait */
};

bool part_init(struct part *part, const struct endpoint_class *cls, uint64_t seed, uint32_t serial);
/* A layer without flows; NULL: no memory. */
struct part *layer_new(struct party *p, const struct endpoint_class *cls);
/* Note the deadline of a layer that has just been called. */
void layer_due(struct party *p, struct part *l, uint64_t at_us);
/* The layer whose deadline is first, NULL: none has one. */
struct part *layer_first_due(const struct party *p);

/* A flow that `below` (NULL: the driver) calls `id`; found once it is bound. NULL: no memory, or
 * STACK_FLOWS_MAX are there. */
struct edge *edge_new(struct party *p, struct part *below, flow_id id);
void edge_bind(struct party *p, struct edge *e, struct part *above, flow_id id);
/* The flow is over: nobody finds it any more. It, and the layers that have no flow left, stay until
 * stack_reap. */
void edge_kill(struct party *p, struct edge *e);
/* The bound edge that `below` (NULL: the driver), or `above`, calls `id`; NULL: none, or dead. */
struct edge *edge_below(const struct party *p, const struct part *below, flow_id id);
struct edge *edge_above(const struct party *p, const struct part *above, flow_id id);

/* stack_wait.c: connections that are half open, sends that wait, names that are looked up */
void half_begin(struct party *p, struct edge *e, flow_id listener);
void half_end(struct party *p, struct edge *e);
/* The oldest half-open connection of the listener where it has more than STACK_HALF_OPEN; else NULL. */
struct edge *half_over(const struct party *p, flow_id listener);
/* Keep a send of `data` (copied) on `e` until `at_us`. False: no room. */
bool held_put(struct party *p, struct edge *e, uint64_t at_us, const struct pkt *pkt,
              struct span data);
/* When the first is due; NO_DEADLINE: none waits. */
uint64_t held_due(const struct party *p);
/* Take the first: its data is copied into `mem`. NULL: no room. */
struct edge *held_take(struct party *p, struct arena *mem, struct pkt *pkt, struct span *data);
void held_forget(struct party *p, const struct edge *e); /* NULL: all */
/* A token for the driver in place of `theirs` of the part; 0: too many are looked up. */
uint32_t asked_put(struct party *p, const struct part *by, uint32_t theirs);
/* Who asked, and with which token; NULL: nobody any more. */
struct part *asked_take(struct party *p, uint32_t token, uint32_t *theirs);

/* Free what is dead; the driver has taken what pointed to it. */
void stack_reap(struct party *p);
/* Free all parts and edges. */
void stack_free(struct party *p);
#endif
