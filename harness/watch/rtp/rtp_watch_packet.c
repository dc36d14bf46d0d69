/* harness/watch/rtp/rtp_watch_packet.c - one RTP packet: sequence (RFC3550:A.1), timing (A.8), history. This is
 * the hot path: a packet that is next in sequence of a known stream takes none of the functions marked cold. */
#include "harness/watch/rtp/rtp_watch.h"

#define COLD __attribute__((noinline, cold))

enum { SEQ_MOD = 65536 };
enum taken { STRAY, TAKEN, RESTARTED };

uint64_t rtp_expected(const struct rtp_stream *t)
{
    return t->begun ? t->expected_before + t->cycles + t->max_seq - t->base + 1 : 0;
}

/* ---- history ---- */

static struct rtp_point joined(struct rtp_point a, struct rtp_point b)
{
    return (struct rtp_point){a.packets + b.packets, a.lost + b.lost,
                              a.jitter_us > b.jitter_us ? a.jitter_us : b.jitter_us,
                              a.delta_us > b.delta_us ? a.delta_us : b.delta_us};
}

static uint32_t cut_u32(double v)
{
    return v < 0 ? 0 : v > UINT32_MAX ? UINT32_MAX : (uint32_t)(v + 0.5);
}

static int64_t lost_now(const struct rtp_stream *t)
{
    return (int64_t)rtp_expected(t) - (int64_t)(t->packets - t->strays);
}

struct rtp_point rtp_history_now(const struct rtp_stream *t)
{
    return (struct rtp_point){(uint32_t)(t->packets - t->point_packets),
                              (int32_t)(lost_now(t) - t->point_lost), cut_u32(t->max_jitter_us),
                              t->point_delta};
}

static void point_begin(struct rtp_stream *t)
{
    t->point_packets = t->packets;
    t->point_lost = lost_now(t);
    t->max_jitter_us = 0;
    t->point_delta = 0;
}

/* Full: two points become one, so all of a stream stays there at a resolution that it has room for. */
static void halve(struct rtp_history *h)
{
    for (size_t i = 0; i < h->n / 2; i++)
        h->v[i] = joined(h->v[2 * i], h->v[2 * i + 1]);
    h->n /= 2;
    h->step_us *= 2;
}

/* The points before the one that `now_us` falls into are over: that of the packets before this one, and empty
 * ones. Times beyond what 64 bits hold stay in the last. */
COLD void rtp_history_go(struct rtp_stream *t, uint64_t now_us)
{
    struct rtp_history *h = t->history;
    uint64_t past = now_us - t->first_us;

    if (!h) {
        t->point_end_us = UINT64_MAX;
        return;
    }
    struct rtp_point p = rtp_history_now(t);
    h->v[h->n++] = p; /* never full: see below */
    point_begin(t);
    while (past / h->step_us >= RTP_POINTS - 1 && h->step_us < UINT64_MAX / 4) {
        if (h->n % 2) /* an odd one is completed, so that points stay whole */
            h->v[h->n++] = (struct rtp_point){0};
        halve(h);
    }
    while (h->n < past / h->step_us && h->n < RTP_POINTS - 1)
        h->v[h->n++] = (struct rtp_point){0};
    if (h->n > past / h->step_us) { /* halving took in the point that now begins */
        t->point_packets -= h->v[h->n - 1].packets;
        t->point_lost -= h->v[h->n - 1].lost;
        t->max_jitter_us = h->v[h->n - 1].jitter_us;
        t->point_delta = h->v[h->n - 1].delta_us;
        h->n--;
    }
    t->point_end_us = t->first_us + (h->n + 1) * h->step_us;
}

/* ---- a stream begins, changes ---- */

static void sequence_begin(struct rtp_stream *t, uint16_t seq)
{
    t->max_seq = seq;
    t->cycles = SEQ_MOD; /* what comes late, from before the first one, has numbers too */
    t->base = SEQ_MOD + (uint64_t)seq;
    t->part = 1;
    t->window[0] = 1;
    t->window[1] = 0;
    t->bad = false;
    t->in_row = 1;
    t->clean = true;
}

