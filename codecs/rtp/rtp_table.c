/* codecs/rtp/rtp_table.c - field tables of RTP and the static payload types. */
#include "codecs/rtp/rtp_table.h"

static bool never(const void *rec)
{
    (void)rec;
    return true;
}

/* ---- elements ---- */

static bool element_no_data(const void *rec)
{
    return ((const struct rtp_element *)rec)->data.n == 0;
}
static bool one_length_derived(const void *rec)
{
    const struct rtp_element *e = rec;
    return e->data.n ? e->length == e->data.n - 1 : e->length == 0;
}
static bool two_length_derived(const void *rec)
{
    const struct rtp_element *e = rec;
    return e->length == e->data.n && (e->data.n > 0 || e->id == 0);
}
static bool next_one(struct rd *r, void *item)
{
    return rtp_next_one_byte(r, item);
}
static bool next_two(struct rd *r, void *item)
{
    return rtp_next_two_byte(r, item);
}

#define EL(m, k) FIELD(struct rtp_element, m, k)
const struct field rtp_element_one_fields[] = {
    [E_ID] = {.name = "id", EL(id, F_UINT)},
    [E_LENGTH] = {.name = "length", EL(length, F_UINT), .derived = one_length_derived},
    [E_DATA] = {.name = "data", EL(data, F_BYTES), .absent = element_no_data},
};
const struct field rtp_element_two_fields[] = {
    [E_ID] = {.name = "id", EL(id, F_UINT)},
    [E_LENGTH] = {.name = "length", EL(length, F_UINT), .derived = two_length_derived},
    [E_DATA] = {.name = "data", EL(data, F_BYTES), .absent = element_no_data},
};
static const struct wire element_wire[] = {{WIRE_SKIP, 0, 0}, {WIRE_SKIP, 0, 0}, {WIRE_SKIP, 0, 0}};
const struct layout rtp_element_one = {
    {"element", sizeof(struct rtp_element), 3, rtp_element_one_fields, next_one},
    element_wire,
    NULL};
const struct layout rtp_element_two = {
    {"element", sizeof(struct rtp_element), 3, rtp_element_two_fields, next_two},
    element_wire,
    NULL};

/* ---- the extension ---- */

#define IN(m, k) FIELD(struct rtp_packet, m, k)
/* Octets in the place of elements may be given in a draft; no view shows this row. */
#define AS_OCTETS                                                                                  \
    {                                                                                              \
        .name = "ext", IN(ext, F_BYTES), .absent = never                                           \
    }
static const struct field ext_one_fields[] = {
    {.name = "elements", IN(ext, F_SEQ), .sub = &rtp_element_one.d}, AS_OCTETS};
static const struct field ext_two_fields[] = {
    {.name = "elements", IN(ext, F_SEQ), .sub = &rtp_element_two.d}, AS_OCTETS};
static const struct field ext_raw_fields[] = {{.name = "ext", IN(ext, F_BYTES)}};
static const struct wire ext_wire[] = {{WIRE_SKIP, 0, 0}, {WIRE_SKIP, 0, 0}};
const struct layout rtp_ext_one =
    LAYOUT(struct rtp_packet, "one-byte", ext_one_fields, ext_wire, NULL);
const struct layout rtp_ext_two =
    LAYOUT(struct rtp_packet, "two-byte", ext_two_fields, ext_wire, NULL);
const struct layout rtp_ext_raw = LAYOUT(struct rtp_packet, "ext", ext_raw_fields, ext_wire, NULL);

/* Whether the extension is elements to its end, so that they say all of it. */
static bool clean(const struct rtp_packet *r, bool (*next)(struct rd *, struct rtp_element *))
{
    struct rd rd = rd_of(r->ext);
    struct rtp_element e;
    while (next(&rd, &e))
        ;
    return rd_left(&rd) == 0;
}

