/* bench/rtp_mix.h - the packets that ours and the peers read: PCMU of 20 ms, 172 octets, and a report of 80 octets,
 * SR with one block and SDES with CNAME and TOOL. Made without codecs/rtp, which is measured. */
#ifndef BENCH_RTP_MIX_H
#define BENCH_RTP_MIX_H
#include <stdint.h>

enum { RTP_MIX = 16, RTP_MIX_SIZE = 172, RTCP_MIX_SIZE = 80 };

struct rtp_mix {
    uint8_t rtp[RTP_MIX][RTP_MIX_SIZE];
    uint8_t rtcp[RTP_MIX][RTCP_MIX_SIZE];
};
void rtp_mix_init(struct rtp_mix *m);
#endif
