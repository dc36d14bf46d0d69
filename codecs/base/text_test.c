/* codecs/base/text_test.c - the three forms of the text index against a plain loop; lines. */
#include <sys/mman.h>
#include <unistd.h>
#include "codecs/base/text.h"
#include "harness/core/test.h"

typedef bool scan_fn(struct text_index *x, struct span text);

static size_t forms(scan_fn *out[4])
{
    size_t n = 0;
    out[n++] = text_scan;
    out[n++] = text_scan_portable;
    out[n++] = text_scan_sse2;
#if defined(__x86_64__)
    if (!__builtin_cpu_supports("avx2"))
        return n;
#endif
    out[n++] = text_scan_avx2;
    return n;
}

static uint32_t next(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

/* Where octets of `set` stand at or after `from`, one by one. */
static size_t plain(struct span set, struct span s, size_t from, uint32_t *at)
{
    size_t n = 0;
    for (size_t i = from; i < s.n; i++)
        if (memchr(set.p, s.p[i], set.n))
            at[n++] = (uint32_t)i;
    return n;
}

static bool same(scan_fn *scan, struct span set, struct span s)
{
    uint32_t want[256], got[256];
    struct text_index x = text_index_of(set, got, COUNT(got));
    size_t n = plain(set, s, 0, want);
    return scan(&x, s) && x.scanned == s.n && x.n == n && memcmp(got, want, n * sizeof *got) == 0;
}

static const struct span sets[] = {
    SPAN("\n"), SPAN("\r\n"), SPAN("\r\n:"), SPAN("\r\n:;"), SPAN("\0\xff\x80\x7f"), SPAN("\0"),
};

/* Random texts, sparse and dense, every length and alignment. */
static void lengths(void)
{
    static const uint8_t dense[8] = {'\r', '\n', ':', ';', 0, 0xff, 0x80, 0x7f};
    uint8_t b[16 + 200];
    uint32_t state = 3;
    size_t wrong = 0;
    scan_fn *scan[4];
    size_t n_forms = forms(scan);

    for (size_t n = 0; n <= 200; n++)
        for (size_t at = 0; at < 16; at++) {
            for (size_t i = 0; i < sizeof b; i++)
                b[i] = next(&state) % 16 <= at ? dense[next(&state) % 8] : (uint8_t)next(&state);
            for (size_t k = 0; k < COUNT(sets); k++)
                for (size_t f = 0; f < n_forms; f++)
                    wrong += !same(scan[f], sets[k], (struct span){b + at, n});
        }
    CU_ASSERT_EQUAL(wrong, 0);
}

/* Each octet value is told from each other one: no carry between octets, no sign. */
static void octets(void)
{
    uint8_t b[256], twins[64];
    size_t wrong = 0;
    scan_fn *scan[4];
    size_t n_forms = forms(scan);

    for (size_t i = 0; i < sizeof b; i++)
        b[i] = (uint8_t)i;
    for (size_t c = 0; c < 256; c++) {
        for (size_t i = 0; i < sizeof twins; i++) /* the octet beside those next to it */
            twins[i] = (uint8_t)(c + i % 3 - 1);
        for (size_t f = 0; f < n_forms; f++) {
            wrong += !same(scan[f], (struct span){&b[c], 1}, (struct span){b, sizeof b});
            wrong += !same(scan[f], (struct span){&b[c], 1}, (struct span){twins, sizeof twins});
        }
    }
    CU_ASSERT_EQUAL(wrong, 0);
}

static void edges(void)
{
    uint8_t b[200];
    scan_fn *scan[4];
    size_t n_forms = forms(scan);

    for (size_t n = 0; n <= sizeof b; n++) {
        memset(b, n % 3 ? 'x' : '\n', sizeof b);
        if (n)
            b[n - 1] = '\n';
        struct span s = test_guard((struct span){b, n});
        for (size_t f = 0; f < n_forms; f++)
            CU_ASSERT_TRUE(same(scan[f], sets[2], s));
        test_guard_free(s);
    }
}

/* The same with the unreadable page before the text. */
static void edges_before(void)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    uint8_t *p = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    scan_fn *scan[4];
    size_t n_forms = forms(scan);

    CU_ASSERT_TRUE_FATAL(p != MAP_FAILED && mprotect(p, page, PROT_NONE) == 0);
    for (size_t i = 0; i < 200; i++)
        p[page + i] = (uint8_t) ":\nx"[i % 3];
    for (size_t n = 0; n <= 200; n++)
        for (size_t f = 0; f < n_forms; f++)
            CU_ASSERT_TRUE(same(scan[f], sets[2], (struct span){p + page, n}));
    munmap(p, 2 * page);
}

