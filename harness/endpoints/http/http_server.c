/* harness/endpoints/http/http_server.c - an origin server: its connections, and the turns of their requests
 * (RFC 9112 section 9). */
#include "harness/endpoints/http/http_server.h"

static const uint64_t half_default_us = 30000000, idle_default_us = 60000000, linger_us = 2000000;

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

static struct http_stream *stream_of(struct http_server *s, flow_id flow)
{
    for (struct http_stream *st = pool_next(&s->pool, NULL); st; st = pool_next(&s->pool, st))
        if (st->flow == flow)
            return st;
    return NULL;
}

static void forget(struct http_server *s, struct http_stream *st)
{
    st->used = false;
    pool_give(&s->pool, st);
}

static void drop(struct http_server *s, struct http_stream *st, bool abort, struct outq *q)
{
    out_put(q, OUT_CLOSE, st->flow)->abort = abort;
    forget(s, st);
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
        {"both-lengths-served", "RFC9112:6.2#1"}, {"any-spaces-served", "RFC9112:3#a1"},
        {"no-host-served", "RFC9112:3.2#3"},      {"two-hosts-served", "RFC9112:3.2#6"},
        {"bad-host-served", "RFC9110:7.2#a1"},    {"space-colon-served", "RFC9112:5.1#a1"},
        {"nul-served", "RFC9110:5.5#a1"},         {"bare-cr-served", "RFC9112:2.2#3"},
        {"space-first-served", "RFC9112:2.2#8"},
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
            forget(s, old);
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
    variants(s, &st->conn);
}

/* ---- turns ---- */

static void send(const struct http_stream *st, struct span octets, uint64_t split, struct outq *q)
{
    size_t step = split ? split : octets.n;

    for (size_t at = 0; at < octets.n; at += step)
        out_send(q, st->flow, span_cut(octets, at, at + step), NULL);
}

/* Nothing more is sent: closed in stages, so that the last response is not lost (RFC9112:9.6#a1). */
static void finish(struct http_server *s, struct http_stream *st, uint64_t now_us, struct outq *q)
{
    st->conn.over = true;
    if (st->ended) {
        drop(s, st, false, q);
        return;
    }
    out_put(q, OUT_SHUTDOWN, st->flow);
    st->lingers = true;
    st->linger_us = now_us + linger_us;
}

static void pop(struct http_stream *st, size_t i)
{
    st->n_turns--;
    memmove(st->turns + i, st->turns + i + 1, (st->n_turns - i) * sizeof *st->turns);
    if (st->n_turns == 0)
        st->kept_n = 0;
}

/* Which response leaves next; n_turns: none may. */
static size_t next_turn(const struct http_server *s, const struct http_stream *st)
{
    if (server_flag(s, "answers-swapped")) {
        if (st->n_turns == 1 && http_conn_half(&st->conn))
            return st->n_turns;
        if (st->n_turns == 2 && st->turns[1].ready)
            return 1;
    }
    return 0;
}

/* Send the responses whose turn has come. */
static void flush(struct http_server *s, struct http_stream *st, uint64_t now_us, struct outq *q)
{
    size_t i;

    while (st->n_turns && (i = next_turn(s, st)) < st->n_turns && st->turns[i].ready &&
           st->turns[i].due_us <= now_us) {
        struct http_turn t = st->turns[i];
        send(st, (struct span){st->kept + t.at, t.n}, 0, q);
        pop(st, i);
        if (t.tunnel) {
            st->conn.tunnel = true;
            st->waits = false;
        }
        if (t.close) {
            st->n_turns = 0;
            finish(s, st, now_us, q);
            return;
        }
    }
}

void http_server_respond(struct http_server *s, struct http_answer *a, struct span octets,
                         uint64_t due_us)
{
    struct http_stream *st = a->st;
    struct http_turn *t = a->turn;

    if (octets.n > SERVER_KEPT - st->kept_n) { /* too much waits for an earlier response */
        drop(s, st, true, a->q);
        return;
    }
    t->at = st->kept_n;
    t->n = octets.n;
    t->ready = true;
    t->close |= a->close;
    t->due_us = due_us;
    if (octets.n)
        memcpy(st->kept + st->kept_n, octets.p, octets.n);
    st->kept_n += octets.n;
    flush(s, st, a->in->now_us, a->q);
}

static struct http_turn *turn_new(struct http_server *s, struct http_stream *st,
                                  const struct http_msg *m)
{
    struct http_turn *t = &st->turns[st->n_turns++];

    *t = (struct http_turn){.id = ++s->last_id};
    if (!m)
        return t;
    t->head = span_is(m->method, "HEAD");
    t->old = span_is(m->version, "HTTP/1.0");
    t->ask = (uint8_t)http_ask_of(m->method);
    t->persists = http_persists(m);
    return t;
}

