/* harness/core/prep_test.c - the examples of RFC 8265 and RFC 4013, each category of RFC 8264, each
 * contextual rule of RFC 5892 on both sides. */
#include "harness/core/prep.h"
#include "harness/core/test.h"

struct example {
    const char *what, *in, *out; /* out NULL: refused, with `why` */
    enum prep_result why;
};

static void run(const struct example *v, size_t n,
                enum prep_result (*prep)(struct arena *, struct span, struct span *))
{
    for (size_t i = 0; i < n; i++) {
        uint8_t room[256];
        struct arena mem = arena_of(room, sizeof room);
        struct span got = {0};
        enum prep_result r = prep(&mem, span_of(v[i].in), &got);
        if (r != v[i].why)
            printf("%s: %s\n", v[i].what, prep_name(r));
        CU_ASSERT_EQUAL(r, v[i].why);
        if (v[i].out)
            CHECK_TEXT(got, v[i].out);
    }
}

static void opaque_examples(void) /* RFC 8265 tables 3 and 4, by their numbers */
{
    static const struct example v[] = {
        {"12", "correct horse battery staple", "correct horse battery staple", PREP_OK},
        {"13", "Correct Horse Battery Staple", "Correct Horse Battery Staple", PREP_OK},
        {"14", "\u03c0\u00df\u00e5", "\u03c0\u00df\u00e5", PREP_OK},
        {"15", "Jack of \u2666s", "Jack of \u2666s", PREP_OK},
        {"16", "foo\u1680bar", "foo bar", PREP_OK},
        {"17", "", NULL, PREP_EMPTY},
        {"18", "my cat is a \tby", NULL, PREP_DISALLOWED},
    };
    run(v, COUNT(v), prep_opaque);
}

static void opaque_rules(void)
{
    static const struct example v[] = {
        {"no-break and ideographic space", "a\u00a0b\u3000c", "a b c", PREP_OK},
        {"NFC", "pa\u0301ss", "p\u00e1ss", PREP_OK},
        {"NFC, not NFKC", "\u2168\uff21", "\u2168\uff21", PREP_OK},
        {"NFC gives what is not allowed", "\u0387", NULL, PREP_DISALLOWED},
        {"singleton", "\u212b", "\u00c5", PREP_OK},
        {"Lt, Nl, No, Me", "\u01c5\u2180\u00b2\u0488", "\u01c5\u2180\u00b2\u0488", PREP_OK},
        {"emoji", "\U0001f512", "\U0001f512", PREP_OK},
        {"DEL", "a\x7f", NULL, PREP_DISALLOWED},
        {"C1 control", "a\xc2\x85", NULL, PREP_DISALLOWED},
        {"soft hyphen", "a\u00adb", NULL, PREP_DISALLOWED},
        {"byte order mark", "\ufeffpw", NULL, PREP_DISALLOWED},
        {"private use", "\ue000", NULL, PREP_DISALLOWED},
        {"line separator", "a\u2028b", NULL, PREP_DISALLOWED},
        {"noncharacter", "\ufdd0", NULL, PREP_DISALLOWED},
        {"noncharacter at the end of a plane", "\U0001ffff", NULL, PREP_DISALLOWED},
        {"unassigned", "\u0378", NULL, PREP_DISALLOWED},
        {"old jamo", "\u1100\u1161", NULL, PREP_DISALLOWED},
        {"modern Hangul", "\uac00", "\uac00", PREP_OK},
        {"tatweel", "\u0640", NULL, PREP_DISALLOWED},
        {"exceptions that are valid", "\u00df\u03c2\u3007", "\u00df\u03c2\u3007", PREP_OK},
        {"surrogate", "\xed\xa0\x80", NULL, PREP_NOT_UTF8},
        {"cut short", "a\xc3", NULL, PREP_NOT_UTF8},
        {"overlong", "\xc0\xaf", NULL, PREP_NOT_UTF8},
    };
    run(v, COUNT(v), prep_opaque);
}

static void opaque_context(void)
{
    static const struct example v[] = {
        {"A.1 after a virama", "\u0915\u094d\u200c", "\u0915\u094d\u200c", PREP_OK},
        {"A.1 between joining letters", "\u0628\u200c\u0628", "\u0628\u200c\u0628", PREP_OK},
        {"A.1 past transparent marks", "\u0628\u064e\u200c\u064e\u0628",
         "\u0628\u064e\u200c\u064e\u0628", PREP_OK},
        {"A.1 between Latin letters", "a\u200cb", NULL, PREP_DISALLOWED},
        {"A.1 at the end", "\u0628\u200c", NULL, PREP_DISALLOWED},
        {"A.2 after a virama", "\u0915\u094d\u200d", "\u0915\u094d\u200d", PREP_OK},
        {"A.2 between joining letters", "\u0628\u200d\u0628", NULL, PREP_DISALLOWED},
        {"A.3 between two l", "l\u00b7l", "l\u00b7l", PREP_OK},
        {"A.3 elsewhere", "a\u00b7l", NULL, PREP_DISALLOWED},
        {"A.3 last", "l\u00b7", NULL, PREP_DISALLOWED},
        {"A.4 before Greek", "\u0375\u03b1", "\u0375\u03b1", PREP_OK},
        {"A.4 before Latin", "\u0375a", NULL, PREP_DISALLOWED},
        {"A.5 after Hebrew", "\u05d0\u05f3", "\u05d0\u05f3", PREP_OK},
        {"A.6 first", "\u05f4\u05d0", NULL, PREP_DISALLOWED},
        {"A.7 with Katakana", "\u30a2\u30fb", "\u30a2\u30fb", PREP_OK},
        {"A.7 without", "a\u30fbb", NULL, PREP_DISALLOWED},
        {"A.8 alone", "\u0661\u0662", "\u0661\u0662", PREP_OK},
        {"A.8, A.9 mixed", "\u0661\u06f2", NULL, PREP_DISALLOWED},
        {"A.9 alone", "\u06f2", "\u06f2", PREP_OK},
    };
    run(v, COUNT(v), prep_opaque);
}

