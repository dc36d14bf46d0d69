/* codecs/uri/uri_lint.c - the rules of a URI's syntax, as one table, and where they apply. */
#include "codecs/uri/uri_lint.h"

enum { S = 1 << URI_SIP | 1 << URI_SIPS, SS = 1 << URI_SIPS, T = 1 << URI_TEL, O = 1 << URI_OTHER };
enum { /* what a rule looks at */
       TEXT,
       PART,   /* a text of struct uri, where it is there */
       PARAM,  /* each parameter */
       VALUE,  /* the value of each parameter called `name`, empty where it has none */
       HEADER, /* each header */
       PARAMS, /* all parameters together: once a URI */
};
#define OF(m) PART, .off = offsetof(struct uri, m)

static const struct uri_rule rules[] = {
    /* ---- sip, sips ---- */
    {S, TEXT, .bad = uri_bad_space, .clause = "RFC3261:19.1.2#2", .level = MUST,
     .what = "a space or control character in a URI"},
    {S, TEXT, .bad = uri_bad_delimiter, .clause = "RFC3261:19.1.2#1", .level = MUST,
     .what = "a delimiter that is not escaped: %c"},
    {S, TEXT, .bad = uri_bad_escape, .clause = "RFC3261:19.1.2#a1", .level = STMT,
     .what = "\"%\" without two hexadecimal digits"},
    {S, OF(user), .bad = uri_bad_empty, .clause = "RFC3261:19.1.1#2", .level = MUST,
     .what = "\"@\" and no user before it"},
    {S, OF(user), .bad = uri_bad_octet, .arg = 1 << URI_PART_USER, .clause = "RFC3261:25.1#a31",
     .level = STMT, .what = "not escaped in a user: %c"},
    {S, OF(user), .bad = uri_bad_phone, .clause = "RFC3261:19.1.1#10", .level = SHOULD,
     .what = "the user is a telephone number, without user=phone"},
    {S, OF(user), .bad = uri_bad_subscriber, .clause = "RFC3261:25.1#a33", .level = STMT,
     .what = "user=phone, and the user is no telephone number: %c"},
    {S, OF(user), .bad = uri_bad_capital, .clause = "RFC3261:19.1.6#1", .level = SHOULD,
     .what = "a telephone number with capital letters in its parameters"},
    {S, OF(password), .bad = uri_bad_there, .clause = "RFC3261:19.1.1#4", .level = SHOULD,
     .what = "a password in a URI"},
    {S, OF(password), .bad = uri_bad_octet, .arg = 1 << URI_PART_PASSWORD,
     .clause = "RFC3261:25.1#a32", .level = STMT, .what = "not escaped in a password: %c"},
    {S, OF(host), .bad = uri_bad_host, .arg = HOST_EMPTY, .clause = "RFC3261:25.1#a35",
     .level = STMT, .what = "no host"},
    {S, OF(host), .bad = uri_bad_host, .arg = HOST_AT, .clause = "RFC3261:19.1.2#a3", .level = STMT,
     .what = "a second \"@\""},
    {S, OF(host), .bad = uri_bad_host, .arg = HOST_SLASHES, .clause = "RFC3261:25.1#a29",
     .level = STMT, .what = "\"//\" behind the scheme"},
    {S, OF(host), .bad = uri_bad_host, .arg = HOST_ESCAPE, .clause = "RFC3261:19.1.2#a2",
     .level = STMT, .what = "an escape in the host"},
    {S, OF(host), .bad = uri_bad_host, .arg = HOST_DOTS, .clause = "RFC3261:25.1#a36",
     .level = STMT, .what = "an empty label in the host name"},
    {S, OF(host), .bad = uri_bad_host, .arg = HOST_LETTERS, .clause = "RFC3261:25.1#a37",
     .level = STMT, .what = "no letter, digit or hyphen in the host name: %c"},
    {S, OF(host), .bad = uri_bad_host, .arg = HOST_HYPHEN, .clause = "RFC3261:25.1#a37",
     .level = STMT, .what = "a label that begins or ends with a hyphen"},
    {S, OF(host), .bad = uri_bad_host, .arg = HOST_TOP, .clause = "RFC3261:25.1#a38", .level = STMT,
     .what = "the last label does not begin with a letter"},
    {S, OF(host), .bad = uri_bad_host, .arg = HOST_IPV4, .clause = "RFC3261:25.1#a39",
     .level = STMT, .what = "no IPv4 address of four numbers from 0 to 255"},
    {S, OF(host), .bad = uri_bad_host, .arg = HOST_BARE, .clause = "RFC3261:25.1#a40",
     .level = STMT, .what = "an IPv6 address without brackets"},
    {S, OF(host), .bad = uri_bad_host, .arg = HOST_OPEN, .clause = "RFC3261:25.1#a40",
     .level = STMT, .what = "\"[\" without \"]\""},
    {S, OF(host), .bad = uri_bad_host, .arg = HOST_BEHIND, .clause = "RFC3261:25.1#a40",
     .level = STMT, .what = "text behind the \"]\" of an address"},
    {S, OF(host), .bad = uri_bad_host, .arg = HOST_GAPS, .clause = "RFC3261:25.1#a41",
     .level = STMT, .what = "\"::\" twice in an IPv6 address"},
    {S, OF(host), .bad = uri_bad_host, .arg = HOST_COUNT, .clause = "RFC3261:25.1#a41",
     .level = STMT, .what = "an IPv6 address of other than eight groups"},
    {S, OF(host), .bad = uri_bad_host, .arg = HOST_ZONE, .clause = "RFC3261:25.1#a41",
     .level = STMT, .what = "a zone in an IPv6 address"},
    {S, OF(host), .bad = uri_bad_host, .arg = HOST_GROUP, .clause = "RFC3261:25.1#a42",
     .level = STMT, .what = "a group that is not one to four hexadecimal digits"},
    {S, OF(port), .bad = uri_bad_empty, .clause = "RFC3261:25.1#a34", .level = STMT,
     .what = "\":\" and no port behind it"},
    {S, OF(port), .bad = uri_bad_port, .clause = "RFC3261:25.1#a43", .level = STMT,
     .what = "no digit in the port: %c"},
    {S, OF(port), .bad = uri_bad_range, .clause = "RFC3261:25.1#a43", .level = STMT,
     .what = "a port above 65535"},
    {S, PARAM, .bad = uri_bad_empty, .clause = "RFC3261:25.1#a44", .level = STMT,
     .what = "an empty parameter"},
    {S, PARAM, .bad = uri_bad_name, .clause = "RFC3261:25.1#a51", .level = STMT,
     .what = "a parameter without a name"},
    {S, PARAM, .bad = uri_bad_value, .clause = "RFC3261:25.1#a51", .level = STMT,
     .what = "\"=\" and no value behind it"},
    {S, PARAM, .bad = uri_bad_param, .arg = 1 << URI_PART_PARAM, .clause = "RFC3261:25.1#a52",
     .level = STMT, .what = "not escaped in a parameter: %c"},
    {S, PARAM, .bad = uri_bad_twice, .clause = "RFC3261:19.1.1#7", .level = MUST,
     .what = "a parameter stands twice"},
    {S, VALUE, .name = "transport", .bad = uri_bad_token, .clause = "RFC3261:25.1#a45",
     .level = STMT, .what = "transport is no token"},
    {S, VALUE, .name = "user", .bad = uri_bad_token, .clause = "RFC3261:25.1#a46", .level = STMT,
     .what = "user is no token"},
    {S, VALUE, .name = "method", .bad = uri_bad_token, .clause = "RFC3261:25.1#a47", .level = STMT,
     .what = "method is no token"},
    {S, VALUE, .name = "ttl", .bad = uri_bad_ttl, .clause = "RFC3261:25.1#a48", .level = STMT,
     .what = "ttl is no number from 0 to 255 of up to three digits"},
    {S, VALUE, .name = "maddr", .bad = uri_bad_maddr, .clause = "RFC3261:25.1#a49", .level = STMT,
     .what = "maddr is no host"},
    {SS, VALUE, .name = "transport", .bad = uri_bad_sips, .clause = "RFC3261:19.1.1#8",
     .level = MUST, .what = "an unreliable transport in a SIPS URI"},
    {S, PARAMS, .bad = uri_bad_unicast, .clause = "RFC3261:19.1.1#9", .level = MUST,
     .what = "ttl without a multicast address in maddr"},
    {S, PARAMS, .bad = uri_bad_stream, .clause = "RFC3261:19.1.1#9", .level = MUST,
     .what = "ttl with a transport other than UDP"},
    {S, HEADER, .bad = uri_bad_empty, .clause = "RFC3261:25.1#a53", .level = STMT,
     .what = "an empty header"},
    {S, HEADER, .bad = uri_bad_equals, .clause = "RFC3261:25.1#a54", .level = STMT,
     .what = "a header without \"=\""},
    {S, HEADER, .bad = uri_bad_name, .clause = "RFC3261:25.1#a55", .level = STMT,
     .what = "a header without a name"},
    {S, HEADER, .bad = uri_bad_reserved, .clause = "RFC3261:19.1.2#4", .level = MUST,
     .what = "a reserved character that is not escaped in a header: %c"},
    {S, HEADER, .bad = uri_bad_header, .arg = 1 << URI_PART_HEADER | URI_RESERVED,
     .clause = "RFC3261:25.1#a56", .level = STMT, .what = "not escaped in a header: %c"},

    /* ---- all ---- */
    {S | T | O, OF(scheme), .bad = uri_bad_lower, .clause = "RFC3986:3.1#a3", .level = SHOULD,
     .what = "the scheme is not in small letters"},

    /* ---- tel, others ---- */
    {T | O, TEXT, .bad = uri_bad_any, .clause = "RFC3986:2#a1", .level = STMT,
     .what = "no character of URIs, not escaped: %c"},
    {T | O, TEXT, .bad = uri_bad_escape, .clause = "RFC3986:2.1#a1", .level = STMT,
     .what = "\"%\" without two hexadecimal digits"},
    {T | O, TEXT, .bad = uri_bad_upper, .clause = "RFC3986:2.1#a3", .level = SHOULD,
     .what = "an escape with small letters"},
    {T | O, TEXT, .bad = uri_bad_needless, .clause = "RFC3986:2.3#a3", .level = SHOULD,
     .what = "an escape of what needs none: %c"},

    /* ---- tel ---- */
    {T, OF(path), .bad = uri_bad_hidden, .clause = "RFC3966:3#1", .level = MUST,
     .what = "a delimiter is escaped: %c"},
    {T, OF(path), .bad = uri_bad_blank, .clause = "RFC3966:5.1.1#2", .level = MUST,
     .what = "a space in a number"},
    {T, OF(path), .bad = uri_bad_global, .clause = "RFC3966:5.1.3#a1", .level = STMT,
     .what = "a letter, * or # in a global number: %c"},
    {T, OF(path), .bad = uri_bad_letter, .clause = "RFC3966:5.1.2#a1", .level = STMT,
     .what = "a letter in place of a digit: %c"},
    {T, OF(path), .bad = uri_bad_plus, .clause = "RFC3966:3#a2", .level = STMT,
     .what = "no digit or visual separator in a global number: %c"},
    {T, OF(path), .bad = uri_bad_local, .clause = "RFC3966:3#a3", .level = STMT,
     .what = "no digit or visual separator in a local number: %c"},
    {T, OF(path), .bad = uri_bad_digits, .arg = '+', .clause = "RFC3966:3#a2", .level = STMT,
     .what = "a global number without a digit"},
    {T, OF(path), .bad = uri_bad_digits, .clause = "RFC3966:3#a3", .level = STMT,
     .what = "a local number without a digit"},
    {T, PARAMS, .bad = uri_bad_context, .clause = "RFC3966:5.1#2", .level = MUST,
     .what = "a local number without phone-context"},
    {T, PARAM, .bad = uri_bad_empty, .clause = "RFC3966:3#a5", .level = STMT,
     .what = "an empty parameter"},
    {T, PARAM, .bad = uri_bad_name, .clause = "RFC3966:3#a5", .level = STMT,
     .what = "a parameter without a name"},
    {T, PARAM, .bad = uri_bad_pname, .clause = "RFC3966:3#a5", .level = STMT,
     .what = "no letter, digit or hyphen in a name: %c"},
    {T, PARAM, .bad = uri_bad_value, .clause = "RFC3966:3#a5", .level = STMT,
     .what = "\"=\" and no value behind it"},
    {T, PARAM, .bad = uri_bad_equal, .clause = "RFC3966:3#2", .level = MUST,
     .what = "not escaped in a value: %c"},
    {T, PARAM, .bad = uri_bad_pvalue, .clause = "RFC3966:3#a6", .level = STMT,
     .what = "not escaped in a value: %c"},
    {T, VALUE, .name = "ext", .bad = uri_bad_ext, .clause = "RFC3966:3#a7", .level = STMT,
     .what = "ext is not digits and visual separators"},
    {T, VALUE, .name = "isub", .bad = uri_bad_isub, .clause = "RFC3966:3#a8", .level = STMT,
     .what = "isub is not one or more characters of a URI"},
    {T, VALUE, .name = "phone-context", .bad = uri_bad_prefix, .clause = "RFC3966:3#a9",
     .level = STMT, .what = "phone-context is neither a domain name nor a number"},
    {T, VALUE, .name = "phone-context", .bad = uri_bad_domain, .clause = "RFC3966:3#a10",
     .level = STMT, .what = "phone-context is no domain name"},
    {T, PARAM, .bad = uri_bad_twice, .clause = "RFC3966:3#3", .level = MUST,
     .what = "a parameter stands twice"},
    {T, PARAMS, .bad = uri_bad_order, .clause = "RFC3966:3#4", .level = MUST,
     .what = "isub or ext, phone-context and the others by name are out of order"},
    {T, PARAM, .bad = uri_bad_both, .clause = "RFC3966:5.3#a1", .level = STMT,
     .what = "isub and ext in one URI"},
    {T, PARAM, .bad = uri_bad_lower, .clause = "RFC3966:4#1", .level = SHOULD,
     .what = "capital letters in a parameter"},

    /* ---- RFC 3986 ---- */
    {O, OF(user), .bad = uri_bad_octet, .arg = 1 << URI_PART_USERINFO, .clause = "RFC3986:3.2.1#a1",
     .level = STMT, .what = "not escaped in user information: %c"},
    {O, OF(user), .bad = uri_bad_secret, .clause = "RFC3986:7.5#a1", .level = SHOULD,
     .what = "a password in a URI"},
    {O, OF(user), .bad = uri_bad_socket, .clause = "RFC6455:3#a1", .level = STMT,
     .what = "user information in a URI of WebSocket"},
    {O, TEXT, .bad = uri_bad_nowhere, .clause = "RFC3986:3.2.2#a11", .level = STMT,
     .what = "no host, which this scheme needs"},
    {O, OF(host), .bad = uri_bad_host, .arg = HOST_AT, .clause = "RFC3986:3.2.1#a2", .level = STMT,
     .what = "a second \"@\""},
    {O, OF(host), .bad = uri_bad_host, .arg = HOST_OCTET, .clause = "RFC3986:3.2.2#a11",
     .level = STMT, .what = "not escaped in a host: %c"},
    {O, OF(host), .bad = uri_bad_host, .arg = HOST_BARE, .clause = "RFC3986:3.2.2#a5",
     .level = STMT, .what = "an IPv6 address without brackets"},
    {O, OF(host), .bad = uri_bad_host, .arg = HOST_OPEN, .clause = "RFC3986:3.2.2#a5",
     .level = STMT, .what = "\"[\" without \"]\""},
    {O, OF(host), .bad = uri_bad_host, .arg = HOST_BEHIND, .clause = "RFC3986:3.2.2#a5",
     .level = STMT, .what = "text behind the \"]\" of an address"},
    {O, OF(host), .bad = uri_bad_host, .arg = HOST_GROUP, .clause = "RFC3986:3.2.2#a6",
     .level = STMT, .what = "a group that is not one to four hexadecimal digits"},
    {O, OF(host), .bad = uri_bad_host, .arg = HOST_GAPS, .clause = "RFC3986:3.2.2#a6",
     .level = STMT, .what = "\"::\" twice in an IPv6 address"},
    {O, OF(host), .bad = uri_bad_host, .arg = HOST_COUNT, .clause = "RFC3986:3.2.2#a6",
     .level = STMT, .what = "an IPv6 address of other than eight groups"},
    {O, OF(host), .bad = uri_bad_host, .arg = HOST_ZONE, .clause = "RFC3986:3.2.2#a7",
     .level = STMT, .what = "a zone in an IPv6 address"},
    {O, OF(host), .bad = uri_bad_host, .arg = HOST_FUTURE, .clause = "RFC3986:3.2.2#a8",
     .level = STMT, .what = "a literal that is not v, digits, \".\" and text"},
    {O, OF(host), .bad = uri_bad_inner, .clause = "RFC3986:3.2.2#a10", .level = STMT,
     .what = "the IPv4 address in an IPv6 address is not four numbers from 0 to 255"},
    {O, OF(host), .bad = uri_bad_dns, .clause = "RFC3986:3.2.2#a14", .level = SHOULD,
     .what = "the host has not the syntax of names in the DNS"},
    {O, OF(host), .bad = uri_bad_host, .arg = HOST_LONG, .clause = "RFC3986:3.2.2#a14",
     .level = SHOULD, .what = "a host of more than 255 characters"},
    {O, OF(host), .bad = uri_bad_lower, .clause = "RFC3986:3.2.2#a4", .level = SHOULD,
     .what = "the host is not in small letters"},
    {O, OF(host), .bad = uri_bad_utf8, .clause = "RFC3986:3.2.2#a15", .level = STMT,
     .what = "escapes in the host are no UTF-8"},
    {O, OF(port), .bad = uri_bad_port, .clause = "RFC3986:3.2.3#a1", .level = STMT,
     .what = "no digit in the port: %c"},
    {O, OF(port), .bad = uri_bad_range, .clause = "RFC3986:3.2.3#a1", .level = STMT,
     .what = "a port above 65535"},
    {O, OF(port), .bad = uri_bad_empty, .clause = "RFC3986:3.2#a3", .level = SHOULD,
     .what = "\":\" and no port behind it"},
    {O, OF(port), .bad = uri_bad_usual, .clause = "RFC3986:3.2.3#a2", .level = SHOULD,
     .what = "the port is that of the scheme"},
    {O, OF(path), .bad = uri_bad_octet, .arg = 1 << URI_PART_PATH, .clause = "RFC3986:3.3#a2",
     .level = STMT, .what = "not escaped in a path: %c"},
    {O, OF(query), .bad = uri_bad_octet, .arg = 1 << URI_PART_QUERY, .clause = "RFC3986:3.4#a2",
     .level = STMT, .what = "not escaped in a query: %c"},
    {O, OF(fragment), .bad = uri_bad_octet, .arg = 1 << URI_PART_QUERY, .clause = "RFC3986:3.5#a2",
     .level = STMT, .what = "not escaped in a fragment: %c"},
    {O, OF(fragment), .bad = uri_bad_socket, .clause = "RFC6455:3#2", .level = MUST,
     .what = "a fragment in a URI of WebSocket"},
};

