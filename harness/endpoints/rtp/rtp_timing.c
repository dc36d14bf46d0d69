/* harness/endpoints/rtp/rtp_timing.c - when RTCP is sent: RFC 3550 sections 6.2, 6.3 and A.7. */
#include "harness/endpoints/rtp/rtp_session.h"

#define COMPENSATION 1.21828 /* e - 3/2: RFC3550:6.3.1 */

uint64_t rtp_timing_td(const struct rtp_timing *t, bool receiver)
{
    bool sent = t->we_sent && !receiver;
    double bandwidth = t->bandwidth, n = t->members;
    double least = (double)t->min_us / (t->initial && !receiver ? 2 : 1), td;

    if (t->senders <= t->members * 0.25) {
        bandwidth *= sent ? 0.25 : 0.75;
        n = sent ? t->senders : n - t->senders;
    }
    td = bandwidth > 0 ? t->avg_size * n * 1e6 / bandwidth : least;
    if (td < least)
        td = least;
    return td < 1e15 ? (uint64_t)td : (uint64_t)1e15; /* 31 years */
}

uint64_t rtp_timing_t(const struct rtp_timing *t, uint64_t rng[2])
{
    double chance =
        (double)(rng_next(rng) >> 11) / 9007199254740992.0; /* 2^53: 0 up to 1, without 1 */
    return (uint64_t)((double)rtp_timing_td(t, false) * (chance + 0.5) / COMPENSATION);
}

bool rtp_timing_due(struct rtp_timing *t, uint64_t now_us, uint64_t t_us)
{
    bool due = t->tp_us + t_us <= now_us;

    t->t_us = t_us;
    t->pmembers = t->members;
    t->tn_us = t->tp_us + t_us;
    if (due)
        t->tp_us = now_us;
    return due;
}

void rtp_timing_size(struct rtp_timing *t, size_t size)
{
    t->avg_size = (double)size / 16 + t->avg_size * 15 / 16;
}

void rtp_timing_reverse(struct rtp_timing *t, uint64_t now_us)
{
    double part = t->pmembers ? (double)t->members / t->pmembers : 1;

    if (t->members >= t->pmembers || t->tn_us == NO_DEADLINE || t->tn_us < now_us)
        return;
    t->tn_us = now_us + (uint64_t)(part * (double)(t->tn_us - now_us));
    t->tp_us = now_us - (uint64_t)(part * (double)(now_us - t->tp_us));
    t->pmembers = t->members;
}
