/* fuzz/state/rtp_lawful.c - what lawful parties do. */
#include "fuzz/state/rtp_lawful.h"
#include "codecs/rtp/rtcp.h"

enum { TEXT_PARTY = 2, UNIT_US = 125, FRAME = 160, FRAME_US = 20000, TEXT_US = 300000 };
enum act {
    A_PACKET, /* and the values up to A_PACKETS */
    A_PACKETS = 5,
    A_SILENCE,
    A_LATE,
    A_TWICE,
    A_MISSED,
    A_SR,
    A_RR,
    A_TYPE,
    A_KEY,
    A_LEAVE,
    A_CLOCK,
};

static struct addr place(const struct rtp_lawful *l, unsigned side, bool rtcp)
{
    return (struct addr){.family = 4,
                         .ip = {10, 77, 0, (uint8_t)(1 + side)},
                         .port = (uint16_t)(7000 + 2 * side + (rtcp && !l->o.mux))};
}

/* The text party stands where the first one does. */
static unsigned side_of(const struct rtp_lawful *l, const struct rtp_lawful_party *p)
{
    return p == &l->v[1];
}

static void show(struct rtp_lawful *l, const struct rtp_lawful_party *p, struct span octets,
                 bool rtcp)
{
    struct addr from = place(l, side_of(l, p), rtcp), to = place(l, !side_of(l, p), rtcp);
    l->o.show(l->o.ctx, (uint64_t)((int64_t)l->now_us + l->skew_us), &from, &to, octets);
}

/* ---- the network ---- */

/* A packet has come to the other side: RFC3550:A.1, without the checks of a receiver that distrusts. */
static void arrives(struct rtp_lawful_party *p, struct span octets)
{
    uint16_t seq = get_u16(octets.p + 2);
    int ahead = rtp_sequence_diff(seq, (uint16_t)p->highest);

    if (p->got == 0)
        p->base = p->highest = 65536u + seq;
    else if (ahead > 0)
        p->highest += (uint32_t)ahead;
    p->got++;
}

static void deliver(struct rtp_lawful *l, struct rtp_lawful_party *p,
                    const struct rtp_lawful_packet *k)
{
    struct span octets = {k->p, k->n};
    if (get_u32(k->p + 8) == p->ssrc)
        arrives(p, octets);
    show(l, p, octets, false);
}

static void release(struct rtp_lawful *l, struct rtp_lawful_party *p)
{
    if (p->held.n)
        deliver(l, p, &p->held);
    p->held.n = 0;
}

/* How a packet goes its way. */
enum way { W_STRAIGHT, W_LATE, W_LOST, W_UNSEEN };

static void sends(struct rtp_lawful *l, struct rtp_lawful_party *p, bool marker, uint8_t type,
                  uint32_t timestamp, struct span payload, enum way way)
{
    struct rtp_lawful_packet k;
    struct wr w = {k.p, sizeof k.p, 0, false};

    rtp_put(&w, type, marker, p->sequence++, timestamp, p->ssrc, payload);
    k.n = w.n;
    p->sent++;
    p->octets += (uint32_t)payload.n;
    if (way == W_LATE && !p->held.n) {
        p->held = k;
        p->wait = 2;
        return;
    }
    memmove(p->recent + 1, p->recent, sizeof p->recent - sizeof *p->recent);
    p->recent[0] = k;
    if (way == W_UNSEEN)
        arrives(p, (struct span){k.p, k.n});
    else if (way != W_LOST)
        deliver(l, p, &k);
    if (p->held.n && --p->wait == 0)
        release(l, p);
}

/* ---- what parties send ---- */

static void audio(struct rtp_lawful *l, struct rtp_lawful_party *p, unsigned much, enum way way)
{
    uint8_t samples[FRAME];
    uint32_t n = much == 3 ? FRAME / 2 : FRAME;

    for (uint32_t i = 0; i < n; i++)
        samples[i] = (uint8_t)(p->timestamp + i * 7);
    l->now_us += (uint64_t)n * UNIT_US;
    sends(l, p, p->quiet, p->type, p->timestamp, (struct span){samples, n}, way);
    p->timestamp += n;
    p->quiet = false;
}

