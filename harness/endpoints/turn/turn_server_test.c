/* harness/endpoints/turn/turn_server_test.c - allocations: Allocate, Refresh, ports, families, quota, time. */
#include "harness/tests/turn_rig.h"

enum { SECOND = 1000000 };

static void challenge_and_success(void)
{
    struct rig *r = rig_new(NULL, NULL);

    rig_nonce(r);
    CHECK_TEXT(rig_value(r, STUN_REALM)->v.s, "interop.test");
    CU_ASSERT_EQUAL(rig_allocate(r), 0);
    struct addr at = rig_relayed(r);
    CU_ASSERT_TRUE(at.family == 4 && memcmp(at.ip, r->at.local.ip, 4) == 0);
    CU_ASSERT_TRUE(at.port >= TURN_PORT_FIRST);
    CU_ASSERT_EQUAL(rig_lifetime(r), TURN_LIFETIME);
    CU_ASSERT_TRUE(addr_eq(&rig_value(r, STUN_XOR_MAPPED_ADDRESS)->v.addr, &r->at.remote));
    CU_ASSERT_EQUAL(stun_check_integrity(&r->m, &r->key), STUN_GOOD);
    CHECK_TEXT(rig_value(r, STUN_SOFTWARE)->v.s, "rtclab 0.1");
    CU_ASSERT_PTR_NULL(rig_attr(r, STUN_RESERVATION_TOKEN));
    CU_ASSERT_TRUE(addr_eq(&r->sent[0].pkt.remote, &r->at.remote));
    rig_as(r, "alice", "wrong");
    rig_nonce(r);
    CU_ASSERT_EQUAL(rig_refresh(r, -1), 401);
    rig_free(r);
}

/* Each alone makes a good Allocate request one that is refused. */
static void add(struct draft *dr, uint16_t type, const char *hex)
{
    static uint8_t room[16];
    struct wr w = {room, sizeof room, 0, false};
    wr_unhex(&w, span_of(hex));
    draft_raw(dr, stun_add(dr, type), NULL, (struct span){arena_copy(dr->mem, wr_span(&w)).p, w.n});
}

static void refused(void)
{
    static const struct {
        uint16_t type[3];
        const char *hex[3];
        unsigned code;
    } v[] = {
        {{STUN_REQUESTED_TRANSPORT}, {"11000000"}, 0},
        {{STUN_REQUESTED_TRANSPORT}, {"11ffffff"}, 0},
        {{0}, {0}, 400},
        {{STUN_REQUESTED_TRANSPORT}, {"11"}, 400},
        {{STUN_REQUESTED_TRANSPORT}, {"06000000"}, 442},
        {{STUN_REQUESTED_TRANSPORT, STUN_LIFETIME}, {"11000000", "0001"}, 400},
        {{STUN_REQUESTED_TRANSPORT, STUN_EVEN_PORT}, {"11000000", "7f"}, 0},
        {{STUN_REQUESTED_TRANSPORT, STUN_EVEN_PORT}, {"11000000", "0000"}, 400},
        {{STUN_REQUESTED_TRANSPORT, STUN_RESERVATION_TOKEN}, {"11000000", "0102030405060708"}, 508},
        {{STUN_REQUESTED_TRANSPORT, STUN_RESERVATION_TOKEN}, {"11000000", "01020304050607"}, 400},
        {{STUN_REQUESTED_TRANSPORT, STUN_RESERVATION_TOKEN, STUN_EVEN_PORT},
         {"11000000", "0102030405060708", "00"},
         400},
        {{STUN_REQUESTED_TRANSPORT, STUN_RESERVATION_TOKEN, STUN_REQUESTED_ADDRESS_FAMILY},
         {"11000000", "0102030405060708", "01000000"},
         400},
        {{STUN_REQUESTED_TRANSPORT, STUN_REQUESTED_ADDRESS_FAMILY}, {"11000000", "01abcdef"}, 0},
        {{STUN_REQUESTED_TRANSPORT, STUN_REQUESTED_ADDRESS_FAMILY}, {"11000000", "02000000"}, 440},
        {{STUN_REQUESTED_TRANSPORT, STUN_REQUESTED_ADDRESS_FAMILY}, {"11000000", "03000000"}, 440},
        {{STUN_REQUESTED_TRANSPORT, STUN_REQUESTED_ADDRESS_FAMILY}, {"11000000", "01"}, 400},
        {{STUN_REQUESTED_TRANSPORT, STUN_ADDITIONAL_ADDRESS_FAMILY}, {"11000000", "01000000"}, 400},
        {{STUN_REQUESTED_TRANSPORT, STUN_ADDITIONAL_ADDRESS_FAMILY}, {"11000000", "02000000"}, 0},
        {{STUN_REQUESTED_TRANSPORT, STUN_ADDITIONAL_ADDRESS_FAMILY, STUN_REQUESTED_ADDRESS_FAMILY},
         {"11000000", "02000000", "01000000"},
         400},
        {{STUN_REQUESTED_TRANSPORT, STUN_ADDITIONAL_ADDRESS_FAMILY, STUN_EVEN_PORT},
         {"11000000", "02000000", "80"},
         400},
        {{STUN_REQUESTED_TRANSPORT, STUN_DONT_FRAGMENT}, {"11000000", ""}, 0},
        {{STUN_REQUESTED_TRANSPORT, 0x7ffe}, {"11000000", ""}, 420},
        {{STUN_REQUESTED_TRANSPORT, 0xfffe}, {"11000000", ""}, 0},
    };
    for (size_t i = 0; i < COUNT(v); i++) {
        struct rig *r = rig_new(NULL, NULL);
        rig_nonce(r);
        rig_begin(r, STUN_REQUEST, STUN_ALLOCATE);
        for (size_t k = 0; k < 3 && v[i].type[k]; k++)
            add(&r->dr, v[i].type[k], v[i].hex[k]);
        unsigned code = rig_ask(r);
        CU_ASSERT_EQUAL(code, v[i].code);
        if (code != v[i].code)
            printf("row %zu: %u\n", i, code);
        CU_ASSERT_EQUAL(rig_alive(r), v[i].code == 0);
        CU_ASSERT_EQUAL(r->s->held_allocs, v[i].code == 0);
        rig_free(r);
    }
}

