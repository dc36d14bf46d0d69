/* codecs/sip/sip_lint_address.c - Via, and header fields that hold addresses. */
#include "codecs/sip/sip_lint.h"

/* A decimal number of digits alone that is at most `most`. */
static bool number_to(struct span s, uint64_t most)
{
    uint64_t v;
    return lex_number(s, &v) && v <= most;
}

/* An IP address without port. */
static bool ip_address(struct span s)
{
    struct addr a;
    return addr_parse(s, &a) &&
           (a.family == 6 ? s.p[0] != '[' || s.p[s.n - 1] == ']' : lex_find(s, 0, ':') == s.n);
}

/* ---- Via ---- */

static void via_params(struct sip_lint *l, const struct sip_via *v)
{
    static const char *const names[] = {"branch", "ttl", "maddr", "received"};
    const struct param *found[COUNT(names)];

    sip_params(l, v->params, v->params_n, "branch ttl maddr received");
    param_find_each(v->params, v->params_n, names, COUNT(names), found);
    struct span branch = sip_param_value(found[0]), ttl = sip_param_value(found[1]),
                maddr = sip_param_value(found[2]), received = sip_param_value(found[3]);
    if (branch.p && sip_token(branch))
        sip_must(l, !lex_like(branch, "z9hG4bK"), SIP_R_VIA_COOKIE_ONLY, branch);
    else if (branch.p)
        sip_broke(l, SIP_R_VIA_BRANCH, branch);
    if (ttl.p)
        sip_must(l, ttl.n <= 3 && number_to(ttl, 255), SIP_R_VIA_TTL, ttl);
    if (maddr.p)
        sip_must(l, uri_is_host(maddr), SIP_R_VIA_MADDR, maddr);
    if (received.p) /* an IPv6 address with brackets is to be taken too: RFC 5118 section 4.5 */
        sip_must(l, ip_address(received), SIP_R_VIA_RECEIVED, received);
}

void sip_check_via(struct sip_lint *l, const struct sip_header *h)
{
    const struct sip_via *v = h->values;

    if (h->value.n == 0) {
        sip_broke(l, SIP_R_VIA_EMPTY, h->value);
        return;
    }
    for (size_t i = 0; i < h->values_n; i++, v++) {
        if (v->text.n == 0) {
            sip_broke(l, SIP_R_LIST_EMPTY_ITEM, v->text);
            continue;
        }
        if (!v->transport.n || !v->host.n) {
            sip_broke(l, SIP_R_VIA_FORM, v->text);
        } else if (!sip_token(v->protocol) || !sip_token(v->version) || !sip_token(v->transport)) {
            sip_broke(l, SIP_R_VIA_PROTOCOL, v->text);
        } else {
            bool sip =
                v->protocol.n == 3 && lex_like(v->protocol, "SIP") && span_is(v->version, "2.0");
            sip_must(l, sip, SIP_R_VIA_SIP20, v->text);
            if (!uri_is_host(v->host))
                sip_broke(l, SIP_R_VIA_HOST, v->host);
            else if (v->port.p)
                sip_must(l, number_to(v->port, UINT16_MAX), SIP_R_VIA_HOST, v->port);
        }
        via_params(l, v);
    }
}

/* ---- addresses ---- */

/* A quoted string, or tokens with white space between. */
static bool display_fits(struct span s)
{
    if (s.n && s.p[0] == '"')
        return sip_quoted(s);
    return lex_all(s, LEX_TOKEN | LEX_LWS);
}

bool sip_closed(const struct sip_address *a)
{
    struct span s = a->text;
    size_t at = (size_t)(a->uri.text.p + a->uri.text.n - s.p);

    if (at >= s.n || s.p[at] != '>')
        return false;
    at = lex_while(s, at + 1, LEX_LWS);
    return at == s.n || s.p[at] == ';';
}

enum context {           /* where a URI stands, of table 1 in RFC 3261 section 19.1.1 */
               END,      /* To, From */
               REDIRECT, /* Contact of a registration or redirection */
               DIALOG,   /* Contact of a dialog, Route, Record-Route */
               CONTACT,  /* any other: what both columns of Contact forbid */
               ELSEWHERE,
};

