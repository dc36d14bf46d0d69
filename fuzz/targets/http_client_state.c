/* fuzz/targets/http_client_state.c - our HTTP client under a program of steps: fuzz/state/rig.h says what is required
 * of any endpoint. Of this one: what it sends by itself are clean requests; each command is answered once, when its
 * time is over at the latest; octets in any pieces make the same events and requests; and after all of it a request has
 * its response.
 *
 * What a step carries arrives on the connection on which the client sent last. What commands are made of: see
 * args(). */
#include "fuzz/engine/target.h"
#include "fuzz/state/http_help.h"

enum { /* flags of commands; the lowest three choose what is asked for */
       EXPECT = 8,
       PIPELINE = 16,
       FRESH = 32,
       CLOSE = 64,
       CHUNK = 128,
};
enum { C_NO_USER = 1, C_NARROW = 2 };
enum { COMMANDS = RIG_STEPS + 1, TOKEN_SANE = 0x7fff0000 };
struct client {
    struct http_seen seen;
    struct http_client_config c;
    bool script; /* what is sent in this step is the command's own */
    flow_id to;
    uint32_t commands;
    uint8_t answered[COMMANDS]; /* by token */
    bool refuses, sane;
};

static const void *config(void *ctx, uint32_t bits)
{
    struct client *c = ctx;

    http_seen_begin(&c->seen);
    memset(c->answered, 0, sizeof c->answered);
    c->script = c->sane = false;
    c->to = 0;
    c->commands = 0;
    c->refuses = bits & RIG_REFUSE;
    c->c = (struct http_client_config){
        .server = rig_source(0),
        .host = span_of("example.test"),
        .username = span_of(bits & C_NO_USER ? "" : "alice"),
        .password = span_of("alice-secret"),
    };
    if (bits & C_NARROW)
        c->c.most = (struct http_limits){.head = 200, .fields = 4, .content = 100};
    return &c->c;
}

static void step(void *ctx)
{
    ((struct client *)ctx)->script = false;
}

static flow_id to(void *ctx)
{
    return ((const struct client *)ctx)->to;
}

static bool sent(void *ctx, const struct rig_flow *f, const struct addr *where, struct span octets)
{
    struct client *c = ctx;

    (void)where;
    c->to = f->id;
    http_line_went(&c->seen, f->id, octets, c->script);
    return false; /* there is no watcher */
}

static void event(void *ctx, const struct output *o)
{
    struct client *c = ctx;
    const struct http_event *e = o->rec;

    if (o->token == TOKEN_SANE) {
        c->sane |= e->kind == HTTP_R_SUCCESS || (c->refuses && e->kind == HTTP_R_CLOSED);
        return;
    }
    http_seen_event(&c->seen, o);
    if (o->token && o->token <= c->commands)
        require(c->answered[o->token]++ == 0, "a command is answered twice");
}

/* ---- what is asked of it ---- */

static struct draft *ask(const struct prog_step *s, struct arena *mem)
{
    static const struct {
        const char *method, *target;
    } v[] = {{"GET", "/"},      {"HEAD", "/a/b?c"},
             {"POST", "/form"}, {"PUT", "/a/b"},
             {"OPTIONS", "*"},  {"GET", "http://example.test/a"},
             {"DELETE", "/a"},  {"CONNECT", "example.test:443"}};
    static struct draft dr;
    size_t i = s->flags % COUNT(v);

    http_draft_request(&dr, mem, span_of(v[i].method), span_of(v[i].target));
    if (s->payload.n && strcmp(v[i].method, "CONNECT") != 0)
        http_body(&dr, s->payload);
    if (strcmp(v[i].method, "CONNECT") == 0)
        http_add(&dr, "Host", span_of("example.test:443"));
    return &dr;
}

/* arg: the verb; in its upper octet the connection and, of `request`, whether the payload is the request. */
static bool args(void *ctx, const struct prog_step *s, const struct verb *v, const void **rec)
{
    static uint8_t memory[1 << 16];
    static struct arena mem;
    static struct http_args a;
    struct client *c = ctx;
    unsigned upper = s->arg >> 8;
    bool body = s->payload.n && s->flags % 8 != 7; /* CONNECT has none */
    bool raw = strcmp(v->name, "send") == 0 || (strcmp(v->name, "request") == 0 && upper & 0x80);

    if (c->commands + 1 >= COMMANDS || (raw && s->payload.n == 0))
        return false;
    mem = arena_of(memory, sizeof memory);
    a = (struct http_args){.octets = raw ? s->payload : (struct span){NULL, 0},
                           .message = raw ? NULL : ask(s, &mem),
                           .login = !raw && upper & 0x40,
                           .expect = s->flags & EXPECT,
                           .pipeline = s->flags & PIPELINE,
                           .fresh = s->flags & FRESH,
                           .close = s->flags & CLOSE,
                           .stay = upper & 0x20,
                           .chunk = body && s->flags & CHUNK ? 5 : 0,
                           .flow = upper & 15};
    c->script = raw;
    c->commands++;
    *rec = &a;
    return true;
}

/* ---- it still works ---- */

static const struct verb *verb_of(const char *name)
{
    for (size_t i = 0; i < http_client_class.n_verbs; i++)
        if (strcmp(http_client_class.verbs[i].name, name) == 0)
            return &http_client_class.verbs[i];
    return NULL;
}

static void sane(void *ctx, struct rig *r)
{
    static uint8_t memory[4096];
    struct client *c = ctx;
    struct arena mem = arena_of(memory, sizeof memory);
    struct draft dr;
    struct http_args a = {.message = &dr, .fresh = true};
    static const struct http_args all;

    for (size_t i = 0; i < c->seen.n; i++)
        http_judge_requests(&c->seen.lines[i]);
    for (uint32_t i = 1; i <= c->commands; i++)
        require(c->answered[i] == 1, "a command is not answered");
    rig_command(r, verb_of("close"), &all, 0);
    http_draft_request(&dr, &mem, span_of("GET"), span_of("/"));
    rig_command(r, verb_of("request"), &a, TOKEN_SANE);
    rig_pass(r, 1000);
    const struct rig_flow *f = rig_flow_of(r, c->to);
    if (f)
        rig_arrive(r, f, &f->remote, span_of("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"));
    require(c->sane, "a response is not told any more");
}

static const struct rig_class client_class = {
    .cls = &http_client_class,
    .config = config,
    .step = step,
    .to = to,
    .args = args,
    .sent = sent,
    .event = event,
    .sane = sane,
};

static void one(const uint8_t *p, size_t n)
{
    static struct client c;

    http_state_run(&client_class, &c, &c.seen, (struct span){p, n});
}

const struct target http_client_state_target = {.name = "http_client_state",
                                                .one = one,
                                                .max_len = 4096,
                                                .weight = 3,
                                                .dict = "http",
                                                .codecs = "steps/http",
                                                .seeds = "http/state"};
