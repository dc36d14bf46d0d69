/* codecs/sip/sip_plain_field.c - which values of header fields break no rule, and how many host characters they
 * have then.
 *
 * This runs between decoding one message and the next, and how much code it is counts for as much as how long it
 * takes: what header fields have in common is one function, and what is rare stands apart. */
#include "codecs/auth/auth.h"
#include "codecs/sip/sip_plain_field.h"
#include "codecs/sip/sip_where.h"

/* ---- values ---- */

/* Octets of a class, at most LEXMAP_SPAN of them, or two parts of them with `sign` between, which is not of the class; as
 * many signs as `least` says. How many octets of LEXMAP_HOST it has. */
ONCE static size_t one_or_two(const struct sip_look *k, struct span s, uint8_t sign, unsigned class,
                              unsigned least)
{
    unsigned signs = 0;
    size_t others = 0;

    if (RARELY(s.n - 1 >= LEXMAP_SPAN))
        return NOT_PLAIN;
    uint64_t left = lexmap_outside(&k->map, LEXMAP_HOST, s);
    for (; left; left &= left - 1, others++) {
        uint8_t c = s.p[__builtin_ctzll(left)];
        if (c == sign)
            signs++;
        else if (!lex_is(c, class))
            return NOT_PLAIN;
    }
    bool fits = signs >= least && signs <= 1 && s.p[0] != sign && s.p[s.n - 1] != sign;
    return fits ? s.n - others : NOT_PLAIN;
}

/* token "/" token, without white space. */
static size_t media_type(const struct sip_look *k, struct span s)
{
    return one_or_two(k, s, '/', LEX_TOKEN, 1);
}

/* Labels with dots between, none of them empty. */
static bool dotted(struct span s)
{
    if (s.n == 0 || s.p[0] == '.' || s.p[s.n - 1] == '.')
        return false;
    for (size_t i = 1; i < s.n; i++)
        if (s.p[i] == '.' && s.p[i - 1] == '.')
            return false;
    return true;
}

/* A word, or two with "@" between. */
static size_t call_id(struct sip_look *k, const struct sip_header *h)
{
    const struct sip_value *v = h->values;

    if (RARELY(h->values_n != 1) || RARELY(v->params_n) || RARELY(v->value.n != h->value.n))
        return NOT_PLAIN;
    if (RARELY(v->value.n > LEXMAP_SPAN))
        return sip_call_id(v->value) ? lexmap_hosts(&k->map, v->value) : NOT_PLAIN;
    return one_or_two(k, v->value, '@', LEX_WORD, 0);
}

static size_t tokens(struct sip_look *k, const struct sip_header *h)
{
    const struct sip_value *v = h->values;
    size_t n = 0;

    (void)k;
    for (size_t i = 0; i < h->values_n; i++) {
        if (RARELY(v[i].text.n == 0))
            return NOT_PLAIN;
        n += v[i].text.n;
    }
    return OFTEN(n) ? n : NOT_PLAIN;
}

static size_t events(struct sip_look *k, const struct sip_header *h)
{
    const struct sip_value *v = h->values;

    for (size_t i = 0; i < h->values_n; i++)
        if (!dotted(v[i].value))
            return NOT_PLAIN;
    return tokens(k, h);
}

/* Options; sets which of those that rules ask for are there. */
ONCE static size_t options(struct sip_look *k, const struct sip_header *h, uint32_t *known)
{
    static const struct {
        char name[8];
        uint8_t tag;
    } of[9] = {
        /* by their lengths */
        [4] = {"path", SIP_OPTION_PATH},
        [5] = {"timer", SIP_OPTION_TIMER},
        [6] = {"100rel", SIP_OPTION_100REL},
        [8] = {{'o', 'u', 't', 'b', 'o', 'u', 'n', 'd'}, SIP_OPTION_OUTBOUND},
    };
    const struct sip_value *v = h->values;
    size_t n = tokens(k, h);

    for (size_t i = 0; n != NOT_PLAIN && i < h->values_n; i++) {
        struct span s = v[i].value;
        if (s.n && s.n < COUNT(of) &&
            lexmap_front(&k->map, s) == word_little(lex_word((const uint8_t *)of[s.n].name)))
            *known |= 1u << of[s.n].tag;
    }
    return n;
}
static size_t supported(struct sip_look *k, const struct sip_header *h)
{
    return options(k, h, &k->supported);
}
static size_t required(struct sip_look *k, const struct sip_header *h)
{
    return k->method == SIP_M_CANCEL ? NOT_PLAIN : options(k, h, &k->required);
}

