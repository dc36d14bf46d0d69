/* harness/endpoints/echo/echo_server.c - sends back what comes. */
#include "harness/endpoints/echo/echo.h"

enum { LISTENER = 1 };
struct server {
    struct env env;
    bool stream;
    char stack[ECHO_STACK];
};

static void start(struct server *s, const struct input *in, struct outq *q)
{
    static const struct echo_config none;
    const struct echo_config *c = in->rec ? in->rec : &none;
    struct span stack = c->stack.n ? c->stack : span_of("udp");
    struct output *o = out_put(q, OUT_OPEN, LISTENER);

    stack = span_cut(stack, 0, sizeof s->stack - 1);
    memcpy(s->stack, stack.p, stack.n);
    s->stream = strncmp(s->stack, "udp", 3) != 0;
    o->open.stack = s->stack;
    o->open.listen = s->stream;
    o->open.local = c->listen;
    if (!o->open.local.family)
        o->open.local.family = 4;
}

static void ended(const struct input *in, struct outq *q, const char *why)
{
    struct echo_event *e = echo_report(q, in->flow == LISTENER ? "closed" : "ended", 0, in);
    if (e)
        e->why = why;
}

static void input(void *self, const struct input *in, struct outq *q)
{
    struct server *s = self;

    switch (in->kind) {
    case IN_START:
        start(s, in, q);
        break;
    case IN_OPENED:
        echo_report(q, in->flow == LISTENER ? "listening" : "accepted", 0, in);
        break;
    case IN_BYTES: /* datagrams go back from the address that they came to */
        out_send(q, in->flow, in->data,
                 s->stream ? &(struct pkt){.kind = in->pkt.kind}
                           : &(struct pkt){.remote = in->pkt.remote, .local = in->pkt.local});
        break;
    case IN_EOF:
        out_put(q, OUT_CLOSE, in->flow);
        ended(in, q, "end of stream");
        break;
    case IN_CLOSED:
        ended(in, q, close_name(in->why));
        break;
    default:
        break;
    }
}

const struct endpoint_class echo_server_class = {
    .name = "echo.server",
    .size = sizeof(struct server),
    .config = &echo_server_config_desc,
    .input = input,
};
