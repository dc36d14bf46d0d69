/* codecs/rtp/rtcp_lint.c - what one decoded compound breaks beyond its syntax. */
#include "codecs/rtp/rtcp_table.h"

static void broke(struct findings *fs, const struct rtcp_compound *c, const char *clause,
                  enum level level, const char *what, const uint8_t *at, size_t len, uint64_t arg)
{
    finding_add(fs, (struct finding){.clause = clause,
                                     .what = what,
                                     .level = level,
                                     .off = (uint64_t)(at - c->wire.p),
                                     .len = len,
                                     .arg = {arg, 0}});
}

/* ---- the compound ---- */

struct seen {
    bool first_report, report, sdes, cname;
    bool other; /* feedback, APP, XR and unknown types, which may go alone: RFC 5506 */
    bool bye;
};

static bool has_cname(const struct rtcp_packet *p)
{
    struct rd r = rd_of(p->list);
    struct rtcp_chunk chunk;
    struct rtcp_item item;

    while (rtcp_next_chunk(&r, &chunk)) {
        struct rd items = rd_of(chunk.items);
        while (rtcp_next_item(&items, &item))
            if (item.type == RTCP_CNAME)
                return true;
    }
    return false;
}

static struct seen look(const struct rtcp_compound *c)
{
    struct seen s = {0};

    for (size_t i = 0; i < c->n_packets; i++) {
        const struct rtcp_packet *p = &c->packets[i];
        uint8_t type = rtcp_packet_type(p);
        bool report = type == RTCP_SR || type == RTCP_RR;
        s.first_report |= i == 0 && report;
        s.report |= report;
        s.sdes |= type == RTCP_SDES;
        s.bye |= type == RTCP_BYE;
        s.other |= !report && type != RTCP_SDES && type != RTCP_BYE;
        /* an SDES that did not decode may have had one */
        s.cname |= type == RTCP_SDES && (p->kind != RTCP_K_SDES || p->broken || has_cname(p));
    }
    return s;
}

/* Whole datagrams alone: where one was cut or goes on with something else, more may have been there. Of what is
 * asked of every compound no more than what neither reduced size (RFC 5506) nor encryption in part
 * (RFC3550:9.1) explains: with feedback, APP or XR in it the datagram may be of reduced size, and reports
 * alone may be one half of what was split for encryption. */
static void lint_order(const struct rtcp_compound *c, struct findings *fs)
{
    struct seen s = look(c);
    const uint8_t *p = c->wire.p;

    if (c->rest.n || c->truncated || c->n_packets < 2 || s.other)
        return;
    if (s.report && !s.first_report)
        broke(fs, c, "RFC3550:6.1#7", MUST, "the first packet is no report", p, 4, 0);
    if (s.report && (s.sdes || s.bye) && !s.cname)
        broke(fs, c, "RFC3550:6.1#10", MUST, "there is no CNAME", p, c->wire.n, 0);
}

void rtcp_lint_regular(const struct rtcp_compound *c, struct findings *fs)
{
    struct seen s = look(c);
    const uint8_t *p = c->wire.p;
    bool told = c->n_packets >= 2 && !s.other; /* lint_order has said it */

    if (c->rest.n || c->truncated || c->n_packets == 0)
        return;
    if (!s.first_report && !(told && s.report))
        broke(fs, c, "RFC3550:6.1#7", MUST, "the first packet is no report", p, 4, 0);
    if (c->n_packets < 2)
        broke(fs, c, "RFC3550:6.1#4", MUST, "one packet alone, not two at least", p, c->wire.n, 0);
    if (!s.cname && !(told && s.report && (s.sdes || s.bye)))
        broke(fs, c, "RFC3550:6.1#10", MUST, "there is no CNAME", p, c->wire.n, 0);
}

/* Padding stands at the end of a compound: RFC3550:6.4.1. */
static void lint_padding(const struct rtcp_compound *c, struct findings *fs)
{
    for (size_t i = 0; i + 1 < c->n_packets; i++)
        if (c->packets[i].padding)
            broke(fs, c, "RFC3550:6.4.1#1", MUST, "P is set, and this is not the last packet",
                  c->packets[i].p, 1, 0);
}

static bool said_bye(const struct rtcp_packet *bye, uint32_t ssrc)
{
    struct rd r = rd_of(bye->list);
    uint32_t v;

    while (rtcp_next_ssrc(&r, &v))
        if (v == ssrc)
            return true;
    return false;
}

