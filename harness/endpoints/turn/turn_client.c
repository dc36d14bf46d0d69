/* harness/endpoints/turn/turn_client.c - turn.client: what its user asks for, on up to four allocations, and what it
 * remembers of servers (RFC 8656 sections 4 and 7, RFC 6062 section 4). */
#include "codecs/stun/stun_uri.h"
#include "harness/endpoints/turn/turn_client.h"
#include "harness/endpoints/turn/turn_session.h"

enum {
    MINDS = 8, /* servers that are remembered; the one that is over first is forgotten */
    ARRIVED =
        1
        << 17, /* octets of data that nobody has received yet; more are lost, but of data connections */
    /* and when so many wait those are read no further. What was read already may fill the rest; one whose octets would
     * be lost is closed */
    ARRIVED_MUCH = 1 << 15,
    ARRIVED_ENDS = 1 << 12, /* of it, that data leave free for what ends */
    SECOND = 1000000,
};
struct server_mind {   /* what a server has said that counts for what is asked next: RFC8656:7.4 */
    struct addr at;    /* family 0: a free place */
    uint64_t until_us; /* no Allocate request before */
    bool refused;      /* and none at all */
    bool foreign;      /* it has given addresses of a family that was not asked for: 7.3#2b */
    bool no_family[2];
    uint64_t family_us[2]; /* none for that family before */
    bool no_mobility;      /* RFC8016:3.1.4#1 */
};
struct arrival {
    uint8_t kind; /* enum turn_client_kind: SUCCESS, ICMP, ACCEPTED, ENDED */
    uint16_t channel;
    uint32_t connection;
    const char *why; /* static */
    uint32_t code, icmp_data, frame, allocation;
    struct addr peer;
    size_t n;
};
struct client {
    struct env env;
    struct turn_client_config c;
    struct stun_account account;
    struct arena mem;
    flow_id next_flow;
    uint32_t last;      /* the allocation made last, from 1 */
    uint32_t questions; /* lookups so far */
    struct server_mind minds[MINDS];
    struct {
        uint32_t token; /* of the command that waits; 0: none */
        uint64_t until_us;
    } waits;
    struct {
        uint32_t question, token;
        uint16_t port;
        bool service; /* an SRV record is sought: RFC8656:5#a8 */
        struct turn_wish wish;
    } asked[TURN_SESSIONS]; /* names that are looked up, for a session */
    size_t n_arrived;
    struct turn_session sessions[TURN_SESSIONS];
    struct stun_stream windows[TURN_SESSIONS][2], data[TURN_SESSIONS][TURN_SESSION_DATA];
    uint8_t kept[8192];
    uint8_t wires[TURN_SESSIONS][TURN_ASKS * TURN_WIRE], held[TURN_SESSIONS][TURN_HELD],
        arrived[ARRIVED];
};

/* ---- tables ---- */

#define C(m, k)                                                                                    \
    {                                                                                              \
        .name = #m, FIELD(struct turn_client_config, m, k)                                         \
    }
static const struct field config_fields[] = {
    C(server, F_ADDR),   C(transport, F_TEXT),   C(username, F_TEXT),  C(password, F_TEXT),
    C(software, F_TEXT), C(fingerprint, F_BOOL), C(send_only, F_BOOL), C(rto_us, F_UINT),
    C(ti_us, F_UINT),    C(rc, F_UINT),          C(rm, F_UINT),
};
#undef C
const struct desc turn_client_config_desc = {"turn-client", sizeof(struct turn_client_config),
                                             FIELDS(config_fields), .next = NULL};

#define A(m, k)                                                                                    \
    {                                                                                              \
        .name = #m, FIELD(struct turn_client_args, m, k)                                           \
    }
static const struct field peer_fields[] = {
    {.name = "at", FIELD(struct turn_client_peer, at, F_ADDR)},
};
static const struct desc peer_desc = {"peer", sizeof(struct turn_client_peer), FIELDS(peer_fields),
                                      .next = NULL};
