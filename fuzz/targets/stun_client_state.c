/* fuzz/targets/stun_client_state.c - our STUN client under a program of steps: fuzz/state/rig.h says what is
 * required of any endpoint. Of this one: what its user has it ask (`binding`) goes out as clean messages, no
 * request more often than Rc times; and after all of it a new request of the user's ends with success when it
 * is answered.
 *
 * Flags of a step that carries a message: MATCHED gives it the transaction id of what the client sent last,
 * SEALED makes integrity and fingerprint good under the user's key. Of a command: OCTETS, FRESH, ONCE. */
#include "fuzz/engine/target.h"
#include "fuzz/state/rig.h"
#include "fuzz/state/stun_help.h"
#include "harness/endpoints/stun/stun_client.h"

enum {
    MATCHED = 8,
    SEALED = 16,
    OCTETS = 8,
    FRESH = 16,
    ONCE = 32,
    SIGNED = 64,
    IDS = 256,
    TOKEN_SANE = 0x7fff0000
};
enum { BEFORE = 512, ON_STREAM = 4 }; /* answers until it is its turn: more than a client keeps */
enum { C_FINGERPRINT = 4, C_TCP = 8, C_FAST = 16, C_THREE = 32 };

struct sent_id {
    uint8_t id[12];
    uint32_t times;
    bool free; /* of a message that a script made */
};
struct client {
    struct stun_client_config c;
    struct stun_told told; /* realm of the last signed request */
    struct sent_id ids[IDS];
    size_t n_ids;
    bool scripted; /* what is sent now is a script's own */
    bool lost;     /* more transactions than are followed */
    size_t last_n;
    uint8_t last[4096];
    const struct rig_flow *last_flow;
    uint8_t kind; /* of the event that answers the last token */
    bool told_of;
};

static const void *config(void *ctx, uint32_t bits)
{
    struct client *c = ctx;

    *c = (struct client){0};
    c->c = (struct stun_client_config){
        .server = rig_source(0),
        .transport = span_of(bits & C_TCP ? "tcp" : "udp"),
        .auth = bits % 4 == 3 ? STUN_AUTH_LONG : (uint8_t)(bits % 4),
        .fingerprint = bits & C_FINGERPRINT,
        .rto_us = bits & C_FAST ? 100000 : 0,
        .rc = bits & C_THREE ? 3 : 0,
    };
    return &c->c;
}

/* ---- what it sends ---- */

static struct sent_id *id_of(struct client *c, const uint8_t *id)
{
    for (size_t i = 0; i < c->n_ids; i++)
        if (memcmp(c->ids[i].id, id, 12) == 0)
            return &c->ids[i];
    if (c->n_ids == IDS) {
        c->lost = true;
        return NULL;
    }
    struct sent_id *s = &c->ids[c->n_ids++];
    *s = (struct sent_id){.free = c->scripted};
    memcpy(s->id, id, 12);
    return s;
}

/* What a challenge said is sent back as it was said, lawful or not. */
static const char *const echoed[] = {"RFC8489:14.9", "RFC8489:14.10", "RFC8489:14.11",
                                     "RFC8489:18.5", NULL};

static bool sent(void *ctx, const struct rig_flow *f, const struct addr *to, struct span octets)
{
    static struct stun_attr attrs[STUN_ATTRS];
    struct client *c = ctx;
    struct stun_msg m;

    (void)to;
    if (octets.n < STUN_HEADER) {
        require(c->scripted, "a request that is shorter than a header");
        return false;
    }
    struct sent_id *s = id_of(c, octets.p + 8);
    if (!s || c->lost || s->free || c->scripted) {
        if (s)
            s->free = true;
        return false;
    }
    s->times++;
    uint32_t rc = c->c.rc ? c->c.rc : 7;
    require(s->times <= (f->stream ? 1 : rc), "a request is sent more often than Rc times");
    require(stun_clean(octets, &m, attrs, COUNT(attrs), echoed),
            "what a client sends is no clean message");
    require(m.cls == STUN_REQUEST && m.method == STUN_BINDING,
            "a client's user asks for Binding alone");
    c->last_n = octets.n < sizeof c->last ? octets.n : sizeof c->last;
    memcpy(c->last, octets.p, c->last_n);
    c->last_flow = f;
    stun_take_told(&c->told, &m);
    return true;
}

static void event(void *ctx, const struct output *o)
{
    struct client *c = ctx;
    const struct stun_event *e = o->rec;

    if (o->token != TOKEN_SANE)
        return;
    require(!c->told_of, "one request ends twice");
    c->told_of = true;
    c->kind = e->kind;
}

/* ---- what comes ---- */

/* The key by which the client checks the answer to what it sent last. */
static void seal(struct client *c, uint8_t *p, size_t n)
{
    static struct stun_attr attrs[STUN_ATTRS];
    struct findings fs = {0};
    struct stun_msg m;
    struct stun_key k;

    if (stun_decode((struct span){c->last, c->last_n}, &m, attrs, COUNT(attrs), &fs) != STEP_ITEM)
        return;
    stun_user_key(&c->told, (enum stun_auth)c->c.auth, &m, &k);
    stun_reseal(p, n, &k);
}

