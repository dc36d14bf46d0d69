/* harness/watch/turn/turn_watch_ask.c - requests and their answers: what they make, keep and take away. */
#include "harness/watch/turn/turn_watch.h"

static const struct stun_attr *of_kind(const struct stun_msg *m, uint16_t type, uint8_t kind)
{
    const struct stun_attr *a = stun_find(m, type);
    return a && a->kind == kind ? a : NULL;
}

static bool mapped(const struct addr *a)
{
    static const uint8_t prefix[12] = {[10] = 0xff, [11] = 0xff};
    return a->family == 6 && memcmp(a->ip, prefix, sizeof prefix) == 0;
}

/* ---- what a request asks for ---- */

/* Note that a copy of the request asks for it. */
static void asked(const struct turn_watch *w, const struct turn_tuple *t, const struct turn_tx *a,
                  struct turn_held *p)
{
    bool anew = p->asked_seq < t->seq || p->asked_seq == 0;

    /* An earlier request for it, whose answer is out of sight from now on, may have been granted. */
    p->trusted = !anew && (p->trusted || (p->ask && p->ask != a->serial));
    p->several &= !anew;
    p->asked_seq = w->seq;
    p->asked_passed = w->passed_us;
    p->asked_frame = a->frame;
    p->ask = a->serial;
    p->ask_at = table_number(&w->asks, a);
    memset(p->doubt, 0, sizeof p->doubt);
}

/* RFC8656:12#3: a channel or a peer that was bound stays free for five minutes after that. Beside the client it is
 * known that the client has the answer. */
static void too_soon(const struct turn_watch *w, const struct turn_tuple *t,
                     const struct turn_tx *a, struct turn_held *p, bool other,
                     const struct watch_seen *s, const struct watch_sink *out)
{
    if (!w->o.beside || !other || p->told_soon ||
        !turn_sure(w, t, p, TURN_WATCH_CHANNEL_US + TURN_WATCH_WAIT_US))
        return;
    p->told_soon = true;
    turn_watch_broke(
        out, s,
        (struct finding){.clause = "RFC8656:12#3",
                         .level = MUST,
                         .what = "channel %x is asked for %u s after it, or the peer, "
                                 "was bound otherwise",
                         .arg = {a->number, (w->now_us - p->granted_first_us) / 1000000}},
        t->frame, p->granted_frame, 0);
}

static void ask_channel(struct turn_watch *w, struct turn_tuple *t, struct turn_tx *a,
                        const struct watch_seen *s, const struct watch_sink *out)
{
    struct turn_held *c = turn_held_of(w, t, TURN_CHANNEL, NULL, a->number, s, out);

    if (a->sent == 1)
        too_soon(w, t, a, c, !addr_eq(&c->granted_at, &a->peer), s, out);
    bool other = c->asked_seq && c->asked_seq >= t->seq && !addr_eq(&c->at, &a->peer);
    asked(w, t, a, c);
    c->several |= other;
    c->at = a->peer;
    struct turn_held *b = turn_held_of(w, t, TURN_BOUND, &a->peer, 0, s, out);
    if (a->sent == 1)
        too_soon(w, t, a, b, b->number != a->number, s, out);
}

/* The peers that it names, those that a server has to pass over too. */
static void ask_peers(struct turn_watch *w, struct turn_tuple *t, struct turn_tx *a,
                      const struct watch_seen *s, const struct stun_msg *m,
                      const struct watch_sink *out)
{
    for (size_t i = 0; i < m->n_attrs; i++) {
        const struct stun_attr *at = &m->attrs[i];
        if (at->type != STUN_XOR_PEER_ADDRESS)
            continue;
        if (at->kind != STUN_XOR_ADDR || mapped(&at->v.addr)) { /* who knows what is made of it */
            t->complete = false;
            continue;
        }
        asked(w, t, a, turn_held_of(w, t, TURN_PERMISSION, &at->v.addr, 0, s, out));
    }
}