static const struct field args_fields[] = {
    A(to, F_ADDR),
    A(peer, F_ADDR),
    A(transport, F_TEXT),
    A(uri, F_TEXT),
    A(data, F_BYTES),
    {.name = "peers",
     FIELD(struct turn_client_args, peers, F_LIST),
     .count = offsetof(struct turn_client_args, n_peers),
     .sub = &peer_desc},
    A(allocation, F_UINT),
    A(family, F_UINT),
    A(lifetime, F_UINT),
    A(token, F_BYTES),
    A(even_port, F_BOOL),
    A(pair, F_BOOL),
    A(dont_fragment, F_BOOL),
    A(indication, F_BOOL),
    A(tcp, F_BOOL),
    A(connection, F_UINT),
    A(mobility, F_BOOL),
    A(timeout_us, F_UINT),
};
#undef A
static const struct desc args_desc = {"turn-args", sizeof(struct turn_client_args),
                                      FIELDS(args_fields), .next = NULL};

static const struct name kind_v[] = {
    {TURN_C_SUCCESS, "success"},   {TURN_C_ERROR, "error"}, {TURN_C_TIMEOUT, "timeout"},
    {TURN_C_FAILED, "failed"},     {TURN_C_ICMP, "icmp"},   {TURN_C_GONE, "gone"},
    {TURN_C_ACCEPTED, "accepted"}, {TURN_C_ENDED, "ended"},
};
static const struct names kinds = {kind_v, COUNT(kind_v)};
#define E(m, k)                                                                                    \
    {                                                                                              \
        .name = #m, FIELD(struct turn_client_event, m, k)                                          \
    }
static const struct field event_fields[] = {
    {.name = "kind", FIELD(struct turn_client_event, kind, F_ENUM), .names = &kinds},
    E(allocation, F_UINT),
    E(lifetime, F_UINT),
    E(code, F_UINT),
    E(channel, F_UINT),
    E(connection, F_UINT),
    E(frame, F_UINT),
    E(token, F_BYTES),
    E(relayed, F_ADDR),
    E(relayed6, F_ADDR),
    E(mapped, F_ADDR),
    E(local, F_ADDR),
    E(server, F_ADDR),
    E(peer, F_ADDR),
    E(data, F_BYTES),
    E(icmp_data, F_UINT),
    E(why, F_CHARS),
    E(time_us, F_UINT),
};
#undef E
static const struct desc event_desc = {"turn-client-event", sizeof(struct turn_client_event),
                                       FIELDS(event_fields), .next = NULL};

static struct turn_client_event *event(struct outq *q, const char *name, uint32_t token,
                                       enum turn_client_kind kind, const struct input *in)
{
    struct turn_client_event *e = out_event(q, name, &event_desc, token);

    if (!e)
        return NULL;
    e->kind = (uint8_t)kind;
    e->time_us = in->now_us;
    return e;
}

static void fails(struct outq *q, const struct input *in, uint32_t token, const char *why)
{
    struct turn_client_event *e = event(q, "answer", token, TURN_C_FAILED, in);
    if (e)
        e->why = why;
}

/* ---- what is remembered of servers ---- */

static struct server_mind *mind_of(struct client *c, const struct addr *at)
{
    struct server_mind *first = &c->minds[0];

    for (size_t i = 0; i < MINDS; i++) {
        struct server_mind *m = &c->minds[i];
        if (m->at.family && addr_eq(&m->at, at))
            return m;
        if (!m->at.family || (first->at.family && m->until_us < first->until_us))
            first = m;
    }
    *first = (struct server_mind){.at = *at};
    return first;
}

static void remember(struct client *c, const struct turn_session *s, unsigned code, uint64_t now_us)
{
    struct server_mind *m = mind_of(c, &s->server);

    if (code == 401)
        m->refused = true; /* RFC8656:7.4#5 */
    else if (code == 437)
        m->until_us = now_us + 120ull * SECOND; /* 7.4#10 */
    else if (code == 486 || code == 508)
        m->until_us = now_us + 60ull * SECOND; /* 7.4#14, #16 */
    else if (code == 440 && s->wish.family != TURN_WANT_BOTH)
        m->no_family[s->wish.family == TURN_WANT_IP6] = true; /* 7.4#11 */
}

