/* harness/cli/cli_tls.c - options about TLS, and what a URL says of transports. */
#include "codecs/base/field.h"
#include "harness/cli/cli_tls.h"

bool cli_tls_option(struct tls_options *t, int opt, const char *arg)
{
    struct span *const texts[] = {&t->ca, &t->cert, &t->key, &t->fingerprint, &t->server_name};

    if (opt == 3005)
        return t->insecure = true;
    if (opt < 3000 || opt > 3004)
        return false;
    *texts[opt - 3000] = span_of(arg);
    return true;
}

static bool is_secure(struct span scheme)
{
    static const char *const schemes[] = {"stuns", "turns", "https"}; /* RFC 7064, 7065, 9110 */

    for (size_t i = 0; i < COUNT(schemes); i++)
        if (span_is(scheme, schemes[i]))
            return true;
    return false;
}

/* The host of "stuns:host:port", "stuns://[::1]:port"; an address is none. */
static void take_host(struct url_says *out, const char *at)
{
    size_t n;
    struct addr a;

    at += strncmp(at, "//", 2) == 0 ? 2 : 0;
    n = *at == '[' ? strcspn(at, "]") : strcspn(at, ":/?;");
    snprintf(out->host, sizeof out->host, "%.*s", (int)n, at);
    if (*at == '[' || addr_parse(span_of(out->host), &a))
        out->host[0] = '\0';
}

bool cli_url(const char *command, const char *url, struct url_says *out)
{
    size_t n = strspn(url, "abcdefghijklmnopqrstuvwxyz");
    size_t digits = url[n] ? strspn(url + n + 1, "0123456789") : 0;
    bool scheme = n && url[n] == ':' && url[n + 1 + digits];
    const char *by = strstr(url, "transport=");

    *out = (struct url_says){.secure = scheme && is_secure((struct span){(const uint8_t *)url, n})};
    take_host(out, scheme ? url + n + 1 : url);
    if (out->secure)
        snprintf(out->transport, sizeof out->transport, "tls");
    if (!by || (by[-1] != '?' && by[-1] != '&' && by[-1] != ';'))
        return true;
    by += strlen("transport=");
    bool udp = strcmp(by, "udp") == 0, tcp = strcmp(by, "tcp") == 0;
    if (!udp && !tcp) {
        cli_error(command, "a target's transport is udp or tcp, not '%s'", by);
        return false;
    }
    snprintf(out->transport, sizeof out->transport, "%s", out->secure ? udp ? "dtls" : "tls" : by);
    return true;
}
