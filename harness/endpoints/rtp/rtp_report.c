/* harness/endpoints/rtp/rtp_report.c - RTCP that a participant sends: SR, RR, SDES and BYE; RFC 3550 sections
 * 6.1, 6.3, 6.4, 6.5, 6.6. */
#include "harness/endpoints/rtp/rtp_session.h"

#define NTP_UNIX 2208988800u /* seconds from 1900 to 1970 */
enum {
    AGAIN_US =
        100000,      /* at least, until it is looked again whether there is anybody to report to */
    AT_ONCE = 50,    /* members up to which a BYE may go out at once: 6.3.7 */
    TOOL_EVERY = 24, /* reports: every third slot has another item, every eighth of those TOOL */
};

struct addr session_rtcp_to(const struct rtp_session *s)
{
    struct addr at = s->rtcp_to;

    if (at.family)
        return at;
    at = s->to.family ? s->to : s->learned_rtcp.family ? s->learned_rtcp : s->learned;
    if (!s->c.mux && at.family && (s->to.family || !s->learned_rtcp.family))
        at.port++;
    return at;
}

/* ---- what stands in it ---- */

static void put_block(struct draft *dr, struct node *packet, struct rtp_member *m,
                      const struct rtp_session *s, uint64_t now_us)
{
    struct node *n = rtcp_entry(dr, packet, "reports");
    uint64_t dlsr = m->sr_us ? (now_us - m->sr_us) * 65536 / 1000000 : 0;
    uint32_t highest = rtp_order_highest(&m->order);

    if (session_flag(s, "cycles-not-counted"))
        highest &= 0xffff;
    rtcp_set(dr, n, "ssrc", m->ssrc);
    rtcp_set(dr, n, "fraction_lost", rtp_order_fraction(&m->order));
    rtcp_set(dr, n, "cumulative_lost", (uint32_t)rtp_order_lost(&m->order) & 0xffffff);
    rtcp_set(dr, n, "highest_sequence", highest);
    rtcp_set(dr, n, "jitter", m->order.jitter >> 4);
    rtcp_set(dr, n, "lsr", m->sr_middle);
    rtcp_set(dr, n, "dlsr", dlsr > UINT32_MAX ? UINT32_MAX : dlsr);
    rtp_order_reported(&m->order);
    m->heard = false;
}

/* Blocks of all that were heard since the last report, as many as have room, in turns: 6.1#15, #16. */
static size_t put_blocks(struct rtp_session *s, struct draft *dr, struct node *packet,
                         uint64_t now_us)
{
    size_t n = 0, i = s->turn < s->n_members ? s->turn : 0, left = s->n_members;

    for (; left && n < RTP_REPORTS; left--, i = (i + 1) % s->n_members) {
        struct rtp_member *m = &s->members[i];
        if (!m->used || !m->valid || !m->heard || m->left)
            continue;
        if (n == RTCP_COUNT_MAX) { /* 6.1#9 */
            packet = rtcp_add(dr, RTCP_RR);
            rtcp_set(dr, packet, "ssrc", s->out.ssrc);
        }
        put_block(dr, packet, m, s, now_us);
        n++;
    }
    s->turn = left ? i : 0;
    return n;
}

static void put_sr(struct rtp_session *s, struct draft *dr, struct node *p, uint64_t now_us)
{
    uint64_t us = s->c.wallclock_us + now_us, part = us % 1000000;

    rtcp_set(dr, p, "ntp_seconds", (uint32_t)(us / 1000000 + (s->c.wallclock_us ? NTP_UNIX : 0)));
    rtcp_set(dr, p, "ntp_fraction", (part << 32) / 1000000);
    rtcp_set(dr, p, "rtp_timestamp", stream_ts(&s->out, now_us)); /* of the same instant: 6.4.1#4 */
    rtcp_set(dr, p, "packet_count", (uint32_t)s->out.packets);
    rtcp_set(dr, p, "octet_count", (uint32_t)s->out.octets);
}

