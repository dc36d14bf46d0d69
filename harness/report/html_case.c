/* harness/report/html_case.c - the cases of the HTML page. */
#include <inttypes.h>
#include <stdlib.h>
#include "harness/core/clause.h"
#include "harness/report/html.h"
#include "harness/report/text.h"

static void frames(FILE *to, const struct run_case *c, const struct run_list l, size_t id)
{
    for (size_t i = 0; i < run_list_n(l); i++) {
        uint64_t frame = run_list_uint(l, i);
        size_t at = c ? html_message_at(c, frame) : RUN_LAST;
        fputs(i ? ", " : "", to);
        if (at != RUN_LAST)
            fprintf(to, "<a href=\"#m%zu-%zu\">%" PRIu64 "</a>", id, at, frame);
        else
            fprintf(to, "%" PRIu64, frame);
    }
}

static void expected(FILE *to, const struct run_check *k)
{
    size_t n = run_list_n(k->expected);
    if (n == 0)
        return;
    fprintf(to, "<dt>Expected%s</dt><dd>", n > 1 ? ", one of" : "");
    if (n > 1)
        fputs("<ul>", to);
    for (size_t i = 0; i < n; i++)
        html_put(to, n > 1 ? "<li>%s</li>" : "%s", run_list_text(k->expected, i));
    fputs(n > 1 ? "</ul></dd>\n" : "</dd>\n", to);
}

void html_check(FILE *to, const struct run_case *c, const struct run_check *k, size_t id)
{
    const struct clause *clause = clause_named(k->clause);
    const char *verdict = verdict_name(k->verdict);

    html_put(to,
             "<li class=\"check v-%s\"><p class=\"head\"><b class=\"badge v-%s\">%s</b> "
             "<code>%s</code> <span class=\"level\">%s</span>",
             verdict, verdict, verdict, k->clause, k->level);
    if (c && !run_check_counts(c, k))
        fprintf(to, " <span class=\"dim\">in attempt %u</span>", k->attempt);
    fputs("</p>\n", to);
    if (clause)
        html_put(to, "<p class=\"words\">%s</p>\n", clause->words);
    fputs("<dl>", to);
    if (k->what[0])
        html_put(to, "<dt>What</dt><dd>%s</dd>\n", k->what);
    expected(to, k);
    if (k->actual[0])
        html_put(to, "<dt>Actual</dt><dd>%s</dd>\n", k->actual);
    if (run_list_n(k->frames)) {
        fputs("<dt>Frames</dt><dd>", to);
        frames(to, c, k->frames, id);
        fputs("</dd>\n", to);
    }
    if (k->length)
        fprintf(to, "<dt>Octets</dt><dd>%" PRIu64 " to %" PRIu64 " of the message</dd>\n",
                k->offset, k->offset + k->length - 1);
    fputs("</dl></li>\n", to);
}

static void capture_link(const struct page *p, const struct run_case *c)
{
    FILE *to = p->to;
    char path[4096];
    if (!c->pcap[0])
        return;
    snprintf(path, sizeof path, "%s%s%s", p->captures, p->captures[0] ? "/" : "", c->pcap);
    fputs("<dt>Capture</dt><dd><a href=\"", to);
    text_url(to, path);
    html_put(to, "\">%s</a></dd>\n", c->pcap);
}

static void about(const struct page *p, const struct run_case *c)
{
    FILE *to = p->to;
    fputs("<dl class=\"about\">", to);
    if (c->why[0])
        html_put(to, "<dt>Why</dt><dd>%s</dd>\n", c->why);
    if (c->rerun[0])
        html_put(to,
                 "<dt>Run again</dt><dd class=\"rerun\"><code>%s</code> "
                 "<button class=\"copy\" hidden>copy</button></dd>\n",
                 c->rerun);
    capture_link(p, c);
    if (c->file[0]) {
        html_put(to, "<dt>Case</dt><dd><code>%s", c->file);
        fprintf(to, ":%" PRIu64 "</code></dd>\n", c->line);
    }
    if (c->role[0] || c->kind[0])
        html_put(to, "<dt>Role, kind</dt><dd>%s %s</dd>\n", c->role, c->kind);
    if (c->transport[0] || c->family[0])
        html_put(to, "<dt>Over</dt><dd>%s %s</dd>\n", c->transport, c->family);
    if (c->seed[0])
        html_put(to, "<dt>Seed</dt><dd><code>%s</code></dd>\n", c->seed);
    if (c->tries > 1)
        fprintf(to, "<dt>Tries</dt><dd>%" PRIu64 "</dd>\n", c->tries);
    fputs("</dl>\n", to);
}

