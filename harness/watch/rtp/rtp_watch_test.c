/* harness/watch/rtp/rtp_watch_test.c - figures by hand, and each rule on both of its sides: packets.
 *
 * Packets are text: "0:1 20:2 45:3/1000". A step is the time in ms, the sequence number, and flags:
 *   /N  timestamp N (else 160 a number)   pN  payload type N (else 0)    x  other contents
 *   m   marker bit    <  from the other side    sN  SSRC N (else 1)      k  cut
 *   e   with a header extension    oN  flow N */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include "harness/core/registry.h"
#include "harness/core/test.h"
#include "harness/tests/rtp_watch_help.h"

static void run(struct watch *w, const char *text)
{
    uint32_t frame = 1;
    char *end;

    memset(sums, 0, sizeof sums);
    n_found = 0;
    for (const char *s = text; *s; frame++) {
        struct shown p = {.ms = strtod(s, &end), .ssrc = 1};
        p.seq = (uint16_t)strtoul(end + 1, &end, 10);
        p.timestamp = p.seq * 160u;
        for (s = end; *s && *s != ' '; s = end) {
            char flag = *s;
            uint32_t n = strchr("/pso", flag) ? (uint32_t)strtoul(s + 1, &end, 10) : 0;
            end = strchr("/pso", flag) ? end : (char *)(uintptr_t)(s + 1);
            p.timestamp = flag == '/' ? n : p.timestamp;
            p.payload_type = flag == 'p' ? (uint8_t)n : p.payload_type;
            p.ssrc = flag == 's' ? n : p.ssrc;
            p.flow = flag == 'o' ? n : p.flow;
            p.other |= flag == 'x';
            p.marker |= flag == 'm';
            p.back |= flag == '<';
            p.cut |= flag == 'k';
            p.extension |= flag == 'e';
        }
        show_packet(w, &p, frame);
        while (*s == ' ')
            s++;
    }
}

static struct rtp_figures figures_of(const char *text, const struct watch_options *o)
{
    struct watch *w = watch_new(&rtp_watch, 8, o);
    struct rtp_figures f = {0};

    CU_ASSERT_PTR_NOT_NULL_FATAL(w);
    run(w, text);
    if (rtp_streams_next(w, NULL))
        rtp_stream_figures(rtp_streams_next(w, NULL), &f);
    watch_free(w);
    return f;
}

static void sequence(void)
{
    struct rtp_figures f = figures_of("0:1 20:2 40:3", &passing);
    CU_ASSERT_TRUE(f.valid && f.packets == 3 && f.expected == 3 && f.lost == 0 && f.gaps == 0);
    CU_ASSERT_EQUAL(f.octets, 3 * 172);
    CU_ASSERT_EQUAL(f.payload_octets, 3 * 160);
    f = figures_of("0:7", &passing);
    CU_ASSERT_TRUE(!f.valid && f.expected == 1 && f.lost == 0);
    f = figures_of("0:1 20:3", &passing);
    CU_ASSERT_FALSE(f.valid);
    /* wrap: cycles in front, RFC3550:A.1 */
    f = figures_of("0:65534/0 20:65535/160 40:0/320 60:1/480", &passing);
    CU_ASSERT_TRUE(f.expected == 4 && f.lost == 0 && f.missing == 0);
    CU_ASSERT_EQUAL(f.base_sequence, 65534);
    CU_ASSERT_EQUAL(f.highest_sequence, 65537);
    f = figures_of("0:65534 20:1", &passing); /* the wrap itself was lost */
    CU_ASSERT_TRUE(f.expected == 4 && f.lost == 2 && f.highest_sequence == 65537);
    /* loss */
    f = figures_of("0:1 20:2 80:5 100:6 140:8", &passing);
    CU_ASSERT_TRUE(f.expected == 8 && f.lost == 3 && f.missing == 3 && f.gaps == 2);
    CU_ASSERT_EQUAL(f.largest_gap, 2);
    CU_ASSERT_DOUBLE_EQUAL(f.lost_percent, 37.5, 1e-9);
    /* reordering, with a gap that closes; around the wrap; before the first */
    f = figures_of("0:1 20:3 25:2 60:4", &passing);
    CU_ASSERT_TRUE(f.reordered == 1 && f.missing == 0 && f.lost == 0 && f.gaps == 1);
    f = figures_of("0:65535 20:1 25:0 60:2", &passing);
    CU_ASSERT_TRUE(f.reordered == 1 && f.missing == 0 && f.lost == 0 && f.expected == 4);
    f = figures_of("0:10 20:9 40:11", &passing);
    CU_ASSERT_TRUE(f.reordered == 1 && f.missing == 0 && f.lost == -1 && f.expected == 2);
    /* duplicates count as received: RFC3550:A.3 */
    f = figures_of("0:1 20:2 21:2 40:3 60:5", &passing);
    CU_ASSERT_TRUE(f.duplicates == 1 && f.differing == 0 && f.lost == 0 && f.missing == 1);
    f = figures_of("0:1 20:2 40:3 60:2", &passing); /* one further back */
    CU_ASSERT_TRUE(f.duplicates == 1 && f.reordered == 0 && f.lost == -1);
    f = figures_of("0:100 20:150 40:190 60:100 80:150", &passing); /* behind gaps */
    CU_ASSERT_TRUE(f.duplicates == 2 && f.reordered == 0 && f.missing == 49 + 39);
    f = figures_of("0:100 20:190 40:191 60:100 80:101", &passing);
    CU_ASSERT_TRUE(f.duplicates == 1 && f.reordered == 1 && f.missing == 89 - 1);
}

