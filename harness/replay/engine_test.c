/* harness/replay/engine_test.c - the engine: order, probation, flows, jobs, files. */
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>
#include "harness/core/registry.h"
#include "harness/core/test.h"
#include "harness/replay/engine_impl.h"

static struct engine *e;
static char said[1 << 20]; /* what messages and problems came to, in their order */
static size_t n_said;
static size_t texts_wanted;

static void say(const char *words, uint32_t frame)
{
    int n = snprintf(said + n_said, sizeof said - n_said, "%s%u ", words, frame);
    if (n > 0 && n_said + (size_t)n < sizeof said)
        n_said += (size_t)n;
}

static void on_message(void *ctx, struct wr *w, const struct engine_message *m)
{
    (void)ctx;
    wr_text(w, m->codec->name);
    wr_dec(w, m->frame);
    wr_text(w, m->quoted ? "q " : " ");
}

static void on_problem(void *ctx, const char *file, const struct capread_problem *p)
{
    (void)ctx;
    (void)file;
    say("!", p->frame);
}

static bool on_text(void *ctx, struct span s)
{
    (void)ctx;
    if (n_said + s.n < sizeof said) {
        memcpy(said + n_said, s.p, s.n);
        n_said += s.n;
    }
    return texts_wanted == 0 || --texts_wanted > 0;
}

static void start(const struct engine_options *o)
{
    const struct engine_sink sink = {.message = on_message, .problem = on_problem, .text = on_text};
    engine_free(e);
    e = engine_new(o, &sink);
    CU_ASSERT_PTR_NOT_NULL_FATAL(e);
    n_said = 0;
    engine_begin(e, "pushed");
}

static const char *end(void)
{
    engine_end(e);
    if (n_said && said[n_said - 1] == ' ')
        n_said--;
    said[n_said] = '\0';
    return said;
}

/* ---- frames ---- */

static uint64_t now;

/* A packet of IPv4: `proto` and what it carries; the last octets of the addresses tell flows apart. */
static void ip(uint8_t from, uint8_t to, uint8_t proto, struct span body)
{
    uint8_t p[2048] = {0x45, 0, 0, 0, 0, 0, 0, 0, 64, proto, 0, 0, 10, 0, 0, from, 10, 0, 0, to};
    put_u16(p + 2, (uint16_t)(20 + body.n));
    memcpy(p + 20, body.p, body.n);
    engine_push(e, 101, now += 20000000, (struct span){p, 20 + body.n}, (uint32_t)(20 + body.n));
}

static void udp(uint8_t from, uint16_t sport, uint16_t dport, const char *hex)
{
    uint8_t p[1024];
    struct wr w = {p, sizeof p, 0, false};
    wr_u16(&w, sport);
    wr_u16(&w, dport);
    wr_u32(&w, 0);
    CU_ASSERT_TRUE_FATAL(wr_unhex(&w, span_of(hex)));
    put_u16(p + 4, (uint16_t)w.n);
    ip(from, 99, 17, wr_span(&w));
}

static void rtp(uint8_t from, uint16_t seq, uint32_t ssrc)
{
    char hex[64];
    snprintf(hex, sizeof hex, "8000%04x00000000%08x0102030405060708", seq, ssrc);
    udp(from, 5004, 5006, hex);
}

static void tcp(uint8_t from, uint8_t to, uint16_t sport, uint16_t dport, uint8_t flags,
                const char *data)
{
    uint8_t p[1024];
    struct wr w = {p, sizeof p, 0, false};
    wr_u16(&w, sport);
    wr_u16(&w, dport);
    wr_u64(&w, 1);
    wr_u8(&w, 0x50);
    wr_u8(&w, flags);
    wr_u16(&w, 1000);
    wr_u32(&w, 0);
    wr_text(&w, data);
    ip(from, to, 6, wr_span(&w));
}

#define BINDING "0001 0000 2112a442 000102030405060708090a0b"
#define REPORT "80c9 0001 00000001 81ca 0003 00000001 0104 61626364 0000"
#define HELLO "16 feff 0000 0000 00000000 0001 01"
#define SIP "5349502f322e3020323030204f4b0d0a0d0a"

