/* harness/cli/main.c - the program: finds the subcommand and runs it. */
#include "harness/cli/cli.h"

static const struct command *const commands[] = {
    &cmd_test,  &cmd_list,    &cmd_show,   &cmd_lint,  &cmd_decode,
    &cmd_prove, &cmd_vectors, &cmd_trace,  &cmd_serve, &cmd_report,
    &cmd_bench, &cmd_fuzz,    &cmd_doctor, &cmd_relay, &cmd_interop,
};

static int usage(FILE *to, int status)
{
    fputs("rtclab: conformance tests, fuzzing and captures for real-time communication\n\n"
          "usage: rtclab COMMAND [OPTION...] [ARGUMENT...]\n\n",
          to);
    for (size_t i = 0; i < COUNT(commands); i++)
        fprintf(to, "  %-9s %s\n", commands[i]->name, commands[i]->brief);
    fputs("\nrtclab COMMAND --help says more, with examples. Exit status: 0 as expected, 1 not as "
          "expected,\n2 usage, 3 target never reached, 4 rtclab's own fault, 5 interrupted, 77 all "
          "skipped.\n",
          to);
    return status;
}

int main(int argc, char **argv)
{
    if (argc < 2)
        return usage(stderr, EXIT_USAGE);
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
        strcmp(argv[1], "help") == 0)
        return usage(stdout, EXIT_AS_EXPECTED);
    if (strcmp(argv[1], "--version") == 0) {
        puts("rtclab " RTCLAB_VERSION);
        return EXIT_AS_EXPECTED;
    }
    for (size_t i = 0; i < COUNT(commands); i++)
        if (strcmp(argv[1], commands[i]->name) == 0)
            return commands[i]->run(argc - 1, argv + 1);
    fprintf(stderr, "rtclab: there is no command '%s'; 'rtclab --help' lists them\n", argv[1]);
    return EXIT_USAGE;
}