static void read_ask(struct turn_tx *a, const struct turn_watch *w, const struct watch_seen *s,
                     const struct stun_msg *m)
{
    const struct stun_attr *lifetime = of_kind(m, STUN_LIFETIME, STUN_U32),
                           *number = of_kind(m, STUN_CHANNEL_NUMBER, STUN_U16_RFFU),
                           *peer = of_kind(m, STUN_XOR_PEER_ADDRESS, STUN_XOR_ADDR);

    a->method = m->method;
    a->has_lifetime = lifetime;
    a->lifetime = lifetime ? lifetime->v.u32 : 0;
    a->family = stun_find(m, STUN_REQUESTED_ADDRESS_FAMILY);
    a->peers = number && peer;
    a->number = number ? (uint16_t)number->v.u32 : 0;
    if (peer)
        a->peer = peer->v.addr;
    a->signed_ = m->at_integrity || m->at_integrity256;
    a->frame = s->frame;
    a->seq = w->seq;
    a->first_us = s->now_us;
    a->epoch = w->epoch;
}

static bool prolongs(const struct turn_tx *a)
{
    return a->method == STUN_ALLOCATE ||
           (a->method == STUN_REFRESH && !(a->has_lifetime && a->lifetime == 0));
}

/* A copy of the request, the first one too. */
static void copy(struct turn_watch *w, struct turn_tuple *t, struct turn_tx *a,
                 const struct watch_seen *s, const struct stun_msg *m, const struct watch_sink *out)
{
    uint64_t until = w->passed_us + (uint64_t)a->given * 1000000;

    a->sent++;
    if (a->method == STUN_CREATE_PERMISSION || a->method == STUN_CHANNEL_BIND)
        ask_peers(w, t, a, s, m, out);
    if (a->method == STUN_CHANNEL_BIND && a->peers)
        ask_channel(w, t, a, s, out);
    if (a->success && prolongs(a) && until > t->until_passed)
        t->until_passed = until; /* a server that keeps no answers does it again */
}

void turn_watch_request(struct turn_watch *w, struct turn_tuple *t, const struct watch_seen *s,
                        const struct stun_msg *m, const struct watch_sink *out)
{
    struct turn_tx *a = turn_tx_find(w, t, m->transaction.p);

    if (s->cut || m->truncated)
        t->complete = false;
    if (a && a->method == m->method) {
        copy(w, t, a, s, m, out);
        return;
    }
    if (a) { /* one id for two requests: which of them is answered is not known */
        t->complete = false;
        return;
    }
    if (m->method == STUN_CREATE_PERMISSION || m->method == STUN_CHANNEL_BIND)
        turn_watch_goes_on(w, t, s, out);
    a = turn_tx_new(w, t, m->transaction.p, s, out);
    read_ask(a, w, s, m);
    t->open += prolongs(a);
    if (stun_find(m, STUN_MOBILITY_TICKET))
        t->mobile = true;
    if (m->method == STUN_ALLOCATE) /* there may be one again from now on */
        t->gone = t->mismatch = false;
    copy(w, t, a, s, m, out);
}

/* ---- what an answer says of it ---- */

/* RFC8656:7.2#a25, 8.2#a2: more than was asked for is the default lifetime. What that is the answer to a request says
 * that did not ask, or for less; the answer to one that was sent again may have run down. */
static void lifetime(const struct turn_watch *w, struct turn_tuple *t, const struct turn_tx *a,
                     const struct watch_seen *s, uint32_t given, const struct watch_sink *out)
{
    bool more = !a->has_lifetime || given > a->lifetime;

    if (!w->o.beside || !t->complete || !more || a->sent != 1)
        return;
    if (t->usual && a->has_lifetime && given > t->usual)
        turn_watch_broke(out, s,
                         (struct finding){.clause = a->method == STUN_ALLOCATE ? "RFC8656:7.2#a25"
                                                                               : "RFC8656:8.2#a2",
                                          .level = STMT,
                                          .what = "a lifetime of %u s is granted, more than was "
                                                  "asked for and than the default of %u s",
                                          .arg = {given, t->usual}},
                         t->frame_until, a->frame, 0);
    if (!t->usual)
        t->usual = given;
}

