/* codecs/base/marks.c - blocks of text, looked at in four forms. */
#if defined(__x86_64__)
#include <immintrin.h>
#endif
#include "codecs/base/marks.h"

/* ---- an octet at a time ---- */

enum { STOP = 1, QUOTE = 2, EQUAL = 4, CLOSE = 8, AT = 16, HOST = 32 };
static const uint8_t classes[256] = {
    [';'] = STOP | HOST, [','] = STOP,  ['<'] = STOP, ['"'] = STOP | QUOTE, ['\\'] = QUOTE,
    ['='] = EQUAL,       ['>'] = CLOSE, ['@'] = AT,   [':'] = HOST,         ['?'] = HOST,
};

static inline void block_portable(const uint8_t *p, struct marks_block *b)
{
    *b = (struct marks_block){{0}};
    for (size_t i = 0; i < MARKS_BLOCK; i++)
        for (unsigned c = classes[p[i]]; c; c &= c - 1)
            b->of[__builtin_ctz(c)] |= UINT64_C(1) << i;
}

static void lines_portable(const uint8_t *p, size_t n, struct marks_lines *v)
{
    for (; n > 0; n--, v++) {
        *v = (struct marks_lines){0};
        for (size_t i = 0; i < MARKS_BLOCK; i++, p++) {
            v->lf |= (uint64_t)(*p == '\n') << i;
            v->cr |= (uint64_t)(*p == '\r') << i;
            v->colon |= (uint64_t)(*p == ':') << i;
        }
    }
}

static void blocks_portable(const uint8_t *p, size_t n, struct marks_block *v)
{
    for (; n > 0; n--, p += MARKS_BLOCK)
        block_portable(p, v++);
}

const struct marks_form marks_portable = {blocks_portable, lines_portable};

#if defined(__x86_64__)

/* ---- 16 octets, which every x86-64 can ---- */

struct four { /* a block, or an answer for each of its octets */
    __m128i v[4];
};
static inline struct four four_of(const uint8_t *p)
{
    const __m128i *from = (const __m128i *)(const void *)p;
    return (struct four){{_mm_loadu_si128(from), _mm_loadu_si128(from + 1),
                          _mm_loadu_si128(from + 2), _mm_loadu_si128(from + 3)}};
}
static inline struct four four_is(struct four s, char c)
{
    for (int i = 0; i < 4; i++)
        s.v[i] = _mm_cmpeq_epi8(s.v[i], _mm_set1_epi8(c));
    return s;
}
static inline struct four four_or(struct four a, struct four b)
{
    for (int i = 0; i < 4; i++)
        a.v[i] = _mm_or_si128(a.v[i], b.v[i]);
    return a;
}
static inline uint64_t four_bits(struct four s)
{
    uint64_t bits = 0;
    for (int i = 0; i < 4; i++)
        bits |= (uint64_t)(uint16_t)_mm_movemask_epi8(s.v[i]) << 16 * i;
    return bits;
}

static inline void block_sse2(const uint8_t *p, struct marks_block *b)
{
    struct four s = four_of(p), semi = four_is(s, ';'), quote = four_is(s, '"');

    b->of[MARKS_STOP] =
        four_bits(four_or(four_or(semi, quote), four_or(four_is(s, ','), four_is(s, '<'))));
    b->of[MARKS_QUOTE] = four_bits(four_or(quote, four_is(s, '\\')));
    b->of[MARKS_EQUAL] = four_bits(four_is(s, '='));
    b->of[MARKS_CLOSE] = four_bits(four_is(s, '>'));
    b->of[MARKS_AT] = four_bits(four_is(s, '@'));
    b->of[MARKS_HOST] = four_bits(four_or(semi, four_or(four_is(s, ':'), four_is(s, '?'))));
}

