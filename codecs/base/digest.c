/* codecs/base/digest.c - digests and HMAC over OpenSSL's low-level contexts; our own CRC-32.
 *
 * The low-level contexts are plain structs without pointers, which is what makes a running digest
 * copyable by = and free of allocation; the deprecated calls are therefore used on purpose. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/md5.h>
#include <openssl/sha.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif
#include "codecs/base/digest.h"

_Static_assert(sizeof(MD5_CTX) <= sizeof((struct digest *)0)->state, "room for MD5");
_Static_assert(sizeof(SHA_CTX) <= sizeof((struct digest *)0)->state, "room for SHA-1");
_Static_assert(sizeof(SHA256_CTX) <= sizeof((struct digest *)0)->state, "room for SHA-256");
_Static_assert(sizeof(SHA512_CTX) <= sizeof((struct digest *)0)->state, "room for SHA-512");

enum { BLOCK_MAX = 128 };

static const struct shape { /* in octets */
    uint8_t size, block;
} shapes[] = {
    [DIGEST_MD5] = {16, 64},
    [DIGEST_SHA1] = {20, 64},
    [DIGEST_SHA256] = {32, 64},
    [DIGEST_SHA512_256] = {32, 128},
};

size_t digest_size(enum digest_kind kind)
{
    return shapes[kind].size;
}

/* The initial value of SHA-512/256, FIPS 180-4 section 5.3.6.2. OpenSSL's low-level interface has
 * no such digest, but the rounds are those of SHA-512. */
static const uint64_t sha512_256_iv[8] = {
    0x22312194fc2bf72c, 0x9f555fa3c84c64c2, 0x2393b86b6f53b151, 0x963877195940eabd,
    0x96283ee2a88effe3, 0xbe5e1e2553863992, 0x2b0199fc2c85b8aa, 0x0eb72ddc81c52ca2,
};

static void sha512_256_init(void *state)
{
    SHA512_CTX c;
    SHA512_Init(&c);
    for (size_t i = 0; i < COUNT(sha512_256_iv); i++)
        c.h[i] = sha512_256_iv[i];
    memcpy(state, &c, sizeof c);
}

void digest_init(struct digest *d, enum digest_kind kind)
{
    void *state = d->state;

    d->kind = kind;
    switch (kind) {
    case DIGEST_MD5:
        MD5_Init(state);
        break;
    case DIGEST_SHA1:
        SHA1_Init(state);
        break;
    case DIGEST_SHA256:
        SHA256_Init(state);
        break;
    case DIGEST_SHA512_256:
        sha512_256_init(state);
        break;
    }
}

void digest_add(struct digest *d, struct span s)
{
    void *state = d->state;

    if (s.n == 0)
        return;
    switch (d->kind) {
    case DIGEST_MD5:
        MD5_Update(state, s.p, s.n);
        break;
    case DIGEST_SHA1:
        SHA1_Update(state, s.p, s.n);
        break;
    case DIGEST_SHA256:
        SHA256_Update(state, s.p, s.n);
        break;
    case DIGEST_SHA512_256:
        SHA512_Update(state, s.p, s.n);
        break;
    }
}

size_t digest_end(struct digest *d, uint8_t out[DIGEST_MAX])
{
    void *state = d->state;
    uint8_t whole[SHA512_DIGEST_LENGTH];

    switch (d->kind) {
    case DIGEST_MD5:
        MD5_Final(out, state);
        break;
    case DIGEST_SHA1:
        SHA1_Final(out, state);
        break;
    case DIGEST_SHA256:
        SHA256_Final(out, state);
        break;
    case DIGEST_SHA512_256:
        SHA512_Final(whole, state);
        memcpy(out, whole, DIGEST_MAX);
        break;
    }
    return shapes[d->kind].size;
}

/* ---- HMAC, RFC 2104 section 2 ---- */

static void start_padded(struct digest *d, enum digest_kind kind, const uint8_t *block,
                         uint8_t with)
{
    uint8_t pad[BLOCK_MAX];

    for (size_t i = 0; i < shapes[kind].block; i++)
        pad[i] = block[i] ^ with;
    digest_init(d, kind);
    digest_add(d, (struct span){pad, shapes[kind].block});
}

void hmac_key_init(struct hmac_key *k, enum digest_kind kind, struct span key)
{
    uint8_t block[BLOCK_MAX] = {0};

    if (key.n > shapes[kind].block) { /* a key longer than a block is hashed first */
        struct digest d;
        digest_init(&d, kind);
        digest_add(&d, key);
        digest_end(&d, block);
    } else if (key.n) {
        memcpy(block, key.p, key.n);
    }
    start_padded(&k->inner, kind, block, 0x36);
    start_padded(&k->outer, kind, block, 0x5c);
}

