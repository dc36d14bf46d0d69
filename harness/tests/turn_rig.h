/* harness/tests/turn_rig.h - for the tests of turn.server: the endpoint without a driver, in a time of the
 * test's own. Relayed sockets are bound at once, unless the test says that a port is taken; what
 * the server sends is kept. */
#ifndef HARNESS_TESTS_TURN_RIG_H
#define HARNESS_TESTS_TURN_RIG_H
#include <stdlib.h>
#include "harness/core/test.h"
#include "harness/endpoints/turn/turn_server.h"

enum { RIG_SENT = 16, RIG_OPENS = 16, RIG_OUTS = 4096, RIG_ARENA = 1 << 20 };
struct rig_sent {
    flow_id flow;
    struct pkt pkt;
    size_t n;
    uint8_t octets[2048];
};
struct rig {
    struct turn_server *s;
    struct outq q;
    uint64_t now_us;
    struct rig_sent sent[RIG_SENT]; /* since the last input of the test */
    size_t n_sent;
    struct turn_client at; /* where requests come from */
    const char *user, *password;
    uint8_t nonce[128];
    size_t n_nonce;
    struct stun_key key;
    uint8_t id[12];
    /* the request that is being written */
    struct draft dr;
    struct arena mem;
    uint8_t scratch[16384], out[4096];
    /* the answer */
    struct stun_msg m;
    struct stun_attr attrs[32];
    /* what became of sockets and allocations */
    size_t opened, closed, refused, freed;
    uint16_t taken_first, taken_last; /* ports that somebody else has */
    bool stream_closed, paused;
    const char *why;
    /* of TCP allocations: what was opened last; connections to peers are not answered for; flows that were
     * closed, paused or resumed since the last input of the test, the last of each */
    struct flow_spec spec;
    flow_id flow, closed_flow, paused_flow, resumed_flow;
    size_t closes;
    bool silent;
};

static inline struct addr rig_ip4(uint8_t last, uint16_t port)
{
    return (struct addr){.family = 4, .ip = {10, 0, 0, last}, .port = port};
}

static inline void rig_take(struct rig *r, const struct output *o)
{
    if (o->kind == OUT_SEND && r->n_sent < RIG_SENT) {
        struct rig_sent *v = &r->sent[r->n_sent++];
        struct wr w = {v->octets, sizeof v->octets, 0, false};
        for (size_t i = 0; i < o->n_data; i++)
            wr_put(&w, o->data[i]);
        v->flow = o->flow;
        v->pkt = o->pkt;
        v->n = w.n;
    } else if (o->kind == OUT_CLOSE) {
        r->closed += o->flow < FLOW_ACCEPTED;
        r->stream_closed |= o->flow >= FLOW_ACCEPTED;
        r->closed_flow = o->flow;
        r->closes++;
    } else if (o->kind == OUT_PAUSE || o->kind == OUT_RESUME) {
        r->paused = o->kind == OUT_PAUSE;
        *(r->paused ? &r->paused_flow : &r->resumed_flow) = o->flow;
    } else if (o->kind == OUT_EVENT) {
        r->freed += strcmp(o->name, "freed") == 0;
        r->refused += strcmp(o->name, "refused") == 0;
        if (strcmp(o->name, "freed") == 0)
            r->why = ((const struct turn_event *)o->rec)->why;
    }
}

/* One input, and the sockets that it has opened. */
static inline void rig_give(struct rig *r, struct input in)
{
    struct output opens[RIG_OPENS];
    size_t n = 0;

    in.now_us = r->now_us;
    r->q.n = 0;
    r->q.mem.n = 0;
    turn_server_class.input(r->s, &in, &r->q);
    CU_ASSERT_FALSE(r->q.full);
    for (size_t i = 0; i < r->q.n; i++) {
        if (r->q.v[i].kind == OUT_OPEN && n < RIG_OPENS)
            opens[n++] = r->q.v[i];
        else
            rig_take(r, &r->q.v[i]);
    }
    for (size_t i = 0; i < n; i++) {
        struct input got = {.kind = IN_OPENED, .flow = opens[i].flow};
        got.pkt.local = opens[i].open.local;
        r->opened++;
        r->flow = opens[i].flow;
        r->spec = opens[i].open;
        if (r->silent && r->spec.remote.family)
            continue;
        if (opens[i].open.local.port >= r->taken_first && opens[i].open.local.port <= r->taken_last)
            got = (struct input){.kind = IN_CLOSED, .flow = opens[i].flow, .why = CLOSE_LOCAL};
        rig_give(r, got);
    }
}

