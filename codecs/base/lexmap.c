/* codecs/base/lexmap.c - classes of 64 octets at once, in four forms. */
#if defined(__x86_64__)
#include <immintrin.h>
#endif
#include "codecs/base/lexmap.h"

/* Bit h of octet l: the character 16 h + l is in the class. No octet above 0x7f is. lexmap_test.c asks about each. */
static const uint8_t classes[LEXMAP_CLASSES][16] = {
    [LEXMAP_HOST] = {0xa8, 0xf8, 0xf8, 0xf8, 0xf8, 0xf8, 0xf8, 0xf8, 0xf8, 0xf8, 0xf0, 0x50, 0x50,
                     0x54, 0x54, 0x50},
    [LEXMAP_ALNUM] = {0xa8, 0xf8, 0xf8, 0xf8, 0xf8, 0xf8, 0xf8, 0xf8, 0xf8, 0xf8, 0xf0, 0x50, 0x50,
                      0x50, 0x50, 0x50},
    [LEXMAP_TEXT] = {0xfc, 0xfc, 0xf8, 0xfc, 0xfc, 0xfc, 0xfc, 0xfc, 0xfc, 0xfc, 0xfc, 0xfc, 0xdc,
                     0xfc, 0xfc, 0x7c},
};

/* The bits of the block that begins at octet `at`. */
static inline void put(struct lexmap *m, size_t class, size_t at, uint64_t bits)
{
    bits = word_little(bits);
    memcpy(&m->outside[class][at / 8], &bits, sizeof bits);
}

/* ---- an octet at a time ---- */

static bool is(unsigned class, uint8_t c)
{
    return c < 0x80 && (classes[class][c & 15] >> (c >> 4) & 1);
}

static size_t portable(struct span text, struct lexmap *m)
{
    size_t hosts = 0;

    for (size_t at = 0; at < text.n; at += LEXMAP_BLOCK) {
        uint64_t out[LEXMAP_CLASSES] = {0};
        size_t n = text.n - at < LEXMAP_BLOCK ? text.n - at : LEXMAP_BLOCK;
        for (unsigned c = 0; c < LEXMAP_CLASSES; c++) {
            for (size_t i = 0; i < n; i++)
                out[c] |= (uint64_t)!is(c, text.p[at + i]) << i;
            put(m, c, at, out[c]);
        }
        hosts += n - word_ones(out[LEXMAP_HOST]);
    }
    return hosts;
}

lexmap_form *const lexmap_portable = portable;

#if defined(__x86_64__)

/* By the upper four bits of an octet the bit is chosen that has to be in what its lower four bits find in the
 * table of a class; an octet with its top bit set finds nothing. */
static const uint8_t upper[16] = {1, 2, 4, 8, 16, 32, 64, 128};

/* The block at `at`, or a copy of what is there of the last one, with spaces behind. */
static inline const uint8_t *block(struct span text, size_t at, uint8_t copy[LEXMAP_BLOCK])
{
    size_t left = text.n - at;

    if (left >= LEXMAP_BLOCK)
        return text.p + at;
    memset(copy, ' ', LEXMAP_BLOCK);
    return memcpy(copy, text.p + at, left);
}

/* ---- 16 octets ---- */

#define SSSE3 __attribute__((target("ssse3")))

SSSE3 static inline __m128i load128(const uint8_t *p)
{
    return _mm_loadu_si128((const __m128i *)(const void *)p);
}
/* Which octets of sixteen are not of a class. */
SSSE3 static inline uint64_t out128(unsigned class, const uint8_t *p)
{
    __m128i v = load128(p), high = _mm_and_si128(_mm_srli_epi16(v, 4), _mm_set1_epi8(15)),
            bit = _mm_shuffle_epi8(load128(upper), high),
            in = _mm_and_si128(_mm_shuffle_epi8(load128(classes[class]), v), bit);
    return (uint16_t)_mm_movemask_epi8(_mm_cmpeq_epi8(in, _mm_setzero_si128()));
}

SSSE3 static size_t ssse3(struct span text, struct lexmap *m)
{
    size_t hosts = 0;
    uint8_t copy[LEXMAP_BLOCK];

    for (size_t at = 0; at < text.n; at += LEXMAP_BLOCK) {
        const uint8_t *p = block(text, at, copy);
        uint64_t out[LEXMAP_CLASSES] = {0};
        for (unsigned i = 0; i < LEXMAP_BLOCK; i += 16)
            for (unsigned c = 0; c < LEXMAP_CLASSES; c++)
                out[c] |= out128(c, p + i) << i;
        for (unsigned c = 0; c < LEXMAP_CLASSES; c++)
            put(m, c, at, out[c]);
        hosts += word_ones(~out[LEXMAP_HOST]);
    }
    return hosts;
}

