/* codecs/sip/sip_lint_where.c - where header fields may stand, by tables 2 and 3 of RFC 3261 section 20, and where they
 * have to, by these and by the documents of extensions.
 *
 * The tables bind the six methods of RFC 3261. What may only appear in requests, or only in responses, may so with any
 * method. */
#include "codecs/sip/sip_where.h"

enum { STATUSES = 8 };

static const struct row {
    enum sip_type type;
    enum sip_rule kind;   /* in a request, or a response of such a status, at all */
    enum sip_rule method; /* with this method */
    uint16_t requests;    /* methods of requests in which it may stand */
    struct {
        uint16_t from, to;
        uint16_t methods;
    } responses[STATUSES]; /* those in which it may stand, by the method of the request */
} rows[] = {
#define IN(from, to, methods) {from, to, methods},
#define SIP_WHERE(id, kind, method, requests, responses)                                           \
    {SIP_##id, SIP_R_##kind, SIP_R_##method, requests, {responses}},
#include "codecs/sip/sip_where.def"
#undef SIP_WHERE
#undef IN
};

/* The rule of a method whose responses of this status do not take it: of Contact each class has its own. */
static enum sip_rule method_rule(const struct row *r, unsigned status)
{
    if (r->type != SIP_CONTACT)
        return r->method;
    return status < 200   ? SIP_R_CONTACT_1XX
           : status < 300 ? SIP_R_CONTACT_2XX_METHOD
                          : SIP_R_CONTACT_3XX;
}

static void misplaced(struct sip_lint *l, const struct row *r, unsigned method, struct span where)
{
    if (r->type == SIP_RECORD_ROUTE && method == M(REGISTER) && !l->m->request) {
        sip_broke(l, SIP_R_RECORD_ROUTE_REGISTER, where); /* whatever the status */
        return;
    }
    if (l->m->request) {
        if (!(r->requests & method))
            sip_broke(l, r->requests == NONE ? r->kind : r->method, where);
        return;
    }
    for (size_t i = 0; i < STATUSES && r->responses[i].to; i++)
        if (l->m->status >= r->responses[i].from && l->m->status <= r->responses[i].to) {
            sip_must(l, r->responses[i].methods & method, method_rule(r, l->m->status), where);
            return;
        }
    sip_broke(l, r->kind, where);
}

/* Whether it is a request, or a response of which it is known what it is. */
static bool known(const struct sip_msg *m)
{
    return m->request || (m->status >= 100 && m->status <= 699);
}

/* Whether a header field may appear in no request, or in no response, as this message is one. */
static bool never(const struct sip_lint *l, const struct row *r)
{
    return l->m->request ? r->requests == NONE : r->responses[0].to == 0;
}

static void by_tables(struct sip_lint *l)
{
    unsigned method = 1u << l->method & ANY;

    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct sip_header *h = sip_header(l->m, rows[i].type);
        if (h && (method || never(l, &rows[i])))
            misplaced(l, &rows[i], method, h->name);
    }
}

void sip_lint_where(struct sip_lint *l)
{
    if (known(l->m))
        by_tables(l);
    if (l->m->version.n) /* a fragment need not have one */
        sip_lint_places(l);
}

/* ---- header fields that a kind of message has to have, or should ---- */

struct needed {
    uint16_t from, to; /* status; 0: a request */
    uint8_t type;      /* 0: there are no more */
    uint16_t rule;
};
enum { NEEDED = 7 }; /* by one method, and one that ends them */

