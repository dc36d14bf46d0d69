/* harness/script/pool.c - a worker process for each case in flight. A worker that dies or hangs takes
 * no other case with it, and the one that did it is known at once. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "harness/script/script.h"

static volatile sig_atomic_t interrupted;

static void on_signal(int sig)
{
    (void)sig;
    interrupted = 1;
}

struct worker {
    pid_t pid;
    int fd;
    size_t i;
    uint64_t started_us, limit_us;
    size_t got;
    struct case_result r;
};

static uint64_t now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static void write_all(int fd, const void *p, size_t n)
{
    for (size_t at = 0; at < n;) {
        ssize_t k = write(fd, (const char *)p + at, n - at);
        if (k <= 0 && errno != EINTR)
            return;
        at += k > 0 ? (size_t)k : 0;
    }
}

static bool start(struct worker *w, const struct run_options *o, const struct case_run *run,
                  unsigned slot)
{
    int pipes[2];
    static struct case_result r;

    if (pipe(pipes) != 0)
        return false;
    fflush(NULL);
    w->pid = fork();
    if (w->pid == 0) {
        struct case_run mine = *run;
        signal(SIGINT, SIG_DFL);
        signal(SIGTERM, SIG_DFL);
        close(pipes[0]);
        mine.slot = slot;
        case_execute(o, &mine, &r);
        write_all(pipes[1], &r, sizeof r);
        _exit(0);
    }
    close(pipes[1]);
    w->fd = pipes[0];
    w->got = 0;
    w->started_us = now_us();
    bool slow = false;
    for (size_t k = 0; k < CASE_NEEDS && run->c->tags[k]; k++)
        slow |= strcmp(run->c->tags[k], "slow") == 0;
    w->limit_us = (uint64_t)((slow && o->live ? 4000e3 : CASE_SILENT_MS) * 1000.0 *
                             (o->live ? 7 * o->scale : 1));
    if (w->pid < 0) {
        close(pipes[0]);
        return false;
    }
    return true;
}

/* The worker is gone without a result: that is the harness's fault, or the case's. */
static void died(struct worker *w, const struct case_run *run, bool hung, int status)
{
    w->r = (struct case_result){.verdict = VERDICT_ERROR, .status = STATUS_ERROR};
    w->r.wall_us = now_us() - w->started_us;
    if (hung)
        snprintf(w->r.why, sizeof w->r.why, "%s:%d: the case gave no sign of life for %llu s",
                 run->c->file, run->c->line, (unsigned long long)(w->limit_us / 1000000));
    else if (WIFSIGNALED(status))
        snprintf(w->r.why, sizeof w->r.why, "%s:%d: the worker died of signal %d", run->c->file,
                 run->c->line, WTERMSIG(status));
    else
        snprintf(w->r.why, sizeof w->r.why, "%s:%d: the worker ended with status %d", run->c->file,
                 run->c->line, WEXITSTATUS(status));
}

/* True: the worker has ended and w->r holds what came of it. */
static bool attend(struct worker *w, const struct case_run *run, bool readable)
{
    int status = 0;
    bool hung = now_us() - w->started_us > w->limit_us;

    if (readable) {
        ssize_t n = read(w->fd, (char *)&w->r + w->got, sizeof w->r - w->got);
        if (n > 0) {
            w->got += (size_t)n;
            if (w->got < sizeof w->r)
                return false;
        } else if (n < 0 && errno == EINTR) {
            return false;
        }
    } else if (!hung) {
        return false;
    }
    if (hung && w->got < sizeof w->r)
        kill(w->pid, SIGKILL);
    while (waitpid(w->pid, &status, 0) < 0 && errno == EINTR)
        ;
    close(w->fd);
    if (w->got < sizeof w->r)
        died(w, run, hung, status);
    w->pid = 0;
    return true;
}

struct pool {
    const struct run_options *o;
    const struct pool_options *p;
    const struct case_run *runs;
    struct case_result *results;
    struct worker *workers;
    unsigned *tries;
    size_t next, finished, n;
    bool stop;
};

