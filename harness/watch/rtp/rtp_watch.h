/* harness/watch/rtp/rtp_watch.h - what a watcher of RTP and RTCP keeps; inside harness/watch/rtp only.
 *
 * Streams stand in a pool, found by an index of sets of RTP_WAYS places: the set is named by a hash of flow,
 * addresses and SSRC in which the lowest bit of ports counts as 0. So RTP, whose ports have to be equal, and
 * RTCP on the next port up (RFC3550:11) find the same set. Where a set or the pool is full, a stream gives way
 * that nothing was seen of since the hand of a clock passed it. */
#ifndef HARNESS_WATCH_RTP_RTP_WATCH_H
#define HARNESS_WATCH_RTP_RTP_WATCH_H
#include "harness/watch/rtp/rtp_streams.h"

enum {
    RTP_WAYS = 16,             /* places of a set of the index */
    RTP_PATH_WAYS = 4,         /* and of paths */
    RTP_LATEST = 4096,         /* streams that are found without the index */
    RTP_RECENT = 128,          /* packets back that are compared; at least RTP_MAX_MISORDER + 1 */
    RTP_SRS = 4,               /* SRs that a report may still refer to */
    RTP_TOLD = 8,              /* findings of one kind about a stream; more are not told */
    RTP_PRIMARIES = 8,         /* blocks of text that redundant ones are compared with */
    RTP_FORMAT_ROOM = 4096,    /* octets for the view of a payload that is judged */
    RTP_BLOCKS = 16,           /* blocks of a packet of redundant data that are looked at */
    RTP_COLLIDED_US = 1000000, /* an SSRC that collided is given up within it */
    RTP_SR_AHEAD = 2,          /* packets that may be shown after the SR that counts them */
};
enum rtp_watch_fact {
    RTP_F_STREAMS,
    RTP_F_LOST,
    RTP_F_DUPLICATES,
    RTP_F_REORDERED,
    RTP_F_RESTARTS,
    RTP_F_JITTER,
    RTP_F_SSRC_CHANGES,
    RTP_F_TYPE_CHANGES,
    RTP_F_TIME_BACK,
    RTP_F_COMPOUNDS,
    RTP_F_INTERVAL,
    RTP_F_SHORT,
    RTP_F_RTT,
    RTP_F_AFTER_BYE,
    RTP_F_COLLISIONS,
    RTP_F_DIGITS,
    RTP_F_DIGITS_OPEN,
    RTP_F_TEXT_MISSING,
    RTP_F_BACKWARDS,
    RTP_F_EVICTED,
    RTP_WATCH_FACTS,
};
enum rtp_told { /* kinds of findings, counted a stream */
                RTP_T_DIFFERING,
                RTP_T_TIME_BACK,
                RTP_T_EVENT,
                RTP_T_TEXT,
                RTP_T_FORMAT,
                RTP_T_REPORT,
                RTP_T_SR,
                RTP_T_INTERVAL,
                RTP_T_COLLISION,
                RTP_TOLDS,
};
enum rtp_content { /* of a payload type: what is read of it over time */
                   RTP_C_NONE,
                   RTP_C_FORMAT, /* nothing, but its codec judges each payload */
                   RTP_C_EVENT,
                   RTP_C_TEXT,
                   RTP_C_RED, /* of text */
};

struct
    rtp_recent { /* of a packet: a number that differs only where contents do, 0: not known; its frame */
    uint32_t print, frame;
};
struct rtp_sums { /* least, sum and most of something */
    double least, sum, most;
    uint32_t n, frame; /* frame: of the most, where that is asked for */
};
struct rtp_table {                 /* what tshark's table counts by */
    double time_ms, jitter, scale; /* scale: ms a timestamp unit, by whole kHz; 0: no clock rate */
    double min_delta, sum_delta, max_delta, min_jitter, sum_jitter, max_jitter;
    double clocked;             /* timestamp of the last packet with a clock rate, since `first` */
    uint32_t first;             /* timestamp */
    uint64_t delta_n, jitter_n; /* packets that the sums are scaled to */
    uint32_t seq, start, stop, cycles;
    bool under, problem, deltas, jitters, comfort;
};
struct rtp_event_now { /* the telephone event that was last reported */
    bool used, end;
    uint8_t event;
    uint16_t seq, duration;
    uint32_t timestamp, frame, before; /* before: duration of its earlier segments */
    size_t at;                         /* in digits */
};
struct rtp_primary {
    bool used;
    uint32_t timestamp, hash, frame;
    size_t n;
};
struct rtp_contents {     /* of a stream with events or text */
    uint32_t owner, next; /* next: once it is free */
    struct rtp_event_now now;
    struct rtp_digit digits[RTP_DIGITS];
    uint64_t n_digits, open;
    bool text_begun;
    uint16_t text_seq; /* the last one whose text is there, or is marked missing */
    uint32_t text_timestamp, text_frame;
    struct rtp_primary primaries[RTP_PRIMARIES];
    size_t n_primaries;
    uint64_t text_octets, text_missing, text_recovered;
    uint8_t text[2 * RTP_TEXT]; /* the latest octets at its end */
    size_t n_text;
};
struct rtp_history {
    uint32_t owner, next;
    size_t n; /* points that are over */
    uint64_t step_us;
    struct rtp_point v[RTP_POINTS];
};
struct rtp_sr {
    bool used;
    uint32_t middle, frame;
    uint64_t at_us;
};
struct rtp_stream {
    /* What rtp_watch_quick touches stands first, in three cache lines. */
    _Alignas(64) uint32_t ssrc;
    uint32_t serial; /* of the watcher's streams, from 1 on; 0: free */
    uint16_t max_seq;
    uint8_t payload_type, content;
    bool current, left, touched, valid;
    uint32_t rival;            /* a stream of the other direction with the same SSRC; 0: none */
    uint32_t timestamp;        /* of the last packet in arrival */
    uint32_t ordered_time;     /* of the highest sequence number */
    uint32_t in_row;           /* packets of valid begin in a row */
    uint64_t now_us, taken_us; /* arrival of the last packet; of that with `timestamp` */
    uint64_t packets, octets;

