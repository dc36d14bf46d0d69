/* harness/endpoints/turn/turn_tcp_test.c - TCP allocations: Connect, connections of peers, ConnectionBind, octets, ends. */
#include "harness/tests/turn_rig.h"

enum { SECOND = 1000000 };
static const flow_id CONTROL = FLOW_ACCEPTED + 1, DATA = FLOW_ACCEPTED + 2, IN = FLOW_ACCEPTED + 9;
static struct addr peer, relayed;

static void from(struct rig *r, flow_id flow)
{
    r->at = (struct turn_client){flow, rig_ip4(9, (uint16_t)(flow & 0xffff)), rig_ip4(1, 3478)};
}

static void accepted(struct rig *r, flow_id flow)
{
    from(r, flow);
    rig_input(r, (struct input){.kind = IN_OPENED,
                                .flow = flow,
                                .parent = TURN_FLOW_TCP,
                                .pkt = {.remote = r->at.remote, .local = r->at.local}});
}

static unsigned allocate(struct rig *r, uint16_t with)
{
    if (!r->n_nonce)
        rig_nonce(r);
    rig_begin(r, STUN_REQUEST, STUN_ALLOCATE);
    stun_add_uint(&r->dr, STUN_REQUESTED_TRANSPORT, 6);
    if (with == STUN_RESERVATION_TOKEN)
        stun_add_bytes(&r->dr, with, span_of("12345678"));
    else if (with == STUN_EVEN_PORT)
        stun_add_uint(&r->dr, with, 0);
    else if (with)
        stun_add(&r->dr, with);
    return rig_ask(r);
}

/* A server with an allocation on CONTROL. */
static struct rig *ready(void)
{
    static const struct turn_server_config c = {.tcp_relay = true,
                                                .deny = {.family = 4, .ip = {198, 51, 100, 7}}};
    struct rig *r = rig_new(&c, NULL);

    peer = rig_ip4(5, 7000);
    accepted(r, CONTROL);
    CU_ASSERT_EQUAL(allocate(r, 0), 0);
    relayed = rig_relayed(r);
    return r;
}

static unsigned connect_to(struct rig *r, const struct addr *to)
{
    from(r, CONTROL);
    rig_begin(r, STUN_REQUEST, STUN_CONNECT);
    if (to)
        stun_add_addr(&r->dr, STUN_XOR_PEER_ADDRESS, to);
    return rig_ask(r);
}

static unsigned bind_to(struct rig *r, flow_id flow, uint32_t id)
{
    accepted(r, flow);
    rig_begin(r, STUN_REQUEST, STUN_CONNECTION_BIND);
    if (id)
        stun_add_uint(&r->dr, STUN_CONNECTION_ID, id);
    return rig_ask(r);
}

/* The same with a nonce of that connection: no other tells whose it is where the id names nothing. */
static unsigned bind_anew(struct rig *r, flow_id flow, uint32_t id)
{
    accepted(r, flow);
    rig_nonce(r);
    rig_begin(r, STUN_REQUEST, STUN_CONNECTION_BIND);
    if (id)
        stun_add_uint(&r->dr, STUN_CONNECTION_ID, id);
    unsigned code = rig_ask(r);
    from(r, CONTROL);
    rig_nonce(r);
    return code;
}

static uint32_t connection_id(struct rig *r)
{
    return rig_value(r, STUN_CONNECTION_ID)->v.u32;
}

/* The same with a connection to the peer, r->flow, bound to DATA. */
static struct rig *joined(void)
{
    struct rig *r = ready();

    CU_ASSERT_EQUAL(connect_to(r, &peer), 0);
    CU_ASSERT_EQUAL(bind_to(r, DATA, connection_id(r)), 0);
    return r;
}

static void octets(struct rig *r, flow_id flow, struct span s)
{
    rig_input(r, (struct input){.kind = IN_BYTES, .flow = flow, .data = s});
}

