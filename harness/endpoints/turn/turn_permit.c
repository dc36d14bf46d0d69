/* harness/endpoints/turn/turn_permit.c - CreatePermission and ChannelBind, and whom data may go to: RFC 8656
 * sections 9, 10.2, 12.2 and 21.4. */
#include "harness/endpoints/turn/turn_server.h"

/* ---- addresses ---- */

static bool begins(const struct addr *a, const struct addr *with, uint32_t bits)
{
    uint32_t all = a->family == 6 ? 128 : 32;

    if (a->family != with->family)
        return false;
    if (!bits || bits > all)
        bits = all;
    if (memcmp(a->ip, with->ip, bits / 8) != 0)
        return false;
    return bits % 8 == 0 || ((a->ip[bits / 8] ^ with->ip[bits / 8]) >> (8 - bits % 8)) == 0;
}

/* Teredo and 6to4: RFC8656:21.4#2a, #2b. */
bool turn_is_tunnel(const struct addr *a)
{
    static const struct turn_range tunnels[] = {{{.family = 6, .ip = {0x20, 0x01}}, 32},
                                                {{.family = 6, .ip = {0x20, 0x02}}, 16}};

    return begins(a, &tunnels[0].from, tunnels[0].bits) ||
           begins(a, &tunnels[1].from, tunnels[1].bits);
}

/* What is no address of one host: the unspecified one, multicast, the limited broadcast. */
static bool is_nobody(const struct addr *a)
{
    static const struct turn_range nobody[] = {{{.family = 4}, 8},
                                               {{.family = 4, .ip = {224}}, 4},
                                               {{.family = 4, .ip = {255, 255, 255, 255}}, 32},
                                               {{.family = 6}, 128},
                                               {{.family = 6, .ip = {0xff}}, 8}};

    for (size_t i = 0; i < COUNT(nobody); i++)
        if (begins(a, &nobody[i].from, nobody[i].bits))
            return true;
    return false;
}

static bool is_private(const struct addr *a)
{
    static const struct turn_range v[] = {
        {{.family = 4, .ip = {127}}, 8},      {{.family = 4, .ip = {10}}, 8},
        {{.family = 4, .ip = {172, 16}}, 12}, {{.family = 4, .ip = {192, 168}}, 16},
        {{.family = 6, .ip = {0xfc}}, 7},     {{.family = 6, .ip = {[15] = 1}}, 128}};

    for (size_t i = 0; i < COUNT(v); i++)
        if (begins(a, &v[i].from, v[i].bits))
            return true;
    return false;
}

bool turn_allowed(const struct turn_server *s, const struct addr *peer)
{
    if (is_nobody(peer) || (turn_is_tunnel(peer) && !turn_flag(s, "tunnel-peer-taken")))
        return false;
    if (is_private(peer) && turn_flag(s, "peers-restricted"))
        return false;
    if (s->c.deny.family && begins(peer, &s->c.deny, 0))
        return false;
    for (size_t i = 0; i < s->c.n_denied && i < TURN_RANGES; i++)
        if (begins(peer, &s->c.denied[i].from, s->c.denied[i].bits))
            return false;
    return true;
}

static bool has_family(const struct turn_alloc *a, uint8_t family)
{
    return a->relay[family == 6].state == TURN_OPEN;
}

static bool refused(struct turn_server *s, struct turn_request *r, unsigned code, const char *cause)
{
    turn_error(s, r, code, cause);
    return true;
}

/* ---- CreatePermission ---- */

static struct turn_peer *permit(struct turn_server *s, struct turn_alloc *a, const struct addr *ip,
                                uint64_t now)
{
    struct turn_peer *p = turn_permission(s, a, ip);
    bool old = p != NULL;

    if (!p)
        p = turn_peer_add(s, a, ip, 0);
    if (p)
        p->port = ip->port;
    if (p && !(old && turn_flag(s, "permission-not-refreshed")))
        turn_peer_touch(s, p, now);
    return p;
}

static bool is_peer(const struct stun_attr *a)
{
    return a->type == STUN_XOR_PEER_ADDRESS;
}

/* Whether one address of the request earns it an error, which has been sent. */
static bool bad_peer(struct turn_server *s, struct turn_request *r, const struct stun_attr *a)
{
    if (a->kind != STUN_XOR_ADDR)
        return !turn_flag(s, "bad-peer-taken") && !turn_flag(s, "bad-peer-skipped") &&
               refused(s, r, 400, "peer");
    if (!has_family(r->alloc, a->v.addr.family))
        return !turn_flag(s, "peer-family-any") && !turn_flag(s, "mixed-family-taken") &&
               refused(s, r, 443, "peer-family");
    if (a->v.addr.port == 0 && turn_flag(s, "port-0-refused"))
        return refused(s, r, 400, "port");
    return !turn_allowed(s, &a->v.addr) && !turn_flag(s, "forbidden-permitted") &&
           refused(s, r, 403, "forbidden");
}

