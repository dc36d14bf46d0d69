/* harness/cli/cmd_bench.c - rtclab bench: ours beside the peers', in paired rounds.
 *
 * What is measured stands in programs of their own (bench/), one a party, which are run in turns:
 * so ours and a peer see the same neighbours on the machine, and no library meets another. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include "harness/cli/cli.h"

#if defined(__OPTIMIZE__)
#define OPTIMIZED true
#else
#define OPTIMIZED false
#endif
#define PASS_AT 0.9 /* of a must: the machine is shared, and ratios move */

enum { ROUNDS_MAX = 99, PARTIES_MAX = 4, TIME_MAX_MS = 600000 };

/* Cost of an octet from 1 KB to 1 MB: it grows by a half at most. */
#define HOSTILE(family)                                                                            \
    {                                                                                              \
        "sip.hostile." family, "bench_sip_hostile", 3, 120, GROWTH, 1500, false, false, NULL       \
    }

static const struct subject {
    const char *name, *program;
    unsigned rounds, time_ms;
    enum { RATIO, DEVIATION, PEAK, ARENA, GROWTH } of; /* what is held against a limit */
    uint64_t
        limit; /* of a deviation, ns; of a peak, KiB; of an arena, octets; of a growth, thousandths */
    bool no_allocs;      /* ours must not allocate while it is measured */
    bool wall;           /* cost is time that passes, not CPU time */
    const char *peak_of; /* in words, of what */
} subjects[] = {
    {"stun.decode", "bench_stun", 7, 300, RATIO, 0, true, false, NULL},
    {"stun.integrity", "bench_stun", 7, 300, RATIO, 0, true, false, NULL},
    {"rtp.header", "bench_rtp", 7, 300, RATIO, 0, true, false, NULL},
    {"rtp.watch", "bench_watch", 7, 300, RATIO, 0, false, false, NULL},
    {"rtcp.compound", "bench_rtp", 7, 300, RATIO, 0, true, false, NULL},
    {"sip.full", "bench_sip", 7, 300, RATIO, 0, true, false, NULL},
    {"sip.scan", "bench_sip", 7, 300, RATIO, 0, true, false, NULL},
    {"sip.route", "bench_sip", 7, 300, RATIO, 0, true, false, NULL},
    {"sip.build", "bench_sip", 7, 300, RATIO, 0, true, false, NULL},
    {"sip.lint", "bench_sip", 7, 300, RATIO, 0, true, false, NULL},
    {"sip.lint.groups", "bench_sip", 7, 300, RATIO, 0, true, false, NULL},
    {"sip.lint.received", "bench_sip", 7, 300, RATIO, 0, true, false, NULL},
    {"sip.arena", "bench_sip", 1, 100, ARENA, 4096, true, false, NULL},
    {"sdp.audio", "bench_sdp", 7, 300, RATIO, 0, true, false, NULL},
    {"sdp.video", "bench_sdp", 7, 300, RATIO, 0, true, false, NULL},
    {"sdp.webrtc", "bench_sdp", 7, 300, RATIO, 0, true, false, NULL},
    HOSTILE("header"),
    HOSTILE("headers"),
    HOSTILE("short-headers"),
    HOSTILE("vias-line"),
    HOSTILE("vias-lines"),
    HOSTILE("quote"),
    HOSTILE("quotes"),
    HOSTILE("quoted"),
    HOSTILE("nul"),
    HOSTILE("nul-lines"),
    HOSTILE("cr"),
    HOSTILE("lf"),
    HOSTILE("lf-before"),
    HOSTILE("fold"),
    HOSTILE("space"),
    HOSTILE("space-params"),
    HOSTILE("high"),
    HOSTILE("escapes"),
    HOSTILE("escapes-target"),
    HOSTILE("commas"),
    HOSTILE("semicolons"),
    HOSTILE("uri-semicolons"),
    HOSTILE("angles"),
    HOSTILE("parentheses"),
    HOSTILE("colons"),
    HOSTILE("digits"),
    HOSTILE("challenge"),
    HOSTILE("multipart"),
    HOSTILE("boundaries"),
    {"stun.server", "bench_load", 7, 1000, RATIO, 0, false, false, NULL},
    {"turn.relay.172", "bench_relay", 7, 1000, RATIO, 0, false, false, NULL},
    {"turn.relay.1200", "bench_relay", 7, 1000, RATIO, 0, false, false, NULL},
    {"turn.memory", "bench_relay", 1, 1000, PEAK, 20000, false, false,
     "10,000 allocations without their sockets"},
    {"pace", "bench_pace", 3, 2000, DEVIATION, 2000000, false, false, NULL},
    {"capture.summary", "bench_capture", 3, 1000, RATIO, 0, false, false, NULL},
    {"capture.json", "bench_capture", 3, 1000, RATIO, 0, false, false, NULL},
    {"capture.streams", "bench_capture", 3, 1000, RATIO, 0, false, false, NULL},
    {"capture.memory", "bench_capture", 1, 1000, PEAK, 64 * 1024, false, false,
     "200 MB and 2 GB, one thread and two"},
    {"capture.jobs", "bench_capture", 7, 500, RATIO, 0, false, true, NULL},
};
static const struct rival {
    const char *subject, *peer, *program;
    double must; /* 0: it is shown, and held against nothing */
} rivals[] = {
    {"stun.decode", "libre", "bench_libre", 12},
    {"stun.decode", "libnice", "bench_nice", 4},
    {"stun.integrity", "libre", "bench_libre", 12},
    {"stun.integrity", "libnice", "bench_nice", 4},
    {"rtp.header", "libre", "bench_libre_rtp", 8},
    {"rtcp.compound", "libre", "bench_libre_rtp", 8},
    {"sip.full", "osip", "bench_osip", 10},
    {"sip.full", "sofia", "bench_sofia", 5},
    {"sip.scan", "http", "bench_http_parser", 6},
    {"sip.route", "osip", "bench_osip", 25},
    {"sip.build", "osip", "bench_osip", 15},
    {"sip.lint", "decode", "bench_sip", 0.625}, /* it adds 60 % at most */
    {"sip.lint.groups", "decode", "bench_sip", 0.625},
    {"sip.lint.received", "decode", "bench_sip", 0.625},
    {"sdp.audio", "osip", "bench_osip_sdp", 5},
    {"sdp.video", "osip", "bench_osip_sdp", 5},
    {"sdp.webrtc", "osip", "bench_osip_sdp", 5},
    {"stun.server", "coturn", "bench_load", 2},
    {"turn.relay.172", "coturn", "bench_relay", 2},
    {"turn.relay.1200", "coturn", "bench_relay", 2},
    {"capture.summary", "tshark", "bench_capture", 60},
    {"capture.json", "tshark", "bench_capture", 100},
    {"capture.streams", "tshark", "bench_capture", 60},
    {"capture.jobs", "one", "bench_capture", 1.7},
};

