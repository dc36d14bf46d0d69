/* codecs/uri/uri_use.c - what the parts of a URI mean: schemes, transports, ports, parameters of SIP. */
#include "codecs/uri/uri_parts.h"

#define SCHEME(s) .name = (s), .n = sizeof(s) - 1
static const struct uri_scheme schemes[] = {
    {SCHEME("sip"), .kind = URI_SIP, .port = 5060}, /* RFC 3261 section 19.1.1 */
    {SCHEME("sips"), .kind = URI_SIPS, .port = 5061, .secure = true},
    {SCHEME("tel"), .kind = URI_TEL},
    {SCHEME("http"), .port = 80, .host = true}, /* RFC 9110 section 4.2 */
    {SCHEME("https"), .port = 443, .secure = true, .host = true},
    {SCHEME("ws"), .port = 80, .host = true}, /* RFC 6455 section 3 */
    {SCHEME("wss"), .port = 443, .secure = true, .host = true},
    {SCHEME("xmpp"), .port = 5222},               /* RFC 6120 section 3.2 */
    {SCHEME("rtmp"), .port = 1935, .host = true}, /* its own specification, section 7.2.1.1 */
};

const struct uri_scheme *uri_scheme_of(struct span name)
{
    for (size_t i = 0; i < COUNT(schemes); i++)
        if (name.n == schemes[i].n && lex_like(name, schemes[i].name))
            return &schemes[i];
    return NULL;
}

static const struct {
    const char *name;
    bool reliable;
    uint16_t port, secure; /* RFC 3261 section 19.1.1 table 1, RFC 7118 section 5 */
} transports[URI_TRANSPORTS] = {
    [URI_UDP] = {"udp", false, 5060, 5061}, [URI_TCP] = {"tcp", true, 5060, 5061},
    [URI_TLS] = {"tls", true, 5061, 5061},  [URI_SCTP] = {"sctp", true, 5060, 5061},
    [URI_WS] = {"ws", true, 80, 443},
};

enum uri_transport uri_transport(const struct uri *u)
{
    struct span s = uri_param(u, "transport");

    if (!s.p)
        return u->kind == URI_SIPS ? URI_TCP : URI_UDP;
    for (size_t t = 0; t < URI_TRANSPORTS; t++)
        if (uri_named(s, transports[t].name))
            return (enum uri_transport)t;
    return URI_TRANSPORTS;
}

bool uri_reliable(enum uri_transport t)
{
    return t < URI_TRANSPORTS && transports[t].reliable;
}

struct span uri_param(const struct uri *u, const char *name)
{
    for (size_t i = 0; i < u->params_n; i++) {
        const struct param *p = &u->params[i];
        if (uri_named(p->name, name))
            return p->value.p ? p->value : span_cut(p->text, p->text.n, p->text.n);
    }
    return (struct span){NULL, 0};
}

bool uri_lr(const struct uri *u)
{
    return uri_param(u, "lr").p;
}

bool uri_phone(const struct uri *u)
{
    struct span s = uri_param(u, "user");
    return s.p && uri_named(s, "phone");
}

bool uri_ttl(const struct uri *u, uint8_t *ttl)
{
    struct span s = uri_param(u, "ttl");
    uint64_t v;

    if (s.n > 3 || !lex_number(s, &v) || v > 255)
        return false;
    *ttl = (uint8_t)v;
    return true;
}

struct span uri_maddr(const struct uri *u)
{
    return uri_param(u, "maddr");
}

struct span uri_method(const struct uri *u)
{
    return uri_param(u, "method");
}

bool uri_xmpp(const struct uri *u, struct uri_xmpp *x)
{
    struct span path = u->path;

    *x = (struct uri_xmpp){.node = {NULL, 0}};
    if (!lex_like(u->scheme, "xmpp"))
        return false;
    if (path.n && path.p[0] == '/') /* behind an authority */
        path = span_cut(path, 1, path.n);
    size_t slash = lex_find(path, 0, '/');
    struct span name = span_cut(path, 0, slash);
    size_t at = lex_find(name, 0, '@');
    if (at < name.n)
        x->node = span_cut(name, 0, at);
    x->host = at < name.n ? span_cut(name, at + 1, name.n) : name;
    if (slash < path.n)
        x->resource = span_cut(path, slash + 1, path.n);
    size_t end = lex_find(u->query, 0, ';');
    if (u->query.p)
        x->type = span_cut(u->query, 0, end);
    if (end < u->query.n)
        x->pairs = span_cut(u->query, end + 1, u->query.n);
    return x->host.n > 0;
}

bool uri_port(const struct uri *u, uint16_t *port)
{
    uint64_t v;
    if (!u->port.p || !lex_number(u->port, &v) || v > UINT16_MAX)
        return false;
    *port = (uint16_t)v;
    return true;
}

uint16_t uri_port_meant(const struct uri *u)
{
    const struct uri_scheme *scheme = uri_scheme_of(u->scheme);
    uint16_t port = 0;

    if (uri_port(u, &port) || u->port.n)
        return port;
    if (u->kind == URI_SIP || u->kind == URI_SIPS) {
        enum uri_transport t = uri_transport(u);
        if (t < URI_TRANSPORTS)
            return u->kind == URI_SIPS ? transports[t].secure : transports[t].port;
    }
    return scheme ? scheme->port : 0;
}
