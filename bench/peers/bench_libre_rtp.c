/* bench/peers/bench_libre_rtp.c - libre: rtp.header and rtcp.compound. */
#include <string.h>
#define HAVE_INTTYPES_H /* its headers ask for these */
#define HAVE_STDBOOL_H
#include <re.h>
#include "bench/bench.h"
#include "bench/rtp_mix.h"

struct work {
    struct rtp_mix mix;
    struct mbuf *rtp[RTP_MIX], *rtcp[RTP_MIX];
    size_t next, bad;
};

static uint64_t header(void *ctx, size_t n)
{
    struct work *w = ctx;
    struct rtp_header hdr;
    uint64_t sum = 0;

    while (n--) {
        struct mbuf *mb = w->rtp[w->next++ % RTP_MIX];
        mb->pos = 0;
        if (rtp_hdr_decode(&hdr, mb) != 0)
            w->bad++;
        sum += (uint64_t)hdr.seq + hdr.ts + hdr.ssrc + hdr.pt + hdr.m + mbuf_buf(mb)[0];
    }
    return sum;
}

static uint64_t compound(void *ctx, size_t n)
{
    struct work *w = ctx;
    uint64_t sum = 0;

    while (n--) {
        struct mbuf *mb = w->rtcp[w->next++ % RTP_MIX];
        mb->pos = 0;
        for (int i = 0; i < 2; i++) {
            struct rtcp_msg *msg = NULL;
            if (rtcp_decode(&msg, mb) != 0) {
                w->bad++;
                break;
            }
            sum += msg->hdr.pt;
            mem_deref(msg);
        }
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
    for (int i = 0; i < RTP_MIX; i++) {
        w.rtp[i] = mbuf_alloc(RTP_MIX_SIZE);
        w.rtcp[i] = mbuf_alloc(RTCP_MIX_SIZE);
        if (!w.rtp[i] || !w.rtcp[i] || mbuf_write_mem(w.rtp[i], w.mix.rtp[i], RTP_MIX_SIZE) != 0 ||
            mbuf_write_mem(w.rtcp[i], w.mix.rtcp[i], RTCP_MIX_SIZE) != 0)
            return bench_say(&a, BENCH_FAILED, "no memory");
    }
    bench_loop(rtcp ? compound : header, &w, a.time_us, &r);
    return bench_end(&a, &r, rtcp ? RTCP_MIX_SIZE : RTP_MIX_SIZE, w.bad);
}
