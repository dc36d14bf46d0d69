/* harness/replay/engine_stream.c - octets in order to messages: which protocol a stream carries, and where each of its
 * messages begins and ends.
 *
 * A direction whose first octets were seen begins with a message. One that is seen from its middle, or has a gap, is
 * passed over until a run of octets (a segment, or a record of TLS) begins as a message does. */
#include <stdlib.h>
#include "harness/replay/engine_impl.h"

enum {
    LOST_MAX = 8, /* times that it is told of a direction that framing was lost */
    BROKEN = 4,   /* findings about one such place */
};

/* ---- octets that wait ---- */

static void forget_all(struct conn *c, struct backlog *b)
{
    c->p->streams.held -= b->cap;
    backlog_free(b);
}

static void forget(struct conn *c, struct half *h)
{
    forget_all(c, &h->held);
}

/* What messages carry does not go on either. */
static void forget_above(struct conn *c, struct half *h)
{
    forget_all(c, &h->above);
    h->memo = (struct codec_memo){{0, 0}};
}

void engine_stream_clear(struct conn *c)
{
    for (unsigned side = 0; side < 2; side++) {
        forget(c, &c->half[side]);
        forget_above(c, &c->half[side]);
    }
}

/* Keep octets that came as `r` did; false: there is no memory, or a limit is reached. */
static bool keep_in(struct conn *c, struct backlog *b, struct span data, const struct run *r)
{
    struct streams *s = &c->p->streams;
    size_t before = b->cap, more = backlog_cap(b, data.n) - before;

    if (data.n == 0)
        return true;
    if (more && s->held + more > s->held_max)
        return false;
    bool kept = backlog_add(b, data,
                            (struct backlog_mark){.first = r->first, .last = r->last, .ns = r->ns});
    s->held += b->cap - before;
    return kept;
}

static bool keep(struct conn *c, struct half *h, struct span data, const struct run *r)
{
    return keep_in(c, &h->held, data, r);
}

/* The first `n` octets are done with. */
static void consume(struct conn *c, struct half *h, size_t n)
{
    size_t before = h->held.cap;

    backlog_consume(&h->held, n);
    c->p->streams.held -= before - h->held.cap;
}

/* ---- messages ---- */

struct frames {
    uint32_t v[FRAGS_FRAMES_MAX];
    size_t n;
};

/* Put a frame in its place; where there is no room the last one stays the last. */
static void add_frame(struct frames *f, uint32_t frame)
{
    size_t i = f->n;

    while (i && f->v[i - 1] > frame)
        i--;
    if (i && f->v[i - 1] == frame)
        return;
    if (f->n == FRAGS_FRAMES_MAX) {
        if (i == f->n)
            f->v[f->n - 1] = frame;
        return;
    }
    memmove(f->v + i + 1, f->v + i, (f->n - i) * sizeof *f->v);
    f->v[i] = frame;
    f->n++;
}

struct arrived { /* with which frames a message has come, and when the last of them did */
    struct frames frames;
    uint32_t last;
    uint64_t ns;
};

static void arrived_in(struct arrived *a, uint32_t first, uint32_t last, uint64_t ns)
{
    add_frame(&a->frames, first);
    add_frame(&a->frames, last);
    if (last >= a->last) {
        a->last = last;
        a->ns = ns;
    }
}

/* What is held, `n` octets at `at`. */
static struct arrived held_in(const struct backlog *held, size_t at, size_t n)
{
    struct arrived a = {.last = 0};

    for (size_t i = 0; i < held->n_marks && held->marks[i].at < at + n; i++) {
        const struct backlog_mark *m = &held->marks[i];
        if (i + 1 == held->n_marks || m[1].at > at)
            arrived_in(&a, m->first, m->last, m->ns);
    }
    return a;
}

/* A message of `protocol` in `k`. Returns how it came. */
static struct run message(struct conn *c, struct packet *k, const struct arrived *a)
{
    k->flags |= c->half[0].begun && c->half[1].begun ? PACKET_WHOLE : 0;
    k->frame = a->last;
    k->time_ns = a->ns;
    engine_part_stream_message(c->p, c->p->share, k, a->frames.v, a->frames.n);
    return (struct run){
        .first = a->frames.n ? a->frames.v[0] : k->frame, .last = k->frame, .ns = k->time_ns};
}

/* ---- messages that messages carry ---- */

static uint16_t path_over(const struct conn *c)
{
    unsigned i = 0;

    while (i + 1 < ENGINE_LAYERS && c->p->e->over[i] != c->decoded)
        i++;
    return (uint16_t)(ENGINE_OVER + (2 * i + (c->tls != NULL)) * ENGINE_PATHS + c->path);
}

