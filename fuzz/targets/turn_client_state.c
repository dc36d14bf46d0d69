/* fuzz/targets/turn_client_state.c - our TURN client under a program of steps: fuzz/state/rig.h says what is required of
 * any endpoint. Of this one: to a server it sends clean messages or whole ChannelData, no request more often than Rc
 * times (and what it is asked to send on a data connection), and of Allocate requests only so many a command; each command
 * is answered once; what a server has to sign counts only if it is; an allocation that is gone sends nothing; a session
 * that is over has no flow; and after all of it an allocation comes about, is used and is deleted.
 *
 * Flags of a step that carries a message: MATCHED gives it transaction id and method of a request that the client has
 * sent, the one before the last by WHICH and so on, and has it arrive where that went out; SEALED makes integrity and
 * fingerprint good under the user's key. Of a command: see args(). */
#include "fuzz/engine/target.h"
#include "fuzz/state/rig.h"
#include "fuzz/state/stun_help.h"
#include "harness/endpoints/turn/turn_client.h"

enum { MATCHED = 8, SEALED = 16, WHICH_SHIFT = 5 }; /* of messages */
enum { /* of commands, beside the two lowest bits: family, or peers */
       EVEN = 4,
       PAIR = 8,
       DF = 16,
       MOBILITY = 32,
       TOKEN = 64,
       MANY = 128
};
enum {
    C_FINGERPRINT = 1,
    C_TCP = 2,
    C_FAST = 4,
    C_THREE = 8,
    C_SEND_ONLY = 16,
    C_SIX = 32,
    C_RELAY = 64
};
enum {
    IDS = 512,
    KEPT = 4, /* requests that can be answered */
    COMMANDS = RIG_STEPS + 16,
    FLOWS = 1024,   /* that are followed */
    PEERS = 80,     /* more than a session has room for */
    ALLOCATES = 64, /* requests that one command may lead to, at most */
    TOKEN_SANE = 0x7fff0000,
};
static const struct addr anew = {4, {203, 0, 113, 9}, 3478}; /* a server that nothing is known of */

struct sent_id {
    uint8_t id[12];
    uint32_t times;
};
struct kept { /* a request that went out */
    flow_id flow;
    size_t n;
    uint8_t octets[4096];
};
struct client {
    struct turn_client_config c;
    struct stun_told told;
    struct sent_id ids[IDS];
    size_t n_ids;
    bool lost;              /* more transactions than are followed */
    struct kept kept[KEPT]; /* the last one first */
    flow_id to, came;       /* where a step's message goes; where the last one came */
    uint8_t owner[FLOWS];   /* by flow: the allocation that it is of, from 1 */
    bool over[FLOWS];       /* and that is told gone */
    bool link[FLOWS];       /* a ConnectionBind request went out there */
    bool relay;             /* allocations are of TCP, unless TOKEN */
    bool
        proven; /* what arrived last: signed under the key of the request that it answers, if that was */
    size_t commands, allocates, allocate_ids;
    const char *verb[COMMANDS]; /* by token */
    uint8_t answered[COMMANDS];
    struct turn_client_event sane; /* the last answer to TOKEN_SANE and up */
    size_t sane_answers;
    size_t data_out; /* messages with data that went out */
};

static const void *config(void *ctx, uint32_t bits)
{
    struct client *c = ctx;

    *c = (struct client){.relay = bits & C_RELAY};
    c->c = (struct turn_client_config){
        .server = rig_source(bits & C_SIX ? 3 : 0),
        .transport = span_of(bits & C_TCP ? "tcp" : "udp"),
        .fingerprint = bits & C_FINGERPRINT,
        .send_only = bits & C_SEND_ONLY,
        .rto_us = bits & C_FAST ? 100000 : 0,
        .rc = bits & C_THREE ? 3 : 0,
    };
    return &c->c;
}

/* ---- what it sends ---- */

static struct sent_id *id_of(struct client *c, const struct stun_msg *m)
{
    for (size_t i = 0; i < c->n_ids; i++)
        if (memcmp(c->ids[i].id, m->wire.p + 8, 12) == 0)
            return &c->ids[i];
    if (m->method == STUN_ALLOCATE)
        require(++c->allocate_ids <= ALLOCATES * c->allocates,
                "one command leads to Allocate requests without an end");
    if (c->n_ids == IDS) {
        c->lost = true;
        return NULL;
    }
    struct sent_id *s = &c->ids[c->n_ids++];
    *s = (struct sent_id){0};
    memcpy(s->id, m->wire.p + 8, 12);
    return s;
}

static void keep(struct client *c, const struct rig_flow *f, struct span octets)
{
    if (octets.n > sizeof c->kept[0].octets)
        return;
    memmove(&c->kept[1], &c->kept[0], sizeof c->kept - sizeof c->kept[0]);
    c->kept[0].flow = f->id;
    c->kept[0].n = octets.n;
    memcpy(c->kept[0].octets, octets.p, octets.n);
}

