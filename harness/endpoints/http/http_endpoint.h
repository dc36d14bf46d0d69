/* harness/endpoints/http/http_endpoint.h - a client and an origin server of HTTP/1.1 (RFC 9112, and of RFC 9110 what an
 * exchange of messages needs), sans-IO.
 *
 * http.server: answers by a table of resources; what is not in it gets 404. A resource has a fixed answer, gives back
 *   what it is sent, or is asked about: then, as with `manual` every request, an event "request" tells it, and `reply`
 *   answers. Responses leave in the order of the requests (RFC 9112 section 9.3.2).
 *   `reply`     answers the request `id`: status 200 and what else is missing is added, unless `as_is`
 *   `resource`  adds a resource, or puts it in the place of one with its path
 *   `send`      octets on a flow, such as one that is no HTTP any more
 *   `close`     ends a flow, or that of a request
 *   events: `listening`, `closed` (it could not listen), `request`, `data` (octets behind a reply to CONNECT or with
 *   status 101), `refused` (no room for a connection), `ended` (of a connection; with `manual`)
 * http.client: sends requests over connections that it keeps.
 *   `request`  sends what `message` says, Host and Content-Length added unless `as_is`, and reports the response: what
 *              a tester uses
 *   `fetch`    the same as a user's: credentials where they are asked for, a new connection where an old one has gone.
 *              What a client under test is driven by
 *   `send`     octets, of which nothing is expected
 *   `close`    ends a connection
 *   events: `response` answers; `interim` (1xx), `data` (of a tunnel), `opened`, `ended` (a connection on which nothing
 *   was outstanding), `stray` (octets that nobody asked for) */
#ifndef HARNESS_ENDPOINTS_HTTP_HTTP_ENDPOINT_H
#define HARNESS_ENDPOINTS_HTTP_HTTP_ENDPOINT_H
#include "harness/endpoints/http/http.h"

enum {
    HTTP_CONNECTIONS =
        32, /* that a server keeps; for one more the one gives way that has been idle longest, else the new
                              one is reset */
    HTTP_RESOURCES = 32,
    HTTP_TRANSACTIONS = 16, /* that a client has at once */
    HTTP_LINKS = 8,         /* connections that it has at once */
};
enum http_does { HTTP_DOES_FIXED, HTTP_DOES_ECHO, HTTP_DOES_ASK };
struct http_resource {
    struct span path;       /* of the request target, octet for octet; the query does not count */
    uint8_t does;           /* enum http_does */
    uint8_t auth;           /* enum http_auth */
    uint32_t status;        /* of a fixed answer; 0: 200 */
    struct span type, body; /* type: text/plain where empty */
    uint32_t chunk;         /* the answer is chunked, so many octets in each; 0: it has a length */
    bool until_close;       /* it ends with the connection */
};
struct http_server_config {
    /* family 0: any address of the host; port 0: 80. listen_tls: TLS is served there; port 0: 443, family 0: it is not.
     * Where `listen` is not given then, plain TCP is not served. */
    struct addr listen, listen_tls;
    bool manual;      /* nothing is answered or refused but what cannot be read to its end */
    bool no_continue; /* no 100 is sent */
    struct span realm, software; /* "interop.test", "rtclab/0.1" where empty */
    struct http_user *users;     /* as http_realm_init takes them */
    size_t n_users;
    struct http_resource *resources; /* none: those of http_server_answer.c */
    size_t n_resources;
    bool md5_alone, no_userhash; /* as in struct http_realm */
    uint64_t nonce_us;
    /* seconds since 1970 when the run begins; 0: it has no clock, and sends no Date */
    uint64_t clock_s;
    uint64_t half_us,
        idle_us;      /* how long a request takes to come, and how long none comes; 0: 30 s, 60 s */
    uint32_t quota;   /* connections of one address at most; 0: as many as there are */
    uint32_t fail_at; /* the connection that is refused as if there were no room, from 1; 0: none */
    struct http_limits most; /* 0: as http.h has them */
};
struct http_client_config {
    struct addr server;
    struct span transport;          /* "tcp" (also where empty), or a stack such as "tcp/tls" */
    struct span host;               /* for Host; the address of the server where empty */
    struct span username, password; /* none are sent where the name is empty */
    struct span software;           /* "rtclab/0.1" where empty */
    uint64_t timeout_us,
        continue_us; /* for a response; for 100 before a body is sent. 0: 30 s, 1 s */
    struct http_limits most;
};
/* Arguments of the verbs. */
struct http_reply_args { /* of `reply`, `send`, `close` */
    uint32_t id, flow;
    struct span octets; /* instead of a message */
    bool as_is;         /* nothing is added to the message */
    bool close;         /* the connection ends behind it */
    bool until_close;   /* and so does the body */
    uint64_t chunk;     /* octets in a chunk; 0: the body has a length */
    uint64_t split;     /* octets in a segment; 0: all in one */
    uint64_t after_us;  /* 0: at once */
    bool at_once;       /* though earlier requests are unanswered */
    bool abort;         /* `close`: by a reset */
    struct draft *message;
};
struct http_args { /* of `request`, `fetch`, `send`, `close` */
    struct addr to, local;
    struct span transport, host;
    struct span username, password; /* in place of those of the configuration */
    struct span octets;             /* in place of a message */
    bool as_is;                     /* nothing is added to the message */
    bool login;                     /* a 401 is answered with credentials; of `fetch` always */
    bool fresh;                     /* over a new connection */
    /* over one that others wait on, where they allow that (RFC 9112 section 9.3.2) */
    bool pipeline;
    bool expect; /* the body waits for 100 (RFC 9110 section 10.1.1) */
    bool close;  /* the connection is not kept */
    bool stay;  /* one that the server says it ends is left to it: a tester looks whether it does */
    bool abort; /* `close`: by a reset */
    uint64_t chunk, split; /* octets in a chunk, in a segment; 0: not chunked, all in one */
    uint64_t timeout_us;
    uint32_t flow; /* over this connection, whatever waits there */
    struct draft *message;
};
/* Of http.client and http.server; http_server_class is a symbol of Sofia-SIP's. */
extern const struct endpoint_class http_client_class, http_origin_class;

/* ---- shared by both, inside harness/endpoints/http ---- */

extern const struct desc http_client_config_desc, http_server_config_desc, http_resource_desc;
#endif
