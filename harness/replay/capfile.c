/* harness/replay/capfile.c - pcap (draft-ietf-opsawg-pcap), pcapng (draft-ietf-opsawg-pcapng) and snoop (RFC
 * 1761) as a stream of frames. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "harness/replay/capfile.h"

enum {
    BLOCK_INTERFACE = 1,
    BLOCK_OLD_PACKET = 2,
    BLOCK_SIMPLE = 3,
    BLOCK_NAMES = 4,
    BLOCK_STATISTICS = 5,
    BLOCK_PACKET = 6,
    BLOCK_IRIG = 7, /* time stamps of another kind */
    BLOCK_JOURNAL = 9,
    BLOCK_SECRETS = 10,
    BLOCK_CUSTOM = 0xbad,
    BLOCK_CUSTOM_KEEP = 0x40000bad, /* not to be copied */
    OPT_END = 0,
    OPT_COMMENT = 1,
    OPT_TSRESOL = 9,
    OPT_TSOFFSET = 14,
    PCAP_HEADER = 24,
    PCAP_RECORD = 16,
    BLOCK_EDGES = 12, /* type, length, length again */
    SECRETS_HEAD = 16,
    SNOOP_HEADER = 16,
    SNOOP_RECORD = 24,
    RARE_WINDOW = 1 << 18, /* octets of libpcap's frames that a window gets */
};
#define BLOCK_SECTION 0x0a0d0d0au
#define NS 1000000000u

bool capfile_open(struct capfile *c, int fd, const char *name, const char **err)
{
    *c = (struct capfile){.name = name, .own = true, .target = CAPFILE_BUFFER};
    capsource_open(&c->src, fd);
    c->interfaces = calloc(CAPREAD_INTERFACES_MAX, sizeof *c->interfaces);
    if (c->interfaces)
        return true;
    *err = strerrordesc_np(ENOMEM);
    capfile_close(c);
    return false;
}

void capfile_close(struct capfile *c)
{
    if (c->own)
        free(c->buf);
    caprare_close(c->rare);
    capsource_close(&c->src);
    free(c->interfaces);
    c->buf = NULL;
    c->rare = NULL;
    c->interfaces = NULL;
}

void capfile_window(struct capfile *c, uint8_t *buf, size_t target)
{
    size_t left = c->n - c->pos;

    if (left)
        memmove(buf, c->buf + c->pos, left); /* it may be the same buffer */
    if (c->own)
        free(c->buf);
    c->own = false;
    c->buf = buf;
    c->base += c->pos;
    c->pos = 0;
    c->n = left;
    c->windows = true;
    c->target = target;
    c->given = 0;
    c->starved = false;
    if (!c->opened || c->kind == CAPFILE_RARE)
        return;
    while (c->n < target) { /* what fails, or ends, shows when it is asked for again */
        ptrdiff_t got = capsource_read(&c->src, c->buf + c->n, target - c->n, false);
        if (got <= 0)
            return;
        c->n += (size_t)got;
    }
}

/* ---- octets ---- */

static inline uint32_t u32(const struct capfile *c, const uint8_t *p)
{
    uint32_t v = get_u32(p);
    return c->big ? v : __builtin_bswap32(v);
}

static uint16_t u16(const struct capfile *c, const uint8_t *p)
{
    return (uint16_t)(c->big ? p[0] << 8 | p[1] : p[1] << 8 | p[0]);
}

/* The end of reading: a sentence with file, frame and octet. */
__attribute__((format(printf, 2, 3))) static enum capread_item fail(struct capfile *c,
                                                                    const char *format, ...)
{
    va_list ap;
    unsigned long long at = c->base + c->pos;
    int n = snprintf(c->why, sizeof c->why, "%s: frame %u", c->name, c->frames + 1);

    if (c->kind != CAPFILE_RARE && n > 0 &&
        (size_t)n < sizeof c->why) /* libpcap does not say where */
        n += snprintf(c->why + n, sizeof c->why - (size_t)n, ", octet %llu", at);
    if (n > 0 && (size_t)n < sizeof c->why)
        n += snprintf(c->why + n, sizeof c->why - (size_t)n, ": ");
    va_start(ap, format);
    if (n > 0 && (size_t)n < sizeof c->why)
        vsnprintf(c->why + n, sizeof c->why - (size_t)n, format, ap);
    va_end(ap);
    c->done = true;
    return CAPREAD_ERROR;
}

