/* codecs/sdp/sdp_lint_section.c - rules about the attributes of a section together, and about sections together.
 *
 * Things that are compared each with each are at most SDP_LINT_MEDIA; beyond that the rule is not judged. */
#include "codecs/sdp/sdp_rules.h"

struct source {
    uint32_t id;
    struct span at;
    unsigned cnames;
};
struct state {
    const struct sdp_judge *j;
    const struct sdp_attribute *v;
    size_t n;
    bool rtp;
    uint8_t listed[128], mapped[128],
        told[128]; /* by payload type: in m=, with a=rtpmap, with a=fmtp */
    const struct sdp_attribute *first[SDP_TYPES];
    unsigned directions;
    size_t seen_n[4];
    size_t sources_n;
    bool sources_full;
    /* what follows is not zeroed */
    struct span seen[4]
                    [SDP_LINT_MEDIA]; /* tags of a=crypto, ids of a=rid, identifiers and the rest of
                                            a=extmap */
    struct source sources[SDP_LINT_MEDIA];
};
enum { SEEN_CRYPTO, SEEN_RID, SEEN_EXTMAP, SEEN_EXTENSION };

static bool again(struct state *s, unsigned which, struct span id)
{
    for (size_t i = 0; i < s->seen_n[which]; i++)
        if (span_eq(s->seen[which][i], id))
            return true;
    if (s->seen_n[which] < SDP_LINT_MEDIA)
        s->seen[which][s->seen_n[which]++] = id;
    return false;
}

static uint32_t payload(struct span s)
{
    uint32_t v = sdp_u32(s);
    return sdp_is_plain(s) && v < 128 ? v : SDP_NONE;
}

/* ---- formats ---- */

static void rtpmap(struct state *s, const struct sdp_attribute *a)
{
    const struct sdp_rtpmap *v = a->parts;
    struct span text = span_cut(a->value, 0, lex_find(a->value, 0, ' '));

    if (v->payload > 127)
        return;
    if (s->mapped[v->payload])
        sdp_broke(s->j, SDP_R_RTPMAP_AGAIN, text);
    else if (!s->listed[v->payload])
        sdp_broke(s->j, SDP_R_RTPMAP_FOREIGN, text);
    s->mapped[v->payload] = 1;
}

static void fmtp(struct state *s, const struct sdp_attribute *a)
{
    const struct sdp_fmtp *v = a->parts;
    const struct sdp_media *m = s->j->media;
    uint32_t pt = payload(v->format);
    bool listed = pt != SDP_NONE && s->listed[pt];

    for (size_t i = 0; pt == SDP_NONE && !listed && i < m->formats_n && i < SDP_LINT_MEDIA; i++)
        listed = span_eq(m->formats[i], v->format);
    if (!listed && (pt != SDP_NONE || m->formats_n <= SDP_LINT_MEDIA))
        sdp_broke(s->j, SDP_R_FMTP_FOREIGN, v->format);
    if (pt == SDP_NONE)
        return;
    if (s->told[pt])
        sdp_broke(s->j, SDP_R_FMTP_AGAIN, v->format);
    s->told[pt] = 1;
}

/* ---- sources ---- */

static void ssrc(struct state *s, const struct sdp_attribute *a)
{
    const struct sdp_ssrc *v = a->parts;
    struct source *at = NULL;

    for (size_t i = 0; i < s->sources_n && !at; i++)
        if (s->sources[i].id == v->id)
            at = &s->sources[i];
    if (!at && s->sources_n == SDP_LINT_MEDIA) {
        s->sources_full = true;
        return;
    }
    if (!at) {
        at = &s->sources[s->sources_n++];
        *at = (struct source){v->id, a->value, 0};
    }
    if (lex_like(v->attribute, "cname") && at->cnames++ == 1)
        sdp_broke(s->j, SDP_R_SSRC_CNAME_AGAIN, a->value);
}

static void ssrc_group(struct state *s, const struct sdp_attribute *a)
{
    const struct sdp_group *v = a->parts;

    for (size_t i = 0; i < v->ids_n && i < SDP_LINT_MEDIA; i++) {
        bool known = false;
        for (size_t k = 0; k < s->sources_n && !known; k++)
            known = s->sources[k].id == sdp_u32(v->ids[i]);
        if (!known) {
            sdp_broke(s->j, SDP_R_SSRC_GROUP_FOREIGN, v->ids[i]);
            return;
        }
    }
}

