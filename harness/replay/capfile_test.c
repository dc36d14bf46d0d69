/* harness/replay/capfile_test.c - the file formats: both orders, cuts, limits, damage. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include "harness/core/test.h"
#include "harness/replay/capfile.h"
#include "harness/tests/capture_out.h"

enum { FILE_MAX = 3 << 20, LINK = 101 };
static uint8_t file_octets[FILE_MAX];

static struct out out_of(bool big)
{
    return (struct out){{file_octets, FILE_MAX, 0, false}, big};
}

static void fill(struct out *o, size_t n)
{
    for (size_t i = 0; i < n; i++)
        wr_u8(&o->w, (uint8_t)i);
}

static void pcap_header(struct out *o, uint32_t magic)
{
    out_u32(o, magic);
    out_u16(o, 2);
    out_u16(o, 4);
    out_u32(o, 0);
    out_u32(o, 0);
    out_u32(o, 65535);
    out_u32(o, LINK);
}

static void pcap_frame(struct out *o, uint32_t sec, uint32_t frac, uint32_t n, uint32_t original)
{
    out_u32(o, sec);
    out_u32(o, frac);
    out_u32(o, n);
    out_u32(o, original);
    fill(o, n);
}

static void section(struct out *o)
{
    out_end(o, out_section(o));
}

static void interface(struct out *o, unsigned link, uint32_t snap, int resolution, int64_t offset)
{
    size_t at = out_interface(o, link, snap);
    out_u16(o, 2); /* a name before what counts */
    out_u16(o, 3);
    wr_put(&o->w, span_of("lo0"));
    wr_u8(&o->w, 0);
    if (resolution >= 0) {
        out_u16(o, 9);
        out_u16(o, 1);
        wr_u32(&o->w, (uint32_t)resolution << 24);
    }
    if (offset) {
        out_u16(o, 14);
        out_u16(o, 8);
        uint64_t v = (uint64_t)offset;
        out_u32(o, (uint32_t)(o->big ? v >> 32 : v));
        out_u32(o, (uint32_t)(o->big ? v : v >> 32));
    }
    out_u32(o, 0);
    out_end(o, at);
}

static void packet(struct out *o, uint32_t id, uint64_t stamp, uint32_t n, uint32_t original)
{
    size_t at = out_block(o, 6);
    out_u32(o, id);
    out_u32(o, (uint32_t)(stamp >> 32));
    out_u32(o, (uint32_t)stamp);
    out_u32(o, n);
    out_u32(o, original);
    fill(o, n);
    out_end(o, at);
}

/* ---- reading ---- */

struct got {
    size_t n;
    struct capfile_frame frames[8]; /* octets: only n counts after the file is closed */
    uint8_t first[8];
    enum capread_item end;
    char why[512];
};

static void read_fd(int fd, struct got *g)
{
    static struct capfile c;
    struct capfile_frame f;
    const char *err = NULL;

    *g = (struct got){0};
    CU_ASSERT_TRUE_FATAL(capfile_open(&c, fd, "x.pcap", &err));
    while ((g->end = capfile_next(&c, &f)) == CAPREAD_DATAGRAM) {
        if (g->n < COUNT(g->frames)) {
            g->frames[g->n] = f;
            g->first[g->n] = f.octets.n ? f.octets.p[0] : 0xff;
        }
        g->n++;
    }
    memcpy(g->why, c.why, sizeof g->why);
    CU_ASSERT_EQUAL(capfile_next(&c, &f), CAPREAD_END);
    capfile_close(&c);
}

static void read_octets(struct span s, struct got *g)
{
    int fd = memfd_create("capture", 0);
    CU_ASSERT_TRUE_FATAL(fd >= 0 && write(fd, s.p, s.n) == (ssize_t)s.n);
    lseek(fd, 0, SEEK_SET);
    read_fd(fd, g);
    close(fd);
}

static void read_out(const struct out *o, struct got *g)
{
    CU_ASSERT_FALSE(o->w.full);
    read_octets(wr_span(&o->w), g);
}

