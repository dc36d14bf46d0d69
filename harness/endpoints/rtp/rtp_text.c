/* harness/endpoints/rtp/rtp_text.c - real-time text, sent with redundancy and put together again: RFC 4103
 * sections 4 and 5, RFC 2198. */
#include "harness/endpoints/rtp/rtp_session.h"

enum { MARKS_MAX = 32 }; /* U+FFFD that stand for one gap, however long */
static const uint8_t missing[] = {0xef, 0xbf, 0xbd}; /* T140_MISSING */

/* ---- sending ---- */

/* How many octets of the buffer fit into one block and end with a character: RFC4103:3.3#1. */
static size_t block_size(const struct rtp_session *s)
{
    const struct rtp_text_out *t = &s->text;
    size_t n = t->n < RTP_TEXT_BLOCK ? t->n : RTP_TEXT_BLOCK;

    if (session_flag(s, "text-character-split") && n > 1 && t->buf[n - 1] & 0x80)
        return n - 1;
    while (n && n < t->n && (t->buf[n] & 0xc0) == 0x80)
        n--;
    return n ? n : (t->n < RTP_TEXT_BLOCK ? t->n : RTP_TEXT_BLOCK);
}

/* The payload: redundant generations that are young enough, the oldest first, then `primary`. */
static void put_red(struct rtp_session *s, struct wr *w, uint32_t timestamp, struct span primary)
{
    struct rtp_text_out *t = &s->text;
    struct rtp_red_block blocks[RTP_GENERATIONS];
    size_t n = 0;

    while (n < t->n_old && n < s->c.generations &&
           timestamp - t->old[n].timestamp <= RTP_RED_OFFSET_MAX)
        n++;
    for (size_t i = 0; i < n; i++) {
        const struct rtp_text_block *b = &t->old[n - 1 - i];
        blocks[i] = (struct rtp_red_block){.payload_type = (uint8_t)s->c.text_type,
                                           .offset = (uint16_t)(timestamp - b->timestamp),
                                           .length = b->n,
                                           .data = {b->p, b->n}};
    }
    rtp_red_put(w, blocks, n, (uint8_t)s->c.text_type, primary);
}

/* Through a draft, so that deviations can change it. */
static void deviate(struct rtp_session *s, const char *where, struct wr *w)
{
    struct arena mem = arena_of(s->scratch, sizeof s->scratch);
    struct findings none = {0};
    const void *view = NULL;
    struct draft dr;

    if (rtp_red_codec.decode(wr_span(w), &mem, &view, &none) != STEP_ITEM || !view)
        return;
    draft_of(&dr, rtp_red_codec.view, view, &mem);
    if (env_apply(&s->env, where, &dr).edits == 0)
        return;
    uint8_t *again = arena_take(&mem, w->cap);
    struct wr out = {again, w->cap, 0, false};
    if (!again)
        return;
    rtp_red_codec.encode(&out, &dr);
    if (out.full || mem.full)
        return;
    memcpy(w->p, out.p, out.n);
    w->n = out.n;
}

static void remember(struct rtp_text_out *t, uint32_t timestamp, struct span text)
{
    memmove(&t->old[1], &t->old[0], (RTP_GENERATIONS - 1) * sizeof t->old[0]);
    t->old[0].timestamp = timestamp;
    t->old[0].n = (uint16_t)text.n;
    if (text.n)
        memcpy(t->old[0].p, text.p, text.n);
    t->n_old += t->n_old < RTP_GENERATIONS;
}

static void send_block(struct rtp_session *s, const struct rtp_in *x, bool marker)
{
    struct rtp_text_out *t = &s->text;
    uint8_t octets[RTP_PAYLOAD_MAX];
    struct wr w = {octets, sizeof octets, 0, false};
    uint32_t timestamp = stream_ts(&s->out, x->now_us);
    struct span text = {t->buf, block_size(s)};
    const char *where = marker ? "rtp/text/first" : text.n ? "rtp/text/next" : "rtp/text/empty";

    if (s->c.no_redundancy) {
        wr_put(&w, text);
    } else {
        put_red(s, &w, timestamp, text);
        deviate(s,
                marker   ? "payload/text/first"
                : text.n ? "payload/text/next"
                         : "payload/text/empty",
                &w);
    }
    session_put(s, x, where, (uint8_t)(s->c.no_redundancy ? s->c.text_type : s->c.red_type), marker,
                timestamp, wr_span(&w));
    remember(t, timestamp, text);
    t->idle = text.n ? 0 : t->idle + 1;
    t->n -= text.n;
    memmove(t->buf, t->buf + text.n, t->n);
    t->due_us = x->now_us + env_timer(&s->env, "timer/text", s->c.text_us);
}

