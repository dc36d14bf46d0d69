/* harness/cli/cmd_vectors.c - rtclab vectors: run test vectors, or write them out as seeds. */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "harness/cli/cli.h"
#include "harness/cli/vectors.h"
#include "harness/core/registry.h"

static const char help[] =
    "usage: rtclab vectors [OPTION...] [PROTOCOL...]\n\n"
    "Decodes each vector of vectors/PROTOCOL/*.json (all protocols unless named) whole, cut at\n"
    "every length, in every size of memory and of chunk, beside unreadable memory; compares "
    "fields\n"
    "and findings; encodes it again. docs/vectors.md has the format and all that is checked.\n\n"
    "  --id ID      only the vector with this id\n"
    "  --dir DIR    read DIR/PROTOCOL/*.json\n"
    "  --seeds DIR  run nothing: write the octets of each vector to DIR/ID, for a fuzzer\n"
    "  --json       a line a vector {id, protocol, result, ok, why}, then a summary\n"
    "  -v           name each vector, not only those that fail\n\n"
    "Exit status: 0 all as stated, 1 some not, 2 unknown protocol, unreadable file or none at "
    "all.\n\n"
    "  rtclab vectors\n"
    "  rtclab vectors stun --id rfc5769-2.1 -v\n"
    "  rtclab vectors --seeds corpus/new stun\n";

struct session {
    struct cli cli;
    struct vector_lab lab;
    const char *dir, *seeds, *only;
    size_t run, ok;
    bool broken; /* a file, a seed or memory: nothing the vectors are to blame for */
    json_t *seen;
};

/* ---- a crash names its vector ---- */

static const char *volatile running; /* id, for the signal handler alone */
static struct sigaction before[NSIG];

static void crashed(int sig)
{
    const char *id = running;
    const char *const parts[] = {"rtclab vectors: crash in ", id ? id : "?", "\n"};

    for (size_t i = 0; i < COUNT(parts); i++)
        if (write(STDERR_FILENO, parts[i], strlen(parts[i])) < 0)
            break;
    sigaction(sig, &before[sig], NULL); /* the fault happens again, to whom it concerned before */
}

static void watch_crashes(void)
{
    static const int signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL};
    struct sigaction act = {.sa_handler = crashed};

    for (size_t i = 0; i < COUNT(signals); i++)
        sigaction(signals[i], &act, &before[signals[i]]);
}

/* ---- one vector ---- */

static void write_seed(struct session *s, const struct vector *v)
{
    char path[PATH_MAX];

    snprintf(path, sizeof path, "%s/%s", s->seeds, v->id);
    FILE *f = fopen(path, "wb");
    bool good = f && fwrite(v->octets.p, 1, v->octets.n, f) == v->octets.n;
    if (f && fclose(f) != 0)
        good = false;
    if (good) {
        s->ok++;
        return;
    }
    cli_error("vectors", "cannot write '%s': %s", path, strerror(errno));
    s->broken = true;
}

static void print_json(json_t *line)
{
    json_dumpf(line, stdout, JSON_COMPACT);
    putchar('\n');
    json_decref(line);
}

static void print_result(const struct session *s, const struct vector *v, bool ok, const char *why)
{
    if (s->cli.json)
        print_json(json_pack("{s:s, s:s, s:s, s:b, s:s}", "id", v->id, "protocol", v->codec->name,
                             "result", v->result, "ok", (int)ok, "why", why));
    else if (!ok)
        printf("FAIL %s: %s\n", v->id, why);
    else if (s->cli.verbose)
        printf("ok   %s\n", v->id);
}

static void visit(void *ctx, const struct vector *v)
{
    struct session *s = ctx;
    char text[VECTOR_WHY + 1];
    struct wr why = {(uint8_t *)text, VECTOR_WHY, 0, false};

    if (s->only && strcmp(s->only, v->id) != 0)
        return;
    s->run++;
    if (s->seeds) {
        write_seed(s, v);
        return;
    }
    running = v->id;
    bool ok = vector_run(&s->lab, v, &why);
    running = NULL;
    text[why.n] = '\0';
    s->ok += ok;
    print_result(s, v, ok, text);
}

/* ---- folders ---- */

static int is_vectors(const struct dirent *d)
{
    const char *dot = strrchr(d->d_name, '.');
    return d->d_name[0] != '.' && dot && strcmp(dot, ".json") == 0;
}

