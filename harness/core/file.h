/* harness/core/file.h - a file read whole. */
#ifndef HARNESS_CORE_FILE_H
#define HARNESS_CORE_FILE_H
#include <stddef.h>

/* The octets of a file with a NUL after them, for the caller to free; `n` may be NULL. NULL: errno says why it cannot be
 * read; EFBIG: it has more than `most` octets, and no more than that were read. */
char *file_text_most(const char *path, size_t most, size_t *n);
/* The same without a limit. */
char *file_text(const char *path, size_t *n);
#endif
