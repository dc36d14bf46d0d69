/* harness/report/html.h - the parts of the HTML page, each in a file of its own. */
#ifndef HARNESS_REPORT_HTML_H
#define HARNESS_REPORT_HTML_H
#include <stdio.h>
#include "harness/report/run.h"

struct page {
    FILE *to;
    const struct run *run;
    const char *captures; /* leads the name of a capture in links */
};
/* html_case.c: every case, folded, with what is behind its verdict. */
void html_cases(const struct page *p);
/* html_ladder.c: the messages of the last attempt as inline SVG; `id` is the case's number. */
void html_ladder(const struct page *p, const struct run_case *c, size_t id);
/* html_message.c: the messages themselves: decoded fields and octets. */
void html_messages(const struct page *p, const struct run_case *c, size_t id);
/* html_matrix.c: clause x verdict. False: no memory. */
bool html_matrix(const struct page *p);

/* Fill a row of text: `format` with %s for each text, which is escaped. No other conversion. */
void html_put(FILE *to, const char *format, ...);
#endif
