/* codecs/rtp/rtcp_table.c - field tables of RTCP: packets by kind, and how each field stands on the wire. */
#include "codecs/rtp/rtcp_table.h"

#define U(bits)                                                                                    \
    {                                                                                              \
        WIRE_UINT, bits, 0                                                                         \
    }
#define OP(op, bits)                                                                               \
    {                                                                                              \
        WIRE_##op, bits, 0                                                                         \
    }

/* Of a field: no view shows it; or the encoder derives it, whatever it is. */
static bool yes(const void *rec)
{
    (void)rec;
    return true;
}

/* ---- entries ---- */

struct ssrc_item {
    uint32_t ssrc;
};
static bool ssrc_next(struct rd *r, void *item)
{
    return rd_u32(r, &((struct ssrc_item *)item)->ssrc);
}
static const struct field ssrc_fields[] = {
    {.name = "", FIELD(struct ssrc_item, ssrc, F_UINT), .hex = true},
};
static const struct wire ssrc_wire[] = {U(32)};
_Static_assert(COUNT(ssrc_fields) == COUNT(ssrc_wire), "a field without its place");
static const struct layout ssrc_layout = {
    {"ssrc", sizeof(struct ssrc_item), FIELDS(ssrc_fields), .next = ssrc_next}, ssrc_wire, NULL};

struct word_item {
    uint16_t v;
};
static bool word_next(struct rd *r, void *item)
{
    return rd_u16(r, &((struct word_item *)item)->v);
}
static const struct field word_fields[] = {
    {.name = "", FIELD(struct word_item, v, F_UINT), .hex = true},
};
static const struct wire word_wire[] = {U(16)};
_Static_assert(COUNT(word_fields) == COUNT(word_wire), "a field without its place");
static const struct layout word_layout = {
    {"chunk", sizeof(struct word_item), FIELDS(word_fields), .next = word_next}, word_wire, NULL};

static bool report_next(struct rd *r, void *item)
{
    return rtcp_next_report(r, (struct rtcp_report *)item);
}
static const struct field report_fields[] = {
    {.name = "ssrc", FIELD(struct rtcp_report, ssrc, F_UINT), .hex = true},
    {.name = "fraction_lost", FIELD(struct rtcp_report, fraction_lost, F_UINT)},
    {.name = "cumulative_lost", FIELD(struct rtcp_report, cumulative_lost, F_UINT)},
    {.name = "highest_sequence", FIELD(struct rtcp_report, highest_sequence, F_UINT)},
    {.name = "jitter", FIELD(struct rtcp_report, jitter, F_UINT)},
    {.name = "lsr", FIELD(struct rtcp_report, lsr, F_UINT)},
    {.name = "dlsr", FIELD(struct rtcp_report, dlsr, F_UINT)},
};
static const struct wire report_wire[] = {U(32), U(8), U(24), U(32), U(32), U(32), U(32)};
_Static_assert(COUNT(report_fields) == COUNT(report_wire), "a field without its place");
static const struct layout report_layout = {
    {"report", sizeof(struct rtcp_report), FIELDS(report_fields), .next = report_next},
    report_wire,
    NULL};

static bool nack_next(struct rd *r, void *item)
{
    return rtcp_next_nack(r, (struct rtcp_nack *)item);
}
static const struct field nack_fields[] = {
    {.name = "pid", FIELD(struct rtcp_nack, pid, F_UINT)},
    {.name = "blp", FIELD(struct rtcp_nack, blp, F_UINT), .hex = true},
};
static const struct wire nack_wire[] = {U(16), U(16)};
_Static_assert(COUNT(nack_fields) == COUNT(nack_wire), "a field without its place");
static const struct layout nack_layout = {
    {"nack", sizeof(struct rtcp_nack), FIELDS(nack_fields), .next = nack_next}, nack_wire, NULL};

static bool sli_next(struct rd *r, void *item)
{
    return rtcp_next_sli(r, (struct rtcp_sli *)item);
}
static const struct field sli_fields[] = {
    {.name = "first", FIELD(struct rtcp_sli, first, F_UINT)},
    {.name = "number", FIELD(struct rtcp_sli, number, F_UINT)},
    {.name = "picture", FIELD(struct rtcp_sli, picture, F_UINT)},
};
static const struct wire sli_wire[] = {U(13), U(13), U(6)};
_Static_assert(COUNT(sli_fields) == COUNT(sli_wire), "a field without its place");
static const struct layout sli_layout = {
    {"sli", sizeof(struct rtcp_sli), FIELDS(sli_fields), .next = sli_next}, sli_wire, NULL};

static bool tmmb_next(struct rd *r, void *item)
{
    return rtcp_next_tmmb(r, (struct rtcp_tmmb *)item);
}
static const struct field tmmb_fields[] = {
    {.name = "ssrc", FIELD(struct rtcp_tmmb, ssrc, F_UINT), .hex = true},
    {.name = "exponent", FIELD(struct rtcp_tmmb, exponent, F_UINT)},
    {.name = "mantissa", FIELD(struct rtcp_tmmb, mantissa, F_UINT)},
    {.name = "overhead", FIELD(struct rtcp_tmmb, overhead, F_UINT)},
};
static const struct wire tmmb_wire[] = {U(32), U(6), U(17), U(9)};
_Static_assert(COUNT(tmmb_fields) == COUNT(tmmb_wire), "a field without its place");
static const struct layout tmmb_layout = {
    {"tmmb", sizeof(struct rtcp_tmmb), FIELDS(tmmb_fields), .next = tmmb_next}, tmmb_wire, NULL};

