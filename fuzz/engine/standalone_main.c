/* fuzz/engine/standalone_main.c - one target without an engine: replays files and folders.
 *
 *   fuzz_NAME [--each] [--skip N] FILE|FOLDER...
 *
 *   --each    "run PATH" on standard output before each input, for `rtclab fuzz run`
 *   --skip N  leave out the first N inputs
 *
 * Folders are read with all below them, in order of names, without files *.md and those that begin
 * with a dot. Exit status: 0 all inputs came back, 2 usage or an input that cannot be read, 70 one
 * took too long; else as the sanitizer or signal has it, after a line that names the input. */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include "fuzz/engine/target.h"

#define JOIN(a, b) a##b
#define SYMBOL(name) JOIN(name, _target)
#define TEXT_OF(name) #name
#define NAME_OF(name) TEXT_OF(name)
extern const struct target SYMBOL(TARGET);
#define PROGRAM "fuzz_" NAME_OF(TARGET)
static const char program[] = PROGRAM;

enum { SECONDS = 30, STATUS_HANG = 70 };

struct replay {
    bool each;
    size_t skip, seen, run;
    bool broken;
};

/* ---- who was it ---- */

static const char *volatile running; /* for handlers alone */

static void say_last(const char *what)
{
    const char *path = running;
    const char *const parts[] = {program, ": ", what, " in ", path ? path : "?", "\n"};

    for (size_t i = 0; i < COUNT(parts); i++)
        if (write(STDERR_FILENO, parts[i], strlen(parts[i])) < 0)
            break;
}

static void died(void)
{
    say_last("a sanitizer's finding");
}

extern void __sanitizer_set_death_callback(void (*callback)(void)) __attribute__((weak));
extern void __sanitizer_print_stack_trace(void) __attribute__((weak));

static void crashed(int sig)
{
    say_last(sig == SIGALRM ? "too long a time" : "crash");
    if (__sanitizer_print_stack_trace) /* not for handlers, but nothing is lost by then */
        __sanitizer_print_stack_trace();
    if (sig == SIGALRM)
        _exit(STATUS_HANG);
    raise(sig); /* SA_RESETHAND: it now does what it does by default */
}

static void watch(void)
{
    static const int signals[] = {SIGABRT, SIGALRM, SIGSEGV, SIGBUS, SIGFPE, SIGILL};
    struct sigaction act = {.sa_handler = crashed, .sa_flags = (int)SA_RESETHAND};
    bool sanitized =
        __sanitizer_set_death_callback != NULL; /* it reports faults better than we do */

    if (sanitized)
        __sanitizer_set_death_callback(died);
    for (size_t i = 0; i < (sanitized ? 2 : COUNT(signals)); i++)
        sigaction(signals[i], &act, NULL);
}

/* ---- inputs ---- */

static void unreadable(struct replay *r, const char *path)
{
    fprintf(stderr, PROGRAM ": cannot read '%s': %s\n", path, strerror(errno));
    r->broken = true;
}

static uint8_t *slurp(FILE *f, size_t *n)
{
    size_t cap = 4096;
    uint8_t *p = need(cap);

    for (*n = 0;;) {
        size_t got = fread(p + *n, 1, cap - *n, f);
        *n += got;
        if (got == 0)
            return p;
        if (*n < cap)
            continue;
        uint8_t *more = need(cap * 2);
        memcpy(more, p, *n);
        free(p);
        p = more;
        cap *= 2;
    }
}

static void replay_file(struct replay *r, const char *path)
{
    size_t n = 0;

    if (r->seen++ < r->skip)
        return;
    FILE *f = fopen(path, "rb");
    uint8_t *p = f ? slurp(f, &n) : NULL;
    bool bad = !f || ferror(f);
    if (bad)
        unreadable(r, path);
    if (f)
        fclose(f);
    if (!bad) {
        if (r->each) {
            printf("run %s\n", path);
            fflush(stdout);
        }
        struct fence copy = fence_copy(p, n); /* as an engine gives it: nothing behind its end */
        running = path;
        alarm(SECONDS);
        SYMBOL(TARGET).one(copy.p, n);
        alarm(0);
        fence_free(&copy);
        running = NULL;
        r->run++;
    }
    free(p);
}

static int is_input(const struct dirent *d)
{
    size_t n = strlen(d->d_name);
    return d->d_name[0] != '.' && (n < 3 || strcmp(d->d_name + n - 3, ".md") != 0);
}

static void replay_path(struct replay *r, const char *path, unsigned depth)
{
    struct stat st;
    struct dirent **names;

    if (stat(path, &st) != 0) {
        unreadable(r, path);
        return;
    }
    if (!S_ISDIR(st.st_mode)) {
        replay_file(r, path);
        return;
    }
    int n = depth < 16 ? scandir(path, &names, is_input, alphasort) : -1;
    if (n < 0) {
        unreadable(r, path);
        return;
    }
    for (int i = 0; i < n; i++) {
        char below[PATH_MAX];
        int len = snprintf(below, sizeof below, "%s/%s", path, names[i]->d_name);
        if (len > 0 && (size_t)len < sizeof below)
            replay_path(r, below, depth + 1);
        else
            r->broken = true;
        free(names[i]);
    }
    free(names);
}

int main(int argc, char **argv)
{
    struct replay r = {0};
    uint64_t skip;
    int i = 1;

    for (; i < argc && strncmp(argv[i], "--", 2) == 0; i++) {
        if (strcmp(argv[i], "--each") == 0) {
            r.each = true;
        } else if (strcmp(argv[i], "--skip") == 0 && i + 1 < argc &&
                   span_uint(span_of(argv[i + 1]), &skip)) {
            r.skip = (size_t)skip;
            i++;
        } else {
            break;
        }
    }
    if (i >= argc || strncmp(argv[i], "--", 2) == 0) {
        fputs("usage: " PROGRAM " [--each] [--skip N] FILE|FOLDER...\n", stderr);
        return 2;
    }
    watch();
    for (; i < argc; i++)
        replay_path(&r, argv[i], 0);
    if (!r.each)
        printf(PROGRAM ": %zu inputs, all came back\n", r.run);
    return r.broken || r.seen == 0 ? 2 : 0;
}
