/* harness/endpoints/turn/turn_tcp.c - TCP allocations: connections to peers and of peers, and those of the client that
 * they are bound to; RFC 6062 sections 5.2 to 5.5. */
#include "harness/endpoints/turn/turn_server.h"

/* ---- what there is ---- */

struct turn_conn *turn_conn_find(const struct turn_server *s, flow_id flow)
{
    struct turn_conn *c = s->by_conn[flow % TURN_DATA];
    while (c && c->flow != flow)
        c = c->flow_next;
    return c;
}

static void index_add(struct turn_server *s, struct turn_conn *c)
{
    struct turn_conn **at = &s->by_conn[c->flow % TURN_DATA];
    c->flow_next = *at;
    *at = c;
}

static void index_drop(struct turn_server *s, struct turn_conn *c)
{
    struct turn_conn **at = &s->by_conn[c->flow % TURN_DATA];
    while (*at != c)
        at = &(*at)->flow_next;
    *at = c->flow_next;
}

static void settle(struct turn_server *s)
{
    s->conns_us = NO_DEADLINE;
    for (struct turn_conn *c = pool_next(&s->conns, NULL); c; c = pool_next(&s->conns, c))
        if (c->until_us < s->conns_us)
            s->conns_us = c->until_us;
}

static void wait_until(struct turn_server *s, struct turn_conn *c, uint64_t until_us)
{
    c->until_us = until_us;
    settle(s);
}

/* One that waits for ConnectionBind: RFC6062:5.2#12, 5.3#5. */
static void wait_for_bind(struct turn_server *s, struct turn_conn *c, uint64_t now)
{
    uint64_t wait = env_timer(&s->env, "timer/unbound", TURN_BIND_WAIT * 1000000ull);

    c->open = true;
    wait_until(s, c, turn_flag(s, "unbound-for-ever") ? NO_DEADLINE : now + wait);
}

static struct turn_conn *with_id(const struct turn_server *s, uint32_t id)
{
    for (struct turn_conn *c = pool_next(&s->conns, NULL); c; c = pool_next(&s->conns, c))
        if (c->id == id)
            return c;
    return NULL;
}

const struct turn_client *turn_conn_control(const struct turn_server *s, const struct stun_msg *m)
{
    const struct stun_attr *id = stun_find(m, STUN_CONNECTION_ID);
    const struct turn_conn *c = id && id->kind == STUN_U32 ? with_id(s, id->v.u32) : NULL;
    return c ? &c->of->c : NULL;
}

/* RFC6062:6.2.1#a2; nor is it to be guessed. */
static uint32_t new_id(struct turn_server *s)
{
    uint32_t id;

    if (turn_flag(s, "connection-id-constant"))
        return 1;
    do
        id = (uint32_t)(rng_next(s->env.rng) >> 32);
    while (with_id(s, id));
    return id;
}

/* A connection of `a` on a flow; NULL: no room. */
static struct turn_conn *conn_new(struct turn_server *s, struct turn_alloc *a, flow_id flow,
                                  const struct addr *peer)
{
    enum pool_why why;
    struct turn_conn *c = a->n_conns < TURN_DATA_EACH ? pool_take(&s->conns, 0, &why) : NULL;

    if (!c)
        return NULL;
    size_t i = (size_t)((uint8_t *)c - s->conns.items) / s->conns.step;
    uint32_t id = new_id(s);
    *c = (struct turn_conn){.of = a,
                            .flow = flow,
                            .peer = *peer,
                            .id = id,
                            .mine_next = a->conns,
                            .until_us = NO_DEADLINE,
                            .held = s->held_octets[i]};
    a->conns = c;
    a->n_conns++;
    index_add(s, c);
    return c;
}

/* Neither side is known any more. */
static void forget(struct turn_server *s, struct turn_conn *c)
{
    struct turn_conn **at = &c->of->conns;

    while (*at != c)
        at = &(*at)->mine_next;
    *at = c->mine_next;
    c->of->n_conns--;
    index_drop(s, c);
    if (c->client)
        c->client->conn = NULL;
    if (c->open)
        s->left = c->peer;
    bool timed = c->until_us != NO_DEADLINE;
    pool_give(&s->conns, c);
    if (timed)
        settle(s);
}

/* ---- Connect: RFC6062:5.2 ---- */

static bool refused(struct turn_server *s, struct turn_request *r, unsigned code, const char *cause)
{
    turn_error(s, r, code, cause);
    return true;
}

static struct turn_conn *conn_to(const struct turn_alloc *a, const struct addr *peer)
{
    struct turn_conn *c = a->conns;
    while (c && !addr_eq(&c->peer, peer))
        c = c->mine_next;
    return c;
}

