/* harness/endpoints/http/http.h - what endpoints and layers that speak HTTP/1.1 share: a connection, which makes
 * messages of a stream's octets (RFC 9112); messages as drafts; who may ask a server and what proves it, and a client's
 * answer to that (RFC 7616, RFC 7617); events about messages.
 *
 * It is a part and no layer of the stack: what travels over HTTP spans connections (BOSH has two, RTMPT as many as its
 * client likes), has to know what a response answers, and wants messages, where a layer provides octets on one flow.
 * So each part lives in its owner, an endpoint or a layer, and knows no flow and no queue. */
#ifndef HARNESS_ENDPOINTS_HTTP_HTTP_H
#define HARNESS_ENDPOINTS_HTTP_HTTP_H
#include "codecs/auth/auth.h"
#include "codecs/http/http.h"
#include "harness/core/endpoint.h"

/* ---- a connection ---- */

enum {                          /* what a connection takes, at most; a server answers more by */
       HTTP_METHOD_MOST = 32,   /* octets of a method: 501 (RFC9112:3#2) */
       HTTP_TARGET_MOST = 8000, /* of a request target: 414 (RFC9112:3#3, #4) */
       HTTP_LINE_MOST = HTTP_METHOD_MOST + HTTP_TARGET_MOST + 64, /* of a request line: 400 */
       HTTP_HEAD_MOST = 32 << 10,     /* of start line and header fields; of a trailer section: 431
                                     (RFC9110:5.4#1) */
       HTTP_FIELDS_MOST = 100,        /* header fields: 431 */
       HTTP_CONTENT_MOST = 1 << 20,   /* octets of content: 413 */
       HTTP_FRAMING_MOST = 256 << 10, /* of chunk sizes, their extensions and line ends: 413 */
       HTTP_WINDOW = HTTP_HEAD_MOST + HTTP_CONTENT_MOST + HTTP_FRAMING_MOST,
       HTTP_OUTSTANDING = 16, /* requests that wait for their responses */
};
struct http_limits { /* 0: as above; more than that is that */
    uint32_t target, head, fields, content;
};
enum http_got {
    HTTP_GOT_NOTHING, /* all octets were taken and make nothing yet */
    HTTP_GOT_HEAD, /* of a server: the head of a request whose body is still to be taken, told once */
    HTTP_GOT_MESSAGE, /* a whole one */
    HTTP_GOT_OCTETS,  /* of another protocol, behind CONNECT or Upgrade */
    HTTP_GOT_FAULT,   /* nothing can follow; all further octets are thrown away */
};
struct http_item {
    /* of head or message; of a fault those that were there. Good until the next call */
    struct span octets;
    enum http_ask ask; /* of a response: what it answers */
    bool final;        /* a response, and no 1xx: its request is not outstanding any more */
    bool close;      /* nothing may follow the answer: framing was in doubt (RFC9112:6.1#13, #14) */
    bool head;       /* of a fault: the request was HEAD, so that the answer has no body */
    uint16_t status; /* of a fault: what a server answers; of a client's 0 */
    const char *cause; /* of a fault: a word for tables of deviations; static */
    const char *why;   /* and in words; static */
};
/* One side of a connection. A server refuses by RFC 9112 what it says is to be refused; see http_conn.c for the
 * rows. */
struct http_conn {
    bool server;
    bool held; /* the owner's: octets are kept, and not looked at */
    /* what comes is no HTTP any more; a server's owner sets it, and a client's 101 or 2xx to CONNECT */
    bool tunnel;
    const char *takes[10]; /* the owner's: clauses whose findings refuse no request; NULL: none */
    bool lenient;          /* the owner's: nothing is refused but what cannot be framed */
    bool over;
    struct http_limits most;
    struct http_dec dec;
    bool started, told;     /* the start line of the message was judged; its head was told */
    size_t line_seen, done; /* done: octets of the item that was told last */
    uint8_t asks[HTTP_OUTSTANDING], n_asks; /* of a client's requests, the oldest first */
    size_t from, n;
    uint8_t *window;
};
/* `most` is NULL: all as above. `window`: HTTP_WINDOW octets of the owner's, for as long; they need not be zeroed. */
void http_conn_init(struct http_conn *c, bool server, const struct http_limits *most,
                    uint8_t *window);
/* Take octets from the front of *in, which are cut off it, and say what they make. To be called until it gives
 * HTTP_GOT_NOTHING, with *in empty where there is no more. How the octets were split makes no difference. What is left
 * in *in behind HTTP_GOT_NOTHING had no room, because the connection is held. `mem`: scratch. */
enum http_got http_conn_take(struct http_conn *c, struct span *in, struct arena *mem,
                             struct http_item *it);
/* The other side sends no more: a response that ends so is told, then HTTP_GOT_NOTHING; a message that is not whole, or
 * one that is missing, is HTTP_GOT_FAULT. */
