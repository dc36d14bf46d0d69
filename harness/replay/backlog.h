/* harness/replay/backlog.h - octets of one direction of a stream that wait, and the frames that they came in. */
#ifndef HARNESS_REPLAY_BACKLOG_H
#define HARNESS_REPLAY_BACKLOG_H
#include "codecs/base/base.h"

struct backlog_mark { /* how octets came, from `at` on */
    size_t at;
    uint32_t first,
        last;    /* frames: of a segment one, of a record those in which it begins and ends */
    uint64_t ns; /* of `last` */
};
struct backlog { /* all zero: empty, and no memory is held */
    uint8_t *p;
    size_t n, cap;
    struct backlog_mark *marks; /* n_marks, ascending; one for each call of backlog_add */
    size_t n_marks, cap_marks;
};

/* Octets of memory that it takes for what waits, once `n` more do. */
size_t backlog_cap(const struct backlog *b, size_t n);
/* Put octets, at least one, behind what waits; `at` of `came` is passed over. False: no memory, and nothing waits that
 * did not before. */
bool backlog_add(struct backlog *b, struct span octets, struct backlog_mark came);
/* The first `n` octets are done with. Where nothing is left all memory is given back: a quiet stream holds nothing. */
void backlog_consume(struct backlog *b, size_t n);
void backlog_free(struct backlog *b);
/* How the octet at `place` came; zeros where nothing waits. */
struct backlog_mark backlog_at(const struct backlog *b, size_t place);
static inline struct span backlog_span(const struct backlog *b)
{
    return (struct span){b->p, b->n};
}
#endif
