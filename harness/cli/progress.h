/* harness/cli/progress.h - how far a command is in a long file: one line on a terminal, drawn over and over. */
#ifndef HARNESS_CLI_PROGRESS_H
#define HARNESS_CLI_PROGRESS_H
#include <pthread.h>
#include "codecs/base/base.h"

enum {
    PROGRESS_MS = 200, /* from the beginning to the first line, and between two */
    PROGRESS_LINE = 80 /* octets at most */
};
struct progress {
    bool on;
    bool shared; /* standard output is the same terminal */
    bool shown;  /* the line is on the terminal */
    uint64_t begun_us, drawn_us;
    pthread_mutex_t lock;
};
/* Whether there is anybody to see it: standard error is a terminal, and standard output another one or none, or `asked`
 * says that the line is wanted nevertheless. Never elsewhere: a log would keep every line. */
void progress_init(struct progress *p, bool asked);
/* A file begins. */
void progress_begin(struct progress *p);
/* So many octets of it were read, of `total` (0: not known), and frames in them. At most every PROGRESS_MS the line is
 * drawn. From any thread. */
void progress_at(struct progress *p, uint64_t octets, uint64_t total, uint64_t frames);
/* Take the line away, for as long as something else is written; then let it come back. Both cost nothing where it is off. */
void progress_hold(struct progress *p);
void progress_release(struct progress *p);
/* The file is over: the line is gone. */
void progress_end(struct progress *p);
/* "42 %, 123.4 MB/s, 1234567 frames" after `us` of work; without the first where `total` is 0 or was passed. */
void progress_line(struct wr *w, uint64_t octets, uint64_t total, uint64_t frames, uint64_t us);
#endif
