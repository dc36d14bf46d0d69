/* harness/endpoints/tls/dtls_model.c - the modelled DTLS layer: what is modelled is said in tls.h. */
#include "harness/endpoints/tls/tls.h"

enum { HEAD = 13, VERSION = 0xfefd, FLIGHT_MAX = 1200, COOKIE = 8 };
enum record { ALERT = 21, HANDSHAKE = 22, DATA = 23 };
enum handshake {
    CLIENT_HELLO = 1,
    SERVER_FLIGHT = 2,
    HELLO_VERIFY = 3,
    CLIENT_FLIGHT = 16,
    FINISHED = 20
};
enum phase { FREE, HELLO_SENT, FLIGHT_SENT, CLIENT_SENT, OPEN };
struct assoc {
    enum phase phase;
    struct pkt pkt; /* remote, and our address */
    uint64_t began_us, heard_us, due_us, rto_us;
    uint32_t tries;
    uint16_t epoch_seq;
    size_t n_flight, n_early;   /* early: datagrams, each after its length */
    uint8_t flight[FLIGHT_MAX]; /* the datagram sent last in the handshake */
    uint8_t early[DTLS_MODEL_EARLY];
};
struct dtls {
    struct env env;
    bool server, over, provided;
    struct tls_side side;
    struct addr peer; /* client: whom the flow is for; family 0: anybody */
    struct pkt pkt;
    uint64_t secret, rto_us;
    struct assoc assocs[DTLS_MODEL_ASSOCIATIONS];
};

/* ---- records out ---- */

static struct wr record(uint8_t *mem, size_t cap, struct assoc *a, enum record type)
{
    struct wr w = {mem, cap, 0, false};

    wr_u8(&w, (uint8_t)type);
    wr_u16(&w, VERSION);
    wr_u16(&w, a && a->phase == OPEN); /* epoch */
    wr_u16(&w, 0);
    wr_u32(&w, a ? a->epoch_seq++ : 0);
    wr_u16(&w, 0); /* length: record_end */
    return w;
}

static void send_to(struct outq *q, struct wr *w, const struct pkt *pkt)
{
    if (w->full)
        return; /* longer than any datagram */
    put_u16(w->p + HEAD - 2, (uint16_t)(w->n - HEAD));
    out_send(q, LAYER_LOWER, wr_span(w), pkt);
}

/* Fill a flight up to its usual size and send it; it is sent again until it is answered. */
static void send_flight(struct assoc *a, struct wr *w, size_t size, uint64_t now, struct outq *q)
{
    while (w->n < size)
        wr_u8(w, 0);
    send_to(q, w, &a->pkt);
    a->n_flight = w->n;
    a->tries = 1;
    a->due_us = now + a->rto_us;
}

static void alert_to(struct outq *q, struct assoc *a, const struct pkt *pkt, enum tls_alert what)
{
    uint8_t mem[HEAD + 2];
    struct wr w = record(mem, sizeof mem, a, ALERT);

    wr_u8(&w, what == CLOSE_NOTIFY ? 1 : 2);
    wr_u8(&w, (uint8_t)what);
    send_to(q, &w, pkt);
}

static void send_data(struct assoc *a, struct span data, const struct pkt *pkt, struct outq *q)
{
    size_t cap = HEAD + data.n;
    uint8_t *mem = data.n <= TLS_RECORD_MAX ? arena_take(&q->mem, cap) : NULL;

    if (!mem)
        return; /* longer than a record, or mem.full tells the driver */
    struct wr w = record(mem, cap, a, DATA);
    wr_put(&w, data);
    send_to(q, &w, pkt);
}

/* ---- associations ---- */

static struct assoc *assoc_of(struct dtls *d, const struct addr *remote)
{
    for (size_t i = 0; i < COUNT(d->assocs); i++)
        if (d->assocs[i].phase != FREE && addr_eq(&d->assocs[i].pkt.remote, remote))
            return &d->assocs[i];
    return NULL;
}

/* One to be given up: half open before done, then the one that was quiet longest. */
static bool rather(const struct assoc *a, const struct assoc *b)
{
    if ((a->phase == OPEN) != (b->phase == OPEN))
        return b->phase == OPEN;
    return a->heard_us < b->heard_us;
}

static struct assoc *assoc_new(struct dtls *d, const struct pkt *pkt, uint64_t now)
{
    struct assoc *a = &d->assocs[0];

