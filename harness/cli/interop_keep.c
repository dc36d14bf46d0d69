/* harness/cli/interop_keep.c - the process that keeps one cell: the peer, the run, the end of both. */
#include <errno.h>
#include <ftw.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "harness/cli/interop.h"
#include "harness/core/clock.h"
#include "harness/drivers/place.h"
#include "harness/report/run.h"

enum { VERSION_MS = 10000, NET_MS = 10000, TEST_STOP_MS = 10000, WORDS = 48 };

/* ---- the result ---- */

static json_t *object(const struct interop_options *o, const struct interop_cell *c)
{
    char dir[4096], command[1024];
    size_t at;

    interop_folder(o, c, dir, sizeof dir);
    at = (size_t)snprintf(command, sizeof command, "rtclab interop %s/%s", c->row, c->column);
    for (size_t i = 0; i < o->n_only && at < sizeof command; i++)
        at += (size_t)snprintf(command + at, sizeof command - at, " --only %s", o->only[i]);
    if (at < sizeof command)
        snprintf(command + at, sizeof command - at, " --seed %llu", (unsigned long long)o->seed);
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:i, s:s, s:[]}", "type",
                     "cell", "protocol", c->protocol, "row", c->row, "peer", c->peer, "column",
                     c->column, "title", json_string_value(json_object_get(c->json, "title")),
                     "version", "", "command", command, "run", dir, "exit", EXIT_OWN_FAULT, "why",
                     "", "notes");
}

json_t *interop_lost(const struct interop_options *o, const struct interop_cell *c, int status,
                     const char *why)
{
    json_t *j = object(o, c);
    json_object_set_new(j, "exit", json_integer(status));
    json_object_set_new(j, "why", json_stringn_nocheck(why, strlen(why)));
    return j;
}

static json_t *text(const char *s)
{
    json_t *j = json_string(s);
    return j ? j : json_string("(no UTF-8)");
}

void keeper_say(struct keeper *k, int status, const char *format, ...)
{
    char why[700];
    va_list ap;

    va_start(ap, format);
    vsnprintf(why, sizeof why, format, ap);
    va_end(ap);
    json_object_set_new(k->result, "exit", json_integer(status));
    json_object_set_new(k->result, "why", text(why));
}

void keeper_note(struct keeper *k, const char *format, ...)
{
    char what[512];
    va_list ap;

    va_start(ap, format);
    vsnprintf(what, sizeof what, format, ap);
    va_end(ap);
    json_array_append_new(json_object_get(k->result, "notes"), text(what));
}

void keeper_blame(struct keeper *k, enum wake w, const char *doing)
{
    int s = k->peer_status;

    if (w == WAKE_STOP)
        keeper_say(k, EXIT_INTERRUPTED, "interrupted while %s", doing);
    else if (w == WAKE_LATE)
        keeper_say(k, EXIT_INTERRUPTED, "stopped while %s: the limit of %g s for a cell is over",
                   doing, k->o->cell_s);
    else if (w == WAKE_DIED)
        keeper_say(k, EXIT_UNEXPECTED, "the peer ended while %s: %s %d", doing,
                   WIFSIGNALED(s) ? "signal" : "exit status",
                   WIFSIGNALED(s) ? WTERMSIG(s) : WEXITSTATUS(s));
}

/* ---- the run's figures, read back from its record ---- */

static void figures(struct keeper *k)
{
    static const char *const names[STATUS_N] = {"pass",       "fail",  "inconc", "error", "skip",
                                                "non_strict", "xfail", "xpass",  "flaky"};
    struct run run;
    char path[4200];

    snprintf(path, sizeof path, "%s/run.jsonl", k->dir);
    if (access(path, R_OK) != 0 || !run_read(&run, path))
        return;
    json_object_set_new(k->result, "cases", json_integer((json_int_t)run.cases_n));
    json_object_set_new(k->result, "checks", json_integer((json_int_t)run.checks_n));
    json_object_set_new(k->result, "wall_us", json_integer((json_int_t)run.wall_us));
    for (size_t i = 0; i < STATUS_N; i++)
        json_object_set_new(k->result, names[i], json_integer((json_int_t)run.counts[i]));
    run_free(&run);
}

