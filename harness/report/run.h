/* harness/report/run.h - a run record read back: what every renderer draws from.
 *
 * Reading is tolerant: a record that ends in the middle of a line, octets that are no UTF-8 and
 * lines that are no JSON cost that line and one sentence in `remark`, never the rest. All text is
 * NUL-terminated UTF-8 and never NULL ("" where the record has none), and lives as long as the
 * run; a NUL that the record escapes stands as U+2400. */
#ifndef HARNESS_REPORT_RUN_H
#define HARNESS_REPORT_RUN_H
#include "codecs/base/base.h"
#include "harness/core/verdict.h"

struct json_t;

#define RUN_LAST SIZE_MAX

struct run_list { /* an array of the record, borrowed; NULL: empty */
    const struct json_t *json;
};
size_t run_list_n(struct run_list l);
/* The i-th item as text, "" where it is none. */
const char *run_list_text(struct run_list l, size_t i);
uint64_t run_list_uint(struct run_list l, size_t i);

struct run_check {
    const char *clause, *level, *what, *actual;
    enum verdict verdict;
    struct run_list expected, frames;
    uint64_t time_us;
    uint64_t offset, length; /* octets of the message in the first frame that it is about; length 0:
                                the record does not say */
    unsigned attempt;        /* the try of the case that made it, from 1 */
};
struct run_message {
    uint64_t time_us, frame; /* frame 0: not captured */
    const char *from, *to, *proto, *brief;
    bool in;                     /* from the IUT */
    const struct json_t *fields; /* decoded; NULL: not */
    const char *octets;          /* hexadecimal */
    unsigned attempt;
};
struct run_note {
    uint64_t time_us;
    const char *what;
    unsigned attempt;
};
struct run_case {
    const char *id, *base, *suite, *role, *title, *kind, *file, *transport, *family, *seed;
    uint64_t line;
    struct run_list clauses, tags;
    enum status status;
    enum verdict verdict; /* as recorded, or the worst of the checks of the last attempt */
    const char *why, *pcap, *rerun;
    uint64_t duration_us, wall_us, tries;
    unsigned attempts; /* how often the record says that it started */
    bool ended;
    bool leads;  /* the first case of its suite */
    size_t next; /* place of the next case of the suite; RUN_LAST: none */
    struct run_check *checks;
    struct run_message *messages;
    struct run_note *notes;
    size_t checks_n, messages_n, notes_n;
};
struct run {
    const char *version, *started, *seed, *driver, *target, *profile, *impair;
    struct run_list command;
    struct run_case *cases; /* in the order in which they started */
    size_t cases_n;
    size_t counts[STATUS_N]; /* counted here, not taken from the summary */
    size_t checks_n;
    uint64_t wall_us;
    uint64_t exit;        /* status that the run ended with, as its summary says; 0 without one */
    bool complete;        /* a summary was there */
    bool interrupted;     /* and what it says */
    char folder[4096];    /* of the record; captures stand in it */
    const char *noted;    /* the first note about the run as a whole; NULL: none */
    char remark[256];     /* what was wrong with the record, in a sentence, or else
                             what it says of itself; "": nothing */
    struct json_t *lines; /* array of all lines, owns everything above */
    struct json_t *index; /* case id -> place in cases, of the last where it was repeated */
};

/* Read the record at `path`, a run.jsonl or its folder. False: it cannot be read or is no run
 * record, and r->remark says which in one sentence; otherwise free with run_free. */
bool run_read(struct run *r, const char *path);
/* The same, but checks that passed are only counted: for who shows none of them. */
bool run_read_brief(struct run *r, const char *path);
/* The case of that id, the last where it was repeated; NULL: none. */
const struct run_case *run_case_named(const struct run *r, const char *id);
void run_free(struct run *r);

/* Whether a failure of this check breaks a MUST (or a plain statement). */
bool run_check_strict(const struct run_check *c);
/* Whether the check belongs to the last attempt, which is the one that counts. */
static inline bool run_check_counts(const struct run_case *c, const struct run_check *k)
{
    return k->attempt >= c->attempts;
}
/* Whether a report of failures shows the check: it did not pass, in the attempt that counts, or in
 * any where the case is flaky. */
static inline bool run_check_shown(const struct run_case *c, const struct run_check *k)
{
    return k->verdict > VERDICT_PASS && (c->status == STATUS_FLAKY || run_check_counts(c, k));
}
/* The check that decides the case: the first of the worst verdict; NULL: none failed. For a flaky
 * case one of an earlier attempt. */
const struct run_check *run_case_worst(const struct run_case *c);
/* Whether a reader must look at the case: all but pass, skip and xfail. */
bool run_case_notable(const struct run_case *c);
#endif
