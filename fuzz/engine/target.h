/* fuzz/engine/target.h - what a fuzzing target is, and what targets share.
 *
 * fuzz/targets/NAME.c defines `const struct target NAME_target`; the build lists them all in
 * `targets` and makes of each a program fuzz_NAME with the engine it was configured for:
 *
 *   none       standalone_main.c replays files and folders; any compiler
 *   libfuzzer  clang's libFuzzer        afl  afl-clang-fast        external  LIB_FUZZING_ENGINE
 *
 * Beside an engine's program stands replay_NAME, the standalone form of the same target. */
#ifndef FUZZ_ENGINE_TARGET_H
#define FUZZ_ENGINE_TARGET_H
#include <stdlib.h>
#include "codecs/base/codec.h"

struct target {
    const char *name;
    /* Try one input. Comes back, or ends the process: by require(), a sanitizer or a signal. The
     * input is borrowed, and any octets at all. */
    void (*one)(const uint8_t *p, size_t n);
    size_t max_len;   /* octets that an engine tries at most; replay takes any length */
    unsigned weight;  /* share of a time that is spread over all targets, 1 and up */
    const char *dict; /* the codec whose dictionary helps, fuzz/dict/DICT.dict; NULL: none */
    const char
        *codecs; /* by whose structure inputs are changed, "stun", "steps/stun"; NULL: none */
    /* A target that is faster than changing a long input by its structure: up to how many octets
     * that is always done, longer ones in proportion more seldom; 0: always. */
    size_t fast;
    const char *seeds; /* folder of its own in corpus/, beside the rest; NULL: none */
};
extern const struct target *const targets[];
extern const size_t targets_n;

/* An oracle: where `ok` is false, say `what` on standard error and abort. `what` is a static
 * sentence; it names the finding. */
void require(bool ok, const char *what);

/* The compiler takes `v` for used, so that reading what it was made of is not left out. */
static inline void used(uint64_t v)
{
    __asm__ volatile("" : : "r"(v));
}

/* A copy of `n` octets that ends where readable memory ends: a heap block of that very size under
 * AddressSanitizer, which also guards its front, else in front of an unreadable page. */
struct fence {
    uint8_t *p;
    size_t n;
    uint8_t *block; /* what is given back */
    size_t size;
};
struct fence fence_copy(const uint8_t *p, size_t n);
void fence_free(struct fence *f);
static inline struct span fence_span(const struct fence *f)
{
    return (struct span){f->p, f->n};
}

/* Memory or the end of the process: an engine that is out of memory has found nothing. */
void *need(size_t size);

/* The choices that a target takes from the end of its input, so that seeds stay what they show: the
 * last octet first; 0 once there are no more. */
struct chance {
    const uint8_t *p;
    size_t n;
};
static inline uint8_t chance_u8(struct chance *c)
{
    return c->n ? c->p[--c->n] : 0;
}
#endif
