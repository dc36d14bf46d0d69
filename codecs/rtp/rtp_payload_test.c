/* codecs/rtp/rtp_payload_test.c - what vectors cannot say of payload formats: writing, limits, keys, text as it
 * is shown, how long Opus lasts. */
#include "codecs/rtp/rtp_cn.h"
#include "codecs/rtp/rtp_event.h"
#include "codecs/rtp/rtp_formats.h"
#include "codecs/rtp/rtp_h264.h"
#include "codecs/rtp/rtp_opus.h"
#include "codecs/rtp/rtp_red.h"
#include "codecs/rtp/rtp_text.h"
#include "harness/core/test.h"

static uint8_t out[4096];

static void red_written(void)
{
    static const uint8_t want[] = {0xff, 0, 4, 4, 0x7e, 2, 2, 2, 2, 1, 1, 1, 1};
    static const uint8_t data[RTP_RED_LENGTH_MAX + 1] = {2, 2, 2, 2};
    struct rtp_red_block b = {127, 1, 0, {data, 4}};
    struct span primary = SPAN("\1\1\1\1");
    struct rtp_red_block got[1];
    struct rtp_red v;
    struct findings fs = {0};
    struct wr w = {out, sizeof out, 0, false};

    CU_ASSERT_TRUE(rtp_red_put(&w, &b, 1, 126, primary));
    CU_ASSERT_TRUE(span_eq(wr_span(&w), (struct span){want, sizeof want}));
    CU_ASSERT_EQUAL(rtp_red_decode(wr_span(&w), &v, got, 1, &fs), STEP_ITEM);
    CU_ASSERT_EQUAL(rtp_red_timestamp(0x1002, &got[0]), 0x1001);
    CU_ASSERT_EQUAL(rtp_red_timestamp(0, &got[0]), 0xffffffff);
    CU_ASSERT_EQUAL(rtp_red_decode(wr_span(&w), &v, NULL, 0, &fs), STEP_ITEM);
    CU_ASSERT_TRUE(v.truncated && v.n_blocks == 0 && span_eq(v.primary, primary) && fs.n == 0);
    /* both sides of either limit; what does not fit is not written */
    b = (struct rtp_red_block){127, RTP_RED_OFFSET_MAX, 0, {data, RTP_RED_LENGTH_MAX}};
    CU_ASSERT_TRUE(rtp_red_put(&w, &b, 1, 126, primary));
    w.n = 0;
    b.offset++;
    CU_ASSERT_FALSE(rtp_red_put(&w, &b, 1, 126, primary));
    b.offset--;
    b.data.n++;
    CU_ASSERT_FALSE(rtp_red_put(&w, &b, 1, 126, primary));
    CU_ASSERT_EQUAL(w.n, 0);
}

static void names(void)
{
    CU_ASSERT_PTR_EQUAL(rtp_format_named("CN"), &rtp_cn_codec);
    CU_ASSERT_PTR_EQUAL(rtp_format_named("h264"), &rtp_h264_codec);
    CU_ASSERT_PTR_EQUAL(rtp_format_named("OPUS"), &rtp_opus_codec);
    CU_ASSERT_PTR_EQUAL(rtp_format_named("RED"), &rtp_red_codec);
    CU_ASSERT_PTR_EQUAL(rtp_format_named("T140"), &rtp_text_codec);
    CU_ASSERT_PTR_EQUAL(rtp_format_named("Telephone-Event"), &rtp_event_codec);
    CU_ASSERT_PTR_EQUAL(rtp_format_named("tone"), &rtp_tone_codec);
    CU_ASSERT_PTR_NULL(rtp_format_named("H264x"));
    CU_ASSERT_PTR_NULL(rtp_format_named("H26"));
    CU_ASSERT_PTR_NULL(rtp_format_named("PCMU"));
    CU_ASSERT_PTR_NULL(rtp_format_named(""));
}

static void keys(void)
{
    static const char all[] = "0123456789*#ABCD";

    for (int i = 0; i < 16; i++) {
        CU_ASSERT_EQUAL(rtp_event_of_key(all[i]), i);
        CU_ASSERT_EQUAL(rtp_key_of_event((unsigned)i), all[i]);
    }
    CU_ASSERT_EQUAL(rtp_event_of_key('d'), 15);
    CU_ASSERT_EQUAL(rtp_event_of_key('E'), -1);
    CU_ASSERT_EQUAL(rtp_event_of_key('\0'), -1);
    CU_ASSERT_EQUAL(rtp_key_of_event(16), 0);
}

