/* codecs/sip/sip_lint_form.c - forms that several header fields have, and header fields that are tokens, words and
 * texts. */
#include "codecs/sip/sip_lint.h"

bool sip_quoted(struct span s)
{
    return s.n >= 2 && s.p[0] == '"' && lex_quoted(s, 0) == s.n;
}

bool sip_media_type(struct span s)
{
    size_t slash = lex_find(s, 0, '/');
    return sip_token(lex_trim(span_cut(s, 0, slash), LEX_LWS)) &&
           sip_token(lex_trim(span_cut(s, slash + 1, s.n), LEX_LWS));
}

/* Whether `name` is one of those in `names`, which have spaces between. */
static bool named(struct span name, const char *names)
{
    struct span all = span_of(names);

    for (size_t at = 0, end; at < all.n; at = end + 1) {
        end = lex_find(all, at, ' ');
        if (lex_same(name, span_cut(all, at, end)))
            return true;
    }
    return false;
}

static bool param_fits(const struct param *p, const char *but)
{
    if (!sip_token(p->name))
        return false;
    return !p->value.p || sip_token(p->value) || sip_quoted(p->value) || uri_is_host(p->value) ||
           (but && named(p->name, but));
}

/* m-parameter of section 25.1. */
static bool media_param_fits(const struct param *p, const char *but)
{
    (void)but;
    return sip_token(p->name) && (sip_token(p->value) || sip_quoted(p->value));
}

static void params_as(struct sip_lint *l, const struct param *v, size_t n, const char *but,
                      bool (*fits)(const struct param *p, const char *but), enum sip_rule rule)
{
    for (size_t i = 0; i < n; i++) {
        if (v[i].text.n == 0) {
            sip_broke(l, SIP_R_PARAM_EMPTY, v[i].text);
            continue;
        }
        if (!fits(&v[i], but))
            sip_broke(l, rule, v[i].text);
        for (size_t j = 0; j < i && i < SIP_COMPARED; j++)
            if (v[i].name.n && v[j].name.n == v[i].name.n && lex_same(v[j].name, v[i].name))
                sip_broke(l, SIP_R_PARAM_DOUBLE, v[i].text);
    }
}

