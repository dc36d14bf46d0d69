/* codecs/stun/stun_decode.c - octets to view: framing, syntax, lengths. */
#include "codecs/stun/stun_table.h"

struct dec {
    struct stun_msg *m;
    struct findings *fs;
    const uint8_t *base;
};

#define COLD __attribute__((noinline)) /* keeps what is rare out of the way of what is measured */

static COLD void broke(struct dec *d, const char *clause, enum level level, const char *what,
                       const uint8_t *at, size_t len, uint64_t arg)
{
    finding_add(d->fs, (struct finding){.clause = clause,
                                        .what = what,
                                        .level = level,
                                        .off = (uint64_t)(at - d->base),
                                        .len = len,
                                        .arg = {arg, 0}});
}

/* The value does not fit its form: it stays as octets. */
static void keep_raw(struct stun_attr *a)
{
    a->kind = STUN_RAW;
    a->v.s = (struct span){a->p + 4, a->length};
}

static void take_addr(struct dec *d, struct stun_attr *a)
{
    const uint8_t *v = a->p + 4;
    size_t ip = a->length - 4u, bits = v[1] == 1 ? 4 : 16;
    uint8_t family = v[1];
    bool masked = a->kind == STUN_XOR_ADDR;

    if (family != 1 && family != 2) {
        broke(d, masked ? "RFC8489:14.2#a2" : "RFC8489:14.1#a3", STMT,
              "address family %u, not 1 or 2", v + 1, 1, family);
        keep_raw(a);
        return;
    }
    if (ip != bits) {
        broke(d,
              masked        ? stun_rule(a->type)->clause
              : family == 1 ? "RFC8489:14.1#1"
                            : "RFC8489:14.1#2",
              masked ? STMT : MUST, "address of %u octets does not fit its family", v + 4, ip, ip);
        keep_raw(a);
        return;
    }
    struct addr *out = &a->v.addr;
    out->family = family == 1 ? 4 : 6;
    out->port = get_u16(v + 2);
    memcpy(out->ip, v + 4, bits);
    a->reserved = v[0];
    if (masked) { /* RFC8489:14.2; the cookie and id stand in the header */
        out->port ^= (uint16_t)(STUN_COOKIE >> 16);
        for (size_t i = 0; i < bits; i++)
            out->ip[i] =
                (uint8_t)(out->ip[i] ^ (i < 4 ? STUN_COOKIE >> (24 - 8 * i) : d->base[4 + i]));
    }
}

static void take_code(struct dec *d, struct stun_attr *a)
{
    const uint8_t *v = a->p + 4;
    unsigned cls = v[2] & 7, number = v[3];
    bool own = a->kind == STUN_FAMILY_CODE; /* RFC 8656 says the same of ADDRESS-ERROR-CODE */

    if ((cls < 3 && !(d->m->classic && cls > 0)) || cls > 6) /* RFC 3489 has 1 to 6 */
        broke(d, own ? "RFC8656:18.12#a3" : "RFC8489:14.8#4", own ? STMT : MUST,
              "error class %u, not 3 to 6", v + 2, 1, cls);
    if (number > 99)
        broke(d, own ? "RFC8656:18.12#a3" : "RFC8489:14.8#5", own ? STMT : MUST,
              "error number %u, not 0 to 99", v + 3, 1, number);
    struct span reason = {v + 4, a->length - 4u};
    if (!span_utf8(reason))
        broke(d, own ? "RFC8656:18.12#2" : "RFC8489:14.8#1a", MUST, "reason phrase is not UTF-8",
              reason.p, reason.n, 0);
    if (number > 99) {
        keep_raw(a);
        return;
    }
    a->v.reason = reason;
    a->v.code = (uint16_t)(cls * 100 + number);
    if (own) {
        a->family = v[0];
        a->v.code_rffu = (uint32_t)(v[1] << 5 | v[2] >> 3);
    } else {
        a->v.code_rffu = (uint32_t)(v[0] << 13 | v[1] << 5 | v[2] >> 3);
    }
}