struct sample { /* one run of a program; the keys that bench/bench.h prints */
    uint64_t ops, bytes, cpu_ns, wall_ns, yardstick_ps, allocs, lost, stray, sender_ns,
        deviation_ns, worst_ns, peak_kib, left_out, arena, growth;
};
static const struct {
    const char *key;
    size_t off;
} keys[] = {
    {"ops", offsetof(struct sample, ops)},
    {"bytes", offsetof(struct sample, bytes)},
    {"cpu_ns", offsetof(struct sample, cpu_ns)},
    {"wall_ns", offsetof(struct sample, wall_ns)},
    {"yardstick_ps", offsetof(struct sample, yardstick_ps)},
    {"allocs", offsetof(struct sample, allocs)},
    {"lost", offsetof(struct sample, lost)},
    {"stray", offsetof(struct sample, stray)},
    {"sender_ns", offsetof(struct sample, sender_ns)},
    {"deviation_ns", offsetof(struct sample, deviation_ns)},
    {"worst_ns", offsetof(struct sample, worst_ns)},
    {"peak_kib", offsetof(struct sample, peak_kib)},
    {"left_out", offsetof(struct sample, left_out)},
    {"arena", offsetof(struct sample, arena)},
    {"growth", offsetof(struct sample, growth)},
};

struct party { /* ours is the first */
    const char *who, *program;
    double must;
    bool out; /* it cannot run here */
    struct sample v[ROUNDS_MAX];
};
struct bench {
    struct cli cli;
    const struct subject *subject;
    struct party parties[PARTIES_MAX];
    size_t n;
    unsigned rounds, time_ms;
    char exe[PATH_MAX], dir[PATH_MAX];
    unsigned rows, missed, skipped, faults;
};

