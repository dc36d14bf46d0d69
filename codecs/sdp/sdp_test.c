/* codecs/sdp/sdp_test.c - what vectors cannot say: names, times, directions, edits of drafts. */
#include "codecs/sdp/sdp_pair.h"
#include "codecs/sdp/sdp_table.h"
#include "harness/core/test.h"

enum { ROOM = 1 << 14, MEMORY = 1 << 18 };
static uint8_t memory[MEMORY];

static void decode(const char *text, struct arena *mem, struct sdp_msg *m)
{
    struct findings fs = {0};
    CU_ASSERT_EQUAL(sdp_msg_decode(span_of(text), mem, m, &fs), STEP_ITEM);
    CU_ASSERT_FALSE(mem->full);
}

static void names(void)
{
    for (enum sdp_type t = SDP_OTHER + 1; t < SDP_TYPES; t++) {
        struct span name = {(const uint8_t *)sdp_names[t].name, sdp_names[t].n};
        CU_ASSERT_EQUAL(sdp_type_of(name), t);
        CU_ASSERT_EQUAL(sdp_type_of(span_cut(name, 0, name.n - 1)) == t, false);
    }
    CU_ASSERT_EQUAL(sdp_type_of(span_of("RTPMAP")), SDP_OTHER);
    CU_ASSERT_EQUAL(sdp_type_of(span_of("")), SDP_OTHER);
    CU_ASSERT_EQUAL(sdp_type_of(span_of("m")), SDP_OTHER);
}

static void rules(void)
{
    for (size_t i = 0; i < SDP_RULES; i++)
        CU_ASSERT_TRUE(sdp_rules[i].clause && sdp_rules[i].what);
    for (size_t i = 0; i < SDP_PAIR_RULES; i++)
        CU_ASSERT_TRUE(sdp_pair_rules[i].clause && sdp_pair_rules[i].what);
}

static void seconds(void)
{
    static const struct {
        const char *text;
        bool ok;
        int64_t seconds;
    } rows[] = {{"0", true, 0},
                {"7d", true, 604800},
                {"25h", true, 90000},
                {"-1h", true, -3600},
                {"90m", true, 5400},
                {"1s", true, 1},
                {"", false, 0},
                {"h", false, 0},
                {"1H", false, 0},
                {"1hh", false, 0},
                {"--1", false, 0},
                {"9223372036854775807", true, INT64_MAX},
                {"9223372036854775808", false, 0}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        int64_t got = 0;
        CU_ASSERT_EQUAL(sdp_seconds(span_of(rows[i].text), &got), rows[i].ok);
        CU_ASSERT_EQUAL(got, rows[i].seconds);
    }
}

static void guesses(void)
{
    CU_ASSERT_EQUAL(sdp_guess(span_of("v=0\r\no=- 1 1 IN IP4 a"), 0), 95);
    CU_ASSERT_EQUAL(sdp_guess(span_of("v=0\no=- "), 0), 95);
    CU_ASSERT_EQUAL(sdp_guess(span_of("v=0\r\ns=-"), 0), 0);
    CU_ASSERT_EQUAL(sdp_guess(span_of("v=\r\no=-"), 0), 0);
    CU_ASSERT_EQUAL(sdp_guess(span_of("v=0"), 0), 0);
}

/* RFC 3264 section 6.1 and 8.4. */
static void directions(void)
{
    CU_ASSERT_EQUAL(sdp_direction_answer(SDP_DIR_SEND, SDP_DIR_BOTH), SDP_DIR_RECV);
    CU_ASSERT_EQUAL(sdp_direction_answer(SDP_DIR_RECV, SDP_DIR_BOTH), SDP_DIR_SEND);
    CU_ASSERT_EQUAL(sdp_direction_answer(SDP_DIR_BOTH, SDP_DIR_RECV), SDP_DIR_RECV);
    CU_ASSERT_EQUAL(sdp_direction_answer(SDP_DIR_SEND, SDP_DIR_SEND), SDP_DIR_INACTIVE);
    CU_ASSERT_EQUAL(sdp_direction_answer(SDP_DIR_INACTIVE, SDP_DIR_BOTH), SDP_DIR_INACTIVE);
    CU_ASSERT_EQUAL(sdp_direction_hold(SDP_DIR_BOTH), SDP_DIR_SEND);
    CU_ASSERT_EQUAL(sdp_direction_hold(SDP_DIR_RECV), SDP_DIR_INACTIVE);
    CU_ASSERT_STRING_EQUAL(sdp_direction_name(SDP_DIR_BOTH), "sendrecv");
}

