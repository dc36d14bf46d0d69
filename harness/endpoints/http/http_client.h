/* harness/endpoints/http/http_client.h - the client's state, inside harness/endpoints/http only. */
#ifndef HARNESS_ENDPOINTS_HTTP_HTTP_CLIENT_H
#define HARNESS_ENDPOINTS_HTTP_HTTP_CLIENT_H
#include "harness/endpoints/http/http_endpoint.h"

enum {
    CLIENT_STACK = 32, /* octets of a stack, with its NUL */
    CLIENT_WIRE = HTTP_WINDOW,
    CLIENT_SCRATCH = 1 << 20,
    CLIENT_LOGINS = 4,     /* servers whose challenges are kept */
    CLIENT_CHALLENGES = 3, /* that one request answers: the first, a stale nonce, and once more */
};
struct http_known { /* a server that has asked for credentials */
    struct addr at;
    uint64_t used_us;
    struct http_login login;
};
enum http_phase { HTTP_SENT, HTTP_BODY_WAITS };
struct http_trans { /* a request until its response */
    bool used, user, login, pipeline, expect, close, stay, idempotent;
    bool again;     /* it was sent once more because its connection went */
    bool no_expect; /* and without Expect, which was refused */
    uint8_t phase, challenges;
    uint8_t ask; /* enum http_ask */
    uint32_t token, tries;
    uint32_t link; /* its connection, by number from 1; 0: none */
    struct addr to, local;
    char stack[CLIENT_STACK];
    uint64_t started_us, limit_us, continue_us; /* limit_us, continue_us: when they are over */
    uint64_t split;
    struct http_account account;
    struct arena mem;               /* account */
    size_t plain_n, wire_n, head_n; /* as it was asked for; as it was sent; the head of that */
    size_t authorization, authorization_n; /* where its value stands in wire */
    uint8_t kept[1024], plain[CLIENT_WIRE], wire[CLIENT_WIRE];
};
struct http_link { /* a connection */
    bool used, closing,
        ended;      /* closing: no further request is sent; ended: no further response comes */
    bool stays;     /* though it ends: the server is to do that */
    bool served;    /* a response has come on it */
    bool pipelines; /* not so soon after one that went (RFC9112:9.3.2#4) */
    flow_id flow;
    struct addr to, local;
    char stack[CLIENT_STACK];
    uint8_t order[HTTP_OUTSTANDING]; /* transactions, by number from 0, the oldest first */
    size_t n;
    struct http_conn conn;
};
struct http_client {
    struct env env;
    struct http_client_config c;
    struct arena mem;
    flow_id next_flow;
    struct http_link links[HTTP_LINKS];
    struct http_known known[CLIENT_LOGINS];
    uint8_t memory[4096];
    _Alignas(16) uint8_t scratch[CLIENT_SCRATCH];
    _Alignas(16) uint8_t view[CLIENT_SCRATCH];
    uint8_t content[HTTP_WINDOW];
    struct http_trans tx[HTTP_TRANSACTIONS];
    uint8_t windows[HTTP_LINKS][HTTP_WINDOW];
};
static inline bool client_flag(const struct http_client *c, const char *name)
{
    return env_flag(&c->env, name);
}

/* ---- http_client.c ---- */

/* End a transaction by an event `response`, about what came where there is anything. */
struct http_event *http_client_end(struct http_client *c, struct http_trans *t,
                                   const struct input *in, struct outq *q, enum http_result kind,
                                   struct span octets, const char *why);

/* ---- http_client_send.c: from asking to the octets on a connection ---- */

/* A verb that asks; user: `fetch`. */
void http_client_ask(struct http_client *c, const struct input *in, bool user, struct outq *q);
/* Send it, or send it again, over a connection that fits. fresh: a new one. */
void http_client_attempt(struct http_client *c, struct http_trans *t, struct http_link *l,
                         bool fresh, const struct input *in, struct outq *q);
void http_client_send_body(struct http_client *c, struct http_trans *t, struct outq *q);
struct http_link *http_client_open(struct http_client *c, const struct addr *to,
                                   const struct addr *local, const char *stack, struct outq *q);
/* The stack that `transport`, or the configuration, means; NULL: it is too long. */
const char *http_client_stack(const struct http_client *c, struct span transport,
                              char out[CLIENT_STACK]);
/* What a server has asked for; made anew where nothing is known, and the one used longest ago gives way. */
struct http_login *http_client_login(struct http_client *c, const struct addr *at, uint64_t now_us);

enum { HTTP_CLIENT_FAULTS = 56, HTTP_CLIENT_VARIANTS = 9 };
extern const struct deviation http_client_faults[HTTP_CLIENT_FAULTS],
    http_client_variants[HTTP_CLIENT_VARIANTS];
extern const struct desc http_args_desc;
#endif
