/* codecs/auth/auth_lint.c - what holds for all challenges, credentials and Authentication-Info; challenges. */
#include "codecs/auth/auth_lint.h"

void auth_broke(const struct auth_lint *l, const struct auth_rule *r, struct span where,
                uint64_t arg)
{
    const char *clause = l->at->sip ? r->sip : r->http;
    uintptr_t from = (uintptr_t)l->at->in.p, to = (uintptr_t)where.p;
    bool inside = where.p && l->at->in.p && to >= from && to - from <= l->at->in.n;

    if (clause)
        finding_add(l->fs, (struct finding){.clause = clause,
                                            .what = r->what,
                                            .level = l->at->sip ? r->sip_level : r->http_level,
                                            .off = inside ? to - from : 0,
                                            .len = inside ? where.n : 0,
                                            .arg = {arg}});
}

struct span auth_whole(const struct auth_list *l)
{
    return l->scheme.n || !l->params_n ? l->scheme : l->params[0].text;
}

bool auth_is_lhex(struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!lex_is(s.p[i], LEX_DIGIT) && (s.p[i] < 'a' || s.p[i] > 'f'))
            return false;
    return true;
}

static bool dark(struct span s)
{
    return lex_until(s, 0, LEX_LWS | LEX_CTL) == s.n;
}
bool auth_is_uri(struct span s)
{
    size_t colon = lex_find(s, 0, ':');

    if (colon + 1 >= s.n || !lex_is(s.p[0], LEX_ALPHA) || !dark(s))
        return false;
    for (size_t i = 0; i < colon; i++)
        if (!auth_among(s.p[i], "+-."))
            return false;
    return true;
}
bool auth_is_path(struct span s)
{
    return s.n && s.p[0] == '/' && dark(s);
}

/* ---- parameters ---- */

/* Other text stands behind the last parameter where the list was cut short. */
struct span auth_last_comma(const struct auth_list *a)
{
    struct span none = {NULL, 0}, last = a->params_n ? a->params[a->params_n - 1].text : none;
    uintptr_t from = (uintptr_t)a->text.p, to = (uintptr_t)last.p;

    if (last.n == 0 || !a->text.p || to < from || to - from > a->text.n)
        return none;
    struct span behind = lex_trim(span_cut(a->text, to - from + last.n, a->text.n), LEX_LWS);
    return span_is(behind, ",") ? behind : none;
}

enum {
    NO_SCHEME_CHALLENGE,
    NO_SCHEME_CREDENTIALS,
    EMPTY_ELEMENT,
    TWICE,
    TWICE_RIGHT,
    NO_PAIR_CHALLENGE,
    NO_PAIR_OTHER_CHALLENGE,
    NO_PAIR_CREDENTIALS,
    NO_PAIR_OTHER_CREDENTIALS,
    NO_PAIR_INFO,
    NO_NAME,
    NO_VALUE,
    NO_END,
    CONTROL,
    BAD_PAIR,
    NONE_CHALLENGE,
    NONE_CREDENTIALS,
    NONE_INFO,
    STRANGER_INFO,
};
static const struct auth_rule general[] = {
    [NO_SCHEME_CHALLENGE] = {"RFC9110:11.1#a1", STMT, "RFC3261:25.1#a150", STMT,
                             "the scheme is no token"},
    [NO_SCHEME_CREDENTIALS] = {"RFC9110:11.1#a1", STMT, "RFC3261:25.1#a103", STMT,
                               "the scheme is no token"},
    [EMPTY_ELEMENT] = {AUTH_HTTP("RFC9110:5.6.1.1#1", MUST), "an element of a list is empty"},
    [TWICE] = {"RFC9110:11.2#1", MUST, "RFC3261:7.3.1#6", MUST, "a parameter stands twice"},
    [TWICE_RIGHT] = {AUTH_SIP("RFC3261:7.3.1#6", MUST), "a parameter stands twice"},
    [NO_PAIR_CHALLENGE] = {"RFC9110:11.2#a1", STMT, "RFC3261:25.1#a149", STMT,
                           "a parameter without name, \"=\" and value"},
    [NO_PAIR_OTHER_CHALLENGE] = {"RFC9110:11.2#a1", STMT, "RFC3261:25.1#a150", STMT,
                                 "a parameter without name, \"=\" and value"},
    [NO_PAIR_CREDENTIALS] = {"RFC9110:11.2#a1", STMT, "RFC3261:25.1#a95", STMT,
                             "a parameter without name, \"=\" and value"},
    [NO_PAIR_OTHER_CREDENTIALS] = {"RFC9110:11.2#a1", STMT, "RFC3261:25.1#a103", STMT,
                                   "a parameter without name, \"=\" and value"},
    [NO_PAIR_INFO] = {"RFC9110:11.2#a1", STMT, "RFC3261:25.1#a104", STMT,
                      "a parameter without name, \"=\" and value"},
    [NO_NAME] = {"RFC9110:11.2#a1", STMT, "RFC3261:25.1#a102", STMT,
                 "the name of a parameter is no token"},
    [NO_VALUE] = {"RFC9110:11.2#a1", STMT, "RFC3261:25.1#a102", STMT,
                  "a value is neither token nor quoted string"},
    [NO_END] = {"RFC9110:5.6.4#a1", STMT, "RFC3261:25.1#a23", STMT,
                "a quoted string without end, or with something behind it"},
    [CONTROL] = {"RFC9110:5.6.4#a1", STMT, "RFC3261:25.1#a25", STMT,
                 "a control character in a quoted string: %x"},
    [BAD_PAIR] = {"RFC9110:5.6.4#a1", STMT, "RFC3261:25.1#a26", STMT,
                  "a backslash before what it cannot quote: %x"},
    [NONE_CHALLENGE] = {AUTH_SIP("RFC3261:25.1#a148", STMT), "a challenge without parameters"},
    [NONE_CREDENTIALS] = {AUTH_SIP("RFC3261:25.1#a94", STMT), "credentials without parameters"},
    [NONE_INFO] = {AUTH_SIP("RFC3261:25.1#a104", STMT), "no parameters"},
    [STRANGER_INFO] = {AUTH_SIP("RFC3261:25.1#a104", STMT),
                       "a parameter that Authentication-Info does not have"},
};

