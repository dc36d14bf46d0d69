/* codecs/base/draft_test.c - drafts of a view, and edits by path. */
#include <stdio.h>
#include "codecs/base/base_toy.h"
#include "harness/core/test.h"

static uint8_t mem[1 << 16], out[4096];

/* A draft in words that show its form: 5, hex octets, "a" before addresses, "raw" before raw
 * octets,
 * (...) around the fields of a record, [...] around items. */
static void show(struct wr *w, const struct node *n)
{
    bool list = n->f && (n->f->kind == F_LIST || n->f->kind == F_SEQ);

    if (n->f && n->f->name[0]) {
        wr_text(w, n->f->name);
        wr_text(w, "=");
    }
    switch (n->form) {
    case FORM_UINT:
        wr_dec(w, n->u);
        break;
    case FORM_RAW:
        wr_text(w, "raw ");
        wr_hex_octets(w, n->s);
        break;
    case FORM_BYTES:
        wr_text(w, "'");
        wr_put(w, n->s);
        wr_text(w, "'");
        break;
    case FORM_ADDR:
        wr_text(w, "a");
        addr_text(w, &n->a);
        break;
    case FORM_KIDS:
        wr_text(w, list ? "[" : "(");
        for (const struct node *k = n->first; k; k = k->next) {
            show(w, k);
            wr_text(w, k->next ? " " : "");
            CU_ASSERT_EQUAL(k == n->last, k->next == NULL);
        }
        CU_ASSERT_EQUAL(n->first == NULL, n->last == NULL);
        wr_text(w, list ? "]" : ")");
    }
}

static struct span shown(const struct node *n)
{
    struct wr w = {out, sizeof out, 0, false};
    show(&w, n);
    CU_ASSERT_FALSE(w.full);
    return wr_span(&w);
}

static struct draft all_of(const struct toy *t, struct arena *a)
{
    struct draft dr;
    *a = arena_of(mem, sizeof mem);
    draft_of(&dr, &toy_desc, t, a);
    return dr;
}

#define HEAD                                                                                       \
    "(kind=1 urgent=1 number=258 length=66000 big=18446744073709551615 id='\xab\xff' title='tt' "  \
    "half='t' note='plain' from=a[2001:db8::1]:3478 at=(x=1 y=2) to=(x=3 y=4) "
#define ITEMS                                                                                      \
    "[(type=1 value=70000) (type=2 text='one') (type=3 value=a192.0.2.1:9) "                       \
    "(type=4 value=[(1) (99)]) (type=2 text='two') (type=30583 value='##')]"
#define WORDS "[(key='Via' value='x') (key='To' value='y') (key='Via' value='z')]"
#define CODES "[(2) (100)]"

/* toy_all with octets that print */
static struct toy printable(void)
{
    static struct toy_item items[COUNT(toy_all_items)];
    struct toy t = toy_all;
    memcpy(items, toy_all_items, sizeof items);
    items[5].octets = span_of("##");
    t.items = items;
    t.id = span_of("\xab\xff");
    t.title = span_of("tt");
    return t;
}

static void of_view(void)
{
    struct toy t = printable(), empty = {.length = 7};
    struct arena a;
    struct draft dr = all_of(&t, &a);

    CHECK_TEXT(shown(&dr.root), HEAD "items=" ITEMS " words=" WORDS " codes=" CODES ")");
    CU_ASSERT_TRUE(dr.mem == &a && dr.root.d == &toy_desc && !dr.root.f);
    CU_ASSERT_PTR_EQUAL(draft_find(&dr.root, "title")->s.p, t.title.p); /* borrowed */
    dr = all_of(&empty, &a); /* what is absent, and what is derived, is left out */
    CHECK_TEXT(shown(&dr.root), "(kind=0 urgent=0 number=0 big=0 id='' title='' at=(x=0 y=0) "
                                "items=[] words=[] codes=[])");
}

/* Whatever the room: no node beyond it, and `full` where one is missing. */
static void exhaustion(void)
{
    struct toy t = printable();
    struct arena a;
    struct draft dr = all_of(&t, &a);
    size_t need = a.n, whole = shown(&dr.root).n, step = sizeof(struct node) / 3;

    for (size_t cap = 0; cap < need; cap += step) {
        a = arena_of(mem, cap);
        draft_of(&dr, &toy_desc, &t, &a);
        CU_ASSERT_TRUE(a.full && a.n <= cap);
        CU_ASSERT_TRUE(shown(&dr.root).n < whole);
    }
    a = arena_of(mem, need);
    draft_of(&dr, &toy_desc, &t, &a);
    CU_ASSERT_FALSE(a.full);
}

