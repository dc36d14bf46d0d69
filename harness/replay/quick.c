/* harness/replay/quick.c - the common way from a frame to its datagram or segment, without state. */
#include "harness/replay/packet.h"

/* The way of most packets becomes one function. */
#define INLINE static inline __attribute__((always_inline))

enum {
    ETHER_IP4 = 0x0800,
    ETHER_IP6 = 0x86dd,
    ETHER_VLAN = 0x8100,
    ETHER_QINQ = 0x88a8,
    ETHER_QINQ_OLD = 0x9100,
    ETHER_ARP = 0x0806,
    PROTO_TCP = 6,
    PROTO_UDP = 17,
};
static const char *const names[QUICK_LINKS] = {"eth", "", "sll", "sll2", "null", "loop", "", ""};
enum link { ETH, RAW, SLL, SLL2, NUL, LOOP };

void quick_path(uint16_t id, struct wr *w)
{
    unsigned link = id / ((QUICK_VLANS + 1) * 4), vlans = id / 4 % (QUICK_VLANS + 1);

    wr_text(w, names[link]);
    if (*names[link])
        wr_u8(w, '/');
    while (vlans--)
        wr_text(w, "vlan/");
    wr_text(w, id & 2 ? "ip6/" : "ip/");
    wr_text(w, id & 1 ? "tcp" : "udp");
}

static inline uint64_t mix(uint64_t a, uint64_t b)
{
    uint64_t x = (a ^ 0x9e3779b97f4a7c15u) * (b | 1);
    return x ^ x >> 32;
}

INLINE void hash(struct packet *k)
{
    const uint8_t *a = k->ips;
    uint64_t from, to;

    if (k->flags & PACKET_SIX) {
        uint64_t v[4];
        memcpy(v, a, 32);
        from = mix(v[0], v[1] ^ 0x5851f42d4c957f2du) + v[1];
        to = mix(v[2], v[3] ^ 0x5851f42d4c957f2du) + v[3];
    } else {
        from = get_u32(a);
        to = get_u32(a + 4);
    }
    from = from << 16 ^ from >> 48 ^ k->sport;
    to = to << 16 ^ to >> 48 ^ k->dport;
    bool swapped = from > to;
    /* without the last bit of the ports: RTCP beside its RTP gets the same hash, and so the same part */
    uint64_t low = (swapped ? to : from) >> 1, high = (swapped ? from : to) >> 1;
    uint64_t x = (low * 0x9e3779b97f4a7c15u) ^ (high * 0xc2b2ae3d27d4eb4fu);
    x ^= x >> 29;
    x *= 0xbf58476d1ce4e5b9u;
    k->hash = (uint32_t)(x >> 32) ^ (k->flags & PACKET_TCP ? 0x55555555u : 0);
    k->flags = (uint8_t)(swapped ? k->flags | PACKET_SWAPPED : k->flags & ~PACKET_SWAPPED);
}

void packet_hash(struct packet *k)
{
    hash(k);
}

/* UDP or TCP at `p`: `have` octets are there of the `claimed` that the packet says it has. */
INLINE enum quick transport(const struct capfile_frame *f, struct packet *k, const uint8_t *p,
                            size_t have, size_t claimed, uint8_t proto)
{
    size_t head = 8, size = claimed;

    if (have < (proto == PROTO_TCP ? 20 : 8))
        return QUICK_NO;
    if (proto == PROTO_TCP) {
        head = (size_t)(p[12] >> 4) * 4;
        if (head < 20 || head > have)
            return QUICK_NO;
        k->flags |= PACKET_TCP;
    } else {
        size = get_u16(p + 4);
        if (size < 8 || size > claimed)
            return QUICK_NO;
    }
    k->sport = get_u16(p);
    k->dport = get_u16(p + 2);
    k->p = p + head;
    k->n = (uint32_t)((size < have ? size : have) - head);
    k->missing = (uint32_t)(size > have ? size - have : 0);
    k->head = (uint8_t)head;
    k->time_ns = f->time_ns;
    k->frame = f->number;
    hash(k);
    return QUICK_PACKET;
}

