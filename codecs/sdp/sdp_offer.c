/* codecs/sdp/sdp_offer.c - what an answer breaks, and a later offer.
 *
 * Formats are compared by payload type; those that are no numbers, and lists of attributes, as far as the first LIMIT. */
#include "codecs/sdp/sdp_offer.h"
#include "codecs/sdp/sdp_rules.h"

enum { LIMIT = 64 };

struct check {
    const struct sdp_msg *was,
        *is; /* the offer and its answer, or the description before and that of now */
    struct findings *fs;
    struct sdp_facts old, new; /* of their session levels */
};

static void broke(const struct check *c, const char *clause, enum level level, const char *what,
                  struct span at)
{
    finding_add(c->fs, (struct finding){.clause = clause,
                                        .what = what,
                                        .level = level,
                                        .off = at.p ? (uint64_t)(at.p - c->is->text.p) : 0,
                                        .len = at.p ? at.n : 0});
}

static const struct sdp_attribute *own(const struct sdp_media *m, enum sdp_type type)
{
    return sdp_attribute(&m->section, type);
}
static struct span value_of(const struct sdp_attribute *a)
{
    return a ? a->value : (struct span){NULL, 0};
}
static bool port_zero(const struct sdp_media *m)
{
    return m->port == 0 || m->port > UINT16_MAX;
}
/* ---- payload types of a media description ---- */

struct payloads {
    uint8_t at[128]; /* 1 + the place in m=, 255 at most; 0: not listed */
    struct sdp_coding coding[128];
    bool known[128], mapped[128];
};

static void payloads_of(const struct sdp_media *m, struct payloads *p)
{
    memset(p, 0, sizeof *p);
    for (size_t i = 0; i < m->formats_n; i++) {
        uint32_t v = sdp_u32(m->formats[i]);
        if (v < 128 && !p->at[v])
            p->at[v] = (uint8_t)(i < 254 ? i + 1 : 255);
    }
    for (size_t i = 0; i < m->section.attributes_n; i++) {
        const struct sdp_rtpmap *map =
            m->section.attributes[i].type == SDP_RTPMAP ? m->section.attributes[i].parts : NULL;
        if (map && map->payload < 128 && !p->mapped[map->payload]) {
            p->mapped[map->payload] = p->known[map->payload] = true;
            p->coding[map->payload] = (struct sdp_coding){map->encoding, map->clock,
                                                          map->params.n ? sdp_u32(map->params) : 1};
        }
    }
    struct sdp_media none = {0};
    for (uint32_t v = 0; v < 35; v++)
        if (!p->known[v])
            p->known[v] = sdp_coding_of(&none, v, &p->coding[v]);
}

static bool same(const struct payloads *a, uint32_t x, const struct payloads *b, uint32_t y)
{
    if (a->known[x] && b->known[y])
        return sdp_coding_same(&a->coding[x], &b->coding[y]);
    return x == y && a->known[x] == b->known[y];
}

/* Whether two lists of formats have one in common, by what payload types mean. */
static bool common(const struct payloads *a, const struct payloads *b)
{
    for (uint32_t x = 0; x < 128; x++)
        for (uint32_t y = 0; a->at[x] && y < 128; y++)
            if (b->at[y] && same(a, x, b, y))
                return true;
    return false;
}

static bool common_words(const struct sdp_media *a, const struct sdp_media *b)
{
    if (a->formats_n > LIMIT || b->formats_n > LIMIT)
        return true;
    for (size_t x = 0; x < a->formats_n; x++)
        for (size_t y = 0; y < b->formats_n; y++)
            if (span_eq(a->formats[x], b->formats[y]))
                return true;
    return false;
}

/* ---- answers: a media description ---- */

static void directions(const struct check *c, const struct sdp_media *o, const struct sdp_media *a)
{
    enum sdp_direction offered = sdp_facts_direction(&c->old, o),
                       got = sdp_facts_direction(&c->new, a);
    struct span at = a->line;

    if (offered == SDP_DIR_SEND && got & SDP_DIR_SEND)
        broke(c, "RFC3264:6.1#3", MUST, "sendonly is answered neither recvonly nor inactive", at);
    else if (offered == SDP_DIR_RECV && got & SDP_DIR_RECV)
        broke(c, "RFC3264:6.1#4", MUST, "recvonly is answered neither sendonly nor inactive", at);
    else if (offered == SDP_DIR_INACTIVE && got != SDP_DIR_INACTIVE)
        broke(c, "RFC3264:6.1#6", MUST, "inactive is not answered inactive", at);
}

