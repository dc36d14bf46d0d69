/* harness/endpoints/turn/turn_table.c - allocations, relayed addresses, permissions, channels and streams: where they
 * are, how they are found, and when they are over. */
#include "harness/endpoints/turn/turn_server.h"

/* ---- hashing, under a secret: who chooses addresses cannot choose chains ---- */

static uint64_t mix(uint64_t h, uint64_t v)
{
    h = (h ^ v) * 0x9e3779b97f4a7c15u;
    return h ^ h >> 29;
}

static uint64_t mix_ip(uint64_t h, const struct addr *a)
{
    if (a->family != 6)
        return mix(h, get_u32(a->ip));
    return mix(mix(h, get_u64(a->ip)), get_u64(a->ip + 8));
}

static size_t last_of(const struct turn_server *s, uint64_t h, size_t buckets)
{
    return (size_t)(mix(h, s->key[1]) >> 17) & (buckets - 1);
}

static size_t at_tuple(const struct turn_server *s, const struct turn_client *c)
{
    uint64_t h = mix(s->key[0], (uint64_t)c->flow << 32 | c->remote.port);
    return last_of(s, mix_ip(mix_ip(h, &c->remote), &c->local), TURN_TUPLES);
}

static size_t at_peer(const struct turn_server *s, const struct turn_alloc *a,
                      const struct addr *at, uint16_t port)
{
    uint64_t h = mix(s->key[0], (uint64_t)(a - s->allocs) << 16 | port);
    return last_of(s, mix_ip(h, at), TURN_PEER_BUCKETS);
}

static size_t at_number(const struct turn_server *s, const struct turn_alloc *a, uint16_t number)
{
    return last_of(s, mix(s->key[0], (uint64_t)(a - s->allocs) << 16 | number), TURN_PEER_BUCKETS);
}

static bool same_ip(const struct addr *a, const struct addr *b)
{
    return a->family == b->family && memcmp(a->ip, b->ip, a->family == 6 ? 16 : 4) == 0;
}

/* ---- allocations ---- */

static uint32_t *count_of(struct turn_server *s, const struct stun_member *user)
{
    return &s->held[user ? (size_t)(user - s->realm.users) : STUN_USERS];
}

uint32_t turn_held(const struct turn_server *s, const struct stun_member *user)
{
    return s->held[user ? (size_t)(user - s->realm.users) : STUN_USERS];
}

struct turn_alloc *turn_alloc_take(struct turn_server *s, const struct stun_member *user)
{
    struct turn_alloc *a = s->spare_allocs;

    if (a)
        s->spare_allocs = a->tuple_next;
    else if (s->n_allocs < TURN_ALLOCATIONS)
        a = &s->allocs[s->n_allocs++];
    else
        return NULL;
    *a = (struct turn_alloc){.user = user, /* and what a fault has left there */
                             .peers = a->peers,
                             .n_permissions = a->n_permissions,
                             .n_channels = a->n_channels};
    s->held_allocs++;
    ++*count_of(s, user);
    return a;
}

void turn_alloc_give(struct turn_server *s, struct turn_alloc *a)
{
    s->held_allocs--;
    if (!turn_flag(s, "quota-leaks"))
        --*count_of(s, a->user);
    a->tuple_next = s->spare_allocs;
    s->spare_allocs = a;
}

bool turn_same_client(const struct turn_client *a, const struct turn_client *b)
{
    return a->flow == b->flow && (turn_is_stream(a->flow) || (addr_eq(&a->remote, &b->remote) &&
                                                              same_ip(&a->local, &b->local)));
}

struct turn_alloc *turn_find(const struct turn_server *s, const struct turn_client *c)
{
    size_t at = at_tuple(s, c);
    struct turn_alloc *a = s->by_tuple[at];

    while (a && !turn_same_client(&a->c, c))
        a = a->tuple_next;
    if (a || !s->n_moving)
        return a;
    for (a = s->by_moving[at]; a && !turn_same_client(&a->to, c);)
        a = a->moving_next;
    return a;
}

void turn_moving_add(struct turn_server *s, struct turn_alloc *a)
{
    struct turn_alloc **at = &s->by_moving[at_tuple(s, &a->to)];
    a->moving_next = *at;
    *at = a;
    s->n_moving++;
}

