/* harness/watch/rtp/rtp_watch_table.c - the figures of tshark's table of streams, which counts in its own way:
 * clock rates in whole kHz; packets with the marker bit, of comfort noise or behind it, and those whose timestamp
 * is earlier than that of the first one, are left out of jitters and deltas, yet divided by; the last
 * packet, not the highest number, says what was expected. */
#include "harness/watch/rtp/rtp_watch.h"

void rtp_table_first(struct rtp_stream *t, const struct rtp_packet *p)
{
    struct rtp_table *a = &t->table;

    a->time_ms = 0;
    a->seq = a->start = a->stop = p->sequence;
    a->first = p->timestamp;
    a->comfort = p->payload_type == 13 || p->payload_type == 19;
}

/* A mean over `n` packets, as a sum: packets that were left out since it was last added to have to count. */
static inline void add(double *sum, uint64_t *at, uint64_t n, double v)
{
    if (*at && *at != n - 1)
        *sum = *sum / (double)*at * (double)(n - 1);
    *sum += v;
    *at = n;
}

static inline void cycles(struct rtp_table *a, uint16_t seq, bool in_time)
{
    if (!in_time)
        return;
    if (!a->under && (seq < a->start || (seq == 0 && a->stop == 65535))) {
        a->cycles++;
        a->under = true;
    } else if (a->under && seq > a->start) {
        a->under = false;
    }
}

static inline void sequence(struct rtp_table *a, uint16_t seq, bool in_time)
{
    bool next = a->seq + 1 == seq || (a->seq == 65535 && seq == 0);

    if (in_time && next) {
        a->seq = seq;
    } else if (in_time && (a->seq + 1 < seq || a->seq - seq > 0xff00)) {
        a->problem |= a->seq != seq;
        a->seq = a->seq == seq ? a->seq : seq;
    } else if (a->seq + 1 > seq) {
        a->problem = true;
    }
}

void rtp_table_next(struct rtp_stream *t, const struct rtp_packet *p, const struct watch_seen *s)
{
    struct rtp_table *a = &t->table;
    uint32_t stamp = p->timestamp - a->first; /* of the time since the first packet */
    bool in_time = stamp < 0x80000000u, after_comfort = a->comfort;
    double now = (double)(int64_t)(s->now_us - t->first_us) * 1e-3 + (s->ns - t->first_ns) * 1e-6,
           delta = now - a->time_ms;
    uint64_t n = t->packets;

    cycles(a, p->sequence, in_time);
    sequence(a, p->sequence, in_time);
    a->problem |= !in_time;
    a->comfort = p->payload_type == 13 || p->payload_type == 19;
    if (a->scale != 0 && in_time) {
        double d = delta - ((double)stamp - a->clocked) * a->scale;
        a->jitter = (15 * a->jitter + (d < 0 ? -d : d)) * 0.0625;
        a->clocked = (double)stamp;
    }
    if (in_time && !p->marker && !a->comfort && !after_comfort) {
        add(&a->sum_delta, &a->delta_n, n, delta);
        a->max_delta = delta > a->max_delta ? delta : a->max_delta;
        a->min_delta = !a->deltas || delta < a->min_delta ? delta : a->min_delta;
        a->deltas = true;
        if (a->scale != 0) {
            add(&a->sum_jitter, &a->jitter_n, n, a->jitter);
            a->max_jitter = a->jitter > a->max_jitter ? a->jitter : a->max_jitter;
            a->min_jitter = !a->jitters || a->jitter < a->min_jitter ? a->jitter : a->min_jitter;
            a->jitters = true;
        }
    }
    if (in_time)
        a->time_ms = now;
    a->stop = p->sequence;
}
