/* codecs/sip/sip_plain.c - which rules a message may break: its start line, its header fields together. */
#include "codecs/sip/sip_plain.h"
#include "codecs/sip/sip_where.h"

/* ---- where header fields may stand ---- */

/* Methods of requests, of 2xx and of other responses, sixteen bits each. */
#define LANES(request, success, other)                                                             \
    ((uint64_t)(request) | (uint64_t)(success) << 16 | (uint64_t)(other) << 32)
#define COVERS(from, to, first, last) ((from) <= (first) && (to) >= (last))

/* In which a header field may stand where it may not: one that only some of these responses may have is among them. */
static const uint64_t bars[SIP_TYPES] = {
#define IN(from, to, methods)                                                                      \
    | LANES(0, COVERS(from, to, 200, 299) ? (methods) : 0u,                                        \
            COVERS(from, to, 100, 699) ? (methods) : 0u)
#define ALL_OR_ANY(none) ((none) ? ALL : ANY)
#define SIP_WHERE(id, kind, method, requests, responses)                                           \
    [SIP_##id] = LANES(ALL_OR_ANY((requests) == NONE), ALL_OR_ANY((0 responses) == 0),             \
                       ALL_OR_ANY((0 responses) == 0)) &                                           \
                 ~(LANES(requests, 0, 0) responses),
#include "codecs/sip/sip_where.def"
#undef SIP_WHERE
#undef ALL_OR_ANY
#undef IN
#define UNLESS(rule, methods) (SIP_R_##rule == SIP_RULES ? 0u : ALL & ~(methods))
#define AMONG(from, to, first, last, methods)                                                      \
    (COVERS(from, to, first, last) ? (methods) | M(OTHER) : 0u)
#define SIP_PLACE(id, request, requests, response, from, to, also, too, responses)                 \
    [SIP_##id] = LANES(UNLESS(request, (requests) | M(OTHER)),                                     \
                       UNLESS(response, AMONG(from, to, 200, 299, responses)),                     \
                       UNLESS(response, AMONG(from, to, 100, 699, responses))),
#include "codecs/sip/sip_places.def"
#undef SIP_PLACE
};

/* ---- which header fields are there ---- */

enum { /* those that are asked for */
       IS_VIA,
       IS_FROM,
       IS_TO,
       IS_CALL_ID,
       IS_CSEQ,
       IS_MAX_FORWARDS,
       IS_CONTENT_LENGTH,
       IS_CONTENT_TYPE,
       IS_CONTACT,
       IS_SUPPORTED,
       IS_ALLOW,
       IS_ACCEPT,
       IS_ACCEPT_ENCODING,
       IS_ACCEPT_LANGUAGE,
       IS_EVENT,
       IS_SUBSCRIPTION_STATE,
       IS_EXPIRES,
       IS_RACK,
       IS_REFER_TO,
       IS_SIP_ETAG,
       IS_SESSION_EXPIRES,
       IS_CHALLENGE,
};
#define IS(type) (UINT32_C(1) << IS_##type)
static const uint32_t is[SIP_TYPES] = {
#define TYPE(type) [SIP_##type] = IS(type)
    TYPE(VIA),
    TYPE(FROM),
    TYPE(TO),
    TYPE(CALL_ID),
    TYPE(CSEQ),
    TYPE(MAX_FORWARDS),
    TYPE(CONTENT_LENGTH),
    TYPE(CONTENT_TYPE),
    TYPE(CONTACT),
    TYPE(SUPPORTED),
    TYPE(ALLOW),
    TYPE(ACCEPT),
    TYPE(ACCEPT_ENCODING),
    TYPE(ACCEPT_LANGUAGE),
    TYPE(EVENT),
    TYPE(SUBSCRIPTION_STATE),
    TYPE(EXPIRES),
    TYPE(RACK),
    TYPE(REFER_TO),
    TYPE(SIP_ETAG),
    TYPE(SESSION_EXPIRES),
#undef TYPE
    [SIP_WWW_AUTHENTICATE] = IS(CHALLENGE),
    [SIP_PROXY_AUTHENTICATE] = IS(CHALLENGE),
};

