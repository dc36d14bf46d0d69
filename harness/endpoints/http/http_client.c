/* harness/endpoints/http/http_client.c - a client: responses, and what becomes of requests whose connection goes
 * (RFC 9112 section 9). */
#include "harness/endpoints/http/http_client.h"

static void start(struct http_client *c, const struct http_client_config *cfg)
{
    static const uint64_t timeout_us = 30000000, continue_us = 1000000;

    c->mem = arena_of(c->memory, sizeof c->memory);
    if (cfg)
        c->c = *cfg;
    c->c.transport = arena_copy(&c->mem, c->c.transport.n ? c->c.transport : span_of("tcp"));
    c->c.host = arena_copy(&c->mem, c->c.host);
    c->c.username = arena_copy(&c->mem, c->c.username);
    c->c.password = arena_copy(&c->mem, c->c.password);
    c->c.software = arena_copy(&c->mem, c->c.software.n ? c->c.software : span_of("rtclab/0.1"));
    c->c.timeout_us = c->c.timeout_us ? c->c.timeout_us : timeout_us;
    c->c.continue_us = c->c.continue_us ? c->c.continue_us : continue_us;
}

static struct http_link *link_of(struct http_client *c, flow_id flow)
{
    for (size_t i = 0; i < HTTP_LINKS; i++)
        if (c->links[i].used && c->links[i].flow == flow)
            return &c->links[i];
    return NULL;
}

/* ---- ends ---- */

static void unlink_from(struct http_client *c, struct http_trans *t)
{
    struct http_link *l = t->link ? &c->links[t->link - 1] : NULL;

    for (size_t i = 0; l && i < l->n; i++)
        if (l->order[i] == t - c->tx) {
            l->n--;
            memmove(l->order + i, l->order + i + 1, l->n - i);
            break;
        }
    t->link = 0;
}

struct http_event *http_client_end(struct http_client *c, struct http_trans *t,
                                   const struct input *in, struct outq *q, enum http_result kind,
                                   struct span octets, const char *why)
{
    struct input about = *in;
    struct http_event *e;

    if (t->link) {
        const struct http_link *l = &c->links[t->link - 1];
        about.flow = l->flow;
        about.pkt.remote = l->to;
        about.pkt.local = l->local;
    }
    e = octets.n ? http_report(q, "response", t->token, kind, &about, octets, (enum http_ask)t->ask)
                 : http_tell(q, "response", t->token, kind, &about, why);
    unlink_from(c, t);
    t->used = false;
    if (!e)
        return NULL;
    e->why = why;
    e->rtt_us = in->now_us - t->started_us;
    e->tries = t->tries;
    return e;
}

/* No response will come on this connection any more. What was asked may be asked again where that does no harm, and
 * where the connection had served, so that it is likely to have ended before (RFC9112:9.3.2#3). */
static void orphan(struct http_client *c, struct http_trans *t, bool served, bool begun,
                   const struct input *in, struct outq *q, const char *why)
{
    bool harmless = t->idempotent || client_flag(c, "any-method-again");
    bool again =
        t->user && served && !begun && harmless && !t->again && !client_flag(c, "never-again");

    if (!again) {
        http_client_end(c, t, in, q, HTTP_R_CLOSED, (struct span){NULL, 0}, why);
        return;
    }
    unlink_from(c, t);
    t->again = true;
    t->pipeline = false; /* RFC9112:9.3.2#4 */
    http_client_attempt(c, t, NULL, true, in, q);
}

/* A connection is of no use any more, begun: in the middle of a response: its requests are ended, or asked elsewhere,
 * where its place may be taken. */
static void let_go(struct http_client *c, struct http_link *l, const struct input *in,
                   struct outq *q, bool begun, const char *why)
{
    uint8_t order[HTTP_OUTSTANDING];
    size_t n = l->n;
    bool served = l->served;

