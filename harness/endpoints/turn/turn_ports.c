/* harness/endpoints/turn/turn_ports.c - sockets of relayed addresses: RFC 8656 section 7.2. Ports are chosen at
 * random (RFC 6056, section 3.3.1); whether one is free of others the driver's answer shows. */
#include "harness/endpoints/turn/turn_server.h"

static bool is_taken(const struct turn_server *s, bool six, uint32_t port)
{
    return s->taken[six][port / 64] >> port % 64 & 1;
}

static void take(struct turn_server *s, bool six, uint32_t port, bool on)
{
    uint64_t bit = UINT64_C(1) << port % 64;

    if (on)
        s->taken[six][port / 64] |= bit;
    else if (!turn_flag(s, "ports-leak"))
        s->taken[six][port / 64] &= ~bit;
}

static bool fits(struct turn_server *s, bool six, uint32_t port, bool even, bool pair)
{
    if (is_taken(s, six, port))
        return false;
    if (even && (port & 1) != turn_flag(s, "even-port-odd"))
        return false;
    if (!even && !(port & 1) && turn_flag(s, "odd-without-even-port"))
        return false;
    return !pair || (port < s->c.port_last && !is_taken(s, six, port + 1));
}

/* A port by RFC 6056, section 3.3.1: from a random one upwards, around the range; 0: none. */
static uint16_t choose(struct turn_server *s, bool six, bool even, bool pair)
{
    uint32_t first = s->c.port_first, last = s->c.port_last, n = last - first + 1;

    if (last < first)
        return 0;
    uint32_t from = (uint32_t)(rng_next(s->env.rng) % n);
    if (turn_flag(s, "port-by-one"))
        from = s->last_port >= first ? s->last_port + 2 - first : 0;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t port = first + (from + i) % n;
        if (!fits(s, six, port, even, pair))
            continue;
        s->last_port = (uint16_t)port;
        return (uint16_t)port;
    }
    return 0;
}

/* Where a relayed address of a family is to be: RFC8656:7.2 leaves that to the server. */
static struct addr place(const struct turn_server *s, const struct turn_alloc *a, bool six)
{
    static const uint8_t any[16];
    struct addr at = six ? s->c.relay6 : s->c.relay;
    uint8_t family = six ? 6 : 4;

    if (!at.family && a->c.local.family == family &&
        memcmp(a->c.local.ip, any, family == 6 ? 16 : 4) != 0)
        at = a->c.local;
    at.family = family;
    return at;
}

static bool bind_to(struct turn_server *s, struct turn_relay *r, struct addr at, uint16_t port,
                    struct outq *q)
{
    if (s->next_flow >= FLOW_ACCEPTED - 1)
        return false;
    at.port = port;
    r->at = at;
    r->state = TURN_OPENING;
    r->flow = s->next_flow++;
    take(s, at.family == 6, port, true);
    turn_relay_add(s, r);
    bool tcp = r->of && r->of->tcp;
    out_open(q, r->flow, tcp ? "tcp" : "udp", tcp, &at);
    return true;
}

bool turn_port_open(struct turn_server *s, struct turn_alloc *a, bool six, bool pair,
                    struct outq *q)
{
    struct turn_relay *r = &a->relay[six];
    struct addr at = place(s, a, six);
    enum pool_why why;

    r->of = a;
    r->state = TURN_FAILED;
    r->error = 508;
    uint16_t port = r->tries++ < TURN_PORT_TRIES ? choose(s, six, a->even, pair) : 0;
    if (pair && port && !a->spare)
        a->spare = pool_take(&s->reserved, 0, &why);
    if (!port || (pair && !a->spare) || !bind_to(s, r, at, port, q))
        return false;
    if (!pair)
        return true;
    a->spare->by = a;
    return bind_to(s, &a->spare->relay, at, (uint16_t)(port + 1), q);
}

void turn_port_close(struct turn_server *s, struct turn_relay *r, struct outq *q)
{
    turn_expire_at(s, r, NO_DEADLINE);
    if (r->state != TURN_OPENING && r->state != TURN_OPEN)
        return;
    if (q)
        out_put(q, OUT_CLOSE, r->flow);
    take(s, r->at.family == 6, r->at.port, false);
    turn_relay_drop(s, r);
    r->state = TURN_NONE;
}

void turn_port_move(struct turn_server *s, struct turn_reserved *from, struct turn_alloc *a)
{
    struct turn_relay *to = &a->relay[from->relay.at.family == 6];

    turn_relay_drop(s, &from->relay);
    to->of = a;
    to->state = TURN_OPEN;
    to->flow = from->relay.flow;
    to->at = from->relay.at;
    turn_relay_add(s, to);
    from->relay.state = TURN_NONE;
}

/* ---- reserved ---- */

static void settle(struct turn_server *s)
{
    s->reserved_us = NO_DEADLINE;
    for (struct turn_reserved *v = pool_next(&s->reserved, NULL); v; v = pool_next(&s->reserved, v))
        if (!v->by && v->until_us < s->reserved_us)
            s->reserved_us = v->until_us;
}

struct turn_reserved *turn_reserved_find(const struct turn_server *s, struct span token)
{
    for (struct turn_reserved *v = pool_next(&s->reserved, NULL); v; v = pool_next(&s->reserved, v))
        if (!v->by && span_eq_ct(token, (struct span){v->token, sizeof v->token}))
            return v;
    return NULL;
}

void turn_reserved_hold(struct turn_server *s, struct turn_reserved *v, uint64_t now_us)
{
    uint64_t life = TURN_RESERVATION_LIFETIME * 1000000ull;

    rng_fill(s->env.rng, v->token, sizeof v->token);
    if (turn_flag(s, "token-constant"))
        memset(v->token, 7, sizeof v->token);
    v->by = NULL;
    v->until_us = now_us + env_timer(&s->env, "timer/reservation", life);
    settle(s);
}

void turn_reserved_free(struct turn_server *s, struct turn_reserved *v, struct outq *q)
{
    turn_port_close(s, &v->relay, q);
    pool_give(&s->reserved, v);
    settle(s);
}

void turn_reserved_expire(struct turn_server *s, uint64_t now_us, struct outq *q)
{
    if (now_us < s->reserved_us)
        return;
    for (struct turn_reserved *v = pool_next(&s->reserved, NULL); v; v = pool_next(&s->reserved, v))
        if (!v->by && v->until_us <= now_us) {
            turn_port_close(s, &v->relay, q);
            pool_give(&s->reserved, v);
        }
    settle(s);
}
