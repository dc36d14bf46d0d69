/* harness/tests/select_test.c - selectors, and the objects of list, show and prove. */
#include "harness/tests/program.h"

static const char cases[] = "case { id = \"sel-001\", title = \"one\", role = \"stun-server\", "
                            "type = \"X\", needs = { \"udp\" }, tags = { \"slow\" },\n"
                            "  run = function(t) t:check(\"RFC8489:6.3.1#a1\", true) end }\n"
                            "case { id = \"sel-002\", title = \"two\", role = \"stun-server\", "
                            "needs = { \"tcp\" }, version = 2,\n"
                            "  run = function(t) t:check(\"RFC8489:6.3.1.1#3\", true) end }\n"
                            "case { id = \"sel-003\", title = \"three\", role = \"stun-client\", "
                            "type = \"T\", needs = { \"ask\" },\n"
                            "  run = function(t) t:check(\"RFC8489:14.2#a3\", true) end }\n"
                            "case { id = \"sel-101\", title = \"four\", role = \"stun-server\",\n"
                            "  run = function(t) t:check(\"RFC8489:6.3.1#a1\", true) end }\n";

static void selectors(void)
{
    static const struct {
        const char *words, *ids; /* ids: NULL, none: usage */
    } rows[] = {
        {"", "sel-001 sel-002 sel-003 sel-101 "},
        {"stun", "sel-001 sel-002 sel-003 sel-101 "},
        {"stun-client", "sel-003 "},
        {"sel-002", "sel-002 "},
        {"'RFC8489:6.3.1#a1'", "sel-001 sel-101 "},
        {"RFC8489:6.3.1", "sel-001 sel-002 sel-101 "},
        {"RFC8489:6.3", "sel-001 sel-002 sel-101 "},
        {"RFC8489:", "sel-001 sel-002 sel-003 sel-101 "},
        {"RFC8489", "sel-001 sel-002 sel-003 sel-101 "},
        {"RFC8489:1", NULL},
        {"RFC84", NULL},
        {"'sel-0*'", "sel-001 sel-002 sel-003 "},
        {"'sel-?01'", "sel-001 sel-101 "},
        {"+udp", "sel-001 "},
        {"^slow", "sel-002 sel-003 sel-101 "},
        {"stun-server ^slow", "sel-002 sel-101 "},
        {"'sel-00?' sel-101 ^slow ^ask", "sel-002 sel-101 "},
        {"stun-client sel-101", "sel-003 sel-101 "},
        {"stun-client +udp", NULL},
        {"stun nonsense", NULL},
        {"+nonsense", NULL},
        {"'nonsense*'", NULL},
    };
    if (!program_ready())
        return;
    program_cases("select.lua", cases);
    for (size_t i = 0; i < COUNT(rows); i++) {
        char args[128], ids[256] = "";
        snprintf(args, sizeof args, "list --json %s", rows[i].words);
        program_gives(args, rows[i].ids ? 0 : 2);
        json_t *all = program_objects(program_out), *o;
        size_t k;
        json_array_foreach(all, k, o)
        {
            strncat(ids, program_text(o, "id"), sizeof ids - strlen(ids) - 1);
            strncat(ids, " ", sizeof ids - strlen(ids) - 1);
        }
        json_decref(all);
        if (strcmp(ids, rows[i].ids ? rows[i].ids : "") != 0)
            printf("\n%s: %s\n", rows[i].words, ids);
        CU_ASSERT_STRING_EQUAL(ids, rows[i].ids ? rows[i].ids : "");
        if (!rows[i].ids)
            program_said("rtclab list: ");
    }
    program_gives("test stun nonsense", 2);
    program_said("the selector 'nonsense' matches no case");
    program_gives("test", 2);
    program_said("name what to run");
}

