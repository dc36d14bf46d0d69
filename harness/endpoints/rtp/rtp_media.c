/* harness/endpoints/rtp/rtp_media.c - a stream of RTP packets: numbers, timestamps, the marker, pace. */
#include "harness/endpoints/rtp/rtp_session.h"

uint32_t stream_ts(const struct rtp_stream *o, uint64_t us)
{
    uint64_t d = us - o->t0_us;
    return o->ts0 + (uint32_t)(d / 1000000 * o->clock_rate + d % 1000000 * o->clock_rate / 1000000);
}

/* We are a sender from now on: 6.3.8. */
static void now_sender(struct rtp_session *s, uint64_t now_us)
{
    s->out.sent_us = now_us;
    s->out.sent = true;
    if (s->timing.we_sent || s->timing.leaving)
        return;
    s->timing.we_sent = true;
    members_count(s);
    rtp_timing_reverse(&s->timing, now_us);
}

void session_put(struct rtp_session *s, const struct rtp_in *x, const char *where,
                 uint8_t payload_type, bool marker, uint32_t timestamp, struct span payload)
{
    struct arena mem = arena_of(s->scratch, sizeof s->scratch);
    struct draft dr;
    const struct field *csrc = field_find(&rtp_packet_desc, "csrc");

    if (s->to.family == 0 || !s->rtp_open || s->gone)
        return;
    rtp_draft(&dr, &mem, payload_type, marker, s->out.sequence, timestamp, s->out.ssrc, payload);
    draft_kids(&dr, &dr.root, csrc, csrc->sub); /* without items, where a deviation may add one */
    struct deviated dev = env_apply(&s->env, where, &dr);
    struct wr w = {s->wire, sizeof s->wire, 0, false};
    rtp_encode(&w, &dr);
    for (unsigned i = 0, n = dev.repeat ? 2 : 1; i < n && !dev.silent && !w.full && !mem.full;
         i++) {
        struct output *o = out_send(x->q, RTP_FLOW, wr_span(&w), &(struct pkt){.remote = s->to});
        o->not_before_us = dev.delay_us ? x->now_us + dev.delay_us : 0;
    }
    if (dev.silent) /* as if it had never been: no number is missing */
        return;
    s->out.sequence++;
    s->out.last_ts = timestamp;
    s->out.packets++;
    s->out.octets += payload.n;
    now_sender(s, x->now_us);
}

void session_start(struct rtp_session *s, const struct rtp_in *x, const struct rtp_args *a)
{
    struct rtp_stream *o = &s->out;

    if (a->to.family)
        s->to = a->to;
    if (a->rtcp_to.family)
        s->rtcp_to = a->rtcp_to;
    o->ptime_us = session_us(a->ptime_us, o->ptime_us);
    if (a->payload_type || a->clock_rate)
        session_payload(s, a, x->now_us);
    if (a->text_only)
        s->c.text_only = true;
    if (s->c.text_only && o->clock_rate != 1000)
        session_payload(s, &(struct rtp_args){.payload_type = s->c.text_type, .clock_rate = 1000},
                        x->now_us);
    o->on = true;
    o->paused = false;
    o->marker = true;
    o->due_us = s->c.text_only ? NO_DEADLINE : x->now_us;
    o->until_us = a->duration_us ? x->now_us + session_us(a->duration_us, 0) : NO_DEADLINE;
}

void session_stop(struct rtp_session *s)
{
    s->out.on = false;
    s->out.due_us = NO_DEADLINE;
    s->text.due_us = NO_DEADLINE;
}

void session_pause(struct rtp_session *s, bool paused, uint64_t now_us)
{
    struct rtp_stream *o = &s->out;

    if (!o->on || s->c.text_only || o->paused == paused)
        return;
    o->paused = paused;
    if (paused) {
        o->due_us = NO_DEADLINE;
        return;
    }
    o->marker = true;
    o->due_us = now_us;
    if (session_flag(s, "timestamp-stands-in-silence")) { /* as if no time had passed */
        o->ts0 = o->last_ts + (uint32_t)(o->ptime_us * o->clock_rate / 1000000);
        o->t0_us = now_us;
    }
}

void session_payload(struct rtp_session *s, const struct rtp_args *a, uint64_t now_us)
{
    struct rtp_stream *o = &s->out;
    const struct rtp_static *st = rtp_static_type(a->payload_type);
    uint32_t rate = a->clock_rate ? a->clock_rate : st ? st->clock_rate : o->clock_rate;

    rate = rate < RTP_CLOCK_MAX ? rate : RTP_CLOCK_MAX;
    o->payload_type = (uint8_t)(a->payload_type & 0x7f);
    if (rate == o->clock_rate || rate == 0)
        return;
    o->ts0 = stream_ts(o, now_us);
    o->t0_us = now_us;
    o->clock_rate = rate;
    if (s->c.payload_type == o->payload_type || !s->c.clock_rate)
        s->c.clock_rate = rate;
}

/* The octets of one packet: silence of G.711, else zeros. */
static struct span samples(struct rtp_session *s, uint64_t ptime_us)
{
    uint64_t n = s->c.payload_octets ? s->c.payload_octets : ptime_us * s->out.clock_rate / 1000000;
    uint8_t *p = s->wire + sizeof s->wire - RTP_PAYLOAD_MAX; /* behind whatever is encoded */

    n = n < RTP_PAYLOAD_MAX ? n : RTP_PAYLOAD_MAX;
    memset(p, s->out.payload_type == 0 ? 0xff : s->out.payload_type == 8 ? 0xd5 : 0, n);
    return (struct span){p, n};
}

void session_audio(struct rtp_session *s, const struct rtp_in *x)
{
    struct rtp_stream *o = &s->out;
    uint64_t ptime = env_timer(&s->env, "timer/ptime", o->ptime_us), at = o->due_us;
    static const char *const where[] = {"rtp/audio/even", "rtp/audio/odd"};

    if (at >= o->until_us) {
        session_stop(s);
        return;
    }
    o->due_us = at + ptime;
    if (s->dtmf.on && at >= s->dtmf.begin_us && at - s->dtmf.begin_us < s->dtmf.duration_us)
        return; /* an event in the place of audio: RFC4733:2.5.1.2 */
    session_put(s, x, o->marker ? "rtp/audio/first" : where[o->n & 1], o->payload_type, o->marker,
                stream_ts(o, at), samples(s, ptime));
    o->n++;
    o->marker = false;
}
