/* codecs/sdp/sdp_offer.c - what an answer breaks: its lines and its media descriptions. */
#include "codecs/sdp/sdp_pair.h"

static void directions(const struct sdp_pair *c, const struct sdp_media *o,
                       const struct sdp_media *a)
{
    enum sdp_direction offered = sdp_facts_direction(&c->old, o),
                       got = sdp_facts_direction(&c->new, a);

    if (offered == SDP_DIR_SEND && got & SDP_DIR_SEND)
        sdp_pair_broke(c, SDP_P_SENDONLY, a->line);
    else if (offered == SDP_DIR_RECV && got & SDP_DIR_RECV)
        sdp_pair_broke(c, SDP_P_RECVONLY, a->line);
    else if (offered == SDP_DIR_INACTIVE && got != SDP_DIR_INACTIVE)
        sdp_pair_broke(c, SDP_P_INACTIVE, a->line);
}

static void payload(const struct sdp_pair *c, const struct sdp_payloads *po,
                    const struct sdp_payloads *pa, struct span format)
{
    uint32_t v = sdp_payload(format);

    if (v >= 96 && !pa->mapped[v])
        sdp_pair_broke(c, SDP_P_MAP_DYNAMIC, format);
    else if (!pa->mapped[v] && pa->known[v])
        sdp_pair_broke(c, SDP_P_MAP_STATIC, format);
    for (uint32_t y = 96; y < 128 && !po->at[v] && pa->mapped[v]; y++)
        if (po->at[y] && po->mapped[y] && sdp_coding_same(&po->coding[y], &pa->coding[v])) {
            sdp_pair_broke(c, SDP_P_PAYLOAD, format);
            break;
        }
}

static void formats(const struct sdp_pair *c, const struct sdp_media *o, const struct sdp_media *a)
{
    static const enum sdp_pair_id rules[] = {
        [SDP_DIR_INACTIVE] = SDP_P_FORMAT_NONE,
        [SDP_DIR_SEND] = SDP_P_FORMAT_SEND,
        [SDP_DIR_RECV] = SDP_P_FORMAT_RECV,
        [SDP_DIR_BOTH] = SDP_P_FORMAT_BOTH,
    };
    struct sdp_payloads po, pa;
    unsigned last = 0;
    bool order = true;

    if (!sdp_formats_common(o, a))
        sdp_pair_broke(c, rules[sdp_facts_direction(&c->new, a)], a->line);
    if (!sdp_is_rtp(a))
        return;
    sdp_payloads_of(o, &po);
    sdp_payloads_of(a, &pa);
    for (size_t i = 0; i < a->formats_n && i < SDP_PAIR_LIMIT; i++) {
        uint32_t v = sdp_payload(a->formats[i]);
        if (v > 127)
            continue;
        payload(c, &po, &pa, a->formats[i]);
        if (po.at[v]) {
            order &= po.at[v] >= last;
            last = po.at[v];
        }
    }
    if (!order)
        sdp_pair_broke(c, SDP_P_ORDER, a->line);
}

static void multicast_formats(const struct sdp_pair *c, const struct sdp_media *o,
                              const struct sdp_media *a)
{
    for (size_t i = 0; i < a->formats_n && i < SDP_PAIR_LIMIT; i++) {
        bool found = o->formats_n > SDP_PAIR_LIMIT;
        for (size_t k = 0; k < o->formats_n && !found; k++)
            found = span_eq(o->formats[k], a->formats[i]);
        if (!found) {
            sdp_pair_broke(c, SDP_P_MULTICAST_FORMAT, a->formats[i]);
            return;
        }
    }
}

static void multicasts(const struct sdp_pair *c, const struct sdp_media *o,
                       const struct sdp_media *a)
{
    const struct sdp_connection *co = sdp_media_connection(c->was, o),
                                *ca = sdp_media_connection(c->is, a);
    bool was = sdp_is_multicast(co), is = sdp_is_multicast(ca);

    if (!was && is)
        sdp_pair_broke(c, SDP_P_UNICAST, ca->text);
    if (!was)
        return;
    if (!ca || !span_eq(co->address, ca->address) || o->port != a->port)
        sdp_pair_broke(c, SDP_P_MULTICAST_PLACE, a->line);
    if (sdp_facts_direction(&c->old, o) != sdp_facts_direction(&c->new, a))
        sdp_pair_broke(c, SDP_P_MULTICAST_DIRECTION, a->line);
    struct span ptime = sdp_value_of(sdp_own(o, SDP_PTIME));
    if (ptime.p && !span_eq(ptime, sdp_value_of(sdp_own(a, SDP_PTIME))))
        sdp_pair_broke(c, SDP_P_MULTICAST_PTIME, a->line);
    multicast_formats(c, o, a);
}