static struct engine_protocol of(const char *name)
{
    struct engine_protocol all[ENGINE_PROTOCOLS_MAX];
    size_t n = engine_protocols(e, all);
    for (size_t i = 0; i < n; i++)
        if (strcmp(all[i].name, name) == 0)
            return all[i];
    return (struct engine_protocol){0};
}

static struct engine_counts counts(void)
{
    struct engine_counts c;
    engine_counts(e, &c);
    return c;
}

static const struct engine_options plain = {.jobs = 1};

/* ---- tests ---- */

static void order(void)
{
    start(&plain);
    udp(1, 1, 2, BINDING);
    ip(1, 99, 17, (struct span){(const uint8_t *)"\0\1\0\2\0\xff\0\0", 8}); /* its length lies */
    udp(2, 1, 2, BINDING);
    CU_ASSERT_STRING_EQUAL(end(), "stun1 !2 stun3");
    CU_ASSERT_EQUAL(counts().c.frames, 3);
    CU_ASSERT_EQUAL(counts().c.datagrams, 3);
    CU_ASSERT_EQUAL(counts().unknown, 1);
    CU_ASSERT_EQUAL(of("stun").messages, 2);
}

/* RTP is known once packets follow one another; those before are told then, at their places. */
static void probation(void)
{
    start(&plain);
    rtp(1, 10, 7);
    udp(2, 1, 2, BINDING);
    rtp(1, 11, 7);
    CU_ASSERT_STRING_EQUAL(end(), "stun2");
    CU_ASSERT_EQUAL(counts().unknown, 2);
    CU_ASSERT_EQUAL(counts().held_lost, 2);
    start(&plain);
    rtp(1, 10, 7);
    udp(2, 1, 2, BINDING);
    rtp(1, 11, 7);
    rtp(1, 11, 7); /* twice says nothing, and is of the flow */
    rtp(1, 13, 7);
    CU_ASSERT_STRING_EQUAL(end(), "rtp1 stun2 rtp3 rtp4 rtp5");
    CU_ASSERT_EQUAL(counts().unknown, 0);
    CU_ASSERT_EQUAL(of("rtp").messages, 4);
    CU_ASSERT_EQUAL(of("rtp").octets, 80);
}

/* The same where each frame is a window of its own: what was held comes first in the window that tells. */
static void held(void)
{
    for (unsigned jobs = 1; jobs <= 3; jobs++) {
        const struct engine_options o = {.jobs = jobs};
        start(&o);
        rtp(1, 10, 7);
        engine_flush(e);
        udp(2, 1, 2, BINDING);
        engine_flush(e);
        rtp(1, 11, 7);
        engine_flush(e);
        udp(2, 1, 2, BINDING);
        rtp(1, 12, 7);
        CU_ASSERT_STRING_EQUAL(end(), "stun2 rtp1 rtp3 stun4 rtp5");
        CU_ASSERT_EQUAL(counts().held, 2);
        CU_ASSERT_EQUAL(counts().held_lost, 0);
    }
}

/* Two octets of the shape, but never two datagrams of one sender: no RTP, and not held for ever. */
static void denied(void)
{
    start(&plain);
    for (uint16_t i = 0; i < 100; i++) {
        rtp(1, i, i * 7919u);
        engine_flush(e);
        CU_ASSERT_TRUE(e->parts[0].held.n <= FLOWS_DENIED_MAX + 1);
    }
    CU_ASSERT_STRING_EQUAL(end(), "");
    CU_ASSERT_EQUAL(counts().unknown, 100);
}

static void held_limit(void)
{
    start(&plain);
    for (unsigned i = 0; i < ENGINE_HELD_MAX + 10; i++) {
        char hex[64];
        snprintf(hex, sizeof hex, "8000000000000000%08x01", i);
        udp((uint8_t)(i >> 12), (uint16_t)(1024 + (i & 0xfff)), 7, hex);
    }
    engine_flush(e);
    CU_ASSERT_EQUAL(e->parts[0].held.n, ENGINE_HELD_MAX);
    CU_ASSERT_EQUAL(counts().held_lost, 10);
    end();
    CU_ASSERT_EQUAL(counts().unknown, ENGINE_HELD_MAX + 10);
}

