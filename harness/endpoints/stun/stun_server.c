/* harness/endpoints/stun/stun_server.c - a STUN server: RFC 8489 sections 6.3, 9, 10, 11, 12. */
#include "harness/endpoints/stun/stun_server.h"

enum {
    FLOW_UDP = STUN_FLOW_UDP,
    FLOW_TCP = STUN_FLOW_TCP,
    FLOW_OTHER = STUN_FLOW_OTHER,
    FLOW_TLS = STUN_FLOW_TLS,
    FLOW_DTLS = STUN_FLOW_DTLS,
};

static struct span or_text(struct span s, const char *otherwise)
{
    return s.n ? s : span_of(otherwise);
}

/* ---- starting ---- */

static void open_secure(const struct stun_server *s, struct outq *q)
{
    struct addr at = s->c.listen_tls;

    if (!at.family)
        return;
    at.port = at.port ? at.port : 5349; /* RFC8489:8.1#a4 */
    if (!s->c.no_tcp)
        out_open(q, FLOW_TLS, "tcp/tls", true, &at);
    if (!s->c.no_udp)
        out_open(q, FLOW_DTLS, "udp/dtls", true, &at);
}

static void start(struct stun_server *s, const struct stun_server_config *c, struct outq *q)
{
    struct addr at = c ? c->listen : (struct addr){0};

    s->mem = arena_of(s->kept_octets, sizeof s->kept_octets);
    if (c)
        s->c = *c;
    s->c.rfc5389 |= env_flag(&s->env, "rfc5389");
    struct span realm = or_text(s->c.realm, "interop.test");
    s->c.alternate_domain = arena_copy(&s->mem, s->c.alternate_domain);
    /* 10 octets: not a multiple of four, so that padding is seen */
    s->c.software = arena_copy(&s->mem, or_text(s->c.software, "rtclab 0.1"));
    pool_init(&s->streams, s->stream_mem, STUN_CONNECTIONS, sizeof(struct stun_stream), s->c.quota);
    s->streams.fail_at = s->c.fail_at;
    s->due_us = NO_DEADLINE;
    s->realm = (struct stun_realm){.env = &s->env,
                                   .name = stun_prepare(&s->mem, realm, true, s->c.rfc5389),
                                   .short_term = s->c.auth == STUN_AUTH_SHORT,
                                   .rfc5389 = s->c.rfc5389,
                                   .no_algorithms = s->c.no_algorithms,
                                   .anonymity = s->c.anonymity,
                                   .nonce_us = s->c.nonce_us};
    stun_realm_init(&s->realm, s->c.users, s->c.n_users, &s->mem, s->env.rng);
    if (!at.port)
        at.port = 3478;
    bool plain = s->c.listen.family || !s->c.listen_tls.family;
    if (plain && !s->c.no_udp)
        out_open(q, FLOW_UDP, "udp", false, &at);
    if (plain && !s->c.no_tcp && !env_flag(&s->env, "tcp-refused"))
        out_open(q, FLOW_TCP, "tcp", true, &at);
    nat_start(s, &at, q);
    open_secure(s, q);
    if (env_flag(&s->env, "other-port")) {
        at.port = 0;
        out_open(q, FLOW_OTHER, "udp", false, &at);
    }
}

/* ---- answering ---- */

static void begin(struct stun_server *s, struct reply *r, enum stun_class cls)
{
    r->mem = arena_of(s->scratch, sizeof s->scratch);
    stun_draft(&r->dr, &r->mem, cls, r->m->method, r->m->transaction);
}

/* Where deviations look: "success/udp", "error/420/unknown/stream". */
static const char *place(struct reply *r, unsigned code)
{
    struct wr w = {(uint8_t *)r->where, sizeof r->where - 1, 0, false};
    wr_text(&w, code ? "error/" : "success");
    if (code) {
        wr_dec(&w, code);
        wr_text(&w, "/");
        wr_text(&w, r->by.cause);
    }
    wr_text(&w, r->in->flow < FLOW_ACCEPTED ? "/udp" : "/stream");
    r->where[w.n] = '\0';
    return r->where;
}

