/* codecs/rtp/rtp_tone.c - tones by their frequencies: RFC 4733 section 4. */
#include "codecs/rtp/rtp_event.h"
#include "codecs/rtp/rtp_payload.h"

enum step rtp_tone_decode(struct span in, struct rtp_tone *v, struct findings *fs)
{
    size_t whole = in.n & ~(size_t)1;

    if (in.n < RTP_TONE_HEAD)
        return STEP_MORE;
    *v = (struct rtp_tone){.wire = in,
                           .modulation = (uint16_t)(get_u16(in.p) >> 7),
                           .third = in.p[1] >> 6 & 1,
                           .volume = in.p[1] & 0x3f,
                           .duration = get_u16(in.p + 2),
                           .frequencies = span_cut(in, RTP_TONE_HEAD, whole),
                           .rest = span_cut(in, whole, in.n)};
    /* figure 2 has frequencies in pairs; that there is no odd number of them is nowhere said */
    if (v->rest.n)
        payload_broke(fs, in, "RFC4733:4.3.3#c1", STMT, "half a frequency at the end", v->rest.p, 1,
                      0);
    return STEP_ITEM;
}

void rtp_tone_lint(const struct rtp_tone *v, struct findings *fs)
{
    for (size_t i = 0; i + 2 <= v->frequencies.n; i += 2)
        if (v->frequencies.p[i] >> 4) {
            payload_broke(fs, v->wire, "RFC4733:4.3.3#2a", MUST,
                          "reserved bits in front of a frequency are set", v->frequencies.p + i, 1,
                          0);
            break;
        }
    if (v->duration == 0)
        payload_broke(fs, v->wire, "RFC4733:4.3.3#c2", STMT, "a tone with a duration of 0",
                      v->wire.p + 2, 2, 0);
}

/* ---- table and descriptor ---- */

struct frequency {
    uint16_t hz;
    uint8_t reserved;
};
static bool next(struct rd *r, void *item)
{
    struct frequency *f = item;
    uint16_t v;

    if (!rd_u16(r, &v))
        return false;
    *f = (struct frequency){v & 0xfff, (uint8_t)(v >> 12)};
    return true;
}
static bool no_reserved(const void *rec)
{
    return ((const struct frequency *)rec)->reserved == 0;
}
static bool no_rest(const void *rec)
{
    return ((const struct rtp_tone *)rec)->rest.n == 0;
}
static const struct field frequency_fields[] = {
    {.name = "reserved", FIELD(struct frequency, reserved, F_UINT), .absent = no_reserved},
    {.name = "frequency", FIELD(struct frequency, hz, F_UINT)},
};
static const struct wire frequency_wire[] = {{WIRE_UINT, 4, 0}, {WIRE_UINT, 12, 0}};
static const struct layout frequency_layout =
    LAYOUT(struct frequency, "frequency", frequency_fields, frequency_wire, next);
#define T(m, k) FIELD(struct rtp_tone, m, k)
static const struct field fields[] = {
    {.name = "modulation", T(modulation, F_UINT)},
    {.name = "third", T(third, F_BOOL)},
    {.name = "volume", T(volume, F_UINT)},
    {.name = "duration", T(duration, F_UINT)},
    {.name = "frequencies", T(frequencies, F_SEQ), .sub = &frequency_layout.d},
    {.name = "rest", T(rest, F_BYTES), .absent = no_rest},
};
static const struct wire wires[] = {{WIRE_UINT, 9, 0},  {WIRE_UINT, 1, 0}, {WIRE_UINT, 6, 0},
                                    {WIRE_UINT, 16, 0}, {WIRE_LIST, 0, 0}, {WIRE_BYTES, 0, 0}};
static const struct layout layout = LAYOUT(struct rtp_tone, "rtp_tone", fields, wires, NULL);

PAYLOAD_DECODE(rtp_tone, rtp_tone_decode)

static void lint(const void *view, struct findings *fs)
{
    rtp_tone_lint(view, fs);
}

static void encode(struct wr *w, const struct draft *dr)
{
    payload_encode(w, dr, &layout);
}

static void brief(struct wr *w, const void *view)
{
    const struct rtp_tone *v = view;

    wr_text(w, "tone");
    for (size_t i = 0; i + 2 <= v->frequencies.n; i += 2) {
        wr_text(w, i ? "+" : " ");
        wr_dec(w, get_u16(v->frequencies.p + i) & 0xfff);
    }
    wr_text(w, v->frequencies.n ? " Hz" : " of silence");
}

const struct codec rtp_tone_codec = {
    .name = "rtp_tone",
    .view = &layout.d,
    .decode = decode,
    .lint = lint,
    .encode = encode,
    .brief = brief,
};
