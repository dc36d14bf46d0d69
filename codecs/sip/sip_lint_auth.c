/* codecs/sip/sip_lint_auth.c - challenges and credentials: the rules of codecs/auth. */
#include "codecs/auth/auth.h"
#include "codecs/sip/sip_lint.h"

enum { FOUND = 16 }; /* findings of one header field */

static struct auth_where where(const struct sip_lint *l)
{
    return (struct auth_where){.in = l->m->head, .sip = true};
}

static struct auth_list list_of(const struct sip_header *h)
{
    const struct sip_auth *a = h->values;
    struct auth_list l = auth_list_of(a->scheme, a->params, a->params_n);

    l.text = a->text;
    return l;
}

void sip_check_challenge(struct sip_lint *l, const struct sip_header *h)
{
    struct finding found[FOUND];
    struct findings fs = {.v = found, .cap = FOUND};
    struct auth_where at = where(l);
    struct auth_challenge c;

    if (h->values_n == 0)
        return;
    struct auth_list list = list_of(h);
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
    struct auth_list list = list_of(h);
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
    struct auth_list list = list_of(h);
    auth_info_of(&list, &i);
    auth_lint_info(&i, NULL, &at, &fs);
    sip_told(l, &fs);
}
