/* fuzz/triage/child.h - programs of targets as children, each in a process group of its own. */
#ifndef FUZZ_TRIAGE_CHILD_H
#define FUZZ_TRIAGE_CHILD_H
#include "codecs/base/base.h"

struct child_end {
    bool started, late; /* late: it was ended since its time was over */
    int status;         /* as waitpid has it */
};
/* Run `argv` with standard output and error in `log` (appended, NULL: nowhere) for at most `seconds`; then it and
 * all that it started is ended. Sanitizers are told to print stacks. An interrupt of ours ends it too, and is
 * told by child_interrupted. */
struct child_end child_run(char *const argv[], const char *log, unsigned seconds);
/* Whether SIGINT or SIGTERM has come since child_watch; children are not started any more then. */
void child_watch(void);
bool child_interrupted(void);
#endif