/* One algorithm at the front of `s`: 16 bits of it, 16 of the length of its parameters, these, and
 * their padding, given to *dirty where it is not zero. False: it does not end within `s`; *bare:
 * but would without its padding. */
static bool one_algorithm(struct span s, struct span *parameters, size_t *used, struct span *dirty,
                          bool *bare)
{
    if (s.n < 4)
        return false;
    size_t n = get_u16(s.p + 2), whole = 4 + stun_round4(n);
    *bare = 4 + n == s.n && whole > s.n;
    if (whole > s.n)
        return false;
    for (size_t i = 4 + n; i < whole; i++)
        if (s.p[i] != 0 && !dirty->n)
            *dirty = span_cut(s, 4 + n, whole);
    *parameters = (struct span){s.p + 4, n};
    *used = whole;
    return true;
}

static void take_algorithms(struct dec *d, struct stun_attr *a)
{
    struct span s = {a->p + 4, a->length}, parameters = {0};
    struct span dirty = {0};
    size_t used = 0, at = 0;
    bool list = a->kind == STUN_ALGORITHMS, bare = false;

    while (at < s.n && one_algorithm(span_cut(s, at, s.n), &parameters, &used, &dirty, &bare)) {
        at += used;
        if (!list)
            break;
    }
    if (at != s.n || (s.n == 0 && !list))
        broke(d,
              bare   ? list ? "RFC8489:14.11#a4" : "RFC8489:14.12#a4"
              : list ? "RFC8489:14.11#a3"
                     : "RFC8489:14.12#a3",
              STMT,
              bare   ? "parameters are not padded"
              : list ? "list of algorithms does not end with its attribute"
                     : "algorithm does not end with its attribute",
              s.p + at, s.n - at, 0);
    if (dirty.n)
        broke(d, list ? "RFC8489:14.11#a4" : "RFC8489:14.12#1a", list ? STMT : MUST,
              "padding of parameters is not zero", dirty.p, dirty.n, 0);
    if (at != s.n || (s.n == 0 && !list) ||
        dirty.n) { /* octets, so that they can be written again */
        keep_raw(a);
        return;
    }
    if (list) {
        a->v.s = s;
        return;
    }
    a->v.reason = parameters;
    a->v.code = get_u16(s.p);
    a->v.code_rffu = 0;
}

static inline bool all_ascii(const uint8_t *p, size_t n)
{
    uint64_t any = 0, v;

    if (n < 8) {
        for (size_t i = 0; i < n; i++)
            any |= p[i];
        return any < 0x80;
    }
    for (size_t i = 0; i + 8 < n; i += 8) {
        memcpy(&v, p + i, 8);
        any |= v;
    }
    memcpy(&v, p + n - 8, 8); /* the last eight, some of them for the second time */
    return !((any | v) & 0x8080808080808080u);
}

static void take_text(struct dec *d, struct stun_attr *a)
{
    static const struct {
        uint16_t type;
        const char *clause;
    } utf8[] = {
        {STUN_USERNAME, "RFC8489:14.3#1a"},
        {STUN_REALM, "RFC8489:14.9#1a"},
        {STUN_SOFTWARE, "RFC8489:14.14#2a"},
        {STUN_ALTERNATE_DOMAIN, "RFC8489:14.16#1b"},
    };
    a->v.s = (struct span){a->p + 4, a->length};
    if (span_utf8(a->v.s) && a->type != STUN_ALTERNATE_DOMAIN) /* that one is ASCII */
        return;
    if (a->type == STUN_ALTERNATE_DOMAIN && all_ascii(a->v.s.p, a->v.s.n))
        return;
    for (size_t i = 0; i < COUNT(utf8); i++)
        if (utf8[i].type == a->type)
            broke(d, utf8[i].clause, MUST, "text is not UTF-8", a->v.s.p, a->v.s.n, 0);
}

