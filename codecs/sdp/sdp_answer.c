/* codecs/sdp/sdp_answer.c - the answer to an offer, as a draft. */
#include "codecs/sdp/sdp_make.h"

static void setup(struct sdp_answering *w, struct node *list, const struct sdp_media *m)
{
    const struct sdp_abilities *able = w->k.able;
    const struct sdp_attribute *a = sdp_facts_either(&w->facts, m, SDP_CONNECTION);
    const char *role = sdp_plan_role(w, m);

    if (role)
        sdp_make_attribute(&w->k, list, "setup", span_of(role));
    if (a && a->value.p && sdp_over_tcp(m->proto))
        sdp_make_attribute(&w->k, list, "connection", span_of("new"));
    if (!sdp_over_tls(m->proto))
        return;
    sdp_make_attribute(&w->k, list, "fingerprint", span_of(able->fingerprint));
    if (able->tls_id && sdp_own(m, SDP_TLS_ID))
        sdp_make_attribute(&w->k, list, "tls-id", span_of(able->tls_id));
}

/* Flags that are answered where they are offered. */
static void flags(struct sdp_answering *w, struct node *list, const struct sdp_media *m)
{
    for (size_t i = 0; i < w->k.able->flags.n; i++) {
        const char *name = w->k.able->flags.v[i];
        bool found = false;
        for (size_t k = 0; k < m->section.attributes_n && !found; k++)
            found = span_is(m->section.attributes[k].name, name);
        for (size_t k = 0; k < w->offer->section.attributes_n && !found; k++)
            found = span_is(w->offer->section.attributes[k].name, name);
        if (found)
            sdp_make_flag(&w->k, list, name);
    }
}

/* Attributes of the categories TRANSPORT and IDENTICAL: not beside the tagged media description of a group. */
static void transport(struct sdp_answering *w, struct node *list, const struct sdp_plan *p)
{
    const struct sdp_suite *suite;
    const struct sdp_attribute *offered =
        sdp_keyed_here(p->m->proto) ? sdp_plan_crypto(p->s, p->m, &suite) : NULL;

    setup(w, list, p->m);
    if (offered)
        sdp_make_crypto(&w->k, list, span_cut(offered->value, 0, lex_find(offered->value, 0, ' ')),
                        suite);
    if (p->mux)
        sdp_make_flag(&w->k, list, "rtcp-mux");
    if (w->k.able->ice && sdp_plan_ice(w, p->m))
        sdp_make_ice(&w->k, list, p->s, p->mux); /* RFC 5761 section 5.1.3 */
    flags(w, list, p->m);
}

/* The a=rtpmap and a=fmtp of the formats that are taken, as they were offered. */
static void maps(struct sdp_answering *w, struct node *list, const struct sdp_plan *p)
{
    for (size_t i = 0; i < p->m->formats_n && i < SDP_FORMATS; i++) {
        uint32_t payload = p->ok[i] ? sdp_payload(p->m->formats[i]) : SDP_NONE;
        struct sdp_coding c;
        if (payload >= SDP_PAYLOADS)
            continue;
        if (w->maps[payload])
            sdp_make_attribute(&w->k, list, "rtpmap", w->maps[payload]->value);
        else if (sdp_is_rtp(p->m) && sdp_coding_of(p->m, payload, &c))
            sdp_make_map(&w->k, list, payload, &c);
        if (w->fmtps[payload])
            sdp_make_attribute(&w->k, list, "fmtp", w->fmtps[payload]->value);
    }
}

static void accepted(struct sdp_answering *w, struct node *list, const struct sdp_plan *p)
{
    enum sdp_direction d =
        sdp_direction_answer(sdp_facts_direction(&w->facts, p->m), p->s->direction);

    sdp_plan_maps(w, p->m);
    maps(w, list, p);
    sdp_answer_feedback(w, list, p);
    sdp_make_flag(&w->k, list, sdp_direction_name(d));
    if (p->of != SDP_BUNDLED)
        transport(w, list, p);
    if (sdp_is_sctp(p->m->proto))
        sdp_make_attribute(&w->k, list, "sctp-port", span_of("5000"));
    sdp_answer_extensions(w, list, p, d);
    sdp_answer_rids(w, list, p);
}

static void media(struct sdp_answering *w, struct node *medias, const struct sdp_plan *p)
{
    const struct sdp_media *m = p->m;
    const struct sdp_attribute *mid = sdp_own(m, SDP_MID);
    struct sdp_section_made to = sdp_make_media(&w->k, medias, m->media, p->s ? p->port : 0,
                                                m->proto.p ? m->proto : span_of("RTP/AVP"));

    for (size_t i = 0; i < m->formats_n; i++)
        if (!p->s || (i < SDP_FORMATS && p->ok[i]))
            sdp_make_format(&w->k, to.formats, m->formats[i]);
    if (!m->formats_n)
        sdp_make_format(&w->k, to.formats, span_of("0"));
    if (p->s)
        accepted(w, to.attributes, p);
    if (mid && mid->value.p)
        sdp_make_attribute(&w->k, to.attributes, "mid", mid->value);
}

/* The groups of the answer: each tagged media description with those that have its place in the offer. */
static void groups(struct sdp_answering *w, struct node *list)
{
    const struct sdp_msg *o = w->offer;
    struct span tags[SDP_PAIR_LIMIT];

    for (size_t i = 0; i < o->section.attributes_n; i++) {
        const struct sdp_attribute *a = &o->section.attributes[i];
        const struct sdp_group *g = a->type == SDP_GROUP ? a->parts : NULL;
        size_t n = 0, first = 0;
        if (!g || !span_is(g->semantics, "BUNDLE"))
            continue;
        for (size_t k = 0; k < o->media_n && k < SDP_LINT_MEDIA; k++) {
            const struct sdp_plan *p = &w->plan[k];
            if (p->group != g)
                continue;
            first = p->of == SDP_TAGGED ? n : first;
            tags[n++] = sdp_own(p->m, SDP_MID)->value;
        }
        if (!n)
            continue;
        struct span tagged = tags[first];
        memmove(tags + 1, tags, first * sizeof *tags);
        tags[0] = tagged;
        sdp_make_bundle(&w->k, list, tags, n);
    }
}

static void session(struct sdp_answering *w)
{
    const struct sdp_abilities *able = w->k.able;

    sdp_make_session(&w->k, NULL, able->version, w->offer);
    struct node *list = sdp_make_attributes(&w->k);
    groups(w, list);
    for (size_t i = 0; i < w->offer->media_n && able->ice && able->ice->lite; i++)
        if (w->plan[i].s && sdp_plan_ice(w, w->plan[i].m)) {
            sdp_make_flag(&w->k, list, "ice-lite");
            break;
        }
}

size_t sdp_answer(const struct sdp_msg *offer, const struct sdp_abilities *able,
                  struct draft *answer, struct arena *mem)
{
    struct sdp_answering w = {.k = {able, answer}, .offer = offer};

    draft_init(answer, &sdp_msg_desc, mem);
    sdp_facts_of(offer, &w.facts);
    w.plan = arena_new(mem, offer->media_n * sizeof *w.plan);
    if (!w.plan)
        return 0;
    size_t n = sdp_plan_make(&w);
    session(&w);
    struct node *medias = sdp_make_medias(&w.k);
    for (size_t i = 0; i < offer->media_n; i++)
        media(&w, medias, &w.plan[i]);
    return n;
}
