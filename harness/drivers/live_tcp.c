/* harness/drivers/live_tcp.c - stream connections and listeners over libuv. */
#include <errno.h>
#include <stdlib.h>
#include "harness/drivers/live_impl.h"

enum {
    SLICES = 64,    /* handed to the system as they are; more are joined first */
    BACKLOG = 1024, /* connections that wait to be accepted */
};
struct writing { /* octets that the system would not take at once */
    uv_write_t req;
    uint8_t data[];
};

static int fd_of(const struct flow *f);

/* The start of a stream that we open, once: octets may be sent before it is connected, and the capture
 * has its handshake first. */
static void capture_start(struct flow *f)
{
    int fd = fd_of(f);

    if (!f->l->d.capture || f->started)
        return;
    f->started = true;
    if (fd >= 0)
        f->local = live_bound(fd);
    capture_stream(f->l->d.capture, f->l->d.now_us, &f->local, &f->remote, CAPTURE_SYN,
                   (struct span){0});
}

static uint32_t captured(struct flow *f, bool in, unsigned flags, struct span data)
{
    struct live *l = f->l;

    if (!l->d.capture || (!in && f->ours))
        return 0;
    if (!in && !f->open && data.n)
        capture_start(f);
    return capture_stream(l->d.capture, l->d.now_us, in ? &f->remote : &f->local,
                          in ? &f->local : &f->remote, flags, data);
}

static void give(struct flow *f, struct input *in)
{
    in->flow = f->id;
    in->pkt.local = f->local;
    in->pkt.remote = f->remote;
    live_give(f->l, f->link->party, in);
}

static void lost(struct flow *f, enum close_why why)
{
    live_flow_lost(f, why);
    if (!uv_is_closing(&f->handle))
        uv_close(&f->handle, live_flow_freed);
}

/* libuv calls back: do what the callback has queued, and send what it has caused. */
static void done(struct live *l)
{
    live_settle(l);
    live_flush(l);
}

static int fd_of(const struct flow *f)
{
    uv_os_fd_t fd;
    return uv_fileno(&f->handle, &fd) == 0 ? fd : -1;
}

/* ---- reading ---- */

static void room(uv_handle_t *h, size_t suggested, uv_buf_t *buf)
{
    struct flow *f = h->data;

    (void)suggested;
    *buf = uv_buf_init((char *)f->l->stream, sizeof f->l->stream);
}

static void failed_reading(struct flow *f, int error)
{
    if (error == UV_ECONNRESET)
        captured(f, true, CAPTURE_RST, (struct span){0});
    lost(f, live_why(error));
}

static void came(uv_stream_t *s, ssize_t n, const uv_buf_t *buf)
{
    struct flow *f = s->data;
    struct live *l = f->l;
    struct input in = {.kind = IN_BYTES};

    if (n == 0 || !f->link)
        return;
    live_tick(l);
    if (n > 0) {
        in.data = (struct span){(const uint8_t *)buf->base, (size_t)n};
        in.pkt.frame = captured(f, true, 0, in.data);
        give(f, &in);
    } else if (n == UV_EOF) {
        f->eof = true;
        in.kind = IN_EOF;
        in.pkt.frame = captured(f, true, CAPTURE_FIN, (struct span){0});
        give(f, &in);
        if (f->link && f->shut)
            lost(f, CLOSE_DONE);
    } else {
        failed_reading(f, (int)n);
    }
    done(l);
}

void live_tcp_pause(struct flow *f, bool on)
{
    f->paused = on;
    if (!f->open || f->eof || uv_is_closing(&f->handle))
        return; /* reading starts, or does not, when it is open */
    if (on)
        uv_read_stop((uv_stream_t *)&f->tcp);
    else
        uv_read_start((uv_stream_t *)&f->tcp, room, came);
}

/* ---- opening ---- */

