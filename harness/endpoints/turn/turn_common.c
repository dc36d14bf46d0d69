/* harness/endpoints/turn/turn_common.c - field tables of configuration and events. */
#include "harness/endpoints/turn/turn.h"

static const struct field range_fields[] = {
    {.name = "from", FIELD(struct turn_range, from, F_ADDR)},
    {.name = "bits", FIELD(struct turn_range, bits, F_UINT)},
};
static const struct desc range_desc = {"range", sizeof(struct turn_range), FIELDS(range_fields),
                                       .next = NULL};

#define S(m, k) FIELD(struct turn_server_config, m, k)
static const struct field server_fields[] = {
    {.name = "listen", S(listen, F_ADDR)},
    {.name = "listen_tls", S(listen_tls, F_ADDR)},
    {.name = "open", S(open, F_BOOL)},
    {.name = "no_udp", S(no_udp, F_BOOL)},
    {.name = "no_tcp", S(no_tcp, F_BOOL)},
    {.name = "fingerprint", S(fingerprint, F_BOOL)},
    {.name = "tcp_relay", S(tcp_relay, F_BOOL)},
    {.name = "rfc5766", S(rfc5766, F_BOOL)},
    {.name = "rfc5389", S(rfc5389, F_BOOL)},
    {.name = "no_algorithms", S(no_algorithms, F_BOOL)},
    {.name = "mobility", S(mobility, F_BOOL)},
    {.name = "mobility_forbidden", S(mobility_forbidden, F_BOOL)},
    {.name = "realm", S(realm, F_TEXT)},
    {.name = "software", S(software, F_TEXT)},
    {.name = "users",
     S(users, F_LIST),
     .count = offsetof(struct turn_server_config, n_users),
     .sub = &stun_user_desc},
    {.name = "nonce_us", S(nonce_us, F_UINT)},
    {.name = "relay", S(relay, F_ADDR)},
    {.name = "relay6", S(relay6, F_ADDR)},
    {.name = "ip6", S(ip6, F_BOOL)},
    {.name = "no_ip4", S(no_ip4, F_BOOL)},
    {.name = "port_first", S(port_first, F_UINT)},
    {.name = "port_last", S(port_last, F_UINT)},
    {.name = "default_lifetime", S(default_lifetime, F_UINT)},
    {.name = "max_lifetime", S(max_lifetime, F_UINT)},
    {.name = "quota", S(quota, F_UINT)},
    {.name = "denied",
     S(denied, F_LIST),
     .count = offsetof(struct turn_server_config, n_denied),
     .sub = &range_desc},
    {.name = "deny", S(deny, F_ADDR)},
    {.name = "alternate", S(alternate, F_ADDR)},
    {.name = "alternate6", S(alternate6, F_ADDR)},
    {.name = "stream_quota", S(stream_quota, F_UINT)},
    {.name = "half_us", S(half_us, F_UINT)},
    {.name = "fail_at", S(fail_at, F_UINT)},
};
const struct desc turn_server_config_desc = {"turn-server", sizeof(struct turn_server_config),
                                             FIELDS(server_fields), .next = NULL};

static bool no_lifetime(const void *rec)
{
    return ((const struct turn_event *)rec)->lifetime == 0;
}

#define E(m, k) FIELD(struct turn_event, m, k)
static const struct field event_fields[] = {
    {.name = "from", E(from, F_ADDR)},
    {.name = "local", E(local, F_ADDR)},
    {.name = "relayed", E(relayed, F_ADDR)},
    {.name = "relayed6", E(relayed6, F_ADDR)},
    {.name = "username", E(username, F_TEXT)},
    {.name = "transport", E(transport, F_CHARS)},
    {.name = "why", E(why, F_CHARS)},
    {.name = "time_us", E(time_us, F_UINT)},
    {.name = "lifetime", E(lifetime, F_UINT), .absent = no_lifetime},
};
const struct desc turn_event_desc = {"turn-event", sizeof(struct turn_event), FIELDS(event_fields),
                                     .next = NULL};