/* ---- what is known of the peer ---- */

/* scenarios/peers/PEER/NAME; in a buffer that the next call but three writes again. */
static const char *peer_file(const struct keeper *k, const char *name)
{
    static char paths[4][4400];
    static unsigned next;
    char *path = paths[next++ % COUNT(paths)];

    snprintf(path, sizeof paths[0], "%s/scenarios/peers/%s/%s", k->o->share, k->c->peer, name);
    return path;
}

/* Its version, in the first line of what its `version` prints. False: it cannot run here. */
static bool version(struct keeper *k)
{
    char *argv[] = {(char *)(uintptr_t)peer_file(k, "version"), NULL};
    int status = 0;
    char line[160] = "", path[4200];

    if (access(argv[0], X_OK) != 0) {
        keeper_say(k, EXIT_USAGE, "there is no peer '%s': %s cannot be run", k->c->peer, argv[0]);
        return false;
    }
    pid_t pid = keeper_spawn(k, argv, "version.txt", "version.err");
    enum wake w = keeper_await(k, pid, VERSION_MS, &status);
    if (w != WAKE_ENDED) {
        keeper_stop(k, pid, SIGKILL, 0);
        keeper_blame(k, w, "asking for the peer's version");
        if (w == WAKE_LATE)
            keeper_say(k, EXIT_UNREACHED, "the peer's 'version' did not end within %d s",
                       VERSION_MS / 1000);
        return false;
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SKIPPED) {
        keeper_say(k, EXIT_SKIPPED, "%s", keeper_last_line(k, "version.err"));
        return false;
    }
    if (status != 0) {
        keeper_say(k, EXIT_UNREACHED, "the peer's 'version' failed: %s",
                   keeper_last_line(k, "version.err"));
        return false;
    }
    snprintf(path, sizeof path, "%s/version.txt", k->dir);
    FILE *f = fopen(path, "re");
    if (f && fgets(line, sizeof line, f))
        line[strcspn(line, "\r\n")] = '\0';
    if (f)
        fclose(f);
    json_object_set_new(k->result, "version", text(line));
    return true;
}

/* Entries of known.json that are about other versions are said: they may be out of date. */
static void known(struct keeper *k)
{
    const char *path = peer_file(k, "known.json");
    const char *mine = json_string_value(json_object_get(k->result, "version"));
    json_t *list = json_load_file(path, 0, NULL), *e, *v;
    size_t i, n, other = 0;

    json_array_foreach(list, i, e)
    {
        const json_t *versions = json_object_get(e, "versions");
        bool fits = !versions || json_array_size(versions) == 0;
        json_array_foreach((json_t *)(uintptr_t)versions, n, v) fits |=
            json_is_string(v) && strcmp(json_string_value(v), mine) == 0;
        other += !fits;
    }
    json_object_set_new(k->result, "known", json_integer((json_int_t)json_array_size(list)));
    if (other)
        keeper_note(k, "%zu of the %zu known deviations were seen with another version than %s",
                    other, json_array_size(list), mine);
    json_decref(list);
}

/* ---- starting ---- */

static bool lease(struct keeper *k, size_t cell)
{
    json_t *names = json_object_get(k->c->json, "ports"), *name;
    unsigned at = k->o->port_base + (unsigned)cell * INTEROP_PORTS;
    unsigned end = at + INTEROP_PEER_PORTS;
    size_t i;

    k->base = (uint16_t)at;
    json_array_foreach(names, i, name)
    {
        char number[16];
        while (at < end && !place_port_free((uint16_t)at))
            at++;
        if (at == end || !json_is_string(name)) {
            keeper_say(k, EXIT_UNREACHED, "no port from %u to %u is free", (unsigned)k->base,
                       end - 1);
            return false;
        }
        snprintf(number, sizeof number, "%u", at++);
        setenv(json_string_value(name), number, 1);
    }
    return true;
}

