/* harness/cli/getopt.c - reading options: one sentence for what is wrong, and the tables for those
 * who ask (manual pages, completion, tests). */
#include <stdlib.h>
#include "harness/cli/helptext.h"

static bool asking; /* for a table, not for a run */
static const struct option *asked;

static const char *option_named(const struct option *options, int val)
{
    while (options->name && options->val != val)
        options++;
    return options->name;
}

static void said(const struct command *c, char **argv, const struct option *options, int opt)
{
    const char *word = argv[optind - 1], *name = optopt ? option_named(options, optopt) : NULL;
    size_t n = strcspn(word, "=");

    if (opt == ':' && name)
        cli_error(c->name, "--%s wants a value; 'rtclab %s --help' says more", name, c->name);
    else if (opt == ':')
        cli_error(c->name, "-%c wants a value; 'rtclab %s --help' says more", optopt, c->name);
    else if (name && strncmp(word, "--", 2) == 0 && word[n] == '=')
        cli_error(c->name, "--%s takes no value", name);
    else if (optopt)
        cli_error(c->name, "there is no option '-%c'; 'rtclab %s --help' lists them", optopt,
                  c->name);
    else
        cli_error(c->name,
                  "there is no option '%.*s', or not one alone; 'rtclab %s --help' lists "
                  "them",
                  (int)n, word, c->name);
}

int cli_getopt(const struct command *c, int argc, char **argv, const char *letters,
               const struct option *options)
{
    char with_colon[64];

    if (asking)
        asked = options;
    opterr = 0;
    snprintf(with_colon, sizeof with_colon, ":%s", letters);
    int opt = getopt_long(argc, argv, with_colon, options, NULL);
    if (opt != '?' && opt != ':')
        return opt;
    said(c, argv, options, opt);
    return '?';
}

int cli_help(const struct command *c)
{
    static uint8_t text[HELP_MAX];
    struct wr w = {text, sizeof text, 0, false};

    if (asking)
        return EXIT_AS_EXPECTED;
    help_compose(c, &w);
    printf("rtclab %s: %s\n\n%.*s", c->name, c->brief, (int)w.n, (const char *)text);
    return EXIT_AS_EXPECTED;
}

const struct option *help_options(const struct command *c)
{
    char name[32], help[] = "--help";
    char *argv[] = {name, help, NULL};

    snprintf(name, sizeof name, "%s", c->name);
    asking = true;
    asked = NULL;
    optind = 0;
    c->run(2, argv);
    asking = false;
    optind = 0;
    return asked;
}
