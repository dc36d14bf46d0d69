/* harness/replay/engine_srtp_test.c - SRTP in the engine: what comes out of it, in which order, for any jobs. */
#include <stdio.h>
#include "harness/core/test.h"
#include "harness/replay/engine.h"
#include "harness/tests/srtp_seal.h"

enum { BODY = 20, RTP = 12 + BODY, CALLS = 40, PACKETS = 60 };
#define NO_MKI ((struct span){NULL, 0})

static struct engine *e;
static struct srtpdec_key keys[2];
static char said[1 << 20];
static size_t n_said;
static uint64_t now;

static void put(const char *text, size_t n)
{
    if (n_said + n < sizeof said) {
        memcpy(said + n_said, text, n);
        n_said += n;
    }
    said[n_said] = '\0';
}

/* "3 ip/udp/srtp/rtp 32 41;": frame, layers, octets, the last of them; what is missing, findings. */
static void on_message(void *ctx, struct wr *w, const struct engine_message *m)
{
    (void)ctx;
    wr_dec(w, m->frame);
    wr_u8(w, ' ');
    wr_text(w, m->layers);
    wr_u8(w, ' ');
    wr_dec(w, m->octets.n);
    wr_u8(w, ' ');
    wr_hex(w, m->octets.p[m->octets.n - 1], 2);
    if (m->missing) {
        wr_text(w, " -");
        wr_dec(w, m->missing);
    }
    for (size_t i = 0; i < m->fs->n; i++) {
        wr_u8(w, ' ');
        wr_text(w, m->fs->v[i].clause);
    }
    wr_text(w, ";");
}

static void on_problem(void *ctx, const char *file, const struct capread_problem *p)
{
    const struct finding f = {.what = p->what, .arg = {p->arg[0], p->arg[1]}};
    uint8_t text[256];
    struct wr w = {text, sizeof text, 0, false};

    (void)ctx;
    (void)file;
    wr_dec(&w, p->frame);
    wr_u8(&w, '@');
    wr_dec(&w, p->off);
    wr_text(&w, "! ");
    finding_words(&w, &f);
    wr_text(&w, ";");
    put((const char *)text, w.n);
}

static bool on_text(void *ctx, struct span s)
{
    (void)ctx;
    put((const char *)s.p, s.n);
    return true;
}

static void start(unsigned jobs, size_t n_keys)
{
    const struct engine_options o = {.jobs = jobs, .srtp_keys = keys, .n_srtp_keys = n_keys};
    const struct engine_sink sink = {.message = on_message, .problem = on_problem, .text = on_text};

    engine_free(e);
    e = engine_new(&o, &sink);
    CU_ASSERT_PTR_NOT_NULL_FATAL(e);
    n_said = 0;
    said[0] = '\0';
    now = 0;
    engine_begin(e, "pushed");
}

static struct engine_counts end(void)
{
    struct engine_counts c;
    engine_end(e);
    engine_counts(e, &c);
    return c;
}

static void setup(void)
{
    for (size_t k = 0; k < 2; k++) {
        keys[k] = (struct srtpdec_key){.suite = k ? 6 : 0};
        for (size_t i = 0; i < SRTPDEC_KEY_MAX; i++)
            keys[k].key[i] = (uint8_t)(i * 3 + k);
    }
}

/* ---- frames ---- */

static void udp(uint8_t from, uint16_t port, struct span body, size_t kept)
{
    uint8_t p[2048] = {0x45, 0, 0, 0, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, from, 10, 0, 1, 1};
    size_t n = 28 + body.n;

    put_u16(p + 2, (uint16_t)n);
    put_u16(p + 20, port);
    put_u16(p + 22, 7000);
    put_u16(p + 24, (uint16_t)(8 + body.n));
    memcpy(p + 28, body.p, body.n);
    engine_push(e, 101, now += 20000000, (struct span){p, 28 + kept}, (uint32_t)n);
}

static size_t rtp(unsigned key, uint64_t index, uint32_t ssrc, uint8_t last, uint8_t *to)
{
    uint8_t p[RTP] = {0x80, 96};

    put_u16(p + 2, (uint16_t)index);
    put_u32(p + 4, (uint32_t)index * 160);
    put_u32(p + 8, ssrc);
    p[RTP - 1] = last;
    return seal_rtp(keys[key].suite, keys[key].key, (struct span){p, RTP}, 12,
                    (uint32_t)(index >> 16), NO_MKI, to);
}

