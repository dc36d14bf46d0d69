/* harness/replay/engine_watch.c - the watchers of all protocols over what a part sees. */
#include "harness/replay/engine_impl.h"

static void on_finding(void *ctx, const struct watch_finding *f)
{
    struct part *p = ctx;

    if (p->n_over == ENGINE_OVER_MAX || (p->now && p->now->n >= p->now->cap))
        return;
    if (p->now)
        p->now->v[p->now->n++] = f->f; /* it has its layer already */
    p->over[p->n_over++] = *f;
}

static void on_fact(void *ctx, const struct watch_fact *f)
{
    struct part *p = ctx;
    watch_add(p->speaking->sums, f);
}

void engine_part_watch(struct part *p, unsigned protocol, struct engine_message *m,
                       struct findings *fs, struct watch_place *place)
{
    const struct watch_options passing = {
        .origin = false, .known = p->e->o.known, .keep = p->e->o.keep};
    const struct watch_sink sink = {on_finding, on_fact, p};
    struct watching *v = &p->watching[p->e->watch_at[protocol] - 1];
    const struct watcher_class *cls = engine_watcher(p->e, protocol);
    /* those that share the flows share the memory too */
    size_t limit = cls->by_flow ? WATCH_LIMIT / p->e->n_parts : WATCH_LIMIT;

    if (!v->w && !(v->w = watch_new(cls, limit, &passing))) {
        p->failed = true;
        return;
    }
    struct watch_seen s = {.now_us = m->time_ns / 1000,
                           .from = m->src,
                           .to = m->dst,
                           .stream = m->stream,
                           .cut = m->missing || m->partial,
                           .sound = true,
                           .octets = m->octets,
                           .view = m->view,
                           .ns = (uint16_t)(m->time_ns % 1000),
                           .codec = m->codec,
                           .frame = m->frame,
                           .layer = m->layers,
                           .place = place};
    for (size_t j = 0; j < findings_kept(fs); j++)
        s.sound &= !level_strict(fs->v[j].level);
    p->n_over = 0;
    p->now = fs;
    p->speaking = v;
    watch_message(v->w, &s, &sink);
    m->over = p->over;
    m->n_over = p->n_over;
}

void engine_part_inside(struct part *p, unsigned protocol, struct engine_message *m)
{
    const struct watcher_class *cls = engine_watcher(p->e, protocol);
    const struct watch *w = p->watching[p->e->watch_at[protocol] - 1].w;
    struct span octets;
    struct findings none = {0};

    if (!w || !cls->inside || cls->codec != m->codec || m->missing || m->partial)
        return;
    m->inside = cls->inside(watch_self(w), m->view, &octets);
    if (m->inside && (m->inside->decode(octets, &p->mem, &m->inside_view, &none) != STEP_ITEM ||
                      !m->inside_view || p->mem.full))
        m->inside = NULL;
}

void engine_part_watch_end(struct part *p)
{
    const struct watch_sink sink = {on_finding, on_fact, p};

    p->n_over = 0;
    p->now = NULL;
    for (size_t i = 0; i < registry_n; i++) {
        p->speaking = &p->watching[i];
        if (p->speaking->w)
            watch_end(p->speaking->w, &sink);
    }
}