enum http_got http_conn_end(struct http_conn *c, struct http_item *it);
/* A client has sent a request of this method; false: too many are outstanding, it must not. */
bool http_conn_asked(struct http_conn *c, struct span method);
/* Whether octets of a message that is not whole are there. */
static inline bool http_conn_half(const struct http_conn *c)
{
    return !c->tunnel && c->n > c->from + c->done;
}
/* Whether the request that is there, as far as it is there, is HEAD. */
bool http_conn_for_head(const struct http_conn *c);
/* GET, HEAD, OPTIONS, TRACE, PUT, DELETE: it may be asked again (RFC 9110 section 9.2.2). */
bool http_idempotent(struct span method);
/* The content of a message: without its chunks, whatever their number; a part of `octets`, or in `mem`. */
struct span http_content_of(struct span octets, enum http_ask ask, struct arena *mem);

/* ---- messages as drafts ---- */

void http_draft_request(struct draft *dr, struct arena *mem, struct span method,
                        struct span target);
/* With the phrase of the status. */
void http_draft_response(struct draft *dr, struct arena *mem, unsigned status);
/* Add a header field, whose texts are borrowed. A value whose p is NULL is left out: of Content-Length it is then
 * counted by the encoder. `first`: before all others. */
struct node *http_add(struct draft *dr, const char *name, struct span value);
void http_add_first(struct draft *dr, const char *name, struct span value);
bool http_has(const struct draft *dr, enum http_type type);
/* The body, of whose length nothing is said by that. */
void http_body(struct draft *dr, struct span body);
/* Make chunks of `each` octets out of the body, and say so in Transfer-Encoding. */
void http_chunk(struct draft *dr, size_t each);
/* Take the body away; where Content-Length is to be counted it becomes what it would have been. */
void http_drop_body(struct draft *dr);
/* The phrase that RFC 9110 has for a status; "Unknown" for another. */
const char *http_reason(unsigned status);
/* A date in the form of RFC9110:5.6.7#2; `seconds` since 1970. */
void http_put_date(struct wr *w, uint64_t seconds);
enum { HTTP_DATE_OCTETS = 29 };
/* The path of a request target: without authority and query; empty for other forms. */
struct span http_path_of(const struct http_msg *m);

/* ---- a server's side of authentication ---- */

enum http_auth { HTTP_AUTH_NONE, HTTP_AUTH_BASIC, HTTP_AUTH_DIGEST, HTTP_AUTH_BOTH };
extern const struct names http_auths;
enum { HTTP_USERS = 8, HTTP_NONCES = 64, HTTP_NONCE = 40 };
struct http_user {
    struct span username, password;
};
extern const struct desc http_user_desc;
struct http_nonce { /* of which requests were counted */
    uint32_t serial;
    uint64_t used_us;
    struct auth_count count;
};
struct http_realm {
    /* The owner's, set before http_realm_init. */
    const struct env *env; /* whose deviations count here by their names */
    struct span name;      /* prepared */
    /* of the algorithms SHA-256 and MD5, in this order, the second alone is offered */
    bool md5_alone;
    bool no_userhash;  /* nor is the hashing of user names */
    uint64_t nonce_us; /* how long a nonce is good; 0: 300 s */
    /* Its own. */
    struct http_user users[HTTP_USERS];
    size_t n_users;
    struct hmac_key nonce_key;
    uint8_t opaque[16];
    uint32_t serial, forgotten; /* of the last nonce; of the latest that gave way */
    struct http_nonce nonces[HTTP_NONCES];
};
struct http_proof {               /* what a request has shown of who asks */
    const struct http_user *user; /* NULL: it is not known, or not so */
    bool stale;                   /* refused for its nonce alone */
    bool digest;                  /* by Digest: Authentication-Info may follow */
    struct span method;           /* of the request */
    struct auth_credentials by;
    const char *cause; /* of a refusal: a word for the tables of deviations; static */
};
/* Take the first HTTP_USERS of `users`; none: {"alice", "alice-secret"}. Names and passwords are prepared
 * (harness/core/prep) into `mem`; keys are drawn from `rng`. */
void http_realm_init(struct http_realm *r, const struct http_user *users, size_t n,
                     struct arena *mem, uint64_t rng[2]);
/* Whether a request has credentials that fit (RFC 7616 section 3.4, RFC 7617 section 2). Returns 0, or the status that
 * it gets, 400 or 401. Texts in `p` borrow the message and `mem`. */
unsigned http_realm_check(struct http_realm *r, enum http_auth auth, const struct http_msg *m,
                          struct span content, uint64_t now_us, struct arena *mem,
                          struct http_proof *p);
/* Add a WWW-Authenticate for each scheme and algorithm. */
void http_realm_challenge(struct http_realm *r, enum http_auth auth, bool stale, uint64_t now_us,
                          struct draft *dr);
