/* harness/endpoints/ws/ws_layer.c - the layer "ws": its phases, and how it ends. */
#include "harness/endpoints/ws/ws_layer.h"

struct early { /* before its octets */
    size_t n;
    uint8_t kind;
};

/* ---- what is told ---- */

const char *ws_words(const struct findings *fs, const char *otherwise, struct outq *q)
{
    uint8_t text[256];
    struct wr w = {text, sizeof text, 0, false};

    for (size_t i = 0; i < findings_kept(fs); i++)
        if (level_strict(fs->v[i].level)) {
            finding_words(&w, &fs->v[i]);
            return arena_text(&q->mem, wr_span(&w));
        }
    return otherwise;
}

/* The event; its record serves as that of an input above, too. NULL: no room. */
static struct ws_event *report(struct ws_layer *l, enum ws_told kind, const char *why,
                               const struct input *in, struct outq *q)
{
    struct ws_event *e = out_event(q, "ws", &ws_event_desc, 0);

    if (!e)
        return NULL;
    *e = l->facts;
    e->kind = (uint8_t)kind;
    e->server = l->server;
    e->remote = l->pkt.remote;
    e->local = l->pkt.local;
    e->why = why;
    e->time_us = in->now_us;
    return e;
}

void ws_tell_end(struct ws_layer *l, enum ws_told kind, enum close_why how, const char *why,
                 const struct input *in, struct outq *q)
{
    if (l->ended)
        return;
    l->ended = true;
    if (kind == WS_TOLD_FAILED && !l->facts.code)
        l->facts.code = WS_ABNORMAL;
    struct ws_event *e = report(l, kind, why, in, q);
    if (!l->told) {
        struct output *o = out_put(q, OUT_CLOSED, LAYER_UPPER);
        o->why = how;
        o->detail = why;
        o->desc = &ws_event_desc;
        o->rec = e;
    }
    l->told = true;
}

void ws_leave(struct ws_layer *l, bool end, const struct input *in, struct outq *q)
{
    l->phase = WS_LEAVING;
    l->again_us = NO_DEADLINE;
    l->due_us = in->now_us + l->close_us;
    if (end && !env_flag(&l->env, "w-keeps-stream"))
        out_put(q, OUT_SHUTDOWN, LAYER_LOWER);
}

void ws_drop(struct ws_layer *l, bool abort, struct outq *q)
{
    if (l->phase == WS_OVER)
        return;
    out_put(q, OUT_CLOSE, LAYER_LOWER)->abort = abort;
    l->phase = WS_OVER;
    l->due_us = l->again_us = NO_DEADLINE;
}

/* ---- opening ---- */

static void begin_close(struct ws_layer *l, uint16_t code, struct span reason,
                        const struct input *in, struct outq *q)
{
    ws_send_close(l, code, reason, "begin", q);
    l->phase = WS_CLOSING;
    l->due_us = in->now_us + env_timer(&l->env, "timer/close", l->close_us);
}

static void keep_early(struct ws_layer *l, const struct input *in, struct outq *q)
{
    struct early e = {in->data.n, in->pkt.kind};

    if (WS_EARLY_MAX - l->n_early < sizeof e || WS_EARLY_MAX - l->n_early - sizeof e < e.n) {
        ws_tell_end(l, WS_TOLD_REFUSED, CLOSE_QUOTA,
                    "too much was sent before the handshake was done", in, q);
        ws_drop(l, true, q);
        return;
    }
    memcpy(l->text + l->n_early, &e, sizeof e);
    if (e.n)
        memcpy(l->text + l->n_early + sizeof e, in->data.p, e.n);
    l->n_early += sizeof e + e.n;
}

/* Slices may borrow what lives until the queue is emptied, which `text` does not: messages that come go there. */
static void send_early(struct ws_layer *l, struct outq *q)
{
    struct span all = arena_copy(&q->mem, (struct span){l->text, l->n_early});
    struct early e;

    for (size_t at = 0; at < all.n; at += sizeof e + e.n) {
        memcpy(&e, all.p + at, sizeof e);
        ws_send_message(l, e.kind, span_cut(all, at + sizeof e, at + sizeof e + e.n), q);
    }
    l->n_early = 0;
}

