/* codecs/sdp/sdp_answer.c - the answer to an offer, as a draft. */
#include "codecs/sdp/sdp_offer.h"
#include "codecs/sdp/sdp_rules.h"
#include "codecs/sdp/sdp_table.h"

const char *sdp_direction_name(enum sdp_direction d)
{
    static const char *const names[] = {"inactive", "sendonly", "recvonly", "sendrecv"};
    return names[d & SDP_DIR_BOTH];
}

/* RFC 3551 section 6. */
static const struct {
    uint8_t payload, channels;
    uint32_t clock;
    const char *encoding;
} statics[] = {
    {0, 1, 8000, "PCMU"},   {3, 1, 8000, "GSM"},    {4, 1, 8000, "G723"},   {5, 1, 8000, "DVI4"},
    {6, 1, 16000, "DVI4"},  {7, 1, 8000, "LPC"},    {8, 1, 8000, "PCMA"},   {9, 1, 8000, "G722"},
    {10, 2, 44100, "L16"},  {11, 1, 44100, "L16"},  {12, 1, 8000, "QCELP"}, {13, 1, 8000, "CN"},
    {14, 1, 90000, "MPA"},  {15, 1, 8000, "G728"},  {16, 1, 11025, "DVI4"}, {17, 1, 22050, "DVI4"},
    {18, 1, 8000, "G729"},  {25, 1, 90000, "CelB"}, {26, 1, 90000, "JPEG"}, {28, 1, 90000, "nv"},
    {31, 1, 90000, "H261"}, {32, 1, 90000, "MPV"},  {33, 1, 90000, "MP2T"}, {34, 1, 90000, "H263"},
};

/* The first a=rtpmap of a payload type; NULL: none. */
static const struct sdp_attribute *map_of(const struct sdp_media *m, uint32_t payload)
{
    for (size_t i = 0; i < m->section.attributes_n; i++) {
        const struct sdp_attribute *a = &m->section.attributes[i];
        if (a->type == SDP_RTPMAP && a->parts &&
            ((const struct sdp_rtpmap *)a->parts)->payload == payload)
            return a;
    }
    return NULL;
}

static bool coding(const struct sdp_attribute *a, uint32_t payload, struct sdp_coding *c)
{
    if (a) {
        const struct sdp_rtpmap *map = a->parts;
        uint32_t channels = map->params.n ? sdp_u32(map->params) : 1;
        *c = (struct sdp_coding){map->encoding, map->clock, channels};
        return true;
    }
    for (size_t i = 0; i < COUNT(statics); i++)
        if (statics[i].payload == payload) {
            *c = (struct sdp_coding){span_of(statics[i].encoding), statics[i].clock,
                                     statics[i].channels};
            return true;
        }
    return false;
}

bool sdp_coding_of(const struct sdp_media *m, uint32_t payload, struct sdp_coding *c)
{
    return coding(map_of(m, payload), payload, c);
}

bool sdp_coding_same(const struct sdp_coding *a, const struct sdp_coding *b)
{
    return a->clock == b->clock && a->channels == b->channels && lex_same(a->encoding, b->encoding);
}

struct maker {
    const struct sdp_msg *offer;
    const struct sdp_abilities *able;
    struct draft *dr;
    struct sdp_facts facts; /* of the offer */
    const struct sdp_attribute *maps[128],
        *fmtps[128]; /* of a media description, by payload type */
    bool used[SDP_ABILITIES];
};

static void put(struct maker *k, struct node *to, const struct field *f, struct span s)
{
    draft_bytes(k->dr, to, f, s);
}

/* name or name:value; `value` has no p where there is none. */
static void attribute(struct maker *k, struct node *list, const char *name, struct span value)
{
    struct node *a = draft_kids(k->dr, list, NULL, sdp_media_fields[MEDIA_ATTRIBUTES].sub);

    put(k, a, &sdp_attribute_fields[ATTRIBUTE_NAME], span_of(name));
    if (value.p)
        put(k, a, &sdp_attribute_fields[ATTRIBUTE_VALUE], value);
}

static void format(struct maker *k, struct node *list, struct span s)
{
    struct node *item = draft_kids(k->dr, list, NULL, sdp_media_fields[MEDIA_FORMATS].sub);
    put(k, item, &sdp_media_fields[MEDIA_FORMATS].sub->f[0], s);
}

/* Whether a format of the offer can be used. */
static bool fits(const struct maker *k, const struct sdp_ability *s, struct span f)
{
    struct sdp_coding c;
    uint32_t payload = sdp_u32(f);

    if (s->format)
        return span_is(f, s->format);
    if (payload > 127 || (f.n > 1 && f.p[0] == '0') || !coding(k->maps[payload], payload, &c))
        return false;
    for (size_t i = 0; i < s->codings_n; i++)
        if (sdp_coding_same(&c, &s->codings[i]))
            return true;
    return false;
}

