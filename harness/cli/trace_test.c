/* harness/cli/trace_test.c - which clauses a scenario cites, and what covers a clause. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include "harness/cli/trace.h"
#include "harness/core/test.h"
#include "harness/script/cites.h"

struct seen {
    char text[512];
    size_t n;
};

static void note(void *ctx, const char *id, const struct clause *c)
{
    struct seen *s = ctx;
    s->n += (size_t)snprintf(s->text + s->n, sizeof s->text - s->n, "%s=%s ", id, c->id);
}

static void check_with(const char *lib, const char *lua, const char *want)
{
    struct seen s = {"", 0};
    struct cites *c = cites_new(lib);
    CU_ASSERT_PTR_NOT_NULL_FATAL(c);
    cites_read(c, lua, note, &s);
    cites_free(c);
    CHECK_TEXT(span_of(s.text), want);
}

static void check(const char *lua, const char *want)
{
    check_with(NULL, lua, want);
}

static void cites(void)
{
    check("case { id = \"x-1\", run = function(t) t:check(\"RFC8489:5#1\", ok) end }",
          "x-1=RFC8489:5#1 ");
    check("case{id='x-1'} case ({ id='x-2', clause='RFC8489:5#1' }) ", "x-2=RFC8489:5#1 ");
    check("case { id = 'x-1', { clause = 'RFC8489:5#1' }, { clause = \"RFC8489:5#7\" } }",
          "x-1=RFC8489:5#1 x-1=RFC8489:5#7 ");
    check("case { id = 'x-1', other = { id = 'y' }, c = 'RFC8489:5#1' }", "x-1=RFC8489:5#1 ");
}

/* What a function cites, those cases cite that call it. */
static void helpers(void)
{
    check("local function h(t) t:check('RFC8489:5#1', ok) end\n"
          "case { id = 'x-1', run = function(t) h(t) end }\n"
          "case { id = 'x-2', run = function(t) ah(t) t.h1() end }\n"
          "case { id = 'x-3', run = h }",
          "x-1=RFC8489:5#1 x-3=RFC8489:5#1 ");
    check("local function a() c('RFC8489:5#1') end\nfunction b() a() c('RFC8489:5#7') end\n"
          "case { id = 'x-1', run = b }",
          "x-1=RFC8489:5#1 x-1=RFC8489:5#7 ");
    check("case { id = 'x-1' }\nlocal function h() c('RFC8489:5#1') end\ncase { id = 'x-2', h }",
          "x-2=RFC8489:5#1 "); /* a case ends with its brace */
    check("local function h()\n  local function g() end\n  c('RFC8489:5#1')\nend\ncase { id = 'x', "
          "h }",
          "x=RFC8489:5#1 ");
    check("local function h() return h('RFC8489:5#1') end\ncase { id = 'x', { { h } } }",
          "x=RFC8489:5#1 "); /* one that names itself */
    check("case { id = 'x', run = h }\nlocal function h() c('RFC8489:5#1') end", "");
}

/* What a function of the protocol's lib.lua cites, those cases cite that call it as lib's. */
static void library(void)
{
    static const char lib[] = "local function own() c('RFC8489:5#3') end\n"
                              "function lib.a(t) t:check('RFC8489:5#1', ok) end\n"
                              "function lib.b(t) lib.a(t) own() end\n"
                              "function other.a() c('RFC8489:5#7') end\n"
                              "function lib.d(t) return t end\n"
                              "case { id = 'y', 'RFC8489:5#6' }\n";

    check_with(lib, "case { id = 'x', run = function(t) l.d(t) end }", "");
    check_with(lib, "case { id = 'x', run = function(t) l.b(t) end }",
               "x=RFC8489:5#1 x=RFC8489:5#3 ");
    check_with(lib, "case { id = 'x', run = function(t) lib(t).a (t) end }",
               "x=RFC8489:5#1 x=RFC8489:5#7 ");
    check_with(lib, "case { id = 'x', run = function(t) t:lib(\"p\").a(t) end }",
               "x=RFC8489:5#1 x=RFC8489:5#7 ");
    check_with(lib, "local function h(t) l.a(t) end\ncase { id = 'x', run = h }",
               "x=RFC8489:5#1 x=RFC8489:5#7 ");
    check_with(lib,
               "case { id = 'x', function(t) run.a(t) a(t) own(t) l:a(t) al.a(t) f(t).a(t) end }",
               "");
    check_with(lib, "case { id = 'x', l.a }", ""); /* it is not called */
    check_with(lib,
               ".a() )."
               "a() lib).a() l.",
               "");
    check_with("local other = {}\nfunction other.a(t) t:check('RFC8489:5#1', ok) end\n"
               "function other.b(t) return other.a(t) end\n", /* of another table of lib.lua */
               "case { id = 'x', run = function(t) lib(t).b(t) end }", "x=RFC8489:5#1 ");
    check_with("function lib.", "case { id = 'x', l.a() }", "");
}

