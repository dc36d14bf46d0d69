/* fuzz/triage/crash.h - what a replay's log says of a crash: its kind and where, and whether two are the same.
 *
 * Two findings are one when kind, words and the topmost frames of our own are the same; frames of sanitizers,
 * engines, the C library and of the oracle itself do not count, and neither do addresses, sizes and lines. */
#ifndef FUZZ_TRIAGE_CRASH_H
#define FUZZ_TRIAGE_CRASH_H
#include "codecs/base/base.h"

enum { CRASH_FRAMES = 3, CRASH_WORDS = 200, CRASH_NAME = 96, CRASH_KEY = 640 };
struct crash_frame {
    char function[CRASH_NAME];
    char file[CRASH_WORDS]; /* from the top of the tree, "" where not known */
    unsigned line;
};
struct crash {
    char kind[CRASH_NAME]; /* "oracle", "heap-buffer-overflow", "undefined", "hang", "leak", ... */
    char words[CRASH_WORDS];  /* what an oracle or sanitizer says, with numbers left out */
    char detail[CRASH_WORDS]; /* a line before an oracle's: which finding; not part of the key */
    struct crash_frame frames[CRASH_FRAMES];
    size_t n_frames;
    char key[CRASH_KEY];   /* all of the above that makes it this one */
    char slug[CRASH_NAME]; /* for file names: kind, words or function */
};

/* Read a log. False: it tells of no crash. */
bool crash_read(struct span log, struct crash *c);
/* The same finding. */
bool crash_same(const struct crash *a, const struct crash *b);
#endif
