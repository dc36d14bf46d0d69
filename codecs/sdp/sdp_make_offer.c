/* codecs/sdp/sdp_make_offer.c - offers, first and later ones, as drafts; hold and resume. */
#include "codecs/sdp/sdp_make.h"

struct slot {                           /* a media description of the offer */
    const struct sdp_media *own, *peer; /* what stood in its place; NULL: nothing */
    const struct sdp_ability *s;        /* NULL: it is removed */
    struct span mid;                    /* p is NULL: none */
    bool bundled;                       /* listed in the group */
    bool shared;                        /* it has the transport of the tagged media description */
};
struct offering {
    struct sdp_maker k;
    const struct sdp_msg *own, *peer; /* NULL: there is none */
    struct slot *slots;
    size_t n;
    uint32_t shared_port; /* of the tagged media description */
    bool mux;             /* every bundled media description has rtcp-mux */
    struct {
        struct span uri;
        uint32_t id;
    } ids[SDP_FORMATS]; /* of extensions */
    size_t ids_n;
    bool id_used[SDP_EXTENSIONS + 1];
};

/* ---- which stream stands where ---- */

static void fill(struct offering *o, struct slot *to, bool used[SDP_ABILITIES], bool proto)
{
    const struct sdp_abilities *able = o->k.able;

    for (size_t i = 0; i < able->streams_n && i < SDP_ABILITIES; i++) {
        const struct sdp_ability *s = &able->streams[i];
        if (used[i] || !span_is(to->own->media, s->media) ||
            (proto && !span_is(to->own->proto, s->proto)))
            continue;
        used[i] = true;
        to->s = s;
        return;
    }
}

static void place(struct offering *o)
{
    const struct sdp_abilities *able = o->k.able;
    bool used[SDP_ABILITIES] = {false};

    o->n = o->own ? o->own->media_n : 0;
    for (size_t i = 0; i < o->n; i++) {
        o->slots[i] =
            (struct slot){.own = sdp_media_at(o->own, i), .peer = sdp_media_at(o->peer, i)};
        if (!sdp_port_zero(o->slots[i].own) || sdp_own(o->slots[i].own, SDP_BUNDLE_ONLY))
            fill(o, &o->slots[i], used, true);
    }
    for (size_t i = 0; i < o->n; i++) /* a place that is free: RFC 3264 section 8.1 */
        if (sdp_port_zero(o->slots[i].own) && !o->slots[i].s)
            fill(o, &o->slots[i], used, false);
    for (size_t i = 0; i < able->streams_n && i < SDP_ABILITIES; i++)
        if (!used[i])
            o->slots[o->n++] = (struct slot){.s = &able->streams[i]};
}

/* ---- groups ---- */

static const struct sdp_group *bundle_of(const struct sdp_msg *m)
{
    for (size_t i = 0; m && i < m->section.attributes_n; i++) {
        const struct sdp_attribute *a = &m->section.attributes[i];
        const struct sdp_group *g = a->type == SDP_GROUP ? a->parts : NULL;
        if (g && g->ids_n && span_is(g->semantics, "BUNDLE"))
            return g;
    }
    return NULL;
}

static bool mid_used(const struct offering *o, struct span mid)
{
    for (size_t i = 0; i < o->n && i < SDP_LINT_MEDIA; i++)
        if (o->slots[i].mid.p && span_eq(o->slots[i].mid, mid))
            return true;
    return false;
}

static void mids(struct offering *o)
{
    for (size_t i = 0; i < o->n; i++)
        if (o->slots[i].own)
            o->slots[i].mid = sdp_value_of(sdp_own(o->slots[i].own, SDP_MID));
    for (size_t i = 0; i < o->n && o->k.able->bundle; i++)
        for (uint64_t v = i; !o->slots[i].mid.p && !o->k.dr->mem->full; v++) {
            struct span mid = sdp_make_decimal(&o->k, v);
            if (!mid_used(o, mid))
                o->slots[i].mid = mid;
        }
}

