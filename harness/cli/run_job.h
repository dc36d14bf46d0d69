/* harness/cli/run_job.h - rtclab test: what one run of it holds; between cmd_run.c and run_options.c. */
#ifndef HARNESS_CLI_RUN_JOB_H
#define HARNESS_CLI_RUN_JOB_H
#include "harness/cli/cli_tls.h"
#include "harness/cli/plan.h"
#include "harness/script/hooks.h"

enum { DEVIATIONS = 8 }; /* faults, and variants, of our own endpoint in one run */
struct job {
    const char *faults[DEVIATIONS + 1], *variants[DEVIATIONS + 1];
    struct cli cli;
    struct plan plan;
    struct profile profile;
    struct expect expect;
    struct run_options o;
    struct tls_options tls, told; /* of the profile and, before it, the command line; the latter */
    struct url_says url;
    struct record record;
    struct rec rec;
    const char *target, *spawn, *profile_name, *expect_path, *write_expect, *out, *impair;
    struct impair_spec spec; /* of --impair */
    char **selectors;
    int n_selectors;
    bool allow_remote, live, capture_none, no_slow;
    unsigned jobs, retries, shard, shards;
    bool fail_fast;
    const char *rerun_as; /* the command that a case's id is put behind; NULL: rtclab test */
    struct case_run *runs;
    struct case_result *results;
    size_t n;
    size_t counts[STATUS_N], checks, done, silent, answered;
    size_t *held, n_held;   /* runs whose end is not said yet */
    size_t skipped_running; /* cases that ran, to say that they do not apply */
    double silent_s;
    char record_path[1024], rerun[1024];
    size_t rerun_n;
    bool own_fault, unreached, died; /* died: the IUT did, of a case or at the end */
    struct hooks hooks;
};

extern const char run_help[];
/* Take the options and selectors. 0: go on; otherwise the exit status plus one. */
int run_options(struct job *j, int argc, char **argv);
#endif