lexmap_form *const lexmap_ssse3 = ssse3;

/* ---- 32 octets ---- */

#define AVX2 __attribute__((target("avx2,popcnt")))

AVX2 static inline __m256i twice256(const uint8_t *p)
{
    return _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)p));
}
AVX2 static inline __m256i load256(const uint8_t *p)
{
    return _mm256_loadu_si256((const __m256i *)(const void *)p);
}
/* Which octets are not of a class. */
AVX2 static inline uint32_t out256(__m256i class, __m256i v, __m256i bit)
{
    __m256i in = _mm256_and_si256(_mm256_shuffle_epi8(class, v), bit);
    return (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(in, _mm256_setzero_si256()));
}

AVX2 static size_t avx2(struct span text, struct lexmap *m)
{
    const __m256i low = _mm256_set1_epi8(15), high = twice256(upper),
                  host = twice256(classes[LEXMAP_HOST]), alnum = twice256(classes[LEXMAP_ALNUM]),
                  plain = twice256(classes[LEXMAP_TEXT]);
    size_t hosts = 0;
    uint8_t copy[LEXMAP_BLOCK];

    for (size_t at = 0; at < text.n; at += LEXMAP_BLOCK) {
        const uint8_t *p = block(text, at, copy);
        __m256i a = load256(p), b = load256(p + 32);
        __m256i of_a = _mm256_shuffle_epi8(high, _mm256_and_si256(_mm256_srli_epi16(a, 4), low)),
                of_b = _mm256_shuffle_epi8(high, _mm256_and_si256(_mm256_srli_epi16(b, 4), low));
        uint64_t out = out256(host, a, of_a) | (uint64_t)out256(host, b, of_b) << 32;
        put(m, LEXMAP_HOST, at, out);
        put(m, LEXMAP_ALNUM, at, out256(alnum, a, of_a) | (uint64_t)out256(alnum, b, of_b) << 32);
        put(m, LEXMAP_TEXT, at, out256(plain, a, of_a) | (uint64_t)out256(plain, b, of_b) << 32);
        hosts += (size_t)_mm_popcnt_u64(~out);
    }
    return hosts;
}

lexmap_form *const lexmap_avx2 = avx2;

/* ---- 64 octets ---- */

#define AVX512 __attribute__((target("avx512f,avx512bw,popcnt")))

AVX512 static inline __m512i four512(const uint8_t *p)
{
    return _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)(const void *)p));
}

AVX512 static size_t avx512(struct span text, struct lexmap *m)
{
    const __m512i low = _mm512_set1_epi8(15), high = four512(upper),
                  host = four512(classes[LEXMAP_HOST]), alnum = four512(classes[LEXMAP_ALNUM]),
                  plain = four512(classes[LEXMAP_TEXT]);
    size_t hosts = 0;

    for (size_t at = 0; at < text.n; at += LEXMAP_BLOCK) {
        size_t left = text.n - at; /* what is not there is zero, and of no class */
        __mmask64 there = left < LEXMAP_BLOCK ? (UINT64_C(1) << left) - 1 : UINT64_MAX;
        __m512i v = _mm512_maskz_loadu_epi8(there, text.p + at);
        __m512i bit = _mm512_shuffle_epi8(high, _mm512_and_si512(_mm512_srli_epi16(v, 4), low));
        uint64_t out = _mm512_testn_epi8_mask(_mm512_shuffle_epi8(host, v), bit);
        put(m, LEXMAP_HOST, at, out);
        put(m, LEXMAP_ALNUM, at, _mm512_testn_epi8_mask(_mm512_shuffle_epi8(alnum, v), bit));
        put(m, LEXMAP_TEXT, at, _mm512_testn_epi8_mask(_mm512_shuffle_epi8(plain, v), bit));
        hosts += (size_t)_mm_popcnt_u64(~out);
    }
    return hosts;
}

lexmap_form *const lexmap_avx512 = avx512;

