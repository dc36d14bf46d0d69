/* harness/replay/frags.h - putting IPv4 and IPv6 fragments together again, in bounded memory. */
#ifndef HARNESS_REPLAY_FRAGS_H
#define HARNESS_REPLAY_FRAGS_H
#include "codecs/base/base.h"

enum {
    FRAGS_DATAGRAMS_MAX = 64, /* unfinished at once; the oldest gives way */
    FRAGS_OCTETS_MAX = 65535, /* in a whole one */
    FRAGS_FRAMES_MAX = 64,    /* frame numbers kept of each; the last ones are left out */
    FRAGS_SECONDS_MAX = 60,   /* between first and last fragment, RFC 8200 section 4.5 */
};
struct frag {
    uint8_t src[16], dst[16]; /* IPv4: the first four octets */
    uint8_t family, proto;    /* proto: IPv6: the header after the fragment header */
    uint32_t id;
    uint32_t off; /* octets, a multiple of 8 */
    bool more;
    struct span data;
    uint32_t frame;
    uint64_t time_ns;
};
struct frags_whole { /* lives until the next call */
    struct span data;
    uint8_t proto; /* as the first fragment says */
    const uint32_t *frames;
    size_t n_frames;
};
enum frags_result { FRAGS_MORE, FRAGS_DONE, FRAGS_BAD };
struct frags;

/* NULL: no memory. */
struct frags *frags_new(void);
void frags_free(struct frags *f);
/* Take a fragment. FRAGS_DONE: `whole` is the datagram. FRAGS_BAD: the fragment, or all of its
 * datagram, is thrown away, and `why` says why. FRAGS_MORE with `why`: kept, but odd. `lost` gets
 * the frame in which a datagram began that gave way to this one or was too old; 0: none. */
enum frags_result frags_add(struct frags *f, const struct frag *g, struct frags_whole *whole,
                            const char **why, uint32_t *lost);
/* The frame in which a datagram began that is still unfinished, which is forgotten; 0: none left.
 */
uint32_t frags_left(struct frags *f);
#endif
