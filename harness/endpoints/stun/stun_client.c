/* harness/endpoints/stun/stun_client.c - transactions and their timers: RFC 8489 section 6.2. */
#include "harness/endpoints/stun/stun_client.h"

static void start(struct stun_client *c, const struct stun_client_config *cfg)
{
    for (size_t i = 0; i < COUNT(c->tx); i++)
        memset(&c->tx[i], 0, offsetof(struct stun_transaction, wire));
    for (size_t i = 0; i < COUNT(c->streams); i++)
        memset(&c->streams[i], 0, offsetof(struct stun_stream, buf));
    c->mem = arena_of(c->kept_octets, sizeof c->kept_octets);
    if (cfg)
        c->c = *cfg;
    c->c.transport = arena_copy(&c->mem, c->c.transport.n ? c->c.transport : span_of("udp"));
    c->given_name = arena_copy(&c->mem, c->c.username.n ? c->c.username : span_of("alice"));
    c->c.username =
        stun_prepare(&c->mem, c->c.username.n ? c->c.username : span_of("alice"), true, false);
    c->c.password = stun_prepare(&c->mem, c->c.password.n ? c->c.password : span_of("alice-secret"),
                                 false, false);
    c->c.software = arena_copy(&c->mem, c->c.software.n ? c->c.software : span_of("rtclab 0.1"));
    c->c.rto_us = c->c.rto_us ? c->c.rto_us : 500000; /* RFC8489:6.2.1#3, #10, #12; 6.2.2#2 */
    c->c.rc = c->c.rc ? c->c.rc : 7;
    c->c.rm = c->c.rm ? c->c.rm : 16;
    c->c.ti_us = c->c.ti_us ? c->c.ti_us : 39500000;
    rng_fill(c->env.rng, c->fixed_id, sizeof c->fixed_id);
}

bool client_is_udp(struct span transport)
{
    return transport.n >= 3 && memcmp(transport.p, "udp", 3) == 0;
}

/* ---- flows ---- */

static flow_id open_flow(struct stun_client *c, const struct stun_send_args *a, const char *domain,
                         struct outq *q)
{
    struct span transport = a->transport.n ? a->transport : c->c.transport;
    struct output *o = out_put(q, OUT_OPEN, ++c->next_flow);

    o->open.stack = arena_text(&q->mem, transport);
    o->open.local = a->local;
    o->open.remote = a->to.family ? a->to : c->c.server;
    o->open.name = span_of(domain);
    if (!o->open.stack) {
        q->full = true;
        return 0;
    }
    if (client_is_udp(transport) && !a->to.family)
        o->open.local.family = o->open.remote.family;
    for (size_t i = 0; !client_is_udp(transport) && i < COUNT(c->streams); i++)
        if (!c->streams[i].used) {
            c->streams[i].used = true;
            c->streams[i].channels = c->c.channels;
            c->streams[i].bare = false;
            c->streams[i].flow = c->next_flow;
            c->streams[i].n = 0;
            c->streams[i].remote = o->open.remote;
            memcpy(c->stream_domain[i], domain, strlen(domain) + 1);
            c->users_own[i] = false;
            c->answered[i] = 0;
            break;
        }
    return c->next_flow;
}

struct stun_stream *client_stream(struct stun_client *c, flow_id flow)
{
    for (size_t i = 0; i < COUNT(c->streams); i++)
        if (c->streams[i].used && c->streams[i].flow == flow)
            return &c->streams[i];
    return NULL;
}

/* The flow that `a` means, opened where there is none yet. */
static flow_id flow_for(struct stun_client *c, const struct stun_send_args *a, struct outq *q)
{
    struct span transport = a->transport.n ? a->transport : c->c.transport;
    flow_id *kept = client_is_udp(transport) ? &c->udp : &c->tcp;

    if (a->flow)
        return a->flow;
    if (a->fresh || a->local.family)
        return open_flow(c, a, "", q);
    if (!*kept)
        *kept = open_flow(c, a, "", q);
    return *kept;
}

