/* codecs/http/http_value.c - names of fields, and the forms of their values (RFC 9110). */
#include "codecs/http/http_parts.h"
#include "codecs/uri/uri.h"

const struct http_name http_names[HTTP_TYPES] = {
    [HTTP_OTHER] = {"", 0, 0},
#define HTTP_FIELD(id, name, flags) [HTTP_##id] = {name, sizeof(name) - 1, flags},
#include "codecs/http/http_fields.def"
#undef HTTP_FIELD
};

enum http_type http_type_of(struct span name)
{
    for (size_t i = 1; i < HTTP_TYPES && name.n; i++)
        if (http_names[i].n == name.n &&
            lex_lower((uint8_t)http_names[i].name[0]) == lex_lower(name.p[0]) &&
            lex_like(name, http_names[i].name))
            return (enum http_type)i;
    return HTTP_OTHER;
}

bool http_element(struct span list, size_t *at, struct span *element)
{
    size_t from = *at, i = from;

    if (from > list.n || (from == list.n && from == 0))
        return false;
    while (i < list.n && list.p[i] != ',') {
        size_t end = list.p[i] == '"' ? lex_quoted(list, i) : 0;
        i = end ? end : i + 1;
    }
    *element = lex_trim(span_cut(list, from, i), LEX_LWS);
    *at = i + 1;
    return true;
}

bool http_is_number(struct span s)
{
    return lex_all(s, LEX_DIGIT);
}

static size_t blanks(struct span s, size_t at)
{
    return lex_while(s, at, LEX_LWS);
}

bool http_is_params(struct span s, unsigned allowed)
{
    bool bws = allowed & HTTP_PARAMS_BWS;
    size_t at = 0;

    while ((at = blanks(s, at)) < s.n) {
        if (s.p[at] != ';')
            return false;
        size_t name = blanks(s, at + 1);
        at = lex_while(s, name, LEX_TCHAR);
        if (at == name) {
            if (!(allowed & HTTP_PARAMS_EMPTY))
                return false;
            continue;
        }
        size_t eq = bws ? blanks(s, at) : at;
        if (eq == s.n || s.p[eq] != '=') {
            if (!(allowed & HTTP_PARAMS_BARE))
                return false;
            continue;
        }
        size_t value = bws ? blanks(s, eq + 1) : eq + 1;
        at = value < s.n && s.p[value] == '"' ? lex_quoted(s, value)
                                              : lex_while(s, value, LEX_TCHAR);
        if (at <= value)
            return false;
    }
    return true;
}

bool http_is_media_type(struct span s)
{
    size_t slash = lex_while(s, 0, LEX_TCHAR), end;

    if (slash == 0 || slash == s.n || s.p[slash] != '/')
        return false;
    end = lex_while(s, slash + 1, LEX_TCHAR);
    return end > slash + 1 && http_is_params(span_cut(s, end, s.n), HTTP_PARAMS_EMPTY);
}

bool http_is_etag(struct span s)
{
    if (s.n >= 2 && s.p[0] == 'W' && s.p[1] == '/')
        s = span_cut(s, 2, s.n);
    if (s.n < 2 || s.p[0] != '"' || s.p[s.n - 1] != '"')
        return false;
    for (size_t i = 1; i + 1 < s.n; i++)
        if (s.p[i] == '"' || s.p[i] <= ' ' || s.p[i] == 0x7f)
            return false;
    return true;
}

/* ---- hosts: RFC 3986 section 3.2.2 ---- */

bool http_is_host(struct span s, bool port)
{
    size_t literal = s.n && s.p[0] == '[' ? lex_find(s, 0, ']') : 0;
    size_t colon = lex_find(s, literal, ':');
    struct span host = span_cut(s, 0, colon), digits = span_cut(s, colon + 1, s.n);
    uint64_t v;

    if (!uri_is_any_host(host))
        return false;
    if (colon == s.n)
        return !port;
    if (!port)
        return digits.n == 0 || lex_all(digits, LEX_DIGIT); /* any number: RFC 3986 section 3.2.3 */
    return host.n && lex_number(digits, &v) && v <= UINT16_MAX;
}

bool http_authority(struct span uri, struct span *authority)
{
    size_t colon = lex_find(uri, 0, ':');
    struct span scheme = span_cut(uri, 0, colon);

    if (!lex_like(scheme, "http") && !lex_like(scheme, "https"))
        return false;
    if (uri.n < colon + 3 || uri.p[colon + 1] != '/' || uri.p[colon + 2] != '/')
        return false;
    size_t end = colon + 3;
    while (end < uri.n && uri.p[end] != '/' && uri.p[end] != '?' && uri.p[end] != '#')
        end++;
    *authority = span_cut(uri, colon + 3, end);
    return true;
}

bool http_has_user(struct span authority)
{
    return lex_find(authority, 0, '@') < authority.n;
}

struct span http_without_port(struct span host)
{
    size_t n = host.n;

    while (n && lex_is(host.p[n - 1], LEX_DIGIT))
        n--;
    return n && host.p[n - 1] == ':' ? span_cut(host, 0, n - 1) : host;
}

enum http_form http_form_of(struct span t, struct span method)
{
    size_t at = 0;