/* ---- pcap ---- */

static void pcap_kinds(void)
{
    struct got g;
    for (int kind = 0; kind < 4; kind++) {
        bool nano = kind & 2;
        struct out o = out_of(kind & 1);
        pcap_header(&o, nano ? 0xa1b23c4d : 0xa1b2c3d4);
        pcap_frame(&o, 1700000000, nano ? 999999999 : 999999, 5, 5);
        pcap_frame(&o, 1, 2, 0, 60);
        read_out(&o, &g);
        CU_ASSERT_EQUAL(g.end, CAPREAD_END);
        CU_ASSERT_EQUAL(g.n, 2);
        CU_ASSERT_EQUAL(g.frames[0].number, 1);
        CU_ASSERT_EQUAL(g.frames[0].link, LINK);
        CU_ASSERT_EQUAL(g.frames[0].time_ns, 1700000000999999000 + (nano ? 999u : 0u));
        CU_ASSERT_EQUAL(g.frames[0].octets.n, 5);
        CU_ASSERT_PTR_NULL(g.frames[0].odd);
        CU_ASSERT_EQUAL(g.frames[1].original, 60);
        CU_ASSERT_EQUAL(g.frames[1].time_ns, 1000000000 + (nano ? 2u : 2000u));
    }
}

static void pcap_odd(void)
{
    struct got g;
    struct out o = out_of(false);
    pcap_header(&o, 0xa1b2c3d4);
    pcap_frame(&o, 1, 1000000, 5, 5); /* a second too many */
    pcap_frame(&o, 1, 0, 5, 4);       /* more kept than there was */
    read_out(&o, &g);
    CU_ASSERT_EQUAL(g.n, 2);
    CU_ASSERT_PTR_NOT_NULL(g.frames[0].odd);
    CU_ASSERT_EQUAL(g.frames[0].odd_arg[0], 1000000);
    CU_ASSERT_EQUAL(g.frames[0].time_ns, 2000000000);
    CU_ASSERT_PTR_NOT_NULL(g.frames[1].odd);
    CU_ASSERT_EQUAL(g.frames[1].original, 5);
}

static void frame_limit(void)
{
    struct got g;
    struct out o = out_of(true);
    pcap_header(&o, 0xa1b2c3d4);
    pcap_frame(&o, 0, 0, CAPREAD_FRAME_MAX, CAPREAD_FRAME_MAX);
    size_t at = o.w.n;
    pcap_frame(&o, 0, 0, CAPREAD_FRAME_MAX + 1, CAPREAD_FRAME_MAX + 1);
    read_out(&o, &g);
    CU_ASSERT_EQUAL(g.n, 1);
    CU_ASSERT_EQUAL(g.frames[0].octets.n, CAPREAD_FRAME_MAX);
    CU_ASSERT_EQUAL(g.end, CAPREAD_ERROR);
    char want[200];
    snprintf(want, sizeof want,
             "x.pcap: frame 2, octet %zu: the frame is said to hold 262145 octets, 262144 is the "
             "most",
             at);
    CU_ASSERT_STRING_EQUAL(g.why, want);
}

/* Every prefix gives the frames that it holds whole, then one sentence or, between frames, none. */
static void prefixes(const struct out *o, const size_t *ends, size_t n_ends, const size_t *clean,
                     size_t n_clean)
{
    struct got g;
    for (size_t cut = 0; cut <= o->w.n; cut++) {
        size_t whole = 0;
        bool error = true;
        for (size_t i = 0; i < n_ends; i++)
            whole += ends[i] <= cut;
        for (size_t i = 0; i < n_clean; i++)
            error &= clean[i] != cut;
        struct span s = span_cut(wr_span(&o->w), 0, cut);
        read_octets(s, &g);
        if (g.n != whole || g.end != (error ? CAPREAD_ERROR : CAPREAD_END))
            printf("\ncut at %zu: %zu frames, want %zu; %s\n", cut, g.n, whole, g.why);
        CU_ASSERT_EQUAL(g.n, whole);
        CU_ASSERT_EQUAL(g.end, error ? CAPREAD_ERROR : CAPREAD_END);
        if (error)
            CU_ASSERT_PTR_EQUAL(strstr(g.why, "x.pcap: frame "), g.why);
    }
}

