/* codecs/sip/sip_lint_ext.c - header fields of extensions that are values with parameters, or numbers. */
#include "codecs/sip/sip_lint.h"

/* ---- forms ---- */

static bool among(struct span s, const char *const *v, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (lex_like(s, v[i]))
            return true;
    return false;
}

static bool gen_value(struct span s)
{
    return sip_token(s) || sip_quoted(s) || uri_is_host(s);
}
static bool parameter(struct span s)
{
    struct param p = param_of(s);
    return sip_token(p.name) && (!p.value.p || gen_value(p.value));
}
static bool star(struct span s)
{
    return span_is(s, "*");
}
static bool token_or_quoted(struct span s)
{
    return sip_token(s) || sip_quoted(s);
}
static bool token_nodot(struct span s)
{
    return sip_token(s) && lex_find(s, 0, '.') == s.n;
}
/* token-nodot with dots between (RFC 6665 section 8.4); `most`: parts, 0 for any number. */
static bool dotted(struct span s, size_t least, size_t most)
{
    size_t parts = 0;

    for (size_t at = 0; at <= s.n; parts++) {
        size_t end = lex_find(s, at, '.');
        if (!token_nodot(span_cut(s, at, end)))
            return false;
        at = end + 1;
    }
    return parts >= least && (most == 0 || parts <= most);
}
static bool event_type(struct span s)
{
    return dotted(s, 1, 0);
}
static bool r_value(struct span s)
{
    return dotted(s, 2, 2);
}
static bool refer_sub(struct span s)
{
    return lex_like(s, "true") || lex_like(s, "false");
}
static bool error_code(struct span s)
{
    return s.n <= 3 && lex_all(s, LEX_DIGIT);
}
static bool icid(struct span s)
{
    struct param p = param_of(s);
    return lex_like(p.name, "icid-value") && gen_value(p.value);
}

/* Directives of RFC 3841 section 10, two of each type side by side. */
static const char *const directives[] = {
    "proxy",   "redirect",   "cancel",   "no-cancel",  "fork",  "no-fork",
    "recurse", "no-recurse", "parallel", "sequential", "queue", "no-queue",
};
static bool directive(struct span s)
{
    return among(s, directives, COUNT(directives));
}

/* ---- what else parameters say ---- */

struct tag_rules {
    const char *first, *second;
    enum sip_rule form, no_first, no_second;
};

static size_t times(const struct sip_value *v, const char *name)
{
    size_t n = 0;
    for (size_t i = 0; i < v->params_n; i++)
        n += lex_like(v->params[i].name, name);
    return n;
}

static void tags(struct sip_lint *l, const struct sip_value *v, const struct tag_rules *r)
{
    const char *const names[] = {r->first, r->second};
    const enum sip_rule missing[] = {r->no_first, r->no_second};

    for (size_t i = 0; i < COUNT(names); i++) {
        struct span tag = sip_param(v->params, v->params_n, names[i]);
        sip_must(l, times(v, names[i]) == 1, missing[i], v->text);
        if (tag.p)
            sip_must(l, sip_token(tag), r->form, tag.n ? tag : v->text);
    }
}
static void replaces(struct sip_lint *l, const struct sip_value *v)
{
    static const struct tag_rules rules = {"to-tag", "from-tag", SIP_R_REPLACES_TAG,
                                           SIP_R_REPLACES_TO_TAG, SIP_R_REPLACES_FROM_TAG};
    tags(l, v, &rules);
}
static void join(struct sip_lint *l, const struct sip_value *v)
{
    static const struct tag_rules rules = {"to-tag", "from-tag", SIP_R_JOIN_TAG, SIP_R_JOIN_TO_TAG,
                                           SIP_R_JOIN_FROM_TAG};
    tags(l, v, &rules);
}
static void target(struct sip_lint *l, const struct sip_value *v)
{
    static const struct tag_rules rules = {"remote-tag", "local-tag", SIP_R_TARGET_TAG,
                                           SIP_R_TARGET_REMOTE, SIP_R_TARGET_LOCAL};
    tags(l, v, &rules);
}

