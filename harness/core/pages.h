/* harness/core/pages.h - memory for tables that are large and filled by and by: zero, and taken from the system
 * page by page as it is touched, in pages as large as there are. */
#ifndef HARNESS_CORE_PAGES_H
#define HARNESS_CORE_PAGES_H
#include "codecs/base/base.h"

enum {
    PAGES_LARGE = 1 << 19, /* octets from which on a large page is asked for as a whole */
};
/* `octets` of zero, aligned to 16 or more; NULL: no memory, or none was asked for. */
void *pages_new(size_t octets);
/* What pages_new gave for that many is zero again, and takes no memory until it is touched. */
void pages_clear(void *p, size_t octets);
/* The same for what is large and touched here and there, in small pages; what is small is calloc's. */
enum { PAGES_SPARSE = 1 << 20 };
void *pages_sparse(size_t octets);
void pages_sparse_free(void *p, size_t octets);
/* Give back what pages_new gave for that many; NULL: nothing. */
void pages_free(void *p, size_t octets);
/* An arena of `octets`, empty, in memory that is taken once and kept in `kept`, NULL before, until the process ends: for
 * what would be a static array, of which a process that does not use it should not have the pages. Without memory it has
 * no room. */
struct arena pages_arena(uint8_t **kept, size_t octets);
#endif