static void leaves_out(void)
{
    check("local function h() c('RFC8489:5#1') end", "");
    check("case { id = 'x' }} c('RFC8489:5#1')", "");
    check("local function h(", "");
    check("function ", "");
    check("t:check('RFC8489:5#1')", ""); /* outside a case */
    check("case { id = 'x' } -- 'RFC8489:5#1'\n--[[ 'RFC8489:5#1'\n ]] ", "");
    check("case { id = 'x', title = 'as RFC8489:5#1 says' }", "");
    check("case { id = 'x', title = 'it\\'s \"RFC8489:5#1\" that' }", "");
    check("showcase { id = 'x' } case_id = { 'RFC8489:5#1' }", "");
    check("case { id = 'x', 'RFC8489:5' }", "");
    check("case { id = 'x', 'RFC8489:5", ""); /* cut short */
    check("case { id = '", "");
    check("--[[", "");
}

/* ---- what covers a clause ---- */

static const char vectors[] =
    "{\"protocol\": \"p\", \"groups\": [{\"tests\": ["
    /* broken in one, kept in another */
    "{\"id\": \"a\", \"clauses\": [\"RFC8489:5#1\"], \"findings\": [{\"clause\": \"RFC8489:5#1\"},"
    " {\"clause\": \"RFC8489:5#1\"}]},"
    "{\"id\": \"b\", \"clauses\": [\"RFC8489:5#1\", \"RFC8489:5#7\"], \"findings\": []},"
    /* a finding in each that names it; the other clause is kept in one of them, broken in none */
    "{\"id\": \"c\", \"clauses\": [\"RFC8489:5#3\"], \"findings\": [{\"clause\": "
    "\"RFC8489:5#3\"}]},"
    "{\"id\": \"d\", \"clauses\": [\"RFC8489:5#6\"], \"findings\": [{\"clause\": "
    "\"RFC8489:5#3\"}]},"
    /* cited by a finding that the list of clauses leaves out */
    "{\"id\": \"e\", \"findings\": [{\"clause\": \"RFC8489:14#1\"}]}"
    "]}]}";

static void put(const char *dir, const char *name, const char *text)
{
    char path[600];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *f = fopen(path, "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    fputs(text, f);
    CU_ASSERT_EQUAL(fclose(f), 0);
}

static void gone(const char *dir, const char *name)
{
    char path[600];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    CU_ASSERT_EQUAL(remove(path), 0);
}

static void covers(void)
{
    static const struct {
        const char *id;
        size_t rules;
        bool flips, covered;
    } want[] = {
        {"RFC8489:5#1", 1, true, true},   /* a pair */
        {"RFC8489:5#7", 0, false, false}, /* kept only */
        {"RFC8489:5#3", 2, false, false}, /* broken only */
        {"RFC8489:5#6", 0, false, true},  /* a case, and kept where another is broken */
        {"RFC8489:14#1", 1, false, false}, {"RFC8489:14#3", 0, false, false}, /* nothing at all */
    };
    const char *tmp = getenv("TMPDIR");
    char dir[512];
    struct trace t;

    snprintf(dir, sizeof dir, "%s/rtclab-trace-XXXXXX", tmp ? tmp : "/tmp");
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(dir));
    char scenarios[600], json[600];
    snprintf(scenarios, sizeof scenarios, "%s/scenarios", dir);
    snprintf(json, sizeof json, "%s/vectors", dir);
    CU_ASSERT_EQUAL_FATAL(mkdir(scenarios, 0700) | mkdir(json, 0700), 0);
    put(scenarios, "x.lua",
        "case { id = 'x-1', run = function(t) t:check('RFC8489:5#6', ok) end }");
    put(json, "x.json", vectors);

    CU_ASSERT_TRUE(trace_open(&t, dir));
    for (size_t i = 0; i < COUNT(want); i++) {
        const struct clause *c = clause_named(want[i].id);
        CU_ASSERT_PTR_NOT_NULL_FATAL(c);
        const struct cover *v = &t.v[c - clauses];
        CU_ASSERT_EQUAL(v->rules, want[i].rules);
        CU_ASSERT_EQUAL(trace_flips(v), want[i].flips);
        CU_ASSERT_EQUAL(trace_covered(v), want[i].covered);
    }
    trace_close(&t);
    gone(scenarios, "x.lua");
    gone(json, "x.json");
    gone(dir, "scenarios");
    gone(dir, "vectors");
    CU_ASSERT_EQUAL(remove(dir), 0);
}

TESTS({"cites", cites}, {"helpers", helpers}, {"library", library}, {"leaves out", leaves_out},
      {"covers", covers})
