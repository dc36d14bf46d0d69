/* codecs/sip/sip_lint_ext_whole.c - header fields of extensions: where they stand, what several of them say
 * together. */
#include "codecs/sip/sip_where.h"

/* ---- where they may stand ---- */

static const struct place {
    enum sip_type type;
    enum sip_rule request;      /* said of a request; SIP_RULES: any request may have it */
    unsigned requests;          /* methods in which it may stand */
    enum sip_rule response;     /* the same of responses */
    uint16_t from, to, also[2]; /* status codes with which it may stand */
    unsigned responses;         /* methods to whose responses this holds */
} places[] = {
#define SIP_PLACE(id, request, requests, response, from, to, also, too, responses)                 \
    {SIP_##id, SIP_R_##request, requests, SIP_R_##response, from, to, {also, too}, responses},
#include "codecs/sip/sip_places.def"
#undef SIP_PLACE
};

void sip_lint_places(struct sip_lint *l)
{
    const struct sip_msg *m = l->m;
    bool other = l->method == SIP_M_OTHER;

    for (size_t i = 0; i < COUNT(places); i++) {
        const struct place *p = &places[i];
        const struct sip_header *h = sip_header(m, p->type);
        if (!h)
            continue;
        if (m->request) {
            if (p->request != SIP_RULES && !other)
                sip_must(l, p->requests >> l->method & 1, p->request, h->name);
        } else if (p->response != SIP_RULES) {
            bool status = (m->status >= p->from && m->status <= p->to) ||
                          (m->status && (m->status == p->also[0] || m->status == p->also[1]));
            sip_must(l, status && (other || p->responses >> l->method & 1), p->response, h->name);
        }
    }
}

/* Header fields that a method, or responses to it, do not take, of those that RFC 3261 lets stand in both; 0 ends a
 * row. RFC 6665 has taken back what RFC 3265 said of SUBSCRIBE and NOTIFY. */
static const struct barred {
    enum sip_method method;
    enum sip_rule rule;
    uint16_t from, to; /* status; 0: a request */
    enum sip_type types[10];
} barred[] = {
    {SIP_M_PRACK,
     SIP_R_PRACK_FIELDS,
     0,
     0,
     {SIP_ALERT_INFO, SIP_CALL_INFO, SIP_CONTACT, SIP_EXPIRES, SIP_IN_REPLY_TO, SIP_ORGANIZATION,
      SIP_PRIORITY, SIP_REPLY_TO, SIP_SUBJECT}},
    {SIP_M_PRACK,
     SIP_R_PRACK_RESPONSE,
     100,
     699,
     {SIP_ALERT_INFO, SIP_CALL_INFO, SIP_EXPIRES, SIP_MIN_EXPIRES, SIP_ORGANIZATION, SIP_REPLY_TO}},
    {SIP_M_PRACK,
     SIP_R_PRACK_RESPONSE,
     200,
     299,
     {SIP_ACCEPT, SIP_ACCEPT_ENCODING, SIP_ACCEPT_LANGUAGE, SIP_CONTACT}},
    {SIP_M_PRACK, SIP_R_PRACK_RESPONSE, 100, 199, {SIP_CONTACT}},
    {SIP_M_UPDATE,
     SIP_R_UPDATE_FIELDS,
     0,
     0,
     {SIP_ALERT_INFO, SIP_EXPIRES, SIP_IN_REPLY_TO, SIP_PRIORITY, SIP_REPLY_TO, SIP_SUBJECT}},
    {SIP_M_UPDATE,
     SIP_R_UPDATE_RESPONSE,
     100,
     699,
     {SIP_ALERT_INFO, SIP_EXPIRES, SIP_MIN_EXPIRES, SIP_REPLY_TO, SIP_RSEQ}},
    {SIP_M_MESSAGE,
     SIP_R_MESSAGE_FIELDS,
     0,
     0,
     {SIP_ACCEPT, SIP_ACCEPT_ENCODING, SIP_ACCEPT_LANGUAGE, SIP_ALERT_INFO, SIP_RECORD_ROUTE}},
    {SIP_M_MESSAGE, SIP_R_MESSAGE_RESPONSE, 100, 699, {SIP_ALERT_INFO, SIP_RECORD_ROUTE}},
    {SIP_M_MESSAGE,
     SIP_R_MESSAGE_RESPONSE,
     200,
     299,
     {SIP_ACCEPT, SIP_ACCEPT_ENCODING, SIP_ACCEPT_LANGUAGE}},
    {SIP_M_MESSAGE, SIP_R_MESSAGE_RESPONSE, 100, 199, {SIP_CONTACT}},
    {SIP_M_REFER,
     SIP_R_REFER_FIELDS,
     0,
     0,
     {SIP_ALERT_INFO, SIP_CALL_INFO, SIP_IN_REPLY_TO, SIP_PRIORITY, SIP_REPLY_TO, SIP_SUBJECT}},
    {SIP_M_REFER,
     SIP_R_REFER_RESPONSE,
     100,
     699,
     {SIP_ALERT_INFO, SIP_CALL_INFO, SIP_MIN_EXPIRES, SIP_REPLY_TO}},
    {SIP_M_REFER,
     SIP_R_REFER_RESPONSE,
     200,
     299,
     {SIP_ACCEPT, SIP_ACCEPT_ENCODING, SIP_ACCEPT_LANGUAGE}},
    {SIP_M_REFER, SIP_R_REFER_RESPONSE, 100, 199, {SIP_CONTACT}},
    {SIP_M_PUBLISH,
     SIP_R_PUBLISH_FIELDS,
     0,
     0,
     {SIP_ALERT_INFO, SIP_IN_REPLY_TO, SIP_RECORD_ROUTE, SIP_REPLY_TO}},
    {SIP_M_PUBLISH, SIP_R_PUBLISH_RESPONSE, 100, 699, {SIP_ALERT_INFO, SIP_REPLY_TO}},
    {SIP_M_PUBLISH,
     SIP_R_PUBLISH_RESPONSE,
     200,
     299,
     {SIP_ACCEPT, SIP_ACCEPT_ENCODING, SIP_ACCEPT_LANGUAGE, SIP_CONTACT}},
    {SIP_M_PUBLISH, SIP_R_PUBLISH_RESPONSE, 100, 199, {SIP_CONTACT}},
    {SIP_M_INFO,
     SIP_R_INFO_FIELDS,
     0,
     0,
     {SIP_ALERT_INFO, SIP_CONTACT, SIP_EXPIRES, SIP_ORGANIZATION, SIP_PRIORITY}},
    {SIP_M_INFO,
     SIP_R_INFO_RESPONSE,
     100,
     699,
     {SIP_ALERT_INFO, SIP_EXPIRES, SIP_MIN_EXPIRES, SIP_ORGANIZATION}},
    {SIP_M_INFO,
     SIP_R_INFO_RESPONSE,
     100,
     299,
     {SIP_CONTACT}}, /* a 3xx has it by section 8.1.3.4 */
};

static void fields_of_method(struct sip_lint *l)
{
    unsigned status = l->m->request ? 0 : l->m->status;

    for (size_t i = 0; i < COUNT(barred); i++) {
        const struct barred *b = &barred[i];
        if (b->method != l->method || l->m->request != (b->to == 0) || status < b->from ||
            status > b->to)
            continue;
        for (size_t k = 0; b->types[k]; k++) {
            const struct sip_header *h = sip_header(l->m, b->types[k]);
            if (h)
                sip_broke(l, b->rule, h->name);
        }
    }
}

/* Requests that are sent within a dialog only. */
static void in_dialog(struct sip_lint *l)
{
    static const struct {
        enum sip_method method;
        enum sip_rule rule;
    } methods[] = {
        {SIP_M_PRACK, SIP_R_PRACK_DIALOG},
        {SIP_M_UPDATE, SIP_R_UPDATE_DIALOG},
        {SIP_M_INFO, SIP_R_INFO_DIALOG},
    };
    const struct sip_address *to = sip_first(l->m, SIP_TO);

    for (size_t i = 0; l->m->request && to && i < COUNT(methods); i++)
        if (methods[i].method == l->method)
            sip_must(l, sip_param(to->params, to->params_n, "tag").p != NULL, methods[i].rule,
                     to->text);
}

/* ---- what several header fields say together ---- */

bool sip_option(const struct sip_msg *m, enum sip_type type, const char *tag)
{
    const struct sip_header *h = sip_header(m, type);

    for (; h && h < m->headers + m->headers_n; h++) {
        const struct sip_value *v = h->values;
        for (size_t k = 0; h->type == type && k < h->values_n; k++)
            if (lex_like(v[k].value, tag))
                return true;
    }
    return false;
}

/* The second header field of a type; NULL: there is none. */
static const struct sip_header *second(const struct sip_msg *m, enum sip_type type)
{
    const struct sip_header *h = sip_header(m, type);

    for (const struct sip_header *i = h; h && i + 1 < m->headers + m->headers_n; i++)
        if (i[1].type == type)
            return i + 1;
    return NULL;
}

static bool tagged(const struct sip_msg *m)
{
    return sip_tag(m, SIP_TO).p != NULL;
}

/* RFC 3262. */
void sip_lint_reliable(struct sip_lint *l)
{
    const struct sip_msg *m = l->m;
    const struct sip_header *rseq = sip_header(m, SIP_RSEQ);
    bool required = sip_option(m, SIP_REQUIRE, "100rel");

    if (m->request) {
        if (required && l->method != SIP_M_INVITE && l->method != SIP_M_OTHER)
            sip_broke(l, SIP_R_REQUIRE_100REL, sip_header(m, SIP_REQUIRE)->name);
        return;
    }
    if (m->status == 100 && rseq)
        sip_broke(l, SIP_R_RSEQ_100, rseq->name);
    if (m->status <= 100 || m->status >= 200)
        return;
    if (rseq)
        sip_must(l, required, SIP_R_RSEQ_NO_REQUIRE, rseq->name);
    else if (required)
        sip_broke(l, SIP_R_REQUIRE_NO_RSEQ, sip_header(m, SIP_REQUIRE)->name);
}

static bool event_is_refer(const struct sip_msg *m)
{
    const struct sip_value *v = sip_first(m, SIP_EVENT);
    return v && span_is(v->value, "refer");
}

/* RFC 3515; a body in parts or of S/MIME may hold the sipfrag. */
static void refer(struct sip_lint *l)
{
    const struct sip_msg *m = l->m;
    const struct sip_value *type = sip_first(m, SIP_CONTENT_TYPE),
                           *sub = sip_first(m, SIP_REFER_SUB);

    if (l->method == SIP_M_REFER && m->request)
        sip_must(l, sip_one(m, SIP_CONTACT), SIP_R_REFER_CONTACT,
                 sip_header(m, SIP_CONTACT) ? sip_header(m, SIP_CONTACT)->name : m->head);
    if (l->method == SIP_M_REFER && !m->request && m->status / 100 == 2)
        sip_must(l, sip_header(m, SIP_CONTACT) || (sub && lex_like(sub->value, "false")),
                 SIP_R_REFER_2XX_CONTACT, m->head);
    if (l->method != SIP_M_NOTIFY || !m->request || !event_is_refer(m))
        return;
    struct span kind = type ? type->value : (struct span){NULL, 0};
    bool sipfrag = lex_like(kind, "message/sipfrag"),
         wrapped = kind.n > 10 && (lex_like(span_cut(kind, 0, 10), "multipart/") ||
                                   lex_like(kind, "application/pkcs7-mime"));
    sip_must(l, m->body.n && (sipfrag || wrapped), SIP_R_REFER_NOTIFY_BODY,
             m->body.n ? m->body : m->head);
    if (m->body.n && sipfrag && !sip_header(m, SIP_CONTENT_ENCODING)) {
        struct span line = span_cut(m->body, 0, lex_find(m->body, 0, '\n'));
        size_t space = lex_find(line, 0, ' ');
        bool status = lex_like(span_cut(line, 0, 4), "SIP/") && space + 3 < line.n &&
                      lex_all(span_cut(line, space + 1, space + 4), LEX_DIGIT);
        sip_must(l, status, SIP_R_REFER_NOTIFY_STATUS, line);
    }
}

/* RFC 3428. A path whose MTU is known to be more than 1500 octets would allow more. */
static void message(struct sip_lint *l)
{
    const struct sip_msg *m = l->m;
    const struct sip_header *contact = sip_header(m, SIP_CONTACT);
    const struct sip_number *expires = sip_first(m, SIP_EXPIRES);

    if (l->method != SIP_M_MESSAGE)
        return;
    if (!m->request) {
        if (m->status / 100 == 2 && contact)
            sip_broke(l, SIP_R_MESSAGE_2XX_CONTACT, contact->name);
        if (m->status / 100 == 2)
            sip_must(l, m->body.n == 0, SIP_R_MESSAGE_2XX_BODY, m->body);
        return;
    }
    if (contact)
        sip_broke(l, SIP_R_MESSAGE_CONTACT, contact->name);
    if (expires && expires->fits && expires->number)
        sip_must(l, sip_header(m, SIP_DATE) != NULL, SIP_R_MESSAGE_DATE,
                 sip_header(m, SIP_EXPIRES)->name);
    const struct sip_via *via = sip_first(m, SIP_VIA);
    if (via && lex_like(via->transport, "UDP") && !tagged(m) && m->head.n + m->body.n > 1300)
        sip_broke_arg(l, SIP_R_MESSAGE_SIZE, m->start, m->head.n + m->body.n);
}

static void routes(struct sip_lint *l)
{
    const struct sip_msg *m = l->m;

    for (size_t i = 0; l->method == SIP_M_MESSAGE && i < m->headers_n; i++) {
        const struct sip_address *v = m->headers[i].values;
        if (m->headers[i].type != SIP_ROUTE)
            continue;
        for (size_t k = 0; k < m->headers[i].values_n; k++)
            sip_must(l, !lex_like(v[k].uri.scheme, "im"), SIP_R_MESSAGE_ROUTE_IM, v[k].text);
    }
}

/* RFC 3903. */
static void publish(struct sip_lint *l)
{
    const struct sip_msg *m = l->m;
    const struct sip_number *expires = sip_first(m, SIP_EXPIRES);
    const struct sip_header *route = sip_header(m, SIP_RECORD_ROUTE);

    if (l->method != SIP_M_PUBLISH)
        return;
    if (!m->request) {
        if (route)
            sip_broke(l, SIP_R_PUBLISH_ROUTE, route->name);
        return;
    }
    if (!sip_header(m, SIP_SIP_IF_MATCH))
        sip_must(l, m->body.n > 0, SIP_R_PUBLISH_BODY, m->head);
    else if (expires && expires->fits && expires->number == 0)
        sip_must(l, m->body.n == 0, SIP_R_PUBLISH_REMOVE, m->body);
}

/* RFC 4028. */
void sip_lint_session(struct sip_lint *l)
{
    const struct sip_msg *m = l->m;
    const struct sip_number *se = sip_first(m, SIP_SESSION_EXPIRES),
                            *min = sip_first(m, SIP_MIN_SE);
    bool of = l->method == SIP_M_INVITE || l->method == SIP_M_UPDATE;

    if (!se || !se->fits || !of)
        return;
    struct span refresher = sip_param(se->params, se->params_n, "refresher"), text = se->text;
    if (m->request) {
        if (min && min->fits && !tagged(m))
            sip_must(l, se->number >= min->number, SIP_R_SESSION_MIN, text);
        if (refresher.p) /* a proxy would not have said who refreshes: section 8.1 */
            sip_must(l, sip_option(m, SIP_SUPPORTED, "timer"), SIP_R_SESSION_SUPPORTED, text);
    } else if (m->status / 100 == 2) {
        sip_must(l, refresher.p != NULL, SIP_R_SESSION_2XX_REFRESHER, text);
        if (lex_like(refresher, "uac"))
            sip_must(l, sip_option(m, SIP_REQUIRE, "timer"), SIP_R_SESSION_2XX_REQUIRE, text);
    }
}

/* The request that begins a session: later ones of the dialog have the interval that was agreed. */
void sip_lint_first(struct sip_lint *l)
{
    const struct sip_msg *m = l->m;
    const struct sip_header *h = sip_header(m, SIP_SESSION_EXPIRES);
    const struct sip_number *se = h && h->values_n ? h->values : NULL;

    if (!m->request || !se || tagged(m))
        return;
    /* with one Via no proxy has reduced it: section 8.1 */
    if (se->fits && !se->comment.p && se->number < 1800 && sip_one(m, SIP_VIA))
        sip_broke_arg(l, SIP_R_SESSION_1800, h->value, se->number);
    if (l->method == SIP_M_INVITE && sip_header(m, SIP_TO))
        sip_must(l, !sip_param(se->params, se->params_n, "refresher").p, SIP_R_SESSION_OMIT,
                 se->text);
}

/* RFC 3581. */
void sip_lint_rport(struct sip_lint *l)
{
    const struct sip_msg *m = l->m;
    const struct sip_via *top = sip_first(m, SIP_VIA);

    for (size_t i = 0; i < m->headers_n; i++) {
        const struct sip_via *v = m->headers[i].values;
        for (size_t k = 0; m->headers[i].type == SIP_VIA && k < m->headers[i].values_n; k++) {
            const struct param *p = param_find(v[k].params, v[k].params_n, "rport");
            uint64_t port;
            if (!p || !p->value.p)
                continue;
            if (!lex_all(p->value, LEX_DIGIT)) {
                sip_broke(l, SIP_R_RPORT_FORM, p->text);
                continue;
            }
            sip_must(l, lex_number(p->value, &port) && port >= 1 && port <= UINT16_MAX,
                     SIP_R_RPORT_RANGE, p->text);
            if (m->request && &v[k] == top)
                sip_broke(l, SIP_R_RPORT_VALUE, p->text);
            else
                sip_must(l, sip_param(v[k].params, v[k].params_n, "received").p != NULL,
                         SIP_R_RPORT_RECEIVED, v[k].text);
        }
    }
}

/* RFC 5626. The first reg-id of a registration asks for options. */
void sip_lint_contacts(struct sip_lint *l)
{
    const struct sip_msg *m = l->m;
    struct span id = {NULL, 0};

    for (size_t i = 0; m->request && l->method == SIP_M_REGISTER && i < m->headers_n; i++) {
        const struct sip_header *h = &m->headers[i];
        const struct sip_address *a = h->values;
        for (size_t k = 0; h->type == SIP_CONTACT && k < h->values_n && !id.p; k++)
            id = sip_param(a[k].params, a[k].params_n, "reg-id");
    }
    if (!id.p)
        return;
    sip_must(l, sip_option(m, SIP_SUPPORTED, "outbound"), SIP_R_REG_ID_OUTBOUND, id);
    sip_must(l, sip_option(m, SIP_SUPPORTED, "path"), SIP_R_REG_ID_PATH, id);
}

/* ---- values of one type that must not be alike ---- */

/* What is compared of values; p is NULL where there is nothing. */
static struct span namespace(const struct sip_value *v)
{
    return span_cut(v->value, 0, lex_find(v->value, 0, '.'));
}
/* Those protocols that RFC 3326 defines; of others a document may say that they stand more often. */
static struct span protocol(const struct sip_value *v)
{
    bool own = lex_like(v->value, "SIP") || lex_like(v->value, "Q.850");
    return own ? v->value : (struct span){NULL, 0};
}
/* Without the zeros at the end of its fraction. */
static struct span preference(const struct sip_value *v)
{
    struct span q = sip_param(v->params, v->params_n, "q");
    size_t n = q.n;

    while (q.n > 1 && n > 1 && (q.p[n - 1] == '0' || q.p[n - 1] == '.'))
        n--;
    return q.n ? span_cut(q, 0, n) : q;
}
/* The type of a directive: of "no-fork" and "fork" it is "fork". */
static struct span directive_type(const struct sip_value *v)
{
    struct span s = v->value;
    if (lex_like(s, "redirect"))
        return span_of("proxy");
    if (lex_like(s, "sequential"))
        return span_of("parallel");
    return lex_like(span_cut(s, 0, 3), "no-") ? span_cut(s, 3, s.n) : s;
}

/* The first SIP_COMPARED values of header fields of `type` differ in what `part` says of them. */
static void distinct(struct sip_lint *l, enum sip_type type,
                     struct span (*part)(const struct sip_value *v), enum sip_rule rule)
{
    const struct sip_msg *m = l->m;
    struct span seen[SIP_COMPARED];
    size_t n = 0;

    if (!sip_header(m, type))
        return;
    for (size_t i = 0; i < m->headers_n; i++) {
        const struct sip_value *v = m->headers[i].values;
        for (size_t k = 0; m->headers[i].type == type && k < m->headers[i].values_n; k++) {
            struct span s = part(&v[k]);
            if (s.n == 0)
                continue;
            for (size_t j = 0; j < n; j++)
                if (lex_same(seen[j], s))
                    sip_broke(l, rule, v[k].text);
            if (n < SIP_COMPARED)
                seen[n++] = s;
        }
    }
}

/* RFC 3329. */
static void agreement(struct sip_lint *l)
{
    const struct sip_msg *m = l->m;
    const struct sip_header *client = sip_header(m, SIP_SECURITY_CLIENT),
                            *verify = sip_header(m, SIP_SECURITY_VERIFY);
    if (!client && !verify && m->status != 494)
        return;
    /* what went through a proxy is without the option tags: section 2.3.1 */
    bool first =
        m->request && sip_one(m, SIP_VIA) && l->method != SIP_M_ACK && l->method != SIP_M_CANCEL;
    bool require = sip_option(m, SIP_REQUIRE, "sec-agree"),
         proxy = sip_option(m, SIP_PROXY_REQUIRE, "sec-agree");

    if (!m->request && m->status == 494)
        sip_must(l, require, SIP_R_SECURITY_494_REQUIRE, m->head);
    if (client && first) {
        sip_must(l, require, SIP_R_SECURITY_REQUIRE, client->name);
        sip_must(l, proxy, SIP_R_SECURITY_PROXY, client->name);
    }
    if (verify && first) {
        sip_must(l, require, SIP_R_VERIFY_REQUIRE, verify->name);
        sip_must(l, proxy, SIP_R_VERIFY_PROXY, verify->name);
    }
    const struct sip_value *v = client ? client->values : NULL;
    for (size_t i = 0; m->request && client && i < client->values_n; i++)
        sip_must(l, !sip_param(v[i].params, v[i].params_n, "q").p, SIP_R_SECURITY_CLIENT_Q,
                 v[i].text);
}

/* Pairs, and what stands twice. */
static void together(struct sip_lint *l)
{
    const struct sip_msg *m = l->m;
    const struct sip_header *asserted = sip_header(m, SIP_P_ASSERTED_IDENTITY),
                            *join = sip_header(m, SIP_JOIN), *h;

    if (m->request && asserted && (h = sip_header(m, SIP_P_PREFERRED_IDENTITY)))
        sip_broke(l, SIP_R_IDENTITY_BOTH, h->name);
    if (m->request && join && sip_header(m, SIP_REPLACES))
        sip_broke(l, SIP_R_JOIN_REPLACES, join->name);
    if (m->request && l->method == SIP_M_INVITE) {
        if ((h = second(m, SIP_REPLACES)))
            sip_broke(l, SIP_R_REPLACES_MANY, h->name);
        if ((h = second(m, SIP_JOIN)))
            sip_broke(l, SIP_R_JOIN_MANY, h->name);
    }
    if ((h = second(m, SIP_P_CHARGING_FUNCTION_ADDRESSES)))
        sip_broke(l, SIP_R_CHARGING_ONE, h->name);
    if (m->request && l->method == SIP_M_INFO && (h = sip_header(m, SIP_RECV_INFO)))
        sip_broke(l, SIP_R_RECV_INFO_INFO, h->name);
    if (m->request && (h = sip_header(m, SIP_TARGET_DIALOG)))
        sip_must(l, sip_option(m, SIP_REQUIRE, "tdialog"), SIP_R_TARGET_REQUIRE, h->name);
    if (!m->request && m->status == 202)
        sip_must(l, l->method != SIP_M_SUBSCRIBE && l->method != SIP_M_NOTIFY, SIP_R_EVENT_202,
                 m->start);
}

/* RFC 7044 section 10.1.1: header covers history. */
static void history_privacy(struct sip_lint *l)
{
    const struct sip_value *v = sip_first(l->m, SIP_PRIVACY);
    bool header = v && lex_like(v->value, "header"), history = v && lex_like(v->value, "history");

    for (size_t i = 0; v && i < v->params_n; i++) {
        header |= lex_like(v->params[i].text, "header");
        history |= lex_like(v->params[i].text, "history");
    }
    if (l->m->request)
        sip_must(l, !header || !history, SIP_R_HISTORY_HEADER, v ? v->text : l->m->head);
}

void sip_lint_distinct(struct sip_lint *l)
{
    distinct(l, SIP_REASON, protocol, SIP_R_REASON_TWICE);
    distinct(l, SIP_RESOURCE_PRIORITY, namespace, SIP_R_PRIORITY_TWICE);
    distinct(l, SIP_REQUEST_DISPOSITION, directive_type, SIP_R_DISPOSITION_TYPE);
    distinct(l, SIP_SECURITY_CLIENT, preference, SIP_R_SECURITY_SAME_Q);
    distinct(l, SIP_SECURITY_SERVER, preference, SIP_R_SECURITY_SAME_Q);
    distinct(l, SIP_SECURITY_VERIFY, preference, SIP_R_SECURITY_SAME_Q);
}

void sip_lint_method(struct sip_lint *l)
{
    fields_of_method(l);
    in_dialog(l);
    refer(l);
    message(l);
    routes(l);
    publish(l);
}

void sip_lint_together(struct sip_lint *l)
{
    agreement(l);
    together(l);
    history_privacy(l);
}
