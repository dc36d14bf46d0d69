/* bench/bench_capture.c - capture.*: what a command costs on the capture that gen_capture writes, ours or tshark's.
 * An operation is a packet, its cost the CPU time of the whole process (wait4), kernel and all threads included.
 *
 * The capture is a file without a name, so that nothing is left behind. Start-up, measured on one packet, is taken off
 * both. Memory is measured on captures that come through a pipe. */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <fcntl.h>
#include <unistd.h>
#include "bench/bench.h"
#include "bench/cores.h"

#define FILE_HERE "/dev/fd/3" /* what the children find the capture as */
#define FEW "50000"           /* packets of which tshark makes JSON: 8 s */
#define OURS ""               /* in place of a path: rtclab */

enum {
    CAPTURE_FD = 3,
    ARGS_MAX = 12,
    NOT_FOUND = 127,
    TRIES_MAX = 400, /* runs that are left out (cores.h): 10 s or more */
};

static const struct way {
    const char *name, *who, *argv[ARGS_MAX];
} ways[] = {
    {"capture.summary", "rtclab", {OURS, "decode", "--summary", FILE_HERE}},
    {"capture.summary",
     "tshark",
     {"tshark", "-q", "-z", "io,phs", "--enable-heuristic", "rtp_udp", "-r", FILE_HERE}},
    {"capture.json", "rtclab", {OURS, "decode", "--json", FILE_HERE}},
    {"capture.json",
     "tshark",
     {"tshark", "-T", "json", "--enable-heuristic", "rtp_udp", "-r", FILE_HERE, "-c", FEW}},
    {"capture.streams", "rtclab", {OURS, "streams", FILE_HERE}},
    {"capture.streams",
     "tshark",
     {"tshark", "-q", "-z", "rtp,streams", "--enable-heuristic", "rtp_udp", "-r", FILE_HERE}},
    {"capture.jobs", "rtclab", {OURS, "decode", "--summary", "--jobs", "2", FILE_HERE}},
    {"capture.jobs", "one", {OURS, "decode", "--summary", "--jobs", "1", FILE_HERE}},
    {"capture.memory", "rtclab", {OURS, "decode", "--summary", "--jobs", "1", FILE_HERE}},
};
static const struct { /* of capture.memory */
    const char *scale, *jobs;
} loads[] = {{"1", "1"}, {"1", "2"}, {"10", "1"}, {"10", "2"}};

struct spent {
    uint64_t cpu_ns, wall_ns, peak_kib;
};

/* ---- processes ---- */

/* Become argv[0] with `capture` as descriptor 3 and standard output `out`; -1: nowhere. */
static _Noreturn void become(const char *const argv[], int capture, int out, pid_t parent)
{
    int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent || nowhere < 0)
        _exit(NOT_FOUND);
    dup2(nowhere, STDIN_FILENO);
    dup2(out < 0 ? nowhere : out, STDOUT_FILENO);
    dup2(nowhere, STDERR_FILENO);
    if (capture == CAPTURE_FD) /* dup2 onto itself would leave close-on-exec */
        fcntl(capture, F_SETFD, 0);
    else
        dup2(capture, CAPTURE_FD);
    if (argv[0])
        execvp(argv[0], (char *const *)(uintptr_t)argv);
    _exit(NOT_FOUND);
}

static pid_t start(const char *const argv[], int capture, int out)
{
    pid_t parent = getpid();

    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0)
        become(argv, capture, out, parent);
    return pid;
}

static uint64_t ns_of(struct timeval t)
{
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_usec * 1000u;
}

/* The exit status, -1 where there is none; `s` gets what the process has spent since `began`. */
static int reap(pid_t pid, uint64_t began, struct spent *s)
{
    struct rusage u = {0};
    int how = 0;

    while (pid > 0 && wait4(pid, &how, 0, &u) < 0)
        if (errno != EINTR)
            return -1;
    *s = (struct spent){ns_of(u.ru_utime) + ns_of(u.ru_stime), bench_wall_ns() - began,
                        (uint64_t)u.ru_maxrss};
    return pid > 0 && WIFEXITED(how) ? WEXITSTATUS(how) : -1;
}