/* What stands between the quotes. The first octet that may not is found. */
static void lint_quoted(const struct auth_lint *l, struct span v)
{
    bool sip = l->at->sip;

    for (size_t i = 1; i + 1 < v.n; i++) {
        uint8_t c = v.p[i];
        bool fold =
            sip && c == '\r' && v.n - i > 3 && v.p[i + 1] == '\n' && lex_is(v.p[i + 2], LEX_BLANK);
        if (c == '\\') {
            c = v.p[++i];
            if (sip ? c == '\r' || c == '\n' || c > 0x7f : lex_is(c, LEX_CTL) && c != '\t') {
                auth_broke(l, &general[BAD_PAIR], span_cut(v, i - 1, i + 1), c);
                return;
            }
        } else if (fold) {
            i += 2;
        } else if (lex_is(c, LEX_CTL) && c != '\t') {
            auth_broke(l, &general[CONTROL], span_cut(v, i, i + 1), c);
            return;
        }
    }
}

/* Of other schemes than Digest, in HTTP. */
static const struct auth_param any_realm = {"realm", 0,   AUTH_AS_QUOTED, "RFC9110:11.5#2", MUST,
                                            NULL,    STMT};

/* How one value stands; `p` is NULL where no table says how. */
static void lint_form(const struct auth_lint *l, const struct auth_param *p, struct span v)
{
    bool quoted = auth_is_quoted(v), token = lex_all(v, l->at->sip ? LEX_TOKEN : LEX_TCHAR);

    if (quoted)
        lint_quoted(l, v);
    if (p && p->as != AUTH_AS_ANY &&
        (p->as == AUTH_AS_QUOTED ? !quoted && !(v.n && v.p[0] == '"') : !token)) {
        struct auth_rule form = {p->http, p->http_level, p->sip, p->sip_level,
                                 p->as == AUTH_AS_QUOTED ? "the value is no quoted string"
                                                         : "the value is no token"};
        auth_broke(l, &form, v, 0);
    } else if (!quoted && v.n && v.p[0] == '"') {
        auth_broke(l, &general[NO_END], v, 0);
    } else if (!quoted && !token) {
        auth_broke(l, &general[NO_VALUE], v, 0);
    }
}

static bool twice(const struct auth_list *a, size_t i)
{
    for (size_t k = 0; i < AUTH_MANY && k < i; k++)
        if (lex_same(a->params[k].name, a->params[i].name))
            return true;
    return false;
}