const char *session_text(struct rtp_session *s, const struct rtp_in *x, struct span text)
{
    struct rtp_text_out *t = &s->text;

    if (!s->c.text_only)
        return "the stream is no text: it is to be started with text_only";
    if (s->to.family == 0)
        return "nobody said where to";
    if (!span_utf8(text))
        return "the text is not UTF-8";
    if (text.n > sizeof t->buf - t->n)
        return "more than 1024 octets wait to be sent";
    if (text.n)
        memcpy(t->buf + t->n, text.p, text.n);
    t->n += text.n;
    if (t->n && t->due_us == NO_DEADLINE) /* after an idle period at once: 5.1#3 */
        send_block(s, x, true);
    return NULL;
}

void session_text_timer(struct rtp_session *s, const struct rtp_in *x)
{
    struct rtp_text_out *t = &s->text;
    size_t flush = s->c.no_redundancy ? 1 : s->c.generations; /* empty blocks: 5.2#1 */

    if (t->n || t->idle < (flush ? flush : 1))
        send_block(s, x, false);
    else
        t->due_us = NO_DEADLINE;
}

/* ---- receiving ---- */

struct rtp_generation *rtp_blocks(struct arena *mem, struct span payload, size_t *n)
{
    struct findings none = {0};
    const void *view = NULL;
    const struct rtp_red *r;
    struct rtp_generation *v;

    *n = 0;
    if (rtp_red_codec.decode(payload, mem, &view, &none) != STEP_ITEM || !view)
        return NULL;
    r = view;
    v = arena_take(mem, (r->n_blocks + 1) * sizeof *v);
    if (!v || !r->has_primary)
        return NULL;
    for (size_t i = 0; i < r->n_blocks; i++)
        v[(*n)++] = (struct rtp_generation){r->blocks[i].payload_type, r->blocks[i].offset,
                                            r->blocks[i].data};
    v[(*n)++] = (struct rtp_generation){r->payload_type, 0, r->primary};
    return v;
}

struct heard { /* what one packet brings to the reader */
    struct wr text;
    uint32_t lost;
};

static void hear(struct rtp_text_in *t, struct heard *h, struct span text)
{
    wr_put(&h->text, text);
    text = span_cut(text, 0, sizeof t->text - t->n);
    if (text.n)
        memcpy(t->text + t->n, text.p, text.n);
    t->n += text.n;
}

/* Play what packet `i` has, with the `gap` numbers in front of it that did not come. */
static void play(struct rtp_session *s, size_t i, size_t gap, struct heard *h)
{
    struct rtp_text_in *t = &s->text_in;
    struct arena mem = arena_of(s->scratch, sizeof s->scratch);
    struct span payload = {t->held[i].p, t->held[i].n};
    struct rtp_generation *v = NULL, one = {0, 0, payload};
    size_t n = 1;

    if (t->held[i].red)
        v = rtp_blocks(&mem, payload, &n);
    else
        v = &one;
    for (size_t k = gap; v && n && k > 0; k--)
        if (k < n)
            hear(t, h, v[n - 1 - k].data);
    if (v && n)
        hear(t, h, v[n - 1].data);
    t->next = (uint16_t)(t->held[i].sequence + 1);
    t->held[i].used = false;
}

/* The redundant generations that the headers of a payload tell of. */
static size_t generations_of(struct span payload)
{
    struct rd r = rd_of(payload);
    uint8_t head;
    size_t n = 0;

    for (; rd_u8(&r, &head) && head & 0x80; n++)
        r.pos += rd_left(&r) >= 3 ? 3 : rd_left(&r);
    return n;
}

/* How many numbers in front of a packet it makes up for: generations that it leaves out are empty: 5.3#5. */
static size_t covers(const struct rtp_text_in *t, size_t i)
{
    size_t n = t->held[i].red ? generations_of((struct span){t->held[i].p, t->held[i].n}) : 0;
    return t->held[i].red && n < t->level ? t->level : n;
}

