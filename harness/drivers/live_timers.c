/* harness/drivers/live_timers.c - one heap of what is to happen when: parties' deadlines and sends
 * that were held back. One timerfd, set to the earliest, wakes the loop to the microsecond. */
#include <errno.h>
#include <stdlib.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>
#include "harness/drivers/live_impl.h"

/* ---- the heap: by time, then by order of setting ---- */

static bool sooner(const struct timed *a, const struct timed *b)
{
    return a->at_us != b->at_us ? a->at_us < b->at_us : a->seq < b->seq;
}

static void place(struct live *l, size_t i, struct timed *t)
{
    l->heap[i] = t;
    t->slot = i + 1;
}

static void rise(struct live *l, size_t i, struct timed *t)
{
    for (; i > 0 && sooner(t, l->heap[(i - 1) / 2]); i = (i - 1) / 2)
        place(l, i, l->heap[(i - 1) / 2]);
    place(l, i, t);
}

static void sink(struct live *l, size_t i, struct timed *t)
{
    for (size_t kid; (kid = 2 * i + 1) < l->n_heap; i = kid) {
        if (kid + 1 < l->n_heap && sooner(l->heap[kid + 1], l->heap[kid]))
            kid++;
        if (!sooner(l->heap[kid], t))
            break;
        place(l, i, l->heap[kid]);
    }
    place(l, i, t);
}

static void settle_at(struct live *l, size_t i, struct timed *t)
{
    if (i > 0 && sooner(t, l->heap[(i - 1) / 2]))
        rise(l, i, t);
    else
        sink(l, i, t);
}

static void take_out(struct live *l, struct timed *t)
{
    size_t i = t->slot - 1;
    struct timed *last = l->heap[--l->n_heap];

    t->slot = 0;
    if (last != t)
        settle_at(l, i, last);
}

static bool room(struct live *l)
{
    if (l->n_heap < l->cap_heap)
        return true;
    size_t cap = l->cap_heap ? l->cap_heap * 2 : 64;
    struct timed **heap = realloc(l->heap, cap * sizeof *heap);
    if (!heap) {
        live_fail(l, "out of memory");
        return false;
    }
    l->heap = heap;
    l->cap_heap = cap;
    return true;
}

void live_set(struct live *l, struct timed *t, uint64_t at_us)
{
    bool in = t->slot != 0;

    if (at_us == NO_DEADLINE) {
        t->at_us = at_us;
        if (in)
            take_out(l, t);
        return;
    }
    if (!in && !room(l))
        return;
    t->at_us = at_us;
    t->seq = l->seq++;
    if (in)
        settle_at(l, t->slot - 1, t);
    else
        rise(l, l->n_heap++, t);
}

void live_forget_paced(struct live *l, const struct link *k)
{
    size_t kept = 0;

    for (size_t i = 0; i < l->n_heap; i++) {
        struct timed *t = l->heap[i];
        if (t->paced && ((struct dgram *)t)->link == k) {
            t->slot = 0;
            live_dgram_free(l, (struct dgram *)t);
        } else {
            place(l, kept++, t);
        }
    }
    l->n_heap = kept;
    for (size_t i = kept / 2; i-- > 0;)
        sink(l, i, l->heap[i]);
}

/* ---- what is due ---- */

static void send_held(struct live *l, struct dgram *g)
{
    struct flow *f = live_flow_find(g->link, g->flow);

    if (f && f->kind == FLOW_UDP) {
        live_udp_send(f, g);
        return;
    }
    if (f)
        live_tcp_send(f, &(struct span){g->data, g->n}, 1);
    live_dgram_free(l, g);
}

void live_due(struct live *l)
{
    for (size_t steps = 0; l->n_heap && steps < LIVE_STEPS && !l->d.error; steps++) {
        struct timed *t = l->heap[0];
        if (t->at_us > l->d.now_us)
            break;
        take_out(l, t);
        if (t->paced) {
            send_held(l, (struct dgram *)t);
            continue;
        }
        struct party *p = ((struct link *)t)->party;
        l->depth++;
        party_timers(p, l->d.now_us);
        live_take(l, p);
        l->depth--;
        live_settle(l);
    }
    live_settle(l); /* what a held send has caused */
}

/* ---- the clock ---- */

static void rang(uv_poll_t *clock, int status, int events)
{
    struct live *l = clock->data;
    uint64_t times;

    (void)status;
    (void)events;
    if (read(l->clock_fd, &times, sizeof times) == sizeof times)
        l->armed_us = NO_DEADLINE;
}

bool live_clock_init(struct live *l)
{
    l->armed_us = NO_DEADLINE;
    l->clock_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (l->clock_fd < 0 || uv_poll_init(&l->loop, &l->clock, l->clock_fd) != 0)
        return false;
    l->clock.data = l;
    return uv_poll_start(&l->clock, UV_READABLE, rang) == 0;
}

void live_arm(struct live *l, uint64_t at_us)
{
    if (at_us >= l->armed_us) /* it wakes early then, which costs less than setting it each time */
        return;
    uint64_t most = (UINT64_MAX - l->zero_ns) / 1000; /* some 584 years */
    uint64_t ns = l->zero_ns + (at_us < most ? at_us : most) * 1000;
    struct itimerspec when = {
        .it_value = {.tv_sec = (time_t)(ns / 1000000000), .tv_nsec = (long)(ns % 1000000000)}};
    if (timerfd_settime(l->clock_fd, TFD_TIMER_ABSTIME, &when, NULL) != 0) {
        live_fail(l, "the system's timer cannot be set");
        return;
    }
    l->armed_us = at_us;
}
