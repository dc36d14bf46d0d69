/* harness/cli/cmd_report.c - rtclab report: draw a run record once more, in another form; merge
 * records, compare them. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include "harness/cli/cli.h"
#include "harness/report/merge.h"

enum { RUNS = 64 };
struct job {
    struct cli cli;
    const char *out;
    bool force, markdown;
    char **names; /* of the records */
    size_t n;
    struct run runs[RUNS];
};

static bool show(const struct job *j, struct report_error *e)
{
    bool color = j->cli.color && strcmp(j->out, "-") == 0;
    return report_terminal_file(&j->runs[0], j->out, color, j->cli.quiet ? -1 : j->cli.verbose, e);
}

static bool html(const struct job *j, struct report_error *e)
{
    const char *templates = cli_share_path("reports");
    if (j->n > 1)
        return report_compare_file(j->runs, j->n, (const char *const *)j->names, j->out, templates,
                                   e);
    return report_html_file(&j->runs[0], j->out, templates, e);
}

static bool junit(const struct job *j, struct report_error *e)
{
    return report_junit_file(&j->runs[0], j->out, e);
}

static bool tap(const struct job *j, struct report_error *e)
{
    return report_form_file(&j->runs[0], j->out, report_tap, e);
}

static bool sarif(const struct job *j, struct report_error *e)
{
    return report_form_file(&j->runs[0], j->out, report_sarif, e);
}

static bool markdown(const struct job *j, struct report_error *e)
{
    return report_form_file(&j->runs[0], j->out, report_markdown, e);
}

static bool json(const struct job *j, struct report_error *e)
{
    return report_json_file(&j->runs[0], j->out, e);
}

/* ---- merge ---- */

static void said(void *ctx, const char *sentence)
{
    const struct job *j = ctx;
    if (!j->cli.quiet)
        cli_error("report", "%s", sentence);
}

/* Whether `path` is to be a folder with a run.jsonl in it, which is made where it is not there. */
static bool merged_path(const char *out, char path[PATH_MAX], bool *folder, struct report_error *e)
{
    size_t n = strlen(out);
    struct stat st;

    snprintf(path, PATH_MAX, "%s", out);
    *folder = strcmp(out, "-") != 0 && !(n > 6 && strcmp(out + n - 6, ".jsonl") == 0);
    if (!*folder)
        return true;
    if (mkdir(out, 0777) != 0 && (errno != EEXIST || stat(out, &st) != 0 || !S_ISDIR(st.st_mode))) {
        snprintf(e->why, sizeof e->why, "the folder %.300s cannot be made: %s", out,
                 strerror(errno));
        return false;
    }
    snprintf(path, PATH_MAX, "%s/run.jsonl", out);
    return true;
}

/* Nothing is written over what is read. */
static bool apart(const struct job *j, const char *path, struct report_error *e)
{
    struct stat out, in;
    char record[PATH_MAX];

    if (strcmp(path, "-") == 0 || stat(path, &out) != 0 || !S_ISREG(out.st_mode))
        return true;
    for (size_t i = 0; i < j->n; i++) {
        snprintf(record, sizeof record, "%s/run.jsonl", j->names[i]);
        if ((stat(record, &in) == 0 || stat(j->names[i], &in) == 0) && in.st_ino == out.st_ino &&
            in.st_dev == out.st_dev) {
            snprintf(e->why, sizeof e->why, "%.300s is one of the records that are to be merged",
                     path);
            e->refused = true;
            return false;
        }
    }
    return true;
}

static bool merge(const struct job *j, struct report_error *e)
{
    char path[PATH_MAX];
    bool folder;

    if (!merged_path(j->out, path, &folder, e) || !apart(j, path, e))
        return false;
    return report_merge_file(j->runs, j->n, path,
                             &(struct merge_options){.force = j->force,
                                                     .folder = folder ? j->out : NULL,
                                                     .file = strcmp(path, "-") == 0 ? NULL : path,
                                                     .say = said,
                                                     .ctx = (void *)(uintptr_t)j},
                             e);
}

/* ---- what there is ---- */

static const struct form {
    const char *name;
    bool (*draw)(const struct job *j, struct report_error *e); /* NULL: diff */
    size_t least, most;                                        /* records */
} forms[] = {
    {"show", show, 1, 1}, {"html", html, 1, RUNS},   {"junit", junit, 1, 1},
    {"tap", tap, 1, 1},   {"sarif", sarif, 1, 1},    {"markdown", markdown, 1, 1},
    {"json", json, 1, 1}, {"merge", merge, 1, RUNS}, {"diff", NULL, 2, 2},
};

static int diff(const struct job *j)
{
    size_t counts[DIFF_N];
    struct report_error e;
    enum diff_form form = j->cli.json ? DIFF_JSON : j->markdown ? DIFF_MARKDOWN : DIFF_TEXT;

    if (!report_diff_file(&j->runs[0], &j->runs[1], j->out, form, counts, &e)) {
        cli_error("report", "%s", e.why);
        return EXIT_OWN_FAULT;
    }
    return counts[DIFF_WORSE] ? EXIT_UNEXPECTED : EXIT_AS_EXPECTED;
}

