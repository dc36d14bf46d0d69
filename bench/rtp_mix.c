/* bench/rtp_mix.c - the packets that are measured. */
#include "bench/rtp_mix.h"
#include <string.h>

static const uint8_t rtp_head[12] = {0x80, 0, 0x12, 0x34, 0, 0, 0x50, 0, 0xca, 0xfe, 0xba, 0xbe};
static const uint8_t report[RTCP_MIX_SIZE] = {
    /* SR, one block */
    0x81, 200, 0, 12, 0xca, 0xfe, 0xba, 0xbe, 0xe9, 1, 2, 3, 0x80, 0, 0, 0, 0, 0, 0x50, 0, 0, 0, 0,
    100, 0, 0, 0x3e, 0x80, 0xde, 0xad, 0xbe, 0xef, 3, 0, 0, 1, 0, 0, 0x10, 0x20, 0, 0, 0, 9, 1, 2,
    3, 4, 0, 1, 0, 0,
    /* SDES, one chunk: CNAME and TOOL */
    0x81, 202, 0, 6, 0xca, 0xfe, 0xba, 0xbe, 1, 10, 'u', 's', 'e', 'r', '@', 'h', 'o', 's', 't',
    '1', 6, 4, 't', 'o', 'o', 'l', 0, 0};

void rtp_mix_init(struct rtp_mix *m)
{
    for (size_t i = 0; i < RTP_MIX; i++) {
        memset(m->rtp[i], 0xff, RTP_MIX_SIZE);
        memcpy(m->rtp[i], rtp_head, sizeof rtp_head);
        m->rtp[i][3] = (uint8_t)i;
        memcpy(m->rtcp[i], report, sizeof report);
        m->rtcp[i][39] = (uint8_t)i; /* highest sequence number */
    }
}
