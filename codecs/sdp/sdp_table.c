/* codecs/sdp/sdp_table.c - the field tables of session descriptions.
 *
 * A draft is typed as far as the usual form goes: where the parts of a value, written in the one usual way, are not the
 * octets that stand there, the draft has the text in their place; where the lines of a section are not in the usual
 * order, it has the whole section. So it is lossless, and what is edited in one place leaves all others as they
 * were. */
#include "codecs/sdp/sdp_rows.h"

static const struct field word_fields[] = {
    {.name = "", .kind = F_TEXT, .size = sizeof(struct span)}};
const struct desc sdp_word_desc = {"word", sizeof(struct span), FIELDS(word_fields), NULL};

/* ---- sdp_origin ---- */

NO_SPAN(sdp_origin, username)
NO_SPAN(sdp_origin, id)
NO_SPAN(sdp_origin, version)
NO_SPAN(sdp_origin, nettype)
NO_SPAN(sdp_origin, addrtype)
NO_SPAN(sdp_origin, address)
static const struct sdp_pattern sdp_origin_pattern;
TEXT(sdp_origin)
static const struct field sdp_origin_fields[] = {
    {.name = "username",
     FIELD(struct sdp_origin, username, F_TEXT),
     .absent = sdp_origin_no_username,
     .derived = sdp_origin_odd},
    {.name = "id",
     FIELD(struct sdp_origin, id, F_TEXT),
     .absent = sdp_origin_no_id,
     .derived = sdp_origin_odd},
    {.name = "version",
     FIELD(struct sdp_origin, version, F_TEXT),
     .absent = sdp_origin_no_version,
     .derived = sdp_origin_odd},
    {.name = "nettype",
     FIELD(struct sdp_origin, nettype, F_TEXT),
     .absent = sdp_origin_no_nettype,
     .derived = sdp_origin_odd},
    {.name = "addrtype",
     FIELD(struct sdp_origin, addrtype, F_TEXT),
     .absent = sdp_origin_no_addrtype,
     .derived = sdp_origin_odd},
    {.name = "address",
     FIELD(struct sdp_origin, address, F_TEXT),
     .absent = sdp_origin_no_address,
     .derived = sdp_origin_odd},
    {.name = "text", FIELD(struct sdp_origin, text, F_TEXT), .absent = sdp_origin_plain},
};
static const struct desc sdp_origin_desc = {"origin", sizeof(struct sdp_origin),
                                            FIELDS(sdp_origin_fields), NULL};
static const struct sdp_sep sdp_origin_seps[] = {
    {"", NULL}, {" ", NULL}, {" ", NULL}, {" ", NULL}, {" ", NULL}, {" ", NULL},
};
static const struct sdp_pattern sdp_origin_pattern = {
    &sdp_origin_desc, sdp_origin_seps, COUNT(sdp_origin_seps), &sdp_origin_fields[6], NULL};

/* ---- sdp_connection ---- */

NO_SPAN(sdp_connection, nettype)
NO_SPAN(sdp_connection, addrtype)
NO_SPAN(sdp_connection, address)
NO_U32(sdp_connection, ttl)
NO_U32(sdp_connection, count)
static const struct sdp_pattern sdp_connection_pattern;
TEXT(sdp_connection)
static const struct field sdp_connection_fields[] = {
    {.name = "nettype",
     FIELD(struct sdp_connection, nettype, F_TEXT),
     .absent = sdp_connection_no_nettype,
     .derived = sdp_connection_odd},
    {.name = "addrtype",
     FIELD(struct sdp_connection, addrtype, F_TEXT),
     .absent = sdp_connection_no_addrtype,
     .derived = sdp_connection_odd},
    {.name = "address",
     FIELD(struct sdp_connection, address, F_TEXT),
     .absent = sdp_connection_no_address,
     .derived = sdp_connection_odd},
    {.name = "ttl",
     FIELD(struct sdp_connection, ttl, F_UINT),
     .absent = sdp_connection_no_ttl,
     .derived = sdp_connection_odd},
    {.name = "count",
     FIELD(struct sdp_connection, count, F_UINT),
     .absent = sdp_connection_no_count,
     .derived = sdp_connection_odd},
    {.name = "text", FIELD(struct sdp_connection, text, F_TEXT), .absent = sdp_connection_plain},
};
static const struct desc sdp_connection_desc = {"connection", sizeof(struct sdp_connection),
                                                FIELDS(sdp_connection_fields), NULL};
