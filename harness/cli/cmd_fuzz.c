/* harness/cli/cmd_fuzz.c - rtclab fuzz: the fuzzing targets that were built beside the program. */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include <jansson.h>
#include "harness/cli/fuzz_run.h"

static const char help[] =
    "usage: rtclab fuzz list\n"
    "       rtclab fuzz run TARGET FILE|FOLDER...\n"
    "       rtclab fuzz run TARGET|PROTOCOL --time S [--out DIR]\n"
    "       rtclab fuzz triage TARGET FOLDER [--out DIR]\n"
    "       rtclab fuzz merge TARGET TO FOLDER...\n"
    "       rtclab fuzz build\n\n"
    "  list    the targets that were built with this program, in its folder fuzz/\n"
    "  run     with inputs: replays them through a target and says which of them crash it, break "
    "a\n"
    "          property of it, or take longer than 30 s; a folder stands for all files below it.\n"
    "          With --time: looks for new ones with libFuzzer, in a process of its own. What it\n"
    "          keeps is replayed; what crashes alike is one finding, its smallest input made "
    "smaller:\n"
    "          parts of the message first, octets then\n"
    "  triage  the same for inputs that are there already, such as those of AFL++\n"
    "  merge   the fewest files that do what all in the folders do\n"
    "  build   the targets with libFuzzer, in build-fuzz/ of the source tree\n\n"
    "  --time S         seconds for each target\n"
    "  --out DIR        TARGET/findings/, corpus/ and findings.sarif go there (fuzz-out)\n"
    "  --programs DIR   where the targets' programs stand\n"
    "  --minimise S     seconds for each finding (20)\n"
    "  --enough N       end when the engine has kept N inputs (24)\n"
    "  --keep           findings go to corpus/PROTOCOL/regressions/ too\n"
    "  --fresh          what was found before, corpus/PROTOCOL/regressions/, is no seed\n"
    "  --resume         go on with the corpus in --out; without: from the seeds\n"
    "  --seed N         of the engine; without: of its choice\n"
    "  --json   list: an object a target {name, program}; run of inputs: an object an input\n"
    "           {target, input, ok, why}, then {type: \"summary\", target, inputs, ok, failed};\n"
    "           --time and triage: an object a finding {target, kind, words, function, file, "
    "line,\n"
    "           input, octets, inputs, again}, and a summary a target {type, target, seconds, "
    "execs,\n"
    "           corpus, findings}\n"
    "  --quiet  no report of the crashed program itself\n"
    "  -v       name each input, not only those that fail\n\n"
    "Exit status: 0 all inputs came back and nothing was found, 1 something was, 2 no such target, "
    "or\n"
    "an input that cannot be read, 4 a target did not run, 5 interrupted.\n\n"
    "  rtclab fuzz run stun_parse corpus/stun\n"
    "  rtclab fuzz run stun --time 60 --out fuzz-out\n"
    "  rtclab fuzz triage stun_parse out/default/crashes --out fuzz-out\n";

enum { NAME_LEN = 64, STATUS_USAGE = 2, STATUS_HANG = 70 };
enum { PATH_LEN = PATH_MAX + 2 * NAME_LEN };

/* ---- programs ---- */

/* The folder of targets: fuzz/ beside this program. */
static bool targets_dir(char out[PATH_MAX])
{
    char exe[PATH_MAX - 8];
    ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);

    if (n <= 0)
        return false;
    exe[n] = '\0';
    char *slash = strrchr(exe, '/');
    if (slash)
        *slash = '\0';
    return snprintf(out, PATH_MAX, "%s/fuzz", exe) < PATH_MAX;
}

static bool plain_name(const char *s)
{
    size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789_");
    return n > 0 && n < NAME_LEN && s[n] == '\0';
}

/* The program that replays a target: replay_NAME where an engine has fuzz_NAME for itself. */
static bool program_of(const char *name, const char *programs, char out[PATH_LEN])
{
    static const char *const prefixes[] = {"replay_", "fuzz_"};
    char dir[PATH_MAX];

    if (!plain_name(name) || (!programs && !targets_dir(dir)))
        return false;
    if (programs && snprintf(dir, sizeof dir, "%s", programs) >= (int)sizeof dir)
        return false;
    for (size_t i = 0; i < COUNT(prefixes); i++) {
        snprintf(out, PATH_LEN, "%s/%s%s", dir, prefixes[i], name);
        if (access(out, X_OK) == 0)
            return true;
    }
    return false;
}

static int is_target(const struct dirent *d)
{
    return strncmp(d->d_name, "fuzz_", 5) == 0 && plain_name(d->d_name + 5);
}

static void print_json(json_t *line)
{
    json_dumpf(line, stdout, JSON_COMPACT);
    putchar('\n');
    json_decref(line);
}

