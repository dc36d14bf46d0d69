/* harness/endpoints/turn/turn_data.c - data both ways: Send and Data indications, ChannelData, ICMP; RFC 8656 sections
 * 11, 12.5 to 12.7 and 13 to 16. Nothing is searched for here but by hash, and nothing is kept. */
#include "harness/endpoints/turn/turn_server.h"

/* ---- header fields ---- */

/* What the datagram that carries on has of the one that came: RFC8656:14 where both are IPv4; else :13, where the
 * hop limit is one less. False: that is used up. */
static bool carry(const struct turn_server *s, const struct input *in, uint8_t from, uint8_t to,
                  struct pkt *out)
{
    *out = (struct pkt){.tos = in->pkt.tos,
                        .dont_fragment = from == 4 && to == 4 && in->pkt.dont_fragment};
    if (turn_flag(s, "dscp-zero"))
        out->tos &= 3;
    if (turn_flag(s, "ecn-zero"))
        out->tos &= 0xfc;
    if (turn_flag(s, "ecn-invented"))
        out->tos = (uint8_t)((out->tos & 0xfc) | 1);
    if (turn_flag(s, "dscp-random"))
        out->tos = (uint8_t)((in->now_us * 2654435761u >> 16) << 2);
    if (turn_flag(s, "df-from-zero"))
        out->dont_fragment = false;
    if ((from == 4 && to == 4) || !in->pkt.ttl || turn_flag(s, "hop-limit-default"))
        return true;
    if (turn_flag(s, "hop-limit-copied"))
        out->ttl = in->pkt.ttl;
    else
        out->ttl = (uint8_t)(in->pkt.ttl - 1);
    return out->ttl > 0;
}

/* ---- to a peer ---- */

static void to_peer(struct turn_server *s, struct turn_alloc *a, const struct addr *peer,
                    struct span data, struct pkt *pkt, flow_id otherwise, struct outq *q)
{
    struct turn_relay *r = &a->relay[peer->family == 6];

    if (r->state != TURN_OPEN)
        return;
    if (a->moves && turn_flag(s, "relay-changes"))
        otherwise = TURN_FLOW_OTHER;
    if (r->slot && turn_flag(s, "data-refreshes-allocation"))
        turn_expire_at(s, r, r->until_us + 30000000);
    pkt->remote = *peer;
    out_send(q, otherwise ? otherwise : r->flow, data, pkt);
}

/* TCP has one DSCP, which is not known here, and no ECN: RFC8656:15. */
static bool carry_to_peer(const struct turn_server *s, const struct input *in,
                          const struct addr *peer, struct pkt *pkt)
{
    if (!turn_is_stream(in->flow))
        return carry(s, in, in->pkt.remote.family, peer->family, pkt);
    *pkt = (struct pkt){.tos = turn_flag(s, "tcp-ecn-set") ? 2 : 0,
                        .dont_fragment = turn_flag(s, "df-on-tcp-always")};
    return true;
}

/* A Send that is dropped is not answered; a fault answers. */
static void drop(struct turn_server *s, struct turn_request *r, const char *flag)
{
    if (turn_flag(s, flag))
        turn_error(s, r, 400, "dropped");
}

static bool send_is_good(struct turn_server *s, struct turn_request *r,
                         const struct stun_attr *peer, const struct stun_attr *data)
{
    bool passed = turn_flag(s, "unknown-in-send-passed");
    uint16_t types[1];

    for (size_t i = 0; i < r->m->n_attrs && turn_flag(s, "optional-in-send-refused"); i++)
        if (!stun_required(r->m->attrs[i].type) && !stun_type_name(r->m->attrs[i].type))
            return false;

    if (peer->kind != STUN_XOR_ADDR || !peer->v.addr.port || r->m->truncated)
        return false;
    if (!data && !turn_flag(s, "dataless-send-relayed"))
        return false;
    if (!passed && stun_unknown(r->m, true, types, 1))
        return false; /* RFC8489:6.3.2#a1 */
    if (turn_flag(s, "send-auth-needed") && !r->m->at_integrity)
        return false;
    if (stun_find(r->m, STUN_DONT_FRAGMENT) &&
        (turn_flag(s, "no-dont-fragment") || turn_flag(s, "df-taken-then-dropped")))
        return false;
    return turn_allowed(s, &peer->v.addr);
}

