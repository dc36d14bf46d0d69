/* harness/core/pages.h - memory for tables that are large and filled by and by: zero, and taken from the system
 * page by page as it is touched, in pages as large as there are. */
#ifndef HARNESS_CORE_PAGES_H
#define HARNESS_CORE_PAGES_H
#include <stddef.h>

/* `octets` of zero, aligned to 16 or more; NULL: no memory, or none was asked for. */
void *pages_new(size_t octets);
/* Give back what pages_new gave for that many; NULL: nothing. */
void pages_free(void *p, size_t octets);
#endif
