/* codecs/sip/sip_lint_where.c - where header fields may stand, and where they have to: tables 2 and 3 of RFC 3261 section 20.
 *
 * The tables bind the six methods of RFC 3261; what other methods take, their own documents say. */
#include "codecs/sip/sip_lint.h"

enum { NONE = 0, ACK = 1, BYE = 2, CAN = 4, INV = 8, OPT = 16, REG = 32, ANY = 63, STATUSES = 8 };

static const struct row {
    enum sip_type type;
    enum sip_rule kind;   /* in a request, or a response of such a status, at all */
    enum sip_rule method; /* with this method */
    uint8_t requests;     /* methods of requests in which it may stand */
    struct {
        uint16_t from, to;
        uint8_t methods;
    } responses[STATUSES]; /* those in which it may stand, by the method of the request */
} rows[] = {
    {SIP_ACCEPT,
     SIP_R_WHERE_ACCEPT,
     SIP_R_METHOD_ACCEPT,
     ANY & ~(ACK | CAN),
     {{200, 299, INV | OPT | REG}, {415, 415, ANY & ~(ACK | CAN)}}},
    {SIP_ACCEPT_ENCODING,
     SIP_R_WHERE_ACCEPT_ENCODING,
     SIP_R_METHOD_ACCEPT_ENCODING,
     ANY & ~(ACK | CAN),
     {{200, 299, INV | OPT | REG}, {415, 415, ANY & ~(ACK | CAN)}}},
    {SIP_ACCEPT_LANGUAGE,
     SIP_R_WHERE_ACCEPT_LANGUAGE,
     SIP_R_METHOD_ACCEPT_LANGUAGE,
     ANY & ~(ACK | CAN),
     {{200, 299, INV | OPT | REG}, {415, 415, ANY & ~(ACK | CAN)}}},
    {SIP_ALERT_INFO, SIP_R_WHERE_ALERT_INFO, SIP_R_WHERE_ALERT_INFO, INV, {{180, 180, INV}}},
    {SIP_ALLOW,
     SIP_R_WHERE_ALLOW,
     SIP_R_WHERE_ALLOW,
     ANY & ~(ACK | CAN),
     {{100, 699, ANY & ~(ACK | CAN)}}},
    {SIP_AUTHENTICATION_INFO,
     SIP_R_WHERE_AUTHENTICATION_INFO,
     SIP_R_METHOD_AUTHENTICATION_INFO,
     NONE,
     {{200, 299, ANY & ~(ACK | CAN)}}},
    {SIP_AUTHORIZATION, SIP_R_WHERE_AUTHORIZATION, SIP_R_WHERE_AUTHORIZATION, ANY, {{0, 0, NONE}}},
    {SIP_CALL_INFO,
     SIP_R_WHERE_CALL_INFO,
     SIP_R_WHERE_CALL_INFO,
     INV | OPT | REG,
     {{100, 699, INV | OPT | REG}}},
    {SIP_CONTACT,
     SIP_R_WHERE_CONTACT,
     SIP_R_METHOD_CONTACT,
     ANY & ~(BYE | CAN),
     {{100, 199, INV},
      {200, 299, INV | OPT | REG},
      {300, 399, ANY & ~(ACK | CAN)},
      {485, 485, ANY & ~(ACK | CAN)}}},
    {SIP_CONTENT_DISPOSITION,
     SIP_R_WHERE_CONTENT_DISPOSITION,
     SIP_R_WHERE_CONTENT_DISPOSITION,
     ANY & ~CAN,
     {{100, 699, ANY & ~CAN}}},
    {SIP_CONTENT_ENCODING,
     SIP_R_WHERE_CONTENT_ENCODING,
     SIP_R_WHERE_CONTENT_ENCODING,
     ANY & ~CAN,
     {{100, 699, ANY & ~CAN}}},
    {SIP_CONTENT_LANGUAGE,
     SIP_R_WHERE_CONTENT_LANGUAGE,
     SIP_R_WHERE_CONTENT_LANGUAGE,
     ANY & ~CAN,
     {{100, 699, ANY & ~CAN}}},
    {SIP_CONTENT_TYPE,
     SIP_R_WHERE_CONTENT_TYPE,
     SIP_R_WHERE_CONTENT_TYPE,
     ANY & ~CAN,
     {{100, 699, ANY & ~CAN}}},
    {SIP_ERROR_INFO,
     SIP_R_WHERE_ERROR_INFO,
     SIP_R_WHERE_ERROR_INFO,
     NONE,
     {{300, 699, ANY & ~ACK}}},
    {SIP_EXPIRES, SIP_R_WHERE_EXPIRES, SIP_R_WHERE_EXPIRES, INV | REG, {{100, 699, INV | REG}}},
    {SIP_IN_REPLY_TO, SIP_R_WHERE_IN_REPLY_TO, SIP_R_WHERE_IN_REPLY_TO, INV, {{0, 0, NONE}}},
    {SIP_MAX_FORWARDS, SIP_R_WHERE_MAX_FORWARDS, SIP_R_WHERE_MAX_FORWARDS, ANY, {{0, 0, NONE}}},
    {SIP_MIN_EXPIRES, SIP_R_WHERE_MIN_EXPIRES, SIP_R_WHERE_MIN_EXPIRES, NONE, {{423, 423, REG}}},
    {SIP_MIME_VERSION,
     SIP_R_WHERE_MIME_VERSION,
     SIP_R_WHERE_MIME_VERSION,
     ANY & ~CAN,
     {{100, 699, ANY & ~CAN}}},
    {SIP_ORGANIZATION,
     SIP_R_WHERE_ORGANIZATION,
     SIP_R_WHERE_ORGANIZATION,
     INV | OPT | REG,
     {{100, 699, INV | OPT | REG}}},
    {SIP_PRIORITY, SIP_R_WHERE_PRIORITY, SIP_R_WHERE_PRIORITY, INV, {{0, 0, NONE}}},
    {SIP_PROXY_AUTHENTICATE,
     SIP_R_WHERE_PROXY_AUTHENTICATE,
     SIP_R_METHOD_PROXY_AUTHENTICATE,
     NONE,
     {{407, 407, ANY & ~(ACK | CAN)}, {401, 401, ANY & ~ACK}}},
    {SIP_PROXY_AUTHORIZATION,
     SIP_R_WHERE_PROXY_AUTHORIZATION,
     SIP_R_METHOD_PROXY_AUTHORIZATION,
     ANY & ~CAN,
     {{0, 0, NONE}}},
    {SIP_PROXY_REQUIRE,
     SIP_R_WHERE_PROXY_REQUIRE,
     SIP_R_METHOD_PROXY_REQUIRE,
     ANY & ~ACK, /* of CANCEL there is a rule of its own */
     {{0, 0, NONE}}},
    {SIP_RECORD_ROUTE,
     SIP_R_WHERE_RECORD_ROUTE,
     SIP_R_METHOD_RECORD_ROUTE,
     ANY & ~REG,
     {{200, 299, ANY & ~(ACK | REG)}, {180, 189, ANY & ~(ACK | REG)}}},
    {SIP_REPLY_TO, SIP_R_WHERE_REPLY_TO, SIP_R_WHERE_REPLY_TO, INV, {{100, 699, INV}}},
    {SIP_REQUIRE,
     SIP_R_WHERE_REQUIRE,
     SIP_R_WHERE_REQUIRE,
     ANY & ~ACK, /* of CANCEL there is a rule of its own */
     {{100, 699, ANY & ~(ACK | CAN)}}},
    {SIP_RETRY_AFTER,
     SIP_R_WHERE_RETRY_AFTER,
     SIP_R_WHERE_RETRY_AFTER,
     NONE,
     {{404, 404, ANY},
      {413, 413, ANY},
      {480, 480, ANY},
      {486, 486, ANY},
      {500, 500, ANY},
      {503, 503, ANY},
      {600, 600, ANY},
      {603, 603, ANY}}},
    {SIP_ROUTE, SIP_R_WHERE_ROUTE, SIP_R_WHERE_ROUTE, ANY, {{0, 0, NONE}}},
    {SIP_SERVER, SIP_R_WHERE_SERVER, SIP_R_WHERE_SERVER, NONE, {{100, 699, ANY}}},
    {SIP_SUBJECT, SIP_R_WHERE_SUBJECT, SIP_R_WHERE_SUBJECT, INV, {{0, 0, NONE}}},
    {SIP_SUPPORTED,
     SIP_R_WHERE_SUPPORTED,
     SIP_R_METHOD_SUPPORTED,
     ANY & ~ACK,
     {{200, 299, ANY & ~ACK}}},
    {SIP_UNSUPPORTED,
     SIP_R_WHERE_UNSUPPORTED,
     SIP_R_METHOD_UNSUPPORTED,
     NONE,
     {{420, 420, ANY & ~(ACK | CAN)}}},
    {SIP_WARNING, SIP_R_WHERE_WARNING, SIP_R_WHERE_WARNING, NONE, {{100, 699, ANY}}},
    {SIP_WWW_AUTHENTICATE,
     SIP_R_WHERE_WWW_AUTHENTICATE,
     SIP_R_METHOD_WWW_AUTHENTICATE,
     NONE,
     {{401, 401, ANY & ~(ACK | CAN)}, {407, 407, ANY & ~(ACK | CAN)}}},
};

