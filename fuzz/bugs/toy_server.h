/* fuzz/bugs/toy_server.h - a STUN server with a planted bug, which the lab has to find: no part of the product.
 *
 * The server keeps the nonce that it refuses as stale, for its log, in 20 octets, and takes up to 63: behind them
 * stands the pointer to the text that greets a client when it comes back. So it crashes when
 *   1. a request signed by the user carries a nonce of 25 to 63 octets that is not the server's (438),
 *   2. the user's next signed request is good (success), and
 *   3. so is the one after that.
 * No message does it alone, nor any two. */
#ifndef FUZZ_BUGS_TOY_SERVER_H
#define FUZZ_BUGS_TOY_SERVER_H
#include "harness/core/endpoint.h"

/* User alice, password alice-secret, realm interop.test, MD5; UDP alone. No configuration. */
extern const struct endpoint_class toy_server_class;
#endif
