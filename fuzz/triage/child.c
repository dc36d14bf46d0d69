/* fuzz/triage/child.c - starting, waiting for and ending children. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "fuzz/triage/child.h"

static volatile sig_atomic_t interrupted; /* a handler cannot be given a context */

static void on_signal(int sig)
{
    (void)sig;
    interrupted = 1;
}

void child_watch(void)
{
    struct sigaction act = {.sa_handler = on_signal};

    interrupted = 0;
    sigaction(SIGINT, &act, NULL);
    sigaction(SIGTERM, &act, NULL);
}

bool child_interrupted(void)
{
    return interrupted;
}

static void sanitizers(void)
{
    static const char *const symbolizers[] = {
        "/usr/bin/llvm-symbolizer-19", "/usr/bin/llvm-symbolizer-14", "/usr/bin/llvm-symbolizer"};

    setenv("UBSAN_OPTIONS", "print_stacktrace=1", 0);
    for (size_t i = 0; i < COUNT(symbolizers); i++)
        if (access(symbolizers[i], X_OK) == 0) {
            setenv("ASAN_SYMBOLIZER_PATH", symbolizers[i], 0);
            setenv("UBSAN_SYMBOLIZER_PATH", symbolizers[i], 0);
            break;
        }
}

static void become(char *const argv[], const char *log)
{
    int to = open(log ? log : "/dev/null", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    int from = open("/dev/null", O_RDONLY | O_CLOEXEC);

    setpgid(0, 0);
    if (to < 0 || from < 0 || dup2(from, 0) < 0 || dup2(to, 1) < 0 || dup2(to, 2) < 0)
        _exit(127);
    sanitizers();
    execv(argv[0], argv);
    _exit(127);
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

struct child_end child_run(char *const argv[], const char *log, unsigned seconds)
{
    struct child_end end = {.started = false};
    double until = now() + seconds;
    struct timespec nap = {0, 2000000};

    pid_t pid = interrupted ? -1 : fork();
    if (pid == 0)
        become(argv, log);
    if (pid < 0)
        return end;
    setpgid(pid, pid);
    end.started = true;
    for (;;) {
        pid_t got = waitpid(pid, &end.status, WNOHANG);
        if (got == pid || (got < 0 && errno != EINTR))
            return end;
        if (now() > until || interrupted) {
            end.late = !interrupted;
            kill(-pid, SIGKILL);
            while (waitpid(pid, &end.status, 0) < 0 && errno == EINTR)
                ;
            return end;
        }
        nanosleep(&nap, NULL);
        if (nap.tv_nsec < 50000000)
            nap.tv_nsec += nap.tv_nsec / 4;
    }
}