static bool sent(const struct rig *r, flow_id flow, const char *text)
{
    size_t n = 0, all = strlen(text);

    for (size_t i = 0; i < r->n_sent; i++) {
        const struct rig_sent *v = &r->sent[i];
        if (v->flow != flow)
            continue;
        if (v->n > all - n || memcmp(v->octets, text + n, v->n) != 0)
            return false;
        n += v->n;
    }
    return n == all;
}

static bool nothing_left(const struct rig *r)
{
    return r->s->conns.used == 0 && r->s->conns_us == NO_DEADLINE;
}

static void allocations(void)
{
    static const uint16_t no[] = {STUN_DONT_FRAGMENT, STUN_EVEN_PORT, STUN_RESERVATION_TOKEN};
    struct rig *r = ready();

    CU_ASSERT_TRUE(r->spec.listen && strcmp(r->spec.stack, "tcp") == 0);
    CU_ASSERT_TRUE(addr_eq(&r->spec.local, &relayed));
    CU_ASSERT_PTR_NULL(rig_attr(r, STUN_RESERVATION_TOKEN));
    CU_ASSERT_EQUAL(rig_permit(r, &peer), 0);
    octets(r, CONTROL,
           (struct span){(const uint8_t *)"\x40\0\0\0", 4}); /* there are no datagrams */
    CU_ASSERT_EQUAL(r->n_sent, 0);
    for (size_t i = 0; i < COUNT(no); i++) {
        accepted(r, FLOW_ACCEPTED + 20 + (flow_id)i);
        rig_nonce(r);
        CU_ASSERT_EQUAL(allocate(r, no[i]), 400);
    }
    r->at = (struct turn_client){TURN_FLOW_UDP, rig_ip4(9, 5000), rig_ip4(1, 3478)};
    rig_nonce(r);
    CU_ASSERT_EQUAL(allocate(r, 0), 400);
    CU_ASSERT_EQUAL(r->s->held_allocs, 1);
    rig_free(r);
}

static void connects(void)
{
    struct rig *r = ready();
    struct addr six = {.family = 6, .ip = {0x20}, .port = 9}, denied = r->s->c.deny,
                no_port = rig_ip4(5, 0), other = rig_ip4(5, 7001);

    denied.port = 9;
    CU_ASSERT_EQUAL(connect_to(r, NULL), 400);
    CU_ASSERT_EQUAL(connect_to(r, &no_port), 400);
    CU_ASSERT_EQUAL(connect_to(r, &six), 443);
    CU_ASSERT_EQUAL(connect_to(r, &denied), 403);
    CU_ASSERT_EQUAL(connect_to(r, &peer), 0);
    uint32_t id = connection_id(r);
    CU_ASSERT_EQUAL(stun_check_integrity(&r->m, &r->key), STUN_GOOD);
    CU_ASSERT_TRUE(addr_eq(&r->spec.local, &relayed) && addr_eq(&r->spec.remote, &peer));
    CU_ASSERT_FALSE(r->spec.listen);
    CU_ASSERT_EQUAL(connect_to(r, &peer), 446);
    CU_ASSERT_EQUAL(connect_to(r, &other), 0);
    CU_ASSERT_NOT_EQUAL(connection_id(r), id);
    accepted(r, FLOW_ACCEPTED + 20);
    rig_nonce(r);
    rig_begin(r, STUN_REQUEST, STUN_CONNECT);
    stun_add_addr(&r->dr, STUN_XOR_PEER_ADDRESS, &peer);
    CU_ASSERT_EQUAL(rig_ask(r), 437);
    rig_free(r);
}

