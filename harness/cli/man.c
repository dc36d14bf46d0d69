/* harness/cli/man.c - manual pages in man(7), drawn from help texts and from the schema of profiles. */
#include <ctype.h>
#include <jansson.h>
#include <stdlib.h>
#include "harness/cli/helptext.h"
#include "harness/core/file.h"
#include "harness/script/script.h"

enum { WIDTH = 60 }; /* characters; what has to be escaped takes more octets, of 80 */
struct page {
    FILE *f;
    size_t column;       /* of a filled line; 0: at its start */
    bool markdown, bold; /* "`word`" is set bold; it is on */
};

static void octets(struct page *m, struct span s, bool hyphens)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = (char)s.p[i];
        if (i == 0 && c == '.')
            fputs("\\&", m->f);
        if (c == '`' && m->markdown) {
            fputs(m->bold ? "\\fR" : "\\fB", m->f);
            m->bold = !m->bold;
        } else if (c == '\\')
            fputs("\\e", m->f);
        else if (c == '-' && hyphens)
            fputs("\\-", m->f);
        else if (c == '\'' || c == '`' || c == '^' || c == '~')
            fputs(c == '\'' ? "\\(aq" : c == '`' ? "\\(ga" : c == '^' ? "\\(ha" : "\\(ti", m->f);
        else
            fputc(c, m->f);
    }
}

static void end_line(struct page *m)
{
    if (m->column)
        fputc('\n', m->f);
    m->column = 0;
}

/* Words into filled lines; those that begin with '-' or name a file are set as they are typed. */
static void fill(struct page *m, struct span s)
{
    for (size_t i = 0; i < s.n;) {
        size_t n = 0;
        while (i < s.n && s.p[i] == ' ')
            i++;
        while (i + n < s.n && s.p[i + n] != ' ')
            n++;
        if (n == 0)
            break;
        if (m->column && m->column + 1 + n > WIDTH)
            end_line(m);
        if (m->column)
            fputc(' ', m->f);
        octets(m, span_cut(s, i, i + n), s.p[i] == '-');
        m->column += n + 1;
        i += n;
    }
}

static void literal(struct page *m, struct span s)
{
    octets(m, s, true);
    fputc('\n', m->f);
}

/* "-o, --out FILE": names bold, what stands for a value slanted. */
static void tag(struct page *m, struct span s)
{
    for (size_t i = 0; i < s.n;) {
        size_t n = 0;
        bool name = s.p[i] == '-' || (islower(s.p[i]) && (i == 0 || strchr(" =|[", s.p[i - 1])));
        bool value = isupper(s.p[i]);
        while (i + n < s.n && (isalnum(s.p[i + n]) || strchr("-_.", s.p[i + n])))
            n++;
        if (n == 0) {
            octets(m, span_cut(s, i, i + 1), true);
            i++;
            continue;
        }
        fputs(name ? "\\fB" : value ? "\\fI" : "", m->f);
        octets(m, span_cut(s, i, i + n), true);
        fputs(name || value ? "\\fR" : "", m->f);
        i += n;
    }
    fputc('\n', m->f);
}

static void item(struct page *m, const struct help_line *line)
{
    end_line(m);
    fputs(".TP\n", m->f);
    tag(m, line->tag);
    fill(m, line->text);
}

static void title(FILE *f, const char *name, const char *section, const char *what)
{
    fputs(".\\\" drawn from the help of rtclab\n.TH ", f);
    for (const char *c = name; *c; c++)
        if (*c == '-')
            fputs("\\-", f);
        else
            fputc(toupper((unsigned char)*c), f);
    fprintf(f, " %s \"%s\" \"rtclab %s\" \"%s\"\n", section, RTCLAB_DATE, RTCLAB_VERSION,
            *section == '1' ? "User Commands" : "File Formats");
    fputs(".SH NAME\n", f);
    struct page m = {.f = f, .column = strlen(name) + 3};
    octets(&m, span_of(name), true);
    fputs(" \\-", f);
    fill(&m, span_of(what));
    end_line(&m);
}

static bool is_exit(const struct help_line *line)
{
    return line->kind == HELP_PARA && line->text.n > 11 &&
           memcmp(line->text.p, "Exit status", 11) == 0;
}

enum section { SYNOPSIS, DESCRIPTION, OPTIONS, STATUS, EXAMPLES, SECTIONS };

static enum section section_of(const struct help_line *line, enum section before)
{
    switch (line->kind) {
    case HELP_USAGE:
        return SYNOPSIS;
    case HELP_OPTION:
        return OPTIONS;
    case HELP_EXAMPLE:
        return EXAMPLES;
    case HELP_MORE:
    case HELP_BESIDE:
        return before;
    case HELP_PARA:
        return is_exit(line) || before == STATUS ? STATUS : DESCRIPTION;
    default:
        return DESCRIPTION;
    }
}

