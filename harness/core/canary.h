/* harness/core/canary.h - canaries: an endpoint of ours that is made to die, hang, babble or grow on bad
 * input, so that it can be proven that a robustness case notices.
 *
 * A canary knows no protocol: it stands between the driver and any endpoint, frames and judges what
 * arrives with the protocol's codec, and does its harm when something is not as a well-behaved peer
 * would send it:
 *   a datagram that does not decode, or has a finding of decode or lint;
 *   a segment of a stream that ends inside a message, holds more than CANARY_SEGMENT of them, or loses the framing;
 *   more than CANARY_MESSAGES messages, or more than CANARY_SOURCES peers, since it began. */
#ifndef HARNESS_CORE_CANARY_H
#define HARNESS_CORE_CANARY_H
#include "harness/core/endpoint.h"

enum {
    CANARY_SEGMENT = 8,
    CANARY_MESSAGES = 100,
    CANARY_SOURCES = 24,
    CANARY_BUDGET = 24, /* what "grow" can take before nothing is left */
    CANARY_LATE = 8,    /* the hit that kills, of "crash-late" */
};
enum canary_harm {
    CANARY_CRASH, /* all its flows are closed, and nothing is answered any more */
    CANARY_HANG,  /* the flows stay, and nothing is answered any more */
    CANARY_WRONG, /* what was bad is sent back, each bit turned */
    CANARY_TWICE, /* each datagram that answers what was bad is sent twice */
    CANARY_GROW,  /* each hit takes a part of the memory; when none is left it is as CANARY_HANG */
};
struct canary {
    const char *name, *what;
    enum canary_harm harm;
    uint32_t at; /* the hit at which it begins, from 1 */
};
extern const struct canary canaries[];
extern const size_t canaries_n;
/* NULL: there is none of that name. */
const struct canary *canary_named(const char *name);

/* An endpoint class that is `cls` with the canary in front of it: same name, verbs, configuration,
 * deviations. It lives in `mem`, which has to live as long as its parties; NULL: no room there. Its
 * party's count of what had an effect (env.applied) goes up with each harm done. `codec` is what tells
 * good from bad. */
const struct endpoint_class *canary_class(struct arena *mem, const struct endpoint_class *cls,
                                          const struct codec *codec, const struct canary *canary);
#endif
