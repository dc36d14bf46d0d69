/* harness/endpoints/echo/echo_relay.c - a socket of its own for each client, both ways. */
#include "harness/endpoints/echo/echo.h"

enum { LISTENER = 1 };
struct client {
    flow_id flow;       /* 0: free */
    struct pkt towards; /* the client, and the address of ours that it knows */
    uint64_t seen_us;
};
struct relay {
    struct env env;
    struct addr to;
    uint64_t idle_us, due_us;
    flow_id last_flow;
    size_t n;
    struct client clients[RELAY_CLIENTS];
};

static void start(struct relay *r, const struct input *in, struct outq *q)
{
    static const struct relay_config none;
    const struct relay_config *c = in->rec ? in->rec : &none;
    struct output *o = out_put(q, OUT_OPEN, LISTENER);

    r->to = c->to;
    r->idle_us = c->idle_us ? c->idle_us : RELAY_IDLE_S * UINT64_C(1000000);
    r->due_us = NO_DEADLINE;
    r->last_flow = LISTENER;
    o->open.stack = "udp";
    o->open.local = c->listen;
    if (!o->open.local.family)
        o->open.local.family = 4;
}

static struct client *client_of(struct relay *r, flow_id flow)
{
    for (size_t i = 0; i < COUNT(r->clients); i++)
        if (flow && r->clients[i].flow == flow)
            return &r->clients[i];
    return NULL;
}

static struct client *client_at(struct relay *r, const struct addr *a)
{
    for (size_t i = 0; i < COUNT(r->clients); i++)
        if (r->clients[i].flow && addr_eq(&r->clients[i].towards.remote, a))
            return &r->clients[i];
    return NULL;
}

static struct client *client_new(struct relay *r, const struct input *in, struct outq *q)
{
    for (size_t i = 0; i < COUNT(r->clients); i++) {
        struct client *c = &r->clients[i];
        if (c->flow)
            continue;
        r->n++;
        c->flow = ++r->last_flow;
        c->towards = (struct pkt){.remote = in->pkt.remote, .local = in->pkt.local};
        struct output *o = out_put(q, OUT_OPEN, c->flow);
        o->open.stack = "udp";
        o->open.local.family = r->to.family;
        o->open.remote = r->to;
        return c;
    }
    return NULL;
}

static void report(struct relay *r, const struct input *in, struct outq *q, const char *name,
                   const struct client *c)
{
    struct echo_event *e = echo_report(q, name, 0, in);

    if (!e)
        return;
    e->n = r->n;
    if (c)
        e->remote = c->towards.remote;
}

static void from_client(struct relay *r, const struct input *in, struct outq *q)
{
    struct client *c = client_at(r, &in->pkt.remote);

    if (!c)
        c = client_new(r, in, q);
    if (!c) {
        report(r, in, q, "quota", NULL);
        return;
    }
    c->seen_us = in->now_us;
    if (r->due_us == NO_DEADLINE)
        r->due_us = in->now_us + r->idle_us;
    out_send(q, c->flow, in->data, &(struct pkt){.remote = r->to});
}

static void from_peer(struct relay *r, const struct input *in, struct outq *q)
{
    struct client *c = client_of(r, in->flow);

    if (!c || !addr_eq(&in->pkt.remote, &r->to))
        return; /* a stranger who has found the port */
    c->seen_us = in->now_us;
    out_send(q, LISTENER, in->data, &c->towards);
}

static void forget_idle(struct relay *r, const struct input *in, struct outq *q)
{
    r->due_us = NO_DEADLINE;
    for (size_t i = 0; i < COUNT(r->clients); i++) {
        struct client *c = &r->clients[i];
        if (!c->flow)
            continue;
        uint64_t end = c->seen_us + r->idle_us;
        if (end <= in->now_us) {
            out_put(q, OUT_CLOSE, c->flow);
            r->n--;
            report(r, in, q, "gone", c);
            c->flow = 0;
        } else if (end < r->due_us) {
            r->due_us = end;
        }
    }
}

static void closed(struct relay *r, const struct input *in, struct outq *q)
{
    struct client *c = client_of(r, in->flow);
    struct echo_event *e;

    if (c) {
        r->n--;
        report(r, in, q, "gone", c);
        c->flow = 0;
    } else if (in->flow == LISTENER && (e = echo_report(q, "closed", 0, in)) != NULL) {
        e->why = close_name(in->why);
    }
}

static void input(void *self, const struct input *in, struct outq *q)
{
    struct relay *r = self;

    if (in->kind == IN_START)
        start(r, in, q);
    else if (in->kind == IN_OPENED)
        report(r, in, q, in->flow == LISTENER ? "listening" : "client", client_of(r, in->flow));
    else if (in->kind == IN_BYTES && in->flow == LISTENER)
        from_client(r, in, q);
    else if (in->kind == IN_BYTES)
        from_peer(r, in, q);
    else if (in->kind == IN_TIMER)
        forget_idle(r, in, q);
    else if (in->kind == IN_CLOSED)
        closed(r, in, q);
}

static uint64_t deadline(const void *self)
{
    return ((const struct relay *)self)->due_us;
}

const struct endpoint_class echo_relay_class = {
    .name = "echo.relay",
    .size = sizeof(struct relay),
    .config = &relay_config_desc,
    .input = input,
    .deadline = deadline,
};
