/* codecs/stun/stun_lint.c - what one decoded message breaks beyond its syntax. */
#include "codecs/stun/stun_table.h"

/* Texts that are counted in characters: fewer than 128. */
static void lint_text(const struct stun_msg *m, const struct stun_attr *a, struct findings *fs)
{
    static const struct {
        uint16_t type;
        const char *clause, *what;
    } limits[] = {
        {STUN_ADDRESS_ERROR_CODE, "RFC8656:18.12#2",
         "reason phrase of %u characters, not fewer than 128"},
        {STUN_ERROR_CODE, "RFC8489:14.8#1b", "reason phrase of %u characters, not fewer than 128"},
        {STUN_REALM, "RFC8489:14.9#1b", "REALM of %u characters, not fewer than 128"},
        {STUN_NONCE, "RFC8489:14.10#1", "NONCE of %u characters, not fewer than 128"},
        {STUN_SOFTWARE, "RFC8489:14.14#2b", "SOFTWARE of %u characters, not fewer than 128"},
    };
    bool code = a->kind == STUN_CODE || a->kind == STUN_FAMILY_CODE;
    struct span s = code ? a->v.reason : a->v.s;

    if ((!code && a->kind != STUN_TEXT) || (code && m->classic) || s.n < 128 ||
        (a->kind == STUN_TEXT && s.n > 763))
        return; /* over 763 octets: decode has said so */
    for (size_t i = 0; i < COUNT(limits); i++) {
        size_t n = limits[i].type == a->type ? span_utf8_len(s) : 0;
        if (n >= 128)
            stun_broke(fs, m, limits[i].clause, MUST, limits[i].what, s.p, s.n, n);
    }
}

/* REALM and NONCE are qdtext or quoted-pair of RFC 3261 section 25.1: no bare quote, and a
 * backslash stands before the octet that it quotes, which is no line break. */
static void lint_quoting(const struct stun_msg *m, const struct stun_attr *a, struct findings *fs)
{
    bool realm = a->type == STUN_REALM;

    if ((!realm && a->type != STUN_NONCE) || a->kind != STUN_TEXT || m->classic)
        return;
    for (size_t i = 0; i < a->v.s.n; i++) {
        uint8_t c = a->v.s.p[i];
        bool pair = c == '\\' && i + 1 < a->v.s.n && a->v.s.p[i + 1] < 0x80 &&
                    a->v.s.p[i + 1] != '\r' && a->v.s.p[i + 1] != '\n';
        if (c == '"' || (c == '\\' && !pair)) {
            stun_broke(fs, m, realm ? "RFC8489:14.9#a2" : "RFC8489:14.10#a2", STMT,
                       "%c is not quoted by a backslash", a->v.s.p + i, 1, c);
            return;
        }
        i += pair;
    }
}

static void lint_reserved(const struct stun_msg *m, const struct stun_attr *a, struct findings *fs)
{
    struct span padding = {a->p + 4 + a->length, a->pad};

    for (size_t i = 0; i < padding.n; i++)
        if (padding.p[i] != 0) {
            stun_broke(fs, m, "RFC8489:14#4a", MUST,
                       "padding is not zero (RFC 5389 let it be anything)", padding.p, padding.n,
                       0);
            break;
        }
    if ((a->kind == STUN_ADDR || a->kind == STUN_XOR_ADDR) && a->reserved && !m->classic)
        stun_broke(fs, m, a->kind == STUN_ADDR ? "RFC8489:14.1#3a" : "RFC8489:14.2#a7",
                   a->kind == STUN_ADDR ? MUST : STMT, "first octet of the address is %u, not 0",
                   a->p + 4, 1, a->reserved);
    if (a->kind == STUN_CODE && a->v.code_rffu)
        stun_broke(fs, m, "RFC8489:14.8#2", SHOULD,
                   "reserved bits before the error class are not zero", a->p + 4, 3, 0);
}

/* RFC8489:18.5, 18.5.1: 0 is no algorithm, and neither of the others takes parameters. A client copies
 * the list of the server, so that what is in it speaks of the server alone. */
static void lint_algorithms(const struct stun_msg *m, const struct stun_attr *a,
                            struct findings *fs)
{
    struct rd r = rd_of((struct span){a->p + 4, a->length});
    struct span parameters;
    uint16_t algorithm, n;