static unsigned method_bit(enum sip_method method)
{
    switch (method) {
    case SIP_M_ACK:
        return ACK;
    case SIP_M_BYE:
        return BYE;
    case SIP_M_CANCEL:
        return CAN;
    case SIP_M_INVITE:
        return INV;
    case SIP_M_OPTIONS:
        return OPT;
    case SIP_M_REGISTER:
        return REG;
    default:
        return NONE;
    }
}

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
    if (r->type == SIP_RECORD_ROUTE && method == REG && !l->m->request) {
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

static const struct sip_needed needed[] = {
    {SIP_M_OPTIONS, 0, 0, SIP_ACCEPT, SIP_R_OPTIONS_ACCEPT},
    {SIP_M_OPTIONS, 200, 299, SIP_ACCEPT, SIP_R_OPTIONS_2XX_ACCEPT},
    {SIP_M_OPTIONS, 200, 299, SIP_ACCEPT_ENCODING, SIP_R_OPTIONS_2XX_ENCODING},
    {SIP_M_OPTIONS, 200, 299, SIP_ACCEPT_LANGUAGE, SIP_R_OPTIONS_2XX_LANGUAGE},
    {SIP_M_OPTIONS, 200, 299, SIP_ALLOW, SIP_R_OPTIONS_2XX_ALLOW},
    {SIP_M_OPTIONS, 200, 299, SIP_SUPPORTED, SIP_R_OPTIONS_2XX_SUPPORTED},
    {SIP_M_INVITE, 0, 0, SIP_SUPPORTED, SIP_R_INVITE_SUPPORTED},
    {SIP_M_INVITE, 200, 299, SIP_ALLOW, SIP_R_INVITE_2XX_ALLOW},
    {SIP_M_INVITE, 200, 299, SIP_SUPPORTED, SIP_R_INVITE_2XX_SUPPORTED},
    {SIP_M_REGISTER, 423, 423, SIP_MIN_EXPIRES, SIP_R_MISSING_423},
};
/* Of every method but CANCEL, whose responses the tables let have none of these. */
static const struct sip_needed needed_but_cancel[] = {
    {SIP_METHODS, 401, 401, SIP_WWW_AUTHENTICATE, SIP_R_MISSING_401},
    {SIP_METHODS, 405, 405, SIP_ALLOW, SIP_R_MISSING_405},
    {SIP_METHODS, 407, 407, SIP_PROXY_AUTHENTICATE, SIP_R_MISSING_407},
    {SIP_METHODS, 420, 420, SIP_UNSUPPORTED, SIP_R_MISSING_420},
};

void sip_need(struct sip_lint *l, const struct sip_needed *v, size_t n)
{
    unsigned status = l->m->request ? 0 : l->m->status;

    for (size_t i = 0; i < n; i++) {
        bool of = v[i].method == SIP_METHODS || v[i].method == l->method;
        if (of && status >= v[i].from && status <= v[i].to)
            sip_must(l, sip_header(l->m, v[i].type) != NULL, v[i].rule, l->m->head);
    }
}

void sip_lint_where(struct sip_lint *l)
{
    unsigned method = method_bit(l->method), status = l->m->request ? 0 : l->m->status;

    if (!l->m->request && (status < 100 || status > 699)) /* what it is was said to be unknown */
        return;
    for (size_t i = 0; method && i < COUNT(rows); i++) {
        const struct sip_header *h = sip_header(l->m, rows[i].type);
        if (h)
            misplaced(l, &rows[i], method, h->name);
    }
    sip_need(l, needed, COUNT(needed));
    if (method != CAN)
        sip_need(l, needed_but_cancel, COUNT(needed_but_cancel));
}