static int list(const struct cli *cli)
{
    char dir[PATH_MAX], program[PATH_LEN];
    struct dirent **found = NULL;
    int n = targets_dir(dir) ? scandir(dir, &found, is_target, alphasort) : -1, listed = 0;

    for (int i = 0; i < n; i++) {
        const char *name = found[i]->d_name + 5;
        if (program_of(name, NULL, program)) {
            listed++;
            if (cli->json)
                print_json(json_pack("{s:s, s:s}", "name", name, "program", program));
            else
                printf("%s\n", name);
        }
        free(found[i]);
    }
    free(found);
    if (listed)
        return EXIT_AS_EXPECTED;
    cli_error("fuzz", "no targets stand beside this program; `./lab build` builds them");
    return EXIT_USAGE;
}

/* ---- run ---- */

struct session {
    struct cli cli;
    const char *target;
    char program[PATH_LEN];
    char **inputs; /* NULL-terminated */
    size_t n_inputs;
    size_t run, bad;
    char last[PATH_MAX]; /* the input that is under way, "" for none */
};

static void report(struct session *s, bool ok, const char *why)
{
    s->run++;
    s->bad += !ok;
    if (s->cli.json)
        print_json(json_pack("{s:s, s:s%, s:b, s:s}", "target", s->target, "input", s->last,
                             strlen(s->last), "ok", (int)ok, "why", why));
    else if (!ok)
        printf("FAIL %s: %s\n", s->last, why);
    else if (s->cli.verbose)
        printf("ok   %s\n", s->last);
    s->last[0] = '\0';
    fflush(stdout);
}

static void replay(const struct session *s, int to)
{
    char skip[24];
    char **args = calloc(s->n_inputs + 5, sizeof *args);

    if (!args || dup2(to, STDOUT_FILENO) < 0)
        _exit(STATUS_USAGE);
    if (s->cli.quiet && !freopen("/dev/null", "w", stderr))
        _exit(STATUS_USAGE);
    snprintf(skip, sizeof skip, "%zu", s->run);
    args[0] = strdup(s->program);
    args[1] = strdup("--each");
    args[2] = strdup("--skip");
    args[3] = skip;
    memcpy(args + 4, s->inputs, s->n_inputs * sizeof *args);
    execv(s->program, args);
    fprintf(stderr, "rtclab fuzz: cannot run '%s': %s\n", s->program, strerror(errno));
    _exit(STATUS_USAGE);
}

/* What the child says as it goes: "run PATH" before each input; what it said before came back. */
static void follow(struct session *s, FILE *from)
{
    char *line = NULL;
    size_t cap = 0;
    ssize_t n;

    while ((n = getline(&line, &cap, from)) > 0) {
        if (strncmp(line, "run ", 4) != 0)
            continue;
        if (line[n - 1] == '\n')
            line[n - 1] = '\0';
        if (s->last[0])
            report(s, true, "");
        snprintf(s->last, sizeof s->last, "%s", line + 4);
    }
    free(line);
}

static const char *why_of(int status, char out[NAME_LEN])
{
    if (WIFSIGNALED(status))
        snprintf(out, NAME_LEN, "ended by signal %d, %s", WTERMSIG(status),
                 strsignal(WTERMSIG(status)));
    else if (WEXITSTATUS(status) == STATUS_HANG)
        snprintf(out, NAME_LEN, "took longer than 30 s");
    else
        snprintf(out, NAME_LEN, "a sanitizer ended it with status %d", WEXITSTATUS(status));
    return out;
}

/* One child over the inputs that are left: true, there are more, since one of them ended it. */
static bool run_some(struct session *s, int *exit_status)
{
    int ends[2], status = 0;
    char why[NAME_LEN];

    *exit_status = EXIT_OWN_FAULT;
    if (pipe(ends) != 0) {
        cli_error("fuzz", "no pipe: %s", strerror(errno));
        return false;
    }
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        close(ends[0]);
        replay(s, ends[1]);
    }
    close(ends[1]);
    FILE *from = pid > 0 ? fdopen(ends[0], "r") : NULL;
    if (from) {
        follow(s, from);
        fclose(from);
    } else {
        cli_error("fuzz", "no process: %s", strerror(errno));
        close(ends[0]);
    }
    if (pid <= 0 || waitpid(pid, &status, 0) != pid || !from)
        return false;
    bool ended =
        WIFEXITED(status) && (WEXITSTATUS(status) == 0 || (WEXITSTATUS(status) == STATUS_USAGE));
    if (!ended && s->last[0]) {
        report(s, false, why_of(status, why));
        return true;
    }
    if (s->last[0])
        report(s, true, "");
    *exit_status = !ended ? EXIT_OWN_FAULT : WEXITSTATUS(status) ? EXIT_USAGE : EXIT_AS_EXPECTED;
    if (!ended)
        cli_error("fuzz", "%s ended before its first input", s->program);
    return false;
}