static void building(void)
{
    struct arena a = arena_of(mem, sizeof mem);
    struct addr peer = {4, {192, 0, 2, 1}, 9};
    struct draft dr;
    struct node *list, *item;

    draft_init(&dr, &toy_desc, &a);
    CHECK_TEXT(shown(&dr.root), "()");
    draft_uint(&dr, &dr.root, field_find(&toy_desc, "number"), 70000);
    draft_bytes(&dr, &dr.root, field_find(&toy_desc, "title"), span_of("t"));
    draft_addr(&dr, &dr.root, field_find(&toy_desc, "from"), &peer);
    draft_raw(&dr, &dr.root, field_find(&toy_desc, "title"), span_of("\x01"));
    list = draft_kids(&dr, &dr.root, field_find(&toy_desc, "items"), &toy_item);
    item = draft_kids(&dr, list, NULL, &toy_item);
    CU_ASSERT_PTR_NULL(draft_field(item, "value")); /* no key, so none is picked */
    draft_uint(&dr, item, &toy_item_fields[0], TOY_TEXT);
    CU_ASSERT_PTR_EQUAL(draft_field(item, "type"), &toy_item_fields[0]);
    CU_ASSERT_PTR_EQUAL(draft_field(item, "text"), &toy_text_fields[0]);
    CU_ASSERT_PTR_NULL(draft_field(item, "value"));
    CHECK_TEXT(shown(&dr.root), "(number=70000 title='t' from=a192.0.2.1:9 title=raw 01 "
                                "items=[(type=2)])");

    const struct field *pick = NULL;
    CU_ASSERT_PTR_EQUAL(draft_picked(item, &pick), &toy_values[TOY_TEXT]);
    CU_ASSERT_PTR_EQUAL(pick, &toy_item_fields[1]);
    CU_ASSERT_PTR_NULL(draft_picked(&dr.root, &pick));
    CU_ASSERT_PTR_NULL(pick);
    CU_ASSERT_EQUAL(draft_find(&dr.root, "title")->form, FORM_BYTES); /* the first */
    CU_ASSERT_PTR_NULL(draft_find(&dr.root, "id"));
    CU_ASSERT_PTR_NULL(draft_find(NULL, "id"));
    CU_ASSERT_PTR_NULL(draft_find(draft_find(&dr.root, "number"), "x"));
    /* a missing parent is passed on and takes no memory */
    size_t was = a.n;
    CU_ASSERT_PTR_NULL(draft_uint(&dr, draft_kids(&dr, NULL, NULL, NULL), NULL, 1));
    CU_ASSERT_PTR_NULL(draft_bytes(&dr, NULL, NULL, (struct span){0}));
    CU_ASSERT_PTR_NULL(draft_addr(&dr, NULL, NULL, &peer));
    CU_ASSERT_PTR_NULL(draft_raw(&dr, NULL, NULL, (struct span){0}));
    CU_ASSERT_TRUE(a.n == was && !a.full);
}

/* ---- edits ---- */

/* One edit of a draft of everything: how many nodes change, and what then stands in the part that
 * `part` names ("" for all; NULL: nothing changes). */
struct edit_test {
    enum draft_op op;
    const char *path, *value;
    size_t count;
    const char *part, *want;
};

static void run(const struct edit_test *e)
{
    struct toy t = printable();
    struct arena a;
    struct draft dr = all_of(&t, &a);
    const struct node *n = &dr.root;

    CU_ASSERT_EQUAL(draft_edit(&dr, e->op, e->path, e->value), e->count);
    if (!e->part) {
        struct span got = shown(n);
        CHECK_TEXT(got, HEAD "items=" ITEMS " words=" WORDS " codes=" CODES ")");
        if (!span_is(got, HEAD "items=" ITEMS " words=" WORDS " codes=" CODES ")"))
            printf("after %s %s\n", e->path, e->value ? e->value : "-");
        return;
    }
    if (*e->part)
        n = draft_find(n, e->part);
    CU_ASSERT_TRUE(n || !e->want);
    if (n && e->want)
        CHECK_TEXT(shown(n), e->want);
}
#define RUN(list)                                                                                  \
    for (size_t i = 0; i < COUNT(list); i++)                                                       \
    run(&(list)[i])

