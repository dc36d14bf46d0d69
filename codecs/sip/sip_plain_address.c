/* codecs/sip/sip_plain_address.c - parameters, Via, and header fields with addresses that break no rule. */
#include "codecs/sip/sip_plain_field.h"

/* ---- parameters ----
 *
 * One name means one thing: what a rule says of it in one header field is asked for in all. */

static const struct param_names names = {
    {
        PARAM_NAME(TAG, PLAIN, 't', 'a', 'g'),
        PARAM_NAME(BRANCH, PLAIN, 'b', 'r', 'a', 'n', 'c', 'h'),
        PARAM_NAME(RPORT, BARE, 'r', 'p', 'o', 'r', 't'),
        PARAM_NAME(RECEIVED, PLAIN, 'r', 'e', 'c', 'e', 'i', 'v', 'e', 'd'),
        PARAM_NAME(EXPIRES, NUMBER, 'e', 'x', 'p', 'i', 'r', 'e', 's'),
        PARAM_NAME(RETRY, NUMBER, 'r', 'e', 't', 'r', 'y', '-', 'a', 'f', 't', 'e', 'r'),
        PARAM_NAME(REASON, PLAIN, 'r', 'e', 'a', 's', 'o', 'n'),
        PARAM_NAME(HANDLING, PLAIN, 'h', 'a', 'n', 'd', 'l', 'i', 'n', 'g'),
        PARAM_NAME(CAUSE, NUMBER, 'c', 'a', 'u', 's', 'e'),
        PARAM_NAME(TEXT, QUOTED, 't', 'e', 'x', 't'),
        PARAM_NAME(Q, PLAIN, 'q'),
        PARAM_NAME(REFRESHER, PLAIN, 'r', 'e', 'f', 'r', 'e', 's', 'h', 'e', 'r'),
        PARAM_NAME(REG_ID, NUMBER, 'r', 'e', 'g', '-', 'i', 'd'),
        PARAM_NAME(INSTANCE, QUOTED, '+', 's', 'i', 'p', '.', 'i', 'n', 's', 't', 'a', 'n', 'c',
                   'e'),
        PARAM_NAME(OTHER, NEVER, 't', 't', 'l'),
        PARAM_NAME(OTHER, NEVER, 'm', 'a', 'd', 'd', 'r'),
        PARAM_NAME(OTHER, NEVER, 'a', 'c', 't', 'i', 'o', 'n'),
        PARAM_NAME(OTHER, NEVER, 'c', 'i', 'd'),
    },
    PARAM_ANY,
};

/* An IPv4 address: a host whose last label is digits. */
static bool received(const struct sip_look *k, struct span s)
{
    size_t at = s.n;

    while (at > 0 && lex_is(s.p[at - 1], LEX_DIGIT))
        at--;
    return at > 0 && at < s.n && s.p[at - 1] == '.' && uri_plain_host(&k->map, s);
}

/* Values of those that are no more than host characters or strings so far. */
static bool more_fit(const struct sip_look *k, const struct param_seen *s)
{
    if (s->has & HAS(RECEIVED) && !received(k, s->known[RECEIVED]->value))
        return false;
    if (s->has & HAS(Q) && !lex_qvalue(s->known[Q]->value))
        return false;
    if (s->has & HAS(REG_ID) &&
        !(s->has & HAS(INSTANCE) && number(k, s->known[REG_ID]->value, 1, INT32_MAX)))
        return false;
    if (!(s->has & HAS(INSTANCE)))
        return true;
    struct span v = s->known[INSTANCE]->value;
    return v.n > 4 && v.p[1] == '<' && v.p[v.n - 2] == '>' && sip_urn(v) &&
           lex_like(s->known[INSTANCE]->name, "+sip.instance");
}

/* Parameters up to `end`; ODD too where the value of one is not plain. */
void sip_plain_params(const struct sip_look *k, const struct param *v, size_t n, const uint8_t *end,
                      struct param_seen *s)
{
    const uint32_t more = HAS(RECEIVED) | HAS(Q) | HAS(REG_ID) | HAS(INSTANCE);

