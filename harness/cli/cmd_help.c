/* harness/cli/cmd_help.c - rtclab help: help, manual pages, completion, and words to complete. */
#include <glob.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>
#include "harness/cli/helptext.h"
#include "harness/cli/plan.h"
#include "harness/core/registry.h"

int cli_usage(FILE *to, int status)
{
    fputs("rtclab: conformance tests, fuzzing and captures for real-time communication\n\n"
          "usage: rtclab COMMAND [OPTION...] [ARGUMENT...]\n\n",
          to);
    for (size_t i = 0; cli_commands[i]; i++)
        fprintf(to, "  %-9s %s\n", cli_commands[i]->name, cli_commands[i]->brief);
    fputs("\nrtclab COMMAND --help says more, with examples. Exit status: 0 as expected, 1 not as "
          "expected,\n2 usage, 3 target never reached, 4 rtclab's own fault, 5 interrupted, 77 all "
          "skipped.\n",
          to);
    return status;
}

const struct command *cli_command(const char *name)
{
    for (size_t i = 0; cli_commands[i]; i++)
        if (strcmp(cli_commands[i]->name, name) == 0)
            return cli_commands[i];
    return NULL;
}

/* ---- words that a shell completes ---- */

static bool words_of_cases(const char *kind)
{
    char root[PATH_MAX];
    struct cases all = {0};

    snprintf(root, sizeof root, "%s", cli_share_path("scenarios"));
    if (!cases_load(&all, root))
        return false;
    for (size_t i = 0; i < all.n; i++) {
        const struct case_info *c = &all.v[i];
        bool same = i && strcmp(c->suite, all.v[i - 1].suite) == 0;
        if (strcmp(kind, "selector") == 0 && !same)
            printf("%s\n", c->suite);
        puts(c->id);
    }
    cases_free(&all);
    return true;
}

static void words_of_profiles(void)
{
    char pattern[PATH_MAX];
    glob_t found = {0};

    snprintf(pattern, sizeof pattern, "%s", cli_share_path("scenarios/profiles/*.json"));
    if (glob(pattern, 0, NULL, &found) == 0)
        for (size_t i = 0; i < found.gl_pathc; i++) {
            const char *name = strrchr(found.gl_pathv[i], '/') + 1;
            if (strcmp(name, "schema.json") != 0)
                printf("%.*s\n", (int)strcspn(name, "."), name);
        }
    globfree(&found);
}

static void words_of_registry(const char *kind)
{
    for (size_t p = 0; p < registry_n; p++) {
        if (strcmp(kind, "protocol") == 0 || strcmp(kind, "selector") == 0)
            puts(registry[p].name);
        for (size_t c = 0; registry[p].classes && registry[p].classes[c]; c++) {
            const struct endpoint_class *cls = registry[p].classes[c];
            if (strcmp(kind, "endpoint") == 0)
                puts(cls->name);
            for (size_t i = 0; strcmp(kind, "fault") == 0 && i < cls->n_faults; i++)
                puts(cls->faults[i].name);
            for (size_t i = 0; strcmp(kind, "variant") == 0 && i < cls->n_variants; i++)
                puts(cls->variants[i].name);
        }
    }
}

static void words_of_clauses(void)
{
    for (size_t i = 0; i < clauses_n; i++)
        puts(clauses[i].id);
}

static int words(const char *kind)
{
    bool cases = strcmp(kind, "selector") == 0 || strcmp(kind, "case") == 0;

    if (strcmp(kind, "command") == 0)
        for (size_t i = 0; cli_commands[i]; i++)
            puts(cli_commands[i]->name);
    else if (strcmp(kind, "profile") == 0)
        words_of_profiles();
    else if (strcmp(kind, "clause") == 0)
        words_of_clauses();
    else if (strcmp(kind, "endpoint") == 0 || strcmp(kind, "protocol") == 0 ||
             strcmp(kind, "fault") == 0 || strcmp(kind, "variant") == 0)
        words_of_registry(kind);
    else if (!cases) {
        cli_error("help", "there are no words of the kind '%s'", kind);
        return EXIT_USAGE;
    }
    if (strcmp(kind, "selector") == 0)
        words_of_registry(kind);
    return !cases || words_of_cases(kind) ? EXIT_AS_EXPECTED : EXIT_USAGE;
}

/* ---- manual pages ---- */

/* A page of section 5 by the word that asks for it; false: there is no such, or it was not written. */
static bool format_page(FILE *to, const char *word)
{
    if (strcmp(word, "profile") == 0)
        return man_profile(to, cli_share_path("scenarios/profiles/schema.json"));
    return strcmp(word, "run.jsonl") == 0 && man_record(to, cli_share_path("docs/json.md"));
}

