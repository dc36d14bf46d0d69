/* harness/cli/cmd_run.c - rtclab test: conformance cases against an IUT, or our own endpoint. */
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "harness/cli/run_job.h"
#include "harness/core/clock.h"
#include "harness/report/report.h"

/* ---- planning ---- */

static void say(struct job *j, const struct case_run *run, const struct case_result *r,
                enum status s, const char *why);

static bool asked_for(const struct job *j, const struct case_info *c)
{
    for (int i = 0; i < j->n_selectors; i++)
        if (strcmp(j->selectors[i], "+slow") == 0 || strcmp(j->selectors[i], c->id) == 0 ||
            case_instance_of(c, j->selectors[i]))
            return true;
    return false;
}

static void skip(struct job *j, const struct case_info *c, const char *why)
{
    struct case_run run = {.c = c};
    struct case_result r = {.status = STATUS_SKIP};
    snprintf(run.id, sizeof run.id, "%s", c->id);
    say(j, &run, &r, STATUS_SKIP, why);
}

/* Whether the target is reached by an instance's transport and address family. */
static bool target_fits(const struct job *j, const struct case_run *r)
{
    if (!j->o.target.family)
        return true;
    return r->family == j->o.target.family && transport_secure(r->transport) == j->url.secure &&
           (!j->url.transport[0] || strcmp(j->url.transport, r->transport) == 0);
}

static void plan_case(struct job *j, const struct case_info *c)
{
    struct case_run v[8];
    const char *why = NULL;
    size_t n = case_instances(c, &j->profile, &why, v, COUNT(v)), kept = 0;
    bool remote = j->o.target.family && !addr_is_loopback(&j->o.target);

    if (n && j->o.live && case_tagged(c, "slow") && !asked_for(j, c)) {
        skip(j, c, "slow: it waits out a schedule in real time; '+slow' asks for it");
        return;
    }
    if (n && !j->o.live && case_tagged(c, "tls-wire")) {
        skip(j, c, "it is about TLS on the wire: --live or a target");
        return;
    }
    if (n && j->o.live && case_needs(c, "virtual-time")) {
        skip(j, c, "it needs virtual time");
        return;
    }
    if (n && j->o.live && case_needs(c, "zone")) {
        skip(j, c, "names resolve from the case's zone, in the simulator alone");
        return;
    }
    if (n && !j->o.own && !j->target && !case_needs(c, "ask")) {
        skip(j, c, "it needs a target: --target");
        return;
    }
    if (n && remote && c->kind == 'R' && !j->allow_remote) {
        skip(j, c, "a robustness case, and the target is off loopback: --allow-remote");
        return;
    }
    for (size_t i = 0; i < n; i++) {
        if (!target_fits(j, &v[i]) || !plan_wants(c, v[i].id, j->selectors, j->n_selectors))
            continue;
        v[i].seed = case_seed(j->cli.seed, v[i].id);
        kept++;
        if (j->shards && (case_seed(0, v[i].id) >> 32) % j->shards != j->shard - 1)
            continue; /* by its name: what else there is moves no case to another part */
        j->runs[j->n++] = v[i];
    }
    if (n && !kept)
        why = "no case instance that is asked for has the address family and the transport of the "
              "target";
    if (!kept)
        skip(j, c, why ? why : "nothing of it applies");
}

/* ---- the record ---- */

static void say(struct job *j, const struct case_run *run, const struct case_result *r,
                enum status s, const char *why)
{
    char rerun[1400], pcap[160];