static struct span prepare(void *ctx, const struct prog_step *step, struct span payload,
                           uint8_t *room)
{
    struct client *c = ctx;

    if (!(step->flags & (MATCHED | SEALED)) || payload.n < STUN_HEADER || payload.n > RIG_OCTETS)
        return payload;
    memcpy(room, payload.p, payload.n);
    if ((step->flags & MATCHED) && c->last_n >= STUN_HEADER)
        memcpy(room + 4, c->last + 4, 16);
    if (step->flags & SEALED)
        seal(c, room, payload.n);
    return (struct span){room, payload.n};
}

/* ---- what is asked of it ---- */

static bool args(void *ctx, const struct prog_step *step, const struct verb *v, const void **rec)
{
    static struct stun_send_args a;
    struct client *c = ctx;

    a = (struct stun_send_args){
        .fresh = step->flags & FRESH,
        .once = step->flags & ONCE,
        .auth = step->flags & SIGNED ? STUN_AUTH_LONG : STUN_AUTH_NONE,
        .octets = step->flags & OCTETS ? step->payload : (struct span){0},
        .split = step->arg >> 8 & 0x3f,
        .timeout_us = step->arg & 0x8000 ? 300000 : 0,
        .realm = span_of("interop.test"),
        .message = stun_draft_of(step->payload),
    };
    c->scripted = strcmp(v->name, "binding") != 0;
    *rec = &a;
    return a.message != NULL;
}

static void step_begins(void *ctx)
{
    ((struct client *)ctx)->scripted = false;
}

/* ---- it still works ---- */

static struct span success(struct client *c, uint8_t *room, size_t cap)
{
    static const struct addr mapped = {4, {192, 0, 2, 7}, 50007};
    static struct stun_attr attrs[STUN_ATTRS];
    uint8_t memory[2048];
    struct arena mem = arena_of(memory, sizeof memory);
    struct wr w = {room, cap, 0, false};
    struct findings fs = {0};
    struct stun_marks marks;
    struct stun_msg m;
    struct stun_key k;
    struct draft dr;

    if (stun_decode((struct span){c->last, c->last_n}, &m, attrs, COUNT(attrs), &fs) != STEP_ITEM)
        return (struct span){0};
    stun_draft(&dr, &mem, STUN_SUCCESS, STUN_BINDING, m.transaction);
    stun_add_addr(&dr, STUN_XOR_MAPPED_ADDRESS, &mapped);
    stun_user_key(&c->told, (enum stun_auth)c->c.auth, &m, &k);
    if (m.at_integrity256)
        stun_add(&dr, STUN_MESSAGE_INTEGRITY_SHA256);
    else if (m.at_integrity)
        stun_add(&dr, STUN_MESSAGE_INTEGRITY);
    if (c->c.fingerprint) /* RFC8489:7: a usage that has it looks for it */
        stun_add(&dr, STUN_FINGERPRINT);
    stun_encode(&w, &dr, &marks);
    stun_seal(&w, &marks, &k);
    return wr_span(&w);
}

static void sane(void *ctx, struct rig *r)
{
    static const struct stun_send_args anew = {.fresh = true};
    static uint8_t room[512];
    struct client *c = ctx;
    const struct verb *v = NULL;

    for (size_t i = 0; i < stun_client_class.n_verbs; i++)
        if (strcmp(stun_client_class.verbs[i].name, "binding") == 0)
            v = &stun_client_class.verbs[i];
    require(v != NULL, "a client has no verb `binding`");
    c->scripted = false;
    c->last_n = 0;
    c->lost = false;
    c->n_ids = 0;
    rig_command(r, v, &anew, TOKEN_SANE);
    rig_pass(r, 0);
    if (c->told_of && (c->kind == STUN_R_CLOSED || c->kind == STUN_R_FAILED))
        return; /* streams are refused in this start state */
    require(c->last_n > 0, "after all of it a request is not sent");
    /* it waits for others (RFC8489:6.2#2); on a stream half a message may stand before all of it */
    for (int i = 0; i < (c->last_flow->stream ? ON_STREAM : BEFORE) && !c->told_of; i++) {
        struct span msg = success(c, room, sizeof room);
        rig_arrive(r, c->last_flow, &c->c.server, msg);
        rig_pass(r, 0);
    }
    if (!c->told_of && c->last_flow->stream)
        return; /* half a message may stand before it there, and it waits for the rest */
    require(c->told_of && c->kind == STUN_R_SUCCESS, "after all of it an answer is not success");
}

static const struct rig_class rig = {
    .cls = &stun_client_class,
    .codec = &stun_codec,
    .config = config,
    .prepare = prepare,
    .args = args,
    .step = step_begins,
    .sent = sent,
    .event = event,
    .sane = sane,
};

static void one(const uint8_t *p, size_t n)
{
    static struct client c;
    rig_run(&rig, &c, (struct span){p, n});
}

const struct target stun_client_state_target = {.name = "stun_client_state",
                                                .one = one,
                                                .max_len = 4096,
                                                .weight = 3,
                                                .dict = "stun",
                                                .codecs = "steps/stun",
                                                .seeds = "stun/state"};