/* A peer that refuses, one that does not answer, and a driver that gives up sooner than the text allows. */
static void waits(void)
{
    struct rig *r = ready();

    r->silent = true;
    CU_ASSERT_EQUAL(connect_to(r, &peer), 1);
    CU_ASSERT_EQUAL(connect_to(r, &peer), 446);
    rig_input(r, (struct input){.kind = IN_CLOSED, .flow = r->flow, .why = CLOSE_REFUSED});
    CU_ASSERT_EQUAL(rig_code(r), 447);
    CU_ASSERT_TRUE(nothing_left(r));
    CU_ASSERT_EQUAL(connect_to(r, &peer), 1);
    flow_id first = r->flow;
    r->now_us += 20 * SECOND;
    rig_input(r, (struct input){.kind = IN_CLOSED, .flow = first, .why = CLOSE_TIMEOUT});
    CU_ASSERT_TRUE(r->n_sent == 0 && r->flow != first && addr_eq(&r->spec.remote, &peer));
    rig_until(r, 30 * SECOND - 1);
    CU_ASSERT_EQUAL(r->n_sent, 0);
    rig_until(r, 30 * SECOND);
    CU_ASSERT_EQUAL(rig_code(r), 447);
    CU_ASSERT_EQUAL(r->closed_flow, r->flow);
    CU_ASSERT_TRUE(nothing_left(r));
    rig_free(r);
}

static void both_ways(void)
{
    struct rig *r = ready();

    CU_ASSERT_EQUAL(connect_to(r, &peer), 0);
    uint32_t id = connection_id(r);
    octets(r, r->flow, span_of("early"));
    CU_ASSERT_TRUE(r->n_sent == 0 && r->paused_flow == r->flow);
    octets(r, r->flow, span_of(" too"));
    CU_ASSERT_EQUAL(bind_anew(r, FLOW_ACCEPTED + 20, 0), 400);
    CU_ASSERT_EQUAL(bind_anew(r, FLOW_ACCEPTED + 21, id ^ 1), 400);
    from(r, CONTROL);
    rig_begin(r, STUN_REQUEST, STUN_CONNECTION_BIND);
    stun_add_uint(&r->dr, STUN_CONNECTION_ID, id);
    CU_ASSERT_EQUAL(rig_ask(r), 400); /* not the control connection itself */
    accepted(r, DATA);
    rig_begin(r, STUN_REQUEST, STUN_CONNECTION_BIND);
    stun_add_uint(&r->dr, STUN_CONNECTION_ID, id);
    struct span w = rig_write(r, &r->dr);
    memcpy(r->out + w.n, "behind", 6);
    rig_octets(r, w.p, w.n + 6);
    CU_ASSERT_TRUE(sent(r, r->flow, "behind"));
    CU_ASSERT_EQUAL(r->n_sent, 3);
    CU_ASSERT_EQUAL(get_u16(r->sent[0].octets),
                    0x010b); /* success, signed as ever, then the rest */
    CU_ASSERT_TRUE(r->sent[1].flow == DATA && memcmp(r->sent[1].octets, "early too", 9) == 0);
    CU_ASSERT_EQUAL(r->resumed_flow, r->flow);
    octets(r, DATA, (struct span){(const uint8_t *)"\0\4\0", 4});
    CU_ASSERT_TRUE(r->n_sent == 1 && r->sent[0].flow == r->flow && r->sent[0].n == 4);
    octets(r, r->flow, span_of("back"));
    CU_ASSERT_TRUE(sent(r, DATA, "back"));
    CU_ASSERT_EQUAL(bind_to(r, FLOW_ACCEPTED + 22, id), 400);
    CU_ASSERT_EQUAL(r->s->conns_us, NO_DEADLINE);
    rig_free(r);
}