static const struct sdp_sep sdp_connection_seps[] = {
    {"", NULL}, {" ", NULL}, {" ", NULL}, {"/", NULL}, {"/", NULL},
};
static const struct sdp_pattern sdp_connection_pattern = {&sdp_connection_desc, sdp_connection_seps,
                                                          COUNT(sdp_connection_seps),
                                                          &sdp_connection_fields[5], NULL};

/* ---- sdp_bandwidth ---- */

NO_SPAN(sdp_bandwidth, type)
NO_U64(sdp_bandwidth, value)
static const struct sdp_pattern sdp_bandwidth_pattern;
TEXT(sdp_bandwidth)
static const struct field sdp_bandwidth_fields[] = {
    {.name = "type",
     FIELD(struct sdp_bandwidth, type, F_TEXT),
     .absent = sdp_bandwidth_no_type,
     .derived = sdp_bandwidth_odd},
    {.name = "value",
     FIELD(struct sdp_bandwidth, value, F_UINT),
     .absent = sdp_bandwidth_no_value,
     .derived = sdp_bandwidth_odd},
    {.name = "text", FIELD(struct sdp_bandwidth, text, F_TEXT), .absent = sdp_bandwidth_plain},
};
static const struct desc sdp_bandwidth_desc = {"bandwidth", sizeof(struct sdp_bandwidth),
                                               FIELDS(sdp_bandwidth_fields), NULL};
static const struct sdp_sep sdp_bandwidth_seps[] = {
    {"", NULL},
    {":", NULL},
};
static const struct sdp_pattern sdp_bandwidth_pattern = {&sdp_bandwidth_desc, sdp_bandwidth_seps,
                                                         COUNT(sdp_bandwidth_seps),
                                                         &sdp_bandwidth_fields[2], NULL};

/* ---- sdp_repeat ---- */

NO_SPAN(sdp_repeat, interval)
NO_SPAN(sdp_repeat, duration)
NO_LIST(sdp_repeat, offsets)
static const struct sdp_pattern sdp_repeat_pattern;
TEXT(sdp_repeat)
static const struct field sdp_repeat_fields[] = {
    {.name = "interval",
     FIELD(struct sdp_repeat, interval, F_TEXT),
     .absent = sdp_repeat_no_interval,
     .derived = sdp_repeat_odd},
    {.name = "duration",
     FIELD(struct sdp_repeat, duration, F_TEXT),
     .absent = sdp_repeat_no_duration,
     .derived = sdp_repeat_odd},
    {.name = "offsets",
     LIST(struct sdp_repeat, offsets, &sdp_word_desc),
     .absent = sdp_repeat_no_offsets,
     .derived = sdp_repeat_odd},
    {.name = "text", FIELD(struct sdp_repeat, text, F_TEXT), .absent = sdp_repeat_plain},
};
static const struct desc sdp_repeat_desc = {"repeat", sizeof(struct sdp_repeat),
                                            FIELDS(sdp_repeat_fields), NULL};
static const struct sdp_sep sdp_repeat_seps[] = {
    {"", NULL},
    {" ", NULL},
    {" ", " "},
};
static const struct sdp_pattern sdp_repeat_pattern = {
    &sdp_repeat_desc, sdp_repeat_seps, COUNT(sdp_repeat_seps), &sdp_repeat_fields[3], NULL};

/* ---- sdp_adjustment ---- */

NO_SPAN(sdp_adjustment, time)
NO_SPAN(sdp_adjustment, offset)
static const struct field sdp_adjustment_fields[] = {
    {.name = "time", FIELD(struct sdp_adjustment, time, F_TEXT), .absent = sdp_adjustment_no_time},
    {.name = "offset",
     FIELD(struct sdp_adjustment, offset, F_TEXT),
     .absent = sdp_adjustment_no_offset},
};
static const struct desc sdp_adjustment_desc = {"adjustment", sizeof(struct sdp_adjustment),
                                                FIELDS(sdp_adjustment_fields), NULL};