/* `before`: the line above in this section; NULL: it is the first. */
static void put_line(struct page *m, const struct help_line *line, const enum help_kind *above)
{
    enum help_kind before = above ? *above : HELP_BLANK;
    bool pre = line->kind == HELP_EXAMPLE || line->kind == HELP_LITERAL;

    if (pre && before != line->kind) {
        end_line(m);
        fputs(above ? ".PP\n.nf\n" : ".nf\n", m->f);
    }
    switch (line->kind) {
    case HELP_USAGE:
        if (before == HELP_USAGE)
            fputs(".br\n", m->f);
        tag(m, line->text);
        break;
    case HELP_OPTION:
    case HELP_WORD:
        item(m, line);
        break;
    case HELP_BESIDE:
        end_line(m);
        fputs(".br\n", m->f);
        fill(m, line->text);
        break;
    case HELP_PARA:
    case HELP_MORE:
        fill(m, line->text);
        break;
    default:
        literal(m, line->text);
    }
}

static void put_section(struct page *m, struct span text, enum section wanted)
{
    static const char *const names[] = {"SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXIT STATUS",
                                        "EXAMPLES"};
    struct help_reader r = {.left = text};
    struct help_line line;
    enum section at = DESCRIPTION;
    enum help_kind before = HELP_BLANK;
    bool any = false, apart = false;

    while (help_next(&r, &line)) {
        bool pre = before == HELP_EXAMPLE || before == HELP_LITERAL;
        at = line.kind == HELP_BLANK ? DESCRIPTION : section_of(&line, at);
        if (pre && line.kind != before) {
            fputs(".fi\n", m->f);
            before = HELP_BLANK;
        }
        apart |= line.kind == HELP_BLANK;
        if (at != wanted || line.kind == HELP_BLANK)
            continue;
        if (!any)
            fprintf(m->f, ".SH %s\n", names[wanted]);
        else if (line.kind == HELP_PARA && apart) {
            end_line(m);
            fputs(".PP\n", m->f);
        }
        put_line(m, &line, any ? &before : NULL);
        any = true;
        apart = false;
        before = line.kind;
    }
    if (before == HELP_EXAMPLE || before == HELP_LITERAL)
        fputs(".fi\n", m->f);
    end_line(m);
}

static void see_also(FILE *f, const struct command *but)
{
    fputs(".SH SEE ALSO\n", f);
    if (but)
        fputs(".BR rtclab (1),\n", f);
    for (size_t i = 0; cli_commands[i]; i++)
        if (cli_commands[i] != but)
            fprintf(f, ".BR rtclab\\-%s (1),\n", cli_commands[i]->name);
    fputs(".BR rtclab\\-profile (5),\n.BR rtclab\\-run.jsonl (5)\n", f);
}

static void put_program(FILE *f)
{
    struct page m = {.f = f};

    title(f, "rtclab", "1", "conformance tests, fuzzing and captures for real-time communication");
    fputs(".SH SYNOPSIS\n\\fBrtclab\\fR \\fICOMMAND\\fR [\\fIOPTION\\fR...] "
          "[\\fIARGUMENT\\fR...]\n.br\n\\fBrtclab\\fR \\fB\\-\\-help\\fR\n.br\n"
          "\\fBrtclab\\fR \\fB\\-\\-version\\fR\n.SH COMMANDS\n",
          f);
    for (size_t i = 0; cli_commands[i]; i++) {
        fprintf(f, ".TP\n.BR rtclab\\-%s (1)\n", cli_commands[i]->name);
        fill(&m, span_of(cli_commands[i]->brief));
        end_line(&m);
    }
    fputs(".SH EXIT STATUS\n.TP\n0\nas expected\n.TP\n1\nnot as expected: an unexpected "
          "failure, or findings\n.TP\n2\nusage or configuration; nothing ran\n.TP\n3\nthe target "
          "was never reached\n.TP\n4\nrtclab itself is at fault, or its output cannot be "
          "written\n.TP\n5\ninterrupted\n.TP\n77\nall was skipped\n.SH ENVIRONMENT\n.TP\n"
          "RTCLAB_SHARE\nthe folder of scenarios, vectors and templates;\nwithout it that of the "
          "installation\n.TP\nNO_COLOR\nnot empty: no colours unless\n.B \\-\\-color\nasks for "
          "them\n",
          f);
}

bool man_command(FILE *to, const struct command *c)
{
    static uint8_t text[HELP_MAX];
    struct wr w = {text, sizeof text, 0, false};
    struct page m = {.f = to};
    char name[64];

    if (c) {
        help_compose(c, &w);
        snprintf(name, sizeof name, "rtclab-%s", c->name);
        title(to, name, "1", c->brief);
        for (int s = 0; s < SECTIONS; s++)
            put_section(&m, wr_span(&w), (enum section)s);
    } else {
        put_program(to);
    }
    see_also(to, c);
    return fflush(to) == 0 && !ferror(to) && !w.full;
}

