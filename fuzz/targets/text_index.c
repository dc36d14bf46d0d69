/* fuzz/targets/text_index.c - the text index: the portable, SSE2 and AVX2 forms and a loop that
 * looks at each octet agree, at once and as the text grows, with room and with too little of it;
 * lines are those that a plain reading finds. Marks: their forms agree, and answers are those of a plain loop. */
#include "codecs/base/marks.h"
#include "codecs/base/text.h"
#include "fuzz/engine/target.h"

enum { AT = 4096, WINDOWS = 16 }; /* a text grows that often, then the rest comes at once */

typedef bool scan(struct text_index *x, struct span text);
static scan *const forms[] = {text_scan, text_scan_portable, text_scan_sse2, text_scan_avx2};

static size_t forms_here(void)
{
#if defined(__x86_64__)
    return COUNT(forms) - !__builtin_cpu_supports("avx2");
#else
    return COUNT(forms);
#endif
}

/* Look at each octet. */
static bool plain(struct text_index *x, struct span text)
{
    for (; x->scanned < text.n; x->scanned++) {
        uint8_t c = text.p[x->scanned];
        if (c != x->set[0] && c != x->set[1] && c != x->set[2] && c != x->set[3])
            continue;
        if (x->n == x->cap)
            return false;
        x->at[x->n++] = (uint32_t)x->scanned;
    }
    return true;
}

static void same(const struct text_index *a, const struct text_index *b)
{
    require(a->n == b->n, "forms find different numbers of delimiters");
    require(a->scanned == b->scanned, "forms end at different octets");
    require(memcmp(a->at, b->at, a->n * sizeof *a->at) == 0, "forms find other delimiters");
}

/* Each form against the plain one, over a text that grows by steps of `c`; 0: comes at once. */
static void scan_all(struct span in, struct span set, size_t cap, const struct chance *grow)
{
    static uint32_t want_at[AT], got_at[AT];

    for (size_t form = 0; form < forms_here(); form++) {
        struct text_index want = text_index_of(set, want_at, cap);
        struct text_index got = text_index_of(set, got_at, cap);
        struct chance c = grow ? *grow : (struct chance){0};
        size_t have = grow ? 0 : in.n;
        for (unsigned windows = 0;; windows++) {
            struct fence win = fence_copy(in.p, have);
            bool all = plain(&want, fence_span(&win));
            require(forms[form](&got, fence_span(&win)) == all, "a form says it is done, or not");
            fence_free(&win);
            same(&want, &got);
            if (have == in.n)
                break;
            size_t more = windows < WINDOWS ? 1u + (chance_u8(&c) & 127) : in.n;
            have = in.n - have < more ? in.n : have + more;
        }
    }
}

/* ---- lines ---- */

static struct text_line read_line(struct span s, enum text_end end, bool colons)
{
    struct text_line l = {.s = s, .colon = s.n, .end = end};

    for (size_t i = s.n; i-- > 0;) {
        if (s.p[i] == ':' && colons)
            l.colon = i;
        l.bare_cr |= s.p[i] == '\r';
    }
    return l;
}

/* The next line from `at` by a plain reading; false: there is no LF. */
static bool plain_line(struct span in, size_t *at, bool colons, struct text_line *l)
{
    size_t end = *at;

    while (end < in.n && in.p[end] != '\n')
        end++;
    if (end == in.n)
        return false;
    bool crlf = end > *at && in.p[end - 1] == '\r';
    *l = read_line(span_cut(in, *at, crlf ? end - 1 : end), crlf ? TEXT_CRLF : TEXT_LF, colons);
    *at = end + 1;
    return true;
}

