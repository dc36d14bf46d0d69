/* harness/cli/cmd_trace.c - rtclab trace: each clause and what covers it. */
#include <stdlib.h>
#include "harness/cli/cli.h"
#include "harness/cli/trace.h"

static const char help[] =
    "usage: rtclab trace [OPTION...] [SPEC|CLAUSE...]\n\n"
    "Lists the clauses of the catalogue, each with the number of cases that check it, of vectors\n"
    "in which a finding cites it (rules), of vectors that name it and of faults by which our own\n"
    "endpoints break it; then a summary. A clause that cannot be observed has the reason instead:\n"
    "internal, policy, definition, permission, other-role, no-access.\n\n"
    "A clause is covered where a case checks it, or where a rule of decode or lint flips: one\n"
    "vector has a finding that cites the clause, another is about it and has none.\n\n"
    "  --uncovered  only clauses that can be observed and that nothing covers\n"
    "  --json       a line a clause {clause, level, roles, observable, why_not, cases, rules,\n"
    "               flips, vectors, faults}, then a summary\n"
    "  -v           the words of each clause, and all ids\n"
    "  -q           the summary alone\n\n"
    "Exit status: 0, or 2 where an argument matches no clause or a file cannot be read.\n\n"
    "  rtclab trace --uncovered rfc8489\n"
    "  rtclab trace -v RFC8489:9.2.4\n"
    "  rtclab trace --json 'RFC8489:14.8#6a'\n";

struct session {
    struct cli cli;
    bool uncovered;
    struct trace t;
    size_t n, observable, with_case, flips, with_fault, bare; /* all but n: observable */
};

static bool selected(int argc, char **argv, const char *id)
{
    for (int i = 0; i < argc; i++)
        if (clause_selects(argv[i], id))
            return true;
    return argc == 0;
}

/* Say which argument matches nothing; false: one does. */
static bool arguments_match(int argc, char **argv)
{
    bool good = true;
    for (int i = 0; i < argc; i++) {
        bool any = false;
        for (size_t k = 0; k < clauses_n && !any; k++)
            any = clause_selects(argv[i], clauses[k].id);
        if (!any)
            cli_error("trace", "no clause matches '%s'; vectors/clauses/ has the catalogue",
                      argv[i]);
        good &= any;
    }
    return good;
}

/* Sections and sentences by their numbers: 5#2 before 5#10, before 14#1. */
static int by_number(const void *a, const void *b)
{
    return strverscmp(clauses[*(const size_t *)a].id, clauses[*(const size_t *)b].id);
}

static void count(struct session *s, const struct clause *c, const struct cover *v)
{
    bool cases = json_array_size(v->cases) > 0, faults = json_array_size(v->faults) > 0;

    s->n++;
    if (!c->observable)
        return;
    s->observable++;
    s->with_case += cases;
    s->flips += trace_flips(v);
    s->with_fault += faults;
    s->bare += !trace_covered(v);
}

static void print_json(json_t *line)
{
    json_dumpf(line, stdout, JSON_COMPACT);
    putchar('\n');
    json_decref(line);
}

static void print_ids(const char *what, const json_t *ids)
{
    const json_t *id;
    size_t i;

    if (json_array_size(ids) == 0)
        return;
    printf("    %s:", what);
    json_array_foreach(ids, i, id) printf(" %s", json_string_value(id));
    putchar('\n');
}

static void print_clause(const struct session *s, const struct clause *c, const struct cover *v)
{
    const char *dim = s->cli.color ? "\033[2m" : "", *plain = s->cli.color ? "\033[0m" : "";

    if (s->cli.json) {
        print_json(trace_json(c, v));
        return;
    }
    if (s->cli.quiet)
        return;
    if (c->observable)
        printf("%-22s %-6s %5zu %5zu %7zu %6zu  %s\n", c->id, level_name(c->level),
               json_array_size(v->cases), v->rules, json_array_size(v->vectors),
               json_array_size(v->faults), c->roles);
    else
        printf("%s%-22s %-6s %-26s  %s%s\n", dim, c->id, level_name(c->level), c->why_not, c->roles,
               plain);
    if (s->cli.verbose) {
        printf("    %s\n", c->words);
        print_ids("cases", v->cases);
        print_ids("vectors", v->vectors);
        print_ids("faults", v->faults);
    }
}

static void summary(const struct session *s)
{
    if (s->cli.json)
        print_json(json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:I}", "type", "summary", "clauses",
                             (json_int_t)s->n, "observable", (json_int_t)s->observable, "cases",
                             (json_int_t)s->with_case, "rules", (json_int_t)s->flips, "faults",
                             (json_int_t)s->with_fault, "uncovered", (json_int_t)s->bare));
    else
        printf(
            "%zu clause%s, %zu observable: %zu with a case, %zu with a rule that flips, %zu with "
            "a fault; %zu uncovered\n",
            s->n, s->n == 1 ? "" : "s", s->observable, s->with_case, s->flips, s->with_fault,
            s->bare);
}

static int execute(struct session *s, int argc, char **argv)
{
    const char *share = cli_share();

    if (!arguments_match(argc, argv))
        return EXIT_USAGE;
    if (!share) {
        cli_error("trace", "scenarios and vectors are not found; set RTCLAB_SHARE");
        return EXIT_USAGE;
    }
    size_t *order = malloc((clauses_n + 1) * sizeof *order);
    if (!order || !trace_open(&s->t, share)) {
        cli_error("trace", "%s", order ? s->t.why : "no memory");
        free(order);
        return EXIT_USAGE;
    }
    for (size_t i = 0; i < clauses_n; i++)
        order[i] = i;
    qsort(order, clauses_n, sizeof *order, by_number);
    if (!s->cli.json && !s->cli.quiet)
        printf("%-22s %-6s %5s %5s %7s %6s  %s\n", "clause", "level", "cases", "rules", "vectors",
               "faults", "roles");
    for (size_t i = 0; i < clauses_n; i++) {
        const struct clause *c = &clauses[order[i]];
        const struct cover *v = &s->t.v[order[i]];
        if (!selected(argc, argv, c->id))
            continue;
        count(s, c, v);
        if (!s->uncovered || (c->observable && !trace_covered(v)))
            print_clause(s, c, v);
    }
    free(order);
    summary(s);
    return EXIT_AS_EXPECTED;
}

static int run(int argc, char **argv)
{
    static const struct option options[] = {
        CLI_OPTIONS, {"uncovered", no_argument, NULL, 'u'}, {0}};
    struct session s = {.uncovered = false};
    int opt;

    cli_init(&s.cli);
    while ((opt = cli_getopt(&cmd_trace, argc, argv, CLI_SHORT, options)) != -1) {
        if (opt == 'h')
            return cli_help(&cmd_trace);
        if (opt == '?' || cli_option(&s.cli, opt, optarg) < 0)
            return EXIT_USAGE;
        if (opt == 'u')
            s.uncovered = true;
    }
    int status = execute(&s, argc - optind, argv + optind);
    trace_close(&s.t);
    return status;
}

const struct command cmd_trace = {"trace", "clauses and what covers them", run, help};
