/* harness/endpoints/rtp/rtp_tone.c - DTMF as telephone events, sent and detected: RFC 4733 section 2.5. */
#include "harness/endpoints/rtp/rtp_session.h"

enum {
    DURATION_US = 100000,
    GAP_US = 50000,
    VOLUME = 10,
    ENDS = 3,          /* times that the end is sent: 2.5.1.4 */
    FULL = 0xffff,     /* the longest duration of a segment: 2.5.1.3 */
    LAPSE = 3,         /* updates that may be missed until a tone ends by itself: 2.5.2.2 */
    UPDATE_US = 50000, /* between updates, as RECOMMENDED: 2.5.1.2 */
};

/* ---- sending ---- */

static void put_event(struct rtp_session *s, const struct rtp_in *x, const char *where,
                      uint32_t timestamp, uint64_t duration, bool end)
{
    struct rtp_tone_out *d = &s->dtmf;
    struct rtp_event ev = {d->events[d->at], end, false, d->volume, (uint16_t)duration};
    uint8_t plain[RTP_EVENT_SIZE], octets[256];
    struct wr w = {plain, sizeof plain, 0, false};
    struct rtp_events view;
    struct findings none = {0};
    struct arena mem = arena_of(s->scratch, sizeof s->scratch);
    struct draft dr;
    char name[32] = "payload/event/";

    rtp_event_put(&w, &ev);
    rtp_event_decode(wr_span(&w), &view, &none);
    draft_of(&dr, rtp_event_codec.view, &view, &mem);
    memcpy(name + 14, where + 10, strlen(where + 10) + 1); /* behind "rtp/event/" */
    env_apply(&s->env, name, &dr);
    w = (struct wr){octets, sizeof octets, 0, false};
    rtp_event_codec.encode(&w, &dr);
    session_put(s, x, where, (uint8_t)s->c.event_type, d->first, timestamp, wr_span(&w));
    d->first = false;
}

static void begin_digit(struct rtp_session *s, uint64_t at_us)
{
    struct rtp_tone_out *d = &s->dtmf;

    d->begin_us = at_us;
    d->begin_ts = stream_ts(&s->out, at_us);
    d->clock_rate = s->out.clock_rate;
    d->before = 0;
    uint64_t most =
        (uint64_t)FULL * 1000000 / d->clock_rate; /* each segment is reported at least once */
    d->step_us = d->step_us > most && most ? most : d->step_us;
    d->due_us = at_us + d->step_us;
    d->ends = d->full = 0;
    d->first = true;
}

const char *session_dtmf(struct rtp_session *s, const struct rtp_in *x, const struct rtp_args *a)
{
    struct rtp_tone_out *d = &s->dtmf;
    uint8_t events[RTP_DTMF_MAX];

    if (d->on)
        return "digits are being sent already";
    if (a->digits.n == 0 || a->digits.n > RTP_DTMF_MAX)
        return "no digits, or more than 64";
    for (size_t i = 0; i < a->digits.n; i++) {
        int ev = rtp_event_of_key((char)a->digits.p[i]);
        if (ev < 0)
            return "a digit is none of 0 to 9, *, #, A to D";
        events[i] = (uint8_t)ev;
    }
    if (s->to.family == 0)
        return "nobody said where to";
    *d = (struct rtp_tone_out){.on = true, .n = a->digits.n, .token = x->in->token};
    memcpy(d->events, events, a->digits.n);
    d->volume = (uint8_t)(a->volume ? a->volume & RTP_EVENT_VOLUME : VOLUME);
    d->duration_us = session_us(a->duration_us, DURATION_US);
    d->gap_us = session_us(a->gap_us, GAP_US);
    d->step_us = env_timer(&s->env, "timer/event", s->c.event_us ? s->c.event_us : s->out.ptime_us);
    if (s->out.on && s->out.due_us != NO_DEADLINE && s->out.due_us > x->now_us)
        begin_digit(s, s->out.due_us); /* where the next audio would have begun */
    else
        begin_digit(s, x->now_us);
    return NULL;
}

