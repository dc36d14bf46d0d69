/* fuzz/targets/rtp_session_state.c - our RTP participant under a program of steps: fuzz/state/rig.h says what is
 * required of any endpoint. Of this one: what it sends by itself is RTP or RTCP without a finding of MUST or STMT,
 * its packets are numbered one by one while its SSRC is the same, and after all of it a new source is heard.
 *
 * RTP and RTCP share a flow (RFC 5761), so that both arrive. Flags of a step that carries a message: OURS puts in
 * our own SSRC, KNOWN that of one source, so that streams and collisions are one step away. */
#include <stdio.h>
#include "fuzz/engine/target.h"
#include "fuzz/state/rig.h"
#include "harness/endpoints/rtp/rtp_session.h"

enum { OURS = 8, KNOWN = 16, SOURCE_SANE = 2, SSRC_KNOWN = 0x0a0b0c0d, SSRC_SANE = 0x5a5e0001 };
enum { /* bits of the config */
       C_MANUAL = 3,
       C_TEXT = 4,
       C_WITHOUT_RED = 8,
       C_REDUCED = 16,
       C_TOLD = 32, /* where to */
       C_STRICT = 64,
       C_SHORT = 128, /* the interval of RTCP */
};
struct participant {
    struct rtp_config c;
    uint32_t ssrc;
    uint16_t next;
    bool sent, heard;
    struct rtp_args args;
    struct rtp_step steps[8];
    struct draft dr;
    uint8_t memory[1 << 16];
};

static const void *config(void *ctx, uint32_t bits)
{
    struct participant *s = ctx;

    *s = (struct participant){.c = {.listen = {.family = 4, .port = RTP_PORT},
                                    .mux = true,
                                    .manual = (bits & C_MANUAL) == C_MANUAL,
                                    .text_only = bits & C_TEXT,
                                    .no_redundancy = bits & C_WITHOUT_RED,
                                    .reduced_size = bits & C_REDUCED,
                                    .strict = bits & C_STRICT,
                                    .min_us = bits & C_SHORT ? 100000 : 0,
                                    .rtcp_bandwidth = bits & C_SHORT ? 100000 : 0}};
    if (bits & C_TOLD)
        s->c.server = rig_source(0);
    return &s->c;
}

static struct span prepare(void *ctx, const struct prog_step *step, struct span payload,
                           uint8_t *room)
{
    struct participant *s = ctx;
    size_t at = rtp_is_rtcp(payload) ? 4 : 8;

    if (!(step->flags & (OURS | KNOWN)) || payload.n < at + 4)
        return payload;
    memcpy(room, payload.p, payload.n);
    put_u32(room + at, step->flags & OURS ? s->ssrc : SSRC_KNOWN);
    return (struct span){room, payload.n};
}

/* Findings of MUST and STMT: the first is said. */
static bool clean(const struct findings *fs)
{
    for (size_t i = 0; i < findings_kept(fs); i++)
        if (level_strict(fs->v[i].level)) {
            fprintf(stderr, "%s: %s\n", fs->v[i].clause, fs->v[i].what);
            return false;
        }
    return true;
}

static bool sent(void *ctx, const struct rig_flow *f, const struct addr *to, struct span octets)
{
    static struct rtcp_packet packets[RTP_COMPOUND];
    struct participant *s = ctx;
    struct finding found[16];
    struct findings fs = {found, 0, COUNT(found), NULL, 0};
    struct rtcp_compound c;
    struct rtp_packet r;

    (void)f;
    (void)to;
    if (s->c.manual)
        return false;
    if (rtp_is_rtcp(octets)) {
        require(rtcp_decode(octets, &c, packets, COUNT(packets), &fs) == STEP_ITEM,
                "a report is no RTCP");
        rtcp_lint(&c, &fs);
        require(clean(&fs), "a report has a finding");
        return true;
    }
    require(rtp_decode(octets, &r, &fs) == STEP_ITEM, "what is sent is no RTP");
    rtp_lint(&r, &fs);
    require(clean(&fs), "a packet has a finding");
    require(!s->sent || s->ssrc != r.ssrc || r.sequence == s->next, "a number is left out");
    s->sent = true;
    s->ssrc = r.ssrc;
    s->next = (uint16_t)(r.sequence + 1);
    return true;
}

