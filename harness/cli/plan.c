/* harness/cli/plan.c - choosing cases, finding the target. */
#include <netdb.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include "harness/cli/plan.h"
#include "harness/core/registry.h"

static bool is_tag(const char *selector)
{
    return selector[0] == '+' || selector[0] == '^';
}

static bool any_word(char *const *selectors, int n)
{
    for (int i = 0; i < n; i++)
        if (!is_tag(selectors[i]))
            return true;
    return false;
}

static bool chosen(const struct case_info *c, char *const *selectors, int n)
{
    bool by_word = !any_word(selectors, n);

    for (int i = 0; i < n; i++) {
        if (!is_tag(selectors[i]))
            by_word |= case_selected(c, selectors[i]);
        else if (!case_selected(c, selectors[i]))
            return false;
    }
    return by_word;
}

static bool asks_for(const struct broken *b, const char *selector)
{
    return strcmp(selector, b->protocol) == 0 || strcmp(selector, b->suite) == 0;
}

/* Each selector has to match something, if only a file that cannot be loaded. */
static bool all_match(const struct plan *p, const char *command, char *const *selectors, int n)
{
    for (int s = 0; s < n; s++) {
        bool any = false;
        for (size_t i = 0; i < p->cases.n; i++)
            any |= case_selected(&p->cases.v[i], selectors[s]);
        for (size_t i = 0; i < p->cases.n_broken; i++)
            any |= asks_for(&p->cases.broken[i], selectors[s]);
        if (!any) {
            cli_error(command, "the selector '%s' matches no case; 'rtclab list' shows them",
                      selectors[s]);
            return false;
        }
    }
    return true;
}

static void choose(struct plan *p, char *const *selectors, int n)
{
    for (size_t i = 0; i < p->cases.n; i++) {
        p->chosen[i] = chosen(&p->cases.v[i], selectors, n);
        p->n_chosen += p->chosen[i];
    }
    for (size_t i = 0; i < p->cases.n_broken; i++) {
        p->lost[i] = !any_word(selectors, n);
        for (int s = 0; s < n; s++)
            p->lost[i] |= asks_for(&p->cases.broken[i], selectors[s]);
        p->n_lost += p->lost[i];
    }
}

bool plan_make(struct plan *p, const char *command, char *const *selectors, int n)
{
    *p = (struct plan){0};
    if (!cli_share()) {
        cli_error(command, "the folder of scenarios is not found; RTCLAB_SHARE can name it");
        return false;
    }
    if (!cases_load(&p->cases, cli_share_path("scenarios"))) {
        cli_error(command, "%s", p->cases.error);
        plan_free(p);
        return false;
    }
    for (size_t i = 0; i < p->cases.n_broken; i++)
        cli_error(command, "%s", p->cases.broken[i].why);
    p->chosen = calloc(p->cases.n + 1, sizeof *p->chosen);
    p->lost = calloc(p->cases.n_broken + 1, sizeof *p->lost);
    bool good = p->chosen && p->lost && all_match(p, command, selectors, n);
    if (good)
        choose(p, selectors, n);
    if (good && !p->n_chosen && !p->n_lost) {
        cli_error(command, "no case is left after all selectors");
        good = false;
    }
    if (!good)
        plan_free(p);
    return good;
}

bool plan_wants(const struct case_info *c, const char *id, char *const *selectors, int n)
{
    bool named = false;

    for (int i = 0; i < n; i++) {
        if (is_tag(selectors[i]) || !case_selected(c, selectors[i]))
            continue;
        if (!case_instance_of(c, selectors[i]) || strcmp(selectors[i], id) == 0)
            return true;
        named = true;
    }
    return !named;
}

void shell_word(struct wr *w, const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "_-./:@%+=,";
    if (word[0] && word[strspn(word, plain)] == '\0') {
        wr_text(w, word);
        return;
    }
    wr_u8(w, '\'');
    for (; *word; word++)
        if (*word == '\'')
            wr_text(w, "'\\''");
        else
            wr_u8(w, (uint8_t)*word);
    wr_u8(w, '\'');
}

void plan_free(struct plan *p)
{
    cases_free(&p->cases);
    free(p->chosen);
    free(p->lost);
    *p = (struct plan){0};
}

static bool from_sockaddr(const struct sockaddr *sa, struct addr *out)
{
    *out = (struct addr){0};
    if (sa->sa_family == AF_INET) {
        const struct sockaddr_in *in = (const struct sockaddr_in *)(const void *)sa;
        out->family = 4;
        out->port = ntohs(in->sin_port);
        memcpy(out->ip, &in->sin_addr, 4);
        return true;
    }
    if (sa->sa_family == AF_INET6) {
        const struct sockaddr_in6 *in = (const struct sockaddr_in6 *)(const void *)sa;
        out->family = 6;
        out->port = ntohs(in->sin6_port);
        memcpy(out->ip, &in->sin6_addr, 16);
        return true;
    }
    return false;
}

