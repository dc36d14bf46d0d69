/* harness/cli/interop_serve.c - a cell in which the peer is the client: `rtclab serve` runs one of
 * our endpoints, the profile's command is the peer, and what both wrote on the wire is judged from
 * the capture. It leaves the same record as `rtclab test`. */
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "harness/cli/interop.h"
#include "harness/core/clock.h"
#include "harness/drivers/place.h"
#include "harness/report/report.h"
#include "harness/script/script.h"

enum { LISTEN_MS = 10000, CLIENT_MS = 30000, STOP_MS = 5000, READ_MS = 30000 };

struct serving { /* one cell's runs */
    struct keeper *k;
    struct record record;
    struct rec rec;
    struct expect expect;
    size_t counts[STATUS_N], checks;
    uint64_t began_ms;
    bool stopped; /* by an interrupt or the cell's limit, or by our own fault: said */
};
struct one { /* one run of them, as a case */
    const json_t *json;
    struct case_info info;
    struct case_run run;
    struct case_result r;
    char pcap[160], port[16];
    bool failed; /* without a clause: the two did not work together, whatever is known */
    uint64_t began_ms;
};

static const char *text_of(const json_t *j, const char *key)
{
    const char *s = json_string_value(json_object_get(j, key));
    return s ? s : "";
}

/* ---- the record ---- */

static void record_run(struct serving *s)
{
    char seed[24], started[32];
    time_t now = time(NULL);
    struct tm tm;
    char cell[300];
    snprintf(cell, sizeof cell, "%s/%s", s->k->c->row, s->k->c->column);
    json_t *command = json_pack("[sss]", "rtclab", "interop", cell);
    for (size_t i = 0; i < s->k->o->n_only; i++) {
        json_array_append_new(command, json_string("--only"));
        json_array_append_new(command, json_string(s->k->o->only[i]));
    }
    char *words = json_dumps(command, JSON_COMPACT);

    gmtime_r(&now, &tm);
    strftime(started, sizeof started, "%Y-%m-%dT%H:%M:%SZ", &tm);
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)s->k->o->seed);
    rec_begin(&s->rec, "run");
    rec_uint(&s->rec, "schema", 1);
    rec_str(&s->rec, "rtclab", RTCLAB_VERSION);
    rec_str(&s->rec, "started", started);
    rec_json(&s->rec, "command", span_of(words ? words : "[]"));
    rec_str(&s->rec, "seed", seed);
    rec_str(&s->rec, "driver", "live");
    rec_json(&s->rec, "selectors", span_of("[]"));
    rec_str(&s->rec, "profile", text_of(s->k->c->json, "profile"));
    rec_end(&s->rec, &s->record);
    free(words);
    json_decref(command);
}

static void record_start(struct serving *s, const struct one *o)
{
    rec_begin(&s->rec, "start");
    rec_str(&s->rec, "case", o->run.id);
    rec_str(&s->rec, "base", o->info.id);
    rec_str(&s->rec, "suite", o->info.suite);
    rec_str(&s->rec, "role", "");
    rec_str(&s->rec, "title", o->info.title);
    rec_str(&s->rec, "kind", "V");
    rec_json(&s->rec, "clauses", span_of("[]"));
    rec_str(&s->rec, "file", o->info.file);
    rec_uint(&s->rec, "line", 1);
    rec_str(&s->rec, "transport", o->run.transport);
    rec_str(&s->rec, "family", "ip4");
    rec_json(&s->rec, "tags", span_of("[]"));
    rec_uint(&s->rec, "time_us", 0);
    rec_end(&s->rec, &s->record);
}

