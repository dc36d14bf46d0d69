/* codecs/uri/uri_host.c - hosts: addresses, names, and what is wrong with them. */
#include "codecs/uri/uri_parts.h"

bool uri_addr(struct span host, struct addr *a)
{
    *a = (struct addr){0};
    if (host.n && host.p[0] == '[')
        return host.p[host.n - 1] == ']' && addr_parse(host, a);
    return lex_find(host, 0, ':') == host.n && addr_parse(host, a);
}

bool uri_caught(enum uri_kind kind, uint8_t c)
{
    if (kind == URI_SIP || kind == URI_SIPS)
        return c == ' ' || lex_is(c, LEX_CTL) || c == '<' || c == '>' || c == '#' || c == '"';
    return !uri_is(c, URI_ANY);
}

/* ---- addresses ---- */

static bool hexadecimal(struct span s)
{
    return s.n <= 4 && lex_all(s, LEX_HEX);
}

/* What is wrong with the IPv6 address between brackets. */
static enum uri_host ipv6(struct span s, struct span *at)
{
    size_t gaps = 0, from = 0;
    struct addr a;

    *at = s;
    if (lex_find(s, 0, '%') < s.n) {
        *at = span_cut(s, lex_find(s, 0, '%'), s.n);
        return HOST_ZONE;
    }
    if (lex_find(s, 0, '[') == s.n && lex_find(s, 0, ':') < s.n && addr_parse(s, &a))
        return HOST_GOOD;
    while (from <= s.n) {
        size_t end = lex_find(s, from, ':');
        struct span group = span_cut(s, from, end);
        if (end + 1 < s.n && s.p[end + 1] == ':')
            gaps++;
        bool last = end == s.n && from > 0 && lex_find(group, 0, '.') < group.n;
        if (group.n && !hexadecimal(group) && !(last && addr_parse(group, &a))) {
            *at = group;
            return last ? HOST_IPV4 : HOST_GROUP;
        }
        from = end + 1;
    }
    return gaps > 1 ? HOST_GAPS : HOST_COUNT;
}

/* "v", digits, ".", one or more octets (RFC 3986 section 3.2.2). */
static enum uri_host future(struct span s, struct span *at)
{
    size_t dot = lex_while(s, 1, LEX_HEX);
    bool good = dot > 1 && dot + 1 < s.n && s.p[dot] == '.';

    for (size_t i = dot + 1; good && i < s.n; i++)
        good = uri_is(s.p[i], 1u << URI_PART_USERINFO);
    *at = s;
    return good ? HOST_GOOD : HOST_FUTURE;
}

static enum uri_host literal(struct span host, bool other, struct span *at)
{
    size_t end = lex_find(host, 0, ']');
    struct span in = span_cut(host, 1, end);

    *at = host;
    if (end == host.n)
        return HOST_OPEN;
    if (end + 1 < host.n) {
        *at = span_cut(host, end + 1, host.n);
        return HOST_BEHIND;
    }
    return other && in.n && lex_lower(in.p[0]) == 'v' ? future(in, at) : ipv6(in, at);
}

static bool numeric(struct span host)
{
    for (size_t i = 0; i < host.n; i++)
        if (!lex_is(host.p[i], LEX_DIGIT) && host.p[i] != '.')
            return false;
    return host.n > 0;
}

/* ---- names ---- */

enum uri_host uri_hostname(struct span host, struct span *at)
{
    size_t from = 0, end;

    do {
        end = lex_find(host, from, '.');
        struct span label = span_cut(host, from, end);
        *at = label;
        if (label.n == 0)
            return HOST_DOTS;
        for (size_t i = 0; i < label.n; i++)
            if (!lex_is(label.p[i], LEX_ALPHA | LEX_DIGIT) && label.p[i] != '-') {
                *at = span_cut(label, i, i + 1);
                return HOST_LETTERS;
            }
        if (label.p[0] == '-' || label.p[label.n - 1] == '-')
            return HOST_HYPHEN;
        from = end + 1;
    } while (from < host.n);
    return lex_is(at->p[0], LEX_ALPHA) ? HOST_GOOD : HOST_TOP;
}

enum uri_host uri_host_sip(struct span host, struct span *at)
{
    struct addr a;

    *at = host;
    if (host.n == 0)
        return HOST_EMPTY;
    if (host.p[0] == '[')
        return literal(host, false, at);
    if (numeric(host))
        return addr_parse(host, &a) ? HOST_GOOD : HOST_IPV4;
    if (host.n >= 2 && host.p[0] == '/' && host.p[1] == '/') {
        *at = span_cut(host, 0, 2);
        return HOST_SLASHES;
    }
    for (size_t i = 0; i < host.n; i++) {
        *at = span_cut(host, i, i + 1);
        if (host.p[i] == '@')
            return HOST_AT;
        if (host.p[i] == '%')
            return HOST_ESCAPE;
        if (uri_caught(URI_SIP, host.p[i]))
            return HOST_SPACE;
    }
    return uri_hostname(host, at);
}

bool uri_is_host(struct span host)
{
    struct span at;
    return uri_host_sip(host, &at) == HOST_GOOD;
}

enum uri_host uri_host_other(struct span host, bool dns, struct span *at)
{
    struct addr a;
    bool escapes = false;

    *at = host;
    if (host.n == 0)
        return dns ? HOST_EMPTY : HOST_GOOD;
    size_t sign = lex_find(host, 0, '@');
    if (sign < host.n) {
        *at = span_cut(host, sign, sign + 1);
        return HOST_AT;
    }
    if (host.p[0] == '[')
        return literal(host, true, at);
    for (size_t i = 0; i < host.n; i++) {
        *at = span_cut(host, i, i + 1);
        escapes |= host.p[i] == '%';
        if (uri_caught(URI_OTHER, host.p[i]))
            return HOST_SPACE;
        if (host.p[i] != '%' && !uri_is(host.p[i], 1u << URI_PART_NAME))
            return HOST_OCTET;
    }
    *at = host;
    if (!dns || escapes)
        return HOST_GOOD;
    if (numeric(host))
        return addr_parse(host, &a) ? HOST_GOOD : HOST_IPV4;
    return host.n > 255 ? HOST_LONG : uri_hostname(host, at);
}

bool uri_is_any_host(struct span host)
{
    struct span at;
    uint8_t c;

    for (size_t i = lex_find(host, 0, '%'); i < host.n; i = lex_find(host, i + 1, '%'))
        if (!uri_escaped(host, i, &c))
            return false;
    return uri_host_other(host, false, &at) == HOST_GOOD;
}
