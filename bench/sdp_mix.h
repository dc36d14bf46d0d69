/* bench/sdp_mix.h - the session descriptions that ours and the peers read: one medium, two, and an offer of WebRTC, 16
 * of each, which differ in their numbers. Made without codecs/sdp, which is measured. */
#ifndef BENCH_SDP_MIX_H
#define BENCH_SDP_MIX_H
#include <stddef.h>

enum { SDP_MIX = 16, SDP_MIX_ROOM = 6144 };

struct sdp_mix {
    char octets[SDP_MIX][SDP_MIX_ROOM]; /* a NUL stands behind each */
    size_t n;                           /* octets of each */
    unsigned media, attributes;         /* media descriptions, and attributes of the first one */
};
/* Fill `m` with what the row `name` reads, "sdp.audio", "sdp.video", "sdp.webrtc"; 0: there is none of this name. */
int sdp_mix_init(struct sdp_mix *m, const char *name);
#endif
