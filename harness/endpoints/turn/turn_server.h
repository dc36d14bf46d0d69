/* harness/endpoints/turn/turn_server.h - the server's state, inside harness/endpoints/turn only.
 *
 * All lookups on the way of data cost the same however much there is: allocations by 5-tuple, relayed
 * addresses by their flow, permissions by allocation and IP address, channels by allocation and peer
 * and by allocation and number, all in hashed chains under a key that nobody outside knows. */
#ifndef HARNESS_ENDPOINTS_TURN_TURN_SERVER_H
#define HARNESS_ENDPOINTS_TURN_TURN_SERVER_H
#include "codecs/base/digest.h"
#include "harness/core/pool.h"
#include "harness/endpoints/turn/turn.h"

enum { /* flows that the server opens */
       TURN_FLOW_UDP = 1,
       TURN_FLOW_TCP,
       TURN_FLOW_TLS,
       TURN_FLOW_DTLS,
       TURN_FLOW_OTHER,      /* of faults: another port than that asked */
       TURN_FLOW_RELAY = 16, /* and upward: relayed addresses */
};
enum turn_state { TURN_NONE, TURN_OPENING, TURN_OPEN, TURN_FAILED };
enum { TURN_TUPLES = 1 << 15, TURN_RELAYS = 1 << 15, TURN_PEER_BUCKETS = 1 << 16 };