static void uri_in(struct sip_lint *l, const struct uri *u, enum context where)
{
    static const struct {
        const char *name;
        enum sip_rule rule;
        unsigned contexts; /* in which it may not stand */
    } params[] = {
        {"method", SIP_R_END_METHOD, 1 << END | 1 << REDIRECT | 1 << DIALOG | 1 << CONTACT},
        {"maddr", SIP_R_END_MADDR, 1 << END},
        {"ttl", SIP_R_END_TTL, 1 << END | 1 << DIALOG},
        {"transport", SIP_R_END_TRANSPORT, 1 << END},
        {"lr", SIP_R_END_LR, 1 << END | 1 << REDIRECT},
    };

    if ((u->kind != URI_SIP && u->kind != URI_SIPS) || where == ELSEWHERE)
        return;
    for (size_t i = 0; i < u->params_n; i++)
        for (size_t k = 0; k < COUNT(params); k++)
            if (params[k].contexts & 1u << where && lex_like(u->params[i].name, params[k].name))
                sip_broke(l, params[k].rule, u->params[i].text);
    if (where == END) {
        sip_must(l, !u->port.p, SIP_R_END_PORT, u->port);
        sip_must(l, u->headers_n == 0, SIP_R_END_HEADERS, u->text);
    } else if (where == DIALOG) {
        sip_must(l, u->headers_n == 0, SIP_R_ROUTE_HEADERS, u->text);
    }
}

/* Why an address has no URI with a scheme. */
static enum sip_rule no_scheme(const struct sip_address *a)
{
    struct span s = a->uri.text;

    if (a->bare && a->text.n && a->text.p[0] == '"' && !lex_quoted(a->text, 0))
        return SIP_R_ADDRESS_QUOTE;
    if (!a->bare && s.n && (lex_is(s.p[0], LEX_LWS) || lex_is(s.p[s.n - 1], LEX_LWS)))
        return SIP_R_ADDRESS_SPACE;
    return SIP_R_ADDRESS_URI;
}

/* What any address has to be; `but` as in sip_params. False where no more can be said of it. */
static bool address(struct sip_lint *l, const struct sip_address *a, const char *but,
                    enum context where)
{
    if (a->text.n == 0) {
        sip_broke(l, SIP_R_LIST_EMPTY_ITEM, a->text);
        return false;
    }
    if (a->display.p && a->display.n)
        sip_must(l, display_fits(a->display), SIP_R_ADDRESS_DISPLAY, a->display);
    if (!a->bare && !sip_closed(a)) {
        sip_broke(l, SIP_R_ADDRESS_BRACKETS, a->text);
        return false;
    }
    sip_params(l, a->params, a->params_n, but);
    if (!a->uri.scheme.p) {
        sip_broke(l, no_scheme(a), a->text);
        return false;
    }
    sip_lint_uri(l, &a->uri);
    uri_in(l, &a->uri, where);
    return true;
}

/* A URI without < and > that holds what needs them. */
static bool bare_fits(const struct sip_address *a)
{
    struct span s = a->uri.text;
    return !a->bare || (lex_find(s, 0, '?') == s.n && lex_find(s, 0, ',') == s.n);
}

static void tag(struct sip_lint *l, const struct sip_address *a)
{
    struct span t = sip_param(a->params, a->params_n, "tag");
    if (t.p)
        sip_must(l, sip_token(t), SIP_R_TAG, t);
}

/* A comma behind the first address, in no quoted string: a list, where a value is one address. */
static bool listed(struct span s, const struct sip_address *a)
{
    size_t at = (size_t)(a->uri.text.p + a->uri.text.n - s.p);

    for (; at < s.n && s.p[at] != ','; at++)
        if (s.p[at] == '"') {
            size_t end = lex_quoted(s, at);
            at = end ? end - 1 : s.n;
        }
    return at < s.n;
}

