/* harness/replay/layers_test.c - frames in hexadecimal, and what is found in them. */
#include <stdio.h>
#include "harness/core/test.h"
#include "harness/replay/layers.h"
#include "harness/replay/packet.h"

#define MACS "020000000001 020000000002 "
/* IPv4 10.0.0.1 -> 10.0.0.2, UDP 1000 -> 2000, "hello": total 33 */
#define IP4(total, frag, proto) "45000" total " 0007" frag "40" proto "0000 0a000001 0a000002 "
#define UDP "03e8 07d0 000d 0000 68656c6c6f "
#define PLAIN IP4("021", "0000", "11") UDP
#define IP6(length, next) "60000000 " length next "40 " ADDR6("1") ADDR6("2")
#define ADDR6(last) "20010db800000000000000000000000" last " "
#define PLAIN6 IP6("000d", "11") UDP

#define TCP(head) "03e8 07d0 00000001 00000002 " head "18 1000 0000 0000 68656c6c6f"
static const struct row {
    const char *name;
    uint32_t link;
    const char *hex;
    uint32_t missing_in_frame;          /* octets that the capture cut off */
    const char *layers, *src, *payload; /* layers NULL: no datagram */
    uint64_t problem;                   /* offset of the only problem, or NONE */
    size_t missing;
    bool quoted;
} rows[] = {
#define NONE UINT64_MAX
    {"ethernet", 1, MACS "0800" PLAIN, 0, "eth/ip/udp", "10.0.0.1:1000", "hello", NONE, 0, false},
    {"padding", 1, MACS "0800" PLAIN "0000000000", 0, "eth/ip/udp", "10.0.0.1:1000", "hello", NONE,
     0, false},
    {"vlan", 1, MACS "8100 0001 86dd" PLAIN6, 0, "eth/vlan/ip6/udp", "[2001:db8::1]:1000", "hello",
     NONE, 0, false},
    {"qinq", 1, MACS "88a8 0001 8100 0002 0800" PLAIN, 0, "eth/vlan/vlan/ip/udp", "10.0.0.1:1000",
     "hello", NONE, 0, false},
    {"four tags", 1, MACS "9100 0001 8100 0002 8100 0003 8100 0004 0800" PLAIN, 0,
     "eth/vlan/vlan/vlan/vlan/ip/udp", "10.0.0.1:1000", "hello", NONE, 0, false},
    {"five tags", 1, MACS "8100 0001 8100 0002 8100 0003 8100 0004 8100 0005 0800" PLAIN, 0, NULL,
     NULL, NULL, 30, 0, false},
    {"vlan stub", 1, MACS "8100 00", 0, NULL, NULL, NULL, 14, 0, false},
    {"vlan cut", 1, MACS "8100 00", 9, NULL, NULL, NULL, NONE, 0, false},
    {"ethernet stub", 1, MACS "08", 0, NULL, NULL, NULL, 0, 0, false},
    {"pppoe", 1, MACS "8864 1100 0001 0023 0021" PLAIN, 0, "eth/pppoe/ip/udp", "10.0.0.1:1000",
     "hello", NONE, 0, false},
    {"pppoe padded", 1, MACS "8864 1100 0001 0023 0021" PLAIN "00000000", 0, "eth/pppoe/ip/udp",
     "10.0.0.1:1000", "hello", NONE, 0, false},
    {"pppoe too long", 1, MACS "8864 1100 0001 0024 0021" PLAIN, 0, "eth/pppoe/ip/udp",
     "10.0.0.1:1000", "hello", 18, 0, false},
    {"pppoe too short", 1, MACS "8864 1100 0001 0001 0021" PLAIN, 0, "eth/pppoe/ip/udp",
     "10.0.0.1:1000", "hello", 18, 0, false},
    {"pppoe ends in ip", 1, MACS "8864 1100 0001 0022 0021" PLAIN, 0, "eth/pppoe/ip/udp",
     "10.0.0.1:1000", "hell", 22, 1, false},
    {"pppoe cut", 1, MACS "8864 1100 0001 0024 0021" PLAIN, 1, "eth/pppoe/ip/udp", "10.0.0.1:1000",
     "hello", NONE, 0, false},
    {"pppoe stub", 1, MACS "8864 1100 0001 00", 0, NULL, NULL, NULL, 14, 0, false},
    {"snap", 1, MACS "0029 aaaa03 000000 0800" PLAIN, 0, "eth/ip/udp", "10.0.0.1:1000", "hello",
     NONE, 0, false},
    {"802.3 padded", 1,
     MACS "0003 424203"
          "00000000",
     0, NULL, NULL, NULL, NONE, 0, false},
    {"802.3 too long", 1, MACS "0004 424203", 0, NULL, NULL, NULL, 14, 0, false},
    {"802.3 cut", 1, MACS "0004 424203", 1, NULL, NULL, NULL, NONE, 0, false},
    {"sll of no length", 113, "0000 0001 0006 0200000000010000 00f6 41", 0, NULL, NULL, NULL, NONE,
     0, false},
    {"arp", 1, MACS "0806 0001", 0, NULL, NULL, NULL, NONE, 0, false},
    {"sll", 113, "0000 0001 0006 0200000000010000 0800" PLAIN, 0, "sll/ip/udp", "10.0.0.1:1000",
     "hello", NONE, 0, false},
    {"sll2", 276, "86dd 0000 00000001 0001 00 06 0200000000010000" PLAIN6, 0, "sll2/ip6/udp",
     "[2001:db8::1]:1000", "hello", NONE, 0, false},
    {"sll stub", 113, "0000 0001", 0, NULL, NULL, NULL, 0, 0, false},
    {"null little", 0, "02000000" PLAIN, 0, "null/ip/udp", "10.0.0.1:1000", "hello", NONE, 0,
     false},
    {"null big", 0, "0000001e" PLAIN6, 0, "null/ip6/udp", "[2001:db8::1]:1000", "hello", NONE, 0,
     false},
    {"null other", 0, "00000007" PLAIN, 0, NULL, NULL, NULL, NONE, 0, false},
    {"loop", 108, "00000002" PLAIN, 0, "loop/ip/udp", "10.0.0.1:1000", "hello", NONE, 0, false},
    {"loop stub", 108, "0000", 0, NULL, NULL, NULL, 0, 0, false},
    {"raw", 101, PLAIN6, 0, "ip6/udp", "[2001:db8::1]:1000", "hello", NONE, 0, false},
    {"raw 4", 228, PLAIN, 0, "ip/udp", "10.0.0.1:1000", "hello", NONE, 0, false},
    {"unknown link", 195, PLAIN, 0, NULL, NULL, NULL, 0, 0, false},
    {"ppp", 9, "ff03 0021" PLAIN, 0, "ppp/ip/udp", "10.0.0.1:1000", "hello", NONE, 0, false},
    {"ppp short", 50, "57" PLAIN6, 0, "ppp/ip6/udp", "[2001:db8::1]:1000", "hello", NONE, 0, false},
    {"ppp direction", 204, "01 ff03 0021" PLAIN, 0, "ppp/ip/udp", "10.0.0.1:1000", "hello", NONE, 0,
     false},
    {"ppp other", 9, "ff03 c021 0101", 0, NULL, NULL, NULL, NONE, 0, false},
    {"ppp stub", 9, "ff03 00", 0, NULL, NULL, NULL, 2, 0, false},
    {"pppoe link", 51, "1100 0001 0023 0021" PLAIN, 0, "pppoe/ip/udp", "10.0.0.1:1000", "hello",
     NONE, 0, false},
    {"gre", 101, IP4("039", "0000", "2f") "0000 0800" PLAIN, 0, "ip/gre/ip/udp", "10.0.0.1:1000",
     "hello", NONE, 0, false},
    {"gre key", 101, IP4("03d", "0000", "2f") "2000 0800 00000001" PLAIN, 0, "ip/gre/ip/udp",
     "10.0.0.1:1000", "hello", NONE, 0, false},
    {"gre ethernet", 101, IP4("047", "0000", "2f") "0000 6558" MACS "0800" PLAIN, 0,
     "ip/gre/eth/ip/udp", "10.0.0.1:1000", "hello", NONE, 0, false},
    {"pptp", 101,
     IP4("049", "0000", "2f") "3081 880b 0025 0001 00000001 00000002"
                              "ff030021" PLAIN,
     0, "ip/gre/ppp/ip/udp", "10.0.0.1:1000", "hello", NONE, 0, false},
    {"gre stub", 101, IP4("018", "0000", "2f") "b000 0800", 0, NULL, NULL, NULL, 20, 0, false},
    {"version 5", 101, "55", 0, NULL, NULL, NULL, 0, 0, false},
    {"empty", 101, "", 0, NULL, NULL, NULL, 0, 0, false},
    {"ip stub", 101, "4500", 0, NULL, NULL, NULL, 0, 0, false},
    {"options", 101, "46000025 00070000 40110000 0a000001 0a000002 01010101" UDP, 0, "ip/udp",
     "10.0.0.1:1000", "hello", NONE, 0, false},
    {"header too short", 101, "44000021 00070000 40110000 0a000001 0a000002" UDP, 0, NULL, NULL,
     NULL, 0, 0, false},
    {"header too long", 101, "4f000021 00070000 40110000 0a000001 0a000002" UDP, 0, NULL, NULL,
     NULL, 0, 0, false},
    {"total too short", 101, IP4("013", "0000", "11") UDP, 0, NULL, NULL, NULL, 2, 0, false},
    {"total zero", 101, IP4("000", "0000", "11") UDP, 0, "ip/udp", "10.0.0.1:1000", "hello", NONE,
     0, false},
    {"total too long", 101, IP4("022", "0000", "11") UDP, 0, "ip/udp", "10.0.0.1:1000", "hello", 0,
     0, false},
    {"cut", 101, IP4("023", "0000", "11") "03e8 07d0 000f 0000 68656c6c6f", 2, "ip/udp",
     "10.0.0.1:1000", "hello", NONE, 2, false},
    {"udp zero", 101, IP4("021", "0000", "11") "03e8 07d0 0000 0000 68656c6c6f", 0, "ip/udp",
     "10.0.0.1:1000", "hello", NONE, 0, false},
    {"udp short", 101, IP4("021", "0000", "11") "03e8 07d0 0007 0000 68656c6c6f", 0, NULL, NULL,
     NULL, 24, 0, false},
    {"udp shorter than ip", 101, IP4("021", "0000", "11") "03e8 07d0 000c 0000 68656c6c6f", 0,
     "ip/udp", "10.0.0.1:1000", "hell", NONE, 0, false},
    {"udp long", 101, IP4("021", "0000", "11") "03e8 07d0 000e 0000 68656c6c6f", 0, "ip/udp",
     "10.0.0.1:1000", "hello", 24, 1, false},
    {"udp stub", 101, IP4("01b", "0000", "11") "03e8 07d0 000e 00", 0, NULL, NULL, NULL, 20, 0,
     false},
    {"tcp", 101, IP4("02d", "0000", "06") TCP("50"), 0, "ip/tcp", "10.0.0.1:1000", "hello", NONE, 0,
     false},
    {"tcp short", 101, IP4("021", "0000", "06") UDP, 0, NULL, NULL, NULL, 20, 0, false},
    {"tcp small", 101, IP4("02d", "0000", "06") TCP("40"), 0, NULL, NULL, NULL, 32, 0, false},
    {"tcp large", 101, IP4("02d", "0000", "06") TCP("70"), 0, NULL, NULL, NULL, 32, 0, false},
    {"ip in ip", 101, IP4("035", "0000", "04") PLAIN, 0, "ip/ip/udp", "10.0.0.1:1000", "hello",
     NONE, 0, false},
    {"6 in 4", 101, IP4("049", "0000", "29") PLAIN6, 0, "ip/ip6/udp", "[2001:db8::1]:1000", "hello",
     NONE, 0, false},
    {"four deep", 101,
     IP4("05d", "0000", "04") IP4("049", "0000", "04") IP4("035", "0000", "04") PLAIN, 0,
     "ip/ip/ip/ip/udp", "10.0.0.1:1000", "hello", NONE, 0, false},
    {"five deep", 101,
     IP4("071", "0000", "04") IP4("05d", "0000", "04") IP4("049", "0000", "04")
         IP4("035", "0000", "04") PLAIN,
     0, NULL, NULL, NULL, 80, 0, false},
    {"hop, routing, options", 101,
     IP6("0025", "00") "2b00050200000000 3c00000000000000 1100010400000000" UDP, 0, "ip6/udp",
     "[2001:db8::1]:1000", "hello", NONE, 0, false},
    {"hop and options", 101, IP6("001d", "00") "3c00050200000000 1100010400000000" UDP, 0,
     "ip6/udp", "[2001:db8::1]:1000", "hello", NONE, 0, false},
    {"ah", 101, IP6("0025", "33") "11040000 00000001 00000001 00000000 00000000 00000000" UDP, 0,
     "ip6/udp", "[2001:db8::1]:1000", "hello", NONE, 0, false},
    {"extension too long", 101, IP6("0015", "3c") "1102010400000000" UDP, 0, NULL, NULL, NULL, 40,
     0, false},
    {"extension stub", 101, IP6("0004", "3c") "11000104", 0, NULL, NULL, NULL, 40, 0, false},
    {"no next", 101, IP6("000d", "3b") UDP, 0, NULL, NULL, NULL, NONE, 0, false},
    {"atomic fragment", 101, IP6("0015", "2c") "1100000000000007" UDP, 0, "ip6/udp",
     "[2001:db8::1]:1000", "hello", NONE, 0, false},
    {"length zero", 101, IP6("0000", "11") UDP, 0, "ip6/udp", "[2001:db8::1]:1000", "hello", NONE,
     0, false},
    {"length too long", 101, IP6("000e", "11") UDP, 0, "ip6/udp", "[2001:db8::1]:1000", "hello", 40,
     0, false},
    {"ip6 stub", 101, "60000000", 0, NULL, NULL, NULL, 0, 0, false},
    {"unreachable", 101, IP4("03d", "0000", "01") "03030000 00000000" PLAIN, 0, "ip/icmp/ip/udp",
     "10.0.0.1:1000", "hello", NONE, 0, true},
    {"quote cut", 101,
     IP4("03c", "0000", "01") "03030000 00000000" IP4("021", "0000",
                                                      "11") "03e8 07d0 000d 0000 68656c6c",
     0, "ip/icmp/ip/udp", "10.0.0.1:1000", "hell", NONE, 1, true},
    {"quote of eight", 101,
     IP4("038", "0000", "01") "0b000000 00000000" IP4("021", "0000", "11") "03e8 07d0 000d 0000", 0,
     "ip/icmp/ip/udp", "10.0.0.1:1000", "", NONE, 5, true},
    {"quote with length", 101, /* RFC 4884: nine words, the last octets are no part of the quote */
     IP4("043", "0000", "01") "03030000 00090000" IP4(
         "023", "0000", "11") "03e8 07d0 000f 0000 68656c6c6f 616161 20000000 0000",
     0, "ip/icmp/ip/udp", "10.0.0.1:1000", "helloaa", NONE, 0, true},
    {"quote of a first fragment", 101,
     IP4("03d", "0000", "01") "03030000 00000000" IP4("021", "2000", "11") UDP, 0, "ip/icmp/ip/udp",
     "10.0.0.1:1000", "hello", NONE, 0, true},
    {"quote of a later fragment", 101,
     IP4("03d", "0000", "01") "03030000 00000000" IP4("021", "0001", "11") UDP, 0, NULL, NULL, NULL,
     NONE, 0, false},
    {"icmp stub", 101, IP4("01b", "0000", "01") "08000000 000000", 0, NULL, NULL, NULL, 20, 0,
     false},
    {"icmp whole", 101, IP4("01c", "0000", "01") "08000000 00000000", 0, NULL, NULL, NULL, NONE, 0,
     false},
    {"icmp cut", 101, IP4("01c", "0000", "01") "08000000 000000", 1, NULL, NULL, NULL, NONE, 0,
     false},
    {"icmp6 stub", 101, IP6("0003", "3a") "0a0000", 0, NULL, NULL, NULL, 40, 0, false},
    {"icmp6 whole", 101, IP6("0004", "3a") "0a000000", 0, NULL, NULL, NULL, NONE, 0, false},
    {"echo", 101, IP4("03d", "0000", "01") "08000000 00000000" PLAIN, 0, NULL, NULL, NULL, NONE, 0,
     false},
    {"quote in a quote", 101,
     IP4("059", "0000", "01") "03030000 00000000" IP4("03d", "0000",
                                                      "01") "03030000 00000000" PLAIN,
     0, NULL, NULL, NULL, NONE, 0, false},
    {"unreachable6", 101, IP6("003d", "3a") "01040000 00000000" PLAIN6, 0, "ip6/icmp6/ip6/udp",
     "[2001:db8::1]:1000", "hello", NONE, 0, true},
    {"echo6", 101, IP6("003d", "3a") "80000000 00000000" PLAIN6, 0, NULL, NULL, NULL, NONE, 0,
     false},
};

