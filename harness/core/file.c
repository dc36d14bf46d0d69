/* harness/core/file.c - a file read whole, of any kind: a pipe has no size. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include "harness/core/file.h"

enum { STEP = 65536 };

char *file_text_most(const char *path, size_t most, size_t *n)
{
    FILE *f = fopen(path, "rbe");
    char *text = NULL;
    size_t have = 0, cap = 0, got = 1;
    int fault = 0;

    if (!f)
        return NULL;
    while (got && !fault) {
        if (cap - have < STEP) {
            char *more = realloc(text, cap + cap / 2 + 2 * STEP);
            if (!more) {
                fault = ENOMEM;
                break;
            }
            text = more;
            cap += cap / 2 + 2 * STEP;
        }
        got = fread(text + have, 1, cap - have - 1, f);
        have += got;
        fault = have > most ? EFBIG : got == 0 && ferror(f) ? errno : 0;
    }
    fclose(f);
    if (fault) {
        free(text);
        errno = fault;
        return NULL;
    }
    text[have] = '\0';
    if (n)
        *n = have;
    return text;
}

char *file_text(const char *path, size_t *n)
{
    return file_text_most(path, SIZE_MAX, n);
}