static void jumps(void)
{
    struct rtp_figures f = figures_of("0:1 20:2 40:3001", &passing);
    CU_ASSERT_TRUE(f.missing == RTP_MAX_DROPOUT - 2 && f.strays == 0 && f.expected == 3001);
    f = figures_of("0:1 20:2 40:3002", &passing); /* RTP_MAX_DROPOUT ahead */
    CU_ASSERT_TRUE(f.strays == 1 && f.missing == 0 && f.expected == 2 && f.lost == 0);
    f = figures_of("0:200 20:100", &passing);
    CU_ASSERT_TRUE(f.reordered == 1 && f.strays == 0);
    f = figures_of("0:200 20:99", &passing);
    CU_ASSERT_TRUE(f.reordered == 0 && f.strays == 1);
    /* a second one in a row begins anew, and both count */
    f = figures_of("0:1 20:2 40:4 60:30000 80:30001 100:30003", &passing);
    CU_ASSERT_TRUE(f.restarts == 1 && f.strays == 0 && f.expected == 4 + 4 && f.lost == 2);
    CU_ASSERT_EQUAL(f.base_sequence, 30000);
    CU_ASSERT_EQUAL(f.highest_sequence, 30003);
    f = figures_of("0:1 20:2 40:30000 60:3 80:30001", &passing); /* not in a row, still the next */
    CU_ASSERT_EQUAL(f.restarts, 1);
    f = figures_of("0:1 20:2 40:30000 60:3 80:30002", &passing);
    CU_ASSERT_TRUE(f.restarts == 0 && f.strays == 2 && f.expected == 3);
}

