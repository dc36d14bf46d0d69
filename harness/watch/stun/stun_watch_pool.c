/* harness/watch/stun/stun_watch_pool.c - transactions by id, in bounded memory: two lists in the order of
 * their beginning over one open-addressed index. */
#include "harness/watch/stun/stun_watch.h"

enum { ALIGN = 16 };

static size_t rounded(size_t n)
{
    return (n + ALIGN - 1) & ~(size_t)(ALIGN - 1);
}

static size_t places_for(size_t limit)
{
    size_t n = 4;
    while (n < 2 * limit)
        n *= 2;
    return n;
}

size_t stun_watch_size(size_t limit)
{
    return rounded(sizeof(struct stun_watch)) + rounded((limit + 1) * sizeof(struct stun_tx)) +
           places_for(limit) * sizeof(struct stun_place);
}

/* Indications have a quarter of the places, at least one where there are two. */
static size_t indications(size_t limit)
{
    return limit < 2 ? 0 : limit < 4 ? 1 : limit / 4;
}

void stun_watch_init(void *self, size_t limit, const struct watch_options *o)
{
    struct stun_watch *w = self;
    size_t requests = limit - indications(limit);

    memset(w, 0, sizeof *w);
    w->o = *o;
    if (!w->o.slack_us)
        w->o.slack_us = 20000;
    w->limit = limit;
    w->places = places_for(limit);
    w->tx = (struct stun_tx *)(void *)((uint8_t *)self + rounded(sizeof *w));
    w->index =
        (struct stun_place *)(void *)((uint8_t *)w->tx + rounded((limit + 1) * sizeof *w->tx));
    memset(w->index, 0, w->places * sizeof *w->index);
    w->lists[0].unused = 1;
    w->lists[0].end = w->lists[1].unused = (uint32_t)requests + 1;
    w->lists[1].end = (uint32_t)limit + 1;
}

/* ---- index ---- */

/* A multiply and a fold for each eight octets: equal octets, equal number. That two requests differ and
 * have the same number hides what differs, and never makes up a difference. */
uint64_t stun_watch_hash(struct span s)
{
    uint64_t h = 0x9e3779b97f4a7c15u ^ s.n, v;
    size_t i = 0;

    for (; i + sizeof v <= s.n; i += sizeof v) {
        memcpy(&v, s.p + i, sizeof v);
        h = table_mix(h, v);
    }
    v = 0;
    if (i < s.n)
        memcpy(&v, s.p + i, s.n - i);
    return table_mix(h, v);
}

static uint32_t id_hash(const uint8_t id[12])
{
    uint64_t a;
    uint32_t b;

    memcpy(&a, id, sizeof a);
    memcpy(&b, id + sizeof a, sizeof b);
    return (uint32_t)table_mix(table_mix(0x9e3779b97f4a7c15u, a), b);
}

struct stun_tx *stun_tx_find(const struct stun_watch *w, const uint8_t id[12], uint64_t flow,
                             const struct addr *client, const struct addr *server)
{
    uint32_t hash = id_hash(id);
    size_t mask = w->places - 1;

    for (size_t at = hash & mask; w->index[at].n; at = (at + 1) & mask) {
        struct stun_tx *t = &w->tx[w->index[at].n];
        if (w->index[at].hash == hash && memcmp(t->id, id, sizeof t->id) == 0 && t->flow == flow &&
            addr_eq(&t->client, client) && addr_eq(&t->server, server))
            return t;
    }
    return NULL;
}

struct stun_tx *stun_tx_any(const struct stun_watch *w, const uint8_t id[12],
                            const struct addr *not_by)
{
    uint32_t hash = id_hash(id);
    size_t mask = w->places - 1;

    for (size_t at = hash & mask; w->index[at].n; at = (at + 1) & mask) {
        struct stun_tx *t = &w->tx[w->index[at].n];
        if (w->index[at].hash == hash && memcmp(t->id, id, sizeof t->id) == 0 &&
            !addr_eq(&t->client, not_by))
            return t;
    }
    return NULL;
}

/* Take a place out of the index and close the gap: what stands behind it and belongs before moves up. */
static void unindex(struct stun_watch *w, uint32_t n)
{
    size_t mask = w->places - 1, at = id_hash(w->tx[n].id) & mask;

    while (w->index[at].n != n)
        at = (at + 1) & mask;
    for (size_t next = (at + 1) & mask; w->index[next].n; next = (next + 1) & mask) {
        size_t from = w->index[next].hash & mask;
        if (((next - from) & mask) >= ((next - at) & mask)) {
            w->index[at] = w->index[next];
            at = next;
        }
    }
    w->index[at].n = 0;
}

/* ---- lists ---- */

