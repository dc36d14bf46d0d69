/* harness/cli/complete.c - completion for bash and zsh: one function that both shells run, with a
 * row a command: its options, those that take a value with what to offer for it, and its arguments. */
#include <ctype.h>
#include "harness/cli/helptext.h"

/* What stands for a value in a tag or a usage line, and what is offered for it. */
static const struct {
    const char *word, *kind;
} kinds[] = {
    {"FILE", "file"},       {"FILE.jsonl", "file"},   {"RUN", "file"},
    {"DIR", "dir"},         {"FOLDER", "dir"},        {"SELECTOR", "w:selector"},
    {"CASE", "w:case"},     {"PROFILE", "w:profile"}, {"ENDPOINT", "w:endpoint"},
    {"CLAUSE", "w:clause"}, {"COMMAND", "w:command"}, {"PROTOCOL", "w:protocol"},
};

static struct span capitals(struct span s, size_t *at)
{
    size_t from = *at, n = 0;

    while (from < s.n && !isupper(s.p[from]))
        from++;
    while (from + n < s.n && (isupper(s.p[from + n]) || s.p[from + n] == '_'))
        n++;
    *at = from + n;
    return span_cut(s, from, from + n);
}

static void kinds_of(FILE *to, struct span s)
{
    struct span word;

    for (size_t at = 0; (word = capitals(s, &at)).n;)
        for (size_t i = 0; i < COUNT(kinds); i++)
            if (span_is(word, kinds[i].word))
                fprintf(to, " %s", kinds[i].kind);
}

/* "must|should|may" as words: lower-case ones with bars between. */
static void choices(FILE *to, struct span s)
{
    if (!s.n || !memchr(s.p, '|', s.n) || isupper(s.p[0]))
        return;
    fputc(' ', to);
    for (size_t i = 0; i < s.n; i++)
        fputc(s.p[i] == '|' ? ' ' : s.p[i], to);
}

enum draw { OPTIONS, ARGUMENTS };

/* Words of a usage line that stand for themselves: "rtclab fuzz list", "report show|html". */
static void usage_words(FILE *to, const struct command *c, struct span s)
{
    size_t from = strlen("rtclab ") + strlen(c->name) + 1, n = 0;

    while (from + n < s.n && (islower(s.p[from + n]) || s.p[from + n] == '|'))
        n++;
    struct span word = span_cut(s, from, from + n);
    if (memchr(word.p, '|', word.n))
        choices(to, word);
    else if (word.n)
        fprintf(to, " %.*s", (int)word.n, (const char *)word.p);
    /* values of options in brackets are no arguments */
    const uint8_t *dash = s.n ? memmem(s.p, s.n, "--", 2) : NULL;
    kinds_of(to, dash ? span_cut(s, from, (size_t)(dash - s.p)) : span_cut(s, from, s.n));
}

static void arguments(FILE *to, const struct command *c, const struct help_line *line)
{
    if (line->kind == HELP_USAGE)
        usage_words(to, c, line->text);
    else if (line->kind == HELP_WORD)
        fprintf(to, " %.*s", (int)line->tag.n, (const char *)line->tag.p);
}

static void names(FILE *to, struct span tag)
{
    struct span name, value;

    while (help_name(&tag, &name, &value))
        fprintf(to, " %.*s", (int)name.n, (const char *)name.p);
}

static void draw(FILE *to, const struct command *c, struct span text, enum draw what)
{
    struct help_reader r = {.left = text};
    struct help_line line;

    while (help_next(&r, &line))
        if (what == ARGUMENTS)
            arguments(to, c, &line);
        else if (line.kind == HELP_OPTION)
            names(to, line.tag);
}

/* A row for each option with a value: "test --profile) what=...". */
static void values(FILE *to, const struct command *c, struct span text)
{
    struct help_reader r = {.left = text};
    struct help_line line;
    struct span name, value;

    while (help_next(&r, &line)) {
        if (line.kind != HELP_OPTION)
            continue;
        while (help_name(&line.tag, &name, &value)) {
            if (!value.n)
                continue;
            fprintf(to, "    '%s %.*s') echo \"", c->name, (int)name.n, (const char *)name.p);
            if (span_is(name, "--profile"))
                fputs(" w:profile file", to);
            else if (span_is(name, "--fault") || span_is(name, "--variant"))
                fprintf(to, " w:%s", name.p[2] == 'f' ? "fault" : "variant");
            else
                kinds_of(to, value);
            choices(to, value);
            fputs("\" ;;\n", to);
        }
    }
}

static const char head[] = "# completion of rtclab for bash and zsh, drawn from its help\n"
                           "_rtclab_options() { # COMMAND: its options\n"
                           "    case $1 in\n";
static const char mid[] = "    esac\n}\n"
                          "_rtclab_arguments() { # COMMAND: what its arguments may be\n"
                          "    case $1 in\n";
