/* harness/cli/cmd_nat.c - rtclab nat: what the NAT between this host and a STUN server does. */
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include "harness/cli/cli.h"
#include "harness/cli/plan.h"
#include "harness/core/capture.h"
#include "harness/drivers/live.h"
#include "harness/endpoints/stun/stun_discovery.h"

static const struct option options[] = {
    CLI_OPTIONS,
    {"server", required_argument, NULL, 2000},
    {"classic", no_argument, NULL, 2001},
    {"lifetime", required_argument, NULL, 2002},
    {"timeout", required_argument, NULL, 2003},
    {"capture", required_argument, NULL, 2004},
    {0},
};
enum { SECONDS_MAX = 86400 };
struct job {
    struct cli cli;
    struct stun_discovery_config config;
    struct stun_discover_args args;
    const char *capture;
    struct driver *d;
    struct stun_found found;
    bool done;
};
static struct driver *running;
static volatile sig_atomic_t stopping;

static void on_signal(int sig)
{
    (void)sig;
    stopping = 1;
    if (running)
        running->stop = true;
}

/* ---- what is said ---- */

static const char *text_of(const struct addr *a)
{
    static char text[4][64];
    static size_t next;
    char *out = text[next++ % COUNT(text)];
    struct wr w = {(uint8_t *)out, sizeof text[0] - 1, 0, false};

    addr_text(&w, a);
    out[a->family ? w.n : 0] = '\0';
    return out;
}

static void say_json(const char *type, const struct desc *d, const void *rec)
{
    static uint8_t text[8192];
    struct wr w = {text, sizeof text, 0, false};

    field_json(&w, d, rec);
    printf("{\"type\":\"%s\",%.*s\n", type, w.n ? (int)w.n - 1 : 0, (const char *)text + 1);
    fflush(stdout);
}

static void say_test(const struct stun_tested *t)
{
    printf("%-40s  to %s: ", t->name, text_of(&t->to));
    if (t->answered)
        printf("from %s, mapped %s, %.1f ms\n", text_of(&t->from), text_of(&t->mapped),
               (double)t->rtt_us / 1000);
    else if (t->code)
        printf("error %u\n", t->code);
    else
        printf("nothing\n");
    fflush(stdout);
}

static void say_found(const struct stun_found *f)
{
    bool known = f->local.family && f->mapped.family;

    printf("server       %s%s%s\n", text_of(&f->server), f->other.family ? ", and " : "",
           f->other.family ? text_of(&f->other) : "");
    if (f->kind == 0) {
        printf("local        %s\n", text_of(&f->local));
        printf("mapped       %s%s\n", text_of(&f->mapped),
               !known                           ? ""
               : f->preserved == STUN_KNOWN_YES ? ", the same port"
                                                : ", another port");
        printf("NAT          %s\n", name_of(&stun_known_names, f->nat));
        printf("mapping      %s\n", name_of(&stun_nat_by_names, f->mapping));
        printf("filtering    %s\n", name_of(&stun_nat_by_names, f->filtering));
        if (f->nat == STUN_KNOWN_YES)
            printf("hairpinning  %s\n", name_of(&stun_nat_hairpin_names, f->hairpin));
    }
    if (f->lifetime_us && f->lifetime_below_us)
        printf("lifetime     %.0f to %.0f s\n", (double)f->lifetime_us / 1e6,
               (double)f->lifetime_below_us / 1e6);
    else if (f->lifetime_us || f->lifetime_below_us)
        printf("lifetime     %s %.0f s\n", f->lifetime_us ? "at least" : "less than",
               (double)(f->lifetime_us ? f->lifetime_us : f->lifetime_below_us) / 1e6);
    printf("RFC 3489     %s\n", name_of(&stun_nat_type_names, f->type));
    if (f->why)
        printf("note         %s\n", f->why);
}

static void on_event(void *ctx, const struct event *ev)
{
    struct job *j = ctx;

    if (ev->desc == &stun_tested_desc) {
        if (j->cli.json)
            say_json("tested", ev->desc, ev->rec);
        else if (j->cli.verbose)
            say_test(ev->rec);
    } else if (ev->desc == &stun_found_desc) {
        j->found = *(const struct stun_found *)ev->rec;
        j->done = true;
        if (j->cli.json)
            say_json("found", ev->desc, ev->rec);
        driver_break(j->d);
    }
}

/* ---- running ---- */

static int status_of(const struct job *j)
{
    if (stopping)
        return EXIT_INTERRUPTED;
    if (j->d->error) {
        cli_error("nat", "%s", j->d->error);
        return EXIT_OWN_FAULT;
    }
    if (j->found.kind == 1) {
        cli_error("nat", "nothing answers at %s", text_of(&j->found.server));
        return EXIT_UNREACHED;
    }
    return j->found.kind ? EXIT_UNEXPECTED : EXIT_AS_EXPECTED;
}