static void formats(const struct check *c, const struct sdp_media *o, const struct sdp_media *a)
{
    static const struct {
        const char *clause, *what;
    } rules[] = {
        [SDP_DIR_INACTIVE] = {"RFC3264:6.1#24",
                              "no format of the offer is in the answer, and the port is not 0"},
        [SDP_DIR_SEND] = {"RFC3264:6.1#9", "a stream answered sendonly has no format of the offer"},
        [SDP_DIR_RECV] = {"RFC3264:6.1#7", "a stream answered recvonly has no format of the offer"},
        [SDP_DIR_BOTH] = {"RFC3264:6.1#10",
                          "a stream answered sendrecv has no format of the offer"},
    };
    struct payloads po, pa;
    unsigned last = 0;
    bool order = true;

    if (!lex_holds(a->proto, "RTP/")) {
        if (!common_words(o, a))
            broke(c, rules[sdp_facts_direction(&c->new, a)].clause, MUST,
                  rules[sdp_facts_direction(&c->new, a)].what, a->line);
        return;
    }
    payloads_of(o, &po);
    payloads_of(a, &pa);
    if (!common(&po, &pa))
        broke(c, rules[sdp_facts_direction(&c->new, a)].clause, MUST,
              rules[sdp_facts_direction(&c->new, a)].what, a->line);
    for (size_t i = 0; i < a->formats_n && i < LIMIT; i++) {
        uint32_t v = sdp_u32(a->formats[i]);
        if (v > 127)
            continue;
        if (v >= 96 && !pa.mapped[v])
            broke(c, "RFC3264:6.1#14a", MUST,
                  "a dynamic payload type of the answer has no a=rtpmap", a->formats[i]);
        for (uint32_t y = 96; y < 128 && !po.at[v] && pa.mapped[v]; y++)
            if (po.at[y] && po.mapped[y] && sdp_coding_same(&po.coding[y], &pa.coding[v])) {
                broke(c, "RFC3264:6.1#13", SHOULD,
                      "a codec has another payload type than in the offer", a->formats[i]);
                break;
            }
        if (po.at[v]) {
            order &= po.at[v] >= last;
            last = po.at[v];
        }
    }
    if (!order)
        broke(c, "RFC3264:6.1#17", SHOULD, "the formats are not in the order of the offer",
              a->line);
}

static void multicasts(const struct check *c, const struct sdp_media *o, const struct sdp_media *a)
{
    const struct sdp_connection *co = sdp_media_connection(c->was, o),
                                *ca = sdp_media_connection(c->is, a);
    bool was = sdp_is_multicast(co), is = sdp_is_multicast(ca);

    if (!was && is)
        broke(c, "RFC3264:6.1#1", MUST, "a unicast stream is answered with a multicast address",
              ca->text);
    if (!was)
        return;
    if (!ca || !span_eq(co->address, ca->address) || o->port != a->port)
        broke(c, "RFC3264:6.2#1", MUST,
              "address or port of a multicast stream is not that of the offer", a->line);
    if (sdp_facts_direction(&c->old, o) != sdp_facts_direction(&c->new, a))
        broke(c, "RFC3264:6.2#2", MUST,
              "the direction of a multicast stream is not that of the offer", a->line);
    struct span ptime = value_of(own(o, SDP_PTIME));
    if (ptime.p && !span_eq(ptime, value_of(own(a, SDP_PTIME))))
        broke(c, "RFC3264:6.2#4", MUST, "a=ptime of a multicast stream is not that of the offer",
              a->line);
    if (o->formats_n > LIMIT)
        return;
    for (size_t i = 0; i < a->formats_n && i < LIMIT; i++) {
        bool found = false;
        for (size_t k = 0; k < o->formats_n; k++)
            found |= span_eq(o->formats[k], a->formats[i]);
        if (!found) {
            broke(c, "RFC3264:6.2#3", MUST, "a multicast stream has a format that was not offered",
                  a->formats[i]);
            return;
        }
    }
}

