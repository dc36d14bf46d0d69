/* harness/cli/cmd_interop.c - rtclab interop: third parties' programs, the matrix of them. */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "harness/cli/interop.h"
#include "harness/cli/plan.h"
#include "harness/report/interop.h"

struct job {
    struct cli cli;
    struct interop_options o;
    struct interop_plan plan;
    const char *out;
    char program[PATH_MAX], share[PATH_MAX];
    bool list, interrupted;
    pid_t *keepers; /* by cell; 0: not started, -1: ended */
    json_t *results;
};

static const char help[] =
    "usage: rtclab interop [PEER|PROTOCOL|ROW/COLUMN...] [OPTION...]\n\n"
    "Runs what scenarios/interop/ says between rtclab and third parties' programs "
    "(scenarios/peers/),\n"
    "each cell in a network namespace of its own where the machine lets us, and draws the "
    "matrix.\n\n"
    "  --list              the cells there are\n"
    "  --only CASE         of a cell's cases this one alone; may be repeated\n"
    "  --out DIR           results (default rtclab-interop): matrix.html, and a folder a cell "
    "with\n"
    "                      run.jsonl, report.html, captures and the peer's logs\n"
    "  --jobs N            cells in flight (default 4)\n"
    "  --start-limit S     a peer that does not listen after S seconds did not come up (default "
    "60)\n"
    "  --stop-limit S      a peer that does not end S seconds after SIGTERM is killed (default 5)\n"
    "  --cell-limit S      a cell that takes longer is stopped (default 600)\n"
    "  --port-base N       the cells' ports begin here (default 28000)\n"
    "  --loopback          no namespaces: everything on the machine's loopback\n"
    "\n"
    "Exit status, by precedence: 5 interrupted or stopped at a limit, 4 rtclab's own fault, 3 a "
    "peer\n"
    "did not come up, 1 cases not as expected or a peer that died, 2 usage, 77 all skipped "
    "(nothing\n"
    "of what they need is installed), 0 as expected.\n\n"
    "examples:\n"
    "  rtclab interop                                  everything\n"
    "  rtclab interop stun --json\n"
    "  rtclab interop '*/own-server'                   every client against our own server\n"
    "  rtclab interop coturn --only stun-server-009    one case with coturn\n";

enum { O_LIST = 2000, O_ONLY, O_OUT, O_JOBS, O_START, O_STOP, O_CELL, O_PORT, O_LOOPBACK };

static const struct option options[] = {
    CLI_OPTIONS,
    {"list", no_argument, NULL, O_LIST},
    {"only", required_argument, NULL, O_ONLY},
    {"out", required_argument, NULL, O_OUT},
    {"jobs", required_argument, NULL, O_JOBS},
    {"start-limit", required_argument, NULL, O_START},
    {"stop-limit", required_argument, NULL, O_STOP},
    {"cell-limit", required_argument, NULL, O_CELL},
    {"port-base", required_argument, NULL, O_PORT},
    {"loopback", no_argument, NULL, O_LOOPBACK},
    {0},
};

static bool whole(const char *option, const char *arg, unsigned least, unsigned most, unsigned *out)
{
    uint64_t v;
    if (!span_uint(span_of(arg), &v) || v < least || v > most) {
        cli_error("interop", "%s wants a number from %u to %u, not '%s'", option, least, most, arg);
        return false;
    }
    *out = (unsigned)v;
    return true;
}

static bool seconds(const char *option, const char *arg, double *out)
{
    char *end;
    *out = strtod(arg, &end);
    if (end != arg && *end == '\0' && *out > 0 && *out <= 86400)
        return true;
    cli_error("interop", "%s wants seconds, above 0 and up to 86400, not '%s'", option, arg);
    return false;
}

static bool take(struct job *j, int opt, const char *arg)
{
    switch (opt) {
    case O_LIST:
        return j->list = true;
    case O_ONLY:
        if (j->o.n_only == COUNT(j->o.only)) {
            cli_error("interop", "--only is taken %zu times at most", COUNT(j->o.only));
            return false;
        }
        j->o.only[j->o.n_only++] = arg;
        return true;
    case O_OUT:
        j->out = arg;
        return true;
    case O_JOBS:
        return whole("--jobs", arg, 1, 64, &j->o.jobs);
    case O_START:
        return seconds("--start-limit", arg, &j->o.start_s);
    case O_STOP:
        return seconds("--stop-limit", arg, &j->o.stop_s);
    case O_CELL:
        return seconds("--cell-limit", arg, &j->o.cell_s);
    case O_PORT:
        return whole("--port-base", arg, 1024, 50000, &j->o.port_base);
    case O_LOOPBACK:
        return j->o.loopback = true;
    default:
        return false;
    }
}