/* The length of a scheme before ':' in "stun:host" or "stun://host"; 0: none. "host:3478" has none:
 * what follows its colon are digits alone. */
static size_t scheme_length(const char *url)
{
    size_t n = strspn(url, "abcdefghijklmnopqrstuvwxyz");
    const char *rest = url + n + 1;

    if (n == 0 || n > 15 || url[n] != ':')
        return 0;
    return rest[0] && rest[strspn(rest, "0123456789")] == '\0' ? 0 : n;
}

/* Split "stun:host:port", with or without "//", brackets and port. */
static bool split_url(const char *url, char scheme[16], char host[256], char port[16])
{
    size_t n = scheme_length(url), host_n;
    const char *at = url + (n ? n + 1 : 0), *end;

    snprintf(scheme, 16, "%.*s", (int)n, url);
    port[0] = '\0';
    if (n && strncmp(at, "//", 2) == 0)
        at += 2;
    if (*at == '[') {
        host_n = strcspn(++at, "]");
        end = at + host_n + (at[host_n] == ']');
        if (at[host_n] != ']' || (*end && !strchr(":/?;", *end)))
            return false;
    } else {
        host_n = strcspn(at, ":/?;");
        end = at + host_n;
    }
    if (host_n == 0 || host_n > 255)
        return false;
    snprintf(host, 256, "%.*s", (int)host_n, at);
    if (*end != ':')
        return true;
    size_t port_n = strcspn(end + 1, "/?;");
    snprintf(port, 16, "%.*s", (int)port_n, end + 1);
    return port_n > 0 && port_n < 6 && strspn(port, "0123456789") == port_n &&
           strtoul(port, NULL, 10) - 1 < 65535;
}

/* Whether a scheme is `name`, or (secure) that with an s. */
static bool is_scheme(const char *scheme, const char *name, bool *secure)
{
    size_t n = name ? strlen(name) : 0;

    *secure = n && scheme[n] == 's' && !scheme[n + 1];
    return n && strncmp(scheme, name, n) == 0 && (!scheme[n] || *secure);
}

/* The port of a scheme, "stun" or "stuns", as its codec has it; 0: none says. */
static unsigned scheme_port(const char *scheme)
{
    bool secure;

    for (size_t i = 0; i < registry_n; i++) {
        const struct codec *c = registry[i].codec;
        if (c && (is_scheme(scheme, c->name, &secure) || is_scheme(scheme, c->also, &secure)))
            return secure ? c->port_secure : c->port;
    }
    return 0;
}

/* The first address of each family that the name of the target has. */
bool target_both(const char *command, const char *url, struct addr out[2])
{
    struct addrinfo hints = {.ai_socktype = SOCK_DGRAM}, *found = NULL;
    char scheme[16], host[256], port[16];
    struct addr got;

    out[0] = out[1] = (struct addr){0};
    if (!split_url(url, scheme, host, port) || (!port[0] && !scheme[0])) {
        cli_error(command, "'%s' is no target; one looks like stun:127.0.0.1:3478", url);
        return false;
    }
    if (!port[0] && scheme_port(scheme)) /* also where no services database is installed */
        snprintf(port, sizeof port, "%u", scheme_port(scheme));
    int e = getaddrinfo(host, port[0] ? port : scheme, &hints, &found);
    if (e != 0) {
        cli_error(command, "the target '%s' cannot be resolved: %s", url, gai_strerror(e));
        return false;
    }
    for (const struct addrinfo *a = found; a; a = a->ai_next)
        if (from_sockaddr(a->ai_addr, &got) && !out[got.family == 6].family)
            out[got.family == 6] = got;
    freeaddrinfo(found);
    return out[0].family || out[1].family;
}

bool target_parse(const char *command, const char *url, struct addr *out)
{
    struct addr both[2];

    if (!target_both(command, url, both))
        return false;
    *out = both[0].family ? both[0] : both[1];
    return true;
}

bool addr_is_loopback(const struct addr *a)
{
    static const uint8_t one[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
    return a->family == 4 ? a->ip[0] == 127 : memcmp(a->ip, one, 16) == 0;
}

uint64_t seed_fresh(void)
{
    uint64_t v = 1;
    if (getrandom(&v, sizeof v, 0) != sizeof v)
        v = 1;
    return v >> 16; /* short enough to type again */
}
