/* harness/drivers/live_send.c - datagrams on their way out: a queue a socket, sent in batches. */
#include <errno.h>
#include <netinet/udp.h>
#include <stdlib.h>
#include "harness/drivers/live_impl.h"

enum {
    JOINED_MAX = 65000, /* octets in one send of joined datagrams, RFC 768's length less headers */
    QUOTED_MAX = 548,   /* octets of a refused datagram that are given back */
    TRIES =
        3, /* a send reports an ICMP error about an earlier one, once each; then it is its own */
};
struct live_tx { /* the arguments of one sendmmsg */
    struct mmsghdr msg[LIVE_BATCH];
    struct iovec iov[LIVE_BATCH];
    union live_sa name[LIVE_BATCH];
    union live_control control[LIVE_BATCH];
    unsigned joined[LIVE_BATCH]; /* datagrams in each message */
};

bool live_send_init(struct live *l)
{
    l->tx = calloc(1, sizeof *l->tx);
    return l->tx;
}

/* ---- datagrams ---- */

struct dgram *live_dgram(struct live *l, const struct output *o)
{
    struct dgram *g = l->spare;
    size_t n = 0, at = 0;

    for (size_t i = 0; i < o->n_data; i++)
        n += o->data[i].n;
    if (n <= LIVE_DGRAM_SMALL && g) {
        l->spare = g->next;
    } else {
        size_t cap = n > LIVE_DGRAM_SMALL ? n : LIVE_DGRAM_SMALL;
        g = cap <= UINT32_MAX ? malloc(sizeof *g + cap) : NULL;
        if (!g) {
            live_fail(l, "out of memory");
            return NULL;
        }
        g->cap = (uint32_t)cap;
    }
    g->timer = (struct timed){0};
    g->next = NULL;
    g->pkt = o->pkt;
    g->n = (uint32_t)n;
    for (size_t i = 0; i < o->n_data; at += o->data[i++].n)
        if (o->data[i].n)
            memcpy(g->data + at, o->data[i].p, o->data[i].n);
    return g;
}

void live_dgram_free(struct live *l, struct dgram *g)
{
    if (g->cap != LIVE_DGRAM_SMALL) {
        free(g);
        return;
    }
    g->next = l->spare;
    l->spare = g;
}

/* ---- one batch ---- */

static void add_control(struct msghdr *m, int level, int type, const void *v, size_t n)
{
    struct cmsghdr *c = (struct cmsghdr *)((uint8_t *)m->msg_control + m->msg_controllen);

    c->cmsg_level = level;
    c->cmsg_type = type;
    c->cmsg_len = CMSG_LEN(n);
    memcpy(CMSG_DATA(c), v, n);
    m->msg_controllen += CMSG_SPACE(n);
}

static void add_source(struct msghdr *m, const struct addr *from)
{
    if (from->family == 6) {
        struct in6_pktinfo info = {.ipi6_ifindex = 0};
        memcpy(&info.ipi6_addr, from->ip, 16);
        add_control(m, IPPROTO_IPV6, IPV6_PKTINFO, &info, sizeof info);
    } else {
        struct in_pktinfo info = {.ipi_ifindex = 0};
        memcpy(&info.ipi_spec_dst, from->ip, 4);
        add_control(m, IPPROTO_IP, IP_PKTINFO, &info, sizeof info);
    }
}

/* Message `i`, whose datagrams all have the address and options of `g`. */
static void fill_message(struct live_tx *t, const struct flow *f, unsigned i, const struct dgram *g,
                         struct iovec *iov, size_t n)
{
    struct msghdr *m = &t->msg[i].msg_hdr;
    int level = f->v6 ? IPPROTO_IPV6 : IPPROTO_IP, ttl = g->pkt.ttl, tos = g->pkt.tos, one = 1;