/* a=setup that does not go with that of the offer. To holdconn over DTLS, which may not be, no answer goes. */
static void roles(const struct sdp_pair *c, const struct sdp_media *a, struct span offered,
                  struct span got, bool dtls)
{
    static const char *const pairs[][4] = {{"active", "passive", "holdconn", ""},
                                           {"passive", "active", "holdconn", ""},
                                           {"actpass", "active", "passive", "holdconn"},
                                           {"holdconn", "holdconn", "", ""}};
    bool role = lex_like(got, "active") || lex_like(got, "passive");

    if (got.n && !role && lex_holds(a->proto, "UDP/TLS")) {
        sdp_pair_broke(c, SDP_P_DTLS_ROLE, got);
        return;
    }
    if (dtls && lex_like(offered, "holdconn"))
        return;
    for (size_t i = 0; got.n && i < COUNT(pairs); i++)
        if (lex_like(offered, pairs[i][0]) && !lex_like(got, pairs[i][1]) &&
            !lex_like(got, pairs[i][2]) && !lex_like(got, pairs[i][3]))
            sdp_pair_broke(c, SDP_P_SETUP, got);
}

static void connection_setup(const struct sdp_pair *c, const struct sdp_media *o,
                             const struct sdp_media *a, enum sdp_bundled bundled)
{
    struct span got = sdp_value_of(sdp_facts_either(&c->new, a, SDP_SETUP)),
                tls_id = sdp_value_of(sdp_own(a, SDP_TLS_ID));
    bool srtp = lex_holds(a->proto, "UDP/TLS"), dtls = srtp || lex_holds(a->proto, "DTLS");

    roles(c, a, sdp_value_of(sdp_facts_either(&c->old, o, SDP_SETUP)), got, dtls);
    /* of DTLS-SRTP outside a bundle sdp_lint says so; what is bundled has that of the tagged one */
    if (dtls && !got.p && (!srtp || c->new.bundle) &&
        (bundled == SDP_ALONE || bundled == SDP_TAGGED))
        sdp_pair_broke(c, SDP_P_DTLS_SETUP, a->line);
    if (lex_like(sdp_value_of(sdp_facts_either(&c->old, o, SDP_CONNECTION)), "new") &&
        lex_like(sdp_value_of(sdp_facts_either(&c->new, a, SDP_CONNECTION)), "existing"))
        sdp_pair_broke(c, SDP_P_CONNECTION,
                       sdp_value_of(sdp_facts_either(&c->new, a, SDP_CONNECTION)));
    if (tls_id.p && !sdp_own(o, SDP_TLS_ID))
        sdp_pair_broke(c, SDP_P_TLS_ID, tls_id);
}

static void ice(const struct sdp_pair *c, const struct sdp_media *o, const struct sdp_media *a)
{
    bool offered = sdp_own(o, SDP_CANDIDATE) || sdp_facts_either(&c->old, o, SDP_ICE_UFRAG);
    bool answered = sdp_own(a, SDP_CANDIDATE) || sdp_own(a, SDP_ICE_UFRAG);

    if (!offered && answered)
        sdp_pair_broke(c, SDP_P_ICE, a->line);
    else if (answered && sdp_over_tcp(o->proto) != sdp_over_tcp(a->proto))
        sdp_pair_broke(c, SDP_P_ICE_TRANSPORT, a->proto);
    if (sdp_is_rtp(a) && sdp_own(o, SDP_RTCP_MUX) && sdp_own(a, SDP_RTCP_MUX)) {
        const struct sdp_attribute *rtcp = sdp_rtcp_candidate(a);
        if (rtcp)
            sdp_pair_broke(c, SDP_P_MUX_CANDIDATE, rtcp->value);
    }
}

