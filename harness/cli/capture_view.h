/* harness/cli/capture_view.h - what `decode` and `lint` share: the way through capture files. */
#ifndef HARNESS_CLI_CAPTURE_VIEW_H
#define HARNESS_CLI_CAPTURE_VIEW_H
#include "harness/cli/cli.h"
#include "harness/replay/engine.h"

enum {
    VIEW_NOTES_MAX = 20, /* problems told of a file; more are counted */
};
struct view {
    const struct command *command;
    struct cli cli;
    unsigned jobs; /* threads; 0: one */
    bool many;     /* files */
    bool ordered;  /* callbacks come one at a time, in order: what they make is no text */
    /* Called for each message that a codec knows, for findings over time that only the end of the file shows, and
     * after each file. Text goes to `w`, and out in the order of frames. message and late may be called by several
     * threads at once, and again where `w` was full. */
    void (*message)(struct view *v, struct wr *w, const struct engine_message *m);
    void (*late)(struct view *v, struct wr *w, const char *file, const struct watch_finding *f);
    void (*file_end)(struct view *v, struct wr *w, const char *file);
    void (*heading)(struct view *v,
                    const char *file); /* before the first text of a file, where there are many */
    struct engine *engine;
    uint64_t levels[ENGINE_LEVELS]; /* findings in all files */
    bool unread, failed; /* a file that could not be read to its end; output that failed */
    const char *file;    /* that is being read */
    bool headed;
    uint64_t notes;
};
/* Read the files, "-" for standard input. Returns EXIT_OWN_FAULT where standard output failed,
 * EXIT_USAGE where a file could not be read to its end, else EXIT_AS_EXPECTED. Both are said on
 * standard error. */
int view_files(struct view *v, int n, char **files);
/* Take the value of --jobs; false: it is none, which was said. */
bool view_jobs(struct view *v, const char *text);
/* ", " but before the first; helpers for writing JSON by hand. */
void view_key(struct wr *w, const char *key);
void view_key_text(struct wr *w, const char *key, const char *text);
void view_key_uint(struct wr *w, const char *key, uint64_t v);
void view_key_addr(struct wr *w, const char *key, const struct addr *a);
/* "time": seconds since 1970 with nine decimals. */
void view_key_time(struct wr *w, uint64_t ns);
/* "frames": all that the message came in. */
void view_key_frames(struct wr *w, const struct engine_message *m);
/* What the i-th finding of a message rests on beside it; NULL: it is not one over time. */
const struct watch_finding *view_over(const struct engine_message *m, size_t i);
/* "frames": those of a finding over time, its own last. */
void view_key_over(struct wr *w, const struct watch_finding *f);
/* " (with frames 3, 7)"; nothing where `f` is NULL or names none. */
void view_text_over(struct wr *w, const struct watch_finding *f);
#endif
