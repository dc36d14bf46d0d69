/* harness/watch/rtp/rtp_watch_rtcp_test.c - each rule on both of its sides: RTCP beside RTP, events, text. */
#include <stdio.h>
#include "harness/core/endpoint.h"
#include "harness/tests/rtp_watch_help.h"

static const struct watch_options timed = {
    .origin = true, .beside = true, .known = "rtcp-minimum=5000"};
static const struct watch_options named = {
    .known = "101=telephone-event/8000 98=t140/1000 100=red/1000"};

/* ---- compounds ---- */

struct told { /* a compound: an SR or RR, a CNAME unless alone, perhaps a report block, BYE, PLI */
    double ms;
    uint32_t ssrc, about;
    bool back, sr, report, bye, pli, mux, broken, alone, odd;
    uint32_t ntp, packets, octets; /* ntp: seconds */
    uint32_t highest, lsr, dlsr;
    int32_t lost;
    struct watch_place *place; /* of its direction, as a caller keeps it */
};

static void put_report(struct wr *o, const struct told *t)
{
    wr_u32(o, t->about);
    wr_u32(o, (uint32_t)t->lost & 0xffffff);
    wr_u32(o, t->highest);
    wr_u32(o, 7);
    wr_u32(o, t->lsr);
    wr_u32(o, t->dlsr);
}

static void show_rtcp(struct watch *w, const struct told *t, uint32_t frame)
{
    uint8_t octets[256];
    struct wr o = {octets, sizeof octets, 0, false};

    wr_u16(&o, (uint16_t)(0x8000 | (t->report ? 0x100 : 0) | (t->sr ? 200 : 201)));
    wr_u16(&o, (uint16_t)((t->sr ? 6 : 1) + (t->report ? 6 : 0)));
    wr_u32(&o, t->ssrc);
    if (t->sr) {
        wr_u32(&o, t->ntp);
        wr_u32(&o, 0);
        wr_u32(&o, 0);
        wr_u32(&o, t->packets);
        wr_u32(&o, t->octets);
    }
    if (t->report)
        put_report(&o, t);
    if (!t->alone) {
        wr_u32(&o, 0x81ca0003); /* SDES: CNAME "a@b" */
        wr_u32(&o, t->ssrc);
        wr_u32(&o, 0x01036140);
        wr_u32(&o, 0x62000000);
    }
    if (t->odd)
        wr_u32(&o, 0x80c00000); /* whole, of no type of RTCP */
    if (t->pli) {
        wr_u32(&o, 0x81ce0002);
        wr_u32(&o, t->ssrc);
        wr_u32(&o, t->about);
    }
    if (t->bye) {
        wr_u32(&o, 0x81cb0001);
        wr_u32(&o, t->ssrc);
    }
    if (t->broken)
        wr_u16(&o, 0); /* a tag behind it, say */
    struct watch_seen s = {.now_us = (uint64_t)(t->ms * 1000 + 0.5),
                           .from = t->back ? there_rtcp : here_rtcp,
                           .to = t->back ? here_rtcp : there_rtcp,
                           .octets = wr_span(&o),
                           .frame = frame,
                           .place = t->place};
    if (t->mux) {
        s.from.port--;
        s.to.port--;
    }
    watch_octets(w, &s, &sink); /* which codec it is, the octets say */
}

static struct watch *begin(const struct watch_options *o)
{
    struct watch *w = watch_new(&rtp_watch, 8, o);

    CU_ASSERT_PTR_NOT_NULL_FATAL(w);
    memset(sums, 0, sizeof sums);
    n_found = 0;
    return w;
}

/* `n` packets of SSRC 1, 20 ms apart from `ms` on. */
static void packets(struct watch *w, double ms, uint16_t from, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        struct shown p = {.ms = ms + 20 * i, .seq = (uint16_t)(from + i), .ssrc = 1};
        p.timestamp = p.seq * 160u;
        show_packet(w, &p, 100 + i);
    }
}

