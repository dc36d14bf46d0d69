/* codecs/rtp/rtcp_table.h - the tables of RTCP, inside codecs/rtp only. */
#ifndef CODECS_RTP_RTCP_TABLE_H
#define CODECS_RTP_RTCP_TABLE_H
#include "codecs/rtp/rtcp.h"
#include "codecs/rtp/rtp_wire.h"

#define RTCP_REMB 0x52454d42u /* "REMB" */

/* How many words stand behind the head of a block. */
struct rtcp_xr_rule {
    uint8_t type;
    uint16_t min, max, step; /* min, min + step ... max */
    const char *clause, *what;
};
/* NULL: an unknown type. */
const struct rtcp_xr_rule *rtcp_xr_rule(uint8_t type);

enum { P_TYPE, P_VERSION, P_PADDING, P_COUNT, P_LENGTH, P_BODY, P_PAD, P_PAD_COUNT, P_FIELDS };
extern const struct field rtcp_packet_fields[], rtcp_compound_fields[];
extern const struct layout rtcp_packet_layout;
/* The table of a kind; of a packet type. */
extern const struct layout *const rtcp_kinds[RTCP_KINDS + 1];
const struct layout *rtcp_layout_of_type(uint64_t type);
#endif
