/* harness/endpoints/echo/echo.h - toys that prove the contracts of endpoint.h, and tools for trying
 * a network: what sends back, what asks, what relays, what sends at a rate, and a toy framing.
 *
 * echo.server: sends back what comes; a stream that ends is closed.
 *   events: `listening`, `closed` (it could not listen), and of streams `accepted`, `ended`
 * echo.client: opens one flow at once.
 *   `echo`   sends octets and waits for as many (streams) or the same (datagrams); answered by an
 *            event `echo` with the octets that came, or with `why` where none will
 *   `close`  ends the flow; answered by `closed`
 *   events: `opened`, `stray` (octets that nobody waits for), `ended` (the peer sends no more),
 *   `closed`
 * echo.relay: datagrams of each client go to the peer from a socket of the client's own, and what
 * the peer sends there goes back to the client: what TURN needs. events: `listening`, `client` (a
 * socket is open), `quota` (no room for one more), `gone` (a client was idle), `closed` (it could
 * not listen) pace.sender: datagrams on an exact grid of time, held back by not_before_us; each
 * begins with its number (4 octets) and the time that it is meant to leave at (8 octets, us of the
 * run). events: `opened`, `done` (at the time of the last one), `closed` echo.lines: the layer
 * "lines": each frame is a length of two octets and as many octets. A frame is one delivery above,
 * however the stream was cut. */
#ifndef HARNESS_ENDPOINTS_ECHO_ECHO_H
#define HARNESS_ENDPOINTS_ECHO_ECHO_H
#include "harness/core/endpoint.h"

enum {
    ECHO_MAX = 4096,      /* octets of one `echo`; more are answered with `why` */
    ECHO_PENDING = 16,    /* that a client waits for at once */
    ECHO_STACK = 64,      /* octets of a configured stack, with the NUL */
    RELAY_CLIENTS = 32,   /* that a relay keeps */
    RELAY_IDLE_S = 60,    /* until a silent client is forgotten, unless told */
    PACE_BATCH = 32,      /* datagrams that are held back by the driver at most */
    PACE_SIZE_MAX = 1472, /* octets of one; more are cut to that */
    LINES_MAX = 16384, /* octets in a frame; longer sends become several, longer lengths an end */
};
struct echo_config {        /* of server and client */
    struct addr listen, to; /* the server's, the client's */
    struct span stack;      /* "udp" where empty */
};
struct relay_config {
    struct addr listen, to;
    uint64_t idle_us; /* 0: RELAY_IDLE_S */
};
struct pace_config {
    struct addr to;
    uint64_t count, interval_us; /* 0: for ever, 20 ms */
    uint32_t size;               /* octets, 0: 172, as RTP with 20 ms of G.711 */
};
struct echo_args { /* of `echo` */
    struct span data;
};
struct echo_event { /* of all events here */
    struct span data;
    struct addr local, remote; /* family 0: not told */
    const char *why;           /* NULL: all is well */
    uint64_t time_us, n;       /* n: datagrams sent, clients kept */
};
extern const struct desc echo_event_desc, echo_args_desc, echo_server_config_desc,
    echo_client_config_desc, relay_config_desc, pace_config_desc;
extern const struct verb echo_client_verbs[2];
extern const struct endpoint_class echo_server_class, echo_client_class, echo_relay_class,
    pace_sender_class, echo_lines_class;

/* ---- inside harness/endpoints/echo ---- */

/* An event with time and addresses filled in; NULL where the queue has no room. */
struct echo_event *echo_report(struct outq *q, const char *name, uint32_t token,
                               const struct input *in);
#endif