static void pcap_cut(void)
{
    struct out o = out_of(false);
    size_t ends[2], clean[3];
    pcap_header(&o, 0xa1b2c3d4);
    clean[0] = o.w.n;
    for (size_t i = 0; i < 2; i++) {
        pcap_frame(&o, 1, 2, 20, 20);
        ends[i] = clean[i + 1] = o.w.n;
    }
    prefixes(&o, ends, 2, clean, 3);
    struct got g;
    read_octets(span_cut(wr_span(&o.w), 0, o.w.n - 3), &g);
    CU_ASSERT_STRING_EQUAL(
        g.why,
        "x.pcap: frame 2, octet 60: the file ends inside the frame (17 of 20 octets are there)");
}

static void no_capture(void)
{
    struct got g;
    read_octets(span_of(""), &g);
    CU_ASSERT_STRING_EQUAL(g.why, "x.pcap: frame 1, octet 0: the file is empty");
    read_octets(span_of("#!/bin/sh\n"), &g);
    CU_ASSERT_STRING_EQUAL(
        g.why, "x.pcap: frame 1, octet 0: this is no capture file: neither pcap nor pcapng");
    read_octets(span_of("\x1f\x8b\x08\x08more"), &g);
    CU_ASSERT_PTR_NOT_NULL(strstr(g.why, "reading fails: the gzip stream ends before"));
    int fd = open("/", O_RDONLY | O_DIRECTORY);
    read_fd(fd, &g);
    close(fd);
    CU_ASSERT_PTR_NOT_NULL(strstr(g.why, "reading fails: Is a directory"));
}

/* ---- pcapng ---- */

static void pcapng_orders(void)
{
    struct got g;
    struct out o = out_of(false);
    for (int i = 0; i < 2; i++) { /* sections of either order in one file */
        o.big = i;
        section(&o);
        interface(&o, 1, 0, -1, 0);
        interface(&o, LINK, 100, 9, -7);
        packet(&o, 0, 1700000000000001, 3, 3);
        packet(&o, 1, 1700000000000000001, 4, 9);
    }
    read_out(&o, &g);
    CU_ASSERT_EQUAL(g.end, CAPREAD_END);
    CU_ASSERT_EQUAL(g.n, 4);
    for (size_t i = 0; i < 4; i++) {
        CU_ASSERT_EQUAL(g.frames[i].number, i + 1);
        CU_ASSERT_EQUAL(g.frames[i].link, i % 2 ? LINK : 1);
        CU_ASSERT_EQUAL(g.frames[i].time_ns, i % 2 ? 1699999993000000001 : 1700000000000001000);
        CU_ASSERT_EQUAL(g.frames[i].octets.n, i % 2 ? 4 : 3);
        CU_ASSERT_EQUAL(g.frames[i].original, i % 2 ? 9 : 3);
        CU_ASSERT_PTR_NULL(g.frames[i].odd);
    }
}

/* ---- comments ---- */

/* A section, an interface and a packet, each with options about one comment and more. */
static void commented(struct out *o)
{
    size_t at = out_section(o);
    out_option(o, 4, span_of("a program"));
    out_option(o, 1, span_of("of the section"));
    out_option(o, 0, span_of(""));
    out_end(o, at);
    interface(o, LINK, 0, -1, 0);
    at = out_interface(o, LINK, 0);
    out_option(o, 1, span_of("of the interface"));
    out_option(o, 1, span_of("another"));
    out_end(o, at); /* options may end with their block */
    at = out_block(o, 6);
    out_u32(o, 0);
    out_u32(o, 0);
    out_u32(o, 1);
    out_u32(o, 3);
    out_u32(o, 3);
    fill(o, 4);
    out_option(o, 1, span_of(""));
    out_end(o, at);
}