static void connected(uv_connect_t *req, int status)
{
    struct flow *f = req->handle->data;
    struct live *l = f->l;
    if (!f->link || status == UV_ECANCELED)
        return;
    live_tick(l);
    if (status != 0) {
        if (status == UV_ECONNREFUSED)
            captured(f, false, f->started ? CAPTURE_RST : CAPTURE_SYN | CAPTURE_RST,
                     (struct span){0});
        lost(f, live_why(status));
        done(l);
        return;
    }
    f->open = true;
    if (fd_of(f) >= 0)
        f->local = live_bound(fd_of(f));
    capture_start(f);
    give(f, &(struct input){.kind = IN_OPENED});
    if (f->link && !f->paused)
        uv_read_start((uv_stream_t *)&f->tcp, room, came);
    done(l);
}

/* The next connection of a listener as a flow of its own; NULL: there is none any more. */
static struct flow *accepted(struct flow *listener)
{
    struct live *l = listener->l;
    union live_sa sa = {0};
    int n = sizeof sa;
    struct flow *f = live_flow_new(listener->link, listener->link->next_accepted, FLOW_TCP);

    if (!f)
        return NULL;
    listener->link->next_accepted++;
    f->handle.data = f;
    uv_tcp_init(&l->loop, &f->tcp);
    uv_tcp_nodelay(&f->tcp, 1);
    if (uv_accept((uv_stream_t *)&listener->tcp, (uv_stream_t *)&f->tcp) != 0 ||
        uv_tcp_getpeername(&f->tcp, &sa.sa, &n) != 0) { /* reset before it was accepted */
        live_flow_detach(f);
        uv_close(&f->handle, live_flow_freed);
        return NULL;
    }
    f->remote = live_of_sa(&sa);
    f->local = live_bound(fd_of(f));
    return f;
}

static void knocked(uv_stream_t *s, int status)
{
    struct flow *listener = s->data;
    struct live *l = listener->l;

    if (status != 0 || !listener->link)
        return;
    live_tick(l);
    struct flow *f = accepted(listener);
    if (!f)
        return;
    f->open = true;
    f->ours = l->d.capture && live_has(l, FLOW_TCP, &f->remote);
    if (l->d.capture)
        capture_stream(l->d.capture, l->d.now_us, &f->remote, &f->local, CAPTURE_SYN,
                       (struct span){0});
    give(f, &(struct input){.kind = IN_OPENED, .parent = listener->id});
    if (f->link && !f->paused)
        uv_read_start((uv_stream_t *)&f->tcp, room, came);
    done(l);
}

