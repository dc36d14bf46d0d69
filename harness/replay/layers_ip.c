/* harness/replay/layers_ip.c - IPv4, IPv6, their fragments, UDP, and what ICMP quotes. */
#include "harness/replay/layers.h"

enum {
    PROTO_HOP = 0,
    PROTO_ICMP = 1,
    PROTO_IP4 = 4,
    PROTO_TCP = 6,
    PROTO_UDP = 17,
    PROTO_IP6 = 41,
    PROTO_ROUTING = 43,
    PROTO_FRAGMENT = 44,
    PROTO_GRE = 47,
    PROTO_AH = 51,
    PROTO_ICMP6 = 58,
    PROTO_OPTIONS = 60,
    PROTO_MOBILITY = 135,
    PROTO_HIP = 139,
    PROTO_SHIM6 = 140,
};

struct ip {               /* an IP packet on the way down */
    struct addr src, dst; /* ports follow */
    uint8_t proto;
    struct span body;
    size_t claimed; /* octets that the body has by its header; body.n may be less */
};

static void payload(struct layers *l, struct ip *p);

/* Whether less than a length says is the capture's doing: it, or the ICMP that quotes, cut it. */
static bool excused(const struct layers *l)
{
    return l->quoted || (!l->whole && l->frame->octets.n < l->frame->original);
}

static void short_of(struct layers *l, struct span s, const char *what, uint64_t said)
{
    if (!excused(l))
        layers_problem(l, layers_off(l, s), what, said, s.n);
}

/* A datagram or segment: its header has `head` octets, with it it has `size`. */
static void found(struct layers *l, const struct ip *p, size_t head, size_t size)
{
    l->datagram = (struct capread_datagram){
        .frame = l->frame->number,
        .time_ns = l->frame->time_ns,
        .src = p->src,
        .dst = p->dst,
        .layers = l->path,
        .payload = span_cut(p->body, head, size),
        .missing = size > p->body.n ? size - p->body.n : 0,
        .quoted = l->quoted,
        .reassembled = l->whole,
        .frames = l->whole ? l->from.frames : &l->frame->number,
        .n_frames = l->whole ? l->from.n_frames : 1,
    };
    l->datagram.src.port = get_u16(p->body.p);
    l->datagram.dst.port = get_u16(p->body.p + 2);
    l->datagram.frame_off = layers_off(l, p->body) + (l->whole ? 0 : head);
}

static void udp(struct layers *l, struct ip *p)
{
    struct rd r = rd_of(p->body);
    uint16_t sport, dport, length, check;

    layers_name(l, "udp");
    if (!rd_u16(&r, &sport) || !rd_u16(&r, &dport) || !rd_u16(&r, &length) || !rd_u16(&r, &check)) {
        short_of(l, p->body, "a UDP header has %u octets, %u are left", 8);
        return;
    }
    size_t size = length;
    if (length == 0) /* RFC 2675, and captures before segmentation by the network card */
        size = p->claimed < 8 ? 8 : p->claimed;
    if (size < 8) {
        layers_problem(l, layers_off(l, p->body) + 4, "UDP length %u is less than its header", size,
                       0);
        return;
    }
    if (size > p->claimed)
        short_of(l, span_cut(p->body, 4, p->body.n),
                 "UDP length %u is more than its packet carries", size);
    l->found = true;
    l->counts.datagrams += !l->quoted;
    l->counts.quoted += l->quoted;
    found(l, p, 8, size);
}

/* A segment: the data are what the packet has behind the header. */
static void tcp(struct layers *l, struct ip *p)
{
    struct span s = p->body;

    if (s.n < 20) {
        short_of(l, s, "a TCP header has %u octets, %u are left", 20);
        return;
    }
    size_t head = (size_t)(s.p[12] >> 4) * 4;
    if (head < 20 || head > p->claimed) {
        layers_problem(l, layers_off(l, s) + 12,
                       "the TCP header says it has %u octets, its packet carries %u", head,
                       p->claimed);
        return;
    }
    if (head > s.n)
        return;
    l->segment = true;
    l->tcp = span_cut(s, 0, head);
    found(l, p, head, p->claimed);
}

