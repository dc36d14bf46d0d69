/* harness/endpoints/relay/relay_stream.c - connections: octets, ends and pressure, both ways. */
#include "harness/endpoints/relay/relay.h"

static flow_id from_flow(const struct relay_client *c, enum relay_way way)
{
    return way == RELAY_UP ? c->near : c->far;
}

static flow_id to_flow(const struct relay_client *c, enum relay_way way)
{
    return way == RELAY_UP ? c->far : c->near;
}

/* The sender waits while the other side's driver has too much, or too much is on its way. */
static void press(struct relay_client *c, enum relay_way way, struct outq *q)
{
    struct relay_half *h = &c->half[way];
    bool over = h->held.octets > RELAY_STREAM_HELD || h->held.pieces > RELAY_STREAM_PIECES;
    bool under = h->held.octets < RELAY_STREAM_HELD / 2 && h->held.pieces < RELAY_STREAM_PIECES / 2;
    bool stop = h->full || over || (h->paused && !under);

    if (h->paused != stop)
        out_put(q, stop ? OUT_PAUSE : OUT_RESUME, from_flow(c, way));
    h->paused = stop;
}

static void drop(struct relay *r, struct relay_client *c, const char *why, const struct input *in,
                 struct outq *q)
{
    struct relay_event *e = relay_report(q, "gone", in, c);
    if (e)
        e->why = why;
    relay_client_free(r, c);
}

/* One side has failed: so does the other, in the way that it can see. */
static void fail(struct relay *r, struct relay_client *c, flow_id other, const struct input *in,
                 struct outq *q)
{
    out_put(q, OUT_CLOSE, other)->abort = true;
    drop(r, c, close_name(in->why), in, q);
}

static void accepted(struct relay *r, const struct input *in, struct outq *q)
{
    struct relay_client *c = relay_client_new(r, in->now_us);

    if (!c) {
        r->st.evicted++;
        out_put(q, OUT_CLOSE, in->flow)->abort = true;
        return;
    }
    c->near = in->flow;
    c->far = ++r->last_flow;
    c->towards = (struct pkt){.remote = in->pkt.remote, .local = in->pkt.local};
    relay_index(r, c);
    impair_init(&c->half[RELAY_UP].line, &r->cfg.up, rng_next(r->env.rng));
    impair_init(&c->half[RELAY_DOWN].line, &r->cfg.down, rng_next(r->env.rng));
    struct output *o = out_put(q, OUT_OPEN, c->far);
    o->open.stack = "tcp";
    o->open.local.family = r->cfg.to.family;
    o->open.remote = r->cfg.to;
}

static void opened(struct relay *r, const struct input *in, struct outq *q)
{
    struct relay_client *c = relay_by_far(r, in->flow);

    if (in->parent) {
        accepted(r, in, q);
    } else if (c) {
        struct relay_event *e = relay_report(q, "client", in, c);
        if (e)
            e->towards = in->pkt.local;
    } else if (in->flow == RELAY_LISTENER) {
        relay_report(q, "listening", in, NULL);
    }
}

static void send(struct relay_client *c, enum relay_way way, struct span data, uint64_t at_us,
                 uint64_t now_us, struct outq *q)
{
    struct relay_half *h = &c->half[way];
    struct output *o = out_send(q, to_flow(c, way), data, &(struct pkt){.ttl = 0});

    if (at_us <= now_us)
        return;
    o->not_before_us = at_us;
    relay_hold(&h->held, at_us, data.n);
}

static void pass(struct relay *r, struct relay_client *c, enum relay_way way,
                 const struct input *in, struct outq *q)
{
    struct relay_half *h = &c->half[way];
    struct relay_ruling rule = relay_rule(r, way, c, in);
    struct span data = rule.data.p ? rule.data : in->data;
    size_t step = h->line.spec.segment ? h->line.spec.segment : data.n;

    if (rule.reset) {
        out_put(q, OUT_CLOSE, c->near)->abort = true;
        out_put(q, OUT_CLOSE, c->far)->abort = true;
        drop(r, c, "reset by the hook", in, q);
        return;
    }
    if (rule.drop || !data.n)
        return;
    for (int twice = 0; twice < (rule.twice ? 2 : 1); twice++)
        for (size_t at = 0; at < data.n; at += step) {
            struct span part = span_cut(data, at, at + step);
            uint64_t when = impair_stream(&h->line, in->now_us + rule.delay_us, part.n);
            send(c, way, part, when, in->now_us, q);
        }
    press(c, way, q);
}

