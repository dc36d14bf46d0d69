/* codecs/auth/auth_lint_answer.c - what credentials and Authentication-Info break, alone and beside what they
 * answer. */
#include "codecs/base/base64.h"
#include "codecs/auth/auth_lint.h"

enum {
    NO_USER,
    NO_REALM,
    NO_NONCE,
    NO_URI,
    NO_RESPONSE,
    NO_QOP,
    QOP_ASKED,
    CNONCE_ALONE,
    SESSION_ALONE,
    NO_CNONCE,
    NO_NC,
    QOP_SEVERAL,
    QOP_OTHER,
    NC_DIGITS,
    NC_ZERO,
    CNONCE_ASCII,
    HEX_CASE,
    HEX_LENGTH_32,
    HEX_LENGTH_64,
    HEX_SHORT,
    EMPTY,
    URI_FORM,
    URI_OCTET,
    URI_SPACE,
    TWO_USERS,
    EXT_FORM,
    EXT_HASHED,
    USERHASH,
    USERHASH_FORM,
    OTHER_REALM,
    OTHER_NONCE,
    OTHER_OPAQUE,
    OTHER_ALGORITHM,
    OTHER_SCHEME,
    ALGORITHM,
    BASIC_IN_SIP,
    BASIC_FORM,
    BASIC_CHARSET,
    BASIC_COLON,
    BASIC_CONTROL,
    INFO_RSPAUTH,
    INFO_CNONCE,
    INFO_NC,
    INFO_NC_DIGITS,
    INFO_HEX,
    INFO_LENGTH,
    INFO_QOP,
    INFO_OTHER_CNONCE,
    INFO_OTHER_NC,
};
static const struct auth_rule rules[] = {
    [NO_USER] = {AUTH_BOTH("RFC7616:3.4.2#a1", STMT), "credentials without username"},
    [NO_REALM] = {AUTH_BOTH("RFC7616:3.4#a3", STMT), "credentials without realm"},
    [NO_NONCE] = {AUTH_BOTH("RFC7616:3.4#a3", STMT), "credentials without nonce"},
    [NO_URI] = {AUTH_BOTH("RFC7616:3.4#a6", STMT), "credentials without uri"},
    [NO_RESPONSE] = {AUTH_BOTH("RFC7616:3.4#a4", STMT), "credentials without response"},
    [NO_QOP] = {AUTH_HTTP("RFC7616:3.3#9", MUST), "credentials without qop"},
    [QOP_ASKED] = {"RFC7616:3.3#9", MUST, "RFC8760:2.6#5b", MUST,
                   "credentials without qop, which the challenge has"},
    [CNONCE_ALONE] = {AUTH_SIP("RFC3261:22.4#5", MUST), "cnonce without qop"},
    [SESSION_ALONE] = {AUTH_SIP("RFC3261:22.4#a5", STMT), "an algorithm of sessions without qop"},
    [NO_CNONCE] = {AUTH_BOTH("RFC7616:3.4#3", MUST), "qop without cnonce"},
    [NO_NC] = {AUTH_BOTH("RFC7616:3.4#4", MUST), "qop without nc"},
    [QOP_SEVERAL] = {AUTH_HTTP("RFC7616:3.4#a7", STMT), "qop has several options"},
    [QOP_OTHER] = {AUTH_BOTH("RFC7616:3.4#2", MUST), "qop is none that the challenge offers"},
    [NC_DIGITS] = {"RFC7616:3.4#a10", STMT, "RFC3261:25.1#a100", STMT,
                   "nc is not eight hexadecimal digits"},
    [NC_ZERO] = {AUTH_BOTH("RFC7616:3.4#a9", STMT),
                 "nc is zero, and the first request is number one"},
    [CNONCE_ASCII] = {AUTH_BOTH("RFC7616:3.4#a8", STMT), "cnonce is not ASCII"},
    [HEX_CASE] = {"RFC7616:3.2#a1", STMT, "RFC3261:25.1#a13", STMT,
                  "response is not in lower-case hexadecimal"},
    [HEX_LENGTH_32] = {"RFC7616:3.2#a2", STMT, "RFC3261:25.1#a101", STMT,
                       "response has %u characters, not the 32 of its algorithm"},
    [HEX_LENGTH_64] = {"RFC7616:3.2#a2", STMT, "RFC8760:2.2#a2", STMT,
                       "response has %u characters, not the 64 of its algorithm"},
    [HEX_SHORT] = {AUTH_SIP("RFC8760:2.7#a1", STMT),
                   "response has %u characters, less than any algorithm's"},
    [EMPTY] = {AUTH_SIP("RFC8760:2.7#a2", STMT), "an empty response to a challenge"},
    [URI_FORM] = {"RFC7616:3.4.6#1", MUST, "RFC8760:2.6#a2", STMT, "uri is no request target"},
    [URI_OCTET] = {"RFC7616:3.4.6#1", MUST, "RFC8760:2.6#a2", STMT,
                   "uri has an octet that no request target has: %c"},
    [URI_SPACE] = {AUTH_SIP("RFC3261:25.1#a97", STMT), "uri has white space"},
    [TWO_USERS] = {AUTH_BOTH("RFC7616:3.4#1", MUST), "both username and username*"},
    [EXT_FORM] = {AUTH_BOTH("RFC7616:3.4#a5", STMT),
                  "username* is not charset, language and value of RFC 5987"},
    [EXT_HASHED] = {AUTH_BOTH("RFC7616:3.4#a5", STMT), "username* with userhash=true"},
    [USERHASH] = {AUTH_BOTH("RFC7616:3.4#5b", STMT), "userhash is neither true nor false"},
    [USERHASH_FORM] = {AUTH_BOTH("RFC7616:3.4.4#a1", STMT),
                       "username is no digest, with userhash=true"},
    [OTHER_REALM] = {AUTH_BOTH("RFC7616:3.4#a3", STMT), "realm is not that of the challenge"},
    [OTHER_NONCE] = {AUTH_BOTH("RFC7616:3.4#a3", STMT), "nonce is not that of the challenge"},
    [OTHER_OPAQUE] = {AUTH_BOTH("RFC7616:3.4#a2", STMT), "opaque is not that of the challenge"},
    [OTHER_ALGORITHM] = {AUTH_BOTH("RFC7616:3.4#a2", STMT),
                         "algorithm is not that of the challenge"},
    [OTHER_SCHEME] = {AUTH_BOTH("RFC7616:3.4#a1", STMT),
                      "a challenge of scheme Digest has another answer"},
    [ALGORITHM] = {AUTH_SIP("RFC8760:2.1#a1", SHOULD),
                   "an algorithm that is not known to be registered"},
    [BASIC_IN_SIP] = {AUTH_SIP("RFC8760:2.6#1c", MUST), "credentials of scheme Basic"},
    [BASIC_FORM] = {AUTH_BOTH("RFC7617:2#a2", STMT),
                    "credentials of scheme Basic are not one Base64 text"},
    [BASIC_CHARSET] = {AUTH_BOTH("RFC7617:2.1#a3", STMT), "charset in credentials of scheme Basic"},
    [BASIC_COLON] = {AUTH_BOTH("RFC7617:2#a3", STMT), "no colon between user id and password"},
    [BASIC_CONTROL] = {AUTH_BOTH("RFC7617:2#4", MUST),
                       "a control character in user id or password: %x"},
    [INFO_RSPAUTH] = {AUTH_BOTH("RFC7616:3.5#10", MUST), "qop without rspauth"},
    [INFO_CNONCE] = {AUTH_BOTH("RFC7616:3.5#10", MUST), "qop without cnonce"},
    [INFO_NC] = {AUTH_BOTH("RFC7616:3.5#10", MUST), "qop without nc"},
    [INFO_NC_DIGITS] = {"RFC7616:3.5#13", MUST, "RFC3261:25.1#a100", STMT,
                        "nc is not eight hexadecimal digits"},
    [INFO_HEX] = {"RFC7616:3.2#a1", STMT, "RFC3261:25.1#a106", STMT,
                  "rspauth is not in lower-case hexadecimal"},
    [INFO_LENGTH] = {AUTH_BOTH("RFC7616:3.2#a2", STMT),
                     "rspauth has %u characters, not those of its algorithm"},
    [INFO_QOP] = {AUTH_BOTH("RFC7616:3.5#8", SHOULD), "qop is not that of the request"},
    [INFO_OTHER_CNONCE] = {AUTH_BOTH("RFC7616:3.5#9", MUST), "cnonce is not that of the request"},
    [INFO_OTHER_NC] = {AUTH_BOTH("RFC7616:3.5#9", MUST), "nc is not that of the request"},
};

