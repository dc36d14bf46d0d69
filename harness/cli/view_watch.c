/* harness/cli/view_watch.c - the watchers of all protocols over one capture. */
#include <stdlib.h>
#include "harness/cli/view_watch.h"
#include "harness/core/registry.h"

enum { OVER_MAX = 256 }; /* findings over time that one message or the end may show */

struct watching {
    struct watch *w;
    struct watch_sum sums[WATCH_FACTS_MAX];
};
struct view_watch {
    struct watching *v; /* registry_n of them */
    struct watching *now;
    struct findings *fs;
    struct watch_finding over[OVER_MAX];
    size_t n_over;
};

struct view_watch *view_watch_new(void)
{
    struct view_watch *v = calloc(1, sizeof *v);

    if (v)
        v->v = calloc(registry_n, sizeof *v->v);
    if (v && v->v)
        return v;
    free(v);
    return NULL;
}

void view_watch_free(struct view_watch *v)
{
    for (size_t i = 0; v && i < registry_n; i++)
        watch_free(v->v[i].w);
    if (v)
        free(v->v);
    free(v);
}

void view_watch_reset(struct view_watch *v)
{
    for (size_t i = 0; i < registry_n; i++) {
        if (v->v[i].w)
            watch_reset(v->v[i].w);
        memset(v->v[i].sums, 0, sizeof v->v[i].sums);
    }
}

static void on_finding(void *ctx, const struct watch_finding *f)
{
    struct view_watch *v = ctx;
    struct finding own = f->f;

    if (v->n_over == OVER_MAX || (v->fs && v->fs->n >= v->fs->cap))
        return;
    if (v->fs) {
        v->fs->v[v->fs->n] = own; /* it has its layer already */
        v->fs->n++;
    }
    v->over[v->n_over++] = *f;
}

static void on_fact(void *ctx, const struct watch_fact *f)
{
    struct view_watch *v = ctx;
    watch_add(v->now->sums, f);
}

/* Who watches messages of this codec, made when the first one comes; NULL: nobody, or no memory. */
static struct watching *watching(struct view_watch *v, const struct codec *codec)
{
    static const struct watch_options passing = {.origin = false};

    for (size_t i = 0; i < registry_n; i++) {
        if (!registry[i].watch || registry[i].watch->codec != codec)
            continue;
        if (!v->v[i].w)
            v->v[i].w = watch_new(registry[i].watch, 0, &passing);
        return v->v[i].w ? &v->v[i] : NULL;
    }
    return NULL;
}

size_t view_watch_seen(struct view_watch *v, const struct capread_datagram *d,
                       const struct classified *m, struct findings *fs,
                       const struct watch_finding **over)
{
    const struct watch_sink sink = {on_finding, on_fact, v};

    v->now = watching(v, m->codec);
    v->n_over = 0;
    v->fs = fs;
    *over = v->over;
    if (!v->now || d->quoted)
        return 0;
    struct watch_seen s = {.now_us = d->time_ns / 1000,
                           .from = d->src,
                           .to = d->dst,
                           .cut = d->missing || m->partial,
                           .sound = true,
                           .octets = d->payload,
                           .view = m->view,
                           .frame = d->frame,
                           .layer = fs->layer};
    for (size_t i = 0; i < findings_kept(fs); i++)
        s.sound &= !level_strict(fs->v[i].level);
    watch_message(v->now->w, &s, &sink);
    return v->n_over;
}

size_t view_watch_end(struct view_watch *v, const struct watch_finding **over)
{
    const struct watch_sink sink = {on_finding, on_fact, v};

    v->n_over = 0;
    v->fs = NULL;
    *over = v->over;
    for (size_t i = 0; i < registry_n; i++) {
        v->now = &v->v[i];
        if (v->now->w)
            watch_end(v->now->w, &sink);
    }
    return v->n_over;
}

const struct watch_sum *view_watch_sums(const struct view_watch *v, const struct codec *codec,
                                        const struct watcher_class **cls)
{
    for (size_t i = 0; i < registry_n; i++)
        if (v->v[i].w && watch_class(v->v[i].w)->codec == codec) {
            *cls = watch_class(v->v[i].w);
            return v->v[i].sums;
        }
    return NULL;
}
