/* codecs/rtp/rtp_test.c - what vectors cannot say of RTP: drafts changed in one place or wrong on purpose, the
 * header in the hot path, elements, static payload types, telling RTP from others. */
#include "codecs/rtp/rtp.h"
#include "harness/core/test.h"

/* Marker, two CSRC identifiers, an element of RFC 8285 and two octets of padding. */
static const uint8_t packet[] = {0xb2, 0xe0, 0x12, 0x34, 0,    0, 0,    0x0d, 0,    0,    0,
                                 0x0e, 0,    0,    0,    0x0f, 0, 0,    0,    0x10, 0xbe, 0xde,
                                 0,    1,    0x11, 0xaa, 0xbb, 0, 0x1c, 0x1d, 0,    2};
static const struct span wire = {packet, sizeof packet};
static uint8_t memory[16384], out[4096];

static void view_to_draft(struct draft *dr, struct arena *mem)
{
    static struct rtp_packet r;
    struct findings none = {0};

    *mem = arena_of(memory, sizeof memory);
    CU_ASSERT_EQUAL_FATAL(rtp_decode(wire, &r, &none), STEP_ITEM);
    CU_ASSERT_EQUAL(none.n, 0);
    draft_of(dr, &rtp_packet_desc, &r, mem);
}

static struct span written(const struct draft *dr)
{
    struct wr w = {out, sizeof out, 0, false};
    rtp_encode(&w, dr);
    CU_ASSERT_FALSE(w.full);
    return wr_span(&w);
}

/* One field of a draft changed: the octets of that field differ, and no other. */
static void one_field(void)
{
    static const struct {
        const char *path, *value;
        size_t off, n;
    } changes[] = {
        {"version", "1", 0, 1},
        {"padding", "false", 0, 1},
        {"extension", "false", 0, 1},
        {"csrc_count", "15", 0, 1},
        {"marker", "^", 1, 1},
        {"payload_type", "0", 1, 1},
        {"sequence", "+1", 2, 2},
        {"timestamp", "0xffffffff", 4, 4},
        {"ssrc", "1", 8, 4},
        {"csrc/1", "raw:01020304", 16, 4},
        {"profile", "0x1000", 20, 2},
        {"ext_length", "0xffff", 22, 2},
        {"elements/0/id", "14", 24, 1},
        {"elements/0/length", "15", 24, 1},
        {"elements/0/data", "hex:ccdd", 25, 2},
        {"payload", "hex:0000", 28, 2},
        {"pad", "hex:ff", 30, 1},
        {"pad_count", "200", 31, 1},
    };
    struct arena mem;
    struct draft dr;

    view_to_draft(&dr, &mem);
    CU_ASSERT_TRUE(span_eq(written(&dr), wire));
    for (size_t i = 0; i < COUNT(changes); i++) {
        view_to_draft(&dr, &mem);
        CU_ASSERT_EQUAL(draft_edit(&dr, DRAFT_SET, changes[i].path, changes[i].value), 1);
        CHECK_CHANGED(written(&dr), wire, changes[i].off, changes[i].n);
    }
}

/* Counts and lengths follow what is dropped, doubled and added. */
static void derived(void)
{
    struct arena mem;
    struct draft dr;
    struct rtp_packet r;

    view_to_draft(&dr, &mem);
    CU_ASSERT_EQUAL(draft_edit(&dr, DRAFT_DROP, "csrc/0", NULL), 1);
    CU_ASSERT_EQUAL(draft_edit(&dr, DRAFT_SET, "elements/0/data", "hex:0102030405060708"), 1);
    CU_ASSERT_EQUAL(draft_edit(&dr, DRAFT_SET, "pad", "hex:"), 1);
    CU_ASSERT_TRUE_FATAL(rtp_decode_header(written(&dr), &r));
    CU_ASSERT_EQUAL(r.cc, 1);
    CU_ASSERT_EQUAL(rtp_csrc(&r, 0), 16);
    CU_ASSERT_EQUAL(r.ext_length,
                    3); /* an octet of head, eight of data, one of padding, two for the word */
    CU_ASSERT_EQUAL(r.pad_count, 1);
    view_to_draft(&dr, &mem);
    CU_ASSERT_EQUAL(draft_edit(&dr, DRAFT_DROP, "pad", NULL), 1);
    CU_ASSERT_TRUE_FATAL(rtp_decode_header(written(&dr), &r));
    CU_ASSERT_FALSE(r.padding);
    CU_ASSERT_EQUAL(r.payload.n, 2);
}

