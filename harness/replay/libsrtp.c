/* harness/replay/libsrtp.c - the table of functions. */
#include <pthread.h>
#include "harness/replay/libsrtp_impl.h"

#define NAME(function) {#function, offsetof(struct libsrtp, function)},

static struct libsrtp functions;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static bool ready;

static void init(void)
{
    ready = functions.srtp_init() == srtp_err_status_ok;
}

const struct libsrtp *libsrtp(const char **why)
{
    static const struct late_name names[] = {LIBSRTP(NAME)};
    static struct late library = {.file = RTCLAB_LIBSRTP,
                                  .names = names,
                                  .n = sizeof names / sizeof *names,
                                  .functions = &functions};

    if ((*why = late_load(&library)) != NULL)
        return NULL;
    pthread_once(&once, init);
    *why = ready ? NULL : RTCLAB_LIBSRTP " fails in its beginning";
    return ready ? &functions : NULL;
}
