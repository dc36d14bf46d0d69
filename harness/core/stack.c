/* harness/core/stack.c - joining endpoint and layers by flow ids. */
#include <stdio.h>
#include <stdlib.h>
#include "harness/core/capture.h"
#include "harness/core/registry.h"
#include "harness/core/stack_impl.h"

struct work { /* an input on its way to a part */
    struct work *next;
    struct part *to;
    struct input in;
};

const struct endpoint_class *party_class(const struct party *p)
{
    return p->top.cls;
}
void *party_owner(const struct party *p)
{
    return p->owner;
}
struct addr party_addr(const struct party *p)
{
    return p->addr;
}
const char *party_name(const struct party *p)
{
    return p->name;
}
uint32_t party_applied(const struct party *p)
{
    return p->applied;
}

/* The harness's own fault, in one sentence with the party's name; the first one stays. */
static void fault(struct party *p, const char *before, const char *after)
{
    if (p->driver->error)
        return;
    snprintf(p->driver->why, sizeof p->driver->why, "%s %s %s", before, p->name, after);
    p->driver->error = p->driver->why;
}

/* ---- work ---- */

static void give(struct party *p, struct part *to, const struct input *in)
{
    struct work *w = arena_take(&p->q.mem, sizeof *w);
    if (!w) {
        p->q.full = true;
        return;
    }
    w->to = to;
    w->in = *in;
    if (p->last)
        p->last->next = w;
    else
        p->first = w;
    p->last = w;
}

/* ---- opening and accepting ---- */

struct words { /* the layers that a stack names */
    const struct endpoint_class *v[STACK_LAYERS];
    size_t n;
};

static const struct endpoint_class *layer_of(const struct driver *d, const char *word, size_t n)
{
    for (size_t i = 0; d->layers && d->layers[i]; i++)
        if (strlen(d->layers[i]->layer) == n && memcmp(d->layers[i]->layer, word, n) == 0)
            return d->layers[i];
    return layer_named(word, n);
}

/* The words of a stack after the first; false where one is no layer. */
static bool layers_of(const struct driver *d, const char *stack, struct words *w)
{
    w->n = 0;
    if (!stack || strlen(stack) >= STACK_TEXT)
        return false;
    for (const char *s = strchr(stack, '/'); s; s = strchr(s, '/')) {
        size_t len = strcspn(++s, "/");
        const struct endpoint_class *c = layer_of(d, s, len);
        if (!c || w->n == STACK_LAYERS)
            return false;
        w->v[w->n++] = c;
    }
    return true;
}

/* Whether a listener of this stack accepts connections, each a flow of its own. */
static bool accepts(const struct flow_spec *spec)
{
    return spec->listen && strncmp(spec->stack, "udp", 3) != 0;
}

static void keep_spec(const struct party *p, struct edge *e, const struct flow_spec *spec)
{
    e->spec = *spec;
    e->spec.party_desc = p->layer_desc;
    e->spec.party_options = p->layer_options;
    if (!spec->options) {
        e->spec.desc = p->layer_desc;
        e->spec.options = p->layer_options;
    }
    snprintf(e->text, sizeof e->text, "%s", spec->stack);
    e->spec.stack = e->text;
    if (spec->listen)
        e->spec.name = (struct span){0}; /* of a peer that is not known yet; borrowed besides */
}

/* Put layers between the driver's flow `base` and the user; `spec` is kept in an edge; `parent` is
 * the listener as the user calls it, 0: the party opened the flow. False: no memory or too many
 * flows, and nothing is left of the chain. */
static bool build_chain(struct party *p, struct edge *base, const struct words *w,
                        const struct flow_spec *spec, struct part *user, flow_id id_user,
                        flow_id parent, uint64_t now)
{
    struct edge *e = base;

    e->parent = parent;
    for (size_t i = 0; i < w->n; i++) {
        struct part *l = layer_new(p, w->v[i]);
        if (l)
            edge_bind(p, e, l, LAYER_LOWER);
        struct edge *up = l ? edge_new(p, l, LAYER_UPPER) : NULL;
        if (!up) {
            while (e) {
                struct part *below = e->below;
                edge_kill(p, e);
                e = below ? edge_above(p, below, LAYER_LOWER) : NULL;
            }
            return false;
        }
        l->user = user;
        l->user_id = id_user;
        if (e->below) {
            e->below->user = l;
            e->below->user_id = LAYER_LOWER;
        }
        up->parent = parent;
        give(p, l, &(struct input){.kind = IN_START, .now_us = now, .rec = spec->options});
        give(p, l,
             &(struct input){.kind = IN_OPEN, .now_us = now, .flow = LAYER_UPPER, .open = spec});
        e = up;
    }
    edge_bind(p, e, user, id_user);
    return true;
}

