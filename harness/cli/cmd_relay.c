/* harness/cli/cmd_relay.c - rtclab relay: a bad network between two live parties. */
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include "harness/cli/plan.h"
#include "harness/core/capture.h"
#include "harness/drivers/live.h"
#include "harness/endpoints/relay/relay.h"
#include "harness/script/relay_script.h"

enum { MEMORY = 1 << 16 };
static const struct option options[] = {
    CLI_OPTIONS,
    {"listen", required_argument, NULL, 2000},
    {"to", required_argument, NULL, 2001},
    {"both", required_argument, NULL, 2002},
    {"up", required_argument, NULL, 2003},
    {"down", required_argument, NULL, 2004},
    {"script", required_argument, NULL, 2005},
    {"capture", required_argument, NULL, 2006},
    {"clients", required_argument, NULL, 2007},
    {"udp", no_argument, NULL, 2008},
    {"tcp", no_argument, NULL, 2009},
    {"events", no_argument, NULL, 2010},
    {0},
};
struct job {
    struct cli cli;
    struct addr listen, to;
    const char *specs[2], *script_path, *capture_path;
    uint32_t clients;
    bool only_udp, only_tcp, events;
    struct impair_spec spec[2];
    struct relay_script *script;
    struct driver *d;
    unsigned listening, wanted; /* parties */
    bool failed;                /* said on standard error */
};
static volatile sig_atomic_t stopping;
static struct driver *running;

static void on_signal(int sig)
{
    (void)sig;
    stopping = 1;
    if (running)
        running->stop = true;
}

/* ---- what is told ---- */

static void listens(struct job *j, const struct event *ev)
{
    const struct relay_event *e = ev->rec;
    uint8_t text[64];
    struct wr w = {text, sizeof text, 0, false};

    addr_text(&w, &e->local);
    j->listening++;
    printf("listening %s %.*s\n", party_name(ev->party), (int)w.n, text);
    fflush(stdout);
}

static void is_deaf(struct job *j, const struct event *ev)
{
    uint8_t text[64];
    struct wr w = {text, sizeof text, 0, false};

    addr_text(&w, &j->listen);
    cli_error("relay", "cannot listen at %.*s over %s: the address is taken, or none of ours",
              (int)w.n, text, party_name(ev->party));
    j->failed = true;
    driver_break(j->d);
}

static void say_record(const char *name, const struct event *ev)
{
    static uint8_t text[8192];
    struct wr w = {text, sizeof text, 0, false};

    field_json(&w, ev->desc, ev->rec); /* an object: the name goes in at its front */
    printf("{\"type\":\"%s\",\"transport\":\"%s\",%.*s\n", name, party_name(ev->party),
           (int)w.n - 1, (const char *)text + 1);
    fflush(stdout);
}

static void say_counts(const char *way, const struct relay_counts *c)
{
    printf("  %-4s  %" PRIu64 " passed, %" PRIu64 " octets", way, c->passed, c->octets);
    const struct {
        const char *words;
        uint64_t n;
    } rest[] = {{"dropped", c->dropped},
                {"lost", c->lost},
                {"too large", c->too_large},
                {"over the queue", c->queue_full},
                {"over what can be held", c->held_full},
                {"doubled", c->doubled},
                {"reordered", c->reordered},
                {"corrupted", c->corrupted},
                {"changed", c->changed}};
    for (size_t i = 0; i < COUNT(rest); i++)
        if (rest[i].n)
            printf(", %" PRIu64 " %s", rest[i].n, rest[i].words);
    putchar('\n');
}

static void say_statistics(const struct job *j, const struct event *ev)
{
    const struct relay_statistics *s = ev->rec;

    if (j->cli.json) {
        say_record("statistics", ev);
        return;
    }
    if (j->cli.quiet)
        return;
    printf("%s: %" PRIu64 " clients", party_name(ev->party), s->clients);
    if (s->evicted)
        printf(", %" PRIu64 " over the limit", s->evicted);
    if (s->refused)
        printf(", %" PRIu64 " refused", s->refused);
    putchar('\n');
    say_counts("up", &s->up);
    say_counts("down", &s->down);
}

