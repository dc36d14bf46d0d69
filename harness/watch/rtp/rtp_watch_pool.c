/* harness/watch/rtp/rtp_watch_pool.c - streams by flow, addresses and SSRC, in bounded memory. */
#include "codecs/rtp/rtp_event.h"
#include "codecs/rtp/rtp_formats.h"
#include "codecs/rtp/rtp_red.h"
#include "codecs/rtp/rtp_text.h"
#include "harness/core/table.h"
#include "harness/watch/rtp/rtp_watch.h"

enum { ALIGN = 16, LINE = 64 /* octets of a cache line */ };

static size_t rounded(size_t n)
{
    return (n + ALIGN - 1) & ~(size_t)(ALIGN - 1);
}

static size_t power(size_t at_least)
{
    size_t n = RTP_WAYS;
    while (n < at_least)
        n *= 2;
    return n;
}

static size_t at_most(size_t n, size_t most)
{
    return n < most ? n : most;
}

size_t rtp_watch_size(size_t limit)
{
    return rounded(sizeof(struct rtp_watch)) + LINE +
           rounded((limit + 1) * sizeof(struct rtp_stream)) +
           rounded(power(4 * limit) * sizeof(struct rtp_place)) +
           rounded(power(limit) * sizeof(struct rtp_path)) +
           rounded(at_most(limit, RTP_HISTORIES) * sizeof(struct rtp_history)) +
           rounded(at_most(limit, RTP_CONTENTS) * sizeof(struct rtp_contents));
}

/* Audio whose payload formats have no interleaving: a later packet was sampled later. */
static bool is_plain(unsigned payload_type)
{
    static const uint8_t plain[] = {0, 3, 7, 8, 9, 10, 11, 15, 18};
    for (size_t i = 0; i < COUNT(plain); i++)
        if (plain[i] == payload_type)
            return true;
    return false;
}

static enum rtp_content content_of(const struct rtp_type *k, bool clear)
{
    const struct codec *c = rtp_format_named(k->encoding);

    if (c == &rtp_event_codec)
        return RTP_C_EVENT;
    if (c == &rtp_text_codec)
        return RTP_C_TEXT;
    if (c == &rtp_red_codec && k->clock_rate == 1000)
        return RTP_C_RED;
    return c && clear ? RTP_C_FORMAT : RTP_C_NONE;
}

static void types_init(struct rtp_watch *w)
{
    struct wr nowhere = {0};

    rtp_known_read(w->o.known, &w->known, &nowhere);
    w->text_type = -1;
    for (unsigned i = 0; i < RTP_PAYLOAD_TYPES; i++) {
        const struct rtp_static *st = rtp_static_type(i);
        const struct rtp_type *k = &w->known.types[i];
        w->plain[i] = is_plain(i) && st && rtp_encoding_is(k->encoding, st->encoding);
        w->content[i] = (uint8_t)content_of(k, w->known.clear);
        if (w->content[i] == RTP_C_TEXT)
            w->text_type = (int)i;
    }
}

void rtp_watch_init(void *self, size_t limit, const struct watch_options *o)
{
    struct rtp_watch *w = self;
    uint8_t *at = (uint8_t *)self + rounded(sizeof *w);
    bool again = w->limit != 0; /* else all is zero */

    memset(w, 0, sizeof *w);
    w->o = *o;
    if (!w->o.slack_us)
        w->o.slack_us = 20000;
    w->limit = limit;
    w->places = power(4 * limit);
    w->paths_n = power(limit);
    w->histories_n = at_most(limit, RTP_HISTORIES);
    w->contents_n = at_most(limit, RTP_CONTENTS);
    at += (LINE - (uintptr_t)at % LINE) % LINE;
    w->streams = (struct rtp_stream *)(void *)at;
    at += rounded((limit + 1) * sizeof *w->streams);
    w->index = (struct rtp_place *)(void *)at;
    if (again)
        memset(w->index, 0, w->places * sizeof *w->index);
    at += rounded(w->places * sizeof *w->index);
    w->paths = (struct rtp_path *)(void *)at;
    if (again)
        memset(w->paths, 0, w->paths_n * sizeof *w->paths);
    at += rounded(w->paths_n * sizeof *w->paths);
    w->histories = (struct rtp_history *)(void *)at;
    at += rounded(w->histories_n * sizeof *w->histories);
    w->contents = (struct rtp_contents *)(void *)at;
    w->streams[0].number = 0;
    w->streams[0].serial = UINT32_MAX; /* of no place */
    w->unused = 1;
    w->hand = 1;
    types_init(w);
}

/* ---- keys ---- */

static bool near_addr(const struct addr *a, const struct addr *b)
{
    return a->family == b->family && a->port >> 1 == b->port >> 1 &&
           memcmp(a->ip, b->ip,
                  a->family == 6   ? 16
                  : a->family == 4 ? 4
                                   : 0) == 0;
}