COLD static void of_type(struct rtp_watch *w, struct rtp_stream *t, uint8_t payload_type)
{
    const struct rtp_type *type = &w->known.types[payload_type];
    size_t i = 0;

    t->payload_type = payload_type;
    t->content = w->content[payload_type];
    t->type = type->encoding[0] || type->clock_rate ? type : NULL;
    while (i < t->n_types && t->types[i] != payload_type)
        i++;
    if (i == t->n_types && i < RTP_TYPES)
        t->types[t->n_types++] = payload_type;
    else if (i == t->n_types)
        t->more_types++;
    /* RFC4733:2.5.2.2#11: packets of events count for the jitter of reports; tshark leaves them out. */
    t->tick = type->clock_rate / 1e6;
    t->unit_us = type->clock_rate ? 1e6 / type->clock_rate : 0;
    uint32_t whole_khz = type->clock_rate / 1000;
    t->table.scale = t->content != RTP_C_EVENT && whole_khz ? 1.0 / (double)whole_khz : 0;
    if (type->clock_rate)
        t->clock_rate = type->clock_rate;
}

COLD static void ssrc_current(struct rtp_watch *w, struct rtp_stream *t, const struct watch_seen *s,
                              const struct watch_sink *out)
{
    struct rtp_path *p = rtp_path_of(w, t);

    t->path = p;
    p->last_us = s->now_us;
    if (t->packets == 0)
        p->ssrcs++;
    if (p->current && p->current != t->number) {
        struct rtp_stream *other = &w->streams[p->current];
        if (other->number && other->current && other->flow == t->flow &&
            addr_eq(&other->from, &t->from) && addr_eq(&other->to, &t->to))
            other->current = false;
        t->ssrc_changes++;
        watch_tell(out, RTP_F_SSRC_CHANGES, 1, s, 0);
    }
    p->current = t->number;
    t->current = true;
}

/* ---- sequence numbers ---- */

static inline uint32_t print(uint32_t timestamp, uint8_t payload_type, struct span payload)
{
    uint64_t h = (uint64_t)timestamp << 32 | (uint64_t)payload.n << 8 | payload_type, v[2] = {0, 0};

    if (payload.n >= sizeof v)
        memcpy(v, payload.p, sizeof v);
    else if (payload.n)
        memcpy(v, payload.p, payload.n);
    h = (h ^ v[0]) * 0xff51afd7ed558ccdu;
    h = (h ^ h >> 32 ^ v[1]) * 0xff51afd7ed558ccdu;
    return (uint32_t)(h >> 32) | 1;
}

static uint32_t print_of(const struct watch_seen *s, const struct rtp_packet *p)
{
    /* Header extensions, padding and what an SRTP tag covers may lawfully differ when a packet is sent again:
     * the front of the payload does not. */
    return s->cut || !s->sound || p->padding ? 0 : print(p->timestamp, p->payload_type, p->payload);
}

static void window_move(struct rtp_stream *t, unsigned by)
{
    if (by >= 128) {
        t->window[0] = t->window[1] = 0;
    } else if (by >= 64) {
        t->window[1] = t->window[0] << (by - 64);
        t->window[0] = 0;
    } else if (by) {
        t->window[1] = t->window[1] << by | t->window[0] >> (64 - by);
        t->window[0] <<= by;
    }
    t->window[0] |= 1;
}

COLD static void same_number(struct rtp_stream *t, const struct watch_seen *s,
                             const struct rtp_packet *p, uint32_t print,
                             const struct watch_sink *out)
{
    const struct rtp_recent *r = &t->recent[p->sequence % RTP_RECENT];
    uint64_t apart = s->now_us - t->now_us;

    t->duplicates++;
    watch_tell(out, RTP_F_DUPLICATES, 1, s, r->frame);
    if (!print || !r->print || r->print == print)
        return;
    t->differing++;
    if (apart <= RTP_SAME_US)
        rtp_watch_broke(t, RTP_T_DIFFERING, out, s,
                        (struct finding){.clause = "RFC3550:5.1#a10",
                                         .what = "sequence number %u was used for another packet",
                                         .level = STMT,
                                         .off = 2,
                                         .len = 2,
                                         .arg = {p->sequence}},
                        r->frame);
}

COLD static void skipped(struct rtp_stream *t, uint16_t seq, unsigned ahead)
{
    t->missing += ahead - 1;
    t->gaps++;
    if (ahead - 1 > t->largest_gap)
        t->largest_gap = ahead - 1;
    for (unsigned i = 1; i < ahead && i < RTP_RECENT; i++)
        t->recent[(uint16_t)(seq - i) % RTP_RECENT].print = 0;
    if (seq < t->max_seq)
        t->cycles += SEQ_MOD;
    t->max_seq = seq;
    window_move(t, ahead);
    t->in_row = 1;
}