static void again(void)
{
    struct rig *r = rig_new(NULL, NULL);
    uint8_t same[512];

    rig_allocation(r);
    struct span w = rig_write(r, &r->dr);
    memcpy(same, w.p, w.n);
    rig_octets(r, same, w.n);
    CU_ASSERT_EQUAL(rig_code(r), 0);
    struct addr first = rig_relayed(r);
    r->now_us += 2 * SECOND;
    rig_octets(r, same, w.n);
    CU_ASSERT_EQUAL(rig_code(r), 0);
    struct addr second = rig_relayed(r);
    CU_ASSERT_TRUE(addr_eq(&first, &second));
    CU_ASSERT_EQUAL(r->opened, 1);
    CU_ASSERT_EQUAL(rig_allocate(r), 437);
    CU_ASSERT_EQUAL(r->s->held_allocs, 1);
    rig_free(r);
}

/* The variant that remembers gives the same octets, until 40 s are over. */
static void remembering(void)
{
    static const char *const on[] = {"remembered-answer", NULL};
    struct rig *r = rig_new(NULL, on);
    uint8_t same[512], first[512];

    CU_ASSERT_EQUAL(rig_allocate(r), 0);
    rig_begin(r, STUN_REQUEST, STUN_REFRESH);
    stun_add_uint(&r->dr, STUN_LIFETIME, 0);
    struct span w = rig_write(r, &r->dr);
    memcpy(same, w.p, w.n);
    rig_octets(r, same, w.n);
    CU_ASSERT_EQUAL(rig_code(r), 0);
    memcpy(first, r->sent[0].octets, r->sent[0].n);
    r->now_us += 40 * (uint64_t)SECOND - 1;
    rig_octets(r, same, w.n);
    CU_ASSERT_EQUAL(memcmp(first, r->sent[0].octets, r->sent[0].n), 0);
    r->now_us++;
    rig_octets(r, same, w.n);
    CU_ASSERT_EQUAL(rig_code(r), 437);
    rig_free(r);
}

static void lifetimes(void)
{
    static const struct {
        int64_t asked, allocate, refresh;
    } v[] = {{-1, 600, 600},  {0, 600, 0},        {1, 600, 600},      {600, 600, 600},
             {601, 601, 601}, {3600, 3600, 3600}, {3601, 3600, 3600}, {UINT32_MAX, 3600, 3600}};

    for (size_t i = 0; i < COUNT(v); i++) {
        struct rig *r = rig_new(NULL, NULL);
        rig_allocation(r);
        if (v[i].asked >= 0)
            stun_add_uint(&r->dr, STUN_LIFETIME, (uint64_t)v[i].asked);
        CU_ASSERT_EQUAL(rig_ask(r), 0);
        CU_ASSERT_EQUAL(rig_lifetime(r), v[i].allocate);
        CU_ASSERT_EQUAL(rig_refresh(r, v[i].asked), 0);
        CU_ASSERT_EQUAL(rig_lifetime(r), v[i].refresh);
        CU_ASSERT_EQUAL(rig_alive(r), v[i].refresh != 0);
        rig_free(r);
    }
}

