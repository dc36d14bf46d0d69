/* codecs/sdp/sdp.h - session descriptions (RFC 8866, and RFC 4566 before it): their lines and attributes, typed.
 *
 * All texts borrow the description and are as they stand there. Each line that has parts has its value as `text`, and
 * the parts beside it; a part that is not there, or is no number where one has to be, is absent: p is NULL, or the
 * number is SDP_NONE or SDP_NO_TIME.
 *
 *   struct sdp_msg m;
 *   if (sdp_msg_decode(body, &mem, &m, &findings) == STEP_ITEM && m.media_n) {
 *       const struct sdp_attribute *a = sdp_attribute(&m.media[0].section, SDP_RTPMAP);
 *       const struct sdp_rtpmap *map = a ? a->parts : NULL;
 *       ...
 */
#ifndef CODECS_SDP_SDP_H
#define CODECS_SDP_SDP_H
#include "codecs/base/codec.h"
#include "codecs/base/param.h"

#define SDP_NONE UINT32_MAX    /* a number of 32 bits that is absent */
#define SDP_NO_TIME UINT64_MAX /* one of 64 bits */

/* ---- lines ---- */

struct sdp_origin { /* o= (RFC 8866 section 5.2) */
    struct span text;
    struct span username, id, version; /* numbers of any length */
    struct span nettype, addrtype, address;
};
struct sdp_contact { /* e= and p= (section 5.6) */
    struct span text;
    struct span address; /* email address or phone number */
    struct span name;    /* before an address in angle brackets */
    struct span comment; /* in parentheses behind the address */
};
struct sdp_connection { /* c= (section 5.7) */
    struct span text;
    struct span nettype, addrtype, address;
    uint32_t ttl, count; /* of multicast addresses; a single number with IP6 is the count */
};
struct sdp_bandwidth { /* b= (section 5.8) */
    struct span text;
    struct span type;
    uint64_t value;
};
struct sdp_repeat { /* r= (section 5.10): times with their units */
    struct span text;
    struct span interval, duration;
    const struct span *offsets;
    size_t offsets_n;
};
struct sdp_adjustment {
    struct span time, offset;
};
struct sdp_zone { /* z= (section 5.11) */
    struct span text;
    const struct sdp_adjustment *adjustments;
    size_t adjustments_n;
};
struct sdp_time { /* t= (section 5.9) with its r= and z= */
    struct span text;
    uint64_t start, stop;
    const struct sdp_repeat *repeats;
    size_t repeats_n;
    const struct sdp_zone *zone; /* NULL: none */
};
struct sdp_key { /* k= (section 5.12) */
    struct span text;
    struct span method, value;
};
/* A line of an unknown type, one that does not belong where it stands, or no line at all */
struct sdp_other {
    struct span line; /* without its end */
};
/* A time with a unit, or with a minus sign before it, in seconds (sections 5.10 and 5.11); false: it is none. */
bool sdp_seconds(struct span s, int64_t *seconds);

/* ---- attributes ---- */

enum sdp_form { /* what the value of an attribute is */
                SDP_FORM_TEXT,
                SDP_FORM_FLAG,   /* it has none */
                SDP_FORM_NUMBER, /* struct sdp_number */
                SDP_FORM_REAL,   /* struct sdp_real */
                SDP_FORM_RTPMAP, /* struct sdp_rtpmap, and so on */
                SDP_FORM_FMTP,
                SDP_FORM_RTCP,
                SDP_FORM_CRYPTO,
                SDP_FORM_FEEDBACK,
                SDP_FORM_SSRC,
                SDP_FORM_GROUP,
                SDP_FORM_FINGERPRINT,
                SDP_FORM_CANDIDATE,
                SDP_FORM_REMOTES,
                SDP_FORM_OPTIONS,
                SDP_FORM_SIMULCAST,
                SDP_FORM_RID,
                SDP_FORM_EXTMAP,
                SDP_FORMS
};
enum sdp_type { /* of an attribute; the order is that of sdp_names */
                SDP_OTHER,
#define SDP_ATTRIBUTE(id, name, form) SDP_##id,
#include "codecs/sdp/sdp_attributes.def"
#undef SDP_ATTRIBUTE
                SDP_TYPES
};
struct sdp_name {
    const char *name;
    uint8_t n; /* octets of it */
    uint8_t form;
};
extern const struct sdp_name sdp_names[SDP_TYPES];
/* The type of an attribute of this name, whose case counts (RFC 8866 section 5); SDP_OTHER: none that is known. */
enum sdp_type sdp_type_of(struct span name);