static struct rtp_figures first_of(struct watch *w)
{
    struct rtp_figures f = {0};
    if (rtp_streams_next(w, NULL))
        rtp_stream_figures(rtp_streams_next(w, NULL), &f);
    watch_free(w);
    return f;
}

static void heard(void)
{
    struct watch *w = begin(&passing);

    packets(w, 0, 1, 50);
    show_rtcp(w,
              &(struct told){
                  .ms = 1000, .ssrc = 1, .sr = true, .ntp = 0x10002, .packets = 50, .octets = 8000},
              1);
    show_rtcp(w,
              &(struct told){.ms = 1200,
                             .back = true,
                             .ssrc = 2,
                             .report = true,
                             .about = 1,
                             .highest = 50,
                             .lost = -1,
                             .lsr = 0x20000,
                             .dlsr = 0x2000},
              2);
    show_rtcp(w,
              &(struct told){
                  .ms = 6000, .ssrc = 1, .sr = true, .ntp = 0x10007, .packets = 50, .octets = 8000},
              3);
    show_rtcp(w,
              &(struct told){.ms = 6500,
                             .ssrc = 1,
                             .sr = true,
                             .ntp = 0x10008,
                             .packets = 50,
                             .octets = 8000,
                             .bye = true,
                             .mux = true},
              4);
    packets(w, 7000, 51, 2);
    watch_end(w, &sink);
    CU_ASSERT_EQUAL(n_found, 0);
    CU_ASSERT_EQUAL(sums[RTP_F_AFTER_BYE].n, 2);
    CU_ASSERT_EQUAL(sums[RTP_F_STREAMS].n, 1);
    struct rtp_figures f = first_of(w);
    CU_ASSERT_TRUE(f.rtcp.compounds == 3 && f.rtcp.sr == 3 && f.rtcp.sdes == 3 && f.rtcp.bye == 1);
    CU_ASSERT_STRING_EQUAL(f.rtcp.cname, "a@b");
    CU_ASSERT_TRUE(f.rtcp.intervals == 1 &&
                   f.rtcp.short_intervals == 0); /* BYE goes by no interval */
    CU_ASSERT_DOUBLE_EQUAL(f.rtcp.mean_interval_ms, 5000, 1e-9);
    CU_ASSERT_TRUE(f.rtcp.left && f.rtcp.left_us == 6500000 && f.rtcp.after_bye == 2);
    CU_ASSERT_TRUE(f.reported.reports == 1 && f.reported.by == 2 &&
                   f.reported.cumulative_lost == -1);
    CU_ASSERT_EQUAL(f.reported.highest_sequence, 50);
    CU_ASSERT_EQUAL(f.reported.round_trips, 1);
    CU_ASSERT_DOUBLE_EQUAL(f.reported.mean_rtt_ms, 200 - 125,
                           1e-9); /* 0x2000 is an eighth of a second */
}

/* A receiver's RTCP is a source of its own; RTP from it later joins it. */
static void receivers(void)
{
    struct watch *w = begin(&passing);
    struct rtp_figures f;

    show_rtcp(w, &(struct told){.ms = 0, .ssrc = 1}, 1);
    show_rtcp(w, &(struct told){.ms = 2051, .ssrc = 1, .pli = true, .about = 9}, 2);
    show_rtcp(w, &(struct told){.ms = 2051, .ssrc = 1}, 3);
    show_rtcp(w, &(struct told){.ms = 4103, .ssrc = 1}, 4);
    CU_ASSERT_EQUAL(sums[RTP_F_SHORT].n, 1);
    rtp_stream_figures(rtp_streams_next(w, NULL), &f);
    CU_ASSERT_TRUE(f.packets == 0 && f.expected == 0 && f.rtcp.rr == 4 && f.rtcp.feedback == 1);
    CU_ASSERT_TRUE(f.from.port == 5001 && f.rtcp.intervals == 2);
    packets(w, 5000, 1, 1);
    CU_ASSERT_PTR_NULL(rtp_streams_next(w, rtp_streams_next(w, NULL)));
    f = first_of(w);
    CU_ASSERT_TRUE(f.packets == 1 && f.from.port == 5000 && f.rtcp.rr == 4);
}

