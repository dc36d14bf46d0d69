/* codecs/rtp/rtp_table.h - the field tables of RTP, inside codecs/rtp only. */
#ifndef CODECS_RTP_RTP_TABLE_H
#define CODECS_RTP_RTP_TABLE_H
#include "codecs/rtp/rtp.h"
#include "codecs/rtp/rtp_wire.h"

enum {
    F_VERSION,
    F_PADDING,
    F_EXTENSION,
    F_CC,
    F_MARKER,
    F_PAYLOAD_TYPE,
    F_SEQUENCE,
    F_TIMESTAMP,
    F_SSRC,
    F_CSRC,
    F_PROFILE,
    F_EXT_LENGTH,
    F_EXT,
    F_PAYLOAD,
    F_PAD,
    F_PAD_COUNT,
    F_COUNT
};
extern const struct field rtp_fields[];
extern const struct layout rtp_packet_layout;
/* Extensions: elements of either form of RFC 8285, or octets; and one element of each form. */
extern const struct layout rtp_ext_one, rtp_ext_two, rtp_ext_raw, rtp_element_one, rtp_element_two;
enum { E_ID, E_LENGTH, E_DATA };
extern const struct field rtp_element_one_fields[], rtp_element_two_fields[];
#endif
