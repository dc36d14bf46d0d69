/* harness/drivers/live_flow.c - flows by id, and the addresses they stand at. */
#include <stdlib.h>
#include <unistd.h>
#include "harness/drivers/live_impl.h"

/* ---- flows of a party ---- */

static size_t bucket(const struct link *k, flow_id id)
{
    return (id * 2654435761u >> 7) & (k->n_buckets - 1);
}

static bool grow(struct link *k)
{
    size_t n = k->n_buckets ? k->n_buckets * 2 : 16;
    struct flow **buckets = calloc(n, sizeof *buckets);

    if (!buckets)
        return false;
    free(k->buckets);
    k->buckets = buckets;
    k->n_buckets = n;
    for (struct flow *f = k->flows; f; f = f->next) {
        size_t b = bucket(k, f->id);
        f->hash_next = buckets[b];
        buckets[b] = f;
    }
    return true;
}

struct flow *live_flow_new(struct link *k, flow_id id, enum flow_kind kind)
{
    bool room = k->n_flows < k->n_buckets || grow(k);
    struct flow *f = room ? calloc(1, sizeof *f) : NULL;

    if (!f) {
        live_fail(k->l, "out of memory");
        return NULL;
    }
    f->l = k->l;
    f->link = k;
    f->id = id;
    f->kind = kind;
    f->next = k->flows;
    if (f->next)
        f->next->prev = f;
    k->flows = f;
    size_t b = bucket(k, id);
    f->hash_next = k->buckets[b];
    k->buckets[b] = f;
    k->n_flows++;
    return f;
}

struct flow *live_flow_find(struct link *k, flow_id id)
{
    if (k->last && k->last->id == id)
        return k->last;
    struct flow *f = k->n_buckets ? k->buckets[bucket(k, id)] : NULL;
    while (f && f->id != id)
        f = f->hash_next;
    if (f)
        k->last = f;
    return f;
}

void live_flow_detach(struct flow *f)
{
    struct link *k = f->link;

    if (!k)
        return;
    struct flow **at = &k->buckets[bucket(k, f->id)];
    while (*at != f)
        at = &(*at)->hash_next;
    *at = f->hash_next;
    if (f->prev)
        f->prev->next = f->next;
    else
        k->flows = f->next;
    if (f->next)
        f->next->prev = f->prev;
    if (k->last == f)
        k->last = NULL;
    k->n_flows--;
    f->link = NULL;
}

void live_flow_freed(uv_handle_t *h)
{
    struct flow *f = h->data;

    if (f->kind == FLOW_UDP && f->dirty) {
        struct flow **at = &f->l->dirty;
        while (*at != f)
            at = &(*at)->dirty_next;
        *at = f->dirty_next;
    }
    free(f);
}

void live_open_failed(struct link *k, flow_id id, enum close_why why)
{
    live_later(k->l, k->party, &(struct input){.kind = IN_CLOSED, .flow = id, .why = why});
}

void live_flow_lost(struct flow *f, enum close_why why)
{
    if (!f->link)
        return;
    live_later(f->l, f->link->party,
               &(struct input){.kind = IN_CLOSED,
                               .flow = f->id,
                               .why = why,
                               .pkt = {.local = f->local, .remote = f->remote}});
    live_flow_detach(f);
}

enum close_why live_why(int uv_error)
{
    switch (uv_error) {
    case UV_ECONNREFUSED:
        return CLOSE_REFUSED;
    case UV_ECONNRESET:
    case UV_ECONNABORTED:
    case UV_EPIPE:
        return CLOSE_RESET;
    case UV_ETIMEDOUT:
        return CLOSE_TIMEOUT;
    case UV_EHOSTUNREACH:
    case UV_ENETUNREACH:
    case UV_ENETDOWN:
        return CLOSE_UNREACHABLE;
    case UV_EMFILE:
    case UV_ENFILE:
    case UV_ENOMEM:
    case UV_ENOBUFS:
        return CLOSE_QUOTA;
    default:
        return CLOSE_LOCAL;
    }
}