static void refused(struct party *p, struct part *user, flow_id flow, enum close_why why,
                    uint64_t now)
{
    give(p, user, &(struct input){.kind = IN_CLOSED, .now_us = now, .flow = flow, .why = why});
}

/* How a flow is opened: as asked, or through the party's relay. */
static struct flow_spec way_of(const struct party *p, const struct flow_spec *asked)
{
    const struct party_via *via = p->via;

    if (!via || !asked->stack || strcmp(asked->stack, "udp") != 0)
        return *asked;
    return (struct flow_spec){.stack = via->stack,
                              .local = {.family = via->server.family},
                              .remote = via->server,
                              .name = via->name,
                              .desc = via->desc,
                              .options = via->options};
}

static void do_open(struct party *p, struct part *user, const struct output *o, uint64_t now)
{
    struct flow_spec spec = way_of(p, &o->open);
    struct words w;

    if (!layers_of(p->driver, spec.stack, &w)) {
        refused(p, user, o->flow, CLOSE_LOCAL, now);
        return;
    }
    if (accepts(&spec))
        w.n = 0; /* they are built on acceptance */
    struct edge *base =
        p->next_flow < FLOW_ACCEPTED - 1 ? edge_new(p, NULL, p->next_flow + 1) : NULL;
    if (base)
        keep_spec(p, base, &spec);
    if (!base || !build_chain(p, base, &w, &base->spec, user, o->flow, 0, now)) {
        refused(p, user, o->flow, CLOSE_QUOTA, now);
        return;
    }
    p->next_flow++;
    struct edge *top = edge_above(p, user, o->flow);
    if (top && top != base)
        top->spec.remote = o->open.remote;
    out_put(&p->out, OUT_OPEN, base->id_below)->open = base->spec;
}

/* Where a listener has too many connections that are not through their handshake, the oldest goes. */
static void end_oldest(struct party *p, flow_id listener, uint64_t now)
{
    struct edge *e = half_over(p, listener);

    if (!e)
        return;
    out_put(&p->out, OUT_CLOSE, e->id_below)->abort = true;
    give(p, e->above,
         &(struct input){.kind = IN_CLOSED,
                         .now_us = now,
                         .flow = e->id_above,
                         .why = CLOSE_QUOTA,
                         .detail = "too many handshakes at once"});
    edge_kill(p, e);
}

/* A listener of the user's has accepted: build its layers over the new connection. */
static void do_accept(struct party *p, const struct edge *listener, const struct input *in)
{
    struct words w;
    struct part *user = listener ? listener->above : NULL;
    bool known = listener && layers_of(p->driver, listener->spec.stack, &w);
    struct edge *base = known ? edge_new(p, NULL, in->flow) : NULL;

    if (!base || !build_chain(p, base, &w, &listener->spec, user, user->next_accepted,
                              listener->id_above, in->now_us)) {
        out_put(&p->out, OUT_CLOSE, in->flow)->abort = true;
        return;
    }
    user->next_accepted++;
    if (w.n) {
        half_begin(p, base, in->parent);
        end_oldest(p, in->parent, in->now_us);
    }
    struct input up = *in;
    up.flow = base->id_above;
    up.parent = w.n ? LAYER_LOWER : listener->id_above; /* to a layer: it is the server's side */
    give(p, base->above, &up);
}

/* ---- what parts put ---- */

