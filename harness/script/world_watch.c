/* harness/script/world_watch.c - watchers over what passes between a case's actors and the IUT. What they
 * find on the IUT's side is a failed check of the case; what an actor does wrong was asked of it. */
#include "harness/core/registry.h"
#include "harness/script/world.h"

enum { BY_ACTOR, BY_IUT };

/* A finding on what the IUT sent: a failed check of its clause, once a case. */
void world_finding(struct world *w, const struct finding *f, const uint32_t *frames, size_t n)
{
    char words[160];
    struct wr t = {(uint8_t *)words, sizeof words - 1, 0, false};

    finding_words(&t, f);
    words[t.n] = '\0';
    for (size_t k = 0; k < w->result->n_kept; k++)
        if (strcmp(w->result->checks[k].clause->id, f->clause) == 0 &&
            w->result->checks[k].verdict == VERDICT_FAIL)
            return;
    world_check(w, f->clause, VERDICT_FAIL, words, (struct span){0}, "", frames, n);
}

static void on_finding(void *ctx, const struct watch_finding *f)
{
    uint32_t frames[WATCH_RELATED + 1];
    size_t n = 0;

    if (f->by != BY_IUT)
        return;
    for (size_t i = 0; i < f->n_related; i++)
        frames[n++] = f->related[i];
    if (f->frame)
        frames[n++] = f->frame;
    world_finding(ctx, &f->f, frames, n);
}

/* In the simulator nothing was before and nothing is lost on the way; live, only what is on this machine
 * is that near, and an IUT may remember earlier cases. */
static struct watch_options options(const struct world *w)
{
    if (w->sim)
        return (struct watch_options){.origin = true, .beside = true};
    const struct addr *a = &w->o->target;
    bool loopback = w->o->own || (a->family == 4   ? a->ip[0] == 127
                                  : a->family == 6 ? a->ip[15] == 1 && a->ip[0] == 0
                                                   : true);
    return (struct watch_options){.beside = loopback, .slack_us = 100000};
}

/* Watchers of earlier cases of this process, for those that come: their memory is there already. */
static struct kept {
    struct watch *watch;
    struct watch_options o;
} kept[COUNT(((struct world *)0)->watches)];

static struct watch *watch_again(const struct watcher_class *cls, const struct watch_options *o)
{
    for (size_t i = 0; i < COUNT(kept); i++) {
        struct watch *again = kept[i].watch;
        const struct watch_options *k = &kept[i].o;
        if (!again || watch_class(again) != cls || k->origin != o->origin ||
            k->beside != o->beside || k->slack_us != o->slack_us)
            continue;
        kept[i].watch = NULL;
        watch_reset(again);
        return again;
    }
    return watch_new(cls, 1024, o);
}

static void watch_keep(const struct world *w, struct watch *watch)
{
    for (size_t i = 0; watch && i < COUNT(kept); i++)
        if (!kept[i].watch) {
            kept[i] = (struct kept){watch, options(w)};
            return;
        }
    watch_free(watch);
}

static struct watch *watch_for(struct world *w, const struct watcher_class *cls)
{
    for (size_t i = 0; i < COUNT(w->watches); i++) {
        if (w->watches[i] && watch_class(w->watches[i]) == cls)
            return w->watches[i];
        if (!w->watches[i]) {
            struct watch_options o = options(w);
            return w->watches[i] = watch_again(cls, &o);
        }
    }
    return NULL;
}

/* ---- what an actor sends later than it says so ---- */

enum { LATER_MAX = 16, LATER_OCTETS = 4096 };
static struct later { /* a process runs one case at a time */
    const struct codec *codec;
    struct watch_seen s;
    uint8_t octets[LATER_OCTETS];
} later[LATER_MAX];
static size_t n_later;
static bool blind; /* there was no room: the rest of the case is not watched */

/* Show octets to all watchers of a codec. */
static void show(struct world *w, const struct codec *codec, const struct watch_seen *s)
{
    const struct watcher_class *cls;

    for (size_t i = 0; (cls = watcher_of(codec, i)); i++) {
        struct watch *watch = watch_for(w, cls);
        struct watch_seen m = *s;
        if (cls->also &&
            !s->stream) /* two codecs, two flows: RTP and RTCP of one party explain each other */
            m.flow &= ~(uint64_t)UINT32_MAX;
        if (watch)
            watch_octets(watch, &m, &(struct watch_sink){.finding = on_finding, .ctx = w});
    }
}

static void put_off(const struct codec *codec, const struct watch_seen *s)
{
    struct later *l = &later[n_later];

    blind |= n_later == LATER_MAX || s->octets.n > LATER_OCTETS;
    if (blind)
        return;
    l->codec = codec;
    l->s = *s;
    if (s->octets.n)
        memcpy(l->octets, s->octets.p, s->octets.n);
    l->s.octets.p = l->octets;
    n_later++;
}

/* Show what was sent by now, in the order of time. */
static void catch_up(struct world *w, uint64_t now_us)
{
    for (;;) {
        size_t first = 0;
        for (size_t i = 1; i < n_later; i++)
            if (later[i].s.now_us < later[first].s.now_us)
                first = i;
        if (n_later == 0 || blind || later[first].s.now_us > now_us)
            return;
        show(w, later[first].codec, &later[first].s);
        n_later--;
        for (size_t i = first; i < n_later; i++) {
            later[i] = later[i + 1];
            later[i].s.octets.p = later[i].octets;
        }
    }
}

void world_watch(void *ctx, const struct packet *pk)
{
    struct world *w = ctx;
    const struct actor *a = party_owner(pk->party);
    const struct codec *codec =
        a && a != &w->actors[0] && !w->skipped ? codec_named(a->protocol) : NULL;
    struct watch_seen s = {.now_us = pk->now_us,
                           .stream = pk->stream,
                           .by = pk->out ? BY_ACTOR : BY_IUT,
                           .octets = pk->data,
                           .frame = pk->frame};

    if (!watcher_of(codec, 0) ||
        w->o->impair) /* what an IUT sent is not what comes through a bad network */
        return;
    s.flow = (uint64_t)(a - w->actors) << 32 | pk->flow;
    if (!pk->stream) /* the actor's own address is not always known; its flow is */
        *(pk->out ? &s.to : &s.from) = *pk->remote;
    else /* the directions have to differ all the same */
        (pk->out ? &s.to : &s.from)->port = 1;
    catch_up(w, w->d->now_us);
    if (s.now_us > w->d->now_us)
        put_off(codec, &s);
    else if (!blind)
        show(w, codec, &s);
}

void world_watch_end(struct world *w)
{
    for (size_t i = 0; i < COUNT(w->watches); i++) {
        if (w->watches[i] && !w->skipped && !blind)
            watch_end(w->watches[i], &(struct watch_sink){.finding = on_finding, .ctx = w});
        watch_keep(w, w->watches[i]);
        w->watches[i] = NULL;
    }
    n_later = 0;
    blind = false;
}
