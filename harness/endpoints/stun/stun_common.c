/* harness/endpoints/stun/stun_common.c - field tables of configuration and events, streams. */
#include "harness/core/prep.h"
#include "harness/endpoints/stun/stun_discovery.h"
#include "harness/endpoints/stun/stun_endpoint.h"

static const struct name auth_v[] = {
    {STUN_AUTH_NONE, "none"}, {STUN_AUTH_SHORT, "short"}, {STUN_AUTH_LONG, "long"}};
const struct names stun_auths = {auth_v, COUNT(auth_v)};

static const struct name result_v[] = {
    {STUN_R_MESSAGE, "message"}, {STUN_R_SUCCESS, "success"}, {STUN_R_ERROR, "error"},
    {STUN_R_TIMEOUT, "timeout"}, {STUN_R_CLOSED, "closed"},   {STUN_R_ICMP, "icmp"},
    {STUN_R_FAILED, "failed"},   {STUN_R_SENT, "sent"},       {STUN_R_OPENED, "opened"}};
static const struct names results = {result_v, COUNT(result_v)};
static const struct name check_v[] = {
    {STUN_ABSENT, "absent"}, {STUN_GOOD, "good"}, {STUN_BAD, "bad"}};
static const struct names checks = {check_v, COUNT(check_v)};

static bool no_id(const void *rec)
{
    return ((const struct stun_event *)rec)->id == 0;
}
static bool no_octets(const void *rec)
{
    return ((const struct stun_event *)rec)->octets.n == 0;
}
static bool no_code(const void *rec)
{
    return ((const struct stun_event *)rec)->code == 0;
}

#define E(m, k) FIELD(struct stun_event, m, k)
static const struct field event_fields[] = {
    {.name = "kind", E(kind, F_ENUM), .names = &results},
    {.name = "id", E(id, F_UINT), .absent = no_id},
    {.name = "from", E(from, F_ADDR)},
    {.name = "local", E(local, F_ADDR)},
    {.name = "message", E(message, F_REF), .sub = &stun_msg_desc},
    {.name = "octets", E(octets, F_BYTES), .absent = no_octets},
    {.name = "integrity", E(integrity, F_ENUM), .names = &checks},
    {.name = "integrity256", E(integrity256, F_ENUM), .names = &checks},
    {.name = "fingerprint", E(fingerprint, F_ENUM), .names = &checks},
    {.name = "time_us", E(time_us, F_UINT)},
    {.name = "rtt_us", E(rtt_us, F_UINT)},
    {.name = "tries", E(tries, F_UINT)},
    {.name = "frame", E(frame, F_UINT)},
    {.name = "flow", E(flow, F_UINT)},
    {.name = "why", E(why, F_CHARS)},
    {.name = "codec", E(codec, F_CHARS)},
    {.name = "mapped", E(mapped, F_ADDR)},
    {.name = "code", E(code, F_UINT), .absent = no_code},
    {.name = "tos", E(tos, F_UINT)},
    {.name = "ttl", E(ttl, F_UINT)},
    {.name = "dont_fragment", E(dont_fragment, F_BOOL)},
};
const struct desc stun_event_desc = {"stun-event", sizeof(struct stun_event), FIELDS(event_fields),
                                     .next = NULL};

static const struct field user_fields[] = {
    {.name = "username", FIELD(struct stun_user, username, F_TEXT)},
    {.name = "password", FIELD(struct stun_user, password, F_TEXT)},
};
const struct desc stun_user_desc = {"user", sizeof(struct stun_user), FIELDS(user_fields),
                                    .next = NULL};

#define S(m, k) FIELD(struct stun_server_config, m, k)
static const struct field server_fields[] = {
    {.name = "listen", S(listen, F_ADDR)},
    {.name = "listen_tls", S(listen_tls, F_ADDR)},
    {.name = "auth", S(auth, F_ENUM), .names = &stun_auths},
    {.name = "no_udp", S(no_udp, F_BOOL)},
    {.name = "no_tcp", S(no_tcp, F_BOOL)},
    {.name = "fingerprint", S(fingerprint, F_BOOL)},
    {.name = "classic", S(classic, F_BOOL)},
    {.name = "rfc5389", S(rfc5389, F_BOOL)},
    {.name = "manual", S(manual, F_BOOL)},
    {.name = "channels", S(channels, F_BOOL)},
    {.name = "realm", S(realm, F_TEXT)},
    {.name = "software", S(software, F_TEXT)},
    {.name = "users",
     S(users, F_LIST),
     .count = offsetof(struct stun_server_config, n_users),
     .sub = &stun_user_desc},
    {.name = "nonce_us", S(nonce_us, F_UINT)},
    {.name = "quota", S(quota, F_UINT)},
    {.name = "half_us", S(half_us, F_UINT)},
    {.name = "fail_at", S(fail_at, F_UINT)},
    {.name = "alternate", S(alternate, F_ADDR)},
    {.name = "alternate6", S(alternate6, F_ADDR)},
    {.name = "alternate_domain", S(alternate_domain, F_TEXT)},
    {.name = "fingerprint_needed", S(fingerprint_needed, F_BOOL)},
    {.name = "anonymity", S(anonymity, F_BOOL)},
    {.name = "no_algorithms", S(no_algorithms, F_BOOL)},
    {.name = "other", S(other, F_ADDR)},
    {.name = "nat", S(nat, F_BOOL)},
    {.name = "mtu", S(mtu, F_UINT)},
};
const struct desc stun_server_config_desc = {"stun-server", sizeof(struct stun_server_config),
                                             FIELDS(server_fields), .next = NULL};

