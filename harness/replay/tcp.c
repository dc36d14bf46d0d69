/* harness/replay/tcp.c - what segments mean: connections begin, go on, begin anew and end. */
#include "harness/replay/tcp_impl.h"

/* ---- connections: begin, begin anew, end ---- */

static void begin(struct tcp *t, struct dir *d, uint32_t next)
{
    (void)t;
    d->started = true;
    d->next = d->base = next;
    if (d->has_acked && (apart(d->acked, next) < 0 || apart(d->acked, next) > TCP_REACH))
        d->has_acked = false;
}

static void begin_syn(struct tcp *t, struct dir *d, uint32_t isn, bool plain, struct at at)
{
    struct dir *o = &t->dir[!side_of(t, d)];

    d->syn = true;
    d->plain_syn = plain;
    d->isn = isn;
    if (!d->started)
        begin(t, d, isn + 1);
    tcp_note(t, d, at, (struct tcp_note){.kind = TCP_OPENED, .off = d->off});
    if (plain && o->plain_syn) {
        t->pool->counts.simultaneous++;
        tcp_note(t, d, at, (struct tcp_note){.kind = TCP_BOTH_OPENED, .off = d->off});
    }
}

/* Deliver all that is held, and say where octets are missing before a FIN. */
static void flush(struct tcp *t, struct at at)
{
    for (struct dir *d = t->dir; d < t->dir + 2; d++) {
        while (d->held)
            tcp_go_on(t, d, at);
        if (d->fin_seen && !d->ended && !d->ignored && apart(d->fin, d->next) > 0) {
            tcp_tell_gap(t, d, d->fin - d->next, at);
            tcp_skip(d, d->fin - d->next);
            tcp_drain(t, d, at);
        }
    }
}

static void anew(struct tcp *t, struct at at)
{
    flush(t, at);
    for (struct dir *d = t->dir; d < t->dir + 2; d++) {
        free(d->seen);
        *d = (struct dir){0};
    }
    t->asked = false;
    t->pool->counts.anew++;
    tcp_note(t, &t->dir[0], at, (struct tcp_note){.kind = TCP_ANEW});
}

static bool over(const struct tcp *t)
{
    return t->dir[0].fin_seen || t->dir[1].fin_seen || t->dir[0].reset || t->dir[1].reset;
}

static void ask(struct tcp *t, struct dir *d, const struct tcp_segment *s)
{
    d->asked = t->asked = true;
    d->asked_plain = !(s->flags & TCP_ACK);
    d->asked_isn = s->seq;
}

/* A SYN of a side whose octets have begun. False: it may be of another connection, that has to be borne out. */
static bool syn_again(struct tcp *t, struct dir *d, const struct tcp_segment *s, struct at at)
{
    struct dir *o = &t->dir[!side_of(t, d)];
    bool plain = !(s->flags & TCP_ACK);

    if (d->syn && s->seq == d->isn)
        return true;
    if (!d->syn && d->started && (uint32_t)(d->base - (s->seq + 1)) <= TCP_HELD_MAX) {
        begin_syn(t, d, s->seq, plain, at); /* it comes late */
        return true;
    }
    if (over(t)) {
        anew(t, at);
        begin_syn(t, d, s->seq, plain, at);
        return true;
    }
    if (!plain && o->syn && o->off == 0 && s->ack == o->isn + 1) { /* o was anew, d lagged behind */
        uint32_t isn = o->isn;
        bool o_plain = o->plain_syn;
        anew(t, at);
        begin_syn(t, o, isn, o_plain, at);
        begin_syn(t, d, s->seq, plain, at);
        return true;
    }
    ask(t, d, s);
    return false;
}

static bool syn(struct tcp *t, struct dir *d, const struct tcp_segment *s, struct at at)
{
    struct dir *o = &t->dir[!side_of(t, d)];
    bool plain = !(s->flags & TCP_ACK);

    if (d->started || over(t))
        return syn_again(t, d, s, at);
    if (plain && o->off && !(d->has_acked && d->acked - (s->seq + 1) <= TCP_HELD_MAX)) {
        ask(t, d, s); /* the other side has sent octets, and to something else */
        return false;
    }
    begin_syn(t, d, s->seq, plain, at);
    return true;
}

/* Whether a segment bears out that a SYN before it began another connection; then it has begun. */
static void borne_out(struct tcp *t, struct dir *d, const struct tcp_segment *s, struct at at)
{
    struct dir *o = &t->dir[!side_of(t, d)];

    if (o->asked && (s->flags & TCP_ACK) && (s->flags & (TCP_SYN | TCP_RST)) &&
        s->ack == o->asked_isn + 1)
        d = o;
    else if (d->started && s->seq == d->next && s->data.n) { /* the former one goes on */
        d->asked = false;
        t->asked = o->asked;
    }
    if (!d->asked || (d != o && ((s->flags & TCP_SYN) || s->seq != d->asked_isn + 1)))
        return;
    uint32_t isn = d->asked_isn;
    bool plain = d->asked_plain;
    anew(t, at);
    begin_syn(t, d, isn, plain, at);
}