static const struct sdp_sep sdp_adjustment_seps[] = {
    {"", NULL},
    {" ", NULL},
};
static const struct sdp_pattern sdp_adjustment_pattern = {&sdp_adjustment_desc, sdp_adjustment_seps,
                                                          COUNT(sdp_adjustment_seps), NULL, NULL};

/* ---- sdp_zone ---- */

NO_LIST(sdp_zone, adjustments)
static const struct sdp_pattern sdp_zone_pattern;
TEXT(sdp_zone)
static const struct field sdp_zone_fields[] = {
    {.name = "adjustments",
     LIST(struct sdp_zone, adjustments, &sdp_adjustment_desc),
     .absent = sdp_zone_no_adjustments,
     .derived = sdp_zone_odd},
    {.name = "text", FIELD(struct sdp_zone, text, F_TEXT), .absent = sdp_zone_plain},
};
static const struct desc sdp_zone_desc = {"zone", sizeof(struct sdp_zone), FIELDS(sdp_zone_fields),
                                          NULL};
static const struct sdp_sep sdp_zone_seps[] = {
    {"", " "},
};
static const struct sdp_pattern sdp_zone_pattern = {
    &sdp_zone_desc, sdp_zone_seps, COUNT(sdp_zone_seps), &sdp_zone_fields[1], NULL};

/* ---- sdp_key ---- */

NO_SPAN(sdp_key, method)
NO_SPAN(sdp_key, value)
static const struct sdp_pattern sdp_key_pattern;
TEXT(sdp_key)
static const struct field sdp_key_fields[] = {
    {.name = "method",
     FIELD(struct sdp_key, method, F_TEXT),
     .absent = sdp_key_no_method,
     .derived = sdp_key_odd},
    {.name = "value",
     FIELD(struct sdp_key, value, F_TEXT),
     .absent = sdp_key_no_value,
     .derived = sdp_key_odd},
    {.name = "text", FIELD(struct sdp_key, text, F_TEXT), .absent = sdp_key_plain},
};
static const struct desc sdp_key_desc = {"key", sizeof(struct sdp_key), FIELDS(sdp_key_fields),
                                         NULL};
static const struct sdp_sep sdp_key_seps[] = {
    {"", NULL},
    {":", NULL},
};
static const struct sdp_pattern sdp_key_pattern = {&sdp_key_desc, sdp_key_seps, COUNT(sdp_key_seps),
                                                   &sdp_key_fields[2], NULL};

/* ---- contacts: two forms, so that a draft has the text alone ---- */

NO_SPAN(sdp_contact, name)
NO_SPAN(sdp_contact, comment)
static bool always(const void *rec)
{
    (void)rec;
    return true;
}
static const struct field contact_fields[] = {
    {.name = "text", FIELD(struct sdp_contact, text, F_TEXT)},
    {.name = "address", FIELD(struct sdp_contact, address, F_TEXT), .derived = always},
    {.name = "name",
     FIELD(struct sdp_contact, name, F_TEXT),
     .absent = sdp_contact_no_name,
     .derived = always},
    {.name = "comment",
     FIELD(struct sdp_contact, comment, F_TEXT),
     .absent = sdp_contact_no_comment,
     .derived = always},
};
static const struct desc contact_desc = {"contact", sizeof(struct sdp_contact),
                                         FIELDS(contact_fields), NULL};
static const struct sdp_pattern contact_pattern = {&contact_desc, NULL, 0, &contact_fields[0],
                                                   NULL};

/* ---- t= ---- */

NO_U64(sdp_time, start)
NO_U64(sdp_time, stop)
NO_LIST(sdp_time, repeats)
static const struct sdp_pattern sdp_time_pattern;
TEXT(sdp_time)
const struct field sdp_time_fields[] = {
    [TIME_START] = {.name = "start",
                    FIELD(struct sdp_time, start, F_UINT),
                    .absent = sdp_time_no_start,
                    .derived = sdp_time_odd},
    [TIME_STOP] = {.name = "stop",
                   FIELD(struct sdp_time, stop, F_UINT),
                   .absent = sdp_time_no_stop,
                   .derived = sdp_time_odd},
    [TIME_TEXT] = {.name = "text", FIELD(struct sdp_time, text, F_TEXT), .absent = sdp_time_plain},
    [TIME_REPEATS] = {.name = "repeats",
                      LIST(struct sdp_time, repeats, &sdp_repeat_desc),
                      .absent = sdp_time_no_repeats},
    [TIME_ZONE] = {.name = "zone", FIELD(struct sdp_time, zone, F_REF), .sub = &sdp_zone_desc},
};
static const struct desc sdp_time_desc = {"time", sizeof(struct sdp_time), TIME_COUNT,
                                          sdp_time_fields, NULL};