/* Whether the request earns an error, which has been sent. */
static bool bad_connect(struct turn_server *s, struct turn_request *r, const struct stun_attr *peer)
{
    if (!peer)
        return refused(s, r, 400, "no-peer");
    if (peer->kind != STUN_XOR_ADDR || !peer->v.addr.port)
        return refused(s, r, 400, "peer");
    const struct addr *to = &peer->v.addr;
    const struct turn_conn *there = conn_to(r->alloc, to);
    if (there && !turn_flag(s, there->open ? "connect-twice" : "connect-parallel"))
        return refused(s, r, 446, "connected");
    if (addr_eq(&s->left, to) && turn_flag(s, "connected-for-ever"))
        return refused(s, r, 446, "connected");
    if (r->alloc->relay[to->family == 6].state != TURN_OPEN)
        return refused(s, r, 443, "peer-family");
    if (!turn_allowed(s, to) && !turn_flag(s, "connect-forbidden"))
        return refused(s, r, 403, "forbidden");
    return !turn_permission(s, r->alloc, to) && turn_flag(s, "connect-needs-permission") &&
           refused(s, r, 403, "forbidden");
}

/* The answer to the Connect request of `c`, which came earlier. */
static struct turn_request late(const struct turn_conn *c, const struct input *in, struct outq *q)
{
    return (struct turn_request){.in = in,
                                 .q = q,
                                 .method = STUN_CONNECT,
                                 .transaction = {c->transaction, sizeof c->transaction},
                                 .c = c->of->c,
                                 .by = {.sign = c->sign, .use256 = c->use256, .cause = "none"}};
}

static void failed(struct turn_server *s, struct turn_conn *c, const struct input *in,
                   struct outq *q)
{
    struct turn_request r = late(c, in, q);

    turn_error(s, &r, 447, "failed");
    forget(s, c);
}

/* From the relayed address to the peer: RFC6062:5.2#a1, #a2. */
static void open_to_peer(struct turn_server *s, const struct turn_conn *c, struct outq *q)
{
    struct addr from = c->of->relay[c->peer.family == 6].at;

    if (turn_flag(s, "connect-from-other-port"))
        from.port = 0;
    out_open(q, c->flow, "tcp", false, &from)->open.remote = c->peer;
}

void turn_connect(struct turn_server *s, struct turn_request *r)
{
    const struct stun_attr *peer = turn_attr(s, r, STUN_XOR_PEER_ADDRESS);

    if (!r->alloc->tcp) {
        turn_error(s, r, 437, "none"); /* RFC6062:5.2#1 */
        return;
    }
    if (!peer && turn_flag(s, "connect-no-peer")) {
        turn_begin(s, r, STUN_SUCCESS);
        turn_finish(s, r, 0);
        return;
    }
    if (bad_connect(s, r, peer))
        return;
    struct turn_conn *c = NULL;
    if (s->next_flow < FLOW_ACCEPTED - 1)
        c = conn_new(s, r->alloc, s->next_flow, &peer->v.addr);
    if (!c) {
        turn_error(s, r, 508, "capacity");
        return;
    }
    s->next_flow++;
    memcpy(c->transaction, r->transaction.p, sizeof c->transaction);
    c->sign = r->by.sign;
    c->use256 = r->by.use256;
    uint64_t wait = env_timer(&s->env, "timer/connect", TURN_CONNECT_WAIT * 1000000ull);
    wait_until(s, c, r->in->now_us + wait);
    open_to_peer(s, c, r->q);
}

void turn_conn_opened(struct turn_server *s, struct turn_conn *c, const struct input *in,
                      struct outq *q)
{
    if (!c || c->open)
        return;
    struct turn_request r = late(c, in, q);
    wait_for_bind(s, c, in->now_us);
    turn_begin(s, &r, STUN_SUCCESS);
    stun_add_uint(&r.dr, STUN_CONNECTION_ID, c->id);
    turn_finish(s, &r, 0);
}

/* ---- connections of peers: RFC6062:5.3 ---- */

static void tell_attempt(struct turn_server *s, const struct turn_conn *c, const struct input *in,
                         struct outq *q)
{
    struct turn_request r = {
        .in = in, .q = q, .method = STUN_CONNECTION_ATTEMPT, .c = c->of->c, .by.cause = "attempt"};

    rng_fill(s->env.rng, r.id, sizeof r.id);
    r.transaction = (struct span){r.id, sizeof r.id};
    turn_begin(s, &r, STUN_INDICATION);
    stun_add_addr(&r.dr, STUN_XOR_PEER_ADDRESS, &c->peer);
    stun_add_uint(&r.dr, STUN_CONNECTION_ID, c->id);
    turn_finish(s, &r, 0);
}