static void notes(const struct page *p, const struct run_case *c)
{
    if (c->notes_n == 0)
        return;
    fputs("<h4>Notes</h4><ul class=\"notes\">\n", p->to);
    for (size_t i = 0; i < c->notes_n; i++) {
        fputs("<li><span class=\"time\">", p->to);
        text_seconds(p->to, c->notes[i].time_us);
        html_put(p->to, "</span> %s</li>\n", c->notes[i].what);
    }
    fputs("</ul>\n", p->to);
}

/* What the search box looks into: the id, the title and the clauses. */
static void search_text(const struct page *p, const struct run_case *c)
{
    html_put(p->to, " data-find=\"%s %s %s", c->id, c->title, c->suite);
    for (size_t i = 0; i < run_list_n(c->clauses); i++)
        html_put(p->to, " %s", run_list_text(c->clauses, i));
    for (size_t i = 0; i < c->checks_n; i++)
        html_put(p->to, " %s", c->checks[i].clause);
    fputs("\"", p->to);
}

static void line(FILE *to, const struct run_case *c)
{
    const char *status = status_name(c->status);

    html_put(to, "<b class=\"badge s-%s\">%s</b> <code class=\"id\">%s</code> ", status, status,
             c->id);
    html_put(to, "<span class=\"title\">%s</span> <span class=\"time\">", c->title);
    text_duration(to, c->duration_us);
    fputs("</span>", to);
}

static void one_case(const struct page *p, const struct run_case *c, size_t id)
{
    FILE *to = p->to;
    const char *status = status_name(c->status);

    fprintf(to, "<details class=\"case s-%s\" id=\"c%zu\" data-status=\"%s\"", status, id, status);
    search_text(p, c);
    fputs("><summary>", to);
    line(to, c);
    fputs("</summary>\n<div class=\"body\">\n", to);
    about(p, c);
    if (c->checks_n) {
        fputs("<h4>Checks</h4><ol class=\"checks\">\n", to);
        for (size_t v = VERDICT_N; v-- > 0;) /* the worst first */
            for (size_t i = 0; i < c->checks_n; i++)
                if (c->checks[i].verdict == (enum verdict)v)
                    html_check(to, c, &c->checks[i], id);
        fputs("</ol>\n", to);
    }
    notes(p, c);
    if (c->messages_n) {
        fputs("<h4>Messages</h4>\n", to);
        html_ladder(p, c, id);
        html_messages(p, c, id);
    }
    fputs("</div></details>\n", to);
}

/* A case of which the page has no more than this. */
static void short_case(const struct page *p, const struct run_case *c, size_t id)
{
    const char *status = status_name(c->status);

    fprintf(p->to, "<div class=\"case short s-%s\" id=\"c%zu\" data-status=\"%s\"", status, id,
            status);
    html_put(p->to, " data-find=\"%s %s %s\"><p class=\"summary\">", c->id, c->title, c->suite);
    line(p->to, c);
    fputs("</p></div>\n", p->to);
}

struct room {
    size_t notable, others, brief; /* octets used */
    size_t shortened, left_out;    /* cases */
};

/* Draw a case by `draw` where it fits into `most` octets with `used` before it. */
static bool fits(const struct page *p, const struct run_case *c, size_t id, size_t *used,
                 size_t most,
                 void (*draw_case)(const struct page *p, const struct run_case *c, size_t id))
{
    struct page q = *p;
    char *text = NULL;
    size_t n = 0;

    if (*used >= most || !(q.to = open_memstream(&text, &n)))
        return false;
    draw_case(&q, c, id);
    bool whole = fclose(q.to) == 0 && *used + n <= most;
    if (whole)
        *used += fwrite(text, 1, n, p->to);
    else if (n <= most / 16) /* an ordinary one: the room is as good as used */
        *used = most;
    free(text);
    return whole;
}

static void place(const struct page *p, const struct run_case *c, size_t id, struct room *room)
{
    bool notable = run_case_notable(c);

    if (fits(p, c, id, notable ? &room->notable : &room->others,
             notable ? HTML_NOTABLE : HTML_OTHERS, one_case))
        return;
    if (fits(p, c, id, &room->brief, HTML_SHORT, short_case))
        room->shortened++;
    else
        room->left_out++;
}

void html_cases(const struct page *p)
{
    const struct run *r = p->run;
    struct room room = {0};

    for (size_t i = 0; i < r->cases_n; i++) {
        if (!r->cases[i].leads)
            continue;
        html_put(p->to, "<section class=\"suite\"><h3>%s</h3>\n",
                 r->cases[i].suite[0] ? r->cases[i].suite : "(no suite)");
        for (size_t k = i; k != RUN_LAST; k = r->cases[k].next)
            place(p, &r->cases[k], k, &room);
        fputs("</section>\n", p->to);
    }
    if (room.shortened || room.left_out)
        fprintf(p->to,
                "<p class=\"remark\">This page is kept small: of %zu cases it has a line only, and "
                "%zu are not on it. The record has all; \u201crtclab report show -vv\u201d prints "
                "it.</p>\n",
                room.shortened, room.left_out);
}
