/* harness/replay/layers.c - link layers: LINKTYPE and EtherType values down to IP. */
#include "harness/replay/layers.h"

enum {
    ETHER_IP4 = 0x0800,
    ETHER_IP6 = 0x86dd,
    ETHER_VLAN = 0x8100,
    ETHER_QINQ = 0x88a8,
    ETHER_QINQ_OLD = 0x9100,
    ETHER_PPPOE = 0x8864,
    ETHER_HEADER = 14,
    ETHER_LEAST = 0x0600,   /* below: a length, IEEE 802.3 */
    ETHER_BRIDGED = 0x6558, /* Ethernet in GRE */
    ETHER_PPP = 0x880b,     /* PPP in GRE (PPTP) */
    PPP_IP4 = 0x0021,
    PPP_IP6 = 0x0057,
};

void layers_problem(struct layers *l, size_t off, const char *what, uint64_t a, uint64_t b)
{
    l->counts.problems++;
    if (l->n_problems < CAPREAD_PROBLEMS_MAX)
        l->problems[l->n_problems++] = (struct capread_problem){
            .frame = l->frame->number, .off = off, .what = what, .arg = {a, b}};
}

void layers_name(struct layers *l, const char *name)
{
    if (l->names.n)
        wr_u8(&l->names, '/');
    wr_text(&l->names, name);
}

size_t layers_off(const struct layers *l, struct span s)
{
    return l->whole || !s.p ? 0 : (size_t)(s.p - l->frame->octets.p);
}

/* A header that does not fit: told, unless the capture itself cut the frame. */
static void stub(struct layers *l, struct span s, const char *what, size_t want)
{
    if (l->frame->octets.n >= l->frame->original)
        layers_problem(l, layers_off(l, s), what, s.n, want);
}

static void ether_type(struct layers *l, uint16_t type, struct rd *r);

static void pppoe(struct layers *l, struct rd *r)
{
    struct span rest = span_cut((struct span){r->p, r->n}, r->pos, r->n), head;
    uint16_t proto;

    layers_name(l, "pppoe");
    if (!rd_take(r, 6, &head) || !rd_u16(r, &proto)) {
        stub(l, rest, "%u octets are left for a PPPoE header of %u", 8);
        return;
    }
    size_t length = get_u16(head.p + 4), left = rest.n - 6; /* the protocol is counted */
    bool cut = l->frame->octets.n < l->frame->original;
    if (length < 2 || (length > left && !cut))
        layers_problem(l, layers_off(l, rest) + 4, "the PPPoE length is %u, %u octets are left",
                       length, left);
    if (length < 2 || length > left)
        length = left;
    if (proto == PPP_IP4 || proto == PPP_IP6) /* behind it there may be padding of Ethernet's */
        layers_ip(l, span_cut(rest, 8, 6 + length));
    else
        l->counts.not_ip++;
}

/* PPP (RFC 1661, RFC 1662): address and control may be there, the protocol has one octet or two. */
static void ppp(struct layers *l, struct span s)
{
    layers_name(l, "ppp");
    if (s.n >= 2 && s.p[0] == 0xff && s.p[1] == 3)
        s = span_cut(s, 2, s.n);
    size_t size = s.n && s.p[0] & 1 ? 1 : 2;
    if (s.n < size) {
        stub(l, s, "%u octets are left for a PPP header of %u", size);
        return;
    }
    uint16_t proto = size == 1 ? s.p[0] : get_u16(s.p);
    if (proto == PPP_IP4 || proto == PPP_IP6)
        layers_ip(l, span_cut(s, size, s.n));
    else
        l->counts.not_ip++;
}

/* An IEEE 802.3 frame: what SNAP says it carries. */
static void snap(struct layers *l, uint16_t length, struct rd *r)
{
    static const uint8_t head[6] = {0xaa, 0xaa, 3, 0, 0, 0};
    struct span body = span_cut((struct span){r->p, r->n}, r->pos, r->pos + length);
    struct rd in = rd_of(body);
    struct span got;
    uint16_t type;

    if (rd_take(&in, 6, &got) && memcmp(got.p, head, 6) == 0 && rd_u16(&in, &type) &&
        type >= ETHER_LEAST)
        ether_type(l, type, &in);
    else
        l->counts.not_ip++;
}

static void ether_type(struct layers *l, uint16_t type, struct rd *r)
{
    struct span all = {r->p, r->n};

    for (unsigned tags = 0; type == ETHER_VLAN || type == ETHER_QINQ || type == ETHER_QINQ_OLD;) {
        uint16_t tag;
        struct span rest = span_cut(all, r->pos, r->n);
        if (++tags > CAPREAD_VLANS_MAX) {
            layers_problem(l, layers_off(l, rest), "the frame has more than %u VLAN tags",
                           CAPREAD_VLANS_MAX, 0);
            return;
        }
        layers_name(l, "vlan");
        if (!rd_u16(r, &tag) || !rd_u16(r, &type)) {
            stub(l, rest, "%u octets are left for a VLAN tag of %u", 4);
            return;
        }
    }
    if (type == ETHER_IP4 || type == ETHER_IP6)
        layers_ip(l, span_cut(all, r->pos, r->n));
    else if (type == ETHER_PPPOE)
        pppoe(l, r);
    else if (type < ETHER_LEAST)
        snap(l, type, r);
    else
        l->counts.not_ip++;
}

