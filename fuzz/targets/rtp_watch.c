/* fuzz/targets/rtp_watch.c - the watcher of RTP and RTCP alone: any packets at any times, and a session whose parties
 * keep to the standards (fuzz/state/rtp_lawful.h). Required of it:
 *   - it has no finding of MUST or STMT on that session, whatever passes beside it
 *   - its figures agree with what was shown, with its facts and with each other; pool, lists and findings keep to
 *     their limits
 *   - shown the same again, it says the same
 *
 * Input: a program of steps. SEND and HOLD show their payload, REPEAT what was last shown, ECHO the same the other way;
 * TIME lets time pass (or go back, with BACK), EOF ticks; the payload of COMMAND are choices of the session. */
#include <stdio.h>
#include "fuzz/engine/target.h"
#include "fuzz/state/rig.h"
#include "fuzz/state/rtp_lawful.h"
#include "harness/watch/rtp/rtp_streams.h"
#include "harness/watch/rtp/rtp_watch.h"

enum { /* bits of the config; the upper half is where the session's numbers begin */
       C_ORIGIN = 1,
       C_BESIDE = 2,
       C_KNOWN = 4,
       C_PROMISES = C_ORIGIN | C_BESIDE | C_KNOWN, /* what a watcher is made with */
       C_TWICE = 8,
       C_MUX = 16,
       C_LIMIT = 32, /* two bits */
};
enum {               /* flags of a step; the lowest two bits are a source */
       BACKWARD = 4, /* to the source; of TIME: time goes back */
       KNOWN = 8,    /* the SSRC is one of four */
       RTCP_PORT = 16,
       FLOWS = 32, /* another flow */
       LAWFUL_SSRC = 64,
};
enum { STRANGER, LAWFUL, BEGIN_US = 1000000000, REPEATS = 300, OCTETS = 2048 };
static const size_t limits[] = {64, 6, 1};

struct run {
    struct watch *w;
    size_t limit;
    uint64_t now_us, packets, n_findings, hash;
    struct watch_sum facts[WATCH_FACTS_MAX];
    struct rtp_lawful session;
    struct addr from, to; /* of what was shown last */
    uint64_t flow;
    uint8_t last[OCTETS];
    size_t n_last;
};

/* ---- what it says ---- */

static void mix(struct run *r, uint64_t v)
{
    r->hash = (r->hash ^ v) * 0xff51afd7ed558ccdu;
    r->hash ^= r->hash >> 29;
}

static void on_finding(void *ctx, const struct watch_finding *f)
{
    struct run *r = ctx;
    uint8_t words[256];
    struct wr w = {words, sizeof words, 0, false};

    r->n_findings++;
    finding_words(&w, &f->f);
    for (size_t i = 0; i < w.n; i++)
        mix(r, words[i]);
    mix(r, f->now_us);
    require(f->n_related <= WATCH_RELATED, "a finding rests on too many frames");
    if (f->by != LAWFUL || !level_strict(f->f.level))
        return;
    fprintf(stderr, "finding: %s %.*s\n", f->f.clause, (int)w.n, (const char *)words);
    require(false, "a finding on a party that keeps to the standard");
}

static void on_fact(void *ctx, const struct watch_fact *f)
{
    struct run *r = ctx;

    require(f->kind < rtp_watch.n_facts, "a fact of no kind");
    watch_add(r->facts, f);
    mix(r, f->kind);
    mix(r, f->value);
}

/* ---- what it is shown ---- */

static void show(struct run *r, uint8_t by, uint64_t now_us, struct span octets)
{
    const struct watch_sink sink = {on_finding, on_fact, r};
    struct watch_seen s = {.now_us = now_us,
                           .flow = r->flow,
                           .from = r->from,
                           .to = r->to,
                           .by = by,
                           .octets = octets,
                           .frame = (uint32_t)++r->packets};
    struct rtp_packet p;
    struct findings none = {0};

    s.codec = rtp_is_rtcp(octets) ? &rtcp_codec : &rtp_codec;
    if (s.codec == &rtcp_codec || rtp_decode(octets, &p, &none) != STEP_ITEM)
        r->packets--; /* a count of packets of RTP */
    watch_octets(r->w, &s, &sink);
}

