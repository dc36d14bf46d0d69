/* codecs/sip/sip_lint_signed.c - Identity (RFC 8224). What has neither a dot nor a parameter is of RFC 4474, and
 * not judged. */
#include "codecs/sip/sip_lint.h"

/* base64-char of section 4 and ".", and what its own example has: the letters of base64url. */
static bool digest_fits(struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!lex_is(s.p[i], LEX_ALPHA | LEX_DIGIT) && !lex_among(s.p[i], "/+.-_"))
            return false;
    return s.n > 0;
}

/* "header.payload.signature", or "..signature" (RFC 8225 section 7). */
static bool passport(struct span s)
{
    size_t one = lex_find(s, 0, '.'), two = lex_find(s, one + 1, '.');

    return two + 1 < s.n && lex_find(s, two + 1, '.') == s.n && (one == 0) == (two == one + 1);
}

static void info(struct sip_lint *l, const struct sip_value *v)
{
    struct span s = sip_param(v->params, v->params_n, "info");

    if (!s.p) {
        sip_broke(l, SIP_R_SIGNED_INFO, v->text);
        return;
    }
    if (s.n < 2 || s.p[0] != '<' || s.p[s.n - 1] != '>') {
        sip_broke(l, SIP_R_SIGNED_INFO_FORM, s.n ? s : v->text);
        return;
    }
    uint8_t room[512]; /* for parameters; those that it does not take are not looked at */
    struct arena mem = arena_of(room, sizeof room);
    struct uri u;
    if (uri_parse(span_cut(s, 1, s.n - 1), &mem, &u) && u.text.n > u.scheme.n + 1)
        sip_lint_uri(l, &u);
    else
        sip_broke(l, SIP_R_SIGNED_INFO_URI, s);
}

void sip_check_signed(struct sip_lint *l, const struct sip_header *h)
{
    const struct sip_value *v = h->values;
    struct span s = h->values_n ? v->value : (struct span){NULL, 0};

    if (h->values_n && v->params_n == 0 && s.n && lex_find(s, 0, '.') == s.n)
        return;
    if (!digest_fits(s))
        sip_broke(l, SIP_R_SIGNED_FORM, s.n ? s : h->name);
    else
        sip_must(l, passport(s), SIP_R_SIGNED_PASSPORT, s);
    if (h->values_n == 0 || h->value.n == 0)
        return;
    info(l, v);
    sip_params(l, v->params, v->params_n, "info alg ppt");
    struct span alg = sip_param(v->params, v->params_n, "alg"),
                ppt = sip_param(v->params, v->params_n, "ppt");
    if (alg.p)
        sip_must(l, sip_token(alg), SIP_R_SIGNED_ALG, alg.n ? alg : v->text);
    if (ppt.p)
        sip_must(l, sip_token(ppt), SIP_R_SIGNED_PPT, ppt.n ? ppt : v->text);
    if (l->m->request)
        sip_must(l, sip_header(l->m, SIP_DATE) != NULL, SIP_R_SIGNED_DATE, h->name);
}