/* Whether a stream may be in a group: RTP with rtcp-mux alone (RFC 8843 section 9.3). */
static bool may_bundle(const struct offering *o, const struct sdp_ability *s)
{
    return o->k.able->mux || !sdp_over_rtp(span_of(s->proto));
}

/* The media description that an established group has its transport from: that of the first tag that both sides have
 * and that is still wanted; NULL: no group was established. */
static struct slot *tagged(struct offering *o)
{
    const struct sdp_group *a = bundle_of(o->own), *b = bundle_of(o->peer);

    for (size_t i = 0; a && b && i < a->ids_n && i < SDP_PAIR_LIMIT; i++)
        for (size_t k = 0; k < o->n; k++) {
            bool both = false;
            if (!o->slots[k].s || !may_bundle(o, o->slots[k].s) || !o->slots[k].mid.p ||
                !span_eq(o->slots[k].mid, a->ids[i]))
                continue;
            for (size_t j = 0; j < b->ids_n && j < SDP_PAIR_LIMIT; j++)
                both |= span_eq(b->ids[j], a->ids[i]);
            if (both)
                return &o->slots[k];
        }
    return NULL;
}

static void bundle(struct offering *o, struct node *list)
{
    struct slot *t = o->k.able->bundle ? tagged(o) : NULL, *first = t;
    struct span tags[SDP_PAIR_LIMIT];
    size_t n = 0;

    if (t) {
        o->shared_port = t->s->port;
        tags[n++] = t->mid;
        t->bundled = true;
    }
    for (size_t i = 0; i < o->n && o->k.able->bundle && n < COUNT(tags); i++) {
        struct slot *v = &o->slots[i];
        if (!v->s || v == t || !may_bundle(o, v->s))
            continue;
        if (!first)
            first = v;
        if (sdp_over_tcp(span_of(v->s->proto)) != sdp_over_tcp(span_of(first->s->proto)))
            continue;
        v->bundled = true;
        v->shared = t != NULL;
        tags[n++] = v->mid;
    }
    for (size_t i = 0; i < o->n; i++)
        o->mux |=
            o->slots[i].s && o->slots[i].bundled && sdp_over_rtp(span_of(o->slots[i].s->proto));
    if (n)
        sdp_make_bundle(&o->k, list, tags, n);
}

/* ---- numbers ---- */

/* The identifiers of extensions that a description gives. */
static void ids_of(struct offering *o, const struct sdp_msg *m)
{
    for (size_t i = 0; m && i <= m->media_n; i++) {
        const struct sdp_section *s = i < m->media_n ? &m->media[i].section : &m->section;
        for (size_t k = 0; k < s->attributes_n; k++) {
            const struct sdp_extmap *e =
                s->attributes[k].type == SDP_EXTMAP ? s->attributes[k].parts : NULL;
            bool known = !e || !sdp_extension_valid(e->id);
            for (size_t j = 0; j < o->ids_n && !known; j++)
                known = span_eq(o->ids[j].uri, e->uri);
            if (e && sdp_extension_valid(e->id))
                o->id_used[e->id] = true;
            if (known || o->ids_n == COUNT(o->ids))
                continue;
            o->ids[o->ids_n].uri = e->uri;
            o->ids[o->ids_n++].id = e->id;
        }
    }
}

/* The identifier that a media description gives to an extension, or the extension that has this one; NULL: none. */
static const struct sdp_extmap *extension_in(const struct sdp_media *m, struct span uri,
                                             uint32_t id)
{
    for (size_t i = 0; m && i < m->section.attributes_n; i++) {
        const struct sdp_attribute *a = &m->section.attributes[i];
        const struct sdp_extmap *e = a->type == SDP_EXTMAP ? a->parts : NULL;
        if (e && sdp_extension_valid(e->id) && (uri.p ? span_eq(e->uri, uri) : e->id == id))
            return e;
    }
    return NULL;
}

