/* harness/core/late.h - libraries that are loaded when they are asked for: few runs need libpcap or libsrtp2, and to load
 * them with all that they bring along takes longer than many a run. */
#ifndef HARNESS_CORE_LATE_H
#define HARNESS_CORE_LATE_H
#include <stdbool.h>
#include <stddef.h>

enum { LATE_WHY_MAX = 256 }; /* octets of a sentence, with its NUL */
struct late_name {
    const char *name;
    size_t at; /* where its address goes, from the beginning of `functions` */
};
struct late {
    const char *file; /* its soname */
    const struct late_name *names;
    size_t n;
    void *functions; /* a structure of pointers to functions */
    bool loaded;
    char why[LATE_WHY_MAX];
};
/* A member of such a structure, with type and name of the function. */
#define LATE_MEMBER(function) __typeof__(function) *function;
/* All functions have their addresses, now and until the process ends. NULL, or a sentence on why not. Threads may call it
 * at once. */
const char *late_load(struct late *l);
#endif
