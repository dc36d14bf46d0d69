/* harness/endpoints/turn/turn_session.h - what a client keeps of one allocation, and its rules (RFC 8656 sections 7 to
 * 12 and RFC 6062 section 4 on the client's side): turn.client and the layer "turn" stand on it. Inside harness/endpoints/turn only.
 *
 * A session has one flow to the server, and of a TCP allocation one more for each connection to a peer, which it opens and
 * closes, by ids that its owner gives it. What comes of what was
 * asked, and what comes from peers, is told to the owner through `tell`. */
#ifndef HARNESS_ENDPOINTS_TURN_TURN_SESSION_H
#define HARNESS_ENDPOINTS_TURN_TURN_SESSION_H
#include "harness/endpoints/turn/turn.h"

enum {
    TURN_ASKS = 8,         /* transactions of one session at once; what is asked beyond fails */
    TURN_FAR = 64,         /* peers of one session; one more cannot be spoken to */
    TURN_WIRE = 4096,      /* octets of one request */
    TURN_HELD = 16384,     /* octets that wait for a permission; more are lost */
    TURN_SERVERS_BEEN = 4, /* redirections that are followed */
    TURN_PORTS_TRIED = 3,  /* transport addresses that are tried after 437: RFC8656:7.4#9 */
    TURN_RENEWALS = 4,     /* nonces that go stale in a row */
    TURN_SESSION_DATA =
        8, /* data connections of one session, those that come about among them: RFC6062:4.3#a1 */
    TURN_TICKET_MAX = 512, /* octets of a MOBILITY-TICKET that is kept; a longer one is as none */
};
enum turn_want {                /* which families are asked for */
                 TURN_WANT_ANY, /* no attribute: IPv4 */
                 TURN_WANT_IP4 = 4,
                 TURN_WANT_IP6 = 6,
                 TURN_WANT_BOTH = 46, /* one allocation of both: ADDITIONAL-ADDRESS-FAMILY */
};
enum turn_ask_kind {
    TURN_ASK_NONE,
    TURN_ASK_ALLOCATE,
    TURN_ASK_REFRESH,
    TURN_ASK_DELETE,
    TURN_ASK_PERMIT,
    TURN_ASK_BIND,
    TURN_ASK_MOVE,    /* by the flow that it moves to */
    TURN_ASK_CONNECT, /* to a peer: RFC6062:4.3#1 */
    TURN_ASK_TAKE,    /* ConnectionBind, on the data connection: RFC6062:4.3#6, 4.4#4 */
};
enum turn_phase { TURN_IDLE, TURN_ALLOCATING, TURN_HAS, TURN_LEAVING, TURN_OVER };

