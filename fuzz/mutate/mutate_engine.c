/* fuzz/mutate/mutate_engine.c - the mutator as engines call it; the shared object librtclab_mutate.so is this
 * with the codecs, built without any instrumentation, so that its own edges are nobody's feedback.
 *
 * libFuzzer: the program's glue calls rtclab_mutate and rtclab_cross. AFL++: AFL_CUSTOM_MUTATOR_LIBRARY names
 * the object, RTCLAB_MUTATE the codecs ("stun", "steps/stun"). */
#include <stdio.h>
#include <stdlib.h>
#include "fuzz/mutate/mutate_engine.h"

/* ---- libFuzzer ---- */

size_t rtclab_mutate(const char *codecs, engine_change *engine, uint8_t *p, size_t n, size_t max,
                     uint64_t seed)
{
    static struct mutator *m; /* one target, one thread a program */
    static uint8_t past[16][4096];
    static size_t past_n[16], next;

    if (!m && !(m = mutator_new(codecs)))
        return n;
    mutator_engine(m, engine);
    size_t slot = (size_t)(seed >> 7) % COUNT(past);
    struct span other = {past[slot], past_n[slot]};
    if (n <= sizeof past[0] && seed % 8 == 0) { /* what others are spliced from */
        memcpy(past[next], p, n);
        past_n[next] = n;
        next = (next + 1) % COUNT(past);
    }
    return mutate(m, p, n, max, other, seed);
}

size_t rtclab_cross(const char *codecs, struct span a, struct span b, uint8_t *out, size_t max,
                    uint64_t seed)
{
    static struct mutator *m;

    if (!m && !(m = mutator_new(codecs)))
        return 0;
    return mutate_cross(m, a, b, out, max, seed);
}

/* ---- AFL++ 4.04c ---- */

struct afl_custom {
    struct mutator *m;
    uint64_t rng[2];
    uint8_t *out;
    size_t cap;
    char name[32];
};
void *afl_custom_init(void *afl, unsigned seed);
size_t afl_custom_fuzz(void *data, uint8_t *p, size_t n, uint8_t **out, uint8_t *other,
                       size_t n_other, size_t max);
const char *afl_custom_describe(void *data, size_t max);
void afl_custom_deinit(void *data);

EXPORTED void *afl_custom_init(void *afl, unsigned seed)
{
    struct afl_custom *c = calloc(1, sizeof *c);
    const char *codecs = getenv("RTCLAB_MUTATE");

    (void)afl;
    if (c)
        c->m = mutator_new(codecs ? codecs : "");
    if (!c || !c->m) {
        fprintf(stderr, "rtclab mutator: RTCLAB_MUTATE='%s' names no codec\n",
                codecs ? codecs : "");
        free(c);
        return NULL;
    }
    rng_seed(c->rng, seed);
    return c;
}

EXPORTED size_t afl_custom_fuzz(void *data, uint8_t *p, size_t n, uint8_t **out, uint8_t *other,
                                size_t n_other, size_t max)
{
    struct afl_custom *c = data;
    uint64_t seed = rng_next(c->rng);

    if (c->cap < max) {
        uint8_t *more = realloc(c->out, max);
        if (!more) {
            *out = p;
            return n;
        }
        c->out = more;
        c->cap = max;
    }
    if (n > max)
        n = max;
    memcpy(c->out, p, n);
    *out = c->out;
    return mutate(c->m, c->out, n, max, (struct span){other, other ? n_other : 0}, seed);
}

/* What was done most is named in the file of the queue. */
EXPORTED const char *afl_custom_describe(void *data, size_t max)
{
    struct afl_custom *c = data;
    snprintf(c->name, sizeof c->name < max ? sizeof c->name : max, "structure");
    return c->name;
}

EXPORTED void afl_custom_deinit(void *data)
{
    struct afl_custom *c = data;
    mutator_free(c->m);
    free(c->out);
    free(c);
}
