/* codecs/uri/uri_check.c - the checks of any URI: characters, escapes, hosts, ports, parameters. */
#include "codecs/uri/uri_lint.h"

/* `at` is the octet at `i`. */
static bool octet(struct span s, size_t i, struct span *at)
{
    *at = span_cut(s, i, i + 1);
    return true;
}

/* ---- any part ---- */

URI_CHECK(uri_bad_empty)
{
    (void)l, (void)r, (void)at;
    return s.n == 0;
}
URI_CHECK(uri_bad_there)
{
    (void)l, (void)s, (void)r, (void)at;
    return true;
}

/* Escapes have a rule of their own, and so has what is caught in all of the text. */
static bool stray(const struct uri_look *l, struct span s, unsigned classes, struct span *at)
{
    for (size_t i = 0; i < s.n; i++)
        if (!uri_is(s.p[i], classes) && s.p[i] != '%' && !uri_caught(l->u->kind, s.p[i]))
            return octet(s, i, at);
    return false;
}
URI_CHECK(uri_bad_octet)
{
    return stray(l, s, r->arg, at);
}

URI_CHECK(uri_bad_lower)
{
    (void)l, (void)r;
    for (size_t i = 0; i < s.n; i++) {
        uint8_t c;
        if (uri_escaped(s, i, &c))
            i += 2;
        else if (lex_lower(s.p[i]) != s.p[i])
            return octet(s, i, at);
    }
    return false;
}

/* The next "%" from *i on where escapes may stand: not in a port, not in a host of SIP, not in brackets. */
static bool percent(const struct uri_look *l, struct span s, size_t *i)
{
    const struct uri *u = l->u;
    bool bare = u->kind == URI_SIP || u->kind == URI_SIPS || (u->host.n && u->host.p[0] == '[');

    for (*i = lex_find(s, *i, '%'); *i < s.n; *i = lex_find(s, *i + 1, '%')) {
        const uint8_t *p = s.p + *i;
        bool in_host = u->host.n && p >= u->host.p && p < u->host.p + u->host.n;
        bool in_port = u->port.n && p >= u->port.p && p < u->port.p + u->port.n;
        if (!(bare && in_host) && !in_port)
            return true;
    }
    return false;
}
URI_CHECK(uri_bad_escape)
{
    uint8_t c;

    (void)r;
    for (size_t i = 0; percent(l, s, &i); i++)
        if (!uri_escaped(s, i, &c))
            return octet(s, i, at);
    return false;
}
URI_CHECK(uri_bad_upper)
{
    uint8_t c;

    (void)r;
    for (size_t i = 0; percent(l, s, &i); i++)
        if (uri_escaped(s, i, &c) && (s.p[i + 1] >= 'a' || s.p[i + 2] >= 'a')) {
            *at = span_cut(s, i, i + 3);
            return true;
        }
    return false;
}
URI_CHECK(uri_bad_needless)
{
    uint8_t c;

    (void)r;
    for (size_t i = 0; percent(l, s, &i); i++)
        if (uri_escaped(s, i, &c) && uri_is(c, URI_UNRESERVED)) {
            *at = span_cut(s, i, i + 3);
            return true;
        }
    return false;
}

URI_CHECK(uri_bad_space)
{
    (void)l, (void)r;
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] == ' ' || lex_is(s.p[i], LEX_CTL))
            return octet(s, i, at);
    return false;
}
URI_CHECK(uri_bad_delimiter)
{
    (void)l, (void)r;
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] == '<' || s.p[i] == '>' || s.p[i] == '#' || s.p[i] == '"')
            return octet(s, i, at);
    return false;
}
/* The space in a number has its own rule. */
URI_CHECK(uri_bad_any)
{
    const struct uri *u = l->u;
    size_t from = u->kind == URI_TEL ? u->scheme.n + 1 : s.n, to = from + u->path.n;

    (void)r;
    for (size_t i = 0; i < s.n; i++)
        if (!uri_is(s.p[i], URI_ANY) && !(s.p[i] == ' ' && i >= from && i < to))
            return octet(s, i, at);
    return false;
}

/* ---- hosts and ports ---- */

/* "2001:db8::1" was taken for a host and a port. */
static bool bare_ipv6(const struct uri *u)
{
    if (!u->port.n || lex_find(u->port, 0, ':') == u->port.n || !lex_all(u->host, LEX_HEX))
        return false;
    for (size_t i = 0; i < u->port.n; i++)
        if (!lex_is(u->port.p[i], LEX_HEX) && u->port.p[i] != ':' && u->port.p[i] != '.')
            return false;
    return true;
}

void uri_look_at_host(struct uri_look *l)
{
    const struct uri *u = l->u;
    bool dns = l->scheme && l->scheme->host;

    l->host_at = u->host;
    if (bare_ipv6(u))
        l->host = HOST_BARE;
    else if (u->kind == URI_SIP || u->kind == URI_SIPS)
        l->host = uri_host_sip(u->host, &l->host_at);
    else
        l->host = uri_host_other(u->host, dns, &l->host_at);
}