static void note_comment(void *ctx, const struct capread_comment *c)
{
    struct wr *w = ctx;

    wr_dec(w, c->of);
    wr_u8(w, ' ');
    wr_dec(w, c->section);
    wr_u8(w, ' ');
    wr_dec(w, c->interface);
    wr_u8(w, ' ');
    wr_dec(w, c->frame);
    wr_u8(w, ' ');
    wr_json_text(w, c->text);
    wr_u8(w, '\n');
}

static void comments(void)
{
    static struct capfile c;
    struct out o = out_of(false);
    struct capfile_frame f;
    const char *err;
    uint8_t text[512];
    struct wr w = {text, sizeof text, 0, false};
    int fd = memfd_create("capture", 0);

    commented(&o);
    o.big = true;
    commented(&o);
    CU_ASSERT_TRUE_FATAL(fd >= 0 && write(fd, o.w.p, o.w.n) == (ssize_t)o.w.n);
    lseek(fd, 0, SEEK_SET);
    CU_ASSERT_TRUE_FATAL(capfile_open(&c, fd, "x.pcapng", &err));
    c.comment = note_comment;
    c.ctx = &w;
    while (capfile_next(&c, &f) == CAPREAD_DATAGRAM)
        ;
    CHECK_TEXT(wr_span(&w), "1 1 0 1 \"of the section\"\n2 1 1 1 \"of the interface\"\n"
                            "2 1 1 1 \"another\"\n0 1 0 1 \"\"\n"
                            "1 2 0 2 \"of the section\"\n2 2 1 2 \"of the interface\"\n"
                            "2 2 1 2 \"another\"\n0 2 0 2 \"\"\n");
    capfile_close(&c);
    close(fd);
}

static void other_blocks(void)
{
    struct got g;
    struct out o = out_of(true);
    section(&o);
    interface(&o, LINK, 6, -1, 0);
    size_t at = out_block(&o, 3); /* simple: 9 octets of which the interface keeps 6 */
    out_u32(&o, 9);
    fill(&o, 6);
    out_end(&o, at);
    at = out_block(&o, 0x7777); /* unknown, longer than what is read at once */
    fill(&o, CAPREAD_BLOCK_MAX + 100);
    out_end(&o, at);
    at = out_block(&o, 2); /* the old packet block */
    out_u16(&o, 0);
    out_u16(&o, 1);
    out_u32(&o, 0);
    out_u32(&o, 5);
    out_u32(&o, 2);
    out_u32(&o, 2);
    fill(&o, 2);
    out_end(&o, at);
    at = out_block(&o, 0xbad); /* custom: Wireshark gives it a frame number */
    out_u32(&o, 32473);
    out_end(&o, at);
    packet(&o, 0, 6, 1, 1);
    read_out(&o, &g);
    CU_ASSERT_STRING_EQUAL(g.why, "");
    CU_ASSERT_EQUAL(g.n, 3);
    CU_ASSERT_EQUAL(g.frames[0].octets.n, 6);
    CU_ASSERT_EQUAL(g.frames[0].original, 9);
    CU_ASSERT_EQUAL(g.frames[0].time_ns, 0);
    CU_ASSERT_EQUAL(g.frames[1].octets.n, 2);
    CU_ASSERT_EQUAL(g.frames[1].time_ns, 5000);
    CU_ASSERT_EQUAL(g.frames[1].number, 2);
    CU_ASSERT_EQUAL(g.frames[2].number, 4);
    CU_ASSERT_PTR_NULL(g.frames[0].odd);
    CU_ASSERT_STRING_EQUAL(
        g.frames[1].odd,
        "beside it a block of type %u, which is not known, is passed over: %u octets");
    CU_ASSERT_EQUAL(g.frames[1].odd_arg[0], 0x7777);
    CU_ASSERT_EQUAL(g.frames[1].odd_arg[1], CAPREAD_BLOCK_MAX + 100 + 12);
    CU_ASSERT_PTR_NULL(g.frames[2].odd);
}

