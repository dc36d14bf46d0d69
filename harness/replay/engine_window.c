/* harness/replay/engine_window.c - from octets of a file to packets in a window. */
#include <stdio.h>
#include <stdlib.h>
#include "harness/core/pages.h"
#include "harness/replay/engine_impl.h"

bool window_init(struct window *w, unsigned parts)
{
    *w = (struct window){.room = pages_new(sizeof *w->room)};
    w->shares = engine_apart(parts, sizeof *w->shares);
    if (!w->room || !w->shares)
        return false;
    for (unsigned i = 0; i < parts; i++)
        if (!(w->shares[i].mine = malloc(ENGINE_FRAMES * sizeof *w->shares[i].mine)))
            return false;
    w->buf = w->room->buf;
    w->frames = w->room->frames;
    w->packets = w->room->packets;
    w->slow = w->room->slow;
    return true;
}

void window_clear(struct window *w, unsigned parts)
{
    for (size_t i = 0; i < w->n_asides; i++)
        free(w->asides[i]);
    for (unsigned i = 0; i < parts; i++) {
        struct share *s = &w->shares[i];
        for (struct aside *a = s->held, *next; a; a = next) {
            next = a->next;
            free(a);
        }
        s->held = NULL;
        s->n_mine = s->n_events = s->n_problems = s->n_early = 0;
        s->text.n = 0;
        s->text.full = false;
    }
    w->comments.n = w->remarks.n = 0;
    w->n = w->n_slow = w->n_problems = w->n_asides = w->used = 0;
    w->last = false;
    w->counts = (struct capread_counts){0};
    w->parts_done = 0;
}

void window_free(struct window *w, unsigned parts)
{
    if (w->shares)
        window_clear(w, parts);
    for (unsigned i = 0; w->shares && i < parts; i++) {
        free(w->shares[i].mine);
        free(w->shares[i].text.p);
        free(w->shares[i].events);
        free(w->shares[i].problems);
        free(w->shares[i].early);
    }
    free(w->shares);
    free(w->asides);
    free(w->problems);
    free(w->comments.v);
    free(w->remarks.v);
    pages_free(w->room, sizeof *w->room);
}

/* ---- read ---- */

void engine_take_comment(void *ctx, const struct capread_comment *c)
{
    struct engine *e = ctx;
    bool of_frame = c->of == CAPREAD_FRAME;
    struct comments *to = of_frame ? &e->into->comments : &e->into->remarks;

    if (of_frame ? !e->sink.message : !e->sink.comment)
        return;
    void *v = engine_room(to->v, to->n, &to->cap, sizeof *to->v);
    if (!v) {
        e->stop = true;
        return;
    }
    to->v = v;
    to->v[to->n++] = *c;
}

void step_read(struct engine *e, struct window *w)
{
    enum capread_item got = CAPREAD_DATAGRAM;

    w->serial = e->serial_window++;
    e->file.secrets = engine_take_secrets;
    e->file.comment = e->sink.message || e->sink.comment ? engine_take_comment : NULL;
    e->file.ctx = e;
    e->into = w;
    capfile_window(&e->file, w->buf, ENGINE_WINDOW);
    while (w->n < ENGINE_FRAMES && got == CAPREAD_DATAGRAM) {
        w->n += capfile_some(&e->file, &w->frames[w->n], ENGINE_FRAMES - w->n);
        if (w->n < ENGINE_FRAMES &&
            (got = capfile_next(&e->file, &w->frames[w->n])) == CAPREAD_DATAGRAM)
            w->n++;
    }
    if (e->o.reached)
        e->o.reached(e->o.reached_ctx, e->file.src.taken, e->file.src.size, e->file.frames);
    if (got == CAPREAD_ERROR) {
        e->error = true;
        snprintf(e->why, sizeof e->why, "%s", e->file.why);
    }
    w->last = got == CAPREAD_END || got == CAPREAD_ERROR;
    if (w->serial == 0 && e->file.kind == CAPFILE_PCAPNG)
        e->keyed = true;
}

/* ---- parse ---- */

static inline void share_out(unsigned parts, struct window *w, size_t i)
{
    struct share *s = w->shares;

    if (parts > 1)
        s += engine_part_of(w->packets[i].hash, parts);
    s->mine[s->n_mine++] = (uint16_t)i;
}

void step_parse(const struct engine *e, struct window *w)
{
    struct capread_counts *c = &w->counts;

    for (size_t i = 0; i < w->n; i++) {
        struct packet *k = &w->packets[i];
        const struct capfile_frame *f = &w->frames[i];
        enum quick got = quick_packet(f, k);
        if (got == QUICK_NO) {
            w->slow[w->n_slow++] = (uint16_t)i;
            k->p = NULL;
            continue;
        }
        c->frames++;
        c->octets += f->octets.n;
        c->cut += f->octets.n < f->original;
        if (got == QUICK_NOTHING) {
            k->p = NULL;
            c->not_ip++;
            continue;
        }
        k->aside = k->flow = 0;
        k->protocol = 0;
        share_out(e->n_parts, w, i);
        c->tcp += (k->flags & PACKET_TCP) != 0;
        c->datagrams += (k->flags & PACKET_TCP) == 0;
    }
}

