/* harness/endpoints/tls/tls.h - tls.model, the layer "tls" of the simulator: what TLS looks like to
 * those above and to the network below, without cryptography, and so timeless and repeatable.
 *
 * Modelled:
 * - The flights of a full handshake of TLS 1.3 with a server certificate, one record each, of sizes
 *   as they are common: client hello, server flight, finished. The client's flow opens one round
 *   trip after its connection, the server's half a one later. What is sent earlier waits.
 * - Certificate facts (subject, whether it is valid, expired) and ALPN as options: the client
 * refuses a certificate with the alert that says why; the server refuses where no protocol is
 * common. Both sides then get IN_CLOSED with CLOSE_TLS.
 * - Records: 5 octets of header as in RFC 8446 section 5.1, at most 16384 octets; close_notify,
 * which is the end of the stream above; a stream that ends without one is CLOSE_TLS (truncation); a
 *   handshake without end is CLOSE_TIMEOUT.
 * - IN_SHUTDOWN and IN_CLOSE send close_notify, then FIN; an abort is RST alone.
 * Not modelled: keys and ciphertext (the octets inside are plain, records have no tag and padding),
 * versions and cipher suites, certificate chains and client certificates, resumption and early
 * data, key updates, renegotiation. Who negotiated what is not told above: the contract has no
 * place for it. Cases about any of that run live, with the tag +tls-wire.
 *
 * Options: any record whose table has fields of these names (a stack of several layers shares one
 * record); tls_options_desc is one that has no others. */
#ifndef HARNESS_ENDPOINTS_TLS_TLS_H
#define HARNESS_ENDPOINTS_TLS_TLS_H
#include "harness/core/endpoint.h"

enum {
    TLS_RECORD_MAX = 16384, /* octets in a record; longer ones are refused with record_overflow */
    TLS_EARLY_MAX = 16384,  /* octets that wait for the handshake; more: CLOSE_QUOTA */
    TLS_NAME_MAX = 250,     /* octets of a subject, a server name, a list of protocols; cut there */
    TLS_HANDSHAKE_US = 30000000,
    TLS_HELLO = 517, /* octets of the flights, record headers included */
    TLS_SERVER_FLIGHT = 1378,
    TLS_FINISHED = 58,
};
struct tls_options {     /* all zero: a valid certificate of any name, no ALPN, verified */
    struct span subject; /* server: the name in its certificate; empty: as the client asked */
    struct span alpn;    /* protocols by preference, separated by commas */
    bool invalid;        /* server: the certificate has no issuer that the client knows */
    bool expired;
    bool insecure; /* client: takes any certificate */
};
extern const struct desc tls_options_desc;
extern const struct endpoint_class tls_model_class;
#endif
