/* harness/core/libpcap.c - the table of functions. */
#include "harness/core/libpcap_impl.h"

#define NAME(function) {#function, offsetof(struct libpcap, function)},

const struct libpcap *libpcap(const char **why)
{
    static const struct late_name names[] = {LIBPCAP(NAME)};
    static struct libpcap functions;
    static struct late library = {.file = RTCLAB_LIBPCAP,
                                  .names = names,
                                  .n = sizeof names / sizeof *names,
                                  .functions = &functions};

    *why = late_load(&library);
    return *why ? NULL : &functions;
}
