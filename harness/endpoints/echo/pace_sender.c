/* harness/endpoints/echo/pace_sender.c - datagrams on an exact grid of time. */
#include "harness/endpoints/echo/echo.h"

enum { FLOW = 1, INTERVAL_US = 20000, SIZE = 172, REFILL = PACE_BATCH / 2 };
struct sender {
    struct env env;
    struct pace_config c;
    bool open;
    uint64_t begin_us, next; /* the grid's start, and the first datagram that is not given yet */
    uint64_t due_us;
};

static void start(struct sender *s, const struct input *in, struct outq *q)
{
    struct output *o = out_put(q, OUT_OPEN, FLOW);

    if (in->rec)
        s->c = *(const struct pace_config *)in->rec;
    s->c.interval_us = s->c.interval_us ? s->c.interval_us : INTERVAL_US;
    s->c.size = s->c.size ? s->c.size : SIZE;
    s->c.size = s->c.size < PACE_SIZE_MAX ? s->c.size : PACE_SIZE_MAX;
    s->due_us = NO_DEADLINE;
    o->open.stack = "udp";
    o->open.local.family = s->c.to.family;
    o->open.remote = s->c.to;
}

static uint64_t at(const struct sender *s, uint64_t i)
{
    return s->begin_us + i * s->c.interval_us;
}

/* Give the driver a batch; the next one while half of this one is still held back, so that a late
 * timer does not delay any. */
static void fill(struct sender *s, const struct input *in, struct outq *q)
{
    uint64_t held = s->next - (in->now_us - s->begin_us) / s->c.interval_us;
    bool last = false;

    held = held < PACE_BATCH ? held : 0;
    for (uint64_t i = held; i < PACE_BATCH && !last; i++) {
        uint8_t data[PACE_SIZE_MAX] = {0}, head[12];
        put_u32(head, (uint32_t)s->next);
        put_u32(head + 4, (uint32_t)(at(s, s->next) >> 32));
        put_u32(head + 8, (uint32_t)at(s, s->next));
        memcpy(data, head, s->c.size < sizeof head ? s->c.size : sizeof head);
        struct output *o =
            out_send(q, FLOW, (struct span){data, s->c.size}, &(struct pkt){.remote = s->c.to});
        o->not_before_us = at(s, s->next++);
        last = s->c.count && s->next == s->c.count;
    }
    s->due_us = at(s, last ? s->next - 1 : s->next - REFILL);
}

static void timer(struct sender *s, const struct input *in, struct outq *q)
{
    struct echo_event *e;

    if (!s->c.count || s->next < s->c.count) {
        fill(s, in, q);
        return;
    }
    s->due_us = NO_DEADLINE;
    e = echo_report(q, "done", 0, in);
    if (e)
        e->n = s->next;
}

static void input(void *self, const struct input *in, struct outq *q)
{
    struct sender *s = self;
    struct echo_event *e;

    if (in->kind == IN_START) {
        start(s, in, q);
    } else if (in->kind == IN_OPENED) {
        s->begin_us = in->now_us;
        fill(s, in, q);
        echo_report(q, "opened", 0, in);
    } else if (in->kind == IN_TIMER) {
        timer(s, in, q);
    } else if (in->kind == IN_CLOSED) {
        s->due_us = NO_DEADLINE;
        e = echo_report(q, "closed", 0, in);
        if (e)
            e->why = close_name(in->why);
    }
}

static uint64_t deadline(const void *self)
{
    return ((const struct sender *)self)->due_us;
}

const struct endpoint_class pace_sender_class = {
    .name = "pace.sender",
    .size = sizeof(struct sender),
    .config = &pace_config_desc,
    .input = input,
    .deadline = deadline,
};
