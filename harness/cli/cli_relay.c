/* harness/cli/cli_relay.c - a TURN server between an endpoint and its peers. */
#include <stdio.h>
#include "harness/cli/cli_relay.h"
#include "harness/cli/cli_tls.h"
#include "harness/cli/plan.h"

enum { FIELDS_MAX = 64 };

/* One table over both records: a stack of several layers shares its options. */
static const struct desc *both_tables(void)
{
    static struct field fields[FIELDS_MAX];
    static struct desc d = {.name = "relay-options", .size = sizeof(struct cli_relay_options)};

    if (!d.n) { /* there is room for both */
        desc_join(&d, fields, FIELDS_MAX, &tls_options_desc,
                  offsetof(struct cli_relay_options, tls));
        desc_join(&d, fields, FIELDS_MAX, &turn_options_desc,
                  offsetof(struct cli_relay_options, turn));
    }
    return &d;
}

bool cli_relay_url(const char *command, const char *url, struct cli_relay *r)
{
    struct url_says says;

    if (strncmp(url, "turn:", 5) != 0 && strncmp(url, "turns:", 6) != 0) {
        cli_error(command, "'%s' is no relay; one looks like turn:127.0.0.1:3478", url);
        return false;
    }
    if (!cli_url(command, url, &says) || !target_parse(command, url, &r->via.server))
        return false;
    r->via.stack = strcmp(says.transport, "tcp") == 0    ? "tcp/turn"
                   : strcmp(says.transport, "tls") == 0  ? "tcp/tls/turn"
                   : strcmp(says.transport, "dtls") == 0 ? "udp/dtls/turn"
                                                         : "udp/turn";
    snprintf(r->host, sizeof r->host, "%s", says.host);
    r->via.name = span_of(r->host);
    r->on = true;
    return true;
}

bool cli_relay_user(const char *command, const char *text, struct cli_relay *r)
{
    const char *colon = strchr(text, ':');

    if (!colon) {
        cli_error(command, "--relay-user is NAME:PASSWORD, not '%s'", text);
        return false;
    }
    r->options.turn.username = (struct span){(const uint8_t *)text, (size_t)(colon - text)};
    r->options.turn.password = span_of(colon + 1);
    return true;
}

const struct party_via *cli_relay_via(struct cli_relay *r, const struct tls_options *tls)
{
    if (!r->on)
        return NULL;
    r->options.tls = *tls;
    r->via.desc = both_tables();
    r->via.options = &r->options;
    return &r->via;
}
