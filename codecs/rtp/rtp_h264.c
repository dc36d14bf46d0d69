/* codecs/rtp/rtp_h264.c - H.264 video. */
#include "codecs/rtp/rtp_h264.h"
#include "codecs/rtp/rtp_payload.h"

static bool aggregated(uint8_t type)
{
    return type >= RTP_H264_STAP_A && type <= RTP_H264_MTAP24;
}
static bool fragment(uint8_t type)
{
    return type == RTP_H264_FU_A || type == RTP_H264_FU_B;
}

bool rtp_h264_next(struct rd *r, uint8_t type, struct rtp_h264_unit *u)
{
    struct rd at = *r;
    uint16_t low = 0;
    uint8_t high = 0;

    *u = (struct rtp_h264_unit){0};
    if (!rd_u16(&at, &u->size))
        return false;
    if (type == RTP_H264_MTAP16 && (!rd_u8(&at, &u->dond) || !rd_u16(&at, &low)))
        return false;
    if (type == RTP_H264_MTAP24 &&
        (!rd_u8(&at, &u->dond) || !rd_u8(&at, &high) || !rd_u16(&at, &low)))
        return false;
    u->offset = (uint32_t)high << 16 | low;
    if (!rd_take(&at, u->size, &u->nal))
        return false;
    *r = at;
    return true;
}

static void take_units(struct span in, struct rtp_h264 *v, struct findings *fs)
{
    bool don = v->type != RTP_H264_STAP_A;
    struct rtp_h264_unit u;
    size_t n = 0;

    if (don && v->data.n < 2) {
        payload_broke(fs, in, "RFC6184:5.7.1#a1", STMT,
                      "no room for a decoding order number behind type %u", in.p, in.n, v->type);
        return;
    }
    v->fits = true;
    if (don)
        v->don = get_u16(v->data.p);
    struct rd r = rd_of(span_cut(v->data, don ? 2 : 0, v->data.n));
    while (rtp_h264_next(&r, v->type, &u))
        n++;
    v->units = (struct span){r.p, r.pos};
    v->rest = (struct span){r.p + r.pos, r.n - r.pos};
    if (v->rest.n)
        payload_broke(fs, in, "RFC6184:5.7.1#a2", STMT, "an aggregation unit runs past the payload",
                      v->rest.p, v->rest.n, 0);
    else if (n == 0)
        payload_broke(fs, in, "RFC6184:5.7.1#a3", STMT, "an aggregation packet without a unit",
                      in.p, in.n, 0);
}

static void take_fragment(struct span in, struct rtp_h264 *v, struct findings *fs)
{
    size_t head = v->type == RTP_H264_FU_B ? 3 : 1;

    if (v->data.n < head) {
        payload_broke(fs, in, "RFC6184:5.8#a1", STMT, "no room for the header of a fragment", in.p,
                      in.n, 0);
        return;
    }
    v->fits = true;
    v->start = v->data.p[0] >> 7;
    v->end = v->data.p[0] >> 6 & 1;
    v->reserved = v->data.p[0] >> 5 & 1;
    v->fu_type = v->data.p[0] & 31;
    if (head == 3)
        v->don = get_u16(v->data.p + 1);
    v->data = span_cut(v->data, head, v->data.n);
}

enum step rtp_h264_decode(struct span in, struct rtp_h264 *v, struct findings *fs)
{
    if (in.n == 0)
        return STEP_MORE;
    *v = (struct rtp_h264){.wire = in,
                           .forbidden = in.p[0] >> 7,
                           .nri = in.p[0] >> 5 & 3,
                           .type = in.p[0] & 31,
                           .data = span_cut(in, 1, in.n)};
    if (aggregated(v->type))
        take_units(in, v, fs);
    else if (fragment(v->type))
        take_fragment(in, v, fs);
    return STEP_ITEM;
}

static void lint_units(const struct rtp_h264 *v, struct findings *fs)
{
    struct rd r = rd_of(v->units);
    struct rtp_h264_unit u;
    unsigned nri = 0, forbidden = 0;
    bool any = false;

    while (rtp_h264_next(&r, v->type, &u)) {
        uint8_t type = u.nal.n ? u.nal.p[0] & 31 : 0;
        if (aggregated(type))
            payload_broke(fs, v->wire, "RFC6184:5.7#7", MUST,
                          "an aggregation packet within another, of type %u", u.nal.p, 1, type);
        else if (fragment(type))
            payload_broke(fs, v->wire, "RFC6184:5.7#6", MUST,
                          "a fragment, of type %u, in an aggregation packet", u.nal.p, 1, type);
        unsigned own = u.nal.n ? u.nal.p[0] >> 5 & 3 : 0;
        nri = own > nri ? own : nri;
        forbidden |= u.nal.n ? u.nal.p[0] >> 7 : 0;
        any = true;
    }
    if (any && !v->rest.n && v->nri != nri)
        finding_add(fs, (struct finding){.clause = "RFC6184:5.7#4",
                                         .what = "NRI is %u, the greatest of its units is %u",
                                         .level = MUST,
                                         .len = 1,
                                         .arg = {v->nri, nri}});
    if (any && !v->rest.n && v->forbidden != forbidden)
        payload_broke(fs, v->wire, "RFC6184:5.7#3", MUST,
                      "F is %u, which is not what its units have", v->wire.p, 1, v->forbidden);
}

