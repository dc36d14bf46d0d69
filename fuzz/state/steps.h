/* fuzz/state/steps.h - the input of a stateful target: a little program of steps, as a codec, so that the
 * mutator changes it by its structure, and what the steps carry by theirs ("steps/stun").
 *
 *   program = config, 4 octets: bits that choose the start state; then any number of steps
 *   step    = op, flags, arg (2 octets), length (2 octets), payload
 *
 * Any octets of four and more are a program: what is no whole step at the end is not looked at. What flags,
 * arg and payload say, the target decides; see rig.h. */
#ifndef FUZZ_STATE_STEPS_H
#define FUZZ_STATE_STEPS_H
#include "codecs/base/codec.h"

enum { STEPS_HEAD = 4, STEP_HEAD = 6, STEPS_MAX = 512 };
enum step_op {
    OP_SEND,    /* payload arrives at the endpoint from a source; arg: octets in a segment, 0 all */
    OP_REPEAT,  /* what arrived last arrives again, arg times */
    OP_HOLD,    /* what would arrive waits (reordering), payload as in OP_SEND */
    OP_RELEASE, /* and arrives now */
    OP_ECHO,    /* what the endpoint sent last comes back to it */
    OP_TIME, /* arg of the unit that flags choose pass; to the next deadline, where flags say so */
    OP_COMMAND, /* a verb of the endpoint, chosen by arg; payload: what its arguments are made of */
    OP_OPEN,    /* a source opens a stream to a listener */
    OP_EOF,     /* a source ends its stream */
    OP_CLOSE,   /* a flow is gone, arg: why */
    OP_ICMP,    /* a datagram was refused, arg: type and code */
    OP_WRITABLE,
    OP_COUNT,
};
struct prog_step {
    uint8_t op, flags;
    uint16_t arg, length;
    struct span payload;
};
struct prog { /* view; borrows the octets */
    uint32_t config;
    struct prog_step *steps;
    size_t n;
    struct span rest;
};
extern const struct codec steps_codec;
extern const struct names step_ops;

/* Decode into the caller's array; what is beyond `cap` steps counts as rest. STEP_MORE: under four octets. */
enum step prog_decode(struct span in, struct prog *p, struct prog_step *steps, size_t cap);
/* Append a step, for seeds. */
void prog_put(struct wr *w, enum step_op op, uint8_t flags, uint16_t arg, struct span payload);
#endif