static int draw(const struct form *form, struct job *j)
{
    struct report_error e = {0};
    size_t read = 0;
    int status = EXIT_AS_EXPECTED;

    while (read < j->n && run_read(&j->runs[read], j->names[read])) {
        const char *remark = j->runs[read].remark;
        if (remark[0] && form->draw != show && !j->cli.quiet) /* show says it in the report */
            cli_error("report", "%s: %s", j->names[read], remark);
        read++;
    }
    if (read < j->n) {
        cli_error("report", "%s: %s", j->names[read], j->runs[read].remark);
        status = EXIT_USAGE;
    } else if (!form->draw) {
        status = diff(j);
    } else if (!form->draw(j, &e)) {
        cli_error("report", "%s", e.why);
        status = e.refused ? EXIT_USAGE : EXIT_OWN_FAULT;
    }
    for (size_t i = 0; i < read; i++)
        run_free(&j->runs[i]);
    return status;
}

static const struct form *form_named(const char *name)
{
    for (size_t i = 0; i < COUNT(forms); i++)
        if (strcmp(name, forms[i].name) == 0)
            return &forms[i];
    cli_error("report",
              "there is no form '%s'; there are show, html, junit, tap, sarif, markdown, json, "
              "merge and diff",
              name);
    return NULL;
}

/* The form and its records, which stand after the options; false: said. */
static const struct form *chosen(struct job *j, int argc, char **argv)
{
    if (argc < 2) {
        cli_error("report", "wants a form and a run: 'rtclab report show RUN'; --help says more");
        return NULL;
    }
    const struct form *form = form_named(argv[0]);
    if (!form)
        return NULL;
    j->names = argv + 1;
    j->n = (size_t)(argc - 1);
    if (j->n < form->least || j->n > form->most) {
        cli_error("report",
                  form->most == 1   ? "%s draws one run, not %zu"
                  : form->most == 2 ? "%s wants two runs, not %zu"
                                    : "%s takes up to 64 runs, not %zu",
                  form->name, j->n);
        return NULL;
    }
    if (j->cli.json && form->least == 1 && form->draw != merge && j->n == 1)
        form = form_named("json");
    return form;
}

static int run_report(int argc, char **argv)
{
    static const struct option options[] = {CLI_OPTIONS,
                                            {"out", required_argument, NULL, 'o'},
                                            {"force", no_argument, NULL, 'F'},
                                            {"markdown", no_argument, NULL, 'M'},
                                            {NULL, 0, NULL, 0}};
    static struct job j;
    int opt;

    j = (struct job){.out = "-"};
    cli_init(&j.cli);
    optind = 0;
    opterr = 0;
    while ((opt = cli_getopt(&cmd_report, argc, argv, CLI_SHORT "o:", options)) != -1) {
        int took = cli_option(&j.cli, opt, optarg);
        if (opt == 'h')
            return cli_help(&cmd_report);
        if (opt == 'o')
            j.out = optarg;
        else if (opt == 'F')
            j.force = true;
        else if (opt == 'M')
            j.markdown = true;
        else if (took <= 0)
            return EXIT_USAGE;
    }
    const struct form *form = chosen(&j, argc - optind, argv + optind);
    return form ? draw(form, &j) : EXIT_USAGE;
}

const struct command cmd_report = {
    "report", "draw the record of a run in another form, merge records, compare them", run_report,
    "usage: rtclab report FORM RUN... [-o FILE]\n\n"
    "RUN is a run.jsonl or the folder that holds it, as 'rtclab test --out' leaves it.\n\n"
    "  show      for people: a line a case, what needs a look, the counts\n"
    "  html      one self-contained page: requirements, ladders, messages; of several runs: a\n"
    "            column each, and what differs\n"
    "  junit     JUnit XML for CI servers\n"
    "  tap       TAP version 14, a test point a case\n"
    "  sarif     SARIF 2.1.0: rules are clauses, results are checks that did not pass\n"
    "  markdown  for the summary page of a CI server; at most 1 MiB\n"
    "  json      the lines of the record; --json says the same\n"
    "  merge     RUN...: the parts of one run (test --shard I/N) as one record; -o DIR takes the\n"
    "            captures along, -o FILE.jsonl leads to where they are\n"
    "  diff      A B: what newly fails or passes, has changed, is in one only\n\n"
    "  -o, --out FILE   where to; '-', and without this option: standard output\n"
    "      --force      merge: also runs of other versions, targets, profiles or seeds\n"
    "      --markdown   diff: as Markdown; --json: an object a line\n"
    "  -v               show: with ladders; -vv: every case whole\n"
    "  -q, --quiet      show: only what needs a look; no word about what is left out\n"
    "      --color[=always|never|auto]\n\n"
    "examples:\n"
    "  rtclab report show run/\n"
    "  rtclab report html run/ -o run/report.html\n"
    "  rtclab report html coturn/ ejabberd/ -o peers.html\n"
    "  rtclab report markdown run/ >> \"$GITHUB_STEP_SUMMARY\"\n"
    "  rtclab report merge shard1/ shard2/ -o whole/\n"
    "  rtclab report diff yesterday/ today/ || echo 'something got worse'\n\n"
    "Exit status: 0 drawn, and for diff: nothing got worse; 1 diff: a case, or a clause in a "
    "case,\n"
    "newly fails or cannot be judged any more; 2 a record cannot be read, or they are no parts of\n"
    "one run; 4 the report cannot be written.\n"};