static void broke(const struct auth_lint *l, size_t rule, struct span where, uint64_t arg)
{
    auth_broke(l, &rules[rule], where, arg);
}

/* ---- single values ---- */

/* In SIP the digits are those of LHEX. */
static bool count(const struct auth_lint *l, struct span nc)
{
    struct span s = auth_inner(nc);
    return s.n == AUTH_NC && lex_all(s, LEX_HEX) && (!l->at->sip || auth_is_lhex(s));
}

static void lint_nc(const struct auth_lint *l, struct span nc)
{
    if (!count(l, nc))
        broke(l, NC_DIGITS, nc, 0);
    else if (span_is(auth_inner(nc), "00000000"))
        broke(l, NC_ZERO, nc, 0);
}

static void lint_response(const struct auth_lint *l, const struct auth_credentials *r, bool asked)
{
    struct span s = auth_inner(r->response);
    size_t hex = auth_hashes[auth_algorithm_of(r->algorithm)].hex;

    if (!auth_judged(l, r->response))
        return;
    if (s.n == 0 && l->at->sip) {
        if (asked)
            broke(l, EMPTY, r->response, 0);
        return;
    }
    if (!auth_is_lhex(s))
        broke(l, HEX_CASE, r->response, 0);
    if (hex && s.n != hex)
        broke(l, hex == 32 ? HEX_LENGTH_32 : HEX_LENGTH_64, r->response, s.n);
    else if (!hex && s.n < 32)
        broke(l, HEX_SHORT, r->response, s.n);
}

