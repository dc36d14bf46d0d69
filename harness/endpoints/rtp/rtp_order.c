/* harness/endpoints/rtp/rtp_order.c - sequence numbers, losses and jitter of one source. */
#include "harness/endpoints/rtp/rtp_session.h"

enum { SEQ_MOD = 1 << 16, NO_SEQ = SEQ_MOD + 1 };

static void begin(struct rtp_order *o, uint16_t seq)
{
    o->base_seq = o->max_seq = seq;
    o->bad_seq = NO_SEQ;
    o->cycles = 0;
    o->received = o->received_prior = o->expected_prior = 0;
}

void rtp_order_new(struct rtp_order *o, uint16_t seq)
{
    *o = (struct rtp_order){0};
    begin(o, seq);
    o->max_seq = (uint16_t)(seq - 1);
    o->probation = RTP_MIN_SEQUENTIAL;
}

static enum rtp_taken prove(struct rtp_order *o, uint16_t seq)
{
    bool next = seq == (uint16_t)(o->max_seq + 1);

    o->probation = next ? (uint8_t)(o->probation - 1) : RTP_MIN_SEQUENTIAL - 1;
    o->max_seq = seq;
    if (o->probation)
        return RTP_ON_PROBATION;
    begin(o, seq);
    o->received = 1;
    return RTP_TAKEN;
}

enum rtp_taken rtp_order_update(struct rtp_order *o, uint16_t seq)
{
    uint16_t ahead = (uint16_t)(seq - o->max_seq);

    if (o->probation)
        return prove(o, seq);
    if (ahead < RTP_MAX_DROPOUT) { /* in order, with a gap that may be */
        if (seq < o->max_seq)
            o->cycles += SEQ_MOD;
        o->max_seq = seq;
    } else if (ahead <= SEQ_MOD - RTP_MAX_MISORDER) { /* a very large jump */
        if (seq != o->bad_seq) {
            o->bad_seq = (uint16_t)(seq + 1);
            return RTP_OUT_OF_RANGE;
        }
        begin(o, seq); /* two in a row: the other side has begun anew */
        o->timed = false;
    } /* else doubled or out of order */
    o->received++;
    return RTP_TAKEN;
}

void rtp_order_arrival(struct rtp_order *o, uint64_t now_us, uint32_t timestamp,
                       uint32_t clock_rate)
{
    uint64_t s = now_us / 1000000, us = now_us % 1000000;
    uint32_t arrival = (uint32_t)(s * clock_rate + us * clock_rate / 1000000);
    uint32_t transit = arrival - timestamp;
    int32_t d = (int32_t)(transit - o->transit);

    if (o->timed && o->clock_rate == clock_rate)
        o->jitter += (d < 0 ? 0 - (uint32_t)d : (uint32_t)d) - ((o->jitter + 8) >> 4);
    o->transit = transit;
    o->clock_rate = clock_rate;
    o->timed = true;
}

uint32_t rtp_order_highest(const struct rtp_order *o)
{
    return o->cycles + o->max_seq;
}

uint32_t rtp_order_expected(const struct rtp_order *o)
{
    return rtp_order_highest(o) - o->base_seq + 1;
}

int32_t rtp_order_lost(const struct rtp_order *o)
{
    int64_t lost = (int64_t)rtp_order_expected(o) - o->received;

    if (lost > 0x7fffff)
        return 0x7fffff;
    return lost < -0x800000 ? -0x800000 : (int32_t)lost;
}

uint8_t rtp_order_fraction(const struct rtp_order *o)
{
    uint32_t expected = rtp_order_expected(o) - o->expected_prior;
    uint32_t received = o->received - o->received_prior;

    if (expected == 0 || received >= expected)
        return 0;
    uint64_t fraction = ((uint64_t)(expected - received) << 8) / expected;
    return fraction > 255
               ? 255
               : (uint8_t)fraction; /* all of them lost: A.3 has 256, which is no octet */
}

void rtp_order_reported(struct rtp_order *o)
{
    o->expected_prior = rtp_order_expected(o);
    o->received_prior = o->received;
}
