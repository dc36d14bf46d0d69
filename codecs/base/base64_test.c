/* codecs/base/base64_test.c - the vectors of RFC 4648 section 10, every octet, and what is no Base64. */
#include "codecs/base/base64.h"
#include "harness/core/test.h"

static const struct {
    const char *octets, *text;
} published[] = {
    {"", ""},
    {"f", "Zg=="},
    {"fo", "Zm8="},
    {"foo", "Zm9v"},
    {"foob", "Zm9vYg=="},
    {"fooba", "Zm9vYmE="},
    {"foobar", "Zm9vYmFy"},
    {"Aladdin:open sesame", "QWxhZGRpbjpvcGVuIHNlc2FtZQ=="}, /* RFC 7617 section 2 */
    {"test:123\xc2\xa3", "dGVzdDoxMjPCow=="},                /* RFC 7617 section 2.1 */
};

static void vectors(void)
{
    for (size_t i = 0; i < COUNT(published); i++) {
        uint8_t b[64];
        struct wr w = {b, sizeof b, 0, false};
        struct span octets = test_guard(span_of(published[i].octets));
        struct span text = test_guard(span_of(published[i].text));
        base64_put(&w, octets);
        CHECK_TEXT(wr_span(&w), published[i].text);
        CU_ASSERT_EQUAL(w.n, base64_size(octets.n));
        w.n = 0;
        CU_ASSERT_TRUE(base64_get(&w, text));
        CHECK_TEXT(wr_span(&w), published[i].octets);
        test_guard_free(octets);
        test_guard_free(text);
    }
}

static void around(void)
{
    uint8_t in[300], text[400], out[300];

    for (size_t i = 0; i < sizeof in; i++)
        in[i] = (uint8_t)(i * 167 + 3);
    for (size_t n = 0; n <= sizeof in; n++) {
        struct wr w = {text, sizeof text, 0, false}, back = {out, sizeof out, 0, false};
        base64_put(&w, (struct span){in, n});
        CU_ASSERT_EQUAL(w.n, base64_size(n));
        CU_ASSERT_TRUE(base64_get(&back, wr_span(&w)));
        CU_ASSERT_TRUE(span_eq(wr_span(&back), (struct span){in, n}));
        struct wr small = {out, n ? n - 1 : 0, 0, false};
        CU_ASSERT_TRUE(base64_get(&small, wr_span(&w)));
        CU_ASSERT_EQUAL(small.full, n > 0);
    }
}

/* Of all groups of four with one odd octet, those are read that are written again as they are. */
static void canonical(void)
{
    for (unsigned at = 0; at < 4; at++)
        for (unsigned c = 0; c < 256; c++)
            for (size_t like = 0; like < 3; like++) {
                static const char *const likes[] = {"Zm9v", "Zm8=", "Zg=="};
                uint8_t four[4], b[3], again[4];
                struct wr w = {b, sizeof b, 0, false}, t = {again, sizeof again, 0, false};
                memcpy(four, likes[like], 4);
                four[at] = (uint8_t)c;
                if (base64_get(&w, (struct span){four, 4})) {
                    base64_put(&t, wr_span(&w));
                    CU_ASSERT_TRUE(span_eq(wr_span(&t), (struct span){four, 4}));
                } else {
                    CU_ASSERT_EQUAL(w.n, 0);
                }
            }
}

static void refused(void)
{
    static const char *const bad[] = {
        "Z",        "Zg",       "Zg=",      "Zg===", "====",  "=",        "Z===",     "Zm8",
        "Zm8==",    "Zh==",     "Zm9=",     "Zm9v ", " Zm9v", "Zm9v\r\n", "Zm\r\n9v", "Zg==Zg==",
        "Zm8=Zm9v", "Zm9vZg=v", "Zm9v====", "Zm-v",  "Zm_v",  "Zm*v",     "Z=9v",     "Zm9v=",
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        uint8_t b[32] = "kept";
        struct wr w = {b, sizeof b, 4, false};
        CU_ASSERT_FALSE(base64_get(&w, span_of(bad[i])));
        CU_ASSERT_EQUAL(w.n, 4);
    }
}

TESTS({"vectors", vectors}, {"around", around}, {"canonical", canonical}, {"refused", refused})