    memcpy(order, l->order, n);
    l->used = false;
    for (size_t i = 0; i < n; i++)
        orphan(c, &c->tx[order[i]], served || i > 0, i == 0 && begun, in, q, why);
}

static void gone(struct http_client *c, struct http_link *l, const struct input *in, struct outq *q,
                 const char *why)
{
    bool idle = l->n == 0;

    let_go(c, l, in, q, http_conn_half(&l->conn), why);
    if (idle)
        http_tell(q, "ended", 0, HTTP_R_CLOSED, in, why);
}

static void hang_up(struct http_client *c, struct http_link *l, const struct input *in, bool abort,
                    const char *why, struct outq *q)
{
    out_put(q, OUT_CLOSE, l->flow)->abort = abort;
    let_go(c, l, in, q, false, why);
}

/* ---- responses ---- */

static enum http_result kind_of(unsigned status)
{
    return status / 100 == 2 || status == 101 ? HTTP_R_SUCCESS
           : status / 100 == 3                ? HTTP_R_REDIRECT
                                              : HTTP_R_ERROR;
}

static void interim(struct http_client *c, struct http_trans *t, const struct input *in,
                    struct span octets, unsigned status, struct outq *q)
{
    struct http_event *e =
        http_report(q, "interim", 0, HTTP_R_INTERIM, in, octets, (enum http_ask)t->ask);
    if (e)
        e->rtt_us = in->now_us - t->started_us;
    if (status == 100 && t->phase == HTTP_BODY_WAITS)
        http_client_send_body(c, t, q);
}

static struct span target_of(const struct http_trans *t)
{
    struct span line = {t->plain, t->plain_n};
    size_t at = lex_until(line, 0, LEX_BLANK | LEX_EOL);

    return span_cut(line, at + 1, lex_until(line, at + 1, LEX_BLANK | LEX_EOL));
}

/* Whether a 401 is answered by credentials: then it is, over the connection where that goes on. */
static bool answered(struct http_client *c, struct http_trans *t, struct http_link *l,
                     const struct http_msg *m, const struct input *in, struct outq *q)
{
    struct arena mem = arena_of(c->scratch, sizeof c->scratch);
    struct http_login *login;
    enum http_challenge got;

    if (m->status != 401 || !t->login || t->challenges == CLIENT_CHALLENGES)
        return false;
    login = http_client_login(c, &t->to, in->now_us);
    login->signed_ = t->authorization_n > 0; /* whether these credentials were refused */
    got = http_login_keep(login, &c->env, m, target_of(t), &mem);
    if (got == HTTP_CHALLENGE_SAME && !client_flag(c, "refused-tried-again"))
        *login = (struct http_login){0};
    if (got == HTTP_CHALLENGE_NONE ||
        (got == HTTP_CHALLENGE_SAME && !client_flag(c, "refused-tried-again")))
        return false;
    if (got == HTTP_CHALLENGE_STALE && client_flag(c, "stale-given-up"))
        return false;
    t->challenges++;
    bool stays = l->used && l->n == 0 && !l->closing;
    http_client_attempt(c, t, stays ? l : NULL, false, in, q);
    return true;
}

static enum http_verified verify(struct http_client *c, const struct http_trans *t,
                                 const struct http_msg *m, struct span body, const struct input *in)
{
    struct arena mem = arena_of(c->scratch, sizeof c->scratch);
    struct span by = {t->wire + t->authorization, t->authorization_n};

    if (!by.n)
        return HTTP_VERIFIED_ABSENT;
    return http_login_info(http_client_login(c, &t->to, in->now_us), &c->env, &t->account, by, m,
                           body, &mem);
}

/* Whether it is asked again, without what the server did not take: RFC9110:10.1.1#6. */
static bool unexpected(struct http_client *c, struct http_trans *t, const struct http_msg *m,
                       const struct input *in, struct outq *q)
{
    if (m->status != 417 || !t->expect || !t->user || client_flag(c, "expects-always"))
        return false;
    t->expect = false;
    t->no_expect = true;
    http_client_attempt(c, t, NULL, false, in, q);
    return true;
}

