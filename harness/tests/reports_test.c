/* harness/tests/reports_test.c - reports end to end: what a run says of itself, shards that become
 * one record, findings of a capture as SARIF. */
#include "harness/tests/program.h"

static char share[4096];

static bool ready(void)
{
    if (!program_ready() || !getcwd(share, sizeof share))
        return false;
    setenv("RTCLAB_SHARE", share, 1); /* the real suites */
    return true;
}

static json_t *record(const char *folder)
{
    static char text[4 << 20];
    char name[256];
    snprintf(name, sizeof name, "%s/run.jsonl", folder);
    program_read(program_path(name), text, sizeof text);
    return program_objects(text);
}

/* Messages have the numbers of their frames in both directions, each once. */
static void frames(void)
{
    json_t *o;
    size_t i, out = 0, in = 0;
    bool seen[1000] = {false};

    if (!ready())
        return;
    program_gives("test 'stun-server-001[udp,ip4]' 'stun-server-001[tcp,ip6]' --out frames", 0);
    json_t *all = record("frames");
    CU_ASSERT_EQUAL(program_count(all, "cases"), 2);
    json_array_foreach(all, i, o)
    {
        json_int_t frame = json_integer_value(json_object_get(o, "frame"));
        if (strcmp(program_text(o, "type"), "message") != 0)
            continue;
        CU_ASSERT_TRUE_FATAL(frame > 0 && frame < 500);
        size_t at = (size_t)frame + (strstr(program_text(o, "case"), "tcp") ? 500 : 0);
        CU_ASSERT_FALSE(seen[at]);
        seen[at] = true;
        out += strcmp(program_text(o, "dir"), "out") == 0;
        in += strcmp(program_text(o, "dir"), "in") == 0;
    }
    CU_ASSERT_TRUE(out >= 2 && in >= 2);
    json_decref(all);
}

/* The command that the record gives does the same again; a check of form names its octets. */
static void rerun(void)
{
    char command[1024];

    if (!ready())
        return;
    program_gives("test stun-server-017 --fault padding-not-zero --out again", 1);
    json_t *all = record("again"), *end = program_find(all, "end", "status", "fail"),
           *check = program_find(all, "check", "clause", "RFC8489:14#4a");
    CU_ASSERT_PTR_NOT_NULL_FATAL(end);
    CU_ASSERT_PTR_NOT_NULL_FATAL(check);
    CU_ASSERT_EQUAL(json_integer_value(json_object_get(check, "length")), 2);
    CU_ASSERT_TRUE(json_integer_value(json_object_get(check, "offset")) > 20);
    snprintf(command, sizeof command, "%s", program_text(end, "rerun"));
    CU_ASSERT_EQUAL(strncmp(command, "rtclab test 'stun-server-017[", 29), 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(command, "--fault padding-not-zero --seed 1"));
    program_gives(command + strlen("rtclab "), 1);
    CU_ASSERT_PTR_NOT_NULL(strstr(program_out, "1 case: 0 pass, 1 fail"));
    json_decref(all);
}

static int sum(const json_t *all, const char *key)
{
    return (int)program_count(all, key);
}

/* Shards of one seed are parts of the whole: merged, they differ from it in nothing. */
static void shards(void)
{
    if (!ready())
        return;
    program_gives("test 'stun-server-0*' --out whole -q", 0);
    program_gives("test 'stun-server-0*' --shard 1/3 --out s1 -q", 0);
    program_gives("test 'stun-server-0*' --shard 2/3 --out s2 -q", 0);
    program_gives("test 'stun-server-0*' --shard 3/3 --out s3 -q", 0);
    program_gives("report merge s1 s2 s3 -o merged", 0);
    CU_ASSERT_STRING_EQUAL(program_err, "");
    program_gives("report diff whole merged", 0);
    CU_ASSERT_PTR_NOT_NULL(
        strstr(program_out, "0 got worse, 0 got better, 0 changed, 0 only in A, 0 only in B"));
    json_t *whole = record("whole"), *merged = record("merged"), *part = record("s1");
    static const char *const keys[] = {"cases", "pass", "skip", "checks", "exit"};
    for (size_t i = 0; i < COUNT(keys); i++)
        CU_ASSERT_EQUAL(sum(whole, keys[i]), sum(merged, keys[i]));
    CU_ASSERT_TRUE(sum(part, "cases") > 0 && sum(part, "cases") < sum(whole, "cases"));
    json_t *head = program_find(merged, "run", "", NULL);
    CU_ASSERT_EQUAL(json_array_size(json_object_get(head, "merged")), 3);
    const char *pcap = program_text(program_find(merged, "end", "status", "pass"), "pcap");
    char path[512];
    snprintf(path, sizeof path, "merged/%s", pcap);
    CU_ASSERT_EQUAL(access(program_path(path), R_OK), 0); /* captures come along */
    json_decref(whole);
    json_decref(merged);
    json_decref(part);
    program_gives("report merge s1 whole -q -o more.jsonl", 0);
    program_gives("report diff whole more.jsonl", 0);
    program_gives("test stun-server-009 --seed 5 --out other -q", 0);
    program_gives("report merge s1 other -o none", 2);
    program_said("their seeds differ (1 and 5)");
}

