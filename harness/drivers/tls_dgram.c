/* harness/drivers/tls_dgram.c - the layer "dtls" of the live driver: one datagram binding, an
 * association for each remote. */
#include <stdlib.h>
#include <sys/time.h>
#include <openssl/err.h>
#include "harness/drivers/tls_impl.h"

enum { BUCKETS = 256, RECORD_HEAD = 13, CONTENT_HANDSHAKE = 22, CLIENT_HELLO = 1 };
struct assoc {
    struct tls_conn c;
    struct assoc *hash_next;
    struct assoc *prev, *next; /* in the list of those half open, or of those open: oldest first */
    bool open;
    uint64_t began_us, due_us;
    size_t n_early; /* datagrams that wait for the handshake, each after its length */
    uint8_t *early;
};
struct list {
    struct assoc *first, *last;
    size_t n;
};
struct dtls {
    struct env env;
    bool server, over, provided;
    const char *broken;
    struct addr peer; /* client: whom the flow is for; family 0: anybody */
    struct pkt pkt;
    struct tls_core core;
    struct tls_conn *listener; /* server: answers with cookies, knows nobody */
    struct assoc *buckets[BUCKETS];
    struct list half, open;
};

/* ---- associations ---- */

static size_t bucket_of(const struct addr *a)
{
    uint32_t h = a->port;
    for (size_t i = 0; i < (a->family == 6 ? 16u : 4u); i++)
        h = h * 31 + a->ip[i];
    return (h * 2654435761u >> 16) % BUCKETS;
}

static struct assoc *assoc_of(const struct dtls *d, const struct addr *remote)
{
    struct assoc *a = d->buckets[bucket_of(remote)];
    while (a && !addr_eq(&a->c.pkt.remote, remote))
        a = a->hash_next;
    return a;
}

static void append(struct list *l, struct assoc *a)
{
    a->next = NULL;
    a->prev = l->last;
    if (l->last)
        l->last->next = a;
    else
        l->first = a;
    l->last = a;
    l->n++;
}

static void unlink_from(struct list *l, struct assoc *a)
{
    if (a->prev)
        a->prev->next = a->next;
    else
        l->first = a->next;
    if (a->next)
        a->next->prev = a->prev;
    else
        l->last = a->prev;
    l->n--;
}

static void assoc_free(struct dtls *d, struct assoc *a)
{
    struct assoc **at = &d->buckets[bucket_of(&a->c.pkt.remote)];

    while (*at != a)
        at = &(*at)->hash_next;
    *at = a->hash_next;
    unlink_from(a->open ? &d->open : &d->half, a);
    tls_conn_close(&a->c);
    free(a->early);
    free(a);
}

/* An association is over. The flow is, too, where it was the client's only one. */
static void end_assoc(struct dtls *d, struct assoc *a, enum tls_kind kind, enum close_why why,
                      const char *detail, uint64_t now, struct outq *q)
{
    bool last = !d->server && d->peer.family && addr_eq(&a->c.pkt.remote, &d->peer);

    a->c.q = q;
    tls_conn_tell(&a->c, kind == TLS_FAILED && a->open ? TLS_CUT : kind, now, detail);
    assoc_free(d, a);
    if (!last || d->over)
        return;
    struct output *o = out_put(q, OUT_CLOSED, LAYER_UPPER);
    o->why = why;
    o->detail = detail;
    out_put(q, OUT_CLOSE, LAYER_LOWER);
    d->over = true;
}

static void say_goodbye(struct assoc *a, struct outq *q)
{
    a->c.q = q;
    if (a->open)
        SSL_shutdown(a->c.ssl);
    ERR_clear_error();
}

/* Room for one more: the oldest half-open one goes, or the one that was quiet longest. */
static void make_room(struct dtls *d, uint64_t now, struct outq *q)
{
    if (d->half.n >= TLS_HALF_OPEN)
        end_assoc(d, d->half.first, TLS_FAILED, CLOSE_QUOTA, "too many handshakes at once", now, q);
    if (d->open.n + d->half.n >= TLS_ASSOCIATIONS && d->open.first) {
        say_goodbye(d->open.first, q);
        end_assoc(d, d->open.first, TLS_ENDED, CLOSE_QUOTA, "too many associations", now, q);
    }
}

static void enter(struct dtls *d, struct assoc *a, uint64_t now)
{
    size_t b = bucket_of(&a->c.pkt.remote);

    a->began_us = now;
    a->hash_next = d->buckets[b];
    d->buckets[b] = a;
    append(&d->half, a);
}

