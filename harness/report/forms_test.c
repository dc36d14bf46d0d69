/* harness/report/forms_test.c - each form is read by a program that is not ours. */
#include <jansson.h>
#include "harness/report/outside.h"
#include "harness/report/report.h"

static char out[1 << 18];

static void draw(const char *record, const char *to, bool (*form)(FILE *f, const struct run *r))
{
    struct run r;
    struct report_error e;
    CU_ASSERT_TRUE_FATAL(run_read(&r, record));
    CU_ASSERT_TRUE(report_form_file(&r, to, form, &e));
    run_free(&r);
}

static bool junit_form(FILE *to, const struct run *r)
{
    report_junit(to, r);
    return true;
}

/* A run without cases, which every form has to take. */
static const char *empty(void)
{
    const char *path = scratch("empty.jsonl");
    save(path, "{\"type\":\"run\",\"schema\":1}\n{\"type\":\"summary\"}\n");
    return path;
}

static void junit_schema(void)
{
    const char *xml = scratch("junit.xml"), *bad = scratch("bad.xml");

    if (!there("xmllint --version", "there is no xmllint: the JUnit XML is not checked"))
        return;
    draw(SAMPLE, xml, junit_form);
    CU_ASSERT_EQUAL(
        shell(out, sizeof out, "xmllint --noout --schema reports/junit.xsd '%s' 2>&1", xml), 0);
    draw(empty(), xml, junit_form);
    CU_ASSERT_EQUAL(
        shell(out, sizeof out, "xmllint --noout --schema reports/junit.xsd '%s' 2>&1", xml), 0);
    /* the schema does refuse */
    save(bad,
         "<testsuites name=\"x\" tests=\"1\" failures=\"0\" errors=\"0\" skipped=\"0\" time=\"0\">"
         "<testsuite name=\"x\" tests=\"1\" failures=\"0\" errors=\"0\" skipped=\"0\" time=\"0\">"
         "<testcase name=\"x\" classname=\"x\" time=\"-1\"><failure/></testcase></testsuite>"
         "</testsuites>");
    CU_ASSERT_EQUAL(
        shell(out, sizeof out, "xmllint --noout --schema reports/junit.xsd '%s' 2>&1", bad), 3);
    CU_ASSERT_PTR_NOT_NULL(strstr(out, "failure"));
    CU_ASSERT_PTR_NOT_NULL(strstr(out, "time"));
}

static void junit_read(void)
{
    static const char *const lines[] = {
        "tests 10 failures 2 errors 1 skipped 3\n",
        "stun.server stun-server-001[udp,ip4] - 0.000750\n",
        "stun.server stun-server-002[udp,ip4] Failure 0.000750\n",
        "stun.server stun-server-003[udp,ip4] Skipped 19.750000\n",
        "stun.server stun-server-004[udp,ip4] Error 0.000750\n",
        "stun.server stun-server-005[tcp,ip4] Skipped 0.000000\n",
        "stun.agent stun-agent-002[udp,ip4] Failure 0.000750\n",
    };
    const char *xml = scratch("junit.xml");

    if (!there("/usr/bin/python3 -c 'import junitparser'",
               "there is no python3-junitparser: JUnit XML is not read back"))
        return;
    draw(SAMPLE, xml, junit_form);
    CU_ASSERT_EQUAL(shell(out, sizeof out, TOOLS "read_junit.py '%s' 2>&1", xml), 0);
    for (size_t i = 0; i < COUNT(lines); i++)
        CU_ASSERT_PTR_NOT_NULL(strstr(out, lines[i]));
}

