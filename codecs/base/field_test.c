/* codecs/base/field_test.c - addresses as text, and the walks over a field table. */
#include <stdio.h>
#include "codecs/base/base_toy.h"
#include "harness/core/test.h"

static const struct {
    const char *in;
    uint8_t family;
    const char *out; /* as addr_text writes it */
} addrs[] = {
    {"192.0.2.1:3478", 4, "192.0.2.1:3478"},
    {"0.0.0.0", 4, "0.0.0.0:0"},
    {"255.255.255.255:65535", 4, "255.255.255.255:65535"},
    {"192.0.2.1:00080", 4, "192.0.2.1:80"},
    {"::", 6, "[::]:0"},
    {"[::]:1", 6, "[::]:1"},
    {"::1", 6, "[::1]:0"},
    {"1::", 6, "[1::]:0"},
    {"[2001:db8::1]:3478", 6, "[2001:db8::1]:3478"},
    {"[2001:DB8:0:0:0:0:0:1]", 6, "[2001:db8::1]:0"},
    /* RFC 5952, sections 4.1 to 4.3 */
    {"2001:0db8::0001", 6, "[2001:db8::1]:0"},
    {"2001:db8::1:1:1:1:1", 6, "[2001:db8:0:1:1:1:1:1]:0"}, /* one zero is not cut short */
    {"2001:db8:0:1:1:1:1:1", 6, "[2001:db8:0:1:1:1:1:1]:0"},
    {"2001:0:0:1:0:0:0:1", 6, "[2001:0:0:1::1]:0"},       /* the longest run */
    {"2001:db8:0:0:1:0:0:1", 6, "[2001:db8::1:0:0:1]:0"}, /* the first of equal ones */
    {"0:0:1:2:3:4:0:0", 6, "[::1:2:3:4:0:0]:0"},
    {"1:2:3:4:5:6:0:0", 6, "[1:2:3:4:5:6::]:0"},
    {"0:0:3:4:5:6:7:8", 6, "[::3:4:5:6:7:8]:0"},
    {"1:2:3:4:5:6:7::", 6, "[1:2:3:4:5:6:7:0]:0"},
    {"::2:3:4:5:6:7:8", 6, "[0:2:3:4:5:6:7:8]:0"},
    {"1:20:300:4000:f:ab:cde:FFFF", 6, "[1:20:300:4000:f:ab:cde:ffff]:0"},
    {"::ffff:192.0.2.1", 6, "[::ffff:c000:201]:0"},
    {"1:2:3:4:5:6:192.0.2.1", 6, "[1:2:3:4:5:6:c000:201]:0"},
    {"[64:ff9b::192.0.2.33]:5", 6, "[64:ff9b::c000:221]:5"},
};

static const char *const no_addrs[] = {
    "",
    "1",
    "1.2.3",
    "1.2.3.",
    "1.2.3.4.",
    "1.2.3.4.5",
    "256.0.0.1",
    "1.2.3.1000",
    "01.2.3.4",
    "1.2.3.00",
    "1..3.4",
    ".1.2.3.4",
    "a.b.c.d",
    "1.2.3.4:",
    "1.2.3.4:65536",
    "1.2.3.4:123456",
    "1.2.3.4:-1",
    "1.2.3.4:0x1f",
    "1.2.3.4:1a",
    "1.2.3.4 :1",
    " 1.2.3.4",
    "1.2.3.4 ",
    "0x1.2.3.4",
    ":",
    ":::",
    "::1::",
    "1::2::3",
    ":1::2",
    "1:",
    "1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:8:9",
    "1:2:3:4:5:6:7:8::",
    "1:2:3:4:5:6:7:8:",
    "::1:",
    "1::2:",
    "::1:2:3:4:5:6:7:8",
    "1:2:3:4::5:6:7:8",
    "12345::",
    "::g",
    "1:2:3:4:5:6:7:",
    "::1.2.3",
    "::1.2.3.256",
    "::1.2.3.04",
    "1:2:3:4:5:6:7:1.2.3.4",
    "1.2.3.4::",
    "::1.2.3.4:5",
    "[",
    "[]",
    "[::",
    "[::1",
    "[1.2.3.4]",
    "[::1]:",
    "[::1]80",
    "[::1]x",
    "[::1]:65536",
    "[::1]:x",
    "[::1]:1 ",
    "::1%1",
    "[fe80::1%25eth0]",
    "[:: 12]",
    "::1]",
};

