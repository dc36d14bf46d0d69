/* codecs/sip/sip_lint_auth.c - challenges and credentials: the rules of codecs/auth. */
#include "codecs/auth/auth.h"
#include "codecs/sip/sip_lint.h"

enum { FOUND = 16 }; /* findings of one header field */

static struct auth_where where(const struct sip_lint *l)
{
    return (struct auth_where){.in = l->m->head, .sip = true};
}

/* Whether a parameter begins another value behind a comma: "Digest realm=...". */
static bool other_value(struct span s)
{
    size_t scheme = lex_while(s, 0, LEX_TOKEN), gap = lex_while(s, scheme, LEX_LWS),
           name = lex_while(s, gap, LEX_TOKEN), equal = lex_while(s, name, LEX_LWS);

    return scheme && gap > scheme && name > gap && equal < s.n && s.p[equal] == '=';
}

/* The parameters of the value, up to another one: several are never one header field. */
static struct auth_list list_of(struct sip_lint *l, const struct sip_header *h)
{
    const struct sip_auth *a = h->values;
    size_t n = 0;

    while (n < a->params_n && !other_value(a->params[n].text))
        n++;
    if (n < a->params_n)
        sip_broke(l, SIP_R_AUTH_COMBINED, a->params[n].text);
    struct auth_list list = auth_list_of(a->scheme, a->params, n);
    list.text = a->text;
    return list;
}

void sip_check_challenge(struct sip_lint *l, const struct sip_header *h)
{
    struct finding found[FOUND];
    struct findings fs = {.v = found, .cap = FOUND};
    struct auth_where at = where(l);
    struct auth_challenge c;

    if (h->values_n == 0)
        return;
    struct auth_list list = list_of(l, h);
    auth_challenge_of(&list, &c);
    auth_lint_challenge(&c, &at, &fs);
    sip_told(l, &fs);
}

void sip_check_credentials(struct sip_lint *l, const struct sip_header *h)
{
    struct finding found[FOUND];
    struct findings fs = {.v = found, .cap = FOUND};
    struct auth_where at = where(l);
    struct auth_credentials c;

    if (h->values_n == 0)
        return;
    struct auth_list list = list_of(l, h);
    auth_credentials_of(&list, &c);
    auth_lint_credentials(&c, NULL, &at, &fs);
    sip_told(l, &fs);
}

void sip_check_auth_info(struct sip_lint *l, const struct sip_header *h)
{
    struct finding found[FOUND];
    struct findings fs = {.v = found, .cap = FOUND};
    struct auth_where at = where(l);
    struct auth_info i;

    if (h->values_n == 0)
        return;
    struct auth_list list = list_of(l, h);
    auth_info_of(&list, &i);
    auth_lint_info(&i, NULL, &at, &fs);
    sip_told(l, &fs);
}