static bool fir_next(struct rd *r, void *item)
{
    return rtcp_next_fir(r, (struct rtcp_fir *)item);
}
static bool no_fir_reserved(const void *rec)
{
    return ((const struct rtcp_fir *)rec)->reserved == 0;
}
static const struct field fir_fields[] = {
    {.name = "ssrc", FIELD(struct rtcp_fir, ssrc, F_UINT), .hex = true},
    {.name = "sequence", FIELD(struct rtcp_fir, sequence, F_UINT)},
    {.name = "reserved", FIELD(struct rtcp_fir, reserved, F_UINT), .absent = no_fir_reserved},
};
static const struct wire fir_wire[] = {U(32), U(8), U(24)};
_Static_assert(COUNT(fir_fields) == COUNT(fir_wire), "a field without its place");
static const struct layout fir_layout = {
    {"fir", sizeof(struct rtcp_fir), FIELDS(fir_fields), .next = fir_next}, fir_wire, NULL};

static bool tst_next(struct rd *r, void *item)
{
    return rtcp_next_tst(r, (struct rtcp_fir *)item);
}
static const struct field tst_fields[] = {
    {.name = "ssrc", FIELD(struct rtcp_fir, ssrc, F_UINT), .hex = true},
    {.name = "sequence", FIELD(struct rtcp_fir, sequence, F_UINT)},
    {.name = "reserved", FIELD(struct rtcp_fir, reserved, F_UINT), .absent = no_fir_reserved},
    {.name = "index", FIELD(struct rtcp_fir, index, F_UINT)},
};
static const struct wire tst_wire[] = {U(32), U(8), U(19), U(5)};
_Static_assert(COUNT(tst_fields) == COUNT(tst_wire), "a field without its place");
static const struct layout tst_layout = {
    {"tst", sizeof(struct rtcp_fir), FIELDS(tst_fields), .next = tst_next}, tst_wire, NULL};

static bool vbcm_next(struct rd *r, void *item)
{
    return rtcp_next_vbcm(r, (struct rtcp_vbcm *)item);
}
static bool vbcm_length_derived(const void *rec)
{
    const struct rtcp_vbcm *v = rec;
    return v->length == v->octets.n;
}
static bool vbcm_no_reserved(const void *rec)
{
    return ((const struct rtcp_vbcm *)rec)->reserved == 0;
}
static bool vbcm_no_padding(const void *rec)
{
    return ((const struct rtcp_vbcm *)rec)->padding.n == 0;
}
static bool vbcm_padding_derived(const void *rec)
{
    return all_zero(((const struct rtcp_vbcm *)rec)->padding);
}
static const struct field vbcm_fields[] = {
    {.name = "ssrc", FIELD(struct rtcp_vbcm, ssrc, F_UINT), .hex = true},
    {.name = "sequence", FIELD(struct rtcp_vbcm, sequence, F_UINT)},
    {.name = "reserved", FIELD(struct rtcp_vbcm, reserved, F_UINT), .absent = vbcm_no_reserved},
    {.name = "payload_type", FIELD(struct rtcp_vbcm, payload_type, F_UINT)},
    {.name = "length", FIELD(struct rtcp_vbcm, length, F_UINT), .derived = vbcm_length_derived},
    {.name = "octets", FIELD(struct rtcp_vbcm, octets, F_BYTES)},
    {.name = "padding",
     FIELD(struct rtcp_vbcm, padding, F_BYTES),
     .absent = vbcm_no_padding,
     .derived = vbcm_padding_derived},
};
static const struct wire vbcm_wire[] = {U(32),          U(8),         U(1),        U(7),
                                        OP(LENGTH, 16), OP(BYTES, 0), OP(ALIGN, 0)};
_Static_assert(COUNT(vbcm_fields) == COUNT(vbcm_wire), "a field without its place");
static const struct layout vbcm_layout = {
    {"vbcm", sizeof(struct rtcp_vbcm), FIELDS(vbcm_fields), .next = vbcm_next}, vbcm_wire, NULL};

static bool dlrr_next(struct rd *r, void *item)
{
    return rtcp_next_dlrr(r, (struct rtcp_dlrr *)item);
}
static const struct field dlrr_fields[] = {
    {.name = "ssrc", FIELD(struct rtcp_dlrr, ssrc, F_UINT), .hex = true},
    {.name = "lrr", FIELD(struct rtcp_dlrr, lrr, F_UINT)},
    {.name = "dlrr", FIELD(struct rtcp_dlrr, dlrr, F_UINT)},
};
static const struct wire dlrr_wire[] = {U(32), U(32), U(32)};
_Static_assert(COUNT(dlrr_fields) == COUNT(dlrr_wire), "a field without its place");
static const struct layout dlrr_layout = {
    {"sub-block", sizeof(struct rtcp_dlrr), FIELDS(dlrr_fields), .next = dlrr_next},
    dlrr_wire,
    NULL};

/* ---- SDES ---- */

static bool item_next(struct rd *r, void *item)
{
    return rtcp_next_item(r, (struct rtcp_item *)item);
}
static const struct field text_fields[] = {
    {.name = "text", FIELD(struct rtcp_item, text, F_TEXT)},
};
static const struct wire text_wire[] = {OP(BYTES, 0)};
_Static_assert(COUNT(text_fields) == COUNT(text_wire), "a field without its place");
static const struct layout text_layout = {
    {"text", sizeof(struct rtcp_item), FIELDS(text_fields)}, text_wire, NULL};

static const struct field priv_fields[] = {
    {.name = "prefix_length", FIELD(struct rtcp_item, prefix_length, F_UINT), .derived = yes},
    {.name = "prefix", FIELD(struct rtcp_item, prefix, F_TEXT)},
    {.name = "value", FIELD(struct rtcp_item, text, F_TEXT)},
};
static const struct wire priv_wire[] = {OP(LENGTH, 8), OP(BYTES, 0), OP(BYTES, 0)};
_Static_assert(COUNT(priv_fields) == COUNT(priv_wire), "a field without its place");
static const struct layout priv_layout = {
    {"priv", sizeof(struct rtcp_item), FIELDS(priv_fields)}, priv_wire, NULL};

