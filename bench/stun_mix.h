/* bench/stun_mix.h - the STUN messages that ours and the peers read: the request of RFC 5769
 * section 2.1, 108 octets, and copies of it under other transaction ids, each with a
 * MESSAGE-INTEGRITY and a FINGERPRINT of its own. Made without codecs/stun, which is measured. */
#ifndef BENCH_STUN_MIX_H
#define BENCH_STUN_MIX_H
#include <stdbool.h>
#include <stdint.h>

enum { STUN_MIX = 16, STUN_MIX_SIZE = 108, STUN_MIX_ATTRS = 6 };
#define STUN_MIX_USER "evtj:h6vY"
#define STUN_MIX_PASSWORD "VOkJxbRl1RmTxUk/WvJxBt"

struct stun_mix {
    uint8_t msg[STUN_MIX][STUN_MIX_SIZE];
};
/* False: the first, made anew, is not what RFC 5769 prints. */
bool stun_mix_init(struct stun_mix *m);
#endif