/* Play all that can be played; `force`: what is still missing is given up, once. */
static void drain(struct rtp_session *s, const struct rtp_in *x, bool force, struct heard *h)
{
    struct rtp_text_in *t = &s->text_in;

    for (;;) {
        size_t best = RTP_TEXT_HELD;
        for (size_t i = 0; i < RTP_TEXT_HELD; i++)
            if (t->held[i].used &&
                (best == RTP_TEXT_HELD ||
                 rtp_sequence_diff(t->held[i].sequence, t->held[best].sequence) < 0))
                best = i;
        if (best == RTP_TEXT_HELD) {
            t->wait_us = NO_DEADLINE;
            return;
        }
        size_t gap = (uint16_t)(t->held[best].sequence - t->next);
        size_t covered = gap && session_flag(s, "redundancy-unused") ? 0 : covers(t, best);
        if (gap > covered && !force) {
            if (t->wait_us == NO_DEADLINE)
                t->wait_us = x->now_us + RTP_TEXT_WAIT_US; /* 5.4#3 */
            return;
        }
        if (gap > covered) {
            h->lost += (uint32_t)(gap - covered);
            for (size_t k = 0;
                 k < gap - covered && k < MARKS_MAX && !session_flag(s, "loss-not-marked"); k++)
                hear(t, h, (struct span){missing, sizeof missing});
            gap = covered;
            force = false;
        }
        t->wait_us = NO_DEADLINE;
        play(s, best, gap, h);
    }
}

static void tell(struct rtp_session *s, const struct rtp_in *x, const struct heard *h)
{
    if ((h->text.n == 0 && h->lost == 0) || (s->role == RTP_ROLE_SESSION && s->c.manual))
        return;
    struct rtp_notice *e = session_event(x, "text", 0, RTP_K_TEXT);
    if (!e)
        return;
    e->ssrc = s->text_in.ssrc;
    e->lost = h->lost;
    e->data = arena_copy(&x->q->mem, wr_span(&h->text));
    x->q->full |= x->q->mem.full;
}

static void hold(struct rtp_text_in *t, const struct rtp_packet *r, bool red)
{
    for (size_t i = 0; i < RTP_TEXT_HELD; i++) {
        if (t->held[i].used)
            continue;
        t->held[i].used = true;
        t->held[i].red = red;
        t->held[i].sequence = r->sequence;
        t->held[i].n = (uint16_t)r->payload.n;
        if (r->payload.n)
            memcpy(t->held[i].p, r->payload.p, r->payload.n);
        return;
    }
}

void session_text_in(struct rtp_session *s, const struct rtp_in *x, const struct rtp_packet *r)
{
    struct rtp_text_in *t = &s->text_in;
    uint8_t text[RTP_TEXT_HELD * RTP_TEXT_PACKET];
    struct heard h = {{text, sizeof text, 0, false}, 0};
    bool red = r->payload_type == s->c.red_type, room = false;
    size_t n = red ? generations_of(r->payload) : 0;

    if (r->payload.n > RTP_TEXT_PACKET)
        return;
    if (!t->begun || t->ssrc != r->ssrc ||
        rtp_sequence_diff(r->sequence, t->next) > RTP_MAX_DROPOUT) {
        memset(t->held, 0, sizeof t->held);
        t->begun = true;
        t->ssrc = r->ssrc;
        t->wait_us = NO_DEADLINE;
        t->level = 0;
        t->next =
            (uint16_t)(r->sequence - (r->marker ? 0 : n)); /* what it repeats was not heard yet */
    }
    if (rtp_sequence_diff(r->sequence, t->next) < 0)
        return; /* late, or doubled */
    if (n == t->before)
        t->level = n; /* 5.3#6 */
    t->before = n;
    for (size_t i = 0; i < RTP_TEXT_HELD; i++)
        room |= !t->held[i].used;
    if (!room)
        drain(s, x, true, &h);
    if (rtp_sequence_diff(r->sequence, t->next) >= 0)
        hold(t, r, red);
    drain(s, x, false, &h);
    tell(s, x, &h);
}

void session_text_wait(struct rtp_session *s, const struct rtp_in *x)
{
    uint8_t text[RTP_TEXT_HELD * RTP_TEXT_PACKET];
    struct heard h = {{text, sizeof text, 0, false}, 0};

    drain(s, x, true, &h);
    tell(s, x, &h);
}
