/* harness/drivers/pcapng.c - the capture writer: pcapng blocks around frames that frames.c makes.
 *
 * What one call makes stays in memory until the next one or the end, so that secrets which come after
 * it can be written before it, and its last frame in a buffer of its own, so that comments can still be
 * written on it as opt_comment. Block layout: draft-ietf-opsawg-pcapng. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include "harness/drivers/frames.h"

enum {
    BLOCK_SECTION = 0x0a0d0d0a,
    BLOCK_INTERFACE = 1,
    BLOCK_STATISTICS = 5,
    BLOCK_PACKET = 6,
    BLOCK_SECRETS = 10,
    SECRETS_TLS = 0x544c534b, /* a key log as NSS writes it */
    LINK_RAW = 101,           /* IPv4 or IPv6 without a link header */
    OPT_COMMENT = 1,
    OPT_HARDWARE = 2, /* of a section */
    OPT_OS = 3,
    OPT_APPLICATION = 4,
    OPT_NAME = 2, /* of an interface */
    OPT_RESOLUTION = 9,
    FILE_BUFFER = 1 << 17,
    NOTE_MAX = 65535, /* octets in an option */
};
#define MADE_HERE                                                                                  \
    "IP, UDP, TCP and ICMP headers are made by rtclab from the data that passed; "                 \
    "payloads and times are as they were"

struct capture {
    FILE *f;
    char *file_buffer;
    uint64_t clock_us, last_us;
    int failed; /* errno of the first failed write */
    uint32_t frames;
    bool pending; /* the last frame is in made.w and notes, not yet in the file */
    bool holding; /* blocks go to `held` */
    uint8_t *held;
    size_t held_n, held_cap;
    uint8_t *notes;
    size_t notes_n, notes_cap;
    struct frames made;
};

/* ---- blocks, little-endian ---- */

static void le16(uint8_t *p, size_t v)
{
    p[0] = (uint8_t)v;
    p[1] = (uint8_t)(v >> 8);
}

static void le32(uint8_t *p, size_t v)
{
    le16(p, v);
    le16(p + 2, v >> 16);
}

/* Keep octets for later; false: no memory, and they have to go out now. */
static bool hold(struct capture *c, const void *p, size_t n)
{
    if (n > c->held_cap - c->held_n) {
        size_t cap = (c->held_n + n) * 2;
        uint8_t *more = realloc(c->held, cap);
        if (!more)
            return false;
        c->held = more;
        c->held_cap = cap;
    }
    memcpy(c->held + c->held_n, p, n);
    c->held_n += n;
    return true;
}

static void put(struct capture *c, const void *p, size_t n)
{
    if (c->failed || n == 0)
        return;
    if (c->holding) {
        if (!hold(c, p, n))
            c->failed = ENOMEM;
        return;
    }
    errno = 0;
    if (fwrite(p, 1, n, c->f) != n)
        c->failed = errno ? errno : EIO;
}

/* An option in `p`, padded to four octets; returns what it takes. */
static size_t option(uint8_t *p, unsigned code, struct span s)
{
    size_t padded = (s.n + 3) & ~(size_t)3;
    le16(p, code);
    le16(p + 2, s.n);
    if (s.n)
        memcpy(p + 4, s.p, s.n);
    memset(p + 4 + s.n, 0, padded - s.n);
    return 4 + padded;
}

/* A block of a fixed part, a body padded to four octets, and options (without their end). */
static void block(struct capture *c, uint32_t type, struct span fixed, struct span body,
                  struct span options)
{
    static const uint8_t zero[4];
    size_t pad = (4 - body.n % 4) % 4;
    size_t total = 12 + fixed.n + body.n + pad + options.n + (options.n ? 4 : 0);
    uint8_t head[8], tail[4];

    le32(head, type);
    le32(head + 4, total);
    le32(tail, total);
    put(c, head, sizeof head);
    put(c, fixed.p, fixed.n);
    put(c, body.p, body.n);
    put(c, zero, pad);
    put(c, options.p, options.n);
    put(c, zero, options.n ? 4 : 0);
    put(c, tail, sizeof tail);
}

static void begin_file(struct capture *c, const char *interface)
{
    uint8_t opt[1024], fixed[16] = {0};
    struct span none = {NULL, 0};
    size_t n = 0;

    le32(fixed, 0x1a2b3c4d);
    le16(fixed + 4, 1); /* version 1.0, length of the section not given */
    memset(fixed + 8, 0xff, 8);
    n += option(opt, OPT_COMMENT, span_of(MADE_HERE));
    n += option(opt + n, OPT_HARDWARE, span_of("none (headers made by rtclab)"));
    n += option(opt + n, OPT_OS, span_of("none (headers made by rtclab)"));
    n += option(opt + n, OPT_APPLICATION, span_of("rtclab " RTCLAB_VERSION));
    block(c, BLOCK_SECTION, (struct span){fixed, 16}, none, (struct span){opt, n});

    memset(fixed, 0, sizeof fixed); /* no limit on the length of a frame */
    le16(fixed, LINK_RAW);
    n = option(opt, OPT_NAME, span_cut(span_of(interface), 0, 255));
    n += option(opt + n, OPT_RESOLUTION, (struct span){(const uint8_t *)"\6", 1}); /* 10^-6 s */
    block(c, BLOCK_INTERFACE, (struct span){fixed, 8}, none, (struct span){opt, n});
}

