/* harness/replay/packet.h - a UDP datagram or TCP segment in a window, as small as can be: what the way from
 * frames to flows carries. */
#ifndef HARNESS_REPLAY_PACKET_H
#define HARNESS_REPLAY_PACKET_H
#include "harness/replay/capfile.h"

enum packet_flag {
    PACKET_SIX = 1,         /* IPv6 */
    PACKET_TCP = 2,         /* else UDP */
    PACKET_QUOTED = 4,      /* in an ICMP error */
    PACKET_REASSEMBLED = 8, /* `aside` has the frames */
    PACKET_SWAPPED =
        16,            /* src is the upper of the two transport addresses: the flow's second side */
    PACKET_WHOLE = 32, /* of a stream: nothing is missing in either direction so far */
};
struct packet { /* 64 octets; pointers look into the window, or into its aside */
    uint64_t time_ns;
    const uint8_t *p;   /* payload */
    const uint8_t *ips; /* source, then destination */
    uint32_t n;         /* octets of payload that are there */
    uint32_t missing;   /* octets of it that are not */
    uint32_t frame;
    uint32_t hash; /* the same in both directions, and of the ports beside (RTCP to its RTP) */
    uint32_t flow; /* its place in the table */
    uint32_t
        aside; /* 1 + the place in the window's list of frames; 0: it came in its frame alone */
    uint16_t sport, dport;
    uint16_t path; /* of layers, see quick_path */
    uint8_t flags;
    uint8_t head;     /* TCP: octets of its header, which stands before p */
    uint8_t protocol; /* what it is, see engine_impl.h */
    uint8_t spare[3];
};
_Static_assert(sizeof(struct packet) == 64, "a packet is a cache line");

enum { QUICK_LINKS = 8, QUICK_VLANS = 4, QUICK_PATHS = QUICK_LINKS * (QUICK_VLANS + 1) * 4 };
enum quick { QUICK_NO, QUICK_PACKET, QUICK_NOTHING };

/* The way down for what is in order: Ethernet with VLAN tags, Linux cooked, null, loop or raw, IPv4 or IPv6
 * without fragments and extensions, UDP or TCP, lengths that hold. QUICK_PACKET: `k` is filled but for
 * flow, aside and protocol. QUICK_NOTHING: no IP, no problem either. QUICK_NO: layers_frame has to look. It
 * keeps no state: threads may share a window. */
enum quick quick_packet(const struct capfile_frame *f, struct packet *k);
/* The path of a packet that quick_packet filled in, "eth/vlan/ip/udp"; id below QUICK_PATHS. */
void quick_path(uint16_t id, struct wr *w);
/* Fill in hash and PACKET_SWAPPED from addresses, ports and flags. */
void packet_hash(struct packet *k);
#endif