/* Run a command to its end. */
static int run(const char *const argv[], int capture, struct spent *s)
{
    uint64_t began = bench_wall_ns();
    return reap(start(argv, capture, -1), began, s);
}

/* ---- the capture ---- */

/* gen_capture stands beside this program. */
static bool generator(char path[PATH_MAX])
{
    static const char name[] = "gen_capture";
    ssize_t n = readlink("/proc/self/exe", path, PATH_MAX - sizeof name);

    if (n <= 0)
        return false;
    path[n] = '\0';
    char *slash = strrchr(path, '/');
    if (!slash)
        return false;
    memcpy(slash + 1, name, sizeof name);
    return true;
}

/* A file of its own with the capture; returns its descriptor, -1: none. `packets`: how many there are. */
static int generate(const char *scale, uint64_t *packets)
{
    char path[PATH_MAX], name[] = "/tmp/rtclab-bench.XXXXXX", line[64] = "";
    const char *const argv[] = {path, FILE_HERE, scale, NULL};
    struct spent s;
    int ends[2], fd = mkostemp(name, O_CLOEXEC);

    if (fd < 0 || unlink(name) != 0 || !generator(path) || pipe2(ends, O_CLOEXEC) != 0)
        return -1;
    pid_t pid = start(argv, fd, ends[1]);
    close(ends[1]);
    FILE *said = fdopen(ends[0], "r");
    bool told = said && fgets(line, sizeof line, said);
    if (said)
        fclose(said);
    *packets = strtoull(line, NULL, 10);
    bool written = reap(pid, 0, &s) == 0 && told && *packets;
    return written && fdatasync(fd) == 0 ? fd : -1; /* or it would be written while it is read */
}

/* ---- measurements ---- */

/* A file of its own with the first packet of a capture; -1: none. */
static int first_packet(int capture)
{
    uint8_t head[24 + 16 + UINT16_MAX]; /* of file and packet */
    char name[] = "/tmp/rtclab-bench.XXXXXX";
    int fd = mkostemp(name, O_CLOEXEC);

    if (fd < 0 || unlink(name) != 0 || pread(capture, head, sizeof head, 0) < 24 + 16)
        return -1;
    size_t n = 24 + 16 + (size_t)head[32] + ((size_t)head[33] << 8);
    return write(fd, head, n) == (ssize_t)n ? fd : -1;
}

/* Whether `two` processors that are wanted are cores near each other. */
static bool cores_are(bool two)
{
    struct cores cores = two ? cores_now() : (struct cores){0};
    return !two || cores_own(&cores);
}

/* What a command costs on `fd`, again and again until `time_us` have passed in it. Where time that passes is what counts
 * (`two`), a run counts only if the two processors were cores near each other before it and after. */
static int measure(const struct bench_args *a, const char *const argv[], int fd, uint64_t packets,
                   bool two)
{
    struct bench_result r = {0};
    off_t size = lseek(fd, 0, SEEK_END);
    int first = first_packet(fd);

    if (two && !cores_now().two)
        return bench_say(a, BENCH_SKIPPED, "there are no two processors here");
    while (r.cpu_ns < a->time_us * 1000 && r.left_out < TRIES_MAX) {
        struct spent all, one;
        if (!cores_are(two)) {
            r.left_out++;
            continue;
        }
        int status = run(argv, first, &one);
        if (status == 0)
            status = run(argv, fd, &all);
        if (status != 0 || all.cpu_ns <= one.cpu_ns || all.wall_ns <= one.wall_ns)
            return bench_say(a, BENCH_FAILED, "the command ends with %d", status);
        if (!cores_are(two)) {
            r.left_out++;
            continue;
        }
        r.cpu_ns += all.cpu_ns - one.cpu_ns;
        r.wall_ns += all.wall_ns - one.wall_ns;
        r.ops += packets - 1;
        r.bytes += (uint64_t)size;
    }
    if (r.ops == 0)
        return bench_say(a, BENCH_SKIPPED,
                         "the two processors are no cores near each other, %d times asked",
                         TRIES_MAX);
    return bench_print(a, &r);
}