static void prolonged(struct turn_watch *w, struct turn_tuple *t, struct turn_tx *a,
                      const struct watch_seen *s, const struct stun_attr *l,
                      const struct watch_sink *out)
{
    uint64_t until;

    if (!l) { /* for how long is not said */
        t->granted = false;
        return;
    }
    lifetime(w, t, a, s, l->v.u32, out);
    watch_tell(out, TURN_F_LIFETIME, l->v.u32, s, a->frame);
    a->given = l->v.u32;
    until = w->passed_us + (uint64_t)a->given * 1000000;
    if (until > t->until_passed)
        t->until_passed = until;
    t->frame_until = s->frame;
    memset(t->over, 0, sizeof t->over);
}

static void allocated(struct turn_watch *w, struct turn_tuple *t, struct turn_tx *a,
                      const struct watch_seen *s, const struct stun_msg *m,
                      const struct watch_sink *out)
{
    if (t->granted && memcmp(t->id, a->id, sizeof t->id) == 0)
        return;
    t->granted = true;
    memcpy(t->id, a->id, sizeof t->id);
    t->seq = a->seq;
    t->frame = s->frame;
    t->until_passed = 0;
    t->open = 0;
    t->gone = t->mismatch = t->told_mismatch = false;
    t->mobile = stun_find(m, STUN_MOBILITY_TICKET);
    t->complete = w->o.origin || s->whole;
    watch_tell(out, TURN_F_ALLOCATIONS, 1, s, a->frame);
    if (t->mobile)
        watch_tell(out, TURN_F_MOBILE, 1, s, a->frame);
    prolonged(w, t, a, s, of_kind(m, STUN_LIFETIME, STUN_U32), out);
}

static void refreshed(struct turn_watch *w, struct turn_tuple *t, struct turn_tx *a,
                      const struct watch_seen *s, const struct stun_msg *m,
                      const struct watch_sink *out)
{
    const struct stun_attr *l = of_kind(m, STUN_LIFETIME, STUN_U32);

    t->mobile |= stun_find(m, STUN_MOBILITY_TICKET) != NULL;
    if (prolongs(a)) {
        watch_tell(out, TURN_F_REFRESHES, 1, s, a->frame);
        t->gone = false;
        prolonged(w, t, a, s, l, out);
        return;
    }
    if (a->family || (l && l->v.u32)) /* of one family, or not deleted after all */
        return;
    watch_tell(out, TURN_F_DELETIONS, 1, s, a->frame);
    t->gone = a->seq >= t->seq;
    t->gone_passed = w->passed_us;
    t->gone_frame = s->frame;
    memset(t->over, 0, sizeof t->over);
}

static void twice(const struct watch_seen *s, const struct turn_tuple *t, const struct turn_tx *a,
                  struct turn_held *p, const char *clause, const char *what,
                  const struct watch_sink *out)
{
    if (p->told_twice)
        return;
    p->told_twice = true;
    turn_watch_broke(
        out, s,
        (struct finding){
            .clause = clause, .level = STMT, .what = what, .arg = {a->number, p->number}},
        t->frame, p->granted_frame, a->frame);
}

static void granted(const struct turn_watch *w, const struct turn_tx *a, struct turn_held *p,
                    const struct watch_seen *s)
{
    p->granted_at = a->peer;
    p->granted_seq = a->seq;
    p->granted_first_us = a->first_us;
    p->granted_us = s->now_us;
    p->granted_frame = s->frame;
    p->epoch = a->epoch == w->epoch ? w->epoch : w->epoch - 1;
}