/* What rules there are of a method; those of the event refer come with Event. */
static const struct method {
    uint32_t request, success; /* header fields that it, and a 2xx to it, has to have */
    bool own;                  /* rules of its own, which are tried */
} methods[SIP_METHODS] = {
    [SIP_M_INFO] = {.own = true},
    [SIP_M_INVITE] = {.request = IS(SUPPORTED), .success = IS(SUPPORTED) | IS(ALLOW)},
    [SIP_M_MESSAGE] = {.own = true},
    [SIP_M_NOTIFY] = {.request = IS(EVENT) | IS(SUBSCRIPTION_STATE)},
    [SIP_M_OPTIONS] = {.request = IS(ACCEPT),
                       .success = IS(ACCEPT) | IS(ACCEPT_ENCODING) | IS(ACCEPT_LANGUAGE) |
                                  IS(ALLOW) | IS(SUPPORTED)},
    [SIP_M_PRACK] = {.request = IS(RACK), .own = true},
    [SIP_M_PUBLISH] = {.request = IS(EVENT), .success = IS(EXPIRES) | IS(SIP_ETAG), .own = true},
    [SIP_M_REFER] = {.request = IS(REFER_TO), .own = true},
    [SIP_M_SUBSCRIBE] = {.request = IS(EVENT) | IS(EXPIRES), .success = IS(EXPIRES)},
    [SIP_M_UPDATE] = {.request = IS(CONTACT), .success = IS(CONTACT), .own = true},
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
    size_t n = sizeof version - 1;

    if (RARELY(m->version.n != sizeof version || !lex_equal(m->version.p, version, m->version.n)))
        return 0;
    if (m->request && k->method == SIP_M_REGISTER && m->uri.user.p)
        return 0;
    if (m->request)
        return m->method.n && uri_plain(&k->map, &m->uri, &n) ? n + m->method.n : 0;
    size_t reason = plain_reason(&k->map, m->reason);
    return reason || m->reason.n == 0 ? n + 3 + reason : 0; /* and the status */
}

static SELDOM size_t not_plain_start(struct sip_look *k)
{
    k->due |= 1u << SIP_ON_START | 1u << SIP_ON_DIALOG;
    return lexmap_hosts(&k->map, k->m->start);
}

/* ---- each header field ---- */

/* Names of some header fields without a type are asked for by rules: those of their lengths are looked at. */
static bool plain_name(struct sip_look *k, struct span name)
{
    static const size_t transfer = sizeof "Transfer-Encoding" - 1,
                        encoding = sizeof "Content-Transfer-Encoding" - 1;

    sip_look_due(k, SIP_ON_BODY, name.n == encoding);
    return name.n != transfer && name.n > 0;
}

/* `i`: of the group that begins at `from`. */
static SELDOM size_t not_plain(struct sip_look *k, struct sip_lines *l, size_t from, size_t i)
{
    const uint32_t asked = 1u << SIP_ON_SENDER | 1u << SIP_ON_TIMER | 1u << SIP_ON_ASKS;
    const struct sip_header *h = &k->m->headers[from + i];

    l->odd |= UINT64_C(1) << i;
    uint32_t due = sip_plain_fields[h->type].due;
    k->due |= due ? due | asked : UINT32_MAX;
    return lexmap_hosts(&k->map, h->line) - h->name.n;
}

static inline void looked(struct sip_look *k, struct sip_lines *l, size_t from, size_t i,
                          size_t hosts)
{
    if (RARELY(hosts == SIP_NOT_PLAIN))
        hosts = not_plain(k, l, from, i);
    l->each[i] = (uint16_t)hosts;
    l->hosts += hosts;
}

/* Over all header fields; what is of bits and sums is of a message of one group. False: one stands there that may
 * not stand twice. */
static inline bool over_lines(struct sip_look *k, struct sip_lines *l)
{
    const struct sip_msg *m = k->m;
    uint64_t barred = 0, cut = 0, via = 0;
    uint32_t there = 0;
    size_t hosts = 0;

    for (size_t i = 0; i < m->headers_n; i++) {
        const struct sip_header *h = &m->headers[i];
        enum sip_type type = h->type;
        barred |= bars[type];
        there |= is[type];
        hosts += h->name.n;
        if (RARELY(h->cut))
            cut |= UINT64_C(1) << i % SIP_PLAIN_GROUP;
        if (m->first[type] != i + 1) { /* there was one before */
            if (type == SIP_VIA)
                via |= UINT64_C(1) << i % SIP_PLAIN_GROUP;
            else if (!sip_many_allowed(type))
                return false;
        }
    }
    if (OFTEN(m->first[SIP_VIA]))
        via |= UINT64_C(1) << (m->first[SIP_VIA] - 1) % SIP_PLAIN_GROUP;
    unsigned lane = k->class == 0 ? 0 : k->class == 2 ? 1 : 2;
    sip_look_due(k, SIP_ON_WHERE, barred >> 16 * lane >> k->method & 1);
    k->there = there;
    l->cut = cut;
    l->via = via;
    l->hosts = hosts;
    l->odd = 0;
    return true;
}

