/* harness/cli/cmd_doctor.c - rtclab doctor: what this machine has and lacks, and what to do. */
#include <jansson.h>
#include <stdlib.h>
#include "harness/cli/cli.h"
#include "harness/drivers/machine.h"

static const char *const states[] = {
    [MACHINE_HAS] = "has", [MACHINE_LACKS] = "lacks", [MACHINE_FAILS] = "fails"};

struct counts {
    size_t has, lacks, fails;
};

static void say_json(const struct machine_fact *f)
{
    json_t *o =
        json_pack("{s:s, s:s, s:s, s:s, s:s?, s:s?}", "group", f->group, "name", f->name, "state",
                  states[f->state], "found", f->found, "cost", f->cost, "mend", f->mend);
    char *text = o ? json_dumps(o, JSON_COMPACT) : NULL;

    puts(text ? text : "{}");
    free(text);
    json_decref(o);
}

static void say_text(const struct cli *c, const struct machine_fact *f)
{
    static const char *const colors[] = {"\033[32m", "\033[33m", "\033[31m"};
    bool had = f->state == MACHINE_HAS;

    if (c->quiet && f->state != MACHINE_FAILS)
        return;
    printf("%s%-5s%s  %-9s  %s%s%s\n", c->color ? colors[f->state] : "", states[f->state],
           c->color ? "\033[0m" : "", f->group, f->name, f->found[0] ? ": " : "", f->found);
    if (!had && f->cost)
        printf("%-16s  so: %s\n", "", f->cost);
    if (!had && f->mend)
        printf("%-16s  do: %s\n", "", f->mend);
}

/* Scenarios and templates: looked for by the program, not by the machine's module. */
static void share_fact(struct machine_fact *f)
{
    const char *share = cli_share();

    *f = (struct machine_fact){.group = "folder",
                               .name = "share",
                               .state = share ? MACHINE_HAS : MACHINE_FAILS,
                               .cost = share ? NULL : "there are no cases to run",
                               .mend = share ? NULL : "name the folder in RTCLAB_SHARE"};
    snprintf(f->found, sizeof f->found, "%s", share ? share : "not found");
}

static void tell(const struct cli *c, const struct machine_fact *f, struct counts *n)
{
    n->has += f->state == MACHINE_HAS;
    n->lacks += f->state == MACHINE_LACKS;
    n->fails += f->state == MACHINE_FAILS;
    if (c->json)
        say_json(f);
    else
        say_text(c, f);
}

static int doctor(const struct cli *c)
{
    static struct machine_fact facts[MACHINE_FACTS];
    struct machine_fact share;
    struct counts n = {0, 0, 0};
    size_t found = machine_look(facts);

    share_fact(&share);
    tell(c, &share, &n);
    for (size_t i = 0; i < found; i++)
        tell(c, &facts[i], &n);
    if (c->json)
        printf("{\"type\":\"summary\",\"has\":%zu,\"lacks\":%zu,\"fails\":%zu}\n", n.has, n.lacks,
               n.fails);
    else if (!c->quiet)
        printf("%zu there, %zu lacking for some uses, %zu without which cases cannot run\n", n.has,
               n.lacks, n.fails);
    return n.fails ? EXIT_UNEXPECTED : EXIT_AS_EXPECTED;
}

static int run_doctor(int argc, char **argv)
{
    static const struct option options[] = {CLI_OPTIONS, {NULL, 0, NULL, 0}};
    struct cli c;
    int opt;

    cli_init(&c);
    optind = 0;
    opterr = 0;
    while ((opt = cli_getopt(&cmd_doctor, argc, argv, CLI_SHORT, options)) != -1) {
        int took = cli_option(&c, opt, optarg);
        if (opt == 'h')
            return cli_help(&cmd_doctor);
        if (took <= 0)
            return EXIT_USAGE;
    }
    if (optind < argc) {
        cli_error("doctor", "takes no arguments: '%s'", argv[optind]);
        return EXIT_USAGE;
    }
    return doctor(&c);
}

const struct command cmd_doctor = {
    "doctor", "what this machine has and lacks", run_doctor,
    "usage: rtclab doctor [OPTION...]\n"
    "\n"
    "Tries what live runs, captures, interop and fuzzing ask of a machine, and says of each thing\n"
    "that it lacks what that costs and what to do. It opens sockets on loopback and changes "
    "nothing.\n"
    "\n"
    "  --json   a line a thing {group, name, state, found, cost, mend}, then a summary\n"
    "  -q       only that without which cases cannot run\n"
    "\n"
    "Exit status: 0, or 1 where something is missing without which cases cannot run.\n"
    "\n"
    "  rtclab doctor\n"
    "  rtclab doctor --json | jq -r 'select(.state == \"lacks\").mend'\n"};
