/* harness/endpoints/rtp/rtp_participant.c - the participant itself: flows, commands, timers, and the three
 * classes. */
#include "harness/endpoints/rtp/rtp_session.h"

enum {
    PTIME_US = 20000,
    TEXT_US = 300000,
    MIN_US = 5000000,
    BANDWIDTH = 64000,
    EVENT_TYPE = 101,
    TEXT_TYPE = 98,
    RED_TYPE = 100,
    GENERATIONS = 2,
};

/* ---- beginning ---- */

static struct span keep(struct rtp_session *s, struct span text)
{
    return arena_copy(&s->kept, span_cut(text, 0, RTP_SDES_MAX));
}

static void configure(struct rtp_session *s)
{
    struct rtp_config *c = &s->c;
    const struct rtp_static *st;
    struct rtp_type *types;

    c->cname = keep(s, c->cname);
    c->tool = keep(s, c->tool);
    c->n_types = c->n_types < RTP_TYPES ? c->n_types : RTP_TYPES;
    types = arena_take(&s->kept, RTP_TYPES * sizeof *types);
    for (size_t i = 0; types && i < c->n_types; i++)
        types[i] = c->types[i];
    c->types = types;
    c->payload_type &= 0x7f;
    st = rtp_static_type(c->payload_type);
    if (c->text_only)
        c->clock_rate = 1000;
    if (!c->clock_rate)
        c->clock_rate = st ? st->clock_rate : 8000;
    c->clock_rate = c->clock_rate < RTP_CLOCK_MAX ? c->clock_rate : RTP_CLOCK_MAX;
    c->ptime_us = session_us(c->ptime_us, PTIME_US);
    c->event_us = session_us(c->event_us, 0);
    c->event_type = c->event_type ? c->event_type & 0x7f : EVENT_TYPE;
    c->text_type = c->text_type ? c->text_type & 0x7f : TEXT_TYPE;
    c->red_type = c->red_type ? c->red_type & 0x7f : RED_TYPE;
    c->generations = c->generations ? c->generations : GENERATIONS;
    c->generations = c->generations < RTP_GENERATIONS ? c->generations : RTP_GENERATIONS;
    c->text_us = session_us(c->text_us, TEXT_US);
    c->bandwidth = c->bandwidth ? c->bandwidth : BANDWIDTH;
    c->min_us = session_us(c->min_us, MIN_US);
}

static void begin_stream(struct rtp_session *s)
{
    const struct rtp_config *c = &s->c;
    struct rtp_stream *o = &s->out;
    uint64_t chance = rng_next(s->env.rng), ssrc = rng_next(s->env.rng);
    uint16_t sequence = (uint16_t)(chance >> 32);
    uint32_t timestamp = (uint32_t)chance;

    if (session_flag(s, "sequence-begins-at-one") ||
        (session_flag(s, "sequence-one-by-chance") && !s->again))
        sequence = 1;
    if (session_flag(s, "sequence-wraps"))
        sequence |= 0xfffc;
    if (session_flag(s, "timestamp-begins-at-zero"))
        timestamp = 0;
    if (session_flag(s, "timestamp-wraps"))
        timestamp = 0 - 2 * c->clock_rate / 50; /* 40 ms before */

    o->ssrc = c->ssrc ? c->ssrc : (uint32_t)ssrc | 1;
    o->sequence = c->sequence ? (uint16_t)c->sequence : sequence;
    o->ts0 = c->timestamp ? (uint32_t)c->timestamp : timestamp;
    o->payload_type = (uint8_t)(c->text_only ? c->text_type : c->payload_type);
    o->clock_rate = c->clock_rate;
    o->ptime_us = c->ptime_us;
    o->due_us = o->until_us = NO_DEADLINE;
}

static void open_flow(struct rtp_session *s, struct outq *q, flow_id flow, const struct addr *local)
{
    out_open(q, flow, "udp", false, local);
    if (flow != RTP_FLOW)
        s->rtcp_flow = flow;
}

