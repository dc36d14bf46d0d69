/* harness/replay/libsrtp_impl.h - libsrtp2, loaded when it is asked for. */
#ifndef HARNESS_REPLAY_LIBSRTP_IMPL_H
#define HARNESS_REPLAY_LIBSRTP_IMPL_H
#include <srtp2/srtp.h>
#include "harness/core/late.h"

/* Those that set a policy, and the others. */
#define LIBSRTP_POLICIES(F)                                                                        \
    F(srtp_crypto_policy_set_aes_cm_128_hmac_sha1_32)                                              \
    F(srtp_crypto_policy_set_aes_cm_192_hmac_sha1_32)                                              \
    F(srtp_crypto_policy_set_aes_cm_192_hmac_sha1_80)                                              \
    F(srtp_crypto_policy_set_aes_cm_256_hmac_sha1_32)                                              \
    F(srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80)                                              \
    F(srtp_crypto_policy_set_aes_gcm_128_16_auth)                                                  \
    F(srtp_crypto_policy_set_aes_gcm_256_16_auth)                                                  \
    F(srtp_crypto_policy_set_rtp_default)
#define LIBSRTP(F)                                                                                 \
    LIBSRTP_POLICIES(F)                                                                            \
    F(srtp_create)                                                                                 \
    F(srtp_dealloc)                                                                                \
    F(srtp_init)                                                                                   \
    F(srtp_set_stream_roc)                                                                         \
    F(srtp_unprotect_mki)                                                                          \
    F(srtp_unprotect_rtcp_mki)
struct libsrtp {
    LIBSRTP(LATE_MEMBER)
};
/* Its functions, for as long as the process lives, and it is initialised; NULL: it is not there, or it fails, `*why` says
 * how that shows. */
const struct libsrtp *libsrtp(const char **why);
#endif
