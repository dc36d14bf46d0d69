/* harness/endpoints/turn/turn_client.h - what turn.client is asked and what it tells, as records: for who drives it
 * without a script. */
#ifndef HARNESS_ENDPOINTS_TURN_TURN_CLIENT_H
#define HARNESS_ENDPOINTS_TURN_TURN_CLIENT_H
#include "harness/endpoints/turn/turn.h"

enum { TURN_SESSIONS = 4 }; /* allocations of one client at once; one more fails */

struct turn_client_peer {
    struct addr at;
};
struct turn_client_args { /* of all verbs; spans live until the command returns */
    struct addr to, peer; /* to: the server; family 0: the configured one */
    struct span transport, uri;
    struct span data;
    struct turn_client_peer *peers;
    size_t n_peers;
    uint32_t connection; /* of a TCP allocation: as an event named it */
    uint32_t allocation; /* as an event named it; 0: the one that was made last */
    uint32_t family, lifetime;
    struct span token; /* RESERVATION-TOKEN */
    bool even_port, pair, dont_fragment, indication;
    bool tcp;            /* a TCP allocation (RFC 6062), to `connect` by; over TCP or TLS only */
    bool mobility;       /* a ticket is asked for, to `move` by */
    uint64_t timeout_us; /* receive: 0: 5 s */
};
enum turn_client_kind {
    TURN_C_SUCCESS,
    TURN_C_ERROR, /* code: of the error response */
    TURN_C_TIMEOUT,
    TURN_C_FAILED, /* why */
    TURN_C_ICMP,
    TURN_C_GONE,     /* the allocation, unasked */
    TURN_C_ACCEPTED, /* received: a peer has connected */
    TURN_C_ENDED,    /* received: a data connection was closed by the other side, why */
};
struct turn_client_event { /* "answer" to a command, or "gone" */
    uint8_t kind;          /* enum turn_client_kind */
    uint32_t allocation, lifetime, code, channel, connection, frame;
    struct span token;
    struct addr relayed, relayed6, mapped, local, server, peer;
    struct span data;
    uint32_t icmp_data;
    const char *why;
    uint64_t time_us;
};
#endif
