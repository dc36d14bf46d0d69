/* harness/replay/srtpdec_test.c - packets protected by OpenSSL's ciphers, opened by libsrtp with the key alone. */
#include <stdio.h>
#include "harness/core/test.h"
#include "harness/tests/srtp_seal.h"

enum { BODY = 40, RTP = 12 + BODY, REPORT = 28 };
#define NO_MKI ((struct span){NULL, 0})

static const struct addr a = {.family = 4, .ip = {10, 0, 0, 1}, .port = 5004},
                         b = {.family = 4, .ip = {10, 0, 0, 2}, .port = 6004},
                         a_rtcp = {.family = 4, .ip = {10, 0, 0, 1}, .port = 5005};

static struct srtpdec *d;
static struct srtpdec_key keys[SRTPDEC_KEYS_MAX];
static uint8_t master[SRTPDEC_KEY_MAX];
static uint8_t plain[SEAL_ROOM], sealed[SEAL_ROOM]; /* the last packet */
static size_t n_plain, n_sealed;
static struct srtpdec_out out;

static void start(size_t n)
{
    srtpdec_free(d);
    d = srtpdec_new(keys, n);
    CU_ASSERT_PTR_NOT_NULL_FATAL(d);
}

/* One key, for all; `seed` makes it another one. */
static struct srtpdec_key key_of(unsigned suite, uint8_t seed)
{
    struct srtpdec_key k = {.suite = (uint8_t)suite};
    for (size_t i = 0; i < srtpdec_suite_key(suite); i++)
        k.key[i] = (uint8_t)(i * 7 + seed);
    return k;
}

static void one(unsigned suite)
{
    keys[0] = key_of(suite, 1);
    memcpy(master, keys[0].key, sizeof master);
    start(1);
}

static struct srtpdec_counts counts(void)
{
    struct srtpdec_counts c;
    srtpdec_counts(d, &c);
    return c;
}

static void rtp(unsigned suite, uint32_t ssrc, uint64_t index)
{
    memset(plain, (int)(index & 0xff), RTP);
    plain[0] = 0x80;
    plain[1] = 96;
    put_u16(plain + 2, (uint16_t)index);
    put_u32(plain + 4, 1000);
    put_u32(plain + 8, ssrc);
    n_plain = RTP;
    n_sealed = seal_rtp(suite, master, (struct span){plain, RTP}, 12, (uint32_t)(index >> 16),
                        NO_MKI, sealed);
    CU_ASSERT_FATAL(n_sealed > RTP);
}

static void rtcp(unsigned suite, uint32_t ssrc, uint32_t index)
{
    memset(plain, (int)(index & 0xff), REPORT);
    plain[0] = 0x80;
    plain[1] = 200;
    put_u16(plain + 2, 6);
    put_u32(plain + 4, ssrc);
    n_plain = REPORT;
    n_sealed = seal_rtcp(suite, master, (struct span){plain, REPORT}, index, NO_MKI, sealed);
    CU_ASSERT_FATAL(n_sealed > REPORT);
}

static enum srtpdec_got give(const struct addr *from, const struct addr *to, size_t n)
{
    struct span s = test_guard((struct span){sealed, n});
    struct srtpdec_in in = {*from, *to, s, n_sealed - n};
    enum srtpdec_got got = srtpdec_open(d, &in, &out);
    test_guard_free(s);
    return got;
}

static enum srtpdec_got got(void)
{
    return give(&a, &b, n_sealed);
}

/* What was given comes out as it was before. */
static bool opened(void)
{
    return got() == SRTPDEC_OPENED && span_eq(out.octets, (struct span){plain, n_plain});
}

static bool opens(uint32_t ssrc, uint64_t index)
{
    rtp(0, ssrc, index);
    return opened();
}

/* ---- tests ---- */

