/* harness/endpoints/rtp/rtp_session.h - the state of a participant, inside harness/endpoints/rtp only. */
#ifndef HARNESS_ENDPOINTS_RTP_RTP_SESSION_H
#define HARNESS_ENDPOINTS_RTP_RTP_SESSION_H
#include "codecs/rtp/rtp_red.h"
#include "harness/endpoints/rtp/rtp_endpoint.h"

/* ---- rtp_order.c: sequence numbers, losses, jitter of one source; RFC3550:A.1, A.3, A.8 ---- */

enum rtp_taken { RTP_TAKEN, RTP_ON_PROBATION, RTP_OUT_OF_RANGE };
struct rtp_order {
    uint16_t max_seq;
    uint8_t probation; /* packets in sequence that are still wanted; 0: valid */
    bool timed;        /* `transit` is that of a packet */
    uint32_t cycles;   /* shifted: 0x10000 for each wrap */
    uint32_t base_seq, bad_seq;
    uint32_t received, received_prior, expected_prior;
    uint32_t transit, jitter; /* jitter: 16 times its value */
    uint32_t clock_rate;      /* of the last packet */
};
/* A source that is heard for the first time, by a packet with number `seq`. */
void rtp_order_new(struct rtp_order *o, uint16_t seq);
/* Take the number of a packet that has come. */
enum rtp_taken rtp_order_update(struct rtp_order *o, uint16_t seq);
/* Take its arrival time and its timestamp; the rate starts anew where another clock begins. */
void rtp_order_arrival(struct rtp_order *o, uint64_t now_us, uint32_t timestamp,
                       uint32_t clock_rate);
uint32_t rtp_order_highest(const struct rtp_order *o); /* extended */
uint32_t rtp_order_expected(const struct rtp_order *o);
/* The cumulative number lost, held within 24 bits with sign. */
int32_t rtp_order_lost(const struct rtp_order *o);
/* Of 256, since `rtp_order_reported`. */
uint8_t rtp_order_fraction(const struct rtp_order *o);
void rtp_order_reported(struct rtp_order *o);

/* ---- rtp_timing.c: when RTCP is sent; RFC3550:6.3, A.7 ---- */

struct rtp_timing {
    uint32_t members, pmembers, senders;
    bool we_sent, initial, leaving; /* leaving: a BYE is what is scheduled */
    double bandwidth, avg_size;     /* octets/s; octets with IP and UDP */
    uint64_t min_us;                /* Tmin, halved while `initial` */
    uint64_t tp_us, tn_us;          /* last sent; next due, NO_DEADLINE: not scheduled */
    uint64_t t_us; /* the last interval with its chance, for the timeout of senders */
};
/* The deterministic interval Td; `receiver`: as of one that has sent nothing (6.3.5). */
uint64_t rtp_timing_td(const struct rtp_timing *t, bool receiver);
/* The interval T, from the next number of `rng`. */
uint64_t rtp_timing_t(const struct rtp_timing *t, uint64_t rng[2]);
/* The timer has expired: whether a packet is to be sent now, by an interval T of `t_us`; else tn is later. */
bool rtp_timing_due(struct rtp_timing *t, uint64_t now_us, uint64_t t_us);
/* A packet of `size` octets was sent, or has come. */
void rtp_timing_size(struct rtp_timing *t, size_t size);
/* Members have left: 6.3.4. */
void rtp_timing_reverse(struct rtp_timing *t, uint64_t now_us);

/* ---- state ---- */