/* ---- addresses ---- */

socklen_t live_to_sa(const struct addr *a, union live_sa *sa)
{
    if (a->family == 6) {
        sa->in6 = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = htons(a->port)};
        memcpy(&sa->in6.sin6_addr, a->ip, 16);
        return sizeof sa->in6;
    }
    sa->in = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(a->port)};
    memcpy(&sa->in.sin_addr, a->ip, 4);
    return sizeof sa->in;
}

struct addr live_of_sa(const union live_sa *sa)
{
    struct addr a = {0};

    if (sa->sa.sa_family == AF_INET) {
        a.family = 4;
        a.port = ntohs(sa->in.sin_port);
        memcpy(a.ip, &sa->in.sin_addr, 4);
    } else if (sa->sa.sa_family == AF_INET6) {
        a.family = 6;
        a.port = ntohs(sa->in6.sin6_port);
        memcpy(a.ip, &sa->in6.sin6_addr, 16);
    }
    return a;
}

struct addr live_bound(int fd)
{
    union live_sa sa = {0};
    socklen_t n = sizeof sa;

    return getsockname(fd, &sa.sa, &n) == 0 ? live_of_sa(&sa) : (struct addr){0};
}

bool live_same_ip(const struct addr *a, const struct addr *b)
{
    return a->family == b->family && memcmp(a->ip, b->ip, a->family == 6 ? 16 : 4) == 0;
}

bool live_is_any(const struct addr *a)
{
    struct addr any = {.family = a->family};
    return live_same_ip(a, &any);
}

/* Without a packet: only the route is looked up, or the address tried. */
static struct addr probe(const struct addr *to, int (*how)(int, const struct sockaddr *, socklen_t))
{
    struct addr got = {0};
    union live_sa sa;
    socklen_t n = live_to_sa(to, &sa);
    int fd = socket(sa.sa.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    if (fd >= 0 && how(fd, &sa.sa, n) == 0)
        got = live_bound(fd);
    if (fd >= 0)
        close(fd);
    got.port = 0;
    return got;
}

struct addr live_source(const struct addr *to)
{
    struct addr at = *to;
    at.port = at.port ? at.port : 9; /* any will do, but not 0 */
    return probe(&at, connect);
}

bool live_is_local(struct live *l, const struct addr *a)
{
    struct addr at = *a;

    at.port = 0;
    if (!addr_eq(&at, &l->asked)) {
        l->was_local = probe(&at, bind).family != 0;
        l->asked = at;
    }
    return l->was_local;
}

bool live_has(struct live *l, enum flow_kind kind, const struct addr *to)
{
    for (const struct link *k = l->links; k; k = k->next)
        for (const struct flow *f = k->flows; f; f = f->next)
            if (f->kind == kind && f->local.port == to->port &&
                (live_same_ip(&f->local, to) ||
                 (f->local.family == to->family && live_is_any(&f->local) && live_is_local(l, to))))
                return true;
    return false;
}

struct addr live_bind_addr(const struct link *k, const struct flow_spec *spec)
{
    const struct live_options *o = &k->l->opt;
    struct addr a = spec->local;

    a.family = a.family              ? a.family
               : spec->remote.family ? spec->remote.family
               : k->host.family      ? k->host.family
               : o->bind4.family     ? 4
               : o->bind6.family     ? 6
                                     : 4;
    const struct addr *def = a.family == 6 ? &o->bind6 : &o->bind4;
    if (spec->local.family && !live_is_any(&spec->local))
        return a;
    if (k->host.family == a.family && !live_is_any(&k->host))
        memcpy(a.ip, k->host.ip, sizeof a.ip);
    else if (def->family == a.family)
        memcpy(a.ip, def->ip, sizeof a.ip);
    else
        memset(a.ip, 0, sizeof a.ip);
    return a;
}