static void bound(struct turn_watch *w, struct turn_tuple *t, const struct turn_tx *a,
                  const struct watch_seen *s, const struct watch_sink *out)
{
    struct turn_held *c = turn_held_of(w, t, TURN_CHANNEL, NULL, a->number, s, out);

    watch_tell(out, TURN_F_CHANNELS, 1, s, a->frame);
    if (turn_sure(w, t, c, TURN_WATCH_CHANNEL_US) && !addr_eq(&c->granted_at, &a->peer))
        twice(s, t, a, c, "RFC8656:12.2#a4", "channel %x is bound to a second peer", out);
    granted(w, a, c, s);
    struct turn_held *b = turn_held_of(w, t, TURN_BOUND, &a->peer, 0, s, out);
    if (turn_sure(w, t, b, TURN_WATCH_CHANNEL_US) && b->number != a->number)
        twice(s, t, a, b, "RFC8656:12.2#a5", "channel %x is bound to a peer that has channel %x",
              out);
    b->number = a->number;
    granted(w, a, b, s);
}

static void succeeded(struct turn_watch *w, struct turn_tuple *t, struct turn_tx *a,
                      const struct watch_seen *s, const struct stun_msg *m,
                      const struct watch_sink *out)
{
    switch (a->method) {
    case STUN_ALLOCATE:
        allocated(w, t, a, s, m, out);
        break;
    case STUN_REFRESH:
        refreshed(w, t, a, s, m, out);
        break;
    case STUN_CREATE_PERMISSION:
        watch_tell(out, TURN_F_PERMISSIONS, 1, s, a->frame);
        break;
    case STUN_CHANNEL_BIND:
        if (a->peers)
            bound(w, t, a, s, out);
        break;
    default:
        break;
    }
}

static void refused(const struct turn_watch *w, struct turn_tuple *t, const struct turn_tx *a,
                    const struct watch_seen *s, const struct stun_msg *m,
                    const struct watch_sink *out)
{
    const struct stun_attr *e = of_kind(m, STUN_ERROR_CODE, STUN_CODE);
    uint16_t code = e ? e->v.code : 0;

    if (code != 401 && code != 438)
        watch_tell(out, TURN_F_REFUSED, 1, s, a->frame);
    /* A client may pass over what is not signed, RFC8489:9.2.5. */
    if (code != 437 || a->method == STUN_ALLOCATE || a->seq < t->seq ||
        (a->signed_ && !m->at_integrity && !m->at_integrity256))
        return;
    t->mismatch = true;
    t->mismatch_passed = w->passed_us;
    t->mismatch_frame = s->frame;
    t->told_mismatch = false;
}

void turn_watch_answer(struct turn_watch *w, struct turn_tuple *t, const struct watch_seen *s,
                       const struct stun_msg *m, const struct watch_sink *out)
{
    struct turn_tx *a = turn_tx_find(w, t, m->transaction.p);
    /* a datagram of another length than it says: whether the client took it, nobody knows (RFC8489:6.3#a3) */
    bool lies = !s->stream && (size_t)m->length + STUN_HEADER != s->octets.n;

    if (!a || a->method != m->method || s->cut || lies) {
        watch_tell(out, TURN_F_UNASKED, 1, s, 0);
        if (m->cls == STUN_SUCCESS) /* what it grants is not known */
            t->complete = false;
        return;
    }
    if (a->success || (a->error && m->cls == STUN_ERROR)) /* once more */
        return;
    if (a->error) { /* a success behind an error: which of them the client took is not known */
        t->complete = false;
        return;
    }
    if (t->open && prolongs(a))
        t->open--;
    a->success = m->cls == STUN_SUCCESS;
    a->error = !a->success;
    if (a->success)
        succeeded(w, t, a, s, m, out);
    else
        refused(w, t, a, s, m, out);
}
