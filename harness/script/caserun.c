/* harness/script/caserun.c - one case from start to verdict, in this process. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#include "harness/core/clock.h"
#include "harness/core/pages.h"
#include "harness/core/registry.h"
#include "harness/drivers/live.h"
#include "harness/drivers/sim.h"
#include "harness/script/world.h"

extern const unsigned char prelude_lua[]; /* generated from prelude.lua */
extern const size_t prelude_lua_n;

/* ---- events to the script ---- */

/* Lua raises through C frames: whatever may allocate runs inside a protected call. Pushing a light
 * C function and light userdata does not allocate. */
struct delivery {
    int id;
    const char *name;
    uint32_t token;
    void (*push)(lua_State *L, const void *arg);
    const void *arg;
};

static int deliver(lua_State *L)
{
    const struct delivery *d = lua_touserdata(L, 1);
    luaL_checkstack(L, 12, "event");
    lua_getfield(L, LUA_REGISTRYINDEX, "deliver");
    lua_pushinteger(L, d->id);
    lua_pushstring(L, d->name);
    lua_pushinteger(L, d->token);
    d->push(L, d->arg);
    lua_call(L, 4, 0);
    return 0;
}

static bool protect(struct world *w, lua_State *L, lua_CFunction f, void *arg)
{
    if (!lua_checkstack(L, 4)) {
        world_verdict(w, VERDICT_ERROR, "not enough memory");
        return false;
    }
    lua_pushcfunction(L, f);
    lua_pushlightuserdata(L, arg);
    if (lua_pcall(L, 1, 0, 0) == LUA_OK)
        return true;
    const char *why = lua_tostring(L, -1); /* no string: an error that is a table */
    world_verdict(w, VERDICT_ERROR, why ? why : "an error without words");
    lua_pop(L, 1);
    return false;
}

void world_deliver(struct world *w, int id, const char *name, uint32_t token,
                   void (*push)(lua_State *L, const void *arg), const void *arg)
{
    struct delivery d = {id, name, token, push, arg};
    protect(w, w->now ? w->now : w->box.L, deliver, &d);
    driver_break(w->d);
}

static void push_event(lua_State *L, const void *arg)
{
    const struct event *ev = arg;
    luarec_push(L, ev->desc, ev->rec);
    if (ev->layer) {
        lua_pushstring(L, ev->layer);
        lua_setfield(L, -2, "layer");
    }
}

/* What one message of the IUT breaks by itself: decode and lint of its codec. */
static void judge_message(struct world *w, const struct codec *codec, struct span octets,
                          uint32_t frame)
{
    static uint8_t *memory;
    struct finding found[16];
    struct findings fs = {found, 0, COUNT(found), NULL, 0};
    struct arena mem = pages_arena(&memory, 1 << 20);
    const void *view;

    if (codec->decode(octets, &mem, &view, &fs) == STEP_ITEM && codec->lint)
        codec->lint(view, &fs);
    for (size_t i = 0; i < findings_kept(&fs); i++) {
        w->octets_at = found[i].off;
        w->octets = found[i].len;
        world_finding(w, &found[i], &frame, frame != 0);
        w->octets = 0;
    }
}

/* The codec of the octets of an event: its field `codec` names it, where a protocol has several. */
static const struct codec *codec_of(const struct event *ev, const char *protocol)
{
    const struct field *f = field_find(ev->desc, "codec");
    const char *name = NULL;

    if (f)
        memcpy(&name, (const uint8_t *)ev->rec + f->off, sizeof name);
    return codec_named(name ? name : protocol);
}

static void on_event(void *ctx, const struct event *ev)
{
    struct world *w = ctx;
    struct actor *a = party_owner(ev->party);
    const struct field *octets = field_find(ev->desc, "octets");
    const struct field *frame = field_find(ev->desc, "frame");
    const struct codec *codec;
    bool ours = strcmp(ev->name, "sent") == 0;

    if (!a || w->skipped)
        return;
    int id = (int)(a - w->actors);
    world_tls_event(w, id, ev);
    if (id == 0 && ev->token == 0)
        return; /* what our own IUT says unasked is nobody's business */
    struct span o = octets && !ours ? val_of(octets, ev->rec).s : (struct span){0};
    if (id != 0 && o.n && (codec = codec_of(ev, a->protocol)) != NULL)
        judge_message(w, codec, o, frame ? (uint32_t)val_of(frame, ev->rec).u : 0);
    world_deliver(w, id, ev->name, ev->token, push_event, ev);
}

