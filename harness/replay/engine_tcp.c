/* harness/replay/engine_tcp.c - TCP connections: from segments to octets in order, TLS taken off them, and what is odd.
 *
 * flow->dir[0].stream is the connection, from its first SYN or octets on. It is given up once nobody wants its octets:
 * a protocol without a codec, or none that is known. A flow that has none and whose protocol has a codec had one that
 * gave way to others: it begins anew in the middle. */
#include <stdlib.h>
#include "harness/replay/engine_impl.h"

/* ---- the list ---- */

static void unlist(struct streams *s, struct conn *c)
{
    *(c->before ? &c->before->after : &s->first) = c->after;
    *(c->after ? &c->after->before : &s->last) = c->before;
    c->before = c->after = NULL;
    s->n--;
}

static void list(struct streams *s, struct conn *c)
{
    c->before = s->last;
    *(s->last ? &s->last->after : &s->first) = c;
    s->last = c;
    s->n++;
}

static void conn_free(struct conn *c)
{
    engine_stream_clear(c);
    tcp_free(c->tcp);
    tlsdec_free(c->tls);
    free(c);
}

/* ---- what is told ---- */

void engine_stream_packet(const struct conn *c, unsigned side, uint8_t *ips, struct packet *k)
{
    size_t n = c->flags & PACKET_SIX ? 16 : 4;

    memcpy(ips, c->ips + n * side, n);
    memcpy(ips + n, c->ips + n * !side, n);
    *k = (struct packet){.ips = ips,
                         .sport = c->port[side],
                         .dport = c->port[!side],
                         .path = (uint16_t)(c->path + (c->tls ? ENGINE_TLS : 0)),
                         .flags = (uint8_t)(c->flags | (side ? PACKET_SWAPPED : 0))};
}

void engine_stream_problem(struct conn *c, unsigned side, struct capread_problem p)
{
    struct part *part = c->p;
    struct packet k;
    uint8_t ips[32];

    part->streams.problems++;
    if (!part->share)
        return;
    engine_stream_packet(c, side, ips, &k);
    packet_addrs(&k, &p.src, &p.dst);
    p.stream = true;
    if (p.frame > c->last_frame) /* the end of the file */
        p.frame = c->last_frame;
    part->failed |= !share_problem(part->share, part->at, &p);
}

void engine_stream_done(struct conn *c)
{
    c->done = true;
    engine_stream_clear(c);
    tcp_ignore(c->tcp, 0);
    tcp_ignore(c->tcp, 1);
}

/* ---- TLS ---- */

static bool has_key(const struct conn *c, uint32_t frame)
{
    const struct tlsdec_facts *f = tlsdec_facts(c->tls);
    return f->hello && tlskeys_has(c->p->e->keys, f->client_random, frame);
}

static void count_once(bool *told, uint64_t *sum)
{
    *sum += !*told;
    *told = true;
}

/* A connection whose key nobody has is counted. Words are for those who gave a key, and expect to see more. */
static void on_tls_note(void *user, const struct tlsdec_note *n)
{
    struct conn *c = user;
    struct streams *s = &c->p->streams;

    if (n->kind == TLSDEC_SECURED)
        count_once(&c->secured, &s->secured);
    else if (n->kind == TLSDEC_NO_KEY)
        s->no_key++;
    else if (n->kind == TLSDEC_NOT_READ)
        count_once(&c->not_read, &s->not_read);
    else if (n->kind == TLSDEC_WRONG_KEY)
        count_once(&c->wrong_key, &s->wrong_key);
    else if (n->kind == TLSDEC_ENDED)
        engine_stream_ended(c, n->side, n->frame);
    if (n->what && n->kind != TLSDEC_NO_KEY && has_key(c, n->frame))
        engine_stream_problem(c, n->side,
                              (struct capread_problem){.frame = n->frame,
                                                       .what = n->what,
                                                       .arg = {n->arg[0], n->arg[1]}});
}

static void on_plain(void *user, const struct tlsdec_plain *t)
{
    struct conn *c = user;
    const struct run r = {.side = t->side,
                          .data = t->data,
                          .off = t->off,
                          .first = t->first_frame,
                          .last = t->last_frame,
                          .ns = t->last_ns};

    if (t->off == 0)
        c->half[t->side].begun = true;
    if (!c->done)
        engine_stream_run(c, &r);
}

bool engine_stream_tls(struct conn *c)
{
    static const struct tlsdec_sink sink = {on_plain, on_tls_note};
    const struct engine *e = c->p->e;

    c->tls = tlsdec_new(e->keyed ? e->keys : NULL, &sink, c);
    return c->tls != NULL;
}

