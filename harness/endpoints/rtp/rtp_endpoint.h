/* harness/endpoints/rtp/rtp_endpoint.h - participants in an RTP session (RFC 3550), sans-IO.
 *
 * rtp.sender: sends a stream of audio, DTMF (RFC 4733), text (RFC 4103 over RFC 2198), and reports about it.
 * rtp.receiver: validates what comes (RFC3550:A.1, A.2), keeps statistics (A.3, A.8), reports them, and tells
 *   what it would play: payloads, digits, text.
 * rtp.session: both. With `manual` it does nothing by itself, and sends what it is told when it is told: the
 *   tester's own. Each packet that arrives is an event.
 *
 * All three are one participant with one field table of configuration, arguments and events each; they differ in
 * their verbs, in what they do unasked, and in their deviations. RTP has one flow, RTCP another, or both share
 * one (RFC 5761, `mux`). */
#ifndef HARNESS_ENDPOINTS_RTP_RTP_ENDPOINT_H
#define HARNESS_ENDPOINTS_RTP_RTP_ENDPOINT_H
#include "codecs/rtp/rtcp.h"
#include "codecs/rtp/rtp.h"
#include "codecs/rtp/rtp_event.h"
#include "codecs/rtp/rtp_text.h"
#include "harness/core/endpoint.h"

enum {
    RTP_PORT = 5004, /* where a local port is not given: RFC3551:8 */
    RTP_MEMBERS =
        1024, /* that a participant knows at once; for one more the one gives way that was never
                                 validated and is the oldest, else the newcomer is not counted */
    RTP_CONFLICTS = 16,   /* addresses that were found in conflict, RFC3550:8.2 */
    RTP_DTMF_MAX = 64,    /* that one `dtmf` has, and that a report lists */
    RTP_TEXT_MAX = 1024,  /* octets of text that wait to be sent, and that a report lists */
    RTP_TEXT_BLOCK = 320, /* octets of one T.140 block */
    RTP_GENERATIONS = 6,  /* redundant ones of text at most */
    RTP_STEPS = 4096,     /* of one `stream` */
    RTP_ASKED = 8,        /* commands that wait for their end at once */
    RTP_REPORTS = 62, /* blocks of one compound packet: two packets of 31; the rest take turns */
    RTP_TYPES = 8,    /* payload types beyond the usual that are understood */
    RTP_PAYLOAD_MAX = 1460,  /* octets of what a stream sends in one packet */
    RTP_PACKET_MAX = 65507,  /* octets of one datagram */
    RTP_COMPOUND = 256,      /* RTCP packets of one datagram that are looked at */
    RTP_SDES_MAX = 255,      /* octets of CNAME and other items */
    RTP_CLOCK_MAX = 1000000, /* Hz; faster clocks are taken for that */
    RTP_LEAST_US =
        1000, /* of any interval that is configured or asked for; shorter ones are that */
    RTP_MIN_SEQUENTIAL = 2, /* RFC3550:A.1 */
    RTP_MAX_DROPOUT = 3000,
    RTP_MAX_MISORDER = 100,
};

#define RTP_MOST_US 3600000000u /* of any interval, duration and delay; longer ones are that */

struct rtp_type { /* a payload type that is understood */
    uint8_t payload_type;
    uint32_t clock_rate;
};
struct rtp_config { /* of all three; 0 and empty: the default that stands beside it */
    struct addr
        listen; /* of RTP; family 0: any, port 0: RTP_PORT (sender without: the driver's choice) */
    struct addr
        rtcp_listen;    /* of RTCP; family 0: the next port where that of RTP is even, else any */
    struct addr server; /* where RTP goes; family 0: nowhere, until a verb says so */
    struct addr
        rtcp_to;  /* where RTCP goes; family 0: the port after `server` (mux: the same); without one
                                where RTCP comes from, or the port after that of RTP: as agreed in RFC 4961 */
    bool mux;     /* RFC 5761 */
    bool manual;  /* nothing is sent unasked */
    bool idle;    /* rtp.sender: `server` is no reason to begin, `start` is */
    bool no_rtcp; /* no reports (rtp.sender, rtp.receiver, rtp.session without `manual`) */
    bool reduced_size;  /* RFC 5506 was agreed on: a BYE or feedback may be alone */
    bool no_redundancy; /* text without RFC 2198 */
    bool
        strict; /* rtp.session: only what is valid is an event `packet`, as a receiver would play it */
    uint32_t ssrc;                /* random */
    uint32_t sequence;            /* the first; random; 65536 stands for 0 */
    uint64_t timestamp;           /* the first; random; 1 << 32 stands for 0 */
    uint32_t payload_type;        /* of audio: 0, PCMU */
    uint32_t clock_rate;          /* Hz; that of the static type, or 8000 */
    uint64_t ptime_us;            /* 20 ms */
    uint32_t payload_octets;      /* an octet a sample */
    uint32_t event_type;          /* telephone-event: 101 */
    uint32_t text_type, red_type; /* text/t140: 98, text/red: 100. Their clock is 1000 Hz */
    bool text_only;               /* the stream is text: 1000 Hz, no audio */
    uint32_t generations;         /* redundant ones of text: 2 */
    uint64_t text_us;             /* buffering of text: 300 ms */
    uint64_t event_us;            /* between updates of an event: the ptime */
    uint32_t bandwidth;           /* of the session, bit/s: 64000 */
    uint32_t rtcp_bandwidth;      /* of RTCP, octets/s: 5 % of that */
    uint64_t min_us;              /* the minimum of the interval: 5 s */
    uint64_t
        wallclock_us; /* Unix time when the run began; 0: NTP times are those of the run (6.4.1#2) */
    struct span cname, tool; /* user@host with the local address; no TOOL */
    struct rtp_type *types;  /* understood beside payload_type, 0, 8, 13 and those above */
    size_t n_types;
};
enum { RTP_SENDER_FAULTS = 68, RTP_SENDER_VARIANTS = 19 };
enum { RTP_RECEIVER_FAULTS = 48, RTP_RECEIVER_VARIANTS = 11 };
extern const struct endpoint_class rtp_sender_class, rtp_receiver_class, rtp_session_class;
extern const struct desc rtp_config_desc, rtp_notice_desc, rtp_source_desc;

