/* harness/tests/doctor_test.c - rtclab doctor: what it says agrees with what the machine does. */
#include "harness/tests/program.h"

struct told {
    char state[16], found[256];
};

static struct told fact(const char *name)
{
    struct told t = {"", ""};
    json_t *all = program_objects(program_out), *o;
    size_t i;

    json_array_foreach(all, i, o)
    {
        if (strcmp(program_text(o, "name"), name) != 0)
            continue;
        snprintf(t.state, sizeof t.state, "%s", program_text(o, "state"));
        snprintf(t.found, sizeof t.found, "%s", program_text(o, "found"));
    }
    json_decref(all);
    return t;
}

static void tells_of_its_share(void)
{
    if (!program_ready())
        return;
    program_gives("doctor --json", 0);
    CU_ASSERT_STRING_EQUAL(fact("share").state, "has");
    CU_ASSERT_STRING_EQUAL(fact("share").found, program_path("share"));
    CU_ASSERT_STRING_EQUAL(fact("127.0.0.1").state, "has");
}

static void tells_what_is_missing(void)
{
    if (!program_ready())
        return;
    const char *path = getenv("PATH");
    char kept[8192];
    snprintf(kept, sizeof kept, "%s", path ? path : "");
    mkdir(program_path("bin"), 0777);
    program_write("bin/jq", "#!/bin/sh\n");
    chmod(program_path("bin/jq"), 0755);
    setenv("PATH", program_path("bin"), 1);
    program_run("doctor --json");
    setenv("PATH", kept, 1);
    CU_ASSERT_EQUAL(program_status, 0); /* what some uses ask for is no failure */
    CU_ASSERT_STRING_EQUAL(fact("jq").state, "has");
    CU_ASSERT_STRING_EQUAL(fact("jq").found, program_path("bin/jq"));
    CU_ASSERT_STRING_EQUAL(fact("tshark").state, "lacks");
}

static void fails_without_a_place_to_write(void)
{
    if (!program_ready())
        return;
    char kept[512];
    snprintf(kept, sizeof kept, "%s", getenv("TMPDIR") ? getenv("TMPDIR") : "");
    program_path("share"); /* the temporary folder is made before TMPDIR is turned */
    setenv("TMPDIR", "/nowhere/at/all", 1);
    program_run("doctor --json");
    if (kept[0])
        setenv("TMPDIR", kept, 1);
    else
        unsetenv("TMPDIR");
    CU_ASSERT_EQUAL(program_status, 1);
    CU_ASSERT_STRING_EQUAL(fact("temporary").state, "fails");
}

TESTS({"it finds the share", tells_of_its_share},
      {"programs that are not in PATH are lacking", tells_what_is_missing},
      {"no place to write fails", fails_without_a_place_to_write})
