/* fuzz/targets/rtp_roundtrip.c - RTP: view, draft and octets agree. */
#include "codecs/rtp/rtp.h"
#include "fuzz/engine/codec_oracle.h"

static void one(const uint8_t *p, size_t n)
{
    oracle_roundtrip(&rtp_codec, (struct span){p, n});
}

const struct target rtp_roundtrip_target = {.name = "rtp_roundtrip",
                                            .one = one,
                                            .max_len = 2048,
                                            .weight = 2,
                                            .dict = "rtp",
                                            .codecs = "rtp"};