    if (a->kind != STUN_ALGORITHM && a->kind != STUN_ALGORITHMS)
        return;
    for (;;) {
        const uint8_t *at = r.p + r.pos;
        if (!rd_u16(&r, &algorithm) || !rd_u16(&r, &n) || !rd_take(&r, stun_round4(n), &parameters))
            return;
        if (algorithm == 0 && (a->kind == STUN_ALGORITHM || m->cls >= STUN_SUCCESS))
            stun_broke(fs, m, "RFC8489:18.5#a1", STMT, "algorithm 0 is reserved", at, 2, 0);
        if (n && (algorithm == STUN_MD5 || algorithm == STUN_SHA256))
            stun_broke(fs, m, algorithm == STUN_MD5 ? "RFC8489:18.5.1.1#a1" : "RFC8489:18.5.1.2#a1",
                       STMT, "parameters of %u octets, where the algorithm has none", at + 2, 2, n);
    }
}

/* Values that other standards leave no choice in. */
static void lint_values(const struct stun_msg *m, const struct stun_attr *a, struct findings *fs)
{
    const uint8_t *v = a->p + 4;

    if (a->kind == STUN_RAW || a->length < 4)
        return;
    unsigned icmp = get_u16(v + 2), mtu4 = 3u << 9 | 4; /* 7 bits of type, 9 of code */
    if (a->type == STUN_ICMP && get_u32(v + 4) != 0 && icmp >> 9 != 2 && icmp != mtu4)
        stun_broke(fs, m, "RFC8656:18.13#2", MUST, "error data %x, where there is no MTU to tell",
                   v + 4, 4, get_u32(v + 4));
    if (a->type == STUN_REQUESTED_ADDRESS_FAMILY && v[0] != 1 && v[0] != 2)
        stun_broke(fs, m, "RFC8656:18.6#a2", STMT, "address family %u, not 1 or 2", v, 1, v[0]);
    if (a->type == STUN_ADDITIONAL_ADDRESS_FAMILY && v[0] != 2)
        stun_broke(fs, m, "RFC8656:18.11#a2", STMT, "address family %u, not 2", v, 1, v[0]);
    if (a->type == STUN_TRANSACTION_TRANSMIT_COUNTER && v[3] != 0 && m->cls == STUN_REQUEST)
        stun_broke(fs, m, "RFC7982:3.1#2a", MUST, "Resp is %u in a request, not 0", v + 3, 1, v[3]);
}

/* Reserved bits and values of attributes whose layout other standards give. */
static void lint_turn(const struct stun_msg *m, const struct stun_attr *a, struct findings *fs)
{
    static const struct {
        uint16_t type;
        uint8_t off, len;
        uint64_t mask; /* of the value as one number, which must be zero under it */
        const char *clause, *what;
        enum level level;
    } zero[] = {
        {STUN_CHANNEL_NUMBER, 2, 2, 0xffff, "RFC8656:18.1#1a", "reserved octets are %x, not zero",
         MUST},
        {STUN_REQUESTED_ADDRESS_FAMILY, 1, 3, 0xffffff, "RFC8656:18.6#1a",
         "reserved octets are %x, not zero", MUST},
        {STUN_REQUESTED_TRANSPORT, 1, 3, 0xffffff, "RFC8656:18.8#1a",
         "reserved octets are %x, not zero", MUST},
        {STUN_EVEN_PORT, 0, 1, 0x7f, "RFC8656:18.7#a3", "reserved bits are %x, not zero", STMT},
        {STUN_ADDRESS_ERROR_CODE, 1, 2, 0xfff8, "RFC8656:18.12#1a",
         "reserved bits are %x, not zero", MUST},
        {STUN_ICMP, 0, 2, 0xffff, "RFC8656:18.13#1a", "reserved octets are %x, not zero", MUST},
        {STUN_TRANSACTION_TRANSMIT_COUNTER, 0, 2, 0xffff, "RFC7982:3.1#3",
         "reserved octets are %x, not zero", MUST},
    };

    for (size_t i = 0; i < COUNT(zero); i++) {
        uint64_t v = 0;
        if (zero[i].type != a->type || a->kind == STUN_RAW)
            continue;
        for (size_t k = 0; k < zero[i].len; k++)
            v = v << 8 | a->p[4 + zero[i].off + k];
        if (v & zero[i].mask)
            stun_broke(fs, m, zero[i].clause, zero[i].level, zero[i].what, a->p + 4 + zero[i].off,
                       zero[i].len, v & zero[i].mask);
    }
}

