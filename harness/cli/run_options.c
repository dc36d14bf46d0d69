/* harness/cli/run_options.c - rtclab test: its options, and what is wrong with them. */
#include <stdlib.h>
#include "harness/cli/run_job.h"

const char run_help[] =
    "usage: rtclab test SELECTOR... [--target URL] [OPTION...]\n\n"
    "  --target URL        the implementation under test, such as stun:127.0.0.1:3478;\n"
    "                      without it our own endpoint, in a simulated network\n"
    "                      stuns:HOST:PORT is TLS, with ?transport=udp DTLS\n"
    "  --spawn COMMAND     the implementation under test is a client: what starts it, with "
    "{host},\n"
    "                      {port}, {transport} and what else the case says, instead of the\n"
    "                      profile's commands; it ends with 0 where it got what it asked for\n"
    "  --profile PROFILE   what it supports: a file, or the name of one in scenarios/profiles\n"
    "  --live              our own endpoint, but on loopback and in real time\n"
    "  --out DIR           run.jsonl, report.html, junit.xml and captures go there\n"
    "  --jobs N            cases in flight (default 8)\n"
    "  --level must|should|may  judge checks down to that level (default should)\n"
    "  --strict            a SHOULD that is not met fails\n"
    "  --expect FILE       expected results\n"
    "  --write-expect FILE  expected results made from this run\n"
    "  --retries N         run an unexpected case again, up to N times\n"
    "  --rerun-as COMMAND  what is said to run a case again, its id follows: for what wraps this\n"
    "  --fail-fast         stop at the first\n"
    "  --timeout-scale X   every wait takes X times as long (default 1)\n"
    "  --capture all|failed|none  which cases leave a capture (all, with --out)\n"
    "  --shard I/N         the I-th of N parts, I from 1; 'rtclab report merge' joins the records\n"
    "  --kill-after S      a case without a sign of life for S seconds is killed (default 20;\n"
    "                      live 140, and with --timeout-scale)\n"
    "  --port-base N       ports that cases listen on begin here (default 26000)\n"
    "  --fault NAME        our own endpoint breaks a clause on purpose; may be repeated\n"
    "  --variant NAME      it differs lawfully; may be repeated\n"
    "  --canary NAME       it comes to harm by bad input: crash, crash-late, hang, wrong, twice,\n"
    "                      grow\n"
    "  --impair SPEC       a bad network between: loss=5%,delay=20ms~10ms; 'rtclab relay "
    "--help'\n" CLI_TLS_HELP
    "  --allow-remote      robustness cases may go to a target off loopback\n"
    "\n"
    "A selector is a protocol, suite, case, instance of a case ('stun-server-001[udp,ip4]'), "
    "clause,\n"
    "glob, +tag or ^tag.\n\n"
    "examples:\n"
    "  rtclab test stun                                   our own client and server, simulated\n"
    "  rtclab test stun-server --target stun:127.0.0.1    a live server\n"
    "  rtclab test RFC8489:6.3.1 --target stun:[::1]:3478 --out run1\n"
    "  rtclab test stun-client --spawn 'turnutils_stunclient -p {port} {host}'\n";

enum {
    O_TARGET = 2000,
    O_SPAWN,
    O_PROFILE,
    O_LIVE,
    O_OUT,
    O_JOBS,
    O_LEVEL,
    O_STRICT,
    O_EXPECT,
    O_WRITE,
    O_RETRIES,
    O_RERUN,
    O_FAST,
    O_SCALE,
    O_CAPTURE,
    O_SHARD,
    O_PORT,
    O_REMOTE,
    O_FAULT,
    O_VARIANT,
    O_KILL,
    O_IMPAIR,
    O_CANARY
};

static const struct option options[] = {
    CLI_OPTIONS,
    {"target", required_argument, NULL, O_TARGET},
    {"spawn", required_argument, NULL, O_SPAWN},
    {"profile", required_argument, NULL, O_PROFILE},
    {"live", no_argument, NULL, O_LIVE},
    {"out", required_argument, NULL, O_OUT},
    {"jobs", required_argument, NULL, O_JOBS},
    {"level", required_argument, NULL, O_LEVEL},
    {"strict", no_argument, NULL, O_STRICT},
    {"expect", required_argument, NULL, O_EXPECT},
    {"write-expect", required_argument, NULL, O_WRITE},
    {"retries", required_argument, NULL, O_RETRIES},
    {"rerun-as", required_argument, NULL, O_RERUN},
    {"fail-fast", no_argument, NULL, O_FAST},
    {"timeout-scale", required_argument, NULL, O_SCALE},
    {"capture", required_argument, NULL, O_CAPTURE},
    {"shard", required_argument, NULL, O_SHARD},
    {"port-base", required_argument, NULL, O_PORT},
    {"allow-remote", no_argument, NULL, O_REMOTE},
    {"fault", required_argument, NULL, O_FAULT},
    {"variant", required_argument, NULL, O_VARIANT},
    {"kill-after", required_argument, NULL, O_KILL},
    {"impair", required_argument, NULL, O_IMPAIR},
    {"canary", required_argument, NULL, O_CANARY},
    CLI_TLS_OPTIONS,
    {0},
};

static bool number(const char *option, const char *arg, unsigned max, unsigned *out)
{
    uint64_t v;
    if (!span_uint(span_of(arg), &v) || v > max) {
        cli_error("test", "%s wants a number up to %u, not '%s'", option, max, arg);
        return false;
    }
    *out = (unsigned)v;
    return true;
}

