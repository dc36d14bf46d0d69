/* harness/cli/capture_view.h - what `decode` and `lint` share: the way through capture files. */
#ifndef HARNESS_CLI_CAPTURE_VIEW_H
#define HARNESS_CLI_CAPTURE_VIEW_H
#include "harness/cli/cli.h"
#include "harness/cli/view_watch.h"
#include "harness/replay/classify.h"

enum {
    VIEW_FINDINGS_MAX = 1024, /* kept of a message; more are counted */
    VIEW_ARENA = 4 << 20,     /* octets for the view of a message */
    VIEW_NOTES_MAX = 20,      /* problems told of a file; more are counted */
    VIEW_PROTOCOLS_MAX = 64,  /* in a summary */
    VIEW_LEVELS = MAY + 1,
};
struct view_message {
    const char *file;
    const struct capread_datagram *d;
    struct classified m;
    const char *layers; /* with the protocol: "eth/ip/udp/stun" */
    const struct findings *fs;
    const struct watch_finding *over; /* those over time, which are the last n_over of fs */
    size_t n_over;
};
struct view_protocol { /* counts of one codec in a file */
    const struct codec *codec;
    uint64_t messages, quoted, octets; /* quoted: in ICMP errors, apart from messages */
    uint64_t findings[VIEW_LEVELS];
};
struct view_counts {
    struct view_protocol protocols[VIEW_PROTOCOLS_MAX];
    size_t n_protocols;
    uint64_t unknown, unknown_quoted; /* datagrams that no codec knows */
};
struct view {
    const struct command *command;
    struct cli cli;
    bool many; /* files */
    /* Called for each message that a codec knows, and after each file. Text goes to `out`. */
    void (*message)(struct view *v, const struct view_message *m);
    /* A finding over time that only the end of the file shows. */
    void (*late)(struct view *v, const char *file, const struct watch_finding *f);
    void (*file_end)(struct view *v, const char *file, const struct capread_counts *c);
    struct view_counts counts;    /* of the file being read */
    uint64_t levels[VIEW_LEVELS]; /* findings in all files */
    bool unread, failed;          /* a file that could not be read to its end; output that failed */
    /* memory */
    uint8_t *arena;
    struct finding *findings;
    struct view_watch *watch;
    struct wr out; /* what the callback writes; grows when full */
};
/* Read the files, "-" for standard input. Returns EXIT_OWN_FAULT where standard output failed,
 * EXIT_USAGE where a file could not be read to its end, else EXIT_AS_EXPECTED. Both are said on
 * standard error. */
int view_files(struct view *v, int n, char **files);
/* ", " but before the first; helpers for writing JSON by hand. */
void view_key(struct wr *w, const char *key);
void view_key_text(struct wr *w, const char *key, const char *text);
void view_key_uint(struct wr *w, const char *key, uint64_t v);
void view_key_addr(struct wr *w, const char *key, const struct addr *a);
/* "time": seconds since 1970 with nine decimals. */
void view_key_time(struct wr *w, uint64_t ns);
/* "frames": all that the message came in. */
void view_key_frames(struct wr *w, const struct capread_datagram *d);
/* What the i-th finding of a message rests on beside it; NULL: it is not one over time. */
const struct watch_finding *view_over(const struct view_message *m, size_t i);
/* "frames": those of a finding over time, its own last. */
void view_key_over(struct wr *w, const struct watch_finding *f);
/* " (with frames 3, 7)"; nothing where `f` is NULL or names none. */
void view_text_over(struct wr *w, const struct watch_finding *f);
#endif
