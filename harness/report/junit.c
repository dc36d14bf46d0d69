/* harness/report/junit.c - JUnit XML: what CI servers read. */
#include <inttypes.h>
#include "harness/core/clause.h"
#include "harness/report/report.h"
#include "harness/report/text.h"

enum { LADDER = 40 }; /* messages in system-out */

struct tally {
    size_t tests, failures, errors, skipped;
    uint64_t time_us;
};

static uint64_t time_of(const struct run_case *c)
{
    return c->wall_us ? c->wall_us : c->duration_us;
}

static void tally_add(struct tally *t, const struct run_case *c)
{
    t->tests++;
    t->failures += c->status == STATUS_FAIL || c->status == STATUS_XPASS;
    t->errors += c->status == STATUS_ERROR;
    t->skipped +=
        c->status == STATUS_SKIP || c->status == STATUS_INCONC || c->status == STATUS_XFAIL;
    t->time_us += time_of(c);
}

static void tally_put(FILE *to, const struct tally *t)
{
    fprintf(to, " tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" skipped=\"%zu\" time=\"", t->tests,
            t->failures, t->errors, t->skipped);
    text_seconds(to, t->time_us);
    fputs("\"", to);
}

static void attribute(FILE *to, const char *name, const char *value)
{
    fprintf(to, " %s=\"", name);
    text_xml(to, value);
    fputc('"', to);
}

static void property(FILE *to, const char *name, struct span value)
{
    if (value.n == 0)
        return;
    fprintf(to, "        <property name=\"%s\" value=\"", name);
    text_xml_span(to, value);
    fputs("\"/>\n", to);
}

/* The clause that a case is about: of the check that decides it, or else the first that it names.
 */
static const char *clause_of(const struct run_case *c)
{
    const struct run_check *k = run_case_worst(c);
    if (k)
        return k->clause;
    return run_list_n(c->clauses) ? run_list_text(c->clauses, 0)
           : c->checks_n          ? c->checks[0].clause
                                  : "";
}

static void properties(FILE *to, const struct run *r, const struct run_case *c)
{
    const char *id = clause_of(c);
    const struct run_check *worst = run_case_worst(c);
    const struct clause *clause = clause_named(id);
    size_t colon = strcspn(id, ":"), hash = strcspn(id, "#");
    const char *level = worst && worst->level[0] ? worst->level
                        : clause                 ? level_name(clause->level)
                        : c->checks_n            ? c->checks[0].level
                                                 : "";

    fputs("      <properties>\n", to);
    property(to, "rfc", span_cut(span_of(id), 0, colon));
    property(to, "section", span_cut(span_of(id), colon + 1, hash));
    property(to, "clause", span_of(id));
    property(to, "level", span_of(level));
    property(to, "seed", span_of(c->seed[0] ? c->seed : r->seed));
    property(to, "pcap", span_of(c->pcap));
    property(to, "status", span_of(status_name(c->status)));
    property(to, "verdict", span_of(verdict_name(c->verdict)));
    property(to, "rerun", span_of(c->rerun));
    fputs("      </properties>\n", to);
}

/* The words of every check that did not pass. */
static void body(FILE *to, const struct run_case *c)
{
    for (size_t i = 0; i < c->checks_n; i++) {
        const struct run_check *k = &c->checks[i];
        const struct clause *clause = clause_named(k->clause);
        if (!run_check_shown(c, k))
            continue;
        fprintf(to, "%s ", verdict_name(k->verdict));
        text_xml(to, k->clause);
        fputs(" (", to);
        text_xml(to, k->level);
        fputs("): ", to);
        text_xml(to, k->what);
        if (clause) {
            fputs("\n  requires: ", to);
            text_xml(to, clause->words);
        }
        for (size_t e = 0; e < run_list_n(k->expected); e++) {
            fputs(e ? "\n        or: " : "\n  expected: ", to);
            text_xml(to, run_list_text(k->expected, e));
        }
        fputs("\n  actual: ", to);
        text_xml(to, k->actual);
        fputs("\n", to);
    }
    text_xml(to, c->rerun);
    fputs("\n", to);
}

