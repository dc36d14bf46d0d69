/* codecs/sdp/sdp_offer_next.c - what offers break, and descriptions in view of those before. */
#include "codecs/sdp/sdp_pair.h"

/* ---- the next description of a side ---- */

/* Whether a text of digits is one more than another; both without leading zeros. */
static bool one_more(struct span before, struct span now)
{
    uint64_t x, y;
    return lex_number(before, &x) && lex_number(now, &y) && x < UINT64_MAX && y == x + 1;
}

static void origin(const struct sdp_pair *c)
{
    const struct sdp_origin *b = c->was->origin, *n = c->is->origin;

    if (!b || !n)
        return;
    if (!span_eq(b->username, n->username) || !span_eq(b->id, n->id) ||
        !span_eq(b->nettype, n->nettype) || !span_eq(b->addrtype, n->addrtype) ||
        !span_eq(b->address, n->address))
        sdp_pair_broke(c, SDP_P_NEXT_ORIGIN, n->text);
    if (span_eq(b->version, n->version)) {
        if (!span_eq(c->was->text, c->is->text))
            sdp_pair_broke(c, SDP_P_NEXT_SAME, n->version);
    } else if (!one_more(b->version, n->version)) {
        sdp_pair_broke(c, SDP_P_NEXT_VERSION, n->version);
    }
}

static void payloads(const struct sdp_pair *c, const struct sdp_media *b, const struct sdp_media *n)
{
    struct sdp_payloads pb, pn;

    if (!sdp_is_rtp(b) || !sdp_is_rtp(n) || !span_eq(b->media, n->media))
        return;
    sdp_payloads_of(b, &pb);
    sdp_payloads_of(n, &pn);
    for (size_t i = 0; i < n->formats_n; i++) {
        uint32_t v = sdp_payload(n->formats[i]);
        if (v < 96 || v > 127 || !pb.mapped[v] || !pn.mapped[v] ||
            sdp_coding_same(&pb.coding[v], &pn.coding[v]))
            continue;
        sdp_pair_broke(c, SDP_P_NEXT_MAP, n->formats[i]);
        return;
    }
}

/* Whether an extension has one valid identifier in a media description, and another in the one before. */
static void extensions(const struct sdp_pair *c, const struct sdp_media *b,
                       const struct sdp_media *n)
{
    size_t looked = 0;

    for (size_t i = 0; i < n->section.attributes_n && looked < SDP_PAIR_LIMIT; i++) {
        const struct sdp_attribute *a = &n->section.attributes[i];
        const struct sdp_extmap *e = a->type == SDP_EXTMAP ? a->parts : NULL;
        bool kept = false, other = false;
        if (!e || !sdp_extension_valid(e->id))
            continue;
        looked++;
        for (size_t k = 0; k < b->section.attributes_n; k++) {
            const struct sdp_attribute *was = &b->section.attributes[k];
            const struct sdp_extmap *f = was->type == SDP_EXTMAP ? was->parts : NULL;
            if (!f || !sdp_extension_valid(f->id) || !span_eq(f->uri, e->uri))
                continue;
            kept |= f->id == e->id;
            other |= f->id != e->id;
        }
        if (other && !kept)
            sdp_pair_broke(c, SDP_P_NEXT_EXTENSION, a->value);
    }
}

/* Whether the value that holds for a stream, its own or that of the session, was another before. */
static bool changed(const struct sdp_pair *c, const struct sdp_media *b, const struct sdp_media *n,
                    enum sdp_type type, struct span *now)
{
    const struct sdp_attribute *was = sdp_facts_either(&c->old, b, type),
                               *is = sdp_facts_either(&c->new, n, type);
    *now = is ? is->value.p ? is->value : is->name : n->line;
    return was && is ? !span_eq(was->value, is->value) : was != is;
}

/* RFC 8839 section 4.4.1.1.1. */
static void ice(const struct sdp_pair *c, const struct sdp_media *b, const struct sdp_media *n)
{
    static const enum sdp_type kept[] = {SDP_ICE_OPTIONS, SDP_ICE_PACING, SDP_ICE_LITE};
    struct span ufrag, pwd, at;

    if (!sdp_facts_either(&c->old, b, SDP_ICE_UFRAG) ||
        !sdp_facts_either(&c->new, n, SDP_ICE_UFRAG) ||
        !sdp_facts_either(&c->old, b, SDP_ICE_PWD) || !sdp_facts_either(&c->new, n, SDP_ICE_PWD))
        return;
    bool new_ufrag = changed(c, b, n, SDP_ICE_UFRAG, &ufrag),
         new_pwd = changed(c, b, n, SDP_ICE_PWD, &pwd);
    if (new_ufrag != new_pwd)
        sdp_pair_broke(c, SDP_P_ICE_RESTART, new_ufrag ? ufrag : pwd);
    for (size_t i = 0; i < COUNT(kept) && !new_ufrag && !new_pwd; i++)
        if (changed(c, b, n, kept[i], &at)) {
            sdp_pair_broke(c, SDP_P_ICE_KEPT, at);
            return;
        }
}