size_t hmac_end(struct digest *d, const struct hmac_key *k, uint8_t out[DIGEST_MAX])
{
    size_t n = digest_end(d, out);

    *d = k->outer;
    digest_add(d, (struct span){out, n});
    return digest_end(d, out);
}

/* ---- short HMAC-SHA1: the padded blocks are made by hand, and hashed from the stored pads ---- */

enum { SHORT_ROOM = 4 * 64, SHORT_MAX = SHORT_ROOM - 9 }; /* octets, without 0x80 and the length */

/* Copy in fixed steps, the last one overlapping: what is copied here is never long, and a call or a
 * loop over octets would cost more than the copying. */
static inline void copy_short(uint8_t *to, const uint8_t *from, size_t n)
{
    if (n >= 16) {
        for (size_t i = 0; i + 16 <= n; i += 16)
            memcpy(to + i, from + i, 16);
        memcpy(to + n - 16, from + n - 16, 16);
    } else if (n >= 8) {
        memcpy(to, from, 8);
        memcpy(to + n - 8, from + n - 8, 8);
    } else if (n >= 4) {
        memcpy(to, from, 4);
        memcpy(to + n - 4, from + n - 4, 4);
    } else if (n >= 2) {
        memcpy(to, from, 2);
        memcpy(to + n - 2, from + n - 2, 2);
    } else if (n == 1) {
        to[0] = from[0];
    }
}

/* The five words of the running digest, which stand in front of a SHA_CTX; nothing is pending. */
static inline void from_state(SHA_CTX *c, const struct digest *d)
{
    _Static_assert(offsetof(SHA_CTX, h0) == 0 && offsetof(SHA_CTX, h4) == 16,
                   "five words in front");
    memcpy(c, d->state, 20);
    c->Nl = c->Nh = c->num = 0;
}

typedef uint32_t words __attribute__((vector_size(16)));

/* The digest as octets, then `next` and eight octets of zero: 32 in all (DIGEST_MAX). Written in pieces of 16: what
 * is read again as 16 octets at once must have been written so, or the CPU waits for the store. */
static inline void to_octets(uint8_t p[32], const SHA_CTX *c, uint32_t next)
{
    words w, last = {c->h4, next};

    memcpy(&w, c, sizeof w);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    w = w << 24 | (w << 8 & 0xff0000) | (w >> 8 & 0xff00) | w >> 24;
    last = last << 24 | (last << 8 & 0xff0000) | (last >> 8 & 0xff00) | last >> 24;
#endif
    memcpy(p, &w, sizeof w);
    memcpy(p + 16, &last, sizeof last);
}

static void hmac_sha1_short(const struct hmac_key *k, const struct span *parts, size_t n,
                            size_t total, uint8_t out[DIGEST_MAX])
{
    _Alignas(16) uint8_t b[SHORT_ROOM];
    size_t whole = (total + 9 + 63) / 64 * 64, at = 0;
    SHA_CTX c;

    if (total < whole - 64) /* 0x80 is in the last 73 octets */
        memset(b + whole - 128, 0, 64);
    memset(b + whole - 64, 0, 64);
    for (size_t i = 0; i < n; at += parts[i++].n)
        copy_short(b + at, parts[i].p, parts[i].n);
    b[total] = 0x80;
    put_u32(b + whole - 4, (uint32_t)(64 + total) * 8);
    from_state(&c, &k->inner);
    SHA1_Update(&c, b, whole); /* whole blocks, so that no call is spent between them */
    static const uint8_t tail[32] = {[30] = (64 + 20) * 8 >> 8, [31] = (64 + 20) * 8 & 0xff};
    to_octets(b, &c, 0x80000000);
    memcpy(b + 32, tail, sizeof tail);
    from_state(&c, &k->outer);
    SHA1_Transform(&c, b);
    to_octets(out, &c, 0);
}

__attribute__((noinline)) /* kept out of the short path, which it would slow */
static size_t
hmac_any(const struct hmac_key *k, const struct span *parts, size_t n, uint8_t out[DIGEST_MAX])
{
    struct digest d;

    hmac_start(&d, k);
    for (size_t i = 0; i < n; i++)
        digest_add(&d, parts[i]);
    return hmac_end(&d, k, out);
}

size_t hmac_parts(const struct hmac_key *k, const struct span *parts, size_t n,
                  uint8_t out[DIGEST_MAX])
{
    size_t total = 0;

    for (size_t i = 0; i < n; i++)
        total += parts[i].n;
    if (k->inner.kind != DIGEST_SHA1 || total > SHORT_MAX)
        return hmac_any(k, parts, n, out);
    hmac_sha1_short(k, parts, n, total, out);
    return 20;
}

