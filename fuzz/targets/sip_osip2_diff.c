/* fuzz/targets/sip_osip2_diff.c - a message as our codec and libosip2 read it. */
#include "fuzz/diff/sip_diff.h"
#include "fuzz/engine/target.h"

static void one(const uint8_t *p, size_t n)
{
    sip_diff_run(&sip_diff_osip2, (struct span){p, n});
}

const struct target sip_osip2_diff_target = {.name = "sip_osip2_diff",
                                             .one = one,
                                             .max_len = 2048,
                                             .weight = 1,
                                             .dict = "sip",
                                             .codecs = "sip/sdp/parts"};