/* The second place: by what protects the answer. */
static const char *protection(const struct reply *r)
{
    if (r->m->classic)
        return "auth/classic";
    return !r->by.sign ? "auth/none" : r->by.use256 ? "auth/sha256" : "auth/sha1";
}

static struct deviated deviate(struct stun_server *s, struct reply *r, unsigned code)
{
    struct deviated a = env_apply(&s->env, place(r, code), &r->dr);
    struct deviated b = env_apply(&s->env, protection(r), &r->dr);
    a.silent |= b.silent;
    a.repeat |= b.repeat;
    a.delay_us += b.delay_us;
    return a;
}

static void put_out(struct stun_server *s, struct reply *r, const struct wr *w,
                    const struct deviated *dev)
{
    bool udp = r->in->flow < FLOW_ACCEPTED;
    struct pkt pkt = {.remote = r->in->pkt.remote, .local = r->in->pkt.local};
    flow_id flow = r->in->flow;

    if (r->in->flow == FLOW_UDP && env_flag(&s->env, "answered-to-another") && s->last.family)
        pkt.remote = s->last;
    s->last = r->in->pkt.remote;
    if (!udp && env_flag(&s->env, "stream-answered-by-datagram")) {
        udp = true;
        flow = FLOW_UDP;
    }
    if (!udp && env_flag(&s->env, "connection-back"))
        flow = server_call_back(s, r);
    if (r->in->flow == FLOW_UDP && env_flag(&s->env, "other-port")) {
        flow = FLOW_OTHER;
        pkt.local = (struct addr){0};
    }
    if (udp && s->nat.on && flow != FLOW_DTLS)
        nat_route(s, r, &flow, &pkt);
    for (int i = 0; i < (dev->repeat ? 2 : 1); i++) {
        if (!udp && env_flag(&s->env, "stream-in-octets")) {
            for (size_t at = 0; at < w->n; at++)
                out_send(r->q, flow, span_cut(wr_span(w), at, at + 1), NULL);
            continue;
        }
        struct output *o = out_send(r->q, flow, wr_span(w), udp ? &pkt : NULL);
        if (dev->delay_us)
            o->not_before_us = r->in->now_us + dev->delay_us;
    }
}

static void finish(struct stun_server *s, struct reply *r, unsigned code)
{
    struct wr w = {s->out, sizeof s->out, 0, false};
    struct stun_marks marks;

    server_add_otherwise(s, r);
    if (s->c.software.n && !r->m->classic)
        stun_add_bytes(&r->dr, STUN_SOFTWARE, s->c.software);
    if (r->by.sign && r->by.use256)
        stun_add(&r->dr, STUN_MESSAGE_INTEGRITY_SHA256);
    else if (r->by.sign)
        stun_add(&r->dr, STUN_MESSAGE_INTEGRITY);
    if (s->c.fingerprint || s->c.fingerprint_needed || r->fingerprint ||
        env_flag(&s->env, "fingerprint-added"))
        stun_add(&r->dr, STUN_FINGERPRINT);
    struct deviated dev = deviate(s, r, code);
    if (dev.silent)
        return;
    stun_encode(&w, &r->dr, &marks);
    server_cut(s, &w, &marks);
    stun_seal(&w, &marks, r->by.sign);
    server_spoil(s, &w, &marks);
    if (w.full || r->mem.full)
        return; /* a deviation made it longer than any message: nothing lawful to send */
    put_out(s, r, &w, &dev);
}

/* RFC8489:10#1b, #2: the address of the request's family first; the name of its certificate where the
 * client can act on it (#4). */
static void add_alternates(struct stun_server *s, struct reply *r)
{
    bool six = r->in->pkt.remote.family == 6;
    const struct addr *first = six ? &s->c.alternate6 : &s->c.alternate;
    const struct addr *second = six ? &s->c.alternate : &s->c.alternate6;

    stun_add_addr(&r->dr, STUN_ALTERNATE_SERVER, first);
    if (second->family)
        stun_add_addr(&r->dr, STUN_ALTERNATE_SERVER, second);
    if (s->c.alternate_domain.n && r->by.use256)
        stun_add_bytes(&r->dr, STUN_ALTERNATE_DOMAIN, s->c.alternate_domain);
}

