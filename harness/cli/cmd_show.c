/* harness/cli/cmd_show.c - rtclab show: a case, or a clause, with all that belongs to it. */
#include <stdlib.h>
#include "harness/cli/plan.h"
#include "harness/cli/trace.h"
#include "harness/core/registry.h"

struct session {
    struct cli cli;
    size_t shown;
};

/* ---- a case ---- */

static const char *kind_words(char kind)
{
    switch (kind) {
    case 'V':
        return "valid behaviour";
    case 'I':
        return "inopportune: right in form, at the wrong moment";
    case 'X':
        return "invalid: wrong in form";
    case 'T':
        return "timers";
    default:
        return "robustness";
    }
}

/* Our own endpoint in the role of the case ("stun-server": stun.server); NULL: we have none. */
static const struct endpoint_class *own_endpoint(const struct case_info *c)
{
    char name[64];

    snprintf(name, sizeof name, "%s", c->role);
    char *dash = strchr(name, '-');
    if (dash)
        *dash = '.';
    return class_named(name);
}

static bool cites(const struct case_info *c, const char *clause)
{
    for (size_t i = 0; i < c->n_clauses; i++)
        if (strcmp(c->clauses[i]->id, clause) == 0)
            return true;
    return false;
}

/* The faults of our own endpoint that break a clause which the case cites, each to `each`: those it
 * can catch. Which of them it does catch is what `rtclab prove` finds out. */
static void faults_of(const struct case_info *c,
                      void (*each)(void *ctx, const struct deviation *fault), void *ctx)
{
    const struct endpoint_class *cls = own_endpoint(c);

    for (size_t i = 0; cls && i < cls->n_faults; i++)
        if (cites(c, cls->faults[i].clause))
            each(ctx, &cls->faults[i]);
}

static void print_fault(void *ctx, const struct deviation *fault)
{
    bool *any = ctx;

    if (!*any)
        puts("\nfaults that break a clause of these; 'rtclab prove' says which of them it catches");
    *any = true;
    printf("  %-28s %s\n", fault->name, fault->clause);
}

static void add_fault(void *ctx, const struct deviation *fault)
{
    json_array_append_new(ctx, json_string(fault->name));
}

/* What runs it against an implementation: a client is driven by its user, a server is named. */
static void rerun_of(const struct case_info *c, char out[256])
{
    snprintf(out, 256, "rtclab test %s%s", c->id,
             case_needs(c, "virtual-time") ? ""
             : case_needs(c, "ask")        ? " --profile PROFILE"
                                           : " --target URL --profile PROFILE");
}

static void print_words(const char *what, char *const list[CASE_NEEDS])
{
    if (!list[0])
        return;
    printf("%-9s", what);
    for (size_t i = 0; i < CASE_NEEDS && list[i]; i++)
        printf(" %s", list[i]);
    putchar('\n');
}

/* The lines of the procedure, each to `each`. */
static void procedure_of(const struct case_info *c,
                         void (*each)(void *ctx, const char *line, size_t n), void *ctx)
{
    int line = 1;

    for (const char *s = c->source, *end; *s; s = end + 1, line++) {
        end = s + strcspn(s, "\n");
        if (line >= c->line && line <= c->last_line)
            each(ctx, s, (size_t)(end - s));
        if (!*end)
            break;
    }
}

static void print_line(void *ctx, const char *line, size_t n)
{
    (void)ctx;
    printf("  %.*s\n", (int)n, line);
}

static void add_line(void *ctx, const char *line, size_t n)
{
    json_array_append_new(ctx, json_stringn(line, n));
}

static void print_case(const struct session *s, const struct case_info *c)
{
    char rerun[256];
    bool any = false;

    rerun_of(c, rerun);
    printf("%s: %s\n\n", c->id, c->title);
    printf("role      %s (the implementation under test)\n", c->role);
    printf("kind      %c, %s\n", c->kind, kind_words(c->kind));
    print_words("needs", c->needs);
    print_words("tags", c->tags);
    printf("file      %s, lines %d to %d\n", c->file, c->line, c->last_line);
    printf("run       rtclab test %s\n", c->id);
    if (!case_needs(c, "virtual-time"))
        printf("          %s\n", rerun);
    puts("\nclauses");
    for (size_t i = 0; i < c->n_clauses; i++)
        printf("  %-20s %-6s %s\n", c->clauses[i]->id, level_name(c->clauses[i]->level),
               c->clauses[i]->words);
    faults_of(c, print_fault, &any);
    if (s->cli.quiet)
        return;
    puts("\nprocedure, with the outcomes that the standard permits");
    procedure_of(c, print_line, NULL);
}

static json_t *texts(char *const list[CASE_NEEDS])
{
    json_t *out = json_array();
    for (size_t i = 0; i < CASE_NEEDS && list[i]; i++)
        json_array_append_new(out, json_string(list[i]));
    return out;
}

static void print_object(json_t *o)
{
    json_dumpf(o, stdout, JSON_COMPACT);
    putchar('\n');
    json_decref(o);
}

static void case_json(const struct case_info *c)
{
    json_t *cited = json_array(), *faults = json_array(), *lines = json_array();
    char type[2] = {c->kind, '\0'}, rerun[256];

    rerun_of(c, rerun);
    for (size_t i = 0; i < c->n_clauses; i++)
        json_array_append_new(cited, json_string(c->clauses[i]->id));
    faults_of(c, add_fault, faults);
    procedure_of(c, add_line, lines);
    print_object(json_pack("{s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:i, s:s, s:i, s:o, s:o, s:s}",
                           "type", type, "id", c->id, "suite", c->suite, "role", c->role, "title",
                           c->title, "clauses", cited, "tags", texts(c->tags), "needs",
                           texts(c->needs), "version", c->version, "file", c->file, "line", c->line,
                           "faults", faults, "procedure", lines, "rerun", rerun));
}

