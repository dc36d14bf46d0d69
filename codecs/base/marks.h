/* codecs/base/marks.h - where the delimiters of a text stand, a bit for each octet, found for 64 octets at once.
 *
 * Reading a value asks for the next delimiter of a class again and again. A block of text is looked at once, for all
 * classes; each question is then a shift and a count. Blocks are looked at when somebody asks, and some are kept: so the
 * cost is linear as long as the reader goes forward, with any number of short ways back.
 *
 *   struct marks m;
 *   marks_init(&m, value);
 *   size_t semi = marks_next(&m, MARKS_STOP, 0, value.n);
 */
#ifndef CODECS_BASE_MARKS_H
#define CODECS_BASE_MARKS_H
#include "codecs/base/base.h"

enum {
    MARKS_BLOCK = 64, /* octets in a block, which begins at a multiple of it */
    MARKS_KEPT = 16,  /* blocks that are kept */
    MARKS_AHEAD =
        4, /* blocks that are looked at together; the first one's number is a multiple of it */
};

/* ---- lines ---- */

struct marks_lines { /* bit i: octet i of the block is one */
    uint64_t lf, cr, colon;
};
/* Look at up to `n` blocks of `text` from the one that octet `at` is in; bits behind the text are zero. Returns how many
 * of `v` are filled: less than n where the text ends before. Reads no octet outside `text`. */
size_t marks_lines(struct span text, size_t at, struct marks_lines *v, size_t n);

/* ---- delimiters of values and URIs ---- */

enum marks_class {
    MARKS_STOP,  /* ; , < and quote: where a value of SIP or a parameter may end */
    MARKS_QUOTE, /* quote and backslash */
    MARKS_EQUAL,
    MARKS_CLOSE, /* > */
    MARKS_AT,
    MARKS_HOST, /* : ; ? */
    MARKS_CLASSES = 8
};
struct marks_block {
    uint64_t of[MARKS_CLASSES]; /* by class */
};
struct marks {
    struct span text;
    uint32_t
        kept[MARKS_KEPT]; /* one more than the number of the block that stands there; 0: none */
    struct marks_block blocks[MARKS_KEPT];
};
/* Begin with a text that nobody has looked at. It is borrowed, and must stay as it is. */
static inline void marks_init(struct marks *m, struct span text)
{
    m->text = text;
    memset(m->kept, 0, sizeof m->kept);
}
/* Look at block `number` of the text and its neighbours, and keep them. */
const struct marks_block *marks_look(struct marks *m, size_t number);
/* The four forms that marks_look and marks_lines choose between by what the CPU has; each gives the same. On other CPUs
 * than x86-64 all are the portable one. */
struct marks_form { /* each looks at n times 64 octets */
    void (*blocks)(const uint8_t *p, size_t n, struct marks_block *v);
    void (*lines)(const uint8_t *p, size_t n, struct marks_lines *v);
};
extern const struct marks_form marks_portable, marks_sse2, marks_avx2, marks_avx512;

static inline const struct marks_block *marks_block(struct marks *m, size_t number)
{
    size_t slot = number % MARKS_KEPT;
    return m->kept[slot] == (uint32_t)number + 1 ? &m->blocks[slot] : marks_look(m, number);
}
/* The offset in the text of the first octet of a class from `at` up to before `end`, which lies in the text; `end`: there
 * is none. */
static inline size_t marks_next(struct marks *m, enum marks_class c, size_t at, size_t end)
{
    while (at < end) {
        uint64_t bits = marks_block(m, at / MARKS_BLOCK)->of[c] >> at % MARKS_BLOCK;
        if (bits) {
            at += (size_t)__builtin_ctzll(bits);
            break;
        }
        at = (at | (MARKS_BLOCK - 1)) + 1;
    }
    return at < end ? at : end;
}
#endif
