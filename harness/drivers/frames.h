/* harness/drivers/frames.h - IP packets made for data that passed without them: headers, checksums,
 * and the sequence numbers of TCP connections. pcapng.c writes what this makes. */
#ifndef HARNESS_DRIVERS_FRAMES_H
#define HARNESS_DRIVERS_FRAMES_H
#include "harness/core/capture.h"

enum {
    FRAMES_PACKET_MAX = 65535 + 40, /* octets in an IPv6 packet */
    FRAMES_SEGMENT_MAX = 1460,      /* data in a TCP segment */
    FRAMES_UNACKED_MAX = 16384,     /* data in flight before the receiver acknowledges */
    FRAMES_QUOTE4 = 576 - 28,  /* what an ICMP error quotes at most, RFC 1812 section 4.3.2.3 */
    FRAMES_QUOTE6 = 1280 - 48, /* RFC 4443 section 3.1 */
};
struct frames_out { /* called before a packet is made in `w`, and after: returns its number */
    void (*before)(void *ctx);
    uint32_t (*after)(void *ctx, uint64_t now_us);
    void *ctx;
};
struct frames_lost { /* the datagram that an ICMP error is about */
    const struct addr *from, *to;
    struct span data;
};
struct frames_conn {
    struct addr end[2]; /* 0 is who opened, or was seen first */
    uint32_t seq[2];    /* next to be sent by each end */
    uint32_t acked[2];  /* by the other end, as far as it has said so in a packet */
    bool used, started, open, data, fin[2];
};
struct frames {
    struct wr w; /* the packet made last */
    struct frames_out out;
    uint8_t *quote;            /* room to make the packet that an error quotes */
    uint16_t id;               /* IPv4 identification */
    struct frames_conn *conns; /* open addressing, a power of two */
    size_t n_conns, cap_conns;
    uint32_t opened; /* connections so far, for initial sequence numbers */
    uint32_t last;   /* number of the packet made last */
    bool failed;     /* out of memory */
};
/* False: no memory; frames_free is still to be called. */
bool frames_init(struct frames *f, struct frames_out out);
void frames_free(struct frames *f);
/* Each makes packets, calls `out` for each, and returns the number of the last that carries what
 * was asked for (an acknowledgement that follows by itself does not count); where nothing had to be
 * made, the number of the last packet so far.
 *
 * `cut` gets how many octets do not fit the length field of IP. */
uint32_t frames_datagram(struct frames *f, uint64_t now_us, const struct addr *from,
                         const struct addr *to, struct span data, size_t *cut);
/* `flags` are of enum capture_flag. CAPTURE_SYN by whoever connects makes the whole handshake;
 * together with CAPTURE_RST a refused one. A second CAPTURE_SYN before any data, as from the end
 * that accepts, changes nothing. Data of a connection that no CAPTURE_SYN opened starts
 * mid-stream. Data goes out before CAPTURE_FIN and CAPTURE_RST. Once both ends have
 * sent FIN or one RST, only CAPTURE_SYN and data make packets. */
uint32_t frames_stream(struct frames *f, uint64_t now_us, const struct addr *from,
                       const struct addr *to, unsigned flags, struct span data);
uint32_t frames_icmp(struct frames *f, uint64_t now_us, const struct addr *from,
                     const struct addr *to, uint16_t type_code, const struct frames_lost *lost);
#endif