URI_CHECK(uri_bad_host)
{
    (void)s;
    *at = l->host_at;
    return l->host == r->arg;
}
/* An address in brackets, and the IPv4 address at its end. */
URI_CHECK(uri_bad_inner)
{
    (void)r;
    *at = l->host_at;
    return l->host == HOST_IPV4 && s.n && s.p[0] == '[';
}
URI_CHECK(uri_bad_dns)
{
    enum uri_host h = l->host;

    (void)r;
    *at = l->host_at;
    return h == HOST_DOTS || h == HOST_LETTERS || h == HOST_HYPHEN || h == HOST_TOP ||
           (h == HOST_IPV4 && s.n && s.p[0] != '[');
}
URI_CHECK(uri_bad_nowhere)
{
    const struct uri *u = l->u;

    (void)r;
    *at = u->host.p ? u->host : span_cut(s, u->scheme.n + 1, u->scheme.n + 1);
    return l->scheme && l->scheme->host && u->host.n == 0;
}
/* What a host of up to 255 octets stands for is text (RFC 3986 section 3.2.2). */
URI_CHECK(uri_bad_utf8)
{
    uint8_t buf[255];
    struct wr w = {buf, sizeof buf, 0, false};

    (void)r, (void)at;
    if (lex_find(s, 0, '%') == s.n || l->host == HOST_ZONE || l->host == HOST_SPACE)
        return false;
    return uri_unescape(&w, s) && !w.full && !span_utf8(wr_span(&w));
}

URI_CHECK(uri_bad_port)
{
    size_t i = lex_while(s, 0, LEX_DIGIT);

    (void)r;
    if (i == s.n || l->host == HOST_BARE || uri_caught(l->u->kind, s.p[i]))
        return false;
    return octet(s, i, at);
}
/* Ports are any number of digits (RFC 3986 section 3.2.3), but those of TCP and UDP, which the schemes have that
 * are known to have ports. */
URI_CHECK(uri_bad_range)
{
    uint16_t port;

    (void)r, (void)at;
    return l->scheme && l->scheme->port && lex_all(s, LEX_DIGIT) && !uri_port(l->u, &port);
}
URI_CHECK(uri_bad_usual)
{
    uint16_t port;

    (void)s, (void)r, (void)at;
    return l->scheme && l->scheme->port && uri_port(l->u, &port) && port == l->scheme->port;
}

URI_CHECK(uri_bad_secret)
{
    size_t colon = lex_find(s, 0, ':');

    (void)l, (void)r;
    *at = span_cut(s, colon + 1, s.n);
    return colon + 1 < s.n;
}
/* Of "ws" and "wss" (RFC 6455 section 3). */
URI_CHECK(uri_bad_socket)
{
    (void)s, (void)r, (void)at;
    return l->scheme &&
           (span_is(span_of(l->scheme->name), "ws") || span_is(span_of(l->scheme->name), "wss"));
}

/* ---- parameters and headers ---- */

URI_CHECK(uri_bad_name)
{
    (void)r, (void)at;
    return s.n && l->p->name.n == 0;
}
/* Those of a tel URI that say what their values are have rules of their own. */
URI_CHECK(uri_bad_value)
{
    (void)s, (void)r;
    if (l->u->kind == URI_TEL && (uri_named(l->p->name, "ext") || uri_named(l->p->name, "isub") ||
                                  uri_named(l->p->name, "phone-context")))
        return false;
    *at = l->p->text;
    return l->p->value.p && l->p->value.n == 0 && l->p->name.n > 0;
}
/* Whether the value of a parameter is a token, by a production of its own (RFC 3261 section 25.1: other-transport,
 * other-user, Method): it has "`", which paramchar has not. It has "%" too, which begins an escape all the same: it is
 * one of the delimiters (RFC 2396 section 2.4.3) that section 19.1.2 has escaped. */
static bool of_token(const struct uri *u, const struct param *p)
{
    return (u->kind == URI_SIP || u->kind == URI_SIPS) &&
           (uri_named(p->name, "transport") || uri_named(p->name, "user") ||
            uri_named(p->name, "method"));
}
/* An octet that neither the classes have nor a token, where the value may be one. */
static bool stray_value(const struct uri_look *l, unsigned classes, struct span *at)
{
    struct span v = l->p->value, from = v;

    while (stray(l, from, classes, at)) {
        if (!lex_is(at->p[0], LEX_TOKEN) || !of_token(l->u, l->p))
            return true;
        from = span_cut(v, (size_t)(at->p - v.p) + 1, v.n);
    }
    return false;
}
URI_CHECK(uri_bad_param)
{
    (void)s;
    return stray(l, l->p->name, r->arg, at) || stray_value(l, r->arg, at);
}
/* Among the URI_LOOK_BACK parameters before: the cost is linear. */
URI_CHECK(uri_bad_twice)
{
    struct uri_walk name = uri_walk_of(l->p->name, l->u->kind, URI_FOLD);
    size_t n = l->i < URI_LOOK_BACK ? l->i : URI_LOOK_BACK;

    (void)s, (void)r;
    *at = l->p->name;
    for (size_t k = 1; l->p->name.n && k <= n; k++)
        if (uri_order(name, uri_walk_of((l->p - k)->name, l->u->kind, URI_FOLD)) == 0)
            return true;
    return false;
}
URI_CHECK(uri_bad_equals)
{
    (void)r, (void)at;
    return s.n && !l->p->value.p;
}
/* The first "=" delimits, others do not (RFC 3261 section 19.1.2). */
static bool reserved(struct span s, struct span *at)
{
    for (size_t i = 0; i < s.n; i++)
        if (uri_is(s.p[i], URI_RESERVED) && !uri_is(s.p[i], 1u << URI_PART_HEADER))
            return octet(s, i, at);
    return false;
}
URI_CHECK(uri_bad_reserved)
{
    (void)s, (void)r;
    return reserved(l->p->name, at) || reserved(l->p->value, at);
}
URI_CHECK(uri_bad_header)
{
    (void)s;
    return stray(l, l->p->name, r->arg, at) || stray(l, l->p->value, r->arg, at);
}
