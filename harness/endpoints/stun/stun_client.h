/* harness/endpoints/stun/stun_client.h - the client's state, inside harness/endpoints/stun only. */
#ifndef HARNESS_ENDPOINTS_STUN_STUN_CLIENT_H
#define HARNESS_ENDPOINTS_STUN_STUN_CLIENT_H
#include "harness/endpoints/stun/stun_endpoint.h"

struct stun_send_args {    /* of every verb */
    struct addr to, local; /* family 0: the configured server, any address */
    struct span transport;
    uint8_t auth; /* how the key that seals it is made; attributes are the message's own business */
    uint16_t algorithm;
    bool once;           /* no retransmission */
    bool fresh;          /* open a flow of its own (another source port) */
    uint64_t timeout_us; /* 0: by the timers of the standard */
    uint64_t cut256;     /* octets of MESSAGE-INTEGRITY-SHA256; 0: all 32 */
    uint64_t split;      /* streams: octets in a segment; 0: all in one */
    uint32_t flow;       /* as an earlier event named it; 0: the default one */
    uint32_t tos, ttl;   /* `send`, of a datagram; 0: the driver's default */
    bool dont_fragment;
    struct span octets, realm, nonce, username, password;
    struct span uri; /* `binding`: where to, instead of `to` */
    struct draft *message;
};
enum {
    CLIENT_WIRE = STUN_MAX,
    CLIENT_SERVERS = 8,   /* that are remembered; the one unused longest is forgotten */
    CLIENT_TARGETS = 32,  /* addresses that one URI may lead to */
    CLIENT_SERVICES = 16, /* SRV records of one URI */
    CLIENT_REDIRECTIONS = 8,
    CLIENT_OUTSTANDING = 10, /* RFC8489:6.2#2 */
};
struct stun_known { /* what is remembered of a server, by address and port */
    struct addr at; /* family 0: a free place */
    uint64_t used_us;
    struct stun_login login;
};
struct stun_rtt { /* the round trip to an IP address: RFC6298 */
    struct addr at;
    uint64_t srtt_us, var_us, rto_us, used_us;
};
struct stun_service {
    uint16_t priority, weight, port;
    char target[256];
};
enum stun_phase { PHASE_RUNS, PHASE_WAITS, PHASE_SERVICES, PHASE_ADDRESSES };

struct stun_user_op { /* what a user's Binding has gone through */
    enum stun_phase phase;
    uint32_t question; /* token of the lookup that is out */
    char host[256];
    char domain[256]; /* whom the certificate has to name; empty: the address of the server */
    uint16_t port;
    struct stun_service services[CLIENT_SERVICES];
    size_t n_services, service; /* in the order of RFC2782, and the next to look up */
    struct addr targets[CLIENT_TARGETS];
    size_t n_targets, target; /* target: the next to try */
    struct {
        struct addr at;
        uint64_t us;
    } been[CLIENT_REDIRECTIONS]; /* servers that were sent this request: RFC8489:10#9 */
    size_t n_been;
    uint8_t renewals, again, reconnects; /* 438, 5xx, dead connections that were followed */
    bool authenticated;                  /* the last request had long-term credentials */
    bool carry;               /* those for `known` go into the next request: after 401, 438 */
    uint8_t integrity;        /* STUN_HAS_, of the last request */
    struct stun_known *known; /* the server's place */
};
struct stun_transaction {
    bool used, user; /* user: `binding`, the rules of a client apply */
    uint32_t token;
    flow_id flow;
    bool stream;
    struct addr to;
    struct span transport;
    uint8_t id[16], id_n;
    uint64_t started_us, next_us, rto_us, limit_us;
    uint32_t sent;
    bool once, signed_, refused; /* refused: a response failed the integrity check */
    struct stun_key key;
    struct stun_user_op op;
    size_t wire_n;
    uint8_t wire[CLIENT_WIRE];
};
struct stun_client {
    struct env env;
    struct stun_client_config c;
    struct span given_name; /* the user name before it was prepared */
    struct arena mem;
    flow_id next_flow, udp, udp6, tcp; /* default flows, 0: not open; udp6: of users, over IPv6 */
    uint32_t questions;
    char stream_domain[8][256]; /* and whom its certificate had to name */
    bool users_own[8];    /* opened for a user's request: others to the same server share it */
    uint32_t answered[8]; /* transactions that a stream has brought to their end */
    struct stun_known known[CLIENT_SERVERS];
    struct stun_rtt rtt[CLIENT_SERVERS];
    uint8_t last_id[12]; /* of the user's transaction that ended last */
    struct stun_attr attrs[STUN_ATTRS];
    uint8_t fixed_id[12];
    /* from here on nothing is zeroed at first but by start() */
    uint8_t kept_octets[8192];
    uint8_t scratch[STUN_SCRATCH], out[STUN_MAX];
    struct stun_transaction tx[STUN_TRANSACTIONS]; /* each but its wire */
    struct stun_stream streams[8];                 /* each but its buf */
};
enum { STUN_CLIENT_FAULTS = 142, STUN_CLIENT_VARIANTS = 17 };
extern const struct deviation stun_client_faults[STUN_CLIENT_FAULTS],
    stun_client_variants[STUN_CLIENT_VARIANTS];
