/* harness/watch/stun/stun_watch_test.c - flows, each rule on both of its sides.
 *
 * A flow is text: "0>q1 500>q1 501<s1". A step is the time in ms, the direction (> from the client),
 * the kind and the id, then flags. Frames are numbered from 1.
 *   kinds  q Binding request, Q Allocate request, i indication, s success, S Allocate success,
 *          R Refresh request, T its success, eNNN/, ENNN/ and DNNN/ error responses, Z octets that are no message
 *   flags  x other content, c without magic cookie, m with MESSAGE-INTEGRITY, p with PRIORITY,
 *          n with a transmit counter (of the step), v with CHANGE-REQUEST, a relayed address 1,
 *          b relayed address 2, u unknown attribute that needs comprehension, k cut,
 *          w from or to another port of the server, o on another flow */
#include <stdio.h>
#include <stdlib.h>
#include "harness/core/registry.h"
#include "harness/tests/watch_found.h"
#include "harness/watch/stun/stun_watch.h"

extern const struct watcher_class stun_watch;

/* ---- messages ---- */

static void attr(struct wr *w, uint16_t type, const void *p, size_t n)
{
    wr_u16(w, type);
    wr_u16(w, (uint16_t)n);
    wr_put(w, (struct span){p, n});
}

static void attributes(struct wr *w, char kind, unsigned code, const char *flags, unsigned step)
{
    static const uint8_t mapped[] = {0, 1, 0x33, 0x33, 0x44, 0x55, 0x66, 0x77};
    uint8_t relayed[] = {0, 1, 0, 1, 1, 1, 1, 1}, four[4] = {0}, error[4] = {0};

    if (kind == 's' || kind == 'S')
        attr(w, STUN_XOR_MAPPED_ADDRESS, mapped, sizeof mapped);
    if (kind == 'e' || kind == 'E' || kind == 'D') {
        error[2] = (uint8_t)(code / 100);
        error[3] = (uint8_t)(code % 100);
        attr(w, STUN_ERROR_CODE, error, sizeof error);
    }
    if (strchr(flags, 'a') || strchr(flags, 'b')) {
        relayed[3] = strchr(flags, 'a') ? 1 : 2;
        attr(w, STUN_XOR_RELAYED_ADDRESS, relayed, sizeof relayed);
    }
    if (strchr(flags, 'x'))
        attr(w, STUN_SOFTWARE, "else", 4);
    if (strchr(flags, 'p'))
        attr(w, STUN_PRIORITY, four, 4);
    if (strchr(flags, 'v'))
        attr(w, STUN_CHANGE_REQUEST, four, 4);
    if (strchr(flags, 'u'))
        attr(w, 0x7ffe, four, 4);
    if (strchr(flags, 'n')) {
        four[2] = (uint8_t)step;
        attr(w, STUN_TRANSACTION_TRANSMIT_COUNTER, four, 4);
    }
    if (strchr(flags, 'm'))
        attr(w, STUN_MESSAGE_INTEGRITY, "01234567890123456789", 20);
}

static size_t message(uint8_t *out, char kind, unsigned code, uint8_t id, const char *flags,
                      unsigned step)
{
    struct wr w = {out, 512, 0, false};
    static const uint16_t types[] = {
        ['q'] = 0x0001, ['Q'] = 0x0003, ['i'] = 0x0011, ['s'] = 0x0101, ['S'] = 0x0103,
        ['e'] = 0x0111, ['E'] = 0x0113, ['R'] = 0x0004, ['T'] = 0x0104, ['D'] = 0x0114};
    uint8_t ids[12] = {id, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, id};

    if (kind == 'Z') {
        wr_put(&w, span_of("no message at all of this protocol"));
        return w.n;
    }
    wr_u16(&w, types[(uint8_t)kind]);
    wr_u16(&w, 0);
    wr_u32(&w, strchr(flags, 'c') ? 0x01020304 : 0x2112a442);
    wr_put(&w, (struct span){ids, 12});
    attributes(&w, kind, code, flags, step);
    out[2] = (uint8_t)((w.n - 20) >> 8);
    out[3] = (uint8_t)(w.n - 20);
    return w.n;
}

/* ---- flows ---- */