void turn_conn_accept(struct turn_server *s, const struct input *in, struct outq *q)
{
    struct turn_relay *relay = turn_relay_find(s, in->parent);
    struct turn_alloc *a = relay && relay->of && relay->of->told ? relay->of : NULL;
    struct turn_conn *c = NULL;

    if (a && (turn_permission(s, a, &in->pkt.remote) || turn_flag(s, "tcp-all-peers")))
        c = conn_new(s, a, in->flow, &in->pkt.remote);
    if (!c) { /* RFC6062:5.3#3, or there is no room: #a2 */
        out_put(q, OUT_CLOSE, in->flow)->abort = true;
        return;
    }
    wait_for_bind(s, c, in->now_us);
    tell_attempt(s, c, in, q);
}

/* ---- ConnectionBind: RFC6062:5.4 ---- */

/* What only faults bind; NULL: nothing. */
static struct turn_conn *bound_otherwise(const struct turn_server *s, struct turn_conn *c,
                                         const struct stun_attr *id)
{
    if (c && turn_flag(s, "bind-twice"))
        return c;
    if (!turn_flag(s, id ? "bind-any-id" : "bind-no-id"))
        return NULL;
    for (c = pool_next(&s->conns, NULL); c; c = pool_next(&s->conns, c))
        if (c->open && !c->client)
            return c;
    return NULL;
}

static bool bad_bind(struct turn_server *s, struct turn_request *r, struct turn_conn **c)
{
    const struct stun_attr *id = turn_attr(s, r, STUN_CONNECTION_ID);

    if (!r->stream)
        return refused(s, r, 400, "bind-over-udp");
    *c = id && id->kind == STUN_U32 ? with_id(s, id->v.u32) : NULL;
    if (!*c || !(*c)->open || (*c)->client)
        *c = s->deviant ? bound_otherwise(s, *c, id) : NULL;
    if (!*c)
        return refused(s, r, 400, id ? "connection-id" : "no-connection-id");
    if ((*c)->of->user != r->by.user && !s->c.open && !turn_flag(s, "bind-other-user"))
        return refused(s, r, 441, "user");                                 /* RFC8656:5#5 */
    return r->stream && r->stream->alloc && refused(s, r, 400, "control"); /* RFC6062:3#a2 */
}

static void to_client(struct turn_server *s, struct turn_conn *c, struct span octets,
                      struct outq *q)
{
    uint8_t header[4];
    struct wr w = {header, sizeof header, 0, false};

    if (turn_flag(s, "bind-then-framed")) {
        wr_u16(&w, TURN_CHANNEL_FIRST);
        wr_u16(&w, (uint16_t)octets.n);
        out_send(q, c->client->flow, wr_span(&w), NULL);
    }
    out_send(q, c->client->flow, octets, NULL);
}

void turn_connection_bind(struct turn_server *s, struct turn_request *r)
{
    bool by_udp = !r->stream && turn_flag(s, "bind-over-udp");
    struct turn_conn *c;

    if (!by_udp && bad_bind(s, r, &c))
        return;
    turn_begin(s, r, STUN_SUCCESS);
    turn_finish(s, r, 0);
    if (by_udp || c->client)
        return; /* of faults, which have said enough */
    c->client = r->stream;
    c->client->conn = c;
    wait_until(s, c, NO_DEADLINE);
    if (c->n && !turn_flag(s, "early-data-lost"))
        to_client(s, c, (struct span){c->held, c->n}, r->q); /* RFC6062:5.4#4b */
    c->n = 0;
    turn_conn_pause(s, c, r->q);
}

/* ---- data ---- */

void turn_conn_pause(struct turn_server *s, struct turn_conn *c, struct outq *q)
{
    bool pause = c->client ? c->client->full : c->n > 0;

    if (c->paused == pause || (c->client && turn_flag(s, "no-backpressure")))
        return;
    c->paused = pause;
    out_put(q, pause ? OUT_PAUSE : OUT_RESUME, c->flow);
}

void turn_conn_backlog(struct turn_server *s, struct turn_conn *c, const struct input *in,
                       struct outq *q)
{
    if (!c || c->full == (in->kind == IN_FULL))
        return;
    c->full = in->kind == IN_FULL;
    if (c->client && !turn_flag(s, "no-backpressure"))
        out_put(q, c->full ? OUT_PAUSE : OUT_RESUME, c->client->flow); /* RFC6062:3#a5 */
}

