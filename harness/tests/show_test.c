/* harness/tests/show_test.c - rtclab show: cases and clauses with what belongs to them. */
#include <limits.h>
#include "harness/tests/program.h"

static bool ready(void)
{
    static bool linked;
    char vectors[PATH_MAX];

    if (!program_ready())
        return false;
    if (!linked && realpath("vectors", vectors) &&
        symlink(vectors, program_path("share/vectors")) != 0)
        return false;
    linked = true;
    program_cases(
        "show.lua",
        "local function other() end\n"
        "local function third(t) t:check(\"RFC8489:5#1\", true) end\n"
        "case { id = \"stun-server-901\", title = \"a first one\", role = \"stun-server\",\n"
        "  type = \"X\", needs = { \"auth-long\" }, tags = { \"slow\" },\n"
        "  run = function(t)\n"
        "    local c = t:actor(\"client\", \"stun\")\n"
        "    t:expect(c:request {}, { { error = 420, clause = \"RFC8489:6.3.1#a2\" } })\n"
        "  end }\n"
        "case { id = \"stun-client-902\", title = \"a second one\", role = \"stun-client\",\n"
        "  type = \"V\", needs = { \"ask\" }, run = function(t) t:skip(\"x\") end }\n"
        "case { id = \"stun-server-903\", title = \"a third one\", role = \"stun-server\",\n"
        "  type = \"V\", run = function(t) third(t) t:lib(\"stun\").source(t) end }\n");
    return true;
}

static bool said(const char *words)
{
    if (!strstr(program_out, words))
        printf("\nnot \"%s\":\n%.3000s", words, program_out);
    return strstr(program_out, words) != NULL;
}

static void shows_a_case(void)
{
    if (!ready())
        return;
    program_gives("show stun-server-901", 0);
    CU_ASSERT_TRUE(said("stun-server-901: a first one\n"));
    CU_ASSERT_TRUE(said("kind      X, invalid"));
    CU_ASSERT_TRUE(said("needs     auth-long\n"));
    CU_ASSERT_TRUE(said("tags      slow\n"));
    CU_ASSERT_TRUE(said("lines 5 to 8\n"));
    CU_ASSERT_TRUE(said("          rtclab test stun-server-901 --target URL --profile PROFILE\n"));
    CU_ASSERT_TRUE(said("  RFC8489:6.3.1#a2     STMT   The error code for an unknown"));
    CU_ASSERT_TRUE(said("    t:expect(c:request {}, { { error = 420"));
    CU_ASSERT_PTR_NULL(strstr(program_out, "local function other"));
    CU_ASSERT_TRUE(said("\nfaults that break a clause of these"));
    CU_ASSERT_PTR_NULL(strstr(program_out, "stun-client-902"));
    program_gives("show -q stun-server-901", 0);
    CU_ASSERT_PTR_NULL(strstr(program_out, "procedure"));
    program_gives("show stun-client-902", 0);
    CU_ASSERT_TRUE(said("          rtclab test stun-client-902 --profile PROFILE\n"));
}

static void shows_a_clause(void)
{
    if (!ready())
        return;
    program_gives("show 'RFC8489:6.3.1#a2'", 0);
    CU_ASSERT_TRUE(said("RFC8489:6.3.1#a2: The error code for an unknown"));
    CU_ASSERT_TRUE(said("level     STMT\n"));
    CU_ASSERT_TRUE(said("cases     stun-server-901\n"));
    CU_ASSERT_TRUE(said("faults    stun.server/"));
    program_gives("show RFC8489:14.13 stun-client-902", 0); /* a section, and a case */
    CU_ASSERT_TRUE(said("RFC8489:14.13#a3: "));
    CU_ASSERT_TRUE(said("\n\nstun-client-902: a second one\n"));
}

/* Clauses that a case checks through functions, of its file or of the protocol's lib.lua. */
static void through_functions(void)
{
    if (!ready())
        return;
    program_gives("list RFC8489:5#1", 0);
    CU_ASSERT_TRUE(said("stun-server-903"));
    CU_ASSERT_PTR_NULL(strstr(program_out, "stun-server-901"));
    program_gives("list 'RFC8489:6.3.1.1#a7'", 0); /* lib.source */
    CU_ASSERT_TRUE(said("stun-server-903"));
    program_gives("show stun-server-903", 0);
    CU_ASSERT_TRUE(said("  RFC8489:5#1 "));
}

static void shows_objects(void)
{
    if (!ready())
        return;
    program_gives("show --json stun-server-901 'RFC8489:6.3.1#a2'", 0);
    json_t *all = program_objects(program_out), *clause = json_array_get(all, 0),
           *c = json_array_get(all, 1);
    CU_ASSERT_EQUAL(json_array_size(all), 2);
    CU_ASSERT_STRING_EQUAL(program_text(clause, "clause"), "RFC8489:6.3.1#a2");
    CU_ASSERT_TRUE(json_string_length(json_object_get(clause, "words")) > 0);
    CU_ASSERT_STRING_EQUAL(program_text(c, "id"), "stun-server-901");
    CU_ASSERT_STRING_EQUAL(program_text(c, "rerun"),
                           "rtclab test stun-server-901 --target URL --profile PROFILE");
    CU_ASSERT_EQUAL(json_array_size(json_object_get(c, "procedure")), 4);
    CU_ASSERT_TRUE(json_array_size(json_object_get(c, "faults")) > 0);
    CU_ASSERT_EQUAL(json_integer_value(json_object_get(c, "line")), 5);
    json_decref(all);
}

static void refuses(void)
{
    if (!ready())
        return;
    program_gives("show", 2);
    program_said("name a case or a clause");
    program_gives("show stun-server-999", 2);
    program_said("'stun-server-999' matches no case");
    program_gives("show RFC8489:99.9", 2);
    program_said("'RFC8489:99.9' matches no case");
}

TESTS({"a case", shows_a_case}, {"a clause, a section", shows_a_clause},
      {"through functions", through_functions}, {"JSON", shows_objects},
      {"what there is not", refuses})