    uint64_t payload;
    uint32_t part; /* packets of this part, those that RFC3550:A.1 counts as received */
    uint32_t last_frame;
    uint64_t window[2];    /* which of the RTP_RECENT numbers down from max_seq came */
    double jitter;         /* timestamp units */
    double tick, unit_us;  /* units a us, 0: no clock rate; us a unit */
    uint64_t point_end_us; /* of history */

    struct rtp_sums deltas_us, jitters_us;

    /* what each packet touches where figures are kept */
    double skew, max_skew; /* us */
    double max_jitter_us;  /* of the current point of history */
    uint32_t point_delta;  /* the same */
    struct rtp_table table;
    /* less often */
    uint32_t first_frame;
    struct addr from, to;
    uint64_t flow;
    uint32_t number; /* in the pool; 0: free */
    bool begun;
    bool clean;       /* all that came was next in sequence */
    bool shared;      /* its SSRC was seen between other addresses too */
    bool twin;        /* the same, at the ports beside: rtp_stream_near may choose */
    bool bad;         /* there was a stray */
    uint16_t bad_seq; /* the number that would go on from the last one */
    uint64_t markers, padded, extended, contributed, spurts;
    uint64_t cycles, base;  /* cycles in front of max_seq; extended base of this part */
    uint64_t point_packets; /* of history */
    int64_t point_lost;
    struct rtp_history *history;
    struct rtp_contents *contents;
    uint64_t first_us;
    uint16_t first_ns;
    uint64_t expected_before; /* of parts before a restart */
    uint64_t missing, duplicates, differing, reordered, gaps, largest_gap, restarts, strays,
        time_back;
    uint32_t clock_rate;
    uint8_t types[RTP_TYPES];
    size_t n_types, more_types;
    uint64_t type_changes, ssrc_changes;
    const struct rtp_path *path; /* another's by now where its key differs */
    const struct rtp_type *type;
    uint8_t told[RTP_TOLDS];
    uint32_t older, newer; /* in the order first seen */
    uint32_t place;        /* in the index */
    /* RTCP */
    struct rtp_heard rtcp;
    struct rtp_reported reported;
    struct watch_place about; /* what its last report was about */
    struct rtp_sums intervals_ms, rtts_ms;
    struct rtp_sr srs[RTP_SRS];
    size_t n_srs;
    bool regular;
    uint64_t regular_us; /* when the last regular compound came */
    uint32_t regular_frame, sr_frame;
    uint64_t sr_ntp, sr_us;
    uint64_t collided_us;
    uint32_t left_frame;
    uint32_t judged_by; /* SSRC of who sent the last report that was judged, 0: none was */
    uint64_t judged;    /* the extended number that it had as the highest */
    _Alignas(64) struct rtp_recent recent[RTP_RECENT];
};
_Static_assert(offsetof(struct rtp_stream, payload) == 64 &&
                   offsetof(struct rtp_stream, deltas_us) == 128,
               "what is touched together stands in one cache line");