struct turn_alloc;
struct turn_relay { /* a relayed transport address, of an allocation or reserved */
    struct turn_relay *flow_next;
    struct turn_alloc *of; /* NULL: reserved */
    flow_id flow;
    struct addr at;
    uint8_t state; /* enum turn_state */
    uint8_t tries;
    uint16_t error;    /* why there is none: 440, 508; 0: nobody asked for it */
    uint32_t lifetime; /* s, as granted */
    uint64_t until_us;
    uint32_t slot; /* in the heap by until_us, from 1; 0: not there */
};
struct turn_reserved {
    struct turn_relay relay; /* first, and of NULL */
    struct turn_alloc *by;   /* whose pair it is, until that is told */
    struct addr client;      /* who got the token; for a fault */
    uint8_t token[8];
    uint64_t until_us;
};
struct turn_peer { /* a permission (number 0, port 0), or a channel */
    struct turn_peer *addr_next, *number_next;
    struct turn_peer *age_prev, *age_next;   /* among all of its kind, by until_us */
    struct turn_peer *mine_prev, *mine_next; /* among those of its allocation */
    struct turn_alloc *of;
    uint64_t until_us;
    struct addr at;
    uint16_t number;
    uint16_t port; /* as a CreatePermission request had it; for faults */
};
struct turn_client { /* the 5-tuple: what the client's messages come by and answers go to */
    flow_id flow;
    struct addr remote, local;
};
struct turn_alloc {
    struct turn_alloc *tuple_next;
    struct turn_client c;
    struct turn_stream *stream; /* NULL: over datagrams */
    const struct stun_member *user;
    const struct stun_key *sign;
    bool use256, fingerprint;
    bool told; /* the Allocate request has been answered */
    bool tcp;  /* a TCP allocation: RFC 6062 */
    /* of faults: expired, and still there; when it was refreshed; the nonce that allocated */
    bool over;
    uint32_t nonce;
    uint64_t refreshed_us;
    uint8_t transaction[12];
    struct turn_relay relay[2];  /* of IPv4, of IPv6 */
    struct turn_reserved *spare; /* reserved for this one's token while it is being opened */
    uint8_t token[8];
    bool has_token, even; /* even: as EVEN-PORT asked */
    /* of mobility (RFC 8016): its number, 0: it has no ticket; how often it has moved, when and by which request
     * last; and (moving) the 5-tuple that it is moving to, on which its client has sent no data yet */
    uint64_t number, moved_us;
    uint32_t moves;
    uint8_t moved_by[12];
    bool moving;
    struct turn_alloc *moving_next;
    struct turn_client to;
    struct turn_stream *to_stream; /* NULL: over datagrams */
    struct turn_peer *peers;
    uint32_t n_permissions, n_channels;
    struct turn_conn *conns; /* of a TCP allocation */
    uint32_t n_conns;
};
struct turn_conn { /* a connection to a peer: RFC6062:3#a1 */
    struct turn_conn *flow_next, *mine_next;
    struct turn_alloc *of;
    struct turn_stream *client; /* the client's side; NULL: it is not bound */
    flow_id flow;
    struct addr peer;
    uint32_t id;       /* CONNECTION-ID */
    bool open;         /* else it is being opened for the Connect request below */
    bool paused;       /* nothing is read of the peer */
    bool full;         /* the peer does not read */
    uint64_t until_us; /* when it is given up: not open, or not bound; NO_DEADLINE: bound */
    uint8_t transaction[12];
    const struct stun_key *sign;
    bool use256;
    uint64_t passed; /* octets of the client, for a fault */
    size_t n;        /* octets that are held until it is bound */
    uint8_t *held;   /* TURN_DATA_HELD of them */
};
struct turn_age { /* permissions or channels, the one that expires first before the others */
    struct turn_peer *first, *last;
};
struct turn_stream {
    struct turn_stream *flow_next;
    flow_id flow;
    bool known; /* a request of a user came on it */
    bool full;  /* the client does not read: data for it are dropped, nothing is read of it */
    uint64_t since_us, begun_us; /* accepted; first octet of what is in the window, or never */
    struct addr remote, local;
    struct turn_alloc *alloc;
    struct turn_conn *conn; /* that it is bound to: it has no messages any more; or NULL */
    size_t n;               /* octets in the window that are no whole message yet */
    uint8_t *buf;           /* STUN_MAX of them */
};
struct turn_answer { /* of a variant that remembers what it has answered: RFC8656:5#a11 */
    struct turn_client c;
    uint8_t id[12];
    uint64_t until_us;
    size_t n;
    uint8_t octets[1024];
};
struct turn_server {
    struct env env;
    struct turn_server_config c;
    struct stun_realm realm;
    bool deviant; /* a fault or a variant is on: else no flag is asked for on the way of data */
    uint64_t key[2];
    flow_id next_flow;
    struct turn_alloc *spare_allocs; /* given back; n_allocs of `allocs` were ever taken */
    struct turn_peer *spare_peers;
    size_t n_allocs, n_peers, held_allocs;
    uint32_t held[STUN_USERS + 1]; /* allocations of each user; the last: of nobody known */
    struct pool reserved, streams, conns;
    struct turn_alloc *by_tuple[TURN_TUPLES], *by_moving[TURN_TUPLES];
    size_t n_moving;
    struct hmac_key ticket_key[2]; /* of tags, of key streams */
    uint64_t next_number;
    struct turn_relay *by_flow[TURN_RELAYS];
    struct turn_peer *by_addr[TURN_PEER_BUCKETS], *by_number[TURN_PEER_BUCKETS];
    struct turn_stream *by_stream[TURN_CONNECTIONS];
    struct turn_conn *by_conn[TURN_DATA];
    struct turn_relay *heap[2 * TURN_ALLOCATIONS + 1];
    size_t n_heap;
    struct turn_age permissions, channels;
    uint64_t streams_us, reserved_us, conns_us; /* when the first of them is over */
    uint64_t taken[2][65536 / 64];              /* ports of relayed addresses, by family */
    /* of deviations: the port chosen last, the first address told, the peer whose connection ended last,
     * allocations that were refused, who has deleted last */
    uint16_t last_port;
    struct addr first_told, left;
    uint32_t redirected;
    struct turn_client deleter;
    uint8_t deleted[12];
    struct addr asker; /* whose signed request came last */
    uint8_t asked[12];
    struct turn_answer answers[16];
    size_t n_answers;
    struct turn_client early_of; /* data that came before the Refresh request that moves */
    size_t n_early;
    uint8_t early[2048];
    struct stun_attr attrs[STUN_ATTRS];
    struct arena mem; /* realm, software, user names */
    uint8_t kept_octets[8192];
    uint8_t scratch[STUN_SCRATCH], out[STUN_MAX];
    struct turn_alloc allocs[TURN_ALLOCATIONS]; /* pages that are never touched cost nothing */
    struct turn_peer peers[TURN_PEERS];
    uint8_t windows[TURN_CONNECTIONS][STUN_MAX], held_octets[TURN_DATA][TURN_DATA_HELD];
    _Alignas(16) uint8_t reserved_mem[POOL_BYTES(TURN_RESERVED, sizeof(struct turn_reserved))];
    _Alignas(16) uint8_t stream_mem[POOL_BYTES(TURN_CONNECTIONS, sizeof(struct turn_stream))];
    _Alignas(16) uint8_t conn_mem[POOL_BYTES(TURN_DATA, sizeof(struct turn_conn))];
};
struct turn_request { /* one message on its way to its answer */
    const struct input *in;
    struct outq *q;
    const struct stun_msg *m; /* NULL: answered later than it came, or begun by a peer */
    uint16_t method;
    struct span transaction;
    uint8_t id[12]; /* of an indication */
    struct turn_client c;
    struct turn_stream *stream;
    struct turn_alloc *alloc; /* of the 5-tuple; NULL: none */
    struct stun_proof by;     /* its cause is of any error response */
    bool fingerprint;
    bool ticket, moves; /* its allocation was found by a ticket; and is to move to c */
    struct pkt pkt;     /* of an indication: tos, ttl, dont_fragment */
    struct arena mem;
    struct draft dr;
    uint16_t unknown[STUN_ATTRS];
    size_t n_unknown;
    char where[64];
};
/* Whether a flag of the tables of deviations is on. */
static inline bool turn_flag(const struct turn_server *s, const char *name)
{
    return s->deviant && env_flag(&s->env, name);
}
/* RFC8656:12#a4: STUN or ChannelData, by the first octet. */
static inline bool turn_is_channel(const struct turn_server *s, uint8_t first)
{
    return first == 0x40 || (first > 0x40 && !turn_flag(s, "channel-40-alone"));
}
static inline bool turn_is_stream(flow_id flow)
{
    return flow >= FLOW_ACCEPTED;
}