/* STUN, DTLS, ChannelData, RTP and RTCP share a flow, RFC 7983. */
static void shared_flow(void)
{
    start(&plain);
    for (uint16_t i = 0; i < 3; i++) {
        rtp(1, i, 7);
        udp(1, 5004, 5006, BINDING);
        udp(1, 5004, 5006, REPORT);
        udp(1, 5004, 5006, HELLO);
        udp(1, 5004, 5006, "40010003 616263");
    }
    CU_ASSERT_STRING_EQUAL(end(), "rtp1 stun2 rtcp3 rtp6 stun7 rtcp8 rtp11 stun12 rtcp13");
    CU_ASSERT_EQUAL(of("dtls").messages, 3);
    CU_ASSERT_EQUAL(of("channeldata").messages, 3);
    CU_ASSERT_PTR_NULL(of("dtls").codec);
    CU_ASSERT_EQUAL(counts().flows, 1);
    CU_ASSERT_EQUAL(counts().unknown, 0);
}

/* Its channel is of RFC 8656 or RFC 5766, its length that of the datagram, with padding or without. */
static void channel_data(void)
{
    static const struct {
        const char *hex;
        bool is;
    } rows[] = {{"40000000", true},
                {"7fff0000", true},
                {"50000003 616263", true},
                {"40010003 61626300", true},
                {"40010003 6162", false},
                {"40010003 616263ff", true},
                {"40010003 6162630000", false},
                {"40010004 6162636400", false},
                {"80000000", false},
                {"3fff0000", false},
                {"400000", false}};

    for (size_t i = 0; i < COUNT(rows); i++) {
        start(&plain);
        udp(1, 5004, 5006, rows[i].hex);
        end();
        CU_ASSERT_EQUAL(of("channeldata").messages, rows[i].is);
        CU_ASSERT_EQUAL(counts().unknown, !rows[i].is);
    }
}

/* What ICMP quotes of a flow that is known is known by that. */
static void quoted(void)
{
    uint8_t p[64] = {3, 3};
    start(&plain);
    for (uint16_t i = 0; i < 3; i++)
        rtp(1, i, 7);
    const struct capfile_frame *f = &e->pushed->frames[2];
    memcpy(p + 8, f->octets.p, f->octets.n);
    ip(99, 1, 1, (struct span){p, 8 + f->octets.n});
    CU_ASSERT_STRING_EQUAL(end(), "rtp1 rtp2 rtp3 rtp4q");
    CU_ASSERT_EQUAL(of("rtp").messages, 3);
    CU_ASSERT_EQUAL(of("rtp").quoted, 1);
}

