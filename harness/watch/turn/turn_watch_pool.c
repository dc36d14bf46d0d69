/* harness/watch/turn/turn_watch_pool.c - 5-tuples, requests, permissions and channels, in bounded memory. */
#include "harness/watch/turn/turn_watch.h"

enum { ALIGN = 16 };

static size_t rounded(size_t n)
{
    return (n + ALIGN - 1) & ~(size_t)(ALIGN - 1);
}

/* ---- tables ---- */

static size_t buckets_for(size_t n)
{
    size_t b = 4;
    while (b < n)
        b *= 2;
    return b;
}

size_t turn_table_size(size_t n, size_t step)
{
    return rounded((n + 1) * step) + rounded(buckets_for(n) * sizeof(uint32_t));
}

void turn_table_init(struct turn_table *t, void *mem, size_t n, size_t step)
{
    *t = (struct turn_table){.items = mem,
                             .buckets =
                                 (uint32_t *)(void *)((uint8_t *)mem + rounded((n + 1) * step)),
                             .step = step,
                             .mask = (uint32_t)buckets_for(n) - 1,
                             .n = (uint32_t)n,
                             .unused = 1};
    memset(t->buckets, 0, (t->mask + (size_t)1) * sizeof *t->buckets);
}

void *turn_table_at(const struct turn_table *t, uint32_t n)
{
    return n ? t->items + n * t->step : NULL;
}

static struct turn_item *item_at(const struct turn_table *t, uint32_t n)
{
    return turn_table_at(t, n);
}

uint32_t turn_table_number(const struct turn_table *t, const void *item)
{
    return (uint32_t)((size_t)((const uint8_t *)item - t->items) / t->step);
}

static void unlist(struct turn_table *t, const struct turn_item *i)
{
    *(i->older ? &item_at(t, i->older)->newer : &t->oldest) = i->newer;
    *(i->newer ? &item_at(t, i->newer)->older : &t->newest) = i->older;
}

static void list(struct turn_table *t, struct turn_item *i)
{
    uint32_t n = turn_table_number(t, i);

    i->older = t->newest;
    i->newer = 0;
    *(i->older ? &item_at(t, i->older)->newer : &t->oldest) = n;
    t->newest = n;
}

void *turn_table_find(struct turn_table *t, uint32_t hash, turn_same *same, const void *key)
{
    for (struct turn_item *i = item_at(t, t->buckets[hash & t->mask]); i; i = item_at(t, i->next))
        if (i->hash == hash && same(i, key)) {
            if (i->newer) {
                unlist(t, i);
                list(t, i);
            }
            return i;
        }
    return NULL;
}

void *turn_table_full(const struct turn_table *t, uint32_t hash)
{
    struct turn_item *i = item_at(t, t->buckets[hash & t->mask]);
    size_t n = 0;

    for (; i && ++n < TURN_WATCH_CHAIN; i = item_at(t, i->next))
        ;
    if (i)
        return i;
    return t->free || t->unused <= t->n ? NULL : item_at(t, t->oldest);
}

void turn_table_drop(struct turn_table *t, void *item)
{
    struct turn_item *i = item;
    uint32_t n = turn_table_number(t, item), *at = &t->buckets[i->hash & t->mask];

    while (*at != n)
        at = &item_at(t, *at)->next;
    *at = i->next;
    unlist(t, i);
    i->next = t->free;
    t->free = n;
}

void *turn_table_new(struct turn_table *t, uint32_t hash)
{
    uint32_t n = t->free ? t->free : t->unused++, *at = &t->buckets[hash & t->mask];
    struct turn_item *i = item_at(t, n);

    if (t->free)
        t->free = i->next;
    memset(i, 0, t->step);
    i->hash = hash;
    i->next = *at;
    *at = n;
    list(t, i);
    return i;
}

void *turn_table_next(const struct turn_table *t, const void *item)
{
    return item_at(t, item ? ((const struct turn_item *)item)->newer : t->oldest);
}