/* "5" for 100 ms in packets of 20 ms: the durations grow by 160, the end comes three times. */
static void train(void)
{
    struct rd r;
    struct rtp_event e = {.event = 5, .volume = 10}, got;
    struct wr w = {out, sizeof out, 0, false};

    for (unsigned i = 1; i <= 7; i++) {
        e.duration = (uint16_t)(160 * (i < 5 ? i : 5));
        e.end = i >= 5;
        rtp_event_put(&w, &e);
    }
    r = rd_of(wr_span(&w));
    for (unsigned i = 1; i <= 7; i++) {
        CU_ASSERT_TRUE(rtp_next_event(&r, &got));
        CU_ASSERT_TRUE(got.event == 5 && got.volume == 10 && got.end == (i >= 5));
        CU_ASSERT_EQUAL(got.duration, 160 * (i < 5 ? i : 5));
    }
    CU_ASSERT_FALSE(rtp_next_event(&r, &got));
}

static void shown(void)
{
    static const struct {
        const char *text, *want;
    } texts[] = {
        {"hi\bo", "ho"},
        {"\b\bx", "x"},
        {"a\xc3\xa4\b", "a"},
        {"a\r\nb", "a\nb"},
        {"a\xe2\x80\xa8"
         "b",
         "a\nb"},
        {"\xef\xbb\xbf"
         "a\7",
         "a"},
        {"a\xc2\x98secret\xc2\x9c"
         "b",
         "ab"},
        {"a\x1b"
         "ab",
         "ab"},
    };

    for (size_t i = 0; i < COUNT(texts); i++) {
        struct wr w = {out, sizeof out, 0, false};
        t140_show(&w, span_of(texts[i].text));
        CHECK_TEXT(wr_span(&w), texts[i].want);
    }
    uint32_t c;
    struct rd r = rd_of(span_of("\xf0\x9f\x98\x80\xff"));
    CU_ASSERT_TRUE(t140_next(&r, &c) && c == 0x1f600);
    CU_ASSERT_TRUE(t140_next(&r, &c) && c == T140_MISSING);
    CU_ASSERT_FALSE(t140_next(&r, &c));
    struct span block;
    uint16_t counter;
    CU_ASSERT_TRUE(rtp_t140c_split(span_of("\1\2ab"), &counter, &block));
    CU_ASSERT_TRUE(counter == 258 && span_is(block, "ab"));
    CU_ASSERT_FALSE(rtp_t140c_split(span_of("\1"), &counter, &block));
}

/* RFC 6716 section 3.1, table 2: in samples of 48 kHz. */
static void opus_lasts(void)
{
    static const unsigned ms10[32] = {100, 200, 400, 600, 100, 200, 400, 600, 100, 200, 400,
                                      600, 100, 200, 100, 200, 25,  50,  100, 200, 25,  50,
                                      100, 200, 25,  50,  100, 200, 25,  50,  100, 200};
    static const uint8_t three[] = {15 << 3 | 3, 3, 0xaa, 0xbb, 0xcc};
    struct rtp_opus v;
    struct findings fs = {0};

    for (uint8_t c = 0; c < 32; c++)
        CU_ASSERT_EQUAL(rtp_opus_frame(c), ms10[c] * 48 / 10);
    CU_ASSERT_EQUAL(rtp_opus_decode((struct span){three, sizeof three}, &v, &fs), STEP_ITEM);
    CU_ASSERT_EQUAL(rtp_opus_duration(&v), 3 * 960);
    struct wr w = {out, sizeof out, 0, false};
    rtp_opus_codec.brief(&w, &v);
    v.config = 16; /* 2.5 ms a frame */
    rtp_opus_codec.brief(&w, &v);
    CU_ASSERT_TRUE(span_is(wr_span(&w), "Opus 60 msOpus 7.5 ms"));
}

/* RFC 3389 section 3.2: the ends of the scale and its middle. */
static void noise(void)
{
    CU_ASSERT_EQUAL(rtp_cn_reflection(127), 0);
    CU_ASSERT_TRUE(rtp_cn_reflection(0) > -32768 && rtp_cn_reflection(0) < -32000);
    CU_ASSERT_TRUE(rtp_cn_reflection(254) < 32768 && rtp_cn_reflection(254) > 32000);
}

TESTS({"names of formats", names}, {"red_written", red_written}, {"keys", keys}, {"train", train},
      {"shown", shown}, {"opus_lasts", opus_lasts}, {"noise", noise})