static const struct edit_test sets[] = {
    {DRAFT_SET, "number", "7", 1, "number", "number=7"},
    {DRAFT_SET, "number", "0xffff", 1, "number", "number=65535"},
    {DRAFT_SET, "number", "65536", 0, NULL, NULL},
    {DRAFT_SET, "number", "x", 0, NULL, NULL},
    {DRAFT_SET, "number", "", 0, NULL, NULL},
    {DRAFT_SET, "number", NULL, 0, NULL, NULL},
    {DRAFT_SET, "number", "hex:01", 0, NULL, NULL},
    {DRAFT_SET, "number", "raw:0a 0b", 1, "number", "number=raw 0a0b"},
    {DRAFT_SET, "number", "raw:", 1, "number", "number=raw "},
    {DRAFT_SET, "number", "raw:0", 0, NULL, NULL},
    {DRAFT_SET, "number", "raw:xy", 0, NULL, NULL},
    {DRAFT_SET, "number", "+1", 1, "number", "number=259"},
    {DRAFT_SET, "number", "-0x102", 1, "number", "number=0"},
    {DRAFT_SET, "number", "-259", 1, "number", "number=65535"}, /* within the field's width */
    {DRAFT_SET, "number", "+65535", 1, "number", "number=257"},
    {DRAFT_SET, "number", "+", 0, NULL, NULL},
    {DRAFT_SET, "number", "+x", 0, NULL, NULL},
    {DRAFT_SET, "big", "+1", 1, "big", "big=0"},
    {DRAFT_SET, "big", "^", 1, "big", "big=0"},
    {DRAFT_SET, "number", "^", 1, "number", "number=65277"},
    {DRAFT_SET, "kind", "ask", 1, "kind", "kind=0"},
    {DRAFT_SET, "kind", "9", 1, "kind", "kind=9"},
    {DRAFT_SET, "kind", "256", 0, NULL, NULL},
    {DRAFT_SET, "kind", "asks", 0, NULL, NULL},
    {DRAFT_SET, "urgent", "false", 1, "urgent", "urgent=0"},
    {DRAFT_SET, "urgent", "true", 1, "urgent", "urgent=1"},
    {DRAFT_SET, "urgent", "0", 1, "urgent", "urgent=0"},
    {DRAFT_SET, "urgent", "2", 0, NULL, NULL},
    {DRAFT_SET, "urgent", "^", 1, "urgent", "urgent=0"},
    {DRAFT_SET, "number", "true", 0, NULL, NULL},
    {DRAFT_SET, "title", "a=b/c", 1, "title", "title='a=b/c'"},
    {DRAFT_SET, "title", "", 1, "title", "title=''"},
    {DRAFT_SET, "title", "hex:41 42", 1, "title", "title='AB'"},
    {DRAFT_SET, "title", "hex:4", 0, NULL, NULL},
    {DRAFT_SET, "title", "+1", 1, "title", "title='+1'"},
    {DRAFT_SET, "title", "^", 1, "title", "title='\x8b\x8b'"},
    {DRAFT_SET, "id", "hex:7a", 1, "id", "id='z'"},
    {DRAFT_SET, "note", "new", 1, "note", "note='new'"},
    {DRAFT_SET, "from", "192.0.2.7:80", 1, "from", "from=a192.0.2.7:80"},
    {DRAFT_SET, "from", "192.0.2", 0, NULL, NULL},
    {DRAFT_SET, "from", "^", 1, "from", "from=a[dffe:f247:ffff:ffff:ffff:ffff:ffff:fffe]:3478"},
    {DRAFT_SET, "at/y", "9", 1, "at", "at=(x=1 y=9)"},
    {DRAFT_SET, "to/x", "raw:ff", 1, "to", "to=(x=raw ff y=4)"},
    {DRAFT_SET, "at", "9", 0, NULL, NULL},
    {DRAFT_SET, "at", "^", 0, NULL, NULL},
    {DRAFT_SET, "at", "raw:01", 1, "at", "at=raw 01"},
    {DRAFT_SET, "at/z", "9", 0, NULL, NULL},
    {DRAFT_SET, "nothing", "9", 0, NULL, NULL},
    {DRAFT_SET, "nothing/x", "9", 0, NULL, NULL},
    {DRAFT_SET, "number/x", "9", 0, NULL, NULL},
    {DRAFT_SET, "", "9", 0, NULL, NULL},
};