static inline lexmap_form *form(void)
{
    if (__builtin_cpu_supports("avx512bw"))
        return avx512;
    if (__builtin_cpu_supports("avx2"))
        return avx2;
    return __builtin_cpu_supports("ssse3") ? ssse3 : portable;
}

#else

lexmap_form *const lexmap_ssse3 = portable, *const lexmap_avx2 = portable,
                   *const lexmap_avx512 = portable;

static inline lexmap_form *form(void)
{
    return portable;
}

#endif

bool lexmap_init(struct lexmap *m, struct span text)
{
    if (text.n < 8 || text.n > LEXMAP_MAX)
        return false;
    m->text = text;
    m->last = text.p + text.n - 8;
    m->hosts = form()(text, m);
    for (size_t c = 0; c < LEXMAP_CLASSES; c++)
        put(m, c, (text.n + LEXMAP_BLOCK - 1) / LEXMAP_BLOCK * LEXMAP_BLOCK, 0);
    return true;
}

/* ---- what is asked ---- */

size_t lexmap_hosts(const struct lexmap *m, struct span s)
{
    size_t hosts = s.n;

    if (s.n - 1 < LEXMAP_SPAN) /* as most */
        return hosts - word_ones(lexmap_outside(m, LEXMAP_HOST, s));
    for (; s.n > LEXMAP_SPAN; s.p += LEXMAP_SPAN, s.n -= LEXMAP_SPAN)
        hosts -= word_ones(lexmap_outside(m, LEXMAP_HOST, (struct span){s.p, LEXMAP_SPAN}));
    return s.n ? hosts - word_ones(lexmap_outside(m, LEXMAP_HOST, s)) : hosts;
}

bool lexmap_all(const struct lexmap *m, enum lexmap_class c, struct span s)
{
    uint64_t out = 0;

    for (; s.n > LEXMAP_SPAN; s.p += LEXMAP_SPAN, s.n -= LEXMAP_SPAN)
        out |= lexmap_outside(m, c, (struct span){s.p, LEXMAP_SPAN});
    return (s.n ? out | lexmap_outside(m, c, s) : out) == 0;
}

/* `odd`: which octets of what stands between the quotes are not of LEXMAP_TEXT; whether they are backslashes, and
 * what is behind them is visible. */
static __attribute__((noinline)) bool escapes(struct span s, uint64_t odd)
{
    while (odd) {
        size_t i = (size_t)__builtin_ctzll(odd);
        if (s.p[i] != '\\' || i + 1 == s.n || s.p[i + 1] < ' ' || s.p[i + 1] > '~')
            return false;
        odd &= ~(UINT64_C(3) << i);
    }
    return true;
}

size_t lexmap_quoted(const struct lexmap *m, struct span s)
{
    if (s.n < 2 || s.p[0] != '"' || s.p[s.n - 1] != '"')
        return SIZE_MAX;
    struct span inner = {s.p + 1, s.n - 2};
    if (inner.n - 1 < LEXMAP_SPAN) { /* as most */
        uint64_t other = lexmap_outside(m, LEXMAP_HOST, inner);
        if (!other)
            return inner.n;
        uint64_t odd = lexmap_outside(m, LEXMAP_TEXT, inner);
        if (odd && !escapes(inner, odd))
            return SIZE_MAX;
        return inner.n - word_ones(other);
    }
    return lexmap_all(m, LEXMAP_TEXT, inner) ? lexmap_hosts(m, inner) : SIZE_MAX;
}

const uint64_t lexmap_fronts[9] = {
    0,
    UINT64_MAX >> 56,
    UINT64_MAX >> 48,
    UINT64_MAX >> 40,
    UINT64_MAX >> 32,
    UINT64_MAX >> 24,
    UINT64_MAX >> 16,
    UINT64_MAX >> 8,
    UINT64_MAX,
};

uint64_t lexmap_end_word(const struct lexmap *m, const uint8_t *p)
{
    uint8_t copy[8] = {0};
    return lex_word(memcpy(copy, p, (size_t)(m->text.p + m->text.n - p)));
}

bool lexmap_digits(const struct lexmap *m, struct span s)
{
    return s.n - 1 < 8 && word_digits(lexmap_word(m, s.p), s.n);
}

bool lexmap_number(const struct lexmap *m, struct span s, uint64_t *v)
{
    if (!lexmap_digits(m, s))
        return false;
    *v = word_number(lexmap_word(m, s.p), s.n);
    return true;
}
