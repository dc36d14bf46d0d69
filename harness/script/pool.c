/* harness/script/pool.c - a worker process for each case in flight. A worker that dies or hangs
 * takes no other case with it, and the one that did it is known at once.
 *
 * Live, each case has a process of its own. In sim a worker goes on to the next case as long as all goes
 * as expected: a process is a thousand page faults, a case in virtual time is microseconds. After
 * anything but a pass or a skip the next case starts afresh, so that what went wrong goes no further. */
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include "harness/core/clock.h"
#include "harness/script/script.h"

static volatile sig_atomic_t interrupted;

static void on_signal(int sig)
{
    (void)sig;
    interrupted = 1;
}

enum { RESERVED = 64 << 20 }; /* octets that a worker's heap keeps between cases */

struct worker {
    pid_t pid;  /* 0: there is no process */
    int to, fd; /* numbers of cases go in, results come out */
    bool busy;  /* with case i */
    size_t i;
    uint64_t started_us, limit_us;
    size_t got;
    struct case_result r;
};

static void write_all(int fd, const void *p, size_t n)
{
    for (size_t at = 0; at < n;) {
        ssize_t k = write(fd, (const char *)p + at, n - at);
        if (k > 0)
            at += (size_t)k;
        else if (k == 0 || errno != EINTR)
            return;
    }
}

struct pool {
    const struct run_options *o;
    const struct pool_options *p;
    const struct case_run *runs;
    struct case_result *results;
    struct worker *workers;
    unsigned *tries;
    pid_t *groups; /* shared with the workers: CASE_ASKED of each */
    size_t next, finished, n;
    bool stop, dead; /* dead: the IUT is */
};

static bool read_all(int fd, void *p, size_t n)
{
    for (size_t at = 0; at < n;) {
        ssize_t k = read(fd, (char *)p + at, n - at);
        if (k == 0 || (k < 0 && errno != EINTR))
            return false;
        at += k > 0 ? (size_t)k : 0;
    }
    return true;
}

/* Octets of a result that tell something: places of checks that it does not have are left out. */
static size_t told(const struct case_result *r)
{
    size_t n = r->n_kept < CASE_CHECKS ? r->n_kept : CASE_CHECKS;
    return offsetof(struct case_result, checks) + n * sizeof *r->checks;
}

/* In the worker. It ends when we do, and only we end it: an interrupt reaches us too. What a case frees
 * stays in its heap for the next. */
static void work(const struct pool *pl, unsigned slot, int in, int out)
{
    static struct case_result r;
    size_t i;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGINT, SIG_IGN);
    signal(SIGTERM, SIG_IGN);
    mallopt(M_MMAP_THRESHOLD, RESERVED);
    mallopt(M_TRIM_THRESHOLD, RESERVED);
    for (unsigned s = 0; s < pl->p->jobs; s++)
        if (pl->workers[s].pid && s != slot) {
            close(pl->workers[s].to);
            close(pl->workers[s].fd);
        }
    while (read_all(in, &i, sizeof i)) {
        struct case_run mine = pl->runs[i];
        mine.slot = slot;
        mine.groups = pl->groups + slot * CASE_ASKED;
        case_execute(pl->o, &mine, &r);
        write_all(out, &r, told(&r));
    }
    _exit(0);
}

static uint64_t limit_us(const struct pool *pl, const struct case_info *c)
{
    double ms = case_tagged(c, "slow") && pl->o->live ? 4000e3 : (double)CASE_SILENT_MS;
    if (pl->p->silent_s > 0)
        return (uint64_t)(pl->p->silent_s * 1e6);
    return (uint64_t)(ms * 1000.0 * (pl->o->live ? 7 * pl->o->scale : 1));
}

static bool new_worker(struct pool *pl, struct worker *w, unsigned slot)
{
    int in[2], out[2];

    if (pipe2(in, O_CLOEXEC) != 0)
        return false;
    if (pipe2(out, O_CLOEXEC) != 0) {
        close(in[0]);
        close(in[1]);
        return false;
    }
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        close(in[1]);
        close(out[0]);
        work(pl, slot, in[0], out[1]);
    }
    close(in[0]);
    close(out[1]);
    w->to = in[1];
    w->fd = out[0];
    if (pid < 0) {
        close(w->to);
        close(w->fd);
        return false;
    }
    w->pid = pid;
    return true;
}