static void sources(struct state *s)
{
    size_t groups = 0;

    for (size_t i = 0; i < s->sources_n && !s->sources_full; i++)
        if (!s->sources[i].cnames)
            sdp_broke(s->j, SDP_R_SSRC_CNAME, s->sources[i].at);
    for (size_t i = 0; i < s->n && !s->sources_full && groups < SDP_LINT_MEDIA; i++)
        if (s->v[i].type == SDP_SSRC_GROUP && s->v[i].parts) {
            groups++;
            ssrc_group(s, &s->v[i]);
        }
}

/* ---- one attribute after the other ---- */

static void with_media(struct state *s, const struct sdp_attribute *a)
{
    const struct sdp_media *m = s->j->media;

    switch ((unsigned)a->type) {
    case SDP_RTPMAP:
        rtpmap(s, a);
        break;
    case SDP_FMTP:
        fmtp(s, a);
        break;
    case SDP_SSRC:
        ssrc(s, a);
        break;
    case SDP_CRYPTO:
        if (!lex_holds(m->proto, "SAVP"))
            sdp_broke(s->j, SDP_R_CRYPTO_PROTO, a->name);
        if (again(s, SEEN_CRYPTO, span_cut(a->value, 0, lex_find(a->value, 0, ' '))))
            sdp_broke(s->j, SDP_R_CRYPTO_AGAIN, span_cut(a->value, 0, lex_find(a->value, 0, ' ')));
        break;
    case SDP_RTCP_FB:
        if (!lex_holds(m->proto, "AVPF"))
            sdp_broke(s->j, SDP_R_FEEDBACK_PROTO, a->name);
        break;
    case SDP_RID:
        if (again(s, SEEN_RID, ((const struct sdp_rid *)a->parts)->id))
            sdp_broke(s->j, SDP_R_RID_AGAIN, ((const struct sdp_rid *)a->parts)->id);
        break;
    case SDP_SIMULCAST:
        if (s->first[SDP_SIMULCAST])
            sdp_broke(s->j, SDP_R_SIMULCAST_AGAIN, a->name);
        break;
    default:
        break;
    }
}

static void extmap(struct state *s, const struct sdp_attribute *a)
{
    const struct sdp_extmap *v = a->parts;
    struct span entry = span_cut(a->value, 0, lex_find(a->value, 0, ' '));
    struct span id = span_cut(entry, 0, lex_find(entry, 0, '/')), digits = id;

    while (digits.n > 1 && digits.p[0] == '0')
        digits = span_cut(digits, 1, digits.n);
    if (v->id < 4096 && again(s, SEEN_EXTMAP, digits))
        sdp_broke(s->j, SDP_R_EXTMAP_AGAIN, id);
    /* URI and attributes, as they stand there */
    if (v->uri.n && again(s, SEEN_EXTENSION, span_cut(a->value, entry.n + 1, a->value.n)))
        sdp_broke(s->j, SDP_R_EXTMAP_SAME, v->uri);
}

static void take(struct state *s, const struct sdp_attribute *a)
{
    bool direction = a->type == SDP_SENDRECV || a->type == SDP_SENDONLY ||
                     a->type == SDP_RECVONLY || a->type == SDP_INACTIVE;

    if (direction && s->directions++ == 1)
        sdp_broke(s->j, SDP_R_DIRECTION_AGAIN, a->name);
    if (a->type == SDP_SDPLANG && s->first[SDP_SDPLANG])
        sdp_broke(s->j, SDP_R_SDPLANG_AGAIN, a->name);
    if (a->type == SDP_EXTMAP && a->parts)
        extmap(s, a);
    if (s->j->media && a->parts)
        with_media(s, a);
    if (!s->first[a->type])
        s->first[a->type] = a;
}

/* ---- a section as a whole ---- */

static const struct sdp_attribute *at_session(const struct sdp_judge *j, enum sdp_type type)
{
    return j->facts->first[type];
}