static void lawful(void *ctx, uint64_t now_us, const struct addr *from, const struct addr *to,
                   struct span octets)
{
    struct run *r = ctx;

    r->from = *from;
    r->to = *to;
    r->flow = RTP_LAWFUL_FLOW;
    show(r, LAWFUL, now_us, octets);
}

static void strange(struct run *r, const struct prog_step *s)
{
    unsigned side = s->flags & BACKWARD ? 1 : 0, rtcp = s->flags & RTCP_PORT ? 1 : 0;
    size_t at = rtp_is_rtcp(s->payload) ? 4 : 8;
    struct addr ends[2] = {rig_source(s->flags & 3), rig_source(s->flags & 3)};

    ends[1].ip[3] = 200;
    ends[0].port = (uint16_t)(5000 + rtcp);
    ends[1].port = (uint16_t)(6000 + rtcp);
    r->from = ends[side];
    r->to = ends[!side];
    r->flow = s->flags & FLOWS ? 2 : 1;
    r->n_last = s->payload.n < OCTETS ? s->payload.n : OCTETS;
    memcpy(r->last, s->payload.p, r->n_last);
    if (r->n_last >= at + 4 && s->flags & LAWFUL_SSRC)
        put_u32(r->last + at, r->session.v[s->arg % RTP_LAWFUL_PARTIES].ssrc);
    else if (r->n_last >= at + 4 && s->flags & KNOWN)
        put_u32(r->last + at, 0x0a0b0c00u + s->arg % 4);
    r->now_us += s->arg * 100u;
    struct fence f = fence_copy(r->last, r->n_last);
    show(r, STRANGER, r->now_us, fence_span(&f));
    fence_free(&f);
}

static void again(struct run *r, const struct prog_step *s)
{
    for (unsigned i = 0; i < s->arg % REPEATS; i++) {
        if (s->flags & KNOWN && r->n_last >= 4) /* in sequence */
            put_u16(r->last + 2, (uint16_t)(get_u16(r->last + 2) + 1));
        r->now_us += 1000u * (s->flags & 3);
        show(r, STRANGER, r->now_us, (struct span){r->last, r->n_last});
    }
}

static void pass(struct run *r, const struct prog_step *s)
{
    static const uint32_t units[] = {1000, 10000, 1000000, 60000000};
    uint64_t us = (uint64_t)s->arg * units[s->flags & 3];

    if (s->flags & BACKWARD)
        r->now_us -= us < r->now_us ? us : r->now_us;
    else
        r->now_us += us;
    r->session.now_us += us;
}

static void step(struct run *r, const struct prog_step *s)
{
    const struct watch_sink sink = {on_finding, on_fact, r};
    struct addr was = r->from;

    if (s->op == OP_SEND || s->op == OP_HOLD) {
        strange(r, s);
    } else if (s->op == OP_COMMAND) {
        for (size_t i = 0; i < s->payload.n && i < OCTETS; i++)
            rtp_lawful_act(&r->session, s->payload.p[i]);
        r->n_last = 0;
    } else if (s->op == OP_REPEAT && r->n_last) {
        again(r, s);
    } else if (s->op == OP_ECHO && r->n_last) {
        r->from = r->to;
        r->to = was;
        show(r, STRANGER, r->now_us, (struct span){r->last, r->n_last});
    } else if (s->op == OP_TIME) {
        pass(r, s);
    } else if (s->op == OP_EOF) {
        watch_tick(r->w, r->now_us, &sink);
    }
}

/* ---- what has to add up ---- */

static void one_stream(const struct rtp_stream *s, const struct rtp_figures *f)
{
    static struct rtp_point points[RTP_POINTS];
    uint64_t step_us, packets = 0;
    int64_t lost = 0;
    size_t n = rtp_stream_points(s, points, &step_us), digits;

    require(n <= RTP_POINTS && (n == 0 || step_us >= RTP_POINT_US), "points over their limit");
    for (size_t i = 0; i < n; i++) {
        packets += points[i].packets;
        lost += points[i].lost;
    }
    require(n == 0 || (packets == f->packets && lost == f->lost), "points are not the whole");
    require(f->duplicates + f->reordered + f->strays <= f->packets && f->differing <= f->duplicates,
            "more packets of a kind than packets");
    require(f->missing <= f->expected && f->gaps <= f->packets && f->markers <= f->packets,
            "more is missing than was expected");
    require(f->packets == 0 || f->expected >= 1, "packets, and none was expected");
    require(f->payload_octets <= f->octets && f->n_types <= RTP_TYPES, "octets or types");
    require(rtp_stream_text(s).n <= RTP_TEXT, "text over its limit");
    rtp_stream_digits(s, &digits);
    require(digits <= RTP_DIGITS && digits <= f->digits, "digits over their limit");
}

