/* codecs/sip/sip_lint.h - how rules over a decoded message are written; inside codecs/sip only.
 *
 * A rule is a row of sip_rules.def: a name, its clause, its level and its words. Checks are functions over a part
 * of the message, by the type of the header field; where one sees a rule broken it calls sip_broke. Each rule is
 * said once a message, at the first place where it is broken: a thousand header fields with one fault make one
 * finding. */
#ifndef CODECS_SIP_SIP_LINT_H
#define CODECS_SIP_SIP_LINT_H
#include "codecs/sip/sip_parts.h"

enum sip_rule {
#define SIP_RULE(id, clause, level, what) SIP_R_##id,
#include "codecs/sip/sip_rules.def"
#include "codecs/sip/sip_rules_ext.def"
#undef SIP_RULE
    SIP_RULES
};
enum {
    SIP_COMPARED = 32, /* parameters of one value that are compared for doubles */
    SIP_TOLD =
        64, /* rules of URIs and credentials that are told once a message; what breaks more is told each time */
};

/* What rules over several parts of the message look at, in the order in which they are tried. */
#define SIP_EACH_TOPIC(X)                                                                          \
    X(WHERE, where)           /* header fields where they may not stand */                         \
    X(NEED, need)             /* those that a kind of message has to have */                       \
    X(MANDATORY, mandatory)   /* those that all have to have */                                    \
    X(DIALOG, dialog)         /* Contact of what makes a dialog */                                 \
    X(TOP, top)               /* the topmost Via */                                                \
    X(METHOD, method)         /* PRACK, UPDATE, INFO, MESSAGE, REFER, PUBLISH, the event refer */  \
    X(RELIABLE, reliable)     /* RFC 3262 */                                                       \
    X(SESSION, session)       /* RFC 4028 */                                                       \
    X(RPORT, rport)           /* RFC 3581 */                                                       \
    X(CONTACTS, contacts)     /* RFC 5626 */                                                       \
    X(DISTINCT, distinct)     /* values that must not be alike */                                  \
    X(TOGETHER, together)     /* any other header fields */                                        \
    X(REFER, refer)           /* the event refer: RFC 3515 section 2.4 */                          \
    X(SENDER, sender)         /* what tells who wrote it */                                        \
    X(TIMER, timer)           /* whether it requires the option timer of RFC 4028 */               \
    X(ASKS, asks)             /* anything else that it asks for */                                 \
    X(CHALLENGES, challenges) /* all of a response */                                              \
    X(BODY, body)             /* Content-Type and Content-Length; the body */                      \
    X(FIRST, first) /* the request that begins a session: last, since sip_lint may say it last */
enum sip_topic {
    SIP_ON_START, /* the start line, before all others */
#define X(topic, rules) SIP_ON_##topic,
    SIP_EACH_TOPIC(X)
#undef X
        SIP_TOPICS
};

struct sip_lint {
    const struct sip_msg *m;
    enum sip_method method; /* of the request; of a response by its CSeq */
    struct findings *fs;
    uint64_t said[RULE_WORDS(SIP_RULES)];
    const char *told[SIP_TOLD]; /* clauses of the rules of URIs and credentials that were */
    size_t told_n;
};
/* Say that `rule` is broken at `where`, a part of the message; one without octets stands for the whole header. `arg`:
 * the first argument of its words. */
SELDOM void sip_broke(struct sip_lint *l, enum sip_rule rule, struct span where);
SELDOM void sip_broke_arg(struct sip_lint *l, enum sip_rule rule, struct span where, uint64_t arg);
/* The same unless `holds`. */
static inline void sip_must(struct sip_lint *l, bool holds, enum sip_rule rule, struct span where)
{
    if (!holds)
        sip_broke(l, rule, where);
}
/* What uri_lint says of a URI in the message, each clause once a message. */
void sip_lint_uri(struct sip_lint *l, const struct uri *u);
/* Pass on what rules of another codec found in a part of the message, each clause once a message. */
void sip_told(struct sip_lint *l, const struct findings *fs);

/* ---- forms that several header fields have ---- */

static inline bool sip_token(struct span s)
{
    return lex_all(s, LEX_TOKEN);
}
/* A quoted string that begins and ends with a quote, and has no further one (RFC 3261 section 25.1). Control characters
 * in it are judged in every header field alike. */