    for (size_t i = 0; i < COUNT(d->assocs); i++) {
        if (d->assocs[i].phase == FREE) {
            a = &d->assocs[i];
            break;
        }
        if (rather(&d->assocs[i], a))
            a = &d->assocs[i];
    }
    memset(a, 0, offsetof(struct assoc, flight));
    a->pkt = (struct pkt){.remote = pkt->remote, .local = pkt->local};
    a->began_us = a->heard_us = now;
    a->rto_us = d->rto_us;
    return a;
}

/* An association is over. The flow is, too, where it was the client's only one. */
static void end(struct dtls *d, struct assoc *a, enum tls_kind kind, enum close_why why,
                const char *detail, uint64_t now, struct outq *q)
{
    bool cut = kind == TLS_FAILED && a->phase == OPEN;
    struct tls_event *e = tls_report(q, cut ? TLS_CUT : kind, d->server, &a->pkt, now);

    if (e)
        e->why = detail;
    if (!d->server && d->peer.family && addr_eq(&a->pkt.remote, &d->peer) && !d->over) {
        struct output *o = out_put(q, OUT_CLOSED, LAYER_UPPER);
        o->why = why;
        o->detail = detail;
        out_put(q, OUT_CLOSE, LAYER_LOWER);
        d->over = true;
    }
    a->phase = FREE;
    a->due_us = 0;
}

static void provide(struct dtls *d, struct outq *q)
{
    if (!d->provided)
        out_put(q, OUT_PROVIDE, LAYER_UPPER)->pkt = d->pkt;
    d->provided = true;
}

static void secured(struct dtls *d, struct assoc *a, uint64_t now, struct outq *q)
{
    struct tls_event *e = tls_report(q, TLS_SECURED, d->server, &a->pkt, now);
    struct rd r = rd_of((struct span){a->early, a->n_early});
    struct span one;
    uint16_t n;

    a->phase = OPEN;
    a->due_us = 0;
    if (e) {
        e->version = "model";
        e->cookie = true;
    }
    provide(d, q);
    while (rd_u16(&r, &n) && rd_take(&r, n, &one))
        send_data(a, one, &a->pkt, q);
    a->n_early = 0;
}

/* ---- handshake ---- */

static void cookie_for(const struct dtls *d, const struct addr *remote, uint8_t out[COOKIE])
{
    uint64_t h = d->secret ^ remote->port;

    for (size_t i = 0; i < 16; i++)
        h = (h ^ remote->ip[i]) * 0x100000001b3u;
    put_u32(out, (uint32_t)(h >> 32));
    put_u32(out + 4, (uint32_t)h);
}

static void hello(struct dtls *d, struct assoc *a, struct span cookie, uint64_t now, struct outq *q)
{
    struct wr w = record(a->flight, sizeof a->flight, a, HANDSHAKE);

    wr_u8(&w, CLIENT_HELLO);
    tls_put_name(&w, cookie);
    tls_put_name(&w, tls_kept_span(&d->side.host));
    tls_put_name(&w, tls_kept_span(&d->side.alpn));
    a->phase = HELLO_SENT;
    send_flight(a, &w, DTLS_HELLO, now, q);
}

static void got_hello(struct dtls *d, struct assoc *a, struct rd *r, const struct input *in,
                      struct outq *q)
{
    uint8_t want[COOKIE], mem[DTLS_VERIFY];
    struct span cookie, host, offered;
    struct pkt back = {.remote = in->pkt.remote, .local = in->pkt.local};

    if (!tls_rd_name(r, &cookie) || !tls_rd_name(r, &host) || !tls_rd_name(r, &offered))
        return;
    cookie_for(d, &in->pkt.remote, want);
    if (!span_eq(cookie, (struct span){want, COOKIE})) {
        struct wr v = record(mem, sizeof mem, NULL, HANDSHAKE);
        wr_u8(&v, HELLO_VERIFY);
        tls_put_name(&v, (struct span){want, COOKIE});
        while (v.n < DTLS_VERIFY)
            wr_u8(&v, 0);
        send_to(q, &v, &back);
        return;
    }
    if (a && a->phase == FLIGHT_SENT) { /* our flight was lost */
        out_send(q, LAYER_LOWER, (struct span){a->flight, a->n_flight}, &a->pkt);
        return;
    }
    if (!a) /* where one is open the client has begun anew */
        a = assoc_new(d, &back, in->now_us);
    a->phase = FLIGHT_SENT;
    struct wr w = record(a->flight, sizeof a->flight, a, HANDSHAKE);
    wr_u8(&w, SERVER_FLIGHT);
    if (!tls_put_facts(&d->side, host, offered, &w)) {
        alert_to(q, a, &a->pkt, NO_APPLICATION_PROTOCOL);
        end(d, a, TLS_FAILED, CLOSE_TLS, "the client offers no protocol that is spoken here",
            in->now_us, q);
        return;
    }
    send_flight(a, &w, DTLS_SERVER_FLIGHT, in->now_us, q);
}