    *m = (struct msghdr){.msg_name = &t->name[i], .msg_iov = iov, .msg_iovlen = n};
    m->msg_namelen = live_to_sa(&g->pkt.remote, &t->name[i]);
    m->msg_control = &t->control[i];
    if (g->pkt.local.family)
        add_source(m, &g->pkt.local);
    if (ttl)
        add_control(m, level, f->v6 ? IPV6_HOPLIMIT : IP_TTL, &ttl, sizeof ttl);
    if (tos)
        add_control(m, level, f->v6 ? IPV6_TCLASS : IP_TOS, &tos, sizeof tos);
    if (f->v6 && g->pkt.dont_fragment)
        add_control(m, level, IPV6_DONTFRAG, &one, sizeof one);
    if (n > 1) {
        uint16_t size = (uint16_t)g->n;
        add_control(m, SOL_UDP, UDP_SEGMENT, &size, sizeof size);
    }
    if (!m->msg_controllen)
        m->msg_control = NULL;
    t->joined[i] = (unsigned)n;
}

/* Whether `g` can follow in the message that `lead` began: all but the last are equally long. */
static bool joins(const struct dgram *lead, const struct dgram *before, const struct dgram *g,
                  size_t total)
{
    return lead->n && g->n && before->n == lead->n && g->n <= lead->n &&
           total + g->n <= JOINED_MAX && addr_eq(&lead->pkt.remote, &g->pkt.remote) &&
           addr_eq(&lead->pkt.local, &g->pkt.local) && lead->pkt.ttl == g->pkt.ttl &&
           lead->pkt.tos == g->pkt.tos && lead->pkt.dont_fragment == g->pkt.dont_fragment;
}

/* The front of the queue of `f` as messages; returns how many. */
static unsigned fill(struct live *l, struct flow *f)
{
    struct live_tx *t = l->tx;
    unsigned msgs = 0, n = 0;

    for (struct dgram *g = f->first; g && n < LIVE_BATCH;) {
        const struct dgram *lead = g, *before;
        unsigned first = n;
        size_t total = 0;
        if (!f->v6 && g->pkt.dont_fragment != f->df)
            break; /* in IPv4 an option of the socket, not of the send */
        do {
            t->iov[n++] = (struct iovec){g->data, g->n};
            total += g->n;
            before = g;
            g = g->next;
        } while (l->opt.gso && !f->no_gso && g && n < LIVE_BATCH && joins(lead, before, g, total));
        fill_message(t, f, msgs++, lead, &t->iov[first], n - first);
    }
    return msgs;
}

/* ---- what becomes of it ---- */

/* The first of those that wait; there is one. */
static struct dgram *pop(struct flow *f)
{
    struct dgram *g = f->first;

    f->first = g->next;
    if (!g->next)
        f->last = NULL;
    f->queued--;
    return g;
}

static struct addr from_of(const struct flow *f, const struct dgram *g)
{
    struct addr from = f->any ? live_source(&g->pkt.remote) : f->local;

    if (g->pkt.local.family)
        from = g->pkt.local;
    from.port = f->local.port;
    return from;
}

static uint32_t capture_sent(struct live *l, const struct flow *f, const struct dgram *g)
{
    if (!l->d.capture || live_has(l, FLOW_UDP, &g->pkt.remote)) /* captured where it arrives */
        return 0;
    struct addr from = from_of(f, g);
    return capture_datagram(l->d.capture, l->d.now_us, &from, &g->pkt.remote,
                            (struct span){g->data, g->n});
}

static void sent(struct live *l, struct flow *f, unsigned msgs)
{
    l->counts.sends++;
    for (unsigned i = 0; i < msgs; i++)
        for (unsigned k = 0; k < l->tx->joined[i] && f->first; k++) {
            struct dgram *g = pop(f);
            uint32_t frame = capture_sent(l, f, g);
            if (f->link)
                party_sent(f->link->party, &g->pkt.remote, (struct span){g->data, g->n}, frame);
            l->counts.sent++;
            live_dgram_free(l, g);
        }
}

/* The ICMP error, of IPv4 or IPv6, that says what `error` says. */
static uint16_t icmp_of(int error, bool v6)
{
    if (error == EMSGSIZE)
        return v6 ? 2 << 8 : 3 << 8 | 4;
    if (error == EPERM || error == EACCES)
        return v6 ? 1 << 8 | 1 : 3 << 8 | 13;
    return v6 ? 1 << 8 : 3 << 8;
}