extern const struct desc stun_send_desc;

static inline bool client_flag(const struct stun_client *c, const char *name)
{
    return env_flag(&c->env, name);
}

/* ---- stun_client.c ---- */

bool client_is_udp(struct span transport);
struct stun_transaction *client_new(struct stun_client *c, uint32_t token);
/* A flow to `to`: of its own kind for a user's requests, shared by those to the same server. */
flow_id client_user_flow(struct stun_client *c, const struct stun_transaction *t, struct outq *q);
struct stun_stream *client_stream(struct stun_client *c, flow_id flow);
/* Send what t->wire holds for the first time, and start its timers. */
void client_begin(struct stun_client *c, struct stun_transaction *t, const struct input *in,
                  struct outq *q);
void client_put(struct stun_client *c, struct stun_transaction *t, struct outq *q);
struct stun_event *client_end(struct stun_transaction *t, const struct input *in, struct outq *q,
                              enum stun_result kind, struct span msg, const char *why);

/* ---- stun_client_user.c: a user's Binding from asking to telling ---- */

void client_binding(struct stun_client *c, const struct input *in, struct outq *q);
void client_keep_alive(struct stun_client *c, const struct input *in, struct outq *q);
/* Send the user's request of `t` to t->to in a new transaction, or let it wait for its turn. */
void client_attempt(struct stun_client *c, struct stun_transaction *t, const struct input *in,
                    struct outq *q);
/* No response that counts has come: over to another connection or server, or told. */
void client_failed(struct stun_client *c, struct stun_transaction *t, const struct input *in,
                   struct outq *q, enum stun_result kind, const char *why);
/* It has ended by a response, and is told: by the event returned, NULL where there is no room. */
struct stun_event *client_answered(struct stun_client *c, struct stun_transaction *t,
                                   const struct input *in, struct outq *q, enum stun_result kind,
                                   struct span msg, const char *why);
/* Requests that wait go out where others have ended; after every input. */
void client_wake(struct stun_client *c, const struct input *in, struct outq *q);
struct stun_known *client_known(struct stun_client *c, const struct addr *at, uint64_t now_us);
/* The RTO with which a transaction to `to` starts: RFC8489:6.2.1. */
uint64_t client_rto(struct stun_client *c, const struct addr *to, uint64_t now_us);
/* ---- stun_client_form.c ---- */

/* Write the user's Binding of `t` anew: a new id, and what the credentials of the server ask for.
 * False: it does not fit. */
bool client_form(struct stun_client *c, struct stun_transaction *t, enum stun_class cls);
/* ---- stun_client_rules.c: a response to a user's request; RFC8489:6.3.3, 6.3.4, 9, 10 ---- */

void client_judge(struct stun_client *c, struct stun_transaction *t, const struct input *in,
                  const struct stun_msg *m, struct outq *q);
/* ---- stun_client_find.c: RFC8489:8.1 ---- */

/* Begin with a URI; false: it names nothing that may be contacted, `why` says so. */
bool client_find(struct stun_client *c, struct stun_transaction *t, struct span uri,
                 const struct input *in, struct outq *q, const char **why);
void client_found(struct stun_client *c, const struct input *in, struct outq *q);
/* The next address that the URI leads to, or the next lookup; false: there is none left. */
bool client_next_target(struct stun_client *c, struct stun_transaction *t, const struct input *in,
                        struct outq *q);
#endif
