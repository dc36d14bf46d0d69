/* codecs/sdp/sdp_parts.h - what the files of this codec share; inside codecs/sdp only. */
#ifndef CODECS_SDP_SDP_PARTS_H
#define CODECS_SDP_SDP_PARTS_H
#if defined(__SSE2__)
#include <emmintrin.h>
#endif
#include "codecs/sdp/sdp.h"

/* Reading a value from its front: the octets to `end` are its own, those to `lim` can be read. */
struct sdp_cur {
    const uint8_t *p; /* NULL: nothing is left, not even an empty part */
    const uint8_t *end, *lim;
};
static inline struct sdp_cur sdp_cur_of(struct span s, const uint8_t *lim)
{
    return (struct sdp_cur){s.p, s.p ? s.p + s.n : NULL, lim};
}
/* Where the first `c` from `p` on stands; end: there is none. */
static inline const uint8_t *sdp_find(const uint8_t *p, const uint8_t *end, const uint8_t *lim,
                                      uint8_t c)
{
#if defined(__SSE2__)
    const __m128i wanted = _mm_set1_epi8((char)c);
    for (; lim - p >= 16; p += 16) {
        if (p >= end)
            return end;
        __m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
        unsigned hit = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(v, wanted));
        if (hit) {
            p += (unsigned)__builtin_ctz(hit);
            return p < end ? p : end;
        }
    }
#else
    (void)lim;
#endif
    while (p < end && *p != c)
        p++;
    return p < end ? p : end;
}
/* What stands before the next `c`, which is passed over; all that is left where there is none. p is NULL behind the
 * last part. */
static inline struct span sdp_until(struct sdp_cur *c, uint8_t stop)
{
    if (!c->p)
        return (struct span){NULL, 0};
    const uint8_t *from = c->p, *at = sdp_find(from, c->end, c->lim, stop);
    c->p = at < c->end ? at + 1 : NULL;
    return (struct span){from, (size_t)(at - from)};
}
static inline struct span sdp_word(struct sdp_cur *c)
{
    return sdp_until(c, ' ');
}
/* All that is left. */
static inline struct span sdp_left(struct sdp_cur *c)
{
    struct span s = {c->p, c->p ? (size_t)(c->end - c->p) : 0};
    c->p = NULL;
    return s;
}
/* A decimal number; SDP_NONE: it is none, or not below SDP_NONE. */
static inline uint32_t sdp_u32(struct span s)
{
    uint64_t v = 0;

    for (size_t i = 0; i < s.n; i++) {
        uint8_t d = (uint8_t)(s.p[i] - '0');
        v = v * 10 + d;
        if (d > 9 || v >= SDP_NONE)
            return SDP_NONE;
    }
    return s.n ? (uint32_t)v : SDP_NONE;
}
/* The number that stands before the next `stop`, which is passed over: sdp_u32(sdp_until(c, stop)) in one go. */
static inline uint32_t sdp_u32_until(struct sdp_cur *c, uint8_t stop)
{
    const uint8_t *p = c->p;
    uint32_t v = 0;

    if (!p)
        return SDP_NONE;
    const uint8_t *most = c->end - p > 9 ? p + 9 : c->end; /* so many digits fit */
    for (; p < most && (uint8_t)(*p - '0') <= 9; p++)
        v = v * 10 + (uint8_t)(*p - '0');
    if (p == c->p || (p < c->end && *p != stop))
        return sdp_u32(sdp_until(c, stop));
    c->p = p < c->end ? p + 1 : NULL;
    return v;
}
/* As sdp_u32, of 64 bits. */
static inline uint64_t sdp_u64(struct span s)
{
    uint64_t v = 0;

    if (s.n > 19) /* it may be too large, or have zeros in front */
        return lex_number(s, &v) ? v : SDP_NO_TIME;
    for (size_t i = 0; i < s.n; i++) {
        uint8_t d = (uint8_t)(s.p[i] - '0');
        if (d > 9)
            return SDP_NO_TIME;
        v = v * 10 + d;
    }
    return s.n ? v : SDP_NO_TIME;
}
/* A list of items that nothing else is taken between: each is filled before the next one is asked for. */
struct sdp_run {
    struct arena *mem;
    struct arena_run at;
    size_t size, n;
};
static inline struct sdp_run sdp_run_of(struct arena *mem, size_t size)
{
    return (struct sdp_run){mem, arena_run(mem, size), size, 0};
}
/* Room for one item more; NULL: `mem` is full, and says so. */
static inline void *sdp_run_next(struct sdp_run *r)
{
    if (r->n < r->at.room)
        return (uint8_t *)r->at.p + r->size * r->n++;
    r->mem->full = true;
    return NULL;
}
/* Keep the items, of which there are `*n`; NULL: none. */
static inline void *sdp_run_end(const struct sdp_run *r, size_t *n)
{
    arena_run_end(r->mem, r->at, r->n, r->size);
    *n = r->n;
    return r->n ? r->at.p : NULL;
}
/* All words of `c`, apart by single `stop`. */
void sdp_words(struct sdp_cur c, uint8_t stop, struct arena *mem, const struct span **v, size_t *n);
/* The direction that an attribute says; false: it is none of these four. */
bool sdp_direction_of(const struct sdp_attribute *a, enum sdp_direction *d);
/* The direction that the first such attribute says; false: there is none. */
bool sdp_direction_in(const struct sdp_section *s, enum sdp_direction *d);
/* Type the values of attributes. */
void sdp_attribute_parts(struct sdp_attribute *v, size_t n, const uint8_t *lim, struct arena *mem);

void sdp_origin_of(struct span s, const uint8_t *lim, struct sdp_origin *o);
void sdp_contact_of(struct span s, struct sdp_contact *c);
void sdp_connection_of(struct span s, const uint8_t *lim, struct sdp_connection *c);
void sdp_bandwidth_of(struct span s, const uint8_t *lim, struct sdp_bandwidth *b);
void sdp_time_of(struct span s, const uint8_t *lim, struct sdp_time *t);
void sdp_repeat_of(struct span s, const uint8_t *lim, struct arena *mem, struct sdp_repeat *r);
void sdp_zone_of(struct span s, const uint8_t *lim, struct arena *mem, struct sdp_zone *z);
void sdp_key_of(struct span s, const uint8_t *lim, struct sdp_key *k);
/* The parts of m=; all else in `m` stays as it is. */
void sdp_media_of(struct span s, const uint8_t *lim, struct arena *mem, struct sdp_media *m);
/* Whether the address of a connection is a multicast one; NULL: no. */
bool sdp_is_multicast(const struct sdp_connection *c);
#endif