/* The message in half->above is whole. */
static void above(struct conn *c, unsigned side, const struct run *last)
{
    struct half *h = &c->half[side];
    struct span in = backlog_span(&h->above);
    struct packet k;
    uint8_t ips[32];
    unsigned sure;
    size_t n;

    engine_stream_packet(c, side, ips, &k);
    k.p = in.p;
    k.n = (uint32_t)in.n;
    k.path = path_over(c);
    unsigned protocol = engine_guess(&k, FRAMING_MESSAGE, &sure);
    const struct codec *codec = engine_codec(c->over);
    if (codec && codec->between && codec->between(in, FRAMING_MESSAGE, &n) == STEP_ITEM)
        return;
    if (sure < ENGINE_SURE || (codec && protocol != c->over)) {
        if (codec)
            engine_stream_problem(
                c, side,
                (struct capread_problem){
                    .frame = last->last,
                    .off = h->end,
                    .what = "%u octets are no message of what the stream carried before",
                    .arg = {in.n}});
        return;
    }
    c->p->sums[protocol].connections += !c->over;
    c->over = (uint8_t)protocol;
    k.protocol = (uint8_t)protocol;
    const struct arrived a = held_in(&h->above, 0, in.n);
    message(c, &k, &a);
}

/* What a message of a layer, which came as `r` did, carries. */
static void carried(struct conn *c, unsigned side, struct span octets, const struct run *r)
{
    struct half *h = &c->half[side];
    struct arena *mem = &c->p->mem;
    struct codec_piece piece;

    mem->n = 0;
    mem->full = false;
    if (!engine_codec(c->decoded)->carries(&h->memo, octets, mem, &piece))
        return;
    if (piece.first)
        forget_all(c, &h->above);
    bool kept = keep_in(c, &h->above, piece.octets, r) && h->above.n <= c->p->streams.message_max;
    if (kept && piece.last && h->above.n)
        above(c, side, r);
    if (!kept)
        forget_above(c, h);
    else if (piece.last)
        forget_all(c, &h->above);
}

/* Framing is lost `back` octets before the end of what came. */
static void lost(struct conn *c, struct half *h, const struct run *r, size_t back, const char *what,
                 uint64_t arg)
{
    h->framed = h->begun = false;
    forget_above(c, h);
    if (h->lost++ >= LOST_MAX) {
        h->lost = LOST_MAX;
        return;
    }
    engine_stream_problem(c, r->side,
                          (struct capread_problem){
                              .frame = r->last, .off = h->end - back, .what = what, .arg = {arg}});
}

/* Of a protocol whose sides tell each other's messages: as long as both are there as a whole. */
static const struct codec_pairs *pairs(const struct conn *c)
{
    const struct codec *codec = engine_codec(c->decoded);
    return c->half[0].begun && c->half[1].begun ? codec->pairs : NULL;
}

/* The next message of a side, at the front of `in`: its protocol, 0: it is of none that is told; *used octets. */
static enum step next(struct conn *c, unsigned side, struct span in, size_t *used,
                      unsigned *protocol, struct findings *fs)
{
    const struct codec *codec = engine_codec(c->decoded), *by = codec;
    const struct codec_pairs *p = pairs(c);
    enum step step = codec->between ? codec->between(in, FRAMING_STREAM, used) : STEP_FAIL;

    *protocol = c->p->e->among[c->decoded];
    if (step != STEP_FAIL)
        return step;
    step = p ? p->next(&c->half[!side].asks, in, used, &by, fs) : codec->next(in, used, fs);
    *protocol = !by ? 0 : by == codec ? c->decoded : engine_protocol(by);
    if (p && by && step == STEP_ITEM && *used <= in.n)
        p->came(&c->half[side].asks, &c->half[!side].asks, span_cut(in, 0, *used));
    return step;
}

static void told(struct conn *c, unsigned side, unsigned protocol, struct span octets,
                 const struct arrived *a)
{
    struct packet k;
    uint8_t ips[32];

    engine_stream_packet(c, side, ips, &k);
    k.protocol = (uint8_t)protocol;
    k.p = octets.p;
    k.n = (uint32_t)octets.n;
    c->told = true;
    const struct run came = message(c, &k, a);
    if (protocol == c->decoded && engine_codec(protocol)->carries)
        carried(c, side, octets, &came);
}

static unsigned guess(const struct conn *c, unsigned side, struct span in)
{
    struct packet k;
    uint8_t ips[32];
    unsigned sure, protocol;

    engine_stream_packet(c, side, ips, &k);
    k.p = in.p;
    k.n = (uint32_t)in.n;
    protocol = engine_guess(&k, FRAMING_STREAM, &sure);
    return sure >= ENGINE_SURE ? protocol : 0;
}

