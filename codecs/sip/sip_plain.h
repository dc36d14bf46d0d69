/* codecs/sip/sip_plain.h - what of a message keeps all rules, seen without trying them; inside codecs/sip only.
 *
 * Most messages are of the ordinary forms. A look at each part says whether it is of a form in which it breaks no
 * rule; it may say no of one that breaks none, and never yes of one that breaks any. Rules are tried where it says
 * no. So a new rule needs nothing here as long as what it forbids is of no ordinary form: where it is, the look
 * has to be narrowed. Of two rules that many INVITEs break, it says that itself. sip_plain_test.c and
 * fuzz/targets/sip_plain.c hold the findings against those of sip_lint_all.
 *
 * What nearly all parts are made of is letters, digits, "-" and "." (codecs/base/lexmap.h). So no part is looked
 * at octet for octet: those of a header field are taken to be of nothing else, and their lengths are added. The
 * line of the header field has as many of these octets as the sum says, if it is so. For it to have as many
 * without it being so, one would have to stand where no part is: the parts as decoding has them leave out
 * delimiters and white space, and nothing more. */
#ifndef CODECS_SIP_SIP_PLAIN_H
#define CODECS_SIP_SIP_PLAIN_H
#include "codecs/base/lexmap.h"
#include "codecs/sip/sip_lint.h"

enum {
    SIP_PLAIN_GROUP =
        64, /* header fields that are looked at together, at most: in LEXMAP_MAX octets */
    SIP_PLAIN_FIELDS =
        65534, /* of a message that is looked at, at most: sip_msg has the first of a type up to there */
};
struct sip_look;
/* Look at a decoded message. False: it is none of those that are looked at, all rules are to be tried. If k->whole, all
 * of it was looked at, its header fields as one group; else its start line. */
bool sip_plain_look(struct sip_look *k, const struct sip_msg *m);
/* Look at the next group of header fields. False: there are no more, and k->due is complete. */
bool sip_plain_next(struct sip_look *k);

/* ---- looking: sip_plain.c goes over the message, sip_plain_field.c knows the header fields ---- */

enum sip_option_tag { /* those that rules ask for */
                      SIP_OPTION_100REL,
                      SIP_OPTION_TIMER,
                      SIP_OPTION_OUTBOUND,
                      SIP_OPTION_PATH,
};
struct sip_look {               /* what is short stands in front: shorter code reaches it */
    uint32_t from;              /* the first header field of the group */
    uint32_t at;                /* the next one that was not looked at */
    uint64_t bars;              /* of all header fields together: see sip_plain_field */
    uint64_t interval, least;   /* Session-Expires and Min-SE, where they are plain */
    uint32_t due;               /* 1 << enum sip_topic: those whose rules are to be tried, so far */
    uint32_t there;             /* 1 << SIP_IS_..: header fields that are there */
    uint32_t required;          /* 1 << enum sip_option_tag: those in Require */
    uint32_t supported;         /* those in Supported */
    uint32_t contacts, reasons; /* values */
    uint8_t method;             /* enum sip_method */
    uint8_t class;              /* of the status; 0: a request */
    bool whole;                 /* the message is one group, its start line with it */
    bool flow;                  /* a Contact of a registration has reg-id */
    bool tagged;                /* To has a tag */
    bool refresher;             /* Session-Expires has refresher */
    bool session_1800; /* these rules are broken: to know that, nothing else is to be looked at */
    bool session_omit;
    uint64_t values; /* bit i: the rules of the value of header field from + i are to be tried */
    const struct sip_msg *m;
    uint64_t lines;    /* bit i: those of any header field are */
    struct lexmap map; /* of what is looked at */
    /* Octets of LEXMAP_HOST of the start line, and of each value, if it is plain; else those that there are. */
    uint16_t start, each[SIP_PLAIN_GROUP];
};
/* Whether rules on a topic are to be tried; another part of the message may say so too. */
static inline void sip_look_due(struct sip_look *k, enum sip_topic topic, bool due)
{
    k->due |= (uint32_t)due << topic;
}
/* How many octets of LEXMAP_HOST the value of a header field has, if its parts are what they are taken for; then
 * it keeps its rules. SIP_NOT_PLAIN: it may break one. Sets what topics are due because of what it is. NULL: of no
 * value it is known that it keeps them. */
#define SIP_NOT_PLAIN SIZE_MAX
typedef size_t sip_plain_check(struct sip_look *k, const struct sip_header *h);
#define SIP_PLAIN_ALONE (UINT32_C(1) << 31) /* no topic: no rule but its own looks at the value */
struct sip_plain_field {
    sip_plain_check *check;
    /* Methods of requests, of 2xx and of other responses, sixteen bits each: in which it may stand where it may not.
     * One that only some of these responses may have is among them. */
    uint64_t bars;
    uint32_t is; /* its bit of those that sip_plain.c asks for */
    /* 1 << enum sip_topic: those that take the value for plain, due where it is not; 0: all */
    uint32_t due;
};
/* Header fields that are asked for. */
#define SIP_ASKED(X)                                                                               \
    X(VIA)                                                                                         \
    X(FROM)                                                                                        \
    X(TO)                                                                                          \
    X(CALL_ID)                                                                                     \
    X(CSEQ)                                                                                        \
    X(MAX_FORWARDS)                                                                                \
    X(CONTENT_LENGTH)                                                                              \
    X(CONTENT_TYPE)                                                                                \
    X(CONTACT)                                                                                     \
    X(SUPPORTED)                                                                                   \
    X(ALLOW)                                                                                       \
    X(ACCEPT)                                                                                      \
    X(ACCEPT_ENCODING)                                                                             \
    X(ACCEPT_LANGUAGE)                                                                             \
    X(EVENT) X(SUBSCRIPTION_STATE) X(EXPIRES) X(RACK) X(REFER_TO) X(SIP_ETAG) X(SESSION_EXPIRES)
enum {
#define X(type) SIP_IS_##type,
    SIP_ASKED(X) SIP_IS_CHALLENGE, /* one of both */
#undef X
};
#define SIP_IS(type) (UINT32_C(1) << SIP_IS_##type)
extern const struct sip_plain_field sip_plain_fields[SIP_TYPES];
#endif