/* Whether the stream of its client is over, and it waits to be moved. */
static inline bool turn_is_cut_off(const struct turn_alloc *a)
{
    return turn_is_stream(a->c.flow) && !a->stream;
}

/* turn_table.c: what there is, and how it is found */

/* An allocation of a user, all zero but for that; NULL: no room. */
struct turn_alloc *turn_alloc_take(struct turn_server *s, const struct stun_member *user);
void turn_alloc_give(struct turn_server *s, struct turn_alloc *a);
/* How many a user holds. */
uint32_t turn_held(const struct turn_server *s, const struct stun_member *user);
bool turn_same_client(const struct turn_client *a, const struct turn_client *b);
/* The allocation of a 5-tuple, that which it is moving to among them; NULL: none. */
struct turn_alloc *turn_find(const struct turn_server *s, const struct turn_client *c);
/* Have it found by a->to as well. */
void turn_moving_add(struct turn_server *s, struct turn_alloc *a);
void turn_moving_drop(struct turn_server *s, struct turn_alloc *a);
void turn_tuple_add(struct turn_server *s, struct turn_alloc *a);
void turn_tuple_drop(struct turn_server *s, struct turn_alloc *a);
struct turn_relay *turn_relay_find(const struct turn_server *s, flow_id flow);
/* Under r->flow; a relay that moves is dropped where it was first. */
void turn_relay_add(struct turn_server *s, struct turn_relay *r);
void turn_relay_drop(struct turn_server *s, struct turn_relay *r);
/* Have the relay expire at until_us, or (NO_DEADLINE) never. */
void turn_expire_at(struct turn_server *s, struct turn_relay *r, uint64_t until_us);
struct turn_peer *turn_permission(const struct turn_server *s, const struct turn_alloc *a,
                                  const struct addr *ip);
struct turn_peer *turn_channel_to(const struct turn_server *s, const struct turn_alloc *a,
                                  const struct addr *peer);
struct turn_peer *turn_channel(const struct turn_server *s, const struct turn_alloc *a,
                               uint16_t number);
/* A permission for the IP address of `at` (number 0), or a channel, which expires at NO_DEADLINE until
 * turn_peer_touch; NULL: no room. */
struct turn_peer *turn_peer_add(struct turn_server *s, struct turn_alloc *a, const struct addr *at,
                                uint16_t number);
void turn_peer_touch(struct turn_server *s, struct turn_peer *p, uint64_t now_us);
void turn_peer_drop(struct turn_server *s, struct turn_peer *p);
/* Those of one family, or (0) all. */
void turn_peers_drop(struct turn_server *s, struct turn_alloc *a, uint8_t family);
/* Permissions and channels whose time is over. */
void turn_peers_expire(struct turn_server *s, uint64_t now_us);
struct turn_stream *turn_stream_find(const struct turn_server *s, flow_id flow);
void turn_stream_add(struct turn_server *s, struct turn_stream *st);
void turn_stream_drop(struct turn_server *s, struct turn_stream *st);

