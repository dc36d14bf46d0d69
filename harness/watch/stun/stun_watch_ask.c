/* harness/watch/stun/stun_watch_ask.c - requests and indications over time: RFC 8489 sections 5, 6.2.1 and
 * 6.2.2.
 *
 * On the schedule. With doubling, whichever of the requests an observer misses, each interval that it sees
 * is longer than the one before: 2^k RTO against at most (2^k - 1) RTO. Two in a row that are not longer
 * cannot come of loss, and one that a stalled program or a step of the clock stretched is forgiven. An RTO
 * below 500 ms is lawful where the client has measured a round trip to that host (cached for ten
 * minutes), and in ICE, which paces by other means. */
#include "harness/watch/stun/stun_watch.h"

enum {
    RTO_US = 500000,   /* RFC8489:6.2.1#2 */
    JUDGED_US = 50000, /* shorter intervals say more of the machine than of the schedule */
    FLAT = 2,
    GOES_ON = 3,
};

static void look(struct stun_tx *t, const struct stun_msg *m)
{
    for (size_t i = 0; i < m->n_attrs; i++) {
        uint16_t type = m->attrs[i].type;
        t->ice |= type == STUN_PRIORITY || type == STUN_USE_CANDIDATE ||
                  type == STUN_ICE_CONTROLLED || type == STUN_ICE_CONTROLLING;
        t->counter |= type == STUN_TRANSACTION_TRANSMIT_COUNTER;
        t->moved |= type == STUN_CHANGE_REQUEST || type == STUN_RESPONSE_PORT ||
                    type == STUN_RESPONSE_ADDRESS;
    }
    t->signed_ = m->at_integrity || m->at_integrity256;
    t->fingerprint = m->at_fingerprint != 0;
    t->classic = m->classic;
    t->method = m->method;
}

static void add_frame(struct stun_tx *t, uint32_t frame)
{
    t->frames[t->n_frames++ % WATCH_RELATED] = frame;
}

/* The first request of a transaction; `t` has its key and no more. */
static void first(struct stun_watch *w, struct stun_tx *t, const struct watch_seen *s,
                  const struct stun_msg *m, const struct watch_sink *out)
{
    t->hash = stun_watch_hash(s->octets);
    t->partial = s->cut;
    t->stream = s->stream;
    t->first_us = t->last_us = s->now_us;
    t->epoch = w->epoch;
    t->sent = 1;
    look(t, m);
    t->first_contact = stun_first_contact(w, &s->from, &s->to, s->now_us);
    add_frame(t, s->frame);
    watch_tell(out, STUN_F_TRANSACTIONS, 1, s, 0);
}

static void tell_gone(const struct stun_gone *gone, const struct watch_seen *s,
                      const struct watch_sink *out)
{
    if (!gone->used || gone->indication)
        return;
    watch_tell(out, STUN_F_EVICTED, 1, s, gone->frame);
    if (gone->unanswered && s->now_us >= gone->last_us &&
        s->now_us - gone->last_us >= STUN_WATCH_OVER_US)
        watch_tell(out, STUN_F_UNANSWERED, 1, s, gone->frame);
}

/* The same request, its transaction long over: it begins anew under its old id, as RFC8489:5#5b allows
 * for what is bit-wise identical. */
static void anew(struct stun_watch *w, struct stun_tx *t, const struct watch_seen *s,
                 const struct stun_msg *m, const struct watch_sink *out)
{
    struct stun_tx key = {.method = t->method,
                          .flow = t->flow,
                          .client = t->client,
                          .server = t->server,
                          .used = true,
                          .older = t->older,
                          .newer = t->newer};

    if (!t->answers && !t->told_unanswered)
        watch_tell(out, STUN_F_UNANSWERED, 1, s, t->frames[0]);
    memcpy(key.id, t->id, sizeof key.id);
    *t = key;
    first(w, t, s, m, out);
}

static void schedule(const struct stun_watch *w, struct stun_tx *t, uint64_t gap,
                     const struct watch_seen *s, const struct watch_sink *out)
{
    uint64_t slack = w->o.slack_us;

    if (t->untimed || t->classic) /* RFC 3489 has other timers */
        return;
    if (t->sent == 1) {
        if (gap + slack < RTO_US)
            watch_tell(out, STUN_F_SHORT_RTO, gap, s, t->frames[0]);
        return;
    }
    bool flat = t->gap_us >= JUDGED_US && gap <= t->gap_us + t->gap_us / 64;
    t->flat = flat ? t->flat + 1 : 0;
    if (t->told)
        return;
    if (t->sent == 2 && t->first_contact && !t->ice && t->gap_us + slack < RTO_US &&
        gap + slack < 2 * RTO_US) {
        t->told = true;
        stun_watch_broke(out, s,
                         (struct finding){.clause = "RFC8489:6.2.1#2",
                                          .level = SHOULD,
                                          .what = "the first request to this host was sent again "
                                                  "after %u us, and then after %u us",
                                          .len = s->octets.n,
                                          .arg = {t->gap_us, gap}},
                         t, 0);
    } else if (t->flat >= FLAT) {
        t->told = true;
        stun_watch_broke(out, s,
                         (struct finding){.clause = "RFC8489:6.2.1#1b",
                                          .level = SHOULD,
                                          .what = "the time between retransmissions does not "
                                                  "double: %u us, then %u us",
                                          .len = s->octets.n,
                                          .arg = {t->gap_us, gap}},
                         t, 0);
    }
}

