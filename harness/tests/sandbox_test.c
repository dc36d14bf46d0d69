/* harness/tests/sandbox_test.c - cases that misbehave: each is an error that names its file and
 * line, and the others run. */
#include "harness/tests/program.h"

#define CASE(id)                                                                                   \
    "case { id = \"" id                                                                            \
    "\", title = \"-\", role = \"stun-server\", needs = { \"udp\", \"ip4\" }, run = function(t)\n"
#define END "end }\n"

static const struct bad {
    const char *name, *text, *status, *why; /* why: words that have to stand in it */
} bads[] = {
    {"loop", CASE("s-loop") "local n = 0\nwhile true do n = n + 1 end\n" END, "error",
     "scenarios/stun/server/loop.lua:3: more than 50 million instructions"},
    {"pcall", CASE("s-pcall") "while true do\npcall(function()\nwhile true do end end)\nend\n" END,
     "error", "scenarios/stun/server/pcall.lua:4: more than 50 million"},
    {"wrap",
     CASE("s-wrap") "while true do\npcall(coroutine.wrap(function() while true do end "
                    "end))\nend\n" END,
     "error", "scenarios/stun/server/wrap.lua:3: more than 50 million"},
    {"memory",
     CASE(
         "s-memory") "local s = {}\nwhile true do\ns[#s + 1] = (\"x\"):rep(100000) .. #s end\n" END,
     "error", "scenarios/stun/server/memory.lua:4: not enough memory"},
    {"flow",
     CASE("s-flow") "local c, s = t:actor(\"client\", \"stun\"), {}\npcall(function()\nwhile true "
                    "do s[#s + 1] = #s .. (\"x\"):rep(1000) end end)\nc:request "
                    "{}\nerror(\"alive\")\n" END,
     "error", "scenarios/stun/server/flow.lua:"},
    {"raise", CASE("s-raise") "error(\"boom\")\n" END, "error",
     "scenarios/stun/server/raise.lua:2: boom"},
    {"table", CASE("s-table") "\nerror({})\n" END, "error",
     "scenarios/stun/server/table.lua:3: table"},
    {"verb", CASE("s-verb") "local c = t:actor(\"client\", \"stun\")\nc:fly {}\n" END, "error",
     "scenarios/stun/server/verb.lua:3: attempt to call"},
    {"clause",
     CASE("s-clause") "\nt:check(\"RFC"
                      "9999:1#1\", true)\n" END,
     "error",
     "scenarios/stun/server/clause.lua:3: the clause RFC"
     "9999:1#1 is not in the catalogue"},
    {"field",
     CASE("s-field") "local c = t:actor(\"client\", \"stun\")\n\nc:request { colour = \"red\" "
                     "}\n" END,
     "error", "scenarios/stun/server/field.lua:4: "},
    {"length",
     CASE("s-length") "local c = t:actor(\"client\", \"stun\")\nc:request { attributes = "
                      "setmetatable({}, { __len = function() return 1 << 62 end }) }\n" END,
     "error", "scenarios/stun/server/length.lua:3: field 'attributes' has more than 65535 items"},
    {"finalizer",
     CASE("s-finalizer") "setmetatable({}, { __gc = function() while true do end end })\n" END,
     "error", "scenarios/stun/server/finalizer.lua:2: a case has no finalizers"},
    {"wait", CASE("s-wait") "t:join(t:spawn(function() coroutine.yield() end))\n" END, "error",
     "scenarios/stun/server/wait.lua:1: the case waits for something that does not come"},
    {"task",
     CASE("s-task") "local task = t:spawn(function()\nerror(\"below\") end)\nt:join(task)\n" END,
     "error", "scenarios/stun/server/task.lua:3: below"},
    {"nothing", CASE("s-nothing") "local x = 1\n" END, "inconc",
     "scenarios/stun/server/nothing.lua:1: the case made no check"},
    {"outside",
     CASE("s-outside") "for _, name in ipairs { \"os\", \"io\", \"require\", \"load\", "
                       "\"loadfile\", \"dofile\", \"package\", \"debug\",\n"
                       "\"print\", \"collectgarbage\" } do t:check(\"RFC8489:5#3\", _G[name] == "
                       "nil, name .. \" is there\") end\n"
                       "t:check(\"RFC8489:5#3\", string.dump == nil and math.randomseed == nil, "
                       "\"dump or randomseed\")\n" END,
     "pass", ""},
    {"good", CASE("s-good") "t:check(\"RFC8489:5#3\", true)\n" END, "pass", ""},
};

