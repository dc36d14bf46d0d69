/* harness/endpoints/stun/stun_client.h - the client's state, inside harness/endpoints/stun only. */
#ifndef HARNESS_ENDPOINTS_STUN_STUN_CLIENT_H
#define HARNESS_ENDPOINTS_STUN_STUN_CLIENT_H
#include "harness/endpoints/stun/stun_endpoint.h"

struct stun_send_args {    /* of `request`, `send` and `open` */
    struct addr to, local; /* family 0: the configured server, any address */
    struct span transport;
    uint8_t auth; /* how the key that seals it is made; attributes are the message's own business */
    uint16_t algorithm;
    bool once;           /* no retransmission */
    bool fresh;          /* open a flow of its own (another source port) */
    uint64_t timeout_us; /* 0: by the timers of the standard */
    uint64_t split;      /* streams: octets in a segment; 0: all in one */
    uint32_t flow;       /* as an earlier event named it; 0: the default one */
    struct span octets, realm, nonce, username, password;
    struct draft *message;
};
enum { CLIENT_WIRE = STUN_MAX };
struct stun_transaction {
    bool used, user; /* user: `binding`, the rules of a client apply */
    uint32_t token;
    flow_id flow;
    bool stream;
    struct addr to;
    uint8_t id[16], id_n;
    uint64_t started_us, next_us, rto_us, limit_us;
    uint32_t sent;
    bool once, signed_, refused; /* refused: a response failed the integrity check */
    bool challenged, renewed;    /* 401, 438 have been followed once */
    struct stun_key key;
    size_t wire_n;
    uint8_t wire[CLIENT_WIRE];
};
struct stun_client {
    struct env env;
    struct stun_client_config c;
    struct arena mem;
    uint8_t kept_octets[8192];
    flow_id next_flow, udp, tcp; /* default flows, 0: not open */
    struct addr tcp_to;
    struct stun_transaction tx[STUN_TRANSACTIONS];
    struct stun_stream streams[8];
    struct stun_attr attrs[STUN_ATTRS];
    uint8_t fixed_id[12];
    /* the challenge that signed requests answer: kept until another comes */
    struct span realm, nonce;
    bool algorithms, anonymity;
    uint8_t challenge[2048], offered[256];
    size_t offered_n;
    uint8_t scratch[STUN_SCRATCH], out[STUN_MAX];
};
enum { STUN_CLIENT_FAULTS = 14, STUN_CLIENT_VARIANTS = 8 };
extern const struct deviation stun_client_faults[STUN_CLIENT_FAULTS],
    stun_client_variants[STUN_CLIENT_VARIANTS];
extern const struct desc stun_send_desc;

/* stun_client.c, for stun_client_rules.c */
void client_begin(struct stun_client *c, struct stun_transaction *t, const struct input *in,
                  struct outq *q);
struct stun_event *client_end(struct stun_transaction *t, const struct input *in, struct outq *q,
                              enum stun_result kind, struct span msg, const char *why);
/* stun_client_rules.c: a response to a transaction that a user began; RFC8489:6.3.3, 6.3.4, 9, 10. */
void client_judge(struct stun_client *c, struct stun_transaction *t, const struct input *in,
                  const struct stun_msg *m, struct outq *q);
/* Write the user's Binding request of `t` anew: a new id, what the challenge asks for. */
bool client_binding(struct stun_client *c, struct stun_transaction *t);
#endif