const size_t uri_rules_n = COUNT(rules);

static void judge(struct uri_look *l, const struct uri_rule *r, struct span s)
{
    struct span at = s;

    if (!r->bad(l, s, r, &at))
        return;
    finding_add(l->fs, (struct finding){.clause = r->clause,
                                        .what = r->what,
                                        .level = r->level,
                                        .off = l->base + (uint64_t)(at.p - l->u->text.p),
                                        .len = at.n,
                                        .arg = {at.n ? at.p[0] : 0}});
}

static void judge_list(struct uri_look *l, const struct uri_rule *r, const struct param *v,
                       size_t n)
{
    for (l->i = 0; l->i < n; l->i++) {
        const struct param *p = l->p = &v[l->i];
        struct span none = span_cut(p->text, p->text.n, p->text.n);
        if (r->where != VALUE)
            judge(l, r, p->text);
        else if (uri_named(p->name, r->name))
            judge(l, r, p->value.p ? p->value : none);
    }
}

static void apply(struct uri_look *l, const struct uri_rule *r)
{
    const struct uri *u = l->u;
    struct span s;

    switch (r->where) {
    case PART:
        memcpy(&s, (const char *)u + r->off, sizeof s);
        if (s.p)
            judge(l, r, s);
        break;
    case PARAM:
    case VALUE:
        judge_list(l, r, u->params, u->params_n);
        break;
    case HEADER:
        judge_list(l, r, u->headers, u->headers_n);
        break;
    default:
        judge(l, r, u->text);
        break;
    }
}

