/* codecs/rtp/rtcp.h - RTCP: compound packets of RFC 3550 section 6, extended reports (RFC 3611), feedback
 * (RFC 4585, 5104, REMB), alone too where that was agreed on (RFC 5506). */
#ifndef CODECS_RTP_RTCP_H
#define CODECS_RTP_RTCP_H
#include "codecs/base/codec.h"

/* libre, a peer in benchmarks and fuzzing, exports these names too: object files have others. */
#define rtcp_decode rtclab_rtcp_decode
#define rtcp_encode rtclab_rtcp_encode

enum {
    RTCP_VERSION = 2,
    RTCP_HEADER = 4,
    RTCP_COUNT_MAX = 31,     /* report blocks, chunks, SSRCs: five bits */
    RTCP_REPORT = 24,        /* octets of a report block, RFC3550:6.4.1 */
    RTCP_ITEM_MAX = 255,     /* octets of text in an SDES item, RFC3550:6.5 */
    RTCP_PACKETS_MAX = 16384 /* packets that fit into the longest datagram */
};

/* Packet types; of feedback together with its format, since that is what says how it is laid out. */
#define RTCP_FB(pt, fmt) ((pt) << 8 | (fmt))
enum rtcp_type {
    RTCP_SR = 200,
    RTCP_RR = 201,
    RTCP_SDES = 202,
    RTCP_BYE = 203,
    RTCP_APP = 204,
    RTCP_RTPFB = 205, /* of any format: rtcp_packet_type() */
    RTCP_PSFB = 206,
    RTCP_XR = 207,
    RTCP_NACK = RTCP_FB(205, 1),
    RTCP_TMMBR = RTCP_FB(205, 3),
    RTCP_TMMBN = RTCP_FB(205, 4),
    RTCP_PLI = RTCP_FB(206, 1),
    RTCP_SLI = RTCP_FB(206, 2),
    RTCP_RPSI = RTCP_FB(206, 3),
    RTCP_FIR = RTCP_FB(206, 4),
    RTCP_TSTR = RTCP_FB(206, 5),
    RTCP_TSTN = RTCP_FB(206, 6),
    RTCP_VBCM = RTCP_FB(206, 7),
    RTCP_AFB = RTCP_FB(206, 15),
};
enum rtcp_item_type {
    RTCP_END = 0,
    RTCP_CNAME = 1,
    RTCP_NAME = 2,
    RTCP_EMAIL = 3,
    RTCP_PHONE = 4,
    RTCP_LOC = 5,
    RTCP_TOOL = 6,
    RTCP_NOTE = 7,
    RTCP_PRIV = 8,
};
enum rtcp_xr_type { /* RFC3611:4 */
                    RTCP_XR_LOSS_RLE = 1,
                    RTCP_XR_DUPLICATE_RLE = 2,
                    RTCP_XR_RECEIPT_TIMES = 3,
                    RTCP_XR_REFERENCE_TIME = 4,
                    RTCP_XR_DLRR = 5,
                    RTCP_XR_STATISTICS = 6,
                    RTCP_XR_VOIP = 7,
};

/* How a packet is laid out. */
enum rtcp_kind {
    RTCP_K_RAW, /* unknown, or too short for its type: `list` holds all behind the header */
    RTCP_K_SR,
    RTCP_K_RR,
    RTCP_K_SDES,
    RTCP_K_BYE,
    RTCP_K_APP,
    RTCP_K_FB, /* feedback whose format is not known: `list` holds the FCI */
    RTCP_K_NACK,
    RTCP_K_TMMB, /* TMMBR, TMMBN */
    RTCP_K_PLI,
    RTCP_K_SLI,
    RTCP_K_RPSI,
    RTCP_K_FIR,
    RTCP_K_TST, /* TSTR, TSTN */
    RTCP_K_VBCM,
    RTCP_K_REMB,
    RTCP_K_XR,
    RTCP_KINDS
};