/* ADDRESS-ERROR-CODE in a success response: RFC8656:7.3#3, #4. */
static void remember_half(struct client *c, const struct turn_session *s, struct span octets,
                          uint64_t now_us)
{
    struct stun_attr attrs[64];
    struct findings none = {0};
    struct stun_msg m;

    if (stun_decode(octets, &m, attrs, COUNT(attrs), &none) != STEP_ITEM)
        return;
    const struct stun_attr *a = stun_find(&m, STUN_ADDRESS_ERROR_CODE);
    if (!a || a->kind != STUN_FAMILY_CODE)
        return;
    struct server_mind *mind = mind_of(c, &s->server);
    if (a->v.code == 440)
        mind->no_family[a->family == 2] = !env_flag(&c->env, "c-half-again");
    else if (a->v.code == 508 && !env_flag(&c->env, "c-half-508-again"))
        mind->family_us[a->family == 2] = now_us + 60ull * SECOND;
}

/* Why this server is not asked now; NULL: it may be. */
static const char *not_now(struct client *c, const struct addr *at, uint32_t family,
                           uint64_t now_us)
{
    const struct server_mind *m = mind_of(c, at);
    bool six = family == TURN_WANT_IP6 || family == TURN_WANT_BOTH;

    if (m->refused && !env_flag(&c->env, "c-retries-401"))
        return "the server has refused these credentials";
    if (m->until_us > now_us && !env_flag(&c->env, "c-437-for-ever"))
        return "the server is not to be asked so soon again";
    if (m->family_us[six] > now_us)
        return "the server has no room for this family, and is not to be asked so soon again";
    if (m->foreign && !env_flag(&c->env, "c-foreign-again"))
        return "the server gives addresses of other families than are asked for";
    if (m->no_family[six] && !env_flag(&c->env, "c-retries-440"))
        return "the server has no address of this family";
    return NULL;
}

/* ---- what sessions tell ---- */

static uint32_t number_of(const struct client *c, const struct turn_session *s)
{
    return (uint32_t)(s - c->sessions) + 1;
}

/* Data connections are read as long as somebody receives. */
static void read_on(struct client *c, struct outq *q)
{
    for (size_t i = 0; i < TURN_SESSIONS; i++)
        turn_links_pause(&c->sessions[i], c->n_arrived >= ARRIVED_MUCH, q);
}

/* The oldest thing that has arrived, in answer to whoever waits. */
static void hand_over(struct client *c, const struct input *in, struct outq *q)
{
    struct arrival a;

    if (!c->waits.token || !c->n_arrived)
        return;
    memcpy(&a, c->arrived, sizeof a);
    struct turn_client_event *e =
        event(q, "answer", c->waits.token, (enum turn_client_kind)a.kind, in);
    c->waits.token = 0;
    if (e) {
        e->data = arena_copy(&q->mem, (struct span){c->arrived + sizeof a, a.n});
        e->peer = a.peer;
        e->channel = a.channel;
        e->connection = a.connection;
        e->code = a.code;
        e->icmp_data = a.icmp_data;
        e->frame = a.frame;
        e->allocation = a.allocation;
        e->why = a.kind == TURN_C_ICMP ? "unreachable" : a.why;
        q->full |= q->mem.full;
    }
    c->n_arrived -= sizeof a + a.n;
    memmove(c->arrived, c->arrived + sizeof a + a.n, c->n_arrived);
    read_on(c, q);
}

static enum turn_client_kind arrival_kind(enum turn_told_kind kind)
{
    return kind == TURN_TOLD_ICMP     ? TURN_C_ICMP
           : kind == TURN_TOLD_LINKED ? TURN_C_ACCEPTED
           : kind == TURN_TOLD_ENDED  ? TURN_C_ENDED
                                      : TURN_C_SUCCESS;
}

