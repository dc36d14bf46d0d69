/* harness/watch/rtp/rtp_watch_content.c - what payload types that the caller named carry: telephone events
 * (RFC 4733) and text (RFC 4103), with redundancy (RFC 2198); and, where the caller knows that payloads are in the
 * clear, what their codecs say of each.
 *
 * Payloads of SRTP are no events and no text, though their types say so: an event is read from a payload of four
 * octets only (SRTP adds a tag), and redundant text is compared where its timestamp names a block that was seen.
 * Events packed together (RFC4733:2.5.1.5) and those inside redundant data are not listed. */
#include "codecs/rtp/rtp_event.h"
#include "codecs/rtp/rtp_formats.h"
#include "codecs/rtp/rtp_red.h"
#include "codecs/rtp/rtp_text.h"
#include "harness/watch/rtp/rtp_watch.h"

static struct rtp_contents *contents(struct rtp_watch *w, struct rtp_stream *t)
{
    if (!t->contents)
        t->contents = rtp_contents_take(w, t);
    return t->contents;
}

/* What the codec of a payload format finds in `part`, a piece of the packet. */
static void tell_format(struct rtp_stream *t, const struct watch_seen *s,
                        const struct rtp_packet *p, struct span part, const struct findings *fs,
                        const struct watch_sink *out)
{
    for (size_t i = 0; i < findings_kept(fs); i++) {
        struct finding f = fs->v[i];
        f.off += part.n ? (uint64_t)(part.p - p->p) : 0;
        rtp_watch_broke(t, RTP_T_FORMAT, out, s, f, 0);
    }
}

/* ---- any format with a codec, where payloads are known to be in the clear ---- */

const struct codec *rtp_watch_inside(const void *self, const void *view, struct span *octets)
{
    const struct rtp_watch *w = self;
    const struct rtp_packet *p = view;

    *octets = p->payload;
    return w->known.clear ? rtp_format_named(w->known.types[p->payload_type].encoding) : NULL;
}

void rtp_watch_format(const struct rtp_watch *w, struct rtp_stream *t, const struct watch_seen *s,
                      const struct rtp_packet *p, const struct watch_sink *out)
{
    struct finding found[4];
    struct findings fs = {found, 0, COUNT(found), NULL, 0};
    _Alignas(16) uint8_t room[RTP_FORMAT_ROOM];
    struct arena mem = arena_of(room, sizeof room);
    const void *view;
    struct span payload;
    const struct codec *c = rtp_watch_inside(w, p, &payload);

    if (!c || s->cut || !s->sound || c->decode(payload, &mem, &view, &fs) != STEP_ITEM || mem.full)
        return;
    if (c->lint)
        c->lint(view, &fs);
    tell_format(t, s, p, payload, &fs, out);
}

/* ---- telephone events ---- */

static void broke_event(struct rtp_stream *t, const struct watch_sink *out,
                        const struct watch_seen *s, const char *clause, const char *what,
                        size_t off, size_t len, uint64_t a, uint64_t b)
{
    rtp_watch_broke(
        t, RTP_T_EVENT, out, s,
        (struct finding){
            .clause = clause, .what = what, .level = MUST, .off = off, .len = len, .arg = {a, b}},
        t->contents->now.frame);
}

/* A further report of the event, later in sequence than the one that is remembered. */
static void update_event(struct rtp_stream *t, const struct watch_seen *s,
                         const struct rtp_packet *p, const struct rtp_event *e,
                         const struct watch_sink *out)
{
    struct rtp_event_now *n = &t->contents->now;
    size_t at = rtp_header_size(p);

    if (!s->sound)
        return;
    if (e->duration < n->duration)
        broke_event(t, out, s, "RFC4733:2.5.1.2#3",
                    "the duration of an event shrinks from %u to %u units", at + 2, 2, n->duration,
                    e->duration);
    if (p->marker)
        broke_event(t, out, s, "RFC4733:2.5.1.2#6",
                    "the marker bit is set in a later packet of an event", 1, 1, 0, 0);
    if (n->end && !e->end)
        broke_event(t, out, s, "RFC4733:2.5.1.4#6", "the E bit is cleared again within an event",
                    at + 1, 1, 0, 0);
}