static void connection_setup(const struct check *c, const struct sdp_media *o,
                             const struct sdp_media *a)
{
    static const char *const pairs[][4] = {{"active", "passive", "holdconn", ""},
                                           {"passive", "active", "holdconn", ""},
                                           {"actpass", "active", "passive", "holdconn"},
                                           {"holdconn", "holdconn", "", ""}};
    struct span offered = value_of(sdp_facts_either(&c->old, o, SDP_SETUP)),
                got = value_of(sdp_facts_either(&c->new, a, SDP_SETUP));

    if (lex_holds(a->proto, "UDP/TLS") && got.n && !span_is(got, "active") &&
        !span_is(got, "passive"))
        broke(c, "RFC5763:5#8", MUST, "a=setup of the answer is neither active nor passive", got);
    for (size_t i = 0; got.n && i < COUNT(pairs); i++) {
        if (!span_is(offered, pairs[i][0]) || lex_holds(a->proto, "UDP/TLS"))
            continue;
        if (!span_is(got, pairs[i][1]) && !span_is(got, pairs[i][2]) && !span_is(got, pairs[i][3]))
            broke(c, "RFC4145:4.1#a1", STMT, "a=setup does not go with that of the offer", got);
    }
    if (span_is(value_of(sdp_facts_either(&c->old, o, SDP_CONNECTION)), "new") &&
        span_is(value_of(sdp_facts_either(&c->new, a, SDP_CONNECTION)), "existing"))
        broke(c, "RFC4145:5.2#1", MUST, "connection:new is answered with connection:existing",
              value_of(sdp_facts_either(&c->new, a, SDP_CONNECTION)));
}

/* Whether an attribute of the answer stands in the offer, by what its kind is recognised by. */
static bool offered_too(const struct sdp_attribute *a, const struct sdp_attribute *o)
{
    if (o->type != a->type || !o->parts || !a->parts)
        return false;
    if (a->type == SDP_CRYPTO) {
        const struct sdp_crypto *x = a->parts, *y = o->parts;
        return x->tag == y->tag && span_eq(x->suite, y->suite);
    }
    if (a->type == SDP_RID)
        return span_eq(((const struct sdp_rid *)a->parts)->id,
                       ((const struct sdp_rid *)o->parts)->id);
    if (a->type == SDP_EXTMAP) /* one identifier for one URI; 4096 and above are given others */
        return ((const struct sdp_extmap *)o->parts)->id >= 4096 ||
               !span_eq(((const struct sdp_extmap *)a->parts)->uri,
                        ((const struct sdp_extmap *)o->parts)->uri) ||
               ((const struct sdp_extmap *)a->parts)->id ==
                   ((const struct sdp_extmap *)o->parts)->id;
    return span_eq(a->value, o->value);
}

static void attributes(const struct check *c, const struct sdp_media *o, const struct sdp_media *a)
{
    static const struct {
        enum sdp_type type;
        const char *clause, *what;
    } rules[] = {
        {SDP_CRYPTO, "RFC4568:5.1.2#4", "tag and suite of a=crypto are none of the offer"},
        {SDP_RTCP_FB, "RFC4585:4.2#14", "a=rtcp-fb is none of the offer"},
        {SDP_RID, "RFC8851:6.3#4", "the id of a=rid is none of the offer"},
    };

    for (size_t r = 0; r < COUNT(rules); r++) {
        size_t looked = 0;
        for (size_t i = 0; i < a->section.attributes_n && looked < LIMIT; i++) {
            bool found = false;
            if (a->section.attributes[i].type != rules[r].type || !a->section.attributes[i].parts)
                continue;
            looked++;
            for (size_t k = 0; k < o->section.attributes_n && !found; k++)
                found = offered_too(&a->section.attributes[i], &o->section.attributes[k]);
            if (!found)
                broke(c, rules[r].clause, MUST, rules[r].what, a->section.attributes[i].value);
        }
    }
}

static void extensions(const struct check *c, const struct sdp_media *o, const struct sdp_media *a)
{
    size_t looked = 0;
    for (size_t i = 0; i < a->section.attributes_n && looked < LIMIT; i++) {
        bool differs = false;
        if (a->section.attributes[i].type != SDP_EXTMAP || !a->section.attributes[i].parts)
            continue;
        looked++;
        for (size_t k = 0; k < o->section.attributes_n; k++)
            differs |= o->section.attributes[k].type == SDP_EXTMAP &&
                       o->section.attributes[k].parts &&
                       !offered_too(&a->section.attributes[i], &o->section.attributes[k]);
        if (differs)
            broke(c, "RFC8285:7#15b", MUST, "an extension has another identifier than in the offer",
                  a->section.attributes[i].value);
    }
}