/* Parameters of a value, if it has some. */
static inline void value_params(const struct sip_look *k, const struct sip_value *v,
                                struct param_seen *s)
{
    s->has = 0;
    s->hosts = 0;
    if (v->params_n)
        sip_plain_params(k, v->params, v->params_n, end_of(v->text), s);
    else if (v->value.n != v->text.n)
        s->has = ODD;
}

/* "application/sdp", as it is written most often. */
static inline bool is_sdp(struct span s)
{
    static const uint8_t usual[] = "application/sdp";
    return s.n == sizeof usual - 1 && lex_word(s.p) == lex_word(usual) &&
           lex_word(s.p + 7) == lex_word(usual + 7);
}

static size_t content_type(struct sip_look *k, const struct sip_header *h)
{
    const struct sip_value *v = h->values;
    struct param_seen s;

    if (OFTEN(is_sdp(h->value)))
        return h->value.n - 1;
    if (RARELY(h->values_n != 1))
        return NOT_PLAIN;
    size_t n = media_type(k, v->value);
    value_params(k, v, &s);
    if (RARELY(n == NOT_PLAIN || s.has & ODD || v->text.n != h->value.n))
        return NOT_PLAIN;
    bool usual = lexmap_front(&k->map, v->value) == LEXMAP_FRONT("applicat");
    sip_look_due(k, SIP_ON_BODY, !usual); /* rules speak of others */
    for (size_t i = 0; i < v->params_n; i++)
        if (!v->params[i].value.p)
            return NOT_PLAIN;
    return n + s.hosts;
}

static size_t accept(struct sip_look *k, const struct sip_header *h)
{
    const struct sip_value *v = h->values;
    const uint8_t *tail = NULL;
    size_t n = 0;

    for (size_t i = 0; i < h->values_n; i++, v++) {
        struct param_seen s;
        size_t type = media_type(k, v->value);
        value_params(k, v, &s);
        if (type == NOT_PLAIN || s.has & ODD || v->value.p[0] == '*')
            return NOT_PLAIN;
        n += type + s.hosts;
        tail = end_of(v->text);
    }
    return tail == end_of(h->value) ? n : NOT_PLAIN;
}

/* One token with parameters. */
static size_t one_token(const struct sip_look *k, const struct sip_header *h, struct param_seen *s)
{
    const struct sip_value *v = h->values;

    if (h->values_n != 1 || v->value.n == 0 || v->text.n != h->value.n)
        return NOT_PLAIN;
    value_params(k, v, s);
    return s->has & ODD ? NOT_PLAIN : v->value.n + s->hosts;
}

static size_t disposition(struct sip_look *k, const struct sip_header *h)
{
    struct param_seen s;

    sip_look_due(k, SIP_ON_BODY, true);
    return one_token(k, h, &s);
}

static size_t event(struct sip_look *k, const struct sip_header *h)
{
    const struct sip_value *v = h->values;
    struct param_seen s;
    size_t n = one_token(k, h, &s);

    if (n == NOT_PLAIN || !dotted(v->value))
        return NOT_PLAIN;
    bool refer = lexmap_front(&k->map, v->value) == LEXMAP_FRONT("refer");
    sip_look_due(k, SIP_ON_METHOD, refer);
    sip_look_due(k, SIP_ON_REFER, refer);
    return n;
}

static size_t subscription_state(struct sip_look *k, const struct sip_header *h)
{
    const struct sip_value *v = h->values;
    struct param_seen s;
    size_t n = one_token(k, h, &s);

    if (n == NOT_PLAIN)
        return n;
    uint64_t state = lexmap_front(&k->map, v->value);
    bool fits = true;
    if (state == LEXMAP_FRONT("active") || state == LEXMAP_FRONT("pending"))
        fits = s.has & HAS(EXPIRES);
    else if (state == LEXMAP_FRONT("terminat"))
        fits = (s.has & (HAS(REASON) | HAS(EXPIRES))) == HAS(REASON);
    return fits ? n : NOT_PLAIN;
}

