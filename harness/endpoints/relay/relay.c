/* harness/endpoints/relay/relay.c - clients, rulings and what is told of them. */
#include "harness/endpoints/relay/relay.h"

/* ---- what is on its way ---- */

void relay_hold(struct held *h, uint64_t at_us, size_t octets)
{
    uint32_t last = (h->first + h->n + HELD_SLOTS - 1) % HELD_SLOTS;

    h->octets += (uint32_t)octets;
    h->pieces++;
    if (h->n && (h->n == HELD_SLOTS || at_us <= h->slot[last].at_us)) {
        h->slot[last].octets += (uint32_t)octets;
        h->slot[last].pieces++;
        if (at_us > h->slot[last].at_us)
            h->slot[last].at_us = at_us;
        return;
    }
    last = (h->first + h->n++) % HELD_SLOTS;
    h->slot[last].at_us = at_us;
    h->slot[last].octets = (uint32_t)octets;
    h->slot[last].pieces = 1;
}

void relay_release(struct held *h, uint64_t now_us)
{
    while (h->n && h->slot[h->first].at_us <= now_us) {
        h->octets -= h->slot[h->first].octets;
        h->pieces -= h->slot[h->first].pieces;
        h->first = (h->first + 1) % HELD_SLOTS;
        h->n--;
    }
}

/* ---- clients ---- */

static size_t addr_bucket(const struct addr *a)
{
    uint32_t h = a->port * 2654435761u;
    for (size_t i = 0; i < (a->family == 6 ? 16u : 4u); i++)
        h = h * 31 + a->ip[i];
    return (h ^ h >> 16) % RELAY_BUCKETS;
}

static size_t flow_bucket(flow_id flow)
{
    return (flow ^ flow >> 20) % RELAY_BUCKETS;
}

struct relay_counts *relay_count(struct relay *r, enum relay_way way)
{
    return way == RELAY_UP ? &r->st.up : &r->st.down;
}

static void list_out(struct relay *r, struct relay_client *c)
{
    *(c->older ? &c->older->newer : &r->oldest) = c->newer;
    *(c->newer ? &c->newer->older : &r->newest) = c->older;
    c->older = c->newer = NULL;
}

static void list_in(struct relay *r, struct relay_client *c)
{
    c->older = r->newest;
    *(r->newest ? &r->newest->newer : &r->oldest) = c;
    r->newest = c;
}

void relay_touch(struct relay *r, struct relay_client *c, uint64_t now_us)
{
    c->seen_us = now_us;
    if (r->newest == c)
        return;
    list_out(r, c);
    list_in(r, c);
}

struct relay_client *relay_client_new(struct relay *r, uint64_t now_us)
{
    struct relay_client *c = r->spare;

    if (r->st.now >= r->cfg.clients || !c)
        return NULL;
    r->spare = c->by_near;
    *c = (struct relay_client){.number = ++r->last_client, .seen_us = now_us};
    r->st.now++;
    r->st.clients++;
    list_in(r, c);
    return c;
}

void relay_index(struct relay *r, struct relay_client *c)
{
    struct relay_client **a = &r->by_addr[addr_bucket(&c->towards.remote)],
                        **n = &r->by_near[flow_bucket(c->near)],
                        **f = &r->by_far[flow_bucket(c->far)];
    c->by_addr = *a;
    *a = c;
    c->by_near = *n;
    *n = c;
    c->by_far = *f;
    *f = c;
}

void relay_client_free(struct relay *r, struct relay_client *c)
{
    struct relay_client **at;

    for (at = &r->by_addr[addr_bucket(&c->towards.remote)]; *at != c; at = &(*at)->by_addr)
        ;
    *at = c->by_addr;
    for (at = &r->by_near[flow_bucket(c->near)]; *at != c; at = &(*at)->by_near)
        ;
    *at = c->by_near;
    for (at = &r->by_far[flow_bucket(c->far)]; *at != c; at = &(*at)->by_far)
        ;
    *at = c->by_far;
    list_out(r, c);
    r->st.now--;
    c->number = 0;
    c->by_near = r->spare;
    r->spare = c;
}

