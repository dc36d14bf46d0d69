/* harness/script/sandbox.c - limits on what a case can reach, hold and do. */
#include <stdlib.h>
#include <lualib.h>
#include "harness/script/sandbox.h"

enum { HOOK_EVERY = 1000 };

static void *allocate(void *ud, void *p, size_t was, size_t size)
{
    struct sandbox *s = ud;
    size_t before = p ? was : 0;

    if (size == 0) {
        s->memory -= before;
        free(p);
        return NULL;
    }
    if (size > before && s->memory + (size - before) > s->memory_max)
        return NULL; /* Lua raises "not enough memory" */
    void *q = realloc(p, size);
    if (q)
        s->memory = s->memory - before + size;
    return q;
}

/* Past the limit the hook fires on every instruction, so that a pcall cannot go on. */
static void count(lua_State *L, lua_Debug *ar)
{
    struct sandbox *s;
    (void)ar;
    lua_getallocf(L, (void **)&s);
    s->instructions += s->instructions > s->instructions_max ? 1 : HOOK_EVERY;
    if (s->instructions > s->instructions_max) {
        lua_sethook(L, count, LUA_MASKCOUNT, 1);
        luaL_error(L, "more than %d million instructions", (int)(s->instructions_max / 1000000));
    }
}

bool sandbox_open(struct sandbox *s, size_t memory, uint64_t instructions, uint64_t seed)
{
    static const luaL_Reg libs[] = {
        {LUA_GNAME, luaopen_base},         {LUA_COLIBNAME, luaopen_coroutine},
        {LUA_TABLIBNAME, luaopen_table},   {LUA_STRLIBNAME, luaopen_string},
        {LUA_MATHLIBNAME, luaopen_math},   {LUA_UTF8LIBNAME, luaopen_utf8},
    };
    static const char *const gone[] = {"load",   "loadfile", "dofile",        "require",
                                       "print",  "warn",     "collectgarbage"};

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
    lua_sethook(s->L, count, LUA_MASKCOUNT, HOOK_EVERY);
    return true;
}

void sandbox_close(struct sandbox *s)
{
    if (s->L)
        lua_close(s->L);
    s->L = NULL;
}

int sandbox_load(lua_State *L, struct span text, const char *name)
{
    return luaL_loadbufferx(L, (const char *)text.p, text.n, name, "t");
}
