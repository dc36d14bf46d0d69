/* harness/endpoints/turn/turn_walk_test.c - the server under steps of chance, with nothing on, and with each fault and
 * variant: what it sends is well formed without them, and its tables agree with each other at the end. */
#include "harness/tests/turn_rig.h"

enum { STEPS = 300, CLIENTS = 6, PEERS = 2 };
static struct { /* of all walks without deviations: what they have come to */
    size_t to_peers, channel_data, indications, successes, errors, opened, freed, moves;
} seen;

static uint32_t dice(uint64_t rng[2], uint32_t n)
{
    return (uint32_t)(rng_next(rng) >> 20) % n;
}

static struct addr some_peer(uint64_t rng[2])
{
    struct addr six = {.family = 6, .ip = {0xfd, [15] = 5}};
    struct addr a = dice(rng, 9) ? rig_ip4((uint8_t)(5 + dice(rng, PEERS)), 0) : six;

    a.port = (uint16_t)(dice(rng, 30) ? 7000 + dice(rng, 2) : 0);
    return a;
}

/* A stream that is over comes again under another id: none is used twice. */
static void some_client(struct rig *r, uint64_t rng[2])
{
    static uint32_t lives;
    static flow_id streams[CLIENTS];
    uint32_t i = dice(rng, CLIENTS);

    r->at = (struct turn_client){TURN_FLOW_UDP, rig_ip4(9, (uint16_t)(5000 + i)), rig_ip4(1, 3478)};
    if (i < 2 || i >= 4)
        return;
    if (!turn_stream_find(r->s, streams[i])) {
        streams[i] = FLOW_ACCEPTED + ++lives;
        rig_input(r, (struct input){.kind = IN_OPENED,
                                    .flow = streams[i],
                                    .parent = TURN_FLOW_TCP,
                                    .pkt = {.remote = r->at.remote, .local = r->at.local}});
    }
    r->at.flow = streams[i];
}

/* A request or indication with attributes of chance, of which some are malformed. */
static void some_message(struct rig *r, uint64_t rng[2])
{
    static const uint16_t methods[] =
        {STUN_ALLOCATE,          STUN_ALLOCATE,     STUN_REFRESH, STUN_SEND,
         STUN_CREATE_PERMISSION, STUN_CHANNEL_BIND, STUN_DATA,    STUN_BINDING},
                          types[] = {STUN_LIFETIME,
                                     STUN_EVEN_PORT,
                                     STUN_REQUESTED_ADDRESS_FAMILY,
                                     STUN_ADDITIONAL_ADDRESS_FAMILY,
                                     STUN_DONT_FRAGMENT,
                                     STUN_RESERVATION_TOKEN,
                                     STUN_XOR_PEER_ADDRESS,
                                     STUN_CHANNEL_NUMBER,
                                     0x7ffe,
                                     0xfffe};
    uint8_t value[12];
    uint16_t method = methods[dice(rng, COUNT(methods))];
    struct addr peer = some_peer(rng);

    rig_begin(r, dice(rng, 6) && method != STUN_SEND ? STUN_REQUEST : STUN_INDICATION, method);
    if (dice(rng, 8))
        stun_add_uint(&r->dr, STUN_REQUESTED_TRANSPORT, dice(rng, 8) ? 17 : 6);
    if (dice(rng, 8))
        stun_add_addr(&r->dr, STUN_XOR_PEER_ADDRESS, &peer);
    if (dice(rng, 4))
        stun_add_uint(&r->dr, STUN_CHANNEL_NUMBER, 0x3fff + dice(rng, 4));
    if (dice(rng, 8))
        stun_add_bytes(&r->dr, STUN_DATA_VALUE,
                       (struct span){(const uint8_t *)"abcd", dice(rng, 5)});
    for (uint32_t i = dice(rng, 4) ? 0 : 2; i > 0; i--) {
        rng_fill(rng, value, sizeof value);
        value[0] &= 0x83;
        draft_raw(&r->dr, stun_add(&r->dr, types[dice(rng, COUNT(types))]), NULL,
                  arena_copy(&r->mem, (struct span){value, dice(rng, 4) ? 4 * dice(rng, 4)
                                                                        : dice(rng, 12)}));
    }
    rig_ask(r);
}