static uint64_t mix_addr(uint64_t h, const struct addr *a)
{
    uint64_t v[2] = {0, 0};

    memcpy(v, a->ip, a->family == 6 ? 16 : a->family == 4 ? 4 : 0);
    h = table_mix(h, v[0] ^ (uint64_t)a->family << 56 ^ (uint64_t)(a->port >> 1) << 32);
    return a->family == 6 ? table_mix(h, v[1]) : h;
}

static uint32_t hash_of(uint64_t flow, const struct addr *from, const struct addr *to,
                        uint32_t ssrc)
{
    return (uint32_t)mix_addr(mix_addr(table_mix(ssrc, flow ^ 0x9e3779b97f4a7c15u), from), to);
}

static struct rtp_place *set_of(const struct rtp_watch *w, uint32_t hash)
{
    return &w->index[hash % (w->places / RTP_WAYS) * RTP_WAYS];
}

static inline bool is_of(const struct rtp_stream *t, const struct watch_seen *s, uint32_t ssrc)
{
    return t->ssrc == ssrc && t->flow == s->flow && addr_eq(&t->from, &s->from) &&
           addr_eq(&t->to, &s->to);
}

/* ---- taking and giving back ---- */

static void forget(struct rtp_watch *w, struct rtp_stream *t, const struct watch_sink *out)
{
    const struct watch_seen s = {.now_us = w->now_us, .flow = t->flow, .frame = t->first_frame};

    rtp_watch_over(t, out);
    watch_tell(out, RTP_F_EVICTED, 1, &s, 0);
    w->index[t->place].n = 0;
    *(t->older ? &w->streams[t->older].newer : &w->oldest) = t->newer;
    *(t->newer ? &w->streams[t->newer].older : &w->newest) = t->older;
    if (t->history) {
        t->history->next = w->free_history;
        w->free_history = (uint32_t)(t->history - w->histories) + 1;
    }
    if (t->contents) {
        t->contents->next = w->free_contents;
        w->free_contents = (uint32_t)(t->contents - w->contents) + 1;
    }
    t->newer = w->free;
    w->free = t->number;
    t->number = t->serial = 0;
    t->ssrc = ~t->ssrc; /* so that it is no more found as one of the latest */
    w->gone++;
}

/* One that nothing was seen of for a while, by the hand of a clock; the pool is full. */
static struct rtp_stream *idle(struct rtp_watch *w)
{
    for (;;) {
        struct rtp_stream *t = &w->streams[w->hand];
        w->hand = w->hand == w->limit ? 1 : w->hand + 1;
        if (!t->touched)
            return t;
        t->touched = false;
    }
}

static struct rtp_place *place_for(struct rtp_watch *w, uint32_t hash, const struct watch_sink *out)
{
    struct rtp_place *set = set_of(w, hash), *oldest = set;

    for (size_t i = 0; i < RTP_WAYS; i++) {
        if (!set[i].n)
            return &set[i];
        if (w->streams[set[i].n].now_us < w->streams[oldest->n].now_us)
            oldest = &set[i];
    }
    forget(w, &w->streams[oldest->n], out);
    return oldest;
}

/* An SSRC on two flows or between other addresses, as when a stream moves: who sees both counts them as one, which
 * no rule here can know. Only asked for where all is seen, which is where such rules are. */
static void mark_shared(struct rtp_watch *w, struct rtp_stream *t)
{
    for (uint32_t n = w->oldest; n && w->o.origin; n = w->streams[n].newer)
        if (n != t->number && w->streams[n].ssrc == t->ssrc)
            t->shared = w->streams[n].shared = true;
}

static struct rtp_stream *take(struct rtp_watch *w, const struct watch_seen *s, uint32_t ssrc,
                               uint32_t hash, const struct watch_sink *out)
{
    if (!w->free && w->unused > w->limit)
        forget(w, idle(w), out);
    struct rtp_place *place = place_for(w, hash, out);
    uint32_t n = w->free ? w->free : w->unused++;
    struct rtp_stream *t = &w->streams[n];
    w->free = w->free == n ? t->newer : w->free;
    memset(t, 0, sizeof *t);
    t->from = s->from;
    t->to = s->to;
    t->flow = s->flow;
    t->ssrc = ssrc;
    t->number = n;
    t->serial = ++w->serials;
    t->now_us = s->now_us;
    t->first_frame = s->frame;
    t->older = w->newest;
    *(t->older ? &w->streams[t->older].newer : &w->oldest) = n;
    w->newest = n;
    t->place = (uint32_t)(place - w->index);
    mark_shared(w, t);
    *place = (struct rtp_place){n, hash};
    return t;
}