static size_t no_pair(enum auth_kind kind, bool digest)
{
    switch (kind) {
    case AUTH_CHALLENGE:
        return digest ? NO_PAIR_CHALLENGE : NO_PAIR_OTHER_CHALLENGE;
    case AUTH_CREDENTIALS:
        return digest ? NO_PAIR_CREDENTIALS : NO_PAIR_OTHER_CREDENTIALS;
    case AUTH_INFO:
        break;
    }
    return NO_PAIR_INFO;
}

/* What says how the value of a parameter stands, which is row `k` of a table; NULL: nothing does. */
static const struct auth_param *form_of(const struct auth_lint *l, enum auth_kind kind, bool digest,
                                        const struct auth_table *t, size_t k)
{
    if (k == t->n)
        return NULL;
    if (digest)
        return &t->v[k];
    bool realm = kind == AUTH_CHALLENGE && t->v[k].at == offsetof(struct auth_challenge, realm);
    return realm && !l->at->sip ? &any_realm : NULL;
}

void auth_lint_list(const struct auth_lint *l, enum auth_kind kind, const struct auth_table *t,
                    const void *rec)
{
    static const uint8_t none[] = {NONE_CHALLENGE, NONE_CREDENTIALS, NONE_INFO};
    const struct auth_list *a = rec;
    bool digest = kind == AUTH_INFO || auth_scheme_of(a->scheme) == AUTH_DIGEST;
    size_t pair = no_pair(kind, digest), empty = l->at->sip ? pair : EMPTY_ELEMENT;
    unsigned name = l->at->sip ? LEX_TOKEN : LEX_TCHAR;

    if (a->scheme.n && !lex_all(a->scheme, name))
        auth_broke(l,
                   &general[kind == AUTH_CHALLENGE ? NO_SCHEME_CHALLENGE : NO_SCHEME_CREDENTIALS],
                   a->scheme, 0);
    if (a->params_n == 0)
        auth_broke(l, &general[none[kind]], a->scheme, 0);
    if (a->token68.p && !digest && !l->at->sip)
        return;
    for (size_t i = 0; i < a->params_n; i++) {
        const struct param *p = &a->params[i];
        size_t k = auth_known(t, p->name);
        if (p->name.n == 0 || !p->value.p) {
            auth_broke(l, &general[p->text.n ? pair : empty], p->text, 0);
            continue;
        }
        if (!lex_all(p->name, name))
            auth_broke(l, &general[NO_NAME], p->name, 0);
        if (twice(a, i))
            auth_broke(l, &general[kind == AUTH_CHALLENGE ? TWICE : TWICE_RIGHT], p->name, 0);
        if (kind == AUTH_INFO && k == t->n)
            auth_broke(l, &general[STRANGER_INFO], p->name, 0);
        lint_form(l, form_of(l, kind, digest, t, k), p->value);
    }
    if (auth_last_comma(a).p)
        auth_broke(l, &general[empty], auth_last_comma(a), 0);
}

/* ---- challenges ---- */

