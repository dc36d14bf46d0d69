/* harness/script/world_asked.c - the upper tester: what a user of the IUT would do is asked of our own
 * endpoint, by a command line of the profile, or over a control socket. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include "harness/drivers/control.h"
#include "harness/script/world.h"

static uint32_t skip_asked(struct world *w, lua_State *L, const char *what, const char *verb)
{
    w->skipped = true;
    snprintf(w->result->why, sizeof w->result->why, "%s '%s'", what, verb);
    luaL_error(L, "skipped");
    return 0;
}

/* Whether a verb has a field for it: of its own, or of the message that it sends. */
static bool has_field(const struct desc *d, const char *key)
{
    bool found = field_find(d, key) != NULL;

    for (size_t i = 0; !found && i < d->n; i++)
        found = d->f[i].kind == F_DRAFT && field_find(d->f[i].sub, key);
    return found;
}

/* What the endpoint's verb takes of the arguments: the upper tester says "server", the verb says
 * "to"; what it has no field for (an account, say) is in its configuration. */
static void own_args(lua_State *L, int args, const struct desc *d)
{
    lua_newtable(L);
    int to = lua_gettop(L);
    for (lua_pushnil(L); lua_next(L, args) != 0; lua_pop(L, 1)) {
        const char *key = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "";
        if (strcmp(key, "server") == 0)
            key = "to";
        if (!has_field(d, key))
            continue;
        lua_pushvalue(L, -1);
        lua_setfield(L, to, key);
    }
}

