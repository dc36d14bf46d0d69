/* harness/drivers/live_udp.c - datagram sockets: opening, receiving in batches, ICMP errors. */
#include <errno.h>
#include <netinet/udp.h>
#include <stdlib.h>
#include <unistd.h>
#include <linux/errqueue.h>
#include "harness/drivers/live_impl.h"

enum {
    STRIDE = 65536 + 320, /* a datagram's place; not a power of two, so that the first octets of
                             different ones do not compete for the same lines of the cache */
    BATCHES = 4,          /* of one socket before others have their turn */
    ERRORS = 256,         /* the same for ICMP errors */
    BUFFER = 4 << 20,     /* octets, asked of the system for each direction */
};
#ifndef SO_SELECT_ERR_QUEUE
#define SO_SELECT_ERR_QUEUE 45
#endif
struct live_rx { /* the arguments of one recvmmsg */
    struct mmsghdr msg[LIVE_BATCH];
    struct iovec iov[LIVE_BATCH];
    union live_sa name[LIVE_BATCH];
    union live_control control[LIVE_BATCH];
    uint8_t data[LIVE_BATCH][STRIDE];
};

bool live_udp_init(struct live *l)
{
    struct live_rx *r = malloc(sizeof *r);

    l->rx = r;
    for (size_t i = 0; r && i < LIVE_BATCH; i++) {
        r->iov[i] = (struct iovec){r->data[i], STRIDE};
        r->msg[i].msg_hdr = (struct msghdr){.msg_name = &r->name[i],
                                            .msg_namelen = sizeof r->name[i],
                                            .msg_iov = &r->iov[i],
                                            .msg_iovlen = 1,
                                            .msg_control = &r->control[i],
                                            .msg_controllen = sizeof r->control[i]};
    }
    return r;
}

/* ---- receiving ---- */

/* What a control message says; returns the size of the datagrams that were joined, 0: one. */
static size_t take_control(struct msghdr *m, struct pkt *pkt)
{
    int v, joined = 0;

    for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
        const uint8_t *d = CMSG_DATA(c);
        if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
            memcpy(pkt->local.ip, d + offsetof(struct in_pktinfo, ipi_addr), 4);
        } else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
            memcpy(pkt->local.ip, d + offsetof(struct in6_pktinfo, ipi6_addr), 16);
        } else if ((c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_TTL) ||
                   (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_HOPLIMIT)) {
            memcpy(&v, d, sizeof v);
            pkt->ttl = (uint8_t)v;
        } else if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_TOS) {
            pkt->tos = *d;
        } else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_TCLASS) {
            memcpy(&v, d, sizeof v);
            pkt->tos = (uint8_t)v;
        } else if (c->cmsg_level == SOL_UDP && c->cmsg_type == UDP_GRO) {
            memcpy(&joined, d, sizeof joined);
        }
    }
    return joined > 0 ? (size_t)joined : 0;
}

static void deliver(struct live *l, struct flow *f, size_t i)
{
    struct mmsghdr *m = &l->rx->msg[i];
    struct input in = {.kind = IN_BYTES, .flow = f->id, .pkt = {.local = f->local}};
    struct span all = {l->rx->data[i], m->msg_len};
    size_t size = take_control(&m->msg_hdr, &in.pkt), at = 0;

    in.pkt.remote = live_of_sa(&l->rx->name[i]);
    do { /* an empty datagram is one too */
        in.data = span_cut(all, at, size ? at + size : all.n);
        at += in.data.n;
        if (l->d.capture)
            in.pkt.frame =
                capture_datagram(l->d.capture, l->d.now_us, &in.pkt.remote, &in.pkt.local, in.data);
        l->counts.received++;
        live_give(l, f->link->party, &in);
    } while (at < all.n && f->link && !l->d.error);
}

static void prepare(struct live_rx *r, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        r->msg[i].msg_hdr.msg_namelen = sizeof r->name[i];
        r->msg[i].msg_hdr.msg_controllen = sizeof r->control[i];
    }
}

/* One batch; returns how many datagrams came, 0 where nothing more is to be had. */
static size_t receive(struct live *l, struct flow *f)
{
    int n;

    for (int tries = 0; tries < 16; tries++) {
        n = recvmmsg(f->fd, l->rx->msg, LIVE_BATCH, MSG_DONTWAIT, NULL);
        if (n > 0 || errno == EAGAIN || errno == EWOULDBLOCK)
            break; /* any other error is an ICMP one, which the error queue tells in full */
    }
    if (n <= 0)
        return 0;
    l->counts.receives++;
    for (size_t i = 0; i < (size_t)n && f->link && !l->d.error; i++)
        deliver(l, f, i);
    prepare(l->rx, (size_t)n);
    return (size_t)n;
}

/* ---- ICMP errors ---- */

static void tell_error(struct live *l, struct flow *f, const struct sock_extended_err *e,
                       const struct addr *to, struct span lost)
{
    struct input in = {.kind = IN_ICMP, .flow = f->id, .data = lost};

    in.icmp = (uint16_t)(e->ee_type << 8 | e->ee_code);
    if (in.icmp == (3 << 8 | 4) || (f->v6 && e->ee_type == 2))
        in.mtu = e->ee_info;
    in.pkt.remote = *to;
    in.pkt.local = f->local;
    if (l->d.capture) {
        union live_sa by = {0};
        memcpy(&by, SO_EE_OFFENDER(e), f->v6 ? sizeof by.in6 : sizeof by.in);
        struct addr from = live_of_sa(&by), local = f->any ? live_source(to) : f->local;
        local.port = f->local.port;
        in.pkt.frame = capture_icmp(l->d.capture, l->d.now_us, from.family ? &from : to, &local,
                                    in.icmp, &local, to, lost);
    }
    live_give(l, f->link->party, &in);
}