static size_t rtcp(unsigned key, uint32_t index, uint32_t ssrc, uint8_t *to)
{
    static const uint8_t cname[] = {0x81, 202, 0, 3, 0, 0, 0, 0, 1, 4, 'a', 'b', 'c', 'd', 0, 0};
    uint8_t p[8 + sizeof cname] = {0x80, 201, 0, 1};

    put_u32(p + 4, ssrc);
    memcpy(p + 8, cname, sizeof cname);
    put_u32(p + 12, ssrc);
    return seal_rtcp(keys[key].suite, keys[key].key, (struct span){p, sizeof p}, index, NO_MKI, to);
}

static void give_rtp(unsigned key, uint64_t index, uint32_t ssrc)
{
    uint8_t p[256];
    size_t n = rtp(key, index, ssrc, (uint8_t)index, p);
    udp((uint8_t)ssrc, 5000, (struct span){p, n}, n);
}

static void give_rtcp(unsigned key, uint32_t index, uint32_t ssrc)
{
    uint8_t p[256];
    size_t n = rtcp(key, index, ssrc, p);
    udp((uint8_t)ssrc, 5001, (struct span){p, n}, n);
}

/* ---- tests ---- */

/* The first packet is told at once: that it is authentic leaves no doubt what it is. */
static void decrypted(void)
{
    setup();
    start(1, 2);
    give_rtp(0, 9, 1);
    give_rtcp(0, 1, 1);
    give_rtp(1, 30, 2);
    give_rtcp(1, 1, 2);
    struct engine_counts c = end();
    CU_ASSERT_STRING_EQUAL(said, "1 ip/udp/srtp/rtp 32 09;2 ip/udp/srtp/rtcp 24 00;"
                                 "3 ip/udp/srtp/rtp 32 1e;4 ip/udp/srtp/rtcp 24 00;");
    CU_ASSERT_EQUAL(c.srtp.opened, 4);
    CU_ASSERT_EQUAL(c.flows, 4);
    CU_ASSERT_EQUAL(c.unknown + c.held + c.c.problems, 0);
}

/* Without keys: RTP by its header, after probation; RTCP is not known; neither is judged. */
static void without_keys(void)
{
    setup();
    start(1, 0);
    for (unsigned i = 0; i < 3; i++) {
        give_rtp(0, 9 + i, 1);
        give_rtcp(0, i, 1);
    }
    struct engine_counts c = end();
    CU_ASSERT_EQUAL(strncmp(said, "1 ip/udp/rtp 42 ", 16), 0);
    CU_ASSERT_PTR_NULL(strstr(said, "srtp"));
    CU_ASSERT_PTR_NULL(strstr(said, "rtcp"));
    CU_ASSERT_EQUAL(c.unknown, 3);
    CU_ASSERT_EQUAL(c.srtp.opened + c.srtp.failed, 0);
}

/* The same as without keys, and that none fits. */
static void wrong_key(void)
{
    static char before[sizeof said];

    setup();
    start(1, 0);
    for (unsigned i = 0; i < 5; i++)
        give_rtp(0, 9 + i, 1);
    end();
    memcpy(before, said, sizeof before);
    start(1, 1);
    for (unsigned i = 0; i < 5; i++)
        give_rtp(0, 9 + i, 1);
    keys[0].key[0] ^= 1; /* the engine has opened nothing yet */
    struct engine_counts c = end();
    const char *words = "3@28! RTP of SSRC 0x0001, sequence number 11, is authentic under no SRTP "
                        "key given;";
    char *at = strstr(said, words);
    CU_ASSERT_PTR_NOT_NULL_FATAL(at);
    memmove(at, at + strlen(words), strlen(at + strlen(words)) + 1);
    CU_ASSERT_STRING_EQUAL(said, before);
    CU_ASSERT_EQUAL(c.c.problems, 1);
    CU_ASSERT_EQUAL(c.srtp.failed, 3);
}

