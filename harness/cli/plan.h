/* harness/cli/plan.h - what `test`, `list`, `show` and `prove` share: cases, selectors, a target.
 */
#ifndef HARNESS_CLI_PLAN_H
#define HARNESS_CLI_PLAN_H
#include "harness/cli/cli.h"
#include "harness/script/script.h"

struct plan {
    struct cases cases;
    bool *chosen; /* by case */
    size_t n_chosen;
    bool *lost; /* by file that cannot be loaded: the selectors ask for its protocol or suite */
    size_t n_lost;
};
/* Load the cases and choose by selectors (none: all); words add up, tags narrow. A file that cannot
 * be loaded is said on standard error, and the others are there. False, said on standard error: no
 * folder, or a selector that matches nothing. */
bool plan_make(struct plan *p, const char *command, char *const *selectors, int n);
void plan_free(struct plan *p);
/* Whether the selectors that chose a case want this instance of it: all, where one of them is not the
 * name of an instance. */
bool plan_wants(const struct case_info *c, const char *id, char *const *selectors, int n);
/* Append a word as a shell takes it. */
void shell_word(struct wr *w, const char *word);
/* A target's URL, "stun:host:port", "stun://[::1]:3478" or "host:port": its address, looked up. The
 * port, where it is not given, is that of the scheme in the services database. False: said. */
bool target_parse(const char *command, const char *url, struct addr *out);
/* The same for both families: out[0] is the IPv4 address, out[1] that over IPv6; family 0: none. */
bool target_both(const char *command, const char *url, struct addr out[2]);
bool addr_is_loopback(const struct addr *a);
/* A seed for a run that was given none: from the system. */
uint64_t seed_fresh(void);
#endif
