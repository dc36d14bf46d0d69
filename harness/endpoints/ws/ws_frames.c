/* harness/endpoints/ws/ws_frames.c - frames in and out, and the Close. */
#include "harness/endpoints/ws/ws_layer.h"

/* ---- out ---- */

static uint8_t kind_of(const struct ws_layer *l, uint8_t kind, struct span data)
{
    if (kind == WS_TEXT || kind == WS_BINARY)
        return kind;
    return l->messages ? l->messages : span_utf8(data) ? WS_TEXT : WS_BINARY;
}

/* A message in frames whose payloads end at the given places. */
static void send_parts(struct ws_layer *l, uint8_t kind, struct span data, const size_t *ends,
                       size_t n, struct outq *q)
{
    for (size_t i = 0, at = 0; i < n; at = ends[i++])
        ws_put_frame(l, i ? WS_CONTINUATION : (enum ws_opcode)kind, i + 1 == n,
                     span_cut(data, at, ends[i]),
                     i                 ? "continuation"
                     : kind == WS_TEXT ? "text"
                                       : "binary",
                     q);
}

void ws_send_message(struct ws_layer *l, uint8_t kind, struct span data, struct outq *q)
{
    size_t ends[WS_FRAGMENTS_MAX] = {data.n}, n = 1;
    size_t most = (data.n + WS_FRAGMENTS_MAX - 1) / WS_FRAGMENTS_MAX;

    kind = kind_of(l, kind, data);
    if (env_flag(&l->env, "w-pings"))
        ws_put_frame(l, WS_PING, true, span_cut(data, 0, 16), "ping", q);
    if (env_flag(&l->env, "w-pongs"))
        ws_put_frame(l, WS_PONG, true, span_cut(data, 0, 16), "pong/unasked", q);
    if (env_flag(&l->env, "w-fragments")) { /* one of no octets between, or behind */
        ends[0] = ends[1] = data.n / 2;
        ends[2] = data.n;
        n = 3;
    } else if (l->fragment) {
        size_t part = l->fragment > most ? l->fragment : most;
        for (n = 0; n == 0 || ends[n - 1] < data.n; n++)
            ends[n] = data.n - part * n > part ? part * (n + 1) : data.n;
    }
    send_parts(l, kind, data, ends, n, q);
}

void ws_send_close(struct ws_layer *l, uint16_t code, struct span reason, const char *why,
                   struct outq *q)
{
    char where[32] = "close/";
    uint8_t body[WS_CONTROL_MAX];
    struct wr w = {body, sizeof body, 0, false};
    size_t n = reason.n < sizeof body - 2 ? reason.n : sizeof body - 2;

    while (n < reason.n && n && (reason.p[n] & 0xc0) == 0x80) /* no character is cut */
        n--;
    if (env_flag(&l->env, "w-close-empty"))
        code = 0;
    ws_close_put(&w, code, span_cut(reason, 0, n));
    if (env_flag(&l->env, "w-close-one-octet"))
        w.n = 1;
    l->facts.sent = code;
    memcpy(where + strlen(where), why, strlen(why) + 1);
    ws_put_frame(l, WS_CLOSE, true, wr_span(&w), where, q);
    if (env_flag(&l->env, "w-data-after-close"))
        ws_put_frame(l, WS_TEXT, true, span_of("late"), "text", q);
}

void ws_send_pong(struct ws_layer *l, struct outq *q)
{
    l->owed = false;
    ws_put_frame(l, WS_PONG, true, (struct span){l->pong, l->n_pong}, "pong/answer", q);
}

void ws_fail(struct ws_layer *l, uint16_t code, const char *why, const struct input *in,
             struct outq *q)
{
    if (l->phase == WS_OPEN)
        ws_send_close(l, code, span_of(why), "fail", q);
    ws_tell_end(l, WS_TOLD_FAILED, CLOSE_PROTOCOL, why, in, q);
    ws_leave(l, l->server, in, q);
}

/* ---- control frames ---- */

static void ping(struct ws_layer *l, struct span data, struct outq *q)
{
    l->n_pong = data.n;
    if (data.n)
        memcpy(l->pong, data.p, data.n);
    l->owed = true;
    if (!l->full)
        ws_send_pong(l, q);
}

/* The code to answer a Close with: its own, but for 1010, which a server does not send (RFC 6455 section 7.4.1) and
 * which a client sends of itself only. */
static uint16_t answer_code(uint16_t code)
{
    return code == WS_NO_CODE ? 0 : code == WS_EXTENSION ? WS_NORMAL : code;
}

static void close_came(struct ws_layer *l, const struct input *in, struct outq *q)
{
    const struct ws_frame *f = &l->frame;

    l->facts.code = f->closes ? f->code : WS_NO_CODE;
    if (f->reason.n)
        memcpy(l->reason, f->reason.p, f->reason.n);
    l->facts.reason = (struct span){l->reason, f->reason.n};
    if (l->phase == WS_OPEN)
        ws_send_close(l, answer_code(l->facts.code), (struct span){0}, "answer", q);
    ws_tell_end(l, WS_TOLD_CLOSED, CLOSE_DONE, NULL, in, q);
    ws_leave(l, l->server, in, q);
}

/* ---- in ---- */