/* ---- a clause ---- */

static void print_ids(const char *what, const json_t *ids)
{
    const json_t *id;
    size_t i;

    printf("%-9s", what);
    json_array_foreach(ids, i, id)
        printf("%s %s", i && i % 4 == 0 ? "\n         " : "", json_string_value(id));
    puts(json_array_size(ids) ? "" : " none");
}

static void print_clause(const struct clause *c, const struct cover *v)
{
    printf("%s: %s\n\n", c->id, c->words);
    printf("level     %s\nroles     %s\n", level_name(c->level), c->roles);
    if (!c->observable)
        printf("observed  no: %s\n", c->why_not);
    print_ids("cases", v->cases);
    printf("rules     %zu vector%s in which a finding cites it\n", v->rules,
           v->rules == 1 ? "" : "s");
    print_ids("vectors", v->vectors);
    print_ids("faults", v->faults);
}

static void clause_json(const struct clause *c, const struct cover *v)
{
    json_t *o = trace_json(c, v);

    json_object_set_new(o, "words", json_string(c->words));
    print_object(o);
}

static int by_number(const void *a, const void *b)
{
    return strverscmp(clauses[*(const size_t *)a].id, clauses[*(const size_t *)b].id);
}

static bool any_clause(const char *name)
{
    for (size_t i = 0; i < clauses_n; i++)
        if (clause_selects(name, clauses[i].id))
            return true;
    return false;
}

static bool show_clauses(struct session *s, const char *name)
{
    struct trace t;
    size_t n = 0, *order = calloc(clauses_n + 1, sizeof *order);
    bool good = order && cli_share() && trace_open(&t, cli_share());

    if (!good)
        cli_error("show", "%s",
                  !order        ? "out of memory"
                  : cli_share() ? t.why
                                : "scenarios and vectors are not found");
    for (size_t i = 0; good && i < clauses_n; i++)
        if (clause_selects(name, clauses[i].id))
            order[n++] = i;
    if (n)
        qsort(order, n, sizeof *order, by_number);
    for (size_t i = 0; i < n; i++) {
        if (s->shown++ && !s->cli.json)
            putchar('\n');
        if (s->cli.json)
            clause_json(&clauses[order[i]], &t.v[order[i]]);
        else
            print_clause(&clauses[order[i]], &t.v[order[i]]);
    }
    if (order && cli_share())
        trace_close(&t);
    free(order);
    return good;
}

/* ---- the command ---- */

static int show_cases(struct session *s, char **selectors, int n)
{
    struct plan p;

    if (!plan_make(&p, "show", selectors, n))
        return EXIT_USAGE;
    for (size_t i = 0; i < p.cases.n; i++) {
        if (!p.chosen[i])
            continue;
        if (s->shown++ && !s->cli.json)
            putchar('\n');
        if (s->cli.json)
            case_json(&p.cases.v[i]);
        else
            print_case(s, &p.cases.v[i]);
    }
    bool whole = p.n_lost == 0; /* a file that cannot be loaded was said */
    plan_free(&p);
    return whole ? EXIT_AS_EXPECTED : EXIT_OWN_FAULT;
}

static int run(int argc, char **argv)
{
    static const struct option options[] = {CLI_OPTIONS, {0}};
    struct session s = {.shown = 0};
    int opt, status = EXIT_AS_EXPECTED, n = 0;

    cli_init(&s.cli);
    optind = 0;
    while ((opt = cli_getopt(&cmd_show, argc, argv, CLI_SHORT, options)) != -1) {
        if (opt == 'h')
            return cli_help(&cmd_show);
        if (cli_option(&s.cli, opt, optarg) <= 0)
            return EXIT_USAGE;
    }
    if (argc - optind < 1) {
        cli_error("show", "name a case or a clause; 'rtclab list' and 'rtclab trace' have them");
        return EXIT_USAGE;
    }
    for (int i = optind; i < argc; i++)
        if (!any_clause(argv[i]))
            argv[optind + n++] = argv[i]; /* cases stay in front, clauses are shown right away */
        else if (!show_clauses(&s, argv[i]))
            return EXIT_USAGE;
    if (n)
        status = show_cases(&s, argv + optind, n);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        cli_error("show", "standard output cannot be written");
        return EXIT_OWN_FAULT;
    }
    return status;
}

const struct command cmd_show = {
    "show", "a case or a clause, with all that belongs to it", run,
    "usage: rtclab show CASE|CLAUSE... [OPTION...]\n\n"
    "Of a case: what it is about, what it needs, how to run it, the words of its clauses, the "
    "faults\n"
    "of our own endpoint that it may catch, and its procedure with the lawful outcomes. Of a "
    "clause,\n"
    "or each of a section or standard: its words, level and roles, whether it can be observed, "
    "and\n"
    "what covers it: cases, rules, vectors, faults.\n\n"
    "  --json       an object a case or clause; the keys are in docs/json.md\n"
    "  -q, --quiet  a case without its procedure\n\n"
    "examples:\n"
    "  rtclab show stun-server-002\n"
    "  rtclab show 'RFC8489:6.3.1.1#3'\n"
    "  rtclab show RFC8489:14.8\n"};
