/* harness/core/stack_wait_test.c - what a party waits for: handshakes, the time of sends, lookups; and
 * the layers that a driver brings itself. */
#include "harness/core/stack_impl.h"
#include "harness/core/test.h"

/* ---- a top that logs in one line, and does what it is told ---- */

static char seen[1024];

static void say(const char *what, struct span s)
{
    size_t n = strlen(seen);
    snprintf(seen + n, sizeof seen - n, "%s%.*s ", what, (int)s.n, s.n ? (const char *)s.p : "");
}

struct ask {
    enum out_kind kind;
    flow_id flow;
    const char *data;
    uint64_t at_us;
    uint32_t token;
};
static const struct desc nothing = {.name = "nothing", .size = 1};

static void top_input(void *self, const struct input *in, struct outq *q)
{
    const struct ask *a = in->rec;
    char text[64];

    (void)self;
    if (in->kind == IN_COMMAND) {
        struct output *o = a->kind == OUT_SEND ? out_send(q, a->flow, span_of(a->data), NULL)
                                               : out_put(q, a->kind, a->flow);
        if (a->kind == OUT_OPEN) {
            o->open.stack = a->data;
            o->open.listen = a->token != 0;
        }
        o->name = a->data;
        o->token = a->token;
        o->not_before_us = a->at_us;
    } else if (in->kind == IN_OPENED) {
        say("opened", (struct span){0});
    } else if (in->kind == IN_CLOSED) {
        snprintf(text, sizeof text, "closed:%s:", close_name(in->why));
        say(text, span_of(in->detail ? in->detail : "-"));
    } else if (in->kind == IN_WRITABLE) {
        say("writable", (struct span){0});
    } else if (in->kind == IN_RESOLVED) {
        snprintf(text, sizeof text, "resolved:%u:%zu", in->token, in->n_found);
        say(text, (struct span){0});
    }
}
static const struct endpoint_class top_class = {
    .name = "test.top", .size = sizeof(struct env), .input = top_input};

/* ---- a layer whose handshake is one octet, which looks a name up, and allocates ---- */

static size_t ended;
static uint64_t option; /* that it was told last */

static void slow_input(void *self, const struct input *in, struct outq *q)
{
    struct env *env = self;

    switch (in->kind) {
    case IN_OPEN:
        option = in->open->desc == &nothing ? *(const uint8_t *)in->open->options : 0;
        if (env_flag(env, "impatient"))
            out_put(q, OUT_PROVIDE, LAYER_UPPER);
        break;
    case IN_BYTES:
        if (in->data.p[0] == '?') {
            struct output *o = out_put(q, OUT_RESOLVE, 0);
            o->name = "layer.example";
            o->token = 7;
        } else {
            out_put(q, OUT_PROVIDE, LAYER_UPPER);
        }
        break;
    case IN_RESOLVED:
        say(in->token == 7 ? "layer-resolved" : "layer-wrong", (struct span){0});
        break;
    case IN_WRITABLE:
        out_put(q, OUT_WRITABLE, LAYER_UPPER);
        break;
    case IN_CLOSED: {
        struct output *o = out_put(q, OUT_CLOSED, LAYER_UPPER);
        o->why = in->why;
        o->detail = in->detail;
        break;
    }
    case IN_SEND:
        out_send(q, LAYER_LOWER, in->data, NULL);
        break;
    case IN_CLOSE:
        out_put(q, OUT_CLOSE, LAYER_LOWER);
        break;
    default:
        break;
    }
}
static void slow_end(void *self)
{
    (void)self;
    ended++;
}
static const struct deviation slow_faults[] = {
    {"impatient", "RFC8489:13#a1", "flag", DEV_FLAG, NULL, NULL, NULL}};
static const struct endpoint_class slow_class = {.name = "slow",
                                                 .size = sizeof(struct env),
                                                 .input = slow_input,
                                                 .layer = "tls", /* goes before the registry's */
                                                 .faults = slow_faults,
                                                 .n_faults = 1,
                                                 .end = slow_end};
static const struct endpoint_class *const layers[] = {&slow_class, NULL};

/* ---- a party without a driver ---- */

static struct driver driver;
static const struct verb verb = {"do", &nothing, false};