/* Add Authentication-Info to the answer, which has `body` (RFC 7616 section 3.5). */
void http_realm_info(struct http_realm *r, const struct http_proof *p, struct span body,
                     uint64_t now_us, struct draft *dr);

/* ---- a client's ---- */

enum http_verified { /* what Authentication-Info shows of the server */
                     HTTP_VERIFIED_ABSENT,
                     HTTP_VERIFIED_GOOD,
                     HTTP_VERIFIED_BAD,
};
extern const struct names http_verifieds;
struct http_account {
    struct span username, password; /* prepared */
};
struct http_login {                  /* what a server has asked for; zeroed at first */
    bool challenged, basic, signed_; /* signed_: a request was sent with credentials since */
    uint32_t nc;                     /* requests with this nonce so far */
    uint16_t n;
    uint8_t challenge[2048]; /* as it came */
    uint16_t nonce_n;
    uint8_t nonce[512]; /* what nextnonce has put in its place */
    uint16_t scope_n;
    uint8_t scope[256]; /* of Basic: the beginning of targets that it is sent with unasked */
};
enum http_challenge {
    HTTP_CHALLENGE_NONE, /* none that can be answered */
    HTTP_CHALLENGE_NEW,
    HTTP_CHALLENGE_STALE, /* the nonce alone was refused */
    HTTP_CHALLENGE_SAME,  /* the credentials were refused (RFC7616:3.3#7) */
};
/* Keep the challenge of a 401 to a request for `target` that is answered: by RFC 7616 the first that can be (3.7#3),
 * Basic where there is no other. The deviations of `env` count by their names. */
enum http_challenge http_login_keep(struct http_login *l, const struct env *env,
                                    const struct http_msg *m, struct span target,
                                    struct arena *mem);
/* Whether a request for `target` may have credentials before it is challenged: RFC7616:3.3#2, RFC7617:2.2#a1. */
bool http_login_fits(const struct http_login *l, struct span target);
/* The value of Authorization for a kept challenge; empty: it cannot be made, or `mem` is full. */
struct span http_login_sign(struct http_login *l, const struct env *env,
                            const struct http_account *a, const struct auth_request *r,
                            struct span target, uint64_t rng[2], struct arena *mem);
/* What a response says in Authentication-Info to a request with `authorization`: nextnonce is kept. */
enum http_verified http_login_info(struct http_login *l, const struct env *env,
                                   const struct http_account *a, struct span authorization,
                                   const struct http_msg *m, struct span content,
                                   struct arena *mem);
/* OpaqueString, where its profile takes the text, which otherwise stays as it is. */
struct span http_prepare(struct arena *mem, struct span s);

/* ---- octets and events ---- */

/* Send octets in pieces of `split`, 0: at once; in single ones under the variant "stream-in-octets" of `env`. */
void http_put(const struct env *env, flow_id flow, struct span octets, uint64_t split,
              struct outq *q);

enum http_result {
    HTTP_R_REQUEST,  /* of a server: to be answered by `reply` */
    HTTP_R_SUCCESS,  /* 2xx */
    HTTP_R_REDIRECT, /* 3xx */
    HTTP_R_ERROR,    /* 4xx, 5xx, and what is none of the five classes */
    HTTP_R_INTERIM,  /* 1xx, which the final response follows */
    HTTP_R_DATA,     /* octets of another protocol */
    HTTP_R_TIMEOUT,
    HTTP_R_CLOSED,
    HTTP_R_FAILED, /* what came is no response, or the request could not be sent */
    HTTP_R_SENT,
    HTTP_R_OPENED,
};
struct http_event { /* the record of all events of http.client and http.server */
    uint8_t kind;   /* enum http_result */
    uint32_t id;    /* of a request: to `reply` to */
    struct addr from, local;
    /* NULL: there is none. Its lists are cut where they are very long */
    const struct http_msg *message;
    struct span octets;
    const char *codec; /* of octets: what a response answers; "" for DATA */
    struct span content;
    struct span user; /* of a request: who has shown to be it */
    uint8_t verified; /* enum http_verified, of a response */
    uint32_t code;    /* the status */
    uint64_t time_us, rtt_us;
    uint32_t tries; /* requests that were sent, credentials and new connections counted */
    uint32_t flow, frame;
    const char *why; /* closed, failed: in words */
};
extern const struct desc http_event_desc;
/* Fill in an event about `octets`, a message that answers `ask`; NULL where the queue has no room. */
struct http_event *http_report(struct outq *q, const char *name, uint32_t token,
                               enum http_result kind, const struct input *in, struct span octets,
                               enum http_ask ask);
/* The same without a message; `why` lives as long as the queue. */
struct http_event *http_tell(struct outq *q, const char *name, uint32_t token,
                             enum http_result kind, const struct input *in, const char *why);
#endif
