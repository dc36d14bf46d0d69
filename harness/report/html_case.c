/* harness/report/html_case.c - the cases of the HTML page. */
#include <inttypes.h>
#include "harness/core/clause.h"
#include "harness/report/html.h"
#include "harness/report/text.h"

static void frames(const struct page *p, const struct run_list l)
{
    for (size_t i = 0; i < run_list_n(l); i++)
        fprintf(p->to, "%s%" PRIu64, i ? ", " : "", run_list_uint(l, i));
}

static void expected(const struct page *p, const struct run_check *k)
{
    size_t n = run_list_n(k->expected);
    if (n == 0)
        return;
    fprintf(p->to, "<dt>Expected%s</dt><dd>", n > 1 ? ", one of" : "");
    if (n > 1)
        fputs("<ul>", p->to);
    for (size_t i = 0; i < n; i++)
        html_put(p->to, n > 1 ? "<li>%s</li>" : "%s", run_list_text(k->expected, i));
    fputs(n > 1 ? "</ul></dd>\n" : "</dd>\n", p->to);
}

static void check(const struct page *p, const struct run_case *c, const struct run_check *k)
{
    const struct clause *clause = clause_named(k->clause);
    const char *verdict = verdict_name(k->verdict);

    html_put(p->to,
             "<li class=\"check v-%s\"><p class=\"head\"><b class=\"badge v-%s\">%s</b> "
             "<code>%s</code> <span class=\"level\">%s</span>",
             verdict, verdict, verdict, k->clause, k->level);
    if (!run_check_counts(c, k))
        fprintf(p->to, " <span class=\"dim\">in attempt %u</span>", k->attempt);
    fputs("</p>\n", p->to);
    if (clause)
        html_put(p->to, "<p class=\"words\">%s</p>\n", clause->words);
    fputs("<dl>", p->to);
    if (k->what[0])
        html_put(p->to, "<dt>What</dt><dd>%s</dd>\n", k->what);
    expected(p, k);
    if (k->actual[0])
        html_put(p->to, "<dt>Actual</dt><dd>%s</dd>\n", k->actual);
    if (run_list_n(k->frames)) {
        fputs("<dt>Frames</dt><dd>", p->to);
        frames(p, k->frames);
        fputs("</dd>\n", p->to);
    }
    fputs("</dl></li>\n", p->to);
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

static void one_case(const struct page *p, const struct run_case *c, size_t id)
{
    FILE *to = p->to;
    const char *status = status_name(c->status);

    fprintf(to, "<details class=\"case s-%s\" id=\"c%zu\" data-status=\"%s\"", status, id, status);
    search_text(p, c);
    html_put(to, "><summary><b class=\"badge s-%s\">%s</b> <code class=\"id\">%s</code> ", status,
             status, c->id);
    html_put(to, "<span class=\"title\">%s</span> <span class=\"time\">", c->title);
    text_duration(to, c->duration_us);
    fputs("</span></summary>\n<div class=\"body\">\n", to);
    about(p, c);
    if (c->checks_n) {
        fputs("<h4>Checks</h4><ol class=\"checks\">\n", to);
        for (size_t v = VERDICT_N; v-- > 0;) /* the worst first */
            for (size_t i = 0; i < c->checks_n; i++)
                if (c->checks[i].verdict == (enum verdict)v)
                    check(p, c, &c->checks[i]);
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

void html_cases(const struct page *p)
{
    const struct run *r = p->run;
    for (size_t i = 0; i < r->cases_n; i++) {
        if (!r->cases[i].leads)
            continue;
        html_put(p->to, "<section class=\"suite\"><h3>%s</h3>\n",
                 r->cases[i].suite[0] ? r->cases[i].suite : "(no suite)");
        for (size_t k = i; k != RUN_LAST; k = r->cases[k].next)
            one_case(p, &r->cases[k], k);
        fputs("</section>\n", p->to);
    }
}
