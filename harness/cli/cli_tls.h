/* harness/cli/cli_tls.h - options about TLS, and what a URL says of transports. */
#ifndef HARNESS_CLI_CLI_TLS_H
#define HARNESS_CLI_CLI_TLS_H
#include "harness/cli/cli.h"
#include "harness/core/tls.h"

/* Long options for getopt_long, with values of their own. */
#define CLI_TLS_OPTIONS                                                                            \
    {"ca", required_argument, NULL, 3000}, {"cert", required_argument, NULL, 3001},                \
        {"key", required_argument, NULL, 3002}, {"fingerprint", required_argument, NULL, 3003},    \
        {"server-name", required_argument, NULL, 3004},                                            \
    {                                                                                              \
        "insecure", no_argument, NULL, 3005                                                        \
    }
#define CLI_TLS_HELP                                                                               \
    "  --ca FILE           TLS, DTLS: who is trusted, in place of the system's authorities\n"      \
    "  --fingerprint HEX   or the SHA-256 of the one certificate that is\n"                        \
    "  --insecure          or anybody\n"                                                           \
    "  --server-name NAME  whom the certificate has to name (the host of the URL)\n"               \
    "  --cert FILE         our own certificate\n"                                                  \
    "  --key FILE          its key, where it is not in there\n"
/* Take one of them into `t`, which borrows the argument; false: it is none. */
bool cli_tls_option(struct tls_options *t, int opt, const char *arg);

struct url_says {
    bool secure;        /* the scheme is that of a protocol over TLS */
    char transport[16]; /* "udp", "tcp", "tls", "dtls"; empty: whatever the scheme allows */
    char host[256];     /* a name; empty where it is an address */
};
/* What "stuns:host:port?transport=udp" says beside the address. False: an unknown transport, said on
 * standard error. */
bool cli_url(const char *command, const char *url, struct url_says *out);
#endif
