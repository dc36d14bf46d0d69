/* codecs/sip/sip_lint_form.c - forms that several header fields have, and header fields that are tokens, words and texts. */
#include "codecs/sip/sip_lint.h"

bool sip_quoted(struct span s)
{
    if (s.n < 2 || s.p[0] != '"' || lex_quoted(s, 0) != s.n)
        return false;
    for (size_t i = 1; i < s.n - 1; i++)
        if (lex_is(s.p[i], LEX_CTL) && !lex_is(s.p[i], LEX_LWS) && s.p[i - 1] != '\\')
            return false;
    return true;
}

static bool label(struct span s)
{
    return s.n && lex_while(s, 0, LEX_ALPHA | LEX_DIGIT) > 0 && s.p[s.n - 1] != '-' &&
           lex_is(s.p[s.n - 1], LEX_ALPHA | LEX_DIGIT);
}

/* Labels with dots between, one dot at the end allowed; what looks like an IPv4 address is one. */
static bool host_name(struct span s)
{
    size_t at = 0, end = s.n && s.p[s.n - 1] == '.' ? s.n - 1 : s.n;
    bool letters = false;

    if (lex_while(s, 0, LEX_ALPHA | LEX_DIGIT) == s.n &&
        s.n) /* most often there are dots and hyphens */
        return lex_is(s.p[0], LEX_ALPHA);
    while (at < end) {
        size_t next = lex_find(s, at, '.');
        next = next < end ? next : end;
        struct span part = span_cut(s, at, next);
        if (!label(part))
            return false;
        for (size_t i = 0; i < part.n; i++)
            if (!lex_is(part.p[i], LEX_ALPHA | LEX_DIGIT) && part.p[i] != '-')
                return false;
        letters = lex_is(part.p[0], LEX_ALPHA); /* of the last label */
        at = next + 1;
    }
    if (at == 0 || at < end)
        return false;
    struct addr a;
    return letters || (s.n == end && addr_parse(s, &a) && a.family == 4);
}

bool sip_host(struct span s)
{
    struct addr a;

    if (s.n && s.p[0] == '[')
        return s.p[s.n - 1] == ']' && addr_parse(s, &a) && a.family == 6;
    return host_name(s);
}

bool sip_qvalue(struct span s)
{
    if (s.n == 0 || s.n > 5 || (s.p[0] != '0' && s.p[0] != '1') || (s.n > 1 && s.p[1] != '.'))
        return false;
    for (size_t i = 2; i < s.n; i++)
        if (!lex_is(s.p[i], LEX_DIGIT) || (s.p[0] == '1' && s.p[i] != '0'))
            return false;
    return true;
}

bool sip_media_type(struct span s)
{
    size_t slash = lex_find(s, 0, '/');
    return sip_token(lex_trim(span_cut(s, 0, slash), LEX_LWS)) &&
           sip_token(lex_trim(span_cut(s, slash + 1, s.n), LEX_LWS));
}

static bool param_fits(const struct param *p, const char *but)
{
    if (!sip_token(p->name))
        return false;
    return !p->value.p || sip_token(p->value) || sip_quoted(p->value) || sip_host(p->value) ||
           (but && lex_like(p->name, but));
}

void sip_params(struct sip_lint *l, const struct param *v, size_t n, const char *but)
{
    for (size_t i = 0; i < n; i++) {
        if (v[i].text.n == 0) {
            sip_broke(l, SIP_R_PARAM_EMPTY, v[i].text);
            continue;
        }
        if (!param_fits(&v[i], but))
            sip_broke(l, SIP_R_PARAM_FORM, v[i].text);
        for (size_t j = 0; j < i && i < SIP_COMPARED; j++)
            if (v[j].name.n == v[i].name.n && lex_same(v[j].name, v[i].name))
                sip_broke(l, SIP_R_PARAM_DOUBLE, v[i].text);
    }
}

struct span sip_param(const struct param *v, size_t n, const char *name)
{
    const struct param *p = param_find(v, n, name);
    if (!p)
        return (struct span){NULL, 0};
    return p->value.p ? p->value : span_cut(p->text, p->text.n, p->text.n);
}

/* ---- lists of values ---- */