static void arrive(struct client *c, struct turn_session *s, const struct turn_told *what,
                   const struct input *in, struct outq *q)
{
    struct arrival a = {.kind = (uint8_t)arrival_kind(what->kind),
                        .channel = what->channel,
                        .connection = what->connection,
                        .why = what->why,
                        .code = (uint32_t)(what->icmp_type << 8 | what->icmp_code),
                        .icmp_data = what->icmp_data,
                        .frame = what->frame,
                        .allocation = number_of(c, s),
                        .peer = what->peer,
                        .n = what->data.n};

    size_t room = ARRIVED - (a.connection && a.n ? ARRIVED_ENDS : 0);
    if (c->n_arrived + sizeof a + a.n > room) {
        if (!a.connection || !turn_link_close(s, a.connection, q))
            return;
        a.kind = TURN_C_ENDED;
        a.why = "nobody receives what comes on it";
        a.n = 0;
    }
    memcpy(c->arrived + c->n_arrived, &a, sizeof a);
    if (a.n)
        memcpy(c->arrived + c->n_arrived + sizeof a, what->data.p, a.n);
    c->n_arrived += sizeof a + a.n;
    read_on(c, q);
    hand_over(c, in, q);
}

static void describe(struct turn_client_event *e, const struct client *c,
                     const struct turn_session *s)
{
    e->allocation = number_of(c, s);
    e->relayed = s->relayed[0];
    e->relayed6 = s->relayed[1];
    e->mapped = s->mapped;
    e->local = s->local;
    e->server = s->server;
    e->lifetime = s->lifetime;
    if (s->has_token)
        e->token = (struct span){s->token, sizeof s->token};
}

static void told(void *owner, struct turn_session *s, const struct turn_told *what,
                 const struct input *in, struct outq *q)
{
    struct client *c = owner;
    enum turn_client_kind kind = TURN_C_SUCCESS;

    if (what->kind == TURN_TOLD_DATA || what->kind == TURN_TOLD_ICMP ||
        what->kind == TURN_TOLD_ENDED || (what->kind == TURN_TOLD_LINKED && !what->token)) {
        arrive(c, s, what, in, q);
        return;
    }
    if (what->kind == TURN_TOLD_FAILED)
        kind = what->code ? TURN_C_ERROR : what->timeout ? TURN_C_TIMEOUT : TURN_C_FAILED;
    if (what->kind == TURN_TOLD_GONE)
        kind = TURN_C_GONE;
    if (what->kind == TURN_TOLD_FAILED && s->phase == TURN_HAS && what->foreign)
        mind_of(c, &s->server)->foreign = true;
    if (what->kind == TURN_TOLD_FAILED && s->phase == TURN_ALLOCATING)
        remember(c, s, what->code, in->now_us);
    if (what->kind == TURN_TOLD_ALLOCATED)
        remember_half(c, s, what->octets, in->now_us);
    if (what->kind == TURN_TOLD_ALLOCATED && s->wish.mobility && s->no_ticket)
        mind_of(c, &s->server)->no_mobility = true;
    struct turn_client_event *e = event(q, what->token ? "answer" : "gone", what->token, kind, in);
    if (!e)
        return;
    describe(e, c, s);
    e->code = what->code;
    e->peer = what->peer;
    e->connection = what->connection;
    e->why = what->why;
    e->frame = what->frame;
}

static flow_id flow_new(void *owner)
{
    return ++((struct client *)owner)->next_flow;
}

/* ---- what is asked ---- */

/* A place for an allocation; NULL: there are TURN_SESSIONS. */
static struct turn_session *session_new(struct client *c)
{
    for (size_t i = 0; i < TURN_SESSIONS; i++) {
        struct turn_session *s = &c->sessions[i];
        if ((s->phase != TURN_IDLE && s->phase != TURN_OVER) || c->asked[i].question)
            continue;
        memset(s, 0, sizeof *s);
        s->env = &c->env;
        s->c = &c->c;
        s->account = c->account;
        s->owner = c;
        s->tell = told;
        s->flow_new = flow_new;
        s->wires = c->wires[i];
        s->held = c->held[i];
        s->windows = c->data[i];
        s->window = &c->windows[i][0];
        s->window2 = &c->windows[i][1];
        s->login.strongest = !env_flag(&c->env, "c-first-algorithm"); /* RFC8656:6#3 */
        return s;
    }
    return NULL;
}

/* Why there can be no such TCP allocation; NULL: there can, or none is wished. */
static const char *not_by_tcp(const struct client *c, const struct turn_session *s,
                              const struct turn_wish *wish)
{
    if (!wish->tcp)
        return NULL;
    if (strncmp(s->stack, "tcp", 3) != 0 && !env_flag(&c->env, "c-tcp-over-udp"))
        return "a TCP allocation is asked for over TCP or TLS"; /* RFC6062:4.1#a1 */
    if (wish->even_port || wish->pair || wish->dont_fragment || wish->token.n)
        return "a TCP allocation has none of what is of UDP"; /* RFC6062:4.1#4 */
    return wish->mobility ? "a TCP allocation does not move" : NULL;
}