/* What is remembered of a direction is what a search would find, also once there is a busier stream of the same SSRC
 * on the ports beside. */
static void remembered(void)
{
    struct watch *w = begin(&passing);
    struct watch_place forth = {0}, back = {0};
    struct told sr = {.ssrc = 1, .sr = true, .place = &forth},
                rr = {.ssrc = 2, .report = true, .about = 1, .back = true, .place = &back};
    struct rtp_figures f;

    packets(w, 0, 1, 2);
    for (unsigned i = 0; i < 2; i++) {
        sr.ms = rr.ms = 5000 * i;
        show_rtcp(w, &sr, 10 + i);
        show_rtcp(w, &rr, 20 + i);
    }
    CU_ASSERT_TRUE(forth.serial != 0 && back.serial != 0);
    for (unsigned i = 0; i < 3; i++)
        show_packet(
            w, &(struct shown){.ms = 10000 + 20 * i, .seq = (uint16_t)i, .ssrc = 1, .odd = true},
            30 + i);
    const struct rtp_stream *t = rtp_streams_next(w, NULL);
    rtp_stream_remember(t, &forth); /* as RTP does whose direction has the same place */
    sr.ms = rr.ms = 11000;
    show_rtcp(w, &sr, 40);
    show_rtcp(w, &rr, 41);
    rtp_stream_figures(t, &f);
    CU_ASSERT_TRUE(f.from.port == 5000 && f.rtcp.sr == 2 && f.reported.reports == 2);
    while (t && f.from.port != 5001) {
        rtp_stream_figures(t, &f);
        t = rtp_streams_next(w, t);
    }
    CU_ASSERT_TRUE(f.packets == 3 && f.rtcp.sr == 1 && f.reported.reports == 1);
    watch_free(w);
}

/* One compound after 10 packets of 160 octets, and another 5 s later; which finding comes. */
static const char *shown_reports(const struct watch_options *o, struct told a, struct told b)
{
    struct watch *w = begin(o);

    packets(w, 0, 1, 10);
    a.ms = a.ms > 0 ? a.ms : 1000;
    b.ms = b.ms > 0 ? b.ms : 6000;
    if (a.ssrc)
        show_rtcp(w, &a, 1);
    if (b.ssrc)
        show_rtcp(w, &b, 2);
    watch_free(w);
    CU_ASSERT_TRUE(n_found <= 1);
    return n_found ? found[0].f.clause : "";
}

#define SR(...) ((struct told){.ssrc = 1, .sr = true, __VA_ARGS__})
#define RR(...) ((struct told){.ssrc = 2, .back = true, .report = true, .about = 1, __VA_ARGS__})
static const struct told no_more = {0};