/* ---- CRC-32 by tables ---- */

/* tables[k][i]: what the octet `i`, with k octets of zero after it, makes of the register. CRC is
 * linear, so an entry is the exclusive or of those of its bits, and eight numbers give a table. */
#define ENTRY(i, a, b, c, d, e, f, g, h)                                                           \
    (((i)&1) * (a)) ^ (((i) >> 1 & 1) * (b)) ^ (((i) >> 2 & 1) * (c)) ^ (((i) >> 3 & 1) * (d)) ^   \
        (((i) >> 4 & 1) * (e)) ^ (((i) >> 5 & 1) * (f)) ^ (((i) >> 6 & 1) * (g)) ^                 \
        (((i) >> 7 & 1) * (h))
#define FOUR(i, ...)                                                                               \
    ENTRY(i, __VA_ARGS__), ENTRY(i + 1, __VA_ARGS__), ENTRY(i + 2, __VA_ARGS__),                   \
        ENTRY(i + 3, __VA_ARGS__)
#define SIXTEEN(i, ...)                                                                            \
    FOUR(i, __VA_ARGS__), FOUR(i + 4, __VA_ARGS__), FOUR(i + 8, __VA_ARGS__),                      \
        FOUR(i + 12, __VA_ARGS__)
#define SIXTY_FOUR(i, ...)                                                                         \
    SIXTEEN(i, __VA_ARGS__), SIXTEEN(i + 16, __VA_ARGS__), SIXTEEN(i + 32, __VA_ARGS__),           \
        SIXTEEN(i + 48, __VA_ARGS__)
#define TABLE(...)                                                                                 \
    {                                                                                              \
        SIXTY_FOUR(0u, __VA_ARGS__), SIXTY_FOUR(64u, __VA_ARGS__), SIXTY_FOUR(128u, __VA_ARGS__),  \
            SIXTY_FOUR(192u, __VA_ARGS__)                                                          \
    }

static const uint32_t tables[8][256] = {
    TABLE(0x77073096, 0xee0e612c, 0x076dc419, 0x0edb8832, 0x1db71064, 0x3b6e20c8, 0x76dc4190,
          0xedb88320),
    TABLE(0x191b3141, 0x32366282, 0x646cc504, 0xc8d98a08, 0x4ac21251, 0x958424a2, 0xf0794f05,
          0x3b83984b),
    TABLE(0x01c26a37, 0x0384d46e, 0x0709a8dc, 0x0e1351b8, 0x1c26a370, 0x384d46e0, 0x709a8dc0,
          0xe1351b80),
    TABLE(0xb8bc6765, 0xaa09c88b, 0x8f629757, 0xc5b428ef, 0x5019579f, 0xa032af3e, 0x9b14583d,
          0xed59b63b),
    TABLE(0x3d6029b0, 0x7ac05360, 0xf580a6c0, 0x30704bc1, 0x60e09782, 0xc1c12f04, 0x58f35849,
          0xb1e6b092),
    TABLE(0xcb5cd3a5, 0x4dc8a10b, 0x9b914216, 0xec53826d, 0x03d6029b, 0x07ac0536, 0x0f580a6c,
          0x1eb014d8),
    TABLE(0xa6770bb4, 0x979f1129, 0xf44f2413, 0x33ef4e67, 0x67de9cce, 0xcfbd399c, 0x440b7579,
          0x8816eaf2),
    TABLE(0xccaa009e, 0x4225077d, 0x844a0efa, 0xd3e51bb5, 0x7cbb312b, 0xf9766256, 0x299dc2ed,
          0x533b85da),
};

