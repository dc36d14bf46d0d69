/* fuzz/targets/sdp_roundtrip.c - SDP: view, draft and octets agree. */
#include "codecs/sdp/sdp.h"
#include "fuzz/engine/codec_oracle.h"

static void one(const uint8_t *p, size_t n)
{
    oracle_roundtrip(&sdp_codec, (struct span){p, n});
}

const struct target sdp_roundtrip_target = {.name = "sdp_roundtrip",
                                            .one = one,
                                            .max_len = 4096,
                                            .weight = 3,
                                            .dict = "sdp",
                                            .codecs = "sdp/parts"};