static void addresses(void)
{
    for (size_t i = 0; i < COUNT(addrs); i++) {
        uint8_t b[64];
        struct wr w = {b, sizeof b, 0, false};
        struct addr a, again;
        struct span s = test_guard(span_of(addrs[i].in));
        CU_ASSERT_TRUE(addr_parse(s, &a));
        CU_ASSERT_EQUAL(a.family, addrs[i].family);
        addr_text(&w, &a);
        CHECK_TEXT(wr_span(&w), addrs[i].out);
        CU_ASSERT_TRUE(addr_parse(wr_span(&w), &again) && addr_eq(&a, &again));
        test_guard_free(s);
    }
    for (size_t i = 0; i < COUNT(no_addrs); i++) {
        struct addr a;
        struct span s = test_guard(span_of(no_addrs[i]));
        bool read = addr_parse(s, &a);
        if (read)
            printf("read as an address: \"%s\"\n", no_addrs[i]);
        CU_ASSERT_FALSE(read);
        test_guard_free(s);
    }
}

static void address_equality(void)
{
    struct addr none = {0}, a = {4, {1, 2, 3, 4}, 5}, b = a;
    uint8_t buf[64];
    struct wr w = {buf, sizeof buf, 0, false};

    addr_text(&w, &none);
    CHECK_TEXT(wr_span(&w), "");
    CU_ASSERT_TRUE(addr_eq(&none, &none));
    CU_ASSERT_FALSE(addr_eq(&none, &a));
    b.ip[4] = 9; /* not of an IPv4 address */
    CU_ASSERT_TRUE(addr_eq(&a, &b));
    b.ip[3] = 9;
    CU_ASSERT_FALSE(addr_eq(&a, &b));
    b = a, b.port = 6;
    CU_ASSERT_FALSE(addr_eq(&a, &b));
    b = a, b.family = 6;
    CU_ASSERT_FALSE(addr_eq(&a, &b));
    a.family = 6, b.ip[15] = 1;
    CU_ASSERT_FALSE(addr_eq(&a, &b));
}

static void names(void)
{
    uint64_t v = 99;

    CU_ASSERT_STRING_EQUAL(name_of(&toy_types, TOY_PEER), "PEER");
    CU_ASSERT_PTR_NULL(name_of(&toy_types, 99));
    CU_ASSERT_PTR_NULL(name_of(NULL, 1));
    CU_ASSERT_TRUE(name_value(&toy_types, span_of("CODES"), &v) && v == TOY_CODES);
    CU_ASSERT_TRUE(name_value(&toy_types, span_of("0x7777"), &v) && v == 0x7777);
    CU_ASSERT_TRUE(name_value(NULL, span_of("12"), &v) && v == 12);
    CU_ASSERT_FALSE(name_value(&toy_types, span_of("codes"), &v));
    CU_ASSERT_FALSE(name_value(&toy_types, span_of(""), &v));
    CU_ASSERT_PTR_EQUAL(field_find(&toy_desc, "codes"), &toy_fields[COUNT(toy_fields) - 1]);
    CU_ASSERT_PTR_NULL(field_find(&toy_desc, "code"));
    CU_ASSERT_PTR_NULL(field_find(&toy_item, "value")); /* does not look into picks */
}

static void setting(void)
{
    static const struct {
        const char *name;
        uint64_t u;
        bool fits;
    } sets[] = {
        {"kind", 255, true},       {"kind", 256, false},         {"urgent", 0, true},
        {"urgent", 1, true},       {"urgent", 2, false},         {"number", 65535, true},
        {"number", 65536, false},  {"length", UINT32_MAX, true}, {"length", 1ull << 32, false},
        {"big", UINT64_MAX, true},
    };
    for (size_t i = 0; i < COUNT(sets); i++) {
        struct toy t = {0};
        const struct field *f = field_find(&toy_desc, sets[i].name);
        CU_ASSERT_EQUAL(field_set_uint(f, &t, sets[i].u), sets[i].fits);
        CU_ASSERT_EQUAL(val_of(f, &t).u, sets[i].fits ? sets[i].u : 0);
    }
}

