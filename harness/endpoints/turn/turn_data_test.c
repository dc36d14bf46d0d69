/* harness/endpoints/turn/turn_data_test.c - permissions, channels and data both ways, with their limits and times. */
#include "harness/tests/turn_rig.h"

enum { SECOND = 1000000 };
static struct addr peer, other, relayed;

static struct rig *allocated(const struct turn_server_config *c)
{
    struct rig *r = rig_new(c, NULL);

    peer = rig_ip4(5, 7000);
    other = rig_ip4(6, 7000);
    CU_ASSERT_EQUAL(rig_allocate(r), 0);
    relayed = rig_relayed(r);
    return r;
}

/* What the last input had sent, once. */
static struct span one(const struct rig *r)
{
    CU_ASSERT_EQUAL(r->n_sent, 1);
    return r->n_sent == 1 ? (struct span){r->sent[0].octets, r->sent[0].n} : (struct span){0};
}

/* Whether a Data indication came with this text from `from`. */
static bool data_of(struct rig *r, const struct addr *from, const char *text)
{
    if (r->n_sent != 1 || rig_code(r) != 3 || r->m.method != STUN_DATA ||
        r->m.cls != STUN_INDICATION)
        return false;
    const struct stun_attr *a = rig_attr(r, STUN_XOR_PEER_ADDRESS),
                           *d = rig_attr(r, STUN_DATA_VALUE);
    return a && d && addr_eq(&a->v.addr, from) && span_is(d->v.s, text) &&
           addr_eq(&r->sent[0].pkt.remote, &r->at.remote) && r->sent[0].flow == r->at.flow;
}

static void send_to(struct rig *r, const struct addr *to, const char *text, bool df)
{
    rig_begin(r, STUN_INDICATION, STUN_SEND);
    if (to)
        stun_add_addr(&r->dr, STUN_XOR_PEER_ADDRESS, to);
    if (text)
        stun_add_bytes(&r->dr, STUN_DATA_VALUE, span_of(text));
    if (df)
        stun_add(&r->dr, STUN_DONT_FRAGMENT);
    size_t nonce = r->n_nonce;
    r->n_nonce = 0; /* indications are not signed */
    rig_ask(r);
    r->n_nonce = nonce;
}

static void channel_data(struct rig *r, uint16_t number, const char *text, bool padded)
{
    struct wr w = {r->out, sizeof r->out, 0, false};
    stun_channel_put(&w, number, span_of(text), padded);
    rig_octets(r, r->out, w.n);
}

static bool at_peer(struct rig *r, const struct addr *to, const char *text)
{
    const struct turn_alloc *a = turn_find(r->s, &r->at);
    return r->n_sent == 1 && r->sent[0].flow == a->relay[0].flow &&
           addr_eq(&r->sent[0].pkt.remote, to) && span_is(one(r), text);
}

static void permissions(void)
{
    struct rig *r = allocated(NULL);
    struct addr any_port = peer;

    rig_peer(r, &peer, &relayed, "hi");
    CU_ASSERT_EQUAL(r->n_sent, 0);
    any_port.port = 0;
    CU_ASSERT_EQUAL(rig_permit(r, &any_port), 0);
    rig_peer(r, &peer, &relayed, "hi!");
    CU_ASSERT_TRUE(data_of(r, &peer, "hi!"));
    any_port.port = 9;
    rig_peer(r, &any_port, &relayed, "");
    CU_ASSERT_TRUE(data_of(r, &any_port, ""));
    rig_peer(r, &other, &relayed, "hi");
    CU_ASSERT_EQUAL(r->n_sent, 0);
    rig_until(r, 200 * (uint64_t)SECOND);
    CU_ASSERT_EQUAL(rig_permit(r, &peer), 0);
    send_to(r, &peer, "x", false); /* does not refresh */
    rig_until(r, 500 * (uint64_t)SECOND - 1);
    rig_peer(r, &peer, &relayed, "late");
    CU_ASSERT_TRUE(data_of(r, &peer, "late"));
    rig_until(r, 500 * (uint64_t)SECOND);
    rig_peer(r, &peer, &relayed, "late");
    CU_ASSERT_EQUAL(r->n_sent, 0);
    send_to(r, &peer, "x", false);
    CU_ASSERT_EQUAL(r->n_sent, 0);
    rig_free(r);
}

