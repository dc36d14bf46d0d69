/* harness/endpoints/echo/echo_client.c - asks for an echo and waits for it. */
#include "harness/endpoints/echo/echo.h"

enum { FLOW = 1 };
struct pending {
    uint32_t token;
    size_t n, got; /* octets sent, and come back (streams) */
    uint8_t data[ECHO_MAX];
};
struct client {
    struct env env;
    bool stream, closed;
    struct addr to;
    char stack[ECHO_STACK];
    size_t n_pending; /* the oldest first */
    struct pending pending[ECHO_PENDING];
};

static void start(struct client *c, const struct input *in, struct outq *q)
{
    static const struct echo_config none;
    const struct echo_config *cfg = in->rec ? in->rec : &none;
    struct span stack = cfg->stack.n ? cfg->stack : span_of("udp");
    struct output *o = out_put(q, OUT_OPEN, FLOW);

    stack = span_cut(stack, 0, sizeof c->stack - 1);
    memcpy(c->stack, stack.p, stack.n);
    c->stream = strncmp(c->stack, "udp", 3) != 0;
    c->to = cfg->to;
    o->open.stack = c->stack;
    o->open.local.family = cfg->to.family;
    o->open.remote = cfg->to;
}

/* Answer one `echo`; `why`: it failed. */
static void answer(const struct input *in, struct outq *q, uint32_t token, struct span data,
                   const char *why)
{
    struct echo_event *e = echo_report(q, "echo", token, in);

    if (!e)
        return;
    e->data = arena_copy(&q->mem, data);
    e->why = why;
}

static void take_out(struct client *c, size_t i)
{
    c->n_pending--;
    memmove(&c->pending[i], &c->pending[i + 1], (c->n_pending - i) * sizeof c->pending[0]);
}

static void echo(struct client *c, const struct input *in, struct outq *q)
{
    const struct echo_args *a = in->rec;
    struct pending *p = &c->pending[c->n_pending];
    const char *why = c->closed                      ? "the flow is closed"
                      : a->data.n > ECHO_MAX         ? "too many octets"
                      : a->data.n == 0               ? "no octets"
                      : c->n_pending == ECHO_PENDING ? "too many at once"
                                                     : NULL;

    if (why) {
        answer(in, q, in->token, (struct span){0}, why);
        return;
    }
    c->n_pending++;
    p->token = in->token;
    p->n = a->data.n;
    p->got = 0;
    memcpy(p->data, a->data.p, a->data.n);
    out_send(q, FLOW, a->data, c->stream ? NULL : &(struct pkt){.remote = c->to});
}

static void stray(const struct input *in, struct outq *q, struct span data)
{
    struct echo_event *e = echo_report(q, "stray", 0, in);
    if (e)
        e->data = arena_copy(&q->mem, data);
}

static void datagram(struct client *c, const struct input *in, struct outq *q)
{
    for (size_t i = 0; i < c->n_pending; i++)
        if (span_eq((struct span){c->pending[i].data, c->pending[i].n}, in->data)) {
            answer(in, q, c->pending[i].token, in->data, NULL);
            take_out(c, i);
            return;
        }
    stray(in, q, in->data);
}

/* Octets of a stream answer what was asked in its order, however they are cut. */
static void octets(struct client *c, const struct input *in, struct outq *q)
{
    for (size_t at = 0; at < in->data.n;) {
        struct pending *p = &c->pending[0];
        if (c->n_pending == 0) {
            stray(in, q, span_cut(in->data, at, in->data.n));
            return;
        }
        struct span part = span_cut(in->data, at, at + p->n - p->got);
        memcpy(p->data + p->got, part.p, part.n); /* what came, over what was sent */
        p->got += part.n;
        at += part.n;
        if (p->got == p->n) {
            answer(in, q, p->token, (struct span){p->data, p->n}, NULL);
            take_out(c, 0);
        }
    }
}

static void over(struct client *c, const struct input *in, struct outq *q, const char *why)
{
    struct echo_event *e;

    c->closed = true;
    for (; c->n_pending; take_out(c, 0))
        answer(in, q, c->pending[0].token, (struct span){0}, why);
    e = echo_report(q, "closed", in->token, in);
    if (e)
        e->why = why;
}

static void input(void *self, const struct input *in, struct outq *q)
{
    struct client *c = self;

    if (in->kind == IN_START) {
        start(c, in, q);
    } else if (in->kind == IN_OPENED) {
        echo_report(q, "opened", 0, in);
    } else if (in->kind == IN_BYTES && c->stream) {
        octets(c, in, q);
    } else if (in->kind == IN_BYTES) {
        datagram(c, in, q);
    } else if (in->kind == IN_EOF) {
        echo_report(q, "ended", 0, in);
    } else if (in->kind == IN_CLOSED) {
        over(c, in, q, close_name(in->why));
    } else if (in->kind == IN_COMMAND && strcmp(in->verb->name, "echo") == 0) {
        echo(c, in, q);
    } else if (in->kind == IN_COMMAND) {
        if (!c->closed)
            out_put(q, OUT_CLOSE, FLOW);
        over(c, in, q, "closed here");
    }
}

static const struct desc no_args = {.name = "none"};
const struct verb echo_client_verbs[2] = {
    {"echo", &echo_args_desc, true},
    {"close", &no_args, true},
};
const struct endpoint_class echo_client_class = {
    .name = "echo.client",
    .size = sizeof(struct client),
    .verbs = echo_client_verbs,
    .n_verbs = COUNT(echo_client_verbs),
    .config = &echo_client_config_desc,
    .input = input,
};