static void requested(struct client *c, const struct rig_flow *f, const struct stun_msg *m)
{
    uint32_t rc = c->c.rc ? c->c.rc : 7;

    require(m->method == STUN_ALLOCATE || m->method == STUN_REFRESH ||
                m->method == STUN_CREATE_PERMISSION || m->method == STUN_CHANNEL_BIND ||
                (c->relay && (m->method == STUN_CONNECT || m->method == STUN_CONNECTION_BIND)),
            "a client asks for something else");
    struct sent_id *s = id_of(c, m);
    if (m->method == STUN_CONNECTION_BIND && f->id < FLOWS)
        c->link[f->id] = true;
    if (!s || c->lost)
        return;
    if (s->times++ == 0)
        keep(c, f, m->wire);
    require(s->times <= (f->stream ? 1 : rc), "a request is sent more often than Rc times");
    stun_take_told(&c->told, m);
}

/* What a challenge said is sent back as it was said, lawful or not, and so is a ticket. */
static const char *const echoed[] = {"RFC8489:14.9", "RFC8489:14.10", "RFC8489:14.11",
                                     "RFC8489:18.5", NULL};

static bool sent(void *ctx, const struct rig_flow *f, const struct addr *to, struct span octets)
{
    static struct stun_attr attrs[STUN_ATTRS];
    struct client *c = ctx;
    struct stun_msg m;

    (void)to;
    require(f->id >= FLOWS || !c->over[f->id], "an allocation that is gone sends something");
    if (f->id < FLOWS && c->link[f->id])
        return false; /* what follows is as it was asked for: RFC6062:3#a3 */
    if (octets.n && (octets.p[0] & 0xc0) == 0x40) {
        require(octets.n >= 4 && octets.n >= 4u + get_u16(octets.p + 2),
                "ChannelData that is not whole");
        require(get_u16(octets.p) <= TURN_CHANNEL_LAST, "ChannelData on a reserved channel");
        require(!f->stream || octets.n % 4 == 0, "ChannelData without padding on a stream");
        c->data_out++;
        return true;
    }
    require(stun_clean(octets, &m, attrs, COUNT(attrs), echoed),
            "what a client sends is no clean message");
    if (m.cls == STUN_INDICATION) {
        require(m.method == STUN_SEND, "an indication other than Send");
        c->data_out++;
        return true;
    }
    require(m.cls == STUN_REQUEST, "a client answers");
    requested(c, f, &m);
    return true;
}

/* ---- what it tells ---- */

static bool needs_proof(const char *verb)
{
    return strcmp(verb, "allocate") == 0 || strcmp(verb, "permit") == 0 ||
           strcmp(verb, "bind") == 0 || strcmp(verb, "move") == 0;
}

/* Which flows an allocation has, and that they are of no use when it is gone. */
static void follow(struct client *c, const char *verb, const struct turn_client_event *e)
{
    bool gone =
        e->kind == TURN_C_GONE || (e->kind == TURN_C_SUCCESS && strcmp(verb, "release") == 0);
    bool has =
        strcmp(verb, "allocate") == 0 || strcmp(verb, "move") == 0 || strcmp(verb, "connect") == 0;

    if (e->kind == TURN_C_SUCCESS && has && c->came < FLOWS)
        c->owner[c->came] = (uint8_t)e->allocation;
    for (size_t i = 0; gone && i < FLOWS; i++)
        c->over[i] |= c->owner[i] && c->owner[i] == e->allocation;
}

static void event(void *ctx, const struct output *o)
{
    struct client *c = ctx;
    const struct turn_client_event *e = o->rec;

    if (o->token >= TOKEN_SANE) {
        c->sane = *e;
        c->sane_answers++;
        return;
    }
    follow(c, o->token && o->token <= c->commands ? c->verb[o->token] : "", e);
    if (!o->token || o->token > c->commands)
        return;
    require(c->answered[o->token]++ == 0, "a command is answered twice");
    if (e->kind == TURN_C_SUCCESS && needs_proof(c->verb[o->token]) &&
        span_is(c->c.transport, "udp")) /* on streams what arrived last may be a piece */
        require(c->proven, "success that no server has signed");
}

/* ---- what comes ---- */

