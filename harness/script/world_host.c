/* harness/script/world_host.c - the C side of a case: `H` of prelude.lua. */
#include <stdio.h>
#include <stdlib.h>
#include "codecs/base/digest.h"
#include "harness/core/file.h"
#include "harness/core/pages.h"
#include "harness/core/prep.h"
#include "harness/core/registry.h"
#include "harness/drivers/sim.h"
#include "harness/script/world.h"

static struct world *world_of(lua_State *L)
{
    return lua_touserdata(L, lua_upvalueindex(1));
}

/* An error names the case's file and a line of it, whatever raised it. */
void world_verdict(struct world *w, enum verdict v, const char *why)
{
    struct case_result *r = w->result;

    if (v <= r->verdict)
        return;
    r->verdict = v;
    if (v == VERDICT_ERROR && !strstr(why, w->run->c->file))
        snprintf(r->why, sizeof r->why, "%s:%d: %s", w->run->c->file, w->run->c->line, why);
    else if (v != VERDICT_PASS)
        snprintf(r->why, sizeof r->why, "%s", why);
}

static void record_check(struct world *w, const struct clause *c, enum verdict v, const char *what,
                         struct span expected, const char *actual, const uint32_t *frames, size_t n)
{
    char list[256];
    struct wr l = {(uint8_t *)list, sizeof list, 0, false};

    wr_u8(&l, '[');
    for (size_t i = 0; i < n; i++) {
        if (i)
            wr_u8(&l, ',');
        wr_dec(&l, frames[i]);
    }
    wr_u8(&l, ']');
    rec_begin(&w->rec, "check");
    rec_str(&w->rec, "case", w->run->id);
    rec_str(&w->rec, "clause", c->id);
    rec_str(&w->rec, "level", level_name(c->level));
    rec_str(&w->rec, "verdict", verdict_name(v));
    rec_str(&w->rec, "what", what);
    rec_json(&w->rec, "expected", expected.n ? expected : span_of("[]"));
    rec_str(&w->rec, "actual", actual);
    rec_json(&w->rec, "frames", l.full ? span_of("[]") : wr_span(&l));
    if (w->octets) {
        rec_uint(&w->rec, "offset", w->octets_at);
        rec_uint(&w->rec, "length", w->octets);
    }
    rec_uint(&w->rec, "time_us", w->d ? w->d->now_us : 0);
    if (w->o->record)
        rec_end(&w->rec, w->o->record);
}

/* A failure is never lost for want of room: it takes the place of a pass. */
static void keep_check(struct case_result *r, const struct clause *c, enum verdict v,
                       const char *what, const char *actual)
{
    size_t at = r->n_kept;

    r->n_checks++;
    while (r->n_kept == CASE_CHECKS && at > 0 && r->checks[at - 1].verdict > VERDICT_PASS)
        at--;
    if (r->n_kept == CASE_CHECKS && (at == 0 || v <= VERDICT_PASS))
        return;
    struct case_check *k = &r->checks[r->n_kept < CASE_CHECKS ? r->n_kept++ : at - 1];
    k->clause = c;
    k->verdict = v;
    snprintf(k->what, sizeof k->what, "%s", what);
    snprintf(k->actual, sizeof k->actual, "%s", actual);
}

void world_check(struct world *w, const char *clause, enum verdict v, const char *what,
                 struct span expected, const char *actual, const uint32_t *frames, size_t n)
{
    const struct clause *c = clause_named(clause);
    char text[256];