static bool start(struct pool *pl, struct worker *w, unsigned slot)
{
    w->got = 0;
    w->started_us = monotonic_us();
    w->limit_us = limit_us(pl, pl->runs[w->i].c);
    memset(pl->groups + slot * CASE_ASKED, 0, CASE_ASKED * sizeof *pl->groups);
    if (!w->pid && !new_worker(pl, w, slot))
        return false;
    w->busy = true;
    write_all(w->to, &w->i, sizeof w->i);
    return true;
}

/* Reap a worker, and end the commands that it may have left running. Returns its wait status. */
static int reap(const struct pool *pl, struct worker *w, unsigned slot)
{
    int status = 0;

    close(w->to);
    while (waitpid(w->pid, &status, 0) < 0 && errno == EINTR)
        ;
    close(w->fd);
    w->pid = 0;
    w->busy = false;
    for (size_t i = 0; i < CASE_ASKED; i++)
        if (pl->groups[slot * CASE_ASKED + i] > 0)
            kill(-pl->groups[slot * CASE_ASKED + i], SIGKILL);
    return status;
}

/* The worker is gone without a result: that is the harness's fault, or the case's. */
static void died(struct worker *w, const struct case_run *run, bool hung, int status)
{
    w->r = (struct case_result){.verdict = VERDICT_ERROR, .status = STATUS_ERROR};
    w->r.wall_us = monotonic_us() - w->started_us;
    if (hung)
        snprintf(w->r.why, sizeof w->r.why, "%s:%d: the case gave no sign of life for %llu s",
                 run->c->file, run->c->line, (unsigned long long)(w->limit_us / 1000000));
    else if (status < 0)
        snprintf(w->r.why, sizeof w->r.why, "%s:%d: no process can be started for the case",
                 run->c->file, run->c->line);
    else if (WIFSIGNALED(status))
        snprintf(w->r.why, sizeof w->r.why, "%s:%d: the worker died of signal %d", run->c->file,
                 run->c->line, WTERMSIG(status));
    else
        snprintf(w->r.why, sizeof w->r.why, "%s:%d: the worker ended with status %d", run->c->file,
                 run->c->line, WEXITSTATUS(status));
}

static bool whole(const struct worker *w)
{
    return w->got >= offsetof(struct case_result, checks) && w->got == told(&w->r);
}

static bool goes_on(const struct pool *pl, const struct worker *w)
{
    return !pl->o->live && whole(w) && !w->r.lost &&
           (w->r.status == STATUS_PASS || w->r.status == STATUS_SKIP);
}

/* True: the case has ended and w->r holds what came of it. */
static bool attend(const struct pool *pl, struct worker *w, unsigned slot, bool readable)
{
    bool hung = monotonic_us() - w->started_us > w->limit_us;

    if (readable) {
        ssize_t n = read(w->fd, (char *)&w->r + w->got, sizeof w->r - w->got);
        if (n < 0 && errno == EINTR)
            return false;
        w->got += n > 0 ? (size_t)n : 0;
        if (n > 0 && !whole(w))
            return false; /* the rest, or its end, follows */
        hung &= n < 0;
    } else if (!hung) {
        return false;
    }
    if (hung)
        kill(w->pid, SIGKILL);
    w->busy = false;
    if (!hung && goes_on(pl, w))
        return true;
    int status = reap(pl, w, slot);
    if (!whole(w))
        died(w, &pl->runs[w->i], hung, status);
    return true;
}

static bool unexpected(enum status s)
{
    return s == STATUS_FAIL || s == STATUS_INCONC || s == STATUS_ERROR || s == STATUS_XPASS;
}

static enum status judged(const struct pool *pl, const struct worker *w)
{
    return pl->p->judge ? pl->p->judge(pl->p->ctx, w->i, &w->r) : w->r.status;
}

