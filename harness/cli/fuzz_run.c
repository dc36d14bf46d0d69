/* harness/cli/fuzz_run.c - running engines, and what to do with what they leave. The verdict rests on the inputs
 * that they kept, judged by replay, never on how an engine ended. */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <jansson.h>
#include "fuzz/triage/child.h"
#include "harness/cli/fuzz_run.h"

enum { ENOUGH = 24, TARGETS = 64, GRACE_S = 30 };

struct row { /* of list_targets */
    char name[64], dict[64], codecs[64], seeds[64];
    unsigned long max_len;
};
struct totals {
    struct triage_finding *v; /* TRIAGE_FINDINGS in all */
    const char *of[TRIAGE_FINDINGS];
    size_t n;
};

/* ---- folders and programs ---- */

static bool joined(char *out, size_t cap, const char *a, const char *b)
{
    int n = snprintf(out, cap, "%s/%s", a, b);
    return n > 0 && (size_t)n < cap;
}

static bool beside(char out[FUZZ_PATH])
{
    ssize_t n = readlink("/proc/self/exe", out, FUZZ_PATH - 8);
    char *slash;

    if (n <= 0)
        return false;
    out[n] = '\0';
    slash = strrchr(out, '/');
    if (!slash)
        return false;
    memcpy(slash, "/fuzz", 6);
    return true;
}

static bool has_engine(const char *dir)
{
    char path[FUZZ_PATH + 32];
    DIR *d = opendir(dir);
    bool found = false;

    for (struct dirent *e; d && !found && (e = readdir(d)) != NULL;)
        if (strncmp(e->d_name, "replay_", 7) ==
            0) { /* only an engine's build has these beside fuzz_NAME */
            snprintf(path, sizeof path, "%s/fuzz_%s", dir, e->d_name + 7);
            found = access(path, X_OK) == 0;
        }
    if (d)
        closedir(d);
    return found;
}

bool fuzz_programs(const struct fuzz_options *o, bool engine, char out[FUZZ_PATH])
{
    if (o->programs) {
        snprintf(out, FUZZ_PATH, "%s", o->programs);
        if (!engine || has_engine(out))
            return true;
        cli_error("fuzz", "'%s' has no targets that were built with an engine", o->programs);
        return false;
    }
    if (beside(out) && (!engine || has_engine(out)))
        return true;
    const char *share = cli_share();
    if (share && joined(out, FUZZ_PATH, share, "build-fuzz/fuzz") && has_engine(out))
        return true;
    cli_error("fuzz", "no targets were built with an engine; `rtclab fuzz build` builds them");
    return false;
}

static size_t rows_of(const char *programs, struct row *rows, size_t cap)
{
    char command[FUZZ_PATH + 32], line[512];
    size_t n = 0;

    snprintf(command, sizeof command, "'%s/list_targets'", programs);
    FILE *f = strchr(programs, '\'') ? NULL : popen(command, "r");
    while (f && n < cap && fgets(line, sizeof line, f)) {
        struct row *r = &rows[n];
        if (sscanf(line, "%63s %lu %*u %63s %63s %63s", r->name, &r->max_len, r->dict, r->codecs,
                   r->seeds) == 5)
            n++;
    }
    if (f)
        pclose(f);
    return n;
}

static bool is_of(const char *target, const char *protocol)
{
    size_t n = strlen(protocol);
    return strncmp(target, protocol, n) == 0 && target[n] == '_';
}

static bool make_dirs(const char *path)
{
    char part[FUZZ_PATH];

    snprintf(part, sizeof part, "%s", path);
    for (char *at = part + 1; *at; at++)
        if (*at == '/') {
            *at = '\0';
            if (mkdir(part, 0777) != 0 && errno != EEXIST)
                return false;
            *at = '/';
        }
    return mkdir(part, 0777) == 0 || errno == EEXIST;
}

/* ---- seeds ---- */

