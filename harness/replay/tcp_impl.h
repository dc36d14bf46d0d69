/* harness/replay/tcp_impl.h - what the two parts of reassembly share: tcp.c, what segments mean; tcp_held.c, what is held,
 * delivered and given up. Sequence numbers are compared modulo 2^32 (RFC 9293 section 3.4); what stands in `next` is
 * expected, `held` lies behind it, sorted, each octet once. */
#ifndef HARNESS_REPLAY_TCP_IMPL_H
#define HARNESS_REPLAY_TCP_IMPL_H
#include <stdlib.h>
#include "harness/replay/tcp.h"

enum { NOTES = TCP_FULL + 1, SAMPLES = 4, SAMPLE = 8 };

struct piece { /* octets that came early */
    struct piece *next;
    uint64_t time_ns;
    uint32_t seq, n, missing, frame; /* missing: behind the n octets, left out by the capture */
    uint8_t octets[];
};
struct remembered { /* of a run that was passed on: a few of its octets, evenly spread */
    uint32_t seq, n, frame;
    uint8_t samples[SAMPLES][SAMPLE];
};
struct dir {
    uint32_t next, base, isn; /* base: of the first octet */
    uint32_t acked, fin, asked_isn, stray_next;
    uint64_t off, gap; /* of `next` in the stream; octets right before it that are not there */
    struct piece *held, *tail;
    size_t octets, pieces;   /* held */
    uint64_t acked_ns;       /* when the gap was acknowledged */
    unsigned waited, strays; /* early segments since then; strays in a row */
    bool started, syn, plain_syn, has_acked, fin_seen, ended, reset, ignored;
    bool asked, asked_plain; /* a SYN with asked_isn has come, of another connection perhaps */
    bool gap_acked, window_zero, cut_told;
    uint8_t told[NOTES], seen_at, seen_cap;
    struct remembered *seen; /* seen_cap of them, TCP_REMEMBERED at most */
};
struct tcp {
    struct tcp_pool *pool;
    void *user;
    struct tcp *before, *after; /* in the pool's list, while octets are held */
    bool holds, asked;
    struct dir dir[2];
};
struct at { /* the segment that all this happens at */
    uint32_t frame;
    uint64_t ns;
};

static inline int32_t apart(uint32_t a, uint32_t b) /* how far a is behind b in the stream */
{
    return (int32_t)(a - b);
}

static inline unsigned side_of(const struct tcp *t, const struct dir *d)
{
    return d == &t->dir[1];
}

/* ---- tcp_held.c ---- */

void tcp_note(struct tcp *t, struct dir *d, struct at at, struct tcp_note n);
/* The frame of what `data` at `seq` differs from, of what was passed on; 0: from nothing that is remembered. */
uint32_t tcp_differs(const struct dir *d, uint32_t seq, struct span data);
/* Tell that octets at `seq` differ from those of `frame`. */
void tcp_tell_differs(struct tcp *t, struct dir *d, struct at at, uint32_t frame, uint32_t seq);
void tcp_tell_gap(struct tcp *t, struct dir *d, uint32_t n, struct at at);
/* Octets at `next`, to the sink. */
void tcp_deliver(struct tcp *t, struct dir *d, struct span data, uint32_t frame, uint64_t ns,
                 struct at at);
/* The stream goes on `n` octets farther. */
void tcp_skip(struct dir *d, uint32_t n);
/* Forget the first piece that is held. */
void tcp_unhold(struct tcp *t, struct dir *d);
/* Put the connection in the pool's list, or take it off, as it holds octets or not; `again`: behind all others. */
void tcp_list(struct tcp *t, bool again);
/* Deliver what is held at `next`; then see whether that is the end. */
void tcp_drain(struct tcp *t, struct dir *d, struct at at);
/* The stream goes on with the first octets that are held. */
void tcp_go_on(struct tcp *t, struct dir *d, struct at at);
/* Hold octets that came early, within the limits. */
void tcp_hold(struct tcp *t, struct dir *d, uint32_t seq, struct span data, uint32_t missing,
              struct at at);
/* Octets that begin at `next`, where some are held that may be among them. */
void tcp_fill(struct tcp *t, struct dir *d, struct span data, uint32_t missing, struct at at);
#endif
