/* fuzz/state/rig.c - an endpoint under a program of steps. */
#include <sys/mman.h>
#include <unistd.h>
#include "fuzz/engine/target.h"
#include "fuzz/state/rig_watch.h"

enum { QUIET_TIMERS = 100000, HELD_OCTETS = 1 << 18, JSON_ROOM = 4096 };

struct held {
    uint8_t flags;
    uint16_t arg;
    struct span octets;
};
struct rig {
    const struct rig_class *rc;
    void *ctx;
    void *self;
    uint64_t now_us, hash;
    uint32_t bits, token;
    struct rig_flow flows[RIG_FLOWS];
    flow_id accepted, last_opened;
    struct outq q;
    flow_id opening[RIG_FLOWS];
    size_t n_opening;
    bool lost; /* more flows than the rig has room for: what is sent is not judged by its flow */
    struct held held[RIG_HELD];
    size_t n_held;
    struct arena held_mem;
    struct span last_in, last_out; /* what arrived and what was sent last */
    uint8_t last_flags;
    uint16_t last_arg;
    flow_id last_flow;
    struct addr last_to;
};
/* A target is one thread, and these are too large for its stack. */
static struct output outputs[RIG_OUTPUTS + 1];
static uint8_t out_memory[RIG_ARENA], held_memory[HELD_OCTETS], made[RIG_OCTETS],
    last_sent[RIG_OCTETS], last_arrived[RIG_OCTETS];

struct addr rig_source(unsigned source)
{
    struct addr a = {4, {198, 51, 100, (uint8_t)(10 + source)}, (uint16_t)(40000 + source)};
    static const struct addr six = {6, {0x20, 0x01, 0x0d, 0xb8, [15] = 13}, 40003};
    return source % RIG_SOURCES == 3 ? six : a;
}

uint64_t rig_now(const struct rig *r)
{
    return r->now_us;
}

static void note(struct rig *r, const void *p, size_t n)
{
    const uint8_t *at = p;
    for (size_t i = 0; i < n; i++)
        r->hash = (r->hash ^ at[i]) * 0x100000001b3u;
}

/* ---- flows ---- */

static struct rig_flow *flow_of(struct rig *r, flow_id id)
{
    for (size_t i = 0; id && i < RIG_FLOWS; i++)
        if (r->flows[i].id == id)
            return &r->flows[i];
    return NULL;
}

static struct rig_flow *new_flow(struct rig *r, flow_id id)
{
    for (size_t i = 0; i < RIG_FLOWS; i++)
        if (r->flows[i].id == 0 || r->flows[i].closed) {
            r->flows[i] = (struct rig_flow){.id = id};
            return &r->flows[i];
        }
    return NULL;
}

const struct rig_flow *rig_datagrams(const struct rig *r)
{
    for (size_t i = 0; i < RIG_FLOWS; i++)
        if (r->flows[i].id && r->flows[i].open && !r->flows[i].stream)
            return &r->flows[i];
    return NULL;
}

const struct rig_flow *rig_flow_of(const struct rig *r, flow_id id)
{
    for (size_t i = 0; id && i < RIG_FLOWS; i++)
        if (r->flows[i].id == id && r->flows[i].open)
            return &r->flows[i];
    return NULL;
}

size_t rig_flows(const struct rig *r)
{
    size_t n = r->n_opening;

    for (size_t i = 0; i < RIG_FLOWS; i++)
        n += r->flows[i].id && r->flows[i].open;
    return n;
}

static struct rig_flow *listener(struct rig *r)
{
    for (size_t i = 0; i < RIG_FLOWS; i++)
        if (r->flows[i].id && r->flows[i].open && r->flows[i].listener)
            return &r->flows[i];
    return NULL;
}

/* The stream that a source has open: one that was accepted from it, or that the endpoint opened. */
static struct rig_flow *stream_of(struct rig *r, unsigned source)
{
    for (size_t i = 0; i < RIG_FLOWS; i++) {
        struct rig_flow *f = &r->flows[i];
        if (f->id && f->open && f->stream && !f->listener && !f->ended &&
            (f->id < FLOW_ACCEPTED || f->source == source))
            return f;
    }
    return NULL;
}

