/* harness/script/sandbox.h - a Lua state that cannot reach outside, grow or run without end. */
#ifndef HARNESS_SCRIPT_SANDBOX_H
#define HARNESS_SCRIPT_SANDBOX_H
#include <lua.h>
#include <lauxlib.h>
#include "codecs/base/base.h"

struct sandbox {
    lua_State *L;
    size_t memory, memory_max;
    uint64_t instructions, instructions_max;
};
/* base, coroutine, table, string, math, utf8; without load, dofile, require, collectgarbage, print,
 * io, os, package, debug, finalizers; math.random starts from `seed`. Past `instructions` every
 * coroutine raises "FILE:LINE: more than ..." at each instruction; the first one, which runs the
 * others, a million later. False: no memory. */
bool sandbox_open(struct sandbox *s, size_t memory, uint64_t instructions, uint64_t seed);
void sandbox_close(struct sandbox *s);
/* Load text (never bytecode) as a chunk that is named in messages; as luaL_loadbufferx. */
int sandbox_load(lua_State *L, struct span text, const char *name);
#endif