/* Whether the first message of a connection, which is whole now, is the handshake of a layer: then that is what the
 * stream carries. */
static bool is_layer(struct conn *c, unsigned side, struct span in)
{
    unsigned protocol = c->told ? 0 : guess(c, side, in);
    const struct codec *codec = engine_codec(protocol);

    if (!codec || codec->between_codec != engine_codec(c->decoded))
        return false;
    c->p->sums[c->decoded].connections--;
    c->p->sums[protocol].connections++;
    if (c->carries == c->decoded)
        c->carries = (uint8_t)protocol;
    c->decoded = (uint8_t)protocol;
    return true;
}

/* Framing is lost at the front of `in` by what `fs` says. Only what begins as a message of the protocol does breaks its
 * rules. */
static void broken(struct conn *c, const struct run *r, struct span in, const struct findings *fs)
{
    struct watch_finding f[BROKEN];
    size_t n = findings_kept(fs);
    struct packet k;
    uint8_t ips[32];

    if (!c->p->share || n == 0 || guess(c, r->side, in) != c->decoded)
        return;
    engine_stream_packet(c, r->side, ips, &k);
    for (size_t i = 0; i < n; i++) {
        f[i] = (struct watch_finding){.f = fs->v[i], .now_us = r->ns / 1000, .frame = r->last};
        packet_addrs(&k, &f[i].from, &f[i].to);
        f[i].f.layer = engine_part_layers(c->p, k.path, c->decoded);
    }
    engine_part_apart(c->p, c->p->share, k.frame, f, n);
}

/* Tell the messages at the front of `in`, which is what is held or a run. Returns the octets that are done with;
 * framing may be lost behind them. */
static size_t messages(struct conn *c, unsigned side, struct span in, const struct run *r,
                       bool direct)
{
    struct half *h = &c->half[side];
    size_t at = 0;

    while (at < in.n) {
        struct span rest = span_cut(in, at, in.n);
        struct finding found[BROKEN];
        struct findings fs = {.v = found, .cap = BROKEN};
        size_t n = 0;
        unsigned protocol;
        enum step step = next(c, side, rest, &n, &protocol, &fs);
        if (step == STEP_MORE)
            break;
        if (step == STEP_ITEM && protocol == c->decoded && is_layer(c, side, rest))
            continue;
        if (step == STEP_FAIL || n == 0 || n > rest.n) {
            broken(c, r, rest, &fs);
            lost(c, h, r, rest.n,
                 "here the stream does not go on as messages; it is passed over until one begins",
                 0);
            break;
        }
        if (protocol) {
            struct arrived a = {.last = 0};
            if (direct)
                arrived_in(&a, r->first, r->last, r->ns);
            else
                a = held_in(&h->held, at, n);
            told(c, side, protocol, span_cut(rest, 0, n), &a);
        }
        at += n;
    }
    return at;
}

/* What is left of a run, or more than that, is no whole message yet. */
static void unfinished(struct conn *c, struct half *h, struct span data, const struct run *r)
{
    bool kept = keep(c, h, data, r);

    if (kept && h->held.n <= c->p->streams.message_max)
        return;
    lost(
        c, h, r, h->held.n + (kept ? 0 : data.n),
        kept
            ? "a message is longer than %u octets; the stream is passed over until one begins"
            : "%u octets are no whole message, and there is no room for more; the stream is passed "
              "over until one begins",
        kept ? c->p->streams.message_max : h->held.n + data.n);
    forget(c, h);
}

/* A run that goes on behind what is held. False: framing was lost in what was held, the run may begin anew. */
static bool go_on(struct conn *c, struct half *h, const struct run *r)
{
    const struct span none = {NULL, 0};
    size_t old = h->held.n;

    if (!keep(c, h, r->data, r)) {
        unfinished(c, h, r->data, r);
        return true;
    }
    size_t used = messages(c, r->side, backlog_span(&h->held), r, false);
    if (h->framed) {
        consume(c, h, used);
        unfinished(c, h, none, r);
        return true;
    }
    forget(c, h);
    return used >= old;
}

static void decode(struct conn *c, const struct run *r)
{
    struct half *h = &c->half[r->side];

    h->end = r->off + r->data.n;
    if (r->gap) {
        forget(c, h);
        forget_above(c, h);
        h->framed = h->begun = false;
    }
    if (h->framed && h->held.n && go_on(c, h, r))
        return;
    if (!h->framed && guess(c, r->side, r->data) != c->decoded)
        return;
    h->framed = true;
    size_t used = messages(c, r->side, r->data, r, true);
    if (h->framed)
        unfinished(c, h, span_cut(r->data, used, r->data.n), r);
}

