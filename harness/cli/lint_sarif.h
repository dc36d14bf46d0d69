/* harness/cli/lint_sarif.h - findings of captures as one SARIF log. */
#ifndef HARNESS_CLI_LINT_SARIF_H
#define HARNESS_CLI_LINT_SARIF_H
#include "harness/cli/capture_view.h"
#include "harness/report/sarif.h"

struct lint {
    struct view v; /* first: what the callbacks get */
    struct sarif sarif;
};
/* In place of clause and level, for what the capture is to blame for, perhaps, or a limit of ours. */
#define LINT_CAPTURE "capture"
#define LINT_NOTE "NOTE"
/* Write how many findings of a message there were no room for; false: none. */
bool lint_more(const struct engine_message *m, struct wr *words);
/* For v.message, v.late and v.note of a view that is the first member of a struct lint. */
void lint_sarif_message(struct view *v, struct wr *w, const struct engine_message *m);
void lint_sarif_late(struct view *v, struct wr *w, const char *file, const struct watch_finding *f);
void lint_sarif_note(struct view *v, struct wr *w, const char *file,
                     const struct capread_problem *p, struct span words);
/* Read the files and write one log about them on standard output; an exit status as of view_files. */
int lint_sarif_files(struct lint *l, int n, char **files);
#endif
