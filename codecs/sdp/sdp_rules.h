/* codecs/sdp/sdp_rules.h - the rules that sdp_lint judges by; inside codecs/sdp only. */
#ifndef CODECS_SDP_SDP_RULES_H
#define CODECS_SDP_SDP_RULES_H
#include "codecs/sdp/sdp_parts.h"

enum sdp_rule_id {
    SDP_R_VERSION_DIGITS,
    SDP_R_VERSION_ZERO,
    SDP_R_NO_ORIGIN,
    SDP_R_NO_NAME,
    SDP_R_NO_TIME,
    SDP_R_ORIGIN_PARTS,
    SDP_R_ORIGIN_USERNAME,
    SDP_R_ORIGIN_ID,
    SDP_R_ORIGIN_VERSION,
    SDP_R_ORIGIN_TOKEN,
    SDP_R_ORIGIN_TYPE,
    SDP_R_ORIGIN_IP4,
    SDP_R_ORIGIN_IP6,
    SDP_R_NAME_EMPTY,
    SDP_R_NAME_UTF8,
    SDP_R_INFO_EMPTY,
    SDP_R_INFO_UTF8,
    SDP_R_TEXT_NUL,
    SDP_R_TEXT_CR,
    SDP_R_URI_FORM,
    SDP_R_EMAIL_FORM,
    SDP_R_EMAIL_ADDRESS,
    SDP_R_PHONE_FORM,
    SDP_R_PHONE_DIGITS,
    SDP_R_PHONE_PLUS,
    SDP_R_CONTACT_SAFE,
    SDP_R_CONNECTION_PARTS,
    SDP_R_CONNECTION_TOKEN,
    SDP_R_CONNECTION_TYPE,
    SDP_R_CONNECTION_IP4,
    SDP_R_CONNECTION_IP6,
    SDP_R_CONNECTION_NO_TTL,
    SDP_R_CONNECTION_TTL,
    SDP_R_CONNECTION_TTL_ZERO,
    SDP_R_CONNECTION_IP6_TTL,
    SDP_R_CONNECTION_UNICAST,
    SDP_R_CONNECTION_SESSION,
    SDP_R_CONNECTION_COUNT,
    SDP_R_CONNECTION_SEVERAL,
    SDP_R_CONNECTION_NONE,
    SDP_R_DOMAIN_LABELS,
    SDP_R_DOMAIN_UTF8,
    SDP_R_DOMAIN_SHORT,
    SDP_R_BANDWIDTH_FORM,
    SDP_R_BANDWIDTH_TYPE,
    SDP_R_BANDWIDTH_CHARS,
    SDP_R_BANDWIDTH_X,
    SDP_R_TIME_FORM,
    SDP_R_REPEAT_FORM,
    SDP_R_REPEAT_INTERVAL,
    SDP_R_REPEAT_TIME,
    SDP_R_ZONE_PAIRS,
    SDP_R_ZONE_TIME,
    SDP_R_ZONE_OFFSET,
    SDP_R_ZONE_ALONE,
    SDP_R_KEY,
    SDP_R_KEY_FORM,
    SDP_R_KEY_BASE64,
    SDP_R_ATTRIBUTE_NAME,
    SDP_R_ATTRIBUTE_EMPTY,
    SDP_R_MEDIA_PARTS,
    SDP_R_MEDIA_TOKEN,
    SDP_R_MEDIA_PROTO,
    SDP_R_MEDIA_PORT,
    SDP_R_MEDIA_PORT_RANGE,
    SDP_R_MEDIA_PORTS,
    SDP_R_MEDIA_PAYLOAD,
    SDP_R_MEDIA_CONTROL,
    SDP_R_MEDIA_UDP,
    SDP_R_MEDIA_MAP,
    SDP_R_MEDIA_RESERVED,
    SDP_R_CAT_LEVEL,
    SDP_R_CAT_VALUE,
    SDP_R_CAT_OLD,
    SDP_R_KEYWDS_LEVEL,
    SDP_R_KEYWDS_OLD,
    SDP_R_TOOL_LEVEL,
    SDP_R_PTIME_LEVEL,
    SDP_R_PTIME_VALUE,
    SDP_R_MAXPTIME_LEVEL,
    SDP_R_MAXPTIME_VALUE,
    SDP_R_RTPMAP_LEVEL,
    SDP_R_RTPMAP_FORM,
    SDP_R_RTPMAP_PAYLOAD,
    SDP_R_RTPMAP_CLOCK,
    SDP_R_RTPMAP_CHANNELS,
    SDP_R_RTPMAP_VIDEO,
    SDP_R_RTPMAP_AGAIN,
    SDP_R_RTPMAP_FOREIGN,
    SDP_R_RTPMAP_ENCODING,
    SDP_R_DIRECTION_AGAIN,
    SDP_R_DIRECTION_VALUE,
    SDP_R_ORIENT_LEVEL,
    SDP_R_ORIENT_VALUE,
    SDP_R_TYPE_LEVEL,
    SDP_R_TYPE_VALUE,
    SDP_R_CHARSET_LEVEL,
    SDP_R_CHARSET_VALUE,
    SDP_R_SDPLANG_VALUE,
    SDP_R_SDPLANG_AGAIN,
    SDP_R_LANG_VALUE,
    SDP_R_FRAMERATE_LEVEL,
    SDP_R_FRAMERATE_VALUE,
    SDP_R_QUALITY_LEVEL,
    SDP_R_QUALITY_VALUE,
    SDP_R_QUALITY_VIDEO,
    SDP_R_FMTP_LEVEL,
    SDP_R_FMTP_FORM,
    SDP_R_FMTP_FOREIGN,
    SDP_R_FMTP_AGAIN,
    SDP_R_RTCP_LEVEL,
    SDP_R_RTCP_FORM,
    SDP_R_SETUP_VALUE,
    SDP_R_SETUP_DISCARD,
    SDP_R_RECONNECT_VALUE,
    SDP_R_CRYPTO_LEVEL,
    SDP_R_CRYPTO_FORM,
    SDP_R_CRYPTO_TAG,
    SDP_R_CRYPTO_AGAIN,
    SDP_R_CRYPTO_PROTO,
    SDP_R_CRYPTO_KEY_80,
    SDP_R_CRYPTO_KEY_32,
    SDP_R_CRYPTO_KEY_F8,
    SDP_R_CRYPTO_LIFETIME,
    SDP_R_CRYPTO_LIFETIME_LONG,
    SDP_R_CRYPTO_ORDER,
    SDP_R_CRYPTO_MKI,
    SDP_R_CRYPTO_MKI_BARE,
    SDP_R_CRYPTO_MKI_LENGTH,
    SDP_R_CRYPTO_MKI_ALL,
    SDP_R_CRYPTO_MKI_SAME,
    SDP_R_CRYPTO_KDR,
    SDP_R_CRYPTO_WSH,
    SDP_R_CRYPTO_WSH_LOW,
    SDP_R_CRYPTO_FEC,
    SDP_R_FEEDBACK_LEVEL,
    SDP_R_FEEDBACK_PROTO,
    SDP_R_FEEDBACK_FORM,
    SDP_R_FEEDBACK_ACK,
    SDP_R_SSRC_FORM,
    SDP_R_SSRC_CNAME,
    SDP_R_SSRC_CNAME_AGAIN,
    SDP_R_SSRC_CNAME_VALUE,
    SDP_R_SSRC_PREVIOUS,
    SDP_R_SSRC_PREVIOUS_FORM,
    SDP_R_SSRC_GROUP_FORM,
    SDP_R_SSRC_GROUP_EMPTY,
    SDP_R_SSRC_GROUP_FOREIGN,
    SDP_R_MUX_LEVEL,
    SDP_R_MUX_VALUE,
    SDP_R_MUX_PAYLOAD,
    SDP_R_MUX_ONLY_CANDIDATE,
    SDP_R_RSIZE_FORM,
    SDP_R_DTLS_SETUP,
    SDP_R_DTLS_CONNECTION,
    SDP_R_DTLS_HOLDCONN,
    SDP_R_MID_FORM,
    SDP_R_MID_AGAIN,
    SDP_R_GROUP_FORM,
    SDP_R_GROUP_NO_MID,
    SDP_R_GROUP_ZERO,
    SDP_R_FINGERPRINT_NONE,
    SDP_R_FINGERPRINT_WEAK,
    SDP_R_FINGERPRINT_FORM,
    SDP_R_FINGERPRINT_LENGTH,
    SDP_R_TLS_ID_FORM,
    SDP_R_CANDIDATE_LEVEL,
    SDP_R_CANDIDATE_FORM,
    SDP_R_CANDIDATE_FOUNDATION,
    SDP_R_CANDIDATE_COMPONENT,
    SDP_R_CANDIDATE_PRIORITY,
    SDP_R_CANDIDATE_NAME,
    SDP_R_CANDIDATE_RTP,
    SDP_R_CANDIDATE_RELATED,
    SDP_R_CANDIDATE_HOST,
    SDP_R_CANDIDATE_ZERO,
    SDP_R_REMOTES_FORM,
    SDP_R_LITE_FORM,
    SDP_R_LITE_PACING,
    SDP_R_MISMATCH_FORM,
    SDP_R_ICE_NONE,
    SDP_R_PWD_FORM,
    SDP_R_UFRAG_FORM,
    SDP_R_UFRAG_LONG,
    SDP_R_PACING_FORM,
    SDP_R_OPTIONS_FORM,
    SDP_R_END_VALUE,
    SDP_R_SCTP_FORMATS,
    SDP_R_SCTP_NO_PORT,
    SDP_R_SCTP_PORT_ZERO,
    SDP_R_SCTP_PORT_FORM,
    SDP_R_SCTP_SIZE_ZERO,
    SDP_R_SCTP_SIZE_FORM,
    SDP_R_SCTP_HOLDCONN,
    SDP_R_BUNDLE_TWICE,
    SDP_R_BUNDLE_ONLY_FORM,
    SDP_R_BUNDLE_NETTYPE,
    SDP_R_SIMULCAST_LEVEL,
    SDP_R_SIMULCAST_FORM,
    SDP_R_SIMULCAST_ID,
    SDP_R_SIMULCAST_AGAIN,
    SDP_R_SIMULCAST_TWICE,
    SDP_R_SIMULCAST_DIRECTION,
    SDP_R_SIMULCAST_ID_AGAIN,
    SDP_R_RID_FORM,
    SDP_R_RID_AGAIN,
    SDP_R_RID_DIRECTION,
    SDP_R_RID_FOREIGN,
    SDP_R_RID_NUMBER,
    SDP_R_RID_BPP,
    SDP_R_EXTMAP_FORM,
    SDP_R_EXTMAP_RANGE,
    SDP_R_EXTMAP_AGAIN,
    SDP_R_EXTMAP_SAME,
    SDP_R_EXTMAP_URI,
    SDP_R_EXTMAP_DIRECTION,
    SDP_R_EXTMAP_LEVELS,
    SDP_R_MIXED_VALUE,
    SDP_RULES
};
extern const struct rule sdp_rules[SDP_RULES];