/* Read on until `n` octets (at most CAPFILE_BUFFER) are there; returns how many are, up to `n`. */
static size_t need(struct capfile *c, size_t n)
{
    if (c->n - c->pos >= n)
        return n;
    if (!c->buf && !(c->buf = calloc(1, CAPFILE_BUFFER))) { /* no window: one of its own */
        c->src.why = strerrordesc_np(ENOMEM);
        c->done = true;
        return 0;
    }
    if (c->windows && c->given) { /* what was given out has to stay where it is */
        c->starved = true;
        return c->n - c->pos;
    }
    if (c->pos) {
        memmove(c->buf, c->buf + c->pos, c->n - c->pos);
        c->base += c->pos;
        c->n -= c->pos;
        c->pos = 0;
    }
    while (c->n < n) {
        size_t most = c->opened ? c->target > n ? c->target : n : CAPRARE_HEAD;
        ptrdiff_t got = capsource_read(&c->src, c->buf + c->n, most - c->n, true);
        if (got < 0)
            c->done = true; /* told by cut_short */
        if (got <= 0)
            return c->n;
        c->n += (size_t)got;
    }
    return n;
}

/* Pass over `n` octets, however many; false: the file ends before. */
static bool skip(struct capfile *c, uint64_t n)
{
    while (n) {
        size_t want = n < CAPFILE_BUFFER ? (size_t)n : CAPFILE_BUFFER;
        if (need(c, want) < want)
            return false;
        c->pos += want;
        n -= want;
    }
    return true;
}

static enum capread_item cut_short(struct capfile *c, const char *what, size_t have, uint64_t want)
{
    if (c->starved)
        return CAPREAD_MORE;
    if (c->done)
        return fail(c, "reading fails: %s", c->src.why);
    return fail(c, "the file ends inside %s (%zu of %llu octets are there)", what, have,
                (unsigned long long)want);
}

/* ---- pcap ---- */

static enum capread_item pcap_next(struct capfile *c, struct capfile_frame *f)
{
    size_t have = need(c, PCAP_RECORD);

    if (have == 0 && !c->done && !c->starved)
        return CAPREAD_END;
    if (have < PCAP_RECORD)
        return cut_short(c, "the header of a frame", have, PCAP_RECORD);
    const uint8_t *p = c->buf + c->pos;
    uint32_t sec = u32(c, p), frac = u32(c, p + 4), caught = u32(c, p + 8);
    f->original = u32(c, p + 12);
    if (caught > CAPREAD_FRAME_MAX)
        return fail(c, "the frame is said to hold %u octets, %d is the most", caught,
                    CAPREAD_FRAME_MAX);
    have = need(c, PCAP_RECORD + caught);
    if (have < PCAP_RECORD + caught)
        return cut_short(c, "the frame", have - PCAP_RECORD, caught);
    __builtin_prefetch(c->buf + c->pos + 2 * (PCAP_RECORD + (size_t)caught)); /* the next but one */
    f->octets = (struct span){c->buf + c->pos + PCAP_RECORD, caught};
    f->time_ns = (uint64_t)sec * NS + (uint64_t)frac * (c->nano ? 1 : 1000);
    f->link = c->link;
    if (frac >= (c->nano ? NS : 1000000)) {
        f->odd = "the fraction of its second is %u";
        f->odd_arg[0] = frac;
    }
    c->pos += PCAP_RECORD + caught;
    return CAPREAD_DATAGRAM;
}

