/* fuzz/targets/rtcp_parse.c - RTCP: any octets as a packet. */
#include "codecs/rtp/rtcp.h"
#include "fuzz/engine/codec_oracle.h"

/* Packets stand one behind the other up to the rest, and what is in them lies within them. */
static void walk(struct span in)
{
    static struct rtcp_packet packets[1024];
    struct findings fs = {0};
    struct rtcp_compound c;

    if (rtcp_decode(in, &c, packets, COUNT(packets), &fs) != STEP_ITEM)
        return;
    const uint8_t *at = in.p;
    for (size_t i = 0; i < c.n_packets; i++) {
        const struct rtcp_packet *p = &packets[i];
        size_t n = 4 + 4 * (size_t)p->length;
        require(p->p == at, "packets do not follow one another");
        require(p->list.p >= at && p->list.p + p->list.n <= at + n, "a list leaves its packet");
        require(p->tail.p >= at && p->tail.p + p->tail.n <= at + n, "a tail leaves its packet");
        require(p->pad <= n - 4, "more padding than packet");
        at += n;
    }
    if (!c.truncated)
        require(at + c.rest.n == in.p + in.n, "octets are neither packet nor rest");
    struct findings regular = {0};
    rtcp_lint_regular(&c, &regular);
    struct span cname;
    used(c.n_packets && rtcp_cname(&c, packets[0].ssrc, &cname));
}

static void one(const uint8_t *p, size_t n)
{
    struct fence f = fence_copy(p, n);
    walk(fence_span(&f));
    fence_free(&f);
    oracle_parse(&rtcp_codec, (struct span){p, n});
}

const struct target rtcp_parse_target = {.name = "rtcp_parse",
                                         .one = one,
                                         .max_len = 2048,
                                         .weight = 2,
                                         .dict = "rtcp",
                                         .codecs = "rtcp"};
