/* harness/cli/cmd_serve.c - rtclab serve: one of our endpoints on real sockets. */
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include "harness/cli/cli_layers.h"
#include "harness/cli/cli_relay.h"
#include "harness/cli/cli_tls.h"
#include "harness/cli/plan.h"
#include "harness/core/capture.h"
#include "harness/core/registry.h"
#include "harness/drivers/live.h"
#include "harness/drivers/tls_cert.h"

static const struct option options[] = {
    CLI_OPTIONS,
    {"listen", required_argument, NULL, 2000},
    {"to", required_argument, NULL, 2001},
    {"set", required_argument, NULL, 2002},
    {"fault", required_argument, NULL, 2003},
    {"variant", required_argument, NULL, 2004},
    {"capture", required_argument, NULL, 2005},
    {"no-gso", no_argument, NULL, 2006},
    {"events", no_argument, NULL, 2007},
    {"other", required_argument, NULL, 2008},
    {"relay", required_argument, NULL, 2009},
    {"relay-user", required_argument, NULL, 2010},
    CLI_TLS_OPTIONS,
    {0},
};
struct job {
    struct cli cli;
    const struct endpoint_class *cls;
    struct addr listen, listen_tls, to, other;
    struct tls_options tls;
    struct url_says url;
    struct cli_relay relay;
    struct cli_layers layers;
    const char *capture, *sets[16], *faults[17], *variants[17];
    size_t n_sets, n_faults, n_variants;
    bool no_gso, events, deaf; /* deaf: it could not listen */
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

static void on_event(void *ctx, const struct event *ev)
{
    struct job *j = ctx;
    static uint8_t text[65536];
    struct wr w = {text, sizeof text, 0, false};
    const struct field *local = field_find(ev->desc, "local");

    if (strcmp(ev->name, "listening") == 0 && local) {
        struct val v = val_of(local, ev->rec);
        wr_text(&w, "listening ");
        if (!v.absent)
            addr_text(&w, v.addr);
        printf("%.*s\n", (int)w.n, text);
        fflush(stdout);
        return;
    }
    if (strcmp(ev->name, "closed") == 0 && local) {
        addr_text(&w, j->listen.family ? &j->listen : &j->listen_tls);
        if (j->other.family) {
            wr_text(&w, " and ");
            addr_text(&w, &j->other);
        }
        if (!j->deaf) /* once, for all of its flows */
            cli_error("serve", "%s cannot listen at %.*s: an address is taken, or none of ours",
                      j->cls->name, (int)w.n, text);
        j->deaf = true;
        driver_break(running);
        return;
    }
    if (j->events) {
        field_json(&w, ev->desc, ev->rec);
        printf("%s %.*s\n", ev->name, (int)w.n, text);
        fflush(stdout);
    }
}

static bool append(const char **list, size_t *n, size_t cap, const char *option, const char *arg)
{
    if (*n == cap) {
        cli_error("serve", "%s is taken %zu times at most", option, cap);
        return false;
    }
    list[(*n)++] = arg;
    return true;
}

/* An address, or a URL: "stuns:127.0.0.1:5349" listens for TLS and DTLS, or has a client speak them. */
static bool take_address(struct job *j, int opt, const char *arg)
{
    struct url_says url;
    struct addr *at = opt == 2008 ? &j->other : &j->to;

    if (!cli_url("serve", arg, &url))
        return false;
    if (opt == 2000)
        at = url.secure ? &j->listen_tls : &j->listen;
    else if (opt == 2001)
        j->url = url;
    if (addr_parse(span_of(arg), at) ||
        (strchr(arg, ':') && strspn(arg, "abcdefghijklmnopqrstuvwxyz") &&
         target_parse("serve", arg, at)))
        return true;
    cli_error("serve", "'%s' is no address; one looks like 127.0.0.1:3478", arg);
    return false;
}

static bool take(struct job *j, int opt, const char *arg)
{
    switch (opt) {
    case 2000:
    case 2001:
    case 2008:
        return take_address(j, opt, arg);
    case 2002:
        return append(j->sets, &j->n_sets, COUNT(j->sets), "--set", arg);
    case 2003:
        return append(j->faults, &j->n_faults, COUNT(j->faults) - 1, "--fault", arg);
    case 2004:
        return append(j->variants, &j->n_variants, COUNT(j->variants) - 1, "--variant", arg);
    case 2005:
        j->capture = arg;
        return true;
    case 2006:
        return j->no_gso = true;
    case 2007:
        return j->events = true;
    case 2009:
        return cli_relay_url("serve", arg, &j->relay);
    case 2010:
        return cli_relay_user("serve", arg, &j->relay);
    default:
        return cli_tls_option(&j->tls, opt, arg);
    }
}

/* "auth=long" into the configuration's record. */
static bool set_field(const struct desc *d, void *rec, const char *text, struct arena *mem)
{
    const char *eq = strchr(text, '=');
    struct span name = {(const uint8_t *)text, eq ? (size_t)(eq - text) : strlen(text)};
    struct span value = eq ? span_of(eq + 1) : span_of("true");
    uint64_t v = 0;

    for (size_t i = 0; i < d->n; i++) {
        const struct field *f = &d->f[i];
        if (!span_is(name, f->name))
            continue;
        uint8_t *at = (uint8_t *)rec + f->off;
        if (f->kind == F_TEXT || f->kind == F_BYTES) {
            struct span s = arena_copy(mem, value);
            memcpy(at, &s, sizeof s);
            return true;
        }
        if (f->kind == F_ADDR) {
            struct addr a;
            bool good = addr_parse(value, &a);
            memcpy(at, &a, sizeof a);
            return good;
        }
        if (f->kind == F_BOOL && (span_is(value, "true") || span_is(value, "false")))
            return field_set_uint(f, rec, span_is(value, "true"));
        return name_value(f->names, value, &v) && field_set_uint(f, rec, v);
    }
    return false;
}

static void *configure(struct job *j, struct arena *mem)
{
    const struct desc *d = j->cls->config;
    void *config = arena_take(mem, d->size);
    static const struct {
        const char *field;
        size_t from;
    } addresses[] = {{"listen", offsetof(struct job, listen)},
                     {"listen_tls", offsetof(struct job, listen_tls)},
                     {"server", offsetof(struct job, to)},
                     {"to", offsetof(struct job, to)},
                     {"other", offsetof(struct job, other)}};

    for (size_t i = 0; i < COUNT(addresses); i++) {
        const struct field *f = field_find(d, addresses[i].field);
        if (f)
            memcpy((uint8_t *)config + f->off, (const uint8_t *)j + addresses[i].from,
                   sizeof(struct addr));
    }
    if (j->other.family && !field_find(d, "other")) {
        cli_error("serve", "%s has no other address", j->cls->name);
        return NULL;
    }
    const struct field *transport = field_find(d, "transport");
    if (transport && j->url.transport[0]) {
        struct span s = span_of(transport_stack(j->url.transport));
        memcpy((uint8_t *)config + transport->off, &s, sizeof s);
    }
    for (size_t i = 0; i < j->n_sets; i++)
        if (!set_field(d, config, j->sets[i], mem) &&
            !set_field(&j->layers.d, &j->layers.rec, j->sets[i], mem)) {
            cli_error("serve", "'%s' cannot be set on %s", j->sets[i], j->cls->name);
            return NULL;
        }
    return config;
}

/* A server of TLS that was given no certificate makes one, the same for all that come, and names it. */
static bool make_certificate(struct job *j, struct arena *mem)
{
    struct tls_cert_spec spec = {.names = j->layers.rec.tls.server_name,
                                 .rsa = true}; /* RFC8489:6.2.3#1b */
    struct tls_options *tls = &j->layers.rec.tls;
    const char *err;
    char mark[65];

    if (!tls->server_name.n)
        tls->server_name = span_of(j->url.host);
    if (!j->listen_tls.family || tls->cert.n)
        return true;
    if (!tls_cert_make(&spec, mem, &tls->cert, &tls->key, &err)) {
        cli_error("serve", "%s", err);
        return false;
    }
    if (tls_cert_fingerprint(tls->cert, mark))
        printf("certificate %s\n", mark);
    fflush(stdout);
    return true;
}

static int serve(struct job *j)
{
    static uint8_t memory[65536];
    struct arena mem = arena_of(memory, sizeof memory);
    struct sigaction act = {.sa_handler = on_signal};
    const char *err = NULL;
    struct capture *capture = NULL;

    cli_layers_init(&j->layers, &j->tls);
    void *config = configure(j, &mem);
    if (!config || !make_certificate(j, &mem))
        return EXIT_USAGE;
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    uint64_t clock_us = (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
    if (j->capture && !(capture = capture_open(j->capture, "live", clock_us, &err))) {
        cli_error("serve", "%s", err);
        return EXIT_OWN_FAULT;
    }
    struct driver *d =
        live_new(&(struct live_options){.capture = capture, .gso = !j->no_gso}, &err);
    if (!d) {
        cli_error("serve", "%s", err);
        return EXIT_OWN_FAULT;
    }
    d->on_event = on_event;
    d->ctx = j;
    running = d;
    sigaction(SIGINT, &act, NULL);
    sigaction(SIGTERM, &act, NULL);
    struct party *p =
        d->cls->add(d,
                    &(struct party_spec){.cls = j->cls,
                                         .config = config,
                                         .seed = j->cli.seed,
                                         .layer_desc = &j->layers.d,
                                         .layer_options = &j->layers.rec,
                                         .via = cli_relay_via(&j->relay, &j->layers.rec.tls),
                                         .faults = j->n_faults ? j->faults : NULL,
                                         .variants = j->n_variants ? j->variants : NULL},
                    &err);
    if (!p)
        cli_error("serve", "%s", err);
    while (p && !stopping && !j->deaf && !d->error)
        d->cls->run(d, d->now_us + 1000000);
    int status = !p ? EXIT_USAGE : d->error || j->deaf ? EXIT_OWN_FAULT : EXIT_AS_EXPECTED;
    if (d->error)
        cli_error("serve", "%s", d->error);
    running = NULL;
    d->cls->destroy(d);
    if (capture && !capture_close(capture, &err)) {
        cli_error("serve", "%s", err);
        status = EXIT_OWN_FAULT;
    }
    return status;
}

static int run(int argc, char **argv)
{
    static struct job j;
    int opt;

    cli_init(&j.cli);
    optind = 1;
    while ((opt = cli_getopt(&cmd_serve, argc, argv, CLI_SHORT, options)) != -1) {
        if (opt == 'h')
            return cli_help(&cmd_serve);
        int common = cli_option(&j.cli, opt, optarg);
        if (common < 0 || (common == 0 && !take(&j, opt, optarg)))
            return EXIT_USAGE;
    }
    if (argc - optind != 1) {
        cli_error("serve", "name one endpoint, such as stun.server");
        return EXIT_USAGE;
    }
    j.cls = class_named(argv[optind]);
    if (!j.cls) {
        cli_error("serve", "there is no endpoint '%s'", argv[optind]);
        return EXIT_USAGE;
    }
    if (!j.listen.family && !j.listen_tls.family) { /* loopback unless told */
        j.listen.family = 4;
        j.listen.ip[0] = 127;
        j.listen.ip[3] = 1;
    }
    if (!j.cli.seeded)
        j.cli.seed = seed_fresh();
    return serve(&j);
}

const struct command cmd_serve = {
    "serve", "run one of our endpoints on real sockets", run,
    "usage: rtclab serve ENDPOINT [OPTION...]\n\n"
    "  --listen ADDR     where a server listens (127.0.0.1, its usual port); as a URL,\n"
    "                    stuns:127.0.0.1:5349, for TLS and DTLS; may stand twice\n"
    "  --other ADDR      a second address and port to serve from; for stun.server those of RFC "
    "5780,\n"
    "                    on all four pairs of which it listens then\n"
    "  --to ADDR         whom a client or sender talks to\n"
    "  --set FIELD=VALUE of its configuration, such as auth=long, or of the layers of its stack,\n"
    "                    such as paths=/chat; may be repeated\n"
    "  --fault NAME      break a clause on purpose, in a layer too; may be repeated\n"
    "  --variant NAME    differ lawfully; may be repeated\n" CLI_RELAY_HELP CLI_TLS_HELP
    "  --capture FILE    write what passes as pcapng\n"
    "  --no-gso          send each datagram by itself: equal ones to one peer are otherwise\n"
    "                    given to the kernel together (UDP segmentation offload)\n"
    "  --events          print what happens\n\n"
    "examples:\n"
    "  rtclab serve stun.server --listen 127.0.0.1:3478\n"
    "  rtclab serve stun.server --listen 127.0.0.1:3478 --other 127.0.0.2:3479\n"
    "  rtclab serve stun.server --set auth=long --fault nonce-missing\n"
    "  rtclab serve echo.server --listen 127.0.0.1:8080 --set stack=tcp/ws --set protocols=chat\n"};
