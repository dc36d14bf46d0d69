/* harness/endpoints/turn/turn_mobility_test.c - tickets, and allocations that move: RFC 8016. */
#include "harness/tests/turn_rig.h"

enum { SECOND = 1000000, PORT = 5000 };
static const struct turn_server_config mobile = {.mobility = true};
static struct addr peer, relayed;
static uint8_t ticket[2][TURN_TICKET]; /* the one that was given last, and the one before */

static struct span newest(void)
{
    return (struct span){ticket[0], TURN_TICKET};
}

/* Keep the ticket of the last answer; false: it has none. */
static bool keep(struct rig *r)
{
    const struct stun_attr *a = rig_attr(r, STUN_MOBILITY_TICKET);

    if (!a || a->length != TURN_TICKET)
        return false;
    memcpy(ticket[1], ticket[0], TURN_TICKET);
    memcpy(ticket[0], a->p + 4, TURN_TICKET);
    return true;
}

static unsigned allocate(struct rig *r, struct span with)
{
    rig_allocation(r);
    stun_add_bytes(&r->dr, STUN_MOBILITY_TICKET, with);
    return rig_ask(r);
}

static struct rig *moving(const char *fault)
{
    const char *on[] = {fault, NULL};
    struct rig *r = rig_new(&mobile, fault ? on : NULL);

    peer = rig_ip4(5, 7000);
    CU_ASSERT_EQUAL(allocate(r, (struct span){0}), 0);
    relayed = rig_relayed(r);
    CU_ASSERT_TRUE(keep(r));
    CU_ASSERT_EQUAL(rig_permit(r, &peer), 0);
    CU_ASSERT_EQUAL(rig_bind(r, 0x4000, &peer), 0);
    return r;
}

static void from(struct rig *r, uint16_t port)
{
    r->at.flow = TURN_FLOW_UDP;
    r->at.remote.port = port;
    rig_nonce(r);
}

/* Refresh with a ticket, and a lifetime unless -1. */
static unsigned refresh(struct rig *r, struct span with, int64_t lifetime)
{
    rig_begin(r, STUN_REQUEST, STUN_REFRESH);
    stun_add_bytes(&r->dr, STUN_MOBILITY_TICKET, with);
    if (lifetime >= 0)
        stun_add_uint(&r->dr, STUN_LIFETIME, (uint64_t)lifetime);
    return rig_ask(r);
}

static unsigned move(struct rig *r, uint16_t port)
{
    from(r, port);
    unsigned code = refresh(r, newest(), -1);
    if (!code)
        CU_ASSERT_TRUE(keep(r));
    return code;
}

static void channel(struct rig *r, const char *text)
{
    uint8_t out[64];
    struct wr w = {out, sizeof out, 0, false};

    stun_channel_put(&w, 0x4000, span_of(text), turn_is_stream(r->at.flow));
    rig_octets(r, out, w.n);
}

/* Where the client hears the peer, as a port or a flow of a stream; 0: nowhere. */
static uint32_t heard_at(struct rig *r)
{
    rig_peer(r, &peer, &relayed, "from the peer");
    if (r->n_sent != 1)
        return 0;
    return turn_is_stream(r->sent[0].flow) ? r->sent[0].flow : r->sent[0].pkt.remote.port;
}

/* Whether the octets that the client sends by its channel come to the peer. */
static bool spoken(struct rig *r)
{
    channel(r, "to the peer");
    return r->n_sent == 1 && r->sent[0].flow >= TURN_FLOW_RELAY &&
           addr_eq(&r->sent[0].pkt.remote, &peer);
}