static struct assoc *assoc_new(struct dtls *d, const struct pkt *pkt, uint64_t now, struct outq *q)
{
    struct assoc *a;

    make_room(d, now, q);
    a = d->over ? NULL : calloc(1, sizeof *a);
    if (a && !tls_conn_open(&a->c, &d->core, pkt, false)) {
        free(a);
        a = NULL;
    }
    if (a)
        enter(d, a, now);
    return a;
}

/* ---- time ---- */

static void note_due(struct assoc *a, uint64_t now)
{
    struct timeval tv;
    uint64_t end = a->began_us + TLS_HANDSHAKE_US;

    if (a->open) {
        a->due_us = NO_DEADLINE;
        return;
    }
    a->due_us = end;
    if (DTLSv1_get_timeout(a->c.ssl, &tv)) {
        uint64_t at = now + (uint64_t)tv.tv_sec * 1000000 + (uint64_t)tv.tv_usec;
        a->due_us = at < end ? at : end;
    }
}

static uint64_t deadline(const void *self)
{
    const struct dtls *d = self;
    uint64_t best = NO_DEADLINE;

    for (const struct assoc *a = d->over ? NULL : d->half.first; a; a = a->next)
        if (a->due_us < best)
            best = a->due_us;
    return best;
}

static void again(struct dtls *d, struct assoc *a, uint64_t now, struct outq *q)
{
    a->c.q = q;
    ERR_clear_error();
    if (now >= a->began_us + TLS_HANDSHAKE_US || DTLSv1_handle_timeout(a->c.ssl) < 0)
        end_assoc(d, a, TLS_FAILED, CLOSE_TIMEOUT, "the handshake took too long", now, q);
    else
        note_due(a, now);
    ERR_clear_error();
}

static void timers(struct dtls *d, uint64_t now, struct outq *q)
{
    for (struct assoc *a = d->half.first, *next; a && !d->over; a = next) {
        next = a->next;
        if (a->due_us <= now)
            again(d, a, now, q);
    }
}

/* ---- handshake and data ---- */

static void provide(struct dtls *d, struct outq *q)
{
    if (!d->provided)
        out_put(q, OUT_PROVIDE, LAYER_UPPER)->pkt = d->pkt;
    d->provided = true;
}

/* One datagram of the user's is one record; what OpenSSL will not take is lost. */
static void write_one(struct assoc *a, struct span data)
{
    size_t n;

    ERR_clear_error();
    if (data.n)
        SSL_write_ex(a->c.ssl, data.p, data.n, &n);
    ERR_clear_error();
}

static void secured(struct dtls *d, struct assoc *a, uint64_t now, struct outq *q)
{
    struct rd r = rd_of((struct span){a->early, a->n_early});
    struct span one;
    uint16_t n;

    unlink_from(&d->half, a);
    a->open = true;
    append(&d->open, a);
    a->c.cookie |= d->server && !env_flag(&d->env, "no-cookie");
    tls_conn_tell(&a->c, TLS_SECURED, now, NULL);
    provide(d, q);
    while (rd_u16(&r, &n) && rd_take(&r, n, &one))
        write_one(a, one);
    free(a->early);
    a->early = NULL;
    a->n_early = 0;
}

static void deliver(const struct input *in, struct span data, struct outq *q)
{
    struct span *slice = arena_take(&q->mem, sizeof *slice);
    struct output *o = out_put(q, OUT_DELIVER, LAYER_UPPER);

    if (!slice)
        return;
    *slice = arena_copy(&q->mem, data);
    o->data = slice;
    o->n_data = 1;
    o->pkt = in->pkt;
}

static void read_all(struct dtls *d, struct assoc *a, const struct input *in, struct outq *q)
{
    uint8_t buf[TLS_RECORD_MAX];
    size_t n;

    for (;;) {
        ERR_clear_error();
        int r = SSL_read_ex(a->c.ssl, buf, sizeof buf, &n);
        int error = SSL_get_error(a->c.ssl, r);
        if (r == 1) {
            deliver(in, (struct span){buf, n}, q);
        } else if (error == SSL_ERROR_WANT_READ) {
            return;
        } else if (error == SSL_ERROR_ZERO_RETURN) {
            say_goodbye(a, q);
            end_assoc(d, a, TLS_ENDED, CLOSE_DONE, "the peer closed the association", in->now_us,
                      q);
            return;
        } else {
            end_assoc(d, a, TLS_FAILED, CLOSE_TLS, tls_conn_why(&a->c, r), in->now_us, q);
            return;
        }
    }
}

