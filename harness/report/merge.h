/* harness/report/merge.h - several records as one (shards of a run), and two held side by side. */
#ifndef HARNESS_REPORT_MERGE_H
#define HARNESS_REPORT_MERGE_H
#include "harness/report/report.h"

struct merge_options {
    bool force;         /* also where the runs do not fit together */
    const char *folder; /* where captures are copied to; NULL: their names lead to where they are */
    const char *file;   /* the record's, for names that lead to captures; NULL: standard output */
    void (*say)(void *ctx, const char *sentence); /* duplicates, captures that are not there */
    void *ctx;
};
/* Whether two records are parts of the same run: version, driver, target, profile and seed. False:
 * `why` says what differs. */
bool merge_fits(const struct run *a, const struct run *b, char why[512]);
/* Write the records as one: a line of type run, all lines of the cases, a summary. Of a case that is
 * in several, the worse stays, of two alike the first; skips that each shard has are not worth a
 * word. False: refused, or the record cannot be written; e->why says why, and e->refused which. */
bool report_merge(FILE *to, const struct run *runs, size_t n, const struct merge_options *o,
                  struct report_error *e);

enum diff_kind {
    DIFF_SAME,
    DIFF_WORSE,  /* newly failing, in doubt or not followed: the case, or one of its clauses */
    DIFF_BETTER, /* newly passing, or passing again at the first try */
    DIFF_CHANGED,
    DIFF_ONLY_A,
    DIFF_ONLY_B,
    DIFF_N,
};
enum diff_form { DIFF_TEXT, DIFF_JSON, DIFF_MARKDOWN };
struct diff_clause {
    const char *clause;
    enum verdict was, now;
    const char *what; /* of the check that decides, in the new run or else in the old one */
};
enum { DIFF_CLAUSES = 64 };
struct diff_case {
    enum diff_kind kind;
    const struct run_case *was, *now;         /* one is NULL where only the other is */
    struct diff_clause clauses[DIFF_CLAUSES]; /* whose verdict or words differ */
    size_t n;
};
/* Compare one case in two runs; one of `was` and `now` may be NULL. */
void diff_case(struct diff_case *d, const struct run_case *was, const struct run_case *now);
/* Draw what differs; `counts` by kind. */
void report_diff(FILE *to, const struct run *a, const struct run *b, enum diff_form form,
                 size_t counts[DIFF_N]);
/* The same into a file, "-": standard output. Nothing is opened for runs that do not fit. */
bool report_merge_file(const struct run *runs, size_t n, const char *path,
                       const struct merge_options *o, struct report_error *e);
bool report_diff_file(const struct run *a, const struct run *b, const char *path,
                      enum diff_form form, size_t counts[DIFF_N], struct report_error *e);
#endif