struct relay_client *relay_by_near(struct relay *r, flow_id flow)
{
    struct relay_client *c = r->by_near[flow_bucket(flow)];
    while (c && c->near != flow)
        c = c->by_near;
    return c;
}

struct relay_client *relay_by_far(struct relay *r, flow_id flow)
{
    struct relay_client *c = r->by_far[flow_bucket(flow)];
    while (c && c->far != flow)
        c = c->by_far;
    return c;
}

static struct relay_client *by_addr(struct relay *r, const struct addr *a)
{
    struct relay_client *c = r->by_addr[addr_bucket(a)];
    while (c && !addr_eq(&c->towards.remote, a))
        c = c->by_addr;
    return c;
}

/* ---- telling ---- */

struct relay_event *relay_report(struct outq *q, const char *name, const struct input *in,
                                 const struct relay_client *c)
{
    struct relay_event *e = out_event(q, name, &relay_event_desc, 0);

    if (!e)
        return NULL;
    e->time_us = in->now_us;
    e->local = in->pkt.local;
    e->remote = in->pkt.remote;
    if (c) {
        e->client = c->number;
        if (c->towards.remote.family)
            e->remote = c->towards.remote;
    }
    return e;
}

static void gone(struct relay *r, struct relay_client *c, const char *why, const struct input *in,
                 struct outq *q)
{
    struct relay_event *e = relay_report(q, "gone", in, c);
    if (e)
        e->why = why;
    relay_client_free(r, c);
}

struct relay_ruling relay_rule(struct relay *r, enum relay_way way, const struct relay_client *c,
                               const struct input *in)
{
    struct relay_ruling ruling = {0};
    struct relay_counts *n = relay_count(r, way);

    n->passed++;
    n->octets += in->data.n;
    if (!r->cfg.hook)
        return ruling;
    r->cfg.hook->rule(r->cfg.hook->ctx,
                      &(struct relay_message){.way = way,
                                              .stream = r->cfg.stream,
                                              .now_us = in->now_us,
                                              .number = n->passed,
                                              .client = c->number,
                                              .data = in->data},
                      &ruling);
    n->changed += ruling.data.p != NULL;
    n->dropped += ruling.drop;
    return ruling;
}

/* ---- datagrams ---- */

static void count_loss(struct relay_counts *n, enum impair_loss loss)
{
    n->dropped += loss == IMPAIR_DROPPED;
    n->lost += loss == IMPAIR_LOST;
    n->too_large += loss == IMPAIR_TOO_LARGE;
    n->queue_full += loss == IMPAIR_QUEUE_FULL;
}

static void send(struct outq *q, flow_id flow, const struct pkt *pkt, struct span data,
                 uint64_t at_us, uint64_t now_us)
{
    struct output *o = out_send(q, flow, data, pkt);
    if (at_us > now_us)
        o->not_before_us = at_us;
}

static void pass(struct relay *r, enum relay_way way, const struct relay_client *c,
                 const struct input *in, struct outq *q)
{
    struct relay_ruling rule = relay_rule(r, way, c, in);
    struct relay_counts *n = relay_count(r, way);
    struct span data = rule.data.p ? rule.data : in->data;
    struct pkt pkt = way == RELAY_UP ? (struct pkt){.remote = r->cfg.to} : c->towards;
    flow_id flow = way == RELAY_UP ? c->far : RELAY_LISTENER;
    size_t packet = data.n + (pkt.remote.family == 6 ? 48 : 28);
    struct impair_fate f = impair_datagram(&r->line[way], in->now_us, data.n, packet);

    if (rule.drop)
        return;
    count_loss(n, f.loss);
    if (f.loss != IMPAIR_KEPT)
        return;
    struct held *h = &r->held[way];
    relay_release(h, in->now_us);
    if (h->pieces >= RELAY_HELD_MAX) {
        n->held_full++;
        return;
    }
    bool twice = f.doubled || rule.twice;
    n->reordered += f.reordered;
    n->corrupted += f.corrupted;
    n->doubled += twice;
    if (f.corrupted && (data = arena_copy(&q->mem, data)).p)
        impair_corrupt(&f, (uint8_t *)(uintptr_t)data.p, data.n);
    for (int i = 0; i < 1 + twice; i++) {
        uint64_t at = f.at_us[i] + rule.delay_us;
        send(q, flow, &pkt, data, at, in->now_us);
        if (at > in->now_us)
            relay_hold(h, at, data.n);
    }
}