static void transport(struct state *s)
{
    const struct sdp_judge *j = s->j;
    const struct sdp_media *m = j->media;
    const struct sdp_attribute *setup =
        s->first[SDP_SETUP] ? s->first[SDP_SETUP] : at_session(j, SDP_SETUP);
    bool tls = lex_holds(m->proto, "TLS"), group = j->facts->bundle;
    bool sctp = span_is(m->proto, "UDP/DTLS/SCTP") || span_is(m->proto, "TCP/DTLS/SCTP");

    if (tls && m->port && !group) {
        if (!s->first[SDP_FINGERPRINT] && !at_session(j, SDP_FINGERPRINT))
            sdp_broke(j, SDP_R_FINGERPRINT_NONE, m->line);
        if (!setup && lex_holds(m->proto, "UDP/TLS"))
            sdp_broke(j, SDP_R_DTLS_SETUP, m->line);
    }
    if (s->first[SDP_CONNECTION] && lex_holds(m->proto, "UDP/TLS"))
        sdp_broke(j, SDP_R_DTLS_CONNECTION, s->first[SDP_CONNECTION]->name);
    if (setup && lex_like(setup->value, "active") && m->proto.n >= 4 &&
        memcmp(m->proto.p, "TCP/", 4) == 0 && m->port != 9 && m->port != 0)
        sdp_broke(j, SDP_R_SETUP_DISCARD, m->line);
    if (sctp && m->formats_n > 1)
        sdp_broke(j, SDP_R_SCTP_FORMATS, m->line);
    if (sctp && m->port && !s->first[SDP_SCTP_PORT])
        sdp_broke(j, SDP_R_SCTP_NO_PORT, m->line);
    if (setup && lex_like(setup->value, "holdconn")) {
        if (sctp)
            sdp_broke(j, SDP_R_SCTP_HOLDCONN, setup->value);
        else if (m->port && (lex_holds(m->proto, "UDP/TLS") || lex_holds(m->proto, "DTLS")))
            sdp_broke(j, SDP_R_DTLS_HOLDCONN, setup->value);
    }
    if (s->first[SDP_CANDIDATE] && m->port == 0 && !s->first[SDP_BUNDLE_ONLY])
        sdp_broke(j, SDP_R_CANDIDATE_ZERO, s->first[SDP_CANDIDATE]->name);
}

/* ice-ufrag and ice-pwd of a stream that is not refused: both, at either level, and both or none without candidates. */
static void ice(struct state *s)
{
    const struct sdp_judge *j = s->j;
    const struct sdp_attribute *candidate = s->first[SDP_CANDIDATE];
    const struct sdp_attribute *ufrag = sdp_facts_either(j->facts, j->media, SDP_ICE_UFRAG);
    const struct sdp_attribute *pwd = sdp_facts_either(j->facts, j->media, SDP_ICE_PWD);
    bool judged = j->media->port || s->first[SDP_BUNDLE_ONLY];

    if (j->facts->bundle) /* others may stand in another media description of the bundle */
        judged &= s->first[SDP_ICE_UFRAG] || s->first[SDP_ICE_PWD];
    if (candidate && (!ufrag || !pwd))
        sdp_broke(j, SDP_R_ICE_NONE, candidate->name);
    else if (judged && !ufrag != !pwd)
        sdp_broke(j, SDP_R_ICE_NONE, ufrag ? ufrag->name : pwd->name);
}

static struct span mid_of(const struct sdp_media *m)
{
    const struct sdp_attribute *a = sdp_attribute(&m->section, SDP_MID);
    return a ? a->value : (struct span){NULL, 0};
}

static void mid(struct state *s)
{
    const struct sdp_judge *j = s->j;
    size_t i = (size_t)(j->media - j->m->media);

    if (!s->first[SDP_MID]) {
        if (at_session(j, SDP_GROUP))
            sdp_broke(j, SDP_R_GROUP_NO_MID, j->media->line);
        return;
    }
    for (size_t k = 0; k < i && i < SDP_LINT_MEDIA; k++)
        if (s->first[SDP_MID]->value.n &&
            span_eq(mid_of(&j->m->media[k]), s->first[SDP_MID]->value)) {
            sdp_broke(j, SDP_R_MID_AGAIN, s->first[SDP_MID]->value);
            return;
        }
}

static void dynamic(struct state *s)
{
    const struct sdp_media *m = s->j->media;

    for (size_t i = 0; i < m->formats_n && s->rtp && m->port; i++) {
        uint32_t pt = payload(m->formats[i]);
        if (pt != SDP_NONE && pt >= 96 && !s->mapped[pt]) {
            sdp_broke(s->j, SDP_R_MEDIA_MAP, m->formats[i]);
            return;
        }
    }
}

/* RTP and RTCP on one port. Candidates for RTCP stand in a first offer that has rtcp-mux (RFC 5761 section 5.1.3); where
 * rtcp-mux-only is there as well, they stand in none (RFC 8858 section 5.3) and in no answer. */
