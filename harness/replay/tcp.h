/* harness/replay/tcp.h - the octets of a TCP connection in order, out of segments as a capture has them (RFC 9293).
 *
 * A capture may miss frames, hold them twice or in another order, see one direction only, begin in the middle of a
 * connection and cut frames short. So what is told here is what the segments show, never what an end has done wrong.
 * Octets are delivered once, in order of their sequence numbers; of octets that came twice the first ones are kept.
 * What is in order is passed on without a copy; what is early is held, within limits; where a gap is not filled within
 * them, the stream goes on behind it and the gap is told.
 *
 * Octets that come again are compared with all of what is held, and with samples of what was passed on (of the last
 * TCP_REMEMBERED segments): a difference that is told is there, one that is not told may be there too.
 *
 * Checksums are not looked at: where a capture was made on the sender, the network card fills them in later. */
#ifndef HARNESS_REPLAY_TCP_H
#define HARNESS_REPLAY_TCP_H
#include "codecs/base/base.h"

enum {
    TCP_HELD_MAX = 1 << 20, /* octets held of a direction */
    TCP_PIECES_MAX = 1024,  /* segments held of a direction */
    TCP_BUDGET = 64 << 20,  /* octets held of all connections of a pool, unless it says otherwise */
    TCP_REACH = 64 << 20,   /* octets around what is expected; segments farther off are strays */
    TCP_STRAYS = 3,         /* strays, one behind another, until the stream goes on with them */
    TCP_ACKED_SEGMENTS = 64, /* early segments that wait for a gap once it is acknowledged */
    TCP_ACKED_MS = 200,    /* that the same gap stays open otherwise, by the time of the capture */
    TCP_WAIT_SECONDS = 60, /* that a gap stays open which is not acknowledged */
    TCP_REMEMBERED = 16,   /* segments of a direction, passed on, that copies are compared with */
    TCP_TOLD_MAX = 8,      /* notes of a kind and direction; more are only counted */
};
enum tcp_flag { TCP_FIN = 1, TCP_SYN = 2, TCP_RST = 4, TCP_PSH = 8, TCP_ACK = 16 };

struct tcp_segment {
    unsigned side; /* the sender: 0 or 1, as the caller tells the two ends apart */
    uint32_t seq, ack;
    uint8_t flags;    /* enum tcp_flag; others are passed over */
    uint16_t window;  /* as it stands in the header */
    struct span data; /* what is there of the payload; borrowed until the call returns */
    uint32_t missing; /* octets of the payload behind `data` that the capture left out */
    uint32_t frame;
    uint64_t time_ns;
};
struct tcp_octets { /* a run of octets in order; lives until the callback returns */
    unsigned side;
    struct span data;   /* at least one octet */
    uint64_t off;       /* of its first octet in the direction's stream, gaps included */
    uint64_t gap;       /* octets right before it that are not there */
    uint32_t frame;     /* that it came in */
    uint64_t time_ns;   /* of that frame */
    uint32_t now_frame; /* that made it available: `frame`, or one that filled or ended a gap */
    uint64_t now_ns;
};
/* TCP_ENDED: off is how many octets the direction has, arg[0] how many of them, right before the end, are not there.
 * TCP_ANEW: all state is as after tcp_new; what was held of the former connection is delivered before.
 * TCP_CUT: told once a direction, then only counted. TCP_DIFFERS: arg[0] is the frame of the first octets. */