size_t capfile_some(struct capfile *c, struct capfile_frame *f, size_t most)
{
    size_t n = 0, left = c->n - c->pos;
    const uint8_t *p = c->buf + c->pos;
    uint32_t whole = c->nano ? NS : 1000000, unit = c->nano ? 1 : 1000;

    if (c->done || !c->opened || c->kind != CAPFILE_PCAP)
        return 0;
    while (n < most && left >= PCAP_RECORD) {
        uint32_t sec = u32(c, p), frac = u32(c, p + 4), caught = u32(c, p + 8),
                 original = u32(c, p + 12);
        size_t record = PCAP_RECORD + (size_t)caught;
        if (caught > CAPREAD_FRAME_MAX || record > left || frac >= whole || original < caught)
            break;
        __builtin_prefetch(p + 2 * record);
        f[n] = (struct capfile_frame){.number = c->frames + (uint32_t)n + 1,
                                      .link = c->link,
                                      .time_ns = (uint64_t)sec * NS + (uint64_t)frac * unit,
                                      .octets = {p + PCAP_RECORD, caught},
                                      .original = original};
        p += record;
        left -= record;
        n++;
    }
    c->pos = c->n - left;
    c->given += n;
    c->frames += (uint32_t)n;
    return n;
}

static enum capread_item pcap_open(struct capfile *c, uint32_t magic_le)
{
    static const struct {
        uint32_t magic;
        bool big, nano;
    } kinds[] = {{0xa1b2c3d4, false, false},
                 {0xd4c3b2a1, true, false},
                 {0xa1b23c4d, false, true},
                 {0x4d3cb2a1, true, true}};
    size_t have;
    const char *why;

    for (size_t i = 0; i < COUNT(kinds); i++)
        if (kinds[i].magic == magic_le) {
            c->big = kinds[i].big;
            c->nano = kinds[i].nano;
            if ((have = need(c, PCAP_HEADER)) < PCAP_HEADER)
                return cut_short(c, "the header of the file", have, PCAP_HEADER);
            c->link = u32(c, c->buf + c->pos + 20) & 0x03ffffff; /* above: FCS length */
            c->pos += PCAP_HEADER;
            return CAPREAD_DATAGRAM;
        }
    c->rare = caprare_open(&c->src, (struct span){c->buf, c->n}, &why);
    if (!c->rare && why)
        return fail(c, "this is neither pcap nor pcapng, and %s", why);
    if (!c->rare)
        return fail(c, "this is no capture file: neither pcap nor pcapng");
    c->kind = CAPFILE_RARE;
    c->pos = c->n;
    return CAPREAD_DATAGRAM;
}

/* A frame of libpcap's, copied behind those of this window. */
static enum capread_item rare_next(struct capfile *c, struct capfile_frame *f)
{
    struct caprare_frame *a = &c->ahead;
    const char *why;

    if (!a->octets.p) {
        int got = caprare_next(c->rare, a, &why);
        if (got == 0)
            return CAPREAD_END;
        if (got < 0)
            return fail(c, "libpcap: %s", why);
    }
    if (a->octets.n > CAPREAD_FRAME_MAX)
        return fail(c, "the frame is said to hold %zu octets, %d is the most", a->octets.n,
                    CAPREAD_FRAME_MAX);
    if (!c->windows)
        c->n = 0;
    if (c->windows && c->given &&
        (c->n + a->octets.n > RARE_WINDOW || c->n > CAPFILE_BUFFER - CAPREAD_FRAME_MAX))
        return CAPREAD_MORE;
    memcpy(c->buf + c->n, a->octets.p, a->octets.n);
    *f = (struct capfile_frame){.link = a->link,
                                .time_ns = a->time_ns,
                                .octets = {c->buf + c->n, a->octets.n},
                                .original = a->original};
    c->n += a->octets.n;
    c->pos = c->n;
    a->octets.p = NULL;
    return CAPREAD_DATAGRAM;
}

/* ---- snoop (RFC 1761) ---- */

static enum capread_item snoop_open(struct capfile *c)
{
    static const uint32_t links[][2] = {{0, 1}, {1, 6}, {2, 6}, {4, 1}, {8, 10}}; /* LINKTYPE */
    size_t have = need(c, SNOOP_HEADER);

