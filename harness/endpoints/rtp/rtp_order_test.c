/* harness/endpoints/rtp/rtp_order_test.c - sequences, losses and jitter against values that were worked out by
 * hand from RFC 3550 A.1, A.3 and A.8. */
#include "harness/core/test.h"
#include "harness/endpoints/rtp/rtp_session.h"

/* A source that is valid, with `seq` as its first counted number. */
static struct rtp_order valid(uint16_t seq)
{
    struct rtp_order o;

    rtp_order_new(&o, (uint16_t)(seq - 1));
    CU_ASSERT_EQUAL(rtp_order_update(&o, (uint16_t)(seq - 1)), RTP_ON_PROBATION);
    CU_ASSERT_EQUAL(rtp_order_update(&o, seq), RTP_TAKEN);
    return o;
}

static void probation(void)
{
    struct rtp_order o;

    rtp_order_new(&o, 10);
    CU_ASSERT_EQUAL(rtp_order_update(&o, 10), RTP_ON_PROBATION);
    CU_ASSERT_EQUAL(rtp_order_update(&o, 12), RTP_ON_PROBATION); /* not in a row: it begins anew */
    CU_ASSERT_EQUAL(rtp_order_update(&o, 12), RTP_ON_PROBATION);
    CU_ASSERT_EQUAL(rtp_order_update(&o, 13), RTP_TAKEN);
    CU_ASSERT_EQUAL(o.received, 1);
    CU_ASSERT_EQUAL(o.base_seq, 13);
    CU_ASSERT_EQUAL(rtp_order_expected(&o), 1);
    rtp_order_new(&o, 65535); /* in a row over the wrap too */
    rtp_order_update(&o, 65535);
    CU_ASSERT_EQUAL(rtp_order_update(&o, 0), RTP_TAKEN);
    CU_ASSERT_EQUAL(rtp_order_highest(&o), 0);
}

static void wrap(void)
{
    struct rtp_order o = valid(65534);

    rtp_order_update(&o, 65535);
    rtp_order_update(&o, 0);
    CU_ASSERT_EQUAL(rtp_order_highest(&o), 65536);
    CU_ASSERT_EQUAL(rtp_order_expected(&o), 3);
    rtp_order_update(&o, 65533); /* late, from before the wrap: no cycle */
    CU_ASSERT_EQUAL(rtp_order_highest(&o), 65536);
    CU_ASSERT_EQUAL(rtp_order_lost(&o), -1);
    o = valid(10);
    rtp_order_update(&o, 11);
    rtp_order_update(&o, 12);
    rtp_order_update(&o, 11);
    CU_ASSERT_EQUAL(rtp_order_highest(&o), 12);
}

/* RFC3550:A.1: MAX_DROPOUT 3000 ahead, MAX_MISORDER 100 behind. */
static void jumps(void)
{
    struct rtp_order o = valid(1000);

    CU_ASSERT_EQUAL(rtp_order_update(&o, 1000 + 2999), RTP_TAKEN);
    o = valid(1000);
    CU_ASSERT_EQUAL(rtp_order_update(&o, 1000 + 3000), RTP_OUT_OF_RANGE);
    CU_ASSERT_EQUAL(rtp_order_highest(&o), 1000);
    CU_ASSERT_EQUAL(rtp_order_update(&o, 1000 + 3002), RTP_OUT_OF_RANGE); /* not the next one */
    CU_ASSERT_EQUAL(rtp_order_update(&o, 1000 + 3003), RTP_TAKEN);        /* a restart */
    CU_ASSERT_EQUAL(o.base_seq, 4003);
    CU_ASSERT_EQUAL(o.received, 1);
    o = valid(1000);
    CU_ASSERT_EQUAL(rtp_order_update(&o, 1000 - 99), RTP_TAKEN);
    CU_ASSERT_EQUAL(rtp_order_update(&o, 1000 - 100), RTP_OUT_OF_RANGE);
}

static void losses(void)
{
    struct rtp_order o = valid(10);

    rtp_order_update(&o, 11);
    rtp_order_update(&o, 12);
    rtp_order_update(&o, 14);
    CU_ASSERT_EQUAL(rtp_order_expected(&o), 5);
    CU_ASSERT_EQUAL(rtp_order_lost(&o), 1);
    CU_ASSERT_EQUAL(rtp_order_fraction(&o), 51); /* 1 of 5: 256 / 5 */
    rtp_order_reported(&o);
    CU_ASSERT_EQUAL(rtp_order_fraction(&o), 0); /* nothing was expected since */
    rtp_order_update(&o, 13);                   /* late: fewer lost than none */
    CU_ASSERT_EQUAL(rtp_order_fraction(&o), 0);
    CU_ASSERT_EQUAL(rtp_order_lost(&o), 0);
    rtp_order_update(&o, 14); /* doubled */
    CU_ASSERT_EQUAL(rtp_order_lost(&o), -1);
    rtp_order_reported(&o);
    rtp_order_update(&o, 18);
    CU_ASSERT_EQUAL(rtp_order_fraction(&o), 192); /* 3 of 4 */
    CU_ASSERT_EQUAL(rtp_order_lost(&o), 2);
}

static void clamped(void)
{
    struct rtp_order o = valid(0);

    o.cycles = 0x1000000;
    CU_ASSERT_EQUAL(rtp_order_lost(&o), 0x7fffff);
    o = valid(0);
    o.received = 0x1000000;
    CU_ASSERT_EQUAL(rtp_order_lost(&o), -0x800000);
}

/* 8 kHz; a packet that is 10 ms late makes |D| = 80, the next in time again 80. */
static void jitter(void)
{
    struct rtp_order o = valid(1);
    static const struct {
        uint64_t us;
        uint32_t timestamp, scaled; /* 16 J by J += |D| - (16 J + 8) / 16 */
    } steps[] = {
        {0, 1000, 0},       {20000, 1160, 0},   {50000, 1320, 80},
        {60000, 1480, 155}, {80000, 1640, 145}, {100000, 1800, 136},
    };

    for (size_t i = 0; i < COUNT(steps); i++) {
        rtp_order_arrival(&o, steps[i].us, steps[i].timestamp, 8000);
        CU_ASSERT_EQUAL(o.jitter, steps[i].scaled);
    }
    rtp_order_arrival(&o, 120000, 99, 48000); /* another clock: no difference can be taken */
    CU_ASSERT_EQUAL(o.jitter, 136);
}

TESTS({"probation", probation}, {"wrap", wrap}, {"jumps", jumps}, {"losses", losses},
      {"clamped", clamped}, {"jitter", jitter})