static void start(struct rtp_session *s, const struct rtp_in *x)
{
    static const struct rtp_config none;
    struct addr at;
    bool known;

    s->c = x->in->rec ? *(const struct rtp_config *)x->in->rec : none;
    s->kept = arena_of(s->kept_octets, sizeof s->kept_octets);
    s->timing =
        (struct rtp_timing){.members = 1, .pmembers = 1, .initial = true, .tn_us = NO_DEADLINE};
    s->dtmf.due_us = s->text.due_us = s->text_in.wait_us = NO_DEADLINE;
    configure(s);
    begin_stream(s);
    s->timing.min_us = s->c.min_us;
    s->timing.bandwidth =
        s->c.rtcp_bandwidth ? s->c.rtcp_bandwidth : (double)s->c.bandwidth / 8 * 0.05;
    s->to = s->c.server;
    s->rtcp_to = s->c.rtcp_to;
    at = s->c.listen;
    known = at.port != 0 || s->role != RTP_ROLE_SENDER;
    if (at.family == 0)
        at.family = s->to.family ? s->to.family : 4;
    if (at.port == 0 && known)
        at.port = RTP_PORT;
    open_flow(s, x->q, RTP_FLOW, &at);
    if (s->c.mux) {
        s->rtcp_flow = RTP_FLOW;
        return;
    }
    if (s->c.rtcp_listen.family)
        at = s->c.rtcp_listen;
    else if (known)
        at.port = at.port & 1 ? 0 : (uint16_t)(at.port + 1);
    if (s->c.rtcp_listen.family || known)
        open_flow(s, x->q, RTCP_FLOW, &at);
}

static void all_open(struct rtp_session *s, const struct rtp_in *x)
{
    struct rtp_notice *e;
    struct wr w = {s->cname, sizeof s->cname, 0, false};
    struct addr host = s->local;

    s->told_open = true;
    host.port = 0;
    if (s->c.cname.n) {
        wr_put(&w, s->c.cname);
    } else { /* user@host: 6.5.1 */
        uint8_t text[64];
        struct wr h = {text, sizeof text, 0, false};
        addr_text(&h, &host);
        wr_text(&w, "rtclab@");
        /* without port and brackets */
        wr_put(&w, host.family == 6 ? span_cut(wr_span(&h), 1, h.n - 3)
                                    : span_cut(wr_span(&h), 0, h.n - 2));
    }
    s->cname_n = w.n;
    session_join(s, x);
    if ((e = session_event(x, "listening", 0, RTP_K_LISTENING)) != NULL) {
        e->local = s->local;
        e->rtcp_local = s->rtcp_local;
    }
    for (size_t i = 0; i < RTP_ASKED; i++)
        if (s->asked[i].token && s->asked[i].what == RTP_WAIT_OPEN) {
            if ((e = session_answer(x, s->asked[i].token, NULL)) != NULL) {
                e->local = s->local;
                e->rtcp_local = s->rtcp_local;
                e->ssrc = s->out.ssrc;
            }
            s->asked[i].token = 0;
        }
    if (s->role == RTP_ROLE_SENDER && s->to.family && !s->c.idle && !s->out.on)
        session_start(s, x, &(struct rtp_args){0});
    else if (s->out.on && !s->c.text_only)
        s->out.due_us = x->now_us;
}

static void opened(struct rtp_session *s, const struct rtp_in *x)
{
    const struct input *in = x->in;
    struct addr at = in->pkt.local;

    if (in->flow == RTP_FLOW) {
        s->rtp_open = true;
        s->local = at;
        if (s->c.mux) {
            s->rtcp_open = true;
            s->rtcp_local = at;
        } else if (!s->rtcp_flow) { /* the driver's choice: the next port where it may be */
            at.port = at.port & 1 ? 0 : (uint16_t)(at.port + 1);
            open_flow(s, x->q, RTCP_FLOW, &at);
        }
    } else if (in->flow == s->rtcp_flow) {
        s->rtcp_open = true;
        s->rtcp_local = at;
    }
    if (s->rtp_open && s->rtcp_open && !s->told_open)
        all_open(s, x);
}

