/* harness/replay/known.h - protocols that are recognised and counted, but have no codec yet. A row goes when its
 * codec comes. */
#ifndef HARNESS_REPLAY_KNOWN_H
#define HARNESS_REPLAY_KNOWN_H
#include "codecs/base/codec.h"

struct known {
    const char *name;
    /* How sure it is, 0 to 100, that a datagram is of the protocol, by content; the ports, either of which may
     * be 0, are hints. NULL: it does not go over datagrams. */
    unsigned (*datagram)(struct span in, uint16_t sport, uint16_t dport);
    /* The same of the first octets of one direction of a stream. */
    unsigned (*stream)(struct span in, uint16_t sport, uint16_t dport);
    /* It is what stands between messages of that codec (codec->between), and is shown to watchers that ask for it; NULL:
     * of none. */
    const struct codec *among;
};
extern const struct known known_protocols[];
extern const size_t known_protocols_n;
#endif
