/* harness/core/stack.c - joining endpoint and layers by flow ids. */
#include <stdio.h>
#include <stdlib.h>
#include "harness/core/registry.h"
#include "harness/core/stack.h"

/* A flow: `below` provides it (NULL: the driver), `above` uses it (the top, or a layer). Each side
 * has its own name for it. A listener is an edge too; its chain tells what to build on acceptance. */
struct edge {
    struct part *below, *above;
    flow_id id_below, id_above;
    struct flow_spec spec; /* of listeners and of flows that were opened; borrowed strings are kept
                              in `text` */
    char text[128];
    bool listen, dead;
    struct edge *parent;
};
struct work { /* an input on its way to a part */
    struct work *next;
    struct part *to;
    struct input in;
};

const struct endpoint_class *party_class(const struct party *p)
{
    return p->top.cls;
}
void *party_owner(const struct party *p)
{
    return p->owner;
}
struct addr party_addr(const struct party *p)
{
    return p->addr;
}
const char *party_name(const struct party *p)
{
    return p->name;
}

/* ---- parts and edges ---- */

static bool part_init(struct part *part, const struct endpoint_class *cls, uint64_t seed)
{
    *part = (struct part){.cls = cls, .next_accepted = FLOW_ACCEPTED};
    part->self = aligned_alloc(16, (cls->size + 15) & ~(size_t)15);
    if (!part->self)
        return false;
    memset(part->self, 0, cls->size);
    part->self->cls = cls;
    rng_seed(part->self->rng, seed);
    return true;
}

static struct edge *edge_new(struct party *p)
{
    if (p->n_edges == p->cap_edges) {
        size_t cap = p->cap_edges ? p->cap_edges * 2 : 16;
        struct edge **v = cap <= STACK_FLOWS_MAX ? realloc(p->edges, cap * sizeof *v) : NULL;
        if (!v)
            return NULL;
        p->edges = v;
        p->cap_edges = cap;
    }
    struct edge *e = calloc(1, sizeof *e);
    if (e)
        p->edges[p->n_edges++] = e;
    return e;
}

/* ---- finding edges by id: two open-addressed indices of edge numbers plus one ---- */

static size_t slot_of(flow_id id, size_t cap)
{
    return (id * 2654435761u) & (cap - 1);
}

static void index_put(struct party *p, uint32_t *index, size_t edge, flow_id id)
{
    size_t i = slot_of(id, p->cap_index);
    while (index[i])
        i = (i + 1) & (p->cap_index - 1);
    index[i] = (uint32_t)edge + 1;
}

static bool index_build(struct party *p)
{
    size_t cap = 64;
    while (cap < p->n_edges * 4)
        cap *= 2;
    uint32_t *d = calloc(cap, sizeof *d), *t = calloc(cap, sizeof *t);
    if (!d || !t) {
        free(d);
        free(t);
        return false;
    }
    free(p->by_driver);
    free(p->by_top);
    p->by_driver = d;
    p->by_top = t;
    p->cap_index = cap;
    for (size_t i = 0; i < p->n_edges; i++) {
        if (!p->edges[i]->below)
            index_put(p, d, i, p->edges[i]->id_below);
        if (p->edges[i]->above == &p->top)
            index_put(p, t, i, p->edges[i]->id_above);
    }
    return true;
}

/* Call after an edge has got its ends and ids. */
static bool index_add(struct party *p, struct edge *e)
{
    size_t i = p->n_edges;
    while (i-- > 0 && p->edges[i] != e)
        ;
    if (p->cap_index < p->n_edges * 2)
        return index_build(p);
    if (!e->below)
        index_put(p, p->by_driver, i, e->id_below);
    if (e->above == &p->top)
        index_put(p, p->by_top, i, e->id_above);
    return true;
}

