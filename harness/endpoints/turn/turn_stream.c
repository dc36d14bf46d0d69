/* harness/endpoints/turn/turn_stream.c - clients over streams: framing of RFC 8489 section 6.2.2 and RFC 8656 section
 * 12.5, and who gives way where there are too many, or too slow ones. */
#include "harness/endpoints/turn/turn_server.h"

static const uint64_t half_default_us = 30000000;

/* ---- room ---- */

/* The oldest that has not authenticated, of one source where that has its quota; NULL: none. */
static struct turn_stream *weakest(struct turn_server *s, bool one_source, uint64_t source)
{
    struct turn_stream *worst = NULL;

    for (struct turn_stream *st = pool_next(&s->streams, NULL); st;
         st = pool_next(&s->streams, st)) {
        if (st->known || (one_source && pool_source(&st->remote) != source))
            continue;
        if (!worst || st->since_us < worst->since_us)
            worst = st;
    }
    return worst;
}

static void refuse(const struct input *in, flow_id flow, enum pool_why why, struct outq *q)
{
    struct input about = *in;

    about.flow = flow;
    struct stun_event *e = stun_report(q, "refused", 0, STUN_R_FAILED, &about, (struct span){0});
    if (e)
        e->why = pool_why_name(why);
}

void turn_accept(struct turn_server *s, const struct input *in, struct outq *q)
{
    uint64_t source = pool_source(&in->pkt.remote);
    enum pool_why why;

    if (s->streams.used >= 100 && turn_flag(s, "half-open-kills"))
        return;
    struct turn_stream *st = pool_take(&s->streams, source, &why), *old;

    if (!st && why != POOL_INJECTED && (old = weakest(s, why == POOL_QUOTA, source)) != NULL) {
        refuse(in, old->flow, why, q);
        out_put(q, OUT_CLOSE, old->flow)->abort = true;
        turn_stream_end(s, old, false, in->now_us, q);
        st = pool_take(&s->streams, source, &why);
    }
    if (!st) {
        refuse(in, in->flow, why, q);
        out_put(q, OUT_CLOSE, in->flow)->abort = true;
        return;
    }
    size_t i = (size_t)((uint8_t *)st - s->streams.items) / s->streams.step;
    *st = (struct turn_stream){.flow = in->flow,
                               .since_us = in->now_us,
                               .begun_us = NO_DEADLINE,
                               .remote = in->pkt.remote,
                               .local = in->pkt.local,
                               .buf = s->windows[i]};
    turn_stream_add(s, st);
}

static uint64_t limit_us(const struct turn_server *s)
{
    if (turn_flag(s, "idle-closed"))
        return 60000000;
    return s->c.half_us ? s->c.half_us : half_default_us;
}

static void settle(struct turn_server *s)
{
    s->streams_us = NO_DEADLINE;
    for (struct turn_stream *st = pool_next(&s->streams, NULL); st; st = pool_next(&s->streams, st))
        if (st->begun_us != NO_DEADLINE && st->begun_us + limit_us(s) < s->streams_us)
            s->streams_us = st->begun_us + limit_us(s);
}

void turn_stream_end(struct turn_server *s, struct turn_stream *st, bool close, uint64_t now_us,
                     struct outq *q)
{
    if (!st)
        return;
    bool waited = st->begun_us != NO_DEADLINE;
    if (st->alloc && turn_flag(s, "tuple-by-user"))
        st->alloc->stream = NULL;
    else if (st->alloc)
        turn_free(s, st->alloc, "closed", now_us, q);
    if (close)
        out_put(q, OUT_CLOSE, st->flow);
    turn_stream_drop(s, st);
    st->flow = 0;
    pool_give(&s->streams, st);
    if (waited)
        settle(s);
}

void turn_stream_backlog(struct turn_server *s, const struct input *in, struct outq *q)
{
    struct turn_stream *st = turn_stream_find(s, in->flow);

    if (!st || st->full == (in->kind == IN_FULL))
        return;
    st->full = in->kind == IN_FULL;
    out_put(q, st->full ? OUT_PAUSE : OUT_RESUME, st->flow);
}

