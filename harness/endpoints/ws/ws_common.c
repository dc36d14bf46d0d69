/* harness/endpoints/ws/ws_common.c - field tables, and the list of classes. */
#include "harness/endpoints/ws/ws_layer.h"

static const struct name message_v[] = {{0, "any"}, {WS_TEXT, "text"}, {WS_BINARY, "binary"}};
static const struct names messages = {message_v, COUNT(message_v)};

#define O(m, k) FIELD(struct ws_options, m, k)
static const struct field option_fields[] = {
    {.name = "path", O(path, F_TEXT)},
    {.name = "host", O(host, F_TEXT)},
    {.name = "origin", O(origin, F_TEXT)},
    {.name = "fields", O(fields, F_TEXT)},
    {.name = "protocols", O(protocols, F_TEXT)},
    {.name = "paths", O(paths, F_TEXT)},
    {.name = "hosts", O(hosts, F_TEXT)},
    {.name = "origins", O(origins, F_TEXT)},
    {.name = "messages", O(messages, F_ENUM), .names = &messages},
    {.name = "fragment", O(fragment, F_UINT)},
    {.name = "message_max", O(message_max, F_UINT)},
    {.name = "open_us", O(open_us, F_UINT)},
    {.name = "close_us", O(close_us, F_UINT)},
};
const struct desc ws_options_desc = {"ws-options", sizeof(struct ws_options), FIELDS(option_fields),
                                     .next = NULL};

static const struct field close_fields[] = {
    {.name = "code", FIELD(struct ws_close, code, F_UINT)},
    {.name = "reason", FIELD(struct ws_close, reason, F_TEXT)},
};
const struct desc ws_close_desc = {"ws-close", sizeof(struct ws_close), FIELDS(close_fields),
                                   .next = NULL};

static const struct name kind_v[] = {{WS_TOLD_OPENED, "opened"},
                                     {WS_TOLD_REFUSED, "refused"},
                                     {WS_TOLD_CLOSED, "closed"},
                                     {WS_TOLD_FAILED, "failed"}};
static const struct names kinds = {kind_v, COUNT(kind_v)};

static bool no_origin(const void *rec)
{
    return ((const struct ws_event *)rec)->origin.n == 0;
}
static bool no_protocol(const void *rec)
{
    return ((const struct ws_event *)rec)->protocol.n == 0;
}
static bool no_status(const void *rec)
{
    return ((const struct ws_event *)rec)->status == 0;
}
static bool no_code(const void *rec)
{
    return ((const struct ws_event *)rec)->code == 0;
}
static bool no_reason(const void *rec)
{
    return ((const struct ws_event *)rec)->reason.n == 0;
}
static bool none_sent(const void *rec)
{
    return ((const struct ws_event *)rec)->sent == 0;
}

#define E(m, k) FIELD(struct ws_event, m, k)
static const struct field event_fields[] = {
    {.name = "kind", E(kind, F_ENUM), .names = &kinds},
    {.name = "server", E(server, F_BOOL)},
    {.name = "remote", E(remote, F_ADDR)},
    {.name = "local", E(local, F_ADDR)},
    {.name = "path", E(path, F_TEXT)},
    {.name = "host", E(host, F_TEXT)},
    {.name = "origin", E(origin, F_TEXT), .absent = no_origin},
    {.name = "protocol", E(protocol, F_TEXT), .absent = no_protocol},
    {.name = "status", E(status, F_UINT), .absent = no_status},
    {.name = "code", E(code, F_UINT), .absent = no_code},
    {.name = "reason", E(reason, F_TEXT), .absent = no_reason},
    {.name = "sent", E(sent, F_UINT), .absent = none_sent},
    {.name = "why", E(why, F_CHARS)},
    {.name = "time_us", E(time_us, F_UINT)},
};
const struct desc ws_event_desc = {"ws-event", sizeof(struct ws_event), FIELDS(event_fields),
                                   .next = NULL};

extern const struct endpoint_class *const ws_endpoints[];
const struct endpoint_class *const ws_endpoints[] = {&ws_layer_class, NULL};