    if (!c) {
        snprintf(text, sizeof text, "the clause %s is not in the catalogue", clause);
        world_verdict(w, VERDICT_ERROR, text);
        return;
    }
    if (c->level > w->o->level) {
        w->unjudged++; /* --level */
        return;
    }
    char softened[256];
    if (v == VERDICT_FAIL && world_disturbed(w)) { /* who knows what the IUT was sent, or sent */
        v = VERDICT_INCONC;
        snprintf(softened, sizeof softened, "%s (the network between has disturbed messages)",
                 what);
        what = softened;
    }
    record_check(w, c, v, what, expected, actual, frames, n);
    keep_check(w->result, c, v, what, actual);
    snprintf(text, sizeof text, "%s: %s", clause, what);
    world_verdict(w, v, text);
    if (w->capture && v != VERDICT_PASS) {
        char comment[300];
        snprintf(comment, sizeof comment, "%s %s %s", verdict_name(v), clause, what);
        capture_comment(w->capture, comment);
    }
}

/* ---- H.check, H.note, ... ---- */

static int h_check(lua_State *L)
{
    static const char *const verdicts[] = {"none", "pass", "inconc", "fail", "error", NULL};
    struct world *w = world_of(L);
    const char *clause = luaL_checkstring(L, 1);
    enum verdict v = (enum verdict)luaL_checkoption(L, 2, NULL, verdicts);
    const char *what = luaL_checkstring(L, 3), *actual = luaL_checkstring(L, 5);
    uint8_t text[2048];
    struct wr e = {text, sizeof text, 0, false};
    uint32_t frames[16];
    size_t n = 0;

    wr_u8(&e, '[');
    for (lua_Integer i = 1; lua_geti(L, 4, i) == LUA_TSTRING; i++) {
        if (i > 1)
            wr_u8(&e, ',');
        wr_json_text(&e, span_of(lua_tostring(L, -1)));
        lua_pop(L, 1);
    }
    wr_u8(&e, ']');
    lua_settop(L, 6);
    for (lua_Integer i = 1; n < COUNT(frames) && lua_geti(L, 6, i) == LUA_TNUMBER; i++) {
        frames[n++] = (uint32_t)lua_tointeger(L, -1);
        lua_pop(L, 1);
    }
    if (!clause_named(clause))
        return luaL_error(L, "the clause %s is not in the catalogue", clause);
    world_check(w, clause, v, what, e.full ? (struct span){0} : wr_span(&e), actual, frames, n);
    return 0;
}

static int h_note(lua_State *L)
{
    struct world *w = world_of(L);
    rec_begin(&w->rec, "note");
    rec_str(&w->rec, "case", w->run->id);
    rec_str(&w->rec, "what", luaL_checkstring(L, 1));
    rec_uint(&w->rec, "time_us", w->d->now_us);
    if (w->o->record)
        rec_end(&w->rec, w->o->record);
    return 0;
}

/* What a probe has learned: the name of a claim, its value, and what that rests on. */
static int h_claim(lua_State *L)
{
    struct world *w = world_of(L);
    rec_begin(&w->rec, "claim");
    rec_str(&w->rec, "case", w->run->id);
    rec_str(&w->rec, "transport", w->run->transport);
    rec_str(&w->rec, "family", w->run->family == 6 ? "ip6" : "ip4");
    rec_str(&w->rec, "claim", luaL_checkstring(L, 1));
    rec_str(&w->rec, "value", luaL_tolstring(L, 2, NULL));
    rec_str(&w->rec, "why", luaL_checkstring(L, 3));
    rec_uint(&w->rec, "time_us", w->d->now_us);
    if (w->o->record)
        rec_end(&w->rec, w->o->record);
    return 0;
}

/* The line of the case's own file that `co` is in, or was when it died; 0: none. */
static int line_in_case(struct world *w, lua_State *co)
{
    lua_Debug ar;

    for (int level = 0; lua_getstack(co, level, &ar); level++)
        if (lua_getinfo(co, "Sl", &ar) && ar.source[0] == '@' &&
            strcmp(ar.source + 1, w->run->c->file) == 0)
            return ar.currentline;
    return 0;
}

/* H.failed(what, coroutine): it raised. What was raised below the case, in the prelude or a lib, is
 * told with the line of the case that led there. */
