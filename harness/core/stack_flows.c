/* harness/core/stack_flows.c - parts, the flows between them, and their deadlines. */
#include <stdlib.h>
#include "harness/core/pages.h"
#include "harness/core/stack_impl.h"

/* ---- deadlines of layers: a binary heap by time, then by age ---- */

static bool sooner(const struct part *a, const struct part *b)
{
    return a->due_us != b->due_us ? a->due_us < b->due_us : a->serial < b->serial;
}

static void place(struct party *p, size_t i, struct part *l)
{
    p->due[i] = l;
    l->slot = i + 1;
}

/* Find the place of `l` in a heap that is right but for the hole at `i`. */
static void settle(struct party *p, size_t i, struct part *l)
{
    for (; i > 0 && sooner(l, p->due[(i - 1) / 2]); i = (i - 1) / 2)
        place(p, i, p->due[(i - 1) / 2]);
    for (size_t kid; (kid = 2 * i + 1) < p->n_due; i = kid) {
        if (kid + 1 < p->n_due && sooner(p->due[kid + 1], p->due[kid]))
            kid++;
        if (!sooner(p->due[kid], l))
            break;
        place(p, i, p->due[kid]);
    }
    place(p, i, l);
}

static bool due_add(struct party *p, struct part *l)
{
    if (p->n_due == p->cap_due) {
        size_t cap = p->cap_due ? p->cap_due * 2 : 16;
        struct part **v = realloc(p->due, cap * sizeof(struct part *));
        if (!v)
            return false;
        p->due = v;
        p->cap_due = cap;
    }
    l->due_us = NO_DEADLINE;
    p->n_due++;
    settle(p, p->n_due - 1, l);
    return true;
}

static void due_drop(struct party *p, struct part *l)
{
    size_t i = l->slot - 1;
    struct part *last = p->due[--p->n_due];

    l->slot = 0;
    if (last != l)
        settle(p, i, last);
}

void layer_due(struct party *p, struct part *l, uint64_t at_us)
{
    if (!l->slot || l->due_us == at_us)
        return;
    l->due_us = at_us;
    settle(p, l->slot - 1, l);
}

struct part *layer_first_due(const struct party *p)
{
    return p->n_due ? p->due[0] : NULL;
}

/* ---- parts ---- */

bool part_init(struct part *part, const struct endpoint_class *cls, uint64_t seed, uint32_t serial)
{
    *part = (struct part){.cls = cls, .next_accepted = FLOW_ACCEPTED, .serial = serial};
    _Static_assert(_Alignof(max_align_t) >= 16, "what calloc gives is aligned to 16");
    part->self = cls->sparse  ? pages_sparse(cls->size)
                 : cls->clear ? malloc(cls->size)
                              : calloc(1, cls->size);
    if (!part->self)
        return false;
    if (cls->clear && !cls->sparse)
        memset(part->self, 0, cls->clear);
    part->self->cls = cls;
    rng_seed(part->self->rng, seed);
    return true;
}

static void part_end(struct part *part)
{
    if (part->self && part->cls->end)
        part->cls->end(part->self);
    if (part->cls->sparse)
        pages_sparse_free(part->self, part->cls->size);
    else
        free(part->self);
    part->self = NULL;
}

static void layer_free(struct part *l)
{
    part_end(l);
    free(l);
}

struct part *layer_new(struct party *p, const struct endpoint_class *cls)
{
    struct part *l = calloc(1, sizeof *l);

    if (!l)
        return NULL;
    if (!part_init(l, cls, rng_next(p->layer_seed), p->last_serial + 1) ||
        (cls->deadline && !due_add(p, l))) {
        layer_free(l);
        return NULL;
    }
    p->last_serial++;
    l->self->applied = &p->applied;
    for (const char *const *f = p->layer_faults; f && *f; f++)
        env_deviate(l->self, false, *f, true);
    for (const char *const *v = p->layer_variants; v && *v; v++)
        env_deviate(l->self, true, *v, true);
    l->next = p->layers;
    if (l->next)
        l->next->prev = l;
    p->layers = l;
    return l;
}

static void layer_kill(struct party *p, struct part *l)
{
    if (l->prev)
        l->prev->next = l->next;
    else
        p->layers = l->next;
    if (l->next)
        l->next->prev = l->prev;
    if (l->slot)
        due_drop(p, l);
    l->next = p->dead_layers;
    p->dead_layers = l;
}

/* ---- finding edges by part and id ---- */

static uint32_t serial_of(const struct part *part)
{
    return part ? part->serial : 0;
}

static size_t home(const struct part *part, flow_id id, size_t cap)
{
    return (id * 2654435761u ^ serial_of(part) * 0x85ebca6bu) & (cap - 1);
}

static size_t home_below(const struct edge *e, size_t cap)
{
    return home(e->below, e->id_below, cap);
}
static size_t home_above(const struct edge *e, size_t cap)
{
    return home(e->above, e->id_above, cap);
}

