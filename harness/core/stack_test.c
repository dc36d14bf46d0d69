/* harness/core/stack_test.c - the stack without a driver: ids, ends, layers, deadlines. */
#include <stdlib.h>
#include "harness/core/registry.h"
#include "harness/core/stack_impl.h"
#include "harness/core/test.h"

enum { LOG = 256, MANY = 3000 };

/* ---- the top: logs what it is given, puts what it is asked ---- */

struct ask {
    enum out_kind kind;
    flow_id flow;
    const char *stack;
    bool listen, abort;
    size_t times;     /* 0: once */
    const char *data; /* OUT_SEND */
};
struct seen {
    enum in_kind kind;
    flow_id flow, parent;
    enum close_why why;
    char data[16];
};
struct log {
    struct seen v[LOG];
    size_t n;
};
static struct log seen; /* what the top was given, the last LOG */
static size_t tops_called;

static void note(const struct input *in)
{
    struct seen *s = &seen.v[seen.n++ % LOG];
    *s = (struct seen){in->kind, in->flow, in->parent, in->why, ""};
    if (in->data.n)
        memcpy(s->data, in->data.p, in->data.n < 15 ? in->data.n : 15);
}

static const struct seen *last(void)
{
    return &seen.v[(seen.n - 1) % LOG];
}

static const struct desc nothing = {.name = "nothing", .size = 1};

static void top_input(void *self, const struct input *in, struct outq *q)
{
    const struct ask *a = in->rec;

    (void)self;
    tops_called++;
    if (in->kind != IN_COMMAND) {
        note(in);
        return;
    }
    for (size_t i = 0; i < (a->times ? a->times : 1); i++) {
        if (a->kind == OUT_EVENT) {
            out_event(q, "event", &nothing, 0);
            continue;
        }
        struct output *o = a->kind == OUT_SEND ? out_send(q, a->flow, span_of(a->data), NULL)
                                               : out_put(q, a->kind, a->flow);
        o->open.stack = a->stack;
        o->open.listen = a->listen;
        o->abort = a->abort;
    }
}
static const struct endpoint_class top_class = {
    .name = "test.top", .size = sizeof(struct env), .input = top_input};

/* ---- layers: this file has a registry of its own ---- */

struct layer {
    struct env env;
    uint64_t due_us;
    bool made[128];
};
static size_t layers_alive; /* that were told to start and have not been told that it is over */
static flow_id side;        /* the parent that a layer saw last */

static void deliver(struct outq *q, flow_id flow, struct span data)
{
    struct span *slice = arena_take(&q->mem, sizeof *slice);
    struct output *o = out_put(q, OUT_DELIVER, flow);
    *slice = arena_copy(&q->mem, data);
    o->data = slice;
    o->n_data = 1;
}

/* "pass" hands on; "clock" too, and an octet N of a stream makes it say "t" above N us later. */
static void pass_input(void *self, const struct input *in, struct outq *q)
{
    struct layer *l = self;

    layers_alive += in->kind == IN_START;
    if (in->kind == IN_OPENED) {
        side = in->parent;
        out_put(q, OUT_PROVIDE, LAYER_UPPER)->pkt = in->pkt;
    } else if (in->kind == IN_BYTES) {
        deliver(q, LAYER_UPPER, in->data);
        l->due_us = in->now_us + in->data.p[0];
    } else if (in->kind == IN_TIMER) {
        l->due_us = 0;
        deliver(q, LAYER_UPPER, span_of("t"));
    } else if (in->kind == IN_CLOSED) {
        layers_alive--;
        out_put(q, OUT_CLOSED, LAYER_UPPER)->why = in->why;
    } else if (in->kind == IN_SEND) {
        out_send(q, LAYER_LOWER, in->data, NULL);
    } else if (in->kind == IN_CLOSE) {
        layers_alive--;
        out_put(q, OUT_CLOSE, LAYER_LOWER)->abort = in->why == CLOSE_RESET;
    }
}

