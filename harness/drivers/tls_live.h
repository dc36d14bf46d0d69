/* harness/drivers/tls_live.h - the layers "tls" and "dtls" over OpenSSL, which the live driver has in
 * the place of the models: TLS 1.2 and 1.3 over a stream, DTLS 1.2 over a datagram binding, each as
 * client and as server. Options and events: harness/core/tls.h.
 *
 * Sans-IO like every layer, and yet not repeatable: OpenSSL has its own chance and, in the timers of
 * DTLS, its own clock. A layer allocates; `end` of its class frees that.
 *
 * Both:
 * - A client verifies (RFC 8489 section 6.2.3, RFC 6125): chain, time, and that the certificate names
 *   the flow's name or the option server_name, where there is neither the address that it connects to;
 *   by DNS-ID, else CN-ID, a wildcard as the whole leftmost label. What does not hold ends the flow with
 *   CLOSE_TLS and a sentence, before anything of the user's was sent.
 * - Forward secret AEAD suites only, TLS_(EC)DHE_RSA_WITH_AES_128_GCM_SHA256 among them, no compression,
 *   no renegotiation, no resumption. Each handshake's secrets go to the capture as OUT_SECRET.
 * tls: close_notify is the end of the stream above; a stream that ends without is CLOSE_TLS. IN_SHUTDOWN
 *   and IN_CLOSE send close_notify, then FIN; an abort is RST alone.
 * dtls: one flow above, with the remote beside each datagram; below one association a remote. A server
 *   (flow_spec.listen) keeps nothing of a client before it has returned a cookie. A client that was
 *   given one remote is closed with that association; what happens to others is an event. */
#ifndef HARNESS_DRIVERS_TLS_LIVE_H
#define HARNESS_DRIVERS_TLS_LIVE_H
#include "harness/core/tls.h"

extern const struct endpoint_class tls_live_class, dtls_live_class;
/* Both, NULL-terminated: for struct driver. */
extern const struct endpoint_class *const tls_live_layers[];
#endif