    j->counts[s]++;
    j->checks += r->n_checks;
    struct wr w = {(uint8_t *)rerun, sizeof rerun - 1, 0, false};
    wr_text(&w, j->rerun_as ? j->rerun_as : "rtclab test");
    wr_u8(&w, ' ');
    shell_word(&w, run->id);
    if (!j->rerun_as)
        wr_put(&w, (struct span){(const uint8_t *)j->rerun, j->rerun_n});
    wr_text(&w, " --seed ");
    wr_dec(&w, j->cli.seed);
    rerun[w.n] = '\0';
    snprintf(pcap, sizeof pcap, "%s.pcapng", run->id);
    for (char *c = pcap; *c; c++)
        if (strchr("[],/", *c))
            *c = '-';
    bool kept = j->out && s != STATUS_SKIP && !j->capture_none && run->c->source &&
                (j->o.capture_all || r->status != STATUS_PASS);
    rec_begin(&j->rec, "end");
    rec_str(&j->rec, "case", run->id);
    rec_str(&j->rec, "base", run->c->id);
    rec_str(&j->rec, "suite", run->c->suite);
    rec_str(&j->rec, "title", run->c->title);
    rec_str(&j->rec, "status", status_name(s));
    rec_str(&j->rec, "verdict", verdict_name(r->verdict));
    rec_str(&j->rec, "why", why);
    rec_uint(&j->rec, "duration_us", r->duration_us);
    rec_uint(&j->rec, "wall_us", r->wall_us);
    rec_uint(&j->rec, "tries", r->tries);
    rec_str(&j->rec, "pcap", kept ? pcap : NULL);
    rec_str(&j->rec, "rerun", run->c->source ? rerun : NULL);
    rec_end(&j->rec, &j->record);
}

/* A file of cases that cannot be loaded: an error in its suite, in place of its cases. */
static void say_lost(struct job *j)
{
    for (size_t i = 0; i < j->plan.cases.n_broken; i++) {
        const struct broken *b = &j->plan.cases.broken[i];
        struct case_info c = {.id = b->file, .suite = b->suite};
        struct case_run run = {.c = &c};
        struct case_result r = {.verdict = VERDICT_ERROR, .status = STATUS_ERROR};
        char title[] = "a file of cases that cannot be loaded";

        c.title = title;
        snprintf(run.id, sizeof run.id, "%s", b->file);
        if (j->plan.lost[i] && (!j->shards || j->shard == 1))
            say(j, &run, &r, STATUS_ERROR, b->why);
    }
}

static void progress(const struct job *j)
{
    if (!j->cli.quiet && !j->cli.json && isatty(STDERR_FILENO))
        fprintf(stderr, "\r%zu of %zu", j->done, j->n);
}

static enum status judge(void *ctx, size_t i, const struct case_result *r)
{
    struct job *j = ctx;
    char why[256];

    return expect_apply(&j->expect, &j->runs[i], r, r->status, why);
}

/* Say how the cases ended that were held back. Where the target was never reached nothing that they
 * failed for was its doing: they are inconclusive. */
static void say_held(struct job *j)
{
    for (size_t k = 0; k < j->n_held; k++) {
        size_t i = j->held[k];
        struct case_result r = j->results[i];
        char why[256];
        snprintf(why, sizeof why, "%s", r.why);
        enum status s = expect_apply(&j->expect, &j->runs[i], &r, r.status, why);
        if (j->answered == 0) {
            s = STATUS_INCONC;
            r.verdict = VERDICT_INCONC;
            snprintf(why, sizeof why, "the target was never reached");
        }
        say(j, &j->runs[i], &r, s, why);
    }
    j->n_held = 0;
}

/* Until the target has answered anything at all, what fails is held back. */
static bool hold(struct job *j, size_t i, const struct case_result *r)
{
    bool failed = r->status == STATUS_FAIL || r->status == STATUS_NON_STRICT;

    if (!j->target || j->answered || !failed)
        return false;
    j->held[j->n_held++] = i;
    return true;
}

static void done(void *ctx, size_t i, const struct case_result *r)
{
    struct job *j = ctx;
    char why[256];

    snprintf(why, sizeof why, "%s", r->why);
    enum status s = expect_apply(&j->expect, &j->runs[i], r, r->status, why);
    j->done++;
    j->answered += r->answered;
    j->skipped_running += s == STATUS_SKIP || s == STATUS_ERROR;
    if (!hold(j, i, r)) {
        if (j->answered)
            say_held(j);
        say(j, &j->runs[i], r, s, why);
    }
    progress(j);
}

static void words_json(struct wr *w, const char *first, char *const *words, int n)
{
    wr_u8(w, '[');
    if (first)
        wr_json_text(w, span_of(first));
    for (int i = 0; i < n; i++) {
        if (i || first)
            wr_u8(w, ',');
        wr_json_text(w, span_of(words[i]));
    }
    wr_u8(w, ']');
}

