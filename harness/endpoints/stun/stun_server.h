/* harness/endpoints/stun/stun_server.h - the server's state, inside harness/endpoints/stun only. */
#ifndef HARNESS_ENDPOINTS_STUN_STUN_SERVER_H
#define HARNESS_ENDPOINTS_STUN_STUN_SERVER_H
#include "harness/core/pool.h"
#include "harness/endpoints/stun/stun_endpoint.h"

struct stun_kept { /* a request that a manual server may still be told to answer */
    uint32_t id;
    flow_id flow;
    struct pkt pkt;
    uint16_t method;
    uint8_t id_n, transaction[16];
};
struct stun_reply_args {
    uint32_t id;
    uint16_t algorithm; /* which key signs: MD5 unless SHA-256 */
    struct span octets; /* instead of a message */
    uint64_t split;     /* streams: octets in a segment; 0: all in one */
    uint64_t after_us;  /* 0: at once */
    bool abort;         /* `hang_up`: by a reset */
    bool bare; /* streams: no messages follow, and what comes is told as "data": RFC6062:3#a3 */
    struct draft *message; /* class success, the request's method and id, unless given */
};
enum { /* flows that the server opens */
       STUN_FLOW_UDP = 1,
       STUN_FLOW_TCP,
       STUN_FLOW_OTHER,
       STUN_FLOW_TLS,
       STUN_FLOW_DTLS,
       STUN_FLOW_NAT_UDP = 8, /* and the number of a place, from 1 to 3 */
       STUN_FLOW_NAT_TCP = 12,
       STUN_FLOW_BACK = 64, /* and upward: connections that no server should open */
};
struct stun_nat {      /* stun_server_nat.c */
    bool on;           /* RFC 5780 is served */
    bool two;          /* from two addresses and two ports, all of them open */
    uint8_t to_open;   /* flows that are still to open before that */
    struct addr at[2]; /* A1:P1 and A2:P2 */
};
struct stun_server {
    struct env env;
    struct stun_server_config c;
    struct stun_realm realm;
    struct stun_nat nat;
    struct addr last; /* whom the last answer went to */
    uint8_t last_id[12];
    uint32_t n_kept, n_back;
    struct stun_kept kept[STUN_KEPT];
    struct stun_attr attrs[STUN_ATTRS];
    struct arena mem;          /* realm, software, user names */
    uint64_t due_us;           /* when the first stream with half a message is closed */
    struct pool streams;       /* of struct stun_stream */
    uint8_t kept_octets[8192]; /* from here on nothing is zeroed at first */
    uint8_t scratch[STUN_SCRATCH], out[STUN_MAX];
    _Alignas(16) uint8_t stream_mem[POOL_BYTES(STUN_CONNECTIONS, sizeof(struct stun_stream))];
};
struct reply { /* one request on its way to its answer */
    const struct input *in;
    struct outq *q;
    const struct stun_msg *m;
    struct arena mem;
    struct draft dr;
    struct stun_proof by;      /* its cause is of any error response */
    bool fingerprint, padding; /* padding: PADDING is to be answered by the same */
    uint8_t change;            /* which place answers, by what differs; 0: the one asked */
    uint16_t response_port;    /* 0: the one that the request came from */
    uint16_t unknown[STUN_ATTRS];
    size_t n_unknown;
    char where[48];
};

/* stun_server_flood.c: who gives way when there is too much */

/* Room for the stream that `in` opens; NULL: it was refused, and has been told so. */
struct stun_stream *flood_accept(struct stun_server *s, const struct input *in, struct outq *q);
/* A request on a stream was answered by a success response; known: it was authenticated. */
void flood_served(struct stun_stream *st, bool known);
/* After octets on a stream, which ended a message or (whole is false) did not: keep the time since when the
 * one in its window has been on its way. */
void flood_waits(struct stun_server *s, struct stun_stream *st, bool whole, uint64_t now_us);
/* What came on a flow that is gone cannot be replied to any more. */
void flood_unkept(struct stun_server *s, flow_id flow);
/* A stream is no more. */
void flood_forget(struct stun_server *s, struct stun_stream *st);
/* Close the streams whose messages take too long. */
void flood_timer(struct stun_server *s, const struct input *in, struct outq *q);
struct stun_stream *server_stream(struct stun_server *s, flow_id flow);

/* stun_server_nat.c; each is called where RFC 5780 is on (nat.on), unless told */

/* Open the further sockets; always called, decides what is on. listen: where place 0 is bound. */
void nat_start(struct stun_server *s, const struct addr *listen, struct outq *q);
/* One of the server's own flows has opened, or has failed to (RFC5780:6#4a). */
void nat_opened(struct stun_server *s, const struct input *in);
void nat_closed(struct stun_server *s);
/* Take what this server acts on out of r->unknown; always called. */
void nat_known(const struct stun_server *s, struct reply *r);
/* After authentication: where the response goes and comes from. 0, or the code of an error response
 * (RFC5780:6.1#2, #11), for 420 with r->unknown. */
unsigned nat_check(const struct stun_server *s, struct reply *r);
/* Add RESPONSE-ORIGIN, OTHER-ADDRESS and PADDING, or what RFC 3489 has in their place. */
void nat_answer(const struct stun_server *s, struct reply *r);
/* The flow and the addresses of a datagram that answers. */
void nat_route(const struct stun_server *s, const struct reply *r, flow_id *flow, struct pkt *pkt);
/* For errors of classic clients, wherever they come from: a reason phrase padded to a multiple of four
 * in `out` (RFC3489:11.2.9#1); an even number of types in r->unknown (11.2.10#1). */
const char *nat_classic_reason(const char *reason, char out[64]);
void nat_classic_types(struct reply *r);

/* stun_server_flags.c: what flags of the tables do; where none is set they do nothing. The first gives
 * an error code, server_cut works before the message is sealed, server_spoil after. */
unsigned server_check_otherwise(struct stun_server *s, struct reply *r);
void server_unknown_otherwise(struct stun_server *s, struct reply *r);
bool server_answers_indication(struct stun_server *s, const struct reply *r, unsigned code);
/* Open a connection to whom `r` answers. */
flow_id server_call_back(struct stun_server *s, const struct reply *r);
struct addr server_seen(struct stun_server *s, const struct reply *r);
bool server_takes_crc(struct stun_server *s, const struct stun_msg *m);
void server_add_otherwise(struct stun_server *s, struct reply *r);
void server_cut(struct stun_server *s, struct wr *w, struct stun_marks *marks);
void server_spoil(struct stun_server *s, struct wr *w, struct stun_marks *marks);

enum { STUN_SERVER_FAULTS = 225, STUN_SERVER_VARIANTS = 33 };
extern const struct deviation stun_server_faults[STUN_SERVER_FAULTS],
    stun_server_variants[STUN_SERVER_VARIANTS];
#endif
