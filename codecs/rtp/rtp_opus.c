/* codecs/rtp/rtp_opus.c - Opus. */
#include "codecs/rtp/rtp_opus.h"
#include "codecs/rtp/rtp_payload.h"

unsigned rtp_opus_frame(uint8_t config)
{
    static const uint16_t silk[] = {480, 960, 1920, 2880}, hybrid[] = {480, 960},
                          celt[] = {120, 240, 480, 960};
    config &= 31;
    return config < 12 ? silk[config & 3] : config < 16 ? hybrid[config & 1] : celt[config & 3];
}

/* The length of a frame at the front of `r`: RFC6716:3.2.1. */
static bool frame_length(struct rd *r, size_t *n)
{
    struct rd at = *r;
    uint8_t first, second;

    if (!rd_u8(&at, &first) || (first >= 252 && !rd_u8(&at, &second)))
        return false;
    *n = first < 252 ? first : first + 4u * second;
    *r = at;
    return true;
}

struct dec {
    struct span in;
    struct findings *fs;
};

static void broke(const struct dec *d, const char *clause, const char *what, const uint8_t *at,
                  size_t len, uint64_t arg)
{
    payload_broke(d->fs, d->in, clause, MUST, what, at, len, arg);
}

static void too_long(const struct dec *d, struct span frame)
{
    if (frame.n > RTP_OPUS_FRAME_MAX)
        broke(d, "RFC6716:3.2.1#2", "a frame of %u octets, more than 1275", frame.p, frame.n,
              frame.n);
}

static void check_two(const struct dec *d, const struct rtp_opus *v)
{
    struct rd r = rd_of(v->body);
    size_t n;

    if (v->code == 1 && (v->body.n & 1))
        broke(d, "RFC6716:3.2.3#1", "%u octets for two frames of one size", v->body.p, v->body.n,
              v->body.n);
    else if (v->code == 1)
        too_long(d, span_cut(v->body, 0, v->body.n / 2));
    else if (!frame_length(&r, &n))
        broke(d, "RFC6716:3.2.4#1", "no room for the length of the first frame", v->body.p,
              v->body.n, 0);
    else if (n > rd_left(&r))
        broke(d, "RFC6716:3.2.4#2", "the first frame of %u octets runs past the payload", v->body.p,
              r.pos, n);
    else
        too_long(d, span_cut(v->body, r.pos + n, v->body.n));
}

/* Padding of a code 3 packet, lengths of it included; false: it runs past the payload. */
static bool take_padding(const struct dec *d, const struct rtp_opus *v, struct span *data)
{
    size_t n = 0, at = 0;
    uint8_t octet = 255;

    while (v->padding && octet == 255) {
        if (at == v->body.n) {
            broke(d, "RFC6716:3.2.5#3", "no room for the length of padding", v->body.p, at, 0);
            return false;
        }
        octet = v->body.p[at++];
        n += octet == 255 ? 254 : octet;
    }
    if (n > v->body.n - at) {
        broke(d, "RFC6716:3.2.5#6", "%u octets of padding run past the payload", v->body.p, at, n);
        return false;
    }
    *data = span_cut(v->body, at, v->body.n - n);
    return true;
}

static void check_many(const struct dec *d, const struct rtp_opus *v)
{
    struct span data;
    size_t n, sum = 0;

    if (!v->has_count) {
        broke(d, "RFC6716:3.2.5#1", "no room for the count of frames", d->in.p, 1, 0);
        return;
    }
    if (v->count == 0 || rtp_opus_duration(v) > RTP_OPUS_SAMPLES_MAX)
        broke(d, "RFC6716:3.2.5#2",
              v->count ? "%u frames last more than 120 ms" : "a count of %u frames", d->in.p + 1, 1,
              v->count);
    if (!take_padding(d, v, &data) || v->count == 0)
        return;
    if (!v->vbr && data.n % v->count)
        broke(d, "RFC6716:3.2.5#7", "%u octets for frames of one size", data.p, data.n, data.n);
    else if (!v->vbr)
        too_long(d, span_cut(data, 0, data.n / v->count));
    if (!v->vbr)
        return;
    struct rd r = rd_of(data);
    for (unsigned i = 1; i < v->count; i++) {
        if (!frame_length(&r, &n)) {
            broke(d, "RFC6716:3.2.5#8", "no room for the length of frame %u", data.p, data.n, i);
            return;
        }
        sum += n;
    }
    if (sum > rd_left(&r))
        broke(d, "RFC6716:3.2.5#8", "frames of %u octets run past the payload", data.p, data.n,
              sum);
    else
        too_long(d, span_cut(data, r.pos + sum, data.n));
}

