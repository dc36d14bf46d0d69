/* harness/endpoints/rtp/rtp_tester.c - what a case sends through rtp.session: any draft, or octets, at any time,
 * and streams with losses, repeats and order as told. */
#include "harness/endpoints/rtp/rtp_session.h"

enum {
    LEAD_US = 10000,
    BATCH = 32
}; /* packets go to the driver that much ahead, so many at once */

/* Octets that are ours, on their way. */
static struct rtp_notice *send_octets(struct rtp_session *s, const struct rtp_in *x,
                                      struct span data, bool rtcp, const struct rtp_args *a)
{
    struct addr to = a->to;
    flow_id flow = rtcp ? s->rtcp_flow : RTP_FLOW;
    bool open = rtcp ? s->rtcp_open : s->rtp_open;

    if (to.family == 0)
        to = rtcp ? session_rtcp_to(s) : s->to.family ? s->to : s->learned;
    if (to.family == 0 || !open) {
        session_answer(x, x->in->token, open ? "nobody said where to" : "the flow is not open");
        return NULL;
    }
    struct output *o = out_send(x->q, flow, data, &(struct pkt){.remote = to});
    uint64_t delay = a->delay_us < RTP_MOST_US ? a->delay_us : RTP_MOST_US;
    o->not_before_us = delay ? x->now_us + delay : 0;
    struct rtp_notice *e = session_event(x, "sent", x->in->token, RTP_K_SENT);
    if (!e)
        return NULL;
    e->octets = arena_copy(&x->q->mem, data);
    e->flow = rtcp;
    e->codec = rtcp ? "rtcp" : "rtp";
    e->time_us = x->now_us + delay;
    x->q->full |= x->q->mem.full;
    return e;
}

/* A number of the draft, or `otherwise`, which then goes into it. */
static uint64_t number(struct draft *dr, const char *name, uint64_t otherwise)
{
    struct node *n = draft_find(&dr->root, name);

    if (n)
        return n->form == FORM_UINT ? n->u : otherwise;
    draft_uint(dr, &dr->root, draft_field(&dr->root, name), otherwise);
    return otherwise;
}

static bool usable(const struct draft *dr)
{
    return dr && dr->root.form == FORM_KIDS;
}

void tester_send(struct rtp_session *s, const struct rtp_in *x, const struct rtp_args *a)
{
    struct rtp_stream *o = &s->out;
    struct wr w = {s->wire, sizeof s->wire, 0, false};
    struct rtp_packet r = {0};
    uint32_t step = (uint32_t)(o->ptime_us * o->clock_rate / 1000000);

    if (a->octets.n || !usable(a->message)) {
        wr_put(&w, a->octets);
    } else {
        uint64_t sequence = number(a->message, "sequence", o->sequence);
        uint64_t timestamp = number(a->message, "timestamp", o->sent ? o->last_ts + step : o->ts0);
        number(a->message, "payload_type", o->payload_type);
        number(a->message, "ssrc", o->ssrc);
        rtp_encode(&w, a->message);
        if (!a->keep) {
            o->sequence = (uint16_t)(sequence + 1);
            o->last_ts = (uint32_t)timestamp;
            o->sent = true;
        }
    }
    if (w.full || (a->message && a->message->mem->full)) {
        session_answer(x, x->in->token, "the packet does not fit into a datagram");
        return;
    }
    struct rtp_notice *e = send_octets(s, x, wr_span(&w), a->rtcp_flow, a);
    if (!e)
        return;
    e->codec = "rtp";
    if (!rtp_decode_header(e->octets, &r))
        return;
    if (r.ssrc == o->ssrc) {
        o->packets++;
        o->octets += r.payload.n;
    }
    e->ssrc = r.ssrc;
    e->sequence = r.sequence;
    e->timestamp = r.timestamp;
    e->payload_type = r.payload_type;
    e->marker = r.marker;
}

void tester_rtcp(struct rtp_session *s, const struct rtp_in *x, const struct rtp_args *a)
{
    struct wr w = {s->wire, sizeof s->wire, 0, false};

    if (a->octets.n || !usable(a->message))
        wr_put(&w, a->octets);
    else
        rtcp_encode(&w, a->message);
    if (w.full || (a->message && a->message->mem->full)) {
        session_answer(x, x->in->token, "the packet does not fit into a datagram");
        return;
    }
    if (send_octets(s, x, wr_span(&w), !a->rtp_flow, a))
        s->reports++;
}

/* ---- streams ---- */

