/* harness/report/interop.h - the matrix of `rtclab interop`: peers x scenarios. `cells` is an array
 * of the objects that docs/json.md describes under interop, in the order in which they are drawn. */
#ifndef HARNESS_REPORT_INTEROP_H
#define HARNESS_REPORT_INTEROP_H
#include "harness/report/report.h"

/* The matrix, then each cell with its counts, folder and the command that runs it again. */
void report_interop(FILE *to, const struct json_t *cells, bool color);
/* The same as a self-contained page; `templates` is the folder that has report.css. Links lead to the
 * cells' folders, ROW.COLUMN/ beside the page. False: `e` says why. */
bool report_interop_html_file(const struct json_t *cells, const char *path, const char *templates,
                              struct report_error *e);
#endif