#define C(m, k) FIELD(struct stun_client_config, m, k)
static const struct field client_fields[] = {
    {.name = "server", C(server, F_ADDR)},
    {.name = "transport", C(transport, F_TEXT)},
    {.name = "auth", C(auth, F_ENUM), .names = &stun_auths},
    {.name = "fingerprint", C(fingerprint, F_BOOL)},
    {.name = "username", C(username, F_TEXT)},
    {.name = "password", C(password, F_TEXT)},
    {.name = "software", C(software, F_TEXT)},
    {.name = "rto_us", C(rto_us, F_UINT)},
    {.name = "ti_us", C(ti_us, F_UINT)},
    {.name = "rc", C(rc, F_UINT)},
    {.name = "rm", C(rm, F_UINT)},
    {.name = "integrity", C(integrity, F_UINT)},
    {.name = "redirect", C(redirect, F_BOOL)},
    {.name = "channels", C(channels, F_BOOL)},
};
const struct desc stun_client_config_desc = {"stun-client", sizeof(struct stun_client_config),
                                             FIELDS(client_fields), .next = NULL};

struct span stun_prepare(struct arena *mem, struct span s, bool quoted, bool rfc5389)
{
    struct span out;

    while (s.n && s.p[s.n - 1] == 0)
        s.n--;
    if (quoted && s.n >= 2 && s.p[0] == '"' && s.p[s.n - 1] == '"')
        s = span_cut(s, 1, s.n - 1);
    enum prep_result got = rfc5389 ? prep_sasl(mem, s, &out) : prep_opaque(mem, s, &out);
    return got == PREP_OK ? out : arena_copy(mem, s);
}

void stun_cut256(struct wr *w, struct stun_marks *marks, size_t n)
{
    size_t at = marks->integrity256, end = at + 4 + marks->cut256;
    size_t kept = at + 4 + n, gone = marks->cut256 - n, padding = -n & 3;

    if (w->full || !at || n >= marks->cut256)
        return;
    gone -= padding;
    memset(w->p + kept, 0, padding);
    memmove(w->p + end - gone, w->p + end, w->n - end);
    w->n -= gone;
    put_u16(w->p + at + 2, (uint16_t)n);
    put_u16(w->p + marks->start + 2, (uint16_t)(w->n - marks->start - STUN_HEADER));
    marks->cut256 = n;
    if (marks->fingerprint > at)
        marks->fingerprint -= gone;
    if (marks->integrity > at)
        marks->integrity -= gone;
}

struct stun_event *stun_report(struct outq *q, const char *name, uint32_t token,
                               enum stun_result kind, const struct input *in, struct span data)
{
    struct stun_event *e = out_event(q, name, &stun_event_desc, token);
    struct findings none = {0};
    const void *view = NULL;

    if (!e)
        return NULL;
    e->kind = (uint8_t)kind;
    e->time_us = in->now_us;
    e->from = in->pkt.remote;
    e->local = in->pkt.local;
    e->frame = in->pkt.frame;
    e->flow = in->flow;
    e->tos = in->pkt.tos;
    e->ttl = in->pkt.ttl;
    e->dont_fragment = in->pkt.dont_fragment;
    if (data.n) {
        e->octets = arena_copy(&q->mem, data);
        if (!q->mem.full && stun_codec.decode(e->octets, &q->mem, &view, &none) == STEP_ITEM)
            e->message = view;
        q->full |= q->mem.full;
    }
    if (e->message) {
        const struct stun_attr *code = stun_find(e->message, STUN_ERROR_CODE);
        const struct stun_attr *mapped = stun_find(e->message, STUN_XOR_MAPPED_ADDRESS);
        if (!mapped)
            mapped = stun_find(e->message, STUN_MAPPED_ADDRESS);
        e->fingerprint = (uint8_t)stun_check_fingerprint(e->message);
        e->integrity = e->message->at_integrity ? STUN_BAD : STUN_ABSENT;
        e->integrity256 = e->message->at_integrity256 ? STUN_BAD : STUN_ABSENT;
        if (code && code->kind == STUN_CODE)
            e->code = code->v.code;
        if (mapped && mapped->kind != STUN_RAW)
            e->mapped = mapped->v.addr;
    }
    return e;
}

