/* harness/drivers/sim_sock.c - hosts and sockets of the simulated network, and how they are found. */
#include <stdlib.h>
#include "harness/drivers/sim_impl.h"

struct addr sim_host_addr(uint32_t n, uint8_t family)
{
    struct addr a = {.family = family};
    if (family == 4) {
        a.ip[0] = 10;
        put_u16(a.ip + 2, (uint16_t)n);
    } else {
        a.ip[0] = 0xfd;
        put_u32(a.ip + 12, n);
    }
    return a;
}

struct host *sim_host_of(const struct party *p)
{
    return p->transport;
}

struct host *sim_host_at(struct sim *s, const struct addr *a)
{
    for (struct host *h = s->hosts; h; h = h->next)
        if (sim_same_ip(&h->ip4, a) || sim_same_ip(&h->ip6, a) || sim_same_ip(&h->second, a))
            return h;
    return NULL;
}

static size_t addr_bucket(const struct addr *a, bool udp)
{
    uint32_t h = a->port * 2654435761u + udp;
    for (size_t i = 0; i < (a->family == 6 ? 16u : 4u); i++)
        h = h * 31 + a->ip[i];
    return (h ^ h >> 16) % ADDR_BUCKETS;
}

static size_t flow_bucket(const struct sim *s, const struct host *h, flow_id flow)
{
    uint32_t v = flow * 2654435761u + h->n * 0x85ebca6bu;
    return (v ^ v >> 15) & (s->n_by_flow - 1);
}

/* The socket that takes what is sent to `a`: a binding or a listener, not an end of a stream. */
struct sock *sim_sock_at(struct sim *s, const struct addr *a, bool udp)
{
    for (struct sock *k = s->by_addr[addr_bucket(a, udp)]; k; k = k->addr_next)
        if (k->udp == udp && (udp || k->listening) && addr_eq(&k->local, a))
            return k;
    return NULL;
}

/* Whether a binding, a listener or a stream that the host opened has this address. */
bool sim_addr_taken(struct sim *s, const struct addr *a, bool udp)
{
    const struct sock *k = s->by_addr[addr_bucket(a, udp)];
    while (k && (k->udp != udp || !addr_eq(&k->local, a)))
        k = k->addr_next;
    return k != NULL;
}

struct sock *sim_sock_of(struct sim *s, const struct party *p, flow_id flow)
{
    const struct host *h = sim_host_of(p);
    struct sock *k = s->by_flow[flow_bucket(s, h, flow)];
    while (k && (k->host != h || k->flow != flow))
        k = k->flow_next;
    return k;
}

bool sim_flows_grow(struct sim *s)
{
    size_t n = s->n_by_flow ? s->n_by_flow * 2 : FLOW_BUCKETS_FIRST, old = s->n_by_flow;
    struct sock **v = calloc(n, sizeof(struct sock *)), **was = s->by_flow;

    if (!v)
        return false;
    s->by_flow = v;
    s->n_by_flow = n;
    for (size_t i = 0; i < old; i++)
        for (struct sock *k = was[i], *next; k; k = next) {
            size_t b = flow_bucket(s, k->host, k->flow);
            next = k->flow_next;
            k->flow_next = v[b];
            v[b] = k;
        }
    free(was);
    return true;
}

struct sock *sim_sock_new(struct sim *s, struct host *h, flow_id flow, const struct addr *local,
                          bool udp, bool accepted)
{
    bool room = s->n_socks < s->n_by_flow || sim_flows_grow(s);
    struct sock *k = !room ? NULL : s->spare ? s->spare : malloc(sizeof *k);

    if (!k) {
        sim_fail(s, "out of memory");
        return NULL;
    }
    if (k == s->spare)
        s->spare = k->next;
    *k = (struct sock){
        .host = h, .flow = flow, .local = *local, .udp = udp, .accepted = accepted, .refs = 1};
    s->n_socks++;
    k->next = h->socks;
    if (k->next)
        k->next->prev = k;
    h->socks = k;
    size_t b = flow_bucket(s, h, flow);
    k->flow_next = s->by_flow[b];
    s->by_flow[b] = k;
    if (!accepted) { /* those share the listener's address */
        b = addr_bucket(local, udp);
        k->addr_next = s->by_addr[b];
        s->by_addr[b] = k;
    }
    return k;
}

struct coming sim_unhold(struct sock *k)
{
    struct held *h = k->first;
    struct coming c = h->c;

    k->first = h->next;
    if (!k->first)
        k->last = NULL;
    k->waiting -= c.in.data.n;
    free(h);
    return c;
}

void sim_sock_unref(struct sim *s, struct sock *k)
{
    if (!k || --k->refs > 0)
        return;
    if (k->owns_path)
        free(k->path);
    k->next = s->spare;
    s->spare = k;
}

void sim_pair(struct sock *a, struct sock *b)
{
    a->peer = b;
    b->peer = a;
    a->refs++;
    b->refs++;
}

/* The party has no part in it any more. What is on its way to it is lost; its memory stays as long
 * as that, and as long as the other end lives. */
void sim_sock_kill(struct sim *s, struct sock *k)
{
    struct sock **at;

    if (k->dead)
        return;
    k->dead = true;
    while (k->first)
        free(sim_unhold(k).data);
    for (at = &s->by_flow[flow_bucket(s, k->host, k->flow)]; *at != k; at = &(*at)->flow_next)
        ;
    *at = k->flow_next;
    if (!k->accepted) {
        for (at = &s->by_addr[addr_bucket(&k->local, k->udp)]; *at != k; at = &(*at)->addr_next)
            ;
        *at = k->addr_next;
    }
    if (k->prev)
        k->prev->next = k->next;
    else
        k->host->socks = k->next;
    if (k->next)
        k->next->prev = k->prev;
    s->n_socks--;
    sim_sock_unref(s, k->peer);
    k->peer = NULL;
    sim_sock_unref(s, k);
}
