/* harness/endpoints/echo/echo_lines.c - the layer "lines": frames with a length of two octets. */
#include "harness/endpoints/echo/echo.h"

enum { HEAD = 2 };
struct lines {
    struct env env;
    bool over; /* nothing more is told above */
    size_t n;  /* octets of the frame that is not whole yet, its length included */
    uint8_t frame[HEAD + LINES_MAX];
};

static void send_frame(struct span part, struct outq *q)
{
    uint8_t *frame = arena_take(&q->mem, HEAD + part.n);
    struct span *slice = arena_take(&q->mem, sizeof *slice);
    struct output *o = out_put(q, OUT_SEND, LAYER_LOWER);

    if (!frame || !slice)
        return; /* mem.full is seen by the driver */
    put_u16(frame, (uint16_t)part.n);
    if (part.n)
        memcpy(frame + HEAD, part.p, part.n);
    *slice = (struct span){frame, HEAD + part.n};
    o->data = slice;
    o->n_data = 1;
}

static void send_frames(const struct input *in, struct outq *q)
{
    size_t at = 0;
    do {
        send_frame(span_cut(in->data, at, at + LINES_MAX), q);
        at += LINES_MAX;
    } while (at < in->data.n);
}

static void deliver(const struct lines *l, const struct input *in, struct outq *q)
{
    struct span *slice = arena_take(&q->mem, sizeof *slice);
    struct output *o = out_put(q, OUT_DELIVER, LAYER_UPPER);

    if (!slice)
        return;
    *slice = arena_copy(&q->mem, (struct span){l->frame + HEAD, l->n - HEAD});
    o->data = slice;
    o->n_data = 1;
    o->pkt = in->pkt;
}

/* Octets that the frame lacks: of its length first, then of the rest. */
static size_t lacking(const struct lines *l)
{
    return l->n < HEAD ? HEAD - l->n : HEAD + get_u16(l->frame) - l->n;
}

static void closed(struct lines *l, struct outq *q, enum close_why why)
{
    if (!l->over)
        out_put(q, OUT_CLOSED, LAYER_UPPER)->why = why;
    l->over = true;
}

static void octets(struct lines *l, const struct input *in, struct outq *q)
{
    for (size_t at = 0; at < in->data.n && !l->over;) {
        struct span part = span_cut(in->data, at, at + lacking(l));
        memcpy(l->frame + l->n, part.p, part.n);
        l->n += part.n;
        at += part.n;
        if (l->n == HEAD && get_u16(l->frame) > LINES_MAX) {
            out_put(q, OUT_CLOSE, LAYER_LOWER)->abort = true;
            closed(l, q, CLOSE_QUOTA);
        } else if (l->n >= HEAD && lacking(l) == 0) {
            deliver(l, in, q);
            l->n = 0;
        }
    }
}

static void input(void *self, const struct input *in, struct outq *q)
{
    struct lines *l = self;

    switch (in->kind) {
    case IN_OPENED:
        out_put(q, OUT_PROVIDE, LAYER_UPPER)->pkt = in->pkt;
        break;
    case IN_BYTES:
        octets(l, in, q);
        break;
    case IN_EOF:
        if (!l->over)
            out_put(q, OUT_EOF, LAYER_UPPER);
        break;
    case IN_CLOSED:
        closed(l, q, in->why);
        break;
    case IN_SEND:
        send_frames(in, q);
        break;
    case IN_SHUTDOWN:
        out_put(q, OUT_SHUTDOWN, LAYER_LOWER);
        break;
    case IN_CLOSE:
        l->over = true;
        out_put(q, OUT_CLOSE, LAYER_LOWER)->abort = in->why == CLOSE_RESET;
        break;
    default:
        break;
    }
}

static const struct desc no_config = {.name = "none"};
const struct endpoint_class echo_lines_class = {
    .name = "echo.lines",
    .size = sizeof(struct lines),
    .config = &no_config,
    .input = input,
    .layer = "lines",
};
