/* harness/replay/backlog.c - octets that wait: growing, and giving up the front. */
#include <stdlib.h>
#include "harness/replay/backlog.h"

size_t backlog_cap(const struct backlog *b, size_t n)
{
    return b->cap - b->n >= n ? b->cap : b->n + n + b->n / 2;
}

bool backlog_add(struct backlog *b, struct span octets, struct backlog_mark came)
{
    size_t cap = backlog_cap(b, octets.n);

    if (b->n_marks == b->cap_marks) {
        size_t more = b->cap_marks ? b->cap_marks * 2 : 4;
        struct backlog_mark *v = realloc(b->marks, more * sizeof *v);
        if (!v)
            return false;
        b->marks = v;
        b->cap_marks = more;
    }
    if (cap != b->cap) {
        uint8_t *p = realloc(b->p, cap);
        if (!p)
            return false;
        b->p = p;
        b->cap = cap;
    }
    came.at = b->n;
    b->marks[b->n_marks++] = came;
    memcpy(b->p + b->n, octets.p, octets.n);
    b->n += octets.n;
    return true;
}

void backlog_free(struct backlog *b)
{
    free(b->p);
    free(b->marks);
    *b = (struct backlog){0};
}

void backlog_consume(struct backlog *b, size_t n)
{
    size_t gone = 0;

    if (n == 0)
        return;
    if (n >= b->n) {
        backlog_free(b);
        return;
    }
    b->n -= n;
    memmove(b->p, b->p + n, b->n);
    while (gone + 1 < b->n_marks && b->marks[gone + 1].at <= n)
        gone++;
    b->n_marks -= gone;
    memmove(b->marks, b->marks + gone, b->n_marks * sizeof *b->marks);
    for (size_t i = 0; i < b->n_marks; i++)
        b->marks[i].at = b->marks[i].at > n ? b->marks[i].at - n : 0;
}

struct backlog_mark backlog_at(const struct backlog *b, size_t place)
{
    size_t i = b->n_marks;

    while (i > 1 && b->marks[i - 1].at > place)
        i--;
    return i ? b->marks[i - 1] : (struct backlog_mark){0};
}
