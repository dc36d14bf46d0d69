/* harness/script/region.h - memory of one Lua state, which is thrown away whole.
 *
 * Small pieces come from blocks and go back to a list of their size; large ones are the heap's. Nothing
 * is given back before the state ends, so that a case costs a few calls of malloc, not thousands. */
#ifndef HARNESS_SCRIPT_REGION_H
#define HARNESS_SCRIPT_REGION_H
#include "codecs/base/base.h"

enum {
    REGION_SMALL = 512,        /* octets of the largest piece out of a block */
    REGION_STEP = 16,          /* sizes are rounded up to a multiple of it */
    REGION_BLOCK = 128 * 1024, /* octets that are taken from the heap at once */
};
struct region { /* all zero: empty */
    struct region_block *blocks;
    struct region_large *large;
    struct region_spare
        *spare[REGION_SMALL / REGION_STEP]; /* lists of pieces that were given back */
};
/* As realloc, of a piece whose size was `was` (0 and NULL: a new one); aligned to 16. NULL: no memory,
 * and the piece is as it was. */
void *region_resize(struct region *r, void *p, size_t was, size_t size);
/* Give a piece back. */
void region_give(struct region *r, void *p, size_t was);
/* Give all of it back to the heap. */
void region_end(struct region *r);
#endif