enum tcp_note_kind {
    TCP_OPENED,      /* the first SYN of a side */
    TCP_BOTH_OPENED, /* both ends sent a SYN without ACK: a simultaneous open */
    TCP_MIDSTREAM,   /* a direction's octets begin, and its SYN was not seen */
    TCP_ENDED,       /* FIN, and all that stands before it is delivered or given up */
    TCP_RESET,       /* the first RST of a side */
    TCP_ANEW,        /* another connection of the same two addresses begins */
    TCP_GAP,         /* octets that never came: arg[0] of them */
    TCP_CUT,         /* octets that the capture left out: arg[0] of them */
    TCP_DIFFERS,     /* the same sequence numbers, other octets */
    TCP_STRAY,       /* a segment far off, passed over */
    TCP_BEHIND_FIN,  /* octets behind the end that a FIN has set, passed over */
    TCP_FIN_MOVED,   /* a FIN at another place than one before; the first counts */
    TCP_FULL,        /* a limit was reached: arg[0] octets are held, the stream goes on with them */
};
struct tcp_note {
    enum tcp_note_kind kind;
    unsigned side;
    uint32_t frame; /* that showed it */
    uint64_t time_ns;
    uint64_t off;     /* place in the direction's stream */
    const char *what; /* a static format for finding_words; NULL: it is nothing odd */
    uint64_t arg[2];
};
/* Who gets what comes out; called with the `user` of the connection that it is about. Neither function may call into
 * the connection, but for tcp_ignore. */
struct tcp_sink {
    void (*octets)(void *user, const struct tcp_octets *o);
    void (*note)(void *user, const struct tcp_note *n); /* NULL: nobody wants to know */
};
struct tcp_counts {
    uint64_t segments, octets;        /* octets: delivered */
    uint64_t out_of_order;            /* segments with octets that came early */
    uint64_t retransmitted, overlaps; /* segments all of whose octets, or some, were there */
    uint64_t differing;               /* of these, with other octets */
    uint64_t gaps, gap_octets;        /* that the stream went on behind */
    uint64_t cut_octets;              /* that the capture left out */
    uint64_t keep_alives, zero_windows, zero_window_probes;
    uint64_t strays, behind_fin;
    uint64_t resets, midstream, anew, simultaneous;
    uint64_t full; /* times that a limit was reached */
};
struct tcp;
/* What connections share; for one thread. All zero but for `sink` is a good one; nothing to free. */
struct tcp_pool {
    struct tcp_sink sink;
    size_t limit; /* octets held at once; 0: TCP_BUDGET. Beyond it see tcp_segment */
    size_t used;  /* octets held now, with what it takes to hold them */
    struct tcp_counts counts;
    struct tcp *first, *last; /* connections that hold octets, by when they began to */
};

/* A connection of which nothing was seen. NULL: no memory. */
struct tcp *tcp_new(struct tcp_pool *pool, void *user);
/* Forget it; what it holds is not delivered. NULL is fine. */
void tcp_free(struct tcp *t);
/* Take the next segment, in the order of the capture; what becomes available goes to the sink. Never fails: without
 * memory early octets are given up like those beyond a limit.
 *
 * A SYN with another initial sequence number is the same two addresses used again: at once where the connection had
 * ended (FIN or RST of any side), else when a segment bears it out (an attacker may send a SYN, RFC 9293 section
 * 3.10.7.4). The sink gets TCP_ANEW.
 *
 * Where the limit of the pool is passed, the connection whose gap is open longest goes on behind it: that may be
 * another one than `t`, whose sink is called then, though never from within a sink. */
void tcp_segment(struct tcp *t, const struct tcp_segment *s);
/* Nothing more will come (the end of the capture, or the caller forgets the flow): deliver what is held, behind its
 * gaps. Then tcp_free. */
void tcp_end(struct tcp *t, uint32_t frame, uint64_t time_ns);
/* Nobody wants the octets of a side: none is held or delivered from now on, and gaps and copies are not told;
 * SYN, FIN and RST are. TCP_ANEW undoes it. */
void tcp_ignore(struct tcp *t, unsigned side);
/* Whether octets may still come: false once both sides have TCP_ENDED, or one was reset. */
bool tcp_is_open(const struct tcp *t);
/* Whether both sides have TCP_ENDED. */
bool tcp_is_over(const struct tcp *t);
#endif