static void put(struct edge **v, size_t cap, size_t i, struct edge *e)
{
    while (v[i])
        i = (i + 1) & (cap - 1);
    v[i] = e;
}

/* Take `e` out, and move up those behind it that would not be found across the gap. */
static void take(struct edge **v, size_t cap, const struct edge *e,
                 size_t (*home_of)(const struct edge *, size_t))
{
    size_t i = home_of(e, cap);

    while (v[i] != e)
        i = (i + 1) & (cap - 1);
    for (size_t k = (i + 1) & (cap - 1); v[k]; k = (k + 1) & (cap - 1))
        if (((k - home_of(v[k], cap)) & (cap - 1)) >= ((k - i) & (cap - 1))) {
            v[i] = v[k];
            i = k;
        }
    v[i] = NULL;
}

/* Room in both indices for one more edge than there is. */
static bool index_grow(struct party *p)
{
    size_t cap = p->cap_index ? p->cap_index * 2 : 64;
    struct edge **below, **above;

    if ((p->n_edges + 1) * 2 <= p->cap_index)
        return true;
    below = calloc(cap, sizeof(struct edge *));
    above = calloc(cap, sizeof(struct edge *));
    if (!below || !above) {
        free(below);
        free(above);
        return false;
    }
    for (struct edge *e = p->edges; e; e = e->next)
        if (e->above) {
            put(below, cap, home_below(e, cap), e);
            put(above, cap, home_above(e, cap), e);
        }
    free(p->by_below);
    free(p->by_above);
    p->by_below = below;
    p->by_above = above;
    p->cap_index = cap;
    return true;
}

struct edge *edge_below(const struct party *p, const struct part *below, flow_id id)
{
    size_t i = p->cap_index ? home(below, id, p->cap_index) : 0;

    for (; p->cap_index && p->by_below[i]; i = (i + 1) & (p->cap_index - 1))
        if (p->by_below[i]->below == below && p->by_below[i]->id_below == id)
            return p->by_below[i];
    return NULL;
}

struct edge *edge_above(const struct party *p, const struct part *above, flow_id id)
{
    size_t i = p->cap_index ? home(above, id, p->cap_index) : 0;

    for (; p->cap_index && p->by_above[i]; i = (i + 1) & (p->cap_index - 1))
        if (p->by_above[i]->above == above && p->by_above[i]->id_above == id)
            return p->by_above[i];
    return NULL;
}

/* ---- edges ---- */

struct edge *edge_new(struct party *p, struct part *below, flow_id id)
{
    bool room = p->n_edges < STACK_FLOWS_MAX && index_grow(p);
    struct edge *e = room ? calloc(1, sizeof *e) : NULL;

    if (!e)
        return NULL;
    e->below = below;
    e->id_below = id;
    e->next = p->edges;
    if (e->next)
        e->next->prev = e;
    p->edges = e;
    p->n_edges++;
    if (below)
        below->ends++;
    return e;
}

void edge_bind(struct party *p, struct edge *e, struct part *above, flow_id id)
{
    e->above = above;
    e->id_above = id;
    above->ends++;
    put(p->by_below, p->cap_index, home_below(e, p->cap_index), e);
    put(p->by_above, p->cap_index, home_above(e, p->cap_index), e);
}

static void left(struct party *p, struct part *part)
{
    if (part && --part->ends == 0 && part != &p->top)
        layer_kill(p, part);
}

void edge_kill(struct party *p, struct edge *e)
{
    if (e->dead)
        return;
    e->dead = true;
    half_end(p, e);
    if (e->n_held)
        held_forget(p, e);
    if (e->above) {
        take(p->by_below, p->cap_index, e, home_below);
        take(p->by_above, p->cap_index, e, home_above);
    }
    if (e->prev)
        e->prev->next = e->next;
    else
        p->edges = e->next;
    if (e->next)
        e->next->prev = e->prev;
    p->n_edges--;
    if (e->below && e->id_below == LAYER_UPPER && e->below->user != &p->top)
        e->below->user = NULL; /* a layer, which may be gone before the one below */
    e->next = p->dead_edges;
    p->dead_edges = e;
    left(p, e->below);
    left(p, e->above);
}

/* ---- freeing ---- */

static void free_lists(struct edge **edges, struct part **layers)
{
    while (*edges) {
        struct edge *e = *edges;
        *edges = e->next;
        free(e);
    }
    while (*layers) {
        struct part *l = *layers;
        *layers = l->next;
        layer_free(l);
    }
}

void stack_reap(struct party *p)
{
    free_lists(&p->dead_edges, &p->dead_layers);
}

void stack_free(struct party *p)
{
    stack_reap(p);
    held_forget(p, NULL);
    free_lists(&p->edges, &p->layers);
    free(p->by_below);
    free(p->by_above);
    free(p->due);
    part_end(&p->top);
}
