/* codecs/base/lex_test.c - the classes as the standards write them, and reading by them. */
#include "codecs/base/lex.h"
#include "harness/core/test.h"

#define ALPHANUM "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

static void classes(void)
{
    static const struct {
        unsigned cls;
        const char *chars;
    } sets[] = {
        {LEX_ALPHA, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"},
        {LEX_DIGIT, "0123456789"},
        {LEX_HEX, "0123456789abcdefABCDEF"},
        {LEX_BLANK, " \t"},
        {LEX_LWS, " \t\r\n"},
        {LEX_EOL, "\r\n"},
        {LEX_TOKEN, ALPHANUM "-.!%*_+`'~"},               /* RFC 3261 section 25.1 */
        {LEX_WORD, ALPHANUM "-.!%*_+`'~()<>:\\\"/[]?{}"}, /* RFC 3261 section 25.1 */
        {LEX_TCHAR, ALPHANUM "!#$%&'*+-.^_`|~"},          /* RFC 9110 section 5.6.2 */
        {LEX_SDP, ALPHANUM "!#$%&'*+-.^_`{|}~"},          /* RFC 8866 section 9 */
    };
    for (size_t i = 0; i < COUNT(sets); i++)
        for (unsigned c = 1; c < 256; c++)
            CU_ASSERT_EQUAL(lex_is((uint8_t)c, sets[i].cls), strchr(sets[i].chars, (int)c) != NULL);
    for (unsigned c = 0; c < 256; c++) {
        CU_ASSERT_EQUAL(lex_is((uint8_t)c, LEX_CTL), c < 0x20 || c == 0x7f);
        CU_ASSERT_EQUAL(lex_is((uint8_t)c, LEX_HIGH), c > 0x7f);
    }
    CU_ASSERT_FALSE(lex_is(0, (unsigned)~LEX_CTL));
}

static void finding(void)
{
    struct span s = SPAN("  ab: c ");
    CU_ASSERT_EQUAL(lex_while(s, 0, LEX_BLANK), 2);
    CU_ASSERT_EQUAL(lex_while(s, 2, LEX_BLANK), 2);
    CU_ASSERT_EQUAL(lex_while(s, 7, LEX_BLANK), s.n);
    CU_ASSERT_EQUAL(lex_until(s, 0, LEX_ALPHA), 2);
    CU_ASSERT_EQUAL(lex_until(s, 7, LEX_ALPHA), s.n);
    CU_ASSERT_EQUAL(lex_find(s, 0, ':'), 4);
    CU_ASSERT_EQUAL(lex_find(s, 5, ':'), s.n);
    CU_ASSERT_EQUAL(lex_find((struct span){0}, 0, ':'), 0);
    CU_ASSERT_TRUE(span_is(lex_trim(s, LEX_BLANK), "ab: c"));
    CU_ASSERT_EQUAL(lex_trim(span_of("   "), LEX_BLANK).n, 0);
    CU_ASSERT_TRUE(lex_all(span_of("ab"), LEX_ALPHA));
    CU_ASSERT_FALSE(lex_all(span_of("a1"), LEX_ALPHA));
    CU_ASSERT_FALSE(lex_all(span_of(""), LEX_ALPHA));
}

static void comparing(void)
{
    CU_ASSERT_TRUE(lex_like(span_of("Via"), "vIA"));
    CU_ASSERT_FALSE(lex_like(span_of("Via"), "Vi"));
    CU_ASSERT_FALSE(
        lex_like(span_of("@"), "`")); /* they differ by the bit that tells the case of letters */
    CU_ASSERT_FALSE(lex_like(span_of("["), "{"));
    CU_ASSERT_TRUE(lex_same(span_of(""), (struct span){0}));
}

static void numbers(void)
{
    uint64_t v = 7;
    CU_ASSERT_TRUE(lex_number(span_of("0"), &v) && v == 0);
    CU_ASSERT_TRUE(lex_number(span_of("0070"), &v) && v == 70);
    CU_ASSERT_TRUE(lex_number(span_of("18446744073709551615"), &v) && v == UINT64_MAX);
    CU_ASSERT_FALSE(lex_number(span_of("18446744073709551616"), &v));
    CU_ASSERT_FALSE(lex_number(span_of("99999999999999999999"), &v));
    CU_ASSERT_FALSE(lex_number(span_of(""), &v));
    CU_ASSERT_FALSE(lex_number(span_of("1 "), &v));
    CU_ASSERT_FALSE(lex_number(span_of("-1"), &v));
}

static void unquotes(const char *from, const char *to)
{
    uint8_t out[64];
    struct wr w = {.p = out, .cap = sizeof out};
    lex_unquote(&w, span_of(from));
    CU_ASSERT_TRUE(span_is(wr_span(&w), to));
}

static void quoting(void)
{
    CU_ASSERT_EQUAL(lex_quoted(span_of("\"a\"b"), 0), 3);
    CU_ASSERT_EQUAL(lex_quoted(span_of("x\"\\\"\"b"), 1), 5);
    CU_ASSERT_EQUAL(lex_quoted(span_of("\"a"), 0), 0);
    CU_ASSERT_EQUAL(lex_quoted(span_of("\"a\\"), 0), 0);
    CU_ASSERT_EQUAL(lex_quoted(span_of("\"a\\\""), 0), 0);
    CU_ASSERT_EQUAL(lex_comment(span_of("(a(b)\\)c)d"), 0), 9);
    CU_ASSERT_EQUAL(lex_comment(span_of("(a(b)"), 0), 0);
    unquotes("\"a b\"", "a b");
    unquotes("\"a\\\"\\\\b\"", "a\"\\b");
    unquotes("\"\"", "");
    unquotes("\"", "\"");
    unquotes("\"a\"b\"", "\"a\"b\"");
    unquotes("token", "token");
}

static void holding(void)
{
    CU_ASSERT_TRUE(lex_holds(span_of("UDP/TLS/RTP/SAVPF"), "TLS"));
    CU_ASSERT_TRUE(lex_holds(span_of("RTP"), "RTP"));
    CU_ASSERT_FALSE(lex_holds(span_of("RT"), "RTP"));
    CU_ASSERT_FALSE(lex_holds(span_of("rtp"), "RTP"));
    CU_ASSERT_FALSE(lex_holds((struct span){NULL, 0}, "RTP"));
}

static void qvalues(void)
{
    static const char *const good[] = {"0", "1", "0.", "0.5", "0.123", "1.000", "1."};
    static const char *const bad[] = {"",   "2",  "1.001", "0.1234", ".5",
                                      "-0", "00", "0,5",   "1.0000"};

    for (size_t i = 0; i < COUNT(good); i++)
        CU_ASSERT_TRUE(lex_qvalue(span_of(good[i])));
    for (size_t i = 0; i < COUNT(bad); i++)
        CU_ASSERT_FALSE(lex_qvalue(span_of(bad[i])));
}

/* Whatever comes at a time, the end is where it is; no octet of a line that has no end is looked at again. */
static void heads(void)
{
    static const char *const texts[] = {"a: 1\r\nb: 2\r\n\r\nx", "a\n\nx", "a\n\r\nx", "a\r\n\nx"};
    static const size_t ends[] = {14, 3, 4, 4};

    for (size_t i = 0; i < COUNT(texts); i++) {
        struct span all = span_of(texts[i]);
        size_t seen = 0, end = 0;
        for (size_t have = 0; have <= all.n && !end; have++)
            end = lex_head(span_cut(all, 0, have), &seen);
        CU_ASSERT_EQUAL(end, ends[i]);
        seen = 0;
        CU_ASSERT_EQUAL(lex_head(all, &seen), ends[i]);
    }
    size_t seen = 0;
    CU_ASSERT_EQUAL(lex_head(span_of("no end"), &seen), 0);
    CU_ASSERT_EQUAL(seen, 6);
    CU_ASSERT_EQUAL(lex_head(span_of("no end\r\n"), &seen), 0);
    CU_ASSERT_EQUAL(seen, 7);
}

static void lists(void)
{
    uint64_t room[200], *item = NULL;
    struct arena a = arena_of(room, sizeof room);
    struct arena_list one = {0}, two = {0};

    for (uint64_t i = 0; i < 10; i++) { /* nothing between: it stays where it is */
        item = arena_push(&a, &one, 8);
        *item = i;
    }
    CU_ASSERT_EQUAL(one.n, 10);
    CU_ASSERT_EQUAL(a.n, 80);
    for (uint64_t i = 0; i < 20; i++) { /* two that grow in turn keep what they have */
        *(uint64_t *)arena_push(&a, &two, 8) = 100 + i;
        if (i < 10)
            *(uint64_t *)arena_push(&a, &one, 8) = 10 + i;
    }
    for (uint64_t i = 0; i < 20; i++) {
        CU_ASSERT_EQUAL(((uint64_t *)one.p)[i], i);
        CU_ASSERT_EQUAL(((uint64_t *)two.p)[i], 100 + i);
    }
    while ((item = arena_push(&a, &one, 8)) != NULL)
        *item = 0;
    CU_ASSERT_TRUE(a.full);
    CU_ASSERT_TRUE(one.n * 8 <= sizeof room && ((uint64_t *)one.p)[19] == 19);
    struct arena none = {0};
    struct arena_list l = {0};
    CU_ASSERT_PTR_NULL(arena_push(&none, &l, 8));
}

/* A run takes what its end says, from an aligned place on; room is what fits. */
static void runs(void)
{
    _Alignas(16) uint8_t room[100];
    struct arena a = arena_of(room, sizeof room);

    CU_ASSERT_PTR_EQUAL(arena_new(&a, 3), room);
    struct arena_run r = arena_run(&a, 24);
    CU_ASSERT_PTR_EQUAL(r.p, room + 16);
    CU_ASSERT_EQUAL(r.room, 3);
    CU_ASSERT_EQUAL(a.n, 3); /* nothing is taken yet */
    arena_run_end(&a, r, 0, 24);
    CU_ASSERT_EQUAL(a.n, 3);
    arena_run_end(&a, r, 2, 24);
    CU_ASSERT_EQUAL(a.n, 64);
    CU_ASSERT_PTR_NULL(arena_new(&a, 37));
    CU_ASSERT_TRUE(a.full);
    CU_ASSERT_EQUAL(arena_run(&a, 1).room, 0); /* once full it stays full */
    a = arena_of(room, 10);
    a.n = 9;
    CU_ASSERT_EQUAL(arena_run(&a, 1).room, 0); /* the aligned place is behind the end */
    CU_ASSERT_EQUAL(arena_run(&(struct arena){0}, 8).room, 0);
}

/* Texts that differ in one octet, at every length and place; the case of letters counts in one and not in the other. */
static void equal(void)
{
    uint8_t a[40], b[40];
    size_t wrong = 0;

    for (size_t n = 0; n <= sizeof a; n++) {
        memset(a, 'k', n);
        memset(b, 'k', n);
        wrong += !lex_equal(a, b, n);
        for (size_t i = 0; i < n; i++) {
            b[i] = 'K';
            wrong += lex_equal(a, b, n) || !lex_same((struct span){a, n}, (struct span){b, n});
            b[i] = 'k' ^ 0x80;
            wrong += lex_equal(a, b, n) || lex_same((struct span){a, n}, (struct span){b, n});
            b[i] = 'k';
        }
    }
    CU_ASSERT_EQUAL(wrong, 0);
}

TESTS({"classes of characters", classes}, {"finding", finding}, {"comparing", comparing},
      {"numbers", numbers}, {"quoted strings and comments", quoting}, {"holding", holding},
      {"qvalues", qvalues}, {"heads", heads}, {"lists in an arena", lists},
      {"runs in an arena", runs}, {"equal", equal})
