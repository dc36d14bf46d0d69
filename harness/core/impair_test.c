/* harness/core/impair_test.c */
#include "harness/core/impair.h"
#include "harness/core/test.h"

enum { MANY = 100000 };

static struct impair started(const char *text, uint64_t seed)
{
    struct impair_spec spec = {0};
    struct impair_error e = {""};
    struct impair im;

    CU_ASSERT_TRUE(impair_parse(span_of(text), &spec, &e));
    if (e.why[0])
        printf("\n%s: %s", text, e.why);
    impair_init(&im, &spec, seed);
    return im;
}

static void reads_all(void)
{
    struct impair_spec s = {0};
    struct impair_error e;
    const char *all = "delay=20ms~5ms,loss=1.5%,burst=10000ppm/20%,dup=0.5%,reorder=2%/30ms,"
                      "corrupt=100%,rate=1.5mbit,queue=64k,mtu=1280,split=1,drop=3+5-9";

    CU_ASSERT_TRUE(impair_parse(span_of(all), &s, &e));
    CU_ASSERT_EQUAL(s.delay_us, 20000);
    CU_ASSERT_EQUAL(s.jitter_us, 5000);
    CU_ASSERT_EQUAL(s.loss_ppm, 15000);
    CU_ASSERT_EQUAL(s.burst_enter_ppm, 10000);
    CU_ASSERT_EQUAL(s.burst_leave_ppm, 200000);
    CU_ASSERT_EQUAL(s.duplicate_ppm, 5000);
    CU_ASSERT_EQUAL(s.reorder_ppm, 20000);
    CU_ASSERT_EQUAL(s.reorder_us, 30000);
    CU_ASSERT_EQUAL(s.corrupt_ppm, 1000000);
    CU_ASSERT_EQUAL(s.rate_bps, 1500000);
    CU_ASSERT_EQUAL(s.queue, 65536);
    CU_ASSERT_EQUAL(s.mtu, 1280);
    CU_ASSERT_EQUAL(s.segment, 1);
    CU_ASSERT_EQUAL(s.drops[0].from, 3);
    CU_ASSERT_EQUAL(s.drops[0].to, 3);
    CU_ASSERT_EQUAL(s.drops[1].from, 5);
    CU_ASSERT_EQUAL(s.drops[1].to, 9);
    CU_ASSERT_EQUAL(s.drops[2].from, 0);
}

static void refuses(void)
{
    static const struct {
        const char *text, *why;
    } bad[] = {
        {"", "no impairment has this name, at character 1 of ''"},
        {"loss", "'=' is wanted, at character 5 of 'loss'"},
        {"loss=", "a number is wanted, at character 6 of 'loss='"},
        {"loss=1", "a chance ends in % or ppm, at character 7 of 'loss=1'"},
        {"loss=101%", "a value that is too large, at character 9 of 'loss=101%'"},
        {"loss=1%x", "a chance ends in % or ppm, at character 7 of 'loss=1%x'"},
        {"loss=1%,", "no impairment has this name, at character 9 of 'loss=1%,'"},
        {"loss=1%,loss=2%", "said twice, at character 9 of 'loss=1%,loss=2%'"},
        {"lose=1%", "no impairment has this name, at character 1 of 'lose=1%'"},
        {"delay=61s", "a value that is too large, at character 9 of 'delay=61s'"},
        {"delay=20", "a time ends in us, ms or s, at character 9 of 'delay=20'"},
        {"rate=0bit", "a rate of zero, at character 10 of 'rate=0bit'"},
        {"burst=1%", "'/' and the chance to leave a burst are wanted, at character 9 of "
                     "'burst=1%'"},
        {"drop=0", "numbers count from 1, and the first is not above the last, at character 7 of "
                   "'drop=0'"},
        {"drop=9-3", "numbers count from 1, and the first is not above the last, at character 9 "
                     "of 'drop=9-3'"},
        {"drop=1 loss=1%", "',' or the end is wanted, at character 7 of 'drop=1 loss=1%'"},
        {"loss=99999999999999999999%",
         "a number with too many digits, at character 19 of 'loss=99999999999999999999%'"},
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct impair_spec s = {.delay_us = 7};
        struct impair_error e = {""};
        CU_ASSERT_FALSE(impair_parse(span_of(bad[i].text), &s, &e));
        CHECK_TEXT(span_of(e.why), bad[i].why);
        CU_ASSERT_EQUAL(s.delay_us, 7); /* nothing is kept of a wrong one */
    }
}

static void limits_at_both_sides(void)
{
    char drops[160] = "drop=1";
    struct impair_spec s;
    struct impair_error e;

    CU_ASSERT_TRUE(impair_parse(span_of("delay=60s~60s,reorder=1%/60s"), &s, &e));
    CU_ASSERT_FALSE(impair_parse(span_of("delay=60000001us"), &s, &e));
    for (size_t i = 1; i < IMPAIR_DROPS; i++)
        strcat(drops, "+2");
    CU_ASSERT_TRUE(impair_parse(span_of(drops), &s, &e));
    strcat(drops, "+2");
    CU_ASSERT_FALSE(impair_parse(span_of(drops), &s, &e));
}