/* The end of one direction follows what is on its way. */
static void end(struct relay *r, struct relay_client *c, enum relay_way way, const struct input *in,
                struct outq *q)
{
    struct relay_half *h = &c->half[way];

    relay_release(&h->held, in->now_us);
    if (!h->end_us)
        h->end_us = h->line.last_us > in->now_us ? h->line.last_us + 1 : in->now_us;
    if (h->ended || h->end_us > in->now_us)
        return;
    h->ended = true;
    out_put(q, OUT_SHUTDOWN, to_flow(c, way));
    if (!c->half[!way].ended)
        return;
    drop(r, c, close_name(CLOSE_DONE), in, q); /* the flows end by themselves */
}

static void closed(struct relay *r, const struct input *in, struct outq *q)
{
    struct relay_client *near = relay_by_near(r, in->flow), *far = relay_by_far(r, in->flow);
    struct relay_event *e;

    if (near && in->why == CLOSE_DONE && in->flow == near->near) {
        end(r, near, RELAY_UP, in, q);
    } else if (far && in->why == CLOSE_DONE) {
        end(r, far, RELAY_DOWN, in, q);
    } else if (near) {
        fail(r, near, near->far, in, q);
    } else if (far) {
        e = relay_report(q, "refused", in, far);
        r->st.refused++;
        if (e)
            e->why = close_name(in->why);
        fail(r, far, far->near, in, q);
    } else if (in->flow == RELAY_LISTENER) {
        e = relay_report(q, "closed", in, NULL);
        if (e)
            e->why = close_name(in->why);
    }
}

/* What has left meanwhile lets its sender go on; ends whose time has come are passed on. */
static void due(struct relay *r, const struct input *in, struct outq *q)
{
    for (struct relay_client *c = r->oldest, *next; c; c = next) {
        next = c->newer;
        for (int way = 0; way < 2 && c->number; way++) {
            struct relay_half *h = &c->half[way];
            relay_release(&h->held, in->now_us);
            press(c, (enum relay_way)way, q);
            if (h->end_us && !h->ended)
                end(r, c, (enum relay_way)way, in, q);
        }
    }
}

void relay_stream(struct relay *r, const struct input *in, struct outq *q)
{
    struct relay_client *c;
    enum relay_way way;

    switch (in->kind) {
    case IN_OPENED:
        opened(r, in, q);
        return;
    case IN_CLOSED:
        closed(r, in, q);
        return;
    case IN_TIMER:
        due(r, in, q);
        return;
    default:
        break;
    }
    c = relay_by_near(r, in->flow);
    way = c ? RELAY_UP : RELAY_DOWN;
    if (!c)
        c = relay_by_far(r, in->flow);
    if (!c)
        return;
    relay_release(&c->half[way].held, in->now_us);
    if (in->kind == IN_BYTES) {
        pass(r, c, way, in, q);
    } else if (in->kind == IN_EOF) {
        end(r, c, way, in, q);
    } else if (in->kind == IN_FULL || in->kind == IN_WRITABLE) { /* of what is sent there */
        c->half[!way].full = in->kind == IN_FULL;
        press(c, (enum relay_way) !way, q);
    }
}

uint64_t relay_stream_due(const struct relay *r)
{
    uint64_t best = NO_DEADLINE;

    for (const struct relay_client *c = r->oldest; c; c = c->newer)
        for (int way = 0; way < 2; way++) {
            const struct relay_half *h = &c->half[way];
            if (h->end_us && !h->ended && h->end_us < best)
                best = h->end_us;
            if (h->paused && !h->full && h->held.n && h->held.slot[h->held.first].at_us < best)
                best = h->held.slot[h->held.first].at_us;
        }
    return best;
}
