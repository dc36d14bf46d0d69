/* harness/endpoints/rtp/rtp_receive.c - what comes: RFC 3550 sections 6.3.3, 6.3.4, A.1, A.2. */
#include "harness/endpoints/rtp/rtp_session.h"

static bool quiet(const struct rtp_session *s)
{
    return s->role == RTP_ROLE_SESSION && s->c.manual;
}

uint32_t session_clock(const struct rtp_session *s, uint8_t payload_type)
{
    const struct rtp_static *st = rtp_static_type(payload_type);

    for (size_t i = 0; i < s->c.n_types; i++)
        if (s->c.types[i].payload_type == payload_type)
            return s->c.types[i].clock_rate ? s->c.types[i].clock_rate : 8000;
    if (payload_type == s->c.text_type || payload_type == s->c.red_type)
        return 1000;
    if (payload_type == s->c.payload_type || payload_type == s->c.event_type)
        return s->c.clock_rate;
    if (payload_type == 0 || payload_type == 8 || payload_type == 13)
        return st ? st->clock_rate : 8000;
    return 0;
}

/* ---- RTP ---- */

/* An event about the datagram that came, and its view, NULL where there is none. No event: the queue is full. */
static struct rtp_notice *tell(const struct rtp_in *x, const char *name, enum rtp_notice_kind kind,
                               const struct codec *codec, const void **view)
{
    struct rtp_notice *e = session_event(x, name, 0, kind);
    struct findings none = {0};

    *view = NULL;
    if (!e)
        return NULL;
    e->from = x->in->pkt.remote;
    e->local = x->in->pkt.local;
    e->frame = x->in->pkt.frame;
    e->flow = x->in->flow != RTP_FLOW;
    e->codec = codec->name;
    e->octets = arena_copy(&x->q->mem, x->in->data);
    if (!x->q->mem.full && codec->decode(e->octets, &x->q->mem, view, &none) != STEP_ITEM)
        *view = NULL;
    return e;
}

/* Each packet that has come, for a tester. */
static void tell_packet(struct rtp_session *s, const struct rtp_in *x, const struct rtp_packet *r)
{
    const void *view;
    struct rtp_notice *e = tell(x, "packet", RTP_K_PACKET, &rtp_codec, &view);

    if (!e)
        return;
    e->message = view;
    e->ssrc = r->ssrc;
    e->sequence = r->sequence;
    e->timestamp = r->timestamp;
    e->payload_type = r->payload_type;
    e->marker = r->marker;
    if (e->message && r->payload_type == s->c.event_type)
        e->tones = rtp_tones(&x->q->mem, e->message->payload, &e->n_tones);
    if (e->message && r->payload_type == s->c.red_type)
        e->blocks = rtp_blocks(&x->q->mem, e->message->payload, &e->n_blocks);
    x->q->full |= x->q->mem.full;
}

static void tell_other(const struct rtp_in *x)
{
    struct rtp_notice *e = session_event(x, "other", 0, RTP_K_OTHER);

    if (!e)
        return;
    e->from = x->in->pkt.remote;
    e->local = x->in->pkt.local;
    e->frame = x->in->pkt.frame;
    e->flow = x->in->flow != RTP_FLOW;
    e->octets = arena_copy(&x->q->mem, x->in->data);
    x->q->full |= x->q->mem.full;
}

static void tell_played(struct rtp_session *s, const struct rtp_in *x, const struct rtp_packet *r)
{
    s->played++;
    if (s->role != RTP_ROLE_RECEIVER)
        return;
    struct rtp_notice *e = session_event(x, "played", 0, RTP_K_PLAYED);
    if (!e)
        return;
    e->ssrc = r->ssrc;
    e->sequence = r->sequence;
    e->timestamp = r->timestamp;
    e->payload_type = r->payload_type;
    e->marker = r->marker;
    e->data = arena_copy(&x->q->mem, r->payload);
    x->q->full |= x->q->mem.full;
}

/* Whether the packet is the first with its number among the last 64; those that are older count as doubled. */
static bool is_new(struct rtp_member *m, uint16_t sequence, uint16_t before)
{
    int ahead = rtp_sequence_diff(sequence, before);

    if (ahead > 0) {
        m->recent = (ahead < 64 ? m->recent << ahead : 0) | 1;
        return true;
    }
    if (ahead <= -64)
        return false;
    uint64_t bit = UINT64_C(1) << -ahead;
    bool is = !(m->recent & bit);
    m->recent |= bit;
    return is;
}

static void play(struct rtp_session *s, const struct rtp_in *x, const struct rtp_packet *r)
{
    if (r->payload_type == s->c.event_type)
        session_tone(s, x, r);
    else if (r->payload_type == s->c.text_type || r->payload_type == s->c.red_type)
        session_text_in(s, x, r);
    tell_played(s, x, r);
}