static struct layers l;

static void start(void)
{
    frags_free(l.frags);
    l = (struct layers){.frags = frags_new()};
    CU_ASSERT_PTR_NOT_NULL_FATAL(l.frags);
}

/* Read a frame at the edge of an unreadable page. */
static void feed(uint32_t link, const char *hex, uint32_t cut)
{
    static struct capfile_frame f;
    static struct span octets;
    uint8_t buf[1024];
    struct wr w = {buf, sizeof buf, 0, false};

    CU_ASSERT_TRUE_FATAL(wr_unhex(&w, span_of(hex)));
    if (octets.p)
        test_guard_free(octets);
    octets = test_guard(wr_span(&w));
    f = (struct capfile_frame){.number = f.number + 1, .link = link, .octets = octets};
    f.original = (uint32_t)octets.n + cut;
    layers_frame(&l, &f);
}

static bool same(const struct row *r)
{
    uint8_t buf[80];
    struct wr w = {buf, sizeof buf, 0, false};
    const struct capread_datagram *d = &l.datagram;

    if (l.n_problems != (r->problem != NONE) || (l.found || l.segment) != (r->layers != NULL))
        return false;
    if (l.n_problems && l.problems[0].off != r->problem)
        return false;
    if (!r->layers)
        return true;
    addr_text(&w, &d->src);
    return strcmp(d->layers, r->layers) == 0 && span_is(wr_span(&w), r->src) &&
           span_is(d->payload, r->payload) && d->missing == r->missing && d->quoted == r->quoted &&
           d->dst.port == 2000 && !d->reassembled &&
           span_eq(d->payload,
                   span_cut(l.frame->octets, d->frame_off, d->frame_off + d->payload.n));
}