void rtp_h264_lint(const struct rtp_h264 *v, struct findings *fs)
{
    if (v->fits && aggregated(v->type))
        lint_units(v, fs);
    if (!v->fits || !fragment(v->type))
        return;
    const uint8_t *head = v->wire.p + 1;
    if (v->start && v->end)
        payload_broke(fs, v->wire, "RFC6184:5.8#10", MUST, "S and E are set in one fragment", head,
                      1, 0);
    if (v->reserved)
        payload_broke(fs, v->wire, "RFC6184:5.8#9a", MUST, "the bit R is set", head, 1, 0);
    if (fragment(v->fu_type))
        payload_broke(fs, v->wire, "RFC6184:5.8#5", MUST, "a fragment of a fragment, of type %u",
                      head, 1, v->fu_type);
    if (aggregated(v->fu_type))
        payload_broke(fs, v->wire, "RFC6184:5.8#4", MUST,
                      "a fragment of an aggregation packet, of type %u", head, 1, v->fu_type);
    if (v->type == RTP_H264_FU_B && !v->start)
        payload_broke(fs, v->wire, "RFC6184:5.8#7", MUST, "FU-B is not the first fragment", head, 1,
                      0);
}

/* ---- table and descriptor ---- */

static bool next_16(struct rd *r, void *item)
{
    return rtp_h264_next(r, RTP_H264_MTAP16, item);
}
static bool next_24(struct rd *r, void *item)
{
    return rtp_h264_next(r, RTP_H264_MTAP24, item);
}
static bool next_stap(struct rd *r, void *item)
{
    return rtp_h264_next(r, RTP_H264_STAP_A, item);
}
static bool yes(const void *rec)
{
    (void)rec;
    return true;
}
static bool no_rest(const void *rec)
{
    return ((const struct rtp_h264 *)rec)->rest.n == 0;
}
static bool no_reserved(const void *rec)
{
    return !((const struct rtp_h264 *)rec)->reserved;
}
#define U(m, k) FIELD(struct rtp_h264_unit, m, k)
static const struct field stap_fields[] = {
    {.name = "size", U(size, F_UINT), .derived = yes},
    {.name = "nal", U(nal, F_BYTES)},
};
static const struct wire stap_wire[] = {{WIRE_OCTETS, 16, 0}, {WIRE_BYTES, 0, 0}};
static const struct layout stap_unit =
    LAYOUT(struct rtp_h264_unit, "unit", stap_fields, stap_wire, next_stap);
/* The size is of the NAL unit alone, which is not all that follows: it is told, not derived. */
static const struct field mtap_fields[] = {
    {.name = "size", U(size, F_UINT)},
    {.name = "dond", U(dond, F_UINT)},
    {.name = "offset", U(offset, F_UINT)},
    {.name = "nal", U(nal, F_BYTES)},
};
static const struct wire mtap16_wire[] = {
    {WIRE_UINT, 16, 0}, {WIRE_UINT, 8, 0}, {WIRE_UINT, 16, 0}, {WIRE_BYTES, 0, 0}};
static const struct wire mtap24_wire[] = {
    {WIRE_UINT, 16, 0}, {WIRE_UINT, 8, 0}, {WIRE_UINT, 24, 0}, {WIRE_BYTES, 0, 0}};
static const struct layout mtap16_unit =
    LAYOUT(struct rtp_h264_unit, "unit", mtap_fields, mtap16_wire, next_16);
static const struct layout mtap24_unit =
    LAYOUT(struct rtp_h264_unit, "unit", mtap_fields, mtap24_wire, next_24);

#define H(m, k) FIELD(struct rtp_h264, m, k)
static const struct field raw_fields[] = {{.name = "data", H(data, F_BYTES)}};
static const struct wire raw_wire[] = {{WIRE_BYTES, 0, 0}};
static const struct layout raw = LAYOUT(struct rtp_h264, "nal", raw_fields, raw_wire, NULL);
static const struct field stap_a_fields[] = {
    {.name = "units", H(units, F_SEQ), .sub = &stap_unit.d},
    {.name = "rest", H(rest, F_BYTES), .absent = no_rest},
};
static const struct wire stap_a_wire[] = {{WIRE_LIST, 0, 0}, {WIRE_BYTES, 0, 0}};
static const struct layout stap_a =
    LAYOUT(struct rtp_h264, "stap-a", stap_a_fields, stap_a_wire, NULL);
