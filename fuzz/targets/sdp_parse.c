/* fuzz/targets/sdp_parse.c - any octets as a session description. */
#include "codecs/sdp/sdp.h"
#include "fuzz/engine/codec_oracle.h"

static void one(const uint8_t *p, size_t n)
{
    oracle_parse(&sdp_codec, (struct span){p, n});
}

const struct target sdp_parse_target = {.name = "sdp_parse",
                                        .one = one,
                                        .max_len = 4096,
                                        .weight = 3,
                                        .dict = "sdp",
                                        .codecs = "sdp/parts"};
