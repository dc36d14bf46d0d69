/* harness/endpoints/rtp/rtp_members.c - who is in the session: RFC 3550 sections 6.2.1, 6.3.3 to 6.3.5, and
 * collisions and loops of section 8.2. */
#include "harness/endpoints/rtp/rtp_session.h"

enum {
    TIMEOUT = 5,        /* intervals of silence until a member goes: 6.3.5 */
    CONFLICT_TIME = 10, /* intervals that an address stays in the list of conflicts: 8.2 */
    STRAGGLE_US =
        2000000, /* packets that come so long after a BYE belong to what was before: 6.2.1 */
    MOVED_US =
        1000000, /* an address that is silent so long has given way to another of the same SSRC */
};

struct rtp_member *member_find(struct rtp_session *s, uint32_t ssrc)
{
    for (size_t i = 0; i < s->n_members; i++)
        if (s->members[i].ssrc == ssrc && s->members[i].used)
            return &s->members[i];
    return NULL;
}

/* A place for one more: a free one, or that of the oldest who was never valid. */
static struct rtp_member *place(struct rtp_session *s)
{
    struct rtp_member *oldest = NULL;

    for (size_t i = 0; i < s->n_members; i++) {
        struct rtp_member *m = &s->members[i];
        if (!m->used)
            return m;
        if (!m->valid && (!oldest || m->first_us < oldest->first_us))
            oldest = m;
    }
    return s->n_members < RTP_MEMBERS ? &s->members[s->n_members++] : oldest;
}

struct rtp_member *member_add(struct rtp_session *s, uint32_t ssrc, uint64_t now_us)
{
    struct rtp_member *m = member_find(s, ssrc);

    if (m)
        return m;
    m = place(s);
    if (!m) {
        s->overflow++;
        return NULL;
    }
    *m = (struct rtp_member){.ssrc = ssrc, .used = true, .first_us = now_us, .last_us = now_us};
    return m;
}

void members_count(struct rtp_session *s)
{
    uint32_t members = 1, senders = s->timing.we_sent;

    if (s->timing.leaving)
        return; /* BYE packets are what is counted then: 6.3.7 */
    for (size_t i = 0; i < s->n_members; i++) {
        const struct rtp_member *m = &s->members[i];
        bool counts = m->used && m->valid && !m->left;
        members += counts;
        senders += counts && m->sender;
    }
    s->timing.members = members;
    s->timing.senders = senders;
}

void member_valid(struct rtp_session *s, const struct rtp_in *x, struct rtp_member *m)
{
    if (m->valid)
        return;
    m->valid = true;
    members_count(s);
    if (s->role == RTP_ROLE_SESSION && s->c.manual)
        return;
    struct rtp_notice *e = session_event(x, "source", 0, RTP_K_SOURCE);
    if (e) {
        e->ssrc = m->ssrc;
        e->from = x->in->pkt.remote;
    }
}

static void forget(struct rtp_session *s, const struct rtp_in *x, struct rtp_member *m)
{
    bool told = m->valid && !m->left;
    uint32_t ssrc = m->ssrc;

    *m = (struct rtp_member){0};
    if (!told || (s->role == RTP_ROLE_SESSION && s->c.manual))
        return;
    struct rtp_notice *e = session_event(x, "gone", 0, RTP_K_GONE);
    if (e)
        e->ssrc = ssrc;
}

void members_expire(struct rtp_session *s, const struct rtp_in *x)
{
    struct rtp_timing fixed = s->timing;
    uint64_t silent, idle = 2 * s->timing.t_us;
    uint32_t before = s->timing.members;

    /* 6.2#19: by the fixed minimum, whatever our own is */
    fixed.min_us = fixed.min_us < 5000000 ? 5000000 : fixed.min_us;
    silent = env_timer(&s->env, "timer/member", TIMEOUT * rtp_timing_td(&fixed, true));
    idle = env_timer(&s->env, "timer/sender", idle);
    for (size_t i = 0; i < s->n_members; i++) {
        struct rtp_member *m = &s->members[i];
        if (!m->used)
            continue;
        if (m->left ? x->now_us - m->left_us >= STRAGGLE_US : x->now_us - m->last_us > silent)
            forget(s, x, m);
        else if (m->sender && x->now_us - m->sent_us > idle)
            m->sender = false;
    }
    if (s->timing.we_sent && x->now_us - s->out.sent_us > idle)
        s->timing.we_sent = false; /* 6.3.8 */
    members_count(s);
    if (s->timing.members < before) /* 6.3.5#2 */
        rtp_timing_reverse(&s->timing, x->now_us);
}