/* Lines of a text that grows by steps, each taken off the window as soon as it is read. */
static void lines(struct span in, struct span set, struct chance c)
{
    static uint32_t at[AT];
    struct text_index x = text_index_of(set, at, AT);
    bool colons = memchr(x.set, ':', TEXT_SET) != NULL;
    struct text_lines walk = {0};
    size_t have = 0, gone = 0, want_at = 0;
    struct text_line got, want = {0};

    for (bool drop = chance_u8(&c) & 1;;) {
        struct span win = span_cut(in, gone, have);
        require(text_scan(&x, win), "no room, and there is");
        while (text_line(&walk, &x, win, &got)) {
            require(plain_line(in, &want_at, colons, &want), "a line too many");
            require(got.s.p == want.s.p && got.s.n == want.s.n && got.end == want.end,
                    "a line ends elsewhere");
            require(got.colon == want.colon, "a colon stands elsewhere");
            require(got.bare_cr == want.bare_cr, "a bare CR, or none");
            require(walk.begin + gone == want_at, "the next line begins elsewhere");
        }
        if (drop) {
            text_drop(&x, walk.begin);
            gone += walk.begin;
            walk = (struct text_lines){0};
        }
        if (have == in.n)
            break;
        size_t more = 1u + (chance_u8(&c) & 127);
        have = in.n - have < more ? in.n : have + more;
    }
    require(!plain_line(in, &want_at, colons, &want), "a line is missing");
}

/* ---- marks ---- */

static bool is_of(enum marks_class c, uint8_t octet)
{
    static const char *const of[MARKS_CLASSES] = {
        [MARKS_STOP] = ";,<\"", [MARKS_QUOTE] = "\"\\", [MARKS_EQUAL] = "=",
        [MARKS_CLOSE] = ">",    [MARKS_AT] = "@",       [MARKS_HOST] = ":;?",
    };
    return c == MARKS_SPACE ? octet <= ' ' : octet && strchr(of[c], octet);
}

static size_t plain_next(struct span s, enum marks_class c, size_t at, size_t end)
{
    while (at < end && !is_of(c, s.p[at]))
        at++;
    return at < end ? at : end;
}

static void marks_agree(struct span in)
{
    static const struct marks_form *const all[] = {&marks_sse2, &marks_avx2, &marks_avx512};
    size_t here = COUNT(all);
#if defined(__x86_64__)
    here = __builtin_cpu_supports("avx512bw") ? 3 : __builtin_cpu_supports("avx2") ? 2 : 1;
#endif
    for (size_t at = 0; in.n - at >= MARKS_BLOCK; at += MARKS_BLOCK)
        for (size_t i = 0; i < here; i++) {
            marks_bits want, got;
            struct marks_lines lines[2];
            marks_portable.blocks(in.p + at, 1, want, 0);
            all[i]->blocks(in.p + at, 1, got, 0);
            for (size_t c = 0; c < MARKS_CLASSES; c++)
                require(want[c][0] == got[c][0], "forms see other delimiters");
            marks_portable.lines(in.p + at, 1, &lines[0]);
            all[i]->lines(in.p + at, 1, &lines[1]);
            require(memcmp(&lines[0], &lines[1], sizeof *lines) == 0, "forms see other lines");
        }
}

/* Questions anywhere, in any order. */
static void marks_answer(struct span in, struct chance c)
{
    struct marks m;

    marks_init(&m, in);
    for (unsigned i = 0; i < 64 && in.n; i++) {
        size_t at = chance_u8(&c) * (size_t)17 % in.n;
        size_t end = at + chance_u8(&c) * (size_t)17 % (in.n - at + 1);
        enum marks_class class = chance_u8(&c) % MARKS_CLASSES;
        require(marks_next(&m, class, at, end) == plain_next(in, class, at, end),
                "a mark stands elsewhere");
    }
}

static void one(const uint8_t *p, size_t n)
{
    static const struct span sets[] = {SPAN("\r\n:"), SPAN("\r\n:;"), SPAN("\r\n"), SPAN("\n\r:=")};
    struct chance c = {p, n < AT ? n : AT};
    struct fence f = fence_copy(p, c.n);
    struct span in = fence_span(&f), front = span_cut(in, 0, 1 + c.n % TEXT_SET);
    uint8_t choice = chance_u8(&c);
    struct span set = sets[choice & 3];

    lines(in, set, c);
    marks_agree(in);
    marks_answer(in, c);
    if (choice & 4)
        set = front; /* any octets */
    scan_all(in, set, AT, NULL);
    scan_all(in, set, chance_u8(&c), NULL);
    scan_all(in, set, AT, &c);
    require(c.n == 0 || memcmp(p, f.p, c.n) == 0, "the text was written to");
    fence_free(&f);
}

const struct target text_index_target = {.name = "text_index",
                                         .one = one,
                                         .max_len = 1024,
                                         .weight = 1,
                                         .dict = NULL,
                                         .seeds = "../fuzz/dict"};
