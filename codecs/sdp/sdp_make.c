/* codecs/sdp/sdp_make.c - descriptions as drafts: what offers and answers write alike. */
#include "codecs/sdp/sdp_make.h"

const char *sdp_direction_name(enum sdp_direction d)
{
    static const char *const names[] = {"inactive", "sendonly", "recvonly", "sendrecv"};
    return names[d & SDP_DIR_BOTH];
}

/* ---- texts ---- */

struct span sdp_make_joined(struct sdp_maker *k, const struct span *parts, size_t n)
{
    size_t cap = 0;

    for (size_t i = 0; i < n; i++)
        cap += parts[i].n;
    uint8_t *p = arena_new(k->dr->mem, cap);
    struct wr w = {p, p ? cap : 0, 0, false};
    for (size_t i = 0; i < n; i++)
        wr_put(&w, parts[i]);
    return p ? wr_span(&w) : (struct span){NULL, 0};
}

struct span sdp_make_decimal(struct sdp_maker *k, uint64_t v)
{
    uint8_t *p = arena_new(k->dr->mem, 24);
    struct wr w = {p, p ? 24 : 0, 0, false};

    wr_dec(&w, v);
    return p ? wr_span(&w) : (struct span){NULL, 0};
}

static void put(struct sdp_maker *k, struct node *to, const struct field *f, struct span s)
{
    draft_bytes(k->dr, to, f, s);
}

void sdp_make_attribute(struct sdp_maker *k, struct node *list, const char *name, struct span value)
{
    struct node *a = draft_kids(k->dr, list, NULL, sdp_media_fields[MEDIA_ATTRIBUTES].sub);

    put(k, a, &sdp_attribute_fields[ATTRIBUTE_NAME], span_of(name));
    if (value.p)
        put(k, a, &sdp_attribute_fields[ATTRIBUTE_VALUE], value);
}

void sdp_make_flag(struct sdp_maker *k, struct node *list, const char *name)
{
    sdp_make_attribute(k, list, name, (struct span){NULL, 0});
}

/* ---- lines ---- */

static bool same_origin(const struct sdp_origin *o, const struct span parts[6])
{
    const struct span theirs[] = {o->username, o->id,       o->version,
                                  o->nettype,  o->addrtype, o->address};

    for (size_t i = 0; i < COUNT(theirs); i++)
        if (!span_eq(theirs[i], parts[i]))
            return false;
    return true;
}

void sdp_make_session(struct sdp_maker *k, const struct sdp_origin *own, uint64_t version,
                      const struct sdp_msg *offer)
{
    static const char *const names[] = {"username", "id",       "version",
                                        "nettype",  "addrtype", "address"};
    const struct field *f = sdp_msg_fields;
    struct node *root = &k->dr->root;
    struct span here[] = {span_of("-"),
                          {NULL, 0},
                          {NULL, 0},
                          span_of("IN"),
                          span_of(k->able->addrtype),
                          span_of(k->able->address)};
    struct span origin[COUNT(here)];

    memcpy(origin, here, sizeof origin);
    if (own) {
        struct span before[] = {own->username, own->id,       {NULL, 0},
                                own->nettype,  own->addrtype, own->address};
        memcpy(origin, before, sizeof origin);
    } else {
        origin[1] = sdp_make_decimal(k, k->able->id);
    }
    origin[2] = sdp_make_decimal(k, version);
    if (offer && offer->origin && same_origin(offer->origin, origin))
        origin[2] = sdp_make_decimal(k, version + 1); /* RFC 3264 section 6 */
    put(k, root, &f[MSG_VERSION], span_of("0"));
    struct node *o = draft_kids(k->dr, root, &f[MSG_ORIGIN], f[MSG_ORIGIN].sub);
    for (size_t i = 0; i < COUNT(origin); i++)
        put(k, o, field_find(f[MSG_ORIGIN].sub, names[i]), origin[i]);
    put(k, root, &f[MSG_NAME], span_of("-"));
    struct node *c = draft_kids(k->dr, root, &f[MSG_CONNECTION], f[MSG_CONNECTION].sub);
    for (size_t i = 3; i < COUNT(here); i++)
        put(k, c, field_find(f[MSG_CONNECTION].sub, names[i]), here[i]);
    struct node *times = draft_kids(k->dr, root, &f[MSG_TIMES], f[MSG_TIMES].sub);
    size_t n = offer ? offer->times_n : 0;
    for (size_t i = 0; i < n; i++) /* as they were offered: RFC 3264 section 6 */
        put(k, draft_kids(k->dr, times, NULL, f[MSG_TIMES].sub), &sdp_time_fields[TIME_TEXT],
            offer->times[i].text);
    if (!n)
        put(k, draft_kids(k->dr, times, NULL, f[MSG_TIMES].sub), &sdp_time_fields[TIME_TEXT],
            span_of("0 0"));
}

