/* harness/endpoints/http/http_server.c - an origin server: its connections and their times (RFC 9112 section 9). */
#include "harness/endpoints/http/http_server.h"

static const uint64_t half_default_us = 30000000, idle_default_us = 60000000;

/* ---- start ---- */

static void listen_at(struct outq *q, flow_id flow, const char *stack, struct addr at,
                      uint16_t port)
{
    at.family = at.family ? at.family : 4;
    at.port = at.port ? at.port : port;
    out_open(q, flow, stack, true, &at);
}

static void start(struct http_server *s, const struct http_server_config *c, struct outq *q)
{
    s->mem = arena_of(s->memory, sizeof s->memory);
    if (c)
        s->c = *c;
    s->c.software = arena_copy(&s->mem, s->c.software.n ? s->c.software : span_of("rtclab/0.1"));
    s->realm.env = &s->env;
    s->realm.name = http_prepare(&s->mem, s->c.realm.n ? s->c.realm : span_of("interop.test"));
    s->realm.md5_alone = s->c.md5_alone;
    s->realm.no_userhash = s->c.no_userhash;
    s->realm.nonce_us = s->c.nonce_us;
    http_realm_init(&s->realm, s->c.users, s->c.n_users, &s->mem, s->env.rng);
    http_server_resources(s, s->c.resources, s->c.n_resources);
    s->c.half_us = s->c.half_us ? s->c.half_us : half_default_us;
    s->c.idle_us = s->c.idle_us ? s->c.idle_us : idle_default_us;
    pool_init(&s->pool, s->pool_mem, HTTP_CONNECTIONS, sizeof(struct http_stream), s->c.quota);
    s->pool.fail_at = s->c.fail_at;
    s->due_us = NO_DEADLINE;
    if (s->c.listen.family || !s->c.listen_tls.family)
        listen_at(q, SERVER_FLOW_TCP, "tcp", s->c.listen, HTTP_PORT);
    if (s->c.listen_tls.family)
        listen_at(q, SERVER_FLOW_TLS, "tcp/tls", s->c.listen_tls, HTTP_PORT_TLS);
}

/* ---- connections ---- */

struct http_stream *http_server_stream(struct http_server *s, flow_id flow)
{
    for (struct http_stream *st = pool_next(&s->pool, NULL); st; st = pool_next(&s->pool, st))
        if (st->flow == flow)
            return st;
    return NULL;
}

void http_server_forget(struct http_server *s, struct http_stream *st)
{
    st->used = false;
    pool_give(&s->pool, st);
}

void http_server_drop(struct http_server *s, struct http_stream *st, bool abort, struct outq *q)
{
    out_put(q, OUT_CLOSE, st->flow)->abort = abort;
    http_server_forget(s, st);
}

static void refuse(const struct input *in, flow_id flow, enum pool_why why, struct outq *q)
{
    struct input about = *in;

    about.flow = flow;
    out_put(q, OUT_CLOSE, flow)->abort = true;
    http_tell(q, "refused", 0, HTTP_R_FAILED, &about, pool_why_name(why));
}

/* The one that nobody misses: idle, the longest; of one source where that has its quota. */
static struct http_stream *idle(struct http_server *s, bool one_source, uint64_t source)
{
    struct http_stream *best = NULL;

    for (struct http_stream *st = pool_next(&s->pool, NULL); st; st = pool_next(&s->pool, st)) {
        if (st->n_turns || st->conn.tunnel || (one_source && pool_source(&st->remote) != source))
            continue;
        if (!best || st->since_us < best->since_us)
            best = st;
    }
    return best;
}

static void variants(const struct http_server *s, struct http_conn *c)
{
    static const struct {
        const char *flag, *clause;
    } v[] = {
        {"both-lengths-served", "RFC9112:6.2#1"}, {"both-lengths-go-on", "RFC9112:6.2#1"},
        {"any-spaces-served", "RFC9112:3#a1"},    {"no-host-served", "RFC9112:3.2#3"},
        {"two-hosts-served", "RFC9112:3.2#6"},    {"bad-host-served", "RFC9110:7.2#a1"},
        {"no-host-in-http", "RFC9110:4.2.1#1"},   {"no-host-in-https", "RFC9110:4.2.2#1"},
        {"space-colon-served", "RFC9112:5.1#a1"}, {"space-first-dropped", "RFC9112:2.2#8"},
    };
    size_t n = 0;

    for (size_t i = 0; i < COUNT(v) && n < COUNT(c->takes); i++)
        if (server_flag(s, v[i].flag))
            c->takes[n++] = v[i].clause;
}

static void accept_one(struct http_server *s, const struct input *in, struct outq *q)
{
    uint64_t source = pool_source(&in->pkt.remote);
    enum pool_why why;
    struct http_stream *st = pool_take(&s->pool, source, &why);

    if (!st && (why == POOL_FULL || why == POOL_QUOTA)) {
        struct http_stream *old = idle(s, why == POOL_QUOTA, source);
        if (old) {
            refuse(in, old->flow, why, q);
            http_server_forget(s, old);
            st = pool_take(&s->pool, source, &why);
        }
    }
    if (!st) {
        refuse(in, in->flow, why, q);
        return;
    }
    size_t slot = (size_t)((uint8_t *)st - s->pool.items) / s->pool.step;
    st->used = true;
    st->flow = in->flow;
    st->since_us = in->now_us;
    st->begun_us = NO_DEADLINE;
    st->remote = in->pkt.remote;
    st->local = in->pkt.local;
    st->kept = s->kepts[slot];
    http_conn_init(&st->conn, true, &s->c.most, s->windows[slot]);
    st->conn.lenient = s->c.manual;
    variants(s, &st->conn);
}

