/* harness/cli/cmd_report_test.c - rtclab report: forms, where they go, exit statuses. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include "harness/cli/cli.h"
#include "harness/core/test.h"

#define SAMPLE "harness/report/testdata/sample.jsonl"
static char out[1 << 17], err[4096];

static void take(int fd, char *to, size_t cap)
{
    size_t n = 0;
    lseek(fd, 0, SEEK_SET);
    for (ssize_t got; (got = read(fd, to + n, cap - 1 - n)) > 0;)
        n += (size_t)got;
    to[n] = '\0';
    close(fd);
}

/* Run the command in a process of its own; what it wrote is in `out` and `err`. */
static int report(char **argv)
{
    int argc = 0, status, fds[2];
    while (argv[argc])
        argc++;
    for (int i = 0; i < 2; i++)
        CU_ASSERT_TRUE_FATAL((fds[i] = open("/tmp", O_TMPFILE | O_RDWR, 0600)) >= 0);
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        dup2(fds[0], STDOUT_FILENO);
        dup2(fds[1], STDERR_FILENO);
        setenv("RTCLAB_SHARE", ".", 1);
        status = cmd_report.run(argc, argv);
        fflush(stdout);
        _exit(status);
    }
    waitpid(pid, &status, 0);
    take(fds[0], out, sizeof out);
    take(fds[1], err, sizeof err);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}
#define REPORT(...) report((char *[]){(char *)"report", __VA_ARGS__, NULL})

static void forms(void)
{
    CU_ASSERT_EQUAL(REPORT("show", SAMPLE), EXIT_AS_EXPECTED);
    CU_ASSERT_PTR_NOT_NULL(strstr(out, "10 cases: 2 pass, 1 fail"));
    CU_ASSERT_PTR_NULL(strchr(out, '\x1b'));
    CU_ASSERT_EQUAL(REPORT("show", SAMPLE, "--color=always"), EXIT_AS_EXPECTED);
    CU_ASSERT_PTR_NOT_NULL(strstr(out, "\x1b[31m"));
    CU_ASSERT_EQUAL(REPORT("show", "-q", SAMPLE), EXIT_AS_EXPECTED);
    CU_ASSERT_PTR_NULL(strstr(out, "stun-server-001"));
    CU_ASSERT_EQUAL(REPORT("junit", SAMPLE, "-o", "-"), EXIT_AS_EXPECTED);
    CU_ASSERT_PTR_NOT_NULL(strstr(out, "<testsuites name=\"rtclab\" tests=\"10\""));
    CU_ASSERT_EQUAL(REPORT("html", SAMPLE), EXIT_AS_EXPECTED);
    CU_ASSERT_PTR_NOT_NULL(strstr(out, "</html>"));
    CU_ASSERT_EQUAL(REPORT("json", SAMPLE), EXIT_AS_EXPECTED);
    CU_ASSERT_PTR_NOT_NULL(strstr(out, "{\"type\":\"run\",\"schema\":1,"));
    CU_ASSERT_EQUAL(REPORT("show", SAMPLE, "--json"), EXIT_AS_EXPECTED);
    CU_ASSERT_EQUAL(strncmp(out, "{\"type\":\"run\"", 13), 0);
    CHECK_TEXT(span_of(err), "");
    CU_ASSERT_EQUAL(REPORT("--help"), EXIT_AS_EXPECTED);
    CU_ASSERT_PTR_NOT_NULL(strstr(out, "examples:"));
}

static void usage(void)
{
    CU_ASSERT_EQUAL(REPORT("show"), EXIT_USAGE);
    CU_ASSERT_EQUAL(REPORT("show", SAMPLE, SAMPLE), EXIT_USAGE);
    CHECK_TEXT(span_of(err), "rtclab report: show draws one run, not 2\n");
    CU_ASSERT_EQUAL(REPORT("show", SAMPLE, "--nonesuch"), EXIT_USAGE);
    CHECK_TEXT(span_of(err), "rtclab report: there is no option '--nonesuch', or not one alone; "
                             "'rtclab report --help' lists them\n");
    CU_ASSERT_EQUAL(REPORT("pdf", SAMPLE), EXIT_USAGE);
    CHECK_TEXT(span_of(err), "rtclab report: there is no form 'pdf'; there are show, html, junit, "
                             "tap, sarif, markdown, json, merge and diff\n");
    CU_ASSERT_EQUAL(REPORT("show", "harness/report"), EXIT_USAGE);
    CHECK_TEXT(span_of(err), "rtclab report: harness/report: the record cannot be read: No such "
                             "file or directory\n");
    CU_ASSERT_EQUAL(REPORT("junit", "harness/report/run.h"), EXIT_USAGE);
    CHECK_TEXT(span_of(out), "");
}

static void unwritable(void)
{
    CU_ASSERT_EQUAL(REPORT("html", SAMPLE, "-o", "/tmp/no/such/folder/x.html"), EXIT_OWN_FAULT);
    CHECK_TEXT(span_of(err), "rtclab report: /tmp/no/such/folder/x.html cannot be written: No such "
                             "file or directory\n");
    if (access("/dev/full", W_OK) != 0) {
        test_skip("there is no /dev/full to write to");
        return;
    }
    static char *const names[] = {"show", "html", "junit", "json", "tap", "sarif", "markdown"};
    for (size_t i = 0; i < COUNT(names); i++) {
        CU_ASSERT_EQUAL(REPORT(names[i], SAMPLE, "-o", "/dev/full"), EXIT_OWN_FAULT);
        CHECK_TEXT(span_of(err),
                   "rtclab report: /dev/full cannot be written: No space left on device\n");
    }
}

