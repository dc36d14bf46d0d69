/* bench/sip_mix.h - the SIP messages that ours and the peers read, always the same. Made without codecs/sip, which is
 * measured. */
#ifndef BENCH_SIP_MIX_H
#define BENCH_SIP_MIX_H
#include <stddef.h>
#include <stdint.h>

enum {
    SIP_MIX = 1000,         /* messages in the mix */
    SIP_MIX_ROOM = 1 << 20, /* octets for them */
    SIP_SAME = 16,          /* messages of one shape */
    SIP_SAME_ROOM = 1024,   /* octets for each */
    SIP_SCAN_SIZE = 660,    /* octets of each header that is scanned */
    SIP_SCAN_FIELDS = 12,
};

struct sip_mix_text { /* borrows the mix */
    const char *p;    /* a NUL stands behind it */
    size_t n;
};
struct sip_mix { /* about a mega-octet: static, or allocated */
    char octets[SIP_MIX_ROOM];
    struct sip_mix_text msg[SIP_MIX];
};
/* Fill `m`: 245 INVITEs with SDP, 180 REGISTERs with a digest, 65 responses 200 with twelve Vias, 65 INVITEs that are
 * folded, compact and odd as those of RFC 4475, and OPTIONS, BYE, ACK and NOTIFY, in an order without a pattern, no two
 * alike. Returns the octets of all. */
size_t sip_mix_init(struct sip_mix *m);

struct sip_same { /* messages of one shape, which differ in their tokens */
    char octets[SIP_SAME][SIP_SAME_ROOM];
    struct sip_mix_text msg[SIP_SAME];
};
/* The header of an INVITE, SIP_SCAN_SIZE octets, SIP_SCAN_FIELDS header fields. */
void sip_same_sip(struct sip_same *m);
/* The same header fields behind a Request-Line of HTTP/1.1, as many octets. */
void sip_same_http(struct sip_same *m);
/* INVITEs with SDP, about 900 octets, as one that makes calls writes them. */
void sip_same_invite(struct sip_same *m);

#endif