/* By hand: D is 0, then 5 ms late and 5 ms early, each 40 units of 8000 Hz. */
static void timing(void)
{
    struct rtp_figures f = figures_of("0:1 20:2 45:3 60:4", &passing);
    CU_ASSERT_EQUAL(f.clock_rate, 8000);
    CU_ASSERT_EQUAL(f.jitters, 3);
    CU_ASSERT_EQUAL(f.jitter, 4); /* 40/16 = 2.5; 2.5 + (40 - 2.5)/16 = 4.84375 */
    CU_ASSERT_DOUBLE_EQUAL(f.jitter_ms, 4.84375 / 8, 1e-9);
    CU_ASSERT_DOUBLE_EQUAL(f.max_jitter_ms, 4.84375 / 8, 1e-9);
    CU_ASSERT_DOUBLE_EQUAL(f.mean_jitter_ms, (0 + 2.5 + 4.84375) / 3 / 8, 1e-9);
    CU_ASSERT_DOUBLE_EQUAL(f.min_delta_ms, 15, 1e-9);
    CU_ASSERT_DOUBLE_EQUAL(f.mean_delta_ms, 20, 1e-9);
    CU_ASSERT_DOUBLE_EQUAL(f.max_delta_ms, 25, 1e-9);
    CU_ASSERT_EQUAL(f.max_delta_frame, 3);
    CU_ASSERT_DOUBLE_EQUAL(f.max_skew_ms, -5, 1e-9);
    /* a payload type without a clock rate; one that the caller names */
    f = figures_of("0:1p96 20:2p96 45:3p96", &passing);
    CU_ASSERT_TRUE(f.clock_rate == 0 && f.jitters == 0 && f.jitter == 0);
    CU_ASSERT_TRUE(f.last_type == NULL && f.tshark.jitters == false && f.tshark.deltas);
    struct watch_options o = {.known = "96=opus/48000/2"};
    f = figures_of("0:1p96/0 20:2p96/960 45:3p96/1920", &o);
    CU_ASSERT_TRUE(f.clock_rate == 48000 && f.jitters == 2);
    CU_ASSERT_EQUAL(f.jitter, 15); /* 5 ms are 240 units */
    /* the timestamp wraps within */
    f = figures_of("0:1/4294967200 20:2/64 45:3/224 60:4/384", &passing);
    CU_ASSERT_EQUAL(f.jitter, 4);
    /* a stray leaves the estimate alone, so does the begin of a new sequence */
    f = figures_of("0:1 20:2 30:30000/9 40:3", &passing);
    CU_ASSERT_EQUAL(f.jitter, 0);
    f = figures_of("0:1 20:2 40:30000 60:30001 80:30002", &passing);
    CU_ASSERT_EQUAL(f.jitter, 0);
    /* talk spurts: by marker, by silence; one payload type after the other */
    f = figures_of("0:1m 20:2 200:11m 220:12 600:31 620:32", &passing);
    CU_ASSERT_EQUAL(f.spurts, 3);
    CU_ASSERT_EQUAL(f.markers, 2);
    f = figures_of("0:1 20:2 40:3p8 60:4p8 80:5", &passing);
    CU_ASSERT_TRUE(f.type_changes == 2 && f.n_types == 2 && f.types[0] == 0 && f.types[1] == 8);
    CU_ASSERT_EQUAL(f.jitters, 4); /* the clock rate stays */
}

static void same_number(void)
{
    static const struct {
        const char *text;
        size_t found;
    } cases[] = {
        {"0:1 20:2 21:2", 0},        {"0:1 20:2 21:2x", 1},
        {"0:1 20:2 40:3 60:2x", 1},  {"0:1 20:2 21:2/7", 1},
        {"0:1 20:2 21:2p8", 1},      {"0:1 20:2 21:2e", 0},
        {"0:1 20:2k 21:2x", 0},      {"0:1 20:2 21:2kx", 0},
        {"0:1 20:2 2020:2x", 1},     {"0:1 20:2 2021:2x", 0},
        {"0:1 20:2 21:2x<", 0},      {"0:1 20:2 21:2xs2", 0},
        {"0:1 20:2 21:2xo1", 0},     {"0:1 20:3 21:2x 22:4", 0},
        {"0:100 20:200 21:100x", 1}, {"0:1 20:2 40:30000 60:30001 61:30000x", 0},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        figures_of(cases[i].text, &passing);
        if (n_found != cases[i].found)
            printf("\n%s: %zu findings", cases[i].text, n_found);
        CU_ASSERT_EQUAL(n_found, cases[i].found);
        if (n_found == 1)
            CU_ASSERT_STRING_EQUAL(found[0].f.clause, "RFC3550:5.1#a10");
    }
    figures_of("0:1 20:2 21:2x", &passing);
    CU_ASSERT_TRUE(found[0].frame == 3 && found[0].n_related == 1 && found[0].related[0] == 2);
    figures_of("0:1 1:1x 2:1x 3:1x 4:1x 5:1x 6:1x 7:1x 8:1x 9:1x 10:1x", &passing);
    CU_ASSERT_EQUAL(n_found, RTP_TOLD);
}