static void fail_all(struct rtp_session *s, const struct rtp_in *x, const char *why)
{
    for (size_t i = 0; i < RTP_ASKED; i++)
        if (s->asked[i].token) {
            session_answer(x, s->asked[i].token, why);
            s->asked[i].token = 0;
        }
    if (s->dtmf.on && s->dtmf.token)
        session_answer(x, s->dtmf.token, why);
    if (s->steps.on)
        session_answer(x, s->steps.token, why);
    s->dtmf.on = s->steps.on = false;
}

static void closed(struct rtp_session *s, const struct rtp_in *x)
{
    const char *why = close_name(x->in->why);
    struct addr any = s->local;
    struct rtp_notice *e;

    /* the next port is taken, and nobody asked for it: another will do */
    if (x->in->flow == RTCP_FLOW && !s->rtcp_open && s->rtp_open && !s->c.rtcp_listen.family &&
        !s->c.listen.port) {
        any.port = 0;
        open_flow(s, x->q, RTCP_FLOW_2, &any);
        return;
    }
    if (x->in->flow == RTP_FLOW)
        s->rtp_open = false;
    if (x->in->flow == s->rtcp_flow)
        s->rtcp_open = false;
    session_stop(s);
    s->timing.tn_us = NO_DEADLINE;
    fail_all(s, x, why);
    if (s->closed)
        return;
    s->closed = true;
    if ((e = session_event(x, "closed", 0, RTP_K_CLOSED)) != NULL) {
        e->local = x->in->pkt.local;
        e->why = why;
    }
}

static void icmp(const struct rtp_in *x)
{
    struct rtp_notice *e = session_event(x, "icmp", 0, RTP_K_ICMP);

    if (!e)
        return;
    e->from = x->in->pkt.remote;
    e->code = x->in->icmp;
    e->why = "a datagram was refused";
}

/* ---- commands ---- */

static void where(struct rtp_session *s, const struct rtp_in *x)
{
    size_t i = 0;
    struct rtp_notice *e;

    if (s->told_open) {
        if ((e = session_answer(x, x->in->token, NULL)) != NULL) {
            e->local = s->local;
            e->rtcp_local = s->rtcp_local;
            e->ssrc = s->out.ssrc;
        }
        return;
    }
    while (i < RTP_ASKED && s->asked[i].token)
        i++;
    if (i == RTP_ASKED || s->closed)
        session_answer(x, x->in->token, s->closed ? "the flow is closed" : "too many at once");
    else
        s->asked[i] = (struct rtp_ask){x->in->token, RTP_WAIT_OPEN};
}

static void aim(struct rtp_session *s, const struct rtp_args *a)
{
    if (a->to.family)
        s->to = a->to;
    if (a->rtcp_to.family)
        s->rtcp_to = a->rtcp_to;
}

static void observe(struct rtp_session *s, const struct rtp_in *x, const struct rtp_args *a)
{
    session_report(s, x, x->in->token);
    if (!a->clear)
        return;
    memset(s->members, 0, s->n_members * sizeof s->members[0]);
    s->n_members = 0;
    s->tones = (struct rtp_tone_in){0};
    s->text_in.n = 0;
    s->played = s->rejected = 0;
    members_count(s);
}

/* Payload types that look like RTCP together with the marker: SR and RR (RFC3550:12#1), on one port with RTCP all
 * of 64 to 95 (RFC 5761, section 4). NULL: this one may be used. */
static const char *not_a_type(const struct rtp_session *s, uint32_t type)
{
    if (type == 72 || type == 73 || (s->c.mux && type >= 64 && type <= 95))
        return "with the marker this payload type is taken for RTCP";
    return type > 127 ? "a payload type is 0 to 127" : NULL;
}

/* Who has left and begins again is a new participant: another SSRC, other numbers, nothing sent or reported yet. */
static void enter_again(struct rtp_session *s, const struct rtp_in *x)
{
    s->gone = false;
    s->again = true;
    s->reports = 0;
    s->out = (struct rtp_stream){0};
    s->timing = (struct rtp_timing){.members = 1,
                                    .pmembers = 1,
                                    .initial = true,
                                    .tn_us = NO_DEADLINE,
                                    .min_us = s->timing.min_us,
                                    .bandwidth = s->timing.bandwidth};
    begin_stream(s);
    s->out.t0_us = x->now_us;
    members_count(s);
    session_join(s, x);
}

