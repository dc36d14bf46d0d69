/* harness/core/stack_wait.c - what a party waits for: handshakes of accepted connections, the time of
 * sends, the answers to lookups. */
#include <stdlib.h>
#include "harness/core/stack_impl.h"

/* ---- connections that are half open ---- */

void half_begin(struct party *p, struct edge *e, flow_id listener)
{
    e->half = true;
    e->listener = listener;
    e->half_prev = p->half_last;
    if (p->half_last)
        p->half_last->half_next = e;
    else
        p->half_first = e;
    p->half_last = e;
}

void half_end(struct party *p, struct edge *e)
{
    if (!e->half)
        return;
    e->half = false;
    if (e->half_prev)
        e->half_prev->half_next = e->half_next;
    else
        p->half_first = e->half_next;
    if (e->half_next)
        e->half_next->half_prev = e->half_prev;
    else
        p->half_last = e->half_prev;
    e->half_prev = e->half_next = NULL;
}

struct edge *half_over(const struct party *p, flow_id listener)
{
    struct edge *oldest = NULL;
    size_t n = 0;

    for (struct edge *e = p->half_first; e; e = e->half_next)
        if (e->listener == listener) {
            oldest = oldest ? oldest : e;
            n++;
        }
    return n > STACK_HALF_OPEN ? oldest : NULL;
}

/* ---- sends that wait ---- */

struct held {
    struct held *next;
    struct edge *edge;
    uint64_t at_us;
    struct pkt pkt;
    size_t n;
    uint8_t data[];
};

bool held_put(struct party *p, struct edge *e, uint64_t at_us, const struct pkt *pkt,
              struct span data)
{
    struct held *h = p->n_held < STACK_HELD ? malloc(sizeof *h + data.n) : NULL, **at = &p->held;

    if (!h)
        return false;
    *h = (struct held){.edge = e, .at_us = at_us, .pkt = *pkt, .n = data.n};
    if (data.n)
        memcpy(h->data, data.p, data.n);
    while (*at && (*at)->at_us <= at_us) /* those of one time stay in order */
        at = &(*at)->next;
    h->next = *at;
    *at = h;
    p->n_held++;
    e->n_held++;
    return true;
}

uint64_t held_due(const struct party *p)
{
    return p->held ? p->held->at_us : NO_DEADLINE;
}

struct edge *held_take(struct party *p, struct arena *mem, struct pkt *pkt, struct span *data)
{
    struct held *h = p->held;
    struct edge *e = h->edge;

    p->held = h->next;
    p->n_held--;
    e->n_held--;
    *pkt = h->pkt;
    *data = arena_copy(mem, (struct span){h->data, h->n});
    if (data->n != h->n)
        e = NULL;
    free(h);
    return e;
}

void held_forget(struct party *p, const struct edge *e)
{
    for (struct held **at = &p->held; *at;) {
        struct held *h = *at;
        if (e && h->edge != e) {
            at = &h->next;
            continue;
        }
        *at = h->next;
        p->n_held--;
        h->edge->n_held--;
        free(h);
    }
}

/* ---- names that are looked up ---- */

uint32_t asked_put(struct party *p, const struct part *by, uint32_t theirs)
{
    if (p->n_asked == STACK_ASKED)
        return 0;
    if (++p->last_asked == 0)
        p->last_asked = 1;
    p->asked[p->n_asked++] = (struct asked_name){p->last_asked, by->serial, theirs};
    return p->last_asked;
}

struct part *asked_take(struct party *p, uint32_t token, uint32_t *theirs)
{
    size_t i = 0;

    while (i < p->n_asked && p->asked[i].token != token)
        i++;
    if (i == p->n_asked)
        return NULL;
    uint32_t by = p->asked[i].by;
    *theirs = p->asked[i].theirs;
    p->asked[i] = p->asked[--p->n_asked];
    if (by == p->top.serial)
        return &p->top;
    struct part *l = p->layers;
    while (l && l->serial != by)
        l = l->next;
    return l;
}
