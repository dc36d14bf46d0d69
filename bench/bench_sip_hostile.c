/* bench/bench_sip_hostile.c - ours: sip.hostile.*, whether cost grows with the octets and no faster.
 *
 * A message of a family is decoded and linted at sizes from 1 KB to 1 MB. How much an octet costs at a size by how much
 * it costs at the size below where it was least is the growth there; the largest is what is printed. */
#include <stdlib.h>
#include <string.h>
#include "bench/bench.h"
#include "bench/sip_hostile.h"
#include "codecs/sip/sip.h"

enum {
    LEAST = 1 << 10,
    MOST = 1 << 20,
    TIMES = 4,         /* from one size to the next */
    PARTS = 6,         /* sizes */
    ARENA = 512 << 20, /* room for whatever an octet may become */
    BURST =
        MOST, /* octets between two looks at the clock: as many at each size, so that neighbours weigh the same */
};

struct cost {
    uint64_t octets, ns;
};

static uint64_t decode(struct span in, uint8_t *room)
{
    struct sip_msg m;
    struct findings fs = {0};
    struct arena mem = arena_of(room, ARENA);
    enum step step = sip_decode(in, &mem, &m, &fs);

    if (step == STEP_ITEM)
        sip_lint(&m, &fs);
    return step == STEP_ITEM && !mem.full ? 1 + fs.n + mem.n : 0;
}

/* The cheapest of several bursts, each of them a few messages: a neighbour makes some dear. */
static struct cost measure(struct span in, uint8_t *room, uint64_t time_us, size_t *bad)
{
    struct cost best = {0, 1}, all = {0, 0};
    size_t n = BURST / in.n;

    do {
        uint64_t start = bench_cpu_ns();
        for (size_t i = 0; i < n; i++)
            *bad += decode(in, room) == 0;
        struct cost c = {n * in.n, bench_cpu_ns() - start};
        if (best.octets == 0 || c.ns * best.octets < best.ns * c.octets)
            best = c;
        all.octets += c.octets;
        all.ns += c.ns;
    } while (all.ns < time_us * 1000);
    return best;
}

int main(int argc, char **argv)
{
    static char message[MOST];
    struct bench_args a;
    struct bench_result r = {0};
    size_t bad = 0;
    double least = 0, growth = 0;
    int status = bench_args(argc, argv, &a);

    if (status)
        return status;
    if (strncmp(a.name, "sip.hostile.", 12) != 0 || !sip_hostile(a.name + 12, message, LEAST))
        return bench_say(&a, BENCH_USAGE, "not measured by this program");
    uint8_t *room = malloc(ARENA);
    if (!room)
        return bench_say(&a, BENCH_FAILED, "no memory");
    for (size_t size = MOST; size >= LEAST;
         size /= TIMES) { /* the largest first: it touches all pages */
        sip_hostile(a.name + 12, message, size);
        decode((struct span){(const uint8_t *)message, size}, room);
    }
    for (size_t size = LEAST; size <= MOST; size *= TIMES) {
        sip_hostile(a.name + 12, message, size);
        struct cost c =
            measure((struct span){(const uint8_t *)message, size}, room, a.time_us / PARTS, &bad);
        double each = (double)c.ns / (double)c.octets;
        if (least > 0 && each / least > growth)
            growth = each / least;
        least = least > 0 && least < each ? least : each;
        r.ops = c.octets; /* of the last, the largest */
        r.cpu_ns = c.ns;
    }
    free(room);
    r.growth = (uint64_t)(growth * 1000);
    return bench_end(&a, &r, 1, bad);
}