static uint32_t get_le32(const uint8_t *p)
{
    return (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

uint32_t crc32_portable(uint32_t crc, struct span s)
{
    const uint8_t *p = s.p;
    size_t n = s.n;

    for (crc = ~crc; n >= 8; p += 8, n -= 8) {
        uint32_t a = get_le32(p) ^ crc, b = get_le32(p + 4);
        crc = tables[7][a & 255] ^ tables[6][a >> 8 & 255] ^ tables[5][a >> 16 & 255] ^
              tables[4][a >> 24] ^ tables[3][b & 255] ^ tables[2][b >> 8 & 255] ^
              tables[1][b >> 16 & 255] ^ tables[0][b >> 24];
    }
    for (size_t i = 0; i < n; i++)
        crc = crc >> 8 ^ tables[0][(crc ^ p[i]) & 255];
    return ~crc;
}

/* ---- CRC-32 by multiplication without carry ---- */

#if defined(__x86_64__)
#define CLMUL __attribute__((target("pclmul,sse4.1")))

/* Each constant is x to a power modulo the polynomial, in reflected order: moving 16 octets ahead
 * by n bits multiplies their older half by x^(n+32), their newer by x^(n-32). */
#define AHEAD_512_OLD 0x154442bd4
#define AHEAD_512_NEW 0x1c6e41596
#define AHEAD_128_OLD 0x1751997d0
#define AHEAD_128_NEW 0x0ccaa009e
#define AHEAD_64 0x163cd6124 /* x^64 */
#define POLYNOMIAL 0x1db710641
#define QUOTIENT 0x1f7011641 /* x^64 / polynomial, for Barrett's reduction */

/* Shuffles: the 16 octets at slide + r, r below 16, move the first r octets of a register to its
 * end, with zeros before them; those at slide + 16 + r drop them and move up what comes after. */
static const uint8_t slide[48] = {
    0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
    0,    1,    2,    3,    4,    5,    6,    7,    8,    9,    10,   11,   12,   13,   14,   15,
    0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
};

CLMUL static inline __m128i load(const uint8_t *p)
{
    return _mm_loadu_si128((const __m128i *)(const void *)p);
}

CLMUL static inline __m128i fold(__m128i x, __m128i by, __m128i next)
{
    __m128i older = _mm_clmulepi64_si128(x, by, 0x00), newer = _mm_clmulepi64_si128(x, by, 0x11);
    return _mm_xor_si128(_mm_xor_si128(older, newer), next);
}

/* From 128 bits to the register of 32. */
CLMUL static inline uint32_t reduce(__m128i x, __m128i by)
{
    const __m128i low = _mm_set_epi32(0, 0, 0, -1), mod = _mm_set_epi64x(QUOTIENT, POLYNOMIAL);
    __m128i t;

    x = _mm_xor_si128(_mm_srli_si128(x, 8), _mm_clmulepi64_si128(x, by, 0x10));
    t = _mm_clmulepi64_si128(_mm_and_si128(x, low), _mm_set_epi64x(0, AHEAD_64), 0x00);
    x = _mm_xor_si128(_mm_srli_si128(x, 4), t);
    t = _mm_clmulepi64_si128(_mm_and_si128(x, low), mod, 0x10);
    t = _mm_clmulepi64_si128(_mm_and_si128(t, low), mod, 0x00);
    return (uint32_t)_mm_extract_epi32(_mm_xor_si128(x, t), 1);
}

/* `n` is 16 or more. Zeros before a message do not change a register of zero; so the octets beyond
 * a multiple of 16 are taken first, filled up with zeros in front, and no tail is left. The start
 * value goes into the first four octets of the message, wherever those have come to stand. */
CLMUL static uint32_t crc32_clmul(uint32_t crc, const uint8_t *p, size_t n)
{
    const __m128i by128 = _mm_set_epi64x(AHEAD_128_NEW, AHEAD_128_OLD);
    const __m128i by512 = _mm_set_epi64x(AHEAD_512_NEW, AHEAD_512_OLD);
    size_t odd = n % 16;
    __m128i start = _mm_cvtsi32_si128((int)~crc);
    __m128i front = _mm_shuffle_epi8(_mm_xor_si128(load(p), start), load(slide + odd));
    __m128i rest = _mm_shuffle_epi8(start, load(slide + 16 + odd));
    __m128i x = fold(front, by128, _mm_xor_si128(load(p + odd), rest));

    p += odd + 16;
    n -= odd + 16;
    if (n >= 112) { /* four sums side by side hide the latency of the multiplication */
        __m128i x1 = load(p), x2 = load(p + 16), x3 = load(p + 32);
        for (p += 48, n -= 48; n >= 64; p += 64, n -= 64) {
            x = fold(x, by512, load(p));
            x1 = fold(x1, by512, load(p + 16));
            x2 = fold(x2, by512, load(p + 32));
            x3 = fold(x3, by512, load(p + 48));
        }
        x = fold(fold(fold(x, by128, x1), by128, x2), by128, x3);
    }
    for (; n; p += 16, n -= 16)
        x = fold(x, by128, load(p));
    return ~reduce(x, by128);
}
#endif

uint32_t crc32_add(uint32_t crc, struct span s)
{
#if defined(__x86_64__)
    if (s.n >= 16 && __builtin_cpu_supports("pclmul") && __builtin_cpu_supports("sse4.1"))
        return crc32_clmul(crc, s.p, s.n);
#endif
    return crc32_portable(crc, s);
}
