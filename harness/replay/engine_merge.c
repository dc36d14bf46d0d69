/* harness/replay/engine_merge.c - what the parts made of a window, in the order of frames. */
#include <stdlib.h>
#include "harness/replay/engine_impl.h"

void *engine_room(void *v, size_t n, size_t *cap, size_t size)
{
    if (n < *cap)
        return v;
    size_t more = *cap ? *cap * 2 : 64;
    void *p = realloc(v, more * size);
    if (p)
        *cap = more;
    return p;
}

bool share_event(struct share *s, struct event ev)
{
    struct event *last = s->n_events ? &s->events[s->n_events - 1] : NULL;

    if (last && !last->wait && !last->problem && !ev.wait && !ev.problem && last->at == ev.at) {
        last->text += ev.text;
        return true;
    }
    struct event *v = engine_room(s->events, s->n_events, &s->cap_events, sizeof *v);
    if (!v)
        return false;
    s->events = v;
    s->events[s->n_events++] = ev;
    return true;
}

bool problem_add(struct capread_problem **v, size_t *n, size_t *cap,
                 const struct capread_problem *p)
{
    struct capread_problem *more = engine_room(*v, *n, cap, sizeof *more);

    if (!more)
        return false;
    *v = more;
    more[(*n)++] = *p;
    return true;
}

struct aside *share_aside(struct share *s, size_t octets)
{
    struct aside *a = malloc(sizeof *a + octets);

    if (a) {
        a->next = s->held;
        s->held = a;
    }
    return a;
}

bool share_problem(struct share *s, uint64_t at, const struct capread_problem *p)
{
    return problem_add(&s->problems, &s->n_problems, &s->cap_problems, p) &&
           share_event(s, (struct event){.at = at, .problem = (uint32_t)s->n_problems});
}

bool share_grow(struct share *s)
{
    size_t cap = s->text.cap ? s->text.cap * 2 : ENGINE_TEXT;
    uint8_t *p = realloc(s->text.p, cap);

    if (!p)
        return false;
    s->text.p = p;
    s->text.cap = cap;
    s->text.full = false;
    return true;
}

void engine_part_problem(struct part *p, const struct window *w, struct share *s,
                         const struct packet *k, const char *what, uint64_t a, uint64_t b)
{
    const struct capfile_frame *f = &w->frames[k - w->packets];
    uint64_t off = k->flags & PACKET_REASSEMBLED ? 0 : (uint64_t)(k->p - f->octets.p);

    if (!problem_add(&s->early, &s->n_early, &s->cap_early,
                     &(struct capread_problem){
                         .frame = k->frame, .off = off, .what = what, .arg = {a, b}})) {
        p->failed = true;
        return;
    }
    p->problems++;
}

static void say(struct engine *e, struct span text)
{
    if (text.n && !e->stop && e->sink.text && !e->sink.text(e->sink.ctx, text))
        e->stop = true;
}

/* What waited for its turn, by the part that is last; its text goes out at once. */
static void waited(struct engine *e, struct window *w, const struct event *ev)
{
    struct share *s = &w->shares[e->n_parts];
    const struct packet *k = ev->copy.p ? &ev->copy : ev->wait;

    if (ev->stream)
        engine_part_stream_message(e->serial, s, k, ev->stream->frames, ev->stream->n_frames);
    else
        engine_part_message(e->serial, w, s, k);
    say(e, wr_span(&s->text));
    s->text.n = 0;
    s->n_events = 0;
}

static void problem(struct engine *e, const struct capread_problem *p)
{
    if (e->sink.problem && !e->stop)
        e->sink.problem(e->sink.ctx, e->name, p);
}

/* Problems of headers up to a frame, that frame's own too. */
static size_t problems(struct engine *e, const struct window *w, size_t at, uint64_t frame)
{
    for (; at < w->n_problems && w->problems[at].frame <= frame; at++)
        problem(e, &w->problems[at]);
    return at;
}

static void merge(struct engine *e, struct window *w)
{
    struct part *serial = e->serial;
    size_t at[ENGINE_JOBS_MAX] = {0}, off[ENGINE_JOBS_MAX] = {0}, told = 0;

    serial->window = w;
    while (!e->stop) {
        const struct event *next = NULL;
        unsigned from = 0;
        for (unsigned i = 0; i < e->n_parts; i++) {
            const struct share *s = &w->shares[i];
            if (at[i] < s->n_events && (!next || s->events[at[i]].at < next->at)) {
                next = &s->events[at[i]];
                from = i;
            }
        }
        if (!next)
            break;
        told = problems(e, w, told, next->at);
        if (next->wait)
            waited(e, w, next);
        else if (next->problem)
            problem(e, &w->shares[from].problems[next->problem - 1]);
        else
            say(e, (struct span){w->shares[from].text.p + off[from], next->text});
        off[from] += next->text;
        at[from]++;
    }
    serial->window = NULL;
    problems(e, w, told, UINT64_MAX);
}

static int by_frame(const void *a, const void *b)
{
    const struct capread_problem *x = a, *y = b;
    return x->frame != y->frame ? (x->frame > y->frame) - (x->frame < y->frame)
                                : (x->off > y->off) - (x->off < y->off);
}

/* What the parts found in packets goes in between what was found below them. */
static bool gather(const struct engine *e, struct window *w)
{
    size_t before = w->n_problems;

    for (unsigned i = 0; i < e->n_parts; i++)
        for (size_t j = 0; j < w->shares[i].n_early; j++)
            if (!problem_add(&w->problems, &w->n_problems, &w->cap_problems,
                             &w->shares[i].early[j]))
                return false;
    if (w->n_problems > before)
        qsort(w->problems, w->n_problems, sizeof *w->problems, by_frame);
    return true;
}

/* The text of the one part there is, as it stands, where nothing comes in between. */
static void whole(struct engine *e, struct window *w)
{
    say(e, wr_span(&w->shares[0].text));
}

static void ends(struct engine *e, struct window *w)
{
    for (unsigned i = 0; i < e->n_parts && !e->stop; i++)
        engine_part_end(&e->parts[i], &w->shares[i]);
    if (e->serial != e->parts)
        engine_part_end(e->serial, &w->shares[e->n_parts]);
    for (unsigned i = 0; i <= e->n_parts && !e->stop; i++)
        say(e, wr_span(&w->shares[i].text));
}

void engine_add_counts(struct capread_counts *to, const struct capread_counts *c)
{
    to->frames += c->frames;
    to->octets += c->octets;
    to->datagrams += c->datagrams;
    to->tcp += c->tcp;
    to->not_ip += c->not_ip;
    to->cut += c->cut;
}

void step_merge(struct engine *e, struct window *w)
{
    engine_add_counts(&e->quick_counts, &w->counts);
    if (!gather(e, w))
        e->parts[0].failed = true;
    for (size_t i = 0; i < w->remarks.n && !e->stop; i++)
        e->sink.comment(e->sink.ctx, &w->remarks.v[i]);
    if (e->n_parts == 1 && w->n_problems == 0 && w->shares[0].n_problems == 0)
        whole(e, w);
    else
        merge(e, w);
    for (unsigned i = 0; i <= e->n_parts; i++) {
        w->shares[i].text.n = 0;
        w->shares[i].n_events = 0;
    }
    for (unsigned i = 0; i < e->n_parts; i++)
        if (e->parts[i].failed)
            e->stop = true;
    if (e->serial->failed)
        e->stop = true;
    if (w->last && !e->stop)
        ends(e, w);
    window_clear(w, e->n_parts + 1);
}