enum { ROBUST_TOLD = 128, ROBUST_FIELDS = 512 };

/* A robustness case sends thousands of messages: the record has the first of them, and no fields of long
 * ones; the capture has all. False: this one is left out. */
static bool tells(struct world *w, size_t octets, bool *fields)
{
    *fields = w->run->c->kind != 'R' || octets <= ROBUST_FIELDS;
    if (w->run->c->kind != 'R' || ++w->told <= ROBUST_TOLD)
        return true;
    if (w->told > ROBUST_TOLD + 1)
        return false;
    rec_begin(&w->rec, "note");
    rec_str(&w->rec, "case", w->run->id);
    rec_str(&w->rec, "what", "further messages stand in the capture alone");
    rec_uint(&w->rec, "time_us", w->d->now_us);
    rec_end(&w->rec, w->o->record);
    return false;
}

static void on_packet(void *ctx, const struct packet *pk)
{
    struct world *w = ctx;
    static uint8_t *memory;
    struct arena mem = pages_arena(&memory, 1 << 20);
    struct findings none = {0};
    const void *view = NULL;
    uint8_t text[256];
    struct wr brief = {text, sizeof text, 0, false};
    const struct actor *a = party_owner(pk->party);

    if (!a || a == &w->actors[0])
        return;
    w->result->answered += !pk->out;
    bool fields;
    if (!w->o->record || w->o->no_messages || !tells(w, pk->data.n, &fields))
        return;
    const struct codec *c = codec_guess(pk->data, 0, FRAMING_DATAGRAM);
    if (c && c->decode(pk->data, &mem, &view, &none) != STEP_ITEM)
        view = NULL;
    if (view) {
        c->brief(&brief, view);
    } else {
        wr_dec(&brief, pk->data.n);
        wr_text(&brief, " octets");
    }
    rec_begin(&w->rec, "message");
    rec_str(&w->rec, "case", w->run->id);
    rec_uint(&w->rec, "time_us", pk->now_us);
    rec_uint(&w->rec, "frame", pk->frame);
    rec_str(&w->rec, "from", pk->out ? party_name(pk->party) : "iut");
    rec_str(&w->rec, "to", pk->out ? "iut" : party_name(pk->party));
    rec_str(&w->rec, "dir", pk->out ? "out" : "in");
    rec_str(&w->rec, "proto", view ? c->name : w->run->transport);
    rec_span(&w->rec, "brief", wr_span(&brief));
    if (view && fields)
        rec_fields(&w->rec, "fields", c->view, view);
    static char hex[8192];
    struct wr h = {(uint8_t *)hex, sizeof hex, 0, false};
    wr_hex_octets(&h, span_cut(pk->data, 0, 2048));
    rec_span(&w->rec, "octets", wr_span(&h));
    rec_end(&w->rec, w->o->record);
}

/* ---- loading the case's text ---- */

static int take_case(lua_State *L)
{
    struct world *w = lua_touserdata(L, lua_upvalueindex(1));
    if (lua_getfield(L, 1, "id") == LUA_TSTRING &&
        strcmp(lua_tostring(L, -1), w->run->c->id) == 0) {
        lua_getfield(L, 1, "run");
        lua_setfield(L, LUA_REGISTRYINDEX, "run");
    }
    return 0;
}

static int load_text(lua_State *L)
{
    struct world *w = lua_touserdata(L, 1);
    char chunk[1100];

    if (sandbox_load(L, (struct span){prelude_lua, prelude_lua_n}, "@prelude.lua") != LUA_OK)
        return lua_error(L);
    world_push_host(w, L);
    lua_pushvalue(L, -1);
    lua_setfield(L, LUA_REGISTRYINDEX, "host");
    lua_call(L, 1, 0);
    lua_getfield(L, LUA_REGISTRYINDEX, "host");
    lua_getfield(L, -1, "deliver");
    lua_setfield(L, LUA_REGISTRYINDEX, "deliver");
    lua_pushlightuserdata(L, w);
    lua_pushcclosure(L, take_case, 1);
    lua_setglobal(L, "case");
    snprintf(chunk, sizeof chunk, "@%s", w->run->c->file);
    if (sandbox_load(L, span_of(w->run->c->source), chunk) != LUA_OK)
        return lua_error(L);
    lua_call(L, 0, 0);
    return 0;
}

