/* harness/drivers/pcapng_test.c - what the capture writer writes, read by tshark and by us. */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>
#include "harness/core/capture.h"
#include "harness/core/test.h"
#include "harness/replay/layers.h"

static const struct addr a4 = {4, {192, 0, 2, 1}, 47001}, b4 = {4, {192, 0, 2, 2}, 47002};
static const struct addr a6 = {6, {0x20, 1, 0xd, 0xb8, [15] = 1}, 47001};
static const struct addr b6 = {6, {0x20, 1, 0xd, 0xb8, [15] = 2}, 47002};
static const struct span none = {NULL, 0};
static char path[256];

static struct capture *start(uint64_t clock_us)
{
    const char *err = NULL, *tmp = getenv("TMPDIR");
    snprintf(path, sizeof path, "%s/rtclab-pcapng-%ld.pcapng", tmp ? tmp : P_tmpdir,
             (long)getpid());
    struct capture *c = capture_open(path, "sim", clock_us, &err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(c);
    return c;
}

static void finish(struct capture *c)
{
    const char *err = NULL;
    CU_ASSERT_TRUE(capture_close(c, &err));
    CU_ASSERT_PTR_NULL(err);
}

/* What a program prints, both streams; "" where it prints nothing. */
static const char *output(const char *format, const char *more)
{
    static char out[16384];
    char command[1024];
    size_t n = 0, got;

    snprintf(command, sizeof command, format, path, more);
    FILE *p = popen(command, "r");
    CU_ASSERT_PTR_NOT_NULL_FATAL(p);
    while (n < sizeof out - 1 && (got = fread(out + n, 1, sizeof out - 1 - n, p)) > 0)
        n += got;
    out[n] = '\0';
    CU_ASSERT_EQUAL(pclose(p), 0);
    return out;
}

static bool have_tshark(void)
{
    if (system("tshark --version >/dev/null 2>&1 && capinfos --version >/dev/null 2>&1") == 0)
        return true;
    test_skip("tshark or capinfos is not installed");
    return false;
}

#define TSHARK                                                                                     \
    "tshark -r %s -o ip.check_checksum:TRUE -o udp.check_checksum:TRUE "                           \
    "-o tcp.check_checksum:TRUE -o tcp.analyze_sequence_numbers:TRUE "

/* tshark finds nothing to object to, but what `but` (a display filter) excuses. */
static void clean(const char *but)
{
    const char *got = output(TSHARK "-Y '(_ws.malformed || _ws.expert.severity >= 0x600000 || "
                                    "tcp.analysis.flags) && !(%s)'",
                             but);
    if (*got)
        printf("\ntshark: %s", got);
    CU_ASSERT_STRING_EQUAL(got, "");
}

static void fill(uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        p[i] = (uint8_t)(i * 7 + i / 251);
}

static void datagrams(void)
{
    static uint8_t big[65535];
    struct capture *c = start(1700000000000000);

    if (!have_tshark()) {
        finish(c);
        return;
    }
    fill(big, sizeof big);
    CU_ASSERT_EQUAL(capture_datagram(c, 1, &a4, &b4, span_of("odd")), 1);
    CU_ASSERT_EQUAL(capture_datagram(c, 2, &b6, &a6, span_of("even")), 2);
    CU_ASSERT_EQUAL(capture_datagram(c, 3, &a4, &b4, none), 3);
    CU_ASSERT_EQUAL(capture_datagram(c, 4, &a4, &b4, (struct span){big, 65507}), 4);
    CU_ASSERT_EQUAL(capture_datagram(c, 5, &a4, &b4, (struct span){big, 65508}), 5);
    CU_ASSERT_EQUAL(capture_datagram(c, 6, &a6, &b6, (struct span){big, 65527}), 6);
    CU_ASSERT_EQUAL(capture_datagram(c, 7, &a4, &b6, span_of("mapped")), 7);
    finish(c);
    clean("data");
    CU_ASSERT_STRING_EQUAL(
        output(TSHARK "-T fields -e frame.time_epoch -e udp.length -e udp.checksum.status "
                      "-e ip.checksum.status -e frame.comment%s",
               ""),
        "1700000000.000001000\t11\t1\t1\t\n1700000000.000002000\t12\t1\t\t\n"
        "1700000000.000003000\t8\t1\t1\t\n1700000000.000004000\t65515\t1\t1\t\n"
        "1700000000.000005000\t65515\t1\t1\trtclab: cut, 1 of 65508 octets do not fit a datagram\n"
        "1700000000.000006000\t65535\t1\t\t\n1700000000.000007000\t14\t1\t\t\n");
    unlink(path);
}

/* UDP data whose sum is zero is sent as 0xffff, RFC 768. */
static void zero_checksum(void)
{
    static uint8_t data[65536][2];
    struct capture *c = start(0);

    if (!have_tshark()) {
        finish(c);
        return;
    }
    for (unsigned i = 0; i < 65536; i++) {
        put_u16(data[i], (uint16_t)i);
        capture_datagram(c, i, &a4, &b4, (struct span){data[i], 2});
    }
    finish(c);
    CU_ASSERT_STRING_EQUAL(
        output(TSHARK "-Y 'udp.checksum == 0 || udp.checksum.status != 1'%s", ""), "");
    CU_ASSERT_STRING_EQUAL(
        output(TSHARK "-Y 'udp.checksum == 0xffff' -T fields -e udp.checksum %s", ""), "0xffff\n");
    unlink(path);
}

static void streams(void)
{
    static uint8_t big[200000];
    struct capture *c = start(0);

    if (!have_tshark()) {
        finish(c);
        return;
    }
    fill(big, sizeof big);
    CU_ASSERT_EQUAL(capture_stream(c, 1, &a4, &b4, CAPTURE_SYN, none), 3);
    CU_ASSERT_EQUAL(capture_stream(c, 1, &b4, &a4, CAPTURE_SYN, none), 3);
    CU_ASSERT_EQUAL(capture_stream(c, 2, &a4, &b4, 0, span_of("hello")), 4);
    CU_ASSERT_EQUAL(capture_stream(c, 3, &b4, &a4, 0, (struct span){big, 1460}), 5);
    CU_ASSERT_EQUAL(capture_stream(c, 3, &b4, &a4, 0, (struct span){big, 1461}), 7);
    uint32_t last = capture_stream(c, 4, &b4, &a4, 0, (struct span){big, sizeof big});
    CU_ASSERT_TRUE(last > 7 + sizeof big / 1460);
    CU_ASSERT_EQUAL(capture_stream(c, 5, &a4, &b4, CAPTURE_FIN, span_of("bye")), last + 2);
    CU_ASSERT_EQUAL(capture_stream(c, 6, &b4, &a4, CAPTURE_FIN, none), last + 3);
    CU_ASSERT_EQUAL(capture_stream(c, 6, &b4, &a4, CAPTURE_RST, none), last + 4);
    CU_ASSERT_EQUAL(capture_stream(c, 7, &a6, &b6, CAPTURE_SYN, span_of("v6")), last + 8);
    CU_ASSERT_EQUAL(capture_stream(c, 8, &b6, &a6, CAPTURE_RST, none), last + 9);
    CU_ASSERT_EQUAL(capture_stream(c, 8, &a6, &b6, CAPTURE_RST, none), last + 9);
    finish(c);
    clean("tcp.flags.reset == 1 && tcp.stream == 1");
    CU_ASSERT_STRING_EQUAL(output(TSHARK "-Y 'tcp.checksum.status != 1 || ip.checksum.status == 0 "
                                         "|| tcp.len > 1460'%s",
                                  ""),
                           "");
    /* 31: SYN, SYN-ACK, ACK, data and FIN seen; 47 (and no FIN): with RST */
    CU_ASSERT_STRING_EQUAL(
        output(TSHARK "-2 -Y 'tcp.seq == 0 && tcp.ack == 0' -T fields -e tcp.completeness %s", ""),
        "31\n47\n");
    unlink(path);
}

/* Refused, mid-stream, and ports used again. */
static void odd_streams(void)
{
    struct capture *c = start(0);

    if (!have_tshark()) {
        finish(c);
        return;
    }
    CU_ASSERT_EQUAL(capture_stream(c, 1, &a4, &b4, CAPTURE_SYN | CAPTURE_RST, none), 2);
    CU_ASSERT_EQUAL(capture_stream(c, 2, &a6, &b6, 0, span_of("middle")), 3);
    CU_ASSERT_EQUAL(capture_stream(c, 3, &b6, &a6, 0, span_of("answer")), 4);
    CU_ASSERT_EQUAL(capture_stream(c, 4, &a4, &b4, CAPTURE_SYN, span_of("again")), 8);
    CU_ASSERT_EQUAL(capture_stream(c, 5, &b4, &a4, CAPTURE_RST, span_of("last words")), 10);
    finish(c);
    clean("tcp.flags.reset == 1 || tcp.analysis.reused_ports");
    unlink(path);
}

static void many_streams(void)
{
    struct capture *c = start(0);

    if (!have_tshark()) {
        finish(c);
        return;
    }
    for (unsigned i = 0; i < 500; i++) {
        struct addr from = a4;
        from.port = (uint16_t)(10000 + i);
        CU_ASSERT_EQUAL(capture_stream(c, i, &from, &b4, CAPTURE_SYN, none), 3 * i + 3);
    }
    for (unsigned i = 0; i < 500; i++) {
        struct addr from = a4;
        from.port = (uint16_t)(10000 + i);
        CU_ASSERT_EQUAL(capture_stream(c, i, &from, &b4, 0, span_of("x")), 1501 + i);
    }
    finish(c);
    clean("!tcp");
    CU_ASSERT_STRING_EQUAL(output(TSHARK "-Y 'tcp.len == 1 && tcp.seq != 1'%s", ""), "");
    unlink(path);
}

static void icmp(void)
{
    static uint8_t big[3000];
    struct capture *c = start(0);

    if (!have_tshark()) {
        finish(c);
        return;
    }
    CU_ASSERT_EQUAL(capture_icmp(c, 1, &b4, &a4, 0x0303, &a4, &b4, span_of("lost")), 1);
    CU_ASSERT_EQUAL(capture_icmp(c, 2, &b6, &a6, 0x0104, &a6, &b6, span_of("lost6")), 2);
    CU_ASSERT_EQUAL(capture_icmp(c, 3, &b4, &a4, 0x0303, &a4, &b4, (struct span){big, 3000}), 3);
    CU_ASSERT_EQUAL(capture_icmp(c, 4, &b6, &a6, 0x0100, &a6, &b6, (struct span){big, 3000}), 4);
    finish(c);
    CU_ASSERT_STRING_EQUAL(output(TSHARK "-Y '_ws.malformed || icmp.checksum.status == 0 || "
                                         "icmpv6.checksum.status == 0'%s",
                                  ""),
                           "");
    CU_ASSERT_STRING_EQUAL(
        output(TSHARK "-T fields -E occurrence=f -e frame.len -e icmp.type -e icmp.code "
                      "-e icmpv6.type -e icmpv6.code -e udp.dstport %s",
               ""),
        "60\t3\t3\t\t\t47002\n101\t\t\t1\t4\t47002\n576\t3\t3\t\t\t47002\n1280\t\t\t1\t0\t47002\n");
    unlink(path);
}

static void comments(void)
{
    static char huge[70001];
    struct capture *c = start(0);

    memset(huge, 'x', 65533);
    memcpy(huge + 65533, "\xe2\x82\xac", 4); /* a character across the limit */
    if (have_tshark()) {
        capture_comment(c, "before any frame");
        capture_datagram(c, 1, &a4, &b4, span_of("one"));
        capture_comment(c, "RFC8489:6.3.1#3 pass");
        capture_comment(c, "RFC8489:6.3.1#2 f\xc3\xa4il");
        capture_datagram(c, 2, &a4, &b4, span_of("two"));
        capture_datagram(c, 3, &a4, &b4, span_of("three"));
        capture_comment(c, huge);
        finish(c);
        clean("data");
        const char *got = output(TSHARK "-c 2 -T fields -e frame.number -e frame.comment %s", "");
        CU_ASSERT_STRING_EQUAL(got, "1\tRFC8489:6.3.1#3 pass,RFC8489:6.3.1#2 f\xc3\xa4il\n2\t\n");
        got = output("capinfos %s%s", "");
        CU_ASSERT_PTR_NOT_NULL(strstr(got, "Number of packets:   3"));
        CU_ASSERT_PTR_NOT_NULL(strstr(got, "headers made by rtclab"));
        CU_ASSERT_PTR_NOT_NULL(strstr(got, "Name = sim"));
    } else {
        finish(c);
    }
    unlink(path);
}

static void full_disk(void)
{
    const char *err = NULL;
    struct capture *c = capture_open("/dev/full", "sim", 0, &err);
    static uint8_t big[60000];
    uint32_t got = 1;

    CU_ASSERT_PTR_NOT_NULL_FATAL(c);
    for (int i = 0; i < 10; i++)
        got = capture_datagram(c, 0, &a4, &b4, (struct span){big, sizeof big});
    CU_ASSERT_EQUAL(got, 0);
    capture_comment(c, "still harmless");
    CU_ASSERT_FALSE(capture_close(c, &err));
    CHECK_TEXT(span_of(err), "No space left on device");

    err = NULL;
    c = capture_open("/dev/full", "sim", 0, &err); /* all in the buffer until the end */
    CU_ASSERT_PTR_NOT_NULL_FATAL(c);
    CU_ASSERT_FALSE(capture_close(c, &err));
    CHECK_TEXT(span_of(err), "No space left on device");
    CU_ASSERT_PTR_NULL(capture_open("/nonexistent/x.pcapng", "sim", 0, &err));
    CHECK_TEXT(span_of(err), "No such file or directory");
}

/* Our own reader gives back what was written. */
static void read_back(void)
{
    struct capture *c = start(1700000000000000);
    static struct layers l;
    struct capread_datagram d[2] = {0};
    struct capfile f;
    struct capfile_frame frame;
    const char *err = NULL;
    size_t n = 0;

    capture_datagram(c, 5, &a4, &b4, span_of("one"));
    capture_comment(c, "note");
    capture_stream(c, 6, &a4, &b4, CAPTURE_SYN, span_of("tcp"));
    capture_icmp(c, 7, &b6, &a6, 0x0104, &a6, &b6, span_of("lost"));
    finish(c);
    int fd = open(path, O_RDONLY);
    l = (struct layers){.frags = frags_new()};
    CU_ASSERT_TRUE_FATAL(fd >= 0 && l.frags && capfile_open(&f, fd, path, &err));
    while (capfile_next(&f, &frame) == CAPREAD_DATAGRAM) {
        layers_frame(&l, &frame);
        if (!l.found)
            continue;
        CU_ASSERT_FATAL(n < 2);
        d[n] = l.datagram;
        CU_ASSERT_EQUAL(d[n].frame, n ? 6 : 1);
        CHECK_TEXT(d[n].payload, n ? "lost" : "one");
        CHECK_TEXT(span_of(d[n].layers), n ? "ip6/icmp6/ip6/udp" : "ip/udp");
        n++;
    }
    CU_ASSERT_EQUAL_FATAL(n, 2);
    CU_ASSERT_EQUAL(d[0].time_ns, 1700000000000005000);
    CU_ASSERT_TRUE(addr_eq(&d[0].src, &a4) && addr_eq(&d[0].dst, &b4));
    CU_ASSERT_TRUE(d[1].quoted);
    CU_ASSERT_TRUE(addr_eq(&d[1].src, &a6) && addr_eq(&d[1].dst, &b6));
    CU_ASSERT_STRING_EQUAL(f.why, "");
    CU_ASSERT_EQUAL(l.counts.tcp, 4);
    frags_free(l.frags);
    capfile_close(&f);
    close(fd);
    unlink(path);
}

TESTS({"datagrams", datagrams}, {"zero_checksum", zero_checksum}, {"streams", streams},
      {"odd_streams", odd_streams}, {"many_streams", many_streams}, {"icmp", icmp},
      {"comments", comments}, {"full_disk", full_disk}, {"read_back", read_back})
