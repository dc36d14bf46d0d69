/* harness/tests/ws_talk.h - for tests of the layer "ws" in its stacks: an endpoint that says what it is told and keeps
 * what it hears, an echo server, and a driver of either kind with both in it. */
#ifndef HARNESS_TESTS_WS_TALK_H
#define HARNESS_TESTS_WS_TALK_H
#include <stdio.h>
#include <stdlib.h>
#include "harness/core/test.h"
#include "harness/core/tls.h"
#include "harness/drivers/live.h"
#include "harness/drivers/sim.h"
#include "harness/endpoints/echo/echo.h"
#include "harness/endpoints/ws/ws.h"

enum { WAIT_US = 20000000 };

/* ---- an endpoint that says what its configuration has, and keeps what it is told ---- */

struct heard {
    char text[2048];
    size_t messages, octets;
    uint32_t sum;
    bool closed;
};
struct say {
    uint8_t kind;
    struct span data;
};
struct talk_config {
    struct flow_spec open;
    const struct say *says; /* at once, before the flow is open, */
    size_t n_says;
    bool waits;    /* or when it is */
    size_t closes; /* after so many messages; 0: never */
    size_t pauses; /* likewise, until a command */
    struct ws_close close;
    struct heard *heard;
};
struct talk {
    struct env env;
    struct talk_config c;
};

static inline void talk_note(struct heard *h, const char *text)
{
    strncat(h->text, text, sizeof h->text - strlen(h->text) - 1);
}

static inline struct span talk_fact(const struct input *in, const char *name)
{
    const struct flow_spec said = {.desc = in->desc, .options = in->rec};
    return flow_option_text(&said, name);
}

static inline void talk_opened(struct heard *h, const struct input *in)
{
    struct span protocol = talk_fact(in, "protocol"), path = talk_fact(in, "path");
    char text[256];

    if (!in->rec)
        return; /* a listener */
    snprintf(text, sizeof text, "[open %.*s %.*s]", (int)path.n, (const char *)path.p,
             (int)protocol.n, (const char *)protocol.p);
    talk_note(h, text);
}

static inline void talk_closed(struct heard *h, const struct input *in)
{
    const struct flow_spec said = {.desc = in->desc, .options = in->rec};
    struct span reason = talk_fact(in, "reason");
    char text[512];

    h->closed = true;
    snprintf(text, sizeof text, "[closed %s %u%s%.*s%s%s]", close_name(in->why),
             (unsigned)flow_option(&said, "code").u, reason.n ? " " : "", (int)reason.n,
             (const char *)reason.p, in->detail ? ": " : "", in->detail ? in->detail : "");
    talk_note(h, text);
}

static inline void talk_message(struct talk *t, const struct input *in, struct outq *q)
{
    struct heard *h = t->c.heard;
    struct output *o;

    h->messages++;
    h->octets += in->data.n;
    h->sum = fnv32(h->sum, in->data) + in->pkt.kind;
    if (h->messages == t->c.pauses)
        out_put(q, OUT_PAUSE, in->flow);
    if (h->messages != t->c.closes)
        return;
    o = out_put(q, OUT_CLOSE, in->flow);
    o->desc = &ws_close_desc;
    o->rec = &t->c.close;
}

static inline void talk_says(const struct talk *t, struct outq *q)
{
    for (size_t i = 0; i < t->c.n_says; i++)
        out_send(q, 1, t->c.says[i].data, &(struct pkt){.kind = t->c.says[i].kind});
}

static inline void talk_input(void *self, const struct input *in, struct outq *q)
{
    struct talk *t = self;

    switch (in->kind) {
    case IN_START:
        t->c = *(const struct talk_config *)in->rec;
        out_put(q, OUT_OPEN, 1)->open = t->c.open;
        if (!t->c.waits)
            talk_says(t, q);
        break;
    case IN_OPENED:
        talk_opened(t->c.heard, in);
        if (t->c.waits)
            talk_says(t, q);
        break;
    case IN_BYTES:
        talk_message(t, in, q);
        break;
    case IN_CLOSED:
        talk_closed(t->c.heard, in);
        break;
    case IN_COMMAND:
        out_put(q, OUT_RESUME, FLOW_ACCEPTED);
        break;
    default:
        break;
    }
    echo_report(q, "talk", 0, in);
}