void turn_moving_drop(struct turn_server *s, struct turn_alloc *a)
{
    struct turn_alloc **at = &s->by_moving[at_tuple(s, &a->to)];
    while (*at != a)
        at = &(*at)->moving_next;
    *at = a->moving_next;
    s->n_moving--;
}

void turn_tuple_add(struct turn_server *s, struct turn_alloc *a)
{
    struct turn_alloc **at = &s->by_tuple[at_tuple(s, &a->c)];
    a->tuple_next = *at;
    *at = a;
}

void turn_tuple_drop(struct turn_server *s, struct turn_alloc *a)
{
    struct turn_alloc **at = &s->by_tuple[at_tuple(s, &a->c)];
    while (*at && *at != a)
        at = &(*at)->tuple_next;
    if (*at)
        *at = a->tuple_next;
}

/* ---- relayed addresses ---- */

struct turn_relay *turn_relay_find(const struct turn_server *s, flow_id flow)
{
    struct turn_relay *r = s->by_flow[flow % TURN_RELAYS];
    while (r && r->flow != flow)
        r = r->flow_next;
    return r;
}

void turn_relay_add(struct turn_server *s, struct turn_relay *r)
{
    struct turn_relay **at = &s->by_flow[r->flow % TURN_RELAYS];
    r->flow_next = *at;
    *at = r;
}

void turn_relay_drop(struct turn_server *s, struct turn_relay *r)
{
    struct turn_relay **at = &s->by_flow[r->flow % TURN_RELAYS];
    while (*at && *at != r)
        at = &(*at)->flow_next;
    if (*at)
        *at = r->flow_next;
}

static void put(struct turn_server *s, size_t i, struct turn_relay *r)
{
    s->heap[i] = r;
    r->slot = (uint32_t)i;
}

/* A heap by until_us, from 1: move the relay at `i` to where it belongs. */
static void sift(struct turn_server *s, size_t i)
{
    struct turn_relay *r = s->heap[i];

    for (; i > 1 && r->until_us < s->heap[i / 2]->until_us; i /= 2)
        put(s, i, s->heap[i / 2]);
    for (size_t kid; (kid = 2 * i) <= s->n_heap; i = kid) {
        if (kid < s->n_heap && s->heap[kid + 1]->until_us < s->heap[kid]->until_us)
            kid++;
        if (s->heap[kid]->until_us >= r->until_us)
            break;
        put(s, i, s->heap[kid]);
    }
    put(s, i, r);
}

void turn_expire_at(struct turn_server *s, struct turn_relay *r, uint64_t until_us)
{
    r->until_us = until_us;
    if (until_us != NO_DEADLINE) {
        if (!r->slot)
            put(s, ++s->n_heap, r);
        sift(s, r->slot);
    } else if (r->slot) {
        size_t hole = r->slot;
        struct turn_relay *end = s->heap[s->n_heap--];
        r->slot = 0;
        if (end != r) {
            put(s, hole, end);
            sift(s, hole);
        }
    }
}

/* ---- permissions and channels ---- */

struct turn_peer *turn_permission(const struct turn_server *s, const struct turn_alloc *a,
                                  const struct addr *ip)
{
    struct turn_peer *p = s->by_addr[at_peer(s, a, ip, 0)];
    while (p && (p->of != a || p->number || !same_ip(&p->at, ip)))
        p = p->addr_next;
    return p;
}

struct turn_peer *turn_channel_to(const struct turn_server *s, const struct turn_alloc *a,
                                  const struct addr *peer)
{
    struct turn_peer *p = s->by_addr[at_peer(s, a, peer, peer->port)];
    while (p && (p->of != a || !p->number || !addr_eq(&p->at, peer)))
        p = p->addr_next;
    return p;
}

struct turn_peer *turn_channel(const struct turn_server *s, const struct turn_alloc *a,
                               uint16_t number)
{
    struct turn_peer *p = s->by_number[at_number(s, a, number)];
    while (p && (p->of != a || p->number != number))
        p = p->number_next;
    return p;
}

static struct turn_age *age_of(struct turn_server *s, const struct turn_peer *p)
{
    return p->number ? &s->channels : &s->permissions;
}

static void age_drop(struct turn_server *s, struct turn_peer *p)
{
    struct turn_age *g = age_of(s, p);

    if (p->until_us == NO_DEADLINE)
        return;
    *(p->age_prev ? &p->age_prev->age_next : &g->first) = p->age_next;
    *(p->age_next ? &p->age_next->age_prev : &g->last) = p->age_prev;
    p->age_prev = p->age_next = NULL;
    p->until_us = NO_DEADLINE;
}