static void check(struct serving *s, struct one *o, const char *clause, enum verdict v,
                  const char *what, const char *expected, uint64_t frame)
{
    const struct clause *c = clause_named(clause);
    struct case_result *r = &o->r;
    char frames[32] = "[]";
    json_t *list = json_pack("[s]", expected);
    char *words = json_dumps(list, JSON_COMPACT);

    if (!c) { /* catalogue and lint are of one build; a scenario's clause is checked by the build */
        r->verdict = VERDICT_ERROR;
        snprintf(r->why, sizeof r->why, "the clause %s is not in the catalogue", clause);
    } else {
        if (frame)
            snprintf(frames, sizeof frames, "[%llu]", (unsigned long long)frame);
        rec_begin(&s->rec, "check");
        rec_str(&s->rec, "case", o->run.id);
        rec_str(&s->rec, "clause", c->id);
        rec_str(&s->rec, "level", level_name(c->level));
        rec_str(&s->rec, "verdict", verdict_name(v));
        rec_str(&s->rec, "what", what);
        rec_json(&s->rec, "expected", span_of(expected[0] && words ? words : "[]"));
        rec_str(&s->rec, "actual", "");
        rec_json(&s->rec, "frames", span_of(frames));
        rec_uint(&s->rec, "time_us", (monotonic_ms() - o->began_ms) * 1000);
        rec_end(&s->rec, &s->record);
        if (r->n_kept < CASE_CHECKS) {
            struct case_check *to = &r->checks[r->n_kept++];
            *to = (struct case_check){.clause = c, .verdict = v};
            snprintf(to->what, sizeof to->what, "%s", what);
        }
        r->n_checks++;
        s->checks++;
        if (v > r->verdict)
            r->verdict = v;
        if (v > VERDICT_PASS && !r->why[0])
            snprintf(r->why, sizeof r->why, "%s: %s", c->id, what);
    }
    free(words);
    json_decref(list);
}

static void record_end(struct serving *s, struct one *o)
{
    char rerun[512];
    enum status st = case_status(&o->r, false);

    st = expect_apply(&s->expect, &o->run, &o->r, st, o->r.why);
    if (o->failed && st != STATUS_ERROR) {
        st = STATUS_FAIL;
        o->r.verdict = VERDICT_FAIL;
    }
    s->counts[st]++;
    snprintf(rerun, sizeof rerun, "rtclab interop %s/%s --only %s", s->k->c->row, s->k->c->column,
             o->info.id);
    rec_begin(&s->rec, "end");
    rec_str(&s->rec, "case", o->run.id);
    rec_str(&s->rec, "base", o->info.id);
    rec_str(&s->rec, "suite", o->info.suite);
    rec_str(&s->rec, "title", o->info.title);
    rec_str(&s->rec, "status", status_name(st));
    rec_str(&s->rec, "verdict", verdict_name(o->r.verdict));
    rec_str(&s->rec, "why", o->r.why);
    rec_uint(&s->rec, "duration_us", (monotonic_ms() - o->began_ms) * 1000);
    rec_uint(&s->rec, "wall_us", (monotonic_ms() - o->began_ms) * 1000);
    rec_uint(&s->rec, "tries", 1);
    rec_str(&s->rec, "pcap", o->pcap);
    rec_str(&s->rec, "rerun", rerun);
    rec_end(&s->rec, &s->record);
}

/* Statuses as rtclab test has them. */
static int status_of(const struct serving *s)
{
    if (s->counts[STATUS_ERROR] || s->record.failed)
        return EXIT_OWN_FAULT;
    if (s->counts[STATUS_FAIL] || s->counts[STATUS_XPASS] || s->counts[STATUS_INCONC])
        return EXIT_UNEXPECTED;
    return EXIT_AS_EXPECTED;
}

static void record_summary(struct serving *s, int status)
{
    static const char *const names[STATUS_N] = {"pass",       "fail",  "inconc", "error", "skip",
                                                "non_strict", "xfail", "xpass",  "flaky"};
    size_t cases = 0;

    for (size_t i = 0; i < STATUS_N; i++)
        cases += s->counts[i];
    rec_begin(&s->rec, "summary");
    rec_uint(&s->rec, "cases", cases);
    for (size_t i = 0; i < STATUS_N; i++)
        rec_uint(&s->rec, names[i], s->counts[i]);
    rec_uint(&s->rec, "checks", s->checks);
    rec_uint(&s->rec, "wall_us", (monotonic_ms() - s->began_ms) * 1000);
    rec_bool(&s->rec, "interrupted", s->stopped);
    rec_uint(&s->rec, "exit", (uint64_t)status);
    rec_end(&s->rec, &s->record);
}

/* ---- one run ---- */

static void broken(struct serving *s, struct one *o, enum wake w, const char *what)
{
    o->r.verdict = VERDICT_ERROR;
    snprintf(o->r.why, sizeof o->r.why, "%s", what);
    if (w == WAKE_STOP || monotonic_ms() >= s->k->due_ms) {
        keeper_blame(s->k, w, "a client was served");
        s->stopped = true;
    }
}