/* Fill in the typed value; `a->kind` says how it is laid out, lengths are known to be lawful. */
static void take_value(struct dec *d, struct stun_attr *a)
{
    const uint8_t *v = a->p + 4;
    struct span s = {v, a->length};

    switch (a->kind) {
    case STUN_U8:
        a->v.u32 = v[0];
        break;
    case STUN_U8_RFFU:
        a->v.u32 = v[0];
        a->v.rffu = get_u32(v) & 0xffffff;
        break;
    case STUN_U16_RFFU:
        a->v.u32 = get_u16(v);
        a->v.rffu = get_u16(v + 2);
        break;
    case STUN_U32:
        a->v.u32 = get_u32(v);
        break;
    case STUN_U64:
        a->v.u64 = get_u64(v);
        break;
    case STUN_ICMP_INFO:
        a->v.u32 = get_u32(v);
        a->v.rffu = get_u32(v + 4);
        break;
    case STUN_TEXT:
        take_text(d, a);
        break;
    case STUN_ADDR:
    case STUN_XOR_ADDR:
        take_addr(d, a);
        break;
    case STUN_CODE:
    case STUN_FAMILY_CODE:
        take_code(d, a);
        break;
    case STUN_ALGORITHM:
    case STUN_ALGORITHMS:
        take_algorithms(d, a);
        break;
    case STUN_TYPES:
        if (s.n & 1) { /* RFC8489:14.13, each type is 16 bits */
            broke(d, "RFC8489:14.13#a2", STMT, "list of types of %u octets", v, s.n, s.n);
            keep_raw(a);
            break;
        }
        a->v.s = s;
        break;
    default:
        a->v.s = s;
    }
}

/* What is wrong with a length; MESSAGE-INTEGRITY-SHA256 has one clause for each end. */
static COLD void bad_length(struct dec *d, const struct stun_rule *r, const struct stun_attr *a)
{
    bool over256 = a->type == STUN_MESSAGE_INTEGRITY_SHA256 && a->length > r->max;
    /* RFC 5780 section 7.5 can be read so: a port, and the padding of every attribute */
    bool port_alone = a->type == STUN_RESPONSE_PORT && a->length == 2;

    if (r->clause && !port_alone)
        broke(d, over256 ? "RFC8489:14.6#a3" : r->clause, r->must && !over256 ? MUST : STMT,
              r->what, a->p + 2, 2, a->length);
}

/* Any attribute, known or not, lawful or not. */
static COLD void take_attr(struct dec *d, struct stun_attr *a)
{
    const struct stun_rule *r = stun_rule(a->type);
    struct stun_msg *m = d->m;
    uint32_t at = (uint32_t)(a->p - d->base);

    if (!r) {
        keep_raw(a);
        return;
    }
    if (a->type == STUN_MESSAGE_INTEGRITY && !m->at_integrity)
        m->at_integrity = at;
    else if (a->type == STUN_MESSAGE_INTEGRITY_SHA256 && !m->at_integrity256)
        m->at_integrity256 = at;
    else if (a->type == STUN_FINGERPRINT && !m->at_fingerprint)
        m->at_fingerprint = at;
    a->kind = r->kind;
    bool fits = a->length >= r->min && a->length <= r->max;
    if (!fits)
        bad_length(d, r, a);
    if (!fits && r->kind != STUN_TEXT && r->kind != STUN_OCTETS)
        keep_raw(a);
    else
        take_value(d, a);
    if (fits && a->type == STUN_MESSAGE_INTEGRITY_SHA256 && (a->length & 3))
        broke(d, "RFC8489:14.6#1b", MUST, "%u octets of HMAC, not a multiple of 4", a->p + 2, 2,
              a->length);
}

/* The usual attribute, all of it lawful: a known one of a fixed number, octets or ASCII text.
 * False: take_attr has to look. Written field by field, since clearing the whole costs a third of
 * decoding. */