struct rtcp_packet {  /* borrows the compound */
    const uint8_t *p; /* its first octet */
    uint16_t type;    /* enum rtcp_type */
    uint16_t length;  /* as written: 32-bit words less one */
    uint8_t kind;     /* enum rtcp_kind */
    uint8_t version;
    uint8_t count; /* five bits: report blocks, chunks, SSRCs, subtype, format */
    bool padding;  /* the bit P */
    uint8_t pad; /* octets of padding, its count with them; 0: none, or a count that does not fit */
    uint8_t bits;         /* RPSI: PB; REMB: how many SSRCs, as written */
    uint8_t reserved;     /* RPSI: the bit before the payload type */
    uint8_t payload_type; /* RPSI */
    uint32_t ssrc;        /* of the sender: all kinds but RAW, SDES and BYE */
    union {
        struct { /* SR */
            uint32_t ntp_seconds, ntp_fraction, rtp_timestamp, packet_count, octet_count;
        };
        struct {
            uint32_t media;              /* feedback: the SSRC of the media source */
            uint32_t exponent, mantissa; /* REMB: 6 and 18 bits; bit/s = mantissa << exponent */
        };
        struct span name; /* APP: four octets */
    };
    /* SR, RR: report blocks; SDES: chunks; BYE: SSRCs; feedback: FCI entries; REMB: SSRCs; XR: blocks; RPSI:
     * the bit string. Read by the rtcp_next_* calls, `struct rd r = rd_of(packet.list)`. APP: data. */
    struct span list;
    struct span
        tail; /* SR, RR: the profile's extension; BYE: the text of the reason; SDES, lists: octets
                       * at the end that are no whole entry */
    bool has_reason; /* BYE */
    uint8_t reason_length;
    bool broken; /* `tail` holds what does not fit */
};
struct rtcp_compound { /* view; borrows the octets and the packet array */
    struct span wire;
    struct rtcp_packet *packets;
    size_t n_packets;
    bool truncated;   /* more packets than the caller's array has room for; never a finding */
    struct span rest; /* octets at the end that are no whole packet */
};
extern const struct desc rtcp_compound_desc, rtcp_packet_desc;
extern const struct names rtcp_types, rtcp_item_types, rtcp_xr_types;
extern const struct codec rtcp_codec;

/* Decode a whole datagram: one packet or more, one behind the other (RFC3550:6.1).
 *
 * packets, cap  the caller's array; c->truncated where there are more
 * fs            gets what is wrong with framing, syntax and lengths, each once
 *
 * Returns STEP_ITEM (conforming or not), STEP_MORE (fewer than 4 octets) or STEP_FAIL (no RTCP: the first
 * packet has another version or a type outside 192 to 223; no finding). No allocation; `c` borrows `in` and
 * `packets`. Cost is linear in `in`. */
enum step rtcp_decode(struct span in, struct rtcp_compound *c, struct rtcp_packet *packets,
                      size_t cap, struct findings *fs);
/* What a compound breaks beyond its syntax, as far as the octets alone can tell. */
void rtcp_lint(const struct rtcp_compound *c, struct findings *fs);
/* For who knows that the datagram is a regular report, neither of reduced size (RFC 5506) nor split for
 * encryption (RFC3550:9.1): what rtcp_lint has to let pass of the first packet, the number of packets and the
 * CNAME. Nothing is said twice. */
void rtcp_lint_regular(const struct rtcp_compound *c, struct findings *fs);
/* 0 unless types and lengths add up to the whole of `in`: SRTCP and broken compounds are for who knows the flow. Up to
 * 90: it begins with a report. */
unsigned rtcp_guess(struct span in, uint16_t port);

/* The packet type octet, 200 to 207 and others. */
static inline uint8_t rtcp_packet_type(const struct rtcp_packet *p)
{
    return p->p[1];
}
/* The first packet of a type (enum rtcp_type; RTCP_RTPFB and RTCP_PSFB: any format); NULL: none. */
const struct rtcp_packet *rtcp_find(const struct rtcp_compound *c, uint16_t type);

/* ---- what stands in packets: each call reads the entry at the front, false at the end ---- */