    if (have < SNOOP_HEADER)
        return cut_short(c, "the header of the file", have, SNOOP_HEADER);
    if (get_u32(c->buf + 8) != 2)
        return fail(c, "the snoop file is of version %u, not 2", get_u32(c->buf + 8));
    c->link = CAPFILE_NO_LINK;
    for (size_t i = 0; i < COUNT(links); i++)
        if (links[i][0] == get_u32(c->buf + 12))
            c->link = links[i][1];
    c->kind = CAPFILE_SNOOP;
    c->pos = SNOOP_HEADER;
    return CAPREAD_DATAGRAM;
}

static enum capread_item snoop_next(struct capfile *c, struct capfile_frame *f)
{
    size_t have = need(c, SNOOP_RECORD);

    if (have == 0 && !c->done && !c->starved)
        return CAPREAD_END;
    if (have < SNOOP_RECORD)
        return cut_short(c, "the header of a frame", have, SNOOP_RECORD);
    const uint8_t *p = c->buf + c->pos;
    uint32_t caught = get_u32(p + 4), whole = get_u32(p + 8);
    f->original = get_u32(p);
    f->link = c->link;
    f->time_ns = (uint64_t)get_u32(p + 16) * NS + (uint64_t)get_u32(p + 20) * 1000;
    if (caught > CAPREAD_FRAME_MAX || whole < SNOOP_RECORD || whole - SNOOP_RECORD < caught ||
        whole - SNOOP_RECORD > CAPREAD_FRAME_MAX + 3)
        return fail(c, "the frame is said to hold %u octets in a record of %u", caught, whole);
    have = need(c, whole);
    if (have < whole)
        return cut_short(c, "the frame", have - SNOOP_RECORD, whole - SNOOP_RECORD);
    f->octets = (struct span){c->buf + c->pos + SNOOP_RECORD, caught};
    c->pos += whole;
    return CAPREAD_DATAGRAM;
}

/* ---- pcapng ---- */

uint64_t capfile_time(uint64_t stamp, uint8_t resolution, int64_t offset)
{
    unsigned power = resolution & 0x7f;
    uint64_t ns, shift;

    if (resolution & 0x80) { /* units of 2^-power s */
        uint64_t sec = power < 64 ? stamp >> power : 0;
        uint64_t frac = power < 64 ? stamp - (sec << power) : stamp;
        if (power > 32) /* the fraction in 2^-32 s */
            frac = power - 32 < 64 ? frac >> (power - 32) : 0;
        uint64_t part = power ? frac * NS >> (power > 32 ? 32 : power) : 0;
        if (__builtin_mul_overflow(sec, NS, &ns) || __builtin_add_overflow(ns, part, &ns))
            ns = UINT64_MAX;
    } else { /* of 10^-power s */
        ns = stamp;
        for (; power > 9 && ns; power--)
            ns /= 10;
        for (; power < 9; power++)
            if (__builtin_mul_overflow(ns, 10u, &ns))
                return UINT64_MAX;
    }
    uint64_t size = offset < 0 ? -(uint64_t)offset : (uint64_t)offset;
    if (__builtin_mul_overflow(size, NS, &shift))
        shift = UINT64_MAX;
    if (offset < 0)
        return ns > shift ? ns - shift : 0;
    return __builtin_add_overflow(ns, shift, &ns) ? UINT64_MAX : ns;
}

struct option { /* of a block */
    uint16_t code;
    struct span value;
};

/* The option at `*at`, which goes on behind it. False: there is none, or it does not fit. */
static bool option_next(const struct capfile *c, const uint8_t *p, size_t end, size_t *at,
                        struct option *o)
{
    if (*at + 4 > end)
        return false;
    uint16_t n = u16(c, p + *at + 2);
    *o = (struct option){u16(c, p + *at), {p + *at + 4, n}};
    if (o->code == OPT_END || n > end - *at - 4)
        return false;
    *at += 4 + ((size_t)n + 3) / 4 * 4;
    return true;
}

/* Comments among the options that begin at `at`. */
static void comments(struct capfile *c, const uint8_t *p, size_t total, size_t at,
                     enum capread_of of, uint32_t interface)
{
    struct option o;

