/* codecs/sdp/sdp_forms.c - the field tables of the values of attributes, and how each is written. */
#include "codecs/sdp/sdp_rows.h"

/* ---- sdp_number ---- */

NO_U64(sdp_number, number)
static const struct field sdp_number_fields[] = {
    {.name = "number", FIELD(struct sdp_number, number, F_UINT), .absent = sdp_number_no_number},
};
const struct desc sdp_number_desc = {"number", sizeof(struct sdp_number), FIELDS(sdp_number_fields),
                                     NULL};
static const struct sdp_sep sdp_number_seps[] = {
    {"", NULL},
};
static const struct sdp_pattern sdp_number_pattern = {&sdp_number_desc, sdp_number_seps,
                                                      COUNT(sdp_number_seps), NULL, NULL};

/* ---- sdp_real ---- */

NO_U64(sdp_real, number)
NO_SPAN(sdp_real, fraction)
static const struct field sdp_real_fields[] = {
    {.name = "number", FIELD(struct sdp_real, number, F_UINT), .absent = sdp_real_no_number},
    {.name = "fraction", FIELD(struct sdp_real, fraction, F_TEXT), .absent = sdp_real_no_fraction},
};
const struct desc sdp_real_desc = {"real", sizeof(struct sdp_real), FIELDS(sdp_real_fields), NULL};
static const struct sdp_sep sdp_real_seps[] = {
    {"", NULL},
    {".", NULL},
};
static const struct sdp_pattern sdp_real_pattern = {&sdp_real_desc, sdp_real_seps,
                                                    COUNT(sdp_real_seps), NULL, NULL};

/* ---- sdp_rtpmap ---- */

NO_U32(sdp_rtpmap, payload)
NO_SPAN(sdp_rtpmap, encoding)
NO_U32(sdp_rtpmap, clock)
NO_SPAN(sdp_rtpmap, params)
static const struct field sdp_rtpmap_fields[] = {
    {.name = "payload", FIELD(struct sdp_rtpmap, payload, F_UINT), .absent = sdp_rtpmap_no_payload},
    {.name = "encoding",
     FIELD(struct sdp_rtpmap, encoding, F_TEXT),
     .absent = sdp_rtpmap_no_encoding},
    {.name = "clock", FIELD(struct sdp_rtpmap, clock, F_UINT), .absent = sdp_rtpmap_no_clock},
    {.name = "params", FIELD(struct sdp_rtpmap, params, F_TEXT), .absent = sdp_rtpmap_no_params},
};
const struct desc sdp_rtpmap_desc = {"rtpmap", sizeof(struct sdp_rtpmap), FIELDS(sdp_rtpmap_fields),
                                     NULL};
static const struct sdp_sep sdp_rtpmap_seps[] = {
    {"", NULL},
    {" ", NULL},
    {"/", NULL},
    {"/", NULL},
};
static const struct sdp_pattern sdp_rtpmap_pattern = {&sdp_rtpmap_desc, sdp_rtpmap_seps,
                                                      COUNT(sdp_rtpmap_seps), NULL, NULL};

/* ---- sdp_fmtp ---- */

NO_SPAN(sdp_fmtp, format)
NO_LIST(sdp_fmtp, params)
static bool sdp_fmtp_no_separator(const void *rec)
{
    const struct sdp_fmtp *v = rec;
    return v->params_n < 2 || span_is(v->separator, ";");
}
static const struct field sdp_fmtp_fields[] = {
    {.name = "format", FIELD(struct sdp_fmtp, format, F_TEXT), .absent = sdp_fmtp_no_format},
    {.name = "params", LIST(struct sdp_fmtp, params, &param_desc), .absent = sdp_fmtp_no_params},
    {.name = "separator",
     FIELD(struct sdp_fmtp, separator, F_TEXT),
     .absent = sdp_fmtp_no_separator},
};
const struct desc sdp_fmtp_desc = {"fmtp", sizeof(struct sdp_fmtp), FIELDS(sdp_fmtp_fields), NULL};
static const struct sdp_sep sdp_fmtp_seps[] = {
    {"", NULL},
    {" ", ";"},
};
static const struct sdp_pattern sdp_fmtp_pattern = {
    &sdp_fmtp_desc, sdp_fmtp_seps, COUNT(sdp_fmtp_seps), NULL, &sdp_fmtp_fields[2]};