/* rtclab.1, rtclab-COMMAND.1, or, where `format` is given, rtclab-FORMAT.5. */
static bool page_into(const char *dir, const struct command *c, const char *format)
{
    char path[PATH_MAX];
    const char *what = format ? format : c ? c->name : NULL;

    snprintf(path, sizeof path, "%s/rtclab%s%s.%d", dir, what ? "-" : "", what ? what : "",
             format ? 5 : 1);
    FILE *f = fopen(path, "w");
    bool good = f && (format ? format_page(f, format) : man_command(f, c));
    if (f && fclose(f) != 0)
        good = false;
    if (!good)
        cli_error("help", "%s cannot be written", path);
    return good;
}

static int all_pages(const char *dir)
{
    bool good = page_into(dir, NULL, NULL) && page_into(dir, NULL, "profile") &&
                page_into(dir, NULL, "run.jsonl");

    for (size_t i = 0; good && cli_commands[i]; i++)
        good = page_into(dir, cli_commands[i], NULL);
    return good ? EXIT_AS_EXPECTED : EXIT_OWN_FAULT;
}

static int one_page(const char *name)
{
    const struct command *c = name ? cli_command(name) : NULL;
    bool format = name && (strcmp(name, "profile") == 0 || strcmp(name, "run.jsonl") == 0);

    if (name && !c && !format) {
        cli_error("help", "there is no command '%s'; 'rtclab --help' lists them", name);
        return EXIT_USAGE;
    }
    if (format ? format_page(stdout, name) : man_command(stdout, c))
        return EXIT_AS_EXPECTED;
    cli_error("help", "the page cannot be written");
    return EXIT_OWN_FAULT;
}

/* ---- the command ---- */

enum { O_MAN = 2000, O_PAGES, O_COMPLETION, O_WORDS };

static int run(int argc, char **argv)
{
    static const struct option options[] = {
        CLI_OPTIONS,
        {"man", no_argument, NULL, O_MAN},
        {"man-pages", required_argument, NULL, O_PAGES},
        {"completion", required_argument, NULL, O_COMPLETION},
        {"words", required_argument, NULL, O_WORDS},
        {0},
    };
    const char *dir = NULL, *shell = NULL, *kind = NULL, *name;
    struct cli cli;
    bool man = false;
    int opt;

    cli_init(&cli);
    optind = 0;
    while ((opt = cli_getopt(&cmd_help, argc, argv, CLI_SHORT, options)) != -1) {
        if (opt == 'h')
            return cli_help(&cmd_help);
        if (opt < O_MAN && cli_option(&cli, opt, optarg) <= 0)
            return EXIT_USAGE;
        man |= opt == O_MAN;
        dir = opt == O_PAGES ? optarg : dir;
        shell = opt == O_COMPLETION ? optarg : shell;
        kind = opt == O_WORDS ? optarg : kind;
    }
    name = optind < argc ? argv[optind] : NULL;
    if (argc - optind > 1) {
        cli_error("help", "names one command at most");
        return EXIT_USAGE;
    }
    if (kind)
        return words(kind);
    if (dir)
        return all_pages(dir);
    if (shell && complete_script(stdout, shell))
        return EXIT_AS_EXPECTED;
    if (shell) {
        cli_error("help", "--completion wants bash or zsh, not '%s'", shell);
        return EXIT_USAGE;
    }
    if (man)
        return one_page(name);
    if (!name)
        return cli_usage(stdout, EXIT_AS_EXPECTED);
    const struct command *c = cli_command(name);
    if (c)
        return cli_help(c);
    cli_error("help", "there is no command '%s'; 'rtclab --help' lists them", name);
    return EXIT_USAGE;
}

const struct command cmd_help = {
    "help", "help, manual pages and completion", run,
    "usage: rtclab help [COMMAND]\n"
    "       rtclab help --man [COMMAND]\n"
    "       rtclab help --completion bash|zsh\n\n"
    "Prints what 'rtclab COMMAND --help' does, or draws from it what stands in manual pages and\n"
    "completes words in a shell.\n\n"
    "  --man                   the manual page of the command, or of rtclab; 'profile' and\n"
    "                          'run.jsonl' name those of the formats\n"
    "  --man-pages DIR         all of them into that folder\n"
    "  --completion bash|zsh   a script that the shell reads\n"
    "  --words KIND            what completion asks for: command, selector, case, clause, "
    "profile,\n"
    "                          endpoint, fault, variant or protocol\n\n"
    "examples:\n"
    "  rtclab help --man test | man -l -\n"
    "  source <(rtclab help --completion bash)\n"};