static struct edge *by_driver(struct party *p, flow_id id)
{
    for (size_t i = p->cap_index ? slot_of(id, p->cap_index) : 0;
         p->cap_index && p->by_driver[i]; i = (i + 1) & (p->cap_index - 1)) {
        struct edge *e = p->edges[p->by_driver[i] - 1];
        if (!e->below && e->id_below == id)
            return e;
    }
    return NULL;
}

/* The edge that `user` calls `id` from above. */
static struct edge *used_by(struct party *p, const struct part *user, flow_id id)
{
    if (user != &p->top)
        return user->lower && id == LAYER_LOWER ? user->lower : NULL;
    for (size_t i = p->cap_index ? slot_of(id, p->cap_index) : 0; p->cap_index && p->by_top[i];
         i = (i + 1) & (p->cap_index - 1)) {
        struct edge *e = p->edges[p->by_top[i] - 1];
        if (e->above == user && e->id_above == id)
            return e;
    }
    return NULL;
}

/* The edge that the layer `provider` calls `id` from below. */
static struct edge *provided_by(struct party *p, const struct part *provider, flow_id id)
{
    for (size_t i = p->n_edges; i-- > 0;)
        if (p->edges[i]->below == provider && p->edges[i]->id_below == id)
            return p->edges[i];
    return NULL;
}

/* ---- work ---- */

static void give(struct party *p, struct part *to, const struct input *in)
{
    struct work *w = arena_take(&p->q.mem, sizeof *w);
    if (!w) {
        p->q.full = true;
        return;
    }
    w->to = to;
    w->in = *in;
    if (p->last)
        p->last->next = w;
    else
        p->first = w;
    p->last = w;
}

/* The words of a stack after the first; returns how many, 0 where one is no layer. */
static size_t layers_of(const char *stack, const struct endpoint_class *out[STACK_LAYERS],
                        bool *known)
{
    size_t n = 0;
    *known = true;
    for (const char *s = strchr(stack, '/'); s; s = strchr(s, '/')) {
        size_t len = strcspn(++s, "/");
        const struct endpoint_class *c = layer_named(s, len);
        if (!c || n == STACK_LAYERS) {
            *known = false;
            return 0;
        }
        out[n++] = c;
    }
    return n;
}

static void keep_spec(struct edge *e, const struct flow_spec *spec)
{
    e->spec = *spec;
    e->listen = spec->listen;
    struct wr w = {(uint8_t *)e->text, sizeof e->text - 1, 0, false};
    wr_text(&w, spec->stack);
    e->text[w.n] = '\0';
    e->spec.stack = e->text;
}

static struct part *layer_new(struct party *p, const struct endpoint_class *cls)
{
    struct part *l = calloc(1, sizeof *l);
    if (l && !part_init(l, cls, rng_next(p->layer_seed))) {
        free(l);
        return NULL;
    }
    return l;
}

/* Put layers between the driver's flow `base` and the user; returns the edge that the user sees, or
 * `base` itself without layers. NULL: no memory. */
static struct edge *build_chain(struct party *p, struct edge *base, struct part *user,
                                flow_id id_user, const struct flow_spec *spec, uint64_t now)
{
    const struct endpoint_class *classes[STACK_LAYERS];
    bool known;
    size_t n = layers_of(spec->stack, classes, &known);
    struct edge *e = base;

    for (size_t i = 0; i < n; i++) {
        struct part *l = layer_new(p, classes[i]);
        struct edge *up = l ? edge_new(p) : NULL;
        if (!up)
            return NULL;
        l->lower = e;
        e->above = l;
        e->id_above = LAYER_LOWER;
        up->below = l;
        up->id_below = LAYER_UPPER;
        keep_spec(up, spec);
        give(p, l, &(struct input){.kind = IN_START, .now_us = now, .rec = spec->options});
        struct flow_spec *copy = arena_take(&p->q.mem, sizeof *copy);
        if (copy)
            *copy = up->spec;
        give(p, l,
             &(struct input){.kind = IN_OPEN, .now_us = now, .flow = LAYER_UPPER, .open = copy});
        e = up;
    }
    e->above = user;
    e->id_above = id_user;
    return e;
}