/* ---- sdp_rtcp ---- */

NO_U32(sdp_rtcp, port)
NO_SPAN(sdp_rtcp, nettype)
NO_SPAN(sdp_rtcp, addrtype)
NO_SPAN(sdp_rtcp, address)
static const struct field sdp_rtcp_fields[] = {
    {.name = "port", FIELD(struct sdp_rtcp, port, F_UINT), .absent = sdp_rtcp_no_port},
    {.name = "nettype", FIELD(struct sdp_rtcp, nettype, F_TEXT), .absent = sdp_rtcp_no_nettype},
    {.name = "addrtype", FIELD(struct sdp_rtcp, addrtype, F_TEXT), .absent = sdp_rtcp_no_addrtype},
    {.name = "address", FIELD(struct sdp_rtcp, address, F_TEXT), .absent = sdp_rtcp_no_address},
};
const struct desc sdp_rtcp_desc = {"rtcp", sizeof(struct sdp_rtcp), FIELDS(sdp_rtcp_fields), NULL};
static const struct sdp_sep sdp_rtcp_seps[] = {
    {"", NULL},
    {" ", NULL},
    {" ", NULL},
    {" ", NULL},
};
static const struct sdp_pattern sdp_rtcp_pattern = {&sdp_rtcp_desc, sdp_rtcp_seps,
                                                    COUNT(sdp_rtcp_seps), NULL, NULL};

/* ---- sdp_crypto_key ---- */

NO_SPAN(sdp_crypto_key, method)
NO_SPAN(sdp_crypto_key, info)
static const struct field sdp_crypto_key_fields[] = {
    {.name = "method",
     FIELD(struct sdp_crypto_key, method, F_TEXT),
     .absent = sdp_crypto_key_no_method},
    {.name = "info", FIELD(struct sdp_crypto_key, info, F_TEXT), .absent = sdp_crypto_key_no_info},
};
static const struct desc sdp_crypto_key_desc = {"crypto_key", sizeof(struct sdp_crypto_key),
                                                FIELDS(sdp_crypto_key_fields), NULL};
static const struct sdp_sep sdp_crypto_key_seps[] = {
    {"", NULL},
    {":", NULL},
};
static const struct sdp_pattern sdp_crypto_key_pattern = {&sdp_crypto_key_desc, sdp_crypto_key_seps,
                                                          COUNT(sdp_crypto_key_seps), NULL, NULL};

/* ---- sdp_crypto ---- */

NO_U32(sdp_crypto, tag)
NO_SPAN(sdp_crypto, suite)
NO_LIST(sdp_crypto, keys)
NO_LIST(sdp_crypto, params)
static const struct field sdp_crypto_fields[] = {
    {.name = "tag", FIELD(struct sdp_crypto, tag, F_UINT), .absent = sdp_crypto_no_tag},
    {.name = "suite", FIELD(struct sdp_crypto, suite, F_TEXT), .absent = sdp_crypto_no_suite},
    {.name = "keys",
     LIST(struct sdp_crypto, keys, &sdp_crypto_key_desc),
     .absent = sdp_crypto_no_keys},
    {.name = "params",
     LIST(struct sdp_crypto, params, &sdp_word_desc),
     .absent = sdp_crypto_no_params},
};
const struct desc sdp_crypto_desc = {"crypto", sizeof(struct sdp_crypto), FIELDS(sdp_crypto_fields),
                                     NULL};
static const struct sdp_sep sdp_crypto_seps[] = {
    {"", NULL},
    {" ", NULL},
    {" ", ";"},
    {" ", " "},
};
static const struct sdp_pattern sdp_crypto_pattern = {&sdp_crypto_desc, sdp_crypto_seps,
                                                      COUNT(sdp_crypto_seps), NULL, NULL};

/* ---- sdp_feedback ---- */