/* The flow that the target names, if it is open; else NULL. */
static struct rig_flow *named(struct rig *r)
{
    struct rig_flow *f = r->rc->to ? flow_of(r, r->rc->to(r->ctx)) : NULL;
    return f && f->open && !f->ended ? f : NULL;
}

/* ---- outputs ---- */

static void opens(struct rig *r, const struct output *o)
{
    const char *stack = o->open.stack;

    require(stack != NULL, "a flow is opened without a stack");
    if (!stack)
        return; /* require has not come back */
    require(o->flow > 0 && o->flow < FLOW_ACCEPTED && o->flow > r->last_opened,
            "a flow is opened under an id that is not a new one");
    r->last_opened = o->flow;
    struct rig_flow *f = new_flow(r, o->flow);
    if (!f || r->n_opening == RIG_FLOWS) { /* the rig's own room: the flow never opens */
        r->lost = true;
        return;
    }
    f->stream = strncmp(stack, "udp", 3) != 0;
    f->listener = o->open.listen;
    f->local = o->open.local;
    f->remote = o->open.remote;
    r->opening[r->n_opening++] = o->flow;
}

static void sends(struct rig *r, const struct output *o, struct rig_flow *f)
{
    size_t n = 0;

    for (size_t i = 0; i < o->n_data; i++) {
        require(o->data[i].n <= RIG_OCTETS - n, "more is sent at once than a datagram holds");
        if (o->data[i].n)
            memcpy(last_sent + n, o->data[i].p, o->data[i].n);
        n += o->data[i].n;
    }
    r->last_out = (struct span){last_sent, n};
    r->last_flow = f->id;
    r->last_to = f->stream ? f->remote : o->pkt.remote;
    require(f->stream || o->pkt.remote.family, "a datagram is sent to nobody");
    require(!f->listener, "octets are sent on a listener");
    note(r, last_sent, n);
    note(r, &o->not_before_us, sizeof o->not_before_us);
    bool own = !r->rc->sent || r->rc->sent(r->ctx, f, &r->last_to, r->last_out);
    rig_watch_show(r->now_us, f, &r->last_to, own ? RIG_ENDPOINT : RIG_SCRIPT, r->last_out);
}

static void tells(struct rig *r, const struct output *o)
{
    static uint8_t json[JSON_ROOM];
    struct wr w = {json, sizeof json, 0, false};

    require(o->name && o->desc && o->rec, "an event without name or record");
    if (!o->name)
        return; /* require has not come back */
    field_json(&w, o->desc, o->rec);
    note(r, o->name, strlen(o->name));
    note(r, json, w.n);
    if (r->rc->event)
        r->rc->event(r->ctx, o);
}

static void take(struct rig *r, const struct output *o)
{
    struct rig_flow *f = flow_of(r, o->flow);

    note(r, &o->kind, sizeof o->kind);
    note(r, &o->flow, sizeof o->flow);
    switch (o->kind) {
    case OUT_OPEN:
        opens(r, o);
        break;
    case OUT_SEND:
        require(f != NULL || r->lost, "octets are sent on a flow that is not there");
        require(!f || !f->closed, "octets are sent on a flow that is closed");
        if (f)
            sends(r, o, f);
        break;
    case OUT_SHUTDOWN:
    case OUT_CLOSE:
        require(!f || !f->closed || o->kind == OUT_SHUTDOWN, "a flow is closed twice");
        if (f && o->kind == OUT_CLOSE) {
            f->closed = true;
            f->open = false;
        }
        break;
    case OUT_EVENT:
        tells(r, o);
        break;
    default:
        break;
    }
}

static void give(struct rig *r, struct input *in)
{
    in->now_us = r->now_us;
    r->q = (struct outq){
        .v = outputs, .cap = RIG_OUTPUTS, .mem = arena_of(out_memory, sizeof out_memory)};
    r->rc->cls->input(r->self, in, &r->q);
    require(!r->q.full, "one input causes more than the queue has room for");
    for (size_t i = 0; i < r->q.n; i++)
        take(r, &r->q.v[i]);
}