static const struct addr client = {.family = 4, .ip = {192, 0, 2, 1}, .port = 5000},
                         server = {.family = 4, .ip = {192, 0, 2, 9}, .port = 3478},
                         port2 = {.family = 4, .ip = {192, 0, 2, 9}, .port = 3479};

struct shown {
    double ms;
    char dir, kind, flags[16];
    unsigned code, id;
};

/* The step at the front of `s`; what follows it, NULL: none was there. */
static const char *read_step(const char *s, struct shown *st)
{
    char *end;
    size_t n = 0;

    while (*s == ' ')
        s++;
    if (!*s)
        return NULL;
    *st = (struct shown){.ms = strtod(s, &end)};
    st->dir = *end++;
    st->kind = *end++;
    if (st->kind == 'e' || st->kind == 'E' || st->kind == 'D') {
        st->code = (unsigned)strtoul(end, &end, 10);
        end++; /* the slash */
    }
    st->id = (unsigned)strtoul(end, &end, 10);
    while (*end && *end != ' ' && n < sizeof st->flags - 1)
        st->flags[n++] = *end++;
    return end;
}

static void show(struct watch *w, const struct shown *st, uint32_t frame, bool stream)
{
    static uint8_t octets[512];
    static struct stun_msg m;
    static struct stun_attr attrs[16];
    struct finding f[8];
    struct findings fs = {f, 0, COUNT(f), "udp/stun", 0};
    const struct addr *to = strchr(st->flags, 'w') ? &port2 : &server;
    struct watch_seen s = {.now_us = (uint64_t)(st->ms * 1000 + 0.5),
                           .flow = strchr(st->flags, 'o') ? 7 : 0,
                           .from = st->dir == '>' ? client : *to,
                           .to = st->dir == '>' ? *to : client,
                           .stream = stream,
                           .cut = strchr(st->flags, 'k') != NULL,
                           .by = st->dir == '>' ? 1 : 2,
                           .frame = frame,
                           .layer = "udp/stun"};

    s.octets = (struct span){
        octets, message(octets, st->kind, st->code, (uint8_t)st->id, st->flags, frame)};
    if (stun_decode(s.octets, &m, attrs, COUNT(attrs), &fs) == STEP_ITEM) {
        stun_lint(&m, &fs);
        s.view = &m;
    }
    s.sound = fs.n == 0;
    watch_message(w, &s, &sink);
}

static void run(const char *flow, const struct watch_options *o, size_t limit, bool stream)
{
    struct watch *w = watch_new(&stun_watch, limit, o);
    struct shown st;
    uint32_t frame = 0;

    n_found = 0;
    memset(sums, 0, sizeof sums);
    CU_ASSERT_PTR_NOT_NULL_FATAL(w);
    while ((flow = read_step(flow, &st)))
        show(w, &st, ++frame, stream);
    watch_end(w, &sink);
    watch_free(w);
}

/* The flow gives exactly this finding (NULL: none), in its last frame, resting on `related`. */
static void expect(int line, const char *flow, const struct watch_options *o, bool stream,
                   const char *clause, const char *related)
{
    char frames[128] = "", where[700];
    size_t at = 0;

    run(flow, o, 64, stream);
    for (size_t i = 0; n_found && i < found[0].n_related; i++)
        at += (size_t)snprintf(frames + at, sizeof frames - at, i ? " %u" : "%u",
                               found[0].related[i]);
    bool same =
        n_found == (clause ? 1u : 0u) &&
        (!clause || (strcmp(found[0].f.clause, clause) == 0 && strcmp(frames, related) == 0 &&
                     found[0].f.layer && strcmp(found[0].f.layer, "udp/stun") == 0));
    snprintf(where, sizeof where, "%s: %s", clause ? clause : "nothing", flow);
    if (!same)
        printf("\n%s:%d: %zu findings, first %s with '%s': %s\n", __FILE__, line, n_found,
               n_found ? found[0].f.clause : "none", frames, flow);
    CU_assertImplementation(same, (unsigned)line, where, __FILE__, "", CU_FALSE);
}
#define NOTHING(flow, o) expect(__LINE__, flow, o, false, NULL, "")
#define BROKEN(flow, o, clause, related) expect(__LINE__, flow, o, false, clause, related)
#define FACT(kind, want) CU_ASSERT_EQUAL(sums[STUN_F_##kind].total, want)

/* ---- the schedule ---- */