static void sends(void)
{
    struct rig *r = allocated(NULL);
    struct addr port0 = rig_ip4(5, 0);

    send_to(r, &peer, "x", false);
    CU_ASSERT_EQUAL(r->n_sent, 0);
    CU_ASSERT_EQUAL(rig_permit(r, &peer), 0);
    send_to(r, &peer, "abc", false);
    CU_ASSERT_TRUE(at_peer(r, &peer, "abc"));
    CU_ASSERT_FALSE(r->sent[0].pkt.dont_fragment);
    send_to(r, &peer, "", true);
    CU_ASSERT_TRUE(at_peer(r, &peer, ""));
    CU_ASSERT_TRUE(r->sent[0].pkt.dont_fragment);
    send_to(r, &peer, NULL, false);
    CU_ASSERT_EQUAL(r->n_sent, 0);
    send_to(r, NULL, "x", false);
    CU_ASSERT_EQUAL(r->n_sent, 0);
    send_to(r, &port0, "x", false);
    CU_ASSERT_EQUAL(r->n_sent, 0);
    CU_ASSERT_TRUE(rig_alive(r));
    send_to(r, &other, "x", false);
    CU_ASSERT_EQUAL(r->n_sent, 0);
    r->at.remote.port++;
    send_to(r, &peer, "x", false);
    CU_ASSERT_EQUAL(r->n_sent, 0);
    rig_free(r);
}

static void channels(void)
{
    struct rig *r = allocated(NULL);
    struct addr next = rig_ip4(5, 7001);

    CU_ASSERT_EQUAL(rig_bind(r, 0x3fff, &peer), 400);
    CU_ASSERT_EQUAL(rig_bind(r, 0x5000, &peer), 400);
    rig_peer(r, &peer, &relayed, "hi");
    CU_ASSERT_EQUAL(r->n_sent, 0);
    channel_data(r, 0x4000, "x", false);
    CU_ASSERT_EQUAL(r->n_sent, 0);
    CU_ASSERT_EQUAL(rig_bind(r, 0x4000, &peer), 0);
    CU_ASSERT_EQUAL(rig_bind(r, 0x4fff, &other), 0);
    CU_ASSERT_EQUAL(rig_bind(r, 0x4000, &peer), 0);
    CU_ASSERT_EQUAL(rig_bind(r, 0x4000, &other), 400);
    CU_ASSERT_EQUAL(rig_bind(r, 0x4001, &peer), 400);
    channel_data(r, 0x4000, "abc", false);
    CU_ASSERT_TRUE(at_peer(r, &peer, "abc"));
    channel_data(r, 0x4000, "abc", true);
    CU_ASSERT_TRUE(at_peer(r, &peer, "abc"));
    channel_data(r, 0x4fff, "", false);
    CU_ASSERT_TRUE(at_peer(r, &other, ""));
    rig_peer(r, &peer, &relayed, "four!");
    struct span got = one(r);
    CU_ASSERT_TRUE(got.n == 9 && memcmp(got.p, "\x40\0\0\5four!", 9) == 0);
    rig_peer(r, &next, &relayed, "unbound");
    CU_ASSERT_TRUE(data_of(r, &next, "unbound"));
    rig_octets(r, "\x40\0\0\4abc", 7); /* shorter than it says */
    CU_ASSERT_EQUAL(r->n_sent, 0);
    rig_octets(r, "\x50\0\0\3abc", 7);
    CU_ASSERT_EQUAL(r->n_sent, 0);
    rig_octets(r, "\x40\0\0", 3);
    CU_ASSERT_EQUAL(r->n_sent, 0);
    rig_free(r);
}