static void record_run(struct job *j, int argc, char **argv)
{
    static uint8_t words[4096], chosen[4096];
    struct wr w = {words, sizeof words, 0, false}, c = {chosen, sizeof chosen, 0, false};
    char started[32], seed[24];
    time_t now = time(NULL);
    struct tm tm;

    gmtime_r(&now, &tm);
    strftime(started, sizeof started, "%Y-%m-%dT%H:%M:%SZ", &tm);
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)j->cli.seed);
    rec_begin(&j->rec, "run");
    rec_uint(&j->rec, "schema", 1);
    rec_str(&j->rec, "rtclab", RTCLAB_VERSION);
    rec_str(&j->rec, "started", started);
    words_json(&w, "rtclab", argv, argc);
    words_json(&c, NULL, j->selectors, j->n_selectors);
    rec_json(&j->rec, "command", w.full ? span_of("[]") : wr_span(&w));
    rec_str(&j->rec, "seed", seed);
    rec_str(&j->rec, "driver", j->o.live ? "live" : "sim");
    rec_str(&j->rec, "target", j->target);
    rec_str(&j->rec, "impair", j->impair);
    rec_json(&j->rec, "selectors", c.full ? span_of("[]") : wr_span(&c));
    rec_str(&j->rec, "profile", j->profile.name);
    rec_end(&j->rec, &j->record);
}

static int exit_status(struct job *j, bool interrupted)
{
    size_t cases = 0;

    if (interrupted)
        return EXIT_INTERRUPTED;
    if (j->counts[STATUS_ERROR] || j->own_fault || j->record.failed)
        return EXIT_OWN_FAULT;
    if (j->unreached)
        return EXIT_UNREACHED;
    if (j->counts[STATUS_FAIL] || j->counts[STATUS_XPASS] || j->counts[STATUS_INCONC] || j->died)
        return EXIT_UNEXPECTED;
    for (size_t i = 0; i < STATUS_N; i++)
        cases += j->counts[i];
    if (cases == 0) /* a shard that has none is done */
        return EXIT_AS_EXPECTED;
    return j->counts[STATUS_SKIP] == cases ? EXIT_SKIPPED : EXIT_AS_EXPECTED;
}

static void record_summary(struct job *j, bool interrupted, uint64_t wall)
{
    static const char *const keys[STATUS_N] = {"pass",       "fail",  "inconc", "error", "skip",
                                               "non_strict", "xfail", "xpass",  "flaky"};
    size_t cases = 0;

    for (size_t i = 0; i < STATUS_N; i++)
        cases += j->counts[i];
    rec_begin(&j->rec, "summary");
    rec_uint(&j->rec, "cases", cases);
    for (size_t i = 0; i < STATUS_N; i++)
        rec_uint(&j->rec, keys[i], j->counts[i]);
    rec_uint(&j->rec, "checks", j->checks);
    rec_uint(&j->rec, "wall_us", wall);
    rec_bool(&j->rec, "interrupted", interrupted);
    rec_uint(&j->rec, "exit", (uint64_t)exit_status(j, interrupted));
    rec_end(&j->rec, &j->record);
}

/* ---- files ---- */

/* The folder and those above it. */
static bool make_folder(const char *name)
{
    char path[1024];

    if (snprintf(path, sizeof path, "%s", name) >= (int)sizeof path - 32) {
        errno = ENAMETOOLONG;
        return false;
    }
    for (char *s = path; (s = strchr(s + 1, '/')) != NULL;) {
        *s = '\0';
        if (mkdir(path, 0777) != 0 && errno != EEXIST)
            return false;
        *s = '/';
    }
    return mkdir(path, 0777) == 0 || errno == EEXIST;
}

static bool open_record(struct job *j)
{
    if (j->out) {
        if (!make_folder(j->out)) {
            cli_error("test", "the folder %s cannot be made: %s", j->out, strerror(errno));
            return false;
        }
        snprintf(j->record_path, sizeof j->record_path, "%s/run.jsonl", j->out);
    } else {
        const char *tmp = getenv("TMPDIR");
        snprintf(j->record_path, sizeof j->record_path, "%s/rtclab.XXXXXX", tmp ? tmp : "/tmp");
        int fd = mkstemp(j->record_path);
        if (fd < 0) {
            cli_error("test", "%s cannot be written: %s", j->record_path, strerror(errno));
            return false;
        }
        close(fd);
    }
    if (!record_open(&j->record, j->record_path)) {
        cli_error("test", "%s: %s", j->record_path, j->record.why);
        return false;
    }
    return true;
}

