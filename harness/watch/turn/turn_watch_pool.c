/* harness/watch/turn/turn_watch_pool.c - 5-tuples, requests, permissions and channels, in bounded memory. */
#include "harness/watch/turn/turn_watch.h"

/* ---- keys ---- */

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
    return (uint32_t)table_mix_addr(table_mix_addr(table_mix(k->stream, k->flow), k->client),
                                    k->server);
}

struct turn_tuple *turn_tuple_find(struct turn_watch *w, const struct watch_seen *s, bool by_client)
{
    struct turn_key k;
    uint32_t hash = key_of(s, by_client, &k);

    return table_find(&w->tuples, hash, same_tuple, &k);
}

struct turn_tuple *turn_tuple_of(struct turn_watch *w, const struct watch_seen *s, bool by_client,
                                 const struct watch_sink *out)
{
    struct turn_key k;
    uint32_t hash = key_of(s, by_client, &k);
    struct turn_tuple *t = table_find(&w->tuples, hash, same_tuple, &k);
    void *full;

    if (t)
        return t;
    if ((full = table_full(&w->tuples, hash))) {
        table_drop(&w->tuples, full);
        w->forgot = true;
        watch_tell(out, TURN_F_EVICTED, 1, s, 0);
    }
    t = table_new(&w->tuples, hash);
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
    return (uint32_t)table_mix(table_mix(table_mix(1, tuple), a), b);
}

struct turn_tx *turn_tx_find(struct turn_watch *w, const struct turn_tuple *t, const uint8_t id[12])
{
    const struct ask_key k = {t->serial, id};
    return table_find(&w->asks, ask_hash(t->serial, id), same_ask, &k);
}

struct turn_tx *turn_tx_new(struct turn_watch *w, const struct turn_tuple *t, const uint8_t id[12],
                            const struct watch_seen *s, const struct watch_sink *out)
{
    uint32_t hash = ask_hash(t->serial, id);
    struct turn_tx *a = table_full(&w->asks, hash);

    if (a) {
        if (!a->success && !a->error)
            watch_tell(out, TURN_F_EVICTED, 1, s, a->frame);
        table_drop(&w->asks, a);
    }
    a = table_new(&w->asks, hash);
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
    uint64_t h = table_mix(table_mix(2, k->tuple),
                           (uint64_t)kind << 16 | (kind == TURN_CHANNEL ? number : 0));
    return (uint32_t)table_mix_addr(h, &k->at);
}

struct turn_held *turn_held_find(struct turn_watch *w, const struct turn_tuple *t,
                                 enum turn_kind kind, const struct addr *at, uint16_t number)
{
    struct peer_key k;
    uint32_t hash = peer_key(t, kind, at, number, &k);

    return table_find(&w->peers, hash, same_peer, &k);
}

struct turn_held *turn_held_of(struct turn_watch *w, struct turn_tuple *t, enum turn_kind kind,
                               const struct addr *at, uint16_t number, const struct watch_seen *s,
                               const struct watch_sink *out)
{
    struct peer_key k;
    uint32_t hash = peer_key(t, kind, at, number, &k);
    struct turn_held *p = table_find(&w->peers, hash, same_peer, &k);

    if (p)
        return p;
    if ((p = table_full(&w->peers, hash))) {
        struct turn_tuple *of = table_at(&w->tuples, p->owner);
        of->complete &= of->serial != p->tuple; /* what is absent there may have been forgotten */
        turn_watch_told(p, s->now_us, out);
        table_drop(&w->peers, p);
        watch_tell(out, TURN_F_EVICTED, 1, s, 0);
    }
    p = table_new(&w->peers, hash);
    p->tuple = k.tuple;
    p->owner = table_number(&w->tuples, t);
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
    return TABLE_ROUNDED(sizeof(struct turn_watch)) +
           table_size(tuples(limit), sizeof(struct turn_tuple)) +
           table_size(limit, sizeof(struct turn_tx)) +
           table_size(limit * TURN_WATCH_PEERS, sizeof(struct turn_held));
}

void turn_watch_init(void *self, size_t limit, const struct watch_options *o)
{
    struct turn_watch *w = self;
    uint8_t *at = (uint8_t *)self + TABLE_ROUNDED(sizeof *w);

    *w = (struct turn_watch){.o = *o};
    table_init(&w->tuples, at, tuples(limit), sizeof(struct turn_tuple));
    at += table_size(tuples(limit), sizeof(struct turn_tuple));
    table_init(&w->asks, at, limit, sizeof(struct turn_tx));
    at += table_size(limit, sizeof(struct turn_tx));
    table_init(&w->peers, at, limit * TURN_WATCH_PEERS, sizeof(struct turn_held));
}