/* The message of a result: what failed first, or why the case says it ended so. */
static void message(FILE *to, const char *lead, const struct run_case *c)
{
    const struct run_check *k = run_case_worst(c);
    const char *words = k && k->what[0] ? k->what : c->why;

    fputs(" message=\"", to);
    fputs(lead, to);
    if (k && c->status != STATUS_SKIP && c->status != STATUS_XFAIL) {
        text_xml(to, k->clause);
        fputs(": ", to);
    }
    text_xml(to, c->why[0] && c->status != STATUS_FAIL ? c->why : words);
    fputc('"', to);
}

static void result(FILE *to, const struct run_case *c)
{
    const struct run_check *k = run_case_worst(c);
    const char *type = !k || run_check_strict(k) ? "must" : "should";

    switch (c->status) {
    case STATUS_FAIL:
    case STATUS_XPASS:
        fputs("      <failure", to);
        message(to, c->status == STATUS_XPASS ? "unexpectedly passed: " : "", c);
        fprintf(to, " type=\"%s\">", type);
        body(to, c);
        fputs("</failure>\n", to);
        break;
    case STATUS_ERROR:
        fputs("      <error", to);
        message(to, "", c);
        fputs(" type=\"harness\">", to);
        body(to, c);
        fputs("</error>\n", to);
        break;
    case STATUS_INCONC:
    case STATUS_SKIP:
    case STATUS_XFAIL:
        fputs("      <skipped", to);
        message(to,
                c->status == STATUS_INCONC  ? "inconclusive: "
                : c->status == STATUS_XFAIL ? "fails as expected: "
                                            : "",
                c);
        fputs("/>\n", to);
        break;
    case STATUS_FLAKY:
        fputs("      <flakyFailure", to);
        message(to, "", c);
        fprintf(to, " type=\"%s\"><stackTrace>", type);
        body(to, c);
        fputs("</stackTrace></flakyFailure>\n", to);
        break;
    default: /* a recommendation that is not followed is no failure: its status property tells */
        break;
    }
}

static void test_case(FILE *to, const struct run *r, const struct run_case *c)
{
    fputs("    <testcase", to);
    attribute(to, "name", c->id);
    fputs(" classname=\"", to);
    for (const char *p = c->suite[0] ? c->suite : "rtclab"; *p;) {
        size_t n = strcspn(p, "/");
        text_xml_span(to, (struct span){(const uint8_t *)p, n});
        p += n;
        if (*p == '/') {
            fputc('.', to);
            p++;
        }
    }
    fputs("\" time=\"", to);
    text_seconds(to, time_of(c));
    fputc('"', to);
    if (c->file[0]) {
        attribute(to, "file", c->file);
        fprintf(to, " line=\"%" PRIu64 "\"", c->line);
    }
    fputs(">\n", to);
    properties(to, r, c);
    result(to, c);
    fputs("      <system-out>", to);
    text_xml(to, c->title);
    fputc('\n', to);
    if (c->status == STATUS_NON_STRICT)
        body(to, c);
    report_ladder(to, c, "", LADDER, text_xml);
    fputs("</system-out>\n    </testcase>\n", to);
}

static void suite(FILE *to, const struct run *r, size_t first)
{
    const char *name = r->cases[first].suite;
    struct tally t = {0};

    for (size_t i = first; i != RUN_LAST; i = r->cases[i].next)
        tally_add(&t, &r->cases[i]);
    fputs("  <testsuite", to);
    attribute(to, "name", name[0] ? name : "rtclab");
    tally_put(to, &t);
    if (r->started[0])
        attribute(to, "timestamp", r->started);
    fputs(">\n", to);
    for (size_t i = first; i != RUN_LAST; i = r->cases[i].next)
        test_case(to, r, &r->cases[i]);
    fputs("  </testsuite>\n", to);
}

void report_junit(FILE *to, const struct run *r)
{
    struct tally t = {0};

    for (size_t i = 0; i < r->cases_n; i++)
        tally_add(&t, &r->cases[i]);
    fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"rtclab\"", to);
    tally_put(to, &t);
    fputs(">\n", to);
    for (size_t i = 0; i < r->cases_n; i++)
        if (r->cases[i].leads)
            suite(to, r, i);
    fputs("</testsuites>\n", to);
}
