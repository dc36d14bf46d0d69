/* harness/cli/cli.h - what the subcommands share. One file a subcommand: cmd_NAME.c. */
#ifndef HARNESS_CLI_CLI_H
#define HARNESS_CLI_CLI_H
#include <getopt.h>
#include <stdio.h>
#include "codecs/base/base.h"

enum { /* exit statuses, by precedence; docs/architecture.md */
       EXIT_AS_EXPECTED = 0,
       EXIT_UNEXPECTED = 1, /* fail, xpass, inconc, or an IUT that died; lint: findings */
       EXIT_USAGE = 2,      /* usage, configuration or an input that cannot be read: nothing ran */
       EXIT_UNREACHED = 3,
       EXIT_OWN_FAULT = 4,
       EXIT_INTERRUPTED = 5,
       EXIT_SKIPPED = 77,
};
struct cli { /* options that every command takes */
    bool json, quiet, color;
    int verbose;
    bool seeded;
    uint64_t seed;
};
/* Common long options for getopt_long; append your own after them. Values from 1000 up. */
#define CLI_OPTIONS                                                                                \
    {"help", no_argument, NULL, 'h'}, {"json", no_argument, NULL, 1000},                           \
        {"quiet", no_argument, NULL, 'q'}, {"verbose", no_argument, NULL, 'v'},                    \
        {"color", optional_argument, NULL, 1001},                                                  \
    {                                                                                              \
        "seed", required_argument, NULL, 1002                                                      \
    }
#define CLI_SHORT "hqv"
/* Defaults: colour where standard output is a terminal and NO_COLOR is not set. */
void cli_init(struct cli *c);
/* Take a common option: 1 taken, 0 not a common one, -1 taken but bad (said on standard error). */
int cli_option(struct cli *c, int opt, const char *arg);
/* One sentence on standard error, "rtclab NAME: ...". */
void cli_error(const char *command, const char *format, ...) __attribute__((format(printf, 2, 3)));

struct command {
    const char *name, *brief;
    int (*run)(int argc, char **argv); /* argv[0] is the command's name; returns an exit status */
    const char *help;                  /* usage, options and examples, printed by --help */
};
extern const struct command cmd_test, cmd_list, cmd_show, cmd_lint, cmd_decode, cmd_prove,
    cmd_vectors, cmd_trace, cmd_serve, cmd_report, cmd_bench, cmd_fuzz, cmd_doctor, cmd_relay,
    cmd_interop, cmd_probe, cmd_streams, cmd_nat, cmd_help;
/* All of them, in the order of the help; NULL ends the list. */
extern const struct command *const cli_commands[];
const struct command *cli_command(const char *name); /* NULL: there is none */
/* What `rtclab --help` prints; returns `status`. */
int cli_usage(FILE *to, int status);
/* Print the help of a command, return EXIT_AS_EXPECTED. */
int cli_help(const struct command *c);
/* getopt_long for a command: what is wrong is said in one sentence, and '?' returned. */
int cli_getopt(const struct command *c, int argc, char **argv, const char *letters,
               const struct option *options);
/* Where scenarios, vectors, corpus and reports stand: RTCLAB_SHARE, share/rtclab beside the
 * program's folder, the source tree that it was built in, or where it was to be installed. NULL: not
 * found. */
const char *cli_share(void);
/* A path below cli_share(), in a buffer that the next call writes again. */
const char *cli_share_path(const char *below);
#endif
