/* harness/endpoints/http/http_server_turns.c - what comes on a connection, and in which order it is answered (RFC 9112
 * section 9.3). */
#include "harness/endpoints/http/http_server.h"

static const uint64_t linger_us = 2000000;

/* ---- turns ---- */

void http_server_finish_stream(struct http_server *s, struct http_stream *st, uint64_t now_us,
                               struct outq *q)
{
    st->conn.over = true;
    st->n_turns = 0;
    if (st->ended) {
        http_server_drop(s, st, false, q);
        return;
    }
    out_put(q, OUT_SHUTDOWN, st->flow);
    st->lingers = true;
    st->linger_us = now_us + linger_us;
}

void http_turn_pop(struct http_stream *st, size_t i)
{
    st->n_turns--;
    memmove(st->turns + i, st->turns + i + 1, (st->n_turns - i) * sizeof *st->turns);
    st->kept_n = 0; /* what stands behind the last response that waits can be used again */
    for (size_t k = 0; k < st->n_turns; k++)
        if (st->turns[k].ready && st->turns[k].at + st->turns[k].n > st->kept_n)
            st->kept_n = st->turns[k].at + st->turns[k].n;
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

void http_server_flush(struct http_server *s, struct http_stream *st, uint64_t now_us,
                       struct outq *q)
{
    size_t i;

    while (st->n_turns && (i = next_turn(s, st)) < st->n_turns && st->turns[i].ready &&
           st->turns[i].due_us <= now_us) {
        struct http_turn t = st->turns[i];
        http_put(&s->env, st->flow, (struct span){st->kept + t.at, t.n}, 0, q);
        http_turn_pop(st, i);
        if (t.tunnel) {
            st->conn.tunnel = true;
            st->waits = false;
        }
        if (t.close && !(server_flag(s, "served-after-close") && http_conn_half(&st->conn))) {
            http_server_finish_stream(s, st, now_us, q);
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
        http_server_drop(s, st, true, a->q);
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
    http_server_flush(s, st, a->in->now_us, a->q);
}

struct http_turn *http_turn_new(struct http_server *s, struct http_stream *st,
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

/* `why`, if any, says that it cannot be read to its end. */
static void tell_request(const struct http_answer *a, struct span octets, const char *why)
{
    struct http_event *e = http_report(a->q, "request", 0, why ? HTTP_R_FAILED : HTTP_R_REQUEST,
                                       a->in, octets, HTTP_ASK_OTHER);

    if (!e)
        return;
    e->id = a->turn->id;
    e->why = why;
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
    a->turn = http_turn_new(s, st, m);
    bool unsure = it->close && !server_flag(s, "both-lengths-go-on");
    a->close = unsure || !a->turn->persists;
    if (a->close && !s->c.manual && !server_flag(s, "served-after-close"))
        st->conn.over = true; /* RFC9112:9.6#5 */
    if (server_flag(s, "goes-on-after-close"))
        a->close = unsure;
    a->turn->close = a->close;
    st->begun_us = NO_DEADLINE;
    if (!s->c.manual && http_server_serve(s, a))
        return;
    st->waits = a->turn->ask == HTTP_ASK_CONNECT || http_header(m, HTTP_UPGRADE);
    tell_request(a, it->octets, NULL);
}

/* A head with a body behind it: does the client wait to be told to go on? */
static void head(struct http_server *s, struct http_answer *a, const struct http_item *it)
{
    struct arena view = arena_of(s->view, sizeof s->view);
    struct findings none = {0};
    struct http_msg *m = arena_new(&view, sizeof *m);

    http_decode(it->octets, HTTP_ASK_OTHER, &view, m, &none);
    a->m = m;
    if (!http_header(m, HTTP_EXPECT) || (span_is(m->version, "HTTP/1.0") &&
                                         !server_flag(s, "continue-to-old"))) /* RFC9110:10.1.1#7 */
        return;
    unsigned status = s->c.manual ? 0 : http_server_early(s, a);
    if (status) {
        a->turn = http_turn_new(s, a->st, m);
        a->close = true; /* the body is not read: RFC9112:9.3#5 */
        a->st->conn.over = true;
        http_server_refuse(s, a, status, a->cause);
    } else if (!s->c.no_continue && !server_flag(s, "no-continue")) {
        a->st->expects = true;
    }
}

static void fault(struct http_server *s, struct http_answer *a, const struct http_item *it)
{
    a->turn = http_turn_new(s, a->st, NULL);
    a->turn->head = it->head;
    a->close = a->turn->close = true;
    if (s->c.manual)
        tell_request(a, it->octets, it->why);
    else
        http_server_refuse(s, a, it->status, it->cause);
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

void http_server_work(struct http_server *s, struct http_stream *st, const struct input *in,
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
        http_server_drop(s, st, true, q);
        return;
    }
    bool half = http_conn_half(&st->conn) && !st->conn.held && !st->conn.over;
    st->begun_us = !half ? NO_DEADLINE : st->begun_us == NO_DEADLINE ? in->now_us : st->begun_us;
    if (st->ended && st->n_turns == 0 && !st->lingers && !st->put_off)
        http_server_drop(s, st, false, q);
}
