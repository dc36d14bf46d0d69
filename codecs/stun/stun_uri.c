/* codecs/stun/stun_uri.c - stun:, stuns:, turn: and turns: URIs.
 *
 * None of them is hierarchical (RFC7064:3.1#1, RFC7065:3.1#1): no "//", user, path or fragment, and
 * a query for TURN alone, of one form. Host and port are those of RFC 3986 sections 3.2.2, 3.2.3.
 */
#include "codecs/stun/stun_uri.h"

static const struct rules { /* the clauses of the two documents that say the same */
    const char *form, *host, *port, *transport, *need_host, *port_range;
} rules[] = {
    {"RFC7064:3.1#a1", "RFC7064:3.1#a2", "RFC7064:3.1#a3", NULL, "RFC7064:3.2#a1",
     "RFC7064:3.2#a2"},
    {"RFC7065:3.1#a1", "RFC7065:3.1#a2", "RFC7065:3.1#a3", "RFC7065:3.1#a4", "RFC7065:3.2#a1",
     "RFC7065:3.2#a2"},
};

static const struct scheme {
    const char *name;
    bool turn, secure;
    uint16_t port;     /* RFC7064:3.2, RFC7065:3.2: where none is given */
    const char *stack; /* where no transport is given; RFC7064:3.2#1, RFC7065:3.2#1 */
} schemes[] = {
    {"stun", false, false, 3478, "udp"},
    {"stuns", false, true, 5349, "tcp/tls"},
    {"turn", true, false, 3478, "udp"},
    {"turns", true, true, 5349, "tcp/tls"},
};

static const struct transport {
    const char *name;
    const char *stack[2]; /* turn, turns */
} transports[] = {
    {"udp", {"udp", "udp/dtls"}},
    {"tcp", {"tcp", "tcp/tls"}},
};

struct parse {
    struct span s;
    size_t at; /* the next octet to read */
    const struct rules *rules;
    struct findings *fs;
    struct stun_uri *u;
};

static bool broke(struct parse *p, const char *clause, const char *what, size_t off, size_t len)
{
    uint64_t octet = off < p->s.n ? p->s.p[off] : 0;
    finding_add(
        p->fs,
        (struct finding){
            .clause = clause, .what = what, .level = STMT, .off = off, .len = len, .arg = {octet}});
    return false;
}

/* ABNF strings are case-insensitive (RFC 5234 section 2.3). */
static bool same_word(struct span s, const char *word)
{
    size_t n = strlen(word);
    if (s.n != n)
        return false;
    for (size_t i = 0; i < n; i++) {
        uint8_t c = s.p[i];
        if (c >= 'A' && c <= 'Z')
            c |= 0x20;
        if (c != (uint8_t)word[i])
            return false;
    }
    return true;
}