void tester_stream(struct rtp_session *s, const struct rtp_in *x, const struct rtp_args *a)
{
    struct rtp_steps *t = &s->steps;
    struct rtp_stream *o = &s->out;
    size_t n = a->n_steps ? a->n_steps : a->count;
    const char *why = t->on                                ? "a stream is being sent already"
                      : n == 0                             ? "neither count nor steps are given"
                      : n > RTP_STEPS                      ? "more than 4096 packets"
                      : s->to.family == 0 && !a->to.family ? "nobody said where to"
                      : !s->rtp_open                       ? "the flow is not open"
                                                           : NULL;
    if (why) {
        session_answer(x, x->in->token, why);
        return;
    }
    if (a->to.family)
        s->to = a->to;
    t->on = true;
    t->token = x->in->token;
    t->n = n;
    t->at = 0;
    for (size_t i = 0; i < n; i++)
        t->v[i] = a->n_steps ? a->steps[i] : (struct rtp_step){.n = (uint32_t)i};
    t->ssrc = a->ssrc ? a->ssrc : o->ssrc;
    t->payload_type = (uint8_t)(a->payload_type ? a->payload_type : o->payload_type);
    t->ptime_us = session_us(a->ptime_us, o->ptime_us);
    t->step = a->step ? a->step : (uint32_t)(t->ptime_us * o->clock_rate / 1000000);
    t->first = (uint16_t)(a->sequence ? a->sequence : o->sequence);
    t->timestamp = a->timestamp ? (uint32_t)a->timestamp : o->sent ? o->last_ts + t->step : o->ts0;
    t->marker = a->marker;
    t->begin_us = t->last_us = x->now_us;
    t->payload_n = a->payload.n < sizeof t->payload ? a->payload.n : sizeof t->payload;
    if (t->payload_n)
        memcpy(t->payload, a->payload.p, t->payload_n);
    else
        memset(t->payload, 0xff, t->payload_n = t->step < sizeof t->payload ? t->step : 160);
    tester_steps(s, x);
}

static uint64_t step_at(const struct rtp_steps *t, size_t i)
{
    const struct rtp_step *v = &t->v[i];
    uint64_t at = v->at_us ? v->at_us : v->n * t->ptime_us;
    at = t->begin_us + (at < RTP_MOST_US ? at : RTP_MOST_US);
    return at > t->last_us ? at : t->last_us;
}

static void put_step(struct rtp_session *s, const struct rtp_in *x, uint64_t at_us)
{
    struct rtp_steps *t = &s->steps;
    const struct rtp_step *v = &t->v[t->at];
    struct wr w = {s->wire, sizeof s->wire, 0, false};
    uint32_t timestamp = t->timestamp + (v->timestamp ? (uint32_t)v->timestamp : v->n * t->step);

    rtp_put(&w, (uint8_t)(v->payload_type ? v->payload_type : t->payload_type),
            v->marker || (t->at == 0 && t->marker), (uint16_t)(t->first + v->n), timestamp, t->ssrc,
            (struct span){t->payload, t->payload_n});
    out_send(x->q, RTP_FLOW, wr_span(&w), &(struct pkt){.remote = s->to})->not_before_us = at_us;
    t->last_us = at_us;
    if (t->ssrc != s->out.ssrc)
        return;
    s->out.packets++;
    s->out.octets += t->payload_n;
    s->out.sent = true;
    s->out.sent_us = at_us;
}

static void streamed(struct rtp_session *s, const struct rtp_in *x)
{
    struct rtp_steps *t = &s->steps;
    uint32_t highest = 0;

    for (size_t i = 0; i < t->n; i++)
        highest = t->v[i].n > highest ? t->v[i].n : highest;
    if (t->ssrc == s->out.ssrc) {
        s->out.sequence = (uint16_t)(t->first + highest + 1);
        s->out.last_ts = t->timestamp + highest * t->step;
    }
    t->on = false;
    struct rtp_notice *e = session_answer(x, t->token, NULL);
    if (!e)
        return;
    e->streamed = true;
    e->ssrc = t->ssrc;
    e->first = t->first;
    e->last = (uint16_t)(t->first + highest);
    e->time_us = t->last_us;
}

uint64_t tester_due(const struct rtp_session *s)
{
    const struct rtp_steps *t = &s->steps;

    if (!t->on)
        return NO_DEADLINE;
    if (t->at == t->n)
        return t->last_us;
    uint64_t at = step_at(t, t->at);
    at = at > LEAD_US ? at - LEAD_US : 0;
    return at > t->again_us ? at : t->again_us;
}

void tester_steps(struct rtp_session *s, const struct rtp_in *x)
{
    struct rtp_steps *t = &s->steps;

    for (size_t i = 0; i < BATCH && t->at < t->n; i++) {
        uint64_t at = step_at(t, t->at);
        if (at > x->now_us + LEAD_US)
            break;
        put_step(s, x, at);
        t->at++;
    }
    t->again_us = x->now_us + 1;
    if (t->at == t->n && x->now_us >= t->last_us)
        streamed(s, x);
}