static uint32_t ask_own(struct world *w, lua_State *L, const char *verb, int args)
{
    const struct endpoint_class *cls = w->actors[0].cls;

    for (size_t i = 0; i < cls->n_verbs; i++) {
        const struct verb *v = &cls->verbs[i];
        if (strcmp(v->name, verb) != 0)
            continue;
        struct arena mem = world_arguments();
        void *rec = arena_take(&mem, v->args->size);
        own_args(L, args, v->args);
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

static struct asked *asked_new(struct world *w, lua_State *L, const char *verb)
{
    for (size_t i = 0; i < COUNT(w->asked); i++) {
        struct asked *a = &w->asked[i];
        if (a->token)
            continue;
        *a = (struct asked){.token = ++w->token,
                            .due_us =
                                w->d->now_us + (uint64_t)((double)ASKED_S * 1e6 * w->o->scale)};
        snprintf(a->verb, sizeof a->verb, "%s", verb);
        return a;
    }
    luaL_error(L, "more than %d commands at once", (int)COUNT(w->asked));
    return NULL;
}

/* ---- the control socket ---- */

/* {"verb": ..., arguments that are texts or whole numbers ...} and the end of the line; NULL: no text. */
static char *control_line(struct world *w, lua_State *L, const char *verb, int args)
{
    json_t *j = json_pack("{s:s,s:s}", "verb", verb, "transport", w->run->transport);

    for (lua_pushnil(L); lua_next(L, args) != 0; lua_pop(L, 1))
        if (lua_type(L, -2) == LUA_TSTRING && lua_type(L, -1) == LUA_TSTRING)
            json_object_set_new(j, lua_tostring(L, -2), json_string(lua_tostring(L, -1)));
        else if (lua_type(L, -2) == LUA_TSTRING && lua_isinteger(L, -1))
            json_object_set_new(j, lua_tostring(L, -2), json_integer(lua_tointeger(L, -1)));
    char *text = json_dumps(j, JSON_COMPACT | JSON_PRESERVE_ORDER);
    json_decref(j);
    char *line = text ? realloc(text, strlen(text) + 2) : NULL;
    if (line)
        memcpy(line + strlen(line), "\n", 2);
    else
        free(text);
    return line;
}

/* One connection a command: a line of JSON goes out, a line of JSON is the answer. */
static uint32_t ask_control(struct world *w, lua_State *L, const char *where, const char *verb,
                            int args)
{
    char why[256];
    char *line = control_line(w, L, verb, args);

    if (!line)
        luaL_error(L, "the arguments of '%s' are no text", verb);
    struct asked *a = asked_new(w, L, verb);
    a->control = true;
    a->fd = control_send(where, span_of(line), why);
    free(line);
    if (a->fd < 0) {
        a->token = 0;
        luaL_error(L, "%s", why);
    }
    return a->token;
}

uint32_t world_ask(struct world *w, lua_State *L, const char *verb, int args, bool first)
{
    char line[4096];

    luaL_checktype(L, args, LUA_TTABLE);
    if (w->actors[0].party)
        return ask_own(w, L, verb, args);
    const json_t *json = w->o->profile ? w->o->profile->json : NULL;
    const json_t *ask = json_object_get(json, "ask");
    const char *control = json_string_value(json_object_get(json, "control"));
    const char *template = json_string_value(json_object_get(ask, verb));
    if (!template && first) /* what it does when it is started */
        template = json_string_value(json_object_get(ask, "spawn"));
    if (!template && control)
        return ask_control(w, L, control, verb, args);
    if (!template)
        return skip_asked(w, L, "the profile has no command to ask for", verb);
    if (!fill_in(w, L, template, args, line, sizeof line))
        luaL_error(L, "the command for '%s' has more than %d octets", verb, (int)sizeof line - 2);
    struct asked *a = asked_new(w, L, verb);
    if (!run_command(a, line)) {
        a->token = 0;
        luaL_error(L, "the command of the profile cannot be started");
    }
    if (w->run->groups)
        w->run->groups[a - w->asked] = a->pid;
    return a->token;
}

bool world_asking(const struct world *w)
{
    for (size_t i = 0; i < COUNT(w->asked); i++)
        if (w->asked[i].token)
            return true;
    return false;
}

struct answer {
    const char *kind;
    const struct asked *a;
    int status;
    const char *why;
    const json_t *more; /* of a control socket: what else it says */
};

static void push_answer(lua_State *L, const void *arg)
{
    const struct answer *r = arg;

    if (r->more)
        world_json_push(L, r->more);
    else
        lua_newtable(L);
    lua_pushstring(L, r->kind);
    lua_setfield(L, -2, "kind");
    lua_pushlstring(L, r->a->output, r->a->n);
    lua_setfield(L, -2, "output");
    lua_pushinteger(L, r->status);
    lua_setfield(L, -2, "status");
    if (r->why) {
        lua_pushstring(L, r->why);
        lua_setfield(L, -2, "why");
    }
}

/* Take what there is; true: the other side has closed. */
static bool drain(struct asked *a)
{
    char waste[4096];
    ssize_t n;
    while ((n = a->n < sizeof a->output ? read(a->fd, a->output + a->n, sizeof a->output - a->n)
                                        : read(a->fd, waste, sizeof waste)) > 0)
        a->n += a->n < sizeof a->output ? (size_t)n : 0;
    return n == 0 || (errno != EAGAIN && errno != EINTR);
}

/* End what is left of a command and its group; its wait status. The leader is reaped last: until
 * then its number is nobody else's. A control connection is closed. */
static int end_asked(struct world *w, size_t i)
{
    struct asked *a = &w->asked[i];
    int status = 0;

    if (a->pid) {
        kill(-a->pid, SIGKILL);
        while (waitpid(a->pid, &status, 0) < 0 && errno == EINTR)
            ;
        if (w->run->groups)
            w->run->groups[i] = 0;
    }
    drain(a);
    close(a->fd);
    a->pid = 0;
    return status;
}

static void deliver_answer(struct world *w, const struct answer *r)
{
    world_deliver(w, 0, "asked", r->a->token, push_answer, r);
}

static void unsupported(struct world *w)
{
    w->skipped = true;
    snprintf(w->result->why, sizeof w->result->why, "the IUT does not support what is asked");
}

/* It did not end in time, and was ended: whether the IUT hangs or its driver, nobody can say. */
static void tell_late(struct world *w, const struct asked *a)
{
    char text[200];

    snprintf(text, sizeof text, "the %s for '%s' gave no answer within %g s and was ended",
             a->control ? "control socket" : "command", a->verb, (double)ASKED_S * w->o->scale);
    deliver_answer(w, &(struct answer){"hung", a, 0, text, NULL});
}

/* A command has ended with `status`. */
static void tell(struct world *w, const struct asked *a, int status)
{
    int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    char text[200];

    w->result->answered += code == 0;
    if (code == 77) {
        unsupported(w);
    } else if (code == 126 || code == 127) { /* of the shell: not to be run, not found */
        snprintf(text, sizeof text, "the command of the profile cannot be run: %.*s",
                 (int)strcspn(a->output, "\n"), a->output);
        world_verdict(w, VERDICT_ERROR, text);
    } else if (code > 128) { /* of a signal, its own or, by the shell's convention, of a child */
        snprintf(text, sizeof text, "the command for '%s' died of signal %d (%s)", a->verb,
                 code - 128, strsignal(code - 128));
        deliver_answer(w, &(struct answer){"died", a, code, text, NULL});
    } else {
        deliver_answer(w, &(struct answer){code == 0 ? "success" : "error", a, code, NULL, NULL});
    }
}

/* A control connection has answered, or is closed. */
static void tell_control(struct world *w, const struct asked *a)
{
    char text[200];
    json_t *j = json_loads(a->output, JSON_DISABLE_EOF_CHECK, NULL);
    const char *kind = json_string_value(json_object_get(j, "kind"));

    if (!a->n) {
        snprintf(text, sizeof text, "the control socket was closed without an answer to '%s'",
                 a->verb);
        deliver_answer(w, &(struct answer){"died", a, 0, text, NULL});
    } else if (!kind) {
        snprintf(text, sizeof text,
                 "the control socket answered '%s' with '%.*s', which has no "
                 "\"kind\"",
                 a->verb, (int)strcspn(a->output, "\n") & 63, a->output);
        world_verdict(w, VERDICT_ERROR, text);
    } else if (strcmp(kind, "unsupported") == 0) {
        unsupported(w);
    } else {
        w->result->answered += strcmp(kind, "success") == 0;
        deliver_answer(w, &(struct answer){kind, a, 0, NULL, j});
    }
    json_decref(j);
}

/* Whether the command or connection has ended, or has said its line. */
static bool has_ended(const struct asked *a, bool eof)
{
    siginfo_t ended = {0};

    if (a->control)
        return eof || memchr(a->output, '\n', a->n) != NULL;
    return waitid(P_PID, (id_t)a->pid, &ended, WEXITED | WNOHANG | WNOWAIT) == 0 &&
           ended.si_pid != 0;
}

bool world_poll_asked(struct world *w)
{
    bool told = false;

    for (size_t i = 0; i < COUNT(w->asked); i++) {
        struct asked *a = &w->asked[i];
        if (!a->token)
            continue;
        bool eof = drain(a), late = w->d->now_us > a->due_us;
        if (!late && !has_ended(a, eof))
            continue;
        int status = end_asked(w, i);
        a->output[a->n < sizeof a->output ? a->n : sizeof a->output - 1] = '\0';
        if (late)
            tell_late(w, a);
        else if (a->control)
            tell_control(w, a);
        else
            tell(w, a, status);
        a->token = 0;
        told = true;
    }
    return told;
}

void world_kill_asked(struct world *w)
{
    for (size_t i = 0; i < COUNT(w->asked); i++)
        if (w->asked[i].token) {
            end_asked(w, i);
            w->asked[i].token = 0;
        }
}