NO_SPAN(sdp_feedback, format)
NO_SPAN(sdp_feedback, type)
NO_SPAN(sdp_feedback, param)
NO_SPAN(sdp_feedback, rest)
static const struct field sdp_feedback_fields[] = {
    {.name = "format",
     FIELD(struct sdp_feedback, format, F_TEXT),
     .absent = sdp_feedback_no_format},
    {.name = "type", FIELD(struct sdp_feedback, type, F_TEXT), .absent = sdp_feedback_no_type},
    {.name = "param", FIELD(struct sdp_feedback, param, F_TEXT), .absent = sdp_feedback_no_param},
    {.name = "rest", FIELD(struct sdp_feedback, rest, F_TEXT), .absent = sdp_feedback_no_rest},
};
const struct desc sdp_feedback_desc = {"feedback", sizeof(struct sdp_feedback),
                                       FIELDS(sdp_feedback_fields), NULL};
static const struct sdp_sep sdp_feedback_seps[] = {
    {"", NULL},
    {" ", NULL},
    {" ", NULL},
    {" ", NULL},
};
static const struct sdp_pattern sdp_feedback_pattern = {&sdp_feedback_desc, sdp_feedback_seps,
                                                        COUNT(sdp_feedback_seps), NULL, NULL};

/* ---- sdp_ssrc ---- */

NO_U32(sdp_ssrc, id)
NO_SPAN(sdp_ssrc, attribute)
NO_SPAN(sdp_ssrc, value)
static const struct field sdp_ssrc_fields[] = {
    {.name = "id", FIELD(struct sdp_ssrc, id, F_UINT), .absent = sdp_ssrc_no_id},
    {.name = "attribute",
     FIELD(struct sdp_ssrc, attribute, F_TEXT),
     .absent = sdp_ssrc_no_attribute},
    {.name = "value", FIELD(struct sdp_ssrc, value, F_TEXT), .absent = sdp_ssrc_no_value},
};
const struct desc sdp_ssrc_desc = {"ssrc", sizeof(struct sdp_ssrc), FIELDS(sdp_ssrc_fields), NULL};
static const struct sdp_sep sdp_ssrc_seps[] = {
    {"", NULL},
    {" ", NULL},
    {":", NULL},
};
static const struct sdp_pattern sdp_ssrc_pattern = {&sdp_ssrc_desc, sdp_ssrc_seps,
                                                    COUNT(sdp_ssrc_seps), NULL, NULL};

/* ---- sdp_group ---- */

NO_SPAN(sdp_group, semantics)
NO_LIST(sdp_group, ids)
static const struct field sdp_group_fields[] = {
    {.name = "semantics",
     FIELD(struct sdp_group, semantics, F_TEXT),
     .absent = sdp_group_no_semantics},
    {.name = "ids", LIST(struct sdp_group, ids, &sdp_word_desc), .absent = sdp_group_no_ids},
};
const struct desc sdp_group_desc = {"group", sizeof(struct sdp_group), FIELDS(sdp_group_fields),
                                    NULL};
static const struct sdp_sep sdp_group_seps[] = {
    {"", NULL},
    {" ", " "},
};
static const struct sdp_pattern sdp_group_pattern = {&sdp_group_desc, sdp_group_seps,
                                                     COUNT(sdp_group_seps), NULL, NULL};

/* ---- sdp_fingerprint ---- */

NO_SPAN(sdp_fingerprint, hash)
NO_SPAN(sdp_fingerprint, value)
static const struct field sdp_fingerprint_fields[] = {
    {.name = "hash",
     FIELD(struct sdp_fingerprint, hash, F_TEXT),
     .absent = sdp_fingerprint_no_hash},
    {.name = "value",
     FIELD(struct sdp_fingerprint, value, F_TEXT),
     .absent = sdp_fingerprint_no_value},
};
const struct desc sdp_fingerprint_desc = {"fingerprint", sizeof(struct sdp_fingerprint),
                                          FIELDS(sdp_fingerprint_fields), NULL};
static const struct sdp_sep sdp_fingerprint_seps[] = {
    {"", NULL},
    {" ", NULL},
};
static const struct sdp_pattern sdp_fingerprint_pattern = {
    &sdp_fingerprint_desc, sdp_fingerprint_seps, COUNT(sdp_fingerprint_seps), NULL, NULL};