struct turn_ask {       /* a transaction */
    uint8_t kind;       /* enum turn_ask_kind */
    bool signed_, told; /* told: the owner waits for `token` */
    uint8_t renewals, again;
    uint8_t integrity; /* STUN_HAS_ */
    uint32_t token;
    uint32_t number; /* of those that belong together: the bits of peers[] below */
    uint8_t id[12];
    uint64_t started_us, next_us;
    uint32_t sent;
    uint64_t peers;         /* TURN_ASK_PERMIT: which, one bit each; TURN_ASK_BIND: the one */
    struct turn_link *link; /* TURN_ASK_CONNECT, TURN_ASK_TAKE: the one that it is about */
    struct stun_key key;
    size_t n;
    uint8_t *wire; /* TURN_WIRE of them */
};
struct turn_far {    /* a peer: a transport address; its permission is of the IP address */
    struct addr at;  /* family 0: a free place */
    bool wanted;     /* kept alive until it is forgotten */
    bool asked;      /* a CreatePermission request is out */
    bool binding;    /* a ChannelBind request is out */
    bool bound;      /* it has been answered by success */
    uint16_t number; /* channel; 0: none. Kept for 300 s after it expired: RFC8656:12#3 */
    uint64_t permitted_us, bound_us; /* until when; 0: not */
    uint64_t connect_us;             /* no Connect request before: RFC6062:4.3#8b */
};
enum turn_link_state {
    TURN_LINK_NONE,    /* a free place */
    TURN_LINK_PERMIT,  /* a permission is asked for */
    TURN_LINK_CONNECT, /* a Connect request is out */
    TURN_LINK_TAKE,    /* a ConnectionBind request is out */
    TURN_LINK_STANDS,  /* octets pass as they are: RFC6062:3#a3 */
};
struct turn_link {   /* a data connection */
    uint8_t state;   /* enum turn_link_state */
    bool theirs;     /* the peer's: a ConnectionAttempt indication told of it */
    bool paused;     /* nothing is read of it */
    flow_id flow;    /* from TURN_LINK_TAKE on */
    uint32_t id;     /* CONNECTION-ID */
    uint32_t number; /* which the owner knows it by */
    uint32_t
        token; /* under which it is told that it stands, or comes to nothing; 0: nobody waits */
    struct addr peer;
    struct stun_stream *window;
};
enum turn_told_kind {
    TURN_TOLD_ALLOCATED,
    TURN_TOLD_REFRESHED,
    TURN_TOLD_DELETED,
    TURN_TOLD_PERMITTED,
    TURN_TOLD_BOUND,
    TURN_TOLD_MOVED,
    TURN_TOLD_SENT,
    TURN_TOLD_FAILED, /* code: of the error response, 0: none; why */
    TURN_TOLD_GONE,   /* the allocation, unasked */
    TURN_TOLD_DATA,   /* from a peer */
    TURN_TOLD_ICMP,   /* about what was sent to a peer */
    TURN_TOLD_LINKED, /* a data connection stands; without a token: it is a peer's */
    TURN_TOLD_ENDED,  /* a data connection, by the other side; why */
};
struct turn_told {
    enum turn_told_kind kind;
    uint32_t token; /* 0: it answers nothing */
    struct addr peer;
    struct span data;
    uint16_t channel;    /* that it came by; 0: by an indication */
    uint32_t connection; /* of a TCP allocation: the data connection; 0: none */
    unsigned code;
    uint8_t icmp_type, icmp_code;
    uint32_t icmp_data;
    bool timeout, foreign; /* foreign: addresses of another family than asked for */
    const char *why;
    struct span octets; /* the response */
    uint32_t frame;
};
struct turn_wish {        /* what is asked of an Allocate request */
    uint8_t family;       /* enum turn_want */
    bool even_port, pair; /* pair: EVEN-PORT with the R bit */
    bool dont_fragment;
    bool
        tcp; /* a TCP allocation (RFC 6062): the flow is a stream, and none of the three above is wished */
    bool mobility;     /* a ticket, to move by */
    struct span token; /* RESERVATION-TOKEN; empty: none */
    uint32_t lifetime; /* s; 0: the server's default */
};
struct turn_session {
    /* the owner's, set before turn_session_begin */
    const struct env *env;
    struct turn_client_config *c; /* account and timers; spans live with the owner */
    struct stun_account account;
    void *owner;
    void (*tell)(void *owner, struct turn_session *s, const struct turn_told *what,
                 const struct input *in, struct outq *q);
    flow_id (*flow_new)(void *owner);
    uint8_t *wires;              /* TURN_ASKS * TURN_WIRE */
    struct stun_stream *window;  /* of a flow that is a stream */
    struct stun_stream *window2; /* of the one that it moves to; NULL: it cannot move */
    uint8_t *held;               /* TURN_HELD */
    struct stun_stream
        *windows; /* of data connections, TURN_SESSION_DATA of them; NULL: there are none */

    uint8_t phase;     /* enum turn_phase */
    bool known;        /* the owner was told of the allocation, and has not asked to be rid of it */
    const char *stack; /* "udp", "tcp", "tcp/tls", "udp/dtls" */
    bool stream, given; /* given: the flow is the owner's, and is not closed */
    flow_id flow;
    char name[256]; /* whom the server's certificate has to name; empty: its address */
    struct addr server, local;
    struct addr been[TURN_SERVERS_BEEN];
    size_t n_been;
    struct turn_wish wish;
    struct stun_login login;
    struct addr mapped, relayed[2]; /* of IPv4, of IPv6 */
    uint32_t lifetime;              /* s, as the server has given it */
    uint64_t until_us, refresh_us, permit_us;
    uint8_t token[8]; /* RESERVATION-TOKEN that it got */
    bool has_token;
    uint8_t asked_token[8]; /* and that it asked by */
    uint8_t ports_tried;
    bool no_df; /* 420 said so */
    /* of mobility (RFC 8016) */
    bool no_ticket; /* 405 said so */
    flow_id next,
        left; /* that it moves to; that it has left, on which data come until it has sent some on the new one */
    struct addr next_local;
    size_t n_ticket;
    uint8_t ticket[TURN_TICKET_MAX];
    struct turn_ask asks[TURN_ASKS];
    struct turn_far peers[TURN_FAR];
    struct turn_link links[TURN_SESSION_DATA];
    uint32_t last_link;
    size_t n_held;
    uint64_t keep_us; /* the next Binding indication of a variant */
    struct stun_attr attrs[STUN_ATTRS];
    uint8_t scratch[32768], out[STUN_MAX];
};