static int discover(struct job *j, struct capture *capture)
{
    const struct verb *verb = &stun_discovery_class.verbs[0];
    struct sigaction act = {.sa_handler = on_signal};
    const char *err = NULL;

    j->d = live_new(&(struct live_options){.capture = capture}, &err);
    if (!j->d) {
        cli_error("nat", "%s", err);
        return EXIT_OWN_FAULT;
    }
    j->d->on_event = on_event;
    j->d->ctx = j;
    running = j->d;
    sigaction(SIGINT, &act, NULL);
    sigaction(SIGTERM, &act, NULL);
    struct party *p =
        j->d->cls->add(j->d,
                       &(struct party_spec){
                           .cls = &stun_discovery_class, .config = &j->config, .seed = j->cli.seed},
                       &err);
    if (p)
        j->d->cls->command(p, verb, &j->args, 1);
    while (p && !j->done && !stopping && !j->d->error)
        j->d->cls->run(j->d, j->d->now_us + 1000000);
    if (!p)
        cli_error("nat", "%s", err);
    int status = p ? status_of(j) : EXIT_OWN_FAULT;
    if (j->done && !j->cli.json && !j->d->error)
        say_found(&j->found);
    running = NULL;
    j->d->cls->destroy(j->d);
    return status;
}

static int with_capture(struct job *j)
{
    struct capture *capture = NULL;
    struct timespec t;
    const char *err;

    clock_gettime(CLOCK_REALTIME, &t);
    uint64_t clock_us = (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
    if (j->capture && !(capture = capture_open(j->capture, "live", clock_us, &err))) {
        cli_error("nat", "%s", err);
        return EXIT_OWN_FAULT;
    }
    int status = discover(j, capture);
    if (capture && !capture_close(capture, &err)) {
        cli_error("nat", "%s", err);
        return EXIT_OWN_FAULT;
    }
    return status;
}

/* Whole seconds from 1 to a day. */
static bool seconds(const char *option, const char *arg, uint64_t *us)
{
    char *end;
    unsigned long v = strtoul(arg, &end, 10);

    if (!*arg || *end || v < 1 || v > SECONDS_MAX) {
        cli_error("nat", "%s wants seconds, 1 to %d, not '%s'", option, SECONDS_MAX, arg);
        return false;
    }
    *us = v * 1000000ull;
    return true;
}

static bool take(struct job *j, int opt, const char *arg)
{
    switch (opt) {
    case 2000:
        return target_parse("nat", arg, &j->config.server);
    case 2001:
        j->args.classic = true;
        return true;
    case 2002:
        return seconds("--lifetime", arg, &j->args.lifetime_us);
    case 2003:
        return seconds("--timeout", arg, &j->config.timeout_us);
    case 2004:
        j->capture = arg;
        return true;
    default:
        return false;
    }
}

static int run(int argc, char **argv)
{
    static struct job j;
    int opt;

    cli_init(&j.cli);
    optind = 1;
    while ((opt = cli_getopt(&cmd_nat, argc, argv, CLI_SHORT, options)) != -1) {
        if (opt == 'h')
            return cli_help(&cmd_nat);
        int common = cli_option(&j.cli, opt, optarg);
        if (common < 0 || (common == 0 && !take(&j, opt, optarg)))
            return EXIT_USAGE;
    }
    if (argc != optind || !j.config.server.family) {
        cli_error("nat", "name a server with a second address: --server stun:HOST");
        return EXIT_USAGE;
    }
    if (!j.cli.seeded)
        j.cli.seed = seed_fresh();
    return with_capture(&j);
}

const struct command cmd_nat = {
    "nat",
    "what the NAT between here and a STUN server does",
    run,
    "usage: rtclab nat --server URL [OPTION...]\n\n"
    "Mapping and filtering by the tests of RFC 5780, against a server with two addresses,\n"
    "hairpinning, and the words of RFC 3489 for it; over UDP. A result is how the NAT did now, on\n"
    "these ports: it may do otherwise under load. With -v each test is told.\n\n"
    "  --server URL       stun:HOST or stun:HOST:PORT\n"
    "  --classic          ask in the messages of RFC 3489\n"
    "  --lifetime SECONDS look for the lifetime of a binding, up to this long: takes several "
    "times\n"
    "                     as long\n"
    "  --timeout SECONDS  how long a test waits for its answer (3)\n"
    "  --capture FILE     write what passes as pcapng\n\n"
    "Exit status: 0 it is known; 1 the server refuses; 3 nothing answers.\n\n"
    "example:\n"
    "  rtclab nat --server stun:192.0.2.1 --lifetime 300\n",
};