void engine_stream_sealed(struct conn *c, const struct run *r)
{
    const struct tlsdec_octets o = {
        .side = r->side, .data = r->data, .gap = r->gap, .frame = r->last, .time_ns = r->ns};

    tlsdec_octets(c->tls, &o);
    if (!c->done && tlsdec_is_over(c->tls))
        engine_stream_done(c);
}

/* ---- what TCP says ---- */

static void on_octets(void *user, const struct tcp_octets *o)
{
    struct conn *c = user;
    const struct run r = {.side = o->side,
                          .data = o->data,
                          .off = o->off,
                          .gap = o->gap,
                          .first = o->frame,
                          .last = o->frame,
                          .ns = o->time_ns};

    if (c->done)
        return;
    if (c->tls)
        engine_stream_sealed(c, &r);
    else
        engine_stream_run(c, &r);
}

/* The same two addresses again: nothing is known of what they carry now. */
static void anew(struct conn *c)
{
    engine_stream_clear(c);
    tlsdec_free(c->tls);
    c->tls = NULL;
    c->carries = c->decoded = c->over = 0;
    c->done = c->secured = c->not_read = c->wrong_key = false;
    memset(c->half, 0, sizeof c->half);
    c->anew = true;
    c->p->streams.again++;
}

static void on_note(void *user, const struct tcp_note *n)
{
    struct conn *c = user;

    if (n->kind == TCP_ANEW)
        anew(c);
    else if (n->kind == TCP_OPENED && !c->tls)
        c->half[n->side].begun = true;
    else if (n->kind == TCP_ENDED && !c->tls && n->arg[0] == 0)
        engine_stream_ended(c, n->side, n->frame);
    if (n->what && !c->done && (c->tls ? has_key(c, n->frame) : c->decoded))
        engine_stream_problem(
            c, n->side,
            (struct capread_problem){
                .frame = n->frame, .off = n->off, .what = n->what, .arg = {n->arg[0], n->arg[1]}});
}

/* ---- connections end ---- */

/* Nothing more will come: what is held is told, in the place `at`. */
static void finish(struct conn *c, uint64_t at)
{
    struct part *p = c->p;
    uint64_t before = p->at;

    p->at = at;
    tcp_end(c->tcp, c->last_frame, c->last_ns);
    if (c->tls && !c->done)
        tlsdec_end(c->tls, at < ENGINE_LAST ? (uint32_t)at : UINT32_MAX, c->last_ns);
    conn_free(c);
    p->at = before;
}

/* Before a flow is forgotten, or begins anew: its connection is ended when it can tell what is left. */
static void on_drop(void *ctx, struct flow *f)
{
    struct part *p = ctx;
    struct conn *c = f->dir[0].stream;

    unlist(&p->streams, c);
    c->after = p->streams.dropped;
    p->streams.dropped = c;
    f->dir[0].stream = NULL;
}

void engine_streams_dropped(struct part *p, uint64_t at)
{
    struct conn *next = p->streams.dropped;

    p->streams.dropped = NULL;
    for (struct conn *c; (c = next);) {
        next = c->after;
        c->after = NULL;
        finish(c, at);
    }
}

/* Room for one more: the one that was spoken longest ago gives way. */
static void make_room(struct part *p)
{
    struct conn *c = p->streams.first;
    struct packet k;
    uint8_t ips[32];

    if (p->streams.n < p->streams.most)
        return;
    p->streams.evicted += tcp_is_open(c->tcp);
    engine_stream_packet(c, 0, ips, &k);
    packet_hash(&k);
    struct flow *f = flows_find(&p->flows, &k);
    if (f)
        f->dir[0].stream = NULL;
    unlist(&p->streams, c);
    finish(c, p->at);
}

static int by_first_frame(const void *a, const void *b)
{
    const struct conn *x = *(struct conn *const *)a, *y = *(struct conn *const *)b;
    return (x->first_frame > y->first_frame) - (x->first_frame < y->first_frame);
}

/* In the order in which they began, so that it is the same for any number of parts. */
void engine_streams_end(struct part *p)
{
    struct streams *s = &p->streams;
    size_t n = 0;
    struct conn **v = s->n ? malloc(s->n * sizeof *v) : NULL;

    p->failed |= s->n && !v;
    while (v && s->first) {
        v[n++] = s->first;
        unlist(s, s->first);
    }
    if (n)
        qsort(v, n, sizeof *v, by_first_frame);
    for (size_t i = 0; i < n; i++)
        finish(v[i], ENGINE_LAST + v[i]->first_frame);
    free(v);
    p->flows.drop = NULL; /* what they point to is gone */
}