static void schedule_lawful(void)
{
    char flow[512];

    for (unsigned rto = 100; rto <= 3000; rto += 145)
        for (unsigned mask = 1; mask < 128; mask++) { /* whichever of the seven are missed */
            size_t n = 0;
            flow[0] = '\0';
            for (unsigned k = 0; k < 7; k++)
                if (mask & 1u << k)
                    n += (size_t)snprintf(flow + n, sizeof flow - n, "%u>q1 ",
                                          rto * ((1u << k) - 1));
            run(flow, &passing, 64, false);
            CU_ASSERT_EQUAL(n_found, 0);
            run(flow, &beside, 64, false);
            CU_ASSERT_TRUE(n_found == 0 || rto < 500);
        }
}

static void schedule_broken(void)
{
    BROKEN("0>q1 500>q1 1000>q1 1500>q1", &passing, "RFC8489:6.2.1#1b", "1 2 3");
    CU_ASSERT_EQUAL(found[0].f.level, SHOULD);
    CU_ASSERT_EQUAL(found[0].by, 1);
    CU_ASSERT_EQUAL(found[0].frame, 4);
    CU_ASSERT_EQUAL(found[0].f.arg[1], 500000);
    NOTHING("0>q1 500>q1 1000>q1", &passing); /* one late timer is forgiven */
    /* 640 ms, then at most 650 ms: a 64th more is not longer */
    BROKEN("0>q1 640>q1 1290>q1 1940>q1", &passing, "RFC8489:6.2.1#1b", "1 2 3");
    NOTHING("0>q1 640>q1 1290.01>q1 1940>q1", &passing);
    NOTHING("0>q1 49>q1 98>q1 147>q1 196>q1", &passing);   /* too short to tell */
    NOTHING("0>q1c 1600>q1c 3200>q1c 4800>q1c", &passing); /* RFC 3489 */
    NOTHING("0>q1n 500>q1n 1500>q1n 3500>q1n", &passing);
    BROKEN("0>q1n 500>q1n 1000>q1n 1500>q1n", &passing, "RFC8489:6.2.1#1b", "1 2 3");
    /* a clock that steps back, frames in another order, octets that were not captured */
    NOTHING("9000>q1 9500>q1 7000>q1 7500>q1 8000>q1 8500>q1", &passing);
    FACT(BACKWARDS, 1);
    NOTHING("0>q1 500>q1 9000>q2 1000>q1 1500>q1", &passing);
    NOTHING("500>q1 0>q1 1000>q1 1500>q1 2000>q1", &passing);
    FACT(BACKWARDS, 0);
    FACT(RETRANSMISSIONS, 4);
    NOTHING("0>q1k 500>q1 1000>q1 1500>q1", &passing);
    /* a transaction that is over begins anew */
    NOTHING("0>q1 39500>q1 79000>q1 118500>q1", &passing);
    FACT(UNANSWERED, 4);
    FACT(TRANSACTIONS, 4);
    BROKEN("0>q1 39499>q1 78998>q1 118497>q1", &passing, "RFC8489:6.2.1#1b", "1 2 3");
}

static void rto(void)
{
    BROKEN("0>q1 100>q1 300>q1", &beside, "RFC8489:6.2.1#2", "1 2");
    CU_ASSERT_EQUAL(found[0].f.level, SHOULD);
    BROKEN("0>q1 479.9>q1 1400>q1", &beside, "RFC8489:6.2.1#2", "1 2");
    NOTHING("0>q1 480>q1 1400>q1", &beside);   /* 20 ms are allowed for */
    NOTHING("0>q1 479.9>q1 1460>q1", &beside); /* the first may have been held up */
    NOTHING("0>q1 100>q1", &beside);
    FACT(SHORT_RTO, 100000);
    NOTHING("0>q1 100>q1 300>q1", &passing); /* what the client knew before is not known */
    FACT(SHORT_RTO, 100000);
    NOTHING("0>q1p 100>q1p 300>q1p", &beside);
    NOTHING("0>q1c 100>q1c 300>q1c", &beside);
    NOTHING("0>q1 5<s1 600000>q2 600100>q2 600300>q2", &beside); /* a round trip is known */
    NOTHING("0>q1 5<s1 639999>q2 640099>q2 640299>q2", &beside);
    BROKEN("0>q1 5<s1 640000>q2 640100>q2 640300>q2", &beside, "RFC8489:6.2.1#2", "3 4");
    /* the capture itself is long enough; another port is the same host */
    BROKEN("0>q1 5<s1 640000>q2 640100>q2 640300>q2", &passing, "RFC8489:6.2.1#2", "3 4");
    NOTHING("0>q1w 5<s1w 100000>q2 100100>q2 100300>q2", &beside);
    /* after a step back nothing is known of before */
    NOTHING("5000>q1 5001<s1 0>q2 100>q2 300>q2", &beside);
}

