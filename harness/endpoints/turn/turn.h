/* harness/endpoints/turn/turn.h - a TURN server (RFC 8656, RFC 6062), sans-IO.
 *
 * turn.server: UDP allocations for clients over UDP, TCP, TLS and DTLS: Allocate, Refresh, CreatePermission,
 *   ChannelBind, Send and Data indications, ChannelData, ICMP; IPv4 and IPv6, dual allocations,
 *   EVEN-PORT and RESERVATION-TOKEN, DONT-FRAGMENT. Binding is answered as well. Each relayed transport
 *   address is a flow of its own ("udp"), which the server opens and closes. Mobility (RFC 8016) where it is asked
 *   for.
 *
 *   With `tcp_relay` TCP allocations (RFC 6062) for clients over TCP and TLS: the relayed address is a flow that
 *   listens ("tcp"), each connection to a peer one that the server opens from that address, or accepts there.
 *   Octets pass between such a connection and the client's that is bound to it as they are; a side that cannot
 *   take more has the other one paused. When one side ends, or closes, the other one is closed.
 *
 *   A request is processed anew when it is retransmitted (RFC8656:5#a11), but Allocate, which is known by its
 *   transaction id. The answer to an Allocate request leaves when its sockets are bound.
 *
 *   Events: "listening" and "closed" (struct stun_event) about its own addresses, "refused" about streams
 *   that there is no room for; "allocated" and "freed" (struct turn_event).
 *
 * turn.client: up to four allocations, of UDP or (RFC 6062) TCP, which are refreshed until they are released, with
 *   permissions, channels and data connections. Verbs: `allocate`, `permit`, `bind`, `send`, `receive`, `refresh`,
 *   `forget`, `release`, `move` (RFC 8016); of TCP allocations `connect` to a peer, `send` and `close` by the connection
 *   that its answer names. A connection of a peer that has a permission is taken; `receive` tells of it ("accepted"),
 *   of its octets, and of its end by the other side ("ended"). What `receive` does not fetch stops the reading of data
 *   connections.
 *
 * turn.peer: what cases speak through on the far side of a relay: UDP sockets or TCP connections. Verbs:
 *   `send`, `open` one more UDP socket at the same address, `connect` to an address by TCP, `listen` for
 *   connections at one more port, `close`, `shutdown`, `pause` and `resume` reading of a connection; in sim
 *   `icmp`: tell a UDP socket what became of its datagram, as a host or a router does. Events: "data", "icmp",
 *   "accepted", "eof", "closed". */
#ifndef HARNESS_ENDPOINTS_TURN_TURN_H
#define HARNESS_ENDPOINTS_TURN_TURN_H
#include "harness/endpoints/stun/stun.h"

enum {
    TURN_ALLOCATIONS = 16384, /* at once; one more is 508 */
    TURN_PEERS = 65536,       /* permissions and channels of all allocations; one more is 508 */
    TURN_PERMISSIONS = 256,   /* of one allocation; one more is 508 */
    TURN_CHANNELS = 512,      /* of one allocation; one more is 508 */
    TURN_RESERVED = 256,      /* ports that wait for their token at once; one more is 508 */
    TURN_RANGES = 16,         /* of denied addresses; more are not looked at */
    TURN_CONNECTIONS = 512,   /* streams of clients; for one more the oldest gives way that has not
                                 authenticated; else the new one is reset. Told as "refused" */
    /* connections to peers of all TCP allocations; for one more Connect is 508, and who connects is reset */
    TURN_DATA = 512,
    TURN_DATA_EACH = 64, /* the same of one allocation */
    /* octets of a peer that are held until its connection is bound. It is paused with the first ones; more is
     * its end: RFC6062:7#a1 */
    TURN_DATA_HELD = 65536,
    TURN_AT_ONCE = 256,   /* allocations that end by one timer; more end by the next, at once */
    TURN_PORT_TRIES = 64, /* ports that are tried for one relayed address */
    TURN_TICKET = 32,     /* octets of a MOBILITY-TICKET that the server gives */
    TURN_EARLY = 16384,   /* octets that wait for a layer's allocation; a datagram more is lost */
    TURN_CHANNEL_FIRST = 0x4000,
    TURN_CHANNEL_LAST = 0x4fff,
    TURN_CHANNEL_LAST_5766 = 0x7ffe,
    TURN_PORT_FIRST = 49152, /* RFC8656:7.2#11 */
    TURN_PORT_LAST = 65535,
};
enum { /* seconds */
       TURN_LIFETIME = 600,
       TURN_LIFETIME_MAX = 3600, /* that is granted: RFC8656:7.2#14 */
       TURN_PERMISSION_LIFETIME = 300,
       TURN_CHANNEL_LIFETIME = 600,
       TURN_RESERVATION_LIFETIME = 30,
       TURN_CONNECT_WAIT = 30, /* for a peer to answer: RFC6062:5.2#8 */
       TURN_BIND_WAIT = 30,    /* for ConnectionBind: RFC6062:5.2#12, 5.3#5 */
       TURN_OLD_TICKET =
           40, /* that a retransmission of what moved is known; at least 30: RFC8016:3.2.2#a9 */
};