static void reason(struct sip_lint *l, const struct sip_value *v)
{
    struct span cause = sip_param(v->params, v->params_n, "cause"),
                text = sip_param(v->params, v->params_n, "text");
    uint64_t code;

    if (text.p)
        sip_must(l, sip_quoted(text), SIP_R_REASON_TEXT, text);
    if (!cause.p)
        return;
    if (!lex_all(cause, LEX_DIGIT))
        sip_broke(l, SIP_R_REASON_CAUSE, cause);
    else if (lex_like(v->value, "SIP"))
        sip_must(l, lex_number(cause, &code) && code >= 100 && code <= 699, SIP_R_REASON_SIP,
                 cause);
}

static void subscription_state(struct sip_lint *l, const struct sip_value *v)
{
    struct span expires = sip_param(v->params, v->params_n, "expires"),
                retry = sip_param(v->params, v->params_n, "retry-after"),
                why = sip_param(v->params, v->params_n, "reason");
    bool terminated = lex_like(v->value, "terminated");

    if (expires.p)
        sip_must(l, lex_all(expires, LEX_DIGIT), SIP_R_SUBSTATE_NUMBER, expires);
    if (retry.p)
        sip_must(l, lex_all(retry, LEX_DIGIT), SIP_R_SUBSTATE_NUMBER, retry);
    if (why.p)
        sip_must(l, sip_token(why), SIP_R_SUBSTATE_REASON_FORM, why);
    if (lex_like(v->value, "active") || lex_like(v->value, "pending"))
        sip_must(l, expires.p != NULL, SIP_R_SUBSTATE_EXPIRES, v->text);
    if (terminated) {
        sip_must(l, why.p != NULL, SIP_R_SUBSTATE_REASON, v->text);
        sip_must(l, !expires.p, SIP_R_SUBSTATE_TERMINATED, expires);
    }
}

static void charging_vector(struct sip_lint *l, const struct sip_value *v)
{
    static const char *const names[] = {"icid-generated-at", "related-icid-generated-at"};

    for (size_t i = 0; i < COUNT(names); i++) {
        struct span at = sip_param(v->params, v->params_n, names[i]);
        if (at.p)
            sip_must(l, uri_is_host(at), SIP_R_CHARGING_HOST, at);
    }
}

static void geo_error(struct sip_lint *l, const struct sip_value *v)
{
    struct span code = sip_param(v->params, v->params_n, "code");
    if (code.p)
        sip_must(l, sip_quoted(code), SIP_R_GEO_ERROR_CODE, code);
}

static bool small_hex(struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!lex_is(s.p[i], LEX_HEX) || (s.p[i] >= 'A' && s.p[i] <= 'F'))
            return false;
    return true;
}

static void security(struct sip_lint *l, const struct sip_value *v)
{
    struct span q = sip_param(v->params, v->params_n, "q"),
                algorithm = sip_param(v->params, v->params_n, "d-alg"),
                qop = sip_param(v->params, v->params_n, "d-qop"),
                ver = sip_param(v->params, v->params_n, "d-ver");

    if (q.p)
        sip_must(l, lex_qvalue(q), SIP_R_SECURITY_Q, q);
    if (algorithm.p)
        sip_must(l, sip_token(algorithm), SIP_R_SECURITY_TOKEN, algorithm);
    if (qop.p)
        sip_must(l, sip_token(qop), SIP_R_SECURITY_TOKEN, qop);
    if (ver.p)
        sip_must(l, ver.n == 34 && sip_quoted(ver) && small_hex(span_cut(ver, 1, 33)),
                 SIP_R_SECURITY_VER, ver);
}

/* ---- values by a table ---- */