/* Whether an identifier is free for an extension in a media description. */
static bool id_free(const struct slot *v, struct span uri, uint32_t id,
                    const bool used[SDP_EXTENSIONS + 1])
{
    const struct sdp_media *before[] = {v->own, v->peer};

    for (size_t i = 0; i < COUNT(before); i++) {
        const struct sdp_extmap *e = extension_in(before[i], (struct span){NULL, 0}, id);
        if (e && !span_eq(e->uri, uri))
            return false;
    }
    return !used[id];
}

/* The identifier of an extension in a media description: that of before, there or elsewhere, or a new one; 0: none is
 * left. Media descriptions that are not bundled may give one extension different identifiers. */
static uint32_t id_of(struct offering *o, const struct slot *v, struct span uri,
                      const bool used[SDP_EXTENSIONS + 1])
{
    const struct sdp_extmap *own = extension_in(v->own, uri, 0),
                            *peer = extension_in(v->peer, uri, 0);
    uint32_t id = 1;

    if (own && !used[own->id])
        return own->id;
    if (peer && id_free(v, uri, peer->id, used))
        return peer->id;
    for (size_t i = 0; i < o->ids_n; i++)
        if (span_eq(o->ids[i].uri, uri) && id_free(v, uri, o->ids[i].id, used))
            return o->ids[i].id;
    while (id < 15 && o->id_used[id])
        id++;
    if (id == 15 || o->ids_n == COUNT(o->ids))
        return 0;
    o->id_used[id] = true;
    o->ids[o->ids_n].uri = uri;
    o->ids[o->ids_n++].id = id;
    return id;
}

static void extensions(struct offering *o, struct node *list, const struct slot *v)
{
    bool used[SDP_EXTENSIONS + 1] = {false};

    for (size_t i = 0; i < v->s->extensions.n; i++) {
        struct span uri = span_of(v->s->extensions.v[i]);
        uint32_t id = id_of(o, v, uri, used);
        struct span parts[] = {sdp_make_decimal(&o->k, id), span_of(" "), uri};
        used[id] = true;
        if (id)
            sdp_make_attribute(&o->k, list, "extmap", sdp_make_joined(&o->k, parts, 3));
    }
}

struct numbers { /* of the payload types in a media description */
    struct sdp_payloads own, peer;
    bool used[SDP_PAYLOADS];
};

static bool free_for(const struct numbers *v, uint32_t payload, const struct sdp_coding *c)
{
    return !v->used[payload] &&
           (!v->own.mapped[payload] || sdp_coding_same(&v->own.coding[payload], c)) &&
           (!v->peer.mapped[payload] || sdp_coding_same(&v->peer.coding[payload], c));
}

/* The payload type of a coding: that of before, the static one, or a free one; SDP_NONE: none is left. */
static uint32_t number_of(const struct numbers *v, const struct sdp_coding *c)
{
    const struct sdp_payloads *before[] = {&v->own, &v->peer};

    for (size_t i = 0; i < COUNT(before); i++)
        for (uint32_t p = 0; p < SDP_PAYLOADS; p++)
            if (before[i]->at[p] && before[i]->known[p] &&
                sdp_coding_same(&before[i]->coding[p], c) && free_for(v, p, c))
                return p;
    uint32_t fixed = sdp_static_payload(c);
    if (fixed < SDP_PAYLOADS && free_for(v, fixed, c))
        return fixed;
    for (uint32_t p = 96; p < SDP_PAYLOADS; p++)
        if (free_for(v, p, c))
            return p;
    for (uint32_t p = 35; p < 64; p++) /* RFC 5761 section 4 */
        if (free_for(v, p, c))
            return p;
    return SDP_NONE;
}

/* ---- media descriptions ---- */