struct sdp_number { /* RFC 8866 section 6.14, RFC 8839 section 5.5, RFC 8841 sections 5 and 6 */
    uint64_t number;
};
struct sdp_real { /* RFC 8866 sections 6.4, 6.5 and 6.13 */
    uint64_t number;
    struct span fraction; /* the digits behind the dot */
};
struct sdp_rtpmap { /* RFC 8866 section 6.6 */
    uint32_t payload, clock;
    struct span encoding;
    struct span params;
};
struct sdp_fmtp { /* RFC 8866 section 6.15 */
    struct span format;
    const struct param *params; /* behind semicolons */
    size_t params_n;
    struct span separator; /* what stands between two of them */
};
struct sdp_rtcp { /* RFC 3605 section 2.1 */
    uint32_t port;
    struct span nettype, addrtype, address;
};
struct sdp_crypto_key {
    struct span method, info;
};
struct sdp_crypto { /* RFC 4568 section 9.1 */
    uint32_t tag;
    struct span suite;
    const struct sdp_crypto_key *keys;
    size_t keys_n;
    const struct span *params;
    size_t params_n;
};
struct sdp_feedback {   /* RFC 4585 section 4.2 */
    struct span format; /* "*" stands for all */
    struct span type, param;
    struct span rest; /* behind the parameter */
};
struct sdp_ssrc { /* RFC 5576 section 4.1 */
    uint32_t id;
    struct span attribute, value;
};
struct sdp_group { /* RFC 5888 section 5, RFC 5576 section 4.2 */
    struct span semantics;
    const struct span *ids;
    size_t ids_n;
};
struct sdp_fingerprint { /* RFC 8122 section 5 */
    struct span hash, value;
};
struct sdp_extension {
    struct span name, value;
};
struct sdp_candidate { /* RFC 8839 section 5.1 */
    struct span foundation, transport, address, type;
    uint32_t component, priority, port, related_port;
    struct span related;
    const struct sdp_extension *extensions;
    size_t extensions_n;
};
struct sdp_remote {
    uint32_t component, port;
    struct span address;
};
struct sdp_remotes { /* RFC 8839 section 5.2 */
    const struct sdp_remote *remotes;
    size_t remotes_n;
};
struct sdp_options { /* RFC 8839 section 5.6 */
    const struct span *options;
    size_t options_n;
};
struct sdp_streams {
    struct span direction;
    const struct span *streams; /* with their alternatives, as they stand there */
    size_t streams_n;
};
struct sdp_simulcast { /* RFC 8853 section 5.1 */
    const struct sdp_streams *directions;
    size_t directions_n;
};
struct sdp_rid { /* RFC 8851 section 10 */
    struct span id, direction;
    const struct param *params;
    size_t params_n;
};
struct sdp_extmap { /* RFC 8285 section 8 */
    uint32_t id;
    struct span direction, uri, attributes;
};
struct sdp_attribute {
    struct span name;
    struct span value; /* p is NULL where there is no colon */
    const void *parts; /* by the form of its type; NULL: it has none, or no value */
    enum sdp_type type;
};

/* ---- descriptions ---- */

struct sdp_section {  /* what the session level and media descriptions both have */
    struct span text; /* all its lines */
    bool odd; /* they are not in the usual order, or do not end as the first line of all does */
    struct span info;
    const struct sdp_bandwidth *bandwidths;
    size_t bandwidths_n;
    const struct sdp_key *key; /* NULL: none */
    const struct sdp_attribute *attributes;
    size_t attributes_n;
    const struct sdp_other *others;
    size_t others_n;
};
struct sdp_media {
    struct sdp_section section;
    struct span line; /* the value of m= (RFC 8866 section 5.14) */
    struct span media;
    uint32_t port, ports; /* ports: their number behind a slash */
    struct span proto;
    const struct span *formats;
    size_t formats_n;
    const struct sdp_connection *connections;
    size_t connections_n;
};
struct sdp_msg {
    struct sdp_section section; /* the lines before the first m= */
    struct span text;           /* all of it */
    bool lf;                    /* lines end with LF alone, as the first one does */
    struct span version, name, uri;
    const struct sdp_origin *origin;
    const struct sdp_contact *emails, *phones;
    size_t emails_n, phones_n;
    const struct sdp_connection *connection;
    const struct sdp_time *times;
    size_t times_n;
    const struct sdp_media *media;
    size_t media_n;
};
extern const struct desc sdp_msg_desc;
extern const struct codec sdp_codec;

/* (Plain sdp_decode and sdp_encode are names of libre, which fuzzing targets link.)
 *
 * Decode the description that `in` holds whole. Lists go to arrays from `mem`; where that is full they are cut short.
 * Of lines that may be there once, the first is kept.
 *
 * STEP_ITEM: `m` is filled; what breaks lines and their order is in `fs`. STEP_MORE: there is not even "v=". STEP_FAIL:
 * it does not begin with a letter and "=". */
enum step sdp_msg_decode(struct span in, struct arena *mem, struct sdp_msg *m, struct findings *fs);
/* What a decoded description breaks beyond the order of its lines. */
void sdp_lint(const struct sdp_msg *m, struct findings *fs);

/* The first attribute of a type; NULL: none. */
const struct sdp_attribute *sdp_attribute(const struct sdp_section *s, enum sdp_type type);
/* The c= line that holds for a media description: its first own one, or that of the session level; NULL: none. */
const struct sdp_connection *sdp_media_connection(const struct sdp_msg *m,
                                                  const struct sdp_media *media);
enum sdp_direction { /* bits: as the one who wrote the description sees it */
                     SDP_DIR_INACTIVE = 0,
                     SDP_DIR_SEND = 1,
                     SDP_DIR_RECV = 2,
                     SDP_DIR_BOTH = 3
};
/* The direction that holds for a media description (RFC 8866 section 6.7): its own, that of the session level, or
 * both. */
enum sdp_direction sdp_media_direction(const struct sdp_msg *m, const struct sdp_media *media);

/* How sure it is that `in` is a session description, 0 to 100: by its first two lines. */
unsigned sdp_guess(struct span in, uint16_t port);
/* Write what the draft says. */
void sdp_msg_encode(struct wr *w, const struct draft *dr);
#endif