static size_t reason(struct sip_look *k, const struct sip_header *h)
{
    const struct sip_value *v = h->values;
    const uint8_t *tail = NULL;
    size_t n = 0;

    for (size_t i = 0; i < h->values_n; i++, v++) {
        struct param_seen s;
        value_params(k, v, &s);
        if (v->value.n == 0 || s.has & ODD)
            return NOT_PLAIN;
        bool sip = lexmap_front(&k->map, v->value) == LEXMAP_FRONT("sip");
        if (sip && s.has & HAS(CAUSE) && !number(k, s.known[CAUSE]->value, 100, 699))
            return NOT_PLAIN;
        n += v->value.n + s.hosts;
        tail = end_of(v->text);
    }
    k->reasons += (uint32_t)h->values_n;
    return tail == end_of(h->value) ? n : NOT_PLAIN;
}

static size_t privacy(struct sip_look *k, const struct sip_header *h)
{
    const struct sip_value *v = h->values;
    bool critical =
        h->values_n && v->value.n && lexmap_front(&k->map, v->value) == LEXMAP_FRONT("critical");
    return critical ? NOT_PLAIN : tokens(k, h);
}

/* ---- numbers ---- */

/* How many octets of LEXMAP_HOST a number has, or two, and a method, of which decoding has seen the form. */
ONCE static size_t any_with_method(const struct sip_look *k, const struct sip_header *h,
                                   struct span method)
{
    struct span before = {h->value.p, h->value.n - method.n};
    return lexmap_hosts(&k->map, before) + method.n;
}

/* Whether a method is that of the request. */
static inline bool same_method(const struct sip_look *k, struct span s)
{
    struct span method = k->m->method;
    if (RARELY(s.n != method.n) || RARELY(s.n > 8) || RARELY(s.p > k->map.last))
        return span_eq(s, method);
    uint64_t differ =
        word_little(lex_word(s.p) ^ lex_word(method.p)); /* before which all else stands */
    return !(differ & lexmap_fronts[s.n]);
}

static size_t cseq(struct sip_look *k, const struct sip_header *h)
{
    const struct sip_number *n = h->values;

    if (RARELY(h->values_n != 1) || RARELY(!n->fits) || RARELY(n->method.n == 0) ||
        RARELY(n->number > (k->class ? UINT32_MAX : INT32_MAX)) ||
        (!k->class && RARELY(!same_method(k, n->method))))
        return NOT_PLAIN;
    /* no other white space */
    if (OFTEN(n->method.p[-1] == ' ') && OFTEN(lex_is(n->method.p[-2], LEX_DIGIT)))
        return h->value.n - 1;
    return any_with_method(k, h, n->method);
}

/* Two numbers and a method. */
static size_t rack(struct sip_look *k, const struct sip_header *h)
{
    const struct sip_number *n = h->values;
    bool fits =
        h->values_n == 1 && n->fits && n->method.n && n->number >= 1 && n->number <= UINT32_MAX;

    return fits ? any_with_method(k, h, n->method) : NOT_PLAIN;
}

/* One from `least` to `most`, and nothing else: what may stand behind it for decoding has octets that are counted. */
static inline size_t one_number(const struct sip_header *h, uint64_t least, uint64_t most)
{
    const struct sip_number *n = h->values;
    bool fits = h->values_n && n->fits && n->number >= least && n->number <= most;
    return OFTEN(fits) ? h->value.n : NOT_PLAIN;
}
static size_t hops(struct sip_look *k, const struct sip_header *h)
{
    (void)k;
    return one_number(h, 0, 255);
}
static size_t length(struct sip_look *k, const struct sip_header *h)
{
    (void)k;
    return one_number(h, 0, UINT64_MAX);
}
static size_t seconds(struct sip_look *k, const struct sip_header *h)
{
    (void)k;
    return one_number(h, 0, UINT32_MAX);
}
static size_t rseq(struct sip_look *k, const struct sip_header *h)
{
    sip_look_due(k, SIP_ON_RELIABLE, true);
    return one_number(h, 1, UINT32_MAX);
}