/* ---- requests and ids ---- */

static void streams(void)
{
    expect(__LINE__, "0>q1 500>q1", &passing, true, "RFC8489:6.2.2#a3", "1");
    expect(__LINE__, "0>q1 1>q1 2>q1", &passing, true, "RFC8489:6.2.2#a3", "1");
    expect(__LINE__, "0>q1 500<s1 600>q1", &passing, true, NULL, "");
    FACT(AGAIN, 1);
    expect(__LINE__, "0>q1 39500>q1", &passing, true, NULL, "");
    expect(__LINE__, "0>q1 500>q2", &passing, true, NULL, "");
}

static void after_answer(void)
{
    const char *on = "0>q1 1<s1 500>q1 501<s1 1500>q1 1501<s1 3500>q1";

    BROKEN(on, &beside, "RFC8489:6.2.1#a3", "1 3 5 2");
    NOTHING(on, &passing); /* the answer may have been lost beyond the observer */
    FACT(AGAIN, 3);
    NOTHING("0>q1 1<s1 500>q1 501<s1 1500>q1 1501<s1", &beside);
    /* equal requests at equal intervals are new transactions, bit-wise identical */
    NOTHING("0>q1 1<s1 500>q1 501<s1 1000>q1 1001<s1 1500>q1 2000>q1", &beside);
    /* what left before the answer did not go on after it, in whichever order it is shown */
    NOTHING("0>q1p 900<s1 60>q1p 180>q1p 420>q1p", &beside);
    NOTHING("0>q1m 1<s1 500>q1m 501<s1 1500>q1m 1501<s1 3500>q1m", &beside);
    NOTHING("0>q1 1<s1u 500>q1 501<s1u 1500>q1 1501<s1u 3500>q1", &beside);
    NOTHING("0>q1 1<e500/1 500>q1 501<e500/1 1500>q1 1501<e500/1 3500>q1", &beside);
    BROKEN("0>q1 1<e400/1 500>q1 501<e400/1 1500>q1 1501<e400/1 3500>q1", &beside,
           "RFC8489:6.2.1#a3", "1 3 5 2");
}

static void ids(void)
{
    BROKEN("0>q1 1<s1 900>q1x", &passing, "RFC8489:5#5b", "1");
    CU_ASSERT_EQUAL(found[0].f.level, MUST);
    CU_ASSERT_EQUAL(found[0].f.off, 8);
    BROKEN("0>q1 900>Q1", &passing, "RFC8489:5#5b", "1");
    BROKEN("0>q1 0.1>q1x", &passing, "RFC8489:5#5b", "1");
    BROKEN("0>q1 90000>q1x", &passing, "RFC8489:5#5b", "1");
    NOTHING("0>q1 1<s1 900>q1", &passing);
    NOTHING("0>q1 900>q2x", &passing);
    NOTHING("0>q1n 900>q1n", &passing); /* the counter has to differ */
    NOTHING("0>q1c 900>q1xc", &passing);
    FACT(REUSED, 1);
    NOTHING("0>q1k 900>q1x", &passing);
    NOTHING("0>q1 900>q1xk", &passing);
    NOTHING("0>q1 900<q1x", &passing); /* RFC8489:5#a7 */
    NOTHING("0>q1 900>q1xo", &passing);
    NOTHING("0>i1 900>i1x", &passing);
    FACT(INDICATIONS, 2);
    /* one is enough, and what answers such an id is not judged */
    BROKEN("0>q1 900>q1x", &passing, "RFC8489:5#5b", "1");
    run("0>q1 900>q1x 1000>q1 1500<S1 1600<e400/1 1700>q1x", &passing, 64, false);
    CU_ASSERT_EQUAL(n_found, 1);
}

/* ---- answers ---- */