static inline bool take_usual(struct stun_msg *m, struct stun_attr *a, const uint8_t *p,
                              uint16_t type, uint16_t length, size_t whole)
{
    const struct stun_rule *r = &stun_rules[STUN_SLOT(type) & (STUN_SLOTS - 1)];
    uint32_t at = (uint32_t)(p - m->wire.p);
    const uint8_t *v = p + 4;

    if (STUN_SLOT(type) >= STUN_SLOTS || length < r->min || length > r->max)
        return false;
    a->p = p;
    a->type = type;
    a->length = length;
    a->kind = r->kind;
    a->pad = (uint8_t)(whole - length);
    a->reserved = a->family = 0;
    switch (r->kind) {
    case STUN_U32:
        a->v.u32 = get_u32(v);
        a->v.rffu = 0;
        if (type == STUN_FINGERPRINT && !m->at_fingerprint)
            m->at_fingerprint = at;
        return true;
    case STUN_U64:
        a->v.u64 = get_u64(v);
        return true;
    case STUN_TEXT:
        a->v.s = (struct span){v, length};
        return all_ascii(v, length);
    case STUN_OCTETS:
        a->v.s = (struct span){v, length};
        if (type == STUN_MESSAGE_INTEGRITY && !m->at_integrity)
            m->at_integrity = at;
        return type != STUN_MESSAGE_INTEGRITY_SHA256;
    default:
        return false;
    }
}

/* Whether the octets from `p` to `end` are attributes one behind the other without any padding, some of
 * which would have needed it; *first: the first such. */
static COLD bool unpadded(const uint8_t *p, const uint8_t *end, const uint8_t **first)
{
    *first = NULL;
    while (end - p >= 4) {
        uint16_t length = get_u16(p + 2);
        if (length > end - p - 4)
            return false;
        if ((length & 3) && !*first)
            *first = p;
        p += 4 + length;
    }
    return p == end && *first;
}

/* The attribute at `p` says more octets than the `left` that follow it, or what is there is not even the
 * head of one. Which rule its sender did not keep shows by the reading that fits. */
static COLD void lost(struct dec *d, const uint8_t *p, const uint8_t *end, const uint8_t *start)
{
    size_t left = (size_t)(end - p);
    uint16_t length = left < 4 ? 0 : get_u16(p + 2);
    const uint8_t *bare;

    if (unpadded(start, end, &bare))
        broke(d, "RFC8489:14#a2", STMT, "no padding behind a value of %u octets",
              bare + 4 + get_u16(bare + 2), 0, get_u16(bare + 2));
    else if (left < 4)
        broke(d, "RFC8489:14#1", MUST, "%u octets at the end are no attribute", p, left, left);
    else if (stun_round4(__builtin_bswap16(length)) == left - 4)
        broke(d, "RFC8489:14#a1", STMT, "length %u fits when its octets are turned round", p + 2, 2,
              length);
    else
        broke(d, "RFC8489:14#3", MUST, "value of %u octets runs past the end of the message", p + 2,
              2, length);
}

/* The attributes from `p` to `end`, and what is left there. */
static void take_attrs(struct dec *d, const uint8_t *p, const uint8_t *end, size_t cap)
{
    struct stun_msg *m = d->m;
    struct stun_attr spare, *a = m->attrs, *last = a ? a + cap : a;
    const uint8_t *start = p;

    while (end - p >= 4) {
        uint32_t head = get_u32(p);
        uint16_t type = (uint16_t)(head >> 16), length = (uint16_t)head;
        size_t left = (size_t)(end - p) - 4, whole = stun_round4(length);
        if (whole <= left && a < last && take_usual(m, a, p, type, length, whole)) {
            a++;
            p += 4 + whole;
            continue;
        }
        if (length > left)
            break;
        struct stun_attr *b = a < last ? a++ : &spare;
        m->truncated |= b == &spare;
        if (whole > left) {
            broke(d, "RFC8489:14#2", MUST, "%u octets of padding are missing", p + 4 + length, 0,
                  whole - left);
            whole = left;
        }
        *b = (struct stun_attr){.p = p, .type = type, .length = length};
        b->pad = (uint8_t)(whole - length);
        take_attr(d, b);
        p += 4 + whole;
    }
    m->n_attrs = (size_t)(a - m->attrs);
    if (p < end)
        lost(d, p, end, start);
    m->rest = (struct span){p, (size_t)(end - p)};
}

