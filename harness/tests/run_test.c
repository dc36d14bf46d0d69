/* harness/tests/run_test.c - rtclab test in the simulator: expectations, levels, shards, seeds, and
 * runs that are cut short. */
#include <poll.h>
#include <sys/inotify.h>
#include "harness/tests/program.h"

#define CASE(id)                                                                                   \
    "case { id = \"" id                                                                            \
    "\", title = \"-\", role = \"stun-server\", needs = { \"ip4\" }, run = function(t)\n"
#define END "end }\n"

/* e-one fails over UDP only; e-two on two clauses; e-should on a SHOULD; e-pass not at all. */
static const char cases[] =
    CASE("e-one") "t:check(\"RFC8489:5#3\", t.transport ~= \"udp\", \"one\")\n" END CASE(
        "e-two") "t:check(\"RFC8489:5#3\", false, \"two\")\nt:check(\"RFC8489:5#7\", false, "
                 "\"three\")\n" END CASE(
                     "e-should") "t:check(\"RFC8489:6.1#3\", false, \"no SOFTWARE\")\n" END
                     CASE("e-pass") "t:check(\"RFC8489:5#3\", true)\n" END;

static bool ready(void)
{
    if (!program_ready())
        return false;
    program_cases("run.lua", cases);
    return true;
}

static json_t *results(const char *args, int status)
{
    char all[512];
    snprintf(all, sizeof all, "test --json %s", args);
    program_gives(all, status);
    return program_objects(program_out);
}

static void is(const json_t *all, const char *id, const char *status)
{
    const char *got = program_text(program_find(all, "end", "case", id), "status");
    if (strcmp(got, status) != 0)
        printf("\n%s: %s, not %s\n", id, got, status);
    CU_ASSERT_STRING_EQUAL(got, status);
}

#define ENTRY(id, clause, more)                                                                    \
    "{\"case\":\"" id "\",\"clause\":\"" clause "\",\"verdict\":\"fail\",\"reason\":\"-\"" more "}"

static void expectations(void)
{
    if (!ready())
        return;
    program_write("x.json",
                  "[" ENTRY("e-two", "RFC8489:5#3", "") "," ENTRY("e-two", "RFC8489:5#7", "") "]");
    json_t *all = results("e-two --expect x.json", 0);
    is(all, "e-two[udp,ip4]", "xfail");
    CU_ASSERT_EQUAL(program_count(all, "xfail"), 4); /* a transport each */
    json_decref(all);
    /* another clause that fails is not masked */
    program_write("x.json", "[" ENTRY("e-two", "RFC8489:5#3", "") "]");
    all = results("e-two --expect x.json", 1);
    is(all, "e-two[udp,ip4]", "fail");
    json_decref(all);
    /* it passes over TCP: xpass there; named by its instance it does not */
    program_write("x.json", "[" ENTRY("e-one", "RFC8489:5#3", "") "]");
    all = results("e-one --expect x.json", 1);
    is(all, "e-one[udp,ip4]", "xfail");
    is(all, "e-one[tcp,ip4]", "xpass");
    json_decref(all);
    program_write("x.json", "[" ENTRY("e-one[udp,ip4]", "RFC8489:5#3", "") "]");
    all = results("e-one --expect x.json", 0);
    is(all, "e-one[tcp,ip4]", "pass");
    json_decref(all);
    /* an expected failure stops no run, and is not tried again */
    all = results("e-one --jobs 1 --fail-fast --retries 3 --expect x.json", 0);
    is(all, "e-one[tcp,ip4]", "pass");
    CU_ASSERT_EQUAL(json_integer_value(json_object_get(
                        program_find(all, "end", "case", "e-one[udp,ip4]"), "tries")),
                    1);
    json_decref(all);
    program_write("x.json",
                  "[" ENTRY("e-one[udp,ip4]", "RFC8489:5#3", ",\"expires\":\"2020-02-29\"") "]");
    json_decref(results("e-one --expect x.json", 1));
    program_said("x.json: entries that have expired: 1");
    program_write("x.json",
                  "[" ENTRY("e-one[udp,ip4]", "RFC8489:5#3", ",\"expires\":\"9020-02-28\"") "]");
    json_decref(results("e-one --expect x.json", 0));
}

