/* codecs/base/lexmap_test.c - host characters of texts, in each form the same. */
#include "codecs/base/param_look.h"
#include "harness/core/test.h"

static bool of(enum lexmap_class c, uint8_t octet)
{
    bool alnum = lex_is(octet, LEX_ALPHA | LEX_DIGIT);
    return c == LEXMAP_ALNUM  ? alnum
           : c == LEXMAP_HOST ? alnum || octet == '-' || octet == '.'
                              : octet >= ' ' && octet < 0x7f && octet != '"' && octet != '\\';
}

/* Every octet, at each place of a block, at the end of texts of all lengths. */
static void forms(void)
{
    lexmap_form *const all[] = {lexmap_portable, lexmap_ssse3, lexmap_avx2, lexmap_avx512};
    const bool can[] = {true, __builtin_cpu_supports("ssse3") != 0,
                        __builtin_cpu_supports("avx2") != 0,
                        __builtin_cpu_supports("avx512bw") != 0};
    static struct lexmap m;
    uint8_t p[200];

    for (size_t f = 0; f < COUNT(all); f++)
        for (size_t n = 8; can[f] && n <= sizeof p; n++) {
            size_t hosts = 0, bad = 0;
            for (size_t i = 0; i < n; i++) {
                p[i] = (uint8_t)(i * 37 + n * 11);
                hosts += of(LEXMAP_HOST, p[i]);
            }
            struct span text = test_guard((struct span){p, n});
            memset(&m, 0x55, sizeof m);
            m.text = text;
            bad += all[f](text, &m) != hosts;
            for (size_t i = 0; i < n; i++)
                for (unsigned c = 0; c < LEXMAP_CLASSES; c++)
                    bad += (m.outside[c][i / 8] >> i % 8 & 1) == of((enum lexmap_class)c, p[i]);
            CU_ASSERT_EQUAL(bad, 0);
            test_guard_free(text);
        }
}

static void limits(void)
{
    static uint8_t p[LEXMAP_MAX + 1];
    static struct lexmap m;

    memset(p, 'a', sizeof p);
    CU_ASSERT_TRUE(lexmap_init(&m, (struct span){p, LEXMAP_MAX}));
    CU_ASSERT_EQUAL(m.hosts, LEXMAP_MAX);
    CU_ASSERT_FALSE(lexmap_init(&m, (struct span){p, LEXMAP_MAX + 1}));
    CU_ASSERT_TRUE(lexmap_init(&m, (struct span){p, 8}));
    CU_ASSERT_FALSE(lexmap_init(&m, (struct span){p, 7}));
}

static void questions(void)
{
    static struct lexmap m;
    struct span s = span_of("abc-1.x \"q r\" 123 99999999 100000000");
    uint64_t v;

    CU_ASSERT_TRUE_FATAL(lexmap_init(&m, s));
    CU_ASSERT_TRUE(lexmap_all(&m, LEXMAP_HOST, span_cut(s, 0, 7)));
    CU_ASSERT_FALSE(lexmap_all(&m, LEXMAP_HOST, span_cut(s, 0, 8)));
    CU_ASSERT_EQUAL(lexmap_hosts(&m, span_cut(s, 0, 12)), 9);
    CU_ASSERT_EQUAL(lexmap_quoted(&m, span_cut(s, 8, 13)), 2);
    CU_ASSERT_EQUAL(lexmap_quoted(&m, span_cut(s, 8, 12)), SIZE_MAX);
    CU_ASSERT_TRUE(lexmap_number(&m, span_cut(s, 14, 17), &v) && v == 123);
    CU_ASSERT_TRUE(lexmap_number(&m, span_cut(s, 18, 26), &v) && v == 99999999);
    CU_ASSERT_FALSE(lexmap_number(&m, span_cut(s, 27, 36), &v)); /* nine digits */
    CU_ASSERT_FALSE(lexmap_number(&m, span_cut(s, 0, 3), &v));
}