#define WITH_DON(label, unit)                                                                      \
    static const struct field label##_fields[] = {                                                 \
        {.name = "don", H(don, F_UINT)},                                                           \
        {.name = "units", H(units, F_SEQ), .sub = &unit.d},                                        \
        {.name = "rest", H(rest, F_BYTES), .absent = no_rest},                                     \
    };                                                                                             \
    static const struct layout label =                                                             \
        LAYOUT(struct rtp_h264, #label, label##_fields, don_wire, NULL)
static const struct wire don_wire[] = {{WIRE_UINT, 16, 0}, {WIRE_LIST, 0, 0}, {WIRE_BYTES, 0, 0}};
WITH_DON(stap_b, stap_unit);
WITH_DON(mtap16, mtap16_unit);
WITH_DON(mtap24, mtap24_unit);
#define FU_FIELDS                                                                                  \
    {.name = "start", H(start, F_BOOL)}, {.name = "end", H(end, F_BOOL)},                          \
        {.name = "reserved", H(reserved, F_BOOL), .absent = no_reserved},                          \
    {                                                                                              \
        .name = "fu_type", H(fu_type, F_UINT)                                                      \
    }
#define FU_WIRE                                                                                    \
    {WIRE_UINT, 1, 0}, {WIRE_UINT, 1, 0}, {WIRE_UINT, 1, 0},                                       \
    {                                                                                              \
        WIRE_UINT, 5, 0                                                                            \
    }
static const struct field fu_a_fields[] = {FU_FIELDS, {.name = "data", H(data, F_BYTES)}};
static const struct wire fu_a_wire[] = {FU_WIRE, {WIRE_BYTES, 0, 0}};
static const struct layout fu_a = LAYOUT(struct rtp_h264, "fu-a", fu_a_fields, fu_a_wire, NULL);
static const struct field fu_b_fields[] = {
    FU_FIELDS, {.name = "don", H(don, F_UINT)}, {.name = "data", H(data, F_BYTES)}};
static const struct wire fu_b_wire[] = {FU_WIRE, {WIRE_UINT, 16, 0}, {WIRE_BYTES, 0, 0}};
static const struct layout fu_b = LAYOUT(struct rtp_h264, "fu-b", fu_b_fields, fu_b_wire, NULL);

static const struct layout *const picks[] = {&raw,    &stap_a, &stap_b, &mtap16,
                                             &mtap24, &fu_a,   &fu_b,   NULL};
static const struct desc *of_type(uint64_t type)
{
    return type >= RTP_H264_STAP_A && type <= RTP_H264_FU_B ? &picks[1 + type - RTP_H264_STAP_A]->d
                                                            : &raw.d;
}
static const struct desc *of_view(const void *rec)
{
    const struct rtp_h264 *v = rec;
    return v->fits ? of_type(v->type) : &raw.d;
}
static const struct name type_v[] = {
    {RTP_H264_IDR, "IDR"},       {RTP_H264_SPS, "SPS"},       {RTP_H264_PPS, "PPS"},
    {RTP_H264_STAP_A, "STAP-A"}, {RTP_H264_STAP_B, "STAP-B"}, {RTP_H264_MTAP16, "MTAP16"},
    {RTP_H264_MTAP24, "MTAP24"}, {RTP_H264_FU_A, "FU-A"},     {RTP_H264_FU_B, "FU-B"},
};
static const struct names types = {type_v, COUNT(type_v)};
static const struct field fields[] = {
    {.name = "forbidden", H(forbidden, F_BOOL)},
    {.name = "nri", H(nri, F_UINT)},
    {.name = "type", H(type, F_ENUM), .names = &types},
    {.name = "", .kind = F_PICK, .key = 2, .pick = of_view, .pick_key = of_type},
};
static const struct wire wires[] = {
    {WIRE_UINT, 1, 0}, {WIRE_UINT, 2, 0}, {WIRE_UINT, 5, 0}, {WIRE_PICK, 0, 0}};
static const struct layout layout = {
    {"rtp_h264", sizeof(struct rtp_h264), FIELDS(fields), .next = NULL}, wires, picks};

PAYLOAD_DECODE(rtp_h264, rtp_h264_decode)

static void lint(const void *view, struct findings *fs)
{
    rtp_h264_lint(view, fs);
}

static void encode(struct wr *w, const struct draft *dr)
{
    payload_encode(w, dr, &layout);
}

static void brief(struct wr *w, const void *view)
{
    const struct rtp_h264 *v = view;
    const char *name = name_of(&types, v->type);

    wr_text(w, name ? name : "NAL unit ");
    if (!name)
        wr_dec(w, v->type);
    wr_text(w, v->start ? " start" : "");
    wr_text(w, v->end ? " end" : "");
}

const struct codec rtp_h264_codec = {
    .name = "rtp_h264",
    .view = &layout.d,
    .decode = decode,
    .lint = lint,
    .encode = encode,
    .brief = brief,
};