static const struct edit_test items[] = {
    {DRAFT_SET, "items/0/value", "5", 1, "items",
     "items=[(type=1 value=5) (type=2 text='one') (type=3 value=a192.0.2.1:9) "
     "(type=4 value=[(1) (99)]) (type=2 text='two') (type=30583 value='##')]"},
    {DRAFT_SET, "items/TEXT/text", "new", 2, "items",
     "items=[(type=1 value=70000) (type=2 text='new') (type=3 value=a192.0.2.1:9) "
     "(type=4 value=[(1) (99)]) (type=2 text='new') (type=30583 value='##')]"},
    {DRAFT_SET, "items/0x7777/value", "hex:41", 1, "items",
     "items=[(type=1 value=70000) (type=2 text='one') (type=3 value=a192.0.2.1:9) "
     "(type=4 value=[(1) (99)]) (type=2 text='two') (type=30583 value='A')]"},
    {DRAFT_SET, "items/last/value", "raw:", 1, "items",
     "items=[(type=1 value=70000) (type=2 text='one') (type=3 value=a192.0.2.1:9) "
     "(type=4 value=[(1) (99)]) (type=2 text='two') (type=30583 value=raw )]"},
    {DRAFT_SET, "items/CODES/value", "TEXT,0x7ffe,3", 1, "items",
     "items=[(type=1 value=70000) (type=2 text='one') (type=3 value=a192.0.2.1:9) "
     "(type=4 value=[(2) (32766) (3)]) (type=2 text='two') (type=30583 value='##')]"},
    {DRAFT_SET, "items/CODES/value", "TEXT,,3", 0, NULL, NULL},
    {DRAFT_SET, "items/CODES/value", "TEXT,65536", 0, NULL, NULL},
    {DRAFT_SET, "items/CODES/value/1", "7", 1, "items",
     "items=[(type=1 value=70000) (type=2 text='one') (type=3 value=a192.0.2.1:9) "
     "(type=4 value=[(1) (7)]) (type=2 text='two') (type=30583 value='##')]"},
    {DRAFT_SET, "items/PEER/value", "[::1]:5", 1, "items",
     "items=[(type=1 value=70000) (type=2 text='one') (type=3 value=a[::1]:5) "
     "(type=4 value=[(1) (99)]) (type=2 text='two') (type=30583 value='##')]"},
    {DRAFT_SET, "items/1", "raw:ff", 1, "items",
     "items=[(type=1 value=70000) raw ff (type=3 value=a192.0.2.1:9) "
     "(type=4 value=[(1) (99)]) (type=2 text='two') (type=30583 value='##')]"},
    {DRAFT_SET, "items/1", "5", 0, NULL, NULL}, /* an item of two fields has no one value */
    {DRAFT_SET, "items/6/value", "5", 0, NULL, NULL},
    {DRAFT_SET, "items/2/text", "x", 0, NULL, NULL}, /* not what PEER holds */
    {DRAFT_SET, "items/SPEECH/text", "x", 0, NULL, NULL},
    {DRAFT_SET, "items", "5", 0, NULL, NULL},
    {DRAFT_SET, "codes", "", 1, "codes", "codes=[]"},
    {DRAFT_SET, "codes", "NUMBER,CODES", 1, "codes", "codes=[(1) (4)]"},
    {DRAFT_SET, "codes/0", "PEER", 1, "codes", "codes=[(3) (100)]"},
    {DRAFT_SET, "codes/0", "+1", 1, "codes", "codes=[(3) (100)]"},
    {DRAFT_SET, "codes/0", "^", 1, "codes", "codes=[(65533) (100)]"},
    {DRAFT_SET, "codes/0", "raw:0a", 1, "codes", "codes=[raw 0a (100)]"},
    {DRAFT_SET, "codes/0", "SPEECH", 0, NULL, NULL},
    {DRAFT_SET, "codes/TEXT", "NUMBER", 1, "codes", "codes=[(1) (100)]"},
    {DRAFT_SET, "codes/0x64", "0", 1, "codes", "codes=[(2) (0)]"},
    {DRAFT_SET, "codes/100", "0", 0, NULL, NULL}, /* decimal: the number of an item */
    {DRAFT_SET, "codes/*", "1", 2, "codes", "codes=[(1) (1)]"},
    {DRAFT_SET, "codes/last", "1", 1, "codes", "codes=[(2) (1)]"},
    {DRAFT_SET, "words/Via/value", "w", 2, "words",
     "words=[(key='Via' value='w') (key='To' value='y') (key='Via' value='w')]"},
    {DRAFT_SET, "words/To/key", "From", 1, "words",
     "words=[(key='Via' value='x') (key='From' value='y') (key='Via' value='z')]"},
};