flow_id client_user_flow(struct stun_client *c, const struct stun_transaction *t, struct outq *q)
{
    struct stun_send_args a = {.to = t->to, .transport = t->transport};
    bool udp = client_is_udp(t->transport);

    if (client_flag(c, "udp-for-tcp")) {
        a.transport = span_of("udp");
        udp = true;
    }
    if (udp && client_flag(c, "socket-each"))
        return open_flow(c, &a, t->op.domain, q);
    if (udp && a.transport.n == 3) { /* one socket for all servers of a family */
        flow_id *kept = t->to.family == 6 ? &c->udp6 : &c->udp;
        if (!*kept)
            *kept = open_flow(c, &a, t->op.domain, q);
        return *kept;
    }
    for (size_t i = 0; !udp && i < COUNT(c->streams); i++)
        if (c->streams[i].used && c->users_own[i] && addr_eq(&c->streams[i].remote, &t->to) &&
            strcmp(c->stream_domain[i], t->op.domain) == 0 && !client_flag(c, "connection-each"))
            return c->streams[i].flow;
    flow_id flow = open_flow(c, &a, t->op.domain, q);
    for (size_t i = 0; i < COUNT(c->streams); i++)
        if (c->streams[i].used && c->streams[i].flow == flow)
            c->users_own[i] = true;
    return flow;
}

static void put(struct stun_client *c, flow_id flow, struct span wire, struct pkt pkt,
                uint64_t split, struct outq *q)
{
    if (!pkt.remote.family)
        pkt.remote = c->c.server;
    bool stream = client_stream(c, flow) != NULL;
    size_t step = stream && split ? split : wire.n;

    if (stream && !split && env_flag(&c->env, "stream-in-octets"))
        step = 1;
    for (size_t at = 0; at < wire.n; at += step)
        out_send(q, flow, span_cut(wire, at, at + step), stream ? NULL : &pkt);
}

/* ---- transactions ---- */

struct stun_transaction *client_new(struct stun_client *c, uint32_t token)
{
    for (size_t i = 0; i < COUNT(c->tx); i++)
        if (!c->tx[i].used) {
            struct stun_transaction *t = &c->tx[i];
            memset(t, 0, offsetof(struct stun_transaction, wire));
            t->used = true;
            t->token = token;
            return t;
        }
    return NULL;
}

void client_begin(struct stun_client *c, struct stun_transaction *t, const struct input *in,
                  struct outq *q)
{
    t->started_us = in->now_us;
    t->sent = 1;
    t->stream = client_stream(c, t->flow) != NULL;
    t->rto_us = t->user ? client_rto(c, &t->to, in->now_us) : c->c.rto_us;
    if (t->limit_us)
        t->next_us = t->once || t->stream ? NO_DEADLINE : in->now_us + t->rto_us;
    else if (t->stream)
        t->next_us = in->now_us + env_timer(&c->env, "timer/ti", c->c.ti_us);
    else
        t->next_us = in->now_us + t->rto_us;
    if (t->stream && env_flag(&c->env, "stream-repeated"))
        t->next_us = in->now_us + t->rto_us;
    client_put(c, t, q);
}

void client_put(struct stun_client *c, struct stun_transaction *t, struct outq *q)
{
    put(c, t->flow, (struct span){t->wire, t->wire_n}, (struct pkt){.remote = t->to}, 0, q);
}

struct stun_event *client_end(struct stun_transaction *t, const struct input *in, struct outq *q,
                              enum stun_result kind, struct span msg, const char *why)
{
    struct stun_event *e = stun_report(q, "response", t->token, kind, in, msg);

    t->used = false;
    if (!e)
        return NULL;
    e->rtt_us = in->now_us - t->started_us;
    e->tries = t->sent;
    e->why = why;
    e->flow = t->flow;
    if (e->message && t->signed_) {
        e->integrity = (uint8_t)stun_check_integrity(e->message, &t->key);
        e->integrity256 = (uint8_t)stun_check_integrity256(e->message, &t->key);
    }
    return e;
}