static void forget(struct stun_watch *w, uint32_t n, struct stun_gone *gone)
{
    struct stun_tx *t = &w->tx[n];
    struct stun_list *l = &w->lists[t->indication];

    unindex(w, n);
    *(t->older ? &w->tx[t->older].newer : &l->oldest) = t->newer;
    *(t->newer ? &w->tx[t->newer].older : &l->newest) = t->older;
    *gone = (struct stun_gone){.used = true,
                               .indication = t->indication,
                               .unanswered = !t->answers && !t->told_unanswered,
                               .last_us = t->last_us,
                               .frame = t->frames[0]};
    t->used = false;
    t->newer = l->free;
    l->free = n;
    w->forgot = true;
}

/* Where many transactions have one id the search for one would grow long: the oldest gives way. */
static uint32_t one_too_many(const struct stun_watch *w, const uint8_t id[12], uint32_t hash,
                             bool indication)
{
    uint32_t oldest = 0, found = 0;
    uint64_t first = UINT64_MAX;
    size_t mask = w->places - 1;

    for (size_t at = hash & mask; w->index[at].n; at = (at + 1) & mask) {
        const struct stun_tx *t = &w->tx[w->index[at].n];
        if (w->index[at].hash != hash || memcmp(t->id, id, sizeof t->id) != 0 ||
            t->indication != indication)
            continue;
        found++;
        if (t->first_us < first) {
            first = t->first_us;
            oldest = w->index[at].n;
        }
    }
    return found >= STUN_WATCH_SAME_ID ? oldest : 0;
}

struct stun_tx *stun_tx_new(struct stun_watch *w, const uint8_t id[12], uint64_t flow,
                            const struct addr *client, const struct addr *server, bool indication,
                            struct stun_gone *gone)
{
    struct stun_list *l = &w->lists[indication];
    uint32_t hash = id_hash(id), out = one_too_many(w, id, hash, indication);

    gone->used = false;
    if (!out && !l->free && l->unused == l->end)
        out = l->oldest;
    if (!out && !l->free && l->unused == l->end)
        return NULL; /* a limit of 1 keeps no indication */
    if (out)
        forget(w, out, gone);
    uint32_t n = l->free ? l->free : l->unused++;
    struct stun_tx *t = &w->tx[n];
    l->free = l->free ? t->newer : 0;
    *t = (struct stun_tx){.flow = flow,
                          .client = *client,
                          .server = *server,
                          .indication = indication,
                          .used = true,
                          .older = l->newest};
    memcpy(t->id, id, sizeof t->id);
    *(l->newest ? &w->tx[l->newest].newer : &l->oldest) = n;
    l->newest = n;
    size_t at = hash & (w->places - 1);
    while (w->index[at].n)
        at = (at + 1) & (w->places - 1);
    w->index[at] = (struct stun_place){n, hash};
    return t;
}

struct stun_tx *stun_tx_next(const struct stun_watch *w, const struct stun_tx *t)
{
    uint32_t n = t ? t->newer : w->lists[0].oldest;
    return n ? &w->tx[n] : NULL;
}

/* ---- who has spoken to whom ---- */

static uint64_t pair_key(const struct addr *a, const struct addr *b)
{
    uint64_t h = 0x9e3779b97f4a7c15u, v[2];

    for (int i = 0; i < 2; i++, a = b) {
        memset(v, 0, sizeof v);
        memcpy(v, a->ip, a->family == 6 ? 16 : 4);
        h = table_mix(h, v[0] ^ a->family);
        h = a->family == 6 ? table_mix(h, v[1]) : h;
    }
    return h | 1;
}

bool stun_first_contact(struct stun_watch *w, const struct addr *client, const struct addr *server,
                        uint64_t now_us)
{
    enum { WAYS = 4 };
    uint64_t key = pair_key(client, server);
    struct stun_pair *set = &w->pairs[key / 2 % (STUN_WATCH_PAIRS / WAYS) * WAYS], *p = &set[0];
    bool known = w->o.origin && !w->past_lost;

    known |= now_us >= w->known_us && now_us - w->known_us >= STUN_WATCH_STALE_US;
    for (size_t i = 0; i < WAYS; i++) {
        if (set[i].key == key) {
            p = &set[i];
            known &= now_us >= p->last_us && now_us - p->last_us >= STUN_WATCH_STALE_US;
            p->last_us = now_us;
            return known;
        }
        if (set[i].last_us < p->last_us || (p->key && !set[i].key))
            p = &set[i];
    }
    if (p->key && p->last_us >= w->known_us) { /* what is forgotten could be any pair's past */
        w->known_us = p->last_us;
        w->past_lost = true;
    }
    *p = (struct stun_pair){key, now_us};
    return known;
}
