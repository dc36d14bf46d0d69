/* harness/drivers/frames.c - making IP packets around data: RFC 791, 8200, 768, 9293, 792, 4443. */
#include <stdlib.h>
#include "harness/drivers/frames.h"

enum {
    PROTO_ICMP = 1,
    PROTO_TCP = 6,
    PROTO_UDP = 17,
    PROTO_ICMP6 = 58,
    TCP_FIN = 1,
    TCP_SYN = 2,
    TCP_RST = 4,
    TCP_PSH = 8,
    TCP_ACK = 16,
    TCP_WINDOW = 65535,
    TTL = 64,
    CONNS_START = 64,
};

bool frames_init(struct frames *f, struct frames_out out)
{
    *f = (struct frames){.out = out};
    f->w = (struct wr){malloc(FRAMES_PACKET_MAX), FRAMES_PACKET_MAX, 0, false};
    f->quote = malloc(FRAMES_PACKET_MAX);
    f->conns = calloc(CONNS_START, sizeof *f->conns);
    f->cap_conns = CONNS_START;
    return f->w.p && f->quote && f->conns;
}

void frames_free(struct frames *f)
{
    free(f->w.p);
    free(f->quote);
    free(f->conns);
    *f = (struct frames){0};
}

/* ---- IP ---- */

/* The ones' complement sum of RFC 1071; only the last piece may be of odd length. */
static uint64_t sum(uint64_t acc, struct span s)
{
    for (size_t i = 0; i + 1 < s.n; i += 2)
        acc += get_u16(s.p + i);
    if (s.n % 2)
        acc += (uint64_t)s.p[s.n - 1] << 8;
    return acc;
}

static uint16_t folded(uint64_t acc)
{
    while (acc >> 16)
        acc = (acc & 0xffff) + (acc >> 16);
    return (uint16_t)~acc;
}

static bool over_ip6(const struct addr *a, const struct addr *b)
{
    return a->family == 6 || b->family == 6;
}

/* An address as a header of that version holds it: beside IPv6, IPv4 in its mapped form. */
static struct span ip_octets(const struct addr *a, bool ip6, uint8_t buf[16])
{
    memset(buf, 0, 16);
    if (a->family == 6)
        memcpy(buf, a->ip, 16);
    if (a->family == 4 && ip6)
        memset(buf + 10, 0xff, 2);
    if (a->family == 4)
        memcpy(ip6 ? buf + 12 : buf, a->ip, 4);
    return (struct span){buf, ip6 ? 16 : 4};
}

struct ip { /* what a packet needs beside its data */
    const struct addr *from, *to;
    uint8_t proto;
    uint16_t id;
};

/* Start a packet in `w`, its payload of `n` octets still to come; returns the sum of the
 * pseudo-header. */
static uint64_t put_ip(struct wr *w, const struct ip *ip, size_t n)
{
    bool six = over_ip6(ip->from, ip->to);
    uint8_t a[16], b[16];
    struct span src = ip_octets(ip->from, six, a), dst = ip_octets(ip->to, six, b);

    w->n = 0;
    w->full = false;
    if (six) {
        wr_u32(w, 0x60000000);
        wr_u16(w, (uint16_t)n);
        wr_u8(w, ip->proto);
        wr_u8(w, TTL);
    } else {
        wr_u16(w, 0x4500);
        wr_u16(w, (uint16_t)(n + 20));
        wr_u16(w, ip->id);
        wr_u16(w, 0x4000); /* do not fragment */
        wr_u8(w, TTL);
        wr_u8(w, ip->proto);
        wr_u16(w, 0);
    }
    wr_put(w, src);
    wr_put(w, dst);
    if (!six)
        put_u16(w->p + 10, folded(sum(0, wr_span(w))));
    return sum(sum(ip->proto + n, src), dst);
}

/* ---- UDP ---- */

static size_t udp_room(const struct addr *from, const struct addr *to)
{
    return over_ip6(from, to) ? 65535 - 8 : 65535 - 28;
}

static void put_udp(struct wr *w, const struct ip *ip, struct span data)
{
    uint64_t pseudo = put_ip(w, ip, data.n + 8);
    size_t at = w->n;

    wr_u16(w, ip->from->port);
    wr_u16(w, ip->to->port);
    wr_u16(w, (uint16_t)(data.n + 8));
    wr_u16(w, 0);
    wr_put(w, data);
    uint16_t check = folded(sum(pseudo, span_cut(wr_span(w), at, w->n)));
    put_u16(w->p + at + 6, check ? check : 0xffff); /* zero would say: none */
}