/* A number, with parameters if it has some. */
static size_t interval(const struct sip_look *k, const struct sip_header *h, struct param_seen *s)
{
    const struct sip_number *n = h->values;

    size_t size = one_number(h, 0, UINT64_MAX);

    s->has = 0;
    if (size == NOT_PLAIN || n->params_n == 0)
        return size;
    sip_plain_params(k, n->params, n->params_n, end_of(h->value), s);
    size = (size_t)(n->params->text.p - h->value.p) - 1; /* the ";" */
    return s->has & ODD ? NOT_PLAIN : size + s->hosts;
}

static size_t session_expires(struct sip_look *k, const struct sip_header *h)
{
    const struct sip_number *n = h->values;
    struct param_seen s;
    size_t hosts = interval(k, h, &s);

    if (OFTEN(hosts != NOT_PLAIN) && s.has & HAS(REFRESHER)) {
        uint64_t who = lexmap_front(&k->map, s.known[REFRESHER]->value);
        if (who != LEXMAP_FRONT("uac") && who != LEXMAP_FRONT("uas"))
            hosts = NOT_PLAIN;
        k->refresher = true;
    }
    if (RARELY(hosts == NOT_PLAIN) || (k->class && n->number < 90))
        return NOT_PLAIN;
    k->interval = n->number;
    return hosts;
}

static size_t min_se(struct sip_look *k, const struct sip_header *h)
{
    const struct sip_number *n = h->values;
    struct param_seen s;
    size_t hosts = interval(k, h, &s);

    if (hosts == NOT_PLAIN || n->number < 90)
        return NOT_PLAIN;
    k->least = n->number;
    return hosts;
}

/* ---- texts ---- */

/* Whether a comment without others inside, quotes and backslashes stands from `at` on to the end. `signs`: what in
 * it is not of LEXMAP_HOST. */
ONCE static bool is_comment(const struct sip_look *k, struct span s, size_t at, uint64_t signs)
{
    bool fits = s.p[at] == '(' && s.p[s.n - 1] == ')' && lexmap_all(&k->map, LEXMAP_TEXT, s);

    for (uint64_t left = signs & (signs - 1); left & (left - 1); left &= left - 1)
        fits &= s.p[__builtin_ctzll(left)] != '(' && s.p[__builtin_ctzll(left)] != ')';
    return fits;
}

/* Products with one space between, of a token or two with a slash between; a comment behind a space. */
static size_t product(struct sip_look *k, const struct sip_header *h)
{
    struct span s = h->value;
    bool version = false;

    if (RARELY(s.n - 1 >= LEXMAP_SPAN))
        return NOT_PLAIN;
    uint64_t left = lexmap_outside(&k->map, LEXMAP_HOST, s);
    size_t others = 0;
    for (; left; left &= left - 1, others++) {
        size_t at = (size_t)__builtin_ctzll(left);
        uint8_t c = s.p[at];
        if (at == 0 || at == s.n - 1 || (c != ' ' && (c != '/' || version)))
            return NOT_PLAIN;
        if (left >> at & 2) {
            if (c != ' ' || !is_comment(k, s, at + 1, left & (left - 1)))
                return NOT_PLAIN;
            others += word_ones(left);
            break;
        }
        version = c == '/';
    }
    return s.n - others;
}

/* Visible characters of ASCII, and white space; no backslash before a line end, which it may not quote. */
ONCE static bool is_text(const struct sip_look *k, struct span s)
{
    while (s.n) {
        struct span some = span_cut(s, 0, s.n < LEXMAP_SPAN ? s.n : LEXMAP_SPAN);
        uint64_t left = lexmap_outside(&k->map, LEXMAP_TEXT, some);
        for (; left; left &= left - 1) {
            size_t at = (size_t)__builtin_ctzll(left);
            uint8_t c = some.p[at];
            bool pair = c == '\\' && at + 1 < some.n && !lex_is(some.p[at + 1], LEX_EOL);
            if (!lex_is(c, LEX_LWS) && c != '"' && !pair)
                return false;
        }
        s = span_cut(s, some.n, s.n);
    }
    return true;
}

