/* fuzz/mutate/parts.h - any text as a codec, so that the mutator changes it by its structure: elements of lists,
 * parameters, words.
 *
 * A text is parts between separators, each of which may be parts between others: line ends before commas, commas before
 * semicolons, and so on; quoted strings hide them. It is never on a wire. */
#ifndef FUZZ_MUTATE_PARTS_H
#define FUZZ_MUTATE_PARTS_H
#include "codecs/base/codec.h"

enum {
    PARTS_DEPTH = 4,
    PARTS_MAX = 8192
}; /* separators inside one another; octets of a text that is guessed to be one */

struct part {
    struct span text;  /* all of it */
    uint8_t separator; /* what stands between its parts; 0: it has none */
    struct part *parts;
    size_t parts_n;
};
extern const struct codec parts_codec;
#endif