/* DATA of a Send indication, as faults would have it. */
static struct span payload(const struct turn_server *s, const struct stun_attr *data)
{
    struct span all = data ? data->v.s : (struct span){0};

    if (data && turn_flag(s, "send-padded"))
        all = (struct span){data->p + 4, (size_t)data->length + data->pad};
    return turn_flag(s, "send-truncated") ? span_cut(all, 0, 500) : all;
}

/* A malformed address, read as one of IPv4. */
static const struct stun_attr *as_ip4(const struct stun_attr *a, struct stun_attr *out)
{
    if (a->kind == STUN_XOR_ADDR || a->length < 8)
        return a;
    *out = *a;
    out->kind = STUN_XOR_ADDR;
    out->v.addr = (struct addr){.family = 4, .port = get_u16(a->p + 6) ^ (STUN_COOKIE >> 16)};
    put_u32(out->v.addr.ip, get_u32(a->p + 8) ^ STUN_COOKIE);
    return out;
}

/* Header fields of what a Send indication has relayed: RFC8656:14#a4, 15#a3, #a4; between families over datagrams
 * DONT-FRAGMENT is ignored: 13.1#1. False: it is not relayed. */
static bool send_header(const struct turn_server *s, const struct turn_request *r,
                        const struct addr *to, struct pkt *pkt)
{
    bool asked = stun_find(r->m, STUN_DONT_FRAGMENT) != NULL,
         same = r->c.remote.family == to->family;

    if (!carry_to_peer(s, r->in, to, pkt) ||
        (asked && !same && turn_flag(s, "df-dropped-between-families")))
        return false;
    if (asked && (r->stream || (same && to->family == 4)) && !turn_flag(s, "df-not-set"))
        pkt->dont_fragment = true;
    return true;
}

void turn_send(struct turn_server *s, struct turn_request *r)
{
    const struct stun_attr *peer = turn_attr(s, r, STUN_XOR_PEER_ADDRESS),
                           *data = turn_attr(s, r, STUN_DATA_VALUE);
    struct turn_peer *p;
    struct pkt pkt;

    if (!r->alloc || !r->alloc->told || r->alloc->tcp) {
        if (!r->alloc || !r->alloc->told)
            turn_early_keep(s, &r->c, r->m->wire);
        drop(s, r, "stray-indication-answered");
        return;
    }
    turn_spoken(s, r->alloc, &r->c, r->in->now_us, r->q);
    if (peer && peer->kind == STUN_XOR_ADDR && !peer->v.addr.port && turn_flag(s, "port-0-kills")) {
        turn_free(s, r->alloc, "deleted", r->in->now_us, r->q);
        return;
    }
    struct stun_attr forged;
    if (peer && turn_flag(s, "bad-peer-relayed"))
        peer = as_ip4(peer, &forged);
    if (peer && peer->kind == STUN_XOR_ADDR && !turn_allowed(s, &peer->v.addr))
        drop(s, r, "forbidden-send-answered");
    if (!peer || !send_is_good(s, r, peer, data)) {
        drop(s, r, "send-error-answered");
        return;
    }
    struct addr to = peer->v.addr;
    p = turn_permission(s, r->alloc, &to);
    if (!p && !turn_flag(s, "send-without-permission")) {
        drop(s, r, "unpermitted-send-answered");
        return;
    }
    if (p && turn_flag(s, "send-refreshes-permission"))
        turn_peer_touch(s, p, r->in->now_us);
    if ((turn_flag(s, "send-dropped-with-channel") && turn_channel_to(s, r->alloc, &to)) ||
        (data && !data->length && turn_flag(s, "empty-send-dropped")) ||
        !send_header(s, r, &to, &pkt))
        return;
    if (turn_flag(s, "send-other-port"))
        to.port++;
    to_peer(s, r->alloc, &to, payload(s, data), &pkt,
            turn_flag(s, "send-from-other-port") ? TURN_FLOW_OTHER : 0, r->q);
}

/* ---- ChannelData from the client ---- */