void ws_provide(struct ws_layer *l, const struct input *in, struct outq *q)
{
    l->phase = WS_OPEN;
    l->due_us = NO_DEADLINE;
    struct ws_event *e = report(l, WS_TOLD_OPENED, NULL, in, q);
    struct output *o = out_put(q, OUT_PROVIDE, LAYER_UPPER);
    o->pkt = l->pkt;
    o->desc = &ws_event_desc;
    o->rec = e;
    send_early(l, q);
    if (l->shut)
        begin_close(l, WS_NORMAL, (struct span){0}, in, q);
}

/* ---- from below ---- */

/* The stream has ended, and all that came before was read. */
static void stream_ended(struct ws_layer *l, const struct input *in, struct outq *q)
{
    l->eof = false;
    if (l->phase == WS_OPENING)
        ws_tell_end(l, WS_TOLD_REFUSED, CLOSE_PROTOCOL,
                    "the peer ended the stream in the handshake", in, q);
    else
        ws_tell_end(l, WS_TOLD_FAILED, CLOSE_PROTOCOL, "the peer ended the stream without a Close",
                    in, q);
    ws_drop(l, false, q);
}

static void too_many(struct ws_layer *l, const struct input *in, struct outq *q)
{
    ws_tell_end(l, WS_TOLD_FAILED, CLOSE_QUOTA, "too many messages came at once", in, q);
    ws_drop(l, true, q);
}

/* Read on: the rest from before and what has come behind it, or what has come alone. */
static void read_on(struct ws_layer *l, struct span data, const struct input *in, struct outq *q)
{
    size_t at = 0;

    while (l->phase == WS_OPENING && at < data.n)
        at += ws_handshake(l, span_cut(data, at, data.n), in, q);
    if (l->phase == WS_OPEN || l->phase == WS_CLOSING)
        at += ws_frames(l, span_cut(data, at, data.n), in, q);
    if (l->phase != WS_OPEN && l->phase != WS_CLOSING)
        at = data.n; /* what comes behind the end is dropped: RFC 6455 section 7.1.1 */
    l->n_rest = data.n - at;
    if (l->n_rest > WS_REST_MAX)
        too_many(l, in, q);
    else if (l->n_rest)
        memmove(l->rest, data.p + at, l->n_rest);
    if (l->phase == WS_OVER)
        return;
    if (l->paused != (l->n_rest > 0))
        out_put(q, l->n_rest ? OUT_PAUSE : OUT_RESUME, LAYER_LOWER);
    l->paused = l->n_rest > 0;
    l->again_us = l->n_rest ? in->now_us + 1 : NO_DEADLINE;
    if (l->eof && !l->n_rest)
        stream_ended(l, in, q);
}

static void octets(struct ws_layer *l, const struct input *in, struct outq *q)
{
    l->pkt.frame = in->pkt.frame;
    if (l->phase == WS_LEAVING)
        return;
    if (!l->n_rest) {
        read_on(l, in->data, in, q);
    } else if (in->data.n > WS_REST_MAX - l->n_rest) {
        too_many(l, in, q);
    } else {
        memcpy(l->rest + l->n_rest, in->data.p, in->data.n);
        l->n_rest += in->data.n;
    }
}

static void timer(struct ws_layer *l, const struct input *in, struct outq *q)
{
    if (l->again_us <= in->now_us)
        read_on(l, (struct span){l->rest, l->n_rest}, in, q);
    if (l->due_us > in->now_us)
        return;
    if (l->phase == WS_OPENING)
        ws_tell_end(l, WS_TOLD_REFUSED, CLOSE_TIMEOUT, "the opening handshake took too long", in,
                    q);
    else if (l->phase == WS_CLOSING)
        ws_tell_end(l, WS_TOLD_FAILED, CLOSE_TIMEOUT, "the Close was not answered in time", in, q);
    ws_drop(l, l->phase == WS_OPENING, q);
}

