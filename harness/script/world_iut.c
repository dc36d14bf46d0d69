/* harness/script/world_iut.c - the implementation under test: our own endpoint, or one that a
 * command line of the profile asks (the upper tester). */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
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

/* ---- the upper tester ---- */

static uint32_t skip_asked(struct world *w, lua_State *L, const char *what, const char *verb)
{
    w->skipped = true;
    snprintf(w->result->why, sizeof w->result->why, "%s '%s'", what, verb);
    luaL_error(L, "skipped");
    return 0;
}

static uint32_t ask_own(struct world *w, lua_State *L, const char *verb, int args)
{
    const struct endpoint_class *cls = w->actors[0].cls;
    static const size_t size = 1 << 20;

    for (size_t i = 0; i < cls->n_verbs; i++) {
        const struct verb *v = &cls->verbs[i];
        if (strcmp(v->name, verb) != 0)
            continue;
        struct arena mem = arena_of(lua_newuserdatauv(L, size, 0), size);
        void *rec = arena_take(&mem, v->args->size);
        lua_newtable(L); /* the upper tester says "server", the endpoint's verb says "to" */
        if (lua_getfield(L, args, "server") == LUA_TSTRING)
            lua_setfield(L, -2, "to");
        else
            lua_pop(L, 1);
        luarec_read(L, lua_gettop(L), v->args, rec, &mem);
        uint32_t token = ++w->token;
        w->now = L;
        w->d->cls->command(w->actors[0].party, v, rec, token);
        w->now = NULL;
        return token;
    }
    return skip_asked(w, L, "our own endpoint has no verb", verb);
}

/* A value in the command line: quoted for the shell where it is more than a plain word. */
static void put_word(struct wr *o, struct span s)
{
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.:_-@+/";
    size_t i = 0;

    while (i < s.n && s.p[i] && strchr(plain, s.p[i]))
        i++;
    if (s.n && i == s.n) {
        wr_put(o, s);
        return;
    }
    wr_u8(o, '\'');
    for (i = 0; i < s.n; i++) {
        if (s.p[i] == '\'')
            wr_text(o, "'\\'");
        wr_u8(o, s.p[i]);
    }
    wr_u8(o, '\'');
}

static void put_host(struct wr *o, const struct addr *server)
{
    uint8_t text[64];
    struct wr h = {text, sizeof text, 0, false};

    addr_text(&h, server);
    while (h.n && text[h.n - 1] != ':') /* without port and brackets */
        h.n--;
    if (server->family && h.n)
        wr_put(o, span_cut(wr_span(&h), server->family == 6, h.n - 1 - (server->family == 6)));
}

/* What stands for {key}; false: nothing does, and the braces are the command's own. */
static bool put_value(struct world *w, lua_State *L, const char *key, int args, struct wr *o)
{
    struct addr server = {0};
    bool there;

    if (lua_getfield(L, args, "server") == LUA_TSTRING)
        addr_parse(span_of(lua_tostring(L, -1)), &server);
    lua_pop(L, 1);
    if (strcmp(key, "host") == 0) {
        put_host(o, &server);
        return true;
    }
    if (strcmp(key, "port") == 0) {
        wr_dec(o, server.port);
        return true;
    }
    if (strcmp(key, "transport") == 0) {
        wr_text(o, w->run->transport);
        return true;
    }
    there = lua_getfield(L, args, key) == LUA_TSTRING;
    if (there)
        put_word(o, span_of(lua_tostring(L, -1)));
    lua_pop(L, 1);
    return there;
}

/* The command line with {host}, {port}, {transport} and the strings of `args` filled in. False: it
 * is too long. */
static bool fill_in(struct world *w, lua_State *L, const char *template, int args, char *out,
                    size_t cap)
{
    struct wr o = {(uint8_t *)out, cap - 1, 0, false};

    for (const char *s = template; *s; s++) {
        size_t n = *s == '{' ? strspn(s + 1, "abcdefghijklmnopqrstuvwxyz_") : 0;
        char key[32];
        if (n == 0 || n >= sizeof key || s[1 + n] != '}') {
            wr_u8(&o, (uint8_t)*s);
            continue;
        }
        memcpy(key, s + 1, n);
        key[n] = '\0';
        if (put_value(w, L, key, args, &o))
            s += n + 1;
        else
            wr_u8(&o, '{');
    }
    out[o.n] = '\0';
    return !o.full;
}

/* Between fork and exec. Its group is its own, so that all of it can be ended; signals are as a
 * program expects them; nothing of ours stays open. */
static void become(const char *line, int out)
{
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    signal(SIGPIPE, SIG_DFL);
    int null = open("/dev/null", O_RDONLY);
    dup2(null, 0);
    dup2(out, 1);
    dup2(out, 2);
    close_range(3, ~0u, 0);
    execl("/bin/sh", "sh", "-c", line, (char *)NULL);
    _exit(127);
}

