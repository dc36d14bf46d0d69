/* harness/replay/tcp.c - segments in, octets in order out. Sequence numbers are compared modulo 2^32 (RFC 9293
 * section 3.4); what stands in `next` is expected, `held` lies behind it, sorted, each octet once. */
#include <stdlib.h>
#include "harness/replay/tcp.h"

enum { NOTES = TCP_FULL + 1, SAMPLES = 4, SAMPLE = 8 };

struct piece { /* octets that came early */
    struct piece *next;
    uint64_t time_ns;
    uint32_t seq, n, missing, frame; /* missing: behind the n octets, left out by the capture */
    uint8_t octets[];
};
struct remembered { /* of a run that was passed on: a few of its octets, evenly spread */
    uint32_t seq, n, frame;
    uint8_t samples[SAMPLES][SAMPLE];
};
struct dir {
    uint32_t next, base, isn; /* base: of the first octet */
    uint32_t acked, fin, asked_isn, stray_next;
    uint64_t off, gap; /* of `next` in the stream; octets right before it that are not there */
    struct piece *held, *tail;
    size_t octets, pieces;   /* held */
    uint64_t acked_ns;       /* when the gap was acknowledged */
    unsigned waited, strays; /* early segments since then; strays in a row */
    bool started, syn, plain_syn, has_acked, fin_seen, ended, reset, ignored;
    bool asked, asked_plain; /* a SYN with asked_isn has come, of another connection perhaps */
    bool gap_acked, window_zero, cut_told;
    uint8_t told[NOTES], seen_at;
    struct remembered *seen; /* TCP_REMEMBERED, once there is an octet */
};
struct tcp {
    struct tcp_pool *pool;
    void *user;
    struct tcp *before, *after; /* in the pool's list, while octets are held */
    bool holds, asked;
    struct dir dir[2];
};
struct at { /* the segment that all this happens at */
    uint32_t frame;
    uint64_t ns;
};

static int32_t apart(uint32_t a, uint32_t b) /* how far a is behind b in the stream */
{
    return (int32_t)(a - b);
}

static unsigned side_of(const struct tcp *t, const struct dir *d)
{
    return d == &t->dir[1];
}

static void note(struct tcp *t, struct dir *d, struct at at, struct tcp_note n)
{
    if (d->told[n.kind] >= TCP_TOLD_MAX)
        return;
    d->told[n.kind]++;
    n.side = side_of(t, d);
    n.frame = at.frame;
    n.time_ns = at.ns;
    if (t->pool->sink.note)
        t->pool->sink.note(t->user, &n);
}

/* ---- what was passed on ---- */

static size_t sample_at(uint32_t n, size_t i)
{
    return n <= SAMPLE ? 0 : i * (n - SAMPLE) / (SAMPLES - 1);
}

static void remember(struct dir *d, uint32_t seq, struct span data, uint32_t frame)
{
    if (!d->seen && !(d->seen = calloc(TCP_REMEMBERED, sizeof *d->seen)))
        return;
    struct remembered *r = &d->seen[d->seen_at++ % TCP_REMEMBERED];
    r->seq = seq;
    r->n = (uint32_t)data.n;
    r->frame = frame;
    if (data.n < SAMPLE) {
        memcpy(r->samples[0], data.p, data.n);
        return;
    }
    for (size_t i = 0; i < SAMPLES; i++)
        memcpy(r->samples[i], data.p + sample_at(r->n, i), SAMPLE);
}

/* Whether a sample, `n` octets at `at`, is in `data`, which begins at `seq`, and differs there. */
static bool sample_differs(const uint8_t *sample, size_t n, uint32_t at, uint32_t seq,
                           struct span data)
{
    for (size_t i = 0; i < n; i++) {
        int32_t place = apart(at + (uint32_t)i, seq);
        if (place >= 0 && (size_t)place < data.n && data.p[place] != sample[i])
            return true;
    }
    return false;
}

/* The frame of what `data` differs from, 0: from nothing that is remembered. */
static uint32_t differs(const struct dir *d, uint32_t seq, struct span data)
{
    for (size_t k = 0; d->seen && k < TCP_REMEMBERED; k++) {
        const struct remembered *r = &d->seen[k];
        if (!r->n || apart(seq + (uint32_t)data.n, r->seq) <= 0 || apart(r->seq + r->n, seq) <= 0)
            continue;
        for (size_t i = 0; i < (r->n < SAMPLE ? 1 : SAMPLES); i++)
            if (sample_differs(r->samples[i], r->n < SAMPLE ? r->n : SAMPLE,
                               r->seq + (uint32_t)sample_at(r->n, i), seq, data))
                return r->frame;
    }
    return 0;
}