/* The datagram that an ICMP error is about. */
static void icmp(struct layers *l, struct ip *p)
{
    bool six = p->proto == PROTO_ICMP6;
    struct span s = p->body;

    layers_name(l, six ? "icmp6" : "icmp");
    l->counts.icmp += !l->quoted;
    if (s.n < (six ? 4 : 8))
        short_of(l, s, "an ICMP header has %u octets, %u are left", six ? 4 : 8);
    if (l->quoted || s.n < 8)
        return;
    uint8_t type = s.p[0];
    if (six ? type < 1 || type > 4
            : type != 3 && type != 4 && type != 5 && type != 11 && type != 12)
        return;
    struct span lost = span_cut(s, 8, s.n);
    size_t words = six ? s.p[4] : s.p[5]; /* RFC 4884: how long the quote is, 0: not said */
    if (words && (six ? type == 1 || type == 3 : type == 3 || type == 11 || type == 12))
        lost = span_cut(lost, 0, words * (six ? 8 : 4));
    l->quoted = true;
    layers_ip(l, lost);
}

static void payload(struct layers *l, struct ip *p)
{
    bool counted = !l->quoted;

    switch (p->proto) {
    case PROTO_UDP:
        udp(l, p);
        break;
    case PROTO_ICMP:
    case PROTO_ICMP6:
        icmp(l, p);
        break;
    case PROTO_IP4:
    case PROTO_IP6:
        layers_ip(l, p->body);
        break;
    case PROTO_GRE:
        if (l->nested < CAPREAD_NESTED_MAX)
            layers_gre(l, p->body);
        else
            l->counts.other += counted;
        break;
    case PROTO_TCP:
        layers_name(l, "tcp");
        l->counts.tcp += counted;
        if (counted)
            tcp(l, p);
        break;
    default:
        l->counts.other += counted;
        break;
    }
}

/* A fragment; true: it completes its datagram, which stands in p->body from here on. */
static bool reassemble(struct layers *l, struct ip *p, struct frag *g)
{
    struct frags_whole whole;
    const char *why = NULL;
    uint32_t lost = 0;

    if (l->quoted)
        return g->off == 0; /* what is quoted of the first fragment has ports and some data */
    l->counts.fragments++;
    if (p->body.n < p->claimed || l->whole) {
        if (l->whole)
            layers_problem(l, 0, "a fragment inside a reassembled datagram is not followed", 0, 0);
        return false;
    }
    memcpy(g->src, p->src.ip, 16);
    memcpy(g->dst, p->dst.ip, 16);
    g->family = p->src.family;
    g->data = p->body;
    g->frame = l->frame->number;
    g->time_ns = l->frame->time_ns;
    enum frags_result got = frags_add(l->frags, g, &whole, &why, &lost);
    if (why)
        layers_problem(l, layers_off(l, p->body), why, 0, 0);
    if (lost) {
        l->counts.abandoned++;
        layers_problem(l, 0, "the datagram whose fragments begin in frame %u never came whole",
                       lost, 0);
    }
    if (got != FRAGS_DONE)
        return false;
    l->counts.reassembled++;
    l->whole = true;
    l->from = whole;
    p->proto = whole.proto;
    p->body = whole.data;
    p->claimed = whole.data.n;
    return true;
}

static void ip4(struct layers *l, struct span s)
{
    struct ip p = {.src.family = 4, .dst.family = 4};

    layers_name(l, "ip");
    if (s.n < 20) {
        short_of(l, s, "an IPv4 header has %u octets, %u are left", 20);
        return;
    }
    size_t head = (size_t)(s.p[0] & 15) * 4, total = get_u16(s.p + 2);
    uint16_t frag = get_u16(s.p + 6);
    if (head < 20 || head > s.n) {
        short_of(l, s, "the IPv4 header says it has %u octets, %u are left", head);
        return;
    }
    if (total == 0)
        total = s.n; /* caught before segmentation by the network card */
    if (total < head) {
        layers_problem(l, layers_off(l, s) + 2,
                       "IPv4 total length %u is less than its header of %u", total, head);
        return;
    }
    if (total > s.n)
        short_of(l, s, "IPv4 total length is %u, %u octets are left", total);
    memcpy(p.src.ip, s.p + 12, 4);
    memcpy(p.dst.ip, s.p + 16, 4);
    p.proto = s.p[9];
    p.body = span_cut(s, head, total);
    p.claimed = total - head;
    if (frag & 0x3fff) {
        struct frag g = {.proto = p.proto,
                         .id = get_u16(s.p + 4),
                         .off = (frag & 0x1fffu) * 8,
                         .more = frag & 0x2000};
        if (!reassemble(l, &p, &g))
            return;
    }
    payload(l, &p);
}

