/* harness/replay/engine_watch.c - the watchers of all protocols over what a part sees. */
#include <stdio.h>
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

/* Note a watcher of a protocol. */
static void add(struct engine *e, unsigned protocol, const struct watcher_class *cls)
{
    uint8_t *at = e->watch_at[protocol];
    size_t row = 0, n = 0;

    while (registry[row].watch != cls)
        row++;
    while (n < ENGINE_WATCHERS && at[n])
        n++;
    if (n == ENGINE_WATCHERS)
        return;
    at[n] = (uint8_t)(row + 1);
    e->waits[protocol] |= !cls->by_flow;
}

void engine_watchers(struct engine *e)
{
    const struct watcher_class *c;
    bool quick = !e->sink.message || e->o.faulty;

    for (unsigned i = 1, n = 0; i <= registry_n && n < ENGINE_LAYERS; i++)
        if (engine_codec(i) && engine_codec(i)->carries)
            e->over[n++] = (uint8_t)i;
    for (unsigned i = 1; i <= registry_n; i++)
        for (unsigned k = 1; engine_codec(i) && engine_codec(i)->between_codec && k <= registry_n;
             k++)
            if (engine_codec(k) == engine_codec(i)->between_codec)
                e->among[i] = (uint8_t)k;
    if (e->o.no_watch)
        return;
    for (unsigned i = 1; i <= registry_n; i++) {
        for (size_t n = 0; (c = watcher_of(engine_codec(i), n)); n++)
            add(e, i, c);
        c = engine_watcher(e, i); /* a second one would not be shown what goes the quick way */
        e->placed[i] = quick && c && c->quick && c->by_flow && !e->watch_at[i][1];
        e->quick[i] = e->placed[i] && c->codec == engine_codec(i);
    }
    for (unsigned k = 1; k <= known_protocols_n; k++) {
        const struct codec *among = known_protocols[k - 1].among;
        unsigned i = 1, known = (unsigned)registry_n + k;
        while (among && engine_codec(i) != among)
            i++;
        for (size_t n = 0; (c = watcher_of(among, n)); n++)
            if (c->between) {
                add(e, known, c);
                e->among[i] = (uint8_t)known;
                e->waits[known] |= e->waits[i]; /* in order with the messages */
            }
    }
}

/* The watcher in a row of the registry, made where there is none yet; NULL: no memory. */
static struct watching *watching_of(struct part *p, size_t row)
{
    const struct watch_options passing = {
        .origin = p->e->o.whole, .known = p->e->o.known, .keep = p->e->o.keep};
    struct watching *v = &p->watching[row];
    const struct watcher_class *cls = registry[row].watch;
    /* those that share the flows share the memory too */
    size_t limit = cls->by_flow ? WATCH_LIMIT / p->e->n_parts : WATCH_LIMIT;

    if (!v->w && !(v->w = watch_new(cls, limit, &passing)))
        p->failed = true;
    return v->w ? v : NULL;
}

void engine_part_watch(struct part *p, unsigned protocol, struct engine_message *m,
                       struct findings *fs, struct watch_place *place)
{
    const struct watch_sink sink = {on_finding, on_fact, p};
    const uint8_t *at = p->e->watch_at[protocol];
    struct watch_seen s = {.now_us = m->time_ns / 1000,
                           .from = m->src,
                           .to = m->dst,
                           .stream = m->stream,
                           .cut = m->missing || m->partial,
                           .whole = m->whole,
                           .between = !m->codec,
                           .sound = m->codec,
                           .octets = m->octets,
                           .view = m->view,
                           .ns = (uint16_t)(m->time_ns % 1000),
                           .codec = m->codec,
                           .frame = m->frame,
                           .layer = m->layers,
                           .place = place};
    for (size_t j = 0; fs && j < findings_kept(fs); j++)
        s.sound &= !level_strict(fs->v[j].level);
    p->n_over = 0;
    p->now = fs;
    for (size_t i = 0; i < ENGINE_WATCHERS && at[i]; i++)
        if ((p->speaking = watching_of(p, at[i] - 1u)))
            watch_message(p->speaking->w, &s, &sink);
    m->over = p->over;
    m->n_over = p->n_over;
}

void engine_part_inside(struct part *p, unsigned protocol, struct engine_message *m)
{
    const struct watcher_class *cls = engine_watcher(p->e, protocol);
    const struct watch *w = engine_part_watcher(p, protocol);
    struct engine_carried *c = &p->carried[0];
    struct span octets;
    struct findings none = {0};

    if (m->n_carried || !w || !cls->inside || cls->codec != m->codec || m->missing || m->partial)
        return;
    *c = (struct engine_carried){.codec = cls->inside(watch_self(w), m->view, &octets), .depth = 1};
    if (c->codec && c->codec->decode(octets, &p->mem, &c->view, &none) == STEP_ITEM && c->view &&
        !p->mem.full) {
        m->carried = c;
        m->n_carried = 1;
    }
}

/* "LAYERS/NAME"; NULL: no room. */
static const char *layers_with(struct part *p, const char *layers, const char *name)
{
    size_t n = strlen(layers) + strlen(name) + 2;
    char *text = arena_take(&p->mem, n);

    if (text)
        snprintf(text, n, "%s/%s", layers, name);
    return text;
}

/* What `view`, whose findings have the path `layers`, carries, and all in that; `m` has the list so far. */
static void carried_by(struct part *p, struct engine_message *m, const struct engine_carried *by,
                       const char *layers, struct findings *fs)
{
    struct span octets;
    const struct codec *c;

    for (size_t i = 0;
         m->n_carried < ENGINE_CARRIED_MAX && (c = by->codec->inside(by->view, i, &octets)) != NULL;
         i++) {
        struct engine_carried got = {.codec = c, .depth = by->depth + 1};
        struct findings in = *fs;
        in.layer = layers_with(p, layers, c->name);
        in.base = fs->base + (uint64_t)(octets.p - m->octets.p);
        enum step step = c->decode(octets, &p->mem, &got.view, &in);
        if (p->mem.full) /* a list that was cut short would be judged wrongly */
            return;
        if (step != STEP_ITEM || !got.view)
            continue;
        if (c->lint)
            c->lint(got.view, &in);
        fs->n = in.n;
        p->carried[m->n_carried++] = got;
        if (c->inside && got.depth < ENGINE_CARRIED_DEPTH)
            carried_by(p, m, &got, in.layer, fs);
    }
}

void engine_part_carried(struct part *p, struct engine_message *m, struct findings *fs)
{
    const struct engine_carried own = {.codec = m->codec, .view = m->view};

    m->carried = p->carried;
    if (m->codec->inside && !m->missing && !m->partial)
        carried_by(p, m, &own, m->layers, fs);
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
