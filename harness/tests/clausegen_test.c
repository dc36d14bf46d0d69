/* harness/tests/clausegen_test.c - the generator of the catalogue, on catalogues good and bad.
 *
 * Ids of RFCs are put together here from parts: clausegen reads this file too. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include "harness/core/test.h"

#define HEAD "id\tkind\tlevel\troles\tobservable\twhy_not\thash\tstatement\n"
#define GOOD "TOY1:2#1\tN\tMUST\tserver\tyes\t\t0123abcd\tA name is short.\n"
#define OWN "TOY1:2#a1\tA\tSTMT\tserver,client\tno\tdefinition\t\tA name is text.\n"

static char dir[64] = "/tmp/clausegen-XXXXXX";
static char said[4096]; /* standard error of the last run, with `dir` taken out */

static const char *in_dir(const char *name)
{
    static char path[2][PATH_MAX];
    static unsigned turn;
    turn ^= 1;
    snprintf(path[turn], sizeof path[turn], "%s/%s", dir, name);
    return path[turn];
}

static void put(const char *name, const char *text)
{
    FILE *f = fopen(in_dir(name), "wb");
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    fputs(text, f);
    fclose(f);
}

static void take_out(char *text, const char *what)
{
    size_t n = strlen(what);
    for (char *at = strstr(text, what); at; at = strstr(at, what))
        memmove(at, at + n, strlen(at + n) + 1);
}

static bool written(void)
{
    return access(in_dir("out.c"), F_OK) == 0;
}

/* The tool's path; NULL, and the test skips: it is not built. */
static const char *tool(void)
{
    static char path[PATH_MAX];
    const char *build = getenv("RTCLAB_BUILD");

    snprintf(path, sizeof path, "%s/clausegen", build ? build : ".");
    if (access(path, X_OK) == 0)
        return path;
    test_skip("there is no clausegen in RTCLAB_BUILD");
    return NULL;
}

/* Run the tool on one catalogue and one cited file; its exit status, -1: it crashed. */
static int generate(const char *exe, const char *catalogue, const char *cited)
{
    char command[2 * PATH_MAX], list[PATH_MAX + 1];

    snprintf(dir, sizeof dir, "/tmp/clausegen-XXXXXX");
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(dir));
    put("toy1.tsv", catalogue);
    put("cited.c", cited);
    snprintf(list, sizeof list, "%s\n", in_dir("cited.c"));
    put("cited.txt", list);
    put("out.c", "left from before\n");
    snprintf(command, sizeof command, "'%s' %s/out.c %s/cited.txt %s/toy1.tsv 2>&1", exe, dir, dir,
             dir);
    FILE *f = popen(command, "r");
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    said[fread(said, 1, sizeof said - 1, f)] = '\0';
    int status = pclose(f);
    take_out(said, dir);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void cleanup(void)
{
    static const char *const names[] = {"toy1.tsv", "cited.c", "cited.txt", "out.c"};
    for (size_t i = 0; i < COUNT(names); i++)
        remove(in_dir(names[i]));
    rmdir(dir);
}

/* The tool fails, says exactly this, and leaves no table. */
static void fails(const char *exe, const char *catalogue, const char *cited, const char *why)
{
    CU_ASSERT_EQUAL(generate(exe, catalogue, cited), 1);
    CHECK_TEXT(span_of(said), why);
    CU_ASSERT_FALSE(written());
    cleanup();
}

static void good(void)
{
    static char text[4096];
    const char *exe = tool();

    if (!exe)
        return;
    CU_ASSERT_EQUAL(
        generate(exe, HEAD GOOD OWN, "/* TOY1:2#1, TOY1:2#a1; not ours: TOY2:2#9, XTOY1:3#1 */"),
        0);
    CHECK_TEXT(span_of(said), "");
    FILE *f = fopen(in_dir("out.c"), "rb");
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    text[fread(text, 1, sizeof text - 1, f)] = '\0';
    fclose(f);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "\"TOY1:2#1\", \"N\", MUST, \"server\", true"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "false, \"definition\""));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "clauses_n = 2;"));
    cleanup();
}