static void sender_counts(void)
{
#define GOES(o, a, b, clause) CU_ASSERT_STRING_EQUAL(shown_reports(&(o), (a), (b)), (clause))
    GOES(passing, SR(.ntp = 5, .packets = 10), SR(.ntp = 6, .packets = 9), "RFC3550:6.4.1#a15");
    GOES(passing, SR(.ntp = 5, .packets = 10), SR(.ntp = 6, .packets = 10), "");
    GOES(passing, SR(.ntp = 5, .packets = 10), SR(.ntp = 4, .packets = 9), ""); /* came late */
    GOES(passing, SR(.packets = 10), SR(.packets = 9), "");                     /* has no clock */
    GOES(passing, SR(.ntp = 5, .packets = 10), SR(.ntp = 6, .packets = 9, .broken = true), "");
    GOES(passing, SR(.ntp = 5, .packets = 10), SR(.ms = 60999, .ntp = 6, .packets = 9),
         "RFC3550:6.4.1#a15");
    GOES(passing, SR(.ntp = 5, .packets = 10), SR(.ms = 61000, .ntp = 6, .packets = 9), "");
    GOES(passing, SR(.ntp = 5, .packets = 0xffffffff), SR(.ntp = 6, .packets = 3), "");
    GOES(passing, SR(.ntp = 5, .octets = 10), SR(.ntp = 6, .octets = 9), "RFC3550:6.4.1#a16");
    /* beside what was sent */
    GOES(beside, SR(.ntp = 5, .packets = 10, .octets = 1600), no_more, "");
    GOES(beside, SR(.ntp = 5, .packets = 12), no_more, "");
    GOES(beside, SR(.ntp = 5, .packets = 13), no_more, "RFC3550:6.4.1#a15");
    GOES(passing, SR(.ntp = 5, .packets = 13), no_more, "");
    GOES(beside, SR(.ntp = 5, .packets = 10, .octets = 1720), no_more, "RFC3550:6.4.1#a16");
    GOES(beside, SR(.ntp = 5, .packets = 9, .octets = 1720), no_more, "");
    GOES(passing, SR(.ntp = 5, .packets = 10, .octets = 1720), no_more, "");
    /* eleven were sent: one came twice, one that is longer has not come yet */
    struct watch *w = begin(&beside);
    struct told t = SR(.ms = 1000, .ntp = 5, .packets = 11, .octets = 1700);
    packets(w, 0, 1, 10);
    packets(w, 200, 10, 1);
    show_rtcp(w, &t, 1);
    CU_ASSERT_EQUAL(n_found, 0);
    watch_free(w);
}

static void reports(void)
{
    GOES(beside, RR(.highest = 10), no_more, "");
    GOES(beside, RR(.highest = 9), no_more, "");
    GOES(beside, RR(.highest = 11), no_more, "RFC3550:6.4.1#a25");
    GOES(beside, RR(.highest = 0x1000a), no_more, ""); /* its cycles began elsewhere */
    GOES(passing, RR(.highest = 11), no_more, "");
    GOES(beside, RR(.highest = 10, .lost = -1), no_more, "RFC3550:6.4.1#a22");
    GOES(beside, RR(.highest = 10, .lost = 1), no_more, ""); /* its host may have dropped one */
    GOES(passing, RR(.highest = 10, .lost = -1), no_more, "");
    GOES(beside, RR(.highest = 11, .broken = true), no_more, "");
    GOES(beside, RR(.highest = 11, .odd = true), no_more, "");
    GOES(beside, RR(.highest = 11, .alone = true), no_more, "RFC3550:6.4.1#a25");
    struct watch *w = begin(&beside); /* a duplicate passed */
    packets(w, 0, 1, 10);
    packets(w, 200, 10, 1);
    struct told t = RR(.ms = 1000, .highest = 10, .lost = -1);
    show_rtcp(w, &t, 1);
    CU_ASSERT_EQUAL(n_found, 0);
    watch_free(w);
}

/* Numbers that run on by more than half of their space while a report is on its way: it is not ahead. By just under half
 * one that is ahead is told. */
static void far_behind(void)
{
    static const struct {
        unsigned n; /* packets, 2900 numbers apart */
        uint32_t first, second;
        size_t want;
    } runs[] = {{20, 1, 1, 0}, {12, 1, 1, 0}, {12, 31902, 31902, 2}, {20, 55101, 55102, 0}};

    for (size_t i = 0; i < COUNT(runs); i++) {
        struct told a = RR(.ms = 1000, .highest = runs[i].first),
                    b = RR(.ms = 6000, .highest = runs[i].second);
        struct watch *w = begin(&beside);
        for (unsigned k = 0; k < runs[i].n; k++)
            packets(w, 20 * k, (uint16_t)(1 + 2900 * k), 1);
        show_rtcp(w, &a, 1);
        show_rtcp(w, &b, 2);
        CU_ASSERT_EQUAL(n_found, runs[i].want);
        watch_free(w);
    }
}