/* ---- requests ---- */

static void tell_request(const struct http_answer *a, struct span octets)
{
    struct http_event *e =
        http_report(a->q, "request", 0, HTTP_R_REQUEST, a->in, octets, HTTP_ASK_OTHER);

    if (!e)
        return;
    e->id = a->turn->id;
    if (a->by.user)
        e->user = arena_copy(&a->q->mem, a->by.user->username);
}

static void request(struct http_server *s, struct http_answer *a, const struct http_item *it)
{
    struct arena view = arena_of(s->view, sizeof s->view),
                 content = arena_of(s->content, sizeof s->content);
    struct findings none = {0};
    struct http_msg *m = arena_new(&view, sizeof *m);
    struct http_stream *st = a->st;

    http_decode(it->octets, HTTP_ASK_OTHER, &view, m, &none);
    a->m = m;
    a->content = http_content_of(it->octets, HTTP_ASK_OTHER, &content);
    a->turn = turn_new(s, st, m);
    a->close = it->close || !a->turn->persists;
    if (a->close && !server_flag(s, "served-after-close"))
        st->conn.over = true; /* RFC9112:9.6#5 */
    if (server_flag(s, "goes-on-after-close"))
        a->close = it->close;
    a->turn->close = a->close;
    st->begun_us = NO_DEADLINE;
    if (!s->c.manual && http_server_serve(s, a))
        return;
    st->waits = a->turn->ask == HTTP_ASK_CONNECT || m->first[HTTP_UPGRADE];
    tell_request(a, it->octets);
}

/* A head with a body behind it: does the client wait to be told to go on? */
static void head(struct http_server *s, struct http_answer *a, const struct http_item *it)
{
    struct arena view = arena_of(s->view, sizeof s->view);
    struct findings none = {0};
    struct http_msg *m = arena_new(&view, sizeof *m);

    http_decode(it->octets, HTTP_ASK_OTHER, &view, m, &none);
    a->m = m;
    if (!m->first[HTTP_EXPECT] || (span_is(m->version, "HTTP/1.0") &&
                                   !server_flag(s, "continue-to-old"))) /* RFC9110:10.1.1#7 */
        return;
    unsigned status = s->c.manual ? 0 : http_server_early(s, a);
    if (status) {
        a->turn = turn_new(s, a->st, m);
        a->close = true; /* the body is not read: RFC9112:9.3#5 */
        a->st->conn.over = true;
        http_server_refuse(s, a, status, a->cause);
    } else if (!server_flag(s, "no-continue")) {
        a->st->expects = true;
    }
}

static void fault(struct http_server *s, struct http_answer *a, const struct http_item *it)
{
    a->turn = turn_new(s, a->st, NULL);
    a->turn->head = it->head;
    a->close = true;
    http_server_refuse(s, a, it->status, "malformed");
}

/* Room in the queue for what one more request may cause: its event, and a response that gives it back. */
static bool roomy(const struct outq *q)
{
    return q->cap - q->n >= 64 && q->mem.cap - q->mem.n >= q->mem.cap / 4 * 3;
}

static void data(const struct http_answer *a, const struct http_item *it)
{
    struct http_event *e = http_tell(a->q, "data", 0, HTTP_R_DATA, a->in, NULL);

    if (!e)
        return;
    e->codec = "";
    e->octets = arena_copy(&a->q->mem, it->octets);
    e->content = e->octets;
    a->q->full |= a->q->mem.full;
}

static void each(struct http_server *s, struct http_stream *st, const struct input *in,
                 enum http_got got, const struct http_item *it, struct outq *q)
{
    struct http_answer a = {.in = in, .q = q, .st = st, .cause = "none"};

    a.mem = arena_of(s->scratch, sizeof s->scratch);
    switch (got) {
    case HTTP_GOT_HEAD:
        head(s, &a, it);
        break;
    case HTTP_GOT_MESSAGE:
        request(s, &a, it);
        break;
    case HTTP_GOT_OCTETS:
        data(&a, it);
        break;
    case HTTP_GOT_FAULT:
        fault(s, &a, it);
        break;
    case HTTP_GOT_NOTHING:
        break;
    }
}

/* Take what has come, and what was left. The stream may be gone afterwards. */
static void work(struct http_server *s, struct http_stream *st, const struct input *in,
                 struct span octets, struct outq *q)
{
    struct input with = *in;
    struct http_item it;
    enum http_got got;
    flow_id flow = st->flow;