/* Those that are in nearly all messages, always in the same order: so the CPU knows what comes. */
static inline void over_usual(struct sip_look *k, struct sip_lines *l)
{
    const struct sip_msg *m = k->m;
    size_t i;

    for (uint64_t left = l->via; left; left &= left - 1) {
        i = (size_t)__builtin_ctzll(left);
        looked(k, l, 0, i, sip_plain_via(k, &m->headers[i]));
    }
    l->left &= ~l->via;
#define LOOK(type, f)                                                                              \
    if (OFTEN(m->first[SIP_##type])) {                                                             \
        i = m->first[SIP_##type] - 1u;                                                             \
        looked(k, l, 0, i, sip_plain_##f(k, &m->headers[i]));                                      \
        l->left &= ~(UINT64_C(1) << i);                                                            \
    }
    LOOK(FROM, from)
    LOOK(TO, to)
    LOOK(CALL_ID, call_id)
    LOOK(CSEQ, cseq)
    LOOK(MAX_FORWARDS, hops)
    LOOK(CONTENT_LENGTH, digits)
#undef LOOK
}

static inline void over_others(struct sip_look *k, struct sip_lines *l, size_t from)
{
    const struct sip_msg *m = k->m;

    for (uint64_t left = l->left; left; left &= left - 1) {
        size_t i = (size_t)__builtin_ctzll(left);
        const struct sip_header *h = &m->headers[from + i];
        sip_plain_check *check = sip_plain_fields[h->type].check;
        size_t n = check ? check(k, h) : SIP_NOT_PLAIN;
        if (h->type == SIP_OTHER && !plain_name(k, h->name))
            n = SIP_NOT_PLAIN;
        looked(k, l, from, i, n);
    }
}

/* Not all parts are what they were taken for: which ones. */
static SELDOM void look_again(struct sip_look *k, struct sip_lines *l, size_t from, size_t n)
{
    const struct sip_header *h = &k->m->headers[from];

    if (k->whole && lexmap_hosts(&k->map, k->m->start) != k->start)
        not_plain_start(k);
    for (size_t i = 0; i < n; i++)
        if (lexmap_hosts(&k->map, h[i].line) != (size_t)l->each[i] + h[i].name.n)
            not_plain(k, l, from, i);
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

/* Header fields of a message that is more than a group. */
static __attribute__((noinline)) size_t next_group(struct sip_look *k, struct sip_lines *l)
{
    const struct sip_msg *m = k->m;
    const struct sip_header *h = &m->headers[k->at];
    size_t left = m->headers_n - k->at, n = 0, names = 0;
    struct span text = {h->line.p, 0};

    l->cut = l->odd = 0;
    for (; n < left && n < SIP_PLAIN_GROUP; n++) {
        size_t size = (size_t)(h[n].line.p + h[n].line.n - text.p);
        if (size > LEXMAP_MAX)
            break;
        text.n = size;
        names += h[n].name.n;
        l->cut |= (uint64_t)h[n].cut << n;
    }
    if (n == 0 || !lexmap_init(&k->map, text)) { /* one that is large, or next to nothing */
        n = n ? n : 1;
        l->cut = l->odd = UINT64_MAX >> (SIP_PLAIN_GROUP - n);
        if (n == 1 && plain_list(k, h)) {
            l->odd = 0;
            l->cut = h->cut;
        } else {
            k->due = UINT32_MAX;
        }
        return n;
    }
    l->hosts = names;
    l->left = UINT64_MAX >> (SIP_PLAIN_GROUP - n);
    over_others(k, l, k->at);
    if (RARELY(l->hosts != k->map.hosts))
        look_again(k, l, k->at, n);
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
    const uint32_t all = IS(VIA) | IS(FROM) | IS(TO) | IS(CALL_ID) | IS(CSEQ);
    return !((k->class ? all : all | IS(MAX_FORWARDS)) & ~k->there);
}

/* Whether Session-Expires and Min-SE, each plain by itself, may not stand together, or with Supported. */
static bool odd_session(const struct sip_look *k)
{
    const struct sip_number *se = sip_first(k->m, SIP_SESSION_EXPIRES),
                            *min = sip_first(k->m, SIP_MIN_SE);

    if (!se || (k->method != SIP_M_INVITE && k->method != SIP_M_UPDATE))
        return false;
    return k->class || (min && min->number > se->number) ||
           (k->refresher && !(k->supported >> SIP_OPTION_TIMER & 1));
}

/* What sip_lint_sender.c is about. */
static inline void look_at_sender(struct sip_look *k)
{
    bool event = !k->class && (k->method == SIP_M_SUBSCRIBE || k->method == SIP_M_NOTIFY),
         omit = k->refresher && !k->tagged && !k->class && k->method == SIP_M_INVITE;

    sip_look_due(k, SIP_ON_SENDER, k->m->status == 439);
    sip_look_due(k, SIP_ON_TIMER, omit || k->required >> SIP_OPTION_TIMER & 1);
    sip_look_due(k, SIP_ON_ASKS, (event && k->contacts != 1) || k->m->status == 423);
    sip_look_due(k, SIP_ON_CHALLENGES, k->class && k->there & IS(CHALLENGE));
}

static inline void look_at_all(struct sip_look *k)
{
    const struct sip_msg *m = k->m;
    const unsigned flows = 1u << SIP_OPTION_OUTBOUND | 1u << SIP_OPTION_PATH;
    bool contact = k->class == 0 ? k->contacts == 1 : k->class != 2 || k->contacts;
    bool body = k->there & IS(CONTENT_LENGTH) && (!m->body.n || k->there & IS(CONTENT_TYPE)) &&
                !m->parts_n && !m->rest.n;

    sip_look_due(k, SIP_ON_NEED, may_lack(k));
    sip_look_due(k, SIP_ON_MANDATORY, !has_all(k));
    sip_look_due(k, SIP_ON_METHOD, methods[k->method].own);
    sip_look_due(k, SIP_ON_DIALOG, k->method == SIP_M_INVITE && !contact);
    sip_look_due(k, SIP_ON_BODY, !body);
    sip_look_due(k, SIP_ON_RELIABLE, k->required >> SIP_OPTION_100REL & 1);
    sip_look_due(k, SIP_ON_SESSION, k->there & IS(SESSION_EXPIRES) && odd_session(k));
    sip_look_due(k, SIP_ON_CONTACTS, k->flow && (k->supported & flows) != flows);
    sip_look_due(k, SIP_ON_DISTINCT, k->reasons > 1);
    look_at_sender(k);
    sip_look_due(k, SIP_ON_TOGETHER, m->status == 202 || m->status == 494);
}

bool sip_plain_begin(struct sip_look *k, const struct sip_msg *m)
{
    struct sip_lines *l = &k->lines;

    if (RARELY(m->headers_n == 0 || m->headers_n > SIP_PLAIN_FIELDS ||
               (!m->request && (m->status < 100 || m->status > 699))))
        return false;
    k->m = m; /* member by member: the map is large */
    k->at = 0;
    k->whole = m->headers_n <= SIP_PLAIN_GROUP && m->head.n <= LEXMAP_MAX;
    k->method = sip_method_in(m);
    k->class = m->request ? 0 : m->status / 100;
    k->due = k->supported = k->required = 0;
    k->contacts = k->reasons = 0;
    k->flow = k->tagged = k->refresher = k->low = false;
    bool looked_at = lexmap_init(&k->map, k->whole ? m->head : m->start);
    k->start = looked_at ? plain_start(k) : 0;
    if (RARELY(k->start == 0 || (!k->whole && k->start != k->map.hosts)))
        k->start = looked_at ? not_plain_start(k) : 0;
    if (RARELY(!looked_at))
        k->due = UINT32_MAX;
    return over_lines(k, l);
}

bool sip_plain_next(struct sip_look *k, struct sip_plain *p)
{
    const struct sip_msg *m = k->m;
    struct sip_lines *l = &k->lines;
    size_t n = m->headers_n;

    if (k->at == n)
        return false;
    if (OFTEN(k->whole)) {
        l->left = UINT64_MAX >> (SIP_PLAIN_GROUP - n);
        over_usual(k, l);
        over_others(k, l, 0);
        if (RARELY(k->start + l->hosts != k->map.hosts))
            look_again(k, l, 0, n);
    } else {
        n = next_group(k, l);
    }
    p->from = k->at;
    p->lines = l->cut | l->odd;
    p->values = l->odd;
    if (k->low)
        p->values |= UINT64_C(1) << (m->first[SIP_SESSION_EXPIRES] - 1u - k->at);
    k->low = false;
    k->at += n;
    if (k->at == m->headers_n)
        look_at_all(k);
    return true;
}