static void environment(struct keeper *k)
{
    char path[4400];
    const char *name;
    json_t *v;

    setenv("PEER_HOST", "127.0.0.1", 1);
    if (chdir(k->o->share) != 0) /* profiles name what they run from there */
        keeper_note(k, "%s cannot be entered: %s", k->o->share, strerror(errno));
    snprintf(path, sizeof path, "%s/peer", k->dir);
    mkdir(path, 0777);
    setenv("PEER_RUN", path, 1);
    setenv("PEER_LOG", path, 1);
    setenv("RTCLAB", k->o->program, 1);
    snprintf(path, sizeof path, "%s/scenarios/peers", k->o->share);
    setenv("RTCLAB_PEERS", path, 1);
    snprintf(path, sizeof path, "%s", k->o->program);
    *strrchr(path, '/') = '\0';
    setenv("RTCLAB_BIN", path,
           1); /* where this program stands, and peers/ that were built with it */
    json_object_foreach(json_object_get(k->c->json, "env"), name, v) if (json_is_string(v))
        setenv(name, json_string_value(v), 1);
}

/* A namespace, and in it what scenarios/peers/net.sh adds to the loopback. */
static bool settle(struct keeper *k)
{
    char why[128], *argv[2] = {NULL, NULL}, path[4400];
    int status;

    if (k->o->loopback || !place_enter(why)) {
        json_object_set_new(k->result, "place", json_string("loopback"));
        if (!k->o->loopback)
            keeper_note(k, "on the loopback of the machine: %s", why);
        return true;
    }
    json_object_set_new(k->result, "place", json_string("namespace"));
    prctl(PR_SET_PDEATHSIG, SIGTERM); /* a new user namespace has cleared it */
    if (getppid() != k->parent)
        k->told = true;
    snprintf(path, sizeof path, "%s/scenarios/peers/net.sh", k->o->share);
    argv[0] = path;
    if (access(path, X_OK) != 0)
        return true;
    pid_t pid = keeper_spawn(k, argv, "net.txt", NULL);
    enum wake w = keeper_await(k, pid, NET_MS, &status);
    if (w != WAKE_ENDED)
        keeper_stop(k, pid, SIGKILL, 0);
    if (w == WAKE_STOP) {
        keeper_blame(k, w, "making a namespace");
        return false;
    }
    if (w != WAKE_ENDED || status != 0)
        keeper_note(k, "the namespace has a loopback only: %s", keeper_last_line(k, "net.txt"));
    return true;
}

/* The peer listens wherever the cell says that it does, and its `ready` says so too. */
static enum wake await_ports(struct keeper *k, uint64_t end_ms)
{
    const char *name;
    json_t *list, *transport;
    size_t i;

    json_object_foreach(json_object_get(k->c->json, "listens"), name, list)
    {
        const char *port = getenv(name);
        json_array_foreach(list, i, transport)
        {
            uint64_t now = monotonic_ms();
            enum wake w =
                keeper_listens(k, json_string_value(transport), (uint16_t)(port ? atoi(port) : 0),
                               now < end_ms ? end_ms - now : 0);
            if (w != WAKE_ENDED)
                return w;
        }
    }
    return WAKE_ENDED;
}

static enum wake await_ready(struct keeper *k, uint64_t end_ms)
{
    char *argv[] = {(char *)(uintptr_t)peer_file(k, "ready"), NULL};
    enum wake w = await_ports(k, end_ms);