    with.flow = flow;
    with.pkt.remote = st->remote;
    with.pkt.local = st->local;
    do {
        struct arena mem = arena_of(s->scratch, sizeof s->scratch);
        if (st->expects && st->n_turns == 0) {
            struct http_answer a = {.in = &with, .q = q, .st = st, .mem = mem};
            st->expects = false;
            http_server_continue(s, &a);
        }
        st->put_off = !roomy(q);
        st->conn.held = st->put_off || st->waits || st->expects || st->n_turns == HTTP_OUTSTANDING;
        got = http_conn_take(&st->conn, &octets, &mem, &it);
        each(s, st, &with, got, &it, q);
        if (!st->used || st->flow != flow)
            return;
    } while (got != HTTP_GOT_NOTHING);
    if (octets.n) { /* more than a request waits behind those that are unanswered */
        drop(s, st, true, q);
        return;
    }
    bool half = http_conn_half(&st->conn) && !st->conn.held && !st->conn.over;
    st->begun_us = !half ? NO_DEADLINE : st->begun_us == NO_DEADLINE ? in->now_us : st->begun_us;
    if (st->ended && st->n_turns == 0 && !st->lingers && !st->put_off)
        drop(s, st, false, q);
}

/* ---- what happens to connections ---- */

static void ended(struct http_server *s, struct http_stream *st, const struct input *in,
                  const char *why, struct outq *q)
{
    if (s->c.manual)
        http_tell(q, "ended", 0, HTTP_R_CLOSED, in, why);
    (void)st;
}

/* The client sends no more; it still gets what it asked for: RFC9112:9.6#a2. */
static void eof(struct http_server *s, const struct input *in, struct outq *q)
{
    struct http_stream *st = stream_of(s, in->flow);

    if (!st)
        return;
    st->ended = true;
    ended(s, st, in, "end of stream", q);
    if (st->lingers || st->conn.tunnel || (st->n_turns == 0 && !st->put_off))
        drop(s, st, false, q);
}

static void closed(struct http_server *s, const struct input *in, struct outq *q)
{
    struct http_stream *st = stream_of(s, in->flow);
    const char *why = in->detail ? in->detail : close_name(in->why);

    if (st) {
        ended(s, st, in, why, q);
        forget(s, st);
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
        drop(s, st, false, q);
        return;
    }
    with.flow = st->flow;
    a.mem = arena_of(s->scratch, sizeof s->scratch);
    st->conn.over = true;
    a.turn = turn_new(s, st, NULL);
    http_server_refuse(s, &a, 408, "slow");
}