static void put_properties(struct page *m, const json_t *properties)
{
    const char *key;
    json_t *v;
    json_object_foreach((json_t *)(uintptr_t)properties, key, v)
    {
        const char *what = json_string_value(json_object_get(v, "description"));
        const char *type = json_string_value(json_object_get(v, "type"));
        const json_t *of = json_object_get(v, "items"), *words = json_object_get(of, "enum");
        json_t *inner = json_object_get(v, "properties");
        size_t i;
        json_t *word;

        fprintf(m->f, ".TP\n\\fB%s\\fR (%s)\n", key, type ? type : "text");
        fill(m, span_of(what ? what : "text"));
        if (words)
            fill(m, span_of("- each of:"));
        json_array_foreach((json_t *)(uintptr_t)words, i, word)
            fill(m, span_of(json_string_value(word)));
        end_line(m);
        if (!inner)
            inner = json_object_get(of, "properties");
        if (inner) {
            fputs(".RS\n", m->f);
            put_properties(m, inner);
            fputs(".RE\n", m->f);
        }
    }
}

bool man_profile(FILE *to, const char *path)
{
    json_t *schema = json_load_file(path, 0, NULL);
    struct page m = {.f = to};

    if (!schema)
        return false;
    title(to, "rtclab-profile", "5", "what an implementation under test claims to support");
    fputs(".SH DESCRIPTION\n", to);
    fill(
        &m,
        span_of("A profile is a JSON object. 'rtclab test --profile FILE' reads it, 'rtclab probe' "
                "writes a first one, and its schema is scenarios/profiles/schema.json, where "
                "profiles of known implementations stand too. Its members:"));
    end_line(&m);
    put_properties(&m, json_object_get(schema, "properties"));
    fputs(".SH EXAMPLES\n.nf\n{\"schema\": 1, \"name\": \"mine\", \"transports\": "
          "[\"udp\"],\n \"families\": [\"ip4\"], \"supports\": [\"classic\"]}\n.fi\n.SH SEE ALSO\n"
          ".BR rtclab\\-test (1),\n.BR rtclab\\-probe (1)\n",
          to);
    json_decref(schema);
    return fflush(to) == 0 && !ferror(to);
}

/* ---- the record, from docs/json.md ---- */

static struct span line_of(struct span *left)
{
    const uint8_t *end = left->n ? memchr(left->p, '\n', left->n) : NULL;
    struct span line = span_cut(*left, 0, end ? (size_t)(end - left->p) : left->n);

    *left = span_cut(*left, line.n + (end != NULL), left->n);
    return line;
}

static bool starts(struct span s, const char *with)
{
    return s.n >= strlen(with) && memcmp(s.p, with, strlen(with)) == 0;
}

/* "| `type` | its keys |"; the rows that head a table are none. */
static void table_row(struct page *m, struct span row)
{
    const uint8_t *bar = row.n > 4 ? memchr(row.p + 1, '|', row.n - 1) : NULL;
    size_t at = bar ? (size_t)(bar - row.p) : 0;

    if (!bar || starts(row, "|---") || starts(row, "| `type` | keys"))
        return;
    end_line(m);
    fputs(".TP\n", m->f);
    fill(m, span_cut(row, 1, at));
    end_line(m);
    fill(m, span_cut(row, at + 1, row.p[row.n - 1] == '|' ? row.n - 1 : row.n));
    end_line(m);
}

enum gap { FIRST, NONE, APART }; /* what stands between a line and the one above */

static void markdown_line(struct page *m, struct span line, enum gap *gap)
{
    if (line.n == 0) {
        *gap = *gap == FIRST ? FIRST : APART;
        return;
    }
    if (line.p[0] == '|') {
        table_row(m, line);
    } else if (starts(line, "- ")) {
        end_line(m);
        fputs(".IP \\(bu 2\n", m->f);
        fill(m, span_cut(line, 2, line.n));
    } else {
        if (*gap == APART) {
            end_line(m);
            fputs(".PP\n", m->f);
        }
        fill(m, line);
    }
    *gap = NONE;
}

bool man_record(FILE *to, const char *path)
{
    static const char *const sections[][2] = {{"## run.jsonl", "DESCRIPTION"},
                                              {"## Reading a record", "READING"}};
    struct page m = {.f = to, .markdown = true};
    size_t n, written = 0;
    char *text = file_text(path, &n);
    struct span left = span_of(text);
    bool within = false;
    enum gap gap = FIRST;

    if (!text)
        return false;
    title(to, "rtclab-run.jsonl", "5", "the record of a run of rtclab");
    while (left.n) {
        struct span line = line_of(&left);
        if (!starts(line, "## ")) {
            if (within)
                markdown_line(&m, line, &gap);
            continue;
        }
        end_line(&m);
        within = false;
        for (size_t i = 0; i < COUNT(sections); i++)
            if (span_is(line, sections[i][0])) {
                fprintf(to, ".SH %s\n", sections[i][1]);
                within = true;
                written++;
            }
        gap = FIRST;
    }
    end_line(&m);
    fputs(".SH SEE ALSO\n.BR rtclab\\-test (1),\n.BR rtclab\\-report (1)\n", to);
    free(text);
    return written == COUNT(sections) && !m.bold && fflush(to) == 0 && !ferror(to);
}
