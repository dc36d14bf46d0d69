/* codecs/base/base_test.c - spans, readers, writers, arenas and findings at their edges. */
#include "codecs/base/base.h"
#include "harness/core/test.h"

/* ---- reader and writer ---- */

static void reader(void)
{
    static const uint8_t octets[] = {0x01, 0x82, 0x03, 0x84, 0x05, 0x86, 0x07, 0x88};

    for (size_t n = 0; n <= sizeof octets; n++)
        for (size_t skip = 0; skip <= n; skip++) {
            struct span in = test_guard((struct span){octets, n}), s = {0};
            struct rd r = rd_of(in), was;
            uint8_t u8 = 0;
            uint16_t u16 = 0;
            uint32_t u32 = 0;
            size_t left = n - skip;
            CU_ASSERT_TRUE(rd_take(&r, skip, &s) && s.n == skip);
            CU_ASSERT_EQUAL(rd_left(&r), left);
            was = r;
            CU_ASSERT_EQUAL(rd_u8(&r, &u8), left >= 1);
            CU_ASSERT_TRUE(left >= 1 ? u8 == octets[skip] && r.pos == skip + 1 : r.pos == skip);
            r = was;
            CU_ASSERT_EQUAL(rd_u16(&r, &u16), left >= 2);
            CU_ASSERT_TRUE(left >= 2 ? u16 == octets[skip] * 256u + octets[skip + 1] : u16 == 0);
            CU_ASSERT_EQUAL(r.pos, left >= 2 ? skip + 2 : skip);
            r = was;
            CU_ASSERT_EQUAL(rd_u32(&r, &u32), left >= 4);
            CU_ASSERT_TRUE(left >= 4 ? u32 == get_u32(octets + skip) : u32 == 0);
            CU_ASSERT_EQUAL(r.pos, left >= 4 ? skip + 4 : skip);
            r = was;
            CU_ASSERT_FALSE(rd_take(&r, left + 1, &s));
            CU_ASSERT_FALSE(rd_take(&r, SIZE_MAX, &s));
            CU_ASSERT_EQUAL(r.pos, skip);
            CU_ASSERT_TRUE(rd_take(&r, left, &s) && s.n == left);
            CU_ASSERT_TRUE(left == 0 || s.p == in.p + skip);
            CU_ASSERT_EQUAL(rd_left(&r), 0);
            test_guard_free(in);
        }
    CU_ASSERT_EQUAL(get_u16(octets), 0x0182);
    CU_ASSERT_EQUAL(get_u32(octets), 0x01820384);
    CU_ASSERT_EQUAL(get_u64(octets), 0x0182038405860788);
}

static void writer(void)
{
    static const char want[] = "\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0fhi";
    const size_t ends[] = {1, 3, 7, 15, 17}; /* where each of the five writes ends */

    for (size_t cap = 0; cap <= 17; cap++) {
        uint8_t b[18];
        struct wr w = {b, cap, 0, false};
        size_t fit = 0;
        memset(b, 0xee, sizeof b);
        wr_u8(&w, 1);
        wr_u16(&w, 0x0203);
        wr_u32(&w, 0x04050607);
        wr_put(&w, (struct span)SPAN("\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f"));
        wr_text(&w, "hi");
        for (size_t i = 0; i < COUNT(ends) && ends[i] <= cap; i++)
            fit = ends[i];
        CU_ASSERT_EQUAL(w.n, fit);
        CU_ASSERT_EQUAL(w.full, cap < 17);
        CU_ASSERT_TRUE(memcmp(b, want, fit) == 0);
        CU_ASSERT_EQUAL(b[fit], 0xee);
        wr_put(&w, (struct span){0}); /* nothing: no write, no change */
        CU_ASSERT_EQUAL(w.n, fit);
    }
    uint8_t b[8];
    struct wr w = {b, sizeof b, 0, false};
    wr_u64(&w, 0x0102030405060708);
    CU_ASSERT_TRUE(!w.full && memcmp(b, want, 8) == 0);
    wr_u8(&w, 1);
    w.cap = 100; /* once full it stays full */
    wr_u8(&w, 1);
    CU_ASSERT_TRUE(w.full && w.n == 8);
    put_u16(b, 0xfeff);
    put_u32(b + 2, 0x80000001);
    CU_ASSERT_TRUE(memcmp(b, "\xfe\xff\x80\0\0\1", 6) == 0);
}

