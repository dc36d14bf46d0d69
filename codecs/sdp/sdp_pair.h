/* codecs/sdp/sdp_pair.h - what the rules about two descriptions share: an offer and its answer, a description and the
 * next one of the same side; inside codecs/sdp only. */
#ifndef CODECS_SDP_SDP_PAIR_H
#define CODECS_SDP_SDP_PAIR_H
#include "codecs/sdp/sdp_offer.h"
#include "codecs/sdp/sdp_rules.h"

enum sdp_pair_id {
    SDP_P_ID_RANGE,
    SDP_P_VERSION_RANGE,
    SDP_P_NAME,
    SDP_P_TIME_ZERO,
    SDP_P_MAP_OFFER,
    SDP_P_ORIGIN_SAME,
    SDP_P_MEDIA_COUNT,
    SDP_P_TIME,
    SDP_P_NO_FORMAT,
    SDP_P_UNICAST,
    SDP_P_MEDIA,
    SDP_P_SENDONLY,
    SDP_P_RECVONLY,
    SDP_P_INACTIVE,
    SDP_P_FORMAT_RECV,
    SDP_P_FORMAT_SEND,
    SDP_P_FORMAT_BOTH,
    SDP_P_FORMAT_NONE,
    SDP_P_PAYLOAD,
    SDP_P_MAP_DYNAMIC,
    SDP_P_MAP_STATIC,
    SDP_P_ORDER,
    SDP_P_MULTICAST_PLACE,
    SDP_P_MULTICAST_DIRECTION,
    SDP_P_MULTICAST_FORMAT,
    SDP_P_MULTICAST_PTIME,
    SDP_P_NEXT_ORIGIN,
    SDP_P_NEXT_VERSION,
    SDP_P_NEXT_SAME,
    SDP_P_NEXT_COUNT,
    SDP_P_REMOVED,
    SDP_P_NEXT_MAP,
    SDP_P_HOLD_PORT,
    SDP_P_HOLD_ADDRESS,
    SDP_P_ABLE_TIME,
    SDP_P_ABLE_PORT,
    SDP_P_ABLE_MAP,
    SDP_P_ASKED_FORMATS,
    SDP_P_ASKED_OVERLAP,
    SDP_P_ASKED_STREAM,
    SDP_P_STUCK,
    SDP_P_SETUP,
    SDP_P_TCP_PORT,
    SDP_P_CONNECTION,
    SDP_P_CRYPTO,
    SDP_P_CRYPTO_ONE,
    SDP_P_FEEDBACK,
    SDP_P_ACTPASS,
    SDP_P_ACTPASS_DTLS,
    SDP_P_DTLS_ROLE,
    SDP_P_DTLS_SETUP,
    SDP_P_TLS_ID,
    SDP_P_MID,
    SDP_P_NEXT_MID,
    SDP_P_GROUP_TAG,
    SDP_P_GROUP,
    SDP_P_EXTENSION_SENDONLY,
    SDP_P_EXTENSION_RECVONLY,
    SDP_P_EXTENSION_ID,
    SDP_P_NEXT_EXTENSION,
    SDP_P_ICE,
    SDP_P_ICE_TRANSPORT,
    SDP_P_MUX_CANDIDATE,
    SDP_P_ICE_RESTART,
    SDP_P_ICE_KEPT,
    SDP_P_ICE_REMOVED,
    SDP_P_BUNDLE_ATTRIBUTE,
    SDP_P_BUNDLE_PORT,
    SDP_P_BUNDLE_TAG,
    SDP_P_BUNDLE_NO_TAG,
    SDP_P_BUNDLE_MOVED,
    SDP_P_BUNDLE_REJECTED,
    SDP_P_BUNDLE_ONLY,
    SDP_P_BUNDLE_MUX,
    SDP_P_BUNDLE_RTCP,
    SDP_P_RID,
    SDP_P_RID_DIRECTION,
    SDP_P_RID_RESTRICTION,
    SDP_P_RID_FORMATS,
    SDP_P_SIMULCAST_SEVERAL,
    SDP_P_SIMULCAST_SEND,
    SDP_P_SIMULCAST_ADDED,
    SDP_P_SIMULCAST_PAUSED,
    SDP_PAIR_RULES
};
extern const struct rule sdp_pair_rules[SDP_PAIR_RULES];

enum {
    SDP_EXTENSIONS = 256
}; /* identifiers of extensions are valid from 1 to it (RFC 8285 section 4.3) */
static inline bool sdp_extension_valid(uint32_t id)
{
    return id > 0 && id <= SDP_EXTENSIONS;
}

