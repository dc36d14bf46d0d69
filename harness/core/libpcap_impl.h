/* harness/core/libpcap_impl.h - libpcap, loaded when it is asked for. Not installed: its header asks more of whoever includes it. */
#ifndef HARNESS_CORE_LIBPCAP_IMPL_H
#define HARNESS_CORE_LIBPCAP_IMPL_H
#include <pcap/pcap.h>
#include "harness/core/late.h"

#define LIBPCAP(F)                                                                                 \
    F(pcap_activate)                                                                               \
    F(pcap_close)                                                                                  \
    F(pcap_compile)                                                                                \
    F(pcap_create)                                                                                 \
    F(pcap_datalink)                                                                               \
    F(pcap_dispatch)                                                                               \
    F(pcap_fopen_offline_with_tstamp_precision)                                                    \
    F(pcap_freecode)                                                                               \
    F(pcap_get_selectable_fd)                                                                      \
    F(pcap_geterr)                                                                                 \
    F(pcap_lib_version)                                                                            \
    F(pcap_next_ex)                                                                                \
    F(pcap_set_buffer_size)                                                                        \
    F(pcap_set_snaplen)                                                                            \
    F(pcap_set_timeout)                                                                            \
    F(pcap_set_tstamp_precision)                                                                   \
    F(pcap_setfilter)                                                                              \
    F(pcap_setnonblock)                                                                            \
    F(pcap_stats)                                                                                  \
    F(pcap_statustostr)
struct libpcap {
    LIBPCAP(LATE_MEMBER)
};
/* Its functions, for as long as the process lives; NULL: it is not there, `*why` says how that shows. */
const struct libpcap *libpcap(const char **why);
#endif
