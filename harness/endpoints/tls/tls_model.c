/* harness/endpoints/tls/tls_model.c - the modelled TLS layer: what is modelled is said in tls.h. */
#include "harness/endpoints/tls/tls.h"

enum { HEAD = 5, VERSION = 0x0303 };
enum record { ALERT = 21, HANDSHAKE = 22, DATA = 23 };
enum handshake { CLIENT_HELLO = 1, SERVER_FLIGHT = 2, FINISHED = 20 };
enum phase { WAITING, HELLO_SENT, FLIGHT_SENT, OPEN, OVER };
struct tls {
    struct env env;
    enum phase phase;
    bool server, ended, shut; /* ended: EOF was told above; shut: close_notify is sent or will be */
    struct tls_side side;
    struct pkt pkt; /* addresses of the flow below */
    uint64_t now_us, due_us;
    size_t n, n_early;
    uint8_t record[HEAD + TLS_RECORD_MAX], early[TLS_EARLY_MAX];
};

/* ---- records out ---- */

static struct wr record_begin(struct outq *q, enum record type, size_t body)
{
    struct wr w = {arena_take(&q->mem, HEAD + body), HEAD + body, 0, false};

    w.full = !w.p; /* mem.full is seen by the driver */
    wr_u8(&w, (uint8_t)type);
    wr_u16(&w, VERSION);
    wr_u16(&w, (uint16_t)body);
    return w;
}

static void record_end(struct outq *q, const struct wr *w)
{
    struct span *slice = arena_take(&q->mem, sizeof *slice);
    struct output *o = out_put(q, OUT_SEND, LAYER_LOWER);

    if (!slice || !w->p)
        return;
    *slice = (struct span){w->p, w->cap}; /* what was not written is zero: padding */
    o->data = slice;
    o->n_data = 1;
}

static void alert(struct outq *q, enum tls_alert what)
{
    struct wr w = record_begin(q, ALERT, 2);
    wr_u8(&w, what == CLOSE_NOTIFY ? 1 : 2);
    wr_u8(&w, (uint8_t)what);
    record_end(q, &w);
}

static void send_data(struct outq *q, struct span data)
{
    for (size_t at = 0; at < data.n; at += TLS_RECORD_MAX) {
        struct span part = span_cut(data, at, at + TLS_RECORD_MAX);
        struct wr w = record_begin(q, DATA, part.n);
        wr_put(&w, part);
        record_end(q, &w);
    }
}

/* ---- ends ---- */

/* Tell above that it is over, once; `detail` NULL: nobody is to blame but the flow below. */
static void over(struct tls *t, struct outq *q, enum close_why why, const char *detail)
{
    if (t->phase != OVER) {
        struct output *o = out_put(q, OUT_CLOSED, LAYER_UPPER);
        struct tls_event *e = detail ? tls_report(q, t->phase == OPEN ? TLS_CUT : TLS_FAILED,
                                                  t->server, &t->pkt, t->now_us)
                                     : NULL;
        o->why = why;
        o->detail = detail;
        if (e)
            e->why = detail;
    }
    t->phase = OVER;
    t->due_us = NO_DEADLINE;
}

static void refuse(struct tls *t, struct outq *q, enum tls_alert what, const char *why)
{
    alert(q, what);
    out_put(q, OUT_CLOSE, LAYER_LOWER);
    over(t, q, CLOSE_TLS, why);
}

/* ---- handshake ---- */

static void hello(struct tls *t, struct outq *q)
{
    struct wr w = record_begin(q, HANDSHAKE, TLS_HELLO - HEAD);
    wr_u8(&w, CLIENT_HELLO);
    tls_put_name(&w, tls_kept_span(&t->side.host));
    tls_put_name(&w, tls_kept_span(&t->side.alpn));
    record_end(q, &w);
    t->phase = HELLO_SENT;
}

static void finished(struct outq *q)
{
    struct wr w = record_begin(q, HANDSHAKE, TLS_FINISHED - HEAD);
    wr_u8(&w, FINISHED);
    record_end(q, &w);
}