/* From, To, Reply-To: one address; NULL: it is broken. */
static const struct sip_address *one(struct sip_lint *l, const struct sip_header *h,
                                     enum sip_rule form, enum sip_rule bare, enum context where)
{
    const struct sip_address *a = h->values;

    if (h->values_n == 0 || h->value.n == 0 || listed(h->value, a)) {
        sip_broke(l, form, h->value);
        return NULL;
    }
    if (!address(l, a, where == END ? "tag" : NULL, where))
        return NULL;
    sip_must(l, bare_fits(a), bare, a->text);
    return a;
}

void sip_check_from(struct sip_lint *l, const struct sip_header *h)
{
    const struct sip_address *a = one(l, h, SIP_R_FROM_FORM, SIP_R_FROM_BARE, END);

    if (!a)
        return;
    tag(l, a);
    if (l->m->request)
        sip_must(l, sip_param(a->params, a->params_n, "tag").p != NULL, SIP_R_FROM_TAG, h->value);
}

void sip_check_to(struct sip_lint *l, const struct sip_header *h)
{
    const struct sip_address *a = one(l, h, SIP_R_TO_FORM, SIP_R_TO_BARE, END);

    if (!a)
        return;
    tag(l, a);
    if (!l->m->request && l->m->status > 100)
        sip_must(l, sip_param(a->params, a->params_n, "tag").p != NULL, SIP_R_TO_TAG_R, h->value);
    if (l->m->request && l->method == SIP_M_REGISTER)
        sip_must(l, a->uri.kind == URI_SIP || a->uri.kind == URI_SIPS, SIP_R_REGISTER_TO,
                 a->uri.text);
}

void sip_check_reply_to(struct sip_lint *l, const struct sip_header *h)
{
    one(l, h, SIP_R_REPLY_TO_FORM, SIP_R_REPLY_TO_BARE, ELSEWHERE);
}

/* Of what the Contact of this message is. */
static enum context contact_context(const struct sip_lint *l)
{
    unsigned class = l->m->request ? 0 : l->m->status / 100;

    if (!l->m->request && l->m->status == 0) /* nobody knows */
        return CONTACT;
    if (class == 3 || (l->method == SIP_M_REGISTER && (class == 0 || class == 2)))
        return REDIRECT;
    return l->method == SIP_M_INVITE && class < 3 ? DIALOG : CONTACT;
}

static void contact_value(struct sip_lint *l, const struct sip_address *a)
{
    static const char *const names[] = {"q", "expires", "action"};
    const struct param *found[COUNT(names)];
    bool registering = l->method == SIP_M_REGISTER;

    if (!address(l, a, "q expires", contact_context(l)))
        return;
    sip_must(l, bare_fits(a), SIP_R_CONTACT_BARE, a->text);
    param_find_each(a->params, a->params_n, names, COUNT(names), found);
    struct span q = sip_param_value(found[0]), expires = sip_param_value(found[1]);
    const struct param *action = found[2];
    if (q.p)
        sip_must(l, lex_qvalue(q), SIP_R_CONTACT_Q, q);
    if (expires.p)
        sip_must(l, lex_all(expires, LEX_DIGIT), SIP_R_CONTACT_EXPIRES, expires);
    if (registering && l->m->request && action)
        sip_broke(l, SIP_R_CONTACT_ACTION, action->text);
    if (registering && !l->m->request && l->m->status == 200)
        sip_must(l, expires.p != NULL, SIP_R_CONTACT_200_EXPIRES, a->text);
}

static void contact_star(struct sip_lint *l, const struct sip_header *h,
                         const struct sip_address *a)
{
    const struct sip_number *expires = sip_first(l->m, SIP_EXPIRES);
    const struct sip_header *first = sip_header(l->m, SIP_CONTACT);
    bool alone = h->values_n == 1 && a->params_n == 0 && first == h;

    for (const struct sip_header *i = h + 1; alone && i < l->m->headers + l->m->headers_n; i++)
        alone = i->type != SIP_CONTACT;
    sip_must(l, alone, SIP_R_CONTACT_STAR, h->value);
    if (l->m->request && !(expires && !expires->fits)) /* one that is no number was said to be so */
        sip_must(l, l->method == SIP_M_REGISTER && expires && expires->number == 0,
                 SIP_R_CONTACT_STAR_EXPIRES, h->value);
}