enum step rtp_opus_decode(struct span in, struct rtp_opus *v, struct findings *fs)
{
    struct dec d = {in, fs};

    if (in.n == 0)
        return STEP_MORE; /* RFC6716:3.1#1 */
    *v = (struct rtp_opus){.wire = in,
                           .config = in.p[0] >> 3,
                           .stereo = in.p[0] >> 2 & 1,
                           .code = in.p[0] & 3,
                           .body = span_cut(in, 1, in.n)};
    if (v->code == 3 && v->body.n) {
        v->has_count = true;
        v->vbr = v->body.p[0] >> 7;
        v->padding = v->body.p[0] >> 6 & 1;
        v->count = v->body.p[0] & 0x3f;
        v->body = span_cut(v->body, 1, v->body.n);
    }
    v->frames = v->code == 3 ? v->count : v->code ? 2 : 1;
    if (v->code == 0)
        too_long(&d, v->body);
    else if (v->code == 3)
        check_many(&d, v);
    else
        check_two(&d, v);
    return STEP_ITEM;
}

/* ---- table and descriptor ---- */

#define O(m, k) FIELD(struct rtp_opus, m, k)
static const struct field body_fields[] = {{.name = "body", O(body, F_BYTES)}};
static const struct wire body_wire[] = {{WIRE_BYTES, 0, 0}};
static const struct layout body = LAYOUT(struct rtp_opus, "body", body_fields, body_wire, NULL);
static const struct field many_fields[] = {
    {.name = "vbr", O(vbr, F_BOOL)},
    {.name = "padding", O(padding, F_BOOL)},
    {.name = "count", O(count, F_UINT)},
    {.name = "body", O(body, F_BYTES)},
};
static const struct wire many_wire[] = {
    {WIRE_UINT, 1, 0}, {WIRE_UINT, 1, 0}, {WIRE_UINT, 6, 0}, {WIRE_BYTES, 0, 0}};
static const struct layout many = LAYOUT(struct rtp_opus, "many", many_fields, many_wire, NULL);
static const struct layout *const picks[] = {&body, &many, NULL};
static const struct desc *of_view(const void *rec)
{
    return ((const struct rtp_opus *)rec)->has_count ? &many.d : &body.d;
}
static const struct desc *of_code(uint64_t code)
{
    return code == 3 ? &many.d : &body.d;
}
static const struct field fields[] = {
    {.name = "config", O(config, F_UINT)},
    {.name = "stereo", O(stereo, F_BOOL)},
    {.name = "code", O(code, F_UINT)},
    {.name = "", .kind = F_PICK, .key = 2, .pick = of_view, .pick_key = of_code},
};
static const struct wire wires[] = {
    {WIRE_UINT, 5, 0}, {WIRE_UINT, 1, 0}, {WIRE_UINT, 2, 0}, {WIRE_PICK, 0, 0}};
static const struct layout layout = {
    {"rtp_opus", sizeof(struct rtp_opus), FIELDS(fields), .next = NULL}, wires, picks};

PAYLOAD_DECODE(rtp_opus, rtp_opus_decode)

static void encode(struct wr *w, const struct draft *dr)
{
    payload_encode(w, dr, &layout);
}

static void brief(struct wr *w, const void *view)
{
    const struct rtp_opus *v = view;

    wr_text(w, "Opus ");
    wr_dec(w, rtp_opus_duration(v) / 48);
    wr_text(w, rtp_opus_duration(v) % 48 ? ".5" : ""); /* frames last 2.5 ms or multiples of it */
    wr_text(w, v->stereo ? " ms stereo" : " ms");
}

const struct codec rtp_opus_codec = {
    .name = "rtp_opus",
    .view = &layout.d,
    .decode = decode,
    .encode = encode,
    .brief = brief,
};