static void some_relayed(struct rig *r, uint64_t rng[2])
{
    struct addr peer = some_peer(rng);
    struct turn_relay *relay = &r->s->allocs[dice(rng, CLIENTS)].relay[dice(rng, 2)];
    struct input in = {.kind = dice(rng, 6) ? IN_BYTES : IN_ICMP,
                       .flow = relay->flow,
                       .icmp = (uint16_t)(dice(rng, 13) << 8 | dice(rng, 5)),
                       .data = {(const uint8_t *)"from a peer", dice(rng, 12)}};

    in.pkt.remote = peer;
    in.pkt.ttl = (uint8_t)dice(rng, 3);
    if (relay->state == TURN_OPEN && relay->of && relay->at.family == peer.family)
        rig_input(r, in);
    if (relay->state == TURN_OPEN && relay->of && !dice(rng, 50))
        rig_input(r, (struct input){.kind = IN_CLOSED, .flow = relay->flow, .why = CLOSE_LOCAL});
}

static void some_octets(struct rig *r, uint64_t rng[2])
{
    uint8_t octets[24] = {0x40, (uint8_t)dice(rng, 4), 0, (uint8_t)dice(rng, 16)};

    if (!dice(rng, 8))
        rng_fill(rng, octets, 4);
    rig_octets(r, octets, dice(rng, 4) ? 4u + ((octets[3] + 3u) & 12u) : dice(rng, sizeof octets));
}

/* Each message to a client is one without a finding, as far as its own octets say. */
static void well_formed(const struct rig *r)
{
    for (size_t i = 0; i < r->n_sent; i++) {
        static struct stun_attr attrs[64];
        struct span octets = {r->sent[i].octets, r->sent[i].n};
        struct finding v[4];
        struct findings fs = {.v = v, .cap = COUNT(v)};
        struct stun_msg m;
        if (r->sent[i].flow >= TURN_FLOW_RELAY && !turn_is_stream(r->sent[i].flow)) {
            seen.to_peers++;
            continue;
        }
        if (octets.n && octets.p[0] >= 0x40) {
            seen.channel_data++;
            CU_ASSERT_TRUE(octets.n >= 4u + get_u16(octets.p + 2));
            continue;
        }
        CU_ASSERT_EQUAL(stun_decode(octets, &m, attrs, COUNT(attrs), &fs), STEP_ITEM);
        stun_lint(&m, &fs);
        *(m.cls == STUN_SUCCESS ? &seen.successes
          : m.cls == STUN_ERROR ? &seen.errors
                                : &seen.indications) += 1;
        for (size_t k = 0; k < fs.n && k < COUNT(v); k++) {
            if (v[k].level <= STMT)
                printf("%s: %s\n", v[k].clause, v[k].what);
            CU_ASSERT_TRUE(v[k].level > STMT);
        }
    }
}

/* What the tables say of each other. */
static void agree(const struct rig *r)
{
    const struct turn_server *s = r->s;
    size_t held = 0, permissions = 0, channels = 0, aged = 0, counted = 0, moving = 0;

    for (size_t i = 0; i < s->n_allocs; i++) {
        const struct turn_alloc *a = &s->allocs[i];
        permissions += a->n_permissions;
        channels += a->n_channels;
        if (!a->told)
            continue;
        held++;
        CU_ASSERT_PTR_EQUAL(turn_find(s, &a->c), a);
        for (size_t k = 0; k < 2; k++)
            if (a->relay[k].state == TURN_OPEN) {
                CU_ASSERT_PTR_EQUAL(turn_relay_find(s, a->relay[k].flow), &a->relay[k]);
                CU_ASSERT_PTR_EQUAL(s->heap[a->relay[k].slot], &a->relay[k]);
            }
        for (const struct turn_peer *p = a->peers; p; p = p->mine_next, counted++)
            CU_ASSERT_PTR_EQUAL(
                p->number ? turn_channel(s, a, p->number) : turn_permission(s, a, &p->at), p);
    }
    for (const struct turn_peer *p = s->permissions.first; p; p = p->age_next)
        aged++;
    for (const struct turn_peer *p = s->channels.first; p; p = p->age_next)
        aged++;
    for (size_t i = 0; i < s->n_allocs; i++)
        if (s->allocs[i].told && s->allocs[i].moving) {
            CU_ASSERT_PTR_EQUAL(turn_find(s, &s->allocs[i].to), &s->allocs[i]);
            moving++;
        }
    CU_ASSERT_EQUAL(moving, s->n_moving);
    CU_ASSERT_EQUAL(held, s->held_allocs);
    CU_ASSERT_EQUAL(permissions + channels, counted);
    CU_ASSERT_EQUAL(aged, counted);
}

