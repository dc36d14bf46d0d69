/* fuzz/targets/capture_frames.c - any frames: the short way down and the long one agree, and the engine says the same
 * with one job and with three. Input: frames, each a LINKTYPE and a length of two octets each, then its octets. */
#include "fuzz/engine/target.h"
#include "harness/replay/engine.h"
#include "harness/replay/packet.h"
#include "harness/replay/layers.h"

enum { TEXT = 1 << 20 };

struct out {
    uint8_t *p;
    size_t n;
};

static bool next(struct rd *r, uint16_t *link, struct span *octets)
{
    uint16_t n;
    return rd_u16(r, link) && rd_u16(r, &n) && rd_take(r, n < rd_left(r) ? n : rd_left(r), octets);
}

/* Both ways from a frame at the edge of an unreadable page. */
static void ways(struct layers *l, const struct capfile_frame *f)
{
    struct packet k = {0};
    const struct capread_datagram *d = &l->datagram;
    enum quick got = quick_packet(f, &k);

    layers_frame(l, f);
    if (got == QUICK_NO)
        return;
    require(l->n_problems == 0, "the short way saw no problem");
    require((got == QUICK_PACKET) == (l->found || l->segment), "the short way saw another packet");
    if (got != QUICK_PACKET)
        return;
    require(k.p == d->payload.p && k.n == d->payload.n && k.missing == d->missing,
            "the short way saw another payload");
    require(k.sport == d->src.port && k.dport == d->dst.port &&
                ((k.flags & PACKET_TCP) != 0) == l->segment,
            "the short way saw other ports");
}

static void message(void *ctx, struct wr *w, const struct engine_message *m)
{
    (void)ctx;
    wr_dec(w, m->frame);
    wr_text(w, m->layers);
    addr_text(w, &m->src);
    wr_dec(w, m->fs->n);
    field_json(w, m->codec->view, m->view);
}

static void problem(void *ctx, const char *file, const struct capread_problem *p)
{
    struct out *o = ctx;
    (void)file;
    if (o->n < TEXT)
        o->p[o->n++] = (uint8_t)(p->frame + p->off);
}

static bool text(void *ctx, struct span s)
{
    struct out *o = ctx;
    size_t n = s.n < TEXT - o->n ? s.n : TEXT - o->n;
    memcpy(o->p + o->n, s.p, n);
    o->n += n;
    return true;
}

static void engine(struct engine *e, struct span in)
{
    struct rd r = rd_of(in);
    struct span octets;
    uint16_t link;

    engine_begin(e, "x");
    for (uint64_t now = 0; next(&r, &link, &octets); now += 20000000) {
        engine_push(e, link & 0x3fff, now, octets, (uint32_t)octets.n + (link & 0x4000 ? 100 : 0));
        if (link & 0x8000)
            engine_flush(e);
    }
    engine_end(e);
}

static void one(const uint8_t *p, size_t n)
{
    static struct out out[2];
    static struct engine *e[2];
    static struct layers l;
    struct rd r = rd_of((struct span){p, n});
    struct span octets;
    uint16_t link;

    for (unsigned i = 0; i < 2 && !e[i]; i++) {
        const struct engine_options o = {.jobs = i ? 3 : 1, .flows = 256};
        const struct engine_sink sink = {
            .ctx = &out[i], .message = message, .problem = problem, .text = text};
        out[i].p = need(TEXT);
        e[i] = engine_new(&o, &sink);
        require(e[i], "no engine");
    }
    if (!l.frags)
        l.frags = frags_new();
    while (frags_left(l.frags))
        ;
    for (uint32_t i = 1; next(&r, &link, &octets); i++) {
        struct fence f = fence_copy(octets.p, octets.n);
        const struct capfile_frame frame = {.number = i,
                                            .link = link & 0x3fff,
                                            .octets = fence_span(&f),
                                            .original =
                                                (uint32_t)octets.n + (link & 0x4000 ? 100 : 0)};
        ways(&l, &frame);
        fence_free(&f);
    }
    for (unsigned i = 0; i < 2; i++) {
        out[i].n = 0;
        engine(e[i], (struct span){p, n});
    }
    require(out[0].n == out[1].n && memcmp(out[0].p, out[1].p, out[0].n) == 0,
            "three jobs say something else than one");
}

const struct target capture_frames_target = {.name = "capture_frames",
                                             .one = one,
                                             .max_len = 4096,
                                             .weight = 1,
                                             .dict = NULL,
                                             .seeds = "capframes"};
