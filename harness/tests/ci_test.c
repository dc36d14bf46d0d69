/* harness/tests/ci_test.c - the examples of docs/ci: they are YAML, and what they have rtclab do is what
 * it can do. */
#include "harness/cli/helptext.h"
#include "harness/tests/program.h"

static const char *const files[] = {"docs/ci/github.yml", "docs/ci/gitlab.yml"};

static bool has_option(const struct command *c, struct span name)
{
    for (const struct option *o = help_options(c); o && o->name; o++)
        if (name.n == strlen(o->name) + 2 && memcmp(name.p + 2, o->name, name.n - 2) == 0)
            return true;
    return false;
}

/* Whether the help of `report` lists the form. */
static bool has_word(const struct command *c, struct span word)
{
    struct help_reader r = {.left = span_of(c->help)};
    struct help_line line;

    while (help_next(&r, &line))
        if (line.kind == HELP_WORD && span_eq(line.tag, word))
            return true;
    return false;
}

static struct span next_word(const char **at)
{
    while (**at == ' ')
        ++*at;
    struct span word = {(const uint8_t *)*at, strcspn(*at, " ;\n")};
    *at += word.n;
    return word;
}

/* Judge one line; `c` is the command of the line before, which options on a line of their own go to. */
static const struct command *judge(const char *file, const char *line, const struct command *c,
                                   size_t *seen)
{
    const char *call = strstr(line, "rtclab ");
    char name[32];

    line += strspn(line, " ");
    if (line[0] == '#' || (call && call > line && !strchr(" (", call[-1])))
        return NULL;
    if (!call && strncmp(line, "--", 2) != 0)
        return NULL;
    if (call) {
        line = call + 7;
        struct span word = next_word(&line);
        snprintf(name, sizeof name, "%.*s", (int)word.n, (const char *)word.p);
        c = cli_command(name);
        CU_ASSERT_PTR_NOT_NULL(c);
        *seen += c != NULL;
        if (c && strcmp(name, "report") == 0) {
            word = next_word(&line);
            if (!has_word(c, word))
                printf("\n%s: report has no form '%.*s'\n", file, (int)word.n,
                       (const char *)word.p);
            CU_ASSERT_TRUE(has_word(c, word));
        }
    }
    while (c && *line && *line != '\n' && *line != ';') {
        struct span word = next_word(&line);
        if (word.n < 3 || memcmp(word.p, "--", 2) != 0)
            continue;
        if (!has_option(c, word))
            printf("\n%s: rtclab %s has no %.*s\n", file, c->name, (int)word.n,
                   (const char *)word.p);
        CU_ASSERT_TRUE(has_option(c, word));
    }
    return c;
}

static void commands_are_known(void)
{
    static char text[16384];

    for (size_t i = 0; i < COUNT(files); i++) {
        const struct command *c = NULL;
        size_t seen = 0;
        program_read(files[i], text, sizeof text);
        CU_ASSERT_TRUE(text[0] != '\0');
        for (char *line = text, *end; (end = strchr(line, '\n')); line = end + 1) {
            *end = '\0';
            c = judge(files[i], line, c, &seen);
        }
        CU_ASSERT_TRUE(seen >= 4);
    }
}

static void files_are_yaml(void)
{
    char command[512];

    if (system("python3 -c 'import yaml' 2> /dev/null") != 0) {
        test_skip("python3-yaml is not installed");
        return;
    }
    for (size_t i = 0; i < COUNT(files); i++) {
        snprintf(command, sizeof command,
                 "python3 -c 'import sys,yaml;d=yaml.safe_load(open(sys.argv[1]));"
                 "sys.exit(not isinstance(d,dict))' %s",
                 files[i]);
        CU_ASSERT_EQUAL(system(command), 0);
    }
}

TESTS({"the commands are known", commands_are_known}, {"the files are YAML", files_are_yaml})