/* The first BYE alone is looked at, and those that follow it: cost stays linear. */
static void lint_bye(const struct rtcp_compound *c, struct findings *fs)
{
    const struct rtcp_packet *bye = NULL;

    for (size_t i = 0; i < c->n_packets; i++) {
        const struct rtcp_packet *p = &c->packets[i];
        bool sender = p->kind != RTCP_K_RAW && p->kind != RTCP_K_SDES && p->kind != RTCP_K_BYE;
        if (!bye && p->kind == RTCP_K_BYE)
            bye = p;
        else if (bye && sender && said_bye(bye, p->ssrc))
            broke(fs, c, "RFC3550:6.1#12", SHOULD, "a packet of a source behind its BYE", p->p, 8,
                  0);
    }
}

/* ---- feedback ---- */

static const struct fb_check {
    uint16_t type;
    const char *media, *reserved;
    enum level level; /* of the reserved bits */
} fb_checks[] = {
    {RTCP_TMMBR, "RFC5104:4.2.1.2#2", NULL, MUST},
    {RTCP_TMMBN, "RFC5104:4.2.2.2#1", NULL, MUST},
    {RTCP_FIR, "RFC5104:4.3.1.2#1", "RFC5104:4.3.1.1#4a", MUST},
    {RTCP_TSTR, "RFC5104:4.3.2.2#3", "RFC5104:4.3.2.1#4a", MUST},
    {RTCP_TSTN, "RFC5104:4.3.3.2#7", "RFC5104:4.3.3.1#2a", MUST},
    {RTCP_VBCM, "RFC5104:4.3.4.2#1", "RFC5104:4.3.4.1#a2", STMT},
};

/* Reserved bits of the first entry that has some. */
static void lint_entries(const struct rtcp_compound *c, const struct rtcp_packet *p,
                         const struct fb_check *f, struct findings *fs)
{
    struct rd r = rd_of(p->list);
    struct rtcp_fir v = {0};
    struct rtcp_vbcm b = {0};

    for (size_t at = 0;; at = r.pos) {
        bool more = p->kind == RTCP_K_FIR   ? rtcp_next_fir(&r, &v)
                    : p->kind == RTCP_K_TST ? rtcp_next_tst(&r, &v)
                                            : p->kind == RTCP_K_VBCM && rtcp_next_vbcm(&r, &b);
        if (!more)
            return;
        if (b.padding.n && !all_zero(b.padding))
            broke(fs, c, "RFC5104:4.3.4.1#a3", STMT, "padding is not zero", b.padding.p,
                  b.padding.n, 0);
        if (v.reserved || b.reserved) {
            broke(fs, c, f->reserved, f->level, "reserved bits of an entry are set", r.p + at + 5,
                  3, 0);
            return;
        }
    }
}

static void lint_feedback(const struct rtcp_compound *c, const struct rtcp_packet *p,
                          struct findings *fs)
{
    if (p->kind == RTCP_K_RPSI && p->reserved)
        broke(fs, c, "RFC4585:6.3.3.2#1a", MUST, "the bit before the payload type is set",
              p->list.p - 1, 1, 0);
    for (size_t i = 0; i < COUNT(fb_checks); i++) {
        const struct fb_check *f = &fb_checks[i];
        if (f->type != p->type || p->kind == RTCP_K_RAW)
            continue;
        if (p->media)
            broke(fs, c, f->media, MUST, "the SSRC of the media source is %x, not 0", p->p + 8, 4,
                  p->media);
        lint_entries(c, p, f, fs);
    }
}

/* ---- extended reports ---- */

/* RFC3611:4.1#12, 4.1.1#1: the chunk of zeros stands at the end, where their number is odd without it. */
static void lint_chunks(const struct rtcp_compound *c, const struct rtcp_xr *v, struct findings *fs)
{
    for (size_t i = 0; i + 2 <= v->list.n; i += 2) {
        uint16_t chunk = get_u16(v->list.p + i);
        if (chunk == 0x4000)
            broke(fs, c, "RFC3611:4.1.1#1", MUST, "a run of no length", v->list.p + i, 2, 0);
        else if (chunk == 0 && i + 2 < v->list.n)
            broke(fs, c, "RFC3611:4.1#12", MUST, "a null chunk that is not the last", v->list.p + i,
                  2, 0);
    }
}

