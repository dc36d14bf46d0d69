/* codecs/rtp/rtp_event.c - telephone-event. */
#include "codecs/rtp/rtp_event.h"
#include "codecs/rtp/rtp_payload.h"

static const char keys[] = "0123456789*#ABCD"; /* RFC4733:3.2, table 3 */

int rtp_event_of_key(char key)
{
    char up = key >= 'a' && key <= 'd' ? (char)(key - 32) : key;
    for (int i = 0; keys[i]; i++)
        if (keys[i] == up)
            return i;
    return -1;
}

char rtp_key_of_event(unsigned event)
{
    return event <= RTP_EVENT_DTMF ? keys[event] : 0;
}

bool rtp_next_event(struct rd *r, struct rtp_event *v)
{
    struct span s;

    if (!rd_take(r, RTP_EVENT_SIZE, &s))
        return false;
    *v = (struct rtp_event){.event = s.p[0],
                            .end = s.p[1] >> 7,
                            .reserved = s.p[1] >> 6 & 1,
                            .volume = s.p[1] & 0x3f,
                            .duration = get_u16(s.p + 2)};
    return true;
}

void rtp_event_put(struct wr *w, const struct rtp_event *v)
{
    wr_u8(w, v->event);
    wr_u8(w, (uint8_t)(v->end << 7 | v->reserved << 6 | (v->volume & 0x3f)));
    wr_u16(w, v->duration);
}

enum step rtp_event_decode(struct span in, struct rtp_events *v, struct findings *fs)
{
    size_t whole = in.n & ~(size_t)3;

    *v = (struct rtp_events){in, span_cut(in, 0, whole), span_cut(in, whole, in.n)};
    if (in.n < RTP_EVENT_SIZE)
        payload_broke(fs, in, "RFC4733:2.3#c1", STMT, "a payload of %u octets holds no event", in.p,
                      in.n, in.n);
    else if (v->rest.n)
        payload_broke(fs, in, "RFC4733:2.3#c1", STMT, "%u octets at the end are no event",
                      v->rest.p, v->rest.n, v->rest.n);
    return STEP_ITEM;
}

void rtp_event_lint(const struct rtp_events *v, struct findings *fs)
{
    struct rd r = rd_of(v->events);
    struct rtp_event e;

    while (rtp_next_event(&r, &e)) {
        const uint8_t *p = r.p + r.pos - RTP_EVENT_SIZE;
        if (e.reserved)
            payload_broke(fs, v->wire, "RFC4733:2.3.3#1a", MUST, "the bit R is set", p + 1, 1, 0);
        /* of other events only their documents say whether they are states */
        if (e.event <= RTP_EVENT_DTMF && e.duration == 0)
            payload_broke(fs, v->wire, "RFC4733:2.3.5#1", MUST,
                          "event %u, which is no state, has a duration of 0", p + 2, 2, e.event);
    }
}

/* ---- table and descriptor ---- */

static bool next(struct rd *r, void *item)
{
    return rtp_next_event(r, item);
}
static bool no_reserved(const void *rec)
{
    return !((const struct rtp_event *)rec)->reserved;
}
static bool no_rest(const void *rec)
{
    return ((const struct rtp_events *)rec)->rest.n == 0;
}
static const struct name event_v[] = {
    {0, "0"}, {1, "1"}, {2, "2"},  {3, "3"},  {4, "4"},  {5, "5"},  {6, "6"},  {7, "7"},
    {8, "8"}, {9, "9"}, {10, "*"}, {11, "#"}, {12, "A"}, {13, "B"}, {14, "C"}, {15, "D"},
};
static const struct names events = {event_v, COUNT(event_v)};
#define E(m, k) FIELD(struct rtp_event, m, k)
static const struct field event_fields[] = {
    {.name = "event", E(event, F_ENUM), .names = &events},
    {.name = "end", E(end, F_BOOL)},
    {.name = "reserved", E(reserved, F_BOOL), .absent = no_reserved},
    {.name = "volume", E(volume, F_UINT)},
    {.name = "duration", E(duration, F_UINT)},
};
static const struct wire event_wire[] = {
    {WIRE_UINT, 8, 0}, {WIRE_UINT, 1, 0}, {WIRE_UINT, 1, 0}, {WIRE_UINT, 6, 0}, {WIRE_UINT, 16, 0}};
static const struct layout event_layout =
    LAYOUT(struct rtp_event, "event", event_fields, event_wire, next);
static const struct field fields[] = {
    {.name = "events", FIELD(struct rtp_events, events, F_SEQ), .sub = &event_layout.d},
    {.name = "rest", FIELD(struct rtp_events, rest, F_BYTES), .absent = no_rest},
};
static const struct wire wires[] = {{WIRE_LIST, 0, 0}, {WIRE_BYTES, 0, 0}};
static const struct layout layout = LAYOUT(struct rtp_events, "rtp_event", fields, wires, NULL);

PAYLOAD_DECODE(rtp_events, rtp_event_decode)

static void lint(const void *view, struct findings *fs)
{
    rtp_event_lint(view, fs);
}

static void encode(struct wr *w, const struct draft *dr)
{
    payload_encode(w, dr, &layout);
}

static void brief(struct wr *w, const void *view)
{
    struct rd r = rd_of(((const struct rtp_events *)view)->events);
    struct rtp_event e;

    while (rtp_next_event(&r, &e)) {
        const char *name = name_of(&events, e.event);
        wr_text(w, r.pos > RTP_EVENT_SIZE ? " event " : "event ");
        if (name)
            wr_text(w, name);
        else
            wr_dec(w, e.event);
        wr_text(w, e.end ? " end" : "");
    }
}

const struct codec rtp_event_codec = {
    .name = "rtp_event",
    .view = &layout.d,
    .decode = decode,
    .lint = lint,
    .encode = encode,
    .brief = brief,
};