/* What there is to be relayed, as faults would have it. */
static struct span channel_payload(const struct turn_server *s, struct span octets,
                                   const struct stun_channel *c)
{
    if (turn_flag(s, "channeldata-with-header"))
        return octets;
    return turn_flag(s, "channeldata-with-padding") ? span_cut(octets, 4, octets.n) : c->data;
}

static struct turn_peer *bound(struct turn_server *s, struct turn_alloc *a, uint16_t number)
{
    struct turn_peer *p = turn_channel(s, a, number);

    if (p || !s->deviant)
        return p;
    if (turn_flag(s, "channel-without-bind") ||
        (number > TURN_CHANNEL_LAST && turn_flag(s, "reserved-channel-relayed")))
        p = a->peers;
    if (!p && turn_flag(s, "unbound-channel-relayed"))
        for (p = a->peers; p && !p->number;)
            p = p->mine_next;
    return p;
}

enum step turn_channel_next(const struct turn_server *s, struct span in, bool padded,
                            struct stun_channel *c, size_t *used)
{
    struct findings none = {0};

    if (s->c.rfc5766 || turn_flag(s, "channel-5000-taken") ||
        turn_flag(s, "reserved-channel-relayed"))
        return stun_channel_next_5766(in, padded, c, used, &none);
    return stun_channel_next(in, padded, c, used, &none);
}

void turn_channel_data(struct turn_server *s, const struct input *in, struct turn_stream *st,
                       struct span octets, struct outq *q)
{
    struct turn_client c = {in->flow, in->pkt.remote, in->pkt.local};
    struct turn_alloc *a = st ? st->alloc : turn_find(s, &c);
    static const uint8_t nowhere[12];
    struct stun_channel m;
    struct pkt pkt;
    size_t used;

    enum step got = turn_channel_next(s, octets, st != NULL, &m, &used);
    if (got == STEP_FAIL && octets.n > 4 && turn_flag(s, "short-channeldata-relayed")) {
        m = (struct stun_channel){get_u16(octets.p), (uint16_t)(octets.n - 4),
                                  span_cut(octets, 4, octets.n)};
        got = STEP_ITEM;
    }
    bool good = a && a->told && !a->tcp && got == STEP_ITEM;
    if (good)
        turn_spoken(s, a, &c, in->now_us, q);
    else if (!a)
        turn_early_keep(s, &c, octets);
    struct turn_peer *p = good ? bound(s, a, m.number) : NULL;
    if (!p && turn_flag(s, "stray-indication-answered")) {
        struct turn_request r = {
            .in = in, .q = q, .method = STUN_SEND, .transaction = {nowhere, 12}, .c = c};
        turn_error(s, &r, 400, "dropped");
    }
    if (!p || !carry_to_peer(s, in, &p->at, &pkt))
        return; /* RFC8656:5#6b, 12.6#a1, #a2, #a3 */
    struct addr to = p->at;
    if (s->deviant) {
        if (!p->number) /* a permission, by "channel-without-bind" */
            to.port = p->port;
        struct turn_peer *permission = turn_permission(s, a, &p->at);
        if (permission && turn_flag(s, "channeldata-refreshes-permission"))
            turn_peer_touch(s, permission, in->now_us);
        if (p->number && turn_flag(s, "channeldata-refreshes-channel"))
            turn_peer_touch(s, p, in->now_us);
        if ((!m.length && turn_flag(s, "empty-channeldata-dropped")) ||
            (!st && octets.n > 4u + m.length && turn_flag(s, "udp-padding-refused")))
            return;
    }
    to_peer(s, a, &to, s->deviant ? channel_payload(s, octets, &m) : m.data, &pkt,
            turn_flag(s, "channeldata-from-other-port") ? TURN_FLOW_OTHER : 0, q);
}

/* ---- to the client ---- */

static void put_channel(struct turn_server *s, const struct turn_alloc *a, uint16_t number,
                        struct span data, const struct pkt *pkt, struct outq *q)
{
    struct wr w = {s->out, sizeof s->out, 0, false};
    bool stream = turn_is_stream(a->c.flow), padded = stream;

