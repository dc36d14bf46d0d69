/* harness/cli/fuzz_run.h - `rtclab fuzz run TARGET --time S`: engines as children, findings judged. */
#ifndef HARNESS_CLI_FUZZ_RUN_H
#define HARNESS_CLI_FUZZ_RUN_H
#include "fuzz/triage/triage.h"
#include "harness/cli/cli.h"

struct fuzz_options {
    struct cli cli;
    const char *programs; /* folder of the targets' programs; NULL: found */
    const char *out;      /* folder for corpus, findings and logs; NULL: fuzz-out */
    unsigned time_s, minimise_s;
    unsigned enough; /* inputs that the engine kept, after which it is not started again; 0: 24 */
    bool keep;       /* findings go to corpus/PROTOCOL/regressions too */
    bool fresh;      /* what was found before is no seed */
    bool resume;     /* go on with the corpus in `out`; without: from the seeds */
};
enum { FUZZ_PATH = TRIAGE_PATH };

/* The folder of programs: as told; fuzz/ beside this program; or where the preset `fuzz` of the source tree builds
 * them. `engine`: one where fuzz_NAME has an engine. False: there is none, which has been said. */
bool fuzz_programs(const struct fuzz_options *o, bool engine, char out[FUZZ_PATH]);

/* Fuzz a target, or all of a protocol, for o->time_s each; returns an exit status. */
int fuzz_run(const struct fuzz_options *o, const char *name);
/* Judge the files of a folder as findings of a target. */
int fuzz_triage(const struct fuzz_options *o, const char *name, const char *folder);
/* Write the fewest files of `folders` that cover what all of them do to `to`. */
int fuzz_merge(const struct fuzz_options *o, const char *name, const char *to, char **folders,
               int n);
/* Configure and build the targets with libFuzzer in the source tree. */
int fuzz_build(const struct fuzz_options *o);
#endif
