/* harness/report/html_ladder.c - the messages of a case as an SVG ladder. */
#include <inttypes.h>
#include "harness/report/html.h"
#include "harness/report/text.h"

enum {
    PARTIES = 12, /* columns; who comes after them shares the last */
    LEFT = 110,   /* px, for the time */
    COLUMN = 400, /* px between parties */
    TOP = 44,     /* px, for the names */
    ROW = 36,     /* px a message */
    MARGIN = 90,  /* px right of the last party */
    LABEL = 44,   /* characters of a label between two parties */
    ROWS = 400,   /* messages drawn; the list below the ladder has all */
};
struct ladder {
    const char *party[PARTIES];
    size_t parties;
};

static size_t column(struct ladder *l, const char *name)
{
    for (size_t i = 0; i < l->parties; i++)
        if (strcmp(l->party[i], name) == 0)
            return i;
    if (l->parties == PARTIES)
        return PARTIES - 1;
    l->party[l->parties] = name;
    return l->parties++;
}

static size_t x_of(size_t i)
{
    return LEFT + i * COLUMN;
}

/* `s`, or the front of it and an ellipsis. */
static void label(FILE *to, const char *text, size_t max)
{
    struct span s = span_of(text);
    size_t at = 0;
    for (size_t n = 0; at < s.n && n < max; n++)
        text_rune(s, &at);
    text_xml_span(to, span_cut(s, 0, at));
    fputs(at < s.n ? "\u2026" : "", to);
}

/* The worst verdict of a check that names this frame. */
static enum verdict frame_verdict(const struct run_case *c, uint64_t frame)
{
    enum verdict worst = VERDICT_NONE;
    for (size_t i = 0; frame && i < c->checks_n; i++) {
        const struct run_check *k = &c->checks[i];
        for (size_t f = 0; f < run_list_n(k->frames); f++)
            if (run_check_counts(c, k) && run_list_uint(k->frames, f) == frame &&
                k->verdict > worst)
                worst = k->verdict;
    }
    return worst;
}

static void arrow(FILE *to, const struct run_message *m, size_t from, size_t to_col, size_t y,
                  enum verdict v)
{
    size_t x1 = x_of(from), x2 = x_of(to_col), mid = (x1 + x2) / 2;

    fprintf(to, "<text class=\"time\" x=\"8\" y=\"%zu\">", y + 4);
    text_seconds(to, m->time_us);
    fprintf(to, "</text><g class=\"arrow v-%s\">", verdict_name(v));
    if (from == to_col) { /* to itself */
        fprintf(to, "<path d=\"M%zu %zuh40v12h-34\"/><path class=\"tip\" d=\"M%zu %zul8 -4v8z\"/>",
                x1, y - 6, x1, y + 6);
        mid = x1 + 130;
    } else {
        fprintf(to, "<path d=\"M%zu %zuH%zu\"/>", x1, y, x2);
        fprintf(to, "<path class=\"tip\" d=\"M%zu %zul%s8 -4v8z\"/>", x2, y, x1 < x2 ? "-" : "");
    }
    fprintf(to, "<text x=\"%zu\" y=\"%zu\">", mid, y - 6);
    label(to, m->proto, 12);
    fputs(m->proto[0] ? " " : "", to);
    label(to, m->brief, LABEL);
    if (m->frame)
        fprintf(to, " #%" PRIu64, m->frame);
    fputs("</text></g></a>\n", to);
}

void html_ladder(const struct page *p, const struct run_case *c, size_t id)
{
    struct ladder l = {.parties = 0};
    FILE *to = p->to;
    size_t rows = 0, y = TOP, width, height;

    for (size_t i = 0; i < c->messages_n; i++)
        if (c->messages[i].attempt >= c->attempts && rows < ROWS) {
            column(&l, c->messages[i].from);
            column(&l, c->messages[i].to);
            rows++;
        }
    if (rows == 0)
        return;
    width = x_of(l.parties - 1) + (l.parties == 1 ? COLUMN : MARGIN);
    height = TOP + rows * ROW + 12;
    fprintf(to,
            "<div class=\"ladder\"><svg role=\"group\" aria-label=\"ladder of messages\" "
            "width=\"%zu\" height=\"%zu\" viewBox=\"0 0 %zu %zu\">\n",
            width, height, width, height);
    for (size_t i = 0; i < l.parties; i++) {
        fprintf(to,
                "<path class=\"life\" d=\"M%zu %dV%zu\"/><text class=\"party\" x=\"%zu\" y=\"20\">",
                x_of(i), TOP - 14, height, x_of(i));
        label(to, l.party[i], 32);
        fputs("</text>\n", to);
    }
    rows = 0;
    for (size_t i = 0; i < c->messages_n; i++) {
        const struct run_message *m = &c->messages[i];
        if (m->attempt < c->attempts || rows++ >= ROWS)
            continue;
        fprintf(to, "<a href=\"#m%zu-%zu\"", id, i);
        html_put(to, " aria-label=\"%s to %s: %s %s\">", m->from, m->to, m->proto, m->brief);
        y += ROW;
        arrow(to, m, column(&l, m->from), column(&l, m->to), y - 8, frame_verdict(c, m->frame));
    }
    fputs("</svg></div>\n", to);
    if (rows > ROWS)
        fprintf(to, "<p class=\"dim\">The first %d of %zu messages are drawn.</p>\n", ROWS, rows);
}
