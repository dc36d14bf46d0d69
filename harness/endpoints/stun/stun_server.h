/* harness/endpoints/stun/stun_server.h - the server's state, inside harness/endpoints/stun only. */
#ifndef HARNESS_ENDPOINTS_STUN_STUN_SERVER_H
#define HARNESS_ENDPOINTS_STUN_STUN_SERVER_H
#include "harness/core/pool.h"
#include "harness/endpoints/stun/stun_endpoint.h"

struct stun_server_user {
    struct span username;
    uint8_t hash[32];
    struct stun_credential key;
};
struct stun_kept { /* a request that a manual server may still be told to answer */
    uint32_t id;
    flow_id flow;
    struct pkt pkt;
    uint16_t method;
    uint8_t id_n, transaction[16];
};
struct stun_reply_args {
    uint32_t id;
    uint16_t algorithm;    /* which key signs: MD5 unless SHA-256 */
    struct span octets;    /* instead of a message */
    uint64_t split;        /* streams: octets in a segment; 0: all in one */
    uint64_t after_us;     /* 0: at once */
    struct draft *message; /* class success, the request's method and id, unless given */
};
struct stun_server {
    struct env env;
    struct stun_server_config c;
    struct stun_server_user users[STUN_USERS];
    size_t n_users;
    struct hmac_key nonce_key;
    uint8_t nonce[64];
    uint32_t n_kept;
    struct stun_kept kept[STUN_KEPT];
    struct stun_attr attrs[STUN_ATTRS];
    struct arena mem; /* realm, software, user names */
    uint8_t kept_octets[8192];
    uint8_t scratch[STUN_SCRATCH], out[STUN_MAX];
    struct pool streams; /* of struct stun_stream */
    _Alignas(16) uint8_t stream_mem[POOL_BYTES(STUN_CONNECTIONS, sizeof(struct stun_stream))];
};
struct reply { /* one request on its way to its answer */
    const struct input *in;
    struct outq *q;
    const struct stun_msg *m;
    struct arena mem;
    struct draft dr;
    const struct stun_key *sign; /* NULL: the answer carries no integrity */
    bool use256, fingerprint;
    uint16_t unknown[STUN_ATTRS];
    size_t n_unknown;
    char where[32];
};

enum { STUN_SERVER_FAULTS = 40, STUN_SERVER_VARIANTS = 15 };
extern const struct deviation stun_server_faults[STUN_SERVER_FAULTS],
    stun_server_variants[STUN_SERVER_VARIANTS];
#endif