void engine_streams_init(struct part *p)
{
    unsigned n = p->e->n_parts;

    p->streams =
        (struct streams){.pool = {.sink = {on_octets, on_note}, .limit = ENGINE_STREAM_EARLY / n},
                         .most = ENGINE_STREAMS / n,
                         .held_max = ENGINE_STREAM_HELD / n,
                         .message_max = ENGINE_STREAM_MESSAGE};
    p->flows.drop = on_drop;
    p->flows.ctx = p;
}

void engine_streams_reset(struct part *p)
{
    struct conn *lists[] = {p->streams.first, p->streams.dropped};

    for (size_t i = 0; i < COUNT(lists); i++)
        for (struct conn *c = lists[i], *next; c; c = next) {
            next = c->after;
            conn_free(c);
        }
    p->streams.first = p->streams.last = p->streams.dropped = NULL;
    p->flows.drop = NULL;
}

/* ---- segments ---- */

static struct conn *begin(struct part *p, struct flow *f, const struct packet *k)
{
    make_room(p);
    struct conn *c = calloc(1, sizeof *c);
    struct tcp *t = c ? tcp_new(&p->streams.pool, c) : NULL;

    if (!t) {
        free(c);
        p->failed = true;
        return NULL;
    }
    c->p = p;
    c->tcp = t;
    memcpy(c->ips, f->ips, sizeof c->ips);
    memcpy(c->port, f->port, sizeof c->port);
    c->flags = k->flags & (PACKET_SIX | PACKET_TCP);
    c->carries = c->decoded = f->known[0];
    c->first_frame = k->frame;
    list(&p->streams, c);
    f->dir[0].stream = c;
    return c;
}

static void segment(struct conn *c, const struct packet *k)
{
    const uint8_t *head = k->p - k->head;
    const struct tcp_segment s = {.side = (k->flags & PACKET_SWAPPED) != 0,
                                  .seq = get_u32(head + 4),
                                  .ack = get_u32(head + 8),
                                  .flags = head[13],
                                  .window = get_u16(head + 14),
                                  .data = {k->p, k->n},
                                  .missing = k->missing,
                                  .frame = k->frame,
                                  .time_ns = k->time_ns};
    struct streams *list_of = &c->p->streams;

    if (list_of->last != c) {
        unlist(list_of, c);
        list(list_of, c);
    }
    c->path = k->path;
    c->last_frame = k->frame;
    c->last_ns = k->time_ns;
    tcp_segment(c->tcp, &s);
}

static void data(struct part *p, struct flow *f)
{
    p->with_data += !(f->bits & FLOW_DATA);
    f->bits |= FLOW_DATA;
}

/* What a segment has made of a flow. */
static void after(struct part *p, struct flow *f, struct conn *c, const struct packet *k)
{
    if (c->anew) {
        c->anew = false;
        f->bits &= (uint8_t) ~(FLOW_DATA | FLOW_OVER);
        f->known[0] = 0;
        if (k->n)
            data(p, f);
    }
    f->known[0] = c->carries;
    if (!c->done && (!tcp_is_over(c->tcp) || (c->tls && tlsdec_waits(c->tls))))
        return;
    if (!c->done || !c->carries)
        f->bits |= FLOW_LOOKED;
    f->dir[0].stream = NULL;
    unlist(&p->streams, c);
    if (c->done)
        conn_free(c);
    else
        finish(c, p->at);
}

void engine_part_segment(struct part *p, const struct packet *k)
{
    uint8_t flags = (k->p - k->head)[13];
    uint64_t before = p->flows.made;
    struct flow *f = flows_of(&p->flows, k);

    if ((flags & (TCP_SYN | TCP_ACK)) == TCP_SYN && (f->bits & FLOW_OVER)) /* the 4-tuple again */
        flows_renew(&p->flows, f);
    p->connections += p->flows.made - before;
    p->at = k->frame;
    if (p->streams.dropped)
        engine_streams_dropped(p, k->frame);
    if (flags & (TCP_FIN | TCP_RST))
        f->bits |= FLOW_OVER;
    if (k->n)
        data(p, f);
    struct conn *c = f->dir[0].stream;
    bool wanted = !(f->bits & FLOW_LOOKED) && (!f->known[0] || engine_codec(f->known[0]));
    if (!c && wanted && (k->n || k->missing || (flags & TCP_SYN)))
        c = begin(p, f, k);
    if (c) {
        segment(c, k);
        after(p, f, c, k);
    }
    p->at = 0;
}