struct rtcp_report { /* RFC3550:6.4.1 */
    uint32_t ssrc;
    uint32_t fraction_lost;    /* 8 bits: of 256 */
    uint32_t cumulative_lost;  /* 24 bits as written: rtcp_lost() */
    uint32_t highest_sequence; /* cycles in the upper 16 bits */
    uint32_t jitter;           /* in units of the RTP timestamp */
    uint32_t lsr, dlsr;        /* the middle of an NTP timestamp; 1/65536 s */
};
struct rtcp_chunk { /* SDES, RFC3550:6.5 */
    uint32_t ssrc;
    struct span items; /* rtcp_next_item */
    struct span end;   /* null octets, up to the next 32-bit boundary */
};
struct rtcp_item {
    uint8_t type;   /* enum rtcp_item_type, or others */
    uint8_t length; /* octets behind it */
    bool split;     /* PRIV whose prefix ends within the item */
    uint8_t prefix_length;
    struct span text; /* PRIV: the value */
    struct span prefix;
};
struct rtcp_nack { /* RFC4585:6.2.1 */
    uint16_t pid, blp;
};
struct rtcp_sli {                    /* RFC4585:6.3.2 */
    uint32_t first, number, picture; /* 13, 13, 6 bits */
};
struct rtcp_tmmb {                               /* RFC5104:4.2.1.1 */
    uint32_t ssrc, exponent, mantissa, overhead; /* 6, 17, 9 bits; bit/s = mantissa << exponent */
};
struct rtcp_fir { /* RFC5104:4.3.1.1; TSTR and TSTN: `index` is the trade-off, 5 bits */
    uint32_t ssrc, sequence, reserved, index;
};
struct rtcp_vbcm { /* RFC5104:4.3.4.1 */
    uint32_t ssrc, sequence, reserved, payload_type;
    uint16_t length;
    struct span octets, padding;
};
struct rtcp_xr {  /* RFC3611:3 */
    uint8_t type; /* enum rtcp_xr_type, or others */
    uint8_t specific;
    uint8_t kind; /* the type where the block has its form; else 0, and only `body` is filled in */
    uint16_t length; /* 32-bit words behind its head, as written */
    struct span body;
    uint32_t source;     /* LOSS_RLE, DUPLICATE_RLE, RECEIPT_TIMES, STATISTICS, VOIP */
    uint16_t begin, end; /* sequence numbers: the same but VOIP */
    union {
        struct { /* REFERENCE_TIME, RFC3611:4.4 */
            uint32_t ntp_seconds, ntp_fraction;
        };
        struct { /* STATISTICS, RFC3611:4.6 */
            uint32_t lost, duplicates, min_jitter, max_jitter, mean_jitter, dev_jitter;
            uint8_t min_ttl, max_ttl, mean_ttl, dev_ttl;
        };
        struct { /* VOIP, RFC3611:4.7 */
            uint8_t loss_rate, discard_rate, burst_density, gap_density;
            uint16_t burst_duration, gap_duration, round_trip_delay, end_system_delay; /* ms */
            uint8_t signal_level, noise_level, rerl, gmin;
            uint8_t r_factor, ext_r_factor, mos_lq, mos_cq;
            uint8_t rx_config, reserved;
            uint16_t jb_nominal, jb_maximum, jb_abs_max; /* ms */
        };
    };
    struct span
        list; /* RLE: chunks of two octets; RECEIPT_TIMES: four each; DLRR: rtcp_next_dlrr */
    struct span tail; /* octets behind the last whole one */
};
struct rtcp_dlrr { /* RFC3611:4.5 */
    uint32_t ssrc, lrr, dlrr;
};
static inline bool rtcp_next_report(struct rd *r, struct rtcp_report *v)
{
    struct span s;

    if (!rd_take(r, RTCP_REPORT, &s))
        return false;
    v->ssrc = get_u32(s.p);
    v->fraction_lost = s.p[4];
    v->cumulative_lost = get_u32(s.p + 4) & 0xffffff;
    v->highest_sequence = get_u32(s.p + 8);
    v->jitter = get_u32(s.p + 12);
    v->lsr = get_u32(s.p + 16);
    v->dlsr = get_u32(s.p + 20);
    return true;
}
static inline bool rtcp_next_chunk(struct rd *r, struct rtcp_chunk *v)
{
    const uint8_t *start = r->p + r->pos, *end = r->p + r->n;

    if (rd_left(r) < 4)
        return false;
    const uint8_t *p = start + 4;
    while (p < end && *p) {
        if (end - p < 2 || end - p - 2 < p[1])
            return false; /* an item runs past the end */
        p += 2 + p[1];
    }
    v->ssrc = get_u32(start);
    v->items = (struct span){start + 4, (size_t)(p - start) - 4};
    size_t size = ((size_t)(p - start) | 3) + 1; /* a null octet, at least */
    if (p == end || size > rd_left(r))
        size = rd_left(r);
    v->end = (struct span){p, size - (size_t)(p - start)};
    r->pos += size;
    return true;
}
static inline bool rtcp_next_item(struct rd *r, struct rtcp_item *v) /* of chunk.items */
{
    const uint8_t *p = r->p + r->pos;

    if (rd_left(r) < 2 || rd_left(r) - 2 < p[1])
        return false;
    v->type = p[0];
    v->length = p[1];
    v->split = v->type == RTCP_PRIV && v->length && p[2] < v->length;
    v->prefix_length = v->split ? p[2] : 0;
    v->prefix = (struct span){v->split ? p + 3 : p + 2, v->prefix_length};
    size_t head = v->split ? 3u + v->prefix_length : 2;
    v->text = (struct span){p + head, 2u + v->length - head};
    r->pos += 2u + v->length;
    return true;
}
bool rtcp_next_ssrc(struct rd *r, uint32_t *ssrc);
bool rtcp_next_nack(struct rd *r, struct rtcp_nack *v);
bool rtcp_next_sli(struct rd *r, struct rtcp_sli *v);
bool rtcp_next_tmmb(struct rd *r, struct rtcp_tmmb *v);
bool rtcp_next_fir(struct rd *r, struct rtcp_fir *v);
bool rtcp_next_tst(struct rd *r, struct rtcp_fir *v);
bool rtcp_next_vbcm(struct rd *r, struct rtcp_vbcm *v);
bool rtcp_next_xr(struct rd *r, struct rtcp_xr *v);
bool rtcp_next_dlrr(struct rd *r, struct rtcp_dlrr *v);