/* A stream that goes on between other addresses: what is said of it is about both parts. */
static void moved(void)
{
    const struct shown on = {.ms = 300, .seq = 11, .timestamp = 1760, .ssrc = 1, .flow = 7};
    for (int other = 0; other < 2; other++) {
        struct told t = RR(.ms = 1000, .highest = 11), u = SR(.ms = 1100, .packets = 13);
        struct watch *w = begin(&beside);
        packets(w, 0, 1, 10);
        if (other)
            show_packet(w, &on, 99);
        show_rtcp(w, &t, 1);
        show_rtcp(w, &u, 2);
        CU_ASSERT_EQUAL(n_found, other ? 0 : 2);
        watch_free(w);
    }
}

static void intervals(void)
{
    GOES(timed, SR(.ntp = 5), SR(.ms = 3031, .ntp = 6), "RFC3550:6.2#12");
    GOES(timed, SR(.ntp = 5), SR(.ms = 3033, .ntp = 6), ""); /* 2052.1 ms less a slack of 20 */
    GOES(timed, SR(.ntp = 5), SR(.ms = 1500, .ntp = 6, .pli = true), "");
    GOES(timed, SR(.ntp = 5), SR(.ms = 1500, .ntp = 6, .bye = true), "");
    GOES(timed, SR(.ntp = 5), RR(.ms = 1500), "");
    GOES(beside, SR(.ntp = 5), SR(.ms = 1500, .ntp = 6), "");
    const struct watch_options far = {.origin = true, .known = "rtcp-minimum=5000"};
    GOES(far, SR(.ntp = 5), SR(.ms = 1500, .ntp = 6), "");
}

/* ---- events ---- */

/* "20:2 t100 d160 e": packets of type 101 with timestamp, duration; m, e, r: bits; 9 another event; s: SRTP's
 * tag behind it. */
static struct rtp_figures events(const char *text, struct rtp_digit *digits, size_t *n)
{
    struct watch *w = begin(&named);
    struct rtp_figures f = {0};
    double ms;
    unsigned seq, timestamp, duration;
    char flags[8];
    uint32_t frame = 1;
    int used;

    for (const char *s = text;
         sscanf(s, "%lf:%u t%u d%u %7s%n", &ms, &seq, &timestamp, &duration, flags, &used) == 5;
         s += used) {
        uint8_t e[] = {
            strchr(flags, '9') ? 9 : 5,
            (uint8_t)(10 | (strchr(flags, 'e') ? 0x80 : 0) | (strchr(flags, 'r') ? 0x40 : 0)),
            (uint8_t)(duration >> 8),
            (uint8_t)duration,
            1,
            2,
            3,
            4};
        struct shown p = {.ms = ms,
                          .seq = (uint16_t)seq,
                          .timestamp = timestamp,
                          .ssrc = 1,
                          .payload_type = 101,
                          .marker = strchr(flags, 'm') != NULL,
                          .payload = {e, strchr(flags, 's') ? 8 : 4}};
        show_packet(w, &p, frame++);
    }
    CU_ASSERT_PTR_NOT_NULL_FATAL(rtp_streams_next(w, NULL));
    rtp_stream_figures(rtp_streams_next(w, NULL), &f);
    const struct rtp_digit *v = rtp_stream_digits(rtp_streams_next(w, NULL), n);
    memcpy(digits, v, *n * sizeof *digits);
    watch_end(w, &sink);
    watch_free(w);
    return f;
}

