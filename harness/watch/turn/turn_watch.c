/* harness/watch/turn/turn_watch.c - the watcher of TURN: RFC 8656, what is there when data pass. */
#include "harness/watch/turn/turn_watch.h"

static const struct watch_fact_kind facts[TURN_WATCH_FACTS] = {
    [TURN_F_ALLOCATIONS] = {"allocations", "allocations", false},
    [TURN_F_LIFETIME] = {"lifetime_s", "s of lifetime granted", true},
    [TURN_F_REFRESHES] = {"refreshes", "allocations refreshed", false},
    [TURN_F_DELETIONS] = {"deletions", "allocations deleted", false},
    [TURN_F_PERMISSIONS] = {"permissions", "CreatePermission requests granted", false},
    [TURN_F_CHANNELS] = {"channels", "ChannelBind requests granted", false},
    [TURN_F_REFUSED] = {"refused", "requests refused, but for 401 and 438", false},
    [TURN_F_UNASKED] = {"unasked", "answers to no request that was seen", false},
    [TURN_F_MOBILE] = {"mobile", "allocations that may move", false},
    [TURN_F_SENDS] = {"sends", "datagrams to peers in Send indications", false},
    [TURN_F_SEND_OCTETS] = {"send_octets", "octets in them", false},
    [TURN_F_DATAS] = {"datas", "datagrams from peers in Data indications", false},
    [TURN_F_DATA_OCTETS] = {"data_octets", "octets in them", false},
    [TURN_F_ICMP] = {"icmp", "Data indications about ICMP", false},
    [TURN_F_CHANNEL_OUT] = {"channel_out", "datagrams to peers by channels", false},
    [TURN_F_CHANNEL_OUT_OCTETS] = {"channel_out_octets", "octets in them", false},
    [TURN_F_CHANNEL_IN] = {"channel_in", "datagrams from peers by channels", false},
    [TURN_F_CHANNEL_IN_OCTETS] = {"channel_in_octets", "octets in them", false},
    [TURN_F_PER_PERMISSION] = {"per_permission", "datagrams to and from a peer's IP address", true},
    [TURN_F_PER_CHANNEL] = {"per_channel", "datagrams of a channel", true},
    [TURN_F_UNPERMITTED_OUT] = {"unpermitted_out",
                                "datagrams to peers for which no permission was seen", false},
    [TURN_F_UNPERMITTED_IN] = {"unpermitted_in",
                               "datagrams from peers for which no permission was seen", false},
    [TURN_F_UNBOUND] = {"unbound", "datagrams of channels of which no binding was seen", false},
    [TURN_F_AFTER] = {"after_end", "datagrams after the allocation was over", false},
    [TURN_F_BACKWARDS] = {"clock_backwards", "steps of the clock backwards", false},
    [TURN_F_EVICTED] = {"evicted",
                        "5-tuples, requests, permissions and channels forgotten for "
                        "want of room",
                        false},
};

void turn_watch_broke(const struct watch_sink *out, const struct watch_seen *s, struct finding f,
                      uint32_t a, uint32_t b, uint32_t c)
{
    struct watch_finding w = {.f = f,
                              .now_us = s->now_us,
                              .flow = s->flow,
                              .from = s->from,
                              .to = s->to,
                              .by = s->by,
                              .frame = s->frame};
    const uint32_t frames[] = {a, b, c};

    w.f.layer = s->layer;
    w.f.len = s->octets.n;
    for (size_t i = 0; i < COUNT(frames); i++) {
        bool there = frames[i] == 0 || frames[i] == s->frame;
        for (size_t k = 0; k < w.n_related; k++)
            there |= w.related[k] == frames[i];
        if (!there)
            w.related[w.n_related++] = frames[i];
    }
    if (out->finding)
        out->finding(out->ctx, &w);
}

bool turn_may(const struct turn_watch *w, const struct turn_tuple *t, const struct turn_held *p,
              uint64_t life_us)
{
    return p && p->asked_seq && p->asked_seq >= t->seq &&
           w->passed_us <= p->asked_passed + life_us + TURN_WATCH_GRACE_US;
}

bool turn_sure(const struct turn_watch *w, const struct turn_tuple *t, const struct turn_held *p,
               uint64_t life_us)
{
    return p && t->complete && !t->mobile && !t->gone && p->granted_seq &&
           p->granted_seq >= t->seq && p->epoch == w->epoch && w->now_us >= p->granted_first_us &&
           w->now_us - p->granted_first_us + TURN_WATCH_GRACE_US < life_us;
}