/* ---- sdp_extension ---- */

NO_SPAN(sdp_extension, name)
NO_SPAN(sdp_extension, value)
static const struct field sdp_extension_fields[] = {
    {.name = "name", FIELD(struct sdp_extension, name, F_TEXT), .absent = sdp_extension_no_name},
    {.name = "value", FIELD(struct sdp_extension, value, F_TEXT), .absent = sdp_extension_no_value},
};
static const struct desc sdp_extension_desc = {"extension", sizeof(struct sdp_extension),
                                               FIELDS(sdp_extension_fields), NULL};
static const struct sdp_sep sdp_extension_seps[] = {
    {"", NULL},
    {" ", NULL},
};
static const struct sdp_pattern sdp_extension_pattern = {&sdp_extension_desc, sdp_extension_seps,
                                                         COUNT(sdp_extension_seps), NULL, NULL};

/* ---- sdp_candidate ---- */

NO_SPAN(sdp_candidate, foundation)
NO_U32(sdp_candidate, component)
NO_SPAN(sdp_candidate, transport)
NO_U32(sdp_candidate, priority)
NO_SPAN(sdp_candidate, address)
NO_U32(sdp_candidate, port)
NO_SPAN(sdp_candidate, type)
NO_SPAN(sdp_candidate, related)
NO_U32(sdp_candidate, related_port)
NO_LIST(sdp_candidate, extensions)
static const struct field sdp_candidate_fields[] = {
    {.name = "foundation",
     FIELD(struct sdp_candidate, foundation, F_TEXT),
     .absent = sdp_candidate_no_foundation},
    {.name = "component",
     FIELD(struct sdp_candidate, component, F_UINT),
     .absent = sdp_candidate_no_component},
    {.name = "transport",
     FIELD(struct sdp_candidate, transport, F_TEXT),
     .absent = sdp_candidate_no_transport},
    {.name = "priority",
     FIELD(struct sdp_candidate, priority, F_UINT),
     .absent = sdp_candidate_no_priority},
    {.name = "address",
     FIELD(struct sdp_candidate, address, F_TEXT),
     .absent = sdp_candidate_no_address},
    {.name = "port", FIELD(struct sdp_candidate, port, F_UINT), .absent = sdp_candidate_no_port},
    {.name = "type", FIELD(struct sdp_candidate, type, F_TEXT), .absent = sdp_candidate_no_type},
    {.name = "related-address",
     FIELD(struct sdp_candidate, related, F_TEXT),
     .absent = sdp_candidate_no_related},
    {.name = "related-port",
     FIELD(struct sdp_candidate, related_port, F_UINT),
     .absent = sdp_candidate_no_related_port},
    {.name = "extensions",
     LIST(struct sdp_candidate, extensions, &sdp_extension_desc),
     .absent = sdp_candidate_no_extensions},
};
const struct desc sdp_candidate_desc = {"candidate", sizeof(struct sdp_candidate),
                                        FIELDS(sdp_candidate_fields), NULL};
static const struct sdp_sep sdp_candidate_seps[] = {
    {"", NULL},  {" ", NULL},     {" ", NULL},       {" ", NULL},       {" ", NULL},
    {" ", NULL}, {" typ ", NULL}, {" raddr ", NULL}, {" rport ", NULL}, {" ", " "},
};
static const struct sdp_pattern sdp_candidate_pattern = {&sdp_candidate_desc, sdp_candidate_seps,
                                                         COUNT(sdp_candidate_seps), NULL, NULL};

/* ---- sdp_remote ---- */

NO_U32(sdp_remote, component)
NO_SPAN(sdp_remote, address)
NO_U32(sdp_remote, port)
static const struct field sdp_remote_fields[] = {
    {.name = "component",
     FIELD(struct sdp_remote, component, F_UINT),
     .absent = sdp_remote_no_component},
    {.name = "address", FIELD(struct sdp_remote, address, F_TEXT), .absent = sdp_remote_no_address},
    {.name = "port", FIELD(struct sdp_remote, port, F_UINT), .absent = sdp_remote_no_port},
};
static const struct desc sdp_remote_desc = {"remote", sizeof(struct sdp_remote),
                                            FIELDS(sdp_remote_fields), NULL};