/* What payload types mean, by a=rtpmap before RFC 3551. */
static void codings(void)
{
    static const struct {
        uint32_t payload;
        bool known;
        struct sdp_coding want;
    } rows[] = {{0, true, {SPAN("PCMA"), 16000, 1}},
                {3, true, {SPAN("GSM"), 8000, 1}},
                {10, true, {SPAN("L16"), 44100, 2}},
                {96, true, {SPAN("opus"), 48000, 2}},
                {97, false, {{NULL, 0}, 0, 0}}};
    struct arena mem = arena_of(memory, MEMORY);
    struct sdp_msg m;

    decode("v=0\r\nm=audio 1 RTP/AVP 0\r\na=rtpmap:0 PCMA/16000\r\na=rtpmap:96 opus/48000/2\r\n",
           &mem, &m);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct sdp_coding c;
        CU_ASSERT_EQUAL(sdp_coding_of(&m.media[0], rows[i].payload, &c), rows[i].known);
        CU_ASSERT_TRUE(!rows[i].known || sdp_coding_same(&c, &rows[i].want));
    }
    CU_ASSERT_EQUAL(sdp_static_payload(&rows[1].want), 3);
    CU_ASSERT_EQUAL(sdp_static_payload(&rows[3].want), SDP_NONE);
}

/* The cnames of SDP_LINT_MEDIA sources are looked for, and of none where there are more. */
static void sources(void)
{
    static uint8_t text[ROOM];

    for (size_t n = SDP_LINT_MEDIA; n <= SDP_LINT_MEDIA + 1; n++) {
        struct wr w = {text, ROOM, 0, false};
        struct arena mem = arena_of(memory, MEMORY);
        struct findings fs = {0};
        struct sdp_msg m;
        wr_text(&w, "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 "
                    "0\r\nm=video 1 RTP/AVP 31\r\n");
        for (size_t i = 0; i < n; i++) {
            wr_text(&w, "a=ssrc:");
            wr_dec(&w, i + 1);
            wr_text(&w, i ? " cname:x\r\n" : " label:x\r\n");
        }
        CU_ASSERT_EQUAL(sdp_msg_decode(wr_span(&w), &mem, &m, &fs), STEP_ITEM);
        sdp_lint(&m, &fs);
        CU_ASSERT_EQUAL(fs.n, n == SDP_LINT_MEDIA);
    }
}

/* An id that stands twice is found among SDP_LINT_MEDIA different ones, and not beyond. */
static void limits(void)
{
    static uint8_t text[ROOM];

    for (size_t n = SDP_LINT_MEDIA; n <= SDP_LINT_MEDIA + 1; n++) {
        struct wr w = {text, ROOM, 0, false};
        struct arena mem = arena_of(memory, MEMORY);
        struct findings fs = {0};
        struct sdp_msg m;
        wr_text(&w, "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 "
                    "0\r\nm=video 1 RTP/AVP 31\r\n");
        for (size_t i = 0; i <= n; i++) {
            wr_text(&w, "a=rid:");
            wr_dec(&w, i < n ? i : n - 1);
            wr_text(&w, " send\r\n");
        }
        CU_ASSERT_EQUAL(sdp_msg_decode(wr_span(&w), &mem, &m, &fs), STEP_ITEM);
        sdp_lint(&m, &fs);
        CU_ASSERT_EQUAL(fs.n, n == SDP_LINT_MEDIA);
    }
}

/* ---- findings ---- */