static void response(struct http_client *c, struct http_link *l, const struct input *in,
                     const struct http_item *it, struct outq *q)
{
    struct arena view = arena_of(c->view, sizeof c->view),
                 content = arena_of(c->content, sizeof c->content);
    struct http_msg *m = arena_new(&view, sizeof *m);
    struct http_trans *t = &c->tx[l->order[0]];
    struct findings none = {0};

    if (l->n == 0) /* its request was taken for answered, by a fault of ours */
        return;
    http_decode(it->octets, it->ask, &view, m, &none);
    if (!it->final && client_flag(c, "interim-taken-for-final")) {
        http_client_end(c, t, in, q, HTTP_R_SUCCESS, it->octets, NULL);
        return;
    }
    if (!it->final) {
        interim(c, t, in, it->octets, m->status, q);
        return;
    }
    bool persists = http_persists(m) && !it->close;
    bool unsent = t->phase == HTTP_BODY_WAITS; /* the body is not sent any more: RFC9112:9.5#6 */
    l->served = true;
    l->n--;
    memmove(l->order, l->order + 1, l->n);
    if (!l->conn.tunnel && (!persists || unsent))
        l->closing = l->ended = true;
    l->stays = t->stay && !unsent;
    enum http_verified verified =
        verify(c, t, m, http_content_of(it->octets, it->ask, &content), in);
    if (answered(c, t, l, m, in, q) || unexpected(c, t, m, in, q))
        return;
    struct http_event *e = http_client_end(c, t, in, q, kind_of(m->status), it->octets, NULL);
    if (e)
        e->verified = (uint8_t)verified;
}

/* What becomes of the connection behind a response. */
static void behind(struct http_client *c, struct http_link *l, const struct input *in,
                   struct outq *q)
{
    bool over = l->ended && !client_flag(c, "stays-after-close"); /* RFC9112:9.6#8a */

    if (l->closing && !l->ended && l->n == 0) /* RFC9112:9.6#2b */
        over = !client_flag(c, "stays-after-own-close");
    if (over && !l->conn.tunnel && !l->stays)
        hang_up(c, l, in, false, "the server ended the connection", q);
}

static void data(const struct input *in, struct span octets, struct outq *q)
{
    struct http_event *e = http_tell(q, "data", 0, HTTP_R_DATA, in, NULL);

    if (!e)
        return;
    e->codec = "";
    e->octets = arena_copy(&q->mem, octets);
    e->content = e->octets;
    q->full |= q->mem.full;
}

/* What came is no response: the connection is closed (RFC9112:6.3#7, 9.2#2b). */
static void fault(struct http_client *c, struct http_link *l, const struct input *in,
                  const struct http_item *it, struct outq *q)
{
    struct http_trans *t = l->n ? &c->tx[l->order[0]] : NULL;

    if (t) {
        l->n--;
        memmove(l->order, l->order + 1, l->n);
        http_client_end(c, t, in, q, HTTP_R_FAILED, it->octets, it->why);
    } else {
        struct http_event *e = http_tell(q, "stray", 0, HTTP_R_FAILED, in, it->why);
        if (e) {
            e->codec = "";
            e->octets = arena_copy(&q->mem, it->octets);
            q->full |= q->mem.full;
        }
    }
    if (t || !client_flag(c, "stays-on-stray"))
        hang_up(c, l, in, true, "what came before was no response", q);
}

static void take(struct http_client *c, struct http_link *l, const struct input *in,
                 struct span octets, struct outq *q)
{
    struct http_item it;
    enum http_got got;
    flow_id flow = l->flow;

