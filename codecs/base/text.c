/* codecs/base/text.c - the text index in three forms, and lines read off it. */
#if defined(__x86_64__)
#include <immintrin.h>
#endif
#include "codecs/base/text.h"
#include "codecs/base/word.h"

struct text_index text_index_of(struct span set, uint32_t *at, size_t cap)
{
    struct text_index x = {.at = at, .cap = cap};

    for (size_t i = 0; set.n && i < TEXT_SET; i++)
        x.set[i] = set.p[i < set.n ? i : 0];
    return x;
}

/* Note the octets whose bits are set, bit 0 for the one at `base`. False: no room; x->scanned is
 * then that of the first that is not noted. */
static inline bool note(struct text_index *x, size_t base, uint64_t bits)
{
    for (; bits; bits &= bits - 1) {
        size_t at = base + (size_t)__builtin_ctzll(bits);
        if (x->n == x->cap) {
            x->scanned = at;
            return false;
        }
        x->at[x->n++] = (uint32_t)at;
    }
    return true;
}

/* How much of a text positions can name. */
static inline size_t reach(struct span text)
{
    return text.n < TEXT_MAX ? text.n : TEXT_MAX;
}

/* ---- eight octets in a word ---- */

static inline uint64_t get_le64(const uint8_t *p)
{
    return (uint64_t)p[7] << 56 | (uint64_t)p[6] << 48 | (uint64_t)p[5] << 40 |
           (uint64_t)p[4] << 32 | (uint64_t)p[3] << 24 | (uint64_t)p[2] << 16 |
           (uint64_t)p[1] << 8 | p[0];
}

static inline bool in_set(const struct text_index *x, uint8_t c)
{
    return c == x->set[0] || c == x->set[1] || c == x->set[2] || c == x->set[3];
}

bool text_scan_portable(struct text_index *x, struct span text)
{
    size_t end = reach(text), i = x->scanned;

    for (; i < end && end - i >= 8; i += 8) {
        uint64_t v = get_le64(text.p + i);
        uint64_t hit = word_equal(v, x->set[0]) | word_equal(v, x->set[1]) |
                       word_equal(v, x->set[2]) | word_equal(v, x->set[3]);
        for (; hit; hit &= hit - 1)
            if (!note(x, i + (size_t)__builtin_ctzll(hit) / 8, 1))
                return false;
    }
    for (; i < end; i++)
        if (in_set(x, text.p[i]) && !note(x, i, 1))
            return false;
    if (x->scanned < end)
        x->scanned = end;
    return end == text.n;
}

#if defined(__x86_64__)

/* ---- 16 octets, which every x86-64 can ---- */

static inline uint64_t match16(const uint8_t *p, const __m128i set[TEXT_SET])
{
    __m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
    __m128i a = _mm_or_si128(_mm_cmpeq_epi8(v, set[0]), _mm_cmpeq_epi8(v, set[1]));
    __m128i b = _mm_or_si128(_mm_cmpeq_epi8(v, set[2]), _mm_cmpeq_epi8(v, set[3]));
    return (uint16_t)_mm_movemask_epi8(_mm_or_si128(a, b));
}

bool text_scan_sse2(struct text_index *x, struct span text)
{
    size_t end = reach(text), i = x->scanned;
    __m128i set[TEXT_SET];

    if (end < 16) /* no whole step, not even one that reaches back */
        return text_scan_portable(x, text);
    for (size_t k = 0; k < TEXT_SET; k++)
        set[k] = _mm_set1_epi8((char)x->set[k]);
    for (; i < end && end - i >= 64; i += 64) {
        uint64_t bits = match16(text.p + i, set) | match16(text.p + i + 16, set) << 16 |
                        match16(text.p + i + 32, set) << 32 | match16(text.p + i + 48, set) << 48;
        if (!note(x, i, bits))
            return false;
    }
    for (; i < end && end - i >= 16; i += 16)
        if (!note(x, i, match16(text.p + i, set)))
            return false;
    /* the last step ends with the text and looks again at some octets before i */
    if (i < end && !note(x, i, match16(text.p + end - 16, set) >> (16 - (end - i))))
        return false;
    if (x->scanned < end)
        x->scanned = end;
    return end == text.n;
}

/* ---- 32 octets ---- */

#define AVX2 __attribute__((target("avx2")))

AVX2 static inline uint64_t match32(const uint8_t *p, const __m256i set[TEXT_SET])
{
    __m256i v = _mm256_loadu_si256((const __m256i *)(const void *)p);
    __m256i a = _mm256_or_si256(_mm256_cmpeq_epi8(v, set[0]), _mm256_cmpeq_epi8(v, set[1]));
    __m256i b = _mm256_or_si256(_mm256_cmpeq_epi8(v, set[2]), _mm256_cmpeq_epi8(v, set[3]));
    return (uint32_t)_mm256_movemask_epi8(_mm256_or_si256(a, b));
}

AVX2 bool text_scan_avx2(struct text_index *x, struct span text)
{
    size_t end = reach(text), i = x->scanned;
    __m256i set[TEXT_SET];

    if (end < 32)
        return text_scan_sse2(x, text);
    for (size_t k = 0; k < TEXT_SET; k++)
        set[k] = _mm256_set1_epi8((char)x->set[k]);
    for (; i < end && end - i >= 64; i += 64) {
        uint64_t bits = match32(text.p + i, set) | match32(text.p + i + 32, set) << 32;
        if (!note(x, i, bits))
            return false;
    }
    if (i < end && end - i >= 32) {
        if (!note(x, i, match32(text.p + i, set)))
            return false;
        i += 32;
    }
    if (i < end && !note(x, i, match32(text.p + end - 32, set) >> (32 - (end - i))))
        return false;
    if (x->scanned < end)
        x->scanned = end;
    return end == text.n;
}

bool text_scan(struct text_index *x, struct span text)
{
    return __builtin_cpu_supports("avx2") ? text_scan_avx2(x, text) : text_scan_sse2(x, text);
}

#else

bool text_scan_sse2(struct text_index *x, struct span text)
{
    return text_scan_portable(x, text);
}

bool text_scan_avx2(struct text_index *x, struct span text)
{
    return text_scan_portable(x, text);
}

bool text_scan(struct text_index *x, struct span text)
{
    return text_scan_portable(x, text);
}

#endif

void text_drop(struct text_index *x, size_t n)
{
    size_t gone = 0, left;

    while (gone < x->n && x->at[gone] < n)
        gone++;
    left = x->n - gone;
    for (size_t i = 0; i < left; i++)
        x->at[i] = (uint32_t)(x->at[gone + i] - n);
    x->n = left;
    x->scanned -= n < x->scanned ? n : x->scanned;
}

bool text_line(struct text_lines *c, const struct text_index *x, struct span text,
               struct text_line *line)
{
    while (c->i < x->n) {
        size_t at = x->at[c->i++];
        uint8_t octet = text.p[at];
        if (octet == ':' && !c->colon)
            c->colon = at + 1;
        if (octet == '\r') {
            c->bare_cr |= c->cr != 0; /* the one before has no LF */
            c->cr = at + 1;
        }
        if (octet != '\n')
            continue;
        bool crlf = c->cr && c->cr == at;
        line->s = span_cut(text, c->begin, crlf ? at - 1 : at);
        line->colon = c->colon ? c->colon - 1 - c->begin : line->s.n;
        line->bare_cr = c->bare_cr || (c->cr && !crlf);
        line->end = crlf ? TEXT_CRLF : TEXT_LF;
        *c = (struct text_lines){.i = c->i, .begin = at + 1};
        return true;
    }
    return false;
}