static void copy_files(const char *from, const char *to)
{
    static uint8_t octets[TRIAGE_INPUT];
    DIR *d = opendir(from);
    char a[FUZZ_PATH], b[FUZZ_PATH];
    struct stat st;
    size_t n;

    for (struct dirent *e; d && (e = readdir(d)) != NULL;) {
        size_t len = strlen(e->d_name);
        if (e->d_name[0] == '.' || (len > 3 && strcmp(e->d_name + len - 3, ".md") == 0))
            continue;
        if (joined(a, sizeof a, from, e->d_name) && joined(b, sizeof b, to, e->d_name) &&
            stat(a, &st) == 0 && S_ISREG(st.st_mode) && triage_read(a, octets, sizeof octets, &n))
            triage_write(b, (struct span){octets, n});
    }
    if (d)
        closedir(d);
}

static void empty_dir(const char *path)
{
    DIR *d = opendir(path);
    char file[FUZZ_PATH];

    for (struct dirent *e; d && (e = readdir(d)) != NULL;)
        if (e->d_name[0] != '.' && joined(file, sizeof file, path, e->d_name))
            unlink(file);
    if (d)
        closedir(d);
}

/* Vectors are seeds too: this program writes them out. */
static void write_vectors(const char *protocol, const char *to)
{
    char self[FUZZ_PATH], p[64], dir[FUZZ_PATH];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    char *argv[] = {self, (char[]){"vectors"}, (char[]){"--quiet"}, (char[]){"--seeds"}, dir, p,
                    NULL};

    if (n <= 0)
        return;
    self[n] = '\0';
    snprintf(p, sizeof p, "%s", protocol);
    snprintf(dir, sizeof dir, "%s", to);
    child_run(argv, NULL, 60);
}

static void gather(const struct row *r, const char *to, bool fresh)
{
    char protocol[64], below[256];

    snprintf(protocol, sizeof protocol, "%.*s", (int)strcspn(r->name, "_"), r->name);
    for (int i = 0; i < 3; i++) {
        if ((i == 1 && fresh) || (i == 2 && strcmp(r->seeds, "-") == 0))
            continue;
        snprintf(below, sizeof below, "corpus/%s%s", i < 2 ? protocol : r->seeds,
                 i == 1 ? "/regressions" : "");
        const char *from = cli_share_path(below);
        if (from)
            copy_files(from, to);
    }
    write_vectors(protocol, to);
}

/* ---- one target ---- */

struct session {
    const struct fuzz_options *o;
    const struct row *r;
    const char *programs;
    char dir[FUZZ_PATH], corpus[FUZZ_PATH], raw[FUZZ_PATH], found[FUZZ_PATH], log[FUZZ_PATH];
    struct triage_target t;
    uint64_t execs;
    unsigned seconds; /* that the engine ran */
    bool ran;
};

static size_t count_files(const char *path)
{
    DIR *d = opendir(path);
    size_t n = 0;

    for (struct dirent *e; d && (e = readdir(d)) != NULL;)
        n += e->d_name[0] != '.';
    if (d)
        closedir(d);
    return n;
}

static bool prepare(struct session *s)
{
    const char *out = s->o->out ? s->o->out : "fuzz-out";

    snprintf(s->t.name, sizeof s->t.name, "%s", s->r->name);
    snprintf(s->t.codecs, sizeof s->t.codecs, "%s", strcmp(s->r->codecs, "-") ? s->r->codecs : "");
    if (!joined(s->dir, sizeof s->dir - 16, out, s->r->name) ||
        !joined(s->corpus, sizeof s->corpus, s->dir, "corpus") ||
        !joined(s->raw, sizeof s->raw, s->dir, "raw") ||
        !joined(s->found, sizeof s->found, s->dir, "findings") ||
        !joined(s->log, sizeof s->log, s->dir, "log") ||
        !joined(s->t.work, sizeof s->t.work, s->dir, "work") || !make_dirs(s->corpus) ||
        !make_dirs(s->raw) || !make_dirs(s->found) || !make_dirs(s->t.work)) {
        cli_error("fuzz", "cannot make folders below '%s': %s", out, strerror(errno));
        return false;
    }
    snprintf(s->t.replay, sizeof s->t.replay, "%s/replay_%s", s->programs, s->r->name);
    if (access(s->t.replay, X_OK) != 0) /* built without an engine */
        snprintf(s->t.replay, sizeof s->t.replay, "%s/fuzz_%s", s->programs, s->r->name);
    empty_dir(s->found);
    return true;
}