static void lint_order(const struct stun_msg *m, struct findings *fs)
{
    const struct stun_attr *last = m->n_attrs ? &m->attrs[m->n_attrs - 1] : NULL;

    if (!last || !m->at_fingerprint || m->truncated)
        return;
    if (last->p != m->wire.p + m->at_fingerprint)
        stun_broke(fs, m, "RFC8489:14.7#2", MUST, "FINGERPRINT is not the last attribute",
                   m->wire.p + m->at_fingerprint, 8, 0);
    if (stun_check_fingerprint(m) == STUN_BAD && get_u16(m->wire.p + m->at_fingerprint + 2) == 4)
        stun_lint_fingerprint(m, fs);
}

/* A 420 is about at least one type that has to be understood. */
static void lint_unknown(const struct stun_msg *m, struct findings *fs)
{
    const struct stun_attr *list = stun_find(m, STUN_UNKNOWN_ATTRIBUTES);

    if (!list || list->kind != STUN_TYPES)
        return;
    for (size_t i = 0; i + 1 < list->v.s.n; i += 2)
        if (stun_required(get_u16(list->v.s.p + i)))
            return;
    stun_broke(fs, m, "RFC8489:14.8#10", MUST,
               "420 names no attribute whose comprehension is required", list->p, 4, 0);
}

static void lint_error(const struct stun_msg *m, struct findings *fs)
{
    const struct stun_attr *code = stun_find(m, STUN_ERROR_CODE);
    const uint8_t *head = m->wire.p;

    if (!code) {
        stun_broke(fs, m, "RFC8489:6.3.1.1#1", MUST, "error response without ERROR-CODE", head, 2,
                   0);
        return;
    }
    if (code->kind != STUN_CODE)
        return;
    if (code->v.code == 420 && !stun_find(m, STUN_UNKNOWN_ATTRIBUTES))
        stun_broke(fs, m, "RFC8489:6.3.1.1#3", MUST, "420 without UNKNOWN-ATTRIBUTES", code->p, 8,
                   0);
    if (code->v.code == 420)
        lint_unknown(m, fs);
    if (code->v.code == 300 && !stun_find(m, STUN_ALTERNATE_SERVER))
        stun_broke(fs, m, "RFC8489:10#1a", MUST, "300 without ALTERNATE-SERVER", code->p, 8, 0);
    if (code->v.code == 438 && (!stun_find(m, STUN_NONCE) || !stun_find(m, STUN_REALM)))
        stun_broke(fs, m, "RFC8489:9.2.4#23a", MUST, "438 without NONCE or REALM", code->p, 8, 0);
}

static void lint_place(const struct stun_msg *m, const struct stun_attr *a, struct findings *fs)
{
    const struct stun_attr *code;

    if (a->type == STUN_UNKNOWN_ATTRIBUTES) { /* only in a 420; RFC 5389 and 3489 say the same */
        code = m->cls == STUN_ERROR ? stun_find(m, STUN_ERROR_CODE) : NULL;
        if (m->cls != STUN_ERROR || (code && code->kind == STUN_CODE && code->v.code != 420))
            stun_broke(fs, m, "RFC8489:14.13#a1", STMT, "UNKNOWN-ATTRIBUTES outside a 420 response",
                       a->p, 4, 0);
    }
    if (a->type == STUN_MAPPED_ADDRESS && !m->classic && m->cls < STUN_SUCCESS)
        stun_broke(fs, m, "RFC8489:14.1#a4", STMT, "MAPPED-ADDRESS is for servers to send", a->p, 2,
                   0);
    if (a->type == STUN_ERROR_CODE && !m->classic && m->cls != STUN_ERROR)
        stun_broke(fs, m, "RFC8489:14.8#a1", STMT, "ERROR-CODE outside an error response", a->p, 2,
                   0);
    if (a->type == STUN_PASSWORD_ALGORITHM && m->cls != STUN_REQUEST)
        stun_broke(fs, m, "RFC8489:14.12#a1", STMT, "PASSWORD-ALGORITHM outside a request", a->p, 4,
                   0);
}