static void bad_expectations(void)
{
    static const struct {
        const char *text, *said;
    } rows[] = {
        {"[" ENTRY("e-none", "RFC8489:5#3", "") "]", "x.json, entry 1: there is no case e-none"},
        {"[" ENTRY("e-one", "RFC8489:5#3", "") ",{}]",
         "x.json, entry 2: case, clause, verdict and reason"},
        {"[" ENTRY("e-one",
                   "RFC"
                   "8489:99#9",
                   "") "]",
         "the catalogue has no clause RFC"
         "8489:99#9"},
        {"[" ENTRY("e-one", "RFC8489:5#3", ",\"expires\":\"soon\"") "]",
         "entry 1: expires is a day"},
        {"[" ENTRY("e-one[sctp,ip4]", "RFC8489:5#3", "") "]", "there is no case e-one[sctp,ip4]"},
        {"[" ENTRY("e-one", "RFC8489:5#3", ",\"expire\":\"2031-12-31\"") "]",
         "entry 1: an expected result has no key expire"},
        {"[" ENTRY("e-one", "RFC8489:5#3", ",\"versions\":\"1.2\"") "]",
         "entry 1: versions is an array of texts"},
        {"[" ENTRY("e-one", "RFC8489:5#3", ",\"evidence\":7") "]", "entry 1: evidence is a text"},
        {"[\n\n{\"case\":]", "x.json, line 3: "},
        {"{}", "x.json: expected results are a JSON array"},
    };
    if (!ready())
        return;
    for (size_t i = 0; i < COUNT(rows); i++) {
        program_write("x.json", rows[i].text);
        program_gives("test e-one --expect x.json", 2);
        program_said(rows[i].said);
    }
    program_gives("test e-one --expect none.json", 2);
    program_said("none.json cannot be read");
}

static void written(void)
{
    if (!ready())
        return;
    json_decref(results("stun --write-expect w.json", 1));
    json_t *all = results("stun --expect w.json", 0);
    is(all, "e-one[udp,ip4]", "xfail");
    is(all, "e-one[tcp,ip4]", "pass");
    is(all, "e-two[tcp,ip4]", "xfail");
    is(all, "e-should[tcp,ip4]", "xfail");
    is(all, "e-pass[tcp,ip4]", "pass");
    json_decref(all);
    program_gives("test e-pass --write-expect err/w.json", 4);
    program_said("err/w.json cannot be written");
}

static void levels(void)
{
    if (!ready())
        return;
    json_t *all = results("e-should e-pass", 0);
    is(all, "e-should[udp,ip4]", "non-strict");
    json_decref(all);
    all = results("e-should --strict", 1);
    is(all, "e-should[udp,ip4]", "fail");
    json_decref(all);
    all = results("e-should e-pass --strict --level must", 0);
    is(all, "e-should[udp,ip4]", "skip");
    CU_ASSERT_PTR_NULL(program_find(all, "check", "clause", "RFC8489:6.1#3"));
    json_decref(all);
    json_decref(results("e-should --level must", 77));
}

/* The ids of a type's lines, or their whole text, in order. */
static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

enum { SORTED = 64 << 20 }; /* octets of what a whole suite says */

static char *sorted(const json_t *all, const char *type, const char *const *keys)
{
    size_t n = json_array_size(all), kept = 0, at = 0, i;
    char **lines = calloc(n + 1, sizeof *lines), *text = calloc(1, SORTED);
    json_t *o;

    json_array_foreach(all, i, o)
    {
        char line[512] = "";
        if (strcmp(program_text(o, "type"), type) != 0)
            continue;
        for (size_t k = 0; keys && keys[k]; k++)
            snprintf(line + strlen(line), sizeof line - strlen(line), "%s ",
                     program_text(o, keys[k]));
        lines[kept++] = keys ? strdup(line) : json_dumps(o, JSON_COMPACT);
    }
    qsort(lines, kept, sizeof *lines, by_text);
    for (i = 0; i < kept; i++) {
        at += (size_t)snprintf(text + at, SORTED - at, "%s\n", lines[i]);
        free(lines[i]);
    }
    free(lines);
    return text;
}

