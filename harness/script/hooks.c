/* harness/script/hooks.c - the life of an IUT that a profile knows how to start. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "harness/core/clock.h"
#include "harness/drivers/listens.h"
#include "harness/script/hooks.h"

enum { POLL_MS = 50, STOP_MS = 2000 };

static void nap(void)
{
    nanosleep(&(struct timespec){.tv_nsec = POLL_MS * 1000000L}, NULL);
}

void hooks_init(struct hooks *h, const struct profile *p, const struct addr *target,
                const char *out)
{
    *h = (struct hooks){.target = *target};
    h->start = profile_text(p, "start");
    h->restart = profile_text(p, "restart");
    h->health = profile_text(p, "health");
    h->tcp = profile_has(p, "transports", "tcp");
    h->udp = profile_has(p, "transports", "udp");
    if (!out)
        return;
    snprintf(h->out, sizeof h->out, "%s", out);
    snprintf(h->log, sizeof h->log, "%s/iut.log", h->out);
}

bool hooks_can_tell(const struct hooks *h)
{
    return h->health || h->start;
}

bool hooks_can_revive(const struct hooks *h)
{
    return h->restart || h->start;
}

/* ---- commands ---- */

/* {host}, {port} and {out} filled in; other braces are the command's own. */
static void fill_in(const struct hooks *h, const char *line, struct wr *w)
{
    uint8_t text[64];
    struct wr a = {text, sizeof text, 0, false};
    size_t bracket = h->target.family == 6;

    addr_text(&a, &h->target);
    while (a.n && text[a.n - 1] != ':')
        a.n--;
    for (const char *s = line; *s; s++) {
        if (strncmp(s, "{host}", 6) == 0 && a.n > 2 * bracket) {
            wr_put(w, span_cut(wr_span(&a), bracket, a.n - 1 - bracket));
            s += 5;
        } else if (strncmp(s, "{port}", 6) == 0) {
            wr_dec(w, h->target.port);
            s += 5;
        } else if (strncmp(s, "{out}", 5) == 0) {
            wr_text(w, h->out[0] ? h->out : ".");
            s += 4;
        } else {
            wr_u8(w, (uint8_t)*s);
        }
    }
    wr_u8(w, '\0');
}

/* Between fork and exec: a group of its own, the log as output, nothing of ours open. */
static void become(const char *line, const char *log)
{
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    signal(SIGPIPE, SIG_DFL);
    int in = open("/dev/null", O_RDONLY);
    int out = open(log[0] ? log : "/dev/null", O_WRONLY | O_CREAT | O_APPEND, 0666);
    dup2(in, 0);
    dup2(out, 1);
    dup2(out, 2);
    close_range(3, ~0u, 0);
    execl("/bin/sh", "sh", "-c", line, (char *)NULL);
    _exit(127);
}

/* The process of a command; 0: none could be started. */
static pid_t run(struct hooks *h, const char *command)
{
    static char line[8192];
    struct wr w = {(uint8_t *)line, sizeof line, 0, false};

    fill_in(h, command, &w);
    if (w.full) {
        snprintf(h->why, sizeof h->why, "a command of the profile is too long");
        return 0;
    }
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0)
        become(line, h->log);
    if (pid < 0) {
        snprintf(h->why, sizeof h->why, "no process can be started: %s", strerror(errno));
        return 0;
    }
    setpgid(pid, pid);
    return pid;
}

/* Whether it has ended; it stays to be reaped, so that its number is nobody else's. */
static bool ended(pid_t pid, int *status)
{
    siginfo_t info = {0};

    if (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) != 0)
        return true;
    if (status)
        *status = info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status;
    return info.si_pid == pid;
}

/* End a group: asked first where it may want to put things in order. */
static void end_group(pid_t leader, bool gently)
{
    if (gently && !ended(leader, NULL)) {
        kill(-leader, SIGTERM);
        for (uint64_t until = monotonic_ms() + STOP_MS;
             !ended(leader, NULL) && monotonic_ms() < until;)
            nap();
    }
    kill(-leader, SIGKILL);
    while (waitpid(leader, NULL, 0) < 0 && errno == EINTR)
        ;
}

/* The exit status of a command that is to end within the time; -1: it did not, h->why. */
static int finish(struct hooks *h, const char *name, const char *command, unsigned ms, bool keep)
{
    uint64_t until = monotonic_ms() + ms;
    pid_t pid = run(h, command);
    int status = -1;

    if (!pid)
        return -1;
    while (!ended(pid, &status) && monotonic_ms() < until)
        nap();
    bool late = !ended(pid, &status);
    if (late)
        snprintf(h->why, sizeof h->why, "the profile's %s has not ended in %u s", name, ms / 1000);
    if (keep && !late && h->n_groups < HOOK_GROUPS)
        h->groups[h->n_groups++] = pid; /* what it has left running is the IUT */
    else
        end_group(pid, false);
    return late ? -1 : status;
}

/* ---- life ---- */

bool hooks_alive(struct hooks *h)
{
    if (h->main && ended(h->main, NULL))
        return false;
    if (h->health)
        return finish(h, "health", h->health, HOOK_HEALTH_MS, false) == 0;
    return (h->tcp && addr_listens(&h->target, true)) ||
           (h->udp && addr_listens(&h->target, false));
}

static bool await(struct hooks *h)
{
    for (uint64_t until = monotonic_ms() + HOOK_START_MS; monotonic_ms() < until; nap()) {
        if (hooks_alive(h))
            return true;
        if (h->main && ended(h->main, NULL)) {
            snprintf(h->why, sizeof h->why, "what the profile's start runs has ended%s%s",
                     h->log[0] ? ", see " : "", h->log);
            return false;
        }
    }
    snprintf(h->why, sizeof h->why, "it is not healthy %d s after it was started",
             HOOK_START_MS / 1000);
    return false;
}

bool hooks_start(struct hooks *h)
{
    if (!h->start)
        return true;
    h->main = run(h, h->start);
    return h->main && await(h);
}

bool hooks_revive(struct hooks *h)
{
    if (h->main)
        end_group(h->main, true);
    h->main = 0;
    if (!h->restart)
        return hooks_start(h);
    int status = finish(h, "restart", h->restart, HOOK_RESTART_MS, true);
    if (status > 0)
        snprintf(h->why, sizeof h->why, "the profile's restart ended with %d", status);
    if (status != 0)
        return false;
    return hooks_can_tell(h) ? await(h) : true;
}

static bool guard_alive(void *ctx, const struct case_result *r)
{
    struct hooks *h = ctx;
    return hooks_can_tell(h) ? hooks_alive(h) : !r->lost;
}

static bool guard_revive(void *ctx, const char **why)
{
    struct hooks *h = ctx;
    *why = h->why;
    return hooks_revive(h);
}

struct pool_guard hooks_guard(struct hooks *h)
{
    return (struct pool_guard){
        .alive = guard_alive, .revive = hooks_can_revive(h) ? guard_revive : NULL, .ctx = h};
}

void hooks_end(struct hooks *h)
{
    if (h->main)
        end_group(h->main, true);
    for (size_t i = 0; i < h->n_groups; i++)
        end_group(h->groups[i], false);
    h->main = 0;
    h->n_groups = 0;
}
