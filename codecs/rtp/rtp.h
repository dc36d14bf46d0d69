/* codecs/rtp/rtp.h - RTP data packets: RFC 3550 section 5, the static payload types of RFC 3551, header
 * extension elements of RFC 8285, and telling RTP from RTCP (RFC 5761). SRTP looks the same from outside:
 * its payload is encrypted and ends with a tag, which only who negotiated it can know. */
#ifndef CODECS_RTP_RTP_H
#define CODECS_RTP_RTP_H
#include "codecs/base/codec.h"

/* libre, a peer in benchmarks and fuzzing, exports these names too: object files have others. */
#define rtp_decode rtclab_rtp_decode
#define rtp_encode rtclab_rtp_encode

enum {
    RTP_VERSION = 2,
    RTP_HEADER = 12,                /* octets of the fixed header, RFC3550:5.1 */
    RTP_CSRC_MAX = 15,              /* CC has four bits */
    RTP_EXTENSION_MAX = 4 * 0xffff, /* octets of a header extension, without its own four */
    RTP_PAYLOAD_TYPES = 128,        /* seven bits */
    RTP_DYNAMIC = 96, /* from here on payload types are bound by signalling, RFC3551:3 */
    RTP_PROFILE_ONE_BYTE = 0xbede, /* RFC8285:4.2 */
    RTP_PROFILE_TWO_BYTE = 0x1000, /* under the mask 0xfff0, RFC8285:4.3 */
    RTP_ELEMENT_STOP = 15,         /* the id that ends the elements of the one-byte form */
};

struct rtp_packet {   /* view; borrows the octets */
    const uint8_t *p; /* the first octet of the packet */
    uint32_t timestamp, ssrc;
    uint16_t sequence;
    uint16_t
        profile; /* of the header extension: what its profile defines the first 16 bits to be */
    uint16_t ext_length; /* in 32-bit words, as written */
    uint8_t version, cc; /* as written, cc also where the packet is too short for so many */
    uint8_t payload_type;
    bool marker, padding, extension; /* the bits M, P and X */
    bool has_ext;                    /* X, and an extension that ends within the packet */
    uint8_t pad_count;               /* octets of padding, this count with them; 0: none */
    struct span csrc;                /* whole identifiers, four octets each: rtp_csrc() */
    struct span ext;                 /* the extension's data, behind profile and length */
    struct span payload;             /* without padding */
};
extern const struct desc rtp_packet_desc;
extern const struct codec rtp_codec;

/* The header of a packet, where all is as it should be: version 2, CSRC list, extension and padding end
 * within `in`. For the hot path: no findings, no memory, some 3 ns. False: it is something else or broken,
 * and `r` holds nothing; rtp_decode says which. `r` borrows `in`. RFC3550:5.1, 5.3.1. */
static inline bool rtp_decode_header(struct span in, struct rtp_packet *r)
{
    if (in.n < RTP_HEADER)
        return false;
    const uint8_t *p = in.p;
    uint32_t head = get_u32(p);
    size_t cc = head >> 24 & 15, at = RTP_HEADER + 4 * cc, pad = 0;

    if (head >> 30 != RTP_VERSION || in.n < at)
        return false;
    r->p = p;
    r->timestamp = get_u32(p + 4);
    r->ssrc = get_u32(p + 8);
    r->sequence = (uint16_t)head;
    r->profile = r->ext_length = 0;
    r->version = RTP_VERSION;
    r->cc = (uint8_t)cc;
    r->payload_type = (uint8_t)(head >> 16 & 0x7f);
    r->marker = head >> 23 & 1;
    r->padding = head >> 29 & 1;
    r->extension = r->has_ext = head >> 28 & 1;
    r->csrc = (struct span){p + RTP_HEADER, 4 * cc};
    r->ext = (struct span){p + at, 0};
    if (r->extension) {
        if (in.n - at < 4)
            return false;
        r->profile = get_u16(p + at);
        r->ext_length = get_u16(p + at + 2);
        r->ext = (struct span){p + at + 4, 4 * (size_t)r->ext_length};
        at += 4;
        if (in.n - at < r->ext.n)
            return false;
        at += r->ext.n;
    }
    if (r->padding) {
        pad = in.n > at ? p[in.n - 1] : 0;
        if (pad == 0 || pad > in.n - at)
            return false;
    }
    r->pad_count = (uint8_t)pad;
    r->payload = (struct span){p + at, in.n - at - pad};
    return true;
}

/* Decode a whole datagram, broken ones too as far as they go.
 *
 * fs    gets what is wrong with CSRC list, extension, elements (of the one-byte form) and padding
 *
 * Returns STEP_ITEM (conforming or not; what does not fit is part of the payload), STEP_MORE (fewer than
 * 12 octets) or STEP_FAIL (not version 2, no finding: a demultiplexer sends it elsewhere).
 * No allocation; `r` borrows `in`. */