static void lint_statistics(const struct rtcp_compound *c, const struct rtcp_xr *v,
                            struct findings *fs)
{
    bool lost = v->specific & 0x80, duplicates = v->specific & 0x40, jitter = v->specific & 0x20;
    unsigned ttl = v->specific >> 3 & 3;
    const uint8_t *p = v->body.p;

    if (ttl == 3)
        broke(fs, c, "RFC3611:4.6#3", MUST, "ToH is %u", p - 3, 1, ttl);
    if (v->specific & 7)
        broke(fs, c, "RFC3611:4.6#4a", MUST, "reserved bits are set", p - 3, 1, 0);
    if ((!lost && v->lost) || (!duplicates && v->duplicates) ||
        (!jitter && (v->min_jitter || v->max_jitter || v->mean_jitter || v->dev_jitter)) ||
        (ttl == 0 && get_u32(p + 32)))
        broke(fs, c, "RFC3611:4.6#1", MUST, "a field that is not reported is not 0", p + 8,
              v->body.n - 8, 0);
}

static void lint_voip(const struct rtcp_compound *c, const struct rtcp_xr *v, struct findings *fs)
{
    const uint8_t *p = v->body.p;
    struct {
        const char *clause;
        uint8_t v, min, max, at;
    } scores[] = {
        {"RFC3611:4.7.5#2", v->r_factor, 0, 100, 20},
        {"RFC3611:4.7.5#3", v->ext_r_factor, 0, 100, 21},
        {"RFC3611:4.7.5#4", v->mos_lq, 10, 50, 22},
        {"RFC3611:4.7.5#5", v->mos_cq, 10, 50, 23},
    };

    for (size_t i = 0; i < COUNT(scores); i++)
        if (scores[i].v != 127 && (scores[i].v < scores[i].min || scores[i].v > scores[i].max))
            broke(fs, c, scores[i].clause, MUST, "%u is neither in its range nor 127",
                  p + scores[i].at, 1, scores[i].v);
    if (v->gmin == 0)
        broke(fs, c, "RFC3611:4.7.6#1a", MUST, "Gmin is 0", p + 19, 1, 0);
    if (v->specific)
        broke(fs, c, "RFC3611:4.7#3a", MUST, "reserved bits are set", p - 3, 1, 0);
    if (v->reserved)
        broke(fs, c, "RFC3611:4.7.6#3a", MUST, "reserved bits are set", p + 25, 1, 0);
}

static void lint_xr(const struct rtcp_compound *c, const struct rtcp_packet *p, struct findings *fs)
{
    static const char *const reserved[] = {
        [RTCP_XR_LOSS_RLE] = "RFC3611:4.1#13a",     [RTCP_XR_DUPLICATE_RLE] = "RFC3611:4.2#1a",
        [RTCP_XR_RECEIPT_TIMES] = "RFC3611:4.3#3a", [RTCP_XR_REFERENCE_TIME] = "RFC3611:4.4#1a",
        [RTCP_XR_DLRR] = "RFC3611:4.5#1a",
    };
    struct rd r = rd_of(p->list);
    struct rtcp_xr v;

    if (p->count)
        broke(fs, c, "RFC3611:2#1a", MUST, "reserved bits are set", p->p, 1, p->count);
    while (rtcp_next_xr(&r, &v)) {
        bool thinned = v.kind <= RTCP_XR_RECEIPT_TIMES; /* four bits are the thinning */
        if (v.kind && v.kind < COUNT(reserved) && (thinned ? v.specific >> 4 : v.specific))
            broke(fs, c, reserved[v.kind], MUST, "reserved bits are set", v.body.p - 3, 1, 0);
        if (v.kind == RTCP_XR_LOSS_RLE || v.kind == RTCP_XR_DUPLICATE_RLE)
            lint_chunks(c, &v, fs);
        if (v.kind == RTCP_XR_STATISTICS)
            lint_statistics(c, &v, fs);
        if (v.kind == RTCP_XR_VOIP)
            lint_voip(c, &v, fs);
    }
}

void rtcp_lint(const struct rtcp_compound *c, struct findings *fs)
{
    lint_order(c, fs);
    lint_padding(c, fs);
    lint_bye(c, fs);
    for (size_t i = 0; i < c->n_packets; i++) {
        if (c->packets[i].kind >= RTCP_K_FB && c->packets[i].kind < RTCP_K_XR)
            lint_feedback(c, &c->packets[i], fs);
        if (c->packets[i].kind == RTCP_K_XR)
            lint_xr(c, &c->packets[i], fs);
    }
}