static void begin(struct rtp_session *s, const struct rtp_in *x, const struct rtp_args *a)
{
    const char *why = s->closed                        ? "the flow is closed"
                      : s->timing.leaving && !s->gone  ? "the session is being left"
                      : !s->to.family && !a->to.family ? "nobody said where to"
                                                       : NULL;
    if (!why)
        why = not_a_type(s, a->payload_type);
    if (!why && s->gone)
        enter_again(s, x);
    if (!why)
        session_start(s, x, a);
    struct rtp_notice *e = session_answer(x, x->in->token, why);
    if (e)
        e->ssrc = s->out.ssrc;
}

static void done(const struct rtp_in *x, const char *why)
{
    session_answer(x, x->in->token, why);
}

enum command {
    DO_START,
    DO_STOP,
    DO_PAUSE,
    DO_RESUME,
    DO_PAYLOAD,
    DO_DTMF,
    DO_TEXT,
    DO_BYE,
    DO_REPORT,
    DO_AIM,
    DO_OBSERVE,
    DO_WHERE,
    DO_SEND,
    DO_RTCP,
    DO_STREAM,
};
static const struct {
    const char *name;
    enum command what;
} commands[] = {
    {"start", DO_START},     {"stop", DO_STOP},   {"pause", DO_PAUSE}, {"resume", DO_RESUME},
    {"payload", DO_PAYLOAD}, {"dtmf", DO_DTMF},   {"text", DO_TEXT},   {"bye", DO_BYE},
    {"report", DO_REPORT},   {"receive", DO_AIM}, {"aim", DO_AIM},     {"observe", DO_OBSERVE},
    {"where", DO_WHERE},     {"send", DO_SEND},   {"rtcp", DO_RTCP},   {"stream", DO_STREAM},
};

static void command(struct rtp_session *s, const struct rtp_in *x)
{
    static const struct rtp_args none;
    const struct rtp_args *a = x->in->rec ? x->in->rec : &none;
    const char *why;
    size_t i = 0;

    while (i < COUNT(commands) && strcmp(commands[i].name, x->in->verb->name) != 0)
        i++;
    switch (i < COUNT(commands) ? commands[i].what : DO_REPORT) {
    case DO_START:
        begin(s, x, a);
        break;
    case DO_STOP:
        session_stop(s);
        done(x, NULL);
        break;
    case DO_PAUSE:
    case DO_RESUME:
        why = s->out.on ? NULL : "there is no stream";
        session_pause(s, commands[i].what == DO_PAUSE, x->now_us);
        done(x, why);
        break;
    case DO_PAYLOAD:
        why = not_a_type(s, a->payload_type);
        if (!why)
            session_payload(s, a, x->now_us);
        done(x, why);
        break;
    case DO_DTMF:
        why = session_dtmf(s, x, a);
        if (why)
            done(x, why);
        break;
    case DO_TEXT:
        done(x, session_text(s, x, a->text));
        break;
    case DO_BYE:
        if (a->reason.n > RTP_SDES_MAX || !span_utf8(a->reason))
            done(x, "the reason has more than 255 octets, or is not UTF-8");
        else
            session_leave(s, x, a->reason, x->in->token);
        break;
    case DO_REPORT:
        session_report(s, x, x->in->token);
        break;
    case DO_AIM:
        aim(s, a);
        done(x, NULL);
        break;
    case DO_OBSERVE:
        observe(s, x, a);
        break;
    case DO_WHERE:
        where(s, x);
        break;
    case DO_SEND:
        tester_send(s, x, a);
        break;
    case DO_RTCP:
        tester_rtcp(s, x, a);
        break;
    case DO_STREAM:
        tester_stream(s, x, a);
        break;
    }
}

/* ---- time ---- */

static uint64_t deadline(const void *self)
{
    const struct rtp_session *s = self;
    uint64_t due[] = {s->out.due_us,      s->dtmf.on ? s->dtmf.due_us : NO_DEADLINE,
                      s->text.due_us,     s->timing.tn_us,
                      s->text_in.wait_us, session_tone_due(s),
                      tester_due(s)};
    uint64_t first = NO_DEADLINE;

    for (size_t i = 0; i < COUNT(due); i++)
        first = due[i] < first ? due[i] : first;
    return s->told_open ? first : NO_DEADLINE;
}

