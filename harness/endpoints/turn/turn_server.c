/* harness/endpoints/turn/turn_server.c - a TURN server: starting, requests, answers; RFC 8656 section 5. */
#include "harness/endpoints/turn/turn_server.h"

/* ---- starting ---- */

static void open_flows(struct turn_server *s, struct outq *q)
{
    struct addr at = s->c.listen, tls = s->c.listen_tls;
    bool tcp = !s->c.no_tcp && !turn_flag(s, "tcp-refused");

    at.port = at.port ? at.port : 3478; /* RFC8656:5#a7 */
    tls.port = tls.port ? tls.port : 5349;
    if (at.family || !tls.family) {
        if (!s->c.no_udp)
            out_open(q, TURN_FLOW_UDP, "udp", false, &at);
        if (tcp)
            out_open(q, TURN_FLOW_TCP, "tcp", true, &at);
    }
    if (tls.family) {
        if (tcp)
            out_open(q, TURN_FLOW_TLS, "tcp/tls", true, &tls);
        if (!s->c.no_udp)
            out_open(q, TURN_FLOW_DTLS, "udp/dtls", true, &tls);
    }
    if (turn_flag(s, "answer-from-other-port") || turn_flag(s, "send-from-other-port") ||
        turn_flag(s, "channeldata-from-other-port")) {
        at.port = 0;
        out_open(q, TURN_FLOW_OTHER, "udp", false, &at);
    }
}

static uint32_t or_else(uint32_t v, uint32_t otherwise)
{
    return v ? v : otherwise;
}

static void configure(struct turn_server *s)
{
    struct turn_server_config *c = &s->c;

    c->default_lifetime = or_else(c->default_lifetime, TURN_LIFETIME);
    c->max_lifetime = or_else(c->max_lifetime, TURN_LIFETIME_MAX);
    if (turn_flag(s, "default-1200"))
        c->default_lifetime = 1200;
    if (turn_flag(s, "default-300"))
        c->default_lifetime = 300;
    if (turn_flag(s, "maximum-is-default"))
        c->max_lifetime = c->default_lifetime;
    if (c->max_lifetime < c->default_lifetime)
        c->max_lifetime = c->default_lifetime;
    c->port_first = or_else(c->port_first, TURN_PORT_FIRST);
    c->port_last = or_else(c->port_last, TURN_PORT_LAST);
    if (turn_flag(s, "ports-wide"))
        c->port_first = 32768;
    if (turn_flag(s, "port-low") || turn_flag(s, "port-well-known")) {
        c->port_first = turn_flag(s, "port-low") ? 20000 : 600;
        c->port_last = turn_flag(s, "port-low") ? 40000 : 1023;
    }
    if (c->port_last > 65535)
        c->port_last = 65535;
    if (turn_flag(s, "no-ip6")) {
        c->ip6 = false;
        c->relay6.family = 0;
    }
    if (turn_flag(s, "nonce-10s"))
        c->nonce_us = 10000000;
    if (turn_flag(s, "nonce-for-ever"))
        c->nonce_us = NO_DEADLINE;
}

static void start(struct turn_server *s, const struct turn_server_config *c, struct outq *q)
{
    static const struct stun_user two[] = {{SPAN("alice"), SPAN("alice-secret")},
                                           {SPAN("bob"), SPAN("bob-secret")}};

    for (size_t i = 0; i < DEV_WORDS; i++)
        s->deviant |= s->env.faults[i] || s->env.variants[i];
    s->mem = arena_of(s->kept_octets, sizeof s->kept_octets);
    if (c)
        s->c = *c;
    configure(s);
    s->c.software = arena_copy(&s->mem, s->c.software.n ? s->c.software : span_of("rtclab 0.1"));
    struct span realm = s->c.realm.n ? s->c.realm : span_of("interop.test");
    s->realm = (struct stun_realm){.env = &s->env,
                                   .name = stun_prepare(&s->mem, realm, true, s->c.rfc5389),
                                   .rfc5389 = s->c.rfc5389,
                                   .no_algorithms = s->c.no_algorithms,
                                   .nonce_us = s->c.nonce_us};
    stun_realm_init(&s->realm, s->c.n_users ? s->c.users : two,
                    s->c.n_users ? s->c.n_users : COUNT(two), &s->mem, s->env.rng);
    rng_fill(s->env.rng, (uint8_t *)s->key, sizeof s->key);
    s->next_flow = TURN_FLOW_RELAY;
    pool_init(&s->streams, s->stream_mem, TURN_CONNECTIONS, sizeof(struct turn_stream),
              s->c.stream_quota);
    s->streams.fail_at = s->c.fail_at;
    pool_init(&s->reserved, s->reserved_mem, TURN_RESERVED, sizeof(struct turn_reserved), 0);
    s->streams_us = s->reserved_us = NO_DEADLINE;
    open_flows(s, q);
}

