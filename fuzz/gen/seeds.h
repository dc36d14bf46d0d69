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
struct program { /* a seed that is a program of fuzz/state/steps.h */
    struct seeds *o;
    uint8_t p[SEED_MAX];
    struct wr w;
};
/* main of a generator whose seeds are programs alone: each of `parts` writes some. The exit status. */
int program_main(int argc, char **argv, void (*const parts[])(struct program *g), size_t n);
/* Start a program with its four octets of configuration; end and keep it under a name. */
void program_begin(struct program *g, uint32_t config);
void program_end(struct program *g, const char *name);
/* Write the seed to its file, or see that it stands there; what is wrong is said and counted. */
void seed_keep(struct seeds *o, const char *name, struct span s);
#endif