/* Whether a response is signed under the key of the request that it answers; one of an unsigned request need not be. */
static bool is_proven(const struct client *c, const struct stun_msg *m)
{
    static struct stun_attr attrs[STUN_ATTRS];
    struct findings fs = {0};
    struct stun_msg asked;
    struct stun_key k;

    for (size_t i = 0; i < KEPT; i++) {
        const struct kept *r = &c->kept[i];
        if (r->n < STUN_HEADER || memcmp(r->octets + 8, m->wire.p + 8, 12) != 0)
            continue;
        if (stun_decode((struct span){r->octets, r->n}, &asked, attrs, COUNT(attrs), &fs) !=
            STEP_ITEM)
            return true;
        if (!asked.at_integrity && !asked.at_integrity256)
            return true;
        stun_user_key(&c->told, STUN_AUTH_LONG, &asked, &k);
        return m->at_integrity256 ? stun_check_integrity256(m, &k) == STUN_GOOD
                                  : stun_check_integrity(m, &k) == STUN_GOOD;
    }
    return true; /* of a request that is not followed any more */
}

static void arrives(void *ctx, const struct rig_flow *f, const struct addr *from,
                    struct span octets)
{
    static struct stun_attr attrs[STUN_ATTRS];
    struct client *c = ctx;
    struct findings fs = {0};
    struct stun_msg m;

    (void)from;
    c->came = f->id;
    c->proven = octets.n >= STUN_HEADER && octets.p[0] < 0x40 &&
                stun_decode(octets, &m, attrs, COUNT(attrs), &fs) == STEP_ITEM && is_proven(c, &m);
}

/* The key by which the client checks the answer to a request. */
static void seal(struct client *c, const struct kept *r, uint8_t *p, size_t n)
{
    static struct stun_attr attrs[STUN_ATTRS];
    struct findings fs = {0};
    struct stun_msg m;
    struct stun_key k;

    if (stun_decode((struct span){r->octets, r->n}, &m, attrs, COUNT(attrs), &fs) != STEP_ITEM)
        return;
    stun_user_key(&c->told, STUN_AUTH_LONG, &m, &k);
    stun_reseal(p, n, &k);
}

static struct span prepare(void *ctx, const struct prog_step *step, struct span payload,
                           uint8_t *room)
{
    struct client *c = ctx;
    const struct kept *r = &c->kept[step->flags >> WHICH_SHIFT & (KEPT - 1)];

    c->to = r->flow; /* other messages, and ends of flows, come there as well */
    if (!(step->flags & (MATCHED | SEALED)) || payload.n < STUN_HEADER || payload.n > RIG_OCTETS ||
        !r->n)
        return payload;
    memcpy(room, payload.p, payload.n);
    if (step->flags & MATCHED) { /* bits of the class stay: RFC8489:5 */
        room[0] = (uint8_t)((room[0] & 0xc1) | (r->octets[0] & 0x3e));
        room[1] = (uint8_t)((room[1] & 0x10) | (r->octets[1] & 0xef));
        memcpy(room + 4, r->octets + 4, 16);
    }
    if (step->flags & SEALED)
        seal(c, r, room, payload.n);
    return (struct span){room, payload.n};
}

static flow_id to(void *ctx)
{
    return ((const struct client *)ctx)->to;
}

/* ---- what is asked of it ---- */

static struct addr far(unsigned n)
{
    struct addr a = {4, {192, 0, 2, (uint8_t)(n & 0x7f)}, (uint16_t)(7000 + n % 3)};
    static const struct addr six = {6, {0x20, 0x01, 0x0d, 0xb8, [15] = 77}, 7000};
    return n & 0x80 ? six : a;
}

/* arg: the verb; in its upper octet the peer, or the lifetime in units of 16 s. */
static bool args(void *ctx, const struct prog_step *step, const struct verb *v, const void **rec)
{
    static const uint32_t families[] = {0, 4, 6, 46};
    static struct turn_client_peer peers[PEERS];
    static struct turn_client_args a;
    struct client *c = ctx;
    unsigned upper = step->arg >> 8;
    bool tcp = c->relay && !(step->flags & TOKEN);

    if (c->commands + 1 >= COMMANDS)
        return false;
    a = (struct turn_client_args){
        .peer = far(upper),
        .data = step->payload,
        .family = families[step->flags & 3],
        .lifetime = 16 * upper,
        .even_port = !tcp && step->flags & EVEN,
        .pair = !tcp && step->flags & PAIR,
        .dont_fragment = !tcp && step->flags & DF,
        .indication = step->flags & DF,
        .mobility = !tcp && step->flags & MOBILITY,
        .tcp = tcp,
        .connection = c->relay ? upper & 0xf : 0,
        .token = (step->flags & TOKEN) && step->payload.n >= 8 ? span_cut(step->payload, 0, 8)
                                                               : (struct span){0},
        .timeout_us = step->flags & EVEN ? 300000 : 0,
        .allocation = strcmp(v->name, "allocate") == 0 ? 0 : step->flags & 3,
    };
    if (step->flags & MANY) {
        a.peers = peers;
        a.n_peers = step->payload.n % PEERS;
        for (size_t i = 0; i < a.n_peers; i++)
            peers[i].at = far((unsigned)i + 1);
    }
    c->allocates += strcmp(v->name, "allocate") == 0;
    c->verb[++c->commands] = v->name;
    *rec = &a;
    return true;
}