    if (s->deviant) {
        padded = stream ? !turn_flag(s, "stream-unpadded") : turn_flag(s, "udp-padded");
        if (!data.n && turn_flag(s, "empty-peer-channel-dropped"))
            return;
    }
    stun_channel_put(&w, number, data, padded);
    if (turn_flag(s, "channeldata-length-padded"))
        put_u16(w.p + 2, (uint16_t)(w.n - 4));
    if (!w.full)
        turn_to_client(s, &a->c, wr_span(&w), pkt, 0, q);
}

/* Begin a Data indication in s->scratch; `where` for deviations. */
static void indication(struct turn_server *s, struct turn_request *r, const struct turn_alloc *a,
                       const struct input *in, const char *where, struct outq *q)
{
    *r = (struct turn_request){.in = in, .q = q, .method = STUN_DATA, .c = a->c, .by.cause = where};
    rng_fill(s->env.rng, r->id, sizeof r->id);
    r->transaction = (struct span){r->id, sizeof r->id};
    turn_begin(s, r, STUN_INDICATION);
}

static void put_data(struct turn_server *s, const struct turn_relay *relay, const struct input *in,
                     struct span data, const struct pkt *pkt, struct outq *q)
{
    struct addr peer = in->pkt.remote;
    struct turn_request r;

    indication(s, &r, relay->of, in, "data", q);
    if (turn_flag(s, "data-peer-wrong"))
        peer = relay->at;
    const struct turn_peer *p = turn_permission(s, relay->of, &peer);
    if (p && turn_flag(s, "data-port-of-permission"))
        peer.port = p->port;
    if (turn_flag(s, "data-padded")) {
        uint8_t *longer = arena_take(&r.mem, data.n + 3);
        if (longer && data.n)
            memcpy(longer, data.p, data.n);
        data = (struct span){longer, longer ? (data.n + 3) & ~(size_t)3 : 0};
    }
    if (turn_flag(s, "data-cut") && data.n)
        data.n--;
    r.pkt = *pkt;
    stun_add_addr(&r.dr, STUN_XOR_PEER_ADDRESS, &peer);
    stun_add_bytes(&r.dr, STUN_DATA_VALUE, data);
    turn_finish(s, &r, 0);
}

/* The allocation that gets what came to `relay`; faults know others. */
static struct turn_alloc *receiver(const struct turn_server *s, struct turn_relay *relay,
                                   const char *other)
{
    struct turn_alloc *a = relay->of;

    for (size_t i = 0; s->deviant && i < s->n_allocs && turn_flag(s, other); i++)
        if (s->allocs[i].told)
            a = (struct turn_alloc *)(uintptr_t)&s->allocs[i];
    return a;
}

static bool permitted(struct turn_server *s, const struct turn_alloc *a, const struct input *in)
{
    struct turn_peer *p = turn_permission(s, a, &in->pkt.remote);

    if (!s->deviant)
        return p != NULL;
    if (p && turn_flag(s, "peer-refreshes-permission"))
        turn_peer_touch(s, p, in->now_us);
    if (p && p->port != in->pkt.remote.port && turn_flag(s, "port-in-permission"))
        return false;
    for (size_t i = 0; !p && turn_flag(s, "permissions-shared") && i < s->n_allocs; i++)
        p = turn_permission(s, &s->allocs[i], &in->pkt.remote);
    if (!p && turn_flag(s, "channel-without-permission-relays"))
        p = turn_channel_to(s, a, &in->pkt.remote);
    if (!p && a->n_permissions && turn_flag(s, "permission-for-all"))
        return true;
    return p || turn_flag(s, "all-peers-permitted");
}

/* The channel that the datagram goes by; NULL: none. */
static struct turn_peer *channel_for(const struct turn_server *s, const struct turn_alloc *a,
                                     const struct addr *peer)
{
    struct turn_peer *p = turn_channel_to(s, a, peer);

    if (!s->deviant)
        return p;
    if (!p && turn_flag(s, "channel-for-all-ports"))
        for (p = a->peers; p && !(p->number && memcmp(p->at.ip, peer->ip, 16) == 0);)
            p = p->mine_next;
    return turn_flag(s, "data-despite-channel") ? NULL : p;
}