/* A case stands in the same part, whatever else is asked for. */
static void stable(void)
{
    size_t seen = 0;

    if (!ready())
        return;
    for (int part = 1; part <= 3; part++) {
        char few_args[128], many_args[128];
        size_t i;
        json_t *o;
        snprintf(few_args, sizeof few_args, "test stun-server-009 --shard %d/3 --out few -q", part);
        snprintf(many_args, sizeof many_args, "test 'stun-server-00*' --shard %d/3 --out many -q",
                 part);
        program_gives(few_args, 0);
        program_gives(many_args, 0);
        json_t *few = record("few"), *many = record("many");
        json_array_foreach(few, i, o)
        {
            if (strcmp(program_text(o, "type"), "end") != 0)
                continue;
            seen++;
            CU_ASSERT_PTR_NOT_NULL(program_find(many, "end", "case", program_text(o, "case")));
        }
        json_decref(few);
        json_decref(many);
    }
    program_gives("test stun-server-009 --out whole -q", 0);
    json_t *whole = record("whole"), *o;
    size_t i, instances = 0;
    json_array_foreach(whole, i, o) instances += strcmp(program_text(o, "type"), "end") == 0;
    CU_ASSERT_TRUE(instances >= 4);
    CU_ASSERT_EQUAL(seen, instances);
    json_decref(whole);
}

static void lint(void)
{
    char command[8192], out[4096] = "";
    const char *schema = getenv("RTCLAB_SARIF_SCHEMA");

    if (!ready())
        return;
    program_gives("test 'stun-server-017[udp,ip4]' --fault padding-not-zero --out lint -q", 1);
    program_gives("lint --sarif lint/*.pcapng >lint.sarif", 1);
    program_gives("lint --format sarif lint/*.pcapng >lint2.sarif", 1);
    program_gives("lint --json lint/*.pcapng", 1);
    size_t findings = program_lines(program_out);
    CU_ASSERT_TRUE(findings > 0);
    program_gives("lint --format pdf lint/*.pcapng", 2);
    program_said("--format is text, json or sarif, not 'pdf'");
    program_gives("lint --sarif lint/run.jsonl >bad.sarif", 2);
    if (system("/usr/bin/python3 -c 'import jsonschema' 2>/dev/null") != 0) {
        test_skip("there is no python3-jsonschema: SARIF of lint is not checked");
        return;
    }
    if (!schema && access(".cache/sarif-2.1.0.json", R_OK) == 0)
        schema = ".cache/sarif-2.1.0.json";
    static const char *const names[] = {"lint.sarif", "lint2.sarif", "bad.sarif"};
    for (size_t i = 0; i < COUNT(names); i++) {
        snprintf(command, sizeof command,
                 "/usr/bin/python3 -W ignore '%s/harness/report/testdata/check_sarif.py' '%s' %s",
                 share, program_path(names[i]), schema ? schema : "");
        FILE *p = popen(command, "r");
        CU_ASSERT_PTR_NOT_NULL_FATAL(p);
        out[fread(out, 1, sizeof out - 1, p)] = '\0';
        CU_ASSERT_EQUAL(pclose(p), 0);
        CU_ASSERT_PTR_NOT_NULL(strstr(out, i < 2 ? "successful True" : "execution 1"));
    }
}

/* All but the last 300 octets of a file. */
static int cut(const char *from, const char *to)
{
    char command[1400];
    snprintf(command, sizeof command, "head -c -300 '%s' >'%s'", program_path(from),
             program_path(to));
    return system(command);
}

/* A full disk ends no report in silence, and a record that is cut is drawn as far as it goes. */
static void broken(void)
{
    if (!ready())
        return;
    program_gives("test stun-server-009 --out ok -q", 0);
    program_gives("report sarif ok -o /dev/full", 4);
    program_said("/dev/full cannot be written: No space left on device");
    program_gives("report merge ok -o - >/dev/full", 4);
    program_said("standard output cannot be written: No space left on device");
    program_gives("lint --sarif ok/*.pcapng >/dev/full", 4);
    CU_ASSERT_EQUAL(cut("ok/run.jsonl", "cut.jsonl"), 0);
    program_gives("report tap cut.jsonl >cut.tap", 0);
    program_said("cut.jsonl: the record ends in the middle of line ");
    program_gives("report merge ok cut.jsonl -q -o whole.jsonl", 0);
    program_gives("report show -q whole.jsonl", 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(program_out, "interrupted"));
    program_gives("report html ok/no-such-folder", 2);
    program_said("the record cannot be read: No such file or directory");
    program_gives("report html "
                  "ok/",
                  0);
}

TESTS({"frames", frames}, {"rerun", rerun}, {"shards", shards}, {"stable", stable}, {"lint", lint},
      {"broken", broken})