/* ---- events ---- */

enum rtp_notice_kind {
    RTP_K_LISTENING, /* all flows are open: local, rtcp_local */
    RTP_K_PACKET,    /* RTP has come: octets, message, and what is in it */
    RTP_K_RTCP,      /* RTCP has come: octets, compound */
    RTP_K_OTHER,     /* neither */
    RTP_K_SENT,
    RTP_K_SUCCESS, /* what was asked is done */
    RTP_K_FAILED,  /* it cannot be: why */
    RTP_K_SOURCE,  /* a source has become valid: ssrc, from */
    RTP_K_PLAYED,  /* a payload would be played: ssrc, payload_type, timestamp, octets in `data` */
    RTP_K_DIGIT,   /* an event has ended, told once: event, digit, duration, timestamp */
    RTP_K_TEXT,    /* text in its order, U+FFFD where some is lost: data */
    RTP_K_BYE,     /* a source has left: ssrc, data (the reason) */
    RTP_K_GONE,    /* a member has timed out */
    RTP_K_COLLISION, /* somebody has our SSRC: ssrc is the new one, from */
    RTP_K_LOOP,      /* what is ours comes back: from */
    RTP_K_CLOSED,    /* a flow is closed: why */
    RTP_K_ICMP,
};
struct rtp_generation { /* of a redundant payload, RFC2198:3; the last is the primary */
    uint8_t payload_type;
    uint32_t offset; /* of the timestamp; 0 of the primary */
    struct span data;
};
struct rtp_source { /* what is known of one source; RFC3550:6.4.1, A.3, A.8 */
    uint32_t ssrc;
    bool valid, sender;
    uint64_t received; /* packets that were taken, duplicates and late ones with them */
    uint64_t ignored;  /* during probation, far out of sequence, of unknown payload type */
    uint64_t expected;
    uint64_t lost, surplus;    /* one of them is 0: the cumulative number lost, and its negative */
    uint32_t fraction_lost;    /* since the last report was sent */
    uint32_t highest_sequence; /* extended */
    uint32_t base_sequence;
    uint32_t jitter;
    uint32_t lsr, dlsr; /* as a report would have them now */
    struct addr from;
    struct span cname;
};
struct rtp_notice {
    uint8_t kind; /* enum rtp_notice_kind */
    uint8_t flow; /* 0 "rtp", 1 "rtcp": where it came */
    bool marker;
    struct addr from, local, rtcp_local;
    struct span octets;
    const char *codec; /* of `octets`: "rtp", "rtcp" */
    const struct rtp_packet *message;
    const struct rtcp_compound *compound;
    struct rtp_event *tones;       /* of a packet of event_type */
    struct rtp_generation *blocks; /* of a packet of red_type */
    size_t n_tones, n_blocks;
    struct span data; /* payload, text, reason, CNAME: see enum rtp_notice_kind */
    uint64_t time_us;
    uint32_t frame;
    uint32_t ssrc, sequence, timestamp, payload_type;
    uint32_t event, duration, volume,
        lost;          /* duration in units of the timestamp; lost: T.140 blocks */
    const char *digit; /* "0" to "9", "*", "#", "A" to "D"; NULL: another event */
    const char *why;
    uint32_t code; /* of ICMP */
    /* of `report`, `observe`: */
    struct rtp_source *sources;
    size_t n_sources;
    struct span digits, text, cname; /* all that were detected, all that came; our own name */
    uint64_t members, senders, packets, payload_octets,
        reports;               /* packets, octets, RTCP that we have sent */
    uint64_t played, rejected; /* payloads; datagrams that were no valid RTP or RTCP */
    uint64_t interval_us;      /* the deterministic interval Td as it is now */
    uint64_t next_us;          /* when our RTCP timer expires; 0: it does not run */
    bool streamed;             /* of `stream`: its first and last sequence numbers are there */
    uint32_t first, last;
};

/* ---- arguments ---- */

struct rtp_step { /* of `stream`: one packet */
    uint32_t n;   /* sequence = first + n, timestamp = first + n * step */
    uint64_t
        at_us; /* since the stream began; 0: n * ptime, not before the one that stands before */
    uint64_t timestamp;    /* in place of that, relative to the first too; 0: not given */
    uint32_t payload_type; /* 0: that of the stream */
    bool marker;
};
struct rtp_args { /* of all verbs; each verb's table has those that it takes */
    struct addr to, rtcp_to;
    uint32_t payload_type, clock_rate;
    uint64_t ptime_us, duration_us, gap_us, delay_us;
    uint32_t volume;
    struct span digits, text, reason, octets, payload;
    uint32_t ssrc, sequence, step, count;
    uint64_t timestamp;
    bool rtcp_flow, rtp_flow, marker, keep, clear, text_only;
    struct rtp_step *steps;
    size_t n_steps;
    struct draft *message;
};
#endif