/* The cumulative number of packets lost, which is signed: RFC3550:6.4.1. */
static inline int32_t rtcp_lost(const struct rtcp_report *v)
{
    return (int32_t)(v->cumulative_lost << 8) >> 8;
}
/* The CNAME that a compound gives for `ssrc`; false: none. */
bool rtcp_cname(const struct rtcp_compound *c, uint32_t ssrc, struct span *cname);
/* The middle 32 bits of an NTP timestamp, as LSR has them: RFC3550:4. */
static inline uint32_t rtcp_ntp_middle(uint32_t seconds, uint32_t fraction)
{
    return seconds << 16 | fraction >> 16;
}

/* ---- writing ---- */

/* Start a draft of a compound without packets. */
void rtcp_draft(struct draft *dr, struct arena *mem);
/* Append a packet of a type, NULL where the arena is full. Its fields are added by rtcp_set, its entries by
 * rtcp_entry and rtcp_set on what that returns; counts and lengths are derived. */
struct node *rtcp_add(struct draft *dr, uint16_t type);
/* Append an entry to a list of `parent` (a packet, a chunk), "reports", "chunks", "items" ... */
struct node *rtcp_entry(struct draft *dr, struct node *parent, const char *list);
/* Give a field of a packet or entry a number, or octets; false: no such field, or the arena is full. */
bool rtcp_set(struct draft *dr, struct node *parent, const char *field, uint64_t v);
bool rtcp_set_bytes(struct draft *dr, struct node *parent, const char *field, struct span s);
/* Write what the draft says, conforming or not; counts, lengths, ends of chunks and padding that it does not
 * give are derived. */
void rtcp_encode(struct wr *w, const struct draft *dr);
#endif