static void connections(void)
{
    enum { FIN = 1, SYN = 2, ACK = 16 };
    start(&plain);
    tcp(1, 2, 1000, 80, SYN, "");
    tcp(2, 1, 80, 1000, SYN | ACK, "");
    tcp(1, 2, 1000, 80, ACK, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    tcp(2, 1, 80, 1000, ACK | FIN, "HTTP/1.1 200 OK\r\n\r\n");
    tcp(1, 2, 1000, 80, SYN, ""); /* the 4-tuple again */
    tcp(1, 2, 1000, 80, ACK, "GET / HTTP/1.1\r\nUpgrade: WebSocket\r\n\r\n");
    tcp(1, 2, 1001, 80, ACK, "OPTIONS sip:a@b SIP/2.0\r\n"); /* its beginning was not seen */
    tcp(1, 2, 1002, 80, ACK, "something else");
    tcp(1, 2, 1003, 80, ACK, "");
    udp(1, 5060, 5060, SIP);
    end();
    CU_ASSERT_EQUAL(of("http").connections, 1);
    CU_ASSERT_EQUAL(of("ws").connections, 1);
    CU_ASSERT_EQUAL(of("sip").connections, 1);
    CU_ASSERT_EQUAL(of("sip").messages, 1);
    CU_ASSERT_EQUAL(counts().connections, 5);
    CU_ASSERT_EQUAL(counts().connections_unknown, 1);
    CU_ASSERT_EQUAL(counts().c.tcp, 9);
}

/* What stands on DNS's port has to be of its form, as far as a capture has it: RFC 1035 section 4.1. */
static void dns(void)
{
    static const struct {
        const char *hex;
        bool is;
    } sent[] = {
        {"0001 0100 0001 0000 0000 0000 01610000010001", true},
        {"0001 8180 0000 0000 0000 0000", true},                 /* a header alone: an error, say */
        {"0001 8180 0001 0002 0003 0004 0161", true},            /* cut within its name */
        {"0001 8180 0001 0000 0000 0000 c00c00010001", false},   /* a name that points at itself */
        {"0001 8180 0001 0000 0000 0000 4061", false},           /* no label is so long */
        {"0001 1800 0001 0000 0000 0000 01610000010001", false}, /* operation 3 */
        {"0001 3000 0001 0000 0000 0000 01610000010001", true},  /* 6: DSO */
        {"0001 3800 0001 0000 0000 0000 01610000010001", false},
        {"0001 0100 0064 0000 0000 0000 01610000010001", true}, /* 100 questions fit 512 octets */
        {"0001 0100 0065 0000 0000 0000 01610000010001", false},
        {"0001 8100 0000 002d 0000 0000 01610000010001", true}, /* 45 records do */
        {"0001 8100 0000 002e 0000 0000 01610000010001", false},
        {"8000 0001 0000 00a0 0000 0007 0102030405060708", false}, /* RTP */
        {"0001 0100 0001 0000 0000", false},
    };
    for (size_t i = 0; i < COUNT(sent); i++) {
        start(&plain);
        udp(1, 40000, 53, sent[i].hex);
        end();
        if (of("dns").messages != sent[i].is) {
            printf("\n%s", sent[i].hex);
            CU_FAIL("taken for DNS, or not");
        }
    }
}

static void evicted(void)
{
    const struct engine_options o = {.jobs = 1, .flows = FLOWS_REACH};
    start(&o);
    for (unsigned i = 0; i < 20 * FLOWS_REACH; i++)
        udp(1, (uint16_t)(1000 + i), 7, BINDING);
    end();
    CU_ASSERT_EQUAL(of("stun").messages, 20 * FLOWS_REACH);
    CU_ASSERT_EQUAL(counts().flows, 20 * FLOWS_REACH);
    /* places, and those behind the last one */
    CU_ASSERT_TRUE(counts().flows_evicted >= 18 * FLOWS_REACH &&
                   counts().flows_evicted < 20 * FLOWS_REACH);
}

/* The table grows, and what was known of the flows in it is not forgotten. */
static void grown_table(void)
{
    enum { FLOWS = 3 * FLOWS_FIRST };
    start(&plain);
    for (unsigned round = 0; round < 4; round++)
        for (unsigned i = 0; i < FLOWS; i++) {
            char hex[64];
            snprintf(hex, sizeof hex, "8000%04x00000000%08x01", round, i);
            udp((uint8_t)(i >> 12), (uint16_t)(1024 + (i & 0xfff)), 7, hex);
            if (i % 2000 == 0)
                engine_flush(e);
        }
    n_said = 0;
    end();
    CU_ASSERT_EQUAL(counts().flows, FLOWS);
    CU_ASSERT_EQUAL(counts().flows_evicted, 0);
    CU_ASSERT_TRUE(e->parts[0].flows.mask + 1 > FLOWS_FIRST);
    /* the first two rounds were more than can be held back */
    CU_ASSERT_EQUAL(of("rtp").messages + counts().held_lost, 4 * FLOWS);
    CU_ASSERT_TRUE(of("rtp").messages >= 2 * FLOWS);
}

/* The oldest flow gives way: one that is spoken on stays known. */
static void oldest(void)
{
    const struct engine_options o = {.jobs = 1, .flows = FLOWS_REACH};
    start(&o);
    for (uint16_t i = 0; i < 3; i++)
        rtp(1, i, 7);
    for (unsigned i = 0; i < 20 * FLOWS_REACH; i++) {
        udp(2, (uint16_t)(1000 + i), 7, BINDING);
        rtp(1, (uint16_t)(3 + i), 7);
        engine_flush(e);
    }
    end();
    CU_ASSERT_EQUAL(of("rtp").messages, 3 + 20 * FLOWS_REACH);
    CU_ASSERT_EQUAL(counts().held_lost, 0);
}

static void stops(void)
{
    start(&plain);
    texts_wanted = 1;
    for (int i = 0; i < 3; i++) {
        udp(1, 1, 2, BINDING);
        engine_flush(e);
    }
    CU_ASSERT_STRING_EQUAL(end(), "stun1");
    texts_wanted = 0;
}

/* ---- files ---- */

static uint8_t file[3 << 20];

/* Some windows of many flows, with a length that lies now and then. */
static size_t make_file(void)
{
    struct wr w = {file, sizeof file, 0, false};
    wr_u32(&w, 0xa1b2c3d4);
    wr_u32(&w, 0x00020004);
    wr_u64(&w, 0);
    wr_u32(&w, 65535);
    wr_u32(&w, 101);
    for (uint32_t i = 0; i < 20000; i++) {
        bool stun = i % 10 == 3, lies = i % 997 == 5;
        uint32_t flow = i % 50, n = stun ? 20 : 40;
        wr_u32(&w, i / 1000);
        wr_u32(&w, i % 1000 * 1000);
        wr_u32(&w, 28 + n);
        wr_u32(&w, 28 + n);
        wr_u32(&w, 0x45000000 | (28 + n));
        wr_u32(&w, 0);
        wr_u32(&w, 0x40110000);
        wr_u32(&w, 0x0a000001 + flow);
        wr_u32(&w, 0x0a010001);
        wr_u32(&w, (5000 + flow) << 16 | 7000);
        wr_u32(&w, (8 + n + (lies ? 9 : 0)) << 16);
        if (stun) {
            wr_u32(&w, 0x00010000);
            wr_u32(&w, 0x2112a442);
            wr_u32(&w, i);
            wr_u64(&w, flow);
            continue;
        }
        wr_u32(&w, 0x80000000 | (i / 50 & 0xffff));
        wr_u32(&w, i);
        wr_u32(&w, 77 + flow);
        for (int j = 0; j < 7; j++)
            wr_u32(&w, i);
    }
    CU_ASSERT_FALSE_FATAL(w.full);
    return w.n;
}

static const char *read_file(const struct engine_options *o, const uint8_t *p, size_t n)
{
    int fd = memfd_create("capture", 0);
    CU_ASSERT_TRUE_FATAL(fd >= 0 && write(fd, p, n) == (ssize_t)n);
    lseek(fd, 0, SEEK_SET);
    start(o);
    e->pushed = NULL;
    const char *why = engine_fd(e, fd, "x.pcap");
    close(fd);
    said[n_said] = '\0';
    return why;
}

static void jobs(void)
{
    static char alone[sizeof said];
    size_t n = make_file();

    CU_ASSERT_TRUE(n > 4 * ENGINE_WINDOW);
    CU_ASSERT_PTR_NULL(read_file(&plain, file, n));
    memcpy(alone, said, sizeof said);
    CU_ASSERT_EQUAL(of("stun").messages, 2000);
    CU_ASSERT_EQUAL(of("rtp").messages, 18000);
    CU_ASSERT_EQUAL(counts().c.problems, 21);
    struct watch_sum sums[WATCH_FACTS_MAX], facts[WATCH_FACTS_MAX];
    CU_ASSERT_PTR_NOT_NULL(engine_facts(e, codec_named("stun"), 0, sums));
    for (unsigned j = 2; j <= 5; j++) {
        const struct engine_options o = {.jobs = j};
        CU_ASSERT_PTR_NULL(read_file(&o, file, n));
        CU_ASSERT_STRING_EQUAL(said, alone);
        CU_ASSERT_EQUAL(of("rtp").messages, 18000);
        CU_ASSERT_EQUAL(counts().c.octets, n - 24 - 16 * 20000);
        engine_facts(e, codec_named("stun"), 0, facts);
        CU_ASSERT_EQUAL(memcmp(sums, facts, sizeof sums), 0);
    }
}

static void gzip(void)
{
    static uint8_t packed[sizeof file];
    static char whole[sizeof said];
    size_t n = make_file();
    z_stream z = {
        .next_in = file, .avail_in = (uInt)n, .next_out = packed, .avail_out = sizeof packed};

    CU_ASSERT_PTR_NULL(read_file(&plain, file, n));
    memcpy(whole, said, sizeof said);
    CU_ASSERT_EQUAL_FATAL(deflateInit2(&z, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    CU_ASSERT_EQUAL(deflate(&z, Z_FINISH), Z_STREAM_END);
    deflateEnd(&z);
    CU_ASSERT_PTR_NULL(read_file(&plain, packed, z.total_out));
    CU_ASSERT_STRING_EQUAL(said, whole);
    const char *why = read_file(&plain, packed, z.total_out - 9); /* one octet of the data */
    CU_ASSERT_TRUE(why && strstr(why, "the gzip stream ends before its end"));
    packed[z.total_out - 6] ^= 1; /* the check sum */
    why = read_file(&plain, packed, z.total_out);
    CU_ASSERT_TRUE(why && strstr(why, "the gzip stream is damaged"));
}

/* A file that ends inside a frame: what was before comes out, one sentence says where. */
static void cut(void)
{
    size_t n = make_file();
    for (unsigned j = 1; j <= 3; j += 2) {
        const struct engine_options o = {.jobs = j};
        const char *why = read_file(&o, file, n - 3);
        CU_ASSERT_TRUE(why && strstr(why, "x.pcap: frame 20000, octet "));
        CU_ASSERT_TRUE(why && strstr(why, "the file ends inside the frame"));
        CU_ASSERT_EQUAL(counts().c.frames, 19999);
        CU_ASSERT_EQUAL(of("rtp").messages + of("stun").messages, 19999);
    }
    CU_ASSERT_PTR_NOT_NULL(strstr(engine_file(e, "/nonexistent/x"), "No such file"));
    CU_ASSERT_EQUAL(counts().c.frames, 0);
}

/* ---- a file that grows ---- */

static int growing;
static size_t grown, whole_n;

static bool more(void *ctx)
{
    size_t n = whole_n - grown < 100000 ? whole_n - grown : 100000;
    (void)ctx;
    if (n == 0)
        return false;
    CU_ASSERT_EQUAL(pwrite(growing, file + grown, n, (off_t)grown), (ssize_t)n);
    grown += n;
    return true;
}

static void grows(void)
{
    const struct engine_options o = {.jobs = 1, .more = more};
    growing = memfd_create("growing", 0);
    whole_n = make_file();
    grown = 0;
    start(&o);
    e->pushed = NULL;
    CU_ASSERT_PTR_NULL(engine_fd(e, growing, "x.pcap"));
    CU_ASSERT_EQUAL(counts().c.frames, 20000);
    CU_ASSERT_EQUAL(grown, whole_n);
    close(growing);
    engine_free(e);
    e = NULL;
}

TESTS({"order", order}, {"probation", probation}, {"held", held}, {"denied", denied},
      {"held_limit", held_limit}, {"shared_flow", shared_flow}, {"channel_data", channel_data},
      {"quoted", quoted}, {"connections", connections}, {"dns", dns}, {"evicted", evicted},
      {"grown_table", grown_table}, {"oldest", oldest}, {"stops", stops}, {"jobs", jobs},
      {"gzip", gzip}, {"cut", cut}, {"grows", grows})