static void answered(const struct check *c, const struct sdp_media *o, const struct sdp_media *a,
                     bool bundled)
{
    struct span mo = value_of(own(o, SDP_MID)), ma = value_of(own(a, SDP_MID));
    bool ice = own(o, SDP_CANDIDATE) || sdp_facts_either(&c->old, o, SDP_ICE_UFRAG);

    if (!span_eq(o->media, a->media))
        broke(c, "RFC3264:6.1#2", MUST, "the media is not that of the offer", a->media);
    if (mo.p && !span_eq(mo, ma))
        broke(c, "RFC5888:9.1#1", MUST, "the mid is not that of the offer", ma.p ? ma : a->line);
    if (port_zero(o) && !port_zero(a) && !(bundled && own(o, SDP_BUNDLE_ONLY)))
        broke(c, "RFC3264:8.2#2", MUST, "a stream offered with port 0 is answered with another",
              a->line);
    if (port_zero(a)) {
        if (!a->formats_n)
            broke(c, "RFC3264:6#9", MUST, "the m= line of a rejected stream has no format",
                  a->line);
        return;
    }
    if (!port_zero(o)) {
        directions(c, o, a);
        formats(c, o, a);
        multicasts(c, o, a);
    }
    connection_setup(c, o, a);
    attributes(c, o, a);
    extensions(c, o, a);
    if (!ice && (own(a, SDP_CANDIDATE) || own(a, SDP_ICE_UFRAG)))
        broke(c, "RFC8839:4.3.2#8", MUST, "attributes of ICE in the answer to an offer without",
              a->line);
}

/* ---- answers: the description ---- */

static const struct sdp_group *group_of(const struct sdp_msg *m, struct span semantics, size_t from)
{
    for (size_t i = from; i < m->section.attributes_n && i < 4 * LIMIT; i++) {
        const struct sdp_group *g =
            m->section.attributes[i].type == SDP_GROUP ? m->section.attributes[i].parts : NULL;
        if (g && span_eq(g->semantics, semantics))
            return g;
    }
    return NULL;
}

static bool tag_offered(const struct sdp_msg *m, struct span semantics, struct span tag)
{
    for (size_t i = 0; i < m->section.attributes_n && i < 4 * LIMIT; i++) {
        const struct sdp_group *g =
            m->section.attributes[i].type == SDP_GROUP ? m->section.attributes[i].parts : NULL;
        for (size_t k = 0; g && span_eq(g->semantics, semantics) && k < g->ids_n && k < LIMIT; k++)
            if (span_eq(g->ids[k], tag))
                return true;
    }
    return m->section.attributes_n > 4 * LIMIT;
}

static void groups(const struct check *c)
{
    size_t looked = 0;

    for (size_t i = 0; i < c->is->section.attributes_n && looked < 8; i++) {
        const struct sdp_group *g = c->is->section.attributes[i].type == SDP_GROUP
                                        ? c->is->section.attributes[i].parts
                                        : NULL;
        if (!g)
            continue;
        looked++;
        if (!group_of(c->was, g->semantics, 0)) {
            broke(c, "RFC5888:9.2#7", MUST, "a group that was not offered",
                  c->is->section.attributes[i].value);
            continue;
        }
        for (size_t k = 0; k < g->ids_n && k < LIMIT; k++)
            if (!tag_offered(c->was, g->semantics, g->ids[k])) {
                broke(c, "RFC5888:9.2#4", MUST, "a group has a tag that was not offered in it",
                      g->ids[k]);
                break;
            }
    }
}

/* sess-id and sess-version are at most 2^63 - 1. */
static void origin_numbers(const struct check *c)
{
    const struct sdp_origin *o = c->is->origin;
    uint64_t v;

    if (o && sdp_is_digits(o->id) && (!lex_number(o->id, &v) || v > INT64_MAX))
        broke(c, "RFC3264:5#3", MUST, "sess-id is over 2^63 - 1", o->id);
    if (o && sdp_is_digits(o->version) && (!lex_number(o->version, &v) || v > INT64_MAX))
        broke(c, "RFC3264:5#3", MUST, "sess-version is over 2^63 - 1", o->version);
}

void sdp_answer_check(const struct sdp_msg *offer, const struct sdp_msg *answer,
                      struct findings *fs)
{
    struct check c = {.was = offer, .is = answer, .fs = fs};

    sdp_facts_of(offer, &c.old);
    sdp_facts_of(answer, &c.new);