uint32_t frames_datagram(struct frames *f, uint64_t now_us, const struct addr *from,
                         const struct addr *to, struct span data, size_t *cut)
{
    const struct ip ip = {from, to, PROTO_UDP, ++f->id};
    size_t room = udp_room(from, to);

    *cut = data.n > room ? data.n - room : 0;
    f->out.before(f->out.ctx);
    put_udp(&f->w, &ip, span_cut(data, 0, room));
    return f->last = f->out.after(f->out.ctx, now_us);
}

/* ---- ICMP ---- */

uint32_t frames_icmp(struct frames *f, uint64_t now_us, const struct addr *from,
                     const struct addr *to, uint16_t type_code, const struct frames_lost *lost)
{
    bool six = over_ip6(from, to);
    const struct ip ip = {from, to, six ? PROTO_ICMP6 : PROTO_ICMP, ++f->id};
    const struct ip inner = {lost->from, lost->to, PROTO_UDP, f->id};
    struct wr q = {f->quote, FRAMES_PACKET_MAX, 0, false};

    put_udp(&q, &inner, span_cut(lost->data, 0, udp_room(lost->from, lost->to)));
    struct span quoted = span_cut(wr_span(&q), 0, six ? FRAMES_QUOTE6 : FRAMES_QUOTE4);
    f->out.before(f->out.ctx);
    uint64_t pseudo = put_ip(&f->w, &ip, quoted.n + 8);
    size_t at = f->w.n;
    wr_u16(&f->w, type_code);
    wr_u16(&f->w, 0);
    wr_u32(&f->w, 0);
    wr_put(&f->w, quoted);
    /* ICMP has no pseudo-header, ICMPv6 has (RFC 4443 section 2.3) */
    put_u16(f->w.p + at + 2, folded(sum(six ? pseudo : 0, span_cut(wr_span(&f->w), at, f->w.n))));
    return f->last = f->out.after(f->out.ctx, now_us);
}

/* ---- TCP ---- */

static uint64_t mix(uint64_t h, const struct addr *a)
{
    uint64_t v[2];
    memcpy(v, a->ip, sizeof v);
    h = (h ^ v[0] ^ v[1] * 31 ^ a->port) * 0x9e3779b97f4a7c15u;
    return h ^ h >> 29;
}

/* The place of a connection: where it stands, or the free one where it would. */
static struct frames_conn *place(struct frames_conn *v, size_t cap, const struct addr *a,
                                 const struct addr *b)
{
    uint64_t h = mix(0, a) + mix(0, b); /* the same from either end */
    for (size_t i = (size_t)h & (cap - 1);; i = (i + 1) & (cap - 1)) {
        struct frames_conn *c = &v[i];
        if (!c->used || (addr_eq(&c->end[0], a) && addr_eq(&c->end[1], b)) ||
            (addr_eq(&c->end[0], b) && addr_eq(&c->end[1], a)))
            return c;
    }
}

static bool grow(struct frames *f)
{
    size_t cap = f->cap_conns * 2;
    struct frames_conn *v = calloc(cap, sizeof *v);
    if (!v)
        return false;
    for (size_t i = 0; i < f->cap_conns; i++) {
        struct frames_conn *c = &f->conns[i];
        if (c->used)
            *place(v, cap, &c->end[0], &c->end[1]) = *c;
    }
    free(f->conns);
    f->conns = v;
    f->cap_conns = cap;
    return true;
}

/* The connection between two ends, `a` first where it is new; NULL: no memory. */
static struct frames_conn *conn_of(struct frames *f, const struct addr *a, const struct addr *b)
{
    if (f->n_conns * 4 >= f->cap_conns * 3 && !grow(f)) {
        f->failed = true;
        return NULL;
    }
    struct frames_conn *c = place(f->conns, f->cap_conns, a, b);
    if (!c->used) {
        c->used = true;
        c->end[0] = *a;
        c->end[1] = *b;
        f->n_conns++;
    }
    return c;
}

/* Start to count: numbers above those of an earlier connection between the same ends. */
static void conn_start(struct frames *f, struct frames_conn *c, const struct addr *opener)
{
    struct addr other = addr_eq(&c->end[0], opener) ? c->end[1] : c->end[0];
    uint32_t base = 0x10000000u + ++f->opened * 0x00100000u;

    c->end[0] = *opener;
    c->end[1] = other;
    for (int i = 0; i < 2; i++) {
        c->seq[i] = base + (uint32_t)i * 0x08000000u;
        c->acked[i] = c->seq[i];
        c->fin[i] = false;
    }
    c->started = c->open = true;
    c->data = false;
}