static void mux(struct state *s)
{
    const struct sdp_media *m = s->j->media;
    const struct sdp_attribute *candidate;
    bool only = false;

    if (!s->rtp || !s->first[SDP_RTCP_MUX] || (m->port == 0 && !s->first[SDP_BUNDLE_ONLY]))
        return;
    for (size_t i = 0; i < m->formats_n; i++) {
        uint32_t pt = payload(m->formats[i]);
        if (pt >= 64 && pt <= 95) {
            sdp_broke(s->j, SDP_R_MUX_PAYLOAD, m->formats[i]);
            break;
        }
    }
    candidate = s->first[SDP_CANDIDATE] ? sdp_rtcp_candidate(m) : NULL;
    for (size_t i = 0; i < s->n && candidate && !only; i++)
        only = s->v[i].type == SDP_OTHER && span_is(s->v[i].name, "rtcp-mux-only");
    if (only)
        sdp_broke(s->j, SDP_R_MUX_ONLY_CANDIDATE, candidate->value);
}

/* ---- groups of media descriptions ---- */

struct member { /* a media description as groups see it */
    struct span mid;
    bool only;    /* with a=bundle-only */
    bool bundled; /* in a BUNDLE group so far */
};

static struct member *of_mid(const struct sdp_msg *m, struct member *members, struct span id)
{
    for (size_t i = 0; i < m->media_n; i++)
        if (members[i].mid.n && span_eq(members[i].mid, id))
            return &members[i];
    return NULL;
}

static void group(const struct sdp_judge *j, const struct sdp_group *g, struct member *members)
{
    bool bundle = span_is(g->semantics, "BUNDLE");

    for (size_t i = 0; i < g->ids_n && i < SDP_LINT_MEDIA; i++) {
        struct member *is = of_mid(j->m, members, g->ids[i]);
        if (!is)
            continue;
        const struct sdp_media *m = &j->m->media[is - members];
        const struct sdp_connection *c = sdp_media_connection(j->m, m);
        if (!bundle) {
            /* RFC 8843 section 14.2: port 0 of a bundle-only stream refuses nothing */
            if (m->port == 0 && !(is->only && j->facts->bundle))
                sdp_broke(j, SDP_R_GROUP_ZERO, g->ids[i]);
            continue;
        }
        if (is->bundled)
            sdp_broke(j, SDP_R_BUNDLE_TWICE, g->ids[i]);
        is->bundled = true;
        if (c && sdp_is_token(c->nettype) && !span_is(c->nettype, "IN"))
            sdp_broke(j, SDP_R_BUNDLE_NETTYPE, c->nettype);
    }
}

static void groups(struct state *s)
{
    const struct sdp_msg *m = s->j->m;
    struct member members[SDP_LINT_MEDIA];
    size_t left = 8;

    if (!s->first[SDP_GROUP] || m->media_n > SDP_LINT_MEDIA)
        return;
    for (size_t i = 0; i < m->media_n; i++)
        members[i] = (struct member){mid_of(&m->media[i]),
                                     sdp_attribute(&m->media[i].section, SDP_BUNDLE_ONLY), false};
    for (size_t i = 0; i < s->n && left > 0; i++)
        if (s->v[i].type == SDP_GROUP && s->v[i].parts) {
            left--;
            group(s->j, s->v[i].parts, members);
        }
}

static void session(struct state *s)
{
    const struct sdp_msg *m = s->j->m;

    if (s->first[SDP_ICE_LITE] && s->first[SDP_ICE_PACING])
        sdp_broke(s->j, SDP_R_LITE_PACING, s->first[SDP_ICE_PACING]->name);
    groups(s);
    for (size_t i = 0; i < m->media_n && s->first[SDP_EXTMAP]; i++) {
        const struct sdp_attribute *a = sdp_attribute(&m->media[i].section, SDP_EXTMAP);
        if (a) {
            sdp_broke(s->j, SDP_R_EXTMAP_LEVELS, a->name);
            return;
        }
    }
}

void sdp_lint_section(const struct sdp_judge *j)
{
    const struct sdp_media *m = j->media;
    const struct sdp_section *section = m ? &m->section : &j->m->section;
    struct state s;

    memset(&s, 0, offsetof(struct state, seen));
    s.j = j;
    s.v = section->attributes;
    s.n = section->attributes_n;
    for (size_t i = 0; m && i < m->formats_n; i++) {
        uint32_t pt = payload(m->formats[i]);
        if (pt != SDP_NONE)
            s.listed[pt] = 1;
    }
    s.rtp = m && lex_holds(m->proto, "RTP/");
    for (size_t i = 0; i < s.n; i++) {
        sdp_lint_attribute(j, &s.v[i]);
        take(&s, &s.v[i]);
    }
    if (!m) {
        session(&s);
        return;
    }
    sources(&s);
    transport(&s);
    ice(&s);
    mid(&s);
    dynamic(&s);
    mux(&s);
}