static void tickets(void)
{
    struct rig *r = rig_new(&mobile, NULL);

    CU_ASSERT_EQUAL(allocate(r, span_of("1234")), 400);
    CU_ASSERT_EQUAL(rig_allocate(r), 0);
    CU_ASSERT_PTR_NULL(rig_attr(r, STUN_MOBILITY_TICKET)); /* who does not ask gets none */
    rig_free(r);
    r = rig_new(NULL, NULL); /* it is not looked at */
    CU_ASSERT_EQUAL(allocate(r, span_of("1234")), 0);
    CU_ASSERT_PTR_NULL(rig_attr(r, STUN_MOBILITY_TICKET));
    CU_ASSERT_EQUAL(refresh(r, span_of("1234"), -1), 0);
    rig_free(r);
    r = rig_new(&(struct turn_server_config){.mobility = true, .open = true}, NULL);
    CU_ASSERT_EQUAL(allocate(r, (struct span){0}), 0);
    CU_ASSERT_PTR_NULL(rig_attr(r, STUN_MOBILITY_TICKET)); /* RFC8016:5#4 */
    rig_free(r);
    r = rig_new(&(struct turn_server_config){.mobility_forbidden = true}, NULL);
    CU_ASSERT_EQUAL(allocate(r, (struct span){0}), 405);
    CU_ASSERT_EQUAL(allocate(r, span_of("1234")), 400);
    CU_ASSERT_EQUAL(rig_allocate(r), 0);
    CU_ASSERT_EQUAL(refresh(r, newest(), -1), 405);
    rig_free(r);
}

static void moves(void)
{
    struct rig *r = moving(NULL);

    CU_ASSERT_EQUAL(refresh(r, newest(), -1), 400); /* from where it is */
    CU_ASSERT_EQUAL(move(r, PORT + 1), 0);
    CU_ASSERT_NOT_EQUAL(memcmp(ticket[0], ticket[1], TURN_TICKET), 0);
    CU_ASSERT_EQUAL(r->opened, 1);
    CU_ASSERT_EQUAL(heard_at(r), PORT); /* until the client sends from the new one */
    from(r, PORT);
    CU_ASSERT_TRUE(spoken(r));
    CU_ASSERT_EQUAL(rig_refresh(r, -1), 0);
    CU_ASSERT_EQUAL(heard_at(r), PORT);
    from(r, PORT + 1);
    CU_ASSERT_TRUE(spoken(r));
    CU_ASSERT_EQUAL(heard_at(r), PORT + 1);
    CU_ASSERT_EQUAL(rig_refresh(r, -1), 0);
    from(r, PORT);
    CU_ASSERT_EQUAL(rig_refresh(r, -1), 437);
    CU_ASSERT_FALSE(spoken(r));
    CU_ASSERT_EQUAL(r->s->held_allocs, 1);
    CU_ASSERT_EQUAL(r->s->n_moving, 0);
    rig_free(r);
}

/* Each move before the last one has ended: only the newest ticket serves, and the place that was left is forgotten. */
static void moves_again(void)
{
    struct rig *r = moving(NULL);

    CU_ASSERT_EQUAL(move(r, PORT + 1), 0);
    CU_ASSERT_EQUAL(move(r, PORT + 2), 0);
    CU_ASSERT_EQUAL(r->s->n_moving, 1);
    from(r, PORT + 1);
    CU_ASSERT_EQUAL(rig_refresh(r, -1), 437);
    CU_ASSERT_EQUAL(refresh(r, (struct span){ticket[1], TURN_TICKET}, -1), 400);
    CU_ASSERT_EQUAL(move(r, PORT), 0); /* back */
    CU_ASSERT_EQUAL(r->s->n_moving, 0);
    CU_ASSERT_EQUAL(heard_at(r), PORT);
    from(r, PORT + 2);
    CU_ASSERT_EQUAL(rig_refresh(r, -1), 437);
    rig_free(r);
}

static void refused(void)
{
    struct rig *r = moving(NULL);
    uint8_t forged[TURN_TICKET];
    struct span by = {forged, TURN_TICKET};

    from(r, PORT + 1);
    for (size_t i = 0; i < TURN_TICKET; i++) {
        memcpy(forged, ticket[0], TURN_TICKET);
        forged[i] ^= 0x40;
        CU_ASSERT_EQUAL(refresh(r, by, -1), 400);
    }
    CU_ASSERT_EQUAL(refresh(r, (struct span){ticket[0], TURN_TICKET - 1}, -1), 400);
    CU_ASSERT_EQUAL(refresh(r, (struct span){0}, -1), 400);
    rig_as(r, "bob", "bob-secret");
    from(r, PORT + 1);
    CU_ASSERT_EQUAL(refresh(r, newest(), -1), 441);
    rig_as(r, "alice", "alice-secret");
    from(r, PORT + 1);
    CU_ASSERT_EQUAL(rig_allocate(r), 0); /* the 5-tuple has an allocation of its own now */
    CU_ASSERT_EQUAL(refresh(r, newest(), -1), 437);
    from(r, PORT);
    CU_ASSERT_EQUAL(rig_refresh(r, 0), 0);
    from(r, PORT + 2);
    CU_ASSERT_EQUAL(refresh(r, newest(), -1), 437); /* dead */
    CU_ASSERT_EQUAL(allocate(r, (struct span){0}), 0);
    CU_ASSERT_EQUAL(move(r, PORT + 3), 437); /* and so it stays when its place is taken again */
    rig_free(r);
}

