/* harness/report/markdown.c - a summary in Markdown, as a CI server shows it beside a run.
 *
 * GitHub takes 1 MiB for a step; what would not fit is left out whole, and said. */
#include <inttypes.h>
#include <stdlib.h>
#include "harness/core/clause.h"
#include "harness/report/report.h"
#include "harness/report/text.h"

enum {
    LIMIT = 1 << 20, /* octets that GitHub takes */
    SPARE = 4096,    /* kept for the end */
    CHECKS = 50,     /* of one case */
    ITEMS = 20,      /* of one list in a check */
};
struct md {
    FILE *to;
    size_t used; /* octets written */
    size_t left_out;
};

static const struct {
    enum status status;
    const char *head;
    bool open;
} heads[] = {
    {STATUS_ERROR, "Errors of rtclab", true},     {STATUS_FAIL, "Failed", true},
    {STATUS_XPASS, "Unexpectedly passed", true},  {STATUS_INCONC, "Inconclusive", false},
    {STATUS_NON_STRICT, "Not strict", false},     {STATUS_FLAKY, "Flaky", false},
    {STATUS_XFAIL, "Failing as expected", false},
};

/* An indented block of code: nothing in it is markup. Line ends are gone. */
static void code(FILE *f, const char *lead, const char *text)
{
    fprintf(f, "%s    ", lead);
    for (const char *p = text; *p; p++)
        fputc((uint8_t)*p < 0x20 || *p == 0x7f ? ' ' : *p, f);
    fputc('\n', f);
}

static void check(FILE *f, const struct run_check *k)
{
    const struct clause *clause = clause_named(k->clause);
    size_t n = run_list_n(k->expected);

    fprintf(f, "- **%s** ", verdict_name(k->verdict));
    text_markdown_brief(f, k->clause, 100);
    fputs(" (", f);
    text_markdown_brief(f, k->level, 20);
    fputs(") ", f);
    text_markdown_brief(f, k->what, 500);
    if (clause) {
        fputs("\n  - requires: ", f);
        text_markdown_brief(f, clause->words, 600);
    }
    for (size_t i = 0; i < n && i < ITEMS; i++) {
        fputs(i ? " *or* " : "\n  - expected: ", f);
        text_markdown_brief(f, run_list_text(k->expected, i), 200);
    }
    fputs(n > ITEMS ? " *or others*" : "", f);
    if (k->actual[0]) {
        fputs("\n  - actual: ", f);
        text_markdown_brief(f, k->actual, 300);
    }
    n = run_list_n(k->frames);
    for (size_t i = 0; i < n && i < ITEMS; i++)
        fprintf(f, "%s%" PRIu64, i ? ", " : "\n  - frames: ", run_list_uint(k->frames, i));
    fputs("\n", f);
}

static void one_case(FILE *f, const struct run_case *c, bool open)
{
    size_t shown = 0, more = 0;

    fprintf(f, "<details%s><summary><code>", open ? " open" : "");
    text_xml(f, c->id);
    fputs("</code> ", f);
    text_xml(f, c->title);
    fputs("</summary>\n\n", f);
    if (c->why[0]) {
        fputs("- why: ", f);
        text_markdown_brief(f, c->why, 500);
        fputc('\n', f);
    }
    for (size_t i = 0; i < c->checks_n; i++)
        if (run_check_shown(c, &c->checks[i])) {
            if (shown++ < CHECKS)
                check(f, &c->checks[i]);
            else
                more++;
        }
    if (more)
        fprintf(f, "- and %zu more checks\n", more);
    if (c->rerun[0]) {
        fputs("- run again:\n\n", f);
        code(f, "  ", c->rerun);
    }
    fputs("\n</details>\n\n", f);
}

/* Put what `draw` writes, where it fits; false: it does not, or no memory. */
static bool put(struct md *m, const struct run_case *c, bool open)
{
    char *text = NULL;
    size_t n = 0;
    FILE *f = open_memstream(&text, &n);

    if (f) {
        one_case(f, c, open);
        fclose(f);
    }
    bool fits = text && m->used + n + SPARE <= LIMIT;
    if (fits)
        m->used += fwrite(text, 1, n, m->to);
    free(text);
    return fits;
}