static int h_failed(lua_State *L)
{
    struct world *w = world_of(L);
    const char *what = luaL_checkstring(L, 1);
    lua_State *co = lua_tothread(L, 2);
    char text[256];
    int line = co ? line_in_case(w, co) : 0;

    if (w->skipped)
        return 0;
    if (line && !strstr(what, w->run->c->file)) {
        if (strncmp(what, "prelude.lua:", 12) == 0 && strchr(what, ' '))
            what = strchr(what, ' ') + 1;
        snprintf(text, sizeof text, "%s:%d: %s", w->run->c->file, line, what);
        what = text;
    }
    world_verdict(w, VERDICT_ERROR, what);
    return 0;
}

static int h_unexpected(lua_State *L)
{
    char text[200];
    snprintf(text, sizeof text, "%s (frame %d)", luaL_checkstring(L, 1),
             (int)luaL_checkinteger(L, 2));
    world_verdict(world_of(L), VERDICT_INCONC, text);
    return 0;
}

/* The IUT has stopped answering, as far as the case can see. */
static int h_lost(lua_State *L)
{
    world_of(L)->result->lost = true;
    return 0;
}

static int h_now(lua_State *L)
{
    lua_pushinteger(L, (lua_Integer)world_of(L)->d->now_us);
    return 1;
}

static int h_skip(lua_State *L)
{
    struct world *w = world_of(L);
    w->skipped = true;
    snprintf(w->result->why, sizeof w->result->why, "%s", luaL_checkstring(L, 1));
    return luaL_error(L, "skipped");
}

/* ---- H.add: a party ---- */

/* What an actor's configuration leaves open: where the IUT is, over what, where to listen. */
static void fill_defaults(struct world *w, const struct endpoint_class *cls, void *rec)
{
    const struct field *server = field_find(cls->config, "server");
    struct addr any = world_host_addr(w);

    if (server && val_of(server, rec).absent)
        memcpy((uint8_t *)rec + server->off, &w->target, sizeof w->target);
    any.port = 0;
    if (w->sim)
        memset(any.ip, 0, sizeof any.ip);
    else
        any.port = (uint16_t)(w->o->port_base + w->run->slot * CASE_PORTS + 2 * w->n_actors);
    world_place(w, cls, rec, &any);
}

static void push_verbs(lua_State *L, const struct endpoint_class *cls)
{
    lua_newtable(L);
    for (size_t i = 0; i < cls->n_verbs; i++) {
        lua_pushboolean(L, field_find(cls->verbs[i].args, "timeout_us") != NULL);
        lua_setfield(L, -2, cls->verbs[i].name);
    }
}

static int h_add(lua_State *L)
{
    struct world *w = world_of(L);
    const struct endpoint_class *cls = class_named(luaL_checkstring(L, 1));
    const char *err;

    if (!cls)
        return luaL_error(L, "there is no endpoint '%s'", lua_tostring(L, 1));
    if (w->n_actors == CASE_ACTORS)
        return luaL_error(L, "more than %d actors", CASE_ACTORS);
    void *config = arena_take(&w->mem, cls->config->size);
    if (!config)
        return luaL_error(L, "too many actors for the memory of a case");
    world_tls_read(w, L, 3, &w->tls[w->n_actors + 1]);
    luarec_read(L, 3, cls->config, config, &w->mem);
    w->n_actors++;
    struct addr host = world_host_addr(w);
    if (!lua_isnoneornil(L, 4) && (!w->sim || !addr_parse(span_of(luaL_checkstring(L, 4)), &host)))
        return luaL_error(L, "'%s' is no address for a host here", lua_tostring(L, 4));
    fill_defaults(w, cls, config);
    struct actor *a = &w->actors[w->n_actors];
    a->cls = cls;
    snprintf(a->protocol, sizeof a->protocol, "%.*s", (int)strcspn(cls->name, "."), cls->name);
    w->now = L;
    a->party = w->d->cls->add(w->d,
                              &(struct party_spec){.cls = cls,
                                                   .config = config,
                                                   .name = luaL_checkstring(L, 2),
                                                   .host = host,
                                                   .seed = w->run->seed + w->n_actors,
                                                   .layer_desc = &tls_options_desc,
                                                   .layer_options = &w->tls[w->n_actors],
                                                   .owner = a},
                              &err);
    w->now = NULL;
    if (!a->party)
        return luaL_error(L, "%s", err);
    lua_pushinteger(L, (lua_Integer)w->n_actors);
    struct addr at = party_addr(a->party);
    uint8_t text[64];
    struct wr wr = {text, sizeof text, 0, false};
    addr_text(&wr, &at);
    lua_pushlstring(L, (const char *)text, wr.n);
    push_verbs(L, cls);
    lua_pushboolean(L, field_find(cls->config, "listen") != NULL);
    return 4;
}

