/* harness/script/sandbox_test.c - what stands under a case: its memory, its bytecode, its tables. */
#include <stdlib.h>
#include "harness/core/test.h"
#include "harness/script/region.h"
#include "harness/script/sandbox.h"

enum { PIECES = 64, ROUNDS = 20000, LARGEST = 3 * REGION_SMALL };

struct piece {
    uint8_t *p;
    size_t n;
    uint8_t mark;
};

static bool intact(const struct piece *x)
{
    for (size_t i = 0; i < x->n; i++)
        if (x->p[i] != x->mark)
            return false;
    return true;
}

static void pieces_keep_what_is_in_them(void)
{
    static struct piece all[PIECES];
    struct region r = {0};
    uint32_t chance = 1;

    for (unsigned i = 0; i < ROUNDS; i++) {
        chance = chance * 1664525 + 1013904223;
        struct piece *x = &all[chance >> 8 & (PIECES - 1)];
        size_t n = (chance >> 14) % LARGEST;
        CU_ASSERT_TRUE_FATAL(intact(x));
        if (n == 0 || chance >> 30 == 0) {
            region_give(&r, x->p, x->n);
            *x = (struct piece){0};
            continue;
        }
        uint8_t *p = region_resize(&r, x->p, x->n, n);
        CU_ASSERT_PTR_NOT_NULL_FATAL(p);
        CU_ASSERT_EQUAL_FATAL((uintptr_t)p % 16, 0);
        for (size_t k = 0; k < x->n && k < n; k++)
            CU_ASSERT_EQUAL_FATAL(p[k], x->mark);
        *x = (struct piece){p, n, (uint8_t)i};
        memset(p, x->mark, n);
    }
    region_end(&r);
    CU_ASSERT_PTR_NULL(r.blocks);
    CU_ASSERT_PTR_NULL(r.large);
}

static void a_piece_that_cannot_be_had_leaves_the_old_one(void)
{
    struct region r = {0};
    uint8_t *p = region_resize(&r, NULL, 0, REGION_SMALL + 1);

    CU_ASSERT_PTR_NOT_NULL_FATAL(p);
    p[REGION_SMALL] = 7;
    CU_ASSERT_PTR_NULL(region_resize(&r, p, REGION_SMALL + 1, SIZE_MAX - 8));
    CU_ASSERT_EQUAL(p[REGION_SMALL], 7);
    region_end(&r);
}

/* Bytecode that was kept serves the same text under the same name, and no other. */
static void a_text_is_compiled_under_its_own_name(void)
{
    static const char *const texts[] = {"return 1 + nil", "return 2 + nil"};
    static const char *const names[] = {"@one", "@two", "@one"};
    struct sandbox box;

    for (size_t i = 0; i < 3 * COUNT(names); i++) {
        struct span text = span_of(texts[i % COUNT(texts)]);
        CU_ASSERT_TRUE_FATAL(sandbox_open(&box, 1 << 20, 1000000, 1));
        CU_ASSERT_EQUAL_FATAL(sandbox_load(box.L, text, names[i % COUNT(names)]), LUA_OK);
        CU_ASSERT_NOT_EQUAL_FATAL(lua_pcall(box.L, 0, 0, 0), LUA_OK);
        const char *why = lua_tostring(box.L, -1);
        CU_ASSERT_PTR_NOT_NULL_FATAL(why);
        CU_ASSERT_NSTRING_EQUAL(why, names[i % COUNT(names)] + 1, 3);
        sandbox_close(&box);
    }
}

/* Keys come in one order, whatever order they were set in, and those that go meanwhile do not come. */
static void pairs_have_an_order(void)
{
    static const char text[] =
        "local t, out = {}, {}\n"
        "for _, k in ipairs { 'b', 10, 'a', 2.5, 1, 'B', true } do t[k] = 1 end\n"
        "for k in pairs(t) do out[#out + 1] = tostring(k) t.b = nil end\n"
        "return table.concat(out, ' ')";
    struct sandbox box;

    CU_ASSERT_TRUE_FATAL(sandbox_open(&box, 1 << 20, 1000000, 1));
    CU_ASSERT_EQUAL_FATAL(sandbox_load(box.L, span_of(text), "@order"), LUA_OK);
    CU_ASSERT_EQUAL_FATAL(lua_pcall(box.L, 0, 1, 0), LUA_OK);
    CU_ASSERT_STRING_EQUAL(lua_tostring(box.L, -1), "1 2.5 10 B a true");
    sandbox_close(&box);
}

TESTS({"order", pairs_have_an_order}, {"pieces", pieces_keep_what_is_in_them},
      {"no memory", a_piece_that_cannot_be_had_leaves_the_old_one},
      {"names", a_text_is_compiled_under_its_own_name})