static void channel_times(void)
{
    struct rig *r = allocated(NULL);

    CU_ASSERT_EQUAL(rig_refresh(r, 3600), 0);
    CU_ASSERT_EQUAL(rig_bind(r, 0x4000, &peer), 0);
    rig_until(r, 300 * (uint64_t)SECOND); /* the permission is over, the channel is not */
    rig_peer(r, &peer, &relayed, "hi");
    CU_ASSERT_EQUAL(r->n_sent, 0);
    CU_ASSERT_EQUAL(rig_permit(r, &peer), 0);
    rig_until(r, 600 * (uint64_t)SECOND - 1);
    channel_data(r, 0x4000, "x", false);
    CU_ASSERT_TRUE(at_peer(r, &peer, "x"));
    rig_peer(r, &peer, &relayed, "hi");
    CU_ASSERT_EQUAL(one(r).n, 6);
    rig_until(r, 600 * (uint64_t)SECOND);
    channel_data(r, 0x4000, "x", false);
    CU_ASSERT_EQUAL(r->n_sent, 0);
    rig_nonce(r);
    CU_ASSERT_EQUAL(rig_bind(r, 0x4000, &other), 0);
    CU_ASSERT_EQUAL(rig_bind(r, 0x4001, &peer), 0);
    rig_until(r, 1100 * (uint64_t)SECOND);
    CU_ASSERT_EQUAL(rig_bind(r, 0x4000, &other), 0);
    rig_until(r, 1699 * (uint64_t)SECOND);
    channel_data(r, 0x4000, "x", false);
    CU_ASSERT_TRUE(at_peer(r, &other, "x"));
    channel_data(r, 0x4001, "x", false);
    CU_ASSERT_EQUAL(r->n_sent, 0);
    rig_free(r);
}

static void apart(void)
{
    struct rig *r = allocated(NULL);
    struct addr first = relayed;

    CU_ASSERT_EQUAL(rig_bind(r, 0x4000, &peer), 0);
    r->at.remote.port++;
    rig_nonce(r);
    CU_ASSERT_EQUAL(rig_allocate(r), 0);
    relayed = rig_relayed(r);
    rig_peer(r, &peer, &relayed, "x");
    CU_ASSERT_EQUAL(r->n_sent, 0);
    CU_ASSERT_EQUAL(rig_bind(r, 0x4000, &other), 0);
    channel_data(r, 0x4000, "x", false);
    CU_ASSERT_TRUE(at_peer(r, &other, "x"));
    rig_peer(r, &peer, &first, "x");
    CU_ASSERT_EQUAL(r->n_sent, 1);
    CU_ASSERT_EQUAL(r->sent[0].pkt.remote.port, 5000);
    rig_free(r);
}

static void not_allowed(void)
{
    struct turn_range denied[] = {{{.family = 4, .ip = {192, 0, 2, 128}}, 25}};
    struct rig *r = allocated(&(struct turn_server_config){
        .denied = denied, .n_denied = 1, .deny = {.family = 4, .ip = {198, 51, 100, 1}}});
    static const struct {
        uint8_t ip[4];
        unsigned code;
    } v[] = {{{192, 0, 2, 128}, 403}, {{192, 0, 2, 127}, 0}, {{198, 51, 100, 1}, 403},
             {{198, 51, 100, 2}, 0},  {{0, 0, 0, 0}, 403},   {{224, 0, 0, 1}, 403},
             {{239, 1, 1, 1}, 403},   {{223, 255, 1, 1}, 0}, {{255, 255, 255, 255}, 403},
             {{127, 0, 0, 1}, 0}};
    struct addr six = {.family = 6, .ip = {0x20, 0x01, 0xd, 0xb8}, .port = 1},
                teredo = {.family = 6, .ip = {0x20, 0x01}, .port = 1};

    for (size_t i = 0; i < COUNT(v); i++) {
        struct addr a = {.family = 4, .port = 9};
        memcpy(a.ip, v[i].ip, 4);
        CU_ASSERT_EQUAL(rig_permit(r, &a), v[i].code);
        CU_ASSERT_EQUAL(rig_bind(r, (uint16_t)(0x4000 + i), &a), v[i].code);
        send_to(r, &a, "x", false);
        CU_ASSERT_EQUAL(r->n_sent, v[i].code == 0);
    }
    CU_ASSERT_EQUAL(rig_bind(r, 0x4100, &(struct addr){.family = 4, .ip = {10, 9, 9, 9}}), 403);
    CU_ASSERT_EQUAL(rig_permit(r, &six), 443);
    CU_ASSERT_EQUAL(rig_bind(r, 0x4100, &six), 443);
    rig_free(r);
    r = rig_new(&(struct turn_server_config){.relay6 = {.family = 6, .ip = {0xfd, [15] = 1}}},
                NULL);
    stun_add_uint(rig_allocation(r), STUN_REQUESTED_ADDRESS_FAMILY, 2);
    CU_ASSERT_EQUAL(rig_ask(r), 0);
    CU_ASSERT_EQUAL(rig_bind(r, 0x4000, &six), 0);
    CU_ASSERT_EQUAL(rig_bind(r, 0x4001, &teredo), 403);
    rig_free(r);
}

