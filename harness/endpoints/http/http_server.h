/* harness/endpoints/http/http_server.h - the server's state, inside harness/endpoints/http only. */
#ifndef HARNESS_ENDPOINTS_HTTP_HTTP_SERVER_H
#define HARNESS_ENDPOINTS_HTTP_HTTP_SERVER_H
#include "harness/core/pool.h"
#include "harness/endpoints/http/http_endpoint.h"

enum {
    SERVER_KEPT = 2 << 20, /* octets of responses of one connection that wait for earlier ones */
    SERVER_MEMORY = 1 << 20,
    SERVER_SCRATCH = 1 << 20,
};
enum { SERVER_FLOW_TCP = 1, SERVER_FLOW_TLS };
struct http_turn { /* a request whose response is to be sent, in its turn */
    uint32_t id;
    bool ready, close, tunnel; /* ready: its response is in `kept`; tunnel: no HTTP follows it */
    bool head, old;            /* the request was HEAD; of HTTP/1.0 */
    bool persists;             /* the request lets the connection go on */
    uint8_t ask;               /* enum http_ask */
    uint64_t due_us;           /* the response is not to leave before */
    size_t at, n;
};
struct http_stream { /* a connection */
    flow_id flow;
    bool used, ended; /* ended: the client sends no more */
    /* the last request may make another protocol of it: nothing is read until it is answered */
    bool waits;
    bool expects; /* 100 is to be sent once all earlier requests are answered */
    bool lingers; /* all is sent, and the client is to close */
    bool put_off; /* there are octets left for which the queue had no room */
    struct addr remote, local;
    uint64_t since_us, begun_us, linger_us;   /* last activity; first octets of half a request */
    struct http_turn turns[HTTP_OUTSTANDING]; /* the oldest first */
    size_t n_turns, kept_n;
    uint8_t *kept;
    struct http_conn conn;
};
struct http_server {
    struct env env;
    struct http_server_config c;
    struct http_realm realm;
    struct http_resource resources[HTTP_RESOURCES];
    size_t n_resources;
    uint32_t last_id;
    struct arena mem; /* texts of configuration and resources */
    uint64_t due_us;
    struct pool pool; /* of struct http_stream */
    uint8_t memory[SERVER_MEMORY];
    _Alignas(16) uint8_t scratch[SERVER_SCRATCH];
    _Alignas(16) uint8_t view[SERVER_SCRATCH];
    uint8_t content[HTTP_WINDOW], out[HTTP_WINDOW + SERVER_SCRATCH];
    _Alignas(16) uint8_t pool_mem[POOL_BYTES(HTTP_CONNECTIONS, sizeof(struct http_stream))];
    uint8_t windows[HTTP_CONNECTIONS][HTTP_WINDOW], kepts[HTTP_CONNECTIONS][SERVER_KEPT];
};
struct http_answer { /* a response on its way */
    const struct input *in;
    struct outq *q;
    struct http_stream *st;
    struct http_turn *turn;
    const struct http_msg *m; /* the request; NULL: there is none that can be read */
    struct span content;
    const struct http_resource *resource;
    struct http_proof by;
    struct arena mem;
    struct draft dr;
    unsigned status;
    const char *cause; /* a word for the tables of deviations; static */
    bool close;
    char where[48];
};
static inline bool server_flag(const struct http_server *s, const char *name)
{
    return env_flag(&s->env, name);
}

/* ---- http_server.c ---- */

/* The connection of a flow; NULL: there is none. */
struct http_stream *http_server_stream(struct http_server *s, flow_id flow);
/* A connection is no more; and is closed here. */
void http_server_forget(struct http_server *s, struct http_stream *st);
void http_server_drop(struct http_server *s, struct http_stream *st, bool abort, struct outq *q);

/* ---- http_server_turns.c ---- */

/* Take what has come, and what was left of before. The connection may be gone afterwards. */
void http_server_work(struct http_server *s, struct http_stream *st, const struct input *in,
                      struct span octets, struct outq *q);
/* A turn for a request; `m` is NULL where there is none that can be read. */
struct http_turn *http_turn_new(struct http_server *s, struct http_stream *st,
                                const struct http_msg *m);
/* The i-th turn is over. */
void http_turn_pop(struct http_stream *st, size_t i);
/* Give a turn its response, `octets`, which leaves when the time has come. close: the connection ends behind it. */
void http_server_respond(struct http_server *s, struct http_answer *a, struct span octets,
                         uint64_t due_us);
/* Send the responses whose turn has come. */
void http_server_flush(struct http_server *s, struct http_stream *st, uint64_t now_us,
                       struct outq *q);
/* Nothing more is sent: closed in stages, so that the last response is not lost (RFC9112:9.6#a1). */
void http_server_finish_stream(struct http_server *s, struct http_stream *st, uint64_t now_us,
                               struct outq *q);

/* ---- http_server_script.c ---- */

enum { HTTP_SERVER_VERBS = 4 };
extern const struct verb http_server_verbs[HTTP_SERVER_VERBS];
void http_server_command(struct http_server *s, const struct input *in, struct outq *q);

/* ---- http_server_answer.c: what a request gets ---- */

/* Those of the configuration, or some for trying. */
void http_server_resources(struct http_server *s, const struct http_resource *v, size_t n);
/* False: there is no room. */
bool http_server_resource_put(struct http_server *s, const struct http_resource *r);
/* What the head of a request earns before its body is there: 0, or the status. */
unsigned http_server_early(struct http_server *s, struct http_answer *a);
/* Answer a request. False: somebody else is to be asked, who may be a->by.user. */
bool http_server_serve(struct http_server *s, struct http_answer *a);
/* Answer by a status alone: a refusal. */
void http_server_refuse(struct http_server *s, struct http_answer *a, unsigned status,
                        const char *cause);
void http_server_continue(struct http_server *s, struct http_answer *a);
/* Add to the response a->dr what it lacks, encode and send it. */
void http_server_finish(struct http_server *s, struct http_answer *a,
                        const struct http_reply_args *by_script);

enum { HTTP_SERVER_FAULTS = 76, HTTP_SERVER_VARIANTS = 18 };
extern const struct deviation http_server_faults[HTTP_SERVER_FAULTS],
    http_server_variants[HTTP_SERVER_VARIANTS];
#endif