    param_look(&k->map, v, n, end, &names, s);
    if (s->has & more && !(s->has & ODD) && !more_fit(k, s))
        s->has = ODD;
}

/* ---- Via ---- */

/* Whether a branch begins with the magic cookie, as it is usually written; it has more than seven octets. */
static inline bool cookie(struct span branch)
{
    static const uint8_t is[7] = {'z', '9', 'h', 'G', '4', 'b', 'K'};
    return lex_half(branch.p) == lex_half(is) && lex_half(branch.p + 3) == lex_half(is + 3);
}

/* The octets of its parameters. */
ONCE static size_t any_via_params(struct sip_look *k, const struct sip_via *v)
{
    struct param_seen s;

    sip_plain_params(k, v->params, v->params_n, end_of(v->text), &s);
    if (s.has & ODD || (s.has & HAS(BRANCH) && s.known[BRANCH]->value.n == 7))
        return NOT_PLAIN; /* the magic cookie has seven */
    if (s.has & HAS(RPORT) &&
        s.known[RPORT]->value.p) { /* what only the next hop writes, and with received */
        bool usual = s.has & HAS(RECEIVED) && !(k->class == 0 && v == sip_first(k->m, SIP_VIA)) &&
                     number(k, s.known[RPORT]->value, 1, UINT16_MAX);
        sip_look_due(k, SIP_ON_RPORT, !usual);
    }
    sip_look_due(k, SIP_ON_TOP, !(s.has & HAS(BRANCH)));
    /* a branch of other elements than those of RFC 3261, which may write what only those do */
    bool other =
        s.has & HAS(BRANCH) && (s.known[BRANCH]->value.n < 8 || !cookie(s.known[BRANCH]->value));
    sip_look_due(k, SIP_ON_SENDER, other && v->params_n > 1);
    return s.hosts;
}

/* The same of a branch with the cookie and what the next hop adds to it, as most Vias of responses have it. */
ONCE static size_t met_via_params(struct sip_look *k, const struct sip_via *v)
{
    const struct param *p = v->params, *end = p + v->params_n;
    unsigned has = 0, is;
    bool filled = false; /* rport has a value */
    size_t n = 0;

    for (; p < end; p++, has |= is) {
        struct span s = p->value;
        uint64_t front = p->name.n ? lexmap_front(&k->map, p->name) : 0;
        if (front == LEXMAP_FRONT("branch") && s.n > 7 && cookie(s))
            is = HAS(BRANCH);
        else if (front == LEXMAP_FRONT("rport") && (!s.p || number(k, s, 1, UINT16_MAX)))
            is = HAS(RPORT);
        else if (front == LEXMAP_FRONT("received") && p->name.n == 8 && s.n && received(k, s))
            is = HAS(RECEIVED);
        else
            return any_via_params(k, v);
        if (RARELY(has & is))
            return any_via_params(k, v);
        filled |= is == HAS(RPORT) && s.p;
        n += p->name.n + s.n;
    }
    bool met = !filled || (has & HAS(RECEIVED) && (k->class || v != sip_first(k->m, SIP_VIA)));
    return OFTEN(met && has & HAS(BRANCH)) ? n : any_via_params(k, v);
}

static inline size_t via_params(struct sip_look *k, const struct sip_via *v)
{
    const struct param *p = v->params;
    size_t n = v->params_n;

    if (OFTEN(n == 1 || n == 2) && OFTEN(p->name.n == 6 && p->value.n > 7) &&
        OFTEN(lexmap_front(&k->map, p->name) == LEXMAP_FRONT("branch")) &&
        OFTEN(cookie(p->value))) {
        bool rport = n == 2 && p[1].name.n == 5 && !p[1].value.p &&
                     lexmap_front(&k->map, p[1].name) == LEXMAP_FRONT("rport");
        if (n == 1 || rport)
            return p->name.n + p->value.n + (rport ? p[1].name.n : 0);
    }
    return met_via_params(k, v);
}

/* "SIP/2.0/" with white space, and something behind it. */
ONCE static bool spaced(const struct sip_via *v)
{
    return span_is(v->protocol, "SIP") && span_is(v->version, "2.0") && v->transport.n;
}