static void permission_forms(void)
{
    struct rig *r = allocated(NULL);

    rig_begin(r, STUN_REQUEST, STUN_CREATE_PERMISSION);
    CU_ASSERT_EQUAL(rig_ask(r), 400);
    rig_begin(r, STUN_REQUEST, STUN_CREATE_PERMISSION);
    stun_add_addr(&r->dr, STUN_XOR_PEER_ADDRESS, &peer);
    draft_raw(&r->dr, stun_add(&r->dr, STUN_XOR_PEER_ADDRESS), NULL, span_of("ab"));
    CU_ASSERT_EQUAL(rig_ask(r), 400);
    CU_ASSERT_EQUAL(r->s->n_peers, 0);
    rig_begin(r, STUN_REQUEST, STUN_CREATE_PERMISSION);
    stun_add_addr(&r->dr, STUN_XOR_PEER_ADDRESS, &peer);
    stun_add_addr(&r->dr, STUN_XOR_PEER_ADDRESS, &other);
    stun_add_addr(&r->dr, STUN_XOR_PEER_ADDRESS, &peer);
    CU_ASSERT_EQUAL(rig_ask(r), 0);
    CU_ASSERT_EQUAL(r->s->n_peers, 2);
    rig_begin(r, STUN_REQUEST, STUN_CHANNEL_BIND);
    stun_add_addr(&r->dr, STUN_XOR_PEER_ADDRESS, &peer);
    CU_ASSERT_EQUAL(rig_ask(r), 400);
    rig_begin(r, STUN_REQUEST, STUN_CHANNEL_BIND);
    stun_add_uint(&r->dr, STUN_CHANNEL_NUMBER, 0x4000);
    CU_ASSERT_EQUAL(rig_ask(r), 400);
    rig_free(r);
}

static void header_fields(void)
{
    struct rig *r =
        allocated(&(struct turn_server_config){.relay6 = {.family = 6, .ip = {0xfd, [15] = 1}}});
    struct addr six = {.family = 6, .ip = {0xfd, [15] = 9}, .port = 1};

    CU_ASSERT_EQUAL(rig_permit(r, &peer), 0);
    rig_peer(r, &peer, &relayed, "x");
    CU_ASSERT_EQUAL(r->sent[0].pkt.tos, 46 << 2);
    CU_ASSERT_EQUAL(r->sent[0].pkt.ttl, 0); /* RFC 8656 leaves it to the system */
    CU_ASSERT_EQUAL(rig_refresh(r, 0), 0);
    rig_nonce(r);
    stun_add_uint(rig_allocation(r), STUN_REQUESTED_ADDRESS_FAMILY, 2);
    CU_ASSERT_EQUAL(rig_ask(r), 0);
    relayed = rig_relayed(r);
    CU_ASSERT_EQUAL(rig_permit(r, &six), 0);
    rig_peer(r, &six, &relayed, "x");
    CU_ASSERT_TRUE(data_of(r, &six, "x"));
    CU_ASSERT_EQUAL(r->sent[0].pkt.ttl, 63);
    send_to(r, &six, "x", true);
    CU_ASSERT_EQUAL(r->n_sent, 1);
    CU_ASSERT_FALSE(r->sent[0].pkt.dont_fragment); /* between families: RFC8656:13.1#1 */
    rig_free(r);
}