/* What has been opened is open now, or refused. */
static void settle(struct rig *r)
{
    while (r->n_opening) {
        flow_id id = r->opening[--r->n_opening];
        struct rig_flow *f = flow_of(r, id);
        if (!f || f->closed)
            continue;
        bool refuse = (r->bits & RIG_REFUSE) && f->stream && !f->listener;
        struct input in = {
            .kind = refuse ? IN_CLOSED : IN_OPENED, .flow = id, .why = CLOSE_REFUSED};
        f->open = !refuse;
        f->closed = refuse;
        if (!f->local.family)
            f->local = (struct addr){4, {192, 0, 2, 1}, f->local.port ? f->local.port : 50000};
        in.pkt.local = f->local;
        in.pkt.remote = f->remote;
        give(r, &in);
    }
}

static void input(struct rig *r, struct input *in)
{
    give(r, in);
    if (!(r->bits & RIG_LATE))
        settle(r);
}

/* ---- time ---- */

static uint64_t deadline(const struct rig *r)
{
    return r->rc->cls->deadline ? r->rc->cls->deadline(r->self) : NO_DEADLINE;
}

void rig_pass(struct rig *r, uint64_t us)
{
    uint64_t until = r->now_us + us, due;

    settle(r);
    for (size_t n = 0; (due = deadline(r)) <= until; n++) {
        require(n < RIG_TIMERS, "timers without an end");
        if (due > r->now_us)
            r->now_us = due;
        struct input in = {.kind = IN_TIMER};
        input(r, &in);
        require(deadline(r) > r->now_us, "a deadline that was served is still there");
        settle(r);
    }
    r->now_us = until;
}

static void run_out(struct rig *r)
{
    uint64_t due;

    if (r->rc->long_us)
        rig_pass(r, r->rc->long_us);
    for (size_t n = 0; !r->rc->long_us && (due = deadline(r)) != NO_DEADLINE; n++) {
        require(n < QUIET_TIMERS, "timers that never run out");
        rig_pass(r, due > r->now_us ? due - r->now_us : 0);
    }
}

/* ---- steps ---- */

void rig_arrive(struct rig *r, const struct rig_flow *f, const struct addr *from,
                struct span octets)
{
    struct input in = {.kind = IN_BYTES, .flow = f->id};

    if (!f->open || (f->stream && octets.n == 0))
        return;
    struct fence copy = fence_copy(octets.p, octets.n); /* what arrives ends where it ends */
    if (r->rc->arrives)
        r->rc->arrives(r->ctx, f, from, octets);
    rig_watch_show(r->now_us, f, from, RIG_PEER, octets);
    in.pkt.remote = *from;
    in.pkt.local = f->local;
    in.data = fence_span(&copy);
    input(r, &in);
    fence_free(&copy);
}

static void deliver(struct rig *r, uint8_t flags, uint16_t arg, struct span octets)
{
    unsigned source = flags % RIG_SOURCES;
    struct addr from = rig_source(source);
    flow_id id = 0;

    if (octets.n > sizeof last_arrived)
        return;
    if (octets.p != last_arrived && octets.n)
        memcpy(last_arrived, octets.p, octets.n);
    r->last_in = (struct span){last_arrived, octets.n};
    r->last_flags = flags;
    r->last_arg = arg;
    struct rig_flow *f = named(r);
    if (f ? !f->stream : !(flags & RIG_STREAM)) {
        const struct rig_flow *to = f ? f : rig_datagrams(r);
        if (to)
            rig_arrive(r, to, &from, r->last_in);
        return;
    }
    f = f ? f : stream_of(r, source);
    id = f ? f->id : 0;
    /* pieces, of which there are not more than the octets of one message would make by tens */
    size_t step = arg ? arg : octets.n ? octets.n : 1;
    if (step < octets.n / 256)
        step = octets.n / 256;
    for (size_t at = 0; f && at < octets.n; at += step) {
        rig_arrive(r, f, &f->remote, span_cut(r->last_in, at, at + step));
        f = flow_of(r, id); /* it may have been closed by what came */
        if (f && (f->closed || f->ended))
            f = NULL;
    }
}