static void walk(const struct turn_server_config *c, const char *deviation, uint64_t seed)
{
    const char *const one[] = {deviation, NULL};
    struct rig *r = rig_new(c, deviation ? one : NULL);
    uint64_t rng[2];

    rng_seed(rng, seed);
    for (int i = 0; i < STEPS; i++) {
        some_client(r, rng);
        switch (dice(rng, 14)) {
        case 0:
            rig_until(r, r->now_us + 1 + dice(rng, 60000000));
            break;
        case 1:
        case 2:
        case 3:
        case 4:
            some_relayed(r, rng);
            break;
        case 5:
        case 6:
        case 7:
            some_octets(r, rng);
            break;
        case 8:
            if (turn_is_stream(r->at.flow) && !dice(rng, 4))
                rig_input(r, (struct input){.kind = IN_EOF, .flow = r->at.flow});
            break;
        default:
            some_message(r, rng);
            break;
        }
        if (!deviation)
            well_formed(r);
        CU_ASSERT_TRUE(turn_server_class.deadline(r->s) > r->now_us);
    }
    if (!deviation)
        agree(r);
    seen.opened += deviation ? 0 : r->opened;
    seen.freed += deviation ? 0 : r->freed;
    rig_free(r);
}

static const struct turn_server_config configs[] = {
    {.open = true,
     .relay6 = {.family = 6, .ip = {0xfd, [15] = 1}},
     .port_first = 50000,
     .port_last = 50015},
    {.open = true, .quota = 3, .rfc5766 = true, .fingerprint = true, .half_us = 1000000},
};

static void plain(void)
{
    for (uint64_t seed = 1; seed <= 60; seed++)
        walk(&configs[seed % COUNT(configs)], NULL, seed);
    printf("\n  to peers %zu, ChannelData %zu, indications %zu, successes %zu, errors %zu, opened "
           "%zu, "
           "freed %zu\n",
           seen.to_peers, seen.channel_data, seen.indications, seen.successes, seen.errors,
           seen.opened, seen.freed);
    CU_ASSERT_TRUE(seen.to_peers > 50 && seen.channel_data > 50 && seen.indications > 50 &&
                   seen.successes > 500 && seen.errors > 500 && seen.opened > 50 &&
                   seen.freed > 50);
}

/* A request of a client that moves: an allocation with a ticket, or a ticket that was given, the last or another. */
static void some_move(struct rig *r, uint64_t rng[2], uint8_t tickets[4][TURN_TICKET])
{
    struct addr peer = rig_ip4(5, 7000);
    uint8_t *ticket = tickets[dice(rng, 3) ? 0 : dice(rng, 4)];

    rig_nonce(r);
    switch (dice(rng, 8)) {
    case 0:
    case 1:
        stun_add_bytes(rig_allocation(r), STUN_MOBILITY_TICKET, (struct span){0});
        break;
    case 2:
        rig_bind(r, 0x4000, &peer);
        return;
    default:
        rig_begin(r, STUN_REQUEST, STUN_REFRESH);
        stun_add_bytes(&r->dr, STUN_MOBILITY_TICKET, (struct span){ticket, TURN_TICKET});
        if (!dice(rng, 12))
            stun_add_uint(&r->dr, STUN_LIFETIME, 0);
    }
    if (rig_ask(r) != 0 || !rig_attr(r, STUN_MOBILITY_TICKET))
        return;
    seen.moves += r->m.method == STUN_REFRESH;
    memmove(tickets[1], tickets[0], 3 * sizeof tickets[0]);
    memcpy(tickets[0], rig_attr(r, STUN_MOBILITY_TICKET)->p + 4, sizeof tickets[0]);
}

static void moving(void)
{
    for (uint64_t seed = 1; seed <= 40; seed++) {
        struct rig *r = rig_new(&(struct turn_server_config){.mobility = true}, NULL);
        uint8_t tickets[4][TURN_TICKET] = {{0}};
        uint64_t rng[2];

        rng_seed(rng, seed);
        for (int i = 0; i < STEPS; i++) {
            some_client(r, rng);
            uint32_t what = dice(rng, 12);
            if (what < 2 &&
                !turn_is_stream(r->at.flow)) /* half a message would stand before all others */
                some_octets(r, rng);
            else if (what < 4)
                some_relayed(r, rng);
            else if (what == 4)
                rig_until(r, r->now_us + 1 + dice(rng, 60000000));
            else if (what == 5 && turn_is_stream(r->at.flow))
                rig_input(r, (struct input){.kind = IN_EOF, .flow = r->at.flow});
            else
                some_move(r, rng, tickets);
            well_formed(r);
            agree(r);
        }
        rig_free(r);
    }
    CU_ASSERT_TRUE(seen.moves > 500);
}

static void deviating(void)
{
    for (size_t i = 0; i < TURN_SERVER_FAULTS; i++)
        walk(&configs[0], turn_server_faults[i].name, i + 1);
    for (size_t i = 0; i < TURN_SERVER_VARIANTS; i++)
        walk(&configs[0], turn_server_variants[i].name, i + 1);
}

TESTS({"plain", plain}, {"moving", moving}, {"deviating", deviating})