static void timers(struct http_server *s, const struct input *in, struct outq *q)
{
    for (struct http_stream *st = pool_next(&s->pool, NULL); st; st = pool_next(&s->pool, st)) {
        if (due(s, st) > in->now_us)
            continue;
        if (st->put_off) {
            work(s, st, in, (struct span){NULL, 0}, q);
        } else if (st->n_turns) {
            flush(s, st, in->now_us, q);
            if (st->used)
                work(s, st, in, (struct span){NULL, 0}, q);
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

/* ---- what a script asks ---- */

static bool find_turn(struct http_server *s, uint32_t id, struct http_stream **st,
                      struct http_turn **t)
{
    for (*st = pool_next(&s->pool, NULL); *st && id; *st = pool_next(&s->pool, *st))
        for (size_t i = 0; i < (*st)->n_turns; i++)
            if ((*st)->turns[i].id == id && !(*st)->turns[i].ready) {
                *t = &(*st)->turns[i];
                return true;
            }
    return false;
}

static unsigned status_of(const struct draft *dr)
{
    const struct node *n = draft_find(&dr->root, "status");
    return n && n->form == FORM_UINT ? (unsigned)n->u : 0;
}

static bool interim(const struct http_answer *a)
{
    unsigned status = status_of(&a->dr);
    return status / 100 == 1 && status != 101;
}

/* By octets, or a message; its turn is over unless it is a 1xx. */
static void reply_with(struct http_server *s, struct http_answer *a,
                       const struct http_reply_args *args)
{
    struct wr w = {s->out, sizeof s->out, 0, false};

    if (args->octets.n) {
        wr_put(&w, args->octets);
    } else {
        a->dr = *args->message;
        a->dr.mem = &a->mem;
        if (!args->as_is)
            http_server_finish(s, a, args);
        http_encode(&w, &a->dr);
    }
    unsigned status = args->octets.n ? 0 : status_of(&a->dr);
    a->turn->tunnel = status == 101 || (a->turn->ask == HTTP_ASK_CONNECT && status / 100 == 2);
    if (args->octets.n || !interim(a))
        a->st->waits = false;
    if (!args->octets.n && interim(a)) {
        send(a->st, wr_span(&w), args->split, a->q);
    } else if (args->at_once || args->split) {
        struct http_turn t = *a->turn;
        send(a->st, wr_span(&w), args->split, a->q);
        pop(a->st, (size_t)(a->turn - a->st->turns));
        a->st->conn.tunnel |= t.tunnel;
        if (t.close || a->close)
            finish(s, a->st, a->in->now_us, a->q);
    } else {
        http_server_respond(s, a, wr_span(&w), args->after_us ? a->in->now_us + args->after_us : 0);
    }
}

static void reply(struct http_server *s, const struct input *in, struct outq *q)
{
    const struct http_reply_args *args = in->rec;
    struct http_answer a = {.in = in, .q = q, .cause = "script", .close = args->close};

    if (!find_turn(s, args->id, &a.st, &a.turn)) {
        http_tell(q, "error", in->token, HTTP_R_FAILED, in, "there is no such request");
        return;
    }
    flow_id flow = a.st->flow;
    a.mem = arena_of(s->scratch, sizeof s->scratch);
    a.close |= args->until_close || a.turn->close;
    reply_with(s, &a, args);
    http_tell(q, "sent", in->token, HTTP_R_SENT, in, NULL);
    if (a.st->used && a.st->flow == flow) /* what waited behind it */
        work(s, a.st, in, (struct span){NULL, 0}, q);
}

static void send_octets(struct http_server *s, const struct input *in, struct outq *q)
{
    const struct http_reply_args *a = in->rec;
    const struct http_stream *st = stream_of(s, a->flow);

    if (st)
        send(st, a->octets, a->split, q);
    http_tell(q, st ? "sent" : "error", in->token, st ? HTTP_R_SENT : HTTP_R_FAILED, in,
              st ? NULL : "there is no such connection");
}

static void close_one(struct http_server *s, const struct input *in, struct outq *q)
{
    const struct http_reply_args *a = in->rec;
    struct http_stream *st = NULL;
    struct http_turn *t;

    if (a->flow)
        st = stream_of(s, a->flow);
    else
        find_turn(s, a->id, &st, &t);
    if (st)
        drop(s, st, a->abort, q);
    http_tell(q, "sent", in->token, HTTP_R_SENT, in, NULL);
}

static void command(struct http_server *s, const struct input *in, struct outq *q)
{
    const char *v = in->verb->name;

    if (strcmp(v, "reply") == 0) {
        reply(s, in, q);
    } else if (strcmp(v, "send") == 0) {
        send_octets(s, in, q);
    } else if (strcmp(v, "close") == 0) {
        close_one(s, in, q);
    } else if (strcmp(v, "resource") == 0) {
        bool good = http_server_resource_put(s, in->rec);
        http_tell(q, good ? "sent" : "error", in->token, good ? HTTP_R_SENT : HTTP_R_FAILED, in,
                  good ? NULL : "there is no room for one more");
    }
}

/* ---- inputs ---- */

static void bytes(struct http_server *s, const struct input *in, struct outq *q)
{
    struct http_stream *st = stream_of(s, in->flow);

    if (!st)
        return; /* of one that was refused */
    st->since_us = in->now_us;
    work(s, st, in, in->data, q);
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
        command(s, in, q);
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

/* ---- tables ---- */

#define A(m, k) FIELD(struct http_reply_args, m, k)
static const struct field reply_fields[] = {
    {.name = "id", A(id, F_UINT)},
    {.name = "flow", A(flow, F_UINT)},
    {.name = "octets", A(octets, F_BYTES)},
    {.name = "as_is", A(as_is, F_BOOL)},
    {.name = "close", A(close, F_BOOL)},
    {.name = "until_close", A(until_close, F_BOOL)},
    {.name = "chunk", A(chunk, F_UINT)},
    {.name = "split", A(split, F_UINT)},
    {.name = "after_us", A(after_us, F_UINT)},
    {.name = "at_once", A(at_once, F_BOOL)},
    {.name = "abort", A(abort, F_BOOL)},
    {.name = "message", A(message, F_DRAFT), .sub = &http_msg_desc},
};
static const struct desc reply_desc = {"reply", sizeof(struct http_reply_args),
                                       FIELDS(reply_fields), .next = NULL};
static const struct verb verbs[] = {{"reply", &reply_desc, true},
                                    {"resource", &http_resource_desc, true},
                                    {"send", &reply_desc, true},
                                    {"close", &reply_desc, true}};

const struct endpoint_class http_server_class = {
    .name = "http.server",
    .size = sizeof(struct http_server),
    .sparse = true,
    .verbs = verbs,
    .n_verbs = COUNT(verbs),
    .faults = http_server_faults,
    .n_faults = HTTP_SERVER_FAULTS,
    .variants = http_server_variants,
    .n_variants = HTTP_SERVER_VARIANTS,
    .config = &http_server_config_desc,
    .input = input,
    .deadline = deadline,
};
