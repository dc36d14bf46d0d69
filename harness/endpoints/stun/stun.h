/* harness/endpoints/stun/stun.h - what other endpoints that speak STUN share with stun.client and stun.server:
 * who may ask a server and what proves it (RFC 8489 section 9), preparing of names, events about
 * messages. Everything of a realm lives in its owner; nothing is kept of a
 * request but, where a variant has each nonce serve once, which ones have. */
#ifndef HARNESS_ENDPOINTS_STUN_STUN_H
#define HARNESS_ENDPOINTS_STUN_STUN_H
#include "codecs/stun/stun.h"
#include "harness/core/endpoint.h"

enum {
    STUN_ATTRS = 256, /* attributes of one message that an endpoint looks at */
    STUN_USERS = 8,
    STUN_SCRATCH = 1 << 17,
};
enum stun_auth { STUN_AUTH_NONE, STUN_AUTH_SHORT, STUN_AUTH_LONG };
extern const struct names stun_auths;

/* ---- users and what proves that it is them ---- */

struct stun_user {
    struct span username, password;
};
extern const struct desc stun_user_desc;

struct stun_credential {         /* what signs and checks the messages of one user in one realm */
    struct stun_key md5, sha256; /* short-term: both the same */
};
struct stun_member { /* a user of a realm, prepared */
    struct span username;
    uint8_t hash[32];
    struct stun_credential key;
};
struct stun_spent { /* a nonce that is good for one transaction alone */
    uint8_t nonce[8], transaction[12];
};
struct stun_realm {
    const struct env *env; /* of the endpoint, whose deviations count here by their names */
    struct span name;      /* REALM, prepared */
    bool short_term;
    bool rfc5389;       /* no nonce cookie and no PASSWORD-ALGORITHMS */
    bool no_algorithms; /* no PASSWORD-ALGORITHMS, and no such bit in the nonce */
    bool anonymity;     /* user names may come hashed, and the nonce says so */
    uint64_t nonce_us;  /* how long a nonce is good; 0: 600 s */
    struct stun_member users[STUN_USERS];
    size_t n_users;
    struct hmac_key nonce_key;
    uint8_t nonce[64];
    struct stun_spent spent[16];
    uint32_t n_spent;
};
struct stun_proof { /* what a request has shown of who asks, and what protects the answer to it */
    const struct stun_member *user; /* NULL: it is not known, or not so */
    const struct stun_key *sign;    /* NULL: the answer carries no integrity */
    bool use256;
    const char *cause; /* of an error response: a word for the tables of deviations; static */
};
/* Take the first STUN_USERS of `users`; none: {"alice", "alice-secret"}. All fields above `users` are the
 * caller's and set before; names and passwords are prepared (stun_prepare) into `mem`, the key of
 * nonces is drawn from `rng`. */
void stun_realm_init(struct stun_realm *r, const struct stun_user *users, size_t n,
                     struct arena *mem, uint64_t rng[2]);
/* The user that a request names, by USERNAME or USERHASH; NULL: none of the realm. */
const struct stun_member *stun_realm_user(const struct stun_realm *r, const struct stun_msg *m);
/* Check the request `m` that came with `in` by RFC8489:9.1.3 (short_term) or 9.2.4. Returns 0, or the error
 * code that it earns, with p->cause; 0: p->user, p->sign and p->use256 are set. A nonce that was
 * refused as stale is 438, for which stun_realm_challenge gives a new one. */
unsigned stun_realm_check(struct stun_realm *r, const struct stun_msg *m, const struct input *in,
                          struct stun_proof *p);
/* Add REALM, NONCE and PASSWORD-ALGORITHMS for whom sent `in`; fresh: with a nonce that is valid. */
void stun_realm_challenge(struct stun_realm *r, struct draft *dr, const struct input *in,
                          bool fresh);

/* A name, realm or password as it enters a key or a hash: trailing NULs away, the quotes around it
 * too where `quoted`, then OpaqueString, or SASLprep for `rfc5389` (RFC8489:9.2.2#a2). What the
 * profile refuses stays as it is. Lives in `mem`. */
struct span stun_prepare(struct arena *mem, struct span s, bool quoted, bool rfc5389);

/* ---- a client's side of long-term credentials: RFC8489:9.2.3, 9.2.5 ---- */

