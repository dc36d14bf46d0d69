/* bench/bench_watch.c - rtp.watch: packets shown to the watcher of RTP and RTCP, as a capture of many calls has them:
 * each packet is the next one of another stream. */
#include <string.h>
#include "bench/bench.h"
#include "codecs/rtp/rtp.h"
#include "harness/core/watch.h"
#include "harness/watch/rtp/rtp_streams.h"

enum {
    STREAMS = 600, /* 300 calls */
    PAYLOAD = 160, /* PCMU, 20 ms */
    STEP_US = 20000,
};

struct work {
    struct watch *w;
    uint8_t octets[RTP_HEADER + PAYLOAD];
    uint64_t shown, findings;
};

static void on_finding(void *ctx, const struct watch_finding *f)
{
    struct work *w = ctx;
    (void)f;
    w->findings++;
}

static uint64_t packets(void *ctx, size_t n)
{
    struct work *w = ctx;
    const struct watch_sink sink = {.finding = on_finding, .ctx = w};

    for (; n; n--, w->shown++) {
        uint32_t stream = (uint32_t)(w->shown % STREAMS);
        uint64_t turn = w->shown / STREAMS;
        struct rtp_packet p;
        put_u16(w->octets + 2, (uint16_t)turn);
        put_u32(w->octets + 4, (uint32_t)(turn * PAYLOAD));
        put_u32(w->octets + 8, 0x10000 + stream * 77);
        struct watch_seen s = {.now_us = turn * STEP_US + stream * STEP_US / STREAMS,
                               .from = {.family = 4, .port = (uint16_t)(16384 + stream)},
                               .to = {.family = 4, .port = (uint16_t)(16384 + (stream ^ 1))},
                               .sound = true,
                               .octets = {w->octets, sizeof w->octets},
                               .codec = &rtp_codec,
                               .view = &p,
                               .frame = (uint32_t)(w->shown + 1)};
        put_u32(s.from.ip, 0x0a010000 + (stream & 1));
        put_u32(s.to.ip, 0x0a010000 + (~stream & 1));
        if (!rtp_decode_header(s.octets, &p))
            return 0;
        watch_message(w->w, &s, &sink);
    }
    return w->findings;
}

int main(int argc, char **argv)
{
    static struct work w = {.octets = {0x80}};
    struct bench_args a;
    struct bench_result r = {0};
    struct rtp_figures f;
    int status = bench_args(argc, argv, &a);

    if (status)
        return status;
    if (strcmp(a.name, "rtp.watch") != 0 || strcmp(a.who, "rtclab") != 0)
        return bench_say(&a, BENCH_USAGE, "not measured by this program");
    w.w = watch_new(&rtp_watch, 0, &(struct watch_options){0});
    if (!w.w)
        return bench_say(&a, BENCH_FAILED, "no memory is left");
    for (size_t i = 0; i < sizeof w.octets - RTP_HEADER; i++)
        w.octets[RTP_HEADER + i] = (uint8_t)(i * 7);
    bench_loop(packets, &w, a.time_us, &r);
    r.bytes = r.ops * sizeof w.octets;
    const struct rtp_stream *first = rtp_streams_next(w.w, NULL);
    if (!first || w.findings)
        return bench_say(&a, BENCH_FAILED, "the watcher finds what is not there");
    rtp_stream_figures(first, &f);
    if (f.packets != w.shown / STREAMS + (w.shown % STREAMS > 0) || f.lost)
        return bench_say(&a, BENCH_FAILED, "the watcher does not count what it was shown");
    watch_free(w.w);
    return bench_print(&a, &r);
}