static void spans(void)
{
    struct span s = span_of("abcdef");

    CHECK_TEXT(span_cut(s, 2, 4), "cd");
    CHECK_TEXT(span_cut(s, 4, 100), "ef");
    CHECK_TEXT(span_cut(s, 4, 2), "");
    CHECK_TEXT(span_cut(s, 100, 200), "");
    CU_ASSERT_EQUAL(span_cut(s, 6, 6).n, 0);
    CU_ASSERT_EQUAL(span_of(NULL).n, 0);
    CU_ASSERT_TRUE(span_eq((struct span){0}, span_of("")));
    CU_ASSERT_TRUE(span_is(s, "abcdef"));
    CU_ASSERT_FALSE(span_is(s, "abcde"));
    CU_ASSERT_FALSE(span_is(s, "abcdeg"));
    CU_ASSERT_TRUE(span_eq_ct(s, span_of("abcdef")));
    CU_ASSERT_TRUE(span_eq_ct((struct span){0}, (struct span){0}));
    CU_ASSERT_FALSE(span_eq_ct(s, span_of("abcde")));
    CU_ASSERT_FALSE(span_eq_ct(s, span_of("bbcdef")));
    CU_ASSERT_FALSE(span_eq_ct(s, span_of("abcdeg")));
}

/* ---- UTF-8 ---- */

static const struct {
    struct span s;
    bool good;
    size_t len;
} utf8[] = {
    {SPAN(""), true, 0},
    {SPAN("a"), true, 1},
    {SPAN("\0"), true, 1},
    {SPAN("\x7f"), true, 1},
    {SPAN("\xc2\x80"), true, 1},
    {SPAN("\xdf\xbf"), true, 1},
    {SPAN("\xe0\xa0\x80"), true, 1},
    {SPAN("\xed\x9f\xbf"), true, 1},
    {SPAN("\xee\x80\x80"), true, 1},
    {SPAN("\xef\xbf\xbf"), true, 1},
    {SPAN("\xf0\x90\x80\x80"), true, 1},
    {SPAN("\xf4\x8f\xbf\xbf"), true, 1},
    {SPAN("\xe3\x83\x9e\xe3\x83\x88"), true, 2},
    {SPAN("0123456789\xc3\xa4"), true, 11},
    {SPAN("0123456\xc3\xa4"), true, 8},
    {SPAN("\xc3\xa4"
          "01234567"),
     true, 9},
    {SPAN("\x80"), false, 1}, /* a continuation alone */
    {SPAN("\xbf"), false, 1},
    {SPAN("\xc0\x80"), false, 2}, /* overlong */
    {SPAN("\xc1\xbf"), false, 2},
    {SPAN("\xe0\x9f\xbf"), false, 3},
    {SPAN("\xf0\x8f\xbf\xbf"), false, 4},
    {SPAN("\xed\xa0\x80"), false, 3}, /* surrogates */
    {SPAN("\xed\xbf\xbf"), false, 3},
    {SPAN("\xf4\x90\x80\x80"), false, 4}, /* beyond U+10FFFF */
    {SPAN("\xf5\x80\x80\x80"), false, 4},
    {SPAN("\xff"), false, 1},
    {SPAN("\xc2"), false, 1}, /* cut short */
    {SPAN("\xe1\x80"), false, 2},
    {SPAN("\xf1\x80\x80"), false, 3},
    {SPAN("\xc2\x41"), false, 2}, /* no continuation where one is due */
    {SPAN("\xe1\x80\x41"), false, 3},
    {SPAN("\xf1\x80\x80\x41"), false, 4},
    {SPAN("\xf1\x80\xc0\x80"), false, 4},
    {SPAN("\xc2\xc0"), false, 2},
    {SPAN("01234567\xff"), false, 9},
    {SPAN("012345678\xc3"), false, 10},
};