static void shake(struct dtls *d, struct assoc *a, uint64_t now, struct outq *q)
{
    ERR_clear_error();
    int r = SSL_do_handshake(a->c.ssl);

    if (r == 1)
        secured(d, a, now, q);
    else if (SSL_get_error(a->c.ssl, r) != SSL_ERROR_WANT_READ)
        end_assoc(d, a, TLS_FAILED, CLOSE_TLS, tls_conn_why(&a->c, r), now, q);
    else if (a->c.handshake > TLS_HANDSHAKE_MAX)
        end_assoc(d, a, TLS_FAILED, CLOSE_QUOTA, "the handshake has too many octets", now, q);
    else
        note_due(a, now);
}

/* What has come for an association; `in` without data: it begins. */
static void go_on(struct dtls *d, struct assoc *a, const struct input *in, struct outq *q)
{
    struct addr remote = a->c.pkt.remote;

    a->c.q = q;
    a->c.in = in->data;
    if (a->open) {
        unlink_from(&d->open, a); /* heard last, so last in the list */
        append(&d->open, a);
    } else {
        a->c.handshake += in->data.n;
        shake(d, a, in->now_us, q);
        a = assoc_of(d, &remote); /* NULL: it failed */
    }
    if (a && a->open)
        read_all(d, a, in, q);
}

/* ---- a server's strangers ---- */

static bool begins(struct span data)
{
    return data.n > RECORD_HEAD && data.p[0] == CONTENT_HANDSHAKE && get_u16(data.p + 3) == 0 &&
           data.p[RECORD_HEAD] == CLIENT_HELLO;
}

/* Let the listener answer; true: the client has returned its cookie, and the listener's connection is
 * now that client's. */
static bool listen_to(struct dtls *d, const struct input *in, struct outq *q)
{
    BIO_ADDR *nobody = BIO_ADDR_new();
    int r = -1;

    if (!d->listener) {
        d->listener = calloc(1, sizeof *d->listener);
        if (d->listener && !tls_conn_open(d->listener, &d->core, &in->pkt, true)) {
            free(d->listener);
            d->listener = NULL;
        }
    }
    if (d->listener && nobody) {
        d->listener->q = q;
        d->listener->in = in->data;
        d->listener->pkt = (struct pkt){.remote = in->pkt.remote, .local = in->pkt.local};
        ERR_clear_error();
        r = DTLSv1_listen(d->listener->ssl, nobody);
    }
    if (r < 0 && d->listener) { /* what came is no client hello; begin anew with the next */
        tls_conn_close(d->listener);
        free(d->listener);
        d->listener = NULL;
    }
    ERR_clear_error();
    BIO_ADDR_free(nobody);
    return r == 1;
}

static struct assoc *adopt(struct dtls *d, uint64_t now, struct outq *q)
{
    struct assoc *a;

    make_room(d, now, q);
    a = calloc(1, sizeof *a);
    if (!a)
        return NULL;
    a->c = *d->listener; /* callbacks find the connection by the SSL: it has moved */
    free(d->listener);
    d->listener = NULL;
    SSL_set_app_data(a->c.ssl, &a->c);
    BIO_set_data(SSL_get_rbio(a->c.ssl), &a->c);
    a->c.in = (struct span){0};
    enter(d, a, now);
    return a;
}

static void stranger(struct dtls *d, struct assoc *old, const struct input *in, struct outq *q)
{
    struct input none = *in;
    struct assoc *a;

    if (env_flag(&d->env, "no-cookie") && !old) {
        a = assoc_new(d, &in->pkt, in->now_us, q);
        if (a)
            go_on(d, a, in, q);
        return;
    }
    if (!listen_to(d, in, q))
        return;
    if (old) /* the client has begun anew, and shown that it is there: RFC 6347 section 4.2.8 */
        assoc_free(d, old);
    a = adopt(d, in->now_us, q);
    none.data = (struct span){0};
    if (a)
        go_on(d, a, &none, q);
}

static void datagram(struct dtls *d, const struct input *in, struct outq *q)
{
    struct assoc *a = assoc_of(d, &in->pkt.remote);

    if (d->server && begins(in->data) && (!a || a->open))
        stranger(d, a, in, q);
    else if (a)
        go_on(d, a, in, q);
}

/* ---- from above ---- */

