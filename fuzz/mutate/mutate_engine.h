/* fuzz/mutate/mutate_engine.h - what the shared object of the mutator gives to the programs of libFuzzer. */
#ifndef FUZZ_MUTATE_MUTATE_ENGINE_H
#define FUZZ_MUTATE_MUTATE_ENGINE_H
#include "fuzz/mutate/mutate_impl.h"

#define EXPORTED __attribute__((visibility("default")))

/* Change `n` octets at `p`, of the codecs that the target names, as mutate() does; parts are spliced from
 * earlier inputs. A program has one target: the first call decides which codecs. */
EXPORTED size_t rtclab_mutate(const char *codecs, engine_change *engine, uint8_t *p, size_t n,
                              size_t max, uint64_t seed);
/* As mutate_cross(). */
EXPORTED size_t rtclab_cross(const char *codecs, struct span a, struct span b, uint8_t *out,
                             size_t max, uint64_t seed);
#endif
