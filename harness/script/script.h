/* harness/script/script.h - cases in Lua: loading, choosing, running, judging. */
#ifndef HARNESS_SCRIPT_SCRIPT_H
#define HARNESS_SCRIPT_SCRIPT_H
#include <sys/types.h>
#include <jansson.h>
#include "harness/core/canary.h"
#include "harness/core/clause.h"
#include "harness/core/driver.h"
#include "harness/core/impair.h"
#include "harness/core/record.h"
#include "harness/core/tls.h"
#include "harness/core/verdict.h"

enum {
    CASE_MEMORY = 64 << 20,       /* octets of one case's Lua state */
    CASE_INSTRUCTIONS = 50000000, /* Lua instructions of one case */
    CASE_SILENT_MS = 20000,       /* a worker without a sign of life is killed; live: and scaled */
    CASE_CHECKS = 128,            /* checks of one case that are kept; more are counted */
    CASE_ACTORS = 16,
    CASE_NEEDS = 8,
    CASE_SITES = 16, /* routers and NATs */
    CASE_PORTS = 36, /* leased by each case in flight: a pair, the first even, for the IUT, where it
                        is ours, and for each actor; the last is the IUT's second */
    CASE_ASKED = 4,  /* commands of the upper tester at once */
};
struct case_info {
    char *id, *title, *role, *protocol, *suite, *file; /* suite: the role unless told */
    char kind;                                         /* V I X T R */
    int line, last_line, version;                      /* of its procedure, from 1 */
    char *needs[CASE_NEEDS], *tags[CASE_NEEDS];        /* NULL-terminated unless full */
    const struct clause *clauses[32];                  /* cited in its text */
    size_t n_clauses;
    const char *source; /* the file's text */
};
struct broken {                    /* a file that cannot be loaded, or not to its end */
    char *file, *protocol, *suite; /* of its folders: "stun", "stun-server" */
    char why[256];                 /* with file and line */
};
struct cases {
    struct case_info *v;
    size_t n;
    struct broken *broken;
    size_t n_broken;
    char **sources; /* texts of the files, which the cases borrow */
    size_t n_sources;
    char error[256]; /* why there is nothing at all */
};
/* Load every scenarios/<protocol>/<suite>/<name>.lua below `root`, in order of their ids. What
 * cannot be loaded (a syntax error, a case without id, an id that stands twice) is in `c->broken`;
 * the rest is there. False: `root` cannot be read, or no memory; `c->error` says which. */
bool cases_load(struct cases *c, const char *root);
void cases_free(struct cases *c);
bool case_needs(const struct case_info *c, const char *word);
bool case_tagged(const struct case_info *c, const char *tag);
/* Whether a selector chooses the case: protocol, suite, id, an instance of it, clause or what it begins with (a
 * standard, a section), glob of ids, +tag, ^tag; what a case needs counts as a tag. */
bool case_selected(const struct case_info *c, const char *selector);
/* Whether it names one instance of the case: "stun-server-017[udp,ip4]". */
bool case_instance_of(const struct case_info *c, const char *selector);

struct profile { /* of an IUT; from JSON, see docs/json.md */
    json_t *json;
    const char *name;
    char path[1024];
};
/* `name`: a file, or the name of one in scenarios/profiles. False: `err` says why. */
bool profile_load(struct profile *p, const char *root, const char *name, char err[512]);
/* `command` starts a client, and is what all that the profile's "ask" could say: --spawn. False: no
 * memory. */
bool profile_spawn(struct profile *p, const char *command, char err[512]);
void profile_free(struct profile *p);
bool profile_has(const struct profile *p, const char *list, const char *word);
const char *profile_text(const struct profile *p, const char *key);
/* Its "tls": the options of that name, which borrow from the profile. */
void profile_tls(const struct profile *p, struct tls_options *out);
/* "udp", "tcp", "tls", "dtls": the stack of flows that such a transport has; whether it is a stream;
 * whether it is one of the last two. */
const char *transport_stack(const char *word);
bool transport_stream(const char *word);
bool transport_secure(const char *word);

