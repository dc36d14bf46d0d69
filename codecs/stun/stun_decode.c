/* codecs/stun/stun_decode.c - octets to view: framing, syntax, lengths. */
#include "codecs/stun/stun_table.h"

struct dec {
    struct stun_msg *m;
    struct findings *fs;
    const uint8_t *base;
};

static void broke(struct dec *d, const char *clause, enum level level, const char *what,
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
    size_t ip = a->length - 4u;
    uint8_t family = v[1];
    bool masked = a->kind == STUN_XOR_ADDR;

    if (family != 1 && family != 2) {
        broke(d, masked ? "RFC8489:14.2#a2" : "RFC8489:14.1#a3", STMT,
              "address family %u, not 1 or 2", v + 1, 1, family);
        keep_raw(a);
        return;
    }
    if (ip != (family == 1 ? 4 : 16)) {
        broke(d, masked ? "RFC8489:14.2#a9" : family == 1 ? "RFC8489:14.1#1" : "RFC8489:14.1#2",
              masked ? STMT : MUST, "address of %u octets does not fit its family", v + 4, ip, ip);
        keep_raw(a);
        return;
    }
    struct addr *out = &a->v.addr;
    out->family = family == 1 ? 4 : 6;
    out->port = get_u16(v + 2);
    memcpy(out->ip, v + 4, ip);
    a->reserved = v[0];
    if (masked) { /* RFC8489:14.2; the cookie and id stand in the header */
        out->port ^= (uint16_t)(STUN_COOKIE >> 16);
        for (size_t i = 0; i < ip; i++)
            out->ip[i] ^= i < 4 ? (uint8_t)(STUN_COOKIE >> (24 - 8 * i)) : d->base[4 + i];
    }
}

static void take_code(struct dec *d, struct stun_attr *a)
{
    const uint8_t *v = a->p + 4;
    unsigned cls = v[2] & 7, number = v[3];

    if (cls < 3 || cls > 6)
        broke(d, "RFC8489:14.8#4", MUST, "error class %u, not 3 to 6", v + 2, 1, cls);
    if (number > 99)
        broke(d, "RFC8489:14.8#5", MUST, "error number %u, not 0 to 99", v + 3, 1, number);
    struct span reason = {v + 4, a->length - 4u};
    if (!span_utf8(reason))
        broke(d, "RFC8489:14.8#1a", MUST, "reason phrase is not UTF-8", reason.p, reason.n, 0);
    if (number > 99) {
        keep_raw(a);
        return;
    }
    a->v.reason = reason;
    a->v.code = (uint16_t)(cls * 100 + number);
    if (a->kind == STUN_FAMILY_CODE) {
        a->family = v[0];
        a->v.code_rffu = (uint32_t)(v[1] << 5 | v[2] >> 3);
    } else {
        a->v.code_rffu = (uint32_t)(v[0] << 13 | v[1] << 5 | v[2] >> 3);
    }
}

/* The parameters of one algorithm at the front of `s`, with their padding, which must be zero to be
 * typed: RFC8489:14.12. */
static bool one_algorithm(struct span s, struct span *parameters, size_t *used)
{
    if (s.n < 4)
        return false;
    size_t n = get_u16(s.p + 2), whole = 4 + stun_round4(n);
    if (whole > s.n)
        return false;
    for (size_t i = 4 + n; i < whole; i++)
        if (s.p[i] != 0)
            return false;
    *parameters = (struct span){s.p + 4, n};
    *used = whole;
    return true;
}