static uint64_t clock_deadline(const void *self)
{
    const struct layer *l = self;
    return l->due_us ? l->due_us : NO_DEADLINE;
}

/* "demux": the first octet says which of its flows the rest is for, the first one being 'a'. */
static void demux_input(void *self, const struct input *in, struct outq *q)
{
    struct layer *l = self;

    if (in->kind == IN_OPENED) {
        out_put(q, OUT_PROVIDE, LAYER_UPPER);
    } else if (in->kind == IN_BYTES) {
        flow_id to = LAYER_UPPER + in->data.p[0] - 'a';
        if (to != LAYER_UPPER && !l->made[to])
            out_put(q, OUT_PROVIDE, to);
        l->made[to] = true;
        deliver(q, to, span_cut(in->data, 1, in->data.n));
    } else if (in->kind == IN_CLOSED) {
        for (flow_id i = LAYER_UPPER; i < COUNT(l->made); i++)
            if (i == LAYER_UPPER || l->made[i])
                out_put(q, OUT_CLOSED, i)->why = in->why;
    }
}

static const struct endpoint_class layers[] = {
    {.name = "pass", .size = sizeof(struct layer), .input = pass_input, .layer = "pass"},
    {.name = "clock",
     .size = sizeof(struct layer),
     .input = pass_input,
     .deadline = clock_deadline,
     .layer = "clock"},
    {.name = "demux", .size = sizeof(struct layer), .input = demux_input, .layer = "demux"},
};

const struct endpoint_class *layer_named(const char *word, size_t n)
{
    for (size_t i = 0; i < COUNT(layers); i++)
        if (strlen(layers[i].layer) == n && memcmp(layers[i].layer, word, n) == 0)
            return &layers[i];
    return NULL;
}

/* ---- a party without a driver ---- */

static struct driver driver;
static const struct verb verb = {"do", &nothing, false};

static struct party *party(void)
{
    const char *err;