static const struct edit_test moves[] = {
    {DRAFT_DROP, "number", NULL, 1, "number", NULL},
    {DRAFT_DROP, "at/x", NULL, 1, "at", "at=(y=2)"},
    {DRAFT_DROP, "at/y", NULL, 1, "at", "at=(x=1)"},
    {DRAFT_DROP, "at/*", NULL, 0, NULL, NULL}, /* fields go by their names alone */
    {DRAFT_DROP, "nothing", NULL, 0, NULL, NULL},
    {DRAFT_DROP, "words/1", NULL, 1, "words",
     "words=[(key='Via' value='x') (key='Via' value='z')]"},
    {DRAFT_DROP, "words/Via", NULL, 2, "words", "words=[(key='To' value='y')]"},
    {DRAFT_DROP, "words/last", NULL, 1, "words",
     "words=[(key='Via' value='x') (key='To' value='y')]"},
    {DRAFT_DROP, "words/*", NULL, 3, "words", "words=[]"},
    {DRAFT_DROP, "words/3", NULL, 0, NULL, NULL},
    {DRAFT_DROP, "words/*/value", NULL, 3, "words", "words=[(key='Via') (key='To') (key='Via')]"},
    {DRAFT_DOUBLE, "at/x", NULL, 1, "at", "at=(x=1 x=1 y=2)"},
    {DRAFT_DOUBLE, "at/y", NULL, 1, "at", "at=(x=1 y=2 y=2)"},
    {DRAFT_DOUBLE, "codes/0", NULL, 1, "codes", "codes=[(2) (2) (100)]"},
    {DRAFT_DOUBLE, "codes/last", NULL, 1, "codes", "codes=[(2) (100) (100)]"},
    {DRAFT_DOUBLE, "codes/*", NULL, 2, "codes", "codes=[(2) (2) (100) (100)]"},
    {DRAFT_FIRST, "at/y", NULL, 1, "at", "at=(y=2 x=1)"},
    {DRAFT_FIRST, "at/x", NULL, 1, "at", "at=(x=1 y=2)"},
    {DRAFT_FIRST, "codes/last", NULL, 1, "codes", "codes=[(100) (2)]"},
    {DRAFT_FIRST, "words/To", NULL, 1, "words",
     "words=[(key='To' value='y') (key='Via' value='x') (key='Via' value='z')]"},
    {DRAFT_FIRST, "words/*", NULL, 3, "words",
     "words=[(key='Via' value='z') (key='To' value='y') (key='Via' value='x')]"},
    {DRAFT_LAST, "at/x", NULL, 1, "at", "at=(y=2 x=1)"},
    {DRAFT_LAST, "at/y", NULL, 1, "at", "at=(x=1 y=2)"},
    {DRAFT_LAST, "codes/0", NULL, 1, "codes", "codes=[(100) (2)]"},
    {DRAFT_LAST, "words/Via", NULL, 2, "words",
     "words=[(key='To' value='y') (key='Via' value='x') (key='Via' value='z')]"},
    {DRAFT_LAST, "words/To", NULL, 1, "words",
     "words=[(key='Via' value='x') (key='Via' value='z') (key='To' value='y')]"},
    {DRAFT_LAST, "words/*", NULL, 3, "words", "words=" WORDS},
};

