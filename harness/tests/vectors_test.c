/* harness/tests/vectors_test.c - `rtclab vectors` as a program: all vectors hold, and a vector that
 * is wrong is named with what is wrong. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <jansson.h>
#include "harness/core/test.h"

enum { OUT_MAX = 1 << 16 };
static char out[OUT_MAX];
static char dir[64];

/* Run `rtclab vectors ARGS`, keep what it prints in `out`; its exit status, -1: it did not end so.
 */
static int vectors(const char *args)
{
    const char *program = getenv("RTCLAB");
    char line[PATH_MAX + 512];

    snprintf(line, sizeof line, "'%s' vectors %s 2>&1", program ? program : "rtclab", args);
    FILE *f = popen(line, "r");
    if (!f)
        return -1;
    size_t n = fread(out, 1, sizeof out - 1, f);
    out[n] = '\0';
    while (fgetc(f) != EOF)
        ;
    int status = pclose(f);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static bool there(void)
{
    if (getenv("RTCLAB"))
        return true;
    test_skip("RTCLAB does not name the program");
    return false;
}

/* A new folder for vectors, in `dir`. */
static bool begin(void)
{
    snprintf(dir, sizeof dir, "/tmp/rtclab-vectors-XXXXXX");
    bool made = there() && mkdtemp(dir);
    return made;
}

static void end(void)
{
    char line[128];
    snprintf(line, sizeof line, "rm -r '%s'", dir);
    CU_ASSERT_EQUAL(system(line), 0);
}

static void all(void)
{
    if (!there())
        return;
    int status = vectors("");
    CU_ASSERT_EQUAL(status, 0);
    if (status != 0)
        printf("\n%s", out);
}

/* The first test of rfc5769.json, changed by `spoil`, alone in a folder of its own. */
static bool write_spoilt(void (*spoil)(json_t *test))
{
    char path[PATH_MAX];
    json_t *root = json_load_file("vectors/stun/rfc5769.json", 0, NULL);
    json_t *groups = json_object_get(root, "groups");
    json_t *list = json_object_get(json_array_get(groups, 0), "tests");

    spoil(json_array_get(list, 0));
    snprintf(path, sizeof path, "%s/stun", dir);
    mkdir(path, 0700);
    snprintf(path, sizeof path, "%s/stun/spoilt.json", dir);
    bool good = json_dump_file(root, path, 0) == 0;
    json_decref(root);
    return good;
}

static void set_text(json_t *test, const char *key, const char *value)
{
    json_object_set_new(test, key, json_string(value));
}
static void bad_result(json_t *test)
{
    set_text(test, "result", "valid");
}
static void bad_field(json_t *test)
{
    json_object_set_new(json_object_get(test, "fields"), "length", json_integer(92));
}
static void bad_integrity(json_t *test)
{
    set_text(test, "integrity", "bad");
}
static void no_finding(json_t *test)
{
    json_array_clear(json_object_get(test, "findings"));
}
static void moved_finding(json_t *test)
{
    json_object_set_new(json_array_get(json_object_get(test, "findings"), 0), "offset",
                        json_integer(72));
}
static void bad_octets(json_t *test)
{
    set_text(test, "octets", "0");
}
static void bad_key(json_t *test)
{
    set_text(test, "finding", "none");
}
static void nothing(json_t *test)
{
    (void)test;
}

static void wrong(void)
{
    static const struct {
        void (*spoil)(json_t *test);
        int status;
        const char *said;
    } rows[] = {
        {nothing, 0, ""},
        {bad_result, 1, "FAIL rfc5769-2.1: it is not valid"},
        {bad_field, 1, "FAIL rfc5769-2.1: length is 88, not 92"},
        {bad_integrity, 1, "FAIL rfc5769-2.1: integrity is good, not bad"},
        {no_finding, 1, "FAIL rfc5769-2.1: unexpected finding"},
        {moved_finding, 1, "FAIL rfc5769-2.1: missing finding"},
        {bad_octets, 2, "rfc5769-2.1: octets are not hexadecimal"},
        {bad_key, 2, "rfc5769-2.1 has an unknown key 'finding'"},
    };
    char args[PATH_MAX];

    if (!begin())
        return;
    snprintf(args, sizeof args, "--dir %s stun", dir);
    for (size_t i = 0; i < COUNT(rows); i++) {
        CU_ASSERT_TRUE(write_spoilt(rows[i].spoil));
        int status = vectors(args);
        bool said = strstr(out, rows[i].said) != NULL;
        CU_ASSERT_EQUAL(status, rows[i].status);
        CU_ASSERT_TRUE(said);
        if (status != rows[i].status || !said)
            printf("\nwrong %zu: %d\n%s", i, status, out);
    }
    end();
}

static void json(void)
{
    char args[PATH_MAX];

    if (!begin())
        return;
    snprintf(args, sizeof args, "--dir %s --json --id rfc5769-2.2", dir);
    CU_ASSERT_TRUE(write_spoilt(nothing));
    CU_ASSERT_EQUAL(vectors(args), 0);
    CHECK_TEXT(span_of(out),
               "{\"id\":\"rfc5769-2.2\",\"protocol\":\"stun\",\"result\":\"acceptable\","
               "\"ok\":true,\"why\":\"\"}\n"
               "{\"type\":\"summary\",\"vectors\":1,\"ok\":1,\"failed\":0}\n");
    end();
}

static void seeds(void)
{
    char args[PATH_MAX];
    struct stat st;

    if (!begin())
        return;
    CU_ASSERT_TRUE(write_spoilt(nothing));
    snprintf(args, sizeof args, "--dir %s --seeds %s/seeds", dir, dir);
    CU_ASSERT_EQUAL(vectors(args), 0);
    snprintf(args, sizeof args, "%s/seeds/rfc5769-2.1", dir);
    CU_ASSERT_EQUAL(stat(args, &st), 0);
    CU_ASSERT_EQUAL(st.st_size, 108);
    end();
}

static void usage(void)
{
    if (!there())
        return;
    CU_ASSERT_EQUAL(vectors("nosuch"), 2);
    CU_ASSERT_PTR_NOT_NULL(strstr(out, "there is no protocol 'nosuch'"));
    CU_ASSERT_EQUAL(vectors("--id nosuch"), 2);
    CU_ASSERT_EQUAL(vectors("--nosuch"), 2);
    CU_ASSERT_EQUAL(vectors("--help"), 0);
}

TESTS({"all", all}, {"wrong", wrong}, {"json", json}, {"seeds", seeds}, {"usage", usage})
