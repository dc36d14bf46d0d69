/* harness/core/canary.c - an endpoint that harms itself on bad input, whatever its protocol. */
#include "harness/core/canary.h"

const struct canary canaries[] = {
    {"crash", "dies at the first bad input", CANARY_CRASH, 1},
    {"crash-late", "dies at the eighth bad input", CANARY_CRASH, CANARY_LATE},
    {"hang", "answers nothing more after bad input", CANARY_HANG, 1},
    {"wrong", "sends bad input back, each bit turned", CANARY_WRONG, 1},
    {"twice", "answers bad input twice", CANARY_TWICE, 1},
    {"grow", "keeps something of each bad input until nothing is left", CANARY_GROW, CANARY_BUDGET},
};
const size_t canaries_n = COUNT(canaries);

enum { WINDOW = 2048, STREAMS = 64, FLOWS = 64, SCRATCH = 1 << 16 };
struct window { /* of a stream: octets that are no whole message yet */
    flow_id flow;
    size_t n;
    uint8_t buf[WINDOW];
};
struct derived { /* what env.cls points to */
    struct endpoint_class cls;
    const struct endpoint_class *inner;
    const struct codec *codec;
    const struct canary *canary;
};
struct cage { /* the endpoint's own state follows */
    struct env env;
    bool dead;
    uint32_t hits, messages;
    uint64_t sources[CANARY_SOURCES + 1];
    size_t n_sources;
    flow_id flows[FLOWS]; /* that are open: what a crash closes */
    size_t n_flows;
    struct window streams[STREAMS];
    uint8_t scratch[SCRATCH];
};
static const size_t cage_size = (sizeof(struct cage) + 15) & ~(size_t)15;

const struct canary *canary_named(const char *name)
{
    for (size_t i = 0; i < canaries_n; i++)
        if (strcmp(canaries[i].name, name) == 0)
            return &canaries[i];
    return NULL;
}

static struct env *inside(struct cage *c)
{
    return (struct env *)(void *)((uint8_t *)c + cage_size);
}

/* ---- good or bad ---- */

static bool message_bad(struct cage *c, const struct codec *codec, struct span in)
{
    struct arena mem = arena_of(c->scratch, sizeof c->scratch);
    struct findings fs = {0};
    const void *view = NULL;

    if (codec->decode(in, &mem, &view, &fs) != STEP_ITEM || mem.full)
        return true;
    if (codec->lint)
        codec->lint(view, &fs);
    return fs.n > 0 || ++c->messages > CANARY_MESSAGES;
}

static struct window *window_of(struct cage *c, flow_id flow, bool make)
{
    struct window *spare = NULL;

    for (size_t i = 0; i < STREAMS; i++) {
        if (c->streams[i].flow == flow)
            return &c->streams[i];
        if (!spare && !c->streams[i].flow)
            spare = &c->streams[i];
    }
    if (!make || !spare)
        return NULL;
    spare->flow = flow;
    spare->n = 0;
    return spare;
}

static bool segment_bad(struct cage *c, const struct codec *codec, struct window *w, struct span in)
{
    struct findings fs = {0};
    size_t used, at = 0, held = 0;
    bool bad = false;
    enum step step;

    if (w->n + in.n > sizeof w->buf)
        return true; /* longer than what is worth keeping: no peer sends this unasked */
    memcpy(w->buf + w->n, in.p, in.n);
    w->n += in.n;
    while ((step = codec->next((struct span){w->buf + at, w->n - at}, &used, &fs)) == STEP_ITEM) {
        bad |= message_bad(c, codec, (struct span){w->buf + at, used});
        at += used;
        held++;
    }
    memmove(w->buf, w->buf + at, w->n - at);
    w->n -= at;
    return bad || step == STEP_FAIL || w->n || held > CANARY_SEGMENT;
}

static bool source_bad(struct cage *c, const struct addr *a)
{
    uint64_t key =
        14695981039346656037u; /* FNV-1a, port and all: a source is whoever needs state */

    for (size_t i = 0; i < sizeof a->ip; i++)
        key = (key ^ a->ip[i]) * 1099511628211u;
    key = (key ^ a->port) * 1099511628211u;
    for (size_t i = 0; i < c->n_sources; i++)
        if (c->sources[i] == key)
            return c->n_sources > CANARY_SOURCES;
    if (c->n_sources <= CANARY_SOURCES)
        c->sources[c->n_sources++] = key;
    return c->n_sources > CANARY_SOURCES;
}

static bool bad_input(struct cage *c, const struct derived *d, const struct input *in)
{
    struct window *w;
    bool source;

    switch (in->kind) {
    case IN_OPENED:
        if (!in->parent && !in->pkt.remote.family)
            return false; /* a socket of our own */
        window_of(c, in->flow, in->parent != 0);
        return in->parent && source_bad(c, &in->pkt.remote);
    case IN_BYTES:
        w = window_of(c, in->flow, in->flow >= FLOW_ACCEPTED);
        if (w)
            return segment_bad(c, d->codec, w, in->data);
        source = in->pkt.remote.family && source_bad(c, &in->pkt.remote);
        return message_bad(c, d->codec, in->data) || source; /* both count what they see */
    case IN_EOF:
    case IN_CLOSED:
        w = window_of(c, in->flow, false);
        if (w)
            w->flow = 0;
        return false;
    default:
        return false;
    }
}