static struct draft *packet_of(struct participant *s, struct span payload, bool rtcp)
{
    const struct codec *codec = rtcp ? &rtcp_codec : &rtp_codec;
    struct arena mem = arena_of(s->memory, sizeof s->memory);
    struct findings none = {0};
    const void *view = NULL;
    static struct arena kept;

    kept = mem;
    struct span copy = arena_copy(&kept, payload);
    if (kept.full || codec->decode(copy, &kept, &view, &none) != STEP_ITEM || !view || kept.full)
        return NULL;
    draft_of(&s->dr, codec->view, view, &kept);
    return kept.full ? NULL : &s->dr;
}

static bool args(void *ctx, const struct prog_step *step, const struct verb *v, const void **rec)
{
    struct participant *s = ctx;
    struct span p = step->payload;
    bool rtcp = strcmp(v->name, "rtcp") == 0;
    bool tester = rtcp || strcmp(v->name, "send") == 0 || strcmp(v->name, "stream") == 0;

    if (tester && !s->c.manual)
        return false;
    s->args = (struct rtp_args){.to = step->flags & 32 ? rig_source(step->flags % RIG_SOURCES)
                                                       : (struct addr){0},
                                .digits = span_cut(p, 0, 8),
                                .text = p,
                                .reason = p,
                                .payload = p,
                                .payload_type = step->flags,
                                .ptime_us = p.n > 0 ? p.p[0] * 1000u : 0,
                                .duration_us = p.n > 1 ? (p.p[1] + 1u) * 50000u : 1000000,
                                .clear = step->flags & 64,
                                .keep = step->flags & 64,
                                .text_only = step->flags & 128,
                                .count = p.n > 2 ? p.p[2] : 1};
    if (strcmp(v->name, "dtmf") == 0 && (p.n == 0 || rtp_event_of_key((char)p.p[0]) < 0))
        s->args.digits = span_of("1");
    for (size_t i = 0; i < COUNT(s->steps) && i < p.n; i++)
        s->steps[i] = (struct rtp_step){.n = p.p[i], .at_us = p.p[i] & 1 ? p.p[i] * 3000u : 0};
    if (step->flags & 128) {
        s->args.steps = s->steps;
        s->args.n_steps = p.n < COUNT(s->steps) ? p.n : COUNT(s->steps);
    }
    s->args.message = tester ? packet_of(s, p, rtcp) : NULL;
    s->args.octets = tester && !s->args.message ? p : (struct span){0};
    *rec = &s->args;
    return true;
}

static void event(void *ctx, const struct output *o)
{
    struct participant *s = ctx;
    const struct rtp_notice *e = o->rec;

    for (size_t i = 0; i < e->n_sources; i++)
        s->heard |= e->sources[i].ssrc == SSRC_SANE && e->sources[i].valid;
}

/* Packets in a row from a source that nobody has heard of. */
static void sane(void *ctx, struct rig *r)
{
    struct participant *s = ctx;
    const struct rig_flow *f = rig_datagrams(r);
    struct addr from = rig_source(SOURCE_SANE);
    static const struct rtp_args none;

    if (!f)
        return;
    from.port = 61000;
    s->heard = false;
    for (uint16_t i = 0; i < 4; i++) {
        uint8_t octets[20] = {0x80, 0};
        put_u16(octets + 2, i);
        put_u32(octets + 4, i * 160u);
        put_u32(octets + 8, SSRC_SANE);
        rig_arrive(r, f, &from, (struct span){octets, sizeof octets});
    }
    for (size_t i = 0; i < rtp_session_class.n_verbs; i++)
        if (strcmp(rtp_session_class.verbs[i].name, "observe") == 0)
            rig_command(r, &rtp_session_class.verbs[i], &none, 1);
    rig_pass(r, 0);
    require(s->heard, "after all of it a new source is not heard");
}

static const struct rig_class rig = {
    .cls = &rtp_session_class,
    .codec = &rtp_codec,
    .long_us = 20000000,
    .config = config,
    .prepare = prepare,
    .args = args,
    .sent = sent,
    .event = event,
    .sane = sane,
};

static void one(const uint8_t *p, size_t n)
{
    static struct participant s;
    rig_run(&rig, &s, (struct span){p, n});
}

const struct target rtp_session_state_target = {.name = "rtp_session_state",
                                                .one = one,
                                                .max_len = 4096,
                                                .weight = 3,
                                                .dict = "rtp",
                                                .codecs = "steps/rtp",
                                                .seeds = "rtp/state"};