static void provide(struct tls *t, struct outq *q)
{
    t->phase = OPEN;
    t->due_us = NO_DEADLINE;
    struct tls_event *e = tls_report(q, TLS_SECURED, t->server, &t->pkt, t->now_us);
    if (e)
        e->version = "model";
    out_put(q, OUT_PROVIDE, LAYER_UPPER)->pkt = t->pkt;
    send_data(q, (struct span){t->early, t->n_early});
    t->n_early = 0;
    if (t->shut) {
        alert(q, CLOSE_NOTIFY);
        out_put(q, OUT_SHUTDOWN, LAYER_LOWER);
    }
}

static void got_hello(struct tls *t, struct rd *r, struct outq *q)
{
    uint8_t facts[4 + 2 * TLS_NAME_MAX];
    struct wr f = {facts, sizeof facts, 0, false};
    struct span host, offered;

    if (!tls_rd_name(r, &host) || !tls_rd_name(r, &offered)) {
        refuse(t, q, DECODE_ERROR, "the client hello cannot be read");
        return;
    }
    if (!tls_put_facts(&t->side, host, offered, &f)) { /* RFC 7301 section 3.2 */
        refuse(t, q, NO_APPLICATION_PROTOCOL, "the client offers no protocol that is spoken here");
        return;
    }
    struct wr w = record_begin(q, HANDSHAKE, TLS_SERVER_FLIGHT - HEAD);
    wr_u8(&w, SERVER_FLIGHT);
    wr_put(&w, wr_span(&f));
    record_end(q, &w);
    t->phase = FLIGHT_SENT;
}

static void got_flight(struct tls *t, struct rd *r, struct outq *q)
{
    const char *why;
    enum tls_alert a = tls_judge_facts(&t->side, r, &why);

    if (a != CLOSE_NOTIFY) {
        refuse(t, q, a, why);
        return;
    }
    finished(q);
    provide(t, q);
}

static void got_handshake(struct tls *t, struct span body, struct outq *q)
{
    struct rd r = rd_of(body);
    uint8_t type = 0;

    rd_u8(&r, &type);
    if (t->server && t->phase == WAITING && type == CLIENT_HELLO)
        got_hello(t, &r, q);
    else if (t->server && t->phase == FLIGHT_SENT && type == FINISHED)
        provide(t, q);
    else if (!t->server && t->phase == HELLO_SENT && type == SERVER_FLIGHT)
        got_flight(t, &r, q);
    else
        refuse(t, q, UNEXPECTED_MESSAGE, "what came is not what the handshake wants");
}

/* ---- records in ---- */

static void deliver(const struct tls *t, struct span body, struct outq *q)
{
    struct span *slice = arena_take(&q->mem, sizeof *slice);
    struct output *o = out_put(q, OUT_DELIVER, LAYER_UPPER);

    if (!slice)
        return;
    *slice = arena_copy(&q->mem, body);
    o->data = slice;
    o->n_data = 1;
    o->pkt = t->pkt;
}

static void got_alert(struct tls *t, struct span body, struct outq *q)
{
    if (body.n == 2 && body.p[1] == CLOSE_NOTIFY && t->phase == OPEN) {
        if (!t->ended)
            out_put(q, OUT_EOF, LAYER_UPPER);
        t->ended = true;
        return;
    }
    out_put(q, OUT_CLOSE, LAYER_LOWER);
    over(t, q, CLOSE_TLS, body.n == 2 ? tls_alert_words(body.p[1]) : "an alert cannot be read");
}

static void got_record(struct tls *t, struct outq *q)
{
    struct span body = {t->record + HEAD, t->n - HEAD};

    switch (t->record[0]) {
    case HANDSHAKE:
        got_handshake(t, body, q);
        break;
    case ALERT:
        got_alert(t, body, q);
        break;
    case DATA:
        if (t->phase == OPEN && !t->ended) {
            if (body.n)
                deliver(t, body, q);
            break;
        }
        refuse(t, q, UNEXPECTED_MESSAGE, "data came where none may");
        break;
    default:
        refuse(t, q, UNEXPECTED_MESSAGE, "what came is no TLS record");
    }
}