static void frames(void)
{
    for (size_t i = 0; i < COUNT(rows); i++) {
        start();
        feed(rows[i].link, rows[i].hex, rows[i].missing_in_frame);
        bool ok = same(&rows[i]);
        if (!ok)
            printf("\n%s: %zu problems, at %llu: %s; %s %.*s\n", rows[i].name, l.n_problems,
                   (unsigned long long)l.problems[0].off, l.problems[0].what,
                   l.found ? l.datagram.layers : "no datagram", (int)l.datagram.payload.n,
                   l.found ? (const char *)l.datagram.payload.p : "");
        CU_ASSERT_TRUE(ok);
    }
    start();
}

/* The short way down: where it takes a frame, both ways agree. */
static size_t quick(const struct capfile_frame *f)
{
    struct packet k = {0};
    uint8_t buf[CAPREAD_LAYERS_MAX];
    struct wr w = {buf, sizeof buf, 0, false};
    const struct capread_datagram *d = &l.datagram;
    enum quick got = quick_packet(f, &k);
    const size_t ip = k.flags & PACKET_SIX ? 16 : 4;

    if (got == QUICK_NO)
        return 0;
    CU_ASSERT_EQUAL(l.n_problems, 0);
    CU_ASSERT_EQUAL(got == QUICK_PACKET, l.found || l.segment);
    if (got != QUICK_PACKET || !(l.found || l.segment))
        return 0;
    quick_path(k.path, &w);
    CU_ASSERT_TRUE(span_is(wr_span(&w), d->layers));
    CU_ASSERT_EQUAL((k.flags & PACKET_TCP) != 0, l.segment);
    CU_ASSERT_EQUAL((k.flags & PACKET_SIX) != 0, d->src.family == 6);
    CU_ASSERT_TRUE(memcmp(k.ips, d->src.ip, ip) == 0 && memcmp(k.ips + ip, d->dst.ip, ip) == 0);
    CU_ASSERT_TRUE(k.sport == d->src.port && k.dport == d->dst.port);
    CU_ASSERT_TRUE(k.p == d->payload.p && k.n == d->payload.n && k.missing == d->missing);
    CU_ASSERT_TRUE(!l.segment || k.head == l.tcp.n);
    return 1;
}