static void send_below(struct dtls *d, const struct input *in, struct outq *q)
{
    struct pkt pkt = in->pkt;
    struct input begin = {.now_us = in->now_us};

    if (!pkt.remote.family)
        pkt.remote = d->peer;
    struct assoc *a = pkt.remote.family ? assoc_of(d, &pkt.remote) : NULL;
    if (a && a->open) {
        a->c.q = q;
        write_one(a, in->data);
        return;
    }
    if (d->server || !pkt.remote.family || d->broken)
        return; /* nobody has begun there */
    bool fresh = !a;
    if (!a && !(a = assoc_new(d, &pkt, in->now_us, q)))
        return;
    if (!a->early)
        a->early = malloc(TLS_EARLY_MAX);
    if (a->early && in->data.n + 2 <= TLS_EARLY_MAX - a->n_early) { /* else lost, as one may be */
        struct wr w = {a->early, TLS_EARLY_MAX, a->n_early, false};
        wr_u16(&w, (uint16_t)in->data.n);
        wr_put(&w, in->data);
        a->n_early = w.n;
    }
    if (fresh)
        go_on(d, a, &begin, q);
}

static void close_below(struct dtls *d, struct outq *q)
{
    for (struct assoc *a = d->open.first; a; a = a->next)
        say_goodbye(a, q);
    out_put(q, OUT_CLOSE, LAYER_LOWER);
    d->over = true;
}

/* ---- the layer ---- */

static void broke(struct dtls *d, const struct input *in, struct outq *q)
{
    struct output *o = out_put(q, OUT_CLOSED, LAYER_UPPER);
    struct tls_event *e = tls_report(q, TLS_FAILED, d->server, &in->pkt, in->now_us);

    o->why = CLOSE_LOCAL;
    o->detail = d->broken;
    if (e)
        e->why = d->broken;
    out_put(q, OUT_CLOSE, LAYER_LOWER);
    d->over = true;
}

static void opened(struct dtls *d, const struct input *in, struct outq *q)
{
    struct pkt to = {.remote = d->peer};
    struct input begin = {.now_us = in->now_us};
    struct assoc *a;

    d->pkt = in->pkt;
    if (d->broken)
        broke(d, in, q);
    else if (d->server || !d->peer.family)
        provide(d, q);
    else if (!assoc_of(d, &d->peer) && (a = assoc_new(d, &to, in->now_us, q)) != NULL)
        go_on(d, a, &begin, q);
}

static void input(void *self, const struct input *in, struct outq *q)
{
    struct dtls *d = self;
    struct assoc *a;

    if (d->over)
        return;
    switch (in->kind) {
    case IN_OPEN:
        d->server = in->open->listen;
        d->peer = in->open->remote;
        if (!tls_core_open(&d->core, &d->env, in->open, true, d->server))
            d->broken = d->core.why;
        break;
    case IN_OPENED:
        opened(d, in, q);
        break;
    case IN_BYTES:
        if (!d->broken)
            datagram(d, in, q);
        break;
    case IN_ICMP:
        if ((a = assoc_of(d, &in->pkt.remote)) != NULL)
            end_assoc(d, a, TLS_FAILED, CLOSE_REFUSED, "ICMP says that nobody is there", in->now_us,
                      q);
        break;
    case IN_CLOSED:
        out_put(q, OUT_CLOSED, LAYER_UPPER)->why = in->why;
        d->over = true;
        break;
    case IN_TIMER:
        timers(d, in->now_us, q);
        break;
    case IN_SEND:
        send_below(d, in, q);
        break;
    case IN_CLOSE:
        close_below(d, q);
        break;
    default:
        break;
    }
}

static void end(void *self)
{
    struct dtls *d = self;

    for (struct assoc *a = d->half.first, *next; a; a = next) {
        next = a->next;
        assoc_free(d, a);
    }
    for (struct assoc *a = d->open.first, *next; a; a = next) {
        next = a->next;
        assoc_free(d, a);
    }
    if (d->listener)
        tls_conn_close(d->listener);
    free(d->listener);
    tls_core_close(&d->core);
}

const struct endpoint_class dtls_live_class = {
    .name = "dtls.live",
    .size = sizeof(struct dtls),
    .faults = tls_live_faults,
    .n_faults = TLS_FAULTS + DTLS_FAULTS,
    .config = &tls_options_desc,
    .input = input,
    .deadline = deadline,
    .layer = "dtls",
    .end = end,
};
