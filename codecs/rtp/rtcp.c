/* codecs/rtp/rtcp.c - RTCP: octets to view. */
#include "codecs/rtp/rtcp_table.h"

struct dec {
    struct rtcp_packet *p;
    struct findings *fs;
    const uint8_t *base;
};

#define COLD __attribute__((noinline)) /* keeps what is rare out of the way of what is measured */

static COLD void broke(const struct dec *d, const char *clause, enum level level, const char *what,
                       const uint8_t *at, size_t len, uint64_t arg)
{
    finding_add(d->fs, (struct finding){.clause = clause,
                                        .what = what,
                                        .level = level,
                                        .off = (uint64_t)(at - d->base),
                                        .len = len,
                                        .arg = {arg, 0}});
}

/* ---- reports ---- */

static COLD void keep_raw(struct rtcp_packet *p, struct span body)
{
    p->kind = RTCP_K_RAW;
    p->list = body;
    p->tail = span_cut(body, body.n, body.n);
}

/* As many report blocks as RC says; what is behind them is the profile's. */
static void take_reports(const struct dec *d, struct span s)
{
    struct rtcp_packet *p = d->p;
    size_t n = p->count, whole = s.n / RTCP_REPORT;

    if (n > whole) {
        broke(d, "RFC3550:6.4.1#a5", STMT, "RC is %u, more report blocks than there are", p->p, 1,
              n);
        n = whole;
    }
    p->list = (struct span){s.p, n * RTCP_REPORT};
    p->tail = (struct span){s.p + p->list.n, s.n - p->list.n};
}

static void take_sr(const struct dec *d, struct span body)
{
    struct rtcp_packet *p = d->p;

    if (body.n < 24) {
        broke(d, "RFC3550:6.4.1#a10", STMT, "SR of %u octets has no room for sender information",
              p->p + 2, 2, body.n + RTCP_HEADER);
        keep_raw(p, body);
        return;
    }
    p->ssrc = get_u32(body.p);
    p->ntp_seconds = get_u32(body.p + 4);
    p->ntp_fraction = get_u32(body.p + 8);
    p->rtp_timestamp = get_u32(body.p + 12);
    p->packet_count = get_u32(body.p + 16);
    p->octet_count = get_u32(body.p + 20);
    take_reports(d, (struct span){body.p + 24, body.n - 24});
}

static void take_rr(const struct dec *d, struct span body)
{
    if (body.n < 4) {
        broke(d, "RFC3550:6.4.2#a1", STMT, "RR of %u octets has no room for its SSRC", d->p->p + 2,
              2, body.n + RTCP_HEADER);
        keep_raw(d->p, body);
        return;
    }
    d->p->ssrc = get_u32(body.p);
    take_reports(d, (struct span){body.p + 4, body.n - 4});
}

/* ---- SDES ---- */

/* Where the items from `at` on end: at a null octet, at `end`, or NULL: one runs past it, *at says where. */
static const uint8_t *items_end(const uint8_t **at, const uint8_t *end)
{
    const uint8_t *p = *at;

    while (p < end && *p) {
        *at = p;
        if (end - p < 2 || end - p - 2 < p[1])
            return NULL;
        p += 2 + p[1];
    }
    return p;
}

static inline bool ascii(struct span s)
{
    uint64_t any = 0, v;
    size_t i = 0;

    for (; i + 8 <= s.n; i += 8) {
        memcpy(&v, s.p + i, 8);
        any |= v;
    }
    for (; i < s.n; i++)
        any |= s.p[i];
    return !(any & 0x8080808080808080u);
}

static COLD void check_text(const struct dec *d, struct span s)
{
    if (!span_utf8(s))
        broke(d, "RFC3550:6.5#a7", STMT, "text is not UTF-8", s.p, s.n, 0);
}

static COLD void check_items(const struct dec *d, struct span items)
{
    struct rd r = rd_of(items);
    struct rtcp_item v;

    while (rtcp_next_item(&r, &v)) {
        check_text(d, v.prefix);
        check_text(d, v.text);
        if (v.type == RTCP_PRIV && !v.split)
            broke(d, "RFC3550:6.5.8#a2", STMT, "PRIV of %u octets has no room for its prefix",
                  v.text.p - 1, 1, v.length);
    }
}

