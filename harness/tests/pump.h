/* harness/tests/pump.h - for tests of layers: layers of one class against each other, in memory. An end
 * keeps what it has put below and above; the test carries it, whole, split or with losses. */
#ifndef HARNESS_TESTS_PUMP_H
#define HARNESS_TESTS_PUMP_H
#include <stdlib.h>
#include "harness/core/test.h"
#include "harness/core/tls.h"

enum { PUMP_TEXT = 1 << 18, PUMP_ARENA = 1 << 22, PUMP_SENDS = 512 };
struct pump_send {
    struct addr to;
    uint8_t *p;
    size_t n;
};
struct pump_end {
    const struct endpoint_class *cls;
    struct env *self;
    struct outq q;
    uint64_t now_us;
    struct addr at;                     /* of datagrams: ours */
    struct pump_send sends[PUMP_SENDS]; /* what was sent and not carried yet */
    size_t n_sends, largest;
    char above[PUMP_TEXT]; /* "[open]", octets, "[eof]", "[closed why]" */
    size_t n_above;
    char why[512];     /* the detail of [closed] */
    char events[4096]; /* kinds, each with a blank after it */
    struct tls_event last;
    char facts[1024]; /* of the last: version cipher alpn sni subject issuer, separated by "|" */
    char told[512];   /* its why */
    char fingerprint[65];
    size_t secrets, writable;
    bool closed, aborted, shut;
};

static inline void pump_say(struct pump_end *e, struct span s)
{
    CU_ASSERT_FATAL(e->n_above + s.n < PUMP_TEXT);
    if (s.n)
        memcpy(e->above + e->n_above, s.p, s.n);
    e->above[e->n_above += s.n] = '\0';
}

static inline const char *pump_or(const char *s)
{
    return s ? s : "-";
}

static inline void pump_event(struct pump_end *e, const struct tls_event *t)
{
    static const char *const kinds[] = {"secured ", "failed ", "cut ", "ended "};

    strncat(e->events, kinds[t->kind], sizeof e->events - strlen(e->events) - 1);
    e->last = *t;
    snprintf(e->facts, sizeof e->facts, "%s|%s|%s|%s|%s|%s", pump_or(t->version),
             pump_or(t->cipher), pump_or(t->alpn), pump_or(t->server_name), pump_or(t->subject),
             pump_or(t->issuer));
    snprintf(e->told, sizeof e->told, "%s", t->why ? t->why : "");
    snprintf(e->fingerprint, sizeof e->fingerprint, "%s", t->fingerprint ? t->fingerprint : "");
}

static inline void pump_take(struct pump_end *e, const struct output *o)
{
    struct span data = o->n_data ? o->data[0] : (struct span){0};

    switch (o->kind) {
    case OUT_SEND:
        CU_ASSERT_FATAL(e->n_sends < PUMP_SENDS && o->flow == LAYER_LOWER);
        e->sends[e->n_sends] = (struct pump_send){o->pkt.remote, malloc(data.n + 1), data.n};
        if (data.n)
            memcpy(e->sends[e->n_sends].p, data.p, data.n);
        e->n_sends++;
        e->largest = data.n > e->largest ? data.n : e->largest;
        break;
    case OUT_PROVIDE:
        pump_say(e, span_of("[open]"));
        break;
    case OUT_DELIVER:
        pump_say(e, data);
        break;
    case OUT_EOF:
        pump_say(e, span_of("[eof]"));
        break;
    case OUT_CLOSED:
        pump_say(e, span_of("[closed "));
        pump_say(e, span_of(close_name(o->why)));
        pump_say(e, span_of("]"));
        snprintf(e->why, sizeof e->why, "%s", o->detail ? o->detail : "");
        break;
    case OUT_WRITABLE:
        e->writable++;
        break;
    case OUT_SECRET:
        CU_ASSERT_TRUE(data.n > 0 && data.p[data.n - 1] == '\n');
        e->secrets++;
        break;
    case OUT_EVENT:
        CU_ASSERT_PTR_EQUAL(o->desc, &tls_event_desc);
        pump_event(e, o->rec);
        break;
    case OUT_SHUTDOWN:
        e->shut = true;
        break;
    default:
        CU_ASSERT_EQUAL(o->kind, OUT_CLOSE);
        e->closed = true;
        e->aborted = o->abort;
    }
}