static void lines_sse2(const uint8_t *p, size_t n, struct marks_lines *v)
{
    for (; n > 0; n--, v++, p += MARKS_BLOCK) {
        struct four s = four_of(p);
        *v = (struct marks_lines){four_bits(four_is(s, '\n')), four_bits(four_is(s, '\r')),
                                  four_bits(four_is(s, ':'))};
    }
}

static void blocks_sse2(const uint8_t *p, size_t n, struct marks_block *v)
{
    for (; n > 0; n--, p += MARKS_BLOCK)
        block_sse2(p, v++);
}

const struct marks_form marks_sse2 = {blocks_sse2, lines_sse2};

/* ---- 32 octets ---- */

#define AVX2 __attribute__((target("avx2")))

struct two {
    __m256i v[2];
};
AVX2 static inline struct two two_of(const uint8_t *p)
{
    const __m256i *from = (const __m256i *)(const void *)p;
    return (struct two){{_mm256_loadu_si256(from), _mm256_loadu_si256(from + 1)}};
}
AVX2 static inline struct two two_is(struct two s, char c)
{
    return (struct two){{_mm256_cmpeq_epi8(s.v[0], _mm256_set1_epi8(c)),
                         _mm256_cmpeq_epi8(s.v[1], _mm256_set1_epi8(c))}};
}
AVX2 static inline struct two two_or(struct two a, struct two b)
{
    return (struct two){{_mm256_or_si256(a.v[0], b.v[0]), _mm256_or_si256(a.v[1], b.v[1])}};
}
AVX2 static inline uint64_t two_bits(struct two s)
{
    return (uint32_t)_mm256_movemask_epi8(s.v[0]) | (uint64_t)(uint32_t)_mm256_movemask_epi8(s.v[1])
                                                        << 32;
}

AVX2 static inline void block_avx2(const uint8_t *p, struct marks_block *b)
{
    struct two s = two_of(p), semi = two_is(s, ';'), quote = two_is(s, '"');

    b->of[MARKS_STOP] =
        two_bits(two_or(two_or(semi, quote), two_or(two_is(s, ','), two_is(s, '<'))));
    b->of[MARKS_QUOTE] = two_bits(two_or(quote, two_is(s, '\\')));
    b->of[MARKS_EQUAL] = two_bits(two_is(s, '='));
    b->of[MARKS_CLOSE] = two_bits(two_is(s, '>'));
    b->of[MARKS_AT] = two_bits(two_is(s, '@'));
    b->of[MARKS_HOST] = two_bits(two_or(semi, two_or(two_is(s, ':'), two_is(s, '?'))));
}

AVX2 static void lines_avx2(const uint8_t *p, size_t n, struct marks_lines *v)
{
    for (; n > 0; n--, v++, p += MARKS_BLOCK) {
        struct two s = two_of(p);
        *v = (struct marks_lines){two_bits(two_is(s, '\n')), two_bits(two_is(s, '\r')),
                                  two_bits(two_is(s, ':'))};
    }
}

AVX2 static void blocks_avx2(const uint8_t *p, size_t n, struct marks_block *v)
{
    for (; n > 0; n--, p += MARKS_BLOCK)
        block_avx2(p, v++);
}

const struct marks_form marks_avx2 = {blocks_avx2, lines_avx2};

/* ---- 64 octets ---- */

#define AVX512 __attribute__((target("avx512f,avx512bw")))

