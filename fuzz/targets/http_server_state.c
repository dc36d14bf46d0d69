/* fuzz/targets/http_server_state.c - our HTTP server under a program of steps: fuzz/state/rig.h says what is required
 * of any endpoint. Of this one: what it sends by itself are clean responses, each to a request that came, in their
 * order; octets in any pieces get the same answers and make the same events; and after all of it a request has its
 * answer.
 *
 * Flags of a step that carries octets: LEARNED puts an answer to the challenge that was sent last into a request. Of a
 * command: see args(). */
#include "fuzz/engine/target.h"
#include "fuzz/state/http_help.h"

enum { LEARNED = 8, BY_OCTETS = 16, UNTIL_CLOSE = 32, CLOSE = 64, CHUNK = 128, SOURCE_SANE = 2 };
enum { /* bits of the config */
       C_MANUAL = 1,
       C_NO_CONTINUE = 2,
       C_QUOTA = 4,
       C_FAIL = 8,
       C_MD5 = 16,
       C_NARROW = 32,
       C_CLOCK = 64,
       C_SCRIPT = 128, /* commands are given, and nothing that is sent is judged */
};
enum { CONTENT_MOST = 6000, COMMANDS = 16 };
struct server {
    struct http_seen seen;
    struct http_server_config c;
    struct http_login login;
    bool script;
    unsigned commands;
    flow_id sane;
    bool served;
};

static const void *config(void *ctx, uint32_t bits)
{
    struct server *s = ctx;

    http_seen_begin(&s->seen);
    s->login = (struct http_login){0};
    s->script = bits & (C_SCRIPT | C_MANUAL);
    s->commands = 0;
    s->sane = 0;
    s->served = false;
    s->c = (struct http_server_config){
        .manual = bits & C_MANUAL,
        .no_continue = bits & C_NO_CONTINUE,
        .quota = bits & C_QUOTA ? 2 : 0,
        .fail_at = bits & C_FAIL ? 2 : 0,
        .md5_alone = bits & C_MD5,
        .clock_s = bits & C_CLOCK ? 1700000000 : 0,
        .most = {.content = CONTENT_MOST},
    };
    if (bits & C_NARROW)
        s->c.most = (struct http_limits){.target = 40, .head = 300, .fields = 6, .content = 100};
    return &s->c;
}

/* ---- what comes ---- */

static struct span prepare(void *ctx, const struct prog_step *step, struct span payload,
                           uint8_t *room)
{
    static uint8_t memory[1 << 20];
    static const struct env env;
    static const struct http_account alice = {SPAN("alice"), SPAN("alice-secret")};
    struct server *s = ctx;
    struct arena mem = arena_of(memory, sizeof memory);
    struct wr w = {room, RIG_OCTETS, 0, false};
    uint64_t rng[2] = {1, 2};
    struct findings none = {0};
    struct http_msg m;

    if (!(step->flags & LEARNED) || !s->login.challenged ||
        http_decode(payload, HTTP_ASK_OTHER, &mem, &m, &none) != STEP_ITEM || !m.request)
        return payload;
    struct auth_request asked = {m.method, m.body};
    struct span value = http_login_sign(&s->login, &env, &alice, &asked, m.target, rng, &mem);
    wr_put(&w, m.start);
    wr_text(&w, "Authorization: ");
    wr_put(&w, value);
    wr_text(&w, "\r\n");
    wr_put(&w, span_cut(payload, m.start.n, payload.n));
    return wr_span(&w);
}

static void arrives(void *ctx, const struct rig_flow *f, const struct addr *from,
                    struct span octets)
{
    (void)from;
    http_line_came(&((struct server *)ctx)->seen, f->id, octets);
}

/* ---- what it sends and tells ---- */

static void learn(struct server *s, struct span octets)
{
    static uint8_t memory[1 << 20];
    static const struct env env;
    struct arena mem = arena_of(memory, sizeof memory);
    struct findings none = {0};
    struct http_msg m;

    if (http_decode(octets, HTTP_ASK_OTHER, &mem, &m, &none) == STEP_ITEM && m.status == 401)
        http_login_keep(&s->login, &env, &m, span_of("/"), &mem);
}