static void tell_differs(struct tcp *t, struct dir *d, struct at at, uint32_t frame, uint32_t seq)
{
    t->pool->counts.differing++;
    note(t, d, at,
         (struct tcp_note){.kind = TCP_DIFFERS,
                           .off = d->off + (uint64_t)(int64_t)apart(seq, d->next),
                           .what = "octets come again, but others than in frame %u, which count",
                           .arg = {frame}});
}

/* ---- delivery ---- */

static void deliver(struct tcp *t, struct dir *d, struct span data, uint32_t frame, uint64_t ns,
                    struct at at)
{
    if (data.n == 0)
        return;
    const struct tcp_octets o = {.side = side_of(t, d),
                                 .data = data,
                                 .off = d->off,
                                 .gap = d->gap,
                                 .frame = frame,
                                 .time_ns = ns,
                                 .now_frame = at.frame,
                                 .now_ns = at.ns};
    remember(d, d->next, data, frame);
    d->next += (uint32_t)data.n;
    d->off += data.n;
    d->gap = 0;
    if (d->ignored)
        return;
    t->pool->counts.octets += data.n;
    t->pool->sink.octets(t->user, &o);
}

static void skip(struct dir *d, uint32_t n)
{
    d->next += n;
    d->off += n;
    d->gap += n;
    d->gap_acked = false;
}

/* The capture left out `n` octets from `next` on; what is held of them came otherwise. */
static void cut(struct tcp *t, struct dir *d, uint32_t n, struct at at)
{
    struct piece *p = d->held;

    if (n == 0)
        return;
    if (p && apart(p->seq, d->next) < (int32_t)n) {
        uint32_t end = d->next + n, here = p->seq + p->n + p->missing;
        if (apart(end, here) > 0)
            p->missing += end - here;
        n = p->seq - d->next;
    }
    t->pool->counts.cut_octets += n;
    if (n && !d->cut_told) {
        d->cut_told = true;
        note(t, d, at,
             (struct tcp_note){
                 .kind = TCP_CUT,
                 .off = d->off,
                 .what = "the capture leaves out octets of the stream, %u here, and perhaps more",
                 .arg = {n}});
    }
    skip(d, n);
}

static void unhold(struct tcp *t, struct dir *d)
{
    struct piece *p = d->held;

    d->held = p->next;
    if (!d->held)
        d->tail = NULL;
    d->octets -= p->n;
    d->pieces--;
    d->gap_acked = false;
    t->pool->used -= sizeof *p + p->n;
    free(p);
}

/* Whether the connection is in the pool's list, as it should be: behind all others that hold octets already. */
static void list(struct tcp *t, bool again)
{
    struct tcp_pool *pool = t->pool;
    bool holds = t->dir[0].held || t->dir[1].held;

    if (t->holds && (!holds || again)) {
        *(t->before ? &t->before->after : &pool->first) = t->after;
        *(t->after ? &t->after->before : &pool->last) = t->before;
        t->before = t->after = NULL;
        t->holds = false;
    }
    if (holds && !t->holds) {
        t->before = pool->last;
        *(pool->last ? &pool->last->after : &pool->first) = t;
        pool->last = t;
        t->holds = true;
    }
}

static void drain(struct tcp *t, struct dir *d, struct at at)
{
    while (d->held && d->held->seq == d->next) {
        struct piece *p = d->held;
        uint32_t missing = p->missing;
        deliver(t, d, (struct span){p->octets, p->n}, p->frame, p->time_ns, at);
        unhold(t, d);
        cut(t, d, missing, at);
    }
    if (d->fin_seen && !d->ended && d->next == d->fin) {
        d->ended = true;
        note(t, d, at, (struct tcp_note){.kind = TCP_ENDED, .off = d->off, .arg = {d->gap}});
    }
    list(t, false);
}

static void tell_gap(struct tcp *t, struct dir *d, uint32_t n, struct at at)
{
    t->pool->counts.gaps++;
    t->pool->counts.gap_octets += n;
    note(t, d, at,
         (struct tcp_note){.kind = TCP_GAP,
                           .off = d->off,
                           .what = "%u octets of the stream are not in the capture",
                           .arg = {n}});
}

