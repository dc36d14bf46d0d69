/* harness/cli/commands.c - the subcommands, in the order in which the help lists them. */
#include "harness/cli/cli.h"

const struct command *const cli_commands[] = {
    &cmd_test,    &cmd_list,    &cmd_show,    &cmd_probe,  &cmd_lint,  &cmd_decode, &cmd_prove,
    &cmd_vectors, &cmd_trace,   &cmd_serve,   &cmd_report, &cmd_bench, &cmd_fuzz,   &cmd_doctor,
    &cmd_relay,   &cmd_interop, &cmd_streams, &cmd_nat,    &cmd_help,  NULL,
};