/* The next packet of an event, which stands under the time that it began at; the end is sent three times. */
static void key(struct rtp_lawful *l, struct rtp_lawful_party *p, unsigned much, enum way way)
{
    bool first = p->duration == FRAME && !p->ends;
    uint8_t payload[4] = {p->key, 10};

    l->now_us += FRAME_US;
    if (!p->ends && p->duration >= FRAME * 3 && (much == 3 || p->duration >= FRAME * 40))
        p->ends = 3;
    payload[1] |= p->ends ? 0x80 : 0;
    put_u16(payload + 2, p->duration);
    sends(l, p, first, RTP_LAWFUL_KEY, p->timestamp, (struct span){payload, 4}, way);
    if (!p->ends) {
        p->duration = (uint16_t)(p->duration + FRAME);
    } else if (--p->ends == 0) {
        p->timestamp += p->duration + 2u * FRAME;
        p->duration = 0;
        p->quiet = true;
    }
}

static void text(struct rtp_lawful *l, struct rtp_lawful_party *p, unsigned much, enum way way)
{
    uint8_t out[64];
    struct wr w = {out, sizeof out, 0, false};
    struct rtp_lawful_text t = {.n = (uint8_t)much};
    bool with[2];

    l->now_us += TEXT_US;
    t.timestamp = p->timestamp + (uint32_t)((l->now_us - l->begin_us) / 1000);
    for (unsigned i = 2; i-- > 0;) { /* oldest first */
        uint32_t offset = t.timestamp - p->text[i].timestamp;
        with[i] = p->sent > i && offset < 1u << 14;
        if (with[i])
            wr_u32(&w, 0x80000000u | (uint32_t)RTP_LAWFUL_TEXT << 24 | offset << 10 | p->text[i].n);
    }
    wr_u8(&w, RTP_LAWFUL_TEXT);
    for (unsigned i = 2; i-- > 0;)
        if (with[i])
            wr_put(&w, (struct span){p->text[i].octets, p->text[i].n});
    for (unsigned i = 0; i < t.n; i++)
        t.octets[i] = (uint8_t)('a' + (p->sequence + i) % 26);
    wr_put(&w, (struct span){t.octets, t.n});
    sends(l, p, p->quiet, RTP_LAWFUL_RED, t.timestamp, wr_span(&w), way);
    p->quiet = false;
    p->text[1] = p->text[0];
    p->text[0] = t;
}

static void packet(struct rtp_lawful *l, struct rtp_lawful_party *p, unsigned much, enum way way)
{
    if (p == &l->v[TEXT_PARTY])
        text(l, p, much, way);
    else if (p->duration)
        key(l, p, much, way);
    else
        audio(l, p, much, way);
}

static void silence(struct rtp_lawful *l, struct rtp_lawful_party *p, unsigned much)
{
    uint32_t units = (much + 1) * (much + 1) * 4000;

    l->now_us += (uint64_t)units * UNIT_US;
    if (!p->duration)
        p->timestamp += p == &l->v[TEXT_PARTY] ? 0 : units;
    p->quiet = true;
}

/* ---- RTCP ---- */

static void ntp(const struct rtp_lawful *l, uint32_t *seconds, uint32_t *fraction)
{
    *seconds = (uint32_t)(3900000000u + l->now_us / 1000000);
    *fraction = (uint32_t)((l->now_us % 1000000 << 32) / 1000000);
}

static void block(const struct rtp_lawful *l, struct wr *w, const struct rtp_lawful_party *of)
{
    wr_u32(w, of->ssrc);
    wr_u32(w, (of->highest - of->base + 1 - of->got) & 0xffffff);
    wr_u32(w, of->highest);
    wr_u32(w, 0);
    wr_u32(w, of->middle);
    wr_u32(w, of->middle ? (uint32_t)(((l->now_us - of->sr_us) << 16) / 1000000) : 0);
}

