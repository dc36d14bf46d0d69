/* harness/core/pages.c - large memory from the system. Pages of 2 MB where the system has them: a fault costs
 * microseconds, and a table that is walked at random needs few entries of the TLB. */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include "harness/core/pages.h"

enum { HUGE_PAGE = 2 << 20 };

/* What is small is taken as it is. */
static size_t rounded(size_t octets)
{
    return octets < PAGES_LARGE ? octets : (octets + HUGE_PAGE - 1) & ~(size_t)(HUGE_PAGE - 1);
}

void *pages_new(size_t octets)
{
    size_t n = rounded(octets), spare = octets < PAGES_LARGE ? 0 : HUGE_PAGE;
    uint8_t *p;

    if (octets == 0)
        return NULL;
    if (ADDRESS_SANITIZER) /* what is read past the end shows, as it does behind malloc's */
        return calloc(1, octets);
    p = mmap(NULL, n + spare, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED)
        return NULL;
    if (!spare)
        return p;
    size_t before = -(uintptr_t)p & (HUGE_PAGE - 1);
    uint8_t *even = p + before;
    if (before)
        munmap(p, before);
    if (spare - before)
        munmap(even + n, spare - before);
    madvise(even, n, MADV_HUGEPAGE); /* a wish: small pages do as well */
    return even;
}

void pages_clear(void *p, size_t octets)
{
    if (ADDRESS_SANITIZER || madvise(p, rounded(octets), MADV_DONTNEED) != 0)
        memset(p, 0, octets);
}

void pages_free(void *p, size_t octets)
{
    if (ADDRESS_SANITIZER)
        free(p);
    else if (p)
        munmap(p, rounded(octets));
}

void *pages_sparse(size_t octets)
{
    void *p;

    if (ADDRESS_SANITIZER || octets < PAGES_SPARSE)
        return calloc(1, octets);
    p = mmap(NULL, octets, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED)
        return NULL;
    madvise(p, octets, MADV_NOHUGEPAGE); /* a wish: one touched octet is to cost one small page */
    return p;
}

void pages_sparse_free(void *p, size_t octets)
{
    if (ADDRESS_SANITIZER || octets < PAGES_SPARSE)
        free(p);
    else if (p)
        munmap(p, octets);
}

struct arena pages_arena(uint8_t **kept, size_t octets)
{
    if (!*kept)
        *kept = malloc(octets);
    return arena_of(*kept, *kept ? octets : 0);
}
