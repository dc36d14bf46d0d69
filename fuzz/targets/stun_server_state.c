/* fuzz/targets/stun_server_state.c - our STUN server under a program of steps: fuzz/state/rig.h says what is
 * required of any endpoint. Of this one: it answers nobody who has not asked, to where it was asked from; what
 * it sends is a message without a finding of MUST or STMT; and after all of it a client is still served, with
 * the credentials that the start state asks for.
 *
 * Flags of a step that carries a message: LEARNED puts in user, realm and nonce as the server told them last,
 * SEALED makes integrity and fingerprint good under the user's key; so signed requests are one step away. */
#include "fuzz/engine/target.h"
#include "fuzz/state/rig.h"
#include "fuzz/state/stun_help.h"
#include "harness/endpoints/stun/stun_endpoint.h"

enum { LEARNED = 8, SEALED = 16, ASKED = 128, SOURCE_SANE = 2 };
enum { /* bits of the config, beside those for auth */
       C_FINGERPRINT = 4,
       C_CLASSIC = 8,
       C_RFC5389 = 16,
       C_MANUAL = 32 | 64, /* both */
       C_ALTERNATE = 128,
       C_QUOTA = 256,
       C_SHORT_NONCE = 512,
       C_NO_TCP = 1024,
       C_FAIL = 2048,
};
struct asked {
    uint8_t id[16];
    struct addr from;
    bool stream;
};
struct server {
    struct stun_server_config c;
    struct stun_told told;
    struct asked asked[ASKED];
    size_t n_asked;
    bool pieces;   /* streams are cut: what was asked is not followed there */
    unsigned code; /* of the last answer, 0: success */
    size_t answers;
    bool mapped; /* the last answer says where it was asked from */
};

static const void *config(void *ctx, uint32_t bits)
{
    struct server *s = ctx;

    *s = (struct server){0};
    s->c = (struct stun_server_config){
        .auth = bits % 4 == 3 ? STUN_AUTH_LONG : (uint8_t)(bits % 4),
        .fingerprint = bits & C_FINGERPRINT,
        .classic = bits & C_CLASSIC,
        .rfc5389 = bits & C_RFC5389,
        .manual = (bits & C_MANUAL) == C_MANUAL,
        .quota = bits & C_QUOTA ? 2 : 0,
        .nonce_us = bits & C_SHORT_NONCE ? 1000000 : 0,
        .no_tcp = bits & C_NO_TCP,
        .fail_at = bits & C_FAIL ? 2 : 0,
    };
    if (bits & C_ALTERNATE)
        s->c.alternate = (struct addr){4, {192, 0, 2, 99}, 3478};
    return &s->c;
}

static struct span prepare(void *ctx, const struct prog_step *step, struct span payload,
                           uint8_t *room)
{
    struct server *s = ctx;

    if (step->flags & LEARNED)
        payload = stun_put_told(&s->told, payload, room);
    if (step->flags & SEALED)
        payload = stun_put_seal(&s->told, (enum stun_auth)s->c.auth, payload, room);
    return payload;
}

static void arrives(void *ctx, const struct rig_flow *f, const struct addr *from,
                    struct span octets)
{
    struct server *s = ctx;
    struct asked *a = &s->asked[s->n_asked++ % ASKED];

    if (f->stream)
        s->pieces = true;
    *a = (struct asked){.from = *from, .stream = f->stream};
    if (octets.n >= STUN_HEADER)
        memcpy(a->id, octets.p + 4, 16);
}

static bool was_asked(const struct server *s, const struct stun_msg *m, const struct addr *to)
{
    for (size_t i = 0; i < ASKED && i < s->n_asked; i++)
        if (addr_eq(&s->asked[i].from, to) && memcmp(s->asked[i].id, m->wire.p + 4, 16) == 0)
            return true;
    return false;
}