static void answers(void)
{
    NOTHING("0>q1 1<s1", &passing);
    FACT(RTT, 1000);
    FACT(UNANSWERED, 0);
    NOTHING("0>q1 500>q1 501<s1", &passing); /* to which of the two is not known */
    CU_ASSERT_EQUAL(sums[STUN_F_RTT].n, 0);
    BROKEN("0>q1 1<S1", &passing, "RFC8489:6.3.1.1#a2", "1");
    CU_ASSERT_EQUAL(found[0].by, 2);
    CU_ASSERT_EQUAL(found[0].f.arg[0], 3);
    NOTHING("0>q1c 1<S1c", &passing);
    BROKEN("0>i1 1<s1", &passing, "RFC8489:6.3.2#a3", "1");
    NOTHING("0>i1 1<s2", &passing);
    NOTHING("0>i1 1<i1", &passing);
    NOTHING("0>i1 1>q1 2<s1", &passing);
    NOTHING("0>q1 1>i1 2<s1", &passing);
    NOTHING("0<i1 1<s1", &passing);
    /* a request without cookie answered with one, and the reverse: the codec's business */
    NOTHING("0>q1c 1<s1", &beside);
    NOTHING("0>q1 1<s1c", &beside);
    FACT(UNASKED, 0);
}

static void two_answers(void)
{
    NOTHING("0>Q1 500>Q1 501<S1a 502<S1a", &passing);
    FACT(ANSWER_AGAIN, 1);
    BROKEN("0>Q1 500>Q1 501<S1a 502<S1b", &passing, "RFC8489:6.3.1#1", "1 2 3");
    BROKEN("0>Q1 500>Q1 501<S1a 502<E437/1", &passing, "RFC8489:6.3.1#1", "1 2 3");
    CU_ASSERT_EQUAL(found[0].f.level, MUST);
    CU_ASSERT_EQUAL(found[0].f.arg[0], 437);
    BROKEN("0>Q1 500>Q1 501<E437/1 502<S1a", &passing, "RFC8489:6.3.1#1", "1 2 3");
    NOTHING("0>Q1 500>Q1 501<S1a 502<E438/1", &passing);
    NOTHING("0>R1 500>R1 501<T1 502<D437/1", &passing); /* a deletion: RFC8656:8.2#a6 */
    BROKEN("0>R1 500>R1 501<T1 502<D400/1", &passing, "RFC8489:6.3.1#1", "1 2 3");
    NOTHING("0>Q1 500>Q1 501<E500/1 502<S1a", &passing);
    NOTHING("0>Q1 500>Q1 501<E300/1 502<S1a", &passing);
    NOTHING("0>Q1 500>Q1 501<E401/1x 502<E401/1", &passing);
    FACT(ANSWER_CHANGED, 1);
    NOTHING("0>Q1 1<S1a 500>Q1 502<E437/1", &passing); /* perhaps a new transaction */
    NOTHING("0>q1p 500>q1p 501<e401/1 502<s1", &passing);
    BROKEN("0>q1 500>q1 501<e401/1 502<s1", &passing, "RFC8489:6.3.1#1", "1 2 3");
    NOTHING("0>Q1n 500>Q1n 501<S1a 502<S1b", &passing);
    NOTHING("0>Q1c 500>Q1c 501<S1ac 502<S1bc", &passing);
    NOTHING("0>Q1 500>Q1 501<S1a 39500<S1b", &passing);
    BROKEN("0>Q1 500>Q1 501<S1a 39499<S1b", &passing, "RFC8489:6.3.1#1", "1 2 3");
    NOTHING("0>Q1 500>Q1 501<S1a 502<S1bk", &passing);
}