    origin_numbers(&c);
    if (offer->origin && answer->origin && span_eq(offer->origin->text, answer->origin->text) &&
        !span_eq(offer->text, answer->text))
        broke(&c, "RFC3264:6#1", MUST, "the o= line is that of the offer", answer->origin->text);
    bool times = offer->times_n == answer->times_n || !offer->times_n;
    for (size_t i = 0; times && i < offer->times_n; i++)
        times = span_eq(offer->times[i].text, answer->times[i].text);
    if (!times)
        broke(&c, "RFC3264:6#5", MUST, "the t= line is not that of the offer",
              answer->times_n ? answer->times[0].text : (struct span){NULL, 0});
    if (offer->media_n != answer->media_n)
        broke(&c, "RFC3264:6#3", MUST, "the answer does not have as many m= lines as the offer",
              answer->media_n ? answer->media[answer->media_n - 1].line : (struct span){NULL, 0});
    groups(&c);
    for (size_t i = 0; i < offer->media_n && i < answer->media_n; i++)
        answered(&c, &offer->media[i], &answer->media[i], c.new.bundle);
}

/* ---- later offers ---- */

/* Whether a text of digits is one more than another; both without leading zeros. */
static bool one_more(struct span before, struct span now)
{
    uint64_t x, y;
    return lex_number(before, &x) && lex_number(now, &y) && x < UINT64_MAX && y == x + 1;
}

static void reorigin(const struct check *c)
{
    const struct sdp_origin *b = c->was->origin, *n = c->is->origin;
    bool same_text = span_eq(c->was->text, c->is->text);

    if (!b || !n)
        return;
    if (!span_eq(b->username, n->username) || !span_eq(b->id, n->id) ||
        !span_eq(b->nettype, n->nettype) || !span_eq(b->addrtype, n->addrtype) ||
        !span_eq(b->address, n->address))
        broke(c, "RFC3264:8#4a", MUST, "o= differs from the previous one in more than its version",
              n->text);
    if (span_eq(b->version, n->version)) {
        if (!same_text)
            broke(c, "RFC3264:8#5", MUST, "the description has changed, and its version has not",
                  n->version);
    } else if (!one_more(b->version, n->version)) {
        broke(c, "RFC3264:8#4b", MUST,
              "the version is not one more than that of the previous description", n->version);
    }
}

static void restream(const struct check *c, const struct sdp_media *b, const struct sdp_media *n)
{
    const struct sdp_connection *cb = sdp_media_connection(c->was, b),
                                *cn = sdp_media_connection(c->is, n);
    struct payloads pb, pn;
    struct span mb = value_of(own(b, SDP_MID)), mn = value_of(own(n, SDP_MID));

    if (cn && span_is(cn->address, "0.0.0.0") && span_is(cn->addrtype, "IP4")) {
        if (n->port == 0)
            broke(c, "RFC3264:8.4#2", MUST, "the address is 0.0.0.0, and the port is 0", n->line);
        else if (cb && !port_zero(b) && !span_is(cb->address, "0.0.0.0") && !own(n, SDP_CANDIDATE))
            broke(c, "RFC3264:8.4#a3", STMT, "a stream is put on hold by the address 0.0.0.0",
                  cn->text);
    }
    if (port_zero(b) || port_zero(n))
        return;
    if (mb.p && !span_eq(mb, mn))
        broke(c, "RFC5888:9.1#2", SHOULD, "the mid of a stream has changed", mn.p ? mn : n->line);
    if (!lex_holds(b->proto, "RTP/") || !lex_holds(n->proto, "RTP/") ||
        !span_eq(b->media, n->media))
        return;
    payloads_of(b, &pb);
    payloads_of(n, &pn);
    for (size_t i = 0; i < n->formats_n; i++) {
        uint32_t v = sdp_u32(n->formats[i]);
        if (v < 96 || v > 127 || !pb.mapped[v] || !pn.mapped[v] ||
            sdp_coding_same(&pb.coding[v], &pn.coding[v]))
            continue;
        broke(c, "RFC3264:8.3.2#3", MUST, "a dynamic payload type has got another meaning",
              n->formats[i]);
        return;
    }
}

void sdp_reoffer_check(const struct sdp_msg *before, const struct sdp_msg *now, struct findings *fs)
{
    struct check c = {.was = before, .is = now, .fs = fs};

    origin_numbers(&c);
    reorigin(&c);
    if (now->media_n < before->media_n)
        broke(&c, "RFC3264:8#9", MUST, "there are fewer m= lines than before",
              now->media_n ? now->media[now->media_n - 1].line : (struct span){NULL, 0});
    for (size_t i = 0; i < before->media_n && i < now->media_n; i++)
        restream(&c, &before->media[i], &now->media[i]);
}
