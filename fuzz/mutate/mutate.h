/* fuzz/mutate/mutate.h - changes messages by their structure: whatever a codec decodes and has a field
 * table for, no protocol is known here.
 *
 * A message is decoded, its draft is edited, encoded, and most times sealed again: fields get boundary
 * values, names of their kind or words of the dictionary; they are dropped, doubled, moved, added, copied
 * from elsewhere, spliced from another message, replaced by octets; names are spelt in another way, one
 * record with a list becomes two, two become one; lengths that an encoder would derive are told wrong; in
 * texts numbers, white space, quotes, escapes and the case of letters change. A share of the changes is of
 * plain octets, and so is every change of what does not decode.
 *
 * Codecs may stand in another ("steps/stun", "sip/sdp/parts"): fields of octets of the outer one that an
 * inner one takes for its own are changed by the inner one's structure, and so on: in an inner one those
 * named behind it stand. "parts" (parts.h) is any text with separators: what no table takes apart.
 *
 * Same mutator, same calls: same octets. Nothing is written past `max`. */
#ifndef FUZZ_MUTATE_MUTATE_H
#define FUZZ_MUTATE_MUTATE_H
#include "codecs/base/codec.h"

/* The secret that mutants are sealed with, and that targets check with: the password of RFC 5769. */
#define MUTATE_SECRET "VOkJxbRl1RmTxUk/WvJxBt"

enum {
    MUTATE_MAX = 1 << 16, /* octets of a message that is changed by its structure */
    MUTATE_INNER = 3,     /* codecs that stand in another */
};
enum mutation { /* what was done last, for statistics and tests */
                MUT_OCTETS,
                MUT_SET,
                MUT_DROP,
                MUT_DOUBLE,
                MUT_MOVE,
                MUT_ADD,
                MUT_COPY,
                MUT_SPLICE,
                MUT_SPELL,
                MUT_SPLIT,
                MUT_JOIN,
                MUT_LIE,
                MUT_RAW,
                MUT_KINDS,
};
struct mutator;

/* By the names of the codecs, "stun" or "outer/inner", up to MUTATE_INNER inner ones. NULL: no such codec, or no
 * memory. The caller's, freed with mutator_free. */
struct mutator *mutator_new(const char *codecs);
void mutator_free(struct mutator *m);
/* Have plain octets changed by an engine, which knows what was compared: of inputs that do not decode, and in fields.
 * It changes `size` octets in place, `max` at most, and returns how many there are then. NULL: by the mutator
 * itself. */
typedef size_t engine_change(uint8_t *p, size_t size, size_t max);
void mutator_engine(struct mutator *m, engine_change *engine);

/* Change the `n` octets at `p`, in place; at most `max` of them, which `p` has room for. `other` is what
 * parts may be spliced from, empty: nothing. Returns how many octets there are now. */
size_t mutate(struct mutator *m, uint8_t *p, size_t n, size_t max, struct span other,
              uint64_t seed);
/* The same with plain octets only. */
size_t mutate_octets(struct mutator *m, uint8_t *p, size_t n, size_t max, uint64_t seed);
/* A message in `out` that has parts of both. */
size_t mutate_cross(struct mutator *m, struct span a, struct span b, uint8_t *out, size_t max,
                    uint64_t seed);
/* How often each kind of edit has been made since the mutator was made; MUT_KINDS numbers. */
const uint64_t *mutate_counts(const struct mutator *m);
/* "octets", "set", ... */
const char *mutation_name(enum mutation kind);

/* Smaller forms of a message, for minimising: the i-th part left out, parts in the order of a walk, each
 * before what is in it; `sealed`: sealed afterwards. Returns its octets, at most `max`; 0: it has no i-th
 * part; SIZE_MAX: this one cannot be written, or is not smaller. */
size_t mutate_without(struct mutator *m, struct span in, size_t i, bool sealed, uint8_t *out,
                      size_t max);
#endif