static void unasked(void)
{
    NOTHING("0<s1 1<s2 2<s3", &passing); /* one side only, or from the middle on */
    FACT(UNASKED, 3);
    NOTHING("0<q1 1<s1", &passing); /* its own request is not what it answers */
    FACT(UNASKED, 1);
    FACT(ELSEWHERE, 0);
    NOTHING("0>q1 1<s2", &passing);
    NOTHING("0>q1 1<s2", &(struct watch_options){.beside = true});
    NOTHING("0>q1 1<s2", &(struct watch_options){.origin = true});
    BROKEN("0>q1 1<s2", &beside, "RFC8489:5#6", "1");
    NOTHING("1<s2", &beside); /* nothing waits: it is no answer to anything */
    NOTHING("0>q1 1<s1 2<s2", &beside);
    NOTHING("0>q1 1<s2c", &beside);
    NOTHING("0>Z0 0>q1 1<s2", &beside); /* what could not be read may have asked */
    NOTHING("0>q1 39500<s2", &beside);
    BROKEN("0>q1 39499<s2", &beside, "RFC8489:5#6", "1");
    BROKEN("0>q1 1<s1w", &beside, "RFC8489:6.3.1.2#a3", "1");
    NOTHING("0>q1 1<s1w", &passing);
    FACT(ELSEWHERE, 1);
    NOTHING("0>q1v 1<s1w", &beside);
    NOTHING("0>q1 1>q1w 2<s1 3<s1w", &beside);
    NOTHING("0>q1 1<s1wo", &beside);
    NOTHING("0>q1 1>q2 2>q3", &passing);
    FACT(UNANSWERED, 3);
}

/* Each frame captured twice, as on two interfaces: no more is found than once. */
static void captured_twice(void)
{
    NOTHING("0>q1 0.1>q1 500>q1 500.1>q1 1500>q1 1500.1>q1 1501<s1 1501.1<s1", &passing);
    FACT(RETRANSMISSIONS, 2);
    FACT(TWICE, 3);
    NOTHING("0>q1 1.9>q1", &passing);
    FACT(TWICE, 1);
    NOTHING("0>q1 2>q1", &passing);
    FACT(TWICE, 0);
}

/* ---- memory ---- */

static void eviction(void)
{
    /* of 8, 6 are for requests */
    run("0>q1 1>q2 2>q3 3>q4 4>q5 5>q6 6>q1x", &passing, 8, false);
    CU_ASSERT_EQUAL(n_found, 1);
    FACT(EVICTED, 0);
    run("0>q1 1>q2 2>q3 3>q4 4>q5 5>q6 6>q7 7>q1x", &passing, 8, false);
    CU_ASSERT_EQUAL(n_found, 0);
    FACT(EVICTED, 2);
    /* what was forgotten makes an answer no fault */
    run("0>q1 1>q2 2>q3 3>q4 4>q5 5>q6 6>q7 7<s1", &beside, 8, false);
    CU_ASSERT_EQUAL(n_found, 0);
    FACT(UNASKED, 1);
    /* and 2 for indications, which push out no request */
    run("0>q1 1>i2 2>i3 3>i4 4>i5 5<s3 6<s4 7<s5 8>q1x", &passing, 8, false);
    CU_ASSERT_EQUAL(n_found, 3);
    FACT(EVICTED, 0);
    run("0>i1 1<s1 2>q1 3<s1", &passing, 1, false);
    CU_ASSERT_EQUAL(n_found, 0);
}

/* Any order of taking and forgetting leaves the index able to find what there is, and no more. */
static void index_holds(void)
{
    enum { LIMIT = 24, KEEP = LIMIT - LIMIT / 4, ROUNDS = 20000 };
    void *mem = calloc(1, stun_watch_size(LIMIT));
    struct stun_watch *w = mem;
    uint32_t kept[KEEP] = {0}, next = 0;
    struct stun_gone gone;

    CU_ASSERT_PTR_NOT_NULL_FATAL(mem);
    stun_watch_init(w, LIMIT, &passing);
    for (uint32_t i = 1; i <= ROUNDS; i++) {
        uint8_t id[12] = {0};
        memcpy(id, &i, sizeof i);
        CU_ASSERT_PTR_NOT_NULL(stun_tx_new(w, id, i % 3, &client, &server, false, &gone));
        CU_ASSERT_EQUAL(gone.used, i > KEEP);
        uint32_t out = kept[next];
        kept[next] = i;
        next = (next + 1) % KEEP;
        memcpy(id, &out, sizeof out);
        CU_ASSERT_PTR_NULL(stun_tx_find(w, id, out % 3, &client, &server));
        for (size_t k = 0; k < KEEP; k++) {
            memcpy(id, &kept[k], sizeof kept[k]);
            if (kept[k] && !stun_tx_find(w, id, kept[k] % 3, &client, &server))
                CU_FAIL("one that is there was not found");
        }
    }
    free(mem);
}

