/* fuzz/targets/sip_sofia_diff.c - a message as our codec and sofia-sip read it. */
#include "fuzz/diff/sip_diff.h"
#include "fuzz/engine/target.h"

static void one(const uint8_t *p, size_t n)
{
    sip_diff_run(&sip_diff_sofia, (struct span){p, n});
}

const struct target sip_sofia_diff_target = {.name = "sip_sofia_diff",
                                             .one = one,
                                             .max_len = 2048,
                                             .weight = 1,
                                             .dict = "sip",
                                             .codecs = "sip/sdp/parts"};
