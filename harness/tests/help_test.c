/* harness/tests/help_test.c - all subcommands alike: help, options, manual pages, completion. */
#include "harness/cli/helptext.h"
#include "harness/tests/program.h"

static struct span composed(const struct command *c)
{
    static uint8_t text[HELP_MAX];
    struct wr w = {text, sizeof text, 0, false};

    help_compose(c, &w);
    CU_ASSERT_FALSE(w.full);
    return wr_span(&w);
}

/* Whether the help describes the long option, and whether with a value. */
static bool describes(const struct command *c, const char *name, bool *value)
{
    struct help_reader r = {.left = composed(c)};
    struct help_line line;
    struct span got, with;

    while (help_next(&r, &line))
        while (line.kind == HELP_OPTION && help_name(&line.tag, &got, &with))
            if (got.n == strlen(name) + 2 && memcmp(got.p + 2, name, got.n - 2) == 0) {
                *value = with.n > 0;
                return true;
            }
    return false;
}

static bool one_of_all(const char *name)
{
    static const char *const all[] = {"help", "json", "quiet", "verbose", "color", "seed"};
    for (size_t i = 0; i < COUNT(all); i++)
        if (strcmp(name, all[i]) == 0)
            return true;
    return false;
}

static void options_are_described(void)
{
    for (size_t i = 0; cli_commands[i]; i++) {
        const struct command *c = cli_commands[i];
        const struct option *o = help_options(c);
        CU_ASSERT_PTR_NOT_NULL(o);
        for (; o && o->name; o++) {
            bool value = false, good = describes(c, o->name, &value);
            if (!good && one_of_all(o->name)) /* described by its letter alone */
                continue;
            if (!good || value != (o->has_arg != no_argument))
                printf("\nrtclab %s: the help does not describe --%s as it is\n", c->name, o->name);
            CU_ASSERT_TRUE(good && value == (o->has_arg != no_argument));
        }
    }
}

static void what_is_described_is_there(void)
{
    for (size_t i = 0; cli_commands[i]; i++) {
        const struct option *table = help_options(cli_commands[i]);
        struct help_reader r = {.left = composed(cli_commands[i])};
        struct help_line line;
        struct span name, value;
        while (help_next(&r, &line))
            while (line.kind == HELP_OPTION && help_name(&line.tag, &name, &value)) {
                bool found = name.n == 2; /* a letter; the program is asked below */
                for (const struct option *o = table; o && o->name; o++)
                    found |= name.n == strlen(o->name) + 2 &&
                             memcmp(name.p + 2, o->name, name.n - 2) == 0;
                if (!found)
                    printf("\nrtclab %s: there is no %.*s\n", cli_commands[i]->name, (int)name.n,
                           (const char *)name.p);
                CU_ASSERT_TRUE(found);
            }
    }
}

static void every_command_is_alike(void)
{
    char line[256];

    if (!program_ready())
        return;
    for (size_t i = 0; cli_commands[i]; i++) {
        const char *name = cli_commands[i]->name;
        snprintf(line, sizeof line, "%s --help", name);
        program_gives(line, EXIT_AS_EXPECTED);
        CU_ASSERT_EQUAL(program_lines(program_err), 0);
        CU_ASSERT_PTR_NOT_NULL(strstr(program_out, "usage: rtclab "));
        snprintf(line, sizeof line, "\n  rtclab %s", name);
        if (!strstr(program_out, line))
            printf("\nthe help of %s has no example\n", name);
        CU_ASSERT_PTR_NOT_NULL(strstr(program_out, line));
        snprintf(line, sizeof line, "%s -qv --json --color=never --seed 1 --help", name);
        program_gives(line, EXIT_AS_EXPECTED);
        static const char *const bad[] = {"--no-such-option", "-Y", "--seed", "--json=x",
                                          "--seed x"};
        for (size_t b = 0; b < COUNT(bad); b++) {
            snprintf(line, sizeof line, "%s %s", name, bad[b]);
            program_gives(line, EXIT_USAGE);
            CU_ASSERT_EQUAL(program_out[0], '\0');
            program_said("rtclab");
            program_said(b == 4 ? "--seed" : name);
        }
    }
}

/* Run a shell's command line in the temporary folder; its status. */
static int shell(const char *command)
{
    char line[2048];
    snprintf(line, sizeof line, "cd '%s' && { %s ; } > out 2>&1", program_folder, command);
    int s = system(line);
    program_read(program_path("out"), program_out, sizeof program_out);
    return WIFEXITED(s) ? WEXITSTATUS(s) : -1;
}

static bool has(const char *program)
{
    char line[128];
    snprintf(line, sizeof line, "command -v %s > /dev/null", program);
    if (system(line) == 0)
        return true;
    printf("\n%s is not installed: what it checks is not checked\n", program);
    test_skip("a checker is missing");
    return false;
}

static void colours_are_asked_for(void)
{
    if (!program_ready())
        return;
    program_gives("doctor --color=always", EXIT_AS_EXPECTED);
    CU_ASSERT_PTR_NOT_NULL(strstr(program_out, "\033["));
    program_gives("doctor", EXIT_AS_EXPECTED); /* no terminal */
    CU_ASSERT_PTR_NULL(strstr(program_out, "\033["));
    program_gives("doctor --color=never", EXIT_AS_EXPECTED);
    CU_ASSERT_PTR_NULL(strstr(program_out, "\033["));
    if (!has("script"))
        return;
    shell("TERM=xterm script -qec '\"$RTCLAB\" doctor' /dev/null"); /* a terminal */
    CU_ASSERT_PTR_NOT_NULL(strstr(program_out, "\033["));
    shell("NO_COLOR=1 TERM=xterm script -qec '\"$RTCLAB\" doctor' /dev/null");
    CU_ASSERT_PTR_NOT_NULL(strstr(program_out, "has"));
    CU_ASSERT_PTR_NULL(strstr(program_out, "\033["));
}

