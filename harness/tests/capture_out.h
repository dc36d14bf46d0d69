/* harness/tests/capture_out.h - for tests: capture files written by hand, in either byte order; blocks of pcapng. */
#ifndef HARNESS_TESTS_CAPTURE_OUT_H
#define HARNESS_TESTS_CAPTURE_OUT_H
#include "codecs/base/base.h"

struct out { /* writes a file in either byte order */
    struct wr w;
    bool big;
};

static inline void out_u16(struct out *o, unsigned v)
{
    wr_u8(&o->w, (uint8_t)(o->big ? v >> 8 : v));
    wr_u8(&o->w, (uint8_t)(o->big ? v : v >> 8));
}

static inline void out_u32(struct out *o, uint32_t v)
{
    out_u16(o, o->big ? v >> 16 : v & 0xffff);
    out_u16(o, o->big ? v & 0xffff : v >> 16);
}

/* Start a block; out_end fills in its length. Returns where it stands. */
static inline size_t out_block(struct out *o, uint32_t type)
{
    out_u32(o, type);
    out_u32(o, 0);
    return o->w.n - 8;
}

/* Start a section or an interface, as far as its options. */
static inline size_t out_section(struct out *o)
{
    size_t at = out_block(o, 0x0a0d0d0a);
    out_u32(o, 0x1a2b3c4d);
    out_u16(o, 1);
    out_u16(o, 0);
    out_u32(o, UINT32_MAX);
    out_u32(o, UINT32_MAX);
    return at;
}

static inline size_t out_interface(struct out *o, unsigned link, uint32_t snap)
{
    size_t at = out_block(o, 1);
    out_u16(o, link);
    out_u16(o, 0);
    out_u32(o, snap);
    return at;
}

/* An option of up to 65535 octets. */
static inline void out_option(struct out *o, unsigned code, struct span value)
{
    out_u16(o, code);
    out_u16(o, (unsigned)value.n);
    wr_put(&o->w, value);
    while (o->w.n % 4)
        wr_u8(&o->w, 0);
}

/* End the block at `at`. */
static inline void out_end(struct out *o, size_t at)
{
    while ((o->w.n - at) % 4)
        wr_u8(&o->w, 0);
    size_t total = o->w.n - at + 4, end = o->w.n;
    out_u32(o, (uint32_t)total);
    memcpy(o->w.p + at + 4, o->w.p + end, 4);
}
#endif