static void shards(void)
{
    static const char *const keys[] = {"case", NULL};
    if (!ready())
        return;
    json_t *whole = results("stun", 1), *one = results("stun --shard 1/2", 1),
           *two = results("stun --shard 2/2", 1);
    CU_ASSERT_TRUE(program_count(one, "cases") > 0 && program_count(two, "cases") > 0);
    CU_ASSERT_EQUAL(program_count(one, "cases") + program_count(two, "cases"),
                    program_count(whole, "cases"));
    json_array_extend(one, two);
    char *parts = sorted(one, "end", keys), *all = sorted(whole, "end", keys);
    CU_ASSERT_STRING_EQUAL(parts, all);
    free(parts);
    free(all);
    json_decref(whole);
    json_decref(one);
    json_decref(two);
    json_decref(results("e-pass --shard 9/9", 0)); /* an empty part is done */
    program_gives("test stun --shard 3/2", 2);
    program_gives("test stun --shard 1/2x", 2);
}

/* The real suite: same seed, same checks octet for octet, however many at a time. */
static void seeds(void)
{
    static const char *const keys[] = {"case", "status", NULL};
    char share[4096], *now = getcwd(share, sizeof share);
    json_t *runs[3];
    char *checks[3], *ends[3], *messages[3];

    if (!ready() || !now)
        return;
    setenv("RTCLAB_SHARE", share, 1);
    runs[0] = results("'stun-*-0[0-2]?' --seed 7 --jobs 1", 0);
    runs[1] = results("'stun-*-0[0-2]?' --seed 7 --jobs 8", 0);
    runs[2] = results("'stun-*-0[0-2]?' --seed 8 --jobs 8", 0);
    setenv("RTCLAB_SHARE", program_path("share"), 1);
    for (int i = 0; i < 3; i++) {
        checks[i] = sorted(runs[i], "check", NULL);
        messages[i] = sorted(runs[i], "message", NULL);
        ends[i] = sorted(runs[i], "end", keys);
        json_decref(runs[i]);
    }
    CU_ASSERT_TRUE(strlen(checks[0]) > 1000 && strlen(messages[0]) > 1000);
    CU_ASSERT_TRUE(strcmp(checks[0], checks[1]) == 0);
    CU_ASSERT_TRUE(strcmp(messages[0], messages[1]) == 0);
    CU_ASSERT_TRUE(strcmp(messages[0], messages[2]) != 0);
    CU_ASSERT_TRUE(strcmp(ends[0], ends[1]) == 0);
    CU_ASSERT_TRUE(strcmp(ends[0], ends[2]) == 0);
    for (int i = 0; i < 3; i++) {
        free(checks[i]);
        free(messages[i]);
        free(ends[i]);
    }
}

static void fail_fast(void)
{
    if (!ready())
        return;
    json_t *all = results("e-one e-two --jobs 1 --fail-fast", 1);
    CU_ASSERT_EQUAL(program_count(all, "cases"), 1);
    CU_ASSERT_EQUAL(program_count(all, "fail"), 1);
    json_decref(all);
}

/* ---- runs that are cut short: k-1 passes, k-2 never ends ---- */

struct cut {
    pid_t pid;
    int out, watch, alive; /* alive: ends when the last of its processes has */
};

static void begin(struct cut *c)
{
    static const char *const words[] = {"test",  "k-1", "k-2",    "--jobs", "1",
                                        "--out", NULL,  "--json", NULL};
    const char *argv[COUNT(words)];
    static char record[65536];
    char out[600], events[4096];
    int pipes[2];

    program_cases(
        "run.lua",
        CASE("k-1") "t:check(\"RFC8489:5#3\", t.transport == \"udp\" or t.transport == "
                    "\"tcp\")\n" END CASE(
                        "k-2") "t:check(\"RFC8489:5#3\", true)\nlocal s = (\"a\"):rep(60)\n"
                               "s:find((\"a?\"):rep(60) .. (\"a\"):rep(61))\n" END);
    snprintf(out, sizeof out, "%s", program_path("cut"));
    mkdir(out, 0777);
    unlink(program_path("cut/run.jsonl"));
    memcpy(argv, words, sizeof argv);
    argv[6] = out;
    CU_ASSERT_EQUAL_FATAL(pipe(pipes), 0);
    c->watch = inotify_init1(IN_CLOEXEC);
    inotify_add_watch(c->watch, out, IN_MODIFY | IN_CREATE);
    c->pid = program_start(argv, &c->out);
    close(pipes[1]); /* the program and its workers have it, too */
    c->alive = pipes[0];
    do { /* until k-2 has made its check */
        CU_ASSERT_FATAL(read(c->watch, events, sizeof events) > 0);
        program_read(program_path("cut/run.jsonl"), record, sizeof record);
    } while (!strstr(record, "\"type\":\"check\",\"case\":\"k-2"));
}