static void timed_out(struct stun_client *c, struct stun_transaction *t, const struct input *in,
                      struct outq *q)
{
    if (t->user)
        client_failed(c, t, in, q, STUN_R_TIMEOUT, NULL);
    else
        client_end(t, in, q, STUN_R_TIMEOUT, (struct span){0}, NULL);
}

static uint64_t due(const struct stun_transaction *t)
{
    uint64_t limit = t->limit_us ? t->started_us + t->limit_us : NO_DEADLINE;
    return t->next_us < limit ? t->next_us : limit;
}

/* RFC8489:6.2.1: sent at 0, RTO, 3 RTO, 7 RTO ..., Rc times; then Rm times the first RTO more. */
static void again(struct stun_client *c, struct stun_transaction *t, const struct input *in,
                  struct outq *q)
{
    uint32_t rc = client_flag(c, "three-tries") ? 3 : c->c.rc;
    uint32_t doubled = t->sent;
    uint64_t step;

    if (client_flag(c, "never-repeated"))
        rc = 1;
    if ((t->limit_us && in->now_us >= t->started_us + t->limit_us) || t->sent >= rc ||
        (t->stream && !env_flag(&c->env, "stream-repeated"))) {
        timed_out(c, t, in, q);
        return;
    }
    if (env_flag(&c->env, "id-changed") && t->wire_n >= STUN_HEADER) {
        t->wire[19] ^= (uint8_t)(1u << (t->sent & 7)); /* never the first one again */
        memcpy(t->id, t->wire + 8, 12);
    }
    put(c, t->flow, (struct span){t->wire, t->wire_n}, (struct pkt){.remote = t->to}, 0, q);
    if (t->user && client_flag(c, "first-interval-twice"))
        doubled--;
    step = client_flag(c, "no-doubling") ? t->rto_us : t->rto_us << doubled;
    t->sent++;
    if (t->sent >= rc)
        step = env_timer(&c->env, "timer/last", t->rto_us * c->c.rm);
    t->next_us = in->now_us + step;
}

static void timers(struct stun_client *c, const struct input *in, struct outq *q)
{
    for (size_t i = 0; i < COUNT(c->tx); i++)
        if (c->tx[i].used && due(&c->tx[i]) != NO_DEADLINE && due(&c->tx[i]) <= in->now_us)
            again(c, &c->tx[i], in, q);
}

static uint64_t deadline(const void *self)
{
    const struct stun_client *c = self;
    uint64_t best = NO_DEADLINE;
    for (size_t i = 0; i < COUNT(c->tx); i++)
        if (c->tx[i].used && due(&c->tx[i]) < best)
            best = due(&c->tx[i]);
    return best;
}

/* ---- what comes ---- */

static struct stun_transaction *tx_of(struct stun_client *c, const struct stun_msg *m)
{
    for (size_t i = 0; i < COUNT(c->tx); i++) {
        struct stun_transaction *t = &c->tx[i];
        if (t->used && (span_eq((struct span){t->id, t->id_n}, m->transaction) ||
                        (t->user && client_flag(c, "any-transaction"))))
            return t;
        if (t->used && t->user && m->classic && client_flag(c, "any-cookie") &&
            span_eq((struct span){t->id, t->id_n}, span_cut(m->transaction, 4, 16)))
            return t;
    }
    return NULL;
}

/* A response to a transaction that is over: dropped, unless that is broken (RFC8489:6.3#a6). */
static void late(struct stun_client *c, const struct input *in, const struct stun_msg *m,
                 struct outq *q)
{
    if (m->cls == STUN_ERROR && span_eq(m->transaction, (struct span){c->last_id, 12}) &&
        client_flag(c, "late-response-taken")) {
        struct stun_transaction *t = client_new(c, 0);
        if (!t)
            return;
        t->user = true;
        t->transport = c->c.transport;
        t->to = in->pkt.remote;
        client_attempt(c, t, in, q);
    }
}