static struct span joined(struct party *p, const struct output *o)
{
    size_t n = 0, at = 0;
    if (o->n_data == 1)
        return o->data[0];
    for (size_t i = 0; i < o->n_data; i++)
        n += o->data[i].n;
    uint8_t *all = arena_take(&p->q.mem, n);
    for (size_t i = 0; all && i < o->n_data; at += o->data[i++].n)
        if (o->data[i].n)
            memcpy(all + at, o->data[i].p, o->data[i].n);
    return (struct span){all, all ? n : 0};
}

/* Whether the flow below all layers is one of a stream: by the first word of its stack, which for a flow
 * that was accepted is its listener's. */
static bool is_stream(const struct party *p, const struct edge *e)
{
    while (e && e->below) {
        if (e->below->cls->datagrams)
            return false;
        e = edge_above(p, e->below, LAYER_LOWER);
    }
    if (e && !e->text[0])
        e = edge_above(p, &p->top, e->parent);
    return e && strncmp(e->text, "tcp", 3) == 0;
}

/* Tell what the top hears or says on one of its flows. */
static void overhear(struct party *p, bool out, flow_id flow, const struct addr *remote,
                     struct span data, uint32_t frame, uint64_t now)
{
    struct edge *e = p->driver->on_flow ? edge_above(p, &p->top, flow) : NULL;

    if (e)
        p->driver->on_flow(p->driver->ctx, &(struct packet){.party = p,
                                                            .out = out,
                                                            .now_us = now,
                                                            .remote = remote,
                                                            .data = data,
                                                            .frame = frame,
                                                            .flow = flow,
                                                            .stream = is_stream(p, e)});
}

/* These are about the driver's flow below all layers, which waits as long as the top or a layer has it wait. */
static void pause_base(struct party *p, const struct part *from, struct edge *e, enum out_kind kind)
{
    uint8_t who = from == &p->top ? 1 : 2, before;

    while (e && e->below)
        e = edge_above(p, e->below, LAYER_LOWER);
    if (!e)
        return;
    before = e->paused;
    e->paused = kind == OUT_PAUSE ? before | who : before & (uint8_t)~who;
    if (!e->paused != !before)
        out_put(&p->out, kind, e->id_below);
}

/* What a part asks of a flow that it uses. */
static void downward(struct party *p, struct part *from, const struct output *o, uint64_t now)
{
    struct edge *e = edge_above(p, from, o->flow);
    if (!e)
        return; /* closed meanwhile: IN_CLOSED is on its way or has been seen */
    if (o->kind == OUT_PAUSE || o->kind == OUT_RESUME) {
        pause_base(p, from, e, o->kind);
    } else if (!e->below) {
        struct output *d = out_put(&p->out, o->kind, 0);
        *d = *o;
        d->flow = e->id_below;
    } else if (o->kind == OUT_SEND && o->not_before_us > now) {
        if (!held_put(p, e, o->not_before_us, &o->pkt, joined(p, o)))
            fault(p, "too many sends of", "are held back");
    } else if (o->kind == OUT_SEND || o->kind == OUT_SHUTDOWN || o->kind == OUT_CLOSE) {
        struct input in = {.now_us = now, .flow = e->id_below, .pkt = o->pkt};
        in.kind = o->kind == OUT_SEND ? IN_SEND : o->kind == OUT_SHUTDOWN ? IN_SHUTDOWN : IN_CLOSE;
        in.why = o->abort ? CLOSE_RESET : CLOSE_DONE;
        if (o->kind == OUT_SEND)
            in.data = joined(p, o);
        if (o->kind == OUT_CLOSE) {
            in.rec = o->rec;
            in.desc = o->desc;
        }
        if (o->kind == OUT_SEND && !in.pkt.remote.family && p->via)
            in.pkt.remote = e->spec.remote;
        give(p, e->below, &in);
    }
    if (o->kind == OUT_CLOSE)
        edge_kill(p, e);
}

/* One more flow than a layer's first, such as a demultiplexer's; NULL: refused, and it is told. */
static struct edge *provide_more(struct party *p, struct part *from, flow_id id, uint64_t now)
{
    struct part *user = from->user;
    struct edge *e = id != LAYER_UPPER && user ? edge_new(p, from, id) : NULL;