static void refuse(struct live *l, struct flow *f, int error)
{
    struct dgram *g = pop(f);

    l->counts.refused++;
    if (error != ENOBUFS && f->link) { /* ENOBUFS: lost in a full device queue, as on the wire */
        struct input in = {.kind = IN_ICMP, .flow = f->id, .icmp = icmp_of(error, f->v6)};
        in.pkt.remote = g->pkt.remote;
        in.pkt.local = g->pkt.local.family ? g->pkt.local : f->local;
        in.data = span_cut((struct span){g->data, g->n}, 0, QUOTED_MAX);
        live_later(l, f->link->party, &in);
    }
    live_dgram_free(l, g);
}

/* sendmmsg failed on the first datagram; false: the socket takes no more now. */
static bool failed(struct live *l, struct flow *f, int error, unsigned *tries)
{
    if (error == EINTR)
        return true;
    if (error == EAGAIN || error == EWOULDBLOCK) {
        f->blocked = true;
        live_udp_poll(f);
        return false;
    }
    if (l->tx->joined[0] > 1 && (error == EINVAL || error == EMSGSIZE || error == EIO ||
                                 error == EOPNOTSUPP || error == ENOPROTOOPT)) {
        f->no_gso = true; /* larger than the route's MTU, or a device that cannot */
        return true;
    }
    bool earlier = error == ECONNREFUSED || error == EHOSTUNREACH || error == ENETUNREACH ||
                   error == EHOSTDOWN || error == ENOPROTOOPT || error == EPROTO ||
                   error == EMSGSIZE || error == EACCES || error == ENETDOWN || error == ENONET ||
                   error == EOPNOTSUPP || error == ETIMEDOUT;
    if (earlier && ++*tries < TRIES)
        return true;
    *tries = 0;
    refuse(l, f, error);
    return true;
}

/* ---- the queue of a socket ---- */

void live_udp_flush(struct flow *f)
{
    struct live *l = f->l;
    unsigned tries = 0;

    while (f->first && !f->blocked) {
        if (!f->v6 && f->first->pkt.dont_fragment != f->df) {
            f->df = !f->df;
            int how = f->df ? IP_PMTUDISC_PROBE : IP_PMTUDISC_DONT;
            setsockopt(f->fd, IPPROTO_IP, IP_MTU_DISCOVER, &how, sizeof how);
        }
        int n = sendmmsg(f->fd, l->tx->msg, fill(l, f), MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n > 0) {
            tries = 0;
            sent(l, f, (unsigned)n);
        } else if (!failed(l, f, errno, &tries)) {
            break;
        }
    }
}

void live_udp_send(struct flow *f, struct dgram *g)
{
    struct live *l = f->l;

    if (!g->pkt.remote.family)
        g->pkt.remote = f->remote;
    if (g->pkt.local.family && !f->any && live_same_ip(&g->pkt.local, &f->local))
        g->pkt.local.family = 0;
    if (!g->pkt.local.family || live_is_any(&g->pkt.local))
        g->pkt.local = (struct addr){0};
    if (!g->pkt.remote.family || f->queued >= LIVE_QUEUE_MAX) {
        l->counts.dropped++;
        if (g->pkt.remote.family)
            live_fail(l, "more datagrams wait for a socket than its queue holds");
        live_dgram_free(l, g);
        return;
    }
    if (f->last)
        f->last->next = g;
    else
        f->first = g;
    f->last = g;
    g->next = NULL;
    f->queued++;
    l->sent_us = l->d.now_us;
    if (!f->dirty) {
        f->dirty = true;
        f->dirty_next = l->dirty;
        l->dirty = f;
    }
    if (f->queued >= LIVE_BATCH)
        live_udp_flush(f);
}

void live_udp_drop(struct flow *f)
{
    while (f->first)
        live_dgram_free(f->l, pop(f));
}

void live_flush(struct live *l)
{
    while (l->dirty) {
        struct flow *f = l->dirty;
        l->dirty = f->dirty_next;
        f->dirty = false;
        live_udp_flush(f);
    }
    if (l->first_later)
        live_settle(l);
}
