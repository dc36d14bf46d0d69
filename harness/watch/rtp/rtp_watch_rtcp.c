/* harness/watch/rtp/rtp_watch_rtcp.c - RTCP: who reports when, and what reports say beside what passed.
 *
 * SRTCP looks like RTCP and is ciphertext behind the first SSRC. Its tag and index stand where the next packet
 * would: contents count only where packets of RTCP's types fill the datagram to its last octet. That a compound
 * lacks a CNAME, say, does not matter here. */
#include "harness/watch/rtp/rtp_watch.h"

enum { SEQ_HALF = 32768 };

static bool whole(const struct watch_seen *s, const struct rtcp_compound *c)
{
    bool good = !s->cut && !c->truncated && c->rest.n == 0 && c->n_packets > 0;

    for (size_t i = 0; i < c->n_packets; i++) {
        uint8_t type = rtcp_packet_type(&c->packets[i]);
        good &= type >= RTCP_SR && type <= RTCP_XR && !c->packets[i].broken;
    }
    return good;
}

static void broke(struct rtp_stream *t, enum rtp_told kind, const struct watch_sink *out,
                  const struct watch_seen *s, const struct rtcp_packet *p, struct finding f,
                  uint32_t related)
{
    f.off = (uint64_t)(p->p - s->octets.p);
    f.len = 4 * (uint64_t)p->length + 4;
    rtp_watch_broke(t, kind, out, s, f, related);
}

/* The source that a compound comes from: a stream of the same SSRC, else one without RTP. */
static struct rtp_stream *source(struct rtp_watch *w, const struct watch_seen *s, uint32_t ssrc,
                                 const struct watch_sink *out)
{
    struct rtp_stream *t = rtp_stream_near_again(w, s->place, s->flow, &s->from, &s->to, ssrc);

    if (!t) {
        t = rtp_stream_find(w, s, ssrc, true, out);
        rtp_stream_remember(t, s->place);
    }
    return t;
}

/* ---- when ---- */

/* Compounds that begin with a report and hold no feedback and no BYE go by the interval of RFC3550:6.3; others may
 * come at once (RFC 4585). The lower bound of a sender that reconsiders its timer holds for what it really does: a
 * compound leaves no sooner after the one before than half of the minimum, divided by e - 3/2. */
static void interval(struct rtp_watch *w, struct rtp_stream *t, const struct watch_seen *s,
                     const struct rtcp_compound *c, const struct watch_sink *out)
{
    bool regular = c->packets[0].type == RTCP_SR || c->packets[0].type == RTCP_RR;

    for (size_t i = 0; i < c->n_packets; i++)
        regular &= c->packets[i].type != RTCP_BYE &&
                   rtcp_packet_type(&c->packets[i]) != RTCP_RTPFB &&
                   rtcp_packet_type(&c->packets[i]) != RTCP_PSFB;
    if (!regular || !whole(s, c))
        return;
    uint64_t since = s->now_us - t->regular_us;
    uint32_t before = t->regular_frame;
    bool again = t->regular && s->now_us >= t->regular_us;
    t->regular = true;
    t->regular_us = s->now_us;
    t->regular_frame = s->frame;
    if (!again)
        return;
    rtp_sums_add(&t->intervals_ms, (double)since / 1e3);
    watch_tell(out, RTP_F_INTERVAL, since / 1000, s, before);
    if (since < 1000ull * RTP_SHORT_RTCP_MS) {
        t->rtcp.short_intervals++;
        watch_tell(out, RTP_F_SHORT, 1, s, before);
    }
    double least = w->known.rtcp_minimum_ms * 1e3 * 0.5 / (2.718281828459045 - 1.5);
    if (w->o.origin && w->o.beside && w->known.rtcp_minimum_ms &&
        (double)since + (double)w->o.slack_us < least)
        broke(t, RTP_T_INTERVAL, out, s, &c->packets[0],
              (struct finding){.clause = "RFC3550:6.2#12",
                               .what =
                                   "a report %u ms after the one before, where %u ms are the least "
                                   "that chance allows",
                               .level = SHOULD,
                               .arg = {since / 1000, (uint64_t)(least / 1e3)}},
              before);
}

/* ---- sender reports ---- */

/* Counts since the sender began with this SSRC. They shrink for nobody who goes on with it: only a report that
 * is later by its own clock too is compared, and none after a pause. Octets are compared where all came once and in
 * order: else one that came twice may stand in for one that is late. */