/* The stray before was the begin of a new sequence, whose second packet this is. */
COLD static void restart(struct rtp_stream *t, const struct watch_seen *s, uint16_t seq,
                         const struct watch_sink *out)
{
    t->expected_before = rtp_expected(t);
    t->restarts++;
    t->strays--;
    watch_tell(out, RTP_F_RESTARTS, 1, s, t->last_frame);
    sequence_begin(t, seq);
    t->base = SEQ_MOD + (uint64_t)seq - 1;
    t->window[0] = 3;
    t->part = 1; /* the stray; this one is counted by the caller */
    t->in_row = 2;
    t->clean = false;
    memset(t->recent, 0, sizeof t->recent);
}

/* A number that is not the next one. */
COLD static enum taken out_of_line(struct rtp_stream *t, const struct watch_seen *s,
                                   const struct rtp_packet *p, uint32_t print,
                                   const struct watch_sink *out)
{
    uint16_t ahead = (uint16_t)(p->sequence - t->max_seq);
    unsigned behind = (uint16_t)(t->max_seq - p->sequence);
    enum taken taken = TAKEN;

    t->clean = false;
    if (ahead && ahead < RTP_MAX_DROPOUT) {
        skipped(t, p->sequence, ahead);
    } else if (behind <= RTP_MAX_MISORDER) {
        uint64_t *half = &t->window[behind / 64], bit = (uint64_t)1 << behind % 64;
        if (*half & bit) {
            same_number(t, s, p, print, out);
            return TAKEN;
        }
        *half |= bit;
        t->reordered++;
        watch_tell(out, RTP_F_REORDERED, 1, s, 0);
        t->missing -= t->cycles + t->max_seq - behind >= t->base;
    } else if (t->bad && p->sequence == t->bad_seq) {
        restart(t, s, p->sequence, out);
        taken = RESTARTED;
    } else {
        t->bad_seq = (uint16_t)(p->sequence + 1);
        t->bad = true;
        t->strays++;
        return STRAY;
    }
    t->recent[p->sequence % RTP_RECENT] = (struct rtp_recent){print, s->frame};
    return taken;
}

/* Next in sequence, yet sampled earlier. RFC3550:5.1#12 allows it where data is not sent in the order of
 * sampling, RFC 4733 where events lie between; so only audio without interleaving of one payload type is judged,
 * and only where no reordering of a few packets explains it. */
COLD static void time_back(const struct rtp_watch *w, struct rtp_stream *t,
                           const struct watch_seen *s, const struct rtp_packet *p, bool same_type,
                           const struct watch_sink *out)
{
    uint32_t back = t->ordered_time - p->timestamp;

    t->time_back++;
    watch_tell(out, RTP_F_TIME_BACK, 1, s, t->last_frame);
    if (!same_type || !w->plain[p->payload_type] || t->tick == 0 ||
        back < t->tick * 1e3 * (double)RTP_BACK_MS || s->now_us - t->now_us > RTP_SAME_US ||
        !t->valid)
        return;
    rtp_watch_broke(
        t, RTP_T_TIME_BACK, out, s,
        (struct finding){.clause = "RFC3550:5.1#8",
                         .what = "the timestamp goes back by %u from one packet of audio to "
                                 "the next in sequence",
                         .level = MUST,
                         .off = 4,
                         .len = 4,
                         .arg = {back}},
        t->last_frame);
}

/* ---- timing ---- */

/* Silence or a marker bit before a packet begins a talk spurt. */
static inline bool spurt(const struct rtp_stream *t, const struct rtp_packet *p, double delta)
{
    return p->marker || (delta >= 1e3 * (double)RTP_SPURT_GAP_MS && t->content <= RTP_C_FORMAT &&
                         delta * (double)t->deltas_us.n > 3 * t->deltas_us.sum);
}

static inline void arrival(struct rtp_stream *t, double delta, uint32_t frame)
{
    rtp_sums_add(&t->deltas_us, delta);
    if (delta >= t->deltas_us.most)
        t->deltas_us.frame = frame;
}

/* D(i-1,i) and J of RFC3550:6.4.1#8, in order of arrival, with arrivals that are not rounded to whole units.
 * Returns how far the timestamp ran ahead of the arrival, in units. */
static inline double jitter(struct rtp_stream *t, uint64_t now_us, uint32_t timestamp)
{
    double ahead = (double)(int32_t)(timestamp - t->timestamp) -
                   (double)(int64_t)(now_us - t->taken_us) * t->tick;

    t->jitter += ((ahead < 0 ? -ahead : ahead) - t->jitter) * 0.0625;
    rtp_sums_add(&t->jitters_us, t->jitter * t->unit_us);
    return ahead;
}

static inline void skew(struct rtp_stream *t, double ahead)
{
    double us = t->jitter * t->unit_us;

    if (us > t->max_jitter_us)
        t->max_jitter_us = us;
    t->skew += ahead * t->unit_us;
    if ((t->skew < 0 ? -t->skew : t->skew) > (t->max_skew < 0 ? -t->max_skew : t->max_skew))
        t->max_skew = t->skew;
}