static void count_execs(struct session *s)
{
    FILE *f = fopen(s->log, "r");
    char line[1024];
    unsigned long long n;

    s->execs = 0;
    while (f && fgets(line, sizeof line, f))
        if (sscanf(line, "stat::number_of_executed_units: %llu", &n) == 1)
            s->execs += n;
    if (f)
        fclose(f);
}

/* libFuzzer ends at each crash: it is started again until the time is over. */
static void engine(struct session *s)
{
    char text[8][FUZZ_PATH + 64], *argv[12];
    time_t began = time(NULL), until = began + (time_t)s->o->time_s;
    size_t had = SIZE_MAX, n_args = 0;
    unsigned round = 0;

    for (time_t left; (left = until - time(NULL)) > 0 && !child_interrupted(); round++) {
        size_t now = count_files(s->raw);
        if (now >= (s->o->enough ? s->o->enough : ENOUGH) || now == had)
            break; /* enough, or it ended for a reason of its own */
        had = now;
        n_args = 0;
        snprintf(text[0], sizeof text[0], "%s/fuzz_%s", s->programs, s->r->name);
        snprintf(text[1], sizeof text[1], "-max_total_time=%ld", (long)left);
        snprintf(text[2], sizeof text[2], "-max_len=%lu", s->r->max_len);
        snprintf(text[3], sizeof text[3], "-artifact_prefix=%s/", s->raw);
        snprintf(text[4], sizeof text[4], "-seed=%llu",
                 s->o->cli.seeded ? (unsigned long long)(s->o->cli.seed + round) & 0xffffffff
                                  : 0ull);
        snprintf(text[5], sizeof text[5], "%s", s->corpus);
        const char *book = cli_share_path("fuzz/dict");
        snprintf(text[6], sizeof text[6], "-dict=%s/%s.dict", book ? book : ".", s->r->dict);
        for (size_t i = 0; i < 6; i++)
            argv[n_args++] = text[i];
        argv[n_args++] = (char[]){"-timeout=10"};
        argv[n_args++] = (char[]){"-rss_limit_mb=2048"};
        argv[n_args++] = (char[]){"-print_final_stats=1"};
        if (strcmp(s->r->dict, "-") != 0 && access(strchr(text[6], '=') + 1, R_OK) == 0)
            argv[n_args++] = text[6];
        argv[n_args] = NULL;
        s->ran |= child_run(argv, s->log, (unsigned)left + GRACE_S).started;
    }
    s->seconds = time(NULL) > began ? (unsigned)(time(NULL) - began) : 1;
    count_execs(s);
    s->ran &= s->execs > 0 || count_files(s->raw) > 0;
}

static void keep(const struct session *s, const struct triage_finding *f)
{
    static uint8_t in[TRIAGE_INPUT];
    char below[128], to[FUZZ_PATH];
    size_t n;

    snprintf(below, sizeof below, "corpus/%.*s/regressions", (int)strcspn(s->r->name, "_"),
             s->r->name);
    const char *dir = cli_share_path(below), *name = strrchr(f->input, '/');
    if (!dir || !name || !f->again || !make_dirs(dir) || !joined(to, sizeof to, dir, name + 1) ||
        !triage_read(f->input, in, sizeof in, &n) || !triage_write(to, (struct span){in, n}))
        cli_error("fuzz", "'%s' could not be kept as a regression", f->input);
    else if (!s->o->cli.quiet && !s->o->cli.json)
        printf("      kept: %s/%s\n", below, name + 1);
}