static void finished(struct pool *pl, struct worker *w, unsigned slot)
{
    size_t i = w->i;
    bool bad = unexpected(judged(pl, w));

    if ((bad || w->r.lost) && !interrupted && pl->p->died && pl->p->died(pl->p->ctx, i, &w->r)) {
        pl->stop = pl->dead = true;
        return;
    }
    bool again = bad && pl->tries[i] < pl->p->retries && !interrupted;

    pl->tries[i]++;
    memcpy(&pl->results[i], &w->r, told(&w->r));
    pl->results[i].tries = pl->tries[i];
    if (again && start(pl, w, slot))
        return;
    if (pl->tries[i] > 1 && w->r.status == STATUS_PASS) {
        pl->results[i].status = STATUS_FLAKY;
        snprintf(pl->results[i].why, sizeof pl->results[i].why, "passed at try %u only",
                 pl->tries[i]);
    }
    pl->finished++;
    if (pl->p->ran)
        pl->p->ran[i] = true;
    pl->stop |= pl->p->fail_fast && bad;
    if (pl->p->done)
        pl->p->done(pl->p->ctx, i, &pl->results[i]);
}

static void fill(struct pool *pl)
{
    for (unsigned s = 0; s < pl->p->jobs && !pl->stop && !interrupted; s++) {
        struct worker *w = &pl->workers[s];
        if (w->busy || pl->next >= pl->n)
            continue;
        w->i = pl->next++;
        if (pl->p->begun)
            pl->p->begun[w->i] = true;
        if (!start(pl, w, s)) {
            died(w, &pl->runs[w->i], false, -1);
            finished(pl, w, s);
        }
    }
}

static bool busy(const struct pool *pl)
{
    for (unsigned s = 0; s < pl->p->jobs; s++)
        if (pl->workers[s].busy)
            return true;
    return false;
}

static void end_all(struct pool *pl)
{
    for (unsigned s = 0; s < pl->p->jobs; s++) {
        struct worker *w = &pl->workers[s];
        if (!w->pid)
            continue;
        if (w->busy)
            kill(w->pid, SIGKILL);
        reap(pl, w, s);
    }
}

static void watch(struct pool *pl)
{
    struct pollfd fds[256];
    unsigned slots[256], n = 0;

    for (unsigned s = 0; s < pl->p->jobs; s++)
        if (pl->workers[s].busy) {
            fds[n] = (struct pollfd){.fd = pl->workers[s].fd, .events = POLLIN};
            slots[n++] = s;
        }
    if (poll(fds, n, 200) < 0)
        return;
    for (unsigned k = 0; k < n && !pl->dead; k++) {
        struct worker *w = &pl->workers[slots[k]];
        if (attend(pl, w, slots[k], fds[k].revents != 0))
            finished(pl, w, slots[k]);
    }
}

size_t pool_run(const struct run_options *o, const struct pool_options *p,
                const struct case_run *runs, struct case_result *results, size_t n)
{
    struct pool_options opts = *p;
    opts.jobs = opts.jobs < 1 ? 1 : opts.jobs > 256 ? 256 : opts.jobs;
    struct pool pl = {.o = o, .p = &opts, .runs = runs, .results = results, .n = n};
    size_t shared = opts.jobs * CASE_ASKED * sizeof *pl.groups;
    struct sigaction act = {.sa_handler = on_signal}, none = {.sa_handler = SIG_IGN};
    struct sigaction was_int, was_term, was_pipe;

    pl.workers = calloc(opts.jobs, sizeof *pl.workers);
    pl.tries = calloc(n ? n : 1, sizeof *pl.tries);
    pl.groups = mmap(NULL, shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    interrupted = 0;
    sigaction(SIGINT, &act, &was_int);
    sigaction(SIGTERM, &act, &was_term);
    sigaction(SIGPIPE, &none, &was_pipe); /* a worker that is gone is told by its end of the pipe */
    if (pl.workers && pl.tries && pl.groups != MAP_FAILED) {
        fill(&pl);
        while (busy(&pl) && !interrupted && !pl.dead) {
            watch(&pl);
            fill(&pl);
        }
        end_all(&pl);
    }
    sigaction(SIGINT, &was_int, NULL);
    sigaction(SIGTERM, &was_term, NULL);
    sigaction(SIGPIPE, &was_pipe, NULL);
    if (pl.groups != MAP_FAILED)
        munmap(pl.groups, shared);
    free(pl.workers);
    free(pl.tries);
    return pl.finished;
}

bool pool_interrupted(void)
{
    return interrupted != 0;
}