    while (c->comment && option_next(c, p, total - 4, &at, &o)) {
        const struct capread_comment said = {of, c->sections, interface, c->frames + 1, o.value};
        if (o.code != OPT_COMMENT)
            continue;
        c->comment(c->ctx, &said);
        c->given++;
    }
}

static enum capread_item section(struct capfile *c, const uint8_t *p, size_t total)
{
    uint16_t major = u16(c, p + 12);
    if (major != 1)
        return fail(c, "the section is of version %u, not 1", major);
    c->n_interfaces = 0;
    c->sections++;
    comments(c, p, total, 24, CAPREAD_SECTION, 0);
    return CAPREAD_DATAGRAM;
}

/* An interface description: link type, limit, and options. */
static enum capread_item interface(struct capfile *c, const uint8_t *p, size_t total)
{
    struct capfile_interface *i = &c->interfaces[c->n_interfaces];
    struct option o;
    size_t at = 16;

    if (c->n_interfaces == CAPREAD_INTERFACES_MAX)
        return fail(c, "the section has more than %d interfaces", CAPREAD_INTERFACES_MAX);
    *i = (struct capfile_interface){u16(c, p + 8), u32(c, p + 12), 6, 0};
    while (option_next(c, p, total - 4, &at, &o)) {
        const uint8_t *v = o.value.p;
        if (o.code == OPT_TSRESOL && o.value.n == 1)
            i->resolution = *v;
        if (o.code == OPT_TSOFFSET && o.value.n == 8) {
            uint64_t hi = u32(c, c->big ? v : v + 4), lo = u32(c, c->big ? v + 4 : v);
            i->offset = (int64_t)(hi << 32 | lo);
        }
    }
    comments(c, p, total, 16, CAPREAD_INTERFACE, (uint32_t)c->n_interfaces);
    c->n_interfaces++;
    return CAPREAD_DATAGRAM;
}

/* A block that holds a frame. `room`: octets in it from `at` to its end. */
static void packet(struct capfile *c, uint32_t type, const uint8_t *p, size_t total,
                   struct capfile_frame *f)
{
    bool simple = type == BLOCK_SIMPLE;
    size_t at = simple ? 12 : 28, room = total - 4 - at;
    uint32_t id = simple ? 0 : type == BLOCK_PACKET ? u32(c, p + 8) : u16(c, p + 8);
    const struct capfile_interface *i = id < c->n_interfaces ? &c->interfaces[id] : NULL;
    uint32_t caught = u32(c, simple ? p + 8 : p + 20);

    f->original = u32(c, simple ? p + 8 : p + 24);
    if (simple && i && i->snap && caught > i->snap)
        caught = i->snap;
    if (simple && caught > room)
        caught = (uint32_t)room; /* it says only how long the frame was */
    f->link = i ? i->link : CAPFILE_NO_LINK;
    if (i && !simple)
        f->time_ns =
            capfile_time((uint64_t)u32(c, p + 12) << 32 | u32(c, p + 16), i->resolution, i->offset);
    if (!i) {
        f->odd = "it is on interface %u, which the section does not describe";
        f->odd_arg[0] = id;
    }
    if (caught > room) {
        f->odd = "it is said to hold %u octets, its block has room for %u";
        f->odd_arg[0] = caught;
        f->odd_arg[1] = room;
        caught = (uint32_t)room;
    }
    f->octets = (struct span){p + at, caught};
    if (!simple)
        comments(c, p, total, (at + caught + 3) / 4 * 4, CAPREAD_FRAME, 0);
}

