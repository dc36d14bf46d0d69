/* codecs/sip/sip_lint_ext_address.c - header fields of extensions that hold addresses. */
#include "codecs/sip/sip_lint.h"

static bool sip_scheme(const struct uri *u)
{
    return u->kind == URI_SIP || u->kind == URI_SIPS;
}

/* ---- Contact, and which Contacts a caller prefers ---- */

/* A parameter whose name has "+" in front (RFC 3840 section 9). */
static void feature(struct sip_lint *l, const struct param *p)
{
    struct span name = p->name;

    if (!sip_token(name))
        return;
    bool fits = name.n > 1 && lex_is(name.p[1], LEX_ALPHA);
    for (size_t k = 1; fits && k < name.n; k++)
        fits = lex_is(name.p[k], LEX_ALPHA | LEX_DIGIT) || lex_among(name.p[k], "!'.-%");
    sip_must(l, fits, SIP_R_FEATURE_NAME, p->text);
    if (p->value.p)
        sip_must(l, p->value.n && p->value.p[0] == '"', SIP_R_FEATURE_VALUE, p->text);
}

static bool is_feature(const struct param *p)
{
    return p->name.n && p->name.p[0] == '+';
}

void sip_check_preferred(struct sip_lint *l, const struct sip_header *h)
{
    const struct sip_value *v = h->values;

    sip_check_ext(l, h);
    for (size_t i = 0; i < h->values_n; i++)
        for (size_t k = 0; k < v[i].params_n; k++)
            if (is_feature(&v[i].params[k]))
                feature(l, &v[i].params[k]);
}

bool sip_urn(struct span s)
{
    struct span in = span_cut(s, 2, s.n - 2);
    size_t nid = lex_find(in, 4, ':');

    return lex_like(span_cut(in, 0, 4), "urn:") && nid > 4 && nid + 1 < in.n;
}

/* RFC 5626: +sip.instance and reg-id. */
static void outbound(struct sip_lint *l, const struct sip_address *a, const struct param *instance,
                     const struct param *id)
{
    bool registering = l->m->request && l->method == SIP_M_REGISTER;
    uint64_t n;

    if (instance) {
        struct span v = instance->value;
        bool fits = v.n > 4 && sip_quoted(v) && v.p[1] == '<' && v.p[v.n - 2] == '>';
        sip_must(l, fits, SIP_R_INSTANCE_FORM, v.n ? v : a->text);
        if (fits)
            sip_must(l, sip_urn(v), SIP_R_INSTANCE_URN, v);
    }
    if (!id)
        return;
    if (!lex_all(id->value, LEX_DIGIT))
        sip_broke(l, SIP_R_REG_ID_FORM, id->value.n ? id->value : a->text);
    else
        sip_must(l, lex_number(id->value, &n) && n >= 1 && n < UINT64_C(1) << 31,
                 SIP_R_REG_ID_RANGE, id->value);
    if (registering)
        sip_must(l, instance != NULL, SIP_R_REG_ID_INSTANCE, a->text);
}

void sip_contact_params(struct sip_lint *l, const struct sip_address *a)
{
    const struct param *instance = NULL, *id = NULL;

    for (size_t i = 0; i < a->params_n; i++) { /* once over all: there may be many */
        const struct param *p = &a->params[i];
        if (is_feature(p))
            feature(l, p);
        if (!instance && lex_like(p->name, "+sip.instance"))
            instance = p;
        else if (!id && lex_like(p->name, "reg-id"))
            id = p;
    }
    outbound(l, a, instance, id);
    bool other = l->m->request && l->method != SIP_M_REGISTER;
    if (other && a->uri.params_n && uri_param(&a->uri, "ob").p)
        sip_must(l, sip_option(l->m, SIP_SUPPORTED, "outbound"), SIP_R_OB_SUPPORTED, a->text);
}

/* ---- P-Asserted-Identity, P-Preferred-Identity ---- */