/* The octets with the first two bits cleared, for one that does not look at them. */
static struct span first_bits_cleared(struct stun_client *c, struct span msg)
{
    if (!msg.n || !(msg.p[0] & 0xc0) || msg.n > sizeof c->out || !client_flag(c, "any-first-bits"))
        return msg;
    memcpy(c->out, msg.p, msg.n);
    c->out[0] &= 0x3f;
    return (struct span){c->out, msg.n};
}

/* The response to a request that is no user's. */
static void answered(struct stun_client *c, struct stun_transaction *t, const struct input *in,
                     const struct stun_msg *m, struct span msg, struct outq *q)
{
    bool good = m->cls == STUN_SUCCESS;
    struct stun_stream *s = good && t->bare ? client_stream(c, t->flow) : NULL;

    client_end(t, in, q, good ? STUN_R_SUCCESS : STUN_R_ERROR, msg, NULL);
    if (s)
        s->bare = true;
}

static void message(void *self, const struct input *in, struct span msg, struct outq *q)
{
    struct stun_client *c = self;
    const struct stun_stream *s = client_stream(c, in->flow);
    struct stun_msg m;
    struct findings none = {0};
    struct stun_transaction *t = NULL;

    if (s && s->bare) {
        stun_report_bare(q, "message", in, msg);
        return;
    }
    if (c->c.channels && stun_is_channel(msg)) {
        struct stun_event *e = stun_report(q, "message", 0, STUN_R_MESSAGE, in, msg);
        if (e)
            e->codec = "ChannelData";
        return;
    }
    msg = first_bits_cleared(c, msg);
    if (stun_decode(msg, &m, c->attrs, COUNT(c->attrs), &none) == STEP_ITEM &&
        (m.cls == STUN_SUCCESS || m.cls == STUN_ERROR))
        if ((t = tx_of(c, &m)) == NULL)
            late(c, in, &m, q);
    if (!t)
        stun_report(q, "message", 0, STUN_R_MESSAGE, in, msg);
    else if (t->user)
        client_judge(c, t, in, &m, q);
    else
        answered(c, t, in, &m, msg, q);
}

/* RFC1122 3.2.2.1, 4.2.3.9: protocol or port unreachable, or too large and not to be fragmented;
 * RFC4443 3.1: port unreachable, or prohibited. The others may be a passing trouble of the path. */
static bool hard(const struct input *in)
{
    unsigned type = in->icmp >> 8, code = in->icmp & 0xff;
    if (in->pkt.remote.family == 6)
        return type == 1 && (code == 4 || code == 1);
    return type == 3 && code >= 2 && code <= 4;
}

/* Whether what happened to a flow fails a user's transaction on it. */
static bool user_minds(struct stun_client *c, const struct stun_transaction *t,
                       const struct input *in, enum stun_result kind)
{
    if (kind == STUN_R_ICMP)
        return hard(in) && addr_eq(&in->pkt.remote, &t->to) && !client_flag(c, "icmp-ignored");
    return !client_flag(c, "reset-ignored"); /* RFC8489:6.2.2#a5 */
}

static void ended(struct stun_client *c, const struct input *in, struct outq *q,
                  enum stun_result kind, const char *why)
{
    bool told = false;

    for (size_t i = 0; i < COUNT(c->tx); i++) {
        struct stun_transaction *t = &c->tx[i];
        if (!t->used || t->flow != in->flow || t->op.phase != PHASE_RUNS)
            continue;
        told = true;
        if (t->user) {
            if (user_minds(c, t, in, kind))
                client_failed(c, t, in, q, kind, why);
            continue;
        }
        struct stun_event *e = client_end(t, in, q, kind, (struct span){0}, why);
        if (e && kind == STUN_R_ICMP)
            e->code = in->icmp;
    }
    if (!told) {
        struct stun_event *e = stun_report(q, "message", 0, kind, in, (struct span){0});
        if (e)
            e->why = why;
    }
}

static void gone(struct stun_client *c, const struct input *in, struct outq *q)
{
    struct stun_stream *s = client_stream(c, in->flow);
    if (s)
        s->used = false;
    if (c->tcp == in->flow)
        c->tcp = 0;
    if (c->udp == in->flow)
        c->udp = 0;
    if (c->udp6 == in->flow)
        c->udp6 = 0;
    ended(c, in, q, STUN_R_CLOSED,
          in->kind == IN_EOF ? "end of stream"
          : in->detail       ? in->detail
                             : close_name(in->why));
}