static void write_all(void)
{
    char name[64];
    for (size_t i = 0; i < COUNT(bads); i++) {
        snprintf(name, sizeof name, "%s.lua", bads[i].name);
        program_cases(name, bads[i].text);
    }
}

static void misbehaving(void)
{
    if (!program_ready())
        return;
    write_all();
    program_cases("syntax.lua", CASE("s-syntax") "local = 1\n" END);
    program_cases("halves.lua",
                  CASE("s-half") "t:check(\"RFC8489:5#3\", true)\n" END "\nerror(\"half\")\n");
    program_cases("twice.lua", CASE("s-good") END);
    program_gives("test stun-server --json", 4);
    json_t *all = program_objects(program_out);
    for (size_t i = 0; i < COUNT(bads); i++) {
        char id[64];
        snprintf(id, sizeof id, "s-%s", bads[i].name);
        const json_t *end = program_find(all, "end", "base", id);
        bool good = strcmp(program_text(end, "status"), bads[i].status) == 0 &&
                    strstr(program_text(end, "why"), bads[i].why);
        if (!good)
            printf("\n%s: %s, not %s: %s\n", id, program_text(end, "status"), bads[i].status,
                   program_text(end, "why"));
        CU_ASSERT_TRUE(good);
    }
    static const struct {
        const char *file, *why;
    } lost[] = {
        {"scenarios/stun/server/syntax.lua", "scenarios/stun/server/syntax.lua:2: "},
        {"scenarios/stun/server/halves.lua", "scenarios/stun/server/halves.lua:5: half"},
        {"scenarios/stun/server/twice.lua",
         "the id s-good stands in scenarios/stun/server/good.lua too"},
    };
    for (size_t i = 0; i < COUNT(lost); i++) {
        const json_t *end = program_find(all, "end", "case", lost[i].file);
        CU_ASSERT_STRING_EQUAL(program_text(end, "status"), "error");
        CU_ASSERT_PTR_NOT_NULL(strstr(program_text(end, "why"), lost[i].why));
        CU_ASSERT_PTR_NOT_NULL(strstr(program_err, lost[i].why));
    }
    CU_ASSERT_PTR_NULL(program_find(all, "end", "base", "s-half"));
    json_decref(all);
    /* the suite is not asked for: the sentence, and the case that is */
    program_gives("test s-good --quiet", 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(program_err, "syntax.lua:2: "));
    program_gives("list stun-server", 4);
    CU_ASSERT_PTR_NOT_NULL(strstr(program_out, "s-good"));
    unlink(program_path("share/scenarios/stun/server/syntax.lua"));
    unlink(program_path("share/scenarios/stun/server/halves.lua"));
    unlink(program_path("share/scenarios/stun/server/twice.lua"));
}

/* A string pattern without end never reaches the limit on instructions: its process is killed. */
static void pattern(void)
{
    if (!program_ready())
        return;
    write_all();
    program_cases("pattern.lua",
                  CASE("s-pattern") "local s = (\"a\"):rep(40)\n"
                                    "s:find((\"a?\"):rep(40) .. (\"a\"):rep(41))\n" END);
    program_gives("test s-pattern s-good --json --kill-after 4", 4);
    json_t *all = program_objects(program_out);
    const json_t *end = program_find(all, "end", "base", "s-pattern");
    CU_ASSERT_STRING_EQUAL(program_text(end, "status"), "error");
    CU_ASSERT_PTR_NOT_NULL(
        strstr(program_text(end, "why"),
               "scenarios/stun/server/pattern.lua:1: the case gave no sign of life"));
    CU_ASSERT_STRING_EQUAL(program_text(program_find(all, "end", "base", "s-good"), "status"),
                           "pass");
    json_decref(all);
    unlink(program_path("share/scenarios/stun/server/pattern.lua"));
}

TESTS({"misbehaving", misbehaving}, {"pattern", pattern})