/* ---- finding ---- */

struct rtp_stream *rtp_stream_near(const struct rtp_watch *w, uint64_t flow,
                                   const struct addr *from, const struct addr *to, uint32_t ssrc)
{
    uint32_t hash = hash_of(flow, from, to, ssrc);
    const struct rtp_place *set = set_of(w, hash);
    struct rtp_stream *found = NULL;

    for (size_t i = 0; i < RTP_WAYS; i++) {
        struct rtp_stream *t = set[i].n && set[i].hash == hash ? &w->streams[set[i].n] : NULL;
        if (t && t->ssrc == ssrc && t->flow == flow && near_addr(&t->from, from) &&
            near_addr(&t->to, to) && (!found || t->packets > found->packets))
            found = t;
    }
    return found;
}

struct rtp_stream *rtp_stream_near_again(const struct rtp_watch *w, struct watch_place *place,
                                         uint64_t flow, const struct addr *from,
                                         const struct addr *to, uint32_t ssrc)
{
    struct rtp_stream *t = place && place->serial ? &w->streams[place->n] : NULL;

    if (t && t->serial == place->serial && t->ssrc == ssrc && !t->twin)
        return t;
    t = rtp_stream_near(w, flow, from, to, ssrc);
    if (t)
        rtp_stream_remember(t, place);
    return t;
}

struct rtp_stream *rtp_stream_find(struct rtp_watch *w, const struct watch_seen *s, uint32_t ssrc,
                                   bool make, const struct watch_sink *out)
{
    uint32_t *latest = &w->latest[(ssrc * 0x9e3779b1u ^ s->from.port) % RTP_LATEST];
    struct rtp_stream *t = &w->streams[*latest];

    for (size_t at = 64; at < 512; at += 64) /* with many streams each packet's is cold */
        __builtin_prefetch((const uint8_t *)t + at, 1);
    if (*latest && t->number && is_of(t, s, ssrc))
        return t;
    uint32_t hash = hash_of(s->flow, &s->from, &s->to, ssrc);
    const struct rtp_place *set = set_of(w, hash);
    for (size_t i = 0; i < RTP_WAYS; i++)
        if (set[i].n && set[i].hash == hash && is_of(&w->streams[set[i].n], s, ssrc)) {
            *latest = set[i].n;
            return &w->streams[set[i].n];
        }
    if (!make)
        return NULL;
    t = rtp_stream_near(w, s->flow, &s->from, &s->to, ssrc);
    if (t && t->packets == 0) { /* known by its RTCP, which went from the next port */
        t->from = s->from;
        t->to = s->to;
    } else {
        bool twin = t != NULL;
        if (twin)
            t->twin = true;
        t = take(w, s, ssrc, hash, out);
        t->twin = twin;
    }
    *latest = t->number;
    return t;
}

struct rtp_path *rtp_path_of(struct rtp_watch *w, const struct rtp_stream *t)
{
    uint32_t hash = hash_of(t->flow, &t->from, &t->to, t->from.port | (uint32_t)t->to.port << 16);
    struct rtp_path *set = &w->paths[hash % (w->paths_n / RTP_PATH_WAYS) * RTP_PATH_WAYS], *p = set;

    for (size_t i = 0; i < RTP_PATH_WAYS; i++) {
        if (set[i].used && set[i].flow == t->flow && addr_eq(&set[i].from, &t->from) &&
            addr_eq(&set[i].to, &t->to))
            return &set[i];
        if (p->used && (!set[i].used || set[i].last_us < p->last_us))
            p = &set[i];
    }
    *p = (struct rtp_path){.used = true, .flow = t->flow, .from = t->from, .to = t->to};
    return p;
}

/* ---- what not every stream has ---- */

struct rtp_history *rtp_history_take(struct rtp_watch *w, const struct rtp_stream *t)
{
    uint32_t i = w->free_history;

    if (i)
        w->free_history = w->histories[i - 1].next;
    else if (w->taken_histories < w->histories_n)
        i = (uint32_t)++w->taken_histories;
    if (!i)
        return NULL;
    struct rtp_history *h = &w->histories[i - 1];
    h->owner = t->number;
    h->n = 0;
    h->step_us = RTP_POINT_US;
    return h;
}

struct rtp_contents *rtp_contents_take(struct rtp_watch *w, const struct rtp_stream *t)
{
    uint32_t i = w->free_contents;

    if (i)
        w->free_contents = w->contents[i - 1].next;
    else if (w->taken_contents < w->contents_n)
        i = (uint32_t)++w->taken_contents;
    if (!i)
        return NULL;
    struct rtp_contents *c = &w->contents[i - 1];
    memset(c, 0, sizeof *c);
    c->owner = t->number;
    return c;
}