/* turn_server.c: requests and answers */

/* The attribute of a request that counts: the first of its type (RFC8489:14#6a). */
const struct stun_attr *turn_attr(const struct turn_server *s, const struct turn_request *r,
                                  uint16_t type);

/* Begin a response to `r`, or an indication, in s->scratch. */
void turn_begin(struct turn_server *s, struct turn_request *r, enum stun_class cls);
/* End it with SOFTWARE, integrity and FINGERPRINT, and send it; `code` of an error response, else 0. */
void turn_finish(struct turn_server *s, struct turn_request *r, unsigned code);
void turn_error(struct turn_server *s, struct turn_request *r, unsigned code, const char *cause);
/* Put octets on the way to a client; pkt: tos, ttl and dont_fragment of a datagram. */
void turn_to_client(struct turn_server *s, const struct turn_client *c, struct span octets,
                    const struct pkt *pkt, uint64_t not_before_us, struct outq *q);
void turn_message(struct turn_server *s, const struct input *in, struct turn_stream *st,
                  struct span octets, struct outq *q);

/* turn_allocate.c; each of the two answers, or keeps the request until its sockets are bound */

void turn_allocate(struct turn_server *s, struct turn_request *r);
void turn_refresh(struct turn_server *s, struct turn_request *r);
/* IN_OPENED or IN_CLOSED of a relayed address. */
void turn_relay_opened(struct turn_server *s, struct turn_relay *relay, const struct input *in,
                       struct outq *q);
void turn_relay_closed(struct turn_server *s, struct turn_relay *relay, const struct input *in,
                       struct outq *q);
void turn_free(struct turn_server *s, struct turn_alloc *a, const char *why, uint64_t now_us,
               struct outq *q);
/* The socket that clients came by is gone, and so are their allocations: no answer can go out. */
void turn_listener_closed(struct turn_server *s, flow_id flow, uint64_t now_us, struct outq *q);
void turn_allocations_expire(struct turn_server *s, uint64_t now_us, struct outq *q);

/* turn_mobility.c: RFC 8016 */

void turn_tickets_init(struct turn_server *s);
/* MOBILITY-TICKET of a request; NULL: there is none, or it is ignored. */
const struct stun_attr *turn_ticket_of(const struct turn_server *s, const struct turn_request *r);
/* Of an Allocate request: 0, or the error code that it earns. */
unsigned turn_ticket_check(const struct turn_server *s, struct turn_request *r);
/* Of a Refresh request: have r->alloc be the allocation of its ticket, where it has one. True: it has been refused. */
bool turn_ticket_take(struct turn_server *s, struct turn_request *r);
/* Add the ticket of `a`, where it has one, to a response. */
void turn_ticket_add(const struct turn_server *s, struct turn_request *r,
                     const struct turn_alloc *a);
/* Let r->alloc move to where `r` came from, if it is to. */
void turn_move(struct turn_server *s, struct turn_request *r);
/* That has been answered. */
void turn_moved(struct turn_server *s, struct turn_request *r);
/* The client has sent data from `c`: if `a` is moving there, it is there. */
void turn_spoken(struct turn_server *s, struct turn_alloc *a, const struct turn_client *c,
                 uint64_t now_us, struct outq *q);
void turn_move_end(struct turn_server *s, struct turn_alloc *a);
/* It stays where it is. */
void turn_move_drop(struct turn_server *s, struct turn_alloc *a);
/* A stream of `a` is over. False: so is the allocation. */
bool turn_path_closed(struct turn_server *s, struct turn_alloc *a, const struct turn_stream *st);
/* Data from where there is no allocation; for a variant. */
void turn_early_keep(struct turn_server *s, const struct turn_client *c, struct span octets);

/* turn_ports.c: sockets of relayed addresses, and those that are reserved */

/* Have a port opened for `a` at relay[six], and with `pair` the one above it, reserved, at a->spare. False: there
 * is none, and none is being opened. */
bool turn_port_open(struct turn_server *s, struct turn_alloc *a, bool six, bool pair,
                    struct outq *q);
/* Close it, if there is one, and forget it; NULL `q`: it is closed already. */
void turn_port_close(struct turn_server *s, struct turn_relay *r, struct outq *q);
/* The socket that was reserved becomes that of `a`. */
void turn_port_move(struct turn_server *s, struct turn_reserved *from, struct turn_alloc *a);
struct turn_reserved *turn_reserved_find(const struct turn_server *s, struct span token);
/* Give it a token and have it held from now on. */
void turn_reserved_hold(struct turn_server *s, struct turn_reserved *v, uint64_t now_us);
void turn_reserved_free(struct turn_server *s, struct turn_reserved *v, struct outq *q);
void turn_reserved_expire(struct turn_server *s, uint64_t now_us, struct outq *q);