/* ---- segments ---- */

static void acknowledged(struct tcp *t, struct dir *d, const struct tcp_segment *s)
{
    struct dir *o = &t->dir[!side_of(t, d)];

    if (!o->has_acked ||
        (apart(s->ack, o->acked) > 0 && (!o->started || apart(s->ack, o->next) <= TCP_REACH))) {
        o->acked = s->ack;
        o->has_acked = true;
    }
    if (s->window == 0 && !(s->flags & TCP_RST)) {
        t->pool->counts.zero_windows += !d->window_zero;
        d->window_zero = true;
    } else {
        d->window_zero = false;
    }
}

/* Whether a gap has been open for long enough. */
static bool impatient(struct dir *d, struct at at)
{
    const struct piece *p = d->held;

    if (!p)
        return false;
    if (!d->has_acked || apart(d->acked, p->seq) < 0)
        return at.ns > p->time_ns && at.ns - p->time_ns > (uint64_t)TCP_WAIT_SECONDS * 1000000000;
    if (!d->gap_acked) {
        d->gap_acked = true;
        d->acked_ns = at.ns;
        d->waited = 0;
    }
    return d->waited > TCP_ACKED_SEGMENTS ||
           (at.ns > d->acked_ns && at.ns - d->acked_ns > (uint64_t)TCP_ACKED_MS * 1000000);
}

/* A segment far off. True: it is where the stream goes on. */
static bool stray(struct tcp *t, struct dir *d, uint32_t seq, uint32_t total, struct at at)
{
    t->pool->counts.strays++;
    d->strays = d->strays && seq == d->stray_next ? d->strays + 1 : 1;
    d->stray_next = seq + total;
    if (d->strays < TCP_STRAYS) {
        tcp_note(t, d, at,
                 (struct tcp_note){.kind = TCP_STRAY,
                                   .off = d->off,
                                   .what = "sequence number %u, far from %u, that is expected",
                                   .arg = {seq, d->next}});
        return false;
    }
    while (d->held)
        tcp_go_on(t, d, at);
    tcp_tell_gap(t, d, seq - d->next, at);
    tcp_skip(d, seq - d->next);
    d->has_acked = false;
    return true;
}

/* A FIN sets the end of a direction; octets behind the end are taken off. */
static void fin(struct tcp *t, struct dir *d, bool here, uint32_t seq, struct span *data,
                uint32_t *missing, struct at at)
{
    uint32_t end = seq + (uint32_t)data->n + *missing;

    if (here && !d->fin_seen && apart(end, d->next) >= 0) {
        d->fin_seen = true;
        d->fin = end;
    } else if (here && (!d->fin_seen || end != d->fin)) {
        tcp_note(t, d, at,
                 (struct tcp_note){.kind = TCP_FIN_MOVED,
                                   .off = d->off,
                                   .what = "a FIN at another octet than where the stream ends"});
    }
    if (!d->fin_seen || apart(end, d->fin) <= 0)
        return;
    uint32_t behind = end - d->fin;
    t->pool->counts.behind_fin++;
    tcp_note(
        t, d, at,
        (struct tcp_note){.kind = TCP_BEHIND_FIN,
                          .off = d->off,
                          .what = "%u octets behind the end that a FIN has set are passed over",
                          .arg = {behind}});
    uint32_t less = behind < *missing ? behind : *missing;
    *missing -= less;
    behind -= less;
    data->n = behind < data->n ? data->n - behind : 0;
}

/* What comes again: compare it and take it off the front. False: nothing is left. */
static bool again(struct tcp *t, struct dir *d, uint32_t *seq, struct span *data, uint32_t *missing,
                  struct at at)
{
    uint32_t old = d->next - *seq, total = (uint32_t)data->n + *missing;
    uint32_t other = d->ignored ? 0 : tcp_differs(d, *seq, *data);

    if (other)
        tcp_tell_differs(t, d, at, other, *seq);
    if (old >= total) {
        t->pool->counts.retransmitted += !d->ignored && total;
        return false;
    }
    t->pool->counts.overlaps += !d->ignored;
    *seq += old;
    uint32_t less = old < data->n ? old : (uint32_t)data->n;
    *data = span_cut(*data, less, data->n);
    *missing -= old - less;
    return true;
}

