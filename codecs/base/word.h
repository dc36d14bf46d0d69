/* codecs/base/word.h - eight octets in a word, compared at once; the top bits of its octets answer. */
#ifndef CODECS_BASE_WORD_H
#define CODECS_BASE_WORD_H
#include <stdbool.h>
#include <stddef.h>
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
/* A word as if its first octet in memory were the lowest one, and back. */
static inline uint64_t word_little(uint64_t v)
{
    return __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? v : __builtin_bswap64(v);
}
/* A word as the number that its octets write, the first one highest; and half a word. */
static inline uint64_t word_big(uint64_t v)
{
    return __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? __builtin_bswap64(v) : v;
}
static inline uint32_t word_big_half(uint32_t v)
{
    return __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? __builtin_bswap32(v) : v;
}

/* How many bits are set. */
static inline size_t word_ones(uint64_t v)
{
    v -= (v >> 1) & word_each(0x55);
    v = (v & word_each(0x33)) + ((v >> 2) & word_each(0x33));
    return ((v + (v >> 4)) & word_each(0x0f)) * word_each(1) >> 56;
}

/* The first `n` octets of a word, 1 to 8 of them, as the last ones of one that has zeros in front; each without
 * what decimal digits have in common. */
static inline uint64_t word_digit_values(uint64_t v, size_t n)
{
    return (word_little(v) ^ word_each('0')) << 8 * (sizeof v - n);
}
/* Of octets without what decimal digits have in common: some bits of those that are no digits, if any is. Above the
 * lowest of them others may be set too. */
static inline uint64_t word_no_digits(uint64_t values)
{
    return (values | (values + word_each(6))) & word_each(0xf0);
}
/* Whether they are decimal digits. */
static inline bool word_digits(uint64_t v, size_t n)
{
    return word_no_digits(word_digit_values(v, n)) == 0;
}
/* How many decimal digits the octets of a word begin with. */
static inline size_t word_leading_digits(uint64_t v)
{
    uint64_t other = word_no_digits(word_digit_values(v, sizeof v));
    return other ? (size_t)__builtin_ctzll(other) / 8 : sizeof v;
}
/* The number that they write. */
static inline uint64_t word_number(uint64_t v, size_t n)
{
    uint64_t values = word_digit_values(v, n);
    values = values * 10 + (values >> 8); /* two digits each, in every second octet */
    return ((values & UINT64_C(0x000000ff000000ff)) * (100 + (UINT64_C(1000000) << 32)) +
            (values >> 16 & UINT64_C(0x000000ff000000ff)) * (1 + (UINT64_C(10000) << 32))) >>
           32;
}
#endif
