/* codecs/base/text.h - the text index: where the delimiters stand, found once, for codecs of lines.
 *
 * SIP, HTTP and SDP are cut at a few octets: CR, LF, ':' and perhaps one more. A scan finds each
 * octet that is in a set of up to four and writes where it stands into the caller's array; lines
 * and header names are then read off that array. The index remembers how far it has looked, so that
 * text that comes octet by octet is looked at once.
 *
 *   uint32_t at[256];
 *   struct text_index x = text_index_of(span_of("\r\n:"), at, COUNT(at));
 *   struct text_lines c = {0};
 *   ... the window has grown ...
 *   bool all = text_scan(&x, window);
 *   while (text_line(&c, &x, window, &line)) ...
 *   text_drop(&x, c.begin), c = (struct text_lines){0}; and take as much off the window
 */
#ifndef CODECS_BASE_TEXT_H
#define CODECS_BASE_TEXT_H
#include "codecs/base/base.h"

enum { TEXT_SET = 4 };      /* octets in a set at most */
#define TEXT_MAX UINT32_MAX /* octets in a text at most: positions have 32 bits */

struct text_index {
    uint8_t set[TEXT_SET]; /* one stands twice where there are fewer */
    uint32_t *at;          /* the caller's: offsets of delimiters in the text, rising */
    size_t cap, n;         /* entries that there is room for; found */
    size_t scanned;        /* octets at the front of the text that have been looked at */
};
/* An index that has looked at nothing. `set`: one to four octets, any (what is beyond four is left
 * out, the empty set is that of NUL); `at`: room for `cap` positions, lives as long as the index.
 */
struct text_index text_index_of(struct span set, uint32_t *at, size_t cap);

/* Look at what of `text` has not been looked at yet. Between calls the text may grow at its end and
 * be moved, its octets stay the same. Reads no octet outside `text`; the cost is linear in what is
 * new.
 *
 * True: all of it is done. False: there is no room for a further position (which is then the one
 * at x->scanned), or the text is longer than TEXT_MAX; what is before x->scanned is done. */
bool text_scan(struct text_index *x, struct span text);
/* The three forms that text_scan chooses between by what the CPU has; each gives the same. On other
 * CPUs than x86-64 all three are the portable one; there text_scan_avx2 needs no AVX2. */
bool text_scan_avx2(struct text_index *x, struct span text);
bool text_scan_sse2(struct text_index *x, struct span text);
bool text_scan_portable(struct text_index *x, struct span text);

/* The caller takes `n` octets off the front of its text: forget the positions in them and count the
 * others from the new front. Costs a step for each position that is left; so take off all that is
 * done in one call. */
void text_drop(struct text_index *x, size_t n);

enum text_end { TEXT_LF = 1, TEXT_CRLF = 2 }; /* octets in the end of a line */
struct text_line {
    struct span s;     /* without its end; borrows the text */
    size_t colon;      /* offset of the first ':' in s; s.n: none, or ':' is not in the set */
    bool bare_cr;      /* a CR stands in s that no LF follows */
    enum text_end end; /* s.n + end octets are taken */
};
struct text_lines {   /* a walk over the lines of an index; all zero at the front of the text */
    size_t i;         /* the next position to look at */
    size_t begin;     /* offset of the line that comes next, or of the one that has no end yet */
    size_t colon, cr; /* one past them, 0: none so far */
    bool bare_cr;
};
/* The next line whose LF is in the index; false: there is none yet, call again when the text has
 * grown. (No line although text_scan found no room: one line has more delimiters than `cap`.) The
 * set has to hold CR and LF. No position is looked at twice, in all calls together. */
bool text_line(struct text_lines *c, const struct text_index *x, struct span text,
               struct text_line *line);
#endif
