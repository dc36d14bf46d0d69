/* codecs/uri/uri_char.c - what may stand in which component, escapes, and texts compared across them. */
#include "codecs/uri/uri_parts.h"

/* uri_use_test.c has each class written out as the standards do. */
const uint16_t uri_chars[256] = {
    0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000,
    0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000,
    0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x27ff, 0x0000, 0xa000,
    0x2bff, 0x2000, 0x2bf7, 0x27ff, 0x67ff, 0x67ff, 0xa7ff, 0x2bef, 0x2be3, 0x77ff, 0x77ff, 0x2b1d,
    0xb7ff, 0xb7ff, 0xb7ff, 0xb7ff, 0xb7ff, 0xb7ff, 0xb7ff, 0xb7ff, 0xb7ff, 0xb7ff, 0x2bbc, 0x2be1,
    0x0000, 0x2be3, 0x0000, 0x2a09, 0x2b80, 0xb7ff, 0xb7ff, 0xb7ff, 0xb7ff, 0xb7ff, 0xb7ff, 0x37ff,
    0x37ff, 0x37ff, 0x37ff, 0x37ff, 0x37ff, 0x37ff, 0x37ff, 0x37ff, 0x37ff, 0x37ff, 0x37ff, 0x37ff,
    0x37ff, 0x37ff, 0x37ff, 0x37ff, 0x37ff, 0x37ff, 0x37ff, 0x201c, 0x0000, 0x201c, 0x0000, 0x37ff,
    0x0000, 0xb7ff, 0xb7ff, 0xb7ff, 0xb7ff, 0xb7ff, 0xb7ff, 0x37ff, 0x37ff, 0x37ff, 0x37ff, 0x37ff,
    0x37ff, 0x37ff, 0x37ff, 0x37ff, 0x37ff, 0x37ff, 0x37ff, 0x37ff, 0x37ff, 0x37ff, 0x37ff, 0x37ff,
    0x37ff, 0x37ff, 0x37ff, 0x0000, 0x0000, 0x0000, 0x37ff,
};

static unsigned digit(uint8_t c)
{
    return (unsigned)(c <= '9' ? c - '0' : lex_lower(c) - 'a' + 10);
}

bool uri_escaped(struct span s, size_t at, uint8_t *c)
{
    if (s.n - at < 3 || s.p[at] != '%' || !lex_is(s.p[at + 1], LEX_HEX) ||
        !lex_is(s.p[at + 2], LEX_HEX))
        return false;
    *c = (uint8_t)(digit(s.p[at + 1]) << 4 | digit(s.p[at + 2]));
    return true;
}

bool uri_fits(struct span s, enum uri_part part)
{
    uint8_t c;

    for (size_t i = 0; i < s.n; i++) {
        if (uri_is(s.p[i], 1u << part))
            continue;
        if (!uri_escaped(s, i, &c))
            return false;
        i += 2;
    }
    return true;
}

void uri_escape(struct wr *w, struct span s, enum uri_part part)
{
    static const char digits[] = "0123456789ABCDEF";

    for (size_t i = 0; i < s.n; i++) {
        uint8_t c = s.p[i];
        uint8_t as[3] = {'%', (uint8_t)digits[c >> 4], (uint8_t)digits[c & 15]};
        if (uri_is(c, 1u << part))
            wr_u8(w, c);
        else
            wr_put(w, (struct span){as, 3});
    }
}

bool uri_unescape(struct wr *w, struct span s)
{
    bool good = true;

    for (size_t i = 0; i < s.n; i++) {
        uint8_t c = s.p[i];
        if (c == '%' && uri_escaped(s, i, &c))
            i += 2;
        else
            good &= c != '%';
        wr_u8(w, c);
    }
    return good;
}

/* Whether an octet and its escape mean the same in a URI of this kind. */
static bool alike(enum uri_kind kind, uint8_t c)
{
    switch (kind) {
    case URI_SIP: /* all but "reserved" of RFC 2396 (RFC 3261 section 19.1.4); "%" itself begins escapes */
    case URI_SIPS:
        return c != '%' && !uri_is(c, URI_RESERVED);
    case URI_TEL: /* neither "reserved" nor unsafe (RFC 3966 section 3) */
        return uri_is(c, URI_MARK);
    case URI_OTHER: /* RFC 3986 section 2.3 */
        break;
    }
    return uri_is(c, URI_UNRESERVED);
}

int uri_next(struct uri_walk *w)
{
    while (w->at < w->s.n) {
        uint8_t c = w->s.p[w->at];
        int v = c;
        if (c == '%' && uri_escaped(w->s, w->at, &c)) {
            w->at += 2;
            v = alike(w->kind, c) ? c : 0x100 | c;
        }
        w->at++;
        bool hidden = w->behind;
        w->behind = w->quoted && !hidden && v == '\\';
        if ((w->how & URI_QUOTES) && v == '"' && !hidden)
            w->quoted = !w->quoted;
        if ((w->how & URI_SKIP) && v < 0x100 && uri_is((uint8_t)v, URI_SEPARATOR))
            continue;
        return (w->how & URI_FOLD) && !w->quoted && v < 0x100 ? lex_lower((uint8_t)v) : v;
    }
    return -1;
}

int uri_order(struct uri_walk a, struct uri_walk b)
{
    int x, y;

    do {
        x = uri_next(&a);
        y = uri_next(&b);
    } while (x == y && x >= 0);
    return x < y ? -1 : x > y;
}

bool uri_named(struct span s, const char *name)
{
    if (s.n == 0 || lex_find(s, 0, '%') == s.n)
        return lex_like(s, name);
    return uri_order(uri_walk_of(s, URI_SIP, URI_FOLD), uri_walk_of(span_of(name), URI_SIP, 0)) ==
           0;
}