static void text(void)
{
    for (size_t i = 0; i < COUNT(utf8); i++) {
        struct span s = test_guard(utf8[i].s);
        CU_ASSERT_EQUAL(span_utf8(s), utf8[i].good);
        CU_ASSERT_EQUAL(span_utf8_len(s), utf8[i].len);
        test_guard_free(s);
    }
}

/* ---- numbers and hexadecimal ---- */

static const struct {
    const char *s;
    bool good;
    uint64_t v;
} numbers[] = {
    {"0", true, 0},
    {"007", true, 7},
    {"42", true, 42},
    {"18446744073709551615", true, UINT64_MAX},
    {"18446744073709551616", false, 0},
    {"184467440737095516150", false, 0},
    {"0x0", true, 0},
    {"0xfF", true, 255},
    {"0X10", true, 16},
    {"0xffffffffffffffff", true, UINT64_MAX},
    {"0x10000000000000000", false, 0},
    {"", false, 0},
    {"0x", false, 0},
    {"x1", false, 0},
    {"1a", false, 0},
    {"0xg", false, 0},
    {"-1", false, 0},
    {"+1", false, 0},
    {" 1", false, 0},
    {"1 ", false, 0},
    {"1.0", false, 0},
};

static void uints(void)
{
    for (size_t i = 0; i < COUNT(numbers); i++) {
        struct span s = test_guard(span_of(numbers[i].s));
        uint64_t v = 99;
        CU_ASSERT_EQUAL(span_uint(s, &v), numbers[i].good);
        CU_ASSERT_EQUAL(v, numbers[i].good ? numbers[i].v : 99);
        test_guard_free(s);
    }
}

static void printing(void)
{
    uint8_t b[64];
    struct wr w = {b, sizeof b, 0, false};

    wr_dec(&w, 0);
    wr_u8(&w, ' ');
    wr_dec(&w, 1234567890);
    wr_u8(&w, ' ');
    wr_dec(&w, UINT64_MAX);
    CHECK_TEXT(wr_span(&w), "0 1234567890 18446744073709551615");
    w.n = 0;
    wr_hex(&w, 0xabc, 4);
    wr_u8(&w, ' ');
    wr_hex(&w, 0xabc, 2);
    wr_u8(&w, ' ');
    wr_hex(&w, UINT64_MAX - 1, 16);
    wr_u8(&w, ' ');
    wr_hex_octets(&w, (struct span)SPAN("\x00\x7f\xff"));
    CHECK_TEXT(wr_span(&w), "0abc bc fffffffffffffffe 007fff");
}

/* Every octet, in runs that begin and end anywhere beside a step of vectors, into room that is enough or
 * short of one. */
static void hex_runs(void)
{
    uint8_t all[256], b[2 * sizeof all + 1];

    for (size_t i = 0; i < sizeof all; i++)
        all[i] = (uint8_t)i;
    for (size_t from = 0; from < sizeof all; from += 13)
        for (size_t n = 0; n <= 49 && from + n <= sizeof all; n++) {
            struct wr w = {b, 2 * n, 0, false}, less = {b, n ? 2 * n - 1 : 0, 0, false};
            char text[2 * 49 + 1] = "";
            for (size_t i = 0; i < n; i++)
                snprintf(text + 2 * i, 3, "%02x", (unsigned)(from + i));
            wr_hex_octets(&w, (struct span){all + from, n});
            CHECK_TEXT(wr_span(&w), text);
            CU_ASSERT_FALSE(w.full);
            wr_hex_octets(&less, (struct span){all + from, n});
            CU_ASSERT_EQUAL(less.full, n > 0);
        }
}