static void timer(struct rtp_session *s, const struct rtp_in *x)
{
    /* as often as it takes where the clock has leaped: a stream catches up by its own pace */
    if (x->now_us >= s->out.due_us)
        session_audio(s, x);
    if (s->dtmf.on && x->now_us >= s->dtmf.due_us)
        session_tone_timer(s, x);
    if (x->now_us >= s->text.due_us)
        session_text_timer(s, x);
    if (x->now_us >= session_tone_due(s))
        session_tone_lapse(s, x);
    if (x->now_us >= s->text_in.wait_us)
        session_text_wait(s, x);
    if (x->now_us >= tester_due(s))
        tester_steps(s, x);
    if (x->now_us >= s->timing.tn_us)
        session_rtcp_timer(s, x);
}

static void bytes(struct rtp_session *s, const struct rtp_in *x)
{
    bool rtcp = x->in->flow == s->rtcp_flow;

    if (s->gone && s->role != RTP_ROLE_SESSION)
        return;
    if (s->c.mux)
        rtcp = rtp_is_rtcp(x->in->data);
    if (rtcp)
        session_rtcp(s, x);
    else
        session_rtp(s, x);
}

static void input(void *self, const struct input *in, struct outq *q)
{
    struct rtp_session *s = self;
    struct rtp_in x = {in, q, in->now_us};

    switch (in->kind) {
    case IN_START:
        start(s, &x);
        break;
    case IN_OPENED:
        opened(s, &x);
        break;
    case IN_BYTES:
        bytes(s, &x);
        break;
    case IN_CLOSED:
        closed(s, &x);
        break;
    case IN_ICMP:
        icmp(&x);
        break;
    case IN_TIMER:
        timer(s, &x);
        break;
    case IN_COMMAND:
        command(s, &x);
        break;
    default:
        break;
    }
}

static void input_sender(void *self, const struct input *in, struct outq *q)
{
    ((struct rtp_session *)self)->role = RTP_ROLE_SENDER;
    input(self, in, q);
}
static void input_receiver(void *self, const struct input *in, struct outq *q)
{
    ((struct rtp_session *)self)->role = RTP_ROLE_RECEIVER;
    input(self, in, q);
}
static void input_session(void *self, const struct input *in, struct outq *q)
{
    ((struct rtp_session *)self)->role = RTP_ROLE_SESSION;
    input(self, in, q);
}

/* ---- verbs ---- */

#define A(m, k)                                                                                    \
    {                                                                                              \
        .name = #m, FIELD(struct rtp_args, m, k)                                                   \
    }
#define VERB(v)                                                                                    \
    static const struct desc v##_desc = {#v, sizeof(struct rtp_args), FIELDS(v##_fields), NULL}
static const struct desc none_desc = {.name = "none", .size = sizeof(struct rtp_args)};
static const struct field start_fields[] = {
    A(to, F_ADDR),       A(rtcp_to, F_ADDR),     A(payload_type, F_UINT), A(clock_rate, F_UINT),
    A(ptime_us, F_UINT), A(duration_us, F_UINT), A(text_only, F_BOOL),
};
VERB(start);
static const struct field payload_fields[] = {A(payload_type, F_UINT), A(clock_rate, F_UINT)};
VERB(payload);
static const struct field dtmf_fields[] = {A(digits, F_TEXT), A(duration_us, F_UINT),
                                           A(gap_us, F_UINT), A(volume, F_UINT)};
