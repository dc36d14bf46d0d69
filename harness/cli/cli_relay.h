/* harness/cli/cli_relay.h - options with which an endpoint's datagrams go through a TURN server. */
#ifndef HARNESS_CLI_CLI_RELAY_H
#define HARNESS_CLI_CLI_RELAY_H
#include "harness/core/driver.h"
#include "harness/core/tls.h"
#include "harness/endpoints/turn/turn.h"

struct cli_relay {
    bool on;
    struct party_via via;
    char host[256];            /* whom the server's certificate has to name */
    struct cli_relay_options { /* of all its layers */
        struct tls_options tls;
        struct turn_options turn;
    } options;
};
/* Take "turn:HOST", "turns:HOST:PORT?transport=udp"; false: said on standard error. */
bool cli_relay_url(const char *command, const char *url, struct cli_relay *r);
/* "NAME:PASSWORD". */
bool cli_relay_user(const char *command, const char *text, struct cli_relay *r);
/* What party_spec.via is to be; NULL: no relay was asked for. `tls`: what is asked of the server's certificate. */
const struct party_via *cli_relay_via(struct cli_relay *r, const struct tls_options *tls);

#define CLI_RELAY_HELP                                                                             \
    "  --relay URL       its datagrams go through this TURN server: turn:HOST, or turns:, with\n"  \
    "                    ?transport=udp or tcp where it is to be another than the usual one\n"     \
    "  --relay-user NAME:PASSWORD\n"
#endif