static void take_algorithms(struct dec *d, struct stun_attr *a)
{
    struct span s = {a->p + 4, a->length}, parameters;
    size_t used = 0, at = 0;
    bool list = a->kind == STUN_ALGORITHMS;

    while (at < s.n && one_algorithm(span_cut(s, at, s.n), &parameters, &used)) {
        at += used;
        if (!list)
            break;
    }
    if (at != s.n || s.n == 0) {
        broke(d, list ? "RFC8489:14.11#a3" : "RFC8489:14.12#a3", STMT,
              list ? "list of algorithms does not end with its attribute"
                   : "algorithm does not end with its attribute",
              s.p + at, s.n - at, 0);
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
    if (span_utf8(a->v.s))
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

static void take_attr(struct dec *d, struct stun_attr *a)
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
        broke(d, r->clause, r->must ? MUST : STMT, r->what, a->p + 2, 2, a->length);
    if (!fits && r->kind != STUN_TEXT && r->kind != STUN_OCTETS)
        keep_raw(a);
    else
        take_value(d, a);
    if (fits && a->type == STUN_MESSAGE_INTEGRITY_SHA256 && (a->length & 3))
        broke(d, "RFC8489:14.6#1b", MUST, "%u octets of HMAC, not a multiple of 4", a->p + 2, 2,
              a->length);
}

/* The attributes of `body`, and what is left at its end. */
static void take_attrs(struct dec *d, struct span body, size_t cap)
{
    struct stun_msg *m = d->m;
    struct stun_attr spare, *attrs = m->attrs;
    size_t at = 0;

    while (body.n - at >= 4) {
        const uint8_t *p = body.p + at;
        size_t length = get_u16(p + 2), left = body.n - at - 4;
        if (length > left) {
            broke(d, "RFC8489:14#3", MUST, "value of %u octets runs past the end of the message",
                  p + 2, 2, length);
            m->rest = span_cut(body, at, body.n);
            return;
        }
        struct stun_attr *a = m->n_attrs < cap ? &attrs[m->n_attrs++] : &spare;
        m->truncated |= a == &spare;
        size_t pad = stun_round4(length) - length;
        *a = (struct stun_attr){.p = p, .type = get_u16(p), .length = (uint16_t)length};
        if (pad > left - length) {
            broke(d, "RFC8489:14#2", MUST, "%u octets of padding are missing", p + 4 + length, 0,
                  pad - (left - length));
            pad = left - length;
        }
        a->pad = (uint8_t)pad;
        take_attr(d, a);
        at += 4 + length + pad;
    }
    if (at < body.n) {
        broke(d, "RFC8489:14#1", MUST, "%u octets at the end are no attribute", body.p + at,
              body.n - at, body.n - at);
        m->rest = span_cut(body, at, body.n);
    }
}

enum step stun_decode(struct span in, struct stun_msg *m, struct stun_attr *attrs, size_t cap,
                      struct findings *fs)
{
    struct dec d = {m, fs, in.p};

    if (in.n && (in.p[0] & 0xc0)) /* RFC8489:5#1 */
        return STEP_FAIL;
    if (in.n < STUN_HEADER)
        return STEP_MORE;
    uint16_t type = get_u16(in.p);
    *m = (struct stun_msg){
        .wire = in,
        .cls = (uint8_t)((type >> 7 & 2) | (type >> 4 & 1)),
        .method = (uint16_t)((type >> 2 & 0xf80) | (type >> 1 & 0x70) | (type & 0xf)),
        .length = get_u16(in.p + 2),
        .cookie = get_u32(in.p + 4),
        .attrs = attrs,
    };
    m->classic = m->cookie != STUN_COOKIE;
    m->transaction = m->classic ? span_cut(in, 4, 20) : span_cut(in, 8, 20);
    size_t body = in.n - STUN_HEADER;
    if (m->length & 3)
        broke(&d, "RFC8489:5#a8", STMT, "message length %u is not a multiple of 4", in.p + 2, 2,
              m->length);
    if (m->length != body)
        broke(&d, "RFC8489:5#7", MUST, "message length does not fit: %u octets follow the header",
              in.p + 2, 2, body);
    if (m->length < body)
        body = m->length;
    take_attrs(&d, span_cut(in, STUN_HEADER, STUN_HEADER + body), cap);
    if (!m->rest.n)
        m->rest = span_cut(in, STUN_HEADER + body, in.n);
    else
        m->rest.n = (size_t)(in.p + in.n - m->rest.p);
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
    if (in.n < STUN_HEADER || (in.p[0] & 0xc0) || (in.p[3] & 3))
        return 0;
    size_t length = get_u16(in.p + 2);
    uint16_t type = get_u16(in.p);
    if (get_u32(in.p + 4) == STUN_COOKIE)
        return length + STUN_HEADER == in.n ? 100 : length + STUN_HEADER < in.n ? 80 : 70;
    /* RFC 3489 knew two methods, and no cookie to tell them by: the attributes must add up */
    if (length + STUN_HEADER != in.n || (type & 0xfeef) == 0 || (type & 0xfeef) > 2 ||
        (type & 0x0110) == 0x0010)
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

enum step stun_channel_next(struct span in, bool padded, struct stun_channel *c, size_t *used,
                            struct findings *fs)
{
    struct dec d = {NULL, fs, in.p};

    *used = 0;
    if (in.n && (in.p[0] & 0xf0) != 0x40) /* RFC8656:12, channels 0x4000 to 0x4fff */
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

void stun_channel_put(struct wr *w, uint16_t number, struct span data, bool padded)
{
    wr_u16(w, number);
    wr_u16(w, (uint16_t)data.n);
    wr_put(w, data);
    for (size_t i = data.n; padded && i < stun_round4(data.n); i++)
        wr_u8(w, 0);
}
