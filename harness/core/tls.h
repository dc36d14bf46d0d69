/* harness/core/tls.h - what the layers "tls" and "dtls" are told and what they tell, the same for the
 * model of the simulator (harness/endpoints/tls) and for the live ones (harness/drivers). */
#ifndef HARNESS_CORE_TLS_H
#define HARNESS_CORE_TLS_H
#include "harness/core/endpoint.h"

enum {
    TLS_RECORD_MAX = 16384, /* octets in a record; longer ones are refused with record_overflow */
    TLS_EARLY_MAX = 16384, /* octets that wait for the handshake; on a stream more is CLOSE_QUOTA, a
                               datagram that does not fit is lost */
    TLS_HANDSHAKE_US = 30000000,   /* a handshake that takes longer: CLOSE_TIMEOUT */
    TLS_HANDSHAKE_MAX = 128 << 10, /* octets of one peer's handshake; more: CLOSE_QUOTA */
    /* associations of one datagram binding whose handshake is not done: one more ends the oldest. Of
     * connections: STACK_HALF_OPEN */
    TLS_HALF_OPEN = 512,
    TLS_ASSOCIATIONS = 1024, /* associations of one datagram binding; one more ends the one that was
                                quiet longest */
    TLS_MTU = 1200,          /* octets of a datagram that a handshake sends at most */
};
/* Options of a flow's TLS or DTLS layer: any record whose table has fields of these names will do (a
 * stack of several layers shares one record). Files are named, or given as PEM text. All zero: a client
 * that verifies by the system's authorities, a server with a certificate of its own making. */
struct tls_options {
    struct span
        server_name;  /* client: in place of the flow's name; whom the certificate has to name,
                                and, unless it is an address, what the client says it wants (SNI) */
    struct span alpn; /* protocols by preference, separated by commas */
    struct span ca;   /* who is trusted, in the place of the system's authorities */
    struct span
        fingerprint; /* client: SHA-256 of the one certificate that is trusted, in hexadecimal;
                                nothing else about it matters then */
    struct span cert, key; /* of this side; the key may stand in the file of the certificate */
    struct span issuer, issuer_key; /* server without cert: who signs what is made on the spot */
    struct span min, max;           /* versions: "1.2", "1.3" */
    struct span ciphers, suites;    /* of TLS 1.2, of TLS 1.3; names as OpenSSL has them */
    bool insecure; /* client: takes any certificate, and says what is wrong with it */
    /* what is made on the spot, server without cert: facts of its certificate */
    struct span subject; /* names and addresses, separated by commas; empty: localhost, the loopback
                            addresses and, in the model, whatever the client asks for */
    bool invalid;        /* its issuer is known to nobody */
    bool self_signed;
    bool expired, not_yet;
    bool revoked;    /* an OCSP response is stapled that says so; live */
    bool rsa;        /* the key is RSA 2048 in place of P-256 */
    bool srv_id;     /* the names stand as SRV-ID, not as DNS-ID (RFC 6125) */
    bool ask_client; /* ask the client for a certificate, which is not verified */
    uint64_t
        rto_us; /* datagrams: the first timer of the handshake; 0: 1 s (RFC 6347 section 4.2.4.1) */
};
extern const struct desc tls_options_desc;

enum tls_kind {
    TLS_SECURED, /* the handshake is done */
    TLS_FAILED,  /* it is not and will not be; `why` says why */
    TLS_CUT,     /* it was, but what followed was wrong or missing; `why` says what */
    TLS_ENDED,   /* datagrams: close_notify came */
};
/* The event "tls" of both layers: what a handshake gave. What the model does not know is absent. */
struct tls_event {
    uint8_t kind;
    bool server;  /* our side */
    bool trusted; /* client: the certificate was verified, or its fingerprint is the trusted one */
    bool cookie;  /* datagrams: there was an exchange of cookies */
    struct addr remote, local;
    const char *version, *cipher; /* "TLSv1.3", "TLS_AES_128_GCM_SHA256" */
    const char *alpn, *server_name;
    const char *subject, *issuer, *not_after, *fingerprint; /* of the peer's certificate */
    const char *offered; /* server: the client's cipher suites by preference, separated by colons */
    bool status_asked;   /* server: the client asked for an OCSP response */
    uint8_t compressions; /* server: compression methods that the client offered besides "null" */
    const char *why;
    uint64_t time_us;
};
extern const struct desc tls_event_desc;
/* The event in the queue with its first facts; NULL: no room. */
struct tls_event *tls_report(struct outq *q, enum tls_kind kind, bool server, const struct pkt *pkt,
                             uint64_t now_us);
#endif
