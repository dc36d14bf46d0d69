/* harness/cli/interop.h - the parts of `rtclab interop`: docs/interop.md says what a cell is.
 *
 * Each cell of the matrix has a process of its own, its keeper, in a network namespace where the
 * machine lets us: it starts the peer, waits until that listens, runs what the cell says, stops the
 * peer, and ends whatever is left of what it started. It leaves cell.json in the cell's folder. */
#ifndef HARNESS_CLI_INTEROP_H
#define HARNESS_CLI_INTEROP_H
#include <jansson.h>
#include <sys/types.h>
#include "harness/cli/cli.h"

enum {
    INTEROP_PORTS = 320,     /* a cell's share of the ports from --port-base on */
    INTEROP_PEER_PORTS = 64, /* of those, what the peer has; the rest is for cases that listen */
};
struct interop_cell { /* all text is borrowed from `json` */
    const json_t *json;
    const char *protocol, *row, *peer, *column;
};
struct interop_plan {
    json_t *files; /* owns everything */
    struct interop_cell *v;
    size_t n;
};
/* Read scenarios/interop/NAME.json below `share` and keep the cells that a word names: a row, a
 * peer, a protocol, ROW/COLUMN, or a glob of one of these; no words: all. False, said on standard error: a file that
 * is wrong, or a word that names nothing. */
bool interop_plan(struct interop_plan *p, const char *share, char *const *words, int n);
void interop_plan_free(struct interop_plan *p);

struct interop_options {
    const char *share, *program; /* folder of scenarios/; this program */
    const char *only[16];        /* cases, in place of all that the cell names */
    size_t n_only;
    char out[4096];                 /* absolute; a cell has the folder ROW.COLUMN in it */
    double start_s, stop_s, cell_s; /* limits: until the peer listens, after SIGTERM, for all */
    unsigned port_base, jobs;       /* jobs: cells in flight */
    uint64_t seed;
    bool loopback; /* no namespace */
};
/* The cell's folder. */
void interop_folder(const struct interop_options *o, const struct interop_cell *c, char *to,
                    size_t cap);
/* In a process of its own, forked by `parent`: run the cell and leave cell.json. The `i`-th cell of
 * the plan. It ends with its parent, however that ends. */
void interop_keep(const struct interop_options *o, const struct interop_cell *c, size_t i,
                  pid_t parent) __attribute__((noreturn));
/* The result of a cell that ended before it began, or whose keeper did: a new object. */
json_t *interop_lost(const struct interop_options *o, const struct interop_cell *c, int status,
                     const char *why);

/* ---- inside a keeper ---- */

enum wake { WAKE_ENDED, WAKE_LATE, WAKE_STOP, WAKE_DIED };
struct keeper {
    const struct interop_options *o;
    const struct interop_cell *c;
    char dir[4096];
    pid_t parent;
    uint16_t base; /* the first of its ports */
    pid_t peer;    /* 0: none, or it has ended and `peer_status` says how */
    bool peer_gone;
    bool watch_peer; /* its end ends waits, with WAKE_DIED */
    int peer_status;
    bool told;       /* by a signal to end */
    uint64_t due_ms; /* of the whole cell */
    json_t *result;
};
/* Start a program: its output to `out` in the cell's folder, its errors there too or to `err`. 0:
 * it cannot be started. argv[0] is looked for in PATH. */
pid_t keeper_spawn(struct keeper *k, char *const *argv, const char *out, const char *err);
/* Wait for a child, at most `limit_ms` and not beyond the cell's own limit; pid 0: for time to
 * pass. */
enum wake keeper_await(struct keeper *k, pid_t pid, uint64_t limit_ms, int *status);
/* Ask a child to end, then insist. True: it ended of itself. */
bool keeper_stop(struct keeper *k, pid_t pid, int sig, uint64_t limit_ms);
/* Wait until `port` is listened on by "udp" or "tcp". */
enum wake keeper_listens(struct keeper *k, const char *transport, uint16_t port, uint64_t limit_ms);
/* The last line of a file in the folder that is not blank; "": none. */
const char *keeper_last_line(struct keeper *k, const char *name);
/* {NAME} in `text` replaced by what stands for it: the environment's NAME, {host}, {transport}. */
bool keeper_fill(const char *text, const char *transport, char *to, size_t cap);
/* The words that say why a wait ended otherwise than it should; sets exit and why of the result. */
void keeper_blame(struct keeper *k, enum wake w, const char *doing);
void keeper_say(struct keeper *k, int status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void keeper_note(struct keeper *k, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* interop_serve.c: the peer as a client of one of our endpoints, run by run. */
void interop_serve(struct keeper *k);
#endif
