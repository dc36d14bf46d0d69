/* harness/watch/turn/turn_watch_test.c - flows, each rule on both of its sides.
 *
 * A flow is text: "0>a1 0<A1=600 1>p2@5 1<P2 2<D@5". A step is the time in s, the direction (> from the client), the
 * kind, the transaction, then what it carries. Frames are numbered from 1.
 *   kinds  a, A Allocate request and success; r, R Refresh; p, P CreatePermission; b, B ChannelBind; n ConnectionBind
 *          request; x?NNN/ error response to the method ?; s Send indication, D Data indication, i the same about ICMP;
 *          c ChannelData; Z octets that are no message
 *   with   @N peer 192.0.2.N, port 9; :N another port of that peer; #N channel 0x4000 + N; =N LIFETIME;
 *          m MESSAGE-INTEGRITY, t MOBILITY-TICKET, f REQUESTED-ADDRESS-FAMILY, k cut, g something of the stream is
 *          missing, o on another flow */
#include <stdio.h>
#include <stdlib.h>
#include "harness/core/registry.h"
#include "harness/tests/watch_found.h"
#include "harness/watch/turn/turn_watch.h"

extern const struct watcher_class turn_watch;
static const struct addr client = {.family = 4, .ip = {192, 0, 2, 1}, .port = 5000},
                         server = {.family = 4, .ip = {192, 0, 2, 2}, .port = 3478};
static const struct watch_options whole = {.origin = true};

struct shown {
    double s;
    char dir, kind, of, flags[8];
    unsigned code, id;
    int peers[4], port, channel, lifetime; /* -1: none */
    size_t n_peers;
};

/* ---- messages ---- */

static uint16_t type_of(const struct shown *st)
{
    static const uint16_t methods[] = {['a'] = 3, ['r'] = 4, ['p'] = 8, ['b'] = 9, ['n'] = 0xb};
    char low = (char)(st->kind | 0x20);

    if (st->kind == 'x')
        return (uint16_t)(methods[(uint8_t)st->of] | 0x110);
    if (st->kind == 's')
        return 0x16;
    if (st->kind == 'D' || st->kind == 'i')
        return 0x17;
    return (uint16_t)(methods[(uint8_t)low] | (st->kind == low ? 0 : 0x100));
}