static void do_open(struct party *p, struct part *user, const struct output *o, uint64_t now)
{
    const struct endpoint_class *classes[STACK_LAYERS];
    bool known;
    size_t n = layers_of(o->open.stack, classes, &known);
    struct edge *base = known ? edge_new(p) : NULL;

    if (!base) {
        give(p, user,
             &(struct input){.kind = IN_CLOSED, .now_us = now, .flow = o->flow,
                             .why = known ? CLOSE_QUOTA : CLOSE_LOCAL});
        return;
    }
    base->id_below = ++p->next_flow;
    keep_spec(base, &o->open);
    struct edge *top = base;
    if (n && !o->open.listen) {
        top = build_chain(p, base, user, o->flow, &o->open, now);
    } else {
        base->above = user;
        base->id_above = o->flow;
    }
    if (!top || !index_add(p, base) || (top != base && !index_add(p, top))) {
        p->out.full = true;
        return;
    }
    struct output *d = out_put(&p->out, OUT_OPEN, base->id_below);
    d->open = base->spec;
}

/* A listener of the user's has accepted: build its layers over the new connection. */
static void do_accept(struct party *p, struct edge *listener, const struct input *in)
{
    const struct endpoint_class *classes[STACK_LAYERS];
    bool known;
    size_t n = layers_of(listener->spec.stack, classes, &known);
    struct part *user = listener->above;
    struct edge *base = edge_new(p);

    if (!base) {
        struct output *o = out_put(&p->out, OUT_CLOSE, in->flow);
        o->abort = true;
        return;
    }
    base->id_below = in->flow;
    base->parent = listener;
    flow_id id = user->next_accepted++;
    struct edge *top = build_chain(p, base, user, id, &listener->spec, in->now_us);
    if (!top || !index_add(p, base) || (top != base && !index_add(p, top))) {
        p->out.full = true;
        return;
    }
    if (top != base)
        top->parent = listener;
    struct input up = *in;
    up.flow = base->id_above;
    up.parent = n ? LAYER_LOWER : listener->id_above; /* to a layer: it is the server's side */
    give(p, base->above, &up);
}

static struct span joined(struct party *p, const struct output *o)
{
    size_t n = 0, at = 0;
    if (o->n_data == 1)
        return o->data[0];
    for (size_t i = 0; i < o->n_data; i++)
        n += o->data[i].n;
    uint8_t *all = arena_take(&p->q.mem, n);
    for (size_t i = 0; all && i < o->n_data; at += o->data[i++].n)
        if (o->data[i].n)
            memcpy(all + at, o->data[i].p, o->data[i].n);
    return (struct span){all, all ? n : 0};
}

/* What a part asks of a flow that it uses. */
static void downward(struct party *p, struct part *from, const struct output *o, uint64_t now)
{
    struct edge *e = used_by(p, from, o->flow);
    if (!e || e->dead)
        return; /* closed meanwhile: IN_CLOSED is on its way or has been seen */
    if (!e->below) {
        struct output *d = out_put(&p->out, o->kind, 0);
        *d = *o;
        d->flow = e->id_below;
        if (o->kind == OUT_SEND && p->driver->on_packet)
            p->driver->on_packet(p->driver->ctx,
                                 &(struct packet){.party = p, .out = true, .now_us = now,
                                                  .remote = &o->pkt.remote, .data = joined(p, o)});
    } else {
        struct input in = {.now_us = now, .flow = e->id_below, .pkt = o->pkt};
        in.kind = o->kind == OUT_SEND ? IN_SEND : o->kind == OUT_SHUTDOWN ? IN_SHUTDOWN : IN_CLOSE;
        if (o->kind == OUT_SEND)
            in.data = joined(p, o);
        give(p, e->below, &in);
    }
    if (o->kind == OUT_CLOSE)
        e->dead = true;
}