static void head(FILE *f, const struct run *r)
{
    fputs("## rtclab: ", f);
    text_markdown_brief(f, r->target[0] ? r->target : "own endpoints, simulated", 200);
    fputs("\n\n|", f);
    for (size_t s = 0; s < STATUS_N; s++)
        if (r->counts[s])
            fprintf(f, " %s |", status_name((enum status)s));
    fputs(" cases | checks |\n|", f);
    for (size_t s = 0; s < STATUS_N; s++)
        if (r->counts[s])
            fputs(" ---: |", f);
    fputs(" ---: | ---: |\n|", f);
    for (size_t s = 0; s < STATUS_N; s++)
        if (r->counts[s])
            fprintf(f, " %s%zu%s |", s == STATUS_PASS ? "" : "**", r->counts[s],
                    s == STATUS_PASS ? "" : "**");
    fprintf(f, " %zu | %zu |\n\n", r->cases_n, r->checks_n);
    if (r->remark[0]) {
        fputs("> **Note:** ", f);
        text_markdown_brief(f, r->remark, 300);
        fputs("\n\n", f);
    }
}

static void facts(FILE *f, const struct run *r)
{
    const struct {
        const char *name, *value;
    } rows[] = {
        {"profile", r->profile}, {"driver", r->driver},  {"started", r->started},
        {"seed", r->seed},       {"rtclab", r->version},
    };
    for (size_t i = 0, n = 0; i < COUNT(rows); i++)
        if (rows[i].value[0]) {
            fprintf(f, "%s%s ", n++ ? ", " : "", rows[i].name);
            text_markdown_brief(f, rows[i].value, 100);
        }
    fputs("; took ", f);
    text_duration(f, r->wall_us);
    fputs(r->interrupted ? ", interrupted\n" : "\n", f);
}

/* A row a suite, its counts. */
static void suites(struct md *m, const struct run *r)
{
    FILE *f;
    char *text = NULL;
    size_t n = 0;

    for (size_t i = 0; i < r->cases_n; i++) {
        size_t counts[STATUS_N] = {0}, cases = 0;
        if (!r->cases[i].leads || m->used + SPARE > LIMIT / 2 || !(f = open_memstream(&text, &n)))
            continue;
        for (size_t k = i; k != RUN_LAST; k = r->cases[k].next, cases++)
            counts[r->cases[k].status]++;
        fputs(i ? "" : "| suite | cases | |\n| --- | ---: | --- |\n", f);
        fputs("| ", f);
        text_markdown_brief(f, r->cases[i].suite[0] ? r->cases[i].suite : "(no suite)", 100);
        fprintf(f, " | %zu |", cases);
        for (size_t s = 0, any = 0; s < STATUS_N; s++)
            if (counts[s])
                fprintf(f, "%s%zu %s", any++ ? ", " : " ", counts[s], status_name((enum status)s));
        fputs(" |\n", f);
        fclose(f);
        m->used += fwrite(text, 1, n, m->to);
        free(text);
        text = NULL;
    }
}

bool report_markdown(FILE *to, const struct run *r)
{
    struct md m = {to, 0, 0};
    char *text = NULL;
    size_t n = 0;
    FILE *f = open_memstream(&text, &n);

    if (!f)
        return false;
    head(f, r);
    fclose(f);
    m.used = fwrite(text, 1, n, to);
    free(text);
    suites(&m, r);
    for (size_t h = 0; h < COUNT(heads); h++) {
        if (r->counts[heads[h].status] == 0)
            continue;
        m.used +=
            (size_t)fprintf(to, "\n### %s: %zu\n\n", heads[h].head, r->counts[heads[h].status]);
        for (size_t i = 0; i < r->cases_n; i++)
            if (r->cases[i].status == heads[h].status &&
                !put(&m, &r->cases[i], heads[h].open && r->counts[heads[h].status] <= 3))
                m.left_out++;
    }
    if (m.left_out)
        fprintf(to, "\n**%zu more cases are left out: this page may hold no more than 1 MiB.**\n",
                m.left_out);
    fputs("\n<sub>", to);
    facts(to, r);
    fputs("</sub>\n", to);
    return true;
}
