/* harness/endpoints/stun/stun_server_flood.c - a server's streams when there are too many of them, or too slow
 * ones. Over datagrams it keeps no state at all: nonces are made anew from what they hold. */
#include "harness/endpoints/stun/stun_server.h"

static const uint64_t half_default_us = 30000000;

static bool gives_way(const struct stun_server *s, const struct stun_stream *st)
{
    if (s->c.auth == STUN_AUTH_NONE) /* whoever was served is as good as anybody: RFC8489:6.2.2#6 */
        return st->rank == STUN_NEW;
    return st->rank != STUN_KNOWN;
}

/* The one that gives way: of the lowest rank the oldest, of one source where that has its quota. */
static struct stun_stream *weakest(struct stun_server *s, bool one_source, uint64_t source)
{
    struct stun_stream *worst = NULL;

    for (struct stun_stream *st = pool_next(&s->streams, NULL); st;
         st = pool_next(&s->streams, st)) {
        if (!gives_way(s, st) || (one_source && pool_source(&st->remote) != source))
            continue;
        if (!worst || st->rank < worst->rank ||
            (st->rank == worst->rank && st->since_us < worst->since_us))
            worst = st;
    }
    return worst;
}

static void refuse(const struct input *in, flow_id flow, enum pool_why why, struct outq *q)
{
    struct input about = *in;

    about.flow = flow;
    out_put(q, OUT_CLOSE, flow)->abort = true;
    struct stun_event *e = stun_report(q, "refused", 0, STUN_R_FAILED, &about, (struct span){0});
    if (e)
        e->why = pool_why_name(why);
}

struct stun_stream *flood_accept(struct stun_server *s, const struct input *in, struct outq *q)
{
    uint64_t source = pool_source(&in->pkt.remote);
    enum pool_why why;
    struct stun_stream *st = pool_take(&s->streams, source, &why);

    if (!st && (why == POOL_FULL || why == POOL_QUOTA)) {
        struct stun_stream *old = weakest(s, why == POOL_QUOTA, source);
        if (old) {
            refuse(in, old->flow, why, q);
            flood_forget(s, old);
            st = pool_take(&s->streams, source, &why);
        }
    }
    if (!st) {
        refuse(in, in->flow, why, q);
        return NULL;
    }
    st->used = true;
    st->channels = s->c.channels;
    st->flow = in->flow;
    st->since_us = in->now_us;
    st->begun_us = NO_DEADLINE;
    st->remote = in->pkt.remote;
    st->local = in->pkt.local;
    if (s->c.manual)
        stun_report(q, "accepted", 0, STUN_R_OPENED, in, (struct span){0});
    return st;
}

void flood_served(struct stun_stream *st, bool known)
{
    enum stun_rank rank = known ? STUN_KNOWN : STUN_SERVED;
    if (st && st->rank < rank)
        st->rank = (uint8_t)rank;
}

static uint64_t limit_us(const struct stun_server *s)
{
    return s->c.half_us ? s->c.half_us : half_default_us;
}

static void settle(struct stun_server *s)
{
    s->due_us = NO_DEADLINE;
    for (struct stun_stream *st = pool_next(&s->streams, NULL); st; st = pool_next(&s->streams, st))
        if (st->begun_us != NO_DEADLINE && st->begun_us + limit_us(s) < s->due_us)
            s->due_us = st->begun_us + limit_us(s);
}

void flood_waits(struct stun_server *s, struct stun_stream *st, bool whole, uint64_t now_us)
{
    uint64_t was = st->begun_us;

    if (!st->n)
        st->begun_us = NO_DEADLINE;
    else if (whole || was == NO_DEADLINE)
        st->begun_us = now_us;
    if (st->begun_us != was)
        settle(s);
}

void flood_unkept(struct stun_server *s, flow_id flow)
{
    for (size_t i = 0; s->c.manual && i < STUN_KEPT; i++)
        if (s->kept[i].flow == flow)
            s->kept[i].id = 0;
}

void flood_forget(struct stun_server *s, struct stun_stream *st)
{
    if (!st || !st->used)
        return;
    bool waited = st->begun_us != NO_DEADLINE;
    flood_unkept(s, st->flow);
    st->used = false;
    pool_give(&s->streams, st);
    if (waited)
        settle(s);
}

/* A message that has been on its way for so long does not come: the connection has timed out, as
 * RFC8489:6.2.2#6 has it. */
void flood_timer(struct stun_server *s, const struct input *in, struct outq *q)
{
    for (struct stun_stream *st = pool_next(&s->streams, NULL); st; st = pool_next(&s->streams, st))
        if (st->begun_us != NO_DEADLINE && in->now_us >= st->begun_us + limit_us(s)) {
            out_put(q, OUT_CLOSE, st->flow);
            flood_unkept(s, st->flow);
            st->used = false;
            pool_give(&s->streams, st);
        }
    settle(s);
}