struct node *sdp_make_attributes(struct sdp_maker *k)
{
    const struct field *f = &sdp_msg_fields[MSG_ATTRIBUTES];
    return draft_kids(k->dr, &k->dr->root, f, f->sub);
}

struct node *sdp_make_medias(struct sdp_maker *k)
{
    const struct field *f = &sdp_msg_fields[MSG_MEDIA];
    return draft_kids(k->dr, &k->dr->root, f, f->sub);
}

struct sdp_section_made sdp_make_media(struct sdp_maker *k, struct node *medias, struct span media,
                                       uint32_t port, struct span proto)
{
    const struct field *f = sdp_media_fields;
    struct node *item = draft_kids(k->dr, medias, NULL, sdp_msg_fields[MSG_MEDIA].sub);
    struct sdp_section_made made;

    put(k, item, &f[MEDIA_MEDIA], media);
    draft_uint(k->dr, item, &f[MEDIA_PORT], port);
    put(k, item, &f[MEDIA_PROTO], proto);
    made.formats = draft_kids(k->dr, item, &f[MEDIA_FORMATS], f[MEDIA_FORMATS].sub);
    made.attributes = draft_kids(k->dr, item, &f[MEDIA_ATTRIBUTES], f[MEDIA_ATTRIBUTES].sub);
    return made;
}

void sdp_make_format(struct sdp_maker *k, struct node *formats, struct span format)
{
    const struct desc *d = sdp_media_fields[MEDIA_FORMATS].sub;
    put(k, draft_kids(k->dr, formats, NULL, d), &d->f[0], format);
}

/* ---- attributes ---- */

void sdp_make_map(struct sdp_maker *k, struct node *list, uint32_t payload,
                  const struct sdp_coding *c)
{
    struct span parts[] = {sdp_make_decimal(k, payload),
                           span_of(" "),
                           c->encoding,
                           span_of("/"),
                           sdp_make_decimal(k, c->clock),
                           span_of("/"),
                           sdp_make_decimal(k, c->channels)};
    sdp_make_attribute(k, list, "rtpmap", sdp_make_joined(k, parts, c->channels > 1 ? 7 : 5));
}

/* Whether the component of a candidate is that of RTCP. */
static bool of_rtcp(struct span candidate)
{
    size_t at = lex_find(candidate, 0, ' ');
    return span_is(span_cut(candidate, at + 1, lex_find(candidate, at + 1, ' ')), "2");
}

void sdp_make_ice(struct sdp_maker *k, struct node *list, const struct sdp_ability *s, bool mux)
{
    const struct sdp_ice *ice = k->able->ice;

    sdp_make_attribute(k, list, "ice-ufrag", span_of(ice->ufrag));
    sdp_make_attribute(k, list, "ice-pwd", span_of(ice->pwd));
    if (ice->options)
        sdp_make_attribute(k, list, "ice-options", span_of(ice->options));
    for (size_t i = 0; i < s->candidates.n; i++)
        if (!mux || !of_rtcp(span_of(s->candidates.v[i])))
            sdp_make_attribute(k, list, "candidate", span_of(s->candidates.v[i]));
    if (ice->end)
        sdp_make_flag(k, list, "end-of-candidates");
}

void sdp_make_bundle(struct sdp_maker *k, struct node *list, const struct span *tags, size_t n)
{
    size_t cap = sizeof "BUNDLE";

    for (size_t i = 0; i < n; i++)
        cap += tags[i].n + 1;
    uint8_t *p = arena_new(k->dr->mem, cap);
    struct wr w = {p, p ? cap : 0, 0, false};
    wr_text(&w, "BUNDLE");
    for (size_t i = 0; i < n; i++) {
        wr_u8(&w, ' ');
        wr_put(&w, tags[i]);
    }
    if (p)
        sdp_make_attribute(k, list, "group", wr_span(&w));
}

void sdp_make_crypto(struct sdp_maker *k, struct node *list, struct span tag,
                     const struct sdp_suite *suite)
{
    struct span parts[] = {tag, span_of(" "), span_of(suite->name), span_of(" "),
                           span_of(suite->key)};
    sdp_make_attribute(k, list, "crypto", sdp_make_joined(k, parts, COUNT(parts)));
}
