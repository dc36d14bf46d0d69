/* codecs/base/word_impl.h - eight octets in a word, compared at once; the top bits of its octets answer. */
#ifndef CODECS_BASE_WORD_IMPL_H
#define CODECS_BASE_WORD_IMPL_H
#include <stdint.h>

static inline uint64_t word_each(uint8_t octet)
{
    return UINT64_C(0x0101010101010101) * octet;
}

/* The top bit of each octet of `v` that equals `octet`, and no other bit: no carry leaves an octet,
 * since the top bits are masked before the sum. */
static inline uint64_t word_equal(uint64_t v, uint8_t octet)
{
    uint64_t diff = v ^ word_each(octet);
    return ~(((diff & word_each(0x7f)) + word_each(0x7f)) | diff | word_each(0x7f));
}

/* Whether any octet of `v`, all of them below 0x80, is below `octet`, which is at most 0x80: some top bit is set.
 * Not which one: a borrow goes on into the next octet. */
static inline uint64_t word_below(uint64_t v, uint8_t octet)
{
    return v - word_each(octet);
}

/* The same for equals, `octet` being below 0x80 too: half the work of word_equal. */
static inline uint64_t word_holds(uint64_t v, uint8_t octet)
{
    return word_below(v ^ word_each(octet), 1);
}
#endif
