/* codecs/sip/sip_table.h - the field tables, for the encoder; inside codecs/sip only. */
#ifndef CODECS_SIP_SIP_TABLE_H
#define CODECS_SIP_SIP_TABLE_H
#include "codecs/sip/sip_parts.h"

enum {
    VIA_PROTOCOL,
    VIA_VERSION,
    VIA_TRANSPORT,
    VIA_HOST,
    VIA_PORT,
    VIA_PARAMS,
    VIA_TEXT,
    VIA_COUNT
};
enum {
    ADDRESS_DISPLAY,
    ADDRESS_GAP,
    ADDRESS_BARE,
    ADDRESS_URI,
    ADDRESS_PARAMS,
    ADDRESS_TEXT,
    ADDRESS_COUNT
};
enum { VALUE_VALUE, VALUE_PARAMS, VALUE_TEXT, VALUE_COUNT };
enum { AUTH_SCHEME, AUTH_PARAMS, AUTH_TEXT, AUTH_COUNT };
enum { NUMBER_NUMBER, NUMBER_COMMENT, NUMBER_PARAMS, NUMBER_TEXT, NUMBER_COUNT };
enum { CSEQ_NUMBER, CSEQ_METHOD, CSEQ_TEXT, CSEQ_COUNT };
enum { RACK_RESPONSE, RACK_NUMBER, RACK_METHOD, RACK_TEXT, RACK_COUNT };
enum { VALUES_VALUES, VALUES_COMMA, VALUES_COUNT };
enum { HEADER_NAME, HEADER_VALUE, HEADER_VALUES, HEADER_LINE, HEADER_COUNT };
enum {
    MSG_METHOD,
    MSG_URI,
    MSG_VERSION,
    MSG_STATUS,
    MSG_REASON,
    MSG_START,
    MSG_HEADERS,
    MSG_BLANK,
    MSG_BODY,
    MSG_PARTS,
    MSG_REST,
    MSG_COUNT
};
extern const struct field sip_via_fields[], sip_address_fields[], sip_value_fields[],
    sip_auth_fields[], sip_number_fields[], sip_length_fields[], sip_cseq_fields[],
    sip_rack_fields[], sip_header_fields[], sip_msg_fields[], sip_frag_fields[];
/* Write a draft over `f`, the table of messages or that of fragments, which differ in what need not be there. */
void sip_encode_over(struct wr *w, const struct draft *dr, const struct field *f, bool fragment);
/* Whether `f` is the list of values (VALUES_VALUES) or their separator (VALUES_COMMA) of any form. */
bool sip_is_values(const struct field *f, size_t which);
#endif