/* The port of the answer, where that of the offer is 0: only in a group. */
static void port(const struct sdp_pair *c, const struct sdp_media *o, const struct sdp_media *a,
                 enum sdp_bundled bundled)
{
    if (sdp_port_zero(o) && !sdp_port_zero(a) && sdp_own(o, SDP_BUNDLE_ONLY)) {
        if (bundled == SDP_ALONE)
            sdp_pair_broke(c, SDP_P_BUNDLE_MOVED, a->line);
    } else if (sdp_port_zero(o) && !sdp_port_zero(a)) {
        sdp_pair_broke(c, SDP_P_REMOVED, a->line);
    }
    if (sdp_port_zero(a) && (bundled == SDP_ALONE || bundled == SDP_UNTOLD)) {
        if (!a->formats_n)
            sdp_pair_broke(c, SDP_P_NO_FORMAT, a->line);
        if (bundled == SDP_ALONE && sdp_own(a, SDP_BUNDLE_ONLY))
            sdp_pair_broke(c, SDP_P_BUNDLE_ONLY, sdp_own(a, SDP_BUNDLE_ONLY)->name);
    }
}

static void answered(const struct sdp_pair *c, const struct sdp_media *o, const struct sdp_media *a,
                     enum sdp_bundled bundled)
{
    struct span mo = sdp_value_of(sdp_own(o, SDP_MID)), ma = sdp_value_of(sdp_own(a, SDP_MID));

    if (!span_eq(o->media, a->media))
        sdp_pair_broke(c, SDP_P_MEDIA, a->media);
    if (mo.p && c->grouping && !span_eq(mo, ma))
        sdp_pair_broke(c, SDP_P_MID, ma.p ? ma : a->line);
    port(c, o, a, bundled);
    if (sdp_port_zero(a) && !(bundled == SDP_BUNDLED && sdp_own(a, SDP_BUNDLE_ONLY)))
        return;
    if (!sdp_port_zero(o) || bundled != SDP_ALONE) {
        directions(c, o, a);
        formats(c, o, a);
        multicasts(c, o, a);
    }
    connection_setup(c, o, a, bundled);
    sdp_answer_attributes(c, o, a, bundled);
    ice(c, o, a);
}

void sdp_answer_check(const struct sdp_msg *offer, const struct sdp_msg *answer,
                      struct findings *fs)
{
    uint64_t said[RULE_WORDS(SDP_PAIR_RULES)] = {0};
    struct sdp_pair c = {.was = offer, .is = answer, .fs = fs, .said = said};
    struct sdp_bundles bundles;

    sdp_facts_of(offer, &c.old);
    sdp_facts_of(answer, &c.new);

    c.grouping = c.new.first[SDP_GROUP] != NULL; /* RFC 5888 section 9.4.2 */
    for (size_t i = 0; i < answer->media_n && !c.grouping; i++)
        c.grouping = sdp_own(&answer->media[i], SDP_MID) != NULL;
    sdp_pair_numbers(&c);
    sdp_pair_name(&c);
    if (offer->origin && answer->origin && span_eq(offer->origin->text, answer->origin->text) &&
        !span_eq(offer->text, answer->text))
        sdp_pair_broke(&c, SDP_P_ORIGIN_SAME, answer->origin->text);
    bool times = offer->times_n == answer->times_n || !offer->times_n;
    for (size_t i = 0; times && i < offer->times_n; i++)
        times = span_eq(offer->times[i].text, answer->times[i].text);
    if (!times)
        sdp_pair_broke(&c, SDP_P_TIME,
                       answer->times_n ? answer->times[0].text : (struct span){NULL, 0});
    if (offer->media_n != answer->media_n)
        sdp_pair_broke(&c, SDP_P_MEDIA_COUNT,
                       answer->media_n ? answer->media[answer->media_n - 1].line
                                       : (struct span){NULL, 0});
    sdp_answer_groups(&c, &bundles);
    for (size_t i = 0; i < offer->media_n && i < answer->media_n; i++)
        answered(&c, &offer->media[i], &answer->media[i],
                 bundles.untold          ? SDP_UNTOLD
                 : i < COUNT(bundles.of) ? (enum sdp_bundled)bundles.of[i]
                                         : SDP_ALONE);
}
