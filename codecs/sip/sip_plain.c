/* codecs/sip/sip_plain.c - which rules a message may break: its start line, its header fields together. */
#include "codecs/sip/sip_plain.h"

/* ---- which header fields are there ---- */

/* What messages have to have. */
#define ALL_NEED (SIP_IS(VIA) | SIP_IS(FROM) | SIP_IS(TO) | SIP_IS(CALL_ID) | SIP_IS(CSEQ))
#define REQUESTS_NEED (ALL_NEED | SIP_IS(MAX_FORWARDS))
/* What rules there are of a method; those of the event refer come with Event. */
static const struct method {
    uint32_t request, success; /* header fields that it, and a 2xx to it, has to have */
    bool own;                  /* rules of its own, which are tried */
    bool contact;              /* they ask for a Contact in the request */
} methods[SIP_METHODS] = {
    [SIP_M_INFO] = {.own = true},
    [SIP_M_INVITE] = {.request = SIP_IS(SUPPORTED),
                      .success = SIP_IS(SUPPORTED) | SIP_IS(ALLOW),
                      .contact = true},
    [SIP_M_MESSAGE] = {.own = true},
    [SIP_M_NOTIFY] = {.request = SIP_IS(EVENT) | SIP_IS(SUBSCRIPTION_STATE), .contact = true},
    [SIP_M_OPTIONS] = {.request = SIP_IS(ACCEPT),
                       .success = SIP_IS(ACCEPT) | SIP_IS(ACCEPT_ENCODING) |
                                  SIP_IS(ACCEPT_LANGUAGE) | SIP_IS(ALLOW) | SIP_IS(SUPPORTED)},
    [SIP_M_PRACK] = {.request = SIP_IS(RACK), .own = true},
    [SIP_M_PUBLISH] = {.request = SIP_IS(EVENT),
                       .success = SIP_IS(EXPIRES) | SIP_IS(SIP_ETAG),
                       .own = true},
    [SIP_M_REFER] = {.request = SIP_IS(REFER_TO), .own = true},
    [SIP_M_SUBSCRIBE] = {.request = SIP_IS(EVENT) | SIP_IS(EXPIRES),
                         .success = SIP_IS(EXPIRES),
                         .contact = true},
    [SIP_M_UPDATE] = {.request = SIP_IS(CONTACT), .success = SIP_IS(CONTACT), .own = true},
};

/* ---- the start line ---- */

static size_t plain_reason(const struct lexmap *map, struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!lex_is(s.p[i], LEX_ALPHA | LEX_DIGIT) && s.p[i] != ' ' && s.p[i] != '-')
            return 0;
    return lexmap_hosts(map, s);
}

/* How many octets of LEXMAP_HOST it has if it is plain. 0: it is not. */
static size_t plain_start(const struct sip_look *k)
{
    static const uint8_t version[7] = {'S', 'I', 'P', '/', '2', '.', '0'};
    const struct sip_msg *m = k->m;
    const size_t n = sizeof version - 1; /* without its "/" */

    if (RARELY(m->version.n != sizeof version || !lex_equal(m->version.p, version, m->version.n)))
        return 0;
    if (m->request && k->method == SIP_M_REGISTER && m->uri.user.p)
        return 0;
    if (m->request) {
        struct uri_plain uri = uri_plain(&k->map, &m->uri);
        return m->method.n && uri.says ? n + uri.hosts + m->method.n : 0;
    }
    size_t reason = plain_reason(&k->map, m->reason);
    return reason || m->reason.n == 0 ? n + 3 + reason : 0; /* and the status */
}

static SELDOM size_t not_plain_start(struct sip_look *k)
{
    k->due |= 1u << SIP_ON_START | 1u << SIP_ON_DIALOG;
    return lexmap_hosts(&k->map, k->m->start);
}

/* Look at it, in a map that has it. */
static inline size_t look_at_start(struct sip_look *k)
{
    size_t n = plain_start(k);
    return OFTEN(n) ? n : not_plain_start(k);
}