static const struct layout *const item_picks[] = {&text_layout, &priv_layout, NULL};
static const struct desc *item_of_view(const void *rec)
{
    return ((const struct rtcp_item *)rec)->split ? &priv_layout.d : &text_layout.d;
}
static const struct desc *item_of_type(uint64_t type)
{
    return type == RTCP_PRIV ? &priv_layout.d : &text_layout.d;
}
static const struct field item_fields[] = {
    {.name = "type", FIELD(struct rtcp_item, type, F_ENUM), .names = &rtcp_item_types},
    {.name = "length", FIELD(struct rtcp_item, length, F_UINT), .derived = yes},
    {.name = "", .kind = F_PICK, .key = 0, .pick = item_of_view, .pick_key = item_of_type},
};
static const struct wire item_wire[] = {U(8), OP(OCTETS, 8), OP(PICK, 0)};
_Static_assert(COUNT(item_fields) == COUNT(item_wire), "a field without its place");
static const struct layout item_layout = {
    {"item", sizeof(struct rtcp_item), FIELDS(item_fields), .next = item_next},
    item_wire,
    item_picks};

static bool chunk_next(struct rd *r, void *item)
{
    return rtcp_next_chunk(r, (struct rtcp_chunk *)item);
}
/* Null octets up to the next boundary, one at least. */
static bool chunk_end_derived(const void *rec)
{
    const struct rtcp_chunk *v = rec;
    return v->end.n == 4 - (v->items.n & 3) && all_zero(v->end);
}
static const struct field chunk_fields[] = {
    {.name = "ssrc", FIELD(struct rtcp_chunk, ssrc, F_UINT), .hex = true},
    {.name = "items", FIELD(struct rtcp_chunk, items, F_SEQ), .sub = &item_layout.d},
    {.name = "end", FIELD(struct rtcp_chunk, end, F_BYTES), .derived = chunk_end_derived},
};
static const struct wire chunk_wire[] = {U(32), OP(LIST, 0), OP(END, 0)};
_Static_assert(COUNT(chunk_fields) == COUNT(chunk_wire), "a field without its place");
static const struct layout chunk_layout = {
    {"chunk", sizeof(struct rtcp_chunk), FIELDS(chunk_fields), .next = chunk_next},
    chunk_wire,
    NULL};

/* ---- report blocks of XR ---- */

static bool xr_next(struct rd *r, void *item)
{
    return rtcp_next_xr(r, (struct rtcp_xr *)item);
}
static bool xr_no_tail(const void *rec)
{
    return ((const struct rtcp_xr *)rec)->tail.n == 0;
}
/* Of a known type even nothing is said, or a draft would have the fields of the type. */
static bool xr_no_body(const void *rec)
{
    const struct rtcp_xr *v = rec;
    return v->body.n == 0 && !rtcp_xr_rule(v->type);
}
struct time_item {
    uint32_t v;
};
static bool time_next(struct rd *r, void *item)
{
    return rd_u32(r, &((struct time_item *)item)->v);
}
static const struct field time_fields[] = {
    {.name = "", FIELD(struct time_item, v, F_UINT)},
};
static const struct wire time_wire[] = {U(32)};
_Static_assert(COUNT(time_fields) == COUNT(time_wire), "a field without its place");
static const struct layout time_layout = {
    {"time", sizeof(struct time_item), FIELDS(time_fields), .next = time_next}, time_wire, NULL};

static const struct field xr_rle_fields[] = {
    {.name = "source", FIELD(struct rtcp_xr, source, F_UINT), .hex = true},
    {.name = "begin", FIELD(struct rtcp_xr, begin, F_UINT)},
    {.name = "end", FIELD(struct rtcp_xr, end, F_UINT)},
    {.name = "chunks", FIELD(struct rtcp_xr, list, F_SEQ), .sub = &word_layout.d},
    {.name = "rest", FIELD(struct rtcp_xr, tail, F_BYTES), .absent = xr_no_tail},
};
static const struct wire xr_rle_wire[] = {U(32), U(16), U(16), OP(LIST, 0), OP(BYTES, 0)};
_Static_assert(COUNT(xr_rle_fields) == COUNT(xr_rle_wire), "a field without its place");
static const struct layout xr_rle_layout = {
    {"xr-rle", sizeof(struct rtcp_xr), FIELDS(xr_rle_fields)}, xr_rle_wire, NULL};

static const struct field xr_times_fields[] = {
    {.name = "source", FIELD(struct rtcp_xr, source, F_UINT), .hex = true},
    {.name = "begin", FIELD(struct rtcp_xr, begin, F_UINT)},
    {.name = "end", FIELD(struct rtcp_xr, end, F_UINT)},
    {.name = "times", FIELD(struct rtcp_xr, list, F_SEQ), .sub = &time_layout.d},
    {.name = "rest", FIELD(struct rtcp_xr, tail, F_BYTES), .absent = xr_no_tail},
};
static const struct wire xr_times_wire[] = {U(32), U(16), U(16), OP(LIST, 0), OP(BYTES, 0)};
_Static_assert(COUNT(xr_times_fields) == COUNT(xr_times_wire), "a field without its place");
static const struct layout xr_times_layout = {
    {"xr-times", sizeof(struct rtcp_xr), FIELDS(xr_times_fields)}, xr_times_wire, NULL};

static const struct field xr_reference_fields[] = {
    {.name = "ntp_seconds", FIELD(struct rtcp_xr, ntp_seconds, F_UINT)},
    {.name = "ntp_fraction", FIELD(struct rtcp_xr, ntp_fraction, F_UINT)},
};
static const struct wire xr_reference_wire[] = {U(32), U(32)};
_Static_assert(COUNT(xr_reference_fields) == COUNT(xr_reference_wire), "a field without its place");
static const struct layout xr_reference_layout = {
    {"xr-reference", sizeof(struct rtcp_xr), FIELDS(xr_reference_fields)}, xr_reference_wire, NULL};

