/* harness/drivers/tls_stream.c - the layer "tls" of the live driver. */
#include <stdlib.h>
#include <openssl/err.h>
#include "harness/drivers/tls_impl.h"

enum phase { WAITING, HANDSHAKE, OPEN, OVER };
struct tls {
    struct env env;
    enum phase phase;
    bool ended, shut;   /* ended: EOF was told above; shut: close_notify is sent or will be */
    bool told;          /* close_notify is sent */
    const char *broken; /* there is no context: why */
    struct addr peer;   /* whom a client opened the flow to */
    struct tls_core core;
    struct tls_conn conn;
    uint64_t due_us;
    size_t n_early;
    uint8_t early[TLS_EARLY_MAX];
};

/* ---- ends ---- */

/* Tell above, once, that it is over. */
static void over(struct tls *t, struct outq *q, enum close_why why, const char *detail,
                 uint64_t now)
{
    if (t->phase == OVER)
        return;
    enum tls_kind kind = t->phase == OPEN ? TLS_CUT : TLS_FAILED;
    struct output *o = out_put(q, OUT_CLOSED, LAYER_UPPER);
    o->why = why;
    o->detail = detail;
    t->phase = OVER;
    t->due_us = NO_DEADLINE;
    t->conn.q = q;
    if (detail)
        tls_conn_tell(&t->conn, kind, now, detail);
}

static void broke(struct tls *t, struct outq *q, enum close_why why, const char *detail,
                  uint64_t now, bool abort)
{
    out_put(q, OUT_CLOSE, LAYER_LOWER)->abort = abort;
    over(t, q, why, detail, now);
}

static void say_goodbye(struct tls *t)
{
    if (!t->told && t->conn.ssl && SSL_is_init_finished(t->conn.ssl))
        SSL_shutdown(t->conn.ssl);
    t->told = true;
    ERR_clear_error();
}

static void shut_now(struct tls *t, struct outq *q)
{
    say_goodbye(t);
    out_put(q, OUT_SHUTDOWN, LAYER_LOWER);
}

/* ---- octets ---- */

static void write_all(struct tls *t, struct span data, struct outq *q, uint64_t now)
{
    size_t n = 0;

    if (!data.n)
        return;
    ERR_clear_error();
    int r = SSL_write_ex(t->conn.ssl, data.p, data.n, &n);
    if (r != 1 || n != data.n)
        broke(t, q, CLOSE_TLS, tls_conn_why(&t->conn, r), now, false);
}

static void deliver(struct tls *t, const struct input *in, struct span data, struct outq *q)
{
    struct span *slice = arena_take(&q->mem, sizeof *slice);
    struct output *o = out_put(q, OUT_DELIVER, LAYER_UPPER);

    if (!slice)
        return;
    *slice = arena_copy(&q->mem, data);
    o->data = slice;
    o->n_data = 1;
    o->pkt = t->conn.pkt;
    o->pkt.frame = in->pkt.frame;
}

static void read_all(struct tls *t, const struct input *in, struct outq *q)
{
    uint8_t buf[TLS_RECORD_MAX];
    size_t n;

    while (t->phase == OPEN && !t->ended) {
        ERR_clear_error();
        int r = SSL_read_ex(t->conn.ssl, buf, sizeof buf, &n);
        int error = SSL_get_error(t->conn.ssl, r);
        if (r == 1) {
            deliver(t, in, (struct span){buf, n}, q);
        } else if (error == SSL_ERROR_WANT_READ) {
            break;
        } else if (error == SSL_ERROR_ZERO_RETURN) {
            t->ended = true;
            out_put(q, OUT_EOF, LAYER_UPPER);
        } else {
            broke(t, q, CLOSE_TLS, tls_conn_why(&t->conn, r), in->now_us, false);
        }
    }
}

/* ---- handshake ---- */

static void provide(struct tls *t, const struct input *in, struct outq *q)
{
    t->phase = OPEN;
    t->due_us = NO_DEADLINE;
    tls_conn_tell(&t->conn, TLS_SECURED, in->now_us, NULL);
    out_put(q, OUT_PROVIDE, LAYER_UPPER)->pkt = t->conn.pkt;
    write_all(t, (struct span){t->early, t->n_early}, q, in->now_us);
    t->n_early = 0;
    if (t->shut && t->phase == OPEN)
        shut_now(t, q);
}

static void go_on(struct tls *t, const struct input *in, struct outq *q)
{
    t->conn.q = q;
    t->conn.in = in->data;
    if (t->phase == HANDSHAKE) {
        t->conn.handshake += in->data.n;
        ERR_clear_error();
        int r = SSL_do_handshake(t->conn.ssl);
        if (r == 1)
            provide(t, in, q);
        else if (SSL_get_error(t->conn.ssl, r) != SSL_ERROR_WANT_READ)
            broke(t, q, CLOSE_TLS, tls_conn_why(&t->conn, r), in->now_us, false);
        else if (t->conn.handshake > TLS_HANDSHAKE_MAX)
            broke(t, q, CLOSE_QUOTA, "the handshake has too many octets", in->now_us, true);
    }
    read_all(t, in, q);
    t->conn.in = (struct span){0};
}