/* The values of all header fields of a type, up to three; sets how many there are. */
static void first_values(const struct sip_msg *m, enum sip_type type,
                         const struct sip_address *v[3], size_t *n)
{
    *n = 0;
    for (size_t i = 0; i < m->headers_n; i++) {
        const struct sip_address *a = m->headers[i].values;
        for (size_t k = 0; m->headers[i].type == type && k < m->headers[i].values_n; k++) {
            if (*n < 3)
                v[*n] = &a[k];
            ++*n;
        }
    }
}

void sip_check_identity(struct sip_lint *l, const struct sip_header *h)
{
    bool asserted = h->type == SIP_P_ASSERTED_IDENTITY;
    const struct sip_address *v = h->values, *all[3] = {NULL};
    size_t n;

    if (h->value.n == 0) {
        sip_broke(l, asserted ? SIP_R_ASSERTED_FORM : SIP_R_PREFERRED_FORM, h->name);
        return;
    }
    bool fits = true;
    for (size_t i = 0; i < h->values_n; i++) {
        if (v[i].bare && v[i].params_n) { /* they are of the URI: the header field has none */
            sip_broke(l, SIP_R_BARE_CHARS, v[i].text);
            fits = false;
            continue;
        }
        fits &= sip_address_form(l, &v[i]);
        sip_must(l, sip_bare_fits(&v[i]), SIP_R_BARE_CHARS, v[i].text);
        if (v[i].params_n)
            sip_broke(l, asserted ? SIP_R_ASSERTED_PARAMS : SIP_R_PREFERRED_PARAMS,
                      v[i].params->text);
    }
    if (!fits || sip_header(l->m, h->type) != h) /* all are judged together, at the first */
        return;
    first_values(l->m, h->type, all, &n);
    for (size_t i = 0; i < n && i < 3; i++)
        if (!all[i]->uri.scheme.p)
            return;
    if (n == 1) {
        sip_must(l, sip_scheme(&all[0]->uri) || all[0]->uri.kind == URI_TEL,
                 asserted ? SIP_R_ASSERTED_SCHEME : SIP_R_PREFERRED_SCHEME, all[0]->text);
    } else if (n == 2) {
        bool pair = (sip_scheme(&all[0]->uri) && all[1]->uri.kind == URI_TEL) ||
                    (sip_scheme(&all[1]->uri) && all[0]->uri.kind == URI_TEL);
        sip_must(l, pair, asserted ? SIP_R_ASSERTED_TWO : SIP_R_PREFERRED_TWO, all[1]->text);
    } else if (n > 2) {
        sip_broke(l, asserted ? SIP_R_ASSERTED_MANY : SIP_R_PREFERRED_MANY, all[2]->text);
    }
}

/* ---- Path, Service-Route ---- */

void sip_check_path(struct sip_lint *l, const struct sip_header *h)
{
    bool path = h->type == SIP_PATH;
    const struct sip_address *v = h->values;

    sip_bracketed(l, h, path ? SIP_R_PATH_EMPTY : SIP_R_SERVICE_ROUTE_EMPTY,
                  path ? SIP_R_PATH_BARE : SIP_R_SERVICE_ROUTE_BARE);
    for (size_t i = 0; i < h->values_n; i++)
        if (sip_scheme(&v[i].uri))
            sip_must(l, uri_param(&v[i].uri, "lr").p != NULL,
                     path ? SIP_R_PATH_LR : SIP_R_SERVICE_ROUTE_LR, v[i].text);
}

/* ---- Refer-To, Referred-By ---- */

/* A header field of one address; NULL: there is none. `many`: said where another one stands behind a comma; the comma
 * of a URI without "<" and ">" is part of it. */
static const struct sip_address *one(struct sip_lint *l, const struct sip_header *h,
                                     enum sip_rule form, enum sip_rule many)
{
    const struct sip_address *a = h->values;