/* turn_session.c */

/* Ask for an allocation at s->server over s->stack; the answer is told under `token`. */
void turn_session_begin(struct turn_session *s, const struct turn_wish *wish, uint32_t token,
                        const struct input *in, struct outq *q);
/* Have it deleted; told when the server has answered, or does not. */
void turn_session_leave(struct turn_session *s, uint32_t token, const struct input *in,
                        struct outq *q);
void turn_session_refresh(struct turn_session *s, uint32_t lifetime, uint32_t token,
                          const struct input *in, struct outq *q);
/* Have the allocation move to a new flow, by its ticket (RFC8016:3.2.1#a1); told under `token`. Until the server has
 * answered the old flow is used (RFC8016:3.2.2#8, #a7); what is refused leaves it as it is. */
void turn_session_move(struct turn_session *s, uint32_t token, const struct input *in,
                       struct outq *q);
/* Whether a flow is one of the session's. */
bool turn_session_has(struct turn_session *s, flow_id flow);
/* A flow of the session: IN_OPENED, IN_BYTES, IN_EOF, IN_CLOSED, IN_ICMP. */
void turn_session_input(struct turn_session *s, const struct input *in, struct outq *q);
/* A message that came whole; `self` is the session. */
void turn_session_message(void *self, const struct input *in, struct span octets, struct outq *q);
void turn_session_timers(struct turn_session *s, const struct input *in, struct outq *q);
uint64_t turn_session_deadline(const struct turn_session *s);
/* A new transaction with its place and time; NULL, and told as failed: there are TURN_ASKS. */
struct turn_ask *turn_ask_new(struct turn_session *s, enum turn_ask_kind kind, uint32_t token,
                              const struct input *in, struct outq *q);
/* Write the request of `a` under a new id and send it. */
void turn_ask_launch(struct turn_session *s, struct turn_ask *a, const struct input *in,
                     struct outq *q);
/* It is over: what came of it is told where somebody waits. */
void turn_ask_end(struct turn_session *s, struct turn_ask *a, struct turn_told *what,
                  const struct input *in, struct outq *q);
/* Nothing comes of it: the same, and without a Refresh, or an Allocate, that is answered there is no allocation. */
void turn_ask_lost(struct turn_session *s, struct turn_ask *a, struct turn_told *what,
                   const struct input *in, struct outq *q);
/* The allocation is gone, or there was none: all transactions end. */
void turn_session_over(struct turn_session *s, const char *why, const struct input *in,
                       struct outq *q);
/* Send data: Send indications and ChannelData. */
void turn_session_put(struct turn_session *s, struct span octets, struct outq *q);
/* A new flow to s->server; what comes on it, if it is a stream, is gathered in `window`. */
flow_id turn_session_flow(struct turn_session *s, struct stun_stream *window, struct outq *q);
/* Open a flow of its own to s->server. */
void turn_session_open(struct turn_session *s, struct outq *q);
/* turn_session_move.c: the move has been answered by success, or has come to nothing. */
void turn_session_moved(struct turn_session *s, const struct input *in, struct outq *q);
void turn_session_stays(struct turn_session *s, const struct input *in, struct outq *q);
/* The same, and its transaction ends. */
void turn_session_moves_not(struct turn_session *s, const char *why, const struct input *in,
                            struct outq *q);
/* Keep MOBILITY-TICKET of a success response, if it has one. */
void turn_session_keep_ticket(struct turn_session *s, const struct stun_msg *m);
/* Close a flow of the session's, if it is there, and forget it. */
void turn_session_part(struct turn_session *s, flow_id *flow, struct outq *q);
void turn_session_close(struct turn_session *s, struct outq *q);

/* turn_session_form.c: what a request carries */

/* Into a->wire; false: it does not fit. */
bool turn_ask_form(struct turn_session *s, struct turn_ask *a);

/* turn_session_rules.c: what follows from a response */

void turn_session_response(struct turn_session *s, const struct input *in, const struct stun_msg *m,
                           struct outq *q);

/* turn_session_peers.c: permissions, channels and data */

