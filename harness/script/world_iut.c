/* harness/script/world_iut.c - the implementation under test, where it is our own endpoint. */
#include <stdio.h>
#include "harness/core/registry.h"
#include "harness/script/world.h"

struct addr world_host_addr(struct world *w)
{
    struct addr a = {.family = w->run->family};

    if (!w->sim) { /* loopback, unless the target is elsewhere */
        bool loopback =
            w->o->target.family == 0 ||
            (w->o->target.family == 4 ? w->o->target.ip[0] == 127 : w->o->target.ip[15] == 1);
        a.ip[0] = loopback && a.family == 4 ? 127 : 0;
        a.ip[a.family == 4 ? 3 : 15] = loopback;
        return a;
    }
    uint32_t n = (uint32_t)w->n_actors + 1;
    a.ip[0] = a.family == 4 ? 10 : 0xfd;
    a.ip[a.family == 4 ? 3 : 15] = (uint8_t)n;
    return a;
}

void world_json_push(lua_State *L, const json_t *j)
{
    const char *key;
    json_t *v;
    size_t i;

    luaL_checkstack(L, 4, "JSON too deep");
    switch (json_typeof(j)) {
    case JSON_OBJECT:
        lua_newtable(L);
        json_object_foreach((json_t *)(uintptr_t)j, key, v)
        {
            world_json_push(L, v);
            lua_setfield(L, -2, key);
        }
        break;
    case JSON_ARRAY:
        lua_newtable(L);
        json_array_foreach(j, i, v)
        {
            world_json_push(L, v);
            lua_rawseti(L, -2, (lua_Integer)i + 1);
        }
        break;
    case JSON_STRING:
        lua_pushstring(L, json_string_value(j));
        break;
    case JSON_INTEGER:
        lua_pushinteger(L, json_integer_value(j));
        break;
    case JSON_REAL:
        lua_pushnumber(L, json_real_value(j));
        break;
    case JSON_TRUE:
    case JSON_FALSE:
        lua_pushboolean(L, json_is_true(j));
        break;
    default:
        lua_pushnil(L);
    }
}

/* A second address and port for the IUT, where it is our own; false: there is none of the family. */
static bool second_addr(const struct world *w, struct addr *out)
{
    *out = w->target;
    if (w->sim) { /* 10.0.1.N, fd00::1:N */
        out->ip[out->family == 4 ? 2 : 13] = 1;
        out->port = 3480;
        return true;
    }
    out->ip[3] = 2; /* all of 127.0.0.0/8 is the loopback's, of IPv6 ::1 alone */
    out->port = (uint16_t)(w->o->port_base + w->run->slot * CASE_PORTS + CASE_PORTS - 1);
    return out->family == 4;
}

/* "{second}" in the table on top of the stack becomes that address. */
static void put_second(struct world *w, lua_State *L)
{
    uint8_t text[64];
    struct wr wr = {text, sizeof text, 0, false};
    struct addr at;

    for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) {
        if (lua_type(L, -1) != LUA_TSTRING || strcmp(lua_tostring(L, -1), "{second}") != 0)
            continue;
        if (!second_addr(w, &at)) {
            w->skipped = true;
            snprintf(w->result->why, sizeof w->result->why,
                     "the loopback has no second address of this family");
            luaL_error(L, "skipped");
        }
        addr_text(&wr, &at);
        lua_pushvalue(L, -2); /* the key: to set what is there does not disturb lua_next */
        lua_pushlstring(L, (const char *)text, wr.n);
        lua_settable(L, -5);
        wr.n = 0;
    }
}

/* The IUT's configuration: what the profile says that each need of the case means for our own. */
static int read_config(lua_State *L)
{
    struct world *w = lua_touserdata(L, 1);
    const struct endpoint_class *cls = lua_touserdata(L, 2);
    void *config = lua_touserdata(L, 3);
    const json_t *own = w->o->profile ? json_object_get(w->o->profile->json, "own") : NULL;

    for (size_t i = 0; own && i < CASE_NEEDS && w->run->c->needs[i]; i++) {
        const json_t *j = json_object_get(own, w->run->c->needs[i]);
        if (!j)
            continue;
        world_json_push(L, j);
        put_second(w, L);
        world_tls_read(w, L, lua_gettop(L), &w->tls[0]);
        luarec_read(L, lua_gettop(L), cls->config, config, &w->mem);
        lua_pop(L, 1);
    }
    return 0;
}

static void place_iut(struct world *w, const struct endpoint_class *cls, void *config)
{
    w->target = world_host_addr(w);
    w->target.port = !w->sim ? (uint16_t)(w->o->port_base + w->run->slot * CASE_PORTS)
                     : transport_secure(w->run->transport) ? 5349
                                                           : 3478;
    struct addr at = w->target;
    if (w->sim)
        memset(at.ip, 0, sizeof at.ip);
    world_place(w, cls, config, &at);
}

bool world_start_iut(struct world *w)
{
    char name[64];
    const char *err = NULL;

    if (!w->o->own) {
        w->target = w->o->target;
        return true;
    }
    snprintf(name, sizeof name, "%s", w->run->c->role);
    char *dash = strchr(name, '-');
    if (dash)
        *dash = '.';
    const struct endpoint_class *cls = class_named(name);
    if (!cls) {
        world_verdict(w, VERDICT_ERROR, "there is no endpoint of our own for this role");
        return false;
    }
    void *config = arena_take(&w->mem, cls->config->size);
    place_iut(w, cls, config);
    lua_State *L = w->box.L;
    lua_pushcfunction(L, read_config);
    lua_pushlightuserdata(L, w);
    lua_pushlightuserdata(L, (void *)(uintptr_t)cls);
    lua_pushlightuserdata(L, config);
    if (lua_pcall(L, 3, 0, 0) != LUA_OK) {
        if (!w->skipped)
            world_verdict(w, VERDICT_ERROR, lua_tostring(L, -1));
        lua_pop(L, 1);
        return false;
    }
    const struct codec *codec = codec_named(w->run->c->protocol);
    if (w->o->canary && (!codec || !(cls = canary_class(&w->mem, cls, codec, w->o->canary)))) {
        world_verdict(w, VERDICT_ERROR, "there is no room for a canary, or no codec");
        return false;
    }
    struct addr second = {0};
    if (w->sim)
        second_addr(w, &second);
    struct actor *a = &w->actors[0];
    a->cls = cls;
    snprintf(a->protocol, sizeof a->protocol, "%s", w->run->c->protocol);
    a->party = w->d->cls->add(w->d,
                              &(struct party_spec){.cls = cls,
                                                   .config = config,
                                                   .name = "iut",
                                                   .host = world_host_addr(w),
                                                   .second = second,
                                                   .seed = w->run->seed ^ 0x697574,
                                                   .faults = w->o->faults,
                                                   .variants = w->o->variants,
                                                   .layer_desc = &tls_options_desc,
                                                   .layer_options = &w->tls[0],
                                                   .owner = a},
                              &err);
    if (!a->party)
        world_verdict(w, VERDICT_ERROR, err);
    return a->party != NULL;
}