static struct party *party(const char *const *faults)
{
    static const uint8_t five = 5;
    const char *err = "";

    driver = (struct driver){.layers = layers};
    seen[0] = '\0';
    ended = 0;
    struct party *p = party_new(&driver,
                                &(struct party_spec){.cls = &top_class,
                                                     .name = "it",
                                                     .faults = faults,
                                                     .layer_desc = &nothing,
                                                     .layer_options = &five},
                                &err);
    if (!p)
        say("no party: ", span_of(err));
    return p;
}

static void ask(struct party *p, struct ask a, uint64_t now)
{
    party_input(p, &(struct input){.kind = IN_COMMAND, .verb = &verb, .rec = &a, .now_us = now});
}

static void give(struct party *p, enum in_kind kind, flow_id flow, const char *data)
{
    party_input(p, &(struct input){.kind = kind, .flow = flow, .data = span_of(data)});
}

static flow_id open_one(struct party *p, flow_id id)
{
    ask(p, (struct ask){.kind = OUT_OPEN, .flow = id, .data = "tcp/tls"}, 0);
    flow_id low = p->out.v[0].flow;
    give(p, IN_OPENED, low, NULL);
    give(p, IN_BYTES, low, "!");
    return low;
}

/* ---- tests ---- */

static void layers_of_the_driver(void)
{
    static const char *const known[] = {"impatient", NULL}, *const unknown[] = {"x", NULL};
    struct party *p = party(NULL);

    open_one(p, 1);
    CU_ASSERT_STRING_EQUAL(seen, "opened ");
    CU_ASSERT_EQUAL(option, 5); /* of the party, where the endpoint gives none */
    party_free(p);
    CU_ASSERT_EQUAL(ended, 1);

    p = party(known); /* of the layer, not of the top */
    CU_ASSERT_PTR_NOT_NULL_FATAL(p);
    ask(p, (struct ask){.kind = OUT_OPEN, .flow = 1, .data = "tcp/tls"}, 0);
    CU_ASSERT_STRING_EQUAL(seen, "opened ");
    CU_ASSERT_EQUAL(p->applied, 1);
    party_free(p);

    CU_ASSERT_PTR_NULL(party(unknown));
    CU_ASSERT_PTR_NOT_NULL(strstr(seen, "has no fault or variant 'x'"));
}

static void writable_passes(void)
{
    struct party *p = party(NULL);
    flow_id low = open_one(p, 1);

    give(p, IN_WRITABLE, low, NULL);
    CU_ASSERT_STRING_EQUAL(seen, "opened writable ");
    party_free(p);
}

/* STACK_HALF_OPEN connections may be in their handshake; one more ends the oldest, and nobody else. */
static void half_open_is_bounded(void)
{
    struct party *p = party(NULL);

    ask(p, (struct ask){.kind = OUT_OPEN, .flow = 1, .data = "tcp/tls", .token = 1}, 0);
    flow_id listener = p->out.v[0].flow;
    for (flow_id i = 0; i < STACK_HALF_OPEN + 1; i++) {
        party_input(
            p, &(struct input){.kind = IN_OPENED, .flow = FLOW_ACCEPTED + i, .parent = listener});
        CU_ASSERT_EQUAL(p->out.n, 0);
        if (i == 0) /* the first is through at once, and does not count any more */
            give(p, IN_BYTES, FLOW_ACCEPTED, "!");
    }
    CU_ASSERT_STRING_EQUAL(seen, "opened ");
    party_input(
        p, &(struct input){.kind = IN_OPENED, .flow = FLOW_ACCEPTED + 5000, .parent = listener});
    CU_ASSERT_TRUE(p->out.n == 1 && p->out.v[0].kind == OUT_CLOSE && p->out.v[0].abort);
    CU_ASSERT_EQUAL(p->out.v[0].flow, FLOW_ACCEPTED + 1);
    CU_ASSERT_STRING_EQUAL(seen, "opened closed:quota:too many handshakes at once ");
    give(p, IN_CLOSED, FLOW_ACCEPTED + 2, NULL); /* makes room */
    party_input(
        p, &(struct input){.kind = IN_OPENED, .flow = FLOW_ACCEPTED + 5001, .parent = listener});
    CU_ASSERT_EQUAL(p->out.n, 0);
    party_free(p);
    CU_ASSERT_EQUAL(ended, STACK_HALF_OPEN + 3);
}

