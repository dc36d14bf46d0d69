/* harness/watch/rtp/rtp_streams.c - figures of streams, made from what the watcher keeps. */
#include "harness/watch/rtp/rtp_watch.h"

/* ---- what payload types stand for ---- */

static bool word_at(struct span *text, struct span *word)
{
    size_t from = 0, to;

    while (from < text->n && strchr(" ,\t\n", text->p[from]))
        from++;
    for (to = from; to < text->n && !strchr(" ,\t\n", text->p[to]);)
        to++;
    *word = span_cut(*text, from, to);
    *text = span_cut(*text, to, text->n);
    return word->n > 0;
}

static size_t find_char(struct span s, char c)
{
    size_t i = 0;
    while (i < s.n && s.p[i] != (uint8_t)c)
        i++;
    return i;
}

static bool read_word(struct span word, struct rtp_known *k)
{
    size_t eq = find_char(word, '=');
    struct span name = span_cut(word, 0, eq), value = span_cut(word, eq + 1, word.n);
    size_t slash = find_char(value, '/');
    struct span rate = span_cut(value, slash + 1, value.n);
    uint64_t n, hz, channels;

    if (span_is(word, "clear")) {
        k->clear = true;
        return true;
    }
    if (span_is(name, "rtcp-minimum")) {
        if (!span_uint(value, &n) || n > 3600000)
            return false;
        k->rtcp_minimum_ms = (uint32_t)n;
        return true;
    }
    size_t second = find_char(rate, '/');
    if (second < rate.n && (!span_uint(span_cut(rate, second + 1, rate.n), &channels) || !channels))
        return false;
    if (!span_uint(name, &n) || n >= RTP_PAYLOAD_TYPES || slash == 0 || slash == value.n ||
        !span_uint(span_cut(rate, 0, second), &hz) || hz == 0 || hz > UINT32_MAX)
        return false;
    struct rtp_type *t = &k->types[n];
    memset(t, 0, sizeof *t);
    memcpy(t->encoding, value.p, slash < RTP_ENCODING_MAX ? slash : RTP_ENCODING_MAX);
    t->clock_rate = (uint32_t)hz;
    return true;
}

bool rtp_known_read(const char *text, struct rtp_known *k, struct wr *why)
{
    struct span rest = span_of(text), word;

    memset(k, 0, sizeof *k);
    for (unsigned i = 0; i < RTP_PAYLOAD_TYPES; i++) {
        const struct rtp_static *st = rtp_static_type(i);
        if (!st)
            continue;
        struct span name = span_of(st->encoding);
        memcpy(k->types[i].encoding, name.p, name.n < RTP_ENCODING_MAX ? name.n : RTP_ENCODING_MAX);
        k->types[i].clock_rate = st->clock_rate;
    }
    while (word_at(&rest, &word)) {
        if (read_word(word, k))
            continue;
        wr_text(why, "\"");
        wr_put(why, span_cut(word, 0, 80));
        wr_text(why, "\" is neither PT=ENCODING/RATE, with a payload type up to 127, "
                     "rtcp-minimum=MS nor clear");
        return false;
    }
    return true;
}

/* ---- streams ---- */

const struct rtp_stream *rtp_streams_next(const struct watch *w, const struct rtp_stream *s)
{
    const struct rtp_watch *self = watch_self(w);
    uint32_t n = s ? s->newer : self->oldest;
    return n ? &self->streams[n] : NULL;
}

uint64_t rtp_streams_gone(const struct watch *w)
{
    const struct rtp_watch *self = watch_self(w);
    return self->gone;
}

static double mean(const struct rtp_sums *s)
{
    return s->n ? s->sum / (double)s->n : 0;
}

static void figures_of_sequence(const struct rtp_stream *s, struct rtp_figures *f)
{
    uint64_t highest = s->cycles + s->max_seq;

    f->base_sequence = s->base & 0xffff;
    f->highest_sequence = highest - (s->base - f->base_sequence);
    f->expected = rtp_expected(s);
    f->lost = (int64_t)f->expected - (int64_t)(s->packets - s->strays);
    f->lost_percent = f->expected ? 100.0 * (double)f->lost / (double)f->expected : 0;
    f->missing = s->missing;
    f->duplicates = s->duplicates;
    f->differing = s->differing;
    f->reordered = s->reordered;
    f->gaps = s->gaps;
    f->largest_gap = s->largest_gap;
    f->restarts = s->restarts;
    f->strays = s->strays;
}

static void figures_of_timing(const struct rtp_stream *s, struct rtp_figures *f)
{
    f->clock_rate = s->clock_rate;
    f->jitters = s->jitters_us.n;
    f->jitter = (uint32_t)s->jitter;
    f->jitter_ms = s->clock_rate ? s->jitter * 1e3 / s->clock_rate : 0;
    f->mean_jitter_ms = mean(&s->jitters_us) / 1e3;
    f->max_jitter_ms = s->jitters_us.most / 1e3;
    f->min_delta_ms = s->deltas_us.least / 1e3;
    f->mean_delta_ms = mean(&s->deltas_us) / 1e3;
    f->max_delta_ms = s->deltas_us.most / 1e3;
    f->max_delta_frame = s->deltas_us.frame;
    f->max_skew_ms = s->max_skew / 1e3;
    f->timestamp_backwards = s->time_back;
}