void interop_folder(const struct interop_options *o, const struct interop_cell *c, char *to,
                    size_t cap)
{
    snprintf(to, cap, "%.3800s/%.100s.%.100s", o->out, c->row, c->column);
}

/* ---- the cells, each with its keeper ---- */

static size_t running(const struct job *j)
{
    size_t n = 0;
    for (size_t i = 0; i < j->plan.n; i++)
        n += j->keepers[i] > 0;
    return n;
}

static void say_done(const struct job *j)
{
    size_t done = 0;
    for (size_t i = 0; i < j->plan.n; i++)
        done += j->keepers[i] < 0;
    if (!j->cli.quiet && !j->cli.json && isatty(STDERR_FILENO))
        fprintf(stderr, "\r%zu of %zu cells", done, j->plan.n);
}

static void collect(struct job *j, size_t i, int status)
{
    const struct interop_cell *c = &j->plan.v[i];
    char path[4300], why[128];

    interop_folder(&j->o, c, path, sizeof path - 16);
    strcat(path, "/cell.json");
    json_t *result = status == 0 ? json_load_file(path, 0, NULL) : NULL;
    if (!result) {
        if (WIFSIGNALED(status))
            snprintf(why, sizeof why, "the cell's keeper died of signal %d", WTERMSIG(status));
        else
            snprintf(why, sizeof why, "the cell's keeper left no result");
        result = interop_lost(&j->o, c, EXIT_OWN_FAULT, why);
    }
    json_array_set_new(j->results, i, result);
    j->keepers[i] = -1;
    say_done(j);
}

static void start(struct job *j, size_t i)
{
    fflush(NULL);
    pid_t self = getpid(), pid = fork();
    if (pid == 0)
        interop_keep(&j->o, &j->plan.v[i], i, self);
    if (pid > 0) {
        setpgid(pid, pid); /* as it does itself: whichever is first */
        j->keepers[i] = pid;
        return;
    }
    json_array_set_new(j->results, i,
                       interop_lost(&j->o, &j->plan.v[i], EXIT_OWN_FAULT, strerror(errno)));
    j->keepers[i] = -1;
}

static void reap(struct job *j)
{
    pid_t pid;
    int status;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
        for (size_t i = 0; i < j->plan.n; i++)
            if (j->keepers[i] == pid)
                collect(j, i, status);
}

/* Tell every keeper; those that have not begun never do. */
static void interrupt(struct job *j)
{
    j->interrupted = true;
    for (size_t i = 0; i < j->plan.n; i++)
        if (j->keepers[i] > 0) {
            kill(j->keepers[i], SIGTERM);
        } else if (j->keepers[i] == 0) {
            json_array_set_new(
                j->results, i,
                interop_lost(&j->o, &j->plan.v[i], EXIT_INTERRUPTED, "not begun: interrupted"));
            j->keepers[i] = -1;
        }
}

static void run_cells(struct job *j)
{
    sigset_t set;
    size_t next = 0;

    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    sigprocmask(SIG_BLOCK, &set, NULL); /* keepers inherit it, what they start does not */
    for (size_t i = 0; i < j->plan.n; i++)
        json_array_append_new(j->results, json_null());
    for (;;) {
        while (!j->interrupted && next < j->plan.n && running(j) < j->o.jobs)
            start(j, next++);
        if (running(j) == 0)
            break;
        int sig = sigwaitinfo(&set, NULL);
        if (sig == SIGINT || sig == SIGTERM || sig == SIGHUP)
            interrupt(j);
        reap(j);
    }
    sigprocmask(SIG_UNBLOCK, &set, NULL);
    if (!j->cli.quiet && !j->cli.json && isatty(STDERR_FILENO))
        fputs("\r                    \r", stderr);
}

/* ---- what comes of it ---- */

static int exit_status(const struct job *j)
{
    static const int order[] = {EXIT_INTERRUPTED, EXIT_OWN_FAULT, EXIT_UNREACHED, EXIT_UNEXPECTED,
                                EXIT_USAGE};
    size_t i, k, skipped = 0;
    json_t *c;

    if (j->interrupted)
        return EXIT_INTERRUPTED;
    for (k = 0; k < COUNT(order); k++)
        json_array_foreach(j->results, i, c)
        {
            if (json_integer_value(json_object_get(c, "exit")) == order[k])
                return order[k];
        }
    json_array_foreach(j->results, i, c) skipped +=
        json_integer_value(json_object_get(c, "exit")) == EXIT_SKIPPED;
    return skipped == json_array_size(j->results) ? EXIT_SKIPPED : EXIT_AS_EXPECTED;
}

