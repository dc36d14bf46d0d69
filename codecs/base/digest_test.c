/* codecs/base/digest_test.c - published digests, and the two forms of CRC-32 against each other. */
#include "codecs/base/digest.h"
#include "harness/core/test.h"

static void hex_is(const uint8_t *p, size_t n, const char *want)
{
    uint8_t b[2 * DIGEST_MAX];
    struct wr w = {b, sizeof b, 0, false};
    wr_hex_octets(&w, (struct span){p, n});
    CHECK_TEXT(wr_span(&w), want);
}

static void digest_is(enum digest_kind kind, struct span s, size_t times, const char *want)
{
    uint8_t out[DIGEST_MAX];
    struct digest d;

    digest_init(&d, kind);
    for (size_t i = 0; i < times; i++)
        digest_add(&d, s);
    size_t n = digest_end(&d, out);
    CU_ASSERT_EQUAL(n, digest_size(kind));
    hex_is(out, n, want);
}

#define ALPHABET "abcdefghijklmnopqrstuvwxyz"
#define ALNUM "ABCDEFGHIJKLMNOPQRSTUVWXYZ" ALPHABET "0123456789"
#define DIGITS8 "12345678901234567890123456789012345678901234567890123456789012345678901234567890"
#define TWO_BLOCKS "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"
#define LONG_BLOCKS                                                                                \
    "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmno" \
    "pqrsmnopqrstnopqrstu"

