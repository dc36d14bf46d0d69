/* harness/report/page_test.c - the pages in a browser: no errors, no requests, search, filters, keys,
 * themes, links, contrast. */
#include "harness/report/outside.h"
#include "harness/report/report.h"

static char out[65536];

static bool browser(void)
{
    return there("chromium --version && /usr/bin/python3 -c 'import json'",
                 "there is no chromium: the pages are not looked at");
}

static void look(const char *how, const char *path)
{
    int status = shell(out, sizeof out, "timeout 100 " TOOLS "browser.py %s '%s' 2>&1", how, path);
    if (status != 0)
        printf("\n%s", out);
    CU_ASSERT_EQUAL(status, 0);
}

static void one(void)
{
    struct run r;
    struct report_error e;
    const char *page = scratch("one.html");

    if (!browser())
        return;
    CU_ASSERT_TRUE_FATAL(run_read(&r, SAMPLE));
    CU_ASSERT_TRUE(report_html_file(&r, page, "reports", &e));
    run_free(&r);
    look("one", page);
}

/* The other run fails what this one passes. */
static void compare(void)
{
    struct run runs[2];
    struct report_error e;
    static const char *const names[] = {"yesterday/run.jsonl", "today/run.jsonl"};
    const char *page = scratch("compare.html"), *other = scratch("other.jsonl");

    if (!browser())
        return;
    CU_ASSERT_EQUAL(shell(out, sizeof out,
                          "sed 's/\"status\":\"pass\",/\"status\":\"fail\",/' " SAMPLE " >'%s'",
                          other),
                    0);
    CU_ASSERT_TRUE_FATAL(run_read(&runs[0], SAMPLE) && run_read(&runs[1], other));
    CU_ASSERT_TRUE(report_compare_file(runs, 2, names, page, "reports", &e));
    run_free(&runs[0]);
    run_free(&runs[1]);
    look("compare", page);
}

TESTS({"one", one}, {"compare", compare}, {"tidy", outside_tidy})