/* Putting on hold by the address 0.0.0.0 (RFC 3264 section 8.4). */
static void hold(const struct sdp_pair *c, const struct sdp_media *b, const struct sdp_media *n)
{
    const struct sdp_connection *cb = sdp_media_connection(c->was, b),
                                *cn = sdp_media_connection(c->is, n);

    if (!cn || !span_is(cn->address, "0.0.0.0") || !span_is(cn->addrtype, "IP4"))
        return;
    if (n->port == 0)
        sdp_pair_broke(c, SDP_P_HOLD_PORT, n->line);
    else if (cb && !sdp_port_zero(b) && !span_is(cb->address, "0.0.0.0") &&
             !sdp_own(n, SDP_CANDIDATE))
        sdp_pair_broke(c, SDP_P_HOLD_ADDRESS, cn->text);
}

static void stream(const struct sdp_pair *c, const struct sdp_media *b, const struct sdp_media *n)
{
    struct span mb = sdp_value_of(sdp_own(b, SDP_MID)), mn = sdp_value_of(sdp_own(n, SDP_MID));

    hold(c, b, n);
    if (sdp_port_zero(n) && !sdp_port_zero(b) && !sdp_own(n, SDP_BUNDLE_ONLY) &&
        sdp_own(n, SDP_CANDIDATE))
        sdp_pair_broke(c, SDP_P_ICE_REMOVED, sdp_own(n, SDP_CANDIDATE)->name);
    if (sdp_port_zero(b) || sdp_port_zero(n))
        return;
    if (mb.p && !span_eq(mb, mn))
        sdp_pair_broke(c, SDP_P_NEXT_MID, mn.p ? mn : n->line);
    payloads(c, b, n);
    extensions(c, b, n);
    ice(c, b, n);
}

void sdp_reoffer_check(const struct sdp_msg *before, const struct sdp_msg *now, struct findings *fs)
{
    uint64_t said[RULE_WORDS(SDP_PAIR_RULES)] = {0};
    struct sdp_pair c = {.was = before, .is = now, .fs = fs, .said = said};

    sdp_facts_of(before, &c.old);
    sdp_facts_of(now, &c.new);
    sdp_pair_numbers(&c);
    origin(&c);
    if (now->media_n < before->media_n)
        sdp_pair_broke(&c, SDP_P_NEXT_COUNT,
                       now->media_n ? now->media[now->media_n - 1].line : (struct span){NULL, 0});
    for (size_t i = 0; i < before->media_n && i < now->media_n; i++)
        stream(&c, &before->media[i], &now->media[i]);
}

/* ---- what an agent wants (RFC 6337 sections 5.2.5 and 5.3) ---- */

/* A codec that is wanted, that the other side does not have, and that the offer does not have either. */
static void all_formats(const struct sdp_pair *c, const struct sdp_media *n,
                        const struct sdp_media *peer, const struct sdp_media *wish)
{
    struct sdp_payloads pn, pp, pw;

    if (!sdp_is_rtp(n) || !sdp_is_rtp(peer) || !sdp_is_rtp(wish))
        return;
    sdp_payloads_of(n, &pn);
    sdp_payloads_of(peer, &pp);
    sdp_payloads_of(wish, &pw);
    for (uint32_t x = 0; x < 128; x++) {
        bool found = !pw.at[x] || !pw.known[x];
        for (uint32_t y = 0; y < 128 && !found; y++)
            found = (pn.at[y] && sdp_payload_same(&pw, x, &pn, y)) ||
                    (pp.at[y] && sdp_payload_same(&pw, x, &pp, y));
        if (!found) {
            sdp_pair_broke(c, SDP_P_ASKED_FORMATS, n->line);
            return;
        }
    }
}

static void asked(const struct sdp_pair *c, const struct sdp_media *n, const struct sdp_media *own,
                  const struct sdp_media *peer, const struct sdp_media *wish)
{
    if (!sdp_port_zero(own) && !sdp_port_zero(n) && span_eq(own->media, n->media) &&
        (!span_eq(own->proto, n->proto) || !sdp_formats_common(own, n)))
        sdp_pair_broke(c, SDP_P_ASKED_OVERLAP, n->line);
    if (!peer || !wish || sdp_port_zero(wish) || !span_eq(wish->media, n->media))
        return;
    if (sdp_port_zero(peer) && sdp_port_zero(n) && !sdp_own(n, SDP_BUNDLE_ONLY))
        sdp_pair_broke(c, SDP_P_ASKED_STREAM, n->line);
    else if (!sdp_port_zero(peer) && !sdp_port_zero(n))
        all_formats(c, n, peer, wish);
}

