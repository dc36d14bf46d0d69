/* fuzz/engine/engine_glue.c - one target for an engine that calls LLVMFuzzerTestOneInput: libFuzzer, AFL++
 * through its driver, and whatever LIB_FUZZING_ENGINE names. TARGET is the target's name. WITH_MUTATOR:
 * libFuzzer changes inputs by their structure; AFL++ loads the same object by itself. */
#include "fuzz/engine/target.h"
#include "fuzz/mutate/mutate_engine.h"

#define JOIN(a, b) a##b
#define SYMBOL(name) JOIN(name, _target)
extern const struct target SYMBOL(TARGET);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > SYMBOL(TARGET).max_len)
        return -1; /* not to be kept */
    SYMBOL(TARGET).one(data, size);
    return 0;
}

#ifdef WITH_MUTATOR
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed);
size_t LLVMFuzzerCustomCrossOver(const uint8_t *a, size_t na, const uint8_t *b, size_t nb,
                                 uint8_t *out, size_t max, unsigned seed);

/* libFuzzer's seeds are small numbers in a row. */
static uint64_t spread(unsigned seed)
{
    return (seed + UINT64_C(1)) * 0x9e3779b97f4a7c15u >> 3;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
    /* Its own mutations know what was compared, and cost nothing; structure costs by the octet. */
    size_t fast = SYMBOL(TARGET).fast;
    bool structure = seed % 4 != 0 && (fast == 0 || spread(seed) % (size + 1) < fast);
    if (!SYMBOL(TARGET).codecs || !structure)
        return LLVMFuzzerMutate(data, size, max);
    return rtclab_mutate(SYMBOL(TARGET).codecs, LLVMFuzzerMutate, data, size, max, spread(seed));
}

size_t LLVMFuzzerCustomCrossOver(const uint8_t *a, size_t na, const uint8_t *b, size_t nb,
                                 uint8_t *out, size_t max, unsigned seed)
{
    if (!SYMBOL(TARGET).codecs || seed % 8 != 0) /* it would be every second change otherwise */
        return 0;
    return rtclab_cross(SYMBOL(TARGET).codecs, (struct span){a, na}, (struct span){b, nb}, out, max,
                        spread(seed));
}
#endif