static void time_back(void)
{
    static const struct {
        const char *text;
        size_t found, facts;
    } cases[] = {
        {"0:1/90000 20:2/90160 40:3/82160", 1, 1}, /* 1000 ms */
        {"0:1/90000 20:2/90160 40:3/82161", 0, 1}, /* less */
        {"0:1/90000 20:2/90160 40:3/90320", 0, 0},
        {"0:1p34/990000 20:2p34/990000 40:3p34/0", 0, 1},
        {"0:1/90000 20:2/90160 40:3p8/0", 0, 1},
        {"0:1/90000 20:2/90160 60:4/0", 0, 0},
        {"0:1/90000 20:2/90160 2021:3/0", 0, 1},
        {"0:1/90000 20:2/90160 2020:3/0", 1, 1},
        {"0:1p96/90000 20:2p96/90160 40:3p96/0", 0, 1},
        {"0:1p14/90000 20:2p14/90160 40:3p14/0", 0, 1},
        {"0:1/4294967200 20:2/64", 0, 0},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        figures_of(cases[i].text, &passing);
        if (n_found != cases[i].found || sums[RTP_F_TIME_BACK].n != cases[i].facts)
            printf("\n%s: %zu findings", cases[i].text, n_found);
        CU_ASSERT_EQUAL(n_found, cases[i].found);
        CU_ASSERT_EQUAL(sums[RTP_F_TIME_BACK].n, cases[i].facts);
        if (n_found == 1)
            CU_ASSERT_STRING_EQUAL(found[0].f.clause, "RFC3550:5.1#8");
    }
    /* the caller says that 0 is something else */
    struct watch_options o = {.known = "0=strange/8000"};
    figures_of("0:1/90000 20:2/90160 40:3/0", &o);
    CU_ASSERT_EQUAL(n_found, 0);
}

/* Both sides send with one SSRC; only who sees all may say that one of them has to give it up. */
static void collisions(void)
{
    const char *text = "0:1 20:2 30:1< 50:2< 1040:3", *later = "0:1 20:2 30:1< 50:2< 1060:3",
               *alone = "0:1 20:2 30:1< 1060:3";
    figures_of(later, &beside);
    CU_ASSERT_EQUAL_FATAL(n_found, 1);
    CU_ASSERT_STRING_EQUAL(found[0].f.clause, "RFC3550:8.2#2");
    CU_ASSERT_EQUAL(sums[RTP_F_COLLISIONS].n, 1);
    figures_of(text, &beside);
    CU_ASSERT_EQUAL(n_found, 0);
    figures_of(alone, &beside); /* one packet may be anything */
    CU_ASSERT_EQUAL(n_found, 0);
    figures_of(later, &passing);
    CU_ASSERT_EQUAL(n_found, 0);
}

