/* fuzz/mutate/mutate_octets.c - changes that know of octets only. */
#include "fuzz/mutate/mutate_impl.h"

struct octets {
    uint8_t *p;
    size_t n, max;
};

static void flip(struct mutator *m, struct octets *o)
{
    if (o->n)
        o->p[pick(m, o->n)] ^= (uint8_t)(1u << pick(m, 8));
}

static void set_one(struct mutator *m, struct octets *o)
{
    static const uint8_t edges[] = {0,   1,    0x3f, 0x40, 0x7f, 0x80, 0xff,
                                    '"', '\\', '%',  '\r', '\n', ' '};

    if (o->n)
        o->p[pick(m, o->n)] =
            once_in(m, 2) ? edges[pick(m, COUNT(edges))] : (uint8_t)rng_next(m->rng);
}

/* A number of 16 or 32 bits in network order: a little more or less, or a boundary. */
static void number(struct mutator *m, struct octets *o)
{
    static const uint32_t edges[] = {0,      1,      3,      4,          0x7fff,
                                     0x8000, 0xfffc, 0xffff, 0x7fffffff, 0x80000000};
    size_t size = once_in(m, 3) ? 4 : 2;

    if (o->n < size)
        return;
    uint8_t *at = o->p + pick(m, o->n - size + 1);
    uint32_t v = size == 2 ? get_u16(at) : get_u32(at);
    v = once_in(m, 3) ? edges[pick(m, COUNT(edges))] : v + (uint32_t)pick(m, 33) - 16;
    if (size == 2)
        put_u16(at, (uint16_t)v);
    else
        put_u32(at, v);
}

static void erase(struct mutator *m, struct octets *o)
{
    size_t from = pick(m, o->n), len = 1 + pick(m, once_in(m, 2) ? 4 : 64);

    if (o->n == 0)
        return;
    if (len > o->n - from)
        len = o->n - from;
    memmove(o->p + from, o->p + from + len, o->n - from - len);
    o->n -= len;
}

/* Make room for `len` octets at `at`, fewer where there is no more; returns how many. */
static size_t open_gap(struct octets *o, size_t at, size_t len)
{
    if (len > o->max - o->n)
        len = o->max - o->n;
    memmove(o->p + at + len, o->p + at, o->n - at);
    o->n += len;
    return len;
}

static void insert(struct mutator *m, struct octets *o)
{
    size_t at = pick(m, o->n + 1), len = open_gap(o, at, 1 + pick(m, once_in(m, 2) ? 4 : 64));
    bool same = once_in(m, 2);
    uint8_t v = (uint8_t)rng_next(m->rng);

    for (size_t i = 0; i < len; i++)
        o->p[at + i] = same ? v : (uint8_t)rng_next(m->rng);
}

static void copy_part(struct mutator *m, struct octets *o)
{
    uint8_t part[64];
    size_t from = pick(m, o->n), len = 1 + pick(m, sizeof part);

    if (o->n == 0)
        return;
    if (len > o->n - from)
        len = o->n - from;
    memcpy(part, o->p + from, len);
    size_t at = pick(m, o->n + 1);
    if (once_in(m, 2))
        len = open_gap(o, at, len);
    else if (len > o->n - at)
        len = o->n - at;
    memcpy(o->p + at, part, len);
}

static void token(struct mutator *m, struct octets *o)
{
    struct span t = m->n_tokens ? m->tokens[pick(m, m->n_tokens)] : (struct span){0};
    size_t at = pick(m, o->n + 1), len = t.n;

    if (once_in(m, 2))
        len = open_gap(o, at, len);
    else if (len > o->n - at)
        len = o->n - at;
    if (len)
        memcpy(o->p + at, t.p, len);
}

size_t octets_change(struct mutator *m, uint8_t *p, size_t n, size_t max)
{
    if (m->engine && max > 0)
        return m->engine(p, n < max ? n : max, max);

    static void (*const ways[])(struct mutator *, struct octets *) = {
        flip, set_one, number, erase, insert, copy_part, token};
    struct octets o = {p, n < max ? n : max, max};

    do
        ways[pick(m, COUNT(ways))](m, &o);
    while (once_in(m, 2));
    return o.n;
}