/* RFC 3711 appendix B.3: that OpenSSL's side of these tests derives what is published. */
static void derivation(void)
{
    static const char *const want[] = {"c61e7a93744f39ee10734afe3ff7a087",
                                       "cebe321f6ff7716b6fd4ab49af256a156d38baa4",
                                       "30cbbc08863d8c85d49db34a9ae1"};
    static const size_t sizes[] = {16, 20, 14};
    struct wr w = {master, sizeof master, 0, false};
    uint8_t octets[32];
    char text[80];

    CU_ASSERT_TRUE(
        wr_unhex(&w, span_of("e1f97a0d3e018be0d64fa32c06de4139 0ec675ad498afeebb6960b3aabe6")));
    for (uint8_t i = 0; i < 3; i++) {
        CU_ASSERT_TRUE(seal_derive(&seal_suites[0], master, i, octets, sizes[i]));
        for (size_t j = 0; j < sizes[i]; j++)
            snprintf(text + 2 * j, 3, "%02x", octets[j]);
        CU_ASSERT_STRING_EQUAL(text, want[i]);
    }
    memcpy(keys[0].key, master, 30);
    keys[0] = (struct srtpdec_key){.suite = 0};
    memcpy(keys[0].key, master, 30);
    start(1);
    CU_ASSERT_TRUE(opens(0x12345678, 7));
}

static void suites(void)
{
    size_t n = 0;

    while (srtpdec_suite_name((unsigned)n))
        n++;
    CU_ASSERT_EQUAL_FATAL(n, COUNT(seal_suites));
    for (unsigned i = 0; i < n; i++) {
        one(i);
        for (uint64_t index = 65530; index < 65540; index++) {
            rtp(i, 1, index);
            CU_ASSERT_TRUE(opened());
            CU_ASSERT_FALSE(out.rtcp);
        }
        for (uint32_t index = 1; index < 5; index++) {
            rtcp(i, 1, index);
            CU_ASSERT_TRUE(opened());
            CU_ASSERT_TRUE(out.rtcp);
        }
        CU_ASSERT_EQUAL(counts().opened, 14);
        CU_ASSERT_EQUAL(counts().failed, 0);
    }
}

static void wrong_key(void)
{
    one(0);
    master[3] ^= 1;
    for (unsigned i = 1; i <= 6; i++) {
        rtp(0, 5, 100 + i);
        CU_ASSERT_EQUAL(got(), SRTPDEC_PASSED);
        CU_ASSERT_EQUAL(out.tell, i == SRTPDEC_DOUBT);
    }
    CU_ASSERT_EQUAL(counts().failed, 6 - SRTPDEC_DOUBT + 1);
    for (unsigned i = 0; i < 6; i++) { /* no stream: each goes on from nothing */
        rtp(0, 6, i * 10000);
        CU_ASSERT_EQUAL(got(), SRTPDEC_PASSED);
        CU_ASSERT_FALSE(out.tell);
    }
    keys[0].has_ssrc = true; /* a key that names its stream is believed to be for it */
    keys[0].ssrc = 5;
    start(1);
    for (unsigned i = 1; i <= 6; i++) {
        rtp(0, 5, i * 10000);
        CU_ASSERT_EQUAL(got(), SRTPDEC_PASSED);
        CU_ASSERT_EQUAL(out.tell, i <= SRTPDEC_TOLD);
    }
    CU_ASSERT_EQUAL(counts().failed, 6);
    rtp(0, 6, 1);
    CU_ASSERT_EQUAL(got(), SRTPDEC_PASSED);
    CU_ASSERT_EQUAL(counts().failed, 6);
}

/* Every octet of a packet but those that make it one of another stream. */
static void flipped(void)
{
    static const unsigned some[] = {0, 1, 6};
    unsigned told = 0;

    for (size_t i = 0; i < COUNT(some); i++) {
        one(some[i]);
        told = 0;
        rtp(some[i], 9, 20);
        CU_ASSERT_TRUE(opened());
        for (size_t at = 1; at < n_sealed; at++) {
            if (at >= 8 && at < 12)
                continue;
            rtp(some[i], 9, 21);
            sealed[at] ^= 1;
            CU_ASSERT_EQUAL(got(), SRTPDEC_REFUSED);
            told += out.tell;
        }
        CU_ASSERT_EQUAL(told, SRTPDEC_TOLD);
        rtp(some[i], 9, 21);
        CU_ASSERT_TRUE(opened());
        rtcp(some[i], 9, 1);
        CU_ASSERT_TRUE(opened());
        for (size_t at = 8; at < n_sealed; at++) {
            rtcp(some[i], 9, 2);
            sealed[at] ^= 0x10;
            CU_ASSERT_EQUAL(got(), SRTPDEC_REFUSED);
        }
        rtcp(some[i], 9, 2);
        CU_ASSERT_TRUE(opened());
    }
}