static void from_nothing(void)
{
    static const uint8_t want[] = {0x80, 0x88, 0, 7, 0, 0, 0, 160, 0, 0, 0, 1, 'a', 'b'};
    struct span payload = SPAN("ab");
    struct arena mem = arena_of(memory, sizeof memory);
    struct draft dr;
    uint8_t put[16];
    struct wr w = {put, sizeof put, 0, false};

    rtp_draft(&dr, &mem, 8, true, 7, 160, 1, payload);
    CU_ASSERT_TRUE(span_eq(written(&dr), (struct span){want, sizeof want}));
    rtp_put(&w, 8, true, 7, 160, 1, payload);
    CU_ASSERT_TRUE(span_eq(wr_span(&w), (struct span){want, sizeof want}));
    CU_ASSERT_EQUAL(draft_edit(&dr, DRAFT_SET, "pad_count", "4"), 1); /* zeros, then the count */
    CU_ASSERT_EQUAL(written(&dr).n, sizeof want + 4);
    CU_ASSERT_EQUAL(out[sizeof want + 3], 4);
    CU_ASSERT_EQUAL(out[0], 0xa0);
}

/* The call for the hot path and the one that finds say the same of every cut of a packet. */
static void two_ways(void)
{
    struct rtp_packet a, b;

    for (size_t n = 0; n <= wire.n; n++) {
        struct span in = test_guard(span_cut(wire, 0, n));
        struct findings fs = {0};
        enum step s = rtp_decode(in, &b, &fs);
        bool good = rtp_decode_header(in, &a);
        CU_ASSERT_EQUAL(s, n < RTP_HEADER ? STEP_MORE : STEP_ITEM);
        CU_ASSERT_EQUAL(good, s == STEP_ITEM && fs.n == 0);
        if (good) {
            CU_ASSERT_EQUAL(field_diff(&rtp_packet_desc, &a, &b, NULL), 0);
            CU_ASSERT_EQUAL(rtp_size(&a), n);
        }
        test_guard_free(in);
    }
}

static void elements(void)
{
    static const uint8_t two[] = {0x90, 96, 0, 1, 0, 0, 0, 0,   0, 0,    0,    1,
                                  0x10, 0,  0, 2, 0, 1, 0, 200, 2, 0xaa, 0xbb, 0};
    struct rtp_packet r;
    struct rtp_element e;

    CU_ASSERT_TRUE_FATAL(rtp_decode_header(wire, &r));
    CU_ASSERT_TRUE(rtp_find_element(&r, 1, &e) && e.data.n == 2 && e.data.p[0] == 0xaa);
    CU_ASSERT_FALSE(rtp_find_element(&r, 2, &e));
    CU_ASSERT_FALSE(rtp_find_element(&r, 0, &e));
    CU_ASSERT_FALSE(rtp_find_element(&r, RTP_ELEMENT_STOP, &e));
    CU_ASSERT_TRUE_FATAL(rtp_decode_header((struct span){two, sizeof two}, &r));
    CU_ASSERT_EQUAL(rtp_elements_of(&r), RTP_ELEMENTS_TWO);
    CU_ASSERT_TRUE(rtp_find_element(&r, 200, &e) && e.data.n == 2);
    CU_ASSERT_TRUE(rtp_find_element(&r, 1, &e) && e.data.n == 0);
}