enum {
    C_NO_REALM,
    C_NO_NONCE,
    C_NO_QOP,
    C_QOP_LIST,
    C_QOP_SPACE,
    C_DOMAIN_URI,
    C_DOMAIN_PATH,
    C_DOMAIN_EMPTY,
    C_STALE,
    C_ALGORITHM,
    C_CHARSET,
    C_USERHASH,
    C_OPAQUE,
    C_WANTS_USERHASH,
    C_WANTS_CHARSET,
    B_IN_SIP,
    B_NO_REALM,
    B_STRANGER,
    B_CHARSET,
    S_SAME,
    S_MD5,
};
static const struct auth_rule challenge[] = {
    [C_NO_REALM] = {AUTH_BOTH("RFC7616:3.3#a2", STMT), "a challenge without realm"},
    [C_NO_NONCE] = {AUTH_BOTH("RFC7616:3.3#a2", STMT), "a challenge without nonce"},
    [C_NO_QOP] = {"RFC7616:3.3#9", MUST, "RFC8760:2.6#5a", MUST, "a challenge without qop"},
    [C_QOP_LIST] = {"RFC7616:3.3#a10", STMT, "RFC3261:25.1#a158", STMT,
                    "an option of qop is no token"},
    [C_QOP_SPACE] = {AUTH_SIP("RFC3261:25.1#a158", STMT), "white space between the options of qop"},
    [C_DOMAIN_URI] = {"RFC7616:3.3#a3", STMT, "RFC3261:25.1#a153", STMT,
                      "domain has what is neither a URI nor an absolute path"},
    [C_DOMAIN_PATH] = {AUTH_SIP("RFC8760:2.6#a1", STMT),
                       "domain has a path, which is no Request-URI"},
    [C_DOMAIN_EMPTY] = {AUTH_SIP("RFC3261:25.1#a152", STMT), "domain has no URI"},
    [C_STALE] = {AUTH_SIP("RFC3261:25.1#a156", STMT), "stale is neither true nor false"},
    [C_ALGORITHM] = {AUTH_SIP("RFC8760:2.1#a1", SHOULD),
                     "an algorithm that is not known to be registered"},
    [C_CHARSET] = {AUTH_BOTH("RFC7616:3.3#11b", STMT), "charset is not UTF-8"},
    [C_USERHASH] = {AUTH_BOTH("RFC7616:3.3#12b", STMT), "userhash is neither true nor false"},
    [C_OPAQUE] = {AUTH_BOTH("RFC7616:3.3#5", SHOULD), "opaque is neither Base64 nor hexadecimal"},
    [C_WANTS_USERHASH] = {AUTH_HTTP("RFC7616:3.4.4#1", SHOULD),
                          "a challenge without userhash=true"},
    [C_WANTS_CHARSET] = {AUTH_HTTP("RFC7616:4#1", SHOULD), "a challenge without charset"},
    [B_IN_SIP] = {AUTH_SIP("RFC8760:2.6#1a", MUST), "a challenge of scheme Basic"},
    [B_NO_REALM] = {AUTH_BOTH("RFC7617:2#1", MUST), "a challenge without realm"},
    [B_STRANGER] = {AUTH_BOTH("RFC7617:2#3b", STMT), "a parameter that Basic does not have"},
    [B_CHARSET] = {AUTH_BOTH("RFC7617:2.1#a1", STMT), "charset is not UTF-8"},
    [S_SAME] = {"RFC7616:3.7#1", MUST, "RFC8760:2.3#2", MUST,
                "two challenges have the same algorithm"},
    [S_MD5] = {"RFC7616:3.2#1", SHOULD, "RFC8760:3#1", SHOULD,
               "no challenge has a better algorithm than MD5"},
};

static void lint_qop(const struct auth_lint *l, struct span qop)
{
    struct span s = auth_inner(qop);

    for (size_t at = 0, end; at <= s.n; at = end + 1) {
        end = lex_find(s, at, ',');
        struct span whole = span_cut(s, at, end), item = lex_trim(whole, LEX_LWS);
        if (!lex_all(item, l->at->sip ? LEX_TOKEN : LEX_TCHAR))
            auth_broke(l, &challenge[C_QOP_LIST], item.n ? item : qop, 0);
        else if (item.n < whole.n)
            auth_broke(l, &challenge[C_QOP_SPACE], whole, 0);
    }
}

static void lint_domain(const struct auth_lint *l, struct span domain)
{
    struct span s = auth_inner(domain);
    size_t items = 0;

    for (size_t at = 0, end; at < s.n; at = end + 1) {
        end = lex_find(s, at, ' ');
        struct span item = span_cut(s, at, end);
        if (item.n == 0)
            continue;
        items++;
        if (auth_is_path(item) && (l->at->sip || item.n < 2 || item.p[1] != '/'))
            auth_broke(l, &challenge[C_DOMAIN_PATH], item, 0);
        else if (!auth_is_uri(item))
            auth_broke(l, &challenge[C_DOMAIN_URI], item, 0);
    }
    if (items == 0)
        auth_broke(l, &challenge[C_DOMAIN_EMPTY], domain, 0);
}

/* Whether it may be Base64, of either alphabet, padded or not, or hexadecimal. */
static bool encoded(struct span s)
{
    return s.n == 0 || lex_find(s, 0, '\\') < s.n ||
           (auth_is_token68(s) && !memchr(s.p, '.', s.n) && !memchr(s.p, '~', s.n));
}

/* AKAv1-MD5 and its like come with the key agreement of mobile networks. */
static bool aka(struct span algorithm)
{
    struct span s = auth_inner(algorithm);
    return s.n > 4 && lex_like(span_cut(s, 0, 4), "AKAv");
}