static void cut(void)
{
    one(0);
    rtp(0, 9, 20);
    CU_ASSERT_EQUAL(give(&a, &b, 30), SRTPDEC_PASSED); /* nobody knows it yet */
    CU_ASSERT_TRUE(opened());
    for (size_t n = 0; n < n_sealed; n++) {
        rtp(0, 9, 21);
        CU_ASSERT_EQUAL(give(&a, &b, n), n < 12 ? SRTPDEC_PASSED : SRTPDEC_HEADER);
        CU_ASSERT_TRUE(n < 12 || out.octets.n == 12);
        CU_ASSERT_FALSE(out.tell);
    }
    rtp(0, 9, 21);
    sealed[0] = 0x91; /* one CSRC, and an extension */
    put_u16(sealed + 18, 2);
    CU_ASSERT_EQUAL(give(&a, &b, 27), SRTPDEC_PASSED);
    CU_ASSERT_EQUAL(give(&a, &b, 28), SRTPDEC_HEADER);
    CU_ASSERT_EQUAL(out.octets.n, 28);
    CU_ASSERT_EQUAL(give(&a, &b, 19), SRTPDEC_PASSED);
    for (size_t n = 0; n < n_sealed; n++) { /* sent so short */
        rtp(0, 9, 21);
        n_sealed = n;
        CU_ASSERT_EQUAL(got(), n < 12 ? SRTPDEC_PASSED : SRTPDEC_REFUSED);
        rtp(0, 9, 21);
    }
    CU_ASSERT_TRUE(opened());
}

/* RFC 3711 section 3.3.2 has a receiver throw these away; a capture shows them. */
static void again(void)
{
    one(0);
    for (unsigned i = 0; i < 3; i++) {
        CU_ASSERT_TRUE(opens(4, 500));
        CU_ASSERT_EQUAL(out.again, i > 0);
    }
    for (unsigned i = 501; i < 3000; i++)
        CU_ASSERT_TRUE(opens(4, i));
    CU_ASSERT_TRUE(opens(4, 500)); /* behind the window */
    CU_ASSERT_TRUE(out.again);
    sealed[20] ^= 1;
    CU_ASSERT_EQUAL(got(), SRTPDEC_REFUSED);
    CU_ASSERT_FALSE(out.again);
    CU_ASSERT_EQUAL(counts().again, 3);
    CU_ASSERT_TRUE(opens(4, 3000));
    CU_ASSERT_FALSE(out.again);
    for (unsigned i = 0; i < 2; i++)
        for (uint32_t index = 300; index > 1; index -= 100) {
            rtcp(0, 4, index);
            CU_ASSERT_TRUE(opened());
            CU_ASSERT_EQUAL(out.again, i > 0 || index == 100);
        }
}

static void out_of_order(void)
{
    static const uint64_t index[] = {65530,         65536 + 3, 65535,      65536,
                                     65536 + 40000, 65534,     131072 + 2, 131071};
    one(0);
    for (size_t i = 0; i < COUNT(index); i++)
        CU_ASSERT_TRUE(opens(4, index[i]));
    CU_ASSERT_EQUAL(counts().failed, 0);
}

/* A capture that begins when the sequence numbers have gone round already. */
static void in_the_middle(void)
{
    for (uint64_t roc = 0; roc < SRTPDEC_ROCS; roc++) {
        one(0);
        CU_ASSERT_TRUE(opens(4, roc << 16 | 5));
        CU_ASSERT_TRUE(opens(4, roc << 16 | 6));
        CU_ASSERT_TRUE(roc == 0 || opens(4, (roc << 16) - 2));
        CU_ASSERT_TRUE(opens(5, (roc << 16) + 65535));
        CU_ASSERT_TRUE(opens(5, (roc << 16) + 65536));
    }
    one(0);
    rtp(0, 4, (uint64_t)SRTPDEC_ROCS << 16 | 5);
    CU_ASSERT_EQUAL(got(), SRTPDEC_PASSED);
    keys[0].has_roc = true;
    keys[0].roc = 4000000000u;
    start(1);
    CU_ASSERT_TRUE(opens(4, 4000000000u * 65536ull + 65535));
    CU_ASSERT_TRUE(opens(4, 4000000000u * 65536ull + 65536));
    rtp(0, 5, 7);
    CU_ASSERT_EQUAL(got(), SRTPDEC_PASSED);
    keys[0].roc = 0;
    start(1);
    CU_ASSERT_TRUE(opens(4, 8));
    rtp(0, 5, 65536);
    CU_ASSERT_EQUAL(got(), SRTPDEC_PASSED);
}