static const struct ext_form {
    enum sip_type type;
    bool (*fits)(struct span value);
    enum sip_rule rule;
    enum sip_rule none; /* said where there is no value at all; SIP_RULES: that is lawful */
    enum sip_rule
        many;   /* in place of `rule`, where a comma stands in a header field that is no list */
    bool alone; /* no parameters */
    void (*each)(struct sip_lint *l, const struct sip_value *v);
} forms[] = {
    {SIP_ACCEPT_CONTACT, star, SIP_R_ACCEPT_CONTACT_STAR, SIP_R_ACCEPT_CONTACT_STAR, SIP_RULES,
     false, NULL},
    {SIP_ACCEPT_RESOURCE_PRIORITY, r_value, SIP_R_ACCEPT_PRIORITY_FORM, SIP_RULES, SIP_RULES, true,
     NULL},
    {SIP_ALLOW_EVENTS, event_type, SIP_R_ALLOW_EVENTS, SIP_R_ALLOW_EVENTS, SIP_RULES, true, NULL},
    {SIP_EVENT, event_type, SIP_R_EVENT_FORM, SIP_R_EVENT_FORM, SIP_R_EVENT_ONE, false, NULL},
    {SIP_GEOLOCATION_ERROR, error_code, SIP_R_GEO_ERROR_FORM, SIP_R_GEO_ERROR_FORM,
     SIP_R_GEO_ERROR_ONE, false, geo_error},
    {SIP_GEOLOCATION_ROUTING, parameter, SIP_R_GEO_ROUTING_FORM, SIP_R_GEO_ROUTING_EMPTY, SIP_RULES,
     true, NULL},
    {SIP_INFO_PACKAGE, sip_token, SIP_R_INFO_PACKAGE_FORM, SIP_R_INFO_PACKAGE_FORM, SIP_RULES,
     false, NULL},
    {SIP_JOIN, sip_call_id, SIP_R_JOIN_FORM, SIP_R_JOIN_FORM, SIP_RULES, false, join},
    {SIP_P_CHARGING_FUNCTION_ADDRESSES, parameter, SIP_R_CHARGING_ADDRESS, SIP_R_CHARGING_ADDRESS,
     SIP_RULES, false, NULL},
    {SIP_P_CHARGING_VECTOR, icid, SIP_R_CHARGING_ICID, SIP_R_CHARGING_ICID, SIP_RULES, false,
     charging_vector},
    {SIP_P_VISITED_NETWORK_ID, token_or_quoted, SIP_R_VISITED_FORM, SIP_R_VISITED_FORM, SIP_RULES,
     false, NULL},
    {SIP_REASON, sip_token, SIP_R_REASON_FORM, SIP_R_REASON_FORM, SIP_RULES, false, reason},
    {SIP_RECV_INFO, sip_token, SIP_R_RECV_INFO_FORM, SIP_RULES, SIP_RULES, false, NULL},
    {SIP_REFER_SUB, refer_sub, SIP_R_REFER_SUB_FORM, SIP_R_REFER_SUB_FORM, SIP_RULES, false, NULL},
    {SIP_REJECT_CONTACT, star, SIP_R_REJECT_CONTACT_STAR, SIP_R_REJECT_CONTACT_STAR, SIP_RULES,
     false, NULL},
    {SIP_REPLACES, sip_call_id, SIP_R_REPLACES_FORM, SIP_R_REPLACES_FORM, SIP_RULES, false,
     replaces},
    {SIP_REQUEST_DISPOSITION, directive, SIP_R_DISPOSITION_FORM, SIP_R_DISPOSITION_FORM, SIP_RULES,
     true, NULL},
    {SIP_RESOURCE_PRIORITY, r_value, SIP_R_PRIORITY_FORM, SIP_R_PRIORITY_FORM, SIP_RULES, true,
     NULL},
    {SIP_SECURITY_CLIENT, sip_token, SIP_R_SECURITY_FORM, SIP_R_SECURITY_FORM, SIP_RULES, false,
     security},
    {SIP_SECURITY_SERVER, sip_token, SIP_R_SECURITY_FORM, SIP_R_SECURITY_FORM, SIP_RULES, false,
     security},
    {SIP_SECURITY_VERIFY, sip_token, SIP_R_SECURITY_FORM, SIP_R_SECURITY_FORM, SIP_RULES, false,
     security},
    {SIP_SIP_ETAG, sip_token, SIP_R_ETAG_FORM, SIP_R_ETAG_FORM, SIP_RULES, true, NULL},
    {SIP_SIP_IF_MATCH, sip_token, SIP_R_IF_MATCH_FORM, SIP_R_IF_MATCH_FORM, SIP_RULES, true, NULL},
    {SIP_SUBSCRIPTION_STATE, sip_token, SIP_R_SUBSTATE_FORM, SIP_R_SUBSTATE_FORM, SIP_RULES, false,
     subscription_state},
    {SIP_TARGET_DIALOG, sip_call_id, SIP_R_TARGET_FORM, SIP_R_TARGET_FORM, SIP_RULES, false,
     target},
};