/* A rule that is broken at each of many lines is said once, and another one beside it. */
static void floods(void)
{
    static const struct {
        const char *line, *other;
        const char *clause, *second;
        size_t times;
    } rows[] = {
        {"a=mid:x y\r\n", "", "RFC5888:4#a1", NULL, 3000},
        {"a=mid:x y\r\n", "a=ptime:0\r\n", "RFC5888:4#a1", "RFC8866:6.4#a2", 1500},
        {"a=rtpmap:0 PCMU/8000\r\n", "", "RFC8866:6.6#a7", NULL, 1500},
        {"a=extmap:1 a:b\r\n", "a=extmap:1 a:c\r\n", "RFC8285:5#2b", "RFC8285:5#8", 1000},
        {"??\r\n", "", "RFC8866:5#a2", NULL, 1500},
        {"??\r\n", "x=1\r\n", "RFC8866:5#a2", "RFC8866:5#2", 1500},
        {"\r\n", "", "RFC8866:9#a45", NULL, 10000},
        {"a=x\n", "", "RFC8866:5#5a", NULL, 3000},
        {"i=x\r\n", "", "RFC8866:9#a7", NULL, 3000},
    };
    static uint8_t text[1 << 16];

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct wr w = {text, sizeof text, 0, false};
        struct arena mem = arena_of(memory, MEMORY);
        struct finding got[4];
        struct findings fs = {.v = got, .cap = COUNT(got)};
        struct sdp_msg m;
        wr_text(&w, "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 "
                    "0\r\nm=audio 1 RTP/AVP 0\r\n");
        for (size_t k = 0; k < rows[i].times; k++) {
            wr_text(&w, rows[i].line);
            wr_text(&w, rows[i].other);
        }
        CU_ASSERT_FALSE(w.full);
        CU_ASSERT_EQUAL(sdp_msg_decode(wr_span(&w), &mem, &m, &fs), STEP_ITEM);
        sdp_lint(&m, &fs);
        CU_ASSERT_FALSE(mem.full);
        CU_ASSERT_EQUAL_FATAL(fs.n, rows[i].second ? 2 : 1);
        CU_ASSERT_STRING_EQUAL(got[0].clause, rows[i].clause);
        CU_ASSERT_TRUE(!rows[i].second || strcmp(got[1].clause, rows[i].second) == 0);
    }
}

/* The same of an answer: each stream has other media than the one that was offered. */
static void pair_floods(void)
{
    static uint8_t texts[2][1 << 16], memories[2][MEMORY];
    struct sdp_msg m[2];
    struct finding got[4];
    struct findings fs = {.v = got, .cap = COUNT(got)};

    for (size_t side = 0; side < 2; side++) {
        struct wr w = {texts[side], sizeof texts[side], 0, false};
        struct arena mem = arena_of(memories[side], MEMORY);
        struct findings unused = {0};
        wr_text(&w, side ? "v=0\r\no=b" : "v=0\r\no=a");
        wr_text(&w, " 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n");
        for (size_t i = 0; i < 200; i++)
            wr_text(&w, side ? "m=text 1 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na=sendonly\r\n"
                             : "m=audio 1 RTP/AVP 0\r\na=sendonly\r\n");
        CU_ASSERT_EQUAL(sdp_msg_decode(wr_span(&w), &mem, &m[side], &unused), STEP_ITEM);
        CU_ASSERT_FALSE(w.full || mem.full);
    }
    sdp_answer_check(&m[0], &m[1], &fs);
    CU_ASSERT_EQUAL_FATAL(fs.n, 2);
    CU_ASSERT_STRING_EQUAL(got[0].clause, "RFC3264:6.1#2");
    CU_ASSERT_STRING_EQUAL(got[1].clause, "RFC3264:6.1#3");
}

/* ---- drafts ---- */

#define BASE "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n"
#define AUDIO "m=audio 49170 RTP/AVP 0\r\n"

