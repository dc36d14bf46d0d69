/* fuzz/triage/triage.c - replaying, telling apart, keeping. */
#include <dirent.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "fuzz/triage/child.h"
#include "fuzz/triage/triage.h"

enum { REPLAY_SECONDS = 45, LOG_MAX = 1 << 18 };

bool triage_read(const char *path, uint8_t *to, size_t cap, size_t *n)
{
    FILE *f = fopen(path, "rb");

    if (!f)
        return false;
    *n = fread(to, 1, cap, f);
    bool good = !ferror(f);
    return fclose(f) == 0 && good;
}

bool triage_write(const char *path, struct span s)
{
    FILE *f = fopen(path, "wb");

    if (!f)
        return false;
    bool good = s.n == 0 || fwrite(s.p, 1, s.n, f) == s.n;
    return fclose(f) == 0 && good;
}

bool triage_replay(const struct triage_target *t, const char *path, const char *log,
                   struct crash *c)
{
    static uint8_t text[LOG_MAX];
    char own[TRIAGE_PATH + 16], program[TRIAGE_PATH], input[TRIAGE_PATH];
    char *argv[] = {program, input, NULL};
    size_t n = 0;

    snprintf(own, sizeof own, "%s/replay.log", t->work);
    snprintf(program, sizeof program, "%s", t->replay);
    snprintf(input, sizeof input, "%s", path);
    log = log ? log : own;
    unlink(log);
    struct child_end end = child_run(argv, log, REPLAY_SECONDS);
    bool back = end.started && !end.late && WIFEXITED(end.status) &&
                (WEXITSTATUS(end.status) == 0 || WEXITSTATUS(end.status) == 2 ||
                 WEXITSTATUS(end.status) == 127);
    if (!end.started || back)
        return false;
    if (triage_read(log, text, sizeof text, &n) && crash_read((struct span){text, n}, c))
        return true;
    *c = (struct crash){.kind = "crash", .key = "crash", .slug = "crash"};
    return true;
}

/* ---- a folder ---- */

static uint64_t hash_of(struct span s)
{
    uint64_t h = 0xcbf29ce484222325u;
    for (size_t i = 0; i < s.n; i++)
        h = (h ^ s.p[i]) * 0x100000001b3u;
    return h;
}

static struct triage_finding *finding_of(struct triage_finding *v, size_t *n, size_t cap,
                                         const struct crash *c, bool again)
{
    for (size_t i = 0; i < *n; i++)
        if (v[i].again == again && crash_same(&v[i].crash, c))
            return &v[i];
    if (*n == cap)
        return NULL;
    v[*n] = (struct triage_finding){.crash = *c, .again = again};
    return &v[(*n)++];
}

static void judge(const struct triage_target *t, const char *path, struct triage_finding *v,
                  size_t *n, size_t cap)
{
    struct stat st;
    struct crash c;
    bool again = triage_replay(t, path, NULL, &c);

    if (stat(path, &st) != 0 || !S_ISREG(st.st_mode) || child_interrupted())
        return;
    if (!again)
        c = (struct crash){.kind = "not-again",
                           .words = "the engine kept it, and replay comes back",
                           .key = "not-again",
                           .slug = "not-again"};
    struct triage_finding *f = finding_of(v, n, cap, &c, again);
    if (!f)
        return;
    if (f->inputs == 0 || (size_t)st.st_size < f->before) {
        snprintf(f->input, sizeof f->input, "%s", path);
        f->before = f->octets = (size_t)st.st_size;
    }
    f->inputs++;
}

static void keep(const struct triage_target *t, const char *out, unsigned seconds,
                 struct triage_finding *f)
{
    static uint8_t in[TRIAGE_INPUT];
    char to[TRIAGE_PATH];
    size_t n = 0;
    struct crash c;

    if (!triage_read(f->input, in, sizeof in, &n))
        return;
    if (f->again)
        n = triage_minimise(t, &f->crash, in, n, seconds);
    int len = snprintf(to, sizeof to, "%s/%s-%08x", out, f->crash.slug,
                       (unsigned)(hash_of((struct span){in, n}) & 0xffffffffu));
    if (len <= 0 || (size_t)len + 8 > sizeof to || !triage_write(to, (struct span){in, n}))
        return;
    memcpy(f->input, to, (size_t)len + 1);
    f->octets = n;
    snprintf(f->log, sizeof f->log, "%.*s.log", (int)sizeof f->log - 8, to);
    triage_replay(t, f->input, f->log, &c);
}

static int is_file(const struct dirent *d)
{
    return d->d_name[0] != '.';
}

size_t triage_folder(const struct triage_target *t, const char *folder, const char *out,
                     unsigned seconds, struct triage_finding *v, size_t cap)
{
    struct dirent **names = NULL;
    int files = scandir(folder, &names, is_file, alphasort);
    size_t n = 0;

    for (int i = 0; i < files; i++) {
        char path[TRIAGE_PATH];
        if (snprintf(path, sizeof path, "%s/%s", folder, names[i]->d_name) < (int)sizeof path)
            judge(t, path, v, &n, cap);
        free(names[i]);
    }
    free(names);
    for (size_t i = 0; i < n; i++)
        keep(t, out, seconds, &v[i]);
    return n;
}
