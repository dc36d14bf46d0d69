/* harness/cli/helptext.h - the help text of a command, read line by line. --help prints it, manual
 * pages and completion are drawn from it: it is the one place where an option is described.
 *
 * Its form: "usage:" lines up to the first empty one; paragraphs without indentation; items, an
 * option or a word, two spaces or more, then what it means; lines below an item with a deeper
 * indentation go on with it; last, under "examples:" or from the first line that begins with
 * "  rtclab ", examples. In the tag of an option capitals and "a|b|c" stand for its value. */
#ifndef HARNESS_CLI_HELPTEXT_H
#define HARNESS_CLI_HELPTEXT_H
#include "harness/cli/cli.h"

enum { HELP_MAX = 32768 }; /* octets of a whole text */
enum help_kind {
    HELP_USAGE,   /* text: after "usage:" */
    HELP_PARA,    /* text: a line of a paragraph */
    HELP_OPTION,  /* tag and text */
    HELP_WORD,    /* the same, of an argument that stands for itself: "show", "run" */
    HELP_MORE,    /* text goes on with that of the item above */
    HELP_BESIDE,  /* the same, but a line of its own: a list within an item */
    HELP_EXAMPLE, /* text: a command line with what may stand beside it */
    HELP_LITERAL, /* text: anything else that is indented */
    HELP_BLANK,
};
struct help_line {
    enum help_kind kind;
    struct span tag, text; /* borrowed from the text that is read */
};
struct help_reader { /* begins with the text alone set */
    struct span left;
    bool in_usage, in_examples;
    size_t column; /* where the text of the item above begins; 0: there is none */
};
/* The next line; false: there is none. Headings ("usage:", "examples:") are taken, not given. */
bool help_next(struct help_reader *r, struct help_line *out);
/* The whole help of a command, with those options that every command takes and its own help does
 * not mention; `to` is left full where HELP_MAX does not do. */
void help_compose(const struct command *c, struct wr *to);
/* Take the next name off the tag of an option: "-o, --out FILE" gives "-o", then "--out", each with
 * the value that the tag ends with ("FILE"; empty: none). False: there is no more. */
bool help_name(struct span *tag, struct span *name, struct span *value);

/* The table of long options that a command hands to cli_getopt, learned by asking it for its help;
 * NULL: it never came there. */
const struct option *help_options(const struct command *c);

/* ---- what is drawn from it: false, where the output could not be written whole ---- */

/* A manual page in man(7): of one command, or of the program (NULL). */
bool man_command(FILE *to, const struct command *c);
/* The page rtclab-profile(5), from the schema of profiles at `path`; false also where that cannot be
 * read. */
bool man_profile(FILE *to, const char *path);
/* The page rtclab-run.jsonl(5), from docs/json.md at `path`: its sections about the record; false also
 * where that cannot be read, or has no such sections. */
bool man_record(FILE *to, const char *path);
/* A completion script for "bash" or "zsh"; false also for another shell. */
bool complete_script(FILE *to, const char *shell);
#endif
