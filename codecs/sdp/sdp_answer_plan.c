/* codecs/sdp/sdp_answer_plan.c - which streams of an offer are taken, in which formats, and what is bundled. */
#include "codecs/sdp/sdp_make.h"

void sdp_plan_maps(struct sdp_answering *w, const struct sdp_media *m)
{
    memset(w->maps, 0, sizeof w->maps);
    memset(w->fmtps, 0, sizeof w->fmtps);
    for (size_t i = 0; i < m->section.attributes_n; i++) {
        const struct sdp_attribute *a = &m->section.attributes[i], **to = NULL;
        uint32_t payload = SDP_NONE;
        if (a->type == SDP_RTPMAP && a->parts) {
            payload = ((const struct sdp_rtpmap *)a->parts)->payload;
            to = w->maps;
        } else if (a->type == SDP_FMTP && a->parts) {
            payload = sdp_payload(((const struct sdp_fmtp *)a->parts)->format);
            to = w->fmtps;
        }
        if (payload < SDP_PAYLOADS && !to[payload])
            to[payload] = a;
    }
}

static bool coding(const struct sdp_answering *w, uint32_t payload, struct sdp_coding *c)
{
    static const struct sdp_media none = {.port = 0};
    const struct sdp_rtpmap *map = w->maps[payload] ? w->maps[payload]->parts : NULL;

    if (!map)
        return sdp_coding_of(&none, payload, c);
    *c = (struct sdp_coding){map->encoding, map->clock, map->params.n ? sdp_u32(map->params) : 1};
    return true;
}

/* Whether a format of the offer can be had. */
static bool fits(const struct sdp_answering *w, const struct sdp_ability *s, struct span f)
{
    struct sdp_coding c;
    uint32_t payload = sdp_payload(f);

    if (s->format)
        return span_is(f, s->format);
    if (payload == SDP_NONE || !coding(w, payload, &c))
        return false;
    for (size_t i = 0; i < s->codings_n; i++)
        if (sdp_coding_same(&c, &s->codings[i]))
            return true;
    return false;
}

/* Whether the payload types that a format is made of are taken: apt= of RFC 4588, the list of RFC 2198. */
static bool carried(const struct sdp_answering *w, const bool taken[SDP_PAYLOADS], uint32_t payload)
{
    const struct sdp_fmtp *f = w->fmtps[payload] ? w->fmtps[payload]->parts : NULL;
    struct sdp_coding c;

    if (!f || !f->params_n || !coding(w, payload, &c))
        return true;
    if (lex_like(c.encoding, "red")) {
        struct span list = f->params[0].text;
        for (size_t at = 0; at <= list.n;) {
            size_t end = lex_find(list, at, '/');
            uint32_t v = sdp_payload(span_cut(list, at, end));
            if (v != SDP_NONE && !taken[v])
                return false;
            at = end + 1;
        }
    }
    for (size_t i = 0; lex_like(c.encoding, "rtx") && i < f->params_n; i++) {
        uint32_t v = sdp_payload(f->params[i].value);
        if (lex_like(f->params[i].name, "apt") && (v == SDP_NONE || !taken[v]))
            return false;
    }
    return true;
}

/* Which formats a stream takes; false: none. */
static bool formats(struct sdp_answering *w, struct sdp_plan *p, const struct sdp_ability *s)
{
    const struct sdp_media *m = p->m;
    bool taken[SDP_PAYLOADS] = {false}, any = false;

    for (size_t i = 0; i < m->formats_n && i < SDP_FORMATS; i++) {
        uint32_t payload = sdp_payload(m->formats[i]);
        p->ok[i] = fits(w, s, m->formats[i]) && (s->format || !taken[payload]);
        if (p->ok[i] && !s->format)
            taken[payload] = true;
    }
    for (size_t i = 0; i < m->formats_n && i < SDP_FORMATS; i++) {
        if (p->ok[i] && !s->format)
            p->ok[i] = carried(w, taken, sdp_payload(m->formats[i]));
        any |= p->ok[i];
    }
    return any;
}