static void bytes(struct stun_client *c, const struct input *in, struct outq *q)
{
    struct stun_stream *s = client_stream(c, in->flow);
    struct input with = *in;

    if (!s) {
        message(c, in, in->data, q);
        return;
    }
    with.pkt.remote = s->remote;
    with.pkt.local = s->local;
    if (!stun_stream_take(s, &with, message, c, q))
        stun_report(q, "message", 0, STUN_R_MESSAGE, &with, (struct span){s->buf, s->n});
}

/* ---- what is asked ---- */

static void new_id(struct stun_client *c, struct stun_transaction *t)
{
    t->id_n = 12;
    rng_fill(c->env.rng, t->id, 12);
    if (env_flag(&c->env, "fixed-id"))
        memcpy(t->id, c->fixed_id, 12);
}

/* The key that seals the message; which attributes it carries is the script's business. */
static void sign_request(const struct stun_client *c, const struct stun_send_args *a,
                         struct stun_transaction *t, struct arena *mem)
{
    struct span user = stun_prepare(mem, a->username.n ? a->username : c->c.username, true, false);
    struct span password =
        stun_prepare(mem, a->password.n ? a->password : c->c.password, false, false);
    struct span realm = stun_prepare(mem, a->realm, true, false);
    enum stun_algorithm alg = a->algorithm == STUN_SHA256 ? STUN_SHA256 : STUN_MD5;

    if (a->auth == STUN_AUTH_NONE)
        return;
    t->signed_ = true;
    if (a->auth == STUN_AUTH_SHORT)
        stun_key_init(&t->key, password);
    else
        stun_key_long_term(&t->key, alg, user, realm, password);
}

/* Each USERHASH without a value gets that of the user and realm of the arguments. */
static void hash_names(const struct stun_client *c, const struct stun_send_args *a,
                       struct draft *dr)
{
    const struct node *list = draft_find(&dr->root, "attributes");
    uint8_t hash[32];

    for (struct node *i = list && list->form == FORM_KIDS ? list->first : NULL; i; i = i->next) {
        const struct node *type = i->form == FORM_KIDS ? draft_find(i, "type") : NULL;
        const struct field *value = draft_field(i, "value");
        if (!type || type->u != STUN_USERHASH || !value || draft_find(i, "value") ||
            draft_find(i, "length"))
            continue;
        struct span user = a->username.n ? a->username : c->c.username;
        stun_userhash(hash, stun_prepare(dr->mem, user, true, false),
                      stun_prepare(dr->mem, a->realm, true, false));
        draft_bytes(dr, i, value, arena_copy(dr->mem, (struct span){hash, sizeof hash}));
    }
}

static void request(struct stun_client *c, const struct input *in, struct outq *q)
{
    const struct stun_send_args *a = in->rec;
    struct stun_transaction *t = client_new(c, in->token), spare;
    struct arena mem = arena_of(c->scratch, sizeof c->scratch);
    struct stun_marks marks;

    if (!t) {
        memset(&spare, 0, offsetof(struct stun_transaction, wire));
        spare.token = in->token;
        client_end(&spare, in, q, STUN_R_FAILED, (struct span){0}, "too many transactions");
        return;
    }
    struct draft dr = *a->message;
    dr.mem = &mem;
    const struct node *id = draft_find(&dr.root, "transaction");
    new_id(c, t);
    if (id && id->form == FORM_BYTES && id->s.n <= sizeof t->id) {
        t->id_n = (uint8_t)id->s.n;
        memcpy(t->id, id->s.p, id->s.n);
    } else if (!id) {
        draft_bytes(&dr, &dr.root, field_find(&stun_msg_desc, "transaction"),
                    (struct span){t->id, t->id_n});
    }
    if (!draft_find(&dr.root, "method"))
        draft_uint(&dr, &dr.root, field_find(&stun_msg_desc, "method"), STUN_BINDING);
    sign_request(c, a, t, &mem);
    hash_names(c, a, &dr);
    struct wr w = {t->wire, sizeof t->wire, 0, false};
    stun_encode(&w, &dr, &marks);
    stun_cut256(&w, &marks, a->cut256 ? a->cut256 : 32);
    stun_seal(&w, &marks, t->signed_ ? &t->key : NULL);
    t->wire_n = w.n;
    t->once = a->once;
    t->bare = a->bare;
    t->to = a->to.family ? a->to : c->c.server;
    t->limit_us = a->timeout_us;
    t->flow = flow_for(c, a, q);
    client_begin(c, t, in, q);
}