AVX512 static void blocks_avx512(const uint8_t *p, size_t n, struct marks_block *v)
{
    for (; n > 0; n--, v++, p += MARKS_BLOCK) {
        __m512i s = _mm512_loadu_si512(p);
        uint64_t semi = _mm512_cmpeq_epi8_mask(s, _mm512_set1_epi8(';'));
        uint64_t quote = _mm512_cmpeq_epi8_mask(s, _mm512_set1_epi8('"'));
        v->of[MARKS_STOP] = semi | quote | _mm512_cmpeq_epi8_mask(s, _mm512_set1_epi8(',')) |
                            _mm512_cmpeq_epi8_mask(s, _mm512_set1_epi8('<'));
        v->of[MARKS_QUOTE] = quote | _mm512_cmpeq_epi8_mask(s, _mm512_set1_epi8('\\'));
        v->of[MARKS_EQUAL] = _mm512_cmpeq_epi8_mask(s, _mm512_set1_epi8('='));
        v->of[MARKS_CLOSE] = _mm512_cmpeq_epi8_mask(s, _mm512_set1_epi8('>'));
        v->of[MARKS_AT] = _mm512_cmpeq_epi8_mask(s, _mm512_set1_epi8('@'));
        v->of[MARKS_HOST] = semi | _mm512_cmpeq_epi8_mask(s, _mm512_set1_epi8(':')) |
                            _mm512_cmpeq_epi8_mask(s, _mm512_set1_epi8('?'));
    }
}

AVX512 static void lines_avx512(const uint8_t *p, size_t n, struct marks_lines *v)
{
    for (; n > 0; n--, v++, p += MARKS_BLOCK) {
        __m512i s = _mm512_loadu_si512(p);
        v->lf = _mm512_cmpeq_epi8_mask(s, _mm512_set1_epi8('\n'));
        v->cr = _mm512_cmpeq_epi8_mask(s, _mm512_set1_epi8('\r'));
        v->colon = _mm512_cmpeq_epi8_mask(s, _mm512_set1_epi8(':'));
    }
}

const struct marks_form marks_avx512 = {blocks_avx512, lines_avx512};

static inline const struct marks_form *form(void)
{
    if (__builtin_cpu_supports("avx512bw"))
        return &marks_avx512;
    return __builtin_cpu_supports("avx2") ? &marks_avx2 : &marks_sse2;
}

#else

const struct marks_form marks_sse2 = {blocks_portable, lines_portable},
                        marks_avx2 = {blocks_portable, lines_portable},
                        marks_avx512 = {blocks_portable, lines_portable};

static inline const struct marks_form *form(void)
{
    return &marks_portable;
}

#endif

/* The octets of a block that the text does not fill, and zeros behind. */
static const uint8_t *rest(struct span text, size_t at, uint8_t copy[MARKS_BLOCK])
{
    memset(copy, 0, MARKS_BLOCK);
    return memcpy(copy, text.p + at, text.n - at);
}

size_t marks_lines(struct span text, size_t at, struct marks_lines *v, size_t n)
{
    uint8_t copy[MARKS_BLOCK];

    if (at >= text.n)
        return 0;
    at -= at % MARKS_BLOCK;
    size_t whole = (text.n - at) / MARKS_BLOCK;
    if (whole > n)
        whole = n;
    if (whole)
        form()->lines(text.p + at, whole, v);
    at += whole * MARKS_BLOCK;
    if (whole == n || at == text.n)
        return whole;
    form()->lines(rest(text, at, copy), 1, v + whole);
    return whole + 1;
}

const struct marks_block *marks_look(struct marks *m, size_t number)
{
    size_t first = number - number % MARKS_AHEAD, at = first * MARKS_BLOCK;
    size_t whole = (m->text.n - at) / MARKS_BLOCK;
    uint8_t copy[MARKS_BLOCK];

    if (whole > MARKS_AHEAD)
        whole = MARKS_AHEAD;
    form()->blocks(m->text.p + at, whole, &m->blocks[first % MARKS_KEPT]);
    for (size_t i = 0; i < MARKS_AHEAD; i++)
        m->kept[first % MARKS_KEPT + i] = (uint32_t)(first + i) + 1;
    at += whole * MARKS_BLOCK;
    if (whole < MARKS_AHEAD && at < m->text.n)
        form()->blocks(rest(m->text, at, copy), 1, &m->blocks[first % MARKS_KEPT + whole]);
    return &m->blocks[number % MARKS_KEPT];
}