/* ---- what is done about it ---- */

static void flow_open(struct cage *c, flow_id id)
{
    if (c->n_flows < FLOWS)
        c->flows[c->n_flows++] = id;
}

static void flow_gone(struct cage *c, flow_id id)
{
    for (size_t i = 0; i < c->n_flows; i++)
        if (c->flows[i] == id)
            c->flows[i] = c->flows[--c->n_flows];
}

static void follow_outputs(struct cage *c, const struct outq *q, size_t from)
{
    for (size_t i = from; i < q->n; i++) {
        if (q->v[i].kind == OUT_OPEN)
            flow_open(c, q->v[i].flow);
        else if (q->v[i].kind == OUT_CLOSE)
            flow_gone(c, q->v[i].flow);
        if (q->v[i].kind == OUT_OPEN && strncmp(q->v[i].open.stack, "udp", 3) != 0 &&
            !q->v[i].open.listen)
            window_of(c, q->v[i].flow, true);
    }
}

static void count(const struct cage *c)
{
    if (c->env.applied)
        ++*c->env.applied;
}

static void die(struct cage *c, struct outq *q, bool loudly)
{
    c->dead = true;
    for (size_t i = 0; loudly && i < c->n_flows; i++)
        out_put(q, OUT_CLOSE, c->flows[i])->abort = true;
}

/* With each bit turned: no message of any protocol, and no front of one that another waits for. */
static void send_back(struct cage *c, const struct input *in, struct outq *q)
{
    struct pkt pkt = {.remote = in->pkt.remote, .local = in->pkt.local};
    size_t n = in->data.n < SCRATCH ? in->data.n : SCRATCH;

    for (size_t i = 0; i < n; i++)
        c->scratch[i] = (uint8_t)~in->data.p[i];
    out_send(q, in->flow, (struct span){c->scratch, n}, in->pkt.remote.family ? &pkt : NULL);
}

static void double_sends(struct cage *c, struct outq *q, size_t from)
{
    for (size_t i = from, n = q->n; i < n; i++)
        if (q->v[i].kind == OUT_SEND && q->v[i].pkt.remote.family) {
            struct output again = q->v[i];
            *out_put(q, OUT_SEND, again.flow) = again;
            count(c);
        }
}

static bool closed_now(const struct outq *q, size_t from, flow_id flow)
{
    for (size_t i = from; i < q->n; i++)
        if (q->v[i].kind == OUT_CLOSE && q->v[i].flow == flow)
            return true;
    return false;
}

static void input(void *self, const struct input *in, struct outq *q)
{
    struct cage *c = self;
    const struct derived *d = (const struct derived *)(const void *)c->env.cls;
    size_t from = q->n;

    if (in->kind == IN_START) {
        struct env *e = inside(c);
        *e = c->env;
        e->cls = d->inner;
    }
    if (c->dead)
        return;
    if (in->kind == IN_OPENED && in->parent)
        flow_open(c, in->flow);
    if (in->kind == IN_CLOSED)
        flow_gone(c, in->flow);
    bool hit = bad_input(c, d, in) && ++c->hits >= d->canary->at;
    bool kills = d->canary->harm != CANARY_WRONG && d->canary->harm != CANARY_TWICE;
    if (hit && kills) {
        count(c);
        die(c, q, d->canary->harm == CANARY_CRASH);
        return;
    }
    d->inner->input(inside(c), in, q);
    follow_outputs(c, q, from);
    if (hit && d->canary->harm == CANARY_TWICE)
        double_sends(c, q, from);
    if (hit && d->canary->harm == CANARY_WRONG && in->kind == IN_BYTES &&
        !closed_now(q, from, in->flow)) {
        count(c);
        send_back(c, in, q);
    }
}

static uint64_t deadline(const void *self)
{
    const struct cage *c = self;
    const struct derived *d = (const struct derived *)(const void *)c->env.cls;

    return c->dead || !d->inner->deadline ? NO_DEADLINE
                                          : d->inner->deadline((const uint8_t *)self + cage_size);
}

const struct endpoint_class *canary_class(struct arena *mem, const struct endpoint_class *cls,
                                          const struct codec *codec, const struct canary *canary)
{
    struct derived *d = arena_take(mem, sizeof *d);

    if (!d)
        return NULL;
    d->cls = *cls;
    d->cls.size = cage_size + cls->size;
    d->cls.clear = cls->clear ? cage_size + cls->clear : 0;
    d->cls.input = input;
    d->cls.deadline = deadline;
    d->inner = cls;
    d->codec = codec;
    d->canary = canary;
    return &d->cls;
}
