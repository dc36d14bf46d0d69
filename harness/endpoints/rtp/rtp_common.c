/* harness/endpoints/rtp/rtp_common.c - field tables of configuration and events; the list of classes. */
#include "harness/endpoints/rtp/rtp_session.h"

/* ---- configuration ---- */

static const struct field type_fields[] = {
    {.name = "payload_type", FIELD(struct rtp_type, payload_type, F_UINT)},
    {.name = "clock_rate", FIELD(struct rtp_type, clock_rate, F_UINT)},
};
static const struct desc type_desc = {"type", sizeof(struct rtp_type), FIELDS(type_fields), NULL};

#define C(m, k)                                                                                    \
    {                                                                                              \
        .name = #m, FIELD(struct rtp_config, m, k)                                                 \
    }
static const struct field config_fields[] = {
    C(listen, F_ADDR),
    C(rtcp_listen, F_ADDR),
    C(server, F_ADDR),
    C(rtcp_to, F_ADDR),
    C(mux, F_BOOL),
    C(manual, F_BOOL),
    C(idle, F_BOOL),
    C(no_rtcp, F_BOOL),
    C(reduced_size, F_BOOL),
    C(no_redundancy, F_BOOL),
    C(strict, F_BOOL),
    C(ssrc, F_UINT),
    C(sequence, F_UINT),
    C(timestamp, F_UINT),
    C(payload_type, F_UINT),
    C(clock_rate, F_UINT),
    C(ptime_us, F_UINT),
    C(payload_octets, F_UINT),
    C(event_type, F_UINT),
    C(text_type, F_UINT),
    C(red_type, F_UINT),
    C(text_only, F_BOOL),
    C(generations, F_UINT),
    C(text_us, F_UINT),
    C(event_us, F_UINT),
    C(bandwidth, F_UINT),
    C(rtcp_bandwidth, F_UINT),
    C(min_us, F_UINT),
    C(wallclock_us, F_UINT),
    C(cname, F_TEXT),
    C(tool, F_TEXT),
    {.name = "types",
     FIELD(struct rtp_config, types, F_LIST),
     .count = offsetof(struct rtp_config, n_types),
     .sub = &type_desc},
};
#undef C
const struct desc rtp_config_desc = {"rtp", sizeof(struct rtp_config), FIELDS(config_fields), NULL};

/* ---- events ---- */

static const struct name kind_v[] = {
    {RTP_K_LISTENING, "listening"}, {RTP_K_PACKET, "packet"},       {RTP_K_RTCP, "rtcp"},
    {RTP_K_OTHER, "other"},         {RTP_K_SENT, "sent"},           {RTP_K_SUCCESS, "success"},
    {RTP_K_FAILED, "failed"},       {RTP_K_SOURCE, "source"},       {RTP_K_PLAYED, "played"},
    {RTP_K_DIGIT, "digit"},         {RTP_K_TEXT, "text"},           {RTP_K_BYE, "bye"},
    {RTP_K_GONE, "gone"},           {RTP_K_COLLISION, "collision"}, {RTP_K_LOOP, "loop"},
    {RTP_K_CLOSED, "closed"},       {RTP_K_ICMP, "icmp"},
};
static const struct names kinds = {kind_v, COUNT(kind_v)};
static const struct name flow_v[] = {{0, "rtp"}, {1, "rtcp"}};
static const struct names flows = {flow_v, COUNT(flow_v)};

static const struct field event_fields[] = {
    {.name = "event", FIELD(struct rtp_event, event, F_UINT)},
    {.name = "end", FIELD(struct rtp_event, end, F_BOOL)},
    {.name = "reserved", FIELD(struct rtp_event, reserved, F_BOOL)},
    {.name = "volume", FIELD(struct rtp_event, volume, F_UINT)},
    {.name = "duration", FIELD(struct rtp_event, duration, F_UINT)},
};
static const struct desc event_desc = {"tone", sizeof(struct rtp_event), FIELDS(event_fields),
                                       NULL};
static const struct field generation_fields[] = {
    {.name = "payload_type", FIELD(struct rtp_generation, payload_type, F_UINT)},
    {.name = "offset", FIELD(struct rtp_generation, offset, F_UINT)},
    {.name = "data", FIELD(struct rtp_generation, data, F_BYTES)},
};
static const struct desc generation_desc = {"block", sizeof(struct rtp_generation),
                                            FIELDS(generation_fields), NULL};

#define S(m, k)                                                                                    \
    {                                                                                              \
        .name = #m, FIELD(struct rtp_source, m, k)                                                 \
    }
