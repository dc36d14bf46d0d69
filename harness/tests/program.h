/* harness/tests/program.h - for end-to-end tests: the program, run on a folder of scenarios of the
 * test's own. What the test writes stands in a temporary folder that is removed at its end. */
#ifndef HARNESS_TESTS_PROGRAM_H
#define HARNESS_TESTS_PROGRAM_H
#include <arpa/inet.h>
#include <errno.h>
#include <jansson.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "harness/core/test.h"

static char program_out[64 << 20], program_err[65536], program_folder[256];
static int program_status; /* of the last run; 128 and the signal where one ended it */

static inline void program_cleanup(void)
{
    char command[512];
    snprintf(command, sizeof command, "rm -rf '%s'", program_folder);
    if (system(command) != 0)
        perror(program_folder);
}

/* A path in the temporary folder; the last four that were asked for are good. */
static inline const char *program_path(const char *name)
{
    static char paths[4][600];
    static unsigned next;
    char *path = paths[next++ % 4];
    const char *tmp = getenv("TMPDIR");

    if (!program_folder[0]) {
        snprintf(program_folder, sizeof program_folder, "%s/rtclab-test-XXXXXX",
                 tmp ? tmp : P_tmpdir);
        CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(program_folder));
        atexit(program_cleanup);
    }
    snprintf(path, 600, "%s/%s", program_folder, name);
    return path;
}

