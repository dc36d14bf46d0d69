/* harness/cli/cmd_report.c - rtclab report: draw a run record once more, in another form. */
#include "harness/cli/cli.h"
#include "harness/report/report.h"

struct job {
    struct cli cli;
    const char *record, *out;
};

static bool show(const struct run *r, const struct job *j, struct report_error *e)
{
    bool color = j->cli.color && strcmp(j->out, "-") == 0;
    return report_terminal_file(r, j->out, color, j->cli.quiet ? -1 : j->cli.verbose, e);
}

static bool html(const struct run *r, const struct job *j, struct report_error *e)
{
    return report_html_file(r, j->out, cli_share_path("reports"), e);
}

static bool junit(const struct run *r, const struct job *j, struct report_error *e)
{
    return report_junit_file(r, j->out, e);
}

static bool json(const struct run *r, const struct job *j, struct report_error *e)
{
    return report_json_file(r, j->out, e);
}

static const struct form {
    const char *name;
    bool (*draw)(const struct run *r, const struct job *j, struct report_error *e);
} forms[] = {{"show", show}, {"html", html}, {"junit", junit}, {"json", json}};

static int draw(const struct form *form, const struct job *j)
{
    struct run run;
    struct report_error e;

    if (!run_read(&run, j->record)) {
        cli_error("report", "%s: %s", j->record, run.remark);
        return EXIT_USAGE;
    }
    if (run.remark[0] && form->draw != show && !j->cli.quiet)
        cli_error("report", "%s: %s", j->record, run.remark); /* show says it in the report */
    bool ok = form->draw(&run, j, &e);
    run_free(&run);
    if (!ok)
        cli_error("report", "%s", e.why);
    return ok ? EXIT_AS_EXPECTED : EXIT_OWN_FAULT;
}

static int run_report(int argc, char **argv)
{
    static const struct option options[] = {
        CLI_OPTIONS, {"out", required_argument, NULL, 'o'}, {NULL, 0, NULL, 0}};
    struct job j = {.out = "-"};
    const struct form *form = NULL;
    int opt;

    cli_init(&j.cli);
    optind = 0;
    opterr = 0;
    while ((opt = getopt_long(argc, argv, CLI_SHORT "o:", options, NULL)) != -1) {
        int took = cli_option(&j.cli, opt, optarg);
        if (opt == 'h')
            return cli_help(&cmd_report);
        if (opt == 'o')
            j.out = optarg;
        else if (took < 0) /* said by cli_option */
            return EXIT_USAGE;
        else if (took == 0) {
            cli_error("report", "there is no such option, or it wants a value: '%s'",
                      argv[optind - 1]);
            return EXIT_USAGE;
        }
    }
    if (argc - optind != 2) {
        cli_error("report", "wants a form and a run: 'rtclab report show RUN'; --help says more");
        return EXIT_USAGE;
    }
    for (size_t i = 0; i < COUNT(forms); i++)
        if (strcmp(argv[optind], forms[i].name) == 0)
            form = &forms[i];
    if (!form) {
        cli_error("report", "there is no form '%s'; there are show, html, junit and json",
                  argv[optind]);
        return EXIT_USAGE;
    }
    if (j.cli.json)
        form = &forms[COUNT(forms) - 1];
    j.record = argv[optind + 1];
    return draw(form, &j);
}

const struct command cmd_report = {
    "report", "draw the record of a run as text, HTML, JUnit XML or JSON", run_report,
    "usage: rtclab report show|html|junit|json RUN [-o FILE]\n\n"
    "RUN is a run.jsonl or the folder that holds it, as 'rtclab test --out' leaves it.\n\n"
    "  show    for people: a line a case, what needs a look, the counts\n"
    "  html    one self-contained page: requirements, ladders, messages\n"
    "  junit   JUnit XML for CI servers\n"
    "  json    the lines of the record; --json says the same\n\n"
    "  -o, --out FILE   where to; '-', and without this option: standard output\n"
    "  -v               show: with ladders; -vv: every case whole\n"
    "  -q, --quiet      show: only what needs a look\n"
    "      --color[=always|never|auto]\n\n"
    "examples:\n"
    "  rtclab report show run/\n"
    "  rtclab report html run/ -o run/report.html\n"
    "  rtclab report junit run/run.jsonl -o junit.xml\n\n"
    "Exit status: 0 drawn, 2 the record cannot be read, 4 the report cannot be written.\n"};