static bool unexpected(enum status s)
{
    return s == STATUS_FAIL || s == STATUS_INCONC || s == STATUS_ERROR;
}

static void finished(struct pool *pl, struct worker *w, unsigned slot)
{
    size_t i = w->i;
    bool again = unexpected(w->r.status) && pl->tries[i] < pl->p->retries && !interrupted;

    pl->tries[i]++;
    if (again && start(w, pl->o, &pl->runs[i], slot)) {
        pl->results[i] = w->r;
        return;
    }
    bool failed_before = pl->tries[i] > 1;
    pl->results[i] = w->r;
    if (failed_before && w->r.status == STATUS_PASS) {
        pl->results[i].status = STATUS_FLAKY;
        snprintf(pl->results[i].why, sizeof pl->results[i].why, "passed at try %u only",
                 pl->tries[i]);
    }
    pl->finished++;
    pl->stop |= pl->p->fail_fast && unexpected(w->r.status);
    if (pl->p->done)
        pl->p->done(pl->p->ctx, i, &pl->results[i]);
}

static void fill(struct pool *pl)
{
    for (unsigned s = 0; s < pl->p->jobs && !pl->stop && !interrupted; s++) {
        struct worker *w = &pl->workers[s];
        if (w->pid || pl->next >= pl->n)
            continue;
        w->i = pl->next++;
        if (!start(w, pl->o, &pl->runs[w->i], s)) {
            died(w, &pl->runs[w->i], false, 1 << 8);
            w->pid = 0;
            finished(pl, w, s);
        }
    }
}

static bool busy(const struct pool *pl)
{
    for (unsigned s = 0; s < pl->p->jobs; s++)
        if (pl->workers[s].pid)
            return true;
    return false;
}

static void end_all(struct pool *pl)
{
    for (unsigned s = 0; s < pl->p->jobs; s++) {
        struct worker *w = &pl->workers[s];
        if (!w->pid)
            continue;
        kill(w->pid, SIGKILL);
        waitpid(w->pid, NULL, 0);
        close(w->fd);
        w->pid = 0;
    }
}

static void watch(struct pool *pl)
{
    struct pollfd fds[256];
    unsigned slots[256], n = 0;

    for (unsigned s = 0; s < pl->p->jobs; s++)
        if (pl->workers[s].pid) {
            fds[n] = (struct pollfd){.fd = pl->workers[s].fd, .events = POLLIN};
            slots[n++] = s;
        }
    if (poll(fds, n, 200) < 0)
        return;
    for (unsigned k = 0; k < n; k++) {
        struct worker *w = &pl->workers[slots[k]];
        if (attend(w, &pl->runs[w->i], fds[k].revents != 0))
            finished(pl, w, slots[k]);
    }
}

size_t pool_run(const struct run_options *o, const struct pool_options *p,
                const struct case_run *runs, struct case_result *results, size_t n)
{
    struct pool_options opts = *p;
    opts.jobs = opts.jobs < 1 ? 1 : opts.jobs > 256 ? 256 : opts.jobs;
    struct pool pl = {o, &opts, runs, results, NULL, NULL, 0, 0, n, false};
    struct sigaction act = {.sa_handler = on_signal}, was_int, was_term;

    pl.workers = calloc(opts.jobs, sizeof *pl.workers);
    pl.tries = calloc(n ? n : 1, sizeof *pl.tries);
    interrupted = 0;
    sigaction(SIGINT, &act, &was_int);
    sigaction(SIGTERM, &act, &was_term);
    if (pl.workers && pl.tries) {
        fill(&pl);
        while (busy(&pl) && !interrupted) {
            watch(&pl);
            fill(&pl);
        }
        end_all(&pl);
    }
    sigaction(SIGINT, &was_int, NULL);
    sigaction(SIGTERM, &was_term, NULL);
    free(pl.workers);
    free(pl.tries);
    return pl.finished;
}