size_t sip_plain_via(struct sip_look *k, const struct sip_header *h)
{
    const struct sip_via *v = h->values;
    const uint8_t *tail = NULL;
    size_t n = 0;

    for (size_t i = 0; i < h->values_n; i++, v++) {
        size_t host = uri_plain_host(&k->map, v->host), more = 0;
        if (RARELY(host == 0) || RARELY(!v->port_fits) || (RARELY(!v->usual) && !spaced(v)))
            return NOT_PLAIN;
        tail = end_of(v->text);
        if (OFTEN(v->params_n)) {
            more = via_params(k, v);
            if (RARELY(more == NOT_PLAIN))
                return NOT_PLAIN;
        } else {
            sip_look_due(k, SIP_ON_TOP, true);
            if (end_of(v->port.p ? v->port : v->host) != tail)
                return NOT_PLAIN;
        }
        n += 6 + v->transport.n + host + v->port.n + more;
    }
    return tail == end_of(h->value) ? n : NOT_PLAIN;
}

/* ---- addresses ---- */

/* A display name that is no single token: how many host characters it has. */
ONCE static size_t any_display(const struct sip_look *k, struct span s)
{
    if (s.p[0] == '"')
        return lexmap_quoted(&k->map, s);
    return lex_all(s, LEX_TOKEN | LEX_LWS) ? lexmap_hosts(&k->map, s) : NOT_PLAIN;
}

/* Of an address that is not closed by ">" and nothing else behind, or parameters, or is not opened. */
ONCE static bool other_brackets(const struct sip_address *a)
{
    struct span s = a->uri.text;
    return a->bare ? lex_find(s, 0, ',') == s.n && lex_find(s, 0, '?') == s.n : sip_closed(a);
}

struct of_address {
    size_t hosts; /* octets of LEXMAP_HOST */
    uint32_t has; /* what is known of its URI and parameters; ODD: it is not plain */
};
ONCE static struct of_address address(const struct sip_look *k, const struct sip_address *a)
{
    const uint8_t *close = end_of(a->uri.text), *end = end_of(a->text);
    const struct of_address odd = {0, ODD};
    const struct param *p = a->params;
    struct span d = a->display;
    size_t n = d.n;

    if (n && (n > LEXMAP_SPAN || lexmap_other(&k->map, LEXMAP_HOST, d))) {
        n = any_display(k, d);
        if (RARELY(n == NOT_PLAIN))
            return odd;
    }
    if (RARELY(!a->closed) && !other_brackets(a))
        return odd;
    struct uri_plain uri = uri_plain(&k->map, &a->uri);
    if (RARELY(!uri.says))
        return odd;
    uint32_t has = uri.says / URI_PLAIN_PORT << PORT | (uint32_t)a->bare << BARE;
    n += uri.hosts;
    if (a->params_n == 0)
        return (struct of_address){n, close + !a->bare == end ? has : ODD};
    if (OFTEN(a->params_n == 1) && OFTEN(p->name.n == 3) && OFTEN(p->value.n) &&
        OFTEN(lexmap_front(&k->map, p->name) == LEXMAP_FRONT("tag"))) /* most often */
        return (struct of_address){n + p->name.n + p->value.n, has | HAS(TAG)};
    struct param_seen s;
    sip_plain_params(k, p, a->params_n, end, &s);
    return (struct of_address){n + s.hosts, has | s.has};
}

/* From or To; hosts is NOT_PLAIN where it is not plain. */
static inline struct of_address end(const struct sip_look *k, const struct sip_header *h)
{
    const struct sip_address *a = h->values;
    const uint32_t never = ODD | HAS(PORT) | HAS(LR) | HAS(TRANSPORT);
    struct of_address is = {NOT_PLAIN, 0};

    if (RARELY(h->values_n != 1))
        return is;
    is = address(k, a);
    if (RARELY(is.has & never) || end_of(a->text) != end_of(h->value))
        is.hosts = NOT_PLAIN;
    return is;
}
size_t sip_plain_from(struct sip_look *k, const struct sip_header *h)
{
    struct of_address is = end(k, h);
    return is.has & HAS(TAG) || k->class ? is.hosts : NOT_PLAIN;
}
size_t sip_plain_to(struct sip_look *k, const struct sip_header *h)
{
    struct of_address is = end(k, h);
    k->tagged = is.has & HAS(TAG);
    return k->tagged || k->m->status <= 100 ? is.hosts : NOT_PLAIN;
}