static void send_any(struct stun_client *c, const struct input *in, struct outq *q)
{
    const struct stun_send_args *a = in->rec;
    struct wr w = {c->out, sizeof c->out, 0, false};
    struct arena mem = arena_of(c->scratch, sizeof c->scratch);
    struct stun_marks marks;
    struct stun_transaction id = {0};

    flow_id flow = flow_for(c, a, q);
    if (a->octets.n) {
        wr_put(&w, a->octets);
    } else {
        struct draft dr = *a->message;
        dr.mem = &mem;
        new_id(c, &id);
        if (!draft_find(&dr.root, "transaction"))
            draft_bytes(&dr, &dr.root, field_find(&stun_msg_desc, "transaction"),
                        (struct span){id.id, id.id_n});
        if (!draft_find(&dr.root, "method"))
            draft_uint(&dr, &dr.root, field_find(&stun_msg_desc, "method"), STUN_BINDING);
        sign_request(c, a, &id, &mem);
        hash_names(c, a, &dr);
        stun_encode(&w, &dr, &marks);
        stun_cut256(&w, &marks, a->cut256 ? a->cut256 : 32);
        stun_seal(&w, &marks, id.signed_ ? &id.key : NULL);
    }
    struct pkt pkt = {.remote = a->to,
                      .tos = (uint8_t)a->tos,
                      .ttl = (uint8_t)a->ttl,
                      .dont_fragment = a->dont_fragment};
    put(c, flow, wr_span(&w), pkt, a->split, q);
    struct input as = *in;
    as.flow = flow;
    stun_report(q, "sent", in->token, STUN_R_SENT, &as, wr_span(&w));
}

static void command(struct stun_client *c, const struct input *in, struct outq *q)
{
    const char *v = in->verb->name;
    const struct stun_send_args *a = in->rec;

    if (strcmp(v, "request") == 0) {
        request(c, in, q);
    } else if (strcmp(v, "binding") == 0) {
        client_binding(c, in, q);
    } else if (strcmp(v, "keep_alive") == 0) {
        client_keep_alive(c, in, q);
    } else if (strcmp(v, "send") == 0) {
        send_any(c, in, q);
    } else if (strcmp(v, "listen") == 0) {
        struct output *o = out_put(q, OUT_OPEN, ++c->next_flow);
        o->open = (struct flow_spec){.stack = "tcp", .listen = true, .local = a->local};
        stun_report(q, "sent", in->token, STUN_R_SENT, in, (struct span){0});
    } else if (strcmp(v, "close") == 0) {
        flow_id f = a->flow ? a->flow : c->tcp ? c->tcp : c->udp;
        if (f)
            out_put(q, OUT_CLOSE, f);
        c->tcp = f == c->tcp ? 0 : c->tcp;
        c->udp = f == c->udp ? 0 : c->udp;
        struct stun_stream *s = client_stream(c, f);
        if (s)
            s->used = false;
        for (size_t i = 0; i < COUNT(c->tx); i++) /* or they would be sent again on what is gone */
            if (c->tx[i].used && c->tx[i].flow == f)
                client_end(&c->tx[i], in, q, STUN_R_CLOSED, (struct span){0}, "closed here");
        stun_report(q, "sent", in->token, STUN_R_SENT, in, (struct span){0});
    }
}