static const struct ext_form *form_of(enum sip_type type)
{
    for (size_t i = 0; i < COUNT(forms); i++)
        if (forms[i].type == type)
            return &forms[i];
    return NULL;
}

void sip_check_ext(struct sip_lint *l, const struct sip_header *h)
{
    const struct ext_form *f = form_of(h->type);
    const struct sip_value *v = h->values;

    if (h->value.n == 0) {
        if (f->none != SIP_RULES)
            sip_broke(l, f->none, h->name);
        return;
    }
    for (size_t i = 0; i < h->values_n; i++) {
        if (v[i].text.n == 0) {
            sip_broke(l, SIP_R_LIST_EMPTY_ITEM, v[i].text);
            continue;
        }
        if (!f->fits(v[i].value) || (f->alone && v[i].params_n)) {
            bool comma = f->many != SIP_RULES && lex_find(v[i].value, 0, ',') < v[i].value.n;
            sip_broke(l, comma ? f->many : f->rule, v[i].text);
            continue;
        }
        sip_params(l, v[i].params, v[i].params_n, NULL);
        if (f->each)
            f->each(l, &v[i]);
    }
}

/* ---- those that are read otherwise ---- */

/* Tokens with ";" between, which decoding takes for parameters. */
void sip_check_privacy(struct sip_lint *l, const struct sip_header *h)
{
    const struct sip_value *v = h->values;
    bool none = false, fits = h->values_n && sip_token(v->value);
    struct span critical = {NULL, 0};

    for (size_t i = 0; fits && i < v->params_n; i++)
        fits = !v->params[i].value.p && sip_token(v->params[i].name);
    if (!fits) {
        sip_broke(l, SIP_R_PRIVACY_FORM, h->value.n ? h->value : h->name);
        return;
    }
    for (size_t i = 0; i <= v->params_n; i++) {
        struct span one = i ? v->params[i - 1].name : v->value;
        none |= lex_like(one, "none");
        if (critical.p)
            sip_broke(l, lex_same(one, critical) ? SIP_R_PRIVACY_TWICE : SIP_R_PRIVACY_LAST, one);
        else if (lex_like(one, "critical"))
            critical = one;
        for (size_t j = 0; j < i && i < SIP_COMPARED; j++)
            if (lex_same(one, j ? v->params[j - 1].name : v->value))
                sip_broke(l, SIP_R_PRIVACY_TWICE, one);
    }
    sip_must(l, !none || v->params_n == 0, SIP_R_PRIVACY_NONE, h->value);
    sip_must(l, !critical.p || v->params_n, SIP_R_PRIVACY_ALONE, h->value);
}

