/* harness/script/luarec_test.c - drafts from Lua tables, written as told; records to tables. */
#include "codecs/stun/stun.h"
#include "harness/core/test.h"
#include "harness/endpoints/stun/stun_endpoint.h"
#include "harness/script/luarec.h"
#include "harness/script/sandbox.h"

struct args {
    struct addr to;
    struct draft *message;
};
static const struct field fields[] = {
    {.name = "to", FIELD(struct args, to, F_ADDR)},
    {.name = "message", FIELD(struct args, message, F_DRAFT), .sub = &stun_msg_desc},
};
static const struct desc args_desc = {"args", sizeof(struct args), FIELDS(fields), .next = NULL};
static _Alignas(16) uint8_t memory[65536];
static struct args got;

static int read_args(lua_State *L)
{
    struct arena *mem = lua_touserdata(L, lua_upvalueindex(1));
    memset(&got, 0, sizeof got);
    luarec_read(L, 1, &args_desc, &got, mem);
    return 0;
}

/* Run `args { ... }`; the error where it raises, else NULL. */
static const char *run(struct sandbox *box, struct arena *mem, const char *text)
{
    *mem = arena_of(memory, sizeof memory);
    lua_pushlightuserdata(box->L, mem);
    lua_pushcclosure(box->L, read_args, 1);
    lua_setglobal(box->L, "args");
    if (sandbox_load(box->L, span_of(text), "@test") == LUA_OK &&
        lua_pcall(box->L, 0, 0, 0) == LUA_OK)
        return NULL;
    return lua_tostring(box->L, -1);
}

static void check_hex(const char *hex)
{
    uint8_t out[512], want[512];
    struct wr w = {out, sizeof out, 0, false}, x = {want, sizeof want, 0, false};
    stun_encode(&w, got.message, NULL);
    CU_ASSERT_TRUE(wr_unhex(&x, span_of(hex)));
    CU_ASSERT_TRUE(span_eq(wr_span(&w), wr_span(&x)));
}

/* A lying length, a doubled, an omitted and a raw attribute, typed and raw values. */
static void drafts(void)
{
    struct sandbox box;
    struct arena mem;

    CU_ASSERT_TRUE_FATAL(sandbox_open(&box, 1 << 20, 1000000, 1));
    CU_ASSERT_PTR_NULL(run(&box, &mem,
                           "args { to = '192.0.2.1:9', class = 'request', method = 'binding', "
                           "length = 4, transaction = 'abcdefghijkl', attributes = { "
                           "{ type = 'PRIORITY', value = 5 }, { type = 'PRIORITY', value = 5 }, "
                           "{ omit = true, type = 'SOFTWARE', value = 'x' }, "
                           "{ type = 'USERNAME', value = 'u', length = 9 }, "
                           "{ raw = '\\128\\34' } } }"));
    CU_ASSERT_EQUAL(got.to.port, 9);
    check_hex("0001 0004 2112a442 6162636465666768696a6b6c 00240004 00000005 00240004 00000005 "
              "00060009 75000000 8022");
    CU_ASSERT_PTR_NULL(run(&box, &mem,
                           "args { class = 'error', method = 0xabc, top = 3, cookie = 1, "
                           "transaction = 'abcdefghijkl', attributes = { "
                           "{ type = 'ERROR-CODE', code = 420, reason = 'no' }, "
                           "{ type = 'UNKNOWN-ATTRIBUTES', types = { 0x7ffe, 'REALM' } }, "
                           "{ type = 'PRIORITY', value = 'raw' }, "
                           "{ type = 'SOFTWARE', value = 'x', padding = '\\1\\2\\3' } } }"));
    check_hex("eb7c 0024 00000001 6162636465666768696a6b6c 00090006 00000414 6e6f0000 000a0004 "
              "7ffe0014 00240003 72617700 80220001 78010203");
    sandbox_close(&box);
}

static void refusals(void)
{
    static const struct {
        const char *text, *why;
    } bad[] = {
        {"args { nothing = 1 }", "has no field 'nothing'"},
        {"args { to = 'nowhere' }", "field 'to' wants an address"},
        {"args { class = 'questions' }", "field 'class'"},
        {"args { attributes = { { type = 'NO-SUCH' } } }", "field 'type'"},
        {"args { 1, 2 }", "named, not numbered"},
    };
    struct sandbox box;
    struct arena mem;

    CU_ASSERT_TRUE_FATAL(sandbox_open(&box, 1 << 20, 1000000, 1));
    for (size_t i = 0; i < COUNT(bad); i++) {
        const char *why = run(&box, &mem, bad[i].text);
        CU_ASSERT_PTR_NOT_NULL(why);
        CU_ASSERT_PTR_NOT_NULL(why ? strstr(why, bad[i].why) : NULL);
        lua_pop(box.L, 1);
    }
    sandbox_close(&box);
}

TESTS({"drafts", drafts}, {"refusals", refusals})
