/* fuzz/state/rtp_lawful.h - a session of RTP whose parties keep to the standards, driven by octets of choice: what a
 * watcher has to leave in peace. Two send audio with telephone events, a third one, from the place of the first,
 * sends text with redundancy (RFC 3550, 4733, 4103). The network between them loses, doubles and delays, and the
 * observer misses what it may miss; see struct rtp_lawful_options. */
#ifndef FUZZ_STATE_RTP_LAWFUL_H
#define FUZZ_STATE_RTP_LAWFUL_H
#include "codecs/rtp/rtp.h"

enum {
    RTP_LAWFUL_PARTIES = 3,
    RTP_LAWFUL_OCTETS = 192, /* of a packet at most */
    RTP_LAWFUL_RECENT = 4,   /* packets that the network may deliver again */
    RTP_LAWFUL_FLOW = 77,    /* of all that is shown */
    RTP_LAWFUL_KEY = 101,    /* payload types of telephone-event, t140 and red */
    RTP_LAWFUL_TEXT = 98,
    RTP_LAWFUL_RED = 100,
};
/* What `known` of struct watch_options has to be for these. */
#define RTP_LAWFUL_KNOWN "101=telephone-event/8000 98=t140/1000 100=red/1000"

struct rtp_lawful_options {
    bool origin, beside; /* the promises of struct watch_options are kept */
    bool mux;            /* RTCP on the port of RTP */
    uint16_t sequence;   /* where numbers begin */
    /* What the observer sees, with the time of its clock. */
    void (*show)(void *ctx, uint64_t now_us, const struct addr *from, const struct addr *to,
                 struct span octets);
    void *ctx;
};
struct rtp_lawful_packet {
    size_t n; /* 0: none */
    uint8_t p[RTP_LAWFUL_OCTETS];
};
struct rtp_lawful_text {
    uint8_t n, octets[3];
    uint32_t timestamp;
};
struct rtp_lawful_party {
    uint32_t ssrc, timestamp, sent, octets;
    uint16_t sequence;
    uint8_t type;
    bool quiet;                     /* the next packet is the first after silence */
    uint16_t duration;              /* of the event that is being sent; 0: none */
    uint8_t key, ends;              /* ends: final packets that are left */
    struct rtp_lawful_text text[2]; /* the two primaries before, latest first */
    struct rtp_lawful_packet recent[RTP_LAWFUL_RECENT], held;
    unsigned wait; /* packets that overtake the held one */
    /* what the other side has of it */
    uint32_t base, highest, got, middle; /* middle: of the last SR's NTP time */
    uint64_t sr_us;
};
struct rtp_lawful { /* now_us: the true time, which the caller may let pass */
    struct rtp_lawful_options o;
    uint64_t now_us, begin_us;
    int64_t skew_us; /* of the observer's clock */
    uint32_t ssrcs;
    struct rtp_lawful_party v[RTP_LAWFUL_PARTIES];
};
void rtp_lawful_begin(struct rtp_lawful *l, const struct rtp_lawful_options *o, uint64_t now_us);
/* One thing happens: the low four bits say what, two say to whom, two how much. */
void rtp_lawful_act(struct rtp_lawful *l, uint8_t choice);
#endif
