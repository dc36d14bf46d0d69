/* harness/report/file.c - reports into files: opened, written, closed, and what failed in words. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <jansson.h>
#include "harness/report/report.h"

void report_json(FILE *to, const struct run *r)
{
    size_t i;
    json_t *line;
    json_array_foreach(r->lines, i, line)
    {
        json_dumpf(line, to, JSON_COMPACT);
        fputc('\n', to);
    }
}

FILE *report_open(const char *path, struct report_error *e)
{
    FILE *f;
    *e = (struct report_error){0};
    if (strcmp(path, "-") == 0)
        return stdout;
    f = fopen(path, "we");
    if (!f)
        snprintf(e->why, sizeof e->why, "%.300s cannot be written: %s", path, strerror(errno));
    return f;
}

bool report_close(FILE *f, const char *path, struct report_error *e)
{
    bool ok = fflush(f) == 0 && !ferror(f);
    int why = errno;
    if (f != stdout && fclose(f) != 0 && ok) {
        ok = false;
        why = errno;
    }
    if (!ok && !e->why[0])
        snprintf(e->why, sizeof e->why, "%.300s cannot be written: %s",
                 f == stdout ? "standard output" : path, strerror(why));
    return ok && !e->why[0];
}

bool report_terminal_file(const struct run *r, const char *path, bool color, int verbose,
                          struct report_error *e)
{
    FILE *f = report_open(path, e);
    if (!f)
        return false;
    report_terminal(f, r, color, verbose);
    return report_close(f, path, e);
}

bool report_junit_file(const struct run *r, const char *path, struct report_error *e)
{
    FILE *f = report_open(path, e);
    if (!f)
        return false;
    report_junit(f, r);
    return report_close(f, path, e);
}

bool report_json_file(const struct run *r, const char *path, struct report_error *e)
{
    FILE *f = report_open(path, e);
    if (!f)
        return false;
    report_json(f, r);
    return report_close(f, path, e);
}

bool report_form_file(const struct run *r, const char *path,
                      bool (*draw)(FILE *to, const struct run *r), struct report_error *e)
{
    FILE *f = report_open(path, e);
    if (!f)
        return false;
    if (!draw(f, r) && !ferror(f))
        snprintf(e->why, sizeof e->why, "the report does not fit into memory");
    return report_close(f, path, e);
}

/* Append to a path in a buffer of PATH_MAX octets. */
static void append(char *path, const char *more)
{
    size_t n = strlen(path);
    snprintf(path + n, PATH_MAX - n, "%s%s", n ? "/" : "", more);
}

void report_way(char *out, const char *page, const char *to)
{
    char a[PATH_MAX], b[PATH_MAX], folder[PATH_MAX];
    const char *slash = strrchr(page, '/');
    size_t same = 0;

    out[0] = '\0';
    snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - page) + 1 : 1,
             slash ? page : ".");
    if (!realpath(folder, a) || !realpath(to, b) || strcmp(a, b) == 0)
        return;
    for (size_t i = 0; a[i] == b[i] || !a[i] || !b[i]; i++) { /* where both have a word's end */
        if ((!a[i] || a[i] == '/') && (!b[i] || b[i] == '/'))
            same = i;
        if (!a[i] || !b[i])
            break;
    }
    for (const char *p = a + same; *p;) { /* a step up for each word that is left of a */
        p += strspn(p, "/");
        if (*p)
            append(out, "..");
        p += strcspn(p, "/");
    }
    if (b[same + strspn(b + same, "/")])
        append(out, b + same + strspn(b + same, "/"));
}

static void no_template(struct report_error *e, const char *templates)
{
    snprintf(e->why, sizeof e->why, "the template of the page in %.300s cannot be read: %s",
             templates, strerror(errno));
}

bool report_html_file(const struct run *r, const char *path, const char *templates,
                      struct report_error *e)
{
    char captures[PATH_MAX] = "";
    FILE *f = report_open(path, e);

    if (!f)
        return false;
    if (f != stdout)
        report_way(captures, path, r->folder);
    errno = 0;
    if (!report_html(f, r, templates, captures) && !ferror(f))
        no_template(e, templates);
    return report_close(f, path, e);
}

bool report_compare_file(const struct run *runs, size_t n, const char *const *names,
                         const char *path, const char *templates, struct report_error *e)
{
    FILE *f = report_open(path, e);

    if (!f)
        return false;
    errno = 0;
    if (!report_compare(f, runs, n, names, templates) && !ferror(f))
        no_template(e, templates);
    return report_close(f, path, e);
}
