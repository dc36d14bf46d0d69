/* codecs/rtp/rtp_opus.h - Opus: RFC 7587, one packet of RFC 6716 section 3 a payload. How frames are packed, not
 * what is in them. */
#ifndef CODECS_RTP_RTP_OPUS_H
#define CODECS_RTP_RTP_OPUS_H
#include "codecs/base/codec.h"

enum {
    RTP_OPUS_RATE = 48000,      /* Hz of the RTP timestamp, RFC7587:4.1 */
    RTP_OPUS_FRAME_MAX = 1275,  /* octets, RFC6716:3.2.1 */
    RTP_OPUS_SAMPLES_MAX = 5760 /* 120 ms, RFC6716:3.2.5 */
};
struct rtp_opus { /* view; borrows the payload */
    struct span wire;
    uint8_t config; /* five bits: mode, bandwidth and size of frames, RFC6716:3.1 */
    bool stereo;
    uint8_t code;      /* 0: one frame, 1: two alike, 2: two, 3: any number */
    bool has_count;    /* code 3, and its count octet is there */
    bool vbr, padding; /* code 3 */
    uint8_t count;     /* code 3: frames, as written */
    uint8_t frames;    /* of any code; 0: code 3 without its octet, or with a count of 0 */
    struct span body;  /* behind TOC and count octet */
};
extern const struct codec rtp_opus_codec;
/* Decode a payload; STEP_MORE where it is empty. */
enum step rtp_opus_decode(struct span in, struct rtp_opus *v, struct findings *fs);
/* Samples a frame of a configuration at 48 kHz: RFC6716:3.1, table 2. */
unsigned rtp_opus_frame(uint8_t config);
/* Samples that a payload lasts. */
static inline unsigned rtp_opus_duration(const struct rtp_opus *v)
{
    return rtp_opus_frame(v->config) * v->frames;
}
#endif