/* A compound of `p`: SR where it has sent, RR else or where told; a report on the other side; SDES; BYE. */
static void report(struct rtp_lawful *l, struct rtp_lawful_party *p, bool rr, bool leaves)
{
    const struct rtp_lawful_party *other = &l->v[p == &l->v[0] ? 1 : 0];
    bool sr = p->sent && !rr, about = p != &l->v[TEXT_PARTY] && other->got;
    uint8_t out[128];
    struct wr w = {out, sizeof out, 0, false};
    uint32_t seconds, fraction;

    l->now_us += 1000;
    ntp(l, &seconds, &fraction);
    wr_u8(&w, (uint8_t)(0x80 + about));
    wr_u8(&w, sr ? RTCP_SR : RTCP_RR);
    wr_u16(&w, (uint16_t)(1 + (sr ? 5 : 0) + (about ? 6 : 0)));
    wr_u32(&w, p->ssrc);
    if (sr) {
        wr_u32(&w, seconds);
        wr_u32(&w, fraction);
        wr_u32(&w, p->timestamp);
        wr_u32(&w, p->sent);
        wr_u32(&w, p->octets);
        p->middle = rtcp_ntp_middle(seconds, fraction);
        p->sr_us = l->now_us;
    }
    if (about)
        block(l, &w, other);
    wr_u32(&w, 0x81ca0003);
    wr_u32(&w, p->ssrc);
    wr_u32(&w, 0x01056c61); /* CNAME "lawfu", and the end */
    wr_u32(&w, 0x77667500);
    if (leaves) {
        wr_u32(&w, 0x81cb0001);
        wr_u32(&w, p->ssrc);
    }
    show(l, p, wr_span(&w), true);
}

static void enters(struct rtp_lawful *l, struct rtp_lawful_party *p)
{
    *p = (struct rtp_lawful_party){.ssrc = 0x1a3f0000u + 0x101u * l->ssrcs++,
                                   .timestamp = 0xfffff000u + 7777u * l->ssrcs,
                                   .sequence = (uint16_t)(l->o.sequence + 11 * l->ssrcs),
                                   .quiet = true};
}

/* It leaves, and comes again under another SSRC. */
static void leave(struct rtp_lawful *l, struct rtp_lawful_party *p)
{
    release(l, p);
    if (p->sent)
        report(l, p, false, true);
    l->now_us += FRAME_US;
    enters(l, p);
}

/* ---- choices ---- */

void rtp_lawful_begin(struct rtp_lawful *l, const struct rtp_lawful_options *o, uint64_t now_us)
{
    *l = (struct rtp_lawful){.o = *o, .now_us = now_us, .begin_us = now_us};
    for (unsigned i = 0; i < RTP_LAWFUL_PARTIES; i++)
        enters(l, &l->v[i]);
}

static void twice(struct rtp_lawful *l, struct rtp_lawful_party *p, unsigned much)
{
    l->now_us += 1000;
    if (p->recent[much].n)
        deliver(l, p, &p->recent[much]);
}

/* What an observer without promises may have: packets that it does not see, a clock that steps. */
static void blind(struct rtp_lawful *l, struct rtp_lawful_party *p, enum act act, unsigned much)
{
    if (act == A_MISSED && !l->o.origin)
        packet(l, p, much, much & 1 ? W_UNSEEN : W_LOST);
    else if (act == A_CLOCK && !l->o.origin && !l->o.beside)
        l->skew_us = (int64_t[]){0, -1500000, 3000000, -9000000}[much];
    else
        packet(l, p, much, W_STRAIGHT);
}

void rtp_lawful_act(struct rtp_lawful *l, uint8_t choice)
{
    struct rtp_lawful_party *p = &l->v[(choice >> 4 & 3) % RTP_LAWFUL_PARTIES];
    unsigned much = choice >> 6;
    enum act act = choice & 15;

    if (act <= A_PACKETS)
        packet(l, p, much, W_STRAIGHT);
    else if (act == A_SILENCE)
        silence(l, p, much);
    else if (act == A_LATE)
        packet(l, p, much, W_LATE);
    else if (act == A_TWICE)
        twice(l, p, much);
    else if (act == A_SR || act == A_RR)
        report(l, p, act == A_RR && !p->sent, false);
    else if (act == A_TYPE && p != &l->v[TEXT_PARTY])
        p->type = (uint8_t)(much & 1 ? 8 : 0);
    else if (act == A_KEY && p != &l->v[TEXT_PARTY] && !p->duration)
        p->duration = FRAME, p->key = (uint8_t)(p->sequence % 16);
    else if (act == A_LEAVE)
        leave(l, p);
    else
        blind(l, p, act, much);
}