static void input(void *self, const struct input *in, struct outq *q)
{
    struct stun_client *c = self;
    struct stun_stream *s;

    switch (in->kind) {
    case IN_START:
        start(c, in->rec);
        break;
    case IN_OPENED:
        if ((s = client_stream(c, in->flow)) != NULL)
            s->local = in->pkt.local;
        stun_report(q, in->parent ? "accepted" : "opened", 0, STUN_R_OPENED, in, (struct span){0});
        break;
    case IN_BYTES:
        bytes(c, in, q);
        break;
    case IN_FULL:
    case IN_WRITABLE:
        if ((s = client_stream(c, in->flow)) != NULL && s->bare)
            stun_report(q, in->kind == IN_FULL ? "full" : "writable", 0, STUN_R_MESSAGE, in,
                        (struct span){0});
        break;
    case IN_ICMP:
        ended(c, in, q, STUN_R_ICMP, "unreachable");
        break;
    case IN_EOF:
        out_put(q, OUT_CLOSE, in->flow);
        gone(c, in, q);
        break;
    case IN_CLOSED:
        gone(c, in, q);
        break;
    case IN_TIMER:
        timers(c, in, q);
        break;
    case IN_COMMAND:
        command(c, in, q);
        break;
    case IN_RESOLVED:
        client_found(c, in, q);
        break;
    default:
        break;
    }
    client_wake(c, in, q);
}

/* ---- tables ---- */

#define A(m, k) FIELD(struct stun_send_args, m, k)
static const struct name algorithm_v[] = {{STUN_MD5, "MD5"}, {STUN_SHA256, "SHA-256"}};
static const struct names algorithms = {algorithm_v, COUNT(algorithm_v)};
static const struct field send_fields[] = {
    {.name = "to", A(to, F_ADDR)},
    {.name = "local", A(local, F_ADDR)},
    {.name = "transport", A(transport, F_TEXT)},
    {.name = "auth", A(auth, F_ENUM), .names = &stun_auths},
    {.name = "algorithm", A(algorithm, F_ENUM), .names = &algorithms},
    {.name = "once", A(once, F_BOOL)},
    {.name = "fresh", A(fresh, F_BOOL)},
    {.name = "bare", A(bare, F_BOOL)},
    {.name = "timeout_us", A(timeout_us, F_UINT)},
    {.name = "split", A(split, F_UINT)},
    {.name = "cut256", A(cut256, F_UINT)},
    {.name = "flow", A(flow, F_UINT)},
    {.name = "tos", A(tos, F_UINT)},
    {.name = "ttl", A(ttl, F_UINT)},
    {.name = "dont_fragment", A(dont_fragment, F_BOOL)},
    {.name = "octets", A(octets, F_BYTES)},
    {.name = "realm", A(realm, F_TEXT)},
    {.name = "nonce", A(nonce, F_TEXT)},
    {.name = "username", A(username, F_TEXT)},
    {.name = "password", A(password, F_TEXT)},
    {.name = "uri", A(uri, F_TEXT)},
    {.name = "message", A(message, F_DRAFT), .sub = &stun_msg_desc},
};
const struct desc stun_send_desc = {"send", sizeof(struct stun_send_args), FIELDS(send_fields),
                                    .next = NULL};
static const struct verb verbs[] = {
    {"request", &stun_send_desc, true},    {"binding", &stun_send_desc, true},
    {"keep_alive", &stun_send_desc, true}, {"send", &stun_send_desc, true},
    {"listen", &stun_send_desc, true},     {"close", &stun_send_desc, true},
};

const struct endpoint_class stun_client_class = {
    .name = "stun.client",
    .size = sizeof(struct stun_client),
    .clear = offsetof(struct stun_client, kept_octets),
    .verbs = verbs,
    .n_verbs = COUNT(verbs),
    .faults = stun_client_faults,
    .n_faults = STUN_CLIENT_FAULTS,
    .variants = stun_client_variants,
    .n_variants = STUN_CLIENT_VARIANTS,
    .config = &stun_client_config_desc,
    .input = input,
    .deadline = deadline,
};