static const struct desc *ext_of_view(const void *rec)
{
    const struct rtp_packet *r = rec;
    enum rtp_elements form = rtp_elements_of(r);

    if (!r->has_ext)
        return NULL;
    if (form == RTP_ELEMENTS_ONE && clean(r, rtp_next_one_byte))
        return &rtp_ext_one.d;
    if (form == RTP_ELEMENTS_TWO && clean(r, rtp_next_two_byte))
        return &rtp_ext_two.d;
    return &rtp_ext_raw.d;
}

static const struct desc *ext_of_profile(uint64_t profile)
{
    if (profile == RTP_PROFILE_ONE_BYTE)
        return &rtp_ext_one.d;
    return (profile & 0xfff0) == RTP_PROFILE_TWO_BYTE ? &rtp_ext_two.d : &rtp_ext_raw.d;
}

/* ---- the packet ---- */

struct csrc_item {
    uint32_t ssrc;
};
static bool next_csrc(struct rd *r, void *item)
{
    return rd_u32(r, &((struct csrc_item *)item)->ssrc);
}
static const struct field csrc_fields[] = {
    {.name = "", FIELD(struct csrc_item, ssrc, F_UINT), .hex = true}};
static const struct wire csrc_wire[] = {{WIRE_UINT, 32, 0}};
static const struct layout csrc_layout =
    LAYOUT(struct csrc_item, "csrc", csrc_fields, csrc_wire, next_csrc);

static bool version_derived(const void *rec)
{
    return ((const struct rtp_packet *)rec)->version == RTP_VERSION;
}
static bool padding_derived(const void *rec)
{
    const struct rtp_packet *r = rec;
    return r->padding == (r->pad_count > 0);
}
static bool extension_derived(const void *rec)
{
    const struct rtp_packet *r = rec;
    return r->extension == r->has_ext;
}
static bool cc_derived(const void *rec)
{
    const struct rtp_packet *r = rec;
    return r->cc == r->csrc.n / 4;
}
static bool ext_length_derived(const void *rec)
{
    const struct rtp_packet *r = rec;
    return r->ext.n / 4 == r->ext_length;
}
static bool no_csrc(const void *rec)
{
    return ((const struct rtp_packet *)rec)->csrc.n == 0;
}
static bool no_ext(const void *rec)
{
    return !((const struct rtp_packet *)rec)->has_ext;
}
static struct span pad_of(const void *rec)
{
    const struct rtp_packet *r = rec;
    return (struct span){r->payload.p + r->payload.n, r->pad_count ? r->pad_count - 1u : 0};
}
static bool no_pad(const void *rec)
{
    return ((const struct rtp_packet *)rec)->pad_count < 2;
}
static bool no_pad_count(const void *rec)
{
    return ((const struct rtp_packet *)rec)->pad_count == 0;
}
static bool pad_count_derived(const void *rec)
{
    return ((const struct rtp_packet *)rec)->pad_count > 1;
}

