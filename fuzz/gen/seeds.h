/* fuzz/gen/seeds.h - what the generators of seeds share: files that are written, or compared. */
#ifndef FUZZ_GEN_SEEDS_H
#define FUZZ_GEN_SEEDS_H
#include <stdlib.h>
#include "codecs/base/base.h"

enum { SEED_MAX = 4096 };
struct seeds {
    const char *dir;
    bool check;
    size_t done, bad;
};
/* From "--write DIR" or "--check DIR"; false: neither, which has been said. */
bool seeds_args(struct seeds *o, int argc, char **argv);
/* Write the seed to its file, or see that it stands there; what is wrong is said and counted. */
void seed_keep(struct seeds *o, const char *name, struct span s);
#endif