/* Few parameters without escapes in their names, each there once, none of those that have rules of their own; and
 * transports of RFC 3261. */
static bool plain_params(const struct uri *u)
{
    static const char *const others[] = {"ttl", "maddr", "method", "user"};
    static const char *const transports[] = {"udp", "tcp", "tls", "sctp"};

    if (u->params_n > 4)
        return false;
    for (size_t i = 0; i < u->params_n; i++) {
        const struct param *p = &u->params[i];
        bool known = !lex_like(p->name, "transport");
        bool value = !p->value.p || (p->value.n && uri_fits(p->value, URI_PART_PARAM));
        if (p->name.n == 0 || !value || lex_find(p->name, 0, '%') < p->name.n ||
            !uri_fits(p->name, URI_PART_PARAM))
            return false;
        for (size_t k = 0; k < COUNT(others); k++)
            if (lex_like(p->name, others[k]))
                return false;
        for (size_t k = 0; k < COUNT(transports); k++)
            known |= span_is(p->value, transports[k]);
        for (size_t k = 0; k < i; k++)
            known &= !lex_same(p->name, u->params[k].name);
        if (!known)
            return false;
    }
    return true;
}

/* Whether it is a sip: URI of the plain form that most have, of which no rule has anything to say: a user that
 * is no telephone number with "+", a host, a port. */
static bool plain(const struct uri *u)
{
    uint64_t port;

    if (u->kind != URI_SIP || u->password.p || u->headers_n || !span_is(u->scheme, "sip"))
        return false;
    if (u->user.p && !(u->user.n && u->user.p[0] != '+' && uri_fits(u->user, URI_PART_USER)))
        return false;
    if (u->port.p &&
        (u->port.n > 5 || !lex_number(u->port, &port) || port > UINT16_MAX || u->port.p[0] == '0'))
        return false;
    return uri_is_host(u->host) && plain_params(u);
}

void uri_lint(const struct uri *u, struct findings *fs, uint64_t base)
{
    if (plain(u))
        return;

    struct uri_look l = {.u = u, .fs = fs, .base = base};

    if (!u->scheme.p) {
        finding_add(fs, (struct finding){.clause = "RFC3986:3.1#a1",
                                         .what = "a URI begins with a scheme and \":\"",
                                         .level = STMT,
                                         .off = base,
                                         .len = u->text.n});
        return;
    }
    l.scheme = uri_scheme_of(u->scheme);
    uri_look_at_host(&l);
    for (size_t i = 0; i < COUNT(rules); i++)
        if (rules[i].kinds & 1u << u->kind)
            apply(&l, &rules[i]);
}