/* ---- keys ---- */

static uint64_t mix(uint64_t h, uint64_t v)
{
    h = (h ^ v) * 0xff51afd7ed558ccdu;
    return h ^ (h >> 32);
}

static uint64_t mix_addr(uint64_t h, const struct addr *a)
{
    uint64_t v[2] = {0, 0};

    memcpy(v, a->ip, a->family == 6 ? 16 : a->family == 4 ? 4 : 0);
    h = mix(h, v[0] ^ (uint64_t)a->port << 48 ^ a->family);
    return a->family == 6 ? mix(h, v[1]) : h;
}

static bool same_tuple(const void *item, const void *key)
{
    const struct turn_tuple *t = item;
    const struct turn_key *k = key;

    return t->flow == k->flow && t->stream == k->stream && addr_eq(&t->client, k->client) &&
           addr_eq(&t->server, k->server);
}

static uint32_t key_of(const struct watch_seen *s, bool by_client, struct turn_key *k)
{
    *k = (struct turn_key){s->flow, by_client ? &s->from : &s->to, by_client ? &s->to : &s->from,
                           s->stream};
    return (uint32_t)mix_addr(mix_addr(mix(k->stream, k->flow), k->client), k->server);
}

struct turn_tuple *turn_tuple_find(struct turn_watch *w, const struct watch_seen *s, bool by_client)
{
    struct turn_key k;
    uint32_t hash = key_of(s, by_client, &k);

    return turn_table_find(&w->tuples, hash, same_tuple, &k);
}

struct turn_tuple *turn_tuple_of(struct turn_watch *w, const struct watch_seen *s, bool by_client,
                                 const struct watch_sink *out)
{
    struct turn_key k;
    uint32_t hash = key_of(s, by_client, &k);
    struct turn_tuple *t = turn_table_find(&w->tuples, hash, same_tuple, &k);
    void *full;

    if (t)
        return t;
    if ((full = turn_table_full(&w->tuples, hash))) {
        turn_table_drop(&w->tuples, full);
        w->forgot = true;
        watch_tell(out, TURN_F_EVICTED, 1, s, 0);
    }
    t = turn_table_new(&w->tuples, hash);
    t->serial = ++w->serial;
    t->flow = k.flow;
    t->client = *k.client;
    t->server = *k.server;
    t->stream = k.stream;
    t->complete = s->whole || (w->o.origin && !w->forgot);
    return t;
}

struct ask_key {
    uint32_t tuple;
    const uint8_t *id;
};

static bool same_ask(const void *item, const void *key)
{
    const struct turn_tx *a = item;
    const struct ask_key *k = key;

    return a->tuple == k->tuple && memcmp(a->id, k->id, sizeof a->id) == 0;
}

static uint32_t ask_hash(uint32_t tuple, const uint8_t id[12])
{
    uint64_t a;
    uint32_t b;

    memcpy(&a, id, sizeof a);
    memcpy(&b, id + sizeof a, sizeof b);
    return (uint32_t)mix(mix(mix(1, tuple), a), b);
}

struct turn_tx *turn_tx_find(struct turn_watch *w, const struct turn_tuple *t, const uint8_t id[12])
{
    const struct ask_key k = {t->serial, id};
    return turn_table_find(&w->asks, ask_hash(t->serial, id), same_ask, &k);
}

struct turn_tx *turn_tx_new(struct turn_watch *w, const struct turn_tuple *t, const uint8_t id[12],
                            const struct watch_seen *s, const struct watch_sink *out)
{
    uint32_t hash = ask_hash(t->serial, id);
    struct turn_tx *a = turn_table_full(&w->asks, hash);

    if (a) {
        if (!a->success && !a->error)
            watch_tell(out, TURN_F_EVICTED, 1, s, a->frame);
        turn_table_drop(&w->asks, a);
    }
    a = turn_table_new(&w->asks, hash);
    a->tuple = t->serial;
    a->serial = ++w->serial;
    memcpy(a->id, id, sizeof a->id);
    return a;
}