/* Attributes behind MESSAGE-INTEGRITY do not count: RFC8489:9#1. */
static size_t peers_of(const struct turn_request *r, const struct stun_attr **v, size_t cap)
{
    const struct stun_msg *m = r->m;
    uint32_t end = m->at_integrity ? m->at_integrity : m->at_integrity256;
    size_t n = 0;

    for (size_t i = 0; i < m->n_attrs && n < cap; i++)
        if (is_peer(&m->attrs[i]) && (!end || m->attrs[i].p < m->wire.p + end))
            v[n++] = &m->attrs[i];
    return n;
}

/* Whether all of them find room; what is installed before it runs out stays: RFC8656:10.2#a8. */
static bool install(struct turn_server *s, struct turn_request *r, const struct stun_attr **v,
                    size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (v[i]->kind == STUN_XOR_ADDR && has_family(r->alloc, v[i]->v.addr.family) &&
            !permit(s, r->alloc, &v[i]->v.addr, r->in->now_us))
            return false;
        if (turn_flag(s, "first-peer-only"))
            break;
    }
    return true;
}

/* Faults that end the server, or answer what others do not. */
static void may_kill(struct turn_server *s, struct turn_request *r, const struct stun_attr **v,
                     size_t n)
{
    bool kills = n > 64 && turn_flag(s, "many-peers-kill");

    for (size_t i = 0; i < n; i++)
        kills |= v[i]->kind == STUN_XOR_ADDR && turn_flag(s, "loop-kills") &&
                 pool_source(&v[i]->v.addr) == pool_source(&r->c.local);
    if (kills)
        out_put(r->q, OUT_CLOSE, TURN_FLOW_UDP);
}

void turn_create_permission(struct turn_server *s, struct turn_request *r)
{
    const struct stun_attr *v[STUN_ATTRS];
    size_t n = peers_of(r, v, COUNT(v));

    if (s->deviant)
        may_kill(s, r, v, n);
    if (!n && !turn_flag(s, "no-peer-taken")) {
        turn_error(s, r, 400, "no-peer");
        return;
    }
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < i && turn_flag(s, "twice-refused"); k++)
            if (addr_eq(&v[k]->v.addr, &v[i]->v.addr)) {
                turn_error(s, r, 400, "twice");
                return;
            }
        if (!bad_peer(s, r, v[i]))
            continue;
        if (turn_flag(s, "second-peer-installed"))
            install(s, r, v, i);
        return;
    }
    if (!turn_flag(s, "permission-not-installed") && !install(s, r, v, n)) {
        turn_error(s, r, 508, "capacity");
        return;
    }
    if (turn_flag(s, "permission-refreshes-allocation"))
        for (size_t i = 0; i < 2; i++)
            if (r->alloc->relay[i].slot)
                turn_expire_at(s, &r->alloc->relay[i],
                               r->in->now_us + r->alloc->relay[i].lifetime * 1000000ull);
    if (turn_flag(s, "permission-refreshes-channel"))
        for (struct turn_peer *p = r->alloc->peers; p; p = p->mine_next)
            if (p->number)
                turn_peer_touch(s, p, r->in->now_us);
    turn_begin(s, r, STUN_SUCCESS);
    turn_finish(s, r, 0);
}

/* ---- ChannelBind ---- */

/* The attributes, and the range of the number: RFC8656:12.2. */
static bool bad_form(struct turn_server *s, struct turn_request *r, const struct stun_attr *number,
                     const struct stun_attr *peer)
{
    if (!number)
        return refused(s, r, 400, "no-number");
    if (!peer)
        return refused(s, r, 400, "no-peer");
    if (number->kind != STUN_U16_RFFU)
        return refused(s, r, 400, "number-length");
    if (peer->kind != STUN_XOR_ADDR)
        return refused(s, r, 400, "peer");
    if (number->v.rffu && turn_flag(s, "channel-rffu-checked"))
        return refused(s, r, 400, "rffu");
    uint32_t first = turn_flag(s, "channel-3fff-taken") ? 0 : TURN_CHANNEL_FIRST,
             last = s->c.rfc5766 ? TURN_CHANNEL_LAST_5766 : TURN_CHANNEL_LAST;
    if (turn_flag(s, "channel-5000-taken"))
        last = 0x7fff;
    if (turn_flag(s, "channel-4fff-refused"))
        last = 0x4ffe;
    return (number->v.u32 < first || number->v.u32 > last) && refused(s, r, 400, "range");
}