/* Text that comes in pieces: each octet is looked at once, whatever the cut. */
static void pieces(void)
{
    struct span s =
        span_of("INVITE sip:a@b SIP/2.0\r\nVia: x;y\r\nTo: <sip:a@b>\r\nContent-Length: 0"
                "\r\n\r\nv=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nc=IN IP4 1.2.3.4\r\n");
    uint32_t want[256], got[256];
    size_t n = plain(sets[3], s, 0, want);
    scan_fn *scan[4];
    size_t n_forms = forms(scan);

    for (size_t f = 0; f < n_forms; f++)
        for (size_t step = 1; step <= s.n; step++) {
            uint8_t copy[256];
            struct text_index x = text_index_of(sets[3], got, COUNT(got));
            memcpy(copy, s.p, s.n);
            for (size_t have = step; have < s.n + step; have += step) {
                size_t end = have < s.n ? have : s.n;
                CU_ASSERT_TRUE(scan[f](&x, (struct span){copy, end}));
                CU_ASSERT_EQUAL(x.scanned, end);
                memset(copy, '\n', end); /* were it looked at again, this would be found */
            }
            CU_ASSERT_EQUAL(x.n, n);
            CU_ASSERT_TRUE(memcmp(got, want, n * sizeof *got) == 0);
        }
}

/* An array that is too small: what was found is kept, and the scan goes on where it stopped. */
static void room(void)
{
    uint8_t b[180];
    uint32_t want[256], got[8];
    uint32_t state = 5;
    scan_fn *scan[4];
    size_t n_forms = forms(scan), n;

    for (size_t i = 0; i < sizeof b; i++)
        b[i] = (uint8_t) ":abcdefg"[next(&state) % 8];
    n = plain(sets[2], (struct span){b, sizeof b}, 0, want);
    for (size_t f = 0; f < n_forms; f++)
        for (size_t cap = 0; cap <= COUNT(got); cap++) {
            struct text_index x = text_index_of(sets[2], got, cap);
            size_t base = 0, seen = 0;
            for (bool all = false; !all;) {
                struct span left = {b + base, sizeof b - base};
                all = scan[f](&x, left);
                for (size_t i = 0; i < x.n; i++)
                    CU_ASSERT_EQUAL(got[i] + base, want[seen + i]);
                seen += x.n;
                if (all || cap == 0)
                    break;
                CU_ASSERT_EQUAL(x.n, cap);
                CU_ASSERT_EQUAL(x.scanned + base, want[seen]);
                base += x.scanned;
                text_drop(&x, x.scanned);
                CU_ASSERT_TRUE(x.n == 0 && x.scanned == 0);
            }
            CU_ASSERT_EQUAL(seen, cap ? n : 0);
            CU_ASSERT_TRUE(cap || x.scanned == want[0]);
        }
}

static void drop(void)
{
    struct span s = span_of("a:b\nc:d\nee");
    uint32_t got[8];
    struct text_index x = text_index_of(sets[2], got, COUNT(got));

    CU_ASSERT_TRUE(text_scan(&x, s));
    CU_ASSERT_EQUAL(x.n, 4);
    text_drop(&x, 4);
    CU_ASSERT_TRUE(x.n == 2 && got[0] == 1 && got[1] == 3 && x.scanned == 6);
    text_drop(&x, 1); /* up to a delimiter, not with it */
    CU_ASSERT_TRUE(x.n == 2 && got[0] == 0 && got[1] == 2 && x.scanned == 5);
    text_drop(&x, 100);
    CU_ASSERT_TRUE(x.n == 0 && x.scanned == 0);
    x = text_index_of((struct span){0}, got, COUNT(got));
    CU_ASSERT_TRUE(text_scan(&x, s) && x.n == 0);
    x = text_index_of(span_of("abcdeee"), got, COUNT(got)); /* beyond four: left out */
    CU_ASSERT_TRUE(text_scan(&x, s) && x.n == 4);
}

/* Positions end at TEXT_MAX; what is longer is said, not wrapped. */
static void longest(void)
{
    size_t page = 4096, size = (size_t)TEXT_MAX + 1 + 2 * page;
    uint8_t *p = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    uint32_t got[16];
    scan_fn *scan[4];
    size_t n_forms = forms(scan);

    if (p == MAP_FAILED) {
        test_skip("no address space for a text of 4 GiB");
        return;
    }
    mprotect(p + size - 3 * page, 3 * page, PROT_READ | PROT_WRITE);
    memset(p + (size_t)TEXT_MAX - 4, '\n', 6); /* the last four that count, and two that do not */
    for (size_t f = 0; f < n_forms; f++) {
        struct text_index x = text_index_of(sets[0], got, COUNT(got));
        x.scanned = (size_t)TEXT_MAX - 100;
        CU_ASSERT_FALSE(scan[f](&x, (struct span){p, (size_t)TEXT_MAX + page}));
        CU_ASSERT_TRUE(x.n == 4 && got[0] == TEXT_MAX - 4 && got[3] == TEXT_MAX - 1);
        CU_ASSERT_EQUAL(x.scanned, TEXT_MAX);
        CU_ASSERT_FALSE(scan[f](&x, (struct span){p, (size_t)TEXT_MAX + page}));
        CU_ASSERT_EQUAL(x.n, 4);
        x = text_index_of(sets[0], got, COUNT(got));
        x.scanned = (size_t)TEXT_MAX - 100;
        CU_ASSERT_TRUE(scan[f](&x, (struct span){p, TEXT_MAX}));
    }
    munmap(p, size);
}