static const struct block {
    uint32_t type;
    size_t least; /* octets of the whole block */
    bool passed;  /* it says nothing of what was on the wire, or nothing that is used here */
} blocks[] = {
    {BLOCK_SECTION, 28, false},
    {BLOCK_INTERFACE, 20, false},
    {BLOCK_OLD_PACKET, 32, false},
    {BLOCK_SIMPLE, 16, false},
    {BLOCK_PACKET, 32, false},
    {BLOCK_NAMES, BLOCK_EDGES, true},
    {BLOCK_STATISTICS, BLOCK_EDGES, true},
    {BLOCK_IRIG, BLOCK_EDGES, true},
    {BLOCK_JOURNAL, BLOCK_EDGES, true},
    {BLOCK_SECRETS, BLOCK_EDGES, true},
    {BLOCK_CUSTOM, BLOCK_EDGES, true},
    {BLOCK_CUSTOM_KEEP, BLOCK_EDGES, true},
};

/* NULL: the type is not known. */
static const struct block *block_of(uint32_t type)
{
    for (size_t i = 0; i < COUNT(blocks); i++)
        if (blocks[i].type == type)
            return &blocks[i];
    return NULL;
}

/* The length of the block at the front, checked; CAPREAD_DATAGRAM where it is in order. */
static enum capread_item block_head(struct capfile *c, uint32_t *type, uint32_t *total)
{
    size_t have = need(c, 8);

    if (have == 0 && !c->done && !c->starved)
        return CAPREAD_END;
    if (have < 8)
        return cut_short(c, "the header of a block", have, 8);
    *type = u32(c, c->buf + c->pos);
    if (*type == BLOCK_SECTION) { /* says itself in what order its octets stand */
        if ((have = need(c, 12)) < 12)
            return cut_short(c, "the header of a section", have, 12);
        uint32_t order = get_u32(c->buf + c->pos + 8);
        if (order != 0x1a2b3c4d && order != 0x4d3c2b1a)
            return fail(c, "the section has no byte-order magic");
        c->big = order == 0x1a2b3c4d;
    }
    *total = u32(c, c->buf + c->pos + 4);
    const struct block *b = block_of(*type);
    size_t least = b ? b->least : BLOCK_EDGES;
    if (*total < least)
        return fail(c, "a block of type %u is said to have %u octets, %zu is the least", *type,
                    *total, least);
    return CAPREAD_DATAGRAM;
}

/* To be told with the next frame, unless there is something already. */
static void note(struct capfile *c, const char *odd, uint64_t a, uint64_t b)
{
    if (c->odd)
        return;
    c->odd = odd;
    c->odd_arg[0] = a;
    c->odd_arg[1] = b;
}

/* A block of secrets: type, length, octets. What its length says beyond the block is not there. */
static void secrets(struct capfile *c, const uint8_t *p, size_t total)
{
    size_t room = total - 4 - SECRETS_HEAD, n = u32(c, p + 12);

    if (c->secrets)
        c->secrets(c->ctx, u32(c, p + 8), (struct span){p + SECRETS_HEAD, n < room ? n : room},
                   c->frames + 1);
}

/* One block of pcapng; sets *frame where it held one. */
static enum capread_item block_next(struct capfile *c, struct capfile_frame *f, bool *frame)
{
    uint32_t type = 0, total = 0;
    const size_t start = c->pos;
    enum capread_item got = block_head(c, &type, &total);

