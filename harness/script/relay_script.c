/* harness/script/relay_script.c - calls message(m) and reads what it returns. */
#include <stdlib.h>
#include "harness/core/file.h"
#include "harness/core/registry.h"
#include "harness/script/luarec.h"
#include "harness/script/relay_script.h"
#include "harness/script/sandbox.h"
#include "harness/script/script.h"

enum { VIEW_ROOM = 256 << 10 };

struct relay_script {
    struct sandbox box;
    struct relay_hook hook;
    char *text;
    char error[512];
    uint8_t *room, *data; /* what a view takes; the octets that replace a message */
};

/* m:decode() */
static int decode(lua_State *L)
{
    const uint8_t *room = lua_touserdata(L, lua_upvalueindex(1));
    struct arena mem = arena_of((uint8_t *)(uintptr_t)room, VIEW_ROOM);
    struct findings none = {0};
    const void *view = NULL;
    size_t n = 0;

    luaL_checktype(L, 1, LUA_TTABLE);
    lua_getfield(L, 1, "data");
    const char *p = lua_tolstring(L, -1, &n);
    struct span in = {(const uint8_t *)p, n};
    const struct codec *c = p ? codec_guess(in, 0, FRAMING_DATAGRAM) : NULL;
    if (!c)
        c = p ? codec_guess(in, 0, FRAMING_STREAM) : NULL;
    if (!c || c->decode(in, &mem, &view, &none) == STEP_FAIL || !view)
        return 0;
    luarec_push(L, c->view, view);
    lua_pushstring(L, c->name);
    lua_setfield(L, -2, "protocol");
    return 1;
}

static void push_message(struct relay_script *s, const struct relay_message *m)
{
    lua_State *L = s->box.L;

    lua_createtable(L, 0, 7);
    lua_pushstring(L, m->way == RELAY_UP ? "up" : "down");
    lua_setfield(L, -2, "way");
    lua_pushboolean(L, m->stream);
    lua_setfield(L, -2, "stream");
    lua_pushinteger(L, (lua_Integer)m->now_us);
    lua_setfield(L, -2, "time_us");
    lua_pushinteger(L, (lua_Integer)m->number);
    lua_setfield(L, -2, "number");
    lua_pushinteger(L, (lua_Integer)m->client);
    lua_setfield(L, -2, "client");
    lua_pushlstring(L, (const char *)m->data.p, m->data.n);
    lua_setfield(L, -2, "data");
    lua_pushlightuserdata(L, s->room);
    lua_pushcclosure(L, decode, 1);
    lua_setfield(L, -2, "decode");
}

static bool flag(lua_State *L, const char *name)
{
    lua_getfield(L, -1, name);
    bool on = lua_toboolean(L, -1);
    lua_pop(L, 1);
    return on;
}

/* The table that the function returned; raises an error that names what is wrong in it. */
static void read_table(struct relay_script *s, lua_State *L, struct relay_ruling *r)
{
    static const char *const keys[] = {"drop", "reset", "twice", "delay_us", "data"};
    size_t n = 0;

    for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) {
        const char *key = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "?";
        size_t k = 0;
        while (k < COUNT(keys) && strcmp(keys[k], key) != 0)
            k++;
        if (k == COUNT(keys))
            luaL_error(L, "message: '%s' is nothing that a ruling has", key);
    }
    r->drop = flag(L, "drop");
    r->reset = flag(L, "reset");
    r->twice = flag(L, "twice");
    lua_getfield(L, -1, "delay_us");
    lua_Integer delay = luaL_optinteger(L, -1, 0);
    if (delay < 0 || delay > IMPAIR_DELAY_MAX_US)
        luaL_error(L, "message: delay_us is 0 to %d", (int)IMPAIR_DELAY_MAX_US);
    r->delay_us = (uint64_t)delay;
    lua_getfield(L, -2, "data");
    const char *p = luaL_optlstring(L, -1, NULL, &n);
    if (n > UINT16_MAX)
        luaL_error(L, "message: data has more than %d octets", UINT16_MAX);
    if (p) {
        memcpy(s->data, p, n);
        r->data = (struct span){s->data, n};
    }
}