static void answer_error(struct stun_server *s, struct reply *r, unsigned code)
{
    char padded[64];

    begin(s, r, STUN_ERROR);
    stun_add_code(&r->dr, code,
                  r->m->classic ? nat_classic_reason(stun_reason(code), padded)
                                : stun_reason(code));
    if ((code == 401 && s->c.auth == STUN_AUTH_LONG) || code == 438)
        stun_realm_challenge(&s->realm, &r->dr, r->in,
                             code != 438 || !env_flag(&s->env, "stale-with-old-nonce"));
    if (code == 420 && r->m->classic)
        nat_classic_types(r);
    if (code == 420)
        stun_add_types(&r->dr, STUN_UNKNOWN_ATTRIBUTES, r->unknown, r->n_unknown);
    if (code == 300)
        add_alternates(s, r);
    finish(s, r, code);
}

static void answer_success(struct stun_server *s, struct reply *r)
{
    begin(s, r, STUN_SUCCESS);
    if (!r->m->classic) {
        struct addr seen = server_seen(s, r);
        stun_add_addr(&r->dr, STUN_XOR_MAPPED_ADDRESS, &seen);
    }
    if (r->m->classic || s->nat.on || env_flag(&s->env, "mapped-address-too"))
        stun_add_addr(&r->dr, STUN_MAPPED_ADDRESS, &r->in->pkt.remote);
    if (s->nat.on)
        nat_answer(s, r);
    else if (r->m->classic)
        stun_add_addr(&r->dr, STUN_SOURCE_ADDRESS, &r->in->pkt.local);
    finish(s, r, 0);
}

/* ---- what a request earns: 0, or an error code ---- */

/* RFC8489:6.3.1: what the request holds that is not understood. */
static size_t unknown(struct stun_server *s, struct reply *r)
{
    if (env_flag(&s->env, "unknown-passed"))
        return 0;
    r->n_unknown = stun_unknown(r->m, true, r->unknown, COUNT(r->unknown));
    if (r->n_unknown)
        nat_known(s, r);
    server_unknown_otherwise(s, r);
    r->by.cause = "unknown";
    return r->n_unknown;
}

static unsigned check(struct stun_server *s, struct reply *r)
{
    bool redirects = (r->in->pkt.remote.family == 6 ? s->c.alternate6 : s->c.alternate).family != 0;

    r->by.cause = "none";
    if (env_flag(&s->env, "unknown-checked-first") && unknown(s, r)) /* before 6.3#a9 has it */
        return 420;
    unsigned code =
        s->c.auth ? stun_realm_check(&s->realm, r->m, r->in, &r->by) : server_check_otherwise(s, r);
    if (code)
        return code;
    if (unknown(s, r))
        return 420;
    if (redirects) {
        r->by.cause = "alternate";
        return r->by.sign ? 300 : 400; /* RFC8489:14.8#6a, #6b */
    }
    r->by.cause = "nat";
    return s->nat.on ? nat_check(s, r) : 0;
}

/* RFC8489:6.3 and 11; false: silently discarded. */
static bool acceptable(struct stun_server *s, const struct stun_msg *m)
{
    if ((m->length + (size_t)STUN_HEADER != m->wire.n || (m->length & 3)) &&
        !env_flag(&s->env, "any-length"))
        return false;
    if (m->classic && !s->c.classic)
        return false;
    if (m->method != STUN_BINDING && !env_flag(&s->env, "any-method") &&
        (m->method > STUN_SHARED_SECRET || !env_flag(&s->env, "reserved-methods-served")))
        return false;
    enum stun_check print = stun_check_fingerprint(m);
    if ((print == STUN_BAD && !server_takes_crc(s, m)) ||
        (print == STUN_ABSENT &&
         (s->c.fingerprint_needed || env_flag(&s->env, "fingerprint-wanted")) &&
         !env_flag(&s->env, "fingerprint-optional")) ||
        (m->at_fingerprint && env_flag(&s->env, "any-fingerprint-refused")))
        return false;
    if (m->cls == STUN_REQUEST || m->cls == STUN_INDICATION)
        return true;
    return env_flag(&s->env, "response-answered");
}