/* How long the event has lasted at `us`, less its earlier segments. The clock stays the one that it began with, whatever
 * payload type is sent meanwhile. */
static uint64_t lasted(const struct rtp_tone_out *d, uint64_t us)
{
    uint64_t past = us - d->begin_us;
    return past / 1000000 * d->clock_rate + past % 1000000 * d->clock_rate / 1000000 - d->before;
}

/* The maximum is reached: it is told without E, and the next segment begins where this one ends: 2.5.1.3. */
static void next_segment(struct rtp_session *s, const struct rtp_in *x)
{
    struct rtp_tone_out *d = &s->dtmf;

    d->full_ts = d->begin_ts;
    d->full = ENDS - 1;
    put_event(s, x, "rtp/event/full", d->full_ts, FULL, false);
    d->begin_ts += FULL;
    d->before += FULL;
}

static void finish_digit(struct rtp_session *s, const struct rtp_in *x)
{
    struct rtp_tone_out *d = &s->dtmf;
    uint64_t next = d->begin_us + d->duration_us + d->gap_us;

    d->at++;
    if (d->at < d->n) {
        begin_digit(s, next > x->now_us ? next : x->now_us);
        return;
    }
    d->on = false;
    if (d->token)
        session_answer(x, d->token, NULL);
}

void session_tone_timer(struct rtp_session *s, const struct rtp_in *x)
{
    struct rtp_tone_out *d = &s->dtmf;
    uint64_t at = d->due_us, end_us = d->begin_us + d->duration_us;
    bool over = at >= end_us, first = d->first, fresh = false;

    if (s->gone) {
        d->on = false;
        if (d->token)
            session_answer(x, d->token, "the session was left");
        return;
    }
    d->due_us += d->step_us;
    if (d->full) {
        d->full--;
        put_event(s, x, "rtp/event/full", d->full_ts, FULL, false);
    }
    while (lasted(d, over ? end_us : at) > FULL) {
        next_segment(s, x);
        fresh = true;
    }
    uint64_t duration = lasted(d, over ? end_us : at);
    if (!over) {
        put_event(s, x,
                  first   ? "rtp/event/first"
                  : fresh ? "rtp/event/segment"
                          : "rtp/event/update",
                  d->begin_ts, duration, false);
        return;
    }
    d->ends++;
    put_event(s, x, d->ends == 1 ? "rtp/event/end" : "rtp/event/again", d->begin_ts, duration,
              true);
    if (d->ends == ENDS)
        finish_digit(s, x);
}

/* ---- detecting ---- */

struct rtp_event *rtp_tones(struct arena *mem, struct span payload, size_t *n)
{
    struct rd r = rd_of(payload);
    struct rtp_event ev, *v = arena_take(mem, (payload.n / RTP_EVENT_SIZE + 1) * sizeof *v);

    for (*n = 0; v && rtp_next_event(&r, &ev);)
        v[(*n)++] = ev;
    return v;
}

static bool was_told(const struct rtp_session *s, uint32_t ssrc, uint8_t event, uint32_t timestamp)
{
    for (size_t i = 0; i < COUNT(s->tones.told); i++) {
        const struct rtp_told *t = &s->tones.told[i];
        if (t->used && t->ssrc == ssrc && t->event == event && t->timestamp == timestamp)
            return true;
    }
    return false;
}

static void remember(struct rtp_session *s, const struct rtp_told *t)
{
    s->tones.told[s->tones.next] = *t;
    s->tones.next = (s->tones.next + 1) % COUNT(s->tones.told);
}