/* Octets, a FIN, or both. */
static void octets(struct tcp *t, struct dir *d, const struct tcp_segment *s, struct at at)
{
    uint32_t seq = s->seq + ((s->flags & TCP_SYN) != 0), missing = s->missing;
    struct span data = s->data;
    uint32_t total = (uint32_t)data.n + missing;

    if (!d->started) {
        begin(t, d, seq);
        t->pool->counts.midstream++;
        tcp_note(t, d, at, (struct tcp_note){.kind = TCP_MIDSTREAM});
    }
    int32_t ahead = apart(seq, d->next);
    if (ahead > TCP_REACH || ahead < -TCP_REACH) {
        if (total == 0 || !stray(t, d, seq, total, at))
            return;
        ahead = 0;
    }
    d->strays = 0;
    fin(t, d, (s->flags & TCP_FIN) != 0, seq, &data, &missing, at);
    if (ahead < 0 && !again(t, d, &seq, &data, &missing, at)) {
        tcp_drain(t, d, at);
        return;
    }
    if (d->ignored) {
        while (d->held)
            tcp_unhold(t, d);
        tcp_skip(d, seq - d->next + (uint32_t)data.n + missing);
        tcp_drain(t, d, at);
    } else if (ahead <= 0) {
        tcp_fill(t, d, data, missing, at);
    } else if (data.n || missing) {
        tcp_hold(t, d, seq, data, missing, at);
    }
}

/* Neither octets nor an end: one octet or none in front of what is expected (RFC 9293 section 3.8.4). */
static bool keep_alive(struct tcp *t, const struct dir *d, const struct tcp_segment *s)
{
    const struct dir *o = &t->dir[!side_of(t, d)];

    if (!d->started || (s->flags & (TCP_SYN | TCP_FIN | TCP_RST)) || s->seq != d->next - 1 ||
        s->data.n + s->missing > 1 || d->ended)
        return false;
    if (o->window_zero)
        t->pool->counts.zero_window_probes++;
    else
        t->pool->counts.keep_alives++;
    return true;
}

static void reset(struct tcp *t, struct dir *d, const struct tcp_segment *s, struct at at)
{
    int32_t ahead = apart(s->seq, d->next);

    if (d->started && (ahead > TCP_REACH || ahead < -TCP_REACH)) {
        t->pool->counts.strays++;
        return;
    }
    if (!d->reset) {
        d->reset = true;
        t->pool->counts.resets++;
        tcp_note(t, d, at, (struct tcp_note){.kind = TCP_RESET, .off = d->off});
    }
}

static void segment(struct tcp *t, struct dir *d, const struct tcp_segment *s, struct at at)
{
    if (t->asked)
        borne_out(t, d, s, at);
    if (s->flags & TCP_ACK)
        acknowledged(t, d, s);
    if ((s->flags & TCP_SYN) && !syn(t, d, s, at))
        return;
    if (s->flags & TCP_RST)
        reset(t, d, s, at); /* what it carries is no part of the stream */
    else if (!keep_alive(t, d, s) && (s->data.n || s->missing || (s->flags & TCP_FIN)))
        octets(t, d, s, at);
    if (t->holds)
        for (struct dir *each = t->dir; each < t->dir + 2; each++)
            while (impatient(each, at))
                tcp_go_on(t, each, at);
}

void tcp_segment(struct tcp *t, const struct tcp_segment *s)
{
    struct dir *d = &t->dir[s->side & 1], *o = &t->dir[!(s->side & 1)];
    struct at at = {s->frame, s->time_ns};

    t->pool->counts.segments++;
    if ((s->flags & (TCP_SYN | TCP_FIN | TCP_RST)) || s->seq != d->next || !d->started ||
        t->holds || t->asked || d->fin_seen || s->missing) {
        segment(t, d, s, at);
        return;
    }
    if (s->flags & TCP_ACK)
        acknowledged(t, d, s);
    t->pool->counts.zero_window_probes += s->data.n == 1 && o->window_zero;
    d->strays = 0;
    tcp_deliver(t, d, s->data, s->frame, s->time_ns, at);
}

struct tcp *tcp_new(struct tcp_pool *pool, void *user)
{
    struct tcp *t = calloc(1, sizeof *t);

    if (t) {
        t->pool = pool;
        t->user = user;
    }
    return t;
}

void tcp_free(struct tcp *t)
{
    if (!t)
        return;
    for (struct dir *d = t->dir; d < t->dir + 2; d++) {
        while (d->held)
            tcp_unhold(t, d);
        free(d->seen);
    }
    tcp_list(t, false);
    free(t);
}

void tcp_end(struct tcp *t, uint32_t frame, uint64_t time_ns)
{
    flush(t, (struct at){frame, time_ns});
}

void tcp_ignore(struct tcp *t, unsigned side)
{
    t->dir[side & 1].ignored = true;
}

bool tcp_is_open(const struct tcp *t)
{
    return !(t->dir[0].ended && t->dir[1].ended) && !t->dir[0].reset && !t->dir[1].reset;
}

bool tcp_is_over(const struct tcp *t)
{
    return t->dir[0].ended && t->dir[1].ended;
}