/* Equal requests after an answer may be new transactions (RFC8489:5#5b), or the answer was lost or passed
 * over for a reason. Who is beside the client, gave a plain answer and sees the schedule go on and
 * double knows that it was not heeded. */
static void goes_on(const struct stun_watch *w, struct stun_tx *t, uint64_t gap,
                    const struct watch_seen *s, const struct watch_sink *out)
{
    bool doubled = t->gap_us >= JUDGED_US && gap >= t->gap_us * 9 / 5 && gap <= t->gap_us * 11 / 5;

    watch_tell(out, STUN_F_AGAIN, 1, s, t->answer_frame);
    t->again = doubled && t->again ? t->again + 1 : 1;
    if (!w->o.beside || !t->answer_plain || t->classic || t->untimed || t->muddled || t->told ||
        t->again < GOES_ON)
        return;
    t->told = true;
    stun_watch_broke(out, s,
                     (struct finding){.clause = "RFC8489:6.2.1#a3",
                                      .level = STMT,
                                      .what = "the request is retransmitted although it was "
                                              "answered: after %u us, then %u us",
                                      .len = s->octets.n,
                                      .arg = {t->gap_us, gap}},
                     t, t->answer_frame);
}

static void other_content(struct stun_tx *t, const struct watch_seen *s, const struct stun_msg *m,
                          const struct watch_sink *out)
{
    bool judged = !t->classic && !m->classic && !t->told;

    t->muddled = true;
    t->last_us = s->now_us;
    watch_tell(out, STUN_F_REUSED, 1, s, t->frames[0]);
    if (!judged)
        return;
    t->told = true;
    stun_watch_broke(out, s,
                     (struct finding){.clause = "RFC8489:5#5b",
                                      .level = MUST,
                                      .what =
                                          "the transaction id is that of an earlier request with "
                                          "other content",
                                      .off = 8,
                                      .len = 12},
                     t, 0);
}

/* The request once more: a retransmission, or after an answer perhaps a new transaction. */
static void once_more(struct stun_watch *w, struct stun_tx *t, const struct watch_seen *s,
                      const struct watch_sink *out)
{
    uint64_t gap = s->now_us > t->last_us ? s->now_us - t->last_us : 0;

    t->untimed |= s->now_us < t->last_us || t->epoch != w->epoch || t->partial || s->cut;
    if (t->answers && s->now_us >= t->answer_us) {
        goes_on(w, t, gap, s, out);
    } else {
        watch_tell(out, STUN_F_RETRANSMISSIONS, 1, s, t->frames[0]);
        if (!t->stream)
            schedule(w, t, gap, s, out);
    }
    if (t->stream && !t->answers && !t->told) {
        t->told = true;
        stun_watch_broke(out, s,
                         (struct finding){.clause = "RFC8489:6.2.2#a3",
                                          .level = STMT,
                                          .what = "the request is sent again on a stream before it "
                                                  "is answered",
                                          .len = s->octets.n},
                         t, 0);
    }
    t->gap_us = gap;
    t->last_us = s->now_us;
    t->sent++;
    add_frame(t, s->frame);
}

void stun_watch_request(struct stun_watch *w, const struct watch_seen *s, const struct stun_msg *m,
                        const struct watch_sink *out)
{
    const uint8_t *id = stun_watch_id(m);
    struct stun_tx *t = stun_tx_find(w, id, s->flow, &s->from, &s->to);
    struct stun_gone gone;

    if (!t) {
        t = stun_tx_new(w, id, s->flow, &s->from, &s->to, false, &gone);
        tell_gone(&gone, s, out);
        first(w, t, s, m, out);
        return;
    }
    if (t->indication) { /* from now on what answers the id answers a request */
        t->muddled = true;
        watch_tell(out, STUN_F_REUSED, 1, s, t->frames[0]);
        return;
    }
    uint64_t off = s->now_us > t->last_us ? s->now_us - t->last_us : t->last_us - s->now_us;
    bool same = t->hash == stun_watch_hash(s->octets), before = s->now_us < t->last_us;
    for (size_t i = 0; i < m->n_attrs; i++) /* RFC7982:3.1#a2: it counts, and so must differ */
        t->counter |= m->attrs[i].type == STUN_TRANSACTION_TRANSMIT_COUNTER;
    /* it counts, and yet is another request: which of them an answer is for is not known */
    t->muddled |= t->counter && m->method != t->method;
    if (!same && !t->counter && !t->partial && !s->cut)
        other_content(t, s, m, out);
    else if (same && !s->stream && off < STUN_WATCH_TWICE_US)
        watch_tell(out, STUN_F_TWICE, 1, s, t->frames[0]);
    else if (!before && off >= STUN_WATCH_OVER_US && !t->muddled)
        anew(w, t, s, m, out);
    else
        once_more(w, t, s, out);
}

void stun_watch_indication(struct stun_watch *w, const struct watch_seen *s,
                           const struct stun_msg *m, const struct watch_sink *out)
{
    const uint8_t *id = stun_watch_id(m);
    struct stun_tx *t = stun_tx_find(w, id, s->flow, &s->from, &s->to);
    struct stun_gone gone;

    watch_tell(out, STUN_F_INDICATIONS, 1, s, 0);
    if (t) {
        t->muddled |= !t->indication;
        watch_tell(out, STUN_F_REUSED, 1, s, t->frames[0]);
        return;
    }
    t = stun_tx_new(w, id, s->flow, &s->from, &s->to, true, &gone);
    if (!t)
        return;
    t->first_us = t->last_us = s->now_us;
    look(t, m);
    add_frame(t, s->frame);
}
