/* harness/core/pool.c - fixed-size items with a quota for each source. */
#include "harness/core/pool.h"

static struct pool_head *head_at(const struct pool *p, size_t i)
{
    return (struct pool_head *)(void *)(p->items + i * p->step);
}

void pool_init(struct pool *p, void *mem, size_t n, size_t size, uint32_t quota)
{
    *p = (struct pool){.step = POOL_STEP(size), .cap = n, .places = POOL_PLACES(n), .quota = quota};
    p->items = mem;
    p->counts = (struct pool_count *)(void *)(p->items + n * p->step);
    for (size_t i = 0; i < n; i++)
        head_at(p, i)->used = false;
    memset(p->counts, 0, p->places * sizeof *p->counts);
}

static size_t home(const struct pool *p, uint64_t source)
{
    return (size_t)(source * 0x9e3779b97f4a7c15u >> 40) & (p->places - 1);
}

/* The place of a source, or the empty one where it would stand. */
static struct pool_count *place(const struct pool *p, uint64_t source)
{
    size_t i = home(p, source);
    while (p->counts[i].n && p->counts[i].source != source)
        i = (i + 1) & (p->places - 1);
    return &p->counts[i];
}

/* Take a place out, and move up what had to pass it. */
static void remove_place(struct pool *p, struct pool_count *c)
{
    size_t hole = (size_t)(c - p->counts), i = hole;

    for (;;) {
        p->counts[hole].n = 0;
        do {
            i = (i + 1) & (p->places - 1);
            if (!p->counts[i].n)
                return;
        } while (((i - home(p, p->counts[i].source)) & (p->places - 1)) <
                 ((i - hole) & (p->places - 1)));
        p->counts[hole] = p->counts[i];
        hole = i;
    }
}

void *pool_take(struct pool *p, uint64_t source, enum pool_why *why)
{
    struct pool_count *c = place(p, source);

    *why = POOL_TAKEN;
    if (++p->takes == p->fail_at)
        *why = POOL_INJECTED;
    else if (p->quota && c->n >= p->quota)
        *why = POOL_QUOTA;
    else if (p->used == p->cap)
        *why = POOL_FULL;
    if (*why != POOL_TAKEN)
        return NULL;
    while (head_at(p, p->from)->used)
        p->from = (p->from + 1) % p->cap;
    struct pool_head *h = head_at(p, p->from);
    memset(h, 0, p->step);
    h->used = true;
    h->source = source;
    c->source = source;
    c->n++;
    p->used++;
    return (uint8_t *)h + 16;
}

void pool_give(struct pool *p, void *item)
{
    struct pool_head *h = (struct pool_head *)(void *)((uint8_t *)item - 16);
    struct pool_count *c = place(p, h->source);

    h->used = false;
    p->used--;
    p->from = (size_t)((uint8_t *)h - p->items) / p->step;
    if (--c->n == 0)
        remove_place(p, c);
}

void *pool_next(const struct pool *p, const void *item)
{
    size_t i = item ? (size_t)((const uint8_t *)item - p->items) / p->step + 1 : 0;
    for (; i < p->cap; i++)
        if (head_at(p, i)->used)
            return (uint8_t *)head_at(p, i) + 16;
    return NULL;
}

uint64_t pool_source(const struct addr *a)
{
    uint64_t h = 0xcbf29ce484222325u ^ a->family;
    for (size_t i = 0; i < (a->family == 6 ? 16u : 4u); i++)
        h = (h ^ a->ip[i]) * 0x100000001b3u;
    return h;
}

const char *pool_why_name(enum pool_why why)
{
    static const char *const names[] = {"taken", "full", "quota", "injected"};
    return names[why];
}
