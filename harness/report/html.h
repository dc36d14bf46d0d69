/* harness/report/html.h - the parts of the HTML page, each in a file of its own. */
#ifndef HARNESS_REPORT_HTML_H
#define HARNESS_REPORT_HTML_H
#include <stdio.h>
#include "harness/report/run.h"

enum { /* octets of the page: what goes over is shown short, then counted */
       HTML_NOTABLE = 12 << 20, /* cases that need a look, whole */
       HTML_OTHERS = 4 << 20,   /* others, whole */
       HTML_SHORT = 8 << 20,    /* cases of which there is a line only */
       HTML_MESSAGES = 1000,    /* of one case */
};
struct page {
    FILE *to;
    const struct run *run;
    const char *captures; /* leads the name of a capture in links */
    /* a page of several runs: html_compare.c */
    const struct run *runs;
    size_t n;
    const char *const *names; /* of the records */
};
/* html_case.c: every case, folded, with what is behind its verdict. */
void html_cases(const struct page *p);
/* The check of the list in a case: what is required, expected, came. `c` NULL: without links into
 * the case. */
void html_check(FILE *to, const struct run_case *c, const struct run_check *k, size_t id);
/* html_compare.c: the parts of a page of several runs. False: no memory. */
void html_compare_title(const struct page *p);
void html_compare_n(const struct page *p);
void html_compare_runs(const struct page *p);
bool html_compare_chips(const struct page *p);
bool html_compare_cases(const struct page *p);
bool html_compare_matrix(const struct page *p);
/* html_ladder.c: the messages of the last attempt as inline SVG; `id` is the case's number. */
void html_ladder(const struct page *p, const struct run_case *c, size_t id);
/* The place of the message that stands in a frame, of the attempt that counts; RUN_LAST: none. */
size_t html_message_at(const struct run_case *c, uint64_t frame);
/* html_message.c: the messages themselves: decoded fields and octets, those marked that a failed
 * check is about. */
void html_messages(const struct page *p, const struct run_case *c, size_t id);
/* html_matrix.c: clause x verdict. False: no memory. */
bool html_matrix(const struct page *p);

/* Fill a row of text: `format` with %s for each text, which is escaped. No other conversion. */
void html_put(FILE *to, const char *format, ...);
#endif