/* turn_permit.c: CreatePermission and ChannelBind */

void turn_create_permission(struct turn_server *s, struct turn_request *r);
void turn_channel_bind(struct turn_server *s, struct turn_request *r);
/* Whether data may go to an address at all, by range and port (0: the port does not count). */
bool turn_allowed(const struct turn_server *s, const struct addr *peer);
bool turn_is_tunnel(const struct addr *a);

/* turn_data.c: data both ways */

void turn_send(struct turn_server *s, struct turn_request *r);
void turn_channel_data(struct turn_server *s, const struct input *in, struct turn_stream *st,
                       struct span octets, struct outq *q);
void turn_from_peer(struct turn_server *s, struct turn_relay *relay, const struct input *in,
                    struct outq *q);
void turn_icmp(struct turn_server *s, struct turn_relay *relay, const struct input *in,
               struct outq *q);

/* The ChannelData message at the front, with the numbers that the server has. */
enum step turn_channel_next(const struct turn_server *s, struct span in, bool padded,
                            struct stun_channel *c, size_t *used);

/* turn_stream.c: clients over streams */

void turn_accept(struct turn_server *s, const struct input *in, struct outq *q);
/* IN_FULL and IN_WRITABLE. */
void turn_stream_backlog(struct turn_server *s, struct turn_stream *st, const struct input *in,
                         struct outq *q);
void turn_stream_bytes(struct turn_server *s, struct turn_stream *st, const struct input *in,
                       struct outq *q);
/* The stream is over; its allocation goes with it. `close`: by us. */
void turn_stream_end(struct turn_server *s, struct turn_stream *st, bool close, uint64_t now_us,
                     struct outq *q);
void turn_streams_expire(struct turn_server *s, uint64_t now_us, struct outq *q);

/* turn_tcp.c: TCP allocations, RFC 6062 */

void turn_connect(struct turn_server *s, struct turn_request *r);
void turn_connection_bind(struct turn_server *s, struct turn_request *r);
/* The control connection of the one that the CONNECTION-ID of a request names; NULL: none. */
const struct turn_client *turn_conn_control(const struct turn_server *s, const struct stun_msg *m);
struct turn_conn *turn_conn_find(const struct turn_server *s, flow_id flow);
/* A peer has connected to the relayed address in->parent; the server has opened one to a peer. */
void turn_conn_accept(struct turn_server *s, const struct input *in, struct outq *q);
void turn_conn_opened(struct turn_server *s, struct turn_conn *c, const struct input *in,
                      struct outq *q);
/* Octets of the peer, and of the client on st->conn. */
void turn_conn_from_peer(struct turn_server *s, struct turn_conn *c, const struct input *in,
                         struct outq *q);
void turn_conn_from_client(struct turn_server *s, struct turn_stream *st, const struct input *in,
                           struct span octets, struct outq *q);
/* Have the peer paused, or read of, as the client's side and what is held ask for. */
void turn_conn_pause(struct turn_server *s, struct turn_conn *c, struct outq *q);
/* IN_FULL and IN_WRITABLE of the peer's side. */
void turn_conn_backlog(struct turn_server *s, struct turn_conn *c, const struct input *in,
                       struct outq *q);
/* IN_EOF and IN_CLOSED of the peer's side; the end of the client's, which closes itself. */
void turn_conn_closed(struct turn_server *s, struct turn_conn *c, const struct input *in,
                      struct outq *q);
void turn_conn_client_gone(struct turn_server *s, struct turn_stream *st, struct outq *q);
/* The allocation is over, or (4, 6) its relayed address of a family. */
void turn_conns_drop(struct turn_server *s, struct turn_alloc *a, uint8_t family, uint64_t now_us,
                     struct outq *q);
void turn_conns_expire(struct turn_server *s, uint64_t now_us, struct outq *q);

enum { TURN_SERVER_FAULTS = 312, TURN_SERVER_VARIANTS = 44 };
extern const struct deviation turn_server_faults[TURN_SERVER_FAULTS],
    turn_server_variants[TURN_SERVER_VARIANTS];
#endif
