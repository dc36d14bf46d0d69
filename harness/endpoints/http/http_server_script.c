/* harness/endpoints/http/http_server_script.c - what a script, or an application, asks of the server. */
#include "harness/endpoints/http/http_server.h"

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

/* By octets, or a message; its turn is over unless it is a 1xx. False: it is too large, and the turn goes on. */
static bool reply_with(struct http_server *s, struct http_answer *a,
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
    if (w.full || a->mem.full)
        return false;
    unsigned status = args->octets.n ? 0 : status_of(&a->dr);
    a->turn->tunnel = status == 101 || (a->turn->ask == HTTP_ASK_CONNECT && status / 100 == 2);
    if (args->octets.n || !interim(a))
        a->st->waits = false;
    if (!args->octets.n && interim(a)) {
        http_put(&s->env, a->st->flow, wr_span(&w), args->split, a->q);
    } else if (args->at_once || args->split) {
        struct http_turn t = *a->turn;
        http_put(&s->env, a->st->flow, wr_span(&w), args->split, a->q);
        http_turn_pop(a->st, (size_t)(a->turn - a->st->turns));
        a->st->conn.tunnel |= t.tunnel;
        if (t.close || a->close)
            http_server_finish_stream(s, a->st, a->in->now_us, a->q);
    } else {
        http_server_respond(s, a, wr_span(&w), args->after_us ? a->in->now_us + args->after_us : 0);
    }
    return true;
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
    if (!reply_with(s, &a, args)) {
        http_tell(q, "error", in->token, HTTP_R_FAILED, in, "the response is too large");
        return;
    }
    http_tell(q, "sent", in->token, HTTP_R_SENT, in, NULL);
    if (a.st->used && a.st->flow == flow) /* what waited behind it */
        http_server_work(s, a.st, in, (struct span){NULL, 0}, q);
}

static void send_octets(struct http_server *s, const struct input *in, struct outq *q)
{
    const struct http_reply_args *a = in->rec;
    const struct http_stream *st = http_server_stream(s, a->flow);

    if (st)
        http_put(&s->env, st->flow, a->octets, a->split, q);
    http_tell(q, st ? "sent" : "error", in->token, st ? HTTP_R_SENT : HTTP_R_FAILED, in,
              st ? NULL : "there is no such connection");
}

static void close_one(struct http_server *s, const struct input *in, struct outq *q)
{
    const struct http_reply_args *a = in->rec;
    struct http_stream *st = NULL;
    struct http_turn *t;

    if (a->flow)
        st = http_server_stream(s, a->flow);
    else
        find_turn(s, a->id, &st, &t);
    if (st)
        http_server_drop(s, st, a->abort, q);
    http_tell(q, "sent", in->token, HTTP_R_SENT, in, NULL);
}

void http_server_command(struct http_server *s, const struct input *in, struct outq *q)
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
const struct verb http_server_verbs[HTTP_SERVER_VERBS] = {{"reply", &reply_desc, true},
                                                          {"resource", &http_resource_desc, true},
                                                          {"send", &reply_desc, true},
                                                          {"close", &reply_desc, true}};
