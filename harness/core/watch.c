/* harness/core/watch.c - around a watcher: its memory, decoding, framing of streams. */
#include <stdlib.h>
#include "harness/core/pages.h"
#include "harness/core/watch.h"

void watch_tell(const struct watch_sink *out, uint8_t kind, uint64_t value,
                const struct watch_seen *s, uint32_t related)
{
    if (out->fact)
        out->fact(out->ctx, &(struct watch_fact){.kind = kind,
                                                 .value = value,
                                                 .now_us = s->now_us,
                                                 .flow = s->flow,
                                                 .frame = s->frame,
                                                 .related = related});
}

enum { ARENA = 1 << 20 }; /* octets for the view of a message */

struct window { /* one direction of a stream: octets that are no whole message yet */
    bool used, lost;
    uint64_t flow, age;
    struct addr from, to;
    size_t n, cap;
    uint8_t *p;
};
struct watch {
    const struct watcher_class *cls;
    struct watch_options o;
    size_t limit;
    void *self;
    uint8_t *arena;
    uint64_t age;
    struct window windows[WATCH_STREAMS];
};

struct watch *watch_new(const struct watcher_class *cls, size_t limit,
                        const struct watch_options *o)
{
    struct watch *w = calloc(1, sizeof *w);

    if (!w)
        return NULL;
    w->cls = cls;
    w->o = *o;
    w->limit = limit ? limit : WATCH_LIMIT;
    w->self = pages_new(cls->size(w->limit));
    w->arena = malloc(ARENA);
    if (!w->self || !w->arena) {
        watch_free(w);
        return NULL;
    }
    watch_reset(w);
    return w;
}

void watch_free(struct watch *w)
{
    if (!w)
        return;
    for (size_t i = 0; i < COUNT(w->windows); i++)
        free(w->windows[i].p);
    pages_free(w->self, w->cls->size(w->limit));
    free(w->arena);
    free(w);
}

void watch_reset(struct watch *w)
{
    for (size_t i = 0; i < COUNT(w->windows); i++) {
        struct window *v = &w->windows[i];
        *v = (struct window){.p = v->p, .cap = v->cap};
    }
    w->age = 0;
    w->cls->init(w->self, w->limit, &w->o);
}

const struct watcher_class *watch_class(const struct watch *w)
{
    return w->cls;
}

const void *watch_self(const struct watch *w)
{
    return w->self;
}

void watch_message(struct watch *w, const struct watch_seen *s, const struct watch_sink *out)
{
    w->cls->seen(w->self, s, out);
}

void watch_ahead(const struct watch *w, const struct watch_place *place)
{
    if (w->cls->ahead)
        w->cls->ahead(w->self, place);
}

bool watch_quick(struct watch *w, const struct watch_place *place, const struct watch_quick *q)
{
    return w->cls->quick && w->cls->quick(w->self, place, q);
}

void watch_tick(struct watch *w, uint64_t now_us, const struct watch_sink *out)
{
    if (w->cls->tick)
        w->cls->tick(w->self, now_us, out);
}

void watch_end(struct watch *w, const struct watch_sink *out)
{
    if (w->cls->end)
        w->cls->end(w->self, out);
}

/* Which of the class's codecs octets are of, where nobody says. */
static const struct codec *codec_of(const struct watch *w, const struct watch_seen *s,
                                    struct span octets)
{
    const struct codec *c = w->cls->codec, *also = w->cls->also;

    if (s->codec || !also)
        return s->codec ? s->codec : c;
    return also->guess(octets, s->to.port) > c->guess(octets, s->to.port) ? also : c;
}

/* What stands between messages of the codec: `used` octets at the front of a stream, or a datagram as a whole. */
static bool is_between(const struct codec *c, struct span in, enum framing framing, size_t *used)
{
    return c->between && c->between(in, framing, used) == STEP_ITEM;
}

/* One whole message, or octets that are none. */
static void decoded(struct watch *w, const struct watch_seen *s, struct span octets, bool lost,
                    const struct watch_sink *out)
{
    const struct codec *c = codec_of(w, s, octets);
    struct finding found[8];
    struct findings fs = {found, 0, COUNT(found), NULL, 0};
    struct arena mem = arena_of(w->arena, ARENA);
    struct watch_seen m = *s;
    const void *view = NULL;

    m.octets = octets;
    m.codec = c;
    m.view = NULL;
    m.cut = false;
    if (!lost && c->decode(octets, &mem, &view, &fs) == STEP_ITEM && view) {
        m.view = view;
        m.cut = mem.full;
        if (c->lint)
            c->lint(view, &fs);
    }
    m.sound = m.view && fs.n <= COUNT(found);
    for (size_t i = 0; i < findings_kept(&fs); i++)
        m.sound &= !level_strict(found[i].level);
    w->cls->seen(w->self, &m, out);
}

