/* codecs/rtp/rtp_red.h - redundant data: RFC 2198, used for audio, for text (RFC 4103) and others. */
#ifndef CODECS_RTP_RTP_RED_H
#define CODECS_RTP_RTP_RED_H
#include "codecs/base/codec.h"

enum {
    RTP_RED_HEAD = 4,           /* octets of the header of a redundant block, RFC2198:3 */
    RTP_RED_OFFSET_MAX = 16383, /* 14 bits */
    RTP_RED_LENGTH_MAX = 1023,  /* 10 bits */
};
struct rtp_red_block { /* borrows the payload */
    uint8_t payload_type;
    uint16_t offset; /* how much older than the RTP timestamp */
    uint16_t length; /* octets, as written */
    struct span data;
};
struct rtp_red { /* view; borrows the payload and the array */
    struct span wire;
    struct rtp_red_block *blocks; /* redundant ones, in order: the oldest first */
    size_t n_blocks;
    bool truncated;   /* more than the caller's array has room for; never a finding */
    bool has_primary; /* else headers or lengths run past the payload, and `rest` is all of it */
    uint8_t payload_type; /* of the primary data */
    bool follows;         /* F of the last header, as written: 0 */
    struct span primary;
    struct span rest;
};
extern const struct codec rtp_red_codec;
/* Decode a payload; STEP_MORE where it is empty. */
enum step rtp_red_decode(struct span in, struct rtp_red *v, struct rtp_red_block *blocks,
                         size_t cap, struct findings *fs);
/* The timestamp that a block has, in a packet with `timestamp`. */
static inline uint32_t rtp_red_timestamp(uint32_t timestamp, const struct rtp_red_block *b)
{
    return timestamp - b->offset;
}
/* Write headers and data of `n` redundant blocks, with the lengths of their data, then the primary. False, and
 * nothing is written: an offset or a length that its bits do not hold. */
bool rtp_red_put(struct wr *w, const struct rtp_red_block *blocks, size_t n, uint8_t payload_type,
                 struct span primary);
#endif
