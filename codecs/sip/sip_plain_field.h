/* codecs/sip/sip_plain_field.h - what the files that look at header fields share; inside codecs/sip only. */
#ifndef CODECS_SIP_SIP_PLAIN_FIELD_H
#define CODECS_SIP_SIP_PLAIN_FIELD_H
#include "codecs/base/param_look.h"
#include "codecs/sip/sip_plain.h"

#define ONCE __attribute__((noinline)) /* one copy, not one for each caller */
#define NOT_PLAIN SIP_NOT_PLAIN

/* Where a text ends. */
static inline const uint8_t *end_of(struct span s)
{
    return s.p + s.n;
}
static inline bool number(const struct sip_look *k, struct span s, uint64_t least, uint64_t most)
{
    uint64_t v;
    return lexmap_number(&k->map, s, &v) && v >= least && v <= most;
}

/* Parameters. One name means one thing: what a rule says of it in one header field is asked for in all. */
enum {
    TAG,
    BRANCH,
    RPORT,
    RECEIVED,
    EXPIRES,
    RETRY,
    REASON,
    HANDLING,
    CAUSE,
    TEXT,
    Q,
    REFRESHER,
    REG_ID,
    INSTANCE,
    OTHER, /* rules are tried */
    KNOWN,
    /* parts of a URI; URI_PLAIN_PORT and those above */
    PORT = KNOWN,
    LR,
    TRANSPORT,
    BARE, /* it has no "<" and ">" */
};
#define HAS(v) (1u << (v))
#define ODD PARAM_ODD
/* Look at one parameter or more, up to `end`: see param_look. ODD too where the value of one may break a rule. */
void sip_plain_params(const struct sip_look *k, const struct param *v, size_t n, const uint8_t *end,
                      struct param_seen *s);

/* Header fields with addresses. */
sip_plain_check sip_plain_via, sip_plain_from, sip_plain_to, sip_plain_contact, sip_plain_route,
    sip_plain_record_route, sip_plain_one_address, sip_plain_identity;
#endif
