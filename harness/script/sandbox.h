/* harness/script/sandbox.h - a Lua state that cannot reach outside, grow or run without end. */
#ifndef HARNESS_SCRIPT_SANDBOX_H
#define HARNESS_SCRIPT_SANDBOX_H
#include <lua.h>
#include <lauxlib.h>
#include "harness/script/region.h"

struct sandbox {
    lua_State *L;
    struct region region;
    size_t memory, memory_max;
    uint64_t instructions, instructions_max;
};
/* base, coroutine, table, string, math, utf8; without load, dofile, require, collectgarbage, print,
 * io, os, package, debug, finalizers; math.random starts from `seed`, and pairs goes by the order of
 * keys (numbers, then texts), so that one seed gives one run. Past `instructions` every coroutine
 * raises "FILE:LINE: more than ..." at each instruction; the first one, which runs the others, a
 * million later. False: no memory. */
bool sandbox_open(struct sandbox *s, size_t memory, uint64_t instructions, uint64_t seed);
void sandbox_close(struct sandbox *s);
enum {
    CHUNKS_MAX = 1024,        /* texts whose bytecode is kept in the process */
    CHUNK_TEXT_MAX = 1 << 20, /* octets of one; longer ones are compiled each time */
};
/* Load text (never bytecode) as a chunk that is named in messages; as luaL_loadbufferx. What was
 * compiled in this process before, the same text under the same name, is taken from there. */
int sandbox_load(lua_State *L, struct span text, const char *name);
#endif
