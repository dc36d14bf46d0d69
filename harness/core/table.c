/* harness/core/table.c - buckets of numbers, a list by use. */
#include "harness/core/table.h"

static size_t buckets_for(size_t n)
{
    size_t b = 4;
    while (b < n)
        b *= 2;
    return b;
}

size_t table_size(size_t n, size_t step)
{
    return TABLE_ROUNDED((n + 1) * step) + TABLE_ROUNDED(buckets_for(n) * sizeof(uint32_t));
}

void table_init(struct table *t, void *mem, size_t n, size_t step)
{
    *t = (struct table){.items = mem,
                        .buckets =
                            (uint32_t *)(void *)((uint8_t *)mem + TABLE_ROUNDED((n + 1) * step)),
                        .step = step,
                        .mask = (uint32_t)buckets_for(n) - 1,
                        .n = (uint32_t)n,
                        .unused = 1};
    memset(t->buckets, 0, (t->mask + (size_t)1) * sizeof *t->buckets);
}

void *table_at(const struct table *t, uint32_t n)
{
    return n ? t->items + n * t->step : NULL;
}

static struct table_item *item_at(const struct table *t, uint32_t n)
{
    return table_at(t, n);
}

uint32_t table_number(const struct table *t, const void *item)
{
    return (uint32_t)((size_t)((const uint8_t *)item - t->items) / t->step);
}

static void unlist(struct table *t, const struct table_item *i)
{
    *(i->older ? &item_at(t, i->older)->newer : &t->oldest) = i->newer;
    *(i->newer ? &item_at(t, i->newer)->older : &t->newest) = i->older;
}

static void list(struct table *t, struct table_item *i)
{
    uint32_t n = table_number(t, i);

    i->older = t->newest;
    i->newer = 0;
    *(i->older ? &item_at(t, i->older)->newer : &t->oldest) = n;
    t->newest = n;
}

void *table_find(struct table *t, uint32_t hash, table_same *same, const void *key)
{
    for (struct table_item *i = item_at(t, t->buckets[hash & t->mask]); i; i = item_at(t, i->next))
        if (i->hash == hash && same(i, key)) {
            if (i->newer) {
                unlist(t, i);
                list(t, i);
            }
            return i;
        }
    return NULL;
}

void *table_full(const struct table *t, uint32_t hash)
{
    struct table_item *i = item_at(t, t->buckets[hash & t->mask]);
    size_t n = 0;

    for (; i && ++n < TABLE_CHAIN; i = item_at(t, i->next))
        ;
    if (i)
        return i;
    return t->free || t->unused <= t->n ? NULL : item_at(t, t->oldest);
}

void table_drop(struct table *t, void *item)
{
    struct table_item *i = item;
    uint32_t n = table_number(t, item), *at = &t->buckets[i->hash & t->mask];

    while (*at != n)
        at = &item_at(t, *at)->next;
    *at = i->next;
    unlist(t, i);
    i->next = t->free;
    t->free = n;
}

void *table_new(struct table *t, uint32_t hash)
{
    uint32_t n = t->free ? t->free : t->unused++, *at = &t->buckets[hash & t->mask];
    struct table_item *i = item_at(t, n);

    if (t->free)
        t->free = i->next;
    memset(i, 0, t->step);
    i->hash = hash;
    i->next = *at;
    *at = n;
    list(t, i);
    return i;
}

void *table_next(const struct table *t, const void *item)
{
    return item_at(t, item ? ((const struct table_item *)item)->newer : t->oldest);
}

/* ---- hashes ---- */

uint64_t table_mix_addr(uint64_t h, const struct addr *a)
{
    uint64_t v[2] = {0, 0};

    memcpy(v, a->ip, a->family == 6 ? 16 : a->family == 4 ? 4 : 0);
    h = table_mix(h, v[0] ^ (uint64_t)a->port << 48 ^ a->family);
    return a->family == 6 ? table_mix(h, v[1]) : h;
}