static const struct { /* RFC 1321 A.5, RFC 3174 7.3, the examples to FIPS 180-4 */
    enum digest_kind kind;
    const char *in;
    size_t times;
    const char *want;
} published[] = {
    {DIGEST_MD5, "", 1, "d41d8cd98f00b204e9800998ecf8427e"},
    {DIGEST_MD5, "a", 1, "0cc175b9c0f1b6a831c399e269772661"},
    {DIGEST_MD5, "abc", 1, "900150983cd24fb0d6963f7d28e17f72"},
    {DIGEST_MD5, "message digest", 1, "f96b697d7cb7938d525a2f31aaf161d0"},
    {DIGEST_MD5, ALPHABET, 1, "c3fcd3d76192e4007dfb496cca67e13b"},
    {DIGEST_MD5, ALNUM, 1, "d174ab98d277d9f5a5611c2c9f419d9f"},
    {DIGEST_MD5, DIGITS8, 1, "57edf4a22be3c955ac49da2e2107b67a"},
    {DIGEST_SHA1, "abc", 1, "a9993e364706816aba3e25717850c26c9cd0d89d"},
    {DIGEST_SHA1, TWO_BLOCKS, 1, "84983e441c3bd26ebaae4aa1f95129e5e54670f1"},
    {DIGEST_SHA1, "a", 1000000, "34aa973cd4c4daa4f61eeb2bdbad27316534016f"},
    {DIGEST_SHA1, "0123456701234567012345670123456701234567012345670123456701234567", 10,
     "dea356a2cddd90c7a7ecedc5ebb563934f460452"},
    {DIGEST_SHA256, "abc", 1, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {DIGEST_SHA256, TWO_BLOCKS, 1,
     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    {DIGEST_SHA256, "a", 1000000,
     "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"},
    {DIGEST_SHA512_256, "abc", 1,
     "53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23"},
    {DIGEST_SHA512_256, LONG_BLOCKS, 1,
     "3928e184fb8690f840da3988121d31be65cb9d3ef83ee6146feac861e19b563a"},
};

static void digests(void)
{
    for (size_t i = 0; i < COUNT(published); i++)
        digest_is(published[i].kind, span_of(published[i].in), published[i].times,
                  published[i].want);
    CU_ASSERT_EQUAL(digest_size(DIGEST_MD5), 16);
    CU_ASSERT_EQUAL(digest_size(DIGEST_SHA1), 20);
    CU_ASSERT_EQUAL(digest_size(DIGEST_SHA256), 32);
    CU_ASSERT_EQUAL(digest_size(DIGEST_SHA512_256), 32);
}

/* A running digest is a value: a copy goes on by itself, and pieces give what the whole gives. */
static void copies(void)
{
    struct span s = span_of(LONG_BLOCKS DIGITS8 ALNUM);
    for (int kind = DIGEST_MD5; kind <= DIGEST_SHA512_256; kind++) {
        uint8_t want[DIGEST_MAX], got[DIGEST_MAX];
        struct digest d, copy;
        digest_init(&d, (enum digest_kind)kind);
        digest_add(&d, s);
        size_t n = digest_end(&d, want);
        for (size_t cut = 0; cut <= s.n; cut++) {
            digest_init(&d, (enum digest_kind)kind);
            digest_add(&d, span_cut(s, 0, cut));
            digest_add(&d, (struct span){0});
            copy = d;
            digest_add(&d, span_of("another end"));
            digest_add(&copy, span_cut(s, cut, s.n));
            CU_ASSERT_EQUAL(digest_end(&copy, got), n);
            CU_ASSERT_TRUE(memcmp(got, want, n) == 0);
            digest_end(&d, got);
            CU_ASSERT_FALSE(memcmp(got, want, n) == 0);
        }
    }
}

static void hmac_is(enum digest_kind kind, struct span key, struct span s, const char *want)
{
    uint8_t out[DIGEST_MAX];
    struct hmac_key k;
    struct digest d;

    hmac_key_init(&k, kind, key);
    for (int again = 0; again < 2; again++) { /* one key serves many messages */
        hmac_start(&d, &k);
        digest_add(&d, s);
        size_t n = hmac_end(&d, &k, out);
        CU_ASSERT_EQUAL(n, digest_size(kind));
        hex_is(out, n, want);
    }
}

static struct span fill(uint8_t *p, uint8_t with, size_t n)
{
    memset(p, with, n);
    return (struct span){p, n};
}

static void hmacs(void)
{
    uint8_t a[160], b[160];

    /* RFC 2104, its three vectors */
    hmac_is(DIGEST_MD5, fill(a, 0x0b, 16), span_of("Hi There"), "9294727a3638bb1c13f48ef8158bfc9d");
    hmac_is(DIGEST_MD5, span_of("Jefe"), span_of("what do ya want for nothing?"),
            "750c783e6ab0b503eaa86e310a5db738");
    hmac_is(DIGEST_MD5, fill(a, 0xaa, 16), fill(b, 0xdd, 50), "56be34521d144c88dbb8c733f0e8b3f6");
    /* RFC 2202 and RFC 4231: also keys longer than a block */
    hmac_is(DIGEST_SHA1, fill(a, 0x0b, 20), span_of("Hi There"),
            "b617318655057264e28bc0b6fb378c8ef146be00");
    hmac_is(DIGEST_MD5, fill(a, 0xaa, 80),
            span_of("Test Using Larger Than Block-Size Key - Hash Key First"),
            "6b1ab7fe4bd7bf8f0b62e6ce61b9d0cd");
    hmac_is(DIGEST_SHA1, fill(a, 0xaa, 80),
            span_of("Test Using Larger Than Block-Size Key - Hash Key First"),
            "aa4ae5e15272d00e95705637ce8a3b55ed402112");
    hmac_is(DIGEST_SHA256, fill(a, 0x0b, 20), span_of("Hi There"),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    hmac_is(DIGEST_SHA256, fill(a, 0xaa, 131),
            span_of("Test Using Larger Than Block-Size Key - Hash Key First"),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

/* HMAC from its definition, by digest alone, at and around the size of a block. */
static void hmac_blocks(void)
{
    for (int kind = DIGEST_MD5; kind <= DIGEST_SHA512_256; kind++)
        for (size_t n = 0; n <= 130; n++) {
            size_t block = kind == DIGEST_SHA512_256 ? 128 : 64, size;
            uint8_t key[130], pad[2][128], sum[DIGEST_MAX] = {0}, out[DIGEST_MAX];
            struct span k = fill(key, 0xc3, n), s = span_of("message");
            struct hmac_key made;
            struct digest d;
            if (n > block) {
                digest_init(&d, (enum digest_kind)kind);
                digest_add(&d, k);
                k = (struct span){sum, digest_end(&d, sum)};
            }
            for (size_t i = 0; i < block; i++) {
                pad[0][i] = (uint8_t)((i < k.n ? k.p[i] : 0) ^ 0x36);
                pad[1][i] = (uint8_t)((i < k.n ? k.p[i] : 0) ^ 0x5c);
            }
            digest_init(&d, (enum digest_kind)kind);
            digest_add(&d, (struct span){pad[0], block});
            digest_add(&d, s);
            size = digest_end(&d, out);
            digest_init(&d, (enum digest_kind)kind);
            digest_add(&d, (struct span){pad[1], block});
            digest_add(&d, (struct span){out, size});
            digest_end(&d, sum);
            hmac_key_init(&made, (enum digest_kind)kind, (struct span){key, n});
            hmac_start(&d, &made);
            digest_add(&d, s);
            hmac_end(&d, &made, out);
            CU_ASSERT_TRUE(memcmp(out, sum, size) == 0);
        }
}

/* ---- CRC-32 ---- */

static uint32_t next(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

static uint32_t crc_by_bits(uint32_t crc, struct span s)
{
    crc = ~crc;
    for (size_t i = 0; i < s.n; i++) {
        crc ^= s.p[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
    }
    return ~crc;
}

static void crc_known(void)
{
    static const struct {
        const char *in;
        uint32_t want;
    } known[] = {
        {"", 0},
        {"123456789", 0xcbf43926},
        {"a", 0xe8b7be43},
        {"The quick brown fox jumps over the lazy dog", 0x414fa339},
    };
    for (size_t i = 0; i < COUNT(known); i++) {
        CU_ASSERT_EQUAL(crc32_add(0, span_of(known[i].in)), known[i].want);
        CU_ASSERT_EQUAL(crc32_portable(0, span_of(known[i].in)), known[i].want);
    }
}

/* Every length and alignment, under a start value of zero and another. */
static void crc_forms(void)
{
    static uint8_t b[1024 + 16];
    uint32_t state = 7;
    size_t wrong = 0;

    for (size_t i = 0; i < sizeof b; i++)
        b[i] = (uint8_t)next(&state);
    for (size_t n = 0; n <= 1024; n++)
        for (size_t at = 0; at < 16; at++) {
            struct span s = {b + at, n};
            uint32_t start = at & 1 ? 0 : next(&state) * 257u, want = crc_by_bits(start, s);
            wrong += crc32_portable(start, s) != want;
            wrong += crc32_add(start, s) != want;
        }
    CU_ASSERT_EQUAL(wrong, 0);
}

static void crc_splits(void)
{
    static uint8_t b[4096];
    uint32_t state = 11;
    size_t wrong = 0;

    for (size_t i = 0; i < sizeof b; i++)
        b[i] = (uint8_t)next(&state);
    for (int round = 0; round < 2000; round++) {
        struct span s = {b, next(&state) % (sizeof b + 1)};
        uint32_t crc = 0, want = crc32_portable(0, s);
        for (size_t at = 0, n; at < s.n; at += n) {
            n = next(&state) % 300;
            crc = crc32_add(crc, span_cut(s, at, at + n));
            if (at + n > s.n)
                break;
        }
        wrong += crc != want;
    }
    CU_ASSERT_EQUAL(wrong, 0);
}

static void crc_edge(void)
{
    uint8_t b[300] = {1, 2, 3};
    for (size_t n = 0; n <= sizeof b; n++) {
        struct span s = test_guard((struct span){b, n});
        CU_ASSERT_EQUAL(crc32_add(0, s), crc32_portable(0, s));
        test_guard_free(s);
    }
}

/* One call against three, for every length about the ends of its blocks, in parts. */
static void hmac_in_one_call(void)
{
    static const enum digest_kind kinds[] = {DIGEST_MD5, DIGEST_SHA1, DIGEST_SHA256};
    uint8_t msg[400], want[DIGEST_MAX], got[DIGEST_MAX];

    for (size_t i = 0; i < sizeof msg; i++)
        msg[i] = (uint8_t)(i * 7 + 3);
    for (size_t kind = 0; kind < COUNT(kinds); kind++) {
        struct hmac_key k;
        hmac_key_init(&k, kinds[kind], span_of("a key"));
        for (size_t n = 0; n <= sizeof msg; n++)
            for (size_t cut = 0; cut <= n; cut = cut < 40 ? cut + 1 : cut * 2) {
                struct span all = {msg, n};
                struct span parts[3] = {span_cut(all, 0, cut / 2), span_cut(all, cut / 2, cut),
                                        span_cut(all, cut, n)};
                struct digest d;
                hmac_start(&d, &k);
                digest_add(&d, all);
                size_t size = hmac_end(&d, &k, want);
                CU_ASSERT_EQUAL(hmac_parts(&k, parts, 3, got), size);
                CU_ASSERT_EQUAL(memcmp(got, want, size), 0);
            }
    }
}

TESTS({"hmac in one call", hmac_in_one_call}, {"digests", digests}, {"copies", copies},
      {"hmacs", hmacs}, {"hmac_blocks", hmac_blocks}, {"crc_known", crc_known},
      {"crc_forms", crc_forms}, {"crc_splits", crc_splits}, {"crc_edge", crc_edge})