static const struct field xr_dlrr_fields[] = {
    {.name = "sub_blocks", FIELD(struct rtcp_xr, list, F_SEQ), .sub = &dlrr_layout.d},
    {.name = "rest", FIELD(struct rtcp_xr, tail, F_BYTES), .absent = xr_no_tail},
};
static const struct wire xr_dlrr_wire[] = {OP(LIST, 0), OP(BYTES, 0)};
_Static_assert(COUNT(xr_dlrr_fields) == COUNT(xr_dlrr_wire), "a field without its place");
static const struct layout xr_dlrr_layout = {
    {"xr-dlrr", sizeof(struct rtcp_xr), FIELDS(xr_dlrr_fields)}, xr_dlrr_wire, NULL};

static const struct field xr_statistics_fields[] = {
    {.name = "source", FIELD(struct rtcp_xr, source, F_UINT), .hex = true},
    {.name = "begin", FIELD(struct rtcp_xr, begin, F_UINT)},
    {.name = "end", FIELD(struct rtcp_xr, end, F_UINT)},
    {.name = "lost", FIELD(struct rtcp_xr, lost, F_UINT)},
    {.name = "duplicates", FIELD(struct rtcp_xr, duplicates, F_UINT)},
    {.name = "min_jitter", FIELD(struct rtcp_xr, min_jitter, F_UINT)},
    {.name = "max_jitter", FIELD(struct rtcp_xr, max_jitter, F_UINT)},
    {.name = "mean_jitter", FIELD(struct rtcp_xr, mean_jitter, F_UINT)},
    {.name = "dev_jitter", FIELD(struct rtcp_xr, dev_jitter, F_UINT)},
    {.name = "min_ttl", FIELD(struct rtcp_xr, min_ttl, F_UINT)},
    {.name = "max_ttl", FIELD(struct rtcp_xr, max_ttl, F_UINT)},
    {.name = "mean_ttl", FIELD(struct rtcp_xr, mean_ttl, F_UINT)},
    {.name = "dev_ttl", FIELD(struct rtcp_xr, dev_ttl, F_UINT)},
};
static const struct wire xr_statistics_wire[] = {U(32), U(16), U(16), U(32), U(32), U(32), U(32),
                                                 U(32), U(32), U(8),  U(8),  U(8),  U(8)};
_Static_assert(COUNT(xr_statistics_fields) == COUNT(xr_statistics_wire),
               "a field without its place");
static const struct layout xr_statistics_layout = {
    {"xr-statistics", sizeof(struct rtcp_xr), FIELDS(xr_statistics_fields)},
    xr_statistics_wire,
    NULL};

static const struct field xr_voip_fields[] = {
    {.name = "source", FIELD(struct rtcp_xr, source, F_UINT), .hex = true},
    {.name = "loss_rate", FIELD(struct rtcp_xr, loss_rate, F_UINT)},
    {.name = "discard_rate", FIELD(struct rtcp_xr, discard_rate, F_UINT)},
    {.name = "burst_density", FIELD(struct rtcp_xr, burst_density, F_UINT)},
    {.name = "gap_density", FIELD(struct rtcp_xr, gap_density, F_UINT)},
    {.name = "burst_duration", FIELD(struct rtcp_xr, burst_duration, F_UINT)},
    {.name = "gap_duration", FIELD(struct rtcp_xr, gap_duration, F_UINT)},
    {.name = "round_trip_delay", FIELD(struct rtcp_xr, round_trip_delay, F_UINT)},
    {.name = "end_system_delay", FIELD(struct rtcp_xr, end_system_delay, F_UINT)},
    {.name = "signal_level", FIELD(struct rtcp_xr, signal_level, F_UINT)},
    {.name = "noise_level", FIELD(struct rtcp_xr, noise_level, F_UINT)},
    {.name = "rerl", FIELD(struct rtcp_xr, rerl, F_UINT)},
    {.name = "gmin", FIELD(struct rtcp_xr, gmin, F_UINT)},
    {.name = "r_factor", FIELD(struct rtcp_xr, r_factor, F_UINT)},
    {.name = "ext_r_factor", FIELD(struct rtcp_xr, ext_r_factor, F_UINT)},
    {.name = "mos_lq", FIELD(struct rtcp_xr, mos_lq, F_UINT)},
    {.name = "mos_cq", FIELD(struct rtcp_xr, mos_cq, F_UINT)},
    {.name = "rx_config", FIELD(struct rtcp_xr, rx_config, F_UINT)},
    {.name = "reserved", FIELD(struct rtcp_xr, reserved, F_UINT)},
    {.name = "jb_nominal", FIELD(struct rtcp_xr, jb_nominal, F_UINT)},
    {.name = "jb_maximum", FIELD(struct rtcp_xr, jb_maximum, F_UINT)},
    {.name = "jb_abs_max", FIELD(struct rtcp_xr, jb_abs_max, F_UINT)},
};
static const struct wire xr_voip_wire[] = {U(32), U(8), U(8), U(8),  U(8),  U(16), U(16), U(16),
                                           U(16), U(8), U(8), U(8),  U(8),  U(8),  U(8),  U(8),
                                           U(8),  U(8), U(8), U(16), U(16), U(16)};
_Static_assert(COUNT(xr_voip_fields) == COUNT(xr_voip_wire), "a field without its place");
static const struct layout xr_voip_layout = {
    {"xr-voip", sizeof(struct rtcp_xr), FIELDS(xr_voip_fields)}, xr_voip_wire, NULL};