/* Perl's parser knows version 13, of which 14 is an extension: only the first line is changed. */
static void tap(void)
{
    const char *tap = scratch("run.tap");

    if (!there("prove --version", "there is no prove: TAP is not checked"))
        return;
    draw(SAMPLE, tap, report_tap);
    CU_ASSERT_EQUAL(shell(out, sizeof out, "head -1 '%s'; sed -i 1s/14/13/ '%s'", tap, tap), 0);
    CHECK_TEXT(span_of(out), "TAP version 14\n");
    CU_ASSERT_EQUAL(shell(out, sizeof out, "prove --exec cat '%s' 2>&1", tap), 1);
    CU_ASSERT_PTR_NOT_NULL(strstr(out, "Failed tests:  2-4, 8\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(out, "less 1 skipped subtest: 5 okay"));
    CU_ASSERT_PTR_NULL(strstr(out, "Parse errors"));
    draw(empty(), tap, report_tap);
    CU_ASSERT_EQUAL(
        shell(out, sizeof out, "sed -i 1s/14/13/ '%s'; prove --exec cat '%s' 2>&1", tap, tap), 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(out, "no case ran"));
}

static void tap_bails_out(void)
{
    const char *tap = scratch("run.tap"), *record = scratch("ends.jsonl");

    if (!there("prove --version", "there is no prove: TAP is not checked"))
        return;
    save(record,
         "{\"type\":\"run\",\"schema\":1}\n{\"type\":\"end\",\"case\":\"a # b\\\\\",\"status\":"
         "\"pass\"}\n");
    draw(record, tap, report_tap);
    CU_ASSERT_EQUAL(shell(out, sizeof out, "cat '%s'", tap), 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(out, "ok 1 - a \\# b\\\\\n"));
    CU_ASSERT_NOT_EQUAL(
        shell(out, sizeof out, "sed -i 1s/14/13/ '%s'; prove --exec cat '%s' 2>&1", tap, tap), 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(out, "Bailout called."));
}

static void tap_yaml(void)
{
    const char *tap = scratch("run.tap");

    if (!there("/usr/bin/python3 -c 'import yaml'",
               "there is no python3-yaml: the diagnostics in TAP are not read"))
        return;
    draw(SAMPLE, tap, report_tap);
    CU_ASSERT_EQUAL(shell(out, sizeof out, TOOLS "read_tap.py '%s' 2>&1", tap), 0);
    CU_ASSERT_PTR_NOT_NULL(
        strstr(out, "stun-server-002[udp,ip4] fail ['SPEC1:3.2#1 a Binding success response', "
                    "'SPEC1:3.10#2 no SOFTWARE']\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(out, "attempt to call 'nil' (\u2400\\x08)"));
}

/* The schema where somebody has fetched it: `lab setup` says how. */
static const char *schema(void)
{
    const char *path = getenv("RTCLAB_SARIF_SCHEMA");
    path = path ? path : ".cache/sarif-2.1.0.json";
    return access(path, R_OK) == 0 ? path : NULL;
}

static void sarif(void)
{
    const char *log = scratch("run.sarif");

    if (!there("/usr/bin/python3 -c 'import json'", "there is no python3: SARIF is not checked"))
        return;
    draw(SAMPLE, log, report_sarif);
    CU_ASSERT_EQUAL(shell(out, sizeof out, TOOLS "check_sarif.py '%s' 2>&1", log), 0);
    CHECK_TEXT(span_of(out),
               "results fail/error:1 fail/error/suppressed:1 fail/warning:2 open/none:1 "
               "review/none:1 rules 5 execution 1 configuration 1 successful False\n");
    draw(empty(), log, report_sarif);
    CU_ASSERT_EQUAL(shell(out, sizeof out, TOOLS "check_sarif.py '%s' 2>&1", log), 0);
    CHECK_TEXT(span_of(out), "results  rules 0 execution 0 configuration 0 successful True\n");
}

static void sarif_schema(void)
{
    const char *log = scratch("run.sarif"), *path = schema();

    if (!path || !there("/usr/bin/python3 -c 'import jsonschema'",
                        "there is no python3-jsonschema: SARIF is not held against its schema")) {
        if (!path)
            test_skip("the schema of SARIF is not in .cache/: './lab setup' fetches it");
        return;
    }
    draw(SAMPLE, log, report_sarif);
    CU_ASSERT_EQUAL(shell(out, sizeof out, TOOLS "check_sarif.py '%s' '%s' 2>&1", log, path), 0);
    draw(empty(), log, report_sarif);
    CU_ASSERT_EQUAL(shell(out, sizeof out, TOOLS "check_sarif.py '%s' '%s' 2>&1", log, path), 0);
    save(log,
         "{\"version\":\"2.1.0\",\"runs\":[{\"tool\":{\"driver\":{\"name\":\"x\",\"rules\":[]}},"
         "\"results\":[],\"invocations\":[{\"executionSuccessful\":1}]}]}");
    CU_ASSERT_EQUAL(shell(out, sizeof out, TOOLS "check_sarif.py '%s' '%s' 2>&1", log, path), 1);
    CU_ASSERT_PTR_NOT_NULL(strstr(out, "executionSuccessful"));
}

/* The same result has the same fingerprint in another run, whatever its seed and times. */
static void fingerprints(void)
{
    char first[4096];
    const char *log = scratch("run.sarif"), *record = scratch("again.jsonl");

    draw(SAMPLE, log, report_sarif);
    CU_ASSERT_EQUAL(shell(first, sizeof first, "grep -o 'rtclab/v1.*' '%s'", log), 0);
    CU_ASSERT_EQUAL(
        shell(out, sizeof out,
              "sed 's/\"seed\":\"42\"/\"seed\":\"7\"/; s/\"time_us\":2500/\"time_us\":9/' " SAMPLE
              " >'%s'",
              record),
        0);
    draw(record, log, report_sarif);
    CU_ASSERT_EQUAL(shell(out, sizeof out, "grep -o 'rtclab/v1.*' '%s'", log), 0);
    CHECK_TEXT(span_of(out), first);
    CU_ASSERT_TRUE(strlen(first) > 100);
}

static size_t times(const char *in, const char *what)
{
    size_t n = 0;
    for (; (in = strstr(in, what)) != NULL; in += strlen(what))
        n++;
    return n;
}

static void markdown(void)
{
    const char *md = scratch("run.md");

    if (!there("cmark-gfm --version", "there is no cmark-gfm: Markdown is not read"))
        return;
    draw(SAMPLE, md, report_markdown);
    CU_ASSERT_EQUAL(
        shell(out, sizeof out, "cmark-gfm --unsafe -e table -e tagfilter -e autolink '%s'", md), 0);
    CU_ASSERT_EQUAL(times(out, "<details"), 7);
    CU_ASSERT_EQUAL(times(out, "</details>"), 7);
    CU_ASSERT_EQUAL(times(out, "<table>"), 2);
    CU_ASSERT_EQUAL(times(out, "<h3>"), 7);
    CU_ASSERT_EQUAL(times(out, "<pre><code>rtclab test "), 7);
    CU_ASSERT_PTR_NOT_NULL(strstr(out, "was &lt;accepted&gt; ]]&gt; &amp; &quot;answered&quot;"));
    CU_ASSERT_PTR_NULL(strstr(out, "<script"));
    CU_ASSERT_PTR_NULL(strstr(out, "<a "));
    draw(empty(), md, report_markdown);
    CU_ASSERT_EQUAL(shell(out, sizeof out, "cmark-gfm -e table '%s'", md), 0);
    CU_ASSERT_EQUAL(times(out, "<table>"), 1);
}

/* What would be markup in any place comes out as it went in. */
static void markdown_texts(void)
{
    static const char *const texts[] = {
        "- a",
        "1. a",
        "# a",
        "> a",
        "a | b",
        "*a* _b_ `c` ~~d~~",
        "![x](http://y) <b>",
        "[x][y]",
        "a\\b",
        "&amp; &lt;",
        "---",
        "<!-- a",
        "https://example.org/x",
        "@somebody",
    };
    const char *md = scratch("text.md"), *record = scratch("text.jsonl");

    if (!there("cmark-gfm --version", "there is no cmark-gfm: Markdown is not read"))
        return;
    for (size_t i = 0; i < COUNT(texts); i++) {
        json_t *line = json_pack("{s:s,s:s,s:s,s:s,s:s}", "type", "check", "case", "x", "clause",
                                 texts[i], "verdict", "fail", "what", texts[i]);
        char *json = json_dumps(line, JSON_COMPACT), all[2048];
        snprintf(all, sizeof all,
                 "{\"type\":\"run\"}\n%s\n{\"type\":\"end\",\"case\":\"x\",\"status\":\"fail\"}\n"
                 "{\"type\":\"summary\"}\n",
                 json);
        save(record, all);
        free(json);
        json_decref(line);
        draw(record, md, report_markdown);
        CU_ASSERT_EQUAL(shell(out, sizeof out,
                              "cmark-gfm --unsafe -e table -e tagfilter -t xml '%s' | "
                              "/usr/bin/python3 -c 'import sys,re,html; "
                              "x=sys.stdin.read(); print(html.unescape(\"\".join("
                              "re.findall(\"<text[^>]*>([^<]*)<\",x))))'",
                              md),
                        0);
        char want[512];
        snprintf(want, sizeof want, "fail %s () %s", texts[i], texts[i]);
        if (!strstr(out, want))
            printf("\n%s: %s\n", texts[i], out);
        CU_ASSERT_PTR_NOT_NULL(strstr(out, want));
    }
}

TESTS({"junit_schema", junit_schema}, {"junit_read", junit_read}, {"tap", tap},
      {"tap_bails_out", tap_bails_out}, {"tap_yaml", tap_yaml}, {"sarif", sarif},
      {"sarif_schema", sarif_schema}, {"fingerprints", fingerprints}, {"markdown", markdown},
      {"markdown_texts", markdown_texts}, {"tidy", outside_tidy})
