/* harness/replay/tcp_held.c - octets that are delivered, remembered, held, and given up for. */
#include "harness/replay/tcp_impl.h"

void tcp_note(struct tcp *t, struct dir *d, struct at at, struct tcp_note n)
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

/* The place of the next run; NULL: no memory. Most directions are short, so there are few places at first. */
static struct remembered *place(struct dir *d)
{
    enum { FEW = 4 };

    if (d->seen_at == d->seen_cap && d->seen_cap < TCP_REMEMBERED) {
        size_t cap = d->seen_cap ? TCP_REMEMBERED : FEW;
        struct remembered *more = realloc(d->seen, cap * sizeof *more);
        if (more) {
            memset(more + d->seen_cap, 0, (cap - d->seen_cap) * sizeof *more);
            d->seen = more;
            d->seen_cap = (uint8_t)cap;
        }
    }
    if (d->seen_at == d->seen_cap)
        d->seen_at = 0;
    return d->seen ? &d->seen[d->seen_at++] : NULL;
}

static void remember(struct dir *d, uint32_t seq, struct span data, uint32_t frame)
{
    struct remembered *r = place(d);

    if (!r)
        return;
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
uint32_t tcp_differs(const struct dir *d, uint32_t seq, struct span data)
{
    for (size_t k = 0; k < d->seen_cap; k++) {
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

void tcp_tell_differs(struct tcp *t, struct dir *d, struct at at, uint32_t frame, uint32_t seq)
{
    t->pool->counts.differing++;
    tcp_note(
        t, d, at,
        (struct tcp_note){.kind = TCP_DIFFERS,
                          .off = d->off + (uint64_t)(int64_t)apart(seq, d->next),
                          .what = "octets come again, but others than in frame %u, which count",
                          .arg = {frame}});
}

/* ---- delivery ---- */

void tcp_deliver(struct tcp *t, struct dir *d, struct span data, uint32_t frame, uint64_t ns,
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

void tcp_skip(struct dir *d, uint32_t n)
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
        tcp_note(
            t, d, at,
            (struct tcp_note){
                .kind = TCP_CUT,
                .off = d->off,
                .what = "the capture leaves out octets of the stream, %u here, and perhaps more",
                .arg = {n}});
    }
    tcp_skip(d, n);
}

void tcp_unhold(struct tcp *t, struct dir *d)
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
void tcp_list(struct tcp *t, bool again)
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

void tcp_drain(struct tcp *t, struct dir *d, struct at at)
{
    while (d->held && d->held->seq == d->next) {
        struct piece *p = d->held;
        uint32_t missing = p->missing;
        tcp_deliver(t, d, (struct span){p->octets, p->n}, p->frame, p->time_ns, at);
        tcp_unhold(t, d);
        cut(t, d, missing, at);
    }
    if (d->fin_seen && !d->ended && d->next == d->fin) {
        d->ended = true;
        tcp_note(t, d, at, (struct tcp_note){.kind = TCP_ENDED, .off = d->off, .arg = {d->gap}});
    }
    tcp_list(t, false);
}

void tcp_tell_gap(struct tcp *t, struct dir *d, uint32_t n, struct at at)
{
    t->pool->counts.gaps++;
    t->pool->counts.gap_octets += n;
    tcp_note(t, d, at,
             (struct tcp_note){.kind = TCP_GAP,
                               .off = d->off,
                               .what = "%u octets of the stream are not in the capture",
                               .arg = {n}});
}

/* The stream goes on with the first octets that are held. */
void tcp_go_on(struct tcp *t, struct dir *d, struct at at)
{
    uint32_t n = d->held->seq - d->next;

    tcp_tell_gap(t, d, n, at);
    tcp_skip(d, n);
    tcp_drain(t, d, at);
    tcp_list(t, true);
}

static void full(struct tcp *t, struct dir *d, struct at at)
{
    t->pool->counts.full++;
    tcp_note(
        t, d, at,
        (struct tcp_note){
            .kind = TCP_FULL,
            .off = d->off,
            .what = "%u octets wait behind a gap, more than are held; the stream goes on there",
            .arg = {d->octets}});
    tcp_go_on(t, d, at);
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

void tcp_hold(struct tcp *t, struct dir *d, uint32_t seq, struct span data, uint32_t missing,
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
        tcp_tell_differs(t, d, at, other, seq);
    d->waited += d->gap_acked;
    tcp_list(t, false);
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
void tcp_fill(struct tcp *t, struct dir *d, struct span data, uint32_t missing, struct at at)
{
    uint32_t other = 0, there = 0, place = 0, end = d->next + (uint32_t)data.n + missing;
    size_t all = data.n;

    while (data.n) {
        struct piece *p = d->held;
        size_t before = p && p->seq - d->next < data.n ? p->seq - d->next : data.n;
        tcp_deliver(t, d, span_cut(data, 0, before), at.frame, at.ns, at);
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
        tcp_deliver(t, d, (struct span){p->octets, p->n}, p->frame, p->time_ns, at);
        uint32_t reach = p->seq + p->n + p->missing;
        end = apart(reach, end) > 0 ? reach : end;
        tcp_unhold(t, d);
    }
    d->gap_acked = false;
    if (there == all && all)
        t->pool->counts.retransmitted++;
    else if (there)
        t->pool->counts.overlaps++;
    if (other)
        tcp_tell_differs(t, d, at, other, place);
    if (apart(end, d->next) > 0)
        cut(t, d, end - d->next, at);
    tcp_drain(t, d, at);
}