static void lying_blocks(void)
{
    struct got g;
    struct out o = out_of(false);
    section(&o);
    packet(&o, 0, 0, 4, 4); /* no interface is described */
    interface(&o, LINK, 0, -1, 0);
    size_t at = o.w.n;
    packet(&o, 0, 0, 8, 8);
    o.w.p[at + 20] = 9; /* one octet more than its block holds */
    packet(&o, 0, 0, 4, 4);
    size_t last = o.w.n;
    packet(&o, 0, 0, 4, 4);
    o.w.p[o.w.n - 4]++; /* lengths at both ends differ */
    read_out(&o, &g);
    CU_ASSERT_EQUAL(g.n, 3);
    CU_ASSERT_EQUAL(g.frames[0].link, CAPFILE_NO_LINK);
    CU_ASSERT_PTR_NOT_NULL(g.frames[0].odd);
    CU_ASSERT_PTR_NOT_NULL(g.frames[1].odd);
    CU_ASSERT_EQUAL(g.frames[1].octets.n, 8);
    CU_ASSERT_PTR_NULL(g.frames[2].odd);
    char want[200];
    snprintf(want, sizeof want,
             "x.pcap: frame 4, octet %zu: a block says 36 octets at its start and 37 at its end",
             last);
    CU_ASSERT_STRING_EQUAL(g.why, want);

    o.w.n = last;
    at = out_block(&o, 6);
    out_u32(&o, 0);
    out_end(&o, at);
    read_out(&o, &g);
    CU_ASSERT_PTR_NOT_NULL(strstr(g.why, "is said to have 16 octets, 32 is the least"));
    o.w.n = 0;
    section(&o);
    o.w.p[12] = 2;
    read_out(&o, &g);
    CU_ASSERT_PTR_NOT_NULL(strstr(g.why, "version 2"));
    o.w.p[8] ^= 1;
    read_out(&o, &g);
    CU_ASSERT_PTR_NOT_NULL(strstr(g.why, "byte-order"));
}

static void block_limit(void)
{
    struct got g;
    for (unsigned over = 0; over < 2; over++) {
        struct out o = out_of(false);
        section(&o);
        interface(&o, LINK, 0, -1, 0);
        size_t at = out_block(&o, 6);
        out_u32(&o, 0);
        out_u32(&o, 0);
        out_u32(&o, 0);
        out_u32(&o, 4);
        out_u32(&o, 4);
        fill(&o, CAPREAD_BLOCK_MAX - 32 + 4 * over);
        out_end(&o, at);
        read_out(&o, &g);
        CU_ASSERT_EQUAL(g.n, !over);
        CU_ASSERT_EQUAL(strstr(g.why, "1048576 is the most") != NULL, over);
    }
}

static void interface_limit(void)
{
    struct got g;
    for (unsigned over = 0; over < 2; over++) {
        struct out o = out_of(false);
        section(&o);
        for (unsigned i = 0; i < CAPREAD_INTERFACES_MAX + over; i++)
            interface(&o, LINK, 0, -1, 0);
        packet(&o, CAPREAD_INTERFACES_MAX - 1, 0, 1, 1);
        read_out(&o, &g);
        CU_ASSERT_EQUAL(g.n, !over);
        CU_ASSERT_EQUAL(strstr(g.why, "more than 1024 interfaces") != NULL, over);
    }
}

static void pcapng_cut(void)
{
    struct out o = out_of(false);
    size_t ends[2], clean[5];
    section(&o);
    clean[0] = o.w.n;
    interface(&o, LINK, 0, 9, 1);
    clean[1] = o.w.n;
    packet(&o, 0, 1, 9, 9);
    ends[0] = clean[2] = o.w.n;
    size_t at = out_block(&o, 0x7777);
    fill(&o, 40);
    out_end(&o, at);
    clean[3] = o.w.n;
    packet(&o, 0, 2, 9, 9);
    ends[1] = clean[4] = o.w.n;
    prefixes(&o, ends, 2, clean, 5);
}