/* The function H.NAME on the stack. */
static void get_host(lua_State *L, const char *name)
{
    lua_getfield(L, LUA_REGISTRYINDEX, "host");
    lua_getfield(L, -1, name);
    lua_remove(L, -2);
}

static int begin(lua_State *L)
{
    get_host(L, "begin");
    if (lua_getfield(L, LUA_REGISTRYINDEX, "run") != LUA_TFUNCTION)
        return luaL_error(L, "the case is not in its file any more");
    lua_call(L, 1, 0);
    return 0;
}

static int leftovers(lua_State *L)
{
    get_host(L, "leftovers");
    lua_call(L, 0, 0);
    return 0;
}

struct stepped {
    bool done;
    uint64_t due_us;
};

static int step(lua_State *L)
{
    struct stepped *s = lua_touserdata(L, 1);
    get_host(L, "step");
    lua_call(L, 0, 2);
    s->done = lua_toboolean(L, -2);
    s->due_us = lua_isinteger(L, -1) ? (uint64_t)lua_tointeger(L, -1) : NO_DEADLINE;
    return 0;
}

/* One turn: every task that can go on goes on; then time, until an event or the next deadline. */
static bool turn(struct world *w, uint64_t guard_us)
{
    struct stepped s = {0};

    if (w->no_tls || !protect(w, w->box.L, step, &s))
        return false;
    if (s.done || w->skipped || w->no_tls || w->result->verdict == VERDICT_ERROR)
        return false;
    uint64_t until = s.due_us < guard_us ? s.due_us : guard_us;
    if (world_asking(w)) {
        if (world_poll_asked(w))
            return !w->skipped;
        uint64_t slice = w->d->now_us + 5000;
        until = slice < until ? slice : until;
    }
    w->d->cls->run(w->d, until);
    if (w->d->error) {
        world_verdict(w, VERDICT_ERROR, w->d->error);
        return false;
    }
    if (w->d->now_us >= guard_us) {
        world_verdict(w, VERDICT_ERROR, "the case waits for something that does not come");
        return false;
    }
    return true;
}

static void drive(struct world *w)
{
    uint64_t guard =
        (uint64_t)((w->sim || case_tagged(w->run->c, "slow") ? 3600e6 : 120e6) * w->o->scale);

    if (!protect(w, w->box.L, load_text, w) || !protect(w, w->box.L, begin, w))
        return;
    while (turn(w, w->d->now_us + guard))
        ;
    if (!w->skipped && !w->no_tls && w->result->verdict != VERDICT_ERROR)
        protect(w, w->box.L, leftovers, w);
}

/* ---- around it ---- */

static void rec_words(struct rec *r, const char *key, char *const list[CASE_NEEDS])
{
    uint8_t text[1024];
    struct wr w = {text, sizeof text, 0, false};

    wr_u8(&w, '[');
    for (size_t i = 0; i < CASE_NEEDS && list[i]; i++) {
        if (i)
            wr_u8(&w, ',');
        wr_json_text(&w, span_of(list[i]));
    }
    wr_u8(&w, ']');
    rec_json(r, key, w.full ? span_of("[]") : wr_span(&w));
}

static bool open_capture(struct world *w, uint64_t clock_us)
{
    const char *err = NULL;

    if (!w->o->out || (!w->o->capture_all && !w->o->capture_failed))
        return true;
    snprintf(w->capture_name, sizeof w->capture_name, "%s.pcapng", w->run->id);
    for (char *s = w->capture_name; *s; s++)
        if (*s == '[' || *s == ']' || *s == ',' || *s == '/')
            *s = '-';
    snprintf(w->capture_path, sizeof w->capture_path, "%s/%s", w->o->out, w->capture_name);
    w->capture = capture_open(w->capture_path, w->sim ? "sim" : "live", clock_us, &err);
    if (!w->capture)
        world_verdict(w, VERDICT_ERROR, err);
    return w->capture != NULL;
}

