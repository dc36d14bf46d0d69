/* harness/cli/capture_view.h - what `decode` and `lint` share: the way through capture files. */
#ifndef HARNESS_CLI_CAPTURE_VIEW_H
#define HARNESS_CLI_CAPTURE_VIEW_H
#include "harness/cli/cli.h"
#include "harness/cli/progress.h"
#include "harness/cli/select.h"

enum {
    VIEW_END = 1 << 20,  /* octets that the text at the end of a file begins with */
    VIEW_NOTES_MAX = 20, /* problems told of a file; more are counted */
    VIEW_NOTE_MAX =
        1 << 15, /* octets of the line that tells one of a stream, its file's name in JSON */
    VIEW_COMMENT_MAX = 1 << 13, /* octets of the line of a comment */
    VIEW_WAIT_MS = 100,         /* between looks at what grows */
    VIEW_KNOWN_MAX = 4096,      /* octets of all --map together */
    VIEW_KEYLOG_MAX = 64 << 20, /* octets of a key log */
};
struct view {
    const struct command *command;
    struct cli cli;
    unsigned jobs;                             /* threads; 0: one */
    char known[VIEW_KNOWN_MAX];                /* of --map, for watchers */
    struct srtpdec_key srtp[SRTPDEC_KEYS_MAX]; /* of --srtp-key */
    size_t n_srtp;
    const char *keylog;          /* a file with keys of TLS; NULL: none */
    bool follow;                 /* a file that ends may grow */
    bool asked;                  /* for progress, on the terminal of standard output too */
    struct progress progress;    /* on a terminal, while files are read */
    const char *interface, *bpf; /* read live: NULL: files */
    const char *filtered;        /* of --filter, which was read once; NULL: all messages */
    struct select *filter;       /* the same while files are read */
    uint64_t count;              /* frames after which a live reading ends; 0: none */
    bool many;                   /* files */
    enum watch_keep keep;        /* of the figures that watchers could give */
    bool faulty;                 /* only messages with findings are wanted */
    bool whole;                  /* the user promises that nothing is missing */
    bool ordered; /* callbacks come one at a time, in order: what they make is no text */
    /* Called for each message that a codec knows, for findings over time that only the end of the file shows, and
     * after each file. Text goes to `w`, and out in the order of frames. message and late may be called by several
     * threads at once, and again where `w` was full. */
    void (*message)(struct view *v, struct wr *w, const struct engine_message *m);
    void (*late)(struct view *v, struct wr *w, const char *file, const struct watch_finding *f);
    void (*file_end)(struct view *v, struct wr *w, const char *file);
    /* What is odd in a stream of TCP, with its words, in the order of frames; NULL: told on standard error, as all
     * that is odd below a stream is. */
    void (*note)(struct view *v, struct wr *w, const char *file, const struct capread_problem *p,
                 struct span words);
    /* A comment of a section or an interface of pcapng; text goes out at once. NULL: not shown. */
    void (*comment)(struct view *v, struct wr *w, const struct capread_comment *c);
    void (*heading)(struct view *v,
                    const char *file); /* before the first text of a file, where there are many */
    struct engine *engine;
    /* Findings in all files; with a filter those of messages for which it holds. */
    _Atomic uint64_t levels[ENGINE_LEVELS];
    bool unread, failed; /* a file that could not be read to its end; output that failed */
    const char *file;    /* that is being read */
    bool headed;
    uint64_t notes, live; /* problems told; frames read live */
};
/* Read the files, "-" for standard input. Returns EXIT_OWN_FAULT where standard output failed,
 * EXIT_USAGE where a file could not be read to its end, else EXIT_AS_EXPECTED. Both are said on
 * standard error. */
int view_files(struct view *v, int n, char **files);
/* Options that `decode`, `lint` and their like share: what getopt takes, and their lines of help. view_option: 1 taken,
 * 0 not one of these, -1 a wrong value, which was said. */
#define VIEW_SHORT "j:i:m:"
#define VIEW_FILTER_OPTION                                                                         \
    {                                                                                              \
        "filter", required_argument, NULL, 'X'                                                     \
    }
/* The same of those that report findings. */
#define VIEW_WHOLE_OPTION                                                                          \
    {                                                                                              \
        "whole", no_argument, NULL, 'O'                                                            \
    }
#define VIEW_WHOLE_HELP                                                                            \
    "      --whole          promise: what is read holds all that passed, in both directions, "     \
    "from\n"                                                                                       \
    "                       the start of both sides on; then what is absent is judged, too\n"
#define VIEW_OPTIONS                                                                               \
    {"jobs", required_argument, NULL, 'j'}, {"interface", required_argument, NULL, 'i'},           \
        {"bpf", required_argument, NULL, 'B'}, {"count", required_argument, NULL, 'N'},            \
        {"map", required_argument, NULL, 'm'}, {"progress", no_argument, NULL, 'P'},               \
        {"srtp-key", required_argument, NULL, 'K'}, {"keylog", required_argument, NULL, 'L'},      \
    {                                                                                              \
        "follow", no_argument, NULL, 'W'                                                           \
    }
#define VIEW_FILTER_HELP                                                                           \
    "      --filter EXPR    only messages for which it holds, as in\n"                             \
    "                       'rtp.payload_type == 0 and src == 10.0.0.1'; docs/captures.md\n"
#define VIEW_HELP                                                                                  \
    "  -i, --interface NAME   read live from an interface until SIGINT, in place of files\n"       \
    "      --bpf TEXT       live: only frames that libpcap's filter lets pass (pcap-filter(7))\n"  \
    "      --count N        live: end after so many frames\n"                                      \
    "      --follow         a file that ends is waited for, as it grows, until SIGINT\n"           \
    "  -m, --map PT=ENCODING/RATE[,...]\n"                                                         \
    "                       what dynamic payload types of RTP stand for, as in a=rtpmap; with\n"   \
    "                       'clear' among them payloads are read too: they are not encrypted\n"    \
    "      --keylog FILE    keys of TLS, a line each as SSLKEYLOGFILE has them, beside those "     \
    "that\n"                                                                                       \
    "                       a pcapng file brings along\n"                                          \
    "      --srtp-key KEY   decrypt SRTP and SRTCP, as in\n"                                       \
    "                       AES_CM_128_HMAC_SHA1_80:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj:\n"   \
    "                       suite and key of a=crypto; before them SSRC=N, or ADDR:PORT, for "     \
    "some\n"                                                                                       \
    "                       streams alone, ROC=N, for a start in the middle; may be given again\n" \
    "      --progress       how far it is, also on the terminal that the output goes to\n"         \
    "  -j, --jobs N         threads that share the work; 1 where not given\n"
int view_option(struct view *v, int opt, const char *value);
/* What is read: the files named, or the interface. An exit status as of view_files. */
int view_run(struct view *v, int n, char **files);
/* A member of a JSON object that is being written, key and value. */
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