struct arena world_arguments(void)
{
    static uint8_t *memory;
    return pages_arena(&memory, 4 << 20);
}

static int h_command(lua_State *L)
{
    struct world *w = world_of(L);
    lua_Integer id = luaL_checkinteger(L, 1);
    const char *name = luaL_checkstring(L, 2);

    luaL_argcheck(L, id >= 1 && id <= (lua_Integer)w->n_actors, 1, "no such actor");
    struct actor *a = &w->actors[id];
    for (size_t i = 0; i < a->cls->n_verbs; i++) {
        const struct verb *v = &a->cls->verbs[i];
        if (strcmp(v->name, name) != 0)
            continue;
        struct arena mem = world_arguments();
        void *rec = arena_take(&mem, v->args->size);
        luarec_read(L, 3, v->args, rec, &mem);
        uint32_t token = ++w->token;
        w->now = L;
        w->d->cls->command(a->party, v, rec, token);
        w->now = NULL;
        lua_pushinteger(L, token);
        return 1;
    }
    return luaL_error(L, "'%s' cannot be asked to '%s'", a->cls->name, name);
}

/* H.tls(id, options): what else its TLS is told, from its next connection on. */
static int h_tls(lua_State *L)
{
    struct world *w = world_of(L);
    lua_Integer id = luaL_checkinteger(L, 1);

    luaL_argcheck(L, id >= 1 && id <= (lua_Integer)w->n_actors, 1, "no such actor");
    luarec_read(L, 2, &tls_options_desc, &w->tls[id], &w->mem);
    return 0;
}

/* H.lib(name): the table that scenarios/<name>/lib.lua returns, or, for a name "protocol_part", that of
 * scenarios/<protocol>/lib_<part>.lua; nil: none. */
