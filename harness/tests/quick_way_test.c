/* harness/tests/quick_way_test.c - the quick way of the engine says what the long one says: packets in and out of order
 * go to an engine that may take it, and to one that has to show each message; counts, facts, findings and figures of
 * all streams are the same. */
#include "codecs/rtp/rtcp.h"
#include "harness/core/test.h"
#include "harness/replay/engine_impl.h"
#include "harness/watch/rtp/rtp_watch.h"

enum { STREAMS = 12, TURNS = 4000, FINDINGS = 4096 };

struct source {
    uint16_t sequence;
    uint32_t timestamp, ssrc;
    uint8_t type;
};
struct seen { /* what one engine made of it */
    struct engine *e;
    size_t n, shown;
    struct {
        uint32_t frame;
        char clause[32];
    } v[FINDINGS];
};
static uint32_t state;

static uint32_t chance(uint32_t below)
{
    state = state * 1664525u + 1013904223u;
    return (state >> 8) % below;
}

static void on_message(void *ctx, struct wr *w, const struct engine_message *m)
{
    struct seen *s = ctx;

    (void)w;
    s->shown++;
    for (size_t i = 0; i < findings_kept(m->fs) && s->n < FINDINGS; i++) {
        s->v[s->n].frame = m->frame;
        snprintf(s->v[s->n].clause, sizeof s->v->clause, "%s", m->fs->v[i].clause);
        s->n++;
    }
}

/* ---- packets ---- */

static void push(struct seen *both[2], uint64_t now_ns, unsigned stream, unsigned port,
                 struct span payload)
{
    uint8_t p[512] = {0x45, 0, 0, 0, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2};
    bool back = stream & 1;

    put_u16(p + 2, (uint16_t)(28 + payload.n));
    p[15] = back ? 2 : 1;
    p[19] = back ? 1 : 2;
    put_u16(p + 20, (uint16_t)(20000 + stream / 4 * 2 + port));
    put_u16(p + 22, (uint16_t)(20000 + stream / 4 * 2 + port));
    put_u16(p + 24, (uint16_t)(8 + payload.n));
    memcpy(p + 28, payload.p, payload.n);
    for (size_t i = 0; i < 2; i++)
        engine_push(both[i]->e, 101, now_ns, (struct span){p, 28 + payload.n},
                    (uint32_t)(28 + payload.n));
}

/* A packet of the stream: mostly the next one, at times anything else. */
static void media(struct seen *both[2], struct source *s, unsigned stream, uint64_t now_ns)
{
    uint8_t p[64];
    struct wr w = {p, sizeof p, 0, false};
    uint32_t odd = chance(120);
    bool extension = odd == 1, padding = odd == 2, marker = odd == 3;
    uint16_t sequence = s->sequence;

    if (odd == 4)
        s->sequence = sequence = (uint16_t)(sequence + 1 + chance(40)); /* lost */
    else if (odd == 5)
        sequence = (uint16_t)(sequence - 1 - chance(60)); /* late or again */
    else if (odd == 6)
        s->sequence = sequence = (uint16_t)chance(65536); /* elsewhere */
    else if (odd == 7)
        s->timestamp -= chance(20000);
    else if (odd == 8)
        s->type = chance(2) ? 0 : 101;
    else if (odd == 9)
        s->ssrc ^= 1;
    wr_u8(&w, (uint8_t)(0x80 | extension << 4 | padding << 5));
    wr_u8(&w, (uint8_t)(marker << 7 | s->type));
    wr_u16(&w, sequence);
    wr_u32(&w, s->timestamp);
    wr_u32(&w, s->ssrc);
    if (extension)
        wr_u64(&w, 0xbede000110000000u);
    for (uint32_t n = s->type == 101 ? 0 : chance(24); n; n--)
        wr_u8(&w, (uint8_t)chance(256));
    if (s->type == 101)
        wr_u32(&w, 0x050a0000 + chance(400));
    if (padding)
        wr_u8(&w, 1);
    if (sequence == s->sequence)
        s->sequence++;
    s->timestamp += 160;
    push(both, now_ns, stream, 0, wr_span(&w));
}