static void both_ways(void)
{
    size_t taken = 0;
    for (size_t i = 0; i < COUNT(rows); i++) {
        start();
        feed(rows[i].link, rows[i].hex, rows[i].missing_in_frame);
        taken += quick(l.frame);
    }
    CU_ASSERT_TRUE(taken >= 15);
    start();
}

/* Every frame of the table cut anywhere, as if it were whole, and as if the capture had cut it. */
static void prefixes(void)
{
    char hex[1024];
    for (size_t i = 0; i < COUNT(rows); i++) {
        size_t n = 0;
        for (const char *p = rows[i].hex; *p; p++)
            if (*p != ' ')
                hex[n++] = *p;
        for (; n > 0; n -= 2) {
            hex[n] = '\0';
            start();
            feed(rows[i].link, hex, 0);
            quick(l.frame);
            feed(rows[i].link, hex, 100);
            quick(l.frame);
            /* the capture's own cut is no problem, but what the whole row has wrong may show */
            CU_ASSERT_TRUE(l.n_problems <= 1 || rows[i].problem != NONE);
        }
    }
    start();
}

static void extension_limit(void)
{
    for (unsigned n = CAPREAD_EXTENSIONS_MAX; n <= CAPREAD_EXTENSIONS_MAX + 1; n++) {
        char hex[1024];
        size_t at = (size_t)snprintf(hex, sizeof hex, "60000000 %04x 3c 40 " ADDR6("1") ADDR6("2"),
                                     n * 8 + 13);
        for (unsigned i = 0; i < n; i++)
            at += (size_t)snprintf(hex + at, sizeof hex - at, "%s00010400000000",
                                   i + 1 < n ? "3c" : "11");
        snprintf(hex + at, sizeof hex - at, UDP);
        start();
        feed(101, hex, 0);
        CU_ASSERT_EQUAL(l.found, n == CAPREAD_EXTENSIONS_MAX);
        CU_ASSERT_EQUAL(l.n_problems, n != CAPREAD_EXTENSIONS_MAX);
    }
}