static void begin(struct client *c, struct turn_session *s, const struct turn_wish *wish,
                  uint32_t token, const struct input *in, struct outq *q)
{
    const char *why = not_now(c, &s->server, wish->family, in->now_us);
    struct turn_wish now = *wish;

    why = why ? why : not_by_tcp(c, s, wish);
    if (why) {
        fails(q, in, token, why);
        s->phase = TURN_IDLE;
        return;
    }
    bool one =
        env_flag(&c->env, "c-one-port") || (wish->tcp && env_flag(&c->env, "c-tcp-one-connection"));
    if (one && c->last && c->sessions[c->last - 1].flow) {
        s->flow = c->sessions[c->last - 1].flow;
        s->given = true;
        s->stream = c->sessions[c->last - 1].stream;
    }
    c->last = number_of(c, s);
    if (mind_of(c, &s->server)->no_mobility && !env_flag(&c->env, "c-retries-405"))
        now.mobility = false;
    turn_session_begin(s, &now, token, in, q);
}

static void ask_name(struct client *c, size_t i, struct span name, uint16_t type, struct outq *q)
{
    struct output *o = out_put(q, OUT_RESOLVE, 0);

    c->asked[i].question = ++c->questions;
    o->name = arena_text(&q->mem, name);
    o->rr_type = type;
    o->token = c->asked[i].question;
    q->full |= !o->name;
}

/* Look up the host of session `i`: by its service first, where no port was given. */
static void look_up(struct client *c, size_t i, bool secure, struct outq *q)
{
    const struct turn_session *s = &c->sessions[i];
    char service[300];

    if (!c->asked[i].service) {
        ask_name(c, i, span_of(s->name), RR_ANY_ADDR, q);
        return;
    }
    struct wr w = {(uint8_t *)service, sizeof service, 0, false};
    wr_text(&w, secure ? "_turns._" : "_turn._");
    wr_text(&w, strncmp(s->stack, "tcp", 3) == 0 ? "tcp." : "udp.");
    wr_text(&w, s->name);
    ask_name(c, i, wr_span(&w), RR_SRV, q);
}

/* The server and the stack that a URI names; false: answered, or a lookup is out. */
static bool by_uri(struct client *c, struct turn_session *s, const struct turn_client_args *a,
                   const struct turn_wish *wish, const struct input *in, struct outq *q)
{
    struct findings none = {0};
    struct stun_uri u;

    if (!stun_uri_parse(a->uri, &u, &none) || !u.turn || !u.stack || u.host.n >= sizeof s->name) {
        fails(q, in, in->token, "this is no turn or turns URI with a transport that is known");
        return false;
    }
    s->stack = u.stack;
    memcpy(s->name, u.host.p, u.host.n);
    s->name[u.host.n] = '\0';
    uint16_t port = u.port;
    if (u.secure && !u.port_given && env_flag(&c->env, "c-port-wrong"))
        port = 3478;
    if (u.family) {
        s->server = (struct addr){.family = u.family, .port = port};
        memcpy(s->server.ip, u.ip, sizeof s->server.ip);
        return true;
    }
    size_t i = number_of(c, s) - 1;
    c->asked[i].token = in->token;
    c->asked[i].port = port;
    c->asked[i].wish = *wish;
    c->asked[i].service = !u.port_given && !env_flag(&c->env, "c-no-srv");
    look_up(c, i, u.secure, q);
    return false;
}