static const struct field xr_raw_fields[] = {
    {.name = "body", FIELD(struct rtcp_xr, body, F_BYTES), .absent = xr_no_body},
};
static const struct wire xr_raw_wire[] = {OP(BYTES, 0)};
_Static_assert(COUNT(xr_raw_fields) == COUNT(xr_raw_wire), "a field without its place");
static const struct layout xr_raw_layout = {
    {"xr-raw", sizeof(struct rtcp_xr), FIELDS(xr_raw_fields)}, xr_raw_wire, NULL};

static const struct layout *const xr_kinds[] = {
    [0] = &xr_raw_layout,
    [RTCP_XR_LOSS_RLE] = &xr_rle_layout,
    [RTCP_XR_DUPLICATE_RLE] = &xr_rle_layout,
    [RTCP_XR_RECEIPT_TIMES] = &xr_times_layout,
    [RTCP_XR_REFERENCE_TIME] = &xr_reference_layout,
    [RTCP_XR_DLRR] = &xr_dlrr_layout,
    [RTCP_XR_STATISTICS] = &xr_statistics_layout,
    [RTCP_XR_VOIP] = &xr_voip_layout,
    NULL,
};
static const struct desc *xr_of_view(const void *rec)
{
    return &xr_kinds[((const struct rtcp_xr *)rec)->kind]->d;
}
static const struct desc *xr_of_type(uint64_t type)
{
    return &xr_kinds[type <= RTCP_XR_VOIP ? type : 0]->d;
}
static const struct field xr_fields[] = {
    {.name = "type", FIELD(struct rtcp_xr, type, F_ENUM), .names = &rtcp_xr_types},
    {.name = "specific", FIELD(struct rtcp_xr, specific, F_UINT), .hex = true},
    {.name = "length", FIELD(struct rtcp_xr, length, F_UINT), .derived = yes},
    {.name = "", .kind = F_PICK, .key = 0, .pick = xr_of_view, .pick_key = xr_of_type},
};
static const struct wire xr_wire[] = {U(8), U(8), OP(WORDS, 16), OP(PICK, 0)};
_Static_assert(COUNT(xr_fields) == COUNT(xr_wire), "a field without its place");
static const struct layout xr_layout = {
    {"block", sizeof(struct rtcp_xr), FIELDS(xr_fields), .next = xr_next}, xr_wire, xr_kinds};

/* ---- bodies of packets ---- */

#define P(m, k) FIELD(struct rtcp_packet, m, k)
#define LIST_OF(label, what)                                                                       \
    {                                                                                              \
        .name = label, P(list, F_SEQ), .sub = &what##_layout.d                                     \
    }
static bool no_tail(const void *rec)
{
    return ((const struct rtcp_packet *)rec)->tail.n == 0;
}
static bool no_list(const void *rec)
{
    return ((const struct rtcp_packet *)rec)->list.n == 0;
}
/* As of blocks: of a known type even nothing is said. */
static bool no_body(const void *rec)
{
    const struct rtcp_packet *p = rec;
    return p->list.n == 0 && rtcp_layout_of_type(p->type) == rtcp_kinds[RTCP_K_RAW];
}
static bool no_reason(const void *rec)
{
    return !((const struct rtcp_packet *)rec)->has_reason;
}
static bool not_broken(const void *rec)
{
    return !((const struct rtcp_packet *)rec)->broken;
}
static bool no_reserved(const void *rec)
{
    return ((const struct rtcp_packet *)rec)->reserved == 0;
}
/* What stands between the reason and the end of the packet. */
static struct span reason_end(const void *rec)
{
    const struct rtcp_packet *p = rec;
    const uint8_t *from = p->tail.p + p->tail.n, *to = p->p + 4 + 4 * (size_t)p->length - p->pad;
    return (struct span){from, (size_t)(to - from)};
}
static bool reason_end_derived(const void *rec)
{
    const struct rtcp_packet *p = rec;
    struct span s = reason_end(rec);
    return s.n == ((4 - ((p->tail.n + 1) & 3)) & 3) && all_zero(s);
}
static bool remb_count_derived(const void *rec)
{
    const struct rtcp_packet *p = rec;
    return p->bits == p->list.n / 4;
}

static const struct field raw_fields[] = {
    {.name = "body", P(list, F_BYTES), .absent = no_body},
};
static const struct wire raw_wire[] = {OP(BYTES, 0)};
_Static_assert(COUNT(raw_fields) == COUNT(raw_wire), "a field without its place");
static const struct layout raw_layout = {
    {"raw", sizeof(struct rtcp_packet), FIELDS(raw_fields)}, raw_wire, NULL};

static const struct field sr_fields[] = {
    {.name = "ssrc", FIELD(struct rtcp_packet, ssrc, F_UINT), .hex = true},
    {.name = "ntp_seconds", FIELD(struct rtcp_packet, ntp_seconds, F_UINT)},
    {.name = "ntp_fraction", FIELD(struct rtcp_packet, ntp_fraction, F_UINT)},
    {.name = "rtp_timestamp", FIELD(struct rtcp_packet, rtp_timestamp, F_UINT)},
    {.name = "packet_count", FIELD(struct rtcp_packet, packet_count, F_UINT)},
    {.name = "octet_count", FIELD(struct rtcp_packet, octet_count, F_UINT)},
    LIST_OF("reports", report),
    {.name = "extension", P(tail, F_BYTES), .absent = no_tail},
};
static const struct wire sr_wire[] = {U(32), U(32), U(32),       U(32),
                                      U(32), U(32), OP(LIST, 0), OP(BYTES, 0)};
_Static_assert(COUNT(sr_fields) == COUNT(sr_wire), "a field without its place");
static const struct layout sr_layout = {
    {"sr", sizeof(struct rtcp_packet), FIELDS(sr_fields)}, sr_wire, NULL};

