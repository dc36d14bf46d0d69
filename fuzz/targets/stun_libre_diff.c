/* fuzz/targets/stun_libre_diff.c - a message as our codec and libre read it: whether it is one, and what it says. */
#include "fuzz/diff/diff.h"
#include "fuzz/engine/target.h"

static void one(const uint8_t *p, size_t n)
{
    diff_run(&diff_libre, (struct span){p, n});
}

const struct target stun_libre_diff_target = {.name = "stun_libre_diff",
                                              .one = one,
                                              .max_len = 2048,
                                              .weight = 1,
                                              .dict = "stun",
                                              .codecs = "stun"};
