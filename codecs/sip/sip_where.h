/* codecs/sip/sip_where.h - the words of sip_where.def and sip_places.def; inside codecs/sip only. */
#ifndef CODECS_SIP_SIP_WHERE_H
#define CODECS_SIP_SIP_WHERE_H
#include "codecs/sip/sip_lint.h"

#define M(name) (1u << SIP_M_##name)
enum {
    NONE = 0,
    ANY = M(ACK) | M(BYE) | M(CANCEL) | M(INVITE) | M(OPTIONS) | M(REGISTER), /* of RFC 3261 */
    ALL = (1 << SIP_METHODS) - 1,
};
#define SIP_R_ANYWHERE SIP_RULES
#endif