struct rtp_path { /* one direction of a flow */
    bool used;
    uint64_t flow, last_us;
    struct addr from, to;
    uint32_t current; /* stream */
    uint32_t ssrcs;
};
struct rtp_place {
    uint32_t n, hash; /* n of streams, 0: empty */
};
struct rtp_watch {
    struct watch_options o;
    struct rtp_known known;
    uint8_t content[RTP_PAYLOAD_TYPES]; /* enum rtp_content */
    bool plain[RTP_PAYLOAD_TYPES];      /* audio whose packets come in the order of sampling */
    int text_type;                      /* payload type of t140; -1: not known */
    size_t limit, places, paths_n, histories_n, contents_n;
    size_t taken_histories, taken_contents;
    uint32_t free_history, free_contents; /* 1 + its place; 0: none was given back */
    uint64_t now_us, gone;
    uint32_t serials;            /* streams that were taken */
    uint32_t unused, free, hand; /* of streams: never taken from here on, given back, clock */
    uint32_t oldest, newest;
    uint32_t latest[RTP_LATEST];
    struct rtp_stream *streams; /* from 1 */
    struct rtp_place *index;
    struct rtp_path *paths;
    struct rtp_history *histories;
    struct rtp_contents *contents;
};

/* ---- rtp_watch_pool.c ---- */

size_t rtp_watch_size(size_t limit);
void rtp_watch_init(void *self, size_t limit, const struct watch_options *o);
/* The stream of a packet; `make`: a new one where there is none. `out` hears of one that gives way. */
struct rtp_stream *rtp_stream_find(struct rtp_watch *w, const struct watch_seen *s, uint32_t ssrc,
                                   bool make, const struct watch_sink *out);
/* The one from `from` to `to` with ports that may differ in the lowest bit: of the pair that RTCP belongs to. */
struct rtp_stream *rtp_stream_near(const struct rtp_watch *w, uint64_t flow,
                                   const struct addr *from, const struct addr *to, uint32_t ssrc);
/* The same, first looked for in `place`, which has what was found last for these addresses, or all zero, and gets what
 * is found now; NULL: there is none. */
struct rtp_stream *rtp_stream_near_again(const struct rtp_watch *w, struct watch_place *place,
                                         uint64_t flow, const struct addr *from,
                                         const struct addr *to, uint32_t ssrc);
/* Remember it there; NULL: nowhere. */
static inline void rtp_stream_remember(const struct rtp_stream *t, struct watch_place *place)
{
    if (place)
        *place = (struct watch_place){t->number, t->serial};
}
/* The path of a stream, a new one where there is none. */
struct rtp_path *rtp_path_of(struct rtp_watch *w, const struct rtp_stream *t);
struct rtp_history *rtp_history_take(struct rtp_watch *w, const struct rtp_stream *t);
struct rtp_contents *rtp_contents_take(struct rtp_watch *w, const struct rtp_stream *t);

/* ---- rtp_watch.c ---- */

/* What the message shows about a stream, unless that was told often enough; `related` 0: none. */
void rtp_watch_broke(struct rtp_stream *t, enum rtp_told kind, const struct watch_sink *out,
                     const struct watch_seen *s, struct finding f, uint32_t related);
/* What there is to say of a stream when it is over. */
void rtp_watch_over(const struct rtp_stream *t, const struct watch_sink *out);
static inline void rtp_sums_add(struct rtp_sums *s, double v)
{
    s->least = s->n == 0 || v < s->least ? v : s->least;
    s->most = s->n == 0 || v > s->most ? v : s->most;
    s->sum += v;
    s->n++;
}

/* ---- rtp_watch_packet.c, rtp_watch_table.c, rtp_watch_content.c, rtp_watch_rtcp.c ---- */

void rtp_watch_packet(struct rtp_watch *w, const struct watch_seen *s, const struct rtp_packet *p,
                      const struct watch_sink *out);
void rtp_watch_ahead(const void *self, const struct watch_place *place);
bool rtp_watch_quick(void *self, const struct watch_place *place, const struct watch_quick *q);
/* Expected less received, over all parts, and only of those. */
uint64_t rtp_expected(const struct rtp_stream *t);
/* Close the point of history that is over by `now_us`. */
void rtp_history_go(struct rtp_stream *t, uint64_t now_us);
struct rtp_point rtp_history_now(const struct rtp_stream *t);
void rtp_table_first(struct rtp_stream *t, const struct rtp_packet *p);
void rtp_table_next(struct rtp_stream *t, const struct rtp_packet *p, const struct watch_seen *s);
/* What the format of a payload says of it alone, and what rtp_watch calls for that. */
void rtp_watch_format(const struct rtp_watch *w, struct rtp_stream *t, const struct watch_seen *s,
                      const struct rtp_packet *p, const struct watch_sink *out);
const struct codec *rtp_watch_inside(const void *self, const void *view, struct span *octets);
void rtp_watch_event(struct rtp_watch *w, struct rtp_stream *t, const struct watch_seen *s,
                     const struct rtp_packet *p, const struct watch_sink *out);
void rtp_watch_text(struct rtp_watch *w, struct rtp_stream *t, const struct watch_seen *s,
                    const struct rtp_packet *p, const struct watch_sink *out);
void rtp_watch_rtcp(struct rtp_watch *w, const struct watch_seen *s, const struct rtcp_compound *c,
                    const struct watch_sink *out);
#endif
