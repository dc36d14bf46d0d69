/* codecs/base/lexmap.h - which octets of a text are host characters, a bit for each, and how many of them there
 * are.
 *
 * Letters, digits, "-" and "." are what nearly all parts of a message are made of: names, tokens, hosts, numbers.
 * All else delimits parts, or needs a look. The whole text is looked at once, 64 octets at a time. Whether a part
 * of it is of nothing else is then a shift and a comparison; and whether all parts are, a sum: a text has as many
 * of these octets as its parts are long, if no part has another one and none stands outside of them. */
#ifndef CODECS_BASE_LEXMAP_H
#define CODECS_BASE_LEXMAP_H
#include "codecs/base/lex.h"
#include "codecs/base/word.h"

enum {
    LEXMAP_BLOCK = 64, /* octets that are looked at at once */
    LEXMAP_MAX = 4096, /* octets of a text, at most */
    LEXMAP_SPAN = 56,  /* octets that can be asked about at once */
};
enum lexmap_class {
    LEXMAP_HOST,  /* letters, digits, "-" and "." */
    LEXMAP_ALNUM, /* letters, digits */
    LEXMAP_TEXT,  /* visible characters of ASCII and SP, but for quote and backslash */
    LEXMAP_CLASSES
};
struct lexmap {
    struct span text;
    const uint8_t *last; /* where the last word of eight octets stands */
    size_t hosts;        /* how many octets are of LEXMAP_HOST */
    /* bit i % 8 of octet i / 8: octet i of the text is not of the class; a word of zeros behind the last block */
    uint8_t outside[LEXMAP_CLASSES][LEXMAP_MAX / 8 + 8];
};
/* Look at a text, which is borrowed and must stay as it is. False: it is longer than LEXMAP_MAX, or shorter than eight
 * octets, and was not looked at. */
bool lexmap_init(struct lexmap *m, struct span text);

/* Which of the LEXMAP_SPAN octets from `p` on, which is in the text, are not of the class: bit i for p[i]. Bits
 * above, and those behind the text, are anything. */
static inline uint64_t lexmap_from(const struct lexmap *m, enum lexmap_class c, const uint8_t *p)
{
    size_t at = (size_t)(p - m->text.p);
    return word_little(lex_word(&m->outside[c][at / 8])) >> at % 8;
}
/* Which octets of `s`, 1 to LEXMAP_SPAN that stand in the text, are not of the class: bit i for the octet s.p[i]. */
static inline uint64_t lexmap_outside(const struct lexmap *m, enum lexmap_class c, struct span s)
{
    return lexmap_from(m, c, s.p) & UINT64_MAX >> (64 - s.n);
}
/* Whether some of them are not. */
static inline bool lexmap_other(const struct lexmap *m, enum lexmap_class c, struct span s)
{
    return lexmap_from(m, c, s.p) << (64 - s.n);
}
/* How many octets of `s`, which stands in the text, are of LEXMAP_HOST. */
size_t lexmap_hosts(const struct lexmap *m, struct span s);
/* Whether all octets of `s`, which stands in the text, are of a class. */
bool lexmap_all(const struct lexmap *m, enum lexmap_class c, struct span s);
/* How many octets are of LEXMAP_HOST of a quoted string of visible characters of ASCII and SP, which stands in the
 * text. SIZE_MAX: `s` is none. */
size_t lexmap_quoted(const struct lexmap *m, struct span s);

/* ---- numbers, and names by their first eight octets ---- */

extern const uint64_t lexmap_fronts[9]; /* all bits of so many octets, the lowest ones */

/* The word at `p` near the end of the text, with zeros behind that. */
uint64_t lexmap_end_word(const struct lexmap *m, const uint8_t *p);
static inline uint64_t lexmap_word(const struct lexmap *m, const uint8_t *p)
{
    return p <= m->last ? lex_word(p) : lexmap_end_word(m, p);
}
/* Whether `s`, which stands in the text, is one to eight decimal digits. */
bool lexmap_digits(const struct lexmap *m, struct span s);
/* The same; sets the number that they write. */
bool lexmap_number(const struct lexmap *m, struct span s, uint64_t *v);
/* The first eight octets of `s`, which stands in the text and has one at least, with small letters, and zeros
 * behind its end; the first one is the lowest of the number. Of other octets than those of LEXMAP_HOST some become
 * alike. */
static inline uint64_t lexmap_front(const struct lexmap *m, struct span s)
{
    uint64_t v = lexmap_word(m, s.p) | UINT64_C(0x2020202020202020);
    return word_little(v) & lexmap_fronts[s.n < 8 ? s.n : 8];
}
/* The same of a literal in small letters. */
#define LEXMAP_FRONT(lit) word_little(lex_word((const uint8_t *)(lit "\0\0\0\0\0\0\0")))

/* ---- the forms that lexmap_init chooses between by what the CPU has; each gives the same ---- */

/* Look at a text of at least one octet, and write what is outside of each class to the blocks of m->outside that
 * it fills, or begins. Returns how many octets are of LEXMAP_HOST. */
typedef size_t lexmap_form(struct span text, struct lexmap *m);
/* On other CPUs than x86-64 all are the portable one. */
extern lexmap_form *const lexmap_portable, *const lexmap_ssse3, *const lexmap_avx2,
                                                                    *const lexmap_avx512;
#endif