static void put_stamp(const struct capture *c, uint8_t *p)
{
    uint64_t at = c->clock_us + c->last_us;
    le32(p, (size_t)(at >> 32));
    le32(p + 4, (size_t)(at & UINT32_MAX));
}

/* Write the frame that waits for comments. */
static void flush_frame(struct capture *c)
{
    uint8_t fixed[20] = {0};
    struct span frame = wr_span(&c->made.w);

    if (!c->pending)
        return;
    put_stamp(c, fixed + 4);
    le32(fixed + 12, frame.n);
    le32(fixed + 16, frame.n);
    block(c, BLOCK_PACKET, (struct span){fixed, sizeof fixed}, frame,
          (struct span){c->notes, c->notes_n});
    c->pending = false;
    c->notes_n = 0;
}

/* What the call before this one made goes to the file. */
static void settle(struct capture *c)
{
    c->holding = false;
    put(c, c->held, c->held_n);
    c->held_n = 0;
    flush_frame(c);
    c->holding = true;
}

/* ---- what frames.c calls for each frame ---- */

static void before_frame(void *ctx)
{
    flush_frame(ctx);
}

static uint32_t after_frame(void *ctx, uint64_t now_us)
{
    struct capture *c = ctx;
    c->last_us = now_us;
    c->pending = true;
    return ++c->frames;
}

/* ---- the interface ---- */

struct capture *capture_open(const char *path, const char *interface, uint64_t clock_us,
                             const char **err)
{
    struct capture *c = calloc(1, sizeof *c);
    int why = ENOMEM;

    if (c && frames_init(&c->made, (struct frames_out){before_frame, after_frame, c}) &&
        (c->file_buffer = malloc(FILE_BUFFER))) {
        if ((c->f = fopen(path, "wb"))) {
            setvbuf(c->f, c->file_buffer, _IOFBF, FILE_BUFFER);
            c->clock_us = clock_us;
            begin_file(c, interface ? interface : "rtclab");
            return c;
        }
        why = errno;
    }
    *err = strerrordesc_np(why);
    if (c) {
        frames_free(&c->made);
        free(c->file_buffer);
        free(c);
    }
    return NULL;
}

static uint32_t told(const struct capture *c, uint32_t frame)
{
    return c->failed || c->made.failed ? 0 : frame;
}

uint32_t capture_datagram(struct capture *c, uint64_t now_us, const struct addr *from,
                          const struct addr *to, struct span data)
{
    size_t cut = 0;
    settle(c);
    uint32_t frame = told(c, frames_datagram(&c->made, now_us, from, to, data, &cut));
    if (cut) {
        char text[96];
        snprintf(text, sizeof text, "rtclab: cut, %zu of %zu octets do not fit a datagram", cut,
                 data.n);
        capture_comment(c, text);
    }
    return frame;
}

uint32_t capture_stream(struct capture *c, uint64_t now_us, const struct addr *from,
                        const struct addr *to, unsigned flags, struct span data)
{
    settle(c);
    return told(c, frames_stream(&c->made, now_us, from, to, flags, data));
}

uint32_t capture_icmp(struct capture *c, uint64_t now_us, const struct addr *from,
                      const struct addr *to, uint16_t type_code, const struct addr *lost_from,
                      const struct addr *lost_to, struct span lost)
{
    const struct frames_lost quoted = {lost_from, lost_to, lost};
    settle(c);
    return told(c, frames_icmp(&c->made, now_us, from, to, type_code, &quoted));
}

void capture_secrets(struct capture *c, struct span lines)
{
    uint8_t fixed[8];
    bool was = c->holding;

    le32(fixed, SECRETS_TLS);
    le32(fixed + 4, lines.n);
    c->holding = false;
    block(c, BLOCK_SECRETS, (struct span){fixed, sizeof fixed}, lines, (struct span){NULL, 0});
    c->holding = was;
}

/* The text as an option can hold it: cut between characters. */
static struct span fitting(const char *text)
{
    struct span s = span_of(text);
    if (s.n <= NOTE_MAX)
        return s;
    s.n = NOTE_MAX;
    while (s.n && (s.p[s.n] & 0xc0) == 0x80)
        s.n--;
    return s;
}

void capture_comment(struct capture *c, const char *text)
{
    struct span s = fitting(text);
    size_t need = c->notes_n + s.n + 8;

    if (need > c->notes_cap) {
        uint8_t *more = realloc(c->notes, need * 2);
        if (!more) {
            c->failed = c->failed ? c->failed : ENOMEM;
            return;
        }
        c->notes = more;
        c->notes_cap = need * 2;
    }
    c->notes_n += option(c->notes + c->notes_n, OPT_COMMENT, s);
    if (!c->pending) { /* no frame yet */
        uint8_t fixed[12] = {0};
        put_stamp(c, fixed + 4);
        block(c, BLOCK_STATISTICS, (struct span){fixed, sizeof fixed}, (struct span){NULL, 0},
              (struct span){c->notes, c->notes_n});
        c->notes_n = 0;
    }
}

bool capture_close(struct capture *c, const char **err)
{
    settle(c);
    errno = 0;
    if (fclose(c->f) != 0 && !c->failed)
        c->failed = errno ? errno : EIO;
    if (c->made.failed && !c->failed)
        c->failed = ENOMEM;
    int why = c->failed;
    frames_free(&c->made);
    free(c->file_buffer);
    free(c->notes);
    free(c->held);
    free(c);
    if (why)
        *err = strerrordesc_np(why);
    return why == 0;
}