static const struct sock_extended_err *error_of(struct msghdr *m)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c))
        if ((c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_RECVERR) ||
            (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_RECVERR))
            return (const struct sock_extended_err *)CMSG_DATA(c);
    return NULL;
}

static void take_errors(struct live *l, struct flow *f)
{
    for (int i = 0; i < ERRORS && f->link && !l->d.error; i++) {
        union live_sa name = {0};
        union {
            size_t align;
            uint8_t octets[512];
        } control;
        uint8_t data[2048];
        struct iovec iov = {data, sizeof data};
        struct msghdr m = {.msg_name = &name,
                           .msg_namelen = sizeof name,
                           .msg_iov = &iov,
                           .msg_iovlen = 1,
                           .msg_control = &control,
                           .msg_controllen = sizeof control};
        ssize_t n = recvmsg(f->fd, &m, MSG_ERRQUEUE | MSG_DONTWAIT);
        if (n < 0)
            return;
        const struct sock_extended_err *e = error_of(&m);
        if (!e || (e->ee_origin != SO_EE_ORIGIN_ICMP && e->ee_origin != SO_EE_ORIGIN_ICMP6))
            continue; /* our own side's trouble: the send that met it has told */
        struct addr to = live_of_sa(&name);
        tell_error(l, f, e, &to, (struct span){data, (size_t)n});
    }
}

/* ---- the socket ---- */

static void ready(uv_poll_t *poll, int status, int events)
{
    struct flow *f = poll->data;
    struct live *l = f->l;

    live_tick(l);
    if (status < 0 || events & UV_PRIORITIZED)
        take_errors(l, f);
    if (f->link && events & UV_WRITABLE && f->blocked) {
        f->blocked = false;
        live_udp_flush(f);
        if (f->link && !f->blocked)
            live_udp_poll(f);
    }
    if (status < 0 || events & UV_READABLE)
        for (int i = 0; i < BATCHES && f->link && !l->d.error; i++)
            if (receive(l, f) < LIVE_BATCH)
                break;
    if (status < 0 && f->link)
        live_udp_poll(f); /* libuv stops polling where it sees an error without "priority" */
    live_flush(l);
}

void live_udp_poll(struct flow *f)
{
    uv_poll_start(&f->poll, UV_READABLE | UV_PRIORITIZED | (f->blocked ? UV_WRITABLE : 0), ready);
}

static void set(int fd, int level, int option, int value)
{
    setsockopt(fd, level, option, &value, sizeof value);
}

static void set_options(int fd, const struct live *l, const struct flow *f)
{
    int level = f->v6 ? IPPROTO_IPV6 : IPPROTO_IP;

    set(fd, level, f->v6 ? IPV6_RECVERR : IP_RECVERR, 1);
    set(fd, level, f->v6 ? IPV6_RECVHOPLIMIT : IP_RECVTTL, 1);
    set(fd, level, f->v6 ? IPV6_RECVTCLASS : IP_RECVTOS, 1);
    if (f->any)
        set(fd, level, f->v6 ? IPV6_RECVPKTINFO : IP_PKTINFO, 1);
    if (!f->v6)
        set(fd, level, IP_MTU_DISCOVER, IP_PMTUDISC_DONT); /* DF only where asked for */
    set(fd, SOL_SOCKET, SO_RCVBUF, BUFFER);
    set(fd, SOL_SOCKET, SO_SNDBUF, BUFFER);
    set(fd, SOL_SOCKET, SO_SELECT_ERR_QUEUE, 1);
    if (l->opt.gso)
        set(fd, SOL_UDP, UDP_GRO, 1);
}

static int bound_socket(const struct addr *a)
{
    union live_sa sa;
    socklen_t n = live_to_sa(a, &sa);
    int fd = socket(sa.sa.sa_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd >= 0 && a->family == 6)
        set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
    if (fd >= 0 && bind(fd, &sa.sa, n) != 0) {
        int why = errno;
        close(fd);
        errno = why;
        return -1;
    }
    return fd;
}

void live_udp_open(struct link *k, const struct output *o)
{
    struct live *l = k->l;
    struct addr a = live_bind_addr(k, &o->open);

    if (!o->open.local.family && live_is_any(&a) && o->open.remote.family) {
        struct addr source = live_source(&o->open.remote);
        if (source.family)
            memcpy(a.ip, source.ip, sizeof a.ip);
    }
    int fd = bound_socket(&a);
    if (fd < 0) {
        live_open_failed(k, o->flow,
                         errno == EMFILE || errno == ENFILE ? CLOSE_QUOTA : CLOSE_LOCAL);
        return;
    }
    struct flow *f = live_flow_new(k, o->flow, FLOW_UDP);
    if (!f || uv_poll_init(&l->loop, &f->poll, fd) != 0) {
        close(fd);
        if (f) {
            live_flow_lost(f, CLOSE_QUOTA);
            free(f);
        }
        return;
    }
    f->handle.data = f;
    f->fd = fd;
    f->local = live_bound(fd);
    f->remote = o->open.remote;
    f->v6 = a.family == 6;
    f->any = live_is_any(&f->local);
    set_options(fd, l, f);
    live_udp_poll(f);
    live_later(l, k->party,
               &(struct input){.kind = IN_OPENED,
                               .flow = f->id,
                               .pkt = {.local = f->local, .remote = f->remote}});
}

void live_udp_close(struct flow *f)
{
    live_udp_flush(f); /* what was sent before leaves before */
    live_udp_drop(f);
    live_flow_detach(f);
    uv_close(&f->handle, live_flow_freed);
    close(f->fd);
}