/* Which integrity attributes a message has. */
enum { STUN_HAS_SHA1 = 1, STUN_HAS_SHA256 = 2 };
struct stun_login {    /* what a server has asked for; zeroed at first */
    bool strongest;    /* of the algorithms offered SHA-256 is taken (RFC8656:6#3), not the first */
    bool done;         /* a transaction with credentials has succeeded: RFC8489:9.2.3.2 */
    uint8_t integrity; /* STUN_HAS_, that its response had: RFC8489:9.1.5, 9.2.3.2 */
    bool challenged, anonymity;
    uint16_t algorithm; /* chosen; 0: none was offered */
    uint16_t realm_n, nonce_n, offered_n;
    uint8_t realm[763], nonce[763], offered[256];
};
struct stun_account {
    struct span username; /* prepared */
    struct span given;    /* as it was before */
    struct span password; /* prepared */
};
enum stun_challenge { STUN_CHALLENGE_NONE, STUN_CHALLENGE_SAME, STUN_CHALLENGE_NEW };
/* Keep what a 401 or 438 says. NONE: it cannot be answered; SAME: the realm is that of before. The
 * deviations of `env` count by their names. */
enum stun_challenge stun_login_keep(struct stun_login *l, const struct env *env,
                                    const struct stun_msg *m);
/* Add user name, realm, nonce, algorithms and an integrity attribute for a kept challenge; the key that the
 * message is to be sealed with goes to *key. Returns STUN_HAS_ of what was added. */
uint8_t stun_login_sign(struct stun_login *l, const struct env *env, const struct stun_account *a,
                        struct draft *dr, struct stun_key *key);
/* Whether a NONCE says that there are algorithms where none are listed: RFC8489:9.2.5#2, #14. */
bool stun_bid_down(const struct stun_msg *m);

/* ---- responses ---- */

/* The reason phrase of an error code, as the standard that has it writes it. */
const char *stun_reason(unsigned code);
/* The comprehension-required attributes of `m` that a Binding endpoint does not act on, each once, in
 * order: those without a name, and for a server also those of RFC 3489 that are reserved now (RFC5389:
 * 12.2#a2), and those of RFC 5780, which a server has to act on or to refuse. */
size_t stun_unknown(const struct stun_msg *m, bool server, uint16_t *types, size_t cap);

/* ---- events ---- */

/* One message on a flow, decoded into memory of the queue: the record of events. */
struct stun_event {
    uint32_t id;                                  /* of a manual server: to `reply` to */
    uint8_t kind;                                 /* enum stun_result */
    uint8_t integrity, integrity256, fingerprint; /* enum stun_check, with the credential known */
    struct addr from, local;
    const struct stun_msg *message; /* NULL where the octets are none */
    struct span octets;
    uint64_t time_us, rtt_us;
    uint32_t tries, frame;
    uint32_t flow;
    const char *why;   /* closed, icmp, failed: in words */
    const char *codec; /* of `octets`, where it is not STUN's: "ChannelData"; else NULL */
    struct addr mapped;
    uint32_t code;     /* of the error response, or of the ICMP message */
    uint32_t tos, ttl; /* of a datagram, as far as the driver knows them */
    bool dont_fragment;
};
enum stun_result {
    STUN_R_MESSAGE, /* nothing that was waited for */
    STUN_R_SUCCESS,
    STUN_R_ERROR,
    STUN_R_TIMEOUT,
    STUN_R_CLOSED,
    STUN_R_ICMP,
    STUN_R_FAILED, /* the rules of a client made the transaction fail */
    STUN_R_SENT,
    STUN_R_OPENED,
};
extern const struct desc stun_event_desc;
/* Fill in an event about `data` as it came; NULL where the queue has no room. */
struct stun_event *stun_report(struct outq *q, const char *name, uint32_t token,
                               enum stun_result kind, const struct input *in, struct span data);
/* The same about octets that are nobody's message: RFC6062:3#a3. */
void stun_report_bare(struct outq *q, const char *name, const struct input *in, struct span octets);

/* ---- streams ---- */

enum stun_rank {
    STUN_NEW,
    STUN_SERVED,
    STUN_KNOWN
};                   /* what was on a stream: nothing, a request, a user's */
struct stun_stream { /* the window of one stream: octets that are no whole message yet */
    flow_id flow;
    bool used;
    uint8_t rank;                /* enum stun_rank; of a server's */
    uint64_t since_us, begun_us; /* accepted; first octet of what is in the window; of a server's */
    bool channels;               /* ChannelData stands between STUN messages: RFC8656:12.5 */
    bool bare;                   /* there are no messages any more: RFC6062:3#a3 */
    struct addr remote, local;
    size_t n;
    uint8_t buf[STUN_MAX];
};
/* Whether octets begin as ChannelData does (RFC8656:12#a4), as far as its first bits tell. */
static inline bool stun_is_channel(struct span in)
{
    return in.n > 0 && (in.p[0] & 0xc0) == 0x40;
}
/* Append what came, and call `each` for every whole message; false: framing is lost. */
bool stun_stream_take(struct stun_stream *s, const struct input *in,
                      void (*each)(void *self, const struct input *in, struct span msg,
                                   struct outq *q),
                      void *self, struct outq *q);
#endif
