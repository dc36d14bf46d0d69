/* bench/bench_stun.c - ours: stun.decode and stun.integrity. */
#include <string.h>
#include "bench/allocs.h"
#include "bench/bench.h"
#include "bench/stun_mix.h"
#include "codecs/stun/stun.h"

struct work {
    struct stun_mix mix;
    struct stun_key key;
    size_t next, bad;
};

static uint64_t decode(void *ctx, size_t n)
{
    struct work *w = ctx;
    struct stun_attr attrs[16];
    struct stun_msg m;
    uint64_t sum = 0;

    while (n--) {
        struct findings fs = {0};
        struct span in = {w->mix.msg[w->next++ % STUN_MIX], STUN_MIX_SIZE};
        if (stun_decode(in, &m, attrs, COUNT(attrs), &fs) != STEP_ITEM || fs.n ||
            m.n_attrs != STUN_MIX_ATTRS)
            w->bad++;
        sum += attrs[1].v.u32 + attrs[2].v.u64 + attrs[3].v.s.n + m.transaction.p[0];
    }
    return sum;
}

static uint64_t integrity(void *ctx, size_t n)
{
    struct work *w = ctx;
    struct stun_attr attrs[16];
    struct stun_msg m;
    uint64_t sum = 0;

    while (n--) {
        struct findings fs = {0};
        struct span in = {w->mix.msg[w->next++ % STUN_MIX], STUN_MIX_SIZE};
        if (stun_decode(in, &m, attrs, COUNT(attrs), &fs) != STEP_ITEM || fs.n ||
            stun_check_integrity(&m, &w->key) != STUN_GOOD ||
            stun_check_fingerprint(&m) != STUN_GOOD)
            w->bad++;
        sum += attrs[1].v.u32 + m.transaction.p[0];
    }
    return sum;
}

/* A check that says yes to everything is fast: one octet changed must be seen. */
static bool sees_damage(struct work *w)
{
    size_t before = w->bad;
    w->next = 0;
    w->mix.msg[0][70] ^= 1;
    integrity(w, 1);
    w->mix.msg[0][70] ^= 1;
    bool seen = w->bad > before;
    w->bad = before;
    return seen;
}

int main(int argc, char **argv)
{
    static struct work w;
    struct bench_args a;
    struct bench_result r = {0};
    int status = bench_args(argc, argv, &a);

    if (status)
        return status;
    bool checked = strcmp(a.name, "stun.integrity") == 0;
    if (!checked && strcmp(a.name, "stun.decode") != 0)
        return bench_say(&a, BENCH_USAGE, "not measured by this program");
    if (!stun_mix_init(&w.mix))
        return bench_say(&a, BENCH_FAILED, "the messages are not those of RFC 5769");
    stun_key_init(&w.key, span_of(STUN_MIX_PASSWORD));
    if (!sees_damage(&w))
        return bench_say(&a, BENCH_FAILED, "a damaged message passes");
    uint64_t before = allocs_so_far();
    bench_loop(checked ? integrity : decode, &w, a.time_us, &r);
    r.allocs = allocs_so_far() - before;
    return bench_end(&a, &r, STUN_MIX_SIZE, w.bad);
}
