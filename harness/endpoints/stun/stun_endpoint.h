/* harness/endpoints/stun/stun_endpoint.h - a STUN client and a STUN server (RFC 8489), sans-IO.
 *
 * stun.client: transactions with the timers of section 6.2.1 (datagrams) and 6.2.2 (streams).
 *   `request`  one transaction that reports whatever answers it: what a tester uses
 *   `binding`  what a user of a client asks for: it follows every rule of the standard, challenges
 *              and redirections included, at most ten at one server at once; `to`, or a `uri` that
 *              is resolved by section 8.1. What a client under test is driven by
 *   `keep_alive`  a Binding indication
 *   `send`     octets or a message, no transaction
 *   `listen`   for connections, at `local`, which a client has no use for: who comes is "accepted"
 * stun.server: Binding by section 6.3, authentication by section 9, ALTERNATE-SERVER by 10, classic
 *   clients by 11, NAT behaviour discovery by RFC 5780. With `manual` it answers nothing: each message is an event, and the script says
 *   what to send with `reply`. */
#ifndef HARNESS_ENDPOINTS_STUN_STUN_ENDPOINT_H
#define HARNESS_ENDPOINTS_STUN_STUN_ENDPOINT_H
#include "harness/endpoints/stun/stun.h"

enum {
    STUN_TRANSACTIONS = 16, /* that a client has in progress at once */
    STUN_CONNECTIONS =
        32,         /* streams that a server keeps; for one more the oldest gives way on which
                               there was no whole request yet or, where the server authenticates, no
                               authenticated one; else the new one is reset. Told as "refused" */
    STUN_KEPT = 64, /* requests that a manual server remembers, to reply to */
};
struct stun_server_config {
    struct addr listen; /* family 0: any address of the host; port 0: 3478 */
    /* TLS and DTLS are served there; port 0: 5349. Family 0: they are not. Where `listen` is not given
     * then UDP and TCP are not served. */
    struct addr listen_tls;
    uint8_t auth;            /* enum stun_auth */
    bool no_udp, no_tcp;     /* both are served unless told */
    bool fingerprint;        /* every response carries FINGERPRINT */
    bool fingerprint_needed; /* in use as in RFC8489:7: messages without it are discarded */
    bool anonymity;          /* user names may come hashed, and the nonce says so */
    bool no_algorithms;      /* no PASSWORD-ALGORITHMS, and no such bit in the nonce */
    bool classic;            /* serve clients of RFC 3489 */
    bool rfc5389;            /* no nonce cookie and no PASSWORD-ALGORITHMS */
    bool manual;
    bool
        channels; /* manual: ChannelData messages are events ("channel"), as in stun_client_config */
    struct span realm, software; /* software: absent where empty */
    /* {"alice", "alice-secret"} where there are none. Names, realm and passwords are prepared here
     * (OpaqueString, rfc5389: SASLprep); what the profile refuses is taken as it is. */
    struct stun_user *users;
    size_t n_users;
    uint64_t nonce_us; /* lifetime of a nonce; 0: 600 s */
    uint32_t quota;    /* streams of one address at most; 0: as many as there are */
    uint64_t half_us;  /* a stream is closed when a message takes longer to come; 0: 30 s */
    uint32_t fail_at;  /* the stream that is refused as if there were no room, from 1; 0: none */
    /* where authenticated requests are sent, by their family; family 0: served here. Without `auth`
     * nobody may be sent anywhere: 400 (RFC8489:14.8#6b). */
    struct addr alternate, alternate6;
    struct span alternate_domain; /* in the certificate of those; empty: the same as here */
    /* RFC 5780: with `other` from two addresses and two ports, those of `listen` and of this one
     * (port 0: the one after listen's), which may not be equal; OTHER-ADDRESS is there once all
     * four pairs are open. With `nat` alone from one: RESPONSE-PORT and PADDING. Needs an address
     * to listen at, and not any, where the driver binds that to all. */
    struct addr other;
    bool nat;
    uint32_t mtu; /* of the interface that responses leave by: length of PADDING; 0: 1500 */
};
struct stun_client_config {
    struct addr server;
    struct span transport; /* "udp" (also where empty), "tcp", or a stack such as "tcp/tls" */
    uint8_t auth;
    bool fingerprint;
    struct span username, password, software;
    uint64_t rto_us, ti_us; /* 0: 500 ms, 39.5 s */
    uint32_t rc, rm;        /* 0: 7, 16 */
    /* of what a user asks: */
    uint8_t integrity; /* short-term: the algorithm is known, 1 HMAC-SHA1, 2 HMAC-SHA256; 0: not */
    bool redirect;     /* ALTERNATE-SERVER is followed: RFC8489:10 */
    /* ChannelData messages, numbers as RFC 5766 has them, are events ("message") as STUN is, with `codec`
     * "ChannelData" and no view: of a client of TURN */
    bool channels;
};
extern const struct endpoint_class stun_client_class, stun_server_class;

/* ---- shared by both, inside harness/endpoints/stun ---- */

extern const struct desc stun_client_config_desc, stun_server_config_desc;

/* Shorten the MESSAGE-INTEGRITY-SHA256 that stun_encode left room for to its first `n` octets, before the
 * message is sealed (RFC8489:14.6); what follows moves up. */
void stun_cut256(struct wr *w, struct stun_marks *marks, size_t n);
#endif