/* The offered a=crypto that is taken; NULL: none. */
static const struct sdp_attribute *crypto_of(const struct sdp_ability *s, const struct sdp_media *m)
{
    for (size_t i = 0; s->suite && i < m->section.attributes_n; i++) {
        const struct sdp_attribute *a = &m->section.attributes[i];
        const struct sdp_crypto *v = a->type == SDP_CRYPTO ? a->parts : NULL;
        if (v && v->tag != SDP_NONE && span_is(v->suite, s->suite))
            return a;
    }
    return NULL;
}

enum { FORMATS = 64 }; /* of an offered media description that are looked at */

/* The stream that takes an offered media description; NULL: it is rejected. `ok`: which formats are taken. */
static const struct sdp_ability *choose(struct maker *k, const struct sdp_media *m,
                                        bool ok[FORMATS])
{
    bool tls = lex_holds(m->proto, "TLS");

    if (m->port == 0 || m->port > UINT16_MAX || sdp_is_multicast(sdp_media_connection(k->offer, m)))
        return NULL;
    if (lex_holds(m->proto, "TLS") && !k->able->fingerprint)
        return NULL;
    for (size_t i = 0; i < k->able->streams_n && i < SDP_ABILITIES; i++) {
        const struct sdp_ability *s = &k->able->streams[i];
        bool any = false;
        if (k->used[i] || !span_is(m->media, s->media) || !span_is(m->proto, s->proto))
            continue;
        if (lex_holds(m->proto, "SAVP") && !tls && !crypto_of(s, m))
            continue;
        for (size_t f = 0; f < m->formats_n && f < FORMATS; f++)
            any |= ok[f] = fits(k, s, m->formats[f]);
        if (!any)
            continue;
        k->used[i] = true;
        return s;
    }
    return NULL;
}

static void setup(struct maker *k, struct node *list, const struct sdp_media *m)
{
    static const char *const roles[][2] = {{"active", "passive"},
                                           {"passive", "active"},
                                           {"actpass", "active"},
                                           {"holdconn", "holdconn"}};
    const struct sdp_attribute *a = sdp_facts_either(&k->facts, m, SDP_SETUP);
    bool hold = a && span_is(a->value, "holdconn") &&
                lex_holds(m->proto, "UDP/TLS"); /* not by RFC 5763 section 5 */

    for (size_t i = 0; a && !hold && i < COUNT(roles); i++)
        if (span_is(a->value, roles[i][0]))
            attribute(k, list, "setup", span_of(roles[i][1]));
    a = sdp_facts_either(&k->facts, m, SDP_CONNECTION);
    if (a && a->value.p)
        attribute(k, list, "connection", span_of("new"));
    if (lex_holds(m->proto, "TLS"))
        attribute(k, list, "fingerprint", span_of(k->able->fingerprint));
}

/* "1 SUITE inline:.." */
static void crypto(struct maker *k, struct node *list, const struct sdp_ability *s,
                   const struct sdp_attribute *offered)
{
    struct span tag = span_cut(offered->value, 0, lex_find(offered->value, 0, ' '));
    struct span suite = span_of(s->suite), key = span_of(s->key);
    size_t cap = tag.n + suite.n + key.n + 2;
    uint8_t *p = arena_take(k->dr->mem, cap);
    struct wr w = {p, p ? cap : 0, 0, false};

    wr_put(&w, tag);
    wr_u8(&w, ' ');
    wr_put(&w, suite);
    wr_u8(&w, ' ');
    wr_put(&w, key);
    if (p)
        attribute(k, list, "crypto", wr_span(&w));
}

/* Find the first a=rtpmap and a=fmtp of each payload type. */
static void find_maps(struct maker *k, const struct sdp_media *m)
{
    memset(k->maps, 0, sizeof k->maps);
    memset(k->fmtps, 0, sizeof k->fmtps);
    for (size_t i = 0; i < m->section.attributes_n; i++) {
        const struct sdp_attribute *a = &m->section.attributes[i], **to = NULL;
        uint32_t payload = SDP_NONE;
        if (a->type == SDP_RTPMAP && a->parts) {
            payload = ((const struct sdp_rtpmap *)a->parts)->payload;
            to = k->maps;
        } else if (a->type == SDP_FMTP && a->parts) {
            payload = sdp_u32(((const struct sdp_fmtp *)a->parts)->format);
            to = k->fmtps;
        }
        if (payload < 128 && !to[payload])
            to[payload] = a;
    }
}

/* The a=rtpmap and a=fmtp of the formats that are taken, as they were offered. */
static void maps(struct maker *k, struct node *list, const struct sdp_media *m,
                 const bool ok[FORMATS])
{
    for (size_t i = 0; i < m->formats_n && i < FORMATS; i++) {
        uint32_t payload = ok[i] ? sdp_u32(m->formats[i]) : SDP_NONE;
        if (payload < 128 && k->maps[payload])
            attribute(k, list, "rtpmap", k->maps[payload]->value);
        if (payload < 128 && k->fmtps[payload])
            attribute(k, list, "fmtp", k->fmtps[payload]->value);
    }
}

