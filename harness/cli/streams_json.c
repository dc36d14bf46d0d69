/* harness/cli/streams_json.c - streams of RTP as JSON, an object a line; the keys are in docs/json.md. */
#include <math.h>
#include <stdlib.h>
#include "harness/cli/streams.h"

static void key_int(struct wr *w, const char *key, int64_t v)
{
    wr_json_key(w, key);
    if (v < 0)
        wr_u8(w, '-');
    wr_dec(w, v < 0 ? (uint64_t)-v : (uint64_t)v);
}

static void key_ms(struct wr *w, const char *key, double v)
{
    char text[64];
    snprintf(text, sizeof text, "%.3f", isfinite(v) ? v : 0.0);
    wr_json_key(w, key);
    wr_text(w, text);
}

static void key_us(struct wr *w, const char *key, uint64_t us)
{
    char text[64];
    snprintf(text, sizeof text, "%llu.%06u", (unsigned long long)(us / 1000000),
             (unsigned)(us % 1000000));
    wr_json_key(w, key);
    wr_text(w, text);
}

static void types(struct wr *w, const struct rtp_figures *f)
{
    wr_json_key(w, "payload_types");
    wr_u8(w, '[');
    for (size_t i = 0; i < f->n_types; i++) {
        if (i)
            wr_u8(w, ',');
        wr_dec(w, f->types[i]);
    }
    wr_u8(w, ']');
    if (f->last_type && *f->last_type->encoding)
        view_key_text(w, "encoding", f->last_type->encoding);
    if (f->clock_rate)
        view_key_uint(w, "clock_rate", f->clock_rate);
}

static void sequence(struct wr *w, const struct rtp_figures *f)
{
    view_key_uint(w, "expected", f->expected);
    key_int(w, "lost", f->lost);
    key_ms(w, "lost_percent", f->lost_percent);
    view_key_uint(w, "missing", f->missing);
    view_key_uint(w, "duplicates", f->duplicates);
    view_key_uint(w, "differing", f->differing);
    view_key_uint(w, "reordered", f->reordered);
    view_key_uint(w, "gaps", f->gaps);
    view_key_uint(w, "largest_gap", f->largest_gap);
    view_key_uint(w, "restarts", f->restarts);
    view_key_uint(w, "first_sequence", f->base_sequence);
    view_key_uint(w, "highest_sequence", f->highest_sequence);
}

static void timing(struct wr *w, const struct rtp_figures *f)
{
    if (f->clock_rate) {
        key_ms(w, "jitter_ms", f->jitter_ms);
        key_ms(w, "mean_jitter_ms", f->mean_jitter_ms);
        key_ms(w, "max_jitter_ms", f->max_jitter_ms);
        key_ms(w, "max_skew_ms", f->max_skew_ms);
    }
    key_ms(w, "min_delta_ms", f->min_delta_ms);
    key_ms(w, "mean_delta_ms", f->mean_delta_ms);
    key_ms(w, "max_delta_ms", f->max_delta_ms);
    view_key_uint(w, "max_delta_frame", f->max_delta_frame);
}

static void heard(struct wr *w, const struct rtp_heard *h)
{
    if (h->compounds == 0)
        return;
    wr_json_key(w, "rtcp");
    wr_u8(w, '{');
    view_key_uint(w, "compounds", h->compounds);
    view_key_uint(w, "sr", h->sr);
    view_key_uint(w, "rr", h->rr);
    view_key_uint(w, "feedback", h->feedback);
    view_key_uint(w, "xr", h->xr);
    view_key_uint(w, "bye", h->bye);
    if (h->intervals)
        key_ms(w, "mean_interval_ms", h->mean_interval_ms);
    if (*h->cname)
        view_key_text(w, "cname", h->cname);
    view_key_uint(w, "packets_after_bye", h->after_bye);
    wr_u8(w, '}');
}

