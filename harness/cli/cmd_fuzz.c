#include "harness/cli/cli.h"
static int run(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    return EXIT_USAGE;
}
const struct command cmd_fuzz = {"fuzz", "", run, ""};
