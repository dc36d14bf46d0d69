/* codecs/base/base64_test.c - the examples of RFC 4648 section 10, and what is no Base64. */
#include "codecs/base/base64.h"
#include "harness/core/test.h"

static void examples(void)
{
    static const char *const rows[][2] = {{"", ""},
                                          {"f", "Zg=="},
                                          {"fo", "Zm8="},
                                          {"foo", "Zm9v"},
                                          {"foob", "Zm9vYg=="},
                                          {"fooba", "Zm9vYmE="},
                                          {"foobar", "Zm9vYmFy"}};

    for (size_t i = 0; i < COUNT(rows); i++) {
        uint8_t out[16];
        struct wr w = {out, sizeof out, 0, false};
        base64_encode(&w, span_of(rows[i][0]));
        CU_ASSERT_TRUE(span_is(wr_span(&w), rows[i][1]));
        w = (struct wr){out, sizeof out, 0, false};
        CU_ASSERT_TRUE(base64_decode(&w, span_of(rows[i][1])));
        CU_ASSERT_TRUE(span_is(wr_span(&w), rows[i][0]));
    }
}

static void refused(void)
{
    static const char *const rows[] = {"Z",
                                       "Zg",
                                       "Zg=",
                                       "Zg==Zg==",
                                       "Zh==",
                                       "Zm9=",
                                       "Zm9v=",
                                       "Z===",
                                       "====",
                                       "Zm9v\n",
                                       " Zm9vYg=",
                                       "Zm-v",
                                       "Zm9_",
                                       "=m9v",
                                       "Z=9v",
                                       "Zm9vYg==\r\n",
                                       "Zg==Zm9v",
                                       "\xff"
                                       "m9v"};

    for (size_t i = 0; i < COUNT(rows); i++) {
        uint8_t out[16];
        struct wr w = {out, sizeof out, 0, false};
        CU_ASSERT_FALSE(base64_decode(&w, span_of(rows[i])));
        CU_ASSERT_TRUE(w.n == 0 && !w.full);
    }
}

/* Each octet at each place, there and back; too little room is said. */
static void around(void)
{
    for (unsigned v = 0; v < 256; v++)
        for (size_t n = 1; n <= 4; n++) {
            uint8_t in[4] = {(uint8_t)v, (uint8_t)(v * 7), (uint8_t)~v, (uint8_t)(v + 1)}, text[8],
                    out[4];
            struct wr t = {text, sizeof text, 0, false}, o = {out, sizeof out, 0, false},
                      less = {out, n - 1, 0, false};
            base64_encode(&t, (struct span){in, n});
            CU_ASSERT_TRUE(base64_decode(&o, wr_span(&t)));
            CU_ASSERT_TRUE(o.n == n && memcmp(in, out, n) == 0);
            CU_ASSERT_TRUE(base64_decode(&less, wr_span(&t)) && less.full);
        }
}

TESTS({"examples", examples}, {"refused", refused}, {"around", around})
