/* codecs/stun/stun_lint_names.c - names of users, realms and servers: what OpaqueString (RFC 8265) leaves
 * in none, and the form of a DNS name. */
#include "codecs/stun/stun_table.h"

/* The code point at the front of `s`, which is UTF-8, and its octets. */
static uint32_t code_point(struct span s, size_t *used)
{
    uint8_t c = s.p[0];
    size_t n = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
    uint32_t v = n == 1 ? c : c & (0x7fu >> n);

    for (size_t i = 1; i < n; i++)
        v = v << 6 | (s.p[i] & 0x3f);
    *used = n;
    return v;
}

/* What RFC 8265 section 4.2 leaves in no string: controls are disallowed, every space but U+0020 becomes
 * that one. (SASLprep, of RFC 5389, says so too.) Normalisation and all else is not looked at. */
static bool not_opaque(uint32_t c)
{
    bool control = c < 0x20 || (c >= 0x7f && c < 0xa0);
    bool space = c == 0xa0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200a) || c == 0x202f ||
                 c == 0x205f || c == 0x3000;
    return control || space;
}

static void lint_opaque(const struct stun_msg *m, const struct stun_attr *a, const char *clause,
                        struct findings *fs)
{
    struct span s = a->v.s;

    if (!span_utf8(s)) /* decode has said so */
        return;
    for (size_t at = 0, used = 0; at < s.n; at += used) {
        uint32_t c = code_point(span_cut(s, at, s.n), &used);
        if (!not_opaque(c))
            continue;
        stun_broke(fs, m, clause, MUST, "U+%04x, which OpaqueString leaves in no text", s.p + at,
                   used, c);
        return;
    }
}

static bool letter_or_digit(uint8_t c)
{
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

/* RFC 1123 section 2.1: labels of 1 to 63 letters, digits and hyphens, these at neither end. The dot
 * that ends a rooted name is let pass. */
static bool dns_name(struct span s)
{
    size_t label = 0;

    if (s.n && s.p[s.n - 1] == '.')
        s.n--;
    for (size_t i = 0; i < s.n; i++) {
        bool last = i + 1 == s.n || s.p[i + 1] == '.';
        if (s.p[i] == '.' && label > 0) {
            label = 0;
            continue;
        }
        if (!letter_or_digit(s.p[i]) && (s.p[i] != '-' || label == 0 || last))
            return false;
        if (++label > 63)
            return false;
    }
    return label > 0;
}

void stun_lint_names(const struct stun_msg *m, const struct stun_attr *a, struct findings *fs)
{
    if (m->classic || a->kind != STUN_TEXT)
        return;
    if (a->type == STUN_USERNAME)
        lint_opaque(m, a, "RFC8489:14.3#1c", fs);
    else if (a->type == STUN_REALM && m->cls >= STUN_SUCCESS) /* a client copies it: 9.2.5#6 */
        lint_opaque(m, a, "RFC8489:14.9#1c", fs);
    else if (a->type == STUN_ALTERNATE_DOMAIN && a->length <= 255 && !dns_name(a->v.s))
        stun_broke(fs, m, "RFC8489:14.16#1a", MUST, "no valid DNS name", a->v.s.p, a->v.s.n, 0);
}