/* ---- answering ---- */

const struct stun_attr *turn_attr(const struct turn_server *s, const struct turn_request *r,
                                  uint16_t type)
{
    if (turn_flag(s, "last-attribute-counts"))
        for (size_t i = r->m->n_attrs; i > 0; i--)
            if (r->m->attrs[i - 1].type == type)
                return &r->m->attrs[i - 1];
    return stun_find(r->m, type);
}

void turn_begin(struct turn_server *s, struct turn_request *r, enum stun_class cls)
{
    r->mem = arena_of(s->scratch, sizeof s->scratch);
    stun_draft(&r->dr, &r->mem, cls, r->method, r->transaction);
}

/* Where deviations look: "success/allocate/udp", "error/437/none/refresh/stream", "data/udp". */
static const char *place(struct turn_request *r, unsigned code)
{
    static const struct name words[] = {{STUN_BINDING, "binding"},
                                        {STUN_ALLOCATE, "allocate"},
                                        {STUN_REFRESH, "refresh"},
                                        {STUN_CREATE_PERMISSION, "permission"},
                                        {STUN_CHANNEL_BIND, "channel"}};
    struct wr w = {(uint8_t *)r->where, sizeof r->where - 1, 0, false};
    const char *method = name_of(&(struct names){words, COUNT(words)}, r->method);

    if (r->method == STUN_DATA) {
        wr_text(&w, r->by.cause); /* "data" or "icmp" */
    } else if (code) {
        wr_text(&w, "error/");
        wr_dec(&w, code);
        wr_text(&w, "/");
        wr_text(&w, r->by.cause);
    } else {
        wr_text(&w, "success");
    }
    wr_text(&w, method ? "/" : "");
    wr_text(&w, method ? method : "");
    wr_text(&w, turn_is_stream(r->c.flow) ? "/stream" : "/udp");
    r->where[w.n] = '\0';
    return r->where;
}

void turn_to_client(struct turn_server *s, const struct turn_client *c, struct span octets,
                    const struct pkt *pkt, uint64_t not_before_us, struct outq *q)
{
    struct pkt with = pkt ? *pkt : (struct pkt){0};

    if (turn_is_stream(c->flow)) {
        size_t step = turn_flag(s, "stream-split") ? 7 : octets.n;
        for (size_t at = 0; at < octets.n; at += step)
            out_send(q, c->flow, span_cut(octets, at, at + step), NULL)->not_before_us =
                not_before_us;
        return;
    }
    with.remote = c->remote;
    with.local = c->local;
    out_send(q, c->flow, octets, &with)->not_before_us = not_before_us;
}

/* For 40 s, as RFC8489:6.3.1 has it. */
static void remember(struct turn_server *s, const struct turn_request *r, struct span octets)
{
    struct turn_answer *a = &s->answers[s->n_answers++ % COUNT(s->answers)];

    if (octets.n > sizeof a->octets)
        return;
    *a = (struct turn_answer){.c = r->c, .until_us = r->in->now_us + 40000000, .n = octets.n};
    memcpy(a->id, r->transaction.p, sizeof a->id);
    memcpy(a->octets, octets.p, octets.n);
}

/* Answer a retransmission by what is remembered; false: it is none. */
static bool remembered(struct turn_server *s, const struct turn_request *r)
{
    for (size_t i = 0; i < COUNT(s->answers); i++) {
        const struct turn_answer *a = &s->answers[i];
        if (a->until_us <= r->in->now_us || a->c.flow != r->c.flow ||
            !addr_eq(&a->c.remote, &r->c.remote) ||
            memcmp(a->id, r->transaction.p, sizeof a->id) != 0)
            continue;
        turn_to_client(s, &r->c, (struct span){a->octets, a->n}, NULL, 0, r->q);
        return true;
    }
    return false;
}