static const struct field source_fields[] = {
    {.name = "ssrc", FIELD(struct rtp_source, ssrc, F_UINT), .hex = true},
    S(valid, F_BOOL),
    S(sender, F_BOOL),
    S(received, F_UINT),
    S(ignored, F_UINT),
    S(expected, F_UINT),
    S(lost, F_UINT),
    S(surplus, F_UINT),
    S(fraction_lost, F_UINT),
    S(highest_sequence, F_UINT),
    S(base_sequence, F_UINT),
    S(jitter, F_UINT),
    S(lsr, F_UINT),
    S(dlsr, F_UINT),
    S(from, F_ADDR),
    S(cname, F_TEXT),
};
#undef S
const struct desc rtp_source_desc = {"source", sizeof(struct rtp_source), FIELDS(source_fields),
                                     NULL};

/* Which kinds of event have which fields: a bit a kind. */
#define BIT(k) (1u << (k))
static bool is(const void *rec, uint32_t bits)
{
    return bits >> ((const struct rtp_notice *)rec)->kind & 1;
}
static bool no_octets(const void *rec)
{
    return ((const struct rtp_notice *)rec)->octets.n == 0;
}
static bool no_data(const void *rec)
{
    return !is(rec, BIT(RTP_K_PLAYED) | BIT(RTP_K_TEXT) | BIT(RTP_K_BYE));
}
static bool no_ssrc(const void *rec)
{
    return !is(rec, BIT(RTP_K_PACKET) | BIT(RTP_K_SENT) | BIT(RTP_K_SUCCESS) | BIT(RTP_K_SOURCE) |
                        BIT(RTP_K_PLAYED) | BIT(RTP_K_DIGIT) | BIT(RTP_K_TEXT) | BIT(RTP_K_BYE) |
                        BIT(RTP_K_GONE) | BIT(RTP_K_COLLISION) | BIT(RTP_K_LOOP));
}
static bool no_media(const void *rec)
{
    return !is(rec, BIT(RTP_K_PACKET) | BIT(RTP_K_SENT) | BIT(RTP_K_PLAYED) | BIT(RTP_K_DIGIT));
}
static bool no_digit(const void *rec)
{
    return !is(rec, BIT(RTP_K_DIGIT));
}
static bool no_lost(const void *rec)
{
    return !is(rec, BIT(RTP_K_TEXT));
}
static bool no_code(const void *rec)
{
    return !is(rec, BIT(RTP_K_ICMP));
}
static bool no_tones(const void *rec)
{
    return ((const struct rtp_notice *)rec)->n_tones == 0;
}
static bool no_blocks(const void *rec)
{
    return ((const struct rtp_notice *)rec)->n_blocks == 0;
}
static bool no_report(const void *rec)
{
    return ((const struct rtp_notice *)rec)->cname.n == 0;
}
static bool no_range(const void *rec)
{
    return !((const struct rtp_notice *)rec)->streamed;
}

#define E(m, k) .name = #m, FIELD(struct rtp_notice, m, k)
#define LIST(m, n, d) E(m, F_LIST), .count = offsetof(struct rtp_notice, n), .sub = &d
static const struct field notice_fields[] = {
    {E(kind, F_ENUM), .names = &kinds},
    {E(flow, F_ENUM), .names = &flows, .absent = no_octets},
    {E(from, F_ADDR)},
    {E(local, F_ADDR)},
    {E(rtcp_local, F_ADDR)},
    {E(octets, F_BYTES), .absent = no_octets},
    {E(codec, F_CHARS)},
    {E(message, F_REF), .sub = &rtp_packet_desc},
    {E(compound, F_REF), .sub = &rtcp_compound_desc},
    {LIST(tones, n_tones, event_desc), .absent = no_tones},
    {LIST(blocks, n_blocks, generation_desc), .absent = no_blocks},
    {E(data, F_BYTES), .absent = no_data},
    {E(time_us, F_UINT)},
    {E(frame, F_UINT)},
    {E(ssrc, F_UINT), .hex = true, .absent = no_ssrc},
    {E(sequence, F_UINT), .absent = no_media},
    {E(timestamp, F_UINT), .absent = no_media},
    {E(payload_type, F_UINT), .absent = no_media},
    {E(marker, F_BOOL), .absent = no_media},
    {E(event, F_UINT), .absent = no_digit},
    {E(duration, F_UINT), .absent = no_digit},
    {E(volume, F_UINT), .absent = no_digit},
    {E(digit, F_CHARS)},
    {E(lost, F_UINT), .absent = no_lost},
    {E(why, F_CHARS)},
    {E(code, F_UINT), .absent = no_code},
    {LIST(sources, n_sources, rtp_source_desc), .absent = no_report},
    {E(digits, F_TEXT), .absent = no_report},
    {E(text, F_TEXT), .absent = no_report},
    {E(cname, F_TEXT), .absent = no_report},
    {E(members, F_UINT), .absent = no_report},
    {E(senders, F_UINT), .absent = no_report},
    {E(packets, F_UINT), .absent = no_report},
    {E(payload_octets, F_UINT), .absent = no_report},
    {E(reports, F_UINT), .absent = no_report},
    {E(played, F_UINT), .absent = no_report},
    {E(rejected, F_UINT), .absent = no_report},
    {E(interval_us, F_UINT), .absent = no_report},
    {E(next_us, F_UINT), .absent = no_report},
    {E(first, F_UINT), .absent = no_range},
    {E(last, F_UINT), .absent = no_range},
};
const struct desc rtp_notice_desc = {"rtp-event", sizeof(struct rtp_notice), FIELDS(notice_fields),
                                     NULL};