/* A hole in the capture, and a sender that begins anew, with its key or the other one. */
static void holes(void)
{
    one(0);
    keys[0].has_roc = true;
    keys[0].roc = 30;
    start(1);
    CU_ASSERT_TRUE(opens(4, 30 << 16));
    CU_ASSERT_TRUE(opens(4, (30 << 16) + 40000));
    CU_ASSERT_TRUE(opens(4, (31 << 16) + 39000));
    CU_ASSERT_TRUE(opens(4, (33 << 16) + 100));
    CU_ASSERT_TRUE(opens(4, 77));
    CU_ASSERT_TRUE(opens(4, 78));
    keys[0].has_roc = false;
    keys[1] = key_of(0, 99);
    start(2);
    CU_ASSERT_TRUE(opens(4, 78));
    memcpy(master, keys[1].key, sizeof master);
    CU_ASSERT_TRUE(opens(4, 79));
    CU_ASSERT_TRUE(opens(4, 80));
    CU_ASSERT_EQUAL(counts().failed, 0);
}

/* Trying is bounded: after so many packets in a row only now and then. */
static void patience(void)
{
    one(0);
    CU_ASSERT_TRUE(opens(4, 1));
    for (unsigned i = 1; i < SRTPDEC_TRIES; i++) {
        rtp(0, 4, 2);
        sealed[20] ^= 1;
        CU_ASSERT_EQUAL(got(), SRTPDEC_REFUSED);
    }
    CU_ASSERT_TRUE(opens(4, 5 << 16));
    for (unsigned i = 0; i <= SRTPDEC_TRIES; i++) {
        rtp(0, 4, 2);
        sealed[20] ^= 1;
        CU_ASSERT_EQUAL(got(), SRTPDEC_REFUSED);
    }
    rtp(0, 4, 8 << 16);
    CU_ASSERT_EQUAL(got(), SRTPDEC_REFUSED);
    for (unsigned i = SRTPDEC_TRIES + 2; i < 2 * SRTPDEC_TRIES; i++)
        CU_ASSERT_EQUAL(got(), SRTPDEC_REFUSED);
    CU_ASSERT_TRUE(opens(4, 8 << 16));
}

static void several(void)
{
    one(0);
    for (uint32_t i = 0; i < 20; i++) { /* two SSRCs under a key, and each its own counter */
        CU_ASSERT_TRUE(opens(1, 65530 + i));
        CU_ASSERT_TRUE(opens(2, (3 << 16) + 10 + i));
    }
    keys[1] = key_of(7, 50); /* each side has its own */
    start(2);
    CU_ASSERT_TRUE(opens(1, 10));
    memcpy(master, keys[1].key, sizeof master);
    rtp(7, 1, 10);
    CU_ASSERT_EQUAL(give(&b, &a, n_sealed), SRTPDEC_OPENED);
    CU_ASSERT_EQUAL(counts().opened, 2);
    keys[0].has_end = keys[1].has_end = true; /* and the wrong one is not tried */
    keys[0].end = keys[1].end = b;
    keys[1].end.port++;
    start(2);
    CU_ASSERT_EQUAL(got(), SRTPDEC_PASSED);
    keys[1].end = b;
    start(2);
    CU_ASSERT_EQUAL(got(), SRTPDEC_OPENED);
    keys[1].end = a; /* its RTCP is one port above, its RTP is not */
    start(2);
    rtcp(7, 1, 3);
    CU_ASSERT_EQUAL(give(&a_rtcp, &a_rtcp, n_sealed), SRTPDEC_OPENED);
    rtp(7, 1, 3);
    CU_ASSERT_EQUAL(give(&a_rtcp, &a_rtcp, n_sealed), SRTPDEC_PASSED);
    keys[1].has_end = false;
    keys[1].has_ssrc = true;
    keys[1].ssrc = 2;
    start(2);
    CU_ASSERT_EQUAL(give(&a, &a_rtcp, n_sealed), SRTPDEC_PASSED);
    rtp(7, 2, 3);
    CU_ASSERT_EQUAL(give(&a, &a_rtcp, n_sealed), SRTPDEC_OPENED);
}

