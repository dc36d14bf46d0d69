/* codecs/sdp/sdp_table.h - the field tables and how records are written by them; inside codecs/sdp only. */
#ifndef CODECS_SDP_SDP_TABLE_H
#define CODECS_SDP_SDP_TABLE_H
#include "codecs/sdp/sdp_parts.h"

struct
    sdp_sep { /* of a field: what stands before it; of a list: before its first item, and before each other */
    const char *before, *next;
};
struct sdp_pattern { /* how a record is written */
    const struct desc *d;
    const struct sdp_sep *sep; /* of its first n fields, which are written in this order */
    size_t n;
    const struct field *text;      /* takes the place of all of them; NULL: there is none */
    const struct field *separator; /* takes the place of `next`; NULL: there is none */
};
/* The pattern of a table; NULL: it has none. */
const struct sdp_pattern *sdp_pattern_of(const struct desc *d);
extern const struct sdp_pattern
    sdp_media_pattern; /* of m=: its table is that of the whole section */

/* Whether the parts of a record, written in the usual way, are the octets of `text`. */
bool sdp_usual(const struct sdp_pattern *p, const void *rec, struct span text);
/* Whether the value of an attribute has parts that say it. */
bool sdp_attribute_usual(const struct sdp_attribute *a);

enum {
    MSG_VERSION,
    MSG_ORIGIN,
    MSG_NAME,
    MSG_INFO,
    MSG_URI,
    MSG_EMAILS,
    MSG_PHONES,
    MSG_CONNECTION,
    MSG_BANDWIDTHS,
    MSG_TIMES,
    MSG_KEY,
    MSG_ATTRIBUTES,
    MSG_OTHERS,
    MSG_SESSION,
    MSG_MEDIA,
    MSG_LF,
    MSG_COUNT
};
enum {
    MEDIA_MEDIA,
    MEDIA_PORT,
    MEDIA_PORTS,
    MEDIA_PROTO,
    MEDIA_FORMATS,
    MEDIA_LINE,
    MEDIA_INFO,
    MEDIA_CONNECTIONS,
    MEDIA_BANDWIDTHS,
    MEDIA_KEY,
    MEDIA_ATTRIBUTES,
    MEDIA_OTHERS,
    MEDIA_TEXT,
    MEDIA_COUNT
};
enum { TIME_START, TIME_STOP, TIME_TEXT, TIME_REPEATS, TIME_ZONE, TIME_COUNT };
enum { ATTRIBUTE_NAME, ATTRIBUTE_VALUE, ATTRIBUTE_PARTS, ATTRIBUTE_COUNT };
enum { OTHER_LINE, OTHER_COUNT };
extern const struct field sdp_msg_fields[], sdp_media_fields[], sdp_time_fields[],
    sdp_attribute_fields[], sdp_other_fields[];
/* The table of the parts of an attribute of this form; NULL: it has none. */
const struct desc *sdp_form_desc(enum sdp_form form);
#endif