/* ---- slow: what layers_frame makes of the rest ---- */

static bool problem(struct window *w, const struct capread_problem *p)
{
    return problem_add(&w->problems, &w->n_problems, &w->cap_problems, p);
}

static uint16_t path_id(struct engine *e, const char *text)
{
    size_t i = 0;

    for (; i < e->n_slow_paths; i++)
        if (strcmp(e->slow_paths[i], text) == 0)
            return (uint16_t)(QUICK_PATHS + i);
    if (i + 1 >= ENGINE_SLOW_PATHS || !(e->slow_paths[i] = strdup(text)))
        return ENGINE_PATHS - 1;
    e->n_slow_paths++;
    return (uint16_t)(QUICK_PATHS + i);
}

/* A packet whose addresses, and octets if they were put together, have to be copied. */
static bool take(struct engine *e, struct window *w, struct packet *k)
{
    const struct layers *l = &e->layers;
    const struct capread_datagram *d = &l->datagram;
    size_t copied = d->reassembled ? d->payload.n + l->tcp.n : 0, ip = d->src.family == 6 ? 16 : 4;
    void *v = engine_room(w->asides, w->n_asides, &w->cap_asides, sizeof *w->asides);

    if (!v)
        return false;
    w->asides = v;
    struct aside *a = malloc(sizeof *a + copied);
    if (!a)
        return false;
    w->asides[w->n_asides++] = a;
    a->n_frames = (uint32_t)d->n_frames;
    memcpy(a->frames, d->frames, d->n_frames * sizeof *a->frames);
    memcpy(a->ips, d->src.ip, ip);
    memcpy(a->ips + ip, d->dst.ip, ip);
    *k = (struct packet){.time_ns = d->time_ns,
                         .p = d->payload.p,
                         .ips = a->ips,
                         .n = (uint32_t)d->payload.n,
                         .missing = (uint32_t)d->missing,
                         .frame = d->frame,
                         .aside = (uint32_t)w->n_asides,
                         .sport = d->src.port,
                         .dport = d->dst.port,
                         .path = path_id(e, d->layers)};
    k->head = l->segment ? (uint8_t)l->tcp.n : 0;
    if (d->reassembled) {
        if (l->segment)
            memcpy(a->octets, l->tcp.p, l->tcp.n);
        if (d->payload.n)
            memcpy(a->octets + k->head, d->payload.p, d->payload.n);
        k->p = a->octets + k->head;
    }
    if (!k->p) /* an empty payload at the end of nothing */
        k->p = a->octets;
    k->flags =
        (uint8_t)((d->src.family == 6 ? PACKET_SIX : 0) | (l->segment ? PACKET_TCP : 0) |
                  (d->quoted ? PACKET_QUOTED : 0) | (d->reassembled ? PACKET_REASSEMBLED : 0));
    packet_hash(k);
    return true;
}

/* Again, with those that were found since. */
static void share_anew(const struct engine *e, struct window *w)
{
    for (unsigned i = 0; i < e->n_parts; i++)
        w->shares[i].n_mine = 0;
    for (size_t i = 0; i < w->n; i++)
        if (w->packets[i].p)
            share_out(e->n_parts, w, i);
}

/* What is unfinished at the end of the file. */
static void unfinished(struct engine *e, struct window *w)
{
    for (uint32_t frame; (frame = frags_left(e->layers.frags));) {
        const struct capread_problem p = {
            .frame = frame,
            .what = "the datagram whose fragments begin in frame %u never came whole",
            .arg = {frame}};
        e->layers.counts.abandoned++;
        e->layers.counts.problems++;
        if (!problem(w, &p))
            e->stop = true;
    }
    if (!e->pushed && e->file.odd) { /* of a block behind the last frame */
        const struct capread_problem p = {.frame = e->file.frames,
                                          .what = e->file.odd,
                                          .arg = {e->file.odd_arg[0], e->file.odd_arg[1]}};
        e->layers.counts.problems++;
        if (!problem(w, &p))
            e->stop = true;
    }
}

void step_slow(struct engine *e, struct window *w)
{
    struct layers *l = &e->layers;

    for (size_t i = 0; i < w->n_slow && !e->stop; i++) {
        struct packet *k = &w->packets[w->slow[i]];
        layers_frame(l, &w->frames[w->slow[i]]);
        for (size_t j = 0; j < l->n_problems; j++)
            if (!problem(w, &l->problems[j]))
                e->stop = true;
        if (l->found || l->segment)
            if (!take(e, w, k))
                e->stop = true;
    }
    if (w->n_slow)
        share_anew(e, w);
    if (w->last)
        unfinished(e, w);
}