static void report(struct seen *both[2], const struct source *s, unsigned stream, uint64_t now_ns)
{
    uint8_t p[64];
    struct wr w = {p, sizeof p, 0, false};

    wr_u32(&w, 0x80c80006);
    wr_u32(&w, s->ssrc);
    wr_u32(&w, (uint32_t)(now_ns / 1000000000u));
    wr_u32(&w, chance(1000));
    wr_u32(&w, s->timestamp);
    wr_u32(&w, chance(3000));
    wr_u32(&w, chance(300000));
    if (chance(30) == 0) {
        wr_u32(&w, 0x81cb0001);
        wr_u32(&w, s->ssrc);
    }
    push(both, now_ns, stream, 1, wr_span(&w));
}

/* ---- comparing ---- */

static void same_findings(const struct seen *a, const struct seen *b)
{
    CU_ASSERT_EQUAL_FATAL(a->n, b->n);
    for (size_t i = 0; i < a->n; i++) {
        CU_ASSERT_EQUAL(a->v[i].frame, b->v[i].frame);
        CU_ASSERT_STRING_EQUAL(a->v[i].clause, b->v[i].clause);
    }
}

static void same_sums(const struct seen *a, const struct seen *b)
{
    struct engine_protocol pa[ENGINE_PROTOCOLS_MAX], pb[ENGINE_PROTOCOLS_MAX];
    struct watch_sum fa[WATCH_FACTS_MAX], fb[WATCH_FACTS_MAX];
    size_t n = engine_protocols(a->e, pa);

    CU_ASSERT_EQUAL_FATAL(engine_protocols(b->e, pb), n);
    for (size_t i = 0; i < n; i++) {
        CU_ASSERT_EQUAL(pa[i].messages, pb[i].messages);
        CU_ASSERT_EQUAL(pa[i].octets, pb[i].octets);
        for (int l = 0; l < ENGINE_LEVELS; l++)
            CU_ASSERT_EQUAL(pa[i].findings[l], pb[i].findings[l]);
    }
    CU_ASSERT_PTR_NOT_NULL(engine_facts(a->e, &rtp_codec, 0, fa));
    CU_ASSERT_PTR_NOT_NULL(engine_facts(b->e, &rtp_codec, 0, fb));
    for (size_t i = 0; i < WATCH_FACTS_MAX; i++) {
        CU_ASSERT_EQUAL(fa[i].n, fb[i].n);
        CU_ASSERT_EQUAL(fa[i].total, fb[i].total);
        CU_ASSERT_EQUAL(fa[i].least, fb[i].least);
        CU_ASSERT_EQUAL(fa[i].most, fb[i].most);
    }
}

/* All that is kept of each stream but pointers; what `keep` leaves out is not kept by `a`. */
static size_t same_streams(const struct seen *a, const struct seen *b, bool all)
{
    const struct watch *wa = engine_watch(a->e, 0, &rtp_codec),
                       *wb = engine_watch(b->e, 0, &rtp_codec);
    const struct rtp_stream *sb = NULL;
    size_t n = 0;

    CU_ASSERT_FATAL(wa && wb);
    for (const struct rtp_stream *sa = NULL; (sa = rtp_streams_next(wa, sa)); n++) {
        struct rtp_figures fa, fb;
        sb = rtp_streams_next(wb, sb);
        CU_ASSERT_PTR_NOT_NULL_FATAL(sb);
        rtp_stream_figures(sa, &fa);
        rtp_stream_figures(sb, &fb);
        if (all) {
            CU_ASSERT_EQUAL(fa.max_skew_ms, 0);
            CU_ASSERT_TRUE(fb.packets < 10 || fb.tshark.deltas);
        }
        CU_ASSERT_EQUAL(fa.packets, fb.packets);
        CU_ASSERT_EQUAL(fa.lost, fb.lost);
        CU_ASSERT_EQUAL(fa.spurts, fb.spurts);
        CU_ASSERT_EQUAL(fa.last_frame, fb.last_frame);
        CU_ASSERT_EQUAL(fa.max_delta_frame, fb.max_delta_frame);
        CU_ASSERT_EQUAL(fa.jitters, fb.jitters);
        CU_ASSERT_DOUBLE_EQUAL(fa.mean_jitter_ms, fb.mean_jitter_ms, 0);
        CU_ASSERT_DOUBLE_EQUAL(fa.mean_delta_ms, fb.mean_delta_ms, 0);
        CU_ASSERT_DOUBLE_EQUAL(fa.min_delta_ms, fb.min_delta_ms, 0);
        CU_ASSERT_EQUAL(fa.payload_octets, fb.payload_octets);
        CU_ASSERT_EQUAL(fa.octets, fb.octets);
        CU_ASSERT_EQUAL(fa.valid, fb.valid);
        CU_ASSERT_EQUAL(fa.highest_sequence, fb.highest_sequence);
        CU_ASSERT_EQUAL(sa->part, sb->part);
        CU_ASSERT_EQUAL(sa->in_row, sb->in_row);
        CU_ASSERT_EQUAL(sa->timestamp, sb->timestamp);
        CU_ASSERT_EQUAL(sa->ordered_time, sb->ordered_time);
        CU_ASSERT_EQUAL(sa->now_us, sb->now_us);
        CU_ASSERT_EQUAL(sa->taken_us, sb->taken_us);
        CU_ASSERT_EQUAL(sa->touched, sb->touched);
        CU_ASSERT_EQUAL(sa->window[0], sb->window[0]);
        CU_ASSERT_EQUAL(sa->window[1], sb->window[1]);
        CU_ASSERT_EQUAL(memcmp(sa->recent, sb->recent, sizeof sa->recent), 0);
        CU_ASSERT_EQUAL(fa.reported.lost_here, fb.reported.lost_here);
    }
    CU_ASSERT_PTR_NULL(rtp_streams_next(wb, sb));
    return n;
}