enum {
    SDP_LINT_MEDIA = 64
};                 /* media descriptions, and formats of one, that are compared each with each */
struct sdp_facts { /* of the session level, found once */
    const struct sdp_attribute *first[SDP_TYPES];
    bool bundle; /* there is a group of BUNDLE */
};
void sdp_facts_of(const struct sdp_msg *m, struct sdp_facts *facts);
/* The first attribute of a type of a media description, or of the session level; NULL: none. */
static inline const struct sdp_attribute *
sdp_facts_either(const struct sdp_facts *facts, const struct sdp_media *m, enum sdp_type type)
{
    const struct sdp_attribute *a = sdp_attribute(&m->section, type);
    return a ? a : facts->first[type];
}
/* sdp_media_direction, without looking at the attributes of the session level again. */
enum sdp_direction sdp_facts_direction(const struct sdp_facts *facts, const struct sdp_media *m);
struct sdp_judge { /* what is being looked at */
    const struct sdp_msg *m;
    const struct sdp_media *media; /* NULL: the session level */
    struct findings *fs;
    const struct sdp_facts *facts;
    uint64_t *said; /* RULE_WORDS(SDP_RULES) */
};
/* Rule `id` is broken at `at`, a part of the description; said of the first place alone. */
void sdp_broke(const struct sdp_judge *j, enum sdp_rule_id id, struct span at);

