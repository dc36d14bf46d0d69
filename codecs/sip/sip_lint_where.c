/* codecs/sip/sip_lint_where.c - where header fields may stand, and where they have to: tables 2 and 3 of RFC 3261
 * section 20.
 *
 * The tables bind the six methods of RFC 3261; what other methods take, their own documents say. What may only appear
 * in requests, or only in responses, may so with any method. */
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
    {SIP_METHODS, 421, 421, SIP_REQUIRE, SIP_R_MISSING_421},
};

void sip_need(struct sip_lint *l, const struct sip_needed *v, size_t n)
{
    unsigned status = l->m->request ? 0 : l->m->status;

    for (size_t i = 0; i < n; i++) {
        if (v[i].method != l->method && v[i].method != SIP_METHODS)
            continue;
        if (status >= v[i].from && status <= v[i].to)
            sip_must(l, sip_header(l->m, v[i].type) != NULL, v[i].rule, l->m->head);
    }
}

/* Whether a header field may appear in no request, or in no response, as this message is one. */
static bool never(const struct sip_lint *l, const struct row *r)
{
    return l->m->request ? r->requests == NONE : r->responses[0].to == 0;
}

void sip_lint_where(struct sip_lint *l)
{
    unsigned method = 1u << l->method & ANY, status = l->m->request ? 0 : l->m->status;

    if (!l->m->request && (status < 100 || status > 699)) /* what it is was said to be unknown */
        return;
    for (size_t i = 0; i < COUNT(rows) && sip_due(l, SIP_ON_WHERE); i++) {
        const struct sip_header *h = sip_header(l->m, rows[i].type);
        if (h && (method || never(l, &rows[i])))
            misplaced(l, &rows[i], method, h->name);
    }
    if (!sip_due(l, SIP_ON_NEED))
        return;
    sip_need(l, needed, COUNT(needed));
    if (l->method == SIP_M_CANCEL)
        return;
    sip_need(l, needed_but_cancel, COUNT(needed_but_cancel));
    if (status == 415)
        sip_must(l,
                 sip_header(l->m, SIP_ACCEPT) || sip_header(l->m, SIP_ACCEPT_ENCODING) ||
                     sip_header(l->m, SIP_ACCEPT_LANGUAGE),
                 SIP_R_MISSING_415, l->m->head);
}