static void on_event(void *ctx, const struct event *ev)
{
    struct job *j = ctx;

    if (strcmp(ev->name, "listening") == 0)
        listens(j, ev);
    else if (strcmp(ev->name, "closed") == 0)
        is_deaf(j, ev);
    else if (strcmp(ev->name, "statistics") == 0)
        say_statistics(j, ev);
    else if (j->events)
        say_record(ev->name, ev);
    if (j->script && relay_script_error(j->script))
        driver_break(j->d);
}

/* ---- running ---- */

static void add(struct job *j, bool stream, struct party **p)
{
    struct relay_config cfg = {.listen = j->listen,
                               .to = j->to,
                               .stream = stream,
                               .up = j->spec[RELAY_UP],
                               .down = j->spec[RELAY_DOWN],
                               .clients = j->clients,
                               .hook = j->script ? relay_script_hook(j->script) : NULL};
    struct party_spec spec = {.cls = &relay_impair_class,
                              .config = &cfg,
                              .name = stream ? "tcp" : "udp",
                              .seed = j->cli.seed};
    const char *err = NULL;
    *p = j->d->cls->add(j->d, &spec, &err);
    if (!*p)
        cli_error("relay", "%s", err);
    j->failed |= !*p;
}

static int relay(struct job *j)
{
    struct party *parties[2] = {NULL, NULL};
    const char *why = NULL;

    if (!j->only_tcp)
        add(j, false, &parties[0]);
    if (!j->only_udp && !j->failed)
        add(j, true, &parties[1]);
    while (!stopping && !j->failed && !j->d->error && !why) {
        j->d->cls->run(j->d, j->d->now_us + 1000000);
        why = j->script ? relay_script_error(j->script) : NULL;
    }
    for (size_t i = 0; i < COUNT(parties) && !j->failed; i++)
        if (parties[i])
            j->d->cls->command(parties[i], &relay_impair_class.verbs[0], NULL, 1);
    if (!why)
        why = j->d->error;
    if (why)
        cli_error("relay", "%s", why);
    return j->failed || why ? EXIT_OWN_FAULT : EXIT_AS_EXPECTED;
}

