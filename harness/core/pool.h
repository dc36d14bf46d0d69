/* harness/core/pool.h - items of one size in memory that the caller funds once, with a quota for each
 * source: how endpoints keep connections, transactions and the like. Running out is a result that an
 * endpoint turns into an event, and that a test can inject. */
#ifndef HARNESS_CORE_POOL_H
#define HARNESS_CORE_POOL_H
#include "codecs/base/field.h"

enum pool_why { POOL_TAKEN, POOL_FULL, POOL_QUOTA, POOL_INJECTED };
struct pool_head { /* before each item */
    uint64_t source;
    bool used;
};
struct pool_count { /* how many items a source holds; n 0: an empty place */
    uint64_t source;
    uint32_t n;
};
struct pool {
    uint8_t *items;                       /* cap times step octets */
    struct pool_count *counts;            /* open-addressed, a power of two of at least twice cap */
    size_t step, cap, places, used, from; /* from: where the search for a free item begins */
    uint32_t quota;                       /* items of one source at most; 0: no quota */
    uint64_t takes, fail_at; /* fail_at: the take that fails by injection, from 1; 0: none */
};
/* Octets of an item with what stands before it, and of a whole pool of `n` items. */
#define POOL_STEP(size) ((((size) + 15) & ~(size_t)15) + 16)
#define POOL_PLACES(n)                                                                             \
    ((n) <= 8      ? (size_t)16                                                                    \
     : (n) <= 64   ? (size_t)128                                                                   \
     : (n) <= 512  ? (size_t)1024                                                                  \
     : (n) <= 4096 ? (size_t)8192                                                                  \
                   : (size_t)1 << 20)
#define POOL_BYTES(n, size) ((n)*POOL_STEP(size) + POOL_PLACES(n) * sizeof(struct pool_count))
enum { POOL_MAX = 1 << 19 }; /* items */

/* Start a pool of `n` items of `size` octets in `mem`, POOL_BYTES(n, size) octets, aligned to 16, which
 * is the caller's for as long. */
void pool_init(struct pool *p, void *mem, size_t n, size_t size, uint32_t quota);
/* An item, zeroed, for a source. NULL: *why says that the pool is full, that the source holds its quota,
 * or that the failure was injected. Cost does not depend on how many there are. */
void *pool_take(struct pool *p, uint64_t source, enum pool_why *why);
/* Give an item of the pool back. */
void pool_give(struct pool *p, void *item);
/* The next item in use after `item`, NULL: the first; NULL at the end. An item may be given back on the
 * way. */
void *pool_next(const struct pool *p, const void *item);
/* The source of an address without its port: what a quota is counted by. */
uint64_t pool_source(const struct addr *a);
/* "full", "quota", "injected". */
const char *pool_why_name(enum pool_why why);
#endif