static void decimal(uint64_t v)
{
    uint8_t b[21];
    char text[21];
    struct wr w = {b, sizeof b, 0, false};

    snprintf(text, sizeof text, "%llu", (unsigned long long)v);
    wr_dec(&w, v);
    CHECK_TEXT(wr_span(&w), text);
}

/* Small numbers, and those about each power of ten, beside what printf says. */
static void decimals(void)
{
    uint64_t power = 1;

    for (uint64_t v = 0; v < 1000; v++)
        decimal(v);
    for (unsigned i = 0; i < 20; i++, power *= 10)
        for (uint64_t v = power - 1; v <= power + 1; v++)
            decimal(v);
}

static const struct {
    const char *in;
    bool good;
    const char *out; /* in hexadecimal again */
} hexes[] = {
    {"", true, ""},
    {"00fF", true, "00ff"},
    {" 0a\t0b\r\n0c ", true, "0a0b0c"},
    {"0", false, NULL},
    {"0a0", false, NULL},
    {"0 a", false, NULL}, /* white space inside an octet */
    {"0g", false, NULL},
    {"0x0a", false, NULL},
    {"0a,0b", false, NULL},
    {"@a", false, NULL},
};

static void unhex(void)
{
    for (size_t i = 0; i < COUNT(hexes); i++) {
        uint8_t b[16], again[32];
        struct wr w = {b, sizeof b, 0, false}, o = {again, sizeof again, 0, false};
        CU_ASSERT_EQUAL(wr_unhex(&w, span_of(hexes[i].in)), hexes[i].good);
        wr_hex_octets(&o, wr_span(&w));
        if (hexes[i].good)
            CHECK_TEXT(wr_span(&o), hexes[i].out);
    }
    uint8_t b[2];
    struct wr w = {b, sizeof b, 0, false};
    CU_ASSERT_TRUE(wr_unhex(&w, span_of("010203")));
    CU_ASSERT_TRUE(w.full && w.n == 2);
}

#define LOST "\xef\xbf\xbd" /* U+FFFD */

static const struct {
    struct span in;
    const char *out;
} json[] = {
    {SPAN(""), "\"\""},
    {SPAN("plain /"), "\"plain /\""},
    {SPAN("a\"b\\c"), "\"a\\\"b\\\\c\""},
    {SPAN("\n"), "\"\\n\""},
    {SPAN("\0\t\r\x1f\x7f"), "\"\\u0000\\u0009\\u000d\\u001f\\u007f\""},
    {SPAN("\xc3\xa4\xf0\x9f\x98\x80"), "\"\xc3\xa4\xf0\x9f\x98\x80\""},
    {SPAN("\xff"), "\"" LOST "\""},
    {SPAN("\xed\xa0\x80"), "\"" LOST LOST LOST "\""},
    {SPAN("a\xc3"), "\"a" LOST "\""},
    {SPAN("\xc3\""), "\"" LOST "\\\"\""},
};

static void escaping(void)
{
    for (size_t i = 0; i < COUNT(json); i++) {
        uint8_t b[64];
        struct wr w = {b, sizeof b, 0, false};
        struct span s = test_guard(json[i].in);
        wr_json_text(&w, s);
        CHECK_TEXT(wr_span(&w), json[i].out);
        CU_ASSERT_TRUE(span_utf8(wr_span(&w)));
        test_guard_free(s);
    }
}

