/* harness/report/tap.c - TAP 14: a test point a case, with what is behind it in YAML. */
#include <inttypes.h>
#include "harness/core/clause.h"
#include "harness/report/report.h"
#include "harness/report/text.h"

/* A description: one line in which '#' and '\' are no syntax. */
static void words(FILE *to, const char *text)
{
    struct span s = span_of(text);
    for (size_t at = 0; at < s.n;) {
        size_t was = at;
        uint32_t c = text_rune(s, &at);
        if (c == '#' || c == '\\')
            fprintf(to, "\\%c", (int)c);
        else if (c < 0x20 || (c >= 0x7f && c < 0xa0))
            fputc(' ', to);
        else if (c == TEXT_NONE || c == 0xfffe || c == 0xffff)
            fputs("\xef\xbf\xbd", to);
        else
            fwrite(s.p + was, 1, at - was, to);
    }
}

static void pair(FILE *to, const char *lead, const char *key, const char *value)
{
    if (!value[0])
        return;
    fprintf(to, "%s%s: ", lead, key);
    text_yaml(to, value);
    fputc('\n', to);
}

static void check(FILE *to, const struct run_check *k)
{
    const struct clause *clause = clause_named(k->clause);

    pair(to, "    - ", "clause", k->clause[0] ? k->clause : "?");
    pair(to, "      ", "level", k->level);
    pair(to, "      ", "verdict", verdict_name(k->verdict));
    pair(to, "      ", "requires", clause ? clause->words : "");
    pair(to, "      ", "what", k->what);
    if (run_list_n(k->expected))
        fputs("      expected:\n", to);
    for (size_t i = 0; i < run_list_n(k->expected); i++) {
        fputs("        - ", to);
        text_yaml(to, run_list_text(k->expected, i));
        fputc('\n', to);
    }
    pair(to, "      ", "actual", k->actual);
    if (run_list_n(k->frames))
        fputs("      frames:\n", to);
    for (size_t i = 0; i < run_list_n(k->frames); i++)
        fprintf(to, "        - %" PRIu64 "\n", run_list_uint(k->frames, i));
}

static void diagnostics(FILE *to, const struct run_case *c)
{
    bool any = false;

    fputs("  ---\n", to);
    pair(to, "  ", "severity", status_name(c->status));
    pair(to, "  ", "message", c->why);
    pair(to, "  ", "suite", c->suite);
    if (c->file[0]) {
        fputs("  at:\n", to);
        pair(to, "    ", "file", c->file);
        fprintf(to, "    line: %" PRIu64 "\n", c->line);
    }
    fprintf(to, "  duration_ms: %" PRIu64 ".%03" PRIu64 "\n", c->wall_us / 1000, c->wall_us % 1000);
    for (size_t i = 0; i < c->checks_n; i++) {
        if (!run_check_shown(c, &c->checks[i]))
            continue;
        fputs(any ? "" : "  checks:\n", to);
        any = true;
        check(to, &c->checks[i]);
    }
    pair(to, "  ", "capture", c->pcap);
    pair(to, "  ", "rerun", c->rerun);
    fputs("  ...\n", to);
}

/* "not ok" is what makes the run's exit status bad; what is known to fail is a TODO; what does not
 * apply a SKIP. An inconclusive case is not ok: nothing has shown that it holds. */
static void point(FILE *to, const struct run_case *c, size_t number)
{
    bool ok = c->status == STATUS_PASS || c->status == STATUS_NON_STRICT ||
              c->status == STATUS_FLAKY || c->status == STATUS_SKIP;

    fprintf(to, "%s %zu - ", ok ? "ok" : "not ok", number);
    words(to, c->id);
    if (c->title[0]) {
        fputs(": ", to);
        words(to, c->title);
    }
    if (c->status == STATUS_SKIP || c->status == STATUS_XFAIL) {
        fputs(c->status == STATUS_SKIP ? " # SKIP " : " # TODO ", to);
        words(to, c->why[0]                   ? c->why
                  : c->status == STATUS_XFAIL ? "fails as expected"
                                              : "does not apply");
    }
    fputc('\n', to);
    if (c->status != STATUS_PASS && c->status != STATUS_SKIP)
        diagnostics(to, c);
}

bool report_tap(FILE *to, const struct run *r)
{
    size_t number = 0;

    fprintf(to, "TAP version 14\n1..%zu%s\n", r->cases_n, r->cases_n ? "" : " # SKIP no case ran");
    for (size_t i = 0; i < r->cases_n; i++) {
        if (!r->cases[i].leads)
            continue;
        fputs("# ", to);
        words(to, r->cases[i].suite[0] ? r->cases[i].suite : "(no suite)");
        fputc('\n', to);
        for (size_t k = i; k != RUN_LAST; k = r->cases[k].next)
            point(to, &r->cases[k], ++number);
    }
    if (r->remark[0]) {
        fputs("# ", to);
        words(to, r->remark);
        fputc('\n', to);
    }
    if (r->interrupted || !r->complete)
        fprintf(to, "Bail out! %s\n",
                r->interrupted ? "the run was interrupted" : "the run did not come to its end");
    return true;
}
