/* harness/cli/plan.c - choosing cases, finding the target. */
#include <netdb.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include "harness/cli/plan.h"

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
    p->chosen = calloc(p->cases.n ? p->cases.n : 1, sizeof *p->chosen);
    for (size_t i = 0; p->chosen && i < p->cases.n; i++)
        p->chosen[i] = true;
    for (int s = 0; p->chosen && s < n; s++) {
        bool any = false, narrows = selectors[s][0] == '+' || selectors[s][0] == '^', wide = false;
        for (int k = 0; k < n; k++)
            wide |= selectors[k][0] != '+' && selectors[k][0] != '^';
        for (size_t i = 0; i < p->cases.n; i++)
            any |= case_selected(&p->cases.v[i], selectors[s]);
        if (!any) {
            cli_error(command, "the selector '%s' matches no case; 'rtclab list' shows them",
                      selectors[s]);
            plan_free(p);
            return false;
        }
        for (size_t i = 0; i < p->cases.n; i++) { /* words add up, tags narrow */
            bool by_word = !wide;
            for (int k = 0; k < n; k++)
                by_word |= selectors[k][0] != '+' && selectors[k][0] != '^' &&
                           case_selected(&p->cases.v[i], selectors[k]);
            p->chosen[i] &= by_word && (!narrows || case_selected(&p->cases.v[i], selectors[s]));
        }
    }
    for (size_t i = 0; i < p->cases.n; i++)
        p->n_chosen += p->chosen[i];
    if (!p->n_chosen)
        cli_error(command, "no case is left after all selectors");
    return p->n_chosen > 0;
}

void plan_free(struct plan *p)
{
    cases_free(&p->cases);
    free(p->chosen);
    p->chosen = NULL;
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

/* Split "stun:host:port", with or without "//", brackets and port. */
static bool split_url(const char *url, char scheme[16], char host[256], char port[16])
{
    const char *colon = strchr(url, ':'), *at = url, *end;
    size_t alpha = strspn(url, "abcdefghijklmnopqrstuvwxyz");

    scheme[0] = port[0] = '\0';
    if (colon && alpha && url + alpha == colon && !(colon[1] >= '0' && colon[1] <= '9' && !strchr(colon + 1, ':') && !strchr(colon + 1, '.'))) {
        snprintf(scheme, 16, "%.*s", (int)(alpha < 15 ? alpha : 15), url);
        at = colon + 1;
        at += strncmp(at, "//", 2) == 0 ? 2 : 0;
    }
    if (*at == '[') {
        end = strchr(++at, ']');
        if (!end)
            return false;
        snprintf(host, 256, "%.*s", (int)(end - at), at);
        end++;
    } else {
        end = at + strcspn(at, ":/?");
        snprintf(host, 256, "%.*s", (int)(end - at), at);
    }
    if (*end == ':')
        snprintf(port, 16, "%.*s", (int)strcspn(end + 1, "/?;"), end + 1);
    return host[0] != '\0';
}

bool target_parse(const char *command, const char *url, struct addr *out)
{
    struct addrinfo hints = {.ai_socktype = SOCK_DGRAM}, *found = NULL;
    char scheme[16], host[256], port[16];

    if (!split_url(url, scheme, host, port) || (!port[0] && !scheme[0])) {
        cli_error(command, "'%s' is no target; one looks like stun:127.0.0.1:3478", url);
        return false;
    }
    if (!port[0] && strcmp(scheme, "stun") == 0) /* also where no services database is installed */
        snprintf(port, sizeof port, "3478");
    int e = getaddrinfo(host, port[0] ? port : scheme, &hints, &found);
    if (e != 0) {
        cli_error(command, "the target '%s' cannot be resolved: %s", url, gai_strerror(e));
        return false;
    }
    bool good = from_sockaddr(found->ai_addr, out);
    for (const struct addrinfo *a = found; a; a = a->ai_next)
        if (a->ai_family == AF_INET && from_sockaddr(a->ai_addr, out))
            break;
    freeaddrinfo(found);
    return good;
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
