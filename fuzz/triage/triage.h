/* fuzz/triage/triage.h - findings of a fuzzing run: told apart, made small, kept.
 *
 * An input is judged by replaying it in the target's replay program: what that ends with, not what the engine
 * said, is the finding. A finding is minimised by its structure first (parts of the message left out while it
 * crashes in the same way), then by octets. */
#ifndef FUZZ_TRIAGE_TRIAGE_H
#define FUZZ_TRIAGE_TRIAGE_H
#include <stdio.h>
#include "fuzz/triage/crash.h"

enum { TRIAGE_PATH = 4096, TRIAGE_INPUT = 1 << 17, TRIAGE_FINDINGS = 64 };
struct triage_target {
    char name[64], replay[TRIAGE_PATH]; /* the program that replays one input */
    char codecs[64];                    /* of the mutator, "" : octets only */
    char work[TRIAGE_PATH];             /* folder for candidates and logs; exists */
};
struct triage_finding {
    struct crash crash;
    bool again; /* replay crashes; else only the engine saw it */
    size_t inputs, octets,
        before; /* how many inputs show it; of the smallest, minimised and as it was found */
    char input[TRIAGE_PATH], log[TRIAGE_PATH];
};

/* Replay `path`; false: it came back. `log` NULL: a file in the work folder, which the next replay writes again. */
bool triage_replay(const struct triage_target *t, const char *path, const char *log,
                   struct crash *c);

/* Make `in` smaller while it crashes as `c` does, for at most `seconds`; in place, returns the octets that are
 * left. */
size_t triage_minimise(const struct triage_target *t, const struct crash *c, uint8_t *in, size_t n,
                       unsigned seconds);

/* Judge the files of a folder: those that crash alike are one finding, whose smallest input is minimised and kept
 * in `out` as SLUG-HASH with its log beside it, SLUG-HASH.log. Returns how many findings there are, at most
 * `cap`. */
size_t triage_folder(const struct triage_target *t, const char *folder, const char *out,
                     unsigned seconds, struct triage_finding *v, size_t cap);

/* Write SARIF 2.1.0 of all findings; each rule is a kind. False: the stream failed. */
bool triage_sarif(FILE *to, const char *const *targets, const struct triage_finding *v, size_t n);

/* Whole files. */
bool triage_read(const char *path, uint8_t *to, size_t cap, size_t *n);
bool triage_write(const char *path, struct span s);
#endif