static int run_live(struct job *j)
{
    struct sigaction act = {.sa_handler = on_signal};
    const char *err = NULL;
    struct capture *capture = NULL;
    struct timespec t;

    clock_gettime(CLOCK_REALTIME, &t);
    uint64_t clock_us = (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
    if (j->capture_path && !(capture = capture_open(j->capture_path, "live", clock_us, &err))) {
        cli_error("relay", "%s", err);
        return EXIT_OWN_FAULT;
    }
    j->d = live_new(&(struct live_options){.capture = capture}, &err);
    if (!j->d) {
        cli_error("relay", "%s", err);
        return EXIT_OWN_FAULT;
    }
    j->d->on_event = on_event;
    j->d->ctx = j;
    running = j->d;
    sigaction(SIGINT, &act, NULL);
    sigaction(SIGTERM, &act, NULL);
    int status = relay(j);
    running = NULL;
    j->d->cls->destroy(j->d);
    if (capture && !capture_close(capture, &err)) {
        cli_error("relay", "%s", err);
        status = EXIT_OWN_FAULT;
    }
    return status;
}

/* ---- options ---- */

static bool take_address(struct addr *a, const char *text, bool port)
{
    if (addr_parse(span_of(text), a) && (a->port || !port))
        return true;
    cli_error("relay", "'%s' is no address%s; one looks like 127.0.0.1:3478", text,
              port ? " with a port" : "");
    return false;
}

static bool take_clients(struct job *j, const char *text)
{
    char *end;
    unsigned long n = strtoul(text, &end, 10);

    if (*end || !*text || n == 0 || n > RELAY_CLIENTS_MAX) {
        cli_error("relay", "'%s' clients: 1 to %d", text, RELAY_CLIENTS_MAX);
        return false;
    }
    j->clients = (uint32_t)n;
    return true;
}

static bool take(struct job *j, int opt, const char *arg)
{
    switch (opt) {
    case 2000:
        return take_address(&j->listen, arg, false);
    case 2001:
        return take_address(&j->to, arg, true);
    case 2002:
        j->specs[RELAY_UP] = j->specs[RELAY_DOWN] = arg;
        return true;
    case 2003:
    case 2004:
        j->specs[opt == 2003 ? RELAY_UP : RELAY_DOWN] = arg;
        return true;
    case 2005:
        j->script_path = arg;
        return true;
    case 2006:
        j->capture_path = arg;
        return true;
    case 2007:
        return take_clients(j, arg);
    case 2008:
        return j->only_udp = true;
    case 2009:
        return j->only_tcp = true;
    case 2010:
        return j->events = true;
    default:
        return false;
    }
}

static bool read_specs(struct job *j)
{
    for (int i = 0; i < 2; i++) {
        struct impair_error e;
        if (j->specs[i] && !impair_parse(span_of(j->specs[i]), &j->spec[i], &e)) {
            cli_error("relay", "%s", e.why);
            return false;
        }
    }
    return true;
}

static int start(struct job *j)
{
    char err[512];

    if (!j->listen.family || !j->to.family) {
        cli_error("relay", "--listen and --to are wanted");
        return EXIT_USAGE;
    }
    if (j->only_udp && j->only_tcp)
        j->only_udp = j->only_tcp = false;
    if (!read_specs(j))
        return EXIT_USAGE;
    if (!j->cli.seeded)
        j->cli.seed = seed_fresh();
    if (!j->cli.quiet)
        fprintf(stderr, "seed %" PRIu64 "\n", j->cli.seed);
    if (j->script_path) {
        j->script = relay_script_open(j->script_path, j->cli.seed, err);
        if (!j->script) {
            cli_error("relay", "%s", err);
            return EXIT_USAGE;
        }
    }
    int status = run_live(j);
    relay_script_close(j->script);
    return status;
}

static int run(int argc, char **argv)
{
    static struct job j;
    int opt;

    cli_init(&j.cli);
    optind = 0;
    opterr = 0;
    while ((opt = cli_getopt(&cmd_relay, argc, argv, CLI_SHORT, options)) != -1) {
        if (opt == 'h')
            return cli_help(&cmd_relay);
        int common = cli_option(&j.cli, opt, optarg);
        if (common < 0 || (common == 0 && !take(&j, opt, optarg)))
            return EXIT_USAGE;
    }
    if (optind < argc) {
        cli_error("relay", "takes no arguments: '%s'", argv[optind]);
        return EXIT_USAGE;
    }
    return start(&j);
}

const struct command cmd_relay = {
    "relay", "delay, lose, double, reorder, split, corrupt what passes", run,
    "usage: rtclab relay --listen ADDR --to ADDR [OPTION...]\n\n"
    "Stands between two live parties, over UDP and TCP, and does to what passes what a bad "
    "network\n"
    "would. Each client of UDP gets a socket of its own towards the other side. The seed decides: "
    "the\n"
    "same seed and the same order of arrival, the same fates. SIGINT ends it with statistics.\n\n"
    "  --listen ADDR     where clients come; without a port one is chosen and told\n"
    "  --to ADDR         where they are passed on to\n"
    "  --udp             only that transport\n"
    "  --tcp             only that transport\n"
    "  --up SPEC         what happens to what clients send\n"
    "  --down SPEC       what happens to what they get\n"
    "  --both SPEC       what happens to both. A comma between:\n"
    "                      delay=20ms~5ms   each 20 to 25 ms later\n"
    "                      loss=1%          chances are in % or ppm\n"
    "                      burst=1%/25%     chances to enter and to leave a burst of losses\n"
    "                      dup=1%  corrupt=1%  reorder=1%/30ms\n"
    "                      rate=1mbit,queue=64k   a line and what may wait for it\n"
    "                      mtu=1280         larger packets are lost\n"
    "                      split=1          octets in a segment of TCP at most\n"
    "                      drop=1+3-5       datagrams by number, from 1\n"
    "  --script FILE     function message(m) in Lua rules on each message: docs/relay.md\n"
    "  --capture FILE    write what passes, on both sides, as pcapng\n"
    "  --clients N       at once (4096)\n"
    "  --events          print what happens, an object a line\n"
    "  --json            statistics as an object a transport\n\n"
    "Exit status: 0, 2 usage, 4 it could not listen, or a script failed.\n\n"
    "  rtclab relay --listen 127.0.0.1:3480 --to 127.0.0.1:3478 --both loss=10%,delay=30ms~20ms\n"
    "  rtclab relay --listen 127.0.0.1:3480 --to 127.0.0.1:3478 --udp --up drop=1\n"};