struct peer_key {
    uint32_t tuple;
    enum turn_kind kind;
    struct addr at;
    uint16_t number;
};

static bool same_peer(const void *item, const void *key)
{
    const struct turn_held *p = item;
    const struct peer_key *k = key;

    return p->tuple == k->tuple && p->kind == k->kind &&
           (k->kind == TURN_CHANNEL ? p->number == k->number : addr_eq(&p->at, &k->at));
}

static uint32_t peer_key(const struct turn_tuple *t, enum turn_kind kind, const struct addr *at,
                         uint16_t number, struct peer_key *k)
{
    *k = (struct peer_key){.tuple = t->serial, .kind = kind, .number = number};
    if (kind != TURN_CHANNEL)
        k->at = *at;
    if (kind == TURN_PERMISSION)
        k->at.port = 0;
    uint64_t h = mix(mix(2, k->tuple), (uint64_t)kind << 16 | (kind == TURN_CHANNEL ? number : 0));
    return (uint32_t)mix_addr(h, &k->at);
}

struct turn_held *turn_held_find(struct turn_watch *w, const struct turn_tuple *t,
                                 enum turn_kind kind, const struct addr *at, uint16_t number)
{
    struct peer_key k;
    uint32_t hash = peer_key(t, kind, at, number, &k);

    return turn_table_find(&w->peers, hash, same_peer, &k);
}

struct turn_held *turn_held_of(struct turn_watch *w, struct turn_tuple *t, enum turn_kind kind,
                               const struct addr *at, uint16_t number, const struct watch_seen *s,
                               const struct watch_sink *out)
{
    struct peer_key k;
    uint32_t hash = peer_key(t, kind, at, number, &k);
    struct turn_held *p = turn_table_find(&w->peers, hash, same_peer, &k);

    if (p)
        return p;
    if ((p = turn_table_full(&w->peers, hash))) {
        struct turn_tuple *of = turn_table_at(&w->tuples, p->owner);
        of->complete &= of->serial != p->tuple; /* what is absent there may have been forgotten */
        turn_watch_told(p, s->now_us, out);
        turn_table_drop(&w->peers, p);
        watch_tell(out, TURN_F_EVICTED, 1, s, 0);
    }
    p = turn_table_new(&w->peers, hash);
    p->tuple = k.tuple;
    p->owner = turn_table_number(&w->tuples, t);
    p->kind = (uint8_t)kind;
    p->at = k.at;
    p->number = number;
    return p;
}

/* ---- all of it ---- */

static size_t tuples(size_t limit)
{
    return (limit + TURN_WATCH_TUPLES - 1) / TURN_WATCH_TUPLES;
}

size_t turn_watch_size(size_t limit)
{
    return rounded(sizeof(struct turn_watch)) +
           turn_table_size(tuples(limit), sizeof(struct turn_tuple)) +
           turn_table_size(limit, sizeof(struct turn_tx)) +
           turn_table_size(limit * TURN_WATCH_PEERS, sizeof(struct turn_held));
}

void turn_watch_init(void *self, size_t limit, const struct watch_options *o)
{
    struct turn_watch *w = self;
    uint8_t *at = (uint8_t *)self + rounded(sizeof *w);

    *w = (struct turn_watch){.o = *o};
    turn_table_init(&w->tuples, at, tuples(limit), sizeof(struct turn_tuple));
    at += turn_table_size(tuples(limit), sizeof(struct turn_tuple));
    turn_table_init(&w->asks, at, limit, sizeof(struct turn_tx));
    at += turn_table_size(limit, sizeof(struct turn_tx));
    turn_table_init(&w->peers, at, limit * TURN_WATCH_PEERS, sizeof(struct turn_held));
}