/* RFC 3711 section 3.4: the index is in the packet, and the E bit says whether it is encrypted. */
static void index_of_srtcp(void)
{
    static const uint32_t index[] = {0, 1, 1000000, 0x7ffffffe, 5};
    struct seal_keys k;
    uint8_t word[4] = {0, 0, 0, 9};

    for (unsigned suite = 0; suite < 6; suite += 4) {
        one(suite);
        for (size_t i = 0; i < COUNT(index); i++) {
            rtcp(suite, 3, index[i]);
            CU_ASSERT_TRUE(opened());
        }
        rtcp(suite, 3, 9);
        CU_ASSERT_TRUE(seal_keys_of(&seal_suites[suite], master, SEAL_LABEL_RTCP, &k));
        n_sealed = seal(&seal_suites[suite], &k, (struct span){plain, REPORT}, REPORT, 3, 9,
                        (struct span){word, 4}, true, NO_MKI, sealed);
        CU_ASSERT_TRUE(opened());
    }
}

/* RFC 4568 section 6.3.2: nothing in a packet says that its payload is not encrypted. */
static void not_encrypted(void)
{
    const struct seal_suite *s = &seal_suites[0];
    struct seal_keys k;
    uint8_t roc[4] = {0};

    one(0);
    CU_ASSERT_TRUE(seal_keys_of(s, master, SEAL_LABEL_RTP, &k));
    for (unsigned clear = 0; clear < 2; clear++) {
        keys[0].clear = clear;
        start(1);
        rtp(0, 1, 9);
        n_sealed = seal(s, &k, (struct span){plain, RTP}, RTP, 1, 9, (struct span){roc, 4}, false,
                        NO_MKI, sealed);
        CU_ASSERT_EQUAL(got(), SRTPDEC_OPENED);
        CU_ASSERT_EQUAL(span_eq(out.octets, (struct span){plain, RTP}), clear);
    }
}

static void mki(void)
{
    static const uint8_t five[4] = {0, 0, 0, 5};
    const struct span m = {five, sizeof five};

    for (unsigned suite = 0; suite < 8; suite += 6)
        for (unsigned right = 0; right < 2; right++) {
            one(suite);
            keys[0].n_mki = 4;
            keys[0].mki[3] = right ? 5 : 6;
            start(1);
            rtp(suite, 1, 9);
            n_sealed = seal_rtp(suite, master, (struct span){plain, RTP}, 12, 0, m, sealed);
            CU_ASSERT_EQUAL(opened(), right);
            rtcp(suite, 1, 9);
            n_sealed = seal_rtcp(suite, master, (struct span){plain, REPORT}, 9, m, sealed);
            CU_ASSERT_EQUAL(opened(), right);
        }
}

/* More streams than there is room for: those without a key give way first. */
static void room(void)
{
    struct srtpdec_in in = {a, b, {sealed, 0}, 0};

    one(0);
    CU_ASSERT_TRUE(opens(4, 1));
    for (uint32_t i = 0; i < 3 * SRTPDEC_STREAMS; i++) {
        memset(sealed, 0, 60);
        sealed[0] = 0x80;
        put_u32(sealed + 8, 1000 + i);
        in.octets.n = 60;
        CU_ASSERT_EQUAL(srtpdec_open(d, &in, &out), SRTPDEC_PASSED);
    }
    CU_ASSERT_TRUE(counts().evicted >= 2 * SRTPDEC_STREAMS);
    CU_ASSERT_TRUE(opens(4, 1));
    CU_ASSERT_TRUE(out.again);
    srtpdec_reset(d);
    CU_ASSERT_EQUAL(counts().opened + counts().evicted, 0);
    CU_ASSERT_TRUE(opens(4, 1));
    CU_ASSERT_FALSE(out.again);
}