static const char mid2[] =
    "    esac\n}\n"
    "_rtclab_value() { # COMMAND OPTION: what its value may be; fails: it has none\n"
    "    case \"$1 $2\" in\n";
static const char tail[] =
    "    *) return 1 ;;\n    esac\n}\n"
    "_rtclab_words() { # KIND...: words, those of the program asked of it\n"
    "    local kind\n"
    "    for kind in \"$@\"; do\n"
    "        case $kind in\n"
    "            w:*) \"${RTCLAB:-rtclab}\" help --words \"${kind#w:}\" 2> /dev/null ;;\n"
    "            file | dir) ;;\n"
    "            *) printf '%s\\n' \"$kind\" ;;\n"
    "        esac\n"
    "    done\n"
    "}\n";
static const char bash[] =
    "_rtclab() {\n"
    "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}\n"
    "    local command=${COMP_WORDS[1]} what words\n"
    "    local IFS=$' \\n'\n"
    "    COMPREPLY=()\n"
    "    if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
    "        what='w:command --help --version'\n"
    "    elif [[ $cur == '=' ]]; then\n"
    "        cur='' what=$(_rtclab_value \"$command\" \"$prev\")\n"
    "    elif [[ $prev == '=' ]]; then\n"
    "        what=$(_rtclab_value \"$command\" \"${COMP_WORDS[COMP_CWORD - 2]}\")\n"
    "    elif [[ $prev == --color ]] || ! what=$(_rtclab_value \"$command\" \"$prev\"); then\n"
    "        if [[ $cur == -* ]]; then\n"
    "            what=$(_rtclab_options \"$command\")\n"
    "        else\n"
    "            what=$(_rtclab_arguments \"$command\")\n"
    "        fi\n"
    "    fi\n"
    "    words=$(_rtclab_words $what)\n"
    "    mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n"
    "    case \" $what \" in\n"
    "        *' file '*) mapfile -t -O \"${#COMPREPLY[@]}\" COMPREPLY < <(compgen -f -- \"$cur\")\n"
    "            compopt -o filenames 2> /dev/null ;;\n"
    "        *' dir '*) mapfile -t -O \"${#COMPREPLY[@]}\" COMPREPLY < <(compgen -d -- \"$cur\")\n"
    "            compopt -o filenames 2> /dev/null ;;\n"
    "    esac\n"
    "    return 0\n"
    "}\n"
    "complete -F _rtclab rtclab\n";
static const char zsh[] =
    "_rtclab() {\n"
    "    local command=${words[2]} what\n"
    "    local -a found\n"
    "    if (( CURRENT == 2 )); then\n"
    "        what='w:command --help --version'\n"
    "    elif [[ ${words[CURRENT]} == --*=* ]]; then\n"
    "        what=$(_rtclab_value \"$command\" \"${words[CURRENT]%%=*}\")\n"
    "        compset -P '*='\n"
    "    elif [[ ${words[CURRENT - 1]} == --color ]] ||\n"
    "        ! what=$(_rtclab_value \"$command\" \"${words[CURRENT - 1]}\"); then\n"
    "        if [[ ${words[CURRENT]} == -* ]]; then\n"
    "            what=$(_rtclab_options \"$command\")\n"
    "        else\n"
    "            what=$(_rtclab_arguments \"$command\")\n"
    "        fi\n"
    "    fi\n"
    "    found=(${(f)\"$(_rtclab_words ${=what})\"})\n"
    "    (( $#found )) && compadd -a found\n"
    "    case \" $what \" in\n"
    "        *' file '*) _files ;;\n"
    "        *' dir '*) _files -/ ;;\n"
    "    esac\n"
    "}\n"
    "if [ \"${funcstack[1]}\" = _rtclab ]; then _rtclab \"$@\"; else compdef _rtclab rtclab; fi\n";

bool complete_script(FILE *to, const char *shell)
{
    bool is_zsh = strcmp(shell, "zsh") == 0;
    static uint8_t text[HELP_MAX];
    static const char *const parts[] = {head, mid, mid2};

    if (!is_zsh && strcmp(shell, "bash") != 0)
        return false;
    if (is_zsh)
        fputs("#compdef rtclab\n", to);
    for (size_t part = 0; part < COUNT(parts); part++) {
        fputs(parts[part], to);
        for (size_t i = 0; cli_commands[i]; i++) {
            const struct command *c = cli_commands[i];
            struct wr w = {text, sizeof text, 0, false};
            help_compose(c, &w);
            if (part < 2) {
                fprintf(to, "    %s) echo \"", c->name);
                draw(to, c, wr_span(&w), part ? ARGUMENTS : OPTIONS);
                fputs(" \" ;;\n", to);
            } else {
                values(to, c, wr_span(&w));
            }
        }
    }
    fputs(tail, to);
    fputs(is_zsh ? zsh : bash, to);
    return fflush(to) == 0 && !ferror(to);
}
