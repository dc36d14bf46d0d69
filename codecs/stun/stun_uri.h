/* codecs/stun/stun_uri.h - stun:, stuns: (RFC 7064), turn: and turns: (RFC 7065) URIs. */
#ifndef CODECS_STUN_STUN_URI_H
#define CODECS_STUN_STUN_URI_H
#include "codecs/base/field.h"

struct stun_uri { /* borrows the text */
    bool turn, secure;
    struct span host; /* without brackets */
    uint8_t family;   /* 4, 6: host is a literal, in ip; 0: a name */
    uint8_t ip[16];
    uint16_t port; /* the given one, else 3478 or 5349 */
    bool port_given;
    struct span transport; /* turn, turns: value of ?transport=; empty: not given */
    const char *stack;     /* "udp", "tcp", "tcp/tls", "udp/dtls": what the scheme and transport ask
                              for (RFC 7065 section 4.1, and stuns: over TCP); NULL: unknown transport */
};
extern const struct desc stun_uri_desc;
/* Parse the whole of `s`. False: not such a URI; one finding says why, with its offset. */
bool stun_uri_parse(struct span s, struct stun_uri *u, struct findings *fs);
#endif