static bool run_command(struct asked *a, const char *line)
{
    int pipes[2];

    if (pipe2(pipes, O_CLOEXEC) != 0)
        return false;
    pid_t pid = fork();
    if (pid == 0)
        become(line, pipes[1]);
    close(pipes[1]);
    if (pid < 0) {
        close(pipes[0]);
        return false;
    }
    setpgid(pid, pid);
    fcntl(pipes[0], F_SETFL, O_NONBLOCK);
    a->pid = pid;
    a->fd = pipes[0];
    return true;
}

uint32_t world_ask(struct world *w, lua_State *L, const char *verb, int args)
{
    char line[4096];

    luaL_checktype(L, args, LUA_TTABLE);
    if (w->actors[0].party)
        return ask_own(w, L, verb, args);
    const json_t *ask = w->o->profile ? json_object_get(w->o->profile->json, "ask") : NULL;
    const char *template = json_string_value(json_object_get(ask, verb));
    if (!template)
        return skip_asked(w, L, "the profile has no command to ask for", verb);
    if (!fill_in(w, L, template, args, line, sizeof line))
        luaL_error(L, "the command for '%s' has more than %d octets", verb, (int)sizeof line - 2);
    for (size_t i = 0; i < COUNT(w->asked); i++) {
        struct asked *a = &w->asked[i];
        if (a->pid)
            continue;
        *a = (struct asked){.token = ++w->token,
                            .due_us = w->d->now_us + (uint64_t)(60e6 * w->o->scale)};
        if (!run_command(a, line))
            luaL_error(L, "the command of the profile cannot be started");
        if (w->run->groups)
            w->run->groups[i] = a->pid;
        return a->token;
    }
    luaL_error(L, "more than %d commands at once", (int)COUNT(w->asked));
    return 0;
}

bool world_asking(const struct world *w)
{
    for (size_t i = 0; i < COUNT(w->asked); i++)
        if (w->asked[i].pid)
            return true;
    return false;
}

struct answer {
    const char *kind;
    const struct asked *a;
    int status;
};

static void push_answer(lua_State *L, const void *arg)
{
    const struct answer *r = arg;
    lua_newtable(L);
    lua_pushstring(L, r->kind);
    lua_setfield(L, -2, "kind");
    lua_pushlstring(L, r->a->output, r->a->n);
    lua_setfield(L, -2, "output");
    lua_pushinteger(L, r->status);
    lua_setfield(L, -2, "status");
}

static void drain(struct asked *a)
{
    char waste[4096];
    ssize_t n;
    while ((n = a->n < sizeof a->output ? read(a->fd, a->output + a->n, sizeof a->output - a->n)
                                        : read(a->fd, waste, sizeof waste)) > 0)
        a->n += a->n < sizeof a->output ? (size_t)n : 0;
}

/* End what is left of a command and its group; its wait status. The leader is reaped last: until
 * then its number is nobody else's. */
static int end_asked(struct world *w, size_t i)
{
    struct asked *a = &w->asked[i];
    int status = 0;

    kill(-a->pid, SIGKILL);
    while (waitpid(a->pid, &status, 0) < 0 && errno == EINTR)
        ;
    drain(a);
    close(a->fd);
    a->pid = 0;
    if (w->run->groups)
        w->run->groups[i] = 0;
    return status;
}

/* A command has ended with `status`. */
static void tell(struct world *w, const struct asked *a, int status, bool late)
{
    int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    struct answer r = {late ? "timeout" : code == 0 ? "success" : "error", a, code};
    char text[200];

    w->result->answered += code == 0;
    if (late)
        code = 0;
    if (code == 77) {
        w->skipped = true;
        snprintf(w->result->why, sizeof w->result->why, "the IUT does not support what is asked");
    } else if (code == 126 || code == 127) { /* of the shell: not to be run, not found */
        snprintf(text, sizeof text, "the command of the profile cannot be run: %.*s",
                 (int)strcspn(a->output, "\n"), a->output);
        world_verdict(w, VERDICT_ERROR, text);
    } else {
        world_deliver(w, 0, "asked", a->token, push_answer, &r);
    }
}

bool world_poll_asked(struct world *w)
{
    bool told = false;

    for (size_t i = 0; i < COUNT(w->asked); i++) {
        struct asked *a = &w->asked[i];
        siginfo_t ended = {0};
        if (!a->pid)
            continue;
        drain(a);
        bool late = w->d->now_us > a->due_us;
        if (!late && (waitid(P_PID, (id_t)a->pid, &ended, WEXITED | WNOHANG | WNOWAIT) != 0 ||
                      ended.si_pid == 0))
            continue;
        int status = end_asked(w, i);
        a->output[a->n < sizeof a->output ? a->n : sizeof a->output - 1] = '\0';
        tell(w, a, status, late);
        told = true;
    }
    return told;
}

void world_kill_asked(struct world *w)
{
    for (size_t i = 0; i < COUNT(w->asked); i++)
        if (w->asked[i].pid)
            end_asked(w, i);
}