static void sasl_examples(void) /* RFC 4013 section 3, by their numbers, then both of its limits */
{
    static const struct example v[] = {
        {"1", "I\u00adX", "IX", PREP_OK},
        {"2", "user", "user", PREP_OK},
        {"3", "USER", "USER", PREP_OK},
        {"4", "\u00aa", "a", PREP_OK},
        {"5", "\u2168", "IX", PREP_OK},
        {"6", "\x07", NULL, PREP_DISALLOWED},
        {"7", "\u0627\x31", NULL, PREP_BIDI},
        {"space", "a\u00a0b", "a b", PREP_OK},
        {"unassigned in Unicode 3.2", "\u0221", NULL, PREP_DISALLOWED},
        {"nothing left", "\u00ad", NULL, PREP_EMPTY},
        {"empty", "", NULL, PREP_EMPTY},
        {"not UTF-8", "\xff", NULL, PREP_NOT_UTF8},
        {"longest expansion", "\ufdfa",
         "\u0635\u0644\u0649 \u0627\u0644\u0644\u0647 \u0639\u0644\u064a\u0647 "
         "\u0648\u0633\u0644\u0645",
         PREP_OK},
    };
    run(v, COUNT(v), prep_sasl);
}

static void room(void)
{
    enum prep_result (*const both[])(struct arena *, struct span, struct span *) = {prep_opaque,
                                                                                    prep_sasl};
    for (size_t i = 0; i < COUNT(both); i++) {
        for (size_t cap = 0; cap < 3; cap++) { /* "e" acute and "e": 2 octets and 1 */
            _Alignas(16) uint8_t small[16];
            struct arena mem = arena_of(small, cap);
            struct span got = {0};
            CU_ASSERT_EQUAL(both[i](&mem, span_of("e\u0301e"), &got), PREP_FULL);
            CU_ASSERT_EQUAL(got.n, 0);
            mem = arena_of(small, sizeof small);
            CU_ASSERT_EQUAL(both[i](&mem, span_of("e\u0301e"), &got), PREP_OK);
            CU_ASSERT_EQUAL(got.n, 3);
        }
        _Alignas(16) uint8_t some[16];
        struct arena mem = arena_of(some, sizeof some);
        struct span got;
        CU_ASSERT_EQUAL(both[i](&mem, (struct span)SPAN("a\0b"), &got), PREP_DISALLOWED);
    }
}

static void idempotent(void) /* every code point that is allowed by itself */
{
    for (uint32_t c = 1; c < 0x30000; c++) {
        uint8_t octets[4], small[64];
        struct wr w = {octets, sizeof octets, 0, false};
        struct arena mem = arena_of(small, sizeof small);
        struct span once, twice;
        if (c >= 0xd800 && c < 0xe000)
            continue;
        if (c < 0x80) {
            wr_u8(&w, (uint8_t)c);
        } else if (c < 0x800) {
            wr_u8(&w, (uint8_t)(0xc0 | c >> 6));
        } else if (c < 0x10000) {
            wr_u8(&w, (uint8_t)(0xe0 | c >> 12));
            wr_u8(&w, (uint8_t)(0x80 | (c >> 6 & 63)));
        } else {
            wr_u8(&w, (uint8_t)(0xf0 | c >> 18));
            wr_u8(&w, (uint8_t)(0x80 | (c >> 12 & 63)));
            wr_u8(&w, (uint8_t)(0x80 | (c >> 6 & 63)));
        }
        if (c >= 0x80)
            wr_u8(&w, (uint8_t)(0x80 | (c & 63)));
        if (prep_opaque(&mem, wr_span(&w), &once) != PREP_OK)
            continue;
        if (prep_opaque(&mem, once, &twice) != PREP_OK || !span_eq(once, twice)) {
            printf("U+%04X\n", (unsigned)c);
            CU_FAIL("not idempotent");
        }
    }
}

TESTS({"RFC 8265", opaque_examples}, {"RFC 8264", opaque_rules}, {"RFC 5892", opaque_context},
      {"RFC 4013", sasl_examples}, {"room", room}, {"idempotent", idempotent})