static void send_answer(struct turn_server *s, struct turn_request *r, struct span octets,
                        const struct deviated *dev)
{
    uint64_t when = dev->delay_us ? r->in->now_us + dev->delay_us : 0;
    struct turn_client c = r->c;

    if (c.flow == TURN_FLOW_UDP && r->method != STUN_DATA && turn_flag(s, "answer-from-other-port"))
        c = (struct turn_client){.flow = TURN_FLOW_OTHER, .remote = c.remote};
    if (r->method != STUN_DATA && turn_flag(s, "remembered-answer"))
        remember(s, r, octets);
    for (int i = 0; i < (dev->repeat ? 2 : 1); i++)
        turn_to_client(s, &c, octets, r->method == STUN_DATA ? &r->pkt : NULL, when, r->q);
}

static void protect(struct turn_server *s, struct turn_request *r, unsigned code)
{
    if ((!code && turn_flag(s, "answer-unsigned")) || (code && turn_flag(s, "error-unsigned")))
        r->by.sign = NULL;
    if (r->by.sign)
        stun_add(&r->dr, r->by.use256 ? STUN_MESSAGE_INTEGRITY_SHA256 : STUN_MESSAGE_INTEGRITY);
    if (s->c.fingerprint || r->fingerprint || turn_flag(s, "fingerprint-always"))
        stun_add(&r->dr, STUN_FINGERPRINT);
}

void turn_finish(struct turn_server *s, struct turn_request *r, unsigned code)
{
    struct wr w = {s->out, sizeof s->out, 0, false};
    struct stun_marks marks;
    bool software = r->method != STUN_DATA || turn_flag(s, "software-in-data");

    if (software && !turn_flag(s, "software-missing") && !turn_flag(s, "no-software"))
        stun_add_bytes(&r->dr, STUN_SOFTWARE, s->c.software);
    protect(s, r, code);
    struct deviated dev = env_apply(&s->env, place(r, code), &r->dr);
    if (dev.silent)
        return;
    stun_encode(&w, &r->dr, &marks);
    stun_seal(&w, &marks, r->by.sign);
    if (w.full || r->mem.full)
        return; /* longer than any message: nothing lawful to send */
    send_answer(s, r, wr_span(&w), &dev);
}

/* RFC8489:10#1b, #2: the address of the request's family first. */
static void add_alternates(struct turn_server *s, struct turn_request *r)
{
    bool six = r->c.remote.family == 6;
    const struct addr *first = six ? &s->c.alternate6 : &s->c.alternate;
    const struct addr *second = six ? &s->c.alternate : &s->c.alternate6;

    if (first->family && !turn_flag(s, "alternate-family"))
        stun_add_addr(&r->dr, STUN_ALTERNATE_SERVER, first);
    if (second->family)
        stun_add_addr(&r->dr, STUN_ALTERNATE_SERVER, second);
}

void turn_error(struct turn_server *s, struct turn_request *r, unsigned code, const char *cause)
{
    static const uint8_t much[1100];

    r->by.cause = cause;
    turn_begin(s, r, STUN_ERROR);
    stun_add_code(&r->dr, code, stun_reason(code));
    if (code == 401 || code == 438)
        stun_realm_challenge(&s->realm, &r->dr, r->in,
                             code != 438 || !turn_flag(s, "stale-with-old-nonce"));
    if (code == 420)
        stun_add_types(&r->dr, STUN_UNKNOWN_ATTRIBUTES, r->unknown, r->n_unknown);
    if (code == 300)
        add_alternates(s, r);
    if (code == 401 && turn_flag(s, "challenge-huge"))
        stun_add_bytes(&r->dr, 0xbffe, (struct span){much, sizeof much});
    turn_finish(s, r, code);
}

/* ---- requests ---- */