const struct field rtp_fields[] = {
    [F_VERSION] = {.name = "version", IN(version, F_UINT), .derived = version_derived},
    [F_PADDING] = {.name = "padding", IN(padding, F_BOOL), .derived = padding_derived},
    [F_EXTENSION] = {.name = "extension", IN(extension, F_BOOL), .derived = extension_derived},
    [F_CC] = {.name = "csrc_count", IN(cc, F_UINT), .derived = cc_derived},
    [F_MARKER] = {.name = "marker", IN(marker, F_BOOL)},
    [F_PAYLOAD_TYPE] = {.name = "payload_type", IN(payload_type, F_UINT)},
    [F_SEQUENCE] = {.name = "sequence", IN(sequence, F_UINT)},
    [F_TIMESTAMP] = {.name = "timestamp", IN(timestamp, F_UINT)},
    [F_SSRC] = {.name = "ssrc", IN(ssrc, F_UINT), .hex = true},
    [F_CSRC] = {.name = "csrc", IN(csrc, F_SEQ), .sub = &csrc_layout.d, .absent = no_csrc},
    [F_PROFILE] = {.name = "profile", IN(profile, F_UINT), .hex = true, .absent = no_ext},
    [F_EXT_LENGTH] = {.name = "ext_length",
                      IN(ext_length, F_UINT),
                      .absent = no_ext,
                      .derived = ext_length_derived},
    [F_EXT] = {.name = "",
               .kind = F_PICK,
               .key = F_PROFILE,
               .pick = ext_of_view,
               .pick_key = ext_of_profile},
    [F_PAYLOAD] = {.name = "payload", IN(payload, F_BYTES)},
    [F_PAD] = {.name = "pad",
               .kind = F_BYTES,
               .size = sizeof(struct span),
               .octets = pad_of,
               .absent = no_pad},
    [F_PAD_COUNT] = {.name = "pad_count",
                     IN(pad_count, F_UINT),
                     .absent = no_pad_count,
                     .derived = pad_count_derived},
};
const struct desc rtp_packet_desc = {"rtp", sizeof(struct rtp_packet), F_COUNT, rtp_fields, NULL};

/* ---- static payload types: RFC3551:6, tables 4 and 5 ---- */

static const struct rtp_static statics[] = {
    [0] = {"PCMU", RTP_AUDIO, 1, 8000},         [3] = {"GSM", RTP_AUDIO, 1, 8000},
    [4] = {"G723", RTP_AUDIO, 1, 8000},         [5] = {"DVI4", RTP_AUDIO, 1, 8000},
    [6] = {"DVI4", RTP_AUDIO, 1, 16000},        [7] = {"LPC", RTP_AUDIO, 1, 8000},
    [8] = {"PCMA", RTP_AUDIO, 1, 8000},         [9] = {"G722", RTP_AUDIO, 1, 8000},
    [10] = {"L16", RTP_AUDIO, 2, 44100},        [11] = {"L16", RTP_AUDIO, 1, 44100},
    [12] = {"QCELP", RTP_AUDIO, 1, 8000},       [13] = {"CN", RTP_AUDIO, 1, 8000},
    [14] = {"MPA", RTP_AUDIO, 0, 90000},        [15] = {"G728", RTP_AUDIO, 1, 8000},
    [16] = {"DVI4", RTP_AUDIO, 1, 11025},       [17] = {"DVI4", RTP_AUDIO, 1, 22050},
    [18] = {"G729", RTP_AUDIO, 1, 8000},        [25] = {"CelB", RTP_VIDEO, 0, 90000},
    [26] = {"JPEG", RTP_VIDEO, 0, 90000},       [28] = {"nv", RTP_VIDEO, 0, 90000},
    [31] = {"H261", RTP_VIDEO, 0, 90000},       [32] = {"MPV", RTP_VIDEO, 0, 90000},
    [33] = {"MP2T", RTP_AUDIO_VIDEO, 0, 90000}, [34] = {"H263", RTP_VIDEO, 0, 90000},
};

const struct rtp_static *rtp_static_type(unsigned payload_type)
{
    return payload_type < COUNT(statics) && statics[payload_type].encoding ? &statics[payload_type]
                                                                           : NULL;
}

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
}

static bool same_name(struct span s, const char *name)
{
    struct span n = span_of(name);
    bool same = s.n == n.n;
    for (size_t i = 0; same && i < s.n; i++)
        same = lower(s.p[i]) == lower(n.p[i]);
    return same;
}

int rtp_static_number(struct span encoding, uint32_t clock_rate, unsigned channels)
{
    for (size_t i = 0; i < COUNT(statics); i++) {
        const struct rtp_static *s = &statics[i];
        unsigned want = s->channels ? s->channels : 1;
        if (s->encoding && s->clock_rate == clock_rate && (channels ? channels : 1) == want &&
            same_name(encoding, s->encoding))
            return (int)i;
    }
    return -1;
}
