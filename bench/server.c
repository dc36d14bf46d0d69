/* bench/server.c - start, time and end a program under load. */
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "bench/server.h"

enum { TERM_MS = 2000 };

bool server_folder(struct server *s)
{
    *s = (struct server){0};
    snprintf(s->dir, sizeof s->dir, "/tmp/rtclab-bench.XXXXXX");
    if (!mkdtemp(s->dir))
        return false;
    snprintf(s->log, sizeof s->log, "%s/log", s->dir);
    return true;
}

static _Noreturn void become(const struct server *s, char *const argv[], pid_t parent)
{
    int out = open(s->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    int in = open("/dev/null", O_RDONLY | O_CLOEXEC);

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent || out < 0 || in < 0) /* it died before it was asked to be told */
        _exit(127);
    dup2(in, STDIN_FILENO);
    dup2(out, STDOUT_FILENO);
    dup2(out, STDERR_FILENO);
    execvp(argv[0], argv);
    dprintf(STDERR_FILENO, "%s: %s\n", argv[0], strerror(errno));
    _exit(127);
}

bool server_start(struct server *s, char *const argv[])
{
    pid_t parent = getpid();

    fflush(NULL);
    s->pid = fork();
    if (s->pid == 0)
        become(s, argv, parent);
    return s->pid > 0;
}

bool server_runs(struct server *s, int *status)
{
    int how = 0;

    if (s->pid <= 0)
        return false;
    if (waitpid(s->pid, &how, WNOHANG) != s->pid)
        return true;
    *status = WIFEXITED(how) ? WEXITSTATUS(how) : 128 + WTERMSIG(how);
    s->pid = 0;
    return false;
}

uint64_t server_cpu_ns(const struct server *s)
{
    clockid_t clock;
    struct timespec t = {0};

    if (s->pid <= 0 || clock_getcpuclockid(s->pid, &clock) != 0)
        return 0;
    clock_gettime(clock, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void last_line(struct server *s)
{
    char line[sizeof s->why];
    FILE *f = fopen(s->log, "r");

    while (f && fgets(line, sizeof line, f)) {
        line[strcspn(line, "\r\n")] = '\0';
        if (line[0])
            memcpy(s->why, line, sizeof line);
    }
    if (f)
        fclose(f);
}

static void remove_folder(const struct server *s)
{
    DIR *d = opendir(s->dir);

    for (struct dirent *e; d && (e = readdir(d));)
        if (e->d_name[0] != '.')
            unlinkat(dirfd(d), e->d_name, 0);
    if (d)
        closedir(d);
    rmdir(s->dir);
}

void server_stop(struct server *s)
{
    int status;

    if (server_runs(s, &status)) {
        int end = (int)syscall(SYS_pidfd_open, s->pid, 0); /* readable when the process has ended */
        struct pollfd p = {end, POLLIN, 0};
        kill(s->pid, SIGTERM);
        if (end < 0 || poll(&p, 1, TERM_MS) != 1)
            kill(s->pid, SIGKILL);
        if (end >= 0)
            close(end);
        waitpid(s->pid, &status, 0);
        s->pid = 0;
    }
    last_line(s);
    remove_folder(s);
}

int udp_bound(struct sockaddr_in *at)
{
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    socklen_t n = sizeof *at;

    *at = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (fd >= 0 && bind(fd, (struct sockaddr *)at, n) == 0 &&
        getsockname(fd, (struct sockaddr *)at, &n) == 0)
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}
