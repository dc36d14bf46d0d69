/* codecs/rtp/rtcp_entries.c - reading the entries of packets, one at a time. */
#include "codecs/rtp/rtcp_table.h"

/* `n` octets at the front, NULL where fewer are left. */
static const uint8_t *take(struct rd *r, size_t n)
{
    struct span s;
    return rd_take(r, n, &s) ? s.p : NULL;
}

bool rtcp_next_ssrc(struct rd *r, uint32_t *ssrc)
{
    return rd_u32(r, ssrc);
}

bool rtcp_next_nack(struct rd *r, struct rtcp_nack *v)
{
    const uint8_t *p = take(r, 4);

    if (p)
        *v = (struct rtcp_nack){get_u16(p), get_u16(p + 2)};
    return p != NULL;
}

bool rtcp_next_sli(struct rd *r, struct rtcp_sli *v)
{
    const uint8_t *p = take(r, 4);

    if (p)
        *v = (struct rtcp_sli){get_u32(p) >> 19, get_u32(p) >> 6 & 0x1fff, p[3] & 0x3f};
    return p != NULL;
}

bool rtcp_next_tmmb(struct rd *r, struct rtcp_tmmb *v)
{
    const uint8_t *p = take(r, 8);

    if (p)
        *v = (struct rtcp_tmmb){get_u32(p), p[4] >> 2, get_u32(p + 4) >> 9 & 0x1ffff,
                                get_u16(p + 6) & 0x1ff};
    return p != NULL;
}

bool rtcp_next_fir(struct rd *r, struct rtcp_fir *v)
{
    const uint8_t *p = take(r, 8);

    if (p)
        *v = (struct rtcp_fir){get_u32(p), p[4], get_u32(p + 4) & 0xffffff, 0};
    return p != NULL;
}

bool rtcp_next_tst(struct rd *r, struct rtcp_fir *v)
{
    const uint8_t *p = take(r, 8);

    if (p)
        *v = (struct rtcp_fir){get_u32(p), p[4], get_u32(p + 4) >> 5 & 0x7ffff, p[7] & 31};
    return p != NULL;
}

bool rtcp_next_vbcm(struct rd *r, struct rtcp_vbcm *v)
{
    struct rd at = *r;
    const uint8_t *p = take(&at, 8);

    if (!p)
        return false;
    *v = (struct rtcp_vbcm){.ssrc = get_u32(p),
                            .sequence = p[4],
                            .reserved = p[5] >> 7,
                            .payload_type = p[5] & 0x7f,
                            .length = get_u16(p + 6)};
    if (!rd_take(&at, v->length, &v->octets) ||
        !rd_take(&at, (4u - (v->length & 3u)) & 3, &v->padding))
        return false;
    *r = at;
    return true;
}

bool rtcp_next_dlrr(struct rd *r, struct rtcp_dlrr *v)
{
    const uint8_t *p = take(r, 12);

    if (p)
        *v = (struct rtcp_dlrr){get_u32(p), get_u32(p + 4), get_u32(p + 8)};
    return p != NULL;
}

/* ---- report blocks of XR ---- */

static const struct rtcp_xr_rule xr_rules[] = {
    {RTCP_XR_LOSS_RLE, 2, 0xffff, 1, "RFC3611:4.1#a1", "a Loss RLE block of %u words"},
    {RTCP_XR_DUPLICATE_RLE, 2, 0xffff, 1, "RFC3611:4.2#a1", "a Duplicate RLE block of %u words"},
    {RTCP_XR_RECEIPT_TIMES, 2, 0xffff, 1, "RFC3611:4.3#a1", "a Receipt Times block of %u words"},
    {RTCP_XR_REFERENCE_TIME, 2, 2, 1, "RFC3611:4.4#a1", "a Reference Time block of %u words"},
    {RTCP_XR_DLRR, 0, 0xffff, 3, "RFC3611:4.5#a1", "a DLRR block of %u words, not 3 each"},
    {RTCP_XR_STATISTICS, 9, 9, 1, "RFC3611:4.6#a1", "a Statistics block of %u words, not 9"},
    {RTCP_XR_VOIP, 8, 8, 1, "RFC3611:4.7#a1", "a VoIP Metrics block of %u words, not 8"},
};