/* Items of which nothing is to be said: ASCII throughout, and no PRIV, which has a prefix. */
static inline bool plain(struct span items)
{
    const uint8_t *end = items.p + items.n;
    bool priv = false;

    for (const uint8_t *p = items.p; p < end; p += 2 + p[1])
        priv |= *p == RTCP_PRIV;
    return !priv && ascii(items);
}

/* What ends a chunk: null octets, up to the next 32-bit boundary. */
static COLD void check_end(const struct dec *d, struct span end)
{
    if (end.n == 0)
        broke(d, "RFC3550:6.5#1", MUST, "no null octet ends the items of a chunk", end.p, 0, 0);
    for (size_t i = 0; i < end.n; i++)
        if (end.p[i]) {
            broke(d, "RFC3550:6.5#2", MUST, "the items of a chunk are padded with octets not null",
                  end.p, end.n, 0);
            break;
        }
}

static COLD void lost_chunk(const struct dec *d, struct span rest, size_t got)
{
    const uint8_t *at = rest.p + 4;

    if (rest.n == 0) {
        broke(d, "RFC3550:6.5#a2", STMT, "SC is %u, more chunks than there are", d->p->p, 1,
              d->p->count);
    } else if (got == d->p->count) {
        broke(d, "RFC3550:6.5#a15", STMT, "%u octets behind the chunks that SC counts", rest.p,
              rest.n, rest.n);
    } else if (rest.n < 4) {
        broke(d, "RFC3550:6.5#a2", STMT, "SC is %u, more chunks than there are", d->p->p, 1,
              d->p->count);
    } else {
        items_end(&at, rest.p + rest.n);
        broke(d, "RFC3550:6.5#a6", STMT, "an SDES item runs past its packet", at,
              (size_t)(rest.p + rest.n - at), 0);
    }
}

static void take_sdes(const struct dec *d, struct span body)
{
    struct rd r = rd_of(body);
    struct rtcp_chunk v;
    size_t n = 0;

    while (n < d->p->count && rtcp_next_chunk(&r, &v)) {
        if (!plain(v.items))
            check_items(d, v.items);
        if (v.end.n == 0 || !all_zero(v.end))
            check_end(d, v.end);
        n++;
    }
    d->p->list = (struct span){body.p, r.pos};
    d->p->tail = (struct span){body.p + r.pos, body.n - r.pos};
    d->p->broken = d->p->tail.n > 0;
    if (n < d->p->count || d->p->broken)
        lost_chunk(d, d->p->tail, n);
}

/* ---- BYE, APP ---- */

static void take_bye(const struct dec *d, struct span body)
{
    struct rtcp_packet *p = d->p;
    size_t n = 4u * p->count;

    if (n > body.n) {
        broke(d, "RFC3550:6.6#a2", STMT, "SC is %u, more identifiers than there are", p->p, 1,
              p->count);
        n = body.n & ~(size_t)3;
    }
    p->list = (struct span){body.p, n};
    p->tail = (struct span){body.p + n, body.n - n};
    if (p->tail.n == 0)
        return;
    size_t length = p->tail.p[0];
    if (n < 4u * p->count || length > p->tail.n - 1) {
        p->broken = true;
        if (n == 4u * p->count)
            broke(d, "RFC3550:6.6#a5", STMT, "reason of %u octets runs past the packet", p->tail.p,
                  1, length);
        return;
    }
    struct span end = span_cut(p->tail, 1 + length, p->tail.n);
    p->has_reason = true;
    p->reason_length = (uint8_t)length;
    p->tail = (struct span){p->tail.p + 1, length};
    if (end.n > 3)
        broke(d, "RFC3550:6.6#a9", STMT, "%u octets behind the reason", end.p, end.n, end.n);
    else if (!all_zero(end))
        broke(d, "RFC3550:6.6#4", MUST, "the reason is padded with octets not null", end.p, end.n,
              0);
    if (!ascii(p->tail))
        check_text(d, p->tail);
}

static void take_app(const struct dec *d, struct span body)
{
    struct rtcp_packet *p = d->p;

    if (body.n < 8) {
        broke(d, "RFC3550:6.7#a2", STMT, "APP of %u octets has no room for its name", p->p + 2, 2,
              body.n + RTCP_HEADER);
        keep_raw(p, body);
        return;
    }
    p->ssrc = get_u32(body.p);
    p->name = (struct span){body.p + 4, 4};
    p->list = (struct span){body.p + 8, body.n - 8};
}