    do {
        struct arena mem = arena_of(c->scratch, sizeof c->scratch);
        got = http_conn_take(&l->conn, &octets, &mem, &it);
        if (got == HTTP_GOT_MESSAGE) {
            response(c, l, in, &it, q);
            if (l->used && l->flow == flow)
                behind(c, l, in, q);
        } else if (got == HTTP_GOT_OCTETS) {
            data(in, it.octets, q);
        } else if (got == HTTP_GOT_FAULT) {
            fault(c, l, in, &it, q);
        }
    } while (got != HTTP_GOT_NOTHING && l->used && l->flow == flow);
}

static void eof(struct http_client *c, struct http_link *l, const struct input *in, struct outq *q)
{
    struct http_item it;
    enum http_got got = l->conn.tunnel ? HTTP_GOT_NOTHING : http_conn_end(&l->conn, &it);
    flow_id flow = l->flow;

    if (got == HTTP_GOT_MESSAGE) {
        l->closing = true;
        response(c, l, in, &it, q);
    }
    if (!l->used || l->flow != flow)
        return;
    out_put(q, OUT_CLOSE, l->flow); /* RFC9112:9.5#2 */
    if (got == HTTP_GOT_MESSAGE)
        let_go(c, l, in, q, false, "end of stream");
    else
        gone(c, l, in, q, got == HTTP_GOT_FAULT ? it.why : "end of stream");
}

/* ---- timers ---- */

static uint64_t due(const struct http_trans *t)
{
    return t->continue_us < t->limit_us ? t->continue_us : t->limit_us;
}

static void timers(struct http_client *c, const struct input *in, struct outq *q)
{
    for (size_t i = 0; i < HTTP_TRANSACTIONS; i++) {
        struct http_trans *t = &c->tx[i];
        if (!t->used || due(t) > in->now_us)
            continue;
        if (t->limit_us > in->now_us) { /* RFC9110:10.1.1#5 */
            http_client_send_body(c, t, q);
            continue;
        }
        struct http_link *l = &c->links[t->link - 1];
        http_client_end(c, t, in, q, HTTP_R_TIMEOUT, (struct span){NULL, 0}, NULL);
        hang_up(c, l, in, true, "a request before has timed out",
                q); /* its response may come yet */
    }
}

static uint64_t deadline(const void *self)
{
    const struct http_client *c = self;
    uint64_t best = NO_DEADLINE;

    for (size_t i = 0; i < HTTP_TRANSACTIONS; i++)
        if (c->tx[i].used && due(&c->tx[i]) < best)
            best = due(&c->tx[i]);
    return best;
}

/* ---- what is asked ---- */

static void send_octets(struct http_client *c, const struct input *in, struct outq *q)
{
    const struct http_args *a = in->rec;
    const struct addr *to = a->to.family ? &a->to : &c->c.server;
    struct http_link *l = a->flow ? link_of(c, a->flow) : NULL;
    struct input about = *in;
    char stack[CLIENT_STACK];

    if (!a->flow && http_client_stack(c, a->transport, stack))
        l = http_client_open(c, to, &a->local, stack, q);
    if (l)
        http_put(&c->env, l->flow, a->octets, a->split, q);
    about.flow = l ? l->flow : 0;
    http_tell(q, l ? "sent" : "error", in->token, l ? HTTP_R_SENT : HTTP_R_FAILED, &about,
              l ? NULL : "there is no such connection, or no room for one more");
}

static void close_link(struct http_client *c, const struct input *in, struct outq *q)
{
    const struct http_args *a = in->rec;

    for (size_t i = 0; i < HTTP_LINKS; i++) {
        struct http_link *l = &c->links[i];
        if (!l->used || (a->flow && l->flow != a->flow))
            continue;
        out_put(q, OUT_CLOSE, l->flow)->abort = a->abort;
        l->used = false;
        for (size_t k = 0; k < HTTP_TRANSACTIONS; k++)
            if (c->tx[k].used && c->tx[k].link == i + 1)
                http_client_end(c, &c->tx[k], in, q, HTTP_R_CLOSED, (struct span){NULL, 0},
                                "closed here");
    }
    http_tell(q, "sent", in->token, HTTP_R_SENT, in, NULL);
}

