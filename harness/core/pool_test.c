/* harness/core/pool_test.c */
#include "harness/core/pool.h"
#include "harness/core/test.h"

enum { N = 50 };
struct item {
    uint32_t v;
    char room[21];
};
static _Alignas(16) uint8_t mem[POOL_BYTES(N, sizeof(struct item))];

static void full_and_back(void)
{
    struct pool p;
    enum pool_why why;
    struct item *all[N];

    pool_init(&p, mem, N, sizeof(struct item), 0);
    for (uint32_t i = 0; i < N; i++) {
        all[i] = pool_take(&p, i % 7, &why);
        CU_ASSERT_PTR_NOT_NULL_FATAL(all[i]);
        if (!all[i])
            return;                    /* FATAL has left already */
        CU_ASSERT_EQUAL(all[i]->v, 0); /* zeroed, though it was written before */
        memset(all[i], 0xff, sizeof *all[i]);
        all[i]->v = i;
    }
    CU_ASSERT_PTR_NULL(pool_take(&p, 1, &why));
    CU_ASSERT_EQUAL(why, POOL_FULL);
    for (uint32_t i = 0; i < N; i++)
        CU_ASSERT_EQUAL(all[i]->v, i); /* no item reaches into another */
    pool_give(&p, all[17]);
    struct item *again = pool_take(&p, 99, &why);
    CU_ASSERT_PTR_EQUAL(again, all[17]);
    CU_ASSERT_EQUAL(again->v, 0);
    size_t seen = 0;
    for (void *i = pool_next(&p, NULL); i; i = pool_next(&p, i), seen++)
        pool_give(&p, i);
    CU_ASSERT_EQUAL(seen, N);
    CU_ASSERT_EQUAL(p.used, 0);
    CU_ASSERT_PTR_NULL(pool_next(&p, NULL));
}

/* Against a plain count, under many takes and gives of many sources. */
static void churn(uint64_t sources)
{
    struct pool p;
    enum pool_why why;
    uint64_t rng = 7;
    uint32_t held[400] = {0};
    struct {
        void *item;
        uint64_t source;
    } live[N] = {{0}};
    size_t n = 0, refused = 0;

    pool_init(&p, mem, N, sizeof(struct item), 3);
    for (int i = 0; i < 100000; i++) {
        rng = rng * 6364136223846793005u + 1442695040888963407u;
        uint64_t source = (rng >> 33) % sources;
        if (n && (rng >> 60) % 2) {
            size_t k = (rng >> 40) % n;
            pool_give(&p, live[k].item);
            held[live[k].source]--;
            live[k] = live[--n];
            continue;
        }
        void *item = pool_take(&p, source * 1000003, &why);
        enum pool_why want = held[source] == 3 ? POOL_QUOTA : n == N ? POOL_FULL : POOL_TAKEN;
        CU_ASSERT_EQUAL_FATAL(why, want);
        refused += !item;
        if (item) {
            held[source]++;
            live[n].item = item;
            live[n++].source = source;
        }
    }
    CU_ASSERT_TRUE(refused > (sources == 40 ? 1000 : 0));
    CU_ASSERT_EQUAL(p.used, n);
}

/* Few sources meet their quotas; many stand in each other's places. */
static void quotas(void)
{
    churn(40);
    churn(400);
}

static void injected(void)
{
    struct pool p;
    enum pool_why why;

    pool_init(&p, mem, N, sizeof(struct item), 0);
    p.fail_at = 2;
    CU_ASSERT_PTR_NOT_NULL(pool_take(&p, 1, &why));
    CU_ASSERT_PTR_NULL(pool_take(&p, 1, &why));
    CU_ASSERT_STRING_EQUAL(pool_why_name(why), "injected");
    CU_ASSERT_PTR_NOT_NULL(pool_take(&p, 1, &why));
}

TESTS({"full and back", full_and_back}, {"quotas", quotas}, {"injected", injected})