/* The other side sends with the same SSRC. Whether its packets arrive, only the promises say; then who goes on
 * with it for long has not given it up, also where the other one merely sends back what it gets: its loop is
 * found as a collision first (RFC3550:8.2). */
COLD static void collided(const struct rtp_watch *w, struct rtp_stream *t,
                          const struct watch_seen *s, const struct watch_sink *out)
{
    const struct rtp_stream *rival = &w->streams[t->rival];

    if (!rival->number || rival->ssrc != t->ssrc || rival->rival != t->number)
        t->rival = 0;
    else if (w->o.origin && w->o.beside && rival->valid && s->now_us > t->collided_us &&
             s->now_us - t->collided_us > RTP_COLLIDED_US + w->o.slack_us)
        rtp_watch_broke(
            t, RTP_T_COLLISION, out, s,
            (struct finding){.clause = "RFC3550:8.2#2",
                             .what = "SSRC %x goes on, though the other side sends with it too",
                             .level = MUST,
                             .off = 8,
                             .len = 4,
                             .arg = {t->ssrc}},
            rival->first_frame);
}

COLD static void collide(struct rtp_watch *w, struct rtp_stream *t, const struct watch_seen *s,
                         const struct watch_sink *out)
{
    struct rtp_stream *rival = rtp_stream_near(w, s->flow, &s->to, &s->from, t->ssrc);

    if (!rival || rival == t || !rival->packets)
        return;
    t->rival = rival->number;
    rival->rival = t->number;
    t->collided_us = rival->collided_us = s->now_us;
    watch_tell(out, RTP_F_COLLISIONS, 1, s, rival->first_frame);
}

COLD static void first(struct rtp_watch *w, struct rtp_stream *t, const struct watch_seen *s,
                       const struct rtp_packet *p, const struct watch_sink *out)
{
    ssrc_current(w, t, s, out);
    watch_tell(out, RTP_F_STREAMS, 1, s, 0);
    sequence_begin(t, p->sequence);
    t->begun = true;
    t->first_us = s->now_us;
    t->first_ns = s->ns;
    t->first_frame = s->frame;
    t->spurts = 1;
    of_type(w, t, p->payload_type);
    t->ordered_time = p->timestamp;
    t->recent[p->sequence % RTP_RECENT] = (struct rtp_recent){print_of(s, p), s->frame};
    if (w->o.keep != WATCH_BRIEF)
        rtp_table_first(t, p);
    collide(w, t, s, out);
    t->history = w->o.keep == WATCH_ALL ? rtp_history_take(w, t) : NULL;
    t->point_end_us = t->history ? t->first_us + RTP_POINT_US : UINT64_MAX;
}

/* What is rare, after the counts: of_type comes last, since what is before looks at both types. */
COLD static void rare(struct rtp_watch *w, struct rtp_stream *t, const struct watch_seen *s,
                      const struct rtp_packet *p, const struct watch_sink *out)
{
    if (!t->current)
        ssrc_current(w, t, s, out);
    if (t->payload_type != p->payload_type) {
        t->type_changes++;
        watch_tell(out, RTP_F_TYPE_CHANGES, 1, s, t->last_frame);
        of_type(w, t, p->payload_type);
    }
    if (t->left) {
        t->rtcp.after_bye++;
        watch_tell(out, RTP_F_AFTER_BYE, 1, s, t->left_frame);
    }
    if (t->rival)
        collided(w, t, s, out);
}

/* The packet has the number that comes next. */
static inline void in_line(struct rtp_stream *t, uint16_t sequence, uint32_t frame, uint32_t print)
{
    t->max_seq = sequence;
    t->window[1] = t->window[1] << 1 | t->window[0] >> 63;
    t->window[0] = t->window[0] << 1 | 1;
    t->recent[sequence % RTP_RECENT] = (struct rtp_recent){print, frame};
    t->in_row++;
}