/* Attributes of RFC 5780 where they may not stand, and beside what. */
static void lint_nat_place(const struct stun_msg *m, const struct stun_attr *a, struct findings *fs)
{
    bool binding = m->method == STUN_BINDING, response = m->cls >= STUN_SUCCESS;
    bool own = a->type == STUN_PADDING || a->type == STUN_RESPONSE_PORT ||
               a->type == STUN_RESPONSE_ORIGIN || a->type == STUN_OTHER_ADDRESS;

    if (a->type == STUN_CHANGE_REQUEST && !(binding && m->cls == STUN_REQUEST))
        stun_broke(fs, m, "RFC5780:7.2#a2", STMT, "CHANGE-REQUEST outside a Binding request", a->p,
                   2, 0);
    else if (a->type == STUN_RESPONSE_ORIGIN && !(binding && response))
        stun_broke(fs, m, "RFC5780:7.3#a2", STMT, "RESPONSE-ORIGIN outside a Binding response",
                   a->p, 2, 0);
    else if (own && (!binding || m->cls == STUN_INDICATION))
        stun_broke(fs, m, "RFC5780:7#a1", STMT,
                   "attribute %x is for Binding requests and their responses", a->p, 2, a->type);
    if (own && stun_find(m, STUN_ALTERNATE_SERVER))
        stun_broke(fs, m, "RFC5780:6.1#13", MUST, "attribute %x stands beside ALTERNATE-SERVER",
                   a->p, 2, a->type);
}

/* The values of RFC 5780, and of RFC 3489 before it. */
static void lint_nat(const struct stun_msg *m, const struct stun_attr *a, struct findings *fs)
{
    enum { FLAGS = 6, HEADERS = 20 + 8, DATAGRAM = 65536 };

    if (a->type == STUN_CHANGE_REQUEST && a->kind == STUN_U32 && a->v.u32 & ~(uint32_t)FLAGS)
        stun_broke(fs, m, m->classic ? "RFC3489:11.2.4#a1" : "RFC5780:7.2#a1", STMT,
                   "bits %x, of which 6 alone have a meaning", a->p + 4, 4, a->v.u32);
    /* with the shortest headers there are: over IPv6 the limit is closer */
    if (a->type == STUN_PADDING && m->wire.n + HEADERS > DATAGRAM)
        stun_broke(fs, m, "RFC5780:7.6#1", MUST,
                   "PADDING makes an IP datagram of over 64K: %u octets", a->p + 2, 2, a->length);
    if (!m->classic)
        lint_nat_place(m, a, fs);
}

/* The attribute in which drafts before RFC 5389 had what is XOR-MAPPED-ADDRESS since; NULL: none. */
static const struct stun_attr *old_mapped(const struct stun_msg *m)
{
    enum { OLD_XOR_MAPPED_ADDRESS = 0x8020 };
    const struct stun_attr *a = stun_find(m, OLD_XOR_MAPPED_ADDRESS);
    bool form = a && ((a->length == 8 && a->p[5] == 1) || (a->length == 20 && a->p[5] == 2));
    return form ? a : NULL;
}

/* MAPPED-ADDRESS will do: it may answer a classic client, RFC 5389 section 12.2. */
static void lint_binding(const struct stun_msg *m, struct findings *fs)
{
    const struct stun_attr *old = old_mapped(m);

    if (stun_find(m, STUN_XOR_MAPPED_ADDRESS) || stun_find(m, STUN_MAPPED_ADDRESS))
        return;
    if (old)
        stun_broke(fs, m, "RFC8489:18.3.1#a1", STMT,
                   "an address in attribute %x, where XOR-MAPPED-ADDRESS is 0x0020", old->p, 2,
                   old->type);
    else
        stun_broke(fs, m, "RFC8489:6.3.1.1#a6", STMT,
                   "success response to Binding without XOR-MAPPED-ADDRESS", m->wire.p, 2, 0);
}

void stun_lint(const struct stun_msg *m, struct findings *fs)
{
    stun_lint_header(m, fs);
    for (size_t i = 0; i < m->n_attrs; i++) {
        const struct stun_attr *a = &m->attrs[i];
        lint_reserved(m, a, fs);
        lint_text(m, a, fs);
        lint_quoting(m, a, fs);
        lint_turn(m, a, fs);
        lint_values(m, a, fs);
        lint_algorithms(m, a, fs);
        lint_place(m, a, fs);
        lint_nat(m, a, fs);
        stun_lint_names(m, a, fs);
    }
    lint_order(m, fs);
    /* what is missing may stand where the caller had no room, or in octets that are no attribute any more */
    if (m->truncated || m->rest.n)
        return;
    if (m->cls == STUN_ERROR)
        lint_error(m, fs);
    if (m->cls == STUN_SUCCESS && m->method == STUN_BINDING && !m->classic)
        lint_binding(m, fs);
    if (m->classic)
        return;
    stun_lint_credentials(m, fs);
    stun_lint_addresses(m, fs);
}