static void finish_server(struct dtls *d, struct assoc *a, const struct input *in, struct outq *q)
{
    struct wr w = record(a->flight, sizeof a->flight, a, HANDSHAKE);

    wr_u8(&w, FINISHED);
    send_flight(a, &w, DTLS_FINISHED, in->now_us, q);
    if (a->phase == FLIGHT_SENT)
        secured(d, a, in->now_us, q);
    a->due_us = 0; /* the client asks again where it was lost */
}

static void got_flight(struct dtls *d, struct assoc *a, struct rd *r, const struct input *in,
                       struct outq *q)
{
    const char *why;
    enum tls_alert bad = tls_judge_facts(&d->side, r, &why);

    if (bad != CLOSE_NOTIFY) {
        alert_to(q, a, &a->pkt, bad);
        end(d, a, TLS_FAILED, CLOSE_TLS, why, in->now_us, q);
        return;
    }
    struct wr w = record(a->flight, sizeof a->flight, a, HANDSHAKE);
    wr_u8(&w, CLIENT_FLIGHT);
    a->phase = CLIENT_SENT;
    send_flight(a, &w, DTLS_CLIENT_FLIGHT, in->now_us, q);
}

/* What fits no state is an old copy of something, and ignored: RFC 6347 section 4.2.4. */
static void got_handshake(struct dtls *d, struct assoc *a, struct span body, const struct input *in,
                          struct outq *q)
{
    struct rd r = rd_of(body);
    struct span cookie;
    uint8_t type = 0;

    rd_u8(&r, &type);
    if (d->server && type == CLIENT_HELLO)
        got_hello(d, a, &r, in, q);
    else if (d->server && a && type == CLIENT_FLIGHT)
        finish_server(d, a, in, q);
    else if (d->server || !a)
        return;
    else if (type == HELLO_VERIFY && a->phase == HELLO_SENT && tls_rd_name(&r, &cookie))
        hello(d, a, cookie, in->now_us, q);
    else if (type == SERVER_FLIGHT && a->phase == HELLO_SENT)
        got_flight(d, a, &r, in, q);
    else if (type == FINISHED && a->phase == CLIENT_SENT)
        secured(d, a, in->now_us, q);
}

/* ---- what comes ---- */

static void got_alert(struct dtls *d, struct assoc *a, struct span body, const struct input *in,
                      struct outq *q)
{
    uint8_t what = body.n == 2 ? body.p[1] : DECODE_ERROR;

    if (a->phase == OPEN && what == CLOSE_NOTIFY)
        end(d, a, TLS_ENDED, CLOSE_DONE, "the peer closed the association", in->now_us, q);
    else
        end(d, a, TLS_FAILED, CLOSE_TLS, tls_alert_words(what), in->now_us, q);
}

static void deliver(struct span body, const struct input *in, struct outq *q)
{
    struct span *slice = arena_take(&q->mem, sizeof *slice);
    struct output *o = out_put(q, OUT_DELIVER, LAYER_UPPER);

    if (!slice)
        return;
    *slice = arena_copy(&q->mem, body);
    o->data = slice;
    o->n_data = 1;
    o->pkt = in->pkt;
}

static void datagram(struct dtls *d, const struct input *in, struct outq *q)
{
    struct assoc *a = assoc_of(d, &in->pkt.remote);
    struct rd r = rd_of(in->data);
    uint8_t type;
    uint16_t version, length;
    struct span skip, body;

    if (!rd_u8(&r, &type) || !rd_u16(&r, &version) || !rd_take(&r, 8, &skip) ||
        !rd_u16(&r, &length) || !rd_take(&r, length, &body) || version != VERSION)
        return; /* no record: discarded, RFC 6347 section 4.1.2.7 */
    if (a)
        a->heard_us = in->now_us;
    if (type == HANDSHAKE)
        got_handshake(d, a, body, in, q);
    else if (type == ALERT && a)
        got_alert(d, a, body, in, q);
    else if (type == DATA && a && a->phase == OPEN)
        deliver(body, in, q);
}

