/* harness/tests/watch_found.h - what tests of watchers share: a sink that keeps what it is told. */
#ifndef HARNESS_TESTS_WATCH_FOUND_H
#define HARNESS_TESTS_WATCH_FOUND_H
#include "harness/core/test.h"
#include "harness/core/watch.h"

enum { FOUND_MAX = 64 };
static struct watch_finding found[FOUND_MAX];
static size_t n_found;
static struct watch_sum sums[WATCH_FACTS_MAX];

static void on_finding(void *ctx, const struct watch_finding *f)
{
    (void)ctx;
    if (n_found < FOUND_MAX)
        found[n_found] = *f;
    n_found++;
}

static void on_fact(void *ctx, const struct watch_fact *f)
{
    (void)ctx;
    watch_add(sums, f);
}

static const struct watch_sink sink = {on_finding, on_fact, NULL};
static const struct watch_options passing = {.origin = false},
                                  beside = {.origin = true, .beside = true};
#endif