static void counts(struct rtp_watch *w, struct rtp_stream *t, const struct watch_seen *s,
                   const struct rtcp_packet *p, const struct watch_sink *out)
{
    uint64_t ntp = (uint64_t)p->ntp_seconds << 32 | p->ntp_fraction;
    bool all = w->o.origin && w->o.beside && !t->shared && !w->gone;
    bool later = t->rtcp.sr && ntp && ntp > t->sr_ntp && s->now_us >= t->sr_us &&
                 s->now_us - t->sr_us < 60000000;

    if (later && (int32_t)(p->packet_count - t->rtcp.sr_packets) < 0)
        broke(t, RTP_T_SR, out, s, p,
              (struct finding){.clause = "RFC3550:6.4.1#a15",
                               .what = "the sender's packet count goes back from %u to %u",
                               .level = STMT,
                               .arg = {t->rtcp.sr_packets, p->packet_count}},
              t->sr_frame);
    else if (later && (int32_t)(p->octet_count - t->rtcp.sr_octets) < 0)
        broke(t, RTP_T_SR, out, s, p,
              (struct finding){.clause = "RFC3550:6.4.1#a16",
                               .what = "the sender's octet count goes back from %u to %u",
                               .level = STMT,
                               .arg = {t->rtcp.sr_octets, p->octet_count}},
              t->sr_frame);
    else if (all && p->packet_count > t->packets + RTP_SR_AHEAD)
        broke(t, RTP_T_SR, out, s, p,
              (struct finding){.clause = "RFC3550:6.4.1#a15",
                               .what = "the sender counts %u packets where %u were sent",
                               .level = STMT,
                               .arg = {p->packet_count, t->packets}},
              t->last_frame);
    else if (all && t->clean && t->packets && p->packet_count == t->packets &&
             p->octet_count != (uint32_t)t->payload)
        broke(t, RTP_T_SR, out, s, p,
              (struct finding){.clause = "RFC3550:6.4.1#a16",
                               .what = "the sender counts %u octets of payload where %u were sent",
                               .level = STMT,
                               .arg = {p->octet_count, (uint32_t)t->payload}},
              t->last_frame);
}

static void sender_report(struct rtp_watch *w, struct rtp_stream *t, const struct watch_seen *s,
                          const struct rtcp_packet *p, const struct watch_sink *out)
{
    uint64_t ntp = (uint64_t)p->ntp_seconds << 32 | p->ntp_fraction;

    counts(w, t, s, p, out);
    t->rtcp.sr_packets = p->packet_count;
    t->rtcp.sr_octets = p->octet_count;
    t->sr_ntp = ntp;
    t->sr_us = s->now_us;
    t->sr_frame = s->frame;
    t->srs[t->n_srs++ % RTP_SRS] = (struct rtp_sr){
        ntp != 0, rtcp_ntp_middle(p->ntp_seconds, p->ntp_fraction), s->frame, s->now_us};
}

/* ---- reception reports ---- */

static void round_trip(struct rtp_stream *t, const struct watch_seen *s,
                       const struct rtcp_report *r, const struct watch_sink *out)
{
    uint64_t held = (uint64_t)r->dlsr * 1000000 >> 16;

    for (size_t i = 0; i < RTP_SRS; i++) {
        const struct rtp_sr *sr = &t->srs[i];
        if (!sr->used || sr->middle != r->lsr || s->now_us < sr->at_us + held)
            continue;
        uint64_t rtt = s->now_us - sr->at_us - held;
        rtp_sums_add(&t->rtts_ms, (double)rtt / 1e3);
        watch_tell(out, RTP_F_RTT, rtt, s, sr->frame);
        return;
    }
}

/* Whether 16 bits tell which number a report means: it was made after the one before from the same source, so its number
 * lies between that one's and the highest now. Where more than half of the space lies between them, a report that was on
 * its way for a moment would look like one that is ahead. */
static bool plain_number(struct rtp_stream *t, uint32_t by, uint16_t highest)
{
    uint64_t now = t->cycles + t->max_seq, from = t->judged_by == by && by ? t->judged : t->base;
    bool plain = now - from < SEQ_HALF;

    t->judged_by = by;
    t->judged = now - (uint16_t)(t->max_seq - highest);
    if (!plain || t->judged < t->base)
        t->judged = t->base;
    return plain;
}

/* What a report says of a stream whose packets were all seen. Loss that it adds may be a queue of the receiver's
 * host, so more loss than passed is no finding; a number that was never sent, and packets that came more often
 * than they were sent, are. */
static void judge(const struct rtp_watch *w, struct rtp_stream *t, const struct watch_seen *s,
                  const struct rtcp_packet *p, const struct rtcp_report *r,
                  const struct watch_sink *out)
{
    int ahead = rtp_sequence_diff((uint16_t)r->highest_sequence, t->max_seq);

    if (!w->o.origin || !t->packets || t->restarts || t->strays || t->shared || w->gone ||
        !plain_number(t, p->ssrc, (uint16_t)r->highest_sequence))
        return;
    if (ahead > 0)
        broke(t, RTP_T_REPORT, out, s, p,
              (struct finding){.clause = "RFC3550:6.4.1#a25",
                               .what =
                                   "a report has %u as the highest sequence number where %u is the "
                                   "highest that was sent",
                               .level = STMT,
                               .arg = {r->highest_sequence & 0xffff, t->max_seq}},
              t->last_frame);
    else if (w->o.beside && t->clean && rtcp_lost(r) < 0)
        broke(t, RTP_T_REPORT, out, s, p,
              (struct finding){
                  .clause = "RFC3550:6.4.1#a22",
                  .what = "a report has %u packets too many of a stream in which none came twice",
                  .level = STMT,
                  .arg = {(uint64_t) - (int64_t)rtcp_lost(r)}},
              t->last_frame);
}

