/* codecs/sdp/sdp_rows.h - rows of the field tables: when a part is absent, and where text stands; inside codecs/sdp only. */
#ifndef CODECS_SDP_SDP_ROWS_H
#define CODECS_SDP_SDP_ROWS_H
#include "codecs/sdp/sdp_table.h"

#define LIST(S, m, d) .kind = F_LIST, .off = offsetof(S, m), .count = offsetof(S, m##_n), .sub = (d)
#define NO_SPAN(S, m)                                                                              \
    static bool S##_no_##m(const void *rec)                                                        \
    {                                                                                              \
        return !((const struct S *)rec)->m.p;                                                      \
    }
#define NO_LIST(S, m)                                                                              \
    static bool S##_no_##m(const void *rec)                                                        \
    {                                                                                              \
        return !((const struct S *)rec)->m##_n;                                                    \
    }
#define NO_U32(S, m)                                                                               \
    static bool S##_no_##m(const void *rec)                                                        \
    {                                                                                              \
        return ((const struct S *)rec)->m == SDP_NONE;                                             \
    }
#define NO_U64(S, m)                                                                               \
    static bool S##_no_##m(const void *rec)                                                        \
    {                                                                                              \
        return ((const struct S *)rec)->m == SDP_NO_TIME;                                          \
    }
/* Of a record with a text: whether its parts say it. */
#define TEXT(S)                                                                                    \
    static bool S##_plain(const void *rec)                                                         \
    {                                                                                              \
        return sdp_usual(&S##_pattern, rec, ((const struct S *)rec)->text);                        \
    }                                                                                              \
    static bool S##_odd(const void *rec)                                                           \
    {                                                                                              \
        return !S##_plain(rec);                                                                    \
    }

extern const struct desc sdp_word_desc; /* of a bare word */
/* The tables of the parts of attributes. */
extern const struct desc sdp_number_desc, sdp_real_desc, sdp_rtpmap_desc, sdp_fmtp_desc,
    sdp_rtcp_desc, sdp_crypto_desc, sdp_feedback_desc, sdp_ssrc_desc, sdp_group_desc,
    sdp_fingerprint_desc, sdp_candidate_desc, sdp_remotes_desc, sdp_options_desc,
    sdp_simulcast_desc, sdp_rid_desc, sdp_extmap_desc;
/* The pattern of one of these tables or of a record inside; NULL: it is none. */
const struct sdp_pattern *sdp_form_pattern_of(const struct desc *d);
#endif