static const struct sdp_sep sdp_time_seps[] = {{"", NULL}, {" ", NULL}};
static const struct sdp_pattern sdp_time_pattern = {
    &sdp_time_desc, sdp_time_seps, COUNT(sdp_time_seps), &sdp_time_fields[TIME_TEXT], NULL};

/* ---- attributes ---- */

static bool usual_value(const void *rec)
{
    return sdp_attribute_usual(rec);
}
static bool odd_value(const void *rec)
{
    return !usual_value(rec);
}
NO_SPAN(sdp_attribute, value)
#define PARTS(s)                                                                                   \
    {                                                                                              \
        {                                                                                          \
            .name = "parts", FIELD(struct sdp_attribute, parts, F_REF), .sub = (s),                \
            .derived = odd_value                                                                   \
        }                                                                                          \
    }
static const struct field parts_fields[SDP_FORMS][1] = {

    [SDP_FORM_NUMBER] = PARTS(&sdp_number_desc),
    [SDP_FORM_REAL] = PARTS(&sdp_real_desc),
    [SDP_FORM_RTPMAP] = PARTS(&sdp_rtpmap_desc),
    [SDP_FORM_FMTP] = PARTS(&sdp_fmtp_desc),
    [SDP_FORM_RTCP] = PARTS(&sdp_rtcp_desc),
    [SDP_FORM_CRYPTO] = PARTS(&sdp_crypto_desc),
    [SDP_FORM_FEEDBACK] = PARTS(&sdp_feedback_desc),
    [SDP_FORM_SSRC] = PARTS(&sdp_ssrc_desc),
    [SDP_FORM_GROUP] = PARTS(&sdp_group_desc),
    [SDP_FORM_FINGERPRINT] = PARTS(&sdp_fingerprint_desc),
    [SDP_FORM_CANDIDATE] = PARTS(&sdp_candidate_desc),
    [SDP_FORM_REMOTES] = PARTS(&sdp_remotes_desc),
    [SDP_FORM_OPTIONS] = PARTS(&sdp_options_desc),
    [SDP_FORM_SIMULCAST] = PARTS(&sdp_simulcast_desc),
    [SDP_FORM_RID] = PARTS(&sdp_rid_desc),
    [SDP_FORM_EXTMAP] = PARTS(&sdp_extmap_desc),
};
#define FORM(f) [f] = {"parts", sizeof(struct sdp_attribute), 1, parts_fields[f], NULL}
static const struct desc parts_desc[SDP_FORMS] = {
    FORM(SDP_FORM_NUMBER),      FORM(SDP_FORM_REAL),      FORM(SDP_FORM_RTPMAP),
    FORM(SDP_FORM_FMTP),        FORM(SDP_FORM_RTCP),      FORM(SDP_FORM_CRYPTO),
    FORM(SDP_FORM_FEEDBACK),    FORM(SDP_FORM_SSRC),      FORM(SDP_FORM_GROUP),
    FORM(SDP_FORM_FINGERPRINT), FORM(SDP_FORM_CANDIDATE), FORM(SDP_FORM_REMOTES),
    FORM(SDP_FORM_OPTIONS),     FORM(SDP_FORM_SIMULCAST), FORM(SDP_FORM_RID),
    FORM(SDP_FORM_EXTMAP),
};
static const struct desc *pick_type(enum sdp_type type)
{
    const struct desc *d = &parts_desc[sdp_names[type].form];
    return d->n ? d : NULL;
}
static const struct desc *pick_parts(const void *rec)
{
    return pick_type(((const struct sdp_attribute *)rec)->type);
}
static const struct desc *pick_name(struct span name)
{
    return pick_type(sdp_type_of(name));
}
const struct field sdp_attribute_fields[] = {
    [ATTRIBUTE_NAME] = {.name = "name", FIELD(struct sdp_attribute, name, F_TEXT)},
    [ATTRIBUTE_VALUE] = {.name = "value",
                         FIELD(struct sdp_attribute, value, F_TEXT),
                         .absent = sdp_attribute_no_value,
                         .derived = usual_value},
    [ATTRIBUTE_PARTS] = {.name = "",
                         .kind = F_PICK,
                         .key = ATTRIBUTE_NAME,
                         .pick = pick_parts,
                         .pick_text = pick_name},
};
static const struct desc attribute_desc = {"attribute", sizeof(struct sdp_attribute),
                                           ATTRIBUTE_COUNT, sdp_attribute_fields, NULL};
