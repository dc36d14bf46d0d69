/* harness/cli/streams_html.c - streams of RTP as a page: figures, plots of jitter and loss, findings. */
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include "harness/cli/streams.h"
#include "harness/report/text.h"

enum { WIDTH = 720, LEFT = 56, HEIGHT = 84, BASE = 70, TOP = 12 }; /* of a plot, in CSS pixels */

static const char style[] =
    ".plots { display: flex; flex-wrap: wrap; gap: 8px 24px; }\n"
    ".plot { max-width: 100%; height: auto; font: 11px system-ui, \"DejaVu Sans\", sans-serif; }\n"
    ".plot text { fill: var(--dim); }\n"
    ".plot .axis { stroke: var(--line); }\n"
    ".plot .jitter { fill: none; stroke: var(--link); stroke-width: 1.4; }\n"
    ".plot .lost { fill: var(--fail); }\n"
    ".plot .late { fill: var(--warn); }\n"
    ".stream { margin: 18px 0 28px; }\n";

bool streams_html_begin(struct streams *s, const char *css)
{
    FILE *from = css ? fopen(css, "re") : NULL;
    char text[4096];
    size_t n;

    if (!from)
        return false;
    fputs("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
          "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
          "<meta name=\"color-scheme\" content=\"light dark\">\n"
          "<title>rtclab: streams</title>\n<link rel=\"icon\" href=\"data:,\">\n<style>\n",
          s->page);
    while ((n = fread(text, 1, sizeof text, from)) > 0)
        fwrite(text, 1, n, s->page);
    bool good = !ferror(from);
    fclose(from);
    fputs(style, s->page);
    fputs("</style>\n</head>\n<body>\n<header><h1>rtclab: streams</h1></header>\n<main>\n",
          s->page);
    return good;
}

void streams_html_end(struct streams *s)
{
    fputs("</main>\n</body>\n</html>\n", s->page);
}

/* ---- findings ---- */

static void note(struct streams *s, uint32_t frame, const struct finding *f)
{
    uint8_t text[sizeof s->findings->what - 1];
    struct wr words = {text, sizeof text, 0, false};

    if (s->n_findings == STREAMS_FINDINGS) {
        s->more_findings++;
        return;
    }
    struct streams_finding *x = &s->findings[s->n_findings++];
    *x = (struct streams_finding){.frame = frame, .clause = f->clause, .level = f->level};
    finding_words(&words, f);
    memcpy(x->what, text, words.n);
}

void streams_html_note(struct streams *s, const struct engine_message *m)
{
    for (size_t i = 0; i < findings_kept(m->fs); i++)
        note(s, m->frame, &m->fs->v[i]);
}

static void findings(const struct streams *s)
{
    FILE *to = s->page;

    fprintf(to, "<h3>Findings</h3>\n");
    if (s->n_findings == 0) {
        fputs("<p class=\"dim\">None.</p>\n", to);
        return;
    }
    fputs("<div class=\"scroll\"><table "
          "class=\"matrix\">\n<tr><th>frame<th>clause<th>level<th>what</tr>\n",
          to);
    for (size_t i = 0; i < s->n_findings; i++) {
        const struct streams_finding *f = &s->findings[i];
        fprintf(to, "<tr><td class=\"n\">%u<td><code>", f->frame);
        text_xml(to, f->clause);
        fprintf(to, "</code><td>%s<td class=\"words\">", level_name(f->level));
        text_xml(to, f->what);
        fputs("</tr>\n", to);
    }
    fputs("</table></div>\n", to);
    if (s->more_findings)
        fprintf(to, "<p>And %zu more.</p>\n", s->more_findings);
}

/* ---- plots ---- */

struct plot {
    const struct rtp_point *p;
    size_t n;
    uint64_t step_us;
    double most; /* of the quantity, in its unit */
};

static double x_of(const struct plot *g, size_t i)
{
    return (double)LEFT +
           (double)i * (double)(WIDTH - LEFT - 8) / (double)(g->n > 1 ? g->n - 1 : 1);
}

static double y_of(const struct plot *g, double v)
{
    return (double)BASE - (double)(BASE - TOP) * v / g->most;
}

