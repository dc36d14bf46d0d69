/* harness/tests/progress_test.c - the line of progress, seen on a terminal of the test's own: there while a file is
 * read, gone at its end, and nowhere else. */
#include <fcntl.h>
#include <poll.h>
#include "harness/cli/progress.h"
#include "harness/tests/program.h"

enum { WAIT_MS = 20000, SEEN = 1 << 20 };

static char seen[SEEN]; /* on the terminal */
static size_t n_seen;

static void line(void)
{
    static const struct {
        uint64_t octets, total, frames, us;
        const char *want;
    } rows[] = {
        {0, 0, 0, 0, "0.0 MB/s, 0 frames"},
        {500000, 1000000, 12, 1000000, "50 %, 0.5 MB/s, 12 frames"},
        {999999, 1000000, 1234567, 1000, "99 %, 1000.0 MB/s, 1234567 frames"},
        {1000000, 1000000, 1, 2000000, "100 %, 0.5 MB/s, 1 frames"},
        {1000001, 1000000, 1, 1000001, "1.0 MB/s, 1 frames"}, /* it grew */
    };
    uint8_t text[PROGRESS_LINE];

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct wr w = {text, sizeof text, 0, false};
        progress_line(&w, rows[i].octets, rows[i].total, rows[i].frames, rows[i].us);
        CHECK_TEXT(wr_span(&w), rows[i].want);
    }
}

/* Read what has come to `fd`; false: it is at its end. */
static bool look(int fd)
{
    ssize_t n = n_seen + 1 < sizeof seen ? read(fd, seen + n_seen, sizeof seen - 1 - n_seen) : 0;

    n_seen += n > 0 ? (size_t)n : 0;
    seen[n_seen] = '\0';
    return n > 0;
}

/* Run `rtclab ARGS -` with standard error on `err`, standard output there too or nowhere; its input is *in. */
static pid_t start(const char *const *args, const char *err, bool both, int *in)
{
    static const uint8_t head[24] = {0xa1, 0xb2, 0xc3, 0xd4, 0, 2, 0, 4, [17] = 1, [23] = 1};
    int pipes[2];

    CU_ASSERT_EQUAL_FATAL(pipe2(pipes, O_CLOEXEC), 0);
    pid_t pid = fork();
    if (pid == 0) {
        const char *argv[8] = {getenv("RTCLAB")};
        for (size_t i = 0; args[i]; i++)
            argv[i + 1] = args[i];
        int to = open(err, O_RDWR | O_NOCTTY), nowhere = open("/dev/null", O_WRONLY);
        dup2(pipes[0], 0);
        dup2(both ? to : nowhere, 1);
        dup2(to, 2);
        if (argv[0])
            execv(argv[0], (char *const *)(uintptr_t)argv);
        _exit(127);
    }
    close(pipes[0]);
    *in = pipes[1];
    CU_ASSERT_EQUAL(write(pipes[1], head, sizeof head), sizeof head);
    fcntl(pipes[1], F_SETFL, O_NONBLOCK);
    return pid;
}

/* Frames of nothing into the program, whole ones: until `enough` of the terminal has been seen, or `most` octets. */
static void feed(int master, int in, const char *enough, size_t most)
{
    static uint8_t frames[1 << 16];
    size_t put = 0;

    for (size_t i = 0; i + 64 <= sizeof frames; i += 64) {
        memset(frames + i, 0, 64); /* of Ethernet, and no IP */
        put_u16(frames + i + 16 + 12, 0x88cc);
        put_u32(frames + i + 8, 48);
        put_u32(frames + i + 12, 48);
    }
    while (put % 64 || (put < most && (!enough || !strstr(seen, enough)))) {
        struct pollfd fds[2] = {{.fd = in, .events = POLLOUT}, {.fd = master, .events = POLLIN}};
        size_t at = put % sizeof frames;
        if (poll(fds, 2, WAIT_MS) <= 0)
            break;
        if (fds[1].revents & POLLIN)
            look(master);
        ssize_t n = fds[0].revents & POLLOUT ? write(in, frames + at, sizeof frames - at) : 0;
        put += n > 0 ? (size_t)n : 0;
    }
}

/* The end of the file; the program's exit status, and the rest of what it said. */
static int finish(int master, int in, pid_t pid)
{
    close(in);
    int status = program_end(pid);
    while (look(master))
        ;
    return status;
}

static int terminal(char *name, size_t n)
{
    int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);

    CU_ASSERT_FATAL(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
    snprintf(name, n, "%s", ptsname(master));
    n_seen = 0;
    seen[0] = '\0';
    return master;
}

/* A program that draws, from its beginning until it has drawn. */
static void draw(const char *const *args, bool both)
{
    char name[64];
    int in, master = terminal(name, sizeof name);
    int hold = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC); /* what was written stays to be read */
    pid_t pid = start(args, name, both, &in);

    feed(master, in, " MB/s, ", SIZE_MAX);
    CU_ASSERT_EQUAL(finish(master, in, pid), 0);
    close(hold);
    close(master);
}

static const char *const summary[] = {"decode", "--summary", "-", NULL};

static void drawn_and_cleared(void)
{
    static const char *const asked[] = {"lint", "--progress", "-j", "2", "-", NULL};

    for (unsigned i = 0; program_ready() && i < 2; i++) {
        draw(i ? asked : summary, i);
        CU_ASSERT_PTR_NOT_NULL(strstr(seen, " frames\r\033[K"));
        CU_ASSERT_EQUAL(strncmp(seen, "\r\033[K", 4), 0);
        CU_ASSERT_PTR_NULL(strstr(seen, "%")); /* a pipe has no size */
        CU_ASSERT_TRUE(n_seen > 4 && strcmp(seen + n_seen - 4, "\r\033[K") == 0);
    }
}

/* With -q, with the output on the same terminal, in a log: nothing, though another one that began later has drawn. */
static void not_drawn(void)
{
    enum { BEGUN = 1 << 20, MORE = 4 << 20 }; /* more than a pipe holds; than a window */
    static const char *const args[3][4] = {
        {"lint", "-q", "-", NULL}, {"lint", "-", NULL}, {"lint", "--progress", "-", NULL}};
    char name[600];
    int in;

    for (unsigned i = 0; program_ready() && i < 3; i++) {
        program_write("log", "");
        int to = terminal(name, sizeof name), hold = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
        if (i == 2) {
            close(to);
            snprintf(name, sizeof name, "%s", program_path("log"));
            to = open(name, O_RDONLY | O_CLOEXEC);
        }
        pid_t pid = start(args[i], name, i == 1, &in);
        feed(to, in, NULL, BEGUN);
        draw(summary, false);
        n_seen = 0;
        seen[0] = '\0';
        feed(to, in, NULL, MORE);
        CU_ASSERT_EQUAL(finish(to, in, pid), 0);
        CU_ASSERT_STRING_EQUAL(seen, "");
        close(hold);
        close(to);
    }
}

TESTS({"line", line}, {"drawn_and_cleared", drawn_and_cleared}, {"not_drawn", not_drawn})