static int h_lib(lua_State *L)
{
    struct world *w = world_of(L);
    const char *name = luaL_checkstring(L, 1);
    int protocol = (int)strcspn(name, "_");
    const char *part = name[protocol] ? name + protocol : "";
    char path[1024], chunk[128];

    if (strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") != strlen(name))
        return luaL_error(L, "no such protocol");
    snprintf(path, sizeof path, "%s/%.*s/lib%s.lua", w->o->root, protocol, name, part);
    snprintf(chunk, sizeof chunk, "@scenarios/%.*s/lib%s.lua", protocol, name, part);
    size_t n;
    char *text = file_text(path, &n);
    if (!text)
        return 0;
    int status = sandbox_load(L, (struct span){(const uint8_t *)text, n}, chunk);
    free(text);
    if (status != LUA_OK)
        return lua_error(L);
    lua_call(L, 0, 1);
    return 1;
}

/* H.opaque(text): prepared by OpaqueString (RFC 8265); nil where that refuses it. */
static int h_opaque(lua_State *L)
{
    size_t n;
    const char *s = luaL_checklstring(L, 1, &n);
    size_t room =
        n * 4 + 64; /* composed text is longer than what it was made of by a factor of 3 */
    struct arena mem = arena_of(lua_newuserdatauv(L, room, 0), room);
    struct span out;

    if (prep_opaque(&mem, (struct span){(const uint8_t *)s, n}, &out) != PREP_OK)
        return 0;
    lua_pushlstring(L, (const char *)out.p, out.n);
    return 1;
}

/* H.sha256(text): the 32 octets of its digest. */
static int h_sha256(lua_State *L)
{
    uint8_t out[DIGEST_MAX];
    struct digest d;
    size_t n;
    const char *s = luaL_checklstring(L, 1, &n);

    digest_init(&d, DIGEST_SHA256);
    digest_add(&d, (struct span){(const uint8_t *)s, n});
    lua_pushlstring(L, (const char *)out, digest_end(&d, out));
    return 1;
}

static int h_ask(lua_State *L)
{
    struct world *w = world_of(L);
    uint32_t token = world_ask(w, L, luaL_checkstring(L, 1), 2, lua_toboolean(L, 3));
    lua_pushinteger(L, token);
    return 1;
}

/* H.zone(name, "192.0.2.1:0") or H.zone(name, priority, weight, port, target). */
static int h_zone(lua_State *L)
{
    struct world *w = world_of(L);
    const char *name = luaL_checkstring(L, 1);
    struct addr a;
    bool good;

    if (!w->sim)
        return luaL_error(L, "a zone is of the simulator");
    if (lua_type(L, 2) == LUA_TSTRING) {
        if (!addr_parse(span_of(lua_tostring(L, 2)), &a))
            return luaL_error(L, "'%s' is no address", lua_tostring(L, 2));
        a.port = 0;
        good = sim_name(w->d, name, &a);
    } else {
        good = sim_service(w->d, name,
                           &(struct srv){.priority = (uint16_t)luaL_checkinteger(L, 2),
                                         .weight = (uint16_t)luaL_checkinteger(L, 3),
                                         .port = (uint16_t)luaL_checkinteger(L, 4),
                                         .target = luaL_checkstring(L, 5)});
    }
    return good ? 0 : luaL_error(L, "not enough memory");
}

void world_push_host(struct world *w, lua_State *L)
{
    static const luaL_Reg calls[] = {
        {"check", h_check}, {"note", h_note}, {"failed", h_failed}, {"unexpected", h_unexpected},
        {"now", h_now},     {"skip", h_skip}, {"add", h_add},       {"command", h_command},
        {"lib", h_lib},     {"ask", h_ask},   {"zone", h_zone},     {"opaque", h_opaque},
        {"claim", h_claim}, {"lost", h_lost}, {"sha256", h_sha256}, {"tls", h_tls},
        {NULL, NULL},
    };
    uint8_t text[64];
    struct wr target = {text, sizeof text, 0, false};

    luaL_newlibtable(L, calls);
    lua_pushlightuserdata(L, w);
    luaL_setfuncs(L, calls, 1);
    world_push_sites(w, L);
    lua_pushstring(L, w->run->transport);
    lua_setfield(L, -2, "transport");
    lua_pushboolean(L, transport_stream(w->run->transport));
    lua_setfield(L, -2, "stream");
    lua_pushstring(L, w->run->family == 6 ? "ip6" : "ip4");
    lua_setfield(L, -2, "family");
    lua_pushstring(L, w->run->c->protocol);
    lua_setfield(L, -2, "protocol");
    lua_pushstring(L, w->run->c->role);
    lua_setfield(L, -2, "role");
    lua_pushnumber(L, w->o->scale);
    lua_setfield(L, -2, "scale");
    lua_pushboolean(L, w->sim);
    lua_setfield(L, -2, "sim");
    lua_pushboolean(L, w->o->impair != NULL && !w->sim); /* addresses are the relay's */
    lua_setfield(L, -2, "relayed");
    addr_text(&target, &w->target);
    lua_pushlstring(L, (const char *)text, target.n);
    lua_setfield(L, -2, "target");
    if (w->o->profile) {
        world_json_push(L, w->o->profile->json);
        lua_setfield(L, -2, "profile");
    }
}