static void say(const struct session *s, const struct triage_finding *f)
{
    const struct crash *c = &f->crash;
    const struct crash_frame *at = c->n_frames ? &c->frames[0] : NULL;

    if (s->o->cli.json) {
        json_t *line = json_pack(
            "{s:s, s:s, s:s, s:s, s:s, s:i, s:s, s:I, s:I, s:b}", "target", s->r->name, "kind",
            c->kind, "words", c->words, "function", at ? at->function : "", "file",
            at ? at->file : "", "line", at ? (int)at->line : 0, "input", f->input, "octets",
            (json_int_t)f->octets, "inputs", (json_int_t)f->inputs, "again", (int)f->again);
        json_dumpf(line, stdout, JSON_COMPACT);
        putchar('\n');
        json_decref(line);
    } else {
        printf("FOUND %s: %s%s%s", s->r->name, c->kind, c->words[0] ? ": " : "", c->words);
        if (at)
            printf(" in %s (%s:%u)", at->function, at->file, at->line);
        printf("\n      %zu inputs; %zu octets, %zu minimised: %s\n", f->inputs, f->before,
               f->octets, f->input);
        if (c->detail[0])
            printf("      %s\n", c->detail);
    }
    if (s->o->keep)
        keep(s, f);
    fflush(stdout);
}

static void judge(struct session *s, const char *folder, struct totals *all)
{
    size_t n = triage_folder(&s->t, folder, s->found, s->o->minimise_s, all->v + all->n,
                             TRIAGE_FINDINGS - all->n);

    for (size_t i = all->n; i < all->n + n; i++) {
        all->of[i] = s->r->name;
        say(s, &all->v[i]);
    }
    all->n += n;
}

static void summary(const struct session *s, size_t findings)
{
    if (s->o->cli.json) {
        json_t *line =
            json_pack("{s:s, s:s, s:I, s:I, s:I, s:I}", "type", "summary", "target", s->r->name,
                      "seconds", (json_int_t)s->seconds, "execs", (json_int_t)s->execs, "corpus",
                      (json_int_t)count_files(s->corpus), "findings", (json_int_t)findings);
        json_dumpf(line, stdout, JSON_COMPACT);
        putchar('\n');
        json_decref(line);
    } else if (!s->o->cli.quiet) {
        printf("%-18s %10llu execs %8llu /s  corpus %5zu  findings %zu\n", s->r->name,
               (unsigned long long)s->execs, (unsigned long long)s->execs / s->seconds,
               count_files(s->corpus), findings);
    }
    fflush(stdout);
}

/* ---- all of it ---- */

static bool write_sarif(const struct session *s, const struct totals *all, size_t from)
{
    char path[FUZZ_PATH];
    FILE *f = joined(path, sizeof path, s->dir, "findings.sarif") ? fopen(path, "w") : NULL;
    bool good = f && triage_sarif(f, all->of + from, all->v + from, all->n - from);

    if (f && fclose(f) != 0)
        good = false;
    if (!good)
        cli_error("fuzz", "'%s' cannot be written", path);
    return good;
}

static int finish(struct totals *all, bool good)
{
    size_t n = all->n;

    free(all->v);
    if (child_interrupted())
        return EXIT_INTERRUPTED;
    return !good ? EXIT_OWN_FAULT : n ? EXIT_UNEXPECTED : EXIT_AS_EXPECTED;
}

static bool begin(struct totals *all)
{
    *all = (struct totals){.v = calloc(TRIAGE_FINDINGS, sizeof *all->v)};
    child_watch();
    if (!all->v)
        cli_error("fuzz", "no memory");
    return all->v != NULL;
}