/* ---- feedback ---- */

static void take_vbcm(const struct dec *d)
{
    struct rtcp_packet *p = d->p;
    struct rd r = rd_of(p->list);
    struct rtcp_vbcm v;

    while (rtcp_next_vbcm(&r, &v))
        ;
    p->tail = span_cut(p->list, r.pos, p->list.n);
    p->list.n = r.pos;
    if (p->tail.n)
        broke(d, "RFC5104:4.3.4.1#a1", STMT, "a VBCM entry runs past its packet", p->tail.p,
              p->tail.n, 0);
}

static void take_rpsi(const struct dec *d)
{
    struct rtcp_packet *p = d->p;
    struct span s = p->list;

    if (s.n < 4) {
        broke(d, "RFC4585:6.3.3#1", MUST, "RPSI without a message", p->p + 2, 2, 0);
        p->kind = RTCP_K_FB;
        return;
    }
    p->kind = RTCP_K_RPSI;
    p->bits = s.p[0];
    p->reserved = s.p[1] >> 7;
    p->payload_type = s.p[1] & 0x7f;
    p->list = (struct span){s.p + 2, s.n - 2};
    if (p->bits > 31)
        broke(d, "RFC4585:6.3.3.2#a1", STMT, "%u bits of padding, more than fill a word", s.p, 1,
              p->bits);
}

/* Application layer feedback is whatever its application says; that of bit rates says who it is. */
static void take_afb(const struct dec *d)
{
    struct rtcp_packet *p = d->p;
    struct span s = p->list;

    p->kind = RTCP_K_FB;
    if (s.n < 8 || get_u32(s.p) != RTCP_REMB)
        return;
    size_t n = s.p[4], whole = (s.n - 8) / 4;
    p->kind = RTCP_K_REMB;
    p->bits = s.p[4];
    p->exponent = s.p[5] >> 2;
    p->mantissa = get_u32(s.p + 4) & 0x3ffff;
    n = n < whole ? n : whole;
    p->list = span_cut(s, 8, 8 + 4 * n);
    p->tail = span_cut(s, 8 + 4 * n, s.n);
}

static const struct fb_rule {
    uint16_t type;
    uint8_t kind, size; /* octets of an entry; 0: there are none */
    bool some;          /* at least one */
    const char *none, *uneven;
} fb_rules[] = {
    {RTCP_NACK, RTCP_K_NACK, 4, true, "RFC4585:6.2.1#1", "RFC4585:6.2.1#4"},
    {RTCP_PLI, RTCP_K_PLI, 0, false, NULL, "RFC4585:6.3.1.2#1"},
    {RTCP_SLI, RTCP_K_SLI, 4, true, "RFC4585:6.3.2#1", "RFC4585:6.3.2.2#1"},
    {RTCP_FIR, RTCP_K_FIR, 8, true, "RFC5104:4.3.1#1", "RFC5104:4.3.1.1#1"},
    {RTCP_TMMBR, RTCP_K_TMMB, 8, true, "RFC5104:4.2.1#1", "RFC5104:4.2.1.1#2"},
    {RTCP_TMMBN, RTCP_K_TMMB, 8, false, NULL, "RFC5104:4.2.2.1#1"},
    {RTCP_TSTR, RTCP_K_TST, 8, true, "RFC5104:4.3.2#1", "RFC5104:4.3.2.1#1"},
    {RTCP_TSTN, RTCP_K_TST, 8, true, "RFC5104:4.3.3#1", "RFC5104:4.3.3.1#1"},
    {RTCP_VBCM, RTCP_K_VBCM, 1, true, "RFC5104:4.3.4#1", NULL},
};

static void take_entries(const struct dec *d, const struct fb_rule *f)
{
    struct rtcp_packet *p = d->p;
    size_t whole = f->size ? p->list.n / f->size * f->size : 0;

    p->kind = f->kind;
    p->tail = span_cut(p->list, whole, p->list.n);
    p->list.n = whole;
    if (f->some && whole == 0 && p->tail.n == 0)
        broke(d, f->none, MUST, "a feedback message without an entry", p->p + 2, 2, 0);
    if (p->tail.n)
        broke(d, f->uneven, MUST, "%u octets of feedback are no entry", p->tail.p, p->tail.n,
              p->tail.n);
    if (f->kind == RTCP_K_VBCM)
        take_vbcm(d);
}