VERB(dtmf);
static const struct field text_fields[] = {A(text, F_TEXT)};
VERB(text);
static const struct field bye_fields[] = {A(reason, F_TEXT)};
VERB(bye);
static const struct field aim_fields[] = {A(to, F_ADDR), A(rtcp_to, F_ADDR)};
VERB(aim);
static const struct field observe_fields[] = {A(clear, F_BOOL)};
VERB(observe);
static const struct field send_fields[] = {
    A(to, F_ADDR),
    A(delay_us, F_UINT),
    A(rtcp_flow, F_BOOL),
    A(keep, F_BOOL),
    A(octets, F_BYTES),
    {.name = "packet", FIELD(struct rtp_args, message, F_DRAFT), .sub = &rtp_packet_desc},
};
VERB(send);
static const struct field rtcp_fields[] = {
    A(to, F_ADDR),
    A(delay_us, F_UINT),
    A(rtp_flow, F_BOOL),
    A(octets, F_BYTES),
    {.name = "compound", FIELD(struct rtp_args, message, F_DRAFT), .sub = &rtcp_compound_desc},
};
VERB(rtcp);
#define S(m, k)                                                                                    \
    {                                                                                              \
        .name = #m, FIELD(struct rtp_step, m, k)                                                   \
    }
static const struct field step_fields[] = {S(n, F_UINT), S(at_us, F_UINT), S(timestamp, F_UINT),
                                           S(payload_type, F_UINT), S(marker, F_BOOL)};
static const struct desc step_desc = {"step", sizeof(struct rtp_step), FIELDS(step_fields), NULL};
static const struct field stream_fields[] = {
    A(to, F_ADDR),
    A(count, F_UINT),
    A(payload_type, F_UINT),
    A(ptime_us, F_UINT),
    A(step, F_UINT),
    A(sequence, F_UINT),
    A(timestamp, F_UINT),
    A(ssrc, F_UINT),
    A(marker, F_BOOL),
    A(payload, F_BYTES),
    {.name = "steps",
     FIELD(struct rtp_args, steps, F_LIST),
     .count = offsetof(struct rtp_args, n_steps),
     .sub = &step_desc},
};
VERB(stream);

#define SENDING                                                                                    \
    {"start", &start_desc, true}, {"stop", &none_desc, true}, {"pause", &none_desc, true},         \
        {"resume", &none_desc, true}, {"payload", &payload_desc, true},                            \
        {"dtmf", &dtmf_desc, true},                                                                \
    {                                                                                              \
        "text", &text_desc, true                                                                   \
    }
#define ALL                                                                                        \
    {"bye", &bye_desc, true}, {"report", &none_desc, true},                                        \
    {                                                                                              \
        "where", &none_desc, true                                                                  \
    }
static const struct verb sender_verbs[] = {SENDING, ALL};
static const struct verb receiver_verbs[] = {{"receive", &aim_desc, true}, ALL};
static const struct verb session_verbs[] = {
    SENDING,
    ALL,
    {"receive", &aim_desc, true},
    {"aim", &aim_desc, true},
    {"observe", &observe_desc, true},
    {"send", &send_desc, true},
    {"rtcp", &rtcp_desc, true},
    {"stream", &stream_desc, true},
};

const struct endpoint_class rtp_sender_class = {
    .name = "rtp.sender",
    .size = sizeof(struct rtp_session),
    .verbs = sender_verbs,
    .n_verbs = COUNT(sender_verbs),
    .faults = rtp_sender_faults,
    .n_faults = COUNT(rtp_sender_faults),
    .variants = rtp_sender_variants,
    .n_variants = COUNT(rtp_sender_variants),
    .config = &rtp_config_desc,
    .input = input_sender,
    .deadline = deadline,
};
const struct endpoint_class rtp_receiver_class = {
    .name = "rtp.receiver",
    .size = sizeof(struct rtp_session),
    .verbs = receiver_verbs,
    .n_verbs = COUNT(receiver_verbs),
    .faults = rtp_receiver_faults,
    .n_faults = COUNT(rtp_receiver_faults),
    .variants = rtp_receiver_variants,
    .n_variants = COUNT(rtp_receiver_variants),
    .config = &rtp_config_desc,
    .input = input_receiver,
    .deadline = deadline,
};
const struct endpoint_class rtp_session_class = {
    .name = "rtp.session",
    .size = sizeof(struct rtp_session),
    .verbs = session_verbs,
    .n_verbs = COUNT(session_verbs),
    .config = &rtp_config_desc,
    .input = input_session,
    .deadline = deadline,
};
