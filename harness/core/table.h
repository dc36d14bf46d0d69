/* harness/core/table.h - items found by a hash, in bounded memory: the one that was used longest ago gives way. What a
 * watcher remembers of transactions, connections and the like. */
#ifndef HARNESS_CORE_TABLE_H
#define HARNESS_CORE_TABLE_H
#include "codecs/base/field.h"

enum {
    TABLE_CHAIN = 16, /* items under one hash; the oldest of more gives way */
};
struct table_item { /* first in each; numbers from 1, 0: none */
    uint32_t hash, next, older, newer;
};
struct table {
    uint8_t *items;
    uint32_t *buckets; /* mask + 1 */
    size_t step;
    uint32_t mask, n, unused, free, oldest, newest;
};
typedef bool table_same(const void *item, const void *key);

/* A size of memory up to the next multiple of 16, to which tables are aligned. */
#define TABLE_ROUNDED(size) (((size) + 15) & ~(size_t)15)

/* Octets that a table of `n` items of `step` octets takes. */
size_t table_size(size_t n, size_t step);
/* Start in that memory, which is aligned to 16 and the caller's for as long. */
void table_init(struct table *t, void *mem, size_t n, size_t step);
/* The item with this hash for which `same` holds, the one used last from now on; NULL: none. */
void *table_find(struct table *t, uint32_t hash, table_same *same, const void *key);
/* What has to be dropped before an item of this hash can be made; NULL: nothing. */
void *table_full(const struct table *t, uint32_t hash);
void table_drop(struct table *t, void *item);
/* A new item, zero but for its place. There is room: see table_full. */
void *table_new(struct table *t, uint32_t hash);
/* Items by number. */
uint32_t table_number(const struct table *t, const void *item);
void *table_at(const struct table *t, uint32_t n);
/* The next item from the one used longest ago on; NULL: the first, or the end. */
void *table_next(const struct table *t, const void *item);

/* A hash that goes on: of `h` and a number, and of `h` and an address with its port. */
static inline uint64_t table_mix(uint64_t h, uint64_t v)
{
    h = (h ^ v) * 0xff51afd7ed558ccdu;
    return h ^ (h >> 32);
}
uint64_t table_mix_addr(uint64_t h, const struct addr *a);
#endif