static const struct field rr_fields[] = {
    {.name = "ssrc", FIELD(struct rtcp_packet, ssrc, F_UINT), .hex = true},
    LIST_OF("reports", report),
    {.name = "extension", P(tail, F_BYTES), .absent = no_tail},
};
static const struct wire rr_wire[] = {U(32), OP(LIST, 0), OP(BYTES, 0)};
_Static_assert(COUNT(rr_fields) == COUNT(rr_wire), "a field without its place");
static const struct layout rr_layout = {
    {"rr", sizeof(struct rtcp_packet), FIELDS(rr_fields)}, rr_wire, NULL};

static const struct field sdes_fields[] = {
    LIST_OF("chunks", chunk),
    {.name = "rest", P(tail, F_BYTES), .absent = no_tail},
};
static const struct wire sdes_wire[] = {OP(LIST, 0), OP(BYTES, 0)};
_Static_assert(COUNT(sdes_fields) == COUNT(sdes_wire), "a field without its place");
static const struct layout sdes_layout = {
    {"sdes", sizeof(struct rtcp_packet), FIELDS(sdes_fields)}, sdes_wire, NULL};

static const struct field bye_fields[] = {
    LIST_OF("ssrcs", ssrc),
    {.name = "reason_length", P(reason_length, F_UINT), .absent = no_reason, .derived = yes},
    {.name = "reason", P(tail, F_TEXT), .absent = no_reason},
    {.name = "end",
     .kind = F_BYTES,
     .size = 1,
     .octets = reason_end,
     .absent = no_reason,
     .derived = reason_end_derived},
    {.name = "rest", P(tail, F_BYTES), .absent = not_broken},
};
static const struct wire bye_wire[] = {OP(LIST, 0), OP(MAYBE, 8), OP(BYTES, 0), OP(ALIGN, 0),
                                       OP(BYTES, 0)};
_Static_assert(COUNT(bye_fields) == COUNT(bye_wire), "a field without its place");
static const struct layout bye_layout = {
    {"bye", sizeof(struct rtcp_packet), FIELDS(bye_fields)}, bye_wire, NULL};

static const struct field app_fields[] = {
    {.name = "ssrc", FIELD(struct rtcp_packet, ssrc, F_UINT), .hex = true},
    {.name = "name", P(name, F_TEXT)},
    {.name = "data", P(list, F_BYTES), .absent = no_list},
};
static const struct wire app_wire[] = {U(32), OP(BYTES, 0), OP(BYTES, 0)};
_Static_assert(COUNT(app_fields) == COUNT(app_wire), "a field without its place");
static const struct layout app_layout = {
    {"app", sizeof(struct rtcp_packet), FIELDS(app_fields)}, app_wire, NULL};

static const struct field fb_fields[] = {
    {.name = "ssrc", FIELD(struct rtcp_packet, ssrc, F_UINT), .hex = true},
    {.name = "media", FIELD(struct rtcp_packet, media, F_UINT), .hex = true},
    {.name = "fci", P(list, F_BYTES), .absent = no_list},
};
static const struct wire fb_wire[] = {U(32), U(32), OP(BYTES, 0)};
_Static_assert(COUNT(fb_fields) == COUNT(fb_wire), "a field without its place");
static const struct layout fb_layout = {
    {"fb", sizeof(struct rtcp_packet), FIELDS(fb_fields)}, fb_wire, NULL};

static const struct field fb_nack_fields[] = {
    {.name = "ssrc", FIELD(struct rtcp_packet, ssrc, F_UINT), .hex = true},
    {.name = "media", FIELD(struct rtcp_packet, media, F_UINT), .hex = true},
    LIST_OF("nacks", nack),
    {.name = "rest", P(tail, F_BYTES), .absent = no_tail},
    {.name = "fci", P(list, F_BYTES), .absent = yes},
};
static const struct wire fb_nack_wire[] = {U(32), U(32), OP(LIST, 0), OP(BYTES, 0), OP(BYTES, 0)};
_Static_assert(COUNT(fb_nack_fields) == COUNT(fb_nack_wire), "a field without its place");
static const struct layout fb_nack_layout = {
    {"fb-nack", sizeof(struct rtcp_packet), FIELDS(fb_nack_fields)}, fb_nack_wire, NULL};

static const struct field fb_tmmb_fields[] = {
    {.name = "ssrc", FIELD(struct rtcp_packet, ssrc, F_UINT), .hex = true},
    {.name = "media", FIELD(struct rtcp_packet, media, F_UINT), .hex = true},
    LIST_OF("entries", tmmb),
    {.name = "rest", P(tail, F_BYTES), .absent = no_tail},
    {.name = "fci", P(list, F_BYTES), .absent = yes},
};
static const struct wire fb_tmmb_wire[] = {U(32), U(32), OP(LIST, 0), OP(BYTES, 0), OP(BYTES, 0)};
_Static_assert(COUNT(fb_tmmb_fields) == COUNT(fb_tmmb_wire), "a field without its place");
static const struct layout fb_tmmb_layout = {
    {"fb-tmmb", sizeof(struct rtcp_packet), FIELDS(fb_tmmb_fields)}, fb_tmmb_wire, NULL};

static const struct field fb_pli_fields[] = {
    {.name = "ssrc", FIELD(struct rtcp_packet, ssrc, F_UINT), .hex = true},
    {.name = "media", FIELD(struct rtcp_packet, media, F_UINT), .hex = true},
    {.name = "rest", P(tail, F_BYTES), .absent = no_tail},
    {.name = "fci", P(list, F_BYTES), .absent = yes},
};
static const struct wire fb_pli_wire[] = {U(32), U(32), OP(BYTES, 0), OP(BYTES, 0)};
_Static_assert(COUNT(fb_pli_fields) == COUNT(fb_pli_wire), "a field without its place");
static const struct layout fb_pli_layout = {
    {"fb-pli", sizeof(struct rtcp_packet), FIELDS(fb_pli_fields)}, fb_pli_wire, NULL};