static void expiry(void)
{
    struct rig *r = rig_new(NULL, NULL);

    CU_ASSERT_EQUAL(rig_allocate(r), 0);
    rig_until(r, 599 * (uint64_t)SECOND);
    rig_nonce(r);
    CU_ASSERT_EQUAL(rig_refresh(r, -1), 0);
    rig_until(r, 1199 * (uint64_t)SECOND - 1);
    CU_ASSERT_TRUE(rig_alive(r));
    CU_ASSERT_EQUAL(r->closed, 0);
    rig_until(r, 1199 * (uint64_t)SECOND);
    CU_ASSERT_FALSE(rig_alive(r));
    CU_ASSERT_EQUAL(r->closed, 1);
    CU_ASSERT_STRING_EQUAL(r->why, "expired");
    CU_ASSERT_EQUAL(turn_server_class.deadline(r->s), NO_DEADLINE);
    rig_nonce(r);
    CU_ASSERT_EQUAL(rig_refresh(r, -1), 437);
    CU_ASSERT_EQUAL(rig_permit(r, &(struct addr){.family = 4, .ip = {10, 0, 0, 5}}), 437);
    CU_ASSERT_EQUAL(rig_allocate(r), 0);
    rig_free(r);
}

static void deleting(void)
{
    struct rig *r = rig_new(NULL, NULL);

    CU_ASSERT_EQUAL(rig_allocate(r), 0);
    CU_ASSERT_EQUAL(rig_refresh(r, 0), 0);
    CU_ASSERT_EQUAL(rig_lifetime(r), 0);
    CU_ASSERT_EQUAL(r->closed, 1);
    CU_ASSERT_STRING_EQUAL(r->why, "deleted");
    CU_ASSERT_EQUAL(rig_refresh(r, 0), 437);
    CU_ASSERT_EQUAL(rig_allocate(r), 0);
    CU_ASSERT_EQUAL(r->s->held_allocs, 1);
    rig_free(r);
}

/* EVEN-PORT with the R bit; returns whether the token, used at `us`, gets the next port. */
static bool pair(uint64_t us, bool twice)
{
    struct rig *r = rig_new(NULL, NULL);
    uint8_t token[8] = {0};

    add(rig_allocation(r), STUN_EVEN_PORT, "80");
    CU_ASSERT_EQUAL(rig_ask(r), 0);
    struct addr first = rig_relayed(r);
    CU_ASSERT_EQUAL(first.port & 1, 0);
    const struct stun_attr *a = rig_attr(r, STUN_RESERVATION_TOKEN);
    CU_ASSERT_TRUE(a && a->length == 8);
    if (a)
        memcpy(token, a->p + 4, 8);
    rig_until(r, us);
    for (int i = 0; i < (twice ? 2 : 1); i++) {
        r->at.remote.port++;
        rig_nonce(r);
        stun_add_bytes(rig_allocation(r), STUN_RESERVATION_TOKEN, (struct span){token, 8});
        rig_ask(r);
    }
    unsigned code = rig_code(r);
    struct addr second = rig_relayed(r);
    CU_ASSERT_EQUAL(code, second.family ? 0 : 508);
    if (!code)
        CU_ASSERT_EQUAL(second.port, first.port + 1);
    rig_free(r);
    return code == 0;
}

static void reservation(void)
{
    CU_ASSERT_TRUE(pair(SECOND, false));
    CU_ASSERT_TRUE(pair(30 * (uint64_t)SECOND - 1, false));
    CU_ASSERT_FALSE(pair(30 * (uint64_t)SECOND, false));
    CU_ASSERT_FALSE(pair(SECOND, true));
}