static void chances_are_as_said(void)
{
    struct impair im = started("delay=1ms~3ms,loss=10%,dup=5%,reorder=20%/50ms,corrupt=1%", 42);
    size_t lost = 0, doubled = 0, reordered = 0, corrupted = 0;
    uint64_t least = UINT64_MAX, most = 0;

    for (size_t i = 0; i < MANY; i++) {
        struct impair_fate f = impair_datagram(&im, 1000, 100, 0);
        lost += f.loss == IMPAIR_LOST;
        doubled += f.doubled;
        reordered += f.reordered;
        corrupted += f.corrupted;
        if (f.corrupted)
            CU_ASSERT_TRUE(f.bit < 800);
        if (f.loss == IMPAIR_KEPT && !f.reordered) {
            least = f.at_us[0] < least ? f.at_us[0] : least;
            most = f.at_us[0] > most ? f.at_us[0] : most;
        }
    }
    /* five standard deviations around what is expected */
    CU_ASSERT_TRUE(lost > 9500 && lost < 10500);
    CU_ASSERT_TRUE(doubled > 4170 && doubled < 4830);
    CU_ASSERT_TRUE(reordered > 17400 && reordered < 18600);
    CU_ASSERT_TRUE(corrupted > 750 && corrupted < 1050);
    CU_ASSERT_EQUAL(least, 2000);
    CU_ASSERT_EQUAL(most, 5000);
}

static void losses_come_in_bursts(void)
{
    struct impair im = started("burst=1%/25%", 7);
    size_t lost = 0, runs = 0;
    bool before = false;

    for (size_t i = 0; i < MANY; i++) {
        bool gone = impair_datagram(&im, 0, 100, 0).loss == IMPAIR_LOST;
        lost += gone;
        runs += gone && !before;
        before = gone;
    }
    /* in the long run 1/26 of all is lost, four in a row */
    CU_ASSERT_TRUE(lost > 3400 && lost < 4300);
    CU_ASSERT_TRUE(runs * 35 < lost * 10 && lost * 10 < runs * 45);
}

static void a_line_sends_one_after_the_other(void)
{
    struct impair im = started("rate=800kbit,queue=300", 1); /* 100 octets are 1 ms */
    static const uint64_t at[] = {1000, 2000, 3000, 4000};

    for (size_t i = 0; i < COUNT(at); i++) {
        struct impair_fate f = impair_datagram(&im, 0, 100, 0);
        CU_ASSERT_EQUAL(f.loss, IMPAIR_KEPT);
        CU_ASSERT_EQUAL(f.at_us[0], at[i]);
    }
    CU_ASSERT_EQUAL(impair_datagram(&im, 0, 100, 0).loss, IMPAIR_QUEUE_FULL);
    CU_ASSERT_EQUAL(impair_datagram(&im, 1000, 100, 0).at_us[0], 5000); /* one has left */
    CU_ASSERT_EQUAL(impair_datagram(&im, 90000, 100, 0).at_us[0], 91000);
}

static void numbers_and_sizes(void)
{
    struct impair im = started("drop=2+4-5,mtu=128", 1);
    static const enum impair_loss want[] = {IMPAIR_KEPT,    IMPAIR_DROPPED, IMPAIR_KEPT,
                                            IMPAIR_DROPPED, IMPAIR_DROPPED, IMPAIR_KEPT};

    for (size_t i = 0; i < COUNT(want); i++)
        CU_ASSERT_EQUAL(impair_datagram(&im, 0, 100, 128).loss, want[i]);
    CU_ASSERT_EQUAL(impair_datagram(&im, 0, 101, 129).loss, IMPAIR_TOO_LARGE);
    CU_ASSERT_EQUAL(impair_datagram(&im, 0, 101, 0).loss, IMPAIR_KEPT); /* fragmented */
}

static void streams_stay_in_order(void)
{
    struct impair im = started("delay=1ms~50ms", 3);
    uint64_t last = 0;

    for (uint64_t now = 0; now < 100000; now += 100) {
        uint64_t at = impair_stream(&im, now, 10);
        CU_ASSERT_TRUE(at >= last && at >= now + 1000);
        last = at;
    }
}

static void same_seed_same_fates(void)
{
    struct impair a = started("loss=30%,dup=30%,corrupt=30%", 9), b = a,
                  c = started("loss=30%,dup=30%,corrupt=30%", 10);
    size_t other = 0;

    for (size_t i = 0; i < 1000; i++) {
        struct impair_fate x = impair_datagram(&a, i, 50, 0), y = impair_datagram(&b, i, 50, 0),
                           z = impair_datagram(&c, i, 50, 0);
        CU_ASSERT_TRUE(x.loss == y.loss && x.at_us[0] == y.at_us[0] && x.bit == y.bit);
        other += x.loss != z.loss;
    }
    CU_ASSERT_TRUE(other > 100);
}

static void one_bit_is_turned(void)
{
    uint8_t p[4] = {0};
    struct impair_fate f = {.corrupted = true, .bit = 8};

    impair_corrupt(&f, p, sizeof p);
    CU_ASSERT_EQUAL(p[1], 0x80);
    f.corrupted = false;
    impair_corrupt(&f, p, sizeof p);
    CU_ASSERT_EQUAL(p[1], 0x80);
}

TESTS({"a specification with everything in it", reads_all}, {"what is wrong is said", refuses},
      {"limits at both sides", limits_at_both_sides}, {"chances", chances_are_as_said},
      {"bursts", losses_come_in_bursts}, {"rate and queue", a_line_sends_one_after_the_other},
      {"numbers and sizes", numbers_and_sizes}, {"streams", streams_stay_in_order},
      {"seeds", same_seed_same_fates}, {"corruption", one_bit_is_turned})