static const struct edit_test adds[] = {
    {DRAFT_ADD, "words", "Route=r=1", 1, "words",
     "words=[(key='Via' value='x') (key='To' value='y') (key='Via' value='z') "
     "(key='Route' value='r=1')]"},
    {DRAFT_ADD, "words", "Route", 1, "words",
     "words=[(key='Via' value='x') (key='To' value='y') (key='Via' value='z') (key='Route')]"},
    {DRAFT_ADD, "words", "Route=", 1, "words",
     "words=[(key='Via' value='x') (key='To' value='y') (key='Via' value='z') "
     "(key='Route' value='')]"},
    {DRAFT_ADD, "codes", "PEER", 1, "codes", "codes=[(2) (100) (3)]"},
    {DRAFT_ADD, "codes", "0x10000", 0, NULL, NULL},
    {DRAFT_ADD, "codes", "SPEECH", 0, NULL, NULL},
    {DRAFT_ADD, "items", "NUMBER=5", 1, NULL, " (type=1 value=5)"},
    {DRAFT_ADD, "items", "NUMBER", 1, NULL, " (type=1)"},
    {DRAFT_ADD, "items", "TEXT=three", 1, NULL, " (type=2 text='three')"},
    {DRAFT_ADD, "items", "PEER=192.0.2.1:1", 1, NULL, " (type=3 value=a192.0.2.1:1)"},
    {DRAFT_ADD, "items", "CODES=TEXT,5", 1, NULL, " (type=4 value=[(2) (5)])"},
    {DRAFT_ADD, "items", "0x99=hex:41", 1, NULL, " (type=153 value='A')"},
    {DRAFT_ADD, "items", "PEER=raw:ff", 1, NULL, " (type=3 value=raw ff)"},
    {DRAFT_ADD, "items", "NUMBER=x", 0, NULL, NULL}, /* and no half of an item stays */
    {DRAFT_ADD, "items", "SPEECH=x", 0, NULL, NULL},
    {DRAFT_ADD, "items", "0xffff=x", 0, NULL, NULL}, /* no table says what it holds */
    {DRAFT_ADD, "items", "", 0, NULL, NULL},
    {DRAFT_ADD, "at", "x=1", 0, NULL, NULL}, /* no list */
    {DRAFT_ADD, "items/0", "NUMBER", 0, NULL, NULL},
    {DRAFT_ADD, "number", "1", 0, NULL, NULL},
};

/* Rows whose want stands without a part: what an item added to `items` shows at its end. */
static void run_added(const struct edit_test *e)
{
    struct toy t = printable();
    struct arena a;
    struct draft dr = all_of(&t, &a);
    uint8_t want[1024];
    struct wr w = {want, sizeof want, 0, false};
    size_t n = sizeof ITEMS - 2; /* without its bracket */

    CU_ASSERT_EQUAL(draft_edit(&dr, e->op, e->path, e->value), e->count);
    wr_text(&w, "items=");
    wr_put(&w, (struct span){(const uint8_t *)ITEMS, n});
    wr_text(&w, e->want);
    wr_text(&w, "]");
    wr_u8(&w, '\0');
    CHECK_TEXT(shown(draft_find(&dr.root, "items")), (const char *)want);
}

static void setting(void)
{
    RUN(sets);
}

static void choosing(void)
{
    for (size_t i = 0; i < COUNT(items); i++)
        run(&items[i]);
    struct toy t = printable();
    struct arena a;
    struct draft dr = all_of(&t, &a);
    CU_ASSERT_EQUAL(draft_edit(&dr, DRAFT_SET, "items/*/type", "^"), 6);
    CHECK_TEXT(shown(draft_find(&dr.root, "items")->first), "(type=65534 value=70000)");
    CU_ASSERT_EQUAL(draft_edit(&dr, DRAFT_ADD, "items/3/value", "PEER"), 1);
    CHECK_TEXT(shown(draft_find(&dr.root, "items")->first->next->next->next),
               "(type=65531 value=[(1) (99) (3)])");
}

static void moving(void)
{
    RUN(moves);
}

static void adding(void)
{
    for (size_t i = 0; i < COUNT(adds); i++)
        if (adds[i].part || !adds[i].want)
            run(&adds[i]);
        else
            run_added(&adds[i]);
}

