/* codecs/rtp/rtp_cn.c - comfort noise. */
#include "codecs/rtp/rtp_cn.h"
#include "codecs/rtp/rtp_payload.h"

enum step rtp_cn_decode(struct span in, struct rtp_cn *v, struct findings *fs)
{
    (void)fs;
    if (in.n < 1) /* RFC3389:3.3#1 wants the level, whatever else */
        return STEP_MORE;
    *v = (struct rtp_cn){in, in.p[0] >> 7, in.p[0] & 0x7f, span_cut(in, 1, in.n)};
    return STEP_ITEM;
}

void rtp_cn_lint(const struct rtp_cn *v, struct findings *fs)
{
    if (v->reserved)
        payload_broke(fs, v->wire, "RFC3389:3.1#a1", STMT,
                      "the top bit in front of the noise level is set", v->wire.p, 1, 0);
    for (size_t i = 0; i < v->coefficients.n; i++)
        if (v->coefficients.p[i] == RTP_CN_RESERVED) {
            payload_broke(fs, v->wire, "RFC3389:3.2#a1", STMT,
                          "a coefficient has the index %u, which is reserved",
                          v->coefficients.p + i, 1, RTP_CN_RESERVED);
            break;
        }
}

static bool not_reserved(const void *rec)
{
    return !((const struct rtp_cn *)rec)->reserved;
}
static bool no_coefficients(const void *rec)
{
    return ((const struct rtp_cn *)rec)->coefficients.n == 0;
}
static const struct field fields[] = {
    {.name = "reserved", FIELD(struct rtp_cn, reserved, F_BOOL), .absent = not_reserved},
    {.name = "level", FIELD(struct rtp_cn, level, F_UINT)},
    {.name = "coefficients",
     FIELD(struct rtp_cn, coefficients, F_BYTES),
     .absent = no_coefficients},
};
static const struct wire wires[] = {{WIRE_UINT, 1, 0}, {WIRE_UINT, 7, 0}, {WIRE_BYTES, 0, 0}};
static const struct layout layout = LAYOUT(struct rtp_cn, "rtp_cn", fields, wires, NULL);

PAYLOAD_DECODE(rtp_cn, rtp_cn_decode)

static void lint(const void *view, struct findings *fs)
{
    rtp_cn_lint(view, fs);
}

static void encode(struct wr *w, const struct draft *dr)
{
    payload_encode(w, dr, &layout);
}

static void brief(struct wr *w, const void *view)
{
    wr_text(w, "comfort noise -");
    wr_dec(w, ((const struct rtp_cn *)view)->level);
    wr_text(w, " dBov");
}

const struct codec rtp_cn_codec = {
    .name = "rtp_cn",
    .view = &layout.d,
    .decode = decode,
    .lint = lint,
    .encode = encode,
    .brief = brief,
};
