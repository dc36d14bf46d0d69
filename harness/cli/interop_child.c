/* harness/cli/interop_child.c - the processes of a cell: started, waited for, ended without rest. */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "harness/cli/interop.h"
#include "harness/core/clock.h"
#include "harness/drivers/place.h"

/* Between two looks at what cannot be waited for: a port, somebody's child. */
enum { TICK_MS = 20 };

static int open_out(const struct keeper *k, const char *name)
{
    char path[4200];
    snprintf(path, sizeof path, "%s/%s", k->dir, name);
    return open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
}

/* Between fork and exec. */
static void become(char *const *argv, int out, int err)
{
    sigset_t none;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    signal(SIGHUP, SIG_DFL);
    signal(SIGPIPE, SIG_DFL);
    dup2(open("/dev/null", O_RDONLY), 0);
    dup2(out, 1);
    dup2(err, 2);
    close_range(3, ~0u, 0);
    execvp(argv[0], argv);
    dprintf(2, "%s cannot be run\n", argv[0]);
    _exit(127);
}

pid_t keeper_spawn(struct keeper *k, char *const *argv, const char *out, const char *err)
{
    int o = open_out(k, out), e = err ? open_out(k, err) : o;
    pid_t pid = o < 0 || e < 0 ? -1 : fork();

    if (pid == 0)
        become(argv, o, e);
    if (err && e >= 0)
        close(e);
    if (o >= 0)
        close(o);
    return pid > 0 ? pid : 0;
}

/* Take notice of children that have ended; whether `pid` is one of them. */
static bool reap(struct keeper *k, pid_t pid, int *status)
{
    bool found = false;
    int s;
    pid_t p;

    while ((p = waitpid(-1, &s, WNOHANG)) > 0) {
        if (p == k->peer) {
            k->peer_gone = true;
            k->peer_status = s;
        }
        if (p == pid) {
            found = true;
            if (status)
                *status = s;
        }
    }
    return found;
}

/* Until a child ends, a signal comes or the time is over. The signals that wake a keeper are blocked
 * since before it was forked; one that tells it to end is remembered, whoever was waiting. */
static void sleep_for(struct keeper *k, uint64_t ms)
{
    sigset_t set;
    struct timespec t = {(time_t)(ms / 1000), (long)(ms % 1000) * 1000000};

    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    int sig = sigtimedwait(&set, NULL, &t);
    k->told |= sig == SIGTERM || sig == SIGINT || sig == SIGHUP;
}

enum wake keeper_await(struct keeper *k, pid_t pid, uint64_t limit_ms, int *status)
{
    uint64_t now = monotonic_ms(), end = limit_ms < UINT64_MAX - now ? now + limit_ms : UINT64_MAX;

    if (end > k->due_ms)
        end = k->due_ms;
    for (;;) {
        if (reap(k, pid, status) && pid)
            return WAKE_ENDED;
        if (k->watch_peer && k->peer_gone)
            return WAKE_DIED;
        if ((now = monotonic_ms()) >= end)
            return WAKE_LATE;
        if (k->told)
            return WAKE_STOP;
        sleep_for(k, end - now);
    }
}

enum wake keeper_listens(struct keeper *k, const char *transport, uint16_t port, uint64_t limit_ms)
{
    uint64_t end = monotonic_ms() + limit_ms;

    while (!place_listens(transport, port)) {
        enum wake w = monotonic_ms() < end ? keeper_await(k, 0, TICK_MS, NULL) : WAKE_LATE;
        if (w != WAKE_LATE || monotonic_ms() >= end)
            return w;
    }
    return WAKE_ENDED;
}

/* SIGKILL to every child of ours but those that have ended; how many there were. Orphans of our
 * children become ours (PR_SET_CHILD_SUBREAPER), so that nothing gets away by forking twice. */
static size_t kill_children(void)
{
    DIR *proc = opendir("/proc");
    const struct dirent *e;
    size_t n = 0;

    while (proc && (e = readdir(proc)) != NULL) {
        char path[300], line[512] = "";
        pid_t pid = (pid_t)strtol(e->d_name, NULL, 10), parent = 0;
        char state = 'Z';
        if (pid <= 1)
            continue;
        snprintf(path, sizeof path, "/proc/%s/stat", e->d_name);
        FILE *f = fopen(path, "re");
        const char *at = f && fgets(line, sizeof line, f) ? strrchr(line, ')') : NULL;
        if (f)
            fclose(f);
        if (!at || sscanf(at, ") %c %d", &state, &parent) != 2 || parent != getpid() ||
            state == 'Z')
            continue;
        n++;
        kill(pid, SIGKILL);
    }
    if (proc)
        closedir(proc);
    return n;
}

/* End everything that descends from us. What is killed ends at once, unless the kernel holds it. */
static void end_all(struct keeper *k)
{
    uint64_t end = monotonic_ms() + 5000;

    do {
        kill_children();
        sleep_for(k, TICK_MS);
        while (waitpid(-1, NULL, WNOHANG) > 0)
            ;
    } while (waitpid(-1, NULL, WNOHANG) >= 0 && monotonic_ms() < end);
    if (monotonic_ms() >= end)
        keeper_note(k, "a process of the cell does not end although it was killed");
}

bool keeper_stop(struct keeper *k, pid_t pid, int sig, uint64_t limit_ms)
{
    uint64_t end = monotonic_ms() + limit_ms;
    bool watched = k->watch_peer, asked = sig != SIGKILL, ended = false;

    if (pid == 0) {
        end_all(k);
        return true;
    }
    if ((pid == k->peer && k->peer_gone) || kill(pid, sig) != 0)
        return true; /* a number that is nobody's any more could be somebody else's */
    for (k->watch_peer = false; asked && !ended && monotonic_ms() < end;) {
        ended = reap(k, pid, NULL); /* further interrupts do not shorten this: it is bounded */
        if (!ended)
            sleep_for(k, TICK_MS);
    }
    if (!ended) {
        kill(pid, SIGKILL);
        for (end = monotonic_ms() + 5000; !reap(k, pid, NULL) && monotonic_ms() < end;)
            sleep_for(k, TICK_MS);
    }
    k->watch_peer = watched;
    return ended || !asked;
}

const char *keeper_last_line(struct keeper *k, const char *name)
{
    static char line[400];
    char path[4200], got[400];

    line[0] = '\0';
    snprintf(path, sizeof path, "%s/%s", k->dir, name);
    FILE *f = fopen(path, "re");
    while (f && fgets(got, sizeof got, f)) {
        got[strcspn(got, "\r\n")] = '\0';
        if (got[strspn(got, " \t")])
            snprintf(line, sizeof line, "%s", got);
    }
    if (f)
        fclose(f);
    return line;
}

bool keeper_fill(const char *text, const char *transport, char *to, size_t cap)
{
    struct wr w = {(uint8_t *)to, cap - 1, 0, false};

    for (const char *s = text; *s; s++) {
        size_t n = *s == '{' ? strcspn(s + 1, "}{ ") : 0;
        char key[64];
        const char *value;
        if (n == 0 || n >= sizeof key || s[1 + n] != '}') {
            wr_u8(&w, (uint8_t)*s);
            continue;
        }
        memcpy(key, s + 1, n);
        key[n] = '\0';
        value = strcmp(key, "host") == 0        ? getenv("PEER_HOST")
                : strcmp(key, "transport") == 0 ? transport
                                                : getenv(key);
        if (!value) {
            wr_u8(&w, (uint8_t)*s);
            continue;
        }
        wr_text(&w, value);
        s += n + 1;
    }
    to[w.n] = '\0';
    return !w.full;
}