/* One octet that cannot stand for itself, anywhere in a text: as plain_run sees it in a word or behind. */
static void escape_anywhere(void)
{
    static const uint8_t special[] = {0, 0x1f, '"', '\\', 0x7f, 0x80, 0xff};

    for (size_t n = 1; n <= 20; n++)
        for (size_t at = 0; at < n; at++)
            for (size_t i = 0; i < sizeof special; i++) {
                uint8_t text[20], one[16], b[64];
                struct wr w = {b, sizeof b, 0, false}, alone = {one, sizeof one, 0, false};
                memset(text, i % 2 ? ' ' : '[', n);
                text[at] = special[i];
                wr_json_text(&w, (struct span){text, n});
                wr_json_text(&alone, (struct span){special + i, 1});
                CU_ASSERT_EQUAL(w.n, n - 1 + alone.n);
                CU_ASSERT_EQUAL(memcmp(b + 1 + at, one + 1, alone.n - 2), 0);
                CU_ASSERT_EQUAL(b[1 + (at ? 0 : alone.n - 2)], n > 1 ? text[at ? 0 : 1] : '"');
            }
}

static void quoted_room(void)
{
    uint8_t b[16];

    for (size_t cap = 0; cap <= 6; cap++) {
        struct wr w = {b, cap, 0, false};
        memset(b, 0xee, sizeof b);
        wr_json_text(&w, span_of("room"));
        CU_ASSERT_EQUAL(w.full, cap < 6);
        CU_ASSERT_TRUE(w.n <= cap && b[cap] == 0xee);
    }
}

static void keys(void)
{
    uint8_t b[16];
    struct wr w = {b, sizeof b, 0, false};

    wr_u8(&w, '{');
    wr_json_key(&w, "a");
    wr_dec(&w, 1);
    wr_json_key(&w, "bc");
    CHECK_TEXT(wr_span(&w), "{\"a\":1,\"bc\":");
    for (size_t cap = 0; cap <= 5; cap++) { /* whole or not at all */
        w = (struct wr){b, cap, 0, false};
        wr_json_key(&w, "ab");
        CU_ASSERT_EQUAL(w.full, cap < 5);
        CU_ASSERT_EQUAL(w.n, cap < 5 ? 0 : 5);
    }
    w = (struct wr){b, 6, 1, false}; /* the comma is one more */
    b[0] = '1';
    wr_json_key(&w, "ab");
    CU_ASSERT_TRUE(w.full && w.n == 1);
}

/* ---- arena ---- */

static void arenas(void)
{
    _Alignas(16) uint8_t mem[80];

    for (size_t off = 0; off < 16; off++) { /* wherever the memory begins */
        struct arena a = arena_of(mem + off, sizeof mem - off);
        memset(mem, 0xee, sizeof mem);
        uint8_t *p = arena_take(&a, 1), *q = arena_take(&a, 17);
        CU_ASSERT_TRUE_FATAL(p && q);
        CU_ASSERT_TRUE((uintptr_t)p % 16 == 0 && (uintptr_t)q % 16 == 0);
        CU_ASSERT_TRUE(p >= mem + off && q == p + 16);
        CU_ASSERT_TRUE(*p == 0 && q[0] == 0 && q[16] == 0 && q[17] == 0xee);
        size_t left = (size_t)(mem + sizeof mem - (q + 32));
        CU_ASSERT_PTR_NULL(arena_take(&a, left + 1));
        CU_ASSERT_TRUE(a.full);
        CU_ASSERT_PTR_NULL(arena_take(&a, 0)); /* once full it stays full */
    }
    struct arena a = arena_of(mem, sizeof mem);
    CU_ASSERT_PTR_NOT_NULL(arena_take(&a, sizeof mem));
    CU_ASSERT_FALSE(a.full);
    CU_ASSERT_PTR_NULL(arena_take(&a, 1));
    a = arena_of(mem, sizeof mem);
    CU_ASSERT_PTR_NULL(arena_take(&a, SIZE_MAX));
    CU_ASSERT_TRUE(a.full);
    a = arena_of(NULL, 0); /* no memory at all */
    CU_ASSERT_PTR_NULL(arena_take(&a, 0));
    CU_ASSERT_TRUE(a.full);
}