/* A packet that is not the stream's first. */
static inline enum taken next(struct rtp_watch *w, struct rtp_stream *t, const struct watch_seen *s,
                              const struct rtp_packet *p, const struct watch_sink *out)
{
    bool same_type = t->payload_type == p->payload_type, figures = w->o.keep != WATCH_BRIEF;
    uint32_t print = print_of(s, p);
    double tick = t->tick, delta;
    enum taken taken = TAKEN;

    if (s->now_us >= t->point_end_us)
        rtp_history_go(t, s->now_us);
    if (!t->current || !same_type || t->left || t->rival)
        rare(w, t, s, p, out);
    if (p->sequence == (uint16_t)(t->max_seq + 1)) {
        if ((int32_t)(p->timestamp - t->ordered_time) < 0)
            time_back(w, t, s, p, same_type, out);
        t->cycles += p->sequence == 0 ? SEQ_MOD : 0;
        in_line(t, p->sequence, s->frame, print);
    } else {
        taken = out_of_line(t, s, p, print, out);
    }
    delta = (double)(int64_t)(s->now_us - t->now_us);
    t->spurts += spurt(t, p, delta);
    arrival(t, delta, s->frame);
    if (figures) {
        if (delta > t->point_delta)
            t->point_delta = cut_u32(delta);
        rtp_table_next(t, p, s);
    }
    if (taken == STRAY)
        return STRAY;
    t->part++;
    t->valid |= t->in_row >= RTP_MIN_SEQUENTIAL;
    if (p->sequence == t->max_seq)
        t->ordered_time = p->timestamp;
    if (tick != 0 && tick == t->tick && taken == TAKEN) {
        double ahead = jitter(t, s->now_us, p->timestamp);
        if (figures)
            skew(t, ahead);
    }
    return taken;
}

void rtp_watch_ahead(const void *self, const struct watch_place *place)
{
    const struct rtp_watch *w = self;
    const struct rtp_stream *t = &w->streams[place->n];

    __builtin_prefetch(t, 1);
    __builtin_prefetch(&t->payload, 1);
    __builtin_prefetch(&t->deltas_us, 1);
}

/* What the next packet in sequence of a stream does, where nothing else is to be said of it: no header but the fixed
 * one, no marker, a clock that runs on. All of it stands in next() and rtp_watch_packet() too. */
bool rtp_watch_quick(void *self, const struct watch_place *place, const struct watch_quick *q)
{
    struct rtp_watch *w = self;
    struct rtp_stream *t = &w->streams[place->n];
    const uint8_t *o = q->octets.p;

    if (q->octets.n < RTP_HEADER || w->o.keep != WATCH_BRIEF || t->serial != place->serial ||
        get_u32(o + 8) != t->ssrc)
        return false;
    uint16_t sequence = (uint16_t)(t->max_seq + 1);
    uint32_t timestamp = get_u32(o + 4);
    uint64_t delta = q->now_us - t->now_us;
    if (get_u32(o) != (0x80000000u | (uint32_t)t->payload_type << 16 | sequence) || sequence == 0 ||
        !t->current || t->left || t->content || t->rival ||
        (int32_t)(timestamp - t->ordered_time) < 0 || delta >= 1000u * RTP_SPURT_GAP_MS ||
        q->now_us < w->now_us)
        return false;
    struct span payload = {o + RTP_HEADER, q->octets.n - RTP_HEADER};
    w->now_us = q->now_us;
    in_line(t, sequence, q->frame, print(timestamp, t->payload_type, payload));
    arrival(t, (double)(int64_t)delta, q->frame);
    t->part++;
    t->valid |= t->in_row >= RTP_MIN_SEQUENTIAL;
    t->ordered_time = timestamp;
    if (t->tick != 0)
        jitter(t, q->now_us, timestamp);
    t->packets++;
    t->octets += q->octets.n;
    t->payload += payload.n;
    t->now_us = t->taken_us = q->now_us;
    t->last_frame = q->frame;
    t->touched = true;
    t->timestamp = timestamp;
    return true;
}

void rtp_watch_packet(struct rtp_watch *w, const struct watch_seen *s, const struct rtp_packet *p,
                      const struct watch_sink *out)
{
    struct rtp_stream *t = rtp_stream_find(w, s, p->ssrc, true, out);
    enum taken taken = TAKEN;

    if (t->packets)
        taken = next(w, t, s, p, out);
    else
        first(w, t, s, p, out);
    t->packets++;
    t->octets += s->octets.n;
    t->payload += p->payload.n;
    t->markers += p->marker;
    t->padded += p->padding;
    t->extended += p->extension;
    t->contributed += p->cc != 0;
    t->now_us = s->now_us;
    t->last_frame = s->frame;
    t->touched = true;
    rtp_stream_remember(t, s->place);
    if (taken == STRAY)
        return;
    t->timestamp = p->timestamp;
    t->taken_us = s->now_us;
    if (t->content == RTP_C_EVENT)
        rtp_watch_event(w, t, s, p, out);
    else if (t->content == RTP_C_FORMAT)
        rtp_watch_format(w, t, s, p, out);
    else if (t->content)
        rtp_watch_text(w, t, s, p, out);
}