static void report(struct rtp_watch *w, struct rtp_stream *from, const struct watch_seen *s,
                   const struct rtcp_packet *p, const struct rtcp_report *r,
                   const struct watch_sink *out)
{
    struct rtp_stream *t =
        rtp_stream_near_again(w, &from->about, s->flow, &s->to, &s->from, r->ssrc);

    if (!t)
        return;
    struct rtp_reported *v = &t->reported;
    v->reports++;
    v->by = p->ssrc;
    v->last_us = s->now_us;
    v->fraction_lost = (uint8_t)r->fraction_lost;
    v->cumulative_lost = rtcp_lost(r);
    v->highest_sequence = r->highest_sequence;
    v->jitter = r->jitter;
    v->jitter_here = (uint32_t)t->jitter;
    v->lost_here = (int64_t)(rtp_expected(t) - t->expected_before) - (int64_t)t->part;
    if (r->fraction_lost / 256.0 > v->max_fraction_lost)
        v->max_fraction_lost = r->fraction_lost / 256.0;
    if (r->lsr)
        round_trip(t, s, r, out);
    judge(w, t, s, p, r, out);
}

/* ---- other packets ---- */

static void bye(struct rtp_watch *w, const struct watch_seen *s, const struct rtcp_packet *p,
                const struct watch_sink *out)
{
    struct rd r = rd_of(p->list);
    uint32_t ssrc;

    while (rtcp_next_ssrc(&r, &ssrc)) {
        struct rtp_stream *t = rtp_stream_near(w, s->flow, &s->from, &s->to, ssrc);
        if (!t)
            continue;
        t->rtcp.bye++;
        t->left = true;
        t->rtcp.left = true;
        t->rtcp.left_us = s->now_us;
        t->left_frame = s->frame;
        (void)out;
    }
}

static void count(struct rtp_heard *h, const struct rtcp_packet *p)
{
    h->sr += p->type == RTCP_SR;
    h->rr += p->type == RTCP_RR;
    h->sdes += p->type == RTCP_SDES;
    h->app += p->type == RTCP_APP;
    h->xr += p->type == RTCP_XR;
    h->feedback += rtcp_packet_type(p) == RTCP_RTPFB || rtcp_packet_type(p) == RTCP_PSFB;
}

static void cname(struct rtp_stream *t, const struct rtcp_compound *c)
{
    struct span name;

    if (!rtcp_cname(c, t->ssrc, &name))
        return;
    name = span_cut(name, 0, sizeof t->rtcp.cname - 1);
    memset(t->rtcp.cname, 0, sizeof t->rtcp.cname);
    if (name.n)
        memcpy(t->rtcp.cname, name.p, name.n);
}

static void packet(struct rtp_watch *w, struct rtp_stream *t, const struct watch_seen *s,
                   const struct rtcp_packet *p, const struct watch_sink *out)
{
    struct rd r = rd_of(p->list);
    struct rtcp_report v;

    if (p->kind == RTCP_K_SR && p->ssrc == t->ssrc)
        sender_report(w, t, s, p, out);
    if (p->kind == RTCP_K_SR || p->kind == RTCP_K_RR)
        while (rtcp_next_report(&r, &v))
            report(w, t, s, p, &v, out);
    if (p->kind == RTCP_K_BYE)
        bye(w, s, p, out);
    count(&t->rtcp, p);
}

/* The SSRC of who sent a compound: that of its first packet that has one. */
static bool sender(const struct rtcp_compound *c, uint32_t *ssrc)
{
    for (size_t i = 0; i < c->n_packets; i++) {
        const struct rtcp_packet *p = &c->packets[i];
        struct rd r = rd_of(p->list);
        if (p->kind == RTCP_K_BYE)
            return rtcp_next_ssrc(&r, ssrc);
        if (p->kind != RTCP_K_RAW && p->kind != RTCP_K_SDES) {
            *ssrc = p->ssrc;
            return true;
        }
    }
    return false;
}

void rtp_watch_rtcp(struct rtp_watch *w, const struct watch_seen *s, const struct rtcp_compound *c,
                    const struct watch_sink *out)
{
    uint32_t ssrc;

    watch_tell(out, RTP_F_COMPOUNDS, 1, s, 0);
    if (!sender(c, &ssrc))
        return;
    struct rtp_stream *t = source(w, s, ssrc, out);
    t->touched = true;
    t->rtcp.compounds++;
    t->rtcp.first_us = t->rtcp.compounds == 1 ? s->now_us : t->rtcp.first_us;
    t->rtcp.last_us = s->now_us;
    if (!whole(s, c))
        return;
    interval(w, t, s, c, out);
    cname(t, c);
    for (size_t i = 0; i < c->n_packets; i++)
        packet(w, t, s, &c->packets[i], out);
}