static const struct sdp_sep sdp_remote_seps[] = {
    {"", NULL},
    {" ", NULL},
    {" ", NULL},
};
static const struct sdp_pattern sdp_remote_pattern = {&sdp_remote_desc, sdp_remote_seps,
                                                      COUNT(sdp_remote_seps), NULL, NULL};

/* ---- sdp_remotes ---- */

NO_LIST(sdp_remotes, remotes)
static const struct field sdp_remotes_fields[] = {
    {.name = "remotes",
     LIST(struct sdp_remotes, remotes, &sdp_remote_desc),
     .absent = sdp_remotes_no_remotes},
};
const struct desc sdp_remotes_desc = {"remotes", sizeof(struct sdp_remotes),
                                      FIELDS(sdp_remotes_fields), NULL};
static const struct sdp_sep sdp_remotes_seps[] = {
    {"", " "},
};
static const struct sdp_pattern sdp_remotes_pattern = {&sdp_remotes_desc, sdp_remotes_seps,
                                                       COUNT(sdp_remotes_seps), NULL, NULL};

/* ---- sdp_options ---- */

NO_LIST(sdp_options, options)
static const struct field sdp_options_fields[] = {
    {.name = "options",
     LIST(struct sdp_options, options, &sdp_word_desc),
     .absent = sdp_options_no_options},
};
const struct desc sdp_options_desc = {"options", sizeof(struct sdp_options),
                                      FIELDS(sdp_options_fields), NULL};
static const struct sdp_sep sdp_options_seps[] = {
    {"", " "},
};
static const struct sdp_pattern sdp_options_pattern = {&sdp_options_desc, sdp_options_seps,
                                                       COUNT(sdp_options_seps), NULL, NULL};

/* ---- sdp_streams ---- */

NO_SPAN(sdp_streams, direction)
NO_LIST(sdp_streams, streams)
static const struct field sdp_streams_fields[] = {
    {.name = "direction",
     FIELD(struct sdp_streams, direction, F_TEXT),
     .absent = sdp_streams_no_direction},
    {.name = "streams",
     LIST(struct sdp_streams, streams, &sdp_word_desc),
     .absent = sdp_streams_no_streams},
};
static const struct desc sdp_streams_desc = {"streams", sizeof(struct sdp_streams),
                                             FIELDS(sdp_streams_fields), NULL};
static const struct sdp_sep sdp_streams_seps[] = {
    {"", NULL},
    {" ", ";"},
};
static const struct sdp_pattern sdp_streams_pattern = {&sdp_streams_desc, sdp_streams_seps,
                                                       COUNT(sdp_streams_seps), NULL, NULL};

/* ---- sdp_simulcast ---- */

NO_LIST(sdp_simulcast, directions)
static const struct field sdp_simulcast_fields[] = {
    {.name = "directions",
     LIST(struct sdp_simulcast, directions, &sdp_streams_desc),
     .absent = sdp_simulcast_no_directions},
};
const struct desc sdp_simulcast_desc = {"simulcast", sizeof(struct sdp_simulcast),
                                        FIELDS(sdp_simulcast_fields), NULL};
static const struct sdp_sep sdp_simulcast_seps[] = {
    {"", " "},
};
static const struct sdp_pattern sdp_simulcast_pattern = {&sdp_simulcast_desc, sdp_simulcast_seps,
                                                         COUNT(sdp_simulcast_seps), NULL, NULL};

/* ---- sdp_rid ---- */

NO_SPAN(sdp_rid, id)
NO_SPAN(sdp_rid, direction)
NO_LIST(sdp_rid, params)
static const struct field sdp_rid_fields[] = {
    {.name = "id", FIELD(struct sdp_rid, id, F_TEXT), .absent = sdp_rid_no_id},
    {.name = "direction", FIELD(struct sdp_rid, direction, F_TEXT), .absent = sdp_rid_no_direction},
    {.name = "params", LIST(struct sdp_rid, params, &param_desc), .absent = sdp_rid_no_params},
};
const struct desc sdp_rid_desc = {"rid", sizeof(struct sdp_rid), FIELDS(sdp_rid_fields), NULL};
static const struct sdp_sep sdp_rid_seps[] = {
    {"", NULL},
    {" ", NULL},
    {" ", ";"},
};
static const struct sdp_pattern sdp_rid_pattern = {&sdp_rid_desc, sdp_rid_seps, COUNT(sdp_rid_seps),
                                                   NULL, NULL};

