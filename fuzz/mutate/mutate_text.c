/* fuzz/mutate/mutate_text.c - changes of texts: numbers, white space, case, quotes, escapes, words. */
#include "codecs/base/lex.h"
#include "fuzz/mutate/mutate_impl.h"

enum { DIGITS = 20 }; /* of a number that is counted on from */

/* `s` with `by` in the place of what stands from `from` to `to`; `s` itself where there is no room. */
static struct span with(struct mutator *m, struct span s, size_t from, size_t to, struct span by)
{
    size_t size = s.n - (to - from) + by.n;
    struct wr w = {arena_take(&m->mem, size + 1), size, 0, false};

    if (!w.p)
        return s;
    wr_put(&w, span_cut(s, 0, from));
    wr_put(&w, by);
    wr_put(&w, span_cut(s, to, s.n));
    return wr_span(&w);
}

/* ---- numbers ---- */

struct span text_number(struct mutator *m)
{
    static const char *const texts[] = {
        "0",
        "1",
        "2",
        "5",
        "10",
        "00",
        "-1",
        "255",
        "256",
        "32768",
        "65535",
        "65536",
        "2147483648",
        "4294967295",
        "4294967296",
        "9223372036854775808",
        "18446744073709551615",
        "18446744073709551616",
        "0x10",
        "1.5",
        "+1",
        "1e9",
        "0.001",
        "1.0000",
        "010",
        "",
    };
    return span_of(texts[pick(m, COUNT(texts))]);
}

/* Any run of digits: a little more or less, or another number. */
static struct span number(struct mutator *m, struct span was)
{
    uint8_t digits[DIGITS];
    struct wr w = {digits, sizeof digits, 0, false};
    size_t from = lex_until(was, pick(m, was.n), LEX_DIGIT);
    uint64_t v;

    if (once_in(m, 4))
        return text_number(m);
    if (from == was.n)
        from = lex_until(was, 0, LEX_DIGIT);
    size_t to = lex_while(was, from, LEX_DIGIT);
    if (from == was.n || once_in(m, 3) || !lex_number(span_cut(was, from, to), &v))
        return with(m, was, from, to, text_number(m));
    wr_dec(&w, once_in(m, 2) ? v + 1 + pick(m, 3) : v - 1 - pick(m, 3));
    return with(m, was, from, to, wr_span(&w));
}

/* ---- white space ---- */

static struct span blank(struct mutator *m, struct span was)
{
    static const char *const blanks[] = {" ", "\t", "\r\n ", "\r\n\t", "  ", "\n ", " \r\n "};
    size_t at = once_in(m, 2) ? pick(m, was.n + 1) : once_in(m, 2) ? was.n : 0;
    size_t from = lex_until(was, at, LEX_LWS);

    if (from < was.n && once_in(m, 3)) /* what stands there goes, or becomes another */
        return with(m, was, from, lex_while(was, from, LEX_LWS),
                    once_in(m, 2) ? (struct span){0} : span_of(blanks[pick(m, COUNT(blanks))]));
    return with(m, was, at, at, span_of(blanks[pick(m, COUNT(blanks))]));
}

/* ---- case ---- */

static struct span other_case(struct mutator *m, struct span was)
{
    struct span s = arena_copy(&m->mem, was);
    size_t at = lex_until(was, pick(m, was.n), LEX_ALPHA);
    size_t end = once_in(m, 2) ? at + 1 : was.n;

    if (s.n != was.n)
        return was;
    for (uint8_t *p = (uint8_t *)(uintptr_t)s.p; at < end && at < s.n; at++)
        if (lex_is(p[at], LEX_ALPHA))
            p[at] ^= 0x20;
    return s;
}

/* ---- quotes and escapes ---- */

static struct span quotes(struct mutator *m, struct span was)
{
    struct span quote = SPAN("\""), hide = SPAN("\\");
    size_t at = pick(m, was.n + 1);
    bool quoted = was.n > 1 && was.p[0] == '"' && was.p[was.n - 1] == '"';

    switch (pick(m, 4)) {
    case 0:
        return with(m, was, at, at, quote);
    case 1:
        return with(m, was, at, at, hide);
    default:
        if (quoted)
            return span_cut(was, 1, was.n - 1);
        was = with(m, was, 0, 0, quote);
        return with(m, was, was.n, was.n, quote);
    }
}

/* An octet becomes its escape, an escape its octet. */
static struct span escapes(struct mutator *m, struct span was)
{
    uint8_t text[3];
    struct wr w = {text, sizeof text, 0, false};
    size_t at = lex_find(was, pick(m, was.n), '%');

    if (at + 2 < was.n && once_in(m, 2)) {
        struct wr octet = {text, 1, 0, false};
        return wr_unhex(&octet, span_cut(was, at + 1, at + 3))
                   ? with(m, was, at, at + 3, wr_span(&octet))
                   : was;
    }
    at = pick(m, was.n);
    wr_u8(&w, '%');
    wr_hex(&w, at < was.n ? was.p[at] : 0, 2);
    return with(m, was, at, at < was.n ? at + 1 : at, wr_span(&w));
}

/* ---- words ---- */

/* The last word in it: "Via" of "Via:", "tag" of ";tag=". */
static struct span inner_word(struct span token)
{
    size_t end = token.n, from;

    while (end > 0 && !lex_is(token.p[end - 1], LEX_TCHAR))
        end--;
    for (from = end; from > 0 && lex_is(token.p[from - 1], LEX_TCHAR);)
        from--;
    return end ? span_cut(token, from, end) : token;
}

struct span text_word(struct mutator *m)
{
    return m->n_tokens ? inner_word(m->tokens[pick(m, m->n_tokens)]) : (struct span)SPAN("a");
}

struct span text_name(struct mutator *m)
{
    for (size_t i = 0, from = pick(m, m->n_tokens); i < m->n_tokens; i++) {
        struct span s = m->tokens[(from + i) % m->n_tokens];
        if (s.n > 1 && s.p[s.n - 1] == ':') /* as dictionaries have them */
            return inner_word(s);
    }
    return text_word(m);
}

struct span text_spelling(struct mutator *m, bool (*same)(struct span, struct span),
                          struct span was)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz";
    size_t n = m->n_tokens + sizeof letters - 1;

    if (once_in(m, 3))
        return other_case(m, was);
    for (size_t i = 0, from = pick(m, n); i < n; i++) {
        size_t k = (from + i) % n;
        struct span s = k < m->n_tokens
                            ? inner_word(m->tokens[k])
                            : (struct span){(const uint8_t *)letters + k - m->n_tokens, 1};
        if (!lex_same(s, was) && same(s, was))
            return s;
    }
    return other_case(m, was);
}

struct span text_change(struct mutator *m, struct span was)
{
    switch (pick(m, 7)) {
    case 0:
        return text_word(m);
    case 1:
        return blank(m, was);
    case 2:
        return other_case(m, was);
    case 3:
        return quotes(m, was);
    case 4:
        return escapes(m, was);
    default:
        return number(m, was);
    }
}
