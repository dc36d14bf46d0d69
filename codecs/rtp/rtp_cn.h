/* codecs/rtp/rtp_cn.h - comfort noise: RFC 3389. */
#ifndef CODECS_RTP_RTP_CN_H
#define CODECS_RTP_RTP_CN_H
#include "codecs/base/codec.h"

enum { RTP_CN_RESERVED = 255 }; /* an index of a coefficient that means nothing yet, RFC3389:3.2 */
struct rtp_cn {                 /* view; borrows the payload */
    struct span wire;
    bool reserved; /* the top bit of the level */
    uint8_t level; /* -dBov */
    struct span
        coefficients; /* quantised reflection coefficients, an octet each: rtp_cn_reflection */
};
extern const struct codec rtp_cn_codec;
/* Decode a payload: STEP_MORE where it is empty. */
enum step rtp_cn_decode(struct span in, struct rtp_cn *v, struct findings *fs);
void rtp_cn_lint(const struct rtp_cn *v, struct findings *fs);
/* k_i of an index, times 32768: 258 * (N - 127), RFC3389:3.2. */
static inline int rtp_cn_reflection(uint8_t index)
{
    return 258 * (index - 127);
}
#endif