    if (h->values_n == 0 || h->value.n == 0) {
        sip_broke(l, form, h->name);
        return NULL;
    }
    if (!a->bare && a->uri.text.p) {
        size_t at = (size_t)(a->uri.text.p - h->value.p) + a->uri.text.n;
        at = lex_while(h->value, at < h->value.n ? at + 1 : at, LEX_LWS);
        if (at < h->value.n && h->value.p[at] == ',') {
            sip_broke(l, many, span_cut(h->value, at, h->value.n));
            return NULL;
        }
    }
    return sip_address_form(l, a) ? a : NULL;
}

void sip_check_refer_to(struct sip_lint *l, const struct sip_header *h)
{
    if (sip_header(l->m, SIP_REFER_TO) != h && l->m->request && l->method == SIP_M_REFER)
        sip_broke(l, SIP_R_REFER_TO_TWO, h->name);
    const struct sip_address *a = one(l, h, SIP_R_REFER_TO_FORM, SIP_R_REFER_TO_TWO);
    if (a)
        sip_must(l, sip_bare_fits(a), SIP_R_BARE_CHARS, a->text);
}

/* 1*( alphanum and some signs ) with dots between. */
static bool dot_atom(struct span s)
{
    for (size_t at = 0; at <= s.n;) {
        size_t end = lex_find(s, at, '.');
        if (!sip_token(span_cut(s, at, end)))
            return false;
        at = end + 1;
    }
    return true;
}
bool sip_clean_id(struct span s)
{
    if (s.n < 2 || !sip_quoted(s))
        return false;
    struct span id = span_cut(s, 1, s.n - 1);
    size_t at = lex_find(id, 0, '@');
    struct span right = span_cut(id, at + 1, id.n);
    return at < id.n && dot_atom(span_cut(id, 0, at)) && (dot_atom(right) || uri_is_host(right));
}

void sip_check_referred_by(struct sip_lint *l, const struct sip_header *h)
{
    bool refer = l->m->request && l->method == SIP_M_REFER;

    if (refer && sip_header(l->m, SIP_REFERRED_BY) != h)
        sip_broke(l, SIP_R_REFERRED_TWO, h->name);
    const struct sip_address *a =
        one(l, h, SIP_R_REFERRED_FORM, refer ? SIP_R_REFERRED_TWO : SIP_R_REFERRED_FORM);
    if (!a)
        return;
    sip_must(l, sip_bare_fits(a), SIP_R_REFERRED_BARE, a->text);
    struct span cid = sip_param(a->params, a->params_n, "cid");
    if (!cid.p)
        return;
    sip_must(l, sip_clean_id(cid), SIP_R_REFERRED_CID, cid.n ? cid : a->text);
    sip_must(l, l->m->body.n > 0, SIP_R_REFERRED_CID_BODY, cid.n ? cid : a->text);
}

/* ---- of 3GPP ---- */

void sip_check_associated(struct sip_lint *l, const struct sip_header *h)
{
    const struct sip_address *a = h->values;
    struct sip_header some = *h;

    if (h->value.n == 0) /* it may be empty, and so may its first element */
        return;
    if (h->values_n > 1 && a->text.n == 0) {
        some.values = a + 1;
        some.values_n--;
    }
    sip_bracketed(l, &some, SIP_R_ASSOCIATED_BARE, SIP_R_ASSOCIATED_BARE);
}

void sip_check_called(struct sip_lint *l, const struct sip_header *h)
{
    const struct sip_address *a = one(l, h, SIP_R_CALLED_FORM, SIP_R_CALLED_FORM);
    if (a)
        sip_must(l, !a->bare, SIP_R_CALLED_BARE, a->text);
}

/* ---- Geolocation ---- */

