/* harness/report/big_test.c - a run of 20,000 checks: every form stays within its bounds. */
#include <inttypes.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include "harness/report/merge.h"
#include "harness/report/outside.h"

enum { CASES = 5000, CHECKS = 4, MESSAGES = 2 };

static size_t size_of(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 ? (size_t)st.st_size : 0;
}

static void one_case(FILE *f, size_t i)
{
    bool bad = i % 2;
    fprintf(f,
            "{\"type\":\"start\",\"case\":\"big-%05zu[udp,ip4]\",\"base\":\"big-%05zu\",\"suite\":"
            "\"suite-%zu\",\"title\":\"case number %zu of many, with a title of some length\","
            "\"file\":\"scenarios/big/big.lua\",\"line\":%zu}\n",
            i, i, i % 7, i, i + 1);
    for (size_t k = 0; k < MESSAGES; k++) {
        fprintf(
            f,
            "{\"type\":\"message\",\"case\":\"big-%05zu[udp,ip4]\",\"time_us\":%zu,\"frame\":%zu,"
            "\"from\":\"client\",\"to\":\"iut\",\"dir\":\"out\",\"proto\":\"x\",\"brief\":\"a "
            "message\",\"fields\":{\"a\":1,\"b\":[\"two\",\"three\"]},\"octets\":\"",
            i, k * 100, k + 1);
        for (size_t o = 0; o < 300; o++)
            fprintf(f, "%02zx", (o * 7 + i) & 255);
        fputs("\"}\n", f);
    }
    for (size_t k = 0; k < CHECKS; k++)
        fprintf(f,
                "{\"type\":\"check\",\"case\":\"big-%05zu[udp,ip4]\",\"clause\":\"BIG1:%zu#%zu\","
                "\"level\":\"MUST\",\"verdict\":\"%s\",\"what\":\"%s\",\"expected\":[\"success\"],"
                "\"actual\":\"nothing at all\",\"frames\":[1,2],\"time_us\":200}\n",
                i, i % 200, k, bad ? "fail" : "pass",
                bad ? "the answer is not what it has to be, for reason" : "");
    fprintf(f,
            "{\"type\":\"end\",\"case\":\"big-%05zu[udp,ip4]\",\"base\":\"big-%05zu\",\"status\":"
            "\"%s\",\"verdict\":\"%s\",\"why\":\"\",\"rerun\":\"rtclab test big-%05zu\"}\n",
            i, i, bad ? "fail" : "pass", bad ? "fail" : "pass", i);
}