static bool sent(void *ctx, const struct rig_flow *f, const struct addr *to, struct span octets)
{
    struct server *s = ctx;

    (void)to;
    learn(s, octets);
    http_line_went(&s->seen, f->id, octets, s->script);
    s->served |= f->id == s->sane;
    return false; /* there is no watcher */
}

static void event(void *ctx, const struct output *o)
{
    struct server *s = ctx;

    s->served |= s->sane && strcmp(o->name, "request") == 0;
    http_seen_event(&s->seen, o);
}

/* ---- what is asked of it ---- */

/* arg: the verb; in its upper octet the request, or the connection. */
static bool args(void *ctx, const struct prog_step *step, const struct verb *v, const void **rec)
{
    static const uint16_t status[] = {200, 204, 304, 101, 100, 404, 200, 503};
    static uint8_t memory[1 << 16];
    static struct arena mem;
    static struct draft dr;
    static struct http_reply_args a;
    static struct http_resource r;
    struct server *s = ctx;
    unsigned upper = step->arg >> 8;

    if (!s->script || ++s->commands > COMMANDS)
        return false;
    if (strcmp(v->name, "resource") == 0) {
        r = (struct http_resource){.path = span_of(upper & 1 ? "/r" : "/"),
                                   .does = (uint8_t)(step->flags & 3) % 3,
                                   .auth = upper >> 1 & 3,
                                   .body = step->payload,
                                   .chunk = step->flags & CHUNK ? 7 : 0,
                                   .until_close = step->flags & UNTIL_CLOSE};
        *rec = &r;
        return true;
    }
    mem = arena_of(memory, sizeof memory);
    http_draft_response(&dr, &mem, status[upper >> 5 & 7]);
    if (step->payload.n)
        http_body(&dr, step->payload);
    a = (struct http_reply_args){
        .id = upper & 31,
        .flow = strcmp(v->name, "reply") ? FLOW_ACCEPTED + (upper & 31) : 0,
        .octets = step->flags & BY_OCTETS ? step->payload : (struct span){NULL, 0},
        .close = step->flags & CLOSE,
        .until_close = step->flags & UNTIL_CLOSE,
        .chunk = step->flags & CHUNK ? 5 : 0,
        .split = step->flags & 1 ? 3 : 0,
        .after_us = step->flags & 2 ? 5000 : 0,
        .at_once = step->flags & 4,
        .abort = step->flags & LEARNED,
        .message = &dr};
    *rec = &a;
    return true;
}

/* ---- it still serves ---- */

static void sane(void *ctx, struct rig *r)
{
    struct server *s = ctx;
    size_t open = rig_flows(r);

    for (size_t i = 0; i < s->seen.n; i++)
        http_judge_responses(&s->seen.lines[i]);
    if (open == 0 || open > HTTP_CONNECTIONS || (s->c.quota && open > 2) || s->c.fail_at)
        return; /* connections that wait for the script keep their places */
    const struct rig_flow *f = rig_open(r, SOURCE_SANE);
    require(f != NULL, "a connection is refused");
    if (!f)
        return; /* require has not come back */
    s->sane = f->id;
    rig_arrive(r, f, &f->remote, span_of("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
    require(s->served, "a request is not answered any more");
}

static const struct rig_class server_class = {
    .cls = &http_origin_class,
    .config = config,
    .prepare = prepare,
    .args = args,
    .arrives = arrives,
    .sent = sent,
    .event = event,
    .sane = sane,
};

static void one(const uint8_t *p, size_t n)
{
    static struct server s;

    http_state_run(&server_class, &s, &s.seen, (struct span){p, n});
}

const struct target http_server_state_target = {.name = "http_server_state",
                                                .one = one,
                                                .max_len = 4096,
                                                .weight = 3,
                                                .dict = "http",
                                                .codecs = "steps/http",
                                                .seeds = "http/state"};