struct turn_far *turn_far_find(struct turn_session *s, const struct addr *at);
/* Whether there is a permission for the IP address. */
bool turn_far_permitted(const struct turn_session *s, const struct addr *at, uint64_t now_us);
/* Ask for permissions; told under `token`. */
void turn_session_permit(struct turn_session *s, const struct addr *peers, size_t n, uint32_t token,
                         const struct input *in, struct outq *q);
void turn_session_bind(struct turn_session *s, const struct addr *peer, uint32_t token,
                       const struct input *in, struct outq *q);
/* Keep the peer's permission and channel alive no longer. */
void turn_session_forget(struct turn_session *s, const struct addr *peer);
/* Data to a peer: by its channel, else by a Send indication, after a permission has been asked for. `indication`: not by
 * the channel. False: there is no room for the peer, or no allocation of its family. */
bool turn_session_send(struct turn_session *s, const struct addr *peer, struct span data,
                       bool indication, const struct input *in, struct outq *q);
void turn_session_channel_data(struct turn_session *s, const struct input *in, struct span octets,
                               struct outq *q);
void turn_session_data(struct turn_session *s, const struct input *in, const struct stun_msg *m,
                       struct outq *q);
void turn_peers_keep(struct turn_session *s, const struct input *in, struct outq *q);
uint64_t turn_peers_deadline(const struct turn_session *s);
/* CreatePermission or ChannelBind has been answered: by success, or (no) what is told of its failure. */
void turn_peers_answered(struct turn_session *s, struct turn_ask *a, const struct turn_told *no,
                         const struct input *in, struct outq *q);
/* The peer's place, a new one where there is none, kept alive from now on; NULL: there are TURN_FAR, or it is of another
 * family than the allocation. */
struct turn_far *turn_far_wanted(struct turn_session *s, const struct addr *at, uint64_t now_us);

/* turn_session_tcp.c: data connections of a TCP allocation, RFC 6062 section 4 */

/* Connect to a peer, after a permission where there is none; told under `token` when the data connection stands. Fails
 * while another such request for that peer is out (RFC6062:4.3#10), and for 10 s after 447 (RFC6062:4.3#8b). */
void turn_session_connect(struct turn_session *s, const struct addr *peer, uint32_t token,
                          const struct input *in, struct outq *q);
/* Octets to the peer of a data connection; false: there is none of that number. */
bool turn_link_send(struct turn_session *s, uint32_t number, struct span data, struct outq *q);
/* Close a data connection (RFC6062:4.6#a1); false: as above. */
bool turn_link_close(struct turn_session *s, uint32_t number, struct outq *q);
/* Have nothing more read of all data connections, or go on. */
void turn_links_pause(struct turn_session *s, bool on, struct outq *q);
/* The data connection of a flow; NULL: it is another's. */
struct turn_link *turn_link_find(struct turn_session *s, flow_id flow);
/* Its flow: IN_BYTES, IN_EOF, IN_CLOSED. */
void turn_link_input(struct turn_session *s, struct turn_link *l, const struct input *in,
                     struct outq *q);
/* Success responses to Connect and ConnectionBind; and what comes of any other: `no` is told. */
void turn_link_connected(struct turn_session *s, struct turn_ask *a, const struct input *in,
                         const struct stun_msg *m, struct outq *q);
void turn_link_taken(struct turn_session *s, struct turn_ask *a, const struct input *in,
                     const struct stun_msg *m, struct outq *q);
void turn_link_lost(struct turn_session *s, struct turn_link *l, const struct turn_told *no,
                    const struct input *in, struct outq *q);
/* Connections that wait for a permission for the IP address of `peer`, which is there, or (no) is refused. */
void turn_links_permitted(struct turn_session *s, const struct addr *peer,
                          const struct turn_told *no, const struct input *in, struct outq *q);
/* A ConnectionAttempt indication. */
void turn_session_attempt(struct turn_session *s, const struct input *in, const struct stun_msg *m,
                          struct outq *q);
/* All end with the allocation. */
void turn_links_over(struct turn_session *s, const char *why, const struct input *in,
                     struct outq *q);

static inline bool turn_s_flag(const struct turn_session *s, const char *name)
{
    return env_flag(s->env, name);
}

enum { TURN_CLIENT_FAULTS = 103, TURN_CLIENT_VARIANTS = 16 };
extern const struct deviation turn_client_faults[TURN_CLIENT_FAULTS],
    turn_client_variants[TURN_CLIENT_VARIANTS];
#endif