/* One segment from an end; `seq` moves on by its data, SYN and FIN. */
static uint32_t segment(struct frames *f, uint64_t now_us, struct frames_conn *c, int from,
                        unsigned flags, struct span data)
{
    static const uint8_t mss[4] = {2, 4, FRAMES_SEGMENT_MAX >> 8, FRAMES_SEGMENT_MAX & 0xff};
    const struct ip ip = {&c->end[from], &c->end[!from], PROTO_TCP, ++f->id};
    size_t head = flags & TCP_SYN ? 24 : 20;

    f->out.before(f->out.ctx);
    uint64_t pseudo = put_ip(&f->w, &ip, head + data.n);
    size_t at = f->w.n;
    wr_u16(&f->w, ip.from->port);
    wr_u16(&f->w, ip.to->port);
    wr_u32(&f->w, c->seq[from]);
    wr_u32(&f->w, flags & TCP_ACK ? c->seq[!from] : 0);
    wr_u16(&f->w, (uint16_t)(head / 4 << 12 | flags));
    wr_u16(&f->w, flags & TCP_RST ? 0 : TCP_WINDOW);
    wr_u32(&f->w, 0); /* checksum, urgent pointer */
    wr_put(&f->w, (struct span){mss, head - 20});
    wr_put(&f->w, data);
    put_u16(f->w.p + at + 16, folded(sum(pseudo, span_cut(wr_span(&f->w), at, f->w.n))));
    c->seq[from] += (uint32_t)data.n + !!(flags & TCP_SYN) + !!(flags & TCP_FIN);
    if (flags & TCP_ACK)
        c->acked[!from] = c->seq[!from];
    return f->last = f->out.after(f->out.ctx, now_us);
}

static uint32_t handshake(struct frames *f, uint64_t now_us, struct frames_conn *c, bool refused)
{
    const struct span none = {NULL, 0};
    segment(f, now_us, c, 0, TCP_SYN, none);
    if (refused) {
        c->open = false;
        c->seq[1] = 0; /* RFC 9293 section 3.5.2: it answers a connection that does not exist */
        return segment(f, now_us, c, 1, TCP_RST | TCP_ACK, none);
    }
    segment(f, now_us, c, 1, TCP_SYN | TCP_ACK, none);
    return segment(f, now_us, c, 0, TCP_ACK, none);
}

static uint32_t put_data(struct frames *f, uint64_t now_us, struct frames_conn *c, int from,
                         struct span data)
{
    const struct span none = {NULL, 0};
    uint32_t last = 0;

    for (size_t at = 0; at < data.n; at += FRAMES_SEGMENT_MAX) {
        struct span part = span_cut(data, at, at + FRAMES_SEGMENT_MAX);
        bool end = at + part.n == data.n;
        if (c->seq[from] - c->acked[from] + part.n > FRAMES_UNACKED_MAX)
            segment(f, now_us, c, !from, TCP_ACK, none);
        last = segment(f, now_us, c, from, TCP_ACK | (end ? TCP_PSH : 0u), part);
    }
    c->data |= data.n > 0;
    return last;
}

static uint32_t put_fin(struct frames *f, uint64_t now_us, struct frames_conn *c, int from)
{
    const struct span none = {NULL, 0};
    uint32_t last = segment(f, now_us, c, from, TCP_FIN | TCP_ACK, none);

    c->fin[from] = true;
    if (c->fin[!from]) {
        segment(f, now_us, c, !from, TCP_ACK, none);
        c->open = false;
    }
    return last;
}

uint32_t frames_stream(struct frames *f, uint64_t now_us, const struct addr *from,
                       const struct addr *to, unsigned flags, struct span data)
{
    struct frames_conn *c = conn_of(f, from, to);
    uint32_t last;

    if (!c)
        return 0;
    last = f->last;
    if (flags & CAPTURE_SYN && (!c->open || c->data)) {
        bool refused = flags & CAPTURE_RST;
        conn_start(f, c, from);
        last = handshake(f, now_us, c, refused);
        if (refused)
            return last;
    }
    if (!c->started || (!c->open && data.n))
        conn_start(f, c, from); /* mid-stream: nobody said how it began */
    int end = addr_eq(&c->end[0], from) ? 0 : 1;
    uint32_t carried = put_data(f, now_us, c, end, data);
    last = carried ? carried : last;
    if (flags & CAPTURE_FIN && c->open && !c->fin[end])
        last = put_fin(f, now_us, c, end);
    if (flags & CAPTURE_RST && c->open) {
        last = segment(f, now_us, c, end, TCP_RST | TCP_ACK, (struct span){NULL, 0});
        c->open = false;
    }
    return last;
}
