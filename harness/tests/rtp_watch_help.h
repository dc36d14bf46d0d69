/* harness/tests/rtp_watch_help.h - what the tests of the watcher share: a sink, packets by hand. */
#ifndef HARNESS_TESTS_RTP_WATCH_HELP_H
#define HARNESS_TESTS_RTP_WATCH_HELP_H
#include "harness/tests/watch_found.h"
#include "harness/watch/rtp/rtp_watch.h"

static const struct addr here = {.family = 4, .ip = {192, 0, 2, 1}, .port = 5000},
                         there_ = {.family = 4, .ip = {192, 0, 2, 9}, .port = 6000},
                         here_rtcp = {.family = 4, .ip = {192, 0, 2, 1}, .port = 5001},
                         there_rtcp = {.family = 4, .ip = {192, 0, 2, 9}, .port = 6001};

struct shown {
    double ms;
    uint16_t seq;
    uint32_t timestamp, ssrc, flow;
    uint8_t payload_type;
    bool marker, other, back, cut, extension, odd; /* odd: from and to the ports of RTCP */
    struct span payload;                           /* else 160 octets */
};

static inline void show_packet(struct watch *w, const struct shown *p, uint32_t frame)
{
    uint8_t octets[512], payload[160];
    struct wr out = {octets, sizeof octets, 0, false};
    struct span body = p->payload;

    memset(payload, p->other ? 0x55 : 0xff, sizeof payload);
    if (!body.p)
        body = (struct span){payload, sizeof payload};
    rtp_put(&out, p->payload_type, p->marker, p->seq, p->timestamp, p->ssrc,
            p->extension ? (struct span){NULL, 0} : body);
    if (p->extension) {
        octets[0] |= 0x10;
        wr_u32(&out, 0xbede0001);
        wr_u32(&out, 0x10220000);
        wr_put(&out, body);
    }
    struct watch_seen s = {.now_us = (uint64_t)(p->ms * 1000 + 0.5),
                           .flow = p->flow,
                           .from = p->back ? there_ : here,
                           .to = p->back ? here : there_,
                           .octets = wr_span(&out),
                           .codec = &rtp_codec,
                           .frame = frame};
    if (p->odd) {
        s.from.port++;
        s.to.port++;
    }
    if (!p->cut) {
        watch_octets(w, &s, &sink);
        return;
    }
    struct rtp_packet view; /* what watch_octets does, of a datagram that was cut */
    CU_ASSERT_TRUE(rtp_decode_header(s.octets, &view));
    s.view = &view;
    s.sound = s.cut = true;
    watch_message(w, &s, &sink);
}
#endif