static const char *big(void)
{
    const char *path = scratch("big.jsonl");
    if (access(path, R_OK) == 0)
        return path;
    FILE *f = fopen(path, "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    fputs("{\"type\":\"run\",\"schema\":1}\n", f);
    for (size_t i = 0; i < CASES; i++)
        one_case(f, i);
    fputs("{\"type\":\"summary\"}\n", f);
    CU_ASSERT_EQUAL(fclose(f), 0);
    return path;
}

static bool terminal(FILE *to, const struct run *r)
{
    report_terminal_as(to, r, &(struct report_look){.width = 100});
    return true;
}

static bool html(FILE *to, const struct run *r)
{
    return report_html(to, r, "reports", "");
}

/* The record, read once. */
static const struct run *big_run(void)
{
    static struct run r;
    if (!r.lines)
        CU_ASSERT_TRUE_FATAL(run_read(&r, big()));
    return &r;
}

static void forms(void)
{
    static const struct {
        bool (*draw)(FILE *to, const struct run *r);
        size_t most;
    } rows[] = {
        {html, 26 << 20},         {report_markdown, 1 << 20}, {report_tap, 16 << 20},
        {report_sarif, 16 << 20}, {terminal, 16 << 20},
    };
    struct report_error e;
    const char *out = scratch("big.out");

    CU_ASSERT_EQUAL(big_run()->cases_n, CASES);
    CU_ASSERT_EQUAL(big_run()->checks_n, CASES * CHECKS);
    for (size_t i = 0; i < COUNT(rows); i++) {
        CU_ASSERT_TRUE(report_form_file(big_run(), out, rows[i].draw, &e));
        CU_ASSERT_TRUE(size_of(out) > 1000 && size_of(out) <= rows[i].most);
    }
}

/* The page says what it does not have, and has a line for each case all the same. */
static void page(void)
{
    struct report_error e;
    char text[256];
    const char *out = scratch("big.html");

    CU_ASSERT_TRUE(report_html_file(big_run(), out, "reports", &e));
    CU_ASSERT_EQUAL(shell(text, sizeof text, "grep -c '<code class=\"id\">big-' '%s'", out), 0);
    CHECK_TEXT(span_of(text), "5000\n");
    CU_ASSERT_EQUAL(shell(text, sizeof text, "grep -c 'class=\"case short s-fail\"' '%s'", out), 0);
    CU_ASSERT_TRUE(strtoul(text, NULL, 10) > 100); /* those that failed have a limit, too */
    CU_ASSERT_EQUAL(shell(text, sizeof text,
                          "grep -o 'of [0-9]* cases it has a line only, and 0 are' '%s'", out),
                    0);
    const char *at = strstr(text, "of ");
    CU_ASSERT_TRUE(at && strtoul(at + 3, NULL, 10) > 1000);
}

static void markdown(void)
{
    struct report_error e;
    char text[4096];
    const char *out = scratch("big.md");

    CU_ASSERT_TRUE(report_form_file(big_run(), out, report_markdown, &e));
    CU_ASSERT_EQUAL(shell(text, sizeof text, "grep -o '[0-9]* more cases are left out' '%s'", out),
                    0);
    CU_ASSERT_TRUE(strtoul(text, NULL, 10) > 100);
    CU_ASSERT_EQUAL(shell(text, sizeof text, "tail -3 '%s'", out), 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "</sub>"));
}

static void compare(void)
{
    struct run runs[2] = {*big_run(), *big_run()}; /* borrowed */
    struct report_error e;
    static const char *const names[] = {"a", "b"};
    size_t counts[DIFF_N];
    const char *out = scratch("big.compare");

    CU_ASSERT_TRUE(report_compare_file(runs, 2, names, out, "reports", &e));
    CU_ASSERT_TRUE(size_of(out) <= 26 << 20);
    CU_ASSERT_TRUE(report_diff_file(&runs[0], &runs[1], out, DIFF_TEXT, counts, &e));
    CU_ASSERT_EQUAL(counts[DIFF_SAME], CASES);
    CU_ASSERT_TRUE(report_merge_file(runs, 2, out, &(struct merge_options){0}, &e));
    CU_ASSERT_TRUE(size_of(out) < size_of(big()) + (1 << 16));
}

/* Memory is in proportion to the record, whatever is drawn from it: the program on its own. */
static void memory(void)
{
    const char *program = getenv("RTCLAB");
    char text[256];
    struct rusage after;

    if (!program ||
        !there("ldd \"$RTCLAB\" | grep -v asan >/dev/null && ! ldd \"$RTCLAB\" | grep asan",
               "a sanitizer's memory is not ours")) {
        return;
    }
    CU_ASSERT_EQUAL(shell(text, sizeof text, "\"$RTCLAB\" report html '%s' -o '%s'", big(),
                          scratch("big.html")),
                    0);
    getrusage(RUSAGE_CHILDREN, &after);
    CU_ASSERT_TRUE((uint64_t)after.ru_maxrss * 1024 < 16 * size_of(big()));
}

static void tidy(void)
{
    struct run r = *big_run();
    run_free(&r);
    outside_tidy();
}

TESTS({"forms", forms}, {"page", page}, {"markdown", markdown}, {"compare", compare},
      {"memory", memory}, {"tidy", tidy})