static bool open_driver(struct world *w)
{
    const char *err = "out of memory";
    struct timespec t;

    clock_gettime(CLOCK_REALTIME, &t);
    if (!open_capture(w, w->sim ? 0 : (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000))
        return false;
    if (w->sim)
        w->d = sim_new(w->run->seed, w->capture);
    else
        w->d = live_new(&(struct live_options){.capture = w->capture, .spin_us = 50}, &err);
    if (!w->d) {
        world_verdict(w, VERDICT_ERROR, err);
        return false;
    }
    w->d->ctx = w;
    w->d->on_event = on_event;
    w->d->on_packet = on_packet;
    w->d->on_flow = world_watch;
    return true;
}

static void record_start(struct world *w)
{
    const struct case_info *c = w->run->c;
    char kind[2] = {c->kind, '\0'}, seed[24];
    static char list[2048];
    struct wr l = {(uint8_t *)list, sizeof list, 0, false};

    snprintf(seed, sizeof seed, "%llu", (unsigned long long)w->run->seed);
    rec_begin(&w->rec, "start");
    rec_str(&w->rec, "case", w->run->id);
    rec_str(&w->rec, "base", c->id);
    rec_str(&w->rec, "suite", c->suite);
    rec_str(&w->rec, "role", c->role);
    rec_str(&w->rec, "title", c->title);
    rec_str(&w->rec, "kind", kind);
    wr_u8(&l, '[');
    for (size_t i = 0; i < c->n_clauses; i++) {
        if (i)
            wr_u8(&l, ',');
        wr_json_text(&l, span_of(c->clauses[i]->id));
    }
    wr_u8(&l, ']');
    rec_json(&w->rec, "clauses", wr_span(&l));
    rec_str(&w->rec, "file", c->file);
    rec_uint(&w->rec, "line", (uint64_t)c->line);
    rec_str(&w->rec, "transport", w->run->transport);
    rec_str(&w->rec, "family", w->run->family == 6 ? "ip6" : "ip4");
    rec_str(&w->rec, "seed", seed);
    rec_words(&w->rec, "tags", c->tags);
    rec_uint(&w->rec, "time_us", 0);
    if (w->o->record)
        rec_end(&w->rec, w->o->record);
}

enum status case_status(const struct case_result *r, bool strict)
{
    bool hard = false;

    switch (r->verdict) {
    case VERDICT_PASS:
        return STATUS_PASS;
    case VERDICT_ERROR:
        return STATUS_ERROR;
    case VERDICT_NONE:
    case VERDICT_INCONC:
        return STATUS_INCONC;
    default:
        break;
    }
    for (size_t i = 0; i < r->n_kept; i++)
        hard |= r->checks[i].verdict == VERDICT_FAIL && level_strict(r->checks[i].clause->level);
    return hard || strict ? STATUS_FAIL : STATUS_NON_STRICT;
}

static void finish(struct world *w)
{
    struct case_result *r = w->result;
    const char *err = NULL;

    world_watch_end(w);
    r->duration_us = w->d ? w->d->now_us : 0;
    r->wall_us = monotonic_us() - w->wall_start;
    world_kill_asked(w);
    if (w->actors[0].party)
        r->applied = party_applied(w->actors[0].party);
    if (w->d)
        w->d->cls->destroy(w->d);
    sandbox_close(&w->box);
    if (r->verdict == VERDICT_NONE && !w->skipped && w->unjudged) {
        w->skipped = true;
        snprintf(r->why, sizeof r->why, "none of its checks is of a level that is judged");
    } else if (r->verdict == VERDICT_NONE && !w->skipped) {
        snprintf(r->why, sizeof r->why, "%s:%d: the case made no check", w->run->c->file,
                 w->run->c->line);
    }
    r->status = w->skipped ? STATUS_SKIP : case_status(r, w->o->strict);
    if (w->capture) {
        if (!capture_close(w->capture, &err))
            world_verdict(w, VERDICT_ERROR, err);
        if (!w->o->capture_all && (r->status == STATUS_PASS || r->status == STATUS_SKIP)) {
            unlink(w->capture_path);
            w->capture_name[0] = '\0';
        }
    }
    if (r->verdict == VERDICT_ERROR)
        r->status = STATUS_ERROR;
}

void case_execute(const struct run_options *o, const struct case_run *run, struct case_result *out)
{
    static struct world w; /* a process runs one case at a time */
    static uint8_t *memory;

    memset(&w, 0, offsetof(struct world, rec));
    *out = (struct case_result){0};
    w.o = o;
    w.run = run;
    w.result = out;
    w.sim = !o->live;
    w.mem = pages_arena(&memory, 1 << 20);
    w.wall_start = monotonic_us();
    record_start(&w);
    if (!sandbox_open(&w.box, CASE_MEMORY, CASE_INSTRUCTIONS, run->seed))
        world_verdict(&w, VERDICT_ERROR, "out of memory");
    else if (open_driver(&w) && world_tls_start(&w) && world_start_iut(&w) && world_impair(&w))
        drive(&w);
    finish(&w);
}