/* The request and what follows it, in pieces of each size. */
static void pieces(void)
{
    for (size_t step = 1; step < 200; step += 7) {
        struct rig *r = ready();
        char all[64] = "";
        CU_ASSERT_EQUAL(connect_to(r, &peer), 0);
        accepted(r, DATA);
        rig_begin(r, STUN_REQUEST, STUN_CONNECTION_BIND);
        stun_add_uint(&r->dr, STUN_CONNECTION_ID, connection_id(r));
        struct span w = rig_write(r, &r->dr);
        memcpy(r->out + w.n, "what follows", 12);
        size_t n = w.n + 12, got = 0;
        uint8_t copy[512];
        memcpy(copy, w.p, n);
        for (size_t at = 0; at < n; at += step) {
            rig_octets(r, copy + at, at + step > n ? n - at : step);
            for (size_t i = 0; i < r->n_sent; i++)
                if (r->sent[i].flow == r->flow) {
                    memcpy(all + got, r->sent[i].octets, r->sent[i].n);
                    got += r->sent[i].n;
                }
        }
        CU_ASSERT_TRUE(got == 12 && memcmp(all, "what follows", 12) == 0);
        rig_free(r);
    }
}

static void other_user(void)
{
    struct rig *r = ready();

    CU_ASSERT_EQUAL(connect_to(r, &peer), 0);
    uint32_t id = connection_id(r);
    accepted(r, FLOW_ACCEPTED + 20);
    rig_as(r, "bob", "bob-secret");
    rig_nonce(r);
    rig_begin(r, STUN_REQUEST, STUN_CONNECTION_BIND);
    stun_add_uint(&r->dr, STUN_CONNECTION_ID, id);
    CU_ASSERT_EQUAL(rig_ask(r), 441);
    CU_ASSERT_EQUAL(r->s->conns.used, 1);
    rig_free(r);
}

static void pressure(void)
{
    struct rig *r = joined();

    rig_input(r, (struct input){.kind = IN_FULL, .flow = r->flow});
    CU_ASSERT_EQUAL(r->paused_flow, DATA);
    rig_input(r, (struct input){.kind = IN_WRITABLE, .flow = r->flow});
    CU_ASSERT_EQUAL(r->resumed_flow, DATA);
    rig_input(r, (struct input){.kind = IN_FULL, .flow = DATA});
    CU_ASSERT_EQUAL(r->paused_flow, r->flow);
    octets(r, r->flow, span_of("read already"));
    CU_ASSERT_TRUE(sent(r, DATA, "read already"));
    rig_input(r, (struct input){.kind = IN_WRITABLE, .flow = DATA});
    CU_ASSERT_EQUAL(r->resumed_flow, r->flow);
    rig_free(r);
}

static void too_much_held(void)
{
    static const uint8_t much[TURN_DATA_HELD];
    struct rig *r = ready();

    CU_ASSERT_EQUAL(connect_to(r, &peer), 0);
    octets(r, r->flow, (struct span){much, sizeof much});
    CU_ASSERT_EQUAL(r->closes, 0);
    octets(r, r->flow, span_of("1"));
    CU_ASSERT_EQUAL(r->closed_flow, r->flow);
    CU_ASSERT_TRUE(nothing_left(r));
    rig_free(r);
}

static void comes_in(struct rig *r, flow_id flow)
{
    from(r, CONTROL);
    rig_input(r, (struct input){.kind = IN_OPENED,
                                .flow = flow,
                                .parent = r->s->allocs[0].relay[0].flow,
                                .pkt = {.remote = peer, .local = relayed}});
}

static void of_peers(void)
{
    struct rig *r = ready();

    comes_in(r, IN);
    CU_ASSERT_TRUE(r->n_sent == 0 && r->closed_flow == IN);
    CU_ASSERT_EQUAL(rig_permit(r, &peer), 0);
    comes_in(r, IN + 1);
    CU_ASSERT_TRUE(r->closes == 0 && r->sent[0].flow == CONTROL);
    CU_ASSERT_EQUAL(rig_code(r), 3); /* neither success nor error */
    CU_ASSERT_EQUAL(r->m.method, STUN_CONNECTION_ATTEMPT);
    CU_ASSERT_TRUE(addr_eq(&rig_value(r, STUN_XOR_PEER_ADDRESS)->v.addr, &peer));
    uint32_t id = connection_id(r);
    CU_ASSERT_EQUAL(connect_to(r, &peer), 446);
    CU_ASSERT_EQUAL(bind_to(r, DATA, id), 0);
    octets(r, IN + 1, span_of("hello"));
    CU_ASSERT_TRUE(sent(r, DATA, "hello"));
    octets(r, DATA, span_of("hi"));
    CU_ASSERT_TRUE(sent(r, IN + 1, "hi"));
    rig_free(r);
}