static void say_json(const struct job *j, int status)
{
    size_t i;
    json_t *c;
    json_array_foreach(j->results, i, c)
    {
        json_dumpf(c, stdout, JSON_COMPACT);
        putchar('\n');
    }
    printf("{\"type\":\"summary\",\"cells\":%zu,\"interrupted\":%s,\"exit\":%d}\n",
           json_array_size(j->results), j->interrupted ? "true" : "false", status);
}

static int conclude(struct job *j)
{
    struct report_error e;
    char path[4300];
    int status = exit_status(j);

    snprintf(path, sizeof path, "%s/matrix.html", j->o.out);
    if (!report_interop_html_file(j->results, path, cli_share_path("reports"), &e)) {
        cli_error("interop", "%s", e.why);
        status = status == EXIT_INTERRUPTED ? status : EXIT_OWN_FAULT;
    }
    if (j->cli.json) {
        say_json(j, status);
    } else {
        report_interop(stdout, j->results, j->cli.color);
        printf("\nmatrix: %s\n", path);
    }
    return status;
}

static int list_cells(const struct job *j)
{
    for (size_t i = 0; i < j->plan.n; i++) {
        const struct interop_cell *c = &j->plan.v[i];
        const char *title = json_string_value(json_object_get(c->json, "title"));
        json_t *o = json_pack("{s:s, s:s, s:s, s:s, s:s}", "protocol", c->protocol, "row", c->row,
                              "peer", c->peer, "column", c->column, "title", title);
        if (j->cli.json) {
            json_dumpf(o, stdout, JSON_COMPACT);
            putchar('\n');
        } else {
            char name[256];
            snprintf(name, sizeof name, "%s/%s", c->row, c->column);
            printf("%-36s %s\n", name, title);
        }
        json_decref(o);
    }
    return EXIT_AS_EXPECTED;
}

/* The folder and those above it; o->out becomes its absolute path. */
static bool make_out(struct job *j)
{
    char path[PATH_MAX];

    snprintf(path, sizeof path, "%s", j->out);
    for (char *s = path; (s = strchr(s + 1, '/')) != NULL; *s = '/') {
        *s = '\0';
        mkdir(path, 0777);
    }
    mkdir(path, 0777);
    if (realpath(path, j->o.out) && access(j->o.out, W_OK) == 0)
        return true;
    cli_error("interop", "the folder %s cannot be made or written: %s", j->out, strerror(errno));
    return false;
}

static int run_all(struct job *j)
{
    ssize_t n = readlink("/proc/self/exe", j->program, sizeof j->program - 1);

    if (n <= 0 || !make_out(j))
        return EXIT_USAGE;
    j->program[n] = '\0';
    j->o.program = j->program;
    if (!j->cli.seeded)
        j->cli.seed = seed_fresh();
    j->o.seed = j->cli.seed;
    j->keepers = calloc(j->plan.n + 1, sizeof *j->keepers);
    j->results = json_array();
    if (!j->keepers || j->o.port_base + j->plan.n * INTEROP_PORTS > 65000) {
        cli_error("interop",
                  j->keepers ? "--port-base leaves no room for so many cells" : "no memory");
        return EXIT_USAGE;
    }
    run_cells(j);
    return conclude(j);
}

static int run_interop(int argc, char **argv)
{
    static struct job j;
    int opt, status;

    j = (struct job){
        .out = "rtclab-interop",
        .o = {.start_s = 60, .stop_s = 5, .cell_s = 600, .port_base = 28000, .jobs = 4}};
    cli_init(&j.cli);
    optind = 1;
    while ((opt = cli_getopt(&cmd_interop, argc, argv, CLI_SHORT, options)) != -1) {
        if (opt == 'h')
            return cli_help(&cmd_interop);
        int common = cli_option(&j.cli, opt, optarg);
        if (common < 0 || (common == 0 && !take(&j, opt, optarg)))
            return EXIT_USAGE;
    }
    j.o.share = cli_share() ? realpath(cli_share(), j.share) : NULL;
    if (!interop_plan(&j.plan, j.o.share, argv + optind, argc - optind))
        status = EXIT_USAGE;
    else
        status = j.list ? list_cells(&j) : run_all(&j);
    interop_plan_free(&j.plan);
    free(j.keepers);
    json_decref(j.results);
    return status;
}

const struct command cmd_interop = {"interop", "third parties' programs: the matrix of them",
                                    run_interop, help};