static void codings(struct offering *o, const struct slot *v, struct sdp_section_made to)
{
    struct numbers n = {.used = {false}};

    if (v->own && span_is(v->own->media, v->s->media))
        sdp_payloads_of(v->own, &n.own);
    if (v->own && v->peer)
        sdp_payloads_of(v->peer, &n.peer);
    for (size_t i = 0; i < v->s->codings_n; i++) {
        uint32_t payload = number_of(&n, &v->s->codings[i]);
        if (payload == SDP_NONE)
            continue;
        n.used[payload] = true;
        sdp_make_format(&o->k, to.formats, sdp_make_decimal(&o->k, payload));
        sdp_make_map(&o->k, to.attributes, payload, &v->s->codings[i]);
    }
}

static void transport(struct offering *o, struct node *list, const struct slot *v)
{
    const struct sdp_abilities *able = o->k.able;
    struct span proto = span_of(v->s->proto);

    if (sdp_over_tls(proto) || sdp_over_tcp(proto))
        sdp_make_attribute(&o->k, list, "setup", span_of("actpass"));
    if (sdp_over_tls(proto) && able->fingerprint) {
        sdp_make_attribute(&o->k, list, "fingerprint", span_of(able->fingerprint));
        if (able->tls_id)
            sdp_make_attribute(&o->k, list, "tls-id", span_of(able->tls_id));
    }
    for (size_t i = 0; i < v->s->suites_n && sdp_keyed_here(proto); i++)
        sdp_make_crypto(&o->k, list, sdp_make_decimal(&o->k, i + 1), &v->s->suites[i]);
    if (v->bundled ? o->mux : able->mux && sdp_over_rtp(proto))
        sdp_make_flag(&o->k, list, "rtcp-mux");
    if (able->ice)
        sdp_make_ice(&o->k, list, v->s, false);
    for (size_t i = 0; i < able->flags.n && sdp_over_rtp(proto); i++)
        sdp_make_flag(&o->k, list, able->flags.v[i]);
}

/* Each stream of a simulcast under an id of its own. */
static void simulcast(struct offering *o, struct node *list, const struct slot *v)
{
    unsigned n = v->s->simulcast < SDP_RIDS ? v->s->simulcast : SDP_RIDS;
    struct span parts[2 * SDP_RIDS];

    if (n < 2 || !(v->s->direction & SDP_DIR_SEND))
        return;
    for (unsigned i = 0; i < n; i++) {
        parts[2 * i] = span_of(i ? ";" : "send ");
        parts[2 * i + 1] = sdp_make_decimal(&o->k, i + 1);
        struct span rid[] = {parts[2 * i + 1], span_of(" send")};
        sdp_make_attribute(&o->k, list, "rid", sdp_make_joined(&o->k, rid, COUNT(rid)));
    }
    sdp_make_attribute(&o->k, list, "simulcast", sdp_make_joined(&o->k, parts, 2 * n));
}

static void offered(struct offering *o, struct node *medias, const struct slot *v)
{
    const struct sdp_ability *s = v->s;
    bool rtp = sdp_over_rtp(span_of(s->proto));
    struct sdp_section_made to = sdp_make_media(
        &o->k, medias, span_of(s->media), v->shared ? o->shared_port : s->port, span_of(s->proto));

    if (rtp)
        codings(o, v, to);
    else
        sdp_make_format(&o->k, to.formats, span_of(s->format));
    for (size_t i = 0; i < s->feedback.n && lex_holds(span_of(s->proto), "AVPF"); i++) {
        struct span parts[] = {span_of("* "), span_of(s->feedback.v[i])};
        sdp_make_attribute(&o->k, to.attributes, "rtcp-fb", sdp_make_joined(&o->k, parts, 2));
    }
    sdp_make_flag(&o->k, to.attributes, sdp_direction_name(s->direction));
    if (!v->shared)
        transport(o, to.attributes, v);
    if (sdp_is_sctp(span_of(s->proto)))
        sdp_make_attribute(&o->k, to.attributes, "sctp-port", span_of("5000"));
    if (rtp)
        extensions(o, to.attributes, v);
    if (rtp)
        simulcast(o, to.attributes, v);
    if (v->mid.p)
        sdp_make_attribute(&o->k, to.attributes, "mid", v->mid);
}

