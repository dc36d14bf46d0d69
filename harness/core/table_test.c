/* harness/core/table_test.c - a table under chance, beside a list of what has to be in it. */
#include "harness/core/endpoint.h"
#include "harness/core/table.h"
#include "harness/core/test.h"

enum { KEYS = 40, ITEMS = 8 };
struct item {
    struct table_item item;
    uint32_t key;
};

static bool same(const void *item, const void *key)
{
    return ((const struct item *)item)->key == *(const uint32_t *)key;
}

/* Keys by use, the one used longest ago first. */
struct list {
    uint32_t keys[ITEMS];
    size_t n;
};
static bool take(struct list *l, uint32_t key)
{
    size_t i = 0;

    while (i < l->n && l->keys[i] != key)
        i++;
    bool there = i < l->n;
    for (l->n -= there; i < l->n; i++)
        l->keys[i] = l->keys[i + 1];
    return there;
}
static void put(struct list *l, uint32_t key)
{
    if (l->n == ITEMS)
        take(l, l->keys[0]);
    l->keys[l->n++] = key;
}

/* Two keys have one hash. */
static void by_use(void)
{
    static _Alignas(16) uint8_t memory[4096];
    struct table t;
    struct list list = {{0}, 0};
    uint64_t rng[2] = {1, 2};

    CU_ASSERT_TRUE_FATAL(table_size(ITEMS, sizeof(struct item)) <= sizeof memory);
    table_init(&t, memory, ITEMS, sizeof(struct item));
    for (size_t i = 0; i < 5000; i++) {
        uint32_t key = (uint32_t)(rng_next(rng) >> 20) % KEYS, hash = key / 2;
        struct item *v = table_find(&t, hash, same, &key);
        bool known = take(&list, key);
        CU_ASSERT_EQUAL(v != NULL, known);
        if (known && i % 3 == 0) {
            table_drop(&t, v);
        } else if (!known) {
            void *full = table_full(&t, hash);
            CU_ASSERT_EQUAL(full != NULL, list.n == ITEMS);
            if (full)
                table_drop(&t, full);
            v = table_new(&t, hash);
            v->key = key;
            CU_ASSERT_PTR_EQUAL(table_at(&t, table_number(&t, v)), v);
        }
        if (!(known && i % 3 == 0))
            put(&list, key);
        size_t n = 0;
        for (const struct item *k = NULL; (k = table_next(&t, k)); n++)
            CU_ASSERT_TRUE(n < list.n && k->key == list.keys[n]);
        CU_ASSERT_EQUAL(n, list.n);
    }
}

/* Of one hash there are TABLE_CHAIN, however much room there is. */
static void one_hash(void)
{
    static _Alignas(16) uint8_t memory[4096];
    struct table t;

    CU_ASSERT_TRUE_FATAL(table_size(4 * TABLE_CHAIN, sizeof(struct item)) <= sizeof memory);
    table_init(&t, memory, 4 * TABLE_CHAIN, sizeof(struct item));
    for (uint32_t i = 0; i < TABLE_CHAIN; i++) {
        CU_ASSERT_PTR_NULL(table_full(&t, 1));
        ((struct item *)table_new(&t, 1))->key = i;
    }
    const struct item *oldest = table_full(&t, 1);
    CU_ASSERT_TRUE(oldest && oldest->key == 0);
    CU_ASSERT_PTR_NULL(table_full(&t, 2));
}

TESTS({"by use", by_use}, {"one hash", one_hash})