struct rtp_notice *session_event(const struct rtp_in *x, const char *name, uint32_t token,
                                 enum rtp_notice_kind kind)
{
    struct rtp_notice *e = out_event(x->q, name, &rtp_notice_desc, token);

    if (!e)
        return NULL;
    e->kind = (uint8_t)kind;
    e->time_us = x->now_us;
    return e;
}

struct rtp_notice *session_answer(const struct rtp_in *x, uint32_t token, const char *why)
{
    struct rtp_notice *e = session_event(x, "answer", token, why ? RTP_K_FAILED : RTP_K_SUCCESS);
    if (e)
        e->why = why;
    return e;
}

/* ---- statistics ---- */

static void describe(const struct rtp_member *m, const struct rtp_in *x, struct rtp_source *v)
{
    int64_t lost =
        m->valid && m->sent_us ? (int64_t)rtp_order_expected(&m->order) - m->order.received : 0;

    *v = (struct rtp_source){
        .ssrc = m->ssrc,
        .valid = m->valid,
        .sender = m->sender,
        .received = m->order.received,
        .ignored = m->ignored,
        .lost = lost > 0 ? (uint64_t)lost : 0,
        .surplus = lost < 0 ? (uint64_t)-lost : 0,
        .lsr = m->sr_middle,
        .dlsr = m->sr_us ? (uint32_t)((x->now_us - m->sr_us) * 65536 / 1000000) : 0,
        .from = m->rtp.family ? m->rtp : m->rtcp,
        .cname = arena_copy(&x->q->mem, (struct span){m->cname, m->cname_n}),
    };
    if (!m->valid || !m->sent_us)
        return;
    v->expected = rtp_order_expected(&m->order);
    v->fraction_lost = rtp_order_fraction(&m->order);
    v->highest_sequence = rtp_order_highest(&m->order);
    v->base_sequence = m->order.base_seq;
    v->jitter = m->order.jitter >> 4;
}

void session_report(struct rtp_session *s, const struct rtp_in *x, uint32_t token)
{
    struct rtp_notice *e = session_answer(x, token, NULL);
    size_t n = 0;

    if (!e)
        return;
    for (size_t i = 0; i < s->n_members; i++)
        n += s->members[i].used && s->members[i].ssrc != s->out.ssrc;
    e->sources = arena_take(&x->q->mem, (n + 1) * sizeof *e->sources);
    for (size_t i = 0; e->sources && i < s->n_members; i++)
        if (s->members[i].used && s->members[i].ssrc != s->out.ssrc)
            describe(&s->members[i], x, &e->sources[e->n_sources++]);
    e->digits = arena_copy(&x->q->mem, (struct span){s->tones.digits, s->tones.n});
    e->text = arena_copy(&x->q->mem, (struct span){s->text_in.text, s->text_in.n});
    e->cname = arena_copy(&x->q->mem, (struct span){s->cname, s->cname_n});
    e->ssrc = s->out.ssrc;
    e->sequence = (uint16_t)(s->out.sequence - 1);
    e->timestamp = s->out.last_ts;
    e->local = s->local;
    e->rtcp_local = s->rtcp_local;
    e->members = s->timing.members;
    e->senders = s->timing.senders;
    e->packets = s->out.packets;
    e->payload_octets = s->out.octets;
    e->reports = s->reports;
    e->played = s->played;
    e->rejected = s->rejected;
    e->interval_us = rtp_timing_td(&s->timing, false);
    e->next_us = s->timing.tn_us == NO_DEADLINE ? 0 : s->timing.tn_us;
    x->q->full |= x->q->mem.full;
}

extern const struct endpoint_class *const rtp_endpoints[];
const struct endpoint_class *const rtp_endpoints[] = {&rtp_sender_class, &rtp_receiver_class,
                                                      &rtp_session_class, NULL};