static bool star(struct span s)
{
    return s.n == 1 && s.p[0] == '*';
}
static bool word(struct span s)
{
    return lex_all(s, LEX_WORD);
}
bool sip_call_id(struct span s)
{
    size_t at = lex_find(s, 0, '@');
    return word(span_cut(s, 0, at)) && (at == s.n || word(span_cut(s, at + 1, s.n)));
}
static bool media_range(struct span s)
{
    size_t slash = lex_find(s, 0, '/');
    struct span type = lex_trim(span_cut(s, 0, slash), LEX_LWS),
                sub = lex_trim(span_cut(s, slash + 1, s.n), LEX_LWS);
    return sip_media_type(s) && (!star(type) || star(sub));
}
/* Parts of one to eight letters with hyphens between; digits behind the first, as later tags have them. */
static bool language(struct span s)
{
    for (size_t at = 0;; at++) {
        size_t end = lex_while(s, at, at ? LEX_ALPHA | LEX_DIGIT : LEX_ALPHA);
        if (end == at || end - at > 8)
            return false;
        if (end == s.n)
            return true;
        if (s.p[end] != '-')
            return false;
        at = end;
    }
}
static bool language_range(struct span s)
{
    return star(s) || language(s);
}

static const struct value_form {
    enum sip_type type;
    bool (*fits)(struct span value);
    enum sip_rule rule;
    enum sip_rule none; /* said where there is no value at all; SIP_RULES: that is lawful */
    bool alone;         /* no parameters */
} forms[] = {
    {SIP_ACCEPT, media_range, SIP_R_ACCEPT, SIP_RULES, false},
    {SIP_ACCEPT_ENCODING, sip_token, SIP_R_ACCEPT_ENCODING, SIP_RULES, false},
    {SIP_ACCEPT_LANGUAGE, language_range, SIP_R_ACCEPT_LANGUAGE, SIP_RULES, false},
    {SIP_ALLOW, sip_token, SIP_R_ALLOW, SIP_RULES, true},
    {SIP_CALL_ID, sip_call_id, SIP_R_CALL_ID_FORM, SIP_R_CALL_ID_FORM, true},
    {SIP_CONTENT_DISPOSITION, sip_token, SIP_R_CONTENT_DISPOSITION, SIP_R_CONTENT_DISPOSITION,
     false},
    {SIP_CONTENT_ENCODING, sip_token, SIP_R_CONTENT_ENCODING, SIP_R_CONTENT_ENCODING, true},
    {SIP_CONTENT_LANGUAGE, language, SIP_R_LANGUAGE_TAG, SIP_R_CONTENT_LANGUAGE, true},
    {SIP_CONTENT_TYPE, sip_media_type, SIP_R_CONTENT_TYPE_FORM, SIP_R_CONTENT_TYPE_FORM, false},
    {SIP_IN_REPLY_TO, sip_call_id, SIP_R_IN_REPLY_TO, SIP_R_IN_REPLY_TO, true},
    {SIP_PRIORITY, sip_token, SIP_R_PRIORITY, SIP_R_PRIORITY, true},
    {SIP_PROXY_REQUIRE, sip_token, SIP_R_OPTION_TAG, SIP_R_PROXY_REQUIRE, true},
    {SIP_REQUIRE, sip_token, SIP_R_OPTION_TAG, SIP_R_REQUIRE, true},
    {SIP_SUPPORTED, sip_token, SIP_R_OPTION_TAG, SIP_RULES, true},
    {SIP_UNSUPPORTED, sip_token, SIP_R_OPTION_TAG, SIP_R_UNSUPPORTED, true},
};

static const struct value_form *form_of(enum sip_type type)
{
    for (size_t i = 0; i < COUNT(forms); i++)
        if (forms[i].type == type)
            return &forms[i];
    return NULL;
}

