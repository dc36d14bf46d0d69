/* harness/watch/stun/stun_watch.c - the watcher of STUN: RFC 8489 section 6, over time. */
#include "harness/watch/stun/stun_watch.h"

static const struct watch_fact_kind facts[STUN_WATCH_FACTS] = {
    [STUN_F_TRANSACTIONS] = {"transactions", "transactions", false},
    [STUN_F_RTT] = {"rtt_us", "us from a request sent once to its answer", true},
    [STUN_F_RETRANSMISSIONS] = {"retransmissions", "requests sent again before an answer", false},
    [STUN_F_UNANSWERED] = {"unanswered", "transactions without an answer", false},
    [STUN_F_AGAIN] = {"again_after_answer", "requests sent again after an answer", false},
    [STUN_F_REUSED] = {"id_reused", "transaction ids used for another message", false},
    [STUN_F_SHORT_RTO] = {"short_rto_us", "us to the first retransmission, below 500 ms", true},
    [STUN_F_UNASKED] = {"unasked", "answers to no request that was seen", false},
    [STUN_F_ELSEWHERE] = {"elsewhere", "answers from or to another address", false},
    [STUN_F_ANSWER_AGAIN] = {"answer_again", "answers that came again", false},
    [STUN_F_ANSWER_CHANGED] = {"answer_changed", "further answers that differ from the first",
                               false},
    [STUN_F_INDICATIONS] = {"indications", "indications", false},
    [STUN_F_TWICE] = {"captured_twice", "messages captured twice", false},
    [STUN_F_BACKWARDS] = {"clock_backwards", "steps of the clock backwards", false},
    [STUN_F_EVICTED] = {"evicted", "transactions forgotten for want of room", false},
};

static void relate(struct watch_finding *f, uint32_t frame)
{
    bool there = frame == 0 || frame == f->frame || f->n_related == WATCH_RELATED;

    for (size_t i = 0; i < f->n_related; i++)
        there |= f->related[i] == frame;
    if (!there)
        f->related[f->n_related++] = frame;
}

void stun_watch_broke(const struct watch_sink *out, const struct watch_seen *s, struct finding f,
                      const struct stun_tx *t, uint32_t answer_frame)
{
    struct watch_finding w = {.f = f,
                              .now_us = s->now_us,
                              .flow = s->flow,
                              .from = s->from,
                              .to = s->to,
                              .by = s->by,
                              .frame = s->frame};

    w.f.layer = s->layer;
    size_t first = t && t->n_frames > WATCH_RELATED ? t->n_frames - WATCH_RELATED : 0;
    for (size_t i = first; t && i < t->n_frames; i++)
        relate(&w, t->frames[i % WATCH_RELATED]);
    relate(&w, answer_frame);
    if (out->finding)
        out->finding(out->ctx, &w);
}

const uint8_t *stun_watch_id(const struct stun_msg *m)
{
    return m->transaction.n < 12 ? NULL : m->transaction.p + m->transaction.n - 12;
}

/* Frames out of order within a second are what captures of several interfaces have: each transaction
 * sees to itself. A larger step makes unsure what is known of the time before. */
static void clock_seen(struct stun_watch *w, const struct watch_seen *s,
                       const struct watch_sink *out)
{
    if (!w->begun)
        w->known_us = w->o.origin ? 0 : s->now_us;
    if (w->begun && s->now_us + 1000000 < w->now_us) {
        w->epoch++;
        w->past_lost = true;
        w->known_us = s->now_us;
        w->now_us = s->now_us;
        memset(w->pairs, 0, sizeof w->pairs);
        watch_tell(out, STUN_F_BACKWARDS, 1, s, 0);
    }
    w->begun = true;
    if (s->now_us > w->now_us)
        w->now_us = s->now_us;
}

static void seen(void *self, const struct watch_seen *s, const struct watch_sink *out)
{
    struct stun_watch *w = self;
    const struct stun_msg *m = s->view;

    clock_seen(w, s, out);
    if (!m || !stun_watch_id(m)) {
        w->unread = true; /* it may have been the request that an answer belongs to */
        return;
    }
    if (m->cls == STUN_REQUEST)
        stun_watch_request(w, s, m, out);
    else if (m->cls == STUN_INDICATION)
        stun_watch_indication(w, s, m, out);
    else
        stun_watch_answer(w, s, m, out);
}

static void overdue(struct stun_watch *w, uint64_t now_us, const struct watch_sink *out)
{
    for (struct stun_tx *t = NULL; (t = stun_tx_next(w, t));) {
        if (t->answers || t->told_unanswered || t->last_us > now_us ||
            now_us - t->last_us < STUN_WATCH_OVER_US)
            continue;
        const struct watch_seen s = {.now_us = now_us, .flow = t->flow, .frame = t->frames[0]};
        t->told_unanswered = true;
        watch_tell(out, STUN_F_UNANSWERED, 1, &s, 0);
    }
}

static void tick(void *self, uint64_t now_us, const struct watch_sink *out)
{
    overdue(self, now_us, out);
}

static void end(void *self, const struct watch_sink *out)
{
    struct stun_watch *w = self;

    for (struct stun_tx *t = NULL; (t = stun_tx_next(w, t));)
        t->last_us = 0; /* nothing more will come: all that is open is over */
    overdue(w, UINT64_MAX, out);
}

extern const struct watcher_class stun_watch;
const struct watcher_class stun_watch = {
    .name = "stun",
    .codec = &stun_codec,
    .facts = facts,
    .n_facts = COUNT(facts),
    .size = stun_watch_size,
    .init = stun_watch_init,
    .seen = seen,
    .tick = tick,
    .end = end,
};