/* Our endpoint, until it listens; 0: it does not. */
static pid_t serve(struct serving *s, struct one *o)
{
    const json_t *list = json_object_get(o->json, "serve");
    const char *transport = text_of(o->json, "transport");
    char listen[64], capture[4300], out[200], words[24][128];
    char *argv[40] = {(char *)(uintptr_t)s->k->o->program, "serve"};
    size_t n = 2, i;
    json_t *v;
    uint16_t port = s->k->base;

    while (port < s->k->base + INTEROP_PORTS - 1 && !place_port_free(port))
        port++;
    snprintf(o->port, sizeof o->port, "%u", (unsigned)port);
    snprintf(listen, sizeof listen, "%s:%u", getenv("PEER_HOST"), (unsigned)port);
    snprintf(capture, sizeof capture, "%s/%s", s->k->dir, o->pcap);
    snprintf(out, sizeof out, "%s.serve.txt", o->info.id);
    json_array_foreach((json_t *)(uintptr_t)list, i, v)
    {
        if (i < COUNT(words) && json_is_string(v) &&
            keeper_fill(json_string_value(v), transport, words[i], sizeof words[i]))
            argv[n++] = words[i];
    }
    char *rest[] = {"--listen", listen, "--capture", capture};
    for (i = 0; i < COUNT(rest); i++)
        argv[n++] = rest[i];
    pid_t pid = keeper_spawn(s->k, argv, out, NULL);
    if (pid == 0) {
        broken(s, o, WAKE_ENDED, "rtclab serve cannot be started");
        return 0;
    }
    s->k->peer = pid; /* its end while we wait is seen */
    s->k->peer_gone = false;
    s->k->watch_peer = true;
    enum wake w = keeper_listens(s->k, transport, port, LISTEN_MS);
    if (w == WAKE_ENDED)
        return pid;
    s->k->watch_peer = false;
    keeper_stop(s->k, pid, SIGKILL, 0);
    char why[512];
    snprintf(why, sizeof why, "rtclab serve does not listen: %.300s", keeper_last_line(s->k, out));
    broken(s, o, w, why);
    return 0;
}

/* The peer's command against it; what it printed is in ID.client.txt. */
static void client(struct serving *s, struct one *o, const struct profile *profile)
{
    const char *verb = text_of(o->json, "ask")[0] ? text_of(o->json, "ask") : "binding";
    const char *clause = text_of(o->json, "clause");
    const char *ask = text_of(json_object_get(profile->json, "ask"), verb);
    char line[2048], out[200], what[512];
    char *argv[] = {"/bin/sh", "-c", line, NULL};
    int status = 0;

    setenv("port", o->port, 1);
    snprintf(out, sizeof out, "%s.client.txt", o->info.id);
    if (!ask[0] || !keeper_fill(ask, text_of(o->json, "transport"), line, sizeof line)) {
        broken(s, o, WAKE_ENDED, "the profile has no command for what is asked, or too long a one");
        return;
    }
    pid_t pid = keeper_spawn(s->k, argv, out, NULL);
    if (pid == 0) {
        broken(s, o, WAKE_ENDED, "the client's command cannot be started");
        return;
    }
    enum wake w = keeper_await(s->k, pid, CLIENT_MS, &status);
    if (w == WAKE_STOP || (w == WAKE_LATE && monotonic_ms() >= s->k->due_ms)) {
        keeper_stop(s->k, pid, SIGKILL, 0);
        broken(s, o, w, "it was stopped");
        return;
    }
    const char *said = keeper_last_line(s->k, out);
    bool good = w == WAKE_ENDED && status == 0;
    if (w == WAKE_LATE) {
        keeper_stop(s->k, pid, SIGTERM, STOP_MS);
        snprintf(what, sizeof what, "the client did not end within %d s; it said last: %.200s",
                 CLIENT_MS / 1000, said);
    } else if (w == WAKE_ENDED) {
        snprintf(what, sizeof what, "the client ended with %s %d: %.200s",
                 WIFSIGNALED(status) ? "signal" : "status",
                 WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status), said);
    } else {
        keeper_stop(s->k, pid, SIGKILL, 0);
        broken(s, o, WAKE_ENDED, "rtclab serve ended while the client ran");
        return;
    }
    if (clause[0]) {
        check(s, o, clause, good ? VERDICT_PASS : VERDICT_FAIL, good ? "" : what,
              "the client ends with status 0", 0);
        return;
    }
    if (o->r.verdict == VERDICT_NONE) /* that it works together is no clause */
        o->r.verdict = VERDICT_PASS;
    o->failed |= !good;
    if (!good)
        snprintf(o->r.why, sizeof o->r.why, "%s", what);
}