static void cited(void)
{
    const char *exe = tool();

    if (!exe)
        return;
    fails(exe, HEAD GOOD,
          "one\n\"RFC8489:99"
          "#1\" and TOY1:2#1\nTOY1:2#2\n",
          "/cited.c:2: RFC8489:99"
          "#1 is not in the catalogue\n/cited.c:3: TOY1:2#2 is not in the catalogue\n");
    fails(exe, HEAD "TOY1:A.1#1a\tN\tMUST\tserver\tyes\t\t\tx\n", "TOY1:A.1#1",
          "/cited.c:1: TOY1:A.1#1 is not in the catalogue, it is split into #1a\n");
}

static void twice(void)
{
    const char *exe = tool();

    if (!exe)
        return;
    fails(exe, HEAD GOOD OWN GOOD, "",
          "/toy1.tsv:4: TOY1:2#1 stands twice, first at /toy1.tsv:2\n");
}

static void bad_rows(void)
{
    static const struct {
        const char *row, *why;
    } bad[] = {
        {"TOY1:2#1\tN\tSHALL\tserver\tyes\t\t\tx", "TOY1:2#1: there is no level 'SHALL'"},
        {"TOY1:2#a1\tA\tMUST\tserver\tyes\t\t\tx",
         "TOY1:2#a1: a rule without a key word is STMT, or SHOULD where its text is for "
         "information, not MUST"},
        {"TOY1:2#a1\tN\tSTMT\tserver\tyes\t\t\tx", "TOY1:2#a1: the kind is 'N', not A"},
        {"TOY1:2#1\tA\tMUST\tserver\tyes\t\t\tx", "TOY1:2#1: the kind is 'A', not N"},
        {"TOY1:2#1\tN\tMUST\t\tyes\t\t\tx", "TOY1:2#1: '' are no roles joined by commas"},
        {"TOY1:2#1\tN\tMUST\ta,,b\tyes\t\t\tx", "TOY1:2#1: 'a,,b' are no roles joined by commas"},
        {"TOY1:2#1\tN\tMUST\tserver\tmaybe\t\t\tx",
         "TOY1:2#1: observable is 'maybe', not yes or no"},
        {"TOY1:2#1\tN\tMUST\tserver\tno\t\t\tx", "TOY1:2#1: not observable, and '' is no why_not"},
        {"TOY1:2#1\tN\tMUST\tserver\tno\tlazy\t\tx",
         "TOY1:2#1: not observable, and 'lazy' is no why_not"},
        {"TOY1:2#1\tN\tMUST\tserver\tyes\tpolicy\t\tx",
         "TOY1:2#1: observable, yet why_not is 'policy'"},
        {"TOY1:2#1\tN\tMUST\tserver\tyes\t\t12\tx", "TOY1:2#1: the hash '12' is wrong here"},
        {"TOY1:2#a1\tA\tSTMT\tserver\tyes\t\t0123abcd\tx",
         "TOY1:2#a1: the hash '0123abcd' is wrong here"},
        {"TOY1:2#1\tN\tMUST\tserver\tyes\t\t\t", "TOY1:2#1: there is no statement"},
        {"TOY1:2#bb1\tN\tMUST\tserver\tyes\t\t\tx",
         "'TOY1:2#bb1' is no clause id such as TOY1:5#3"},
        {"TOY1:2\tN\tMUST\tserver\tyes\t\t\tx", "'TOY1:2' is no clause id such as TOY1:5#3"},
        {"TOY1:2#01\tN\tMUST\tserver\tyes\t\t\tx", "'TOY1:2#01' is no clause id such as TOY1:5#3"},
        {"TOY1:2#1\tN\tMUST", "3 columns, not 8"},
        {"TOY1:2#1\tN\tMUST\tserver\tyes\t\t\tx\ty", "9 columns, not 8"},
    };
    const char *exe = tool();

    for (size_t i = 0; exe && i < COUNT(bad); i++) {
        char catalogue[512], why[512];
        snprintf(catalogue, sizeof catalogue, HEAD "%s\n", bad[i].row);
        snprintf(why, sizeof why, "/toy1.tsv:2: %s\n", bad[i].why);
        fails(exe, catalogue, "", why);
    }
}

static void bad_heading(void)
{
    const char *exe = tool();

    if (!exe)
        return;
    fails(exe, "id\tkind\tlevel\troles\tseen\twhy_not\thash\tstatement\n", "",
          "/toy1.tsv:1: column 5 is 'seen', not observable\n");
    fails(exe, "", "", "/toy1.tsv:1: 1 columns, not 8\n");
}

TESTS({"good", good}, {"cited", cited}, {"twice", twice}, {"bad rows", bad_rows},
      {"bad heading", bad_heading})
