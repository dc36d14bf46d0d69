/* harness/endpoints/http/http_common.c - field tables of configuration and events. */
#include "harness/endpoints/http/http_endpoint.h"

enum { VIEW = 96 << 10 }; /* octets of the view in an event */

/* ---- events ---- */

static const struct name result_v[] = {
    {HTTP_R_REQUEST, "request"}, {HTTP_R_SUCCESS, "success"}, {HTTP_R_REDIRECT, "redirect"},
    {HTTP_R_ERROR, "error"},     {HTTP_R_INTERIM, "interim"}, {HTTP_R_DATA, "data"},
    {HTTP_R_TIMEOUT, "timeout"}, {HTTP_R_CLOSED, "closed"},   {HTTP_R_FAILED, "failed"},
    {HTTP_R_SENT, "sent"},       {HTTP_R_OPENED, "opened"},
};
static const struct names results = {result_v, COUNT(result_v)};

static bool no_id(const void *rec)
{
    return ((const struct http_event *)rec)->id == 0;
}
static bool no_octets(const void *rec)
{
    return ((const struct http_event *)rec)->octets.n == 0;
}
static bool no_content(const void *rec)
{
    return ((const struct http_event *)rec)->content.n == 0;
}
static bool no_user(const void *rec)
{
    return ((const struct http_event *)rec)->user.n == 0;
}
static bool no_code(const void *rec)
{
    return ((const struct http_event *)rec)->code == 0;
}

#define E(m, k) FIELD(struct http_event, m, k)
static const struct field event_fields[] = {
    {.name = "kind", E(kind, F_ENUM), .names = &results},
    {.name = "id", E(id, F_UINT), .absent = no_id},
    {.name = "code", E(code, F_UINT), .absent = no_code},
    {.name = "from", E(from, F_ADDR)},
    {.name = "local", E(local, F_ADDR)},
    {.name = "message", E(message, F_REF), .sub = &http_msg_desc},
    {.name = "octets", E(octets, F_BYTES), .absent = no_octets},
    {.name = "codec", E(codec, F_CHARS)},
    {.name = "content", E(content, F_TEXT), .absent = no_content},
    {.name = "user", E(user, F_TEXT), .absent = no_user},
    {.name = "verified", E(verified, F_ENUM), .names = &http_verifieds},
    {.name = "time_us", E(time_us, F_UINT)},
    {.name = "rtt_us", E(rtt_us, F_UINT)},
    {.name = "tries", E(tries, F_UINT)},
    {.name = "flow", E(flow, F_UINT)},
    {.name = "frame", E(frame, F_UINT)},
    {.name = "why", E(why, F_CHARS)},
};
const struct desc http_event_desc = {"http-event", sizeof(struct http_event), FIELDS(event_fields),
                                     .next = NULL};

static const char *codec_of(enum http_ask ask)
{
    return ask == HTTP_ASK_HEAD      ? http_head_codec.name
           : ask == HTTP_ASK_CONNECT ? http_connect_codec.name
                                     : NULL;
}

void http_put(const struct env *env, flow_id flow, struct span octets, uint64_t split,
              struct outq *q)
{
    size_t step = env_flag(env, "stream-in-octets") ? 1 : split ? (size_t)split : octets.n;

    for (size_t at = 0; at < octets.n; at += step)
        out_send(q, flow, span_cut(octets, at, at + step), NULL);
}

struct http_event *http_tell(struct outq *q, const char *name, uint32_t token,
                             enum http_result kind, const struct input *in, const char *why)
{
    struct http_event *e = out_event(q, name, &http_event_desc, token);

    if (!e)
        return NULL;
    e->kind = (uint8_t)kind;
    e->time_us = in->now_us;
    e->from = in->pkt.remote;
    e->local = in->pkt.local;
    e->frame = in->pkt.frame;
    e->flow = in->flow;
    e->why = why;
    return e;
}

struct http_event *http_report(struct outq *q, const char *name, uint32_t token,
                               enum http_result kind, const struct input *in, struct span octets,
                               enum http_ask ask)
{
    struct http_event *e = http_tell(q, name, token, kind, in, NULL);
    struct http_msg *m = arena_take(&q->mem, sizeof *m);
    struct span copy = arena_copy(&q->mem, octets);
    uint8_t *room = arena_new(&q->mem, VIEW);
    struct arena mem = arena_of(room, VIEW);
    struct findings none = {0};