/* The header; field by field, for the same reason. */
static void take_header(struct stun_msg *m, struct span in, struct stun_attr *attrs)
{
    uint16_t type = get_u16(in.p);

    m->wire = in;
    m->cls = (uint8_t)((type >> 7 & 2) | (type >> 4 & 1));
    m->method = (uint16_t)((type >> 2 & 0xf80) | (type >> 1 & 0x70) | (type & 0xf));
    m->length = get_u16(in.p + 2);
    m->cookie = get_u32(in.p + 4);
    m->classic = m->cookie != STUN_COOKIE;
    m->transaction = (struct span){in.p + (m->classic ? 4 : 8), m->classic ? 16 : 12};
    m->attrs = attrs;
    m->truncated = false;
    m->at_integrity = m->at_integrity256 = m->at_fingerprint = 0;
}

/* Whether `head` stands `back` octets before the end that the length field gives: an attribute's type and
 * length. */
static bool ends_in(struct span in, size_t end, size_t back, uint32_t head)
{
    return end >= STUN_HEADER + back && get_u32(in.p + end - back) == head;
}

/* The length field is not that of the message; the octets say which rule its sender did not keep: that of
 * the order of octets, or that the length which integrity is computed over is not the one sent. */
static COLD void bad_message_length(struct dec *d, struct span in)
{
    static const uint32_t integrity = 0x00080014, integrity256 = 0x001c0020,
                          fingerprint = 0x80280004;
    size_t body = in.n - STUN_HEADER, length = d->m->length, end = STUN_HEADER + length;
    uint32_t next = end + 8 <= in.n ? get_u32(in.p + end) : 0;
    bool more = next == integrity256 || next == fingerprint;

    if (__builtin_bswap16(d->m->length) == body)
        broke(d, "RFC8489:5#a1", STMT, "message length %u fits when its octets are turned round",
              in.p + 2, 2, length);
    else if (more && ends_in(in, end, 24, integrity))
        broke(d, "RFC8489:14.5#a7", STMT,
              "message length %u ends behind MESSAGE-INTEGRITY, not with the message", in.p + 2, 2,
              length);
    else if (more && ends_in(in, end, 36, integrity256))
        broke(d, "RFC8489:14.6#a9", STMT,
              "message length %u ends behind MESSAGE-INTEGRITY-SHA256, not with the message",
              in.p + 2, 2, length);
    else
        broke(d, "RFC8489:5#7", MUST, "message length does not fit: %u octets follow the header",
              in.p + 2, 2, body);
}

enum step stun_decode(struct span in, struct stun_msg *m, struct stun_attr *attrs, size_t cap,
                      struct findings *fs)
{
    struct dec d = {m, fs, in.p};

    if (in.n && (in.p[0] & 0xc0)) /* RFC8489:5#1 */
        return STEP_FAIL;
    if (in.n < STUN_HEADER)
        return STEP_MORE;
    take_header(m, in, attrs);
    size_t body = in.n - STUN_HEADER;
    if (m->length & 3)
        broke(&d, "RFC8489:5#a8", STMT, "message length %u is not a multiple of 4", in.p + 2, 2,
              m->length);
    if (m->length != body)
        bad_message_length(&d, in);
    if (m->length < body)
        body = m->length;
    take_attrs(&d, in.p + STUN_HEADER, in.p + STUN_HEADER + body, cap);
    m->rest.n = (size_t)(in.p + in.n - m->rest.p); /* with what the length does not count */
    return STEP_ITEM;
}

enum step stun_next(struct span in, size_t *used, struct findings *fs)
{
    struct dec d = {NULL, fs, in.p};