static void adds_up(struct run *r)
{
    uint64_t packets = 0, streams = 0, listed = 0, gone = rtp_streams_gone(r->w);
    uint64_t duplicates = 0, reordered = 0, restarts = 0, after = 0, compounds = 0;
    struct rtp_figures f;

    for (const struct rtp_stream *s = NULL; (s = rtp_streams_next(r->w, s));) {
        require(++listed <= r->limit, "more streams than the limit");
        rtp_stream_figures(s, &f);
        one_stream(s, &f);
        packets += f.packets;
        streams += f.packets > 0;
        duplicates += f.duplicates;
        reordered += f.reordered;
        restarts += f.restarts;
        after += f.rtcp.after_bye;
        compounds += f.rtcp.compounds;
    }
    require(r->n_findings <= RTP_TOLD * RTP_TOLDS * (listed + gone), "findings without end");
    require(r->facts[RTP_F_EVICTED].total == gone, "streams gave way, and no fact says so");
    require(gone ? packets <= r->packets : packets == r->packets,
            "packets are lost to the figures");
    if (gone)
        return;
    require(streams == r->facts[RTP_F_STREAMS].total, "facts and figures: streams");
    require(duplicates == r->facts[RTP_F_DUPLICATES].total, "facts and figures: duplicates");
    require(reordered == r->facts[RTP_F_REORDERED].total, "facts and figures: reordered");
    require(restarts == r->facts[RTP_F_RESTARTS].total, "facts and figures: restarts");
    require(after == r->facts[RTP_F_AFTER_BYE].total, "facts and figures: packets after BYE");
    require(compounds <= r->facts[RTP_F_COMPOUNDS].total, "facts and figures: compounds");
}

static uint64_t run(struct run *r, struct watch *w, const struct prog *p)
{
    const struct rtp_lawful_options o = {.origin = p->config & C_ORIGIN,
                                         .beside = p->config & C_BESIDE,
                                         .mux = p->config & C_MUX,
                                         .sequence = (uint16_t)(p->config >> 16),
                                         .show = lawful,
                                         .ctx = r};
    const struct watch_sink sink = {on_finding, on_fact, r};

    *r = (struct run){
        .w = w, .limit = limits[p->config / C_LIMIT % COUNT(limits)], .now_us = BEGIN_US};
    watch_reset(w);
    rtp_lawful_begin(&r->session, &o, BEGIN_US);
    for (size_t i = 0; i < p->n; i++)
        step(r, &p->steps[i]);
    watch_end(w, &sink);
    adds_up(r);
    return r->hash;
}

static void one(const uint8_t *p, size_t n)
{
    static struct watch *made[C_PROMISES + 1][COUNT(limits)];
    static struct prog_step steps[STEPS_MAX];
    static struct run r;
    struct prog prog;

    if (prog_decode((struct span){p, n}, &prog, steps, COUNT(steps)) != STEP_ITEM)
        return;
    unsigned promises = prog.config & C_PROMISES, limit = prog.config / C_LIMIT % COUNT(limits);
    const struct watch_options o = {.origin = promises & C_ORIGIN,
                                    .beside = promises & C_BESIDE,
                                    .known = promises & C_KNOWN ? RTP_LAWFUL_KNOWN : NULL};
    struct watch **w = &made[promises][limit];
    if (!*w)
        *w = watch_new(&rtp_watch, limits[limit], &o);
    require(*w != NULL, "no memory");
    uint64_t says = run(&r, *w, &prog);
    require(!(prog.config & C_TWICE) || run(&r, *w, &prog) == says,
            "shown the same again it says something else");
}

const struct target rtp_watch_target = {.name = "rtp_watch",
                                        .one = one,
                                        .max_len = 4096,
                                        .weight = 3,
                                        .dict = "rtp",
                                        .codecs = "steps/rtp",
                                        .seeds = "rtp/watch"};