/* The frame of a plot: name, axes, the most on the left, time below. */
static void plot_begin(FILE *to, const struct plot *g, const char *name, const char *most)
{
    double seconds = (double)(g->n * g->step_us) * 1e-6;

    fprintf(to,
            "<svg class=\"plot\" viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\" role=\"img\" "
            "aria-label=\"%s over time, at most %s, %.1f seconds\">\n",
            WIDTH, HEIGHT, WIDTH, HEIGHT, name, most, seconds);
    fprintf(to, "<path class=\"axis\" fill=\"none\" d=\"M%d %dV%dH%d\"/>\n", LEFT, TOP, BASE,
            WIDTH - 8);
    fprintf(to, "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%s</text>\n", LEFT - 6, TOP + 8, most);
    fprintf(to, "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">0</text>\n", LEFT - 6, BASE);
    fprintf(to, "<text x=\"%d\" y=\"%d\">%s</text>\n", LEFT, HEIGHT - 2, name);
    fprintf(to, "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%.1f s</text>\n", WIDTH - 8,
            HEIGHT - 2, seconds);
}

static void plot_jitter(FILE *to, struct plot g)
{
    char most[32];

    g.most = 0.001;
    for (size_t i = 0; i < g.n; i++)
        g.most = fmax(g.most, g.p[i].jitter_us * 1e-3);
    snprintf(most, sizeof most, g.most < 10 ? "%.2f ms" : "%.0f ms", g.most);
    plot_begin(to, &g, "jitter", most);
    fputs("<polyline class=\"jitter\" points=\"", to);
    for (size_t i = 0; i < g.n; i++)
        if (g.p[i].packets)
            fprintf(to, "%.1f,%.1f ", x_of(&g, i), y_of(&g, g.p[i].jitter_us * 1e-3));
    fputs("\"/>\n</svg>\n", to);
}

static void plot_loss(FILE *to, struct plot g)
{
    char most[32];
    double width = fmax(1, (double)(WIDTH - LEFT - 8) / (double)(g.n ? g.n : 1));

    bool late = false; /* more than were due: the colour of .late */
    g.most = 1;
    for (size_t i = 0; i < g.n; i++) {
        g.most = fmax(g.most, fabs((double)g.p[i].lost));
        late |= g.p[i].lost < 0;
    }
    snprintf(most, sizeof most, "%.0f", g.most);
    plot_begin(to, &g, late ? "packets lost, or late and doubled (brown)" : "packets lost", most);
    for (size_t i = 0; i < g.n; i++) {
        double v = fabs((double)g.p[i].lost);
        if (v > 0)
            fprintf(to,
                    "<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>\n",
                    g.p[i].lost < 0 ? "late" : "lost", x_of(&g, i), y_of(&g, v), width,
                    (double)BASE - y_of(&g, v));
    }
    fputs("</svg>\n", to);
}

/* ---- figures ---- */

static void fact(FILE *to, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static void fact(FILE *to, const char *name, const char *format, ...)
{
    char text[256];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    fprintf(to, "<div><dt>%s</dt><dd>", name);
    text_xml(to, text);
    fputs("</dd></div>\n", to);
}

static void digits(FILE *to, const struct rtp_stream *s)
{
    size_t n;
    const struct rtp_digit *d = rtp_stream_digits(s, &n);
    char text[8 * RTP_DIGITS] = "";

    for (size_t i = 0, at = 0; i < n; i++) {
        char key = rtp_key_of_event(d[i].event);
        if (key)
            at += (size_t)snprintf(text + at, sizeof text - at, "%c ", key);
        else
            at += (size_t)snprintf(text + at, sizeof text - at, "(%u) ", d[i].event);
    }
    if (n)
        fact(to, "DTMF", "%s", text);
}

static void facts(FILE *to, const struct rtp_stream *s, const struct rtp_figures *f)
{
    const struct rtp_reported *r = &f->reported;
    const struct rtp_type *t = f->last_type;

    fputs("<dl class=\"facts\">\n", to);
    if (f->packets)
        fact(to, "payload type", "%u %s", f->payload_type, t && *t->encoding ? t->encoding : "");
    fact(to, "packets", "%llu", (unsigned long long)f->packets);
    fact(to, "lost", "%lld (%.2f %%)", (long long)f->lost, f->lost_percent);
    fact(to, "late, doubled", "%llu, %llu", (unsigned long long)f->reordered,
         (unsigned long long)f->duplicates);
    if (f->clock_rate)
        fact(to, "jitter, mean and most", "%.2f ms, %.2f ms", f->mean_jitter_ms, f->max_jitter_ms);
    fact(to, "longest between packets", "%.2f ms", f->max_delta_ms);
    fact(to, "duration", "%.2f s", (double)(f->last_us - f->first_us) * 1e-6);
    if (r->reports)
        fact(to, "reported", "%.1f %% lost at most, jitter %.2f ms", 100 * r->max_fraction_lost,
             r->jitter_ms);
    if (r->round_trips)
        fact(to, "round trip", "%.2f ms", r->mean_rtt_ms);
    digits(to, s);
    if (f->text_octets)
        fact(to, "text", "%.*s", (int)rtp_stream_text(s).n, (const char *)rtp_stream_text(s).p);
    fputs("</dl>\n", to);
}

static void one(FILE *to, const struct streams_row *row)
{
    static struct rtp_point points[RTP_POINTS];
    uint8_t ends[160];
    struct wr w = {ends, sizeof ends, 0, false};
    struct rtp_figures f;
    struct plot g = {.p = points};

    rtp_stream_figures(row->s, &f);
    addr_text(&w, &f.from);
    wr_text(&w, " \u2192 ");
    addr_text(&w, &f.to);
    fputs("<section class=\"stream\">\n<h3>", to);
    text_xml_span(to, wr_span(&w));
    fprintf(to, ", SSRC 0x%08x</h3>\n", f.ssrc);
    facts(to, row->s, &f);
    g.n = rtp_stream_points(row->s, points, &g.step_us);
    if (g.n > 1) {
        fputs("<div class=\"plots\">\n", to);
        if (f.clock_rate)
            plot_jitter(to, g);
        plot_loss(to, g);
        fputs("</div>\n", to);
    }
    fputs("</section>\n", to);
}

void streams_html_file(struct streams *s, const char *file)
{
    size_t n = s->n_rows;
    FILE *to = s->page;

    fputs("<h2>", to);
    text_xml(to, file);
    fprintf(to, "</h2>\n<p>%zu streams of RTP.</p>\n", n);
    findings(s);
    for (size_t i = 0; i < n && i < STREAMS_PAGE; i++)
        one(to, &s->rows[i]);
    if (n > STREAMS_PAGE)
        fprintf(to, "<p>And %zu more streams.</p>\n", n - STREAMS_PAGE);
    s->n_findings = s->more_findings = 0;
}