void turn_conn_from_peer(struct turn_server *s, struct turn_conn *c, const struct input *in,
                         struct outq *q)
{
    if (!c || !in->data.n)
        return;
    if (c->client) {
        if (!c->client->full || !turn_flag(s, "no-backpressure"))
            to_client(s, c, in->data, q);
        return;
    }
    if (in->data.n > TURN_DATA_HELD - c->n) { /* RFC6062:7#a1 */
        out_put(q, OUT_CLOSE, c->flow)->abort = true;
        forget(s, c);
        return;
    }
    if (turn_flag(s, "data-on-control"))
        out_send(q, c->of->c.flow, in->data, NULL);
    memcpy(c->held + c->n, in->data.p, in->data.n);
    c->n += in->data.n;
    turn_conn_pause(s, c, q);
}

/* What faults do to the octets of a client; false: nothing is left to be passed. */
static bool deviates(struct turn_server *s, struct turn_stream *st, const struct input *in,
                     struct span octets, struct outq *q)
{
    struct turn_conn *c = st->conn;

    if (c->full && turn_flag(s, "no-backpressure"))
        return true;
    if (octets.n >= STUN_HEADER && octets.p[0] < 0x40 && turn_flag(s, "data-connection-parsed")) {
        turn_message(s, in, st, octets, q);
        return true;
    }
    if (!turn_flag(s, "data-lost"))
        return false;
    for (size_t i = 0; i < octets.n;) { /* each 4096th */
        size_t left = 4095 - (size_t)(c->passed % 4096), end = octets.n - i;
        size_t n = left < end ? left : end;
        out_send(q, c->flow, span_cut(octets, i, i + n), NULL);
        c->passed += n + (n < end);
        i += n + 1;
    }
    return true;
}

void turn_conn_from_client(struct turn_server *s, struct turn_stream *st, const struct input *in,
                           struct span octets, struct outq *q)
{
    if (octets.n && !(s->deviant && deviates(s, st, in, octets, q)))
        out_send(q, st->conn->flow, octets, NULL);
}

/* ---- ends: RFC6062:5.5 ---- */

/* Close the client's side of a connection that is over; NULL: there is none. */
static void end_client(struct turn_server *s, struct turn_stream *st, uint64_t now, struct outq *q)
{
    if (st && !turn_flag(s, "client-stays-open"))
        turn_stream_end(s, st, true, now, q);
}

void turn_conn_closed(struct turn_server *s, struct turn_conn *c, const struct input *in,
                      struct outq *q)
{
    if (!c)
        return;
    if (!c->open) {
        if (in->why == CLOSE_TIMEOUT && in->now_us < c->until_us &&
            s->next_flow < FLOW_ACCEPTED - 1) { /* RFC6062:5.2#8 */
            index_drop(s, c);
            c->flow = s->next_flow++;
            index_add(s, c);
            open_to_peer(s, c, q);
        } else {
            failed(s, c, in, q);
        }
        return;
    }
    struct turn_stream *st = c->client;
    if (in->kind == IN_EOF)
        out_put(q, OUT_CLOSE, c->flow);
    forget(s, c);
    end_client(s, st, in->now_us, q);
}

void turn_conn_client_gone(struct turn_server *s, struct turn_stream *st, struct outq *q)
{
    if (!turn_flag(s, "peer-stays-open"))
        out_put(q, OUT_CLOSE, st->conn->flow);
    forget(s, st->conn);
}

void turn_conns_drop(struct turn_server *s, struct turn_alloc *a, uint8_t family, uint64_t now_us,
                     struct outq *q)
{
    bool stay = turn_flag(s, "data-outlive-allocation");

    for (struct turn_conn *c = a->conns, *next; c; c = next) {
        struct turn_stream *st = c->client;
        next = c->mine_next;
        if (family && c->peer.family != family)
            continue;
        if (!stay)
            out_put(q, OUT_CLOSE, c->flow);
        forget(s, c);
        if (!stay && st)
            turn_stream_end(s, st, true, now_us, q);
    }
}

void turn_conns_expire(struct turn_server *s, uint64_t now_us, struct outq *q)
{
    struct input now = {.kind = IN_TIMER, .now_us = now_us};

    if (now_us < s->conns_us)
        return;
    for (struct turn_conn *c = pool_next(&s->conns, NULL); c; c = pool_next(&s->conns, c)) {
        if (c->until_us > now_us)
            continue;
        out_put(q, OUT_CLOSE, c->flow);
        if (c->open)
            forget(s, c);
        else
            failed(s, c, &now, q);
    }
    settle(s);
}