/* The next lookup came to nothing, or to this. */
static void resolved(struct client *c, const struct input *in, struct outq *q)
{
    size_t i = 0;

    while (i < TURN_SESSIONS && (!c->asked[i].question || c->asked[i].question != in->token))
        i++;
    if (i == TURN_SESSIONS)
        return;
    struct turn_session *s = &c->sessions[i];
    bool service = c->asked[i].service;
    c->asked[i].question = 0;
    c->asked[i].service = false;
    if (service && in->n_srv) { /* of several that of the lowest priority */
        const struct srv *best = &in->srv[0];
        for (size_t k = 1; k < in->n_srv; k++)
            best = in->srv[k].priority < best->priority ? &in->srv[k] : best;
        c->asked[i].port = best->port;
        ask_name(c, i, span_of(best->target), RR_ANY_ADDR, q);
    } else if (service) {
        ask_name(c, i, span_of(s->name), RR_ANY_ADDR, q);
    } else if (!in->n_found) {
        fails(q, in, c->asked[i].token, "the name does not resolve");
    } else {
        s->server = in->found[0];
        s->server.port = c->asked[i].port;
        begin(c, s, &c->asked[i].wish, c->asked[i].token, in, q);
    }
}

static void allocate(struct client *c, const struct input *in, struct outq *q)
{
    const struct turn_client_args *a = in->rec;
    struct turn_session *s = session_new(c);
    struct turn_wish wish = {.family = (uint8_t)a->family,
                             .even_port = a->even_port,
                             .pair = a->pair,
                             .dont_fragment =
                                 a->dont_fragment || (!a->tcp && env_flag(&c->env, "c-df-probe")),
                             .tcp = a->tcp,
                             .mobility = a->mobility,
                             .token = a->token,
                             .lifetime = a->lifetime};

    if (!s) {
        fails(q, in, in->token, "there are four allocations already");
        return;
    }
    if (a->uri.n) {
        if (!by_uri(c, s, a, &wish, in, q))
            return;
    } else {
        s->stack = arena_text(&c->mem, a->transport.n ? a->transport : c->c.transport);
        s->server = a->to.family ? a->to : c->c.server;
    }
    if (!s->stack || !s->server.family) {
        fails(q, in, in->token, s->stack ? "nobody said where the server is" : "no memory");
        return;
    }
    begin(c, s, &wish, in->token, in, q);
}

/* The allocation that a verb is about; NULL: there is none, which is answered. */
static struct turn_session *session_of(struct client *c, const struct input *in, struct outq *q)
{
    const struct turn_client_args *a = in->rec;
    uint32_t n = a->allocation ? a->allocation : c->last;

    if (n && n <= TURN_SESSIONS && c->sessions[n - 1].phase == TURN_HAS)
        return &c->sessions[n - 1];
    fails(q, in, in->token, "there is no allocation");
    return NULL;
}

static void receive(struct client *c, const struct input *in, struct outq *q)
{
    const struct turn_client_args *a = in->rec;

    if (c->waits.token)
        fails(q, in, c->waits.token, "somebody else receives");
    c->waits.token = in->token;
    c->waits.until_us = in->now_us + (a->timeout_us ? a->timeout_us : 5 * SECOND);
    hand_over(c, in, q);
}

static void permit(struct turn_session *s, const struct input *in, struct outq *q)
{
    const struct turn_client_args *a = in->rec;
    struct addr peers[TURN_FAR];
    size_t n = 0;

    if (a->peer.family)
        peers[n++] = a->peer;
    for (size_t i = 0; i < a->n_peers && n < TURN_FAR; i++)
        peers[n++] = a->peers[i].at;
    turn_session_permit(s, peers, n, in->token, in, q);
}

/* Answer what is over at once. */
static void done(const struct input *in, bool well, const char *why, struct outq *q)
{
    if (well)
        event(q, "answer", in->token, TURN_C_SUCCESS, in);
    else
        fails(q, in, in->token, why);
}

