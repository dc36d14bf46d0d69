/* harness/report/sarif.h - SARIF 2.1.0 as it is made: results as they come, rules (one a clause) and
 * notifications at the end. A run record and `rtclab lint` write by it alike. */
#ifndef HARNESS_REPORT_SARIF_H
#define HARNESS_REPORT_SARIF_H
#include <stdio.h>
#include "codecs/base/base.h"

struct json_t;

enum sarif_kind {
    SARIF_FAIL,   /* a requirement is not met */
    SARIF_OPEN,   /* it could not be judged */
    SARIF_REVIEW, /* it was not met once and met later */
    SARIF_PASS,
};
struct sarif_note { /* about the run, not about the implementation */
    bool error, configuration;
    const char *text, *file;
    uint64_t line;
};
struct sarif {
    FILE *to;
    struct json_t *rules; /* clause -> its place; in the order in which they came */
    struct json_t *notes; /* array of written-out notifications */
    size_t results;
    bool failed; /* no memory for a rule: the report is not whole */
};
struct sarif_result {
    const char *clause;
    const char *level; /* MUST, SHOULD, MAY, STMT: how bad a failure is */
    enum sarif_kind kind;
    const char *message;
    const char *file;                   /* relative path or name of a file, "" : none */
    uint64_t line;                      /* 0: none */
    const char *logical, *logical_kind; /* "stun-server/stun-server-002[udp,ip4]", "case" */
    const char *capture;                /* where the frames stand, "": nowhere */
    const uint64_t *frames;
    size_t n_frames;
    const char *suppressed; /* why it was expected; NULL: it was not */
    const char *identity;   /* what makes it the same result in another run */
    /* Further properties as members of a JSON object, "\"offset\":4"; NULL: none. */
    const char *properties;
};
struct sarif_run {
    const char *version;    /* of rtclab */
    const char *started;    /* RFC 3339, "": not known */
    const char *command;    /* "": not known */
    const char *automation; /* names this kind of run, such as "rtclab/stun:192.0.2.1/" */
    bool successful;        /* the harness itself did what it should */
};
/* Begin a log of one run. False: no memory. */
bool sarif_begin(struct sarif *s, FILE *to);
void sarif_result(struct sarif *s, const struct sarif_result *r);
void sarif_note(struct sarif *s, const struct sarif_note *n);
/* Write what belongs to the run as a whole and free all. False: the log is not whole; errors of the
 * stream are the caller's to see. */
bool sarif_end(struct sarif *s, const struct sarif_run *run);
#endif