    while (w == WAKE_ENDED && access(argv[0], X_OK) == 0) {
        uint64_t now = monotonic_ms();
        int status = 1;
        pid_t pid = keeper_spawn(k, argv, "ready.txt", NULL);
        w = keeper_await(k, pid, now < end_ms ? end_ms - now : 0, &status);
        if (w != WAKE_ENDED)
            keeper_stop(k, pid, SIGKILL, 0);
        else if (status == 0)
            break;
        else if ((w = keeper_await(k, 0, 50, NULL)) == WAKE_LATE)
            w = monotonic_ms() < end_ms ? WAKE_ENDED : WAKE_LATE;
    }
    return w;
}

static bool start_peer(struct keeper *k)
{
    char *argv[] = {(char *)(uintptr_t)peer_file(k, "start.sh"), NULL};
    int s;

    if (!json_object_get(k->c->json, "target"))
        return true;
    k->watch_peer = true;
    k->peer_gone = false;
    if ((k->peer = keeper_spawn(k, argv, "start.txt", NULL)) == 0) {
        keeper_say(k, EXIT_UNREACHED, "%s cannot be started", argv[0]);
        return false;
    }
    enum wake w = await_ready(k, monotonic_ms() + (uint64_t)(k->o->start_s * 1000));
    s = k->peer_status;
    if (w == WAKE_ENDED)
        return true;
    if (w == WAKE_DIED && WIFEXITED(s) && WEXITSTATUS(s) == EXIT_SKIPPED)
        keeper_say(k, EXIT_SKIPPED, "%s", keeper_last_line(k, "start.txt"));
    else if (w == WAKE_DIED)
        keeper_say(k, EXIT_UNREACHED, "the peer ended before it listened (%s %d): %s",
                   WIFSIGNALED(s) ? "signal" : "exit status",
                   WIFSIGNALED(s) ? WTERMSIG(s) : WEXITSTATUS(s), keeper_last_line(k, "start.txt"));
    else if (w == WAKE_LATE)
        keeper_say(k, EXIT_UNREACHED, "the peer did not listen within %g s: %s", k->o->start_s,
                   keeper_last_line(k, "start.txt"));
    else
        keeper_blame(k, w, "starting the peer");
    return false;
}

/* ---- the suite ---- */

struct words {
    char *v[WORDS];
    size_t n;
};

static void word(struct words *w, const char *s)
{
    if (w->n < WORDS - 1)
        w->v[w->n++] = (char *)(uintptr_t)s;
}

static void option(struct words *w, const char *name, const char *value)
{
    word(w, name);
    word(w, value);
}

static void run_suite(struct keeper *k)
{
    const struct interop_options *o = k->o;
    const char *profile = json_string_value(json_object_get(k->c->json, "profile"));
    const char *target = json_string_value(json_object_get(k->c->json, "target"));
    char url[256], base[16], seed[24], again[600];
    struct words w = {{(char *)(uintptr_t)o->program, NULL}, 1};
    json_t *list = json_object_get(k->c->json, "select"), *v;
    int status = 0;
    size_t i;

    word(&w, "test");
    for (i = 0; i < o->n_only; i++)
        word(&w, o->only[i]);
    if (o->n_only == 0) {
        json_array_foreach(list, i, v) word(&w, json_string_value(v));
    }
    option(&w, "--profile", profile);
    option(&w, "--out", k->dir);
    snprintf(base, sizeof base, "%u", (unsigned)k->base + INTEROP_PEER_PORTS);
    option(&w, "--port-base", base);
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)o->seed);
    option(&w, "--seed", seed);
    snprintf(again, sizeof again, "rtclab interop %s/%s --only", k->c->row, k->c->column);
    option(&w, "--rerun-as", again);
    if (target) {
        if (!keeper_fill(target, "", url, sizeof url)) {
            keeper_say(k, EXIT_USAGE, "the cell's target is too long: %s", target);
            return;
        }
        option(&w, "--target", url);
    }
    if (access(peer_file(k, "known.json"), R_OK) == 0)
        option(&w, "--expect", peer_file(k, "known.json"));
    pid_t pid = keeper_spawn(k, w.v, "test.txt", "test.err");
    if (pid == 0) {
        keeper_say(k, EXIT_OWN_FAULT, "%s cannot be started", o->program);
        return;
    }
    enum wake wk = keeper_await(k, pid, UINT64_MAX, &status);
    if (wk != WAKE_ENDED) {
        keeper_stop(k, pid, SIGINT, TEST_STOP_MS);
        keeper_blame(k, wk, "the cases ran");
        return;
    }
    const char *said = keeper_last_line(k, "test.err");
    keeper_say(k, WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_OWN_FAULT, "%s", said);
    if (WIFSIGNALED(status))
        keeper_say(k, EXIT_OWN_FAULT, "rtclab test died of signal %d", WTERMSIG(status));
    else if (WEXITSTATUS(status) == EXIT_UNEXPECTED && !said[0])
        keeper_say(k, EXIT_UNEXPECTED, "cases did not end as expected");
    else if (WEXITSTATUS(status) == EXIT_SKIPPED && !said[0])
        keeper_say(k, EXIT_SKIPPED, "no case applies");
    if (k->watch_peer && k->peer_gone)
        keeper_blame(k, WAKE_DIED, "the cases ran");
}