/* Fold a report into the list. */
static void note_event(struct rtp_stream *t, const struct rtp_event *e)
{
    struct rtp_contents *c = t->contents;
    struct rtp_event_now *n = &c->now;

    if (e->end && !n->end) {
        n->end = true;
        c->open--;
    }
    if (e->duration > n->duration)
        n->duration = e->duration;
    if (n->at >= RTP_DIGITS)
        return;
    struct rtp_digit *d = &c->digits[n->at];
    d->duration = n->before + n->duration;
    d->duration_ms = t->type && t->type->clock_rate
                         ? (uint32_t)(d->duration * 1000ull / t->type->clock_rate)
                         : 0;
    d->volume = e->volume;
    d->end = n->end;
    d->packets++;
}

static void begin_event(struct rtp_stream *t, const struct watch_seen *s,
                        const struct rtp_packet *p, const struct rtp_event *e,
                        const struct watch_sink *out)
{
    struct rtp_contents *c = t->contents;
    struct rtp_event_now *n = &c->now;
    bool segment = n->used && !n->end && n->event == e->event && n->duration == UINT16_MAX &&
                   p->timestamp == n->timestamp + UINT16_MAX; /* RFC4733:2.5.1.3#2 */

    if (segment) {
        n->before += UINT16_MAX;
        n->timestamp = p->timestamp;
        n->duration = 0;
        return;
    }
    *n = (struct rtp_event_now){
        .used = true, .event = e->event, .timestamp = p->timestamp, .at = (size_t)c->n_digits++};
    c->open++;
    watch_tell(out, RTP_F_DIGITS, 1, s, 0);
    if (n->at < RTP_DIGITS)
        c->digits[n->at] = (struct rtp_digit){
            .start_us = s->now_us, .timestamp = p->timestamp, .frame = s->frame, .event = e->event};
}

static void event_format(struct rtp_stream *t, const struct watch_seen *s,
                         const struct rtp_packet *p, const struct watch_sink *out)
{
    struct finding found[2];
    struct findings fs = {found, 0, COUNT(found), NULL, 0};
    const struct rtp_events one = {.wire = p->payload, .events = p->payload};

    rtp_event_lint(&one, &fs);
    tell_format(t, s, p, p->payload, &fs, out);
}

void rtp_watch_event(struct rtp_watch *w, struct rtp_stream *t, const struct watch_seen *s,
                     const struct rtp_packet *p, const struct watch_sink *out)
{
    struct rtp_contents *c = contents(w, t);
    struct rd r = rd_of(p->payload);
    struct rtp_event e;

    if (!c || s->cut || p->payload.n != RTP_EVENT_SIZE || !rtp_next_event(&r, &e))
        return;
    if (s->sound)
        event_format(t, s, p, out);
    struct rtp_event_now *n = &c->now;
    bool same = n->used && n->event == e.event && n->timestamp == p->timestamp;
    int ahead = rtp_sequence_diff(p->sequence, n->seq);
    if (n->used && ahead <= 0) { /* late, or again: it says nothing new of the order */
        if (same)
            note_event(t, &e);
        return;
    }
    if (same)
        update_event(t, s, p, &e, out);
    else
        begin_event(t, s, p, &e, out);
    n->seq = p->sequence;
    n->frame = s->frame;
    note_event(t, &e);
}

/* ---- text ---- */

static void put_text(struct rtp_contents *c, struct span text)
{
    if (text.n > RTP_TEXT)
        text = span_cut(text, text.n - RTP_TEXT, text.n);
    if (c->n_text + text.n > sizeof c->text) {
        size_t keep = RTP_TEXT < c->n_text ? RTP_TEXT : c->n_text;
        memmove(c->text, c->text + c->n_text - keep, keep);
        c->n_text = keep;
    }
    if (text.n)
        memcpy(c->text + c->n_text, text.p, text.n);
    c->n_text += text.n;
    c->text_octets += text.n;
}

/* Redundant data has to be what went before as primary: RFC4103:4.2#1. Which block it was, its timestamp says,
 * since no two in sequence have the same (RFC4103:3.5#2). */
static void compare(struct rtp_stream *t, const struct watch_seen *s, const struct rtp_packet *p,
                    const struct rtp_red_block *b, const struct watch_sink *out)
{
    const struct rtp_contents *c = t->contents;
    uint32_t timestamp = rtp_red_timestamp(p->timestamp, b);

    for (size_t i = 0; i < RTP_PRIMARIES; i++) {
        const struct rtp_primary *q = &c->primaries[i];
        if (!q->used || q->timestamp != timestamp ||
            (q->n == b->data.n && q->hash == fnv32(FNV_START, b->data)))
            continue;
        rtp_watch_broke(
            t, RTP_T_TEXT, out, s,
            (struct finding){.clause = "RFC4103:4.2#1",
                             .what = "redundant text of %u octets is not what was sent before",
                             .level = MUST,
                             .off = (uint64_t)(b->data.p - p->p),
                             .len = b->data.n,
                             .arg = {b->data.n}},
            q->frame);
        return;
    }
}