/* Octets that the record lacks: of its header first, then of the rest. */
static size_t lacking(const struct tls *t)
{
    return t->n < HEAD ? HEAD - t->n : HEAD + get_u16(t->record + 3) - t->n;
}

static void octets(struct tls *t, const struct input *in, struct outq *q)
{
    for (size_t at = 0; at < in->data.n && t->phase != OVER;) {
        struct span part = span_cut(in->data, at, at + lacking(t));
        memcpy(t->record + t->n, part.p, part.n);
        t->n += part.n;
        at += part.n;
        t->pkt.frame = in->pkt.frame;
        if (t->n == HEAD && get_u16(t->record + 3) > TLS_RECORD_MAX) {
            refuse(t, q, RECORD_OVERFLOW, "a record is longer than 16384 octets");
        } else if (t->n >= HEAD && lacking(t) == 0) {
            got_record(t, q);
            t->n = 0;
        }
    }
}

/* ---- from above ---- */

static void send_below(struct tls *t, const struct input *in, struct outq *q)
{
    if (t->phase == OVER || t->shut)
        return;
    if (t->phase == OPEN) {
        send_data(q, in->data);
    } else if (in->data.n > sizeof t->early - t->n_early) {
        out_put(q, OUT_CLOSE, LAYER_LOWER)->abort = true;
        over(t, q, CLOSE_QUOTA, "too much was sent before the handshake was done");
    } else if (in->data.n) {
        memcpy(t->early + t->n_early, in->data.p, in->data.n);
        t->n_early += in->data.n;
    }
}

static void shut_below(struct tls *t, struct outq *q)
{
    if (t->phase == OPEN && !t->shut) {
        alert(q, CLOSE_NOTIFY);
        out_put(q, OUT_SHUTDOWN, LAYER_LOWER);
    }
    t->shut = true; /* before the handshake's end: provide does it */
}

static void close_below(struct tls *t, const struct input *in, struct outq *q)
{
    bool abort = in->why == CLOSE_RESET;

    if (!abort && t->phase == OPEN && !t->shut)
        alert(q, CLOSE_NOTIFY);
    out_put(q, OUT_CLOSE, LAYER_LOWER)->abort = abort;
    t->phase = OVER; /* who closed is not told */
    t->due_us = NO_DEADLINE;
}

/* ---- the layer ---- */

static void opened(struct tls *t, const struct input *in, struct outq *q)
{
    t->pkt = in->pkt;
    t->server = in->parent != 0;
    if (!t->server)
        hello(t, q);
}

/* FIN without close_notify: somebody may have cut the stream (RFC 8446 section 6.1). */
static void lower_ended(struct tls *t, struct outq *q)
{
    if (t->ended)
        return;
    out_put(q, OUT_CLOSE, LAYER_LOWER);
    over(t, q, CLOSE_TLS,
         t->phase == OPEN ? "the stream ended without close_notify: it may be cut"
                          : "the peer ended the stream in the handshake");
}

static void input(void *self, const struct input *in, struct outq *q)
{
    struct tls *t = self;

    if (t->phase == OVER)
        return;
    t->now_us = in->now_us;
    switch (in->kind) {
    case IN_OPEN:
        tls_side_take(&t->side, in->open);
        t->due_us = in->now_us + TLS_HANDSHAKE_US;
        break;
    case IN_OPENED:
        opened(t, in, q);
        break;
    case IN_BYTES:
        octets(t, in, q);
        break;
    case IN_EOF:
        lower_ended(t, q);
        break;
    case IN_CLOSED:
        over(t, q, in->why, in->detail);
        break;
    case IN_TIMER:
        out_put(q, OUT_CLOSE, LAYER_LOWER)->abort = true;
        over(t, q, CLOSE_TIMEOUT, "the handshake took too long");
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

const struct endpoint_class tls_model_class = {
    .name = "tls.model",
    .size = sizeof(struct tls),
    .config = &tls_options_desc,
    .input = input,
    .deadline = deadline,
    .layer = "tls",
};

extern const struct endpoint_class *const tls_endpoints[];
const struct endpoint_class *const tls_endpoints[] = {&tls_model_class, &dtls_model_class, NULL};