static void keep(struct stun_server *s, const struct input *in, const struct stun_msg *m,
                 struct span msg, struct outq *q)
{
    uint32_t id = ++s->n_kept;
    struct stun_kept *k = &s->kept[id % STUN_KEPT];
    struct stun_event *e = stun_report(q, "request", 0, STUN_R_MESSAGE, in, msg);

    *k = (struct stun_kept){.id = id, .flow = in->flow, .pkt = in->pkt, .method = m->method};
    k->id_n = (uint8_t)m->transaction.n;
    memcpy(k->transaction, m->transaction.p, m->transaction.n);
    if (!e)
        return;
    e->id = id;
    const struct stun_member *u = stun_realm_user(&s->realm, m);
    if (u && e->message) {
        if (m->at_integrity)
            e->integrity = (uint8_t)stun_check_integrity(e->message, &u->key.md5);
        if (m->at_integrity256)
            e->integrity256 = (uint8_t)stun_check_integrity256(e->message, &u->key.md5);
        const struct stun_attr *alg = stun_find(m, STUN_PASSWORD_ALGORITHM);
        if (alg && alg->kind == STUN_ALGORITHM && alg->v.code == STUN_SHA256)
            e->integrity256 = (uint8_t)stun_check_integrity256(e->message, &u->key.sha256);
    }
}

static void message(void *self, const struct input *in, struct span msg, struct outq *q)
{
    struct stun_server *s = self;
    struct stun_msg m;
    struct findings fs = {0};
    struct reply r = {.in = in, .q = q, .m = &m, .by.cause = "none"};
    struct span octets = msg;
    uint8_t front;

    const struct stun_stream *st = in->flow >= FLOW_ACCEPTED ? server_stream(s, in->flow) : NULL;
    if (st && st->bare) {
        stun_report_bare(q, "data", in, msg);
        return;
    }
    if (s->c.channels && stun_is_channel(msg)) {
        struct stun_event *e = stun_report(q, "channel", 0, STUN_R_MESSAGE, in, msg);
        if (e)
            e->codec = "ChannelData";
        return;
    }
    if (msg.n && (msg.p[0] & 0xc0) && env_flag(&s->env, "any-first-bits")) {
        struct arena mem = arena_of(s->scratch, sizeof s->scratch);
        octets = arena_copy(&mem, msg);
        front = octets.n ? octets.p[0] & 0x3f : 0;
        memcpy((uint8_t *)(uintptr_t)octets.p, &front, octets.n ? 1 : 0);
        memcpy(s->out, octets.p, octets.n < sizeof s->out ? octets.n : 0);
        octets = (struct span){s->out, octets.n};
    }
    if (stun_decode(octets, &m, s->attrs, COUNT(s->attrs), &fs) != STEP_ITEM) {
        if (s->c.manual) /* told without octets: another protocol may share the port */
            stun_report(q, "stray", 0, STUN_R_MESSAGE, in, (struct span){0});
        return;
    }
    if (s->c.manual) {
        flood_served(in->flow >= FLOW_ACCEPTED ? server_stream(s, in->flow) : NULL, false);
        keep(s, in, &m, msg, q);
        return;
    }
    if (m.classic && in->flow == FLOW_DTLS && !env_flag(&s->env, "classic-over-dtls")) {
        if (m.cls == STUN_REQUEST) /* RFC8489:11#2a, #2b */
            answer_error(s, &r, 500);
        return;
    }
    if (m.classic && env_flag(&s->env, "cookie-unchecked")) {
        m.classic = false;
        m.transaction = span_cut(m.transaction, 4, 16);
    }
    if (!acceptable(s, &m))
        return;
    r.fingerprint = m.at_fingerprint &&
                    (s->c.auth == STUN_AUTH_SHORT || env_flag(&s->env, "fingerprint-copied"));
    unsigned code = check(s, &r);
    if (m.cls == STUN_INDICATION && !server_answers_indication(s, &r, code))
        return; /* RFC8489:6.3.2#a3 */
    if (code)
        answer_error(s, &r, code);
    else
        answer_success(s, &r);
    if (in->flow >= FLOW_ACCEPTED && (code == 0 || r.by.sign))
        flood_served(server_stream(s, in->flow), r.by.sign != NULL);
}

