/* harness/core/impair.h - what a bad network does to what passes through it, in one direction: the
 * one model behind the simulated network and the live relay. No clock, no socket: a decision is a
 * function of the specification, the seed, and what has passed before. */
#ifndef HARNESS_CORE_IMPAIR_H
#define HARNESS_CORE_IMPAIR_H
#include "harness/core/endpoint.h"

enum {
    IMPAIR_PPM = 1000000,           /* chances are parts of a million */
    IMPAIR_DROPS = 16,              /* ranges of numbers that are dropped */
    IMPAIR_DELAY_MAX_US = 60000000, /* of delay, jitter and reordering, a minute each */
    IMPAIR_QUEUE = 65536,           /* octets that wait for `rate`, unless told */
};
struct impair_spec {              /* all zero: nothing happens */
    uint64_t delay_us, jitter_us; /* each datagram: delay + 0 to jitter, even */
    uint32_t loss_ppm, duplicate_ppm, reorder_ppm, corrupt_ppm;
    uint64_t reorder_us; /* how much later a reordered datagram arrives */
    /* Losses in bursts (Gilbert): chances to enter and to leave, at each datagram, the state in
     * which all is lost. */
    uint32_t burst_enter_ppm, burst_leave_ppm;
    uint64_t rate_bps; /* bits a second; 0: no limit */
    uint32_t
        queue;    /* octets that wait for the rate at most, what is more is lost; 0: IMPAIR_QUEUE */
    uint32_t mtu; /* octets of an IP packet; larger ones are lost */
    uint32_t segment; /* streams: octets in a segment at most; 0: as sent */
    struct {
        uint64_t from, to; /* numbers from 1, both included; 0: unused */
    } drops[IMPAIR_DROPS]; /* datagrams that are lost, whatever chance says */
};
struct impair_error {
    char why[128]; /* one sentence without a stop */
};
/* Read a specification, `delay=20ms~5ms,loss=1%,drop=1+3-5`:
 *
 *   delay=TIME[~JITTER]    us, ms or s                rate=N[k|m|g]bit    a second
 *   loss=CHANCE            % or ppm                   queue=OCTETS[k|m]   that wait for the rate
 *   burst=ENTER/LEAVE      chances                    mtu=OCTETS          of an IP packet
 *   dup=CHANCE                                        split=OCTETS        of a stream's segment
 *   reorder=CHANCE[/TIME]  (10 ms later)              drop=N[-M][+...]    by number, from 1
 *   corrupt=CHANCE         one bit turned
 *
 * False: `e` says what is wrong and at which character. Nothing is kept of a wrong one. */
bool impair_parse(struct span text, struct impair_spec *spec, struct impair_error *e);

struct impair {
    struct impair_spec spec;
    uint64_t rng[2];
    uint64_t number; /* of the last datagram */
    uint64_t free_us,
        last_us;        /* when the line has sent all that waits; when a stream's last leave */
    uint64_t disturbed; /* datagrams lost, doubled, reordered or corrupted */
    bool burst;
};
void impair_init(struct impair *im, const struct impair_spec *spec, uint64_t seed);

enum impair_loss { IMPAIR_KEPT, IMPAIR_DROPPED, IMPAIR_LOST, IMPAIR_TOO_LARGE, IMPAIR_QUEUE_FULL };
struct impair_fate { /* of one datagram */
    enum impair_loss loss;
    bool reordered, corrupted, doubled;
    uint64_t at_us[2]; /* when it leaves, and when its double does */
    uint64_t bit;      /* corrupted: the bit that is turned, from the first octet's highest */
};
/* Decide on the next datagram of `n` octets, which comes at `now_us`. `packet`: octets of the IP
 * packet around it, to hold against the mtu; 0: it may be fragmented. */
struct impair_fate impair_datagram(struct impair *im, uint64_t now_us, size_t n, size_t packet);
/* When the next `n` octets of a stream leave: delay, jitter and rate, never out of order. */
uint64_t impair_stream(struct impair *im, uint64_t now_us, size_t n);
/* Turn the bit that `fate` names, where it names one. */
void impair_corrupt(const struct impair_fate *fate, uint8_t *p, size_t n);
#endif