enum step rtp_decode(struct span in, struct rtp_packet *r, struct findings *fs);
/* What a packet breaks beyond its syntax: elements of RFC 8285 with reserved identifiers. */
void rtp_lint(const struct rtp_packet *r, struct findings *fs);
/* Weak by nature, since two bits and a shape are all there is: 0, or at most RTP_GUESS. Several packets of
 * one flow, one SSRC and rising sequence numbers are what makes sure. */
enum { RTP_GUESS = 10 };
unsigned rtp_guess(struct span in, uint16_t port);
/* Whether a packet that rtp_guess takes goes on from those before it: the same SSRC, and a sequence number that is
 * ahead by no more than RFC3550:A.1 lets pass; as codec->follows has it. */
struct codec_memo;
int rtp_follows(struct codec_memo *memo, struct span in);

/* RFC5761:4: of what comes with version 2 to one port, the packet types 192 to 223 are RTCP. */
static inline bool rtp_is_rtcp(struct span in)
{
    return in.n >= 2 && in.p[0] >> 6 == RTP_VERSION && in.p[1] >= 192 && in.p[1] <= 223;
}
/* RFC7983:7: first octets 128 to 191 are RTP or RTCP where STUN, ZRTP, DTLS and TURN share the port. */
static inline bool rtp_is_either(struct span in)
{
    return in.n && in.p[0] >= 128 && in.p[0] <= 191;
}

/* The i-th contributing source, i < r->csrc.n / 4. */
static inline uint32_t rtp_csrc(const struct rtp_packet *r, size_t i)
{
    return get_u32(r->csrc.p + 4 * i);
}
/* Octets of header: fixed part, CSRC list, extension. */
static inline size_t rtp_header_size(const struct rtp_packet *r)
{
    return (size_t)(r->payload.p - r->p);
}
/* Octets of the whole packet. */
static inline size_t rtp_size(const struct rtp_packet *r)
{
    return rtp_header_size(r) + r->payload.n + r->pad_count;
}
/* a - b of two sequence numbers, as the shorter way round: RFC3550:A.1. */
static inline int rtp_sequence_diff(uint16_t a, uint16_t b)
{
    return (int16_t)(uint16_t)(a - b);
}

/* ---- header extension elements (RFC 8285) ---- */

struct rtp_element {  /* borrows the extension */
    uint8_t id;       /* 0: an octet of padding, without data */
    uint8_t length;   /* as written: octets of data, in the one-byte form less one */
    struct span data; /* behind RTP_ELEMENT_STOP in the one-byte form: all octets to the end */
};
enum rtp_elements { RTP_ELEMENTS_NONE, RTP_ELEMENTS_ONE, RTP_ELEMENTS_TWO };
/* Which form the extension's profile says: RFC8285:4.2, 4.3. NONE: another profile, or no extension. */
enum rtp_elements rtp_elements_of(const struct rtp_packet *r);
/* The next element at the front of `r`, octets of padding as elements with id 0; false at the end, and
 * where what is left is no element (then rd_left(r) > 0). */
bool rtp_next_one_byte(struct rd *r, struct rtp_element *e);
bool rtp_next_two_byte(struct rd *r, struct rtp_element *e);
/* The first element with that id, either form; false: there is none. */
bool rtp_find_element(const struct rtp_packet *r, uint8_t id, struct rtp_element *e);

/* ---- static payload types (RFC3551:6) ---- */

enum rtp_media { RTP_MEDIA_NONE, RTP_AUDIO, RTP_VIDEO, RTP_AUDIO_VIDEO };
struct rtp_static {
    const char *encoding; /* NULL: not assigned */
    uint8_t media;        /* enum rtp_media */
    uint8_t channels;     /* 0 for video */
    uint32_t clock_rate;  /* Hz */
};
/* The assignment of a payload type in RTP/AVP; NULL: reserved, unassigned or dynamic. */
const struct rtp_static *rtp_static_type(unsigned payload_type);
/* The static payload type of an encoding name (case does not matter), clock rate and channels (0 and 1 are
 * one); -1: none. */
int rtp_static_number(struct span encoding, uint32_t clock_rate, unsigned channels);

/* ---- writing ---- */

/* Start a draft of a packet without CSRC, extension and padding. */
void rtp_draft(struct draft *dr, struct arena *mem, uint8_t payload_type, bool marker,
               uint16_t sequence, uint32_t timestamp, uint32_t ssrc, struct span payload);
/* Write what the draft says, conforming or not. What it does not give is derived: version, CC, X, P, the
 * length of the extension and of its elements, the count of padding; absent numbers are 0. */
void rtp_encode(struct wr *w, const struct draft *dr);
/* The same without a draft, for those who send media: 12 octets of header, then the payload. */
void rtp_put(struct wr *w, uint8_t payload_type, bool marker, uint16_t sequence, uint32_t timestamp,
             uint32_t ssrc, struct span payload);
#endif