INLINE enum quick ip4(const struct capfile_frame *f, struct packet *k, const uint8_t *p,
                      size_t left)
{
    if (left < 20 || p[0] >> 4 != 4)
        return QUICK_NO;
    size_t head = (size_t)(p[0] & 15) * 4, total = get_u16(p + 2);
    if (head < 20 || total < head || head > left || (get_u16(p + 6) & 0x3fff))
        return QUICK_NO;
    if (total > left && f->octets.n >= f->original)
        return QUICK_NO;
    uint8_t proto = p[9];
    if (proto != PROTO_UDP && proto != PROTO_TCP)
        return QUICK_NO;
    k->flags = 0;
    k->ips = p + 12;
    k->path = (uint16_t)(k->path + (proto == PROTO_TCP));
    return transport(f, k, p + head, (total < left ? total : left) - head, total - head, proto);
}

static enum quick ip6(const struct capfile_frame *f, struct packet *k, const uint8_t *p,
                      size_t left)
{
    if (left < 40 || p[0] >> 4 != 6)
        return QUICK_NO;
    size_t claimed = get_u16(p + 4);
    uint8_t proto = p[6];
    left -= 40;
    if (claimed == 0 || (claimed > left && f->octets.n >= f->original) ||
        (proto != PROTO_UDP && proto != PROTO_TCP))
        return QUICK_NO;
    k->flags = PACKET_SIX;
    k->ips = p + 8;
    k->path = (uint16_t)(k->path + 2 + (proto == PROTO_TCP));
    return transport(f, k, p + 40, claimed < left ? claimed : left, claimed, proto);
}

static enum quick typed(const struct capfile_frame *f, struct packet *k, enum link link, size_t at,
                        uint16_t type)
{
    const uint8_t *p = f->octets.p;
    size_t n = f->octets.n, vlans = 0;

    while (type == ETHER_VLAN || type == ETHER_QINQ || type == ETHER_QINQ_OLD) {
        if (++vlans > QUICK_VLANS || n - at < 4)
            return QUICK_NO;
        type = get_u16(p + at + 2);
        at += 4;
    }
    k->path = (uint16_t)(((unsigned)link * (QUICK_VLANS + 1) + vlans) * 4);
    if (type == ETHER_IP4)
        return ip4(f, k, p + at, n - at);
    if (type == ETHER_IP6)
        return ip6(f, k, p + at, n - at);
    return type == ETHER_ARP ? QUICK_NOTHING : QUICK_NO;
}

static enum quick bare(const struct capfile_frame *f, struct packet *k, enum link link, size_t at)
{
    const uint8_t *p = f->octets.p + at;
    size_t n = f->octets.n - at;

    k->path = (uint16_t)((unsigned)link * (QUICK_VLANS + 1) * 4);
    if (n == 0)
        return QUICK_NO;
    return p[0] >> 4 == 4 ? ip4(f, k, p, n) : ip6(f, k, p, n);
}

enum quick quick_packet(const struct capfile_frame *f, struct packet *k)
{
    const uint8_t *p = f->octets.p;
    size_t n = f->octets.n;

    if (f->odd)
        return QUICK_NO;
    switch (f->link) {
    case 1:
        if (n >= 14 && get_u16(p + 12) == ETHER_IP4) {
            k->path = ETH;
            return ip4(f, k, p + 14, n - 14);
        }
        return n < 14 ? QUICK_NO : typed(f, k, ETH, 14, get_u16(p + 12));
    case 113:
        return n < 16 ? QUICK_NO : typed(f, k, SLL, 16, get_u16(p + 14));
    case 276:
        return n < 20 ? QUICK_NO : typed(f, k, SLL2, 20, get_u16(p));
    case 12:
    case 14:
    case 101:
    case 228:
    case 229:
        return bare(f, k, RAW, 0);
    case 0: /* an address family: those of loopback, in the order of the machine or of the network */
        return n < 4 || (get_u32(p) != 2 && get_u32(p) != 0x02000000) ? QUICK_NO
                                                                      : bare(f, k, NUL, 4);
    case 108:
        return n < 4 || get_u32(p) != 2 ? QUICK_NO : bare(f, k, LOOP, 4);
    default:
        return QUICK_NO;
    }
}