/* The first candidate for RTCP of a media description, by its component (RFC 8839 section 5.1); NULL: none. */
const struct sdp_attribute *sdp_rtcp_candidate(const struct sdp_media *m);

/* Forms of values. */
bool sdp_is_token(struct span s);
bool sdp_is_digits(struct span s);
bool sdp_is_positive(struct span s); /* digits, the first not 0 */
bool sdp_is_plain(struct span s);    /* 0, or digits, the first not 0 */
bool sdp_is_real(struct span s);     /* non-zero-int-or-real */
bool sdp_is_visible(struct span s);  /* non-ws-string */
bool sdp_is_rid(struct span s);      /* the id of an a=rid */
bool sdp_is_ice(struct span s, size_t min, size_t max);
bool sdp_is_reference(struct span s); /* URI-reference, the empty one included */
enum sdp_host { SDP_HOST_NONE, SDP_HOST_IP4, SDP_HOST_IP6, SDP_HOST_NAME };
enum sdp_host sdp_host_of(struct span s);

/* One attribute by itself: its level and its value. */
void sdp_lint_attribute(const struct sdp_judge *j, const struct sdp_attribute *a);
/* a=crypto by itself, and a=rid, a=simulcast. */
void sdp_lint_crypto(const struct sdp_judge *j, const struct sdp_attribute *a);
void sdp_lint_rid(const struct sdp_judge *j, const struct sdp_attribute *a);
void sdp_lint_simulcast(const struct sdp_judge *j, const struct sdp_attribute *a);
/* The attributes of a section together. */
void sdp_lint_section(const struct sdp_judge *j);
/* An e= line and a p= line. */
void sdp_lint_email(const struct sdp_judge *j, const struct sdp_contact *c);
void sdp_lint_phone(const struct sdp_judge *j, const struct sdp_contact *c);
/* The lines of the session level but attributes, and of a media description. */
void sdp_lint_session(const struct sdp_judge *j);
void sdp_lint_media(const struct sdp_judge *j);
#endif