static void removed(struct offering *o, struct node *medias, const struct slot *v)
{
    struct sdp_section_made to = sdp_make_media(
        &o->k, medias, v->own->media, 0, v->own->proto.p ? v->own->proto : span_of("RTP/AVP"));

    sdp_make_format(&o->k, to.formats, v->own->formats_n ? v->own->formats[0] : span_of("0"));
    if (v->mid.p)
        sdp_make_attribute(&o->k, to.attributes, "mid", v->mid);
}

size_t sdp_offer(const struct sdp_abilities *able, const struct sdp_past *past, struct draft *offer,
                 struct arena *mem)
{
    struct offering o = {.k = {able, offer}, .own = past ? past->own : NULL};
    const struct sdp_origin *origin = o.own ? o.own->origin : NULL;
    uint64_t version;
    size_t n = 0;

    o.peer = o.own ? past->peer : NULL;
    draft_init(offer, &sdp_msg_desc, mem);
    o.slots = arena_new(mem, ((o.own ? o.own->media_n : 0) + SDP_ABILITIES) * sizeof *o.slots);
    if (!o.slots)
        return 0;
    version = origin && lex_number(origin->version, &version) ? version + 1 : able->version;
    ids_of(&o, o.own);
    ids_of(&o, o.peer);
    place(&o);
    mids(&o);
    sdp_make_session(&o.k, origin, version, NULL);
    struct node *list = sdp_make_attributes(&o.k);
    bundle(&o, list);
    if (able->ice && able->ice->lite)
        sdp_make_flag(&o.k, list, "ice-lite");
    struct node *medias = sdp_make_medias(&o.k);
    for (size_t i = 0; i < o.n; i++) {
        n += o.slots[i].s != NULL;
        if (o.slots[i].s)
            offered(&o, medias, &o.slots[i]);
        else
            removed(&o, medias, &o.slots[i]);
    }
    return n;
}

/* ---- hold and resume ---- */

static bool is_direction(const struct node *a)
{
    struct sdp_attribute v = {
        .type = sdp_type_of(draft_octets(draft_child(a, &sdp_attribute_fields[ATTRIBUTE_NAME])))};
    enum sdp_direction d;
    return sdp_direction_of(&v, &d);
}

/* The direction of a media description in a draft is this one. */
static void redirect(struct sdp_maker *k, struct node *media, enum sdp_direction d)
{
    struct node *list = draft_find(media, sdp_media_fields[MEDIA_ATTRIBUTES].name);

    for (struct node *a = list ? list->first : NULL, *next; a; a = next) {
        next = a->next;
        if (is_direction(a))
            draft_unlink(list, a);
    }
    sdp_make_flag(k, list, sdp_direction_name(d));
}

bool sdp_redirect(const struct sdp_msg *own, const enum sdp_direction *wish, size_t n,
                  struct draft *offer, struct arena *mem)
{
    struct sdp_maker k = {NULL, offer};
    uint64_t version;

    draft_of(offer, &sdp_msg_desc, own, mem);
    struct node *origin = draft_find(&offer->root, sdp_msg_fields[MSG_ORIGIN].name),
                *number = origin ? draft_find(origin, "version") : NULL,
                *medias = draft_find(&offer->root, sdp_msg_fields[MSG_MEDIA].name);
    if (!number || !lex_number(number->s, &version))
        return false;
    number->s = sdp_make_decimal(&k, version + 1);
    struct node *m = medias ? medias->first : NULL;
    for (size_t i = 0; i < own->media_n && m; i++, m = m->next) {
        if (i >= n || (sdp_port_zero(&own->media[i]) && !sdp_own(&own->media[i], SDP_BUNDLE_ONLY)))
            continue;
        if (own->media[i].section.odd)
            return false;
        redirect(&k, m, wish[i]);
    }
    return true;
}