void turn_watch_told(const struct turn_held *p, uint64_t now_us, const struct watch_sink *out)
{
    const struct watch_seen s = {.now_us = now_us};

    if (p->asked_seq && p->kind != TURN_BOUND)
        watch_tell(out, p->kind == TURN_CHANNEL ? TURN_F_PER_CHANNEL : TURN_F_PER_PERMISSION,
                   p->datagrams, &s, p->asked_frame);
}

static void clock_seen(struct turn_watch *w, const struct watch_seen *s,
                       const struct watch_sink *out)
{
    uint64_t gap = w->begun && s->now_us > w->now_us ? s->now_us - w->now_us : 0;
    bool back = w->begun && s->now_us + TURN_WATCH_STEP_US < w->now_us;

    w->seq++;
    w->passed_us += w->o.beside || gap < TURN_WATCH_GAP_US ? gap : TURN_WATCH_GAP_US;
    w->epoch += back;
    if (back)
        watch_tell(out, TURN_F_BACKWARDS, 1, s, 0);
    if (back || !w->begun || s->now_us > w->now_us)
        w->now_us = s->now_us;
    w->begun = true;
}

/* A stream of which something is missing may miss a request. */
static void whole(const struct turn_watch *w, struct turn_tuple *t, const struct watch_seen *s)
{
    if (s->stream && !w->o.origin && !s->whole)
        t->complete = false;
}

static bool concerns(uint16_t method)
{
    return method == STUN_ALLOCATE || method == STUN_REFRESH || method == STUN_SEND ||
           method == STUN_DATA || method == STUN_CREATE_PERMISSION || method == STUN_CHANNEL_BIND ||
           method == STUN_CONNECTION_BIND;
}

static void message(struct turn_watch *w, const struct watch_seen *s, const struct stun_msg *m,
                    const struct watch_sink *out)
{
    bool by_client =
        m->cls == STUN_REQUEST || (m->cls == STUN_INDICATION && m->method == STUN_SEND);

    if (m->classic || m->transaction.n != 12 || !concerns(m->method))
        return;
    struct turn_tuple *t = turn_tuple_of(w, s, by_client, out);
    whole(w, t, s);
    t->raw |= m->method == STUN_CONNECTION_BIND;
    if (t->raw)
        return;
    if (by_client)
        t->client_seq = w->seq;
    if (m->cls == STUN_REQUEST)
        turn_watch_request(w, t, s, m, out);
    else if (m->cls == STUN_INDICATION)
        turn_watch_indication(w, t, s, m, out);
    else
        turn_watch_answer(w, t, s, m, out);
}

/* Whose it is only a 5-tuple that is known says. */
static void channel(struct turn_watch *w, const struct watch_seen *s, const struct watch_sink *out)
{
    struct turn_tuple *t = turn_tuple_find(w, s, true);
    bool by_client = t;
    struct findings none = {0};
    struct stun_channel c;
    size_t used;

    if (!t)
        t = turn_tuple_find(w, s, false);
    if (!t || t->raw || s->cut ||
        stun_channel_next_5766(s->octets, s->stream, &c, &used, &none) != STEP_ITEM)
        return;
    whole(w, t, s);
    if (by_client)
        t->client_seq = w->seq;
    turn_watch_channel(w, t, s, &c, by_client, out);
}

/* Octets that may have been a request, or a part of one. */
static void unread(struct turn_watch *w, const struct watch_seen *s)
{
    struct turn_tuple *t = turn_tuple_find(w, s, true);

    if (t && (s->stream || s->octets.n == 0 || s->octets.p[0] < 4))
        t->complete = false;
}

static void seen(void *self, const struct watch_seen *s, const struct watch_sink *out)
{
    struct turn_watch *w = self;

    clock_seen(w, s, out);
    if (s->between)
        channel(w, s, out);
    else if (s->view)
        message(w, s, s->view, out);
    else
        unread(w, s);
}

static void end(void *self, const struct watch_sink *out)
{
    const struct turn_watch *w = self;

    for (const struct turn_held *p = NULL; (p = table_next(&w->peers, p));)
        turn_watch_told(p, w->now_us, out);
}

extern const struct watcher_class turn_watch;
const struct watcher_class turn_watch = {
    .name = "turn",
    .codec = &stun_codec,
    .between = true,
    .facts = facts,
    .n_facts = COUNT(facts),
    .size = turn_watch_size,
    .init = turn_watch_init,
    .seen = seen,
    .end = end,
};
