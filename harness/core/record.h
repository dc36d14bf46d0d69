/* harness/core/record.h - the run record: one JSON object a line, flushed as it happens, so that a
 * run that is killed keeps all that it had. Everything else is drawn from it. The keys are stable
 * and listed in docs/json.md.
 *
 *   struct rec r;
 *   rec_begin(&r, "check"); rec_str(&r, "case", id); rec_uint(&r, "frame", 3); rec_end(&r, sink); */
#ifndef HARNESS_CORE_RECORD_H
#define HARNESS_CORE_RECORD_H
#include "codecs/base/field.h"

enum { REC_MAX = 1 << 18 }; /* octets in a line; what is longer is cut, with "cut":true */
struct rec {
    struct wr w;
    uint8_t buf[REC_MAX];
};
struct record { /* where lines go: a file descriptor; shared by workers, each line one write */
    int fd;
    bool failed; /* a write has failed (a full disk); said once, the run goes on */
    char why[128];
};
/* Create or truncate `path` ("-": standard output). False: `r->why` says why. */
bool record_open(struct record *r, const char *path);
void record_close(struct record *r);
void rec_begin(struct rec *r, const char *type);
void rec_str(struct rec *r, const char *key, const char *v); /* NULL: left out */
void rec_span(struct rec *r, const char *key, struct span v);
void rec_uint(struct rec *r, const char *key, uint64_t v);
void rec_bool(struct rec *r, const char *key, bool v);
void rec_json(struct rec *r, const char *key, struct span json); /* already JSON */
void rec_fields(struct rec *r, const char *key, const struct desc *d, const void *rec);
/* Close the object and write it with its line end. False: writing failed, then or before. */
bool rec_end(struct rec *r, struct record *out);
#endif