static void hold(struct rig *r, const struct prog_step *s, struct span octets)
{
    if (r->n_held < RIG_HELD && octets.n <= r->held_mem.cap - r->held_mem.n)
        r->held[r->n_held++] = (struct held){s->flags, s->arg, arena_copy(&r->held_mem, octets)};
}

static void release(struct rig *r)
{
    for (size_t i = r->n_held; i > 0; i--) /* last in, first out: reordered */
        deliver(r, r->held[i - 1].flags, r->held[i - 1].arg, r->held[i - 1].octets);
    r->n_held = 0;
    r->held_mem.n = 0;
}

static void echo(struct rig *r)
{
    struct rig_flow *f = flow_of(r, r->last_flow);
    struct addr from = r->last_to;

    if (!f || !r->last_out.n)
        return;
    memcpy(made, r->last_out.p, r->last_out.n);
    rig_arrive(r, f, &from, (struct span){made, r->last_out.n});
}

const struct rig_flow *rig_open(struct rig *r, unsigned source)
{
    struct rig_flow *l = listener(r), *f = l ? new_flow(r, FLOW_ACCEPTED + r->accepted) : NULL;

    if (!f)
        return NULL;
    flow_id id = FLOW_ACCEPTED + r->accepted++;
    f->open = f->stream = true;
    f->source = (uint8_t)source;
    f->remote = rig_source(source);
    f->remote.port = (uint16_t)(f->remote.port + r->accepted);
    f->local = l->local;
    struct input in = {.kind = IN_OPENED, .flow = f->id, .parent = l->id};
    in.pkt.remote = f->remote;
    in.pkt.local = f->local;
    input(r, &in);
    return rig_flow_of(r, id);
}

static void about_flow(struct rig *r, const struct prog_step *s, enum in_kind kind)
{
    unsigned source = s->flags % RIG_SOURCES;
    struct rig_flow *f = named(r);
    if (!f)
        f = (s->flags & RIG_STREAM) ? stream_of(r, source)
                                    : flow_of(r, rig_datagrams(r) ? rig_datagrams(r)->id : 0);
    struct input in = {.kind = kind};

    if (!f || (kind == IN_EOF && !f->stream) || (kind == IN_WRITABLE && !f->stream) ||
        (kind == IN_ICMP && f->stream))
        return;
    /* the end of all datagrams ends a server's work: rare, or little else is tried */
    if (kind == IN_CLOSED && !f->stream && s->arg < 0xff00)
        return;
    in.flow = f->id;
    in.why = (enum close_why)(s->arg % (CLOSE_UNREACHABLE + 1));
    in.icmp = s->arg;
    in.data = s->payload;
    in.pkt.remote = f->stream ? f->remote : rig_source(source);
    in.pkt.local = f->local;
    f->ended |= kind == IN_EOF;
    if (kind == IN_CLOSED) {
        f->closed = true;
        f->open = false;
    }
    input(r, &in);
}

void rig_command(struct rig *r, const struct verb *v, const void *rec, uint32_t token)
{
    struct input in = {.kind = IN_COMMAND, .verb = v, .rec = rec, .token = token};
    input(r, &in);
}

static void command(struct rig *r, const struct prog_step *s)
{
    const struct endpoint_class *c = r->rc->cls;
    const struct verb *v = c->n_verbs ? &c->verbs[s->arg % c->n_verbs] : NULL;
    const void *rec = NULL;

    if (v && r->rc->args && r->rc->args(r->ctx, s, v, &rec))
        rig_command(r, v, rec, ++r->token);
}

static void pass(struct rig *r, const struct prog_step *s)
{
    static const uint64_t unit[] = {[RIG_MS] = 1000, [RIG_10MS] = 10000, [RIG_S] = 1000000};
    enum rig_unit u = (enum rig_unit)(s->flags % 4);
    uint64_t due = deadline(r), most = r->rc->long_us ? r->rc->long_us : UINT64_MAX;

    if (u != RIG_DEADLINE)
        rig_pass(r, unit[u] * s->arg < most ? unit[u] * s->arg : most);
    else if (due != NO_DEADLINE)
        rig_pass(r, due > r->now_us ? due - r->now_us : 0);
    else
        rig_pass(r, s->arg);
}