/* What a layer says of a flow that it provides. */
static void upward(struct party *p, struct part *from, const struct output *o, uint64_t now)
{
    struct edge *e = provided_by(p, from, o->flow);
    if (!e && o->kind == OUT_PROVIDE) { /* one more flow than the first, such as a demultiplexer's */
        struct edge *first = provided_by(p, from, LAYER_UPPER);
        e = first ? edge_new(p) : NULL;
        if (!e)
            return;
        e->below = from;
        e->id_below = o->flow;
        e->above = first->above;
        e->id_above = first->above->next_accepted++;
        e->parent = first;
        if (!index_add(p, e))
            p->out.full = true;
    }
    if (!e || e->dead)
        return;
    struct input in = {.now_us = now, .flow = e->id_above, .pkt = o->pkt, .why = o->why};
    switch (o->kind) {
    case OUT_PROVIDE:
        in.kind = IN_OPENED;
        in.parent = e->parent ? e->parent->id_above : 0;
        if (e->above != &p->top && e->parent)
            in.parent = LAYER_LOWER;
        break;
    case OUT_DELIVER:
        in.kind = IN_BYTES;
        in.data = joined(p, o);
        break;
    case OUT_EOF:
        in.kind = IN_EOF;
        break;
    default:
        in.kind = IN_CLOSED;
        e->dead = true;
    }
    give(p, e->above, &in);
}

static void route(struct party *p, struct part *from, const struct output *o, uint64_t now)
{
    switch (o->kind) {
    case OUT_OPEN:
        do_open(p, from, o, now);
        break;
    case OUT_SEND:
    case OUT_SHUTDOWN:
    case OUT_CLOSE:
        downward(p, from, o, now);
        break;
    case OUT_RESOLVE:
        *out_put(&p->out, OUT_RESOLVE, 0) = *o;
        break;
    case OUT_EVENT:
        if (from == &p->top && o->rec && p->driver->on_event)
            p->driver->on_event(p->driver->ctx, &(struct event){.party = p,
                                                               .now_us = now,
                                                               .name = o->name,
                                                               .desc = o->desc,
                                                               .rec = o->rec,
                                                               .token = o->token});
        break;
    default:
        upward(p, from, o, now);
    }
}

static void call(struct party *p, struct part *to, const struct input *in)
{
    p->q.n = 0;
    to->cls->input(to->self, in, &p->q);
    for (size_t i = 0; i < p->q.n; i++) {
        struct output o = p->q.v[i];
        route(p, to, &o, in->now_us);
    }
}

static void refresh_due(struct party *p)
{
    uint64_t due = p->top.cls->deadline ? p->top.cls->deadline(p->top.self) : NO_DEADLINE;
    for (size_t i = 0; i < p->n_edges; i++) {
        struct part *l = p->edges[i]->below;
        uint64_t at = l && l->cls->deadline ? l->cls->deadline(l->self) : NO_DEADLINE;
        due = at < due ? at : due;
    }
    p->due_us = due;
}

static void drain(struct party *p)
{
    while (p->first) {
        struct work *w = p->first;
        p->first = w->next;
        if (!p->first)
            p->last = NULL;
        call(p, w->to, &w->in);
    }
    if ((p->q.full || p->out.full || p->q.mem.full) && !p->driver->error) {
        snprintf(p->driver->why, sizeof p->driver->why,
                 "the output queue of %s ran over (%d outputs, %d octets)", p->name, STACK_OUTPUTS,
                 STACK_ARENA);
        p->driver->error = p->driver->why;
    }
}

static void begin(struct party *p)
{
    p->q.mem.n = 0;
    p->q.mem.full = p->q.full = p->out.full = false;
    p->q.n = p->out.n = 0;
}

static bool has_layers(const struct party *p)
{
    for (size_t i = 0; i < p->n_edges; i++)
        if (p->edges[i]->below)
            return true;
    return false;
}