/* The stream goes on with the first octets that are held. */
static void go_on(struct tcp *t, struct dir *d, struct at at)
{
    uint32_t n = d->held->seq - d->next;

    tell_gap(t, d, n, at);
    skip(d, n);
    drain(t, d, at);
    list(t, true);
}

static void full(struct tcp *t, struct dir *d, struct at at)
{
    t->pool->counts.full++;
    note(t, d, at,
         (struct tcp_note){
             .kind = TCP_FULL,
             .off = d->off,
             .what = "%u octets wait behind a gap, more than are held; the stream goes on there",
             .arg = {d->octets}});
    go_on(t, d, at);
}

/* ---- what came early ---- */

static bool hold_piece(struct tcp *t, struct dir *d, struct piece **where, uint32_t seq,
                       struct span data, struct at at)
{
    struct piece *p = malloc(sizeof *p + data.n);

    if (!p)
        return false;
    *p = (struct piece){*where, at.ns, seq, (uint32_t)data.n, 0, at.frame};
    if (data.n)
        memcpy(p->octets, data.p, data.n);
    *where = p;
    if (!p->next)
        d->tail = p;
    d->octets += data.n;
    d->pieces++;
    t->pool->used += sizeof *p + data.n;
    return true;
}

/* Note that octets from `seq` on were left out by the capture; `last` is the piece before `where`. */
static bool insert_missing(struct tcp *t, struct dir *d, struct piece **where, struct piece *last,
                           uint32_t seq, uint32_t missing, struct at at)
{
    while (*where && apart((*where)->seq, seq) <= 0) {
        last = *where;
        where = &last->next;
    }
    int32_t over = last ? apart(seq, last->seq + last->n) : 1;
    if (over > 0) { /* a piece without octets */
        if (!hold_piece(t, d, where, seq, (struct span){NULL, 0}, at))
            return false;
        (*where)->missing = missing;
    } else if (over + (int32_t)missing > (int32_t)last->missing) {
        last->missing = (uint32_t)(over + (int32_t)missing);
    }
    return true;
}

/* Of octets at `seq` hold those that are not held. Those that are held are compared: *there counts them, *other gets
 * the frame of those that differ. False: no memory. */
static bool insert(struct tcp *t, struct dir *d, uint32_t seq, struct span data, uint32_t missing,
                   struct at at, size_t *there, uint32_t *other)
{
    struct piece **where = &d->held, *last = NULL;
    size_t had = 0;

    if (d->tail && apart(seq, d->tail->seq + d->tail->n) >= 0) { /* the usual place */
        last = d->tail;
        where = &last->next;
    }
    while (data.n) {
        struct piece *p = *where;
        size_t room = p ? (size_t)(p->seq - seq) : data.n;
        if (p && apart(p->seq, seq) <= 0) { /* it begins before, or here */
            size_t from = seq - p->seq, n = from < p->n ? p->n - from : 0;
            n = n < data.n ? n : data.n;
            if (n && memcmp(p->octets + from, data.p, n) != 0)
                *other = p->frame;
            had += n;
            seq += (uint32_t)n;
            data = span_cut(data, n, data.n);
            last = p;
            where = &p->next;
            continue;
        }
        room = room < data.n ? room : data.n;
        if (!hold_piece(t, d, where, seq, span_cut(data, 0, room), at))
            return false;
        seq += (uint32_t)room;
        data = span_cut(data, room, data.n);
        last = *where;
        where = &last->next;
    }
    *there = had;
    return missing == 0 || insert_missing(t, d, where, last, seq, missing, at);
}

static void hold(struct tcp *t, struct dir *d, uint32_t seq, struct span data, uint32_t missing,
                 struct at at)
{
    struct tcp_pool *pool = t->pool;
    size_t there = 0, limit = pool->limit ? pool->limit : TCP_BUDGET;
    uint32_t other = 0;
    bool room = insert(t, d, seq, data, missing, at, &there, &other);

    if (there == data.n && data.n)
        pool->counts.retransmitted++;
    else if (there)
        pool->counts.overlaps++;
    if (there < data.n + missing)
        pool->counts.out_of_order++;
    if (other)
        tell_differs(t, d, at, other, seq);
    d->waited += d->gap_acked;
    list(t, false);
    while (d->held && (!room || d->octets > TCP_HELD_MAX || d->pieces > TCP_PIECES_MAX)) {
        full(t, d, at);
        room = true;
    }
    while (pool->first && pool->used > limit) {
        struct tcp *oldest = pool->first;
        struct dir *a = &oldest->dir[0], *b = &oldest->dir[1];
        bool second = !a->held || (b->held && b->held->time_ns < a->held->time_ns);
        full(oldest, second ? b : a, at);
    }
}

