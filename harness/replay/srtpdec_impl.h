/* harness/replay/srtpdec_impl.h - what srtpdec.c and srtpdec_key.c share: suites as libsrtp has them. */
#ifndef HARNESS_REPLAY_SRTPDEC_IMPL_H
#define HARNESS_REPLAY_SRTPDEC_IMPL_H
#include <srtp2/srtp.h>
#include "harness/replay/srtpdec.h"

struct srtpdec_suite {
    const char *name;
    uint8_t key, salt; /* octets */
    void (*rtp)(srtp_crypto_policy_t *), (*rtcp)(srtp_crypto_policy_t *);
};
extern const struct srtpdec_suite srtpdec_suites[];
#endif
