/* fuzz/targets/sip_roundtrip.c - SIP: view, draft and octets agree. */
#include "codecs/sip/sip.h"
#include "fuzz/engine/codec_oracle.h"

static void one(const uint8_t *p, size_t n)
{
    oracle_roundtrip(&sip_codec, (struct span){p, n});
}

const struct target sip_roundtrip_target = {.name = "sip_roundtrip",
                                            .one = one,
                                            .max_len = 4096,
                                            .weight = 3,
                                            .dict = "sip",
                                            .codecs = "sip/sdp/parts"};
