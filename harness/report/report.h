/* harness/report/report.h - renderers of a run record. Each writes what it is given to a stream and
 * leaves errors of the stream to the caller; the _file forms open, write, close and say what
 * failed. */
#ifndef HARNESS_REPORT_REPORT_H
#define HARNESS_REPORT_REPORT_H
#include <stdio.h>
#include "harness/report/run.h"

struct report_look {
    bool color;  /* with SGR sequences */
    int verbose; /* -1 only the tree and the counts, 0 as said below, 1 with the ladders of the cases
                    in the tree, 2 with every ladder and every check */
    size_t width; /* columns that lines are kept within, commands aside; 0: as long as they are */
};
/* For people: a line a case by suite, then a tree of what needs a look (suite, case, instance,
 * check), then the counts. */
void report_terminal_as(FILE *to, const struct run *r, const struct report_look *look);
/* The same, as wide as `to` where it is a terminal. */
void report_terminal(FILE *to, const struct run *r, bool color, int verbose);
/* The ladder of the last attempt, a line a message, each led by `lead`; at most `max` lines. */
void report_ladder(FILE *to, const struct run_case *c, const char *lead, size_t max,
                   void (*put)(FILE *to, const char *s));
/* JUnit XML as Jenkins and GitLab read it, with Surefire's flakyFailure. */
void report_junit(FILE *to, const struct run *r);
/* TAP version 14, a test point a case, with YAML diagnostics. False: no memory, as for those below. */
bool report_tap(FILE *to, const struct run *r);
/* SARIF 2.1.0: rules are clauses, results are checks that did not pass. */
bool report_sarif(FILE *to, const struct run *r);
/* Markdown of at most 1 MiB, for the summary page of a CI server. */
bool report_markdown(FILE *to, const struct run *r);
/* The lines of the record once more: what could not be parsed is gone. */
void report_json(FILE *to, const struct run *r);
/* One self-contained page. `templates` is the folder of report.html, .css and .js; `captures` leads
 * the name of a capture in a link, "" where the page stands in the run's folder. False: a template
 * cannot be read. */
bool report_html(FILE *to, const struct run *r, const char *templates, const char *captures);

/* Several runs side by side: clauses and cases, a column each. `names` are the records', for columns
 * that would be called the same. */
bool report_compare(FILE *to, const struct run *runs, size_t n, const char *const *names,
                    const char *templates);

struct report_error {
    char why[512]; /* one sentence */
    bool refused;  /* nothing is wrong with the output: the runs do not go together */
};
/* Open a file for a report, "-": standard output; NULL: e->why says why. */
FILE *report_open(const char *path, struct report_error *e);
/* Flush and close it; false: something could not be written, or e->why was set before. */
bool report_close(FILE *f, const char *path, struct report_error *e);
/* The way from the folder of the file `page` to the folder `to`, "" where they are the same; of
 * PATH_MAX octets. */
void report_way(char *out, const char *page, const char *to);
/* Write to a file, "-": standard output. False: e->why says what could not be written or read. */
bool report_junit_file(const struct run *r, const char *path, struct report_error *e);
bool report_json_file(const struct run *r, const char *path, struct report_error *e);
/* Any of the forms above that need nothing else. */
bool report_form_file(const struct run *r, const char *path,
                      bool (*draw)(FILE *to, const struct run *r), struct report_error *e);
bool report_terminal_file(const struct run *r, const char *path, bool color, int verbose,
                          struct report_error *e);
bool report_compare_file(const struct run *runs, size_t n, const char *const *names,
                         const char *path, const char *templates, struct report_error *e);
bool report_html_file(const struct run *r, const char *path, const char *templates,
                      struct report_error *e);
#endif