/* `rtclab COMMAND --json CAPTURE`: its lines; NULL: it failed, and the run is broken. */
static json_t *lines_of(struct serving *s, struct one *o, const char *command)
{
    char capture[4300], out[200], path[4500], words[128];
    char *argv[] = {(char *)(uintptr_t)s->k->o->program, (char *)(uintptr_t)command, "--json",
                    capture, NULL};
    int status = 0;
    size_t cap = 0;
    char *line = NULL;

    snprintf(capture, sizeof capture, "%s/%s", s->k->dir, o->pcap);
    snprintf(out, sizeof out, "%s.%s.jsonl", o->info.id, command);
    pid_t pid = keeper_spawn(s->k, argv, out, "read.err");
    enum wake w = keeper_await(s->k, pid, READ_MS, &status);
    if (w != WAKE_ENDED || !WIFEXITED(status) || WEXITSTATUS(status) > EXIT_UNEXPECTED) {
        if (w != WAKE_ENDED && pid)
            keeper_stop(s->k, pid, SIGKILL, 0);
        snprintf(words, sizeof words, "rtclab %s cannot read the capture", command);
        broken(s, o, w, words);
        return NULL;
    }
    json_t *all = json_array();
    snprintf(path, sizeof path, "%s/%s", s->k->dir, out);
    FILE *f = fopen(path, "re");
    while (f && getline(&line, &cap, f) > 0)
        json_array_append_new(all, json_loads(line, 0, NULL));
    if (f)
        fclose(f);
    free(line);
    return all;
}

static bool from_us(const struct one *o, const json_t *line)
{
    const char *colon = strrchr(text_of(line, "src"), ':');
    return colon && strcmp(colon + 1, o->port) == 0;
}

/* The messages into the record; whether the client was heard, and said the address it spoke from. */
static void messages(struct serving *s, struct one *o, const json_t *all)
{
    size_t i, heard = 0;
    double first = 0;
    json_t *m;

    json_array_foreach((json_t *)(uintptr_t)all, i, m)
    {
        double at = json_number_value(json_object_get(m, "time"));
        char *fields = json_dumps(json_object_get(m, "fields"), JSON_COMPACT);
        bool ours = from_us(o, m);
        first = i ? first : at;
        heard += !ours;
        rec_begin(&s->rec, "message");
        rec_str(&s->rec, "case", o->run.id);
        rec_uint(&s->rec, "time_us", (uint64_t)((at - first) * 1e6));
        rec_uint(&s->rec, "frame", (uint64_t)json_integer_value(json_object_get(m, "frame")));
        rec_str(&s->rec, "from", ours ? "rtclab" : "peer");
        rec_str(&s->rec, "to", ours ? "peer" : "rtclab");
        rec_str(&s->rec, "dir", ours ? "out" : "in");
        rec_str(&s->rec, "proto", text_of(m, "proto"));
        rec_str(&s->rec, "brief", text_of(m, "layers"));
        if (fields)
            rec_json(&s->rec, "fields", span_of(fields));
        rec_end(&s->rec, &s->record);
        free(fields);
    }
    if (heard == 0 && o->r.verdict != VERDICT_ERROR) {
        o->failed = true;
        snprintf(o->r.why, sizeof o->r.why, "no message of the client arrived");
    }
}

static void findings(struct serving *s, struct one *o, const json_t *all)
{
    size_t i;
    json_t *f;

    json_array_foreach((json_t *)(uintptr_t)all, i, f)
    {
        bool again = false;
        if (from_us(o, f))
            continue;
        for (size_t k = 0; k < o->r.n_kept; k++) /* once a run is enough to say so */
            again |= strcmp(o->r.checks[k].clause->id, text_of(f, "clause")) == 0 &&
                     o->r.checks[k].verdict == VERDICT_FAIL;
        if (!again)
            check(s, o, text_of(f, "clause"), VERDICT_FAIL, text_of(f, "what"), "",
                  (uint64_t)json_integer_value(json_object_get(f, "frame")));
    }
}