/* A field that is not there is added, or, where its value is none, is not. */
static void adding_fields(void)
{
    struct arena a = arena_of(mem, sizeof mem);
    struct draft dr;

    draft_init(&dr, &toy_desc, &a);
    CU_ASSERT_EQUAL(draft_edit(&dr, DRAFT_SET, "number", "x"), 0);
    CU_ASSERT_EQUAL(draft_edit(&dr, DRAFT_SET, "number", "+1"), 0);
    CU_ASSERT_EQUAL(draft_edit(&dr, DRAFT_SET, "title", "^"), 0);
    CU_ASSERT_EQUAL(draft_edit(&dr, DRAFT_SET, "at", "1"), 0);
    CU_ASSERT_EQUAL(draft_edit(&dr, DRAFT_DROP, "number", NULL), 0);
    CU_ASSERT_EQUAL(draft_edit(&dr, DRAFT_DOUBLE, "number", NULL), 0);
    CU_ASSERT_EQUAL(draft_edit(&dr, DRAFT_SET, "at/x", "1"), 0); /* no group is made up */
    CU_ASSERT_EQUAL(draft_edit(&dr, DRAFT_ADD, "items", "TEXT=x"), 0);
    CHECK_TEXT(shown(&dr.root), "()");
    CU_ASSERT_EQUAL(draft_edit(&dr, DRAFT_SET, "number", "5"), 1);
    CU_ASSERT_EQUAL(draft_edit(&dr, DRAFT_SET, "title", "t"), 1);
    CU_ASSERT_EQUAL(draft_edit(&dr, DRAFT_SET, "from", "192.0.2.1:9"), 1);
    CU_ASSERT_EQUAL(draft_edit(&dr, DRAFT_SET, "id", "raw:01"), 1);
    CU_ASSERT_EQUAL(draft_edit(&dr, DRAFT_SET, "codes", "TEXT"), 1);
    CHECK_TEXT(shown(&dr.root), "(number=5 title='t' from=a192.0.2.1:9 id=raw 01 codes=[(2)])");

    struct node *list = draft_kids(&dr, &dr.root, field_find(&toy_desc, "items"), &toy_item);
    CU_ASSERT_EQUAL(draft_edit(&dr, DRAFT_SET, "items/type", "TEXT"), 0); /* an item, no field */
    CU_ASSERT_EQUAL(draft_edit(&dr, DRAFT_SET, "items/0", "TEXT"), 0);
    CHECK_TEXT(shown(list), "items=[]");
    CU_ASSERT_EQUAL(draft_edit(&dr, DRAFT_ADD, "items", "TEXT"), 1);
    CU_ASSERT_EQUAL(draft_edit(&dr, DRAFT_SET, "items/0/text", "late"), 1);
    CU_ASSERT_EQUAL(draft_edit(&dr, DRAFT_SET, "items/0/value", "late"), 0);
    CHECK_TEXT(shown(list), "items=[(type=2 text='late')]");
}

/* A field that stands twice: the path names the first. */
static void twice(void)
{
    struct arena a = arena_of(mem, sizeof mem);
    struct draft dr;

    draft_init(&dr, &toy_desc, &a);
    draft_edit(&dr, DRAFT_SET, "number", "1");
    draft_edit(&dr, DRAFT_SET, "title", "t");
    CU_ASSERT_EQUAL(draft_edit(&dr, DRAFT_DOUBLE, "number", NULL), 1);
    CU_ASSERT_EQUAL(draft_edit(&dr, DRAFT_SET, "number", "2"), 1);
    CHECK_TEXT(shown(&dr.root), "(number=2 number=1 title='t')");
    CU_ASSERT_EQUAL(draft_edit(&dr, DRAFT_LAST, "number", NULL), 1);
    CHECK_TEXT(shown(&dr.root), "(number=1 title='t' number=2)");
    CU_ASSERT_EQUAL(draft_edit(&dr, DRAFT_DROP, "number", NULL), 1);
    CHECK_TEXT(shown(&dr.root), "(title='t' number=2)");
}