static void command(struct client *c, const struct input *in, struct outq *q)
{
    const struct turn_client_args *a = in->rec;
    const char *v = in->verb->name;
    struct turn_session *s;

    if (strcmp(v, "allocate") == 0) {
        allocate(c, in, q);
    } else if (strcmp(v, "receive") == 0) {
        receive(c, in, q);
    } else if ((s = session_of(c, in, q)) == NULL) {
        return;
    } else if (strcmp(v, "refresh") == 0) {
        turn_session_refresh(s, a->lifetime, in->token, in, q);
    } else if (strcmp(v, "move") == 0) {
        turn_session_move(s, in->token, in, q);
    } else if (strcmp(v, "permit") == 0) {
        permit(s, in, q);
    } else if (strcmp(v, "bind") == 0) {
        turn_session_bind(s, &a->peer, in->token, in, q);
    } else if (strcmp(v, "forget") == 0) {
        turn_session_forget(s, &a->peer);
        event(q, "answer", in->token, TURN_C_SUCCESS, in);
    } else if (strcmp(v, "connect") == 0) {
        turn_session_connect(s, &a->peer, in->token, in, q);
    } else if (strcmp(v, "close") == 0) {
        done(in, turn_link_close(s, a->connection, q), "there is no such connection", q);
    } else if (strcmp(v, "send") == 0 && a->connection) {
        done(in, turn_link_send(s, a->connection, a->data, q), "there is no such connection", q);
    } else if (strcmp(v, "send") == 0) {
        done(in, turn_session_send(s, &a->peer, a->data, a->indication, in, q),
             "too many peers, one of another family, or a TCP allocation", q);
    } else {
        turn_session_leave(s, in->token, in, q);
    }
}

/* ---- inputs ---- */

static void start(struct client *c, const struct turn_client_config *cfg)
{
    if (cfg)
        c->c = *cfg;
    c->mem = arena_of(c->kept, sizeof c->kept);
    struct span user = c->c.username.n ? c->c.username : span_of("alice"),
                password = c->c.password.n ? c->c.password : span_of("alice-secret"),
                software = c->c.software.n ? c->c.software : span_of("rtclab 0.1"),
                transport = c->c.transport.n ? c->c.transport : span_of("udp");
    c->c.software = arena_copy(&c->mem, software);
    c->c.transport = arena_copy(&c->mem, transport);
    c->account.given = arena_copy(&c->mem, user);
    c->account.username = stun_prepare(&c->mem, user, true, false);
    c->account.password = stun_prepare(&c->mem, password, false, false);
}

static void timers(struct client *c, const struct input *in, struct outq *q)
{
    for (size_t i = 0; i < TURN_SESSIONS; i++)
        if (c->sessions[i].owner)
            turn_session_timers(&c->sessions[i], in, q);
    if (c->waits.token && c->waits.until_us <= in->now_us) {
        event(q, "answer", c->waits.token, TURN_C_TIMEOUT, in);
        c->waits.token = 0;
    }
}

static uint64_t deadline(const void *self)
{
    const struct client *c = self;
    uint64_t best = c->waits.token ? c->waits.until_us : NO_DEADLINE;

    for (size_t i = 0; i < TURN_SESSIONS; i++) {
        uint64_t at = c->sessions[i].owner ? turn_session_deadline(&c->sessions[i]) : NO_DEADLINE;
        best = at < best ? at : best;
    }
    return best;
}

static void input(void *self, const struct input *in, struct outq *q)
{
    struct client *c = self;

    switch (in->kind) {
    case IN_START:
        start(c, in->rec);
        break;
    case IN_COMMAND:
        command(c, in, q);
        break;
    case IN_TIMER:
        timers(c, in, q);
        break;
    case IN_RESOLVED:
        resolved(c, in, q);
        break;
    default:
        for (size_t i = 0; i < TURN_SESSIONS; i++)
            if (turn_session_has(&c->sessions[i], in->flow))
                turn_session_input(&c->sessions[i], in, q);
        break;
    }
}

static const struct verb verbs[] = {
    {"allocate", &args_desc, true}, {"refresh", &args_desc, true}, {"permit", &args_desc, true},
    {"bind", &args_desc, true},     {"send", &args_desc, true},    {"receive", &args_desc, true},
    {"forget", &args_desc, true},   {"release", &args_desc, true}, {"move", &args_desc, true},
    {"connect", &args_desc, true},  {"close", &args_desc, true},
};
const struct endpoint_class turn_client_class = {
    .name = "turn.client",
    .size = sizeof(struct client),
    .sparse = true,
    .verbs = verbs,
    .n_verbs = COUNT(verbs),
    .faults = turn_client_faults,
    .n_faults = TURN_CLIENT_FAULTS,
    .variants = turn_client_variants,
    .n_variants = TURN_CLIENT_VARIANTS,
    .config = &turn_client_config_desc,
    .input = input,
    .deadline = deadline,
};