static void command(struct http_client *c, const struct input *in, struct outq *q)
{
    const char *v = in->verb->name;

    if (strcmp(v, "request") == 0)
        http_client_ask(c, in, false, q);
    else if (strcmp(v, "fetch") == 0)
        http_client_ask(c, in, true, q);
    else if (strcmp(v, "send") == 0)
        send_octets(c, in, q);
    else if (strcmp(v, "close") == 0)
        close_link(c, in, q);
}

/* ---- inputs ---- */

static void on_link(struct http_client *c, struct http_link *l, const struct input *in,
                    struct outq *q)
{
    struct input about = *in;

    if (in->kind == IN_OPENED)
        l->local = in->pkt.local;
    about.pkt.remote = l->to;
    about.pkt.local = l->local;
    switch (in->kind) {
    case IN_OPENED:
        http_tell(q, "opened", 0, HTTP_R_OPENED, &about, NULL);
        break;
    case IN_BYTES:
        take(c, l, &about, in->data, q);
        break;
    case IN_EOF:
        eof(c, l, &about, q);
        break;
    case IN_CLOSED:
        gone(c, l, &about, q, in->detail ? in->detail : close_name(in->why));
        break;
    default:
        break;
    }
}

static void input(void *self, const struct input *in, struct outq *q)
{
    struct http_client *c = self;
    struct http_link *l = in->flow ? link_of(c, in->flow) : NULL;

    if (in->kind == IN_START)
        start(c, in->rec);
    else if (in->kind == IN_TIMER)
        timers(c, in, q);
    else if (in->kind == IN_COMMAND)
        command(c, in, q);
    else if (l)
        on_link(c, l, in, q);
}

/* ---- tables ---- */

#define A(m, k) FIELD(struct http_args, m, k)
static const struct field args_fields[] = {
    {.name = "to", A(to, F_ADDR)},
    {.name = "local", A(local, F_ADDR)},
    {.name = "transport", A(transport, F_TEXT)},
    {.name = "host", A(host, F_TEXT)},
    {.name = "username", A(username, F_TEXT)},
    {.name = "password", A(password, F_TEXT)},
    {.name = "octets", A(octets, F_BYTES)},
    {.name = "as_is", A(as_is, F_BOOL)},
    {.name = "login", A(login, F_BOOL)},
    {.name = "fresh", A(fresh, F_BOOL)},
    {.name = "pipeline", A(pipeline, F_BOOL)},
    {.name = "expect", A(expect, F_BOOL)},
    {.name = "close", A(close, F_BOOL)},
    {.name = "stay", A(stay, F_BOOL)},
    {.name = "abort", A(abort, F_BOOL)},
    {.name = "chunk", A(chunk, F_UINT)},
    {.name = "split", A(split, F_UINT)},
    {.name = "timeout_us", A(timeout_us, F_UINT)},
    {.name = "flow", A(flow, F_UINT)},
    {.name = "message", A(message, F_DRAFT), .sub = &http_msg_desc},
};
const struct desc http_args_desc = {"request", sizeof(struct http_args), FIELDS(args_fields),
                                    .next = NULL};
static const struct verb verbs[] = {{"request", &http_args_desc, true},
                                    {"fetch", &http_args_desc, true},
                                    {"send", &http_args_desc, true},
                                    {"close", &http_args_desc, true}};

const struct endpoint_class http_client_class = {
    .name = "http.client",
    .size = sizeof(struct http_client),
    .sparse = true,
    .verbs = verbs,
    .n_verbs = COUNT(verbs),
    .faults = http_client_faults,
    .n_faults = HTTP_CLIENT_FAULTS,
    .variants = http_client_variants,
    .n_variants = HTTP_CLIENT_VARIANTS,
    .config = &http_client_config_desc,
    .input = input,
    .deadline = deadline,
};