/* ---- each header field ---- */

/* `i`: of the group. */
static SELDOM size_t not_plain(struct sip_look *k, size_t i)
{
    const uint32_t asked = 1u << SIP_ON_SENDER | 1u << SIP_ON_TIMER | 1u << SIP_ON_ASKS;
    const struct sip_header *h = &k->m->headers[k->from + i];

    k->values |= UINT64_C(1) << i;
    uint32_t due = sip_plain_fields[h->type].due;
    k->due |= due ? due | asked : UINT32_MAX;
    return lexmap_hosts(&k->map, h->line) - h->name.n;
}

/* Look at the value of a header field: its octets of LEXMAP_HOST, if it is what it is taken for. */
static inline size_t look_at_value(struct sip_look *k, const struct sip_plain_field *field,
                                   const struct sip_header *h, size_t i)
{
    size_t n = OFTEN(field->check) ? field->check(k, h) : SIP_NOT_PLAIN;

    if (RARELY(n == SIP_NOT_PLAIN))
        n = not_plain(k, i);
    k->each[i] = (uint16_t)n;
    return n;
}

/* Not all parts are what they were taken for: which ones. `n`: header fields of the group. */
static SELDOM void look_again(struct sip_look *k, size_t n)
{
    const struct sip_header *h = &k->m->headers[k->from];

    if (k->whole && lexmap_hosts(&k->map, k->m->start) != k->start)
        not_plain_start(k);
    for (size_t i = 0; i < n; i++)
        if (lexmap_hosts(&k->map, h[i].line) != (size_t)k->each[i] + h[i].name.n)
            not_plain(k, i);
}

/* Which lines of `n` header fields are not of the usual form. */
static SELDOM void cut_lines(struct sip_look *k, size_t n)
{
    const struct sip_header *h = &k->m->headers[k->from];

    for (size_t i = 0; i < n; i++)
        k->lines |= (uint64_t)h[i].cut << i;
}

static inline void look_at_type(struct sip_look *k, const struct sip_plain_field *field)
{
    k->bars |= field->bars;
    k->there |= field->is;
}

/* Over the `n` header fields of the group, which are in the map beside `hosts` octets of LEXMAP_HOST. */
static inline void look_at_group(struct sip_look *k, size_t n, size_t hosts)
{
    const struct sip_header *h = &k->m->headers[k->from];

    for (size_t i = 0; i < n; i++, h++) {
        const struct sip_plain_field *field = &sip_plain_fields[h->type];
        look_at_type(k, field);
        hosts += h->name.n;
        hosts += look_at_value(k, field, h, i);
    }
    if (RARELY(hosts != k->map.hosts))
        look_again(k, n);
}

/* What rules are to be tried of the `n` header fields of the group, beside those of their values. */
static inline void end_group(struct sip_look *k, size_t n)
{
    k->lines = k->values;
    if (RARELY(k->m->cut_lines))
        cut_lines(k, n);
}

/* ---- large messages ---- */

static size_t size_of_value(enum sip_form form)
{
    return form == SIP_VIAS        ? sizeof(struct sip_via)
           : form == SIP_ADDRESSES ? sizeof(struct sip_address)
           : form == SIP_VALUES    ? sizeof(struct sip_value)
                                   : 0; /* no list */
}

/* The text of a value in a list. */
static struct span text_of(const uint8_t *value)
{
    struct span s; /* the first member of each */
    memcpy(&s, value, sizeof s);
    return s;
}