/* ---- streams ---- */

struct stun_stream *server_stream(struct stun_server *s, flow_id flow)
{
    for (struct stun_stream *st = pool_next(&s->streams, NULL); st; st = pool_next(&s->streams, st))
        if (st->flow == flow)
            return st;
    return NULL;
}

static void bytes(struct stun_server *s, const struct input *in, struct outq *q)
{
    struct stun_stream *st = in->flow >= FLOW_ACCEPTED ? server_stream(s, in->flow) : NULL;
    struct input with = *in;

    if (in->flow < FLOW_ACCEPTED)
        message(s, in, in->data, q);
    if (!st)
        return; /* a datagram, or what still came on a stream that was refused */
    size_t before = st->n;
    with.pkt.remote = st->remote;
    with.pkt.local = st->local;
    if (env_flag(&s->env, "a-message-a-segment")) {
        message(s, &with, in->data, q);
        return;
    }
    if (env_flag(&s->env, "closed-before-answer")) {
        out_put(q, OUT_CLOSE, in->flow);
        flood_forget(s, st);
        return;
    }
    if (!stun_stream_take(st, &with, message, s, q)) {
        if (s->c.manual)
            stun_report(q, "stray", 0, STUN_R_MESSAGE, in, (struct span){0});
        out_put(q, OUT_CLOSE, in->flow);
        flood_forget(s, st);
        return;
    }
    if (st->used)
        flood_waits(s, st, st->n != before + in->data.n, in->now_us);
    if (env_flag(&s->env, "closed-after-answer") && q->n) {
        out_put(q, OUT_CLOSE, in->flow);
        flood_forget(s, st);
    }
}

/* ---- what a script asks ---- */

static void reply(struct stun_server *s, const struct input *in, struct outq *q)
{
    const struct stun_reply_args *a = in->rec;
    const struct stun_kept *k = &s->kept[a->id % STUN_KEPT];
    struct arena mem = arena_of(s->scratch, sizeof s->scratch);
    struct wr w = {s->out, sizeof s->out, 0, false};
    struct stun_marks marks = {0};
    struct draft dr;

    if (!a->id || k->id != a->id) {
        stun_report(q, "error", in->token, STUN_R_FAILED, in, (struct span){0});
        return;
    }
    if (a->octets.n) {
        wr_put(&w, a->octets);
    } else {
        dr = *a->message;
        dr.mem = &mem;
        struct node *root = &dr.root;
        const struct field *f = stun_msg_desc.f;
        if (!draft_find(root, "class"))
            draft_uint(&dr, root, &f[0], STUN_SUCCESS);
        if (!draft_find(root, "method"))
            draft_uint(&dr, root, &f[1], k->method);
        if (!draft_find(root, "transaction"))
            draft_bytes(&dr, root, field_find(&stun_msg_desc, "transaction"),
                        (struct span){k->transaction, k->id_n});
        stun_encode(&w, &dr, &marks);
        bool sha256 = a->algorithm == STUN_SHA256;
        stun_seal(&w, &marks, sha256 ? &s->realm.users[0].key.sha256 : &s->realm.users[0].key.md5);
    }
    struct pkt pkt = {.remote = k->pkt.remote, .local = k->pkt.local};
    bool udp = k->flow < FLOW_ACCEPTED;
    struct stun_stream *st = udp ? NULL : server_stream(s, k->flow);
    if (st && a->bare)
        st->bare = true;
    size_t step = a->split ? a->split : w.n;
    for (size_t at = 0; at < w.n || at == 0; at += step ? step : 1) {
        struct output *o =
            out_send(q, k->flow, udp ? wr_span(&w) : span_cut(wr_span(&w), at, at + step),
                     udp ? &pkt : NULL);
        o->not_before_us = a->after_us ? in->now_us + a->after_us : 0;
        if (udp)
            break;
    }
    stun_report(q, "sent", in->token, STUN_R_SENT, in, (struct span){0});
}

