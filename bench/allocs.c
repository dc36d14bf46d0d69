/* bench/allocs.c - the C library's allocator behind a count; single-threaded programs only. */
#include <stddef.h>
#include "bench/allocs.h"

/* glibc's own names for what it exports as malloc, calloc and realloc; free is left alone. */
void *__libc_malloc(size_t n);           /* NOLINT(bugprone-reserved-identifier) */
void *__libc_calloc(size_t n, size_t m); /* NOLINT(bugprone-reserved-identifier) */
void *__libc_realloc(void *p, size_t n); /* NOLINT(bugprone-reserved-identifier) */

static uint64_t calls;

uint64_t allocs_so_far(void)
{
    return calls;
}

void *malloc(size_t n)
{
    calls++;
    return __libc_malloc(n);
}

void *calloc(size_t n, size_t m)
{
    calls++;
    return __libc_calloc(n, m);
}

void *realloc(void *p, size_t n)
{
    calls++;
    return __libc_realloc(p, n);
}