void sip_params(struct sip_lint *l, const struct param *v, size_t n, const char *but)
{
    params_as(l, v, n, but, param_fits, SIP_R_PARAM_FORM);
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

/* One value by the table above; its parameters by the common rules, but those of Content-Type. */
static void value(struct sip_lint *l, enum sip_type type, const struct value_form *f,
                  const struct sip_value *v)
{
    bool rated = sip_names[type].list && !f->alone;

    if (v->text.n == 0) {
        sip_broke(l, SIP_R_LIST_EMPTY_ITEM, v->text);
        return;
    }
    if (!f->fits(v->value) || (f->alone && v->params_n))
        sip_broke(l, f->rule, v->text);
    if (f->alone)
        return;
    if (type == SIP_CONTENT_TYPE)
        params_as(l, v->params, v->params_n, NULL, media_param_fits, SIP_R_CONTENT_TYPE_PARAM);
    else
        sip_params(l, v->params, v->params_n, rated ? "q" : "handling");
    struct span q = sip_param(v->params, v->params_n, "q");
    if (q.p && rated)
        sip_must(l, lex_qvalue(q), SIP_R_QVALUE, q);
}

static void values(struct sip_lint *l, const struct sip_header *h)
{
    const struct value_form *f = form_of(h->type);
    const struct sip_value *v = h->values;

    if (h->value.n == 0) {
        if (f->none != SIP_RULES)
            sip_broke(l, f->none, h->value);
        return;
    }
    for (size_t i = 0; i < h->values_n; i++)
        value(l, h->type, f, &v[i]);
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

/* hostport, or a token, of section 25.1. */
static bool warning_agent(struct span s)
{
    size_t colon = lex_find(s, s.n && s.p[0] == '[' ? lex_find(s, 0, ']') : 0, ':');
    uint64_t port = 0;

    if (sip_token(s))
        return true;
    if (colon < s.n && (!lex_number(span_cut(s, colon + 1, s.n), &port) || port > UINT16_MAX))
        return false;
    return uri_is_host(span_cut(s, 0, colon));
}

/* 307 example.com "text" */
static void warning_value(struct sip_lint *l, struct span s)
{
    size_t one = lex_find(s, 0, ' '), two = lex_find(s, one + 1, ' ');
    struct span code = span_cut(s, 0, one), agent = span_cut(s, one + 1, two),
                text =
                    lex_trim(span_cut(s, two + 1, s.n), LEX_LWS); /* which SWS may stand before */

    if (text.n == 0 || agent.n == 0 || lex_until(code, 0, LEX_LWS) < code.n ||
        lex_until(agent, 0, LEX_LWS) < agent.n) {
        sip_broke(l, SIP_R_WARNING_FORM, s);
        return;
    }
    if (code.n != 3 || !lex_all(code, LEX_DIGIT))
        sip_broke(l, SIP_R_WARNING_CODE, code);
    else
        sip_must(l, code.p[0] == '3', SIP_R_WARNING_3, code);
    sip_must(l, warning_agent(agent), SIP_R_WARNING_AGENT, agent);
    sip_must(l, sip_quoted(text), SIP_R_WARNING_TEXT, text);
}

static void warning(struct sip_lint *l, const struct sip_header *h)
{
    const struct sip_value *v = h->values;

    sip_must(l, h->value.n > 0, SIP_R_WARNING_EMPTY, h->value);
    for (size_t i = 0; h->value.n && i < h->values_n; i++)
        if (v[i].text.n)
            warning_value(l, v[i].text);
        else
            sip_broke(l, SIP_R_LIST_EMPTY_ITEM, v[i].text);
}

/* ---- texts ---- */

static bool among(struct span s, const char *const *v, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (span_is(s, v[i]))
            return true;
    return false;
}

/* Two digits, from `low` to `high`. */
static bool two_digits(struct span s, unsigned low, unsigned high)
{
    uint64_t v;
    return s.n == 2 && lex_number(s, &v) && v >= low && v <= high;
}

static bool time_fits(struct span s)
{
    return s.n == 8 && s.p[2] == ':' && s.p[5] == ':' && two_digits(span_cut(s, 0, 2), 0, 23) &&
           two_digits(span_cut(s, 3, 5), 0, 59) && two_digits(span_cut(s, 6, 8), 0, 59);
}

/* Sat, 13 Nov 2010 23:29:00 GMT */
static void date(struct sip_lint *l, const struct sip_header *h)
{
    static const char *const days[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    enum { WEEKDAY, DAY, MONTH, YEAR, TIME, ZONE, PARTS };
    struct span s = h->value, part[PARTS];
    size_t at = 0;
    bool fits = lex_until(s, 0, LEX_EOL) == s.n;

    for (size_t i = 0; i < PARTS; i++) { /* one space between, none in the last */
        size_t end = i == ZONE ? s.n : lex_find(s, at, ' ');
        part[i] = span_cut(s, at, end);
        fits = fits && part[i].n && lex_until(part[i], 0, LEX_BLANK) == part[i].n;
        at = end + 1;
    }
    if (!fits || part[WEEKDAY].p[part[WEEKDAY].n - 1] != ',') {
        sip_broke(l, SIP_R_DATE_FORM, s);
        return;
    }
    part[WEEKDAY].n--;
    struct span day = {part[DAY].p, (size_t)(part[YEAR].p - part[DAY].p) + part[YEAR].n};
    sip_must(l, among(part[WEEKDAY], days, COUNT(days)), SIP_R_DATE_WEEKDAY, part[WEEKDAY]);
    sip_must(l, two_digits(part[DAY], 1, 31) && part[YEAR].n == 4 && lex_all(part[YEAR], LEX_DIGIT),
             SIP_R_DATE_DAY, day);
    sip_must(l, among(part[MONTH], months, COUNT(months)), SIP_R_DATE_MONTH, part[MONTH]);
    sip_must(l, time_fits(part[TIME]), SIP_R_DATE_TIME, part[TIME]);
    sip_must(l, span_is(part[ZONE], "GMT"), SIP_R_DATE_GMT, part[ZONE]);
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
    struct span delay = span_cut(s, lex_while(s, at, LEX_LWS), s.n);
    at = 0;
    if (delay.n)
        sip_must(l, decimal(delay, &at, false) && at == delay.n, SIP_R_TIMESTAMP_DELAY, delay);
}

/* token [SLASH token] from `at` on, up to white space or a comment; sets where it ends. False: it is none. */
static bool product_at(struct span s, size_t at, size_t *end)
{
    size_t name = lex_while(s, at, LEX_TOKEN), slash = lex_while(s, name, LEX_LWS);
    bool fits = name > at;

    *end = name;
    if (slash < s.n && s.p[slash] == '/') {
        size_t version = lex_while(s, slash + 1, LEX_LWS);
        *end = lex_while(s, version, LEX_TOKEN);
        fits &= *end > version;
    }
    while (*end < s.n && !lex_is(s.p[*end], LEX_LWS) && s.p[*end] != '(') {
        fits = false;
        ++*end;
    }
    return fits;
}

/* Products and comments with white space between. */
static void product(struct sip_lint *l, const struct sip_header *h)
{
    struct span s = h->value;

    sip_must(l, s.n > 0, SIP_R_PRODUCT, s);
    for (size_t at = 0, end; at < s.n; at = lex_while(s, end, LEX_LWS)) {
        bool fits = true, comment = s.p[at] == '(';
        if (!comment)
            fits = product_at(s, at, &end);
        else
            end = lex_comment(s, at);
        if (comment && !end) {
            sip_broke(l, SIP_R_COMMENT, span_cut(s, at, s.n));
            return;
        }
        struct span one = span_cut(s, at, end);
        sip_must(l, fits, SIP_R_PRODUCT_FORM, one);
        sip_must(l, at == 0 || lex_is(s.p[at - 1], LEX_LWS), SIP_R_PRODUCT, one);
    }
}

/* ---- addresses with more, numbers: other files ---- */

sip_check *const sip_checks[SIP_TYPES] = {
    [SIP_ACCEPT] = values,
    [SIP_ACCEPT_ENCODING] = values,
    [SIP_ACCEPT_LANGUAGE] = values,
    [SIP_ALERT_INFO] = sip_check_info,
    [SIP_ALLOW] = values,
    [SIP_AUTHENTICATION_INFO] = sip_check_auth_info,
    [SIP_AUTHORIZATION] = sip_check_credentials,
    [SIP_PROXY_AUTHENTICATE] = sip_check_challenge,
    [SIP_PROXY_AUTHORIZATION] = sip_check_credentials,
    [SIP_WWW_AUTHENTICATE] = sip_check_challenge,
    [SIP_CALL_ID] = values,
    [SIP_CALL_INFO] = sip_check_info,
    [SIP_CONTACT] = sip_check_contact,
    [SIP_CONTENT_DISPOSITION] = content_disposition,
    [SIP_CONTENT_ENCODING] = values,
    [SIP_CONTENT_LANGUAGE] = values,
    [SIP_CONTENT_LENGTH] = sip_check_length,
    [SIP_CONTENT_TYPE] = values,
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
    [SIP_ACCEPT_CONTACT] = sip_check_preferred,
    [SIP_ACCEPT_RESOURCE_PRIORITY] = sip_check_ext,
    [SIP_ALLOW_EVENTS] = sip_check_ext,
    [SIP_EVENT] = sip_check_ext,
    [SIP_FLOW_TIMER] = sip_check_ext_number,
    [SIP_GEOLOCATION] = sip_check_geolocation,
    [SIP_GEOLOCATION_ERROR] = sip_check_ext,
    [SIP_GEOLOCATION_ROUTING] = sip_check_ext,
    [SIP_HISTORY_INFO] = sip_check_history,
    [SIP_IDENTITY] = sip_check_signed,
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
    [SIP_REJECT_CONTACT] = sip_check_preferred,
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