/* RFC 3551 section 6, and what is asked of an earlier implementation's table. */
static void statics(void)
{
    static const struct {
        const char *name;
        uint32_t rate;
        unsigned channels;
        int want;
    } numbers[] = {
        {"GSM", 8000, 0, 3},    {"L16", 44100, 2, 10},  {"L16", 44100, 0, 11},
        {"L16", 44100, 1, 11},  {"pcmu", 8000, 0, 0},   {"PCMU", 8000, 2, -1},
        {"PCMU", 16000, 1, -1}, {"G722", 8000, 1, 9},   {"h263", 90000, 0, 34},
        {"DVI4", 22050, 1, 17}, {"opus", 48000, 2, -1}, {"", 8000, 1, -1},
    };
    static const uint8_t assigned[] = {0,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13,
                                       14, 15, 16, 17, 18, 25, 26, 28, 31, 32, 33, 34};
    size_t n = 0;

    for (size_t i = 0; i < COUNT(numbers); i++)
        CU_ASSERT_EQUAL(
            rtp_static_number(span_of(numbers[i].name), numbers[i].rate, numbers[i].channels),
            numbers[i].want);
    for (unsigned t = 0; t < 256; t++) {
        bool want = n < COUNT(assigned) && assigned[n] == t;
        CU_ASSERT_EQUAL(rtp_static_type(t) != NULL, want);
        n += want;
    }
    const struct rtp_static *gsm = rtp_static_type(3);
    CU_ASSERT_TRUE(strcmp(gsm->encoding, "GSM") == 0 && gsm->clock_rate == 8000 &&
                   gsm->channels == 1 && gsm->media == RTP_AUDIO);
    CU_ASSERT_EQUAL(rtp_static_type(33)->media, RTP_AUDIO_VIDEO);
}

static void telling_apart(void)
{
    uint8_t p[12] = {0x80, 0};
    struct span in = {p, sizeof p};

    CU_ASSERT_EQUAL(rtp_guess(in, 5004), RTP_GUESS);
    CU_ASSERT_EQUAL(rtp_guess(span_cut(in, 0, 11), 5004), 0);
    CU_ASSERT_TRUE(rtp_guess(in, 53) > 0 && rtp_guess(in, 53) < RTP_GUESS);
    for (unsigned second = 0; second < 256; second++) {
        p[1] = (uint8_t)second;
        CU_ASSERT_EQUAL(rtp_is_rtcp(in), second >= 192 && second <= 223);
        CU_ASSERT_EQUAL(rtp_guess(in, 0) > 0, !rtp_is_rtcp(in));
    }
    p[1] = 0;
    for (unsigned first = 0; first < 256; first++) {
        p[0] = (uint8_t)first;
        CU_ASSERT_EQUAL(rtp_is_either(in), first >= 128 && first <= 191);
    }
    p[0] = 0x40;
    CU_ASSERT_EQUAL(rtp_guess(in, 0), 0);
    p[0] = 0x8f; /* more CSRC identifiers than there are */
    CU_ASSERT_EQUAL(rtp_guess(in, 0), 0);
    CU_ASSERT_EQUAL(rtp_sequence_diff(0, 65535), 1);
    CU_ASSERT_EQUAL(rtp_sequence_diff(65534, 1), -3);
}

/* ---- what bears out a guess ---- */

static struct span datagram(uint16_t sequence, uint32_t ssrc)
{
    static uint8_t p[20] = {0x80, 0};
    put_u16(p + 2, sequence);
    put_u32(p + 4, sequence * 160u);
    put_u32(p + 8, ssrc);
    return (struct span){p, sizeof p};
}

/* RFC3550:A.1, both sides of its limits: 3000 ahead, 100 behind; and numbers that wrap. */
static void follows(void)
{
    static const struct {
        uint16_t first, next;
        int want;
    } steps[] = {
        {10, 11, 1},       {10, 10, 0},    {10, 12, 1},     {10, 3010, 1},  {10, 3011, -1},
        {200, 100, 0},     {200, 99, -1},  {65535, 0, 1},   {0, 65535, 0},  {65535, 2999, 1},
        {65535, 3000, -1}, {50, 65486, 0}, {50, 65485, -1}, {0, 32768, -1},
    };
    for (size_t i = 0; i < COUNT(steps); i++) {
        struct codec_memo memo = {{0, 0}};
        CU_ASSERT_EQUAL(rtp_follows(&memo, datagram(steps[i].first, 7)), 0);
        CU_ASSERT_EQUAL(rtp_follows(&memo, datagram(steps[i].next, 7)), steps[i].want);
        /* what is late or of somebody else does not move what the next one has to follow on */
        CU_ASSERT_EQUAL(rtp_follows(&memo, datagram(steps[i].next, 8)), -1);
        uint16_t last = steps[i].want > 0 ? steps[i].next : steps[i].first;
        CU_ASSERT_EQUAL(rtp_follows(&memo, datagram((uint16_t)(last + 1), 7)), 1);
    }
    struct codec_memo zero = {{0, 0}}; /* SSRC 0 and number 0 are lawful, and no empty memo */
    CU_ASSERT_EQUAL(rtp_follows(&zero, datagram(0, 0)), 0);
    CU_ASSERT_EQUAL(rtp_follows(&zero, datagram(1, 0)), 1);
}

