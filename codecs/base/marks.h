/* codecs/base/marks.h - where the delimiters of a text stand, a bit for each octet, found for 64 octets at once.
 *
 * Reading a value asks for the next delimiter of a class again and again. A block of text is looked at once, for
 * all classes; each question is then a shift and a count. Blocks are looked at when somebody asks, and some are
 * kept: so the cost is linear as long as the reader goes forward, with any number of short ways back.
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
    MARKS_KEPT = 16,  /* blocks that are kept, at most */
    MARKS_AHEAD = 8,  /* blocks that are looked at together */
    MARKS_NEAR = 57,  /* octets in one step: 64 bits, but for up to seven before the first */
};

/* ---- lines ---- */

struct marks_lines { /* bit i: octet i of the block is one */
    uint64_t lf, cr, colon;
};
/* Look at up to `n` blocks of `text` from the one that octet `at` is in; bits behind the text are zero. Returns
 * how many of `v` are filled: less than n where the text ends before. Reads no octet outside `text`. */
size_t marks_lines(struct span text, size_t at, struct marks_lines *v, size_t n);

/* ---- delimiters of values and URIs ---- */

enum marks_class {
    MARKS_STOP,  /* ; , < and quote: where a value of SIP or a parameter may end */
    MARKS_QUOTE, /* quote and backslash */
    MARKS_EQUAL,
    MARKS_CLOSE, /* > */
    MARKS_AT,
    MARKS_HOST,  /* : ; ? */
    MARKS_SPACE, /* SP and what is below it */
    MARKS_CLASSES
};
typedef uint64_t marks_bits[MARKS_CLASSES][MARKS_KEPT + 1];
struct marks {
    struct span text;
    size_t base;   /* offset of the first block that is kept */
    size_t kept;   /* octets of all that are kept */
    marks_bits of; /* those of each class, and a word of zeros behind them */
};
/* Begin with a text that nobody has looked at. It is borrowed, and must stay as it is. */
static inline void marks_init(struct marks *m, struct span text)
{
    m->text = text;
    m->base = m->kept = 0;
}
/* Look at the block in which octet `at` is, and at its neighbours. Returns at - m->base. */
size_t marks_look(struct marks *m, size_t at);

/* The bits of a class from `off` on, MARKS_NEAR at least: of two words, so that most questions have their answer in one
 * step. */
static inline uint64_t marks_from(const uint64_t *words, size_t off)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    uint64_t
        bits; /* where octets of words stand in the order of their bits, eight of them from any octet on */
    memcpy(&bits, (const uint8_t *)words + off / 8, sizeof bits);
    return bits >> off % 8;
#else
    unsigned shift = off % MARKS_BLOCK;
    words += off / MARKS_BLOCK;
    return words[0] >> shift | words[1] << 1 << (MARKS_BLOCK - 1 - shift);
#endif
}
/* A value that the compiler takes for another one than before. A choice between it and one that is late in coming
 * stays a branch, which is foretold, where a conditional move would make all that follows wait. */
static inline size_t marks_apart(size_t v)
{
    __asm__("" : "+r"(v));
    return v;
}
/* marks_next where the answer is not in the blocks that are kept, or is far. */
size_t marks_far(struct marks *m, enum marks_class c, size_t at, size_t end);
/* The offset in the text of the first octet of a class from `at` up to before `end`, which lies in the text;
 * `end`: there is none. */
static inline size_t marks_next(struct marks *m, enum marks_class c, size_t at, size_t end)
{
    size_t off = at - m->base;

    if (off < m->kept) {
        uint64_t bits = marks_from(m->of[c], off);
        if (bits) {
            at += (size_t)__builtin_ctzll(bits);
            return at < end ? at : marks_apart(end);
        }
        if (end - at <= MARKS_NEAR &&
            end - m->base <= m->kept) /* all up to there was in the step */
            return marks_apart(end);
    }
    return marks_far(m, c, at, end);
}

/* ---- the forms that these choose between by what the CPU has; each gives the same ---- */

struct marks_form { /* each looks at n times 64 octets */
    void (*blocks)(const uint8_t *p, size_t n, marks_bits of, size_t first);
    void (*lines)(const uint8_t *p, size_t n, struct marks_lines *v);
};
/* On other CPUs than x86-64 all are the portable one. */
extern const struct marks_form marks_portable, marks_sse2, marks_avx2, marks_avx512;
#endif