static void step(struct rig *r, const struct prog_step *s)
{
    bool arrives = s->op % OP_COUNT == OP_SEND || s->op % OP_COUNT == OP_HOLD;
    struct span octets = s->payload;

    if (r->rc->step)
        r->rc->step(r->ctx);
    if (arrives && r->rc->prepare)
        octets = r->rc->prepare(r->ctx, s, s->payload, made);
    switch (s->op % OP_COUNT) {
    case OP_SEND:
        deliver(r, s->flags, s->arg, octets);
        break;
    case OP_HOLD:
        hold(r, s, octets);
        break;
    case OP_REPEAT:
        for (unsigned i = 0; i <= s->arg % 4u; i++)
            deliver(r, r->last_flags, r->last_arg, r->last_in);
        break;
    case OP_RELEASE:
        release(r);
        break;
    case OP_ECHO:
        echo(r);
        break;
    case OP_TIME:
        pass(r, s);
        break;
    case OP_COMMAND:
        command(r, s);
        break;
    case OP_OPEN:
        rig_open(r, s->flags % RIG_SOURCES);
        break;
    case OP_EOF:
        about_flow(r, s, IN_EOF);
        break;
    case OP_CLOSE:
        about_flow(r, s, IN_CLOSED);
        break;
    case OP_ICMP:
        about_flow(r, s, IN_ICMP);
        break;
    default:
        about_flow(r, s, IN_WRITABLE);
    }
}

/* ---- a run ---- */

/* Zeroed memory of `size` octets that ends at an unreadable page, the same each time: pages that the endpoint
 * does not touch cost nothing, which of one with room for many streams are most. */
static void *endpoint_memory(size_t size)
{
    static uint8_t *block;
    static size_t of, whole;
    size_t page = (size_t)sysconf(_SC_PAGESIZE);

    if (of != size) { /* one class a program */
        if (block)
            munmap(block, whole + page);
        whole = (size + page - 1) / page * page;
        of = size;
        block =
            mmap(NULL, whole + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (block == MAP_FAILED || mprotect(block + whole, page, PROT_NONE) != 0)
            _exit(71); /* what libFuzzer ends with */
    }
    if (block && madvise(block, whole, MADV_DONTNEED) != 0)
        memset(block, 0, whole);
    return block + (whole - size) / 16 * 16; /* aligned to 16: up to 15 octets may follow */
}

static uint64_t run_once(const struct rig_class *rc, void *ctx, const struct prog *p)
{
    static struct rig r;
    struct input in = {.kind = IN_START};

    r = (struct rig){.rc = rc, .ctx = ctx, .bits = p->config, .hash = 0xcbf29ce484222325u};
    r.held_mem = arena_of(held_memory, sizeof held_memory);
    r.self = endpoint_memory(rc->cls->size);
    struct env *env = r.self;
    env->cls = rc->cls;
    rng_seed(env->rng, p->config & 0xff);
    rig_watch_begin(rc->codec);
    in.rec = rc->config ? rc->config(ctx, p->config) : NULL;
    input(&r, &in);
    settle(&r);
    for (size_t i = 0; i < p->n; i++)
        step(&r, &p->steps[i]);
    settle(&r);
    run_out(&r);
    if (rc->sane)
        rc->sane(ctx, &r);
    rig_watch_end();
    return r.hash;
}

void rig_run(const struct rig_class *rc, void *ctx, struct span octets)
{
    static struct prog_step steps[RIG_STEPS];
    struct prog p;

    if (prog_decode(octets, &p, steps, RIG_STEPS) != STEP_ITEM)
        return;
    uint64_t first = run_once(rc, ctx, &p);
    if (p.config & RIG_TWICE)
        require(run_once(rc, ctx, &p) == first, "the same program gives other outputs");
}
