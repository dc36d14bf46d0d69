/* harness/replay/engine.c - the engine from outside: files, pushed frames, sums. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "harness/replay/engine_impl.h"

/* ---- begin and end ---- */

void *engine_apart(size_t n, size_t size)
{
    size_t octets = (n * size + ENGINE_APART - 1) / ENGINE_APART * ENGINE_APART;
    void *p = aligned_alloc(ENGINE_APART, octets);

    return p ? memset(p, 0, octets) : NULL;
}

static bool init(struct engine *e)
{
    size_t places = e->o.flows ? e->o.flows : ENGINE_FLOWS;
    unsigned all = e->n_parts + (e->n_parts > 1);

    for (unsigned n = e->n_parts; n > 1 && places > FLOWS_REACH * 2; n /= 2)
        places /= 2;
    e->keys = tlskeys_new(0);
    e->parts = engine_apart(all, sizeof *e->parts);
    e->windows = engine_apart(e->n_windows, sizeof *e->windows);
    e->layers.frags = frags_new();
    if (!e->parts || !e->windows || !e->layers.frags || !e->keys)
        return false;
    for (unsigned i = 0; i < all; i++)
        if (!engine_part_init(&e->parts[i], e, i, i < e->n_parts ? places : FLOWS_REACH))
            return false;
    for (size_t i = 0; i < e->n_windows; i++)
        if (!window_init(&e->windows[i], e->n_parts + 1))
            return false;
    e->serial = &e->parts[all - 1];
    return true;
}

struct engine *engine_new(const struct engine_options *o, const struct engine_sink *sink)
{
    struct engine *e = calloc(1, sizeof *e);

    if (!e)
        return NULL;
    e->o = *o;
    e->sink = *sink;
    e->keylog = o->keylog;
    if (o->keylog.n) {
        uint8_t *copy = malloc(o->keylog.n);
        e->keylog = (struct span){copy, copy ? o->keylog.n : 0};
        if (!copy) {
            free(e);
            return NULL;
        }
        memcpy(copy, o->keylog.p, o->keylog.n);
    }
    e->n_parts = o->ordered || o->jobs == 0  ? 1
                 : o->jobs > ENGINE_JOBS_MAX ? ENGINE_JOBS_MAX
                                             : o->jobs;
    e->n_windows = e->n_parts > 1 ? e->n_parts + ENGINE_AHEAD : 1;
    if (registry_n + known_protocols_n < ENGINE_PROTOCOLS_MAX) {
        engine_watchers(e);
        if (init(e))
            return e;
    }
    engine_free(e);
    return NULL;
}

void engine_free(struct engine *e)
{
    if (!e)
        return;
    for (unsigned i = 0; e->parts && i < e->n_parts + (e->n_parts > 1); i++)
        engine_part_free(&e->parts[i]);
    for (size_t i = 0; e->windows && i < e->n_windows; i++)
        window_free(&e->windows[i], e->n_parts + 1);
    for (size_t i = 0; i < e->n_slow_paths; i++)
        free(e->slow_paths[i]);
    frags_free(e->layers.frags);
    tlskeys_free(e->keys);
    if (e->o.keylog.n)
        free((uint8_t *)(uintptr_t)e->keylog.p);
    free(e->parts);
    free(e->windows);
    free(e->name_own);
    free(e);
}

void engine_take_secrets(void *ctx, uint32_t type, struct span data, uint32_t frame)
{
    struct engine *e = ctx;

    if (type == CAPFILE_SECRETS_TLS)
        tlskeys_add(e->keys, data, frame);
}

/* Keys of the options alone; those of a file before are forgotten. */
static void anew_keys(struct engine *e)
{
    struct tlskeys *keys = tlskeys_new(0);

    e->keyed = e->keylog.n > 0;
    if (keys) {
        tlskeys_free(e->keys);
        e->keys = keys;
    }
    if (e->keyed)
        tlskeys_add(e->keys, e->keylog, 0);
}