static struct relay_client *client_of(struct relay *r, const struct input *in, struct outq *q)
{
    struct relay_client *c = by_addr(r, &in->pkt.remote);

    if (c)
        return c;
    if (r->st.now >= r->cfg.clients && r->oldest) {
        r->st.evicted++;
        out_put(q, OUT_CLOSE, r->oldest->far);
        gone(r, r->oldest, "evicted", in, q);
    }
    c = relay_client_new(r, in->now_us);
    if (!c)
        return NULL;
    c->far = ++r->last_flow;
    c->towards = (struct pkt){.remote = in->pkt.remote, .local = in->pkt.local};
    relay_index(r, c);
    struct output *o = out_put(q, OUT_OPEN, c->far);
    o->open.stack = "udp";
    o->open.local.family = r->cfg.to.family;
    o->open.remote = r->cfg.to;
    return c;
}

static void forget_idle(struct relay *r, const struct input *in, struct outq *q)
{
    while (r->oldest && r->oldest->seen_us + r->cfg.idle_us <= in->now_us) {
        out_put(q, OUT_CLOSE, r->oldest->far);
        gone(r, r->oldest, "idle", in, q);
    }
}

static void refused(struct relay *r, const struct input *in, struct outq *q)
{
    struct relay_client *c = relay_by_far(r, in->flow);
    struct relay_event *e = relay_report(q, "refused", in, c);

    r->st.refused++;
    if (e) {
        e->icmp = in->icmp;
        e->why = "icmp";
    }
}

void relay_datagram(struct relay *r, const struct input *in, struct outq *q)
{
    struct relay_client *c = in->flow == RELAY_LISTENER ? NULL : relay_by_far(r, in->flow);
    struct relay_event *e;

    switch (in->kind) {
    case IN_OPENED:
        e = relay_report(q, c ? "client" : "listening", in, c);
        if (e)
            e->towards = c ? in->pkt.local : (struct addr){0};
        break;
    case IN_BYTES:
        if (in->flow == RELAY_LISTENER) {
            c = client_of(r, in, q);
        } else if (!addr_eq(&in->pkt.remote, &r->cfg.to)) {
            break; /* a stranger who has found the port */
        }
        if (!c)
            break;
        relay_touch(r, c, in->now_us);
        pass(r, in->flow == RELAY_LISTENER ? RELAY_UP : RELAY_DOWN, c, in, q);
        break;
    case IN_ICMP:
        refused(r, in, q);
        break;
    case IN_TIMER:
        forget_idle(r, in, q);
        break;
    case IN_CLOSED:
        if (c)
            gone(r, c, close_name(in->why), in, q);
        else if (in->flow == RELAY_LISTENER && (e = relay_report(q, "closed", in, NULL)) != NULL)
            e->why = close_name(in->why);
        break;
    default:
        break;
    }
}

/* ---- the endpoint ---- */

static void start(struct relay *r, const struct input *in, struct outq *q)
{
    struct output *o = out_put(q, OUT_OPEN, RELAY_LISTENER);

    if (in->rec)
        memcpy(&r->cfg, in->rec, sizeof r->cfg);
    if (!r->cfg.idle_us)
        r->cfg.idle_us = RELAY_IDLE_US;
    if (!r->cfg.clients || r->cfg.clients > RELAY_CLIENTS_MAX)
        r->cfg.clients = RELAY_CLIENTS_MAX;
    impair_init(&r->line[RELAY_UP], &r->cfg.up, rng_next(r->env.rng));
    impair_init(&r->line[RELAY_DOWN], &r->cfg.down, rng_next(r->env.rng));
    r->last_flow = RELAY_LISTENER;
    for (size_t i = COUNT(r->clients); i-- > 0;) {
        r->clients[i].by_near = r->spare;
        r->spare = &r->clients[i];
    }
    o->open.stack = r->cfg.stream ? "tcp" : "udp";
    o->open.listen = r->cfg.stream;
    o->open.local = r->cfg.listen;
    if (!o->open.local.family)
        o->open.local.family = 4;
}