static void lost(struct ws_layer *l, const struct input *in, struct outq *q)
{
    ws_tell_end(l, l->phase == WS_OPENING ? WS_TOLD_REFUSED : WS_TOLD_FAILED, in->why, in->detail,
                in, q);
    l->phase = WS_OVER;
    l->due_us = l->again_us = NO_DEADLINE;
}

static void opened(struct ws_layer *l, const struct input *in, struct outq *q)
{
    l->pkt = in->pkt;
    l->server = l->reader.from_client = in->parent != 0;
    if (!l->stream || l->mem.full) {
        ws_tell_end(l, WS_TOLD_REFUSED, CLOSE_LOCAL,
                    l->stream ? "the options are too long" : "the flow below is no stream", in, q);
        ws_drop(l, false, q);
    } else if (!l->server) {
        ws_ask(l, q);
    }
}

static void from_below(struct ws_layer *l, const struct input *in, struct outq *q)
{
    switch (in->kind) {
    case IN_OPENED:
        opened(l, in, q);
        break;
    case IN_BYTES:
        octets(l, in, q);
        break;
    case IN_EOF:
        l->eof = true;
        if (!l->n_rest)
            stream_ended(l, in, q);
        break;
    case IN_CLOSED:
        lost(l, in, q);
        break;
    case IN_FULL:
        l->full = true;
        out_put(q, OUT_FULL, LAYER_UPPER);
        break;
    case IN_WRITABLE:
        l->full = false;
        if (l->owed)
            ws_send_pong(l, q);
        out_put(q, OUT_WRITABLE, LAYER_UPPER);
        break;
    default:
        break;
    }
}

/* ---- from above ---- */

static void close_by_user(struct ws_layer *l, const struct input *in, struct outq *q)
{
    const struct flow_spec said = {.desc = in->desc, .options = in->rec};
    struct val code = flow_option(&said, "code");

    l->told = true; /* who closes is not told */
    if (in->why == CLOSE_RESET || l->phase == WS_OPENING)
        ws_drop(l, in->why == CLOSE_RESET, q);
    else if (l->phase == WS_OPEN)
        begin_close(l, code.absent ? WS_NORMAL : (uint16_t)code.u,
                    flow_option_text(&said, "reason"), in, q);
}

static void from_above(struct ws_layer *l, const struct input *in, struct outq *q)
{
    switch (in->kind) {
    case IN_SEND:
        if (l->phase == WS_OPEN)
            ws_send_message(l, in->pkt.kind, in->data, q);
        else if (l->phase == WS_OPENING && !l->shut)
            keep_early(l, in, q);
        break;
    case IN_SHUTDOWN:
        if (l->phase == WS_OPEN)
            begin_close(l, WS_NORMAL, (struct span){0}, in, q);
        l->shut = true; /* in the handshake: ws_provide does it */
        break;
    case IN_CLOSE:
        close_by_user(l, in, q);
        break;
    default:
        break;
    }
}

/* ---- the layer ---- */

static void input(void *self, const struct input *in, struct outq *q)
{
    struct ws_layer *l = self;

    if (l->phase == WS_OVER)
        return;
    if (in->kind == IN_OPEN) {
        ws_take_options(l, in->open);
        l->due_us += in->now_us;
        l->again_us = NO_DEADLINE;
    } else if (in->kind == IN_TIMER) {
        timer(l, in, q);
    } else if (in->flow == LAYER_UPPER) {
        from_above(l, in, q);
    } else if (in->flow == LAYER_LOWER) {
        from_below(l, in, q);
    }
}

static uint64_t deadline(const void *self)
{
    const struct ws_layer *l = self;

    if (!l->due_us) /* nothing has been opened */
        return NO_DEADLINE;
    return l->due_us < l->again_us ? l->due_us : l->again_us;
}

const struct endpoint_class ws_layer_class = {
    .name = "ws.layer",
    .size = sizeof(struct ws_layer),
    .sparse = true,
    .faults = ws_layer_faults,
    .n_faults = WS_FAULTS,
    .variants = ws_layer_variants,
    .n_variants = WS_VARIANTS,
    .config = &ws_options_desc,
    .input = input,
    .deadline = deadline,
    .clear = offsetof(struct ws_layer, text),
    .layer = "ws",
    .datagrams = true,
};
