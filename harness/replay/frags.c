/* harness/replay/frags.c - reassembly: RFC 791 section 3.2, RFC 8200 section 4.5, RFC 5722. */
#include <stdlib.h>
#include "harness/replay/frags.h"

enum { UNITS = (FRAGS_OCTETS_MAX + 7) / 8 };

struct slot {
    bool used, dead; /* dead: thrown away, what else comes of it goes the same way */
    uint8_t src[16], dst[16], family, proto;
    uint32_t id;
    uint8_t first_proto;
    uint64_t began_ns, serial;
    uint32_t total; /* octets; 0: the last fragment has not come */
    uint32_t end;   /* octets, as far as fragments reach */
    size_t units;   /* of eight octets that are there */
    uint32_t frames[FRAGS_FRAMES_MAX];
    size_t n_frames;
    uint8_t *data;               /* FRAGS_OCTETS_MAX, allocated when first used */
    uint8_t have[UNITS / 8 + 1]; /* a bit a unit */
};
struct frags {
    struct slot slots[FRAGS_DATAGRAMS_MAX];
    uint64_t serial;
};

struct frags *frags_new(void)
{
    return calloc(1, sizeof(struct frags));
}

void frags_free(struct frags *f)
{
    for (size_t i = 0; f && i < FRAGS_DATAGRAMS_MAX; i++)
        free(f->slots[i].data);
    free(f);
}

static bool same(const struct slot *s, const struct frag *g)
{
    return s->used && s->id == g->id && s->family == g->family &&
           (g->family == 6 || s->proto == g->proto) && memcmp(s->src, g->src, 16) == 0 &&
           memcmp(s->dst, g->dst, 16) == 0;
}

static bool too_old(const struct slot *s, const struct frag *g)
{
    return g->time_ns > s->began_ns &&
           g->time_ns - s->began_ns > (uint64_t)FRAGS_SECONDS_MAX * 1000000000u;
}

/* Begin anew in a slot, telling what was lost with what it held. */
static struct slot *begin(struct frags *f, struct slot *s, const struct frag *g, uint32_t *lost)
{
    uint8_t *data = s->data ? s->data : malloc(FRAGS_OCTETS_MAX);

    if (s->used && !s->dead)
        *lost = s->frames[0];
    *s = (struct slot){.data = data};
    if (!data)
        return NULL;
    s->used = true;
    memcpy(s->src, g->src, 16);
    memcpy(s->dst, g->dst, 16);
    s->family = g->family;
    s->proto = g->proto;
    s->id = g->id;
    s->began_ns = g->time_ns;
    s->serial = ++f->serial;
    return s;
}

/* The slot of a fragment's datagram: its own, a free one, or the oldest. NULL: no memory. */
static struct slot *slot_of(struct frags *f, const struct frag *g, uint32_t *lost)
{
    struct slot *unused = NULL, *oldest = &f->slots[0];

    for (size_t i = 0; i < FRAGS_DATAGRAMS_MAX; i++) {
        struct slot *s = &f->slots[i];
        if (same(s, g))
            return too_old(s, g) ? begin(f, s, g, lost) : s;
        if (!s->used && !unused)
            unused = s;
        if (s->serial < oldest->serial)
            oldest = s;
    }
    return begin(f, unused ? unused : oldest, g, lost);
}

static bool has(const struct slot *s, size_t unit)
{
    return s->have[unit / 8] >> unit % 8 & 1;
}

/* Copy what is new of a fragment; what is there already stays. Returns how many of its units were
 * there; *differs: with other octets. */
static size_t merge(struct slot *s, const struct frag *g, bool *differs)
{
    size_t known = 0;

    for (size_t at = 0; at < g->data.n; at += 8) {
        size_t unit = (g->off + at) / 8, n = g->data.n - at < 8 ? g->data.n - at : 8;
        if (has(s, unit)) {
            known++;
            *differs |= memcmp(s->data + unit * 8, g->data.p + at, n) != 0;
            continue;
        }
        memcpy(s->data + unit * 8, g->data.p + at, n);
        s->have[unit / 8] |= (uint8_t)(1u << unit % 8);
        s->units++;
    }
    return known;
}

static enum frags_result throw_away(struct slot *s, const char **why, const char *words)
{
    s->dead = true;
    *why = words;
    return FRAGS_BAD;
}

static const char *lies(const struct frag *g)
{
    if (g->off + g->data.n > FRAGS_OCTETS_MAX)
        return "the fragment reaches past octet 65535 of its datagram";
    if (g->more && g->data.n % 8)
        return "a fragment that is not the last has no multiple of 8 octets";
    if (g->data.n == 0)
        return "the fragment is empty";
    return NULL;
}

enum frags_result frags_add(struct frags *f, const struct frag *g, struct frags_whole *whole,
                            const char **why, uint32_t *lost)
{
    uint32_t end = g->off + (uint32_t)g->data.n;
    bool differs = false;

    *lost = 0;
    if ((*why = lies(g)))
        return FRAGS_BAD;
    struct slot *s = slot_of(f, g, lost);
    if (!s) {
        *why = "no memory is left to put fragments together";
        return FRAGS_BAD;
    }
    if (s->dead)
        return FRAGS_MORE;
    if (s->n_frames < FRAGS_FRAMES_MAX)
        s->frames[s->n_frames++] = g->frame;
    if ((s->total && (end > s->total || (!g->more && end != s->total))) ||
        (!g->more && s->end > end))
        return throw_away(s, why, "fragments disagree where their datagram ends");
    if (!g->more)
        s->total = end;
    if (end > s->end)
        s->end = end;
    if (g->off == 0)
        s->first_proto = g->proto;
    size_t known = merge(s, g, &differs);
    /* RFC 5722: an exact copy may be ignored, any other overlap spoils the datagram */
    if (g->family == 6 && known && (differs || known != (g->data.n + 7) / 8))
        return throw_away(s, why, "fragments overlap");
    if (known && differs)
        *why = "fragments overlap with different octets; the first ones are kept";
    if (!s->total || s->units < (s->total + 7) / 8)
        return FRAGS_MORE;
    *whole = (struct frags_whole){{s->data, s->total}, s->first_proto, s->frames, s->n_frames};
    s->used = false;
    return FRAGS_DONE;
}

uint32_t frags_left(struct frags *f)
{
    for (size_t i = 0; i < FRAGS_DATAGRAMS_MAX; i++) {
        struct slot *s = &f->slots[i];
        if (!s->used)
            continue;
        s->used = false;
        if (!s->dead)
            return s->frames[0];
    }
    return 0;
}