static void accepted(struct maker *k, struct node *list, const struct sdp_media *m,
                     const struct sdp_ability *s, const bool ok[FORMATS])
{
    const struct sdp_attribute *offered = crypto_of(s, m);

    maps(k, list, m, ok);
    attribute(
        k, list,
        sdp_direction_name(sdp_direction_answer(sdp_facts_direction(&k->facts, m), s->direction)),
        (struct span){NULL, 0});
    setup(k, list, m);
    if (offered && lex_holds(m->proto, "SAVP") && !lex_holds(m->proto, "TLS"))
        crypto(k, list, s, offered);
    if (k->able->mux && sdp_attribute(&m->section, SDP_RTCP_MUX))
        attribute(k, list, "rtcp-mux", (struct span){NULL, 0});
    if (lex_holds(m->proto, "DTLS/SCTP"))
        attribute(k, list, "sctp-port", span_of("5000"));
}

static bool media(struct maker *k, struct node *to, const struct sdp_media *m)
{
    const struct field *f = sdp_media_fields;
    struct node *item = draft_kids(k->dr, to, NULL, sdp_msg_fields[MSG_MEDIA].sub);
    bool ok[FORMATS] = {false};
    find_maps(k, m);
    const struct sdp_ability *s = choose(k, m, ok);
    const struct sdp_attribute *mid = sdp_attribute(&m->section, SDP_MID);

    put(k, item, &f[MEDIA_MEDIA], m->media);
    draft_uint(k->dr, item, &f[MEDIA_PORT], s ? s->port : 0);
    put(k, item, &f[MEDIA_PROTO], m->proto.p ? m->proto : span_of("RTP/AVP"));
    struct node *formats = draft_kids(k->dr, item, &f[MEDIA_FORMATS], f[MEDIA_FORMATS].sub);
    for (size_t i = 0; i < m->formats_n; i++)
        if (!s || (i < FORMATS && ok[i]))
            format(k, formats, m->formats[i]);
    if (!m->formats_n)
        format(k, formats, span_of("0"));
    struct node *list = draft_kids(k->dr, item, &f[MEDIA_ATTRIBUTES], f[MEDIA_ATTRIBUTES].sub);
    if (s)
        accepted(k, list, m, s, ok);
    if (mid && mid->value.p)
        attribute(k, list, "mid", mid->value);
    return s != NULL;
}

static struct span decimal(struct maker *k, uint64_t v)
{
    uint8_t *p = arena_take(k->dr->mem, 24);
    struct wr w = {p, p ? 24 : 0, 0, false};

    wr_dec(&w, v);
    return p ? wr_span(&w) : (struct span){NULL, 0};
}

static void session(struct maker *k, struct node *root)
{
    static const char *const origin[] = {"username", "id",       "version",
                                         "nettype",  "addrtype", "address"};
    const struct field *f = sdp_msg_fields;
    struct span parts[] = {span_of("-"),  decimal(k, k->able->id),    decimal(k, k->able->version),
                           span_of("IN"), span_of(k->able->addrtype), span_of(k->able->address)};

    put(k, root, &f[MSG_VERSION], span_of("0"));
    struct node *o = draft_kids(k->dr, root, &f[MSG_ORIGIN], f[MSG_ORIGIN].sub);
    for (size_t i = 0; i < COUNT(parts); i++)
        put(k, o, field_find(f[MSG_ORIGIN].sub, origin[i]), parts[i]);
    put(k, root, &f[MSG_NAME], span_of("-"));
    struct node *c = draft_kids(k->dr, root, &f[MSG_CONNECTION], f[MSG_CONNECTION].sub);
    for (size_t i = 3; i < COUNT(parts); i++)
        put(k, c, field_find(f[MSG_CONNECTION].sub, origin[i]), parts[i]);
    struct node *times = draft_kids(k->dr, root, &f[MSG_TIMES], f[MSG_TIMES].sub);
    for (size_t i = 0; i < k->offer->times_n; i++) /* as they were offered: section 6 */
        put(k, draft_kids(k->dr, times, NULL, f[MSG_TIMES].sub), &sdp_time_fields[TIME_TEXT],
            k->offer->times[i].text);
    if (!k->offer->times_n)
        put(k, draft_kids(k->dr, times, NULL, f[MSG_TIMES].sub), &sdp_time_fields[TIME_TEXT],
            span_of("0 0"));
}

size_t sdp_answer(const struct sdp_msg *offer, const struct sdp_abilities *able,
                  struct draft *answer, struct arena *mem)
{
    struct maker k = {.offer = offer, .able = able, .dr = answer};
    size_t n = 0;

    sdp_facts_of(offer, &k.facts);
    draft_init(answer, &sdp_msg_desc, mem);
    session(&k, &answer->root);
    struct node *list = draft_kids(answer, &answer->root, &sdp_msg_fields[MSG_MEDIA],
                                   sdp_msg_fields[MSG_MEDIA].sub);
    for (size_t i = 0; i < offer->media_n; i++)
        n += media(&k, list, &offer->media[i]);
    return n;
}