    if (!e) {
        if (id != LAYER_UPPER)
            give(p, from, &(struct input){.kind = IN_CLOSE, .now_us = now, .flow = id});
        return NULL;
    }
    e->parent = from->user_id;
    edge_bind(p, e, user, user->next_accepted++);
    return e;
}

/* The handshake of a connection's lowest layer is done. */
static void provided(struct party *p, const struct part *layer)
{
    struct edge *base = edge_above(p, layer, LAYER_LOWER);

    if (base)
        half_end(p, base);
}

/* What a layer says of a flow that it provides. */
static void upward(struct party *p, struct part *from, const struct output *o, uint64_t now)
{
    struct edge *e = edge_below(p, from, o->flow);
    if (!e && o->kind == OUT_PROVIDE)
        e = provide_more(p, from, o->flow, now);
    if (!e)
        return;
    struct input in = {.now_us = now,
                       .flow = e->id_above,
                       .pkt = o->pkt,
                       .why = o->why,
                       .detail = o->detail,
                       .rec = o->rec,
                       .desc = o->desc};
    switch (o->kind) {
    case OUT_PROVIDE:
        in.kind = IN_OPENED;
        provided(p, from);
        in.parent = e->parent && e->above != &p->top ? LAYER_LOWER : e->parent;
        break;
    case OUT_DELIVER:
        in.kind = IN_BYTES;
        in.data = joined(p, o);
        break;
    case OUT_EOF:
        in.kind = IN_EOF;
        break;
    case OUT_FULL:
        in.kind = IN_FULL;
        break;
    case OUT_WRITABLE:
        in.kind = IN_WRITABLE;
        break;
    default:
        in.kind = IN_CLOSED;
    }
    give(p, e->above, &in);
    if (in.kind == IN_CLOSED)
        edge_kill(p, e);
}

static void resolve(struct party *p, struct part *from, const struct output *o, uint64_t now)
{
    uint32_t token = asked_put(p, from, o->token);

    if (!token) {
        give(p, from, &(struct input){.kind = IN_RESOLVED, .now_us = now, .token = o->token});
        return;
    }
    struct output *d = out_put(&p->out, OUT_RESOLVE, 0);
    *d = *o;
    d->token = token;
}

static void route(struct party *p, struct part *from, const struct output *o, uint64_t now)
{
    switch (o->kind) {
    case OUT_OPEN:
        do_open(p, from, o, now);
        break;
    case OUT_SEND:
        if (from == &p->top && p->driver->on_flow)
            overhear(p, true, o->flow, &o->pkt.remote, joined(p, o), 0,
                     o->not_before_us > now ? o->not_before_us : now);
        downward(p, from, o, now);
        break;
    case OUT_SHUTDOWN:
    case OUT_CLOSE:
    case OUT_PAUSE:
    case OUT_RESUME:
    case OUT_ICMP:
        downward(p, from, o, now);
        break;
    case OUT_RESOLVE:
        resolve(p, from, o, now);
        break;
    case OUT_SECRET:
        if (p->driver->capture && o->n_data)
            capture_secrets(p->driver->capture, o->data[0]);
        break;
    case OUT_EVENT:
        if (o->rec && p->driver->on_event)
            p->driver->on_event(p->driver->ctx, &(struct event){.party = p,
                                                                .layer = from->cls->layer,
                                                                .now_us = now,
                                                                .name = o->name,
                                                                .desc = o->desc,
                                                                .rec = o->rec,
                                                                .token = o->token});
        break;
    default:
        upward(p, from, o, now);
    }
}

static void call(struct party *p, struct part *to, const struct input *in)
{
    p->q.n = 0;
    if (to == &p->top && in->kind == IN_BYTES)
        overhear(p, false, in->flow, &in->pkt.remote, in->data, in->pkt.frame, in->now_us);
    to->cls->input(to->self, in, &p->q);
    for (size_t i = 0; i < p->q.n; i++)
        route(p, to, &p->q.v[i], in->now_us);
    if (to->slot)
        layer_due(p, to, to->cls->deadline(to->self));
}

/* ---- one input and all that it causes ---- */

static bool begin(struct party *p)
{
    if (p->busy) {
        fault(p, "an input was given to", "from inside the handler of one of its own events");
        return false;
    }
    p->busy = true;
    stack_reap(p);
    p->q.mem.n = 0;
    p->q.mem.full = p->q.full = p->out.full = false;
    p->q.n = p->out.n = 0;
    return true;
}