static inline void program_write(const char *name, const char *text)
{
    FILE *f = fopen(program_path(name), "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    fputs(text, f);
    CU_ASSERT_EQUAL(fclose(f), 0);
}

static inline void program_read(const char *path, char *to, size_t cap)
{
    FILE *f = fopen(path, "r");
    size_t n = f ? fread(to, 1, cap - 1, f) : 0;
    to[n] = '\0';
    if (f)
        fclose(f);
}

/* Whether a process has ended, or does within ten seconds: a signal that ends it may still be on its way. */
static inline bool program_ended(pid_t pid)
{
    struct pollfd end = {(int)syscall(SYS_pidfd_open, pid, 0), POLLIN, 0};
    if (end.fd < 0)
        return errno == ESRCH;
    bool ended = poll(&end, 1, 10000) == 1;
    close(end.fd);
    return ended;
}

/* Whether the program is there; makes the folder of scenarios and has RTCLAB_SHARE name it:
 * share/scenarios/stun/ with the real lib.lua, the real profiles and reports. */
static inline bool program_ready(void)
{
    static const char *const links[] = {"scenarios/profiles", "scenarios/stun/lib.lua", "reports"};
    static bool made;

    if (!getenv("RTCLAB")) {
        test_skip("RTCLAB does not name the program");
        return false;
    }
    if (made)
        return true;
    made = true;
    mkdir(program_path("share"), 0777);
    mkdir(program_path("share/scenarios"), 0777);
    mkdir(program_path("share/scenarios/stun"), 0777);
    mkdir(program_path("share/scenarios/stun/server"), 0777);
    for (size_t i = 0; i < COUNT(links); i++) {
        char target[4096], name[128];
        char *full = realpath(links[i], target);
        snprintf(name, sizeof name, "share/%s", links[i]);
        CU_ASSERT_PTR_NOT_NULL_FATAL(full);
        if (!full)
            return false; /* FATAL has left already */
        CU_ASSERT_EQUAL_FATAL(symlink(full, program_path(name)), 0);
    }
    setenv("RTCLAB_SHARE", program_path("share"), 1);
    return true;
}

/* A file of cases: share/scenarios/stun/server/NAME. */
static inline void program_cases(const char *name, const char *text)
{
    char path[128];
    snprintf(path, sizeof path, "share/scenarios/stun/server/%s", name);
    program_write(path, text);
}

/* Run `"$RTCLAB" ARGS` in a shell, in the temporary folder; fills out, err and status. */
static inline void program_run(const char *args)
{
    char command[2048], err[600];

    snprintf(err, sizeof err, "%s", program_path("err"));
    snprintf(command, sizeof command, "cd '%s' && { \"$RTCLAB\" %s ; } 2>'%s'", program_folder,
             args, err);
    FILE *p = popen(command, "r");
    CU_ASSERT_PTR_NOT_NULL_FATAL(p);
    size_t n = fread(program_out, 1, sizeof program_out - 1, p);
    program_out[n] = '\0';
    int s = pclose(p);
    program_status = WIFEXITED(s) ? WEXITSTATUS(s) : 128 + WTERMSIG(s);
    program_read(err, program_err, sizeof program_err);
}

/* Run and compare the exit status; what the program said is printed where it is another. */
static inline bool program_gives(const char *args, int status)
{
    program_run(args);
    if (program_status != status)
        printf("\nrtclab %s: status %d, not %d\n%.2000s%.2000s", args, program_status, status,
               program_out, program_err);
    CU_ASSERT_EQUAL(program_status, status);
    return program_status == status;
}

/* Read from `fd` into `to` until it has `words`, or the end; false, and what was read is printed: it has not. */
static inline bool program_until(int fd, const char *words, char *to, size_t cap)
{
    size_t n = 0;
    ssize_t got;

    to[0] = '\0';
    while (!strstr(to, words) && n < cap - 1 && (got = read(fd, to + n, cap - 1 - n)) > 0) {
        n += (size_t)got;
        to[n] = '\0';
    }
    if (!strstr(to, words))
        printf("\nnot \"%s\":\n%.2000s\n", words, to);
    return strstr(to, words) != NULL;
}

static inline size_t program_lines(const char *s)
{
    size_t n = 0;
    for (; (s = strchr(s, '\n')); s++)
        n++;
    return n;
}

/* One sentence on standard error, with these words in it. */
static inline void program_said(const char *words)
{
    bool good = program_lines(program_err) == 1 && strstr(program_err, words);
    if (!good)
        printf("\nnot one sentence with \"%s\":\n%.2000s", words, program_err);
    CU_ASSERT_TRUE(good);
}

/* The objects of JSON lines, as an array; a line that is none fails the test. */
static inline json_t *program_objects(const char *text)
{
    json_t *all = json_array();
    for (const char *line = text, *end; (end = strchr(line, '\n')); line = end + 1) {
        json_t *o = json_loadb(line, (size_t)(end - line), JSON_ALLOW_NUL, NULL);
        CU_ASSERT_PTR_NOT_NULL(o);
        json_array_append_new(all, o);
    }
    return all;
}

static inline const char *program_text(const json_t *o, const char *key)
{
    const char *s = json_string_value(json_object_get(o, key));
    return s ? s : "";
}

/* The first object of a type whose `key` is `value` (NULL: any); borrowed, NULL: none. */
static inline json_t *program_find(const json_t *all, const char *type, const char *key,
                                   const char *value)
{
    json_t *o;
    size_t i;
    json_array_foreach(all, i, o)
    {
        if (strcmp(program_text(o, "type"), type) == 0 &&
            (!value || strcmp(program_text(o, key), value) == 0))
            return o;
    }
    return NULL;
}

static inline json_int_t program_count(const json_t *all, const char *key)
{
    return json_integer_value(json_object_get(program_find(all, "summary", "", NULL), key));
}

/* Start the program with its output in `*out`; the words end with NULL. */
static inline pid_t program_start(const char *const *words, int *out)
{
    const char *argv[24] = {getenv("RTCLAB")};
    int pipes[2];

    for (size_t i = 0; i < COUNT(argv) - 2 && words[i]; i++)
        argv[i + 1] = words[i];
    CU_ASSERT_EQUAL_FATAL(pipe(pipes), 0);
    pid_t pid = fork();
    if (pid == 0) {
        dup2(pipes[1], 1);
        close(pipes[0]);
        close(pipes[1]);
        if (argv[0])
            execv(argv[0], (char *const *)(uintptr_t)argv);
        _exit(127);
    }
    close(pipes[1]);
    *out = pipes[0];
    return pid;
}

/* Wait for it; its exit status, or 128 and the signal. */
static inline int program_end(pid_t pid)
{
    int s = 0;
    CU_ASSERT_EQUAL(waitpid(pid, &s, 0), pid);
    return WIFEXITED(s) ? WEXITSTATUS(s) : 128 + WTERMSIG(s);
}

static inline int program_bound(int type, unsigned *port)
{
    int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
    struct sockaddr_in in = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)*port),
                             .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t n = sizeof in;
    if (bind(fd, (const struct sockaddr *)(const void *)&in, sizeof in) != 0) {
        close(fd);
        return -1;
    }
    getsockname(fd, (struct sockaddr *)(void *)&in, &n);
    *port = ntohs(in.sin_port);
    return fd;
}

/* A port that nobody has now, neither for UDP nor for TCP. */
static inline unsigned program_free_port(void)
{
    for (int tries = 0; tries < 100; tries++) {
        unsigned port = 0;
        int udp = program_bound(SOCK_DGRAM, &port), tcp = program_bound(SOCK_STREAM, &port);
        close(udp);
        if (tcp >= 0) {
            close(tcp);
            return port;
        }
    }
    return 0;
}
#endif
