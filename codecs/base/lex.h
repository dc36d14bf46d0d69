/* codecs/base/lex.h - classes of characters, and reading text by them: for codecs of SIP, SDP, HTTP and URIs. */
#ifndef CODECS_BASE_LEX_H
#define CODECS_BASE_LEX_H
#include "codecs/base/base.h"

enum lex_class {                     /* sets of octets, joined by | */
                 LEX_ALPHA = 1 << 0, /* a letter */
                 LEX_DIGIT = 1 << 1, /* a decimal digit */
                 LEX_HEX = 1 << 2,   /* a hexadecimal digit, of either case */
                 LEX_BLANK = 1 << 3, /* SP, HTAB */
                 LEX_LWS =
                     1
                     << 4, /* SP, HTAB, CR, LF: what may stand between the parts of a value that is folded */
                 LEX_TOKEN = 1 << 5, /* token of SIP (RFC 3261 section 25.1) */
                 LEX_WORD = 1 << 6,  /* word of SIP (RFC 3261 section 25.1) */
                 LEX_TCHAR = 1 << 7, /* token of HTTP (RFC 9110 section 5.6.2) */
                 LEX_SDP = 1 << 8,   /* token of SDP (RFC 8866 section 9) */
                 LEX_CTL = 1 << 9,   /* a control character, DEL too */
                 LEX_HIGH = 1 << 10, /* an octet of 0x80 and above: of UTF-8 */
                 LEX_EOL = 1 << 11,  /* CR, LF */
};
extern const uint16_t lex_classes[256]; /* the classes that an octet is in */

static inline bool lex_is(uint8_t c, unsigned classes)
{
    return (lex_classes[c] & classes) != 0;
}
/* Whether `c` is one of the characters of `set`. */
static inline bool lex_among(uint8_t c, const char *set)
{
    return c && strchr(set, c) != NULL;
}
/* The offset of the first octet of `s` at or behind `at` that is in none of `classes`; s.n: there is none. */
static inline size_t lex_while(struct span s, size_t at, unsigned classes)
{
    while (at < s.n && lex_is(s.p[at], classes))
        at++;
    return at;
}
/* The same for the first that is in one of them. */
static inline size_t lex_until(struct span s, size_t at, unsigned classes)
{
    while (at < s.n && !lex_is(s.p[at], classes))
        at++;
    return at;
}
/* The offset of the first `c` at or behind `at`; s.n: there is none. */
size_t lex_find(struct span s, size_t at, uint8_t c);
/* Whether `s` has at least one octet, and all are in `classes`. */
bool lex_all(struct span s, unsigned classes);
/* `s` without octets of `classes` at its beginning and end. */
struct span lex_trim_ends(struct span s, unsigned classes);
static inline struct span lex_trim(struct span s, unsigned classes)
{
    bool none = s.n && !lex_is(s.p[0], classes) && !lex_is(s.p[s.n - 1], classes);
    return none ? s : lex_trim_ends(s, classes); /* most texts have none */
}

/* An octet as a small letter, where it is a letter of ASCII. */
static inline uint8_t lex_lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
}
static inline uint64_t lex_word(const uint8_t *p) /* eight octets */
{
    uint64_t v;
    memcpy(&v, p, sizeof v);
    return v;
}
static inline uint32_t lex_half(const uint8_t *p) /* four */
{
    uint32_t v;
    memcpy(&v, p, sizeof v);
    return v;
}
/* Whether `n` octets are the same: for short texts, where calling memcmp costs more. */
static inline bool lex_equal(const uint8_t *a, const uint8_t *b, size_t n)
{
    size_t i = 0;

    if (n >= 8) { /* the last word overlaps the one before */
        uint64_t diff = (lex_word(a) ^ lex_word(b)) | (lex_word(a + n - 8) ^ lex_word(b + n - 8));
        for (i = 8; i + 8 < n; i += 8)
            diff |= lex_word(a + i) ^ lex_word(b + i);
        return diff == 0;
    }
    if (n >= 4)
        return lex_half(a) == lex_half(b) && lex_half(a + n - 4) == lex_half(b + n - 4);
    while (i < n && a[i] == b[i])
        i++;
    return i == n;
}
/* Whether two texts are the same when the case of ASCII letters does not count. */
bool lex_same(struct span a, struct span b);
/* The same for a NUL-terminated text. */
static inline bool lex_like(struct span a, const char *b)
{
    struct span text = span_of(b);
    return a.n == text.n && lex_same(a, text); /* most are not, by their length */
}

/* Whether `what`, NUL-terminated, stands somewhere in `s`, octet for octet. */
bool lex_holds(struct span s, const char *what);
/* qvalue: 0 or 1, and up to three digits behind a dot, none but 0 behind 1 (RFC 3261 section 25.1, RFC 9110 section
 * 12.4.2). */
bool lex_qvalue(struct span s);
/* Where the lines at the front of `in`, up to an empty one, end: behind that. 0: they do not end there. `seen`
 * counts the octets that need no second look, 0 at first; `in` may grow at its end between calls. */
size_t lex_head(struct span in, size_t *seen);

/* A decimal number of digits alone, leading zeros allowed; false: `s` is none, or is above UINT64_MAX. */
bool lex_number(struct span s, uint64_t *out);

/* The offset behind the quoted string that begins, with its quote, at `at`: a backslash takes the octet behind it
 * along (RFC 3261 section 25.1, RFC 9110 section 5.6.4). 0: it has no end. */
size_t lex_quoted(struct span s, size_t at);
/* The same of a comment in parentheses, which nest to any depth. */
size_t lex_comment(struct span s, size_t at);
/* Whether a quoted string holds text: `s` without its quotes and with what backslashes hide is written into `w`. What
 * has no quotes around it is written as it is. */
void lex_unquote(struct wr *w, struct span s);
#endif