    if (got != CAPREAD_DATAGRAM)
        return got;
    uint64_t padded = ((uint64_t)total + 3) / 4 * 4; /* some writers forget to count the padding */
    size_t have, want = (size_t)padded;
    bool kept = type == BLOCK_SECRETS && padded <= CAPREAD_BLOCK_MAX && padded >= SECRETS_HEAD + 4;
    if (type == BLOCK_SECRETS && padded > CAPREAD_BLOCK_MAX)
        note(c, "beside it a block of secrets of %u octets is passed over, %u is the most", total,
             CAPREAD_BLOCK_MAX);
    const struct block *b = block_of(type);
    const bool read = b && !b->passed;
    if (!read && !kept) {
        uint64_t left = padded;
        for (; left > CAPREAD_BLOCK_MAX; left -= CAPREAD_BLOCK_MAX)
            if (!skip(c, CAPREAD_BLOCK_MAX)) {
                have = c->n - c->pos;
                c->pos = c->starved ? start : c->pos;
                return cut_short(c, "a block", have, left);
            }
        want = (size_t)left;
    } else if (padded > CAPREAD_BLOCK_MAX) {
        return fail(c, "a block of type %u is said to have %u octets, %d is the most", type, total,
                    CAPREAD_BLOCK_MAX);
    }
    if ((have = need(c, want)) < want) {
        c->pos = c->starved ? start : c->pos;
        return cut_short(c, "a block", have, want);
    }
    const uint8_t *p = c->buf + c->pos;
    uint32_t again = want >= 4 ? u32(c, p + want - 4) : total;
    if (again != total)
        return fail(c, "a block says %u octets at its start and %u at its end", total, again);
    if (type == BLOCK_SECTION)
        got = section(c, p, want);
    else if (type == BLOCK_INTERFACE)
        got = interface(c, p, want);
    else if ((*frame = read))
        packet(c, type, p, want, f);
    else if (kept)
        secrets(c, p, want);
    else if (type == BLOCK_JOURNAL || type == BLOCK_CUSTOM || type == BLOCK_CUSTOM_KEEP)
        c->frames++; /* no frame, but Wireshark gives it a number */
    else if (!b)
        note(c, "beside it a block of type %u, which is not known, is passed over: %u octets", type,
             total);
    if (got == CAPREAD_DATAGRAM)
        c->pos += want;
    return got;
}

/* What the file is, by its first octets. */
static enum capread_item identify(struct capfile *c)
{
    static const uint8_t snoop[8] = "snoop\0\0";
    size_t have = need(c, 4);

    if (have >= 2 && c->buf[0] == 0x1f && c->buf[1] == 0x8b && !c->src.gzip) {
        if (!capsource_unpack(&c->src, (struct span){c->buf, c->n}))
            return fail(c, "no memory is left to unpack it");
        c->n = 0;
        have = need(c, 4);
    }
    if (have < 4)
        return have == 0 && !c->done ? fail(c, "the file is empty")
                                     : cut_short(c, "the header of the file", have, 4);
    if (get_u32(c->buf) == BLOCK_SECTION) {
        c->kind = CAPFILE_PCAPNG;
        return CAPREAD_DATAGRAM;
    }
    if (memcmp(c->buf, snoop, 4) == 0 && need(c, 8) == 8 && memcmp(c->buf, snoop, 8) == 0)
        return snoop_open(c);
    return pcap_open(c, u32(c, c->buf));
}

static enum capread_item any_next(struct capfile *c, struct capfile_frame *f)
{
    enum capread_item got = CAPREAD_DATAGRAM;
    bool frame = false;

    switch (c->kind) {
    case CAPFILE_PCAP:
        return pcap_next(c, f);
    case CAPFILE_SNOOP:
        return snoop_next(c, f);
    case CAPFILE_RARE:
        return rare_next(c, f);
    case CAPFILE_PCAPNG:
        while (got == CAPREAD_DATAGRAM && !frame)
            got = block_next(c, f, &frame);
        break;
    }
    return got;
}

enum capread_item capfile_next(struct capfile *c, struct capfile_frame *f)
{
    enum capread_item got = CAPREAD_DATAGRAM;

    if (c->done)
        return CAPREAD_END;
    *f = (struct capfile_frame){0};
    if (!c->opened) {
        got = identify(c);
        c->opened = true;
    }
    if (got == CAPREAD_DATAGRAM)
        got = any_next(c, f);
    if (got == CAPREAD_END)
        c->done = true;
    if (got != CAPREAD_DATAGRAM)
        return got;
    c->given++;
    f->number = ++c->frames;
    if (c->odd && !f->odd) {
        f->odd = c->odd;
        memcpy(f->odd_arg, c->odd_arg, sizeof f->odd_arg);
        c->odd = NULL;
    }
    if (f->original < f->octets.n) {
        if (!f->odd) {
            f->odd = "it is said to have had %u octets and holds %u";
            f->odd_arg[0] = f->original;
            f->odd_arg[1] = f->octets.n;
        }
        f->original = (uint32_t)f->octets.n;
    }
    return CAPREAD_DATAGRAM;
}