/* The request that moved is answered again for 40 s, by the same ticket; another one with the old ticket is not. */
static void again(void)
{
    struct rig *r = moving(NULL);
    uint8_t same[512], first[TURN_TICKET];

    memcpy(first, ticket[0], sizeof first);
    from(r, PORT + 1);
    rig_begin(r, STUN_REQUEST, STUN_REFRESH);
    stun_add_bytes(&r->dr, STUN_MOBILITY_TICKET, newest());
    struct span w = rig_write(r, &r->dr);
    memcpy(same, w.p, w.n);
    rig_octets(r, same, w.n);
    CU_ASSERT_EQUAL(rig_code(r), 0);
    CU_ASSERT_TRUE(keep(r));
    CU_ASSERT_TRUE(spoken(r));
    rig_until(r, 39 * (uint64_t)SECOND);
    rig_octets(r, same, w.n);
    CU_ASSERT_EQUAL(rig_code(r), 0);
    CU_ASSERT_TRUE(keep(r));
    CU_ASSERT_EQUAL(memcmp(ticket[0], ticket[1], TURN_TICKET), 0);
    CU_ASSERT_EQUAL(refresh(r, (struct span){first, sizeof first}, -1), 400);
    rig_until(r, 40 * (uint64_t)SECOND);
    rig_octets(r, same, w.n);
    CU_ASSERT_EQUAL(rig_code(r), 400);
    CU_ASSERT_EQUAL(heard_at(r), PORT + 1);
    rig_free(r);
}

static void deleted(void)
{
    struct rig *r = moving(NULL);

    from(r, PORT + 1);
    CU_ASSERT_EQUAL(refresh(r, newest(), 0), 0); /* from elsewhere */
    CU_ASSERT_EQUAL(r->s->held_allocs, 0);
    CU_ASSERT_EQUAL(r->s->n_moving, 0);
    rig_free(r);
    r = moving(NULL);
    CU_ASSERT_EQUAL(move(r, PORT + 1), 0);
    rig_until(r, 600 * (uint64_t)SECOND); /* on its way */
    CU_ASSERT_EQUAL(r->s->held_allocs, 0);
    CU_ASSERT_EQUAL(r->s->n_moving, 0);
    rig_free(r);
    r = moving(NULL);
    from(r, PORT + 1);
    rig_begin(r, STUN_REQUEST, STUN_REFRESH);
    stun_add_bytes(&r->dr, STUN_MOBILITY_TICKET, newest());
    stun_add_uint(&r->dr, STUN_REQUESTED_ADDRESS_FAMILY, 2);
    CU_ASSERT_EQUAL(rig_ask(r), 443); /* what is refused does not move */
    CU_ASSERT_EQUAL(rig_refresh(r, -1), 437);
    rig_free(r);
}

static void on_stream(struct rig *r, uint32_t n)
{
    r->at.flow = FLOW_ACCEPTED + n;
    rig_input(r, (struct input){.kind = IN_OPENED,
                                .flow = r->at.flow,
                                .parent = TURN_FLOW_TCP,
                                .pkt = {.remote = r->at.remote, .local = r->at.local}});
    r->n_nonce = 0;
    rig_nonce(r);
}