static void put_item(struct draft *dr, struct node *chunk, unsigned type, struct span text)
{
    struct node *item = rtcp_entry(dr, chunk, "items");
    rtcp_set(dr, item, "type", type);
    rtcp_set_bytes(dr, item, "text", text);
}

static void put_sdes(struct rtp_session *s, struct draft *dr, uint32_t ssrc)
{
    struct node *chunk = rtcp_entry(dr, rtcp_add(dr, RTCP_SDES), "chunks");

    rtcp_set(dr, chunk, "ssrc", ssrc);
    put_item(dr, chunk, RTCP_CNAME, (struct span){s->cname, s->cname_n});
    if (s->c.tool.n && s->reports % TOOL_EVERY == 2)
        put_item(dr, chunk, RTCP_TOOL, s->c.tool);
}

static void put_bye(struct draft *dr, uint32_t ssrc, struct span reason)
{
    struct node *p = rtcp_add(dr, RTCP_BYE), *n = rtcp_entry(dr, p, "ssrcs");

    rtcp_set(dr, n, "", ssrc);
    if (reason.n)
        rtcp_set_bytes(dr, p, "reason", span_cut(reason, 0, RTP_SDES_MAX));
}

/* ---- sending ---- */

static size_t send_draft(struct rtp_session *s, const struct rtp_in *x, const char *where,
                         struct draft *dr)
{
    struct addr to = session_rtcp_to(s);
    struct deviated dev = env_apply(&s->env, where, dr);
    struct wr w = {s->wire, sizeof s->wire, 0, false};

    rtcp_encode(&w, dr);
    if (dr->mem->full || w.full)
        return 0;
    for (unsigned i = 0, n = dev.repeat ? 2 : 1; i < n && !dev.silent && to.family && s->rtcp_open;
         i++) {
        struct output *o = out_send(x->q, s->rtcp_flow, wr_span(&w), &(struct pkt){.remote = to});
        o->not_before_us = dev.delay_us ? x->now_us + dev.delay_us : 0;
    }
    s->reports++;
    return w.n + (to.family == 6 ? RTP_HEADERS6 : RTP_HEADERS4);
}

/* The report at the head of a compound, and SDES. Returns whether it is an SR. */
static bool begin(struct rtp_session *s, const struct rtp_in *x, struct draft *dr,
                  struct arena *mem, uint32_t ssrc, size_t *blocks)
{
    bool sent = s->timing.we_sent && s->out.packets && !session_flag(s, "rr-while-sending");

    rtcp_draft(dr, mem);
    struct node *p = rtcp_add(dr, sent ? RTCP_SR : RTCP_RR);
    rtcp_set(dr, p, "ssrc", ssrc);
    if (sent)
        put_sr(s, dr, p, x->now_us);
    *blocks = put_blocks(s, dr, p, x->now_us);
    put_sdes(s, dr, ssrc);
    return sent;
}

void session_send_report(struct rtp_session *s, const struct rtp_in *x)
{
    struct arena mem = arena_of(s->scratch, sizeof s->scratch);
    struct draft dr;
    size_t blocks;
    bool sr = begin(s, x, &dr, &mem, s->out.ssrc, &blocks);
    static const char *const where[2][2] = {{"rtcp/rr/empty", "rtcp/rr/full"},
                                            {"rtcp/sr/empty", "rtcp/sr/full"}};

    rtp_timing_size(&s->timing, send_draft(s, x, where[sr][blocks > 0], &dr));
}

void session_send_bye(struct rtp_session *s, const struct rtp_in *x, uint32_t ssrc,
                      struct span reason)
{
    struct arena mem = arena_of(s->scratch, sizeof s->scratch);
    struct draft dr;
    size_t blocks;

    begin(s, x, &dr, &mem, ssrc, &blocks);
    put_bye(&dr, ssrc, reason);
    send_draft(s, x, "rtcp/bye", &dr);
}

/* ---- when ---- */

