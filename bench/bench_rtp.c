/* bench/bench_rtp.c - ours: rtp.header and rtcp.compound. */
#include <string.h>
#include "bench/allocs.h"
#include "bench/bench.h"
#include "bench/rtp_mix.h"
#include "codecs/rtp/rtcp.h"
#include "codecs/rtp/rtp.h"

struct work {
    struct rtp_mix mix;
    size_t next, bad;
};

static uint64_t header(void *ctx, size_t n)
{
    struct work *w = ctx;
    struct rtp_packet r;
    uint64_t sum = 0;

    while (n--) {
        struct span in = {w->mix.rtp[w->next++ % RTP_MIX], RTP_MIX_SIZE};
        if (!rtp_decode_header(in, &r) || r.payload.n != RTP_MIX_SIZE - RTP_HEADER) {
            w->bad++;
            continue;
        }
        sum += r.sequence + r.timestamp + r.ssrc + r.payload_type + r.marker + r.payload.p[0];
    }
    return sum;
}

/* Decoded, and all that libre types: the sender information, the report block and the items. */
static uint64_t compound(void *ctx, size_t n)
{
    struct work *w = ctx;
    struct rtcp_packet packets[8];
    struct rtcp_compound c;
    struct rtcp_report report;
    struct rtcp_chunk chunk;
    struct rtcp_item item;
    uint64_t sum = 0;

    while (n--) {
        struct findings fs = {0};
        struct span in = {w->mix.rtcp[w->next++ % RTP_MIX], RTCP_MIX_SIZE};
        if (rtcp_decode(in, &c, packets, COUNT(packets), &fs) != STEP_ITEM || fs.n ||
            c.n_packets != 2 || packets[0].kind != RTCP_K_SR || packets[1].kind != RTCP_K_SDES) {
            w->bad++;
            continue;
        }
        struct rd reports = rd_of(packets[0].list), chunks = rd_of(packets[1].list);
        while (rtcp_next_report(&reports, &report))
            sum += report.jitter + report.highest_sequence;
        while (rtcp_next_chunk(&chunks, &chunk)) {
            struct rd items = rd_of(chunk.items);
            while (rtcp_next_item(&items, &item))
                sum += item.type + item.text.p[0];
        }
        sum += packets[0].rtp_timestamp;
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
    bool rtcp = strcmp(a.name, "rtcp.compound") == 0;
    if (!rtcp && strcmp(a.name, "rtp.header") != 0)
        return bench_say(&a, BENCH_USAGE, "not measured by this program");
    rtp_mix_init(&w.mix);
    uint64_t before = allocs_so_far();
    bench_loop(rtcp ? compound : header, &w, a.time_us, &r);
    r.allocs = allocs_so_far() - before;
    return bench_end(&a, &r, rtcp ? RTCP_MIX_SIZE : RTP_MIX_SIZE, w.bad);
}