/* A manual server: what becomes of its streams is told. */
static void tell_end(const struct stun_server *s, const struct input *in, const char *why,
                     struct outq *q)
{
    struct stun_event *e =
        s->c.manual ? stun_report(q, "closed", 0, STUN_R_CLOSED, in, (struct span){0}) : NULL;
    if (e)
        e->why = why;
}

/* The script ends the stream of a request. */
static void hang_up(struct stun_server *s, const struct input *in, struct outq *q)
{
    const struct stun_reply_args *a = in->rec;
    const struct stun_kept *k = &s->kept[a->id % STUN_KEPT];

    if (a->id && k->id == a->id && k->flow >= FLOW_ACCEPTED) {
        out_put(q, OUT_CLOSE, k->flow)->abort = a->abort;
        flood_forget(s, server_stream(s, k->flow));
    }
    stun_report(q, "sent", in->token, STUN_R_SENT, in, (struct span){0});
}

static void input(void *self, const struct input *in, struct outq *q)
{
    struct stun_server *s = self;
    struct stun_stream *st;

    switch (in->kind) {
    case IN_START:
        start(s, in->rec, q);
        break;
    case IN_OPENED:
        if (in->parent) {
            flood_accept(s, in, q);
        } else {
            nat_opened(s, in);
            stun_report(q, "listening", 0, STUN_R_OPENED, in, (struct span){0});
        }
        break;
    case IN_BYTES:
        bytes(s, in, q);
        break;
    case IN_EOF:
        out_put(q, OUT_CLOSE, in->flow);
        flood_forget(s, server_stream(s, in->flow));
        tell_end(s, in, "end of stream", q);
        break;
    case IN_CLOSED:
        if ((st = server_stream(s, in->flow)) != NULL) {
            flood_forget(s, st);
            tell_end(s, in, close_name(in->why), q);
        } else if (in->flow < FLOW_ACCEPTED) {
            nat_closed(s);
            flood_unkept(s, in->flow);
            struct stun_event *e = stun_report(q, "closed", 0, STUN_R_CLOSED, in, (struct span){0});
            if (e)
                e->why = in->detail ? in->detail : close_name(in->why);
        }
        break;
    case IN_TIMER:
        flood_timer(s, in, q);
        break;
    case IN_COMMAND:
        if (strcmp(in->verb->name, "reply") == 0)
            reply(s, in, q);
        else if (strcmp(in->verb->name, "hang_up") == 0)
            hang_up(s, in, q);
        break;
    default:
        break;
    }
}

static uint64_t deadline(const void *self)
{
    return ((const struct stun_server *)self)->due_us;
}

/* ---- tables ---- */

#define R(m, k) FIELD(struct stun_reply_args, m, k)
static const struct name algorithm_v[] = {{STUN_MD5, "MD5"}, {STUN_SHA256, "SHA-256"}};
static const struct names algorithms = {algorithm_v, COUNT(algorithm_v)};
static const struct field reply_fields[] = {
    {.name = "id", R(id, F_UINT)},
    {.name = "algorithm", R(algorithm, F_ENUM), .names = &algorithms},
    {.name = "octets", R(octets, F_BYTES)},
    {.name = "split", R(split, F_UINT)},
    {.name = "after_us", R(after_us, F_UINT)},
    {.name = "abort", R(abort, F_BOOL)},
    {.name = "bare", R(bare, F_BOOL)},
    {.name = "message", R(message, F_DRAFT), .sub = &stun_msg_desc},
};
static const struct desc reply_desc = {"reply", sizeof(struct stun_reply_args),
                                       FIELDS(reply_fields), .next = NULL};
static const struct verb verbs[] = {{"reply", &reply_desc, true}, {"hang_up", &reply_desc, true}};

const struct endpoint_class stun_server_class = {
    .name = "stun.server",
    .size = sizeof(struct stun_server),
    .clear = offsetof(struct stun_server, kept_octets),
    .verbs = verbs,
    .n_verbs = COUNT(verbs),
    .faults = stun_server_faults,
    .n_faults = STUN_SERVER_FAULTS,
    .variants = stun_server_variants,
    .n_variants = STUN_SERVER_VARIANTS,
    .config = &stun_server_config_desc,
    .input = input,
    .deadline = deadline,
};