const struct rtcp_xr_rule *rtcp_xr_rule(uint8_t type)
{
    for (size_t i = 0; i < COUNT(xr_rules); i++)
        if (xr_rules[i].type == type)
            return &xr_rules[i];
    return NULL;
}

static void take_statistics(struct rtcp_xr *v, const uint8_t *p)
{
    v->lost = get_u32(p);
    v->duplicates = get_u32(p + 4);
    v->min_jitter = get_u32(p + 8);
    v->max_jitter = get_u32(p + 12);
    v->mean_jitter = get_u32(p + 16);
    v->dev_jitter = get_u32(p + 20);
    v->min_ttl = p[24];
    v->max_ttl = p[25];
    v->mean_ttl = p[26];
    v->dev_ttl = p[27];
}

static void take_voip(struct rtcp_xr *v, const uint8_t *p)
{
    v->loss_rate = p[0];
    v->discard_rate = p[1];
    v->burst_density = p[2];
    v->gap_density = p[3];
    v->burst_duration = get_u16(p + 4);
    v->gap_duration = get_u16(p + 6);
    v->round_trip_delay = get_u16(p + 8);
    v->end_system_delay = get_u16(p + 10);
    v->signal_level = p[12];
    v->noise_level = p[13];
    v->rerl = p[14];
    v->gmin = p[15];
    v->r_factor = p[16];
    v->ext_r_factor = p[17];
    v->mos_lq = p[18];
    v->mos_cq = p[19];
    v->rx_config = p[20];
    v->reserved = p[21];
    v->jb_nominal = get_u16(p + 22);
    v->jb_maximum = get_u16(p + 24);
    v->jb_abs_max = get_u16(p + 26);
}

/* The parts of a block that has its form. */
static void take_body(struct rtcp_xr *v)
{
    const uint8_t *p = v->body.p;
    size_t item = v->type == RTCP_XR_RECEIPT_TIMES ? 4 : v->type == RTCP_XR_DLRR ? 12 : 2;
    bool list = v->type <= RTCP_XR_RECEIPT_TIMES;

    if (v->type == RTCP_XR_REFERENCE_TIME) {
        v->ntp_seconds = get_u32(p);
        v->ntp_fraction = get_u32(p + 4);
    } else if (v->type != RTCP_XR_DLRR) {
        v->source = get_u32(p);
    }
    if (list || v->type == RTCP_XR_STATISTICS) {
        v->begin = get_u16(p + 4);
        v->end = get_u16(p + 6);
    }
    if (list || v->type == RTCP_XR_DLRR) {
        v->list = span_cut(v->body, list ? 8 : 0, v->body.n);
        v->tail = span_cut(v->list, v->list.n / item * item, v->list.n);
        v->list.n -= v->tail.n;
    }
    if (v->type == RTCP_XR_STATISTICS)
        take_statistics(v, p + 8);
    if (v->type == RTCP_XR_VOIP)
        take_voip(v, p + 4);
}

bool rtcp_next_xr(struct rd *r, struct rtcp_xr *v)
{
    struct rd at = *r;

    *v = (struct rtcp_xr){0};
    if (!rd_u8(&at, &v->type) || !rd_u8(&at, &v->specific) || !rd_u16(&at, &v->length) ||
        !rd_take(&at, 4 * (size_t)v->length, &v->body))
        return false;
    const struct rtcp_xr_rule *rule = rtcp_xr_rule(v->type);
    if (rule && v->length >= rule->min && v->length <= rule->max && v->length % rule->step == 0) {
        v->kind = v->type;
        take_body(v);
    }
    *r = at;
    return true;
}
