/* harness/replay/caprare.h - capture files of rare kinds, read by libpcap. */
#ifndef HARNESS_REPLAY_CAPRARE_H
#define HARNESS_REPLAY_CAPRARE_H
#include "harness/replay/capsource.h"

enum { CAPRARE_HEAD = 4096 }; /* octets that may have been read before */
struct caprare;
struct caprare_frame { /* lives until the next call */
    uint64_t time_ns;
    struct span octets;
    uint32_t original, link;
};
/* `first` are octets that were read already, at most CAPRARE_HEAD; `s` lives as long as what is returned. NULL: libpcap does
 * not know the file either, or, where `why` is a sentence then, is not there. */
struct caprare *caprare_open(struct capsource *s, struct span first, const char **why);
void caprare_close(struct caprare *r);
/* 1: a frame; 0: the end; -1: `why` says what is wrong, until the next call. */
int caprare_next(struct caprare *r, struct caprare_frame *f, const char **why);
#endif