/* Whether the parameters of an a=crypto can be obeyed: those that need not be, and the hint WSH (RFC 4568 section
 * 6.3). */
static bool obeyed(const struct sdp_crypto *v)
{
    for (size_t i = 0; i < v->params_n; i++) {
        struct span s = v->params[i];
        if (!s.n || (s.p[0] != '-' && !(s.n > 4 && lex_like(span_cut(s, 0, 4), "WSH="))))
            return false;
    }
    return true;
}

const struct sdp_attribute *sdp_plan_crypto(const struct sdp_ability *s, const struct sdp_media *m,
                                            const struct sdp_suite **suite)
{
    for (size_t i = 0; i < m->section.attributes_n; i++) {
        const struct sdp_attribute *a = &m->section.attributes[i];
        const struct sdp_crypto *v = a->type == SDP_CRYPTO ? a->parts : NULL;
        if (!v || v->tag == SDP_NONE || !obeyed(v))
            continue;
        for (size_t k = 0; k < s->suites_n; k++)
            if (lex_like(v->suite, s->suites[k].name)) {
                *suite = &s->suites[k];
                return a;
            }
    }
    return NULL;
}

bool sdp_plan_ice(const struct sdp_answering *w, const struct sdp_media *m)
{
    return sdp_own(m, SDP_CANDIDATE) || sdp_facts_either(&w->facts, m, SDP_ICE_UFRAG);
}

/* Whether the offer takes rtcp-mux or nothing (RFC 8858). */
static bool mux_only(const struct sdp_media *m)
{
    for (size_t i = 0; i < m->section.attributes_n; i++)
        if (span_is(m->section.attributes[i].name, "rtcp-mux-only"))
            return true;
    return false;
}

/* Whether a media description could be accepted at all, its port apart. */
static bool possible(const struct sdp_answering *w, const struct sdp_media *m)
{
    const struct sdp_abilities *able = w->k.able;
    struct span setup = sdp_value_of(sdp_facts_either(&w->facts, m, SDP_SETUP));

    if (sdp_is_multicast(sdp_media_connection(w->offer, m)))
        return false;
    if (sdp_over_tls(m->proto) && !able->fingerprint)
        return false;
    if (lex_like(setup, "holdconn") && (lex_holds(m->proto, "UDP/TLS") || sdp_is_sctp(m->proto)))
        return false;
    return able->mux || !sdp_is_rtp(m) || !mux_only(m);
}

const char *sdp_plan_role(const struct sdp_answering *w, const struct sdp_media *m)
{
    const struct sdp_attribute *a = sdp_facts_either(&w->facts, m, SDP_SETUP);
    const char *own = w->k.able->passive ? "passive" : "active";

    if (!a)
        return sdp_over_tls(m->proto) ? "passive" : NULL; /* who says nothing is active */
    if (lex_like(a->value, "active"))
        return "passive";
    if (lex_like(a->value, "passive"))
        return "active";
    if (lex_like(a->value, "holdconn"))
        return "holdconn";
    return lex_like(a->value, "actpass") || sdp_over_tls(m->proto) ? own : NULL;
}

/* Where a stream is received; who opens a connection is not (RFC 4145 section 4.1). */
static uint32_t port_of(const struct sdp_answering *w, const struct sdp_media *m,
                        const struct sdp_ability *s)
{
    const char *role = sdp_over_tcp(m->proto) ? sdp_plan_role(w, m) : NULL;
    return role && strcmp(role, "active") == 0 ? 9 : s->port;
}

/* Find the stream that takes a media description. `alone`: keys have to stand here. */
static void choose(struct sdp_answering *w, struct sdp_plan *p, bool alone)
{
    const struct sdp_media *m = p->m;
    const struct sdp_suite *suite;

    if (!possible(w, m))
        return;
    sdp_plan_maps(w, m);
    for (size_t i = 0; i < w->k.able->streams_n && i < SDP_ABILITIES; i++) {
        const struct sdp_ability *s = &w->k.able->streams[i];
        if (w->used[i] || !span_is(m->media, s->media) || !span_is(m->proto, s->proto))
            continue;
        if (alone && sdp_keyed_here(m->proto) && !sdp_plan_crypto(s, m, &suite))
            continue;
        if (!formats(w, p, s))
            continue;
        w->used[i] = true;
        p->s = s;
        p->port = port_of(w, m, s);
        return;
    }
}