static void digits(void)
{
    struct rtp_digit d[RTP_DIGITS];
    size_t n;
    struct rtp_figures f =
        events("0:1 t100 d160 m 20:2 t100 d320 - 40:3 t100 d480 e 60:4 t100 d480 e "
               "80:5 t100 d480 e 200:6 t1700 d160 m9 220:7 t1700 d320 9",
               d, &n);
    CU_ASSERT_EQUAL(n_found, 0);
    CU_ASSERT_TRUE(n == 2 && f.digits == 2 && f.digits_without_end == 1);
    CU_ASSERT_TRUE(d[0].event == 5 && d[0].duration == 480 && d[0].duration_ms == 60 && d[0].end);
    CU_ASSERT_TRUE(d[0].volume == 10 && d[0].packets == 5 && d[0].frame == 1 && d[0].start_us == 0);
    CU_ASSERT_TRUE(d[1].event == 9 && !d[1].end && d[1].duration == 320 && d[1].start_us == 200000);
    CU_ASSERT_EQUAL(sums[RTP_F_DIGITS_OPEN].total, 1);
    /* a long one, in segments: RFC4733:2.5.1.3#2 */
    (void)events("0:1 t100 d65535 m 20:2 t65635 d160 - 40:3 t65635 d320 e", d, &n);
    CU_ASSERT_TRUE(n == 1 && d[0].duration == 65535 + 320 && d[0].end && n_found == 0);
    (void)events("0:1 t100 d65534 m 20:2 t65635 d160 -", d, &n);
    CU_ASSERT_EQUAL(n, 2);
}

static void event_rules(void)
{
    static const struct {
        const char *text, *clause;
    } cases[] = {
        {"0:1 t100 d320 m 20:2 t100 d160 -", "RFC4733:2.5.1.2#3"},
        {"0:1 t100 d320 m 20:2 t100 d320 -", ""},
        {"0:1 t100 d320 m 20:3 t100 d160 -", "RFC4733:2.5.1.2#3"}, /* whatever was lost */
        {"0:2 t100 d320 m 20:1 t100 d160 -", ""},                  /* came late */
        {"0:1 t100 d320 m 20:2 t420 d160 -", ""},                  /* another event */
        {"0:1 t100 d320 m 20:2 t100 d160 9", ""},
        {"0:1 t100 d160 m 20:2 t100 d320 m", "RFC4733:2.5.1.2#6"},
        {"0:1 t100 d160 m 20:1 t100 d160 m", ""},
        {"0:1 t100 d160 e 20:2 t100 d160 -", "RFC4733:2.5.1.4#6"},
        {"0:1 t100 d160 - 20:2 t100 d160 e", ""},
        {"0:2 t100 d160 e 20:1 t100 d160 -", ""},
        {"0:1 t100 d160 r", "RFC4733:2.3.3#1a"}, /* what one packet shows */
        {"0:1 t100 d0 m", "RFC4733:2.3.5#1"},
        {"0:1 t100 d160 rs", ""}, /* it may be encrypted */
    };
    struct rtp_digit d[RTP_DIGITS];
    size_t n;

    for (size_t i = 0; i < COUNT(cases); i++) {
        events(cases[i].text, d, &n);
        if (strcmp(n_found ? found[0].f.clause : "", cases[i].clause) != 0)
            printf("\n%s", cases[i].text);
        CU_ASSERT_STRING_EQUAL(n_found ? found[0].f.clause : "", cases[i].clause);
    }
}

/* ---- text ---- */

struct block {
    uint16_t offset;
    const char *text;
};
static void show_text(struct watch *w, uint16_t seq, uint32_t timestamp, struct block a,
                      struct block b, const char *primary)
{
    uint8_t octets[256];
    struct wr o = {octets, sizeof octets, 0, false};
    const struct block blocks[] = {a, b};

    for (size_t i = 0; i < 2; i++)
        if (blocks[i].text)
            wr_u32(&o, 0x80000000u | 98u << 24 | (uint32_t)blocks[i].offset << 10 |
                           (uint32_t)strlen(blocks[i].text));
    wr_u8(&o, 98);
    for (size_t i = 0; i < 2; i++)
        wr_text(&o, blocks[i].text ? blocks[i].text : "");
    wr_text(&o, primary);
    struct shown p = {.ms = timestamp,
                      .seq = seq,
                      .timestamp = timestamp,
                      .ssrc = 1,
                      .payload_type = 100,
                      .payload = wr_span(&o)};
    show_packet(w, &p, seq);
}

