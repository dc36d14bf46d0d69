/* fuzz/targets/rtcp_roundtrip.c - RTCP: view, draft and octets agree. */
#include "codecs/rtp/rtcp.h"
#include "fuzz/engine/codec_oracle.h"

static void one(const uint8_t *p, size_t n)
{
    oracle_roundtrip(&rtcp_codec, (struct span){p, n});
}

const struct target rtcp_roundtrip_target = {.name = "rtcp_roundtrip",
                                             .one = one,
                                             .max_len = 2048,
                                             .weight = 2,
                                             .dict = "rtcp",
                                             .codecs = "rtcp"};
