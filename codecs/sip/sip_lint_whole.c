/* codecs/sip/sip_lint_whole.c - numbers, and what several header fields say together. */
#include "codecs/sip/sip_lint.h"

/* ---- numbers ---- */

/* Whether the field is digits and nothing else. */
static bool digits(const struct sip_header *h)
{
    return lex_all(h->value, LEX_DIGIT);
}

void sip_check_cseq(struct sip_lint *l, const struct sip_header *h)
{
    const struct sip_number *n = h->values;
    struct span s = h->value, number = span_cut(s, 0, lex_while(s, 0, LEX_DIGIT));

    if (h->values_n == 0)
        return;
    if (number.n == 0 || number.n == s.n || !lex_is(s.p[number.n], LEX_LWS) ||
        !sip_token(n->method)) {
        sip_broke(l, SIP_R_CSEQ_FORM, s);
        return;
    }
    uint64_t v;
    if (!lex_number(number, &v) || v > UINT32_MAX)
        sip_broke(l, SIP_R_CSEQ_32, number);
    else if (l->m->request)
        sip_must(l, v < UINT64_C(1) << 31, SIP_R_CSEQ_RANGE, number);
    if (l->m->request && sip_token(l->m->method)) /* one that is none was said to be so */
        sip_must(l, span_eq(n->method, l->m->method), SIP_R_CSEQ_METHOD, n->method);
}

void sip_check_length(struct sip_lint *l, const struct sip_header *h)
{
    sip_must(l, digits(h), SIP_R_LENGTH_FORM, h->value);
}

void sip_check_hops(struct sip_lint *l, const struct sip_header *h)
{
    uint64_t v = UINT64_MAX;

    if (!digits(h))
        sip_broke(l, SIP_R_HOPS_FORM, h->value);
    else if (!lex_number(h->value, &v) || v > 255)
        sip_broke_arg(l, SIP_R_HOPS_RANGE, h->value, v);
}

/* delta-seconds up to 2**32 - 1 (RFC 3261 sections 20.19, 20.23). */
static void seconds(struct sip_lint *l, struct span s, enum sip_rule form, enum sip_rule range)
{
    uint64_t v;

    if (!lex_all(s, LEX_DIGIT))
        sip_broke(l, form, s);
    else
        sip_must(l, lex_number(s, &v) && v <= UINT32_MAX, range, s);
}

void sip_check_expires(struct sip_lint *l, const struct sip_header *h)
{
    seconds(l, h->value, SIP_R_EXPIRES_FORM, SIP_R_EXPIRES_RANGE);
}

void sip_check_min_expires(struct sip_lint *l, const struct sip_header *h)
{
    seconds(l, h->value, SIP_R_MIN_EXPIRES_FORM, SIP_R_MIN_EXPIRES_RANGE);
}

/* Digits, however many, and a comment; parameters may follow. */
static bool retry_fits(struct span s)
{
    size_t at = lex_while(s, 0, LEX_DIGIT), end = lex_while(s, at, LEX_LWS);

    if (at > 0 && end < s.n && s.p[end] == '(') {
        end = lex_comment(s, end);
        if (!end)
            return false;
        end = lex_while(s, end, LEX_LWS);
    }
    return at > 0 && (end == s.n || s.p[end] == ';');
}

void sip_check_retry(struct sip_lint *l, const struct sip_header *h)
{
    const struct sip_number *n = h->values;

    if (h->values_n == 0 || !retry_fits(h->value)) {
        sip_broke(l, SIP_R_RETRY_FORM, h->value);
        return;
    }
    sip_params(l, n->params, n->params_n, "duration");
    struct span duration = sip_param(n->params, n->params_n, "duration");
    if (duration.p)
        sip_must(l, lex_all(duration, LEX_DIGIT), SIP_R_RETRY_DURATION, duration);
}

/* ---- what has to be there ---- */

void sip_lint_mandatory(struct sip_lint *l)
{
    static const struct {
        enum sip_type type;
        enum sip_rule request, response; /* SIP_RULES: it need not be there */
    } fields[] = {
        {SIP_TO, SIP_R_TO_MISSING, SIP_R_TO_MISSING_R},
        {SIP_FROM, SIP_R_FROM_MISSING, SIP_R_FROM_MISSING_R},
        {SIP_CSEQ, SIP_R_CSEQ_MISSING, SIP_R_CSEQ_MISSING_R},
        {SIP_CALL_ID, SIP_R_CALL_ID_MISSING, SIP_R_CALL_ID_MISSING_R},
        {SIP_VIA, SIP_R_VIA_MISSING, SIP_R_VIA_MISSING_R},
        {SIP_MAX_FORWARDS, SIP_R_HOPS_MISSING, SIP_RULES},
    };
    for (size_t i = 0; i < COUNT(fields); i++) {
        enum sip_rule rule = l->m->request ? fields[i].request : fields[i].response;
        if (rule != SIP_RULES && !sip_header(l->m, fields[i].type))
            sip_broke(l, rule, l->m->head);
    }
}

static bool sip_scheme(const struct uri *u)
{
    return u->kind == URI_SIP || u->kind == URI_SIPS;
}

bool sip_one(const struct sip_msg *m, enum sip_type type)
{
    const struct sip_header *h = sip_header(m, type), *end = m->headers + m->headers_n;
    size_t n = 0;

    for (; h && h < end && n < 2; h++)
        if (h->type == type)
            n += h->values_n;
    return n == 1;
}

/* Contact of a request that can make a dialog, and of a response that makes one (RFC 3261 section 12.1): a 2xx has to
 * have it; in a 1xx with a tag table 2 has it optional. */
void sip_lint_dialog(struct sip_lint *l)
{
    const struct sip_msg *m = l->m;
    const struct sip_address *contact = sip_first(m, SIP_CONTACT), *route = sip_first(m, SIP_ROUTE);
    bool early = m->status > 100 && m->status < 200 && sip_tag(m, SIP_TO).p;

    if (l->method != SIP_M_INVITE || (!m->request && m->status / 100 != 2 && !early))
        return;
    if (!sip_header(m, SIP_CONTACT)) {
        if (m->request || !early)
            sip_broke(l, m->request ? SIP_R_CONTACT_INVITE : SIP_R_CONTACT_2XX, m->head);
        return;
    }
    if (contact && !m->request && span_is(contact->uri.text, "*"))
        sip_broke(l, SIP_R_CONTACT_2XX_URI, contact->text);
    if (!contact || !contact->uri.scheme.p) /* a broken one was said to be so */
        return;
    if (!m->request) {
        sip_must(l, sip_scheme(&contact->uri), SIP_R_CONTACT_2XX_URI, contact->text);
        return;
    }
    sip_must(l, sip_scheme(&contact->uri) && sip_one(m, SIP_CONTACT), SIP_R_CONTACT_ONE,
             contact->text);
    bool secure = m->uri.kind == URI_SIPS || (route && route->uri.kind == URI_SIPS);
    if (secure && sip_scheme(&contact->uri))
        sip_must(l, contact->uri.kind == URI_SIPS, SIP_R_CONTACT_SIPS, contact->text);
}

void sip_lint_top(struct sip_lint *l)
{
    const struct sip_via *v = sip_first(l->m, SIP_VIA);

    if (!l->m->request || !v)
        return;
    if (v->transport.n && v->host.n) /* a broken one was said to be so */
        sip_must(l, sip_param(v->params, v->params_n, "branch").p != NULL, SIP_R_VIA_NO_BRANCH,
                 v->text);
}