static void draw(struct job *j)
{
    struct report_error e;
    struct run run;
    char path[1100];

    bool brief =
        j->o.no_messages; /* nor are checks that passed shown, but of what should have failed */
    bool read = (brief ? run_read_brief : run_read)(&run, j->record_path);
    if (read && brief && run.counts[STATUS_XPASS]) {
        run_free(&run);
        read = run_read(&run, j->record_path);
    }
    if (!j->out)
        unlink(j->record_path);
    if (!read) {
        cli_error("test", "%s", run.remark);
        j->own_fault = true;
        return;
    }
    if (j->out) {
        snprintf(path, sizeof path, "%s/report.html", j->out);
        bool good = report_html_file(&run, path, cli_share_path("reports"), &e);
        if (!good)
            cli_error("test", "%s", e.why);
        j->own_fault |= !good;
        snprintf(path, sizeof path, "%s/junit.xml", j->out);
        good = report_junit_file(&run, path, &e);
        if (!good)
            cli_error("test", "%s", e.why);
        j->own_fault |= !good;
    }
    if (j->cli.json)
        report_json(stdout, &run);
    else
        report_terminal(stdout, &run, j->cli.color, j->cli.quiet ? -1 : j->cli.verbose);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        cli_error("test", "standard output cannot be written: %s", strerror(errno));
        j->own_fault = true;
    }
    run_free(&run);
}

/* ---- */

/* The command line goes before the profile, the profile before the URL. */
static void tell_tls(struct job *j)
{
    profile_tls(&j->profile, &j->tls);
    for (size_t i = 0; i < tls_options_desc.n; i++) {
        const struct field *f = &tls_options_desc.f[i];
        struct val v = val_of(f, &j->told);
        if (v.kind == F_TEXT ? v.s.n > 0 : v.u != 0)
            memcpy((uint8_t *)&j->tls + f->off, (const uint8_t *)&j->told + f->off, f->size);
    }
    if (!j->tls.server_name.n)
        j->tls.server_name = span_of(j->url.host);
    j->o.tls = &j->tls;
}

/* What the profile says to start, where there is a target; false: it does not get to live. */
static bool start_iut(struct job *j)
{
    if (!j->target)
        return true;
    hooks_init(&j->hooks, &j->profile, &j->o.target, j->out);
    if (hooks_start(&j->hooks))
        return true;
    cli_error("test", "%s", j->hooks.why);
    return false;
}

static bool prepare(struct job *j)
{
    char err[512];

    if (j->target &&
        (!cli_url("test", j->target, &j->url) || !target_parse("test", j->target, &j->o.target)))
        return false;
    if (!plan_make(&j->plan, "test", j->selectors, j->n_selectors))
        return false;
    const char *name = j->profile_name         ? j->profile_name
                       : j->target || j->spawn ? "generic"
                                               : "own";
    if (!profile_load(&j->profile, cli_share_path("scenarios"), name, err) ||
        (j->spawn && !profile_spawn(&j->profile, j->spawn, err))) {
        cli_error("test", "%s", err);
        return false;
    }
    if (j->expect_path && !expect_load(&j->expect, j->expect_path, &j->plan.cases)) {
        cli_error("test", "%s", j->expect.error);
        return false;
    }
    tell_tls(j);
    if (j->expect.expired && !j->cli.quiet)
        cli_error("test", "%s: entries that have expired: %zu", j->expect_path, j->expect.expired);
    j->o.own = !j->target && !json_object_get(j->profile.json, "ask") &&
               !json_object_get(j->profile.json, "control");
    j->o.live = j->live || !j->o.own;
    j->o.profile = &j->profile;
    j->o.faults = j->faults;
    j->o.variants = j->variants;
    j->o.out = j->out;
    j->o.no_messages = !j->out && !j->cli.json && j->cli.verbose < 1; /* see report_terminal */
    if (!j->o.capture_failed && !j->capture_none)
        j->o.capture_all = true;
    if (!j->cli.seeded)
        j->cli.seed = j->o.live ? seed_fresh() : 1;
    j->runs = calloc(j->plan.n_chosen * 8 + 1, sizeof *j->runs);
    j->results = calloc(j->plan.n_chosen * 8 + 1, sizeof *j->results);
    j->held = calloc(j->plan.n_chosen * 8, sizeof *j->held);
    return j->runs && j->results && j->held;
}