static void write_message(struct wr *w, const struct shown *st)
{
    static uint8_t memory[8192];
    const uint8_t id[12] = {(uint8_t)st->id, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
    struct arena mem = arena_of(memory, sizeof memory);
    struct draft dr;
    uint16_t type = type_of(st);

    stun_draft(&dr, &mem, (enum stun_class)((type >> 7 & 2) | (type >> 4 & 1)),
               (uint16_t)(type & 0xf), (struct span){id, sizeof id});
    for (size_t i = 0; i < st->n_peers; i++) {
        struct addr a = {.family = 4, .ip = {192, 0, 2, (uint8_t)st->peers[i]}};
        a.port = (uint16_t)st->port;
        stun_add_addr(&dr, STUN_XOR_PEER_ADDRESS, &a);
    }
    if (st->channel >= 0)
        stun_add_uint(&dr, STUN_CHANNEL_NUMBER, 0x4000u + (unsigned)st->channel);
    if (st->lifetime >= 0)
        stun_add_uint(&dr, STUN_LIFETIME, (unsigned)st->lifetime);
    if (st->kind == 's' || st->kind == 'D')
        stun_add_bytes(&dr, STUN_DATA_VALUE, span_of("data"));
    if (st->kind == 'i')
        stun_add_icmp(&dr, 3, 3, 0);
    if (st->kind == 'x')
        stun_add_code(&dr, st->code, "no");
    if (strchr(st->flags, 't'))
        stun_add_bytes(&dr, STUN_MOBILITY_TICKET, span_of("t"));
    if (strchr(st->flags, 'f'))
        stun_add_uint(&dr, STUN_REQUESTED_ADDRESS_FAMILY, 1);
    if (strchr(st->flags, 'm'))
        stun_add(&dr, STUN_MESSAGE_INTEGRITY);
    stun_encode(w, &dr, NULL);
}

/* ---- flows ---- */

static const char *read_with(const char *s, struct shown *st)
{
    char *end = (char *)(uintptr_t)s;
    size_t n = 0;

    for (; *end && *end != ' ';) {
        char c = *end++;
        if (c == '@')
            st->peers[st->n_peers++] = (int)strtol(end, &end, 10);
        else if (c == ':')
            st->port = (int)strtol(end, &end, 10);
        else if (c == '#')
            st->channel = (int)strtol(end, &end, 10);
        else if (c == '=')
            st->lifetime = (int)strtol(end, &end, 10);
        else
            st->flags[n++] = c;
    }
    return end;
}

/* The step at the front of `s`; what follows it, NULL: none was there. */
static const char *read_step(const char *s, struct shown *st)
{
    char *end;

    while (*s == ' ')
        s++;
    if (!*s)
        return NULL;
    *st = (struct shown){.s = strtod(s, &end), .port = 9, .channel = -1, .lifetime = -1};
    st->dir = *end++;
    st->kind = *end++;
    if (st->kind == 'x') {
        st->of = *end++;
        st->code = (unsigned)strtoul(end, &end, 10);
        end++; /* the slash */
    }
    st->id = (unsigned)strtoul(end, &end, 10);
    return read_with(end, st);
}

static void show(struct watch *w, const struct shown *st, uint32_t frame, bool stream)
{
    static uint8_t octets[2048];
    static struct stun_msg m;
    static struct stun_attr attrs[16];
    struct findings fs = {0};
    struct wr wr = {octets, sizeof octets, 0, false};
    struct watch_seen s = {.now_us = (uint64_t)(st->s * 1000000 + 0.5),
                           .flow = strchr(st->flags, 'o') ? 7 : 0,
                           .from = st->dir == '>' ? client : server,
                           .to = st->dir == '>' ? server : client,
                           .stream = stream,
                           .whole = stream && !strchr(st->flags, 'g'),
                           .cut = strchr(st->flags, 'k') != NULL,
                           .by = st->dir == '>' ? 1 : 2,
                           .frame = frame,
                           .layer = "udp/stun"};

    if (st->kind == 'Z')
        wr_put(&wr, span_of("\1no message"));
    else if (st->kind == 'c')
        stun_channel_put(&wr, (uint16_t)(0x4000 + st->channel), span_of("data"), true);
    else
        write_message(&wr, st);
    s.octets = wr_span(&wr);
    s.between = st->kind == 'c';
    if (!s.between && st->kind != 'Z' &&
        stun_decode(s.octets, &m, attrs, COUNT(attrs), &fs) == STEP_ITEM)
        s.view = &m;
    watch_message(w, &s, &sink);
}

/* What the watcher says of a flow: "clause frame by(related frames)", blanks between. */
static const char *said(const struct watch_options *o, bool stream, const char *flow)
{
    static char text[2048];
    struct watch *w = watch_new(&turn_watch, 64, o);
    struct shown st;
    uint32_t frame = 0;
    size_t n = 0;

    n_found = 0;
    memset(sums, 0, sizeof sums);
    text[0] = '\0';
    CU_ASSERT_PTR_NOT_NULL_FATAL(w);
    while ((flow = read_step(flow, &st)))
        show(w, &st, ++frame, stream);
    watch_end(w, &sink);
    watch_free(w);
    for (size_t i = 0; i < n_found && i < FOUND_MAX; i++) {
        const struct watch_finding *f = &found[i];
        n += (size_t)snprintf(text + n, sizeof text - n, "%s%s %u%c(", n ? " " : "",
                              f->f.clause + 8, f->frame, f->by == 1 ? 'c' : 's');
        for (size_t k = 0; k < f->n_related; k++)
            n += (size_t)snprintf(text + n, sizeof text - n, "%s%u", k ? "," : "", f->related[k]);
        n += (size_t)snprintf(text + n, sizeof text - n, ")");
    }
    return text;
}

#define SAYS(options, flow, words) CHECK_TEXT(span_of(said(options, false, flow)), words)
/* Nothing, whatever is promised. */
static void quiet(const char *flow)
{
    SAYS(&beside, flow, "");
    SAYS(&whole, flow, "");
    SAYS(&passing, flow, "");
    CHECK_TEXT(span_of(said(&passing, true, flow)), "");
}

/* Nothing where nothing is promised, on datagrams and streams. */
static void unsure(const char *flow)
{
    SAYS(&passing, flow, "");
    CHECK_TEXT(span_of(said(&passing, true, flow)), "");
}

#define BEGIN "0>a1 0<xa401/1 0.1>a2m 0.1<A2=600m "
/* Messages each second, so that time is known to pass in a capture too. */
static const char *ticking(const char *front, unsigned from, unsigned to, const char *back)
{
    static char text[1 << 16];
    size_t n = (size_t)snprintf(text, sizeof text, "%s", front);

    for (unsigned t = from; t <= to; t++)
        n += (size_t)snprintf(text + n, sizeof text - n, " %u>s@99o", t);
    snprintf(text + n, sizeof text - n, " %s", back);
    return text;
}

/* ---- rules ---- */

static void from_peers(void)
{
    SAYS(&beside, BEGIN "1<D@5", "9#a6 5s(4)");
    SAYS(&beside, BEGIN "1<i@5", "11.5#a5 5s(4)");
    /* in a capture they have to go on for a second */
    SAYS(&whole, BEGIN "1<D@5 1.5<D@5", "");
    SAYS(&whole, BEGIN "1<D@5 2.1<D@5", "9#a6 6s(4,5)");
    SAYS(&whole, BEGIN "1<D@5 1.2>p3@5 2.1<D@5", "");
    SAYS(&passing, BEGIN "1<D@5 2.1<D@5", "");
    CU_ASSERT_EQUAL(sums[TURN_F_UNPERMITTED_IN].total, 2);
    /* on a stream of which nothing is missing the client has to be heard, too */
    CHECK_TEXT(span_of(said(&passing, true, BEGIN "1<D@5 2.1<D@5")), "");
    CHECK_TEXT(span_of(said(&passing, true, BEGIN "1<D@5 2>p3@6 2.1<D@5")), "9#a6 7s(4,5)");
    CHECK_TEXT(span_of(said(&passing, true, BEGIN "1<D@5 2>p3@6g 2.1<D@5")), "");
    quiet(BEGIN "1>p3@5 1<D@5 2>p4@6@5 2<P4m 3<D@5:7 3<D@6 4<i@6");
    quiet(BEGIN "1>b3#1@5 1<D@5 1<i@5:1 2<D@5:7"); /* the port does not count */
    quiet(BEGIN "1>p3@5 1<xp403/3 2<D@5 4<D@5");   /* a refused request may have installed some */
    unsure("0<D@5 2<D@5 5<D@5");                   /* it begins late */
}

static void permissions_end(void)
{
    static const char made[] = BEGIN "1>p3@5 1<P3m";

    SAYS(&beside, BEGIN "1>p3@5 1<P3m 312<D@5", "9#a6 7s(4,5)");
    SAYS(&beside, BEGIN "1>p3@5 1<P3m 310<D@5", ""); /* grace */
    SAYS(&beside, BEGIN "1>p3@5 1<P3m 290>p4@5 580<D@5", "");
    SAYS(&beside, BEGIN "1>p3@5 1<P3m 290>b4#1@5 580<D@5", "");
    SAYS(&beside, BEGIN "1>p3@5 1<P3m 290<D@5 312>s@5", "11.1#1 8c(4,5)");
    SAYS(&beside, BEGIN "1>b3#1@5 1<B3m 312<c#1", "9#a6 7s(4,5)");
    /* a capture: time that nothing shows may be a clock that was set */
    SAYS(&whole, BEGIN "1>p3@5 1<P3m 312<D@5 314<D@5", "");
    CHECK_TEXT(span_of(said(&whole, false, ticking(made, 2, 313, "313<D@5 315<D@5"))),
               "9#a6 320s(4,5,319)");
    CHECK_TEXT(span_of(said(&whole, false, ticking(made, 2, 308, "308<D@5 310<D@5"))), "");
    CHECK_TEXT(span_of(said(&passing, false, ticking(made, 2, 313, "313<D@5 315<D@5"))), "");
}

static void to_peers(void)
{
    SAYS(&beside, BEGIN "1>s@5", "11.1#1 5c(4)");
    SAYS(&beside, BEGIN "1>p3@5m 1>s@5", "11.1#1 6c(4,5)"); /* not granted yet */
    SAYS(&beside, BEGIN "1>p3@5m 1<xp403/3m 1>s@5", "11.1#1 7c(4,5)");
    SAYS(&beside, BEGIN "1>p3@5m 1<P3m 2>p4@5m 2>s@5", "");
    SAYS(&beside, BEGIN "1>p3@5m 1<xp438/3m 2>p4@5m 2<P4 2>s@5", "");
    SAYS(&whole, BEGIN "1>s@5 2.1>s@5", "11.1#1 6c(4,5)");
    SAYS(&whole, BEGIN "1>p3@5m 1>s@5 2.1>s@5", ""); /* it may be granted, out of sight */
    SAYS(&whole, "1>s@5 2.1>s@5 3.2>s@5", "");       /* of whom a NAT has made another */
    SAYS(&beside, "1>s@5", "11.1#1 1c()");
    quiet(BEGIN "1>p3@5m 1<P3m 1>s@5 1>s@5:7 2>b4#1@6 2<B4m 3>s@6 3>c#1");
}

static void channels(void)
{
    SAYS(&beside, BEGIN "1>c#1", "12.4#a3 5c(4)");
    SAYS(&beside, BEGIN "1<c#1", "12#a5 5s(4)");
    SAYS(&whole, BEGIN "1<c#1 2.5<c#1", "12#a5 6s(4,5)");
    SAYS(&whole, BEGIN "1>c#1 2.5>c#1", "12.4#a3 6c(4,5)");
    SAYS(&passing, BEGIN "1<c#1 2.5<c#1 3>c#1 5>c#1", "");
    CU_ASSERT_EQUAL(sums[TURN_F_UNBOUND].total, 4);
    SAYS(&beside, BEGIN "0>b3#1@5m 0<B3m 200>r4m=600 200<R4m=600 290>p5@5m 290<P5m 611<c#1",
         "12#a11 11s(4,5)");
    SAYS(&beside, BEGIN "0>b3#1@5m 0<B3m 200>r4m=600 200<R4m=600 400>p5@5m 400<P5m 611>c#1",
         "12#a11 11c(4,5)");
    SAYS(&beside, BEGIN "0>b3#1@5m 0<B3m 200>r4m=600 200<R4m=600 400>p5@5m 400<P5m 609<c#1", "");
    SAYS(&beside, BEGIN "0>b3#1@5m 0<B3m 400>r4m=600 400<R4m=600 550>b5#1@5m 550<B5m 800<c#1", "");
    /* 12.5#1, with time for what was on its way */
    SAYS(&beside, BEGIN "1>b3#1@5m 1<B3m 12<D@5", "12.5#1 7s(4,6)");
    SAYS(&whole, BEGIN "1>b3#1@5m 1<B3m 12<D@5", "12.5#1 7s(4,6)");
    SAYS(&passing, BEGIN "1>b3#1@5m 1<B3m 12<D@5", "");
    quiet(BEGIN "1>b3#1@5m 1<B3m 9<D@5 12<D@5:7 12<i@5 12>s@5");
    quiet(BEGIN "1>b3#1@5m 1>c#1 1<c#1 1<B3m 1<c#1 2>c#1"); /* RFC8656:12#5 */
    quiet(BEGIN "1>b3#1@5m 1<xb508/3m 2<c#1");
    quiet("0>c#1 0<c#1 2>c#1 2<c#1 4>c#1 4<c#1");
}

static void bound_twice(void)
{
    SAYS(&whole, BEGIN "1>b3#1@5m 1<B3m 2>b4#1@6m 2<B4m", "12.2#a4 8s(4,6,7)");
    SAYS(&whole, BEGIN "1>b3#1@5m 1<B3m 2>b4#2@5m 2<B4m", "12.2#a5 8s(4,6,7)");
    SAYS(&passing, BEGIN "1>b3#1@5m 1<B3m 2>b4#1@6m 2<B4m", "");
    SAYS(&beside, BEGIN "1>b3#1@5m 1<B3m 2>b4#1@6m 2<xb400/4m", "12#3 7c(4,6)");
    SAYS(&beside, BEGIN "1>b3#1@5m 1<B3m 2>b4#2@5m 2<xb400/4m", "12#3 7c(4,6)");
    SAYS(&beside, BEGIN "1>b3#1@5m 1<B3m 500>r4m=3600 500<R4m=3600 880>b5#1@6m", "12#3 9c(4,6)");
    SAYS(&beside, BEGIN "1>b3#1@5m 1<B3m 500>r4m=3600 500<R4m=3600 902>b5#1@6m 902<B5m", "");
    SAYS(&whole, BEGIN "1>b3#1@5m 1<B3m 595>b4#1@6m 595<B4m", ""); /* it may be over */
    SAYS(&whole, BEGIN "1>b3#1@5m 1<xb508/3m 2>b4#1@6m 2<B4m", "");
    quiet(BEGIN "1>b3#1@5m 1<B3m 2>b4#1@5m 2<B4m 3>b5#2@5:7m 3<B5m");
    /* deleted and made anew in between */
    quiet(BEGIN "1>b3#1@5m 1<B3m 2>r4=0m 2<R4=0m 3>a5m 3<A5=600m 4>b6#1@6m 4<B6m");
}

static void after_the_end(void)
{
    SAYS(&beside, BEGIN "1>p3@5m 1<P3m 2>r4=0m 2<R4=0m 12.5<D@5", "8.1#a5 9s(4,8)");
    SAYS(&whole,
         BEGIN "1>p3@5m 1<P3m 2>r4=0m 2<R4=0m 4>s@9o 6>s@9o 8>s@9o 10>s@9o 12>s@9o 13<D@5 14.5<D@5",
         "8.1#a5 15s(4,8)");
    SAYS(&beside, BEGIN "1>p3@5m 1<P3m 2>r4=0m 2<R4=0m 11<D@5 13>s@5", "");
    SAYS(&beside, BEGIN "1>p3@5m 1<P3m 2>r4=0fm 2<R4=0m 13<D@5", ""); /* of one family */
    SAYS(&beside, BEGIN "1>p3@5m 1<P3m 2>r4=0m 2<R4=600m 13<D@5", "");
    SAYS(&beside, BEGIN "1>p3@5m 1<P3m 2>r4=0m 2<R4=0m 3>a5m 13<D@5", ""); /* there may be one */
    SAYS(&passing, BEGIN "1>p3@5m 1<P3m 2>r4=0m 2<R4=0m 13<D@5 15<D@5", "");
    /* run down */
    SAYS(&beside, BEGIN "400>p3@5m 400<P3m 612<D@5", "6#a5 7s(4)");
    SAYS(&beside, BEGIN "400>p3@5m 400<P3m 612>s@5", "8#1 7c(4)");
    SAYS(&beside, BEGIN "400>b3#1@5m 400<B3m 612>c#1", "8#1 7c(4)");
    SAYS(&beside, BEGIN "400>p3@5m 400<P3m 609<D@5 609>s@5", "");
    SAYS(&beside, BEGIN "400>p3@5m 400<P3m 500>r4m 612<D@5 612>s@5", ""); /* perhaps granted */
    SAYS(&beside, BEGIN "400>p3@5m 400<P3m 500>r4m 500<R4=600m 612<D@5 612>s@5", "");
    SAYS(&beside, BEGIN "400>p3@5m 400<P3m 500>r4m 500<xr438/4m 612<D@5", "6#a5 9s(4)");
    SAYS(&beside, BEGIN "400>p3@5m 400<P3m 500>r4m 500<R4=600m 601>r4m 650>p6@5m 650<P6m 1150<D@5",
         "9#a6 12s(4,10)");
    SAYS(&passing, BEGIN "400>p3@5m 400<P3m 612<D@5 614<D@5", "");
}

static void after_437(void)
{
    SAYS(&beside, BEGIN "1>r3m=600 1<xr437/3m 12>s@5", "5#7 7c(4,6) 11.1#1 7c(4)");
    SAYS(&beside, BEGIN "1>p3@5m 1<xp437/3m 12>c#1", "5#7 7c(4,6) 12.4#a3 7c(4)");
    SAYS(&beside, BEGIN "1>r3m=600 1<xr437/3m 12>p4@5m", "5#7 7c(4,6)");
    SAYS(&beside, BEGIN "1>r3m=600 1<xr437/3m 10>p4@5m", "");
    SAYS(&beside, BEGIN "1>r3m=600 1<xr437/3 12>p4@5m", ""); /* not signed: it may be passed over */
    SAYS(&beside, BEGIN "1>r3m=600 1<xr437/3m 12>r4=0m 13>r5m", "");
    SAYS(&beside, BEGIN "1>r3m=600 1<xr437/3m 11>a4m 12>p5@5m", "");
    SAYS(&beside, BEGIN "1>a3m 1<xa437/3m 12>p4@5m", "");
    SAYS(&whole, BEGIN "1>r3m=600 1<xr437/3m 12>p4@5m 14>p5@5m", "");
}

static void lifetimes(void)
{
    SAYS(&beside, BEGIN "1>r3m=900 1<R3=1200m", "8.2#a2 6s(4,5)");
    SAYS(&beside, "0>a1m 0<A1=600m 1>r3=0m 1<R3=0m 2>a4=700m 2<A4=701m", "7.2#a25 6s(2,5)");
    SAYS(&beside, BEGIN "1>r3m=900 1<R3=900m 2>r4m=900 2<R4=600m 3>r5=1m 3<R5=600m", "");
    SAYS(&beside, BEGIN "1>r3m 1<R3=1200m", ""); /* it did not ask */
    SAYS(&beside, "0>a1=10m 0<A1=1200m 1>r2=20m 1<R2=1200m", "");
    SAYS(&beside, "0>a1m 4>a1m 4<A1=596m 5>r2=100m 5<R2=600m", ""); /* it had run down */
    SAYS(&whole, BEGIN "1>r3m=900 1<R3=1200m", "");
}

/* ---- what is seen of it ---- */

static void unknown(void)
{
    unsure("0<A1=600 5<P2 6<D@5 8<D@5 9<B3 10<c#1 12<c#1");           /* the server alone */
    unsure("0>a1m 5>p2@5m 6>s@5 8>b3#1@5m 9>c#1 312>b4#2@6 313>c#1"); /* mostly: the client alone */
    quiet("0>r1mt 0<R1=600m 1<D@5 3<D@5");                            /* moved here: RFC 8016 */
    quiet("0>a1mt 0<A1=600mt 1<D@5 3<D@5 4>s@5 6>s@5 5000<D@5");
    quiet("0>n1m 1<c#1 3<c#1 3>c#1 5>c#1 6<D@5 8<D@5"); /* RFC 6062: what follows is the peer's */
    quiet(BEGIN "1>Z 2<D@5 4<D@5");
    quiet(BEGIN "1>p3@5mk 2<D@6 4<D@6"); /* it may have named more */
    quiet(BEGIN "1<D@5k 3<D@5k");
    quiet(BEGIN "1<P9 2<D@5 4<D@5");                                    /* a request was missed */
    quiet(BEGIN "1>p3@5m 1>p3@5m 1<P3m 1<P3m 0.1<A2=600m 2<D@5 2<D@5"); /* captured twice */
    SAYS(&whole, BEGIN "1>b3#1@5m 1<B3m 1<B3m 0.1<A2=600m 3>b4#1@6m 3<B4m", "12.2#a4 10s(4,6,9)");
    /* a clock that steps back, and forward */
    SAYS(&whole, BEGIN "1000>b3#1@5m 1000<B3m 500>b4#1@6m 500<B4m", "");
    CU_ASSERT_EQUAL(sums[TURN_F_BACKWARDS].total, 1);
    SAYS(&whole, BEGIN "1>p3@5m 1<P3m 9000<D@5 9001.5<D@5 9003<D@5", "");
}

static void facts(void)
{
    said(&passing, false,
         BEGIN "1>p3@5m 1<P3m 1>s@5 1<D@5 1>b4#1@6m 1<B4m 2>c#1 2>c#1 2<c#1 3<i@6 4>r5m 4<R5=700m "
               "5>r6=0m 5<R6=0m 6<P77");
    static const struct {
        enum turn_watch_fact kind;
        uint64_t n, total;
    } rows[] = {{TURN_F_ALLOCATIONS, 1, 1},
                {TURN_F_LIFETIME, 2, 1300},
                {TURN_F_REFRESHES, 1, 1},
                {TURN_F_DELETIONS, 1, 1},
                {TURN_F_PERMISSIONS, 1, 1},
                {TURN_F_CHANNELS, 1, 1},
                {TURN_F_SENDS, 1, 1},
                {TURN_F_SEND_OCTETS, 1, 4},
                {TURN_F_DATAS, 1, 1},
                {TURN_F_DATA_OCTETS, 1, 4},
                {TURN_F_ICMP, 1, 1},
                {TURN_F_CHANNEL_OUT, 2, 2},
                {TURN_F_CHANNEL_OUT_OCTETS, 2, 8},
                {TURN_F_CHANNEL_IN, 1, 1},
                {TURN_F_PER_PERMISSION, 2, 6},
                {TURN_F_PER_CHANNEL, 1, 3},
                {TURN_F_UNASKED, 1, 1}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        CU_ASSERT_EQUAL(sums[rows[i].kind].n, rows[i].n);
        CU_ASSERT_EQUAL(sums[rows[i].kind].total, rows[i].total);
    }
}

/* What was forgotten is not judged: a watcher of little memory says less, whatever passes. */
static void forgets(void)
{
    char flow[1 << 15];
    size_t n = (size_t)snprintf(flow, sizeof flow, BEGIN "1>p3@5m 1<P3m");

    for (int i = 0; i < 400; i++)
        n += (size_t)snprintf(flow + n, sizeof flow - n, " 1>p%d@%dm:%d", 4 + i % 200, 6 + i % 200,
                              i);
    for (int i = 0; i < 90; i++)
        n += (size_t)snprintf(flow + n, sizeof flow - n, " 2>p3@%d@%d@%dm", 10 + i, 100 + i,
                              150 + i);
    snprintf(flow + n, sizeof flow - n, " 3<D@5 5<D@5");
    CHECK_TEXT(span_of(said(&whole, false, flow)), "");
    CU_ASSERT_TRUE(sums[TURN_F_EVICTED].total > 0);
}

static void listed(void)
{
    CU_ASSERT_PTR_EQUAL(watcher_of(&stun_codec, 1), &turn_watch);
    CU_ASSERT_PTR_NULL(watcher_of(&stun_codec, 2));
    CU_ASSERT_TRUE(turn_watch.n_facts <= WATCH_FACTS_MAX);
}

TESTS({"from peers", from_peers}, {"permissions end", permissions_end}, {"to peers", to_peers},
      {"channels", channels}, {"bound twice", bound_twice}, {"after the end", after_the_end},
      {"after 437", after_437}, {"lifetimes", lifetimes}, {"unknown", unknown}, {"facts", facts},
      {"forgets", forgets}, {"listed", listed})
