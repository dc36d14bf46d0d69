/* harness/endpoints/echo/echo_common.c - field tables and the list of classes. */
#include "harness/endpoints/echo/echo.h"

static bool no_data(const void *rec)
{
    return ((const struct echo_event *)rec)->data.n == 0;
}

#define E(m, k) FIELD(struct echo_event, m, k)
static const struct field event_fields[] = {
    {.name = "data", E(data, F_BYTES), .absent = no_data},
    {.name = "local", E(local, F_ADDR)},
    {.name = "remote", E(remote, F_ADDR)},
    {.name = "why", E(why, F_CHARS)},
    {.name = "time_us", E(time_us, F_UINT)},
    {.name = "n", E(n, F_UINT)},
};
const struct desc echo_event_desc = {"echo-event", sizeof(struct echo_event), FIELDS(event_fields),
                                     .next = NULL};

static const struct field args_fields[] = {
    {.name = "data", FIELD(struct echo_args, data, F_BYTES)},
};
const struct desc echo_args_desc = {"echo", sizeof(struct echo_args), FIELDS(args_fields),
                                    .next = NULL};

static const struct field server_fields[] = {
    {.name = "listen", FIELD(struct echo_config, listen, F_ADDR)},
    {.name = "stack", FIELD(struct echo_config, stack, F_TEXT)},
};
const struct desc echo_server_config_desc = {"echo-server", sizeof(struct echo_config),
                                             FIELDS(server_fields), .next = NULL};

static const struct field client_fields[] = {
    {.name = "to", FIELD(struct echo_config, to, F_ADDR)},
    {.name = "stack", FIELD(struct echo_config, stack, F_TEXT)},
};
const struct desc echo_client_config_desc = {"echo-client", sizeof(struct echo_config),
                                             FIELDS(client_fields), .next = NULL};

static const struct field relay_fields[] = {
    {.name = "listen", FIELD(struct relay_config, listen, F_ADDR)},
    {.name = "to", FIELD(struct relay_config, to, F_ADDR)},
    {.name = "idle_us", FIELD(struct relay_config, idle_us, F_UINT)},
};
const struct desc relay_config_desc = {"echo-relay", sizeof(struct relay_config),
                                       FIELDS(relay_fields), .next = NULL};

static const struct field pace_fields[] = {
    {.name = "to", FIELD(struct pace_config, to, F_ADDR)},
    {.name = "count", FIELD(struct pace_config, count, F_UINT)},
    {.name = "interval_us", FIELD(struct pace_config, interval_us, F_UINT)},
    {.name = "size", FIELD(struct pace_config, size, F_UINT)},
};
const struct desc pace_config_desc = {"pace-sender", sizeof(struct pace_config),
                                      FIELDS(pace_fields), .next = NULL};

struct echo_event *echo_report(struct outq *q, const char *name, uint32_t token,
                               const struct input *in)
{
    struct echo_event *e = out_event(q, name, &echo_event_desc, token);

    if (!e)
        return NULL;
    e->time_us = in->now_us;
    e->local = in->pkt.local;
    e->remote = in->pkt.remote;
    return e;
}

extern const struct endpoint_class *const echo_endpoints[];
const struct endpoint_class *const echo_endpoints[] = {&echo_server_class, &echo_client_class,
                                                       &echo_relay_class,  &pace_sender_class,
                                                       &echo_lines_class,  NULL};