    driver = (struct driver){0};
    memset(&seen, 0, sizeof seen);
    layers_alive = 0;
    struct party *p =
        party_new(&driver, &(struct party_spec){.cls = &top_class, .name = "it"}, &err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(p);
    return p;
}

static void ask(struct party *p, struct ask a)
{
    party_input(p, &(struct input){.kind = IN_COMMAND, .verb = &verb, .rec = &a});
}

static void bytes(struct party *p, flow_id flow, const char *data)
{
    party_input(p, &(struct input){.kind = IN_BYTES, .flow = flow, .data = span_of(data)});
}

/* Whether what is put on the top's flow leaves on the driver's `flow`. */
static bool leaves_on(struct party *p, flow_id top, flow_id flow)
{
    ask(p, (struct ask){.kind = OUT_SEND, .flow = top, .data = "x"});
    return p->out.n == 1 && p->out.v[0].kind == OUT_SEND && p->out.v[0].flow == flow;
}

/* Whether what arrives on the driver's flow is given to the top's. */
static bool arrives_on(struct party *p, flow_id flow, flow_id top)
{
    size_t n = seen.n;
    bytes(p, flow, "y");
    return seen.n == n + 1 && last()->kind == IN_BYTES && last()->flow == top;
}

static bool fault_says(const char *words)
{
    return driver.error && strstr(driver.error, words);
}

/* ---- tests ---- */

static void ids_never_again(void)
{
    struct party *p = party();
    flow_id before = 0;

    for (flow_id i = 1; i <= MANY; i++) {
        ask(p, (struct ask){.kind = OUT_OPEN, .flow = i, .stack = "udp"});
        CU_ASSERT_EQUAL_FATAL(p->out.n, 1);
        CU_ASSERT_TRUE(p->out.v[0].flow > before);
        before = p->out.v[0].flow;
        CU_ASSERT_TRUE(leaves_on(p, i, before) && arrives_on(p, before, i));
        ask(p, (struct ask){.kind = OUT_CLOSE, .flow = i});
        CU_ASSERT_TRUE(p->out.n == 1 && p->out.v[0].kind == OUT_CLOSE);
        CU_ASSERT_FALSE(arrives_on(p, before, i));
        CU_ASSERT_FALSE(leaves_on(p, i, before));
    }
    CU_ASSERT_EQUAL(p->n_edges, 0);
    CU_ASSERT_TRUE(p->cap_index <= 64);
    CU_ASSERT_PTR_NULL(p->dead_edges);
    party_free(p);
}

/* The same connections by ids chosen so that they collide, closed in several orders. */
static void index_with_gaps(void)
{
    struct party *p = party();
    flow_id top[MANY], low[MANY];
    size_t wrong = 0;

    for (flow_id i = 0; i < MANY; i++) {
        top[i] = 1 + i * 1024; /* home slots repeat */
        ask(p, (struct ask){.kind = OUT_OPEN, .flow = top[i], .stack = "udp"});
        low[i] = p->out.v[0].flow;
    }
    CU_ASSERT_TRUE(p->cap_index >= 2 * MANY);
    for (size_t step = 7; step > 1; step -= 2)
        for (size_t i = 0; i < MANY; i += step)
            if (top[i]) {
                if (i % 2)
                    ask(p, (struct ask){.kind = OUT_CLOSE, .flow = top[i]});
                else
                    party_input(p, &(struct input){.kind = IN_CLOSED, .flow = low[i]});
                wrong += leaves_on(p, top[i], low[i]) || arrives_on(p, low[i], top[i]);
                top[i] = 0;
            }
    for (size_t i = 0; i < MANY; i++)
        wrong += top[i] && !(leaves_on(p, top[i], low[i]) && arrives_on(p, low[i], top[i]));
    CU_ASSERT_EQUAL(wrong, 0);
    party_free(p);
}

static void accept_one(struct party *p, flow_id flow)
{
    party_input(p, &(struct input){.kind = IN_OPENED, .flow = flow, .parent = 1});
}

static void churn_of_layers(void)
{
    struct party *p = party();
    flow_id before = 0;
    size_t bad = 0;

    ask(p, (struct ask){.kind = OUT_OPEN, .flow = 9, .stack = "tcp/pass/clock", .listen = true});
    for (flow_id i = 0; i < MANY; i++) {
        flow_id low = FLOW_ACCEPTED + i;
        accept_one(p, low);
        bad += last()->kind != IN_OPENED || last()->parent != 9 || last()->flow <= before;
        bad += side == 0; /* the second layer knows that it is the server's */
        before = last()->flow;
        bad += p->n_edges != 4 || layers_alive != 2 || p->n_due != 1;
        bad += !leaves_on(p, before, low);
        if (i % 2) {
            ask(p, (struct ask){.kind = OUT_CLOSE, .flow = before, .abort = i % 4 == 1});
            bad += p->out.n != 1 || p->out.v[0].flow != low || p->out.v[0].abort != (i % 4 == 1);
        } else {
            party_input(p, &(struct input){.kind = IN_CLOSED, .flow = low, .why = CLOSE_RESET});
            bad +=
                last()->kind != IN_CLOSED || last()->flow != before || last()->why != CLOSE_RESET;
        }
        bad += p->n_edges != 1 || p->layers != NULL || layers_alive != 0 || p->n_due != 0;
    }
    CU_ASSERT_EQUAL(bad, 0);
    ask(p, (struct ask){.kind = OUT_EVENT});
    CU_ASSERT_TRUE(!p->dead_edges && !p->dead_layers);
    party_free(p);
}

/* A flow that the party opens has no parent at any height. */
static void the_other_side(void)
{
    struct party *p = party();

    side = 99;
    ask(p, (struct ask){.kind = OUT_OPEN, .flow = 5, .stack = "tcp/pass/pass"});
    CU_ASSERT_TRUE_FATAL(p->out.n == 1 && p->out.v[0].kind == OUT_OPEN);
    CU_ASSERT_STRING_EQUAL(p->out.v[0].open.stack, "tcp/pass/pass");
    party_input(p, &(struct input){.kind = IN_OPENED, .flow = p->out.v[0].flow});
    CU_ASSERT_EQUAL(side, 0);
    CU_ASSERT_TRUE(last()->kind == IN_OPENED && last()->flow == 5 && last()->parent == 0);
    party_free(p);
}

static void closed_listener(void)
{
    struct party *p = party();

    ask(p, (struct ask){.kind = OUT_OPEN, .flow = 9, .stack = "tcp", .listen = true});
    ask(p, (struct ask){.kind = OUT_CLOSE, .flow = 9});
    accept_one(p, FLOW_ACCEPTED);
    CU_ASSERT_TRUE(p->out.n == 1 && p->out.v[0].kind == OUT_CLOSE && p->out.v[0].abort);
    CU_ASSERT_EQUAL(p->out.v[0].flow, FLOW_ACCEPTED);
    CU_ASSERT_EQUAL(p->n_edges, 0);
    party_free(p);
}

static void closed_at_once(void)
{
    static const char *const bad[] = {"tcp/nonsense", "tcp/",
                                      "tcp/pass/",    "tcp/pas",
                                      "udp/passs",    "tcp/pass/pass/pass/pass/pass/pass/pass"};
    struct party *p = party();

    for (size_t i = 0; i < COUNT(bad); i++) {
        ask(p, (struct ask){.kind = OUT_OPEN, .flow = 7, .stack = bad[i], .listen = i % 2 == 1});
        CU_ASSERT_EQUAL(p->out.n, 0);
        CU_ASSERT_TRUE(last()->kind == IN_CLOSED && last()->why == CLOSE_LOCAL);
        CU_ASSERT_EQUAL(last()->flow, 7);
    }
    CU_ASSERT_TRUE(p->n_edges == 0 && layers_alive == 0);
    party_free(p);
}

static void flows_of_a_demux(void)
{
    struct party *p = party();

    ask(p, (struct ask){.kind = OUT_OPEN, .flow = 5, .stack = "udp/demux"});
    flow_id low = p->out.v[0].flow;
    party_input(p, &(struct input){.kind = IN_OPENED, .flow = low});
    bytes(p, low, "aone");
    CU_ASSERT_TRUE(last()->flow == 5 && strcmp(last()->data, "one") == 0);
    bytes(p, low, "btwo");
    flow_id b = last()->flow;
    CU_ASSERT_TRUE(b == FLOW_ACCEPTED && strcmp(last()->data, "two") == 0);
    CU_ASSERT_EQUAL(seen.v[seen.n - 2].parent, 5); /* it was opened under the first */
    ask(p, (struct ask){.kind = OUT_CLOSE, .flow = 5});
    bytes(p, low, "cthree"); /* the first is closed, the layer goes on */
    CU_ASSERT_TRUE(last()->flow == b + 1 && strcmp(last()->data, "three") == 0);
    CU_ASSERT_EQUAL(p->n_edges, 3);
    size_t n = seen.n;
    bytes(p, low, "anobody");
    CU_ASSERT_EQUAL(seen.n, n);
    party_input(p, &(struct input){.kind = IN_CLOSED, .flow = low});
    CU_ASSERT_EQUAL(seen.n, n + 2);
    CU_ASSERT_TRUE(p->n_edges == 0 && p->layers == NULL);
    party_free(p);
}

static void deadlines(void)
{
    struct party *p = party();
    size_t n;

    CU_ASSERT_EQUAL(p->due_us, NO_DEADLINE);
    ask(p, (struct ask){.kind = OUT_OPEN, .flow = 9, .stack = "tcp/clock", .listen = true});
    for (flow_id i = 0; i < 100; i++) {
        char delay[2] = {(char)(100 - (int)(i * 37 % 100)), 0}; /* each of 1 to 100 once */
        accept_one(p, FLOW_ACCEPTED + i);
        bytes(p, FLOW_ACCEPTED + i, delay);
    }
    CU_ASSERT_EQUAL(p->due_us, 1);
    party_input(p, &(struct input){.kind = IN_CLOSED, .flow = FLOW_ACCEPTED}); /* 100 us */
    for (uint64_t at = 1; at < 100; at++) {
        CU_ASSERT_EQUAL(p->due_us, at);
        n = seen.n;
        party_timers(p, at);
        CU_ASSERT_TRUE(seen.n == n + 1 && strcmp(last()->data, "t") == 0);
        CU_ASSERT_EQUAL((last()->flow - FLOW_ACCEPTED) * 37 % 100, 100 - at);
    }
    CU_ASSERT_EQUAL(p->due_us, NO_DEADLINE);
    for (flow_id i = 1; i < 4; i++) /* three at once, when their time is past */
        bytes(p, FLOW_ACCEPTED + i, "\5");
    n = seen.n;
    party_timers(p, 1000);
    CU_ASSERT_TRUE(seen.n == n + 3 && p->due_us == NO_DEADLINE);
    party_free(p);
}

static void again_from_inside(void *ctx, const struct event *ev)
{
    (void)ctx;
    ask(ev->party, (struct ask){.kind = OUT_OPEN, .flow = 1, .stack = "udp"});
}

static void called_from_inside(void)
{
    struct party *p = party();

    driver.on_event = again_from_inside;
    tops_called = 0;
    ask(p, (struct ask){.kind = OUT_EVENT});
    CU_ASSERT_EQUAL(tops_called, 1);
    CU_ASSERT_TRUE(fault_says("an input was given to it from inside"));
    party_free(p);
}

static void outputs_that_do_not_fit(void)
{
    struct party *p = party();

    ask(p, (struct ask){.kind = OUT_OPEN, .flow = 1, .stack = "udp"});
    ask(p, (struct ask){.kind = OUT_SEND, .flow = 1, .data = "x", .times = STACK_OUTPUTS});
    CU_ASSERT_TRUE(p->out.n == STACK_OUTPUTS && !driver.error);
    ask(p, (struct ask){.kind = OUT_SEND, .flow = 1, .data = "x", .times = STACK_OUTPUTS + 1});
    CU_ASSERT_TRUE(fault_says("the output queue of it ran over"));
    party_free(p);
}

static void too_many_flows(void)
{
    struct party *p = party();
    flow_id i = 0;

    while (p->n_edges < STACK_FLOWS_MAX - 1)
        ask(p, (struct ask){.kind = OUT_OPEN, .flow = ++i, .stack = "udp"});
    ask(p, (struct ask){.kind = OUT_OPEN, .flow = ++i, .stack = "tcp/pass"}); /* needs two */
    CU_ASSERT_TRUE(last()->kind == IN_CLOSED && last()->why == CLOSE_QUOTA && last()->flow == i);
    CU_ASSERT_TRUE(p->out.n == 0 && p->n_edges == STACK_FLOWS_MAX - 1 && !p->layers);
    ask(p, (struct ask){.kind = OUT_OPEN, .flow = ++i, .stack = "udp"});
    CU_ASSERT_TRUE(p->out.n == 1 && !driver.error);
    party_free(p);
}

TESTS({"ids_never_again", ids_never_again}, {"index_with_gaps", index_with_gaps},
      {"churn_of_layers", churn_of_layers}, {"the_other_side", the_other_side},
      {"closed_listener", closed_listener}, {"closed_at_once", closed_at_once},
      {"flows_of_a_demux", flows_of_a_demux}, {"deadlines", deadlines},
      {"called_from_inside", called_from_inside},
      {"outputs_that_do_not_fit", outputs_that_do_not_fit}, {"too_many_flows", too_many_flows})