static void text(void)
{
    const struct block none = {0, NULL};
    struct watch *w = begin(&named);
    struct rtp_figures f;

    show_text(w, 1, 300, none, none, "a");
    show_text(w, 2, 600, none, (struct block){300, "a"}, "b");
    show_text(w, 4, 1200, (struct block){600, "b"}, (struct block){300, "c"}, "d");
    show_text(w, 7, 2100, (struct block){600, "e"}, (struct block){300, "f"}, "g");
    show_text(w, 6, 1800, (struct block){600, "d"}, (struct block){300, "e"}, "f"); /* late */
    show_text(w, 11, 3300, (struct block){600, "i"}, (struct block){300, "j"}, "k");
    CHECK_TEXT(rtp_stream_text(rtp_streams_next(w, NULL)), "abcdefg\xef\xbf\xbdijk");
    CU_ASSERT_EQUAL(n_found, 0);
    CU_ASSERT_EQUAL(sums[RTP_F_TEXT_MISSING].total, 1);
    rtp_stream_figures(rtp_streams_next(w, NULL), &f);
    CU_ASSERT_TRUE(f.text_missing == 1 && f.text_recovered == 5 && f.text_octets == 13);
    for (unsigned i = 0; i < RTP_TEXT; i++)
        show_text(w, (uint16_t)(12 + i), 4000 + 300 * i, none, none, "\xc3\xa4");
    CU_ASSERT_EQUAL(rtp_stream_text(rtp_streams_next(w, NULL)).n, RTP_TEXT);
    watch_free(w);

    w = begin(&named);
    show_text(w, 1, 300, none, none, "a");
    show_text(w, 2, 600, none, (struct block){300, "x"}, "b");
    CU_ASSERT_EQUAL_FATAL(n_found, 1);
    CU_ASSERT_STRING_EQUAL(found[0].f.clause, "RFC4103:4.2#1");
    CU_ASSERT_EQUAL(found[0].related[0], 1);
    show_text(w, 3, 600, none, none, "c");
    CU_ASSERT_EQUAL_FATAL(n_found, 2);
    CU_ASSERT_STRING_EQUAL(found[1].f.clause, "RFC4103:3.5#2");
    show_text(w, 5, 600, none, none, "c"); /* not in sequence */
    CU_ASSERT_EQUAL(n_found, 2);
    watch_free(w);
    w = begin(&named); /* what one packet shows */
    show_text(w, 1, 300, none, none, "\xff");
    CU_ASSERT_EQUAL(n_found, 0); /* it may be encrypted */
    show_text(w, 2, 600, none, (struct block){100, "a"}, "b\xff");
    CU_ASSERT_EQUAL_FATAL(n_found, 1);
    CU_ASSERT_STRING_EQUAL(found[0].f.clause, "RFC4103:3.3#1");
    CU_ASSERT_EQUAL(found[0].f.off, 12 + 5 + 1);
    watch_free(w);
    w = begin(&passing); /* nobody says that it is text */
    show_text(w, 1, 300, none, none, "a");
    show_text(w, 2, 600, none, (struct block){300, "x"}, "b");
    CU_ASSERT_EQUAL(n_found, 0);
    CU_ASSERT_EQUAL(rtp_stream_text(rtp_streams_next(w, NULL)).n, 0);
    watch_free(w);
}

/* ---- what a network does is nobody's fault ---- */

enum { SENT = 400 };
struct sent {
    double ms;
    struct shown p;
    struct told t;
    uint8_t payload[64];
    size_t n;
};