void sip_check_geolocation(struct sip_lint *l, const struct sip_header *h)
{
    const struct sip_address *v = h->values;

    if (h->value.n == 0) {
        sip_broke(l, SIP_R_GEO_EMPTY, h->name);
        return;
    }
    sip_bracketed(l, h, SIP_R_GEO_EMPTY, SIP_R_GEO_BARE);
    for (size_t i = 0; i < h->values_n; i++) {
        sip_must(l, v[i].display.n == 0, SIP_R_GEO_NAME, v[i].display);
        sip_must(l, !lex_like(v[i].uri.scheme, "geo"), SIP_R_GEO_URI, v[i].text);
        if (lex_like(v[i].uri.scheme, "cid"))
            sip_must(l, l->m->body.n > 0, SIP_R_GEO_CID, v[i].text);
    }
}

/* ---- History-Info ---- */

/* index-val of RFC 7044 section 5: numbers without leading zeros, dots between. */
static bool index_val(struct span s)
{
    for (size_t at = 0; at <= s.n;) {
        size_t end = lex_find(s, at, '.');
        struct span number = span_cut(s, at, end);
        if (!lex_all(number, LEX_DIGIT) || (number.n > 1 && number.p[0] == '0'))
            return false;
        at = end + 1;
    }
    return true;
}

/* Whether a number of an index is 0: entities that support History-Info and got a request that was forked by one that
 * does not may write the same one (RFC 7044 section 10.3). */
static bool has_zero(struct span s)
{
    for (size_t at = 0, end; at <= s.n; at = end + 1) {
        end = lex_find(s, at, '.');
        if (span_is(span_cut(s, at, end), "0"))
            return true;
    }
    return false;
}

/* Whether index a stands before b: 1.2 before 1.2.1, that before 1.3. Both have the form of one. */
static bool ascends(struct span a, struct span b)
{
    for (size_t at = 0, bt = 0;;) {
        size_t a_end = lex_find(a, at, '.'), b_end = lex_find(b, bt, '.');
        struct span x = span_cut(a, at, a_end), y = span_cut(b, bt, b_end);
        if (x.n != y.n)
            return x.n < y.n;
        int order = memcmp(x.p, y.p, x.n);
        if (order)
            return order < 0;
        if (a_end == a.n || b_end == b.n)
            return a_end == a.n && b_end < b.n;
        at = a_end + 1;
        bt = b_end + 1;
    }
}

static void entry(struct sip_lint *l, const struct sip_address *v, struct span *last)
{
    static const char *const names[] = {"index", "rc", "mp", "np"};
    struct span index = sip_param(v->params, v->params_n, "index");

    if (v->text.n == 0)
        return;
    for (size_t i = 0; i < COUNT(names); i++) {
        struct span one_of = sip_param(v->params, v->params_n, names[i]);
        if (one_of.p && !index_val(one_of)) {
            sip_broke(l, SIP_R_HISTORY_FORM, one_of.n ? one_of : v->text);
            if (i == 0)
                return;
        }
    }
    if (!index.p) {
        sip_broke(l, SIP_R_HISTORY_INDEX, v->text);
        return;
    }
    if (last->p)
        sip_must(l, ascends(*last, index) || (span_eq(*last, index) && has_zero(index)),
                 SIP_R_HISTORY_ORDER, index);
    *last = index;
}

/* The first header field sees the values of all. */
void sip_check_history(struct sip_lint *l, const struct sip_header *h)
{
    struct span last = {NULL, 0};

    sip_bracketed(l, h, SIP_R_HISTORY_EMPTY, SIP_R_HISTORY_BARE);
    if (sip_header(l->m, SIP_HISTORY_INFO) != h)
        return;
    for (; h < l->m->headers + l->m->headers_n; h++) {
        const struct sip_address *v = h->values;
        for (size_t i = 0; h->type == SIP_HISTORY_INFO && h->value.n && i < h->values_n; i++) {
            bool first = !last.p;
            entry(l, &v[i], &last);
            if (first && last.p && v == sip_first(l->m, SIP_HISTORY_INFO) && i == 0)
                sip_must(l, span_is(last, "1"), SIP_R_HISTORY_FIRST, last);
        }
    }
}