enum { RTP_FLOW = 1, RTCP_FLOW = 2, RTCP_FLOW_2 = 3 };
enum { RTP_CNAME_KEPT = 64, RTP_HEADERS4 = 28, RTP_HEADERS6 = 48 /* octets of IP and UDP */ };
struct rtp_member {
    uint32_t ssrc;
    bool used, valid, sender, left, begun; /* begun: an RTP packet has come */
    bool heard;                            /* RTP has come since the last report */
    struct addr rtp, rtcp;                 /* where it sends from; family 0: not heard there yet */
    uint64_t first_us, last_us, sent_us, left_us; /* sent_us: its last RTP packet */
    struct rtp_order order;
    uint32_t ignored;
    uint64_t recent; /* bit i: number max_seq - i has come, so that no payload is played twice */
    uint32_t sr_middle;
    uint64_t sr_us; /* when its last SR came; 0: none */
    uint8_t cname_n;
    uint8_t cname[RTP_CNAME_KEPT];
};
struct rtp_conflict {
    struct addr at; /* family 0: free */
    bool rtcp;
    uint64_t us;
};
struct rtp_stream {          /* what is sent as audio, and what all packets share */
    bool on, paused, marker; /* marker: the next packet begins a talkspurt */
    bool sent;
    uint16_t sequence;                         /* of the next packet */
    uint32_t ssrc, ts0;                        /* the timestamp at t0_us */
    uint64_t t0_us, due_us, until_us, sent_us; /* of the sampling instant of the next packet */
    uint32_t clock_rate, last_ts;
    uint8_t payload_type;
    uint64_t ptime_us;
    uint64_t packets, octets; /* since the SSRC is ours: SR */
    uint64_t n;               /* of audio packets: even, odd */
};
struct rtp_tone_out { /* DTMF that is being sent */
    bool on;
    uint8_t events[RTP_DTMF_MAX], volume;
    size_t n, at;
    uint64_t begin_us, duration_us, gap_us, due_us, step_us;
    uint32_t begin_ts,
        clock_rate;  /* timestamp of the segment; the clock that the event began with */
    uint64_t before; /* timestamp units of the segments before this one */
    uint8_t ends;    /* end packets that were sent */
    uint8_t full;    /* times that the end of the last segment is still to be repeated */
    uint32_t full_ts;
    bool first;
    uint32_t token;
};
struct rtp_told { /* an event that was told, or is going on */
    uint32_t ssrc, timestamp;
    uint16_t duration;
    uint8_t event, volume;
    bool used;
};
struct rtp_tone_in {
    struct rtp_told now, told[8];
    uint32_t begin_ts, before; /* before: duration of the segments before this one */
    uint64_t last_us;
    size_t next;
    uint8_t digits[RTP_DTMF_MAX];
    size_t n;
};
struct rtp_text_block {
    uint32_t timestamp;
    uint16_t n;
    uint8_t p[RTP_TEXT_BLOCK];
};
struct rtp_text_out {
    uint8_t buf[RTP_TEXT_MAX];
    size_t n;
    struct rtp_text_block old[RTP_GENERATIONS]; /* the newest first */
    size_t n_old, idle;                         /* idle: empty blocks since the last text */
    uint64_t due_us;                            /* NO_DEADLINE: idle */
};
enum { RTP_TEXT_HELD = 8, RTP_TEXT_PACKET = 1500, RTP_TEXT_WAIT_US = 1000000 };
struct rtp_text_in {
    bool begun;
    uint32_t ssrc;
    uint16_t next; /* sequence number that is wanted */
    struct {
        bool used, red;
        uint16_t sequence, n;
        uint8_t p[RTP_TEXT_PACKET];
    } held[RTP_TEXT_HELD];
    size_t level, before; /* redundant generations: the usual, those of the last packet: 5.3 */
    uint64_t wait_us;     /* when a gap is given up; NO_DEADLINE: there is none */
    uint8_t text[RTP_TEXT_MAX];
    size_t n;
};
struct rtp_steps { /* a `stream` of the tester */
    bool on;
    uint32_t token, ssrc, step, timestamp;
    uint16_t first;
    uint8_t payload_type;
    bool marker;
    size_t n, at; /* at: the next that is handed to the driver, held back until its time */
    uint64_t begin_us, last_us, ptime_us, again_us;
    struct rtp_step v[RTP_STEPS];
    uint8_t payload[RTP_PAYLOAD_MAX];
    size_t payload_n;
};
struct rtp_ask {
    uint32_t token; /* 0: free */
    uint8_t what;   /* enum rtp_wait */
};
enum rtp_wait { RTP_WAIT_OPEN = 1, RTP_WAIT_BYE };
enum rtp_role { RTP_ROLE_SENDER, RTP_ROLE_RECEIVER, RTP_ROLE_SESSION };
struct rtp_session {
    struct env env;
    enum rtp_role role;
    struct rtp_config c;
    struct arena kept; /* what spans of the configuration look into */
    uint8_t kept_octets[2048];
    flow_id rtcp_flow;                                 /* RTP_FLOW with mux */
    bool rtp_open, rtcp_open, told_open, closed, gone; /* gone: the BYE is out */
    bool again;                                        /* it had left, and began anew */
    struct addr local, rtcp_local, to, rtcp_to;
    struct addr learned, learned_rtcp; /* where RTP and RTCP came from */
    struct rtp_stream out;
    struct rtp_tone_out dtmf;
    struct rtp_text_out text;
    struct rtp_tone_in tones;
    struct rtp_text_in text_in;
    struct rtp_steps steps;
    struct rtp_timing timing;
    struct rtp_conflict conflicts[RTP_CONFLICTS];
    struct rtp_ask asked[RTP_ASKED];
    uint8_t reason[RTP_SDES_MAX], cname[RTP_SDES_MAX];
    size_t reason_n, cname_n;
    uint64_t reports, played, rejected, overflow;
    size_t turn;      /* where the next report begins, if not all fit */
    size_t n_members; /* places that were ever in use */
    struct rtp_member members[RTP_MEMBERS];
    struct rtcp_packet packets[RTP_COMPOUND];
    uint8_t scratch[1 << 17], wire[RTP_PACKET_MAX];
};
static inline bool session_flag(const struct rtp_session *s, const char *name)
{
    return env_flag(&s->env, name);
}
/* A time as it is taken: `otherwise` for 0, within RTP_LEAST_US and RTP_MOST_US. */
static inline uint64_t session_us(uint64_t us, uint64_t otherwise)
{
    us = us ? us : otherwise;
    if (us > RTP_MOST_US)
        return RTP_MOST_US;
    return us && us < RTP_LEAST_US ? RTP_LEAST_US : us;
}
struct rtp_in { /* an input while it is worked on */
    const struct input *in;
    struct outq *q;
    uint64_t now_us;
};

