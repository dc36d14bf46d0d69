/* harness/core/clock.h - time that passes, since some moment, for those who are no endpoint. */
#ifndef HARNESS_CORE_CLOCK_H
#define HARNESS_CORE_CLOCK_H
#include <stdint.h>

/* CLOCK_MONOTONIC in nanoseconds, microseconds and milliseconds, cut off. */
uint64_t monotonic_ns(void);
uint64_t monotonic_us(void);
uint64_t monotonic_ms(void);
#endif
