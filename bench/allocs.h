/* bench/allocs.h - counts calls of malloc, calloc and realloc of a program that links allocs.c. */
#ifndef BENCH_ALLOCS_H
#define BENCH_ALLOCS_H
#include <stdint.h>

/* Calls since the program began, by this program and the libraries in it. */
uint64_t allocs_so_far(void);
#endif
