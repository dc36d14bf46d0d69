/* codecs/sdp/sdp_lint_uri.c - what a URI reference is (RFC 3986 section 4.1). */
#include "codecs/sdp/sdp_rules.h"

/* Any number of unreserved characters, sub-delims, escapes, and those in `more`. */
static bool chars(struct span s, const char *more)
{
    for (size_t i = 0; i < s.n; i++) {
        uint8_t c = s.p[i];
        if (c == '%') {
            if (i + 2 >= s.n || !lex_is(s.p[i + 1], LEX_HEX) || !lex_is(s.p[i + 2], LEX_HEX))
                return false;
            i += 2;
        } else if (!lex_is(c, LEX_ALPHA | LEX_DIGIT) &&
                   !(c && (strchr("-._~!$&'()*+,;=", c) || strchr(more, c)))) {
            return false;
        }
    }
    return true;
}

/* "[", an address of IPv6, perhaps with a zone (RFC 6874), or of a later version, "]". */
static bool literal(struct span s)
{
    struct span inside = span_cut(s, 1, s.n - 1);
    size_t zone = lex_find(inside, 0, '%'), dot = lex_find(inside, 0, '.');

    if (s.n < 3 || s.p[s.n - 1] != ']')
        return false;
    if (lex_lower(inside.p[0]) == 'v')
        return dot + 1 < inside.n && lex_all(span_cut(inside, 1, dot), LEX_HEX) &&
               lex_find(inside, 0, '%') == inside.n &&
               chars(span_cut(inside, dot + 1, inside.n), ":");
    if (sdp_host_of(span_cut(inside, 0, zone)) != SDP_HOST_IP6)
        return false;
    return zone == inside.n ||
           (zone + 3 < inside.n && inside.p[zone + 1] == '2' && inside.p[zone + 2] == '5' &&
            chars(span_cut(inside, zone, inside.n), ""));
}

static bool authority(struct span s)
{
    size_t at = lex_find(s, 0, '@');
    struct span host = at < s.n ? span_cut(s, at + 1, s.n) : s;
    size_t end = lex_find(host, 0, ':');

    if (at < s.n && !chars(span_cut(s, 0, at), ":"))
        return false;
    bool bracket = host.n && host.p[0] == '[';
    if (bracket) {
        end = lex_find(host, 0, ']') + 1;
        if (end > host.n || (end < host.n && host.p[end] != ':'))
            return false;
    }
    struct span port = span_cut(host, end + 1, host.n);
    host = span_cut(host, 0, end);
    return (bracket ? literal(host) : chars(host, "")) && (!port.n || sdp_is_digits(port));
}

static bool scheme(struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!lex_is(s.p[i], i ? LEX_ALPHA | LEX_DIGIT : LEX_ALPHA) &&
            !(i && (s.p[i] == '+' || s.p[i] == '-' || s.p[i] == '.')))
            return false;
    return s.n > 0;
}

bool sdp_is_reference(struct span s)
{
    size_t hash = lex_find(s, 0, '#');
    struct span rest = span_cut(s, 0, hash);
    size_t query = lex_find(rest, 0, '?');

    if (!chars(span_cut(s, hash + 1, s.n), ":@/?") ||
        !chars(span_cut(rest, query + 1, hash), ":@/?"))
        return false;
    rest = span_cut(rest, 0, query);
    size_t colon = lex_find(rest, 0, ':'), slash = lex_find(rest, 0, '/');
    if (colon < slash) { /* the first segment of a relative path has no colon */
        if (!scheme(span_cut(rest, 0, colon)))
            return false;
        rest = span_cut(rest, colon + 1, rest.n);
    }
    if (rest.n >= 2 && rest.p[0] == '/' && rest.p[1] == '/') {
        size_t end = lex_find(rest, 2, '/');
        if (!authority(span_cut(rest, 2, end)))
            return false;
        rest = span_cut(rest, end, rest.n);
    }
    return chars(rest, ":@/");
}