void engine_stream_ended(struct conn *c, unsigned side, uint32_t frame)
{
    struct half *h = &c->half[side];

    if (!c->decoded || !h->framed || !h->held.n)
        return;
    const struct codec_pairs *p = engine_codec(c->decoded)->pairs;
    struct span left = backlog_span(&h->held);
    if (p && p->ends(left)) {
        struct arrived a = held_in(&h->held, 0, left.n);
        frame = frame < c->last_frame ? frame : c->last_frame;
        arrived_in(&a, frame, frame, c->last_ns);
        told(c, side, c->decoded, left, &a);
        forget(c, h);
        return;
    }
    engine_stream_problem(
        c, side,
        (struct capread_problem){.frame = frame,
                                 .off = h->end - h->held.n,
                                 .what = "the stream ends in a message, of which %u octets came",
                                 .arg = {h->held.n}});
}

/* ---- which protocol ---- */

/* What is held of a side goes where its octets go now, from `from` on. */
static void again(struct conn *c, unsigned side, size_t from, bool sealed)
{
    struct backlog held = c->half[side].held;
    uint64_t begin = c->half[side].end - held.n;

    c->half[side].held = (struct backlog){0};
    c->half[side].looks = 0;
    for (size_t i = 0; i < held.n_marks && !c->done; i++) {
        const struct backlog_mark *m = &held.marks[i];
        size_t end = i + 1 < held.n_marks ? m[1].at : held.n;
        const struct run r = {.side = side,
                              .data = {held.p + m->at, end - m->at},
                              .off = begin + m->at,
                              .first = m->first,
                              .last = m->last,
                              .ns = m->ns};
        if (m->at < from)
            continue;
        if (sealed)
            engine_stream_sealed(c, &r);
        else
            decode(c, &r);
    }
    c->p->streams.held -= held.cap;
    backlog_free(&held);
}

static bool is_tls(const struct half *h, size_t from)
{
    bool sure;
    return h->held.n &&
           tlsdec_guess(span_cut(backlog_span(&h->held), from, h->held.n), &sure) == TLSDEC_TLS &&
           sure;
}

/* A side has shown what the stream carries, in what is held of it from `from` on. */
static void recognised(struct conn *c, unsigned side, size_t from, unsigned protocol)
{
    struct half *h = &c->half[side], *o = &c->half[!side];
    bool tls = !c->tls && !engine_codec(protocol) && is_tls(h, from);

    c->p->sums[protocol].connections++;
    if (!c->carries) {
        c->carries = (uint8_t)protocol;
        c->p->recognised++;
    }
    if (tls) {
        size_t skip = is_tls(o, 0) ? 0 : o->held.n;
        if (!engine_stream_tls(c)) {
            c->p->failed = true;
            return;
        }
        h->begun = o->begun = false;
        again(c, side, from, true);
        again(c, !side, skip, true);
    } else if (!engine_codec(protocol)) {
        engine_stream_done(c);
    } else {
        c->decoded = (uint8_t)protocol;
        h->framed = true;
        o->framed = o->begun;
        again(c, side, from, false);
        again(c, !side, 0, false);
    }
}

/* What does a direction carry? */
static void look(struct conn *c, const struct run *r)
{
    struct half *h = &c->half[r->side];
    size_t from = h->held.n;

    h->end = r->off + r->data.n;
    if (h->looked)
        return;
    if (r->gap) {
        forget(c, h);
        h->begun = false;
        from = 0;
    }
    bool kept = keep(c, h, r->data, r);
    unsigned protocol = kept ? guess(c, r->side, backlog_span(&h->held)) : 0;
    if (protocol)
        from = 0;
    else if (kept && from)
        protocol = guess(c, r->side, r->data);
    if (protocol) {
        recognised(c, r->side, from, protocol);
        return;
    }
    h->looks = (uint8_t)(h->looks + (h->held.n >= ENGINE_STREAM_LEAST));
    if (kept && h->looks < ENGINE_STREAM_LOOKS && h->held.n < ENGINE_STREAM_FRONT)
        return;
    h->looked = true;
    forget(c, h);
    if (!c->tls)
        tcp_ignore(c->tcp, r->side);
    if (c->half[0].looked && c->half[1].looked)
        engine_stream_done(c);
}

void engine_stream_run(struct conn *c, const struct run *r)
{
    if (c->decoded)
        decode(c, r);
    else
        look(c, r);
}