static const struct field fb_sli_fields[] = {
    {.name = "ssrc", FIELD(struct rtcp_packet, ssrc, F_UINT), .hex = true},
    {.name = "media", FIELD(struct rtcp_packet, media, F_UINT), .hex = true},
    LIST_OF("slices", sli),
    {.name = "rest", P(tail, F_BYTES), .absent = no_tail},
    {.name = "fci", P(list, F_BYTES), .absent = yes},
};
static const struct wire fb_sli_wire[] = {U(32), U(32), OP(LIST, 0), OP(BYTES, 0), OP(BYTES, 0)};
_Static_assert(COUNT(fb_sli_fields) == COUNT(fb_sli_wire), "a field without its place");
static const struct layout fb_sli_layout = {
    {"fb-sli", sizeof(struct rtcp_packet), FIELDS(fb_sli_fields)}, fb_sli_wire, NULL};

static const struct field fb_rpsi_fields[] = {
    {.name = "ssrc", FIELD(struct rtcp_packet, ssrc, F_UINT), .hex = true},
    {.name = "media", FIELD(struct rtcp_packet, media, F_UINT), .hex = true},
    {.name = "padding_bits", FIELD(struct rtcp_packet, bits, F_UINT)},
    {.name = "reserved", FIELD(struct rtcp_packet, reserved, F_UINT), .absent = no_reserved},
    {.name = "payload_type", FIELD(struct rtcp_packet, payload_type, F_UINT)},
    {.name = "bit_string", P(list, F_BYTES)},
};
static const struct wire fb_rpsi_wire[] = {U(32), U(32), U(8), U(1), U(7), OP(BYTES, 0)};
_Static_assert(COUNT(fb_rpsi_fields) == COUNT(fb_rpsi_wire), "a field without its place");
static const struct layout fb_rpsi_layout = {
    {"fb-rpsi", sizeof(struct rtcp_packet), FIELDS(fb_rpsi_fields)}, fb_rpsi_wire, NULL};

static const struct field fb_fir_fields[] = {
    {.name = "ssrc", FIELD(struct rtcp_packet, ssrc, F_UINT), .hex = true},
    {.name = "media", FIELD(struct rtcp_packet, media, F_UINT), .hex = true},
    LIST_OF("entries", fir),
    {.name = "rest", P(tail, F_BYTES), .absent = no_tail},
    {.name = "fci", P(list, F_BYTES), .absent = yes},
};
static const struct wire fb_fir_wire[] = {U(32), U(32), OP(LIST, 0), OP(BYTES, 0), OP(BYTES, 0)};
_Static_assert(COUNT(fb_fir_fields) == COUNT(fb_fir_wire), "a field without its place");
static const struct layout fb_fir_layout = {
    {"fb-fir", sizeof(struct rtcp_packet), FIELDS(fb_fir_fields)}, fb_fir_wire, NULL};

static const struct field fb_tst_fields[] = {
    {.name = "ssrc", FIELD(struct rtcp_packet, ssrc, F_UINT), .hex = true},
    {.name = "media", FIELD(struct rtcp_packet, media, F_UINT), .hex = true},
    LIST_OF("entries", tst),
    {.name = "rest", P(tail, F_BYTES), .absent = no_tail},
    {.name = "fci", P(list, F_BYTES), .absent = yes},
};
static const struct wire fb_tst_wire[] = {U(32), U(32), OP(LIST, 0), OP(BYTES, 0), OP(BYTES, 0)};
_Static_assert(COUNT(fb_tst_fields) == COUNT(fb_tst_wire), "a field without its place");
static const struct layout fb_tst_layout = {
    {"fb-tst", sizeof(struct rtcp_packet), FIELDS(fb_tst_fields)}, fb_tst_wire, NULL};

static const struct field fb_vbcm_fields[] = {
    {.name = "ssrc", FIELD(struct rtcp_packet, ssrc, F_UINT), .hex = true},
    {.name = "media", FIELD(struct rtcp_packet, media, F_UINT), .hex = true},
    LIST_OF("entries", vbcm),
    {.name = "rest", P(tail, F_BYTES), .absent = no_tail},
    {.name = "fci", P(list, F_BYTES), .absent = yes},
};
static const struct wire fb_vbcm_wire[] = {U(32), U(32), OP(LIST, 0), OP(BYTES, 0), OP(BYTES, 0)};
_Static_assert(COUNT(fb_vbcm_fields) == COUNT(fb_vbcm_wire), "a field without its place");
static const struct layout fb_vbcm_layout = {
    {"fb-vbcm", sizeof(struct rtcp_packet), FIELDS(fb_vbcm_fields)}, fb_vbcm_wire, NULL};

static const struct field fb_remb_fields[] = {
    {.name = "ssrc", P(ssrc, F_UINT), .hex = true},
    {.name = "media", P(media, F_UINT), .hex = true},
    {.name = "identifier", P(mantissa, F_UINT), .hex = true, .absent = yes},
    {.name = "ssrc_count", P(bits, F_UINT), .derived = remb_count_derived},
    {.name = "exponent", P(exponent, F_UINT)},
    {.name = "mantissa", P(mantissa, F_UINT)},
    LIST_OF("ssrcs", ssrc),
    {.name = "rest", P(tail, F_BYTES), .absent = no_tail},
    {.name = "fci", P(list, F_BYTES), .absent = yes},
};
static const struct wire fb_remb_wire[] = {U(32),        U(32),        {WIRE_CONST, 32, RTCP_REMB},
                                           OP(COUNT, 8), U(6),         U(18),
                                           OP(LIST, 0),  OP(BYTES, 0), OP(BYTES, 0)};