bool sip_quoted(struct span s);
/* token "/" token. */
bool sip_media_type(struct span s);
/* callid of section 25.1: a word, or two with "@" between. */
bool sip_call_id(struct span s);
/* Parameters of a value: names are tokens, values are a token, a host or a quoted string; none is empty, no name stands
 * twice. `but`: names, with a space between, whose values have another form, which is judged elsewhere; NULL: none. */
void sip_params(struct sip_lint *l, const struct param *v, size_t n, const char *but);
/* Whether the list of option tags in header fields of `type` has `tag`. */
bool sip_option(const struct sip_msg *m, enum sip_type type, const char *tag);
/* Whether all header fields of a type have one value together. */
bool sip_one(const struct sip_msg *m, enum sip_type type);
/* What any address has to be; false where no more can be said of it. */
bool sip_address_form(struct sip_lint *l, const struct sip_address *a);
/* Whether ">" ends the URI, and nothing but white space stands between it and the parameters. */
bool sip_closed(const struct sip_address *a);
/* Whether it is "<urn:NID:NSS>" in quotes. */
bool sip_urn(struct span s);
/* Parameters of a Contact that extensions define: RFC 3840, RFC 5626. */
void sip_contact_params(struct sip_lint *l, const struct sip_address *a);
/* A list of addresses whose URIs have "<" and ">". */
void sip_bracketed(struct sip_lint *l, const struct sip_header *h, enum sip_rule empty,
                   enum sip_rule bare);
/* Whether the URI has no comma and no question mark, or has "<" and ">" around it. */
bool sip_bare_fits(const struct sip_address *a);
/* A Content-ID in quotes, as Referred-By has it (RFC 3892 section 3). */
bool sip_clean_id(struct span s);
/* The value of a parameter; p is NULL where there is no such parameter, n is 0 where it has no value. */
static inline struct span sip_param_value(const struct param *p)
{
    if (!p)
        return (struct span){NULL, 0};
    return p->value.p ? p->value : span_cut(p->text, p->text.n, p->text.n);
}
static inline struct span sip_param(const struct param *v, size_t n, const char *name)
{
    return sip_param_value(param_find(v, n, name));
}

/* ---- checks by the type of a header field; NULL: none but those of its form ---- */

typedef void sip_check(struct sip_lint *l, const struct sip_header *h);
extern sip_check *const sip_checks[SIP_TYPES];
/* The checks of each file. */
sip_check sip_check_via, sip_check_from, sip_check_to, sip_check_contact, sip_check_route,
    sip_check_record_route, sip_check_reply_to, sip_check_info, sip_check_cseq, sip_check_length,
    sip_check_hops, sip_check_expires, sip_check_min_expires, sip_check_retry, sip_check_challenge,
    sip_check_credentials, sip_check_auth_info;
/* Those of extensions: values by a table, numbers, and addresses. */
sip_check sip_check_ext, sip_check_ext_number, sip_check_rack, sip_check_privacy, sip_check_access,
    sip_check_session, sip_check_min_se, sip_check_identity, sip_check_path, sip_check_refer_to,
    sip_check_referred_by, sip_check_associated, sip_check_called, sip_check_geolocation,
    sip_check_history, sip_check_signed, sip_check_preferred;
/* All rules over a message, each tried: sip_lint gives the same findings, and tries none that sip_plain.h sees to
 * be kept. */
void sip_lint_all(const struct sip_msg *m, struct findings *fs);
/* Start line; each header field by itself. */
void sip_lint_start(struct sip_lint *l);
void sip_lint_fields(struct sip_lint *l);
/* The rules of each topic; those of all in `due`, 1 << enum sip_topic. */
typedef void sip_topic_rules(struct sip_lint *l);
#define X(topic, rules) sip_topic_rules sip_lint_##rules;
SIP_EACH_TOPIC(X)
#undef X
void sip_lint_topics(struct sip_lint *l, uint32_t due);
/* Where header fields of extensions may stand. */
void sip_lint_places(struct sip_lint *l);
/* Parts of a body, and what refers to them. */
void sip_lint_parts(struct sip_lint *l);
/* A body, or a part of one, of type message/sipfrag. */
void sip_lint_sipfrag(struct sip_lint *l, const struct sip_value *type, struct span body);
#endif
