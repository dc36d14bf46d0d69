/* fuzz/state/rig.h - one endpoint under a program of steps, in virtual time, on the bare contract of
 * harness/core/endpoint.h: the rig is its driver and all of its peers.
 *
 * What a driver promises the rig keeps: octets come on open flows only, time never goes back, a timer is
 * given when its deadline has come. What an endpoint promises the rig requires, after every input:
 *   - the output queue is not full; a deadline that has been served lies in the future, and the timers of one
 *     stretch of time have an end
 *   - it opens flows under new ids of its own, and sends, shuts and closes on flows that are there
 *   - events have a name and a record that can be written as JSON
 *   - the protocol's watcher has no finding of MUST or STMT on what it sent by itself
 *   - same program, same outputs (where the config's bit says that it be run twice)
 * What a protocol promises, its target requires in `sent`, `event` and `sane`.
 *
 * The top bits of the config are the rig's: RIG_TWICE, RIG_REFUSE (streams that the endpoint opens are
 * refused), RIG_LATE (flows open at the next step of time). The flags of a step: the lowest two bits are the
 * source, RIG_STREAM says on its stream; of OP_TIME the lowest two bits are the unit. All others are the
 * target's. */
#ifndef FUZZ_STATE_RIG_H
#define FUZZ_STATE_RIG_H
#include "fuzz/state/steps.h"
#include "harness/core/endpoint.h"

enum {
    RIG_SOURCES = 4,
    RIG_FLOWS = 64,
    RIG_HELD = 8,
    RIG_OUTPUTS = 4096, /* as harness/core/stack.h has it */
    RIG_ARENA = 4 << 20,
    RIG_TIMERS = 20000, /* of one stretch of time */
    RIG_OCTETS = 65536, /* of one message */
    RIG_STREAM = 4,     /* in flags */
    RIG_STEPS = 64,     /* of a program; more are passed over */
};
#define RIG_TWICE 0x80000000u
#define RIG_REFUSE 0x40000000u
#define RIG_LATE 0x20000000u
enum rig_unit { RIG_MS, RIG_10MS, RIG_S, RIG_DEADLINE };

struct rig_flow {
    flow_id id; /* 0: an empty place */
    bool open, closed, ended, stream, listener;
    uint8_t source; /* of an accepted stream */
    struct addr remote, local;
};
struct rig;
struct rig_class {
    const struct endpoint_class *cls;
    /* Of an endpoint that always has something to do: how long a stretch of time is at most, and what passes
     * at the end in place of all timers. 0: its timers run out. */
    uint64_t long_us;
    const struct codec *codec; /* whose watcher is shown what passes; NULL: none */
    /* IN_START's record for these bits. */
    const void *(*config)(void *ctx, uint32_t bits);
    /* A step begins; NULL: nobody cares. */
    void (*step)(void *ctx);
    /* What is to arrive, made of the payload of a step: in `room` (RIG_OCTETS), or the payload itself. */
    struct span (*prepare)(void *ctx, const struct prog_step *s, struct span payload,
                           uint8_t *room);
    /* The arguments of a verb; false: it is not called. */
    bool (*args)(void *ctx, const struct prog_step *s, const struct verb *v, const void **rec);
    /* The flow that the next octets arrive on, or that ends, where a target knows better than the rig, which takes
     * the first that is open; 0: it does not. NULL: it never does. */
    flow_id (*to)(void *ctx);
    /* What arrives at the endpoint: a datagram, or the next octets of a stream. */
    void (*arrives)(void *ctx, const struct rig_flow *f, const struct addr *from,
                    struct span octets);
    /* What it sends: a datagram, or a slice on a stream. False: it does as a command had it, so that the
     * watcher's findings on it are not the endpoint's. */
    bool (*sent)(void *ctx, const struct rig_flow *f, const struct addr *to, struct span octets);
    void (*event)(void *ctx, const struct output *o);
    /* The program is over and all timers have run out: it still serves. */
    void (*sane)(void *ctx, struct rig *r);
};

/* Run the program that `octets` are; what is none is passed over. Comes back, or ends the process through require(). */
void rig_run(const struct rig_class *rc, void *ctx, struct span octets);

/* For `sane`: */
/* The flow of datagrams that is open, NULL: none. */
const struct rig_flow *rig_datagrams(const struct rig *r);
/* A flow that is open; NULL: it is not. */
const struct rig_flow *rig_flow_of(const struct rig *r, flow_id id);
/* How many flows are open, or opening. */
size_t rig_flows(const struct rig *r);
/* The address of a source, 0 to RIG_SOURCES - 1; source 3 has IPv6. */
struct addr rig_source(unsigned source);
void rig_arrive(struct rig *r, const struct rig_flow *f, const struct addr *from,
                struct span octets);
/* A source opens a stream to the listener; NULL: it is not there, or refuses. */
const struct rig_flow *rig_open(struct rig *r, unsigned source);
void rig_command(struct rig *r, const struct verb *v, const void *rec, uint32_t token);
/* Let time pass, with the timers that come due in it. */
void rig_pass(struct rig *r, uint64_t us);
uint64_t rig_now(const struct rig *r);
#endif