/* Nothing of it runs on: its output and `alive` have ended. */
static void gone(struct cut *c)
{
    char rest[4096];
    while (read(c->alive, rest, sizeof rest) > 0)
        ;
    while (read(c->out, rest, sizeof rest) > 0)
        ;
    close(c->alive);
    close(c->out);
    close(c->watch);
}

static void killed(void)
{
    struct cut c;
    if (!program_ready())
        return;
    begin(&c);
    kill(c.pid, SIGKILL);
    CU_ASSERT_EQUAL(program_end(c.pid), 128 + SIGKILL);
    gone(&c);
    program_gives("report show cut", 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(program_out, "k-2[udp,ip4]"));
    CU_ASSERT_PTR_NOT_NULL(strstr(program_out, "the run ended before this case did"));
    program_gives("report json cut", 0);
    json_t *all = program_objects(program_out);
    is(all, "k-1[udp,ip4]", "pass");
    is(all, "k-1[tcp,ip4]", "pass");
    CU_ASSERT_PTR_NOT_NULL(program_find(all, "check", "case", "k-2[udp,ip4]"));
    CU_ASSERT_PTR_NULL(program_find(all, "summary", "", NULL));
    json_decref(all);
}

static void interrupt(void)
{
    struct cut c;
    if (!program_ready())
        return;
    begin(&c);
    kill(c.pid, SIGINT);
    CU_ASSERT_EQUAL(program_end(c.pid), 5);
    gone(&c);
    program_gives("report json cut", 0);
    json_t *all = program_objects(program_out);
    const json_t *summary = program_find(all, "summary", "", NULL);
    is(all, "k-1[tcp,ip4]", "pass");
    CU_ASSERT_TRUE(json_is_true(json_object_get(summary, "interrupted")));
    CU_ASSERT_EQUAL(program_count(all, "exit"), 5);
    CU_ASSERT_EQUAL(program_count(all, "pass"), 2);
    json_decref(all);
    CU_ASSERT_EQUAL(access(program_path("cut/report.html"), R_OK), 0);
}

/* ---- places that cannot be written ---- */

static void unwritable(void)
{
    if (!ready())
        return;
    program_gives("test e-pass > /dev/full", 4);
    program_said("standard output cannot be written");
    program_gives("test e-pass --json > /dev/full", 4);
    program_write("file", "");
    program_gives("test e-pass --out file", 4);
    program_said("Not a directory");
    program_gives("test e-pass --out file/below/it", 4);
    program_said("file/below/it cannot be made: Not a directory");
    program_gives("test e-pass --out new/folder/below", 0);
    CU_ASSERT_EQUAL(access(program_path("new/folder/below/run.jsonl"), R_OK), 0);
}

static void full_disk(void)
{
    if (!ready())
        return;
    mkdir(program_path("disk"), 0777);
    if (system("unshare -m true 2>/dev/null") != 0) {
        test_skip("a full disk needs the right to mount a small one");
        return;
    }
    /* 16 KiB: room for the beginning of the record, none for the report */
    char args[1024];
    snprintf(args, sizeof args,
             "--version >/dev/null; unshare -m sh -c 'mount -t tmpfs -o size=16k none disk && "
             "\"$RTCLAB\" test stun --capture none --json --out disk >told; s=$?; cat "
             "disk/run.jsonl; exit $s'");
    program_run(args);
    CU_ASSERT_EQUAL(program_status, 4);
    CU_ASSERT_PTR_NOT_NULL(strstr(program_err, "No space left on device"));
    CU_ASSERT_PTR_NOT_NULL(strstr(program_out, "{\"type\":\"run\","));
}

TESTS({"expectations", expectations}, {"bad_expectations", bad_expectations}, {"written", written},
      {"levels", levels}, {"shards", shards}, {"seeds", seeds}, {"fail_fast", fail_fast},
      {"killed", killed}, {"interrupt", interrupt}, {"unwritable", unwritable},
      {"full_disk", full_disk})