/* Parameters of P-Access-Network-Info may be values without a name, in quotes too (RFC 7315 section 5.4). */
void sip_check_access(struct sip_lint *l, const struct sip_header *h)
{
    const struct sip_value *v = h->values;

    if (h->value.n == 0)
        sip_broke(l, SIP_R_ACCESS_FORM, h->name);
    for (size_t i = 0; h->value.n && i < h->values_n; i++) {
        if (v[i].text.n == 0) {
            sip_broke(l, SIP_R_LIST_EMPTY_ITEM, v[i].text);
            continue;
        }
        sip_must(l, sip_token(v[i].value), SIP_R_ACCESS_FORM, v[i].text);
        for (size_t k = 0; k < v[i].params_n; k++) {
            struct span s = v[i].params[k].text;
            if (s.n == 0)
                sip_broke(l, SIP_R_PARAM_EMPTY, s);
            else
                sip_must(l, gen_value(s) || parameter(s), SIP_R_PARAM_FORM, s);
        }
    }
}

/* ---- numbers ---- */

/* RSeq, Flow-Timer, Max-Breadth: digits alone. */
void sip_check_ext_number(struct sip_lint *l, const struct sip_header *h)
{
    enum sip_rule form = h->type == SIP_RSEQ         ? SIP_R_RSEQ_FORM
                         : h->type == SIP_FLOW_TIMER ? SIP_R_FLOW_TIMER
                                                     : SIP_R_BREADTH_FORM;
    uint64_t v;

    if (!lex_all(h->value, LEX_DIGIT))
        sip_broke(l, form, h->value.n ? h->value : h->name);
    else if (h->type == SIP_RSEQ)
        sip_must(l, lex_number(h->value, &v) && v >= 1 && v <= UINT32_MAX, SIP_R_RSEQ_RANGE,
                 h->value);
}

void sip_check_rack(struct sip_lint *l, const struct sip_header *h)
{
    const struct sip_number *n = h->values;
    struct span s = h->value;
    size_t one = lex_while(s, 0, LEX_DIGIT), two = lex_while(s, one, LEX_LWS),
           three = lex_while(s, two, LEX_DIGIT);

    if (h->values_n == 0 || one == 0 || two == one || three == two || three == s.n ||
        !lex_is(s.p[three], LEX_LWS) || !sip_token(n->method)) {
        sip_broke(l, SIP_R_RACK_FORM, s.n ? s : h->name);
        return;
    }
    uint64_t v;
    struct span number = span_cut(s, 0, one);
    sip_must(l, lex_number(number, &v) && v >= 1 && v <= UINT32_MAX, SIP_R_RACK_RANGE, number);
}

/* Digits and parameters; false: something else. */
static bool delta(struct sip_lint *l, const struct sip_header *h, enum sip_rule form)
{
    const struct sip_number *n = h->values;

    if (h->values_n == 0 || n->comment.p ||
        !(n->fits || lex_all(span_cut(h->value, 0, lex_find(h->value, 0, ';')), LEX_DIGIT))) {
        sip_broke(l, form, h->value.n ? h->value : h->name);
        return false;
    }
    sip_params(l, n->params, n->params_n, NULL);
    return true;
}

void sip_check_session(struct sip_lint *l, const struct sip_header *h)
{
    const struct sip_number *n = h->values;

    if (!delta(l, h, SIP_R_SESSION_FORM))
        return;
    struct span refresher = sip_param(n->params, n->params_n, "refresher");
    if (refresher.p)
        sip_must(l, lex_like(refresher, "uac") || lex_like(refresher, "uas"),
                 SIP_R_SESSION_REFRESHER, refresher.n ? refresher : h->value);
    /* a request may ask for less, as one in section 12 does: it is answered with a 422 */
    if (n->fits && n->number < 90 && !l->m->request)
        sip_broke_arg(l, SIP_R_SESSION_90, h->value, n->number);
}

void sip_check_min_se(struct sip_lint *l, const struct sip_header *h)
{
    const struct sip_number *n = h->values;

    if (delta(l, h, SIP_R_MIN_SE_FORM) && n->fits && n->number < 90)
        sip_broke_arg(l, SIP_R_MIN_SE_90, h->value, n->number);
}
