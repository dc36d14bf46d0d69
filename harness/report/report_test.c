/* harness/report/report_test.c - a record of every status, read back and drawn in every form. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <jansson.h>
#include "harness/core/clause.h"
#include "harness/core/test.h"
#include "harness/report/report.h"
#include "harness/report/text.h"

#define SAMPLE "harness/report/testdata/sample.jsonl"
static char folder[] = "/tmp/report_test_XXXXXX";

/* A path in a folder of our own. */
static const char *scratch(const char *name)
{
    static char path[4096];
    if (strstr(folder, "XXXXXX"))
        CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void save(const char *path, struct span s)
{
    FILE *f = fopen(path, "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    fwrite(s.p, 1, s.n, f);
    CU_ASSERT_EQUAL(fclose(f), 0);
}

/* A file or what a renderer wrote, NUL-terminated, freed with free(). */
static char *load(const char *path, size_t *n)
{
    char *text = NULL;
    size_t cap = 0;
    FILE *f = fopen(path, "r");
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    ssize_t got = getdelim(&text, &cap, '\0', f);
    fclose(f);
    CU_ASSERT_TRUE_FATAL(got > 0 && strlen(text) == (size_t)got);
    *n = (size_t)got;
    return text;
}

static size_t times(const char *in, const char *what)
{
    size_t n = 0;
    while ((in = strstr(in, what)) != NULL) {
        n++;
        in += strlen(what);
    }
    return n;
}

static const struct run_case *case_named(const struct run *r, const char *id)
{
    for (size_t i = 0; i < r->cases_n; i++)
        if (strcmp(r->cases[i].id, id) == 0)
            return &r->cases[i];
    CU_FAIL_FATAL("no such case");
    return NULL;
}

static void model(void)
{
    struct run r;
    CU_ASSERT_TRUE_FATAL(run_read(&r, SAMPLE));
    CHECK_TEXT(span_of(r.remark), "");
    CHECK_TEXT(span_of(r.target), "stun:192.0.2.1");
    CHECK_TEXT(span_of(r.folder), "harness/report/testdata");
    CU_ASSERT_EQUAL(r.cases_n, 10);
    CU_ASSERT_EQUAL(r.checks_n, 12);
    for (size_t s = 0; s < STATUS_N; s++)
        CU_ASSERT_EQUAL(r.counts[s], s == STATUS_PASS ? 2 : 1);
    CU_ASSERT_TRUE(r.complete && !r.interrupted);

    const struct run_case *c = case_named(&r, "stun-server-002[udp,ip4]");
    CU_ASSERT_EQUAL(c->status, STATUS_FAIL);
    CU_ASSERT_EQUAL(c->checks_n, 3);
    CU_ASSERT_EQUAL(c->messages_n, 4);
    CU_ASSERT_EQUAL(c->notes_n, 1);
    CU_ASSERT_EQUAL(c->line, 40);
    const struct run_check *k = run_case_worst(c);
    CU_ASSERT_PTR_NOT_NULL_FATAL(k);
    CU_ASSERT_TRUE(run_check_strict(k) && !run_check_strict(&c->checks[1]));
    CU_ASSERT_EQUAL(run_list_n(k->expected), 2);
    CHECK_TEXT(span_of(run_list_text(k->expected, 1)), "no response at all <silence>");
    CHECK_TEXT(span_of(run_list_text(k->expected, 2)), "");
    CU_ASSERT_EQUAL(run_list_uint(k->frames, 1), 4);
    CU_ASSERT_TRUE(c->messages[1].in && !c->messages[0].in && c->messages[0].fields);

    c = case_named(&r, "stun-server-005[tcp,ip4]"); /* skipped: it has no start */
    CHECK_TEXT(span_of(c->suite), "stun/server");
    c = case_named(&r, "stun-agent-003[udp,ip4]");
    CU_ASSERT_EQUAL(c->attempts, 2);
    CU_ASSERT_EQUAL(c->verdict, VERDICT_PASS);
    CU_ASSERT_EQUAL(run_case_worst(c)->attempt, 1);
    c = case_named(&r, "stun-agent-004[udp,ip4]");
    CHECK_TEXT(span_of(c->title), "Latin caf\ufffd \ufffd\ufffd \U0001f600");
    c = case_named(&r, "stun-server-004[udp,ip4]");
    CHECK_TEXT(span_of(c->checks[0].actual), "attempt to call 'nil' (\u2400\b)");
    run_free(&r);
}

/* The record cut after every octet: read, or refused in a sentence; what ended keeps its status. */
static void cut(void)
{
    size_t n, first = 0;
    char *text = load(SAMPLE, &n);
    const char *path = scratch("cut.jsonl");

    while (text[first] != '\n')
        first++;
    for (size_t at = 0; at < n; at += at < n - 400 ? 7 : 1) {
        struct run r;
        save(path, (struct span){(const uint8_t *)text, at});
        bool ok = run_read(&r, path);
        CU_ASSERT_EQUAL(ok, at >= first); /* the line itself may lack its end */
        CU_ASSERT_TRUE(r.remark[0] != '\0' || at == n - 1);
        if (!ok)
            continue;
        size_t sum = 0;
        for (size_t i = 0; i < r.cases_n; i++)
            if (!r.cases[i].ended) {
                CU_ASSERT_EQUAL(r.cases[i].status, STATUS_INCONC);
                CHECK_TEXT(span_of(r.cases[i].why), "the run ended before this case did");
            }
        for (size_t s = 0; s < STATUS_N; s++)
            sum += r.counts[s];
        CU_ASSERT_EQUAL(sum, r.cases_n);
        run_free(&r);
    }
    free(text);
}

static void tolerance(void)
{
    static const char head[] = "{\"type\":\"run\",\"schema\":1}\n";
    static const struct {
        const char *lines, *remark;
        size_t cases;
    } rows[] = {
        {"no json\n{\"type\":\"start\",\"case\":\"a\"}\n{\"type\":\"summary\"}\n",
         "line 2 of the record is no JSON object and is left out", 1},
        {"{\"type\":\"start\",\"case\":\"a\"}\n{\"type\":\"end\",\"ca",
         "the record ends in the middle of line 3; all before it is used", 1},
        {"{\"type\":\"later\",\"case\":7}\n[]\n{\"type\":\"summary\"}\n",
         "line 3 of the record is no JSON object and is left out", 0},
        {"", "the record ends before the run did; what it has is shown", 0},
        {"{\"type\":\"end\",\"case\":\"a\",\"status\":\"odd\"}\n{\"type\":\"summary\"}\n", "", 1},
        {"{\"type\":\"message\",\"case\":\"a\",\"fields\":{\"u\":18446744073709551615}}\n"
         "{\"type\":\"check\",\"case\":5,\"expected\":\"x\",\"frames\":[\"y\",-1]}\n"
         "{\"type\":\"start\",\"case\":\"a\"}\n{\"type\":\"end\",\"case\":\"a\",\"status\":"
         "\"pass\"}\n"
         "{\"type\":\"start\",\"case\":\"a\"}\n{\"type\":\"summary\"}\n",
         "", 3},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char text[1024];
        struct run r;
        const char *path = scratch("run.jsonl");
        snprintf(text, sizeof text, "%s%s", head, rows[i].lines);
        save(path, span_of(text));
        CU_ASSERT_TRUE_FATAL(run_read(&r, i % 2 ? path : folder)); /* the file or its folder */
        CHECK_TEXT(span_of(r.remark), rows[i].remark);
        CU_ASSERT_EQUAL(r.cases_n, rows[i].cases);
        CHECK_TEXT(span_of(r.folder), folder);
        FILE *sink = fopen("/dev/null", "w");
        CU_ASSERT_PTR_NOT_NULL_FATAL(sink);
        report_terminal(sink, &r, true, 2); /* none of them trips over what is not there */
        report_junit(sink, &r);
        CU_ASSERT_TRUE(report_html(sink, &r, "reports", ""));
        fclose(sink);
        run_free(&r);
    }
    struct run r;
    save(scratch("other"), span_of("{\"type\":\"check\"}\n"));
    CU_ASSERT_FALSE(run_read(&r, scratch("other")));
    CHECK_TEXT(span_of(r.remark), "this is no run record: it has no line of type run");
    CU_ASSERT_FALSE(run_read(&r, scratch("none")));
    CHECK_TEXT(span_of(r.remark), "the record cannot be read: No such file or directory");
}

/* Whether xmllint finds `path` well-formed, and the value of an XPath expression in it. */
static bool xpath(const char *path, const char *expression, const char *want)
{
    char command[8192], got[256] = "";
    snprintf(command, sizeof command, "xmllint --xpath \"%s\" '%s' 2>/dev/null", expression, path);
    FILE *p = popen(command, "r");
    size_t n = p ? fread(got, 1, sizeof got - 1, p) : 0;
    bool ok = p && pclose(p) == 0;
    while (n && got[n - 1] == '\n')
        got[--n] = '\0';
    if (!ok || strcmp(got, want) != 0)
        printf("\n%s: got \"%s\", want \"%s\"\n", expression, got, want);
    return ok && strcmp(got, want) == 0;
}

static void junit(void)
{
    static const struct {
        const char *expression, *want;
    } rows[] = {
        {"count(//testcase)", "10"},
        {"count(//testcase/failure)", "2"}, /* fail and xpass */
        {"count(//testcase/error)", "1"},
        {"count(//testcase/skipped)", "3"}, /* skip, inconc and xfail */
        {"count(//testcase/flakyFailure)", "1"},
        {"sum(//testsuite/@tests)", "10"},
        {"string(/testsuites/@failures)", "2"},
        {"string(//testsuite[1]/@failures)", "1"},
        {"string(//testsuite[1]/@skipped)", "2"},
        {"string(//testsuite[2]/@name)", "stun/agent"},
        {"string(//testcase[2]/@classname)", "stun.server"},
        {"string(//testcase[2]/@time)", "0.000750"},
        {"string(//testcase[2]/@file)", "scenarios/stun/server/basic.lua"},
        {"string(//testcase[2]/failure/@type)", "must"},
        {"string(//testcase[2]//property[@name='rfc']/@value)", "SPEC1"},
        {"string(//testcase[2]//property[@name='section']/@value)", "3.2"},
        {"string(//testcase[2]//property[@name='level']/@value)", "MUST"},
        {"string(//testcase[2]//property[@name='seed']/@value)", "42"},
        {"string(//testcase[2]//property[@name='pcap']/@value)", "stun-server-002.pcapng"},
        {"string(//testcase[6]//property[@name='status']/@value)", "non-strict"},
        {"string(//testcase[3]/skipped/@message)",
         "inconclusive: SPEC1:4#1: the implementation under test may be gone"},
        {"contains(//testcase[2]/failure, '<accepted> ]]> &')", "true"},
        {"contains(//testcase[2]/system-out, 'Binding success 192.0.2.1:32853  #4')", "true"},
        {"count(//script)", "0"},
    };
    struct run r;
    struct report_error e;
    const char *path = scratch("junit.xml");

    CU_ASSERT_TRUE_FATAL(run_read(&r, SAMPLE));
    CU_ASSERT_TRUE(report_junit_file(&r, path, &e));
    run_free(&r);
    if (system("xmllint --version >/dev/null 2>&1") != 0) {
        test_skip("there is no xmllint: the JUnit XML is not checked");
        return;
    }
    for (size_t i = 0; i < COUNT(rows); i++)
        CU_ASSERT_TRUE(xpath(path, rows[i].expression, rows[i].want));
}

/* What is read of a record without the checks that passed shows the same to who shows none of them. */
static void brief(void)
{
    char *text[2];
    size_t n[2], checks[2], passed = 0;

    for (int i = 0; i < 2; i++) {
        struct run r;
        CU_ASSERT_TRUE_FATAL((i ? run_read_brief : run_read)(&r, SAMPLE));
        checks[i] = r.checks_n;
        r.counts[STATUS_XPASS] = 0; /* cases that should have failed show all of their checks */
        FILE *to = open_memstream(&text[i], &n[i]);
        CU_ASSERT_PTR_NOT_NULL_FATAL(to);
        report_terminal(to, &r, false, 0);
        fclose(to);
        for (size_t k = 0; k < r.cases_n; k++)
            for (size_t c = 0; c < r.cases[k].checks_n; c++)
                passed += i && r.cases[k].checks[c].verdict == VERDICT_PASS;
        run_free(&r);
    }
    CU_ASSERT_EQUAL(passed, 0);
    CU_ASSERT_EQUAL(checks[0], checks[1]);
    CU_ASSERT_STRING_EQUAL(text[0], text[1]);
    free(text[0]);
    free(text[1]);
}

static void html(void)
{
    static const char *const bad[] = {"<script>alert",  "<img",        "<silence>",  "<accepted>",
                                      "</text><script", "{{",          "<b>counted", "\x1b",
                                      "src=\"http",     "href=\"http", "url("};
    struct run r;
    struct report_error e;
    size_t n;
    char id[256];
    const char *path = scratch("report.html");

    CU_ASSERT_TRUE_FATAL(run_read(&r, SAMPLE));
    CU_ASSERT_TRUE(report_html_file(&r, path, "reports", &e));
    char *page = load(path, &n);
    CU_ASSERT_TRUE(span_utf8((struct span){(const uint8_t *)page, n}));
    for (size_t i = 0; i < COUNT(bad); i++)
        CU_ASSERT_PTR_NULL(strstr(page, bad[i]));
    for (size_t i = 0; i < r.cases_n; i++) {
        snprintf(id, sizeof id, "<code class=\"id\">%s</code>", r.cases[i].id);
        CU_ASSERT_EQUAL(times(page, id), 1);
    }
    CU_ASSERT_EQUAL(times(page, "<mark>"), 9); /* four octets twice, and the clause */
    CU_ASSERT_EQUAL(times(page, "<svg"), 3);
    CU_ASSERT_EQUAL(times(page, "<details class=\"message\""), 9);
    CU_ASSERT_EQUAL(times(page, "<details"), times(page, "</details>"));
    CU_ASSERT_EQUAL(times(page, "<li class=\"check "), 12);
    CU_ASSERT_EQUAL(times(page, "<dl"), times(page, "</dl>"));
    CU_ASSERT_EQUAL(times(page, "<a "), times(page, "</a>"));
    CU_ASSERT_PTR_NOT_NULL(strstr(page, "testdata/stun-server-002.pcapng\">"));
    CU_ASSERT_PTR_NOT_NULL(strstr(page, "&lt;accepted&gt; ]]&gt; &amp; &quot;answered&quot;"));
    free(page);
    run_free(&r);
}

/* The catalogue's own words stand beside a clause that it has. */
static void words(void)
{
    char text[1024], *out = NULL;
    size_t n;
    struct run r;

    if (clauses_n == 0) {
        test_skip("the catalogue of clauses is empty");
        return;
    }
    snprintf(text, sizeof text,
             "{\"type\":\"run\"}\n{\"type\":\"check\",\"case\":\"a\",\"clause\":\"%s\","
             "\"level\":\"MUST\",\"verdict\":\"fail\"}\n",
             clauses[0].id);
    save(scratch("words.jsonl"), span_of(text));
    CU_ASSERT_TRUE_FATAL(run_read(&r, scratch("words.jsonl")));
    FILE *f = open_memstream(&out, &n);
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    report_terminal(f, &r, false, 0);
    fclose(f);
    CU_ASSERT_PTR_NOT_NULL(strstr(out, clauses[0].words));
    free(out);
    run_free(&r);
}

static void terminal(void)
{
    char *out = NULL;
    size_t n;
    struct run r;

    CU_ASSERT_TRUE_FATAL(run_read(&r, SAMPLE));
    for (int verbose = -1; verbose <= 2; verbose++) {
        FILE *f = open_memstream(&out, &n);
        CU_ASSERT_PTR_NOT_NULL_FATAL(f);
        report_terminal(f, &r, false, verbose);
        fclose(f);
        CU_ASSERT_PTR_NULL(strchr(out, '\x1b'));
        CU_ASSERT_PTR_NOT_NULL(strstr(out, "10 cases: 2 pass, 1 fail, 1 inconc, 1 error, 1 skip, "
                                           "1 non-strict, 1 xfail, 1 xpass, 1 flaky; 12 checks"));
        CU_ASSERT_PTR_NOT_NULL(strstr(out, "expected  one of\n"));
        CU_ASSERT_EQUAL(times(out, "rerun: "), verbose > 1 ? 10 : 6);
        /* one line for all that have the reason, or one each, and then the tree with its reason */
        CU_ASSERT_EQUAL(times(out, "tcp is not in the profile \"example\""), verbose < 0   ? 0
                                                                             : verbose > 1 ? 2
                                                                                           : 1);
        CU_ASSERT_EQUAL(times(out, "client \u2192 iut") > 0, verbose > 0);
        CU_ASSERT_PTR_NOT_NULL(strstr(out, "Control characters \\x01\\x1b[31m"));
        free(out);
    }
    run_free(&r);
}

/* Lines end where the terminal does, but for commands; what several instances did alike stands once. */
static void narrow(void)
{
    char *out = NULL, text[4096];
    size_t n;
    struct run r;
    static const char end[] = "\"status\":\"fail\",\"rerun\":\"again\"}\n";

    CU_ASSERT_TRUE_FATAL(run_read(&r, SAMPLE));
    FILE *f = open_memstream(&out, &n);
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    report_terminal_as(f, &r, &(struct report_look){.width = 80});
    fclose(f);
    for (char *save_at = NULL, *l = strtok_r(out, "\n", &save_at); l;
         l = strtok_r(NULL, "\n", &save_at))
        if (!strstr(l, "rerun: ") && !strstr(l, "cases: ") && !strstr(l, " ms  (") &&
            text_columns(span_of(l)) > 80)
            CU_FAIL("a line does not end where the terminal does");
    free(out);
    run_free(&r);

    snprintf(text, sizeof text, "{\"type\":\"run\"}\n");
    for (int i = 0; i < 3; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text),
                 "{\"type\":\"start\",\"case\":\"a[%d]\",\"base\":\"a\",\"suite\":\"s\"}\n"
                 "{\"type\":\"check\",\"case\":\"a[%d]\",\"clause\":\"X:1#1\",\"level\":\"MUST\","
                 "\"verdict\":\"fail\",\"what\":\"%s\"}\n"
                 "{\"type\":\"end\",\"case\":\"a[%d]\",\"base\":\"a\",%s",
                 i, i, i == 2 ? "another" : "one", i, end);
    save(scratch("alike.jsonl"), span_of(text));
    CU_ASSERT_TRUE_FATAL(run_read(&r, scratch("alike.jsonl")));
    f = open_memstream(&out, &n);
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    report_terminal_as(f, &r, &(struct report_look){.verbose = -1});
    fclose(f);
    CU_ASSERT_EQUAL(times(out, "fail X:1#1"), 2);
    CU_ASSERT_EQUAL(times(out, "  as [0]\n"), 1);
    CU_ASSERT_EQUAL(times(out, "rerun: again"), 3);
    free(out);
    run_free(&r);
}

static void json(void)
{
    size_t n, lines = 0;
    struct run r, again;
    struct report_error e;

    CU_ASSERT_TRUE_FATAL(run_read(&r, SAMPLE));
    CU_ASSERT_TRUE(report_json_file(&r, scratch("again.jsonl"), &e));
    char *text = load(scratch("again.jsonl"), &n);
    for (char *save_at = NULL, *l = strtok_r(text, "\n", &save_at); l;
         l = strtok_r(NULL, "\n", &save_at), lines++) {
        json_error_t err;
        json_t *j = json_loads(l, 0, &err);
        CU_ASSERT_PTR_NOT_NULL(j);
        json_decref(j);
    }
    free(text);
    CU_ASSERT_TRUE_FATAL(run_read(&again, scratch("again.jsonl")));
    CU_ASSERT_EQUAL(lines, json_array_size(r.lines));
    CU_ASSERT_TRUE(json_equal(r.lines, again.lines));
    run_free(&again);
    run_free(&r);
}

static void failures(void)
{
    struct run r;
    struct report_error e;

    CU_ASSERT_TRUE_FATAL(run_read(&r, SAMPLE));
    CU_ASSERT_FALSE(report_junit_file(&r, scratch("no/such/junit.xml"), &e));
    CU_ASSERT_PTR_NOT_NULL(strstr(e.why, "junit.xml cannot be written: No such file"));
    CU_ASSERT_FALSE(report_html_file(&r, scratch("x.html"), "no/such", &e));
    CHECK_TEXT(span_of(e.why),
               "the template of the page in no/such cannot be read: No such file or directory");
    if (access("/dev/full", W_OK) != 0) {
        test_skip("there is no /dev/full to write to");
    } else {
        CU_ASSERT_FALSE(report_html_file(&r, "/dev/full", "reports", &e));
        CHECK_TEXT(span_of(e.why), "/dev/full cannot be written: No space left on device");
        CU_ASSERT_FALSE(report_json_file(&r, "/dev/full", &e));
        CU_ASSERT_FALSE(report_terminal_file(&r, "/dev/full", true, 2, &e));
    }
    run_free(&r);
}

/* Links to captures from pages that stand elsewhere. */
static void links(void)
{
    static const struct {
        const char *page, *link;
    } rows[] = {
        {"run/page.html", "href=\"./stun-server-002.pcapng\""},
        {"page.html", "href=\"./run/stun-server-002.pcapng\""},
        {"run/deep/page.html", "href=\"../stun-server-002.pcapng\""},
        {"runs/page.html", "href=\"../run/stun-server-002.pcapng\""},
    };
    size_t n;
    struct run r;
    struct report_error e;
    char *text = load(SAMPLE, &n);

    CU_ASSERT_EQUAL(mkdir(scratch("run"), 0777), 0);
    CU_ASSERT_EQUAL(mkdir(scratch("runs"), 0777), 0);
    CU_ASSERT_EQUAL(mkdir(scratch("run/deep"), 0777), 0);
    save(scratch("run/run.jsonl"), (struct span){(const uint8_t *)text, n});
    free(text);
    CU_ASSERT_TRUE_FATAL(run_read(&r, scratch("run")));
    for (size_t i = 0; i < COUNT(rows); i++) {
        CU_ASSERT_TRUE(report_html_file(&r, scratch(rows[i].page), "reports", &e));
        char *page = load(scratch(rows[i].page), &n);
        CU_ASSERT_PTR_NOT_NULL(strstr(page, rows[i].link));
        free(page);
    }
    run_free(&r);
}

static void texts(void)
{
    static const struct {
        void (*put)(FILE *to, const char *s);
        const char *in, *want;
    } rows[] = {
        {text_xml, "a<b>&\"'\x01\xff\xed\xa0\x80\xc2\x85\ufffe",
         "a&lt;b&gt;&amp;&quot;&#39;"
         "\ufffd\ufffd\ufffd\ufffd\ufffd"
         "\ufffd\ufffd"},
        {text_xml, "\n\u013c\u0100\U0001f600", "&#10;\u013c\u0100\U0001f600"},
        {text_tty, "\x1b[2J\x9b\xc2\x9b\u202e\n", "\\x1b[2J\ufffd\\x9b\\u202e\\n"},
        {text_url, "a b%#?\"<.pcapng", "./a%20b%25%23%3F%22%3C.pcapng"},
        {text_url, "javascript:alert(1)", "./javascript%3Aalert%281%29"},
        {text_url, "///host/x", "/host/x"},
        {text_url, "../x", "../x"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char *out = NULL;
        size_t n;
        FILE *f = open_memstream(&out, &n);
        CU_ASSERT_PTR_NOT_NULL_FATAL(f);
        rows[i].put(f, rows[i].in);
        fclose(f);
        CHECK_TEXT(span_of(out), rows[i].want);
        free(out);
    }
}

/* The last test: the folder goes. */
static void tidy(void)
{
    char command[sizeof folder + 16];
    snprintf(command, sizeof command, "rm -r '%s'", folder);
    if (!strstr(folder, "XXXXXX"))
        CU_ASSERT_EQUAL(system(command), 0);
}

TESTS({"model", model}, {"cut", cut}, {"tolerance", tolerance}, {"junit", junit}, {"html", html},
      {"words", words}, {"terminal", terminal}, {"narrow", narrow}, {"brief", brief},
      {"json", json}, {"failures", failures}, {"links", links}, {"texts", texts}, {"tidy", tidy})
