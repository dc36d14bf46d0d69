/* harness/script/sandbox.c - limits on what a case can reach, hold and do. */
#include <lualib.h>
#include "harness/script/sandbox.h"

enum {
    HOOK_EVERY = 1000,
    GRACE = 1000000, /* instructions */
};

static void *allocate(void *ud, void *p, size_t was, size_t size)
{
    struct sandbox *s = ud;
    size_t before = p ? was : 0;

    if (size == 0) {
        s->memory -= before;
        region_give(&s->region, p, before);
        return NULL;
    }
    if (size > before && s->memory + (size - before) > s->memory_max)
        return NULL; /* Lua raises "not enough memory" */
    void *q = region_resize(&s->region, p, before, size);
    if (q)
        s->memory = s->memory - before + size;
    return q;
}

/* Past the limit the hook fires on every instruction, so that a pcall cannot go on. The first
 * coroutine, which runs the others, may go on a little longer: long enough to hear where they were
 * stopped. In a hook level 0 is the function that runs, not the caller that luaL_error names. */
static void count(lua_State *L, lua_Debug *ar)
{
    struct sandbox *s;
    lua_getallocf(L, (void **)&s);
    uint64_t max = s->instructions_max + (L == s->L ? GRACE : 0);
    s->instructions += lua_gethookcount(L) == 1 ? 1 : HOOK_EVERY;
    if (s->instructions <= max)
        return;
    lua_sethook(L, count, LUA_MASKCOUNT, 1);
    lua_getinfo(L, "Sl", ar);
    luaL_error(L, "%s:%d: more than %d million instructions", ar->short_src, ar->currentline,
               (int)(s->instructions_max / 1000000));
}

/* setmetatable without __gc: finalizers run with hooks off, and so without limit. */
static int set_metatable(lua_State *L)
{
    luaL_argexpected(L, lua_isnoneornil(L, 2) || lua_istable(L, 2), 2, "nil or table");
    if (lua_istable(L, 2)) {
        lua_pushliteral(L, "__gc");
        if (lua_rawget(L, 2) != LUA_TNIL)
            return luaL_error(L, "a case has no finalizers (__gc)");
        lua_pop(L, 1);
    }
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, lua_gettop(L) - 1, 1);
    return 1;
}

/* Numbers before texts, each in their order. */
static int key_less(lua_State *L)
{
    bool a = lua_type(L, 1) == LUA_TNUMBER, b = lua_type(L, 2) == LUA_TNUMBER;
    lua_pushboolean(L, a != b ? a : lua_compare(L, 1, 2, LUA_OPLT));
    return 1;
}

static int next_key(lua_State *L)
{
    lua_Integer i = lua_tointeger(L, lua_upvalueindex(2));

    lua_settop(L, 1);
    while (lua_rawgeti(L, lua_upvalueindex(1), ++i) != LUA_TNIL) {
        lua_pushvalue(L, -1);
        if (lua_rawget(L, 1) != LUA_TNIL) { /* else it went while the loop ran */
            lua_pushinteger(L, i);
            lua_replace(L, lua_upvalueindex(2));
            return 2;
        }
        lua_settop(L, 1);
    }
    return 1;
}

/* pairs in the order of the keys: Lua's own order changes from run to run, and one seed is to give one
 * run. Keys that are neither number nor text come last, in Lua's order. */
static int ordered_pairs(lua_State *L)
{
    lua_Integer n = 0, others = 0;

    if (luaL_getmetafield(L, 1, "__pairs") != LUA_TNIL) {
        lua_pushvalue(L, 1);
        lua_call(L, 1, 3);
        return 3;
    }
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    lua_newtable(L); /* 2: keys */
    lua_newtable(L); /* 3: those that have no order */
    for (lua_pushnil(L); lua_next(L, 1) != 0;) {
        bool sorts = lua_type(L, -2) == LUA_TNUMBER || lua_type(L, -2) == LUA_TSTRING;
        lua_pop(L, 1);
        lua_pushvalue(L, -1);
        if (sorts)
            lua_rawseti(L, 2, ++n);
        else
            lua_rawseti(L, 3, ++others);
    }
    lua_pushvalue(L, lua_upvalueindex(1)); /* table.sort */
    lua_pushvalue(L, 2);
    lua_pushcfunction(L, key_less);
    lua_call(L, 2, 0);
    for (lua_Integer i = 1; i <= others; i++) {
        lua_rawgeti(L, 3, i);
        lua_rawseti(L, 2, n + i);
    }
    lua_settop(L, 2);
    lua_pushinteger(L, 0);
    lua_pushcclosure(L, next_key, 2);
    lua_pushvalue(L, 1);
    lua_pushnil(L);
    return 3;
}

bool sandbox_open(struct sandbox *s, size_t memory, uint64_t instructions, uint64_t seed)
{
    static const luaL_Reg libs[] = {
        {LUA_GNAME, luaopen_base},       {LUA_COLIBNAME, luaopen_coroutine},
        {LUA_TABLIBNAME, luaopen_table}, {LUA_STRLIBNAME, luaopen_string},
        {LUA_MATHLIBNAME, luaopen_math}, {LUA_UTF8LIBNAME, luaopen_utf8},
    };
    static const char *const gone[] = {"load",  "loadfile", "dofile",        "require",
                                       "print", "warn",     "collectgarbage"};

    *s = (struct sandbox){.memory_max = memory, .instructions_max = instructions};
    s->L = lua_newstate(allocate, s);
    if (!s->L)
        return false;
    for (size_t i = 0; i < COUNT(libs); i++) {
        luaL_requiref(s->L, libs[i].name, libs[i].func, 1);
        lua_pop(s->L, 1);
    }
    for (size_t i = 0; i < COUNT(gone); i++) {
        lua_pushnil(s->L);
        lua_setglobal(s->L, gone[i]);
    }
    lua_getglobal(s->L, "math"); /* chance comes from the run's seed alone */
    lua_getfield(s->L, -1, "randomseed");
    lua_pushinteger(s->L, (lua_Integer)seed);
    lua_call(s->L, 1, 0);
    lua_pushnil(s->L);
    lua_setfield(s->L, -2, "randomseed");
    lua_pop(s->L, 1);
    lua_getglobal(s->L, "string"); /* bytecode has no place here */
    lua_pushnil(s->L);
    lua_setfield(s->L, -2, "dump");
    lua_pop(s->L, 1);
    lua_getglobal(s->L, "table");
    lua_getfield(s->L, -1, "sort");
    lua_pushcclosure(s->L, ordered_pairs, 1);
    lua_setglobal(s->L, "pairs");
    lua_pop(s->L, 1);
    lua_getglobal(s->L, "setmetatable");
    lua_pushcclosure(s->L, set_metatable, 1);
    lua_setglobal(s->L, "setmetatable");
    lua_sethook(s->L, count, LUA_MASKCOUNT, HOOK_EVERY);
    return true;
}

/* Not lua_close: nothing in the state has a finalizer, and all of its memory is in the region. */
void sandbox_close(struct sandbox *s)
{
    region_end(&s->region);
    s->L = NULL;
}
