/* harness/script/world_site.c - what a case puts between hosts: sites with routers and NATs, in the simulator. */
#include <stdio.h>
#include "harness/drivers/sim.h"
#include "harness/script/world.h"

static struct world *world_of(lua_State *L)
{
    return lua_touserdata(L, lua_upvalueindex(1));
}

static struct sim_site *site_at(lua_State *L, int index)
{
    struct world *w = world_of(L);
    lua_Integer n = luaL_checkinteger(L, index);

    if (n < 1 || n > (lua_Integer)w->n_sites)
        luaL_error(L, "there is no such site");
    return w->sites[n - 1];
}

/* H.site(nat, outer): a new site; nat: a table of nat_spec, or nil for a router alone; outer: a site, or nil. */
static int h_site(lua_State *L)
{
    struct world *w = world_of(L);
    struct sim_site *outer = lua_isnoneornil(L, 2) ? NULL : site_at(L, 2);
    struct nat_spec spec = {0};
    bool nat = !lua_isnoneornil(L, 1);

    if (!w->sim) {
        w->skipped = true;
        snprintf(w->result->why, sizeof w->result->why, "sites and NATs are of the simulator");
        return luaL_error(L, "skipped");
    }
    if (nat)
        luarec_read(L, 1, &nat_spec_desc, &spec, &w->mem);
    struct sim_site *site =
        w->n_sites < CASE_SITES ? sim_site_new(w->d, nat ? &spec : NULL, outer) : NULL;
    if (!site)
        return luaL_error(L, "more than %d sites", CASE_SITES);
    w->sites[w->n_sites++] = site;
    lua_pushinteger(L, (lua_Integer)w->n_sites);
    struct addr outside = sim_site_outside(site);
    uint8_t text[64];
    struct wr wr = {text, sizeof text, 0, false};
    addr_text(&wr, &outside);
    lua_pushlstring(L, (const char *)text, outside.family ? wr.n : 0);
    return 2;
}

/* H.behind(actor, site): the actor's host stands there; 0: our own IUT. Site nil: in the network itself. */
static int h_behind(lua_State *L)
{
    struct world *w = world_of(L);
    lua_Integer id = luaL_checkinteger(L, 1);

    luaL_argcheck(L, id >= 0 && id <= (lua_Integer)w->n_actors && w->actors[id].party, 1,
                  "no such actor");
    sim_behind(w->actors[id].party, lua_isnoneornil(L, 2) ? NULL : site_at(L, 2));
    return 0;
}

static int h_rebind(lua_State *L)
{
    sim_site_rebind(site_at(L, 1));
    return 0;
}

static int h_cut(lua_State *L)
{
    sim_site_cut(site_at(L, 1), lua_toboolean(L, 2));
    return 0;
}

/* H.link(site, out, "delay=20ms,mtu=1280") */
static int h_link(lua_State *L)
{
    struct impair_error e;
    struct sim_site *site = site_at(L, 1);

    if (!impair_parse(span_of(luaL_checkstring(L, 3)), sim_site_link(site, lua_toboolean(L, 2)),
                      &e))
        return luaL_error(L, "%s", e.why);
    return 0;
}

void world_push_sites(struct world *w, lua_State *L)
{
    static const luaL_Reg calls[] = {{"site", h_site}, {"behind", h_behind}, {"rebind", h_rebind},
                                     {"cut", h_cut},   {"link", h_link},     {NULL, NULL}};

    lua_pushlightuserdata(L, w);
    luaL_setfuncs(L, calls, 1);
}