static void sends_wait_for_their_time(void)
{
    struct party *p = party(NULL);

    open_one(p, 1);
    open_one(p, 2);
    ask(p, (struct ask){.kind = OUT_SEND, .flow = 1, .data = "late", .at_us = 300}, 100);
    ask(p, (struct ask){.kind = OUT_SEND, .flow = 1, .data = "soon", .at_us = 200}, 100);
    ask(p, (struct ask){.kind = OUT_SEND, .flow = 2, .data = "never", .at_us = 250}, 100);
    CU_ASSERT_TRUE(p->out.n == 0 && p->due_us == 200);
    ask(p, (struct ask){.kind = OUT_SEND, .flow = 1, .data = "now", .at_us = 100}, 100);
    CU_ASSERT_TRUE(p->out.n == 1 && p->out.v[0].not_before_us == 0);
    ask(p, (struct ask){.kind = OUT_CLOSE, .flow = 2}, 100); /* drops what waits */
    party_timers(p, 199);
    CU_ASSERT_EQUAL(p->out.n, 0);
    party_timers(p, 299);
    CU_ASSERT_TRUE(p->out.n == 1 && span_is(p->out.v[0].data[0], "soon") && p->due_us == 300);
    party_timers(p, 300);
    CU_ASSERT_TRUE(p->out.n == 1 && span_is(p->out.v[0].data[0], "late"));
    CU_ASSERT_EQUAL(p->due_us, NO_DEADLINE);
    for (size_t i = 0; i < STACK_HELD; i++)
        ask(p, (struct ask){.kind = OUT_SEND, .flow = 1, .data = "x", .at_us = 900}, 300);
    CU_ASSERT_PTR_NULL(driver.error);
    ask(p, (struct ask){.kind = OUT_SEND, .flow = 1, .data = "x", .at_us = 900}, 300);
    CU_ASSERT_PTR_NOT_NULL(driver.error);
    party_free(p);
}

static void resolve(struct party *p, uint32_t token, size_t n)
{
    party_input(p, &(struct input){.kind = IN_RESOLVED, .token = token, .n_found = n});
}

/* Who asked is answered, with the token that it gave, though both gave the same. */
static void names_of_layers(void)
{
    struct party *p = party(NULL);
    flow_id low = open_one(p, 1);

    ask(p, (struct ask){.kind = OUT_RESOLVE, .data = "top.example", .token = 7}, 0);
    uint32_t tops = p->out.v[0].token;
    give(p, IN_BYTES, low, "?");
    CU_ASSERT_TRUE(p->out.n == 1 && p->out.v[0].kind == OUT_RESOLVE);
    CU_ASSERT_STRING_EQUAL(p->out.v[0].name, "layer.example");
    uint32_t layers_own = p->out.v[0].token;
    resolve(p, layers_own, 2);
    resolve(p, layers_own, 2); /* nobody asks any more */
    resolve(p, tops, 3);
    CU_ASSERT_STRING_EQUAL(seen, "opened layer-resolved resolved:7:3 ");
    give(p, IN_BYTES, low, "?");
    uint32_t late = p->out.v[0].token;
    ask(p, (struct ask){.kind = OUT_CLOSE, .flow = 1}, 0);
    resolve(p, late, 1); /* the layer is gone */
    CU_ASSERT_STRING_EQUAL(seen, "opened layer-resolved resolved:7:3 ");
    seen[0] = '\0';
    for (size_t i = 0; i < STACK_ASKED; i++)
        ask(p, (struct ask){.kind = OUT_RESOLVE, .data = "x", .token = 8}, 0);
    CU_ASSERT_STRING_EQUAL(seen, "");
    ask(p, (struct ask){.kind = OUT_RESOLVE, .data = "x", .token = 9}, 0);
    CU_ASSERT_STRING_EQUAL(seen, "resolved:9:0 ");
    party_free(p);
}

TESTS({"layers_of_the_driver", layers_of_the_driver}, {"writable_passes", writable_passes},
      {"half_open_is_bounded", half_open_is_bounded},
      {"sends_wait_for_their_time", sends_wait_for_their_time},
      {"names_of_layers", names_of_layers})
