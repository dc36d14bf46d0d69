/* harness/tests/http_rig.h - for tests of HTTP: one endpoint on the bare contract of harness/core/endpoint.h. The test
 * is its driver and all of its peers; what it sends on each flow and what it tells is kept as text. */
#ifndef HARNESS_TESTS_HTTP_RIG_H
#define HARNESS_TESTS_HTTP_RIG_H
#include <stdio.h>
#include <stdlib.h>
#include "harness/core/test.h"
#include "harness/endpoints/http/http_endpoint.h"

enum { SOLO_FLOWS = 40, SOLO_SENT = 1 << 14, SOLO_TOLD = 1 << 14, SOLO_ARENA = 4 << 20 };
struct solo_flow {
    flow_id id; /* 0: an empty place */
    bool opened, shut, closed, aborted;
    struct addr remote;
    char name[64]; /* of its server, as OUT_OPEN has it */
    char sent[SOLO_SENT];
    size_t n;
};
struct solo {
    const struct endpoint_class *cls;
    struct env *self;
    struct outq q;
    uint64_t now_us;
    flow_id accepted;
    struct solo_flow flows[SOLO_FLOWS];
    char told[SOLO_TOLD]; /* "NAME CODE WHY|CONTENT;" of each event, absent parts left out */
    size_t n_told;
    uint32_t id, token; /* of the last event; of the last that answers */
    uint8_t verified;
};

static inline struct solo_flow *solo_flow(struct solo *s, flow_id id)
{
    for (size_t i = 0; i < SOLO_FLOWS; i++)
        if (s->flows[i].id == id)
            return &s->flows[i];
    return NULL;
}

static inline struct solo_flow *solo_new_flow(struct solo *s, flow_id id)
{
    struct solo_flow *f = solo_flow(s, 0);
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    *f = (struct solo_flow){.id = id};
    return f;
}

static inline void solo_event(struct solo *s, const struct output *o)
{
    const struct http_event *e = o->rec;
    char code[16] = "";

    CU_ASSERT_PTR_EQUAL(o->desc, &http_event_desc);
    if (e->code)
        snprintf(code, sizeof code, " %u", e->code);
    s->n_told +=
        (size_t)snprintf(s->told + s->n_told, SOLO_TOLD - s->n_told, "%s%s%s%s%s%.*s;", o->name,
                         code, e->why ? " " : "", e->why ? e->why : "", e->content.n ? "|" : "",
                         (int)e->content.n, e->content.n ? (const char *)e->content.p : "");
    CU_ASSERT_FATAL(s->n_told < SOLO_TOLD);
    s->id = e->id;
    s->token = o->token ? o->token : s->token;
    s->verified = e->verified;
}

static inline void solo_take(struct solo *s, const struct output *o)
{
    struct solo_flow *f = o->kind == OUT_OPEN ? solo_new_flow(s, o->flow) : solo_flow(s, o->flow);

    switch (o->kind) {
    case OUT_OPEN:
        f->remote = o->open.remote;
        snprintf(f->name, sizeof f->name, "%.*s", (int)o->open.name.n,
                 o->open.name.n ? (const char *)o->open.name.p : "");
        break;
    case OUT_SEND:
        CU_ASSERT_FATAL(f && !f->closed && !f->shut);
        for (size_t i = 0; i < o->n_data; i++) {
            size_t n = o->data[i].n < SOLO_SENT - 1 - f->n ? o->data[i].n : SOLO_SENT - 1 - f->n;
            memcpy(f->sent + f->n, o->data[i].p, n);
            f->sent[f->n += n] = '\0';
        }
        break;
    case OUT_SHUTDOWN:
        CU_ASSERT_FATAL(f && !f->closed);
        f->shut = true;
        break;
    case OUT_CLOSE:
        CU_ASSERT_FATAL(f && !f->closed);
        f->closed = true;
        f->aborted = o->abort;
        break;
    case OUT_EVENT:
        solo_event(s, o);
        break;
    default:
        CU_FAIL("an output of another kind");
    }
}

static inline void solo_give(struct solo *s, struct input in)
{
    s->q.n = s->q.mem.n = 0;
    in.now_us = s->now_us;
    s->cls->input(s->self, &in, &s->q);
    CU_ASSERT_FALSE_FATAL(s->q.full || s->q.mem.full);
    for (size_t i = 0; i < s->q.n; i++)
        solo_take(s, &s->q.v[i]);
}

