/* harness/cli/helptext.c - reading help texts; what every command takes. */
#include <ctype.h>
#include "harness/cli/helptext.h"

static const struct {
    const char *name, *letter, *tag, *text;
} common[] = {
    {"--help", "-h", "-h, --help", "this text"},
    {"--json", NULL, "--json", "results as JSON, an object a line"},
    {"--quiet", "-q", "-q, --quiet", "less: no progress, only what needs a look"},
    {"--verbose", "-v", "-v, --verbose", "more; given twice still more"},
    {"--color", NULL, "--color[=always|never|auto]",
     "auto, which is the default: on a terminal and without NO_COLOR"},
    {"--seed", NULL, "--seed N", "of all that is left to chance: the same again with the same"},
};

static struct span trim(struct span s)
{
    while (s.n && s.p[s.n - 1] == ' ')
        s.n--;
    return s;
}

static bool begins(struct span s, const char *with)
{
    size_t n = strlen(with);
    return s.n >= n && memcmp(s.p, with, n) == 0;
}

static struct span take_line(struct span *left)
{
    const uint8_t *end = memchr(left->p, '\n', left->n);
    size_t n = end ? (size_t)(end - left->p) : left->n;
    struct span line = {left->p, n};

    *left = span_cut(*left, end ? n + 1 : n, left->n);
    return line;
}

/* Where the words of an item begin that follow two spaces; line.n: nowhere. */
static size_t text_column(struct span line, size_t from)
{
    for (size_t i = from; i + 1 < line.n; i++)
        if (line.p[i] == ' ' && line.p[i + 1] == ' ') {
            while (i < line.n && line.p[i] == ' ')
                i++;
            return i;
        }
    return line.n;
}

static bool is_word(struct span line, size_t indent, size_t column)
{
    struct span tag = trim(span_cut(line, indent, column));

    if (indent != 2 || column >= line.n || !islower(line.p[indent]))
        return false;
    for (size_t i = 0; i < tag.n; i++)
        if (!islower(tag.p[i]) && !isdigit(tag.p[i]) && !strchr("-_.", tag.p[i]))
            return false;
    return true;
}

static void item(struct help_reader *r, struct help_line *out, struct span line, size_t indent)
{
    size_t column = text_column(line, indent);

    if (line.p[indent] == '-' || is_word(line, indent, column)) {
        *out = (struct help_line){line.p[indent] == '-' ? HELP_OPTION : HELP_WORD,
                                  trim(span_cut(line, indent, column)),
                                  span_cut(line, column, line.n)};
        r->column = column < line.n ? column : SIZE_MAX; /* the text is all below it */
        return;
    }
    out->text = span_cut(line, indent, line.n);
    out->kind = !r->column                                     ? HELP_LITERAL
                : indent == r->column || r->column == SIZE_MAX ? HELP_MORE
                                                               : HELP_BESIDE;
    if (r->column == SIZE_MAX)
        r->column = indent;
}

bool help_next(struct help_reader *r, struct help_line *out)
{
    while (r->left.n) {
        struct span line = trim(take_line(&r->left));
        size_t indent = 0;

        while (indent < line.n && line.p[indent] == ' ')
            indent++;
        *out = (struct help_line){.kind = HELP_BLANK};
        if (line.n == 0) {
            r->in_usage = false;
            r->column = 0;
            return true;
        }
        if (begins(line, "usage:")) {
            r->in_usage = true;
            indent = 7;
        }
        if (span_is(line, "examples:") || span_is(line, "example:")) {
            r->in_examples = true;
            continue;
        }
        if (span_is(line, "options of every command:")) {
            r->in_examples = false;
            continue;
        }
        r->in_examples |= !r->in_usage && begins(line, "  rtclab ");
        out->text = span_cut(line, indent, line.n);
        if (r->in_usage)
            out->kind = HELP_USAGE;
        else if (indent == 0)
            out->kind = HELP_PARA, r->in_examples = false, r->column = 0;
        else if (r->in_examples)
            out->kind = HELP_EXAMPLE;
        else
            item(r, out, line, indent);
        return true;
    }
    return false;
}

bool help_name(struct span *tag, struct span *name, struct span *value)
{
    size_t at = 0, n = 0;

    while (at < tag->n && tag->p[at] != '-')
        at++;
    while (at + n < tag->n && !strchr(", [=", tag->p[at + n]))
        n++;
    if (n == 0)
        return false;
    *name = span_cut(*tag, at, at + n);
    *tag = span_cut(*tag, at + n, tag->n);
    const uint8_t *last = tag->n ? memrchr(tag->p, '-', tag->n) : NULL;
    struct span rest = *tag;
    if (last && last > rest.p && (last[-1] == ' ' || last[-1] == '-')) /* another name follows */
        rest = span_cut(rest, (size_t)(last - rest.p), rest.n);
    at = 0;
    while (at < rest.n && !strchr(" [=", rest.p[at]))
        at++;
    while (at < rest.n && strchr(" [=", rest.p[at]))
        at++;
    n = 0;
    while (at + n < rest.n && !strchr("]", rest.p[at + n]))
        n++;
    *value = span_cut(rest, at, at + n);
    return true;
}

/* Whether an option of the help has this name. */
static bool mentioned(const char *help, const char *name)
{
    struct help_reader r = {.left = span_of(help)};
    struct help_line line;
    struct span got, value;

    while (name && help_next(&r, &line))
        while (line.kind == HELP_OPTION && help_name(&line.tag, &got, &value))
            if (span_is(got, name))
                return true;
    return false;
}

void help_compose(const struct command *c, struct wr *to)
{
    bool heading = false;

    wr_text(to, c->help);
    for (size_t i = 0; i < COUNT(common); i++) {
        if (mentioned(c->help, common[i].name) || mentioned(c->help, common[i].letter))
            continue;
        if (!heading)
            wr_text(to, "\noptions of every command:\n");
        heading = true;
        wr_text(to, "  ");
        wr_text(to, common[i].tag);
        for (size_t n = strlen(common[i].tag); n < 29; n++)
            wr_u8(to, ' ');
        wr_text(to, common[i].text);
        wr_u8(to, '\n');
    }
}