static void opened(struct tls *t, const struct input *in, struct outq *q)
{
    struct pkt pkt = {.remote = in->pkt.remote, .local = in->pkt.local};

    if (!pkt.remote.family)
        pkt.remote = t->peer;
    t->conn.pkt = pkt;
    if (!t->broken && !tls_conn_open(&t->conn, &t->core, &pkt, false))
        t->broken = "a TLS connection cannot be made";
    if (t->broken) {
        broke(t, q, CLOSE_LOCAL, t->broken, in->now_us, true);
        return;
    }
    t->phase = HANDSHAKE;
    go_on(t, in, q);
}

/* ---- from above ---- */

static void send_below(struct tls *t, const struct input *in, struct outq *q)
{
    if (t->shut)
        return;
    if (t->phase == OPEN) {
        t->conn.q = q;
        write_all(t, in->data, q, in->now_us);
    } else if (in->data.n > sizeof t->early - t->n_early) {
        broke(t, q, CLOSE_QUOTA, "too much was sent before the handshake was done", in->now_us,
              true);
    } else if (in->data.n) {
        memcpy(t->early + t->n_early, in->data.p, in->data.n);
        t->n_early += in->data.n;
    }
}

static void shut_below(struct tls *t, struct outq *q)
{
    if (t->phase == OPEN && !t->shut) {
        t->conn.q = q;
        shut_now(t, q);
    }
    t->shut = true; /* before the handshake's end: provide does it */
}

static void close_below(struct tls *t, const struct input *in, struct outq *q)
{
    bool abort = in->why == CLOSE_RESET;

    t->conn.q = q;
    if (!abort && t->phase == OPEN)
        say_goodbye(t);
    out_put(q, OUT_CLOSE, LAYER_LOWER)->abort = abort;
    t->phase = OVER; /* who closed is not told */
    t->due_us = NO_DEADLINE;
}

/* ---- the layer ---- */

/* FIN without close_notify: somebody may have cut the stream (RFC 8446 section 6.1). */
static void lower_ended(struct tls *t, const struct input *in, struct outq *q)
{
    if (t->ended)
        return;
    broke(t, q, CLOSE_TLS,
          t->phase == OPEN ? "the stream ended without close_notify: it may be cut"
                           : "the peer ended the stream in the handshake",
          in->now_us, false);
}

static void lower_closed(struct tls *t, const struct input *in, struct outq *q)
{
    const char *detail = in->detail;

    if (!detail && t->phase == HANDSHAKE && (in->why == CLOSE_RESET || in->why == CLOSE_DONE))
        detail = "the peer closed the connection in the handshake";
    over(t, q, in->why, detail, in->now_us);
}

static void input(void *self, const struct input *in, struct outq *q)
{
    struct tls *t = self;

    if (t->phase == OVER)
        return;
    switch (in->kind) {
    case IN_OPEN:
        t->peer = in->open->remote;
        t->conn.core = &t->core;
        t->due_us = in->now_us + TLS_HANDSHAKE_US;
        if (!tls_core_open(&t->core, &t->env, in->open, false, in->open->listen))
            t->broken = t->core.why;
        break;
    case IN_OPENED:
        opened(t, in, q);
        break;
    case IN_BYTES:
        go_on(t, in, q);
        break;
    case IN_EOF:
        lower_ended(t, in, q);
        break;
    case IN_CLOSED:
        lower_closed(t, in, q);
        break;
    case IN_TIMER:
        broke(t, q, CLOSE_TIMEOUT, "the handshake took too long", in->now_us, true);
        break;
    case IN_FULL:
        out_put(q, OUT_FULL, LAYER_UPPER);
        break;
    case IN_WRITABLE:
        out_put(q, OUT_WRITABLE, LAYER_UPPER);
        break;
    case IN_SEND:
        send_below(t, in, q);
        break;
    case IN_SHUTDOWN:
        shut_below(t, q);
        break;
    case IN_CLOSE:
        close_below(t, in, q);
        break;
    default:
        break;
    }
}

static uint64_t deadline(const void *self)
{
    const struct tls *t = self;
    return t->due_us ? t->due_us : NO_DEADLINE;
}

static void end(void *self)
{
    struct tls *t = self;

    tls_conn_close(&t->conn);
    tls_core_close(&t->core);
}

const struct endpoint_class tls_live_class = {
    .name = "tls.live",
    .size = sizeof(struct tls),
    .faults = tls_live_faults,
    .n_faults = TLS_FAULTS,
    .config = &tls_options_desc,
    .input = input,
    .deadline = deadline,
    .layer = "tls",
    .end = end,
};

const struct endpoint_class *const tls_live_layers[] = {&tls_live_class, &dtls_live_class, NULL};
