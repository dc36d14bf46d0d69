/* fuzz/targets/rtp_payload.c - payload formats: any octets as a payload of each, and around by way of a draft. Text is
 * shown, G.711 decoded and encoded. */
#include "codecs/rtp/g711.h"
#include "codecs/rtp/rtp_cn.h"
#include "codecs/rtp/rtp_event.h"
#include "codecs/rtp/rtp_h264.h"
#include "codecs/rtp/rtp_opus.h"
#include "codecs/rtp/rtp_red.h"
#include "codecs/rtp/rtp_text.h"
#include "fuzz/engine/codec_oracle.h"

enum { SCREEN = 4096, EACH = 48 };

static void show(struct span in)
{
    static uint8_t screen[SCREEN];
    uint8_t *p = need(in.n + 1);
    struct wr w = {screen, SCREEN, 0, false}, less = {p, in.n / 2, 0, false};

    t140_show(&w, in);
    require(w.n <= in.n, "more is shown than was sent");
    t140_show(&less, in);
    require(less.n <= in.n / 2, "a screen is left at its end");
    free(p);
}

static void companded(struct span in)
{
    for (size_t i = 0; i < in.n; i++) {
        int16_t u = g711_ulaw_decode(in.p[i]), a = g711_alaw_decode(in.p[i]);
        require(g711_ulaw_decode(g711_ulaw_encode(u)) == u, "u-law does not come back");
        require(g711_alaw_decode(g711_alaw_encode(a)) == a, "A-law does not come back");
    }
}

static void one(const uint8_t *p, size_t n)
{
    static const struct codec *const formats[] = {
        &rtp_red_codec, &rtp_event_codec, &rtp_tone_codec, &rtp_text_codec,
        &rtp_cn_codec,  &rtp_h264_codec,  &rtp_opus_codec};
    struct fence f = fence_copy(p, n);
    struct span in = fence_span(&f);

    for (size_t i = 0; i < COUNT(formats); i++) {
        if (n > EACH && p[n - 1] % COUNT(formats) != i)
            continue; /* a long payload is tried as one of them, which its last octet names */
        oracle_parse(formats[i], in);
        oracle_roundtrip(formats[i], in);
    }
    show(in);
    companded(in);
    fence_free(&f);
}

const struct target rtp_payload_target = {
    .name = "rtp_payload", .one = one, .max_len = 2048, .weight = 2};