static void take_feedback(const struct dec *d, struct span body)
{
    struct rtcp_packet *p = d->p;

    if (body.n < 8) {
        broke(d, "RFC4585:6.1#a1", STMT, "feedback of %u octets has no room for two SSRCs",
              p->p + 2, 2, body.n + RTCP_HEADER);
        keep_raw(p, body);
        return;
    }
    p->kind = RTCP_K_FB;
    p->ssrc = get_u32(body.p);
    p->media = get_u32(body.p + 4);
    p->list = (struct span){body.p + 8, body.n - 8};
    p->tail = span_cut(body, body.n, body.n);
    if (p->type == RTCP_RPSI) {
        take_rpsi(d);
        return;
    }
    if (p->type == RTCP_AFB) {
        take_afb(d);
        return;
    }
    for (size_t i = 0; i < COUNT(fb_rules); i++)
        if (fb_rules[i].type == p->type)
            take_entries(d, &fb_rules[i]);
}

/* ---- extended reports ---- */

static void take_xr(const struct dec *d, struct span body)
{
    struct rtcp_packet *p = d->p;
    struct rd r = rd_of(span_cut(body, 4, body.n));
    struct rtcp_xr v;

    if (body.n < 4) {
        broke(d, "RFC3611:2#a1", STMT, "XR of %u octets has no room for its SSRC", p->p + 2, 2,
              body.n + RTCP_HEADER);
        keep_raw(p, body);
        return;
    }
    p->ssrc = get_u32(body.p);
    while (rtcp_next_xr(&r, &v)) {
        const struct rtcp_xr_rule *rule = rtcp_xr_rule(v.type);
        if (rule && v.kind == 0)
            broke(d, rule->clause, STMT, rule->what, v.body.p - 2, 2, v.length);
    }
    p->list = (struct span){r.p, r.pos};
    p->tail = (struct span){r.p + r.pos, r.n - r.pos};
    if (p->tail.n)
        broke(d, "RFC3611:3#a1", STMT, "a report block runs past its packet", p->tail.p, p->tail.n,
              0);
}

/* ---- packets ---- */

/* Octets of padding; 0, and a finding, where their count does not fit: RFC3550:6.4.1. */
static COLD size_t padding(const struct dec *d, struct span body)
{
    size_t n = body.n ? body.p[body.n - 1] : 0;

    if (body.n == 0)
        broke(d, "RFC3550:6.4.1#a3", STMT, "P is set, and nothing follows the header", d->p->p, 1,
              0);
    else if (n == 0 || n > body.n)
        broke(d, "RFC3550:6.4.1#a3", STMT, "padding of %u octets does not fit into its packet",
              body.p + body.n - 1, 1, n);
    else if (n & 3)
        broke(d, "RFC3550:6.4.1#a4", STMT, "padding of %u octets, not a multiple of four",
              body.p + body.n - 1, 1, n);
    return n > body.n ? 0 : n;
}

static void take_packet(const struct dec *d, struct span s)
{
    struct rtcp_packet *p = d->p;
    uint8_t type = s.p[1];
    struct span body = {s.p + RTCP_HEADER, s.n - RTCP_HEADER};

    p->p = s.p;
    p->length = get_u16(s.p + 2);
    p->version = RTCP_VERSION;
    p->count = s.p[0] & 31;
    p->type = type;
    if (type == RTCP_RTPFB || type == RTCP_PSFB)
        p->type = (uint16_t)RTCP_FB(type, p->count);
    p->padding = s.p[0] >> 5 & 1;
    p->pad = 0;
    p->has_reason = p->broken = false;
    p->tail = (struct span){s.p + s.n, 0};
    if (p->padding)
        body.n -= p->pad = (uint8_t)padding(d, body);
    static const uint8_t kinds[] = {RTCP_K_SR,  RTCP_K_RR, RTCP_K_SDES, RTCP_K_BYE,
                                    RTCP_K_APP, RTCP_K_FB, RTCP_K_FB,   RTCP_K_XR};
    p->kind = type >= RTCP_SR && type <= RTCP_XR ? kinds[type - RTCP_SR] : RTCP_K_RAW;
    switch (p->kind) {
    case RTCP_K_SR:
        take_sr(d, body);
        break;
    case RTCP_K_RR:
        take_rr(d, body);
        break;
    case RTCP_K_SDES:
        take_sdes(d, body);
        break;
    case RTCP_K_BYE:
        take_bye(d, body);
        break;
    case RTCP_K_APP:
        take_app(d, body);
        break;
    case RTCP_K_FB:
        take_feedback(d, body);
        break;
    case RTCP_K_XR:
        take_xr(d, body);
        break;
    default:
        keep_raw(p, body);
    }
}

