/* harness/script/hooks.h - commands of a profile that start an IUT, say whether it lives, and start it again
 * when it has died. Each runs in a process group of its own; what they print goes to a log. */
#ifndef HARNESS_SCRIPT_HOOKS_H
#define HARNESS_SCRIPT_HOOKS_H
#include <sys/types.h>
#include "harness/script/script.h"

enum {
    HOOK_START_MS = 30000,   /* until a started IUT has to be healthy */
    HOOK_RESTART_MS = 30000, /* and a restart has to have ended */
    HOOK_HEALTH_MS = 10000,
    HOOK_GROUPS = 64, /* restarts of one run whose processes are ended with it */
};
struct hooks {
    const char *start, *restart, *health; /* shell commands; NULL: none */
    struct addr target;
    bool tcp, udp;             /* what the IUT listens on, for who has no `health` */
    char out[1024], log[1100]; /* the run's folder; empty: none, and what is printed is lost */
    pid_t main;                /* the process of `start`; 0: none */
    pid_t groups[HOOK_GROUPS]; /* of `restart`: leaders that have ended and are not reaped yet */
    size_t n_groups;
    char why[256]; /* of the last call that was false */
};
/* Read the hooks of a profile. */
void hooks_init(struct hooks *h, const struct profile *p, const struct addr *target,
                const char *out);
/* Whether death can be told from silence, and whether the dead can be raised. */
bool hooks_can_tell(const struct hooks *h);
bool hooks_can_revive(const struct hooks *h);
/* Run `start`, where there is one, and wait until the IUT is healthy. False: h->why. */
bool hooks_start(struct hooks *h);
/* Whether it lives: `health` says so; without it, the process of `start` runs and somebody listens. */
bool hooks_alive(struct hooks *h);
/* Start it again, by `restart` or `start`, and wait until it is healthy. False: h->why. */
bool hooks_revive(struct hooks *h);
/* The guard of a run: where death cannot be told from silence, a case that lost the IUT is believed. */
struct pool_guard hooks_guard(struct hooks *h);
/* End all that was started. */
void hooks_end(struct hooks *h);
#endif