static inline void pump_give(struct pump_end *e, struct input in)
{
    e->q.n = e->q.mem.n = 0;
    in.now_us = e->now_us;
    e->cls->input(e->self, &in, &e->q);
    CU_ASSERT_FALSE(e->q.full || e->q.mem.full);
    for (size_t i = 0; i < e->q.n; i++)
        pump_take(e, &e->q.v[i]);
}

/* A layer that has been told its options; IN_OPENED is still to come (pump_open). */
static inline struct pump_end *pump_new(const struct endpoint_class *cls,
                                        const struct tls_options *o, const char *name,
                                        const char *at, const char *peer, bool server)
{
    struct pump_end *e = calloc(1, sizeof *e);
    struct flow_spec spec = {.stack = "x/y",
                             .listen = server,
                             .name = span_of(name),
                             .desc = &tls_options_desc,
                             .options = o};

    e->cls = cls;
    e->self = aligned_alloc(16, (cls->size + 15) & ~(size_t)15);
    memset(e->self, 0, cls->size);
    e->self->cls = cls;
    rng_seed(e->self->rng, 1);
    e->q = (struct outq){.v = calloc(1025, sizeof *e->q.v), .cap = 1024};
    e->q.mem = arena_of(malloc(PUMP_ARENA), PUMP_ARENA);
    e->now_us = 1000;
    CU_ASSERT_TRUE(addr_parse(span_of(at), &e->at));
    if (peer)
        CU_ASSERT_TRUE(addr_parse(span_of(peer), &spec.remote));
    pump_give(e, (struct input){.kind = IN_START, .rec = o});
    pump_give(e, (struct input){.kind = IN_OPEN, .flow = LAYER_UPPER, .open = &spec});
    return e;
}

static inline void pump_open(struct pump_end *e, bool accepted, const char *remote)
{
    struct input in = {.kind = IN_OPENED,
                       .flow = LAYER_LOWER,
                       .parent = accepted ? LAYER_LOWER : 0,
                       .pkt.local = e->at};

    if (remote)
        CU_ASSERT_TRUE(addr_parse(span_of(remote), &in.pkt.remote));
    pump_give(e, in);
}

static inline void pump_drop(struct pump_end *e, size_t n)
{
    for (size_t i = 0; i < n; i++)
        free(e->sends[i].p);
    memmove(e->sends, e->sends + n, (e->n_sends - n) * sizeof *e->sends);
    e->n_sends -= n;
}

static inline void pump_free(struct pump_end *e)
{
    if (e->cls->end)
        e->cls->end(e->self);
    pump_drop(e, e->n_sends);
    free(e->self);
    free(e->q.v);
    free(e->q.mem.p);
    free(e);
}

static inline void pump_bytes(struct pump_end *e, struct span s, size_t chunk)
{
    for (size_t at = 0; at < s.n && !e->closed; at += chunk)
        pump_give(e, (struct input){.kind = IN_BYTES,
                                    .flow = LAYER_LOWER,
                                    .data = span_cut(s, at, at + chunk)});
}

/* Carry what each of two streams' ends has sent to the other, in chunks, until nothing is left. */
static inline void pump_carry(struct pump_end *a, struct pump_end *b, size_t chunk)
{
    while (a->n_sends || b->n_sends) {
        struct pump_end *from = a->n_sends ? a : b, *to = a->n_sends ? b : a;
        struct pump_send s = from->sends[0];
        pump_bytes(to, (struct span){s.p, s.n}, chunk);
        pump_drop(from, 1);
    }
}

static inline void pump_send_text(struct pump_end *e, const char *text, const struct addr *to)
{
    struct input in = {.kind = IN_SEND, .flow = LAYER_UPPER, .data = span_of(text)};

    if (to)
        in.pkt.remote = *to;
    pump_give(e, in);
}
#endif