/* ---- BUNDLE (RFC 8843 section 7.3, RFC 9143 section 7.3) ---- */

struct bundling {
    struct sdp_answering *w;
    const struct sdp_group *g;
    struct sdp_plan *tagged;
    bool mux; /* rtcp-mux is offered somewhere in the group */
};

static struct sdp_plan *of_tag(const struct sdp_answering *w, struct span tag)
{
    for (size_t i = 0; i < w->offer->media_n && i < SDP_LINT_MEDIA; i++) {
        const struct sdp_attribute *mid = sdp_own(w->plan[i].m, SDP_MID);
        if (mid && span_eq(mid->value, tag))
            return sdp_is_token(tag) ? &w->plan[i] : NULL;
    }
    return NULL;
}

/* Whether a media description may be in the group of the answer, where it is accepted. */
static bool may_join(const struct bundling *b, const struct sdp_plan *p)
{
    if (p->of != SDP_ALONE || (sdp_is_rtp(p->m) && !b->mux))
        return false;
    return !b->tagged || sdp_over_tcp(p->m->proto) == sdp_over_tcp(b->tagged->m->proto);
}

static void join(struct bundling *b, struct sdp_plan *p)
{
    if (!p->s && sdp_own(p->m, SDP_BUNDLE_ONLY) && p->m->port == 0)
        choose(b->w, p, false);
    if (!p->s)
        return;
    p->of = SDP_BUNDLED;
    p->group = b->g;
    p->port = b->tagged->port;
    p->mux = false;
}

static void bundle(struct sdp_answering *w, const struct sdp_group *g)
{
    struct bundling b = {w, g, NULL, false};

    for (size_t i = 0; i < g->ids_n && i < SDP_PAIR_LIMIT; i++) {
        const struct sdp_plan *p = of_tag(w, g->ids[i]);
        b.mux |= p && sdp_own(p->m, SDP_RTCP_MUX);
    }
    if (b.mux && !w->k.able->mux) /* RFC 8843 section 9.3 */
        return;
    for (size_t i = 0; i < g->ids_n && i < SDP_PAIR_LIMIT && !b.tagged; i++) {
        struct sdp_plan *p = of_tag(w, g->ids[i]);
        if (p && p->s && may_join(&b, p))
            b.tagged = p;
    }
    if (!b.tagged)
        return;
    b.tagged->of = SDP_TAGGED;
    b.tagged->group = g;
    b.tagged->mux = b.mux;
    for (size_t i = 0; i < g->ids_n && i < SDP_PAIR_LIMIT; i++) {
        struct sdp_plan *p = of_tag(w, g->ids[i]);
        if (p && may_join(&b, p))
            join(&b, p);
    }
}

size_t sdp_plan_make(struct sdp_answering *w)
{
    const struct sdp_msg *o = w->offer;
    size_t n = 0, groups = 0;

    for (size_t i = 0; i < o->media_n; i++) {
        struct sdp_plan *p = &w->plan[i];
        *p = (struct sdp_plan){.m = &o->media[i]};
        if (!sdp_port_zero(p->m))
            choose(w, p, true);
        p->mux = p->s && w->k.able->mux && sdp_is_rtp(p->m) && sdp_own(p->m, SDP_RTCP_MUX);
    }
    for (size_t i = 0; i < o->section.attributes_n && w->k.able->bundle && groups < 8; i++) {
        const struct sdp_attribute *a = &o->section.attributes[i];
        const struct sdp_group *g = a->type == SDP_GROUP ? a->parts : NULL;
        if (!g || !span_is(g->semantics, "BUNDLE"))
            continue;
        groups++;
        bundle(w, g);
    }
    for (size_t i = 0; i < o->media_n; i++)
        n += w->plan[i].s != NULL;
    return n;
}