/* ---- lines ---- */

static const struct {
    struct span in;
    struct {
        const char *s;
        size_t colon;
        bool bare_cr;
        enum text_end end;
    } want[4];
    size_t n, begin; /* lines; where what has no end begins */
} walks[] = {
    {SPAN("a: b\r\nc\r\n\r\n"),
     {{"a: b", 1, false, TEXT_CRLF}, {"c", 1, false, TEXT_CRLF}, {"", 0, false, TEXT_CRLF}},
     3,
     11},
    {SPAN("x:y:z\n:\n"), {{"x:y:z", 1, false, TEXT_LF}, {":", 0, false, TEXT_LF}}, 2, 8},
    {SPAN("\n"), {{"", 0, false, TEXT_LF}}, 1, 1},
    {SPAN("\r\n"), {{"", 0, false, TEXT_CRLF}}, 1, 2},
    {SPAN("a\rb:c\r\nd\n"), {{"a\rb:c", 3, true, TEXT_CRLF}, {"d", 1, false, TEXT_LF}}, 2, 9},
    {SPAN("a\r\r\nb\n"), {{"a\r", 2, true, TEXT_CRLF}, {"b", 1, false, TEXT_LF}}, 2, 6},
    {SPAN("a\rb\nc"), {{"a\rb", 3, true, TEXT_LF}}, 1, 4},
    {SPAN("a\nb:c\r"), {{"a", 1, false, TEXT_LF}}, 1, 2},
    {SPAN("a:b"), {{0}}, 0, 0},
    {SPAN(""), {{0}}, 0, 0},
};

static void lines(void)
{
    for (size_t k = 0; k < COUNT(walks); k++)
        for (size_t step = 1; step <= walks[k].in.n + 1; step++) {
            uint32_t at[32];
            struct text_index x = text_index_of(sets[2], at, COUNT(at));
            struct text_lines c = {0};
            struct text_line got;
            size_t n = 0;
            for (size_t have = step; have < walks[k].in.n + step; have += step) {
                struct span s = span_cut(walks[k].in, 0, have);
                CU_ASSERT_TRUE(text_scan(&x, s));
                for (; text_line(&c, &x, s, &got); n++) {
                    CU_ASSERT_TRUE_FATAL(n < walks[k].n);
                    CHECK_TEXT(got.s, walks[k].want[n].s);
                    CU_ASSERT_EQUAL(got.colon, walks[k].want[n].colon);
                    CU_ASSERT_EQUAL(got.bare_cr, walks[k].want[n].bare_cr);
                    CU_ASSERT_EQUAL(got.end, walks[k].want[n].end);
                }
            }
            CU_ASSERT_EQUAL(n, walks[k].n);
            CU_ASSERT_EQUAL(c.begin, walks[k].begin);
            CU_ASSERT_EQUAL(c.i, x.n); /* nothing is left to be looked at again */
        }
}

/* The use that text.h shows: a window from which what is done is taken off. */
static void window(void)
{
    uint8_t in[4000], win[600];
    uint32_t at[64], state = 9;
    struct text_index x = text_index_of(sets[2], at, COUNT(at));
    struct text_lines c = {0};
    struct text_line line;
    size_t have = 0, n = 0, from = 0;

    for (size_t i = 0; i < sizeof in; i++)
        in[i] = (uint8_t)(i % 23 == 22 ? '\n' : i % 23 == 21 ? '\r' : ':' + next(&state) % 4);
    while (from < sizeof in || have) {
        size_t more = next(&state) % 100;
        more = more > sizeof in - from ? sizeof in - from : more;
        memcpy(win + have, in + from, more);
        from += more;
        have += more;
        bool all = text_scan(&x, (struct span){win, have});
        CU_ASSERT_TRUE(all || x.n == COUNT(at));
        for (; text_line(&c, &x, (struct span){win, have}, &line); n++)
            CU_ASSERT_TRUE(line.s.n == 21 && memcmp(line.s.p, in + n * 23, 21) == 0);
        text_drop(&x, c.begin);
        memmove(win, win + c.begin, have -= c.begin);
        if (from == sizeof in && c.begin == 0)
            break;
        c = (struct text_lines){0};
    }
    CU_ASSERT_EQUAL(n, sizeof in / 23);
}

TESTS({"lengths", lengths}, {"octets", octets}, {"edges", edges}, {"edges_before", edges_before},
      {"pieces", pieces}, {"room", room}, {"drop", drop}, {"longest", longest}, {"lines", lines},
      {"window", window})
