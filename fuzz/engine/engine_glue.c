/* fuzz/engine/engine_glue.c - one target for an engine that calls LLVMFuzzerTestOneInput:
 * libFuzzer, AFL++ through its driver, and whatever LIB_FUZZING_ENGINE names. TARGET is the
 * target's name. */
#include "fuzz/engine/target.h"

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