static void answer(struct server *s, const struct stun_msg *m, const struct addr *to)
{
    const struct stun_attr *code = stun_find(m, STUN_ERROR_CODE);
    const struct stun_attr *mapped =
        stun_find(m, m->classic ? STUN_MAPPED_ADDRESS : STUN_XOR_MAPPED_ADDRESS);

    require(m->cls == STUN_SUCCESS || m->cls == STUN_ERROR, "a server asks");
    require(m->cls == STUN_SUCCESS || (code && code->kind == STUN_CODE), "an error without a code");
    s->answers++;
    s->code = code && code->kind == STUN_CODE ? code->v.code : 0;
    s->mapped = mapped && mapped->kind != STUN_RAW && addr_eq(&mapped->v.addr, to);
    require(m->cls == STUN_ERROR || s->mapped, "a success does not say where it was asked from");
    stun_take_told(&s->told, m);
}

static bool sent(void *ctx, const struct rig_flow *f, const struct addr *to, struct span octets)
{
    static struct stun_attr attrs[STUN_ATTRS];
    struct server *s = ctx;
    struct stun_msg m;

    if (s->c.manual)
        return false; /* what a script has it send is the script's affair */
    require(stun_clean(octets, &m, attrs, COUNT(attrs), NULL),
            "what a server sends is no clean message");
    if (!f->stream)
        require(was_asked(s, &m, to), "an answer that nobody asked for, or to somebody else");
    answer(s, &m, to);
    return true;
}

/* Replies of a manual server: to any id, with what the payload decodes to. */
static bool args(void *ctx, const struct prog_step *step, const struct verb *v, const void **rec)
{
    static struct stun_reply_args reply;

    (void)ctx;
    (void)v;
    if (!stun_args_reply(&reply, step))
        return false;
    *rec = &reply;
    return true;
}

/* ---- it still serves ---- */

static void ask(struct rig *r, const struct rig_flow *f, struct server *s, bool sign)
{
    static uint8_t room[1024];
    struct addr from = rig_source(SOURCE_SANE);
    struct span msg = stun_request(&s->told, sign ? (enum stun_auth)s->c.auth : STUN_AUTH_NONE,
                                   room, sizeof room);

    from.port = 61000; /* nobody else's */
    s->answers = 0;
    rig_arrive(r, f, &from, msg);
}

static void sane(void *ctx, struct rig *r)
{
    struct server *s = ctx;
    const struct rig_flow *f = rig_datagrams(r);

    if (!f || s->c.manual)
        return;
    ask(r, f, s, s->c.auth == STUN_AUTH_SHORT);
    require(s->answers == 1, "after all of it a request is not answered");
    if (s->c.auth == STUN_AUTH_LONG) {
        require(s->code == 401, "after all of it an unsigned request is not challenged");
        ask(r, f, s, true);
        require(s->answers == 1, "after all of it a signed request is not answered");
    }
    if (s->c.alternate.family && s->c.auth != STUN_AUTH_NONE)
        require(s->code == 300, "after all of it a known user is not sent elsewhere");
    else if (s->c.alternate.family) /* RFC8489:14.8#6b: 300 needs integrity, and there is none */
        require(s->code == 400, "after all of it an unsigned request is not refused");
    else
        require(s->code == 0 && s->mapped, "after all of it a lawful request has no success");
}

static const struct rig_class rig = {
    .cls = &stun_server_class,
    .codec = &stun_codec,
    .config = config,
    .prepare = prepare,
    .args = args,
    .arrives = arrives,
    .sent = sent,
    .sane = sane,
};

static void one(const uint8_t *p, size_t n)
{
    static struct server s;
    rig_run(&rig, &s, (struct span){p, n});
}

const struct target stun_server_state_target = {.name = "stun_server_state",
                                                .one = one,
                                                .max_len = 4096,
                                                .weight = 3,
                                                .dict = "stun",
                                                .codecs = "steps/stun",
                                                .seeds = "stun/state"};