/* Each octet changed in several ways: nothing is read that is not there (run with sanitizers). */
static void damaged(void)
{
    static const uint8_t with[] = {0, 1, 0x7f, 0x80, 0xff};
    struct got g;
    struct out o = out_of(false);
    section(&o);
    interface(&o, LINK, 0, 9, 1);
    packet(&o, 0, 1, 9, 9);
    packet(&o, 0, 1, 9, 9);
    for (size_t i = 0; i < o.w.n; i++)
        for (size_t k = 0; k < COUNT(with); k++) {
            uint8_t was = o.w.p[i];
            o.w.p[i] = with[k];
            read_out(&o, &g);
            CU_ASSERT_TRUE(g.n <= 2);
            o.w.p[i] = was;
        }
}

/* A pipe that gives an octet at a time. */
static void trickle(void)
{
    struct got g;
    struct out o = out_of(false);
    int fds[2];
    section(&o);
    interface(&o, LINK, 0, -1, 0);
    packet(&o, 0, 1, 9, 9);
    packet(&o, 0, 2, 9, 9);
    CU_ASSERT_EQUAL_FATAL(pipe(fds), 0);
    pid_t child = fork();
    if (child == 0) {
        for (size_t i = 0; i < o.w.n; i++)
            if (write(fds[1], o.w.p + i, 1) != 1)
                _exit(1);
        _exit(0);
    }
    close(fds[1]);
    read_fd(fds[0], &g);
    close(fds[0]);
    CU_ASSERT_EQUAL(waitpid(child, NULL, 0), child);
    CU_ASSERT_EQUAL(g.n, 2);
    CU_ASSERT_EQUAL(g.end, CAPREAD_END);
}

static void times(void)
{
    static const struct {
        uint64_t stamp;
        uint8_t resolution;
        int64_t offset;
        uint64_t ns;
    } rows[] = {
        {5, 0, 0, 5000000000},
        {1500000, 6, 0, 1500000000},
        {7, 9, 0, 7},
        {7999, 12, 0, 7},
        {UINT64_MAX, 19, 0, 1844674407},
        {UINT64_MAX, 127, 0, 0},
        {3, 0x80, 0, 3000000000},
        {3, 0x81, 0, 1500000000},
        {0x180000000, 0xa0, 0, 1500000000},
        {(uint64_t)3 << 62, 0x80 | 63, 0, 1500000000},
        {UINT64_MAX, 0xff, 0, 0},
        {UINT64_MAX, 0xc0, 0, 999999999},
        {UINT64_MAX, 0, 0, UINT64_MAX},
        {UINT64_MAX, 6, 0, UINT64_MAX},
        {10000000, 6, -3, 7000000000},
        {1, 6, -3, 0},
        {1, 6, 2, 2000001000},
        {1, 6, INT64_MAX, UINT64_MAX},
        {1, 6, INT64_MIN, 0},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint64_t got = capfile_time(rows[i].stamp, rows[i].resolution, rows[i].offset);
        if (got != rows[i].ns)
            printf("\nrow %zu: %llu\n", i, (unsigned long long)got);
        CU_ASSERT_EQUAL(got, rows[i].ns);
    }
}

TESTS({"pcap_kinds", pcap_kinds}, {"pcap_odd", pcap_odd}, {"frame_limit", frame_limit},
      {"pcap_cut", pcap_cut}, {"no_capture", no_capture}, {"pcapng_orders", pcapng_orders},
      {"other_blocks", other_blocks}, {"lying_blocks", lying_blocks}, {"block_limit", block_limit},
      {"interface_limit", interface_limit}, {"pcapng_cut", pcapng_cut}, {"damaged", damaged},
      {"trickle", trickle}, {"times", times}, {"comments", comments})
