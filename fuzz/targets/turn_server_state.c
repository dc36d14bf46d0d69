/* fuzz/targets/turn_server_state.c - our TURN server under a program of steps: fuzz/state/rig.h says what is
 * required of any endpoint. Of this one: to a client it sends clean messages or whole ChannelData, answers nobody who
 * has not asked, and after all of it a Binding request has its success, and Allocate is challenged.
 *
 * Flags of a step that carries a message: LEARNED puts in user, realm and nonce as the server told them last,
 * SEALED makes integrity and fingerprint good under the user's key. */
#include "fuzz/engine/target.h"
#include "fuzz/state/rig.h"
#include "fuzz/state/stun_help.h"
#include "harness/endpoints/turn/turn.h"

enum { LEARNED = 8, SEALED = 16, ASKED = 1024, SOURCE_SANE = 2, RELAYS_FROM = 16 };
enum { /* bits of the config */
       C_OPEN = 1,
       C_FINGERPRINT = 2,
       C_RFC5389 = 4,
       C_SIX = 8,
       C_QUOTA = 16,
       C_PORTS = 32,
       C_NO_TCP = 64,
       C_RFC5766 = 128,
       C_FAIL = 256,
};
struct asked {
    uint8_t id[12];
    struct addr from;
};
struct server {
    struct turn_server_config c;
    struct stun_told told;
    struct asked asked[ASKED];
    size_t n_asked;
    unsigned code; /* of the last answer, 0: success */
    size_t answers;
};

static const void *config(void *ctx, uint32_t bits)
{
    struct server *s = ctx;

    *s = (struct server){0};
    s->c = (struct turn_server_config){
        .open = bits & C_OPEN,
        .fingerprint = bits & C_FINGERPRINT,
        .rfc5389 = bits & C_RFC5389,
        .ip6 = bits & C_SIX,
        .quota = bits & C_QUOTA ? 2 : 0,
        .port_first = bits & C_PORTS ? 50000 : 0,
        .port_last = bits & C_PORTS ? 50003 : 0,
        .no_tcp = bits & C_NO_TCP,
        .rfc5766 = bits & C_RFC5766,
        .fail_at = bits & C_FAIL ? 2 : 0,
    };
    return &s->c;
}

static struct span prepare(void *ctx, const struct prog_step *step, struct span payload,
                           uint8_t *room)
{
    struct server *s = ctx;

    if (step->flags & LEARNED)
        payload = stun_put_told(&s->told, payload, room);
    if (step->flags & SEALED)
        payload = stun_put_seal(&s->told, STUN_AUTH_LONG, payload, room);
    return payload;
}

static void arrives(void *ctx, const struct rig_flow *f, const struct addr *from,
                    struct span octets)
{
    struct server *s = ctx;
    (void)f;
    if (octets.n <
        STUN_HEADER) /* it gets no answer, however many come before another one has its own */
        return;
    struct asked *a = &s->asked[s->n_asked++ % ASKED];
    *a = (struct asked){.from = *from};
    memcpy(a->id, octets.p + 8, 12);
}

static bool was_asked(const struct server *s, const struct stun_msg *m, const struct addr *to)
{
    for (size_t i = 0; i < ASKED && i < s->n_asked; i++)
        if (addr_eq(&s->asked[i].from, to) && memcmp(s->asked[i].id, m->wire.p + 8, 12) == 0)
            return true;
    return false;
}

static bool sent(void *ctx, const struct rig_flow *f, const struct addr *to, struct span octets)
{
    static struct stun_attr attrs[STUN_ATTRS];
    struct server *s = ctx;
    struct stun_msg m;

    if (f->id >= RELAYS_FROM && !f->stream)
        return false; /* what a client has it send to a peer */
    if (octets.n && octets.p[0] >= 0x40) {
        require(octets.n >= 4u + get_u16(octets.p + 2), "ChannelData that is not whole");
        require(!f->stream || octets.n % 4 == 0, "ChannelData without padding on a stream");
        return false;
    }
    require(stun_clean(octets, &m, attrs, COUNT(attrs), NULL),
            "what a server sends is no clean message");
    if (m.cls == STUN_INDICATION)
        return true;
    require(m.cls != STUN_REQUEST, "a server asks");
    if (!f->stream)
        require(was_asked(s, &m, to), "an answer that nobody asked for, or to somebody else");
    const struct stun_attr *code = stun_find(&m, STUN_ERROR_CODE);
    require(m.cls == STUN_SUCCESS || (code && code->kind == STUN_CODE), "an error without a code");
    s->code = m.cls == STUN_ERROR && code ? code->v.code : 0;
    s->answers++;
    stun_take_told(&s->told, &m);
    return true;
}

static void sane(void *ctx, struct rig *r)
{
    static const uint8_t allocate[] = {0,   3,   0,   8,   0x21, 0x12, 0xa4, 0x42, 's', 'a',
                                       'n', 'e', '-', 'a', 's',  'k',  'i',  'n',  'g', '!',
                                       0,   25,  0,   4,   17,   0,    0,    0};
    static uint8_t room[1024];
    struct server *s = ctx;
    const struct rig_flow *f = rig_datagrams(r);
    struct addr from = rig_source(SOURCE_SANE);

    if (!f || f->id >= RELAYS_FROM)
        return;
    from.port = 61000; /* nobody else's */
    s->answers = 0;
    rig_arrive(r, f, &from, stun_request(&s->told, STUN_AUTH_NONE, room, sizeof room));
    require(s->answers == 1 && s->code == 0, "after all of it Binding has no success");
    rig_arrive(r, f, &from, (struct span){allocate, sizeof allocate});
    if (!s->c.open)
        require(s->answers == 2 && s->code == 401, "after all of it Allocate is not challenged");
}

static const struct rig_class rig = {
    .cls = &turn_server_class,
    .config = config,
    .prepare = prepare,
    .arrives = arrives,
    .sent = sent,
    .sane = sane,
};

static void one(const uint8_t *p, size_t n)
{
    static struct server s;
    rig_run(&rig, &s, (struct span){p, n});
}

const struct target turn_server_state_target = {.name = "turn_server_state",
                                                .one = one,
                                                .max_len = 4096,
                                                .weight = 2,
                                                .dict = "stun",
                                                .codecs = "steps/stun",
                                                .seeds = "turn/state"};