static void flipped(void)
{
    uint8_t p[256];
    size_t n;

    setup();
    start(1, 1);
    give_rtp(0, 9, 1);
    for (unsigned i = 0; i < SRTPDEC_TOLD + 2; i++) {
        n = rtp(0, 10 + i, 1, 0, p);
        p[15] ^= 4;
        udp(1, 5000, (struct span){p, n}, n);
    }
    give_rtp(0, 11, 1);
    struct engine_counts c = end();
    CU_ASSERT_STRING_EQUAL(
        said, "1 ip/udp/srtp/rtp 32 09;"
              "2@28! SRTP of SSRC 0x0001, sequence number 10, is not authentic: its tag does not "
              "fit;3@28! SRTP of SSRC 0x0001, sequence number 11, is not authentic: its tag does "
              "not fit;4@28! SRTP of SSRC 0x0001, sequence number 12, is not authentic: its tag "
              "does not fit;7 ip/udp/srtp/rtp 32 0b;");
    CU_ASSERT_EQUAL(c.srtp.failed, SRTPDEC_TOLD + 2);
    CU_ASSERT_EQUAL(c.unknown, SRTPDEC_TOLD + 2);
}

/* Of a packet that the capture cut there is the header, in a stream that is known. */
static void cut(void)
{
    uint8_t p[256];
    size_t n;

    setup();
    start(1, 1);
    give_rtp(0, 9, 1);
    n = rtp(0, 10, 1, 0, p);
    udp(1, 5000, (struct span){p, n}, 25);
    end();
    CU_ASSERT_STRING_EQUAL(said, "1 ip/udp/srtp/rtp 32 09;2 ip/udp/srtp/rtp 12 01 -30;");
}

/* A frame that the capture holds twice is told twice, and is to the watcher what it would be unencrypted. */
static void twice(void)
{
    setup();
    start(1, 1);
    give_rtp(0, 9, 1);
    give_rtp(0, 10, 1);
    give_rtp(0, 9, 1);
    struct engine_counts c = end();
    CU_ASSERT_STRING_EQUAL(said, "1 ip/udp/srtp/rtp 32 09;2 ip/udp/srtp/rtp 32 0a;"
                                 "3 ip/udp/srtp/rtp 32 09;");
    CU_ASSERT_EQUAL(c.srtp.again, 1);
}

/* Many calls through one another, some of them damaged, one without key; several windows. */
static void many(unsigned jobs)
{
    uint8_t p[256];
    size_t n;

    start(jobs, 2);
    for (unsigned i = 0; i < PACKETS; i++)
        for (unsigned call = 1; call <= CALLS; call++) {
            n = rtp(call & 1, 65500 + i, call, (uint8_t)i, p);
            p[20] ^= (i + call) % 13 == 0;
            if (call == 7)
                p[20] ^= 2;
            udp((uint8_t)call, 5000, (struct span){p, n}, (i + call) % 17 ? n : 20);
            if ((i + call) % 10 == 0)
                give_rtcp(call & 1, i, call);
        }
}

static void jobs(void)
{
    static char alone[sizeof said];
    struct engine_counts first = {0}, c;

    setup();
    for (unsigned n = 1; n <= 5; n++) {
        many(n);
        c = end();
        if (n == 1) {
            memcpy(alone, said, sizeof alone);
            first = c;
            CU_ASSERT_TRUE(c.srtp.opened > PACKETS * CALLS / 2 && c.srtp.failed > 100);
            CU_ASSERT_TRUE(n_said > 50000 && n_said < sizeof said / 2);
        }
        CU_ASSERT_STRING_EQUAL(said, alone);
        CU_ASSERT_EQUAL(c.srtp.opened, first.srtp.opened);
        CU_ASSERT_EQUAL(c.srtp.failed, first.srtp.failed);
        CU_ASSERT_EQUAL(c.c.problems, first.c.problems);
        CU_ASSERT_EQUAL(c.unknown, first.unknown);
    }
    engine_free(e);
    e = NULL;
}

TESTS({"decrypted", decrypted}, {"without_keys", without_keys}, {"wrong_key", wrong_key},
      {"flipped", flipped}, {"cut", cut}, {"twice", twice}, {"jobs", jobs})