static void not_bound(void)
{
    struct rig *r = ready();

    CU_ASSERT_EQUAL(connect_to(r, &peer), 0);
    uint32_t id = connection_id(r);
    rig_until(r, 30 * SECOND - 1);
    CU_ASSERT_EQUAL(r->closes, 0);
    rig_until(r, 30 * SECOND);
    CU_ASSERT_EQUAL(r->closed_flow, r->flow);
    CU_ASSERT_TRUE(nothing_left(r));
    CU_ASSERT_EQUAL(bind_anew(r, DATA, id), 400);
    CU_ASSERT_EQUAL(connect_to(r, &peer), 0);
    rig_free(r);
}

static void ends(void)
{
    static const enum in_kind kinds[] = {IN_EOF, IN_CLOSED};

    for (size_t i = 0; i < COUNT(kinds); i++) {
        struct rig *r = joined();
        rig_input(r, (struct input){.kind = kinds[i], .flow = DATA}); /* FIN is answered by FIN */
        CU_ASSERT_EQUAL(r->closes, kinds[i] == IN_EOF ? 2 : 1);
        CU_ASSERT_TRUE(nothing_left(r));
        octets(r, r->flow, span_of("late"));
        CU_ASSERT_EQUAL(r->n_sent, 0);
        rig_free(r);
        r = joined();
        rig_input(r, (struct input){.kind = kinds[i], .flow = r->flow});
        CU_ASSERT_EQUAL(r->closes, kinds[i] == IN_EOF ? 2 : 1);
        CU_ASSERT_EQUAL(r->closed_flow, DATA);
        CU_ASSERT_TRUE(nothing_left(r) && rig_alive(r) == false);
        from(r, CONTROL);
        CU_ASSERT_TRUE(rig_alive(r));
        rig_free(r);
    }
}

/* Deleted, expired, and with its control connection. */
static void with_the_allocation(void)
{
    for (size_t i = 0; i < 3; i++) {
        struct rig *r = joined();
        from(r, CONTROL);
        if (i == 0)
            CU_ASSERT_EQUAL(rig_refresh(r, 0), 0);
        if (i == 1)
            rig_until(r, 600ull * SECOND);
        if (i == 2)
            rig_input(r, (struct input){.kind = IN_CLOSED, .flow = CONTROL});
        CU_ASSERT_EQUAL(r->closes, 3); /* the relayed address, and both sides */
        CU_ASSERT_TRUE(nothing_left(r));
        CU_ASSERT_EQUAL(r->s->held_allocs, 0);
        rig_free(r);
    }
}

static void crowd(void)
{
    struct rig *r = ready();
    struct addr to = peer;

    for (size_t i = 0; i < TURN_DATA_EACH; i++, to.port++)
        CU_ASSERT_EQUAL(connect_to(r, &to), 0);
    CU_ASSERT_EQUAL(connect_to(r, &to), 508);
    CU_ASSERT_EQUAL(rig_permit(r, &peer), 0);
    comes_in(r, IN);
    CU_ASSERT_TRUE(r->n_sent == 0 && r->closed_flow == IN);
    rig_free(r);
}

TESTS({"allocations", allocations}, {"connects", connects}, {"waits", waits},
      {"both ways", both_ways}, {"pieces", pieces}, {"other user", other_user},
      {"pressure", pressure}, {"too much held", too_much_held}, {"of peers", of_peers},
      {"not bound", not_bound}, {"ends", ends}, {"with the allocation", with_the_allocation},
      {"crowd", crowd})
