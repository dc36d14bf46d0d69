/* bench/bench.c - arguments, clocks, the timed loop, the result line. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "bench/bench.h"

enum {
    BATCH = 4096, /* operations between two looks at the clock, which costs 0.2 us */
    YARD_STEPS = 4000000,
};

int bench_args(int argc, char **argv, struct bench_args *a)
{
    *a = (struct bench_args){.time_us = 300000};
    for (int i = 1; i < argc; i++) {
        char *end = NULL;
        if (strcmp(argv[i], "--time") == 0 && i + 1 < argc) {
            a->time_us = strtoull(argv[++i], &end, 10) * 1000;
            if (*end || a->time_us == 0)
                return bench_say(a, BENCH_USAGE, "--time wants milliseconds, not '%s'", argv[i]);
        } else if (strcmp(argv[i], "--rtclab") == 0 && i + 1 < argc) {
            a->rtclab = argv[++i];
        } else if (argv[i][0] != '-' && !a->name) {
            a->name = argv[i];
        } else if (argv[i][0] != '-' && !a->who) {
            a->who = argv[i];
        } else {
            return bench_say(a, BENCH_USAGE, "'%s' is not understood", argv[i]);
        }
    }
    if (!a->name || !a->who)
        return bench_say(a, BENCH_USAGE, "usage: NAME WHO [--time MS] [--rtclab PATH]");
    return 0;
}

int bench_end(const struct bench_args *a, struct bench_result *r, size_t size, size_t bad)
{
    r->bytes = r->ops * size;
    if (bad)
        return bench_say(a, BENCH_FAILED, "%zu inputs were not read as they should", bad);
    return bench_print(a, r);
}

int bench_say(const struct bench_args *a, int status, const char *format, ...)
{
    va_list ap;
    if (a->name && a->who)
        fprintf(stderr, "%s, %s: ", a->name, a->who);
    va_start(ap, format);
    vfprintf(stderr, format, ap);
    va_end(ap);
    fputc('\n', stderr);
    return status;
}

int bench_print(const struct bench_args *a, const struct bench_result *r)
{
    const struct {
        const char *key;
        uint64_t v;
    } pairs[] = {
        {"ops", r->ops},
        {"bytes", r->bytes},
        {"cpu_ns", r->cpu_ns},
        {"wall_ns", r->wall_ns},
        {"yardstick_ps", r->yardstick_ps},
        {"allocs", r->allocs},
        {"lost", r->lost},
        {"stray", r->stray},
        {"sender_ns", r->sender_ns},
        {"deviation_ns", r->deviation_ns},
        {"worst_ns", r->worst_ns},
        {"peak_kib", r->peak_kib},
        {"left_out", r->left_out},
        {"arena", r->arena},
        {"growth", r->growth},
    };
    printf("result %s %s", a->name, a->who);
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        printf(" %s %" PRIu64, pairs[i].key, pairs[i].v);
    putchar('\n');
    return BENCH_OK;
}

static uint64_t now_ns(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

uint64_t bench_cpu_ns(void)
{
    return now_ns(CLOCK_THREAD_CPUTIME_ID);
}

uint64_t bench_wall_ns(void)
{
    return now_ns(CLOCK_MONOTONIC);
}

/* A chain in which each step waits for the last: shows the clock speed, and little else. */
static uint64_t yardstick_ps(void)
{
    uint64_t x = 88172645463325252u, start = bench_cpu_ns();
    for (int i = 0; i < YARD_STEPS; i++) {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
    }
    volatile uint64_t sink = x;
    (void)sink;
    return (bench_cpu_ns() - start) * 1000 / YARD_STEPS;
}

void bench_loop(uint64_t (*batch)(void *ctx, size_t n), void *ctx, uint64_t time_us,
                struct bench_result *r)
{
    volatile uint64_t sink = batch(ctx, BATCH); /* warm: caches, predictor, lazy binding */
    uint64_t sum = sink;

    r->yardstick_ps = yardstick_ps();
    uint64_t wall = bench_wall_ns(), start = bench_cpu_ns();
    do {
        sum += batch(ctx, BATCH);
        r->ops += BATCH;
        r->cpu_ns = bench_cpu_ns() - start;
    } while (r->cpu_ns < time_us * 1000);
    r->wall_ns = bench_wall_ns() - wall;
    sink = sum;
}

static int by_value(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

int64_t bench_median(int64_t *v, size_t n)
{
    qsort(v, n, sizeof *v, by_value);
    return v[n / 2];
}