static const struct desc no_args = {.name = "none"};
static const struct verb talk_verbs[] = {{"resume", &no_args, false}};
static const struct endpoint_class talk_class = {.name = "test.talk",
                                                 .size = sizeof(struct talk),
                                                 .verbs = talk_verbs,
                                                 .n_verbs = COUNT(talk_verbs),
                                                 .input = talk_input};

/* ---- a world ---- */

static struct world {
    struct driver *d;
    struct addr listening;
    bool (*done)(void);
} w;
static struct heard client, server;
static struct party *parties[3];

static inline void talk_event(void *ctx, const struct event *ev)
{
    (void)ctx;
    if (ev->desc == &echo_event_desc) {
        const struct echo_event *e = ev->rec;
        if (!w.listening.family && e->local.family)
            w.listening = e->local;
    }
    if (w.done && w.done())
        driver_break(w.d);
}

static inline void talk_begin(bool sim)
{
    const char *err = "";

    memset(&client, 0, sizeof client);
    memset(&server, 0, sizeof server);
    w = (struct world){.d = sim ? sim_new(1, NULL) : live_new(&(struct live_options){0}, &err)};
    CU_ASSERT_PTR_NOT_NULL_FATAL(w.d);
    w.d->on_event = talk_event;
}

static inline bool talk_run(bool (*done)(void))
{
    uint64_t until = w.d->now_us + WAIT_US;

    w.done = done;
    while (!done() && w.d->now_us < until && !w.d->error) /* flows that are over tell nobody */
        w.d->cls->run(w.d, w.d->now_us + 10000);
    w.done = NULL;
    if (w.d->error)
        printf("\n%s\n", w.d->error);
    CU_ASSERT_PTR_NULL(w.d->error);
    return done();
}

static inline void talk_end(void)
{
    w.d->cls->destroy(w.d);
}

static struct party *talk_add(const struct endpoint_class *cls, const void *config,
                              const char *const *rows, const char **err)
{
    static const struct tls_options tls = {.insecure = true};
    const char *none;
    bool variant = false; /* or a fault, as it is called */
    for (size_t i = 0; rows && i < ws_layer_class.n_variants; i++)
        variant |= strcmp(rows[0], ws_layer_class.variants[i].name) == 0;
    return w.d->cls->add(w.d,
                         &(struct party_spec){.cls = cls,
                                              .config = config,
                                              .seed = 5,
                                              .faults = variant ? NULL : rows,
                                              .variants = variant ? rows : NULL,
                                              .layer_desc = &tls_options_desc,
                                              .layer_options = &tls},
                         err ? err : &none);
}

static inline bool talk_listens(void)
{
    return w.listening.port != 0;
}

static inline struct addr talk_here(bool sim)
{
    return sim ? (struct addr){.family = 4} : (struct addr){4, {127, 0, 0, 1}, 0};
}

/* An echo server over `stack`; it listens. */
static inline void talk_serve_echo(bool sim, const char *stack, const char *const *rows)
{
    struct echo_config c = {.listen = talk_here(sim), .stack = span_of(stack)};

    parties[0] = talk_add(&echo_server_class, &c, rows, NULL);
    CU_ASSERT_TRUE_FATAL(parties[0] && talk_run(talk_listens));
}

/* A talker that listens. */
static inline void talk_serve(bool sim, const char *stack, struct talk_config *c)
{
    c->heard = &server;
    c->open.stack = stack;
    c->open.listen = true;
    c->open.local = talk_here(sim);
    parties[0] = talk_add(&talk_class, c, NULL, NULL);
    CU_ASSERT_TRUE_FATAL(parties[0] && talk_run(talk_listens));
}

static inline void talk_to(const char *stack, struct talk_config *c, const char *const *rows)
{
    c->heard = &client;
    c->open.stack = stack;
    c->open.remote = w.listening;
    parties[1] = talk_add(&talk_class, c, rows, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(parties[1]);
}

static inline bool talk_client_closed(void)
{
    return client.closed;
}
static inline bool talk_both_closed(void)
{
    return client.closed && server.closed;
}
static inline bool talk_forgotten(void)
{
    return parties[0]->n_edges == 1 && !parties[0]->layers && parties[1]->n_edges == 0;
}

#endif