static void icmp(void)
{
    struct rig *r = allocated(NULL);
    static const struct {
        uint8_t type, code;
        uint32_t mtu;
        bool told;
        uint32_t icmp, data;
    } v[] = {{3, 3, 0, true, 3 << 9 | 3, 0}, {3, 4, 1300, true, 3 << 9 | 4, 1300},
             {11, 0, 0, true, 11 << 9, 0},   {4, 0, 0, false, 0, 0},
             {12, 0, 0, false, 0, 0},        {3, 13, 1300, true, 3 << 9 | 13, 0}};
    struct input in = {.kind = IN_ICMP, .pkt.remote = peer};

    in.flow = turn_find(r->s, &r->at)->relay[0].flow;
    in.icmp = 3 << 8 | 3;
    rig_input(r, in);
    CU_ASSERT_EQUAL(r->n_sent, 0);
    CU_ASSERT_EQUAL(rig_bind(r, 0x4000, &peer), 0); /* not as ChannelData even so */
    for (size_t i = 0; i < COUNT(v); i++) {
        in.icmp = (uint16_t)(v[i].type << 8 | v[i].code);
        in.mtu = v[i].mtu;
        rig_input(r, in);
        CU_ASSERT_EQUAL(r->n_sent, v[i].told);
        if (!v[i].told)
            continue;
        CU_ASSERT_EQUAL(rig_code(r), 3);
        const struct stun_attr *a = rig_attr(r, STUN_ICMP), *p = rig_attr(r, STUN_XOR_PEER_ADDRESS);
        CU_ASSERT_TRUE(a && a->v.u32 == v[i].icmp && a->v.rffu == v[i].data);
        CU_ASSERT_TRUE(p && addr_eq(&p->v.addr, &peer));
        CU_ASSERT_PTR_NULL(rig_attr(r, STUN_DATA_VALUE));
    }
    rig_free(r);
}

/* The most that one allocation may have, and one more. */
static void most(void)
{
    struct rig *r = allocated(NULL);
    struct addr a = {.family = 4, .ip = {10, 1}, .port = 1};

    for (unsigned i = 0; i <= TURN_PERMISSIONS; i++) {
        put_u16(a.ip + 2, (uint16_t)i);
        CU_ASSERT_EQUAL(rig_permit(r, &a), i < TURN_PERMISSIONS ? 0 : 508);
    }
    put_u16(a.ip + 2, 1);
    for (unsigned i = 0; i <= TURN_CHANNELS; i++) {
        a.port = (uint16_t)(1000 + i);
        CU_ASSERT_EQUAL(rig_bind(r, (uint16_t)(0x4000 + i), &a), i < TURN_CHANNELS ? 0 : 508);
    }
    CU_ASSERT_EQUAL(rig_refresh(r, 0), 0);
    CU_ASSERT_EQUAL(turn_server_class.deadline(r->s), NO_DEADLINE);
    rig_nonce(r);
    CU_ASSERT_EQUAL(rig_allocate(r), 0);
    CU_ASSERT_EQUAL(rig_permit(r, &a), 0); /* what was given back is there again */
    CU_ASSERT_EQUAL(r->s->n_peers, TURN_PERMISSIONS + TURN_CHANNELS);
    rig_free(r);
}

static void old_clients(void)
{
    struct rig *r = allocated(&(struct turn_server_config){.rfc5766 = true});

    CU_ASSERT_EQUAL(rig_bind(r, 0x7ffe, &peer), 0);
    CU_ASSERT_EQUAL(rig_bind(r, 0x7fff, &other), 400);
    channel_data(r, 0x7ffe, "x", false);
    CU_ASSERT_TRUE(at_peer(r, &peer, "x"));
    rig_peer(r, &peer, &relayed, "x");
    CU_ASSERT_EQUAL(one(r).n, 5);
    rig_free(r);
}

TESTS({"permissions", permissions}, {"sends", sends}, {"channels", channels},
      {"channel times", channel_times}, {"apart", apart}, {"not allowed", not_allowed},
      {"permission forms", permission_forms}, {"header fields", header_fields}, {"icmp", icmp},
      {"most", most}, {"old clients", old_clients})