/* ---- sdp_extmap ---- */

NO_U32(sdp_extmap, id)
NO_SPAN(sdp_extmap, direction)
NO_SPAN(sdp_extmap, uri)
NO_SPAN(sdp_extmap, attributes)
static const struct field sdp_extmap_fields[] = {
    {.name = "id", FIELD(struct sdp_extmap, id, F_UINT), .absent = sdp_extmap_no_id},
    {.name = "direction",
     FIELD(struct sdp_extmap, direction, F_TEXT),
     .absent = sdp_extmap_no_direction},
    {.name = "uri", FIELD(struct sdp_extmap, uri, F_TEXT), .absent = sdp_extmap_no_uri},
    {.name = "attributes",
     FIELD(struct sdp_extmap, attributes, F_TEXT),
     .absent = sdp_extmap_no_attributes},
};
const struct desc sdp_extmap_desc = {"extmap", sizeof(struct sdp_extmap), FIELDS(sdp_extmap_fields),
                                     NULL};
static const struct sdp_sep sdp_extmap_seps[] = {
    {"", NULL},
    {"/", NULL},
    {" ", NULL},
    {" ", NULL},
};
static const struct sdp_pattern sdp_extmap_pattern = {&sdp_extmap_desc, sdp_extmap_seps,
                                                      COUNT(sdp_extmap_seps), NULL, NULL};

/* ---- by form, by table ---- */

static const struct desc *const forms[SDP_FORMS] = {
    [SDP_FORM_NUMBER] = &sdp_number_desc,
    [SDP_FORM_REAL] = &sdp_real_desc,
    [SDP_FORM_RTPMAP] = &sdp_rtpmap_desc,
    [SDP_FORM_FMTP] = &sdp_fmtp_desc,
    [SDP_FORM_RTCP] = &sdp_rtcp_desc,
    [SDP_FORM_CRYPTO] = &sdp_crypto_desc,
    [SDP_FORM_FEEDBACK] = &sdp_feedback_desc,
    [SDP_FORM_SSRC] = &sdp_ssrc_desc,
    [SDP_FORM_GROUP] = &sdp_group_desc,
    [SDP_FORM_FINGERPRINT] = &sdp_fingerprint_desc,
    [SDP_FORM_CANDIDATE] = &sdp_candidate_desc,
    [SDP_FORM_REMOTES] = &sdp_remotes_desc,
    [SDP_FORM_OPTIONS] = &sdp_options_desc,
    [SDP_FORM_SIMULCAST] = &sdp_simulcast_desc,
    [SDP_FORM_RID] = &sdp_rid_desc,
    [SDP_FORM_EXTMAP] = &sdp_extmap_desc,
};
const struct desc *sdp_form_desc(enum sdp_form form)
{
    return forms[form];
}

static const struct sdp_pattern *const patterns[] = {
    &sdp_number_pattern,    &sdp_real_pattern,        &sdp_rtpmap_pattern,
    &sdp_fmtp_pattern,      &sdp_rtcp_pattern,        &sdp_crypto_key_pattern,
    &sdp_crypto_pattern,    &sdp_feedback_pattern,    &sdp_ssrc_pattern,
    &sdp_group_pattern,     &sdp_fingerprint_pattern, &sdp_extension_pattern,
    &sdp_candidate_pattern, &sdp_remote_pattern,      &sdp_remotes_pattern,
    &sdp_options_pattern,   &sdp_streams_pattern,     &sdp_simulcast_pattern,
    &sdp_rid_pattern,       &sdp_extmap_pattern,
};
const struct sdp_pattern *sdp_form_pattern_of(const struct desc *d)
{
    for (size_t i = 0; i < COUNT(patterns); i++)
        if (patterns[i]->d == d)
            return patterns[i];
    return NULL;
}