/* ---- octets at `next` ---- */

/* Octets that begin at `next`, where some are held that may be among them. */
static void fill(struct tcp *t, struct dir *d, struct span data, uint32_t missing, struct at at)
{
    uint32_t other = 0, there = 0, place = 0, end = d->next + (uint32_t)data.n + missing;
    size_t all = data.n;

    while (data.n) {
        struct piece *p = d->held;
        size_t before = p && p->seq - d->next < data.n ? p->seq - d->next : data.n;
        deliver(t, d, span_cut(data, 0, before), at.frame, at.ns, at);
        data = span_cut(data, before, data.n);
        if (!data.n)
            break;
        size_t n = p->n < data.n ? p->n : data.n;
        if (n && memcmp(p->octets, data.p, n) != 0 && !other) {
            other = p->frame;
            place = p->seq;
        }
        there += (uint32_t)n;
        data = span_cut(data, n, data.n);
        deliver(t, d, (struct span){p->octets, p->n}, p->frame, p->time_ns, at);
        uint32_t reach = p->seq + p->n + p->missing;
        end = apart(reach, end) > 0 ? reach : end;
        unhold(t, d);
    }
    d->gap_acked = false;
    if (there == all && all)
        t->pool->counts.retransmitted++;
    else if (there)
        t->pool->counts.overlaps++;
    if (other)
        tell_differs(t, d, at, other, place);
    if (apart(end, d->next) > 0)
        cut(t, d, end - d->next, at);
    drain(t, d, at);
}

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
    note(t, d, at, (struct tcp_note){.kind = TCP_OPENED, .off = d->off});
    if (plain && o->plain_syn) {
        t->pool->counts.simultaneous++;
        note(t, d, at, (struct tcp_note){.kind = TCP_BOTH_OPENED, .off = d->off});
    }
}

/* Deliver all that is held, and say where octets are missing before a FIN. */
static void flush(struct tcp *t, struct at at)
{
    for (struct dir *d = t->dir; d < t->dir + 2; d++) {
        while (d->held)
            go_on(t, d, at);
        if (d->fin_seen && !d->ended && !d->ignored && apart(d->fin, d->next) > 0) {
            tell_gap(t, d, d->fin - d->next, at);
            skip(d, d->fin - d->next);
            drain(t, d, at);
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
    note(t, &t->dir[0], at, (struct tcp_note){.kind = TCP_ANEW});
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
        note(t, d, at,
             (struct tcp_note){.kind = TCP_STRAY,
                               .off = d->off,
                               .what = "sequence number %u, far from %u, that is expected",
                               .arg = {seq, d->next}});
        return false;
    }
    while (d->held)
        go_on(t, d, at);
    tell_gap(t, d, seq - d->next, at);
    skip(d, seq - d->next);
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
        note(t, d, at,
             (struct tcp_note){.kind = TCP_FIN_MOVED,
                               .off = d->off,
                               .what = "a FIN at another octet than where the stream ends"});
    }
    if (!d->fin_seen || apart(end, d->fin) <= 0)
        return;
    uint32_t behind = end - d->fin;
    t->pool->counts.behind_fin++;
    note(t, d, at,
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
    uint32_t other = d->ignored ? 0 : differs(d, *seq, *data);

    if (other)
        tell_differs(t, d, at, other, *seq);
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
        note(t, d, at, (struct tcp_note){.kind = TCP_MIDSTREAM});
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
        drain(t, d, at);
        return;
    }
    if (d->ignored) {
        while (d->held)
            unhold(t, d);
        skip(d, seq - d->next + (uint32_t)data.n + missing);
        drain(t, d, at);
    } else if (ahead <= 0) {
        fill(t, d, data, missing, at);
    } else if (data.n || missing) {
        hold(t, d, seq, data, missing, at);
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
        note(t, d, at, (struct tcp_note){.kind = TCP_RESET, .off = d->off});
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
                go_on(t, each, at);
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
    deliver(t, d, s->data, s->frame, s->time_ns, at);
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
            unhold(t, d);
        free(d->seen);
    }
    list(t, false);
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
