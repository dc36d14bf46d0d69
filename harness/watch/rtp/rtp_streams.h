/* harness/watch/rtp/rtp_streams.h - the RTP streams that a watcher has seen, with their figures: for the
 * command `streams`, its JSON and its plots.
 *
 * A stream is a flow, a direction (both transport addresses) and an SSRC. A source of RTCP that sends no RTP
 * (a receiver) is listed too, with 0 packets. Where RFC 3550 and tshark count differently both figures
 * stand apart: those outside `tshark` are the standard's.
 *
 *     for (const struct rtp_stream *s = NULL; (s = rtp_streams_next(w, s));) {
 *         struct rtp_figures f;
 *         rtp_stream_figures(s, &f);
 *     }
 *
 * All of it is about what was seen up to now; what the calls return lives until the watcher is shown something
 * more, or is reset. `w` is a watch of class rtp_watch. */
#ifndef HARNESS_WATCH_RTP_RTP_STREAMS_H
#define HARNESS_WATCH_RTP_RTP_STREAMS_H
#include "codecs/rtp/rtcp.h"
#include "codecs/rtp/rtp.h"
#include "harness/core/watch.h"

enum {
    RTP_MAX_DROPOUT = 3000, /* RFC3550:A.1: so far ahead is a gap; more is a jump */
    RTP_MAX_MISORDER = 100, /* RFC3550:A.1: so far behind is late; more is a jump */
    RTP_MIN_SEQUENTIAL = 2, /* RFC3550:A.1: packets in a row that make a stream valid */
    RTP_POINTS = 512,       /* points of the history of a stream; full, two become one */
    RTP_POINT_US = 100000,  /* time that a point stands for at first */
    RTP_HISTORIES = 4096,   /* streams with a history */
    RTP_CONTENTS = 1024,    /* streams with digits or text that are kept */
    RTP_DIGITS = 64,        /* telephone events kept of a stream; more are counted */
    RTP_TEXT = 2048,        /* octets of text kept of a stream; more are counted */
    RTP_TYPES = 8,          /* payload types kept of a stream; more are counted */
    RTP_ENCODING_MAX = 23,  /* octets of an encoding name; a longer one is cut */
    RTP_SPURT_GAP_MS =
        100, /* a silence at least so long ends a talk spurt without a marker bit too */
    RTP_SAME_US = 2000000, /* packets further apart are not compared for equal sequence numbers */
    RTP_BACK_MS = 1000,    /* a timestamp of audio that goes back further is a finding */
    RTP_SHORT_RTCP_MS = 2052, /* RFC3550:6.3.1: half of five seconds, divided by e - 3/2 */
};

/* ---- what payload types stand for ---- */

struct rtp_type {
    char encoding[RTP_ENCODING_MAX + 1]; /* "PCMU", "telephone-event"; "": not known */
    uint32_t clock_rate;                 /* Hz; 0: not known */
};
/* What the caller knows: text of words between spaces or commas,
 *   PT=ENCODING/RATE[/CHANNELS]  a payload type, 0 to 127, as in "a=rtpmap"
 *   rtcp-minimum=MS              the least interval that senders of RTCP calculate with (RFC3550:6.2): 5000,
 *                                or what was agreed on; lets the interval of reports be judged
 *   clear                        payloads are not encrypted: those of formats with a codec are read and judged
 * It is given to the watcher as `known` of struct watch_options, or by engine_options. */
struct rtp_known {
    struct rtp_type types[RTP_PAYLOAD_TYPES]; /* starts with the static ones of RFC3551:6 */
    uint32_t rtcp_minimum_ms;                 /* 0: not known */
    bool clear;                               /* payloads are not encrypted; else it is not known */
};
/* Read that text, NULL as the empty one. False: `why` gets a sentence about the first word that is wrong, and
 * `k` has the words before it. */
bool rtp_known_read(const char *text, struct rtp_known *k, struct wr *why);

/* ---- streams ---- */

struct rtp_stream;
/* The next in the order in which they were first seen, NULL: the first; NULL at the end. */
const struct rtp_stream *rtp_streams_next(const struct watch *w, const struct rtp_stream *s);
/* How many were given up for want of room. */
uint64_t rtp_streams_gone(const struct watch *w);

struct
    rtp_tshark { /* as `tshark -z rtp,streams` shows it (4.0): decimals are for the caller to cut */
    int64_t expected, lost;
    double lost_percent;
    bool deltas, jitters; /* false: the table shows -1, 0, 0 for them */
    double min_delta_ms, mean_delta_ms, max_delta_ms, min_jitter_ms, mean_jitter_ms, max_jitter_ms;
    bool problem; /* the X of the table */
};
struct rtp_heard { /* RTCP of the source itself */
    uint64_t compounds, sr, rr, sdes, bye, app, feedback, xr;
    uint64_t first_us, last_us;
    uint64_t intervals; /* between regular compounds, those of feedback alone left out */
    double min_interval_ms, mean_interval_ms, max_interval_ms;
    uint64_t
        short_intervals; /* below RTP_SHORT_RTCP_MS; lawful with a reduced minimum or RFC 4585 */
    bool left;           /* it said BYE */
    uint64_t left_us, after_bye;    /* RTP packets that came after that */
    char cname[64];                 /* cut; "" : none seen */
    uint32_t sr_packets, sr_octets; /* counts of the last SR */
};
struct rtp_reported { /* what reception reports of the other side say about this stream */
    uint64_t reports;
    uint32_t by;               /* SSRC of who sent the last one */
    uint64_t last_us;          /* when */
    uint8_t fraction_lost;     /* of 256 */
    int32_t cumulative_lost;   /* signed */
    uint32_t highest_sequence; /* extended */
    uint32_t jitter;           /* timestamp units */
    double jitter_ms;          /* 0 where the clock rate is not known */
    double max_fraction_lost;  /* 0 to 1 */
    /* The same from what was seen here up to that report. */
    int64_t lost_here;
    uint32_t jitter_here;
    /* From an SR's passing here to the report on it, less the time it waited there: RFC3550:6.4.1. Beside the
     * sender that is the round trip. */
    uint64_t round_trips;
    double min_rtt_ms, mean_rtt_ms, max_rtt_ms;
};
struct rtp_figures {
    uint64_t flow;
    struct addr from, to;
    uint32_t ssrc;
    uint32_t first_frame, last_frame;
    uint64_t first_us, last_us; /* of its RTP packets, in the order shown */
    bool valid;                 /* RTP_MIN_SEQUENTIAL packets came in a row: RFC3550:A.1 */
    uint64_t packets;           /* all that came, duplicates too */
    uint64_t octets, payload_octets;
    uint64_t markers, padded, extended; /* packets with the bits M, P and X */
    uint64_t contributed;               /* packets with CSRCs */
    uint64_t spurts;                    /* talk spurts: begun by a marker bit, or by silence */