const struct field sdp_other_fields[] = {
    [OTHER_LINE] = {.name = "line", FIELD(struct sdp_other, line, F_TEXT)}};
static const struct desc other_desc = {"other", sizeof(struct sdp_other), OTHER_COUNT,
                                       sdp_other_fields, NULL};

/* ---- sections: each record begins with what both have ---- */

_Static_assert(offsetof(struct sdp_msg, section) == 0 && offsetof(struct sdp_media, section) == 0,
               "the rows of both share the functions of struct sdp_section");
static bool section_odd(const void *rec)
{
    return ((const struct sdp_section *)rec)->odd;
}
static bool section_usual(const void *rec)
{
    return !section_odd(rec);
}
NO_SPAN(sdp_section, info)
NO_LIST(sdp_section, bandwidths)
NO_LIST(sdp_section, others)
/* The rows of a record S that has its lines in `section`. */
#define INFO(S)                                                                                    \
    {                                                                                              \
        .name = "info", FIELD(struct S, section.info, F_TEXT), .absent = sdp_section_no_info,      \
        .derived = section_odd                                                                     \
    }
#define KEY(S)                                                                                     \
    {                                                                                              \
        .name = "key", FIELD(struct S, section.key, F_REF), .sub = &sdp_key_desc,                  \
        .derived = section_odd                                                                     \
    }
#define BANDWIDTHS(S)                                                                              \
    {                                                                                              \
        .name = "bandwidths", LIST(struct S, section.bandwidths, &sdp_bandwidth_desc),             \
        .absent = sdp_section_no_bandwidths, .derived = section_odd                                \
    }
#define ATTRIBUTES(S)                                                                              \
    {                                                                                              \
        .name = "attributes", LIST(struct S, section.attributes, &attribute_desc),                 \
        .derived = section_odd                                                                     \
    }
#define OTHERS(S)                                                                                  \
    {                                                                                              \
        .name = "others", LIST(struct S, section.others, &other_desc),                             \
        .absent = sdp_section_no_others, .derived = section_odd                                    \
    }
#define ALL(S, label)                                                                              \
    {                                                                                              \
        .name = label, FIELD(struct S, section.text, F_TEXT), .absent = section_usual              \
    }

/* ---- media descriptions ---- */

static bool line_plain(const void *rec)
{
    return sdp_usual(&sdp_media_pattern, rec, ((const struct sdp_media *)rec)->line);
}
static bool line_odd(const void *rec)
{
    return section_odd(rec) || !line_plain(rec);
}
NO_SPAN(sdp_media, media)
NO_U32(sdp_media, port)
NO_U32(sdp_media, ports)
NO_SPAN(sdp_media, proto)
NO_LIST(sdp_media, formats)
NO_LIST(sdp_media, connections)
#define M(label, m, k) .name = label, FIELD(struct sdp_media, m, k), .absent = sdp_media_no_##m
#define MS(label, m, d) .name = label, LIST(struct sdp_media, m, d), .absent = sdp_media_no_##m
const struct field sdp_media_fields[] = {
    [MEDIA_MEDIA] = {M("media", media, F_TEXT), .derived = line_odd},
    [MEDIA_PORT] = {M("port", port, F_UINT), .derived = line_odd},
    [MEDIA_PORTS] = {M("ports", ports, F_UINT), .derived = line_odd},
    [MEDIA_PROTO] = {M("proto", proto, F_TEXT), .derived = line_odd},
    [MEDIA_FORMATS] = {MS("formats", formats, &sdp_word_desc), .derived = line_odd},
    [MEDIA_LINE] = {.name = "line",
                    FIELD(struct sdp_media, line, F_TEXT),
                    .absent = line_plain,
                    .derived = section_odd},
    [MEDIA_INFO] = INFO(sdp_media),
    [MEDIA_CONNECTIONS] = {MS("connections", connections, &sdp_connection_desc),
                           .derived = section_odd},
    [MEDIA_BANDWIDTHS] = BANDWIDTHS(sdp_media),
    [MEDIA_KEY] = KEY(sdp_media),
    [MEDIA_ATTRIBUTES] = ATTRIBUTES(sdp_media),
    [MEDIA_OTHERS] = OTHERS(sdp_media),
    [MEDIA_TEXT] = ALL(sdp_media, "text"),
};
static const struct desc media_desc = {"media", sizeof(struct sdp_media), MEDIA_COUNT,
                                       sdp_media_fields, NULL};