static void values(void)
{
    struct val v = val_of(field_find(&toy_desc, "kind"), &toy_all);
    struct toy empty = {0};
    struct val_it it = {0};
    uint64_t scratch[1];

    CU_ASSERT_TRUE(v.u == 1 && v.sym && strcmp(v.sym, "answer") == 0 && !v.absent);
    v = val_of(field_find(&toy_desc, "half"), &toy_all);
    CHECK_TEXT(v.s, "a\"");
    v = val_of(field_find(&toy_desc, "to"), &toy_all);
    CU_ASSERT_TRUE(v.d == &toy_point && v.rec == &toy_there);
    v = val_of(field_find(&toy_desc, "items"), &toy_all);
    CU_ASSERT_TRUE(v.n == COUNT(toy_all_items) && v.rec == toy_all_items && v.d == &toy_item);
    for (size_t i = 0; i < COUNT(toy_all_items); i++)
        CU_ASSERT_PTR_EQUAL(val_next(&v, &it, NULL, 0), &toy_all_items[i]);
    CU_ASSERT_PTR_NULL(val_next(&v, &it, NULL, 0));
    v = val_of(&toy_item_fields[1], &toy_all_items[2]);
    CU_ASSERT_TRUE(v.d == &toy_values[TOY_PEER] && v.rec == &toy_all_items[2]);

    v = val_of(field_find(&toy_desc, "codes"), &toy_all);
    it = (struct val_it){0};
    CU_ASSERT_PTR_NULL(val_next(&v, &it, scratch, 1)); /* larger than the scratch */
    it = (struct val_it){0};
    CU_ASSERT_PTR_EQUAL(val_next(&v, &it, scratch, sizeof scratch), scratch);
    CU_ASSERT_EQUAL(val_of(&toy_code_fields[0], scratch).u, 2);
    CU_ASSERT_PTR_NOT_NULL(val_next(&v, &it, scratch, sizeof scratch));
    CU_ASSERT_PTR_NULL(val_next(&v, &it, scratch, sizeof scratch));
    CU_ASSERT_PTR_NULL(val_next(&v, &it, scratch, sizeof scratch));

    static const char *const absent[] = {"half", "note", "from", "to"};
    for (size_t i = 0; i < COUNT(absent); i++)
        CU_ASSERT_TRUE(val_of(field_find(&toy_desc, absent[i]), &empty).absent);
    CU_ASSERT_FALSE(val_of(field_find(&toy_desc, "items"), &empty).absent);
    CU_ASSERT_FALSE(val_of(field_find(&toy_desc, "title"), &empty).absent);
    struct toy_item odd = {.type = 0xffff};
    CU_ASSERT_TRUE(val_of(&toy_item_fields[1], &odd).absent);
}

#define ALL_JSON                                                                                   \
    "{\"kind\":\"answer\",\"urgent\":true,\"number\":258,\"length\":66000,"                        \
    "\"big\":\"18446744073709551615\",\"id\":\"00ff\",\"title\":\"a\\\"b\\n\",\"half\":\"a\\\"\"," \
    "\"note\":\"plain\",\"from\":\"[2001:db8::1]:3478\",\"at\":{\"x\":1,\"y\":2},"                 \
    "\"to\":{\"x\":3,\"y\":4},\"items\":[{\"type\":\"NUMBER\",\"value\":70000},"                   \
    "{\"type\":\"TEXT\",\"text\":\"one\"},{\"type\":\"PEER\",\"value\":\"192.0.2.1:9\"},"          \
    "{\"type\":\"CODES\",\"value\":[\"NUMBER\",99]},{\"type\":\"TEXT\",\"text\":\"two\"},"         \
    "{\"type\":30583,\"value\":\"abcd\"}],\"words\":[{\"key\":\"Via\",\"value\":\"x\"},"           \
    "{\"key\":\"To\",\"value\":\"y\"},{\"key\":\"Via\",\"value\":\"z\"}],"                         \
    "\"codes\":[\"TEXT\",100]}"

static void json(void)
{
    uint8_t b[2048];
    struct wr w = {b, sizeof b, 0, false};
    struct toy empty = {0};

    field_json(&w, &toy_desc, &toy_all);
    CHECK_TEXT(wr_span(&w), ALL_JSON);
    w.n = 0;
    field_json(&w, &toy_desc, &empty);
    CHECK_TEXT(wr_span(&w),
               "{\"kind\":\"ask\",\"urgent\":false,\"number\":0,\"length\":0,\"big\":0,\"id\":\"\","
               "\"title\":\"\",\"at\":{\"x\":0,\"y\":0},\"items\":[],\"words\":[],\"codes\":[]}");
    for (size_t cap = 0; cap < sizeof ALL_JSON - 1; cap++) { /* running out is said */
        struct wr small = {b, cap, 0, false};
        field_json(&small, &toy_desc, &toy_all);
        CU_ASSERT_TRUE(small.full && small.n <= cap);
    }
}

static void lines(void)
{
    uint8_t b[2048];
    struct wr w = {b, sizeof b, 0, false};
    struct toy small = {.title = SPAN("t"), .codes = SPAN("\0\1\0\2")};

    wr_text(&w, "before\n"); /* what stands there stays */
    field_text(&w, &toy_desc, &small, 1);
    CHECK_TEXT(wr_span(&w), "before\n"
                            "  kind: ask\n  urgent: false\n  number: 0\n  length: 0\n  big: 0\n"
                            "  id: \n  title: \"t\"\n  at: \n    x: 0\n    y: 0\n  items: \n"
                            "  words: \n  codes: NUMBER, TEXT\n");
    w.n = 0;
    field_text(&w, &toy_desc, &toy_all, 0);
    const char *want = "note: \"plain\"\nfrom: [2001:db8::1]:3478\nat: \n  x: 1\n  y: 2\n"
                       "to: \n  x: 3\n  y: 4\nitems: \n  NUMBER  value 70000\n"
                       "  TEXT  text \"one\"\n  PEER  value 192.0.2.1:9\n"
                       "  CODES  value NUMBER, 99\n";
    CU_ASSERT_PTR_NOT_NULL(memmem(b, w.n, want, strlen(want)));
    CU_ASSERT_EQUAL(b[w.n - 1], '\n');
}