static void lint_digest(const struct auth_lint *l, const struct auth_challenge *c)
{
    struct span whole = auth_whole(&c->list);

    if (!c->realm.p)
        auth_broke(l, &challenge[C_NO_REALM], whole, 0);
    if (!c->nonce.p)
        auth_broke(l, &challenge[C_NO_NONCE], whole, 0);
    if (!c->qop.p)
        auth_broke(l, &challenge[C_NO_QOP], whole, 0);
    else if (auth_judged(l, c->qop))
        lint_qop(l, c->qop);
    if (c->domain.p && auth_judged(l, c->domain))
        lint_domain(l, c->domain);
    if (auth_flag_of(c->stale) == AUTH_NEITHER)
        auth_broke(l, &challenge[C_STALE], c->stale, 0);
    if (auth_algorithm_of(c->algorithm) == AUTH_UNKNOWN && !aka(c->algorithm))
        auth_broke(l, &challenge[C_ALGORITHM], c->algorithm, 0);
    if (!encoded(auth_inner(c->opaque)))
        auth_broke(l, &challenge[C_OPAQUE], c->opaque, 0);
    if (c->charset.p && !auth_like(c->charset, "UTF-8"))
        auth_broke(l, &challenge[C_CHARSET], c->charset, 0);
    if (!c->charset.p)
        auth_broke(l, &challenge[C_WANTS_CHARSET], whole, 0);
    if (auth_flag_of(c->userhash) == AUTH_NEITHER)
        auth_broke(l, &challenge[C_USERHASH], c->userhash, 0);
    else if (auth_flag_of(c->userhash) == AUTH_FALSE)
        auth_broke(l, &challenge[C_WANTS_USERHASH], c->userhash.p ? c->userhash : whole, 0);
}

static void lint_basic(const struct auth_lint *l, const struct auth_challenge *c)
{
    auth_broke(l, &challenge[B_IN_SIP], c->list.scheme, 0);
    if (!c->realm.p)
        auth_broke(l, &challenge[B_NO_REALM], c->list.scheme, 0);
    if (c->charset.p && !auth_like(c->charset, "UTF-8"))
        auth_broke(l, &challenge[B_CHARSET], c->charset, 0);
    for (size_t i = 0; i < c->list.params_n; i++) {
        struct span name = c->list.params[i].name;
        if (!lex_like(name, "realm") && !lex_like(name, "charset") && c->list.params[i].text.n)
            auth_broke(l, &challenge[B_STRANGER], name, 0);
    }
}

void auth_lint_challenge(const struct auth_challenge *c, const struct auth_where *at,
                         struct findings *fs)
{
    struct auth_lint l = {at, fs};

    auth_lint_list(&l, AUTH_CHALLENGE, &auth_of_challenge, c);
    switch (auth_scheme_of(c->list.scheme)) {
    case AUTH_DIGEST:
        lint_digest(&l, c);
        break;
    case AUTH_BASIC:
        lint_basic(&l, c);
        break;
    case AUTH_OTHER:
        break;
    }
}

void auth_lint_challenges(const struct auth_challenge *v, size_t n, const struct auth_where *at,
                          struct findings *fs)
{
    struct auth_lint l = {at, fs};
    size_t weak = 0, digests = 0;

    for (size_t i = 0; i < n; i++) {
        enum auth_algorithm algorithm = auth_algorithm_of(v[i].algorithm);
        if (auth_scheme_of(v[i].list.scheme) != AUTH_DIGEST)
            continue;
        digests++;
        weak += auth_hashes[algorithm].kind == DIGEST_MD5 && algorithm != AUTH_UNKNOWN;
        for (size_t k = 0; i < AUTH_MANY && k < i; k++)
            if (auth_scheme_of(v[k].list.scheme) == AUTH_DIGEST && algorithm != AUTH_UNKNOWN &&
                algorithm == auth_algorithm_of(v[k].algorithm) &&
                (!at->sip || auth_same(v[i].realm, v[k].realm))) {
                auth_broke(&l, &challenge[S_SAME],
                           v[i].algorithm.p ? v[i].algorithm : auth_whole(&v[i].list), 0);
                break;
            }
    }
    if (digests && weak == digests)
        auth_broke(&l, &challenge[S_MD5], auth_whole(&v[0].list), 0);
}
