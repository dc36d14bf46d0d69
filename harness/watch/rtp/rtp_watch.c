/* harness/watch/rtp/rtp_watch.c - the watcher of RTP and RTCP: RFC 3550, over time. */
#include "harness/watch/rtp/rtp_watch.h"

static const struct watch_fact_kind facts[RTP_WATCH_FACTS] = {
    [RTP_F_STREAMS] = {"streams", "streams", false},
    [RTP_F_LOST] = {"lost", "packets lost, by sequence numbers", false},
    [RTP_F_DUPLICATES] = {"duplicates", "packets that came again", false},
    [RTP_F_REORDERED] = {"reordered", "packets that came late", false},
    [RTP_F_RESTARTS] = {"restarts", "sequences that began anew under the same SSRC", false},
    [RTP_F_JITTER] = {"jitter_us", "us of mean interarrival jitter of a stream", true},
    [RTP_F_SSRC_CHANGES] = {"ssrc_changes", "changes of SSRC in a direction", false},
    [RTP_F_TYPE_CHANGES] = {"payload_type_changes", "changes of payload type in a stream", false},
    [RTP_F_TIME_BACK] = {"timestamp_backwards", "packets sampled before the one before them",
                         false},
    [RTP_F_COMPOUNDS] = {"rtcp_compounds", "compound packets of RTCP", false},
    [RTP_F_INTERVAL] = {"rtcp_interval_ms", "ms between regular compounds of a source", true},
    [RTP_F_SHORT] = {"rtcp_short", "intervals of RTCP below what five seconds allow", false},
    [RTP_F_RTT] = {"rtt_us", "us from a sender report here to the report on it, less its delay",
                   true},
    [RTP_F_AFTER_BYE] = {"after_bye", "packets of sources that had said BYE", false},
    [RTP_F_COLLISIONS] = {"collisions", "SSRCs that both sides of a flow sent with", false},
    [RTP_F_DIGITS] = {"events", "telephone events", false},
    [RTP_F_DIGITS_OPEN] = {"events_open", "telephone events whose end was not seen", false},
    [RTP_F_TEXT_MISSING] = {"text_missing", "blocks of text that are lost for good", false},
    [RTP_F_BACKWARDS] = {"clock_backwards", "steps of the clock backwards", false},
    [RTP_F_EVICTED] = {"evicted", "streams given up for want of room", false},
};

void rtp_watch_broke(struct rtp_stream *t, enum rtp_told kind, const struct watch_sink *out,
                     const struct watch_seen *s, struct finding f, uint32_t related)
{
    struct watch_finding w = {.f = f,
                              .now_us = s->now_us,
                              .flow = s->flow,
                              .from = s->from,
                              .to = s->to,
                              .by = s->by,
                              .frame = s->frame};

    if (t->told[kind] == RTP_TOLD)
        return;
    t->told[kind]++;
    w.f.layer = s->layer;
    if (related && related != s->frame)
        w.related[w.n_related++] = related;
    if (out->finding)
        out->finding(out->ctx, &w);
}

void rtp_watch_over(const struct rtp_stream *t, const struct watch_sink *out)
{
    const struct watch_seen s = {.now_us = t->now_us, .flow = t->flow, .frame = t->first_frame};
    int64_t lost = (int64_t)rtp_expected(t) - (int64_t)(t->packets - t->strays);

    if (lost > 0)
        watch_tell(out, RTP_F_LOST, (uint64_t)lost, &s, t->last_frame);
    if (t->jitters_us.n)
        watch_tell(out, RTP_F_JITTER, (uint64_t)(t->jitters_us.sum / (double)t->jitters_us.n + 0.5),
                   &s, t->last_frame);
    if (t->contents && t->contents->open)
        watch_tell(out, RTP_F_DIGITS_OPEN, t->contents->open, &s, 0);
}

static void seen(void *self, const struct watch_seen *s, const struct watch_sink *out)
{
    struct rtp_watch *w = self;

    if (s->now_us >= w->now_us) {
        w->now_us = s->now_us;
    } else if (s->now_us + 1000000 <
               w->now_us) { /* less is what captures of several interfaces have */
        w->now_us = s->now_us;
        watch_tell(out, RTP_F_BACKWARDS, 1, s, 0);
    }
    if (!s->view)
        return;
    if (s->codec == &rtcp_codec)
        rtp_watch_rtcp(w, s, s->view, out);
    else
        rtp_watch_packet(w, s, s->view, out);
}

static void end(void *self, const struct watch_sink *out)
{
    struct rtp_watch *w = self;

    for (uint32_t n = w->oldest; n; n = w->streams[n].newer)
        rtp_watch_over(&w->streams[n], out);
}

const struct watcher_class rtp_watch = {
    .name = "rtp",
    .codec = &rtp_codec,
    .also = &rtcp_codec,
    .facts = facts,
    .n_facts = COUNT(facts),
    .by_flow = true,
    .size = rtp_watch_size,
    .init = rtp_watch_init,
    .seen = seen,
    .quick = rtp_watch_quick,
    .ahead = rtp_watch_ahead,
    .inside = rtp_watch_inside,
    .end = end,
};
