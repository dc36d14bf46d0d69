/* bench/cores.c - what two processors do at once: arithmetic, alone and on both, and a cache line to and fro. */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include "bench/bench.h"
#include "bench/cores.h"

enum {
    STEPS = 3000000, /* of arithmetic: some 5 ms */
    TRIPS = 4000,    /* of the line: 0.5 to 3 ms */
};

struct worker {
    pthread_t thread;
    size_t processor;
    uint64_t ns, sum;
    _Alignas(128) _Atomic unsigned *line; /* NULL: arithmetic; else what the two hand to and fro */
    unsigned first;                       /* the value that it waits for first */
};

/* Four chains that do not wait for each other: as much as a core has units for. */
static uint64_t arithmetic(void)
{
    uint64_t a = 1, b = 2, c = 3, d = 4;

    for (unsigned i = 0; i < STEPS; i++) {
        a = a * 3 + 1;
        b = b * 5 + 1;
        c = c * 7 + 1;
        d = d * 9 + 1;
        a ^= a >> 7;
        b ^= b >> 9;
    }
    return a ^ b ^ c ^ d;
}

static void trips(_Atomic unsigned *line, unsigned first)
{
    for (unsigned i = first; i < 2 * TRIPS; i += 2) {
        while (atomic_load_explicit(line, memory_order_acquire) != i)
            ;
        atomic_store_explicit(line, i + 1, memory_order_release);
    }
}

static void *work(void *arg)
{
    struct worker *w = arg;
    cpu_set_t set;

    CPU_ZERO(&set);
    CPU_SET(w->processor, &set);
    pthread_setaffinity_np(pthread_self(), sizeof set, &set);
    uint64_t began = bench_wall_ns();
    if (w->line)
        trips(w->line, w->first);
    else
        w->sum = arithmetic();
    w->ns = bench_wall_ns() - began;
    return NULL;
}

/* Run `n` of them at once, at most 2; the time of the slower, 0: not all could be started. */
static uint64_t run(struct worker *w, size_t n)
{
    size_t started = 0;
    uint64_t ns = 0;

    while (started < n && pthread_create(&w[started].thread, NULL, work, &w[started]) == 0)
        started++;
    for (size_t i = 0; i < started; i++) {
        pthread_join(w[i].thread, NULL);
        ns = w[i].ns > ns ? w[i].ns : ns;
    }
    return started == n ? ns : 0;
}

struct cores cores_now(void)
{
    static _Alignas(128) _Atomic unsigned line;
    struct worker w[2] = {{.first = 0}, {.first = 1}};
    cpu_set_t set;
    size_t n = 0;

    if (sched_getaffinity(0, sizeof set, &set) != 0)
        return (struct cores){0};
    for (size_t i = 0; i < CPU_SETSIZE && n < 2; i++)
        if (CPU_ISSET(i, &set))
            w[n++].processor = i;
    if (n < 2)
        return (struct cores){0};
    uint64_t first = run(&w[0], 1), second = run(&w[1], 1), both = run(w, 2);
    w[0].line = w[1].line = &line;
    line = 0;
    uint64_t handed = first && second && both ? run(w, 2) : 0;
    if (!handed)
        return (struct cores){0};
    return (struct cores){true, (double)(first + second) / (double)both,
                          (double)handed / (2 * TRIPS)};
}