int fuzz_run(const struct fuzz_options *o, const char *name)
{
    static struct row rows[TARGETS];
    static struct session s;
    char programs[FUZZ_PATH];
    struct totals all;
    bool ran = true, any = false;

    if (!fuzz_programs(o, true, programs))
        return EXIT_USAGE;
    size_t n = rows_of(programs, rows, TARGETS);
    if (!begin(&all))
        return EXIT_OWN_FAULT;
    for (size_t i = 0; i < n && !child_interrupted() && all.n < TRIAGE_FINDINGS; i++) {
        if (strcmp(rows[i].name, name) != 0 && !is_of(rows[i].name, name))
            continue;
        any = true;
        s = (struct session){.o = o, .r = &rows[i], .programs = programs};
        if (!prepare(&s)) {
            ran = false;
            break;
        }
        empty_dir(s.raw);
        unlink(s.log);
        if (!o->resume)
            empty_dir(s.corpus);
        gather(&rows[i], s.corpus, o->fresh);
        size_t before = all.n;
        engine(&s);
        judge(&s, s.raw, &all);
        summary(&s, all.n - before);
        ran &= write_sarif(&s, &all, before);
        if (!s.ran) {
            cli_error("fuzz", "%s did not run; see %s", s.r->name, s.log);
            ran = false;
        }
    }
    if (any)
        return finish(&all, ran);
    free(all.v);
    cli_error("fuzz",
              "there is no target '%s', and no protocol with targets; `rtclab fuzz list` has them",
              name);
    return EXIT_USAGE;
}

static const struct row *row_named(const char *programs, struct row *rows, const char *name)
{
    size_t n = rows_of(programs, rows, TARGETS);

    for (size_t i = 0; i < n; i++)
        if (strcmp(rows[i].name, name) == 0)
            return &rows[i];
    cli_error("fuzz", "there is no target '%s'; `rtclab fuzz list` has those that were built",
              name);
    return NULL;
}

int fuzz_triage(const struct fuzz_options *o, const char *name, const char *folder)
{
    static struct row rows[TARGETS];
    static struct session s;
    char programs[FUZZ_PATH];
    struct totals all;

    if (!fuzz_programs(o, false, programs))
        return EXIT_USAGE;
    const struct row *r = row_named(programs, rows, name);
    if (!r)
        return EXIT_USAGE;
    if (access(folder, R_OK | X_OK) != 0) {
        cli_error("fuzz", "cannot read '%s': %s", folder, strerror(errno));
        return EXIT_USAGE;
    }
    if (!begin(&all))
        return EXIT_OWN_FAULT;
    s = (struct session){.o = o, .r = r, .programs = programs};
    bool good = prepare(&s);
    if (good) {
        judge(&s, folder, &all);
        good = write_sarif(&s, &all, 0);
    }
    return finish(&all, good);
}

int fuzz_merge(const struct fuzz_options *o, const char *name, const char *to, char **folders,
               int n)
{
    static struct row rows[TARGETS];
    char programs[FUZZ_PATH], text[3][FUZZ_PATH + 64];
    char **argv = calloc((size_t)n + 5, sizeof *argv);

    if (!argv || !fuzz_programs(o, true, programs) || !row_named(programs, rows, name)) {
        free(argv);
        return EXIT_USAGE;
    }
    snprintf(text[0], sizeof text[0], "%s/fuzz_%s", programs, name);
    snprintf(text[1], sizeof text[1], "-set_cover_merge=1");
    snprintf(text[2], sizeof text[2], "%s", to);
    for (size_t i = 0; i < 3; i++)
        argv[i] = text[i];
    memcpy(argv + 3, folders, (size_t)n * sizeof *argv);
    child_watch();
    bool made = make_dirs(to);
    struct child_end end =
        made ? child_run(argv, NULL, 3600) : (struct child_end){.started = false};
    free(argv);
    if (child_interrupted())
        return EXIT_INTERRUPTED;
    if (!end.started || end.late || !WIFEXITED(end.status) || WEXITSTATUS(end.status) != 0) {
        cli_error("fuzz", "merging into '%s' failed", to);
        return EXIT_OWN_FAULT;
    }
    if (!o->cli.quiet)
        printf("%zu files in %s\n", count_files(to), to);
    return EXIT_AS_EXPECTED;
}

int fuzz_build(const struct fuzz_options *o)
{
    const char *share = cli_share();

    (void)o;
    if (!share || chdir(share) != 0 || access("CMakePresets.json", R_OK) != 0) {
        cli_error("fuzz", "targets are built in a source tree, and there is none");
        return EXIT_USAGE;
    }
    fflush(NULL);
    int status = system("cmake --preset fuzz && cmake --build build-fuzz --target fuzz_all");
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? EXIT_AS_EXPECTED : EXIT_OWN_FAULT;
}