struct
    turn_range { /* of addresses of peers: those that begin with the first `bits` bits of `from` */
    struct addr from;
    uint32_t bits; /* 0: all of the address */
};
struct turn_server_config {
    struct addr listen; /* family 0: any address of the host; port 0: 3478 */
    /* TLS and DTLS are served there; port 0: 5349. Family 0: they are not. Where `listen` is not given
     * then UDP and TCP are not served. */
    struct addr listen_tls;
    bool open;           /* nobody is asked for credentials: RFC8656:7.2#1 */
    bool no_udp, no_tcp; /* both are served unless told */
    bool fingerprint;    /* every message carries FINGERPRINT */
    bool tcp_relay;      /* TCP allocations; else REQUESTED-TRANSPORT 6 is 442 */
    bool rfc5766;        /* channels up to 0x7ffe, as clients of RFC 5766 bind them */
    bool rfc5389;        /* no nonce cookie and no PASSWORD-ALGORITHMS */
    bool no_algorithms;
    /* Allocations may move (RFC 8016), or: it is known, and forbidden (405). Neither: MOBILITY-TICKET is ignored, as it
     * is where `open` is set (RFC8016:5#4). One that has a ticket outlives the stream of its client. */
    bool mobility, mobility_forbidden;
    struct span realm, software; /* empty: "interop.test", "rtclab 0.1" */
    struct stun_user *users;     /* none: {"alice", "alice-secret"}, {"bob", "bob-secret"} */
    size_t n_users;
    uint64_t nonce_us; /* lifetime of a nonce; 0: 600 s */
    /* Where relayed addresses are; the port does not count. `relay` of family 0: the address that the
     * request came to, where that is IPv4 and known; else the host's own choice. `relay6` of family
     * 0: there are none of IPv6, unless `ip6`, which is as for IPv4. */
    struct addr relay, relay6;
    bool ip6, no_ip4;
    uint32_t port_first, port_last;          /* of relayed addresses; 0: 49152, 65535 */
    uint32_t default_lifetime, max_lifetime; /* s; 0: 600, 3600 */
    uint32_t quota;            /* allocations of one user name at most; 0: as many as there are */
    struct turn_range *denied; /* peers that are 403, or discarded */
    size_t n_denied;
    struct addr deny; /* one more of them, its port not looked at; family 0: none */
    /* where Allocate requests are sent, by their family; family 0: served here */
    struct addr alternate, alternate6;
    uint32_t stream_quota; /* streams of one address at most; 0: as many as there are */
    uint64_t half_us;      /* a stream is closed when a message takes longer to come; 0: 30 s */
    uint32_t fail_at; /* the stream that is refused as if there were no room, from 1; 0: none */
};
struct turn_event {
    struct addr from, local; /* the 5-tuple, with `transport` */
    struct addr relayed, relayed6;
    struct span username;
    const char *transport; /* "udp", "tcp"; TLS and DTLS show as what carries them */
    const char *why;       /* freed: "expired", "deleted", "closed" (its stream) */
    uint64_t time_us;
    uint32_t lifetime; /* s */
};
struct turn_client_config {
    struct addr server; /* where an allocation is asked for that names none; port 0: 3478 or 5349 */
    struct span transport; /* "udp" (also where empty), "tcp", or a stack such as "tcp/tls" */
    struct span username, password, software; /* empty: "alice", "alice-secret", "rtclab 0.1" */
    bool fingerprint;                         /* every message carries FINGERPRINT */
    bool send_only;                           /* no channels */
    uint64_t rto_us, ti_us;                   /* 0: 500 ms, 39.5 s */
    uint32_t rc, rm;                          /* 0: 7, 16 */
};
/* Options of a flow's layer "turn": any record whose table has fields of these names. The flow below goes to the TURN
 * server; what the layer provides is a flow of datagrams at the relayed address, which IN_OPENED has as pkt.local. Each peer
 * that something is sent to gets a channel; others are heard only where `permit` names them. What is sent before the
 * allocation is there waits, TURN_EARLY octets at most. It is closed when there is no allocation, or none any more;
 * closing it deletes the allocation. ICMP about peers is not passed on. */
struct turn_options {
    struct span username, password; /* empty: "alice", "alice-secret" */
    struct addr permit;             /* a peer that may send first; family 0: none */
    uint64_t family;                /* 4, 6: of the relayed address; 0: the server's choice, IPv4 */
    bool send_only;                 /* by Send indications, without channels */
};
struct turn_peer_config {
    struct addr listen; /* family 0: any address of the host; port 0: the system's choice */
    bool tcp;           /* it listens for connections there; else it is a UDP socket */
};
extern const struct desc turn_server_config_desc, turn_client_config_desc, turn_event_desc;
extern const struct desc turn_options_desc;
extern const struct endpoint_class turn_server_class, turn_client_class, turn_layer_class,
    turn_peer_class;
#endif