/* Whether all values of a list are plain, which takes more octets than a map has: as many at once as it takes. */
static bool plain_list(struct sip_look *k, const struct sip_header *h)
{
    sip_plain_check *check = sip_plain_fields[h->type].check;
    size_t size = size_of_value(sip_names[h->type].form);
    const uint8_t *v = h->values, *behind = h->value.p;

    for (size_t i = 0, n; check && size && i < h->values_n; i += n, v += n * size) {
        struct sip_header some = *h;
        const uint8_t *from = text_of(v).p, *end = from;
        for (n = 0; i + n < h->values_n; n++) {
            struct span next = text_of(v + n * size);
            if ((size_t)(next.p + next.n - from) > LEXMAP_MAX)
                break;
            end = next.p + next.n;
        }
        for (; behind < from; behind++) /* between the lists */
            if (lex_is(*behind, LEX_ALPHA | LEX_DIGIT) || *behind == '-' || *behind == '.')
                return false;
        behind = end;
        some.value = (struct span){from, (size_t)(end - from)};
        some.values = v;
        some.values_n = n;
        if (n == 0 || !lexmap_init(&k->map, some.value) || check(k, &some) != k->map.hosts)
            return false;
    }
    return check && size && behind == h->value.p + h->value.n;
}

/* Look at the start line. */
static SELDOM void look_at_front(struct sip_look *k)
{
    if (!lexmap_init(&k->map, k->m->start))
        k->due = UINT32_MAX;
    else if (look_at_start(k) != k->map.hosts)
        not_plain_start(k);
}

/* Look at the group that begins at k->from: how many header fields it has. */
static size_t next_group(struct sip_look *k)
{
    const struct sip_msg *m = k->m;
    const struct sip_header *h = &m->headers[k->from];
    size_t left = m->headers_n - k->from, n = 0;
    struct span text = {h->line.p, 0};

    k->values = 0;
    for (; n < left && n < SIP_PLAIN_GROUP; n++) {
        size_t size = (size_t)(h[n].line.p + h[n].line.n - text.p);
        if (size > LEXMAP_MAX)
            break;
        text.n = size;
    }
    if (n && lexmap_init(&k->map, text)) {
        look_at_group(k, n, 0);
    } else { /* one that is large, or next to nothing */
        n = n ? n : 1;
        for (size_t i = 0; i < n; i++)
            look_at_type(k, &sip_plain_fields[h[i].type]);
        if (n > 1 || !plain_list(k, h)) {
            k->values = UINT64_MAX >> (SIP_PLAIN_GROUP - n);
            k->due = UINT32_MAX;
        }
    }
    end_group(k, n);
    return n;
}

/* ---- what header fields say together ---- */

/* Whether it may lack a header field that its kind has to have. */
static inline bool may_lack(const struct sip_look *k)
{
    const struct method *of = &methods[k->method];
    uint32_t need = k->class == 0 ? of->request : k->class == 2 ? of->success : 0;

    return k->class > 2 || need & ~k->there;
}

static inline bool has_all(const struct sip_look *k)
{
    return !((k->class ? ALL_NEED : REQUESTS_NEED) & ~k->there);
}

/* Whether one stands where it may not. */
static inline void look_at_where(struct sip_look *k)
{
    unsigned lane = k->class == 0 ? 0 : k->class == 2 ? 1 : 2;
    sip_look_due(k, SIP_ON_WHERE, k->bars >> (16 * lane + k->method) & 1);
}

/* Of Session-Expires, plain by itself: whether it may not stand with Min-SE or Supported as they are, and whether
 * it says what the first request of a session should not. */
static __attribute__((noinline)) void look_at_session(struct sip_look *k)
{
    bool invite = k->method == SIP_M_INVITE, timer = k->supported >> SIP_OPTION_TIMER & 1,
         odd = k->class || k->least > k->interval || (k->refresher && !timer),
         first = k->class == 0 && !k->tagged && !(k->due >> SIP_ON_FIRST & 1);

    sip_look_due(k, SIP_ON_SESSION, odd && (invite || k->method == SIP_M_UPDATE));
    k->session_1800 = first && k->interval < 1800 && sip_one(k->m, SIP_VIA);
    k->session_omit = first && k->refresher && invite && k->there & SIP_IS(TO);
}

