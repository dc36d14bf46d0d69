/* harness/replay/classify.h - which codec a datagram belongs to, and what that makes of it. */
#ifndef HARNESS_REPLAY_CLASSIFY_H
#define HARNESS_REPLAY_CLASSIFY_H
#include "codecs/base/codec.h"
#include "harness/replay/capread.h"

struct classified {
    const struct codec *codec; /* NULL: no codec takes the datagram for its own */
    const void *view;          /* in the caller's arena, borrows the payload */
    bool partial;              /* the arena was too small for all of it */
};
/* The codec that is surest that the payload is its own, both ports taken as hints; NULL: none. */
const struct codec *classify_guess(const struct capread_datagram *d);
/* Guess, decode and lint. `fs` gets the findings of both. False: no codec's guess holds, `m` is all
 * zero and `fs` unchanged. What ICMP quotes or the capture cut is decoded too where a codec knows
 * it, but neither judged nor partial: what is wrong with it may be the cut. */
bool classify_decode(const struct capread_datagram *d, struct arena *mem, struct findings *fs,
                     struct classified *m);
#endif