/* To where the client of `a` is. */
static void to_client(struct turn_server *s, struct turn_alloc *a, const struct turn_relay *relay,
                      const struct input *in, struct outq *q)
{
    struct pkt pkt = {0};

    if (!turn_is_stream(a->c.flow) &&
        !carry(s, in, in->pkt.remote.family, a->c.remote.family, &pkt))
        return;
    if (turn_flag(s, "cross-family-lost") && in->pkt.remote.family != a->c.remote.family)
        return;
    struct span data = turn_flag(s, "fragments-cut") ? span_cut(in->data, 0, 1500) : in->data;
    struct turn_peer *channel = channel_for(s, a, &in->pkt.remote);
    if (channel || turn_flag(s, "channel-unasked")) {
        put_channel(s, a, channel ? channel->number : TURN_CHANNEL_FIRST, data, &pkt, q);
    } else if (data.n || !turn_flag(s, "empty-data-dropped")) {
        struct turn_relay as = *relay;
        as.of = a;
        put_data(s, &as, in, data, &pkt, q);
    }
}

void turn_from_peer(struct turn_server *s, struct turn_relay *relay, const struct input *in,
                    struct outq *q)
{
    if (!relay || !relay->of || !relay->of->told)
        return;
    struct turn_alloc *a = receiver(s, relay, "data-to-other-client");
    if (!permitted(s, a, in) || turn_is_cut_off(a) || (a->stream && a->stream->full))
        return; /* RFC8656:9#a6; and as a router does whose queue is full */
    if (!a->moving || !turn_flag(s, "new-hears-at-once"))
        to_client(s, a, relay, in, q); /* where it was: RFC8016:3.2.2#5b */
    if (a->moving && (turn_flag(s, "both-tuples") || turn_flag(s, "new-hears-at-once"))) {
        struct turn_client c = a->c;
        a->c = a->to;
        to_client(s, a, relay, in, q);
        a->c = c;
    }
}

/* ---- ICMP: RFC8656:11.5 ---- */

/* Whether the allocation has a permission for where the datagram went: whoever sent the ICMP packet is not asked, nor
 * is the port (RFC8656:11.5#1, #a5, #a6). */
static bool may_be_told(const struct turn_server *s, const struct turn_alloc *a,
                        const struct addr *peer)
{
    const struct turn_peer *p = turn_permission(s, a, peer);

    if (p && p->port != peer->port && turn_flag(s, "icmp-by-port"))
        return false;
    return p || turn_flag(s, "icmp-without-permission");
}

static bool is_told(const struct turn_server *s, const struct input *in)
{
    uint8_t type = (uint8_t)(in->icmp >> 8);

    if (turn_flag(s, "icmp-not-told"))
        return false;
    if (turn_flag(s, "icmp-all-types"))
        return true;
    return in->pkt.remote.family == 6 ? type >= 1 && type <= 3 : type == 3 || type == 11;
}

void turn_icmp(struct turn_server *s, struct turn_relay *relay, const struct input *in,
               struct outq *q)
{
    uint8_t type = (uint8_t)(in->icmp >> 8), code = (uint8_t)in->icmp;
    struct addr peer = in->pkt.remote;
    struct turn_request r;

    if (!relay || !relay->of || !relay->of->told || turn_is_cut_off(relay->of) || !is_told(s, in))
        return;
    if (!may_be_told(s, relay->of, &peer))
        return;
    if (turn_flag(s, "icmp-as-channeldata") && turn_channel_to(s, relay->of, &peer)) {
        put_channel(s, relay->of, turn_channel_to(s, relay->of, &peer)->number, in->data,
                    &(struct pkt){0}, q);
        return;
    }
    if (turn_flag(s, "icmp-code-wrong")) {
        type = code;
        code = (uint8_t)(in->icmp >> 8) + 1;
    }
    if (turn_flag(s, "icmp-port-wrong"))
        peer.port = relay->at.port;
    if (turn_flag(s, "icmp-port-0"))
        peer.port = 0;
    bool too_big = peer.family == 6 ? type == 2 : type == 3 && code == 4;
    indication(s, &r, receiver(s, relay, "icmp-to-other-client"), in, "icmp", q);
    stun_add_addr(&r.dr, STUN_XOR_PEER_ADDRESS, &peer);
    stun_add_icmp(&r.dr, type, code, too_big ? in->mtu : 0);
    turn_finish(s, &r, 0);
}