/* ---- what happens to connections ---- */

static void ended(struct http_server *s, const struct input *in, const char *why, struct outq *q)
{
    if (s->c.manual)
        http_tell(q, "ended", 0, HTTP_R_CLOSED, in, why);
}

/* The client sends no more; it still gets what it asked for: RFC9112:9.6#a2. */
static void eof(struct http_server *s, const struct input *in, struct outq *q)
{
    struct http_stream *st = http_server_stream(s, in->flow);

    if (!st)
        return;
    st->ended = true;
    ended(s, in, "end of stream", q);
    if (st->lingers || st->conn.tunnel || (st->n_turns == 0 && !st->put_off))
        http_server_drop(s, st, false, q);
}

static void closed(struct http_server *s, const struct input *in, struct outq *q)
{
    struct http_stream *st = http_server_stream(s, in->flow);
    const char *why = in->detail ? in->detail : close_name(in->why);

    if (st) {
        ended(s, in, why, q);
        http_server_forget(s, st);
    } else if (in->flow < FLOW_ACCEPTED) {
        http_tell(q, "closed", 0, HTTP_R_CLOSED, in, why);
    }
}

/* ---- timers ---- */

static uint64_t due(const struct http_server *s, const struct http_stream *st)
{
    if (st->put_off)
        return 0;
    if (st->lingers)
        return st->linger_us;
    if (st->n_turns)
        return st->turns[0].ready ? st->turns[0].due_us : NO_DEADLINE;
    if (st->conn.tunnel)
        return NO_DEADLINE;
    if (st->begun_us != NO_DEADLINE)
        return st->begun_us + s->c.half_us;
    return st->since_us + s->c.idle_us;
}

/* Half a request is answered by 408 (RFC 9110 section 15.5.9), none by nothing. */
static void timed_out(struct http_server *s, struct http_stream *st, const struct input *in,
                      struct outq *q)
{
    struct input with = *in;
    struct http_answer a = {.in = &with, .q = q, .st = st, .close = true};

    if (st->lingers || st->begun_us == NO_DEADLINE) {
        http_server_drop(s, st, false, q);
        return;
    }
    with.flow = st->flow;
    a.mem = arena_of(s->scratch, sizeof s->scratch);
    st->conn.over = true;
    a.turn = http_turn_new(s, st, NULL);
    a.turn->head = http_conn_for_head(&st->conn);
    http_server_refuse(s, &a, 408, "slow");
}

static void timers(struct http_server *s, const struct input *in, struct outq *q)
{
    for (struct http_stream *st = pool_next(&s->pool, NULL); st; st = pool_next(&s->pool, st)) {
        if (due(s, st) > in->now_us)
            continue;
        if (st->put_off) {
            http_server_work(s, st, in, (struct span){NULL, 0}, q);
        } else if (st->n_turns) {
            http_server_flush(s, st, in->now_us, q);
            if (st->used)
                http_server_work(s, st, in, (struct span){NULL, 0}, q);
        } else {
            timed_out(s, st, in, q);
        }
    }
}

static void settle(struct http_server *s, uint64_t now_us)
{
    s->due_us = NO_DEADLINE;
    for (struct http_stream *st = pool_next(&s->pool, NULL); st; st = pool_next(&s->pool, st))
        if (due(s, st) < s->due_us)
            s->due_us = due(s, st);
    if (s->due_us <= now_us) /* what was put off goes on in the next instant */
        s->due_us = now_us + 1;
}

/* ---- inputs ---- */

static void bytes(struct http_server *s, const struct input *in, struct outq *q)
{
    struct http_stream *st = http_server_stream(s, in->flow);

    if (!st)
        return; /* of one that was refused */
    st->since_us = in->now_us;
    http_server_work(s, st, in, in->data, q);
}

static void input(void *self, const struct input *in, struct outq *q)
{
    struct http_server *s = self;

    switch (in->kind) {
    case IN_START:
        start(s, in->rec, q);
        return;
    case IN_OPENED:
        if (in->parent)
            accept_one(s, in, q);
        else
            http_tell(q, "listening", 0, HTTP_R_OPENED, in, NULL);
        break;
    case IN_BYTES:
        bytes(s, in, q);
        break;
    case IN_EOF:
        eof(s, in, q);
        break;
    case IN_CLOSED:
        closed(s, in, q);
        break;
    case IN_TIMER:
        timers(s, in, q);
        break;
    case IN_COMMAND:
        http_server_command(s, in, q);
        break;
    default:
        break;
    }
    settle(s, in->now_us);
}

static uint64_t deadline(const void *self)
{
    return ((const struct http_server *)self)->due_us;
}

const struct endpoint_class http_origin_class = {
    .name = "http.server",
    .size = sizeof(struct http_server),
    .sparse = true,
    .verbs = http_server_verbs,
    .n_verbs = HTTP_SERVER_VERBS,
    .faults = http_server_faults,
    .n_faults = HTTP_SERVER_FAULTS,
    .variants = http_server_variants,
    .n_variants = HTTP_SERVER_VARIANTS,
    .config = &http_server_config_desc,
    .input = input,
    .deadline = deadline,
};