static void ssrcs(void)
{
    struct watch *w = watch_new(&rtp_watch, 8, &passing);
    struct rtp_figures f;
    const struct rtp_stream *s;

    CU_ASSERT_PTR_NOT_NULL_FATAL(w);
    run(w, "0:1 20:2 40:1s2 60:2s2 80:3 100:1< 120:1o1");
    CU_ASSERT_EQUAL(sums[RTP_F_STREAMS].n, 4);
    CU_ASSERT_EQUAL(sums[RTP_F_SSRC_CHANGES].n, 2);
    s = rtp_streams_next(w, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(s);
    rtp_stream_figures(s, &f);
    CU_ASSERT_TRUE(f.ssrc == 1 && f.packets == 3 && f.ssrc_changes == 1 && f.ssrcs == 2);
    s = rtp_streams_next(w, s);
    CU_ASSERT_PTR_NOT_NULL_FATAL(s);
    rtp_stream_figures(s, &f);
    CU_ASSERT_TRUE(f.ssrc == 2 && f.packets == 2 && f.ssrc_changes == 1);
    watch_free(w);
}

/* ---- bounds ---- */

static size_t listed(const struct watch *w)
{
    size_t n = 0;
    for (const struct rtp_stream *s = NULL; (s = rtp_streams_next(w, s));)
        n++;
    return n;
}

static void limits(void)
{
    struct watch *w = watch_new(&rtp_watch, 4, &passing);

    CU_ASSERT_PTR_NOT_NULL_FATAL(w);
    run(w, "0:1 20:1s2 40:1s3 60:1s4 80:2");
    CU_ASSERT_EQUAL(listed(w), 4);
    CU_ASSERT_EQUAL(rtp_streams_gone(w), 0);
    run(w, "100:1s5");
    CU_ASSERT_EQUAL(listed(w), 4);
    CU_ASSERT_EQUAL(rtp_streams_gone(w), 1);
    CU_ASSERT_EQUAL(sums[RTP_F_EVICTED].n, 1);
    for (unsigned i = 6; i < 2000; i++) { /* one that goes on stays, whatever else comes */
        struct shown flood = {.ms = 100 + i, .seq = 1, .ssrc = i},
                     on = {.ms = 100 + i, .seq = (uint16_t)i, .ssrc = 0xabcdef};
        show_packet(w, &on, i);
        show_packet(w, &flood, i);
    }
    bool there = false;
    for (const struct rtp_stream *s = NULL; (s = rtp_streams_next(w, s));) {
        struct rtp_figures f;
        rtp_stream_figures(s, &f);
        there |= f.ssrc == 0xabcdef && f.packets == 2000 - 6;
    }
    CU_ASSERT_TRUE(there);
    CU_ASSERT_EQUAL(listed(w), 4);
    watch_reset(w);
    CU_ASSERT_EQUAL(listed(w), 0);
    watch_free(w);
}

static size_t points_of(double ms, size_t count, struct rtp_point *v, uint64_t *step)
{
    struct watch *w = watch_new(&rtp_watch, 4, &passing);
    size_t n;

    CU_ASSERT_PTR_NOT_NULL_FATAL(w);
    for (size_t i = 0; i < count; i++) {
        struct shown p = {.ms = 1000 + ms * (double)i, .seq = (uint16_t)(i + i / 100), .ssrc = 1};
        p.timestamp = (uint32_t)(i * 160);
        show_packet(w, &p, 1);
    }
    n = rtp_stream_points(rtp_streams_next(w, NULL), v, step);
    watch_free(w);
    return n;
}

static void history(void)
{
    struct rtp_point v[RTP_POINTS];
    uint64_t step, packets = 0;
    int64_t lost = 0;

    CU_ASSERT_EQUAL(points_of(20, 5, v, &step), 1);
    CU_ASSERT_TRUE(v[0].packets == 5 && v[0].delta_us == 20000 && v[0].jitter_us == 0);
    CU_ASSERT_EQUAL(points_of(20, 6, v, &step), 2); /* at 100 ms the next point begins */
    CU_ASSERT_TRUE(v[0].packets == 5 && v[1].packets == 1 && step == RTP_POINT_US);
    CU_ASSERT_EQUAL(points_of(300, 3, v, &step), 7); /* with empty ones between */
    CU_ASSERT_TRUE(v[0].packets == 1 && v[1].packets == 0 && v[3].packets == 1 &&
                   v[6].packets == 1);
    CU_ASSERT_EQUAL(points_of(100, RTP_POINTS - 1, v, &step), RTP_POINTS - 1);
    CU_ASSERT_EQUAL(step, RTP_POINT_US);
    CU_ASSERT_EQUAL(points_of(100, RTP_POINTS, v, &step), RTP_POINTS / 2);
    CU_ASSERT_EQUAL(step, 2 * RTP_POINT_US);
    CU_ASSERT_TRUE(v[0].packets == 2 && v[RTP_POINTS / 2 - 1].packets == 2);
    size_t n = points_of(20, 40000, v, &step); /* 800 s: nothing of it is lost */
    CU_ASSERT_TRUE(n <= RTP_POINTS && n > RTP_POINTS / 4 && step == 16 * RTP_POINT_US);
    for (size_t i = 0; i < n; i++) {
        packets += v[i].packets;
        lost += v[i].lost;
    }
    CU_ASSERT_EQUAL(packets, 40000);
    CU_ASSERT_EQUAL(lost, 399);
    n = points_of(1e12, 3, v, &step); /* 31 years apart */
    CU_ASSERT_TRUE(n <= RTP_POINTS && n > 1);
}

/* Anything at any time: nothing beyond is read or written, and the lists hold together. */
static void anything(void)
{
    static const struct watch_options all = {
        .origin = true,
        .beside = true,
        .known = "101=telephone-event/8000 98=t140/1000 100=red/1000"};
    struct watch *w = watch_new(&rtp_watch, 9, &all);
    uint8_t octets[256];
    uint64_t rng[2];

    CU_ASSERT_PTR_NOT_NULL_FATAL(w);
    rng_seed(rng, 1);
    for (uint32_t i = 1; i <= 100000; i++) {
        uint64_t r = rng_next(rng);
        size_t n = 12 + r % 60;
        for (size_t k = 0; k < n; k++)
            octets[k] = (uint8_t)(rng_next(rng) >> 7 & (r >> 50 & 1 ? 0xff : 3));
        octets[0] = (uint8_t)(0x80 | (octets[0] & 0x33));
        octets[1] = r >> 8 & 1   ? (uint8_t)(200 + (r >> 9) % 8)
                    : r >> 9 & 1 ? (uint8_t)(98 + (r >> 10) % 4)
                                 : octets[1];
        if (octets[1] >= 200)
            put_u16(octets + 2, (uint16_t)(n / 4 - 1));
        struct watch_seen s = {.now_us = r % 3000000 * (r >> 60 ? 1 : 4000),
                               .from = r >> 12 & 1 ? here : there_,
                               .to = r >> 12 & 1 ? there_ : here,
                               .octets = {octets, n - (r >> 8 & 1 ? n % 4 : 0)},
                               .frame = i};
        watch_octets(w, &s, &sink);
        if (i % 30000 == 0)
            watch_reset(w);
    }
    watch_end(w, &sink);
    CU_ASSERT_TRUE(listed(w) <= 9);
    watch_free(w);
}

static void form(void)
{
    CU_ASSERT_PTR_EQUAL(watcher_of(&rtp_codec, 0), &rtp_watch);
    CU_ASSERT_PTR_EQUAL(watcher_of(&rtcp_codec, 0), &rtp_watch);
    CU_ASSERT_TRUE(rtp_watch.n_facts <= WATCH_FACTS_MAX);
    for (size_t i = 0; i < rtp_watch.n_facts; i++)
        CU_ASSERT_TRUE(rtp_watch.facts[i].name && rtp_watch.facts[i].words);
}

static bool known(const char *text, struct rtp_known *k)
{
    uint8_t why[200];
    struct wr w = {why, sizeof why, 0, false};
    bool good = rtp_known_read(text, k, &w);
    CU_ASSERT_EQUAL(good, w.n == 0);
    return good;
}

static void known_types(void)
{
    static const char *const wrong[] = {
        "x",         "96",     "96=",         "128=a/8000",    "96=/8000",
        "96=a/",     "96=a/0", "96=a/8000/0", "96=a/8000/",    "96=a/8000x",
        "-1=a/8000", "clear=", "clear=1",     "rtcp-minimum=", "rtcp-minimum=3600001"};
    struct rtp_known k;

    CU_ASSERT_TRUE(known(NULL, &k));
    CU_ASSERT_STRING_EQUAL(k.types[0].encoding, "PCMU");
    CU_ASSERT_EQUAL(k.types[34].clock_rate, 90000);
    CU_ASSERT_EQUAL(k.types[96].clock_rate, 0);
    CU_ASSERT_TRUE(known(" 96=opus/48000/2, 127=H264/90000 rtcp-minimum=5000", &k));
    CU_ASSERT_STRING_EQUAL(k.types[96].encoding, "opus");
    CU_ASSERT_EQUAL(k.types[127].clock_rate, 90000);
    CU_ASSERT_EQUAL(k.rtcp_minimum_ms, 5000);
    CU_ASSERT_FALSE(k.clear);
    CU_ASSERT_TRUE(known("96=opus/48000/2,clear", &k));
    CU_ASSERT_TRUE(k.clear);
    CU_ASSERT_TRUE(known("rtcp-minimum=3600000", &k));
    CU_ASSERT_TRUE(known("96=a-name-that-is-longer-than-there-is-room-for/8000", &k));
    CU_ASSERT_EQUAL(strlen(k.types[96].encoding), RTP_ENCODING_MAX);
    for (size_t i = 0; i < COUNT(wrong); i++)
        CU_ASSERT_FALSE(known(wrong[i], &k));
}

TESTS({"sequence numbers", sequence}, {"jumps", jumps}, {"timing", timing},
      {"one number twice", same_number}, {"timestamps that go back", time_back},
      {"collisions", collisions}, {"SSRCs", ssrcs}, {"limits", limits}, {"history", history},
      {"anything", anything}, {"form", form}, {"known types", known_types})
