/* codecs/sdp/sdp_parts.h - what the files of this codec share; inside codecs/sdp only. */
#ifndef CODECS_SDP_SDP_PARTS_H
#define CODECS_SDP_SDP_PARTS_H
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
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    const uint64_t ones = 0x0101010101010101u;
    for (uint64_t v; lim - p >= 8; p += 8) {
        if (p >= end)
            return end;
        memcpy(&v, p, 8);
        v ^= ones * c;
        v = (v - ones) & ~v & (ones << 7); /* its lowest bit is at the first octet that is now 0 */
        if (v) {
            p += __builtin_ctzll(v) / 8;
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
/* The same of 64 bits. */
static inline uint64_t sdp_u64(struct span s)
{
    uint64_t v;
    return lex_number(s, &v) ? v : SDP_NO_TIME;
}
/* Room for one record, not zeroed; NULL: `mem` is full. */
static inline void *sdp_take(struct arena *mem, size_t size)
{
    struct arena_list l = {0};
    return arena_push(mem, &l, size);
}
/* The words of `c`, apart by single `stop`. */
void sdp_words(struct sdp_cur *c, uint8_t stop, struct arena *mem, const struct span **v,
               size_t *n);
/* The direction that an attribute says; false: it is none of these four. */
bool sdp_direction_of(const struct sdp_attribute *a, enum sdp_direction *d);
/* The direction that the first such attribute says; false: there is none. */
bool sdp_direction_in(const struct sdp_section *s, enum sdp_direction *d);
/* Type the value of an attribute. */
void sdp_attribute_parts(struct sdp_attribute *a, const uint8_t *lim, struct arena *mem);

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