/* Cases in flight: as told, or fewer where the profile says that the IUT takes no more at once. */
static unsigned in_flight(const struct job *j)
{
    const json_t *most = json_object_get(json_object_get(j->profile.json, "limits"), "cases");
    json_int_t n = json_integer_value(most);

    return j->o.live && n > 0 && (uint64_t)n < j->jobs ? (unsigned)n : j->jobs;
}

/* The cases, while the IUT lives. Returns how many ran. */
static size_t run_guarded(struct job *j)
{
    struct pool_options p = {.jobs = in_flight(j),
                             .retries = j->retries,
                             .fail_fast = j->fail_fast,
                             .silent_s = j->silent_s,
                             .judge = judge,
                             .done = done,
                             .ctx = j};

    if (j->o.own)
        return pool_run(&j->o, &p, j->runs, j->results, j->n);
    struct pool_guard g = hooks_guard(&j->hooks);
    size_t ran = pool_run_guarded(&j->o, &p, &g, j->runs, j->results, j->n);
    bool dead = hooks_can_tell(&j->hooks) && !pool_interrupted() && !hooks_alive(&j->hooks);
    if (dead && !g.died)
        cli_error("test", "the implementation under test has died");
    j->died = g.died || dead;
    return ran;
}

static int run_all(struct job *j, int argc, char **argv)
{
    char root[1024], err[512];

    snprintf(root, sizeof root, "%s", cli_share_path("scenarios"));
    j->o.root = root;
    j->o.record = &j->record;
    record_run(j, argc, argv);
    say_lost(j);
    for (size_t i = 0; i < j->plan.cases.n; i++)
        if (j->plan.chosen[i])
            plan_case(j, &j->plan.cases.v[i]);
    uint64_t began = monotonic_us();
    size_t ran = run_guarded(j);
    uint64_t took_us = monotonic_us() - began;
    if (!j->cli.quiet && !j->cli.json && isatty(STDERR_FILENO))
        fputs("\r           \r", stderr);
    bool interrupted = pool_interrupted();
    say_held(j);
    j->unreached = j->o.live && ran > j->skipped_running && j->answered == 0 && !interrupted;
    record_summary(j, interrupted, took_us);
    if (j->record.failed)
        cli_error("test", "%s", j->record.why);
    record_close(&j->record);
    draw(j);
    if (j->unreached)
        cli_error("test", "%s was never reached: no case got any answer from it",
                  j->target ? j->target : "the implementation under test");
    if (j->write_expect && !expect_write(j->write_expect, j->runs, j->results, j->n, err)) {
        cli_error("test", "%s", err);
        j->own_fault = true;
    }
    return exit_status(j, interrupted);
}

static int run(int argc, char **argv)
{
    static struct job j;
    int status;

    memset(&j, 0, sizeof j);
    j.jobs = 8;
    j.o.scale = 1;
    j.o.level = SHOULD;
    j.o.port_base = 26000;
    if ((status = run_options(&j, argc, argv)) != 0)
        return status - 1;
    if (!prepare(&j))
        status = EXIT_USAGE;
    else if (!open_record(&j))
        status = EXIT_OWN_FAULT;
    else
        status = start_iut(&j) ? run_all(&j, argc, argv) : EXIT_UNREACHED;
    hooks_end(&j.hooks);
    profile_free(&j.profile);
    expect_free(&j.expect);
    plan_free(&j.plan);
    free(j.runs);
    free(j.results);
    free(j.held);
    return status;
}

const struct command cmd_test = {"test", "conformance cases against an implementation", run,
                                 run_help};