/* Text of which no rule speaks but where it stands; where one is added, it is tried. */
static size_t free_text(struct sip_look *k, const struct sip_header *h)
{
    return is_text(k, h->value) && !sip_checks[h->type] ? lexmap_hosts(&k->map, h->value)
                                                        : NOT_PLAIN;
}

/* Names of some header fields without a type are asked for by rules: those of their lengths are looked at. */
static size_t unknown(struct sip_look *k, const struct sip_header *h)
{
    const size_t transfer = sizeof "Transfer-Encoding" - 1,
                 encoding = sizeof "Content-Transfer-Encoding" - 1;

    sip_look_due(k, SIP_ON_BODY, h->name.n == encoding);
    return h->name.n != transfer && h->name.n > 0 ? free_text(k, h) : NOT_PLAIN;
}

static size_t credentials(struct sip_look *k, const struct sip_header *h)
{
    const struct sip_auth *a = h->values;
    size_t n = h->values_n == 1 ? auth_plain_credentials(&k->map, a->scheme, a->params, a->params_n,
                                                         end_of(h->value))
                                : 0;
    return n ? n : NOT_PLAIN;
}
static size_t challenge(struct sip_look *k, const struct sip_header *h)
{
    const struct sip_auth *a = h->values;
    size_t n = h->values_n == 1 ? auth_plain_challenge(&k->map, a->scheme, a->params, a->params_n,
                                                       end_of(h->value))
                                : 0;
    return n ? n : NOT_PLAIN;
}

/* ---- where they may stand ---- */

/* Methods of requests, of 2xx and of other responses, sixteen bits each. */
#define LANES(request, success, other)                                                             \
    ((uint64_t)(request) | (uint64_t)(success) << 16 | (uint64_t)(other) << 32)
#define COVERS(from, to, first, last) ((from) <= (first) && (to) >= (last))

/* ---- all of them ---- */