static void streams(void)
{
    struct rig *r = moving(NULL);

    r->at.remote.port = PORT + 1;
    on_stream(r, 1);
    CU_ASSERT_EQUAL(refresh(r, newest(), -1), 0);
    CU_ASSERT_TRUE(keep(r));
    CU_ASSERT_EQUAL(heard_at(r), PORT);
    rig_input(r, (struct input){.kind = IN_EOF, .flow = r->at.flow}); /* it stays where it was */
    CU_ASSERT_EQUAL(heard_at(r), PORT);
    on_stream(r, 2);
    CU_ASSERT_EQUAL(refresh(r, newest(), -1), 0);
    CU_ASSERT_TRUE(keep(r));
    on_stream(r, 3);
    CU_ASSERT_EQUAL(refresh(r, newest(), -1), 0);
    CU_ASSERT_TRUE(keep(r));
    CU_ASSERT_TRUE(spoken(r));
    CU_ASSERT_EQUAL(heard_at(r), FLOW_ACCEPTED + 3);
    on_stream(r, 4);
    CU_ASSERT_EQUAL(refresh(r, newest(), -1), 0);
    CU_ASSERT_TRUE(keep(r));
    rig_input(r,
              (struct input){.kind = IN_CLOSED, .flow = FLOW_ACCEPTED + 3}); /* RFC8016:3.2.2#a5 */
    CU_ASSERT_EQUAL(heard_at(r), FLOW_ACCEPTED + 4);
    rig_input(r,
              (struct input){.kind = IN_CLOSED, .flow = FLOW_ACCEPTED + 4}); /* break before make */
    CU_ASSERT_EQUAL(r->s->held_allocs, 1);
    CU_ASSERT_EQUAL(heard_at(r), 0);
    CU_ASSERT_EQUAL(move(r, PORT + 7), 0);
    CU_ASSERT_EQUAL(heard_at(r), PORT + 7);
    rig_free(r);
}

static void faults(void)
{
    struct rig *r = moving("old-dropped-at-once");

    CU_ASSERT_EQUAL(move(r, PORT + 1), 0);
    CU_ASSERT_EQUAL(heard_at(r), PORT + 1);
    rig_free(r);
    r = moving("new-hears-at-once");
    CU_ASSERT_EQUAL(move(r, PORT + 1), 0);
    CU_ASSERT_EQUAL(heard_at(r), PORT + 1);
    from(r, PORT);
    CU_ASSERT_TRUE(spoken(r));
    rig_free(r);
    r = moving("old-kept");
    CU_ASSERT_EQUAL(move(r, PORT + 1), 0);
    CU_ASSERT_TRUE(spoken(r));
    from(r, PORT);
    CU_ASSERT_EQUAL(rig_refresh(r, -1), 0);
    rig_free(r);
    r = moving("any-ticket");
    from(r, PORT + 1);
    CU_ASSERT_EQUAL(refresh(r, span_of("anything"), -1), 0);
    rig_free(r);
    r = moving("both-tuples");
    CU_ASSERT_EQUAL(move(r, PORT + 1), 0);
    rig_peer(r, &peer, &relayed, "from the peer");
    CU_ASSERT_EQUAL(r->n_sent, 2);
    rig_free(r);
    r = moving("old-connection-closed");
    for (uint32_t n = 1; n <= 2; n++) {
        on_stream(r, n);
        CU_ASSERT_EQUAL(refresh(r, newest(), -1), 0);
        CU_ASSERT_TRUE(keep(r));
        CU_ASSERT_TRUE(spoken(r));
        CU_ASSERT_EQUAL(r->closed_flow, n == 2 ? FLOW_ACCEPTED + 1 : 0);
        CU_ASSERT_EQUAL(heard_at(r), FLOW_ACCEPTED + n);
    }
    rig_free(r);
    r = moving("old-data-queued");
    from(r, PORT + 1);
    CU_ASSERT_FALSE(spoken(r));
    refresh(r, newest(), -1);
    CU_ASSERT_EQUAL(r->n_sent, 2); /* the answer, and then the datagram to the peer */
    CU_ASSERT_TRUE(addr_eq(&r->sent[1].pkt.remote, &peer));
    CU_ASSERT_EQUAL(heard_at(r), PORT + 1);
    rig_free(r);
}

TESTS({"tickets", tickets}, {"moves", moves}, {"moves again", moves_again}, {"refused", refused},
      {"again", again}, {"deleted", deleted}, {"streams", streams}, {"faults", faults})