#define B64 "d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj" /* RFC 4568 section 4.3 */
static const struct {
    const char *text, *why; /* NULL: it is read */
} written[] = {
    {"AES_CM_128_HMAC_SHA1_80:" B64, NULL},
    {"AES_CM_128_HMAC_SHA1_80:" B64 "|2^20|1:32", NULL},
    {"AES_CM_128_HMAC_SHA1_80:" B64 "|1066|1:4", NULL},
    {"SSRC=0xDeadbeef,ROC=4294967295,[2001:db8::1]:5004,AES_CM_128_HMAC_SHA1_32:" B64, NULL},
    {"SSRC=1,AEAD_AES_128_GCM:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGw==", NULL},
    {"AEAD_AES_128_GCM:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGw", NULL},
    {"AEAD_AES_128_GCM:" B64, "key and salt of AEAD_AES_128_GCM are 28 octets in base64"},
    {"AES_CM_128_HMAC_SHA1_80:" B64 "A",
     "key and salt of AES_CM_128_HMAC_SHA1_80 are 30 octets in base64"},
    {"AES_CM_128_HMAC_SHA1_80:d0RmdmcmVCspeEc3QGZiNWpV=FJhQX1cfHAwJSoj",
     "key and salt of AES_CM_128_HMAC_SHA1_80 are 30 octets in base64"},
    {"AES_CM_128_HMAC_SHA1_80", "key and salt of AES_CM_128_HMAC_SHA1_80 are 30 octets in base64"},
    {"", "'' is no crypto-suite that is decrypted"},
    {"F8_128_HMAC_SHA1_80:" B64, "'F8_128_HMAC_SHA1_80' is no crypto-suite that is decrypted"},
    {"SSRC=0x100000000,AES_CM_128_HMAC_SHA1_80:" B64, "'SSRC=0x100000000' is no SSRC of 32 bits"},
    {"SSRC=4294967296,AES_CM_128_HMAC_SHA1_80:" B64, "'SSRC=4294967296' is no SSRC of 32 bits"},
    {"SSRC=0x,AES_CM_128_HMAC_SHA1_80:" B64, "'SSRC=0x' is no SSRC of 32 bits"},
    {"ROC=-1,AES_CM_128_HMAC_SHA1_80:" B64, "'ROC=-1' is no rollover counter of 32 bits"},
    {"10.0.0.1,AES_CM_128_HMAC_SHA1_80:" B64,
     "'10.0.0.1' is neither SSRC=N nor ROC=N nor ADDRESS:PORT"},
    {"UNENCRYPTED_SRTP,AES_CM_128_HMAC_SHA1_80:" B64, NULL},
    {"AES_CM_128_HMAC_SHA1_80:" B64 "|x", "'x' is no lifetime of a key"},
    {"AES_CM_128_HMAC_SHA1_80:" B64 "|1:129", "'1:129' is no MKI with its length in octets"},
    {"AES_CM_128_HMAC_SHA1_80:" B64 "|1:128", NULL},
    {"AES_CM_128_HMAC_SHA1_80:" B64 "|256:1", "'256:1' is no MKI with its length in octets"},
    {"AES_CM_128_HMAC_SHA1_80:" B64 "|255:1", NULL},
    {"AES_CM_128_HMAC_SHA1_80:" B64 "|1:0", "'1:0' is no MKI with its length in octets"},
};

static void reading(void)
{
    struct srtpdec_key k;
    char why[SRTPDEC_WHY_MAX];

    for (size_t i = 0; i < COUNT(written); i++) {
        strcpy(why, "");
        CU_ASSERT_EQUAL(srtpdec_key_read(written[i].text, &k, why), !written[i].why);
        CU_ASSERT_STRING_EQUAL(why, written[i].why ? written[i].why : "");
    }
    CU_ASSERT_TRUE(srtpdec_key_read(written[3].text, &k, why));
    CU_ASSERT_TRUE(k.has_ssrc && k.ssrc == 0xdeadbeef && k.has_roc && k.roc == UINT32_MAX);
    CU_ASSERT_TRUE(k.has_end && k.end.family == 6 && k.end.port == 5004 && k.suite == 1);
    CU_ASSERT_TRUE(memcmp(k.key, "wDfvg&T+)xG7@fb5jU,RaA}\\|p0%*#", 30) == 0);
    CU_ASSERT_TRUE(srtpdec_key_read(written[2].text, &k, why));
    CU_ASSERT_TRUE(k.n_mki == 4 && get_u32(k.mki) == 1 && !k.has_ssrc && !k.has_end);
    CU_ASSERT_TRUE(srtpdec_key_read(written[5].text, &k, why));
    CU_ASSERT_TRUE(k.key[0] == 0 && k.key[27] == 27);
    srtpdec_free(d);
    d = NULL;
}

TESTS({"derivation", derivation}, {"suites", suites}, {"wrong_key", wrong_key},
      {"flipped", flipped}, {"cut", cut}, {"again", again}, {"out_of_order", out_of_order},
      {"in_the_middle", in_the_middle}, {"holes", holes}, {"patience", patience},
      {"several", several}, {"index_of_srtcp", index_of_srtcp}, {"not_encrypted", not_encrypted},
      {"mki", mki}, {"room", room}, {"reading", reading})
