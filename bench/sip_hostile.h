/* bench/sip_hostile.h - messages that are made to be dear: one thing over and over, of any size. */
#ifndef BENCH_SIP_HOSTILE_H
#define BENCH_SIP_HOSTILE_H
#include <stdbool.h>
#include <stddef.h>

/* Write the message of the family `name` into `n` octets at `p`, all of them; false: there is no such family. */
bool sip_hostile(const char *name, char *p, size_t n);
#endif