/* What lies between the last text and this packet: from redundancy, or marked. */
static void fill(struct rtp_stream *t, const struct watch_seen *s, const struct rtp_red *red,
                 unsigned missing, const struct watch_sink *out)
{
    static const struct span mark = SPAN("\xef\xbf\xbd");
    struct rtp_contents *c = t->contents;

    for (unsigned back = missing; back; back--) {
        if (back <= red->n_blocks) {
            put_text(c, red->blocks[red->n_blocks - back].data);
            c->text_recovered++;
            continue;
        }
        if (missing - back >= RTP_BLOCKS)
            continue; /* counted, marked often enough */
        put_text(c, mark);
    }
    uint64_t lost = missing > red->n_blocks ? missing - red->n_blocks : 0;
    c->text_missing += lost;
    if (lost)
        watch_tell(out, RTP_F_TEXT_MISSING, lost, s, t->last_frame);
}

/* What one block of text shows. Without redundancy nothing says that it is not encrypted. */
static void text_format(struct rtp_stream *t, const struct watch_seen *s,
                        const struct rtp_packet *p, const struct rtp_red *red,
                        const struct watch_sink *out)
{
    struct finding found[2];
    struct findings fs = {found, 0, COUNT(found), NULL, 0};
    struct rtp_text text;

    if (red->n_blocks == 0)
        return;
    rtp_text_decode(red->primary, &text, &fs);
    tell_format(t, s, p, red->primary, &fs, out);
}

/* Consecutive packets of text have different timestamps, whatever the network does. */
static void timestamps(struct rtp_stream *t, const struct watch_seen *s, const struct rtp_packet *p,
                       const struct watch_sink *out)
{
    const struct rtp_contents *c = t->contents;

    if (!c->text_begun || p->sequence != (uint16_t)(c->text_seq + 1) ||
        p->timestamp != c->text_timestamp)
        return;
    rtp_watch_broke(
        t, RTP_T_TEXT, out, s,
        (struct finding){.clause = "RFC4103:3.5#2",
                         .what = "two packets of text in sequence have the timestamp %u",
                         .level = MUST,
                         .off = 4,
                         .len = 4,
                         .arg = {p->timestamp}},
        c->text_frame);
}

/* The blocks of a packet; false: it is no text. */
static bool read_text(const struct rtp_watch *w, const struct rtp_stream *t,
                      const struct rtp_packet *p, struct rtp_red *red, struct rtp_red_block *blocks)
{
    struct findings none = {0};

    *red = (struct rtp_red){.has_primary = true, .primary = p->payload};
    if (t->content == RTP_C_TEXT)
        return true;
    if (rtp_red_decode(p->payload, red, blocks, RTP_BLOCKS, &none) != STEP_ITEM ||
        !red->has_primary || red->truncated || red->payload_type != w->text_type)
        return false;
    for (size_t i = 0; i < red->n_blocks; i++)
        if (blocks[i].payload_type != w->text_type)
            return false;
    return true;
}

void rtp_watch_text(struct rtp_watch *w, struct rtp_stream *t, const struct watch_seen *s,
                    const struct rtp_packet *p, const struct watch_sink *out)
{
    struct rtp_contents *c = contents(w, t);
    struct rtp_red_block blocks[RTP_BLOCKS];
    struct rtp_red red;

    if (!c || s->cut || !s->sound || !read_text(w, t, p, &red, blocks))
        return;
    timestamps(t, s, p, out);
    text_format(t, s, p, &red, out);
    int ahead = c->text_begun ? rtp_sequence_diff(p->sequence, c->text_seq) : 1;
    if (ahead <= 0)
        return; /* late or again: redundancy gave it back already, or it is marked */
    for (size_t i = 0; i < red.n_blocks; i++)
        compare(t, s, p, &blocks[i], out);
    if (ahead > 1)
        fill(t, s, &red, (unsigned)ahead - 1, out);
    put_text(c, red.primary);
    c->primaries[c->n_primaries++ % RTP_PRIMARIES] = (struct rtp_primary){
        true, p->timestamp, fnv32(FNV_START, red.primary), s->frame, red.primary.n};
    c->text_begun = true;
    c->text_seq = p->sequence;
    c->text_timestamp = p->timestamp;
    c->text_frame = s->frame;
}