/* One id on ever more flows costs no more than the few that are kept. */
static void same_id(void)
{
    void *mem = calloc(1, stun_watch_size(1024));
    struct stun_gone gone;
    uint8_t id[12] = {1};
    size_t there = 0;

    CU_ASSERT_PTR_NOT_NULL_FATAL(mem);
    stun_watch_init(mem, 1024, &passing);
    for (uint64_t flow = 0; flow < 500; flow++) {
        struct stun_tx *t = stun_tx_new(mem, id, flow, &client, &server, false, &gone);
        CU_ASSERT_PTR_NOT_NULL_FATAL(t);
        if (t) /* FATAL has left already */
            t->first_us = flow;
    }
    for (uint64_t flow = 0; flow < 500; flow++)
        there += stun_tx_find(mem, id, flow, &client, &server) != NULL;
    CU_ASSERT_EQUAL(there, STUN_WATCH_SAME_ID);
    CU_ASSERT_PTR_NOT_NULL(stun_tx_find(mem, id, 499, &client, &server));
    free(mem);
}

/* Any messages in any order at any time: nothing is read or written beyond, and the lists hold together. */
static void anything(void)
{
    static const char kinds[] = "qQisSeEZ", flags[] = "xcmpnvabukwo";
    uint64_t rng[2];
    struct watch *w = watch_new(&stun_watch, 9, &beside);

    CU_ASSERT_PTR_NOT_NULL_FATAL(w);
    rng_seed(rng, 1);
    for (uint32_t i = 1; i <= 60000; i++) {
        uint64_t r = rng_next(rng);
        struct shown st = {.ms = (double)(r % 100000),
                           .dir = r >> 20 & 1 ? '>' : '<',
                           .kind = kinds[r >> 21 & 7],
                           .code = 300 + (unsigned)(r >> 24) % 400,
                           .id = (unsigned)(r >> 33) % 14};
        for (size_t k = 0, n = r >> 40 & 3; k < n; k++)
            st.flags[k] = flags[rng_next(rng) % (sizeof flags - 1)];
        show(w, &st, i, r >> 42 & 1);
        if (i % 1000 == 0)
            watch_tick(w, r % 100000000, &sink);
        if (i % 20000 == 0)
            watch_reset(w);
    }
    watch_end(w, &sink);
    watch_free(w);
}

/* ---- the form ---- */

static void form(void)
{
    CU_ASSERT_PTR_EQUAL(watcher_of(&stun_codec, 0), &stun_watch);
    CU_ASSERT_PTR_NULL(watcher_of(NULL, 0));
    CU_ASSERT_TRUE(stun_watch.n_facts <= WATCH_FACTS_MAX);
    for (size_t i = 0; i < stun_watch.n_facts; i++)
        CU_ASSERT_TRUE(stun_watch.facts[i].name && stun_watch.facts[i].words);
}

/* tick tells what is overdue, once; end tells the rest. */
static void overdue(void)
{
    struct watch *w = watch_new(&stun_watch, 8, &passing);
    struct shown st = {.ms = 100, .dir = '>', .kind = 'q', .id = 1};

    CU_ASSERT_PTR_NOT_NULL_FATAL(w);
    memset(sums, 0, sizeof sums);
    show(w, &st, 1, false);
    watch_tick(w, 100000 + STUN_WATCH_OVER_US - 1, &sink);
    FACT(UNANSWERED, 0);
    watch_tick(w, 100000 + STUN_WATCH_OVER_US, &sink);
    FACT(UNANSWERED, 1);
    watch_tick(w, 100000 + 2 * (uint64_t)STUN_WATCH_OVER_US, &sink);
    watch_end(w, &sink);
    FACT(UNANSWERED, 1);
    watch_reset(w);
    st.id = 2;
    show(w, &st, 1, false);
    watch_end(w, &sink);
    FACT(UNANSWERED, 2);
    watch_free(w);
}

TESTS({"lawful schedules, whatever is missed", schedule_lawful},
      {"schedules that do not double", schedule_broken}, {"the first timeout", rto},
      {"streams", streams}, {"after an answer", after_answer}, {"ids", ids}, {"answers", answers},
      {"two answers", two_answers}, {"answers that nobody asked for", unasked},
      {"captured twice", captured_twice}, {"eviction", eviction}, {"the index", index_holds},
      {"one id", same_id}, {"anything", anything}, {"form", form}, {"overdue", overdue})
