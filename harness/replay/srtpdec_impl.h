/* harness/replay/srtpdec_impl.h - what srtpdec.c and srtpdec_key.c share: suites as libsrtp has them. */
#ifndef HARNESS_REPLAY_SRTPDEC_IMPL_H
#define HARNESS_REPLAY_SRTPDEC_IMPL_H
#include "harness/replay/libsrtp_impl.h"
#include "harness/replay/srtpdec.h"

struct srtpdec_suite {
    const char *name;
    uint8_t key, salt; /* octets */
    size_t rtp, rtcp;  /* where struct libsrtp has the function that sets the policy */
};
extern const struct srtpdec_suite srtpdec_suites[];
#endif
