/* harness/endpoints/stun/stun_server_flood_test.c - the server under floods, both sides of each limit. */
#include <stdlib.h>
#include "harness/core/test.h"
#include "harness/endpoints/stun/stun_server.h"

enum { OUTS = 256, FLOWS = 4096 };
static struct rig {
    struct stun_server *s;
    struct outq q;
    uint64_t now;
    size_t sent, refused;
    bool closed[FLOWS];       /* accepted flows that the server closed */
    uint8_t answer[STUN_MAX]; /* the last that was sent */
    size_t answer_n;
} rig;

static void take(void)
{
    CU_ASSERT_FALSE(rig.q.full);
    for (size_t i = 0; i < rig.q.n; i++) {
        const struct output *o = &rig.q.v[i];
        if (o->kind == OUT_CLOSE && o->flow >= FLOW_ACCEPTED)
            rig.closed[o->flow - FLOW_ACCEPTED] = true;
        rig.refused += o->kind == OUT_EVENT && strcmp(o->name, "refused") == 0;
        if (o->kind != OUT_SEND)
            continue;
        rig.sent++;
        rig.answer_n = o->data->n;
        memcpy(rig.answer, o->data->p, o->data->n);
    }
    rig.q.n = 0;
    rig.q.mem.n = 0;
}

static void give(struct input in)
{
    in.now_us = rig.now;
    stun_server_class.input(rig.s, &in, &rig.q);
    take();
}

static struct addr host(unsigned n, uint16_t port)
{
    return (struct addr){
        .family = 4, .port = port, .ip = {10, (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n}};
}

static void begin(const struct stun_server_config *c)
{
    static struct output outs[OUTS + 1];
    static uint8_t mem[1 << 20];

    rig = (struct rig){.now = 1000000};
    rig.s = calloc(1, sizeof *rig.s);
    CU_ASSERT_PTR_NOT_NULL_FATAL(rig.s);
    if (!rig.s)
        return; /* FATAL has left already */
    rig.s->env.cls = &stun_server_class;
    rng_seed(rig.s->env.rng, 1);
    rig.q = (struct outq){.v = outs, .cap = OUTS, .mem = arena_of(mem, sizeof mem)};
    give((struct input){.kind = IN_START, .rec = c});
}

static void end(void)
{
    free(rig.s);
}

static void open_one(unsigned flow, struct addr from)
{
    give((struct input){
        .kind = IN_OPENED, .flow = FLOW_ACCEPTED + flow, .parent = 2, .pkt = {.remote = from}});
}

static void bytes(unsigned flow, struct span data)
{
    give((struct input){.kind = IN_BYTES, .flow = FLOW_ACCEPTED + flow, .data = data});
}

static void timer(void)
{
    if (stun_server_class.deadline(rig.s) <= rig.now)
        give((struct input){.kind = IN_TIMER});
}

/* A Binding request; user: signed with that name and password, and the nonce. */
static struct span request(const char *user, const char *password, struct span nonce)
{
    static uint8_t out[1024], scratch[16384];
    struct wr w = {out, sizeof out, 0, false};
    struct arena mem = arena_of(scratch, sizeof scratch);
    struct stun_marks marks;
    struct stun_key key;
    struct draft dr;