/* The event that goes on is over: it is told. */
static void tell(struct rtp_session *s, const struct rtp_in *x)
{
    static const char *const keys[] = {"0", "1", "2", "3", "4", "5", "6", "7",
                                       "8", "9", "*", "#", "A", "B", "C", "D"};
    struct rtp_tone_in *t = &s->tones;
    struct rtp_told now = t->now;

    remember(s, &now);
    t->now.used = false;
    if (now.event <= RTP_EVENT_DTMF && t->n < RTP_DTMF_MAX)
        t->digits[t->n++] = (uint8_t)rtp_key_of_event(now.event);
    if (s->role == RTP_ROLE_SESSION && s->c.manual)
        return;
    struct rtp_notice *e = session_event(x, "digit", 0, RTP_K_DIGIT);
    if (!e)
        return;
    e->ssrc = now.ssrc;
    e->event = now.event;
    e->volume = now.volume;
    e->timestamp = t->begin_ts;
    e->payload_type = s->c.event_type;
    e->duration = t->before + now.duration;
    e->digit = now.event <= RTP_EVENT_DTMF ? keys[now.event] : NULL;
}

/* Whether a report goes on with what goes on: the same event, or the next segment of it: 2.5.2.3. */
static bool goes_on(struct rtp_session *s, uint32_t ssrc, uint32_t timestamp,
                    const struct rtp_event *ev)
{
    struct rtp_told *now = &s->tones.now;

    if (!now->used || now->ssrc != ssrc || now->event != ev->event)
        return false;
    if (now->timestamp == timestamp)
        return true;
    if (timestamp - now->timestamp != FULL || session_flag(s, "segments-apart"))
        return false;
    remember(s, now); /* repeats of the segment's end are nothing new */
    s->tones.before += FULL;
    now->timestamp = timestamp;
    now->duration = 0;
    return true;
}

static bool is_last(const struct rtp_told *last, uint32_t ssrc, uint32_t event)
{
    return last->used && last->ssrc == ssrc && last->event == event;
}

static void report(struct rtp_session *s, const struct rtp_in *x, const struct rtp_packet *r,
                   uint32_t timestamp, const struct rtp_event *ev)
{
    struct rtp_tone_in *t = &s->tones;
    bool told = was_told(s, r->ssrc, ev->event, timestamp);

    if (ev->duration == 0 && !session_flag(s, "no-duration-told"))
        return; /* no event of DTMF is a state: 2.3.5#2 */
    if (ev->reserved && session_flag(s, "reserved-bit-refused"))
        return;
    if (told && !(ev->end && session_flag(s, "each-end-is-a-digit")))
        return;
    if (!goes_on(s, r->ssrc, timestamp, ev)) {
        if (t->now.used && (int32_t)(timestamp - t->now.timestamp) < 0)
            return; /* late, of one that was not known: it was lost in the middle of the next */
        if (is_last(&t->told[(t->next + COUNT(t->told) - 1) % COUNT(t->told)], r->ssrc,
                    ev->event) &&
            session_flag(s, "same-key-once"))
            return;
        if (t->now.used)
            tell(s, x);
        t->now = (struct rtp_told){
            .ssrc = r->ssrc, .timestamp = timestamp, .event = ev->event, .used = true};
        t->begin_ts = timestamp;
        t->before = 0;
    }
    t->now.volume = ev->volume;
    if (ev->duration > t->now.duration)
        t->now.duration = ev->duration;
    t->last_us = x->now_us;
    if (ev->end)
        tell(s, x);
}

void session_tone(struct rtp_session *s, const struct rtp_in *x, const struct rtp_packet *r)
{
    struct rd rd = rd_of(r->payload);
    struct rtp_event ev;
    uint32_t timestamp = r->timestamp;

    while (rtp_next_event(&rd, &ev)) { /* packed events follow one another: 2.5.1.5 */
        report(s, x, r, timestamp, &ev);
        timestamp += ev.duration;
    }
}

uint64_t session_tone_due(const struct rtp_session *s)
{
    return s->tones.now.used ? s->tones.last_us + LAPSE * UPDATE_US : NO_DEADLINE;
}

void session_tone_lapse(struct rtp_session *s, const struct rtp_in *x)
{
    tell(s, x);
}
