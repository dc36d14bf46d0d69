/* harness/drivers/sim_pause_test.c - a paused stream in the simulator: what comes waits in order, and who sends is told. */
#include "harness/core/test.h"
#include "harness/drivers/sim.h"

enum { PIECE = 4096, PIECES = 2 * SIM_BACKLOG_MARK / PIECE };
struct ep { /* listens and reads, or connects and writes */
    struct env env;
    bool reads;
    struct addr to;
    uint64_t got;
    uint32_t next;
    bool wrong, eof, full, writable;
};
static const struct verb verbs[] = {{"pause", NULL, false}, {"resume", NULL, false}};

static void start(struct ep *e, const struct input *in, struct outq *q)
{
    const struct ep *c = in->rec;
    e->reads = c->reads;
    e->to = c->to;
    struct output *o = out_put(q, OUT_OPEN, 1);
    o->open.stack = "tcp";
    o->open.listen = e->reads;
    o->open.local = (struct addr){.family = 4, .port = e->reads ? 7000 : 0};
    o->open.remote = e->to;
}

static void write_all(struct outq *q)
{
    static uint8_t piece[PIECE];

    for (uint32_t i = 0; i < PIECES; i++) {
        put_u32(piece, i);
        out_send(q, 1, (struct span){piece, sizeof piece}, NULL);
    }
    out_put(q, OUT_SHUTDOWN, 1);
}

static void input(void *self, const struct input *in, struct outq *q)
{
    struct ep *e = self;

    if (in->kind == IN_START)
        start(e, in, q);
    else if (in->kind == IN_OPENED && in->parent) /* nothing of it is read yet */
        out_put(q, OUT_PAUSE, in->flow);
    else if (in->kind == IN_OPENED && !e->reads)
        write_all(q);
    else if (in->kind == IN_COMMAND)
        out_put(q, in->verb == &verbs[0] ? OUT_PAUSE : OUT_RESUME, FLOW_ACCEPTED);
    else if (in->kind == IN_BYTES) {
        e->wrong |= in->data.n != PIECE || get_u32(in->data.p) != e->next++ || e->eof;
        e->got += in->data.n;
        if (e->got == PIECE) /* in the midst of what waited */
            out_put(q, OUT_PAUSE, in->flow);
    }
    e->eof |= in->kind == IN_EOF;
    e->full |= in->kind == IN_FULL;
    e->writable |= in->kind == IN_WRITABLE;
}

static const struct desc conf_desc = {.name = "conf", .size = sizeof(struct ep)};
static const struct endpoint_class ep_class = {.name = "test.ep",
                                               .size = sizeof(struct ep),
                                               .verbs = verbs,
                                               .n_verbs = COUNT(verbs),
                                               .config = &conf_desc,
                                               .input = input};

static struct party *party(struct driver *d, struct ep c)
{
    const char *err;
    struct party_spec spec = {.cls = &ep_class, .config = &c, .seed = 1};
    struct party *p = d->cls->add(d, &spec, &err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(p);
    return p;
}

static const struct ep *state(const struct party *p)
{
    return (const struct ep *)(const void *)p->top.self;
}

static void waits(void)
{
    struct driver *d = sim_new(1, NULL);
    struct party *reader = party(d, (struct ep){.reads = true});
    struct addr at = party_addr(reader);
    at.port = 7000;
    struct party *writer = party(d, (struct ep){.to = at});
    const struct ep *r = state(reader), *w = state(writer);

    d->cls->run(d, 1000000);
    CU_ASSERT_TRUE(r->got == 0 && !r->eof && w->full && !w->writable);
    d->cls->command(reader, &verbs[1], NULL, 0);
    d->cls->run(d, 2000000);
    CU_ASSERT_TRUE(r->got == PIECE && !r->eof && !w->writable);
    d->cls->command(reader, &verbs[1], NULL, 0);
    d->cls->run(d, 3000000);
    CU_ASSERT_EQUAL(r->got, (uint64_t)PIECES * PIECE);
    CU_ASSERT_TRUE(!r->wrong && r->eof && w->writable);
    CU_ASSERT_PTR_NULL(d->error);
    d->cls->destroy(d);
}

/* What waits is freed with the stream, by whichever side ends it. */
static void ends(void)
{
    for (int i = 0; i < 3; i++) {
        struct driver *d = sim_new(1, NULL);
        struct party *reader = party(d, (struct ep){.reads = true});
        struct addr at = party_addr(reader);
        at.port = 7000;
        struct party *writer = party(d, (struct ep){.to = at});
        d->cls->run(d, 1000000);
        if (i)
            d->cls->remove(i == 1 ? reader : writer);
        d->cls->run(d, 2000000);
        CU_ASSERT_PTR_NULL(d->error);
        d->cls->destroy(d);
    }
}

TESTS({"waits", waits}, {"ends", ends})