/* Step over one IPv6 extension header at the front of the body; false: the packet ends here. */
static bool extension(struct layers *l, struct ip *p)
{
    struct span s = p->body;

    if (s.n < 8) {
        short_of(l, s, "an IPv6 extension header has %u octets at least, %u are left", 8);
        return false;
    }
    if (p->proto == PROTO_FRAGMENT) {
        uint16_t frag = get_u16(s.p + 2);
        struct frag g = {
            .proto = s.p[0], .id = get_u32(s.p + 4), .off = frag & 0xfff8u, .more = frag & 1};
        p->body = span_cut(s, 8, s.n);
        p->claimed -= 8;
        p->proto = s.p[0];
        return (g.off == 0 && !g.more) ||
               reassemble(l, p, &g); /* RFC 6946: atomic ones are whole */
    }
    size_t size = p->proto == PROTO_AH ? (s.p[1] + 2u) * 4 : (s.p[1] + 1u) * 8;
    if (size > s.n) {
        short_of(l, s, "an IPv6 extension header says it has %u octets, %u are left", size);
        return false;
    }
    p->proto = s.p[0];
    p->body = span_cut(s, size, s.n);
    p->claimed -= size;
    return true;
}

static bool is_extension(uint8_t proto)
{
    static const uint8_t protos[] = {PROTO_HOP,     PROTO_ROUTING,  PROTO_FRAGMENT, PROTO_AH,
                                     PROTO_OPTIONS, PROTO_MOBILITY, PROTO_HIP,      PROTO_SHIM6};
    return memchr(protos, proto, sizeof protos) != NULL;
}

static void ip6(struct layers *l, struct span s)
{
    struct ip p = {.src.family = 6, .dst.family = 6};

    layers_name(l, "ip6");
    if (s.n < 40) {
        short_of(l, s, "an IPv6 header has %u octets, %u are left", 40);
        return;
    }
    p.claimed = get_u16(s.p + 4);
    if (p.claimed == 0)
        p.claimed = s.n - 40; /* a jumbogram (RFC 2675), or before segmentation */
    memcpy(p.src.ip, s.p + 8, 16);
    memcpy(p.dst.ip, s.p + 24, 16);
    p.proto = s.p[6];
    p.body = span_cut(s, 40, 40 + p.claimed);
    if (p.body.n < p.claimed)
        short_of(l, p.body, "IPv6 payload length is %u, %u octets are left", p.claimed);
    for (unsigned n = 0; is_extension(p.proto); n++) {
        if (n == CAPREAD_EXTENSIONS_MAX) {
            layers_problem(l, layers_off(l, p.body),
                           "the packet has more than %u extension headers", CAPREAD_EXTENSIONS_MAX,
                           0);
            return;
        }
        if (!extension(l, &p))
            return;
    }
    payload(l, &p);
}

void layers_ip(struct layers *l, struct span s)
{
    if (++l->nested > CAPREAD_NESTED_MAX) {
        layers_problem(l, layers_off(l, s), "the frame has more than %u IP headers",
                       CAPREAD_NESTED_MAX, 0);
        return;
    }
    unsigned version = s.n ? s.p[0] >> 4 : 0;
    if (version == 4)
        ip4(l, s);
    else if (version == 6)
        ip6(l, s);
    else if (s.n)
        layers_problem(l, layers_off(l, s), "the version of an IP header is %u", version, 0);
    else
        short_of(l, s, "an IPv4 header has %u octets, %u are left", 20);
}