struct case_check {
    const struct clause *clause;
    enum verdict verdict;
    char what[160], actual[64];
};
struct case_result {
    enum verdict verdict;
    enum status status;
    char why[256];
    uint64_t duration_us, wall_us;
    unsigned tries;
    size_t n_checks, n_kept; /* a failure is kept before a pass */
    uint32_t answered; /* what came from the IUT or was done by it: 0 in a whole live run: never
                          reached */
    bool unreachable;
    bool lost;        /* the IUT stopped answering in it: it may have died */
    uint32_t applied; /* how often a fault or variant of our own endpoint had an effect */
    struct case_check checks[CASE_CHECKS];
};
struct run_options {
    const char *root; /* folder of scenarios */
    const struct profile *profile;
    struct addr target;            /* family 0: our own endpoint in sim */
    const struct tls_options *tls; /* of every flow, before a case says more; NULL: nothing */
    double scale;                  /* of every wait: --timeout-scale */
    bool capture_all, capture_failed;
    const char *out;       /* folder for captures; NULL: none */
    struct record *record; /* NULL: none */
    bool no_messages;      /* the record goes without messages: nobody will read them */
    const char *const *faults, *const *variants; /* of our own endpoint */
    const struct canary
        *canary;        /* our own endpoint comes to harm by bad input; NULL: it does not */
    bool own, live;     /* our own endpoint is the IUT; on real sockets */
    bool strict;        /* a SHOULD not met is a fail */
    enum level level;   /* checks above this level are not judged */
    unsigned port_base; /* live: where leased ports begin */
    const struct impair_spec *impair; /* both ways between cases and IUT; NULL: nothing */
};
struct case_run {
    const struct case_info *c;
    const char *transport;
    uint8_t family;
    uint64_t seed;
    unsigned slot; /* of the ports it leases */
    pid_t *groups; /* CASE_ASKED process groups of commands that run, seen by the pool; or NULL */
    char id[96];   /* with parameters */
};
/* Run one case in this process. Everything about it goes to the record; the result is filled in. */
void case_execute(const struct run_options *o, const struct case_run *r, struct case_result *out);
/* What a verdict and its checks make of a case, before expectations. */
enum status case_status(const struct case_result *r, bool strict);

/* Which of a case's instances run under a profile; fills `v`, returns how many. `why` says why none
 * does. */
size_t case_instances(const struct case_info *c, const struct profile *p, const char *why[1],
                      struct case_run *v, size_t cap);
uint64_t case_seed(uint64_t run_seed, const char *id);

/* ---- expected results: docs/json.md ---- */
struct expect {
    json_t *list;
    size_t expired; /* entries that do not count any more */
    char error[1280];
};
/* Ids that are no case, unknown clauses and malformed entries are errors. */
bool expect_load(struct expect *e, const char *path, const struct cases *c);
void expect_free(struct expect *e);
/* Turn a status into xfail or xpass where entries name the case, by its id or by that of the
 * instance: xfail where each check that did not pass is listed with its verdict, xpass where one is
 * listed and passed. */
enum status expect_apply(const struct expect *e, const struct case_run *run,
                         const struct case_result *r, enum status s, char why[256]);
/* Entries that make the same run as expected. An instance is named where another of its case
 * passes. */
bool expect_write(const char *path, const struct case_run *runs, const struct case_result *results,
                  size_t n, char err[512]);

/* ---- many cases ---- */
struct pool_options {
    unsigned jobs;
    unsigned retries;
    double silent_s; /* a worker without a sign of life is killed after it; 0: CASE_SILENT_MS, live
                        7 times as long and scaled */
    bool fail_fast;
    /* What a result is, expectations applied: what is unexpected is tried again; NULL: its status.
     */
    enum status (*judge)(void *ctx, size_t i, const struct case_result *r);
    void (*done)(void *ctx, size_t i, const struct case_result *r);
    /* Whether the IUT has died: asked where a result is unexpected. True: no case is begun any more, those
     * in flight are ended, and they and this one count as not run; NULL: nobody asks. */
    bool (*died)(void *ctx, size_t i, const struct case_result *r);
    bool *ran;   /* of each run: whether it ended and its result counts; NULL: nobody asks */
    bool *begun; /* of each run: whether it was begun; NULL: nobody asks */
    void *ctx;
};
/* Run each of `runs` in a worker process, `jobs` at a time; live in a fresh one each. A worker that dies
 * or is silent too long gives `error`, and so does one that cannot be started. Returns how many ran. */
size_t pool_run(const struct run_options *o, const struct pool_options *p,
                const struct case_run *runs, struct case_result *results, size_t n);
/* Whether SIGINT or SIGTERM ended the last pool_run. */
bool pool_interrupted(void);

/* An IUT that may die: rounds.c. Where it does, the cases in flight are run again one at a time; the one that
 * kills it again is the killer and says so, the others count as they end then, and the rest is run. Where
 * nothing can raise it, those in flight are named together, inconclusive, and the rest is not run. */
struct pool_guard {
    bool (*alive)(void *ctx,
                  const struct case_result *r);  /* after an unexpected result, or a case alone */
    bool (*revive)(void *ctx, const char **why); /* NULL: nothing can */
    void *ctx;
    bool died; /* result: it did, at least once, or is dead at the end */
    size_t killers;
};
size_t pool_run_guarded(const struct run_options *o, const struct pool_options *p,
                        struct pool_guard *g, const struct case_run *runs,
                        struct case_result *results, size_t n);
#endif
