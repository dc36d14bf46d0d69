/* bench/peers/bench_libre.c - libre: stun.decode and stun.integrity. */
#include <string.h>
#define HAVE_INTTYPES_H /* its headers ask for these */
#define HAVE_STDBOOL_H
#include <re.h>
#include "bench/bench.h"
#include "bench/stun_mix.h"

struct work {
    struct stun_mix mix;
    struct mbuf *mb[STUN_MIX];
    size_t next, bad;
};

static struct stun_msg *decode_next(struct work *w)
{
    struct stun_unknown_attr unknown;
    struct stun_msg *msg = NULL;
    struct mbuf *mb = w->mb[w->next++ % STUN_MIX];

    mb->pos = 0;
    if (stun_msg_decode(&msg, mb, &unknown) != 0 || unknown.typec)
        w->bad++;
    return msg;
}

static uint64_t decode(void *ctx, size_t n)
{
    struct work *w = ctx;
    uint64_t sum = 0;

    while (n--) {
        struct stun_msg *msg = decode_next(w);
        sum += stun_msg_method(msg) + stun_msg_tid(msg)[0];
        mem_deref(msg);
    }
    return sum;
}

static uint64_t integrity(void *ctx, size_t n)
{
    static const uint8_t key[] = STUN_MIX_PASSWORD;
    struct work *w = ctx;
    uint64_t sum = 0;

    while (n--) {
        struct stun_msg *msg = decode_next(w);
        if (stun_msg_chk_mi(msg, key, sizeof key - 1) != 0 || stun_msg_chk_fingerprint(msg) != 0)
            w->bad++;
        sum += stun_msg_method(msg) + stun_msg_tid(msg)[0];
        mem_deref(msg);
    }
    return sum;
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
    for (int i = 0; i < STUN_MIX; i++) {
        w.mb[i] = mbuf_alloc(STUN_MIX_SIZE);
        if (!w.mb[i] || mbuf_write_mem(w.mb[i], w.mix.msg[i], STUN_MIX_SIZE) != 0)
            return bench_say(&a, BENCH_FAILED, "no memory");
    }
    bench_loop(checked ? integrity : decode, &w, a.time_us, &r);
    return bench_end(&a, &r, STUN_MIX_SIZE, w.bad);
}
