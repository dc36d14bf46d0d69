/* bench/cores.h - whether two processors are two cores just now, and near each other.
 *
 * Those of a virtual machine need not be: a host runs them on the two hardware threads of one core for a while, or on
 * cores that share no cache, and moves them several times a second. Then two threads measure the host. */
#ifndef BENCH_CORES_H
#define BENCH_CORES_H
#include <stdbool.h>

/* Two cores: two threads get 1.8 to 2.1 times as much arithmetic done as one, on one core 1.2 to 1.4 times. */
#define CORES_OWN 1.7
/* Near: a cache line goes from one to the other in 40 to 170 ns, between cores that share no cache in 250 to 400. */
#define CORES_NEAR_NS 200

struct cores {
    bool two; /* this process may use two processors: what follows is of the first two */
    double
        offer; /* how much more both get done at once than one of them alone, in arithmetic on registers */
    double line_ns; /* what a cache line takes from one to the other */
};
/* Takes about 20 ms. */
struct cores cores_now(void);
static inline bool cores_own(const struct cores *c)
{
    return c->offer >= CORES_OWN && c->line_ns <= CORES_NEAR_NS;
}
#endif