static const struct sdp_sep media_seps[] = {
    {"", NULL}, {" ", NULL}, {"/", NULL}, {" ", NULL}, {" ", " "}};
const struct sdp_pattern sdp_media_pattern = {&media_desc, media_seps, COUNT(media_seps),
                                              &sdp_media_fields[MEDIA_LINE], NULL};

/* ---- descriptions ---- */

static bool crlf(const void *rec)
{
    return !((const struct sdp_msg *)rec)->lf;
}
NO_SPAN(sdp_msg, version)
NO_SPAN(sdp_msg, name)
NO_SPAN(sdp_msg, uri)
NO_LIST(sdp_msg, emails)
NO_LIST(sdp_msg, phones)
#define S(label, m)                                                                                \
    .name = label, FIELD(struct sdp_msg, m, F_TEXT), .absent = sdp_msg_no_##m,                     \
    .derived = section_odd
#define R(label, m, d)                                                                             \
    .name = label, FIELD(struct sdp_msg, m, F_REF), .sub = (d), .derived = section_odd
#define L(label, m, d)                                                                             \
    .name = label, LIST(struct sdp_msg, m, d), .absent = sdp_msg_no_##m, .derived = section_odd
const struct field sdp_msg_fields[] = {
    [MSG_VERSION] = {S("version", version)},
    [MSG_ORIGIN] = {R("origin", origin, &sdp_origin_desc)},
    [MSG_NAME] = {S("name", name)},
    [MSG_INFO] = INFO(sdp_msg),
    [MSG_URI] = {S("uri", uri)},
    [MSG_EMAILS] = {L("emails", emails, &contact_desc)},
    [MSG_PHONES] = {L("phones", phones, &contact_desc)},
    [MSG_CONNECTION] = {R("connection", connection, &sdp_connection_desc)},
    [MSG_BANDWIDTHS] = BANDWIDTHS(sdp_msg),
    [MSG_TIMES] = {.name = "times",
                   LIST(struct sdp_msg, times, &sdp_time_desc),
                   .derived = section_odd},
    [MSG_KEY] = KEY(sdp_msg),
    [MSG_ATTRIBUTES] = ATTRIBUTES(sdp_msg),
    [MSG_OTHERS] = OTHERS(sdp_msg),
    [MSG_SESSION] = ALL(sdp_msg, "session"),
    [MSG_MEDIA] = {.name = "media", LIST(struct sdp_msg, media, &media_desc)},
    [MSG_LF] = {.name = "lf", FIELD(struct sdp_msg, lf, F_BOOL), .absent = crlf},
};
const struct desc sdp_msg_desc = {"sdp", sizeof(struct sdp_msg), MSG_COUNT, sdp_msg_fields, NULL};

/* ---- patterns ---- */

static const struct sdp_pattern *const patterns[] = {
    &sdp_media_pattern,      &contact_pattern,       &sdp_time_pattern,   &sdp_origin_pattern,
    &sdp_connection_pattern, &sdp_bandwidth_pattern, &sdp_repeat_pattern, &sdp_adjustment_pattern,
    &sdp_zone_pattern,       &sdp_key_pattern,
};
const struct sdp_pattern *sdp_pattern_of(const struct desc *d)
{
    for (size_t i = 0; i < COUNT(patterns); i++)
        if (patterns[i]->d == d)
            return patterns[i];
    return sdp_form_pattern_of(d);
}