void party_input(struct party *p, const struct input *in)
{
    begin(p);
    if (in->kind == IN_START || in->kind == IN_COMMAND || in->kind == IN_RESOLVED) {
        give(p, &p->top, in);
    } else if (in->kind == IN_OPENED && in->parent) {
        struct edge *listener = by_driver(p, in->parent);
        if (listener)
            do_accept(p, listener, in);
    } else {
        struct edge *e = by_driver(p, in->flow);
        if (!e || e->dead)
            return;
        struct input up = *in;
        up.flow = e->id_above;
        up.parent = 0;
        if (in->kind == IN_OPENED && e->above == &p->top)
            p->addr = in->pkt.local;
        if (in->kind == IN_BYTES && p->driver->on_packet)
            p->driver->on_packet(p->driver->ctx, &(struct packet){.party = p,
                                                                 .now_us = in->now_us,
                                                                 .remote = &in->pkt.remote,
                                                                 .data = in->data,
                                                                 .frame = in->pkt.frame});
        give(p, e->above, &up);
        e->dead |= in->kind == IN_CLOSED;
    }
    drain(p);
    if (has_layers(p))
        refresh_due(p);
    else
        p->due_us = p->top.cls->deadline ? p->top.cls->deadline(p->top.self) : NO_DEADLINE;
}

void party_timers(struct party *p, uint64_t now_us)
{
    struct input in = {.kind = IN_TIMER, .now_us = now_us};

    begin(p);
    if (p->top.cls->deadline && p->top.cls->deadline(p->top.self) <= now_us)
        give(p, &p->top, &in);
    for (size_t i = 0; i < p->n_edges; i++) {
        struct part *l = p->edges[i]->below;
        if (l && p->edges[i]->id_below == LAYER_UPPER && l->cls->deadline &&
            l->cls->deadline(l->self) <= now_us)
            give(p, l, &in);
    }
    drain(p);
    refresh_due(p);
}

/* ---- making and ending ---- */

static bool outq_init(struct outq *q, size_t cap, size_t arena)
{
    q->v = calloc(cap + 1, sizeof *q->v);
    q->cap = cap;
    q->mem = arena_of(arena ? malloc(arena) : NULL, arena);
    return q->v && (!arena || q->mem.p);
}

static const char *deviate(struct part *part, bool variant, const char *const *names)
{
    for (; names && *names; names++)
        if (!env_deviate(part->self, variant, *names, true))
            return *names;
    return NULL;
}

struct party *party_new(struct driver *d, const struct party_spec *spec, const char **err)
{
    struct party *p = calloc(1, sizeof *p);
    const char *bad = NULL;

    *err = "out of memory";
    if (!p || !part_init(&p->top, spec->cls, spec->seed) ||
        !outq_init(&p->q, STACK_OUTPUTS, STACK_ARENA) || !outq_init(&p->out, STACK_OUTPUTS, 0)) {
        party_free(p);
        return NULL;
    }
    p->driver = d;
    p->owner = spec->owner;
    p->addr = spec->host;
    p->due_us = NO_DEADLINE;
    rng_seed(p->layer_seed, spec->seed ^ 0x6c61796572u);
    snprintf(p->name, sizeof p->name, "%s", spec->name ? spec->name : spec->cls->name);
    if ((bad = deviate(&p->top, false, spec->faults)) ||
        (bad = deviate(&p->top, true, spec->variants))) {
        snprintf(d->why, sizeof d->why, "%s has no fault or variant '%s'", spec->cls->name, bad);
        *err = d->why;
        party_free(p);
        return NULL;
    }
    return p;
}

void party_free(struct party *p)
{
    if (!p)
        return;
    for (size_t i = 0; i < p->n_edges; i++) {
        struct edge *e = p->edges[i];
        if (e->below && e->id_below == LAYER_UPPER) {
            free(e->below->self);
            free(e->below);
        }
    }
    for (size_t i = 0; i < p->n_edges; i++)
        free(p->edges[i]);
    free(p->edges);
    free(p->by_driver);
    free(p->by_top);
    free(p->top.self);
    free(p->q.v);
    free(p->q.mem.p);
    free(p->out.v);
    free(p);
}