static void anew(struct engine *e, const char *name)
{
    struct frags *frags = e->layers.frags;

    while (frags_left(frags))
        ;
    e->layers = (struct layers){.frags = frags};
    e->quick_counts = (struct capread_counts){0};
    for (unsigned i = 0; i < e->n_parts + (e->n_parts > 1); i++)
        engine_part_reset(&e->parts[i]);
    anew_keys(e);
    free(e->name_own);
    e->name_own = strdup(name);
    e->name = e->name_own ? e->name_own : "";
    e->error = false;
    e->stop = false;
    e->serial_window = 0;
}

void engine_part_late(struct part *p, struct share *s, const struct watch_finding *f)
{
    const struct engine_sink *sink = &p->e->sink;
    size_t before = s->text.n;

    p->late[f->f.level]++;
    do {
        s->text.n = before;
        s->text.full = false;
        if (sink->late)
            sink->late(sink->ctx, &s->text, p->e->name, f);
    } while (s->text.full && share_grow(s));
}

/* What only the end shows, said by a part. */
void engine_part_end(struct part *p, struct share *s)
{
    engine_part_watch_end(p);
    for (size_t i = 0; i < p->n_over; i++)
        engine_part_late(p, s, &p->over[i]);
}

/* ---- files ---- */

const char *engine_fd(struct engine *e, int fd, const char *name)
{
    const char *err = NULL;

    anew(e, name);
    if (!capfile_open(&e->file, fd, e->name, &err)) {
        snprintf(e->why, sizeof e->why, "%s: cannot be read: %s", name, err);
        return e->why;
    }
    e->file.src.more = e->o.more;
    e->file.src.ctx = e->o.more_ctx;
    engine_run(e);
    capfile_close(&e->file);
    for (unsigned i = 0; i < e->n_parts; i++)
        if (e->parts[i].failed && !e->error) {
            e->error = true;
            snprintf(e->why, sizeof e->why, "%s: no memory is left", name);
        }
    return e->error ? e->why : NULL;
}

const char *engine_file(struct engine *e, const char *path)
{
    bool standard = strcmp(path, "-") == 0;
    const char *name = standard ? "standard input" : path;
    int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0) {
        anew(e, name);
        snprintf(e->why, sizeof e->why, "%s: cannot be read: %s", name, strerrordesc_np(errno));
        return e->why;
    }
    const char *why = engine_fd(e, fd, name);
    if (!standard)
        close(fd);
    return why;
}

/* ---- frames from elsewhere ---- */

void engine_begin(struct engine *e, const char *name)
{
    anew(e, name);
    e->pushed = &e->windows[0];
    e->pushed_frames = 0;
}

static void work(struct engine *e, struct window *w)
{
    step_parse(e, w);
    step_slow(e, w);
    for (unsigned i = 0; i < e->n_parts; i++)
        step_flows(e, w, i);
    step_merge(e, w);
}

void engine_flush(struct engine *e)
{
    if (e->pushed && e->pushed->n && !e->stop)
        work(e, e->pushed);
}

void engine_push(struct engine *e, uint32_t link, uint64_t time_ns, struct span octets,
                 uint32_t original)
{
    struct window *w = e->pushed;

    octets = span_cut(octets, 0, CAPREAD_FRAME_MAX);
    if (w->n == ENGINE_FRAMES || w->used + octets.n > ENGINE_WINDOW + CAPREAD_FRAME_MAX)
        engine_flush(e);
    if (octets.n)
        memcpy(w->buf + w->used, octets.p, octets.n);
    w->frames[w->n++] = (struct capfile_frame){
        .number = ++e->pushed_frames,
        .link = link,
        .time_ns = time_ns,
        .octets = {w->buf + w->used, octets.n},
        .original = original < octets.n ? (uint32_t)octets.n : original,
    };
    w->used += octets.n;
}

void engine_end(struct engine *e)
{
    if (!e->pushed)
        return;
    e->pushed->last = true;
    if (!e->stop)
        work(e, e->pushed);
    e->pushed = NULL;
}

/* ---- sums ---- */

static unsigned all_parts(const struct engine *e)
{
    return e->n_parts + (e->n_parts > 1);
}