static void share_port(const struct flow *f, int on)
{
    if (fd_of(f) >= 0)
        setsockopt(fd_of(f), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
}

static int bind_at(struct flow *f, const struct addr *a)
{
    union live_sa sa;

    live_to_sa(a, &sa);
    return uv_tcp_bind(&f->tcp, &sa.sa, a->family == 6 ? UV_TCP_IPV6ONLY : 0);
}

/* To connect from a port that a flow of the party listens on: the system allows that where both sockets
 * say so. The listener does for that moment alone, since others may bind there meanwhile. */
static int bind_beside(struct flow *f, const struct flow *listener, const struct addr *a)
{
    share_port(listener, 1);
    share_port(f, 1);
    int error = bind_at(f, a);
    share_port(listener, 0);
    return error;
}

static const struct flow *listener_at(const struct link *k, const struct addr *a)
{
    const struct flow *f = k->flows;

    while (f && (f->kind != FLOW_LISTENER || !addr_eq(&f->local, a)))
        f = f->next;
    return f;
}

static int bind_to(struct flow *f, const struct addr *a, bool must)
{
    const struct flow *listener;

    if (!must && live_is_any(a) && a->port == 0)
        return 0; /* the system chooses when it connects */
    if (!must && a->port && (listener = listener_at(f->link, a)) != NULL)
        return bind_beside(f, listener, a);
    return bind_at(f, a);
}

static int begin_listening(struct flow *f)
{
    int error = uv_listen((uv_stream_t *)&f->tcp, BACKLOG, knocked);

    if (error)
        return error;
    f->local = live_bound(fd_of(f));
    live_later(f->l, f->link->party,
               &(struct input){.kind = IN_OPENED, .flow = f->id, .pkt = {.local = f->local}});
    return 0;
}

static int begin_connecting(struct flow *f, const struct addr *to)
{
    union live_sa sa;

    if (!to->family)
        return UV_EDESTADDRREQ;
    live_to_sa(to, &sa);
    f->remote = *to;
    f->ours = f->l->d.capture && live_has(f->l, FLOW_LISTENER, to);
    int error = uv_tcp_connect(&f->connect, &f->tcp, &sa.sa, connected);
    if (!error) /* known already, so that a party which accepts it finds out that it is ours */
        f->local = live_bound(fd_of(f));
    return error;
}

void live_tcp_open(struct link *k, const struct output *o)
{
    struct live *l = k->l;
    bool listen = o->open.listen;
    struct addr a = live_bind_addr(k, &o->open);
    struct flow *f = live_flow_new(k, o->flow, listen ? FLOW_LISTENER : FLOW_TCP);

    if (!f)
        return;
    uv_tcp_init_ex(&l->loop, &f->tcp, a.family == 6 ? AF_INET6 : AF_INET);
    uv_tcp_nodelay(&f->tcp, 1); /* one send, one segment */
    f->handle.data = f;
    int error = bind_to(f, &a, listen);
    if (!error)
        error = listen ? begin_listening(f) : begin_connecting(f, &o->open.remote);
    if (error)
        lost(f, live_why(error));
}

/* ---- writing ---- */

static void written(uv_write_t *req, int status)
{
    struct flow *f = req->handle->data;
    struct live *l = f->l;

    free(req);
    if (!f->link || status == UV_ECANCELED)
        return;
    live_tick(l);
    if (status < 0) {
        lost(f, live_why(status));
    } else if (f->over_mark &&
               uv_stream_get_write_queue_size((uv_stream_t *)&f->tcp) < LIVE_BACKLOG_MARK / 2) {
        f->over_mark = false;
        give(f, &(struct input){.kind = IN_WRITABLE});
    }
    done(l);
}

/* Queue what is left of the slices after `skip` octets. */
static int queue(struct flow *f, const struct span *data, size_t n, size_t skip, size_t total)
{
    struct writing *w = malloc(sizeof *w + total - skip);
    size_t at = 0;

    if (!w)
        return UV_ENOMEM;
    for (size_t i = 0; i < n; i++) {
        struct span rest = span_cut(data[i], skip, data[i].n);
        skip -= data[i].n - rest.n;
        if (rest.n)
            memcpy(w->data + at, rest.p, rest.n);
        at += rest.n;
    }
    uv_buf_t buf = uv_buf_init((char *)w->data, (unsigned)at);
    int error = uv_write(&w->req, (uv_stream_t *)&f->tcp, &buf, 1, written);
    if (error)
        free(w);
    return error;
}

/* Write at once what the system takes, straight from the slices; returns how much, or an error. */
static ssize_t try_now(struct flow *f, const struct span *data, size_t n)
{
    uv_buf_t bufs[SLICES];
    unsigned used = 0;

    if (n > SLICES || !f->open)
        return 0;
    for (size_t i = 0; i < n; i++)
        if (data[i].n)
            bufs[used++] = uv_buf_init((char *)(uintptr_t)data[i].p, (unsigned)data[i].n);
    int wrote = uv_try_write((uv_stream_t *)&f->tcp, bufs, used);
    return wrote == UV_EAGAIN ? 0 : wrote;
}

/* Say what is sent, slices joined. */
static void tell(struct flow *f, const struct span *data, size_t n, size_t total, uint32_t frame)
{
    size_t at = 0;

    if (!f->l->d.on_packet || !f->link)
        return;
    uint8_t *all = malloc(total);
    for (size_t i = 0; all && i < n; at += data[i++].n)
        if (data[i].n)
            memcpy(all + at, data[i].p, data[i].n);
    if (all)
        party_sent(f->link->party, &f->remote, (struct span){all, total}, frame);
    free(all);
}

void live_tcp_send(struct flow *f, const struct span *data, size_t n)
{
    struct live *l = f->l;
    size_t total = 0;
    uint32_t frame = 0;

    if (f->shutting)
        return;
    for (size_t i = 0; i < n; i++) {
        frame = captured(f, false, 0, data[i]);
        total += data[i].n;
    }
    if (!total)
        return;
    tell(f, data, n, total, frame);
    l->sent_us = l->d.now_us;
    ssize_t wrote = try_now(f, data, n);
    int error = wrote < 0 ? (int)wrote : 0;
    if (!error && (size_t)wrote < total)
        error = queue(f, data, n, (size_t)wrote, total);
    if (error) {
        lost(f, live_why(error));
        return;
    }
    size_t waits = uv_stream_get_write_queue_size((uv_stream_t *)&f->tcp);
    if (waits > LIVE_BACKLOG_MAX)
        live_fail(l, "more octets wait for a stream than its backlog holds");
    if (waits <= LIVE_BACKLOG_MARK || f->over_mark)
        return;
    f->over_mark = true;
    live_later(l, f->link->party, &(struct input){.kind = IN_FULL, .flow = f->id});
}

/* ---- ending ---- */

/* Close so that FIN is sent: the system sends RST where octets that came are unread. */
static void close_clean(struct flow *f)
{
    int fd = fd_of(f);

    if (uv_is_closing(&f->handle))
        return;
    uv_read_stop((uv_stream_t *)&f->tcp);
    for (int i = 0; i < 64 && fd >= 0; i++)
        if (recv(fd, f->l->stream, sizeof f->l->stream, MSG_DONTWAIT) <= 0)
            break;
    uv_close(&f->handle, live_flow_freed);
}

static void was_shut(uv_shutdown_t *req, int status)
{
    struct flow *f = req->handle->data;

    if (status == UV_ECANCELED)
        return;
    f->shut = status == 0;
    if (f->lingering) {
        close_clean(f);
    } else if (f->link && (status != 0 || f->eof)) {
        live_tick(f->l);
        lost(f, status == 0 ? CLOSE_DONE : live_why(status));
        done(f->l);
    }
}

void live_tcp_shutdown(struct flow *f)
{
    if (f->shutting)
        return;
    f->shutting = true;
    captured(f, false, CAPTURE_FIN, (struct span){0});
    int error = uv_shutdown(&f->shutdown, (uv_stream_t *)&f->tcp, was_shut);
    if (error)
        lost(f, live_why(error));
}

static void close_by_reset(struct flow *f)
{
    struct linger none = {.l_onoff = 1, .l_linger = 0};

    captured(f, false, CAPTURE_RST, (struct span){0});
    live_flow_detach(f);
    if (uv_tcp_close_reset(&f->tcp, live_flow_freed) == 0)
        return;
    if (fd_of(f) >= 0) /* libuv refuses while it is shutting down */
        setsockopt(fd_of(f), SOL_SOCKET, SO_LINGER, &none, sizeof none);
    uv_close(&f->handle, live_flow_freed);
}

void live_tcp_close(struct flow *f, bool by_reset)
{
    if (f->kind == FLOW_LISTENER || !f->open) {
        live_flow_detach(f);
        uv_close(&f->handle, live_flow_freed);
        return;
    }
    if (by_reset) {
        close_by_reset(f);
        return;
    }
    if (!f->shutting)
        captured(f, false, CAPTURE_FIN, (struct span){0});
    live_flow_detach(f);
    if (uv_stream_get_write_queue_size((uv_stream_t *)&f->tcp) == 0) {
        close_clean(f);
        return;
    }
    f->lingering = true;
    uv_read_stop((uv_stream_t *)&f->tcp);
    if (!f->shutting && uv_shutdown(&f->shutdown, (uv_stream_t *)&f->tcp, was_shut) != 0)
        uv_close(&f->handle, live_flow_freed);
}
