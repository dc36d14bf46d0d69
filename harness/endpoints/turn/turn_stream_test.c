/* harness/endpoints/turn/turn_stream_test.c - clients over streams, and too many of everything. */
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>
#include "harness/tests/turn_rig.h"

enum { SECOND = 1000000 };
static struct addr peer;

static void accepted(struct rig *r, flow_id flow)
{
    r->at = (struct turn_client){flow, rig_ip4(9, (uint16_t)(flow & 0xffff)), rig_ip4(1, 3478)};
    rig_input(r, (struct input){.kind = IN_OPENED,
                                .flow = flow,
                                .parent = TURN_FLOW_TCP,
                                .pkt = {.remote = r->at.remote, .local = r->at.local}});
}

static struct rig *over_tcp(void)
{
    struct rig *r = rig_new(NULL, NULL);

    peer = rig_ip4(5, 7000);
    accepted(r, FLOW_ACCEPTED + 1);
    CU_ASSERT_EQUAL(rig_allocate(r), 0);
    CU_ASSERT_EQUAL(rig_bind(r, 0x4000, &peer), 0);
    return r;
}

/* Two ChannelData with padding and a Refresh between, in pieces of each size. */
static void pieces(void)
{
    uint8_t all[512];
    struct wr w = {all, sizeof all, 0, false};
    struct rig *r = over_tcp();

    stun_channel_put(&w, 0x4000, span_of("abc"), true);
    rig_begin(r, STUN_REQUEST, STUN_REFRESH);
    wr_put(&w, rig_write(r, &r->dr));
    stun_channel_put(&w, 0x4000, span_of("defgh"), true);
    for (size_t step = 1; step <= w.n; step++) {
        size_t answers = 0, datagrams = 0;
        for (size_t at = 0; at < w.n; at += step) {
            rig_octets(r, all + at, at + step > w.n ? w.n - at : step);
            for (size_t i = 0; i < r->n_sent; i++)
                *(r->sent[i].flow == r->at.flow ? &answers : &datagrams) += 1;
        }
        CU_ASSERT_EQUAL(answers, 1);
        CU_ASSERT_EQUAL(datagrams, 2);
    }
    CU_ASSERT_EQUAL(r->s->streams_us, NO_DEADLINE);
    rig_octets(r, "\x90", 1);
    CU_ASSERT_TRUE(r->stream_closed);
    CU_ASSERT_EQUAL(r->s->held_allocs, 0);
    rig_free(r);
}

static void to_the_client(void)
{
    struct rig *r = over_tcp();
    struct addr relayed = turn_find(r->s, &r->at)->relay[0].at;

    rig_peer(r, &peer, &relayed, "abcde");
    CU_ASSERT_EQUAL(r->n_sent, 1);
    CU_ASSERT_EQUAL(r->sent[0].n, 12); /* padded to four */
    CU_ASSERT_EQUAL(memcmp(r->sent[0].octets, "\x40\0\0\5abcde\0\0\0", 12), 0);
    CU_ASSERT_EQUAL(r->sent[0].flow, r->at.flow);
    rig_input(r, (struct input){.kind = IN_EOF, .flow = r->at.flow});
    CU_ASSERT_STRING_EQUAL(r->why, "closed");
    CU_ASSERT_EQUAL(r->closed, 1);
    accepted(r, FLOW_ACCEPTED + 2);
    rig_nonce(r);
    CU_ASSERT_EQUAL(rig_refresh(r, -1), 437);
    rig_free(r);
}

/* Who does not read gets nothing more, and is not read of. */
static void a_slow_reader(void)
{
    struct rig *r = over_tcp();
    struct addr relayed = turn_find(r->s, &r->at)->relay[0].at;

    rig_input(r, (struct input){.kind = IN_FULL, .flow = r->at.flow});
    CU_ASSERT_TRUE(r->paused);
    rig_peer(r, &peer, &relayed, "lost");
    CU_ASSERT_EQUAL(r->n_sent, 0);
    rig_input(r, (struct input){.kind = IN_WRITABLE, .flow = r->at.flow});
    CU_ASSERT_FALSE(r->paused);
    rig_peer(r, &peer, &relayed, "not lost");
    CU_ASSERT_EQUAL(r->n_sent, 1);
    rig_free(r);
}