/* ---- rtp_common.c ---- */

struct rtp_notice *session_event(const struct rtp_in *x, const char *name, uint32_t token,
                                 enum rtp_notice_kind kind);
/* `answer` to a command; `why` of one that failed, or NULL. */
struct rtp_notice *session_answer(const struct rtp_in *x, uint32_t token, const char *why);
/* What is known: of `report` and `observe`. */
void session_report(struct rtp_session *s, const struct rtp_in *x, uint32_t token);

/* ---- rtp_members.c ---- */

struct rtp_member *member_find(struct rtp_session *s, uint32_t ssrc);
/* The member with that SSRC, a new one where there is none; NULL: there is no room. */
struct rtp_member *member_add(struct rtp_session *s, uint32_t ssrc, uint64_t now_us);
void member_valid(struct rtp_session *s, const struct rtp_in *x, struct rtp_member *m);
/* Count members and senders anew. */
void members_count(struct rtp_session *s);
/* RFC3550:6.3.5: who has not been heard for long goes. */
void members_expire(struct rtp_session *s, const struct rtp_in *x);
/* RFC3550:8.2: whether a packet of `ssrc` from that address is to be processed. */
bool session_no_conflict(struct rtp_session *s, const struct rtp_in *x, uint32_t ssrc, bool rtcp);

/* ---- rtp_receive.c ---- */