static void arena_copies(void)
{
    _Alignas(16) uint8_t mem[32];
    struct arena a = arena_of(mem, sizeof mem);
    char word[] = "word";
    struct span s = arena_copy(&a, span_of(word));
    const char *t = arena_text(&a, (struct span){(const uint8_t *)word, 3});

    word[0] = 'X';
    CHECK_TEXT(s, "word");
    CU_ASSERT_TRUE_FATAL(t != NULL);
    CU_ASSERT_STRING_EQUAL(t, "wor");
    CU_ASSERT_PTR_NULL(arena_text(&a, span_of("")));
    CU_ASSERT_TRUE(a.full && arena_copy(&a, span_of("x")).n == 0);
    a = arena_of(mem, 4);
    CHECK_TEXT(arena_copy(&a, span_of("four")), "four");
    a = arena_of(mem, 4);
    CU_ASSERT_PTR_NULL(arena_text(&a, span_of("four"))); /* no room for the NUL */
    a = arena_of(mem, 4);
    CU_ASSERT_STRING_EQUAL(arena_text(&a, (struct span){0}), "");
}

/* ---- findings ---- */

static const struct {
    const char *what;
    uint64_t arg[2];
    const char *words;
} sentences[] = {
    {"plain", {1, 2}, "plain"},
    {"%u of %u", {3, UINT64_MAX}, "3 of 18446744073709551615"},
    {"%x and %x", {0x1, 0xffff}, "0x0001 and 0xffff"},
    {"%x and %x", {0x10000, 0xffffffff}, "0x00010000 and 0xffffffff"},
    {"%x", {0x100000000, 0}, "0x0000000100000000"},
    {"%c, then %u", {'@', 7}, "'@', then 7"},
    {"%u %u %u", {1, 2}, "1 2 %u"}, /* two at most */
    {"100%", {1, 2}, "100%"},
};

static void words(void)
{
    for (size_t i = 0; i < COUNT(sentences); i++) {
        uint8_t b[64];
        struct wr w = {b, sizeof b, 0, false};
        struct finding f = {.what = sentences[i].what,
                            .arg = {sentences[i].arg[0], sentences[i].arg[1]}};
        finding_words(&w, &f);
        CHECK_TEXT(wr_span(&w), sentences[i].words);
    }
    CU_ASSERT_STRING_EQUAL(level_name(MUST), "MUST");
    CU_ASSERT_STRING_EQUAL(level_name(STMT), "STMT");
    CU_ASSERT_STRING_EQUAL(level_name(SHOULD), "SHOULD");
    CU_ASSERT_STRING_EQUAL(level_name(MAY), "MAY");
    CU_ASSERT_TRUE(level_strict(MUST) && level_strict(STMT));
    CU_ASSERT_FALSE(level_strict(SHOULD) || level_strict(MAY));
}

static void findings(void)
{
    struct finding v[3] = {{0}};
    struct findings fs = {.v = v, .cap = 2, .layer = "udp/toy", .base = 100}, none = {0};

    for (uint64_t i = 0; i < 3; i++) {
        finding_add(&fs, (struct finding){.clause = "TOY1:1#1", .off = i, .len = 1});
        finding_add(&none, (struct finding){.clause = "TOY1:1#1"});
    }
    CU_ASSERT_TRUE(fs.n == 3 && findings_kept(&fs) == 2);
    CU_ASSERT_TRUE(none.n == 3 && findings_kept(&none) == 0);
    CU_ASSERT_TRUE(v[0].off == 100 && v[1].off == 101 && v[1].len == 1);
    CU_ASSERT_STRING_EQUAL(v[1].layer, "udp/toy");
    CU_ASSERT_PTR_NULL(v[2].clause);
}

TESTS({"reader", reader}, {"writer", writer}, {"spans", spans}, {"text", text}, {"uints", uints},
      {"printing", printing}, {"hex runs", hex_runs}, {"decimals", decimals}, {"unhex", unhex},
      {"escaping", escaping}, {"escape anywhere", escape_anywhere}, {"quoted room", quoted_room},
      {"keys", keys}, {"arenas", arenas}, {"arena_copies", arena_copies}, {"words", words},
      {"findings", findings})