static void input(void *self, const struct input *in, struct outq *q)
{
    struct relay *r = self;
    struct relay_statistics *st;

    if (in->kind == IN_START) {
        start(r, in, q);
    } else if (in->kind == IN_COMMAND) {
        st = out_event(q, "statistics", &relay_statistics_desc, in->token);
        if (st)
            *st = r->st;
    } else if (r->cfg.stream) {
        relay_stream(r, in, q);
    } else {
        relay_datagram(r, in, q);
    }
}

static uint64_t deadline(const void *self)
{
    const struct relay *r = self;

    if (r->cfg.stream)
        return relay_stream_due(r);
    return r->oldest ? r->oldest->seen_us + r->cfg.idle_us : NO_DEADLINE;
}

/* ---- tables ---- */

#define C(m)                                                                                       \
    {                                                                                              \
        .name = #m, FIELD(struct relay_counts, m, F_UINT)                                          \
    }
static const struct field count_fields[] = {
    C(passed),    C(octets),  C(dropped),   C(lost),      C(too_large), C(queue_full),
    C(held_full), C(doubled), C(reordered), C(corrupted), C(changed),
};
static const struct desc counts_desc = {"relay-counts", sizeof(struct relay_counts),
                                        FIELDS(count_fields), .next = NULL};
static const struct field statistics_fields[] = {
    {.name = "up", FIELD(struct relay_statistics, up, F_GROUP), .sub = &counts_desc},
    {.name = "down", FIELD(struct relay_statistics, down, F_GROUP), .sub = &counts_desc},
    {.name = "clients", FIELD(struct relay_statistics, clients, F_UINT)},
    {.name = "now", FIELD(struct relay_statistics, now, F_UINT)},
    {.name = "evicted", FIELD(struct relay_statistics, evicted, F_UINT)},
    {.name = "refused", FIELD(struct relay_statistics, refused, F_UINT)},
};
const struct desc relay_statistics_desc = {"relay-statistics", sizeof(struct relay_statistics),
                                           FIELDS(statistics_fields), .next = NULL};

static const struct field event_fields[] = {
    {.name = "local", FIELD(struct relay_event, local, F_ADDR)},
    {.name = "remote", FIELD(struct relay_event, remote, F_ADDR)},
    {.name = "towards", FIELD(struct relay_event, towards, F_ADDR)},
    {.name = "why", FIELD(struct relay_event, why, F_CHARS)},
    {.name = "time_us", FIELD(struct relay_event, time_us, F_UINT)},
    {.name = "client", FIELD(struct relay_event, client, F_UINT)},
    {.name = "icmp", FIELD(struct relay_event, icmp, F_UINT)},
};
const struct desc relay_event_desc = {"relay-event", sizeof(struct relay_event),
                                      FIELDS(event_fields), .next = NULL};

static const struct field config_fields[] = {
    {.name = "listen", FIELD(struct relay_config, listen, F_ADDR)},
    {.name = "to", FIELD(struct relay_config, to, F_ADDR)},
    {.name = "stream", FIELD(struct relay_config, stream, F_BOOL)},
    {.name = "idle_us", FIELD(struct relay_config, idle_us, F_UINT)},
    {.name = "clients", FIELD(struct relay_config, clients, F_UINT)},
};
const struct desc relay_impair_config_desc = {"relay-impair", sizeof(struct relay_config),
                                              FIELDS(config_fields), .next = NULL};

static const struct desc no_args = {"none", 0, 0, NULL, .next = NULL};
static const struct verb verbs[] = {{"statistics", &no_args, true}};

const struct endpoint_class relay_impair_class = {
    .name = "relay.impair",
    .size = sizeof(struct relay),
    .verbs = verbs,
    .n_verbs = COUNT(verbs),
    .config = &relay_impair_config_desc,
    .input = input,
    .deadline = deadline,
};
extern const struct endpoint_class *const relay_endpoints[];
const struct endpoint_class *const relay_endpoints[] = {&relay_impair_class, NULL};