static uint64_t deadline_of(const struct part *part)
{
    return part->cls->deadline ? part->cls->deadline(part->self) : NO_DEADLINE;
}

static void drain(struct party *p)
{
    char limits[64];

    while (p->first) {
        struct work *w = p->first;
        p->first = w->next;
        if (!p->first)
            p->last = NULL;
        call(p, w->to, &w->in);
    }
    if (p->q.full || p->out.full || p->q.mem.full) {
        snprintf(limits, sizeof limits, "ran over (%d outputs, %d octets)", STACK_OUTPUTS,
                 STACK_ARENA);
        fault(p, "the output queue of", limits);
    }
    const struct part *first = layer_first_due(p);
    p->due_us = deadline_of(&p->top);
    if (held_due(p) < p->due_us)
        p->due_us = held_due(p);
    if (first && first->due_us < p->due_us)
        p->due_us = first->due_us;
    p->busy = false;
}

/* An input about one of the driver's flows, to whoever uses it. */
static void give_flow(struct party *p, const struct input *in)
{
    struct edge *e = edge_below(p, NULL, in->flow);
    struct input up = *in;

    if (!e)
        return; /* closed meanwhile */
    up.flow = e->id_above;
    up.parent = 0;
    if (in->kind == IN_OPENED)
        p->addr = in->pkt.local;
    if (in->kind == IN_BYTES && p->driver->on_packet)
        p->driver->on_packet(p->driver->ctx, &(struct packet){.party = p,
                                                              .now_us = in->now_us,
                                                              .remote = &in->pkt.remote,
                                                              .data = in->data,
                                                              .frame = in->pkt.frame});
    give(p, e->above, &up);
    if (in->kind == IN_CLOSED)
        edge_kill(p, e);
}

static void resolved(struct party *p, const struct input *in)
{
    struct input up = *in;
    struct part *by = asked_take(p, in->token, &up.token);

    if (by)
        give(p, by, &up);
}

/* Give the sends whose time has come to the layers that they are for. */
static void release(struct party *p, uint64_t now)
{
    while (held_due(p) <= now) {
        struct input in = {.kind = IN_SEND, .now_us = now};
        struct edge *e = held_take(p, &p->q.mem, &in.pkt, &in.data);
        if (!e) {
            p->q.full = true;
            return;
        }
        in.flow = e->id_below;
        give(p, e->below, &in);
    }
}

void party_sent(struct party *p, const struct addr *remote, struct span data, uint32_t frame)
{
    if (p->driver->on_packet)
        p->driver->on_packet(p->driver->ctx, &(struct packet){.party = p,
                                                              .out = true,
                                                              .now_us = p->driver->now_us,
                                                              .remote = remote,
                                                              .data = data,
                                                              .frame = frame});
}

void party_input(struct party *p, const struct input *in)
{
    if (!begin(p))
        return;
    if (in->kind == IN_START || in->kind == IN_COMMAND)
        give(p, &p->top, in);
    else if (in->kind == IN_RESOLVED)
        resolved(p, in);
    else if (in->kind == IN_OPENED && in->parent)
        do_accept(p, edge_below(p, NULL, in->parent), in);
    else
        give_flow(p, in);
    drain(p);
}

void party_close(struct party *p, uint64_t now_us)
{
    if (p->busy || !p->layers || !begin(p))
        return;
    for (struct edge *e = p->edges; e; e = e->next)
        if (e->above == &p->top && e->below)
            give(p, e->below,
                 &(struct input){.kind = IN_CLOSE, .now_us = now_us, .flow = e->id_below});
    drain(p);
}

void party_timers(struct party *p, uint64_t now_us)
{
    struct input in = {.kind = IN_TIMER, .now_us = now_us};
    struct part *l;

    if (!begin(p))
        return;
    release(p, now_us);
    if (deadline_of(&p->top) <= now_us)
        give(p, &p->top, &in);
    while ((l = layer_first_due(p)) && l->due_us <= now_us) {
        give(p, l, &in);
        layer_due(p, l, NO_DEADLINE); /* until its call says more */
    }
    drain(p);
}