/* All of a kind live equally long, so who is touched goes last. */
void turn_peer_touch(struct turn_server *s, struct turn_peer *p, uint64_t now_us)
{
    struct turn_age *g = age_of(s, p);
    uint64_t life = (p->number ? TURN_CHANNEL_LIFETIME : TURN_PERMISSION_LIFETIME) * 1000000ull;

    age_drop(s, p);
    if (turn_flag(s, p->number ? "channel-for-ever" : "permission-for-ever") ||
        (p->number && turn_flag(s, "channel-held")))
        return;
    p->until_us =
        now_us + env_timer(&s->env, p->number ? "timer/channel" : "timer/permission", life);
    p->age_prev = g->last;
    *(g->last ? &g->last->age_next : &g->first) = p;
    g->last = p;
}

struct turn_peer *turn_peer_add(struct turn_server *s, struct turn_alloc *a, const struct addr *at,
                                uint16_t number)
{
    uint32_t *n = number ? &a->n_channels : &a->n_permissions;
    struct turn_peer *p = s->spare_peers;

    if (*n >= (number ? TURN_CHANNELS : TURN_PERMISSIONS) || (!p && s->n_peers == TURN_PEERS))
        return NULL;
    if (p)
        s->spare_peers = p->mine_next;
    else
        p = &s->peers[s->n_peers++];
    *p = (struct turn_peer){.of = a, .until_us = NO_DEADLINE, .at = *at, .number = number};
    p->port = at->port;
    if (!number)
        p->at.port = 0;
    ++*n;
    p->mine_next = a->peers;
    if (a->peers)
        a->peers->mine_prev = p;
    a->peers = p;
    struct turn_peer **b = &s->by_addr[at_peer(s, a, &p->at, p->at.port)];
    p->addr_next = *b;
    *b = p;
    if (number) {
        b = &s->by_number[at_number(s, a, number)];
        p->number_next = *b;
        *b = p;
    }
    return p;
}

void turn_peer_drop(struct turn_server *s, struct turn_peer *p)
{
    struct turn_peer **b = &s->by_addr[at_peer(s, p->of, &p->at, p->at.port)];

    while (*b != p)
        b = &(*b)->addr_next;
    *b = p->addr_next;
    if (p->number) {
        for (b = &s->by_number[at_number(s, p->of, p->number)]; *b != p;)
            b = &(*b)->number_next;
        *b = p->number_next;
    }
    age_drop(s, p);
    *(p->mine_prev ? &p->mine_prev->mine_next : &p->of->peers) = p->mine_next;
    if (p->mine_next)
        p->mine_next->mine_prev = p->mine_prev;
    --*(p->number ? &p->of->n_channels : &p->of->n_permissions);
    p->of = NULL;
    p->mine_next = s->spare_peers;
    s->spare_peers = p;
}

void turn_peers_drop(struct turn_server *s, struct turn_alloc *a, uint8_t family)
{
    for (struct turn_peer *p = a->peers, *next; p; p = next) {
        next = p->mine_next;
        if (!family || p->at.family == family)
            turn_peer_drop(s, p);
    }
}

void turn_peers_expire(struct turn_server *s, uint64_t now_us)
{
    struct turn_age *g[] = {&s->permissions, &s->channels};

    for (size_t i = 0; i < COUNT(g); i++)
        while (g[i]->first && g[i]->first->until_us <= now_us)
            turn_peer_drop(s, g[i]->first);
}

/* ---- streams ---- */

struct turn_stream *turn_stream_find(const struct turn_server *s, flow_id flow)
{
    struct turn_stream *st = s->by_stream[flow % TURN_CONNECTIONS];
    while (st && st->flow != flow)
        st = st->flow_next;
    return st;
}

void turn_stream_add(struct turn_server *s, struct turn_stream *st)
{
    struct turn_stream **at = &s->by_stream[st->flow % TURN_CONNECTIONS];
    st->flow_next = *at;
    *at = st;
}

void turn_stream_drop(struct turn_server *s, struct turn_stream *st)
{
    struct turn_stream **at = &s->by_stream[st->flow % TURN_CONNECTIONS];
    while (*at && *at != st)
        at = &(*at)->flow_next;
    if (*at)
        *at = st->flow_next;
}