static void between(struct watch *w, const struct watch_seen *s, struct span octets,
                    const struct watch_sink *out)
{
    const struct codec *c = w->cls->codec;
    struct watch_seen m = *s;

    if (w->cls->also && w->cls->also == c->between_codec) {
        m.codec = c->between_codec;
        decoded(w, &m, octets, false, out);
        return;
    }
    m.octets = octets;
    m.codec = c;
    m.view = NULL;
    m.between = true;
    if (w->cls->between)
        w->cls->seen(w->self, &m, out);
}

/* The window of this direction, a new one where there is none: the one that was used longest ago gives
 * way, and what it began is not followed any more. */
static struct window *window_of(struct watch *w, const struct watch_seen *s)
{
    struct window *oldest = &w->windows[0];

    for (size_t i = 0; i < COUNT(w->windows); i++) {
        struct window *v = &w->windows[i];
        if (v->used && v->flow == s->flow && addr_eq(&v->from, &s->from) && addr_eq(&v->to, &s->to))
            return v;
        if (oldest->used && (!v->used || v->age < oldest->age))
            oldest = v;
    }
    *oldest = (struct window){.used = true,
                              .flow = s->flow,
                              .from = s->from,
                              .to = s->to,
                              .p = oldest->p,
                              .cap = oldest->cap};
    return oldest;
}

/* Room for `n` octets more; false: over WATCH_WINDOW, or no memory. */
static bool room(struct window *v, size_t n)
{
    size_t cap = v->cap ? v->cap : 4096;

    if (n > WATCH_WINDOW - v->n)
        return false;
    while (cap < v->n + n)
        cap *= 2;
    uint8_t *p = cap == v->cap ? v->p : realloc(v->p, cap);
    if (!p)
        return false;
    v->p = p;
    v->cap = cap;
    return true;
}

static void framed(struct watch *w, struct window *v, const struct watch_seen *s,
                   const struct watch_sink *out)
{
    struct findings none = {0};
    const struct codec *c = w->cls->codec;
    struct watch_seen own = *s;
    size_t at = 0;
    enum step step = STEP_ITEM;

    own.codec = c;
    while (step == STEP_ITEM) {
        const struct span rest = {v->p + at, v->n - at};
        size_t used = 0;
        step = c->between ? c->between(rest, FRAMING_STREAM, &used) : STEP_FAIL;
        bool ours = step == STEP_FAIL;
        if (ours)
            step = c->next(rest, &used, &none);
        if (step != STEP_ITEM || used == 0 || used > rest.n)
            break;
        if (ours)
            decoded(w, &own, span_cut(rest, 0, used), false, out);
        else
            between(w, s, span_cut(rest, 0, used), out);
        at += used;
    }
    v->lost = step == STEP_FAIL;
    if (v->lost)
        decoded(w, &own, (struct span){v->p + at, v->n - at}, true, out);
    memmove(v->p, v->p + at, v->n - at);
    v->n -= at;
}

void watch_octets(struct watch *w, const struct watch_seen *s, const struct watch_sink *out)
{
    size_t used;

    if (!s->stream && is_between(w->cls->codec, s->octets, FRAMING_DATAGRAM, &used)) {
        between(w, s, s->octets, out);
        return;
    }
    if (!s->stream) {
        decoded(w, s, s->octets, false, out);
        return;
    }
    struct window *v = window_of(w, s);
    v->age = ++w->age;
    if (v->lost || s->octets.n == 0 || !w->cls->codec->next)
        return;
    if (!room(v, s->octets.n)) {
        v->lost = true;
        decoded(w, s, s->octets, true, out);
        return;
    }
    memcpy(v->p + v->n, s->octets.p, s->octets.n);
    v->n += s->octets.n;
    framed(w, v, s, out);
}

void watch_add(struct watch_sum *sums, const struct watch_fact *f)
{
    struct watch_sum *s = &sums[f->kind];

    s->least = s->n == 0 || f->value < s->least ? f->value : s->least;
    s->most = f->value > s->most ? f->value : s->most;
    s->total += f->value;
    s->n++;
}
