/* harness/cli/trace_test.c - which clauses a scenario cites. */
#include <stdio.h>
#include "harness/cli/trace.h"
#include "harness/core/test.h"

struct seen {
    char text[512];
    size_t n;
};

static void note(void *ctx, const char *id, const struct clause *c)
{
    struct seen *s = ctx;
    s->n += (size_t)snprintf(s->text + s->n, sizeof s->text - s->n, "%s=%s ", id, c->id);
}

static void check(const char *lua, const char *want)
{
    struct seen s = {"", 0};
    trace_lua(lua, note, &s);
    CHECK_TEXT(span_of(s.text), want);
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

static void leaves_out(void)
{
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

TESTS({"cites", cites}, {"leaves out", leaves_out})