static const struct needed by_method[SIP_METHODS][NEEDED] = {
    [SIP_M_OPTIONS] = {{0, 0, SIP_ACCEPT, SIP_R_OPTIONS_ACCEPT},
                       {200, 299, SIP_ACCEPT, SIP_R_OPTIONS_2XX_ACCEPT},
                       {200, 299, SIP_ACCEPT_ENCODING, SIP_R_OPTIONS_2XX_ENCODING},
                       {200, 299, SIP_ACCEPT_LANGUAGE, SIP_R_OPTIONS_2XX_LANGUAGE},
                       {200, 299, SIP_ALLOW, SIP_R_OPTIONS_2XX_ALLOW},
                       {200, 299, SIP_SUPPORTED, SIP_R_OPTIONS_2XX_SUPPORTED}},
    [SIP_M_INVITE] = {{0, 0, SIP_SUPPORTED, SIP_R_INVITE_SUPPORTED},
                      {200, 299, SIP_ALLOW, SIP_R_INVITE_2XX_ALLOW},
                      {200, 299, SIP_SUPPORTED, SIP_R_INVITE_2XX_SUPPORTED}},
    [SIP_M_REGISTER] = {{423, 423, SIP_MIN_EXPIRES, SIP_R_MISSING_423}},
    [SIP_M_PRACK] = {{0, 0, SIP_RACK, SIP_R_RACK_MISSING}},
    [SIP_M_SUBSCRIBE] = {{0, 0, SIP_EVENT, SIP_R_EVENT_SUBSCRIBE},
                         {0, 0, SIP_EXPIRES, SIP_R_EXPIRES_SUBSCRIBE},
                         {200, 299, SIP_EXPIRES, SIP_R_EXPIRES_SUBSCRIBE_2XX},
                         {423, 423, SIP_MIN_EXPIRES, SIP_R_SUBSCRIBE_423}},
    [SIP_M_NOTIFY] = {{0, 0, SIP_EVENT, SIP_R_EVENT_NOTIFY},
                      {0, 0, SIP_SUBSCRIPTION_STATE, SIP_R_SUBSTATE_MISSING}},
    [SIP_M_UPDATE] = {{0, 0, SIP_CONTACT, SIP_R_UPDATE_CONTACT},
                      {200, 299, SIP_CONTACT, SIP_R_UPDATE_2XX_CONTACT}},
    [SIP_M_REFER] = {{0, 0, SIP_REFER_TO, SIP_R_REFER_TO_MISSING}},
    [SIP_M_PUBLISH] = {{0, 0, SIP_EVENT, SIP_R_PUBLISH_EVENT},
                       {200, 299, SIP_EXPIRES, SIP_R_PUBLISH_EXPIRES},
                       {200, 299, SIP_SIP_ETAG, SIP_R_PUBLISH_ETAG},
                       {423, 423, SIP_MIN_EXPIRES, SIP_R_PUBLISH_423},
                       {489, 489, SIP_ALLOW_EVENTS, SIP_R_PUBLISH_489}},
    [SIP_M_INFO] = {{469, 469, SIP_RECV_INFO, SIP_R_RECV_INFO_469}},
};
static const struct needed by_all[] = {
    {422, 422, SIP_MIN_SE, SIP_R_MIN_SE_422},
    {424, 424, SIP_GEOLOCATION_ERROR, SIP_R_GEO_ERROR_424},
    {494, 494, SIP_SECURITY_SERVER, SIP_R_SECURITY_494},
    {0},
};
/* By every method but CANCEL, whose responses the tables let have none of these. */
static const struct needed by_all_but_cancel[] = {
    {401, 401, SIP_WWW_AUTHENTICATE, SIP_R_MISSING_401},
    {405, 405, SIP_ALLOW, SIP_R_MISSING_405},
    {407, 407, SIP_PROXY_AUTHENTICATE, SIP_R_MISSING_407},
    {420, 420, SIP_UNSUPPORTED, SIP_R_MISSING_420},
    {421, 421, SIP_REQUIRE, SIP_R_MISSING_421},
    {0},
};

/* Say which of them are not there. */
static void need(struct sip_lint *l, const struct needed *v)
{
    unsigned status = l->m->request ? 0 : l->m->status;

    for (; v->type; v++)
        if (status >= v->from && status <= v->to)
            sip_must(l, sip_header(l->m, v->type) != NULL, v->rule, l->m->head);
}

void sip_lint_need(struct sip_lint *l)
{
    const struct sip_msg *m = l->m;

    if (!known(m))
        return;
    need(l, by_method[l->method]);
    if (m->request || m->status < 400)
        return;
    need(l, by_all);
    if (l->method == SIP_M_CANCEL)
        return;
    need(l, by_all_but_cancel);
    if (m->status == 415)
        sip_must(l,
                 sip_header(m, SIP_ACCEPT) || sip_header(m, SIP_ACCEPT_ENCODING) ||
                     sip_header(m, SIP_ACCEPT_LANGUAGE),
                 SIP_R_MISSING_415, m->head);
}