static volatile sig_atomic_t interrupted;

static void on_interrupt(int sig)
{
    (void)sig;
    interrupted = 1;
}

/* ---- one run of one program ---- */

static _Noreturn void become(const struct bench *b, const struct party *p, int out)
{
    char path[PATH_MAX + 64], ms[16];

    snprintf(path, sizeof path, "%s/%s", b->dir, p->program);
    snprintf(ms, sizeof ms, "%u", b->time_ms);
    dup2(out, STDOUT_FILENO);
    execl(path, path, b->subject->name, p->who, "--time", ms, "--rtclab", b->exe, (char *)NULL);
    if (errno == ENOENT)
        cli_error("bench", "%s is not built; %s is left out of %s", p->program, p->who,
                  b->subject->name);
    else
        cli_error("bench", "%s cannot be run: %s", path, strerror(errno));
    _exit(errno == ENOENT ? EXIT_SKIPPED : EXIT_OWN_FAULT);
}

/* The line `result NAME WHO key number ...`; keys that are not known are passed over. */
static bool read_result(FILE *f, struct sample *v)
{
    char word[64] = "";
    uint64_t n;

    *v = (struct sample){0};
    if (fscanf(f, "%63s %*s %*s", word) != 1 || strcmp(word, "result") != 0)
        return false;
    while (fscanf(f, "%63s %" SCNu64, word, &n) == 2)
        for (size_t i = 0; i < COUNT(keys); i++)
            if (strcmp(word, keys[i].key) == 0)
                memcpy((char *)v + keys[i].off, &n, sizeof n);
    return v->ops > 0;
}

/* Returns the program's exit status; EXIT_OWN_FAULT too where its line does not come. */
static int run_once(const struct bench *b, const struct party *p, struct sample *v)
{
    int ends[2], how = 0;

    if (pipe2(ends, O_CLOEXEC) != 0) {
        cli_error("bench", "no pipe: %s", strerror(errno));
        return EXIT_OWN_FAULT;
    }
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0)
        become(b, p, ends[1]);
    close(ends[1]);
    FILE *f = fdopen(ends[0], "r");
    bool got = f && pid > 0 && read_result(f, v);
    if (f)
        fclose(f);
    else
        close(ends[0]);
    while (pid > 0 && waitpid(pid, &how, 0) < 0 && errno == EINTR)
        ;
    if (pid <= 0 || !WIFEXITED(how))
        return EXIT_OWN_FAULT;
    return WEXITSTATUS(how) == 0 && !got ? EXIT_OWN_FAULT : WEXITSTATUS(how);
}

/* ---- rounds ---- */

static double ns_op(const struct subject *s, const struct sample *v)
{
    return (double)(s->wall ? v->wall_ns : v->cpu_ns) / (double)v->ops;
}

static void say_round(const struct bench *b, unsigned round)
{
    if (b->cli.verbose) {
        fprintf(stderr, "%s round %u:", b->subject->name, round + 1);
        for (size_t i = 0; i < b->n; i++) {
            const struct sample *v = &b->parties[i].v[round];
            if (b->parties[i].out)
                continue;
            fprintf(stderr, "%s %s %.1f ns/op", i ? "," : "", b->parties[i].who,
                    ns_op(b->subject, v));
            if (v->yardstick_ps)
                fprintf(stderr, " (yardstick %.2f ns)", (double)v->yardstick_ps / 1e3);
            if (v->sender_ns)
                fprintf(stderr,
                        " (%.0f/s, 64 in flight, not pinned; sender %.0f ns, lost %" PRIu64
                        ", stray %" PRIu64 ")",
                        (double)v->ops * 1e9 / (double)v->wall_ns,
                        (double)v->sender_ns / (double)v->ops, v->lost, v->stray);
            if (v->left_out)
                fprintf(stderr, " (%" PRIu64 " runs left out: processors no cores near each other)",
                        v->left_out);
            if (b->subject->of == DEVIATION)
                fprintf(stderr, " (deviation %" PRIu64 " us, worst %" PRIu64 " us)",
                        v->deviation_ns / 1000, v->worst_ns / 1000);
        }
        fputc('\n', stderr);
    } else if (!b->cli.quiet && isatty(STDERR_FILENO)) {
        fprintf(stderr, "\r%s %u/%u \r", b->subject->name, round + 1, b->rounds);
    }
}