static void problem_limit(void)
{
    start();
    feed(101, PLAIN, 0);
    for (unsigned i = 0; i <= CAPREAD_PROBLEMS_MAX; i++) {
        layers_problem(&l, i, "x", 0, 0);
        CU_ASSERT_EQUAL(l.n_problems, i < CAPREAD_PROBLEMS_MAX ? i + 1 : CAPREAD_PROBLEMS_MAX);
        CU_ASSERT_EQUAL(l.counts.problems, i + 1);
    }
}

#define HALF1 "03e8 07d0 0015 0000 68656c6c6f2c2021 "
#define HALF2 "776f726c64"

static void reassembled(void)
{
    start();
    feed(1, MACS "0800" IP4("019", "0002", "11") HALF2, 0); /* the last one first */
    CU_ASSERT_FALSE(l.found);
    feed(1, MACS "0800" IP4("024", "2000", "11") HALF1, 0);
    CU_ASSERT_TRUE_FATAL(l.found);
    CHECK_TEXT(l.datagram.payload, "hello, !world");
    CU_ASSERT_TRUE(l.datagram.reassembled);
    CU_ASSERT_EQUAL(l.datagram.frame_off, 0);
    CU_ASSERT_EQUAL(l.datagram.n_frames, 2);
    CU_ASSERT_EQUAL(l.datagram.frames[1], l.datagram.frame);
    CU_ASSERT_EQUAL(l.datagram.frames[0], l.datagram.frame - 1);

    feed(101, IP6("0018", "2c") "11 00 0001 00000005" HALF1, 0);
    CU_ASSERT_FALSE(l.found);
    feed(101, IP6("000d", "2c") "00 00 0010 00000005" HALF2, 0);
    CU_ASSERT_TRUE_FATAL(l.found);
    CHECK_TEXT(l.datagram.payload, "hello, !world");
    CHECK_TEXT(span_of(l.datagram.layers), "ip6/udp");
    CU_ASSERT_EQUAL(l.counts.fragments, 4);
    CU_ASSERT_EQUAL(l.counts.reassembled, 2);
    CU_ASSERT_EQUAL(l.counts.datagrams, 2);
    CU_ASSERT_EQUAL(l.counts.problems, 0);

    feed(101, IP4("024", "2000", "11") "03e8 07d0 0015", 10); /* cut by the capture: no use */
    feed(101, IP4("019", "0002", "11") HALF2, 0);
    CU_ASSERT_FALSE(l.found);
    /* a UDP length that lies in a whole datagram; and the rest of the one before is still there */
    feed(101, IP4("024", "2000", "11") "03e8 07d0 0016 0000 68656c6c6f2c2021", 0);
    CU_ASSERT_TRUE(l.found && l.datagram.missing == 1);
    CU_ASSERT_EQUAL(l.n_problems, 1);
}