/* A lawful sender: audio with pauses, comfort noise, digits, and reports; numbers wrap on the way. */
static void send(struct sent *v, uint64_t rng[2])
{
    uint16_t seq = (uint16_t)(65536 - rng_next(rng) % SENT);
    uint32_t timestamp = (uint32_t)rng_next(rng), began = 0, packets_sent = 0, left = 0;
    double ms = 1000;
    bool event = false;

    for (size_t i = 0; i < SENT; i++) {
        struct sent *s = &v[i];
        *s = (struct sent){.ms = ms, .p = {.seq = seq, .timestamp = timestamp, .ssrc = 1}};
        if (i % 50 == 49) {
            s->t = SR(.ntp = 1000 + (uint32_t)i, .packets = packets_sent,
                      .octets = 160 * packets_sent);
            continue;
        }
        if (left == 0) {
            event = rng_next(rng) % 3 == 0;
            left = 3 + (uint32_t)rng_next(rng) % 20;
            began = timestamp;
            s->p.marker = true;
        }
        left--;
        if (event) {
            uint32_t duration = timestamp + 160 - began;
            s->p.payload_type = 101;
            s->p.timestamp = began;
            put_u32(s->payload, 5u << 24 | (left == 0 ? 0x8au : 0x0au) << 16 | duration);
            s->n = 4;
        } else {
            s->p.payload_type = left == 0 ? 13 : 0;
            put_u32(s->payload, (uint32_t)i * 0x01000193u);
            s->n = left == 0 ? 1 : 64;
        }
        seq++;
        packets_sent++;
        timestamp += 160;
        ms += 20;
        if (left == 0 && rng_next(rng) % 4 == 0) { /* silence: the clock goes on */
            timestamp += 8000;
            ms += 1000;
        }
    }
}

static void arrive(struct watch *w, struct sent *s, double late, uint32_t frame)
{
    if (s->t.ssrc) {
        struct told t = s->t;
        t.ms = s->ms + late;
        show_rtcp(w, &t, frame);
        return;
    }
    struct shown p = s->p;
    p.ms = s->ms + late;
    p.payload = (struct span){s->payload, s->n};
    show_packet(w, &p, frame);
}

/* Lost, doubled, late by up to a second, in any order, from any place on, with a clock that may step. */
static void networks(void)
{
    static struct sent v[SENT];
    uint64_t rng[2];

    rng_seed(rng, 7);
    for (int round = 0; round < 300; round++) {
        struct watch *w = begin(&named);
        size_t loss = rng_next(rng) % 40, twice = rng_next(rng) % 20, held = rng_next(rng) % 20,
               at = SENT;
        double step = 0;
        send(v, rng);
        for (size_t i = rng_next(rng) % 60; i < SENT; i++) {
            double late = (double)(rng_next(rng) % 40);
            if (rng_next(rng) % 500 == 0)
                step = (double)(rng_next(rng) % 900);
            if (at < SENT && (i > at + 30 || rng_next(rng) % 10 == 0)) {
                arrive(w, &v[at], v[i].ms - v[at].ms + step, (uint32_t)i);
                at = SENT;
            }
            if (rng_next(rng) % 100 < held && at == SENT) {
                at = i;
                continue;
            }
            if (rng_next(rng) % 100 < loss)
                continue;
            arrive(w, &v[i], late + step, (uint32_t)i);
            if (rng_next(rng) % 100 < twice)
                arrive(w, &v[i], late + step + 1, (uint32_t)i);
        }
        watch_end(w, &sink);
        if (n_found)
            printf("\nround %d: %s", round, found[0].f.clause);
        CU_ASSERT_EQUAL(n_found, 0);
        watch_free(w);
    }
}

TESTS({"what sources say", heard}, {"receivers", receivers}, {"counts of senders", sender_counts},
      {"remembered", remembered}, {"reports", reports}, {"far_behind", far_behind},
      {"intervals", intervals}, {"moved", moved}, {"digits", digits},
      {"rules of events", event_rules}, {"text", text}, {"networks", networks})
