/* bench/bench_sdp.c - ours: sdp.audio, sdp.video, sdp.webrtc. */
#include "bench/allocs.h"
#include "bench/bench.h"
#include "bench/sdp_mix.h"
#include "codecs/sdp/sdp.h"

enum { ARENA = 64 << 10 }; /* octets for the view of a description */

struct work {
    struct sdp_mix mix;
    uint8_t room[ARENA];
    size_t next, bad;
};

/* Decoded whole, with the parts of every line and of every known attribute. */
static uint64_t decode(void *ctx, size_t n)
{
    struct work *w = ctx;
    struct sdp_msg m;
    uint64_t sum = 0;

    while (n--) {
        struct findings fs = {0};
        struct arena mem = arena_of(w->room, sizeof w->room);
        struct span in = {(const uint8_t *)w->mix.octets[w->next++ % SDP_MIX], w->mix.n};
        if (sdp_msg_decode(in, &mem, &m, &fs) != STEP_ITEM || fs.n || mem.full ||
            m.media_n != w->mix.media || m.media[0].section.attributes_n != w->mix.attributes) {
            w->bad++;
            continue;
        }
        sum += m.origin->id.n + m.media[0].port + m.media[0].section.attributes[0].value.n;
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
    if (!sdp_mix_init(&w.mix, a.name))
        return bench_say(&a, BENCH_USAGE, "not measured by this program");
    uint64_t before = allocs_so_far();
    bench_loop(decode, &w, a.time_us, &r);
    r.allocs = allocs_so_far() - before;
    return bench_end(&a, &r, w.mix.n, w.bad);
}