static void counts(void)
{
    start();
    feed(1, MACS "0806 0001", 0);
    feed(195, "00", 0);
    feed(101, IP4("021", "0000", "06") UDP, 3);
    feed(101, IP4("021", "0000", "84") UDP, 0);
    feed(101, IP4("03d", "0000", "01") "03030000 00000000" PLAIN, 0);
    feed(101, IP4("03d", "0000", "01") "03030000 00000000" IP4("021", "0000", "06") UDP, 0);
    feed(101, PLAIN, 0);
    const struct capread_counts *c = &l.counts;
    CU_ASSERT_EQUAL(c->frames, 7);
    CU_ASSERT_EQUAL(c->octets, 16 + 1 + 33 + 33 + 61 + 61 + 33);
    CU_ASSERT_TRUE(c->not_ip == 1 && c->link_unknown == 1 && c->tcp == 1 && c->other == 1);
    CU_ASSERT_TRUE(c->icmp == 2 && c->quoted == 1 && c->datagrams == 1 && c->cut == 1);
    CU_ASSERT_EQUAL(c->problems, 1); /* of the link type */
}

TESTS({"frames", frames}, {"both_ways", both_ways}, {"prefixes", prefixes},
      {"extension_limit", extension_limit}, {"problem_limit", problem_limit},
      {"reassembled", reassembled}, {"counts", counts})