/* Values by the table above, their parameters by the common rules. */
static void values(struct sip_lint *l, const struct sip_header *h)
{
    const struct value_form *f = form_of(h->type);
    const struct sip_value *v = h->values;

    if (h->value.n == 0) {
        if (f->none != SIP_RULES)
            sip_broke(l, f->none, h->value);
        return;
    }
    for (size_t i = 0; i < h->values_n; i++) {
        if (v[i].text.n == 0)
            sip_broke(l, SIP_R_LIST_EMPTY_ITEM, v[i].text);
        else if (!f->fits(v[i].value) || (f->alone && v[i].params_n))
            sip_broke(l, f->rule, v[i].text);
        sip_params(l, v[i].params, v[i].params_n, NULL);
        struct span q = sip_param(v[i].params, v[i].params_n, "q");
        if (q.p && sip_names[h->type].list && !f->alone)
            sip_must(l, sip_qvalue(q), SIP_R_QVALUE, q);
    }
}

static void content_type(struct sip_lint *l, const struct sip_header *h)
{
    const struct sip_value *v = h->values;

    values(l, h);
    for (size_t i = 0; h->values_n && i < v->params_n; i++)
        if (v->params[i].text.n)
            sip_must(l, v->params[i].value.p && v->params[i].value.n, SIP_R_CONTENT_TYPE_PARAM,
                     v->params[i].text);
}

static void content_disposition(struct sip_lint *l, const struct sip_header *h)
{
    const struct sip_value *v = h->values;

    values(l, h);
    struct span handling =
        h->values_n ? sip_param(v->params, v->params_n, "handling") : (struct span){NULL, 0};
    if (handling.p)
        sip_must(l, sip_token(handling), SIP_R_CONTENT_HANDLING, handling);
}

static void cancel_require(struct sip_lint *l, const struct sip_header *h)
{
    values(l, h);
    sip_must(l, !(l->m->request && l->method == SIP_M_CANCEL), SIP_R_CANCEL_REQUIRE, h->name);
}

/* 307 example.com "text" */
static void warning(struct sip_lint *l, const struct sip_header *h)
{
    const struct sip_value *v = h->values;

    sip_must(l, h->value.n > 0, SIP_R_WARNING_EMPTY, h->value);
    for (size_t i = 0; h->value.n && i < h->values_n; i++) {
        struct span s = v[i].text;
        size_t one = lex_find(s, 0, ' '), two = lex_find(s, one + 1, ' ');
        struct span code = span_cut(s, 0, one), agent = span_cut(s, one + 1, two),
                    text = span_cut(s, two + 1, s.n);
        if (s.n == 0) {
            sip_broke(l, SIP_R_LIST_EMPTY_ITEM, s);
        } else if (two >= s.n || agent.n == 0) {
            sip_broke(l, SIP_R_WARNING_FORM, s);
        } else {
            struct span host =
                span_cut(agent, 0, lex_find(agent, lex_find(agent, 0, ']') % agent.n, ':'));
            sip_must(l, code.n == 3 && lex_all(code, LEX_DIGIT), SIP_R_WARNING_CODE, code);
            if (code.n == 3 && lex_all(code, LEX_DIGIT))
                sip_must(l, code.p[0] == '3', SIP_R_WARNING_3, code);
            sip_must(l, sip_token(agent) || sip_host(host), SIP_R_WARNING_AGENT, agent);
            sip_must(l, sip_quoted(text), SIP_R_WARNING_TEXT, text);
        }
    }
}

/* ---- texts ---- */

static bool among(struct span s, const char *const *v, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (span_is(s, v[i]))
            return true;
    return false;
}

/* Two digits that are below `below`. */
static bool two_digits(struct span s, unsigned below)
{
    uint64_t v;
    return s.n == 2 && lex_number(s, &v) && v < below;
}

