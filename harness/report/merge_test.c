/* harness/report/merge_test.c - what counts as worse, and which of two records of a case is kept. */
#include "harness/report/merge.h"
#include "harness/report/outside.h"

/* A record of one case: its status, then clauses with verdicts ("A:fail B:pass"). */
static const char *record(const char *name, const char *status, const char *checks)
{
    char text[4096], clause[16], verdict[16];
    const char *path = scratch(name);
    int n = 0, used = snprintf(text, sizeof text,
                               "{\"type\":\"run\"}\n{\"type\":\"start\",\"case\":"
                               "\"x\",\"base\":\"x\"}\n");

    for (; sscanf(checks, " %15[A-Z]:%15[a-z]%n", clause, verdict, &n) == 2; checks += n)
        used += snprintf(text + used, sizeof text - (size_t)used,
                         "{\"type\":\"check\",\"case\":\"x\",\"clause\":\"%s\",\"level\":\"MUST\","
                         "\"verdict\":\"%s\",\"what\":\"%s\"}\n",
                         clause, verdict, strcmp(verdict, "pass") == 0 ? "" : name);
    snprintf(text + used, sizeof text - (size_t)used,
             "{\"type\":\"end\",\"case\":\"x\",\"status\":\"%s\"}\n{\"type\":\"summary\"}\n",
             status);
    save(path, text);
    return path;
}

static void kinds(void)
{
    static const struct {
        const char *was, *was_checks, *now, *now_checks;
        enum diff_kind kind;
        size_t clauses;
    } rows[] = {
        {"pass", "A:pass", "pass", "A:pass", DIFF_SAME, 0},
        {"pass", "A:pass", "fail", "A:fail", DIFF_WORSE, 1},
        {"pass", "A:pass", "inconc", "A:inconc", DIFF_WORSE, 1},
        {"pass", "A:pass", "inconc", "", DIFF_WORSE, 1},
        {"pass", "A:pass", "non-strict", "A:fail", DIFF_WORSE, 1},
        {"pass", "A:pass", "flaky", "A:pass", DIFF_WORSE, 0},
        {"fail", "A:fail", "error", "", DIFF_WORSE, 1},
        {"fail", "A:fail", "pass", "A:pass", DIFF_BETTER, 1},
        {"flaky", "A:pass", "pass", "A:pass", DIFF_BETTER, 0},
        {"fail", "A:fail", "inconc", "A:inconc", DIFF_CHANGED, 1},
        {"fail", "A:fail", "skip", "", DIFF_CHANGED, 1},
        {"fail", "A:fail", "xfail", "A:fail", DIFF_CHANGED, 1},
        {"pass", "A:pass", "xfail", "A:fail", DIFF_CHANGED, 1},
        {"pass", "A:pass", "skip", "", DIFF_CHANGED, 1},
        {"skip", "", "fail", "A:fail", DIFF_WORSE, 1},
        {"xfail", "A:fail", "fail", "A:fail", DIFF_WORSE, 1},
        /* as bad as before as a whole: a second failure is not masked */
        {"fail", "A:fail B:pass", "fail", "A:fail B:fail", DIFF_WORSE, 2},
        {"fail", "A:fail", "fail", "A:fail B:fail", DIFF_WORSE, 2},
        {"fail", "A:fail B:fail", "fail", "B:fail", DIFF_CHANGED, 2},
        {"fail", "A:fail B:inconc", "fail", "A:fail B:fail", DIFF_WORSE, 2},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct run a, b;
        struct diff_case d;
        CU_ASSERT_TRUE_FATAL(run_read(&a, record("was", rows[i].was, rows[i].was_checks)));
        CU_ASSERT_TRUE_FATAL(run_read(&b, record("now", rows[i].now, rows[i].now_checks)));
        diff_case(&d, &a.cases[0], &b.cases[0]);
        if (d.kind != rows[i].kind || d.n != rows[i].clauses)
            printf("\n%s %s -> %s %s: %d, %zu clauses\n", rows[i].was, rows[i].was_checks,
                   rows[i].now, rows[i].now_checks, (int)d.kind, d.n);
        CU_ASSERT_EQUAL(d.kind, rows[i].kind);
        CU_ASSERT_EQUAL(d.n, rows[i].clauses);
        diff_case(&d, &a.cases[0], NULL);
        CU_ASSERT_EQUAL(d.kind, DIFF_ONLY_A);
        diff_case(&d, NULL, &b.cases[0]);
        CU_ASSERT_EQUAL(d.kind, DIFF_ONLY_B);
        run_free(&a);
        run_free(&b);
    }
}

/* The worse is kept, whichever comes first; of two alike the first. */
static void duplicates(void)
{
    static const struct {
        const char *first, *second, *kept;
    } rows[] = {
        {"pass", "fail", "fail"},     {"fail", "pass", "fail"},   {"skip", "pass", "pass"},
        {"inconc", "pass", "inconc"}, {"fail", "error", "error"}, {"pass", "skip", "pass"},
        {"skip", "skip", "skip"},     {"flaky", "pass", "flaky"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct run runs[2], merged;
        struct report_error e;
        const char *out = scratch("merged.jsonl");
        CU_ASSERT_TRUE_FATAL(run_read(&runs[0], record("one", rows[i].first, "A:pass")));
        CU_ASSERT_TRUE_FATAL(run_read(&runs[1], record("two", rows[i].second, "B:pass")));
        CU_ASSERT_TRUE(report_merge_file(runs, 2, out, &(struct merge_options){.file = out}, &e));
        CU_ASSERT_TRUE_FATAL(run_read(&merged, out));
        CU_ASSERT_EQUAL(merged.cases_n, 1);
        CHECK_TEXT(span_of(status_name(merged.cases[0].status)), rows[i].kept);
        CU_ASSERT_EQUAL(merged.checks_n, 1);
        CHECK_TEXT(span_of(merged.cases[0].checks[0].clause),
                   strcmp(rows[i].first, rows[i].kept) == 0 ? "A" : "B");
        CU_ASSERT_EQUAL(merged.remark[0] != '\0', strcmp(rows[i].kept, "skip") != 0);
        run_free(&merged);
        run_free(&runs[0]);
        run_free(&runs[1]);
    }
}

static void fits(void)
{
    struct run a = {.version = "1",
                    .driver = "sim",
                    .target = "",
                    .profile = "p",
                    .seed = "1",
                    .impair = ""},
               b = a;
    char why[512];

    CU_ASSERT_TRUE(merge_fits(&a, &b, why));
    b.target = "stun:192.0.2.1";
    CU_ASSERT_FALSE(merge_fits(&a, &b, why));
    CHECK_TEXT(span_of(why), "their targets differ (none and stun:192.0.2.1)");
}

TESTS({"kinds", kinds}, {"duplicates", duplicates}, {"fits", fits}, {"tidy", outside_tidy})