/* The same of tshark: once. */
static int measure_tshark(const struct bench_args *a, const char *const argv[], int fd,
                          uint64_t packets)
{
    const char *first[ARGS_MAX + 2] = {0};
    struct bench_result r = {0};
    struct spent all, one;
    size_t n = 0;

    for (; argv[n]; n++) {
        first[n] = argv[n];
        if (strcmp(argv[n], "-c") == 0) {
            packets = strtoull(argv[n + 1], NULL, 10);
            break;
        }
    }
    first[n] = "-c";
    first[n + 1] = "1";
    int status = run(first, fd, &one);
    if (status == NOT_FOUND)
        return bench_say(a, BENCH_SKIPPED, "there is no tshark here");
    if (status == 0)
        status = run(argv, fd, &all);
    if (status != 0 || all.cpu_ns <= one.cpu_ns)
        return bench_say(a, BENCH_FAILED, "tshark ends with %d", status);
    r.ops = packets - 1;
    r.bytes = r.ops;
    r.cpu_ns = all.cpu_ns - one.cpu_ns;
    r.wall_ns = all.wall_ns - one.wall_ns;
    return bench_print(a, &r);
}

/* The most memory that a command has at once, over all loads. */
static int measure_memory(const struct bench_args *a, const char *argv[])
{
    struct bench_result r = {.ops = 1, .cpu_ns = 1, .wall_ns = 1};
    char path[PATH_MAX];

    if (!generator(path))
        return BENCH_FAILED;
    for (size_t i = 0; i < sizeof loads / sizeof *loads; i++) {
        const char *const gen[] = {path, FILE_HERE, loads[i].scale, NULL};
        struct spent s, other;
        int ends[2];
        if (pipe2(ends, O_CLOEXEC) != 0)
            return BENCH_FAILED;
        argv[4] = loads[i].jobs;
        pid_t from = start(gen, ends[1], -1), to = start(argv, ends[0], -1);
        close(ends[0]);
        close(ends[1]);
        int status = reap(to, 0, &s);
        if (reap(from, 0, &other) != 0 || status != 0)
            return bench_say(a, BENCH_FAILED, "the command ends with %d", status);
        r.peak_kib = s.peak_kib > r.peak_kib ? s.peak_kib : r.peak_kib;
    }
    return bench_print(a, &r);
}

int main(int argc, char **argv)
{
    struct bench_args a;
    const struct way *way = NULL;
    const char *command[ARGS_MAX + 1] = {0};
    uint64_t packets = 0;
    int status = bench_args(argc, argv, &a);

    if (status)
        return status;
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
        if (strcmp(ways[i].name, a.name) == 0 && strcmp(ways[i].who, a.who) == 0)
            way = &ways[i];
    if (!way)
        return bench_say(&a, BENCH_USAGE, "not measured by this program");
    memcpy(command, way->argv, sizeof way->argv);
    bool ours = strcmp(command[0], OURS) == 0;
    if (ours && !a.rtclab)
        return bench_say(&a, BENCH_USAGE, "--rtclab PATH is needed");
    command[0] = ours ? a.rtclab : command[0];
    if (strcmp(a.name, "capture.memory") == 0)
        return measure_memory(&a, command);
    int fd = generate("1", &packets);
    if (fd < 0)
        return bench_say(&a, BENCH_FAILED, "the capture cannot be written: %s", strerror(errno));
    if (!ours)
        return measure_tshark(&a, command, fd, packets);
    return measure(&a, command, fd, packets, strcmp(a.name, "capture.jobs") == 0);
}