static void families(void)
{
    struct addr six = {.family = 6, .ip = {0xfd, [15] = 1}}, peer4 = rig_ip4(5, 7),
                peer6 = {.family = 6, .ip = {0xfd, [15] = 5}, .port = 7};
    struct rig *r = rig_new(&(struct turn_server_config){.relay6 = six}, NULL);

    add(rig_allocation(r), STUN_ADDITIONAL_ADDRESS_FAMILY, "02000000");
    CU_ASSERT_EQUAL(rig_ask(r), 0);
    CU_ASSERT_EQUAL(r->m.attrs[0].v.addr.family, 4);
    CU_ASSERT_EQUAL(r->m.attrs[1].v.addr.family, 6);
    CU_ASSERT_EQUAL(rig_permit(r, &peer6), 0);
    CU_ASSERT_EQUAL(rig_bind(r, 0x4000, &peer4), 0);
    rig_begin(r, STUN_REQUEST, STUN_REFRESH);
    add(&r->dr, STUN_REQUESTED_ADDRESS_FAMILY, "02000000");
    stun_add_uint(&r->dr, STUN_LIFETIME, 0);
    CU_ASSERT_EQUAL(rig_ask(r), 0);
    CU_ASSERT_EQUAL(r->closed, 1);
    CU_ASSERT_TRUE(rig_alive(r));
    struct turn_alloc *a = turn_find(r->s, &r->at);
    CU_ASSERT_PTR_NULL(turn_permission(r->s, a, &peer6));
    CU_ASSERT_PTR_NOT_NULL(turn_permission(r->s, a, &peer4));
    CU_ASSERT_PTR_NOT_NULL(turn_channel(r->s, a, 0x4000));
    CU_ASSERT_EQUAL(rig_permit(r, &peer6), 443);
    rig_begin(r, STUN_REQUEST, STUN_REFRESH);
    add(&r->dr, STUN_REQUESTED_ADDRESS_FAMILY, "02000000");
    CU_ASSERT_EQUAL(rig_ask(r), 443);
    CU_ASSERT_EQUAL(rig_refresh(r, 0), 0);
    CU_ASSERT_FALSE(rig_alive(r));
    rig_free(r);
}

static void half_of_a_dual(void)
{
    struct rig *r = rig_new(NULL, NULL);

    add(rig_allocation(r), STUN_ADDITIONAL_ADDRESS_FAMILY, "02000000");
    CU_ASSERT_EQUAL(rig_ask(r), 0);
    const struct stun_attr *a = rig_attr(r, STUN_ADDRESS_ERROR_CODE);
    CU_ASSERT_TRUE(a && a->family == 2 && a->v.code == 440);
    rig_free(r);
    r = rig_new(&(struct turn_server_config){.no_ip4 = true}, NULL);
    CU_ASSERT_EQUAL(rig_allocate(r), 440);
    add(rig_allocation(r), STUN_ADDITIONAL_ADDRESS_FAMILY, "02000000");
    CU_ASSERT_EQUAL(rig_ask(r), 440);
    rig_free(r);
}

static void ports(void)
{
    struct turn_server_config c = {.port_first = 50000, .port_last = 50003};
    struct rig *r = rig_new(&c, NULL);
    uint32_t seen = 0;

    for (unsigned i = 0; i < 5; i++) {
        r->at.remote.port = (uint16_t)(6000 + i);
        rig_nonce(r);
        CU_ASSERT_EQUAL(rig_allocate(r), i < 4 ? 0 : 508);
        if (i < 4)
            seen |= 1u << (rig_relayed(r).port - 50000);
    }
    CU_ASSERT_EQUAL(seen, 15);
    rig_free(r);
    r = rig_new(&c, NULL); /* another program has all but one */
    r->taken_first = 50000;
    r->taken_last = 50002;
    CU_ASSERT_EQUAL(rig_allocate(r), 0);
    CU_ASSERT_EQUAL(rig_relayed(r).port, 50003);
    r->at.remote.port++;
    rig_nonce(r);
    CU_ASSERT_EQUAL(rig_allocate(r), 508);
    CU_ASSERT_EQUAL(r->s->held_allocs, 1);
    CU_ASSERT_EQUAL(r->s->n_heap, 1);
    r->taken_first = 0; /* those that were refused are not given up for good */
    r->taken_last = 0;
    CU_ASSERT_EQUAL(rig_allocate(r), 0);
    rig_free(r);
}

