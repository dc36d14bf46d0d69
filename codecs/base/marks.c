/* codecs/base/marks.c - blocks of text, looked at in four forms. */
#if defined(__x86_64__)
#include <immintrin.h>
#endif
#include "codecs/base/marks.h"

/* ---- an octet at a time ---- */

enum {
    STOP = 1,
    QUOTE = 2,
    EQUAL = 4,
    CLOSE = 8,
    AT = 16,
    HOST = 32,
    SPACE = 64
}; /* by class, a bit each */
static const uint8_t classes[256] = {
    [';'] = STOP | HOST, [','] = STOP,  ['<'] = STOP, ['"'] = STOP | QUOTE, ['\\'] = QUOTE,
    ['='] = EQUAL,       ['>'] = CLOSE, ['@'] = AT,   [':'] = HOST,         ['?'] = HOST,
};

static void blocks_portable(const uint8_t *p, size_t n, marks_bits of, size_t first)
{
    for (size_t k = first; k < first + n; k++) {
        for (size_t c = 0; c < MARKS_CLASSES; c++)
            of[c][k] = 0;
        for (size_t i = 0; i < MARKS_BLOCK; i++, p++)
            for (unsigned is = *p <= ' ' ? SPACE : classes[*p]; is; is &= is - 1)
                of[__builtin_ctz(is)][k] |= UINT64_C(1) << i;
    }
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
/* Whether octets are at most `c`. */
static inline struct four four_below(struct four s, char c)
{
    for (int i = 0; i < 4; i++)
        s.v[i] = _mm_cmpeq_epi8(_mm_min_epu8(s.v[i], _mm_set1_epi8(c)), s.v[i]);
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

static void blocks_sse2(const uint8_t *p, size_t n, marks_bits of, size_t first)
{
    for (size_t k = first; k < first + n; k++, p += MARKS_BLOCK) {
        struct four s = four_of(p), semi = four_is(s, ';'), quote = four_is(s, '"');
        of[MARKS_STOP][k] =
            four_bits(four_or(four_or(semi, quote), four_or(four_is(s, ','), four_is(s, '<'))));
        of[MARKS_QUOTE][k] = four_bits(four_or(quote, four_is(s, '\\')));
        of[MARKS_EQUAL][k] = four_bits(four_is(s, '='));
        of[MARKS_CLOSE][k] = four_bits(four_is(s, '>'));
        of[MARKS_AT][k] = four_bits(four_is(s, '@'));
        of[MARKS_HOST][k] = four_bits(four_or(semi, four_or(four_is(s, ':'), four_is(s, '?'))));
        of[MARKS_SPACE][k] = four_bits(four_below(s, ' '));
    }
}

static void lines_sse2(const uint8_t *p, size_t n, struct marks_lines *v)
{
    for (; n > 0; n--, v++, p += MARKS_BLOCK) {
        struct four s = four_of(p);
        *v = (struct marks_lines){four_bits(four_is(s, '\n')), four_bits(four_is(s, '\r')),
                                  four_bits(four_is(s, ':'))};
    }
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
AVX2 static inline struct two two_below(struct two s, char c)
{
    __m256i most = _mm256_set1_epi8(c);
    return (struct two){{_mm256_cmpeq_epi8(_mm256_min_epu8(s.v[0], most), s.v[0]),
                         _mm256_cmpeq_epi8(_mm256_min_epu8(s.v[1], most), s.v[1])}};
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

AVX2 static void blocks_avx2(const uint8_t *p, size_t n, marks_bits of, size_t first)
{
    for (size_t k = first; k < first + n; k++, p += MARKS_BLOCK) {
        struct two s = two_of(p), semi = two_is(s, ';'), quote = two_is(s, '"');
        of[MARKS_STOP][k] =
            two_bits(two_or(two_or(semi, quote), two_or(two_is(s, ','), two_is(s, '<'))));
        of[MARKS_QUOTE][k] = two_bits(two_or(quote, two_is(s, '\\')));
        of[MARKS_EQUAL][k] = two_bits(two_is(s, '='));
        of[MARKS_CLOSE][k] = two_bits(two_is(s, '>'));
        of[MARKS_AT][k] = two_bits(two_is(s, '@'));
        of[MARKS_HOST][k] = two_bits(two_or(semi, two_or(two_is(s, ':'), two_is(s, '?'))));
        of[MARKS_SPACE][k] = two_bits(two_below(s, ' '));
    }
}

AVX2 static void lines_avx2(const uint8_t *p, size_t n, struct marks_lines *v)
{
    for (; n > 0; n--, v++, p += MARKS_BLOCK) {
        struct two s = two_of(p);
        *v = (struct marks_lines){two_bits(two_is(s, '\n')), two_bits(two_is(s, '\r')),
                                  two_bits(two_is(s, ':'))};
    }
}

const struct marks_form marks_avx2 = {blocks_avx2, lines_avx2};

/* ---- 64 octets ---- */

#define AVX512 __attribute__((target("avx512f,avx512bw")))

AVX512 static inline uint64_t whole_is(__m512i s, char c)
{
    return _mm512_cmpeq_epi8_mask(s, _mm512_set1_epi8(c));
}

AVX512 static void blocks_avx512(const uint8_t *p, size_t n, marks_bits of, size_t first)
{
    for (size_t k = first; k < first + n; k++, p += MARKS_BLOCK) {
        __m512i s = _mm512_loadu_si512(p);
        uint64_t semi = whole_is(s, ';'), quote = whole_is(s, '"');
        of[MARKS_STOP][k] = semi | quote | whole_is(s, ',') | whole_is(s, '<');
        of[MARKS_QUOTE][k] = quote | whole_is(s, '\\');
        of[MARKS_EQUAL][k] = whole_is(s, '=');
        of[MARKS_CLOSE][k] = whole_is(s, '>');
        of[MARKS_AT][k] = whole_is(s, '@');
        of[MARKS_HOST][k] = semi | whole_is(s, ':') | whole_is(s, '?');
        of[MARKS_SPACE][k] = _mm512_cmple_epu8_mask(s, _mm512_set1_epi8(' '));
    }
}

AVX512 static void lines_avx512(const uint8_t *p, size_t n, struct marks_lines *v)
{
    for (; n > 0; n--, v++, p += MARKS_BLOCK) {
        __m512i s = _mm512_loadu_si512(p);
        *v = (struct marks_lines){whole_is(s, '\n'), whole_is(s, '\r'), whole_is(s, ':')};
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

size_t marks_look(struct marks *m, size_t at)
{
    size_t block = at / MARKS_BLOCK, first;
    uint8_t copy[MARKS_BLOCK];

    if (at < m->base ||
        block - m->base / MARKS_BLOCK >= MARKS_KEPT) { /* a few from before it, too */
        size_t back = block < MARKS_AHEAD ? block : MARKS_AHEAD;
        m->base = (block - back) * MARKS_BLOCK;
        m->kept = 0;
    }
    first = m->kept / MARKS_BLOCK;
    size_t from = m->base + m->kept, n = block + MARKS_AHEAD - from / MARKS_BLOCK;
    if (n > MARKS_KEPT - first)
        n = MARKS_KEPT - first;
    size_t whole = (m->text.n - from) / MARKS_BLOCK;
    if (whole < n) { /* the text ends in the block behind */
        form()->blocks(m->text.p + from, whole, m->of, first);
        form()->blocks(rest(m->text, from + whole * MARKS_BLOCK, copy), 1, m->of, first + whole);
        n = whole + 1;
    } else {
        form()->blocks(m->text.p + from, n, m->of, first);
    }
    m->kept += n * MARKS_BLOCK;
    for (size_t c = 0; c < MARKS_CLASSES; c++)
        m->of[c][first + n] = 0;
    return at - m->base;
}

size_t marks_far(struct marks *m, enum marks_class c, size_t at, size_t end)
{
    while (at < end) {
        size_t off = at - m->base;
        if (off >= m->kept)
            off = marks_look(m, at);
        uint64_t bits = marks_from(m->of[c], off);
        if (bits) {
            at += (size_t)__builtin_ctzll(bits);
            break;
        }
        size_t seen = MARKS_BLOCK - off % 8; /* behind them there are more, or none is kept */
        at = off + seen < m->kept ? at + seen : m->base + m->kept;
    }
    return at < end ? at : end;
}
