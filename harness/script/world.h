/* harness/script/world.h - one case while it runs; inside harness/script only. */
#ifndef HARNESS_SCRIPT_WORLD_H
#define HARNESS_SCRIPT_WORLD_H
#include <sys/types.h>
#include "harness/core/capture.h"
#include "harness/core/watch.h"
#include "harness/script/luarec.h"
#include "harness/script/sandbox.h"
#include "harness/script/script.h"

struct actor {
    struct party *party;
    const struct endpoint_class *cls;
    char protocol[24];
};
enum { ASKED_S = 60 }; /* that a command has at most, scaled */
struct asked {         /* a command of the upper tester that runs */
    uint32_t token;    /* 0: a free place */
    pid_t pid;         /* of a command line; 0: a connection to the control socket */
    bool control;
    int fd;
    char verb[32];
    uint64_t due_us;
    size_t n;
    char output[16384];
};
struct world {
    const struct run_options *o;
    const struct case_run *run;
    struct case_result *result;
    struct driver *d;
    struct sandbox box;
    lua_State *now; /* the coroutine that is in a call of ours; NULL: none */
    struct capture *capture;
    char capture_path[512], capture_name[160];
    struct actor actors[CASE_ACTORS + 1]; /* 0: the IUT, where it is our own */
    size_t n_actors;
    struct addr target;
    struct sim_site *sites[CASE_SITES];
    size_t n_sites;
    struct party *relay; /* of --impair, live */
    uint32_t token;
    size_t unjudged; /* checks above the level that is judged */
    size_t told;     /* messages that the record has, of a robustness case */
    bool skipped, sim;
    struct asked asked[CASE_ASKED];
    struct watch *watches[4];                /* of the protocols that actors speak; NULL: none */
    struct arena mem;                        /* configurations: as long as the world */
    struct tls_options tls[CASE_ACTORS + 1]; /* of the flows of each actor */
    bool told_tls[CASE_ACTORS + 1];          /* the case has a say in that */
    bool no_tls; /* a handshake with the target failed, which the case is not about: it ends */
    struct rec rec;
    uint64_t wall_start;
    uint64_t octets_at, octets; /* of a message, that the next check is about; octets 0: not said */
};

/* world_host.c: what the script's `H` can do; the table is left on the stack. */
void world_push_host(struct world *w, lua_State *L);
/* world_site.c: and with what stands between hosts; into the table on top of the stack. */
void world_push_sites(struct world *w, lua_State *L);
/* Note a check, write its record, worsen the verdict. */
void world_check(struct world *w, const char *clause, enum verdict v, const char *what,
                 struct span expected_json, const char *actual, const uint32_t *frames, size_t n);
void world_verdict(struct world *w, enum verdict v, const char *why);
/* world_iut.c: our own endpoint as IUT */
bool world_start_iut(struct world *w);
/* world_impair.c: the bad network that was asked for, before the first actor; false: the verdict says
 * why not. */
bool world_impair(struct world *w);
/* How many datagrams that network has lost, doubled, reordered or corrupted so far. */
uint64_t world_disturbed(struct world *w);
/* world_asked.c: the upper tester */
/* `first`: it is what the role does when it is started (--spawn). */
uint32_t world_ask(struct world *w, lua_State *L, const char *verb, int args, bool first);
/* Look after command lines that run; true: one has ended and its answer was delivered. */
bool world_poll_asked(struct world *w);
void world_kill_asked(struct world *w);
bool world_asking(const struct world *w);
/* world_watch.c: a finding on what the IUT sent is a failed check of its clause, once a case */
void world_finding(struct world *w, const struct finding *f, const uint32_t *frames, size_t n);
/* What an actor says and hears, to the watchers; `ctx` is the world. */
void world_watch(void *ctx, const struct packet *pk);
void world_watch_end(struct world *w);
/* world_tls.c: what each actor's TLS is told before the case says more. False: the verdict says why. */
bool world_tls_start(struct world *w);
/* Take "tls" out of a table that the script gave, into `out`; may raise a Lua error. */
void world_tls_read(struct world *w, lua_State *L, int table, struct tls_options *out);
/* An event of a layer: where an actor cannot get through to the target the case is inconclusive, not
 * failed by whatever it would have asked next. */
void world_tls_event(struct world *w, int id, const struct event *ev);
/* Fill in what a configuration leaves open: over what the endpoint speaks, and where it listens. */
void world_place(struct world *w, const struct endpoint_class *cls, void *rec,
                 const struct addr *listen);
/* caserun.c: push an event to the script */
void world_deliver(struct world *w, int id, const char *name, uint32_t token,
                   void (*push)(lua_State *L, const void *arg), const void *arg);
/* Memory for the arguments of one command, until the next is asked: commands do not nest, since what
 * an endpoint tells meanwhile is only put into a queue. */
struct arena world_arguments(void);
struct addr world_host_addr(struct world *w);
void world_json_push(lua_State *L, const json_t *j);
#endif