static uint64_t interval(struct rtp_session *s)
{
    uint64_t td = rtp_timing_td(&s->timing, false), t = rtp_timing_t(&s->timing, s->env.rng);
    const char *where = s->timing.leaving   ? "timer/bye"
                        : s->timing.initial ? "timer/first"
                                            : "timer/rtcp";

    if (session_flag(s, "interval-without-chance"))
        t = td;
    if (session_flag(s, "interval-shortest")) /* the ends of what chance may give: 6.3.1 */
        t = td * 42 / 100;
    if (session_flag(s, "interval-longest"))
        t = td * 123 / 100;
    t = env_timer(&s->env, where, t);
    return t > RTP_LEAST_US ? t : RTP_LEAST_US;
}

/* Octets of an RR without blocks and SDES with CNAME, with IP and UDP: the probable size of the first: 6.3.2. */
static size_t compound_size(const struct rtp_session *s)
{
    return 8 + 12 + s->cname_n + (s->local.family == 6 ? RTP_HEADERS6 : RTP_HEADERS4);
}

void session_join(struct rtp_session *s, const struct rtp_in *x)
{
    struct rtp_timing *t = &s->timing;

    t->avg_size = (double)compound_size(s);
    t->tp_us = x->now_us;
    t->tn_us = NO_DEADLINE;
    if (s->c.no_rtcp || s->c.manual)
        return;
    t->t_us = interval(s);
    t->tn_us = x->now_us + t->t_us;
}

static void left(struct rtp_session *s, const struct rtp_in *x, const char *why)
{
    session_stop(s);
    s->gone = true;
    s->timing.tn_us = NO_DEADLINE;
    for (size_t i = 0; i < RTP_ASKED; i++)
        if (s->asked[i].token && s->asked[i].what == RTP_WAIT_BYE) {
            struct rtp_notice *e = session_answer(x, s->asked[i].token, NULL);
            if (e)
                e->why = why;
            s->asked[i].token = 0;
        }
}

void session_leave(struct rtp_session *s, const struct rtp_in *x, struct span reason,
                   uint32_t token)
{
    struct rtp_timing *t = &s->timing;
    size_t i = 0;

    while (i < RTP_ASKED && s->asked[i].token)
        i++;
    if (i == RTP_ASKED) {
        session_answer(x, token, "too many at once");
        return;
    }
    s->asked[i] = (struct rtp_ask){token, RTP_WAIT_BYE};
    if (reason.n)
        memcpy(s->reason, reason.p, reason.n);
    s->reason_n = reason.n;
    session_stop(s);
    if ((!s->reports && !s->out.sent && !session_flag(s, "bye-of-nobody")) || s->gone) {
        left(s, x, s->gone ? "it has left already" : "nothing was sent"); /* 6.3.7#5 */
        return;
    }
    if (t->members <= AT_ONCE || session_flag(s, "bye-at-once")) {
        session_send_bye(s, x, s->out.ssrc, (struct span){s->reason, s->reason_n});
        left(s, x, NULL);
        return;
    }
    if (t->leaving)
        return;
    t->leaving = t->initial = true;
    t->members = t->pmembers = 1;
    t->we_sent = false;
    t->senders = 0;
    t->avg_size = (double)(compound_size(s) + 8 + s->reason_n);
    t->tp_us = x->now_us;
    t->t_us = interval(s);
    t->tn_us = x->now_us + t->t_us;
}

void session_rtcp_timer(struct rtp_session *s, const struct rtp_in *x)
{
    struct rtp_timing *t = &s->timing;

    if (!t->leaving)
        members_expire(s, x);
    if (x->now_us < t->tn_us)
        return;
    bool due = rtp_timing_due(t, x->now_us, interval(s));
    if (!due)
        return;
    if (t->leaving) {
        session_send_bye(s, x, s->out.ssrc, (struct span){s->reason, s->reason_n});
        left(s, x, NULL);
        return;
    }
    if (session_rtcp_to(s).family == 0 || !s->rtcp_open) { /* nobody is there yet */
        t->t_us = interval(s);
        t->tn_us = x->now_us + (t->t_us > AGAIN_US ? t->t_us : AGAIN_US);
        return;
    }
    session_send_report(s, x);
    t->t_us = interval(s); /* drawn anew, as A.7 does: the one above was small enough to send */
    t->tn_us = x->now_us + t->t_us;
    t->initial = false;
}