static void deliver(struct ws_layer *l, struct outq *q)
{
    struct span *slice = arena_take(&q->mem, sizeof *slice);
    struct output *o = out_put(q, OUT_DELIVER, LAYER_UPPER);

    if (!slice)
        return; /* mem.full is seen by the driver */
    *slice = arena_copy(&q->mem, wr_span(&l->message));
    o->data = slice;
    o->n_data = 1;
    o->pkt = l->pkt;
    o->pkt.kind = l->reader.opcode;
}

/* What a receiver does not see that has a fault of it. */
static void overlook(struct ws_layer *l)
{
    struct ws_frame *f = &l->frame;

    if (f->masked != l->server &&
        env_flag(&l->env, l->server ? "w-takes-unmasked" : "w-takes-masked"))
        l->reader.from_client = f->masked;
    if ((f->rsv1 || f->rsv2 || f->rsv3) && env_flag(&l->env, "w-takes-rsv"))
        f->rsv1 = f->rsv2 = f->rsv3 = false;
    if (f->opcode > WS_BINARY && f->opcode < WS_CLOSE && env_flag(&l->env, "w-takes-opcode"))
        f->opcode = WS_BINARY;
    if (f->opcode > WS_PONG && env_flag(&l->env, "w-takes-opcode"))
        f->opcode = WS_PONG;
    if (f->opcode == WS_TEXT && env_flag(&l->env, "w-takes-no-utf8"))
        f->opcode = WS_BINARY;
}

static const char *failed_by(uint16_t code, const struct findings *fs, const struct ws_layer *l,
                             struct outq *q)
{
    struct finding large = {
        .what = "a message has more than %u octets", .level = MUST, .arg = {l->reader.limit}};
    struct findings limit = {.v = &large, .n = 1, .cap = 1};

    if (code == WS_TOO_BIG)
        return ws_words(&limit, NULL, q);
    return ws_words(fs, code == WS_NOT_UTF8 ? "a text is no UTF-8" : "a frame is wrong", q);
}

/* Take octets of a frame's head. `used` of them; true: it is whole, and nothing is wrong with it. */
static bool head(struct ws_layer *l, struct span data, size_t *used, const struct input *in,
                 struct outq *q)
{
    struct finding found[4];
    struct findings fs = {.v = found, .cap = COUNT(found)};
    struct span part = span_cut(data, 0, WS_HEAD_MAX - l->n_head);
    uint16_t code = 0;

    memcpy(l->head + l->n_head, part.p, part.n);
    enum step s = ws_head((struct span){l->head, l->n_head + part.n}, &l->frame, &fs);
    *used = s == STEP_ITEM ? l->frame.head - l->n_head : part.n;
    if (s == STEP_MORE) {
        l->n_head += part.n;
        return false;
    }
    l->n_head = 0;
    if (s == STEP_FAIL) {
        code = WS_PROTOCOL_ERROR;
    } else {
        if (env_any(&l->env))
            overlook(l);
        ws_lint(&l->frame, &fs);
        for (size_t i = 0; i < findings_kept(&fs); i++)
            if (level_strict(fs.v[i].level))
                code = WS_PROTOCOL_ERROR;
        if (!code && ws_read_head(&l->reader, &l->frame, &fs) == STEP_FAIL)
            code = l->reader.code;
    }
    if (code)
        ws_fail(l, code, failed_by(code, &fs, l, q), in, q);
    return !code;
}

/* A frame is whole. */
static void frame_came(struct ws_layer *l, enum step s, const struct input *in, struct outq *q)
{
    l->within = false;
    if (l->frame.opcode == WS_PING) {
        ping(l, l->frame.payload, q);
    } else if (l->frame.opcode == WS_CLOSE) {
        close_came(l, in, q);
    } else if (l->frame.opcode < WS_CLOSE && s == STEP_ITEM) {
        if (!l->told)
            deliver(l, q);
        l->message.n = 0;
    }
}

/* Take octets of a frame's payload; returns how many of them. */
static size_t payload(struct ws_layer *l, struct span data, const struct input *in, struct outq *q)
{
    struct finding found[4];
    struct findings fs = {.v = found, .cap = COUNT(found)};
    struct wr control = {l->control, sizeof l->control, l->n_control, false};
    bool data_frame = l->frame.opcode < WS_CLOSE;
    struct span part = span_cut(data, 0, l->reader.left < data.n ? (size_t)l->reader.left : data.n);
    enum step s =
        ws_read_payload(&l->reader, &l->frame, part, data_frame ? &l->message : &control, &fs);

    l->n_control = control.n;
    if (s == STEP_FAIL) {
        if (!data_frame)
            ws_lint(&l->frame, &fs);
        ws_fail(l, l->reader.code, failed_by(l->reader.code, &fs, l, q), in, q);
    } else if (l->reader.left == 0) {
        frame_came(l, s, in, q);
    }
    return part.n;
}

size_t ws_frames(struct ws_layer *l, struct span data, const struct input *in, struct outq *q)
{
    size_t at = 0, began = q->n, used;

    /* each message and each answer is an output, and so is what the user makes of it */
    while ((l->phase == WS_OPEN || l->phase == WS_CLOSING) && q->n - began < WS_BURST) {
        if (l->within) {
            at += payload(l, span_cut(data, at, data.n), in, q);
            if (l->within)
                break;
        } else if (at == data.n) {
            break;
        } else {
            l->within = head(l, span_cut(data, at, data.n), &used, in, q);
            l->n_control = 0;
            at += used;
        }
    }
    return at;
}
