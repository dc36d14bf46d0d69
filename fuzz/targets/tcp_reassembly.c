/* fuzz/targets/tcp_reassembly.c - segments in any order. Input: an octet of settings, then steps of six octets each:
 * what it is, where in the stream (two octets), how long, how much the capture left out, more.
 *
 * Even settings: segments are cut from a stream that is known, so what comes out is that stream, and no difference is
 * told; where no gap was given up, all of it comes out once all of it has come. Odd settings: octets, numbers and
 * flags are anything. In both, octets come out once and in order, and what is held stays within its limits. */
#include "fuzz/engine/target.h"
#include "harness/replay/tcp.h"

enum { STREAM = 8192, STEP = 6, LIMIT = 4096 };

struct world {
    struct tcp_pool pool;
    struct tcp *t;
    bool known, ignored;
    uint64_t off[2], ended[2];
    uint32_t frame, isn;
    uint64_t now;
    unsigned notes[TCP_FULL + 1][2];
};

static uint8_t stream_octet(unsigned side, uint64_t off)
{
    return (uint8_t)((off * 2654435761u >> 7) + side * 77);
}

static void octets(void *user, const struct tcp_octets *o)
{
    struct world *w = user;

    require(o->side < 2 && o->data.n > 0 && o->data.n <= STREAM, "a run is empty or too long");
    require(o->off == w->off[o->side] + o->gap, "octets come twice or out of order");
    require(o->frame <= o->now_frame && o->now_frame <= w->frame, "frames are not in order");
    for (size_t i = 0; w->known && i < o->data.n; i++)
        require(o->data.p[i] == stream_octet(o->side, o->off + i), "an octet is not the stream's");
    w->off[o->side] = o->off + o->data.n;
}

static void note(void *user, const struct tcp_note *n)
{
    struct world *w = user;

    if (n->kind == TCP_ANEW) {
        require(!w->known, "a connection begins anew without a SYN");
        memset(w->notes, 0, sizeof w->notes);
        w->off[0] = w->off[1] = 0;
        return;
    }
    require(++w->notes[n->kind][n->side] <= TCP_TOLD_MAX, "a note is told too often");
    if (n->kind == TCP_ENDED) {
        require(w->ignored || n->off == w->off[n->side] + n->arg[0],
                "the end is not behind the last octets");
        w->ended[n->side] = n->off;
    }
    if (n->what) {
        uint8_t text[256];
        struct wr words = {.p = text, .cap = sizeof text};
        const struct finding f = {.what = n->what, .arg = {n->arg[0], n->arg[1]}};
        finding_words(&words, &f);
        require(!words.full, "a note is long");
    }
}

static void give(struct world *w, struct tcp_segment *s, const uint8_t *p, size_t n)
{
    struct fence f = fence_copy(p, n);
    size_t limit = w->pool.limit ? w->pool.limit : TCP_BUDGET;

    s->data = fence_span(&f);
    s->frame = ++w->frame;
    s->time_ns = w->now;
    tcp_segment(w->t, s);
    fence_free(&f);
    require(w->pool.used <= limit, "more is held than the limit");
    require((w->pool.used == 0) == (w->pool.first == NULL), "the list of those that hold is wrong");
}

/* Octets of the stream from `off` on; those of them that the capture left out are `missing`. */
static void cut_out(struct world *w, unsigned side, size_t off, size_t n, size_t missing,
                    uint8_t flags, uint32_t ack)
{
    uint8_t text[STREAM];

    n = n < STREAM - off ? n : STREAM - off;
    missing = missing < n ? missing : n;
    for (size_t i = 0; i < n; i++)
        text[i] = stream_octet(side, off + i);
    struct tcp_segment s = {.side = side,
                            .seq = w->isn + 1 + (uint32_t)off,
                            .ack = ack,
                            .flags = flags,
                            .window = (uint16_t)(n % 7),
                            .missing = (uint32_t)missing};
    give(w, &s, text, n - missing);
}

static void step_known(struct world *w, const uint8_t *p)
{
    unsigned side = p[0] & 1;
    size_t off = get_u16(p + 1) % STREAM, n = (size_t)p[3] * (p[0] & 2 ? 8 : 1);
    uint32_t ack = w->isn + 1 + (uint32_t)(get_u16(p + 4) % STREAM);

    if (p[0] & 4)
        w->now += (uint64_t)p[5] * 100000000;
    cut_out(w, side, off, n, p[0] & 8 ? p[4] : 0, p[0] & 16 ? TCP_ACK : 0, ack);
}

static void step_any(struct world *w, const uint8_t *p)
{
    uint8_t text[512];
    size_t n = p[3] * 2u;
    uint32_t seq = w->isn + (uint32_t)((int16_t)get_u16(p + 1)) * (p[5] & 1 ? 65537u : 1u);
    struct tcp_segment s = {.side = p[0],
                            .seq = seq,
                            .ack = w->isn + p[4],
                            .flags = p[0] >> 1,
                            .window = p[5] >> 4,
                            .missing = p[5] & 2 ? p[4] * 300u : 0};

    for (size_t i = 0; i < n; i++)
        text[i] = (uint8_t)(p[i % STEP] + i);
    if (p[5] & 4)
        w->now += (uint64_t)p[4] * 1000000000;
    if ((p[5] & 0xf8) == 0xf8) {
        tcp_ignore(w->t, p[0] & 1);
        w->ignored = true;
    }
    give(w, &s, text, n);
}

/* All that is missing comes: what is left of the stream comes out. */
static void complete(struct world *w)
{
    const struct tcp_counts *c = &w->pool.counts;
    uint64_t gaps = c->gaps;

    w->now = 0; /* no gap has been open for long */

    for (unsigned side = 0; side < 2; side++) {
        for (size_t at = 0; at < STREAM; at += 1024)
            cut_out(w, side, at, 1024, 0, at + 1024 == STREAM ? TCP_FIN : 0, 0);
        require(w->ended[side] == STREAM, "octets that have come do not come out");
    }
    require(w->pool.used == 0, "octets are held behind the end");
    require(c->gaps == gaps, "a gap is told that is none");
    require(c->octets + c->gap_octets + c->cut_octets == 2 * STREAM, "octets are lost");
    require(c->differing == 0, "a difference is told that is none");
}

static void one(const uint8_t *p, size_t n)
{
    uint8_t setting = n ? p[0] : 0;
    struct world w = {.known = !(setting & 1), .isn = 0xfffffc00u + (setting >> 4) * 64};

    w.pool.sink = (struct tcp_sink){octets, note};
    w.pool.limit = setting & 2 ? LIMIT : 0;
    w.t = tcp_new(&w.pool, &w);
    require(w.t, "no memory");
    for (unsigned side = 0; side < 2 && (w.known || setting & 4); side++) {
        struct tcp_segment s = {.side = side, .seq = w.isn, .flags = TCP_SYN, .window = 1};
        give(&w, &s, NULL, 0);
    }
    for (size_t at = 1; at + STEP <= n; at += STEP)
        (w.known ? step_known : step_any)(&w, p + at);
    if (w.known)
        complete(&w);
    tcp_end(w.t, w.frame, w.now);
    require(w.pool.used == 0 && !w.pool.first && !w.pool.last, "octets are held behind the end");
    tcp_free(w.t);
}

const struct target tcp_reassembly_target = {
    .name = "tcp_reassembly", .one = one, .max_len = 1024, .weight = 1, .dict = NULL};