static int run_target(struct session *s, const char *programs, int argc, char **argv)
{
    int status;

    if (argc < 2) {
        cli_error("fuzz", "run wants a target and inputs; `rtclab fuzz --help` has examples");
        return EXIT_USAGE;
    }
    s->target = argv[0];
    if (!program_of(s->target, programs, s->program)) {
        cli_error("fuzz", "there is no target '%s'; `rtclab fuzz list` has those that were built",
                  s->target);
        return EXIT_USAGE;
    }
    s->inputs = argv + 1;
    s->n_inputs = (size_t)argc - 1;
    for (size_t i = 0; i < s->n_inputs; i++)
        if (access(s->inputs[i], R_OK) != 0) {
            cli_error("fuzz", "cannot read '%s': %s", s->inputs[i], strerror(errno));
            return EXIT_USAGE;
        }
    while (run_some(s, &status))
        ;
    if (status == EXIT_AS_EXPECTED && s->bad)
        status = EXIT_UNEXPECTED;
    if (s->cli.json)
        print_json(json_pack("{s:s, s:s, s:I, s:I, s:I}", "type", "summary", "target", s->target,
                             "inputs", (json_int_t)s->run, "ok", (json_int_t)(s->run - s->bad),
                             "failed", (json_int_t)s->bad));
    else if (!s->cli.quiet)
        printf("%zu inputs, %zu came back, %zu did not\n", s->run, s->run - s->bad, s->bad);
    return status;
}

/* "--time" alone says that new inputs are looked for. */
static int search_or_replay(const struct fuzz_options *o, int argc, char **argv)
{
    struct session s = {.cli = o->cli};

    if (o->time_s == 0)
        return run_target(&s, o->programs, argc, argv);
    if (argc == 1)
        return fuzz_run(o, argv[0]);
    cli_error("fuzz", "run with --time wants one target or protocol, and no inputs");
    return EXIT_USAGE;
}

static int verb_of(const struct fuzz_options *o, int argc, char **argv)
{
    const char *verb = argc ? argv[0] : "";

    if (strcmp(verb, "list") == 0 && argc == 1)
        return list(&o->cli);
    if (strcmp(verb, "run") == 0)
        return search_or_replay(o, argc - 1, argv + 1);
    if (strcmp(verb, "triage") == 0 && argc == 3)
        return fuzz_triage(o, argv[1], argv[2]);
    if (strcmp(verb, "merge") == 0 && argc > 3)
        return fuzz_merge(o, argv[1], argv[2], argv + 3, argc - 3);
    if (strcmp(verb, "build") == 0 && argc == 1)
        return fuzz_build(o);
    cli_error("fuzz", "list, run, triage, merge or build, each with what it wants; not '%s'", verb);
    return EXIT_USAGE;
}

static bool number(const char *text, unsigned *out)
{
    uint64_t v;

    if (!span_uint(span_of(text), &v) || v == 0 || v > 1000000) {
        cli_error("fuzz", "'%s' is no number from 1 on", text);
        return false;
    }
    *out = (unsigned)v;
    return true;
}

enum {
    OPT_TIME = 1100,
    OPT_OUT,
    OPT_PROGRAMS,
    OPT_MINIMISE,
    OPT_ENOUGH,
    OPT_KEEP,
    OPT_FRESH,
    OPT_RESUME
};

static bool take_option(struct fuzz_options *o, int opt)
{
    switch (opt) {
    case OPT_TIME:
        return number(optarg, &o->time_s);
    case OPT_MINIMISE:
        return number(optarg, &o->minimise_s);
    case OPT_ENOUGH:
        return number(optarg, &o->enough);
    case OPT_OUT:
        o->out = optarg;
        return true;
    case OPT_PROGRAMS:
        o->programs = optarg;
        return true;
    case OPT_KEEP:
        o->keep = true;
        return true;
    case OPT_FRESH:
        o->fresh = true;
        return true;
    case OPT_RESUME:
        o->resume = true;
        return true;
    default:
        return cli_option(&o->cli, opt, optarg) > 0;
    }
}

static int run(int argc, char **argv)
{
    static const struct option options[] = {CLI_OPTIONS,
                                            {"time", required_argument, NULL, OPT_TIME},
                                            {"out", required_argument, NULL, OPT_OUT},
                                            {"programs", required_argument, NULL, OPT_PROGRAMS},
                                            {"minimise", required_argument, NULL, OPT_MINIMISE},
                                            {"enough", required_argument, NULL, OPT_ENOUGH},
                                            {"keep", no_argument, NULL, OPT_KEEP},
                                            {"fresh", no_argument, NULL, OPT_FRESH},
                                            {"resume", no_argument, NULL, OPT_RESUME},
                                            {0}};
    struct fuzz_options o = {.minimise_s = 20};
    int opt;

    cli_init(&o.cli);
    while ((opt = cli_getopt(&cmd_fuzz, argc, argv, CLI_SHORT, options)) != -1) {
        if (opt == 'h')
            return cli_help(&cmd_fuzz);
        if (!take_option(&o, opt))
            return EXIT_USAGE;
    }
    return verb_of(&o, argc - optind, argv + optind);
}

const struct command cmd_fuzz = {"fuzz", "find, replay and judge what breaks a parser", run, help};