    /* Sequence numbers: RFC3550:A.1, A.3. */
    uint64_t base_sequence, highest_sequence; /* extended: cycles in front of the 16 bits */
    uint64_t expected;                        /* over all parts of the stream, see restarts */
    int64_t lost;                             /* expected less packets: negative with duplicates */
    double lost_percent;                      /* of expected */
    uint64_t missing;                         /* sequence numbers of which no packet came at all */
    uint64_t
        duplicates; /* packets whose number had come already, looked for RTP_MAX_MISORDER back */
    uint64_t differing;         /* of these, with other contents */
    uint64_t reordered;         /* packets that came after a higher number */
    uint64_t gaps, largest_gap; /* places where numbers are missing, as they were first seen */
    uint64_t restarts;          /* jumps to a new sequence */
    uint64_t strays;            /* packets out of range on which no second one followed */

    /* Timing, RFC3550:A.8. */
    uint32_t
        clock_rate;   /* of the last payload type with one; 0: not known, and no jitter and skew */
    uint64_t jitters; /* packets that the estimate rests on */
    uint32_t jitter;  /* timestamp units, as a report would have it */
    double jitter_ms, mean_jitter_ms, max_jitter_ms;
    double min_delta_ms, mean_delta_ms, max_delta_ms; /* between arrivals; all but one packet */
    uint32_t max_delta_frame;
    double max_skew_ms; /* furthest that timestamps ran ahead of arrivals; negative: behind */
    uint64_t timestamp_backwards; /* packets next in sequence with an earlier timestamp */

    uint8_t types[RTP_TYPES]; /* payload types in the order first seen */
    size_t n_types, more_types;
    uint64_t type_changes;
    const struct rtp_type *last_type; /* NULL: nothing is known of it */
    uint8_t payload_type;             /* the last one */

    uint32_t ssrcs;        /* streams of the same direction that were seen, this one too */
    uint64_t ssrc_changes; /* times that the direction went over to this SSRC from another */

    struct rtp_tshark tshark;
    struct rtp_heard rtcp;
    struct rtp_reported reported;
    uint64_t digits, digits_without_end; /* telephone events; those whose E bit was never seen */
    uint64_t text_octets,
        text_missing;        /* text with what redundancy gave back; marks of what is lost */
    uint64_t text_recovered; /* blocks that only redundancy brought */
};
void rtp_stream_figures(const struct rtp_stream *s, struct rtp_figures *f);
/* first_us and first_frame of its figures alone. */
void rtp_stream_start(const struct rtp_stream *s, uint64_t *us, uint32_t *frame);

/* ---- over time ---- */

struct rtp_point {      /* one span of time, in the order of arrival */
    uint32_t packets;   /* that came in it */
    int32_t lost;       /* expected less received of it; negative where late ones came */
    uint32_t jitter_us; /* the highest estimate in it; 0 where there is none */
    uint32_t delta_us;  /* the longest time between two arrivals that ended in it */
};
/* Points from first_us on, each *step_us long (RTP_POINT_US doubled as often as was needed); the last one is not
 * over yet. Returns how many, at most RTP_POINTS; 0 where there was no room for a history. */
size_t rtp_stream_points(const struct rtp_stream *s, struct rtp_point points[RTP_POINTS],
                         uint64_t *step_us);

/* ---- contents, for payload types that `known` names ---- */

struct rtp_digit {                /* a telephone event: RFC 4733 */
    uint64_t start_us;            /* when its first packet came */
    uint32_t timestamp, duration; /* timestamp units; with its segments */
    uint32_t duration_ms;         /* 0 where the clock rate is not known */
    uint32_t frame;               /* of its first packet */
    uint32_t packets;
    uint8_t event;  /* 0 to 15: DTMF, rtp_key_of_event() */
    uint8_t volume; /* -dBm0, of the last packet */
    bool end;       /* a packet with the E bit was seen */
};
/* The first RTP_DIGITS events. */
const struct rtp_digit *rtp_stream_digits(const struct rtp_stream *s, size_t *n);
/* The last RTP_TEXT octets of text (RFC 4103), in sequence, with U+FFFD where something is missing. */
struct span rtp_stream_text(const struct rtp_stream *s);

extern const struct watcher_class rtp_watch;
#endif