/* Whether the engine remembers places of its flows, without which there is no quick way. */
static bool placed(const struct engine *e)
{
    const struct flows *t = &e->parts[0].flows;

    for (size_t i = 0; i <= t->mask; i++)
        if (t->v[i].bits & FLOW_PLACED)
            return true;
    return false;
}

/* The quick way on one side, `other` on the other; returns how many messages the first was shown. */
static size_t run(const struct engine_options *other, uint32_t seed, bool all)
{
    static struct seen quick, slow;
    struct seen *both[2] = {&quick, &slow};
    const struct engine_options o = {
        .keep = WATCH_BRIEF, .faulty = true, .known = "101=telephone-event/8000"};
    struct source v[STREAMS];
    uint64_t now = 1700000000000000000u;

    state = seed;
    for (size_t i = 0; i < 2; i++) {
        both[i]->n = both[i]->shown = 0;
        both[i]->e = engine_new(i ? other : &o,
                                &(struct engine_sink){.ctx = both[i], .message = on_message});
        CU_ASSERT_PTR_NOT_NULL_FATAL(both[i]->e);
        engine_begin(both[i]->e, "pushed");
    }
    for (size_t i = 0; i < STREAMS; i++)
        v[i] = (struct source){(uint16_t)(65000 + chance(600)), chance(1 << 30),
                               0x1000 + (uint32_t)i / 3, 0};
    for (unsigned turn = 0; turn < TURNS; turn++) {
        unsigned i = chance(STREAMS);
        now += chance(200) == 0 ? chance(3000) * 1000000u : 1000000u + chance(3000) * 1000u;
        now -= chance(300) == 0 ? chance(1500) * 1000000u : 0;
        media(both, &v[i], i, now);
        if (chance(60) == 0)
            report(both, &v[i], i, now);
    }
    engine_end(quick.e);
    engine_end(slow.e);
    CU_ASSERT_TRUE(placed(quick.e));
    CU_ASSERT_FALSE(placed(slow.e));
    same_findings(&quick, &slow);
    same_sums(&quick, &slow);
    CU_ASSERT_TRUE(same_streams(&quick, &slow, all) >= STREAMS);
    engine_free(quick.e);
    engine_free(slow.e);
    return quick.shown;
}

static void test_same(void)
{
    const struct engine_options shown = {.keep = WATCH_BRIEF, .known = "101=telephone-event/8000"};
    size_t told = 0;

    for (uint32_t seed = 1; seed <= 20; seed++)
        told += run(&shown, seed, false);
    CU_ASSERT_TRUE(told > 0); /* there was something to find */
}

static void test_kept(void)
{
    const struct engine_options all = {.known = "101=telephone-event/8000"};

    for (uint32_t seed = 1; seed <= 5; seed++)
        run(&all, seed, true);
}

TESTS({"same", test_same}, {"kept", test_kept})
