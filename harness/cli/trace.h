/* harness/cli/trace.h - what covers each clause: cases, vectors with their findings, faults. */
#ifndef HARNESS_CLI_TRACE_H
#define HARNESS_CLI_TRACE_H
#include <jansson.h>
#include "harness/core/clause.h"

struct cover {       /* of one clause */
    json_t *cases;   /* ids of the cases with a check, or a lawful outcome, that cites it */
    json_t *vectors; /* ids of the test vectors that name it */
    json_t *faults;  /* class/fault: our own endpoint can break it */
    size_t rules;    /* vectors in which a finding of decode or lint cites it */
    size_t kept;     /* vectors that name it, and in which no finding cites it */
};
struct trace {
    struct cover *v; /* clauses_n, in the order of clauses[] */
    char why[512];   /* what could not be read, or "" */
};

/* Whether a rule of decode or lint is shown to tell the two apart: messages that break the clause, and
 * messages about it that do not. */
bool trace_flips(const struct cover *v);
/* Whether anything checks the clause: a case, or a rule that flips. That each case can fail is for
 * `rtclab prove` to show. */
bool trace_covered(const struct cover *v);

/* Gather what stands below `share` (scenarios, vectors) and in the registry's fault tables. false:
 * a folder or file cannot be read, or memory ran out; t->why says which. Ended by trace_close
 * either way. */
bool trace_open(struct trace *t, const char *share);
void trace_close(struct trace *t);

/* Whether a clause is the one named, or of the specification, section or sentence named: "rfc8489",
 * "RFC8489:6.3.1", "RFC8489:14.8#6" (which 6a is part of). */
bool clause_selects(const char *name, const char *id);
/* What `rtclab trace --json` says of a clause: an object for the caller to release. */
json_t *trace_json(const struct clause *c, const struct cover *v);
#endif