/* ---- making and ending ---- */

/* Queues of parties that have ended, for those that begin: to have as much from the system and give it back costs
 * more than most cases, under AddressSanitizer many times as much. A thread each. */
enum { SPARE_QUEUES = 4 };
struct queues {
    struct output *q, *out; /* STACK_OUTPUTS and one; out_put sets each */
    uint8_t *arena;         /* STACK_ARENA octets */
};
static _Thread_local struct {
    struct queues v[SPARE_QUEUES];
    size_t n;
} spare;

static bool queues_take(struct party *p)
{
    struct queues s = {0};

    if (spare.n)
        s = spare.v[--spare.n];
    else
        s = (struct queues){malloc((STACK_OUTPUTS + 1) * sizeof(struct output)),
                            malloc((STACK_OUTPUTS + 1) * sizeof(struct output)),
                            malloc(STACK_ARENA)};
    p->q = (struct outq){.v = s.q, .cap = STACK_OUTPUTS, .mem = arena_of(s.arena, STACK_ARENA)};
    p->out = (struct outq){.v = s.out, .cap = STACK_OUTPUTS};
    return s.q && s.out && s.arena;
}

static void queues_give(struct party *p)
{
    struct queues s = {p->q.v, p->out.v, p->q.mem.p};

    if (s.q && s.out && s.arena && spare.n < SPARE_QUEUES) {
        spare.v[spare.n++] = s;
        return;
    }
    free(s.q);
    free(s.out);
    free(s.arena);
}

static bool has_row(const struct endpoint_class *cls, bool variant, const char *name)
{
    const struct deviation *rows = variant ? cls->variants : cls->faults;

    for (size_t i = 0; cls->layer && i < (variant ? cls->n_variants : cls->n_faults); i++)
        if (strcmp(rows[i].name, name) == 0)
            return true;
    return false;
}

/* Whether a layer, of the driver's or of the registry's, has a fault or variant of this name. */
static bool row_of_layer(const struct driver *d, bool variant, const char *name)
{
    for (size_t i = 0; d->layers && d->layers[i]; i++)
        if (has_row(d->layers[i], variant, name))
            return true;
    for (size_t i = 0; i < registry_n; i++)
        for (size_t c = 0; registry[i].classes && registry[i].classes[c]; c++)
            if (has_row(registry[i].classes[c], variant, name))
                return true;
    return false;
}

static const char *deviate(const struct driver *d, struct part *part, bool variant,
                           const char *const *names)
{
    for (; names && *names; names++)
        if (!env_deviate(part->self, variant, *names, true) && !row_of_layer(d, variant, *names))
            return *names;
    return NULL;
}

struct party *party_new(struct driver *d, const struct party_spec *spec, const char **err)
{
    struct party *p = calloc(1, sizeof *p);
    const char *bad = NULL;

    *err = "out of memory";
    if (!p || !part_init(&p->top, spec->cls, spec->seed, 1) || !queues_take(p)) {
        party_free(p);
        return NULL;
    }
    p->driver = d;
    p->last_serial = p->top.serial;
    p->owner = spec->owner;
    p->layer_desc = spec->layer_desc;
    p->via = spec->via;
    p->layer_options = spec->layer_options;
    p->layer_faults = spec->faults;
    p->layer_variants = spec->variants;
    p->top.self->applied = &p->applied;
    p->addr = spec->host;
    p->due_us = NO_DEADLINE;
    rng_seed(p->layer_seed, spec->seed ^ 0x6c61796572u);
    snprintf(p->name, sizeof p->name, "%s", spec->name ? spec->name : spec->cls->name);
    if ((bad = deviate(d, &p->top, false, spec->faults)) ||
        (bad = deviate(d, &p->top, true, spec->variants))) {
        snprintf(d->why, sizeof d->why, "%s has no fault or variant '%s'", spec->cls->name, bad);
        *err = d->why;
        party_free(p);
        return NULL;
    }
    return p;
}

void party_free(struct party *p)
{
    if (!p)
        return;
    stack_free(p);
    queues_give(p);
    free(p);
}