/* What only faults take for bound already. */
static bool bound_otherwise(const struct turn_server *s, const struct turn_alloc *a,
                            uint16_t number, const struct addr *peer)
{
    for (size_t i = 0; i < s->n_peers; i++) {
        const struct turn_peer *p = &s->peers[i];
        if (!p->of || !p->number)
            continue;
        if ((p->of != a && p->number == number && turn_flag(s, "channels-shared")) ||
            (p->of == a && p->number != number && pool_source(&p->at) == pool_source(peer) &&
             turn_flag(s, "bind-by-address-only")))
            return true;
    }
    return false;
}

static bool bad_bind(struct turn_server *s, struct turn_request *r, uint16_t number,
                     const struct addr *peer)
{
    if (!has_family(r->alloc, peer->family) && !turn_flag(s, "peer-family-any"))
        return refused(s, r, 443, "peer-family");
    if ((!turn_allowed(s, peer) && !turn_flag(s, "forbidden-bound")) || !peer->port)
        return refused(s, r, 403, "forbidden");
    struct turn_peer *same = turn_channel(s, r->alloc, number),
                     *there = turn_channel_to(s, r->alloc, peer);
    if (s->deviant && bound_otherwise(s, r->alloc, number, peer))
        return refused(s, r, 400, "elsewhere");
    if (same && same == there)
        return turn_flag(s, "rebind-refused") && refused(s, r, 400, "again");
    if (same && turn_flag(s, "channel-moved"))
        turn_peer_drop(s, same);
    else if (same)
        return refused(s, r, 400, "number-bound");
    return there && !turn_flag(s, "peer-bound-twice") && refused(s, r, 400, "peer-bound");
}

static bool bind_channel(struct turn_server *s, struct turn_request *r, uint16_t number,
                         const struct addr *peer)
{
    struct turn_alloc *a = r->alloc;
    struct turn_peer *p = turn_channel(s, a, number);
    bool old = p != NULL;

    if (turn_flag(s, "bind-not-bound"))
        return true;
    if (!p && !(p = turn_peer_add(s, a, peer, number)))
        return false;
    bool permitted = turn_permission(s, a, peer) != NULL;
    bool skip = turn_flag(s, permitted ? "bind-no-permission-refresh" : "bind-no-permission");
    if (!skip && !permit(s, a, peer, r->in->now_us)) {
        if (!old)
            turn_peer_drop(s, p);
        return false;
    }
    if (!old || !turn_flag(s, "rebind-no-refresh"))
        turn_peer_touch(s, p, r->in->now_us);
    return true;
}

/* Malformed requests that faults take; true: it has been answered. */
static bool bind_otherwise(struct turn_server *s, struct turn_request *r,
                           const struct stun_attr *number, const struct stun_attr *peer)
{
    bool any = number && number->kind != STUN_U16_RFFU && number->length &&
               turn_flag(s, "channel-length-any");

    if (!any && !(!number && turn_flag(s, "no-number-taken")) &&
        !(!peer && turn_flag(s, "no-bind-peer-taken")))
        return false;
    if (peer && peer->kind == STUN_XOR_ADDR)
        (void)bind_channel(s, r, 0x4ffe, &peer->v.addr);
    turn_begin(s, r, STUN_SUCCESS);
    turn_finish(s, r, 0);
    return true;
}

void turn_channel_bind(struct turn_server *s, struct turn_request *r)
{
    const struct stun_attr *number = turn_attr(s, r, STUN_CHANNEL_NUMBER),
                           *peer = turn_attr(s, r, STUN_XOR_PEER_ADDRESS);

    if (peer && peer->kind == STUN_XOR_ADDR && turn_flag(s, "refused-bind-permits"))
        permit(s, r->alloc, &peer->v.addr, r->in->now_us);
    if (s->deviant && bind_otherwise(s, r, number, peer))
        return;
    if (bad_form(s, r, number, peer))
        return;
    if (bad_bind(s, r, (uint16_t)number->v.u32, &peer->v.addr))
        return;
    if (!bind_channel(s, r, (uint16_t)number->v.u32, &peer->v.addr)) {
        turn_error(s, r, 508, "capacity");
        return;
    }
    turn_begin(s, r, STUN_SUCCESS);
    turn_finish(s, r, 0);
}