static void quotes(void)
{
    static const struct {
        const char *text;
        size_t hosts;
    } of[] = {
        {"\"\"", 0},
        {"\"a b\"", 2},
        {"\"a\\\"b\"", 2},
        {"\"\\\\\"", 0},
        {"\"a", SIZE_MAX},
        {"a\"", SIZE_MAX},
        {"\"", SIZE_MAX},
        {"\"\\\"", SIZE_MAX},
        {"\"a\"b\"", SIZE_MAX},
        {"\"a\tb\"", SIZE_MAX},
        {"\"\\\x80\"", SIZE_MAX},
        {"\"\xc3\xa9\"", SIZE_MAX},
    };
    static struct lexmap m;
    uint8_t p[2 * LEXMAP_SPAN];

    for (size_t i = 0; i < COUNT(of); i++) {
        struct wr w = {.p = p, .cap = sizeof p};
        wr_text(&w, of[i].text);
        wr_text(&w, " and more behind");
        CU_ASSERT_TRUE_FATAL(lexmap_init(&m, (struct span){p, w.n}));
        CU_ASSERT_EQUAL(lexmap_quoted(&m, (struct span){p, strlen(of[i].text)}), of[i].hosts);
    }
    memset(p, 'a', sizeof p); /* and one that is asked about in two steps */
    p[0] = p[sizeof p - 1] = '"';
    CU_ASSERT_TRUE_FATAL(lexmap_init(&m, (struct span){p, sizeof p}));
    CU_ASSERT_EQUAL(lexmap_quoted(&m, (struct span){p, sizeof p}), sizeof p - 2);
    p[70] = '\\';
    CU_ASSERT_TRUE_FATAL(lexmap_init(&m, (struct span){p, sizeof p}));
    CU_ASSERT_EQUAL(lexmap_quoted(&m, (struct span){p, sizeof p}), SIZE_MAX);
}

/* ---- parameters ---- */

enum { Q, NUMBER, LACK, FAR };
static const struct param_names names = {
    {
        PARAM_NAME(Q, QUOTED, 'q'),
        PARAM_NAME(NUMBER, NUMBER, 'n', 'u', 'm', 'b', 'e', 'r'),
        PARAM_NAME(LACK, LACKS, 'l', 'a', 'c', 'k'),
        PARAM_NAME(FAR, PLAIN, 'f', 'a', 'r', '-', 'a', 'w', 'a', 'y', '-', 'b'),
        PARAM_NAME(4, NEVER, 'n', 'e', 'v', 'e', 'r'),
    },
    PARAM_BARE,
};

/* What is known of the parameters in a text, and whether all are as they have to be. */
static void looks(void)
{
    static const struct {
        const char *text;
        uint32_t has;
        size_t hosts;
    } of[] = {
        {"q=\"a b\"", 1 << Q, 3},    {"Q=\"\";other;x=1", 1 << Q, 8},
        {"q=a", PARAM_ODD, 0},       {"number=12;LACK", 1 << NUMBER | 1 << LACK, 12},
        {"number=1x", PARAM_ODD, 0}, {"number", PARAM_ODD, 0},
        {"lack=1", PARAM_ODD, 0},    {"far-away-b=c", 1 << FAR, 11},
        {"far-away-c=c", 0, 11},     {"never=1", PARAM_ODD, 0},
        {"x;x", PARAM_ODD, 0},       {"x;;y", PARAM_ODD, 0},
        {"x=", PARAM_ODD, 0},
    };
    static struct lexmap m;

    for (size_t i = 0; i < COUNT(of); i++) {
        uint8_t p[64];
        struct wr w = {.p = p, .cap = sizeof p};
        struct param v[4];
        struct param_seen seen;
        size_t n = 0, end = strlen(of[i].text);
        wr_text(&w, of[i].text);
        wr_text(&w, " and behind");
        struct span s = {p, w.n};
        for (size_t at = 0, to; at < end; at = to + 1) {
            to = param_end(span_cut(s, 0, end), at, ';');
            v[n++] = param_of(span_cut(s, at, to));
        }
        CU_ASSERT_TRUE_FATAL(lexmap_init(&m, s));
        param_look(&m, v, n, p + end, &names, &seen);
        CU_ASSERT_EQUAL(seen.has, of[i].has);
        if (!(seen.has & PARAM_ODD))
            CU_ASSERT_EQUAL(seen.hosts, of[i].hosts);
        param_look(&m, v, n, p + end + 1, &names, &seen); /* something stands behind the last one */
        CU_ASSERT_EQUAL(seen.has, PARAM_ODD);
    }
}

/* So many digits in front, each octet behind them, and others. */
static void leading_digits(void)
{
    size_t wrong = 0;

    for (size_t n = 0; n <= sizeof(uint64_t); n++)
        for (unsigned c = 0; c < 256; c++) {
            uint8_t p[sizeof(uint64_t)];
            size_t is = n;
            memset(p, (uint8_t)(c * 7), sizeof p);
            for (size_t i = 0; i < n; i++)
                p[i] = (uint8_t)('0' + (i + c) % 10);
            if (n < sizeof p)
                p[n] = (uint8_t)c;
            while (is < sizeof p && lex_is(p[is], LEX_DIGIT))
                is++;
            wrong += word_leading_digits(lex_word(p)) != is;
        }
    CU_ASSERT_EQUAL(wrong, 0);
}

TESTS({"forms", forms}, {"limits", limits}, {"questions", questions}, {"quotes", quotes},
      {"looks", looks}, {"leading digits", leading_digits})
