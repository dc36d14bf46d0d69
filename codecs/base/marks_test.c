/* codecs/base/marks_test.c - the forms of marks against a plain loop, at every length, and questions in any order. */
#include <stdlib.h>
#include "codecs/base/marks.h"
#include "harness/core/test.h"

static size_t forms(const struct marks_form *out[4])
{
    size_t n = 0;
    out[n++] = &marks_portable;
    out[n++] = &marks_sse2;
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2"))
        out[n++] = &marks_avx2;
    if (__builtin_cpu_supports("avx512bw"))
        out[n++] = &marks_avx512;
#else
    out[n++] = &marks_avx2;
    out[n++] = &marks_avx512;
#endif
    return n;
}

static bool is_of(enum marks_class c, uint8_t octet)
{
    static const char *const of[MARKS_CLASSES] = {
        [MARKS_STOP] = ";,<\"", [MARKS_QUOTE] = "\"\\", [MARKS_EQUAL] = "=",
        [MARKS_CLOSE] = ">",    [MARKS_AT] = "@",       [MARKS_HOST] = ":;?",
    };
    return c == MARKS_SPACE ? octet <= ' ' : octet && strchr(of[c], octet) != NULL;
}

static uint32_t next(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

/* `dense`: most octets are delimiters. */
static void fill(uint8_t *p, size_t n, uint32_t *state, bool dense)
{
    static const uint8_t some[] = ";,<\"\\=>@:?\r\n \t!0~";
    for (size_t i = 0; i < n; i++) {
        uint32_t r = next(state);
        p[i] = dense || r % 40 == 0 ? some[r % sizeof some] : (uint8_t)(r >> 5);
    }
}

/* Every octet value, in every place of a block. */
static void each_form(void)
{
    const struct marks_form *f[4];
    size_t wrong = 0, n = forms(f);
    uint8_t p[2 * MARKS_BLOCK];
    marks_bits of;
    struct marks_lines lines[2];

    for (size_t i = 0; i < n; i++)
        for (unsigned first = 0; first < 256; first++) {
            for (size_t k = 0; k < sizeof p; k++)
                p[k] = (uint8_t)(first + k * 37);
            f[i]->blocks(p, 2, of, 3);
            f[i]->lines(p, 2, lines);
            for (size_t k = 0; k < sizeof p; k++) {
                for (unsigned c = 0; c < MARKS_CLASSES; c++)
                    wrong += (of[c][3 + k / 64] >> k % 64 & 1) != is_of((enum marks_class)c, p[k]);
                wrong += (lines[k / 64].lf >> k % 64 & 1) != (p[k] == '\n');
                wrong += (lines[k / 64].cr >> k % 64 & 1) != (p[k] == '\r');
                wrong += (lines[k / 64].colon >> k % 64 & 1) != (p[k] == ':');
            }
        }
    CU_ASSERT_EQUAL(wrong, 0);
}

static size_t plain_next(struct span s, enum marks_class c, size_t at, size_t end)
{
    while (at < end && !is_of(c, s.p[at]))
        at++;
    return at < end ? at : end;
}

/* Texts of every length up to some blocks, in memory of their own: nothing behind them is read. */
static void lengths(void)
{
    uint32_t state = 5;
    size_t wrong = 0;

    for (size_t n = 1; n < 5 * MARKS_BLOCK + 2; n++) {
        uint8_t *p = malloc(n);
        struct span s = {p, n};
        struct marks m;
        struct marks_lines v[8];
        fill(p, n, &state, n % 3 == 0);
        marks_init(&m, s);
        for (size_t at = 0; at <= n; at++)
            for (unsigned c = 0; c < MARKS_CLASSES; c++)
                wrong += marks_next(&m, (enum marks_class)c, at, n) !=
                         plain_next(s, (enum marks_class)c, at, n);
        size_t got = marks_lines(s, 0, v, COUNT(v));
        wrong += got != (n + MARKS_BLOCK - 1) / MARKS_BLOCK;
        for (size_t i = 0; i < got * MARKS_BLOCK; i++)
            wrong += (v[i / 64].lf >> i % 64 & 1) != (i < n && p[i] == '\n');
        wrong += marks_lines(s, n, v, 1) != 0;
        free(p);
    }
    CU_ASSERT_EQUAL(wrong, 0);
}

/* A text of many times what is kept; questions that jump about in it, with ends before the text's own. */
static void anywhere(void)
{
    static uint8_t p[40 * MARKS_BLOCK + 7];
    struct span s = {p, sizeof p};
    struct marks m;
    uint32_t state = 11;
    size_t wrong = 0;

    fill(p, sizeof p, &state, false);
    marks_init(&m, s);
    for (unsigned i = 0; i < 100000; i++) {
        size_t at = next(&state) % sizeof p, end = at + next(&state) % (sizeof p - at + 1);
        enum marks_class c = next(&state) % MARKS_CLASSES;
        wrong += marks_next(&m, c, at, end) != plain_next(s, c, at, end);
    }
    memset(p, 'a', sizeof p);
    marks_init(&m, s);
    CU_ASSERT_EQUAL(marks_next(&m, MARKS_STOP, 3, sizeof p), sizeof p);
    CU_ASSERT_EQUAL(marks_next(&m, MARKS_STOP, 3, 9), 9);
    CU_ASSERT_EQUAL(marks_next(&m, MARKS_STOP, 9, 9), 9);
    CU_ASSERT_EQUAL(wrong, 0);
}

TESTS({"each form", each_form}, {"lengths", lengths}, {"anywhere", anywhere})
