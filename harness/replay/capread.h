/* harness/replay/capread.h - what is found below the protocols of a capture: limits, datagrams, problems, counts.
 *
 * Below the datagram and the segment: Ethernet, VLAN, Linux cooked v1 and v2, null and loop, raw IP, PPP, PPPoE, GRE,
 * IP in IP, IPv4 and IPv6 with extension headers and fragments, UDP, TCP, and what ICMP errors quote.
 *
 * A length that lies is a problem, told with its frame and octet; nothing past the frame is read. */
#ifndef HARNESS_REPLAY_CAPREAD_H
#define HARNESS_REPLAY_CAPREAD_H
#include "codecs/base/field.h"

enum {
    CAPREAD_FRAME_MAX = 262144,    /* octets in a frame; a longer one is damage */
    CAPREAD_BLOCK_MAX = 1 << 20,   /* octets in a pcapng block that is read; others may be longer */
    CAPREAD_INTERFACES_MAX = 1024, /* in a section; more is an error */
    CAPREAD_VLANS_MAX = 4,         /* tags on a frame */
    CAPREAD_NESTED_MAX = 4,        /* IP headers in a frame: tunnels and quotes */
    CAPREAD_EXTENSIONS_MAX = 16,   /* IPv6 extension headers in a packet */
    CAPREAD_PROBLEMS_MAX = 8,      /* told of one frame; more are only counted */
    CAPREAD_LAYERS_MAX = 160,      /* octets in a path of layers with its NUL */
};
enum capread_item { CAPREAD_END, CAPREAD_DATAGRAM, CAPREAD_ERROR, CAPREAD_MORE }; /* of capfile.h */

struct capread_datagram { /* lives until the next call */
    uint32_t
        frame; /* as Wireshark counts, from 1; of a reassembled one the frame that completed it */
    uint64_t time_ns; /* since 1970; 0 where the file has no time */
    struct addr src, dst;
    const char *layers; /* "eth/ip/udp"; IPv6 is ip6 */
    struct span payload;
    size_t missing;   /* octets of the payload that the capture left out or that are not there */
    size_t frame_off; /* where the payload starts in the frame; 0 where reassembled */
    bool quoted;      /* in an ICMP error: src and dst are of the datagram that was lost */
    bool reassembled;
    const uint32_t *frames; /* all that it came in; n_frames at least 1 */
    size_t n_frames;
};
enum capread_of { CAPREAD_FRAME, CAPREAD_SECTION, CAPREAD_INTERFACE };
struct capread_comment { /* opt_comment of pcapng */
    enum capread_of of;
    uint32_t section;   /* its number, from 1 on */
    uint32_t interface; /* in the section, from 0 on, where it is of one */
    uint32_t frame;     /* of the frame; else of the first one behind the comment */
    struct span
        text; /* as it stands there, mostly UTF-8; lives as long as the octets of frames of this window */
};
struct capread_problem {
    uint32_t frame;
    uint64_t off;     /* octet in the frame; of a stream: in the stream from src to dst */
    const char *what; /* a static format for finding_words */
    uint64_t arg[2];
    bool stream; /* of a TCP connection; src and dst are set */
    struct addr src, dst;
};
struct capread_counts {
    uint64_t frames, octets;    /* as captured */
    uint64_t datagrams, quoted; /* UDP that was delivered, and apart what ICMP quotes */
    uint64_t tcp, icmp, other;  /* packets; other: neither UDP, TCP nor ICMP */
    uint64_t fragments, reassembled, abandoned; /* abandoned: datagrams that never came whole */
    uint64_t not_ip;                            /* frames of another network protocol */
    uint64_t link_unknown;                      /* frames of a link type that is not read */
    uint64_t cut;                               /* frames that the capture cut short */
    uint64_t problems;
};
#endif
