/* codecs/sip/sip_lint_sender.c - what shows by which document its sender goes, what an extension asks of the
 * message that it stands in, and the challenges of a response. */
#include "codecs/auth/auth.h"
#include "codecs/sip/sip_lint.h"

enum { CHALLENGES = 16 }; /* of one kind that are judged together */

static bool said(const struct sip_lint *l, enum sip_rule rule)
{
    return l->said[rule / 64] >> rule % 64 & 1;
}

static bool has_param(const struct sip_via *v, const char *name)
{
    return param_find(v->params, v->params_n, name) != NULL;
}

/* ---- branches ---- */

/* Whether the one who wrote this Via goes by RFC 3261: rport without a value, alias, keep and oc are of RFC 3581,
 * RFC 5923, RFC 6223 and RFC 7339, which build on it. */
static bool of_3261(const struct sip_via *v)
{
    const struct param *rport = param_find(v->params, v->params_n, "rport");
    return (rport && !rport->value.p) || has_param(v, "alias") || has_param(v, "keep") ||
           has_param(v, "oc");
}

/* By RFC 2543 section 6.40 a branch may be any token. Its elements are told from others by what else they write. */
static void cookies(struct sip_lint *l)
{
    const struct sip_header *h = sip_header(l->m, SIP_VIA);

    for (; h && h < l->m->headers + l->m->headers_n; h++) {
        const struct sip_via *v = h->values;
        for (size_t k = 0; h->type == SIP_VIA && k < h->values_n; k++) {
            struct span branch = sip_param(v[k].params, v[k].params_n, "branch");
            if (sip_token(branch) && !lex_like(span_cut(branch, 0, 7), "z9hG4bK"))
                sip_must(l, !of_3261(&v[k]), SIP_R_VIA_COOKIE, branch);
        }
    }
}

/* ---- outbound (RFC 5626), Path (RFC 3327) ---- */

static void outbound(struct sip_lint *l)
{
    const struct sip_msg *m = l->m;
    const struct sip_header *timer = sip_header(m, SIP_FLOW_TIMER), *path = sip_header(m, SIP_PATH);

    if (timer && m->version.n) {
        bool registered = !m->request && m->status / 100 == 2 &&
                          (l->method == SIP_M_REGISTER || l->method == SIP_M_OTHER);
        sip_must(l, registered, SIP_R_FLOW_TIMER_WHERE, timer->name);
        if (registered)
            sip_must(l, sip_option(m, SIP_REQUIRE, "outbound"), SIP_R_FLOW_TIMER_OUTBOUND,
                     timer->name);
    }
    if (!m->request && m->status == 439 && l->method != SIP_M_OTHER)
        sip_must(l, l->method == SIP_M_REGISTER, SIP_R_STATUS_439, m->start);
    if (path && m->request && l->method == SIP_M_REGISTER)
        sip_must(l, sip_option(m, SIP_SUPPORTED, "path"), SIP_R_PATH_SUPPORTED, path->name);
}

void sip_lint_sender(struct sip_lint *l)
{
    cookies(l);
    outbound(l);
}

/* ---- what goes together ---- */

/* The header field of this type that has the option tag; NULL: none. */
static const struct sip_header *asks(const struct sip_msg *m, enum sip_type type, const char *tag)
{
    return sip_option(m, type, tag) ? sip_header(m, type) : NULL;
}

/* RFC 4028. */
void sip_lint_timer(struct sip_lint *l)
{
    const struct sip_msg *m = l->m;
    const struct sip_header *h = asks(m, SIP_REQUIRE, "timer");

    if (!m->request)
        return;
    if (!h)
        h = asks(m, SIP_PROXY_REQUIRE, "timer");
    if (h)
        sip_broke(l, SIP_R_TIMER_REQUIRE, h->name);
    if (h && !said(l, SIP_R_SESSION_SUPPORTED)) /* which says the same where refresher is given */
        sip_must(l, sip_option(m, SIP_SUPPORTED, "timer"), SIP_R_TIMER_SUPPORTED, h->name);
}

/* RFC 4412. */
static void priority(struct sip_lint *l)
{
    const struct sip_msg *m = l->m;
    const struct sip_header *h = asks(m, SIP_PROXY_REQUIRE, "resource-priority"),
                            *accept = sip_header(m, SIP_ACCEPT_RESOURCE_PRIORITY);

    if (m->request && h)
        sip_broke(l, SIP_R_PRIORITY_PROXY, h->name);
    if (m->request || !accept || !m->status)
        return;
    bool info = m->status / 100 == 2 && /* RFC 6086 section 6.1; a fragment need not say */
                (l->method == SIP_M_INFO || !sip_header(m, SIP_CSEQ));
    sip_must(l, m->status == 200 || m->status == 417 || info, SIP_R_ACCEPT_PRIORITY_STATUS,
             accept->name);
    if (m->status == 200 && l->method == SIP_M_OPTIONS)
        sip_must(l, sip_option(m, SIP_SUPPORTED, "resource-priority"),
                 SIP_R_ACCEPT_PRIORITY_SUPPORTED, accept->name);
}

/* SUBSCRIBE and NOTIFY can make a dialog, as INVITE can (RFC 6665 section 4.4.1). */
static void dialog(struct sip_lint *l)
{
    const struct sip_msg *m = l->m;
    const struct sip_address *contact = sip_first(m, SIP_CONTACT);

    if (!m->request || (l->method != SIP_M_SUBSCRIBE && l->method != SIP_M_NOTIFY))
        return;
    if (!sip_header(m, SIP_CONTACT))
        sip_broke(l, SIP_R_CONTACT_INVITE, m->head);
    else if (contact && contact->uri.scheme.p) /* a broken one was said to be so */
        sip_must(l,
                 (contact->uri.kind == URI_SIP || contact->uri.kind == URI_SIPS) &&
                     sip_one(m, SIP_CONTACT),
                 SIP_R_CONTACT_ONE, contact->text);
}

void sip_lint_asks(struct sip_lint *l)
{
    priority(l);
    dialog(l);
}

/* ---- challenges ---- */

static void challenges(struct sip_lint *l, enum sip_type type)
{
    const struct sip_msg *m = l->m;
    const struct auth_where at = {.in = m->head, .sip = true};
    struct auth_challenge v[CHALLENGES];
    struct finding found[CHALLENGES];
    struct findings fs = {.v = found, .cap = CHALLENGES};
    size_t n = 0;

    if (!sip_header(m, type))
        return;
    for (size_t i = 0; i < m->headers_n && n < CHALLENGES; i++) {
        const struct sip_auth *a = m->headers[i].values;
        if (m->headers[i].type != type || m->headers[i].values_n == 0)
            continue;
        struct auth_list list = auth_list_of(a->scheme, a->params, a->params_n);
        auth_challenge_of(&list, &v[n++]);
    }
    auth_lint_challenges(v, n, &at, &fs);
    sip_told(l, &fs);
}

/* What challenges of one realm are to each other (RFC 8760 section 2.3). */
void sip_lint_challenges(struct sip_lint *l)
{
    const struct sip_header *server = sip_header(l->m, SIP_WWW_AUTHENTICATE),
                            *proxy = sip_header(l->m, SIP_PROXY_AUTHENTICATE);
    bool first = proxy && (!server || proxy < server); /* what is said once is said there */

    if (l->m->request)
        return;
    challenges(l, first ? SIP_PROXY_AUTHENTICATE : SIP_WWW_AUTHENTICATE);
    challenges(l, first ? SIP_WWW_AUTHENTICATE : SIP_PROXY_AUTHENTICATE);
}
