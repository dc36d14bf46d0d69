/* codecs/sdp/sdp_offer_stream.c - what an answer breaks: attributes that have to be among those of the offer. */
#include "codecs/sdp/sdp_pair.h"

/* Whether an attribute of the answer is this one of the offer, by what its kind is recognised by. */
static bool same(const struct sdp_attribute *a, const struct sdp_attribute *o)
{
    if (o->type != a->type || !o->parts)
        return false;
    if (a->type == SDP_CRYPTO) {
        const struct sdp_crypto *x = a->parts, *y = o->parts;
        return x->tag == y->tag && lex_same(x->suite, y->suite);
    }
    if (a->type == SDP_RID)
        return span_eq(((const struct sdp_rid *)a->parts)->id,
                       ((const struct sdp_rid *)o->parts)->id);
    return span_eq(a->value, o->value);
}

/* The attribute of the offer that one of the answer is; NULL: none. */
static const struct sdp_attribute *offered(const struct sdp_media *o, const struct sdp_attribute *a)
{
    for (size_t k = 0; k < o->section.attributes_n; k++)
        if (same(a, &o->section.attributes[k]))
            return &o->section.attributes[k];
    return NULL;
}

/* ---- a=rid, a=simulcast ---- */

static bool turned(struct span offered, struct span answered)
{
    return (span_is(offered, "send") && span_is(answered, "recv")) ||
           (span_is(offered, "recv") && span_is(answered, "send"));
}

static void rid(const struct sdp_pair *c, const struct sdp_rid *o, const struct sdp_rid *a)
{
    if (!turned(o->direction, a->direction))
        sdp_pair_broke(c, SDP_P_RID_DIRECTION, a->direction);
    for (size_t i = 0; i < a->params_n && i < SDP_PAIR_LIMIT; i++) {
        bool found = false;
        for (size_t k = 0; k < o->params_n && k < SDP_PAIR_LIMIT; k++)
            found |= span_eq(o->params[k].name, a->params[i].name);
        if (found)
            continue;
        sdp_pair_broke(c,
                       span_is(a->params[i].name, "pt") ? SDP_P_RID_FORMATS : SDP_P_RID_RESTRICTION,
                       a->params[i].text);
        return;
    }
}

/* The only a=simulcast of a media description; NULL: there is none, or `*several`. */
static const struct sdp_simulcast *simulcast_of(const struct sdp_media *m, bool *several)
{
    const struct sdp_simulcast *found = NULL;

    *several = false;
    for (size_t i = 0; i < m->section.attributes_n; i++) {
        const struct sdp_attribute *a = &m->section.attributes[i];
        if (a->type != SDP_SIMULCAST || !a->parts)
            continue;
        *several |= found != NULL;
        found = a->parts;
    }
    return *several ? NULL : found;
}

/* Whether feedback of the offer says that streams can be paused (RFC 7728 section 7). */
static bool pauses(const struct sdp_media *m)
{
    for (size_t i = 0; i < m->section.attributes_n; i++) {
        const struct sdp_attribute *a = &m->section.attributes[i];
        const struct sdp_feedback *f = a->type == SDP_RTCP_FB ? a->parts : NULL;
        if (f && span_is(f->type, "ccm") && span_is(f->param, "pause"))
            return true;
    }
    return false;
}

/* Whether an id is among the first ones of a list of streams. */
static bool has_id(const struct sdp_streams *s, struct span id)
{
    size_t looked = 0;

    for (size_t i = 0; s && i < s->streams_n; i++)
        for (size_t at = 0; at <= s->streams[i].n && looked < SDP_PAIR_LIMIT; looked++) {
            size_t end = lex_find(s->streams[i], at, ',');
            struct span one = span_cut(s->streams[i], at, end);
            if (span_eq(span_cut(one, one.n && one.p[0] == '~', one.n), id))
                return true;
            at = end + 1;
        }
    return looked == SDP_PAIR_LIMIT;
}

/* One direction of a=simulcast; `offered`: the list that it comes from, NULL: none. */
static void streams(const struct sdp_pair *c, const struct sdp_streams *offered,
                    const struct sdp_streams *a, bool paused)
{
    size_t looked = 0;

    for (size_t i = 0; i < a->streams_n; i++)
        for (size_t at = 0; at <= a->streams[i].n && looked < SDP_PAIR_LIMIT; looked++) {
            size_t end = lex_find(a->streams[i], at, ',');
            struct span id = span_cut(a->streams[i], at, end);
            bool pause = id.n && id.p[0] == '~';
            at = end + 1;
            if (pause && !paused) {
                sdp_pair_broke(c, SDP_P_SIMULCAST_PAUSED, id);
                return;
            }
            id = span_cut(id, pause, id.n);
            if (!has_id(offered, id)) {
                sdp_pair_broke(
                    c, span_is(a->direction, "send") ? SDP_P_SIMULCAST_SEND : SDP_P_SIMULCAST_ADDED,
                    id);
                return;
            }
        }
    if (a->streams_n > (offered ? offered->streams_n : 0))
        sdp_pair_broke(c, SDP_P_SIMULCAST_ADDED, a->direction);
}

