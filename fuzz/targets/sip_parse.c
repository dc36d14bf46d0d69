/* fuzz/targets/sip_parse.c - any octets as a SIP message. */
#include "codecs/sip/sip.h"
#include "fuzz/engine/codec_oracle.h"

static void one(const uint8_t *p, size_t n)
{
    oracle_parse(&sip_codec, (struct span){p, n});
}

const struct target sip_parse_target = {.name = "sip_parse",
                                        .one = one,
                                        .max_len = 4096,
                                        .weight = 3,
                                        .dict = "sip",
                                        .codecs = "sip/sdp/parts"};