/* RFC8489:6.3.1: what the request holds that is not understood. */
static size_t unknown(struct turn_server *s, struct turn_request *r)
{
    bool optional = turn_flag(s, "optional-refused"), print = turn_flag(s, "fingerprint-refused");

    if (!turn_flag(s, "unknown-passed"))
        r->n_unknown = stun_unknown(r->m, true, r->unknown, COUNT(r->unknown));
    for (size_t i = 0; s->deviant && i < r->m->n_attrs; i++) {
        uint16_t t = r->m->attrs[i].type;
        if (((t == STUN_DONT_FRAGMENT && turn_flag(s, "no-dont-fragment")) ||
             (optional && !stun_required(t) && !stun_type_name(t)) ||
             (print && t == STUN_FINGERPRINT)) &&
            r->n_unknown < COUNT(r->unknown))
            r->unknown[r->n_unknown++] = t;
    }
    return r->n_unknown;
}

static void answer_binding(struct turn_server *s, struct turn_request *r)
{
    if (unknown(s, r)) {
        turn_error(s, r, 420, "unknown");
        return;
    }
    turn_begin(s, r, STUN_SUCCESS);
    stun_add_addr(&r->dr, STUN_XOR_MAPPED_ADDRESS, &r->c.remote);
    turn_finish(s, r, 0);
}

/* What faults refuse, or take, that the rules do not; 0: go on. */
static unsigned check_otherwise(const struct turn_server *s, const struct turn_request *r,
                                unsigned code)
{
    const struct stun_attr *nonce = stun_find(r->m, STUN_NONCE);
    bool allocate = r->method == STUN_ALLOCATE;

    if (code == 401 && strcmp(r->by.cause, "user") == 0 && turn_flag(s, "any-user"))
        return 0;
    if (code)
        return code;
    if (r->m->at_integrity256 && turn_flag(s, "sha256-refused"))
        return 401;
    if (r->m->n_attrs && r->m->attrs[0].type != STUN_USERNAME && turn_flag(s, "order-checked"))
        return 400;
    if (!allocate && r->alloc && nonce && fnv32(FNV_START, nonce->v.s) != r->alloc->nonce &&
        turn_flag(s, "nonce-bound-to-allocation"))
        return 441;
    return 0;
}

/* Whether the request may go without credentials. */
static bool is_open(const struct turn_server *s, const struct turn_request *r)
{
    if (s->c.open || (r->method == STUN_ALLOCATE && turn_flag(s, "open-to-all")))
        return true;
    if (r->m->at_integrity || r->m->at_integrity256)
        return false;
    return (r->method == STUN_REFRESH && turn_flag(s, "refresh-unsigned-taken")) ||
           ((r->method == STUN_CREATE_PERMISSION || r->method == STUN_CHANNEL_BIND) &&
            turn_flag(s, "permission-unsigned-taken"));
}

/* RFC8656:5: the allocation that a request other than Allocate is about; false: it has been answered. */
static bool of_an_allocation(struct turn_server *s, struct turn_request *r)
{
    if (turn_flag(s, "tuple-not-looked-at") || turn_flag(s, "tuple-by-user"))
        for (size_t i = 0; !r->alloc && i < s->n_allocs; i++)
            if (s->allocs[i].told && s->allocs[i].user == r->by.user)
                r->alloc = &s->allocs[i];
    if (!r->alloc || !r->alloc->told || r->alloc->over) {
        bool again = r->c.flow == s->deleter.flow && addr_eq(&r->c.remote, &s->deleter.remote) &&
                     memcmp(r->transaction.p, s->deleted, sizeof s->deleted) == 0;
        if ((r->method == STUN_CREATE_PERMISSION &&
             turn_flag(s, "permission-without-allocation")) ||
            (again && turn_flag(s, "refresh-0-again-200"))) {
            turn_begin(s, r, STUN_SUCCESS);
            if (again)
                stun_add_uint(&r->dr, STUN_LIFETIME, 0);
            turn_finish(s, r, 0);
        } else {
            turn_error(s, r, 437, "none");
        }
        return false;
    }
    if (!is_open(s, r) && r->alloc->user != r->by.user && !turn_flag(s, "other-user-served")) {
        turn_error(s, r, 441, "user"); /* RFC8656:5#5 */
        return false;
    }
    return true;
}

