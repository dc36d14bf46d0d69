/* codecs/sdp/sdp_offer_group.c - what an answer breaks: its groups, and BUNDLE (RFC 8843, and RFC 9143 after it). */
#include "codecs/sdp/sdp_pair.h"

enum { GROUPS = 8 }; /* of the answer that are looked at */

static const struct sdp_group *group_at(const struct sdp_msg *m, size_t i)
{
    const struct sdp_attribute *a = &m->section.attributes[i];
    return a->type == SDP_GROUP ? a->parts : NULL;
}

static bool has_tag(const struct sdp_group *g, struct span tag)
{
    for (size_t k = 0; k < g->ids_n && k < SDP_PAIR_LIMIT; k++)
        if (span_eq(g->ids[k], tag))
            return true;
    return false;
}

/* The group of these semantics that has the tag; NULL: none. `any`: whether there is a group of these semantics. */
static const struct sdp_group *group_of(const struct sdp_msg *m, struct span semantics,
                                        struct span tag, bool *any)
{
    for (size_t i = 0; i < m->section.attributes_n && i < 4 * SDP_PAIR_LIMIT; i++) {
        const struct sdp_group *g = group_at(m, i);
        if (!g || !span_eq(g->semantics, semantics))
            continue;
        *any = true;
        if (has_tag(g, tag))
            return g;
    }
    return NULL;
}

/* ---- BUNDLE ---- */

static const struct sdp_media *of_tag(const struct sdp_msg *m, struct span tag)
{
    for (size_t i = 0; i < m->media_n && i < SDP_LINT_MEDIA; i++)
        if (sdp_own(&m->media[i], SDP_MID) && span_eq(sdp_own(&m->media[i], SDP_MID)->value, tag))
            return &m->media[i];
    return NULL;
}

/* Attributes of the categories TRANSPORT and IDENTICAL (RFC 8859), and the others of ICE (RFC 8843 section 10). */
static bool of_transport(enum sdp_type type)
{
    static const bool types[SDP_TYPES] = {
        [SDP_RTCP] = true,
        [SDP_SETUP] = true,
        [SDP_CONNECTION] = true,
        [SDP_CRYPTO] = true,
        [SDP_RTCP_MUX] = true,
        [SDP_FINGERPRINT] = true,
        [SDP_CANDIDATE] = true,
        [SDP_REMOTE_CANDIDATES] = true,
        [SDP_ICE_UFRAG] = true,
        [SDP_ICE_PWD] = true,
        [SDP_ICE_OPTIONS] = true,
        [SDP_ICE_MISMATCH] = true,
        [SDP_TLS_ID] = true,
        [SDP_RTCP_RSIZE] = true,
        [SDP_END_OF_CANDIDATES] = true,
        [SDP_EXTMAP_ALLOW_MIXED] = true,
    };
    return types[type];
}

/* A bundled media description beside the tagged one. */
static void beside(const struct sdp_pair *c, const struct sdp_media *tagged,
                   const struct sdp_media *a)
{
    const struct sdp_connection *ct = sdp_media_connection(c->is, tagged),
                                *ca = sdp_media_connection(c->is, a);

    if (!sdp_port_zero(a) && !sdp_port_zero(tagged) &&
        (a->port != tagged->port || (ct && ca && !span_eq(ct->address, ca->address))))
        sdp_pair_broke(c, SDP_P_BUNDLE_PORT, a->line);
    for (size_t i = 0; i < a->section.attributes_n; i++)
        if (of_transport(a->section.attributes[i].type)) {
            sdp_pair_broke(c, SDP_P_BUNDLE_ATTRIBUTE, a->section.attributes[i].name);
            return;
        }
}

/* Which tag has to be the first: that of the first stream of the offered group that is accepted and has a port
 * there. */
static void first_tag(const struct sdp_pair *c, const struct sdp_group *offered,
                      const struct sdp_group *g)
{
    for (size_t i = 0; i < offered->ids_n && i < SDP_PAIR_LIMIT; i++) {
        const struct sdp_media *o = of_tag(c->was, offered->ids[i]);
        if (!o || sdp_port_zero(o) || !has_tag(g, offered->ids[i]))
            continue;
        if (!span_eq(offered->ids[i], g->ids[0]))
            sdp_pair_broke(c, SDP_P_BUNDLE_TAG, g->ids[0]);
        return;
    }
    sdp_pair_broke(c, SDP_P_BUNDLE_NO_TAG, g->ids[0]);
}

static void bundle(const struct sdp_pair *c, const struct sdp_group *offered,
                   const struct sdp_group *g, struct sdp_bundles *b)
{
    const struct sdp_media *tagged = of_tag(c->is, g->ids[0]);
    bool mux = false;

    b->untold |= c->is->media_n > SDP_LINT_MEDIA || c->was->media_n > SDP_LINT_MEDIA;
    if (!tagged || b->untold)
        return;
    for (size_t i = 0; i < g->ids_n && i < SDP_PAIR_LIMIT; i++) {
        const struct sdp_media *a = of_tag(c->is, g->ids[i]), *o = of_tag(c->was, g->ids[i]);
        if (!a)
            continue;
        if (sdp_port_zero(a) && !sdp_own(a, SDP_BUNDLE_ONLY)) {
            sdp_pair_broke(c, SDP_P_BUNDLE_REJECTED, g->ids[i]);
            continue;
        }
        mux |= o && sdp_own(o, SDP_RTCP_MUX);
        b->of[a - c->is->media] = a == tagged ? SDP_TAGGED : SDP_BUNDLED;
        if (sdp_own(a, SDP_RTCP))
            sdp_pair_broke(c, SDP_P_BUNDLE_RTCP, sdp_own(a, SDP_RTCP)->name);
        if (a != tagged)
            beside(c, tagged, a);
    }
    if (mux && b->of[tagged - c->is->media] && !sdp_own(tagged, SDP_RTCP_MUX))
        sdp_pair_broke(c, SDP_P_BUNDLE_MUX, tagged->line);
    if (offered)
        first_tag(c, offered, g);
}

void sdp_answer_groups(const struct sdp_pair *c, struct sdp_bundles *b)
{
    size_t looked = 0;

    memset(b, 0, sizeof *b);
    for (size_t i = 0; i < c->is->section.attributes_n && looked < GROUPS; i++) {
        const struct sdp_group *g = group_at(c->is, i);
        bool any = false;
        if (!g)
            continue;
        looked++;
        const struct sdp_group *offered =
            group_of(c->was, g->semantics, g->ids_n ? g->ids[0] : (struct span){NULL, 0}, &any);
        if (!any && c->was->section.attributes_n <= 4 * SDP_PAIR_LIMIT) {
            sdp_pair_broke(c, SDP_P_GROUP, c->is->section.attributes[i].value);
            continue;
        }
        for (size_t k = 0; k < g->ids_n && k < SDP_PAIR_LIMIT; k++) {
            bool unused;
            if (!group_of(c->was, g->semantics, g->ids[k], &unused) &&
                c->was->section.attributes_n <= 4 * SDP_PAIR_LIMIT) {
                sdp_pair_broke(c, SDP_P_GROUP_TAG, g->ids[k]);
                break;
            }
        }
        if (g->ids_n && span_is(g->semantics, "BUNDLE"))
            bundle(c, offered, g, b);
    }
}