static void manual_pages_are_clean(void)
{
    if (!program_ready())
        return;
    char docs[4096];
    if (!realpath("docs", docs) || symlink(docs, program_path("share/docs")) != 0)
        CU_FAIL("no docs/");
    mkdir(program_path("man"), 0777);
    program_gives("help --man-pages man", EXIT_AS_EXPECTED);
    CU_ASSERT_EQUAL(shell("ls man | wc -l"), 0);
    size_t n = 0;
    while (cli_commands[n])
        n++;
    CU_ASSERT_EQUAL(strtoul(program_out, NULL, 10), n + 3);
    program_gives("help --man test", EXIT_AS_EXPECTED);
    CU_ASSERT_PTR_NOT_NULL(strstr(program_out, "\\fB\\-\\-target\\fR \\fIURL\\fR"));
    if (has("mandoc")) {
        shell("for f in man/*; do mandoc -Tlint $f; done | grep -v 'referenced manual not found'");
        if (program_out[0])
            printf("\n%.2000s", program_out);
        CU_ASSERT_EQUAL(program_out[0], '\0');
    }
    if (has("man")) {
        CU_ASSERT_EQUAL(
            shell("for f in man/*; do LC_ALL=C.UTF-8 man --warnings -E UTF-8 -l -Tutf8 -Z $f "
                  "2>&1 > formatted || exit 1; done"),
            0);
        if (program_out[0])
            printf("\n%.2000s", program_out);
        CU_ASSERT_EQUAL(program_out[0], '\0');
    }
}

/* The words on the line, the last to be completed, and some of what comes of it. */
static const struct {
    const char *words, *wanted, *unwanted;
} completions[] = {
    {"rtclab ''", "prove", "--target"},
    {"rtclab --v", "--version", "prove"},
    {"rtclab te", "test", "trace"},
    {"rtclab test --le", "--level", "--target"},
    {"rtclab test --level ''", "should", "--target"},
    {"rtclab test --profile cot", "coturn", "generic"},
    {"rtclab test stun-ser", "stun-server", "stun-client"},
    {"rtclab show stun-server-90", "stun-server-901", "prove"},
    {"rtclab serve stun.s", "stun.server", "stun.client"},
    {"rtclab report sh", "show", "html"},
    {"rtclab trace RFC8489:6.3.1.1#", "RFC8489:6.3.1.1#3", "RFC5780"},
    {"rtclab lint cap", "capture.pcapng", "prove"},
    {"rtclab report html --out sub", "subfolder", "html"},
    {"rtclab lint --fail-on m", "must", "should"},
};
static const char bash_asks[] =
    "#!/bin/bash\n. ./completion.bash\nCOMP_WORDS=(\"$@\")\n"
    "COMP_CWORD=$(($# - 1))\n_rtclab\nprintf '<%s>\\n' \"${COMPREPLY[@]}\"\n";
static const char zsh_asks[] =
    "#!/bin/zsh\ncompdef() { [ \"$*\" = '_rtclab rtclab' ]; }\n"
    "compadd() { local w; for w in ${(P)2}; do [[ $w == \"$last\"* ]] && print \"<$w>\"; done; }\n"
    "compset() { :; }\n_files() { local w; for w in \"$last\"*(N); do print \"<$w>\"; done; }\n"
    "words=(\"$@\") CURRENT=$# last=${@[-1]}\n. ./completion.zsh\n_rtclab\n";

static void completes(const char *shell_name, const char *asks)
{
    char line[512], want[64], unwanted[64];

    if (!program_ready() || !has(shell_name))
        return;
    program_cases("words.lua",
                  "case { id = \"stun-server-901\", title = \"t\", role = \"stun-server\", "
                  "type = \"V\", needs = {}, run = function(t) end }\n");
    program_write("asks", asks);
    program_write("capture.pcapng", "");
    mkdir(program_path("subfolder"), 0777);
    snprintf(line, sizeof line, "help --completion %s > completion.%s", shell_name, shell_name);
    program_gives(line, EXIT_AS_EXPECTED);
    for (size_t i = 0; i < COUNT(completions); i++) {
        bool folder = strstr(completions[i].words, " sub") != NULL;
        snprintf(line, sizeof line, "%s ./asks %s", shell_name, completions[i].words);
        CU_ASSERT_EQUAL(shell(line), 0);
        snprintf(want, sizeof want, "<%s>", completions[i].wanted);
        snprintf(unwanted, sizeof unwanted, "<%s>", completions[i].unwanted);
        bool good = strstr(program_out, want) && (folder || !strstr(program_out, unwanted));
        if (!good)
            printf("\n%s: %s gives\n%.600s", shell_name, completions[i].words, program_out);
        CU_ASSERT_TRUE(good);
    }
}

static void bash_completes(void)
{
    completes("bash", bash_asks);
}

static void zsh_completes(void)
{
    completes("zsh", zsh_asks);
}

TESTS({"every option is described", options_are_described},
      {"all that is described is there", what_is_described_is_there},
      {"every command takes help, and says what is wrong", every_command_is_alike},
      {"colours only where asked for", colours_are_asked_for},
      {"manual pages are clean", manual_pages_are_clean}, {"bash completes", bash_completes},
      {"zsh completes", zsh_completes})