    stun_draft(&dr, &mem, STUN_REQUEST, STUN_BINDING, span_of("abcdefghijkl"));
    if (user) {
        stun_add_bytes(&dr, STUN_USERNAME, span_of(user));
        stun_add_bytes(&dr, STUN_REALM, span_of("interop.test"));
        stun_add_bytes(&dr, STUN_NONCE, nonce);
        stun_add(&dr, STUN_MESSAGE_INTEGRITY);
        stun_key_long_term(&key, STUN_MD5, span_of(user), span_of("interop.test"),
                           span_of(password));
    }
    stun_encode(&w, &dr, &marks);
    stun_seal(&w, &marks, user ? &key : NULL);
    return wr_span(&w);
}

static void datagram(struct addr from, struct span data)
{
    rig.answer_n = 0;
    give((struct input){
        .kind = IN_BYTES, .flow = STUN_FLOW_UDP, .data = data, .pkt = {.remote = from}});
}

/* The code of the last answer; 0: success, 1: there was none. */
static unsigned code(struct span *nonce)
{
    static struct stun_attr attrs[64];
    static uint8_t kept[128];
    struct findings none = {0};
    struct stun_msg m;

    if (!rig.answer_n || stun_decode((struct span){rig.answer, rig.answer_n}, &m, attrs,
                                     COUNT(attrs), &none) != STEP_ITEM)
        return 1;
    const struct stun_attr *e = stun_find(&m, STUN_ERROR_CODE), *n = stun_find(&m, STUN_NONCE);
    if (nonce && n && n->v.s.n <= sizeof kept) {
        memcpy(kept, n->v.s.p, n->v.s.n);
        *nonce = (struct span){kept, n->v.s.n};
    }
    return e ? e->v.code : 0;
}

static void half_open(void)
{
    struct span whole = request(NULL, NULL, (struct span){0});

    begin(NULL);
    for (unsigned i = 0; i < STUN_CONNECTIONS; i++, rig.now++) {
        open_one(i, host(i, 1));
        bytes(i, span_cut(whole, 0, 19));
    }
    CU_ASSERT_EQUAL(rig.refused, 0);
    open_one(STUN_CONNECTIONS, host(99, 1)); /* one more: the oldest gives way */
    CU_ASSERT_EQUAL(rig.refused, 1);
    CU_ASSERT_TRUE(rig.closed[0]);
    CU_ASSERT_FALSE(rig.closed[1]);
    bytes(STUN_CONNECTIONS, whole);
    CU_ASSERT_EQUAL(rig.sent, 1);
    bytes(0, span_cut(whole, 19, whole.n)); /* what comes late on the one that is gone */
    CU_ASSERT_EQUAL(rig.sent, 1);
    for (unsigned i = 1; i < STUN_CONNECTIONS; i++) /* all the others are served when they finish */
        bytes(i, span_cut(whole, 19, whole.n));
    CU_ASSERT_EQUAL(rig.sent, STUN_CONNECTIONS);
    open_one(100, host(100, 1)); /* nobody is known here, and those who were served stay */
    CU_ASSERT_TRUE(rig.closed[100]);
    CU_ASSERT_EQUAL(rig.refused, 2);
    end();
}

static void known_user(void)
{
    struct stun_server_config c = {.auth = STUN_AUTH_LONG};
    struct addr alice = host(7, 5000);
    struct span nonce = {0};
    unsigned flow = 1;

    begin(&c);
    open_one(0, alice);
    give((struct input){
        .kind = IN_BYTES, .flow = FLOW_ACCEPTED, .data = request(NULL, NULL, nonce)});
    CU_ASSERT_EQUAL(code(&nonce), 401);
    bytes(0, request("alice", "alice-secret", nonce));
    CU_ASSERT_EQUAL(code(NULL), 0);
    for (; flow < 1000; flow++, rig.now++) { /* some half, some whole and without credentials */
        open_one(flow, host(flow, 1));
        bytes(flow, span_cut(request(NULL, NULL, nonce), 0, flow % 2 ? 20 : 10));
    }
    CU_ASSERT_FALSE(rig.closed[0]);
    CU_ASSERT_EQUAL(rig.refused, 1000 - STUN_CONNECTIONS);
    CU_ASSERT_TRUE(rig.closed[999 - (STUN_CONNECTIONS - 1)]); /* the oldest went, one by one */
    CU_ASSERT_FALSE(rig.closed[999 - (STUN_CONNECTIONS - 2)]);
    bytes(0, request("alice", "alice-secret", nonce));
    CU_ASSERT_EQUAL(code(NULL), 0);
    end();
}

static void quota(void)
{
    struct stun_server_config c = {.quota = 4};

    begin(&c);
    open_one(0, host(1, 1));
    for (unsigned i = 1; i <= 4; i++, rig.now++)
        open_one(i, host(2, (uint16_t)i));
    CU_ASSERT_EQUAL(rig.refused, 0);
    open_one(5, host(2, 5)); /* its own oldest goes, not that of another */
    CU_ASSERT_EQUAL(rig.refused, 1);
    CU_ASSERT_FALSE(rig.closed[0]);
    CU_ASSERT_TRUE(rig.closed[1]);
    CU_ASSERT_FALSE(rig.closed[2]);
    end();
}

static void slow(void)
{
    struct span whole = request(NULL, NULL, (struct span){0});
    uint64_t begun;

    begin(&(struct stun_server_config){.half_us = 5000000});
    open_one(0, host(1, 1));
    CU_ASSERT_EQUAL(stun_server_class.deadline(rig.s),
                    NO_DEADLINE); /* silence is no half message */
    begun = rig.now;
    for (size_t i = 0; i < 10; i++, rig.now += 400000)
        bytes(0, span_cut(whole, i, i + 1));
    CU_ASSERT_EQUAL(stun_server_class.deadline(rig.s), begun + 5000000);
    rig.now = begun + 4999999;
    timer();
    CU_ASSERT_FALSE(rig.closed[0]);
    rig.now++;
    timer();
    CU_ASSERT_TRUE(rig.closed[0]);
    CU_ASSERT_EQUAL(stun_server_class.deadline(rig.s), NO_DEADLINE);
    open_one(1, host(1, 2)); /* a message that ends in time starts the time of the next anew */
    bytes(1, span_cut(whole, 0, 4));
    rig.now += 4000000;
    bytes(1, span_cut(whole, 4, whole.n));
    CU_ASSERT_EQUAL(rig.sent, 1);
    CU_ASSERT_EQUAL(stun_server_class.deadline(rig.s), NO_DEADLINE);
    bytes(1, span_cut(whole, 0, 4));
    CU_ASSERT_EQUAL(stun_server_class.deadline(rig.s), rig.now + 5000000);
    give((struct input){.kind = IN_CLOSED, .flow = FLOW_ACCEPTED + 1});
    CU_ASSERT_EQUAL(stun_server_class.deadline(rig.s), NO_DEADLINE);
    end();
}

static void datagrams(void)
{
    struct stun_server_config c = {.auth = STUN_AUTH_LONG};
    struct addr alice = host(7, 5000);
    struct span nonce = {0};

    begin(&c);
    datagram(alice, request(NULL, NULL, nonce));
    CU_ASSERT_EQUAL(code(&nonce), 401);
    size_t arena = rig.s->mem.n;
    for (unsigned i = 0; i < 20000; i++, rig.now += 10)
        datagram(host(1000 + i, 1), request(NULL, NULL, nonce));
    CU_ASSERT_EQUAL(rig.sent, 20001);     /* each got one answer, */
    CU_ASSERT_EQUAL(rig.s->mem.n, arena); /* and left nothing behind */
    CU_ASSERT_EQUAL(rig.s->streams.used, 0);
    datagram(alice, request("alice", "alice-secret", nonce));
    CU_ASSERT_EQUAL(code(NULL), 0);
    end();
}

static void replay(void)
{
    static const struct stun_user users[] = {{SPAN("alice"), SPAN("a-secret")},
                                             {SPAN("bob"), SPAN("b-secret")}};
    struct stun_server_config c = {.auth = STUN_AUTH_LONG,
                                   .nonce_us = 10000000,
                                   .users = (struct stun_user *)(uintptr_t)users,
                                   .n_users = 2};
    struct addr here = host(7, 5000);
    struct span nonce = {0};
    uint64_t issued;

    begin(&c);
    issued = rig.now;
    datagram(here, request(NULL, NULL, nonce));
    CU_ASSERT_EQUAL(code(&nonce), 401);
    rig.now = issued + 9999999;
    datagram(here, request("alice", "a-secret", nonce));
    CU_ASSERT_EQUAL(code(NULL), 0);
    datagram(here, request("bob", "b-secret", nonce)); /* a nonce is of an address, not of a user */
    CU_ASSERT_EQUAL(code(NULL), 0);
    datagram(host(7, 5001), request("alice", "a-secret", nonce)); /* RFC8489:9.2.4#5, #22 */
    CU_ASSERT_EQUAL(code(NULL), 438);
    datagram(host(8, 5000), request("alice", "a-secret", nonce));
    CU_ASSERT_EQUAL(code(NULL), 438);
    rig.now++; /* expired */
    datagram(here, request("alice", "a-secret", nonce));
    CU_ASSERT_EQUAL(code(NULL), 438);
    datagram(here,
             request("alice", "guessed", nonce)); /* RFC8489:9.2.4#a1: integrity comes first */
    CU_ASSERT_EQUAL(code(NULL), 401);
    datagram(here, request("alice", "a-secret", span_of("obMatJos2gAAA0000000000000000")));
    CU_ASSERT_EQUAL(code(NULL), 438);
    end();
}

TESTS({"half open", half_open}, {"known user", known_user}, {"quota", quota}, {"slow", slow},
      {"datagrams", datagrams}, {"nonce replay", replay})