/* What ends the walk before the datagram does. */
static COLD void lost(const struct dec *d, struct span rest)
{
    if (rest.n < RTCP_HEADER)
        broke(d, "RFC3550:6.1#1", MUST, "%u octets at the end are no packet", rest.p, rest.n,
              rest.n);
    else if (rest.p[0] >> 6 != RTCP_VERSION)
        broke(d, "RFC3550:6.4.1#a1", STMT, "version %u where the next packet begins", rest.p, 1,
              rest.p[0] >> 6);
    else
        broke(d, "RFC3550:6.4.1#a8", STMT, "length %u runs past the datagram", rest.p + 2, 2,
              get_u16(rest.p + 2));
}

enum step rtcp_decode(struct span in, struct rtcp_compound *c, struct rtcp_packet *packets,
                      size_t cap, struct findings *fs)
{
    struct rtcp_packet spare;
    struct dec d = {NULL, fs, in.p};
    size_t at = 0;

    if (in.n && in.p[0] >> 6 != RTCP_VERSION)
        return STEP_FAIL;
    if (in.n >= 2 && (in.p[1] < 192 || in.p[1] > 223))
        return STEP_FAIL;
    if (in.n < RTCP_HEADER)
        return STEP_MORE;
    *c = (struct rtcp_compound){.wire = in, .packets = packets};
    while (in.n - at >= RTCP_HEADER) {
        size_t n = 4 * (size_t)get_u16(in.p + at + 2) + 4;
        if (in.p[at] >> 6 != RTCP_VERSION || n > in.n - at)
            break;
        c->truncated |= c->n_packets >= cap;
        d.p = c->n_packets < cap ? &packets[c->n_packets++] : &spare;
        take_packet(&d, (struct span){in.p + at, n});
        at += n;
    }
    c->rest = (struct span){in.p + at, in.n - at};
    if (c->rest.n)
        lost(&d, c->rest);
    return STEP_ITEM;
}

unsigned rtcp_guess(struct span in, uint16_t port)
{
    size_t at = 0;

    (void)port;
    if (in.n < 8 || in.p[0] >> 6 != RTCP_VERSION || in.p[1] < 192 || in.p[1] > 223)
        return 0;
    while (in.n - at >= RTCP_HEADER && in.p[at] >> 6 == RTCP_VERSION) {
        size_t n = 4 * (size_t)get_u16(in.p + at + 2) + 4;
        if (n > in.n - at || in.p[at + 1] < 192 || in.p[at + 1] > 223)
            break;
        at += n;
    }
    /* RFC3550:A.2 calls that a fairly strong check; SRTCP, whose index and tag stand behind, fails it, and what is
     * encrypted must not be judged */
    if (at != in.n)
        return 0;
    bool known = in.p[1] >= RTCP_SR && in.p[1] <= RTCP_XR;
    return in.p[1] <= RTCP_RR && known ? 90 : known ? 70 : 30;
}

const struct rtcp_packet *rtcp_find(const struct rtcp_compound *c, uint16_t type)
{
    for (size_t i = 0; i < c->n_packets; i++)
        if (c->packets[i].type == type || (type < 256 && rtcp_packet_type(&c->packets[i]) == type))
            return &c->packets[i];
    return NULL;
}

bool rtcp_cname(const struct rtcp_compound *c, uint32_t ssrc, struct span *cname)
{
    struct rtcp_chunk chunk;
    struct rtcp_item item;

    for (size_t i = 0; i < c->n_packets; i++) {
        struct rd r = rd_of(c->packets[i].list);
        while (c->packets[i].kind == RTCP_K_SDES && rtcp_next_chunk(&r, &chunk)) {
            struct rd items = rd_of(chunk.items);
            while (chunk.ssrc == ssrc && rtcp_next_item(&items, &item))
                if (item.type == RTCP_CNAME) {
                    *cname = item.text;
                    return true;
                }
        }
    }
    return false;
}
