/* harness/core/clause.c - looking a clause up. */
#include "harness/core/clause.h"

const struct clause *clause_named(const char *id)
{
    size_t lo = 0, hi = clauses_n;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        int order = strcmp(id, clauses[mid].id);
        if (order == 0)
            return &clauses[mid];
        if (order < 0)
            hi = mid;
        else
            lo = mid + 1;
    }
    return NULL;
}