void sip_check_contact(struct sip_lint *l, const struct sip_header *h)
{
    const struct sip_address *a = h->values;

    sip_must(l, h->value.n > 0, SIP_R_CONTACT_EMPTY, h->value);
    for (size_t i = 0; h->value.n && i < h->values_n; i++) {
        if (a[i].bare && span_is(a[i].uri.text, "*"))
            contact_star(l, h, &a[i]);
        else
            contact_value(l, &a[i]);
        if (a[i].params_n || a[i].uri.params_n)
            sip_contact_params(l, &a[i]);
    }
}

/* ---- lists in which URIs have < and > ---- */

static void bracketed(struct sip_lint *l, const struct sip_header *h, enum sip_rule empty,
                      enum sip_rule bare, const char *but, enum context where)
{
    const struct sip_address *a = h->values;

    sip_must(l, h->value.n > 0, empty, h->value);
    for (size_t i = 0; h->value.n && i < h->values_n; i++)
        if (address(l, &a[i], but, where))
            sip_must(l, !a[i].bare, bare, a[i].text);
}

void sip_check_route(struct sip_lint *l, const struct sip_header *h)
{
    bracketed(l, h, SIP_R_ROUTE_EMPTY, SIP_R_ROUTE_BARE, NULL, DIALOG);
}

void sip_check_record_route(struct sip_lint *l, const struct sip_header *h)
{
    const struct sip_address *a = h->values;

    bracketed(l, h, SIP_R_RECORD_ROUTE_EMPTY, SIP_R_RECORD_ROUTE_BARE, NULL, DIALOG);
    for (size_t i = 0; i < h->values_n; i++) {
        if (!a[i].uri.scheme.p || a[i].bare) /* a broken one was said to be so */
            continue;
        if (a[i].uri.kind != URI_SIP && a[i].uri.kind != URI_SIPS)
            sip_broke(l, SIP_R_RECORD_ROUTE_SIP, a[i].text);
        else
            sip_must(l, uri_param(&a[i].uri, "lr").p != NULL, SIP_R_RECORD_ROUTE_LR, a[i].text);
    }
}

/* Alert-Info, Call-Info, Error-Info. */
void sip_check_info(struct sip_lint *l, const struct sip_header *h)
{
    const struct sip_address *a = h->values;
    enum sip_rule empty = h->type == SIP_ALERT_INFO  ? SIP_R_ALERT_INFO_EMPTY
                          : h->type == SIP_CALL_INFO ? SIP_R_CALL_INFO_EMPTY
                                                     : SIP_R_ERROR_INFO_EMPTY;

    bracketed(l, h, empty, SIP_R_INFO_BARE, h->type == SIP_CALL_INFO ? "purpose" : NULL, ELSEWHERE);
    for (size_t i = 0; i < h->values_n; i++)
        sip_must(l, a[i].display.n == 0, SIP_R_INFO_NAME, a[i].display);
    for (size_t i = 0; h->type == SIP_CALL_INFO && i < h->values_n; i++) {
        struct span purpose = sip_param(a[i].params, a[i].params_n, "purpose");
        if (purpose.p)
            sip_must(l, sip_token(purpose), SIP_R_CALL_INFO_PURPOSE, purpose);
    }
}

/* ---- for header fields of extensions ---- */

bool sip_address_form(struct sip_lint *l, const struct sip_address *a)
{
    return address(l, a, NULL, ELSEWHERE);
}

void sip_bracketed(struct sip_lint *l, const struct sip_header *h, enum sip_rule empty,
                   enum sip_rule bare)
{
    bracketed(l, h, empty, bare, NULL, ELSEWHERE);
}

bool sip_bare_fits(const struct sip_address *a)
{
    return bare_fits(a);
}