/* Files by name; -1: no such folder. */
static int run_folder(struct session *s, const char *folder, const struct codec *only)
{
    char path[PATH_MAX + 512], text[VECTOR_WHY + 1];
    struct dirent **files;

    snprintf(path, sizeof path, "%s/%s", s->dir, folder);
    int n = scandir(path, &files, is_vectors, alphasort);
    for (int i = 0; i < n; i++) {
        struct wr why = {(uint8_t *)text, VECTOR_WHY, 0, false};
        snprintf(path, sizeof path, "%s/%s/%s", s->dir, folder, files[i]->d_name);
        if (!vectors_read(path, folder, only, s->seen, visit, s, &why)) {
            text[why.n] = '\0';
            cli_error("vectors", "%s", text);
            s->broken = true;
        }
        free(files[i]);
    }
    if (n >= 0)
        free(files);
    return n;
}

static bool run_named(struct session *s, const char *name)
{
    const struct codec *c = codec_named(name);
    const char *folder = codec_folder(c);
    bool whole = c && strcmp(folder, name) == 0; /* the protocol's own name: all its codecs */

    if (c && run_folder(s, folder, whole ? NULL : c) > 0)
        return true;
    if (c)
        cli_error("vectors", "there are no vectors of %s in %s", name, s->dir);
    else
        cli_error("vectors", "there is no protocol '%s'", name);
    return false;
}

static bool run_all(struct session *s, int argc, char **argv)
{
    bool good = true;

    for (int i = 0; i < argc; i++)
        good &= codec_named(argv[i]) ? true : run_named(s, argv[i]);
    if (!good)
        return false; /* nothing runs where a word is wrong */
    for (int i = 0; i < argc; i++)
        good &= run_named(s, argv[i]);
    for (size_t i = 0; argc == 0 && i < registry_n; i++)
        if (registry[i].codec && strcmp(registry[i].name, registry[i].folder) == 0)
            run_folder(s, registry[i].folder, NULL);
    if (s->run == 0 && good) {
        cli_error("vectors", "there is no vector%s%s in %s", s->only ? " " : "",
                  s->only ? s->only : "", s->dir);
        return false;
    }
    return good;
}

static void summary(const struct session *s)
{
    if (s->cli.json)
        print_json(json_pack("{s:s, s:I, s:I, s:I}", "type", "summary", "vectors",
                             (json_int_t)s->run, "ok", (json_int_t)s->ok, "failed",
                             (json_int_t)(s->run - s->ok)));
    else if (!s->cli.quiet)
        printf("%zu vectors, %zu %s\n", s->run, s->ok, s->seeds ? "written" : "ok");
}

static int execute(struct session *s, int argc, char **argv)
{
    if (s->seeds && mkdir(s->seeds, 0777) != 0 && errno != EEXIST) {
        cli_error("vectors", "cannot make '%s': %s", s->seeds, strerror(errno));
        return EXIT_USAGE;
    }
    s->seen = json_object();
    if (!s->seen || !lab_open(&s->lab)) {
        cli_error("vectors", "no memory");
        return EXIT_OWN_FAULT;
    }
    watch_crashes();
    if (!run_all(s, argc, argv))
        return EXIT_USAGE;
    summary(s);
    if (s->broken)
        return EXIT_USAGE;
    return s->run == s->ok ? EXIT_AS_EXPECTED : EXIT_UNEXPECTED;
}

static int run(int argc, char **argv)
{
    static const struct option options[] = {CLI_OPTIONS,
                                            {"dir", required_argument, NULL, 'd'},
                                            {"seeds", required_argument, NULL, 's'},
                                            {"id", required_argument, NULL, 'i'},
                                            {0}};
    char share[PATH_MAX + 256];
    struct session s = {.dir = NULL};
    int opt;

    cli_init(&s.cli);
    while ((opt = cli_getopt(&cmd_vectors, argc, argv, CLI_SHORT, options)) != -1) {
        if (opt == 'h')
            return cli_help(&cmd_vectors);
        int taken = cli_option(&s.cli, opt, optarg);
        if (taken < 0 || opt == '?')
            return EXIT_USAGE;
        if (opt == 'd')
            s.dir = optarg;
        else if (opt == 's')
            s.seeds = optarg;
        else if (opt == 'i')
            s.only = optarg;
    }
    if (!s.dir)
        s.dir = strcpy(share, cli_share_path("vectors"));
    int status = execute(&s, argc - optind, argv + optind);
    lab_close(&s.lab);
    json_decref(s.seen);
    return status;
}

const struct command cmd_vectors = {"vectors", "run test vectors", run, help};