/* An offer of the direction that had to be answered: who is on hold and stays so by its own offers. */
static void stuck(const struct sdp_pair *c, const struct sdp_past *past, size_t i)
{
    const struct sdp_media *n = &c->is->media[i], *own = sdp_media_at(past->own, i),
                           *peer = sdp_media_at(past->peer, i), *wish = sdp_media_at(past->wish, i);

    if (!peer || !wish || sdp_port_zero(n) || sdp_port_zero(own) || sdp_port_zero(peer) ||
        sdp_port_zero(wish))
        return;
    enum sdp_direction now = sdp_facts_direction(&c->new, n);
    if (now == sdp_media_direction(past->own, own) &&
        now == sdp_direction_other(sdp_media_direction(past->peer, peer)) &&
        (sdp_media_direction(past->wish, wish) & ~now) != 0)
        sdp_pair_broke(c, SDP_P_STUCK, n->line);
}

/* ---- offers ---- */

static void offered(const struct sdp_pair *c, const struct sdp_media *n, bool fresh)
{
    struct span setup = sdp_value_of(sdp_facts_either(&c->new, n, SDP_SETUP));
    struct sdp_payloads p;

    if (fresh && sdp_port_zero(n) && !sdp_own(n, SDP_BUNDLE_ONLY) && setup.p && n->proto.n >= 4 &&
        memcmp(n->proto.p, "TCP/", 4) == 0)
        sdp_pair_broke(c, SDP_P_TCP_PORT, n->line);
    if (sdp_port_zero(n) && !sdp_own(n, SDP_BUNDLE_ONLY))
        return;
    if (setup.p && !lex_like(setup, "actpass") && lex_holds(n->proto, "UDP/TLS"))
        sdp_pair_broke(c, SDP_P_ACTPASS, setup);
    else if (setup.p && !lex_like(setup, "actpass") && lex_holds(n->proto, "DTLS"))
        sdp_pair_broke(c, SDP_P_ACTPASS_DTLS, setup);
    if (!sdp_is_rtp(n))
        return;
    sdp_payloads_of(n, &p);
    for (size_t i = 0; i < n->formats_n; i++) {
        uint32_t v = sdp_payload(n->formats[i]);
        if (v < 96 && p.known[v] && !p.mapped[v]) {
            sdp_pair_broke(c, SDP_P_MAP_OFFER, n->formats[i]);
            return;
        }
    }
}

void sdp_offer_check(const struct sdp_msg *offer, const struct sdp_past *past, struct findings *fs)
{
    uint64_t said[RULE_WORDS(SDP_PAIR_RULES)] = {0};
    struct sdp_pair c = {.was = past ? past->own : NULL, .is = offer, .fs = fs, .said = said};
    uint64_t version;

    sdp_facts_of(offer, &c.new);
    sdp_pair_name(&c);
    if (offer->times_n != 1 || offer->times[0].repeats_n || !span_is(offer->times[0].text, "0 0"))
        sdp_pair_broke(&c, SDP_P_TIME_ZERO,
                       offer->times_n ? offer->times[0].text : (struct span){NULL, 0});
    for (size_t i = 0; i < offer->media_n; i++)
        offered(&c, &offer->media[i], !sdp_media_at(c.was, i));
    if (!past || !past->own) {
        sdp_pair_numbers(&c);
        if (offer->origin && lex_number(offer->origin->version, &version) &&
            version >= ((uint64_t)1 << 62) - 1 && version <= INT64_MAX)
            sdp_pair_broke(&c, SDP_P_VERSION_RANGE, offer->origin->version);
        return;
    }
    sdp_reoffer_check(c.was, offer, fs);
    for (size_t i = 0; i < offer->media_n && i < c.was->media_n; i++) {
        stuck(&c, past, i);
        if (past->asked)
            asked(&c, &offer->media[i], &c.was->media[i], sdp_media_at(past->peer, i),
                  sdp_media_at(past->wish, i));
    }
}

/* ---- capabilities ---- */

void sdp_able_check(const struct sdp_msg *m, struct findings *fs)
{
    uint64_t said[RULE_WORDS(SDP_PAIR_RULES)] = {0};
    struct sdp_pair c = {.is = m, .fs = fs, .said = said};
    struct sdp_payloads p;

    if (m->times_n != 1 || !span_is(m->times[0].text, "0 0"))
        sdp_pair_broke(&c, SDP_P_ABLE_TIME, m->times_n ? m->times[0].text : (struct span){NULL, 0});
    for (size_t i = 0; i < m->media_n; i++) {
        const struct sdp_media *v = &m->media[i];
        if (v->port != 0)
            sdp_pair_broke(&c, SDP_P_ABLE_PORT, v->line);
        if (!sdp_is_rtp(v))
            continue;
        sdp_payloads_of(v, &p);
        for (size_t k = 0; k < v->formats_n; k++) {
            uint32_t f = sdp_payload(v->formats[k]);
            if (f >= 96 && f < 128 && !p.mapped[f]) {
                sdp_pair_broke(&c, SDP_P_ABLE_MAP, v->formats[k]);
                break;
            }
        }
    }
}
