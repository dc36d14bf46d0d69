/* harness/cli/vectors_sdp.c - what vectors of SDP say beyond fields: what a description breaks beside others of its
 * session. They stand in the test as texts. */
#include <stdlib.h>
#include "codecs/sdp/sdp_offer.h"
#include "harness/cli/vectors.h"

enum { ROOM = 1 << 20 }; /* octets for the view of each */

static const char *const keys[] = {"offer", "before", "peer", "wish", "as", "asked", NULL};
enum { OFFER, BEFORE, PEER, WISH, TEXTS };

struct others {
    uint8_t *room;
    struct sdp_msg of[TEXTS];
    bool there[TEXTS];
};

static bool decode(const struct vector *v, size_t i, struct others *o, struct wr *why)
{
    const json_t *text = json_object_get(v->test, keys[i]);
    struct span in = {(const uint8_t *)json_string_value(text), json_string_length(text)};
    struct findings fs = {0};

    if (!text)
        return true;
    struct arena mem = arena_of(o->room + i * ROOM, ROOM);
    if (!in.p || sdp_msg_decode(in, &mem, &o->of[i], &fs) != STEP_ITEM || mem.full)
        return vector_fails(why, "%s is no description", keys[i]);
    o->there[i] = true;
    return true;
}

static const struct sdp_msg *other(const struct others *o, size_t i)
{
    return o->there[i] ? &o->of[i] : NULL;
}

static bool judge(const struct vector *v, const void *view, struct findings *fs, struct wr *why)
{
    const char *as = json_string_value(json_object_get(v->test, "as"));
    struct others o = {.room = malloc((size_t)TEXTS * ROOM)};
    bool good = o.room || vector_fails(why, "no memory");

    for (size_t i = 0; i < TEXTS && good; i++)
        good = decode(v, i, &o, why);
    if (good && as && strcmp(as, "offer") != 0 && strcmp(as, "capabilities") != 0)
        good = vector_fails(why, "'%s' is neither offer nor capabilities", as);
    if (good && o.there[OFFER])
        sdp_answer_check(&o.of[OFFER], view, fs);
    if (good && as && strcmp(as, "offer") == 0) {
        struct sdp_past past = {other(&o, BEFORE), other(&o, PEER), other(&o, WISH),
                                json_is_true(json_object_get(v->test, "asked"))};
        sdp_offer_check(view, &past, fs);
    } else if (good && o.there[BEFORE]) {
        sdp_reoffer_check(&o.of[BEFORE], view, fs);
    }
    if (good && as && strcmp(as, "capabilities") == 0)
        sdp_able_check(view, fs);
    free(o.room);
    return good;
}

const struct vector_check sdp_vector_check = {"sdp", keys, NULL, judge};