/* One that is alone moves to where it is. */
static void alone(void)
{
    struct arena a = arena_of(mem, sizeof mem);
    struct draft dr;

    draft_init(&dr, &toy_desc, &a);
    draft_edit(&dr, DRAFT_SET, "number", "1");
    CU_ASSERT_EQUAL(draft_edit(&dr, DRAFT_FIRST, "number", NULL), 1);
    CHECK_TEXT(shown(&dr.root), "(number=1)");
    CU_ASSERT_EQUAL(draft_edit(&dr, DRAFT_LAST, "number", NULL), 1);
    CHECK_TEXT(shown(&dr.root), "(number=1)");
    CU_ASSERT_EQUAL(draft_edit(&dr, DRAFT_DROP, "number", NULL), 1);
    CHECK_TEXT(shown(&dr.root), "()");
    CU_ASSERT_EQUAL(draft_edit(&dr, DRAFT_SET, "title", "t"), 1);
    CHECK_TEXT(shown(&dr.root), "(title='t')");
}

/* Raw octets in the place of a key pick no table. */
static void raw_key(void)
{
    struct toy t = printable();
    struct arena a;
    struct draft dr = all_of(&t, &a);
    const struct node *item = draft_find(&dr.root, "items")->first;
    const struct field *pick;

    CU_ASSERT_EQUAL(draft_edit(&dr, DRAFT_SET, "items/0/type", "raw:0001"), 1);
    CU_ASSERT_PTR_NULL(draft_picked(item, &pick));
    CU_ASSERT_PTR_EQUAL(pick, &toy_item_fields[1]);
    CU_ASSERT_EQUAL(draft_edit(&dr, DRAFT_SET, "items/0/text", "x"), 0);
    CU_ASSERT_EQUAL(draft_edit(&dr, DRAFT_SET, "items/0/value", "5"), 1); /* it is there */
    CHECK_TEXT(shown(item), "(type=raw 0001 value=5)");
}

/* Items past a hundred are still chosen by number. */
static void many(void)
{
    struct arena a = arena_of(mem, sizeof mem);
    struct draft dr;

    draft_init(&dr, &toy_desc, &a);
    CU_ASSERT_EQUAL(draft_edit(&dr, DRAFT_SET, "codes", ""), 1);
    for (int i = 0; i < 120; i++)
        CU_ASSERT_EQUAL(draft_edit(&dr, DRAFT_ADD, "codes", "110"), 1);
    CU_ASSERT_EQUAL(draft_edit(&dr, DRAFT_SET, "codes/110", "5"), 1);
    CU_ASSERT_EQUAL(draft_edit(&dr, DRAFT_DROP, "codes/0x6e", NULL), 119);
    CHECK_TEXT(shown(draft_find(&dr.root, "codes")), "codes=[(5)]");
}

/* An edit for which there is no room changes nothing. */
static void no_room(void)
{
    static const struct {
        enum draft_op op;
        const char *path, *value;
    } edits[] = {
        {DRAFT_SET, "title", "longer than before"},
        {DRAFT_SET, "number", "raw:00112233"},
        {DRAFT_SET, "title", "^"},
        {DRAFT_SET, "half", "new"},
        {DRAFT_SET, "codes", "TEXT,TEXT"},
        {DRAFT_DOUBLE, "number", NULL},
        {DRAFT_ADD, "words", "Route=r"},
        {DRAFT_ADD, "items", "CODES=TEXT"},
    };
    struct toy t = printable();
    uint8_t before[4096];

    t.title.n = 1; /* `half` is absent */
    for (size_t i = 0; i < COUNT(edits); i++) {
        struct arena a;
        struct draft dr = all_of(&t, &a);
        size_t cap = a.n, n;
        for (n = 0; n < 100; n++, cap += 16) {
            dr = all_of(&t, &a);
            a.cap = cap;
            struct span was = shown(&dr.root);
            memcpy(before, was.p, was.n);
            was.p = before;
            if (draft_edit(&dr, edits[i].op, edits[i].path, edits[i].value))
                break;
            CU_ASSERT_TRUE(a.full && span_eq(was, shown(&dr.root)));
        }
        CU_ASSERT_TRUE(n > 0 && n < 100);
    }
}

TESTS({"of_view", of_view}, {"exhaustion", exhaustion}, {"building", building},
      {"setting", setting}, {"choosing", choosing}, {"moving", moving}, {"adding", adding},
      {"adding_fields", adding_fields}, {"twice", twice}, {"alone", alone}, {"raw_key", raw_key},
      {"many", many}, {"no_room", no_room})