static void edits(void)
{
    static const struct {
        enum draft_op op;
        const char *path, *value, *want;
    } rows[] = {
        {DRAFT_SET, "media/0/attributes/rtpmap/parts/clock", "16000",
         BASE AUDIO "a=rtpmap:0 PCMU/16000\r\na=sendrecv\r\n"},
        {DRAFT_SET, "media/0/attributes/rtpmap/value", "x",
         BASE AUDIO "a=rtpmap:x\r\na=sendrecv\r\n"},
        {DRAFT_SET, "media/0/port", "0",
         BASE "m=audio 0 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na=sendrecv\r\n"},
        {DRAFT_ADD, "media/0/attributes", "mid=a",
         BASE AUDIO "a=rtpmap:0 PCMU/8000\r\na=sendrecv\r\na=mid:a\r\n"},
        {DRAFT_DROP, "media/0/attributes/0", NULL, BASE AUDIO "a=sendrecv\r\n"},
        {DRAFT_LAST, "version", NULL,
         "o=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n" AUDIO
         "a=rtpmap:0 PCMU/8000\r\na=sendrecv\r\nv=0\r\n"},
        {DRAFT_DOUBLE, "name", NULL,
         "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n" AUDIO
         "a=rtpmap:0 PCMU/8000\r\na=sendrecv\r\n"},
        {DRAFT_SET, "media/0/formats", "raw:39", /* octets in the place of a list */
         BASE "m=audio 49170 RTP/AVP 9\r\na=rtpmap:0 PCMU/8000\r\na=sendrecv\r\n"},
        {DRAFT_SET, "media/0/attributes/1", "raw:78", /* of an item */
         BASE AUDIO "a=rtpmap:0 PCMU/8000\r\na=x\r\n"},
        {DRAFT_SET, "media/0/attributes", "raw:780d0a", /* of lines */
         BASE AUDIO "x\r\n"},
        {DRAFT_SET, "lf", "true",
         "v=0\no=- 1 1 IN IP4 192.0.2.1\ns=-\nc=IN IP4 192.0.2.1\nt=0 0\nm=audio 49170 RTP/AVP 0\n"
         "a=rtpmap:0 PCMU/8000\na=sendrecv\n"},
    };
    static uint8_t out[ROOM];

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct arena mem = arena_of(memory, MEMORY);
        struct wr w = {out, ROOM, 0, false};
        struct sdp_msg m;
        struct draft dr;
        decode(BASE AUDIO "a=rtpmap:0 PCMU/8000\r\na=sendrecv\r\n", &mem, &m);
        draft_of(&dr, &sdp_msg_desc, &m, &mem);
        CU_ASSERT_EQUAL(draft_edit(&dr, rows[i].op, rows[i].path, rows[i].value), 1);
        sdp_msg_encode(&w, &dr);
        CU_ASSERT_TRUE(span_is(wr_span(&w), rows[i].want));
    }
}

/* Octets in the place of everything, a line of an unknown type, parts where there were none. */
static void raws(void)
{
    static uint8_t out[ROOM];
    struct arena mem = arena_of(memory, MEMORY);
    struct wr w = {out, ROOM, 0, false};
    struct sdp_msg m;
    struct draft dr;

    draft_init(&dr, &sdp_msg_desc, &mem);
    dr.root = (struct node){.form = FORM_RAW, .s = SPAN("z")};
    sdp_msg_encode(&w, &dr);
    CU_ASSERT_TRUE(span_is(wr_span(&w), "z"));

    const struct field *others = &sdp_msg_fields[MSG_OTHERS];
    w.n = 0;
    draft_init(&dr, &sdp_msg_desc, &mem);
    struct node *list = draft_kids(&dr, &dr.root, others, others->sub);
    draft_bytes(&dr, draft_kids(&dr, list, NULL, others->sub), &sdp_other_fields[OTHER_LINE],
                span_of("x=1"));
    draft_raw(&dr, list, NULL, span_of("y"));
    sdp_msg_encode(&w, &dr);
    CU_ASSERT_TRUE(span_is(wr_span(&w), "x=1\r\ny\r\n"));

    w.n = 0;
    decode(BASE AUDIO "a=rtpmap:0\r\na=sendrecv\r\n", &mem, &m);
    draft_of(&dr, &sdp_msg_desc, &m, &mem);
    CU_ASSERT_EQUAL(draft_edit(&dr, DRAFT_SET, "media/0/attributes/sendrecv/parts/clock", "8000"),
                    0);
    CU_ASSERT_EQUAL(draft_edit(&dr, DRAFT_SET, "media/0/attributes/sendrecv/name", "rtpmap"), 1);
    CU_ASSERT_EQUAL(draft_edit(&dr, DRAFT_SET, "media/0/attributes/1/parts", "raw:38"), 1);
    sdp_msg_encode(&w, &dr);
    CU_ASSERT_TRUE(span_is(wr_span(&w), BASE AUDIO "a=rtpmap:0\r\na=rtpmap:8\r\n"));
}

TESTS({"names", names}, {"rules", rules}, {"seconds", seconds}, {"guesses", guesses},
      {"directions", directions}, {"codings", codings}, {"sources", sources}, {"limits", limits},
      {"floods", floods}, {"pair_floods", pair_floods}, {"edits", edits}, {"raws", raws})