/* What sip_lint_sender.c is about. */
static inline void look_at_sender(struct sip_look *k)
{
    bool event = !k->class && (k->method == SIP_M_SUBSCRIBE || k->method == SIP_M_NOTIFY);

    sip_look_due(k, SIP_ON_SENDER, k->m->status == 439);
    sip_look_due(k, SIP_ON_TIMER, k->required >> SIP_OPTION_TIMER & 1);
    sip_look_due(k, SIP_ON_ASKS, event && k->contacts != 1);
    sip_look_due(k, SIP_ON_CHALLENGES, k->class && k->there & SIP_IS(CHALLENGE));
}

/* Whether it has what a Contact with reg-id asks for. */
static inline bool flows_fit(const struct sip_look *k)
{
    const uint32_t flows = 1u << SIP_OPTION_OUTBOUND | 1u << SIP_OPTION_PATH;
    return !k->flow || (k->supported & flows) == flows;
}

/* What topics are due because of what is there and what is not. */
static __attribute__((noinline)) void closer_look(struct sip_look *k)
{
    const struct sip_msg *m = k->m;
    bool contact = k->class == 0 ? k->contacts == 1 : k->class != 2 || k->contacts;
    bool body = k->there & SIP_IS(CONTENT_LENGTH) &&
                (!m->body.n || k->there & SIP_IS(CONTENT_TYPE)) && !m->parts_n && !m->rest.n;

    sip_look_due(k, SIP_ON_NEED, may_lack(k));
    sip_look_due(k, SIP_ON_MANDATORY, !has_all(k));
    sip_look_due(k, SIP_ON_METHOD, methods[k->method].own);
    sip_look_due(k, SIP_ON_DIALOG, k->method == SIP_M_INVITE && !contact);
    sip_look_due(k, SIP_ON_BODY, !body);
    sip_look_due(k, SIP_ON_RELIABLE, k->required >> SIP_OPTION_100REL & 1);
    sip_look_due(k, SIP_ON_CONTACTS, !flows_fit(k));
    sip_look_due(k, SIP_ON_DISTINCT, k->reasons > 1);
    look_at_sender(k);
    sip_look_due(k, SIP_ON_TOGETHER, m->status == 202 || m->status == 494);
}

/* When all header fields were looked at. Most messages are requests that have what they need, and nothing by which
 * closer_look makes a topic due. */
static inline void look_at_all(struct sip_look *k)
{
    const struct sip_msg *m = k->m;
    const struct method *of = &methods[k->method];
    uint32_t need = of->request | REQUESTS_NEED | SIP_IS(CONTENT_LENGTH),
             odd = (need & ~k->there) | k->required | k->class;
    bool usual = !odd && !of->own && flows_fit(k) && k->reasons <= 1 && !m->parts_n && !m->rest.n &&
                 (!of->contact || k->contacts == 1) &&
                 (!m->body.n || k->there & SIP_IS(CONTENT_TYPE));

    look_at_where(k);
    if (k->there & SIP_IS(SESSION_EXPIRES))
        look_at_session(k);
    if (!usual)
        closer_look(k);
}

bool sip_plain_look(struct sip_look *k, const struct sip_msg *m)
{
    if (RARELY(m->again || m->headers_n == 0 || m->headers_n > SIP_PLAIN_FIELDS ||
               (!m->request && (m->status < 100 || m->status > 699))))
        return false;
    memset(k, 0, offsetof(struct sip_look, m)); /* and not the map, which is large */
    k->m = m;
    k->method = m->kind;
    k->class = (uint8_t)(m->request ? 0 : m->status / 100);
    k->whole = m->headers_n <= SIP_PLAIN_GROUP && lexmap_init(&k->map, m->head);
    if (RARELY(!k->whole)) {
        look_at_front(k);
        return true;
    }
    k->start = (uint16_t)look_at_start(k);
    look_at_group(k, m->headers_n, k->start);
    end_group(k, m->headers_n);
    look_at_all(k);
    return true;
}

bool sip_plain_next(struct sip_look *k)
{
    const struct sip_msg *m = k->m;

    if (k->at == m->headers_n)
        return false;
    k->from = k->at;
    k->at += (uint32_t)next_group(k);
    if (k->at == m->headers_n)
        look_at_all(k);
    return true;
}