static void dispatch(struct turn_server *s, struct turn_request *r)
{
    if (r->method == STUN_ALLOCATE) {
        turn_allocate(s, r);
        return;
    }
    if (!of_an_allocation(s, r))
        return;
    switch (r->method) {
    case STUN_REFRESH:
        turn_refresh(s, r);
        break;
    case STUN_CREATE_PERMISSION:
        turn_create_permission(s, r);
        break;
    default:
        turn_channel_bind(s, r);
        break;
    }
}

static void request(struct turn_server *s, struct turn_request *r)
{
    bool others = r->method == STUN_REFRESH || r->method == STUN_CREATE_PERMISSION ||
                  r->method == STUN_CHANNEL_BIND;

    if (r->method == STUN_BINDING) {
        answer_binding(s, r);
        return;
    }
    if ((r->method == STUN_SEND || r->method == STUN_DATA) &&
        turn_flag(s, "send-request-answered")) {
        turn_begin(s, r, STUN_SUCCESS);
        turn_finish(s, r, 0);
        return;
    }
    if (r->method != STUN_ALLOCATE && !others)
        return; /* RFC8489:6.3#a4; Send and Data have no requests: RFC8656:17#a3 */
    if (others && !r->alloc && turn_flag(s, "allocation-checked-first")) {
        turn_error(s, r, 437, "none");
        return;
    }
    unsigned code = is_open(s, r) ? 0 : stun_realm_check(&s->realm, r->m, r->in, &r->by);
    if (s->deviant)
        code = check_otherwise(s, r, code);
    if (code) {
        turn_error(s, r, code, r->by.cause);
        return;
    }
    if (r->stream)
        r->stream->known = true;
    if (unknown(s, r))
        turn_error(s, r, 420, "unknown");
    else
        dispatch(s, r);
}

/* RFC8489:6.3; false: silently discarded. RFC 3489 has no part in TURN: RFC8656:5#a6. */
static bool acceptable(struct turn_server *s, const struct stun_msg *m)
{
    if (m->length + (size_t)STUN_HEADER != m->wire.n || (m->length & 3) || m->classic)
        return false;
    return stun_check_fingerprint(m) != STUN_BAD &&
           (m->cls == STUN_REQUEST || m->cls == STUN_INDICATION ||
            turn_flag(s, "response-answered"));
}

/* A fault ends where a signed request comes again from elsewhere. */
static void watch_replays(struct turn_server *s, const struct turn_request *r)
{
    if (!r->m->at_integrity && !r->m->at_integrity256)
        return;
    if (memcmp(r->transaction.p, s->asked, sizeof s->asked) == 0 &&
        !addr_eq(&r->c.remote, &s->asker))
        out_put(r->q, OUT_CLOSE, TURN_FLOW_UDP);
    memcpy(s->asked, r->transaction.p, sizeof s->asked);
    s->asker = r->c.remote;
}

void turn_message(struct turn_server *s, const struct input *in, struct turn_stream *st,
                  struct span octets, struct outq *q)
{
    struct stun_msg m;
    struct findings none = {0};
    struct turn_request r = {.in = in, .q = q, .m = &m, .stream = st, .by.cause = "none"};

    if (octets.n && turn_is_channel(s, octets.p[0])) {
        turn_channel_data(s, in, st, octets, q);
        return;
    }
    if (stun_decode(octets, &m, s->attrs, COUNT(s->attrs), &none) != STEP_ITEM)
        return;
    if (m.rest.n && turn_flag(s, "malformed-kills"))
        out_put(q, OUT_CLOSE, TURN_FLOW_UDP);
    if (m.classic && turn_flag(s, "classic-allocates")) {
        m.classic = false;
        m.transaction = span_cut(m.transaction, 4, 16);
    }
    if (!acceptable(s, &m))
        return;
    r.method = m.method;
    r.transaction = m.transaction;
    r.c = (struct turn_client){in->flow, in->pkt.remote, in->pkt.local};
    r.alloc = st ? st->alloc : turn_find(s, &r.c);
    bool indication = m.cls == STUN_INDICATION;
    if (turn_flag(s, "replay-kills"))
        watch_replays(s, &r);
    if (indication && m.method == STUN_ALLOCATE && turn_flag(s, "indication-allocates"))
        indication = false;
    if (!indication && !st && turn_flag(s, "remembered-answer") && remembered(s, &r))
        return;
    if (!indication)
        request(s, &r);
    else if (m.method == STUN_SEND ||
             (m.method == STUN_DATA && turn_flag(s, "data-indication-relayed")))
        turn_send(s, &r);
}

