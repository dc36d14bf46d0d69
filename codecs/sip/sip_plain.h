/* codecs/sip/sip_plain.h - what of a message keeps all rules, seen without trying them; inside codecs/sip only.
 *
 * Most messages are of the ordinary forms. A look at each part says whether it is of a form in which it breaks no
 * rule; it may say no of one that breaks none, and never yes of one that breaks any. Rules are tried where it says
 * no. So a new rule needs nothing here as long as what it forbids is of no ordinary form: where it is, the look
 * has to be narrowed. sip_plain_test.c and fuzz/targets/sip_plain.c hold the findings against those of
 * sip_lint_all.
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
struct sip_plain { /* header fields that were looked at together */
    size_t from;
    uint64_t
        lines; /* bit i: the rules of any header field are to be tried at the one at from + i */
    uint64_t values; /* bit i: so are those of its value */
};
struct sip_look;
/* Look at the start line of a decoded message, and which header fields there are. False: it is none of those that
 * are looked at, all rules are to be tried. */
bool sip_plain_begin(struct sip_look *k, const struct sip_msg *m);
/* Look at the next header fields. False: there are no more, and k->due is complete. */
bool sip_plain_next(struct sip_look *k, struct sip_plain *p);

/* ---- looking: sip_plain.c goes over the message, sip_plain_field.c knows the header fields ---- */

enum sip_option_tag { /* those that rules ask for */
                      SIP_OPTION_100REL,
                      SIP_OPTION_TIMER,
                      SIP_OPTION_OUTBOUND,
                      SIP_OPTION_PATH,
};
struct sip_lines {                  /* of a group of header fields; bit i: of the i-th of them */
    uint64_t cut;                   /* its line is not of the usual form */
    uint64_t odd;                   /* its value is not plain */
    uint64_t via;                   /* it is a Via */
    uint64_t left;                  /* it was not looked at so far */
    size_t hosts;                   /* octets of LEXMAP_HOST, of those looked at so far */
    uint16_t each[SIP_PLAIN_GROUP]; /* in a value, if it is plain; else those that there are */
};
struct sip_look {
    const struct sip_msg *m;
    size_t at;  /* the next header field that was not looked at */
    bool whole; /* the message is one group, its start line with it */
    size_t
        start; /* octets of LEXMAP_HOST of the start line, if it is plain; else those that there are */
    struct sip_lines lines;
    enum sip_method method;
    unsigned class; /* of the status; 0: a request */
    uint32_t due;   /* 1 << enum sip_topic: those whose rules are to be tried, as far as is known */
    unsigned supported, required; /* 1 << enum sip_option_tag: those in Supported, in Require */
    uint32_t there;               /* header fields that sip_plain.c asks for */
    size_t contacts, reasons;     /* values */
    bool flow;                    /* a Contact of a registration has reg-id */
    bool tagged;                  /* To has a tag */
    bool refresher;               /* Session-Expires has refresher */
    bool low; /* its rules are to be tried, since the interval is below what some ask for */
    struct lexmap map; /* of what is looked at */
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
    /* 1 << enum sip_topic: those that take the value for plain, due where it is not; 0: all */
    uint32_t due;
};
extern const struct sip_plain_field sip_plain_fields[SIP_TYPES];
/* Of those that nearly all messages have. */
sip_plain_check sip_plain_via, sip_plain_from, sip_plain_to, sip_plain_call_id, sip_plain_cseq,
    sip_plain_hops, sip_plain_digits;

/* What is so, or is not so, in most messages: so that the code of those stands together. */
#define OFTEN(is) __builtin_expect(!!(is), 1)
#define RARELY(is) __builtin_expect(!!(is), 0)
#endif