static void half_a_message(void)
{
    struct rig *r = over_tcp();

    rig_octets(r, "\x40\0", 2);
    r->now_us += 10 * SECOND;
    rig_octets(r, "\0\5ab", 4);
    rig_until(r, 30 * SECOND - 1);
    CU_ASSERT_FALSE(r->stream_closed);
    rig_until(r, 30 * SECOND);
    CU_ASSERT_TRUE(r->stream_closed);
    CU_ASSERT_FALSE(rig_alive(r));
    rig_free(r);
}

/* As many streams as there is room for, and one more, of which `known` have authenticated. */
static void crowd(size_t known, bool last_lives)
{
    struct rig *r = rig_new(NULL, NULL);

    for (flow_id i = 0; i < TURN_CONNECTIONS; i++) {
        r->now_us++;
        accepted(r, FLOW_ACCEPTED + i);
        if (i < known) {
            rig_nonce(r);
            CU_ASSERT_EQUAL(rig_refresh(r, -1), 437);
        }
    }
    CU_ASSERT_FALSE(r->stream_closed);
    accepted(r, FLOW_ACCEPTED + TURN_CONNECTIONS);
    CU_ASSERT_TRUE(r->stream_closed);
    CU_ASSERT_EQUAL(r->refused, 1);
    CU_ASSERT_EQUAL(turn_stream_find(r->s, FLOW_ACCEPTED + TURN_CONNECTIONS) != NULL, last_lives);
    for (flow_id i = 0; i < TURN_CONNECTIONS; i++) /* the oldest of the others has gone */
        CU_ASSERT_EQUAL(turn_stream_find(r->s, FLOW_ACCEPTED + i) != NULL,
                        !(last_lives && i == known));
    rig_free(r);
}

static void crowds(void)
{
    crowd(0, true);
    crowd(3, true);
    crowd(TURN_CONNECTIONS, false);
}

/* ---- very many allocations ---- */

/* Octets of the state that the system has pages for. */
static size_t resident(const struct turn_server *s)
{
    static unsigned char in[1 << 16];
    size_t page = (size_t)sysconf(_SC_PAGESIZE), n = 0;
    uintptr_t from = ((uintptr_t)s + page - 1) / page * page;
    size_t pages = (sizeof *s - (from - (uintptr_t)s)) / page;

    CU_ASSERT_TRUE(pages <= sizeof in);
    if (pages > sizeof in || mincore((void *)from, pages * page, in) != 0)
        return 0;
    for (size_t i = 0; i < pages; i++)
        n += in[i] & 1u;
    return n * page;
}

static void client(struct rig *r, unsigned i)
{
    r->at.remote = (struct addr){.family = 4, .ip = {10, 7}, .port = 5000};
    put_u16(r->at.remote.ip + 2, (uint16_t)i);
}

