/* fuzz/bugs/bug_server_state.c - the server with the planted bug under programs of steps. The target knows the
 * protocol as stun_server_state does, and nothing of the bug. */
#include "fuzz/bugs/toy_server.h"
#include "fuzz/engine/target.h"
#include "fuzz/state/rig.h"
#include "fuzz/state/stun_help.h"

enum { LEARNED = 8, SEALED = 16 };

static const void *config(void *ctx, uint32_t bits)
{
    (void)bits;
    *(struct stun_told *)ctx = (struct stun_told){0};
    return NULL;
}

static struct span prepare(void *ctx, const struct prog_step *step, struct span payload,
                           uint8_t *room)
{
    if (step->flags & LEARNED)
        payload = stun_put_told(ctx, payload, room);
    if (step->flags & SEALED)
        payload = stun_put_seal(ctx, STUN_AUTH_LONG, payload, room);
    return payload;
}

static bool sent(void *ctx, const struct rig_flow *f, const struct addr *to, struct span octets)
{
    static struct stun_attr attrs[64];
    struct findings fs = {0};
    struct stun_msg m;

    (void)f;
    (void)to;
    if (stun_decode(octets, &m, attrs, COUNT(attrs), &fs) == STEP_ITEM)
        stun_take_told(ctx, &m);
    return true;
}

static const struct rig_class rig = {
    .cls = &toy_server_class, .config = config, .prepare = prepare, .sent = sent};

static void one(const uint8_t *p, size_t n)
{
    static struct stun_told told;
    rig_run(&rig, &told, (struct span){p, n});
}

const struct target bug_server_state_target = {.name = "bug_server_state",
                                               .one = one,
                                               .max_len = 4096,
                                               .weight = 1,
                                               .dict = "stun",
                                               .codecs = "steps/stun",
                                               .seeds = "stun/state"};