/* ---- inputs ---- */

static uint64_t deadline(const void *self)
{
    const struct turn_server *s = self;
    uint64_t t = s->n_heap ? s->heap[1]->until_us : NO_DEADLINE;

    if (s->permissions.first && s->permissions.first->until_us < t)
        t = s->permissions.first->until_us;
    if (s->channels.first && s->channels.first->until_us < t)
        t = s->channels.first->until_us;
    if (s->streams_us < t)
        t = s->streams_us;
    return s->reserved_us < t ? s->reserved_us : t;
}

static void expire(struct turn_server *s, uint64_t now_us, struct outq *q)
{
    turn_peers_expire(s, now_us);
    turn_allocations_expire(s, now_us, q);
    turn_reserved_expire(s, now_us, q);
    turn_streams_expire(s, now_us, q);
}

static void bytes(struct turn_server *s, const struct input *in, struct outq *q)
{
    if (turn_is_stream(in->flow))
        turn_stream_bytes(s, in, q);
    else if (in->flow < TURN_FLOW_RELAY)
        turn_message(s, in, NULL, in->data, q);
    else
        turn_from_peer(s, turn_relay_find(s, in->flow), in, q);
}

static void closed(struct turn_server *s, const struct input *in, struct outq *q)
{
    if (turn_is_stream(in->flow)) {
        turn_stream_end(s, turn_stream_find(s, in->flow), false, in->now_us, q);
    } else if (in->flow >= TURN_FLOW_RELAY) {
        turn_relay_closed(s, turn_relay_find(s, in->flow), in, q);
    } else {
        turn_listener_closed(s, in->flow, in->now_us, q);
        struct stun_event *e = stun_report(q, "closed", 0, STUN_R_CLOSED, in, (struct span){0});
        if (e)
            e->why = in->detail ? in->detail : close_name(in->why);
    }
}

static void input(void *self, const struct input *in, struct outq *q)
{
    struct turn_server *s = self;

    if (in->kind != IN_START && in->now_us >= deadline(s))
        expire(s, in->now_us, q);
    switch (in->kind) {
    case IN_START:
        start(s, in->rec, q);
        break;
    case IN_OPENED:
        if (in->parent)
            turn_accept(s, in, q);
        else if (in->flow >= TURN_FLOW_RELAY)
            turn_relay_opened(s, turn_relay_find(s, in->flow), in, q);
        else if (in->flow != TURN_FLOW_OTHER)
            stun_report(q, "listening", 0, STUN_R_OPENED, in, (struct span){0});
        break;
    case IN_BYTES:
        bytes(s, in, q);
        break;
    case IN_ICMP:
        if (in->flow >= TURN_FLOW_RELAY)
            turn_icmp(s, turn_relay_find(s, in->flow), in, q);
        break;
    case IN_FULL:
    case IN_WRITABLE:
        turn_stream_backlog(s, in, q);
        break;
    case IN_EOF:
        turn_stream_end(s, turn_stream_find(s, in->flow), true, in->now_us, q);
        break;
    case IN_CLOSED:
        closed(s, in, q);
        break;
    default:
        break;
    }
}

const struct endpoint_class turn_server_class = {
    .name = "turn.server",
    .size = sizeof(struct turn_server),
    .sparse = true,
    .faults = turn_server_faults,
    .n_faults = TURN_SERVER_FAULTS,
    .variants = turn_server_variants,
    .n_variants = TURN_SERVER_VARIANTS,
    .config = &turn_server_config_desc,
    .input = input,
    .deadline = deadline,
};
extern const struct endpoint_class *const turn_endpoints[];
const struct endpoint_class *const turn_endpoints[] = {&turn_server_class, &turn_client_class,
                                                       &turn_layer_class, &turn_peer_class, NULL};
