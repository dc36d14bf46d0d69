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

TESTS({"one_field", one_field}, {"derived", derived}, {"from_nothing", from_nothing},
      {"two_ways", two_ways}, {"elements", elements}, {"statics", statics},
      {"telling_apart", telling_apart})
