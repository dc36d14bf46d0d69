/* fuzz/targets/sip_frag.c - fragments of SIP messages: any octets are one; view, draft and octets agree. */
#include "codecs/sip/sip.h"
#include "fuzz/engine/codec_oracle.h"

static void one(const uint8_t *p, size_t n)
{
    oracle_parse(&sipfrag_codec, (struct span){p, n});
    oracle_roundtrip(&sipfrag_codec, (struct span){p, n});
}

const struct target sip_frag_target = {.name = "sip_frag",
                                       .one = one,
                                       .max_len = 4096,
                                       .weight = 2,
                                       .dict = "sip",
                                       .codecs = "sipfrag"};