#define PLAIN(type, look, topics) [SIP_##type].check = look, [SIP_##type].due = topics
#define ON(topic) (1u << SIP_ON_##topic)
#define ALONE SIP_PLAIN_ALONE
/* Of what is not here all rules over the message are tried. */
const struct sip_plain_field sip_plain_fields[SIP_TYPES] = {
#define IN(from, to, methods)                                                                      \
    | LANES(0, COVERS(from, to, 200, 299) ? (methods) : 0u,                                        \
            COVERS(from, to, 100, 699) ? (methods) : 0u)
#define ALL_OR_ANY(none) ((none) ? ALL : ANY)
#define SIP_WHERE(id, kind, method, requests, responses)                                           \
    [SIP_##id].bars = LANES(ALL_OR_ANY((requests) == NONE), ALL_OR_ANY((0 responses) == 0),        \
                            ALL_OR_ANY((0 responses) == 0)) &                                      \
                      ~(LANES(requests, 0, 0) responses),
#include "codecs/sip/sip_where.def"
#undef SIP_WHERE
#undef ALL_OR_ANY
#undef IN
#define UNLESS(rule, methods) (SIP_R_##rule == SIP_RULES ? 0u : ALL & ~(methods))
#define AMONG(from, to, first, last, methods)                                                      \
    (COVERS(from, to, first, last) ? (methods) | M(OTHER) : 0u)
#define SIP_PLACE(id, request, requests, response, from, to, also, too, responses)                 \
    [SIP_##id].bars = LANES(UNLESS(request, (requests) | M(OTHER)),                                \
                            UNLESS(response, AMONG(from, to, 200, 299, responses)),                \
                            UNLESS(response, AMONG(from, to, 100, 699, responses))),
#include "codecs/sip/sip_places.def"
#undef SIP_PLACE
#define X(type) [SIP_##type].is = SIP_IS(type),
    SIP_ASKED(X)
#undef X
        [SIP_WWW_AUTHENTICATE]
            .is = SIP_IS(CHALLENGE),
    [SIP_PROXY_AUTHENTICATE].is = SIP_IS(CHALLENGE),
    PLAIN(VIA, sip_plain_via, ON(RPORT) | ON(TOP)),
    PLAIN(FROM, sip_plain_from, ALONE),
    PLAIN(TO, sip_plain_to, ON(FIRST)),
    PLAIN(CONTACT, sip_plain_contact, ON(DIALOG) | ON(CONTACTS)),
    PLAIN(ROUTE, sip_plain_route, ON(DIALOG)),
    PLAIN(RECORD_ROUTE, sip_plain_record_route, ALONE),
    PLAIN(REFER_TO, sip_plain_one_address, ALONE),
    PLAIN(REFERRED_BY, sip_plain_one_address, ON(BODY)),
    PLAIN(P_ASSERTED_IDENTITY, sip_plain_identity, ALONE),
    PLAIN(CALL_ID, call_id, ALONE),
    PLAIN(ALLOW, tokens, ALONE),
    PLAIN(UNSUPPORTED, tokens, ALONE),
    PLAIN(ACCEPT_ENCODING, tokens, ALONE),
    PLAIN(ALLOW_EVENTS, events, ALONE),
    PLAIN(SUPPORTED, supported, ON(SESSION) | ON(CONTACTS)),
    PLAIN(REQUIRE, required, ON(RELIABLE) | ON(SESSION)),
    PLAIN(CONTENT_TYPE, content_type, ON(BODY)),
    PLAIN(CONTENT_DISPOSITION, disposition, ALONE),
    PLAIN(ACCEPT, accept, ALONE),
    PLAIN(EVENT, event, ON(METHOD) | ON(REFER)),
    PLAIN(SUBSCRIPTION_STATE, subscription_state, ON(METHOD)),
    PLAIN(REASON, reason, ON(DISTINCT)),
    PLAIN(PRIVACY, privacy, ON(TOGETHER)),
    PLAIN(CSEQ, cseq, ALONE),
    PLAIN(RACK, rack, ALONE),
    PLAIN(MAX_FORWARDS, hops, ALONE),
    PLAIN(CONTENT_LENGTH, length, ALONE),
    PLAIN(EXPIRES, seconds, ALONE),
    PLAIN(MIN_EXPIRES, seconds, ALONE),
    PLAIN(RSEQ, rseq, ALONE),
    PLAIN(SESSION_EXPIRES, session_expires, ON(SESSION) | ON(FIRST)),
    PLAIN(MIN_SE, min_se, ON(SESSION)),
    PLAIN(USER_AGENT, product, ALONE),
    PLAIN(SERVER, product, ALONE),
    PLAIN(AUTHORIZATION, credentials, ALONE),
    PLAIN(PROXY_AUTHORIZATION, credentials, ALONE),
    PLAIN(WWW_AUTHENTICATE, challenge, ALONE),
    PLAIN(PROXY_AUTHENTICATE, challenge, ALONE),
    PLAIN(OTHER, unknown, ALONE),
    PLAIN(SUBJECT, free_text, ALONE),
    PLAIN(ORGANIZATION, free_text, ALONE),
    PLAIN(CONTENT_ID, free_text, ALONE),
    PLAIN(DIVERSION, free_text, ALONE),
    PLAIN(IDENTITY, free_text, ALONE),
    PLAIN(SESSION_ID, free_text, ALONE),
    PLAIN(USER_TO_USER, free_text, ALONE),
    /* no rule speaks of these but that of their form */
    PLAIN(ACCEPT_LANGUAGE, NULL, ALONE),
    PLAIN(ALERT_INFO, NULL, ALONE),
    PLAIN(CALL_INFO, NULL, ALONE),
    PLAIN(CONTENT_ENCODING, NULL, ALONE),
    PLAIN(CONTENT_LANGUAGE, NULL, ALONE),
    PLAIN(DATE, NULL, ALONE),
    PLAIN(ERROR_INFO, NULL, ALONE),
    PLAIN(IN_REPLY_TO, NULL, ALONE),
    PLAIN(MIME_VERSION, NULL, ALONE),
    PLAIN(PRIORITY, NULL, ALONE),
    PLAIN(REPLY_TO, NULL, ALONE),
    PLAIN(RETRY_AFTER, NULL, ALONE),
    PLAIN(TIMESTAMP, NULL, ALONE),
    PLAIN(WARNING, NULL, ALONE),
};