/* A packet of a known source: sequence, jitter, and, where it is taken, what it carries. */
static void take(struct rtp_session *s, const struct rtp_in *x, struct rtp_member *m,
                 const struct rtp_packet *r)
{
    uint32_t clock = session_clock(s, r->payload_type);
    uint16_t before = m->order.max_seq;
    uint32_t base = m->order.base_seq;
    bool first = m->sent_us == 0;

    if (!clock && !session_flag(s, "unknown-type-played") &&
        (first || session_flag(s, "unknown-type-not-counted"))) {
        m->ignored++; /* A.1: what nobody understands proves nothing */
        return;
    }
    if (!m->begun)
        rtp_order_new(&m->order, r->sequence);
    m->begun = true;
    if (session_flag(s, "no-probation") && m->order.probation)
        m->order.probation = 1;
    if (rtp_order_update(&m->order, r->sequence) != RTP_TAKEN) {
        m->ignored++;
        return;
    }
    m->heard = true;
    m->sent_us = x->now_us ? x->now_us : 1;
    rtp_order_arrival(&m->order, x->now_us, r->timestamp, clock ? clock : m->order.clock_rate);
    if (!m->sender) {
        m->sender = true;
        members_count(s);
    }
    member_valid(s, x, m);
    bool fresh;
    if (first || base != m->order.base_seq) { /* a new sequence */
        m->recent = 1;
        fresh = true;
    } else {
        fresh = is_new(m, r->sequence, before);
    }
    if (!clock && !session_flag(s, "unknown-type-played"))
        m->ignored++; /* 5.1#6 */
    else if (fresh || session_flag(s, "doubled-played"))
        play(s, x, r);
}

static void contributors(struct rtp_session *s, const struct rtp_in *x, const struct rtp_packet *r)
{
    for (size_t i = 0; i < r->csrc.n / 4; i++) {
        uint32_t ssrc = rtp_csrc(r, i);
        if (ssrc == s->out.ssrc)
            continue;
        struct rtp_member *m = member_add(s, ssrc, x->now_us);
        if (!m)
            continue;
        m->last_us = x->now_us;
        if (!m->valid && !m->left) {
            m->valid = true; /* by the packet that names it: 6.3.3 */
            members_count(s);
        }
    }
}

void session_rtp(struct rtp_session *s, const struct rtp_in *x)
{
    struct rtp_packet r;
    struct findings none = {0};
    bool whole = rtp_decode_header(x->in->data, &r), known = whole;

    /* A.1: 200 and 201 in the octet with marker and payload type are SR and RR */
    if (whole && rtp_is_rtcp(x->in->data) && !s->c.mux &&
        (r.payload_type == 72 || r.payload_type == 73))
        known = false;
    if (s->role == RTP_ROLE_SESSION && !(s->c.strict && !known)) {
        if (whole || rtp_decode(x->in->data, &r, &none) == STEP_ITEM)
            tell_packet(s, x, &r);
        else
            tell_other(x);
    }
    if (!known) {
        s->rejected++;
        return;
    }
    struct rtp_member *m = member_find(s, r.ssrc);
    if (m && m->left) { /* a straggler after its BYE */
        if (!session_flag(s, "straggler-taken"))
            return;
        *m = (struct rtp_member){0};
    }
    if (!session_no_conflict(s, x, r.ssrc, false))
        return;
    m = member_add(s, r.ssrc, x->now_us);
    if (!m)
        return;
    m->rtp = x->in->pkt.remote;
    m->last_us = x->now_us;
    s->learned = x->in->pkt.remote;
    take(s, x, m, &r);
    if (m->valid)
        contributors(s, x, &r);
}

/* ---- RTCP ---- */

/* RFC3550:A.2. */
static bool is_valid(const struct rtp_session *s, const struct rtcp_compound *c)
{
    uint8_t first;

    if (c->n_packets == 0 || c->rest.n || c->truncated)
        return false;
    first = rtcp_packet_type(&c->packets[0]);
    if (first != RTCP_SR && first != RTCP_RR && !s->c.reduced_size)
        return false;
    for (size_t i = 0; i < c->n_packets; i++)
        if (c->packets[i].version != RTCP_VERSION ||
            (c->packets[i].padding && i + 1 < c->n_packets))
            return false;
    return true;
}

static struct rtp_member *heard(struct rtp_session *s, const struct rtp_in *x, uint32_t ssrc)
{
    struct rtp_member *m = member_find(s, ssrc);