static void ten_thousand(void)
{
    enum { MANY = 10000, MOST = 2048 };
    struct rig *r = rig_new(&(struct turn_server_config){.open = true}, NULL);
    size_t before = resident(r->s);

    peer = rig_ip4(5, 7000);
    for (unsigned i = 0; i < MANY; i++) {
        client(r, i);
        CU_ASSERT_EQUAL(rig_allocate(r), 0);
        CU_ASSERT_EQUAL(rig_bind(r, 0x4000, &peer), 0);
    }
    size_t each = (resident(r->s) - before) / MANY;
    printf("\n  %d allocations, each with a permission and a channel: %zu octets each\n", MANY,
           each);
    CU_ASSERT_EQUAL(r->s->held_allocs, MANY);
    CU_ASSERT_TRUE(each <= MOST);
    client(r, MANY / 2);
    rig_octets(r, "\x40\0\0\1x", 5);
    CU_ASSERT_EQUAL(r->n_sent, 1);
    for (unsigned i = MANY; i <= TURN_ALLOCATIONS; i++) { /* ports run out with the room */
        client(r, i);
        CU_ASSERT_EQUAL(rig_allocate(r), i < TURN_ALLOCATIONS ? 0 : 508);
    }
    rig_until(r, 600 * (uint64_t)SECOND);
    CU_ASSERT_EQUAL(r->s->held_allocs, 0);
    CU_ASSERT_EQUAL(r->freed, TURN_ALLOCATIONS);
    CU_ASSERT_EQUAL(turn_server_class.deadline(r->s), NO_DEADLINE);
    CU_ASSERT_EQUAL(rig_allocate(r), 0);
    rig_free(r);
}

/* Permissions of all allocations together. */
static void all_peers(void)
{
    struct rig *r = rig_new(&(struct turn_server_config){.open = true}, NULL);
    struct addr a = {.family = 4, .ip = {10, 1}, .port = 1};
    unsigned n = 0;

    for (unsigned i = 0; i < TURN_PEERS / TURN_PERMISSIONS; i++) {
        client(r, i);
        CU_ASSERT_EQUAL(rig_allocate(r), 0);
        for (unsigned k = 0; k < TURN_PERMISSIONS; k++, n++) {
            put_u16(a.ip + 2, (uint16_t)k);
            CU_ASSERT_EQUAL(rig_permit(r, &a), 0);
        }
    }
    CU_ASSERT_EQUAL(n, TURN_PEERS);
    client(r, 9999);
    CU_ASSERT_EQUAL(rig_allocate(r), 0);
    CU_ASSERT_EQUAL(rig_permit(r, &a), 508);
    client(r, 0);
    CU_ASSERT_EQUAL(rig_refresh(r, 0), 0);
    client(r, 9999);
    CU_ASSERT_EQUAL(rig_permit(r, &a), 0);
    rig_free(r);
}

/* Whoever asks without credentials leaves nothing behind. */
static void strangers(void)
{
    struct rig *r = rig_new(NULL, NULL);

    for (unsigned i = 0; i < 2 * TURN_ALLOCATIONS; i++) {
        client(r, i);
        r->n_nonce = 0;
        rig_begin(r, STUN_REQUEST, STUN_ALLOCATE);
        stun_add_uint(&r->dr, STUN_REQUESTED_TRANSPORT, 17);
        CU_ASSERT_EQUAL(rig_ask(r), 401);
    }
    CU_ASSERT_EQUAL(r->s->n_allocs, 0);
    CU_ASSERT_EQUAL(rig_allocate(r), 0);
    rig_free(r);
}

static void reserved(void)
{
    struct rig *r = rig_new(&(struct turn_server_config){.open = true}, NULL);

    for (unsigned i = 0; i <= TURN_RESERVED; i++) {
        client(r, i);
        rig_allocation(r);
        draft_raw(&r->dr, stun_add(&r->dr, STUN_EVEN_PORT), NULL, span_of("\x80"));
        CU_ASSERT_EQUAL(rig_ask(r), i < TURN_RESERVED ? 0 : 508);
    }
    rig_until(r, 30 * SECOND);
    CU_ASSERT_EQUAL(r->s->reserved.used, 0);
    CU_ASSERT_EQUAL(r->closed, TURN_RESERVED);
    rig_free(r);
}

TESTS({"pieces", pieces}, {"to the client", to_the_client}, {"a slow reader", a_slow_reader},
      {"half a message", half_a_message}, {"crowds", crowds}, {"ten thousand", ten_thousand},
      {"all peers", all_peers}, {"strangers", strangers}, {"reserved", reserved})