/* ---- nesting ---- */

struct chain {
    uint8_t n;
    const struct chain *next;
};
static const struct desc chain_desc;
static const struct field chain_fields[] = {
    {.name = "n", FIELD(struct chain, n, F_UINT)},
    {.name = "next", FIELD(struct chain, next, F_REF), .sub = &chain_desc},
};
static const struct desc chain_desc = {"chain", sizeof(struct chain), FIELDS(chain_fields), NULL};

/* A record that refers to itself ends at FIELD_DEPTH in each walk. */
static void depth(void)
{
    struct chain ring = {1, NULL};
    uint8_t b[1024];
    static uint8_t mem[8192];
    struct wr w = {b, sizeof b, 0, false};
    struct arena a = arena_of(mem, sizeof mem);
    struct draft dr;
    size_t levels = 0;

    ring.next = &ring;
    field_json(&w, &chain_desc, &ring);
    for (size_t i = 0; i < w.n; i++)
        levels += b[i] == '1';
    CU_ASSERT_TRUE(!w.full && levels == FIELD_DEPTH);
    CU_ASSERT_EQUAL(field_diff(&chain_desc, &ring, &ring, NULL), 0);
    draft_of(&dr, &chain_desc, &ring, &a);
    levels = 0;
    for (const struct node *n = &dr.root; n; n = draft_find(n, "next"))
        levels++;
    CU_ASSERT_TRUE(!a.full && levels >= FIELD_DEPTH && levels <= FIELD_DEPTH + 2);
}

/* ---- differences ---- */

struct said {
    char text[1024];
    size_t n;
};
static void say(void *ctx, const char *path, const char *what)
{
    struct said *s = ctx;
    struct wr w = {(uint8_t *)s->text, sizeof s->text - 1, s->n, false};
    wr_text(&w, path);
    wr_text(&w, " ");
    wr_text(&w, what);
    wr_text(&w, "; ");
    s->n = w.n;
}

static void differs(const struct toy *b, size_t count, const char *want)
{
    struct said s = {{0}, 0};
    struct diff out = {say, &s};
    CU_ASSERT_EQUAL(field_diff(&toy_desc, &toy_all, b, &out), count);
    CHECK_TEXT(((struct span){(const uint8_t *)s.text, s.n}), want);
    CU_ASSERT_EQUAL(field_diff(&toy_desc, &toy_all, b, NULL), count);
}

static void diffs(void)
{
    struct toy b = toy_all;
    struct toy_item items[COUNT(toy_all_items)];
    struct toy_point there = toy_there;

    differs(&b, 0, "");
    b.to = &there; /* another place, the same value */
    differs(&b, 0, "");
    there.y = 9, b.at.x = 9, b.kind = 0, b.id = (struct span)SPAN("\0\xfe");
    differs(&b, 4, "kind differs; id differs; at/x differs; to/y differs; ");
    b = toy_all, b.note = NULL, b.from = (struct addr){0};
    differs(&b, 2, "note missing in the second; from missing in the second; ");
    b = toy_all, b.from.port = 1;
    differs(&b, 1, "from differs; ");
    memcpy(items, toy_all_items, sizeof items);
    b = toy_all, b.items = items;
    items[1].octets = span_of("eins");
    items[2].type = TOY_NUMBER;
    items[3].octets = (struct span)SPAN("\0\1\0\2\0\3");
    differs(&b, 5,
            "items/1/text differs; items/2/type differs; items/2 of different kinds; "
            "items/3/value/1 differs; items/3/value/2 missing in the first; ");
    b = toy_all, b.n_items = 5, b.codes.n = 2;
    differs(&b, 2, "items/5 missing in the second; codes/1 missing in the second; ");
    b = toy_all, b.to = NULL;
    CU_ASSERT_EQUAL(field_diff(&toy_desc, &b, &toy_all, NULL), 1);
}

TESTS({"addresses", addresses}, {"address_equality", address_equality}, {"names", names},
      {"setting", setting}, {"values", values}, {"json", json}, {"lines", lines}, {"depth", depth},
      {"diffs", diffs})