enum {
    SDP_PAIR_LIMIT = 64
}; /* of formats that are no numbers, attributes of a kind and groups' tags that are looked at */

struct sdp_pair {
    const struct sdp_msg *was; /* the offer, or the description before; NULL: there is none */
    const struct sdp_msg *is;  /* what is judged: the answer, or the next description */
    struct findings *fs;
    struct sdp_facts old, new; /* of their session levels */
    bool grouping;             /* the side of `is` knows a=mid and a=group */
    uint64_t *said;            /* RULE_WORDS(SDP_PAIR_RULES) */
};
/* Rule `id` is broken at `at`, a part of `is`; said of the first place alone. */
void sdp_pair_broke(const struct sdp_pair *c, enum sdp_pair_id id, struct span at);

static inline const struct sdp_attribute *sdp_own(const struct sdp_media *m, enum sdp_type type)
{
    return sdp_attribute(&m->section, type);
}
static inline struct span sdp_value_of(const struct sdp_attribute *a)
{
    return a ? a->value : (struct span){NULL, 0};
}
/* Whether the stream is not used: its port is 0, or none. */
static inline bool sdp_port_zero(const struct sdp_media *m)
{
    return m->port == 0 || m->port > UINT16_MAX;
}
/* Whether a proto is that of RTP, SRTP too. */
static inline bool sdp_over_rtp(struct span proto)
{
    return lex_holds(proto, "RTP/");
}
/* Whether a proto runs over DTLS or TLS; whether its SRTP has its keys from SDP; whether it runs over TCP. */
static inline bool sdp_over_tls(struct span proto)
{
    return lex_holds(proto, "TLS");
}
static inline bool sdp_keyed_here(struct span proto)
{
    return lex_holds(proto, "SAVP") && !sdp_over_tls(proto);
}
static inline bool sdp_over_tcp(struct span proto)
{
    return proto.n >= 3 && memcmp(proto.p, "TCP", 3) == 0;
}
/* The i-th media description; NULL: there is none, or no description. */
static inline const struct sdp_media *sdp_media_at(const struct sdp_msg *m, size_t i)
{
    return m && i < m->media_n ? &m->media[i] : NULL;
}
static inline bool sdp_is_rtp(const struct sdp_media *m)
{
    return sdp_over_rtp(m->proto);
}

/* The payload type that a format of RTP is, 0 to 127; SDP_NONE: it is none, or has zeros in front. */
uint32_t sdp_payload(struct span format);
/* The static payload type of a coding (RFC 3551 section 6); SDP_NONE: none. */
uint32_t sdp_static_payload(const struct sdp_coding *c);

struct sdp_payloads { /* of a media description, by payload type */
    uint8_t at[128];  /* 1 + the place in m=, 255 at most; 0: not listed */
    struct sdp_coding coding[128];
    bool known[128], mapped[128]; /* what it means is known; by an a=rtpmap */
};
void sdp_payloads_of(const struct sdp_media *m, struct sdp_payloads *p);
/* Whether payload type `x` of one means what `y` of the other does. */
bool sdp_payload_same(const struct sdp_payloads *a, uint32_t x, const struct sdp_payloads *b,
                      uint32_t y);
/* Whether two media descriptions have a format in common. */
bool sdp_formats_common(const struct sdp_media *a, const struct sdp_media *b);

/* sess-id and sess-version are no larger than they may be. */
void sdp_pair_numbers(const struct sdp_pair *c);
/* s= is what it should be for unicast. */
void sdp_pair_name(const struct sdp_pair *c);

/* ---- the parts of sdp_answer_check ---- */

enum sdp_bundled { SDP_ALONE, SDP_TAGGED, SDP_BUNDLED, SDP_UNTOLD };
struct sdp_bundles { /* of the answer, by media description */
    uint8_t of[SDP_LINT_MEDIA];
    bool untold; /* there are too many, and a group */
};
/* Groups of the answer, and what is said of BUNDLE. */
void sdp_answer_groups(const struct sdp_pair *c, struct sdp_bundles *b);
/* Attributes of which those of the answer have to be among those of the offer: a=crypto, a=rtcp-fb, a=rid, a=extmap,
 * a=simulcast. */
void sdp_answer_attributes(const struct sdp_pair *c, const struct sdp_media *o,
                           const struct sdp_media *a, enum sdp_bundled bundled);
#endif