static void users(void)
{
    struct rig *r = rig_new(&(struct turn_server_config){.quota = 2}, NULL);

    for (unsigned i = 0; i < 3; i++) {
        r->at.remote.port = (uint16_t)(6000 + i);
        rig_nonce(r);
        CU_ASSERT_EQUAL(rig_allocate(r), i < 2 ? 0 : 486);
    }
    rig_as(r, "bob", "bob-secret");
    CU_ASSERT_EQUAL(rig_allocate(r), 0);
    r->at.remote.port = 6000;
    rig_nonce(r);
    CU_ASSERT_EQUAL(rig_refresh(r, 0), 441);
    CU_ASSERT_EQUAL(rig_permit(r, &(struct addr){.family = 4, .ip = {10, 0, 0, 5}}), 441);
    rig_as(r, "alice", "alice-secret");
    rig_nonce(r);
    CU_ASSERT_EQUAL(rig_refresh(r, 0), 0);
    CU_ASSERT_EQUAL(rig_allocate(r), 0);
    rig_free(r);
}

static void nonces(void)
{
    struct rig *r = rig_new(NULL, NULL);

    CU_ASSERT_EQUAL(rig_allocate(r), 0);
    r->now_us = 600 * (uint64_t)SECOND - 1;
    CU_ASSERT_EQUAL(rig_refresh(r, -1), 0);
    r->now_us++;
    CU_ASSERT_EQUAL(rig_refresh(r, -1), 438);
    rig_nonce(r);
    r->at.remote.port++; /* a nonce is of one client */
    CU_ASSERT_EQUAL(rig_allocate(r), 438);
    rig_free(r);
}

static void elsewhere(void)
{
    struct addr other = rig_ip4(77, 3478);
    struct rig *r = rig_new(&(struct turn_server_config){.alternate = other}, NULL);

    CU_ASSERT_EQUAL(rig_allocate(r), 300);
    CU_ASSERT_TRUE(addr_eq(&rig_value(r, STUN_ALTERNATE_SERVER)->v.addr, &other));
    rig_free(r);
    r = rig_new(&(struct turn_server_config){.alternate = other, .open = true}, NULL);
    CU_ASSERT_EQUAL(rig_allocate(r), 400); /* RFC8489:14.8#6b */
    rig_free(r);
    r = rig_new(NULL, NULL); /* 6to4: RFC8656:21.4#2a */
    r->at.remote = (struct addr){.family = 6, .ip = {0x20, 0x02, 1, 2}, .port = 5000};
    CU_ASSERT_EQUAL(rig_allocate(r), 403);
    rig_free(r);
}

/* DONT-FRAGMENT where the DF bit of what came over IPv4 would have to be seen: RFC8656:3.7#3. */
static void fragments(void)
{
    struct rig *r = rig_new(
        &(struct turn_server_config){.relay6 = {.family = 6, .ip = {0xfd, [15] = 1}}}, NULL);

    stun_add_uint(rig_allocation(r), STUN_REQUESTED_ADDRESS_FAMILY, 2);
    stun_add(&r->dr, STUN_DONT_FRAGMENT);
    CU_ASSERT_EQUAL(rig_ask(r), 420);
    CU_ASSERT_EQUAL(get_u16(rig_value(r, STUN_UNKNOWN_ATTRIBUTES)->p + 4), STUN_DONT_FRAGMENT);
    stun_add(rig_allocation(r), STUN_DONT_FRAGMENT);
    CU_ASSERT_EQUAL(rig_ask(r), 0);
    rig_free(r);
}

static void not_answered(void)
{
    static const struct {
        enum stun_class cls;
        uint16_t method;
    } v[] = {{STUN_REQUEST, STUN_SEND},        {STUN_REQUEST, STUN_DATA},
             {STUN_INDICATION, STUN_ALLOCATE}, {STUN_SUCCESS, STUN_ALLOCATE},
             {STUN_REQUEST, STUN_CONNECT},     {STUN_INDICATION, STUN_SEND}};

    for (size_t i = 0; i < COUNT(v); i++) {
        struct rig *r = rig_new(NULL, NULL);
        rig_nonce(r);
        rig_begin(r, v[i].cls, v[i].method);
        stun_add_uint(&r->dr, STUN_REQUESTED_TRANSPORT, 17);
        CU_ASSERT_EQUAL(rig_ask(r), 1);
        CU_ASSERT_EQUAL(r->s->held_allocs, 0);
        rig_free(r);
    }
}

TESTS({"challenge and success", challenge_and_success}, {"refused", refused}, {"again", again},
      {"remembering", remembering}, {"lifetimes", lifetimes}, {"expiry", expiry},
      {"deleting", deleting}, {"reservation", reservation}, {"families", families},
      {"half of a dual", half_of_a_dual}, {"ports", ports}, {"users", users}, {"nonces", nonces},
      {"elsewhere", elsewhere}, {"fragments", fragments}, {"not answered", not_answered})