static inline struct solo *solo_new(const struct endpoint_class *cls, const void *config,
                                    const char *const *faults, const char *const *variants)
{
    struct solo *s = calloc(1, sizeof *s);
    size_t size = (cls->size + 15) & ~(size_t)15;

    CU_ASSERT_PTR_NOT_NULL_FATAL(s);
    s->cls = cls;
    s->self = calloc(1, size); /* aligned to 16 by itself */
    s->q = (struct outq){.v = calloc(4097, sizeof *s->q.v), .cap = 4096};
    s->q.mem = arena_of(malloc(SOLO_ARENA), SOLO_ARENA);
    s->self->cls = cls;
    rng_seed(s->self->rng, 1);
    for (size_t i = 0; faults && faults[i]; i++)
        CU_ASSERT_TRUE(env_deviate(s->self, false, faults[i], true));
    for (size_t i = 0; variants && variants[i]; i++)
        CU_ASSERT_TRUE(env_deviate(s->self, true, variants[i], true));
    s->now_us = 1000;
    solo_give(s, (struct input){.kind = IN_START, .rec = config});
    return s;
}

static inline void solo_free(struct solo *s)
{
    free(s->self);
    free(s->q.v);
    free(s->q.mem.p);
    free(s);
}

/* A client connects to the listener. */
static inline struct solo_flow *solo_accept(struct solo *s)
{
    struct solo_flow *f = solo_new_flow(s, FLOW_ACCEPTED + s->accepted);
    struct input in = {.kind = IN_OPENED, .flow = f->id, .parent = 1};

    s->accepted++;
    f->opened = true;
    in.pkt.remote =
        (struct addr){4, {192, 0, 2, (uint8_t)(s->accepted / 4)}, (uint16_t)(40000 + s->accepted)};
    f->remote = in.pkt.remote;
    solo_give(s, in);
    return f;
}

/* Octets arrive on a flow, `each` at a time (0: all at once), as long as it is not closed. */
static inline void solo_bytes(struct solo *s, const struct solo_flow *f, struct span in,
                              size_t each)
{
    size_t step = each ? each : in.n;

    for (size_t at = 0; at < in.n && !f->closed; at += step)
        solo_give(s, (struct input){
                         .kind = IN_BYTES, .flow = f->id, .data = span_cut(in, at, at + step)});
}

static inline void solo_text(struct solo *s, const struct solo_flow *f, const char *text)
{
    solo_bytes(s, f, span_of(text), 0);
}

static inline void solo_eof(struct solo *s, const struct solo_flow *f)
{
    solo_give(s, (struct input){.kind = IN_EOF, .flow = f->id});
}

/* Let time pass, with the timers that come due in it. */
static inline void solo_pass(struct solo *s, uint64_t us)
{
    uint64_t until = s->now_us + us, due;

    for (size_t n = 0; (due = s->cls->deadline(s->self)) <= until; n++) {
        CU_ASSERT_FATAL(n < 1000);
        s->now_us = due > s->now_us ? due : s->now_us;
        solo_give(s, (struct input){.kind = IN_TIMER});
    }
    s->now_us = until;
}

static inline void solo_command(struct solo *s, const char *verb, const void *args, uint32_t token)
{
    for (size_t i = 0; i < s->cls->n_verbs; i++)
        if (strcmp(s->cls->verbs[i].name, verb) == 0) {
            solo_give(
                s, (struct input){
                       .kind = IN_COMMAND, .verb = &s->cls->verbs[i], .rec = args, .token = token});
            return;
        }
    CU_FAIL("there is no such verb");
}

/* What was sent on a flow since it was looked at last. */
static inline const char *solo_sent(struct solo_flow *f)
{
    static char last[SOLO_SENT];

    memcpy(last, f->sent, f->n + 1);
    f->sent[f->n = 0] = '\0';
    return last;
}

static inline const char *solo_told(struct solo *s)
{
    static char last[SOLO_TOLD];

    memcpy(last, s->told, s->n_told + 1);
    s->told[s->n_told = 0] = '\0';
    return last;
}

/* The value of the first header field of this name in a text; static. */
static inline const char *solo_field(const char *text, const char *name)
{
    static char value[2048];
    char line[128];
    const char *at;

    snprintf(line, sizeof line, "\r\n%s: ", name);
    at = strstr(text, line);
    value[0] = '\0';
    if (at) {
        at += strlen(line);
        snprintf(value, sizeof value, "%.*s", (int)strcspn(at, "\r"), at);
    }
    return value;
}

static inline void solo_is(const char *file, int line, const char *got, const char *want)
{
    if (strcmp(got, want) != 0)
        printf("\n%s:%d: \"%.1200s\", not \"%.1200s\"\n", file, line, got, want);
    CU_ASSERT_STRING_EQUAL(got, want);
}
#define SOLO_IS(got, want) solo_is(__FILE__, __LINE__, (got), (want))
static inline void solo_begins(const char *file, int line, const char *got, const char *want)
{
    bool good = strncmp(got, want, strlen(want)) == 0;
    if (!good)
        printf("\n%s:%d: \"%.600s\", not \"%s...\"\n", file, line, got, want);
    CU_ASSERT_TRUE(good);
}
#define SOLO_BEGINS(got, want) solo_begins(__FILE__, __LINE__, (got), (want))
#endif
