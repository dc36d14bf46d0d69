/* harness/cli/cmd_list.c - rtclab list and show: what cases there are, and what one does. */
#include <ctype.h>
#include "harness/cli/plan.h"

static const struct option options[] = {CLI_OPTIONS, {0}};

static void json_words(struct rec *r, const char *key, char *const list[CASE_NEEDS])
{
    uint8_t text[1024];
    struct wr w = {text, sizeof text, 0, false};

    wr_u8(&w, '[');
    for (size_t i = 0; i < CASE_NEEDS && list[i]; i++) {
        if (i)
            wr_u8(&w, ',');
        wr_json_text(&w, span_of(list[i]));
    }
    wr_u8(&w, ']');
    rec_json(r, key, wr_span(&w));
}

static void json_clauses(struct rec *r, const struct case_info *c)
{
    uint8_t text[2048];
    struct wr w = {text, sizeof text, 0, false};

    wr_u8(&w, '[');
    for (size_t i = 0; i < c->n_clauses; i++) {
        if (i)
            wr_u8(&w, ',');
        wr_json_text(&w, span_of(c->clauses[i]->id));
    }
    wr_u8(&w, ']');
    rec_json(r, "clauses", wr_span(&w));
}

static void list_json(const struct case_info *c, struct record *out)
{
    static struct rec r;
    char type[2] = {c->kind, '\0'};

    rec_begin(&r, type); /* V, I, X, T or R */
    rec_str(&r, "id", c->id);
    rec_str(&r, "suite", c->suite);
    rec_str(&r, "role", c->role);
    rec_str(&r, "title", c->title);
    json_clauses(&r, c);
    json_words(&r, "tags", c->tags);
    json_words(&r, "needs", c->needs);
    rec_uint(&r, "version", (uint64_t)c->version);
    rec_end(&r, out);
}

/* A file that cannot be loaded was said; what was asked for is not all there. */
static int conclude(struct plan *p, const struct record *out, const char *command)
{
    bool whole = p->n_lost == 0;

    plan_free(p);
    if (fflush(stdout) != 0 || ferror(stdout) || out->failed) {
        cli_error(command, "standard output cannot be written");
        return EXIT_OWN_FAULT;
    }
    return whole ? EXIT_AS_EXPECTED : EXIT_OWN_FAULT;
}

static int list(int argc, char **argv)
{
    struct plan p;
    struct cli cli;
    int opt;

    cli_init(&cli);
    optind = 1;
    while ((opt = cli_getopt(&cmd_list, argc, argv, CLI_SHORT, options)) != -1) {
        if (opt == 'h')
            return cli_help(&cmd_list);
        if (cli_option(&cli, opt, optarg) <= 0)
            return EXIT_USAGE;
    }
    if (!plan_make(&p, "list", argv + optind, argc - optind))
        return EXIT_USAGE;
    struct record out = {.fd = 1};
    for (size_t i = 0; i < p.cases.n; i++) {
        const struct case_info *c = &p.cases.v[i];
        if (!p.chosen[i])
            continue;
        if (cli.json)
            list_json(c, &out);
        else
            printf("%-18s %c  %s\n", c->id, c->kind, c->title);
    }
    return conclude(&p, &out, "list");
}

const struct command cmd_list = {
    "list", "the conformance cases that there are", list,
    "usage: rtclab list [SELECTOR...] [--json]\n\n"
    "examples:\n"
    "  rtclab list stun-server\n"
    "  rtclab list RFC8489:9.2.4      the cases that cite the clauses of that section\n"};