/* A host and a port, as the target of CONNECT is (RFC 9112 section 3.2.3): RFC 7616 section 3.4.6 does not name it, but
 * uri has to agree with the target. */
static bool is_authority(struct span s)
{
    size_t colon = s.n;

    while (colon > 0 && lex_is(s.p[colon - 1], LEX_DIGIT))
        colon--;
    if (colon < 2 || colon == s.n || s.p[colon - 1] != ':')
        return false;
    for (size_t i = 0; i < colon - 1; i++)
        if (s.p[i] == '/' || s.p[i] == '?' || s.p[i] == '@' || s.p[i] <= ' ')
            return false;
    return true;
}

/* The first octet that none of the forms has. In SIP a token in a URI may have "`" (other-transport in RFC 3261 section
 * 25.1), a local number of tel "#" (RFC 3966 section 3). */
static bool odd_octet(const struct auth_lint *l, struct span s, struct span *at)
{
    bool tel = l->at->sip && lex_like(span_cut(s, 0, 4), "tel:");

    for (size_t i = 0; i < s.n; i++)
        if (auth_odd(s.p[i]) && !(l->at->sip && s.p[i] == '`') && !(tel && s.p[i] == '#')) {
            *at = span_cut(s, i, i + 1);
            return true;
        }
    return false;
}

static bool is_target(const struct auth_lint *l, struct span s)
{
    return auth_is_uri(s) ||
           (!l->at->sip && (auth_is_path(s) || span_is(s, "*") || is_authority(s)));
}

static void lint_uri(const struct auth_lint *l, struct span uri)
{
    struct span s = auth_inner(uri), at;

    if (!auth_judged(l, uri))
        return;
    if (l->at->sip && lex_until(s, 0, LEX_LWS) < s.n)
        broke(l, URI_SPACE, uri, 0);
    else if (!is_target(l, s))
        broke(l, URI_FORM, uri, 0);
    else if (odd_octet(l, s, &at))
        broke(l, URI_OCTET, at, at.p[0]);
}

static void lint_ext(const struct auth_lint *l, const struct auth_credentials *r)
{
    if (r->username.p)
        broke(l, TWO_USERS, r->username_ext, 0);
    if (auth_flag_of(r->userhash) == AUTH_TRUE)
        broke(l, EXT_HASHED, r->username_ext, 0);
    if (!auth_get_ext(&(struct wr){NULL, 0, 0, false}, r->username_ext))
        broke(l, EXT_FORM, r->username_ext, 0);
}

static void lint_user(const struct auth_lint *l, const struct auth_credentials *r)
{
    struct span s = auth_inner(r->username);
    size_t hex = auth_hashes[auth_algorithm_of(r->algorithm)].hex;

    if (!r->username.p && !r->username_ext.p)
        broke(l, NO_USER, auth_whole(&r->list), 0);
    if (r->username_ext.p)
        lint_ext(l, r);
    if (auth_flag_of(r->userhash) == AUTH_NEITHER)
        broke(l, USERHASH, r->userhash, 0);
    if (r->username.p && auth_flag_of(r->userhash) == AUTH_TRUE && auth_judged(l, r->username) &&
        (!auth_is_lhex(s) || (hex && s.n != hex)))
        broke(l, USERHASH_FORM, r->username, 0);
}