static void figures_of_table(const struct rtp_stream *s, struct rtp_tshark *f)
{
    const struct rtp_table *a = &s->table;

    f->expected = (int64_t)a->stop + 65536 * (int64_t)a->cycles - a->start + 1;
    f->lost = f->expected - (int64_t)s->packets;
    f->lost_percent = f->expected ? 100.0 * (double)f->lost / (double)f->expected : 0;
    f->deltas = a->deltas;
    f->jitters = a->jitters;
    f->min_delta_ms = a->deltas ? a->min_delta : -1;
    f->mean_delta_ms = a->delta_n ? a->sum_delta / (double)a->delta_n : 0;
    f->max_delta_ms = a->max_delta;
    f->min_jitter_ms = a->jitters ? a->min_jitter : -1;
    f->mean_jitter_ms = a->jitter_n ? a->sum_jitter / (double)a->jitter_n : 0;
    f->max_jitter_ms = a->max_jitter;
    f->problem = a->problem;
}

static void figures_of_rtcp(const struct rtp_stream *s, struct rtp_figures *f)
{
    f->rtcp = s->rtcp;
    f->rtcp.intervals = s->intervals_ms.n;
    f->rtcp.min_interval_ms = s->intervals_ms.least;
    f->rtcp.mean_interval_ms = mean(&s->intervals_ms);
    f->rtcp.max_interval_ms = s->intervals_ms.most;
    f->reported = s->reported;
    f->reported.jitter_ms = s->clock_rate ? f->reported.jitter * 1e3 / s->clock_rate : 0;
    f->reported.round_trips = s->rtts_ms.n;
    f->reported.min_rtt_ms = s->rtts_ms.least;
    f->reported.mean_rtt_ms = mean(&s->rtts_ms);
    f->reported.max_rtt_ms = s->rtts_ms.most;
}

static uint32_t ssrcs_of(const struct rtp_stream *s)
{
    const struct rtp_path *p = s->path;
    bool same = p && p->used && p->flow == s->flow && addr_eq(&p->from, &s->from) &&
                addr_eq(&p->to, &s->to);
    return same ? p->ssrcs : s->packets > 0;
}

void rtp_stream_figures(const struct rtp_stream *s, struct rtp_figures *f)
{
    *f = (struct rtp_figures){.flow = s->flow,
                              .from = s->from,
                              .to = s->to,
                              .ssrc = s->ssrc,
                              .first_frame = s->first_frame,
                              .last_frame = s->last_frame,
                              .first_us = s->first_us,
                              .last_us = s->packets ? s->now_us : 0,
                              .valid = s->valid,
                              .packets = s->packets,
                              .octets = s->octets,
                              .payload_octets = s->payload,
                              .markers = s->markers,
                              .padded = s->padded,
                              .extended = s->extended,
                              .contributed = s->contributed,
                              .spurts = s->spurts,
                              .n_types = s->n_types,
                              .more_types = s->more_types,
                              .type_changes = s->type_changes,
                              .last_type = s->type,
                              .payload_type = s->payload_type,
                              .ssrcs = ssrcs_of(s),
                              .ssrc_changes = s->ssrc_changes};
    memcpy(f->types, s->types, sizeof f->types);
    if (s->packets) {
        figures_of_sequence(s, f);
        figures_of_timing(s, f);
        figures_of_table(s, &f->tshark);
    }
    figures_of_rtcp(s, f);
    if (s->contents) {
        f->digits = s->contents->n_digits;
        f->digits_without_end = s->contents->open;
        f->text_octets = s->contents->text_octets;
        f->text_missing = s->contents->text_missing;
        f->text_recovered = s->contents->text_recovered;
    }
}

void rtp_stream_start(const struct rtp_stream *s, uint64_t *us, uint32_t *frame)
{
    *us = s->first_us;
    *frame = s->first_frame;
}

/* ---- over time, contents ---- */

size_t rtp_stream_points(const struct rtp_stream *s, struct rtp_point points[RTP_POINTS],
                         uint64_t *step_us)
{
    const struct rtp_history *h = s->history;

    *step_us = h ? h->step_us : 0;
    if (!h || !s->packets)
        return 0;
    memcpy(points, h->v, h->n * sizeof *points);
    points[h->n] = rtp_history_now(s);
    return h->n + 1;
}

const struct rtp_digit *rtp_stream_digits(const struct rtp_stream *s, size_t *n)
{
    *n = !s->contents ? 0 : s->contents->n_digits < RTP_DIGITS ? s->contents->n_digits : RTP_DIGITS;
    return s->contents ? s->contents->digits : NULL;
}

struct span rtp_stream_text(const struct rtp_stream *s)
{
    const struct rtp_contents *c = s->contents;
    size_t from;

    if (!c)
        return (struct span){NULL, 0};
    from = c->n_text > RTP_TEXT ? c->n_text - RTP_TEXT : 0;
    while (from < c->n_text && from && (c->text[from] & 0xc0) == 0x80)
        from++; /* whole characters */
    return (struct span){c->text + from, c->n_text - from};
}