/* Whether a direction is believed within so many datagrams, asked as the capture engine asks: two have to go on, and
 * who was contradicted fifteen times is asked no more. */
struct asked {
    struct codec_memo memo;
    unsigned went, denied;
};
static bool believed(struct asked *a, struct span in)
{
    if (a->denied == 15 || rtp_guess(in, 0) == 0)
        return false;
    int went = rtp_follows(&a->memo, in);
    if (went < 0) {
        a->denied++;
        a->went = 0;
        a->memo = (struct codec_memo){{0, 0}};
        rtp_follows(&a->memo, in);
    }
    a->went += went > 0;
    return a->went >= 2;
}

/* Streams as networks bring them are believed at the datagram that says so, and not before. */
static void believed_streams(void)
{
    static const struct {
        const char *what;
        uint16_t v[10];
        size_t n, at; /* the datagram, from 0, that makes sure */
    } streams[] = {
        {"in order", {1, 2, 3}, 3, 2},
        {"across the wrap", {65534, 65535, 0}, 3, 2},
        {"each one twice", {5, 5, 6, 6, 7}, 5, 4},
        {"half of them lost", {100, 102, 104}, 3, 2},
        {"two changed places", {7, 9, 8, 10}, 4, 3},
        {"the first came late", {9, 8, 10, 11}, 4, 3},
        {"a long pause of the capture", {1, 2900, 5700}, 3, 2},
        {"begun anew far away", {1, 2, 40000, 40001, 40002}, 5, 4},
    };
    for (size_t i = 0; i < COUNT(streams); i++) {
        struct asked a = {0};
        for (size_t k = 0; k < streams[i].n; k++)
            if (believed(&a, datagram(streams[i].v[k], 0x1234)) != (k == streams[i].at)) {
                printf("\n%s, datagram %zu", streams[i].what, k);
                CU_FAIL("believed too early, or not");
            }
    }
}

/* What is no stream: octets of chance in the shape of RTP; a counter where the SSRC stands; one number for ever; many
 * sources of one datagram each. Seeded, so that a run is as the one before. */
static void noise(void)
{
    uint64_t state = 0x2545f4914f6cdd1du;
    size_t taken = 0;

    for (unsigned flow = 0; flow < 20000; flow++) {
        struct asked a[4] = {{{{0, 0}}, 0, 0}};
        for (unsigned i = 0; i < 40; i++) {
            uint8_t p[64];
            for (size_t k = 0; k < sizeof p; k++) {
                state = state * 6364136223846793005u + 1442695040888963407u;
                p[k] = (uint8_t)(state >> 56);
            }
            p[0] = 0x80;
            p[1] &= 0x3f;
            taken += believed(&a[0], (struct span){p, sizeof p});
            taken += believed(&a[1], datagram((uint16_t)i, flow + i));
            taken += believed(&a[2], datagram(77, flow));
            taken += believed(&a[3], datagram((uint16_t)(i * 5000), flow));
        }
    }
    CU_ASSERT_EQUAL(taken, 0);
}

TESTS({"one_field", one_field}, {"derived", derived}, {"from_nothing", from_nothing},
      {"two_ways", two_ways}, {"elements", elements}, {"statics", statics},
      {"telling_apart", telling_apart}, {"follows", follows},
      {"believed_streams", believed_streams}, {"noise", noise})