/* Names with "+" are features of RFC 3840 section 9: a letter, and others of host characters and some signs; their
 * values are strings. How many of these octets are to be left out: "+" is none. NOT_PLAIN: one is not. */
static size_t features(const struct param *v, size_t n)
{
    size_t signs = 0;

    for (size_t i = 0; i < n; i++)
        if (v[i].name.p[0] == '+') {
            if (v[i].name.n < 2 || !lex_is(v[i].name.p[1], LEX_ALPHA) ||
                (v[i].value.p && v[i].value.p[0] != '"'))
                return NOT_PLAIN;
            signs++;
        }
    return signs;
}

/* Whether a URI may have the parameter ob, with an escape or without. */
static bool may_have_ob(const struct uri *u)
{
    for (size_t i = 0; i < u->params_n; i++)
        if (u->params[i].name.n % 2 == 0 && u->params[i].name.n <= 6)
            return true;
    return false;
}

size_t sip_plain_contact(struct sip_look *k, const struct sip_header *h)
{
    bool registering = k->method == SIP_M_REGISTER, success = k->class == 2;
    bool redirect = k->class == 3 || (registering && (k->class == 0 || success));
    const uint32_t never = ODD | (redirect ? HAS(LR) : 0),
                   always = registering && success ? HAS(EXPIRES) : 0;
    const struct sip_address *a = h->values;
    const uint8_t *tail = NULL;
    size_t n = 0;

    for (size_t i = 0; i < h->values_n; i++, a++) {
        struct of_address is = address(k, a);
        uint32_t has = is.has;
        n += is.hosts;
        size_t signs = a->params_n && !(has & ODD) ? features(a->params, a->params_n) : 0;
        if (RARELY((has & (never | always)) != always || signs == NOT_PLAIN))
            return NOT_PLAIN;
        n -= signs;
        tail = end_of(a->text);
        if (k->class == 0 && !registering && a->uri.params_n && may_have_ob(&a->uri))
            return NOT_PLAIN;
        k->flow |= has & HAS(REG_ID) && registering && k->class == 0;
    }
    k->contacts += (uint32_t)h->values_n;
    return tail == end_of(h->value) ? n : NOT_PLAIN;
}

/* Addresses that have all of `always` and nothing of `never`. */
ONCE static size_t addresses(const struct sip_look *k, const struct sip_header *h, uint32_t always,
                             uint32_t never)
{
    const struct sip_address *a = h->values;
    const uint8_t *tail = NULL;
    size_t n = 0;

    for (size_t i = 0; i < h->values_n; i++) {
        struct of_address is = address(k, &a[i]);
        if (RARELY((is.has & (always | never | ODD)) != always))
            return NOT_PLAIN;
        n += is.hosts;
        tail = end_of(a[i].text);
    }
    return tail == end_of(h->value) ? n : NOT_PLAIN;
}
size_t sip_plain_route(struct sip_look *k, const struct sip_header *h)
{
    return addresses(k, h, 0, HAS(BARE));
}
size_t sip_plain_record_route(struct sip_look *k, const struct sip_header *h)
{
    return addresses(k, h, HAS(LR), HAS(BARE));
}
size_t sip_plain_one_address(struct sip_look *k, const struct sip_header *h)
{
    return h->values_n == 1 ? addresses(k, h, 0, 0) : NOT_PLAIN;
}

/* The only value of its type in the message. */
size_t sip_plain_identity(struct sip_look *k, const struct sip_header *h)
{
    const struct sip_header *last = k->m->headers + k->m->headers_n - 1;
    const struct sip_address *a = h->values;

    if (sip_header(k->m, h->type) != h || (h->values_n && a->params_n))
        return NOT_PLAIN;
    for (const struct sip_header *i = h; i < last; i++)
        if (i[1].type == h->type)
            return NOT_PLAIN;
    return sip_plain_one_address(k, h);
}