/* A message that has been on its way for so long does not come: RFC8489:6.2.2#6. */
void turn_streams_expire(struct turn_server *s, uint64_t now_us, struct outq *q)
{
    if (now_us < s->streams_us)
        return;
    for (struct turn_stream *st = pool_next(&s->streams, NULL); st; st = pool_next(&s->streams, st))
        if (st->begun_us != NO_DEADLINE && now_us >= st->begun_us + limit_us(s)) {
            st->begun_us = NO_DEADLINE;
            turn_stream_end(s, st, true, now_us, q);
        }
    settle(s);
}

/* ---- framing ---- */

/* As if there were no padding on streams; of a datagram all would be taken. */
static enum step unpadded(const struct stun_channel *c, size_t *used)
{
    *used = 4u + c->length;
    return STEP_ITEM;
}

/* The message at the front: RFC8656:12#a4, STUN or ChannelData. */
static enum step next(const struct turn_server *s, struct span in, size_t *used)
{
    struct findings none = {0};
    struct stun_channel c;

    if (in.n && turn_is_channel(s, in.p[0]) && turn_flag(s, "padding-not-skipped"))
        return turn_channel_next(s, in, false, &c, used) == STEP_ITEM ? unpadded(&c, used)
                                                                      : STEP_MORE;
    if (in.n && turn_is_channel(s, in.p[0]))
        return turn_channel_next(s, in, true, &c, used);
    return stun_next(in, used, &none);
}

/* All whole messages of `data`; the stream may end meanwhile. Returns the octets taken; *lost: framing is. */
static size_t take(struct turn_server *s, struct turn_stream *st, const struct input *in,
                   struct span data, bool *lost, struct outq *q)
{
    flow_id flow = st->flow;
    size_t at = 0, used;
    enum step got = STEP_ITEM;

    while (at < data.n && st->flow == flow &&
           (got = next(s, span_cut(data, at, data.n), &used)) == STEP_ITEM) {
        turn_message(s, in, st, span_cut(data, at, at + used), q);
        at += used;
    }
    *lost = got == STEP_FAIL;
    return at;
}

/* What is in the window and what came, until all is taken or the window holds the rest. */
static bool feed(struct turn_server *s, struct turn_stream *st, const struct input *in,
                 struct outq *q)
{
    flow_id flow = st->flow;
    struct span data = in->data;
    bool lost = false;

    while (data.n && st->flow == flow && !lost) {
        if (!st->n) { /* as a rule: nothing is copied but half a message at the end */
            data = span_cut(data, take(s, st, in, data, &lost, q), data.n);
            if (lost || st->flow != flow || data.n > STUN_MAX)
                continue;
            memcpy(st->buf, data.p, data.n);
            st->n = data.n;
            break;
        }
        struct span part = span_cut(data, 0, STUN_MAX - st->n);
        memcpy(st->buf + st->n, part.p, part.n);
        st->n += part.n;
        data = span_cut(data, part.n, data.n);
        size_t done = take(s, st, in, (struct span){st->buf, st->n}, &lost, q);
        memmove(st->buf, st->buf + done, st->n - done);
        st->n -= done;
    }
    return !lost;
}

void turn_stream_bytes(struct turn_server *s, const struct input *in, struct outq *q)
{
    struct turn_stream *st = turn_stream_find(s, in->flow);
    struct input with = *in;

    if (!st)
        return; /* it was refused */
    with.pkt.remote = st->remote;
    with.pkt.local = st->local;
    if (turn_flag(s, "a-message-a-segment")) {
        turn_message(s, &with, st, in->data, q);
        return;
    }
    size_t before = st->n;
    if (!feed(s, st, &with, q)) {
        turn_stream_end(s, st, true, in->now_us, q);
        return;
    }
    if (st->flow != in->flow)
        return;
    if (st->n >= 4 && turn_is_channel(s, st->buf[0]) && get_u16(st->buf + 2) >= 0xff00 &&
        turn_flag(s, "long-channeldata-kills"))
        out_put(q, OUT_CLOSE, TURN_FLOW_TCP);
    uint64_t was = st->begun_us;
    if (turn_flag(s, "idle-closed"))
        st->begun_us = in->now_us;
    else if (!st->n)
        st->begun_us = NO_DEADLINE;
    else if (was == NO_DEADLINE || st->n != before + in->data.n)
        st->begun_us = in->now_us;
    if (st->begun_us != was)
        settle(s);
}