    *used = 0;
    if (in.n && (in.p[0] & 0xc0)) {
        broke(&d, "RFC8489:5#1", MUST, "first two bits of the stream's next message are not zero",
              in.p, 1, 0);
        return STEP_FAIL;
    }
    if (in.n < 4 || (in.n < 8 && !(in.p[3] & 3)))
        return STEP_MORE;
    if (in.p[3] & 3) {
        broke(&d, "RFC8489:5#a8", STMT, "message length %u is not a multiple of 4", in.p + 2, 2,
              get_u16(in.p + 2));
        return STEP_FAIL;
    }
    if (get_u32(in.p + 4) != STUN_COOKIE) {
        broke(&d, "RFC8489:5#3", MUST, "no magic cookie where the stream's next message begins",
              in.p + 4, 4, 0);
        return STEP_FAIL;
    }
    size_t n = STUN_HEADER + (size_t)get_u16(in.p + 2);
    if (in.n < n)
        return STEP_MORE;
    *used = n;
    return STEP_ITEM;
}

unsigned stun_guess(struct span in, uint16_t port)
{
    if (in.n < STUN_HEADER || (in.p[0] & 0xc0))
        return 0;
    size_t length = get_u16(in.p + 2);
    uint16_t type = get_u16(in.p);
    if (get_u32(in.p + 4) == STUN_COOKIE)
        return length + STUN_HEADER == in.n ? 100 : length + STUN_HEADER < in.n ? 80 : 70;
    /* RFC 3489 knew two methods, and no cookie to tell them by: the attributes must add up */
    if (length + STUN_HEADER != in.n || (length & 3) || (type & 0xfeef) == 0 ||
        (type & 0xfeef) > 2 || (type & 0x0110) == 0x0010)
        return 0;
    size_t at = STUN_HEADER;
    while (at + 4 <= in.n)
        at += 4 + stun_round4(get_u16(in.p + at + 2));
    return at == in.n && (length > 0 || port == 3478 || port == 3479) ? 60 : 0;
}

const struct stun_attr *stun_find(const struct stun_msg *m, uint16_t type)
{
    uint32_t end = m->at_integrity ? m->at_integrity : m->at_integrity256;
    bool always = type == STUN_FINGERPRINT || type == STUN_MESSAGE_INTEGRITY_SHA256;

    for (size_t i = 0; i < m->n_attrs; i++) {
        const struct stun_attr *a = &m->attrs[i];
        if (end && !always && a->p > m->wire.p + end)
            return NULL; /* RFC8489:9#1, 9#2 */
        if (a->type == type)
            return a;
    }
    return NULL;
}

/* ---- ChannelData ---- */

static enum step channel_next(struct span in, uint8_t past, bool padded, struct stun_channel *c,
                              size_t *used, struct findings *fs)
{
    struct dec d = {NULL, fs, in.p};

    *used = 0;
    if (in.n && (in.p[0] < 0x40 || in.p[0] >= past))
        return STEP_FAIL;
    if (in.n < 4)
        return STEP_MORE;
    size_t length = get_u16(in.p + 2), whole = 4 + (padded ? stun_round4(length) : length);
    if (whole > in.n && padded)
        return STEP_MORE;
    if (whole > in.n) {
        broke(&d, "RFC8656:12.4#a1", STMT, "channel data of %u octets runs past the datagram",
              in.p + 2, 2, length);
        return STEP_FAIL;
    }
    *c = (struct stun_channel){get_u16(in.p), (uint16_t)length, span_cut(in, 4, 4 + length)};
    *used = padded ? whole : in.n; /* a datagram may be padded too */
    return STEP_ITEM;
}

enum step stun_channel_next(struct span in, bool padded, struct stun_channel *c, size_t *used,
                            struct findings *fs)
{
    return channel_next(in, 0x50, padded, c, used, fs); /* RFC8656:12, channels 0x4000 to 0x4fff */
}

enum step stun_channel_next_5766(struct span in, bool padded, struct stun_channel *c, size_t *used,
                                 struct findings *fs)
{
    return channel_next(in, 0x80, padded, c, used, fs);
}

void stun_channel_put(struct wr *w, uint16_t number, struct span data, bool padded)
{
    wr_u16(w, number);
    wr_u16(w, (uint16_t)data.n);
    wr_put(w, data);
    for (size_t i = data.n; padded && i < stun_round4(data.n); i++)
        wr_u8(w, 0);
}