    if (!e || !m || !room || q->mem.full) {
        q->full = true;
        return NULL;
    }
    e->octets = copy;
    e->codec = codec_of(ask);
    enum step s = http_decode(e->octets, ask, &mem, m, &none);
    q->mem.n = (size_t)(room - q->mem.p) + mem.n; /* what the view did not need is given back */
    if (s != STEP_ITEM)
        return e;
    e->message = m;
    e->code = m->status;
    e->content = http_content_of(e->octets, ask, &q->mem);
    q->full |= q->mem.full;
    return e;
}

/* ---- configuration ---- */

static const struct field user_fields[] = {
    {.name = "username", FIELD(struct http_user, username, F_TEXT)},
    {.name = "password", FIELD(struct http_user, password, F_TEXT)},
};
const struct desc http_user_desc = {"user", sizeof(struct http_user), FIELDS(user_fields),
                                    .next = NULL};

static const struct name does_v[] = {
    {HTTP_DOES_FIXED, "fixed"}, {HTTP_DOES_ECHO, "echo"}, {HTTP_DOES_ASK, "ask"}};
static const struct names does = {does_v, COUNT(does_v)};
#define R(m, k) FIELD(struct http_resource, m, k)
static const struct field resource_fields[] = {
    {.name = "path", R(path, F_TEXT)},
    {.name = "does", R(does, F_ENUM), .names = &does},
    {.name = "auth", R(auth, F_ENUM), .names = &http_auths},
    {.name = "status", R(status, F_UINT)},
    {.name = "type", R(type, F_TEXT)},
    {.name = "body", R(body, F_TEXT)},
    {.name = "chunk", R(chunk, F_UINT)},
    {.name = "until_close", R(until_close, F_BOOL)},
};
const struct desc http_resource_desc = {"resource", sizeof(struct http_resource),
                                        FIELDS(resource_fields), .next = NULL};

#define S(m, k) FIELD(struct http_server_config, m, k)
static const struct field server_fields[] = {
    {.name = "listen", S(listen, F_ADDR)},
    {.name = "listen_tls", S(listen_tls, F_ADDR)},
    {.name = "manual", S(manual, F_BOOL)},
    {.name = "no_continue", S(no_continue, F_BOOL)},
    {.name = "realm", S(realm, F_TEXT)},
    {.name = "software", S(software, F_TEXT)},
    {.name = "users",
     S(users, F_LIST),
     .count = offsetof(struct http_server_config, n_users),
     .sub = &http_user_desc},
    {.name = "resources",
     S(resources, F_LIST),
     .count = offsetof(struct http_server_config, n_resources),
     .sub = &http_resource_desc},
    {.name = "md5_alone", S(md5_alone, F_BOOL)},
    {.name = "no_userhash", S(no_userhash, F_BOOL)},
    {.name = "nonce_us", S(nonce_us, F_UINT)},
    {.name = "clock_s", S(clock_s, F_UINT)},
    {.name = "half_us", S(half_us, F_UINT)},
    {.name = "idle_us", S(idle_us, F_UINT)},
    {.name = "quota", S(quota, F_UINT)},
    {.name = "fail_at", S(fail_at, F_UINT)},
    {.name = "most_target", S(most.target, F_UINT)},
    {.name = "most_head", S(most.head, F_UINT)},
    {.name = "most_fields", S(most.fields, F_UINT)},
    {.name = "most_content", S(most.content, F_UINT)},
};
const struct desc http_server_config_desc = {"http-server", sizeof(struct http_server_config),
                                             FIELDS(server_fields), .next = NULL};

#define C(m, k) FIELD(struct http_client_config, m, k)
static const struct field client_fields[] = {
    {.name = "server", C(server, F_ADDR)},
    {.name = "transport", C(transport, F_TEXT)},
    {.name = "host", C(host, F_TEXT)},
    {.name = "username", C(username, F_TEXT)},
    {.name = "password", C(password, F_TEXT)},
    {.name = "software", C(software, F_TEXT)},
    {.name = "timeout_us", C(timeout_us, F_UINT)},
    {.name = "continue_us", C(continue_us, F_UINT)},
    {.name = "most_target", C(most.target, F_UINT)},
    {.name = "most_head", C(most.head, F_UINT)},
    {.name = "most_fields", C(most.fields, F_UINT)},
    {.name = "most_content", C(most.content, F_UINT)},
};
const struct desc http_client_config_desc = {"http-client", sizeof(struct http_client_config),
                                             FIELDS(client_fields), .next = NULL};

extern const struct endpoint_class *const http_endpoints[];
const struct endpoint_class *const http_endpoints[] = {&http_client_class, &http_origin_class,
                                                       NULL};