static void objects(void)
{
    static const char *const keys[] = {"id",   "suite", "role",  "title",  "clauses",
                                       "type", "tags",  "needs", "version"};
    if (!program_ready())
        return;
    program_cases("select.lua", cases);
    for (int i = 0; i < 2; i++) {
        program_gives(i ? "show --json sel-002" : "list --json sel-002", 0);
        json_t *all = program_objects(program_out);
        json_t *o = json_array_get(all, 0);
        CU_ASSERT_EQUAL(json_array_size(all), 1);
        CU_ASSERT_EQUAL(json_object_size(o),
                        COUNT(keys) + (i ? 5 : 0)); /* show: the procedure too */
        for (size_t k = 0; k < COUNT(keys); k++)
            CU_ASSERT_PTR_NOT_NULL(json_object_get(o, keys[k]));
        CU_ASSERT_STRING_EQUAL(program_text(o, "type"), "V");
        CU_ASSERT_EQUAL(json_integer_value(json_object_get(o, "version")), 2);
        CU_ASSERT_STRING_EQUAL(json_string_value(json_array_get(json_object_get(o, "clauses"), 0)),
                               "RFC8489:6.3.1.1#3");
        json_decref(all);
    }
    program_gives("show sel-001", 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(program_out, "sel-001: one"));
    CU_ASSERT_PTR_NOT_NULL(strstr(program_out, "RFC8489:6.3.1#a1"));
    program_gives("show", 2);
    program_gives("list > /dev/full", 4);
}

static bool has(const json_t *list, const char *word)
{
    json_t *v;
    size_t i;
    json_array_foreach(list, i, v)
    {
        if (strcmp(json_string_value(v), word) == 0)
            return true;
    }
    return false;
}

/* One case that is proven by one fault of many: the objects and the summary. */
static void prove(void)
{
    if (!program_ready())
        return;
    program_cases(
        "select.lua",
        "case { id = \"sel-201\", title = \"-\", role = \"stun-server\", needs = { "
        "\"udp\", \"ip4\" },\n"
        "  run = function(t)\n"
        "    local r = t:actor(\"client\", \"stun\"):request { class = \"request\" }\n"
        "    t:expect(r, { { success = true, clause = \"RFC8489:12#1\" } })\n"
        "    local software = false\n" /* a SHOULD: told to who leaves it, condemned by none */
        "    for _, a in ipairs(r.message and r.message.attributes or {}) do\n"
        "      software = software or a.type == \"SOFTWARE\"\n"
        "    end\n"
        "    t:check(\"RFC8489:6.3.1.1#5\", software or not r.message, \"none\")\n"
        "  end }\n");
    program_gives("prove --json --quick --pairs 1 sel-201", 1);
    json_t *all = program_objects(program_out);
    const json_t *c = program_find(all, "case", "case", "sel-201");
    const json_t *f = program_find(all, "fault", "fault", "binding-unanswered");
    const json_t *missed = program_find(all, "fault", "fault", "realm-missing");
    CU_ASSERT_TRUE(has(json_object_get(c, "catches"), "binding-unanswered"));
    CU_ASSERT_FALSE(has(json_object_get(c, "catches"), "realm-missing"));
    CU_ASSERT_STRING_EQUAL(program_text(f, "clause"), "RFC8489:12#1");
    CU_ASSERT_STRING_EQUAL(json_string_value(json_array_get(json_object_get(f, "caught_by"), 0)),
                           "sel-201[udp,ip4]");
    CU_ASSERT_EQUAL(json_array_size(json_object_get(missed, "caught_by")), 0);
    CU_ASSERT_PTR_NOT_NULL(json_object_get(program_find(all, "variant", "", NULL), "failed_by"));
    CU_ASSERT_EQUAL(program_count(all, "cases"), 1);
    CU_ASSERT_EQUAL(program_count(all, "unproven"), 0);
    f = program_find(all, "fault", "fault", "no-software");
    CU_ASSERT_EQUAL(json_array_size(json_object_get(f, "caught_by")), 1);
    CU_ASSERT_EQUAL(program_count(all, "condemned"), 0);
    CU_ASSERT_EQUAL(program_count(all, "errors"), 0);
    json_decref(all);
}

TESTS({"selectors", selectors}, {"objects", objects}, {"prove", prove})
