/* harness/cli/cli.c - options, errors and folders that the subcommands share. */
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>
#include "harness/cli/cli.h"

void cli_init(struct cli *c)
{
    const char *no = getenv("NO_COLOR"); /* an empty one says nothing: no-color.org */
    *c = (struct cli){.color = isatty(STDOUT_FILENO) && !(no && *no)};
}

int cli_option(struct cli *c, int opt, const char *arg)
{
    switch (opt) {
    case 1000:
        c->json = true;
        return 1;
    case 1001:
        c->color = !arg || strcmp(arg, "always") == 0 ||
                   (strcmp(arg, "auto") == 0 && isatty(STDOUT_FILENO));
        return 1;
    case 1002:
        c->seeded = true;
        if (span_uint(span_of(arg), &c->seed))
            return 1;
        fprintf(stderr, "rtclab: --seed wants a number, not '%s'\n", arg);
        return -1;
    case 'q':
        c->quiet = true;
        return 1;
    case 'v':
        c->verbose++;
        return 1;
    default:
        return 0;
    }
}

void cli_error(const char *command, const char *format, ...)
{
    va_list ap;
    fprintf(stderr, "rtclab %s: ", command);
    va_start(ap, format);
    vfprintf(stderr, format, ap);
    va_end(ap);
    fputc('\n', stderr);
}

static bool holds_share(const char *dir)
{
    char probe[PATH_MAX + 16];
    snprintf(probe, sizeof probe, "%s/scenarios", dir);
    return access(probe, R_OK) == 0;
}

const char *cli_share(void)
{
    static char dir[PATH_MAX];
    static const char *const below[] = {"/../share/rtclab", "/..", "/../.."};
    char exe[PATH_MAX - 32];
    const char *env = getenv("RTCLAB_SHARE");

    if (dir[0])
        return dir;
    if (env) {
        snprintf(dir, sizeof dir, "%s", env);
        return dir;
    }
    ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);
    if (n <= 0)
        return NULL;
    exe[n] = '\0';
    char *slash = strrchr(exe, '/');
    if (slash)
        *slash = '\0';
    for (size_t i = 0; i < COUNT(below); i++) {
        char joined[PATH_MAX];
        snprintf(joined, sizeof joined, "%s%s", exe, below[i]);
        if (holds_share(joined) && realpath(joined, dir))
            return dir;
    }
#ifdef RTCLAB_INSTALLED
    snprintf(dir, sizeof dir, "%s", RTCLAB_INSTALLED);
    if (holds_share(dir))
        return dir;
#endif
    dir[0] = '\0';
    return NULL;
}

const char *cli_share_path(const char *below)
{
    static char path[PATH_MAX + 256];
    const char *share = cli_share();
    snprintf(path, sizeof path, "%s/%s", share ? share : ".", below);
    return path;
}