static void reported(struct wr *w, const struct rtp_reported *r)
{
    if (r->reports == 0)
        return;
    wr_json_key(w, "reported");
    wr_u8(w, '{');
    view_key_uint(w, "reports", r->reports);
    view_key_uint(w, "by", r->by);
    view_key_uint(w, "fraction_lost", r->fraction_lost);
    key_int(w, "cumulative_lost", r->cumulative_lost);
    view_key_uint(w, "highest_sequence", r->highest_sequence);
    view_key_uint(w, "jitter", r->jitter);
    key_ms(w, "jitter_ms", r->jitter_ms);
    key_int(w, "lost_here", r->lost_here);
    if (r->round_trips) {
        key_ms(w, "min_rtt_ms", r->min_rtt_ms);
        key_ms(w, "mean_rtt_ms", r->mean_rtt_ms);
        key_ms(w, "max_rtt_ms", r->max_rtt_ms);
    }
    wr_u8(w, '}');
}

static void contents(struct wr *w, const struct rtp_stream *s, const struct rtp_figures *f)
{
    size_t n;
    const struct rtp_digit *d = rtp_stream_digits(s, &n);
    struct span text = rtp_stream_text(s);

    if (n) {
        wr_json_key(w, "events");
        wr_u8(w, '[');
        for (size_t i = 0; i < n; i++) {
            char key[2] = {rtp_key_of_event(d[i].event), '\0'};
            wr_text(w, i ? ",{" : "{");
            view_key_uint(w, "event", d[i].event);
            if (*key)
                view_key_text(w, "key", key);
            key_us(w, "time", d[i].start_us);
            view_key_uint(w, "frame", d[i].frame);
            view_key_uint(w, "duration_ms", d[i].duration_ms);
            view_key_uint(w, "volume", d[i].volume);
            wr_json_key(w, "ended");
            wr_text(w, d[i].end ? "true}" : "false}");
        }
        wr_u8(w, ']');
    }
    if (f->text_octets) {
        wr_json_key(w, "text");
        wr_json_text(w, text);
        view_key_uint(w, "text_missing", f->text_missing);
        view_key_uint(w, "text_recovered", f->text_recovered);
    }
}

static void points(struct wr *w, const struct rtp_stream *s)
{
    static struct rtp_point p[RTP_POINTS];
    uint64_t step;
    size_t n = rtp_stream_points(s, p, &step);

    view_key_uint(w, "step_us", n ? step : 0);
    wr_json_key(w, "points");
    wr_u8(w, '[');
    for (size_t i = 0; i < n; i++) {
        wr_text(w, i ? ",{" : "{");
        view_key_uint(w, "packets", p[i].packets);
        key_int(w, "lost", p[i].lost);
        view_key_uint(w, "jitter_us", p[i].jitter_us);
        view_key_uint(w, "delta_us", p[i].delta_us);
        wr_u8(w, '}');
    }
    wr_u8(w, ']');
}

static void one(const struct streams *x, struct wr *w, const char *file,
                const struct streams_row *row)
{
    struct rtp_figures f;

    rtp_stream_figures(row->s, &f);
    wr_u8(w, '{');
    view_key_text(w, "file", file);
    view_key_addr(w, "src", &f.from);
    view_key_addr(w, "dst", &f.to);
    view_key_uint(w, "ssrc", f.ssrc);
    types(w, &f);
    if (f.packets) { /* else RTCP alone came of it */
        view_key_uint(w, "first_frame", f.first_frame);
        view_key_uint(w, "last_frame", f.last_frame);
        key_us(w, "first", f.first_us);
        key_us(w, "last", f.last_us);
    }
    wr_json_key(w, "valid");
    wr_text(w, f.valid ? "true" : "false");
    view_key_uint(w, "packets", f.packets);
    view_key_uint(w, "octets", f.octets);
    view_key_uint(w, "payload_octets", f.payload_octets);
    view_key_uint(w, "markers", f.markers);
    view_key_uint(w, "spurts", f.spurts);
    sequence(w, &f);
    timing(w, &f);
    heard(w, &f.rtcp);
    reported(w, &f.reported);
    contents(w, row->s, &f);
    if (x->points)
        points(w, row->s);
    wr_text(w, "}\n");
}

void streams_json(struct view *v, struct wr *w, const char *file)
{
    const struct streams *x = (const struct streams *)v;

    for (size_t i = 0; i < x->n_rows; i++)
        one(x, w, file, &x->rows[i]);
}
