/* bench/bench.h - what the benchmark programs share: arguments, clocks, the timed loop and the
 * line in which a program tells `rtclab bench` what it measured.
 *
 * A program is run as PROGRAM NAME WHO [--time MS] [--rtclab PATH], measures once and prints one
 * line, `result NAME WHO` and pairs of a key and a number. Exit status: 0, 2 usage, 4 it could not
 * measure, 77 it cannot run here; the reason is one sentence on standard error. */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H
#include <stdint.h>
#include <stddef.h>

enum { BENCH_OK = 0, BENCH_USAGE = 2, BENCH_FAILED = 4, BENCH_SKIPPED = 77 };

struct bench_args {
    const char *name, *who; /* "stun.decode", "libre" */
    uint64_t time_us;       /* how long to measure */
    const char *rtclab;     /* the program rtclab, NULL: not told */
};
/* Read the arguments; 0, or BENCH_USAGE after one sentence on standard error. */
int bench_args(int argc, char **argv, struct bench_args *a);

struct bench_result {
    uint64_t ops, bytes;             /* operations, and octets of all inputs */
    uint64_t cpu_ns, wall_ns;        /* of whoever is measured */
    uint64_t yardstick_ps;           /* a step of the yardstick, in the same process */
    uint64_t allocs;                 /* calls of malloc and its kin while measured */
    uint64_t lost, stray;            /* requests sent again, replies that fit none */
    uint64_t sender_ns;              /* CPU time of a load's sender */
    uint64_t deviation_ns, worst_ns; /* from the grid: median and largest */
    uint64_t peak_kib;               /* the most memory that a process had */
    uint64_t arena;                  /* octets of an arena that an operation took */
    uint64_t growth;   /* of the cost of an octet with the size of the input, in thousandths */
    uint64_t left_out; /* runs that count for nothing (cores.h) */
};
/* Print the line and return BENCH_OK. */
int bench_print(const struct bench_args *a, const struct bench_result *r);
/* What ends a program that reads one input over and over: `bad` of them not as they should, which is said and returned
 * as BENCH_FAILED; else the line, for inputs of `size` octets. */
int bench_end(const struct bench_args *a, struct bench_result *r, size_t size, size_t bad);
/* One sentence on standard error, "NAME: ..."; returns `status`. */
int bench_say(const struct bench_args *a, int status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

uint64_t bench_cpu_ns(void);  /* of the calling thread */
uint64_t bench_wall_ns(void); /* monotonic */

/* Call `batch(ctx, n)`, which does n operations and returns something made of all their results,
 * until the thread has used `time_us` of CPU; fills ops, cpu_ns, wall_ns and yardstick_ps. */
void bench_loop(uint64_t (*batch)(void *ctx, size_t n), void *ctx, uint64_t time_us,
                struct bench_result *r);

/* The median of `n` values, one at least; sorts them. */
int64_t bench_median(int64_t *v, size_t n);
#endif