/* ---- it still works ---- */

/* The success response to the last request, with what each has. */
static struct span success(struct client *c, uint8_t *room, size_t cap)
{
    static const struct addr relayed = {4, {192, 0, 2, 7}, 50007};
    static struct stun_attr attrs[STUN_ATTRS];
    uint8_t memory[2048];
    struct arena mem = arena_of(memory, sizeof memory);
    struct wr w = {room, cap, 0, false};
    struct findings fs = {0};
    struct stun_marks marks;
    struct stun_msg m;
    struct stun_key k;
    struct draft dr;

    if (stun_decode((struct span){c->kept[0].octets, c->kept[0].n}, &m, attrs, COUNT(attrs), &fs) !=
        STEP_ITEM)
        return (struct span){0};
    stun_draft(&dr, &mem, STUN_SUCCESS, m.method, m.transaction);
    if (m.method == STUN_ALLOCATE) {
        stun_add_addr(&dr, STUN_XOR_RELAYED_ADDRESS, &relayed);
        stun_add_addr(&dr, STUN_XOR_MAPPED_ADDRESS, &relayed);
        stun_add_uint(&dr, STUN_LIFETIME, 600);
    }
    stun_user_key(&c->told, STUN_AUTH_LONG, &m, &k);
    if (m.at_integrity256 || m.at_integrity)
        stun_add(&dr, m.at_integrity256 ? STUN_MESSAGE_INTEGRITY_SHA256 : STUN_MESSAGE_INTEGRITY);
    stun_encode(&w, &dr, &marks);
    stun_seal(&w, &marks, &k);
    return wr_span(&w);
}

static const struct verb *verb_of(const char *name)
{
    for (size_t i = 0; i < turn_client_class.n_verbs; i++)
        if (strcmp(turn_client_class.verbs[i].name, name) == 0)
            return &turn_client_class.verbs[i];
    require(false, "a client has not this verb");
    return NULL;
}

static const struct rig_flow *flow_to(const struct client *c, const struct rig *r)
{
    return rig_flow_of(r, c->kept[0].flow);
}

/* Ask, have the server answer by success where it is asked, and see the command answered by success. */
static void asks(struct client *c, struct rig *r, const char *verb,
                 const struct turn_client_args *a)
{
    static uint8_t room[512];
    size_t before = c->sane_answers;

    c->kept[0].n = 0;
    rig_command(r, verb_of(verb), a, TOKEN_SANE);
    rig_pass(r, 0);
    if (c->kept[0].n && flow_to(c, r)) {
        rig_arrive(r, flow_to(c, r), &anew, success(c, room, sizeof room));
        rig_pass(r, 0);
    }
    require(c->sane_answers == before + 1, "after all of it a command is not answered");
}

static void sane(void *ctx, struct rig *r)
{
    static const struct turn_client_args none = {0};
    struct turn_client_args a = {.to = anew, .peer = far(5), .data = span_of("sane")};
    struct client *c = ctx;

    for (size_t i = 1; i <= c->commands; i++)
        require(c->answered[i] == 1, "a command is never answered");
    require(rig_flows(r) == 0, "nothing is left to do, and a flow is open");
    c->n_ids = 0;
    c->lost = false;
    c->allocates++;
    asks(c, r, "allocate", &a);
    if (c->sane.kind == TURN_C_FAILED)
        return; /* streams are refused in this start state */
    require(c->sane.kind == TURN_C_SUCCESS, "after all of it no allocation comes about");
    asks(c, r, "permit", &a);
    require(c->sane.kind == TURN_C_SUCCESS, "after all of it no permission comes about");
    c->data_out = 0;
    asks(c, r, "send", &a);
    require(c->data_out == 1, "after all of it data do not go out");
    asks(c, r, "release", &none);
    require(c->sane.kind == TURN_C_SUCCESS, "after all of it an allocation is not deleted");
    require(rig_flows(r) == 0, "after its deletion a flow is open");
}

static const struct rig_class rig = {
    .cls = &turn_client_class,
    .codec = &stun_codec,
    .config = config,
    .prepare = prepare,
    .to = to,
    .args = args,
    .arrives = arrives,
    .sent = sent,
    .event = event,
    .sane = sane,
};

static void one(const uint8_t *p, size_t n)
{
    static struct client c;
    rig_run(&rig, &c, (struct span){p, n});
}

const struct target turn_client_state_target = {.name = "turn_client_state",
                                                .one = one,
                                                .max_len = 4096,
                                                .weight = 3,
                                                .dict = "stun",
                                                .codecs = "steps/stun",
                                                .seeds = "turn/client"};