static inline void rig_input(struct rig *r, struct input in)
{
    r->n_sent = r->closes = 0;
    r->closed_flow = r->paused_flow = r->resumed_flow = 0;
    rig_give(r, in);
}

static inline struct rig *rig_new(const struct turn_server_config *c, const char *const *faults)
{
    struct rig *r = calloc(1, sizeof *r);

    r->s = calloc(1, sizeof *r->s);
    r->q.v = calloc(RIG_OUTS + 1, sizeof *r->q.v);
    r->q.cap = RIG_OUTS;
    r->q.mem = arena_of(malloc(RIG_ARENA), RIG_ARENA);
    rng_seed(r->s->env.rng, 7);
    r->s->env.cls = &turn_server_class;
    for (; faults && *faults; faults++)
        CU_ASSERT_TRUE(env_deviate(&r->s->env, false, *faults, true) ||
                       env_deviate(&r->s->env, true, *faults, true));
    r->why = "nothing was freed";
    r->user = "alice";
    r->password = "alice-secret";
    r->at = (struct turn_client){TURN_FLOW_UDP, rig_ip4(9, 5000), rig_ip4(1, 3478)};
    rig_input(r, (struct input){.kind = IN_START, .rec = c});
    r->opened = 0;
    return r;
}

static inline void rig_free(struct rig *r)
{
    free(r->q.v);
    free(r->q.mem.p);
    free(r->s);
    free(r);
}

/* Let time pass, with each timer when it is due. */
static inline void rig_until(struct rig *r, uint64_t us)
{
    uint64_t due;

    r->n_sent = r->closes = 0;
    while ((due = turn_server_class.deadline(r->s)) <= us) {
        r->now_us = due > r->now_us ? due : r->now_us;
        rig_give(r, (struct input){.kind = IN_TIMER});
    }
    r->now_us = us;
}

static inline void rig_as(struct rig *r, const char *user, const char *password)
{
    r->user = user;
    r->password = password;
    r->n_nonce = 0;
}

/* ---- requests ---- */

static inline struct draft *rig_begin(struct rig *r, enum stun_class cls, uint16_t method)
{
    r->mem = arena_of(r->scratch, sizeof r->scratch);
    for (size_t i = 0; i < sizeof r->id && ++r->id[i] == 0; i++)
        ;
    stun_draft(&r->dr, &r->mem, cls, method, (struct span){r->id, 12});
    return &r->dr;
}

static inline void rig_octets(struct rig *r, const void *p, size_t n)
{
    rig_input(r, (struct input){.kind = IN_BYTES,
                                .flow = r->at.flow,
                                .data = {p, n},
                                .pkt = {.remote = r->at.remote, .local = r->at.local}});
}

/* Write the request, signed where there is a nonce. */
static inline struct span rig_write(struct rig *r, struct draft *dr)
{
    struct wr w = {r->out, sizeof r->out, 0, false};
    struct stun_marks marks;

    if (r->n_nonce) {
        stun_key_long_term(&r->key, STUN_MD5, span_of(r->user), span_of("interop.test"),
                           span_of(r->password));
        stun_add_bytes(dr, STUN_USERNAME, span_of(r->user));
        stun_add_bytes(dr, STUN_REALM, span_of("interop.test"));
        stun_add_bytes(dr, STUN_NONCE, (struct span){r->nonce, r->n_nonce});
        stun_add(dr, STUN_MESSAGE_INTEGRITY);
    }
    stun_encode(&w, dr, &marks);
    stun_seal(&w, &marks, &r->key);
    return wr_span(&w);
}

/* The code of the answer that was sent: 0 success, 1 none. Decoded into r->m. */
static inline unsigned rig_code(struct rig *r)
{
    struct findings none = {0};

    if (!r->n_sent)
        return 1;
    struct span octets = {r->sent[r->n_sent - 1].octets, r->sent[r->n_sent - 1].n};
    if (stun_decode(octets, &r->m, r->attrs, COUNT(r->attrs), &none) != STEP_ITEM)
        return 2;
    const struct stun_attr *code = stun_find(&r->m, STUN_ERROR_CODE);
    return r->m.cls == STUN_SUCCESS ? 0 : code ? code->v.code : 3;
}

