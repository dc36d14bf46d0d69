/* harness/endpoints/rtp/rtp_timing_test.c - the interval of RTCP against values that were worked out by hand from
 * RFC 3550 6.3.1 and A.7. */
#include "harness/core/test.h"
#include "harness/endpoints/rtp/rtp_session.h"

static const struct rtp_timing base = {.members = 2,
                                       .pmembers = 2,
                                       .senders = 1,
                                       .bandwidth = 400,
                                       .avg_size = 100,
                                       .min_us = 5000000};

static void deterministic(void)
{
    static const struct {
        uint32_t members, senders;
        bool sent, initial, receiver;
        double bandwidth, size;
        uint64_t td_us;
    } rows[] = {
        {2, 1, false, false, false, 400, 100, 5000000}, /* 100 * 2 / 400 = 0.5 s: the minimum */
        {2, 1, false, true, false, 400, 100, 2500000},  /* half of it before the first */
        {2, 1, false, true, true, 400, 100, 5000000},   /* timeouts: not halved */
        /* senders are more than a quarter: all together, 100 * 40 / 400 */
        {40, 11, true, false, false, 400, 100, 10000000},
        {40, 11, false, false, false, 400, 100, 10000000},
        /* a quarter and less: 10 senders share a quarter, 100 * 10 / 100; 30 others three, 100 * 30 / 300 */
        {40, 10, true, false, false, 400, 100, 10000000},
        {40, 10, false, false, false, 400, 100, 10000000},
        {100, 2, false, false, false, 400, 120, 39200000}, /* 120 * 98 / 300 */
        {100, 2, true, false, false, 400, 120, 5000000},   /* 120 * 2 / 100 = 2.4 s */
        {100, 2, true, false, true, 400, 120, 39200000},   /* as a receiver has it */
        {1000, 20, true, false, false, 400, 120, 24000000},
        {100, 0, false, false, false, 3000, 90, 5000000}, /* 90 * 100 / 2250 = 4 s */
        {100, 0, false, true, false, 3000, 90, 4000000},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct rtp_timing t = base;
        t.members = rows[i].members;
        t.senders = rows[i].senders;
        t.we_sent = rows[i].sent;
        t.initial = rows[i].initial;
        t.bandwidth = rows[i].bandwidth;
        t.avg_size = rows[i].size;
        CU_ASSERT_EQUAL(rtp_timing_td(&t, rows[i].receiver), rows[i].td_us);
    }
}

/* T is between 0.5 and 1.5 of Td over 1.21828, all of it, and 1 in the mean. */
static void chance(void)
{
    uint64_t rng[2], least = NO_DEADLINE, most = 0, sum = 0;

    rng_seed(rng, 1);
    for (int i = 0; i < 10000; i++) {
        uint64_t t = rtp_timing_t(&base, rng);
        least = t < least ? t : least;
        most = t > most ? t : most;
        sum += t;
    }
    CU_ASSERT_TRUE(least >= 2052073 && least < 2060000); /* 2.5 s / 1.21828 */
    CU_ASSERT_TRUE(most <= 6156220 && most > 6150000);   /* 7.5 s */
    CU_ASSERT_TRUE(sum / 10000 > 4060000 && sum / 10000 < 4150000);
}

/* Timer reconsideration: the members have become more since the timer was set. */
static void reconsidered(void)
{
    struct rtp_timing t = base;

    t.tp_us = 1000000;
    t.tn_us = 5000000;
    t.members = 9;
    CU_ASSERT_FALSE(rtp_timing_due(&t, 5000000, 4000001));
    CU_ASSERT_EQUAL(t.tn_us, 5000001);
    CU_ASSERT_EQUAL(t.tp_us, 1000000);
    CU_ASSERT_EQUAL(t.pmembers, 9);
    CU_ASSERT_TRUE(rtp_timing_due(&t, 5000001, 4000001));
    CU_ASSERT_EQUAL(t.tp_us, 5000001);
}

/* tn = tc + m/p (tn - tc), tp = tc - m/p (tc - tp). */
static void reversed(void)
{
    struct rtp_timing t = base;

    t.tp_us = 2000000;
    t.tn_us = 50000000;
    t.pmembers = 100;
    t.members = 25;
    rtp_timing_reverse(&t, 10000000);
    CU_ASSERT_EQUAL(t.tn_us, 20000000);
    CU_ASSERT_EQUAL(t.tp_us, 8000000);
    CU_ASSERT_EQUAL(t.pmembers, 25);
    t.members = 25; /* not fewer than at the last computation */
    rtp_timing_reverse(&t, 11000000);
    CU_ASSERT_EQUAL(t.tn_us, 20000000);
    t.members = 30;
    rtp_timing_reverse(&t, 11000000);
    CU_ASSERT_EQUAL(t.tn_us, 20000000);
    CU_ASSERT_EQUAL(t.pmembers, 25);
}

static void average(void)
{
    struct rtp_timing t = base;

    rtp_timing_size(&t, 260); /* 260 / 16 + 100 * 15 / 16 */
    CU_ASSERT_DOUBLE_EQUAL(t.avg_size, 110, 1e-9);
}

TESTS({"deterministic", deterministic}, {"chance", chance}, {"reconsidered", reconsidered},
      {"reversed", reversed}, {"average", average})