/* ---- time ---- */

static void again(struct dtls *d, struct assoc *a, uint64_t now, struct outq *q)
{
    uint64_t last = a->began_us + TLS_HANDSHAKE_US;

    if (now >= last) {
        end(d, a, TLS_FAILED, CLOSE_TIMEOUT, "the handshake took too long", now, q);
        return;
    }
    out_send(q, LAYER_LOWER, (struct span){a->flight, a->n_flight}, &a->pkt);
    a->due_us = now + (a->rto_us << a->tries++);
    a->due_us = a->due_us < last ? a->due_us : last;
}

static uint64_t deadline(const void *self)
{
    const struct dtls *d = self;
    uint64_t best = NO_DEADLINE;

    for (size_t i = 0; !d->over && i < COUNT(d->assocs); i++)
        if (d->assocs[i].phase != FREE && d->assocs[i].due_us && d->assocs[i].due_us < best)
            best = d->assocs[i].due_us;
    return best;
}

/* ---- from above ---- */

static void send_below(struct dtls *d, const struct input *in, struct outq *q)
{
    struct pkt pkt = in->pkt;
    struct assoc *a;

    if (!pkt.remote.family)
        pkt.remote = d->peer;
    if (!pkt.remote.family)
        return;
    a = assoc_of(d, &pkt.remote);
    if (!a && d->server)
        return; /* nobody has begun there */
    if (a && a->phase == OPEN) {
        send_data(a, in->data, &pkt, q);
        return;
    }
    if (!a) {
        a = assoc_new(d, &pkt, in->now_us);
        hello(d, a, (struct span){0}, in->now_us, q);
    }
    struct wr w = {a->early, sizeof a->early, a->n_early, false};
    if (in->data.n + 2 > sizeof a->early - a->n_early)
        return; /* lost, as a datagram may be */
    wr_u16(&w, (uint16_t)in->data.n);
    wr_put(&w, in->data);
    a->n_early = w.n;
}

static void close_below(struct dtls *d, struct outq *q)
{
    for (size_t i = 0; i < COUNT(d->assocs); i++)
        if (d->assocs[i].phase == OPEN)
            alert_to(q, &d->assocs[i], &d->assocs[i].pkt, CLOSE_NOTIFY);
    out_put(q, OUT_CLOSE, LAYER_LOWER);
    d->over = true;
}

/* ---- the layer ---- */

static void take(struct dtls *d, const struct input *in)
{
    tls_side_take(&d->side, in->open);
    d->server = in->open->listen;
    d->peer = in->open->remote;
    d->secret = rng_next(d->env.rng);
    d->rto_us = flow_option(in->open, "rto_us").u;
    if (!d->rto_us)
        d->rto_us = DTLS_RTO_US;
}

static void opened(struct dtls *d, const struct input *in, struct outq *q)
{
    struct pkt to = {.remote = d->peer};

    d->pkt = in->pkt;
    if (d->server || !d->peer.family)
        provide(d, q);
    else if (!assoc_of(d, &d->peer))
        hello(d, assoc_new(d, &to, in->now_us), (struct span){0}, in->now_us, q);
}

static void input(void *self, const struct input *in, struct outq *q)
{
    struct dtls *d = self;
    struct assoc *a;

    if (d->over)
        return;
    switch (in->kind) {
    case IN_OPEN:
        take(d, in);
        break;
    case IN_OPENED:
        opened(d, in, q);
        break;
    case IN_BYTES:
        datagram(d, in, q);
        break;
    case IN_ICMP:
        if ((a = assoc_of(d, &in->pkt.remote)) != NULL)
            end(d, a, TLS_FAILED, CLOSE_REFUSED, "ICMP says that nobody is there", in->now_us, q);
        break;
    case IN_CLOSED:
        out_put(q, OUT_CLOSED, LAYER_UPPER)->why = in->why;
        d->over = true;
        break;
    case IN_TIMER:
        for (size_t i = 0; i < COUNT(d->assocs); i++)
            if (d->assocs[i].phase != FREE && d->assocs[i].due_us &&
                d->assocs[i].due_us <= in->now_us)
                again(d, &d->assocs[i], in->now_us, q);
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

const struct endpoint_class dtls_model_class = {
    .name = "dtls.model",
    .size = sizeof(struct dtls),
    .config = &tls_options_desc,
    .input = input,
    .deadline = deadline,
    .layer = "dtls",
};