/* ---- credentials of Digest ---- */

static void lint_missing(const struct auth_lint *l, const struct auth_credentials *r)
{
    struct span whole = auth_whole(&r->list);

    if (!r->realm.p)
        broke(l, NO_REALM, whole, 0);
    if (!r->nonce.p)
        broke(l, NO_NONCE, whole, 0);
    if (!r->uri.p)
        broke(l, NO_URI, whole, 0);
    if (!r->response.p)
        broke(l, NO_RESPONSE, whole, 0);
}

/* Whether the challenge lists an option of this name, known or not; in SIP one without qop offers auth (RFC 8760
 * section 2.6 item 8). */
static bool offered(const struct auth_lint *l, const struct auth_challenge *c, struct span qop)
{
    struct span s = auth_inner(c->qop), option = auth_inner(qop);
    unsigned is = auth_qop_of(qop);

    if (l->at->sip && !c->qop.p)
        return is == AUTH_QOP_AUTH;
    if (is == AUTH_QOP_AUTH || is == AUTH_QOP_INT)
        return auth_qop_of(c->qop) & is;
    for (size_t at = 0, end; at <= s.n; at = end + 1) {
        end = lex_find(s, at, ',');
        if (c->qop.p && lex_same(lex_trim(span_cut(s, at, end), LEX_LWS), option))
            return true;
    }
    return false;
}

static void lint_qop(const struct auth_lint *l, const struct auth_credentials *r,
                     const struct auth_challenge *c)
{
    struct span whole = auth_whole(&r->list);
    bool several = lex_find(r->qop, 0, ',') < r->qop.n;

    if (!r->qop.p) {
        if (c && c->qop.p)
            broke(l, QOP_ASKED, whole, 0);
        else if (!c)
            broke(l, NO_QOP, whole, 0);
        if (r->cnonce.p)
            broke(l, CNONCE_ALONE, r->cnonce, 0);
        if (auth_hashes[auth_algorithm_of(r->algorithm)].session)
            broke(l, SESSION_ALONE, r->algorithm, 0);
        return;
    }
    if (several)
        broke(l, QOP_SEVERAL, r->qop, 0);
    else if (c && !offered(l, c, r->qop))
        broke(l, QOP_OTHER, r->qop, 0);
    if (!r->cnonce.p)
        broke(l, NO_CNONCE, whole, 0);
    if (!r->nc.p)
        broke(l, NO_NC, whole, 0);
}

static void lint_echo(const struct auth_lint *l, const struct auth_credentials *r,
                      const struct auth_challenge *c)
{
    struct span whole = auth_whole(&r->list);
    enum auth_algorithm is = auth_algorithm_of(r->algorithm), was = auth_algorithm_of(c->algorithm);

    if (r->realm.p && c->realm.p && !auth_same(r->realm, c->realm))
        broke(l, OTHER_REALM, r->realm, 0);
    if (r->nonce.p && c->nonce.p && !auth_same(r->nonce, c->nonce))
        broke(l, OTHER_NONCE, r->nonce, 0);
    if (!!r->opaque.p != !!c->opaque.p || !auth_same(r->opaque, c->opaque))
        broke(l, OTHER_OPAQUE, r->opaque.p ? r->opaque : whole, 0);
    if (is != was ||
        (is == AUTH_UNKNOWN && !lex_same(auth_inner(r->algorithm), auth_inner(c->algorithm))))
        broke(l, OTHER_ALGORITHM, r->algorithm.p ? r->algorithm : whole, 0);
}

static void lint_digest(const struct auth_lint *l, const struct auth_credentials *r,
                        const struct auth_challenge *c)
{
    lint_user(l, r);
    lint_missing(l, r);
    lint_qop(l, r, c);
    if (r->nc.p)
        lint_nc(l, r->nc);
    if (r->response.p)
        lint_response(l, r, c != NULL);
    if (r->uri.p)
        lint_uri(l, r->uri);
    if (lex_until(r->cnonce, 0, LEX_HIGH) < r->cnonce.n)
        broke(l, CNONCE_ASCII, r->cnonce, 0);
    struct span algorithm = auth_inner(r->algorithm);
    if (auth_algorithm_of(r->algorithm) == AUTH_UNKNOWN &&
        !lex_like(span_cut(algorithm, 0, 4), "AKAv"))
        broke(l, ALGORITHM, r->algorithm, 0);
    if (c)
        lint_echo(l, r, c);
}