    if ((m && m->left) || !session_no_conflict(s, x, ssrc, true))
        return NULL;
    if (ssrc == s->out.ssrc)
        return NULL;
    m = member_add(s, ssrc, x->now_us);
    if (m) {
        m->rtcp = x->in->pkt.remote;
        m->last_us = x->now_us;
    }
    return m;
}

static void sdes(struct rtp_session *s, const struct rtp_in *x, const struct rtcp_packet *p)
{
    struct rd r = rd_of(p->list);
    struct rtcp_chunk chunk;
    struct rtcp_item item;

    while (rtcp_next_chunk(&r, &chunk)) {
        struct rd items = rd_of(chunk.items);
        while (rtcp_next_item(&items, &item)) {
            if (item.type != RTCP_CNAME)
                continue;
            struct rtp_member *m = heard(s, x, chunk.ssrc);
            if (!m)
                break;
            m->cname_n = (uint8_t)(item.text.n < RTP_CNAME_KEPT ? item.text.n : RTP_CNAME_KEPT);
            if (m->cname_n)
                memcpy(m->cname, item.text.p, m->cname_n);
            member_valid(s, x, m); /* 6.2.1 */
        }
    }
}

static void tell_bye(struct rtp_session *s, const struct rtp_in *x, uint32_t ssrc,
                     const struct rtcp_packet *p)
{
    struct rtp_notice *e;

    if (quiet(s) || !(e = session_event(x, "bye", 0, RTP_K_BYE)))
        return;
    e->ssrc = ssrc;
    e->from = x->in->pkt.remote;
    if (p->has_reason)
        e->data = arena_copy(&x->q->mem, p->tail);
    x->q->full |= x->q->mem.full;
}

/* RFC3550:6.3.4, and 6.3.7 while a BYE of our own waits. */
static void bye(struct rtp_session *s, const struct rtp_in *x, const struct rtcp_packet *p)
{
    struct rd r = rd_of(p->list);
    uint32_t ssrc;

    if (s->timing.leaving)
        s->timing.members++;
    while (rtcp_next_ssrc(&r, &ssrc)) {
        struct rtp_member *m = member_find(s, ssrc);
        if (!m || m->left || ssrc == s->out.ssrc || session_flag(s, "bye-ignored"))
            continue;
        if (!session_no_conflict(s, x, ssrc, true))
            continue;
        if (m->valid)
            tell_bye(s, x, ssrc, p);
        m->left = true;
        m->left_us = x->now_us;
        m->sender = false;
    }
    members_count(s);
    if (!s->timing.leaving && !session_flag(s, "no-reconsideration"))
        rtp_timing_reverse(&s->timing, x->now_us);
}

static void process(struct rtp_session *s, const struct rtp_in *x, const struct rtcp_packet *p)
{
    struct rtp_member *m;

    switch (p->kind) {
    case RTCP_K_SR:
        m = heard(s, x, p->ssrc);
        if (m) {
            m->sr_middle = rtcp_ntp_middle(p->ntp_seconds, p->ntp_fraction);
            m->sr_us = x->now_us ? x->now_us : 1;
        }
        break;
    case RTCP_K_RR:
    case RTCP_K_APP:
        heard(s, x, p->ssrc);
        break;
    case RTCP_K_SDES:
        sdes(s, x, p);
        break;
    case RTCP_K_BYE:
        bye(s, x, p);
        break;
    default:
        break; /* 6.1#20 */
    }
}

static void tell_rtcp(const struct rtp_in *x)
{
    const void *view;
    struct rtp_notice *e = tell(x, "rtcp", RTP_K_RTCP, &rtcp_codec, &view);

    if (!e)
        return;
    e->compound = view;
    x->q->full |= x->q->mem.full;
}

void session_rtcp(struct rtp_session *s, const struct rtp_in *x)
{
    struct rtcp_compound c;
    struct findings none = {0};
    bool good = rtcp_decode(x->in->data, &c, s->packets, RTP_COMPOUND, &none) == STEP_ITEM;
    bool has_bye = false;

    if (s->role == RTP_ROLE_SESSION && good)
        tell_rtcp(x);
    else if (s->role == RTP_ROLE_SESSION)
        tell_other(x);
    if (!good || (!is_valid(s, &c) && !session_flag(s, "any-rtcp-taken"))) {
        s->rejected++;
        return;
    }
    for (size_t i = 0; i < c.n_packets; i++)
        has_bye |= c.packets[i].kind == RTCP_K_BYE;
    if (!s->timing.leaving || has_bye)
        rtp_timing_size(&s->timing, x->in->data.n + (x->in->pkt.remote.family == 6 ? RTP_HEADERS6
                                                                                   : RTP_HEADERS4));
    s->learned_rtcp = x->in->pkt.remote;
    for (size_t i = 0; i < c.n_packets; i++)
        process(s, x, &c.packets[i]);
    members_count(s);
}