static bool take_level(struct job *j, const char *arg)
{
    static const struct {
        const char *name;
        enum level level;
    } levels[] = {{"must", STMT}, {"should", SHOULD}, {"may", MAY}};
    for (size_t i = 0; i < COUNT(levels); i++)
        if (strcmp(levels[i].name, arg) == 0) {
            j->o.level = levels[i].level;
            return true;
        }
    cli_error("test", "--level is must, should or may, not '%s'", arg);
    return false;
}

static bool take_capture(struct job *j, const char *arg)
{
    j->o.capture_all = strcmp(arg, "all") == 0;
    j->o.capture_failed = strcmp(arg, "failed") == 0;
    j->capture_none = strcmp(arg, "none") == 0;
    if (j->o.capture_all || j->o.capture_failed || j->capture_none)
        return true;
    cli_error("test", "--capture is all, failed or none, not '%s'", arg);
    return false;
}

static bool take_real(const char *option, const char *arg, double max, double *out)
{
    char *end;
    *out = strtod(arg, &end);
    if (end != arg && *end == '\0' && *out > 0 && *out <= max)
        return true;
    cli_error("test", "%s wants a number above 0 and up to %g, not '%s'", option, max, arg);
    return false;
}

static bool take_shard(struct job *j, const char *arg)
{
    int n = 0;
    if (sscanf(arg, "%u/%u%n", &j->shard, &j->shards, &n) == 2 && arg[n] == '\0' && j->shard >= 1 &&
        j->shard <= j->shards)
        return true;
    cli_error("test", "--shard wants I/N with I from 1 to N, not '%s'", arg);
    return false;
}

/* Options that the command which runs a case again has to have, too. */
static void keep_option(struct job *j, int opt, const char *arg)
{
    static const int kept[] = {O_TARGET, O_PROFILE, O_LIVE, O_LEVEL,  O_STRICT, O_EXPECT, O_SCALE,
                               O_REMOTE, O_KILL,    O_PORT, O_IMPAIR, O_FAULT,  O_VARIANT};
    struct wr w = {(uint8_t *)j->rerun, sizeof j->rerun - 1, j->rerun_n, false};
    const struct option *o = options;
    bool keep = false;

    for (size_t i = 0; i < COUNT(kept); i++)
        keep |= kept[i] == opt || opt >= 3000;
    while (o->name && o->val != opt)
        o++;
    if (!keep || !o->name)
        return;
    wr_text(&w, " --");
    wr_text(&w, o->name);
    if (arg) {
        wr_u8(&w, ' ');
        shell_word(&w, arg);
    }
    if (!w.full)
        j->rerun_n = w.n;
}

static bool add_name(const char *list[DEVIATIONS + 1], const char *name)
{
    for (size_t i = 0; i < DEVIATIONS; i++)
        if (!list[i]) {
            list[i] = name;
            return true;
        }
    cli_error("test", "more than %d faults or variants", DEVIATIONS);
    return false;
}

static bool take_impair(struct job *j, const char *arg)
{
    struct impair_error e;

    if (!impair_parse(span_of(arg), &j->spec, &e)) {
        cli_error("test", "%s", e.why);
        return false;
    }
    j->impair = arg;
    j->o.impair = &j->spec;
    return true;
}

static bool take(struct job *j, int opt, const char *arg)
{
    switch (opt) {
    case O_TARGET:
        j->target = arg;
        return true;
    case O_SPAWN:
        j->spawn = arg;
        return true;
    case O_PROFILE:
        j->profile_name = arg;
        return true;
    case O_LIVE:
        j->live = true;
        return true;
    case O_OUT:
        j->out = arg;
        return true;
    case O_JOBS:
        return number("--jobs", arg, 256, &j->jobs);
    case O_LEVEL:
        return take_level(j, arg);
    case O_STRICT:
        return j->o.strict = true;
    case O_EXPECT:
        j->expect_path = arg;
        return true;
    case O_WRITE:
        j->write_expect = arg;
        return true;
    case O_RETRIES:
        return number("--retries", arg, 100, &j->retries);
    case O_RERUN:
        j->rerun_as = arg;
        return true;
    case O_FAST:
        return j->fail_fast = true;
    case O_SCALE:
        return take_real("--timeout-scale", arg, 1000, &j->o.scale);
    case O_KILL:
        return take_real("--kill-after", arg, 1e6, &j->silent_s);
    case O_CAPTURE:
        return take_capture(j, arg);
    case O_SHARD:
        return take_shard(j, arg);
    case O_PORT:
        return number("--port-base", arg, 60000, &j->o.port_base);
    case O_FAULT:
        return add_name(j->faults, arg);
    case O_VARIANT:
        return add_name(j->variants, arg);
    case O_REMOTE:
        return j->allow_remote = true;
    case O_IMPAIR:
        return take_impair(j, arg);
    case O_CANARY:
        if (!(j->o.canary = canary_named(arg)))
            cli_error("test", "there is no canary '%s'", arg);
        return j->o.canary != NULL;
    default:
        return cli_tls_option(&j->told, opt, arg);
    }
}

int run_options(struct job *j, int argc, char **argv)
{
    int opt;

    cli_init(&j->cli);
    optind = 1;
    while ((opt = cli_getopt(&cmd_test, argc, argv, CLI_SHORT, options)) != -1) {
        if (opt == 'h')
            return 1 + cli_help(&cmd_test);
        int common = cli_option(&j->cli, opt, optarg);
        if (common < 0 || (common == 0 && !take(j, opt, optarg)))
            return 1 + EXIT_USAGE;
        keep_option(j, opt, optarg);
    }
    j->selectors = argv + optind;
    j->n_selectors = argc - optind;
    if (j->n_selectors == 0) {
        cli_error("test", "name what to run: a protocol, suite, case or clause");
        return 1 + EXIT_USAGE;
    }
    return 0;
}
