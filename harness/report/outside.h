/* harness/report/outside.h - for tests of reports: files in a folder of their own, and programs that
 * are not ours to read what we write. */
#ifndef HARNESS_REPORT_OUTSIDE_H
#define HARNESS_REPORT_OUTSIDE_H
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include "harness/core/test.h"

#define SAMPLE "harness/report/testdata/sample.jsonl"
#define TOOLS "/usr/bin/python3 -W ignore harness/report/testdata/"

static char outside_folder[] = "/tmp/report_forms_XXXXXX";

/* A path in the folder, in one of a few buffers. */
static inline const char *scratch(const char *name)
{
    static char paths[4][4096];
    static unsigned next;
    char *path = paths[next++ % 4];
    if (strstr(outside_folder, "XXXXXX"))
        CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(outside_folder));
    snprintf(path, sizeof paths[0], "%s/%s", outside_folder, name);
    return path;
}

static inline void save(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    fputs(text, f);
    CU_ASSERT_EQUAL(fclose(f), 0);
}

/* What a command line prints on standard output (and, with 2>&1, the rest), in `out`; its exit
 * status. */
static inline int shell(char *out, size_t cap, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static inline int shell(char *out, size_t cap, const char *format, ...)
{
    char command[16384];
    va_list ap;
    size_t n = 0;

    va_start(ap, format);
    vsnprintf(command, sizeof command, format, ap);
    va_end(ap);
    fflush(stdout);
    FILE *p = popen(command, "r");
    CU_ASSERT_PTR_NOT_NULL_FATAL(p);
    for (size_t got; n < cap - 1 && (got = fread(out + n, 1, cap - 1 - n, p)) > 0;)
        n += got;
    out[n] = '\0';
    int status = pclose(p);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* Whether a command ends well; where not, the test is skipped, and says what is missing. */
static inline bool there(const char *command, const char *missing)
{
    char line[1024];
    snprintf(line, sizeof line, "( %s ) >/dev/null 2>&1", command);
    if (system(line) == 0)
        return true;
    test_skip(missing);
    return false;
}

/* The last test: the folder goes. */
static inline void outside_tidy(void)
{
    char command[sizeof outside_folder + 16];
    snprintf(command, sizeof command, "rm -r '%s'", outside_folder);
    if (!strstr(outside_folder, "XXXXXX"))
        CU_ASSERT_EQUAL(system(command), 0);
}
#endif
