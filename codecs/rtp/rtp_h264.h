/* codecs/rtp/rtp_h264.h - H.264 video: RFC 6184. How NAL units are packed, not what is in them. */
#ifndef CODECS_RTP_RTP_H264_H
#define CODECS_RTP_RTP_H264_H
#include "codecs/base/codec.h"

enum rtp_h264_type { /* RFC6184:5.2, table 1; 1 to 23: a single NAL unit */
                     RTP_H264_IDR = 5,
                     RTP_H264_SPS = 7,
                     RTP_H264_PPS = 8,
                     RTP_H264_STAP_A = 24,
                     RTP_H264_STAP_B = 25,
                     RTP_H264_MTAP16 = 26,
                     RTP_H264_MTAP24 = 27,
                     RTP_H264_FU_A = 28,
                     RTP_H264_FU_B = 29,
};
struct rtp_h264 { /* view; borrows the payload */
    struct span wire;
    bool forbidden; /* F */
    uint8_t nri, type;
    bool start, end, reserved; /* FU: S, E, R */
    uint8_t fu_type;           /* FU: the type of the NAL unit in pieces */
    bool fits;                 /* the fields of its type are there */
    uint16_t don;              /* STAP-B, MTAP (DONB), FU-B */
    struct span
        data; /* single NAL unit, FU: octets behind the heads; else: all behind the first octet */
    struct span units; /* STAP, MTAP: rtp_h264_next */
    struct span rest;  /* STAP, MTAP: octets at the end that are no unit */
};
struct rtp_h264_unit {
    uint16_t size;   /* as written: of the NAL unit */
    uint8_t dond;    /* MTAP */
    uint32_t offset; /* MTAP: of the timestamp */
    struct span nal;
};
extern const struct codec rtp_h264_codec;
/* Decode a payload; STEP_MORE where it is empty. */
enum step rtp_h264_decode(struct span in, struct rtp_h264 *v, struct findings *fs);
void rtp_h264_lint(const struct rtp_h264 *v, struct findings *fs);
/* The next unit of an aggregation packet of `type`. */
bool rtp_h264_next(struct rd *r, uint8_t type, struct rtp_h264_unit *u);
#endif
