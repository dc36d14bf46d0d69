/* harness/core/pages.h - memory for tables that are large and filled by and by: zero, and taken from the system
 * page by page as it is touched, in pages as large as there are. */
#ifndef HARNESS_CORE_PAGES_H
#define HARNESS_CORE_PAGES_H
#include <stddef.h>

enum {
    PAGES_LARGE =
        1 << 19, /* from so many octets on a large page is asked for, and the rest of it with it */
};
/* `octets` of zero, aligned to 16 or more; NULL: no memory, or none was asked for. */
void *pages_new(size_t octets);
/* What pages_new gave for that many is zero again, and takes no memory until it is touched. */
void pages_clear(void *p, size_t octets);
/* Give back what pages_new gave for that many; NULL: nothing. */
void pages_free(void *p, size_t octets);
#endif