static void run_one(struct serving *s, struct one *o, const struct profile *profile)
{
    pid_t server = serve(s, o);

    if (server == 0)
        return;
    client(s, o, profile);
    s->k->watch_peer = false;
    if (!keeper_stop(s->k, server, SIGTERM, STOP_MS)) {
        broken(s, o, WAKE_ENDED, "rtclab serve did not stop");
        return;
    }
    s->k->peer = 0;
    if (s->stopped)
        return;
    json_t *seen = lines_of(s, o, "decode"), *found = seen ? lines_of(s, o, "lint") : NULL;
    if (found) {
        messages(s, o, seen);
        findings(s, o, found);
    }
    json_decref(seen);
    json_decref(found);
}

/* ---- all of them ---- */

static bool asked_for(const struct keeper *k, const char *id)
{
    bool in = k->o->n_only == 0;
    for (size_t i = 0; i < k->o->n_only; i++)
        in |= strcmp(k->o->only[i], id) == 0;
    return in;
}

static void fill_one(struct one *o, const struct keeper *k, const json_t *run)
{
    *o = (struct one){.json = run, .began_ms = monotonic_ms()};
    o->info.id = (char *)(uintptr_t)text_of(run, "id");
    o->info.title = (char *)(uintptr_t)text_of(run, "title");
    o->info.suite = (char *)(uintptr_t)k->c->column;
    o->info.file = "scenarios/interop";
    o->info.kind = 'V';
    o->run = (struct case_run){.c = &o->info, .transport = text_of(run, "transport"), .family = 4};
    snprintf(o->run.id, sizeof o->run.id, "%s", o->info.id);
    snprintf(o->pcap, sizeof o->pcap, "%s.pcapng", o->info.id);
}

static bool load_expected(struct serving *s, json_t *runs)
{
    static struct case_info infos[64];
    struct cases all = {.v = infos};
    char path[4400];
    json_t *run;
    size_t i;

    json_array_foreach(runs, i, run) if (all.n < COUNT(infos)) infos[all.n++] =
        (struct case_info){.id = (char *)(uintptr_t)text_of(run, "id")};
    snprintf(path, sizeof path, "%s/scenarios/peers/%s/known-serve.json", s->k->o->share,
             s->k->c->peer);
    if (access(path, R_OK) != 0 || expect_load(&s->expect, path, &all))
        return true;
    keeper_say(s->k, EXIT_USAGE, "%s", s->expect.error);
    return false;
}

static bool draw(struct serving *s)
{
    struct report_error e;
    struct run run;
    char path[4300], templates[4300];
    bool good;

    snprintf(path, sizeof path, "%s/run.jsonl", s->k->dir);
    if (!run_read(&run, path))
        return false;
    snprintf(path, sizeof path, "%s/report.html", s->k->dir);
    snprintf(templates, sizeof templates, "%s/reports", s->k->o->share);
    good = report_html_file(&run, path, templates, &e);
    run_free(&run);
    return good;
}

void interop_serve(struct keeper *k)
{
    static struct serving s;
    static struct one o;
    json_t *runs = json_object_get(k->c->json, "runs"), *run;
    struct profile profile;
    char path[4300], err[512], root[4300];
    size_t i, ran = 0;

    s = (struct serving){.k = k, .began_ms = monotonic_ms()};
    snprintf(root, sizeof root, "%s/scenarios", k->o->share);
    if (!profile_load(&profile, root, text_of(k->c->json, "profile"), err)) {
        keeper_say(k, EXIT_USAGE, "%s", err);
        return;
    }
    snprintf(path, sizeof path, "%s/run.jsonl", k->dir);
    if (!load_expected(&s, runs) || !record_open(&s.record, path)) {
        if (s.record.failed)
            keeper_say(k, EXIT_OWN_FAULT, "%s: %s", path, s.record.why);
        profile_free(&profile);
        return;
    }
    record_run(&s);
    json_array_foreach(runs, i, run)
    {
        if (s.stopped || !asked_for(k, text_of(run, "id")))
            continue;
        fill_one(&o, k, run);
        record_start(&s, &o);
        run_one(&s, &o, &profile);
        record_end(&s, &o);
        ran++;
    }
    int status = s.stopped ? EXIT_INTERRUPTED : ran ? status_of(&s) : EXIT_USAGE;
    record_summary(&s, status);
    record_close(&s.record);
    if (!s.stopped) /* then it is said already */
        keeper_say(k, status, "%s",
                   !ran                        ? "--only names no run of this cell"
                   : status == EXIT_UNEXPECTED ? "runs did not end as expected"
                                               : "");
    if (!draw(&s))
        keeper_note(k, "report.html cannot be drawn");
    expect_free(&s.expect);
    profile_free(&profile);
}