_Static_assert(COUNT(fb_remb_fields) == COUNT(fb_remb_wire), "a field without its place");
static const struct layout fb_remb_layout = {
    {"fb-remb", sizeof(struct rtcp_packet), FIELDS(fb_remb_fields)}, fb_remb_wire, NULL};
static const struct field fb_xr_fields[] = {
    {.name = "ssrc", P(ssrc, F_UINT), .hex = true},
    LIST_OF("blocks", xr),
    {.name = "rest", P(tail, F_BYTES), .absent = no_tail},
};
static const struct wire fb_xr_wire[] = {U(32), OP(LIST, 0), OP(BYTES, 0)};
static const struct layout fb_xr_layout = {
    {"xr", sizeof(struct rtcp_packet), FIELDS(fb_xr_fields)}, fb_xr_wire, NULL};

/* By enum rtcp_kind; the end of a list of picks too. */
const struct layout *const rtcp_kinds[RTCP_KINDS + 1] = {
    [RTCP_K_RAW] = &raw_layout,      [RTCP_K_SR] = &sr_layout,
    [RTCP_K_RR] = &rr_layout,        [RTCP_K_SDES] = &sdes_layout,
    [RTCP_K_BYE] = &bye_layout,      [RTCP_K_APP] = &app_layout,
    [RTCP_K_FB] = &fb_layout,        [RTCP_K_NACK] = &fb_nack_layout,
    [RTCP_K_TMMB] = &fb_tmmb_layout, [RTCP_K_PLI] = &fb_pli_layout,
    [RTCP_K_SLI] = &fb_sli_layout,   [RTCP_K_RPSI] = &fb_rpsi_layout,
    [RTCP_K_FIR] = &fb_fir_layout,   [RTCP_K_TST] = &fb_tst_layout,
    [RTCP_K_VBCM] = &fb_vbcm_layout, [RTCP_K_REMB] = &fb_remb_layout,
    [RTCP_K_XR] = &fb_xr_layout,
};

/* ---- the packet and the compound ---- */

static const struct desc *body_of_view(const void *rec)
{
    return &rtcp_kinds[((const struct rtcp_packet *)rec)->kind]->d;
}
static const struct desc *body_of_type(uint64_t type)
{
    return &rtcp_layout_of_type(type)->d;
}
static bool version_derived(const void *rec)
{
    return ((const struct rtcp_packet *)rec)->version == RTCP_VERSION;
}
static bool padding_derived(const void *rec)
{
    const struct rtcp_packet *p = rec;
    return p->padding == (p->pad > 0);
}

/* How many the encoder would count: of reports, chunks and SSRCs. */
static bool count_derived(const void *rec)
{
    const struct rtcp_packet *p = rec;
    struct rd r = rd_of(p->list);
    struct rtcp_chunk chunk;
    size_t n = 0;

    switch (p->kind) {
    case RTCP_K_SR:
    case RTCP_K_RR:
        return p->count == p->list.n / RTCP_REPORT;
    case RTCP_K_BYE:
        return p->count == p->list.n / 4;
    case RTCP_K_SDES:
        while (rtcp_next_chunk(&r, &chunk))
            n++;
        return p->count == n;
    default:
        return p->type > 0xff || p->count == 0;
    }
}
static struct span pad_of(const void *rec)
{
    const struct rtcp_packet *p = rec;
    return (struct span){p->p + 4 + 4 * (size_t)p->length - p->pad, p->pad ? p->pad - 1u : 0};
}
static bool no_pad(const void *rec)
{
    return ((const struct rtcp_packet *)rec)->pad < 2;
}
static bool no_pad_count(const void *rec)
{
    return ((const struct rtcp_packet *)rec)->pad == 0;
}
static bool pad_count_derived(const void *rec)
{
    return ((const struct rtcp_packet *)rec)->pad > 1;
}

const struct field rtcp_packet_fields[] = {
    [P_TYPE] = {.name = "type", P(type, F_ENUM), .names = &rtcp_types},
    [P_VERSION] = {.name = "version", P(version, F_UINT), .derived = version_derived},
    [P_PADDING] = {.name = "padding", P(padding, F_BOOL), .derived = padding_derived},
    [P_COUNT] = {.name = "count", P(count, F_UINT), .derived = count_derived},
    [P_LENGTH] = {.name = "length", P(length, F_UINT), .derived = yes},
    [P_BODY] =
        {.name = "", .kind = F_PICK, .key = P_TYPE, .pick = body_of_view, .pick_key = body_of_type},
    [P_PAD] = {.name = "pad", .kind = F_BYTES, .size = 1, .octets = pad_of, .absent = no_pad},
    [P_PAD_COUNT] = {.name = "pad_count",
                     P(pad, F_UINT),
                     .absent = no_pad_count,
                     .derived = pad_count_derived},
};
static const struct wire packet_wire[P_FIELDS]; /* the head is written by rtcp_encode */
const struct layout rtcp_packet_layout = {
    {"packet", sizeof(struct rtcp_packet), P_FIELDS, rtcp_packet_fields, NULL},
    packet_wire,
    rtcp_kinds};

static bool no_rest(const void *rec)
{
    return ((const struct rtcp_compound *)rec)->rest.n == 0;
}
const struct field rtcp_compound_fields[] = {
    {.name = "packets",
     FIELD(struct rtcp_compound, packets, F_LIST),
     .count = offsetof(struct rtcp_compound, n_packets),
     .sub = &rtcp_packet_layout.d},
    {.name = "rest", FIELD(struct rtcp_compound, rest, F_BYTES), .absent = no_rest},
};
const struct desc rtcp_compound_desc = {"rtcp", sizeof(struct rtcp_compound), 2,
                                        rtcp_compound_fields, NULL};