/* ---- credentials of Basic ---- */

/* A group of four characters at a time, since the text may have any length. */
static void lint_token68(const struct auth_lint *l, struct span text)
{
    bool colon = false, control = false;
    uint8_t bad = 0;

    for (size_t i = 0; i < text.n; i += 4) {
        uint8_t three[3];
        struct wr w = {three, sizeof three, 0, false};
        if (!base64_get(&w, span_cut(text, i, i + 4)) || (w.n < 3 && i + 4 < text.n)) {
            broke(l, BASIC_FORM, text, 0);
            return;
        }
        for (size_t k = 0; k < w.n; k++) {
            colon |= three[k] == ':';
            if (!control && lex_is(three[k], LEX_CTL)) {
                control = true;
                bad = three[k];
            }
        }
    }
    if (!colon)
        broke(l, BASIC_COLON, text, 0);
    if (control)
        broke(l, BASIC_CONTROL, text, bad);
}

static void lint_basic(const struct auth_lint *l, const struct auth_credentials *r)
{
    const struct param *charset = param_find(r->list.params, r->list.params_n, "charset");

    broke(l, BASIC_IN_SIP, r->list.scheme, 0);
    if (r->list.token68.p && !auth_last_comma(&r->list).p)
        lint_token68(l, r->list.token68);
    else
        broke(l, BASIC_FORM, r->list.token68.p ? r->list.token68 : auth_whole(&r->list), 0);
    if (charset)
        broke(l, BASIC_CHARSET, charset->text, 0);
}

void auth_lint_credentials(const struct auth_credentials *r, const struct auth_challenge *c,
                           const struct auth_where *at, struct findings *fs)
{
    struct auth_lint l = {at, fs};
    enum auth_scheme scheme = auth_scheme_of(r->list.scheme);
    bool digest = c && auth_scheme_of(c->list.scheme) == AUTH_DIGEST;

    if (scheme == AUTH_BASIC)
        lint_basic(&l, r);
    else
        auth_lint_list(&l, AUTH_CREDENTIALS, &auth_of_credentials, r);
    if (digest && scheme != AUTH_DIGEST)
        broke(&l, OTHER_SCHEME, r->list.scheme, 0);
    else if (scheme == AUTH_DIGEST)
        lint_digest(&l, r, digest ? c : NULL);
}

/* ---- Authentication-Info ---- */

static void lint_reply(const struct auth_lint *l, const struct auth_info *i,
                       const struct auth_credentials *r)
{
    size_t hex = auth_hashes[auth_algorithm_of(r->algorithm)].hex;
    struct span s = auth_inner(i->rspauth);

    if (i->rspauth.p && auth_judged(l, i->rspauth) && hex && s.n != hex)
        broke(l, INFO_LENGTH, i->rspauth, s.n);
    if (i->qop.p && r->qop.p && !lex_same(auth_inner(i->qop), auth_inner(r->qop)))
        broke(l, INFO_QOP, i->qop, 0);
    if (i->cnonce.p && r->cnonce.p && !auth_same(i->cnonce, r->cnonce))
        broke(l, INFO_OTHER_CNONCE, i->cnonce, 0);
    if (i->nc.p && r->nc.p && !lex_same(auth_inner(i->nc), auth_inner(r->nc)))
        broke(l, INFO_OTHER_NC, i->nc, 0);
}

void auth_lint_info(const struct auth_info *i, const struct auth_credentials *r,
                    const struct auth_where *at, struct findings *fs)
{
    struct auth_lint l = {at, fs};
    struct span whole = auth_whole(&i->list);

    auth_lint_list(&l, AUTH_INFO, &auth_of_info, i);
    if (auth_qop_of(i->qop) & (AUTH_QOP_AUTH | AUTH_QOP_INT)) {
        if (!i->rspauth.p)
            broke(&l, INFO_RSPAUTH, whole, 0);
        if (!i->cnonce.p)
            broke(&l, INFO_CNONCE, whole, 0);
        if (!i->nc.p)
            broke(&l, INFO_NC, whole, 0);
    }
    if (i->nc.p && !count(&l, i->nc))
        broke(&l, INFO_NC_DIGITS, i->nc, 0);
    if (i->rspauth.p && auth_judged(&l, i->rspauth) && !auth_is_lhex(auth_inner(i->rspauth)))
        broke(&l, INFO_HEX, i->rspauth, 0);
    if (r)
        lint_reply(&l, i, r);
}