/* In protected mode: message, m -> nothing; fills the ruling. */
static int call(lua_State *L)
{
    struct relay_script *s = lua_touserdata(L, 1);
    struct relay_ruling *r = lua_touserdata(L, 2);
    const struct relay_message *m = lua_touserdata(L, 3);

    lua_getglobal(L, "message");
    push_message(s, m);
    lua_call(L, 1, 1);
    if (lua_type(L, -1) == LUA_TSTRING) {
        const char *word = lua_tostring(L, -1);
        r->drop = strcmp(word, "drop") == 0;
        r->reset = strcmp(word, "reset") == 0;
        if (!r->drop && !r->reset)
            luaL_error(L, "message: '%s' is no ruling; \"drop\" and \"reset\" are", word);
    } else if (lua_istable(L, -1)) {
        read_table(s, L, r);
    } else if (!lua_isnil(L, -1)) {
        luaL_error(L, "message: a ruling is nothing, a word or a table");
    }
    return 0;
}

static void rule(void *ctx, const struct relay_message *m, struct relay_ruling *r)
{
    struct relay_script *s = ctx;
    lua_State *L = s->box.L;

    if (s->error[0])
        return;
    s->box.instructions = 0;
    lua_settop(L, 0);
    lua_pushcfunction(L, call);
    lua_pushlightuserdata(L, s);
    lua_pushlightuserdata(L, r);
    lua_pushlightuserdata(L, (void *)(uintptr_t)m);
    if (lua_pcall(L, 3, 0, 0) != LUA_OK) {
        const char *why = lua_tostring(L, -1);
        snprintf(s->error, sizeof s->error, "%s", why ? why : "out of memory");
        *r = (struct relay_ruling){0};
    }
}

static bool load(struct relay_script *s, const char *path, char err[512])
{
    size_t n;
    char chunk[300];
    lua_State *L = s->box.L;

    s->text = file_text(path, &n);
    if (!s->text) {
        snprintf(err, 512, "%s cannot be read", path);
        return false;
    }
    snprintf(chunk, sizeof chunk, "@%s", path);
    if (sandbox_load(L, (struct span){(const uint8_t *)s->text, n}, chunk) != LUA_OK ||
        lua_pcall(L, 0, 0, 0) != LUA_OK) {
        snprintf(err, 512, "%s", lua_tostring(L, -1));
        return false;
    }
    if (lua_getglobal(L, "message") != LUA_TFUNCTION) {
        snprintf(err, 512, "%s defines no function message(m)", path);
        return false;
    }
    return true;
}

struct relay_script *relay_script_open(const char *path, uint64_t seed, char err[512])
{
    struct relay_script *s = calloc(1, sizeof *s);

    if (s) {
        s->room = malloc(VIEW_ROOM);
        s->data = malloc(UINT16_MAX);
    }
    if (!s || !s->room || !s->data ||
        !sandbox_open(&s->box, RELAY_SCRIPT_MEMORY, RELAY_SCRIPT_INSTRUCTIONS, seed)) {
        snprintf(err, 512, "there is no memory for a script");
        relay_script_close(s);
        return NULL;
    }
    s->hook = (struct relay_hook){rule, s};
    if (!load(s, path, err)) {
        relay_script_close(s);
        return NULL;
    }
    return s;
}

const struct relay_hook *relay_script_hook(const struct relay_script *s)
{
    return &s->hook;
}

const char *relay_script_error(const struct relay_script *s)
{
    return s->error[0] ? s->error : NULL;
}

void relay_script_close(struct relay_script *s)
{
    if (!s)
        return;
    sandbox_close(&s->box);
    free(s->text);
    free(s->room);
    free(s->data);
    free(s);
}