    if (t.n == 1 && t.p[0] == '*')
        return HTTP_ASTERISK;
    if (t.n && (t.p[0] == '/' || t.p[0] == '?'))
        return HTTP_ORIGIN;
    if (span_is(method, "CONNECT"))
        return t.n && t.p[0] != ':' && http_is_host(t, false) ? HTTP_AUTHORITY : HTTP_NONE;
    while (at < t.n && (lex_is(t.p[at], LEX_ALPHA | LEX_DIGIT) || t.p[at] == '+' ||
                        t.p[at] == '-' || t.p[at] == '.'))
        at++;
    if (at > 0 && at < t.n && t.p[at] == ':' && lex_is(t.p[0], LEX_ALPHA))
        return HTTP_ABSOLUTE; /* "localhost:80" too: a scheme and a path (RFC 3986 section 3) */
    return http_is_host(t, true) ? HTTP_AUTHORITY : HTTP_NONE;
}

/* ---- dates: RFC 9110 section 5.6.7 ---- */

static const char days[] = "MonTueWedThuFriSatSun",
                  months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

/* Whether `s` has a form: 'd' a digit, 'b' a digit or a space, 'w' "Mon" and so on, 'm' "Jan" and so on, else the
 * octet. */
static bool date_like(struct span s, const char *form)
{
    size_t at = 0;

    for (; *form; form++) {
        if (*form == 'w' || *form == 'm') {
            const char *of = *form == 'w' ? days : months;
            bool found = false;
            if (s.n < at + 3)
                return false;
            for (size_t i = 0; of[i] && !found; i += 3)
                found = memcmp(s.p + at, of + i, 3) == 0;
            if (!found)
                return false;
            at += 3;
            continue;
        }
        if (at == s.n)
            return false;
        uint8_t c = s.p[at++];
        bool digit = lex_is(c, LEX_DIGIT);
        if (*form == 'd' ? !digit : *form == 'b' ? !digit && c != ' ' : c != (uint8_t)*form)
            return false;
    }
    return at == s.n;
}

/* The time "hh:mm:ss" that stands `back` octets before the end. */
static bool time_good(struct span s, size_t back)
{
    const uint8_t *t = s.p + s.n - back;
    int h = (t[0] - '0') * 10 + t[1] - '0', m = (t[3] - '0') * 10 + t[4] - '0',
        sec = (t[6] - '0') * 10 + t[7] - '0';
    return h < 24 && m < 60 && sec <= 60;
}

static bool day_good(const uint8_t *d)
{
    int day = (d[0] == ' ' ? 0 : d[0] - '0') * 10 + d[1] - '0';
    return day >= 1 && day <= 31;
}

/* Which of the names of three letters it is. */
static unsigned short_name(const uint8_t *p, const char *names)
{
    unsigned i = 0;
    while (names[3 * i] && memcmp(p, names + 3 * (size_t)i, 3) != 0)
        i++;
    return i;
}

/* Whether "Sun, 06 Nov 1994" is a day that there is, and that weekday; years begin with 1900 (RFC 5322 section 3.3). */
static bool calendar_good(const uint8_t *p)
{
    static const uint8_t lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    unsigned year = 0, month = short_name(p + 8, months);
    unsigned day = (unsigned)(p[5] - '0') * 10 + (unsigned)(p[6] - '0');

    for (size_t i = 12; i < 16; i++)
        year = year * 10 + (unsigned)(p[i] - '0');
    if (year < 1900)
        return true;
    bool leap = year % 4 == 0 && (year % 100 || year % 400 == 0);
    unsigned past = year - 1, most = lengths[month];
    unsigned days_to = past * 365 + past / 4 - past / 100 + past / 400 + day - 1; /* from 1 Jan 1 */
    for (unsigned m = 0; m < month; m++)
        days_to += lengths[m];
    days_to += month > 1 && leap;
    most += month == 1 && leap;
    return day <= most && days_to % 7 == short_name(p, days); /* that was a Monday */
}

enum http_date http_date_of(struct span s)
{
    static const char *const long_days[] = {"Monday", "Tuesday",  "Wednesday", "Thursday",
                                            "Friday", "Saturday", "Sunday"};

    if (date_like(s, "w, dd m dddd dd:dd:dd GMT"))
        return !time_good(s, 12) || !day_good(s.p + 5) ? HTTP_DATE_NONE
               : calendar_good(s.p)                    ? HTTP_DATE_IMF
                                                       : HTTP_DATE_WRONG;
    if (date_like(s, "w m bd dd:dd:dd dddd"))
        return time_good(s, 13) && day_good(s.p + 8) ? HTTP_DATE_OBSOLETE : HTTP_DATE_NONE;
    for (size_t i = 0; i < COUNT(long_days); i++) {
        size_t n = strlen(long_days[i]);
        if (s.n > n && memcmp(s.p, long_days[i], n) == 0 &&
            date_like(span_cut(s, n, s.n), ", dd-m-dd dd:dd:dd GMT"))
            return time_good(s, 12) && day_good(s.p + n + 2) ? HTTP_DATE_OBSOLETE : HTTP_DATE_NONE;
    }
    return HTTP_DATE_NONE;
}
