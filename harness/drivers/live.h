/* harness/drivers/live.h - any number of parties on real sockets in real time: one thread, one
 * libuv loop. UDP is our own sockets in batches, TCP is libuv's, timers are a heap of microseconds.
 */
#ifndef HARNESS_DRIVERS_LIVE_H
#define HARNESS_DRIVERS_LIVE_H
#include "harness/core/stack.h"

enum {
    LIVE_QUEUE_MAX = 4096,         /* datagrams that wait for one socket; more is a driver error */
    LIVE_PACED_MAX = 1 << 20,      /* sends held back by not_before_us; more is a driver error */
    LIVE_BACKLOG_MARK = 256 << 10, /* octets of a stream that wait: once over it and then below half
                                      of it again, IN_WRITABLE is given */
    LIVE_BACKLOG_MAX = 64 << 20,   /* more is a driver error */
};
struct live_options { /* all zero: no capture, no spinning, no GSO, any address */
    /* The caller's; told of every datagram and stream. What passes between two parties of one
     * driver stands in it once, as received. NULL: none. */
    struct capture *capture;
    /* How long to poll without blocking after a send, and before a near deadline. */
    uint32_t spin_us;
    /* Join equal datagrams to one remote on send (UDP_SEGMENT), take joined ones (UDP_GRO). The
     * endpoints do not see it, but one ICMP error may stand for all that were joined. */
    bool gso;
    /* Where flows bind whose own address, and whose party's host, say any; family 0: any. Ports are
     * ignored. */
    struct addr bind4, bind6;
};
struct live_counts {
    uint64_t received, sent;  /* datagrams */
    uint64_t receives, sends; /* system calls that moved any */
    uint64_t refused; /* datagrams that the system would not send; each but those that a full device
                         queue lost came back as IN_ICMP */
    uint64_t dropped; /* datagrams over LIVE_QUEUE_MAX, or without a remote */
};
/* NULL: `err` says why in one sentence. Time 0 of the run is now. Ignores SIGPIPE and raises the
 * soft limit of open files to the hard one, both for the process.
 *
 * Beyond what the headers of core say:
 * - A datagram binding with a remote and no address of its own binds to the one that the route to
 *   the remote gives, so that IN_OPENED tells it. IPv6 is IPv6 only.
 * - A datagram that the system refuses comes back as IN_ICMP with the error that a router would
 *   have sent: 3/0 (no route), 3/4 (too large with dont_fragment), 3/13 (forbidden); in IPv6 1/0,
 *   2/0, 1/1. pkt.frame is 0: nothing was on the wire.
 * - A stream may be opened from the address that a flow of the same party listens on.
 * - A stream whose two directions have both ended gets IN_CLOSED with CLOSE_DONE.
 * - OUT_CLOSE sends what waits, then FIN, even where octets of the peer's are unread.
 * - not_before_us delays that send only; later ones on the flow overtake it. OUT_CLOSE drops it.
 * - remove may be called from an event handler; streams of the party end with FIN. */
struct driver *live_new(const struct live_options *o, const char **err);
const struct live_counts *live_counts(const struct driver *d);
#endif
