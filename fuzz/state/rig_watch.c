/* fuzz/state/rig_watch.c - showing a watcher what an endpoint does. */
#include <stdio.h>
#include "fuzz/engine/target.h"
#include "fuzz/state/rig_watch.h"
#include "harness/core/registry.h"

enum { LIMIT = 512, WATCHES = 4 };

static struct watch *watches[WATCHES]; /* a target is one thread; NULL: the protocol has no more */

static void on_finding(void *ctx, const struct watch_finding *f)
{
    uint8_t words[256];
    struct wr w = {words, sizeof words, 0, false};

    (void)ctx;
    if (f->by != RIG_ENDPOINT || !level_strict(f->f.level))
        return;
    finding_words(&w, &f->f);
    fprintf(stderr, "finding: %s %.*s\n", f->f.clause, (int)w.n, (const char *)words);
    require(false, "the watcher has a finding on what the endpoint sent");
}

static const struct watch_sink sink = {.finding = on_finding};

void rig_watch_begin(const struct codec *codec)
{
    static const struct watch_options beside = {.origin = true, .beside = true};
    const struct watcher_class *cls;

    for (size_t i = 0; i < WATCHES && (cls = watcher_of(codec, i)); i++)
        if (watches[i] && watch_class(watches[i]) == cls)
            watch_reset(watches[i]);
        else
            watches[i] = watch_new(cls, LIMIT, &beside);
}

void rig_watch_show(uint64_t now_us, const struct rig_flow *f, const struct addr *remote,
                    enum rig_by by, struct span octets)
{
    struct watch_seen s = {
        .now_us = now_us, .flow = f->id, .stream = f->stream, .by = (uint8_t)by, .octets = octets};
    struct addr *other = by == RIG_PEER ? &s.from : &s.to;

    *other = *remote;
    if (f->stream && !other->family) /* the directions have to differ all the same */
        other->port = 1;
    for (size_t i = 0; i < WATCHES && watches[i]; i++)
        watch_octets(watches[i], &s, &sink);
}

void rig_watch_end(void)
{
    for (size_t i = 0; i < WATCHES && watches[i]; i++)
        watch_end(watches[i], &sink);
}