/* ---- all of it ---- */

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    (void)st;
    (void)kind;
    (void)at;
    return remove(path);
}

/* An empty folder for the cell. One that holds something else than an earlier cell is left alone. */
static bool make_folder(struct keeper *k)
{
    char mark[4200];

    snprintf(mark, sizeof mark, "%s/cell.json", k->dir);
    if (access(mark, F_OK) == 0)
        nftw(k->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
    if (mkdir(k->dir, 0777) == 0 ||
        (errno == EEXIST && rmdir(k->dir) == 0 && mkdir(k->dir, 0777) == 0))
        return true;
    keeper_say(k, EXIT_OWN_FAULT, "the folder %s cannot be made anew: %s", k->dir, strerror(errno));
    return false;
}

static void run_cell(struct keeper *k, size_t i)
{
    environment(k);
    if (!version(k))
        return;
    known(k);
    if (!settle(k) || !lease(k, i) || !start_peer(k))
        return;
    if (json_object_get(k->c->json, "runs"))
        interop_serve(k);
    else
        run_suite(k);
}

static void end_peer(struct keeper *k)
{
    if (!k->peer || k->peer_gone)
        return;
    k->watch_peer = false;
    if (!keeper_stop(k, k->peer, SIGTERM, (uint64_t)(k->o->stop_s * 1000)))
        keeper_note(k, "the peer did not stop within %g s of SIGTERM and was killed", k->o->stop_s);
}

void interop_keep(const struct interop_options *o, const struct interop_cell *c, size_t i,
                  pid_t parent)
{
    static struct keeper k;
    char path[4200];

    k = (struct keeper){.o = o, .c = c, .parent = parent, .result = object(o, c)};
    k.due_ms = monotonic_ms() + (uint64_t)(o->cell_s * 1000);
    interop_folder(o, c, k.dir, sizeof k.dir);
    setpgid(0, 0); /* an interrupt from the terminal is for the parent, which tells us */
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    if (make_folder(&k)) {
        snprintf(path, sizeof path, "%s/cell.json", k.dir);
        json_dump_file(k.result, path, 0); /* also marks the folder as ours, whatever comes */
        prctl(PR_SET_PDEATHSIG, SIGTERM);
        if (getppid() == parent)
            run_cell(&k, i);
        end_peer(&k);
        keeper_stop(&k, 0, SIGKILL, 0); /* whatever is left */
        figures(&k);
        json_dump_file(k.result, path, 0);
    } else { /* nowhere to leave it: said here, and the parent sees that there is none */
        cli_error("interop", "%s", json_string_value(json_object_get(k.result, "why")));
    }
    json_decref(k.result);
    _exit(0);
}