/* ---- RFC3550:8.2 ---- */

static struct rtp_conflict *conflict_with(struct rtp_session *s, const struct rtp_in *x, bool rtcp)
{
    uint64_t old = CONFLICT_TIME * rtp_timing_td(&s->timing, true);

    for (size_t i = 0; i < RTP_CONFLICTS; i++) {
        struct rtp_conflict *c = &s->conflicts[i];
        if (c->at.family && x->now_us - c->us > old)
            c->at.family = 0;
        if (c->at.family && c->rtcp == rtcp && addr_eq(&c->at, &x->in->pkt.remote))
            return c;
    }
    return NULL;
}

static void note_conflict(struct rtp_session *s, const struct rtp_in *x, bool rtcp)
{
    struct rtp_conflict *c = &s->conflicts[0];

    for (size_t i = 0; i < RTP_CONFLICTS && c->at.family; i++)
        if (!s->conflicts[i].at.family || s->conflicts[i].us < c->us)
            c = &s->conflicts[i];
    *c = (struct rtp_conflict){x->in->pkt.remote, rtcp, x->now_us};
}

static void new_ssrc(struct rtp_session *s)
{
    do
        s->out.ssrc = (uint32_t)rng_next(s->env.rng);
    while (s->out.ssrc == 0 || member_find(s, s->out.ssrc));
    s->out.packets = s->out.octets = 0; /* 6.4.1#5, #6 */
}

/* Our own SSRC comes from elsewhere. */
static bool ours_from_elsewhere(struct rtp_session *s, const struct rtp_in *x, bool rtcp)
{
    struct rtp_conflict *c = conflict_with(s, x, rtcp);
    uint32_t old = s->out.ssrc;
    struct rtp_notice *e;

    if (s->c.manual || session_flag(s, "collision-ignored"))
        return s->c.manual;
    if (c && !session_flag(s, "loop-not-known-again")) {
        c->us = x->now_us;
        if ((e = session_event(x, "loop", 0, RTP_K_LOOP)) != NULL) {
            e->ssrc = old;
            e->from = x->in->pkt.remote;
        }
        return false;
    }
    note_conflict(s, x, rtcp);
    if (!s->timing.initial || s->out.sent)
        session_send_bye(s, x, old, span_of("SSRC collision"));
    new_ssrc(s);
    struct rtp_member *m = member_add(s, old, x->now_us);
    if (m)
        *(rtcp ? &m->rtcp : &m->rtp) = x->in->pkt.remote;
    if ((e = session_event(x, "collision", 0, RTP_K_COLLISION)) != NULL) {
        e->ssrc = s->out.ssrc;
        e->from = x->in->pkt.remote;
    }
    return true;
}

bool session_no_conflict(struct rtp_session *s, const struct rtp_in *x, uint32_t ssrc, bool rtcp)
{
    struct rtp_member *m;
    struct addr *at;

    if (ssrc == s->out.ssrc)
        return ours_from_elsewhere(s, x, rtcp);
    m = member_find(s, ssrc);
    if (!m)
        return true;
    at = rtcp ? &m->rtcp : &m->rtp;
    if (at->family == 0 || addr_eq(at, &x->in->pkt.remote)) {
        *at = x->in->pkt.remote;
        return true;
    }
    /* Another address: what was there first is kept, unless it has fallen silent (8.2#9, #10). */
    if (x->now_us - m->last_us < MOVED_US)
        return false;
    *at = x->in->pkt.remote;
    return true;
}