static void add_srtp(struct srtpdec_counts *to, const struct srtpdec *d)
{
    struct srtpdec_counts c;

    srtpdec_counts(d, &c);
    to->opened += c.opened;
    to->again += c.again;
    to->failed += c.failed;
    to->evicted += c.evicted;
}

void engine_counts(const struct engine *e, struct engine_counts *c)
{
    *c = (struct engine_counts){.c = e->layers.counts};
    engine_add_counts(&c->c, &e->quick_counts);
    for (unsigned i = 0; i < all_parts(e); i++) {
        const struct part *p = &e->parts[i];
        c->unknown += p->unknown;
        c->unknown_quoted += p->unknown_quoted;
        c->connections += p->connections + p->streams.again;
        c->streams_evicted += p->streams.evicted;
        c->tls_decrypted += p->streams.secured;
        c->tls_no_key += p->streams.no_key;
        c->tls_not_read += p->streams.not_read;
        c->tls_wrong_key += p->streams.wrong_key;
        c->c.problems += p->streams.problems;
        c->connections_unknown += p->with_data - p->recognised;
        c->flows += p->flows.made;
        c->flows_evicted += p->flows.evicted;
        c->held += p->held_all;
        c->held_lost += p->held_lost;
        c->partial += p->partial;
        c->c.problems += p->problems;
        if (p->srtp)
            add_srtp(&c->srtp, p->srtp);
        for (int l = 0; l < ENGINE_LEVELS; l++)
            c->late[l] += p->late[l];
    }
}

size_t engine_protocols(const struct engine *e, struct engine_protocol *out)
{
    size_t n = 0;

    for (unsigned i = 1; i <= registry_n + known_protocols_n; i++) {
        const struct codec *codec = engine_codec(i);
        if (!codec && !engine_known(i))
            continue;
        struct engine_protocol r = {.name = codec ? codec->name : engine_known(i)->name,
                                    .codec = codec};
        for (unsigned j = 0; j < all_parts(e); j++) {
            const struct sum *s = &e->parts[j].sums[i];
            r.messages += s->messages;
            r.connections += s->connections;
            r.quoted += s->quoted;
            r.octets += s->octets;
            for (int l = 0; l < ENGINE_LEVELS; l++)
                r.findings[l] += s->findings[l];
        }
        if (r.messages || r.connections || r.quoted)
            out[n++] = r;
    }
    return n;
}

static void join(struct watch_sum *to, const struct watch_sum *s)
{
    if (s->n == 0)
        return;
    to->least = to->n == 0 || s->least < to->least ? s->least : to->least;
    to->most = to->n == 0 || s->most > to->most ? s->most : to->most;
    to->n += s->n;
    to->total += s->total;
}

/* The nth watcher of a codec that has seen something, by the registry's row; registry_n: none. */
static size_t row_of(const struct engine *e, const struct codec *codec, size_t n)
{
    for (size_t j = 0; j < registry_n; j++) {
        bool seen = false;
        for (unsigned i = 0; i < all_parts(e) && !seen; i++) {
            const struct watch *w = e->parts[i].watching[j].w;
            seen = w && watch_class(w)->codec == codec;
        }
        if (seen && n-- == 0)
            return j;
    }
    return registry_n;
}

const struct watcher_class *engine_facts(const struct engine *e, const struct codec *codec,
                                         size_t n, struct watch_sum *sums)
{
    size_t row = row_of(e, codec, n);

    memset(sums, 0, WATCH_FACTS_MAX * sizeof *sums);
    for (unsigned i = 0; i < all_parts(e) && row < registry_n; i++)
        for (size_t k = 0; k < WATCH_FACTS_MAX; k++)
            join(&sums[k], &e->parts[i].watching[row].sums[k]);
    return row < registry_n ? registry[row].watch : NULL;
}

const struct watch *engine_watch(const struct engine *e, unsigned worker, const struct codec *codec)
{
    if (worker >= all_parts(e))
        return NULL;
    for (size_t j = 0; j < registry_n; j++) {
        const struct watch *w = e->parts[worker].watching[j].w;
        if (w && watch_class(w)->codec == codec)
            return w;
    }
    return NULL;
}