void session_rtp(struct rtp_session *s, const struct rtp_in *x);
void session_rtcp(struct rtp_session *s, const struct rtp_in *x);
/* The clock rate of a payload type; 0: it is not understood. */
uint32_t session_clock(const struct rtp_session *s, uint8_t payload_type);

/* ---- rtp_report.c ---- */

void session_send_report(struct rtp_session *s, const struct rtp_in *x);
/* A compound with BYE for `ssrc`, at once. */
void session_send_bye(struct rtp_session *s, const struct rtp_in *x, uint32_t ssrc,
                      struct span reason);
/* A BYE when it may be sent: 6.3.7; `token` is answered then. */
void session_leave(struct rtp_session *s, const struct rtp_in *x, struct span reason,
                   uint32_t token);
void session_rtcp_timer(struct rtp_session *s, const struct rtp_in *x);
/* Begin to schedule RTCP: 6.3.2. */
void session_join(struct rtp_session *s, const struct rtp_in *x);
/* Where RTCP goes; family 0: nobody knows. */
struct addr session_rtcp_to(const struct rtp_session *s);

/* ---- rtp_media.c ---- */

/* The timestamp of a sampling instant. */
uint32_t stream_ts(const struct rtp_stream *o, uint64_t us);
/* Send one packet of ours: drafted, deviated, encoded, counted. */
void session_put(struct rtp_session *s, const struct rtp_in *x, const char *where,
                 uint8_t payload_type, bool marker, uint32_t timestamp, struct span payload);
void session_start(struct rtp_session *s, const struct rtp_in *x, const struct rtp_args *a);
void session_stop(struct rtp_session *s);
void session_pause(struct rtp_session *s, bool paused, uint64_t now_us);
void session_payload(struct rtp_session *s, const struct rtp_args *a, uint64_t now_us);
void session_audio(struct rtp_session *s, const struct rtp_in *x);

/* ---- rtp_tone.c ---- */

const char *session_dtmf(struct rtp_session *s, const struct rtp_in *x, const struct rtp_args *a);
void session_tone_timer(struct rtp_session *s, const struct rtp_in *x);
/* A payload of telephone events has come. */
void session_tone(struct rtp_session *s, const struct rtp_in *x, const struct rtp_packet *r);
/* An event that ended without an end packet. */
void session_tone_lapse(struct rtp_session *s, const struct rtp_in *x);
uint64_t session_tone_due(const struct rtp_session *s);
/* The events of a payload, in memory of `mem`. */
struct rtp_event *rtp_tones(struct arena *mem, struct span payload, size_t *n);

/* ---- rtp_text.c ---- */

const char *session_text(struct rtp_session *s, const struct rtp_in *x, struct span text);
void session_text_timer(struct rtp_session *s, const struct rtp_in *x);
void session_text_in(struct rtp_session *s, const struct rtp_in *x, const struct rtp_packet *r);
void session_text_wait(struct rtp_session *s, const struct rtp_in *x);
struct rtp_generation *rtp_blocks(struct arena *mem, struct span payload, size_t *n);

/* ---- rtp_tester.c: what only rtp.session does ---- */

void tester_send(struct rtp_session *s, const struct rtp_in *x, const struct rtp_args *a);
void tester_rtcp(struct rtp_session *s, const struct rtp_in *x, const struct rtp_args *a);
void tester_stream(struct rtp_session *s, const struct rtp_in *x, const struct rtp_args *a);
void tester_steps(struct rtp_session *s, const struct rtp_in *x);
uint64_t tester_due(const struct rtp_session *s);

extern const struct deviation rtp_sender_faults[RTP_SENDER_FAULTS],
    rtp_sender_variants[RTP_SENDER_VARIANTS], rtp_receiver_faults[RTP_RECEIVER_FAULTS],
    rtp_receiver_variants[RTP_RECEIVER_VARIANTS];
#endif
