/* harness/cli/main.c - the program: finds the subcommand and runs it. */
#include "harness/cli/cli.h"

int main(int argc, char **argv)
{
    if (argc < 2)
        return cli_usage(stderr, EXIT_USAGE);
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
        return cli_usage(stdout, EXIT_AS_EXPECTED);
    if (strcmp(argv[1], "--version") == 0) {
        puts("rtclab " RTCLAB_VERSION);
        return EXIT_AS_EXPECTED;
    }
    const struct command *c = cli_command(argv[1]);
    if (c)
        return c->run(argc - 1, argv + 1);
    fprintf(stderr, "rtclab: there is no command '%s'; 'rtclab --help' lists them\n", argv[1]);
    return EXIT_USAGE;
}