static void simulcast(const struct sdp_pair *c, const struct sdp_media *o,
                      const struct sdp_media *a)
{
    const struct sdp_attribute *at = sdp_own(a, SDP_SIMULCAST);
    const struct sdp_simulcast *answered = at ? at->parts : NULL;
    bool several;
    const struct sdp_simulcast *offer = simulcast_of(o, &several);

    if (!answered)
        return;
    if (several) {
        sdp_pair_broke(c, SDP_P_SIMULCAST_SEVERAL, at->value);
        return;
    }
    for (size_t i = 0; i < answered->directions_n; i++) {
        const struct sdp_streams *from = NULL;
        for (size_t k = 0; offer && k < offer->directions_n && !from; k++)
            if (turned(offer->directions[k].direction, answered->directions[i].direction))
                from = &offer->directions[k];
        streams(c, from, &answered->directions[i], pauses(o));
    }
}

/* ---- a=extmap ---- */

/* What an extension is used for: its own direction, or that of the stream. */
static enum sdp_direction extension_direction(const struct sdp_extmap *e, enum sdp_direction stream)
{
    if (!e->direction.p)
        return stream;
    return (enum sdp_direction)(
        (lex_like(e->direction, "sendonly") || lex_like(e->direction, "sendrecv") ? SDP_DIR_SEND
                                                                                  : 0) |
        (lex_like(e->direction, "recvonly") || lex_like(e->direction, "sendrecv") ? SDP_DIR_RECV
                                                                                  : 0));
}

static void extension(const struct sdp_pair *c, const struct sdp_extmap *o,
                      const struct sdp_extmap *a, enum sdp_direction stream, struct span at)
{
    enum sdp_direction d = extension_direction(a, stream);

    if (lex_like(o->direction, "sendonly") && d & SDP_DIR_SEND)
        sdp_pair_broke(c, SDP_P_EXTENSION_SENDONLY, at);
    else if (lex_like(o->direction, "recvonly") && d & SDP_DIR_RECV)
        sdp_pair_broke(c, SDP_P_EXTENSION_RECVONLY, at);
    if (o->id < 4096 && o->id != a->id) /* others are given identifiers by the answer */
        sdp_pair_broke(c, SDP_P_EXTENSION_ID, at);
}

static void extensions(const struct sdp_pair *c, const struct sdp_media *o,
                       const struct sdp_media *a)
{
    enum sdp_direction stream = sdp_facts_direction(&c->new, a);
    size_t looked = 0;

    for (size_t i = 0; i < a->section.attributes_n && looked < SDP_PAIR_LIMIT; i++) {
        const struct sdp_attribute *at = &a->section.attributes[i];
        const struct sdp_extmap *e = at->type == SDP_EXTMAP ? at->parts : NULL, *found = NULL;
        if (!e)
            continue;
        looked++;
        for (size_t k = 0; k < o->section.attributes_n; k++) {
            const struct sdp_attribute *b = &o->section.attributes[k];
            const struct sdp_extmap *f = b->type == SDP_EXTMAP ? b->parts : NULL;
            if (!f || !span_eq(f->uri, e->uri))
                continue;
            if (!found || f->id == e->id)
                found = f;
        }
        if (found)
            extension(c, found, e, stream, at->value);
    }
}

/* ---- all ---- */

/* An accepted stream with a=crypto in the offer has one of them in the answer, unless its keys come otherwise. */
static void crypto(const struct sdp_pair *c, const struct sdp_media *o, const struct sdp_media *a)
{
    size_t n = 0;

    if (!sdp_own(o, SDP_CRYPTO) || !sdp_keyed_here(a->proto))
        return;
    for (size_t i = 0; i < a->section.attributes_n; i++)
        n += a->section.attributes[i].type == SDP_CRYPTO;
    if (n > 1 || (n == 0 && !sdp_facts_either(&c->new, a, SDP_FINGERPRINT)))
        sdp_pair_broke(c, SDP_P_CRYPTO_ONE, a->line);
}

void sdp_answer_attributes(const struct sdp_pair *c, const struct sdp_media *o,
                           const struct sdp_media *a, enum sdp_bundled bundled)
{
    static const struct {
        enum sdp_type type;
        enum sdp_pair_id rule;
    } rules[] = {{SDP_CRYPTO, SDP_P_CRYPTO}, {SDP_RTCP_FB, SDP_P_FEEDBACK}, {SDP_RID, SDP_P_RID}};

    for (size_t r = 0; r < COUNT(rules); r++) {
        size_t looked = 0;
        for (size_t i = 0; i < a->section.attributes_n && looked < SDP_PAIR_LIMIT; i++) {
            const struct sdp_attribute *at = &a->section.attributes[i], *found;
            if (at->type != rules[r].type || !at->parts)
                continue;
            looked++;
            found = offered(o, at);
            if (!found)
                sdp_pair_broke(c, rules[r].rule, at->value);
            else if (at->type == SDP_RID)
                rid(c, found->parts, at->parts);
        }
    }
    if (bundled == SDP_ALONE || bundled == SDP_TAGGED) /* the others have that of the tagged one */
        crypto(c, o, a);
    simulcast(c, o, a);
    extensions(c, o, a);
}