static bool digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static bool hex(uint8_t c)
{
    return digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

static bool unreserved(uint8_t c)
{
    return digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || (c && strchr("-._~", c));
}

static bool sub_delim(uint8_t c)
{
    return c && strchr("!$&'()*+,;=", c);
}

/* Whether a host of no brackets, or a port, ends before this octet. */
static bool delimiter(uint8_t c)
{
    return c && strchr(":/?#", c);
}

static bool parse_scheme(struct parse *p, const struct scheme **found)
{
    while (p->at < p->s.n && p->s.p[p->at] != ':')
        p->at++;
    struct span word = span_cut(p->s, 0, p->at);
    *found = NULL;
    for (size_t i = 0; i < COUNT(schemes); i++)
        if (same_word(word, schemes[i].name))
            *found = &schemes[i];
    if (!*found)
        return broke(p, p->rules->form, "the scheme is none of stun, stuns, turn and turns", 0,
                     word.n);
    p->rules = &rules[(*found)->turn];
    if (p->at == p->s.n)
        return broke(p, p->rules->form, "no colon after the scheme", p->at, 0);
    p->at++;
    p->u->turn = (*found)->turn;
    p->u->secure = (*found)->secure;
    p->u->port = (*found)->port;
    p->u->stack = (*found)->stack;
    return true;
}

/* "v" 1*HEXDIG "." 1*( unreserved / sub-delims / ":" ) */
static bool future_literal(struct span s)
{
    size_t at = 1, first;
    if (s.n == 0 || (s.p[0] | 0x20) != 'v')
        return false;
    while (at < s.n && hex(s.p[at]))
        at++;
    if (at == 1 || at == s.n || s.p[at] != '.')
        return false;
    for (first = ++at; at < s.n; at++)
        if (!unreserved(s.p[at]) && !sub_delim(s.p[at]) && s.p[at] != ':')
            return false;
    return at > first;
}

static bool parse_literal(struct parse *p)
{
    size_t start = p->at;
    struct addr a;

    while (p->at < p->s.n && p->s.p[p->at] != ']')
        p->at++;
    if (p->at == p->s.n)
        return broke(p, p->rules->host, "no closing bracket after an IP literal", start,
                     p->s.n - start);
    p->u->host = span_cut(p->s, start + 1, p->at++);
    if (addr_parse(span_cut(p->s, start, p->at), &a)) {
        p->u->family = a.family;
        memcpy(p->u->ip, a.ip, sizeof a.ip);
        return true;
    }
    if (!future_literal(p->u->host))
        return broke(p, p->rules->host, "no IPv6 address in the brackets", start, p->at - start);
    p->u->stack = NULL; /* well-formed, but nobody knows how to reach such an address */
    return true;
}

static bool parse_name(struct parse *p)
{
    size_t start = p->at;
    struct addr a;

    for (; p->at < p->s.n && !delimiter(p->s.p[p->at]); p->at++) {
        uint8_t c = p->s.p[p->at];
        if (c == '%') {
            struct span code = span_cut(p->s, p->at, p->at + 3);
            if (code.n < 3 || !hex(code.p[1]) || !hex(code.p[2]))
                return broke(p, p->rules->host, "no two hexadecimal digits after %c", p->at,
                             code.n);
            p->at += 2;
        } else if (!unreserved(c) && !sub_delim(c)) {
            return broke(p, p->rules->host, "%c cannot stand in a host", p->at, 1);
        }
    }
    p->u->host = span_cut(p->s, start, p->at);
    if (addr_parse(p->u->host, &a)) { /* first match wins: RFC 3986 section 3.2.2 */
        p->u->family = a.family;
        memcpy(p->u->ip, a.ip, sizeof a.ip);
    }
    return true;
}

static bool parse_host(struct parse *p)
{
    size_t start = p->at;

    if (p->at < p->s.n && p->s.p[p->at] == '/')
        return broke(p, p->rules->form, "%c where the host begins: the URI is not hierarchical",
                     p->at, 1);
    if (p->at == p->s.n || delimiter(p->s.p[p->at]))
        return broke(p, p->rules->need_host, "no host", p->at, 0);
    if (p->s.p[p->at] == '[' ? !parse_literal(p) : !parse_name(p))
        return false;
    if (!p->u->turn && p->u->secure && p->u->family) {
        finding_add(p->fs, (struct finding){.clause = "RFC8489:8.1#1",
                                            .what = "a stuns URI with an IP address",
                                            .level = MUST,
                                            .off = start,
                                            .len = p->at - start});
        return false;
    }
    return true;
}

/* ":" *DIGIT: a port of no digits is that of the scheme. */
static bool parse_port(struct parse *p)
{
    size_t start = p->at + 1;
    uint32_t v = 0;

    if (p->at == p->s.n || p->s.p[p->at] != ':')
        return true;
    for (p->at++; p->at < p->s.n && digit(p->s.p[p->at]); p->at++)
        if (v <= UINT16_MAX)
            v = v * 10 + p->s.p[p->at] - '0';
    if (p->at < p->s.n && (p->s.p[p->at] == ':' || !delimiter(p->s.p[p->at])))
        return broke(p, p->rules->port, "%c in the port, which is decimal digits", p->at, 1);
    if (p->at == start)
        return true;
    if (v == 0 || v > UINT16_MAX)
        return broke(p, p->rules->port_range, "the port is not 1 to 65535", start, p->at - start);
    p->u->port = (uint16_t)v;
    p->u->port_given = true;
    return true;
}

static bool parse_transport(struct parse *p)
{
    static const char key[] = "?transport=";
    size_t start = p->at, n = sizeof key - 1;

    if (p->at == p->s.n || p->s.p[p->at] != '?')
        return true;
    if (!same_word(span_cut(p->s, start, start + n), key))
        return broke(p, p->rules->transport, "a query other than ?transport=", start,
                     p->s.n - start);
    for (p->at += n; p->at < p->s.n && unreserved(p->s.p[p->at]); p->at++)
        ;
    p->u->transport = span_cut(p->s, start + n, p->at);
    if (p->at < p->s.n)
        return broke(p, p->rules->transport, "%c cannot stand in a transport", p->at, 1);
    if (p->u->transport.n == 0)
        return broke(p, p->rules->transport, "no transport after the equals sign", p->at, 0);
    bool reachable = p->u->stack != NULL;
    p->u->stack = NULL;
    for (size_t i = 0; reachable && i < COUNT(transports); i++)
        if (same_word(p->u->transport, transports[i].name))
            p->u->stack = transports[i].stack[p->u->secure];
    return true;
}

bool stun_uri_parse(struct span s, struct stun_uri *u, struct findings *fs)
{
    struct parse p = {.s = s, .rules = &rules[0], .fs = fs, .u = u};
    const struct scheme *scheme;

    *u = (struct stun_uri){0};
    if (!parse_scheme(&p, &scheme) || !parse_host(&p) || !parse_port(&p))
        return false;
    if (scheme->turn && !parse_transport(&p))
        return false;
    if (p.at < s.n)
        return broke(&p, p.rules->form, "%c where the URI should end", p.at, s.n - p.at);
    return true;
}

static struct span ip_octets(const void *rec)
{
    const struct stun_uri *u = rec;
    return (struct span){u->ip, u->family == 6 ? 16 : u->family};
}

static bool no_ip(const void *rec)
{
    return ((const struct stun_uri *)rec)->family == 0;
}

static bool no_transport(const void *rec)
{
    return ((const struct stun_uri *)rec)->transport.n == 0;
}

static const struct field fields[] = {
    {"turn", FIELD(struct stun_uri, turn, F_BOOL)},
    {"secure", FIELD(struct stun_uri, secure, F_BOOL)},
    {"host", FIELD(struct stun_uri, host, F_TEXT)},
    {"family", FIELD(struct stun_uri, family, F_UINT), .absent = no_ip},
    {"ip", FIELD(struct stun_uri, ip, F_BYTES), .octets = ip_octets, .absent = no_ip},
    {"port", FIELD(struct stun_uri, port, F_UINT)},
    {"port_given", FIELD(struct stun_uri, port_given, F_BOOL)},
    {"transport", FIELD(struct stun_uri, transport, F_TEXT), .absent = no_transport},
    {"stack", FIELD(struct stun_uri, stack, F_CHARS)},
};
const struct desc stun_uri_desc = {
    .name = "stun-uri",
    .size = sizeof(struct stun_uri),
    FIELDS(fields),
};