/* Link layers that are a header of fixed size with an EtherType in it. */
static void typed(struct layers *l, struct span s, const char *name, size_t size, size_t type_at)
{
    layers_name(l, name);
    if (s.n < size) {
        stub(l, s, "%u octets are left for a link header of %u", size);
        return;
    }
    struct rd r = rd_of(s);
    uint16_t type = get_u16(s.p + type_at);
    r.pos = size;
    if (size == ETHER_HEADER && type < ETHER_LEAST && type > s.n - size)
        stub(l, span_cut(s, size, s.n), "%u octets are left of an IEEE 802.3 frame of %u", type);
    ether_type(l, type, &r);
}

/* BSD's null and loop: an address family of four octets, in the host's order or the network's;
 * its value differs between systems, so the packet itself says its version. */
static void loop(struct layers *l, const char *name)
{
    static const uint8_t families[] = {2, 10, 23, 24, 28, 30};
    struct span s = l->frame->octets;

    layers_name(l, name);
    if (s.n < 4) {
        stub(l, s, "%u octets are left for a link header of %u", 4);
        return;
    }
    uint32_t v = get_u32(s.p);
    if (v > 0xffff)
        v = (v & 0xff) << 24 | (v & 0xff00) << 8 | (v >> 8 & 0xff00) | v >> 24;
    for (size_t i = 0; i < COUNT(families); i++)
        if (families[i] == v) {
            layers_ip(l, span_cut(s, 4, s.n));
            return;
        }
    l->counts.not_ip++;
}

void layers_gre(struct layers *l, struct span s)
{
    static const size_t parts[] = {0x8000, 0x2000, 0x1000}; /* checksum, key, sequence number */
    size_t size = 4;

    layers_name(l, "gre");
    uint16_t flags = s.n >= 2 ? get_u16(s.p) : 0;
    for (size_t i = 0; i < COUNT(parts); i++)
        size += flags & parts[i] ? 4 : 0;
    if ((flags & 7) == 1 && (flags & 0x0080)) /* version 1, RFC 2637: an acknowledgement */
        size += 4;
    if (s.n < size || (flags & 0x4000)) { /* routing is of RFC 1701 alone */
        if (s.n < size)
            stub(l, s, "%u octets are left for a GRE header of %u", size);
        l->counts.other += !l->quoted;
        return;
    }
    struct span body = span_cut(s, size, s.n);
    struct rd r = rd_of(body);
    uint16_t type = get_u16(s.p + 2);
    if (type == ETHER_BRIDGED && l->nested < CAPREAD_NESTED_MAX)
        typed(l, body, "eth", ETHER_HEADER, 12);
    else if (type == ETHER_PPP)
        ppp(l, body);
    else if (type >= ETHER_LEAST)
        ether_type(l, type, &r);
    else
        l->counts.other += !l->quoted;
}

static const struct {
    uint32_t type; /* LINKTYPE */
    const char *name;
    size_t size, type_at;
} links[] = {
    {0, "null", 0, 0},  {1, "eth", ETHER_HEADER, 12}, {12, NULL, 0, 0},     {14, NULL, 0, 0},
    {101, NULL, 0, 0},  {108, "loop", 0, 0},          {113, "sll", 16, 14}, {228, NULL, 0, 0},
    {229, NULL, 0, 0},  {276, "sll2", 20, 0},         {9, "ppp", 0, 0},     {50, "ppp", 0, 0},
    {166, "ppp", 0, 0}, {204, "ppp", 1, 0},           {51, "pppoe", 0, 0},
};

static void link_layer(struct layers *l, const struct capfile_frame *f)
{
    struct rd r = rd_of(f->octets);

    for (size_t i = 0; i < COUNT(links); i++) {
        const char *name = links[i].name;
        if (links[i].type != f->link)
            continue;
        if (!name)
            layers_ip(l, f->octets);
        else if (strcmp(name, "ppp") == 0) /* of 204 the first octet is the direction */
            ppp(l, span_cut(f->octets, links[i].size, f->octets.n));
        else if (strcmp(name, "pppoe") == 0)
            pppoe(l, &r);
        else if (links[i].size)
            typed(l, f->octets, name, links[i].size, links[i].type_at);
        else
            loop(l, name);
        return;
    }
    l->counts.link_unknown++;
    if (f->link != CAPFILE_NO_LINK && l->told_link != f->link + 1) {
        layers_problem(l, 0, "its link type is %u, which is not read", f->link, 0);
        l->told_link = f->link + 1;
    }
}

void layers_frame(struct layers *l, const struct capfile_frame *f)
{
    l->frame = f;
    l->n_problems = 0;
    l->found = l->segment = l->quoted = l->whole = false;
    l->nested = 0;
    l->names = (struct wr){(uint8_t *)l->path, sizeof l->path - 1, 0, false};
    l->counts.frames++;
    l->counts.octets += f->octets.n;
    l->counts.cut += f->octets.n < f->original;
    if (f->odd)
        layers_problem(l, 0, f->odd, f->odd_arg[0], f->odd_arg[1]);
    link_layer(l, f);
    l->path[l->names.n] = '\0';
}