/* Fetch a nonce for who asks. */
static inline void rig_nonce(struct rig *r)
{
    r->n_nonce = 0;
    struct span w = rig_write(r, rig_begin(r, STUN_REQUEST, STUN_ALLOCATE));
    rig_octets(r, w.p, w.n);
    CU_ASSERT_EQUAL(rig_code(r), 401);
    const struct stun_attr *a = stun_find(&r->m, STUN_NONCE);
    CU_ASSERT_PTR_NOT_NULL_FATAL(a);
    if (!a || a->length > sizeof r->nonce)
        return;
    r->n_nonce = a->length;
    memcpy(r->nonce, a->v.s.p, a->length);
}

/* Send the request that rig_begin began, signed; the code of its answer. */
static inline unsigned rig_ask(struct rig *r)
{
    struct span w = rig_write(r, &r->dr);
    rig_octets(r, w.p, w.n);
    return rig_code(r);
}

static inline struct draft *rig_allocation(struct rig *r)
{
    if (!r->n_nonce && !r->s->c.open)
        rig_nonce(r);
    rig_begin(r, STUN_REQUEST, STUN_ALLOCATE);
    stun_add_uint(&r->dr, STUN_REQUESTED_TRANSPORT, 17);
    return &r->dr;
}

static inline unsigned rig_allocate(struct rig *r)
{
    rig_allocation(r);
    return rig_ask(r);
}

static inline unsigned rig_permit(struct rig *r, const struct addr *peer)
{
    rig_begin(r, STUN_REQUEST, STUN_CREATE_PERMISSION);
    stun_add_addr(&r->dr, STUN_XOR_PEER_ADDRESS, peer);
    return rig_ask(r);
}

static inline unsigned rig_bind(struct rig *r, uint16_t number, const struct addr *peer)
{
    rig_begin(r, STUN_REQUEST, STUN_CHANNEL_BIND);
    stun_add_uint(&r->dr, STUN_CHANNEL_NUMBER, number);
    stun_add_addr(&r->dr, STUN_XOR_PEER_ADDRESS, peer);
    return rig_ask(r);
}

/* A Refresh; lifetime -1: without. */
static inline unsigned rig_refresh(struct rig *r, int64_t lifetime)
{
    rig_begin(r, STUN_REQUEST, STUN_REFRESH);
    if (lifetime >= 0)
        stun_add_uint(&r->dr, STUN_LIFETIME, (uint64_t)lifetime);
    return rig_ask(r);
}

/* An attribute of the last answer. */
static inline const struct stun_attr *rig_attr(struct rig *r, uint16_t type)
{
    return stun_find(&r->m, type);
}

/* The same to be looked into: empty where there is none. */
static inline const struct stun_attr *rig_value(struct rig *r, uint16_t type)
{
    static const struct stun_attr none;
    const struct stun_attr *a = rig_attr(r, type);
    CU_ASSERT_PTR_NOT_NULL(a);
    return a ? a : &none;
}

static inline struct addr rig_relayed(struct rig *r)
{
    const struct stun_attr *a = rig_attr(r, STUN_XOR_RELAYED_ADDRESS);
    return a ? a->v.addr : (struct addr){0};
}

static inline uint32_t rig_lifetime(struct rig *r)
{
    const struct stun_attr *a = rig_attr(r, STUN_LIFETIME);
    return a ? a->v.u32 : UINT32_MAX;
}

/* Whether the allocation of r->at is there. */
static inline bool rig_alive(struct rig *r)
{
    struct turn_alloc *a = turn_find(r->s, &r->at);
    return a && a->told;
}

/* A datagram from a peer to a relayed address. */
static inline void rig_peer(struct rig *r, const struct addr *peer, const struct addr *relayed,
                            const char *text)
{
    flow_id flow = 0;

    for (size_t i = 0; i < r->s->n_allocs; i++)
        for (size_t k = 0; k < 2; k++)
            if (r->s->allocs[i].relay[k].state == TURN_OPEN &&
                addr_eq(&r->s->allocs[i].relay[k].at, relayed))
                flow = r->s->allocs[i].relay[k].flow;
    r->n_sent = 0;
    if (flow)
        rig_input(r, (struct input){
                         .kind = IN_BYTES,
                         .flow = flow,
                         .data = span_of(text),
                         .pkt = {.remote = *peer, .local = *relayed, .ttl = 64, .tos = 46 << 2}});
}
#endif