static char folder[] = "/tmp/cmd_report_XXXXXX";

static char *path(const char *name)
{
    static char paths[4][256];
    static unsigned next;
    char *p = paths[next++ % 4];
    if (strstr(folder, "XXXXXX"))
        CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(folder));
    snprintf(p, sizeof paths[0], "%s/%s", folder, name);
    return p;
}

static void merging(void)
{
    CU_ASSERT_EQUAL(REPORT("merge", SAMPLE, SAMPLE, "-o", path("both")), EXIT_AS_EXPECTED);
    CU_ASSERT_PTR_NOT_NULL(strstr(err, "stun-server-001[udp,ip4] is in the records 1 (pass) and 2 "
                                       "(pass); that of 1 is kept\n"));
    CU_ASSERT_PTR_NULL(strstr(err, "stun-server-005")); /* both have skipped it */
    CU_ASSERT_PTR_NOT_NULL(strstr(err, "stun-server-002.pcapng is not there\n"));
    CU_ASSERT_EQUAL(REPORT("show", "-q", path("both")), EXIT_AS_EXPECTED);
    CU_ASSERT_PTR_NOT_NULL(strstr(out, "10 cases: 2 pass, 1 fail"));
    CU_ASSERT_EQUAL(REPORT("diff", SAMPLE, path("both")), EXIT_AS_EXPECTED);
    /* not over what is read */
    CU_ASSERT_EQUAL(REPORT("merge", path("both"), SAMPLE, "-o", path("both")), EXIT_USAGE);
    CU_ASSERT_PTR_NOT_NULL(strstr(err, "run.jsonl is one of the records that are to be merged"));
    CU_ASSERT_EQUAL(REPORT("merge", SAMPLE, "-o", "/dev/null/x"), EXIT_OWN_FAULT);
    CU_ASSERT_EQUAL(REPORT("merge", SAMPLE), EXIT_AS_EXPECTED);
    CU_ASSERT_EQUAL(strncmp(out, "{\"type\":\"run\"", 13), 0);
}

static void differing(void)
{
    char command[1024];
    snprintf(command, sizeof command,
             "sed 's/\"status\":\"pass\",\"verdict\":\"pass\"/\"status\":\"fail\",\"verdict\":"
             "\"fail\"/; s/\"seed\":\"42\",\"driver\"/\"seed\":\"43\",\"driver\"/' " SAMPLE " > %s",
             path("worse.jsonl"));
    CU_ASSERT_EQUAL(system(command), 0);
    CU_ASSERT_EQUAL(REPORT("diff", SAMPLE, path("worse.jsonl")), EXIT_UNEXPECTED);
    CU_ASSERT_PTR_NOT_NULL(strstr(out, "2 got worse, 0 got better"));
    CU_ASSERT_EQUAL(REPORT("diff", path("worse.jsonl"), SAMPLE), EXIT_AS_EXPECTED);
    CU_ASSERT_PTR_NOT_NULL(strstr(out, "0 got worse, 2 got better"));
    CU_ASSERT_EQUAL(REPORT("diff", SAMPLE, path("worse.jsonl"), "--json"), EXIT_UNEXPECTED);
    CU_ASSERT_PTR_NOT_NULL(strstr(out, "{\"type\":\"worse\",\"case\":\"stun-server-001[udp,ip4]\","
                                       "\"was\":\"pass\",\"now\":\"fail\",\"clauses\":[],"));
    CU_ASSERT_EQUAL(REPORT("diff", SAMPLE, path("worse.jsonl"), "--markdown"), EXIT_UNEXPECTED);
    CU_ASSERT_PTR_NOT_NULL(strstr(out, "### Got worse\n\n| case | A | B | clauses |\n"));
    CU_ASSERT_EQUAL(REPORT("diff", SAMPLE, path("worse.jsonl"), "-o", "/dev/full"), EXIT_OWN_FAULT);
    CU_ASSERT_EQUAL(REPORT("diff", SAMPLE), EXIT_USAGE);
    CU_ASSERT_EQUAL(REPORT("diff", SAMPLE, path("none")), EXIT_USAGE);
    CU_ASSERT_EQUAL(REPORT("merge", SAMPLE, path("worse.jsonl"), "-o", path("refused")),
                    EXIT_USAGE);
    CU_ASSERT_PTR_NOT_NULL(strstr(err,
                                  "records 1 and 2 are no parts of one run: their seeds differ "
                                  "(42 and 43); --force merges them\n"));
    CU_ASSERT_NOT_EQUAL(access(path("refused/run.jsonl"), F_OK), 0);
    CU_ASSERT_EQUAL(
        REPORT("merge", "--force", SAMPLE, path("worse.jsonl"), "-q", "-o", path("forced.jsonl")),
        EXIT_AS_EXPECTED);
    CHECK_TEXT(span_of(err), "");
    CU_ASSERT_EQUAL(REPORT("show", "-q", path("forced.jsonl")), EXIT_AS_EXPECTED);
    CU_ASSERT_PTR_NOT_NULL(strstr(out, "10 cases: 0 pass, 3 fail")); /* the worse stays */
    CU_ASSERT_EQUAL(REPORT("html", SAMPLE, path("worse.jsonl")), EXIT_AS_EXPECTED);
    CU_ASSERT_PTR_NOT_NULL(strstr(out, "2 runs side by side"));
    snprintf(command, sizeof command, "rm -r %s", folder);
    CU_ASSERT_EQUAL(system(command), 0);
}

TESTS({"forms", forms}, {"usage", usage}, {"unwritable", unwritable}, {"merging", merging},
      {"differing", differing})