/* Ours goes first in one round and last in the next. False: nothing of ours to show. */
static bool run_rounds(struct bench *b)
{
    for (unsigned r = 0; r < b->rounds; r++) {
        for (size_t i = 0; i < b->n; i++) {
            struct party *p = &b->parties[r & 1 ? b->n - 1 - i : i];
            int status = p->out ? 0 : run_once(b, p, &p->v[r]);
            if (interrupted)
                return false;
            if (status == 0)
                continue;
            p->out = true;
            if (status == EXIT_SKIPPED) {
                b->skipped++;
            } else {
                b->faults++;
                cli_error("bench", "%s: %s of %s could not measure", b->subject->name, p->program,
                          p->who);
            }
            if (p == b->parties)
                return false;
        }
        say_round(b, r);
    }
    return true;
}

/* ---- medians and rows ---- */

static int by_value(const void *a, const void *b)
{
    const double *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static double median(const struct bench *b, const struct party *p,
                     double (*of)(const struct subject *s, const struct sample *ours,
                                  const struct sample *v))
{
    double all[ROUNDS_MAX] = {0};

    for (unsigned r = 0; r < b->rounds; r++)
        all[r] = of(b->subject, &b->parties[0].v[r], &p->v[r]);
    qsort(all, b->rounds, sizeof *all, by_value);
    unsigned half = b->rounds / 2;
    return b->rounds & 1 ? all[half] : (all[half - 1] + all[half]) / 2;
}

static double of_cost(const struct subject *s, const struct sample *ours, const struct sample *v)
{
    (void)ours;
    return ns_op(s, v);
}

static double of_ratio(const struct subject *s, const struct sample *ours, const struct sample *v)
{
    return ns_op(s, v) / ns_op(s, ours);
}

static double of_deviation(const struct subject *s, const struct sample *ours,
                           const struct sample *v)
{
    (void)s, (void)ours;
    return (double)v->deviation_ns;
}

static double of_interval(const struct subject *s, const struct sample *ours,
                          const struct sample *v)
{
    (void)s, (void)ours;
    return (double)v->wall_ns / (double)v->ops;
}

static double of_worst(const struct subject *s, const struct sample *ours, const struct sample *v)
{
    (void)s, (void)ours;
    return (double)v->worst_ns;
}

static double of_peak(const struct subject *s, const struct sample *ours, const struct sample *v)
{
    (void)s, (void)ours;
    return (double)v->peak_kib;
}

static double of_arena(const struct subject *s, const struct sample *ours, const struct sample *v)
{
    (void)s, (void)ours;
    return (double)v->arena;
}

static double of_growth(const struct subject *s, const struct sample *ours, const struct sample *v)
{
    (void)s, (void)ours;
    return (double)v->growth / 1000;
}

static uint64_t allocs(const struct bench *b)
{
    uint64_t sum = 0;
    for (unsigned r = 0; r < b->rounds; r++)
        sum += b->parties[0].v[r].allocs;
    return sum;
}

static const char *verdict(const struct bench *b, bool ok)
{
    if (!b->cli.color)
        return ok ? "yes" : "NO";
    return ok ? "\033[32myes\033[0m" : "\033[31mNO\033[0m";
}

/* A row a peer; `p` is NULL where there is none to compare with. */
static void peer_row(struct bench *b, const struct party *p)
{
    const struct party *us = &b->parties[0];
    const struct subject *s = b->subject;
    double ours = median(b, us, of_cost), theirs = p ? median(b, p, of_cost) : 0;
    double ratio = p ? median(b, p, of_ratio) : 0;
    double octets = (double)us->v[0].bytes / (double)us->v[0].ops;
    bool ok = (!p || ratio >= PASS_AT * p->must) && !(s->no_allocs && allocs(b));

    b->rows++;
    b->missed += !ok;
    if (b->cli.json) {
        printf("{\"name\":\"%s\",\"ops_s\":%.0f,\"mb_s\":%.2f,\"ns_op\":%.2f,\"bytes_op\":%.0f",
               s->name, 1e9 / ours, octets * 1e3 / ours, ours, octets);
        if (p)
            printf(",\"peer\":\"%s\",\"ratio\":%.3f,\"peer_ns_op\":%.2f,\"must\":%g", p->who, ratio,
                   theirs, p->must);
        else
            printf(",\"peer\":null,\"ratio\":null");
        printf(",\"ok\":%s,\"rounds\":%u", ok ? "true" : "false", b->rounds);
        if (s->no_allocs)
            printf(",\"allocs\":%" PRIu64, allocs(b));
        puts("}");
    } else if (p) {
        char must[24] = "-";
        if (p->must > 0)
            snprintf(must, sizeof must, ">= %g", p->must);
        printf("%-15s %10.1f  %-8s %10.1f  %7.2f  %-11s %s\n", s->name, ours, p->who, theirs, ratio,
               must, verdict(b, ok));
    } else {
        printf("%-15s %10.1f  %-8s %10s  %7s  %-11s %s\n", s->name, ours, "-", "-", "-", "-",
               verdict(b, ok));
    }
    if (s->no_allocs && allocs(b))
        cli_error("bench", "%s: ours allocates, %" PRIu64 " times in %u rounds", s->name, allocs(b),
                  b->rounds);
}

static void peak_row(struct bench *b)
{
    double peak = median(b, &b->parties[0], of_peak), must = (double)b->subject->limit;
    bool ok = peak <= must;

    b->rows++;
    b->missed += !ok;
    if (b->cli.json)
        printf("{\"name\":\"%s\",\"peer\":null,\"ratio\":null,\"peak_kib\":%.0f,"
               "\"must_kib\":%.0f,\"ok\":%s,\"rounds\":%u}\n",
               b->subject->name, peak, must, ok ? "true" : "false", b->rounds);
    else
        printf("%-15s peak %.1f MiB, %s  <= %.1f MiB  %s\n", b->subject->name, peak / 1024,
               b->subject->peak_of, must / 1024, verdict(b, ok));
}

static void arena_row(struct bench *b)
{
    double octets = median(b, &b->parties[0], of_arena), must = (double)b->subject->limit;
    bool ok = octets <= must;

    b->rows++;
    b->missed += !ok;
    if (b->cli.json)
        printf("{\"name\":\"%s\",\"peer\":null,\"ratio\":null,\"arena_octets\":%.0f,"
               "\"must_octets\":%.0f,\"ok\":%s,\"rounds\":%u}\n",
               b->subject->name, octets, must, ok ? "true" : "false", b->rounds);
    else
        printf("%-15s %.0f octets of the arena a message  <= %.0f  %s\n", b->subject->name, octets,
               must, verdict(b, ok));
}

static void growth_row(struct bench *b)
{
    const struct party *us = &b->parties[0];
    double growth = median(b, us, of_growth), octet = median(b, us, of_cost);
    double must = (double)b->subject->limit / 1000;
    bool ok = growth <= must;

    b->rows++;
    b->missed += !ok;
    if (b->cli.json)
        printf("{\"name\":\"%s\",\"peer\":null,\"ratio\":null,\"ns_octet\":%.3f,\"growth\":%.3f,"
               "\"must_growth\":%g,\"ok\":%s,\"rounds\":%u}\n",
               b->subject->name, octet, growth, must, ok ? "true" : "false", b->rounds);
    else
        printf("%-26s %7.3f ns an octet at 1 MB, growth from 1 KB %5.2f  <= %g  %s\n",
               b->subject->name, octet, growth, must, verdict(b, ok));
}

static void deviation_row(struct bench *b)
{
    const struct party *us = &b->parties[0];
    double deviation = median(b, us, of_deviation), worst = median(b, us, of_worst);
    double interval = median(b, us, of_interval), must = (double)b->subject->limit;
    bool ok = deviation <= must / PASS_AT;

    b->rows++;
    b->missed += !ok;
    if (b->cli.json)
        printf("{\"name\":\"%s\",\"ops_s\":%.2f,\"mb_s\":0,\"ns_op\":%.2f,\"bytes_op\":%.0f,"
               "\"peer\":null,\"ratio\":null,\"deviation_us\":%.1f,\"worst_us\":%.1f,"
               "\"must_us\":%.0f,\"ok\":%s,\"rounds\":%u}\n",
               b->subject->name, 1e9 / interval, median(b, us, of_cost),
               (double)us->v[0].bytes / (double)us->v[0].ops, deviation / 1e3, worst / 1e3,
               must / 1e3, ok ? "true" : "false", b->rounds);
    else
        printf(
            "%-15s deviation %.0f us from a grid of 20 ms (worst %.0f), %.2f/s  <= %.0f us  %s\n",
            b->subject->name, deviation / 1e3, worst / 1e3, 1e9 / interval, must / 1e3,
            verdict(b, ok));
}

static void run_subject(struct bench *b, const struct subject *s, unsigned rounds, unsigned ms)
{
    size_t shown = 0;

    b->subject = s;
    b->rounds = rounds ? rounds : s->rounds;
    b->time_ms = ms ? ms : s->time_ms;
    b->n = 1;
    b->parties[0] = (struct party){.who = "rtclab", .program = s->program};
    for (size_t i = 0; i < COUNT(rivals) && b->n < PARTIES_MAX; i++)
        if (strcmp(rivals[i].subject, s->name) == 0)
            b->parties[b->n++] = (struct party){
                .who = rivals[i].peer, .program = rivals[i].program, .must = rivals[i].must};
    if (!run_rounds(b))
        return;
    for (size_t i = 1; i < b->n; i++)
        if (!b->parties[i].out && ++shown)
            peer_row(b, &b->parties[i]);
    if (s->of == DEVIATION)
        deviation_row(b);
    else if (s->of == PEAK)
        peak_row(b);
    else if (s->of == ARENA)
        arena_row(b);
    else if (s->of == GROWTH)
        growth_row(b);
    else if (!shown)
        peer_row(b, NULL);
    fflush(stdout);
}

/* ---- the command ---- */

/* A name, or what stands before its dot: "stun". */
static bool selects(const char *word, const char *name)
{
    size_t n = strlen(word);
    return strncmp(word, name, n) == 0 && (name[n] == '\0' || name[n] == '.');
}

static bool names_known(char **words, int n)
{
    for (int i = 0; i < n; i++) {
        bool known = false;
        for (size_t k = 0; k < COUNT(subjects); k++)
            known |= selects(words[i], subjects[k].name);
        if (known)
            continue;
        cli_error("bench", "there is no benchmark '%s'; 'rtclab bench --help' lists them",
                  words[i]);
        return false;
    }
    return true;
}

static bool find_programs(struct bench *b)
{
    ssize_t n = readlink("/proc/self/exe", b->exe, sizeof b->exe - 8);

    if (n <= 0)
        return false;
    b->exe[n] = '\0';
    memcpy(b->dir, b->exe, (size_t)n + 1);
    char *slash = strrchr(b->dir, '/');
    if (!slash)
        return false;
    strcpy(slash, "/bench");
    return access(b->dir, X_OK) == 0;
}

static bool number(const char *option, const char *arg, unsigned max, unsigned *out)
{
    uint64_t v;
    if (!span_uint(span_of(arg), &v) || v == 0 || v > max) {
        cli_error("bench", "%s wants a number from 1 to %u, not '%s'", option, max, arg);
        return false;
    }
    *out = (unsigned)v;
    return true;
}

static int finish(const struct bench *b)
{
    if (interrupted)
        return EXIT_INTERRUPTED;
    if (b->faults)
        return EXIT_OWN_FAULT;
    if (b->missed)
        return EXIT_UNEXPECTED;
    return b->rows ? EXIT_AS_EXPECTED : EXIT_SKIPPED;
}

static void heading(const struct bench *b)
{
    if (!OPTIMIZED && !b->cli.quiet)
        cli_error("bench", "this build is not optimized: its figures mean little");
    if (!b->cli.json && !b->cli.quiet)
        printf("%-15s %10s  %-8s %10s  %7s  %-11s %s\n", "name", "ns/op", "peer", "its ns/op",
               "ratio", "must", "ok at 0.9");
}

static int run(int argc, char **argv);
const struct command cmd_bench = {
    .name = "bench",
    .brief = "ours beside the peers', in paired rounds",
    .run = run,
    .help =
        "usage: rtclab bench [OPTION...] [NAME...]\n\n"
        "  stun.decode     a request of 108 octets, all attributes typed: libre, libnice\n"
        "  stun.integrity  the same with MESSAGE-INTEGRITY and FINGERPRINT checked: libre, "
        "libnice\n"
        "  rtp.header      the header of a PCMU packet: libre\n"
        "  rtp.watch       a packet shown to the watcher, 600 streams in turn\n"
        "  rtcp.compound   SR with a block and SDES, all fields typed: libre\n"
        "  sip.full        a mix of 1,000 messages, 772 octets each, all typed: libosip2, "
        "sofia-sip\n"
        "  sip.scan        start line and header fields of 660 octets found: http_parser\n"
        "  sip.route       Via, tags, Call-ID and CSeq of the mix: libosip2, which parses it "
        "whole\n"
        "  sip.build       an INVITE from a template: libosip2's writer\n"
        "  sip.lint        the mix decoded and linted, beside decoded alone\n"
        "  sip.lint.groups    the same in groups of 16: all decoded, then all linted\n"
        "  sip.lint.received  the same of messages that come over a socket\n"
        "  sip.arena       octets of the arena that a message of the mix takes\n"
        "  sdp.*           a description of 250 octets, one of 960, a WebRTC offer of 5 KB: "
        "libosip2\n"
        "  sip.hostile.*   messages made to be dear: how the cost of an octet grows with their "
        "size\n"
        "  stun.server     replies per CPU second of the server, 64 requests in flight: coturn\n"
        "  turn.relay.*    datagrams of 172 and 1200 octets relayed per CPU second: coturn\n"
        "  turn.memory     what 10,000 allocations take, at most 2 KiB each\n"
        "  pace            50 datagrams a second: deviation of the live driver from its grid\n"
        "  capture.summary   a capture of 200 MB decoded, linted and watched: tshark -z io,phs\n"
        "  capture.json      each message of it as JSON: tshark -T json\n"
        "  capture.streams   its RTP streams: tshark -z rtp,streams\n"
        "  capture.memory    the most memory for it and for 2 GB, with one thread and two\n"
        "  capture.jobs      two threads beside one, in time that passes\n\n"
        "Without a NAME all of them; 'stun' names those that begin with 'stun.'. Each round runs\n"
        "ours and the peers' programs in turns; cost is CPU time, ratio is the median over the\n"
        "rounds of the peer's cost by ours. Exit status 1: a must is not reached at 0.9.\n\n"
        "  --rounds N    rounds (7; pace and capture: 3)\n"
        "  --time MS     length of one measurement (300; stun.server, turn, capture 1000; pace "
        "2000)\n"
        "  --json        one object a row\n"
        "  -v            each round, with the yardstick (a chain of shifts: the clock speed)\n"
        "  -q            only the rows\n\n"
        "examples:\n"
        "  rtclab bench\n"
        "  rtclab bench --rounds 3 --time 100 stun.decode\n"
        "  rtclab bench --json stun > bench.jsonl\n",
};

static int run(int argc, char **argv)
{
    static const struct option options[] = {CLI_OPTIONS,
                                            {"rounds", required_argument, NULL, 'r'},
                                            {"time", required_argument, NULL, 't'},
                                            {NULL, 0, NULL, 0}};
    static struct bench b;
    unsigned rounds = 0, ms = 0;

    cli_init(&b.cli);
    for (int opt; (opt = cli_getopt(&cmd_bench, argc, argv, CLI_SHORT, options)) != -1;) {
        if (opt == 'h')
            return cli_help(&cmd_bench);
        if (opt == 'r'   ? !number("--rounds", optarg, ROUNDS_MAX, &rounds)
            : opt == 't' ? !number("--time", optarg, TIME_MAX_MS, &ms)
                         : cli_option(&b.cli, opt, optarg) != 1)
            return EXIT_USAGE;
    }
    if (!names_known(argv + optind, argc - optind))
        return EXIT_USAGE;
    if (!find_programs(&b)) {
        cli_error("bench", "no benchmark programs beside rtclab: an instrumented build has none");
        return EXIT_SKIPPED;
    }
    sigaction(SIGINT, &(struct sigaction){.sa_handler = on_interrupt}, NULL);
    sigaction(SIGTERM, &(struct sigaction){.sa_handler = on_interrupt}, NULL);
    heading(&b);
    for (size_t i = 0; i < COUNT(subjects) && !interrupted; i++) {
        bool wanted = optind == argc;
        for (int k = optind; k < argc; k++)
            wanted |= selects(argv[k], subjects[i].name);
        if (wanted)
            run_subject(&b, &subjects[i], rounds, ms);
    }
    return finish(&b);
}