const char *stun_reason(unsigned code)
{
    static const struct name v[] = {
        {300, "Try Alternate"},
        {400, "Bad Request"},
        {401, "Unauthenticated"},
        {403, "Forbidden"},
        {405, "Mobility Forbidden"},
        {420, "Unknown Attribute"},
        {437, "Allocation Mismatch"},
        {438, "Stale Nonce"},
        {440, "Address Family not Supported"},
        {441, "Wrong Credentials"},
        {442, "Unsupported Transport Protocol"},
        {443, "Peer Address Family Mismatch"},
        {486, "Allocation Quota Reached"},
        {500, "Server Error"},
        {508, "Insufficient Capacity"},
    };
    const char *words = name_of(&(struct names){v, COUNT(v)}, code);
    return words ? words : "Error";
}

static bool understood(uint16_t type, bool server)
{
    static const uint16_t gone[] = {STUN_RESPONSE_ADDRESS, STUN_CHANGE_REQUEST, STUN_SOURCE_ADDRESS,
                                    STUN_CHANGED_ADDRESS,  STUN_PASSWORD,       STUN_REFLECTED_FROM,
                                    STUN_PADDING,          STUN_RESPONSE_PORT};
    for (size_t i = 0; server && i < COUNT(gone); i++)
        if (gone[i] == type)
            return false;
    return stun_type_name(type) != NULL;
}

void stun_report_bare(struct outq *q, const char *name, const struct input *in, struct span octets)
{
    struct stun_event *e = stun_report(q, name, 0, STUN_R_MESSAGE, in, (struct span){0});

    if (!e)
        return;
    e->codec = "";
    e->octets = arena_copy(&q->mem, octets);
    q->full |= q->mem.full;
}

size_t stun_unknown(const struct stun_msg *m, bool server, uint16_t *types, size_t cap)
{
    uint32_t end = m->at_integrity ? m->at_integrity : m->at_integrity256;
    size_t n = 0;

    for (size_t i = 0; i < m->n_attrs && n < cap; i++) {
        uint16_t t = m->attrs[i].type;
        bool listed = false;
        if (!stun_required(t) || understood(t, server))
            continue;
        if (end && m->attrs[i].p > m->wire.p + end)
            break; /* ignored: RFC8489:9#1, 9#2 */
        for (size_t k = 0; k < n; k++)
            listed |= types[k] == t;
        if (!listed)
            types[n++] = t;
    }
    return n;
}

static enum step next_of(const struct stun_stream *s, struct span in, size_t *used)
{
    struct findings none = {0};
    struct stun_channel c;

    if (s->bare) {
        *used = in.n;
        return in.n ? STEP_ITEM : STEP_MORE;
    }
    return s->channels && stun_is_channel(in) ? stun_channel_next_5766(in, true, &c, used, &none)
                                              : stun_next(in, used, &none);
}

bool stun_stream_take(struct stun_stream *s, const struct input *in,
                      void (*each)(void *self, const struct input *in, struct span msg,
                                   struct outq *q),
                      void *self, struct outq *q)
{
    flow_id flow = s->flow;

    for (size_t at = 0; at < in->data.n;) {
        size_t step = sizeof s->buf - s->n, used;
        struct span part = span_cut(in->data, at, at + step);
        enum step got;
        memcpy(s->buf + s->n, part.p, part.n);
        s->n += part.n;
        at += part.n;
        size_t front = 0;
        while ((got = next_of(s, (struct span){s->buf + front, s->n - front}, &used)) ==
               STEP_ITEM) {
            each(self, in, (struct span){s->buf + front, used}, q);
            front += used;
            if (!s->used || s->flow != flow)
                return true; /* the endpoint closed the stream, or has another one by now */
        }
        if (got == STEP_FAIL)
            return false;
        memmove(s->buf, s->buf + front, s->n - front);
        s->n -= front;
    }
    return true;
}

extern const struct endpoint_class *const stun_endpoints[];
const struct endpoint_class *const stun_endpoints[] = {&stun_client_class, &stun_server_class,
                                                       &stun_discovery_class, NULL};
