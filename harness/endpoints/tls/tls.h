/* harness/endpoints/tls/tls.h - tls.model and dtls.model, the layers "tls" and "dtls" of the simulator:
 * what TLS looks like to those above and to the network below, without cryptography, and so timeless
 * and repeatable.
 *
 * Modelled in both:
 * - Certificate facts (subject, its issuer, its time) and ALPN as options; the client refuses a
 *   certificate with the alert that says why, the server refuses where no protocol is common. Both
 *   sides then get IN_CLOSED with CLOSE_TLS and a sentence.
 * - A handshake without end is CLOSE_TIMEOUT. What is sent before its end waits.
 * Over streams:
 * - The flights of a full handshake of TLS 1.3 with a server certificate, one record each, of sizes as
 *   they are common: client hello, server flight, finished. The client's flow opens one round trip
 *   after its connection, the server's half a one later.
 * - Records: 5 octets of header as in RFC 8446 section 5.1, at most 16384 octets; close_notify, which is
 *   the end of the stream above; a stream that ends without one is CLOSE_TLS (truncation).
 * - IN_SHUTDOWN and IN_CLOSE send close_notify, then FIN; an abort is RST alone.
 * Over datagrams:
 * - The flights of DTLS 1.2 with an exchange of cookies, one datagram each; a flight that is not
 *   answered is sent again after 1 s, 2 s, 4 s ... (RFC 6347 section 4.2.4.1). Records have a header of
 *   13 octets; one datagram of the user's is one record.
 * - One binding has many associations, one a remote; a server makes one where a client begins, a client
 *   where something is sent to a new remote. Above it stays one flow, with the remote beside each
 *   datagram.
 * Not modelled: keys and ciphertext (the octets inside are plain, records have no tag and padding),
 * cipher suites, chains and client certificates, resumption, key updates, renegotiation, a choice of
 * versions. Cases about any of that run live, with the tag +tls-wire.
 *
 * Options and events: harness/core/tls.h. */
#ifndef HARNESS_ENDPOINTS_TLS_TLS_H
#define HARNESS_ENDPOINTS_TLS_TLS_H
#include "harness/core/tls.h"

enum {
    TLS_NAME_MAX = 250, /* octets of a subject, a server name, a list of protocols; cut there */
    TLS_HELLO = 517,    /* octets of the flights over streams, record headers included */
    TLS_SERVER_FLIGHT = 1378,
    TLS_FINISHED = 58,
    DTLS_HELLO = 180, /* and over datagrams */
    DTLS_VERIFY = 60,
    DTLS_SERVER_FLIGHT = 1100,
    DTLS_CLIENT_FLIGHT = 160,
    DTLS_FINISHED = 75,
    DTLS_MODEL_ASSOCIATIONS = 64, /* of one binding; one more ends the one that was quiet longest */
    DTLS_MODEL_EARLY = 4096,      /* octets that wait for one association; more are lost */
    DTLS_RTO_US = 1000000,
};
extern const struct endpoint_class tls_model_class, dtls_model_class;

/* ---- shared by both, inside harness/endpoints/tls ---- */

enum tls_fact { CERT_INVALID = 1, CERT_EXPIRED = 2, CERT_NOT_YET = 4, CERT_SELF_SIGNED = 8 };
enum tls_alert { /* RFC 8446 section 6 */
                 CLOSE_NOTIFY = 0,
                 UNEXPECTED_MESSAGE = 10,
                 RECORD_OVERFLOW = 22,
                 BAD_CERTIFICATE = 42,
                 CERTIFICATE_EXPIRED = 45,
                 UNKNOWN_CA = 48,
                 DECODE_ERROR = 50,
                 NO_APPLICATION_PROTOCOL = 120,
};
struct tls_kept {
    uint8_t n, p[TLS_NAME_MAX];
};
struct tls_side { /* what one side is told */
    struct tls_kept subject, alpn, host;
    uint8_t facts;
    bool insecure;
};
void tls_side_take(struct tls_side *s, const struct flow_spec *spec);
struct span tls_kept_span(const struct tls_kept *k);
void tls_put_name(struct wr *w, struct span s);
bool tls_rd_name(struct rd *r, struct span *out);
/* The server's answer to a client that asks for `host` and offers protocols: facts, subject, protocol.
 * False: none is common. */
bool tls_put_facts(const struct tls_side *s, struct span host, struct span offered, struct wr *w);
/* What the client makes of it: CLOSE_NOTIFY where it is content, else the alert and, in words, why. */
enum tls_alert tls_judge_facts(const struct tls_side *s, struct rd *r, const char **why);
/* What the other side says with an alert, in words. */
const char *tls_alert_words(uint8_t alert);
#endif