/* Sat, 13 Nov 2010 23:29:00 GMT */
static void date(struct sip_lint *l, const struct sip_header *h)
{
    static const char *const days[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    struct span s = h->value;

    if (s.n < 26 || s.p[3] != ',' || s.p[4] != ' ' || s.p[7] != ' ' || s.p[11] != ' ' ||
        s.p[16] != ' ' || s.p[25] != ' ' || lex_find(s, 26, ' ') < s.n) {
        sip_broke(l, SIP_R_DATE_FORM, s);
        return;
    }
    sip_must(l, among(span_cut(s, 0, 3), days, COUNT(days)), SIP_R_DATE_WEEKDAY, span_cut(s, 0, 3));
    sip_must(l, two_digits(span_cut(s, 5, 7), 32) && lex_all(span_cut(s, 12, 16), LEX_DIGIT),
             SIP_R_DATE_DAY, span_cut(s, 5, 16));
    sip_must(l, among(span_cut(s, 8, 11), months, COUNT(months)), SIP_R_DATE_MONTH,
             span_cut(s, 8, 11));
    sip_must(l,
             two_digits(span_cut(s, 17, 19), 24) && s.p[19] == ':' &&
                 two_digits(span_cut(s, 20, 22), 60) && s.p[22] == ':' &&
                 two_digits(span_cut(s, 23, 25), 60),
             SIP_R_DATE_TIME, span_cut(s, 17, 25));
    sip_must(l, span_is(span_cut(s, 26, s.n), "GMT"), SIP_R_DATE_GMT, span_cut(s, 26, s.n));
}

static void mime_version(struct sip_lint *l, const struct sip_header *h)
{
    size_t dot = lex_find(h->value, 0, '.');
    sip_must(l,
             lex_all(span_cut(h->value, 0, dot), LEX_DIGIT) &&
                 lex_all(span_cut(h->value, dot + 1, h->value.n), LEX_DIGIT),
             SIP_R_MIME_VERSION, h->value);
}

/* Digits, and a fraction that may be empty; sets where they end. `lead`: digits have to stand before the dot. */
static bool decimal(struct span s, size_t *at, bool lead)
{
    size_t from = *at, end = lex_while(s, from, LEX_DIGIT);
    bool fits = !lead || end > from;
    if (end < s.n && s.p[end] == '.')
        end = lex_while(s, end + 1, LEX_DIGIT);
    *at = end;
    return fits && end > from;
}

static void timestamp(struct sip_lint *l, const struct sip_header *h)
{
    struct span s = h->value;
    size_t at = 0;

    if (!decimal(s, &at, true) || (at < s.n && !lex_is(s.p[at], LEX_LWS))) {
        sip_broke(l, SIP_R_TIMESTAMP_FORM, s);
        return;
    }
    at = lex_while(s, at, LEX_LWS);
    if (at < s.n)
        sip_must(l, decimal(s, &at, false) && at == s.n, SIP_R_TIMESTAMP_DELAY, s);
}

/* Products and comments with white space between. */
static void product(struct sip_lint *l, const struct sip_header *h)
{
    struct span s = h->value;

    sip_must(l, s.n > 0, SIP_R_PRODUCT, s);
    for (size_t at = 0, end; at < s.n; at = lex_while(s, end, LEX_LWS)) {
        if (s.p[at] == '(') {
            end = lex_comment(s, at);
            if (!end) {
                sip_broke(l, SIP_R_COMMENT, span_cut(s, at, s.n));
                return;
            }
            continue;
        }
        end = at;
        while (end < s.n && !lex_is(s.p[end], LEX_LWS) && s.p[end] != '(')
            end++;
        struct span one = span_cut(s, at, end);
        size_t slash = lex_find(one, 0, '/');
        bool fits = sip_token(span_cut(one, 0, slash)) &&
                    (slash == one.n || sip_token(span_cut(one, slash + 1, one.n)));
        /* SLASH has white space around it: "name / 1" */
        bool spaced = (one.n == 1 && slash == 0) || (slash + 1 == one.n && slash > 0) ||
                      (slash == 0 && one.n > 1);
        sip_must(l, fits || spaced, SIP_R_PRODUCT_FORM, one);
    }
}

/* ---- addresses with more, numbers: other files ---- */

sip_check *const sip_checks[SIP_TYPES] = {
    [SIP_ACCEPT] = values,
    [SIP_ACCEPT_ENCODING] = values,
    [SIP_ACCEPT_LANGUAGE] = values,
    [SIP_ALERT_INFO] = sip_check_info,
    [SIP_ALLOW] = values,
    [SIP_CALL_ID] = values,
    [SIP_CALL_INFO] = sip_check_info,
    [SIP_CONTACT] = sip_check_contact,
    [SIP_CONTENT_DISPOSITION] = content_disposition,
    [SIP_CONTENT_ENCODING] = values,
    [SIP_CONTENT_LANGUAGE] = values,
    [SIP_CONTENT_LENGTH] = sip_check_length,
    [SIP_CONTENT_TYPE] = content_type,
    [SIP_CSEQ] = sip_check_cseq,
    [SIP_DATE] = date,
    [SIP_ERROR_INFO] = sip_check_info,
    [SIP_EXPIRES] = sip_check_expires,
    [SIP_FROM] = sip_check_from,
    [SIP_IN_REPLY_TO] = values,
    [SIP_MAX_FORWARDS] = sip_check_hops,
    [SIP_MIME_VERSION] = mime_version,
    [SIP_MIN_EXPIRES] = sip_check_min_expires,
    [SIP_PRIORITY] = values,
    [SIP_PROXY_REQUIRE] = cancel_require,
    [SIP_RECORD_ROUTE] = sip_check_record_route,
    [SIP_REPLY_TO] = sip_check_reply_to,
    [SIP_REQUIRE] = cancel_require,
    [SIP_RETRY_AFTER] = sip_check_retry,
    [SIP_ROUTE] = sip_check_route,
    [SIP_SERVER] = product,
    [SIP_SUPPORTED] = values,
    [SIP_TIMESTAMP] = timestamp,
    [SIP_TO] = sip_check_to,
    [SIP_UNSUPPORTED] = values,
    [SIP_USER_AGENT] = product,
    [SIP_VIA] = sip_check_via,
    [SIP_WARNING] = warning,
    /* extensions */
    [SIP_ACCEPT_CONTACT] = sip_check_ext,
    [SIP_ACCEPT_RESOURCE_PRIORITY] = sip_check_ext,
    [SIP_ALLOW_EVENTS] = sip_check_ext,
    [SIP_EVENT] = sip_check_ext,
    [SIP_FLOW_TIMER] = sip_check_ext_number,
    [SIP_GEOLOCATION] = sip_check_geolocation,
    [SIP_GEOLOCATION_ERROR] = sip_check_ext,
    [SIP_GEOLOCATION_ROUTING] = sip_check_ext,
    [SIP_HISTORY_INFO] = sip_check_history,
    [SIP_INFO_PACKAGE] = sip_check_ext,
    [SIP_JOIN] = sip_check_ext,
    [SIP_MAX_BREADTH] = sip_check_ext_number,
    [SIP_MIN_SE] = sip_check_min_se,
    [SIP_PATH] = sip_check_path,
    [SIP_PRIVACY] = sip_check_privacy,
    [SIP_P_ACCESS_NETWORK_INFO] = sip_check_access,
    [SIP_P_ASSERTED_IDENTITY] = sip_check_identity,
    [SIP_P_ASSOCIATED_URI] = sip_check_associated,
    [SIP_P_CALLED_PARTY_ID] = sip_check_called,
    [SIP_P_CHARGING_FUNCTION_ADDRESSES] = sip_check_ext,
    [SIP_P_CHARGING_VECTOR] = sip_check_ext,
    [SIP_P_PREFERRED_IDENTITY] = sip_check_identity,
    [SIP_P_VISITED_NETWORK_ID] = sip_check_ext,
    [SIP_RACK] = sip_check_rack,
    [SIP_REASON] = sip_check_ext,
    [SIP_RECV_INFO] = sip_check_ext,
    [SIP_REFERRED_BY] = sip_check_referred_by,
    [SIP_REFER_SUB] = sip_check_ext,
    [SIP_REFER_TO] = sip_check_refer_to,
    [SIP_REJECT_CONTACT] = sip_check_ext,
    [SIP_REPLACES] = sip_check_ext,
    [SIP_REQUEST_DISPOSITION] = sip_check_ext,
    [SIP_RESOURCE_PRIORITY] = sip_check_ext,
    [SIP_RSEQ] = sip_check_ext_number,
    [SIP_SECURITY_CLIENT] = sip_check_ext,
    [SIP_SECURITY_SERVER] = sip_check_ext,
    [SIP_SECURITY_VERIFY] = sip_check_ext,
    [SIP_SERVICE_ROUTE] = sip_check_path,
    [SIP_SESSION_EXPIRES] = sip_check_session,
    [SIP_SIP_ETAG] = sip_check_ext,
    [SIP_SIP_IF_MATCH] = sip_check_ext,
    [SIP_SUBSCRIPTION_STATE] = sip_check_ext,
    [SIP_TARGET_DIALOG] = sip_check_ext,
};
